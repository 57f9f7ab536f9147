/* SPDX-License-Identifier: MIT */
/* Asks whether the person has signed in (RFC 8628 3.4, 3.5), one question after the other, until
 * the code ends. Nothing is asked through the connection's source meanwhile, which goes on serving
 * the token before; what brings tokens is handed to it, answer and all. */
#include <stdio.h>

#include "base/clock.h"
#include "codec/json.h"
#include "connection/manager_internal.h"

static const int64_t SLOWER_MS = 5 * 1000;
static const int64_t BACKOFF_MAX_MS = 60 * 1000;
enum { DOUBLINGS_MAX = 6, VERSION_MAX = 512 };

static void on_time(void *context);

static void poll_at(device_flow_t *f, int64_t wait_ms)
{
    int64_t at = clock_boot_ms() + wait_ms;
    if (!f->manager->stopping) {
        loop_timer_set(&f->timer, at < f->expires_at_ms ? at : f->expires_at_ms);
    }
}

void device_poll_later(device_flow_t *f)
{
    if (!f->timer.loop) {
        loop_timer_init(&f->timer, f->manager->loop, on_time, f);
    }
    poll_at(f, f->interval_ms);
}

static void end_poll(device_flow_t *f)
{
    connection_unref(f->polled);
    revocation_free(f->gives_back);
    f->polled = NULL;
    f->gives_back = NULL;
}

/* --- it is over --- */

static void on_told(void *context)
{
    device_flow_t *f = context;
    f->state = !err_is_set(&f->err)                                     ? DEVICE_READY
               : str_is(str_of(f->err.upstream_error), "access_denied") ? DEVICE_DENIED
               : str_is(str_of(f->err.upstream_error), "expired_token") ? DEVICE_EXPIRED
                                                                        : DEVICE_FAILED;
    f->ended_at_ms = clock_boot_ms();
    end_poll(f);
    (void)device_flow_let_go(f);
}

/* Told to everybody before it is shown as over. */
static void end(device_flow_t *f, const err_t *err)
{
    store_change_t change;
    sign_in_outcome_t outcome = {.manager = f->manager,
                                 .actor = f->actor,
                                 .err = *err,
                                 .connection = f->polled,
                                 .then = on_told,
                                 .context = f};
    memcpy(outcome.name, f->name, sizeof outcome.name);
    memcpy(outcome.session, f->session, sizeof outcome.session);
    f->is_busy = true;
    f->err = *err;
    json_decref(f->oauth);
    f->oauth = NULL;
    device_flow_delete(str_of(f->name), &change);
    manager_store_write(f->manager, &change, 1, false, NULL, NULL);
    sign_in_tell(&outcome);
}

/* The service's word, as where it says it itself. */
static void expire(device_flow_t *f)
{
    err_t err = ERR_INIT;
    err_set(&err, ERR_authorization_incomplete,
            "nobody signed in before the code ended. Begin again");
    snprintf(err.upstream_error, sizeof err.upstream_error, "expired_token");
    end(f, &err);
}

static void end_by_refusal(device_flow_t *f, const err_t *refusal)
{
    err_t err = *refusal;
    if (str_is(str_of(err.upstream_error), "access_denied")) {
        snprintf(err.text, sizeof err.text, "the sign-in was cancelled, or access was not granted");
    } else if (str_is(str_of(err.upstream_error), "expired_token")) {
        snprintf(err.text, sizeof err.text, "nobody signed in before the code ended. Begin again");
    }
    end(f, &err);
}

/* --- it goes on --- */

/* So it stays after a restart, too. */
static void slow_down(device_flow_t *f)
{
    store_change_t change;
    arena_t *arena = arena_new(0);
    f->interval_ms += SLOWER_MS;
    size_t count = device_flow_write(f, f->manager->keyring, arena, &change);
    manager_store_write(f->manager, &change, count, false, NULL, NULL);
    arena_free(arena);
}

static void go_on(device_flow_t *f, const err_t *err)
{
    f->unanswered = 0;
    if (str_is(str_of(err->upstream_error), "slow_down")) {
        slow_down(f);
    }
    poll_at(f, err->retry_after_ms > f->interval_ms ? err->retry_after_ms : f->interval_ms);
}

