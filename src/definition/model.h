/* SPDX-License-Identifier: MIT */
/* A connector as the host uses it: the immutable model of one definition file, built by the loader, shared by
 * reference count among all threads. Every template is parsed, every name resolved, every default decided: what
 * runs a call asks no question that the file has answered. Section numbers are FORMAT's. */
#ifndef TENON_DEFINITION_MODEL_H
#define TENON_DEFINITION_MODEL_H

#include <jansson.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "template/template.h"

/* --- 4 fields and schemas --- */
typedef enum {
    SCHEMA_ANY, SCHEMA_STRING, SCHEMA_INTEGER, SCHEMA_NUMBER, SCHEMA_BOOLEAN, SCHEMA_ARRAY, SCHEMA_OBJECT
} schema_type_t;
typedef enum {
    FORMAT_NONE, FORMAT_HOSTNAME, FORMAT_URI, FORMAT_EMAIL, FORMAT_UUID, FORMAT_DATE, FORMAT_DATE_TIME, FORMAT_PEM,
    FORMAT_BINARY, FORMAT_BYTE, FORMAT_INT32, FORMAT_INT64, FORMAT_OTHER
} schema_format_t;
typedef struct pattern pattern_t; /* pattern.h */
typedef struct schema schema_t;
typedef struct schema_property {
    str_t name;
    const schema_t *schema;
    bool required;
} schema_property_t;
struct schema {
    const schema_t *ref; /* the schema that $ref names (its own keys below still apply); NULL: none */
    str_t ref_name;
    schema_type_t type;
    schema_format_t format;
    str_t format_name; /* as written; absent: none */
    str_t title, description;
    json_t *enumeration, *constant, *fallback, *example; /* NULL where not given; owned by the arena */
    bool nullable, read_only, write_only, deprecated, unique_items;
    bool has_minimum, has_maximum, exclusive_minimum, exclusive_maximum, has_multiple_of;
    double minimum, maximum, multiple_of;
    int64_t min_length, max_length, min_items, max_items, min_properties, max_properties; /* -1: none */
    const pattern_t *pattern;
    str_t pattern_text;
    const schema_t *items;
    const schema_property_t *properties;
    size_t property_count;
    bool additional_properties_refused;
    const schema_t *additional_properties; /* NULL: any, unless refused */
    const schema_t **all_of, **any_of, **one_of;
    size_t all_of_count, any_of_count, one_of_count;
    str_t discriminator; /* property name; absent: none */
    json_t *extensions;  /* x-… as an object; NULL: none */
    bool secret;         /* of a property */
};
/* The one that says what its values are: itself, or the nearest behind its references that names a type. */
const schema_t *schema_typed(const schema_t *schema);

typedef enum { IN_PATH, IN_QUERY, IN_HEADER, IN_FORM, IN_JSON, IN_BODY } field_in_t;
typedef enum { COLLECTION_CSV, COLLECTION_MULTI, COLLECTION_SSV, COLLECTION_PIPES, COLLECTION_TSV } collection_format_t;
typedef enum { URL_ENCODING_SINGLE, URL_ENCODING_DOUBLE, URL_ENCODING_PATH } url_encoding_t;

/* As the file writes them; of SCHEMA_ANY NULL. */
const char *schema_type_name(schema_type_t type);
const char *field_in_name(field_in_t in);
const char *collection_format_name(collection_format_t format);

typedef struct choice {
    str_t value, title;
    json_t *columns; /* column -> text; NULL: none */
} choice_t;

typedef struct field {
    str_t name;
    str_t title; /* as given, else the name with blanks for `_` */
    str_t description, message; /* absent: none */
    const schema_t *schema;
    bool required, secret, ask_admin;
    bool sure; /* required, or with a default */
    const choice_t *choices;
    size_t choice_count;
    field_in_t in; /* of inputs */
    collection_format_t collection;
    url_encoding_t url_encoding;
    bool sent_by_template; /* of inputs: steps, request or token mention it, so it goes only there (body excepted) */
    bool in_url;           /* of parameters: stands in some URL: changing it voids secrets and tokens */
    unsigned line, column;
} field_t;

