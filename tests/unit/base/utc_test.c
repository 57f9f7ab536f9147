/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/utc.h"

static void writes_and_reads(void **state)
{
    static const struct {
        const char *text, *again; /* as it is written; NULL: it is no time */
    } ROWS[] = {
        {"2026-11-29T08:15:30.123Z", "2026-11-29T08:15:30.123Z"},
        {"2026-11-29T08:15:30Z", "2026-11-29T08:15:30.000Z"},
        {"2026-11-29t08:15:30z", "2026-11-29T08:15:30.000Z"},
        {"2026-11-29T08:15:30.123987654+01:30", "2026-11-29T06:45:30.123Z"},
        {"2024-02-29T23:30:00.5-01:00", "2024-03-01T00:30:00.500Z"},
        {"2026-11-29 08:15:30Z", "2026-11-29T08:15:30.000Z"},
        {"1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"},
        {"2026-11-29", NULL},
        {"2026-11-29T08:15:30", NULL},
        {"2026-13-29T08:15:30Z", NULL},
        {"2026-11-32T08:15:30Z", NULL},
        {"2026-11-29T24:15:30Z", NULL},
        {"2026-11-29T08:60:30Z", NULL},
        {"2026-11-29T08:15:30.Z", NULL},
        {"2026-11-29T08:15:30+1:00", NULL},
        {"2026-11-29T08:15:30+24:00", NULL},
        {"2026-11-29T08:15:30Zx", NULL},
        {"2026-11-29T 8:15:30Z", NULL},
        {"+026-11-29T08:15:30Z", NULL},
        {"", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        int64_t ms = -1;
        assert_int_equal(utc_read(str_of(ROWS[i].text), &ms), ROWS[i].again != NULL);
        if (ROWS[i].again) {
            buf_t text;
            buf_init(&text, 64);
            utc_write(&text, ms);
            assert_string_equal(buf_c(&text), ROWS[i].again);
            buf_fini(&text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(writes_and_reads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
