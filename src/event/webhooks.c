/* SPDX-License-Identifier: MIT */
#include "event/webhooks.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "codec/json.h"
#include "event/delivery.h"
#include "seal/hash.h"

enum { PROGRESS_MAX = 4096 };

struct webhooks {
    webhooks_options_t options;
    map_t *by_id;
    struct test *tests; /* under way */
    bool stopping;
};

static void wake(webhook_t *h);

/* --- how far each has got --- */

static void keep(const webhook_t *h, bool durable)
{
    const webhooks_t *all = h->all;
    buf_t text;
    buf_init(&text, PROGRESS_MAX);
    webhook_write_progress(h, &text);
    const store_change_t change = {.verb = STORE_PUT,
                                   .record = {.kind = STR(WEBHOOK_PROGRESS),
                                              .id = str_of(h->id),
                                              .generation = 1,
                                              .changed_at_ms = clock_wall_ms(),
                                              .plain = buf_view(&text)}};
    store_write(all->options.store, all->options.loop, &change, 1, durable, NULL, NULL);
    buf_fini(&text);
}

/* --- one attempt, and what it means --- */

static void done_with(webhook_t *h, uint64_t id)
{
    h->after = id;
    h->attempts = 0;
}

static void tell_dropped(const webhook_t *h, const char *event, const char *detail)
{
    const webhooks_t *all = h->all;
    event_tell(all->options.events, EVENT_WEBHOOK_DROPPED, STR_NONE,
               LOG_S("webhook", str_of(h->id)), LOG_S("event", str_of(event)),
               LOG_S("detail", str_of(detail)));
}

/* Up to a tenth more, so that what failed together does not come back together. */
static int64_t jittered(int64_t pause_ms)
{
    uint32_t r;
    random_bytes(&r, sizeof r);
    return pause_ms + (int64_t)((uint64_t)pause_ms / 10 * r >> 32);
}

static void put_off(webhook_t *h, int64_t asked_ms)
{
    int64_t pause_ms = webhook_pause_ms(++h->attempts);
    if (pause_ms == 0) {
        char id[sizeof h->sending->id_text];
        memcpy(id, h->sending->id_text, sizeof id);
        pause_ms = webhook_pause_ms(h->attempts - 1);
        done_with(h, h->sending->id);
        tell_dropped(h, id, "all attempts have failed");
    }
    pause_ms = jittered(pause_ms);
    h->next_wall_ms = clock_wall_ms() + (asked_ms > pause_ms ? asked_ms : pause_ms);
}

static void switch_off(webhook_t *h)
{
    const webhooks_t *all = h->all;
    h->is_off = true;
    event_tell(all->options.events, EVENT_WEBHOOK_OFF, STR_NONE, LOG_S("webhook", str_of(h->id)),
               LOG_S("detail", STR("the endpoint answered 410")));
}

static void on_delivered(void *context, const delivery_result_t *result)
{
    webhook_t *h = context;
    h->delivery = NULL;
    h->last_status = result->status;
    (void)snprintf(h->last_error, sizeof h->last_error, "%s", result->detail);
    if (result->status / 100 == 2) {
        h->delivered_wall_ms = clock_wall_ms();
        h->next_wall_ms = 0;
        done_with(h, h->sending->id);
    } else if (result->status == 410) {
        switch_off(h);
    } else {
        put_off(h, result->retry_after_ms);
    }
    event_unref(h->sending);
    h->sending = NULL;
    keep(h, h->is_off);
    wake(h);
}

/* --- the next attempt --- */

/* Others took the place of what it still was to get. */
static void follow_ring(webhook_t *h, const event_ring_t *kept)
{
    if (h->after < kept->dropped_id) {
        done_with(h, kept->dropped_id);
        tell_dropped(h, "", "there were more to deliver than are kept");
    }
}

static void on_time(void *context)
{
    webhook_t *h = context;
    const webhooks_t *all = h->all;
    const event_ring_t *kept = events_kept(all->options.events);
    if (h->delivery || h->is_off || all->stopping) {
        return;
    }
    follow_ring(h, kept);
    event_t *next = webhook_next(h, kept);
    if (next) {
        h->sending = event_ref(next);
        h->delivery = delivery_send(all->options.upstream, h->record, next, on_delivered, h);
    }
}

/* By the loop: many events may be told in one turn. */
static void wake(webhook_t *h)
{
    const webhooks_t *all = h->all;
    if (h->delivery || h->is_off || all->stopping) {
        return;
    }
    int64_t left_ms = h->next_wall_ms - clock_wall_ms();
    int64_t most_ms = webhook_pause_ms(10) * 2; /* a clock that was set back */
    left_ms = left_ms > most_ms ? most_ms : left_ms;
    loop_timer_set(&h->timer, left_ms > 0 ? clock_boot_ms() + left_ms : 0);
}

static void on_kept(void *context)
{
    const webhooks_t *all = context;
    void *value;
    for (size_t at = 0; map_next(all->by_id, &at, NULL, &value);) {
        webhook_t *h = value;
        if (!h->attempts) {
            wake(h);
        }
    }
}

