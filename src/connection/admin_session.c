/* SPDX-License-Identifier: MIT */
/* Connect sessions: made by an admin, used by whoever has the link. What the page does with a
 * connection goes through the verbs for connections; here is only who may, and for what. */
#include <stdlib.h>

#include "base/mem.h"
#include "codec/json.h"
#include "connection/admin_internal.h"
#include "seal/hash.h"

enum { ID_MAX = 56, RANDOM_DIGITS = 6 };

/* --- made --- */

/* One that nobody has chosen: the connector's id, told from others by chance. */
static json_t *made_name(const connector_t *connector)
{
    static const char DIGITS[] = "abcdefghijkmnpqrstuvwxyz23456789";
    char end[RANDOM_DIGITS + 1] = "";
    unsigned char random[RANDOM_DIGITS];
    random_bytes(random, sizeof random);
    for (size_t i = 0; i < RANDOM_DIGITS; i++) {
        end[i] = DIGITS[random[i] % (sizeof DIGITS - 1)];
    }
    return json_sprintf("%.*s-%s", STR_ARG(str_slice(connector->id, 0, ID_MAX)), end);
}

static json_t *wanted_of(const admin_call_t *call, const connector_t *connector, json_t *auths)
{
    static const char *const TEXTS[] = {"name", "title", "requester", "return_url"};
    json_t *wanted = json_object();
    json_object_set_new(wanted, "connector", json_str(connector->id));
    json_object_set_new(wanted, "auths", auths);
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        json_t *text = json_object_get(call->input, TEXTS[i]);
        if (text) {
            json_object_set_new(wanted, TEXTS[i], json_deep_copy(text));
        }
    }
    json_t *parameters = json_object_get(call->input, "parameters");
    json_object_set_new(wanted, "parameters",
                        parameters ? json_deep_copy(parameters) : json_object());
    return wanted;
}

typedef struct making {
    admin_call_t *call;
    json_t *output; /* {link, connection, expires_in} */
    char id[BROWSER_ID_ROOM];
} making_t;

/* The link is good once it stands in the audit trail. */
static void on_recorded(void *context, const store_result_t *result)
{
    making_t *m = context;
    admin_call_t *call = m->call;
    json_t *output = m->output;
    if (!result->ok) {
        connect_session_end(call->manager->sessions, str_of(m->id));
        json_decref(output);
        output = NULL;
    }
    free(m);
    admin_answer(call, output, output ? NULL : &result->err);
}

static json_t *output_of(const json_t *wanted, const char *link)
{
    json_t *output = json_object();
    json_object_set_new(output, "link", json_string(link));
    json_object_set_new(output, "connection", json_deep_copy(json_object_get(wanted, "name")));
    json_object_set_new(output, "expires_in", json_integer(CONNECT_SESSION_LIFE_S));
    return output;
}

static json_t *details_of(const json_t *wanted, const char *session)
{
    static const char *const MEMBERS[] = {"connector", "auths", "requester", "return_url"};
    json_t *details = json_pack("{s:s}", "session", session);
    for (size_t i = 0; i < sizeof MEMBERS / sizeof *MEMBERS; i++) {
        json_object_set(details, MEMBERS[i], json_object_get(wanted, MEMBERS[i]));
    }
    return details;
}

static void make(admin_call_t *call, json_t *wanted, bool is_made, err_t *err)
{
    char link[BROWSER_SECRET_ROOM];
    store_change_t change;
    connect_session_t *s =
        connect_session_new(call->manager->sessions, wanted, call->actor.key, link, err);
    if (!s) {
        admin_answer(call, NULL, err);
        return;
    }
    making_t *m = mem_new(making_t);
    m->call = call;
    m->output = output_of(wanted, link);
    memcpy(m->id, s->id, sizeof m->id);
    s->is_made = is_made;
    secret_wipe(link, sizeof link);
    arena_t *arena = arena_new(0);
    admin_line(call, arena,
               &(admin_line_t){.object = json_member(wanted, "name"),
                               .details = details_of(wanted, m->id)},
               &change);
    manager_store_write(call->manager, &change, 1, true, on_recorded, m);
    arena_free(arena);
}

static void check_and_make(admin_call_t *call, const connector_t *connector, json_t *asked,
                           bool is_made)
{
    err_t err = ERR_INIT;
    json_t *auths = session_offered_auths(connector, asked, &err);
    if (!session_check(call, connector, auths, &err)) {
        json_decref(auths);
        admin_answer(call, NULL, &err);
        return;
    }
    json_t *wanted = wanted_of(call, connector, auths);
    json_object_set_new(wanted, "reconnects", json_boolean(is_made));
    make(call, wanted, is_made, &err);
}

