/* SPDX-License-Identifier: MIT */
#include "base/utc.h"

#include <time.h>

enum { DATE_TIME = 19, TEXT_MAX = 40, MINUTE_MS = 60 * 1000 };

void utc_write(buf_t *to, int64_t wall_ms)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    buf_printf(to, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900, utc.tm_mon + 1,
               utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, (int)(wall_ms % 1000));
}

/* ".123" at the beginning of *rest; what is finer than milliseconds is cut off. */
static bool read_fraction(str_t *rest, int *ms)
{
    int weight = 100;
    size_t digits = 0;
    *ms = 0;
    if (!rest->n || rest->p[0] != '.') {
        return true;
    }
    *rest = str_slice(*rest, 1, rest->n);
    for (; digits < rest->n && ascii_is_digit(rest->p[digits]); digits++) {
        *ms += weight * (rest->p[digits] - '0');
        weight /= 10;
    }
    *rest = str_slice(*rest, digits, rest->n);
    return digits > 0;
}

static bool read_offset(str_t rest, int *minutes)
{
    uint64_t hours = 0, more = 0;
    if (str_eq_nocase(rest, STR("Z"))) {
        *minutes = 0;
        return true;
    }
    bool ok = rest.n == 6 && (rest.p[0] == '+' || rest.p[0] == '-') && rest.p[3] == ':' &&
              str_to_u64(str_slice(rest, 1, 3), &hours) && hours < 24 &&
              str_to_u64(str_slice(rest, 4, 6), &more) && more < 60;
    *minutes = (int)(hours * 60 + more) * (ok && rest.p[0] == '-' ? -1 : 1);
    return ok;
}

/* "2026-11-29T08:15:30": digits stand where they stand. */
static bool read_date_time(str_t text, struct tm *t)
{
    static const struct {
        size_t at, to;
        char behind;
        uint64_t least, most;
    } PARTS[] = {{0, 4, '-', 0, 9999}, {5, 7, '-', 1, 12},   {8, 10, 'T', 1, 31},
                 {11, 13, ':', 0, 23}, {14, 16, ':', 0, 59}, {17, 19, 0, 0, 60}};
    int *const to[] = {&t->tm_year, &t->tm_mon, &t->tm_mday, &t->tm_hour, &t->tm_min, &t->tm_sec};
    bool ok = text.n >= DATE_TIME;
    for (size_t i = 0; ok && i < sizeof PARTS / sizeof *PARTS; i++) {
        uint64_t number = 0;
        char behind = PARTS[i].behind, is = text.p[PARTS[i].to % text.n];
        ok = str_to_u64(str_slice(text, PARTS[i].at, PARTS[i].to), &number) &&
             number >= PARTS[i].least && number <= PARTS[i].most &&
             (!behind || is == behind || (behind == 'T' && (is == 't' || is == ' ')));
        *to[i] = (int)number;
    }
    t->tm_year -= 1900;
    t->tm_mon--;
    return ok;
}

bool utc_read(str_t text, int64_t *wall_ms)
{
    struct tm t = {0};
    int ms, offset;
    str_t rest = str_slice(text, DATE_TIME, text.n);
    if (text.n > TEXT_MAX || !read_date_time(text, &t) || !read_fraction(&rest, &ms) ||
        !read_offset(rest, &offset)) {
        return false;
    }
    *wall_ms = (int64_t)timegm(&t) * 1000 + ms - (int64_t)offset * MINUTE_MS;
    return true;
}
