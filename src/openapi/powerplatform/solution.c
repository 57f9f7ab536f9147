/* SPDX-License-Identifier: MIT */
/* A package as an unmanaged solution: what the platform's own import and its command line exchange.
 * The layout is that of exported ones: solution.xml, customizations.xml, [Content_Types].xml and
 * the parts of the connector as files of a folder. */
#include "openapi/powerplatform/powerplatform.h"

#include "codec/archive.h"
#include "codec/json.h"
#include "codec/xml.h"
#include "seal/hash.h"

enum {
    PART_MAX = 256 * 1024 * 1024,
    XML_MAX = 1 << 20,
    MEMBERS_MAX = 10,
    CONNECTOR_COMPONENT = 372
};

typedef struct solution {
    const powerplatform_package_t *package;
    arena_t *arena;
    str_t
        name; /* of the connector in the solution: `tenon_` and its id; `_` is written _5F there */
    archive_member_t members[MEMBERS_MAX];
    size_t count;
    err_t *err;
    bool failed;
} solution_t;

/* --- members --- */

static void add_bytes(solution_t *s, str_t name, str_t bytes)
{
    s->members[s->count++] = (archive_member_t){name, bytes};
}

static void add_json(solution_t *s, const char *end, const json_t *value)
{
    buf_t text;
    if (!value) {
        return;
    }
    buf_init(&text, PART_MAX);
    json_write(&text, value);
    add_bytes(s, arena_printf(s->arena, "Connector/%.*s%s", STR_ARG(s->name), end),
              arena_str(s->arena, buf_view(&text)));
    buf_fini(&text);
}

/* tree is stolen. */
static void add_xml(solution_t *s, const char *name, json_t *tree)
{
    buf_t text;
    buf_init(&text, XML_MAX);
    s->failed = s->failed || !xml_write(&text, tree, s->err);
    add_bytes(s, str_of(name), arena_str(s->arena, buf_view(&text)));
    buf_fini(&text);
    json_decref(tree);
}

/* --- names --- */

/* A hyphen is no letter of a name there. */
static str_t plain_in(arena_t *arena, str_t id)
{
    str_t plain = arena_str(arena, id);
    for (size_t i = 0; i < plain.n; i++) {
        if (plain.p[i] == '-') {
            ((char *)(uintptr_t)plain.p)[i] = '_';
        }
    }
    return plain;
}

static str_t escaped_in(arena_t *arena, str_t plain)
{
    buf_t to;
    buf_init(&to, XML_MAX);
    for (size_t i = 0; i < plain.n; i++) {
        if (plain.p[i] == '_') {
            buf_lit(&to, "_5F");
        } else {
            buf_char(&to, plain.p[i]);
        }
    }
    str_t text = arena_str(arena, buf_view(&to));
    buf_fini(&to);
    return text;
}

/* The same connector is the same in every solution: an identifier of its name (RFC 9562 5.8). */
static str_t identifier_in(arena_t *arena, str_t name)
{
    unsigned char d[HASH_BYTES_MAX];
    hash_bytes(HASH_SHA256, name, d);
    d[6] = (unsigned char)((d[6] & 0x0f) | 0x80);
    d[8] = (unsigned char)((d[8] & 0x3f) | 0x80);
    return arena_printf(
        arena, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", d[0], d[1],
        d[2], d[3], d[4], d[5], d[6], d[7], d[8], d[9], d[10], d[11], d[12], d[13], d[14], d[15]);
}

/* --- the manifests --- */

static json_t *info_of(const solution_t *s, const char *name)
{
    return json_str(json_member(json_object_get(s->package->definition, "info"), name));
}

/* Four numbers; what stands behind a hyphen is not known there. */
static json_t *version_of(const solution_t *s)
{
    str_t rest = json_member(json_object_get(s->package->definition, "info"), "version");
    str_t numbers = str_cut(&rest, '-');
    return json_sprintf("%.*s.0", STR_ARG(numbers));
}

static json_t *localized(json_t *text)
{
    return json_pack("{s:{s:o,s:s}}", "LocalizedName", "@description", text, "@languagecode",
                     "1033");
}

static json_t *publisher(void)
{
    return json_pack("{s:s,s:o,s:s,s:s,s:s}", "UniqueName", "tenon", "LocalizedNames",
                     localized(json_string("Tenon")), "Descriptions", "", "CustomizationPrefix",
                     "tenon", "CustomizationOptionValuePrefix", "71833");
}

