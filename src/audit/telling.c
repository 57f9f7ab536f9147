/* SPDX-License-Identifier: MIT */
/* Lines that come by themselves: what changes nothing in the store. */
#include <stdlib.h>

#include "audit/audit_internal.h"
#include "base/log.h"
#include "base/mem.h"

enum { ROUND = 500, KEPT_MAX = 1000 };

/* A line on its way to the thread. */
struct telling {
    exchange_t exchange;
    struct telling *next;
    audit_t *audit;
    char *entry;
    size_t length;
    audit_on_told_t *on_done; /* NULL: nobody waits */
    void *context;
    err_t err;
};

/* --- in the thread --- */

static void end_telling(telling_t *t, const err_t *err)
{
    if (t->on_done) {
        t->err = *err;
        exchange_answer(&t->exchange);
    } else {
        free(t->entry);
        free(t);
    }
}

static void keep(audit_t *a, telling_t *t)
{
    t->next = NULL;
    *a->told_end = t;
    a->told_end = &t->next;
    a->told_count++;
}

static telling_t *take_told(audit_t *a)
{
    telling_t *first = a->told;
    a->told = NULL;
    a->told_end = &a->told;
    a->told_count = 0;
    return first;
}

/* What nobody waits for comes again where the file cannot be written, as long as there is room. */
static void settle(audit_t *a, telling_t *t, const err_t *err)
{
    if (t->on_done || err->code != ERR_audit_unavailable) {
        end_telling(t, err);
    } else if (a->told_count < KEPT_MAX && !a->stopping) {
        keep(a, t);
    } else {
        log_event(LOG_ERROR, "audit.not_told", LOG_S("line", str_at(t->entry, t->length)));
        end_telling(t, err);
    }
}

/* Answers what is left of the list. */
static telling_t *append_some(audit_t *a, telling_t *first)
{
    str_t entries[ROUND] = {STR_NONE};
    size_t count = 0;
    err_t err = ERR_INIT;
    telling_t *rest = first;
    for (; rest && count < ROUND; rest = rest->next) {
        entries[count++] = str_at(rest->entry, rest->length);
    }
    uint64_t before = a->trail.state.head.seq;
    bool ok = trail_append(&a->trail, entries, count, &err);
    audit_judge(a, ok, &err);
    atomic_fetch_add(&a->lines, a->trail.state.head.seq - before);
    for (telling_t *t = first; t != rest;) {
        telling_t *next = t->next;
        settle(a, t, &err);
        t = next;
    }
    return rest;
}

void tellings_append(audit_t *a)
{
    for (telling_t *rest = take_told(a); rest;) {
        rest = append_some(a, rest);
    }
}

/* --- from others --- */

static telling_t *new_telling(audit_t *a, const audit_entry_t *e)
{
    char id[ENTRY_ID_ROOM];
    buf_t text;
    telling_t *t = mem_new(telling_t);
    (void)audit_write_entry(a, e, id, &text);
    t->audit = a;
    t->err = ERR_INIT;
    t->entry = buf_take(&text, &t->length);
    return t;
}

static void on_note(loop_message_t *message)
{
    telling_t *t = STRUCT_OF(message, telling_t, exchange.message);
    keep(t->audit, t);
}

void audit_note(audit_t *a, const audit_entry_t *e)
{
    if (e->refused != ERR_none && e->actor->kind != ACTOR_HOST &&
        !refusals_admit(&a->refusals, e->what, e->refused)) {
        return;
    }
    telling_t *t = new_telling(a, e);
    t->exchange.message.run = on_note;
    loop_post(a->loop, &t->exchange.message);
}

static void work_telling(exchange_t *e)
{
    telling_t *t = STRUCT_OF(e, telling_t, exchange);
    keep(t->audit, t);
}

static void answer_telling(exchange_t *e)
{
    telling_t *t = STRUCT_OF(e, telling_t, exchange);
    t->on_done(t->context, &t->err);
}

static void release_telling(exchange_t *e)
{
    telling_t *t = STRUCT_OF(e, telling_t, exchange);
    free(t->entry);
    free(t);
}

void audit_tell(audit_t *a, const audit_entry_t *e, audit_on_told_t *on_done, void *context)
{
    telling_t *t = new_telling(a, e);
    t->on_done = on_done;
    t->context = context;
    t->exchange =
        (exchange_t){.work = work_telling, .answer = answer_telling, .release = release_telling};
    exchange_ask(&t->exchange, a->loop);
}
