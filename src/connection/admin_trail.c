/* SPDX-License-Identifier: MIT */
/* What the audit trail is told of a verb: which kind of line it leaves, about what, and the names
 * of what was given - never its values, but for what a key opens and which connector a connection
 * is of. */
#include "codec/json.h"
#include "connection/admin_internal.h"

static str_t object_of(const admin_call_t *call)
{
    static const char *const MEMBERS[] = {"name", "id", "connection", "connector"};
    str_t object = STR_NONE;
    for (size_t i = 0; i < sizeof MEMBERS / sizeof *MEMBERS && !object.p; i++) {
        object = json_member(call->input, MEMBERS[i]);
    }
    return object;
}

static bool gives(const admin_call_t *call, const char *member)
{
    return json_object_get(call->input, member) != NULL;
}

/* To accept, and nothing else, is an act of its own. */
static audit_what_t what_of(const admin_call_t *call)
{
    bool only_accepts = call->verb == ADMIN_CONNECTION_CHANGE &&
                        json_is_true(json_object_get(call->input, "accept")) &&
                        !gives(call, "parameters") && !gives(call, "auth") && !gives(call, "title");
    return only_accepts ? AUDIT_CONNECTION_ACCEPTED : admin_what(call->verb);
}

static json_t *fields_of(const admin_call_t *call)
{
    static const char *const MEMBERS[] = {"auth", "title", "accept"};
    json_t *names = json_array(), *value;
    const char *name;
    for (size_t i = 0; i < sizeof MEMBERS / sizeof *MEMBERS; i++) {
        if (call->verb == ADMIN_CONNECTION_CHANGE && gives(call, MEMBERS[i])) {
            json_array_append_new(names, json_string(MEMBERS[i]));
        }
    }
    json_object_foreach(json_object_get(call->input, "parameters"), name, value)
    {
        json_array_append_new(names, json_string(name));
    }
    return names;
}

static json_t *details_of(const admin_call_t *call)
{
    static const char *const OF_CONNECTION[] = {"connector", "auth", NULL};
    static const char *const OF_KEY[] = {"role", "connections", "rights", "expires_in", NULL};
    const char *const *members = call->verb == ADMIN_CONNECTION_CREATE         ? OF_CONNECTION
                                 : admin_what(call->verb) == AUDIT_KEY_CREATED ? OF_KEY
                                                                               : NULL;
    json_t *details = json_object();
    for (; members && *members; members++) {
        json_object_set(details, *members, json_object_get(call->input, *members));
    }
    return details;
}

void admin_line(admin_call_t *call, arena_t *arena, const admin_line_t *line,
                store_change_t *change)
{
    json_t *fields = fields_of(call);
    json_t *details = line->details ? line->details : details_of(call);
    const audit_entry_t entry = {.what = what_of(call),
                                 .actor = &call->actor,
                                 .object = line->object,
                                 .fields = fields,
                                 .details = details,
                                 .refused = line->refused};
    audit_line(call->manager->audit, arena, &entry, change);
    call->has_line = true;
    json_decref(fields);
    json_decref(details);
}

void admin_line_refused(admin_call_t *call, const err_t *err)
{
    bool is_told = call->is_told || err->code == ERR_audit_unavailable;
    if (admin_what(call->verb) == AUDIT_NONE || is_told) {
        return;
    }
    json_t *fields = fields_of(call);
    const audit_entry_t entry = {.what = what_of(call),
                                 .actor = &call->actor,
                                 .object = object_of(call),
                                 .fields = fields,
                                 .refused = err->code};
    audit_note(call->manager->audit, &entry);
    json_decref(fields);
}

bool admin_may_change(admin_call_t *call, err_t *err)
{
    const manager_t *m = call->manager;
    return admin_what(call->verb) == AUDIT_NONE || audit_is_well(m->audit) ||
           !store_is_healthy(m->options.store) || /* which will say so itself */
           audit_refuse(m->audit, err);
}
