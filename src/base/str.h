/* SPDX-License-Identifier: MIT */
/* Borrowed byte strings. A str_t never owns its bytes and need not end in NUL; whoever made it says how
 * long the bytes live. {NULL, 0} means "absent"; {"", 0} means "empty". */
#ifndef TENON_BASE_STR_H
#define TENON_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct str {
    const char *p;
    size_t n;
} str_t;

/* A string literal as str_t. */
#define STR(literal) ((str_t){"" literal, sizeof(literal) - 1})
/* The same for static initialisers. */
#define STR_INIT(literal) {"" literal, sizeof(literal) - 1}
#define STR_NONE ((str_t){NULL, 0})
/* For printf: printf("%.*s", STR_ARG(s)). */
#define STR_ARG(s) (int)(s).n, (s).p ? (s).p : ""

/* c may be NULL: absent. */
static inline str_t str_of(const char *c)
{
    return c ? (str_t){c, strlen(c)} : STR_NONE;
}
static inline str_t str_at(const void *p, size_t n)
{
    return (str_t){p, n};
}
static inline bool str_eq(str_t a, str_t b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
static inline bool str_is(str_t a, const char *c)
{
    return str_eq(a, str_of(c));
}

/* ASCII only, whatever the locale. */
bool str_eq_nocase(str_t a, str_t b);
bool str_starts(str_t s, str_t prefix);
bool str_ends(str_t s, str_t suffix);
bool str_ends_nocase(str_t s, str_t suffix);
/* memcmp order, shorter first. */
int str_compare(str_t a, str_t b);
/* Index of the first c or of the first needle at or after from; SIZE_MAX where there is none. */
size_t str_index(str_t s, char c);
size_t str_find(str_t s, str_t needle, size_t from);
/* s[from, to), both cut to the length. */
str_t str_slice(str_t s, size_t from, size_t to);
/* Without leading and trailing blanks, tabs, CR and LF. */
str_t str_trim(str_t s);
/* Cuts s at the first sep: answers what stands before it and leaves the rest in *s. Where there is no sep
 * the whole of s is answered and *s becomes absent. */
str_t str_cut(str_t *s, char sep);
/* True where every byte belongs to well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates). */
bool str_is_utf8(str_t s);
/* A token of HTTP (RFC 9110 5.6.2): names of headers and methods. */
bool str_is_token(str_t s);
/* Number of code points of well-formed UTF-8. */
size_t str_code_points(str_t s);
/* Decimal digits only, no sign, no blanks; false on overflow or an empty string. */
bool str_to_u64(str_t s, uint64_t *out);
/* Optional '-' then decimal digits. */
bool str_to_i64(str_t s, int64_t *out);
/* A NUL-terminated heap copy; free() it. */
char *str_dup(str_t s);

char ascii_lower(char c);
bool ascii_is_alnum(char c);
bool ascii_is_digit(char c);
/* 0-15, or -1. */
int ascii_hex_value(char c);

/* Edit distance (insert, delete, replace, swap of neighbours) up to limit; limit + 1 where it is larger.
 * For "did you mean": strings over 64 bytes answer limit + 1. */
unsigned str_distance(str_t a, str_t b, unsigned limit);

#endif
