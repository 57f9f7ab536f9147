/* SPDX-License-Identifier: MIT */
/* Which connections a request may use: the egress rule on new and on kept ones, pins, and what
 * happens to a request whose kept connection is dead. */
#include "rig.h"

#include <stdatomic.h>

/* Dies over the second request of a connection, having read it. */
static bool script_dies_on_reuse(peer_t *peer, str_t body)
{
    return peer->requests == 1 && script_ok(peer, body);
}

/* The same with a reset. */
static bool script_resets_on_reuse(peer_t *peer, str_t body)
{
    const struct linger now = {.l_onoff = 1, .l_linger = 0};
    if (peer->requests == 1) {
        return script_ok(peer, body);
    }
    setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    return false;
}

/* Never dies with the first two: they are kept side by side. */
static bool script_slow(peer_t *peer, str_t body)
{
    usleep(100000);
    return script_ok(peer, body);
}

static atomic_bool extra_sent;

/* Answers, and after a while once more, as a server does that tires of an idle connection. */
static bool script_extra(peer_t *peer, str_t body)
{
    bool more = script_ok(peer, body);
    usleep(20000);
    more =
        more && peer_say(peer, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 6\r\n\r\nothers");
    atomic_store(&extra_sent, true);
    return more;
}

static const route_t routes[] = {
    {"/ok", script_ok},
    {"/extra", script_extra},
    {"/dies", script_dies_on_reuse},
    {"/resets", script_resets_on_reuse},
    {"/slow", script_slow},
    {NULL, NULL},
};

static void start(rig_t *rig, const char *allow)
{
    rig_start(rig, routes, &(rig_terms_t){.allow = allow});
}

/* --- egress --- */

/* E01. By the URL alone where it names an address, else once the name has led to one. */
static void loopback_is_denied_in_every_spelling(void **state)
{
    (void)state;
    static const char *const hosts[] = {
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "0x7f000001",
        "017700000001",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "0.0.0.0",
        "[::]",
        "0",
        "127.0.0.2",
        "LOCALHOST",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
    };
    static const char *const allows[] = {"", "10.0.0.0/8", "10.0.0.0/8,*.test,fd00::/8"};
    for (size_t a = 0; a < COUNT(allows); a++) {
        rig_t rig;
        start(&rig, allows[a]);
        for (size_t i = 0; i < 2 * COUNT(hosts); i++) {
            char url[100];
            snprintf(url, sizeof url, "%s://%s:%u/ok", i % 2 ? "https" : "http", hosts[i / 2],
                     rig.server.port);
            upstream_result_t result = rig_outcome(&rig, &(ask_t){.target = url});
            if (result.outcome != UPSTREAM_DENIED || result.sent || !result.detail[0]) {
                fail_msg("%s \"%s\": outcome %d, %s", url, allows[a], (int)result.outcome,
                         result.detail);
            }
        }
        assert_int_equal(server_connections(&rig.server), 0);
        rig_stop(&rig);
    }
}

static void numeric_spellings_reach_what_is_allowed(void **state)
{
    (void)state;
    static const char *const hosts[] = {"127.0.0.1", "2130706433", "0x7f.1", "127.1"};
    rig_t rig;
    start(&rig, "127.0.0.1");
    for (size_t i = 0; i < COUNT(hosts); i++) {
        char url[100];
        snprintf(url, sizeof url, "http://%s:%u/ok", hosts[i], rig.server.port);
        assert_int_equal(rig_outcome(&rig, &(ask_t){.target = url}).outcome, UPSTREAM_OK);
    }
    rig_stop(&rig);
}

/* E12 */
static void own_listeners_are_denied_though_listed(void **state)
{
    (void)state;
    rig_t rig;
    start(&rig, "127.0.0.0/8,localhost,0.0.0.0/0,::/0");
    assert_int_equal(rig_outcome(&rig, &(ask_t){.target = "/ok"}).outcome, UPSTREAM_OK);
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(rig.server.port)};
    egress_add_own(rig.egress, (const struct sockaddr *)&own);
    /* The kept connection, which no socket is opened for, and a new one. */
    for (int fresh = 0; fresh < 2; fresh++) {
        upstream_result_t result =
            rig_outcome(&rig, &(ask_t){.target = "/ok", .fresh = fresh != 0});
        assert_int_equal(result.outcome, UPSTREAM_DENIED);
        assert_false(result.sent);
        assert_non_null(strstr(result.detail, "own listener"));
    }
    assert_int_equal(server_count(&rig.server, "GET "), 1);
    assert_int_equal(server_connections(&rig.server), 1);
    rig_stop(&rig);
}

