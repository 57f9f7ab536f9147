/* SPDX-License-Identifier: MIT */
/* How long a token lives, in the many ways in which services say so. */
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "codec/json.h"
#include "grant/answer.h"

static const int64_t LIFETIME_MAX_MS = 24LL * 60 * 60 * 1000;

/* A number, or a text that is one ("1800", " 1800 "); NAN where it is none. */
static double number_of(const json_t *value)
{
    if (json_is_number(value)) {
        return json_number_value(value);
    }
    str_t text = str_trim(json_view(value));
    char digits[40];
    if (text.n == 0 || text.n >= sizeof digits) {
        return NAN;
    }
    memcpy(digits, text.p, text.n);
    digits[text.n] = '\0';
    char *end;
    double number = strtod(digits, &end);
    return *end == '\0' && isfinite(number) ? number : NAN;
}

static int64_t clamp_ms(double ms)
{
    return ms <= 0 ? 0 : ms >= (double)LIFETIME_MAX_MS ? LIFETIME_MAX_MS : (int64_t)ms;
}

/* What stands behind the seconds of a date: a fraction, then Z, +02:00, +0200, +02 or nothing
 * (UTC). */
static int64_t zone_ms(const char *rest)
{
    int digits[4] = {0};
    size_t count = 0;
    while (*rest == '.' || ascii_is_digit(*rest)) {
        rest++;
    }
    if (*rest != '+' && *rest != '-') {
        return 0;
    }
    for (const char *at = rest + 1; count < 4 && (ascii_is_digit(*at) || *at == ':'); at++) {
        if (*at != ':') {
            digits[count++] = *at - '0';
        }
    }
    int64_t minutes = (digits[0] * 10 + digits[1]) * 60 + digits[2] * 10 + digits[3];
    return (*rest == '-' ? -60000 : 60000) * minutes;
}

/* expires_at: seconds or milliseconds since the epoch, or an ISO 8601 date; -1 where it is none of
 * these. */
static int64_t lifetime_until(const json_t *at, int64_t wall_ms)
{
    double number = number_of(at);
    if (!isnan(number)) {
        return clamp_ms((number > 1e11 ? number : number * 1000) - (double)wall_ms);
    }
    str_t text = json_view(at);
    char date[40];
    struct tm tm = {0};
    if (text.n < 19 || text.n >= sizeof date) {
        return -1;
    }
    memcpy(date, text.p, text.n);
    date[text.n] = '\0';
    const char *rest = strptime(date, "%Y-%m-%dT%H:%M:%S", &tm);
    return rest ? clamp_ms((double)timegm(&tm) * 1000 - (double)zone_ms(rest) - (double)wall_ms)
                : -1;
}

int64_t answer_lifetime_ms(const grant_definition_t *definition, const json_t *members,
                           int64_t wall_ms)
{
    double seconds = number_of(json_object_get(members, "expires_in"));
    if (!isnan(seconds)) {
        return clamp_ms(floor(seconds) * 1000);
    }
    double ms = number_of(json_object_get(members, "expires_in_ms"));
    if (!isnan(ms)) {
        return clamp_ms(ms);
    }
    int64_t until = lifetime_until(json_object_get(members, "expires_at"), wall_ms);
    if (until >= 0) {
        return until;
    }
    return definition->lifetime_ms ? definition->lifetime_ms : -1;
}
