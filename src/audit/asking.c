/* SPDX-License-Identifier: MIT */
/* Questions about what the trail says. */
#include <stdlib.h>

#include "audit/audit_internal.h"
#include "audit/verify.h"
#include "base/mem.h"

struct asking {
    exchange_t exchange;
    struct asking *next;
    audit_t *audit;
    bool verifies;
    audit_query_t query;
    arena_t *arena;
    audit_on_report_t *on_report;
    void *context;
    json_t *report;
};

void askings_answer(audit_t *a)
{
    asking_t *first = a->asked;
    err_t ignored = ERR_INIT;
    a->asked = NULL;
    a->asked_end = &a->asked;
    for (asking_t *q = first; q;) {
        asking_t *next = q->next;
        (void)!segments_look(&a->trail.segments, &ignored);
        q->report = q->verifies ? trail_verify(&a->trail) : trail_list(&a->trail, &q->query);
        exchange_answer(&q->exchange);
        q = next;
    }
}

static void work_asking(exchange_t *e)
{
    asking_t *q = STRUCT_OF(e, asking_t, exchange);
    audit_t *a = q->audit;
    q->next = NULL;
    *a->asked_end = q;
    a->asked_end = &q->next;
}

static void answer_asking(exchange_t *e)
{
    asking_t *q = STRUCT_OF(e, asking_t, exchange);
    q->on_report(q->context, q->report);
}

static void release_asking(exchange_t *e)
{
    asking_t *q = STRUCT_OF(e, asking_t, exchange);
    json_decref(q->report);
    arena_free(q->arena);
    free(q);
}

static asking_t *new_asking(audit_t *a, audit_on_report_t *on_report, void *context)
{
    asking_t *q = mem_new(asking_t);
    q->audit = a;
    q->arena = arena_new(0);
    q->on_report = on_report;
    q->context = context;
    q->exchange =
        (exchange_t){.work = work_asking, .answer = answer_asking, .release = release_asking};
    return q;
}

void audit_list(audit_t *a, const audit_query_t *query, audit_on_report_t *on_report, void *context)
{
    asking_t *q = new_asking(a, on_report, context);
    q->query = *query;
    q->query.what = arena_str(q->arena, query->what);
    q->query.object = arena_str(q->arena, query->object);
    q->query.actor = arena_str(q->arena, query->actor);
    q->query.request_id = arena_str(q->arena, query->request_id);
    exchange_ask(&q->exchange, a->loop);
}

void audit_verify(audit_t *a, audit_on_report_t *on_report, void *context)
{
    asking_t *q = new_asking(a, on_report, context);
    q->verifies = true;
    exchange_ask(&q->exchange, a->loop);
}
