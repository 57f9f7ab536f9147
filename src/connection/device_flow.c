/* SPDX-License-Identifier: MIT */
#include "connection/device_flow.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "codec/json.h"
#include "connection/manager_internal.h"

enum { ALL_MAX = 1000, VERSION_MAX = 512 };
/* So long is told how it ended. */
static const int64_t REMEMBERED_MS = 30LL * 60 * 1000;

static const char *const STATES[] = {
#define DEVICE_STATE_NAME(id, name) [DEVICE_##id] = (name),
    DEVICE_STATES(DEVICE_STATE_NAME)
#undef DEVICE_STATE_NAME
};

static char *version_of(const connection_t *c)
{
    buf_t version;
    buf_init(&version, VERSION_MAX);
    connection_write_version(c, &version);
    return buf_take(&version, NULL);
}

device_flow_t *device_flow_new(const connection_t *c, manager_t *m,
                               const grant_device_codes_t *codes, str_t session,
                               const actor_t *actor)
{
    device_flow_t *f = mem_new(device_flow_t);
    f->manager = m;
    snprintf(f->name, sizeof f->name, "%.*s", STR_ARG(c->name));
    f->actor = *actor;
    snprintf(f->session, sizeof f->session, "%.*s", STR_ARG(session));
    snprintf(f->user_code, sizeof f->user_code, "%.*s", STR_ARG(codes->user_code));
    f->uri = str_dup(codes->uri);
    f->uri_complete = codes->uri_complete.p ? str_dup(codes->uri_complete) : NULL;
    f->version = version_of(c);
    f->oauth = json_pack("{s:o}", "device_code", json_str(codes->device_code));
    f->interval_ms = codes->interval_ms;
    f->expires_at_ms = clock_boot_ms() + codes->life_ms;
    return f;
}

static void free_flow(void *value)
{
    device_flow_t *f = value;
    if (f->timer.loop) {
        loop_timer_clear(&f->timer);
    }
    connection_unref(f->polled);
    revocation_free(f->gives_back);
    json_decref(f->oauth);
    free(f->uri);
    free(f->uri_complete);
    free(f->version);
    free(f);
}

bool device_flow_let_go(device_flow_t *f)
{
    f->is_busy = false;
    if (f->is_dropped) {
        free_flow(f);
        return true;
    }
    return false;
}

static void drop(device_flow_t *f)
{
    map_remove(f->manager->device_flows, str_of(f->name));
    loop_timer_clear(&f->timer);
    f->is_dropped = true;
    if (!f->is_busy) {
        free_flow(f);
    }
}

void device_flow_drop(manager_t *m, str_t connection)
{
    device_flow_t *f = device_flow_of(m, connection);
    if (f) {
        drop(f);
    }
}

void device_flow_remove(manager_t *m, str_t connection)
{
    const device_flow_t *f = device_flow_of(m, connection);
    if (f && f->oauth) {
        sign_in_outcome_t outcome = {.manager = m, .actor = f->actor, .err = ERR_INIT};
        memcpy(outcome.name, f->name, sizeof outcome.name);
        memcpy(outcome.session, f->session, sizeof outcome.session);
        sign_in_is_lost(f->polled, &outcome.err);
        sign_in_tell(&outcome);
    }
    device_flow_drop(m, connection);
}

device_flow_t *device_flow_of(const manager_t *m, str_t connection)
{
    return map_get(m->device_flows, connection);
}

/* Those that are over were kept only to be told of. */
static void drop_ended(manager_t *m, int64_t before_ms)
{
    void *value;
    for (size_t at = 0; map_next(m->device_flows, &at, NULL, &value);) {
        device_flow_t *f = value;
        if (f->state != DEVICE_PENDING && f->ended_at_ms < before_ms) {
            drop(f);
        }
    }
}

bool device_flow_enter(device_flow_t *f, err_t *err)
{
    manager_t *m = f->manager;
    device_flow_drop(m, str_of(f->name));
    if (map_count(m->device_flows) >= ALL_MAX) {
        drop_ended(m, INT64_MAX);
    }
    if (map_count(m->device_flows) >= ALL_MAX) {
        free_flow(f);
        return err_set(err, ERR_over_capacity, "too many sign-ins are under way");
    }
    map_set(m->device_flows, str_of(f->name), f);
    device_poll_later(f);
    return true;
}

/* --- shown --- */

static void show_failure(const device_flow_t *f, json_t *shown)
{
    json_object_set_new(shown, "code", json_string(err_code_name(f->err.code)));
    json_add_text(shown, "detail", str_of(f->err.text));
    json_add_text(shown, "error", str_of(f->err.upstream_error));
    json_add_text(shown, "error_description", str_of(f->err.upstream_description));
}

static void show_code(const device_flow_t *f, json_t *shown)
{
    int64_t left = f->expires_at_ms - clock_boot_ms();
    json_object_set_new(shown, "user_code", json_str(str_of(f->user_code)));
    json_object_set_new(shown, "verification_uri", json_str(str_of(f->uri)));
    json_add_text(shown, "verification_uri_complete", str_of(f->uri_complete));
    json_object_set_new(shown, "expires_in", json_integer(left > 0 ? (left + 999) / 1000 : 0));
    json_object_set_new(shown, "interval", json_integer(f->interval_ms / 1000));
}

json_t *device_flow_show(const device_flow_t *f)
{
    json_t *shown = json_pack("{s:s}", "status", STATES[f->state]);
    if (f->state == DEVICE_PENDING) {
        show_code(f, shown);
    } else if (f->state != DEVICE_READY) {
        show_failure(f, shown);
    }
    return shown;
}

/* --- all of them --- */

void device_flows_sweep(manager_t *m, int64_t now_ms)
{
    drop_ended(m, now_ms - REMEMBERED_MS);
}

void device_flows_end(manager_t *m)
{
    void *value;
    for (size_t at = 0; map_next(m->device_flows, &at, NULL, &value);) {
        loop_timer_clear(&((device_flow_t *)value)->timer);
    }
}

void device_flows_free(manager_t *m)
{
    map_free_with(m->device_flows, free_flow);
}
