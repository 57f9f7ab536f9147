/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/loop.h"

/* Turns until *n has the value, for at most five seconds. */
static void turn_until(loop_t *l, const int *n, int value)
{
    int64_t give_up_ms = clock_boot_ms() + 5000;
    while (*n != value && clock_boot_ms() < give_up_ms) {
        loop_turn(l, 100);
    }
    assert_int_equal(*n, value);
}

/* --- timers --- */

typedef struct alarm {
    loop_timer_t timer;
    int64_t wanted_ms;
    int *rung;
    int64_t *last_ms;
} alarm_t;

static void ring(void *context)
{
    alarm_t *a = context;
    assert_true(clock_boot_ms() >= a->wanted_ms);
    assert_true(a->wanted_ms >= *a->last_ms);
    assert_false(loop_timer_is_set(&a->timer));
    *a->last_ms = a->wanted_ms;
    (*a->rung)++;
}

enum { ALARMS = 500 };

static void timers_fire_in_order(void **state)
{
    (void)state;
    static alarm_t alarms[ALARMS];
    loop_t *l = loop_new();
    int rung = 0;
    int64_t last_ms = 0;
    int64_t start_ms = clock_boot_ms();
    for (int i = 0; i < ALARMS; i++) {
        alarms[i] = (alarm_t){.rung = &rung, .last_ms = &last_ms};
        alarms[i].wanted_ms = start_ms + (i * 7919) % 97;
        loop_timer_init(&alarms[i].timer, l, ring, &alarms[i]);
        loop_timer_set(&alarms[i].timer, alarms[i].wanted_ms + (i % 3 ? 0 : 500));
    }
    for (int i = 0; i < ALARMS; i++) {
        if (i % 3 == 0) { /* moves earlier */
            loop_timer_set(&alarms[i].timer, alarms[i].wanted_ms);
        } else if (i % 3 == 1) { /* moves later */
            alarms[i].wanted_ms += 20;
            loop_timer_set(&alarms[i].timer, alarms[i].wanted_ms);
        }
    }
    for (int i = 0; i < ALARMS; i += 10) {
        loop_timer_clear(&alarms[i].timer);
        loop_timer_clear(&alarms[i].timer);
        assert_false(loop_timer_is_set(&alarms[i].timer));
    }
    turn_until(l, &rung, ALARMS - ALARMS / 10);
    loop_turn(l, 0);
    assert_int_equal(rung, ALARMS - ALARMS / 10);
    loop_free(l);
}

typedef struct again {
    loop_timer_t timer;
    loop_timer_t *other;
    int count;
} again_t;

static void ring_again(void *context)
{
    again_t *a = context;
    a->count++;
    if (a->other) {
        loop_timer_clear(a->other);
    }
    loop_timer_set(&a->timer, 0);
}

static void a_timer_may_set_itself_again_at_once(void **state)
{
    (void)state;
    loop_t *l = loop_new();
    again_t a = {.count = 0};
    loop_timer_init(&a.timer, l, ring_again, &a);
    loop_timer_set(&a.timer, -5);
    loop_turn(l, 0);
    assert_int_equal(a.count, 1); /* not for ever */
    turn_until(l, &a.count, 50);
    loop_timer_clear(&a.timer);
    loop_turn(l, 0);
    assert_int_equal(a.count, 50);
    loop_free(l);
}

static void a_timer_may_clear_another_that_is_due(void **state)
{
    (void)state;
    loop_t *l = loop_new();
    again_t first = {.count = 0};
    again_t second = {.count = 0};
    first.other = &second.timer;
    loop_timer_init(&first.timer, l, ring_again, &first);
    loop_timer_init(&second.timer, l, ring_again, &second);
    loop_timer_set(&second.timer, 2);
    loop_timer_set(&first.timer, 1);
    loop_turn(l, 0);
    assert_int_equal(first.count, 1);
    assert_int_equal(second.count, 0);
    loop_timer_clear(&first.timer);
    loop_free(l);
}

