/* SPDX-License-Identifier: MIT */
#include "fixture.h"

enum { BIG = 16 * 1024 * 1024, TIMEOUT_MS = 600, CUT_BY_MS = 20 * 1000 };

static char *big;

static void on_request(void *context, http_request_t *r)
{
    (void)context;
    if (str_is(http_request_view(r)->path, "/stream")) {
        http_stream_begin(r, 200, NULL, 0, -1);
        (void)http_stream_write(r, str_at(big, BIG));
        http_stream_end(r);
    } else {
        http_reply(r, 200, NULL, 0, str_at(big, BIG));
    }
}

static int up(void **state)
{
    static host_t host;
    big = calloc(1, BIG);
    host_init(&host, on_request);
    host.options.request_timeout_ms = TIMEOUT_MS;
    host_run(&host);
    *state = &host;
    return 0;
}

static int down(void **state)
{
    host_stop(*state);
    free(big);
    return 0;
}

static void ask(client_t *c, const host_t *host, const char *path)
{
    client_dial(c, host);
    client_ask(c, "GET", path);
}

/* It takes twenty bytes a second. What ends it is no TCP_USER_TIMEOUT, which has 30 seconds. */
static void cuts_off_who_hardly_reads(void **state)
{
    static const char *const paths[] = {"/reply", "/stream"};
    const host_t *host = *state;
    for (size_t i = 0; i < COUNT(paths); i++) {
        client_t c;
        char byte;
        int64_t began_ms = clock_boot_ms();
        ask(&c, host, paths[i]);
        assert_int_equal(recv(c.fd, &byte, 1, 0), 1);
        while (http_server_connections(host->server) && clock_boot_ms() < began_ms + CUT_BY_MS) {
            (void)recv(c.fd, &byte, 1, 0);
            usleep(50 * 1000);
        }
        assert_int_equal(http_server_connections(host->server), 0);
        client_close(&c);
    }
}

static void leaves_who_reads_with_pauses(void **state)
{
    static const char *const paths[] = {"/reply", "/stream"};
    for (size_t i = 0; i < COUNT(paths); i++) {
        client_t c;
        answer_t a;
        ask(&c, *state, paths[i]);
        for (int pause = 0; pause < 60; pause++) {
            usleep(50 * 1000);
            assert_true(client_want(&c, c.in.n + 1));
        }
        client_read(&c, &a, false);
        assert_true(a.whole);
        assert_int_equal(a.body.n, BIG);
        answer_free(&a);
        client_close(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(cuts_off_who_hardly_reads, up, down),
        cmocka_unit_test_setup_teardown(leaves_who_reads_with_pauses, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
