/* SPDX-License-Identifier: MIT */
#include "http/fixture.h"

#include <sys/resource.h>

/* --- an owner that holds requests until another thread lets them go --- */

typedef struct held {
    loop_message_t message;
    http_request_t *request;
} held_t;

static atomic_int held_count;
static atomic_int gone_count;
static atomic_int drained_count;
static held_t held[8];

static void on_gone(void *context)
{
    (void)context;
    atomic_fetch_add(&gone_count, 1);
}

static void answer_held(loop_message_t *message)
{
    held_t *h = STRUCT_OF(message, held_t, message);
    http_reply(h->request, 200, NULL, 0, http_request_view(h->request)->path);
}

static void drop_held(loop_message_t *message)
{
    http_reply_drop(STRUCT_OF(message, held_t, message)->request);
}

static void hold(http_request_t *r)
{
    int i = atomic_load(&held_count);
    held[i].request = r;
    http_request_watch_client(r, on_gone, NULL);
    atomic_store(&held_count, i + 1);
}

static void let_go(host_t *host, int i, void (*how)(loop_message_t *message))
{
    held[i].message.run = how;
    loop_post(http_server_loop(host->server), &held[i].message);
}

/* --- an owner that shows what it sees --- */

static void add_text(buf_t *b, const char *name, str_t value)
{
    buf_printf(b, "%s=%.*s;", name, value.p ? (int)value.n : 1, value.p ? value.p : "-");
}

static void show_view(http_request_t *r)
{
    const http_view_t *v = http_request_view(r);
    buf_t b;
    buf_init(&b, 100000);
    add_text(&b, "method", v->method);
    add_text(&b, "path", v->path);
    add_text(&b, "query", v->query);
    add_text(&b, "authority", v->authority);
    add_text(&b, "body", v->body);
    add_text(&b, "authorization", v->authorization);
    add_text(&b, "api_key", v->api_key);
    add_text(&b, "content_type", v->content_type);
    add_text(&b, "cookie", v->cookie);
    add_text(&b, "x-own", http_request_header(r, "x-own"));
    buf_printf(&b, "local=%d;tls=%d", v->local, v->tls);
    http_reply(r, 200, NULL, 0, buf_view(&b));
    buf_fini(&b);
}

static void show_headers(http_request_t *r)
{
    str_t all = STR("");
    http_header_t header;
    for (size_t at = 0; http_request_next_header(r, &at, &header);) {
        all = arena_printf(http_request_arena(r), "%.*s%.*s=%.*s;", STR_ARG(all),
                           STR_ARG(header.name), STR_ARG(header.value));
    }
    http_reply(r, 200, NULL, 0, all);
}

static void show_headers_given(http_request_t *r)
{
    const http_header_t headers[] = {
        {STR("content-type"), STR("text/csv")}, {STR("x-own"), STR("yes")},
        {STR("content-length"), STR("1")},      {STR("x-request-id"), STR("forged")},
        {STR("x-split"), STR("a\r\nb: c")},     {STR("date"), STR("never")},
    };
    http_reply(r, 201, headers, COUNT(headers), STR("made"));
}

static void on_request(void *context, http_request_t *r)
{
    (void)context;
    str_t path = http_request_view(r)->path;
    if (str_is(path, "/view")) {
        show_view(r);
    } else if (str_is(path, "/headers")) {
        show_headers(r);
    } else if (str_is(path, "/given")) {
        show_headers_given(r);
    } else if (str_is(path, "/peer")) {
        http_reply(r, 200, NULL, 0, http_request_peer(r));
    } else if (str_is(path, "/id")) {
        http_reply(r, 200, NULL, 0, http_request_id(r));
    } else if (str_is(path, "/echo")) {
        http_reply(r, 200, NULL, 0, http_request_view(r)->body);
    } else if (str_is(path, "/empty")) {
        http_reply(r, 204, NULL, 0, STR("dropped"));
    } else if (str_is(path, "/drop")) {
        http_reply_drop(r);
    } else if (str_starts(path, STR("/hold"))) {
        hold(r);
    } else {
        http_reply(r, 200, NULL, 0, STR("hello"));
    }
}

