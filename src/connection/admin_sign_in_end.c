/* SPDX-License-Identifier: MIT */
/* A person's sign-in ends: the browser is back with a code, or with the reason why there is none.
 * Whatever goes wrong leaves the connection with what it had. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "codec/json.h"
#include "connection/admin_internal.h"

enum { URL_MAX = 64 * 1024, VERSION_MAX = 512 };

typedef struct ending {
    admin_call_t *call;
    connection_t *connection; /* as it was when the sign-in began; a reference */
    char session[BROWSER_ID_ROOM];
    json_t *oauth; /* what is sent, without the code */
    bool must_name_issuer;
    err_t err;
} ending_t;

static json_t *output_of(const ending_t *e)
{
    json_t *output = json_object();
    json_object_set_new(output, "name", json_str(e->connection->name));
    json_object_set_new(output, "session", json_string(e->session));
    return output;
}

static void free_ending(ending_t *e)
{
    connection_unref(e->connection);
    json_decref(e->oauth);
    free(e);
}

/* What came from elsewhere than it should, or for a connection that is gone, is told at once; all
 * else is told by the session's page. */
static void on_told(void *context)
{
    ending_t *e = context;
    admin_call_t *call = e->call;
    err_t err = e->err;
    bool at_once = err.code == ERR_callback_issuer || err.code == ERR_connection_removed;
    json_t *output = at_once ? NULL : output_of(e);
    free_ending(e);
    admin_answer(call, output, at_once ? &err : NULL);
}

static void conclude(ending_t *e)
{
    sign_in_outcome_t outcome = {.manager = e->call->manager,
                                 .actor = e->call->actor,
                                 .err = e->err,
                                 .connection = e->connection,
                                 .then = on_told,
                                 .context = e};
    snprintf(outcome.name, sizeof outcome.name, "%.*s", STR_ARG(e->connection->name));
    memcpy(outcome.session, e->session, sizeof outcome.session);
    e->call->is_told = true;
    sign_in_tell(&outcome);
}

/* --- the code is sent, and its token is there --- */

static void on_signed_in(void *context, const err_t *err)
{
    ending_t *e = context;
    e->err = *err;
    e->err.details = NULL;
    e->err.detail_count = 0;
    conclude(e);
}

static void send_code(ending_t *e, entry_t *entry)
{
    manager_t *m = e->call->manager;
    const connection_t *present = entry_connection(entry);
    json_t *callback = json_object_get(e->call->input, "callback");
    person_sign_in_t person = {.oauth = e->oauth,
                               .callback = json_deep_copy(callback),
                               .gives_back = revocation_new(m, entry->record, present)};
    e->oauth = NULL;
    const char *brings = grant_type_of(&present->auth->grant)->brings;
    json_object_set_new(person.oauth, brings, json_deep_copy(json_object_get(callback, brings)));
    json_object_set_new(person.oauth, "state", json_deep_copy(json_object_get(callback, "state")));
    source_sign_in(m, present, &person, on_signed_in, e);
}

/* --- before that: is it what was begun? --- */

static bool refuse_issuer(err_t *err)
{
    return err_set(err, ERR_callback_issuer,
                   "the answer came from another server than the connector's; it was not used");
}

/* RFC 9207 2.4: simple string comparison, where the definition says who answers, or a resource said
 * so. A whole URL out of a parameter has lost its last `/`. */
static bool is_of_issuer(const ending_t *e, const connection_t *c, str_t iss, err_t *err)
{
    const url_template_t *issuer = c->auth->grant.issuer;
    str_t found = json_member(e->oauth, "issuer");
    if ((!issuer && !found.p) || (!iss.p && !e->must_name_issuer)) {
        return true;
    }
    if (!issuer) {
        return str_eq(found, iss) || refuse_issuer(err);
    }
    value_scope_t scope;
    buf_t expected;
    connection_scope(c, &scope, clock_wall_ms());
    buf_init(&expected, URL_MAX);
    bool known =
        url_template_text(issuer, &scope.scope, c->base_url, &expected, err) == TEMPLATE_OK;
    bool same =
        known && iss.p && grant_issuer_is(buf_view(&expected), iss, issuer->kind == URL_WHOLE);
    buf_fini(&expected);
    return same || refuse_issuer(err);
}

typedef struct words {
    const char *error, *text;
} words_t;

/* RFC 6749 4.1.2.1, and what OpenID Connect adds that a person meets. */
static const words_t WORDS[] = {
    {"access_denied", "the sign-in was cancelled, or access was not granted"},
    {"invalid_scope", "the service does not grant what the connector asks for"},
    {"unauthorized_client", "the service does not let this client sign people in"},
    {"unsupported_response_type", "the service does not let this client sign people in by a code"},
    {"invalid_request", "the service did not understand the request to sign in"},
    {"server_error", "the service failed while signing in. Try again later"},
    {"temporarily_unavailable", "the service is too busy to sign anybody in. Try again later"},
    {"login_required", "the service wants a new sign-in"},
    {"consent_required", "the service wants somebody's consent first"},
};

