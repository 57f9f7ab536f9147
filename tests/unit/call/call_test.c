/* SPDX-License-Identifier: MIT */
#include "call/rig.h"

/* --- the service --- */

static atomic_int token_delay_ms, token_status, tokens, stuck_peers, big_bytes;

static bool on_token_request(peer_t *peer, str_t body)
{
    char text[400], json[200];
    int number = atomic_fetch_add(&tokens, 1) + 1;
    usleep((useconds_t)atomic_load(&token_delay_ms) * 1000);
    if (str_find(body, STR("client_id=wrong"), 0) != SIZE_MAX) {
        snprintf(json, sizeof json, "{\"error\":\"invalid_client\"}");
        atomic_store(&token_status, 401);
    } else {
        snprintf(json, sizeof json,
                 "{\"access_token\":\"T%d\",\"token_type\":\"Bearer\",\"expires_in\":3600}",
                 number);
        atomic_store(&token_status, 200);
    }
    snprintf(text, sizeof text,
             "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
             atomic_load(&token_status), strlen(json), json);
    return peer_say(peer, text);
}

static bool say_json(peer_t *peer, const char *head, const char *json)
{
    char text[1000];
    snprintf(text, sizeof text,
             "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", head,
             strlen(json), json);
    return peer_say(peer, text);
}

static bool on_ok(peer_t *peer, str_t body)
{
    (void)body;
    return say_json(peer, "200 OK", "{\"ok\":true}");
}

static bool on_refused(peer_t *peer, str_t body)
{
    (void)body;
    return say_json(peer, "401 Unauthorized\r\nWWW-Authenticate: Bearer error=\"invalid_token\"",
                    "{}");
}

/* The first token of a connection is refused, later ones are taken. */
static bool on_refused_once(peer_t *peer, str_t body)
{
    bool old = strstr(server_last(peer->server), "Bearer T1\r\n") != NULL;
    return old ? on_refused(peer, body) : on_ok(peer, body);
}

static bool on_expired_in_body(peer_t *peer, str_t body)
{
    bool old = strstr(server_last(peer->server), "Bearer T1\r\n") != NULL;
    return old ? say_json(peer, "203 Odd", "{\"error\":\"expired\"}") : on_ok(peer, body);
}

static bool on_always_expired(peer_t *peer, str_t body)
{
    (void)body;
    return say_json(peer, "203 Odd", "{\"error\":\"expired\"}");
}

static bool send_filler(peer_t *peer, size_t n)
{
    static const char filler[16384];
    for (size_t part; n; n -= part) {
        part = n < sizeof filler ? n : sizeof filler;
        if (!peer_send(peer, str_at(filler, part))) {
            return false;
        }
        atomic_fetch_add(&big_bytes, (int)part);
    }
    return true;
}

static bool on_odd(peer_t *peer, str_t body)
{
    (void)body;
    return say_json(peer, "203 Odd", "{\"error\":\"other\"}");
}

static bool on_odd_big(peer_t *peer, str_t body)
{
    (void)body;
    peer_say(peer, "HTTP/1.1 203 Odd\r\nContent-Length: 3000000\r\n\r\n");
    return send_filler(peer, 3000000);
}

static bool on_forbidden(peer_t *peer, str_t body)
{
    (void)body;
    return say_json(peer, "403 Forbidden", "{\"why\":\"no\"}");
}

static bool on_short_small(peer_t *peer, str_t body)
{
    (void)body;
    peer_say(peer, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                   "100\r\n\r\n{\"half\":");
    return false;
}

static bool on_short_large(peer_t *peer, str_t body)
{
    (void)body;
    peer_say(peer, "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: "
                   "400000\r\n\r\n");
    send_filler(peer, 200000);
    return false;
}

