/* SPDX-License-Identifier: MIT */
#include "base/str.h"

#include "base/mem.h"
#include "base/utf8.h"

char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool ascii_is_alnum(char c)
{
    char lower = ascii_lower(c);
    return ascii_is_digit(c) || (lower >= 'a' && lower <= 'z');
}

int ascii_hex_value(char c)
{
    char lower = ascii_lower(c);
    if (ascii_is_digit(c)) {
        return c - '0';
    }
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool str_eq_nocase(str_t a, str_t b)
{
    if (a.n != b.n) {
        return false;
    }
    for (size_t i = 0; i < a.n; i++) {
        if (ascii_lower(a.p[i]) != ascii_lower(b.p[i])) {
            return false;
        }
    }
    return true;
}

bool str_starts(str_t s, str_t prefix)
{
    return prefix.n <= s.n && str_eq(str_slice(s, 0, prefix.n), prefix);
}

static str_t tail(str_t s, size_t n)
{
    return str_slice(s, s.n - n, s.n);
}

bool str_ends(str_t s, str_t suffix)
{
    return suffix.n <= s.n && str_eq(tail(s, suffix.n), suffix);
}

bool str_ends_nocase(str_t s, str_t suffix)
{
    return suffix.n <= s.n && str_eq_nocase(tail(s, suffix.n), suffix);
}

int str_compare(str_t a, str_t b)
{
    size_t common = a.n < b.n ? a.n : b.n;
    int order = common ? memcmp(a.p, b.p, common) : 0;
    return order ? order : (a.n > b.n) - (a.n < b.n);
}

size_t str_index(str_t s, char c)
{
    const char *at = s.n ? memchr(s.p, c, s.n) : NULL;
    return at ? (size_t)(at - s.p) : SIZE_MAX;
}

size_t str_find(str_t s, str_t needle, size_t from)
{
    if (from > s.n || needle.n > s.n - from) {
        return SIZE_MAX;
    }
    if (needle.n == 0) {
        return from;
    }
    const char *at = memmem(s.p + from, s.n - from, needle.p, needle.n);
    return at ? (size_t)(at - s.p) : SIZE_MAX;
}

str_t str_slice(str_t s, size_t from, size_t to)
{
    if (to > s.n) {
        to = s.n;
    }
    if (from > to) {
        from = to;
    }
    return s.p ? (str_t){s.p + from, to - from} : s;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

str_t str_trim(str_t s)
{
    while (s.n && is_blank(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n && is_blank(s.p[s.n - 1])) {
        s.n--;
    }
    return s;
}

str_t str_cut(str_t *s, char sep)
{
    str_t whole = *s;
    size_t at = str_index(whole, sep);
    if (at == SIZE_MAX) {
        *s = STR_NONE;
        return whole;
    }
    *s = str_slice(whole, at + 1, whole.n);
    return str_slice(whole, 0, at);
}

/* Bytes at the start that are ASCII, eight at a time: nearly all text is. */
static size_t ascii_run(const char *p, size_t n)
{
    size_t at = 0;
    uint64_t eight;
    for (; n - at >= sizeof eight; at += sizeof eight) {
        memcpy(&eight, p + at, sizeof eight);
        if (eight & UINT64_C(0x8080808080808080)) {
            break;
        }
    }
    while (at < n && (unsigned char)p[at] < 0x80) {
        at++;
    }
    return at;
}

bool str_is_utf8(str_t s)
{
    for (size_t at = 0; at < s.n;) {
        at += ascii_run(s.p + at, s.n - at);
        if (at == s.n) {
            break;
        }
        uint32_t code_point;
        size_t length = utf8_decode(s.p + at, s.n - at, &code_point);
        if (length == 0) {
            return false;
        }
        at += length;
    }
    return true;
}

bool str_is_token(str_t s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!ascii_is_alnum(s.p[i]) && (s.p[i] == 0 || !strchr("!#$%&'*+-.^_`|~", s.p[i]))) {
            return false;
        }
    }
    return s.n > 0;
}

size_t str_code_points(str_t s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.n; i++) {
        count += ((unsigned char)s.p[i] & 0xc0U) != 0x80;
    }
    return count;
}

bool str_to_u64(str_t s, uint64_t *out)
{
    uint64_t value = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (!ascii_is_digit(s.p[i]) || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(s.p[i] - '0'), &value)) {
            return false;
        }
    }
    if (s.n == 0) {
        return false;
    }
    *out = value;
    return true;
}

bool str_to_i64(str_t s, int64_t *out)
{
    bool negative = s.n && s.p[0] == '-';
    uint64_t ceiling = (uint64_t)INT64_MAX + negative;
    uint64_t size;
    if (!str_to_u64(negative ? str_slice(s, 1, s.n) : s, &size) || size > ceiling) {
        return false;
    }
    /* Minus in unsigned arithmetic, where the smallest value is no overflow. */
    *out = (int64_t)(negative ? 0 - size : size);
    return true;
}

char *str_dup(str_t s)
{
    char *copy = mem_alloc(s.n + 1);
    if (s.n) {
        memcpy(copy, s.p, s.n);
    }
    return copy;
}

enum { DISTANCE_BYTES_MAX = 64 };

/* The rows of the matrix for one byte of a, the one before and the two before. */
typedef struct distance_rows {
    unsigned here[DISTANCE_BYTES_MAX + 1];
    unsigned above[DISTANCE_BYTES_MAX + 1];
    unsigned higher[DISTANCE_BYTES_MAX + 1];
} distance_rows_t;

static unsigned least_of(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static void fill_row(distance_rows_t *rows, str_t a, size_t i, str_t b)
{
    rows->here[0] = (unsigned)i;
    for (size_t j = 1; j <= b.n; j++) {
        unsigned replaced = rows->above[j - 1] + (a.p[i - 1] != b.p[j - 1]);
        unsigned moved = least_of(rows->above[j], rows->here[j - 1]) + 1;
        rows->here[j] = least_of(replaced, moved);
        if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1]) {
            rows->here[j] = least_of(rows->here[j], rows->higher[j - 2] + 1);
        }
    }
}

unsigned str_distance(str_t a, str_t b, unsigned limit)
{
    if (a.n > DISTANCE_BYTES_MAX || b.n > DISTANCE_BYTES_MAX) {
        return limit + 1;
    }
    distance_rows_t rows = {{0}, {0}, {0}};
    for (size_t j = 0; j <= b.n; j++) {
        rows.here[j] = (unsigned)j;
    }
    for (size_t i = 1; i <= a.n; i++) {
        memcpy(rows.higher, rows.above, sizeof rows.higher);
        memcpy(rows.above, rows.here, sizeof rows.above);
        fill_row(&rows, a, i, b);
    }
    return rows.here[b.n] > limit ? limit + 1 : rows.here[b.n];
}
