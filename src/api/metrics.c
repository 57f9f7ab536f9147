/* SPDX-License-Identifier: MIT */
/* /metrics: what the host counts, as Prometheus reads it. The page is put together in the
 * catalogue's thread, so that calls do not wait for it, however many series there are. */
#include <stdlib.h>

#include "api/handlers.h"
#include "base/exchange.h"
#include "base/mem.h"

enum { PAGE_BYTES_MAX = 256 * 1024 * 1024 };

typedef struct scrape {
    exchange_t exchange;
    resource_t *resource;
    const worker_options_t *options;
    buf_t page;
    bool ok;
} scrape_t;

static void put_together(exchange_t *e)
{
    scrape_t *s = STRUCT_OF(e, scrape_t, exchange);
    exposition_t exposition;
    exposition_init(&exposition);
    s->options->expose(s->options->expose_context, &exposition);
    s->ok = exposition_write(&exposition, &s->page);
    exposition_fini(&exposition);
    exchange_answer(e);
}

static void answer(exchange_t *e)
{
    scrape_t *s = STRUCT_OF(e, scrape_t, exchange);
    if (s->ok) {
        resource_answer_text(s->resource, STR("text/plain; version=0.0.4; charset=utf-8"),
                             buf_view(&s->page));
    } else {
        resource_refuse(s->resource, ERR_internal_error, "there is more to tell than a page holds");
    }
}

static void release(exchange_t *e)
{
    scrape_t *s = STRUCT_OF(e, scrape_t, exchange);
    buf_fini(&s->page);
    free(s);
}

void metrics_show(resource_t *r)
{
    scrape_t *s = mem_new(scrape_t);
    s->exchange = (exchange_t){.work = put_together, .answer = answer, .release = release};
    s->resource = r;
    s->options = worker_options(r->worker);
    buf_init(&s->page, PAGE_BYTES_MAX);
    exchange_ask(&s->exchange, catalogue_loop(s->options->catalogue));
}