static void waits_no_longer_than_told(void **state)
{
    (void)state;
    loop_t *l = loop_new();
    int64_t start_ms = clock_boot_ms();
    loop_turn(l, 30);
    int64_t waited_ms = clock_boot_ms() - start_ms;
    assert_true(waited_ms >= 29 && waited_ms < 3000);
    loop_free(l);
}

static void a_hasty_timer_does_not_starve_the_others(void **state)
{
    (void)state;
    loop_t *l = loop_new();
    again_t hasty = {.count = 0};
    again_t patient = {.count = 0};
    loop_timer_init(&hasty.timer, l, ring_again, &hasty);
    loop_timer_init(&patient.timer, l, ring_again, &patient);
    loop_timer_set(&hasty.timer, 0);
    loop_timer_set(&patient.timer, 5); /* later than hasty's every time, but long past */
    loop_turn(l, 0);
    assert_int_equal(hasty.count, 1);
    assert_int_equal(patient.count, 1);
    loop_timer_clear(&hasty.timer);
    loop_timer_clear(&patient.timer);
    loop_free(l);
}

static void move_other(void *context)
{
    again_t *a = context;
    a->count++;
    loop_timer_set(a->other, clock_boot_ms() + 20);
}

static void a_timer_may_move_another_that_is_due(void **state)
{
    (void)state;
    loop_t *l = loop_new();
    again_t second = {.count = 0};
    again_t first = {.other = &second.timer};
    loop_timer_init(&first.timer, l, move_other, &first);
    loop_timer_init(&second.timer, l, ring_again, &second);
    loop_timer_set(&first.timer, 1);
    loop_timer_set(&second.timer, 2);
    loop_turn(l, 0);
    assert_int_equal(first.count, 1);
    assert_int_equal(second.count, 0);
    assert_true(loop_timer_is_set(&second.timer));
    turn_until(l, &second.count, 1);
    loop_timer_clear(&second.timer);
    loop_free(l);
}

/* --- descriptors --- */

typedef struct port {
    int ends[2];
    loop_watch_t *watch;
    struct port *other; /* is unwatched and closed, too */
    int calls;
    uint32_t events;
} port_t;

static void port_open(port_t *p)
{
    *p = (port_t){.calls = 0};
    assert_int_equal(pipe2(p->ends, O_NONBLOCK | O_CLOEXEC), 0);
}

static void port_close(port_t *p)
{
    close(p->ends[0]);
    close(p->ends[1]);
}

static void port_write(const port_t *p)
{
    assert_int_equal(write(p->ends[1], "x", 1), 1);
}

static void drain(void *context, uint32_t events)
{
    port_t *p = context;
    char byte;
    p->calls++;
    p->events = events;
    assert_int_equal(read(p->ends[0], &byte, 1), 1);
}

static void watches_descriptors(void **state)
{
    (void)state;
    loop_t *l = loop_new();
    port_t p;
    port_open(&p);
    p.watch = loop_watch(l, p.ends[0], EPOLLIN, drain, &p);
    loop_turn(l, 0);
    assert_int_equal(p.calls, 0);
    port_write(&p);
    port_write(&p);
    loop_turn(l, 0);
    assert_int_equal(p.calls, 1);
    assert_int_equal(p.events, EPOLLIN);
    loop_turn(l, 0); /* level-triggered */
    assert_int_equal(p.calls, 2);
    port_write(&p);
    loop_watch_change(p.watch, 0);
    loop_turn(l, 0);
    assert_int_equal(p.calls, 2);
    loop_watch_change(p.watch, EPOLLIN);
    loop_turn(l, 0);
    assert_int_equal(p.calls, 3);
    loop_unwatch(p.watch);
    port_write(&p);
    loop_turn(l, 0);
    assert_int_equal(p.calls, 3);
    port_close(&p);
    loop_free(l);
}

static void leave_both(void *context, uint32_t events)
{
    (void)events;
    port_t *p = context;
    p->calls++;
    loop_unwatch(p->watch);
    loop_unwatch(p->other->watch);
    port_close(p);
    port_close(p->other);
}

