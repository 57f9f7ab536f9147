/* SPDX-License-Identifier: MIT */
/* now(): the time of a request, in UTC, the same in every locale and time zone. */
#include <locale.h>
#include <time.h>

#include "template/template_internal.h"

enum { FORMAT_BYTES_MAX = 128, WRITTEN_BYTES_MAX = 512, OFFSET_DAYS_MAX = 36500 };
static const int64_t DAY_MS = INT64_C(86400000);

static size_t skip_any(str_t s, size_t at, const char *set)
{
    while (at < s.n && s.p[at] && strchr(set, s.p[at])) {
        at++;
    }
    return at;
}

/* Index behind the conversion whose `%` stands at `at`, 0 where it is none. `%s` would go through
 * the machine's time zone; wide fields would be long. */
static size_t skip_conversion(str_t s, size_t at)
{
    size_t width = skip_any(s, at + 1, "-_0^#");
    size_t modifier = skip_any(s, width, "0123456789");
    size_t letter = skip_any(s, modifier, "EO");
    bool known = letter < s.n && s.p[letter] &&
                 strchr("aAbBcCdDeFgGhHIjklmMnpPrRStTuUVwWxXyYzZ%", s.p[letter]);
    return known && modifier - width <= 2 && letter - modifier <= 1 ? letter + 1 : 0;
}

/* Without a conversion it is more likely a mistyped name than a text to send. */
static bool is_strftime(str_t format)
{
    bool converts = false;
    if (format.n > FORMAT_BYTES_MAX || str_index(format, '\0') != SIZE_MAX) {
        return false;
    }
    for (size_t at = 0; at < format.n; at++) {
        if (format.p[at] != '%') {
            continue;
        }
        size_t behind = skip_conversion(format, at);
        if (behind == 0) {
            return false;
        }
        converts = true;
        at = behind - 1;
    }
    return converts;
}

bool now_is_format(str_t format)
{
    return str_is(format, "unix") || str_is(format, "unix_ms") || str_is(format, "iso") ||
           str_is(format, "http") || is_strftime(format);
}

static int64_t unit_ms(str_t unit)
{
    return str_is(unit, "ms")  ? 1
           : str_is(unit, "s") ? 1000
           : str_is(unit, "m") ? 60000
           : str_is(unit, "h") ? 3600000
           : str_is(unit, "d") ? DAY_MS
                               : 0;
}

bool now_read_offset(str_t text, int64_t *offset_ms)
{
    uint64_t count;
    size_t digits_end = skip_any(text, 1, "0123456789");
    int64_t unit = unit_ms(str_slice(text, digits_end, text.n));
    if (text.n == 0 || (text.p[0] != '+' && text.p[0] != '-') || unit == 0 ||
        !str_to_u64(str_slice(text, 1, digits_end), &count) ||
        count > (uint64_t)(OFFSET_DAYS_MAX * DAY_MS / unit)) {
        return false;
    }
    *offset_ms = (text.p[0] == '-' ? -1 : 1) * (int64_t)count * unit;
    return true;
}

static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* IMF-fixdate, RFC 9110 5.6.7. */
static void write_http(buf_t *to, const struct tm *tm)
{
    buf_printf(to, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm->tm_wday], tm->tm_mday,
               months[tm->tm_mon], tm->tm_year + 1900, tm->tm_hour, tm->tm_min, tm->tm_sec);
}

static void write_iso(buf_t *to, const struct tm *tm)
{
    buf_printf(to, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm->tm_year + 1900, tm->tm_mon + 1,
               tm->tm_mday, tm->tm_hour, tm->tm_min, tm->tm_sec);
}

static bool write_strftime(buf_t *to, str_t format, const struct tm *tm)
{
    char pattern[FORMAT_BYTES_MAX + 2];
    char written[WRITTEN_BYTES_MAX];
    memcpy(pattern, format.p, format.n);
    /* A last character of our own tells "too long" from "nothing". */
    memcpy(pattern + format.n, ".", 2);
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!c) {
        return false;
    }
    size_t n = strftime_l(written, sizeof written, pattern, tm, c);
    freelocale(c);
    buf_add(to, written, n ? n - 1 : 0);
    return n > 0;
}

bool now_write(buf_t *to, str_t format, int64_t at_ms)
{
    time_t seconds = (time_t)(at_ms / 1000 - (at_ms % 1000 < 0));
    struct tm tm;
    if (str_is(format, "unix") || str_is(format, "unix_ms")) {
        buf_i64(to, str_is(format, "unix") ? seconds : at_ms);
        return true;
    }
    if (!gmtime_r(&seconds, &tm) || tm.tm_year < -1900 || tm.tm_year > 9999 - 1900) {
        return false;
    }
    if (str_is(format, "iso")) {
        write_iso(to, &tm);
    } else if (str_is(format, "http")) {
        write_http(to, &tm);
    } else {
        return write_strftime(to, format, &tm);
    }
    return true;
}
