/* SPDX-License-Identifier: MIT */
/* Requests as they reach the wire, and answers as they come back. */
#include "rig.h"

#include <sys/stat.h>

/* {"ok":true} */
static const unsigned char small_gzip[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xab, 0x56, 0xca, 0xcf, 0x56, 0xb2,
    0x2a, 0x29, 0x2a, 0x4d, 0xad, 0x05, 0x00, 0x90, 0x5f, 0xd4, 0xa7, 0x0b, 0x00, 0x00, 0x00};

static bool script_chunked(peer_t *peer, str_t body)
{
    (void)body;
    return peer_say(peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: 1\r\n b\r\n\r\n"
                          "5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\nTrailer: x\r\n\r\n");
}

static bool script_gzip(peer_t *peer, str_t body)
{
    (void)body;
    return peer_say(peer, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nX-Kind: coded\r\n"
                          "Content-Length: 31\r\n\r\n") &&
           peer_send(peer, str_at(small_gzip, sizeof small_gzip));
}

static bool script_interim(peer_t *peer, str_t body)
{
    (void)body;
    return peer_say(peer,
                    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"
                    "HTTP/1.1 201 Created\r\nContent-Length: 0\r\nX-Late: 1\r\n\r\n");
}

static bool script_echo(peer_t *peer, str_t body)
{
    char head[100];
    snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", body.n);
    return peer_say(peer, head) && peer_send(peer, body);
}

static bool script_head(peer_t *peer, str_t body)
{
    (void)body;
    return peer_say(peer, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n"
                          "Content-Encoding: gzip\r\n\r\n");
}

static bool script_until_close(peer_t *peer, str_t body)
{
    (void)body;
    peer_say(peer, "HTTP/1.0 200 OK\r\n\r\nup to the end");
    return false;
}

static bool script_no_content(peer_t *peer, str_t body)
{
    (void)body;
    return peer_say(peer, "HTTP/1.1 204 No Content\r\n\r\n");
}

static bool script_redirect(peer_t *peer, str_t body)
{
    (void)body;
    char text[200];
    snprintf(
        text, sizeof text,
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%u/target\r\nContent-Length: 0\r\n\r\n",
        peer->server->port);
    return peer_say(peer, text);
}

static bool script_cookie(peer_t *peer, str_t body)
{
    (void)body;
    return peer_say(peer, "HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\n"
                          "Strict-Transport-Security: max-age=99999\r\n"
                          "Alt-Svc: h2=\":1\"\r\nContent-Length: 0\r\n\r\n");
}

static const route_t routes[] = {
    {"/ok", script_ok},
    {"/chunked", script_chunked},
    {"/gzip", script_gzip},
    {"/interim", script_interim},
    {"/echo", script_echo},
    {"/head", script_head},
    {"/close", script_until_close},
    {"/none", script_no_content},
    {"/redirect", script_redirect},
    {"/cookie", script_cookie},
    {"/target", script_ok},
    {NULL, NULL},
};

static int set_up(void **state)
{
    static rig_t rig;
    rig_start(&rig, routes, NULL);
    *state = &rig;
    return 0;
}

static int tear_down(void **state)
{
    rig_stop(*state);
    return 0;
}

/* --- what is sent --- */

static void a_get_carries_nothing_of_its_own(void **state)
{
    rig_t *rig = *state;
    reply_t reply = rig_ask(rig, &(ask_t){.target = "/ok?a=b%20c"});
    assert_int_equal(reply.result.outcome, UPSTREAM_OK);
    assert_true(reply.result.sent);
    assert_string_equal(reply.result.detail, "");
    char expected[200];
    snprintf(expected, sizeof expected,
             "GET /ok?a=b%%20c HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUser-Agent: tenon/%s\r\n\r\n",
             rig->server.port, TENON_VERSION);
    assert_string_equal(server_last(&rig->server), expected);
    reply_fini(&reply);
}