typedef struct fields {
    const field_t *list; /* in the order of the file */
    size_t count;
    bool required_defaults_only; /* others tell what the service assumes, and are not filled in */
} fields_t;
const field_t *fields_find(const fields_t *fields, str_t name);

/* --- 6 requests --- */
typedef struct named_template {
    str_t name;
    const template_t *template;
    unsigned line, column;
} named_template_t;
typedef struct named_templates {
    const named_template_t *list;
    size_t count;
} named_templates_t;

/* {status: [..], body: json}: matches an answer. status_count 0: any status. */
typedef struct match {
    const int *statuses;
    size_t status_count;
    json_t *body; /* NULL: any */
} match_t;
typedef struct matches {
    const match_t *list;
    size_t count;
} matches_t;

typedef enum { BODY_NONE, BODY_JSON, BODY_FORM, BODY_TEXT, BODY_XML } body_kind_t;
typedef struct request_definition {
    str_t method;             /* absent in an action's request: the action's own */
    const url_template_t *url; /* NULL in an action's request: the action's path */
    named_templates_t headers;
    const template_tree_t *query; /* TREE_OBJECT or NULL; null removes, a list repeats */
    body_kind_t body_kind;
    const template_tree_t *body;  /* json, form, xml */
    const template_t *text;
    matches_t expect; /* none: any 2xx */
} request_definition_t;
typedef struct step {
    str_t name;
    request_definition_t request;
    unsigned line, column;
} step_t;
typedef struct steps {
    const step_t *list;
    size_t count;
} steps_t;

/* --- 5 ways to sign in --- */
/* One row a type: X(enum, name in the file, it is a grant that `token:` takes, it gets tokens). */
#define AUTH_TYPES(X)                                                                                       \
    X(NONE, "none", false, false)                                                                           \
    X(BASIC, "basic", false, false)                                                                         \
    X(API_KEY, "api_key", false, false)                                                                     \
    X(CLIENT_CREDENTIALS, "client_credentials", true, true)                                                 \
    X(PASSWORD, "password", true, true)                                                                     \
    X(AUTHORIZATION_CODE, "authorization_code", false, true)                                                \
    X(DEVICE_CODE, "device_code", false, true)                                                              \
    X(JWT_BEARER, "jwt_bearer", true, true)                                                                 \
    X(REFRESH_TOKEN, "refresh_token", true, true)                                                           \
    X(TOKEN_EXCHANGE, "token_exchange", true, true)                                                         \
    X(SESSION, "session", true, true)                                                                       \
    X(JWT, "jwt", false, true)                                                                              \
    X(OAUTH1, "oauth1", false, true)                                                                        \
    X(AWS_SIGV4, "aws_sigv4", false, false)
typedef enum {
#define AUTH_ENUM(id, name, grant, token) AUTH_##id,
    AUTH_TYPES(AUTH_ENUM)
#undef AUTH_ENUM
        AUTH_TYPE_COUNT
} auth_type_t;
const char *auth_type_name(auth_type_t type);
bool auth_type_is_grant(auth_type_t type);
bool auth_type_gets_tokens(auth_type_t type);

/* The credential keys. A key left out in the file has taken the field of its name; NULL: not sent. */
typedef enum {
    SLOT_USERNAME, SLOT_PASSWORD, SLOT_CLIENT_ID, SLOT_CLIENT_SECRET, SLOT_REFRESH_TOKEN, SLOT_SUBJECT_TOKEN,
    SLOT_SUBJECT_TOKEN_TYPE, SLOT_ACTOR_TOKEN, SLOT_ACTOR_TOKEN_TYPE, SLOT_REQUESTED_TOKEN_TYPE,
    SLOT_CONSUMER_KEY, SLOT_CONSUMER_SECRET, SLOT_TOKEN, SLOT_TOKEN_SECRET, SLOT_ACCESS_KEY_ID,
    SLOT_SECRET_ACCESS_KEY, SLOT_SESSION_TOKEN, SLOT_REGION, SLOT_SERVICE, SLOT_ROLE_ARN, SLOT_EXTERNAL_ID,
    SLOT_REALM, SLOT_COUNT
} credential_slot_t;
/* "username", … : the key in the file. */
const char *credential_slot_name(credential_slot_t slot);