/* --- pins --- */

static void pins_lead_names_elsewhere_under_the_rule(void **state)
{
    (void)state;
    rig_t rig;
    rig_start(&rig, routes,
              &(rig_terms_t){.allow = "svc.test=127.0.0.0/8, *.corp.test",
                             .resolve = "other.test:80=127.0.0.1:%u, svc.test:80=127.0.0.1:1"});
    char expected[100];
    /* a name that the list does not cover: its port is refused already */
    assert_int_equal(rig_outcome(&rig, &(ask_t){.target = "http://other.test/ok"}).outcome,
                     UPSTREAM_DENIED);
    rig_stop(&rig);

    rig_start(
        &rig, routes,
        &(rig_terms_t){.allow = "svc.test=127.0.0.0/8, 10.0.0.0/8",
                       .resolve = " svc.test:8000 = 127.0.0.1:%u ,,other.test:80=127.0.0.1:1"});
    reply_t reply = rig_ask(&rig, &(ask_t){.target = "http://svc.test:8000/ok"});
    assert_int_equal(reply.result.outcome, UPSTREAM_OK);
    snprintf(expected, sizeof expected, "\r\nHost: svc.test:8000\r\n");
    assert_non_null(strstr(server_last(&rig.server), expected));
    reply_fini(&reply);
    /* what the pin leads to is judged: 127.0.0.1 is not in 10/8 */
    upstream_result_t result = rig_outcome(&rig, &(ask_t){.target = "http://other.test/ok"});
    assert_int_equal(result.outcome, UPSTREAM_DENIED);
    assert_non_null(strstr(result.detail, "loopback"));
    rig_stop(&rig);
}

static void unreadable_pins_are_named(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "svc.test=127.0.0.1:1",   "svc.test:443=127.0.0.1",
        "svc.test:443",           "svc.test:443=other.test:443",
        "svc.test:0=127.0.0.1:1", "svc.test:443=127.0.0.1:0",
        "svc.test:443=::1:443",   "svc.test:443=[127.0.0.1]:1",
        "svc.test:443=[::1:443",  ":443=127.0.0.1:1",
        "a b:443=127.0.0.1:1",    "svc.test:443=127.0.0.1:65536",
    };
    loop_t *loop = loop_new();
    err_t none = ERR_INIT;
    egress_t *egress = egress_new(STR(""), &none);
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        const upstream_options_t options = {
            .egress = egress, .resolve = rows[i], .connect_timeout_ms = 1000};
        if (upstream_new(loop, &options, &err) || err.code != ERR_configuration ||
            !strstr(err.text, rows[i])) {
            fail_msg("%s: %s", rows[i], err.text);
        }
    }
    err_t err = ERR_INIT;
    const upstream_options_t good = {.egress = egress,
                                     .resolve = "a.test:443=[::1]:8443,b.test:1=10.0.0.1:2",
                                     .connect_timeout_ms = 1000};
    upstream_t *u = upstream_new(loop, &good, &err);
    assert_non_null(u);
    upstream_free(u);
    egress_free(egress);
    loop_free(loop);
}

/* --- dead connections --- */

/* R24 */
typedef struct repeat_row {
    const char *method, *body; /* NULL: none */
    bool once;
    upstream_outcome_t outcome;
    unsigned delivered;
} repeat_row_t;

