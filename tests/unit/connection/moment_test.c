/* SPDX-License-Identifier: MIT */
/* How old something is that another process wrote: never younger than it can be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/clock.h"
#include "connection/moment.h"

enum { SOME_MS = 100, HOUR_MS = 3600 * 1000, DAY_MS = 24 * HOUR_MS };

/* Written so long ago by each clock. */
static int64_t age_of(const char *boot_id, int64_t wall_ms, int64_t boot_ms)
{
    json_t *all = json_object();
    moment_write(all);
    if (boot_id) {
        json_object_set_new(all, "boot_id", json_string(boot_id));
    }
    json_object_set_new(all, "kept_wall_ms", json_integer(clock_wall_ms() - wall_ms));
    json_object_set_new(all, "kept_boot_ms", json_integer(clock_boot_ms() - boot_ms));
    int64_t age = moment_age_ms(all);
    json_decref(all);
    return age;
}

static void trusts_the_older_of_two_clocks(void **state)
{
    (void)state;
    static const struct {
        const char *name, *boot_id; /* NULL: this boot */
        int64_t wall_ms, boot_ms, age_ms;
    } ROWS[] = {
        {"both agree", NULL, HOUR_MS, HOUR_MS, HOUR_MS},
        {"the wall clock was stepped back", NULL, -HOUR_MS, HOUR_MS, HOUR_MS},
        {"and a little less than that", NULL, HOUR_MS / 2, HOUR_MS, HOUR_MS},
        {"the wall clock was stepped on", NULL, 5 * HOUR_MS, HOUR_MS, 5 * HOUR_MS},
        {"another boot: only the wall clock knows", "another", HOUR_MS, 9 * HOUR_MS, HOUR_MS},
        {"another boot, stepped back: as old as can be", "another", -HOUR_MS, HOUR_MS, DAY_MS},
        {"no boot id", "", -HOUR_MS, HOUR_MS, DAY_MS},
        {"a boot clock that runs backwards is of another boot", NULL, HOUR_MS, -HOUR_MS, HOUR_MS},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        int64_t age = age_of(ROWS[i].boot_id, ROWS[i].wall_ms, ROWS[i].boot_ms);
        if (age < ROWS[i].age_ms - SOME_MS || age > ROWS[i].age_ms + SOME_MS) {
            fail_msg("%s: %lld ms", ROWS[i].name, (long long)age);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(trusts_the_older_of_two_clocks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
