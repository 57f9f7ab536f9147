/* SPDX-License-Identifier: MIT */
#include "connection/moment.h"

#include "base/clock.h"
#include "codec/json.h"

static const int64_t DAY_MS = 24LL * 60 * 60 * 1000;

void moment_write(json_t *to)
{
    json_object_set_new(to, "boot_id", json_string(clock_boot_id()));
    json_object_set_new(to, "kept_wall_ms", json_integer(clock_wall_ms()));
    json_object_set_new(to, "kept_boot_ms", json_integer(clock_boot_ms()));
}

int64_t moment_boot_ms(const json_t *from)
{
    return json_integer_value(json_object_get(from, "kept_boot_ms"));
}

int64_t moment_age_ms(const json_t *from)
{
    int64_t by_wall = clock_wall_ms() - json_integer_value(json_object_get(from, "kept_wall_ms"));
    int64_t by_boot = clock_boot_ms() - moment_boot_ms(from);
    bool same_boot = str_is(json_member(from, "boot_id"), clock_boot_id()) && by_boot >= 0;
    if (by_wall < 0) {
        return same_boot ? by_boot : DAY_MS;
    }
    return same_boot && by_boot > by_wall ? by_boot : by_wall;
}