/* --- trying one out --- */

typedef struct test {
    struct test *next, **at;
    delivery_t *delivery;
    webhooks_on_tested_t *on_tested;
    void *context;
} test_t;

static void end_test(test_t *t, int status, const char *detail)
{
    *t->at = t->next;
    if (t->next) {
        t->next->at = t->at;
    }
    t->on_tested(t->context, status, detail);
    free(t);
}

static void on_tested(void *context, const delivery_result_t *result)
{
    end_test(context, result->status, result->detail);
}

static void end_tests(webhooks_t *all)
{
    while (all->tests) {
        delivery_cancel(all->tests->delivery);
        end_test(all->tests, 0, "the host is shutting down");
    }
}

static event_t *test_event(webhooks_t *all, str_t id)
{
    int64_t wall_ms = clock_wall_ms();
    const log_field_t fields[] = {LOG_S("webhook", id), {0}};
    buf_t data;
    buf_init(&data, EVENT_DATA_MAX);
    event_write_data(&data, STR_NONE, fields);
    event_t *event = event_new(EVENT_WEBHOOK_TEST, events_next_id(all->options.events, wall_ms),
                               wall_ms, STR(""), buf_view(&data));
    buf_fini(&data);
    return event;
}

bool webhooks_test(webhooks_t *all, str_t id, webhooks_on_tested_t *then, void *context)
{
    const webhook_t *h = map_get(all->by_id, id);
    if (!h || all->stopping) {
        return false;
    }
    event_t *event = test_event(all, id);
    test_t *t = mem_new(test_t);
    *t = (test_t){.next = all->tests, .at = &all->tests, .on_tested = then, .context = context};
    if (t->next) {
        t->next->at = &t->next;
    }
    all->tests = t;
    t->delivery = delivery_send(all->options.upstream, h->record, event, on_tested, t);
    event_unref(event);
    return true;
}

/* --- the set --- */

webhooks_t *webhooks_new(const webhooks_options_t *options)
{
    webhooks_t *all = mem_new(webhooks_t);
    *all = (webhooks_t){.options = *options, .by_id = map_new()};
    events_on_kept(options->events, on_kept, all);
    return all;
}

void webhooks_stop(webhooks_t *all)
{
    void *value;
    all->stopping = true;
    end_tests(all);
    for (size_t at = 0; map_next(all->by_id, &at, NULL, &value);) {
        loop_timer_clear(&((webhook_t *)value)->timer);
    }
}

static void drop(webhook_t *h)
{
    if (h->delivery) {
        delivery_cancel(h->delivery);
    }
    loop_timer_clear(&h->timer);
    webhook_free(h);
}

void webhooks_free(webhooks_t *all)
{
    void *value;
    if (!all) {
        return;
    }
    for (size_t at = 0; map_next(all->by_id, &at, NULL, &value);) {
        drop(value);
    }
    map_free(all->by_id);
    free(all);
}

webhook_t *webhooks_find(const webhooks_t *all, str_t id)
{
    return map_get(all->by_id, id);
}

const map_t *webhooks_map(const webhooks_t *all)
{
    return all->by_id;
}

json_t *webhooks_show(const webhooks_t *all, const webhook_t *h)
{
    return webhook_show(h, webhook_waiting(h, events_kept(all->options.events)));
}

static webhook_t *add(webhooks_t *all, str_t id, json_t *record)
{
    webhook_t *h = webhook_new(id, record);
    h->all = all;
    h->after = events_next_id(all->options.events, clock_wall_ms());
    loop_timer_init(&h->timer, all->options.loop, on_time, h);
    (void)map_set(all->by_id, id, h);
    return h;
}

void webhooks_put(webhooks_t *all, str_t id, json_t *record)
{
    webhook_t *h = map_get(all->by_id, id);
    if (h) {
        webhook_take_record(h, record);
    } else {
        keep(add(all, id, record), true);
    }
}

void webhooks_load(webhooks_t *all, str_t id, json_t *record)
{
    (void)add(all, id, record);
}

void webhooks_resume(webhooks_t *all, str_t id, str_t progress)
{
    webhook_t *h = map_get(all->by_id, id);
    if (h) {
        webhook_read_progress(h, progress);
        wake(h);
    }
}

void webhooks_remove(webhooks_t *all, str_t id)
{
    const store_change_t change = {.verb = STORE_DELETE,
                                   .record = {.kind = STR(WEBHOOK_PROGRESS), .id = id}};
    webhook_t *h = map_remove(all->by_id, id);
    if (h) {
        store_write(all->options.store, all->options.loop, &change, 1, false, NULL, NULL);
        drop(h);
    }
}

void webhooks_enable(webhooks_t *all, str_t id)
{
    webhook_t *h = map_get(all->by_id, id);
    if (h) {
        h->is_off = false;
        h->attempts = 0;
        h->next_wall_ms = 0;
        keep(h, true);
        wake(h);
    }
}