static int reset(void **state)
{
    (void)state;
    atomic_store(&held_count, 0);
    atomic_store(&gone_count, 0);
    atomic_store(&drained_count, 0);
    return 0;
}

static int start(void **state)
{
    static host_t host;
    reset(state);
    host_start(&host, on_request);
    *state = &host;
    return 0;
}

static int stop(void **state)
{
    host_stop(*state);
    return 0;
}

/* --- requests and answers --- */

static void keeps_the_connection(void **state)
{
    client_t c;
    client_dial(&c, *state);
    for (int i = 0; i < 3; i++) {
        answer_t a;
        client_ask(&c, "GET", "/");
        client_read(&c, &a, false);
        assert_int_equal(a.status, 200);
        check_body(&a, "hello");
        check_header(&a, "content-length", "5");
        check_header(&a, "connection", "keep-alive");
        check_header(&a, "server", NULL);
        assert_non_null(answer_header(&a, "date").p);
        answer_free(&a);
    }
    client_close(&c);
}

static void shows_the_request(void **state)
{
    static const struct {
        const char *request;
        const char *shown;
    } rows[] = {
        {"GET /view HTTP/1.1\r\nHost: test:80\r\n\r\n",
         "method=GET;path=/"
         "view;query=-;authority=test:80;body=-;authorization=-;api_key=-;content_type=-;"
         "cookie=-;x-own=-;local=0;tls=0"},
        {"POST /view?a=1&b=%20? HTTP/1.1\r\nHost: test\r\nContent-Type: "
         "text/plain\r\nAuthorization: "
         "Bearer k\r\nX-API-KEY: j\r\nCookie: c=d\r\nX-Own: one\r\nX-Own: two\r\nContent-Length: "
         "4\r\n\r\nbody",
         "method=POST;path=/view;query=a=1&b=%20?;authority=test;body=body;authorization=Bearer "
         "k;api_key=j;content_type=text/plain;cookie=c=d;x-own=one;local=0;tls=0"},
        {"get /view? HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n",
         "method=get;path=/"
         "view;query=;authority=test;body=;authorization=-;api_key=-;content_type=-;cookie=-;"
         "x-own=-;local=0;tls=0"},
        {"GET http://other.example:8080/view?q HTTP/1.1\r\nHost: test\r\n\r\n",
         "method=GET;path=/"
         "view;query=q;authority=other.example:8080;body=-;authorization=-;api_key=-;"
         "content_type=-;cookie=-;x-own=-;local=0;tls=0"},
        {"GET /view HTTP/1.0\r\n\r\n",
         "method=GET;path=/"
         "view;query=-;authority=-;body=-;authorization=-;api_key=-;content_type=-;cookie=-;"
         "x-own=-;local=0;tls=0"},
        {"POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: "
         "chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n",
         "abcde"},
        {"GET /headers HTTP/1.1\r\nHost: test\r\nB: 2\r\nA: 1\r\n\r\n", "b=2;a=1;"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        answer_t a;
        client_once(*state, rows[i].request, &a);
        assert_int_equal(a.status, 200);
        check_body(&a, rows[i].shown);
        answer_free(&a);
    }
}

static void a_path_stays_as_it_was_sent(void **state)
{
    static const char *const paths[] = {
        "/a/../../b%0Ac/%2e%2e/./d//e", "/%", "/..", "/.", "//", "/a;b=c"};
    for (size_t i = 0; i < COUNT(paths); i++) {
        client_t c;
        answer_t a;
        client_dial(&c, *state);
        char path[64];
        snprintf(path, sizeof path, "/hold%s", paths[i]);
        client_ask(&c, "GET", path);
        wait_for(&held_count, 1);
        let_go(*state, 0, answer_held);
        client_read(&c, &a, false);
        check_body(&a, path);
        answer_free(&a);
        client_close(&c);
        atomic_store(&held_count, 0);
    }
}

/* h2o has a complaint ready, in the stranger's own bytes, for paths that it cannot rewrite. */
static void a_stranger_cannot_write_to_the_log(void **state)
{
    static const char *const paths[] = {"/%2f..%2f", "/%2e%2e/..%0Aforged/../../../..", "/%00",
                                        "http://x/%0Aforged", "*"};
    char name[] = "/tmp/tenon-http-XXXXXX";
    int file = mkstemp(name);
    int own = dup(STDERR_FILENO);
    assert_true(file >= 0 && own >= 0);
    unlink(name);
    dup2(file, STDERR_FILENO);
    for (size_t i = 0; i < COUNT(paths); i++) {
        client_t c;
        answer_t a;
        client_dial(&c, *state);
        client_ask(&c, "OPTIONS", paths[i]);
        client_read(&c, &a, false);
        assert_int_equal(a.status, 200);
        answer_free(&a);
        client_close(&c);
    }
    dup2(own, STDERR_FILENO);
    close(own);
    assert_int_equal(lseek(file, 0, SEEK_END), 0);
    close(file);
}

static void gives_the_headers_it_may(void **state)
{
    answer_t a;
    client_once(*state, "GET /given HTTP/1.1\r\nHost: test\r\n\r\n", &a);
    assert_int_equal(a.status, 201);
    assert_non_null(strstr(a.head, "HTTP/1.1 201 Created\r\n"));
    check_body(&a, "made");
    check_header(&a, "content-type", "text/csv");
    check_header(&a, "x-own", "yes");
    check_header(&a, "content-length", "4");
    check_header(&a, "x-split", NULL);
    check_header(&a, "b", NULL);
    assert_null(strstr(a.head, "forged"));
    assert_null(strstr(a.head, "never"));
    answer_free(&a);
}

static void numbers_every_request(void **state)
{
    char seen[3][23];
    client_t c;
    client_dial(&c, *state);
    for (int i = 0; i < 3; i++) {
        answer_t a;
        client_ask(&c, "GET", "/id");
        client_read(&c, &a, false);
        assert_int_equal(a.body.n, 22);
        check_header(&a, "x-request-id", buf_c(&a.body));
        memcpy(seen[i], buf_c(&a.body), 23);
        answer_free(&a);
    }
    client_close(&c);
    assert_string_not_equal(seen[0], seen[1]);
    assert_string_not_equal(seen[1], seen[2]);
}

static void tells_the_peer(void **state)
{
    client_t c;
    answer_t a;
    client_dial(&c, *state);
    client_ask(&c, "GET", "/peer");
    client_read(&c, &a, false);
    struct sockaddr_in own;
    socklen_t n = sizeof own;
    assert_int_equal(getsockname(c.fd, (void *)&own, &n), 0);
    char expected[64];
    snprintf(expected, sizeof expected, "127.0.0.1:%u", ntohs(own.sin_port));
    check_body(&a, expected);
    answer_free(&a);
    client_close(&c);
}

static void head_has_no_body(void **state)
{
    client_t c;
    client_dial(&c, *state);
    for (int i = 0; i < 2; i++) {
        answer_t a;
        client_ask(&c, "HEAD", "/");
        client_read(&c, &a, true);
        assert_int_equal(a.status, 200);
        check_header(&a, "content-length", "5");
        answer_free(&a);
        client_ask(&c, "GET", "/empty");
        client_read(&c, &a, false);
        assert_int_equal(a.status, 204);
        check_header(&a, "content-length", NULL);
        check_header(&a, "transfer-encoding", NULL);
        check_header(&a, "connection", "keep-alive");
        answer_free(&a);
    }
    client_close(&c);
}

static void takes_a_body_up_to_its_ceiling(void **state)
{
    char *body = malloc(100001);
    memset(body, 'x', 100001);
    static const struct {
        size_t n;
        bool chunked;
        int status;
    } rows[] = {
        {100000, false, 200}, {100000, true, 200}, {100001, false, 413}, {100001, true, 413}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        client_t c;
        answer_t a;
        char head[256];
        client_dial(&c, *state);
        snprintf(
            head, sizeof head,
            rows[i].chunked
                ? "POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n%zx\r\n"
                : "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: %zu\r\n\r\n",
            rows[i].n);
        client_say(&c, head);
        client_send(&c, str_at(body, rows[i].n));
        if (rows[i].chunked) {
            client_send(&c, STR("\r\n0\r\n\r\n"));
        }
        client_read(&c, &a, false);
        assert_int_equal(a.status, rows[i].status);
        assert_true(a.whole);
        if (a.status == 200) {
            assert_int_equal(a.body.n, rows[i].n);
        } else {
            check_header(&a, "tenon-error", "body_too_large");
            check_header(&a, "connection", "close");
        }
        answer_free(&a);
        client_close(&c);
    }
    free(body);
}

static void asks_for_the_body_that_is_expected(void **state)
{
    client_t c;
    answer_t a;
    client_dial(&c, *state);
    client_say(
        &c,
        "POST /echo HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    assert_true(client_head(&c, &a));
    assert_int_equal(a.status, 100);
    answer_free(&a);
    client_say(&c, "ok");
    client_read(&c, &a, false);
    check_body(&a, "ok");
    answer_free(&a);
    client_close(&c);
}

static void drops_without_an_answer(void **state)
{
    client_t c;
    answer_t a;
    client_dial(&c, *state);
    client_ask(&c, "GET", "/drop");
    client_read(&c, &a, false);
    assert_false(a.any);
    assert_int_equal(c.in.n, 0);
    answer_free(&a);
    client_close(&c);
}

/* --- answers from another thread --- */

static void pipelined_answers_keep_their_order(void **state)
{
    client_t c;
    client_dial(&c, *state);
    client_say(&c, "GET /hold/1 HTTP/1.1\r\nHost: t\r\n\r\nGET / HTTP/1.1\r\nHost: t\r\n\r\n"
                   "GET /hold/2 HTTP/1.1\r\nHost: t\r\n\r\nGET /id HTTP/1.1\r\nHost: t\r\n\r\n");
    static const char *const bodies[] = {"/hold/1", "hello", "/hold/2", NULL};
    wait_for(&held_count, 1);
    let_go(*state, 0, answer_held);
    wait_for(&held_count, 2);
    let_go(*state, 1, answer_held);
    for (size_t i = 0; i < COUNT(bodies); i++) {
        answer_t a;
        client_read(&c, &a, false);
        assert_true(a.whole);
        if (bodies[i]) {
            check_body(&a, bodies[i]);
        }
        answer_free(&a);
    }
    /* The connection is still read after answers that came by message. */
    answer_t a;
    client_ask(&c, "GET", "/");
    client_read(&c, &a, false);
    check_body(&a, "hello");
    answer_free(&a);
    client_close(&c);
}

static void tells_that_the_client_is_gone(void **state)
{
    client_t c;
    client_dial(&c, *state);
    client_ask(&c, "GET", "/hold");
    wait_for(&held_count, 1);
    client_close(&c);
    wait_for(&gone_count, 1);
    let_go(*state, 0, answer_held);
    /* Another that stays is not called gone, and one that is answered is not watched any more. */
    client_dial(&c, *state);
    client_ask(&c, "GET", "/hold");
    wait_for(&held_count, 2);
    usleep(400 *
           1000); /* so that the watch is most likely in place; the result does not depend on it */
    let_go(*state, 1, answer_held);
    answer_t a;
    client_read(&c, &a, false);
    check_body(&a, "/hold");
    answer_free(&a);
    client_close(&c);
    assert_int_equal(atomic_load(&gone_count), 1);
}

static void a_gone_client_may_be_dropped(void **state)
{
    client_t c;
    client_dial(&c, *state);
    client_ask(&c, "GET", "/hold");
    wait_for(&held_count, 1);
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    client_close(&c);
    wait_for(&gone_count, 1);
    let_go(*state, 0, drop_held);
}

/* --- what is refused --- */

static void check_refusal(const host_t *host, const char *request, const char *code)
{
    answer_t a;
    client_once(host, request, &a);
    assert_int_equal(a.status, 400);
    check_header(&a, "tenon-error", code);
    check_header(&a, "content-type", "application/problem+json");
    assert_true(a.whole);
    answer_free(&a);
}

static void refuses_ambiguous_requests(void **state)
{
    static const char *const rows[] = {
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\n\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: "
        "chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: "
        "5\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\n",
        "GET foo HTTP/1.1\r\nHost: a\r\n\r\n",
        "G\xC0T / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\"GET\" / HTTP/1.1\r\nHost: a\r\n\r\n",
        "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n",
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        check_refusal(*state, rows[i], "request_malformed");
    }
}

static void check_ceiling(const host_t *host, const char *before, int n, const char *after,
                          const char *code)
{
    char filler[1200];
    memset(filler, 'x', sizeof filler);
    char request[1400];
    snprintf(request, sizeof request, "%s%.*s%s", before, n, filler, after);
    if (code) {
        check_refusal(host, request, code);
        return;
    }
    answer_t a;
    client_once(host, request, &a);
    assert_int_equal(a.status, 200);
    answer_free(&a);
}

static void has_ceilings(void **state)
{
    static const char rest[] = " HTTP/1.1\r\nHost: a\r\n\r\n";
    static const char header[] = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    check_ceiling(*state, "GET /", 999, rest, NULL);
    check_ceiling(*state, "GET /", 1000, rest, "request_url_too_long");
    check_ceiling(*state, header, 997, "\r\n\r\n", NULL);
    check_ceiling(*state, header, 998, "\r\n\r\n", "request_header_too_long");
    check_ceiling(*state, "GET / HTTP/1.1\r\nHost: ", 1001, "\r\n\r\n", "request_header_too_long");
}

static void a_refusal_keeps_the_connection_where_it_may(void **state)
{
    client_t c;
    answer_t a;
    client_dial(&c, *state);
    char path[1200];
    memset(path, 'x', sizeof path);
    path[0] = '/';
    path[sizeof path - 1] = '\0';
    client_ask(&c, "GET", path);
    client_read(&c, &a, false);
    assert_int_equal(a.status, 400);
    answer_free(&a);
    client_ask(&c, "GET", "/");
    client_read(&c, &a, false);
    check_body(&a, "hello");
    answer_free(&a);
    client_close(&c);
}

static void http2_is_off(void **state)
{
    answer_t a;
    client_once(*state, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &a);
    assert_int_equal(a.status, 400);
    answer_free(&a);
    client_once(
        *state,
        "GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n",
        &a);
    assert_int_equal(a.status, 200);
    check_body(&a, "hello");
    answer_free(&a);
}

/* --- connections --- */

static void waits_with_connections_above_the_cap(void **state)
{
    (void)state;
    host_t host;
    host_init(&host, on_request);
    host.options.connections_max = 2;
    host_run(&host);
    client_t c[3];
    answer_t a;
    for (int i = 0; i < 3; i++) {
        client_dial(&c[i], &host);
        client_ask(&c[i], "GET", "/hold");
    }
    wait_for(&held_count, 2);
    usleep(50 * 1000);
    assert_int_equal(atomic_load(&held_count), 2);
    let_go(&host, 0, drop_held);
    wait_for(&held_count, 3); /* its place is taken by the third */
    let_go(&host, 1, answer_held);
    let_go(&host, 2, answer_held);
    int whole = 0;
    for (int i = 0; i < 3; i++) {
        client_read(&c[i], &a, false);
        whole += a.whole;
        answer_free(&a);
        client_close(&c[i]);
    }
    assert_int_equal(whole, 2);
    host_stop(&host);
}

/* The server must neither spin nor forget to accept again; the client takes the last descriptor. */
static void outlives_a_want_of_descriptors(void **state)
{
    client_t first;
    client_t c;
    answer_t a;
    client_dial(&first, *state); /* so that the server has all it needs by now */
    client_ask(&first, "GET", "/");
    client_read(&first, &a, false);
    answer_free(&a);
    struct rlimit own;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &own), 0);
    int next = dup(STDIN_FILENO);
    close(next);
    struct rlimit narrow = {.rlim_cur = (rlim_t)next + 1, .rlim_max = own.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &narrow), 0);
    client_dial(&c, *state);
    assert_int_equal(c.fd, next);
    client_ask(&c, "GET", "/");
    usleep(20 * 1000);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &own), 0);
    client_read(&c, &a, false);
    check_body(&a, "hello");
    answer_free(&a);
    client_close(&c);
    client_close(&first);
}

