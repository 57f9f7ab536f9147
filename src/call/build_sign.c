/* SPDX-License-Identifier: MIT */
/* Ways to sign in whose proof is a signature of the whole request. */
#include "call/build_internal.h"
#include "codec/json.h"
#include "grant/grant.h"
#include "seal/hash.h"
#include "signing/aws.h"
#include "signing/oauth1.h"

static bool need(draft_t *d, credential_slot_t slot, str_t *out)
{
    return credential_slot(d, slot, out) &&
           (out->n || err_set(d->err, ERR_parameter_missing, "the connection has no `%s`",
                              credential_slot_name(slot)));
}

/* What the token brings to sign with; NULL: the connection has all of it. */
static const json_t *signing_of(const draft_t *d)
{
    const token_t *token = build_of(d)->token;
    return token ? json_object_get(token->members, GRANT_SIGNING) : NULL;
}

/* Those of the role, else the connection's own. */
static bool find_keys(draft_t *d, aws_credential_t *c)
{
    const json_t *role = signing_of(d);
    if (!role && build_of(d)->connection->takes_role) {
        return err_set(d->err, ERR_authorization_incomplete, "the keys of the role are not there");
    }
    if (!role) {
        return need(d, SLOT_ACCESS_KEY_ID, &c->access_key_id) &&
               need(d, SLOT_SECRET_ACCESS_KEY, &c->secret_access_key) &&
               credential_slot(d, SLOT_SESSION_TOKEN, &c->session_token);
    }
    c->access_key_id = build_of(d)->token->access_token;
    c->secret_access_key = json_member(role, "secret_access_key");
    c->session_token = json_member(role, "session_token");
    return true;
}

static bool sign_aws(draft_t *d)
{
    aws_credential_t c = {.session_token = STR_NONE};
    return find_keys(d, &c) && need(d, SLOT_REGION, &c.region) &&
           need(d, SLOT_SERVICE, &c.service) &&
           aws_sign(d->arena, d->out, &c, d->values.scope.wall_ms, d->err);
}

/* That of a person's sign-in, else the one that was given. */
static bool find_token(draft_t *d, oauth1_credential_t *c)
{
    const json_t *signing = signing_of(d);
    if (!signing) {
        return need(d, SLOT_TOKEN, &c->token) &&
               credential_slot(d, SLOT_TOKEN_SECRET, &c->token_secret);
    }
    c->token = build_of(d)->token->access_token;
    c->token_secret = json_member(signing, "token_secret");
    return true;
}

/* Each attempt has a nonce of its own (RFC 5849 3.3). */
static bool sign_oauth1(draft_t *d)
{
    char nonce[37];
    oauth1_credential_t c = {.method = build_of(d)->connection->auth->grant.signature,
                             .version = STR_INIT("1.0")};
    random_uuid(nonce);
    return need(d, SLOT_CONSUMER_KEY, &c.consumer_key) &&
           need(d, SLOT_CONSUMER_SECRET, &c.consumer_secret) && find_token(d, &c) &&
           credential_slot(d, SLOT_REALM, &c.realm) &&
           oauth1_sign(d->arena, d->out, &c, d->values.scope.wall_ms, str_of(nonce), d->err);
}

bool credential_sign(draft_t *d)
{
    auth_type_t type = build_of(d)->connection->auth->type;
    if (!draft_of(d)->inject) {
        return true;
    }
    return type == AUTH_AWS_SIGV4 ? sign_aws(d) : type != AUTH_OAUTH1 || sign_oauth1(d);
}
