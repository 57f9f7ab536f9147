/* SPDX-License-Identifier: MIT */
/* Set-Cookie fields as services send them. The input is the field. What is read of it stands in it,
 * and only what the field says about its end takes a cookie back. */
#include "codec/cookie.h"
#include "fuzz.h"

static const int64_t NOW_MS = INT64_C(1795318267000);
static const int64_t YEAR_S = 31557600;

static bool is_within(str_t part, str_t whole)
{
    return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static bool mentions(str_t text, str_t word)
{
    for (size_t i = 0; i + word.n <= text.n; i++) {
        if (str_eq_nocase(str_slice(text, i, i + word.n), word)) {
            return true;
        }
    }
    return false;
}

static void check_date(str_t text)
{
    int64_t seconds = 0;
    if (cookie_date(text, &seconds)) {
        REQUIRE(seconds >= -370 * YEAR_S && seconds <= 8031 * YEAR_S);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str_t field = str_at(data, size);
    cookie_t cookie;
    check_date(field);
    if (!cookie_read(field, NOW_MS, &cookie)) {
        return 0;
    }
    REQUIRE(cookie.name.n && is_within(cookie.name, field) && is_within(cookie.value, field));
    REQUIRE(str_index(cookie.name, '=') == SIZE_MAX && str_index(cookie.name, ';') == SIZE_MAX);
    REQUIRE(str_index(cookie.value, ';') == SIZE_MAX);
    REQUIRE(!cookie.expired || mentions(field, STR("max-age")) || mentions(field, STR("expires")));
    return 0;
}
