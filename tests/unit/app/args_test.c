/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "app/args.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static const flag_t *find(const void *context, str_t name)
{
    static const flag_t flags[] = {{"name", "NAME", "A name.", NULL},
                                   {"json", NULL, "JSON.", NULL},
                                   {"help", NULL, "Help.", NULL}};
    (void)context;
    for (size_t i = 0; i < COUNT(flags); i++) {
        if (str_is(name, flags[i].name)) {
            return &flags[i];
        }
    }
    return NULL;
}

typedef struct row {
    const char *argv[6];
    const char *words; /* joined by blanks; NULL: refused */
    const char *name;  /* value of --name, or what the error says */
    bool json;
} row_t;

static void check(const row_t *row)
{
    arena_t *arena = arena_new(0);
    err_t err = ERR_INIT;
    args_t args;
    size_t argc = 0;
    while (argc < COUNT(row->argv) && row->argv[argc]) {
        argc++;
    }
    bool ok = args_read(arena, row->argv, argc, find, NULL, &args, &err);
    char words[128] = "";
    for (size_t i = 0; ok && i < args.word_count; i++) {
        snprintf(words + strlen(words), sizeof words - strlen(words), "%s%.*s", i ? " " : "",
                 STR_ARG(args.words[i]));
    }
    if (!row->words) {
        assert_false(ok);
        assert_int_equal(err.code, ERR_usage);
        assert_non_null(strstr(err.text, row->name));
    } else {
        assert_true(ok);
        assert_string_equal(words, row->words);
        str_t name = args_value(&args, "name");
        assert_true(row->name ? str_is(name, row->name) : !name.p);
        assert_int_equal(args_has(&args, "json"), row->json);
    }
    arena_free(arena);
}

static void tells_flags_from_words(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {{"a", "b=c"}, "a b=c", NULL, false},
        {{"a", "--json", "b"}, "a b", NULL, true},
        {{"--name", "x", "a"}, "a", "x", false},
        {{"--name=x=y", "a"}, "a", "x=y", false},
        {{"--name="}, "", "", false},
        {{"--name", "--json"}, "", "--json", false},
        {{"--name", "a", "--name", "b"}, "", "b", false},
        {{"-", "--", "--json", "-x"}, "- --json -x", NULL, false},
        {{"--name"}, NULL, "--name needs a value", false},
        {{"--json=1"}, NULL, "--json takes no value", false},
        {{"--jsn"}, NULL, "no flag --jsn", false},
        {{"-j"}, NULL, "two dashes", false},
        {{"-h", "a"}, "a", NULL, false},
        {{NULL}, "", NULL, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        check(&rows[i]);
    }
}

static void tells_the_flag_that_there_is_not(void **state)
{
    (void)state;
    static const char *const argv[] = {"a", "--jsn=1", "--nme"};
    arena_t *arena = arena_new(0);
    err_t err = ERR_INIT;
    args_t args;
    assert_false(args_read(arena, argv, COUNT(argv), find, NULL, &args, &err));
    assert_true(str_is(args.unknown, "jsn"));
    arena_free(arena);
}

static void answers_every_value_of_a_flag(void **state)
{
    (void)state;
    const char *argv[] = {"--name", "a", "--json", "--name", "b"};
    arena_t *arena = arena_new(0);
    err_t err = ERR_INIT;
    args_t args;
    str_t value;
    size_t at = 0;
    assert_true(args_read(arena, argv, COUNT(argv), find, NULL, &args, &err));
    assert_true(args_next(&args, "name", &at, &value) && str_is(value, "a"));
    assert_true(args_next(&args, "name", &at, &value) && str_is(value, "b"));
    assert_false(args_next(&args, "name", &at, &value));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_flags_from_words),
        cmocka_unit_test(tells_the_flag_that_there_is_not),
        cmocka_unit_test(answers_every_value_of_a_flag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
