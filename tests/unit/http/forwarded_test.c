/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "http/forwarded.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

/* The peer of every row is 10.0.0.1. */
static const char TRUSTED[] = "10.0.0.0/8, 2001:db8:ffff::/48";

typedef struct row {
    const char *x_for, *x_proto, *forwarded; /* lines, divided by a line feed; NULL: none */
    const char *client;                      /* address, and port where it is known */
    forwarded_scheme_t scheme;
} row_t;

static void take_lines(forwarded_t *f, const char *name, const char *lines)
{
    for (str_t rest = str_of(lines); rest.p;) {
        forwarded_take(f, str_of(name), str_cut(&rest, '\n'));
    }
}

static void judge(const row_t *row, char *out, size_t room, forwarded_scheme_t *scheme)
{
    err_t err = ERR_INIT;
    http_proxies_t *proxies = http_proxies_new(str_of(TRUSTED), &err);
    assert_non_null(proxies);
    forwarded_t f = {0};
    forwarded_client_t client = {.port = 999};
    assert_true(address_parse(STR("10.0.0.1"), &client.address));
    take_lines(&f, "x-forwarded-for", row->x_for);
    take_lines(&f, "x-forwarded-proto", row->x_proto);
    take_lines(&f, "forwarded", row->forwarded);
    forwarded_judge(&f, proxies, &client);
    char address[ADDRESS_TEXT_BYTES];
    (void)address_write(&client.address, address);
    if (client.port) {
        (void)snprintf(out, room, "%s %u", address, client.port);
    } else {
        (void)snprintf(out, room, "%s", address);
    }
    *scheme = client.scheme;
    http_proxies_free(proxies);
}

static const char PEER[] = "10.0.0.1 999";

