/* SPDX-License-Identifier: MIT */
#include "app/args.h"

static bool read_flag(const char *const *argv, size_t argc, size_t *at, args_find_t *find,
                      const void *context, given_flag_t *out, err_t *err)
{
    str_t value = str_of(argv[*at]);
    str_t name = str_cut(&value, '=');
    name = str_slice(name, 2, name.n);
    const flag_t *flag = find(context, name);
    if (!flag) {
        return err_set(err, ERR_usage, "there is no flag --%.*s here", STR_ARG(name));
    }
    if (!flag->has_value && value.p) {
        return err_set(err, ERR_usage, "--%s takes no value", flag->name);
    }
    if (flag->has_value && !value.p) {
        if (*at + 1 >= argc) {
            return err_set(err, ERR_usage, "--%s needs a value", flag->name);
        }
        value = str_of(argv[++*at]);
    }
    *out = (given_flag_t){str_of(flag->name), value};
    return true;
}

static bool is_flag(const char *word)
{
    return word[0] == '-' && word[1] == '-' && word[2];
}

bool args_read(arena_t *arena, const char *const *argv, size_t argc, args_find_t *find,
               const void *context, args_t *out, err_t *err)
{
    *out = (args_t){.words = arena_array_of(arena, str_t, argc + 1),
                    .flags = arena_array_of(arena, given_flag_t, argc + 1)};
    bool ended = false;
    for (size_t i = 0; i < argc; i++) {
        if (!ended && strcmp(argv[i], "--") == 0) {
            ended = true;
        } else if (!ended && is_flag(argv[i])) {
            if (!read_flag(argv, argc, &i, find, context, &out->flags[out->flag_count], err)) {
                return false;
            }
            out->flag_count++;
        } else if (!ended && argv[i][0] == '-' && argv[i][1]) {
            return err_set(err, ERR_usage, "there is no flag %s; flags begin with two dashes",
                           argv[i]);
        } else {
            out->words[out->word_count++] = str_of(argv[i]);
        }
    }
    return true;
}

bool args_next(const args_t *a, const char *flag, size_t *at, str_t *value)
{
    while (*at < a->flag_count) {
        const given_flag_t *given = &a->flags[(*at)++];
        if (str_is(given->name, flag)) {
            *value = given->value;
            return true;
        }
    }
    return false;
}

bool args_has(const args_t *a, const char *flag)
{
    size_t at = 0;
    str_t ignored;
    return args_next(a, flag, &at, &ignored);
}

str_t args_value(const args_t *a, const char *flag)
{
    str_t value = STR_NONE;
    for (size_t at = 0; args_next(a, flag, &at, &value);) {
    }
    return value;
}
