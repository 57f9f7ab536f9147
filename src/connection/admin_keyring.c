/* SPDX-License-Identifier: MIT */
/* The key ring: shown, a new data key, another master key. */
#include "codec/json.h"
#include "connection/admin_internal.h"

/* --- show --- */

static json_t *show_key(const keyring_entry_t *entry, uint64_t uses)
{
    return json_pack("{s:I, s:b, s:o, s:I}", "id", (json_int_t)entry->id, "active",
                     (int)entry->active, "created_at", shown_time(entry->created_at_ms), "uses",
                     (json_int_t)uses);
}

static json_t *show_keys(const manager_t *m)
{
    const ring_t *ring = &m->ring;
    json_t *keys = json_array();
    json_array_append_new(keys, show_key(&ring->active, keyring_uses(m->keyring, NULL)));
    for (size_t i = ring->retired_count; i-- > 0;) {
        json_array_append_new(keys, show_key(&ring->retired[i], ring->retired[i].uses));
    }
    return keys;
}

static json_t *show_resealing(const manager_t *m)
{
    const reseal_t *r = &m->reseal;
    return json_pack("{s:b, s:I, s:I, s:I}", "running",
                     (int)(r->running || loop_timer_is_set(&r->timer)), "seen", (json_int_t)r->seen,
                     "resealed", (json_int_t)r->resealed, "left", (json_int_t)r->left);
}

static json_t *show_master_key(const ring_t *ring)
{
    char id[MASTER_KEY_ID];
    json_t *also = json_array();
    master_key_id(ring->master, id);
    for (size_t i = 0; i < ring->handover_count; i++) {
        json_array_append_new(also, json_string(ring->handovers[i]));
    }
    return json_pack("{s:s, s:o}", "id", id, "also", also);
}

static json_t *show(const manager_t *m)
{
    return json_pack("{s:o, s:o, s:o}", "data_keys", show_keys(m), "resealing", show_resealing(m),
                     "master_key", show_master_key(&m->ring));
}

void admin_keyring_show(admin_call_t *call)
{
    admin_answer(call, show(call->manager), NULL);
}

/* --- change: one at a time, and behind what the host itself writes --- */

static void on_changed(void *context, const err_t *err)
{
    admin_call_t *call = context;
    if (err_is_set(err)) {
        admin_answer(call, NULL, err);
    } else {
        admin_answer(call, show(call->manager), NULL);
    }
}

static void rotate(void *context)
{
    admin_call_t *call = context;
    arena_t *arena = arena_new(0);
    store_change_t line;
    admin_line(call, arena, &(admin_line_t){.object = STR("keyring")}, &line);
    ring_rotate(call->manager, &line, on_changed, call);
    arena_free(arena);
}

static void rotate_when_idle(void *context)
{
    const admin_call_t *call = context;
    ring_when_idle(call->manager, rotate, context);
}

void admin_keyring_rotate(admin_call_t *call)
{
    admin_take_turn(call, STR("keyring"), rotate_when_idle, call);
}

static bool check_next(const ring_t *ring, const secret_t *next, bool in_place, err_t *err)
{
    if (!next) {
        err_add_detail(err, ERR_param_value, "/new_master_key",
                       "64 hexadecimal digits or the base64 of 32 bytes");
    } else if (!in_place && secret_equal(next, ring->master)) {
        err_add_detail(err, ERR_param_value, "/new_master_key", "this is the master key already");
    } else if (!in_place && ring->handover_count == HANDOVERS_MAX) {
        err_add_detail(err, ERR_param_value, "/new_master_key",
                       "%d others are announced: put one of them in its place first",
                       HANDOVERS_MAX);
    }
    return !err_is_set(err);
}

/* In place already, and nothing else opens the store: what was asked for is so. */
static bool is_done(const ring_t *ring, const secret_t *next)
{
    return secret_equal(next, ring->master) && ring->handover_count == 0;
}

static void rewrap(void *context)
{
    admin_call_t *call = context;
    manager_t *m = call->manager;
    err_t err = ERR_INIT;
    bool in_place = json_is_true(json_object_get(call->input, "in_place"));
    secret_t *next = master_key_read(json_member(call->input, "new_master_key"));
    if (!check_next(&m->ring, next, in_place, &err)) {
        admin_answer(call, NULL, &err);
    } else if (in_place && is_done(&m->ring, next)) {
        admin_answer(call, show(m), NULL);
    } else {
        arena_t *arena = arena_new(0);
        store_change_t line;
        admin_line(call, arena,
                   &(admin_line_t){.object = STR("keyring"),
                                   .details = json_pack("{s:b}", "in_place", (int)in_place)},
                   &line);
        if (in_place) {
            handover_end(m, next, &line, on_changed, call);
        } else {
            handover_begin(m, next, &line, on_changed, call);
        }
        arena_free(arena);
    }
    secret_unref(next);
}

static void rewrap_when_idle(void *context)
{
    const admin_call_t *call = context;
    ring_when_idle(call->manager, rewrap, context);
}

void admin_keyring_rewrap(admin_call_t *call)
{
    admin_take_turn(call, STR("keyring"), rewrap_when_idle, call);
}
