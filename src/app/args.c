/* SPDX-License-Identifier: MIT */
#include "app/args.h"

/* What a command line is read with. */
typedef struct reading {
    const char *const *argv;
    size_t argc, at;
    args_find_t *find;
    const void *context;
} reading_t;

static bool read_flag(reading_t *r, args_t *out, err_t *err)
{
    str_t value = str_of(r->argv[r->at]);
    str_t name = str_cut(&value, '=');
    name = str_slice(name, 2, name.n);
    const flag_t *flag = r->find(r->context, name);
    if (!flag) {
        out->unknown = name;
        return err_set(err, ERR_usage, "there is no flag --%.*s here", STR_ARG(name));
    }
    if (!flag->value && value.p) {
        return err_set(err, ERR_usage, "--%s takes no value", flag->name);
    }
    if (flag->value && !value.p) {
        if (r->at + 1 >= r->argc) {
            return err_set(err, ERR_usage, "--%s needs a value", flag->name);
        }
        value = str_of(r->argv[++r->at]);
    }
    out->flags[out->flag_count++] = (given_flag_t){str_of(flag->name), value};
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
    reading_t r = {argv, argc, 0, find, context};
    bool ended = false;
    for (; r.at < argc; r.at++) {
        const char *word = argv[r.at];
        if (!ended && strcmp(word, "--") == 0) {
            ended = true;
        } else if (!ended && is_flag(word)) {
            if (!read_flag(&r, out, err)) {
                return false;
            }
        } else if (!ended && strcmp(word, "-h") == 0) {
            out->flags[out->flag_count++] = (given_flag_t){STR("help"), STR_NONE};
        } else if (!ended && word[0] == '-' && word[1]) {
            return err_set(err, ERR_usage, "there is no flag %s; flags begin with two dashes",
                           word);
        } else {
            out->words[out->word_count++] = str_of(word);
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
