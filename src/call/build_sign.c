/* SPDX-License-Identifier: MIT */
/* Ways to sign in whose proof is a signature of the whole request. */
#include "call/build_internal.h"
#include "request/aws.h"

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
    aws_credential_t c;
    return has_no_role(d) && need(d, SLOT_ACCESS_KEY_ID, &c.access_key_id) &&
           need(d, SLOT_SECRET_ACCESS_KEY, &c.secret_access_key) &&
           credential_slot(d, SLOT_SESSION_TOKEN, &c.session_token) &&
           need(d, SLOT_REGION, &c.region) && need(d, SLOT_SERVICE, &c.service) &&
           aws_sign(d->arena, d->out, &c, d->values.scope.wall_ms, d->err);
}

bool credential_sign(draft_t *d)
{
    bool signs = draft_of(d)->inject && build_of(d)->connection->auth->type == AUTH_AWS_SIGV4;
    return !signs || sign_aws(d);
}
