/* SPDX-License-Identifier: MIT */
#include "audit/list.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/utc.h"
#include "codec/json.h"

static const size_t LOOKED_THROUGH_MAX = 64 * 1024 * 1024;

typedef struct listing {
    const trail_t *trail;
    const audit_query_t *query;
    json_t *lines;
    uint64_t seen;         /* seq of the last line that was looked at */
    size_t looked_through; /* bytes */
    bool is_full;
} listing_t;

/* --- one line --- */

static bool is_wanted(str_t filter, str_t value)
{
    return !filter.p || str_eq(filter, value);
}

static bool is_of_actor(str_t filter, const json_t *line)
{
    return !filter.p || str_eq(filter, json_member(line, "actor")) ||
           str_eq(filter, json_member(line, "key")) || str_eq(filter, json_member(line, "session"));
}

static bool is_in_time(const audit_query_t *q, str_t time)
{
    int64_t at = 0;
    return (!q->since_ms && !q->until_ms) ||
           (utc_read(time, &at) && at >= q->since_ms && (!q->until_ms || at < q->until_ms));
}

static bool fits(const audit_query_t *q, const json_t *line)
{
    return is_wanted(q->what, json_member(line, "what")) &&
           is_wanted(q->object, json_member(line, "object")) &&
           is_wanted(q->request_id, json_member(line, "request_id")) &&
           is_of_actor(q->actor, line) && is_in_time(q, json_member(line, "time"));
}

/* What is no line of a trail is verify's business. */
static void look_at(listing_t *l, str_t text)
{
    const audit_query_t *q = l->query;
    err_t ignored = ERR_INIT;
    json_t *line = json_read(text, NULL, &ignored);
    uint64_t seq = (uint64_t)json_integer_value(json_object_get(line, "seq"));
    bool is_behind = !q->after || (q->newest_first ? seq < q->after : seq > q->after);
    if (seq && is_behind && !l->is_full) {
        if (fits(q, line)) {
            l->is_full = json_array_size(l->lines) == q->limit;
            if (!l->is_full) {
                json_array_append(l->lines, line);
            }
        }
        l->seen = l->is_full ? l->seen : seq;
    }
    json_decref(line);
}

/* --- all of them --- */

static void look_forwards(listing_t *l, str_t bytes)
{
    for (str_t rest = bytes; rest.n && !l->is_full;) {
        look_at(l, str_cut(&rest, '\n'));
    }
}

static void look_backwards(listing_t *l, str_t bytes)
{
    size_t end = bytes.n;
    while (end > 0 && !l->is_full) {
        size_t begin = end - 1;
        while (begin > 0 && bytes.p[begin - 1] != '\n') {
            begin--;
        }
        look_at(l, str_trim(str_slice(bytes, begin, end)));
        end = begin;
    }
}

static void look_into(listing_t *l, const segment_t *segment)
{
    err_t ignored = ERR_INIT;
    buf_t bytes;
    buf_init(&bytes, SEGMENT_BYTES_MAX);
    if (segment_read(&l->trail->segments, segment, &bytes, &ignored)) {
        l->looked_through += bytes.n;
        (l->query->newest_first ? look_backwards : look_forwards)(l, buf_view(&bytes));
    }
    buf_fini(&bytes);
}

/* None of its lines is behind `after`, by its name and its neighbour's; or all are older than asked
 * for. */
static bool can_skip(const listing_t *l, size_t i)
{
    const segments_t *s = &l->trail->segments;
    const audit_query_t *q = l->query;
    bool has_next = i + 1 < s->count;
    if (q->since_ms && s->list[i].changed_at_ms < q->since_ms - 1000) {
        return true;
    }
    if (!q->after) {
        return false;
    }
    return q->newest_first ? s->list[i].first_seq >= q->after
                           : has_next && s->list[i + 1].first_seq <= q->after + 1;
}

json_t *trail_list(const trail_t *t, const audit_query_t *query)
{
    size_t count = t->segments.count;
    listing_t l = {.trail = t, .query = query, .lines = json_array(), .seen = query->after};
    bool is_cut = false;
    for (size_t i = 0; i < count && !l.is_full && !is_cut; i++) {
        size_t at = query->newest_first ? count - 1 - i : i;
        if (!can_skip(&l, at)) {
            look_into(&l, &t->segments.list[at]);
            is_cut = l.looked_through >= LOOKED_THROUGH_MAX && i + 1 < count;
        }
    }
    json_t *page = json_pack("{s:o}", "lines", l.lines);
    if (l.is_full || is_cut) {
        json_object_set_new(page, "next", json_sprintf("%llu", (unsigned long long)l.seen));
    }
    return page;
}
