/* SPDX-License-Identifier: MIT */
/* The two clocks. Deadlines and lifetimes use boot time, which runs through suspend and which no clock step
 * moves; wall time is for people, dates in protocols, and what must outlive the process. Pure rooms take time
 * as a parameter and do not include this. */
#ifndef TENON_BASE_CLOCK_H
#define TENON_BASE_CLOCK_H

#include <stdint.h>

/* CLOCK_BOOTTIME in milliseconds. */
int64_t clock_boot_ms(void);
/* The same in microseconds: for how long something took. */
int64_t clock_boot_us(void);
/* Milliseconds since the epoch. */
int64_t clock_wall_ms(void);
/* The kernel's boot id (36 characters), "" where it cannot be read. Tells whether a stored boot time still
 * counts. */
const char *clock_boot_id(void);

#endif
