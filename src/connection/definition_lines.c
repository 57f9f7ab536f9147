/* SPDX-License-Identifier: MIT */
/* What the audit trail is told of definitions while the host runs: which came into service, went
 * out of it, or were saved with faults. Whoever may write to their folder decides where secrets are
 * sent. */
#include "codec/base64.h"
#include "codec/json.h"
#include "connection/manager_internal.h"

static void note(manager_t *m, audit_what_t what, str_t id, json_t *details)
{
    static const actor_t HOST = {.kind = ACTOR_HOST};
    audit_note(m->audit,
               &(audit_entry_t){.what = what, .actor = &HOST, .object = id, .details = details});
    json_decref(details);
}

static json_t *details_of(const connector_t *c)
{
    json_t *details = json_object();
    buf_t digest;
    buf_init(&digest, 2 * sizeof c->digest);
    hex_write(&digest, str_at(c->digest, sizeof c->digest));
    json_object_set_new(details, "version", json_str(c->version));
    json_object_set_new(details, "sha256", json_str(buf_view(&digest)));
    buf_fini(&digest);
    return details;
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

static void note_faults(manager_t *m, const snapshot_t *before, const snapshot_t *after)
{
    for (size_t i = 0; i < snapshot_fault_count(after); i++) {
        const catalogue_fault_t *fault = snapshot_fault_at(after, i), *old;
        old = fault_of(before, fault->file);
        if (!old || !json_equal(old->diagnostics, fault->diagnostics)) {
            note(m, AUDIT_DEFINITION_REFUSED, fault->id,
                 json_pack("{s:o, s:b}", "file", json_str(fault->file), "serving_previous",
                           (int)fault->serving_previous));
        }
    }
}

void definition_lines(manager_t *m, const snapshot_t *before, const snapshot_t *after)
{
    for (size_t i = 0; i < snapshot_count(after); i++) {
        const connector_t *c = snapshot_at(after, i), *old = snapshot_connector(before, c->id);
        if (!old || memcmp(old->digest, c->digest, sizeof c->digest) != 0) {
            note(m, AUDIT_DEFINITION_LOADED, c->id, details_of(c));
        }
    }
    for (size_t i = 0; i < snapshot_count(before); i++) {
        str_t id = snapshot_at(before, i)->id;
        if (!snapshot_connector(after, id)) {
            note(m, AUDIT_DEFINITION_REMOVED, id, NULL);
        }
    }
    note_faults(m, before, after);
}