static void on_drained(void *context)
{
    host_t *host = context;
    if (http_server_connections(host->server) == 0 && http_server_in_flight(host->server) == 0) {
        atomic_fetch_add(&drained_count, 1);
    }
}

static void drains(void **state)
{
    host_t *host = *state;
    client_t idle, busy, half;
    answer_t a;
    client_dial(&idle, host);
    client_ask(&idle, "GET", "/");
    client_read(&idle, &a, false);
    answer_free(&a);
    client_dial(&half, host);
    client_say(&half, "GET / HT");
    client_dial(&busy, host);
    client_ask(&busy, "GET", "/hold");
    wait_for(&held_count, 1);
    http_server_drain(host->server, on_drained, host);
    http_server_drain(host->server, on_drained, host); /* once is enough */
    assert_true(client_at_end(&idle));
    assert_true(client_at_end(&half));
    assert_int_equal(atomic_load(&drained_count), 0);
    let_go(host, 0, answer_held);
    client_read(&busy, &a, false);
    check_body(&a, "/hold");
    check_header(&a, "connection", "close");
    answer_free(&a);
    assert_true(client_at_end(&busy));
    wait_for(&drained_count, 1);
    client_close(&idle);
    client_close(&half);
    client_close(&busy);
}

/* Connected, though perhaps not accepted, and silent so far: it may still say what it came for.
 * Then the connection ends. */
