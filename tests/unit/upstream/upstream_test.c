/* SPDX-License-Identifier: MIT */
/* The life of calls: streaming, pausing, cancelling, many at once. */
#include "rig.h"

enum { LARGE = 4 * 1024 * 1024 };

static char large_byte(size_t at)
{
    return (char)('a' + at % 25);
}

static bool script_large(peer_t *peer, str_t body)
{
    char piece[8192];
    char head[100];
    (void)body;
    snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", LARGE);
    bool more = peer_say(peer, head);
    for (size_t at = 0; at < LARGE && more; at += sizeof piece) {
        for (size_t i = 0; i < sizeof piece; i++) {
            piece[i] = large_byte(at + i);
        }
        more = peer_send(peer, str_at(piece, sizeof piece));
    }
    return more;
}

static bool script_large_chunked(peer_t *peer, str_t body)
{
    char piece[1000 + 1];
    (void)body;
    bool more = peer_say(peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (size_t at = 0; at < 2000 && more; at++) {
        memset(piece, 'a' + (int)(at % 25), 1000);
        piece[1000] = 0;
        more = peer_say(peer, "3e8\r\n") && peer_say(peer, piece) && peer_say(peer, "\r\n");
    }
    return more && peer_say(peer, "0\r\n\r\n");
}

static bool script_silent(peer_t *peer, str_t body)
{
    (void)body;
    peer_wait(peer);
    return false;
}

static bool script_cut(peer_t *peer, str_t body)
{
    char piece[50000];
    (void)body;
    memset(piece, 'x', sizeof piece);
    peer_say(peer, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    peer_send(peer, str_at(piece, sizeof piece));
    return false;
}

static const route_t routes[] = {
    {"/ok", script_ok},       {"/large-chunked", script_large_chunked},
    {"/large", script_large}, {"/silent", script_silent},
    {"/cut", script_cut},     {NULL, NULL},
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

/* --- a streaming reader --- */

typedef struct reader {
    rig_t *rig;
    upstream_call_t *call;
    loop_timer_t timer;
    bool timer_made;
    bool paused;
    bool resume_within;   /* from inside on_body */
    unsigned pause_every; /* pieces; 0: never */
    bool cancel_in_head, cancel_in_body, cancel_in_resume;
    upstream_call_t *cancel_too; /* another call, from on_body */
    const char *send_in_body;    /* a further request, from on_body */
    reply_t further;
    bool stopped; /* cancelled: nothing may come any more */
    reply_t reply;
} reader_t;

static void on_resume(void *context)
{
    reader_t *r = context;
    r->paused = false;
    if (r->cancel_in_resume) {
        upstream_resume(r->call);
        upstream_cancel(r->call);
        r->stopped = true;
        return;
    }
    upstream_resume(r->call);
    upstream_resume(r->call); /* once more does no harm */
}

static void on_head(void *context, int status, const message_header_t *headers, size_t count)
{
    reader_t *r = context;
    assert_false(r->stopped);
    assert_int_equal(r->reply.pieces, 0);
    reply_keep_head(&r->reply, status, headers, count);
    if (r->cancel_in_head) {
        upstream_cancel(r->call);
        r->stopped = true;
    }
}

static bool pause_here(reader_t *r)
{
    if (r->resume_within) {
        upstream_resume(r->call);
        return false;
    }
    r->paused = true;
    loop_timer_set(&r->timer, clock_boot_ms());
    return false;
}

static bool on_body(void *context, str_t bytes)
{
    static const upstream_sink_t buffered = {.on_done = reply_on_done};
    reader_t *r = context;
    assert_false(r->stopped);
    assert_false(r->paused);
    assert_true(bytes.n > 0);
    buf_str(&r->reply.body, bytes);
    r->reply.pieces++;
    if (r->send_in_body) {
        reply_init(&r->further);
        rig_send(r->rig, &(ask_t){.target = r->send_in_body}, &buffered, &r->further);
        r->send_in_body = NULL;
    }
    if (r->cancel_too) {
        upstream_cancel(r->cancel_too);
        r->cancel_too = NULL;
    }
    if (r->cancel_in_body) {
        upstream_cancel(r->call);
        r->stopped = true;
        return true;
    }
    return r->pause_every == 0 || r->reply.pieces % r->pause_every != 0 || pause_here(r);
}

static void on_done(void *context, const upstream_result_t *result, const upstream_answer_t *answer)
{
    reader_t *r = context;
    assert_false(r->stopped);
    assert_false(r->reply.done);
    r->reply.done = true;
    r->reply.result = *result;
    assert_int_equal(answer != NULL, result->outcome == UPSTREAM_OK);
    if (answer) {
        assert_null(answer->body.p);
        assert_int_equal(answer->status, r->reply.status);
    }
    loop_timer_clear(&r->timer);
}

static const upstream_sink_t streaming = {on_head, on_body, on_done};

static void read_from(reader_t *r, rig_t *rig, const ask_t *ask)
{
    r->rig = rig;
    reply_init(&r->reply);
    loop_timer_init(&r->timer, rig->loop, on_resume, r);
    r->call = rig_send(rig, ask, &streaming, r);
    assert_false(r->reply.done);
}

/* Turns some more, so that whatever might still come has the chance. */
static void turn_on(rig_t *rig)
{
    for (int i = 0; i < 20; i++) {
        loop_turn(rig->loop, 2);
    }
}

static void check_large(const reader_t *r)
{
    assert_int_equal(r->reply.result.outcome, UPSTREAM_OK);
    assert_int_equal(r->reply.heads, 1);
    assert_int_equal(r->reply.body.n, LARGE);
    for (size_t i = 0; i < LARGE; i++) {
        if (r->reply.body.p[i] != large_byte(i)) {
            fail_msg("byte %zu differs", i);
        }
    }
}

/* --- streaming and pausing --- */

static void a_large_body_streams(void **state)
{
    rig_t *rig = *state;
    reader_t r = {.pause_every = 0};
    read_from(&r, rig, &(ask_t){.target = "/large"});
    rig_turn_until(rig, &r.reply.done);
    check_large(&r);
    assert_true(r.reply.pieces > 100);
    reply_fini(&r.reply);
}

static void a_paused_body_loses_nothing(void **state)
{
    rig_t *rig = *state;
    static const unsigned every[] = {1, 2, 7};
    for (size_t i = 0; i < COUNT(every); i++) {
        reader_t r = {.pause_every = every[i]};
        read_from(&r, rig, &(ask_t){.target = "/large"});
        rig_turn_until(rig, &r.reply.done);
        check_large(&r);
        reply_fini(&r.reply);
    }
}

static void pausing_in_the_midst_of_chunks(void **state)
{
    rig_t *rig = *state;
    reader_t r = {.pause_every = 1};
    read_from(&r, rig, &(ask_t){.target = "/large-chunked"});
    rig_turn_until(rig, &r.reply.done);
    assert_int_equal(r.reply.result.outcome, UPSTREAM_OK);
    assert_int_equal(r.reply.body.n, 2000 * 1000);
    for (size_t i = 0; i < r.reply.body.n; i++) {
        assert_int_equal(r.reply.body.p[i], 'a' + (int)(i / 1000 % 25));
    }
    reply_fini(&r.reply);
}

static void resuming_before_the_pause_is_no_pause(void **state)
{
    rig_t *rig = *state;
    reader_t r = {.pause_every = 1, .resume_within = true};
    read_from(&r, rig, &(ask_t){.target = "/large"});
    rig_turn_until(rig, &r.reply.done);
    check_large(&r);
    reply_fini(&r.reply);
}

static void nothing_comes_while_paused_but_the_deadline(void **state)
{
    rig_t *rig = *state;
    reader_t r = {.pause_every = 1};
    read_from(&r, rig, &(ask_t){.target = "/large", .within_ms = 300});
    while (!r.paused) {
        loop_turn(rig->loop, 100);
    }
    loop_timer_clear(&r.timer); /* never resumed; on_body would notice */
    rig_turn_until(rig, &r.reply.done);
    assert_int_equal(r.reply.result.outcome, UPSTREAM_TIMEOUT);
    assert_int_equal(r.reply.pieces, 1);
    reply_fini(&r.reply);
}

static void a_limit_cuts_a_paused_body(void **state)
{
    rig_t *rig = *state;
    reader_t r = {.pause_every = 1};
    read_from(&r, rig, &(ask_t){.target = "/large", .body_bytes_max = 100000});
    rig_turn_until(rig, &r.reply.done);
    assert_int_equal(r.reply.result.outcome, UPSTREAM_TOO_LARGE);
    assert_true(r.reply.body.n <= 100000);
    reply_fini(&r.reply);
}

static void a_paused_body_that_breaks_off(void **state)
{
    rig_t *rig = *state;
    reader_t r = {.pause_every = 1};
    read_from(&r, rig, &(ask_t){.target = "/cut"});
    rig_turn_until(rig, &r.reply.done);
    assert_int_equal(r.reply.result.outcome, UPSTREAM_TRUNCATED);
    assert_int_equal(r.reply.body.n, 50000);
    reply_fini(&r.reply);
}

static void a_further_call_from_within(void **state)
{
    rig_t *rig = *state;
    static const char *const targets[] = {"/ok", "nonsense"};
    for (size_t i = 0; i < COUNT(targets); i++) {
        reader_t r = {.send_in_body = targets[i]};
        read_from(&r, rig, &(ask_t){.target = "/large"});
        rig_turn_until(rig, &r.reply.done);
        rig_turn_until(rig, &r.further.done);
        check_large(&r);
        assert_int_equal(r.further.result.outcome, i ? UPSTREAM_DENIED : UPSTREAM_OK);
        reply_fini(&r.reply);
        reply_fini(&r.further);
    }
}

/* --- cancelling --- */

static void cancelled_calls_are_silent(void **state)
{
    rig_t *rig = *state;
    const reader_t rows[] = {
        {.cancel_in_head = true},
        {.cancel_in_body = true},
        {.cancel_in_resume = true, .pause_every = 1},
        {.cancel_in_resume = true, .pause_every = 3},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        reader_t r = rows[i];
        read_from(&r, rig, &(ask_t){.target = "/large"});
        rig_turn_until(rig, &r.stopped);
        turn_on(rig);
        assert_int_equal(upstream_in_flight(rig->upstream), 0);
        reply_fini(&r.reply);
    }
    assert_int_equal(rig_outcome(rig, &(ask_t){.target = "/ok"}).outcome, UPSTREAM_OK);
}

static void cancelling_from_outside(void **state)
{
    rig_t *rig = *state;
    for (int turns = 0; turns < 12; turns++) {
        reader_t r = {.pause_every = 2};
        read_from(&r, rig, &(ask_t){.target = turns % 2 ? "/large" : "/silent"});
        for (int i = 0; i < turns / 2; i++) {
            loop_turn(rig->loop, 20);
        }
        loop_timer_clear(&r.timer);
        if (!r.reply.done) {
            upstream_cancel(r.call);
        }
        r.stopped = true;
        assert_int_equal(upstream_in_flight(rig->upstream), 0);
        turn_on(rig);
        reply_fini(&r.reply);
    }
}

static void cancelling_what_was_never_sent(void **state)
{
    rig_t *rig = *state;
    reader_t r = {.pause_every = 0};
    read_from(&r, rig, &(ask_t){.target = "nonsense"});
    upstream_cancel(r.call);
    r.stopped = true;
    turn_on(rig);
    assert_int_equal(upstream_in_flight(rig->upstream), 0);
    reply_fini(&r.reply);
}

static void one_call_cancels_another(void **state)
{
    rig_t *rig = *state;
    static const char *const targets[] = {"/silent", "/large", "nonsense"};
    for (size_t i = 0; i < COUNT(targets); i++) {
        reader_t victim = {.pause_every = 1};
        reader_t r = {.pause_every = 0};
        read_from(&victim, rig, &(ask_t){.target = targets[i]});
        victim.pause_every = 0;
        if (i == 1) { /* held in the midst of its body */
            victim.pause_every = 1;
            while (!victim.paused) {
                loop_turn(rig->loop, 100);
            }
            loop_timer_clear(&victim.timer);
        }
        read_from(&r, rig, &(ask_t){.target = "/large"});
        if (i < 2) {
            r.cancel_too = victim.call;
            rig_turn_until(rig, &r.reply.done);
            victim.stopped = true;
            turn_on(rig);
            assert_false(victim.reply.done);
        } else {
            rig_turn_until(rig, &r.reply.done);
        }
        check_large(&r);
        assert_int_equal(upstream_in_flight(rig->upstream), 0);
        reply_fini(&r.reply);
        reply_fini(&victim.reply);
    }
}

typedef struct chain {
    rig_t *rig;
    upstream_call_t *other;
    reader_t *other_reader;
    unsigned left;
    bool done;
} chain_t;

/* Sends the next from on_done, and cancels another. */
static void chain_on_done(void *context, const upstream_result_t *result,
                          const upstream_answer_t *answer)
{
    static const upstream_sink_t next = {.on_done = chain_on_done};
    chain_t *c = context;
    (void)answer;
    assert_int_equal(result->outcome, UPSTREAM_OK);
    if (c->other) {
        upstream_cancel(c->other);
        c->other_reader->stopped = true;
        c->other = NULL;
    }
    if (c->left-- > 0) {
        rig_send(c->rig, &(ask_t){.target = "/ok"}, &next, c);
    } else {
        c->done = true;
    }
}

static void ends_may_begin_and_cancel_others(void **state)
{
    rig_t *rig = *state;
    static const upstream_sink_t sink = {.on_done = chain_on_done};
    reader_t other = {.pause_every = 0};
    read_from(&other, rig, &(ask_t){.target = "/silent"});
    chain_t c = {.rig = rig, .other = other.call, .other_reader = &other, .left = 20};
    rig_send(rig, &(ask_t){.target = "/ok"}, &sink, &c);
    rig_turn_until(rig, &c.done);
    turn_on(rig);
    assert_int_equal(server_count(&rig->server, "GET /ok"), 21);
    assert_int_equal(upstream_in_flight(rig->upstream), 0);
    reply_fini(&other.reply);
}

/* --- many --- */

enum { MANY = 100 };

static void many_at_once(void **state)
{
    rig_t *rig = *state;
    static const upstream_sink_t sink = {.on_done = reply_on_done};
    static reply_t replies[MANY];
    for (int i = 0; i < MANY; i++) {
        reply_init(&replies[i]);
        rig_send(rig, &(ask_t){.target = i % 10 ? "/ok" : "/large-chunked"}, &sink, &replies[i]);
        assert_int_equal(upstream_in_flight(rig->upstream), i + 1);
    }
    for (int i = 0; i < MANY; i++) {
        rig_turn_until(rig, &replies[i].done);
        assert_int_equal(replies[i].result.outcome, UPSTREAM_OK);
        assert_int_equal(replies[i].body.n, i % 10 ? 2 : 2000000);
        reply_fini(&replies[i]);
    }
    assert_int_equal(upstream_in_flight(rig->upstream), 0);
}

static void freeing_cancels_what_is_in_flight(void **state)
{
    rig_t *rig = *state;
    static reader_t readers[30];
    memset(readers, 0, sizeof readers);
    for (size_t i = 0; i < COUNT(readers); i++) {
        static const char *const targets[] = {"/silent", "/large", "nonsense"};
        readers[i].pause_every = 1;
        read_from(&readers[i], rig, &(ask_t){.target = targets[i % COUNT(targets)]});
    }
    for (int i = 0; i < 5; i++) {
        loop_turn(rig->loop, 10);
    }
    upstream_free(rig->upstream);
    rig->upstream = NULL;
    for (size_t i = 0; i < COUNT(readers); i++) {
        loop_timer_clear(&readers[i].timer);
        readers[i].stopped = true;
        reply_fini(&readers[i].reply);
    }
    turn_on(rig);
}

/* An unreadable CA file stops the start, not the thousandth call. */
static void ca_files_are_read_at_once(void **state)
{
    rig_t *rig = *state;
    static const char *const rows[] = {"/nonexistent/ca.pem", "/dev/null", "/tmp", __FILE__};
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        const upstream_options_t options = {
            .egress = rig->egress, .ca_file = rows[i], .connect_timeout_ms = 1000};
        assert_null(upstream_new(rig->loop, &options, &err));
        assert_int_equal(err.code, ERR_configuration);
        assert_non_null(strstr(err.text, rows[i]));
    }
    upstream_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_large_body_streams),
        TEST(a_paused_body_loses_nothing),
        TEST(pausing_in_the_midst_of_chunks),
        TEST(resuming_before_the_pause_is_no_pause),
        TEST(nothing_comes_while_paused_but_the_deadline),
        TEST(a_limit_cuts_a_paused_body),
        TEST(a_paused_body_that_breaks_off),
        TEST(a_further_call_from_within),
        TEST(cancelled_calls_are_silent),
        TEST(cancelling_from_outside),
        TEST(cancelling_what_was_never_sent),
        TEST(one_call_cancels_another),
        TEST(ends_may_begin_and_cancel_others),
        TEST(many_at_once),
        TEST(freeing_cancels_what_is_in_flight),
        TEST(ca_files_are_read_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