static bool on_short_chunks(peer_t *peer, str_t body)
{
    (void)body;
    peer_say(peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n");
    return false;
}

enum { BIG_BYTES = 64 * 1024 * 1024 };

static bool on_big(peer_t *peer, str_t body)
{
    (void)body;
    char head[200];
    snprintf(
        head, sizeof head,
        "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n",
        BIG_BYTES);
    return peer_say(peer, head) && send_filler(peer, BIG_BYTES);
}

static bool on_chunks(peer_t *peer, str_t body)
{
    (void)body;
    return peer_say(
        peer,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n3\r\nfgh\r\n0\r\n\r\n");
}

/* Says nothing until the other side leaves. */
static bool on_stuck(peer_t *peer, str_t body)
{
    (void)body;
    atomic_fetch_add(&stuck_peers, 1);
    peer_wait(peer);
    atomic_fetch_sub(&stuck_peers, 1);
    return false;
}

/* Begins to answer, and then says nothing. */
static bool on_stuck_stream(peer_t *peer, str_t body)
{
    peer_say(peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n");
    return on_stuck(peer, body);
}

static bool on_slow(peer_t *peer, str_t body)
{
    usleep(700000);
    return on_ok(peer, body);
}

static bool on_pause(peer_t *peer, str_t body)
{
    (void)body;
    return say_json(peer, "429 Too Many Requests\r\nRetry-After: 99999999999999999999", "{}");
}

static bool on_pause_unstated(peer_t *peer, str_t body)
{
    (void)body;
    return say_json(peer, "429 Too Many Requests\r\nRetry-After: -5", "{}");
}

static bool on_busy(peer_t *peer, str_t body)
{
    (void)body;
    return say_json(peer, "503 Service Unavailable\r\nRetry-After: 30", "{\"busy\":1}");
}

static bool on_headers(peer_t *peer, str_t body)
{
    (void)body;
    return peer_say(
        peer,
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Good: yes\r\nETag: \"1\"\r\n"
        "Connection: X-Listed\r\nX-Listed: 1\r\nConnection: keep-alive, X-Too\r\nX-Too: 1\r\n"
        "Set-Cookie: a=b\r\nServer: secret\r\nAccess-Control-Allow-Origin: *\r\n"
        "Strict-Transport-Security: max-age=1\r\nKeep-Alive: timeout=5\r\nTenon-Error: fake\r\n"
        "X-Request-Id: theirs\r\nRefresh: 0\r\nContent-Length: 2\r\n\r\nhi");
}

static bool on_redirect(peer_t *peer, str_t body)
{
    (void)body;
    return peer_say(
        peer, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
}

static bool on_html(peer_t *peer, str_t body)
{
    (void)body;
    return peer_say(
        peer, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>");
}

static bool on_nothing(peer_t *peer, str_t body)
{
    (void)body;
    return peer_say(peer, "HTTP/1.1 204 No Content\r\n\r\n");
}

static bool on_unchanged(peer_t *peer, str_t body)
{
    (void)body;
    return peer_say(peer, "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n");
}

static bool on_head_request(peer_t *peer, str_t body)
{
    (void)body;
    return peer_say(peer,
                    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5000\r\n\r\n");
}

static const route_t routes[] = {
    {"/token", on_token_request},
    {"/any/ok", on_ok},
    {"/any/refused-once", on_refused_once},
    {"/any/refused", on_refused},
    {"/any/expired-once", on_expired_in_body},
    {"/any/expired", on_always_expired},
    {"/any/odd-big", on_odd_big},
    {"/any/odd", on_odd},
    {"/any/forbidden", on_forbidden},
    {"/any/short-small", on_short_small},
    {"/any/short-large", on_short_large},
    {"/any/short-chunks", on_short_chunks},
    {"/any/big", on_big},
    {"/any/chunks", on_chunks},
    {"/any/stuck-stream", on_stuck_stream},
    {"/any/stuck", on_stuck},
    {"/any/slow", on_slow},
    {"/any/pause-unstated", on_pause_unstated},
    {"/any/pause", on_pause},
    {"/any/busy", on_busy},
    {"/any/headers", on_headers},
    {"/any/redirect", on_redirect},
    {"/any/html", on_html},
    {"/any/nothing", on_nothing},
    {"/any/unchanged", on_unchanged},
    {"/any/head", on_head_request},
    {NULL, NULL},
};

/* --- the host --- */

static call_rig_t rig;
static char *definition;

static char *read_definition(const char *path)
{
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    char *text = mem_alloc(64 * 1024);
    size_t n = fread(text, 1, 64 * 1024 - 1, f);
    text[n] = '\0';
    fclose(f);
    return text;
}

static void connect_as(const char *name, const char *client)
{
    char parameters[200];
    snprintf(parameters, sizeof parameters, "{\"client_id\": \"%s\", \"client_secret\": \"s\"}",
             client);
    rig_connect(&rig, name, "svc", parameters);
}

static void add_key_for(const char *connection)
{
    rig_add_key(&rig, json_pack("{s:s, s:[s]}", "role", "caller", "connections", connection));
}

static int up(void **state)
{
    (void)state;
    atomic_store(&token_delay_ms, 0);
    atomic_store(&tokens, 0);
    atomic_store(&big_bytes, 0);
    definition = read_definition(TENON_SOURCE_DIR "/tests/cases/call/svc.yaml");
    rig_up(&rig, routes, "svc", definition);
    connect_as("acme", "me");
    add_key_for("acme");
    return 0;
}

static int down(void **state)
{
    (void)state;
    rig_down(&rig);
    free(definition);
    return 0;
}

static void get(const char *target, answer_t *a)
{
    rig_call(&rig, &(request_t){.target = target}, a);
}

/* Answer of a problem with this code. */
static void check_problem(answer_t *a, int status, const char *code)
{
    assert_int_equal(a->status, status);
    assert_true(a->whole);
    check_header(a, "tenon-error", code);
    check_header(a, "content-type", "application/problem+json");
    json_t *body = json_loadb(a->body.p, a->body.n, 0, NULL);
    assert_non_null(body);
    assert_string_equal(json_string_value(json_object_get(body, "code")), code);
    str_t instance = str_of(json_string_value(json_object_get(body, "instance")));
    assert_true(instance.n > 22 && str_eq(str_slice(instance, instance.n - 22, instance.n),
                                          answer_header(a, "x-request-id")));
    json_decref(body);
}

/* --- refusals of each step --- */

typedef struct refusal_row {
    request_t request;
    int status;
    const char *code;
} refusal_row_t;

static const char STRANGER[] = "tnk_abcdefgh_0123456789012345678901234567890123456789012abcdef";

static void test_refusals(void **state)
{
    (void)state;
    static const refusal_row_t rows[] = {
        {{.target = "/run/svc/acme/any/ok", .key = ""}, 401, "unauthorized"},
        {{.target = "/run/svc/acme/any/ok", .key = STRANGER}, 401, "unauthorized"},
        {{.target = "/run/svc/other/any/ok"}, 404, "not_found"},
        {{.target = "/run/svc/missing/any/ok"}, 404, "not_found"},
        {{.target = "/run/none/acme/any/ok"}, 404, "not_found"},
        {{.target = "/run/svc/acme/nowhere"}, 404, "not_found"},
        {{.target = "/run/svc/a%63me/any/ok"}, 404, "not_found"},
        {{.target = "/run/svc/acme"}, 404, "not_found"},
        {{.target = "/run/"}, 404, "not_found"},
        {{.method = "POST", .target = "/run/svc/acme/any/ok"}, 405, "method_not_allowed"},
        {{.method = "get", .target = "/run/svc/acme/any/ok"}, 405, "method_not_allowed"},
        {{.target = "/run/svc/acme/any/ok?x=1"}, 400, "param_unknown"},
        {{.method = "POST", .target = "/run/svc/acme/SignIn", .body = "{\"username\":"},
         400,
         "json_invalid"},
        {{.method = "POST", .target = "/run/svc/acme/SignIn", .body = "{}"}, 400, "param_missing"},
        {{.target = "/run/svc/acme/any/redirect"}, 424, "upstream_redirect"},
        {{.target = "/run/svc/acme/any/html"}, 502, "upstream_content_type"},
        {{.target = "/run/svc/acme/any/short-small"}, 502, "upstream_truncated"},
        {{.target = "/run/svc/acme/any/gone"}, 502, "upstream_unreachable"},
    };
    connect_as("other", "me");
    for (size_t i = 0; i < COUNT(rows); i++) {
        answer_t a;
        rig_call(&rig, &rows[i].request, &a);
        check_problem(&a, rows[i].status, rows[i].code);
        answer_free(&a);
    }
}

/* A connection of another key answers as one that is not there. */
static void test_no_oracle(void **state)
{
    (void)state;
    answer_t a, b;
    connect_as("othe", "me");
    get("/run/svc/othe/any/ok", &a);
    get("/run/svc/none/any/ok", &b);
    assert_int_equal(a.body.n, b.body.n);
    answer_free(&a);
    answer_free(&b);
}

static void test_the_one_connection(void **state)
{
    (void)state;
    answer_t a;
    get("/run/svc/-/any/ok", &a);
    assert_int_equal(a.status, 200);
    answer_free(&a);
    connect_as("acme2", "me");
    rig_add_key(&rig,
                json_pack("{s:s, s:[s,s]}", "role", "caller", "connections", "acme", "acme2"));
    get("/run/svc/-/any/ok", &a);
    check_problem(&a, 400, "connection_ambiguous");
    answer_free(&a);
}

/* --- what passes --- */

static void test_headers_of_an_answer(void **state)
{
    (void)state;
    answer_t a;
    get("/run/svc/acme/any/headers", &a);
    assert_int_equal(a.status, 200);
    check_body(&a, "hi");
    check_header(&a, "x-good", "yes");
    check_header(&a, "etag", "\"1\"");
    check_header(&a, "x-content-type-options", "nosniff");
    check_header(&a, "content-security-policy", "sandbox; default-src 'none'");
    static const char *const kept_back[] = {"x-listed",
                                            "x-too",
                                            "set-cookie",
                                            "access-control-allow-origin",
                                            "strict-transport-security",
                                            "keep-alive",
                                            "tenon-error",
                                            "refresh"};
    for (size_t i = 0; i < COUNT(kept_back); i++) {
        check_header(&a, kept_back[i], NULL);
    }
    assert_int_equal(answer_header(&a, "x-request-id").n, 22);
    answer_free(&a);
}

static void test_headers_of_a_request(void **state)
{
    (void)state;
    answer_t a;
    rig_call(&rig,
             &(request_t){
                 .target = "/run/svc/acme/any/ok",
                 .headers = "Cookie: a=b\r\nX-Forwarded-For: 1.2.3.4\r\nProxy-Authorization: x\r\n"
                            "global-tenant-id: t\r\nIdempotency-Key: 7\r\nX-Caller: 42\r\n"},
             &a);
    assert_int_equal(a.status, 200);
    answer_free(&a);
    const char *sent = server_last(&rig.service);
    static const char *const never[] = {"Cookie",        "X-Forwarded-For", "Proxy-Auth",
                                        "global-tenant", "Idempotency",     "tnk_",
                                        "X-API-Key"};
    for (size_t i = 0; i < COUNT(never); i++) {
        assert_null(strcasestr(sent, never[i]));
    }
    assert_non_null(strstr(sent, "Authorization: Bearer T1\r\n"));
    assert_non_null(strcasestr(sent, "X-Caller: 42\r\n"));
}

static void test_bodyless_answers(void **state)
{
    (void)state;
    answer_t a;
    get("/run/svc/acme/any/nothing", &a);
    assert_int_equal(a.status, 204);
    check_header(&a, "content-length", NULL);
    answer_free(&a);
    get("/run/svc/acme/any/unchanged", &a);
    assert_int_equal(a.status, 304);
    check_header(&a, "etag", "\"1\"");
    answer_free(&a);
    rig_call(&rig, &(request_t){.method = "HEAD", .target = "/run/svc/acme/any/head"}, &a);
    assert_int_equal(a.status, 200);
    check_header(&a, "content-length", "5000");
    answer_free(&a);
    get("/run/svc/acme/any/forbidden", &a);
    assert_int_equal(a.status, 403);
    check_body(&a, "{\"why\":\"no\"}");
    check_header(&a, "tenon-error", NULL);
    answer_free(&a);
}

/* --- streams --- */

static void test_streamed_answers(void **state)
{
    (void)state;
    answer_t a;
    get("/run/svc/acme/any/chunks", &a);
    assert_int_equal(a.status, 200);
    check_body(&a, "abcdefgh");
    answer_free(&a);
    static const char *const broken[] = {"/run/svc/acme/any/short-large",
                                         "/run/svc/acme/any/short-chunks"};
    for (size_t i = 0; i < COUNT(broken); i++) {
        get(broken[i], &a);
        assert_true(!a.any || a.status == 200); /* broken before the head was sent, or behind it */
        assert_false(a.whole);
        answer_free(&a);
    }
}

/* What the caller does not read stays with the service. */
static void test_slow_reader(void **state)
{
    (void)state;
    client_t c;
    client_dial(&c, &rig.data[0].at);
    rig_say(&rig, &c, &(request_t){.target = "/run/svc/acme/any/big"});
    int before = -1;
    for (int now; (now = atomic_load(&big_bytes)) != before || now == 0;) {
        before = now;
        usleep(300000);
    }
    assert_in_range(before, 1, BIG_BYTES / 2);
    size_t total = 0;
    while (total < BIG_BYTES && client_more(&c)) {
        total += c.in.n;
        buf_clear(&c.in);
    }
    assert_true(total >= BIG_BYTES);
    client_close(&c);
}

static void wait_for_stuck(int count)
{
    for (int i = 0; i < 3000 && atomic_load(&stuck_peers) != count; i++) {
        usleep(10000);
    }
    assert_int_equal(atomic_load(&stuck_peers), count);
}

/* A caller that leaves ends the call to the service, wherever it is. */
static void test_client_gone(void **state)
{
    (void)state;
    static const char *const targets[] = {"/run/svc/acme/any/stuck",
                                          "/run/svc/acme/any/stuck-stream"};
    for (size_t i = 0; i < COUNT(targets); i++) {
        client_t c;
        client_dial(&c, &rig.data[0].at);
        rig_say(&rig, &c, &(request_t){.target = targets[i]});
        wait_for_stuck(1);
        client_close(&c);
        wait_for_stuck(0);
    }
}

static void test_client_gone_from_a_big_answer(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        client_t c;
        client_dial(&c, &rig.data[0].at);
        rig_say(&rig, &c, &(request_t){.target = "/run/svc/acme/any/big"});
        while (c.in.n < 100000 && client_more(&c)) {
        }
        client_close(&c);
    }
    assert_int_equal(rig_status(&rig, 0, &(request_t){.target = "/run/svc/acme/any/ok"}), 200);
}

/* Parked for a token that takes its time; and for a slot. */
static void test_client_gone_while_parked(void **state)
{
    (void)state;
    client_t c;
    atomic_store(&token_delay_ms, 800);
    client_dial(&c, &rig.data[0].at);
    rig_say(&rig, &c, &(request_t){.target = "/run/svc/acme/any/ok"});
    usleep(400000);
    client_close(&c);
    assert_int_equal(rig_status(&rig, 0, &(request_t){.target = "/run/svc/acme/any/ok"}), 200);
    assert_int_equal(atomic_load(&tokens), 1);
    assert_int_equal(server_count(&rig.service, "GET /any/ok"), 1);
    assert_int_equal(rig_status(&rig, 0, &(request_t){.target = "/run/svc/acme/waiting"}), 200);
    client_dial(&c, &rig.data[0].at);
    rig_say(&rig, &c, &(request_t){.target = "/run/svc/acme/waiting"});
    usleep(400000);
    client_close(&c);
    assert_int_equal(rig_status(&rig, 0, &(request_t){.target = "/run/svc/acme/waiting"}), 200);
}

/* --- deadlines --- */

static void test_deadlines(void **state)
{
    (void)state;
    answer_t a;
    get("/run/svc/acme/quick/stuck", &a);
    check_problem(&a, 504, "upstream_timeout");
    answer_free(&a);
    get("/run/svc/acme/quick/stuck-stream", &a);
    assert_int_equal(a.status, 200);
    assert_false(a.whole);
    answer_free(&a);
    atomic_store(&token_delay_ms, 2000);
    connect_as("slow", "me");
    add_key_for("slow");
    int64_t begun = clock_boot_ms();
    get("/run/svc/slow/quick/ok", &a);
    assert_true(clock_boot_ms() - begun < 1900);
    check_problem(&a, 504, "token_endpoint_timeout");
    answer_free(&a);
    atomic_store(&token_delay_ms, 0);
    assert_int_equal(rig_status(&rig, 0, &(request_t){.target = "/run/svc/slow/any/ok"}),
                     200); /* joins the flight */
    assert_int_equal(atomic_load(&tokens), 2);
}

/* --- refused tokens --- */

static void test_one_repeat(void **state)
{
    (void)state;
    answer_t a;
    get("/run/svc/acme/any/refused-once", &a);
    assert_int_equal(a.status, 200);
    answer_free(&a);
    assert_int_equal(atomic_load(&tokens), 2);
    assert_int_equal(server_count(&rig.service, "GET /any/refused-once"), 2);
    /* another token within the minute is not asked for */
    get("/run/svc/acme/any/refused", &a);
    check_problem(&a, 424, "upstream_unauthorized");
    assert_non_null(strstr(buf_c(&a.body), "Ask the admin of the service"));
    answer_free(&a);
    assert_int_equal(atomic_load(&tokens), 2);
}

static void test_at_most_one_repeat(void **state)
{
    (void)state;
    answer_t a;
    get("/run/svc/acme/any/refused", &a);
    check_problem(&a, 424, "upstream_unauthorized");
    answer_free(&a);
    assert_int_equal(atomic_load(&tokens), 2);
    assert_int_equal(server_count(&rig.service, "GET /any/refused"), 2);
}

/* The definition says how a service tells an expired token: by a member of a 203. */
static void test_refusal_in_a_body(void **state)
{
    (void)state;
    answer_t a;
    get("/run/svc/acme/any/expired-once", &a);
    assert_int_equal(a.status, 200);
    check_body(&a, "{\"ok\":true}");
    answer_free(&a);
    assert_int_equal(atomic_load(&tokens), 2);
    get("/run/svc/acme/any/expired", &a);
    check_problem(&a, 424, "upstream_unauthorized");
    answer_free(&a);
    get("/run/svc/acme/any/odd", &a);
    assert_int_equal(a.status, 203);
    check_body(&a, "{\"error\":\"other\"}");
    answer_free(&a);
    get("/run/svc/acme/any/odd-big", &a); /* too large to be judged: streamed after all */
    assert_int_equal(a.status, 203);
    assert_true(a.whole);
    assert_int_equal(a.body.n, 3000000);
    answer_free(&a);
}

/* The repeat takes a slot of its own. */
static void test_repeat_takes_a_slot(void **state)
{
    (void)state;
    answer_t a;
    get("/run/svc/acme/limited/refused-once", &a);
    assert_int_equal(a.status, 200);
    check_header(&a, "ratelimit-policy", "\"connection\";q=3;w=60");
    assert_non_null(strstr(a.head, "\"connection\";r=1;t=60"));
    answer_free(&a);
}

static void test_wrong_credentials(void **state)
{
    (void)state;
    answer_t a;
    connect_as("bad", "wrong");
    add_key_for("bad");
    for (int i = 0; i < 3; i++) {
        get("/run/svc/bad/any/ok", &a);
        check_problem(&a, 424, "credentials_rejected");
        assert_non_null(strstr(buf_c(&a.body), "Ask the admin of the service"));
        answer_free(&a);
    }
    assert_int_equal(atomic_load(&tokens), 1);
}

/* --- preparing calls --- */

typedef struct step_row {
    const char *target;
    int status;
    const char *code;
} step_row_t;

static void test_steps(void **state)
{
    (void)state;
    static const step_row_t rows[] = {
        {"/run/svc/acme/stepped/forbidden", 502, "upstream_step_failed"},
        {"/run/svc/acme/stepped/refused", 424, "upstream_unauthorized"},
        {"/run/svc/acme/stepped/redirect", 424, "upstream_redirect"},
        {"/run/svc/acme/stepped/short-small", 502, "upstream_truncated"},
        {"/run/svc/acme/stepped/pause", 429, "upstream_throttled"},
    };
    answer_t a;
    get("/run/svc/acme/stepped/ok", &a);
    assert_int_equal(a.status, 200);
    answer_free(&a);
    for (size_t i = 0; i < COUNT(rows); i++) {
        get(rows[i].target, &a);
        check_problem(&a, rows[i].status, rows[i].code);
        answer_free(&a);
    }
    assert_int_equal(rig_status(&rig, 1, &(request_t){.target = "/run/svc/acme/any/ok"}), 429);
}

/* --- pauses --- */

static int retry_after(const answer_t *a)
{
    uint64_t seconds = 0;
    assert_true(str_to_u64(answer_header(a, "retry-after"), &seconds));
    return (int)seconds;
}

static void test_gate(void **state)
{
    (void)state;
    answer_t a;
    get("/run/svc/acme/any/pause", &a);
    check_problem(&a, 429, "upstream_throttled");
    assert_int_equal(retry_after(&a), 3600); /* clamped */
    answer_free(&a);
    rig_call_at(&rig, 1, &(request_t){.target = "/run/svc/acme/any/ok"}, &a);
    check_problem(&a, 429, "upstream_throttled");
    assert_in_range(retry_after(&a), 3590, 3600);
    answer_free(&a);
    assert_int_equal(server_count(&rig.service, "GET /any/ok"), 0);
}

static void test_gate_of_a_503(void **state)
{
    (void)state;
    answer_t a;
    get("/run/svc/acme/any/busy", &a);
    assert_int_equal(a.status, 503);
    check_body(&a, "{\"busy\":1}");
    check_header(&a, "tenon-error", NULL);
    answer_free(&a);
    get("/run/svc/acme/any/ok", &a);
    check_problem(&a, 429, "upstream_throttled");
    assert_in_range(retry_after(&a), 25, 30);
    answer_free(&a);
}

static void test_gate_without_a_time(void **state)
{
    (void)state;
    answer_t a;
    get("/run/svc/acme/any/pause-unstated", &a);
    check_problem(&a, 429, "upstream_throttled");
    assert_in_range(retry_after(&a), 1, 2);
    answer_free(&a);
}

/* --- limits --- */

static void test_exact_over_loops(void **state)
{
    (void)state;
    int admitted = 0;
    for (int i = 0; i < 130; i++) {
        answer_t a;
        rig_call_at(&rig, i % 2, &(request_t){.method = "POST", .target = "/run/svc/acme/GetToken"},
                    &a);
        admitted += a.status == 200;
        if (a.status != 200) {
            check_problem(&a, 429, "throttled");
            assert_in_range(retry_after(&a), 1, 60);
            check_header(&a, "ratelimit-policy", "\"connection\";q=100;w=60");
        }
        answer_free(&a);
    }
    assert_int_equal(admitted, 100);
    assert_int_equal(atomic_load(&tokens), 1);
}

static void test_waiting(void **state)
{
    (void)state;
    int64_t begun = clock_boot_ms();
    for (int i = 0; i < 3; i++) {
        assert_int_equal(rig_status(&rig, i % 2, &(request_t){.target = "/run/svc/acme/waiting"}),
                         200);
    }
    assert_true(clock_boot_ms() - begun >= 2 * 600);
}

static void test_over_capacity(void **state)
{
    (void)state;
    client_t c;
    answer_t a;
    client_dial(&c, &rig.data[0].at);
    rig_say(&rig, &c, &(request_t){.target = "/run/svc/acme/any/stuck"});
    wait_for_stuck(1);
    get("/run/svc/acme/limited/ok", &a);
    check_problem(&a, 503, "over_capacity");
    check_header(&a, "retry-after", "1");
    check_header(&a, "ratelimit", NULL); /* took no slot */
    answer_free(&a);
    client_close(&c);
    wait_for_stuck(0);
    get("/run/svc/acme/limited/ok", &a);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.head, "r=2;"));
    answer_free(&a);
}

static int up_narrow(void **state)
{
    up(state);
    for (int i = 0; i < DATA_LOOPS; i++) {
        ((worker_options_t *)(uintptr_t)worker_options(rig.data[i].worker))->calls_per_connection =
            1;
    }
    return 0;
}

/* --- token actions and hot calls --- */

static const request_t GET_TOKEN = {.method = "POST", .target = "/run/svc/acme/GetToken"};

static void check_token(const char *token, const char *cache_status)
{
    answer_t a;
    rig_call(&rig, &GET_TOKEN, &a);
    assert_int_equal(a.status, 200);
    json_t *body = json_loadb(a.body.p, a.body.n, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(body, "access_token")), token);
    json_decref(body);
    check_header(&a, "cache-control", "no-store");
    assert_non_null(strstr(a.head, cache_status));
    answer_free(&a);
}

static void test_token_action(void **state)
{
    (void)state;
    check_token("T1", "tenon; fwd=miss; stored; ttl=");
    check_token("T1", "tenon; hit; ttl=");
    check_token("T1", "tenon; hit; ttl=");
    answer_t a;
    request_t fresh = GET_TOKEN;
    fresh.headers = "Cache-Control: max-age=0, No-Cache\r\n";
    rig_call(&rig, &fresh, &a); /* T1 is younger than a minute */
    assert_int_equal(a.status, 200);
    check_header(&a, "tenon-error", NULL);
    assert_non_null(strstr(a.head, "tenon; hit; ttl="));
    answer_free(&a);
    assert_int_equal(atomic_load(&tokens), 1);
}

/* no-cache is about tokens: a call of the API that carries it (many clients always do) logs in no
 * more often. */
static void test_no_cache_of_a_request(void **state)
{
    (void)state;
    request_t r = {.target = "/run/svc/acme/any/ok", .headers = "Cache-Control: no-cache\r\n"};
    assert_int_equal(rig_status(&rig, 0, &r), 200);
    assert_int_equal(rig_status(&rig, 0, &r), 200);
    assert_int_equal(atomic_load(&tokens), 1);
}

/* A token that an API refused is not handed out by the way of hot calls, either. */
static void test_hot_has_the_latest_token(void **state)
{
    (void)state;
    check_token("T1", "miss");
    check_token("T1", "hit");
    assert_int_equal(rig_status(&rig, 1, &(request_t){.target = "/run/svc/acme/any/refused-once"}),
                     200);
    check_token("T2", "hit");
    check_token("T2", "hit");
}

static void test_revoked_key(void **state)
{
    (void)state;
    check_token("T1", "miss");
    check_token("T1", "hit");
    json_decref(rig_admin(&rig, ADMIN_KEY_REVOKE, json_pack("{s:s}", "id", rig.key_id)));
    answer_t a;
    rig_call(&rig, &GET_TOKEN, &a);
    check_problem(&a, 401, "unauthorized");
    answer_free(&a);
}

/* Revoked while a call with it waits for its token: that call ends well, and leaves nothing behind.
 */
static void test_key_revoked_during_a_call(void **state)
{
    (void)state;
    client_t c;
    answer_t a;
    atomic_store(&token_delay_ms, 600);
    client_dial(&c, &rig.data[0].at);
    rig_say(&rig, &c, &GET_TOKEN);
    wait_for(&tokens, 1);
    json_decref(rig_admin(&rig, ADMIN_KEY_REVOKE, json_pack("{s:s}", "id", rig.key_id)));
    client_read(&c, &a, false);
    assert_int_equal(a.status, 200);
    answer_free(&a);
    client_close(&c);
    assert_int_equal(rig_status(&rig, 0, &GET_TOKEN), 401);
}

static void test_expired_key(void **state)
{
    (void)state;
    rig_add_key(&rig, json_pack("{s:s, s:[s], s:i}", "role", "caller", "connections", "acme",
                                "expires_in", 2));
    assert_int_equal(rig_status(&rig, 0, &GET_TOKEN), 200);
    assert_int_equal(rig_status(&rig, 0, &GET_TOKEN), 200);
    usleep(2200000);
    assert_int_equal(rig_status(&rig, 0, &GET_TOKEN), 401);
}

static void test_changed_connection(void **state)
{
    (void)state;
    check_token("T1", "miss");
    check_token("T1", "hit");
    rig_change(&rig, "acme", "{\"client_secret\": \"another\"}");
    int before = atomic_load(&tokens); /* a change may have verified the new secret */
    answer_t a;
    rig_call(&rig, &GET_TOKEN, &a);
    assert_int_equal(a.status, 200);
    assert_null(strstr(buf_c(&a.body), "\"T1\""));
    answer_free(&a);
    assert_in_range(atomic_load(&tokens), 2, before + 1);
}

static request_t sign_in(const char *user, const char *password, char *body, size_t size)
{
    snprintf(body, size, "{\"username\":\"%s\",\"password\":\"%s\"}", user, password);
    return (request_t){.method = "POST", .target = "/run/svc/acme/SignIn", .body = body};
}

/* Credentials in the call: other bytes, another token. */
static void test_hot_by_body(void **state)
{
    (void)state;
    static const char *const rows[][3] = {{"ann", "1", "\"T1\""}, {"ann", "1", "\"T1\""},
                                          {"ann", "2", "\"T2\""}, {"ann1", "", "\"T3\""},
                                          {"ann", "2", "\"T2\""}, {"ann", "1", "\"T1\""}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char body[200];
        answer_t a;
        request_t r = sign_in(rows[i][0], rows[i][1], body, sizeof body);
        rig_call(&rig, &r, &a);
        assert_int_equal(a.status, 200);
        assert_non_null(strstr(buf_c(&a.body), rows[i][2]));
        answer_free(&a);
    }
}

/* Credentials in a header field are no part of what a call is recognised by. */
static void test_header_input_is_never_hot(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"X-Password: one\r\n", "\"T1\""},
                                          {"X-Password: one\r\n", "\"T1\""},
                                          {"X-Password: two\r\n", "\"T2\""}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        answer_t a;
        rig_call(&rig,
                 &(request_t){.method = "POST",
                              .target = "/run/svc/acme/SignInByHeader",
                              .headers = rows[i][0]},
                 &a);
        assert_int_equal(a.status, 200);
        assert_non_null(strstr(buf_c(&a.body), rows[i][1]));
        answer_free(&a);
    }
}

