/* SPDX-License-Identifier: MIT */
/* From the file to one definition a provider: aliases of the catalogue are resolved, each provider
 * is read part by part, and what comes of it is loaded as the host would, so that nothing is
 * written that does not load. */
#include "import/nango/nango.h"

#include "codec/json.h"
#include "codec/yaml.h"
#include "definition/build/node.h"
#include "definition/catalogue/load.h"
#include "import/names.h"
#include "import/nango/provider.h"
#include "import/write.h"

enum { ALIASES_MAX = 8, DEFINITION_MAX = 1 << 20 };

/* --- aliases --- */

/* A provider, what it is an alias of, and so on: ALIASES_MAX of them. */
typedef struct chain {
    const json_t *list[ALIASES_MAX + 1];
    size_t count;
} chain_t;

static bool is_in(const chain_t *c, const json_t *provider)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->list[i] == provider) {
            return true;
        }
    }
    return false;
}

/* NULL, or why there is none. */
static const char *read_chain(const json_t *all, const json_t *provider, chain_t *c)
{
    c->count = 0;
    for (str_t alias; provider; provider = json_object_getn(all, alias.p, alias.n)) {
        if (is_in(c, provider)) {
            return "its aliases lead round in a circle";
        }
        if (c->count > ALIASES_MAX) {
            return "it is an alias of an alias, more than 8 times";
        }
        if (!json_is_object(provider)) {
            return c->count ? "what it is an alias of is no map" : "a provider is a map";
        }
        c->list[c->count++] = provider;
        alias = json_member(provider, "alias");
        if (!alias.p) {
            return NULL;
        }
    }
    return "what it is an alias of is not there";
}

/* {...base, ...own}: members are replaced as a whole. The order of the file does not matter here.
 * New reference; NULL with why. */
static json_t *resolved(const json_t *all, const json_t *provider, const char **why)
{
    chain_t c;
    *why = read_chain(all, provider, &c);
    json_t *to = *why ? NULL : json_object();
    while (to && c.count > 0) {
        json_object_update(to, (json_t *)(uintptr_t)c.list[--c.count]);
    }
    return to;
}

/* --- one provider --- */

static void provider_init(provider_t *p, arena_t *arena, const char *name, report_t *report)
{
    *p = (provider_t){.arena = arena, .id = name_id_in(arena, str_of(name)), .report = report};
    json_t **objects[] = {&p->read,  &p->known, &p->whole,  &p->fields,  &p->parameters, &p->own_parameters,
                          &p->auth,  &p->inject, &p->headers, &p->hosts};
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++) {
        *objects[i] = json_object();
    }
    provider_know(p, "random", STR("uuid()"));
    provider_know(p, "method", STR("request.method"));
    provider_know(p, "host", STR("request.host"));
    provider_know(p, "path", STR("request.path"));
    provider_know(p, "endpoint", STR("request.path"));
    provider_know(p, "params", STR("request.query"));
    provider_know(p, "bodyCanonicalParams", STR("default(request.body, '')"));
}

static void provider_fini(provider_t *p)
{
    json_t *objects[] = {p->read,  p->known, p->whole,  p->fields,  p->parameters, p->own_parameters,
                         p->auth,  p->inject, p->headers, p->hosts};
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++) {
        json_decref(objects[i]);
    }
}

/* --- the definition --- */

static void write_head(provider_t *p, json_t *out)
{
    str_t title = provider_text(p, "display_name");
    title = title.n ? title : p->id;
    json_object_set_new(out, "tenon", json_integer(1));
    set_text(out, "id", p->id);
    set_text(out, "title", title);
    set_text(out, "version", STR("1.0.0"));
    set_text(out, "description", arena_printf(p->arena, "Calls the API of %.*s.", STR_ARG(title)));
    json_t *links = json_object();
    json_add_text(links, "documentation", provider_page(p, "docs"));
    json_add_filled(out, "links", links);
    if (json_array_size(provider_get(p, "categories"))) {
        json_object_set_new(out, "categories", json_deep_copy(provider_get(p, "categories")));
    }
}