typedef enum {
    CLIENT_AUTH_BODY, CLIENT_AUTH_BASIC, CLIENT_AUTH_BASIC_RAW, CLIENT_AUTH_PRIVATE_KEY_JWT,
    CLIENT_AUTH_CLIENT_SECRET_JWT, CLIENT_AUTH_TLS, CLIENT_AUTH_NONE
} client_auth_t;
typedef enum { TOKEN_FORMAT_FORM, TOKEN_FORMAT_JSON, TOKEN_FORMAT_QUERY } token_format_t;

typedef struct jwt_definition {
    str_t alg; /* RS256 where not given */
    const template_t *key, *kid;
    const template_tree_t *header, *claims;
    int64_t lifetime_ms; /* 60 s where not given */
} jwt_definition_t;

typedef struct grant_definition {
    auth_type_t type;
    const template_t *slots[SLOT_COUNT];
    const url_template_t *token_url, *issuer, *authorize_url, *par_url, *register_url, *device_url, *revoke_url,
        *request_url; /* request_url: oauth1 */
    client_auth_t client_auth;
    const jwt_definition_t *client_assertion, *assertion, *jwt; /* NULL: none */
    const template_t *grant_type; /* NULL: the type's own */
    const template_t **scopes;
    size_t scope_count;
    str_t scope_separator; /* " " */
    const template_t **resources; /* RFC 8707 */
    size_t resource_count;
    const template_tree_t *params, *authorize_params; /* TREE_OBJECT or NULL; null removes, lists repeat */
    named_templates_t headers;
    token_format_t format;
    matches_t expect;
    steps_t steps;
    named_templates_t answer; /* name -> template over response or steps */
    int64_t lifetime_ms;      /* 0: none given */
    /* What a refresh of it does (RFC 6749 6): the same with the overrides of `refresh`, complete in itself; its
     * SLOT_REFRESH_TOKEN is ${oauth.refresh_token}. NULL: `refresh: false`, or the type gets no tokens. */
    const struct grant_definition *refresh;
    bool is_refresh; /* it is such a one */
    bool pkce_none, dpop, register_dynamic, register_document;
    str_t signature; /* oauth1 */
    unsigned line, column;
} grant_definition_t;
/* A URL that it needs is left out: it is looked up at the issuer (FORMAT 5), which is only a name otherwise. */
bool grant_definition_lacks_url(const grant_definition_t *grant);
/* Tokens can be given back: it says where, or its issuer may. */
bool grant_definition_may_revoke(const grant_definition_t *grant);

typedef struct inject {
    named_templates_t headers; /* as written: what the type itself sends is added by who builds the request */
    const template_tree_t *query, *json;
} inject_t;

typedef struct guide_step {
    str_t title, text, link;
} guide_step_t;
typedef struct guide {
    const str_t *prerequisites, *checklist;
    size_t prerequisite_count, checklist_count;
    const guide_step_t *steps;
    size_t step_count;
} guide_t;

typedef struct auth {
    str_t name, title, description, caution; /* absent: none; title: as given, else the name */
    auth_type_t type;
    bool recommended;
    bool shareable;
    const guide_t *guide; /* NULL: none */
    fields_t parameters;  /* of this auth alone */
    const url_template_t *base_url; /* NULL: the connector's */
    inject_t inject;
    matches_t unauthorized; /* at least the default: 401 */
    grant_definition_t grant; /* slots and, for types that get tokens, the rest */
    const template_t *tls_certificate, *tls_private_key, *tls_ca;
    unsigned line, column;
} auth_t;
/* Where a person has to be for a connection of it to come to life. */
typedef enum {
    SIGN_IN_ALONE,     /* nobody has to */
    SIGN_IN_BROWSER,   /* at the service's page, and back (RFC 6749 4.1, RFC 5849 2) */
    SIGN_IN_ELSEWHERE, /* on another device, with a code (RFC 8628) */
} sign_in_way_t;
sign_in_way_t auth_sign_in_way(const auth_t *auth);
/* Its calls are signed with keys of a role, where the connection names one (aws_sigv4). */
bool auth_may_take_role(const auth_t *auth);

