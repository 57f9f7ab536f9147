/* SPDX-License-Identifier: MIT */
/* Lets so many a second through and counts the others, for events that come with calls. Pure; belongs to one thread. */
#ifndef TENON_EVENT_PACE_H
#define TENON_EVENT_PACE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct event_pace {
    int64_t second;
    unsigned told, skipped;
} event_pace_t;

/* skipped: so many before it were not let through. */
bool event_pace_takes(event_pace_t *p, unsigned most, int64_t now_ms, unsigned *skipped);

#endif