/* Pages of the catalogue's own that say what to do at the service. */
static void write_guide(provider_t *p, json_t *out)
{
    static const struct {
        const char *key, *title;
    } PAGES[] = {{"setup_guide_url", "Register an application"},
                 {"docs_connect", "Find what is asked here"}};
    json_t *steps = json_array();
    for (size_t i = 0; i < sizeof PAGES / sizeof *PAGES; i++) {
        str_t link = provider_page(p, PAGES[i].key);
        if (link.n) {
            json_array_append_new(
                steps, json_pack("{s:s, s:o}", "title", PAGES[i].title, "link", json_str(link)));
        }
    }
    json_t *guide = json_object();
    json_add_filled(guide, "steps", steps);
    json_add_filled(out, "guide", guide);
}

/* An application's secret is for any host where `hosts` bounds none, so an admin does not lend it
 * (FORMAT 9). */
static void drop_admin(json_t *fields)
{
    const char *name;
    json_t *field;
    json_object_foreach(fields, name, field)
    {
        json_object_del(field, "ask");
    }
}

static json_t *auth_of(provider_t *p)
{
    json_t *to = json_object();
    json_object_set(to, "type", json_object_get(p->auth, "type"));
    if (json_object_size(p->own_parameters)) {
        json_object_set(to, "parameters", p->own_parameters);
    }
    json_object_update_missing(to, p->auth);
    if (json_object_size(p->inject)) {
        json_object_set(to, "inject", p->inject);
    }
    return to;
}

static const char *auth_name(const provider_t *p)
{
    return json_string_value(json_object_get(p->auth, "type"));
}

static void write_connection(provider_t *p, json_t *out)
{
    bool is_open = str_is(json_view(json_object_get(out, "hosts")), "any");
    if (is_open) {
        drop_admin(p->own_parameters);
    }
    json_t *connection = json_object();
    if (json_object_size(p->parameters)) {
        json_object_set(connection, "parameters", p->parameters);
    }
    json_object_set_new(connection, "auth", json_pack("{s:o}", auth_name(p), auth_of(p)));
    json_object_set_new(out, "connection", connection);
}

/* An admin adds those that flows call; these two show that the connection works. */
static json_t *actions_of(bool has_token)
{
    json_t *actions = json_object();
    if (has_token) {
        json_object_set_new(
            actions, "GetAccessToken",
            json_pack("{s:s,s:s}", "summary", "Get an access token", "token", "connection"));
    }
    json_t *path = json_pack("{s:s,s:s,s:s,s:b,s:s}", "title", "Path", "description",
                             "The address below the base of the API, such as v1/items.", "type",
                             "string", "required", 1, "url_encoding", "path");
    json_object_set_new(actions, "Get",
                        json_pack("{s:s,s:s,s:s,s:{s:o},s:{}}", "summary",
                                  "Read an address of the API", "method", "GET", "path", "/{path}",
                                  "input", "path", path, "output"));
    return actions;
}

static json_t *definition_of(provider_t *p, bool has_token)
{
    json_t *out = json_object();
    write_head(p, out);
    write_hosts(p, out);
    set_text(out, "base_url", p->base_url);
    write_connection(p, out);
    json_add_filled(out, "request",
                    json_object_size(p->headers) ? json_pack("{s:O}", "headers", p->headers)
                                                 : json_object());
    write_retry(p, out);
    json_object_set_new(out, "proxy", json_true());
    write_guide(p, out);
    write_verify(p, out);
    json_object_set_new(out, "actions", actions_of(has_token));
    return out;
}

/* --- text --- */

static str_t file_text(arena_t *arena, const json_t *definition)
{
    buf_t to;
    buf_init(&to, DEFINITION_MAX);
    definition_write(&to, definition, "nango");
    str_t text = buf_ok(&to) ? arena_str(arena, buf_view(&to)) : STR_NONE;
    buf_fini(&to);
    return text;
}

static bool loads(provider_t *p, str_t text)
{
    diagnostics_t d;
    diagnostics_init(&d, p->arena);
    str_t file = arena_printf(p->arena, "%.*s.yaml", STR_ARG(p->id));
    connector_t *connector =
        definition_load(file, text, &(load_options_t){.file_bytes_max = 0}, &d);
    for (unsigned i = 0; i < d.count; i++) {
        const diagnostic_t *one = &d.list[i];
        const char *code = err_code_name(one->code);
        if (one->level == LEVEL_W) {
            report_note(p->report, code, "line %u: %s", one->line, one->text);
        } else {
            provider_fail(p, "does_not_load", "line %u: %s (%s)", one->line, one->text, code);
        }
    }
    if (connector) {
        connector_unref(connector);
    }
    return connector != NULL;
}

