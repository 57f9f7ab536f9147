/* SPDX-License-Identifier: MIT */
/* Throttling limits, exact: in ANY window of `per` at most `calls` calls are let through (DESIGN 6). Time is a
 * parameter (clock_boot_ms), so nothing here needs a clock. The table is thread-safe; limits of one connector
 * share a lock, so that a call is let through by all of its limits or by none. */
#ifndef TENON_THROTTLE_THROTTLE_H
#define TENON_THROTTLE_THROTTLE_H

#include "base/str.h"

enum { THROTTLE_LIMITS_MAX = 16, THROTTLE_RING_MAX = 10000 };

typedef struct throttle throttle_t;
throttle_t *throttle_new(void);
void throttle_free(throttle_t *t);

/* One limit as it applies to one caller of one connection. key names the window: limits of equal key, calls and
 * per_ms share it. */
typedef struct throttle_limit {
    str_t key;
    uint32_t calls;
    int64_t per_ms;
} throttle_limit_t;

/* A place in the table: the windows and the gate that one kind of call passes. Take it once, admit often. */
typedef struct throttle_seat throttle_seat_t;
/* connector: whose lock; gate: key of the gate that the service's own 429 closes (a connection's name). */
throttle_seat_t *throttle_seat_take(throttle_t *t, str_t connector, str_t gate, const throttle_limit_t *limits,
                                    size_t count);
void throttle_seat_release(throttle_seat_t *seat);

typedef struct throttle_verdict {
    bool admitted;
    bool by_gate;           /* refused since the service asked for a pause, and no limit lasts longer */
    size_t limit;           /* index of the limit that refused, or of the one with least left */
    int64_t retry_after_ms; /* of a refusal: until this call could be let through */
    uint32_t remaining;     /* of that limit, after this call */
    int64_t reset_ms;       /* until its oldest call leaves the window; 0: it is empty */
} throttle_verdict_t;

/* Takes a slot of every limit, or of none. */
void throttle_admit(throttle_seat_t *seat, int64_t now_ms, throttle_verdict_t *out);
/* The same without taking. */
void throttle_peek(throttle_seat_t *seat, int64_t now_ms, throttle_verdict_t *out);
/* How a limit stands for the moment, without a seat: what is not in the table has everything left. */
enum { THROTTLE_SLICES = 60 };
typedef struct throttle_left {
    uint32_t calls;
    int64_t reset_ms; /* until its oldest call leaves the window; 0: it is empty */
    uint32_t leaving[THROTTLE_SLICES]; /* calls that leave it within each sixtieth of `per` from now on */
} throttle_left_t;
void throttle_look(throttle_t *t, str_t connector, const throttle_limit_t *limit, int64_t now_ms,
                   throttle_left_t *out);
/* Closes the gate until then, for everyone; an earlier end does not shorten it. */
void throttle_close_gate(throttle_t *t, str_t connector, str_t gate, int64_t until_ms);
/* 0: open. */
int64_t throttle_gate_until(throttle_t *t, str_t connector, str_t gate);

/* Frees windows and gates that hold nothing any more and that no seat uses. Called now and then. */
void throttle_sweep(throttle_t *t, int64_t now_ms);
/* Windows in the table, for tests and metrics. */
size_t throttle_window_count(throttle_t *t);

#endif