static void headers_go_out_as_given(void **state)
{
    rig_t *rig = *state;
    upstream_result_t result =
        rig_outcome(rig, &(ask_t){.target = "/ok",
                                  .headers = {{STR("Authorization"), STR("Bearer x")},
                                              {STR("User-Agent"), STR("mine")},
                                              {STR("Accept"), STR("text/x")},
                                              {STR("X-Empty"), STR("")},
                                              {STR("X-Twice"), STR("1")},
                                              {STR("X-Twice"), STR(" 2\t")},
                                              {STR("Host"), STR("other.test")}}});
    assert_int_equal(result.outcome, UPSTREAM_OK);
    const char *sent = server_last(&rig->server);
    assert_non_null(strstr(sent, "\r\nAuthorization: Bearer x\r\n"));
    assert_non_null(strstr(sent, "\r\nUser-Agent: mine\r\n"));
    assert_null(strstr(sent, "tenon/"));
    assert_non_null(strstr(sent, "\r\nAccept: text/x\r\n"));
    assert_non_null(strstr(sent, "\r\nX-Empty:\r\n"));
    assert_non_null(strstr(sent, "\r\nX-Twice: 1\r\nX-Twice: 2\r\n"));
    assert_non_null(strstr(sent, "\r\nHost: other.test\r\n"));
    assert_null(strstr(sent, "Host: 127"));
}

/* A caller's framing would make two requests of one. */
static void framing_is_not_for_callers(void **state)
{
    rig_t *rig = *state;
    reply_t reply = rig_ask(rig, &(ask_t){.method = "POST",
                                          .target = "/echo",
                                          .body = STR("12345"),
                                          .headers = {{STR("Content-Length"), STR("1")},
                                                      {STR("transfer-encoding"), STR("chunked")},
                                                      {STR("Expect"), STR("100-continue")},
                                                      {STR("Connection"), STR("close")},
                                                      {STR("Upgrade"), STR("h2c")},
                                                      {STR("TE"), STR("trailers")}}});
    assert_true(str_is(buf_view(&reply.body), "12345"));
    const char *sent = server_last(&rig->server);
    assert_non_null(strstr(sent, "\r\nContent-Length: 5\r\n"));
    assert_null(strstr(sent, "hunked"));
    assert_null(strstr(sent, "Expect"));
    assert_null(strstr(sent, "Connection"));
    assert_null(strstr(sent, "Upgrade"));
    assert_null(strstr(sent, "TE:"));
    reply_fini(&reply);
}

typedef struct method_row {
    const char *method, *body; /* NULL: none */
    const char *length;        /* NULL: no Content-Length */
} method_row_t;

static const method_row_t method_rows[] = {
    {"GET", NULL, NULL},    {"POST", NULL, "0"},     {"PUT", NULL, "0"},     {"PATCH", NULL, "0"},
    {"DELETE", NULL, NULL}, {"OPTIONS", NULL, NULL}, {"REPORT", NULL, NULL}, {"POST", "abc", "3"},
    {"PUT", "abc", "3"},    {"PATCH", "abc", "3"},   {"DELETE", "abc", "3"}, {"QUERY", "abc", "3"},
    {"GET", "abc", "3"},    {"POST", "", "0"},       {"DELETE", "", "0"},
};

static void methods_and_lengths(void **state)
{
    rig_t *rig = *state;
    for (size_t i = 0; i < COUNT(method_rows); i++) {
        for (int once = 0; once < 2; once++) {
            const method_row_t *row = &method_rows[i];
            reply_t reply = rig_ask(rig, &(ask_t){.method = row->method,
                                                  .target = "/echo",
                                                  .body = str_of(row->body),
                                                  .once = once != 0});
            const char *sent = server_last(&rig->server);
            char line[50];
            assert_int_equal(reply.result.outcome, UPSTREAM_OK);
            assert_true(str_eq(buf_view(&reply.body), row->body ? str_of(row->body) : STR("")));
            snprintf(line, sizeof line, "%s /echo HTTP/1.1\r\n", row->method);
            assert_memory_equal(sent, line, strlen(line));
            snprintf(line, sizeof line, "\r\nContent-Length: %s\r\n",
                     row->length ? row->length : "");
            assert_int_equal(strstr(sent, row->length ? line : "Content-Length") != NULL,
                             row->length != NULL);
            assert_null(strstr(sent, "Content-Type"));
            reply_fini(&reply);
        }
    }
}

