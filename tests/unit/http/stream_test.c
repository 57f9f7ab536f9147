/* SPDX-License-Identifier: MIT */
#include "http/fixture.h"

/* --- an owner that produces bytes as its query tells: /NAME?status,length,total,piece --- */

typedef struct producer {
    loop_message_t message;
    http_request_t *request;
    size_t total;
    size_t piece;
    size_t sent;
} producer_t;

enum { BYTES = 10 * 1000 * 1000, PIECE = 10000 };

static atomic_int pending_max;
static atomic_int pauses;
static atomic_int gone_count;
static atomic_int held_count;
static atomic_int freed_count;
static atomic_int lost_count; /* of requests whose path was no longer there at the end */
static producer_t *held;

static void look_back(const producer_t *p)
{
    if (!str_starts(http_request_view(p->request)->path, STR("/"))) {
        atomic_fetch_add(&lost_count, 1);
    }
}

static void forget(producer_t *p)
{
    free(p);
    atomic_fetch_add(&freed_count, 1);
}

static char byte_at(size_t at)
{
    return (char)('a' + at % 23);
}

/* False above the high water mark. */
static bool produce_piece(producer_t *p)
{
    char bytes[70000];
    size_t n = p->total - p->sent < p->piece ? p->total - p->sent : p->piece;
    for (size_t i = 0; i < n; i++) {
        bytes[i] = byte_at(p->sent + i);
    }
    p->sent += n;
    size_t pending = http_stream_write(p->request, str_at(bytes, n));
    if ((int)pending > atomic_load(&pending_max)) {
        atomic_store(&pending_max, (int)pending);
    }
    return pending <= HTTP_STREAM_HIGH;
}

static void produce(void *context)
{
    producer_t *p = context;
    while (p->sent < p->total) {
        if (!produce_piece(p)) {
            atomic_fetch_add(&pauses, 1);
            return;
        }
    }
    look_back(p);
    http_stream_end(p->request);
    forget(p);
}

static void on_gone(void *context)
{
    producer_t *p = context;
    atomic_fetch_add(&gone_count, 1);
    look_back(p);
    http_stream_abort(p->request);
    forget(p);
}

static void produce_held(loop_message_t *message)
{
    produce(STRUCT_OF(message, producer_t, message));
}

static void abort_held(loop_message_t *message)
{
    producer_t *p = STRUCT_OF(message, producer_t, message);
    http_stream_abort(p->request);
    forget(p);
}

static void let_go(host_t *host, void (*how)(loop_message_t *message))
{
    held->message.run = how;
    loop_post(http_server_loop(host->server), &held->message);
}

static producer_t *begin(http_request_t *r)
{
    const http_view_t *view = http_request_view(r);
    char query[128] = "";
    memcpy(query, view->query.p, view->query.n);
    int status = 0;
    long long length = 0;
    producer_t *p = calloc(1, sizeof *p);
    if (sscanf(query, "%d,%lld,%zu,%zu", &status, &length, &p->total, &p->piece) == 4) {
        char value[] = "not kept";
        const http_header_t headers[] = {{STR("content-type"), STR("text/plain")},
                                         {STR("x-own"), str_of(value)}};
        p->request = r;
        http_stream_begin(r, status, headers, COUNT(headers), length);
        http_stream_on_writable(r, produce, p);
        memset(value, 'x', sizeof value - 1);
    }
    return p;
}

static void on_request(void *context, http_request_t *r)
{
    (void)context;
    str_t path = http_request_view(r)->path;
    if (!http_request_view(r)->query.p) {
        http_reply(r, 200, NULL, 0, STR("hello"));
        return;
    }
    producer_t *p = begin(r);
    if (str_is(path, "/abort")) {
        while (p->sent < p->total && produce_piece(p)) {
        }
        http_stream_abort(p->request);
        forget(p);
    } else if (str_is(path, "/hold")) {
        held = p;
        atomic_fetch_add(&held_count, 1);
    } else if (str_is(path, "/watched")) {
        http_request_watch_client(r, on_gone, p);
        produce(p);
    } else {
        produce(p);
    }
}

static int start(void **state)
{
    static host_t host;
    atomic_store(&pending_max, 0);
    atomic_store(&pauses, 0);
    atomic_store(&gone_count, 0);
    atomic_store(&held_count, 0);
    atomic_store(&freed_count, 0);
    atomic_store(&lost_count, 0);
    host_start(&host, on_request);
    *state = &host;
    return 0;
}

