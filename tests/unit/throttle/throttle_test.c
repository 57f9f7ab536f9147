/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <pthread.h>

#include "throttle/throttle.h"

static const throttle_limit_t of_connection = {STR_INIT("acme"), 100, 60000};
static const throttle_limit_t of_caller = {STR_INIT("acme/k1"), 10, 1000};

static throttle_seat_t *take_seat(throttle_t *t, const throttle_limit_t *limits, size_t count)
{
    return throttle_seat_take(t, STR("ukg-pro-wfm"), STR("acme"), limits, count);
}

static throttle_verdict_t admit(throttle_seat_t *seat, int64_t now_ms)
{
    throttle_verdict_t verdict;
    throttle_admit(seat, now_ms, &verdict);
    return verdict;
}

static throttle_verdict_t peek(throttle_seat_t *seat, int64_t now_ms)
{
    throttle_verdict_t verdict;
    throttle_peek(seat, now_ms, &verdict);
    return verdict;
}

/* Answers how many of count calls were let through. */
static unsigned burst(throttle_seat_t *seat, int64_t now_ms, unsigned count)
{
    unsigned admitted = 0;
    for (unsigned i = 0; i < count; i++) {
        admitted += admit(seat, now_ms).admitted;
    }
    return admitted;
}

#define assert_verdict(verdict, admitted_, limit_, retry_after_ms_, remaining_, reset_ms_)         \
    do {                                                                                           \
        throttle_verdict_t v_ = (verdict);                                                         \
        assert_int_equal(v_.admitted, admitted_);                                                  \
        assert_int_equal(v_.limit, limit_);                                                        \
        assert_int_equal(v_.retry_after_ms, retry_after_ms_);                                      \
        assert_int_equal(v_.remaining, remaining_);                                                \
        assert_int_equal(v_.reset_ms, reset_ms_);                                                  \
    } while (0)

/* A37: a fixed window lets 200 through here. */
static void test_100_at_59_s_and_100_at_61_s(void **state)
{
    (void)state;
    throttle_t *t = throttle_new();
    throttle_seat_t *seat = take_seat(t, &of_connection, 1);
    assert_int_equal(burst(seat, 59000, 100), 100);
    assert_int_equal(burst(seat, 61000, 100), 0);
    assert_verdict(admit(seat, 61000), false, 0, 58000, 0, 58000);
    assert_int_equal(burst(seat, 118999, 1), 0);
    assert_int_equal(burst(seat, 119000, 200), 100);
    throttle_seat_release(seat);
    throttle_free(t);
}

/* A37: a token bucket and GCRA let 199 through in the first minute. */
static void test_burst_then_one_each_600_ms(void **state)
{
    (void)state;
    throttle_t *t = throttle_new();
    throttle_seat_t *seat = take_seat(t, &of_connection, 1);
    assert_int_equal(burst(seat, 0, 100), 100);
    unsigned admitted = 0;
    for (int64_t now_ms = 600; now_ms < 60000; now_ms += 600) {
        admitted += burst(seat, now_ms, 1);
    }
    assert_int_equal(admitted, 0);
    for (int64_t now_ms = 60000; now_ms < 120000; now_ms += 600) {
        admitted += burst(seat, now_ms, 1);
    }
    assert_int_equal(admitted, 100);
    throttle_seat_release(seat);
    throttle_free(t);
}

static void test_all_limits_or_none(void **state)
{
    (void)state;
    throttle_t *t = throttle_new();
    const throttle_limit_t both[] = {of_connection, of_caller};
    throttle_seat_t *seat = take_seat(t, both, 2);
    throttle_seat_t *connection_alone = take_seat(t, &of_connection, 1);
    throttle_seat_t *caller_alone = take_seat(t, &of_caller, 1);

    assert_verdict(admit(seat, 0), true, 1, 0, 9, 1000);
    assert_int_equal(burst(seat, 0, 20), 9);
    assert_verdict(admit(seat, 400), false, 1, 600, 0, 600);
    assert_verdict(peek(connection_alone, 400), true, 0, 0, 90, 59600); /* refusals took nothing */

    assert_int_equal(burst(connection_alone, 500, 100), 90);
    assert_verdict(admit(seat, 500), false, 0, 59500, 0, 59500); /* the longer wait of the two */
    assert_int_equal(burst(seat, 1000, 1), 0);
    assert_verdict(peek(caller_alone, 1000), true, 0, 0, 10, 0);
    assert_verdict(admit(seat, 60000), true, 1, 0, 9, 1000); /* both have 9 left */

    throttle_seat_release(seat);
    throttle_seat_release(connection_alone);
    throttle_seat_release(caller_alone);
    throttle_free(t);
}

