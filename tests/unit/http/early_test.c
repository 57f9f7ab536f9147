/* SPDX-License-Identifier: MIT */
#include "http/fixture.h"

static void on_request(void *context, http_request_t *r)
{
    (void)context;
    http_reply(r, 200, NULL, 0, STR("hello"));
}

static int start(void **state)
{
    static host_t host;
    host_start(&host, on_request);
    *state = &host;
    return 0;
}

static int stop(void **state)
{
    host_stop(*state);
    return 0;
}

static void turns_the_librarys_answers_into_problems(void **state)
{
    static const struct {
        const char *request;
        int status;
        const char *code;
    } rows[] = {
        {"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 100002\r\n\r\n", 413, "body_too_large"},
        {"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 99999999999999999999\r\n\r\n", 400,
         "request_malformed"},
        {"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: -1\r\n\r\n", 400, "request_malformed"},
        {"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: +1\r\n\r\nx", 400, "request_malformed"},
        {"POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 400,
         "request_malformed"},
        {"POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n", 400,
         "request_malformed"},
        {"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\nExpect: tea\r\n\r\nx", 400,
         "request_malformed"},
        {"POST * HTTP/1.1\r\nHost: t\r\nContent-Length: 100002\r\n\r\n", 413, "body_too_large"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        answer_t a;
        client_once(*state, rows[i].request, &a);
        assert_int_equal(a.status, rows[i].status);
        check_header(&a, "content-type", "application/problem+json");
        check_header(&a, "tenon-error", rows[i].code);
        check_header(&a, "connection", "close");
        char *id = str_dup(answer_header(&a, "x-request-id"));
        assert_int_equal(strlen(id), 22);
        assert_true(a.whole);
        assert_non_null(strstr(buf_c(&a.body), id));
        assert_true(str_starts(buf_view(&a.body), STR("{\"type\":\"urn:tenon:")));
        free(id);
        answer_free(&a);
    }
}

static void head_gets_no_body(void **state)
{
    answer_t a;
    client_once(*state, "HEAD / HTTP/1.1\r\nHost: t\r\nContent-Length: 100002\r\n\r\n", &a);
    assert_int_equal(a.status, 413);
    assert_int_equal(a.body.n, 0);
    answer_free(&a);
}

/* A client that sends all of its body before it reads would see a reset, had the server closed at
 * once. */
static void a_client_that_sends_on_still_reads_why(void **state)
{
    static char body[8 * 1024 * 1024];
    memset(body, 'x', sizeof body);
    for (int i = 0; i < 5; i++) {
        client_t c;
        answer_t a;
        client_dial(&c, *state);
        client_say(&c, "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 8388608\r\n\r\n");
        assert_int_equal(client_send(&c, str_at(body, sizeof body)), sizeof body);
        client_read(&c, &a, false);
        assert_int_equal(a.status, 413);
        assert_true(a.whole);
        answer_free(&a);
        client_close(&c);
    }
}

static void a_client_that_stays_is_closed_in_the_end(void **state)
{
    client_t c;
    answer_t a;
    client_dial(&c, *state);
    client_say(&c, "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 8388608\r\n\r\n");
    client_read(&c, &a, false);
    assert_int_equal(a.status, 413);
    assert_true(client_at_end(&c));
    answer_free(&a);
    client_close(&c);
}

static void a_server_stops_while_it_waits_for_one(void **state)
{
    (void)state;
    host_t host;
    client_t c;
    answer_t a;
    host_start(&host, on_request);
    client_dial(&c, &host);
    client_say(&c, "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 8388608\r\n\r\n");
    client_read(&c, &a, false);
    assert_int_equal(a.status, 413);
    answer_free(&a);
    host_stop(&host);
    client_close(&c);
}

static void other_targets_are_answered_by_the_owner(void **state)
{
    answer_t a;
    client_once(*state, "OPTIONS * HTTP/1.1\r\nHost: t\r\n\r\n", &a);
    assert_int_equal(a.status, 200);
    check_body(&a, "hello");
    check_header(&a, "connection", "keep-alive");
    answer_free(&a);
}

/* What cannot be parsed at all is answered by h2o with fixed bytes, out of reach. */
static void what_is_not_http_gets_text(void **state)
{
    static const char *const rows[] = {"nonsense\r\n\r\n", "GET / HTTP/1.1\r\nHost : t\r\n\r\n",
                                       "GET / HTTP/1.1\r\nHost: t\r\nA: \x01\r\n\r\n"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        answer_t a;
        client_once(*state, rows[i], &a);
        assert_int_equal(a.status, 400);
        check_header(&a, "content-type", "text/plain; charset=utf-8");
        check_body(&a, "Bad Request");
        answer_free(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turns_the_librarys_answers_into_problems),
        cmocka_unit_test(head_gets_no_body),
        cmocka_unit_test(a_client_that_sends_on_still_reads_why),
        cmocka_unit_test(a_client_that_stays_is_closed_in_the_end),
        cmocka_unit_test(a_server_stops_while_it_waits_for_one),
        cmocka_unit_test(other_targets_are_answered_by_the_owner),
        cmocka_unit_test(what_is_not_http_gets_text),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
