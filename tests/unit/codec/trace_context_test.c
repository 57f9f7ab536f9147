/* SPDX-License-Identifier: MIT */
/* The rows of traceparent and tracestate go through the cases that the W3C's own test suite tries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "codec/trace_context.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])
#define ID "12345678901234567890123456789012"
#define SPAN "1234567890123456"
#define GOOD "00-" ID "-" SPAN "-01"

static const unsigned char RANDOM[TRACE_RANDOM_BYTES] = {
    0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xb0, 0xb1, 0xb2, 0xb3,
    0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xbb, 0xbc, 0xbd, 0xbe, 0xbf};
static const char BEGUN[] = "00-b0b1b2b3b4b5b6b7b8b9babbbcbdbebf-a0a1a2a3a4a5a6a7-00";
static const char WENT_ON[] = "00-" ID "-a0a1a2a3a4a5a6a7-01";

static void make(arena_t *arena, const char *parent, const char *states, trace_context_t *t)
{
    trace_fields_t f = {.parent_count = 0};
    if (parent) {
        trace_take(&f, arena, STR("traceparent"), str_of(parent));
    }
    for (str_t rest = str_of(states); rest.p;) {
        trace_take(&f, arena, STR("tracestate"), str_cut(&rest, '\n'));
    }
    trace_make(t, &f, RANDOM);
}

static void a_valid_parent_is_gone_on_with(void **state)
{
    (void)state;
    static const struct {
        const char *parent, *written;
    } rows[] = {
        {GOOD, WENT_ON},
        {" \t" GOOD "\t ", WENT_ON},
        {"00-" ID "-" SPAN "-00", "00-" ID "-a0a1a2a3a4a5a6a7-00"},
        {"00-" ID "-" SPAN "-ff", WENT_ON}, /* only the flag that is known */
        {"00-" ID "-" SPAN "-02", "00-" ID "-a0a1a2a3a4a5a6a7-00"},
        /* versions to come */
        {"cc-" ID "-" SPAN "-01", WENT_ON},
        {"cc-" ID "-" SPAN "-01-what-the-future-will-be-like", WENT_ON},
        {"cc-" ID "-" SPAN "-01.what-the-future-will-be-like", BEGUN},
        {"00-" ID "-" SPAN "-01-", BEGUN},
        {"00-" ID "-" SPAN "-01-more", BEGUN},
        {"00-" ID "-" SPAN "-01.", BEGUN},
        {"ff-" ID "-" SPAN "-01", BEGUN},
        /* parts that are none */
        {NULL, BEGUN},
        {"", BEGUN},
        {"00", BEGUN},
        {".0-" ID "-" SPAN "-01", BEGUN},
        {"0.-" ID "-" SPAN "-01", BEGUN},
        {"000-" ID "-" SPAN "-01", BEGUN},
        {"0-" ID "-" SPAN "-01", BEGUN},
        {"00-00000000000000000000000000000000-" SPAN "-01", BEGUN},
        {"00-.2345678901234567890123456789012-" SPAN "-01", BEGUN},
        {"00-123456789012345678901234567890123-" SPAN "-01", BEGUN},
        {"00-1234567890123456789012345678901-" SPAN "-01", BEGUN},
        {"00-ABCDEF78901234567890123456789012-" SPAN "-01", BEGUN},
        {"00-" ID "-0000000000000000-01", BEGUN},
        {"00-" ID "-.234567890123456-01", BEGUN},
        {"00-" ID "-12345678901234567-01", BEGUN},
        {"00-" ID "-123456789012345-01", BEGUN},
        {"00-" ID "-" SPAN "-.0", BEGUN},
        {"00-" ID "-" SPAN "-001", BEGUN},
        {"00-" ID "-" SPAN "-1", BEGUN},
        {"00-" ID "-" SPAN, BEGUN},
        {"00_" ID "_" SPAN "_01", BEGUN},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        arena_t *arena = arena_new(0);
        trace_context_t t;
        char written[TRACE_PARENT_BYTES];
        make(arena, rows[i].parent, NULL, &t);
        trace_write(&t, written);
        if (strcmp(written, rows[i].written) != 0) {
            fail_msg("%s: %s", rows[i].parent, written);
        }
        arena_free(arena);
    }
}

