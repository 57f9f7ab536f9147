/* SPDX-License-Identifier: MIT */
#include "upstream/message.h"

#include "upstream/http_date.h"

enum { MS_A_SECOND = 1000, PAUSE_MAX_MS = 3600 * MS_A_SECOND };

/* A reset header holds seconds up to the first bound and an epoch from the second; what lies
 * between, or further ahead than the third, is neither. */
enum { RESET_SECONDS_MAX = 1000000, RESET_EPOCH_MIN = 1000000000, RESET_AHEAD_MAX_S = 31 * 86400 };

str_t message_header_get(const message_header_t *headers, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq_nocase(headers[i].name, str_of(name))) {
            return headers[i].value;
        }
    }
    return STR_NONE;
}

/* The caller's array may be of any size and anyone's, so adding always copies it. */
static void append(arena_t *arena, upstream_request_t *request, message_header_t header)
{
    message_header_t *grown = arena_array_of(arena, message_header_t, request->header_count + 1);
    for (size_t i = 0; i < request->header_count; i++) {
        grown[i] = request->headers[i];
    }
    grown[request->header_count++] = header;
    request->headers = grown;
}

void message_header_set(arena_t *arena, upstream_request_t *request, str_t name, str_t value)
{
    message_header_t header = {name, value};
    bool placed = false;
    size_t kept = 0;
    for (size_t i = 0; i < request->header_count; i++) {
        if (!str_eq_nocase(request->headers[i].name, name)) {
            request->headers[kept++] = request->headers[i];
        } else if (!placed) {
            request->headers[kept++] = header;
            placed = true;
        }
    }
    request->header_count = kept;
    if (!placed) {
        append(arena, request, header);
    }
}

bool message_header_value_ok(str_t value)
{
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        if (c != '\t' && (c < 0x20 || c > 0x7E)) {
            return false;
        }
    }
    return true;
}

/* --- Retry-After --- */

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Clamped: also a number of seconds that no integer holds asks for the longest pause. */
static int64_t ms_of_seconds(uint64_t seconds)
{
    return seconds > PAUSE_MAX_MS / MS_A_SECOND ? PAUSE_MAX_MS : (int64_t)seconds * MS_A_SECOND;
}

static bool all_digits(str_t s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!ascii_is_digit(s.p[i])) {
            return false;
        }
    }
    return s.n > 0;
}

/* delay-seconds. A fraction, which services send though the RFC has none, is rounded up. */
static bool read_seconds(str_t s, int64_t *ms)
{
    str_t fraction = s;
    str_t whole = str_cut(&fraction, '.');
    if (!all_digits(whole) || (fraction.p && !all_digits(fraction))) {
        return false;
    }
    uint64_t seconds = 0;
    if (!str_to_u64(whole, &seconds)) {
        *ms = PAUSE_MAX_MS;
        return true;
    }
    for (size_t i = 0; i < fraction.n; i++) {
        if (fraction.p[i] != '0') {
            seconds += seconds < UINT64_MAX;
            break;
        }
    }
    *ms = ms_of_seconds(seconds);
    return true;
}

static int64_t ms_until(int64_t at_ms, int64_t wall_ms)
{
    int64_t left_ms = at_ms - wall_ms;
    return left_ms <= 0 ? 0 : left_ms > PAUSE_MAX_MS ? PAUSE_MAX_MS : left_ms;
}

/* Cuts one value of the list off; the comma behind a day's name belongs to a date. */
static str_t next_value(str_t *rest)
{
    str_t from = *rest;
    str_t value = str_cut(rest, ',');
    if (rest->p && http_date_is_day_name(str_trim(value))) {
        str_t behind = str_cut(rest, ',');
        value = str_at(from.p, (size_t)(behind.p + behind.n - from.p));
    }
    return str_trim(value);
}

static int64_t pause_of_field(str_t field, int64_t wall_ms)
{
    int64_t longest_ms = 0;
    while (field.p) {
        str_t value = next_value(&field);
        int64_t ms = 0;
        int64_t at_ms;
        if (!read_seconds(value, &ms) && http_date_parse(value, wall_ms, &at_ms)) {
            ms = ms_until(at_ms, wall_ms);
        }
        longest_ms = larger(longest_ms, ms);
    }
    return longest_ms;
}

