/* SPDX-License-Identifier: MIT */
/* Set-Cookie as services write it, and what takes a cookie back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/cookie.h"

/* 2026-11-22T03:31:07Z */
static const int64_t NOW_MS = INT64_C(1795318267000);

static void reads_fields(void **state)
{
    (void)state;
    static const struct {
        const char *field, *name, *value; /* name NULL: none */
        bool expired;
    } ROWS[] = {
        {"SID=abc", "SID", "abc", false},
        {" SID = abc ; Path=/; Secure; HttpOnly", "SID", "abc", false},
        {"SID=a=b==; SameSite=Lax", "SID", "a=b==", false},
        {"SID=\"quoted\"", "SID", "\"quoted\"", false},
        {"SID=", "SID", "", false},
        {"SID=x; Max-Age=0", "SID", "x", true},
        {"SID=x; max-age=-1", "SID", "x", true},
        {"SID=x; Max-Age=3600; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "SID", "x", false},
        {"SID=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=3600", "SID", "x", false},
        {"SID=x; Max-Age=soon; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "SID", "x", true},
        {"SID=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/", "SID", "deleted", true},
        {"SID=x; Expires=Sun, 22 Nov 2026 03:31:07 GMT", "SID", "x", true},
        {"SID=x; Expires=Sun, 22 Nov 2026 03:31:08 GMT", "SID", "x", false},
        {"SID=x; Expires=never", "SID", "x", false},
        {"SID=x; Max-Age", "SID", "x", false},
        {"SID", NULL, NULL, false},
        {"=abc", NULL, NULL, false},
        {"", NULL, NULL, false},
        {"; Secure", NULL, NULL, false},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        cookie_t cookie;
        bool found = cookie_read(str_of(ROWS[i].field), NOW_MS, &cookie);
        if (found != (ROWS[i].name != NULL)) {
            fail_msg("%s", ROWS[i].field);
        }
        if (found && (!str_is(cookie.name, ROWS[i].name) || !str_is(cookie.value, ROWS[i].value) ||
                      cookie.expired != ROWS[i].expired)) {
            fail_msg("%s: `%.*s` = `%.*s`%s", ROWS[i].field, STR_ARG(cookie.name),
                     STR_ARG(cookie.value), cookie.expired ? ", expired" : "");
        }
    }
}

static void reads_dates_in_any_order(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds; /* -1: none */
    } ROWS[] = {
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Sun Nov  6 08:49:37 1994", 784111777},
        {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
        {"06 November 1994 8:49:37", 784111777},
        {"08:49:37 1994 Nov 6", 784111777},
        {"Tue, 29-Feb-2028 12:00:00 GMT", 1835438400},
        {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
        {"Mon, 01 Jan 69 00:00:00 GMT", 3124224000},
        {"Thu, 01 Jan 1600 00:00:00 GMT", -1},
        {"Thu, 32 Jan 1970 00:00:00 GMT", -1},
        {"Thu, 01 Jan 1970 24:00:00 GMT", -1},
        {"Thu, 01 Jan 1970", -1},
        {"Jan 1970 00:00:00", -1},
        {"", -1},
        {"1 2 3 4 5 6 7 8 9", -1},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        int64_t seconds = -1;
        if (!cookie_date(str_of(ROWS[i].text), &seconds)) {
            seconds = -1;
        }
        if (seconds != ROWS[i].seconds) {
            fail_msg("%s: %lld", ROWS[i].text, (long long)seconds);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_fields),
        cmocka_unit_test(reads_dates_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
