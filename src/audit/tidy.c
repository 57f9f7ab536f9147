/* SPDX-License-Identifier: MIT */
/* How much of the trail is kept. The oldest segments go, whole; the state then says where the chain
 * begins, and a line tells what went, both before the files do. Where the numbers do not fit
 * together nothing goes: it is evidence. */
#include "audit/trail_internal.h"
#include "base/clock.h"
#include "base/log.h"
#include "codec/base64.h"
#include "codec/json.h"

static int64_t all_bytes(const segments_t *s)
{
    int64_t bytes = 0;
    for (size_t i = 0; i < s->count; i++) {
        bytes += s->list[i].bytes;
    }
    return bytes;
}

static bool last_link(const segments_t *s, const segment_t *segment, chain_link_t *link)
{
    chain_line_t line;
    err_t err = ERR_INIT;
    buf_t bytes;
    buf_init(&bytes, SEGMENT_BYTES_MAX);
    bool ok = segment_read(s, segment, &bytes, &err) && bytes.n && bytes.p[bytes.n - 1] == '\n';
    if (ok) {
        str_t text = str_slice(buf_view(&bytes), 0, bytes.n - 1);
        size_t begin = text.n;
        while (begin > 0 && text.p[begin - 1] != '\n') {
            begin--;
        }
        ok = chain_read(str_slice(text, begin, text.n), &line);
        *link = line.link;
    }
    buf_fini(&bytes);
    return ok;
}

/* How many of the oldest segments are too old, or too much. The newest stays. */
static size_t count_due(const trail_t *t)
{
    const segments_t *s = &t->segments;
    int64_t bytes = all_bytes(s), keep_ms = t->options.keep_ms;
    int64_t oldest_ms = keep_ms ? clock_wall_ms() - keep_ms : INT64_MIN;
    size_t due = 0;
    while (due + 1 < s->count &&
           (bytes > t->options.bytes_max || s->list[due].changed_at_ms < oldest_ms)) {
        bytes -= s->list[due++].bytes;
    }
    return due;
}

static void remove_files(trail_t *t, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!segment_remove(&t->segments, &t->segments.list[i])) {
            log_event(LOG_WARN, "audit.not_removed",
                      LOG_S("file", str_of(t->segments.list[i].name)));
        }
    }
    err_t ignored = ERR_INIT;
    (void)!segments_look(&t->segments, &ignored);
}

/* What a process that died had told, and not done. */
static void remove_left(trail_t *t)
{
    const segments_t *s = &t->segments;
    chain_link_t link;
    for (size_t i = 0; i + 1 < s->count; i++) {
        if (s->list[i + 1].first_seq == t->state.start.seq + 1 &&
            last_link(s, &s->list[i], &link) &&
            memcmp(link.mac, t->state.start.mac, sizeof link.mac) == 0) {
            remove_files(t, i + 1);
            return;
        }
    }
}

/* With the link behind which the chain begins now, for a state that does not know it (recover.c).
 */
static json_t *told_of(const chain_link_t *before, const chain_link_t *link, size_t files)
{
    buf_t mac;
    buf_init(&mac, 2 * CHAIN_MAC_BYTES);
    hex_write(&mac, str_at(link->mac, sizeof link->mac));
    json_t *told = json_pack("{s:I, s:I, s:I, s:o}", "first", (json_int_t)before->seq + 1, "last",
                             (json_int_t)link->seq, "files", (json_int_t)files, "mac",
                             json_str(buf_view(&mac)));
    buf_fini(&mac);
    return told;
}

static void remove_due(trail_t *t, size_t due)
{
    const segments_t *s = &t->segments;
    const chain_link_t before = t->state.start;
    chain_link_t link;
    if (!last_link(s, &s->list[due - 1], &link) || link.seq + 1 != s->list[due].first_seq ||
        s->list[0].first_seq != before.seq + 1) {
        log_event(LOG_ERROR, "audit.kept_broken", LOG_S("file", str_of(s->list[due - 1].name)));
        return;
    }
    t->state.start = link;
    if (trail_tell(t, AUDIT_TRAIL_REMOVED, told_of(&before, &link, due))) {
        remove_files(t, due);
    } else {
        t->state.start = before;
    }
}

void trail_tidy(trail_t *t)
{
    remove_left(t);
    size_t due = count_due(t);
    if (due) {
        remove_due(t, due);
    }
}
