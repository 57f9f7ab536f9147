/* SPDX-License-Identifier: MIT */
#include "base/loop.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/mem.h"
#include "base/timers.h"

enum { TURN_EVENTS_MAX = 64 };

struct loop_watch {
    loop_t *loop;
    int fd; /* -1: closed by its owner, and its number watched anew since */
    bool dead;
    loop_on_ready_t *on_ready;
    void *context;
    loop_watch_t *next_dead;
};

struct loop {
    int epoll_fd;
    int mailbox_fd;
    int timer_fd;
    unsigned depth; /* turns that are running: callbacks may turn again */
    atomic_bool stopping;

    loop_watch_t **watch_of_fd;
    size_t watch_of_fd_count;
    loop_watch_t *dead;

    timers_t timers;
    int64_t armed_at_ms; /* what timer_fd waits for, INT64_MAX: nothing */

    pthread_mutex_t lock; /* guards the mailbox */
    loop_message_t *first;
    loop_message_t **end;
};

static _Thread_local loop_t *current;

loop_t *loop_current(void)
{
    return current;
}

void loop_set_current(loop_t *l)
{
    current = l;
}

/* The loop's own descriptors are told from watches by an address inside the loop. */
static void watch_own(loop_t *l, int *fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = fd};
    if (*fd < 0 || epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, *fd, &event) < 0) {
        fatal_abort("no event loop");
    }
}

loop_t *loop_new(void)
{
    loop_t *l = mem_new(loop_t);
    l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    l->mailbox_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    l->timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    watch_own(l, &l->mailbox_fd);
    watch_own(l, &l->timer_fd);
    l->armed_at_ms = INT64_MAX;
    l->end = &l->first;
    pthread_mutex_init(&l->lock, NULL);
    return l;
}

static void free_dead(loop_t *l)
{
    while (l->dead) {
        loop_watch_t *next = l->dead->next_dead;
        free(l->dead);
        l->dead = next;
    }
}

void loop_free(loop_t *l)
{
    if (!l) {
        return;
    }
    free_dead(l);
    close(l->timer_fd);
    close(l->mailbox_fd);
    close(l->epoll_fd);
    pthread_mutex_destroy(&l->lock);
    free(l->watch_of_fd);
    timers_fini(&l->timers);
    free(l);
}

int loop_fd(const loop_t *l)
{
    return l->epoll_fd;
}

/* --- descriptors --- */

/* An owner may close a descriptor, and its number may come back under a new watch, before the old
 * watch is taken away; taking that away must then not end the new one. */
static void remember(loop_t *l, loop_watch_t *w)
{
    size_t fd = (size_t)w->fd;
    if (fd >= l->watch_of_fd_count) {
        size_t count = fd < 32 ? 64 : fd * 2;
        l->watch_of_fd = mem_resize(l->watch_of_fd, count * sizeof(loop_watch_t *));
        for (size_t i = l->watch_of_fd_count; i < count; i++) {
            l->watch_of_fd[i] = NULL;
        }
        l->watch_of_fd_count = count;
    }
    if (l->watch_of_fd[fd]) {
        l->watch_of_fd[fd]->fd = -1;
    }
    l->watch_of_fd[fd] = w;
}

loop_watch_t *loop_watch(loop_t *l, int fd, uint32_t events, loop_on_ready_t *on_ready,
                         void *context)
{
    loop_watch_t *w = mem_new(loop_watch_t);
    *w = (loop_watch_t){.loop = l, .fd = fd, .on_ready = on_ready, .context = context};
    struct epoll_event event = {.events = events, .data.ptr = w};
    if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
        fatal_abort("a descriptor cannot be watched");
    }
    remember(l, w);
    return w;
}

/* A descriptor that was closed has left the epoll set by itself. */
static void control(loop_watch_t *w, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = w};
    if (w->fd >= 0 && epoll_ctl(w->loop->epoll_fd, operation, w->fd, &event) < 0 &&
        errno != ENOENT && errno != EBADF && errno != EPERM) {
        fatal_abort("a watched descriptor cannot be changed");
    }
}

void loop_watch_change(loop_watch_t *w, uint32_t events)
{
    control(w, EPOLL_CTL_MOD, events);
}

void loop_unwatch(loop_watch_t *w)
{
    loop_t *l = w->loop;
    control(w, EPOLL_CTL_DEL, 0);
    if (w->fd >= 0) {
        l->watch_of_fd[w->fd] = NULL;
    }
    /* The batch at hand may still hold an event of it. */
    w->dead = true;
    w->next_dead = l->dead;
    l->dead = w;
    if (l->depth == 0) {
        free_dead(l);
    }
}

/* --- timers --- */

