/* SPDX-License-Identifier: MIT */
/* What changes here, told as events. */
#include "codec/json.h"
#include "connection/admin_internal.h"

/* The key, or what stands in its place. */
static str_t by(const admin_call_t *call)
{
    const actor_t *a = &call->actor;
    return str_of(a->key[0] ? a->key : actor_kind_name(a->kind));
}

void tell_connection(const admin_call_t *call, const connection_record_t *r)
{
    static const struct {
        admin_verb_t verb;
        event_kind_t kind;
    } KINDS[] = {{ADMIN_CONNECTION_CREATE, EVENT_CONNECTION_CREATED},
                 {ADMIN_CONNECTION_CHANGE, EVENT_CONNECTION_CHANGED},
                 {ADMIN_CONNECTION_RESET, EVENT_CONNECTION_RESET}};
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        if (call->verb == KINDS[i].verb) {
            event_tell(call->manager->events, KINDS[i].kind, str_of(r->name),
                       LOG_S("connector", json_member(r->plain, "connector")),
                       LOG_S("auth", json_member(r->plain, "auth")), LOG_S("by", by(call)));
        }
    }
}

void tell_removed(const admin_call_t *call, str_t name)
{
    event_tell(call->manager->events, EVENT_CONNECTION_REMOVED, name, LOG_S("by", by(call)));
}

void tell_key_created(const admin_call_t *call, const json_t *shown)
{
    event_tell(call->manager->events, EVENT_KEY_CREATED, STR_NONE,
               LOG_S("key", json_member(shown, "id")), LOG_S("role", json_member(shown, "role")),
               LOG_S("by", by(call)));
}

void tell_key_revoked(const admin_call_t *call, str_t id)
{
    event_tell(call->manager->events, EVENT_KEY_REVOKED, STR_NONE, LOG_S("key", id),
               LOG_S("by", by(call)));
}

/* --- definitions: one snapshot against the next --- */

static void tell_loaded(manager_t *m, const connector_t *c)
{
    event_tell(m->events, EVENT_DEFINITION_LOADED, STR_NONE, LOG_S("connector", c->id),
               LOG_S("version", c->version), LOG_I("actions", (int64_t)c->action_count));
}

static const catalogue_fault_t *fault_of(const snapshot_t *s, str_t file)
{
    for (size_t i = 0; i < snapshot_fault_count(s); i++) {
        if (str_eq(snapshot_fault_at(s, i)->file, file)) {
            return snapshot_fault_at(s, i);
        }
    }
    return NULL;
}

static void tell_faults(manager_t *m, const snapshot_t *before, const snapshot_t *now)
{
    for (size_t i = 0; i < snapshot_fault_count(now); i++) {
        const catalogue_fault_t *fault = snapshot_fault_at(now, i);
        const catalogue_fault_t *known = fault_of(before, fault->file);
        if (!known || !json_equal(known->diagnostics, fault->diagnostics)) {
            event_tell(m->events, EVENT_DEFINITION_REFUSED, STR_NONE, LOG_S("connector", fault->id),
                       LOG_S("file", fault->file),
                       LOG_I("faults", (int64_t)json_array_size(fault->diagnostics)),
                       LOG_B("serving_previous", fault->serving_previous));
        }
    }
}

void tell_definitions(manager_t *m, const snapshot_t *before, const snapshot_t *now)
{
    for (size_t i = 0; i < snapshot_count(now); i++) {
        const connector_t *c = snapshot_at(now, i);
        const connector_t *old = snapshot_connector(before, c->id);
        if (!old || memcmp(old->digest, c->digest, sizeof c->digest) != 0) {
            tell_loaded(m, c);
        }
    }
    for (size_t i = 0; i < snapshot_count(before); i++) {
        str_t id = snapshot_at(before, i)->id;
        if (!snapshot_connector(now, id)) {
            event_tell(m->events, EVENT_DEFINITION_REMOVED, STR_NONE, LOG_S("connector", id));
        }
    }
    tell_faults(m, before, now);
}
