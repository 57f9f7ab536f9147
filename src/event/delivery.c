/* SPDX-License-Identifier: MIT */
#include "event/delivery.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "codec/json.h"
#include "event/signature.h"

enum { TIMEOUT_MS = 15 * 1000, SIGNATURES_MAX = 512 };

struct delivery {
    upstream_call_t *call;
    delivery_on_done_t *on_done;
    void *context;
    int status;
    int64_t retry_after_ms;
};

static void on_head(void *context, int status, const message_header_t *headers, size_t count)
{
    delivery_t *d = context;
    d->status = status;
    d->retry_after_ms = message_retry_after_ms(headers, count, clock_wall_ms());
}

/* What it answers beside its status is of no interest. */
static bool on_body(void *context, str_t bytes)
{
    (void)context;
    (void)bytes;
    return true;
}

static void on_done(void *context, const upstream_result_t *result, const upstream_answer_t *answer)
{
    delivery_t d = *(delivery_t *)context;
    char detail[sizeof result->detail] = "";
    (void)answer;
    free(context);
    if (!d.status) {
        (void)snprintf(detail, sizeof detail, "%s",
                       result->detail[0] ? result->detail : "no answer");
    } else if (d.status / 100 != 2) {
        (void)snprintf(detail, sizeof detail, "the endpoint answered %d", d.status);
    }
    const delivery_result_t told = {d.status, detail, d.retry_after_ms};
    d.on_done(d.context, &told);
}

/* By all secrets that are in force. */
static void write_signatures(const json_t *secrets, const event_t *event, int64_t wall_ms,
                             buf_t *to)
{
    size_t i;
    json_t *one;
    json_array_foreach(secrets, i, one)
    {
        json_int_t until_ms = json_integer_value(json_object_get(one, "until_ms"));
        if (until_ms && wall_ms >= until_ms) {
            continue;
        }
        if (!signature_add(to, json_member(one, "secret"), str_of(event->id_text), wall_ms / 1000,
                           event->text)) {
            return; /* made by this host, so it is one */
        }
    }
}

static upstream_call_t *post(delivery_t *d, upstream_t *upstream, const json_t *record,
                             const event_t *event)
{
    static const upstream_sink_t SINK = {
        .on_head = on_head, .on_body = on_body, .on_done = on_done};
    const upstream_terms_t terms = {.deadline_ms = clock_boot_ms() + TIMEOUT_MS};
    int64_t wall_ms = clock_wall_ms();
    char seconds[24];
    buf_t signatures;
    buf_init(&signatures, SIGNATURES_MAX);
    (void)snprintf(seconds, sizeof seconds, "%lld", (long long)(wall_ms / 1000));
    write_signatures(json_object_get(record, "secrets"), event, wall_ms, &signatures);
    message_header_t headers[] = {
        {STR("content-type"), STR("application/json")},
        {STR("user-agent"), STR("tenon/" TENON_VERSION)},
        {STR("webhook-id"), str_of(event->id_text)},
        {STR("webhook-timestamp"), str_of(seconds)},
        {STR("webhook-signature"), buf_view(&signatures)},
    };
    const upstream_request_t request = {.method = STR("POST"),
                                        .url = json_member(record, "url"),
                                        .headers = headers,
                                        .header_count = sizeof headers / sizeof *headers,
                                        .body = event->text};
    upstream_call_t *call = upstream_send(upstream, &request, &terms, &SINK, d);
    buf_fini(&signatures);
    return call;
}

delivery_t *delivery_send(upstream_t *upstream, const json_t *record, const event_t *event,
                          delivery_on_done_t *then, void *context)
{
    delivery_t *d = mem_new(delivery_t);
    *d = (delivery_t){.on_done = then, .context = context};
    d->call = post(d, upstream, record, event);
    return d;
}

void delivery_cancel(delivery_t *d)
{
    upstream_cancel(d->call);
    free(d);
}
