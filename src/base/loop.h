/* SPDX-License-Identifier: MIT */
/* An event loop of one thread: descriptors, timers on CLOCK_BOOTTIME, and a mailbox that other threads post
 * to. It is itself one epoll descriptor (loop_fd), so that it either runs a thread of its own (loop_run) or
 * sits inside another loop that calls loop_turn when the descriptor is readable - the HTTP server's loop
 * does. All calls but loop_post and loop_stop belong to the loop's thread. */
#ifndef TENON_BASE_LOOP_H
#define TENON_BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

typedef struct loop loop_t;
typedef struct loop_watch loop_watch_t;

loop_t *loop_new(void);
/* No watch or timer may be left; messages not yet run are dropped without running. */
void loop_free(loop_t *l);
/* Readable when there is something to do. */
int loop_fd(const loop_t *l);
/* Handles what is ready: messages, timers, descriptors. Waits at most timeout_ms (0: not at all, -1: for ever). */
void loop_turn(loop_t *l, int timeout_ms);
/* Turns until loop_stop. */
void loop_run(loop_t *l);
/* From any thread. */
void loop_stop(loop_t *l);
/* The loop that this thread is in (set by loop_turn), or NULL. */
loop_t *loop_current(void);
/* For a thread whose loop sits inside another: the loop it is in between turns, too. NULL ends that. */
void loop_set_current(loop_t *l);

/* events: EPOLLIN, EPOLLOUT, EPOLLRDHUP... Level-triggered. fd stays the caller's. */
typedef void loop_on_ready_t(void *context, uint32_t events);
loop_watch_t *loop_watch(loop_t *l, int fd, uint32_t events, loop_on_ready_t *on_ready, void *context);
void loop_watch_change(loop_watch_t *w, uint32_t events);
/* Tolerates an fd that is closed already. May be called from inside on_ready. */
void loop_unwatch(loop_watch_t *w);

/* A timer lives inside its owner's struct. */
typedef struct loop_timer {
    loop_t *loop;
    void (*on_time)(void *context);
    void *context;
    int64_t at_ms;   /* clock_boot_ms() */
    uint32_t place;  /* in the heap, 0: not set */
} loop_timer_t;
void loop_timer_init(loop_timer_t *t, loop_t *l, void (*on_time)(void *context), void *context);
/* Sets or moves; fires once, at the first turn at or after at_ms. */
void loop_timer_set(loop_timer_t *t, int64_t at_ms);
void loop_timer_clear(loop_timer_t *t);
static inline bool loop_timer_is_set(const loop_timer_t *t)
{
    return t->place != 0;
}

/* A message lives inside a struct of the sender's; run(message) is called once in the loop's thread, which
 * from then on owns it. Messages of one sender to one loop run in their order. */
typedef struct loop_message {
    struct loop_message *next;
    void (*run)(struct loop_message *message);
} loop_message_t;
void loop_post(loop_t *l, loop_message_t *message);

/* The struct that a member stands in. */
#define STRUCT_OF(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#endif