/* OAuth 1.0a leaves open how a refusal is told: by the extension that most have, or as Twitter
 * does. */
static str_t refusal_in(const json_t *callback)
{
    str_t error = json_member(callback, "error"), problem = json_member(callback, "oauth_problem");
    return error.p                               ? error
           : problem.p                           ? problem
           : json_object_get(callback, "denied") ? STR("access_denied")
                                                 : STR_NONE;
}

/* Its words are shown beside ours, as text. */
static bool is_refused(const json_t *callback, err_t *err)
{
    str_t error = refusal_in(callback);
    if (!error.p) {
        return false;
    }
    const char *text = "the service refused the sign-in";
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        text = str_is(error, WORDS[i].error) ? WORDS[i].text : text;
    }
    err_set(err, ERR_authorization_incomplete, "%s", text);
    err_clean_text(err->upstream_error, sizeof err->upstream_error, error);
    err_clean_text(err->upstream_description, sizeof err->upstream_description,
                   json_member(callback, "error_description"));
    return true;
}

/* The code goes where the person was sent from, or nowhere. */
static bool is_unchanged(const connection_t *then, const connection_t *now, err_t *err)
{
    buf_t a, b;
    buf_init(&a, VERSION_MAX);
    buf_init(&b, VERSION_MAX);
    connection_write_version(then, &a);
    connection_write_version(now, &b);
    bool same = now->auth && str_eq(buf_view(&a), buf_view(&b));
    buf_fini(&a);
    buf_fini(&b);
    return same || err_set(err, ERR_authorization_incomplete,
                           "the connection was changed during the sign-in. Begin again");
}

/* What the grant sends on is there, and it is the answer to what was asked (RFC 5849 2.2). */
static bool brings_what_is_sent(const ending_t *e, const connection_t *c, const json_t *callback,
                                err_t *err)
{
    const char *brings = grant_type_of(&c->auth->grant)->brings;
    str_t asked = json_member(e->oauth, "oauth_token");
    return (json_member(callback, brings).n &&
            (!asked.p || str_eq(asked, json_member(callback, "oauth_token")))) ||
           err_set(err, ERR_authorization_incomplete,
                   "the service's answer is not one to this sign-in. Begin again");
}

static void on_entry_to_end(void *context, entry_t *entry, const err_t *err)
{
    ending_t *e = context;
    const json_t *callback = json_object_get(e->call->input, "callback");
    const connection_t *c = entry ? entry_connection(entry) : NULL;
    e->err = *err;
    if (entry_has_lost(entry, err, e->connection)) {
        e->err = ERR_INIT;
        sign_in_is_lost(NULL, &e->err);
        c = NULL;
    }
    if (c && is_unchanged(e->connection, c, &e->err) &&
        sign_in_is_possible(c, SIGN_IN_BROWSER, &e->err) &&
        is_of_issuer(e, c, json_member(callback, "iss"), &e->err) &&
        !is_refused(callback, &e->err) && brings_what_is_sent(e, c, callback, &e->err)) {
        send_code(e, entry);
    } else {
        conclude(e);
    }
}

/* The answer came to the address that was named for it, which tells servers apart. */
static bool came_to_its_address(const manager_t *m, const sign_in_t *s, str_t path, err_t *err)
{
    str_t uri = json_member(s->oauth, "redirect_uri");
    str_t expected = str_slice(uri, m->options.public_url.n, uri.n);
    expected = str_slice(expected, 0, str_index(expected, '?'));
    return str_eq(expected, path) ||
           err_set(err, ERR_callback_state, "this sign-in belongs to another address");
}

void admin_sign_in_end(admin_call_t *call)
{
    manager_t *m = call->manager;
    err_t err = ERR_INIT;
    sign_in_t *s = sign_in_find(m->sign_ins, json_member(call->input, "state"),
                                json_member(call->input, "binding"), &err);
    if (!s || !came_to_its_address(m, s, json_member(call->input, "path"), &err)) {
        admin_answer(call, NULL, &err);
        return;
    }
    ending_t *e = mem_new(ending_t);
    *e = (ending_t){.call = call,
                    .connection = connection_ref(s->connection),
                    .must_name_issuer = s->must_name_issuer,
                    .oauth = sign_in_use(s),
                    .err = ERR_INIT};
    memcpy(e->session, s->session, sizeof e->session);
    memcpy(call->actor.session, s->session, sizeof s->session);
    entry_get(m, e->connection->name, on_entry_to_end, e);
}
