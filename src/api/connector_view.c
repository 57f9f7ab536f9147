/* SPDX-License-Identifier: MIT */
#include "api/connector_view.h"

#include <stdio.h>

#include "api/field_view.h"
#include "codec/json.h"
#include "openapi/openapi.h"

/* --- parts --- */

static json_t *show_guide(const guide_t *g)
{
    json_t *shown = json_object();
    json_t *steps = json_array();
    for (size_t i = 0; i < g->step_count; i++) {
        json_t *step = json_object();
        json_add_text(step, "title", g->steps[i].title);
        json_add_text(step, "text", g->steps[i].text);
        json_add_text(step, "link", g->steps[i].link);
        json_array_append_new(steps, step);
    }
    json_add_filled(shown, "prerequisites", json_texts(g->prerequisites, g->prerequisite_count));
    json_object_set_new(shown, "steps", steps);
    json_add_filled(shown, "checklist", json_texts(g->checklist, g->checklist_count));
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
    static const char *const scopes[] = {[SCOPE_CONNECTION] = "connection",
                                         [SCOPE_CONNECTOR] = "connector",
                                         [SCOPE_CALLER] = "caller"};
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
    json_add_text(shown, "title", a->title);
    json_add_text(shown, "description", a->description);
    json_add_text(shown, "caution", a->caution);
    json_object_set_new(shown, "type", json_string(auth_type_name(a->type)));
    json_add_flag(shown, "recommended", a->recommended);
    json_object_set_new(shown, "parameters", fields_view_parameters(&a->parameters));
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
    json_add_text(shown, "summary", a->summary);
    json_add_text(shown, "description", a->description);
    json_add_flag(shown, "deprecated", a->deprecated);
    json_object_set_new(shown, "kind",
                        json_string(a->kind == ACTION_REQUEST ? "request" : "token"));
    json_object_set_new(shown, "method", json_str(a->method));
    json_object_set_new(shown, "path", json_str(a->path));
    if (a->body_field) {
        json_add_text(shown, "input_type", a->input_type);
    }
    json_object_set_new(shown, "input", fields_view_inputs(&a->input));
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
    json_add_text(shown, "name", name);
    json_add_text(shown, "url", url);
    json_add_text(shown, "email", email);
    return shown;
}

static json_t *show_links(const connector_t *c)
{
    json_t *shown = json_object();
    json_add_text(shown, "website", c->link_website);
    json_add_text(shown, "privacy_policy", c->link_privacy_policy);
    json_add_text(shown, "documentation", c->link_documentation);
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

/* One a version, for the connection of the caller's key. */
static json_t *show_documents(const connector_t *c, str_t public_url)
{
    json_t *shown = json_object();
    const char *version;
    for (size_t i = 0; (version = openapi_version_at(i)); i++) {
        json_t *one = json_object();
        static const char *const formats[] = {"json", "yaml"};
        for (size_t k = 0; k < sizeof formats / sizeof *formats; k++) {
            json_object_set_new(one, formats[k],
                                json_sprintf("%.*s/v1/connectors/%.*s/openapi.%s?version=%s",
                                             STR_ARG(public_url), STR_ARG(c->id), formats[k],
                                             version));
        }
        json_object_set_new(shown, version, one);
    }
    return shown;
}

/* --- the whole --- */

static bool has_admins(const fields_t *fields)
{
    for (size_t i = 0; i < fields->count; i++) {
        if (fields->list[i].ask_admin) {
            return true;
        }
    }
    return false;
}

/* Parameters that an admin gives once. */
static bool asks_admin(const connector_t *c)
{
    bool asks = has_admins(&c->parameters);
    for (size_t i = 0; i < c->auth_count && !asks; i++) {
        asks = has_admins(&c->auths[i].parameters);
    }
    return asks;
}

json_t *connector_view_short(const connector_t *c)
{
    json_t *shown = json_object();
    json_object_set_new(shown, "id", json_str(c->id));
    json_add_text(shown, "title", c->title);
    json_add_text(shown, "version", c->version);
    json_object_set_new(shown, "status", json_string(c->preview ? "preview" : "stable"));
    json_add_text(shown, "description", c->description);
    json_add_text(shown, "brand_color", c->brand_color);
    json_object_set_new(shown, "action_count", json_integer((json_int_t)c->action_count));
    json_add_flag(shown, "asks_admin", asks_admin(c));
    return shown;
}

json_t *connector_view(const connector_t *c, str_t public_url)
{
    json_t *shown = connector_view_short(c);
    json_add_filled(shown, "publisher",
                    show_person(c->publisher_name, c->publisher_url, c->publisher_email));
    json_add_filled(shown, "contact",
                    show_person(c->contact_name, c->contact_url, c->contact_email));
    json_add_filled(shown, "links", show_links(c));
    json_add_filled(shown, "categories", json_texts(c->categories, c->category_count));
    json_object_set_new(shown, "hosts", show_hosts(c));
    json_add_flag(shown, "proxy", c->proxy);
    json_object_set_new(shown, "throttle", show_throttle(&c->throttle));
    add_guide(shown, c->guide);
    json_object_set_new(shown, "parameters", fields_view_parameters(&c->parameters));
    json_object_set_new(shown, "auths", show_auths(c));
    json_object_set_new(shown, "actions", show_actions(c));
    json_object_set_new(shown, "openapi", show_documents(c, public_url));
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
