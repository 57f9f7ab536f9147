/* SPDX-License-Identifier: MIT */
#include "definition/model.h"

#include "codec/url.h"

connector_t *connector_ref(const connector_t *c)
{
    connector_t *shared = (connector_t *)(uintptr_t)c;
    if (shared) {
        atomic_fetch_add_explicit(&shared->more_references, 1, memory_order_relaxed);
    }
    return shared;
}

void connector_unref(const connector_t *c)
{
    connector_t *shared = (connector_t *)(uintptr_t)c;
    if (shared &&
        atomic_fetch_sub_explicit(&shared->more_references, 1, memory_order_acq_rel) == 0) {
        arena_free(shared->arena); /* and with it the connector */
    }
}

const auth_t *connector_auth(const connector_t *c, str_t name)
{
    for (size_t i = 0; i < c->auth_count; i++) {
        if (str_eq(c->auths[i].name, name)) {
            return &c->auths[i];
        }
    }
    return NULL;
}

const schema_t *schema_typed(const schema_t *schema)
{
    while (schema && schema->type == SCHEMA_ANY && schema->ref) {
        schema = schema->ref;
    }
    return schema;
}

const field_t *fields_find(const fields_t *fields, str_t name)
{
    for (size_t i = 0; i < fields->count; i++) {
        if (str_eq(fields->list[i].name, name)) {
            return &fields->list[i];
        }
    }
    return NULL;
}

bool connection_name_fits(str_t name)
{
    bool fits = name.n >= 1 && name.n <= CONNECTION_NAME_MAX && name.p[0] != '-';
    for (size_t i = 0; fits && i < name.n; i++) {
        char c = name.p[i];
        fits = (c >= 'a' && c <= 'z') || ascii_is_digit(c) || c == '-';
    }
    return fits;
}

/* --- fields and schemas --- */

const char *schema_type_name(schema_type_t type)
{
    static const char *const names[] = {
        [SCHEMA_ANY] = NULL,        [SCHEMA_STRING] = "string",   [SCHEMA_INTEGER] = "integer",
        [SCHEMA_NUMBER] = "number", [SCHEMA_BOOLEAN] = "boolean", [SCHEMA_ARRAY] = "array",
        [SCHEMA_OBJECT] = "object",
    };
    return names[type];
}

const char *field_in_name(field_in_t in)
{
    static const char *const names[] = {
        [IN_PATH] = "path", [IN_QUERY] = "query", [IN_HEADER] = "header",
        [IN_FORM] = "form", [IN_JSON] = "json",   [IN_BODY] = "body",
    };
    return names[in];
}

const char *collection_format_name(collection_format_t format)
{
    static const char *const names[] = {
        [COLLECTION_CSV] = "csv",     [COLLECTION_MULTI] = "multi", [COLLECTION_SSV] = "ssv",
        [COLLECTION_PIPES] = "pipes", [COLLECTION_TSV] = "tsv",
    };
    return names[format];
}

/* --- ways to sign in --- */

static const struct {
    const char *name;
    bool grant;
    bool tokens;
} auth_types[AUTH_TYPE_COUNT] = {
#define AUTH_ROW(id, name, grant, token) [AUTH_##id] = {name, grant, token},
    AUTH_TYPES(AUTH_ROW)
#undef AUTH_ROW
};

const char *policy_kind_name(policy_kind_t kind)
{
    static const char *const names[] = {
#define POLICY_NAME(id, name) [POLICY_##id] = (name),
        POLICY_KINDS(POLICY_NAME)
#undef POLICY_NAME
    };
    return names[kind];
}

bool policy_is_for(const policy_t *policy, str_t action)
{
    bool named = policy->action_count == 0;
    for (size_t i = 0; i < policy->action_count && !named; i++) {
        named = str_eq(policy->actions[i], action);
    }
    return named;
}

const char *auth_type_name(auth_type_t type)
{
    return auth_types[type].name;
}

bool auth_type_is_grant(auth_type_t type)
{
    return auth_types[type].grant;
}

bool auth_type_gets_tokens(auth_type_t type)
{
    return auth_types[type].tokens;
}

