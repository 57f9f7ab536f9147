/* SPDX-License-Identifier: MIT */
#include "codec/cookie.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* --- dates (RFC 6265 5.1.1) --- */

typedef struct date {
    int64_t year, month, day, second; /* of the day; -1: not seen yet */
} date_t;

/* Leading digits of a token, from least to most many; -1: not so many. */
static int64_t take_number(str_t *token, size_t least, size_t most)
{
    int64_t number = 0;
    size_t n = 0;
    while (n < token->n && n <= most && is_digit(token->p[n])) {
        number = number * 10 + (token->p[n++] - '0');
    }
    if (n < least || n > most) {
        return -1;
    }
    *token = str_slice(*token, n, token->n);
    return number;
}

static bool take_colon(str_t *token)
{
    bool there = token->n && token->p[0] == ':';
    *token = str_slice(*token, there ? 1 : 0, token->n);
    return there;
}

/* hh:mm:ss */
static bool read_time(date_t *d, str_t token)
{
    int64_t hour = take_number(&token, 1, 2);
    int64_t minute = hour >= 0 && take_colon(&token) ? take_number(&token, 1, 2) : -1;
    int64_t second = minute >= 0 && take_colon(&token) ? take_number(&token, 1, 2) : -1;
    if (d->second >= 0 || second < 0) {
        return false;
    }
    d->second = hour < 24 && minute < 60 && second < 60 ? hour * 3600 + minute * 60 + second : -2;
    return true;
}

static bool read_day(date_t *d, str_t token)
{
    int64_t day = d->day < 0 ? take_number(&token, 1, 2) : -1;
    d->day = day >= 0 ? day : d->day;
    return day >= 0;
}

static bool read_month(date_t *d, str_t token)
{
    static const char *const NAMES[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                        "jul", "aug", "sep", "oct", "nov", "dec"};
    for (size_t i = 0; d->month < 0 && i < 12; i++) {
        if (str_eq_nocase(str_slice(token, 0, 3), str_of(NAMES[i]))) {
            d->month = (int64_t)i + 1;
            return true;
        }
    }
    return false;
}

static bool read_year(date_t *d, str_t token)
{
    bool is_long = token.n >= 4 && is_digit(token.p[2]) && is_digit(token.p[3]);
    int64_t year = d->year < 0 ? take_number(&token, is_long ? 4 : 2, is_long ? 4 : 2) : -1;
    if (year >= 0) {
        d->year = is_long ? year : year < 70 ? 2000 + year : 1900 + year;
    }
    return year >= 0;
}

/* What the grammar has between tokens. */
static bool is_between(char c)
{
    return !is_digit(c) && c != ':' && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z');
}

static str_t next_token(str_t *rest)
{
    size_t from = 0;
    while (from < rest->n && is_between(rest->p[from])) {
        from++;
    }
    size_t to = from;
    while (to < rest->n && !is_between(rest->p[to])) {
        to++;
    }
    str_t token = str_slice(*rest, from, to);
    *rest = str_slice(*rest, to, rest->n);
    return token;
}

/* Days from the epoch to a day of the Gregorian calendar, whose years begin in March here. */
static int64_t days_before(const date_t *d)
{
    int64_t y = d->year - (d->month <= 2);
    int64_t month = (d->month + 9) % 12;
    int64_t era = y / 400;
    int64_t of_era = y % 400;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * month + 2) / 5 +
           d->day - 1 - 719468;
}

bool cookie_date(str_t text, int64_t *out)
{
    date_t d = {-1, -1, -1, -1};
    for (str_t token = next_token(&text); token.n; token = next_token(&text)) {
        (void)(read_time(&d, token) || read_day(&d, token) || read_month(&d, token) ||
               read_year(&d, token));
    }
    if (d.year < 1601 || d.month < 1 || d.day < 1 || d.day > 31 || d.second < 0) {
        return false;
    }
    *out = days_before(&d) * 86400 + d.second;
    return true;
}

/* --- the field (RFC 6265 5.2) --- */

/* Max-Age of nothing, or of less. False where it is no number and so ignored. */
static bool read_max_age(str_t value, bool *expired)
{
    bool negative = value.n && value.p[0] == '-';
    bool positive = false;
    for (size_t i = negative ? 1 : 0; i < value.n; i++) {
        if (!is_digit(value.p[i])) {
            return false;
        }
        positive = positive || value.p[i] != '0';
    }
    bool is_number = value.n > (negative ? 1 : 0);
    *expired = is_number && (negative || !positive);
    return is_number;
}

static void read_attributes(str_t rest, int64_t now_ms, cookie_t *out)
{
    bool has_max_age = false;
    while (rest.p) {
        str_t value = str_cut(&rest, ';');
        str_t name = str_trim(str_cut(&value, '='));
        value = str_trim(value);
        int64_t until_s;
        if (str_eq_nocase(name, STR("max-age"))) {
            has_max_age = read_max_age(value, &out->expired) || has_max_age;
        } else if (!has_max_age && str_eq_nocase(name, STR("expires")) &&
                   cookie_date(value, &until_s)) {
            out->expired = until_s * 1000 <= now_ms;
        }
    }
}

bool cookie_read(str_t field, int64_t now_ms, cookie_t *out)
{
    str_t rest = field;
    str_t value = str_cut(&rest, ';');
    str_t name = str_trim(str_cut(&value, '='));
    *out = (cookie_t){.name = name, .value = str_trim(value)};
    if (!name.n || !value.p) {
        return false;
    }
    read_attributes(rest, now_ms, out);
    return true;
}