static const repeat_row_t repeat_rows[] = {
    {"GET", NULL, false, UPSTREAM_OK, 2},
    {"HEAD", NULL, false, UPSTREAM_OK, 2},
    {"DELETE", NULL, false, UPSTREAM_OK, 2},
    {"PUT", "pay=10", false, UPSTREAM_OK, 2},
    {"PUT", NULL, false, UPSTREAM_OK, 2},
    {"POST", "pay=10", true, UPSTREAM_BROKEN, 1},
    {"PATCH", "pay=10", true, UPSTREAM_BROKEN, 1},
    {"POST", NULL, true, UPSTREAM_OK, 1}, /* on a connection of its own */
    {"POST", "", true, UPSTREAM_OK, 1},
    {"DELETE", NULL, true, UPSTREAM_OK, 1},
};

static void check_repeat(const repeat_row_t *row, const char *target)
{
    rig_t rig;
    char begin[50];
    start(&rig, NULL);
    assert_int_equal(rig_outcome(&rig, &(ask_t){.target = "/ok"}).outcome, UPSTREAM_OK);
    upstream_result_t result = rig_outcome(&rig, &(ask_t){.method = row->method,
                                                          .target = target,
                                                          .body = str_of(row->body),
                                                          .once = row->once});
    snprintf(begin, sizeof begin, "%s %s", row->method, target);
    unsigned delivered = server_count(&rig.server, begin);
    if (result.outcome != row->outcome || delivered != row->delivered || !result.sent) {
        fail_msg("%s %s %s: outcome %d (%s), delivered %u times", row->once ? "once" : "repeatable",
                 begin, row->body ? row->body : "-", (int)result.outcome, result.detail, delivered);
    }
    if (row->body && row->body[0] && row->outcome == UPSTREAM_OK) {
        assert_non_null(strstr(server_last(&rig.server), row->body));
    }
    rig_stop(&rig);
}

static void dead_connections_repeat_what_may_be_repeated(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(repeat_rows); i++) {
        check_repeat(&repeat_rows[i], "/dies");
        check_repeat(&repeat_rows[i], "/resets");
    }
}

static void a_large_body_is_delivered_once(void **state)
{
    (void)state;
    enum { SIZE = 1024 * 1024 };
    rig_t rig;
    char *bytes = malloc(SIZE);
    assert_non_null(bytes);
    memset(bytes, 'x', SIZE);
    start(&rig, NULL);
    assert_int_equal(rig_outcome(&rig, &(ask_t){.target = "/ok"}).outcome, UPSTREAM_OK);
    const ask_t once = {
        .method = "POST", .target = "/dies", .body = str_at(bytes, SIZE), .once = true};
    assert_int_equal(rig_outcome(&rig, &once).outcome, UPSTREAM_BROKEN);
    assert_int_equal(server_count(&rig.server, "POST "), 1);
    const ask_t again = {.method = "PUT", .target = "/dies", .body = str_at(bytes, SIZE)};
    assert_int_equal(rig_outcome(&rig, &(ask_t){.target = "/ok"}).outcome, UPSTREAM_OK);
    assert_int_equal(rig_outcome(&rig, &again).outcome, UPSTREAM_OK);
    assert_int_equal(server_count(&rig.server, "PUT "), 2);
    assert_int_equal(strlen(strchr(server_last(&rig.server), 'x')), SIZE);
    rig_stop(&rig);
    free(bytes);
}

/* The repeat takes a connection of its own, though another is kept. */
static void a_repeat_does_not_try_the_next_dead_connection(void **state)
{
    (void)state;
    static const upstream_sink_t sink = {.on_done = reply_on_done};
    rig_t rig;
    reply_t replies[4];
    start(&rig, NULL);
    for (size_t i = 0; i < COUNT(replies); i++) {
        reply_init(&replies[i]);
        rig_send(&rig, &(ask_t){.target = "/slow"}, &sink, &replies[i]);
    }
    for (size_t i = 0; i < COUNT(replies); i++) {
        rig_turn_until(&rig, &replies[i].done);
        reply_fini(&replies[i]);
    }
    unsigned kept = server_connections(&rig.server);
    assert_in_range(kept, 2, 4);
    assert_int_equal(rig_outcome(&rig, &(ask_t){.target = "/dies"}).outcome, UPSTREAM_OK);
    assert_int_equal(server_count(&rig.server, "GET /dies"), 2);
    assert_int_equal(server_connections(&rig.server), kept + 1);
    rig_stop(&rig);
}

