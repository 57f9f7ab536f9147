/* SPDX-License-Identifier: MIT */
/* The members of a token answer (DESIGN 4): those of RFC 6749 5.1 and OpenID Connect, and what the
 * definition's `answer` names beside them. */
#include "openapi/document.h"

static const struct {
    const char *name, *type, *title, *description;
} MEMBERS[] = {
    {"access_token", "string", "Access token", "The token to call the service with."},
    {"token_type", "string", "Token type", "How the token is presented, such as Bearer."},
    {"expires_in", "integer", "Expires in", "The seconds that are left of its life."},
    {"scope", "string", "Scope", "What the token allows, where the service tells."},
    {"id_token", "string", "ID token", "Who signed in, where the service tells."},
};

static void add_member(json_t *properties, const char *name, const char *title, const char *type,
                       const char *description)
{
    json_object_set_new(
        properties, name,
        json_pack("{s:s,s:s,s:s}", "title", title, "description", description, "type", type));
}

/* Answered as `expires_in`, or kept by the host. */
static bool is_withheld(str_t name)
{
    return str_is(name, "expires_in_ms") || str_is(name, "expires_at") ||
           str_is(name, "refresh_token");
}

static void add_names(json_t *properties, const grant_definition_t *grant)
{
    for (size_t i = 0; i < grant->answer.count; i++) {
        str_t name = grant->answer.list[i].name;
        if (!is_withheld(name) && !json_object_getn(properties, name.p, name.n)) {
            json_object_setn_new(properties, name.p, name.n, json_object());
        }
    }
}

static void add_names_of_auths(json_t *properties, const connector_t *c, const action_t *a)
{
    size_t count = a->auth_count ? a->auth_count : c->auth_count;
    for (size_t i = 0; i < count; i++) {
        add_names(properties, a->auth_count ? &a->auths[i]->grant : &c->auths[i].grant);
    }
}

/* A refresh token belongs to the caller where the credentials came with the call. */
json_t *token_schema(const connector_t *c, const action_t *a)
{
    json_t *properties = json_object();
    for (size_t i = 0; i < sizeof MEMBERS / sizeof *MEMBERS; i++) {
        add_member(properties, MEMBERS[i].name, MEMBERS[i].title, MEMBERS[i].type,
                   MEMBERS[i].description);
    }
    if (a->kind == ACTION_TOKEN_GRANT) {
        add_member(properties, "refresh_token", "Refresh token", "string",
                   "Yours to use, where the service gives one.");
        add_names(properties, a->grant);
    } else {
        add_names_of_auths(properties, c, a);
    }
    return json_pack("{s:s,s:o,s:[s,s]}", "type", "object", "properties", properties, "required",
                     "access_token", "expires_in");
}