/* --- 3 the rest of the top level, 7 actions --- */
typedef enum { SCOPE_CONNECTION, SCOPE_CONNECTOR, SCOPE_CALLER } limit_scope_t;
typedef struct limit {
    uint32_t calls;
    int64_t per_ms;
    limit_scope_t scope;
    bool wait;
    int64_t max_wait_ms;
    str_t name; /* as given, else "connection", "connector", "caller" */
} limit_t;
typedef struct limits {
    const limit_t *list;
    size_t count;
} limits_t;

typedef struct retry_definition {
    unsigned max;
    const int *statuses;
    size_t status_count;
    str_t *after, *at; /* header names */
    size_t after_count, at_count;
    str_t remaining;
} retry_definition_t;

typedef struct place_step {
    str_t name;      /* absent: index or each */
    size_t index;
    bool each;       /* [] */
} place_step_t;
/* body.a['b'][0][] or item.x (section 10). */
typedef struct place {
    bool item;
    const place_step_t *steps;
    size_t count;
    str_t text;
} place_t;
/* One row a kind: X(enum, key in the file). What each does is src/policy's. */
#define POLICY_KINDS(X)                                                                                     \
    X(SET_PROPERTY, "set_property")                                                                         \
    X(REPLACE_STRING, "replace_string")                                                                     \
    X(ENCODE_PROPERTY, "encode_property")                                                                   \
    X(STRING_TO_ARRAY, "string_to_array")                                                                   \
    X(ARRAY_TO_OBJECT, "array_to_object")                                                                   \
    X(OBJECT_TO_ARRAY, "object_to_array")                                                                   \
    X(MOVE_PROPERTIES, "move_properties")
typedef enum {
#define POLICY_ENUM(id, name) POLICY_##id,
    POLICY_KINDS(POLICY_ENUM)
#undef POLICY_ENUM
        POLICY_KIND_COUNT
} policy_kind_t;
const char *policy_kind_name(policy_kind_t kind);

typedef struct policy {
    policy_kind_t kind;
    bool response;
    str_t *actions; /* operation ids; none: all */
    size_t action_count;
    place_t at, to, from; /* which of them the kind has */
    const template_tree_t *value; /* set_property */
    str_t find, with, separator, as, key, value_name;
    bool keep_key;
} policy_t;
bool policy_is_for(const policy_t *policy, str_t action);
/* Those of one action and section, in the order of the file. */
typedef struct policies {
    const policy_t **list;
    size_t count;
} policies_t;

typedef struct response_definition {
    int status; /* 0: default */
    str_t description;
    const schema_t *schema; /* NULL: none */
    json_t *headers;        /* as written; NULL: none */
} response_definition_t;

typedef enum { TRIGGER_NONE, TRIGGER_WEBHOOK, TRIGGER_POLLING } trigger_kind_t;
typedef struct trigger {
    trigger_kind_t kind;
    const schema_t *content;
    str_t description;
    place_t items;
    const template_tree_t *query;
    bool batch;
    int64_t interval_ms;
} trigger_t;

/* One piece of an action's path: literal text, or a variable. */
typedef struct path_piece {
    str_t text;           /* literal, as written (encoded by the author) */
    const field_t *field; /* a variable; NULL: literal */
} path_piece_t;

typedef enum { ACTION_REQUEST, ACTION_TOKEN_CONNECTION, ACTION_TOKEN_GRANT } action_kind_t;
/* What stands in the place of an action's name where a request to /proxy is told of. No action is called that. */
#define ACTION_NAME_PROXY "/proxy"
typedef struct action {
    str_t name; /* operationId */
    str_t summary, description;
    bool deprecated;
    const str_t *tags;
    size_t tag_count;
    str_t method, path;
    const path_piece_t *pieces; /* of path */
    size_t piece_count;
    action_kind_t kind;
    fields_t input;
    const field_t *body_field; /* the `in: body` field; NULL: none */
    bool has_form, has_json; /* form fields; json members */
    bool in_parts;     /* the form goes as multipart: it has a file, or input_type says so */
    str_t input_type;  /* media type of the body field, or multipart/form-data of a form */
    bool no_auth;      /* auth: none */
    const auth_t **auths; /* allowed; NULL: all */
    size_t auth_count;
    const grant_definition_t *grant; /* ACTION_TOKEN_GRANT */
    steps_t steps;
    const request_definition_t *request; /* NULL: none */
    const schema_t *output;
    str_t output_type;
    const response_definition_t *responses;
    size_t response_count;
    named_templates_t response_headers;
    bool response_reads_body; /* response_headers mention the body of the answer */
    policies_t request_policies, response_policies;
    const place_t *next_link;
    trigger_t trigger;
    limits_t throttle; /* of its own */
    bool has_retry;
    retry_definition_t retry;
    int64_t timeout_ms;
    bool idempotent;
    json_t *extensions;
    unsigned line, column;
} action_t;

