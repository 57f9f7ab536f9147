/* SPDX-License-Identifier: MIT */
#include "definition/value/formats.h"

#include "codec/url.h"
#include "definition/value/format_kinds.h"

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
    [FORMAT_DATE] = {format_is_date, "a date such as 2025-12-31"},
    [FORMAT_DATE_TIME] = {format_is_date_time, "a date and time such as 2025-12-31T23:59:59Z"},
    [FORMAT_PEM] = {format_is_pem, "PEM text: -----BEGIN …, base64, -----END …"},
    [FORMAT_BINARY] = {NULL, NULL},
    [FORMAT_BYTE] = {format_is_byte, "base64 with its padding"},
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