static void test_what_shares_a_window(void **state)
{
    (void)state;
    static const struct {
        const char *connector;
        throttle_limit_t limit;
        bool shared;
    } rows[] = {
        {"a", {STR_INIT("k"), 5, 1000}, true},    {"a", {STR_INIT("k"), 6, 1000}, false},
        {"a", {STR_INIT("k"), 5, 1001}, false},   {"a", {STR_INIT("K"), 5, 1000}, false},
        {"b", {STR_INIT("k"), 5, 1000}, false},   {"a", {STR_INIT(""), 5, 1000}, false},
        {"a", {STR_INIT("k\0"), 5, 1000}, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        throttle_t *t = throttle_new();
        const throttle_limit_t limit = {STR("k"), 5, 1000};
        throttle_seat_t *one = throttle_seat_take(t, STR("a"), STR("g"), &limit, 1);
        throttle_seat_t *other =
            throttle_seat_take(t, str_of(rows[i].connector), STR_NONE, &rows[i].limit, 1);
        assert_int_equal(burst(one, 0, 9), 5);
        assert_int_equal(peek(other, 0).admitted, !rows[i].shared);
        assert_int_equal(throttle_window_count(t), rows[i].shared ? 1 : 2);
        throttle_seat_release(one);
        throttle_seat_release(other);
        throttle_free(t);
    }
}

static void test_one_window_named_twice(void **state)
{
    (void)state;
    throttle_t *t = throttle_new();
    const throttle_limit_t twice[] = {{STR("k"), 3, 1000}, {STR("k"), 3, 1000}};
    throttle_seat_t *seat = take_seat(t, twice, 2);
    assert_int_equal(burst(seat, 0, 9), 3);
    assert_int_equal(admit(seat, 0).remaining, 0);
    assert_int_equal(burst(seat, 1000, 9), 3);
    throttle_seat_release(seat);
    throttle_free(t);
}

static void test_no_limits(void **state)
{
    (void)state;
    throttle_t *t = throttle_new();
    throttle_seat_t *seat = take_seat(t, NULL, 0);
    assert_verdict(admit(seat, 0), true, 0, 0, 0, 0);
    throttle_close_gate(t, STR("ukg-pro-wfm"), STR("acme"), 700);
    assert_verdict(admit(seat, 0), false, 0, 700, 0, 0);
    throttle_seat_release(seat);
    throttle_free(t);
}

static void test_peek_takes_nothing(void **state)
{
    (void)state;
    throttle_t *t = throttle_new();
    throttle_seat_t *seat = take_seat(t, &of_caller, 1);
    for (int i = 0; i < 50; i++) {
        assert_verdict(peek(seat, 0), true, 0, 0, 10, 0);
    }
    assert_int_equal(burst(seat, 0, 20), 10);
    assert_verdict(peek(seat, 1), false, 0, 999, 0, 999);
    throttle_seat_release(seat);
    throttle_free(t);
}

static void test_gate(void **state)
{
    (void)state;
    throttle_t *t = throttle_new();
    throttle_seat_t *seat = take_seat(t, &of_caller, 1);
    assert_int_equal(throttle_gate_until(t, STR("ukg-pro-wfm"), STR("acme")), 0);
    assert_int_equal(throttle_gate_until(t, STR("none"), STR("acme")), 0);
    assert_true(admit(seat, 100).admitted);

    throttle_close_gate(t, STR("ukg-pro-wfm"), STR("acme"), 5000);
    throttle_close_gate(t, STR("ukg-pro-wfm"), STR("acme"), 3000);
    throttle_close_gate(t, STR("ukg-pro-wfm"), STR("other"), 9000);
    throttle_close_gate(t, STR("other"), STR("acme"), 9000);
    assert_int_equal(throttle_gate_until(t, STR("ukg-pro-wfm"), STR("acme")), 5000);

    assert_true(admit(seat, 200).by_gate);
    assert_verdict(admit(seat, 200), false, 0, 4800, 9, 900); /* and took no slot */
    assert_verdict(peek(seat, 4999), false, 0, 1, 10, 0);
    assert_verdict(admit(seat, 5000), true, 0, 0, 9, 1000);
    assert_int_equal(throttle_gate_until(t, STR("ukg-pro-wfm"), STR("acme")), 0);
    throttle_seat_release(seat);
    throttle_free(t);
}

/* Retry-After is the longest wait, and the reason given is the one it comes from. */
static void test_gate_and_limit(void **state)
{
    (void)state;
    throttle_t *t = throttle_new();
    throttle_seat_t *seat = take_seat(t, &of_caller, 1);
    burst(seat, 0, 10);
    throttle_close_gate(t, STR("ukg-pro-wfm"), STR("acme"), 400);
    assert_false(admit(seat, 0).by_gate);
    assert_verdict(admit(seat, 0), false, 0, 1000, 0, 1000);
    throttle_close_gate(t, STR("ukg-pro-wfm"), STR("acme"), 2000);
    assert_true(admit(seat, 0).by_gate);
    assert_verdict(admit(seat, 0), false, 0, 2000, 0, 1000);
    throttle_seat_release(seat);
    throttle_free(t);
}

static void test_sweep(void **state)
{
    (void)state;
    throttle_t *t = throttle_new();
    const throttle_limit_t both[] = {of_connection, of_caller};
    throttle_seat_t *seat = take_seat(t, both, 2);
    assert_int_equal(throttle_window_count(t), 2);
    admit(seat, 0);
    throttle_sweep(t, 70000);
    assert_int_equal(throttle_window_count(t), 2); /* idle, but held */
    assert_verdict(admit(seat, 70000), true, 1, 0, 9, 1000);
    throttle_seat_release(seat);

    throttle_sweep(t, 70500);
    assert_int_equal(throttle_window_count(t), 2); /* not held, but in use */
    throttle_sweep(t, 71000);
    assert_int_equal(throttle_window_count(t), 1);

    seat = take_seat(t, both, 2);
    assert_int_equal(peek(seat, 71000).remaining, 10);
    assert_int_equal(throttle_window_count(t), 2);
    assert_int_equal(burst(seat, 72000, 20), 10);
    throttle_seat_release(seat);
    throttle_sweep(t, 132000);
    assert_int_equal(throttle_window_count(t), 0);
    throttle_free(t);
}

static void test_sweep_keeps_closed_gates(void **state)
{
    (void)state;
    throttle_t *t = throttle_new();
    throttle_close_gate(t, STR("c"), STR("g"), 5000);
    throttle_sweep(t, 4999);
    assert_int_equal(throttle_gate_until(t, STR("c"), STR("g")), 5000);
    throttle_sweep(t, 5000);
    assert_int_equal(throttle_gate_until(t, STR("c"), STR("g")), 0);
    throttle_free(t);
}

/* A call whose clock was read just before a sweep must not make room by being put into the past. */
static void test_time_does_not_go_back_over_a_sweep(void **state)
{
    (void)state;
    throttle_t *t = throttle_new();
    throttle_seat_t *seat = take_seat(t, &of_caller, 1);
    burst(seat, 0, 1);
    throttle_seat_release(seat);
    throttle_sweep(t, 1000);
    assert_int_equal(throttle_window_count(t), 0);
    seat = take_seat(t, &of_caller, 1);
    assert_int_equal(burst(seat, 990, 10), 10);
    assert_verdict(admit(seat, 1990), false, 0, 10, 0, 10);
    throttle_seat_release(seat);
    throttle_free(t);
}

static void test_many_windows_are_swept(void **state)
{
    (void)state;
    enum { CONNECTIONS = 1000 };
    throttle_t *t = throttle_new();
    throttle_seat_t *seats[CONNECTIONS];
    for (uint32_t i = 0; i < CONNECTIONS; i++) {
        throttle_limit_t limit = {str_at(&i, sizeof i), 10, 1000};
        seats[i] = throttle_seat_take(t, STR("c"), limit.key, &limit, 1);
        admit(seats[i], i);
    }
    for (uint32_t i = 0; i < CONNECTIONS; i += 2) {
        throttle_seat_release(seats[i]);
    }
    throttle_sweep(t, CONNECTIONS); /* of the released ones, only the first is idle */
    assert_int_equal(throttle_window_count(t), CONNECTIONS - 1);
    throttle_sweep(t, 2 * CONNECTIONS);
    assert_int_equal(throttle_window_count(t), CONNECTIONS / 2);
    for (uint32_t i = 1; i < CONNECTIONS; i += 2) {
        throttle_seat_release(seats[i]);
    }
    throttle_sweep(t, 2 * CONNECTIONS);
    assert_int_equal(throttle_window_count(t), 0);
    throttle_free(t);
}

/* --- threads --- */

enum { THREADS = 4, ROUNDS = 50, ASKED_EACH = 500 };

typedef struct crowd {
    throttle_t *t;
    throttle_seat_t *seat;
    pthread_barrier_t barrier;
    unsigned admitted[THREADS][ROUNDS];
} crowd_t;

typedef struct member {
    crowd_t *crowd;
    unsigned number;
} member_t;

/* All ask at the same moment of each round; a seat of its own comes and goes beside the shared one.
 */
static void *run_member(void *context)
{
    const member_t *m = context;
    crowd_t *crowd = m->crowd;
    for (unsigned round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&crowd->barrier);
        throttle_seat_t *own = take_seat(crowd->t, &of_caller, 1);
        crowd->admitted[m->number][round] = burst(crowd->seat, (int64_t)round * 30000, ASKED_EACH);
        throttle_seat_release(own);
        if (m->number == 0) {
            throttle_sweep(crowd->t, (int64_t)round * 30000);
        }
        pthread_barrier_wait(&crowd->barrier);
    }
    return NULL;
}