static void the_first_that_is_not_trusted_is_the_client(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {NULL, NULL, NULL, PEER, SCHEME_UNSAID},
        /* X-Forwarded-For */
        {"192.0.2.1", NULL, NULL, "192.0.2.1", SCHEME_UNSAID},
        {"192.0.2.1:4711", NULL, NULL, "192.0.2.1 4711", SCHEME_UNSAID},
        {"2001:db8::1", NULL, NULL, "2001:db8::1", SCHEME_UNSAID},
        {"[2001:db8::1]", NULL, NULL, "2001:db8::1", SCHEME_UNSAID},
        {"[2001:db8::1]:4711", NULL, NULL, "2001:db8::1 4711", SCHEME_UNSAID},
        {"::ffff:192.0.2.1", NULL, NULL, "192.0.2.1", SCHEME_UNSAID},
        {" 192.0.2.1\t", NULL, NULL, "192.0.2.1", SCHEME_UNSAID},
        /* what stands before a hop that is not trusted, anybody may have written */
        {"127.0.0.1, 192.0.2.1", NULL, NULL, "192.0.2.1", SCHEME_UNSAID},
        {"127.0.0.1, 10.9.9.9, 192.0.2.1", NULL, NULL, "192.0.2.1", SCHEME_UNSAID},
        {"junk,,\",192.0.2.1", NULL, NULL, "192.0.2.1", SCHEME_UNSAID},
        /* trusted hops are passed over */
        {"192.0.2.9, 192.0.2.1, 10.0.0.2, 2001:db8:ffff::3", NULL, NULL, "192.0.2.1",
         SCHEME_UNSAID},
        {"10.0.0.3, 10.0.0.2", NULL, NULL, "10.0.0.3", SCHEME_UNSAID},
        {"::ffff:10.0.0.3, ::ffff:10.0.0.2", NULL, NULL, "10.0.0.3", SCHEME_UNSAID},
        /* several lines are one list (RFC 9110 5.3) */
        {"127.0.0.1\n192.0.2.1\n10.0.0.2", NULL, NULL, "192.0.2.1", SCHEME_UNSAID},
        {"192.0.2.1,\n, ,10.0.0.2, ", NULL, NULL, "192.0.2.1", SCHEME_UNSAID},
        /* what cannot be read ends the belief */
        {"192.0.2.1, unknown", NULL, NULL, PEER, SCHEME_UNSAID},
        {"192.0.2.1, junk, 10.0.0.2", NULL, NULL, "10.0.0.2", SCHEME_UNSAID},
        {"192.0.2.256", NULL, NULL, PEER, SCHEME_UNSAID},
        {"192.0.2.1:0", NULL, NULL, PEER, SCHEME_UNSAID},
        {"192.0.2.1:65536", NULL, NULL, PEER, SCHEME_UNSAID},
        {"192.0.2.1:", NULL, NULL, PEER, SCHEME_UNSAID},
        {"[192.0.2.1]", NULL, NULL, PEER, SCHEME_UNSAID},
        {"[2001:db8::1", NULL, NULL, PEER, SCHEME_UNSAID},
        {"[2001:db8::1]4711", NULL, NULL, PEER, SCHEME_UNSAID},
        {"2001:db8::1%eth0", NULL, NULL, PEER, SCHEME_UNSAID},
        {"http://192.0.2.1", NULL, NULL, PEER, SCHEME_UNSAID},
        {"\"192.0.2.1\"", NULL, NULL, PEER, SCHEME_UNSAID},
        {"", NULL, NULL, PEER, SCHEME_UNSAID},
        {",,", NULL, NULL, PEER, SCHEME_UNSAID},
        {"1\n2\n3\n4\n5\n6\n7\n8\n192.0.2.1", NULL, NULL, PEER, SCHEME_UNSAID},
        /* Forwarded */
        {NULL, NULL, "for=192.0.2.1", "192.0.2.1", SCHEME_UNSAID},
        {NULL, NULL, "For=\"192.0.2.1:4711\"", "192.0.2.1 4711", SCHEME_UNSAID},
        {NULL, NULL, "for=\"[2001:db8::1]:4711\"", "2001:db8::1 4711", SCHEME_UNSAID},
        {NULL, NULL, "for=\"[2001:db8::1]:_p\"", "2001:db8::1", SCHEME_UNSAID},
        {NULL, NULL, "by=10.0.0.1;for=192.0.2.1;host=\"a,b;c\";proto=https", "192.0.2.1",
         SCHEME_HTTPS},
        {NULL, NULL, "for=127.0.0.1;proto=http, for=192.0.2.1;proto=https, for=10.0.0.2;proto=http",
         "192.0.2.1", SCHEME_HTTPS},
        {NULL, NULL, "for=127.0.0.1\nfor=192.0.2.1;proto=http", "192.0.2.1", SCHEME_HTTP},
        {NULL, NULL, "for=192.0.2.1;;proto=https;", "192.0.2.1", SCHEME_HTTPS},
        /* a quote that the client opened swallows nothing */
        {NULL, NULL, "for=\"127.0.0.1, for=192.0.2.1", "192.0.2.1", SCHEME_UNSAID},
        {NULL, NULL, "for=127.0.0.1;host=\"x\\\", for=192.0.2.1", "192.0.2.1", SCHEME_UNSAID},
        {NULL, NULL, "for=unknown;proto=https", PEER, SCHEME_HTTPS},
        {NULL, NULL, "for=_hidden, for=10.0.0.2", "10.0.0.2", SCHEME_UNSAID},
        {NULL, NULL, "for=192.0.2.1, for=\"un\\known\"", PEER, SCHEME_UNSAID},
        {NULL, NULL, "192.0.2.1", PEER, SCHEME_UNSAID},
        {NULL, NULL, "for=192.0.2.1;proto", PEER, SCHEME_UNSAID},
        {NULL, NULL, "proto=https", PEER, SCHEME_HTTPS},
        {NULL, NULL, "for=192.0.2.1;proto=gopher", "192.0.2.1", SCHEME_UNSAID},
        /* both: one of them may be the client's own */
        {"192.0.2.1", NULL, "for=192.0.2.1;proto=https", "192.0.2.1", SCHEME_HTTPS},
        {"192.0.2.1", NULL, "for=127.0.0.1", PEER, SCHEME_UNSAID},
        {"junk", NULL, "for=127.0.0.1", PEER, SCHEME_UNSAID},
        /* X-Forwarded-Proto */
        {"192.0.2.1", "https", NULL, "192.0.2.1", SCHEME_HTTPS},
        {"192.0.2.1", "HTTP", NULL, "192.0.2.1", SCHEME_HTTP},
        {NULL, "https, https", NULL, PEER, SCHEME_HTTPS},
        {NULL, "https\nhttps", NULL, PEER, SCHEME_HTTPS},
        {NULL, "https, http", NULL, PEER, SCHEME_UNSAID},
        {NULL, "wss", NULL, PEER, SCHEME_UNSAID},
        {NULL, "", NULL, PEER, SCHEME_UNSAID},
        {NULL, "http", "for=192.0.2.1;proto=https", "192.0.2.1", SCHEME_UNSAID},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char client[64];
        forwarded_scheme_t scheme;
        judge(&rows[i], client, sizeof client, &scheme);
        if (strcmp(client, rows[i].client) != 0 || scheme != rows[i].scheme) {
            fail_msg("row %zu (%s | %s | %s): %s, scheme %d", i, rows[i].x_for, rows[i].x_proto,
                     rows[i].forwarded, client, (int)scheme);
        }
    }
}

static void other_fields_are_none_of_them(void **state)
{
    (void)state;
    forwarded_t f = {0};
    forwarded_take(&f, STR("x-forwarded-host"), STR("evil.example"));
    forwarded_take(&f, STR("x-real-ip"), STR("192.0.2.1"));
    forwarded_take(&f, STR("via"), STR("1.1 front"));
    assert_int_equal(f.x_for.count + f.x_proto.count + f.forwarded.count, 0);
}

static void a_list_is_read_or_its_bad_entry_named(void **state)
{
    (void)state;
    static const char *const good[] = {"10.0.0.1", "10.0.0.0/8", "::1, 127.0.0.1",
                                       " 2001:db8::/32 ,", "0.0.0.0/0,::/0", ""};
    static const char *const bad[] = {"10.0.0.1/8",  "10.0.0.0/33", "localhost", "10.0.0",
                                      "2001:db8::/", "::/129",      "[::1]",     "*"};
    for (size_t i = 0; i < COUNT(good); i++) {
        err_t err = ERR_INIT;
        http_proxies_t *p = http_proxies_new(str_of(good[i]), &err);
        assert_non_null(p);
        http_proxies_free(p);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        err_t err = ERR_INIT;
        char list[64];
        (void)snprintf(list, sizeof list, "127.0.0.1, %s", bad[i]);
        assert_null(http_proxies_new(str_of(list), &err));
        assert_int_equal(err.code, ERR_configuration);
        assert_non_null(strstr(err.text, bad[i]));
    }
    http_proxies_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_that_is_not_trusted_is_the_client),
        cmocka_unit_test(other_fields_are_none_of_them),
        cmocka_unit_test(a_list_is_read_or_its_bad_entry_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
