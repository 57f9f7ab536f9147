/* SPDX-License-Identifier: MIT */
#include "import/write.h"

#include "codec/yaml_write.h"
#include "seal/hash.h"

/* --- the order of members --- */

static const char *const TOP[] = {
    "tenon",   "id",       "title",      "description", "version", "status",   "publisher",
    "contact", "links",    "categories", "brand_color", "hosts",   "base_url", "connection",
    "request", "throttle", "retry",      "timeout",     "proxy",   "defaults", "guide",
    "explain", "verify",   "policies",   "schemas",     "actions", NULL,
};
static const char *const CONNECTION[] = {"shareable", "parameters", "auth", NULL};
static const char *const AUTH[] = {
    "title",         "description",
    "type",          "recommended",
    "caution",       "guide",
    "shareable",     "parameters",
    "base_url",      "request_url",
    "authorize_url", "authorize_params",
    "pkce",          "par_url",
    "register",      "register_url",
    "device_url",    "token_url",
    "issuer",        "resource",
    "client_id",     "client_secret",
    "client_auth",   "client_assertion",
    "tls",           "grant_type",
    "username",      "password",
    "assertion",     "jwt",
    "consumer_key",  "consumer_secret",
    "token",         "token_secret",
    "signature",     "realm",
    "access_key_id", "secret_access_key",
    "region",        "service",
    "role_arn",      "format",
    "params",        "headers",
    "scopes",        "scope_separator",
    "expect",        "steps",
    "answer",        "lifetime",
    "refresh",       "inject",
    "unauthorized",  NULL,
};
static const char *const ACTION[] = {
    "summary",     "description", "deprecated", "tags",      "method",  "path",      "input",
    "input_type",  "auth",        "token",      "steps",     "request", "output",
    "output_type", "responses",   "response",   "next_link", "trigger", NULL,
};
static const char *const SCHEMA[] = {
    "$ref",
    "in",
    "title",
    "description",
    "type",
    "format",
    "enum",
    "const",
    "choices",
    "default",
    "example",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "items",
    "minItems",
    "maxItems",
    "uniqueItems",
    "properties",
    "additionalProperties",
    "minProperties",
    "maxProperties",
    "allOf",
    "anyOf",
    "oneOf",
    "nullable",
    "readOnly",
    "writeOnly",
    "deprecated",
    "discriminator",
    "collectionFormat",
    "url_encoding",
    "message",
    "required",
    "secret",
    "ask",
    NULL,
};

typedef json_t *ordering_t(const json_t *v);

/* Members of these names first, then the others as they stand; each by within. */
static json_t *ordered(const json_t *v, const char *const *order,
                       json_t *(*within)(const char *key, const json_t *child))
{
    json_t *to = json_object();
    const char *key;
    json_t *child;
    for (size_t i = 0; order[i]; i++) {
        child = json_object_get(v, order[i]);
        if (child) {
            json_object_set_new(to, order[i], within(order[i], child));
        }
    }
    json_object_foreach((json_t *)(uintptr_t)v, key, child)
    {
        if (!json_object_get(to, key)) {
            json_object_set_new(to, key, within(key, child));
        }
    }
    return to;
}

static json_t *each(const json_t *v, ordering_t *order)
{
    json_t *to = json_is_array(v) ? json_array() : json_object();
    const char *key;
    size_t at;
    json_t *child;
    json_object_foreach((json_t *)(uintptr_t)v, key, child)
    {
        json_object_set_new(to, key, order(child));
    }
    json_array_foreach(v, at, child)
    {
        json_array_append_new(to, order(child));
    }
    return to;
}

static bool is_one_of(const char *key, const char *a, const char *b, const char *c)
{
    return strcmp(key, a) == 0 || strcmp(key, b) == 0 || strcmp(key, c) == 0;
}

static json_t *order_schema(const json_t *v);

static json_t *within_schema(const char *key, const json_t *child)
{
    if (strcmp(key, "properties") == 0 || is_one_of(key, "allOf", "anyOf", "oneOf")) {
        return each(child, order_schema);
    }
    bool schema =
        is_one_of(key, "items", "additionalProperties", "schema") || strcmp(key, "content") == 0;
    return schema && json_is_object(child) ? order_schema(child) : json_deep_copy(child);
}

static json_t *order_schema(const json_t *v)
{
    return json_is_object(v) ? ordered(v, SCHEMA, within_schema) : json_deep_copy(v);
}

static json_t *order_answer(const json_t *v)
{
    static const char *const answer[] = {"description", "schema", "headers", NULL};
    return ordered(v, answer, within_schema);
}

static json_t *within_action(const char *key, const json_t *child)
{
    if (strcmp(key, "input") == 0) {
        return each(child, order_schema);
    }
    if (strcmp(key, "responses") == 0) {
        return each(child, order_answer);
    }
    return strcmp(key, "trigger") == 0
               ? ordered(child, (const char *const[]){"type", NULL}, within_schema)
               : json_deep_copy(child);
}

static json_t *order_action(const json_t *v)
{
    return ordered(v, ACTION, within_action);
}

static json_t *within_auth(const char *key, const json_t *child)
{
    return strcmp(key, "parameters") == 0 ? each(child, order_schema) : json_deep_copy(child);
}

static json_t *order_auth(const json_t *v)
{
    return ordered(v, AUTH, within_auth);
}

static json_t *within_connection(const char *key, const json_t *child)
{
    return strcmp(key, "auth") == 0 ? each(child, order_auth) : within_auth(key, child);
}

static json_t *within_top(const char *key, const json_t *child)
{
    return strcmp(key, "connection") == 0 ? ordered(child, CONNECTION, within_connection)
           : strcmp(key, "schemas") == 0  ? each(child, order_schema)
           : strcmp(key, "actions") == 0  ? each(child, order_action)
                                          : json_deep_copy(child);
}

/* --- the text --- */

static void write_digest(buf_t *to, const char *kind, str_t body)
{
    unsigned char digest[HASH_BYTES_MAX];
    size_t n = hash_bytes(HASH_SHA256, body, digest);
    buf_printf(to, "# tenon import %s sha256=", kind);
    for (size_t i = 0; i < n; i++) {
        buf_printf(to, "%02x", digest[i]);
    }
    buf_char(to, '\n');
}

void definition_write(buf_t *to, const json_t *definition, const char *kind)
{
    buf_t body;
    json_t *canonical = ordered(definition, TOP, within_top);
    buf_init(&body, to->ceiling);
    yaml_write(&body, canonical);
    write_digest(to, kind, buf_view(&body));
    buf_str(to, buf_view(&body));
    buf_fini(&body);
    json_decref(canonical);
}
