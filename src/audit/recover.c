/* SPDX-License-Identifier: MIT */
/* What the process before left at the end of the trail: up to the state's head all of it, perhaps
 * some lines more, perhaps a piece of one. Whatever else stands there is not ours, and is left for
 * whoever looks into it. */
#include "audit/trail_internal.h"
#include "base/clock.h"
#include "base/log.h"
#include "codec/base64.h"
#include "codec/json.h"

static const int64_t DAY_MS = 24LL * 60 * 60 * 1000;

typedef struct looking {
    trail_t *trail;
    chain_link_t head; /* so far */
    bool has_head;     /* the state's own head was met, and is as it says */
    size_t whole;      /* bytes that are ours */
} looking_t;

/* What was removed behind a state of before, as a backup's is, was told by its line: the chain
 * begins behind that. */
static void take_beginning(trail_t *t, const json_t *told)
{
    const json_t *details = json_object_get(told, "details");
    uint64_t last = (uint64_t)json_integer_value(json_object_get(details, "last"));
    buf_t mac;
    buf_init(&mac, CHAIN_MAC_BYTES);
    if (str_is(json_member(told, "what"), audit_what_name(AUDIT_TRAIL_REMOVED)) &&
        last > t->state.start.seq && hex_read(&mac, json_member(details, "mac")) &&
        mac.n == CHAIN_MAC_BYTES) {
        t->state.start.seq = last;
        memcpy(t->state.start.mac, mac.p, CHAIN_MAC_BYTES);
    }
    buf_fini(&mac);
}

/* A line behind the head: ours, where it follows. Its waiting twin is not to be written again. */
static bool take_over(looking_t *l, const chain_line_t *line, str_t text)
{
    trail_t *t = l->trail;
    err_t ignored = ERR_INIT;
    if (line->link.seq != l->head.seq + 1 || !chain_follows(t->state.key, &l->head, line)) {
        return false;
    }
    json_t *told = json_read(text, NULL, &ignored);
    str_t id = json_member(told, "id");
    if (id.n) {
        map_set(t->ahead, id, t);
    }
    take_beginning(t, told);
    json_decref(told);
    l->head = line->link;
    return true;
}

static bool look_at_line(looking_t *l, str_t text)
{
    const chain_link_t *head = &l->trail->state.head;
    chain_line_t line;
    if (!chain_read(text, &line)) {
        return false;
    }
    if (line.link.seq < head->seq) {
        return true;
    }
    if (line.link.seq == head->seq) {
        l->has_head = memcmp(line.link.mac, head->mac, sizeof head->mac) == 0;
        return l->has_head;
    }
    return l->has_head && take_over(l, &line, text);
}

static void look(looking_t *l, str_t bytes)
{
    while (l->whole < bytes.n) {
        str_t rest = str_slice(bytes, l->whole, bytes.n);
        size_t end = str_index(rest, '\n');
        if (end == SIZE_MAX || !look_at_line(l, str_slice(rest, 0, end))) {
            break;
        }
        l->whole += end + 1;
    }
}

/* Nothing was written behind the head by us, save a piece of a line. */
static bool is_ours(const looking_t *l, str_t bytes)
{
    return l->has_head && str_index(str_slice(bytes, l->whole, bytes.n), '\n') == SIZE_MAX;
}

static void tell_cut(trail_t *t, const looking_t *l)
{
    json_int_t head = (json_int_t)t->state.head.seq;
    log_event(LOG_ERROR, "audit.cut", LOG_I("line", head), LOG_B("found", l->has_head));
    trail_tell(t, AUDIT_TRAIL_CUT,
               json_pack("{s:s, s:I}", "reason", l->has_head ? "foreign_lines" : "lines_missing",
                         "line", head));
}

/* The trail before its first line, or with all its segments removed, has no head in any file. */
static bool has_no_lines(const trail_t *t)
{
    return t->state.head.seq == t->state.start.seq;
}

static void go_on(trail_t *t, const looking_t *l)
{
    const segment_t *newest = &t->segments.list[t->segments.count - 1];
    err_t err = ERR_INIT; /* a folder that cannot be written can still be read */
    t->is_ahead = l->head.seq > t->state.head.seq;
    t->state.head = l->head;
    t->day = newest->changed_at_ms / DAY_MS;
    if (!segments_resume(&t->segments, (int64_t)l->whole, &err)) {
        log_event(LOG_ERROR, "audit.unavailable", LOG_S("detail", str_of(err.text)));
    }
}

/* From the segment that should hold the head on. False where something is not as we leave it. */
static bool look_at_files(looking_t *l)
{
    const segments_t *s = &l->trail->segments;
    size_t at = s->count;
    bool ours = true;
    while (at > 0 && s->list[--at].first_seq > l->head.seq) {
    }
    for (; ours && at < s->count; at++) {
        buf_t bytes;
        err_t err = ERR_INIT;
        buf_init(&bytes, SEGMENT_BYTES_MAX);
        l->whole = 0;
        ours = segment_read(s, &s->list[at], &bytes, &err);
        if (ours) {
            look(l, buf_view(&bytes));
            ours = is_ours(l, buf_view(&bytes)) && (at + 1 == s->count || l->whole == bytes.n);
        }
        buf_fini(&bytes);
    }
    return ours && l->has_head;
}

void trail_recover(trail_t *t)
{
    looking_t l = {.trail = t, .head = t->state.head, .has_head = has_no_lines(t)};
    if (!look_at_files(&l)) {
        tell_cut(t, &l);
    } else if (t->segments.count) {
        go_on(t, &l);
    }
}
