/* SPDX-License-Identifier: MIT */
/* How calls end when the other side misbehaves. */
#include "rig.h"

static bool say_and_close(peer_t *peer, const char *text)
{
    peer_say(peer, text);
    shutdown(peer->fd, SHUT_WR);
    peer_wait(peer);
    return false;
}

#define CLOSING(name, text)                                                                        \
    static bool name(peer_t *peer, str_t body)                                                     \
    {                                                                                              \
        (void)body;                                                                                \
        return say_and_close(peer, text);                                                          \
    }

#define OK_LINE "HTTP/1.1 200 OK\r\n"

CLOSING(script_nothing, "")
CLOSING(script_short, OK_LINE "Content-Length: 100\r\n\r\n{\"a\":")
CLOSING(script_short_chunk, OK_LINE "Transfer-Encoding: chunked\r\n\r\n10\r\nabc")
CLOSING(script_no_last_chunk, OK_LINE "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
CLOSING(script_half_head, OK_LINE "Content-Length: 5\r\nX-Half: ")
CLOSING(script_no_end, OK_LINE "Content-Length: 5\r\n")
CLOSING(script_no_fields, OK_LINE)
CLOSING(script_no_length, OK_LINE "Content-Length: 0\r\n")
CLOSING(script_half_line, "HTTP/1.1 20")
CLOSING(script_only_interim, "HTTP/1.1 100 Continue\r\n\r\n")
CLOSING(script_old, "<html>hello</html>\n")
CLOSING(script_garbage, "SSH-2.0-OpenSSH_9.2\r\n")
CLOSING(script_binary, "\x16\x03\x01\x02\x03\x04\n")
CLOSING(script_status, "HTTP/1.1 2000 OK\r\n\r\n")
CLOSING(script_version, "HTTP/3.7 200 OK\r\n\r\n")
CLOSING(script_two, "HTTP/2 200\r\nContent-Length: 0\r\n\r\n")
CLOSING(script_switch, "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\nxxxx")
CLOSING(script_two_lengths, OK_LINE "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab")
CLOSING(script_bad_length, OK_LINE "Content-Length: -7\r\n\r\nab")
CLOSING(script_bad_chunk, OK_LINE "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n")
CLOSING(script_bad_gzip, OK_LINE "Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello")
CLOSING(script_bad_coding, OK_LINE "Content-Encoding: rot13\r\nContent-Length: 5\r\n\r\nhello")
CLOSING(script_no_colon, OK_LINE "no colon here\r\nContent-Length: 0\r\n\r\n")
CLOSING(script_bare_cr, OK_LINE "\rContent-Length: 0\r\n\r\n")
CLOSING(script_body_for_head, OK_LINE "Content-Length: 5\r\n\r\nhello")

static bool script_reset(peer_t *peer, str_t body)
{
    const struct linger now = {.l_onoff = 1, .l_linger = 0};
    (void)body;
    setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    return false;
}

/* R26 */
static bool script_interim_flood(peer_t *peer, str_t body)
{
    (void)body;
    for (int i = 0; i < 1000; i++) {
        if (!peer_say(peer, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")) {
            return false;
        }
    }
    return say_and_close(peer, OK_LINE "Content-Length: 0\r\n\r\n");
}

/* U19 */
static bool script_endless_headers(peer_t *peer, str_t body)
{
    (void)body;
    bool more = peer_say(peer, OK_LINE);
    while (more) {
        more = peer_say(peer, "X-Name: some value of some length\r\n");
    }
    return false;
}

static bool script_endless_line(peer_t *peer, str_t body)
{
    (void)body;
    bool more = peer_say(peer, OK_LINE "X-Name: ");
    while (more) {
        more = peer_say(peer, "some value of some length, and then some more of it, and more");
    }
    return false;
}

static bool script_endless_trailers(peer_t *peer, str_t body)
{
    (void)body;
    bool more = peer_say(peer, OK_LINE "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n");
    while (more) {
        more = peer_say(peer, "X-Name: some value of some length\r\n");
    }
    return false;
}

/* U15 */
static bool script_endless_body(peer_t *peer, str_t body)
{
    (void)body;
    bool more = peer_say(peer, OK_LINE "Transfer-Encoding: chunked\r\n\r\n");
    while (more) {
        more = peer_say(peer, "10\r\n0123456789abcdef\r\n");
    }
    return false;
}

/* R19, U16: 326 bytes that become 300,000 */
static bool script_bomb(peer_t *peer, str_t body)
{
    static const unsigned char front[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02,
                                          0x03, 0xed, 0xc1, 0x01, 0x0d, 0x00, 0x00, 0x00, 0xc2,
                                          0xa0, 0xac, 0xef, 0x5f, 0xc2, 0x1e, 0x0e, 0x28};
    static const unsigned char back[] = {0xf8, 0x31, 0x5f, 0xf2, 0x4e,
                                         0xf4, 0xe0, 0x93, 0x04, 0x00};
    static const char zeros[290];
    (void)body;
    return peer_say(peer, OK_LINE "Content-Encoding: gzip\r\nContent-Length: 326\r\n\r\n") &&
           peer_send(peer, str_at(front, sizeof front)) &&
           peer_send(peer, str_at(zeros, sizeof zeros)) &&
           peer_send(peer, str_at(back, sizeof back));
}

static bool script_thousand(peer_t *peer, str_t body)
{
    char text[1001];
    (void)body;
    memset(text, 'x', 1000);
    text[1000] = 0;
    return peer_say(peer, OK_LINE "Content-Length: 1000\r\n\r\n") && peer_say(peer, text);
}

static bool script_silent(peer_t *peer, str_t body)
{
    (void)body;
    peer_wait(peer);
    return false;
}

static bool script_stops(peer_t *peer, str_t body)
{
    (void)body;
    peer_say(peer, OK_LINE "Content-Length: 100\r\n\r\nabc");
    peer_wait(peer);
    return false;
}

/* U18: a byte now and then, for ever */
static bool script_drip(peer_t *peer, str_t body)
{
    (void)body;
    bool more = peer_say(peer, OK_LINE "Content-Length: 1000000\r\n\r\n");
    while (more) {
        usleep(5000);
        more = peer_say(peer, ".");
    }
    return false;
}

/* Answers before the body was read. */
static bool script_early(peer_t *peer, str_t body)
{
    (void)body;
    return peer_say(peer, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
}

static const route_t routes[] = {
    {"/nothing", script_nothing},
    {"/short-chunk", script_short_chunk},
    {"/short", script_short},
    {"/no-last-chunk", script_no_last_chunk},
    {"/half-head", script_half_head},
    {"/no-end", script_no_end},
    {"/no-fields", script_no_fields},
    {"/no-length", script_no_length},
    {"/half-line", script_half_line},
    {"/only-interim", script_only_interim},
    {"/old", script_old},
    {"/garbage", script_garbage},
    {"/binary", script_binary},
    {"/status", script_status},
    {"/version", script_version},
    {"/two-lengths", script_two_lengths},
    {"/two", script_two},
    {"/switch", script_switch},
    {"/bad-length", script_bad_length},
    {"/bad-chunk", script_bad_chunk},
    {"/bad-gzip", script_bad_gzip},
    {"/bad-coding", script_bad_coding},
    {"/no-colon", script_no_colon},
    {"/bare-cr", script_bare_cr},
    {"/body-for-head", script_body_for_head},
    {"/reset", script_reset},
    {"/interim-flood", script_interim_flood},
    {"/endless-headers", script_endless_headers},
    {"/endless-line", script_endless_line},
    {"/endless-trailers", script_endless_trailers},
    {"/endless-body", script_endless_body},
    {"/bomb", script_bomb},
    {"/thousand", script_thousand},
    {"/silent", script_silent},
    {"/stops", script_stops},
    {"/drip", script_drip},
    {"/early", script_early},
    {"/ok", script_ok},
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

typedef struct outcome_row {
    const char *target;
    upstream_outcome_t outcome;
    const char *detail; /* part of it; NULL: any */
} outcome_row_t;

static const outcome_row_t outcome_rows[] = {
    {"/nothing", UPSTREAM_BROKEN, NULL},
    {"/reset", UPSTREAM_BROKEN, NULL},
    {"/only-interim", UPSTREAM_BROKEN, NULL},
    {"/half-line", UPSTREAM_BROKEN, NULL},
    {"/short", UPSTREAM_TRUNCATED, NULL}, /* R25, U46 */
    {"/short-chunk", UPSTREAM_TRUNCATED, NULL},
    {"/no-last-chunk", UPSTREAM_TRUNCATED, NULL},
    {"/half-head", UPSTREAM_TRUNCATED, NULL},
    {"/no-end", UPSTREAM_TRUNCATED, NULL},
    {"/no-fields", UPSTREAM_TRUNCATED, "head"},
    {"/no-length", UPSTREAM_TRUNCATED, "head"},
    {"/old", UPSTREAM_MALFORMED, "HTTP/0.9"}, /* R26, U45 */
    {"/garbage", UPSTREAM_MALFORMED, NULL},
    {"/binary", UPSTREAM_MALFORMED, NULL},
    {"/status", UPSTREAM_MALFORMED, NULL},
    {"/version", UPSTREAM_MALFORMED, NULL},
    {"/two", UPSTREAM_MALFORMED, NULL},
    {"/switch", UPSTREAM_MALFORMED, "protocol"},
    {"/two-lengths", UPSTREAM_MALFORMED, "two lengths"},
    {"/bad-length", UPSTREAM_MALFORMED, NULL},
    {"/bad-chunk", UPSTREAM_MALFORMED, "chunk"},
    {"/no-colon", UPSTREAM_MALFORMED, NULL},
    {"/bare-cr", UPSTREAM_MALFORMED, NULL},
    {"/interim-flood", UPSTREAM_MALFORMED, "interim"},
    {"/endless-headers", UPSTREAM_TOO_LARGE, "headers"},
    {"/endless-line", UPSTREAM_TOO_LARGE, NULL},
    {"/endless-trailers", UPSTREAM_TOO_LARGE, "headers"},
};

static void misbehaviour_is_told_apart(void **state)
{
    rig_t *rig = *state;
    for (size_t i = 0; i < COUNT(outcome_rows); i++) {
        const outcome_row_t *row = &outcome_rows[i];
        upstream_result_t result = rig_outcome(rig, &(ask_t){.target = row->target});
        if (result.outcome != row->outcome || !result.sent || !result.detail[0] ||
            (row->detail && !strstr(result.detail, row->detail))) {
            fail_msg("%s: outcome %d, %s", row->target, (int)result.outcome, result.detail);
        }
        assert_int_equal(server_count(&rig->server, "GET "), i + 1);
    }
    assert_int_equal(rig_outcome(rig, &(ask_t){.target = "/ok"}).outcome, UPSTREAM_OK);
}

static void bad_codings_are_malformed(void **state)
{
    rig_t *rig = *state;
    static const char *const targets[] = {"/bad-gzip", "/bad-coding"};
    for (size_t i = 0; i < COUNT(targets); i++) {
        upstream_result_t result = rig_outcome(rig, &(ask_t){.target = targets[i], .decode = true});
        assert_int_equal(result.outcome, UPSTREAM_MALFORMED);
        assert_int_equal(rig_outcome(rig, &(ask_t){.target = targets[i]}).outcome, UPSTREAM_OK);
    }
}

static void a_body_behind_head_does_no_harm(void **state)
{
    rig_t *rig = *state;
    rig_outcome(rig, &(ask_t){.target = "/body-for-head", .method = "HEAD"});
    reply_t reply = rig_ask(rig, &(ask_t){.target = "/ok"});
    assert_string_equal(buf_c(&reply.body), "ok");
    reply_fini(&reply);
}

static void bodies_are_bounded_as_decoded(void **state)
{
    rig_t *rig = *state;
    static const struct {
        const char *target;
        size_t max;
        bool decode;
        upstream_outcome_t outcome;
    } rows[] = {
        {"/thousand", 0, false, UPSTREAM_OK},
        {"/thousand", 1000, false, UPSTREAM_OK},
        {"/thousand", 999, false, UPSTREAM_TOO_LARGE},
        {"/bomb", 65536, false, UPSTREAM_OK},
        {"/bomb", 65536, true, UPSTREAM_TOO_LARGE},
        {"/bomb", 299999, true, UPSTREAM_TOO_LARGE},
        {"/bomb", 300000, true, UPSTREAM_OK},
        {"/endless-body", 65536, false, UPSTREAM_TOO_LARGE},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        reply_t reply = rig_ask(rig, &(ask_t){.target = rows[i].target,
                                              .decode = rows[i].decode,
                                              .body_bytes_max = rows[i].max});
        if (reply.result.outcome != rows[i].outcome) {
            fail_msg("row %zu: outcome %d, %s", i, (int)reply.result.outcome, reply.result.detail);
        }
        assert_true(!rows[i].max || reply.body.n <= rows[i].max);
        reply_fini(&reply);
    }
}

static void deadlines_cut_whatever_happens(void **state)
{
    rig_t *rig = *state;
    static const char *const targets[] = {"/silent", "/stops", "/drip"};
    for (size_t i = 0; i < COUNT(targets); i++) {
        int64_t start_ms = clock_boot_ms();
        upstream_result_t result =
            rig_outcome(rig, &(ask_t){.target = targets[i], .within_ms = 100});
        assert_int_equal(result.outcome, UPSTREAM_TIMEOUT);
        assert_true(result.sent);
        assert_true(clock_boot_ms() - start_ms >= 100);
    }
    /* one that has passed already */
    upstream_result_t result = rig_outcome(rig, &(ask_t){.target = "/silent", .within_ms = -1000});
    assert_int_equal(result.outcome, UPSTREAM_TIMEOUT);
}

/* U13 */
static void a_closed_port_is_unreachable(void **state)
{
    rig_t *rig = *state;
    server_t closed;
    char url[60];
    server_bind(&closed);
    close(closed.fd);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", closed.port);
    upstream_result_t result = rig_outcome(rig, &(ask_t){.target = url});
    assert_int_equal(result.outcome, UPSTREAM_UNREACHABLE);
    assert_false(result.sent);
}

static void an_answer_before_the_body_is_an_answer(void **state)
{
    rig_t *rig = *state;
    reply_t reply = rig_ask(
        rig, &(ask_t){.target = "/early", .method = "POST", .body = STR("x"), .once = true});
    assert_int_equal(reply.result.outcome, UPSTREAM_OK);
    assert_int_equal(reply.status, 413);
    reply_fini(&reply);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(misbehaviour_is_told_apart),
        TEST(bad_codings_are_malformed),
        TEST(a_body_behind_head_does_no_harm),
        TEST(bodies_are_bounded_as_decoded),
        TEST(deadlines_cut_whatever_happens),
        TEST(a_closed_port_is_unreachable),
        TEST(an_answer_before_the_body_is_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
