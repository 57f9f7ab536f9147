/* SPDX-License-Identifier: MIT */
#include "api/connector_view.h"

#include <stdio.h>

#include "codec/json.h"

/* Absent and empty texts are left out. */
static void add_text(json_t *to, const char *name, str_t text)
{
    if (text.n) {
        json_object_set_new(to, name, json_str(text));
    }
}

static void add_flag(json_t *to, const char *name, bool set)
{
    if (set) {
        json_object_set_new(to, name, json_true());
    }
}

static void add_map(json_t *to, const char *name, json_t *map)
{
    if (json_object_size(map)) {
        json_object_set_new(to, name, map);
    } else {
        json_decref(map);
    }
}

static json_t *texts(const str_t *list, size_t count)
{
    json_t *shown = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(shown, json_str(list[i]));
    }
    return shown;
}

static void add_texts(json_t *to, const char *name, const str_t *list, size_t count)
{
    if (count) {
        json_object_set_new(to, name, texts(list, count));
    }
}

/* --- fields --- */

static const char *const TYPES[] = {
    [SCHEMA_ANY] = NULL,          [SCHEMA_STRING] = "string",   [SCHEMA_INTEGER] = "integer",
    [SCHEMA_NUMBER] = "number",   [SCHEMA_BOOLEAN] = "boolean", [SCHEMA_ARRAY] = "array",
    [SCHEMA_OBJECT] = "object",
};
static const char *const PLACES[] = {
    [IN_PATH] = "path", [IN_QUERY] = "query", [IN_HEADER] = "header",
    [IN_FORM] = "form", [IN_JSON] = "json",   [IN_BODY] = "body",
};
static const char *const COLLECTIONS[] = {
    [COLLECTION_CSV] = "csv",     [COLLECTION_MULTI] = "multi", [COLLECTION_SSV] = "ssv",
    [COLLECTION_PIPES] = "pipes", [COLLECTION_TSV] = "tsv",
};

static json_t *show_choices(const field_t *f)
{
    json_t *shown = json_array();
    for (size_t i = 0; i < f->choice_count; i++) {
        json_t *choice = json_object();
        json_object_set_new(choice, "value", json_str(f->choices[i].value));
        json_object_set_new(choice, "title", json_str(f->choices[i].title));
        json_array_append_new(shown, choice);
    }
    return shown;
}

/* A schema's own keys, then those of the one it refers to. */
static const schema_t *with_type(const schema_t *schema)
{
    while (schema && schema->type == SCHEMA_ANY && schema->ref) {
        schema = schema->ref;
    }
    return schema;
}

static void add_limit(json_t *to, const char *name, int64_t limit)
{
    if (limit >= 0) {
        json_object_set_new(to, name, json_integer(limit));
    }
}

static void add_value(json_t *to, const char *name, const json_t *value)
{
    if (value) { /* the definition is shared by threads, and reference counts of JSON are not */
        json_object_set_new(to, name, json_deep_copy(value));
    }
}

static void add_schema(json_t *to, const schema_t *schema)
{
    schema = with_type(schema);
    if (!schema) {
        return;
    }
    if (TYPES[schema->type]) {
        json_object_set_new(to, "type", json_string(TYPES[schema->type]));
    }
    add_text(to, "format", schema->format_name);
    add_text(to, "pattern", schema->pattern_text);
    add_value(to, "enum", schema->enumeration);
    add_value(to, "const", schema->constant);
    add_value(to, "default", schema->fallback);
    add_value(to, "example", schema->example);
    add_limit(to, "minLength", schema->min_length);
    add_limit(to, "maxLength", schema->max_length);
    if (schema->type == SCHEMA_ARRAY && schema->items) {
        json_t *items = json_object();
        add_schema(items, schema->items);
        json_object_set_new(to, "items", items);
    }
}

