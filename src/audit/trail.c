/* SPDX-License-Identifier: MIT */
#include "audit/trail.h"

#include <stdlib.h>

#include "audit/trail_internal.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "codec/json.h"
#include "seal/hash.h"

enum { PAGE = 500, BATCH_MAX = 16 * 1024 * 1024, SHARES = 8 };
static const int64_t SEGMENT_BYTES = 8 * 1024 * 1024;
static const int64_t DAY_MS = 24LL * 60 * 60 * 1000;

/* --- what waits in the store --- */

static seal_place_t place_of(str_t id)
{
    return (seal_place_t){.type = STR(WAITING), .id = id, .field = STR(WAITING), .generation = 1};
}

void trail_wait(keyring_t *keyring, arena_t *arena, str_t id, str_t entry, store_change_t *change)
{
    const seal_place_t place = place_of(id);
    buf_t sealed;
    buf_init(&sealed, 2 * ENTRY_MAX);
    keyring_seal(keyring, &place, entry, &sealed);
    *change = (store_change_t){.verb = STORE_PUT,
                               .record = {.kind = STR(WAITING),
                                          .id = arena_str(arena, id),
                                          .generation = 1,
                                          .changed_at_ms = clock_wall_ms(),
                                          .plain = STR("{}"),
                                          .sealed = arena_str(arena, buf_view(&sealed))}};
    buf_fini(&sealed);
}

typedef struct waiting {
    trail_t *trail;
    arena_t *arena;
    str_t *ids, *entries; /* an entry that does not open is absent */
    size_t count;
    err_t err;
} waiting_t;

static str_t open_line(const waiting_t *w, const store_record_t *record)
{
    const seal_place_t place = place_of(record->id);
    err_t ignored = ERR_INIT;
    buf_t text;
    buf_init_wiping(&text, ENTRY_MAX);
    bool ok = keyring_unseal(w->trail->options.keyring, &place, record->sealed, &text, &ignored) &&
              text.n > 2;
    str_t entry = ok ? arena_str(w->arena, buf_view(&text)) : STR_NONE;
    buf_fini(&text);
    return entry;
}

static void on_waiting(void *context, const store_result_t *result)
{
    waiting_t *w = context;
    if (!result->ok) {
        w->err = result->err;
        return;
    }
    w->count = result->count;
    w->ids = arena_array_of(w->arena, str_t, w->count + 1);
    w->entries = arena_array_of(w->arena, str_t, w->count + 1);
    for (size_t i = 0; i < w->count; i++) {
        w->ids[i] = arena_str(w->arena, result->records[i].id);
        w->entries[i] = open_line(w, &result->records[i]);
    }
}

static bool all_open(const waiting_t *w)
{
    for (size_t i = 0; i < w->count; i++) {
        if (!w->entries[i].p) {
            return false;
        }
    }
    return true;
}

/* What does not open may have been sealed anew since it was read, and the key of before be gone. */
static bool list_waiting(waiting_t *w, err_t *err)
{
    for (int i = 0; i < 2; i++) {
        store_list_now(w->trail->options.store, STR(WAITING), STR_NONE, STR_NONE, PAGE, on_waiting,
                       w);
        if (err_is_set(&w->err) || all_open(w)) {
            break;
        }
    }
    return !err_is_set(&w->err) || err_set(err, ERR_store_unavailable, "%s", w->err.text);
}

/* --- the state --- */

typedef struct keeping {
    bool ok;
    err_t err;
} keeping_t;

static void on_kept(void *context, const store_result_t *result)
{
    keeping_t *k = context;
    *k = (keeping_t){result->ok, result->err};
}

/* Sealed anew are the records that stand in the store when the data key changes: what comes later,
 * and was sealed before, would be lost with the key. */
static bool is_under_active_key(const trail_t *t, const store_change_t *change)
{
    uint32_t active;
    keyring_uses(t->options.keyring, &active);
    return keyring_id_of(change->record.sealed) == active;
}