static void a_large_body_goes_out_at_once(void **state)
{
    rig_t *rig = *state;
    enum { SIZE = 3 * 1024 * 1024 };
    char *bytes = malloc(SIZE);
    assert_non_null(bytes);
    for (size_t i = 0; i < SIZE; i++) {
        bytes[i] = (char)('a' + i % 23);
    }
    reply_t reply = rig_ask(
        rig,
        &(ask_t){.method = "POST", .target = "/echo", .body = str_at(bytes, SIZE), .once = true});
    assert_int_equal(reply.result.outcome, UPSTREAM_OK);
    assert_int_equal(reply.body.n, SIZE);
    assert_memory_equal(reply.body.p, bytes, SIZE);
    assert_null(strstr(server_last(&rig->server), "Expect"));
    reply_fini(&reply);
    free(bytes);
}

static void what_cannot_be_sent_is_denied(void **state)
{
    rig_t *rig = *state;
    const ask_t rows[] = {
        {.target = "/ok", .headers = {{STR("A"), STR("t\r\nX-Injected: yes")}}}, /* U26 */
        {.target = "/ok", .headers = {{STR("A"), STR("t\nX")}}},
        {.target = "/ok", .headers = {{STR("A"), STR("caf\xc3\xa9")}}},
        {.target = "/ok", .headers = {{STR("A b"), STR("1")}}},
        {.target = "/ok", .headers = {{STR("A:b"), STR("1")}}},
        {.target = "/ok", .headers = {{STR(""), STR("1")}}},
        {.target = "/ok", .method = "GET /x HTTP/1.1\r\nA: b\r\n\r\nGET"},
        {.target = "/ok", .method = ""},
        {.target = "/ok", .method = "CONNECT"},
        {.target = "127.0.0.1"}, /* E15 */
        {.target = "a.test/x"},
        {.target = "ftp://a.test/"},
        {.target = "file:///etc/passwd"},
        {.target = "http://a@127.0.0.1:80\\@example.com/"}, /* E13 */
        {.target = "https://user:pw@example.com/"},
        {.target = "https://exam ple.com/"},
        {.target = ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        upstream_result_t result = rig_outcome(rig, &rows[i]);
        if (result.outcome != UPSTREAM_DENIED || result.sent || !result.detail[0]) {
            fail_msg("row %zu: outcome %d, %s", i, (int)result.outcome, result.detail);
        }
    }
    assert_int_equal(server_connections(&rig->server), 0);
}

/* Neither a proxy, a netrc file nor a cookie of someone else's. */
static void the_environment_does_not_matter(void **state)
{
    rig_t *rig = *state;
    char home[] = "/tmp/tenon-home-XXXXXX";
    char netrc[60];
    assert_non_null(mkdtemp(home));
    snprintf(netrc, sizeof netrc, "%s/.netrc", home);
    FILE *file = fopen(netrc, "w");
    assert_non_null(file);
    fputs("machine 127.0.0.1 login mallory password secret\n", file);
    fclose(file);
    setenv("HOME", home, 1);
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    for (int i = 0; i < 2; i++) { /* U53, U43, R20 */
        upstream_result_t result = rig_outcome(rig, &(ask_t){.target = "/cookie"});
        assert_int_equal(result.outcome, UPSTREAM_OK);
        assert_null(strstr(server_last(&rig->server), "Authorization"));
        assert_null(strstr(server_last(&rig->server), "Cookie"));
    }
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
    unlink(netrc);
    rmdir(home);
}

/* --- what comes back --- */

typedef struct answer_row {
    const char *method, *target;
    bool decode;
    int status;
    const char *headers; /* all */
    const char *body;
} answer_row_t;

static const answer_row_t answer_rows[] = {
    {"GET", "/ok", false, 200, "Content-Length: 2\nX-Kind: ok\n", "ok"},
    {"GET", "/chunked", false, 200, "Transfer-Encoding: chunked\nA: 1 b\n", "hello world"},
    {"GET", "/gzip", true, 200, "X-Kind: coded\n", "{\"ok\":true}"},
    {"GET", "/interim", false, 201, "Content-Length: 0\nX-Late: 1\n", ""},
    {"HEAD", "/head", false, 200, "Content-Length: 5000\nContent-Encoding: gzip\n", ""},
    {"HEAD", "/head", true, 200, "Content-Length: 5000\nContent-Encoding: gzip\n", ""},
    {"GET", "/close", false, 200, "", "up to the end"},
    {"GET", "/none", false, 204, "", ""},
    {"GET", "/none", true, 204, "", ""},
};

static void answers_come_back(void **state)
{
    rig_t *rig = *state;
    for (size_t i = 0; i < COUNT(answer_rows); i++) {
        const answer_row_t *row = &answer_rows[i];
        reply_t reply = rig_ask(
            rig, &(ask_t){.method = row->method, .target = row->target, .decode = row->decode});
        if (reply.result.outcome != UPSTREAM_OK || reply.status != row->status ||
            strcmp(buf_c(&reply.headers), row->headers) != 0 ||
            strcmp(buf_c(&reply.body), row->body) != 0) {
            fail_msg("%s: outcome %d (%s), %d, %s, %s", row->target, (int)reply.result.outcome,
                     reply.result.detail, reply.status, buf_c(&reply.headers), buf_c(&reply.body));
        }
        reply_fini(&reply);
    }
}

static void coded_answers_pass_unless_decoded(void **state)
{
    rig_t *rig = *state;
    reply_t reply = rig_ask(
        rig, &(ask_t){.target = "/gzip", .headers = {{STR("Accept-Encoding"), STR("gzip, x")}}});
    assert_non_null(strstr(server_last(&rig->server), "\r\nAccept-Encoding: gzip, x\r\n"));
    assert_string_equal(buf_c(&reply.headers),
                        "Content-Encoding: gzip\nX-Kind: coded\nContent-Length: 31\n");
    assert_int_equal(reply.body.n, sizeof small_gzip);
    assert_memory_equal(reply.body.p, small_gzip, sizeof small_gzip);
    reply_fini(&reply);

    reply = rig_ask(rig, &(ask_t){.target = "/gzip",
                                  .decode = true,
                                  .headers = {{STR("Accept-Encoding"), STR("x")}}});
    assert_non_null(strstr(server_last(&rig->server), "\r\nAccept-Encoding: gzip, deflate\r\n"));
    assert_null(strstr(server_last(&rig->server), "Accept-Encoding: x"));
    reply_fini(&reply);
}

/* R16, R17, U20 */
static void redirects_are_not_followed(void **state)
{
    rig_t *rig = *state;
    reply_t reply = rig_ask(rig, &(ask_t){.target = "/redirect"});
    assert_int_equal(reply.result.outcome, UPSTREAM_OK);
    assert_int_equal(reply.status, 302);
    assert_non_null(strstr(buf_c(&reply.headers), "Location: http://127.0.0.1:"));
    assert_int_equal(server_count(&rig->server, "GET /target"), 0);
    reply_fini(&reply);
}

static void connections_are_kept_but_for_fresh_ones(void **state)
{
    rig_t *rig = *state;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(rig_outcome(rig, &(ask_t){.target = "/ok"}).outcome, UPSTREAM_OK);
    }
    assert_int_equal(server_connections(&rig->server), 1);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(rig_outcome(rig, &(ask_t){.target = "/ok", .fresh = true}).outcome,
                         UPSTREAM_OK);
        assert_int_equal(server_connections(&rig->server), 2 + i);
    }
    assert_int_equal(rig_outcome(rig, &(ask_t){.target = "/ok"}).outcome, UPSTREAM_OK);
    assert_int_equal(server_connections(&rig->server), 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_get_carries_nothing_of_its_own),
        TEST(headers_go_out_as_given),
        TEST(framing_is_not_for_callers),
        TEST(methods_and_lengths),
        TEST(a_large_body_goes_out_at_once),
        TEST(what_cannot_be_sent_is_denied),
        TEST(the_environment_does_not_matter),
        TEST(answers_come_back),
        TEST(coded_answers_pass_unless_decoded),
        TEST(redirects_are_not_followed),
        TEST(connections_are_kept_but_for_fresh_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