/* Another way to sign in may be offered to a connection that is there; else it keeps its own. */
static void on_entry_to_reconnect(void *context, entry_t *entry, const err_t *err)
{
    admin_call_t *call = context;
    if (!entry) {
        admin_answer(call, NULL, err);
        return;
    }
    const connection_t *c = entry_connection(entry);
    if (!c->connector) {
        admin_answer(call, NULL, &c->why);
        return;
    }
    json_object_set_new(call->input, "name", json_str(c->name));
    json_t *asked = json_incref(json_object_get(call->input, "auths"));
    if (!json_array_size(asked) && c->auth) {
        json_decref(asked);
        asked = json_array();
        json_array_append_new(asked, json_str(c->auth->name));
    }
    check_and_make(call, c->connector, asked, true);
    json_decref(asked);
}

static void on_entry_to_connect(void *context, entry_t *entry, const err_t *err)
{
    admin_call_t *call = context;
    err_t fault = ERR_INIT;
    str_t name = json_member(call->input, "name");
    const connector_t *connector =
        admin_find_connector(call->manager, json_member(call->input, "connector"), &fault);
    if (entry) {
        err_set(&fault, ERR_connection_exists, "a connection `%.*s` exists", STR_ARG(name));
    } else if (err->code != ERR_not_found) {
        fault = *err;
    }
    if (err_is_set(&fault)) {
        admin_answer(call, NULL, &fault);
    } else {
        check_and_make(call, connector, json_object_get(call->input, "auths"), false);
    }
}

static bool choose_name(admin_call_t *call, err_t *err)
{
    const connector_t *connector =
        admin_find_connector(call->manager, json_member(call->input, "connector"), err);
    if (connector && !json_object_get(call->input, "name")) {
        json_object_set_new(call->input, "name", made_name(connector));
    }
    return connector && admin_check_name(call->input, err);
}

void admin_session_create(admin_call_t *call)
{
    err_t err = ERR_INIT;
    str_t connection = json_member(call->input, "connection");
    if (connection.p) {
        entry_get(call->manager, connection, on_entry_to_reconnect, call);
    } else if (choose_name(call, &err)) {
        entry_get(call->manager, json_member(call->input, "name"), on_entry_to_connect, call);
    } else {
        admin_answer(call, NULL, &err);
    }
}

/* --- used --- */

static void note_opened(admin_call_t *call, const connect_session_t *s)
{
    memcpy(call->actor.session, s->id, sizeof s->id);
    memcpy(call->actor.key, s->made_by, sizeof call->actor.key);
    audit_note(call->manager->audit, &(audit_entry_t){.what = AUDIT_CONNECT_SESSION_OPENED,
                                                      .actor = &call->actor,
                                                      .object = json_member(s->wanted, "name")});
}

void admin_session_trade(admin_call_t *call)
{
    char cookie[BROWSER_SECRET_ROOM];
    err_t err = ERR_INIT;
    connect_session_t *s =
        connect_session_trade(call->manager->sessions, json_member(call->input, "link"),
                              json_object_get(call->input, "cookies"), cookie, &err);
    json_t *output = s ? json_pack("{s:s}", "id", s->id) : NULL;
    if (s && cookie[0]) {
        json_object_set_new(output, "cookie", json_string(cookie));
        note_opened(call, s);
    }
    secret_wipe(cookie, sizeof cookie);
    admin_answer(call, output, s ? NULL : &err);
}

static connect_session_t *find(admin_call_t *call, err_t *err)
{
    return connect_session_find(call->manager->sessions, json_member(call->input, "id"),
                                json_member(call->input, "cookie"), err);
}

void admin_session_show(admin_call_t *call)
{
    err_t err = ERR_INIT;
    connect_session_t *s = find(call, &err);
    if (!s) {
        admin_answer(call, NULL, &err);
        return;
    }
    json_t *output = json_deep_copy(s->wanted);
    json_object_set_new(output, "id", json_string(s->id));
    json_object_set_new(output, "csrf", json_string(s->csrf));
    json_object_set_new(output, "made_by", json_string(s->made_by));
    json_object_set_new(output, "is_made", json_boolean(s->is_made));
    if (s->outcome) {
        json_object_set_new(output, "outcome", json_deep_copy(s->outcome));
    }
    const device_flow_t *f = device_flow_of(call->manager, json_member(s->wanted, "name"));
    if (f && f->state == DEVICE_PENDING && strcmp(f->session, s->id) == 0) {
        json_object_set_new(output, "device", device_flow_show(f));
    }
    admin_answer(call, output, NULL);
}

/* What the page did: {is_made?, outcome?}; an outcome of null forgets the one before. */
void admin_session_note(admin_call_t *call)
{
    err_t err = ERR_INIT;
    connect_session_t *s = find(call, &err);
    if (!s) {
        admin_answer(call, NULL, &err);
        return;
    }
    const json_t *outcome = json_object_get(call->input, "outcome");
    s->is_made = s->is_made || json_is_true(json_object_get(call->input, "is_made"));
    json_decref(s->outcome);
    s->outcome = json_is_object(outcome) ? json_deep_copy(outcome) : NULL;
    admin_answer(call, NULL, NULL);
}