static json_t *show_field(const field_t *f)
{
    json_t *shown = json_object();
    json_object_set_new(shown, "name", json_str(f->name));
    add_text(shown, "title", f->title);
    add_text(shown, "description", f->description);
    add_schema(shown, f->schema);
    json_object_set_new(shown, "required", json_boolean(f->required));
    add_flag(shown, "secret", f->secret);
    add_text(shown, "message", f->message);
    if (f->choice_count) {
        json_object_set_new(shown, "choices", show_choices(f));
    }
    return shown;
}

static json_t *show_parameters(const fields_t *fields)
{
    json_t *shown = json_array();
    for (size_t i = 0; i < fields->count; i++) {
        json_t *field = show_field(&fields->list[i]);
        if (fields->list[i].ask_admin) {
            json_object_set_new(field, "ask", json_string("admin"));
        }
        json_array_append_new(shown, field);
    }
    return shown;
}

static json_t *show_inputs(const fields_t *fields)
{
    json_t *shown = json_array();
    for (size_t i = 0; i < fields->count; i++) {
        const field_t *f = &fields->list[i];
        json_t *field = show_field(f);
        json_object_set_new(field, "in", json_string(PLACES[f->in]));
        if (f->schema && f->schema->type == SCHEMA_ARRAY) {
            json_object_set_new(field, "collectionFormat", json_string(COLLECTIONS[f->collection]));
        }
        json_array_append_new(shown, field);
    }
    return shown;
}

/* --- parts --- */

static json_t *show_guide(const guide_t *g)
{
    json_t *shown = json_object();
    json_t *steps = json_array();
    for (size_t i = 0; i < g->step_count; i++) {
        json_t *step = json_object();
        add_text(step, "title", g->steps[i].title);
        add_text(step, "text", g->steps[i].text);
        add_text(step, "link", g->steps[i].link);
        json_array_append_new(steps, step);
    }
    add_texts(shown, "prerequisites", g->prerequisites, g->prerequisite_count);
    json_object_set_new(shown, "steps", steps);
    add_texts(shown, "checklist", g->checklist, g->checklist_count);
    return shown;
}

static void add_guide(json_t *to, const guide_t *guide)
{
    if (guide) {
        json_object_set_new(to, "guide", show_guide(guide));
    }
}

static json_t *show_throttle(const limits_t *limits)
{
    static const char *const scopes[] = {
        [SCOPE_CONNECTION] = "connection", [SCOPE_CONNECTOR] = "connector", [SCOPE_CALLER] = "caller"};
    json_t *shown = json_array();
    for (size_t i = 0; i < limits->count; i++) {
        const limit_t *limit = &limits->list[i];
        json_t *one = json_object();
        json_object_set_new(one, "name", json_str(limit->name));
        json_object_set_new(one, "calls", json_integer(limit->calls));
        json_object_set_new(one, "per_ms", json_integer(limit->per_ms));
        json_object_set_new(one, "scope", json_string(scopes[limit->scope]));
        json_object_set_new(one, "on_limit", json_string(limit->wait ? "wait" : "refuse"));
        if (limit->wait) {
            json_object_set_new(one, "max_wait_ms", json_integer(limit->max_wait_ms));
        }
        json_array_append_new(shown, one);
    }
    return shown;
}

static json_t *show_auth(const auth_t *a)
{
    json_t *shown = json_object();
    json_object_set_new(shown, "name", json_str(a->name));
    add_text(shown, "title", a->title);
    add_text(shown, "description", a->description);
    add_text(shown, "caution", a->caution);
    json_object_set_new(shown, "type", json_string(auth_type_name(a->type)));
    add_flag(shown, "recommended", a->recommended);
    json_object_set_new(shown, "parameters", show_parameters(&a->parameters));
    add_guide(shown, a->guide);
    return shown;
}

static json_t *show_auths(const connector_t *c)
{
    json_t *shown = json_array();
    for (size_t i = 0; !c->auth_implied && i < c->auth_count; i++) {
        json_array_append_new(shown, show_auth(&c->auths[i]));
    }
    return shown;
}