/* --- changes and the end --- */

static void test_reload_during_a_call(void **state)
{
    (void)state;
    client_t c, waiting;
    answer_t a;
    assert_int_equal(rig_status(&rig, 0, &(request_t){.target = "/run/svc/acme/waiting"}), 200);
    assert_int_equal(rig_status(&rig, 0, &GET_TOKEN), 200);
    client_dial(&c, &rig.data[0].at);
    rig_say(&rig, &c, &(request_t){.target = "/run/svc/acme/any/slow"});
    client_dial(&waiting, &rig.data[0].at);
    rig_say(&rig, &waiting, &(request_t){.target = "/run/svc/acme/waiting"});
    usleep(50000);
    char *changed = mem_alloc(strlen(definition) + 100);
    sprintf(changed, "%s  More: {summary: More, method: GET, path: /any/ok}\n", definition);
    rig_redefine(&rig, "svc", changed);
    free(changed);
    assert_int_equal(rig_status(&rig, 0, &GET_TOKEN), 200);
    client_read(&c, &a, false);
    assert_int_equal(a.status, 200);
    answer_free(&a);
    client_close(&c);
    client_read(&waiting, &a, false);
    assert_int_equal(a.status, 200);
    answer_free(&a);
    client_close(&waiting);
    assert_int_equal(rig_status(&rig, 0, &GET_TOKEN), 200);
}

