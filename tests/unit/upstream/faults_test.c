/* SPDX-License-Identifier: MIT */
/* The n-th call of libcurl into the kernel fails, once or from then on, for every n until the
 * scenario passes; or everything comes and goes a byte at a time. Whatever happens: every call
 * ends, and says so once; what is told not to have been sent has not been; a POST is delivered once
 * at most; and when the fault is over the next call goes through. */
#include "faults.h"
#include "rig.h"

#include <sys/syscall.h>

/* --- the fault layer: this program's own functions come before the C library's. The server's
 * threads are not struck --- */

enum { SOCKETS = 1, CONNECTS = 2, SENDS = 4, RECEIVES = 8 };

static _Thread_local bool struck_thread;
static bool drips; /* a byte at a time */

static bool strikes(int kind)
{
    return struck_thread && fault_strikes(kind);
}

int socket(int family, int type, int protocol)
{
    return strikes(SOCKETS) ? -1 : (int)syscall(SYS_socket, family, type, protocol);
}

/* By a name of its own, since the header's type for its second argument is a GNU one. */
int faulty_connect(int fd, const void *to, socklen_t n) __asm__("connect");
int faulty_connect(int fd, const void *to, socklen_t n)
{
    return strikes(CONNECTS) ? -1 : (int)syscall(SYS_connect, fd, to, n);
}

ssize_t send(int fd, const void *bytes, size_t n, int flags)
{
    size_t part = struck_thread && drips && n > 1 ? 1 : n;
    return strikes(SENDS) ? -1 : syscall(SYS_sendto, fd, bytes, part, flags, NULL, 0);
}

ssize_t recv(int fd, void *to, size_t n, int flags)
{
    size_t part = struck_thread && drips && n > 1 ? 1 : n;
    return strikes(RECEIVES) ? -1 : syscall(SYS_recvfrom, fd, to, part, flags, NULL, NULL);
}

/* --- the scenario --- */

static bool script_chunked(peer_t *peer, str_t body)
{
    (void)body;
    return peer_say(peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                          "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
}

static bool script_closes(peer_t *peer, str_t body)
{
    (void)body;
    peer_say(peer, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    return false;
}

static const route_t routes[] = {
    {"/ok", script_ok}, {"/chunked", script_chunked}, {"/closes", script_closes}, {NULL, NULL}};

static const struct step {
    ask_t ask;
    const char *body;
} steps[] = {
    {{.target = "/ok"}, "ok"},
    {{.target = "/chunked"}, "hello world"},
    {{.method = "POST", .target = "/ok", .body = STR_INIT("a body"), .once = true}, "ok"},
    {{.target = "/closes"}, "ok"},
    {{.method = "POST", .target = "/closes", .once = true}, "ok"},
    {{.method = "PUT", .target = "/ok", .body = STR_INIT("another body")}, "ok"},
    {{.target = "/ok", .fresh = true}, "ok"},
};

static bool is_fault(upstream_outcome_t outcome)
{
    return outcome == UPSTREAM_UNREACHABLE || outcome == UPSTREAM_BROKEN ||
           outcome == UPSTREAM_TRUNCATED || outcome == UPSTREAM_DENIED;
}

static void take_step(rig_t *rig, const struct step *step)
{
    char request[64];
    snprintf(request, sizeof request, "%s %s", step->ask.method ? step->ask.method : "GET",
             step->ask.target);
    unsigned before = server_count(&rig->server, request);
    unsigned before_it = atomic_load(&fault.struck);
    reply_t reply = rig_ask(rig, &step->ask);
    unsigned delivered = server_count(&rig->server, request) - before;
    if (reply.result.outcome == UPSTREAM_OK) {
        assert_int_equal(reply.status, 200);
        assert_true(str_is(buf_view(&reply.body), step->body));
        assert_true(delivered >= 1);
    } else {
        assert_true(is_fault(reply.result.outcome) && atomic_load(&fault.struck) > before_it);
        assert_true(reply.result.detail[0]);
        assert_true(reply.result.sent || delivered == 0);
    }
    assert_true(!step->ask.once || delivered <= 1);
    reply_fini(&reply);
}

/* Answers false when the scenario was over before the fault. */
static bool run_with_fault(const fault_row_t *row, int n)
{
    rig_t rig;
    rig_start(&rig, routes, NULL);
    struck_thread = true;
    fault_arm(row, n);
    for (size_t i = 0; i < COUNT(steps); i++) {
        take_step(&rig, &steps[i]);
    }
    bool struck = atomic_load(&fault.struck) > 0;
    fault_disarm();
    for (size_t i = 0; i < COUNT(steps); i++) {
        take_step(&rig, &steps[i]); /* without a fault any failure is one */
    }
    struck_thread = false;
    rig_stop(&rig);
    return struck;
}

static void test_every_fault(void **state)
{
    (void)state;
    static const fault_row_t rows[] = {
        {"no descriptor for a moment", SOCKETS, EMFILE, false, 3},
        {"no descriptors", SOCKETS, EMFILE, true, 3},
        {"a connection is refused", CONNECTS, ECONNREFUSED, false, 3},
        {"the network is gone", CONNECTS, ENETUNREACH, true, 3},
        {"a connection is reset while sending", SENDS, ECONNRESET, false, 7},
        {"sending fails", SENDS, EPIPE, true, 7},
        {"a connection is reset while reading", RECEIVES, ECONNRESET, false, 7},
        {"reading fails", RECEIVES, EIO, true, 7},
        {"everything fails", SOCKETS | CONNECTS | SENDS | RECEIVES, ENOMEM, true, 15},
    };
    fault_each(rows, COUNT(rows), run_with_fault);
}

static void test_a_byte_at_a_time(void **state)
{
    (void)state;
    drips = true;
    static const fault_row_t none = {.name = "none"};
    assert_false(run_with_fault(&none, 0));
    drips = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_fault),
        cmocka_unit_test(test_a_byte_at_a_time),
    };
    return cmocka_run_group_tests_name("upstream/faults", tests, NULL, NULL);
}