static void unwatch_takes_effect_within_the_batch(void **state)
{
    (void)state;
    loop_t *l = loop_new();
    port_t a;
    port_t b;
    port_open(&a);
    port_open(&b);
    a.other = &b;
    b.other = &a;
    a.watch = loop_watch(l, a.ends[0], EPOLLIN, leave_both, &a);
    b.watch = loop_watch(l, b.ends[0], EPOLLIN, leave_both, &b);
    port_write(&a);
    port_write(&b);
    loop_turn(l, 0);
    assert_int_equal(a.calls + b.calls, 1);
    loop_turn(l, 0);
    assert_int_equal(a.calls + b.calls, 1);
    loop_free(l);
}

static void tolerates_a_closed_descriptor(void **state)
{
    (void)state;
    loop_t *l = loop_new();
    port_t p;
    port_open(&p);
    p.watch = loop_watch(l, p.ends[0], EPOLLIN, drain, &p);
    port_close(&p);
    loop_watch_change(p.watch, EPOLLIN);
    loop_unwatch(p.watch);
    loop_turn(l, 0);
    loop_free(l);
}

/* The new owner of a descriptor's number keeps its watch when the old one's is taken away late. */
static void tells_a_reused_number_from_the_old_one(void **state)
{
    (void)state;
    loop_t *l = loop_new();
    port_t old;
    port_t new;
    port_open(&old);
    old.watch = loop_watch(l, old.ends[0], EPOLLIN, drain, &old);
    port_close(&old);
    port_open(&new);
    assert_int_equal(new.ends[0], old.ends[0]);
    new.watch = loop_watch(l, new.ends[0], EPOLLIN, drain, &new);
    loop_watch_change(old.watch, 0);
    loop_unwatch(old.watch);
    port_write(&new);
    loop_turn(l, 0);
    assert_int_equal(new.calls, 1);
    assert_int_equal(old.calls, 0);
    loop_unwatch(new.watch);
    port_close(&new);
    loop_free(l);
}

enum { PORTS = 200 };

static void serves_more_than_one_batch(void **state)
{
    (void)state;
    static port_t ports[PORTS];
    loop_t *l = loop_new();
    int calls = 0;
    for (int i = 0; i < PORTS; i++) {
        port_open(&ports[i]);
        ports[i].watch = loop_watch(l, ports[i].ends[0], EPOLLIN, drain, &ports[i]);
        port_write(&ports[i]);
    }
    for (int turn = 0; turn < 10; turn++) {
        loop_turn(l, 0);
    }
    for (int i = 0; i < PORTS; i++) {
        assert_int_equal(ports[i].calls, 1);
        calls += ports[i].calls;
        loop_unwatch(ports[i].watch);
        port_close(&ports[i]);
    }
    assert_int_equal(calls, PORTS);
    loop_free(l);
}

/* --- messages --- */

enum { SENDERS = 4, POSTS = 20000 };

typedef struct inbox {
    loop_t *loop;
    int received;
    int last[SENDERS]; /* number of each sender's last message */
} inbox_t;

typedef struct letter {
    loop_message_t message;
    inbox_t *inbox;
    int sender;
    int number;
} letter_t;

static void receive(loop_message_t *message)
{
    letter_t *letter = STRUCT_OF(message, letter_t, message);
    inbox_t *inbox = letter->inbox;
    assert_ptr_equal(loop_current(), inbox->loop);
    assert_int_equal(letter->number, inbox->last[letter->sender] + 1);
    inbox->last[letter->sender] = letter->number;
    free(letter); /* the receiver owns it */
    if (++inbox->received == SENDERS * POSTS) {
        loop_stop(inbox->loop);
    }
}

typedef struct sender {
    pthread_t thread;
    inbox_t *inbox;
    int index;
} sender_t;

static void *send_all(void *context)
{
    const sender_t *s = context;
    for (int i = 1; i <= POSTS; i++) {
        letter_t *letter = calloc(1, sizeof *letter);
        *letter = (letter_t){{NULL, receive}, s->inbox, s->index, i};
        loop_post(s->inbox->loop, &letter->message);
    }
    return NULL;
}

