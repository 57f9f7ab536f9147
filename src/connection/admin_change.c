/* SPDX-License-Identifier: MIT */
/* A connection changed: what is given is checked and, where a grant can tell, tried out before the
 * old is dropped. */
#include <stdio.h>
#include <stdlib.h>

#include "codec/json.h"
#include "connection/admin_internal.h"

/* --- DESIGN 7: who moves a connection to another host must bring its secrets again, so that none
 * is sent somewhere by someone who does not know it --- */

static bool is_same_value(const json_t *a, const json_t *b)
{
    return a == b || (a && b && json_equal(a, b));
}

static bool has_moved(const connection_t *before, const connection_t *after)
{
    arena_t *arena = arena_new(0);
    fields_t fields = connection_fields_in(arena, after->connector, after->auth);
    bool moved = false;
    for (size_t i = 0; i < fields.count; i++) {
        const field_t *f = &fields.list[i];
        moved = moved || (f->in_url &&
                          !is_same_value(json_object_getn(before->values, f->name.p, f->name.n),
                                         json_object_getn(after->values, f->name.p, f->name.n)));
    }
    arena_free(arena);
    return moved;
}

/* Names of secrets that stay and were not brought again, as faults; err NULL: only tells. */
static bool brings_secrets(const connection_record_t *r, const json_t *given, err_t *err)
{
    const char *name;
    json_t *value;
    bool all = true;
    json_object_foreach(r->secrets, name, value)
    {
        if (json_object_get(given, name)) {
            continue;
        }
        all = false;
        if (err) {
            char pointer[128];
            snprintf(pointer, sizeof pointer, "/parameters/%.100s", name);
            err_add_detail(
                err, ERR_secret_required, pointer,
                "a parameter that stands in a URL changes, so the secret must be given again");
        }
    }
    return all;
}

/* --- the record as it would be --- */

typedef struct change {
    const json_t *given; /* NULL: no values */
    bool other_auth, accepts;
    json_t *destinations, *refusal; /* of before; borrowed from the entry's record */
} change_t;

/* Destinations that nobody accepted stay unaccepted: only who knows all secrets, or says so, lets
 * them go there. */
static void settle_review(manager_t *m, writing_t *w, const change_t *change, bool moved)
{
    bool knows =
        json_object_size(w->record->secrets) && brings_secrets(w->record, change->given, NULL);
    bool accepted = change->accepts || moved || knows;
    if (accepted || !change->destinations) {
        return;
    }
    json_object_set(w->record->plain, "destinations", change->destinations);
    const connector_t *connector = w->candidate->connector;
    connection_t *c =
        connection_resolve(w->record, connector, map_get(m->host_values, connector->id));
    connection_unref(w->candidate);
    w->candidate = c;
}

/* The issuer names other hosts: that is what is accepted. */
static bool is_review(const json_t *refusal)
{
    return str_is(json_member(refusal, "code"), err_code_name(ERR_definition_changed));
}

static void drop_client(writing_t *w)
{
    json_decref(w->record->client);
    w->record->client = NULL;
    w->candidate->client = NULL;
}

static bool apply_values(manager_t *m, writing_t *w, const change_t *change,
                         const connection_t *before, const connector_t *connector,
                         const auth_t *auth, err_t *err)
{
    if (change->other_auth) { /* values of the old way to sign in go with it */
        json_object_clear(w->record->secrets);
    }
    admin_apply_parameters(w->record, connector, auth, change->given);
    w->candidate = admin_candidate(m, w->record, connector, auth, change->given, err);
    if (!w->candidate) {
        return false;
    }
    bool moved = has_moved(before, w->candidate);
    if (moved && !brings_secrets(w->record, change->given, err)) {
        return false;
    }
    if (moved || change->other_auth) { /* it is another server's, or of another way */
        drop_client(w);
    }
    settle_review(m, w, change, moved);
    w->keeps_sign_in =
        w->forgets && !change->other_auth && admin_keeps_sign_in(before, w->candidate);
    if (w->keeps_sign_in) {
        w->record->resets++;
        w->awaits_person = admin_is_unsigned(change->refusal);
    } else if (w->forgets) {
        w->record->credential_generation++;
    } else if (change->refusal &&
               !is_review(
                   change->refusal)) { /* to accept a definition does not forgive a refusal */
        json_object_set(w->record->plain, "refusal", change->refusal);
    }
    return true;
}

