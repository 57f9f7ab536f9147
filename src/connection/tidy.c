/* SPDX-License-Identifier: MIT */
/* Refusals and gates that have run out leave the store. Their generation is the time they end, so
 * that one which was renewed between look and deletion stays. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "connection/manager_internal.h"

enum { PAGE = 1000 };
static const int64_t EVERY_MS = 10LL * 60 * 1000;
static const char *const KINDS[] = {"refusal", "gate"};

typedef struct tidying {
    manager_t *manager;
    size_t kind;
    char after[128];
} tidying_t;

static void next_page(tidying_t *t);

static void delete_expired(const tidying_t *t, const store_record_t *record)
{
    store_change_t change = {.verb = STORE_DELETE,
                             .record = {.kind = record->kind, .id = record->id},
                             .check_generation = true,
                             .expected = record->generation};
    manager_store_write(t->manager, &change, 1, false, NULL, NULL);
}

static void on_page(void *context, const store_result_t *result)
{
    tidying_t *t = context;
    int64_t wall = clock_wall_ms();
    for (size_t i = 0; i < result->count; i++) {
        const store_record_t *record = &result->records[i];
        if ((int64_t)record->generation < wall) {
            delete_expired(t, record);
        }
        snprintf(t->after, sizeof t->after, "%.*s", STR_ARG(record->id));
    }
    if (result->count < PAGE) {
        t->kind++;
        t->after[0] = '\0';
    }
    next_page(t);
}

static void next_page(tidying_t *t)
{
    manager_t *m = t->manager;
    if (t->kind == sizeof KINDS / sizeof *KINDS || m->stopping) {
        m->tidying = false;
        m->tidy_at_ms = clock_boot_ms() + EVERY_MS;
        free(t);
        return;
    }
    manager_store_list(m, str_of(KINDS[t->kind]), t->after[0] ? str_of(t->after) : STR_NONE, PAGE,
                       on_page, t);
}

void tidy(manager_t *m, int64_t now_ms)
{
    if (m->tidying || now_ms < m->tidy_at_ms) {
        return;
    }
    tidying_t *t = mem_new(tidying_t);
    *t = (tidying_t){.manager = m};
    m->tidying = true;
    next_page(t);
}
