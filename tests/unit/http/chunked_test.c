/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/str.h"
#include "http/chunked.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])
enum { BROKEN = -1, MORE = -2 };

/* Hands text over in pieces of so many bytes, as h2o does: what is decoded stays in front. */
static ssize_t decode(str_t text, size_t piece, char *body, size_t *n)
{
    struct phr_chunked_decoder decoder = {.consume_trailer = 1};
    ssize_t said = MORE;
    *n = 0;
    for (size_t at = 0; at < text.n && said == MORE; at += piece) {
        size_t size = text.n - at < piece ? text.n - at : piece;
        memcpy(body + *n, text.p + at, size);
        size_t left = size;
        said = phr_decode_chunked(&decoder, body + *n, &left);
        *n += left;
        said += said >= 0 ? (ssize_t)(text.n - at - size) : 0;
    }
    return said;
}

static void check(str_t text, ssize_t wanted, const char *body)
{
    char *bytes = malloc(text.n + 1);
    for (size_t piece = 1; piece <= text.n; piece++) {
        size_t n;
        ssize_t said = decode(text, piece, bytes, &n);
        if (said != wanted) {
            fail_msg("%.*s by %zu: %zd", STR_ARG(text), piece, said);
        }
        if (body) {
            assert_true(str_is(str_at(bytes, n), body));
        }
    }
    free(bytes);
}

static void reads_bodies(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        ssize_t behind;
        const char *body;
    } rows[] = {
        {"0\r\n\r\n", 0, ""},
        {"3\r\nabc\r\n0\r\n\r\n", 0, "abc"},
        {"3\r\nabc\r\n00A\r\n0123456789\r\n000\r\n\r\n", 0, "abc0123456789"},
        {"1\r\na\r\n1\r\nb\r\n0\r\n\r\nGET /", 5, "ab"},
        {"a\r\n\r\n\r\n\r\n\r\n\r\n\r\n0\r\n\r\n", 0, "\r\n\r\n\r\n\r\n\r\n"},
        {"1;a=b\r\nx\r\n1 \t;c=\"d\"\r\ny\r\n0;e\r\n\r\n", 0, "xy"},
        {"1\r\nx\r\n0\r\nA: b\r\nC:\td\r\n\r\nrest", 4, "x"},
        {"000000000000001\r\nx\r\n0\r\n\r\n", 0, "x"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        check(str_of(rows[i].text), rows[i].behind, rows[i].body);
    }
}

static void waits_for_more(void **state)
{
    (void)state;
    static const char *const rows[] = {"1",
                                       "1\r",
                                       "1\r\n",
                                       "1\r\nx",
                                       "1\r\nx\r",
                                       "1\r\nx\r\n",
                                       "0\r\n",
                                       "0\r\nA: b\r\n",
                                       "0\r\nA: b",
                                       "0\r\nA: b\r\n\r",
                                       "1;ext",
                                       "8000000000000000\r\nx",
                                       "FFFFFFFFFFFFFFFF\r\nx"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        check(str_of(rows[i]), MORE, NULL);
    }
}

static void refuses_what_others_could_read_otherwise(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "\r\n",
        "x\r\n",
        "-1\r\n",
        "+1\r\n",
        " 1\r\n",
        ";a\r\n",
        "0x2\r\nab\r\n0\r\n\r\n",
        "2x\r\nab\r\n0\r\n\r\n",
        "2 \r\nab\r\n0\r\n\r\n",
        "2 2\r\nab\r\n0\r\n\r\n",
        "2\nab\r\n0\r\n\r\n",
        "2\r\rab\r\n0\r\n\r\n",
        "2;a\nab\r\n0\r\n\r\n",
        "2;a\r\r\nab\r\n0\r\n\r\n",
        "2;\001\r\nab\r\n0\r\n\r\n",
        "2\r\nabc\r\n0\r\n\r\n",
        "2\r\nab\n0\r\n\r\n",
        "2\r\nab\r\r\n0\r\n\r\n",
        "2\r\nab0\r\n\r\n",
        "00000000000000002\r\nab\r\n0\r\n\r\n",
        "FFFFFFFFFFFFFFFFF\r\n",
        "0\r\n\n",
        "0\r\n\r\r\n",
        "0\r\nA: b\n\r\n",
        "0\r\nA: b\r\n folded\r\n\r\n",
        "0\r\nA: b\rC: d\r\n\r\n",
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        check(str_of(rows[i]), BROKEN, NULL);
    }
    check(STR("2;a\0b\r\nab\r\n0\r\n\r\n"), BROKEN, NULL);
}

/* before, n times `x`, behind. */
static ssize_t with_filler(const char *before, size_t n, const char *behind)
{
    size_t first = strlen(before);
    size_t last = strlen(behind);
    char *text = malloc(first + n + last);
    char *body = malloc(first + n + last);
    memcpy(text, before, first);
    memset(text + first, 'x', n);
    memcpy(text + first + n, behind, last);
    size_t decoded;
    ssize_t said = decode(str_at(text, first + n + last), 1000, body, &decoded);
    free(text);
    free(body);
    return said;
}

static void extensions_and_trailers_have_a_ceiling(void **state)
{
    (void)state;
    enum { MOST = HTTP_CHUNKED_SURPLUS_BYTES_MAX };
    assert_int_equal(with_filler("1;", MOST, "\r\na\r\n0\r\n\r\n"), 0);
    assert_int_equal(with_filler("1;", MOST + 1, "\r\na\r\n0\r\n\r\n"), BROKEN);
    assert_int_equal(with_filler("0\r\n", MOST, "\r\n\r\n"), 0);
    assert_int_equal(with_filler("0\r\n", MOST + 1, ""), BROKEN);
    /* Together, over all chunks. */
    assert_int_equal(with_filler("1;ab\r\nx\r\n0;c\r\n", MOST - 3, "\r\n\r\n"), 0);
    assert_int_equal(with_filler("1;ab\r\nx\r\n0;c\r\n", MOST - 2, "\r\n\r\n"), BROKEN);
}

static void is_the_one_that_the_library_calls(void **state)
{
    (void)state;
    http_chunked_check();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_bodies),
        cmocka_unit_test(waits_for_more),
        cmocka_unit_test(refuses_what_others_could_read_otherwise),
        cmocka_unit_test(extensions_and_trailers_have_a_ceiling),
        cmocka_unit_test(is_the_one_that_the_library_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
