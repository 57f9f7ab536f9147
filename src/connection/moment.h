/* SPDX-License-Identifier: MIT */
/* Now, written so that another process, perhaps after another boot, can tell how long ago it was. */
#ifndef TENON_CONNECTION_MOMENT_H
#define TENON_CONNECTION_MOMENT_H

#include <jansson.h>
#include <stdint.h>

/* Members boot_id, kept_wall_ms, kept_boot_ms. */
void moment_write(json_t *to);
/* At most what it can be: within one boot the boot clock knows, else the wall clock, and one that went back counts as a
 * whole day. Of two answers the older is trusted, so that no token seems younger than it is. */
int64_t moment_age_ms(const json_t *from);
/* clock_boot_ms of then, as written. */
int64_t moment_boot_ms(const json_t *from);

#endif