static int stop(void **state)
{
    host_stop(*state);
    return atomic_load(&lost_count);
}

static void check_bytes(const answer_t *a, size_t n)
{
    assert_true(a->whole);
    assert_int_equal(a->body.n, n);
    for (size_t i = 0; i < n; i++) {
        if (a->body.p[i] != byte_at(i)) {
            fail_msg("byte %zu of %zu is wrong", i, n);
        }
    }
}

/* --- whole answers --- */

static void sends_what_is_written(void **state)
{
    static const struct {
        const char *target;
        size_t n;
        const char *length; /* NULL: in chunks */
    } rows[] = {
        {"/?200,-1,0,1", 0, NULL},
        {"/?200,0,0,1", 0, "0"},
        {"/?200,-1,1,1", 1, NULL},
        {"/?200,1,1,1", 1, "1"},
        {"/?201,-1,300000,65536", 300000, NULL},
        {"/?404,300000,300000,65536", 300000, "300000"},
        {"/?502,-1,5000,7", 5000, NULL},
    };
    client_t c;
    client_dial(&c, *state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        answer_t a;
        client_ask(&c, "GET", rows[i].target);
        client_read(&c, &a, false);
        check_bytes(&a, rows[i].n);
        check_header(&a, "content-length", rows[i].length);
        check_header(&a, "transfer-encoding", rows[i].length ? NULL : "chunked");
        check_header(&a, "connection", "keep-alive");
        check_header(&a, "x-own", "not kept");
        assert_int_equal(answer_header(&a, "x-request-id").n, 22);
        answer_free(&a);
    }
    client_close(&c);
}

static void pipelines_streams(void **state)
{
    client_t c;
    client_dial(&c, *state);
    for (int i = 0; i < 20; i++) {
        client_ask(&c, "GET", i % 2 ? "/?200,0,0,1" : "/?200,-1,1000,100");
    }
    for (int i = 0; i < 20; i++) {
        answer_t a;
        client_read(&c, &a, false);
        check_bytes(&a, i % 2 ? 0 : 1000);
        answer_free(&a);
    }
    client_close(&c);
}

static void an_old_client_reads_to_the_end(void **state)
{
    answer_t a;
    client_once(*state, "GET /?200,-1,100000,1000 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", &a);
    check_bytes(&a, 100000);
    check_header(&a, "transfer-encoding", NULL);
    check_header(&a, "connection", "close");
    answer_free(&a);
}

static void drops_the_body_where_there_is_none(void **state)
{
    static const struct {
        const char *method;
        const char *target;
        const char *length;
    } rows[] = {
        {"HEAD", "/?200,-1,100000,1000", NULL},
        {"HEAD", "/?200,100000,100000,1000", "100000"},
        {"GET", "/?204,-1,100,10", NULL},
        {"GET", "/?304,100,100,10", NULL},
    };
    client_t c;
    client_dial(&c, *state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        answer_t a;
        client_ask(&c, rows[i].method, rows[i].target);
        client_read(&c, &a, true);
        check_header(&a, "content-length", rows[i].length);
        check_header(&a, "connection", "keep-alive");
        answer_free(&a);
        client_ask(&c, "GET", "/");
        client_read(&c, &a, false);
        check_body(&a, "hello");
        answer_free(&a);
    }
    client_close(&c);
    assert_int_equal(atomic_load(&gone_count), 0);
}

/* HEAD is answered while its owner still holds the request. */
static void an_owner_may_write_after_the_answer_is_out(void **state)
{
    client_t c;
    answer_t a;
    client_dial(&c, *state);
    client_ask(&c, "HEAD", "/hold?200,-1,100000,1000");
    client_read(&c, &a, true);
    answer_free(&a);
    client_ask(&c, "GET", "/");
    client_read(&c, &a, false);
    check_body(&a, "hello");
    answer_free(&a);
    wait_for(&held_count, 1);
    let_go(*state, produce_held);
    wait_for(&freed_count, 1);
    client_close(&c);
}

static void the_header_does_not_wait_for_the_body(void **state)
{
    client_t c;
    answer_t a;
    client_dial(&c, *state);
    client_ask(&c, "GET", "/hold?200,-1,5,5");
    assert_true(client_head(&c, &a));
    wait_for(&held_count, 1);
    let_go(*state, produce_held);
    assert_true(client_chunks(&c, &a.body));
    a.whole = true;
    check_bytes(&a, 5);
    answer_free(&a);
    client_close(&c);
}

/* --- back-pressure --- */

