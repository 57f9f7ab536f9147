/* SPDX-License-Identifier: MIT */
#include "definition/value/format_kinds.h"

/* Takes exactly `digits` digits off the front. */
static bool take_digits(str_t *rest, size_t digits, unsigned *value)
{
    uint64_t number = 0;
    if (rest->n < digits || !str_to_u64(str_slice(*rest, 0, digits), &number)) {
        return false;
    }
    *value = (unsigned)number;
    *rest = str_slice(*rest, digits, rest->n);
    return true;
}

static bool take_char(str_t *rest, char c)
{
    if (rest->n == 0 || rest->p[0] != c) {
        return false;
    }
    *rest = str_slice(*rest, 1, rest->n);
    return true;
}

static unsigned days_of_month(unsigned year, unsigned month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* RFC 3339 5.6: full-date */
static bool take_date(str_t *rest)
{
    unsigned year;
    unsigned month;
    unsigned day;
    return take_digits(rest, 4, &year) && take_char(rest, '-') && take_digits(rest, 2, &month) &&
           take_char(rest, '-') && take_digits(rest, 2, &day) && month >= 1 && month <= 12 &&
           day >= 1 && day <= days_of_month(year, month);
}

/* hh:mm */
static bool take_hours(str_t *rest)
{
    unsigned hour;
    unsigned minute;
    return take_digits(rest, 2, &hour) && take_char(rest, ':') && take_digits(rest, 2, &minute) &&
           hour <= 23 && minute <= 59;
}

static bool take_fraction(str_t *rest)
{
    if (!take_char(rest, '.')) {
        return true;
    }
    size_t digits = 0;
    while (digits < rest->n && ascii_is_digit(rest->p[digits])) {
        digits++;
    }
    *rest = str_slice(*rest, digits, rest->n);
    return digits > 0;
}

static bool is_offset(str_t rest)
{
    if (rest.n == 1) {
        return rest.p[0] == 'Z' || rest.p[0] == 'z';
    }
    return (take_char(&rest, '+') || take_char(&rest, '-')) && take_hours(&rest) && rest.n == 0;
}

bool format_is_date(str_t text)
{
    return take_date(&text) && text.n == 0;
}

bool format_is_date_time(str_t text)
{
    unsigned second;
    return take_date(&text) && (take_char(&text, 'T') || take_char(&text, 't')) &&
           take_hours(&text) && take_char(&text, ':') && take_digits(&text, 2, &second) &&
           second <= 60 && take_fraction(&text) && is_offset(text);
}
