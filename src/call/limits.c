/* SPDX-License-Identifier: MIT */
#include "call/limits.h"

#include "call/seat.h"
#include "codec/json.h"

typedef struct showing {
    throttle_t *throttle;
    const connector_t *connector;
    bool in_full;
    int64_t now_ms;
    arena_t *arena;
    const json_t *keys;
    json_t *list;
} showing_t;

static json_t *show_leaving(const throttle_left_t *left)
{
    json_t *slices = json_array();
    for (int i = 0; i < THROTTLE_SLICES; i++) {
        json_array_append_new(slices, json_integer(left->leaving[i]));
    }
    return slices;
}

static void show_one(const showing_t *s, const limit_t *limit, const limit_place_t *at)
{
    static const char *const SCOPES[] = {[SCOPE_CONNECTION] = "connection",
                                         [SCOPE_CONNECTOR] = "connector",
                                         [SCOPE_CALLER] = "caller"};
    throttle_left_t left;
    const throttle_limit_t window = seat_limit_in(s->arena, limit, at);
    throttle_look(s->throttle, s->connector->id, &window, s->now_ms, &left);
    json_t *shown = json_pack("{s:o}", "name", json_str(limit->name));
    if (at->action) {
        json_object_set_new(shown, "action", json_str(at->action->name));
    }
    json_object_set_new(shown, "scope", json_string(SCOPES[limit->scope]));
    if (at->key.n) {
        json_object_set_new(shown, "key", json_str(at->key));
    }
    json_object_set_new(shown, "calls", json_integer(limit->calls));
    json_object_set_new(shown, "per_ms", json_integer(limit->per_ms));
    json_object_set_new(shown, "left", json_integer(left.calls));
    json_object_set_new(shown, "used", json_integer(limit->calls - left.calls));
    json_object_set_new(shown, "reset_in", json_integer(seat_whole_seconds(left.reset_ms)));
    if (left.reset_ms && s->in_full) {
        json_object_set_new(shown, "leaving", show_leaving(&left));
    }
    json_array_append_new(s->list, shown);
}

/* One of the scope `caller` is as many limits as there are callers. */
static void show_limit(const showing_t *s, const limit_t *limit, limit_place_t at)
{
    size_t i;
    json_t *key;
    if (limit->scope != SCOPE_CALLER) {
        show_one(s, limit, &at);
        return;
    }
    json_array_foreach(s->keys, i, key)
    {
        at.key = json_view(key);
        show_one(s, limit, &at);
    }
}

static void show_limits(const showing_t *s, const limits_t *limits, const limit_place_t *at)
{
    for (size_t i = 0; i < limits->count; i++) {
        show_limit(s, &limits->list[i], *at);
    }
}

json_t *limits_show(throttle_t *t, const limited_t *of, const json_t *keys, int64_t now_ms)
{
    const connector_t *c = of->connector;
    showing_t s = {t, c, of->in_full, now_ms, arena_new(0), keys, json_array()};
    limit_place_t at = {.connection = of->connection};
    if (c) {
        show_limits(&s, &c->throttle, &at);
    }
    for (size_t i = 0; c && i < c->action_count; i++) {
        at.action = &c->actions[i];
        show_limits(&s, &c->actions[i].throttle, &at);
    }
    arena_free(s.arena);
    return s.list;
}