static void takes_messages_of_four_threads(void **state)
{
    (void)state;
    inbox_t inbox = {.loop = loop_new()};
    sender_t senders[SENDERS];
    for (int i = 0; i < SENDERS; i++) {
        senders[i] = (sender_t){.inbox = &inbox, .index = i};
        assert_int_equal(pthread_create(&senders[i].thread, NULL, send_all, &senders[i]), 0);
    }
    loop_run(inbox.loop);
    for (int i = 0; i < SENDERS; i++) {
        pthread_join(senders[i].thread, NULL);
        assert_int_equal(inbox.last[i], POSTS);
    }
    assert_int_equal(inbox.received, SENDERS * POSTS);
    loop_free(inbox.loop);
}

typedef struct echo {
    loop_message_t message;
    loop_t *loop;
    int runs;
} echo_t;

static void run_echo(loop_message_t *message)
{
    echo_t *e = STRUCT_OF(message, echo_t, message);
    e->runs++;
    loop_post(e->loop, message);
}

static void a_message_may_post_itself_again(void **state)
{
    (void)state;
    loop_t *l = loop_new();
    echo_t e = {{NULL, run_echo}, l, 0};
    loop_post(l, &e.message);
    loop_turn(l, 0);
    assert_int_equal(e.runs, 1);
    loop_turn(l, 0);
    assert_int_equal(e.runs, 2);
    loop_free(l); /* the one that is left does not run */
    assert_int_equal(e.runs, 2);
}

static void *stop_it(void *context)
{
    loop_stop(context);
    return NULL;
}

static void stops_from_another_thread(void **state)
{
    (void)state;
    loop_t *l = loop_new();
    for (int i = 0; i < 20; i++) { /* before or while it runs, and it can run again */
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, stop_it, l), 0);
        loop_run(l);
        pthread_join(thread, NULL);
    }
    loop_free(l);
}

/* --- nesting --- */

static void on_signal(int number)
{
    (void)number;
}

static void tolerates_signals(void **state)
{
    (void)state;
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGALRM, &action, NULL);
    loop_t *l = loop_new();
    ualarm(10000, 0);
    loop_turn(l, 2000); /* comes back early, and without harm */
    loop_turn(l, 0);
    loop_free(l);
}

typedef struct nest {
    loop_t *loop;
    port_t port;
    loop_timer_t timer;
    loop_message_t message;
    int timers;
    int messages;
} nest_t;

static void on_nest_time(void *context)
{
    nest_t *n = context;
    assert_ptr_equal(loop_current(), n->loop);
    n->timers++;
}

static void on_nest_message(loop_message_t *message)
{
    STRUCT_OF(message, nest_t, message)->messages++;
}

static int readable(int outer)
{
    struct epoll_event event;
    return epoll_wait(outer, &event, 1, 0);
}

/* Waits in the outer epoll only, as the HTTP server's loop would. */
static void outer_turn(int outer, loop_t *inner)
{
    struct epoll_event event;
    assert_int_equal(epoll_wait(outer, &event, 1, 5000), 1);
    loop_turn(inner, 0);
}

static void nest_open(nest_t *n, int *outer)
{
    *n = (nest_t){.loop = loop_new()};
    port_open(&n->port);
    loop_timer_init(&n->timer, n->loop, on_nest_time, n);
    n->message.run = on_nest_message;
    *outer = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN};
    assert_int_equal(epoll_ctl(*outer, EPOLL_CTL_ADD, loop_fd(n->loop), &event), 0);
}

static void works_inside_another_epoll(void **state)
{
    (void)state;
    nest_t n;
    int outer;
    nest_open(&n, &outer);
    assert_int_equal(readable(outer), 0);

    n.port.watch = loop_watch(n.loop, n.port.ends[0], EPOLLIN, drain, &n.port);
    port_write(&n.port);
    outer_turn(outer, n.loop);
    assert_int_equal(n.port.calls, 1);

    loop_post(n.loop, &n.message);
    outer_turn(outer, n.loop);
    assert_int_equal(n.messages, 1);

    for (int i = 1; i <= 3; i++) {
        int64_t at_ms = clock_boot_ms() + 20;
        loop_timer_set(&n.timer, at_ms);
        outer_turn(outer, n.loop);
        assert_int_equal(n.timers, i);
        assert_true(clock_boot_ms() >= at_ms);
    }
    assert_int_equal(readable(outer), 0); /* nothing left to do: the outer loop does not spin */
    assert_null(loop_current());

    loop_unwatch(n.port.watch);
    port_close(&n.port);
    close(outer);
    loop_free(n.loop);
}

