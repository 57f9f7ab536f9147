/* SPDX-License-Identifier: MIT */
#include "upstream/http_date.h"

enum { MS_A_SECOND = 1000, SECONDS_A_DAY = 86400 };
enum { SHORT_NAME = 3 }; /* "Mon", "Jan" */

static const char *const day_names[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                        "Friday", "Saturday", "Sunday"};
static const char *const month_names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

typedef struct date {
    int year, month, day; /* month from 0 */
    int hour, minute, second;
} date_t;

/* What is left to read; every reader below leaves ok false for good once something does not fit. */
typedef struct cursor {
    str_t rest;
    bool ok;
} cursor_t;

static bool is_day(str_t s, size_t name_bytes)
{
    for (size_t i = 0; i < sizeof day_names / sizeof *day_names; i++) {
        str_t name = str_of(day_names[i]);
        if (str_eq(s, name_bytes ? str_slice(name, 0, name_bytes) : name)) {
            return true;
        }
    }
    return false;
}

bool http_date_is_day_name(str_t s)
{
    return is_day(s, SHORT_NAME) || is_day(s, 0);
}

static str_t take(cursor_t *c, size_t n)
{
    c->ok = c->ok && c->rest.n >= n;
    str_t taken = c->ok ? str_slice(c->rest, 0, n) : STR("");
    c->rest = str_slice(c->rest, n, c->rest.n);
    return taken;
}

static void expect(cursor_t *c, const char *text)
{
    c->ok = str_is(take(c, strlen(text)), text) && c->ok;
}

static int take_number(cursor_t *c, size_t digits)
{
    uint64_t value = 0;
    c->ok = str_to_u64(take(c, digits), &value) && c->ok;
    return (int)value;
}

static int take_month(cursor_t *c)
{
    str_t name = take(c, SHORT_NAME);
    for (int i = 0; i < 12; i++) {
        if (str_is(name, month_names[i])) {
            return i;
        }
    }
    c->ok = false;
    return 0;
}

static void take_time(cursor_t *c, date_t *d)
{
    d->hour = take_number(c, 2);
    expect(c, ":");
    d->minute = take_number(c, 2);
    expect(c, ":");
    d->second = take_number(c, 2);
}

/* Sun, 06 Nov 1994 08:49:37 GMT */
static void take_imf(cursor_t *c, date_t *d)
{
    expect(c, " ");
    d->day = take_number(c, 2);
    expect(c, " ");
    d->month = take_month(c);
    expect(c, " ");
    d->year = take_number(c, 4);
    expect(c, " ");
    take_time(c, d);
    expect(c, " GMT");
}

/* Sunday, 06-Nov-94 08:49:37 GMT; year is of two digits yet */
static void take_rfc850(cursor_t *c, date_t *d)
{
    expect(c, " ");
    d->day = take_number(c, 2);
    expect(c, "-");
    d->month = take_month(c);
    expect(c, "-");
    d->year = take_number(c, 2);
    expect(c, " ");
    take_time(c, d);
    expect(c, " GMT");
}

/* Sun Nov  6 08:49:37 1994 */
static void take_asctime(cursor_t *c, date_t *d)
{
    d->month = take_month(c);
    expect(c, " ");
    if (c->rest.n && c->rest.p[0] == ' ') {
        take(c, 1);
        d->day = take_number(c, 1);
    } else {
        d->day = take_number(c, 2);
    }
    expect(c, " ");
    take_time(c, d);
    expect(c, " ");
    d->year = take_number(c, 4);
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 1 && is_leap(year) ? 29 : days[month];
}

/* Days since 1970-01-01 of the proleptic Gregorian calendar. */
static int64_t days_of(int year, int month, int day)
{
    /* The year begins in March, so that the leap day is its last. */
    int64_t y = month < 2 ? year - 1 : year;
    int64_t m = (month + 10) % 12;
    int64_t in_year = (153 * m + 2) / 5 + day - 1;
    return y * 365 + y / 4 - y / 100 + y / 400 + in_year - 719468;
}

static int year_of_ms(int64_t ms)
{
    int64_t days = ms / MS_A_SECOND / SECONDS_A_DAY;
    int year = (int)(1970 + days / 366);
    while (days_of(year + 1, 0, 1) <= days) {
        year++;
    }
    return year;
}

/* RFC 9110 5.6.7: a year more than 50 years ahead is the most recent past one with these digits. */
static int full_year(int two_digits, int now)
{
    int year = now - now % 100 + two_digits;
    if (year > now + 50) {
        return year - 100;
    }
    return year < now - 49 ? year + 100 : year;
}

/* 60: a leap second. The calendar begins with the year 1. */
static bool exists(const date_t *d)
{
    return d->year >= 1 && d->day >= 1 && d->day <= days_in_month(d->year, d->month) &&
           d->hour <= 23 && d->minute <= 59 && d->second <= 60;
}

static cursor_t behind(str_t s, size_t from)
{
    return (cursor_t){str_slice(s, from, s.n), true};
}

bool http_date_parse(str_t s, int64_t now_ms, int64_t *out)
{
    date_t d = {0};
    size_t comma = str_index(s, ',');
    cursor_t c = {s, false};
    if (comma == SIZE_MAX && s.n > SHORT_NAME && s.p[SHORT_NAME] == ' ') {
        c = behind(s, SHORT_NAME + 1);
        take_asctime(&c, &d);
        c.ok = c.ok && is_day(str_slice(s, 0, SHORT_NAME), SHORT_NAME);
    } else if (comma == SHORT_NAME) {
        c = behind(s, comma + 1);
        take_imf(&c, &d);
        c.ok = c.ok && is_day(str_slice(s, 0, comma), SHORT_NAME);
    } else if (comma != SIZE_MAX) {
        c = behind(s, comma + 1);
        take_rfc850(&c, &d);
        d.year = full_year(d.year, year_of_ms(now_ms));
        c.ok = c.ok && is_day(str_slice(s, 0, comma), 0);
    }
    if (!c.ok || c.rest.n || !exists(&d)) {
        return false;
    }
    int64_t seconds = d.hour * 3600 + d.minute * 60 + d.second;
    *out = (days_of(d.year, d.month, d.day) * SECONDS_A_DAY + seconds) * MS_A_SECOND;
    return true;
}
