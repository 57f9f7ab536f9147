/* SPDX-License-Identifier: MIT */
/* One window: a ring of the last `calls` admission times; above THROTTLE_RING_MAX calls, buckets of per/1000
 * counted at their end, which never lets more through than the limit. Not thread-safe, no clock. */
#ifndef TENON_THROTTLE_WINDOW_H
#define TENON_THROTTLE_WINDOW_H

#include "base/str.h"

typedef struct window window_t;
window_t *window_new(uint32_t calls, int64_t per_ms);
void window_free(window_t *w);
/* 0: a call at now_ms would be let through; else milliseconds until the first moment at which one would. now_ms
 * never goes back (an earlier one counts as the latest seen). */
int64_t window_wait_ms(window_t *w, int64_t now_ms);
/* Takes a slot; only where window_wait_ms is 0. */
void window_take(window_t *w, int64_t now_ms);
uint32_t window_remaining(window_t *w, int64_t now_ms);
/* Until the oldest call leaves; 0 where there is none. */
int64_t window_reset_ms(window_t *w, int64_t now_ms);
/* How its calls will leave: adds to each of count slices of `per`, the first from now on. */
void window_count_leaving(window_t *w, int64_t now_ms, uint32_t *slices, unsigned count);
bool window_is_idle(window_t *w, int64_t now_ms);

#endif