static void serves_in_a_drain_whoever_is_connected(void **state)
{
    host_t *host = *state;
    client_t c[30];
    answer_t a;
    for (size_t i = 0; i < COUNT(c); i++) {
        client_dial(&c[i], host);
    }
    client_say(&c[0], "GET / HT");
    http_server_drain(host->server, on_drained, host);
    usleep(20 * 1000);
    client_say(&c[0], "TP/1.1\r\nHost: test\r\n\r\n");
    for (size_t i = 0; i < COUNT(c); i++) {
        if (i > 0) {
            client_ask(&c[i], "GET", "/");
        }
        client_read(&c[i], &a, false);
        check_body(&a, "hello");
        check_header(&a, "connection", "close");
        answer_free(&a);
        assert_true(client_at_end(&c[i]));
        client_close(&c[i]);
    }
    wait_for(&drained_count, 1);
}

static void drains_with_nothing_open(void **state)
{
    host_t *host = *state;
    http_server_drain(host->server, on_drained, host);
    wait_for(&drained_count, 1);
}

static void closes_idle_connections_on_stop(void **state)
{
    (void)state;
    host_t host;
    client_t c;
    answer_t a;
    host_start(&host, on_request);
    client_dial(&c, &host);
    client_ask(&c, "GET", "/");
    client_read(&c, &a, false);
    answer_free(&a);
    host_stop(&host);
    assert_true(client_at_end(&c));
    client_close(&c);
}

