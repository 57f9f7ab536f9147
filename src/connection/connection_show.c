/* SPDX-License-Identifier: MIT */
/* A connection as the API shows it. */
#include <time.h>

#include "codec/json.h"
#include "connection/record.h"

json_t *shown_time(int64_t wall_ms)
{
    char text[40];
    struct tm tm;
    time_t seconds = (time_t)(wall_ms / 1000);
    if (!gmtime_r(&seconds, &tm) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm)) {
        return json_null();
    }
    return json_string(text);
}

static bool is_secret(const connection_t *c, const char *name)
{
    const field_t *field = c->auth ? connection_field(c->connector, c->auth, str_of(name)) : NULL;
    return field && field->secret; /* the definition may have made it one after it was given */
}

static json_t *show_parameters(const connection_record_t *r, const connection_t *c)
{
    json_t *shown = json_object();
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(r->plain, "parameters"), name, value)
    {
        json_object_set_new(
            shown, name, is_secret(c, name) ? json_pack("{s:b}", "set", 1) : json_deep_copy(value));
    }
    json_object_foreach(r->secrets, name, value)
    {
        json_object_set_new(shown, name, json_pack("{s:b}", "set", 1));
    }
    return shown;
}

/* What ends it, in words. */
static const char *advice_for(const connection_t *c)
{
    switch (c->state) {
    case CONNECTION_SIGN_IN:
        return "a person has to sign in: `tenon connection sign-in NAME`, or a link of POST "
               "/v1/connect-sessions";
    case CONNECTION_REJECTED:
        return c->why.code == ERR_account_locked
                   ? "have the account unlocked at the service, then reset the connection"
                   : "give the connection credentials that the service accepts, or reset it once "
                     "the service accepts these";
    case CONNECTION_REVIEW:
        return "look at where its data would go, then accept that: `tenon connection accept NAME`";
    case CONNECTION_INCOMPLETE:
        return c->connector ? "give the connection what is missing"
                            : "bring the definition back, or remove the connection";
    case CONNECTION_READY:
    case CONNECTION_STATE_COUNT:
        break;
    }
    return "";
}

static json_t *show_why(const err_t *why, int64_t until_wall_ms)
{
    json_t *reason = json_object();
    json_object_set_new(reason, "code", json_string(err_code_name(why->code)));
    json_object_set_new(reason, "detail", json_string(why->text));
    json_add_text(reason, "error", str_of(why->upstream_error));
    json_add_text(reason, "error_description", str_of(why->upstream_description));
    if (until_wall_ms) {
        json_object_set_new(reason, "until", shown_time(until_wall_ms));
    }
    return reason;
}

/* Of the one list, what the other does not have. */
static json_t *missing_in(const json_t *other, const json_t *list)
{
    json_t *missing = json_array();
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        bool found = false;
        for (size_t k = 0; k < json_array_size(other); k++) {
            found = found || json_equal(one, json_array_get(other, k));
        }
        if (!found) {
            json_array_append_new(missing, json_deep_copy(one));
        }
    }
    return missing;
}

/* Where its data goes now and did not go when somebody last agreed, and the other way round. */
json_t *connection_destination_changes(const connection_record_t *r, const connection_t *c)
{
    const json_t *then = json_object_get(r->plain, "destinations");
    json_t *now = connection_destinations(c);
    json_t *changes = json_pack("{s:o, s:o}", "added", missing_in(then, now), "removed",
                                missing_in(now, then));
    json_decref(now);
    return changes;
}

static json_t *show_reason(const connection_record_t *r, const connection_t *c,
                           int64_t since_wall_ms)
{
    json_t *reason = show_why(&c->why, c->until_wall_ms);
    json_add_text(reason, "advice", str_of(advice_for(c)));
    if (since_wall_ms) {
        json_object_set_new(reason, "since", shown_time(since_wall_ms));
    }
    if (c->state == CONNECTION_REVIEW) {
        json_object_set_new(reason, "destinations", connection_destination_changes(r, c));
    }
    return reason;
}

static void show_time(json_t *shown, const char *name, const json_t *wall_ms)
{
    if (wall_ms) {
        json_object_set_new(shown, name, shown_time(json_integer_value(wall_ms)));
    }
}

/* Shares nothing with the record: it goes to another thread. */
json_t *connection_show(const connection_record_t *r, const connection_t *c,
                        const connection_circumstances_t *now)
{
    json_t *shown = json_object();
    json_object_set_new(shown, "name", json_str(c->name));
    json_object_set_new(shown, "connector", json_str(c->connector_id));
    json_object_set_new(shown, "auth", json_deep_copy(json_object_get(r->plain, "auth")));
    if (c->title.n) {
        json_object_set_new(shown, "title", json_str(c->title));
    }
    json_object_set_new(shown, "state", json_string(connection_state_name(c->state)));
    if (c->state != CONNECTION_READY) {
        json_object_set_new(shown, "reason", show_reason(r, c, now->since_wall_ms));
    } else if (err_is_set(&now->pause)) {
        json_object_set_new(shown, "pause", show_why(&now->pause, now->pause_until_wall_ms));
    }
    json_object_set_new(shown, "parameters", show_parameters(r, c));
    json_object_set_new(shown, "destinations",
                        json_deep_copy(json_object_get(r->plain, "destinations")));
    if (c->certificate_ends_at_ms) {
        json_object_set_new(shown, "certificate_expires_at", shown_time(c->certificate_ends_at_ms));
    }
    if (now->token_ends_wall_ms) {
        json_object_set_new(shown, "token_expires_at", shown_time(now->token_ends_wall_ms));
    }
    show_time(shown, "created_at", json_object_get(r->plain, "created_at_ms"));
    show_time(shown, "changed_at", json_object_get(r->plain, "changed_at_ms"));
    if (now->last_used_wall_ms) {
        json_object_set_new(shown, "last_used_at", shown_time(now->last_used_wall_ms));
    }
    return shown;
}