sign_in_way_t auth_sign_in_way(const auth_t *auth)
{
    bool by_oauth1 = auth->type == AUTH_OAUTH1 && !auth->grant.slots[SLOT_TOKEN];
    return auth->type == AUTH_DEVICE_CODE                       ? SIGN_IN_ELSEWHERE
           : auth->type == AUTH_AUTHORIZATION_CODE || by_oauth1 ? SIGN_IN_BROWSER
                                                                : SIGN_IN_ALONE;
}

bool auth_may_take_role(const auth_t *auth)
{
    return auth->type == AUTH_AWS_SIGV4 && auth->grant.slots[SLOT_ROLE_ARN];
}

const char *credential_slot_name(credential_slot_t slot)
{
    static const char *const names[SLOT_COUNT] = {
        [SLOT_USERNAME] = "username",
        [SLOT_PASSWORD] = "password",
        [SLOT_CLIENT_ID] = "client_id",
        [SLOT_CLIENT_SECRET] = "client_secret",
        [SLOT_REFRESH_TOKEN] = "refresh_token",
        [SLOT_SUBJECT_TOKEN] = "subject_token",
        [SLOT_SUBJECT_TOKEN_TYPE] = "subject_token_type",
        [SLOT_ACTOR_TOKEN] = "actor_token",
        [SLOT_ACTOR_TOKEN_TYPE] = "actor_token_type",
        [SLOT_REQUESTED_TOKEN_TYPE] = "requested_token_type",
        [SLOT_CONSUMER_KEY] = "consumer_key",
        [SLOT_CONSUMER_SECRET] = "consumer_secret",
        [SLOT_TOKEN] = "token",
        [SLOT_TOKEN_SECRET] = "token_secret",
        [SLOT_ACCESS_KEY_ID] = "access_key_id",
        [SLOT_SECRET_ACCESS_KEY] = "secret_access_key",
        [SLOT_SESSION_TOKEN] = "session_token",
        [SLOT_REGION] = "region",
        [SLOT_SERVICE] = "service",
        [SLOT_ROLE_ARN] = "role_arn",
        [SLOT_EXTERNAL_ID] = "external_id",
        [SLOT_REALM] = "realm",
    };
    return names[slot];
}

bool grant_definition_lacks_url(const grant_definition_t *grant)
{
    return !grant->token_url || (grant->type == AUTH_AUTHORIZATION_CODE && !grant->authorize_url) ||
           (grant->type == AUTH_DEVICE_CODE && !grant->device_url) ||
           (grant->register_dynamic && !grant->register_url);
}

bool grant_definition_may_revoke(const grant_definition_t *grant)
{
    return grant->revoke_url || (grant->issuer && grant_definition_lacks_url(grant));
}

/* --- hosts --- */

enum { HTTPS_PORT = 443 };

static bool is_listed(const connector_t *c, str_t host, uint16_t port, bool *names_port)
{
    bool listed = false;
    *names_port = false;
    for (size_t i = 0; i < c->host_count && !*names_port; i++) {
        if (url_host_matches(host, c->hosts[i].host)) {
            *names_port = c->hosts[i].port == port;
            listed = listed || c->hosts[i].port == 0 || *names_port;
        }
    }
    return listed;
}

/* Without a port the entry stands for any. */
static bool is_host(str_t entry, str_t host, uint16_t port)
{
    uint64_t written = port;
    if (entry.n > host.n && entry.p[host.n] == ':') {
        (void)str_to_u64(str_slice(entry, host.n + 1, entry.n), &written);
        entry = str_slice(entry, 0, host.n);
    }
    return host.n > 0 && written == port && str_eq_nocase(entry, host);
}

static bool is_among(str_t host, uint16_t port, const str_t *hosts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_host(hosts[i], host, port)) {
            return true;
        }
    }
    return false;
}

bool connector_allows_host(const connector_t *c, str_t host, uint16_t port, const str_t *extra,
                           size_t extra_count, host_opens_port_t *opens_port, const void *context)
{
    bool names_port = false;
    bool listed = c->hosts_any ? is_among(host, port, extra, extra_count)
                               : is_listed(c, host, port, &names_port);
    return listed &&
           (names_port || port == HTTPS_PORT || (opens_port && opens_port(context, host, port)));
}
