/* SPDX-License-Identifier: MIT */
/* /v1/connections/{connection}/usage: what was counted, from the control loop, and how the limits
 * stand at the moment, from here; …/limits only the latter. A caller sees the connection and its own
 * key. */
#include "api/handlers.h"
#include "base/clock.h"
#include "call/limits.h"
#include "call/seat.h"
#include "codec/json.h"

static bool is_own(const resource_t *r, const json_t *row)
{
    return r->caller->is_admin || str_is(json_member(row, "key"), r->caller->id);
}

/* The ids of the rows that are shown. */
static json_t *drop_others(const resource_t *r, json_t *rows)
{
    json_t *ids = json_array();
    for (size_t i = json_array_size(rows); i-- > 0;) {
        const json_t *row = json_array_get(rows, i);
        if (!is_own(r, row)) {
            json_array_remove(rows, i);
        } else if (!str_is(json_member(row, "key"), USAGE_OTHERS)) {
            json_array_insert(ids, 0, json_object_get(row, "key"));
        }
    }
    return ids;
}

/* A caller has its limits before its first call, too. */
static json_t *keys_of(const resource_t *r, json_t *rows)
{
    json_t *ids = drop_others(r, rows);
    if (!r->caller->is_admin && json_array_size(ids) == 0) {
        json_array_append_new(ids, json_string(r->caller->id));
    }
    return ids;
}

/* Adds how the connection's limits and pause stand now. */
static void add_limits(const resource_t *r, const connection_t *connection, const json_t *ids,
                       json_t *to)
{
    throttle_t *throttle = worker_options(r->worker)->throttle;
    int64_t now = clock_boot_ms();
    int64_t pause = throttle_gate_until(throttle, connection->connector_id, connection->name) - now;
    const limited_t of = {connection->connector, connection->name, true};
    json_object_set_new(to, "limits", limits_show(throttle, &of, ids, now));
    if (pause > 0) {
        json_object_set_new(to, "paused_for", json_integer(seat_whole_seconds(pause)));
    }
}

static void on_found(void *context, connection_t *connection, const err_t *err)
{
    resource_t *r = context;
    json_t *shown = r->body; /* what on_usage kept */
    r->body = NULL;
    if (!connection) {
        json_decref(shown);
        resource_fail(r, err);
        return;
    }
    json_t *ids = keys_of(r, json_object_get(shown, "keys"));
    add_limits(r, connection, ids, shown);
    json_decref(ids);
    connection_unref(connection);
    resource_answer(r, 200, shown);
}

static void on_usage(resource_t *r, json_t *output)
{
    r->body = json_incref(output);
    worker_find_connection(r->worker, r->variables[0], on_found, r);
}

static bool read_resolution(resource_t *r, str_t *out, err_t *err)
{
    const char *const name = "resolution";
    *out = STR("minute");
    if (!resource_query(r, &name, 1, out, err)) {
        return false;
    }
    return str_is(*out, "minute") || str_is(*out, "hour") ||
           err_add_detail(err, ERR_param_value, "/resolution", "`minute` or `hour`");
}

void usage_show(resource_t *r)
{
    str_t resolution;
    err_t err = ERR_INIT;
    if (!read_resolution(r, &resolution, &err)) {
        resource_fail(r, &err);
        err_fini(&err);
    } else if (resource_may_see(r, r->variables[0])) {
        json_t *input = json_pack("{s:o, s:o}", "name", json_str(r->variables[0]), "resolution",
                                  json_str(resolution));
        resource_admin_then(r, ADMIN_CONNECTION_USAGE, input, on_usage);
    }
}

/* --- the limits alone, for who watches them --- */

static void on_found_to_watch(void *context, connection_t *connection, const err_t *err)
{
    resource_t *r = context;
    if (!connection) {
        resource_fail(r, err);
        return;
    }
    json_t *shown = json_object(), *ids = keys_of(r, NULL);
    add_limits(r, connection, ids, shown);
    json_decref(ids);
    connection_unref(connection);
    resource_answer(r, 200, shown);
}

void limits_now(resource_t *r)
{
    if (resource_may_see(r, r->variables[0])) {
        worker_find_connection(r->worker, r->variables[0], on_found_to_watch, r);
    }
}
