/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "audit/chain.h"
#include "codec/base64.h"

static const unsigned char KEY[CHAIN_KEY_BYTES] = "a key of the chain, for the test";

/* The mac is another program's: HMAC-SHA-256 of 32 zero bytes and {"seq":1,"a":1 under KEY. */
static const char EXPECTED[] = "{\"seq\":1,\"a\":1,\"mac\":\"%s\"}\n";

static void a_line_has_its_shape(void **state)
{
    (void)state;
    chain_link_t last = {.seq = 0};
    buf_t text, mac;
    char expected[256];
    buf_init(&text, 4096);
    buf_init(&mac, 128);
    chain_append(KEY, &last, STR("{\"a\":1}"), &text);
    hex_write(&mac, str_at(last.mac, sizeof last.mac));
    snprintf(expected, sizeof expected, EXPECTED, buf_c(&mac));
    assert_string_equal(buf_c(&text), expected);
    assert_string_equal(buf_c(&mac),
                        "0e360915d414586cb4971aaa74ded79d851e2cf4511e132046a6a739c8a7ec30");
    assert_int_equal(last.seq, 1);
    buf_fini(&text);
    buf_fini(&mac);
}

static void lines_follow_each_other(void **state)
{
    (void)state;
    chain_link_t first = {.seq = 41}, last = first;
    chain_line_t one, two;
    buf_t text;
    buf_init(&text, 4096);
    chain_append(KEY, &last, STR("{\"a\":1}"), &text);
    chain_append(KEY, &last, STR("{\"b\":\"\\n\"}"), &text);
    str_t rest = buf_view(&text);
    assert_true(chain_read(str_cut(&rest, '\n'), &one));
    assert_true(chain_read(str_cut(&rest, '\n'), &two));
    assert_int_equal(one.link.seq, 42);
    assert_int_equal(two.link.seq, 43);
    assert_true(chain_follows(KEY, &first, &one) && chain_follows(KEY, &one.link, &two));
    assert_false(chain_follows(KEY, &first, &two));
    unsigned char other[CHAIN_KEY_BYTES] = {0};
    assert_false(chain_follows(other, &first, &one));
    assert_memory_equal(two.link.mac, last.mac, sizeof last.mac);
    buf_fini(&text);
}

#define MAC "0de5e3aa9794d3f780a30ea0f969bab6e56896107475f7c706271902f955101a"

static void reads_one_shape_only(void **state)
{
    static const struct {
        const char *line;
        bool reads;
    } ROWS[] = {
        {"{\"seq\":1,\"a\":1,\"mac\":\"" MAC "\"}", true},
        {"{\"seq\":18446744073709551615,\"a\":1,\"mac\":\"" MAC "\"}", true},
        {"{\"seq\":18446744073709551616,\"a\":1,\"mac\":\"" MAC "\"}", false},
        {"{\"seq\":-1,\"a\":1,\"mac\":\"" MAC "\"}", false},
        {"{\"seq\":,\"a\":1,\"mac\":\"" MAC "\"}", false},
        {"{\"a\":1,\"seq\":1,\"mac\":\"" MAC "\"}", false},
        {"{\"seq\":1,\"a\":1,\"mac\":\"" MAC "\"} ", false},
        {" {\"seq\":1,\"a\":1,\"mac\":\"" MAC "\"}", false},
        {"{\"seq\":1,\"a\":1,\"mac\":\"" MAC "0\"}", false},
        {"{\"seq\":1,\"a\":1, \"mac\":\"" MAC "\"}", false},
        {"{\"seq\":1,\"a\":1}", false},
        {"", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        chain_line_t line;
        assert_int_equal(chain_read(str_of(ROWS[i].line), &line), ROWS[i].reads);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_its_shape),
        cmocka_unit_test(lines_follow_each_other),
        cmocka_unit_test(reads_one_shape_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
