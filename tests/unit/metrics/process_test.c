/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "metrics/process.h"

static double value_of(const exposition_t *e, metric_t m)
{
    str_t line = buf_view(&e->samples[m]);
    size_t blank = str_index(line, ' ');
    assert_true(blank != SIZE_MAX);
    char number[64] = "";
    memcpy(number, line.p + blank, line.n - blank < sizeof number ? line.n - blank : 0);
    return strtod(number, NULL);
}

static double expose_one(metric_t m)
{
    exposition_t e;
    exposition_init(&e);
    process_expose(&e);
    double value = value_of(&e, m);
    exposition_fini(&e);
    return value;
}

static void says_what_the_kernel_says(void **state)
{
    (void)state;
    double now = (double)time(NULL);
    double start = expose_one(METRIC_PROCESS_START);
    assert_true(start > now - 3600 && start <= now + 2);
    assert_true(expose_one(METRIC_PROCESS_RSS) > 1e6);
    assert_true(expose_one(METRIC_PROCESS_VIRTUAL) > expose_one(METRIC_PROCESS_RSS));
    assert_true(expose_one(METRIC_PROCESS_MAX_FDS) >= 64);
    for (clock_t end = clock() + CLOCKS_PER_SEC / 20; clock() < end;) {
    }
    assert_true(expose_one(METRIC_PROCESS_CPU) >= 0.03);
}

static void open_files_are_counted(void **state)
{
    (void)state;
    double before = expose_one(METRIC_PROCESS_FDS);
    int fds[5];
    for (int i = 0; i < 5; i++) {
        fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    assert_true(expose_one(METRIC_PROCESS_FDS) == before + 5);
    for (int i = 0; i < 5; i++) {
        close(fds[i]);
    }
    assert_true(expose_one(METRIC_PROCESS_FDS) == before);
}

/* The name stands before the numbers, in brackets, and may look like them. */
static void an_odd_name_does_not_confuse_it(void **state)
{
    (void)state;
    static const char *const names[] = {") R 1 1 1", "((()))", "a b c", "1 2 3)"};
    double before = expose_one(METRIC_PROCESS_START);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        prctl(PR_SET_NAME, names[i]);
        assert_true(expose_one(METRIC_PROCESS_START) == before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_the_kernel_says),
        cmocka_unit_test(open_files_are_counted),
        cmocka_unit_test(an_odd_name_does_not_confuse_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