static void two_parents_are_none(void **state)
{
    (void)state;
    trace_fields_t f = {.parent_count = 0};
    trace_context_t t;
    trace_take(&f, NULL, STR("traceparent"), STR(GOOD));
    trace_take(&f, NULL, STR("traceparent"), STR(GOOD));
    trace_take(&f, NULL, STR("trace-parent"), STR(GOOD));
    trace_make(&t, &f, RANDOM);
    char written[TRACE_PARENT_BYTES];
    trace_write(&t, written);
    assert_string_equal(written, BEGUN);
}

/* n members m0=v,m1=v… in memory that the caller frees. */
static char *members(int n)
{
    char *text = calloc(1, (size_t)n * 8 + 1);
    assert_non_null(text);
    for (int i = 0; i < n; i++) {
        sprintf(text + strlen(text), "%sm%d=v", i ? "," : "", i);
    }
    return text;
}

static char *long_member(size_t key, size_t value)
{
    char *text = calloc(1, key + value + 2);
    assert_non_null(text);
    memset(text, 'k', key);
    text[key] = '=';
    memset(text + key + 1, 'v', value);
    return text;
}

static const char *state_of(arena_t *arena, const char *parent, const char *states)
{
    trace_context_t t;
    make(arena, parent, states, &t);
    return arena_str(arena, t.state).p;
}

static void a_state_is_passed_on_as_it_came(void **state)
{
    (void)state;
    static const struct {
        const char *came, *passed; /* lines, divided by a line feed */
    } rows[] = {
        {"foo=1", "foo=1"},
        {"foo=1,bar=2", "foo=1,bar=2"},
        {"foo=1\nbar=2\nbaz=3", "foo=1,bar=2,baz=3"},
        {"foo=1 \t , \t bar=2, \t baz=3", "foo=1 \t , \t bar=2, \t baz=3"},
        {"foo=1,,,bar=2", "foo=1,,,bar=2"},
        {"\nfoo=1\n", ",foo=1,"},
        {"foo=1,foo=1", "foo=1,foo=1"},
        {"t-1_x/y*z@vendor=a b!~", "t-1_x/y*z@vendor=a b!~"},
        {"0t@v=1", "0t@v=1"},
        {NULL, NULL},
        {"", NULL},
        {",,", NULL},
        {"foo", NULL},
        {"foo =1", NULL},
        {"FOO=1", NULL},
        {"foo.bar=1", NULL},
        {"foo@=1,bar=2", NULL},
        {"@foo=1,bar=2", NULL},
        {"foo@@bar=1", NULL},
        {"foo@bar@baz=1", NULL},
        {"foo@0bar=1", NULL},
        {"0foo=1", "0foo=1"},
        {"-foo=1", NULL},
        {"foo=1,bar=", NULL},
        {"foo=1=2", NULL},
        {"foo=1;bar=\x7f", NULL},
        {"foo=\xc3\xa9", NULL},
    };
    arena_t *arena = arena_new(0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *passed = state_of(arena, GOOD, rows[i].came);
        bool same = passed && rows[i].passed ? strcmp(passed, rows[i].passed) == 0
                                             : passed == rows[i].passed;
        if (!same) {
            fail_msg("%s: %s", rows[i].came, passed);
        }
    }
    assert_null(state_of(arena, NULL, "foo=1")); /* without its trace it means nothing */
    assert_null(state_of(arena, "00-" ID, "foo=1"));
    arena_free(arena);
}

static void a_state_has_ceilings(void **state)
{
    (void)state;
    const struct {
        char *came;
        bool passed;
    } rows[] = {
        {members(32), true},
        {members(33), false},
        {long_member(256, 256), true},
        {long_member(257, 1), false},
        {long_member(1, 257), false},
    };
    arena_t *arena = arena_new(0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(state_of(arena, GOOD, rows[i].came) != NULL, rows[i].passed);
        free(rows[i].came);
    }
    char *line = long_member(250, 250);
    trace_fields_t f = {.parent = STR_INIT(GOOD), .parent_count = 1};
    trace_context_t t;
    for (int i = 0; i < 100; i++) {
        trace_take(&f, arena, STR("tracestate"), str_of(line));
    }
    assert_true(f.state.n < 5000);
    trace_make(&t, &f, RANDOM);
    assert_null(t.state.p);
    assert_string_equal(t.trace_id, ID);
    free(line);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_valid_parent_is_gone_on_with),
        cmocka_unit_test(two_parents_are_none),
        cmocka_unit_test(a_state_is_passed_on_as_it_came),
        cmocka_unit_test(a_state_has_ceilings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
