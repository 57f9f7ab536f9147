/* SPDX-License-Identifier: MIT */
/* What people fill in: `connection_config` for the connection, `credentials` and `assertion_option`
 * for the way to sign in. What another part of Nango fills in (`automated`) is asked for, unless an
 * answer or the way back tells it. */
#include "codec/json.h"
#include "import/names.h"
#include "import/nango/provider.h"

enum { NAME_MAX_BYTES = 64 };

/* --- what is secret --- */

static bool ends_with_any(str_t name, const char *const *words)
{
    for (size_t i = 0; words[i]; i++) {
        if (str_ends_nocase(name, str_of(words[i]))) {
            return true;
        }
    }
    return false;
}

/* The catalogue forgets to say so here and there. A value that everybody can read in it is none. */
static bool is_secret(str_t name, const json_t *field)
{
    static const char *const words[] = {"password",    "secret",      "secretkey", "apikey",
                                        "privatekey",  "private_key", "token",     "accesskey",
                                        "certificate", "_key",        NULL};
    return !json_object_get(field, "default_value") &&
           (json_is_true(json_object_get(field, "secret")) || ends_with_any(name, words));
}

/* --- one field --- */

static bool is_automated(const json_t *field)
{
    return json_is_true(json_object_get(field, "automated"));
}

static bool is_needed(const json_t *field)
{
    return !json_is_true(json_object_get(field, "optional")) && !is_automated(field) &&
           !json_is_true(json_object_get(field, "hidden")) &&
           !json_object_get(field, "default_value");
}

/* Nango shows what stands around a value; people type what lies between. */
static str_t description_of(const provider_t *p, const json_t *field)
{
    str_t text = json_member(field, "description");
    str_t prefix = json_member(field, "prefix");
    str_t suffix = json_member(field, "suffix");
    if (!prefix.p && !suffix.p) {
        return text;
    }
    return arena_printf(p->arena, "%.*s%sStands in %.*s…%.*s", STR_ARG(text), text.n ? " " : "",
                        STR_ARG(prefix), STR_ARG(suffix));
}

static bool is_path_behind_host(str_t value)
{
    return str_index(value, '/') != SIZE_MAX && str_find(value, STR("://"), 0) == SIZE_MAX;
}

/* Choices rather than enum: their dots may stand in a host name (FORMAT 9). One with a path is told
 * as a URL. */
static json_t *choices_of(const json_t *list, bool *has_urls)
{
    size_t at;
    json_t *value;
    json_t *choices = json_object();
    *has_urls = false;
    json_array_foreach(list, at, value)
    {
        *has_urls = *has_urls || is_path_behind_host(json_view(value));
    }
    json_array_foreach(list, at, value)
    {
        json_t *title = *has_urls ? json_pack("{s:O,s:s+}", "title", value, "url", "https://",
                                              json_string_value(value))
                                  : json_incref(value);
        json_object_set_new(choices, json_string_value(value), title);
    }
    return choices;
}

/* In the order of FORMAT 11. */
static json_t *parameter_of(const provider_t *p, str_t name, const json_t *field, bool *has_urls)
{
    json_t *to = json_object();
    bool secret = is_secret(name, field);
    const json_t *list = json_object_get(field, "enum");
    json_add_text(to, "title", json_member(field, "title"));
    json_add_text(to, "description", description_of(p, field));
    *has_urls = false;
    if (list && !secret) {
        json_object_set_new(to, "choices", choices_of(list, has_urls));
    } else {
        json_object_set_new(to, "type", json_string("string"));
        json_add_text(to, "format", json_member(field, "format"));
        json_add_text(to, "pattern", json_member(field, "pattern"));
        json_add_text(to, "example",
                      secret ? STR_NONE : scalar_text(p, json_object_get(field, "example")));
    }
    if (!secret) {
        json_add_text(to, "default", scalar_text(p, json_object_get(field, "default_value")));
    }
    json_add_flag(to, "required", is_needed(field));
    json_add_flag(to, "secret", secret);
    return to;
}