/* Setting a timerfd also takes its readiness away, so it is never read. */
static void arm(loop_t *l, int64_t at_ms)
{
    struct itimerspec when = {.it_value = {0, 0}};
    if (at_ms != INT64_MAX) {
        int64_t ms = at_ms > 0 ? at_ms : 0;
        when.it_value.tv_sec = ms / 1000;
        when.it_value.tv_nsec = ms % 1000 * 1000000;
        if (ms == 0) {
            when.it_value.tv_nsec = 1; /* all zero would mean "never" */
        }
    }
    if (timerfd_settime(l->timer_fd, TFD_TIMER_ABSTIME, &when, NULL) < 0) {
        fatal_abort("a timer cannot be set");
    }
    l->armed_at_ms = at_ms;
}

/* A timerfd that is set too early only costs an idle turn; moving it at every change would cost a
 * system call each. */
static void arm_if_earlier(loop_t *l)
{
    if (timers_earliest_ms(&l->timers) < l->armed_at_ms) {
        arm(l, timers_earliest_ms(&l->timers));
    }
}

void loop_timer_init(loop_timer_t *t, loop_t *l, void (*on_time)(void *context), void *context)
{
    *t = (loop_timer_t){.loop = l, .on_time = on_time, .context = context};
}

void loop_timer_set(loop_timer_t *t, int64_t at_ms)
{
    timers_set(&t->loop->timers, t, at_ms);
    if (t->loop->depth == 0) { /* else the end of the turn does it for all */
        arm_if_earlier(t->loop);
    }
}

void loop_timer_clear(loop_timer_t *t)
{
    timers_clear(&t->loop->timers, t);
}

static void run_timers(loop_t *l)
{
    if (l->armed_at_ms == INT64_MAX && timers_earliest_ms(&l->timers) == INT64_MAX) {
        return;
    }
    int64_t now_ms = clock_boot_ms();
    timers_collect_due(&l->timers, now_ms);
    for (loop_timer_t *t; (t = timers_take_due(&l->timers));) {
        t->on_time(t->context);
    }
    if (l->armed_at_ms <= now_ms) {
        arm(l, timers_earliest_ms(&l->timers));
    }
}

/* --- messages --- */

static void wake(loop_t *l)
{
    const uint64_t one = 1;
    ssize_t written;
    do {
        written = write(l->mailbox_fd, &one, sizeof one);
    } while (written < 0 && errno == EINTR);
}

void loop_post(loop_t *l, loop_message_t *message)
{
    message->next = NULL;
    pthread_mutex_lock(&l->lock);
    bool was_empty = l->first == NULL;
    *l->end = message;
    l->end = &message->next;
    pthread_mutex_unlock(&l->lock);
    if (was_empty) {
        wake(l);
    }
}

/* The bell is silenced before the mailbox is emptied: a message that comes between rings in vain,
 * never the other way round. */
static loop_message_t *take_messages(loop_t *l)
{
    uint64_t rings;
    if (read(l->mailbox_fd, &rings, sizeof rings) < 0 && errno != EAGAIN && errno != EINTR) {
        fatal_abort("the mailbox cannot be read");
    }
    pthread_mutex_lock(&l->lock);
    loop_message_t *first = l->first;
    l->first = NULL;
    l->end = &l->first;
    pthread_mutex_unlock(&l->lock);
    return first;
}

static void run_messages(loop_t *l)
{
    for (loop_message_t *message = take_messages(l); message;) {
        loop_message_t *next = message->next;
        message->run(message);
        message = next;
    }
}

/* --- turning --- */

static bool has_mail(const loop_t *l, const struct epoll_event *events, int count)
{
    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr == &l->mailbox_fd) {
            return true;
        }
    }
    return false;
}

static void run_watches(loop_t *l, const struct epoll_event *events, int count)
{
    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr == &l->mailbox_fd || events[i].data.ptr == &l->timer_fd) {
            continue;
        }
        loop_watch_t *w = events[i].data.ptr;
        if (!w->dead) {
            w->on_ready(w->context, events[i].events);
        }
    }
}

void loop_turn(loop_t *l, int timeout_ms)
{
    struct epoll_event events[TURN_EVENTS_MAX];
    arm_if_earlier(l); /* a callback that turns the loop may have set a timer just before */
    int count = epoll_wait(l->epoll_fd, events, TURN_EVENTS_MAX, timeout_ms);
    if (count < 0 && errno != EINTR) {
        fatal_abort("an event loop cannot wait");
    }
    loop_t *outer = current;
    current = l;
    l->depth++;
    if (has_mail(l, events, count)) {
        run_messages(l);
    }
    run_timers(l);
    run_watches(l, events, count);
    if (--l->depth == 0) {
        free_dead(l);
    }
    arm_if_earlier(l);
    current = outer;
}

void loop_run(loop_t *l)
{
    while (!atomic_exchange(&l->stopping, false)) {
        loop_turn(l, -1);
    }
}

void loop_stop(loop_t *l)
{
    atomic_store(&l->stopping, true);
    wake(l);
}
