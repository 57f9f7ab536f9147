/* SPDX-License-Identifier: MIT */
/* Polling triggers (FORMAT 7): a platform asks again and again. The first call only finds out what
 * is there; its answer, and each that brings nothing new, is 202 with a Location to ask at, and
 * when (Retry-After). That address carries, sealed, the input of the call and what goes over the
 * query: so the service is asked for what is newer, and nothing is kept here. */
#include "call/call_internal.h"
#include "codec/json.h"
#include "policy/policy.h"

enum { STATE_DEPTH = 64, STATE_MAX = 1 << 20 };

/* --- a poll that comes --- */

static void release_json(void *value)
{
    json_decref(value);
}

static void release_numbers(void *numbers)
{
    json_numbers_free(numbers);
}

bool poll_open(call_t *c, err_t *err)
{
    json_numbers_t *numbers;
    bind_limits_t limits = call_bind_limits(c);
    const json_limits_t read = {.depth = STATE_DEPTH};
    json_t *state = json_read_spelt(c->link_content, &read, &numbers, err);
    arena_on_free(c->arena, release_json, state);
    arena_on_free(c->arena, release_numbers, numbers);
    if (!state) {
        return false;
    }
    c->poll_query = json_object_get(state, "query");
    bool bound = bind_kept(c->arena, c->action, json_incref(json_object_get(state, "input")),
                           &limits, &c->input, err);
    c->input.numbers = numbers;
    return bound;
}

/* --- its answer --- */

static bool has_items(const trigger_t *trigger, json_t *body)
{
    const json_t *items = place_value(&trigger->items, body);
    if (json_is_array(items) || json_is_object(items)) {
        return json_array_size(items) + json_object_size(items) > 0;
    }
    return items && !json_is_null(items);
}

/* What the answer does not tell stays as it was: an answer without items tells nothing. NULL: the
 * answer does not fit the trigger (c->failure). */
static json_t *next_query(call_t *c, value_scope_t *scope)
{
    json_t *told = NULL;
    json_t *query = c->poll_query ? json_copy(c->poll_query) : json_object();
    err_t err = ERR_INIT;
    if (template_tree_json(c->action->trigger.query, &scope->scope, &told, &err) ==
        TEMPLATE_FAILED) {
        err_set(&c->failure, ERR_upstream_answer_incomplete,
                "the state of the trigger cannot be made of the answer: %s", err.text);
        err_fini(&err);
        json_decref(query);
        return NULL;
    }
    (void)json_object_update(query, told);
    json_decref(told);
    return query;
}

/* Where to ask next; absent where that would be too long (c->failure). */
static str_t next_poll(call_t *c, json_t *query)
{
    buf_t text;
    json_t *state = json_pack("{s:O,s:O}", "input", c->input.values, "query", query);
    buf_init_wiping(&text, STATE_MAX);
    json_write_spelt(&text, state, c->input.numbers);
    str_t link = buf_ok(&text) ? link_make(c, &LINK_STATE, buf_view(&text)) : STR_NONE;
    json_decref(state);
    buf_fini(&text);
    if (!link.p) {
        err_set(&c->failure, ERR_upstream_too_large,
                "the state of the trigger is too large to be carried in an address");
    }
    return link;
}

static void reply_nothing_new(call_t *c)
{
    call_replace_head(c, 202);
    buf_clear(&c->held);
}

void poll_answer(call_t *c, value_scope_t *scope, json_t *body)
{
    bool asked_again = c->link == &LINK_STATE;
    json_t *query = next_query(c, scope);
    str_t link = query ? next_poll(c, query) : STR_NONE;
    json_decref(query);
    if (!link.p) {
        return;
    }
    if (!asked_again || !has_items(&c->action->trigger, body)) {
        reply_nothing_new(c);
    }
    call_set_header(c, STR("location"), link);
    call_set_header(
        c, STR("retry-after"),
        arena_printf(c->arena, "%lld", (long long)((c->action->trigger.interval_ms + 999) / 1000)));
}
