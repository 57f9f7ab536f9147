/* SPDX-License-Identifier: MIT */
/* The newest events that are not there any more, over restarts: who comes back, and endpoints of
 * webhooks, are told that they missed some. Kept ones that leave are noted with their removal; what
 * only passed, when the host ends in order. */
#include <stdio.h>

#include "base/clock.h"
#include "codec/json.h"
#include "event/events_internal.h"

static const str_t KIND = STR_INIT("meta"), ID = STR_INIT("events_dropped");

static uint64_t latest_of(const event_ring_t *r)
{
    return r->count ? event_ring_at(r, r->count - 1)->id : r->dropped_id;
}

void dropped_note(const events_t *e, bool ends, char text[DROPPED_BYTES], store_change_t *change)
{
    char kept[EVENT_ID_DIGITS + 1], passing[EVENT_ID_DIGITS + 1];
    event_id_write(kept, e->kept.dropped_id);
    event_id_write(passing, ends ? latest_of(&e->passing) : e->passed_before);
    int n = snprintf(text, DROPPED_BYTES, "{\"kept\":\"%s\",\"passing\":\"%s\"}", kept, passing);
    *change = (store_change_t){.verb = STORE_PUT,
                               .record = {.kind = KIND,
                                          .id = ID,
                                          .generation = 1,
                                          .changed_at_ms = clock_wall_ms(),
                                          .plain = str_at(text, (size_t)n)}};
}

static uint64_t id_in(const json_t *all, const char *name)
{
    uint64_t id;
    return str_to_u64(json_member(all, name), &id) ? id : 0;
}

static void on_record(void *context, const store_result_t *result)
{
    events_t *e = context;
    err_t ignored = ERR_INIT;
    json_t *all =
        result->ok && result->count ? json_read(result->records[0].plain, NULL, &ignored) : NULL;
    e->kept.dropped_id = id_in(all, "kept");
    e->passing.dropped_id = e->passed_before = id_in(all, "passing");
    json_decref(all);
}

void dropped_load(events_t *e)
{
    store_get_now(e->options.store, KIND, ID, on_record, e);
}