/* What is under way ends well. */
static void test_drain(void **state)
{
    (void)state;
    client_t slow, parked;
    answer_t a;
    atomic_store(&token_delay_ms, 700);
    client_dial(&parked, &rig.data[0].at);
    rig_say(&rig, &parked, &GET_TOKEN);
    client_dial(&slow, &rig.data[0].at);
    rig_say(&rig, &slow, &(request_t){.target = "/run/svc/acme/any/slow"});
    usleep(300000);
    rig_drain(&rig);
    client_read(&parked, &a, false);
    assert_int_equal(a.status, 200);
    check_header(&a, "connection", "close");
    answer_free(&a);
    client_read(&slow, &a, false);
    assert_int_equal(a.status, 200);
    answer_free(&a);
    client_close(&parked);
    client_close(&slow);
    wait_for(&rig.drained, DATA_LOOPS);
}

/* Draining begins while the key of a call is looked up: the call goes on, and is answered once. */
static void test_drain_at_once(void **state)
{
    (void)state;
    client_t c[20];
    for (size_t i = 0; i < COUNT(c); i++) {
        answer_t a;
        client_dial(&c[i], &rig.data[0].at);
        rig_say(&rig, &c[i], &(request_t){.target = "/run/svc/acme/any/ok", .key = ""});
        client_read(&c[i], &a, false); /* it is accepted */
        answer_free(&a);
        rig_say(&rig, &c[i],
                &(request_t){.target = "/run/svc/acme/any/ok", .key = i % 2 ? NULL : STRANGER});
    }
    rig_drain(&rig);
    for (size_t i = 0; i < COUNT(c); i++) {
        answer_t a;
        client_read(&c[i], &a, false);
        assert_true(!a.any || a.status == (i % 2 ? 200 : 401));
        answer_free(&a);
        client_close(&c[i]);
    }
}

