/* SPDX-License-Identifier: MIT */
/* The words of a command line: flags and what is no flag. Knows no command. Pure. */
#ifndef TENON_APP_ARGS_H
#define TENON_APP_ARGS_H

#include "base/arena.h"
#include "base/err.h"

typedef struct flag {
    const char *name; /* without dashes */
    const char
        *value; /* what stands behind it in the help, --name VALUE or --name=VALUE; NULL: nothing */
    const char *help; /* what it does */
    const char *verb; /* the only one that takes it; NULL: all */
} flag_t;

typedef struct given_flag {
    str_t name, value; /* absent value: none */
} given_flag_t;

typedef struct args {
    str_t *words; /* in their order, without the flags */
    size_t word_count;
    given_flag_t *flags;
    size_t flag_count;
    str_t unknown; /* of a usage error: the flag that there is not, without dashes */
} args_t;

/* Finds the flag of a name, or answers NULL. */
typedef const flag_t *args_find_t(const void *context, str_t name);
/* words borrow argv. `--` ends the flags; a lone `-` is a word; `-h` is --help. Error: usage. */
CHECKED bool args_read(arena_t *arena, const char *const *argv, size_t argc, args_find_t *find,
                       const void *context, args_t *out, err_t *err);
bool args_has(const args_t *a, const char *flag);
/* The last one's value; absent where it is not given. */
str_t args_value(const args_t *a, const char *flag);
/* for (size_t at = 0; args_next(a, "connection", &at, &value);) */
bool args_next(const args_t *a, const char *flag, size_t *at, str_t *value);

#endif