static void a_server_that_never_ran_is_freed(void **state)
{
    (void)state;
    host_t host;
    host_init(&host, on_request);
    host.server = http_server_new(&host.options);
    assert_int_equal(http_server_connections(host.server), 0);
    http_server_free(host.server);
    close(host.listeners[0].fd);
}

static void closes_what_says_nothing(void **state)
{
    (void)state;
    host_t host;
    client_t c;
    host_init(&host, on_request);
    host.options.request_timeout_ms = 50;
    host_run(&host);
    client_dial(&c, &host);
    client_say(&c, "GET / ");
    assert_true(client_at_end(&c));
    client_close(&c);
    host_stop(&host);
}

static void two_servers_share_a_listener(void **state)
{
    (void)state;
    host_t one, two;
    host_start(&one, on_request);
    two = one;
    two.options.listeners = two.listeners;
    two.server = http_server_new(&two.options);
    assert_int_equal(pthread_create(&two.thread, NULL, host_main, &two), 0);
    for (int i = 0; i < 20; i++) {
        answer_t a;
        client_once(&one, "GET / HTTP/1.1\r\nHost: t\r\n\r\n", &a);
        check_body(&a, "hello");
        answer_free(&a);
    }
    http_server_stop(two.server);
    pthread_join(two.thread, NULL);
    http_server_free(two.server);
    host_stop(&one);
}