int64_t message_retry_after_ms(const message_header_t *headers, size_t count, int64_t wall_ms)
{
    int64_t longest_ms = 0;
    for (size_t i = 0; i < count; i++) {
        if (str_eq_nocase(headers[i].name, STR("Retry-After"))) {
            longest_ms = larger(longest_ms, pause_of_field(headers[i].value, wall_ms));
        }
    }
    return longest_ms;
}

/* --- RateLimit: a structured field, list of items with parameters (RFC 9651 3.1) --- */

static void skip_blanks(str_t *s)
{
    while (s->n && (*s->p == ' ' || *s->p == '\t')) {
        *s = str_slice(*s, 1, s->n);
    }
}

static bool take_char(str_t *s, char c)
{
    if (s->n == 0 || *s->p != c) {
        return false;
    }
    *s = str_slice(*s, 1, s->n);
    return true;
}

static bool take_quoted(str_t *s)
{
    size_t at = 1;
    while (at < s->n && s->p[at] != '"') {
        at += s->p[at] == '\\' ? 2 : 1;
    }
    if (at >= s->n) {
        return false;
    }
    *s = str_slice(*s, at + 1, s->n);
    return true;
}

/* A bare item: its text for what stands without quotes, empty for a string. */
static bool take_bare(str_t *s, str_t *text)
{
    if (s->n && *s->p == '"') {
        *text = STR("");
        return take_quoted(s);
    }
    size_t n = 0;
    while (n < s->n && !strchr(";,= \t\"", s->p[n])) {
        n++;
    }
    *text = str_slice(*s, 0, n);
    *s = str_slice(*s, n, s->n);
    return n > 0;
}

typedef struct quota {
    bool spent;       /* r=0 */
    uint64_t reset_s; /* t */
} quota_t;

static bool take_parameters(str_t *s, quota_t *quota)
{
    while (take_char(s, ';')) {
        str_t key;
        str_t text = STR("");
        uint64_t value = 0;
        skip_blanks(s);
        if (!take_bare(s, &key) || (take_char(s, '=') && !take_bare(s, &text))) {
            return false;
        }
        bool wanted = str_is(key, "r") || str_is(key, "t");
        if (wanted && !str_to_u64(text, &value)) {
            return false;
        }
        if (str_is(key, "r")) {
            quota->spent = value == 0;
        } else if (str_is(key, "t")) {
            quota->reset_s = value;
        }
    }
    return true;
}

/* The longest of the spent quotas; 0 for a field that cannot be read. */
static int64_t pause_of_rate_limit(str_t field)
{
    int64_t longest_ms = 0;
    str_t rest = str_trim(field);
    while (rest.n) {
        str_t name;
        quota_t quota = {false, 0};
        if (!take_bare(&rest, &name) || !take_parameters(&rest, &quota)) {
            return 0;
        }
        if (quota.spent) {
            longest_ms = larger(longest_ms, ms_of_seconds(quota.reset_s));
        }
        skip_blanks(&rest);
        if (rest.n && !take_char(&rest, ',')) {
            return 0;
        }
        skip_blanks(&rest);
    }
    return longest_ms;
}

/* --- the header that a definition names --- */

static int64_t pause_of_reset(str_t value, int64_t wall_ms)
{
    uint64_t number;
    if (!str_to_u64(str_trim(value), &number)) {
        return 0;
    }
    if (number <= RESET_SECONDS_MAX) {
        return ms_of_seconds(number);
    }
    uint64_t latest = (uint64_t)(wall_ms / MS_A_SECOND) + RESET_AHEAD_MAX_S;
    if (number < RESET_EPOCH_MIN || number > latest) {
        return 0;
    }
    return ms_until((int64_t)number * MS_A_SECOND, wall_ms);
}

static bool name_is(str_t a, str_t b)
{
    return b.n > 0 && str_eq_nocase(a, b);
}

int64_t message_pause_ms(const message_header_t *headers, size_t count, int64_t wall_ms,
                         str_t epoch_header)
{
    int64_t pause_ms = message_retry_after_ms(headers, count, wall_ms);
    for (size_t i = 0; i < count && pause_ms == 0; i++) {
        if (name_is(headers[i].name, STR("RateLimit"))) {
            pause_ms = pause_of_rate_limit(headers[i].value);
        }
    }
    for (size_t i = 0; i < count && pause_ms == 0; i++) {
        if (name_is(headers[i].name, epoch_header)) {
            pause_ms = pause_of_reset(headers[i].value, wall_ms);
        }
    }
    return pause_ms;
}