/* RFC 8628 3.5: each time twice as long. */
static void back_off(device_flow_t *f, const err_t *err)
{
    f->unanswered += f->unanswered < DOUBLINGS_MAX;
    int64_t most = f->interval_ms > BACKOFF_MAX_MS ? f->interval_ms : BACKOFF_MAX_MS;
    int64_t wait = f->interval_ms << f->unanswered;
    wait = wait < most ? wait : most;
    poll_at(f, err->retry_after_ms > wait ? err->retry_after_ms : wait);
}

static bool is_passing(const err_t *err)
{
    return err->code == ERR_draining || err->code == ERR_store_unavailable;
}

/* --- one poll --- */

/* What was handed over comes back there. */
static void on_landing(void *context, const landing_t *landing)
{
    device_flow_t *f = context;
    if (f->is_handed_over) {
        return;
    }
    end_poll(f);
    if (device_flow_let_go(f)) {
        return;
    }
    if (landing->failure == FAILURE_PENDING) {
        go_on(f, &landing->err);
    } else if (landing->failure == FAILURE_BACKOFF || is_passing(&landing->err)) {
        back_off(f, &landing->err);
    } else {
        end_by_refusal(f, &landing->err);
    }
}

/* What the host's end kept from being used stands in the store: its answer, or still the code. */
static void on_signed_in(void *context, const err_t *err)
{
    device_flow_t *f = context;
    f->is_handed_over = false;
    if (device_flow_let_go(f)) {
        return;
    }
    if (err->code == ERR_draining) {
        end_poll(f);
    } else {
        end(f, err);
    }
}

static void on_answer(void *context, flight_t *flight, const answers_t *answers, bool more)
{
    device_flow_t *f = context;
    (void)more;
    if (f->is_dropped) { /* nobody asks for its tokens any more */
        revocation_take_flight(f->gives_back, flight);
        f->gives_back = NULL;
        (void)device_flow_let_go(f);
        return;
    }
    if (grant_answer_refuses(&f->polled->auth->grant, &answers->list[0])) {
        flight_read(flight);
        return;
    }
    const person_sign_in_t person = {
        .oauth = json_incref(f->oauth), .answered = flight, .gives_back = f->gives_back};
    f->gives_back = NULL;
    f->is_handed_over = true;
    source_sign_in(f->manager, f->polled, &person, on_signed_in, f);
}

static bool is_unchanged(const device_flow_t *f, const connection_t *c, err_t *err)
{
    buf_t version;
    buf_init(&version, VERSION_MAX);
    connection_write_version(c, &version);
    bool same = str_is(buf_view(&version), f->version);
    buf_fini(&version);
    return (same && sign_in_is_possible(c, SIGN_IN_ELSEWHERE, err)) ||
           err_set(err, ERR_authorization_incomplete,
                   "the connection was changed during the sign-in. Begin again");
}

/* An answer that is on its way when the host ends may be the tokens. */
static void on_entry(void *context, entry_t *entry, const err_t *err)
{
    static const flight_watch_t POLL = {
        .on_landing = on_landing, .on_answer = on_answer, .outlives_host = true};
    device_flow_t *f = context;
    err_t fault = *err;
    const connection_t *c = entry ? entry_connection(entry) : NULL;
    if (device_flow_let_go(f)) {
        return;
    }
    if (c && is_unchanged(f, c, &fault)) {
        const errand_t errand = {.connection = c, .grant = &c->auth->grant, .oauth = f->oauth};
        f->is_busy = true;
        f->polled = connection_ref(c);
        f->gives_back = revocation_new(f->manager, entry->record, c);
        flight_start(f->manager, &errand, &POLL, f);
    } else if (is_passing(&fault)) {
        back_off(f, &fault);
    } else {
        end(f, &fault);
    }
}

static void on_time(void *context)
{
    device_flow_t *f = context;
    if (clock_boot_ms() >= f->expires_at_ms) {
        expire(f);
        return;
    }
    f->is_busy = true;
    entry_get(f->manager, str_of(f->name), on_entry, f);
}