static bool apply(writing_t *w, entry_t *entry, err_t *err)
{
    manager_t *m = w->call->manager;
    const json_t *input = w->call->input;
    json_t *plain = w->record->plain;
    const json_t *given = json_object_get(input, "parameters");
    change_t change = {.given = json_object_size(given) ? given : NULL,
                       .accepts = json_is_true(json_object_get(input, "accept")),
                       .destinations = json_object_get(entry->record->plain, "destinations"),
                       .refusal = json_object_get(entry->record->plain, "refusal")};
    str_t old_auth = json_member(plain, "auth"), new_auth = json_member(input, "auth");
    if (change.accepts) {
        discovered_accept(plain);
    }
    change.other_auth = new_auth.p && !str_eq(new_auth, old_auth);
    w->forgets = change.given || change.other_auth;
    if (json_object_get(input, "title")) {
        json_object_set_new(plain, "title", json_deep_copy(json_object_get(input, "title")));
    }
    if (!w->forgets && !change.accepts) { /* a new title alone is no question of values */
        return true;
    }
    const connector_t *connector = admin_find_connector(m, json_member(plain, "connector"), err);
    const auth_t *auth =
        connector ? admin_find_auth(connector, new_auth.p ? new_auth : old_auth, err) : NULL;
    return auth && apply_values(m, w, &change, entry_connection(entry), connector, auth, err);
}

/* --- tried out, then written --- */

/* The present record may have changed while the new values were tried: what was tried must be what
 * is written. */
static bool was_tried(const writing_t *w, const connection_t *tried)
{
    fingerprints_t of_tried, of_written;
    err_t ignored = ERR_INIT;
    return w->candidate && w->candidate->state == CONNECTION_READY &&
           tried->auth->type == w->candidate->auth->type &&
           connection_fingerprints(tried, &of_tried, &ignored) &&
           connection_fingerprints(w->candidate, &of_written, &ignored) &&
           memcmp(&of_tried, &of_written, sizeof of_tried) == 0;
}

static void on_gathered(void *context, revocation_t *revocation)
{
    writing_t *w = context;
    w->revocation = revocation;
    writing_store(w);
}

static void write_change(void *context, entry_t *entry, const err_t *err)
{
    writing_t *tried = context; /* its record is of before it was tried */
    err_t fault = ERR_INIT;
    if (!entry) {
        writing_fail(tried, err);
        return;
    }
    writing_t *w = writing_new(tried->call, connection_record_copy(entry->record));
    bool ok = apply(w, entry, &fault);
    if (ok && tried->landing.ok && was_tried(w, tried->candidate)) {
        w->landing = tried->landing;
        tried->landing = (landing_t){.err = ERR_INIT};
    }
    writing_free(tried);
    if (!ok) {
        writing_fail(w, &fault);
    } else if (w->forgets && !w->keeps_sign_in) {
        revocation_gather(w->call->manager, entry, on_gathered, w);
    } else {
        on_gathered(w, NULL);
    }
}

static void on_turn(void *context)
{
    writing_t *w = context;
    entry_get(w->call->manager, json_member(w->call->input, "name"), write_change, w);
}

static void take_turn(writing_t *w)
{
    admin_take_turn(w->call, json_member(w->call->input, "name"), on_turn, w);
}

static void on_verified(void *context, const landing_t *landing)
{
    writing_t *w = context;
    if (!landing->ok) {
        writing_fail(w, &landing->err);
        return;
    }
    w->landing = *landing;
    json_incref(w->landing.members);
    json_incref(w->landing.refresh_token);
    take_turn(w);
}

/* New credentials are tried before the old ones are dropped, where a grant can tell. */
static bool can_verify(const writing_t *w)
{
    bool wanted = !json_is_false(json_object_get(w->call->input, "verify"));
    const connection_t *c = w->candidate;
    const grant_type_t *type = c ? grant_type_of(&c->auth->grant) : NULL;
    return w->forgets && wanted && c && c->state == CONNECTION_READY && type &&
           type->begins == BEGINS_ALONE; /* what an attempt spends must not be lost with it */
}

static void on_entry(void *context, entry_t *entry, const err_t *err)
{
    admin_call_t *call = context;
    err_t fault = ERR_INIT;
    if (!entry) {
        admin_answer(call, NULL, err);
        return;
    }
    writing_t *w = writing_new(call, connection_record_copy(entry->record));
    if (!apply(w, entry, &fault)) {
        writing_fail(w, &fault);
    } else if (can_verify(w)) {
        static const flight_watch_t VERIFY = {.on_landing = on_verified};
        const errand_t errand = {.connection = w->candidate, .grant = &w->candidate->auth->grant};
        flight_start(call->manager, &errand, &VERIFY, w);
    } else {
        take_turn(w);
    }
}

void admin_connection_change(admin_call_t *call)
{
    entry_get(call->manager, json_member(call->input, "name"), on_entry, call);
}
