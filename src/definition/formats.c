/* SPDX-License-Identifier: MIT */
#include "definition/formats.h"

#include "base/utf8.h"
#include "codec/url.h"

static bool is_hostname(str_t text)
{
    return url_is_hostname(text);
}

/* FORMAT 4: https. */
static bool is_uri(str_t text)
{
    url_t url;
    err_t err = ERR_INIT;
    arena_t *arena = arena_new(0);
    bool fits = url_parse_in(arena, text, &url, &err) && str_is(url.scheme, "https");
    arena_free(arena);
    return fits;
}

/* An addr-spec without quoting and comments (RFC 5321 4.1.2, 4.5.3.1; RFC 6531 for what is not
 * ASCII). */
static bool is_email(str_t text)
{
    enum { LOCAL_MAX = 64, WHOLE_MAX = 254 };
    size_t at = str_index(text, '@');
    if (at == SIZE_MAX || at == 0 || at > LOCAL_MAX || text.n > WHOLE_MAX) {
        return false;
    }
    for (size_t i = 0; i < at; i++) {
        char c = text.p[i];
        bool dot_ends = c == '.' && (i == 0 || i + 1 == at || text.p[i + 1] == '.');
        if ((unsigned char)c <= ' ' || c == '\x7f' || strchr("()<>[]:;\\,\"", c) || dot_ends) {
            return false;
        }
    }
    return url_is_hostname(str_slice(text, at + 1, text.n));
}

/* RFC 4122 3 */
static bool is_uuid(str_t text)
{
    static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (text.n != sizeof shape - 1) {
        return false;
    }
    for (size_t i = 0; i < text.n; i++) {
        if (shape[i] == 'x' ? ascii_hex_value(text.p[i]) < 0 : text.p[i] != '-') {
            return false;
        }
    }
    return true;
}

/* --- dates --- */

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

static bool is_date(str_t text)
{
    return take_date(&text) && text.n == 0;
}

/* RFC 3339 5.6, leap seconds included. */
static bool is_date_time(str_t text)
{
    unsigned second;
    return take_date(&text) && (take_char(&text, 'T') || take_char(&text, 't')) &&
           take_hours(&text) && take_char(&text, ':') && take_digits(&text, 2, &second) &&
           second <= 60 && take_fraction(&text) && is_offset(text);
}

/* --- encodings --- */

static bool is_base64_char(char c)
{
    return ascii_is_alnum(c) || c == '+' || c == '/';
}

/* RFC 4648 4, padded. */
static bool is_byte(str_t text)
{
    size_t padding = 0;
    while (padding < 2 && padding < text.n && text.p[text.n - 1 - padding] == '=') {
        padding++;
    }
    for (size_t i = 0; i + padding < text.n; i++) {
        if (!is_base64_char(text.p[i])) {
            return false;
        }
    }
    return text.n % 4 == 0;
}

/* Index behind blanks and line ends, also those that a form has spelt `\n`. */
static size_t skip_line_ends(str_t text, size_t at)
{
    while (at < text.n) {
        if (strchr(" \t\r\n", text.p[at])) {
            at++;
        } else if (text.p[at] == '\\' && at + 1 < text.n && strchr("nr", text.p[at + 1])) {
            at += 2;
        } else {
            break;
        }
    }
    return at;
}

static bool is_pem_label(str_t label)
{
    for (size_t i = 0; i < label.n; i++) {
        bool fits = (label.p[i] >= 'A' && label.p[i] <= 'Z') || ascii_is_digit(label.p[i]) ||
                    (label.p[i] == ' ' && i > 0 && i + 1 < label.n);
        if (!fits) {
            return false;
        }
    }
    return label.n > 0;
}

static bool is_pem_body(str_t body)
{
    size_t bytes = 0;
    size_t at = skip_line_ends(body, 0);
    while (at < body.n && (is_base64_char(body.p[at]) || body.p[at] == '=')) {
        bytes++;
        at = skip_line_ends(body, at + 1);
    }
    return at == body.n && bytes >= 4;
}

/* Takes text up to mark and mark itself. */
static bool take_until(str_t *rest, str_t mark, str_t *before)
{
    size_t at = str_find(*rest, mark, 0);
    if (at == SIZE_MAX) {
        return false;
    }
    *before = str_slice(*rest, 0, at);
    *rest = str_slice(*rest, at + mark.n, rest->n);
    return true;
}

/* One block of RFC 7468, and the blanks behind it. */
static bool take_pem_block(str_t *rest)
{
    str_t label;
    str_t body;
    str_t last;
    if (!str_starts(*rest, STR("-----BEGIN "))) {
        return false;
    }
    *rest = str_slice(*rest, sizeof "-----BEGIN " - 1, rest->n);
    if (!take_until(rest, STR("-----"), &label) || !take_until(rest, STR("-----END "), &body) ||
        !take_until(rest, STR("-----"), &last)) {
        return false;
    }
    *rest = str_slice(*rest, skip_line_ends(*rest, 0), rest->n);
    return is_pem_label(label) && str_eq(label, last) && is_pem_body(body);
}

/* One block or several, as a certificate with its chain. */
static bool is_pem(str_t text)
{
    text = str_slice(text, skip_line_ends(text, 0), text.n);
    do {
        if (!take_pem_block(&text)) {
            return false;
        }
    } while (text.n > 0);
    return true;
}

/* --- integers as text --- */

/* Decimal as JSON writes it. */
static bool is_integer_between(str_t text, int64_t least, int64_t most)
{
    int64_t value;
    str_t digits = str_starts(text, STR("-")) ? str_slice(text, 1, text.n) : text;
    bool leading = digits.n > 1 && digits.p[0] == '0';
    return !leading && !str_is(text, "-0") && str_to_i64(text, &value) && value >= least &&
           value <= most;
}

static bool is_int32(str_t text)
{
    return is_integer_between(text, INT32_MIN, INT32_MAX);
}

static bool is_int64(str_t text)
{
    return is_integer_between(text, INT64_MIN, INT64_MAX);
}

/* --- the table --- */

static const struct {
    bool (*fits)(str_t text);
    const char *expected;
} formats[] = {
    [FORMAT_NONE] = {NULL, NULL},
    [FORMAT_HOSTNAME] = {is_hostname, "a host name such as api.example.com"},
    [FORMAT_URI] = {is_uri, "a URL that begins with https://"},
    [FORMAT_EMAIL] = {is_email, "an e-mail address"},
    [FORMAT_UUID] = {is_uuid, "a UUID such as 123e4567-e89b-12d3-a456-426614174000"},
    [FORMAT_DATE] = {is_date, "a date such as 2025-12-31"},
    [FORMAT_DATE_TIME] = {is_date_time, "a date and time such as 2025-12-31T23:59:59Z"},
    [FORMAT_PEM] = {is_pem, "PEM text: -----BEGIN …, base64, -----END …"},
    [FORMAT_BINARY] = {NULL, NULL},
    [FORMAT_BYTE] = {is_byte, "base64 with its padding"},
    [FORMAT_INT32] = {is_int32, "an integer of 32 bits"},
    [FORMAT_INT64] = {is_int64, "an integer of 64 bits"},
    [FORMAT_OTHER] = {NULL, NULL},
};

bool format_fits(schema_format_t format, str_t text)
{
    return !formats[format].fits || formats[format].fits(text);
}

const char *format_expected(schema_format_t format)
{
    return formats[format].expected;
}
