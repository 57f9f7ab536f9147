/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "app/program.h"
#include "base/clock.h"
#include "base/mem.h"

enum { OUTPUT_MAX = 256 * 1024 };

static buf_t output;

/* Runs a line of a shell; answers what it printed, or NULL and *err. */
static const char *shell(const char *line, str_t input, bool inherits, err_t *err)
{
    const char *const words[] = {"/bin/sh", "-c", line, NULL};
    const program_t program = {
        .words = words, .input = input, .inherits = inherits, .timeout_ms = 10000};
    *err = ERR_INIT;
    buf_clear(&output);
    return program_run(&program, &output, err) ? buf_c(&output) : NULL;
}

static int begin(void **state)
{
    (void)state;
    buf_init_wiping(&output, OUTPUT_MAX);
    return 0;
}

static int end(void **state)
{
    (void)state;
    buf_fini(&output);
    return 0;
}

static void gives_input_and_takes_output(void **state)
{
    (void)state;
    err_t err;
    assert_string_equal(shell("cat", STR("bytes"), false, &err), "bytes");
    assert_string_equal(shell("cat; printf more", STR_NONE, false, &err), "more");
    assert_string_equal(shell("printf done", STR("unread"), false, &err), "done");
    char *large = mem_alloc(200000);
    memset(large, 'x', 200000);
    assert_int_equal(strlen(shell("cat", str_at(large, 200000), false, &err)), 200000);
    assert_string_equal(shell("exec <&-; printf deaf", str_at(large, 200000), false, &err), "deaf");
    free(large);
}

static void hands_on_the_environment_only_where_it_may(void **state)
{
    (void)state;
    err_t err;
    setenv("CANARY", "1", 1);
    assert_string_equal(shell("printf \"$CANARY\"", STR_NONE, true, &err), "1");
    assert_string_equal(shell("printf \"$CANARY\"", STR_NONE, false, &err), "");
    unsetenv("CANARY");
}

static void tells_what_became_of_it(void **state)
{
    (void)state;
    static const struct {
        const char *line, *told;
    } rows[] = {
        {"printf secret; exit 3", "/bin/sh ended with status 3"},
        {"kill -9 $$", "/bin/sh was ended by signal 9"},
        {"while :; do echo 0123456789012345678901234567890123456789; done",
         "/bin/sh prints too much"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        err_t err;
        assert_null(shell(rows[i].line, STR_NONE, false, &err));
        assert_int_equal(err.code, ERR_configuration);
        assert_string_equal(err.text, rows[i].told);
    }
    err_t err = ERR_INIT;
    const char *const words[] = {"/nowhere", NULL};
    assert_false(program_run(&(program_t){.words = words, .timeout_ms = 1000}, &output, &err));
    assert_non_null(strstr(err.text, "/nowhere: No such file"));
}

/* With what it started, and whether it holds its output or lets go of it. */
static void ends_what_takes_too_long(void **state)
{
    (void)state;
    static const char *const lines[] = {"sleep 60 & sleep 60", "exec >&-; sleep 60"};
    for (size_t i = 0; i < 2; i++) {
        const char *const words[] = {"/bin/sh", "-c", lines[i], NULL};
        err_t err = ERR_INIT;
        buf_clear(&output);
        int64_t began_ms = clock_boot_ms();
        assert_false(program_run(&(program_t){.words = words, .timeout_ms = 100}, &output, &err));
        assert_non_null(strstr(err.text, "did not end in time"));
        assert_true(clock_boot_ms() - began_ms < 20000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_input_and_takes_output),
        cmocka_unit_test(hands_on_the_environment_only_where_it_may),
        cmocka_unit_test(tells_what_became_of_it),
        cmocka_unit_test(ends_what_takes_too_long),
    };
    return cmocka_run_group_tests_name("app/program", tests, begin, end);
}