static json_t *solution_tree(solution_t *s)
{
    json_t *manifest = json_pack(
        "{s:o,s:o,s:s,s:o,s:s,s:o,s:{s:{s:s,s:o,s:s}},s:s}", "UniqueName", json_str(s->name),
        "LocalizedNames", localized(info_of(s, "title")), "Descriptions", "", "Version",
        version_of(s), "Managed", "0", "Publisher", publisher(), "RootComponents", "RootComponent",
        "@type", arena_printf(s->arena, "%d", CONNECTOR_COMPONENT).p, "@schemaName",
        json_str(escaped_in(s->arena, s->name)), "@behavior", "0", "MissingDependencies", "");
    return json_pack("{s:{s:s,s:s,s:s,s:o}}", "ImportExportXml", "@version", "9.2.0.0",
                     "@SolutionPackageVersion", "9.2", "@languagecode", "1033", "SolutionManifest",
                     manifest);
}

/* Which file is which. */
static void add_path(solution_t *s, json_t *connector, const char *element, const char *end)
{
    str_t path = arena_printf(s->arena, "Connector/%.*s%s", STR_ARG(s->name), end);
    for (size_t i = 0; i < s->count; i++) {
        if (str_eq(s->members[i].name, path)) {
            json_object_set_new(connector, element, json_sprintf("/%s", path.p));
        }
    }
}

static json_t *customizations_tree(solution_t *s)
{
    json_t *connector = json_pack("{s:o,s:o,s:o,s:o,s:o,s:s}", "connectorid",
                                  json_sprintf("{%s}", identifier_in(s->arena, s->name).p), "name",
                                  json_str(s->name), "displayname", info_of(s, "title"),
                                  "description", info_of(s, "description"), "iconbrandcolor",
                                  json_str(s->package->color), "connectortype", "1");
    add_path(s, connector, "openapidefinition", "_openapidefinition.json");
    add_path(s, connector, "connectionparameters", "_connectionparameters.json");
    add_path(s, connector, "connectionparametersets", "_connectionparametersets.json");
    add_path(s, connector, "policytemplateinstances", "_policytemplateinstances.json");
    add_path(s, connector, "iconblob", "_iconblob.Png");
    return json_pack("{s:{s:{s:o},s:{s:s}}}", "ImportExportXml", "Connectors", "Connector",
                     connector, "Languages", "Language", "1033");
}

static json_t *type_of(const char *extension, const char *type)
{
    return json_pack("{s:s,s:s}", "@Extension", extension, "@ContentType", type);
}

static json_t *types_tree(void)
{
    return json_pack("{s:{s:s,s:[o,o,o]}}", "Types", "@xmlns",
                     "http://schemas.openxmlformats.org/package/2006/content-types", "Default",
                     type_of("xml", "text/xml"), type_of("json", "application/octet-stream"),
                     type_of("Png", "application/octet-stream"));
}

/* --- the whole --- */

static void add_parts(solution_t *s)
{
    const json_t *properties = s->package->properties;
    /* Where one set alone says nothing but whether it is shared, the parameters are enough. */
    bool lone = json_object_get(properties, "connectionParameters") != NULL;
    add_json(s, "_openapidefinition.json", s->package->definition);
    add_json(s, "_connectionparameters.json", json_object_get(properties, "connectionParameters"));
    add_json(s, "_connectionparametersets.json",
             lone ? NULL : json_object_get(properties, "connectionParameterSets"));
    add_json(s, "_policytemplateinstances.json",
             json_object_get(properties, "policyTemplateInstances"));
    add_bytes(s, arena_printf(s->arena, "Connector/%.*s_iconblob.Png", STR_ARG(s->name)),
              buf_view(&s->package->icon));
}

bool powerplatform_solution(const powerplatform_package_t *package, buf_t *to, err_t *err)
{
    solution_t s = {.package = package, .arena = arena_new(0), .err = err};
    s.name = arena_printf(s.arena, "tenon_%.*s", STR_ARG(plain_in(s.arena, package->name)));
    add_parts(&s);
    add_xml(&s, "solution.xml", solution_tree(&s));
    add_xml(&s, "customizations.xml", customizations_tree(&s));
    add_xml(&s, "[Content_Types].xml", types_tree());
    bool ok = !s.failed && archive_write(to, s.members, s.count, err);
    arena_free(s.arena);
    return ok;
}
