/* SPDX-License-Identifier: MIT */
#include "definition/slots.h"

#define S(slot) SLOT_BIT(SLOT_##slot)

enum {
    CLIENT = S(CLIENT_ID) | S(CLIENT_SECRET),
    USER = S(USERNAME) | S(PASSWORD),
    AWS_NEEDED = S(ACCESS_KEY_ID) | S(SECRET_ACCESS_KEY) | S(REGION) | S(SERVICE),
    SECRETS = S(PASSWORD) | S(CLIENT_SECRET) | S(REFRESH_TOKEN) | S(SUBJECT_TOKEN) |
              S(ACTOR_TOKEN) | S(CONSUMER_SECRET) | S(TOKEN) | S(TOKEN_SECRET) |
              S(SECRET_ACCESS_KEY) | S(SESSION_TOKEN)
};

typedef struct type_slots {
    slots_t has, needs;
} type_slots_t;

static const type_slots_t table[AUTH_TYPE_COUNT] = {
    [AUTH_BASIC] = {USER, USER},
    [AUTH_CLIENT_CREDENTIALS] = {CLIENT, CLIENT},
    [AUTH_PASSWORD] = {CLIENT | USER, USER},
    [AUTH_AUTHORIZATION_CODE] = {CLIENT, CLIENT},
    [AUTH_DEVICE_CODE] = {CLIENT, S(CLIENT_ID)},
    [AUTH_JWT_BEARER] = {CLIENT, 0},
    [AUTH_REFRESH_TOKEN] = {CLIENT | S(REFRESH_TOKEN), CLIENT | S(REFRESH_TOKEN)},
    [AUTH_TOKEN_EXCHANGE] = {CLIENT | S(SUBJECT_TOKEN) | S(SUBJECT_TOKEN_TYPE) | S(ACTOR_TOKEN) |
                                 S(ACTOR_TOKEN_TYPE) | S(REQUESTED_TOKEN_TYPE),
                             S(SUBJECT_TOKEN)},
    [AUTH_OAUTH1] = {S(CONSUMER_KEY) | S(CONSUMER_SECRET) | S(TOKEN) | S(TOKEN_SECRET) | S(REALM),
                     S(CONSUMER_KEY) | S(CONSUMER_SECRET)},
    [AUTH_AWS_SIGV4] = {AWS_NEEDED | S(SESSION_TOKEN) | S(ROLE_ARN) | S(EXTERNAL_ID), AWS_NEEDED},
};

slots_t slots_of_type(auth_type_t type)
{
    return table[type].has;
}

static bool proves_itself_without_secret(client_auth_t client_auth)
{
    return client_auth == CLIENT_AUTH_PRIVATE_KEY_JWT || client_auth == CLIENT_AUTH_TLS ||
           client_auth == CLIENT_AUTH_NONE;
}

slots_t slots_needed(const grant_definition_t *grant)
{
    slots_t needed = table[grant->type].needs;
    if (grant->register_dynamic || grant->register_document) {
        needed &= ~(slots_t)CLIENT;
    }
    if (proves_itself_without_secret(grant->client_auth)) {
        needed &= ~(slots_t)S(CLIENT_SECRET);
    }
    return needed;
}

bool slot_is_secret(credential_slot_t slot)
{
    return slots_have(SECRETS, slot);
}