static void read_slowly(const host_t *host, const char *target)
{
    client_t c;
    answer_t a;
    client_dial(&c, host);
    client_ask(&c, "GET", target);
    wait_for(&pauses, 1); /* nothing is read before the owner had to pause */
    client_read(&c, &a, false);
    check_bytes(&a, BYTES);
    answer_free(&a);
    client_close(&c);
    assert_true(atomic_load(&pending_max) <= HTTP_STREAM_HIGH + PIECE);
}

static void a_slow_reader_holds_back_the_owner(void **state)
{
    char target[64];
    snprintf(target, sizeof target, "/?200,%d,%d,%d", BYTES, BYTES, PIECE);
    read_slowly(*state, target);
    atomic_store(&pauses, 0);
    snprintf(target, sizeof target, "/?200,-1,%d,%d", BYTES, PIECE);
    read_slowly(*state, target);
}

/* --- broken answers --- */

static void a_broken_answer_is_seen_as_broken(void **state)
{
    static const struct {
        const char *request;
        bool any;
    } rows[] = {
        {"GET /abort?200,-1,0,1 HTTP/1.1\r\nHost: t\r\n\r\n", false},
        {"GET /abort?200,-1,5000,1000 HTTP/1.1\r\nHost: t\r\n\r\n", false},
        {"GET /abort?200,6000,5000,1000 HTTP/1.1\r\nHost: t\r\n\r\n", false},
        {"GET /abort?200,-1,5000,1000 HTTP/1.0\r\n\r\n", false},
        {"GET /abort?200,-1,10000000,10000 HTTP/1.1\r\nHost: t\r\n\r\n",
         true}, /* in the midst of a write */
        {"GET /abort?200,-1,10000000,10000 HTTP/1.0\r\n\r\n", true},
        {"GET /?200,6000,5000,1000 HTTP/1.1\r\nHost: t\r\n\r\n",
         false}, /* ends short of its length */
        {"GET /?200,4000,5000,1000 HTTP/1.1\r\nHost: t\r\n\r\n", false}, /* and beyond it */
        {"GET /?200,1000000,9000000,10000 HTTP/1.1\r\nHost: t\r\n\r\n", true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        answer_t a;
        client_once(*state, rows[i].request, &a);
        assert_false(a.whole);
        assert_true(a.any || !rows[i].any);
        answer_free(&a);
    }
}

static void an_abort_need_not_wait_for_the_client(void **state)
{
    client_t c;
    answer_t a;
    client_dial(&c, *state);
    client_ask(&c, "GET", "/hold?200,-1,10000000,10000");
    assert_true(client_head(&c, &a));
    wait_for(&held_count, 1);
    let_go(*state, produce_held);
    wait_for(&pauses, 1); /* stuck in a write */
    let_go(*state, abort_held);
    assert_false(client_chunks(&c, &a.body));
    answer_free(&a);
    client_close(&c);
    wait_for(&freed_count, 1);
}

/* --- clients that leave --- */

static void leave_in_the_middle(const host_t *host, const char *path)
{
    client_t c;
    answer_t a;
    client_dial(&c, host);
    client_ask(&c, "GET", path);
    assert_true(client_head(&c, &a));
    wait_for(&pauses, 1);
    answer_free(&a);
    client_close(&c);
    wait_for(&freed_count, 1);
}

static void an_owner_is_told_that_the_client_left(void **state)
{
    leave_in_the_middle(*state, "/watched?200,-1,10000000,10000");
    assert_int_equal(atomic_load(&gone_count), 1);
}

static void an_owner_who_waits_goes_on_when_the_client_left(void **state)
{
    leave_in_the_middle(*state, "/?200,-1,10000000,10000");
    assert_int_equal(atomic_load(&gone_count), 0);
}

#define ON_HOST(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_HOST(sends_what_is_written),
        ON_HOST(pipelines_streams),
        ON_HOST(an_old_client_reads_to_the_end),
        ON_HOST(drops_the_body_where_there_is_none),
        ON_HOST(an_owner_may_write_after_the_answer_is_out),
        ON_HOST(the_header_does_not_wait_for_the_body),
        ON_HOST(a_slow_reader_holds_back_the_owner),
        ON_HOST(a_broken_answer_is_seen_as_broken),
        ON_HOST(an_abort_need_not_wait_for_the_client),
        ON_HOST(an_owner_is_told_that_the_client_left),
        ON_HOST(an_owner_who_waits_goes_on_when_the_client_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
