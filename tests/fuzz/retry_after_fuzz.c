/* SPDX-License-Identifier: MIT */
/* How long a service asks to wait. The input is lines of `Name: value`; the first line, without a
 * name, is the header that the definition names. A pause is never negative, never beyond an hour,
 * and one more value never shortens it. */
#include <time.h>

#include "fuzz.h"
#include "upstream/http_date.h"
#include "upstream/message.h"

enum { HEADERS_MAX = 8 };
static const int64_t NOW_MS = INT64_C(1795300000000);
static const int64_t HOUR_MS = 3600 * 1000;

static size_t read_headers(str_t text, message_header_t *headers)
{
    size_t count = 0;
    while (text.n && count < HEADERS_MAX) {
        str_t value = str_cut(&text, '\n');
        str_t name = str_cut(&value, ':');
        headers[count++] = (message_header_t){name, value.p ? str_trim(value) : STR("")};
    }
    return count;
}

static void check_pause(int64_t pause_ms)
{
    REQUIRE(pause_ms >= 0 && pause_ms <= HOUR_MS);
}

/* As IMF-fixdate, the date reads as the same moment. */
static void check_date(str_t text)
{
    int64_t at_ms;
    int64_t again_ms;
    char written[64];
    struct tm tm;
    if (!http_date_parse(text, NOW_MS, &at_ms)) {
        return;
    }
    time_t at_s = (time_t)(at_ms / 1000);
    REQUIRE(at_ms % 1000 == 0 && gmtime_r(&at_s, &tm));
    REQUIRE(tm.tm_year >= -1900 && tm.tm_year <= 9999 - 1900 + 1);
    if (tm.tm_year > 9999 - 1900) {
        return; /* a leap second at the end of time */
    }
    snprintf(written, sizeof written, "%s, %02d %s %04d %02d:%02d:%02d GMT",
             (const char *[]){"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}[tm.tm_wday],
             tm.tm_mday,
             (const char *[]){"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
                              "Nov", "Dec"}[tm.tm_mon],
             tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
    REQUIRE(http_date_parse(str_of(written), NOW_MS, &again_ms) && again_ms == at_ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str_t rest = str_at(data, size);
    str_t named = fuzz_line(&rest);
    message_header_t headers[HEADERS_MAX + 1];
    size_t count = read_headers(rest, headers);
    int64_t retry_ms = message_retry_after_ms(headers, count, NOW_MS);
    int64_t pause_ms = message_pause_ms(headers, count, NOW_MS, named);
    check_pause(retry_ms);
    check_pause(pause_ms);
    REQUIRE(retry_ms == 0 || pause_ms == retry_ms);
    headers[count] = (message_header_t){STR("retry-after"), STR("5")};
    int64_t longer_ms = message_retry_after_ms(headers, count + 1, NOW_MS);
    REQUIRE(longer_ms == (retry_ms > 5000 ? retry_ms : 5000));
    for (size_t i = 0; i < count; i++) {
        check_date(headers[i].value);
        check_pause(message_retry_after_ms(
            &(message_header_t){STR("Retry-After"), headers[i].value}, 1, NOW_MS));
    }
    return 0;
}