void add_parameter(json_t *parameters, const char *name, json_t *field)
{
    if (json_object_get(parameters, name)) {
        json_decref(field);
    } else {
        json_object_set_new(parameters, name, field);
    }
}

/* A name that neither group has. */
static str_t free_name(const provider_t *p, str_t name)
{
    json_t *taken = json_copy(p->parameters);
    json_object_update(taken, p->own_parameters);
    str_t found = name_free_in(p->arena, name, taken);
    json_decref(taken);
    return found;
}

static str_t parameter_name(const provider_t *p, str_t name)
{
    str_t plain = str_index(name, '-') == SIZE_MAX ? name_plain_in(p->arena, name, NAME_MAX_BYTES)
                                                   : name_schema_in(p->arena, name);
    return free_name(p, plain);
}

static void read_field(provider_t *p, const char *group, const char *name, const json_t *field)
{
    bool has_urls;
    const char *variable = arena_printf(p->arena, "%s.%s", group, name).p;
    json_t *to = str_is(str_of(group), "connectionConfig") ? p->parameters : p->own_parameters;
    if (json_object_get(p->known, variable)) {
        return;
    }
    str_t own = parameter_name(p, str_of(name));
    json_t *parameter = parameter_of(p, str_of(name), field, &has_urls);
    json_object_set_new(to, own.p, parameter);
    json_object_set(p->fields, variable, parameter);
    if (has_urls) {
        json_object_set_new(p->whole, variable, json_true());
    }
    provider_know(
        p, variable,
        arena_printf(p->arena, "connection.%.*s%s", STR_ARG(own), has_urls ? ".url" : ""));
    if (is_automated(field) && !json_object_get(field, "default_value")) {
        report_note(p->report, "filled_by_code",
                    "%s is filled in by code of Nango; here a person may give it", variable);
    }
}

/* --- groups --- */

typedef struct ordered {
    const char *name;
    const json_t *field;
    json_int_t order;
} ordered_t;

static json_int_t order_of(const json_t *field)
{
    const json_t *order = json_object_get(field, "order");
    return order ? json_integer_value(order) : 1000;
}

/* As the form shows them: those with an order first. */
static void read_group(provider_t *p, const char *key, const char *group)
{
    const char *name;
    json_t *field;
    json_t *left = json_deep_copy(provider_get(p, key));
    while (json_object_size(left) > 0) {
        const char *first = NULL;
        json_object_foreach(left, name, field)
        {
            if (!first || order_of(field) < order_of(json_object_get(left, first))) {
                first = name;
            }
        }
        const char *kept = arena_str(p->arena, str_of(first)).p;
        read_field(p, group, kept, json_object_get(left, kept));
        json_object_del(left, kept);
    }
    json_decref(left);
}

/* Names that the answer or the way back tells. */
static void know_told(provider_t *p, const char *key, const char *root)
{
    size_t at;
    json_t *name;
    json_array_foreach(provider_get(p, key), at, name)
    {
        bool dotted = str_index(json_view(name), '.') != SIZE_MAX;
        str_t own =
            dotted ? name_plain_in(p->arena, json_view(name), NAME_MAX_BYTES) : json_view(name);
        const char *variable =
            arena_printf(p->arena, "connectionConfig.%s", json_string_value(name)).p;
        provider_know(p, variable, compose_path_in(p->arena, str_of(root), own));
    }
}

void read_fields(provider_t *p)
{
    know_told(p, "token_response_metadata", "token");
    know_told(p, "redirect_uri_metadata", "callback");
    read_group(p, "connection_config", "connectionConfig");
    read_group(p, "credentials", "credentials");
    read_group(p, "assertion_option", "assertionOption");
}

void add_credential(provider_t *p, const char *variable, const char *name, const char *title,
                    bool secret, bool admin)
{
    json_t *field = json_pack("{s:s,s:s}", "title", title, "type", "string");
    json_add_flag(field, "required", true);
    json_add_flag(field, "secret", secret);
    json_add_text(field, "ask", admin ? STR("admin") : STR_NONE);
    add_parameter(p->own_parameters, name, field);
    provider_know(p, variable, arena_printf(p->arena, "connection.%s", name));
}
