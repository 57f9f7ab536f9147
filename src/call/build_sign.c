/* SPDX-License-Identifier: MIT */
/* Ways to sign in whose proof is a signature of the whole request. */
#include "call/build_internal.h"
#include "request/aws.h"
#include "request/oauth1.h"
#include "seal/hash.h"

static bool need(draft_t *d, credential_slot_t slot, str_t *out)
{
    return credential_slot(d, slot, out) &&
           (out->n || err_set(d->err, ERR_parameter_missing, "the connection has no `%s`",
                              credential_slot_name(slot)));
}

/* A role would take another request, to AWS STS, for its keys. */
static bool has_no_role(draft_t *d)
{
    str_t role;
    return credential_slot(d, SLOT_ROLE_ARN, &role) &&
           (!role.n || err_set(d->err, ERR_not_supported,
                               "this version cannot take on a role (`role_arn`) yet"));
}

static bool sign_aws(draft_t *d)
{
    aws_credential_t c = {.session_token = STR_NONE};
    return has_no_role(d) && need(d, SLOT_ACCESS_KEY_ID, &c.access_key_id) &&
           need(d, SLOT_SECRET_ACCESS_KEY, &c.secret_access_key) &&
           credential_slot(d, SLOT_SESSION_TOKEN, &c.session_token) &&
           need(d, SLOT_REGION, &c.region) && need(d, SLOT_SERVICE, &c.service) &&
           aws_sign(d->arena, d->out, &c, d->values.scope.wall_ms, d->err);
}

/* Each attempt has a nonce of its own (RFC 5849 3.3). */
static bool sign_oauth1(draft_t *d)
{
    char nonce[37];
    oauth1_credential_t c = {.method = build_of(d)->connection->auth->grant.signature,
                             .version = STR_INIT("1.0")};
    random_uuid(nonce);
    return need(d, SLOT_CONSUMER_KEY, &c.consumer_key) &&
           need(d, SLOT_CONSUMER_SECRET, &c.consumer_secret) && need(d, SLOT_TOKEN, &c.token) &&
           credential_slot(d, SLOT_TOKEN_SECRET, &c.token_secret) &&
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
