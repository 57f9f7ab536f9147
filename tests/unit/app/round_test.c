/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "app/round.h"

enum { LOOPS = 3, ROUNDS = 200 };

static uint64_t times_back(int fd)
{
    uint64_t times = 0;
    return read(fd, &times, sizeof times) == (ssize_t)sizeof times ? times : 0;
}

static void test_every_loop_is_passed_in_order(void **state)
{
    (void)state;
    loop_t *loops[LOOPS];
    round_t r;
    int fd = eventfd(0, EFD_NONBLOCK);
    round_init(&r, fd);
    for (int i = 0; i < LOOPS; i++) {
        loops[i] = loop_new();
        round_add(&r, loops[i]);
    }
    for (int again = 0; again < 2; again++) {
        assert_true(round_start(&r));
        assert_false(round_start(&r)); /* it is under way */
        for (int i = LOOPS; i-- > 1;) {
            loop_turn(loops[i], 0); /* not its turn yet */
        }
        for (int i = 0; i < LOOPS; i++) {
            assert_int_equal(times_back(fd), 0); /* one that does not turn holds it up */
            loop_turn(loops[i], 0);
        }
        assert_int_equal(times_back(fd), 1);
    }
    for (int i = 0; i < LOOPS; i++) {
        loop_free(loops[i]);
    }
    close(fd);
}

static void test_without_loops_it_is_back_at_once(void **state)
{
    (void)state;
    round_t r;
    int fd = eventfd(0, EFD_NONBLOCK);
    round_init(&r, fd);
    assert_true(round_start(&r));
    assert_int_equal(times_back(fd), 1);
    close(fd);
}

static void *run_loop(void *context)
{
    loop_run(context);
    return NULL;
}

static void test_through_threads(void **state)
{
    (void)state;
    loop_t *loops[LOOPS];
    pthread_t threads[LOOPS];
    round_t r;
    int fd = eventfd(0, 0);
    round_init(&r, fd);
    for (int i = 0; i < LOOPS; i++) {
        loops[i] = loop_new();
        round_add(&r, loops[i]);
        assert_int_equal(pthread_create(&threads[i], NULL, run_loop, loops[i]), 0);
    }
    for (int i = 0; i < ROUNDS; i++) {
        assert_true(round_start(&r));
        assert_int_equal(times_back(fd), 1);
    }
    for (int i = 0; i < LOOPS; i++) {
        loop_stop(loops[i]);
        pthread_join(threads[i], NULL);
        loop_free(loops[i]);
    }
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_loop_is_passed_in_order),
        cmocka_unit_test(test_without_loops_it_is_back_at_once),
        cmocka_unit_test(test_through_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