/* The server hangs up on idle connections: libcurl sees that before it sends. */
static void a_closed_connection_is_not_used(void **state)
{
    (void)state;
    rig_t rig;
    start(&rig, NULL);
    assert_int_equal(rig_outcome(&rig, &(ask_t){.target = "/ok"}).outcome, UPSTREAM_OK);
    pthread_mutex_lock(&rig.server.lock);
    shutdown(rig.server.peers[0].fd, SHUT_RDWR);
    pthread_mutex_unlock(&rig.server.lock);
    const ask_t once = {.method = "POST", .target = "/ok", .body = STR("a"), .once = true};
    assert_int_equal(rig_outcome(&rig, &once).outcome, UPSTREAM_OK);
    assert_int_equal(server_count(&rig.server, "POST "), 1);
    assert_int_equal(server_connections(&rig.server), 2);
    rig_stop(&rig);
}

/* What stands on a kept connection already answers someone else, or no one. */
static void unasked_answers_are_nobodys(void **state)
{
    (void)state;
    const ask_t rows[] = {
        {.target = "/ok"},
        {.target = "/ok", .method = "POST", .body = STR("a"), .once = true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        rig_t rig;
        start(&rig, NULL);
        atomic_store(&extra_sent, false);
        assert_int_equal(rig_outcome(&rig, &(ask_t){.target = "/extra"}).outcome, UPSTREAM_OK);
        while (!atomic_load(&extra_sent)) {
            loop_turn(rig.loop, 5);
        }
        reply_t reply = rig_ask(&rig, &rows[i]);
        assert_int_equal(reply.result.outcome, UPSTREAM_OK);
        assert_int_equal(reply.status, 200);
        assert_string_equal(buf_c(&reply.body), "ok");
        assert_int_equal(server_count(&rig.server, ""), 2);
        assert_int_equal(server_connections(&rig.server), 2);
        reply_fini(&reply);
        rig_stop(&rig);
    }
}

/* E07: of a name's addresses only those are tried that it may have. localhost has ::1, too. */
static void allowed_addresses_of_a_name_are_used(void **state)
{
    (void)state;
    rig_t rig;
    char url[60];
    start(&rig, "localhost=127.0.0.0/8");
    snprintf(url, sizeof url, "http://localhost:%u/ok", rig.server.port);
    assert_int_equal(rig_outcome(&rig, &(ask_t){.target = url}).outcome, UPSTREAM_OK);
    rig_stop(&rig);
    start(&rig, "localhost=10.0.0.0/8");
    snprintf(url, sizeof url, "http://localhost:%u/ok", rig.server.port);
    assert_int_equal(rig_outcome(&rig, &(ask_t){.target = url}).outcome, UPSTREAM_DENIED);
    assert_int_equal(server_connections(&rig.server), 0);
    rig_stop(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loopback_is_denied_in_every_spelling),
        cmocka_unit_test(numeric_spellings_reach_what_is_allowed),
        cmocka_unit_test(own_listeners_are_denied_though_listed),
        cmocka_unit_test(pins_lead_names_elsewhere_under_the_rule),
        cmocka_unit_test(unreadable_pins_are_named),
        cmocka_unit_test(dead_connections_repeat_what_may_be_repeated),
        cmocka_unit_test(a_large_body_is_delivered_once),
        cmocka_unit_test(a_repeat_does_not_try_the_next_dead_connection),
        cmocka_unit_test(a_closed_connection_is_not_used),
        cmocka_unit_test(unasked_answers_are_nobodys),
        cmocka_unit_test(allowed_addresses_of_a_name_are_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
