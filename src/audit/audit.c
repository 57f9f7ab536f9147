/* SPDX-License-Identifier: MIT */
/* The thread works in rounds: it moves what waits in the store, appends what was told meanwhile,
 * all with one sync, then answers. */
#include "audit/audit_internal.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/mem.h"
#include "codec/base64.h"
#include "seal/hash.h"

enum { RETRY_MS = 2000, TIDY_MS = 60 * 1000 };

/* --- health --- */

void audit_judge(audit_t *a, bool ok, const err_t *err)
{
    bool well = ok || err->code != ERR_audit_unavailable;
    if (atomic_exchange(&a->is_well, well) != well) {
        log_event(well ? LOG_INFO : LOG_ERROR, well ? "audit.recovered" : "audit.unavailable",
                  LOG_S("detail", str_of(well ? "" : err->text)));
    }
    if (!ok && !a->stopping) {
        loop_timer_set(&a->retry, clock_boot_ms() + RETRY_MS);
    }
}

bool audit_is_well(const audit_t *a)
{
    return atomic_load(&a->is_well);
}

bool audit_refuse(audit_t *a, err_t *err)
{
    audit_moved_on(a);
    return err_set(err, ERR_audit_unavailable,
                   "the audit trail cannot be written, so nothing may be changed");
}

/* --- a round --- */

/* That nothing was there to move says nothing of the disk where lines wait that it did not take. */
static void move_waiting(audit_t *a)
{
    err_t err = ERR_INIT;
    uint64_t before = a->trail.state.head.seq;
    bool ok = !a->has_waiting || trail_move(&a->trail, &err);
    uint64_t moved = a->trail.state.head.seq - before;
    if (a->has_waiting && (!ok || moved || !a->told)) {
        audit_judge(a, ok, &err);
    }
    a->has_waiting = !ok;
    atomic_fetch_add(&a->lines, moved);
}

static void serve(audit_t *a)
{
    a->has_waiting = a->has_waiting || a->asked;
    move_waiting(a);
    tellings_append(a);
    askings_answer(a);
    if (a->segments_seen != a->trail.segments.count) {
        trail_tidy(&a->trail);
        a->segments_seen = a->trail.segments.count;
    }
}

/* --- the thread --- */

static void on_retry(void *context)
{
    audit_t *a = context;
    a->has_waiting = true;
}

static void tell_more(audit_t *a, audit_what_t what)
{
    static const actor_t HOST = {.kind = ACTOR_HOST};
    err_code_t code;
    unsigned more = refusals_take(&a->refusals, what, &code);
    if (more) {
        json_t *details = json_pack("{s:I}", "more", (json_int_t)more);
        audit_note(
            a, &(audit_entry_t){.what = what, .actor = &HOST, .details = details, .refused = code});
        json_decref(details);
    }
}

static void on_minute(void *context)
{
    audit_t *a = context;
    for (int what = 1; what < AUDIT_WHAT_COUNT; what++) {
        tell_more(a, (audit_what_t)what);
    }
    trail_tidy(&a->trail);
    a->segments_seen = a->trail.segments.count;
    loop_timer_set(&a->minute, clock_boot_ms() + TIDY_MS);
}

static void on_wake(loop_message_t *message)
{
    audit_t *a = STRUCT_OF(message, audit_t, wake_message);
    atomic_store(&a->is_woken, false);
    a->has_waiting = true;
}

static void on_stop(loop_message_t *message)
{
    audit_t *a = STRUCT_OF(message, audit_t, stop_message);
    a->stopping = true;
    a->has_waiting = true;
}

static void *run(void *context)
{
    audit_t *a = context;
    while (!a->stopping) {
        loop_turn(a->loop, -1);
        serve(a);
    }
    return NULL;
}

/* Signals are for the threads that wait for them. */
static void start_thread(audit_t *a)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&a->thread, NULL, run, a) != 0) {
        fatal_abort("no thread for the audit trail");
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_setname_np(a->thread, "tenon-audit");
}

/* For whoever keeps the log elsewhere: what the trail was at that time. */
static void log_end(const audit_t *a, const char *event)
{
    const chain_link_t *head = &a->trail.state.head;
    buf_t mac;
    buf_init(&mac, 2 * CHAIN_MAC_BYTES);
    hex_write(&mac, str_at(head->mac, sizeof head->mac));
    log_event(LOG_INFO, event, LOG_I("line", (int64_t)head->seq), LOG_S("mac", buf_view(&mac)));
    buf_fini(&mac);
}

static void set_up(audit_t *a)
{
    uint16_t random;
    random_bytes(&random, sizeof random);
    a->process = random;
    a->loop = loop_new();
    a->told_end = &a->told;
    a->asked_end = &a->asked;
    a->has_waiting = true;
    a->wake_message.run = on_wake;
    a->stop_message.run = on_stop;
    atomic_init(&a->is_well, true);
    loop_timer_init(&a->retry, a->loop, on_retry, a);
    loop_timer_init(&a->minute, a->loop, on_minute, a);
    loop_timer_set(&a->minute, clock_boot_ms() + TIDY_MS);
}

audit_t *audit_open(const trail_options_t *options, err_t *err)
{
    audit_t *a = mem_new(audit_t);
    if (!trail_open(&a->trail, options, err)) {
        free(a);
        return NULL;
    }
    set_up(a);
    log_end(a, "audit.opened");
    start_thread(a);
    audit_moved_on(a); /* what the process before left */
    return a;
}

void audit_close(audit_t *a)
{
    if (!a) {
        return;
    }
    loop_post(a->loop, &a->stop_message);
    pthread_join(a->thread, NULL);
    log_end(a, "audit.closed");
    loop_timer_clear(&a->retry);
    loop_timer_clear(&a->minute);
    trail_close(&a->trail);
    loop_free(a->loop);
    free(a);
}

uint64_t audit_line_count(const audit_t *a)
{
    return atomic_load(&a->lines);
}

/* --- lines with a change --- */

static str_t new_id(audit_t *a, int64_t wall_ms, char id[ENTRY_ID_ROOM])
{
    int n = snprintf(id, ENTRY_ID_ROOM, "%011llx-%04x%06x", (unsigned long long)wall_ms, a->process,
                     atomic_fetch_add(&a->next_id, 1) & 0xffffff);
    return str_at(id, (size_t)n);
}

str_t audit_write_entry(audit_t *a, const audit_entry_t *e, char id[ENTRY_ID_ROOM], buf_t *to)
{
    int64_t wall_ms = clock_wall_ms();
    str_t name = new_id(a, wall_ms, id);
    buf_init(to, ENTRY_MAX);
    entry_write(e, name, wall_ms, to);
    return name;
}

void audit_line(audit_t *a, arena_t *arena, const audit_entry_t *e, store_change_t *change)
{
    char id[ENTRY_ID_ROOM];
    buf_t text;
    str_t name = audit_write_entry(a, e, id, &text);
    trail_wait(a->trail.options.keyring, arena, name, buf_view(&text), change);
    buf_fini(&text);
}

void audit_moved_on(audit_t *a)
{
    if (!atomic_exchange(&a->is_woken, true)) {
        loop_post(a->loop, &a->wake_message);
    }
}
