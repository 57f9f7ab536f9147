/* SPDX-License-Identifier: MIT */
#include "http/fixture.h"

static void on_request(void *context, http_request_t *r)
{
    (void)context;
    str_t peer = http_request_peer(r);
    http_reply(r, 200, NULL, 0,
               arena_printf(http_request_arena(r), "%.*s tls=%d", STR_ARG(peer),
                            http_request_view(r)->tls));
}

/* trusted: NULL: no list at all. */
static void serve(host_t *host, http_proxies_t **proxies, const char *trusted)
{
    err_t err = ERR_INIT;
    *proxies = trusted ? http_proxies_new(str_of(trusted), &err) : NULL;
    host_init(host, on_request);
    host->options.proxies = *proxies;
    host_run(host);
}

static void ask(client_t *c, const char *headers, answer_t *a)
{
    char text[512];
    snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: t\r\n%s\r\n", headers);
    client_say(c, text);
    client_read(c, a, false);
    assert_true(a->whole);
    assert_non_null(buf_c(&a->body)); /* ends it in NUL */
}

static void a_trusted_proxy_names_the_client(void **state)
{
    (void)state;
    static const struct {
        const char *headers, *answer;
    } rows[] = {
        {"X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n", "192.0.2.1 tls=1"},
        {"X-Forwarded-For: 6.6.6.6, 192.0.2.1:99\r\nX-Forwarded-Proto: http\r\n",
         "192.0.2.1:99 tls=0"},
        {"Forwarded: for=\"[2001:db8::1]\";proto=https\r\n", "[2001:db8::1] tls=1"},
        {"Forwarded: for=\"[2001:db8::1]:5\"\r\n", "[2001:db8::1]:5 tls=0"},
        {"X-Forwarded-Proto: https, http\r\nX-Forwarded-For: 1.2.3.4\r\n", "1.2.3.4 tls=0"},
    };
    host_t host;
    http_proxies_t *proxies;
    client_t c;
    answer_t a;
    serve(&host, &proxies, "127.0.0.1, 10.0.0.0/8");
    client_dial(&c, &host);
    for (size_t i = 0; i < COUNT(rows); i++) { /* all by one connection */
        ask(&c, rows[i].headers, &a);
        assert_string_equal(a.body.p, rows[i].answer);
        answer_free(&a);
    }
    ask(&c, "", &a); /* the proxy itself */
    assert_true(str_starts(buf_view(&a.body), STR("127.0.0.1:")));
    answer_free(&a);
    client_close(&c);
    host_stop(&host);
    http_proxies_free(proxies);
}

static void nobody_else_is_believed(void **state)
{
    (void)state;
    static const char *const lists[] = {NULL, "", "127.0.0.2, 10.0.0.0/8, ::1"};
    for (size_t i = 0; i < COUNT(lists); i++) {
        host_t host;
        http_proxies_t *proxies;
        client_t c;
        answer_t a;
        serve(&host, &proxies, lists[i]);
        client_dial(&c, &host);
        ask(&c,
            "X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Proto: https\r\n"
            "Forwarded: for=10.0.0.1;proto=https\r\n",
            &a);
        assert_true(str_starts(buf_view(&a.body), STR("127.0.0.1:")));
        assert_true(str_ends(buf_view(&a.body), STR(" tls=0")));
        answer_free(&a);
        client_close(&c);
        host_stop(&host);
        http_proxies_free(proxies);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trusted_proxy_names_the_client),
        cmocka_unit_test(nobody_else_is_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