static void test_threads_on_one_seat(void **state)
{
    (void)state;
    static crowd_t crowd;
    const throttle_limit_t limits[] = {{STR("k"), 1000, 60000}, {STR("l"), 1200, 60000}};
    crowd.t = throttle_new();
    crowd.seat = take_seat(crowd.t, limits, 2);
    pthread_barrier_init(&crowd.barrier, NULL, THREADS);
    pthread_t threads[THREADS];
    member_t members[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        members[i] = (member_t){&crowd, i};
        assert_int_equal(pthread_create(&threads[i], NULL, run_member, &members[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned admitted = 0;
        for (unsigned i = 0; i < THREADS; i++) {
            admitted += crowd.admitted[i][round];
        }
        assert_int_equal(admitted, round % 2 ? 0 : 1000); /* rounds are half a window apart */
    }
    pthread_barrier_destroy(&crowd.barrier);
    throttle_seat_release(crowd.seat);
    throttle_free(crowd.t);
}

/* Neither makes a window nor takes a slot. */
static void test_look(void **state)
{
    (void)state;
    throttle_t *t = throttle_new();
    throttle_left_t left;
    throttle_look(t, STR("ukg-pro-wfm"), &of_connection, 1000, &left);
    assert_true(left.calls == 100 && left.reset_ms == 0);
    assert_int_equal(throttle_window_count(t), 0);
    throttle_seat_t *seat = take_seat(t, &of_connection, 1);
    throttle_look(t, STR("ukg-pro-wfm"), &of_connection, 1000, &left);
    assert_true(left.calls == 100 && left.reset_ms == 0);
    burst(seat, 2000, 30);
    burst(seat, 3000, 3);
    for (int i = 0; i < 2; i++) {
        throttle_look(t, STR("ukg-pro-wfm"), &of_connection, 12000, &left);
        assert_true(left.calls == 67 && left.reset_ms == 50000);
        assert_true(left.leaving[49] == 30 && left.leaving[50] == 3); /* by seconds */
    }
    throttle_look(t, STR("ukg-pro-wfm"), &of_caller, 12000, &left);
    assert_int_equal(left.calls, 10);
    throttle_look(t, STR("other"), &of_connection, 12000, &left);
    assert_int_equal(left.calls, 100);
    throttle_look(t, STR("ukg-pro-wfm"), &of_connection, 62500, &left);
    assert_true(left.calls == 97 && left.reset_ms == 500);
    throttle_seat_release(seat);
    throttle_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_100_at_59_s_and_100_at_61_s),
        cmocka_unit_test(test_burst_then_one_each_600_ms),
        cmocka_unit_test(test_all_limits_or_none),
        cmocka_unit_test(test_what_shares_a_window),
        cmocka_unit_test(test_one_window_named_twice),
        cmocka_unit_test(test_no_limits),
        cmocka_unit_test(test_peek_takes_nothing),
        cmocka_unit_test(test_look),
        cmocka_unit_test(test_gate),
        cmocka_unit_test(test_gate_and_limit),
        cmocka_unit_test(test_sweep),
        cmocka_unit_test(test_sweep_keeps_closed_gates),
        cmocka_unit_test(test_time_does_not_go_back_over_a_sweep),
        cmocka_unit_test(test_many_windows_are_swept),
        cmocka_unit_test(test_threads_on_one_seat),
    };
    return cmocka_run_group_tests_name("throttle/throttle", tests, NULL, NULL);
}
