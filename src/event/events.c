/* SPDX-License-Identifier: MIT */
/* Telling: an event gets its id, goes into memory, into the store if it matters, and to who
 * listens. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "event/events_internal.h"

enum { PAGE = 1000, IDS_A_MS = 1024, KEPT_DEFAULT = 4096 };

/* --- connections that have another one's name --- */

static void pass_by_in(const event_ring_t *ring, const char *connection)
{
    for (size_t i = 0; i < ring->count; i++) {
        event_t *one = event_ring_at(ring, i);
        one->is_past = one->is_past || strcmp(one->connection, connection) == 0;
    }
}

/* One is made: what happened under its name before was another one's. */
static void pass_by(events_t *e, const event_t *made)
{
    if (made->kind == EVENT_CONNECTION_CREATED) {
        pass_by_in(&e->kept, made->connection);
        pass_by_in(&e->passing, made->connection);
    }
}

/* --- the store --- */

typedef struct loading {
    events_t *events;
    size_t seen;
    err_t *err;
} loading_t;

static store_change_t removal(const event_t *gone)
{
    return (store_change_t){.verb = STORE_DELETE,
                            .record = {.kind = STR("event"), .id = str_of(gone->id_text)}};
}

static void forget(events_t *e, event_t *gone)
{
    if (gone) {
        char text[DROPPED_BYTES];
        store_change_t changes[2] = {removal(gone)};
        dropped_note(e, false, text, &changes[1]);
        store_write(e->options.store, e->options.loop, changes, 2, false, NULL, NULL);
        event_unref(gone);
    }
}

static void on_stored(void *context, const store_result_t *result)
{
    loading_t *l = context;
    events_t *e = l->events;
    l->seen = result->count;
    if (!result->ok) {
        (void)err_set(l->err, ERR_store_failed, "%s", result->err.text);
    }
    for (size_t i = 0; i < result->count; i++) {
        event_t *one = event_read(result->records[i].plain);
        if (one && one->id > e->last_id) {
            e->last_id = one->id;
            pass_by(e, one);
            forget(e, event_ring_add(&e->kept, one));
        } else {
            event_unref(one);
        }
    }
}

static bool load(events_t *e, err_t *err)
{
    loading_t l = {.events = e, .err = err};
    char after[EVENT_ID_DIGITS + 1];
    do {
        event_id_write(after, e->last_id);
        store_list_now(e->options.store, STR("event"), STR_NONE, str_of(after), PAGE, on_stored,
                       &l);
    } while (!err_is_set(err) && l.seen == PAGE);
    return !err_is_set(err);
}

static void keep(events_t *e, event_t *event)
{
    event_t *gone = event_ring_add(&e->kept, event_ref(event));
    char text[DROPPED_BYTES];
    store_change_t changes[3] = {
        {.verb = STORE_PUT,
         .record = {.kind = STR("event"),
                    .id = str_of(event->id_text),
                    .generation = 1,
                    .changed_at_ms = clock_wall_ms(),
                    .plain = event->text}},
    };
    if (gone) {
        changes[1] = removal(gone);
        dropped_note(e, false, text, &changes[2]);
    }
    store_write(e->options.store, e->options.loop, changes, gone ? 3 : 1, true, NULL, NULL);
    event_unref(gone);
    if (e->on_kept) {
        e->on_kept(e->on_kept_context);
    }
}

/* --- telling --- */

uint64_t events_next_id(events_t *e, int64_t wall_ms)
{
    uint64_t by_time = wall_ms > 0 ? (uint64_t)wall_ms * IDS_A_MS : 0;
    e->last_id = by_time > e->last_id ? by_time : e->last_id + 1;
    return e->last_id;
}

typedef struct telling {
    loop_message_t message;
    events_t *events;
    event_kind_t kind;
    int64_t wall_ms;
    char connection[64];
    char key[16]; /* of a key that is revoked */
    buf_t data;
} telling_t;

static void take(events_t *e, const telling_t *t)
{
    event_t *event = event_new(t->kind, events_next_id(e, t->wall_ms), t->wall_ms,
                               str_of(t->connection), buf_view(&t->data));
    pass_by(e, event);
    if (EVENT_INFO[t->kind].lasting == EVENT_KEPT) {
        keep(e, event);
    } else if (EVENT_INFO[t->kind].lasting == EVENT_PASSING) {
        event_unref(event_ring_add(&e->passing, event_ref(event)));
    }
    events_spread(e, event);
    if (t->kind == EVENT_KEY_REVOKED) {
        events_end_key(e, str_of(t->key));
    }
    event_unref(event);
}

static void run_telling(loop_message_t *message)
{
    telling_t *t = STRUCT_OF(message, telling_t, message);
    take(t->events, t);
    buf_fini(&t->data);
    free(t);
}

static void copy_name(char *to, size_t size, str_t from)
{
    memcpy(to, from.p ? from.p : "", from.n < size ? from.n : size - 1);
}

static void write_telling(telling_t *t, str_t connection, const log_field_t *fields)
{
    copy_name(t->connection, sizeof t->connection, connection);
    if (t->kind == EVENT_KEY_REVOKED) {
        copy_name(t->key, sizeof t->key, fields->text); /* its first member */
    }
    buf_init(&t->data, EVENT_DATA_MAX);
    event_write_data(&t->data, connection, fields);
    if (!buf_ok(&t->data)) { /* ceilings of the members stand below this one */
        buf_clear(&t->data);
        buf_lit(&t->data, "{}");
    }
}

void events_tell(events_t *e, event_kind_t kind, str_t connection, const log_field_t *fields)
{
    if (!e) {
        return;
    }
    telling_t *t = mem_new(telling_t);
    *t = (telling_t){.events = e, .kind = kind, .wall_ms = clock_wall_ms()};
    write_telling(t, connection, fields);
    t->message.run = run_telling;
    if (loop_current() == e->options.loop) {
        run_telling(&t->message);
    } else {
        loop_post(e->options.loop, &t->message);
    }
}

bool events_is_heard(const events_t *e, event_kind_t kind)
{
    return e && (atomic_load_explicit(&e->heard, memory_order_relaxed) & event_bit(kind));
}

/* --- its life --- */

static void free_all(events_t *e)
{
    event_ring_fini(&e->kept);
    event_ring_fini(&e->passing);
    map_free(e->circuits);
    free(e);
}

events_t *events_new(const events_options_t *options, err_t *err)
{
    events_t *e = mem_new(events_t);
    e->options = *options;
    e->circuits = map_new();
    event_ring_init(&e->kept, options->kept_max ? options->kept_max : KEPT_DEFAULT);
    event_ring_init(&e->passing, PASSING_MAX);
    dropped_load(e);
    if (!load(e, err)) {
        free_all(e);
        return NULL;
    }
    return e;
}

/* Nothing that passed is there after a restart. The loop does not turn any more. */
static void note_passed(events_t *e)
{
    if (e->passing.count) {
        char text[DROPPED_BYTES];
        store_change_t change;
        dropped_note(e, true, text, &change);
        store_write_now(e->options.store, &change, 1, NULL, NULL);
    }
}

void events_free(events_t *e)
{
    if (e) {
        note_passed(e);
        free_all(e);
    }
}

const event_ring_t *events_kept(const events_t *e)
{
    return &e->kept;
}

void events_on_kept(events_t *e, void (*on_kept)(void *context), void *context)
{
    e->on_kept = on_kept;
    e->on_kept_context = context;
}
