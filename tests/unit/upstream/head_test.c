/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "upstream/head.h"

/* Feeds text line by line, and answers the first step that is not HEAD_MORE. */
static head_step_t feed(head_t *h, str_t text)
{
    while (text.n) {
        size_t end = str_index(text, '\n');
        size_t n = end == SIZE_MAX ? text.n : end + 1;
        head_step_t step = head_line(h, str_slice(text, 0, n));
        text = str_slice(text, n, text.n);
        if (step != HEAD_MORE) {
            return step;
        }
    }
    return HEAD_MORE;
}

typedef struct head_row {
    str_t text;
    head_step_t step;
    int status;
    const char *fields; /* "name=value|..." */
} head_row_t;

#define OK_LINE "HTTP/1.1 200 OK\r\n"

static const head_row_t head_rows[] = {
    {STR_INIT(OK_LINE "\r\n"), HEAD_COMPLETE, 200, ""},
    {STR_INIT("HTTP/1.0 404\r\n\r\n"), HEAD_COMPLETE, 404, ""},
    {STR_INIT("HTTP/1.1 200 \r\n\r\n"), HEAD_COMPLETE, 200, ""},
    {STR_INIT("HTTP/1.1 999 What\n\n"), HEAD_COMPLETE, 999, ""},
    {STR_INIT(OK_LINE "A: 1\r\nb:2 \r\nC:\t\r\n\r\n"), HEAD_COMPLETE, 200, "A=1|b=2|C=|"},
    {STR_INIT(OK_LINE "A: 1\r\n  2\r\n\t3 \r\nB: 4\r\n\r\n"), HEAD_COMPLETE, 200, "A=1 2 3|B=4|"},
    {STR_INIT("HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" OK_LINE "A: 1\r\n\r\n"), HEAD_COMPLETE, 200,
     "A=1|"},
    {STR_INIT("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" OK_LINE "\r\n"),
     HEAD_COMPLETE, 200, ""},
    {STR_INIT(OK_LINE "A : 1\r\nB: 2\r\n\r\n"), HEAD_COMPLETE, 200, "B=2|"},
    {STR_INIT(OK_LINE "no colon\r\n folded\r\nB: 2\r\n\r\n"), HEAD_COMPLETE, 200, "B=2|"},
    {STR_INIT(OK_LINE ": 1\r\nB: 2\r\n\r\n"), HEAD_COMPLETE, 200, "B=2|"},
    {STR_INIT(OK_LINE "A: x\0y\r\nB: 2\r\n\r\n"), HEAD_COMPLETE, 200, "B=2|"},
    {STR_INIT(OK_LINE "A: x\ry\r\nB: 2\r\n\r\n"), HEAD_COMPLETE, 200, "B=2|"},
    {STR_INIT(OK_LINE "A: 1\r\n x\x1by\r\n z\r\nB: 2\r\n\r\n"), HEAD_COMPLETE, 200, "B=2|"},
    {STR_INIT(OK_LINE "A: caf\xc3\xa9\r\n\r\n"), HEAD_COMPLETE, 200, "A=caf\xc3\xa9|"},
    {STR_INIT(OK_LINE "Content-Length: 5\r\ncontent-length: 5\r\n\r\n"), HEAD_COMPLETE, 200,
     "Content-Length=5|content-length=5|"},
    {STR_INIT(OK_LINE "Content-Length: 5\r\nContent-Length: 6\r\n\r\n"), HEAD_BAD, 200, NULL},
    {STR_INIT(OK_LINE " folded\r\n\r\n"), HEAD_BAD, 200, NULL},
    {STR_INIT(OK_LINE "\rA: 1\r\n"), HEAD_BAD, 200, NULL},
    {STR_INIT("HTTP/1.1 101 Switching\r\n\r\n"), HEAD_BAD, 101, NULL},
    {STR_INIT("HTTP/1.1 099 Low\r\n"), HEAD_BAD, 0, NULL},
    {STR_INIT("HTTP/1.1 20 OK\r\n"), HEAD_BAD, 0, NULL},
    {STR_INIT("HTTP/1.1 2000 OK\r\n"), HEAD_BAD, 0, NULL},
    {STR_INIT("HTTP/1.1 200OK\r\n"), HEAD_BAD, 0, NULL},
    {STR_INIT("HTTP/1.1  200 OK\r\n"), HEAD_BAD, 0, NULL},
    {STR_INIT("HTTP/2 200 OK\r\n"), HEAD_BAD, 0, NULL},
    {STR_INIT("HTTP/1.2 200 OK\r\n"), HEAD_BAD, 0, NULL},
    {STR_INIT("http/1.1 200 OK\r\n"), HEAD_BAD, 0, NULL},
    {STR_INIT("ICY 200 OK\r\n"), HEAD_BAD, 0, NULL},
    {STR_INIT("\r\n"), HEAD_BAD, 0, NULL},
    {STR_INIT("HTTP/1.1 100 Continue\r\n\r\nA: 1\r\n"), HEAD_BAD, 0, NULL},
};

