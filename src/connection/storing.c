/* SPDX-License-Identifier: MIT */
/* The control loop's questions to the store, counted, so that its end waits for what is being
 * written. */
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "connection/manager_internal.h"

typedef struct pending {
    manager_t *manager;
    store_on_done_t *on_done; /* NULL: nobody waits */
    void *context;
} pending_t;

static void on_done(void *context, const store_result_t *result)
{
    pending_t p = *(pending_t *)context;
    free(context);
    if (!result->ok && !result->conflict) {
        log_event(LOG_ERROR, "store.refused", LOG_S("detail", str_of(result->err.text)));
    }
    if (p.on_done) {
        p.on_done(p.context, result);
    }
    p.manager->pending--; /* after what the answer asked for */
}

static pending_t *count(manager_t *m, store_on_done_t *then, void *context)
{
    pending_t *p = mem_new(pending_t);
    *p = (pending_t){m, then, context};
    m->pending++;
    return p;
}

void manager_store_get(manager_t *m, str_t kind, str_t id, store_on_done_t *then, void *context)
{
    store_get(m->options.store, m->loop, kind, id, on_done, count(m, then, context));
}

void manager_store_list(manager_t *m, str_t kind, str_t after, unsigned limit,
                        store_on_done_t *then, void *context)
{
    store_list(m->options.store, m->loop, kind, STR_NONE, after, limit, on_done,
               count(m, then, context));
}

void manager_store_walk(manager_t *m, str_t kind, str_t id, unsigned limit, store_on_done_t *then,
                        void *context)
{
    store_walk(m->options.store, m->loop, kind, id, limit, on_done, count(m, then, context));
}

/* At the end nothing waits for company. */
void manager_store_write(manager_t *m, const store_change_t *changes, size_t n, bool durable,
                         store_on_done_t *then, void *context)
{
    store_write(m->options.store, m->loop, changes, n, durable || m->stopping, on_done,
                count(m, then, context));
}