static void write_state(const trail_t *t, store_change_t *changes, size_t count, arena_t *arena,
                        keeping_t *kept)
{
    do {
        state_change(&t->state, t->options.keyring, arena, &changes[0]);
        store_write_now(t->options.store, changes, count, on_kept, kept);
    } while (kept->ok && !is_under_active_key(t, &changes[0]));
}

bool trail_keep(trail_t *t, const str_t *gone, size_t count, err_t *err)
{
    arena_t *arena = arena_new(0);
    store_change_t *changes = arena_array_of(arena, store_change_t, count + 1);
    keeping_t kept = {.ok = false};
    for (size_t i = 0; i < count; i++) {
        changes[i + 1] =
            (store_change_t){.verb = STORE_DELETE, .record = {.kind = STR(WAITING), .id = gone[i]}};
    }
    write_state(t, changes, count + 1, arena, &kept);
    arena_free(arena);
    t->is_ahead = !kept.ok;
    if (!kept.ok) {
        return err_set(err, ERR_store_unavailable, "%s", kept.err.text);
    }
    t->state.generation++;
    for (size_t i = 0; i < count; i++) {
        map_remove(t->ahead, gone[i]);
    }
    return true;
}

/* --- the file --- */

static int64_t segment_bytes(const trail_t *t)
{
    int64_t share = t->options.bytes_max / SHARES;
    return share < SEGMENT_BYTES ? share : SEGMENT_BYTES;
}

/* A day's lines stand together, and no segment becomes large. */
static bool begin_where_due(trail_t *t, err_t *err)
{
    int64_t day = clock_wall_ms() / DAY_MS;
    bool is_own = segments_is_own(&t->segments);
    if (t->segments.writing_fd >= 0 && !is_own) {
        log_event(LOG_ERROR, "audit.file_changed",
                  LOG_S("file", str_of(t->segments.list[t->segments.count - 1].name)));
    }
    if (is_own && !segments_mend(&t->segments, err)) {
        return false;
    }
    if (is_own && t->day == day && t->segments.written < segment_bytes(t)) {
        return true;
    }
    t->day = day;
    return segments_begin(&t->segments, t->state.head.seq + 1, err);
}

static bool write_lines(trail_t *t, const str_t *entries, size_t count, err_t *err)
{
    chain_link_t link = t->state.head;
    buf_t text;
    buf_init(&text, BATCH_MAX);
    for (size_t i = 0; i < count; i++) {
        if (entries[i].n) {
            chain_append(t->state.key, &link, entries[i], &text);
        }
    }
    bool ok =
        !text.n || (begin_where_due(t, err) && segments_append(&t->segments, buf_view(&text), err));
    if (ok && text.n) {
        t->state.head = link;
        t->is_ahead = true;
    }
    buf_fini(&text);
    return ok;
}

bool trail_append(trail_t *t, const str_t *entries, size_t count, err_t *err)
{
    return write_lines(t, entries, count, err) && (!t->is_ahead || trail_keep(t, NULL, 0, err));
}

/* --- moving --- */

/* What stands in the file already is only to be deleted; what does not open is dropped, and told.
 */
static size_t choose(waiting_t *w, str_t *unreadable)
{
    size_t lost = 0;
    for (size_t i = 0; i < w->count; i++) {
        if (map_get(w->trail->ahead, w->ids[i])) {
            w->entries[i] = STR_NONE;
        } else if (!w->entries[i].p) {
            unreadable[lost++] = w->ids[i];
        }
    }
    return lost;
}