static void a_cleared_timer_costs_one_idle_turn_at_most(void **state)
{
    (void)state;
    nest_t n;
    int outer;
    nest_open(&n, &outer);
    loop_timer_set(&n.timer, clock_boot_ms() + 5);
    loop_timer_clear(&n.timer);
    usleep(20000);
    loop_turn(n.loop, 0);
    assert_int_equal(readable(outer), 0);
    assert_int_equal(n.timers, 0);
    loop_timer_set(&n.timer, clock_boot_ms() + 5); /* and it can be set anew */
    outer_turn(outer, n.loop);
    assert_int_equal(n.timers, 1);
    port_close(&n.port);
    close(outer);
    loop_free(n.loop);
}

typedef struct relay {
    loop_t *inner;
    int calls;
    loop_timer_t timer;
    int timers;
} relay_t;

static void count_time(void *context)
{
    relay_t *r = context;
    r->timers++;
}

static void turn_inner(void *context, uint32_t events)
{
    (void)events;
    relay_t *r = context;
    loop_t *outer = loop_current();
    r->calls++;
    loop_turn(r->inner, 0);
    assert_ptr_equal(loop_current(), outer);
}

static void one_loop_sits_inside_another(void **state)
{
    (void)state;
    loop_t *outer = loop_new();
    relay_t r = {.inner = loop_new()};
    loop_watch_t *watch = loop_watch(outer, loop_fd(r.inner), EPOLLIN, turn_inner, &r);
    loop_timer_init(&r.timer, r.inner, count_time, &r);
    loop_timer_set(&r.timer, clock_boot_ms() + 10);
    turn_until(outer, &r.timers, 1);
    assert_true(r.calls >= 1);
    loop_unwatch(watch);
    loop_free(r.inner);
    loop_free(outer);
}

static void wait_for_timer(loop_message_t *message)
{
    nest_t *n = STRUCT_OF(message, nest_t, message);
    n->messages++;
    loop_timer_set(&n->timer, clock_boot_ms() + 10);
    turn_until(n->loop, &n->timers, 1);
}

static void a_callback_may_turn_its_own_loop(void **state)
{
    (void)state;
    nest_t n;
    int outer;
    nest_open(&n, &outer);
    n.message.run = wait_for_timer;
    loop_post(n.loop, &n.message);
    loop_turn(n.loop, 0);
    assert_int_equal(n.messages, 1);
    assert_int_equal(n.timers, 1);
    port_close(&n.port);
    close(outer);
    loop_free(n.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_fire_in_order),
        cmocka_unit_test(a_timer_may_set_itself_again_at_once),
        cmocka_unit_test(a_timer_may_clear_another_that_is_due),
        cmocka_unit_test(a_hasty_timer_does_not_starve_the_others),
        cmocka_unit_test(a_timer_may_move_another_that_is_due),
        cmocka_unit_test(waits_no_longer_than_told),
        cmocka_unit_test(watches_descriptors),
        cmocka_unit_test(unwatch_takes_effect_within_the_batch),
        cmocka_unit_test(tolerates_a_closed_descriptor),
        cmocka_unit_test(tells_a_reused_number_from_the_old_one),
        cmocka_unit_test(serves_more_than_one_batch),
        cmocka_unit_test(takes_messages_of_four_threads),
        cmocka_unit_test(a_message_may_post_itself_again),
        cmocka_unit_test(stops_from_another_thread),
        cmocka_unit_test(tolerates_signals),
        cmocka_unit_test(works_inside_another_epoll),
        cmocka_unit_test(a_cleared_timer_costs_one_idle_turn_at_most),
        cmocka_unit_test(one_loop_sits_inside_another),
        cmocka_unit_test(a_callback_may_turn_its_own_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
