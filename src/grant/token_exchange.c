/* SPDX-License-Identifier: MIT */
/* RFC 8693: a token of another kind or for another audience in exchange for one that is held. */
#include "codec/json.h"
#include "grant/parameters.h"
#include "grant/types.h"

typedef struct held_token {
    const char *name, *type_name;
    credential_slot_t token, type;
} held_token_t;

/* RFC 8693 2.1: its type is needed where the token is there, and not allowed where it is not. */
static bool add_token(grant_build_t *build, const held_token_t *held, err_t *err)
{
    size_t before = build->parameters.count;
    if (!grant_add_slot(build, held->name, held->token, err)) {
        return false;
    }
    if (build->parameters.count == before) {
        return true;
    }
    before = build->parameters.count;
    if (!grant_add_slot(build, held->type_name, held->type, err)) {
        return false;
    }
    if (build->parameters.count == before) {
        parameters_add(build, str_of(held->type_name),
                       json_str(STR("urn:ietf:params:oauth:token-type:access_token")));
    }
    return true;
}

static bool add_parameters(grant_build_t *build, err_t *err)
{
    static const held_token_t SUBJECT = {"subject_token", "subject_token_type", SLOT_SUBJECT_TOKEN,
                                         SLOT_SUBJECT_TOKEN_TYPE};
    static const held_token_t ACTOR = {"actor_token", "actor_token_type", SLOT_ACTOR_TOKEN,
                                       SLOT_ACTOR_TOKEN_TYPE};
    return add_token(build, &SUBJECT, err) && add_token(build, &ACTOR, err) &&
           grant_add_slot(build, "requested_token_type", SLOT_REQUESTED_TOKEN_TYPE, err);
}

const grant_type_t grant_token_exchange = {
    .type = AUTH_TOKEN_EXCHANGE,
    .wire_name = STR_INIT("urn:ietf:params:oauth:grant-type:token-exchange"),
    .add_parameters = add_parameters,
    .answer_needs = "issued_token_type",
    .other_token_type = TOKEN_TYPE_NONE,
    .may_refresh = true,
};