static void tells_the_unix_socket(void **state)
{
    (void)state;
    char path[] = "/tmp/tenon-http-XXXXXX";
    int named = mkstemp(path);
    assert_true(named >= 0);
    close(named);
    unlink(path);
    host_t host;
    host_init(&host, on_request);
    err_t err = ERR_INIT;
    host.listeners[1] = (http_listener_t){.fd = http_listen_unix(path, &err), .local = true};
    assert_true(host.listeners[1].fd >= 0);
    host.options.listener_count = 2;
    host_run(&host);
    for (int i = 0; i < 2; i++) {
        struct sockaddr_un to = {.sun_family = AF_UNIX};
        strcpy(to.sun_path, path);
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        assert_int_equal(connect(fd, (const void *)&to, sizeof to), 0);
        client_t c;
        answer_t a;
        client_open(&c, fd);
        client_ask(&c, "GET", i ? "/peer" : "/view");
        client_read(&c, &a, false);
        assert_true(i ? str_is(buf_view(&a.body), "local")
                      : str_ends(buf_view(&a.body), STR("local=1;tls=0")));
        answer_free(&a);
        client_close(&c);
    }
    host_stop(&host);
    unlink(path);
}

#define ON_HOST(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_HOST(keeps_the_connection),
        ON_HOST(shows_the_request),
        ON_HOST(a_path_stays_as_it_was_sent),
        ON_HOST(a_stranger_cannot_write_to_the_log),
        ON_HOST(gives_the_headers_it_may),
        ON_HOST(numbers_every_request),
        ON_HOST(tells_the_peer),
        ON_HOST(head_has_no_body),
        ON_HOST(takes_a_body_up_to_its_ceiling),
        ON_HOST(asks_for_the_body_that_is_expected),
        ON_HOST(drops_without_an_answer),
        ON_HOST(pipelined_answers_keep_their_order),
        ON_HOST(tells_that_the_client_is_gone),
        ON_HOST(a_gone_client_may_be_dropped),
        ON_HOST(refuses_ambiguous_requests),
        ON_HOST(has_ceilings),
        ON_HOST(a_refusal_keeps_the_connection_where_it_may),
        ON_HOST(http2_is_off),
        cmocka_unit_test_setup(waits_with_connections_above_the_cap, reset),
        ON_HOST(outlives_a_want_of_descriptors),
        ON_HOST(drains),
        ON_HOST(serves_in_a_drain_whoever_is_connected),
        ON_HOST(drains_with_nothing_open),
        cmocka_unit_test(closes_idle_connections_on_stop),
        cmocka_unit_test(a_server_that_never_ran_is_freed),
        cmocka_unit_test(closes_what_says_nothing),
        cmocka_unit_test(two_servers_share_a_listener),
        cmocka_unit_test(tells_the_unix_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