typedef struct named_schema {
    str_t name;
    const schema_t *schema;
} named_schema_t;

/* One of `hosts`. */
typedef struct host_pattern {
    str_t host;    /* host or *.rest */
    uint16_t port; /* 0: none written */
} host_pattern_t;

typedef struct connector {
    arena_t *arena;
    str_t file;   /* path */
    unsigned char digest[32]; /* SHA-256 of the file */
    str_t id, title, description, version;
    bool preview;
    str_t publisher_name, publisher_url, publisher_email, contact_name, contact_url, contact_email;
    str_t link_website, link_privacy_policy, link_documentation;
    const str_t *categories;
    size_t category_count;
    str_t brand_color;
    bool hosts_any;
    const host_pattern_t *hosts;
    size_t host_count;
    const url_template_t *base_url; /* NULL: none */
    bool shareable;
    fields_t parameters; /* those that all auths share */
    const auth_t *auths; /* at least one: an implied `none` where the file has none */
    size_t auth_count;
    bool auth_implied;
    named_templates_t request_headers;
    const template_tree_t *request_query;
    limits_t throttle;
    retry_definition_t retry;
    int64_t timeout_ms;
    bool proxy;
    bool required_defaults_only; /* of inputs: `defaults: required` */
    const guide_t *guide;
    json_t *explain; /* "401" -> text; NULL: none */
    const struct action *verify_action;         /* NULL: none or a request */
    const request_definition_t *verify_request; /* NULL: none or an action */
    const policy_t *policies;
    size_t policy_count;
    const named_schema_t *schemas;
    size_t schema_count;
    const action_t *actions;
    size_t action_count;
    json_t *extensions;
    unsigned warnings;
    const struct route_table *routes; /* of the actions' paths (routes.h); NULL: nothing matches */
    atomic_uint more_references;      /* beyond the first: a connector just built has one reference */
} connector_t;

connector_t *connector_ref(const connector_t *c);
void connector_unref(const connector_t *c);
const action_t *connector_action(const connector_t *c, str_t operation_id);
const auth_t *connector_auth(const connector_t *c, str_t name);
/* What a connection of a connector may be called: [a-z0-9][a-z0-9-]{0,62}. */
enum { CONNECTION_NAME_MAX = 63 };
bool connection_name_fits(str_t name);
/* Matches a raw path (still percent-encoded, with its leading `/`) and method (DESIGN 4: raw segments, each decoded
 * once, literals beat variables). Answers NULL with *method_known false where no action has the path, with it true
 * where only the method differs. Values of the variables go, decoded, into values[0..] in the order of the action's
 * pieces; at most PATH_VARIABLES_MAX. */
enum { PATH_VARIABLES_MAX = 32 };
typedef struct path_value {
    const field_t *field;
    str_t value; /* in the arena */
} path_value_t;
const action_t *connector_match(const connector_t *c, str_t method, str_t path, arena_t *arena,
                                path_value_t values[PATH_VARIABLES_MAX], size_t *value_count, bool *path_known);
/* FORMAT 9: whether a host may be called. extra: what this connection's own URL templates give (host or host:port),
 * for `hosts: any`. opens_port tells whether the operator's egress list opens a port (NULL: only 443). */
typedef bool host_opens_port_t(const void *context, str_t host, uint16_t port);
bool connector_allows_host(const connector_t *c, str_t host, uint16_t port, const str_t *extra, size_t extra_count,
                           host_opens_port_t *opens_port, const void *context);

#endif
