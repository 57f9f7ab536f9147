/* SPDX-License-Identifier: MIT */
/* The importer's way: read, connector, ways to sign in, operations, settle. */
#include "import/powerplatform/powerplatform.h"

#include "import/auths.h"
#include "import/compose.h"
#include "import/lenient.h"
#include "import/names.h"
#include "import/powerplatform/source.h"
#include "import/settle.h"

/* --- reading --- */

static json_t *read_object(str_t bytes, const char *file, report_t *report)
{
    err_t err = ERR_INIT;
    json_t *v = lenient_read(bytes, file, report, &err);
    if (!json_is_object(v)) {
        report_fail(report, "unreadable", "%s: %s", file, v ? "it is no object" : err.text);
        json_decref(v);
        return NULL;
    }
    return v;
}

static bool read_all(const package_t *package, json_t **swagger, json_t **properties,
                     report_t *report)
{
    *swagger = read_object(package->definition, "the definition", report);
    *properties = package->properties.p
                      ? read_object(package->properties, "apiProperties.json", report)
                      : json_object();
    if (!package->properties.p) {
        report_note(report, "missing", "there is no apiProperties.json");
    }
    return *swagger && *properties;
}

/* --- the source --- */

/* Scheme, host and base path. https wherever it is offered, or nothing is said. */
static str_t base_in(arena_t *arena, const json_t *swagger, report_t *report)
{
    const json_t *schemes = json_object_get(swagger, "schemes");
    size_t at;
    json_t *scheme;
    bool https = json_array_size(schemes) == 0;
    json_array_foreach(schemes, at, scheme)
    {
        https = https || str_eq_nocase(json_view(scheme), STR("https"));
    }
    if (!https) {
        report_note(report, "http", "it is reached without TLS: the operator has to allow it");
    }
    str_t host = str_trim(json_member(swagger, "host")), path = json_member(swagger, "basePath");
    str_t base = arena_printf(arena, "%s://%.*s%.*s", https ? "https" : "http", STR_ARG(host),
                              STR_ARG(path));
    while (str_ends(base, STR("/"))) {
        base.n--;
    }
    return compose_url_in(arena, base);
}

static void source_init(source_t *s, arena_t *arena, const json_t *swagger,
                        const json_t *properties)
{
    s->arena = arena;
    s->swagger = swagger;
    s->properties = properties;
    s->definition = json_object();
    s->schemas = json_object();
    s->schema_names = json_object();
    s->names = json_object();
    s->secrets = json_object();
    s->connections = json_object();
    s->auths = json_object();
    s->initial = json_pack("{s:{},s:{}}", "headers", "query");
    s->hosts = (hosts_t){.arena = arena, .parameters = s->connections, .patterns = json_object()};
    s->operations = json_object();
    s->renames = json_object();
}

static void source_fini(source_t *s)
{
    json_t *owned[] = {s->definition, s->schemas,     s->schema_names,   s->names,
                       s->secrets,    s->connections, s->auths,          s->operations,
                       s->initial,    s->renames,     s->hosts.patterns};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) {
        json_decref(owned[i]);
    }
}

/* --- the definition --- */

static void finish(source_t *s)
{
    hosts_write(&s->hosts, s->definition);
    schemas_import_rest(s);
    if (s->hosts.any) {
        auths_ask_users(s->auths);
    }
    json_add_filled(s->definition, "schemas", json_incref(s->schemas));
    json_t *connection = json_object_get(s->definition, "connection");
    json_add_filled(connection, "auth", json_incref(s->auths));
    json_t *parameters = json_object_get(connection, "parameters");
    if (parameters && json_object_size(parameters) == 0) {
        json_object_del(connection, "parameters");
    }
    if (json_object_size(connection) == 0) {
        json_object_del(s->definition, "connection");
    }
}

static bool build(source_t *s, const package_t *package, str_t id, const operations_t *all,
                  buf_t *to)
{
    if (package->has_icon) {
        report_note(s->report, "left_out", "the icon: its colour stays");
    }
    connector_import(s, id, package->name);
    if (!auth_import(s)) {
        return false;
    }
    if (!operations_import(s, all)) {
        return report_fail(s->report, "nothing_left", "no operation can be hosted");
    }
    finish(s);
    return definition_settle(s->definition, "powerplatform", to, s->report);
}

bool import_powerplatform(const package_t *package, str_t id, buf_t *to, report_t *report)
{
    json_t *swagger = NULL, *properties = NULL;
    bool ok = read_all(package, &swagger, &properties, report);
    if (ok) {
        arena_t *arena = arena_new(0);
        const json_t *inner = json_object_get(properties, "properties");
        source_t s = {.report = report, .has_script = package->has_script};
        source_init(&s, arena, swagger, json_is_object(inner) ? inner : properties);
        s.base = base_in(arena, swagger, report);
        id = id.n ? id : name_id_in(arena, package->name);
        json_object_set_new(report->json, "connector", json_str(id));
        operations_t all = {0};
        operations_collect(&s, &all);
        ok = build(&s, package, id, &all, to);
        operations_free(&all);
        source_fini(&s);
        arena_free(arena);
    }
    json_decref(swagger);
    json_decref(properties);
    return ok;
}