#define WITH_HOST(test) cmocka_unit_test_setup_teardown(test, up, down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_HOST(test_refusals),
        WITH_HOST(test_no_oracle),
        WITH_HOST(test_the_one_connection),
        WITH_HOST(test_headers_of_an_answer),
        WITH_HOST(test_headers_of_a_request),
        WITH_HOST(test_bodyless_answers),
        WITH_HOST(test_streamed_answers),
        WITH_HOST(test_slow_reader),
        WITH_HOST(test_client_gone),
        WITH_HOST(test_client_gone_from_a_big_answer),
        WITH_HOST(test_client_gone_while_parked),
        WITH_HOST(test_deadlines),
        WITH_HOST(test_one_repeat),
        WITH_HOST(test_at_most_one_repeat),
        WITH_HOST(test_refusal_in_a_body),
        WITH_HOST(test_repeat_takes_a_slot),
        WITH_HOST(test_wrong_credentials),
        WITH_HOST(test_steps),
        WITH_HOST(test_gate),
        WITH_HOST(test_gate_of_a_503),
        WITH_HOST(test_gate_without_a_time),
        WITH_HOST(test_exact_over_loops),
        WITH_HOST(test_waiting),
        cmocka_unit_test_setup_teardown(test_over_capacity, up_narrow, down),
        WITH_HOST(test_token_action),
        WITH_HOST(test_no_cache_of_a_request),
        WITH_HOST(test_hot_has_the_latest_token),
        WITH_HOST(test_revoked_key),
        WITH_HOST(test_key_revoked_during_a_call),
        WITH_HOST(test_expired_key),
        WITH_HOST(test_changed_connection),
        WITH_HOST(test_hot_by_body),
        WITH_HOST(test_header_input_is_never_hot),
        WITH_HOST(test_reload_during_a_call),
        WITH_HOST(test_drain),
        WITH_HOST(test_drain_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
