/* SPDX-License-Identifier: MIT */
/* A book of events over a store of its own; the test's thread is both the control loop, and a loop
 * that asks. */
#ifndef TENON_TESTS_EVENT_RIG_H
#define TENON_TESTS_EVENT_RIG_H

#include "store/scratch.h"

#include "base/clock.h"
#include "event/events.h"

typedef struct book {
    scratch_t scratch;
    store_t *store;
    loop_t *loop;
    events_t *events;
} book_t;

static inline void book_open(book_t *b, size_t kept_max)
{
    err_t err = ERR_INIT;
    b->store = store_open(b->scratch.folder, &err);
    assert_non_null(b->store);
    b->loop = loop_new();
    loop_set_current(b->loop);
    const events_options_t options = {
        .store = b->store, .loop = b->loop, .kept_max = kept_max, .listeners_max = 2};
    b->events = events_new(&options, &err);
    assert_non_null(b->events);
}

static inline void book_close(book_t *b)
{
    loop_turn(b->loop, 0);
    events_free(b->events);
    store_close(b->store);
    loop_turn(b->loop, 0);
    loop_set_current(NULL);
    loop_free(b->loop);
}

static inline int book_set_up(void **state)
{
    book_t *b = mem_new(book_t);
    scratch_init(&b->scratch);
    book_open(b, 4);
    *state = b;
    return 0;
}

static inline int book_tear_down(void **state)
{
    book_t *b = *state;
    book_close(b);
    scratch_fini(&b->scratch);
    free(b);
    return 0;
}

/* Everything that is posted has run. */
static inline void book_turn(book_t *b)
{
    for (int i = 0; i < 5; i++) {
        loop_turn(b->loop, 0);
    }
}

static inline void tell_numbered(book_t *b, event_kind_t kind, const char *connection,
                                 int64_t number)
{
    event_tell(b->events, kind, str_of(connection), LOG_I("number", number));
}

/* What came of it, as text: "type:number " for each. */
typedef struct heard {
    char text[1024];
    bool missed, more, ended, answered;
    uint64_t last_id;
} heard_t;

static inline void hear(void *context, const event_page_t *page)
{
    heard_t *h = context;
    h->answered = true;
    h->missed = h->missed || page->missed;
    h->more = page->more;
    for (size_t i = 0; i < page->count; i++) {
        const event_t *e = page->list[i];
        size_t at = str_find(e->text, STR("\"number\":"), 0);
        size_t n = strlen(h->text);
        assert_true(e->id > h->last_id);
        h->last_id = e->id;
        snprintf(h->text + n, sizeof h->text - n, "%s:%d ", EVENT_INFO[e->kind].name,
                 at == SIZE_MAX ? -1 : atoi(e->text.p + at + 9));
    }
}

static inline event_query_t query_for(const char *types)
{
    event_query_t query = {.limit = 100};
    err_t err = ERR_INIT;
    assert_true(event_filter_read_kinds(&query.filter, str_of(types), &err));
    return query;
}

#endif
