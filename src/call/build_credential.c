/* SPDX-License-Identifier: MIT */
/* The credential, last on every call (FORMAT 5): inject, and the Authorization that tokens and
 * basic have anyway. */
#include "call/build_internal.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "grant/grant.h"
#include "grant/proof.h"

/* --- what inject mentions --- */

typedef struct mentions {
    bool access_token, request;
} mentions_t;

static void on_ref(void *context, const expr_t *ref, bool sure)
{
    mentions_t *mentions = context;
    (void)sure;
    mentions->request = mentions->request || ref->root == ROOT_REQUEST;
    mentions->access_token =
        mentions->access_token || (ref->root == ROOT_TOKEN && ref->step_count > 0 &&
                                   str_is(ref->steps[0].name, "access_token"));
}

static mentions_t mentions_of(const inject_t *inject)
{
    mentions_t mentions = {false, false};
    for (size_t i = 0; i < inject->headers.count; i++) {
        template_visit(inject->headers.list[i].template, on_ref, &mentions);
    }
    if (inject->query) {
        template_tree_visit(inject->query, on_ref, &mentions);
    }
    if (inject->json) {
        template_tree_visit(inject->json, on_ref, &mentions);
    }
    return mentions;
}

static bool sets_header(const inject_t *inject, const char *name)
{
    for (size_t i = 0; i < inject->headers.count; i++) {
        if (str_eq_nocase(inject->headers.list[i].name, str_of(name))) {
            return true;
        }
    }
    return false;
}

/* --- ${request…}: as far as the request stands --- */

static void show(json_t *request, const char *name, str_t value)
{
    if (value.p) {
        (void)json_object_set_new_nocheck(request, name, json_str(value));
    }
}

static void show_request(draft_t *d)
{
    if (!mentions_of(draft_of(d)->inject).request) {
        return;
    }
    json_t *request = draft_keep(d, json_object());
    str_t rest = d->front;
    size_t host = str_find(rest, STR("://"), 0);
    rest = str_slice(rest, host == SIZE_MAX ? 0 : host + 3, rest.n);
    size_t slash = str_index(rest, '/');
    show(request, "method", d->out->method);
    show(request, "host", str_slice(rest, 0, slash));
    show(request, "path", slash == SIZE_MAX ? STR("/") : str_slice(rest, slash, rest.n));
    buf_t *query = draft_buf(d);
    pairs_write_query(&d->query, query);
    show(request, "query", buf_view(query));
    show(request, "body", d->out->body);
    d->values.request = request;
}

/* --- Authorization --- */

bool credential_slot(draft_t *d, credential_slot_t slot, str_t *out)
{
    const template_t *t = build_of(d)->connection->auth->grant.slots[slot];
    *out = STR_NONE;
    return !t || draft_text(d, t, out);
}

/* RFC 7617 2: the first colon ends the user name, so none may stand in it. */
static bool add_basic(draft_t *d)
{
    str_t username;
    str_t password;
    if (!credential_slot(d, SLOT_USERNAME, &username) ||
        !credential_slot(d, SLOT_PASSWORD, &password)) {
        return false;
    }
    if (!username.p && !password.p) {
        return err_set(d->err, ERR_parameter_missing,
                       "the connection has neither user name nor password");
    }
    if (str_index(username, ':') != SIZE_MAX) {
        return err_set(d->err, ERR_credential_username_colon,
                       "a user name with a colon cannot go into Basic");
    }
    buf_t *pair = draft_buf(d);
    buf_str(pair, username);
    buf_char(pair, ':');
    buf_str(pair, password);
    buf_t *value = draft_buf(d);
    buf_lit(value, "Basic ");
    base64_write(value, buf_view(pair));
    draft_header(d, STR("Authorization"), buf_view(value));
    return true;
}

/* In the header that API servers take access tokens from. */
static bool stands_in_authorization(const inject_t *inject)
{
    mentions_t mentions = {false, false};
    for (size_t i = 0; i < inject->headers.count; i++) {
        if (str_eq_nocase(inject->headers.list[i].name, STR("Authorization"))) {
            template_visit(inject->headers.list[i].template, on_ref, &mentions);
        }
    }
    return mentions.access_token;
}

/* RFC 6750 2.1 */
static bool add_bearer(draft_t *d)
{
    const token_t *token = build_of(d)->token;
    const inject_t *inject = draft_of(d)->inject;
    bool elsewhere = mentions_of(inject).access_token;
    if (token && str_eq_nocase(json_member(token->members, "token_type"), STR(TOKEN_TYPE_NONE)) &&
        (!elsewhere || stands_in_authorization(inject))) {
        return err_set(d->err, ERR_token_type_unsupported,
                       "the service issued what is no access token (token_type N_A): it cannot go "
                       "into Authorization");
    }
    if (!token || elsewhere) {
        return true;
    }
    if (!message_header_value_ok(token->access_token)) {
        return err_set(d->err, ERR_token_bad_charset,
                       "the token holds characters that no header can carry");
    }
    buf_t *value = draft_buf(d);
    buf_lit(value, build_of(d)->connection->auth->grant.dpop ? PROOF_TOKEN_TYPE " " : "Bearer ");
    buf_str(value, token->access_token);
    draft_header(d, STR("Authorization"), buf_view(value));
    return true;
}

static bool add_authorization(draft_t *d)
{
    const auth_t *auth = build_of(d)->connection->auth;
    if (auth->type == AUTH_BASIC) {
        return sets_header(draft_of(d)->inject, "Authorization") || add_basic(d);
    }
    bool bears = auth_type_gets_tokens(auth->type) && auth->type != AUTH_OAUTH1;
    return !bears || add_bearer(d);
}

/* --- strokes --- */

void credential_begin(call_draft_t *c)
{
    const action_t *action = c->b->action;
    const auth_t *auth = c->b->connection->auth;
    c->inject = !auth || (action && action->no_auth) ? NULL : &auth->inject;
}

/* Only the templates of the credential see the token. */
static void open_values(draft_t *d)
{
    d->values.token = build_of(d)->token ? build_of(d)->token->members : NULL;
    show_request(d);
}

static bool close_values(draft_t *d, bool done)
{
    d->values.token = NULL;
    d->values.request = NULL;
    return done;
}

bool credential_json(draft_t *d)
{
    if (!draft_of(d)->inject || !draft_of(d)->inject->json) {
        return true;
    }
    open_values(d);
    return close_values(d, content_inject(d, draft_of(d)->inject->json));
}

bool credential_query(draft_t *d)
{
    if (!draft_of(d)->inject || !draft_of(d)->inject->query) {
        return true;
    }
    open_values(d);
    return close_values(d, pairs_put_tree(d, &d->query, draft_of(d)->inject->query));
}

bool credential_headers(draft_t *d)
{
    if (!draft_of(d)->inject) {
        return true;
    }
    open_values(d);
    return close_values(d, add_authorization(d) && draft_headers(d, &draft_of(d)->inject->headers));
}
