/* SPDX-License-Identifier: MIT */
#include "audit/verify.h"

#include <stdarg.h>
#include <stdio.h>

#include "codec/base64.h"
#include "codec/json.h"

typedef struct verifying {
    const trail_t *trail;
    const segment_t *segment; /* that is being read */
    unsigned line_number;     /* in it */
    chain_link_t last;        /* line that was met */
    uint64_t lines, first, bytes;
    char since[40], until[40];
    unsigned faults;
    json_t *fault;
} verifying_t;

/* --- what is wrong --- */

__attribute__((format(printf, 4, 5))) static void add_fault(verifying_t *v, const char *reason,
                                                            uint64_t seq, const char *format, ...)
{
    char detail[256];
    va_list args;
    if (v->faults++) {
        return;
    }
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    v->fault =
        json_pack("{s:s, s:I, s:s}", "reason", reason, "seq", (json_int_t)seq, "detail", detail);
    if (v->segment) {
        json_object_set_new(v->fault, "file", json_string(v->segment->name));
        json_object_set_new(v->fault, "line", json_integer(v->line_number));
    }
}

static void fault_missing(verifying_t *v, uint64_t from, uint64_t to)
{
    unsigned long long a = from, b = to;
    if (a == b) {
        add_fault(v, "lines_missing", from, "line %llu is missing", a);
    } else {
        add_fault(v, "lines_missing", from, "lines %llu to %llu are missing", a, b);
    }
}

/* --- one line --- */

static void note_time(verifying_t *v, str_t text)
{
    err_t ignored = ERR_INIT;
    json_t *told = json_read(text, NULL, &ignored);
    str_t time = json_member(told, "time");
    snprintf(v->until, sizeof v->until, "%.*s", STR_ARG(time));
    if (!v->since[0]) {
        memcpy(v->since, v->until, sizeof v->since);
    }
    json_decref(told);
}

/* Answers whether it stands where it should. */
static bool check_place(verifying_t *v, uint64_t seq)
{
    uint64_t expected = v->last.seq + 1;
    unsigned long long number = seq;
    if (seq <= v->trail->state.start.seq) {
        add_fault(v, "not_verifiable", seq, "line %llu is of before the chain's beginning", number);
    } else if (seq == v->last.seq) {
        add_fault(v, "line_twice", seq, "line %llu stands there twice", number);
    } else if (seq < expected) {
        add_fault(v, "line_misplaced", seq, "line %llu stands behind line %llu", number,
                  (unsigned long long)v->last.seq);
    } else if (seq > expected) {
        fault_missing(v, expected, seq - 1);
    }
    return seq == expected;
}

/* After a fault the chain is taken up with what the line says of itself, so that what follows is
 * judged by itself. */
static void check_line(verifying_t *v, str_t text)
{
    chain_line_t line;
    v->line_number++;
    if (!chain_read(text, &line)) {
        add_fault(v, "line_unreadable", v->last.seq + 1,
                  "what stands behind line %llu is no line of a trail",
                  (unsigned long long)v->last.seq);
        return;
    }
    if (check_place(v, line.link.seq) && !chain_follows(v->trail->state.key, &v->last, &line)) {
        add_fault(v, "line_changed", line.link.seq, "line %llu is not as it was written",
                  (unsigned long long)line.link.seq);
    }
    v->lines++;
    v->first = v->first ? v->first : line.link.seq;
    v->last = line.link;
}

/* --- all of them --- */

/* A piece of a line at the very end is what a crash leaves, or a write that is under way. */
static void check_piece(verifying_t *v, bool is_newest)
{
    if (!is_newest) {
        v->line_number++;
        add_fault(v, "line_unreadable", v->last.seq + 1, "line %llu is not whole",
                  (unsigned long long)v->last.seq + 1);
    }
}

static void check_bytes(verifying_t *v, str_t bytes, bool is_newest)
{
    str_t last = STR_NONE;
    v->bytes += bytes.n;
    for (size_t at = 0; at < bytes.n;) {
        str_t rest = str_slice(bytes, at, bytes.n);
        size_t end = str_index(rest, '\n');
        if (end == SIZE_MAX) {
            check_piece(v, is_newest);
            break;
        }
        last = str_slice(rest, 0, end);
        if (!v->since[0]) {
            note_time(v, last);
        }
        check_line(v, last);
        at += end + 1;
    }
    if (last.p) {
        note_time(v, last);
    }
}

static void check_segment(verifying_t *v, const segment_t *segment, bool is_newest)
{
    err_t err = ERR_INIT;
    buf_t bytes;
    buf_init(&bytes, SEGMENT_BYTES_MAX);
    v->segment = segment;
    v->line_number = 0;
    if (segment_read(&v->trail->segments, segment, &bytes, &err)) {
        check_bytes(v, buf_view(&bytes), is_newest);
    } else {
        add_fault(v, "file_unreadable", v->last.seq + 1, "%.200s", err.text);
    }
    buf_fini(&bytes);
    v->segment = NULL;
}

static void check_end(verifying_t *v)
{
    const chain_link_t *head = &v->trail->state.head;
    if (v->last.seq < head->seq) {
        fault_missing(v, v->last.seq + 1, head->seq);
    } else if (v->last.seq == head->seq && memcmp(v->last.mac, head->mac, sizeof head->mac) != 0) {
        add_fault(v, "line_changed", head->seq, "line %llu, the last, is not as it was written",
                  (unsigned long long)head->seq);
    } else if (v->last.seq > head->seq) {
        add_fault(v, "line_misplaced", head->seq + 1,
                  "there are lines behind line %llu, the last that was written",
                  (unsigned long long)head->seq);
    }
}

static json_t *report_of(verifying_t *v, size_t segments)
{
    json_t *report = json_object();
    buf_t mac;
    buf_init(&mac, 2 * CHAIN_MAC_BYTES);
    hex_write(&mac, str_at(v->last.mac, sizeof v->last.mac));
    json_object_set_new(report, "ok", json_boolean(v->faults == 0));
    json_object_set_new(report, "lines", json_integer((json_int_t)v->lines));
    json_object_set_new(report, "first", json_integer((json_int_t)v->first));
    json_object_set_new(report, "last", json_integer((json_int_t)v->last.seq));
    json_add_text(report, "since", str_of(v->since));
    json_add_text(report, "until", str_of(v->until));
    json_object_set_new(report, "segments", json_integer((json_int_t)segments));
    json_object_set_new(report, "bytes", json_integer((json_int_t)v->bytes));
    json_object_set_new(report, "mac", json_str(buf_view(&mac)));
    json_object_set_new(report, "faults", json_integer(v->faults));
    if (v->fault) {
        json_object_set_new(report, "fault", v->fault);
    }
    buf_fini(&mac);
    return report;
}

json_t *trail_verify(const trail_t *t)
{
    const segments_t *s = &t->segments;
    verifying_t v = {.trail = t, .last = t->state.start};
    for (size_t i = 0; i < s->count; i++) {
        check_segment(&v, &s->list[i], i + 1 == s->count);
    }
    check_end(&v);
    return report_of(&v, s->count);
}
