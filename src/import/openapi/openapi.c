/* SPDX-License-Identifier: MIT */
/* The importer's way: read, raise to 3.x, servers, operations with their ways to sign in, settle.
 */
#include "import/openapi/openapi.h"

#include "import/auths.h"
#include "import/names.h"
#include "import/openapi/spec.h"
#include "import/openapi/v2.h"
#include "import/settle.h"

/* --- the document --- */

static const json_t *find(const void *context, str_t reference)
{
    return bundle_find(context, reference);
}

static str_t version_of(const json_t *root, const char *key, arena_t *arena)
{
    json_t *text = schema_fitting("string", json_object_get(root, key));
    str_t version = text ? arena_str(arena, json_view(text)) : STR_NONE;
    json_decref(text);
    return version;
}

/* In the shape of 3.x; NULL, reported, where it is no version that is known. A new reference. */
static json_t *raised(spec_t *s, const bundle_t *b)
{
    const json_t *root = bundle_root(b);
    str_t old = version_of(root, "swagger", s->arena);
    str_t version = version_of(root, "openapi", s->arena);
    s->is_v2 = str_starts(old, STR("2."));
    s->schemas.keeps_siblings = !s->is_v2 && !str_starts(version, STR("3.0"));
    if (s->is_v2) {
        return v2_raise(b);
    }
    if (!str_starts(version, STR("3."))) {
        report_fail(s->report, "version", "no OpenAPI document of version 2.0, 3.0 or 3.1");
        return NULL;
    }
    return json_incref((json_t *)(uintptr_t)root);
}

/* --- the definition --- */

static void spec_init(spec_t *s, arena_t *arena, const bundle_t *b, report_t *report)
{
    *s = (spec_t){.arena = arena, .report = report, .bundle = b};
    s->definition = json_object();
    s->parameters = json_object();
    s->auths = json_object();
    s->alternatives = json_object();
    s->operations = json_object();
    s->routes = json_object();
    s->hosts = (hosts_t){arena, s->parameters, json_object(), false};
    s->schemas = (schema_source_t){
        .arena = arena,
        .report = report,
        .schemas = json_object(),
        .names = json_object(),
        .operations = s->operations,
        .find = find,
        .context = b,
    };
}

static void spec_fini(spec_t *s)
{
    json_t *owned[] = {s->definition,     s->parameters,    s->auths,
                       s->alternatives,   s->operations,    s->routes,
                       s->hosts.patterns, s->schemas.names, s->schemas.schemas};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) {
        json_decref(owned[i]);
    }
}

/* Made of the title; the file's name where there is none. */
static str_t id_in(arena_t *arena, const json_t *root, str_t path, json_t *ids)
{
    str_t title = str_trim(json_member(json_object_get(root, "info"), "title"));
    str_t id = name_id_in(arena, title.n ? title : str_slice(path, 0, str_index(path, '.')));
    return name_id_free_in(arena, id, ids);
}

static void finish(spec_t *s)
{
    json_t *connection = json_object();
    hosts_write(&s->hosts, s->definition);
    if (s->hosts.any) {
        auths_ask_users(s->auths);
    }
    json_add_filled(connection, "parameters", json_incref(s->parameters));
    json_add_filled(connection, "auth", json_incref(s->auths));
    json_add_filled(s->definition, "connection", connection);
    json_add_filled(s->definition, "schemas", json_incref(s->schemas.schemas));
}

static bool build(spec_t *s, str_t id, buf_t *to)
{
    info_import(s, id);
    bool placed = servers_import(s), left = operations_of_spec(s);
    if (!placed) {
        return report_fail(s->report, "server", "no server of the document can be called");
    }
    if (!left) {
        return report_fail(s->report, "nothing_left", "no operation can be hosted");
    }
    finish(s);
    return definition_settle(s->definition, "openapi", to, s->report);
}

bool import_openapi(const openapi_source_t *source, json_t *ids, buf_t *to, report_t *report)
{
    arena_t *arena = arena_new(0);
    bundle_t b;
    bool ok = bundle_read(&b, arena, source, report);
    if (ok) {
        spec_t s;
        spec_init(&s, arena, &b, report);
        json_t *root = raised(&s, &b);
        s.root = root;
        str_t id = id_in(arena, bundle_root(&b), source->path, ids);
        json_object_set_new(report->json, "connector", json_str(id));
        ok = root && build(&s, id, to);
        json_decref(root);
        spec_fini(&s);
    }
    bundle_fini(&b);
    arena_free(arena);
    return ok;
}