static void join_fields(const head_t *h, buf_t *out)
{
    for (size_t i = 0; i < h->header_count; i++) {
        buf_printf(out, "%.*s=%.*s|", STR_ARG(h->headers[i].name), STR_ARG(h->headers[i].value));
    }
}

static void heads_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof head_rows / sizeof *head_rows; i++) {
        const head_row_t *row = &head_rows[i];
        head_t h;
        buf_t fields;
        head_init(&h);
        buf_init(&fields, 4096);
        head_step_t step = feed(&h, row->text);
        join_fields(&h, &fields);
        if (step != row->step || h.status != row->status ||
            (row->fields && strcmp(buf_c(&fields), row->fields) != 0)) {
            fail_msg("row %zu: step %d, status %d, %s", i, (int)step, h.status, buf_c(&fields));
        }
        assert_int_equal(step == HEAD_BAD, h.why != NULL);
        buf_fini(&fields);
        head_fini(&h);
    }
}

static void size_is_bounded(void **state)
{
    (void)state;
    head_t h;
    head_init(&h);
    assert_int_equal(feed(&h, STR(OK_LINE)), HEAD_MORE);
    int lines = 0;
    head_step_t step;
    do {
        step = feed(&h, STR("Name-of-some-length: value of some length\r\n"));
        lines++;
    } while (step == HEAD_MORE && lines < 100000);
    assert_int_equal(step, HEAD_TOO_LARGE);
    assert_in_range(lines, 1000, 4000);
    head_fini(&h);
}

/* R26 */
static void interim_answers_are_bounded(void **state)
{
    (void)state;
    head_t h;
    head_init(&h);
    int answers = 0;
    head_step_t step;
    do {
        step = feed(&h, STR("HTTP/1.1 103 Early Hints\r\n\r\n"));
        answers++;
    } while (step == HEAD_MORE && answers < 1000);
    assert_int_equal(step, HEAD_BAD);
    assert_int_equal(answers, HEAD_INTERIM_MAX + 1);
    head_fini(&h);
}

static void trailers_only_count(void **state)
{
    (void)state;
    head_t h;
    head_init(&h);
    assert_int_equal(feed(&h, STR(OK_LINE "A: 1\r\n\r\n")), HEAD_COMPLETE);
    assert_int_equal(feed(&h, STR("Trailer: 2\r\n\r\n")), HEAD_MORE);
    assert_int_equal(h.header_count, 1);
    head_step_t step = HEAD_MORE;
    for (int i = 0; i < 20000 && step == HEAD_MORE; i++) {
        step = feed(&h, STR("Trailer: 2\r\n"));
    }
    assert_int_equal(step, HEAD_TOO_LARGE);
    head_fini(&h);
}

static void a_decoded_answer_loses_its_coding(void **state)
{
    (void)state;
    head_t h;
    head_init(&h);
    assert_int_equal(feed(&h, STR(OK_LINE "Content-Length: 5\r\nA: 1\r\n"
                                          "Content-Encoding: gzip\r\n\r\n")),
                     HEAD_COMPLETE);
    head_drop_coding(&h);
    assert_int_equal(h.header_count, 1);
    assert_true(str_is(h.headers[0].name, "A"));
    head_fini(&h);
    head_init(&h);
    assert_int_equal(feed(&h, STR(OK_LINE "Content-Length: 5\r\n\r\n")), HEAD_COMPLETE);
    head_drop_coding(&h);
    assert_int_equal(h.header_count, 1);
    head_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_are_read),
        cmocka_unit_test(size_is_bounded),
        cmocka_unit_test(interim_answers_are_bounded),
        cmocka_unit_test(trailers_only_count),
        cmocka_unit_test(a_decoded_answer_loses_its_coding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