static str_t provider_definition(provider_t *p)
{
    const auth_mode_t *mode = auth_mode_find(provider_text(p, "auth_mode"));
    if (!mode) {
        provider_fail(p, "auth_mode", "auth_mode %.*s", STR_ARG(provider_text(p, "auth_mode")));
        return STR_NONE;
    }
    refuse_quirks(p);
    read_fields(p);
    mode->build(p);
    read_base_url(p);
    read_injected(p);
    apply_quirks(p);
    if (p->failed) {
        return STR_NONE;
    }
    json_t *definition = definition_of(p, mode->has_token);
    str_t text = p->failed ? STR_NONE : file_text(p->arena, definition);
    json_decref(definition);
    note_unread(p);
    return text.p && loads(p, text) ? text : STR_NONE;
}

/* --- the file --- */

typedef struct catalogue {
    const yaml_node_t *root; /* tells lines */
    json_t *all;             /* name -> provider */
    json_t *ids;
    nango_on_provider_t *on_provider;
    void *context;
} catalogue_t;

static unsigned line_of(const yaml_node_t *root, const char *name)
{
    size_t i = 0;
    while (i + 1 < root->count && !str_is(root->pairs[i].key->text, name)) {
        i++;
    }
    return root->pairs[i].key->line;
}

/* Absent where there is none, which is told. */
static str_t text_of(const catalogue_t *c, provider_t *p, const char *name, const char *fault)
{
    str_t other = json_view(json_object_get(c->ids, p->id.p));
    if (other.p) {
        provider_fail(p, "id", "line %u: it is called %s, as %.*s is, which is kept",
                      line_of(c->root, name), p->id.p, STR_ARG(other));
    } else if (fault) {
        provider_fail(p, "alias", "%s", fault);
    } else {
        return provider_definition(p);
    }
    return STR_NONE;
}

static void import_one(const catalogue_t *c, const char *name, const json_t *given)
{
    provider_t p;
    report_t report;
    arena_t *arena = arena_new(0);
    const char *fault;
    json_t *source = resolved(c->all, given, &fault);
    report_init(&report, str_of(name));
    provider_init(&p, arena, name, &report);
    p.source = source;
    str_t text = text_of(c, &p, name, fault);
    if (text.p) {
        json_object_set_new(c->ids, p.id.p, json_string(name));
    }
    c->on_provider(c->context, p.id, text, &report);
    provider_fini(&p);
    report_fini(&report);
    json_decref(source);
    arena_free(arena);
}

static void on_fault(void *context, err_code_t code, unsigned line, unsigned column,
                     const char *text)
{
    err_set_at(context, code, line, column, "%s", text);
}

static bool read_file(catalogue_t *c, arena_t *arena, str_t bytes, err_t *err)
{
    c->root = yaml_read_shared_in(arena, bytes, NANGO_BYTES_MAX, on_fault, err);
    c->all = c->root && !err_is_set(err) ? node_json(c->root) : NULL;
    if (c->all && !json_is_object(c->all)) {
        err_set_at(err, ERR_definition_type, 1, 1, "a map of providers is expected");
    }
    if (c->all && json_object_size(c->all) > NANGO_PROVIDERS_MAX) {
        err_set(err, ERR_definition_limit, "more than %d providers", NANGO_PROVIDERS_MAX);
    }
    return !err_is_set(err);
}

bool nango_import(str_t bytes, json_t *ids, nango_on_provider_t *on_provider, void *context,
                  err_t *err)
{
    catalogue_t c = {.ids = ids, .on_provider = on_provider, .context = context};
    arena_t *arena = arena_new(0);
    const char *name;
    json_t *provider;
    bool ok = read_file(&c, arena, bytes, err);
    json_object_foreach(ok ? c.all : NULL, name, provider)
    {
        import_one(&c, name, provider);
    }
    json_decref(c.all);
    arena_free(arena);
    return ok;
}
