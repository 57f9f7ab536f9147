/* SPDX-License-Identifier: MIT */
/* A sign-in by a code as it stands in the store: what it takes to go on asking. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "codec/json.h"
#include "connection/manager_internal.h"
#include "connection/moment.h"
#include "connection/sealed_json.h"

static const str_t KIND = STR_INIT("device");

static json_t *describe_actor(const actor_t *actor)
{
    return json_pack("{s:i, s:s, s:s, s:s, s:s}", "kind", (int)actor->kind, "key", actor->key,
                     "session", actor->session, "address", actor->address, "request_id",
                     actor->request_id);
}

size_t device_flow_write(const device_flow_t *f, keyring_t *keyring, arena_t *arena,
                         store_change_t *change)
{
    json_t *all =
        json_pack("{s:I, s:I, s:I}", "interval_ms", (json_int_t)f->interval_ms, "expires_boot_ms",
                  (json_int_t)f->expires_at_ms, "restores", (json_int_t)f->manager->restores);
    json_object_set_new(all, "actor", describe_actor(&f->actor));
    json_add_text(all, "user_code", str_of(f->user_code));
    json_add_text(all, "uri", str_of(f->uri));
    json_add_text(all, "uri_complete", str_of(f->uri_complete));
    json_add_text(all, "version", str_of(f->version));
    json_object_set(all, "oauth", f->oauth);
    moment_write(all);
    const store_record_t record = {.kind = KIND, .id = str_of(f->name), .generation = 1};
    size_t changes = sealed_json_write(&record, all, keyring, arena, change);
    json_decref(all);
    return changes;
}

void device_flow_delete(str_t connection, store_change_t *change)
{
    *change = (store_change_t){.verb = STORE_DELETE, .record = {.kind = KIND, .id = connection}};
}

static void copy_text(char *to, size_t size, const json_t *all, const char *name)
{
    snprintf(to, size, "%.*s", STR_ARG(json_member(all, name)));
}

static void read_actor(actor_t *actor, const json_t *from)
{
    json_int_t kind = json_integer_value(json_object_get(from, "kind"));
    actor->kind = kind >= 0 && kind < ACTOR_KIND_COUNT ? (actor_kind_t)kind : ACTOR_HOST;
    copy_text(actor->key, sizeof actor->key, from, "key");
    copy_text(actor->session, sizeof actor->session, from, "session");
    copy_text(actor->address, sizeof actor->address, from, "address");
    copy_text(actor->request_id, sizeof actor->request_id, from, "request_id");
}

/* When it ends, by the present boot's clock. */
static int64_t end_of(const json_t *all)
{
    int64_t left =
        json_integer_value(json_object_get(all, "expires_boot_ms")) - moment_boot_ms(all);
    return clock_boot_ms() - moment_age_ms(all) + left;
}

static device_flow_t *read_flow(manager_t *m, str_t name, const json_t *all)
{
    device_flow_t *f = mem_new(device_flow_t);
    str_t complete = json_member(all, "uri_complete");
    f->manager = m;
    snprintf(f->name, sizeof f->name, "%.*s", STR_ARG(name));
    read_actor(&f->actor, json_object_get(all, "actor"));
    copy_text(f->user_code, sizeof f->user_code, all, "user_code");
    f->uri = str_dup(json_member(all, "uri"));
    f->uri_complete = complete.p ? str_dup(complete) : NULL;
    f->version = str_dup(json_member(all, "version"));
    f->oauth = json_deep_copy(json_object_get(all, "oauth"));
    f->interval_ms = json_integer_value(json_object_get(all, "interval_ms"));
    f->expires_at_ms = end_of(all);
    return f;
}

/* Of one out of a backup nobody knows whether it is spent; one that does not open says nothing. */
static bool still_counts(const manager_t *m, const json_t *all)
{
    return all && (uint64_t)json_integer_value(json_object_get(all, "restores")) == m->restores;
}

static void give_up(manager_t *m, str_t name)
{
    store_change_t change;
    log_event(LOG_WARN, "device.given_up", LOG_S("connection", name));
    device_flow_delete(name, &change);
    manager_store_write(m, &change, 1, false, NULL, NULL);
}

void device_flow_restore(manager_t *m, const store_record_t *record)
{
    err_t err = ERR_INIT;
    json_t *all = sealed_json_read(record, m->keyring);
    bool goes_on = still_counts(m, all) && device_flow_enter(read_flow(m, record->id, all), &err);
    json_decref(all);
    if (goes_on) {
        log_event(LOG_INFO, "device.goes_on", LOG_S("connection", record->id));
    } else {
        give_up(m, record->id);
    }
}
