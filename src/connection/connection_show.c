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

static json_t *show_reason(const connection_t *c)
{
    json_t *reason = json_object();
    json_object_set_new(reason, "code", json_string(err_code_name(c->why.code)));
    json_object_set_new(reason, "detail", json_string(c->why.text));
    if (c->why.upstream_error[0]) {
        json_object_set_new(reason, "error", json_string(c->why.upstream_error));
    }
    if (c->why.upstream_description[0]) {
        json_object_set_new(reason, "error_description", json_string(c->why.upstream_description));
    }
    if (c->until_wall_ms) {
        json_object_set_new(reason, "until", shown_time(c->until_wall_ms));
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
json_t *connection_show(const connection_record_t *r, const connection_t *c, int64_t last_used_wall_ms)
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
        json_object_set_new(shown, "reason", show_reason(c));
    }
    json_object_set_new(shown, "parameters", show_parameters(r, c));
    json_object_set_new(shown, "destinations",
                        json_deep_copy(json_object_get(r->plain, "destinations")));
    show_time(shown, "created_at", json_object_get(r->plain, "created_at_ms"));
    show_time(shown, "changed_at", json_object_get(r->plain, "changed_at_ms"));
    if (last_used_wall_ms) {
        json_object_set_new(shown, "last_used_at", shown_time(last_used_wall_ms));
    }
    return shown;
}