static json_t *show_action(const action_t *a)
{
    json_t *shown = json_object();
    json_object_set_new(shown, "name", json_str(a->name));
    add_text(shown, "summary", a->summary);
    add_text(shown, "description", a->description);
    add_flag(shown, "deprecated", a->deprecated);
    json_object_set_new(shown, "kind", json_string(a->kind == ACTION_REQUEST ? "request" : "token"));
    json_object_set_new(shown, "method", json_str(a->method));
    json_object_set_new(shown, "path", json_str(a->path));
    if (a->body_field) {
        add_text(shown, "input_type", a->input_type);
    }
    json_object_set_new(shown, "input", show_inputs(&a->input));
    if (a->throttle.count) {
        json_object_set_new(shown, "throttle", show_throttle(&a->throttle));
    }
    return shown;
}

static json_t *show_actions(const connector_t *c)
{
    json_t *shown = json_array();
    for (size_t i = 0; i < c->action_count; i++) {
        json_array_append_new(shown, show_action(&c->actions[i]));
    }
    return shown;
}

static json_t *show_person(str_t name, str_t url, str_t email)
{
    json_t *shown = json_object();
    add_text(shown, "name", name);
    add_text(shown, "url", url);
    add_text(shown, "email", email);
    return shown;
}

static json_t *show_links(const connector_t *c)
{
    json_t *shown = json_object();
    add_text(shown, "website", c->link_website);
    add_text(shown, "privacy_policy", c->link_privacy_policy);
    add_text(shown, "documentation", c->link_documentation);
    return shown;
}

static json_t *show_hosts(const connector_t *c)
{
    if (c->hosts_any) {
        return json_string("any");
    }
    json_t *shown = json_array();
    for (size_t i = 0; i < c->host_count; i++) {
        const host_pattern_t *h = &c->hosts[i];
        char port[16] = "";
        if (h->port) {
            snprintf(port, sizeof port, ":%u", h->port);
        }
        json_array_append_new(shown, json_sprintf("%.*s%s", STR_ARG(h->host), port));
    }
    return shown;
}

/* --- the whole --- */

json_t *connector_view_short(const connector_t *c)
{
    json_t *shown = json_object();
    json_object_set_new(shown, "id", json_str(c->id));
    add_text(shown, "title", c->title);
    add_text(shown, "version", c->version);
    json_object_set_new(shown, "status", json_string(c->preview ? "preview" : "stable"));
    add_text(shown, "description", c->description);
    add_text(shown, "brand_color", c->brand_color);
    json_object_set_new(shown, "action_count", json_integer((json_int_t)c->action_count));
    return shown;
}

json_t *connector_view(const connector_t *c)
{
    json_t *shown = connector_view_short(c);
    add_map(shown, "publisher", show_person(c->publisher_name, c->publisher_url, c->publisher_email));
    add_map(shown, "contact", show_person(c->contact_name, c->contact_url, c->contact_email));
    add_map(shown, "links", show_links(c));
    add_texts(shown, "categories", c->categories, c->category_count);
    json_object_set_new(shown, "hosts", show_hosts(c));
    add_flag(shown, "proxy", c->proxy);
    json_object_set_new(shown, "throttle", show_throttle(&c->throttle));
    add_guide(shown, c->guide);
    json_object_set_new(shown, "parameters", show_parameters(&c->parameters));
    json_object_set_new(shown, "auths", show_auths(c));
    json_object_set_new(shown, "actions", show_actions(c));
    return shown;
}

/* --- faults --- */

json_t *fault_view(const catalogue_fault_t *fault)
{
    json_t *shown = json_object();
    json_object_set_new(shown, "id", json_str(fault->id));
    json_object_set_new(shown, "file", json_str(fault->file));
    json_object_set_new(shown, "serving_previous", json_boolean(fault->serving_previous));
    json_object_set_new(shown, "diagnostics", json_deep_copy(fault->diagnostics));
    return shown;
}

json_t *faults_view(const snapshot_t *snapshot)
{
    json_t *shown = json_array();
    for (size_t i = 0; i < snapshot_fault_count(snapshot); i++) {
        json_array_append_new(shown, fault_view(snapshot_fault_at(snapshot, i)));
    }
    return shown;
}
