/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "app/help.h"

static bool is_sentence(const char *text)
{
    size_t n = text ? strlen(text) : 0;
    return n > 3 && text[n - 1] == '.' && !strchr(text, '\n') && !strchr(text, '|');
}

static void check_usages(const command_t *command)
{
    assert_true(command->usage_count > 0);
    for (size_t i = 0; i < command->usage_count; i++) {
        const usage_t *u = &command->usages[i];
        assert_true(!u->run != !u->talk);
        assert_true(u->least <= u->most);
        assert_non_null(u->words);
        /* either verbs, each told, or one usage without */
        assert_true(u->verb ? is_sentence(u->summary) : command->usage_count == 1);
    }
}

static bool has_verb(const command_t *command, const char *verb)
{
    for (size_t i = 0; i < command->usage_count; i++) {
        if (command->usages[i].verb && strcmp(command->usages[i].verb, verb) == 0) {
            return true;
        }
    }
    return false;
}

static void check_flags(const command_t *command)
{
    for (size_t i = 0; i < command->flag_count; i++) {
        const flag_t *flag = &command->flags[i];
        assert_true(is_sentence(flag->help));
        assert_true(!flag->verb || has_verb(command, flag->verb));
        assert_null(option_of_flag(str_of(flag->name)));
        for (size_t k = 0; k < COMMON_FLAG_COUNT; k++) {
            assert_string_not_equal(flag->name, COMMON_FLAGS[k].name);
        }
    }
}

static void every_command_tells_of_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        const command_t *command = COMMANDS[i];
        assert_ptr_equal(command_find(str_of(command->name)), command);
        assert_true(strlen(command->summary) > 3 &&
                    command->summary[strlen(command->summary) - 1] != '.');
        assert_true(command->group < GROUP_COUNT);
        assert_true(command->hidden || command->example_count > 0);
        check_usages(command);
        check_flags(command);
    }
}

static void help_says_how_a_command_is_written(void **state)
{
    (void)state;
    buf_t text;
    buf_init(&text, HELP_BYTES_MAX);
    help_command(command_find(STR("key")), &text);
    const char *help = buf_c(&text);
    assert_int_equal(strncmp(help, "Usage: tenon key add [--admin]", 30), 0);
    assert_non_null(strstr(help, "\n       tenon key revoke ID [--json]\n"));
    assert_non_null(strstr(help, "\n  --admin            A key that may do everything.\n"));
    assert_non_null(strstr(help, "\n  --url URL "));
    assert_null(strstr(help, "--listen"));
    buf_clear(&text);
    help_command(command_find(STR("serve")), &text);
    for (size_t i = 0; i < OPTION_COUNT_ALL; i++) {
        if (OPTIONS[i].flag && OPTIONS[i].key) {
            assert_non_null(strstr(buf_c(&text), OPTIONS[i].flag));
        }
    }
    buf_fini(&text);
}

static void the_overview_lists_what_is_not_hidden(void **state)
{
    (void)state;
    buf_t text;
    buf_init(&text, HELP_BYTES_MAX);
    help_overview(&text);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        bool listed = strstr(buf_c(&text), COMMANDS[i]->summary) != NULL;
        assert_int_equal(listed, !COMMANDS[i]->hidden);
    }
    buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_tells_of_itself),
        cmocka_unit_test(help_says_how_a_command_is_written),
        cmocka_unit_test(the_overview_lists_what_is_not_hidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