static bool move_page(waiting_t *w, err_t *err)
{
    trail_t *t = w->trail;
    str_t *unreadable = arena_array_of(w->arena, str_t, w->count + 1);
    size_t lost = choose(w, unreadable);
    if (!write_lines(t, w->entries, w->count, err)) {
        return false;
    }
    for (size_t i = 0; i < w->count; i++) {
        if (w->entries[i].p) {
            map_set(t->ahead, w->ids[i], t);
        }
    }
    if (!trail_keep(t, w->ids, w->count, err)) {
        return false;
    }
    for (size_t i = 0; i < lost; i++) {
        log_event(LOG_ERROR, "audit.unreadable", LOG_S("id", unreadable[i]));
        trail_tell(t, AUDIT_TRAIL_UNREADABLE, json_pack("{s:o}", "id", json_str(unreadable[i])));
    }
    return true;
}

bool trail_move(trail_t *t, err_t *err)
{
    bool ok = true, more = true;
    while (ok && more) {
        waiting_t w = {.trail = t, .arena = arena_new(0), .err = ERR_INIT};
        ok = list_waiting(&w, err) && (w.count == 0 || move_page(&w, err));
        more = w.count == PAGE;
        arena_free(w.arena);
    }
    return ok && (!t->is_ahead || trail_keep(t, NULL, 0, err));
}

bool trail_tell(trail_t *t, audit_what_t what, json_t *details)
{
    static const actor_t HOST = {.kind = ACTOR_HOST};
    char id[37];
    err_t ignored = ERR_INIT; /* the log has it, too */
    buf_t text;
    random_uuid(id);
    buf_init(&text, ENTRY_MAX);
    const audit_entry_t entry = {.what = what, .actor = &HOST, .details = details};
    entry_write(&entry, str_of(id), clock_wall_ms(), &text);
    str_t view = buf_view(&text);
    bool ok = trail_append(t, &view, 1, &ignored);
    if (!ok) {
        log_event(LOG_ERROR, "audit.not_told", LOG_S("what", str_of(audit_what_name(what))));
    }
    buf_fini(&text);
    json_decref(details);
    return ok;
}

/* --- opening --- */

static void begin_trail(trail_t *t, state_outcome_t outcome)
{
    const segments_t *s = &t->segments;
    uint64_t generation = t->state.generation;
    bool lost = outcome == STATE_UNREADABLE || s->count > 0;
    t->state = (audit_state_t){.generation = generation};
    random_bytes(t->state.key, sizeof t->state.key);
    if (s->count) { /* behind all that may have been */
        const segment_t *newest = &s->list[s->count - 1];
        t->state.start.seq = newest->first_seq + (uint64_t)newest->bytes;
    }
    t->state.head = t->state.start;
    err_t ignored = ERR_INIT; /* where nothing can be written, each start begins one */
    (void)!trail_keep(t, NULL, 0, &ignored); /* before the first line, which it must know of */
    if (outcome == STATE_UNREADABLE) {
        log_event(LOG_ERROR, "store.record_corrupt", LOG_S("kind", STR("meta")),
                  LOG_S("id", STR("audit")));
    }
    if (lost) {
        log_event(LOG_ERROR, "audit.state_lost");
        trail_tell(t, AUDIT_TRAIL_CUT, json_pack("{s:s}", "reason", "state_lost"));
    } else {
        trail_tell(t, AUDIT_TRAIL_STARTED, NULL);
    }
}

bool trail_open(trail_t *t, const trail_options_t *options, err_t *err)
{
    state_outcome_t outcome;
    *t = (trail_t){.options = *options, .ahead = map_new(), .day = clock_wall_ms() / DAY_MS};
    if (!segments_open(&t->segments, options->folder, err) ||
        !state_read(options->store, options->keyring, &t->state, &outcome, err)) {
        trail_close(t);
        return false;
    }
    if (outcome == STATE_READ) {
        trail_recover(t);
        trail_tidy(t); /* what a process that died had begun to remove, at least */
    } else {
        begin_trail(t, outcome);
    }
    return true;
}

void trail_close(trail_t *t)
{
    segments_close(&t->segments);
    map_free(t->ahead);
    secret_wipe(t->state.key, sizeof t->state.key);
    *t = (trail_t){.segments = {.fd = -1, .writing_fd = -1}};
}
