/* SPDX-License-Identifier: MIT */
/* W3C Trace Context. The input is lines of `name: value`. What is passed on is always well formed:
 * it goes on with the trace that came where that is valid, and begins one where it is not. */
#include "codec/trace_context.h"
#include "fuzz.h"

static bool is_lower_hex(str_t s)
{
    bool any = false;
    for (size_t i = 0; i < s.n; i++) {
        if (ascii_hex_value(s.p[i]) < 0 || (s.p[i] >= 'A' && s.p[i] <= 'F')) {
            return false;
        }
        any = any || s.p[i] != '0';
    }
    return any;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned char RANDOM[TRACE_RANDOM_BYTES] = "012345678901234567890123";
    arena_t *arena = arena_new(0);
    trace_fields_t fields = {.parent_count = 0};
    trace_context_t trace;
    char parent[TRACE_PARENT_BYTES];
    str_t first = STR_NONE;
    for (str_t text = str_at(data, size); text.n;) {
        str_t value = str_cut(&text, '\n');
        str_t name = str_cut(&value, ':');
        value = value.p ? str_trim(value) : STR("");
        first = !first.p && str_eq(name, STR("traceparent")) ? value : first;
        trace_take(&fields, arena, name, value);
    }
    trace_make(&trace, &fields, RANDOM);
    trace_write(&trace, parent);
    str_t written = str_of(parent);
    REQUIRE(written.n == TRACE_PARENT_BYTES - 1 && str_starts(written, STR("00-")));
    REQUIRE(is_lower_hex(str_slice(written, 3, 35)) && written.p[35] == '-');
    REQUIRE(is_lower_hex(str_slice(written, 36, 52)) && written.p[52] == '-');
    REQUIRE(ascii_hex_value(written.p[53]) >= 0 && ascii_hex_value(written.p[54]) >= 0);
    /* The span is our own; the trace is the one that came, or nobody's yet. */
    bool goes_on = first.n >= 35 && str_eq(str_slice(first, 3, 35), str_of(trace.trace_id));
    REQUIRE(!goes_on || !str_eq(str_slice(first, 36, 52), str_of(trace.span_id)));
    REQUIRE(goes_on || !trace.state.p);
    for (size_t i = 0; i < trace.state.n; i++) {
        unsigned char c = (unsigned char)trace.state.p[i];
        REQUIRE(c == '\t' || (c >= ' ' && c < 0x7F));
    }
    /* What was written is taken by the next one as it is. */
    trace_fields_t next = {.parent_count = 0};
    trace_context_t again;
    trace_take(&next, arena, STR("traceparent"), written);
    trace_make(&again, &next, (const unsigned char *)"abcdefghijklmnopqrstuvwx");
    REQUIRE(str_eq(str_of(again.trace_id), str_of(trace.trace_id)));
    REQUIRE(str_eq(str_of(again.flags), str_of(trace.flags)));
    arena_free(arena);
    return 0;
}
