/* SPDX-License-Identifier: MIT */
#include "import/powerplatform/packages.h"

#include "codec/archive.h"
#include "codec/json.h"
#include "codec/xml.h"

enum { ZIPS_WITHIN_MAX = 3, UNREAD_MAX = 100, PROPERTIES_MAX = 48 << 20 };

static const str_t DEFINITION = STR_INIT("_openapidefinition.json");

/* --- names --- */

static str_t file_name(str_t path)
{
    size_t from = path.n;
    while (from > 0 && path.p[from - 1] != '/' && path.p[from - 1] != '\\') {
        from--;
    }
    return str_slice(path, from, path.n);
}

bool packages_is_definition(str_t name)
{
    return str_ends_nocase(name, STR(".swagger.json"));
}

bool packages_is_properties(str_t name)
{
    return str_eq_nocase(name, STR("apiProperties.json"));
}

bool packages_is_script(str_t name)
{
    return str_ends_nocase(name, STR(".csx")) || str_eq_nocase(name, STR("script.cs"));
}

bool packages_is_icon(str_t name)
{
    return str_ends_nocase(name, STR(".png"));
}

static bool is_wanted(str_t path)
{
    return str_ends_nocase(path, STR(".json")) || str_ends_nocase(path, STR(".csx")) ||
           str_ends_nocase(path, STR(".cs")) || str_ends_nocase(path, STR(".zip")) ||
           packages_is_icon(path) || str_eq_nocase(file_name(path), STR("customizations.xml"));
}

/* --- members --- */

/* The member `before` + `after`, without case. */
static str_t sibling(const archive_t *a, str_t before, const char *after)
{
    for (size_t i = 0; i < a->count; i++) {
        str_t name = a->members[i].name;
        bool same = name.n == before.n + strlen(after) &&
                    str_eq_nocase(str_slice(name, 0, before.n), before) &&
                    str_eq_nocase(str_slice(name, before.n, name.n), str_of(after));
        if (same) {
            return a->members[i].bytes;
        }
    }
    return STR_NONE;
}

static bool has_file(const archive_t *a, str_t folder, bool (*is_it)(str_t name))
{
    for (size_t i = 0; i < a->count; i++) {
        str_t path = a->members[i].name;
        str_t name = file_name(path);
        if (is_it(name) && str_eq(str_slice(path, 0, path.n - name.n), folder)) {
            return true;
        }
    }
    return false;
}

/* --- a folder --- */

static package_t folder_package(const archive_t *a, const archive_member_t *definition, str_t name)
{
    str_t file = file_name(definition->name);
    str_t folder = str_slice(definition->name, 0, definition->name.n - file.n);
    str_t own = file_name(str_slice(folder, 0, folder.n ? folder.n - 1 : 0));
    return (package_t){
        .name = own.n ? own : name,
        .definition = definition->bytes,
        .properties = sibling(a, folder, "apiProperties.json"),
        .has_script = has_file(a, folder, packages_is_script),
        .has_icon = has_file(a, folder, packages_is_icon),
    };
}

/* --- a solution --- */

static str_t without_mark(str_t json)
{
    return str_starts(json, STR("\xef\xbb\xbf")) ? str_slice(json, 3, json.n) : json;
}

/* The text of a connector's element, whatever the case of its name; absent where there is none. */
static str_t element(const json_t *connector, const char *name)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)connector, key, value)
    {
        if (str_eq_nocase(str_of(key), str_of(name))) {
            return json_is_object(value) ? json_member(value, "#text") : json_view(value);
        }
    }
    return STR_NONE;
}

/* The connector of this name, or of this definition; borrowed from customizations. */
static const json_t *connector_of(const json_t *customizations, str_t name, str_t definition)
{
    const json_t *root = json_object_get(customizations, "ImportExportXml");
    const json_t *list = json_object_get(json_object_get(root, "Connectors"), "Connector");
    size_t at;
    json_t *one;
    json_array_foreach(list, at, one)
    {
        if (str_eq_nocase(element(one, "name"), name) ||
            str_eq_nocase(file_name(element(one, "openapidefinition")), definition)) {
            return one;
        }
    }
    return json_is_object(list) ? list : NULL;
}

static void add_member(buf_t *to, const char *name, str_t json)
{
    json = str_trim(without_mark(json));
    if (json.n) {
        buf_lit(to, to->n > 1 ? "," : "");
        json_write_string(to, str_of(name));
        buf_char(to, ':');
        buf_str(to, json);
    }
}

/* apiProperties.json, as the parts that a solution keeps apart amount to. */
static str_t properties_in(arena_t *arena, const archive_t *a, str_t prefix,
                           const json_t *connector)
{
    buf_t to;
    buf_init(&to, PROPERTIES_MAX);
    buf_char(&to, '{');
    add_member(&to, "connectionParameters", sibling(a, prefix, "_connectionparameters.json"));
    add_member(&to, "connectionParameterSets", sibling(a, prefix, "_connectionparametersets.json"));
    add_member(&to, "policyTemplateInstances", sibling(a, prefix, "_policytemplateinstances.json"));
    add_member(&to, "scriptOperations", element(connector, "scriptoperations"));
    str_t color = element(connector, "iconbrandcolor");
    if (color.n) {
        buf_lit(&to, to.n > 1 ? "," : "");
        buf_lit(&to, "\"iconBrandColor\":");
        json_write_string(&to, color);
    }
    buf_char(&to, '}');
    str_t text = arena_str(arena, buf_view(&to));
    buf_fini(&to);
    return text;
}

/* --- the archive --- */

typedef struct unpacking {
    arena_t *arena;
    str_t name;
    const packages_listener_t *listener;
    size_t packages, unread;
    size_t budget; /* bytes, of all zips together */
} unpacking_t;

/* One of them, open. */
typedef struct opened {
    archive_t members;
    str_t place;    /* within the outermost, which has none */
    unsigned depth; /* of zips around it */
    json_t *customizations;
    str_t unread; /* why they cannot be read; absent */
} opened_t;

static package_t solution_package(arena_t *arena, const opened_t *zip,
                                  const archive_member_t *definition)
{
    const archive_t *a = &zip->members;
    str_t prefix = str_slice(definition->name, 0, definition->name.n - DEFINITION.n);
    str_t name = file_name(prefix);
    const json_t *connector = connector_of(zip->customizations, name, file_name(definition->name));
    str_t shown = element(connector, "displayname");
    return (package_t){
        .name = arena_str(arena, shown.n ? shown : name),
        .definition = definition->bytes,
        .properties = properties_in(arena, a, prefix, connector),
        .has_script = sibling(a, prefix, "_customcodeblobcontent.csx").p != NULL,
        .has_icon = sibling(a, prefix, "_iconblob.png").p != NULL,
        .unread = zip->unread,
    };
}

static void read_customizations(arena_t *arena, opened_t *zip)
{
    const archive_t *a = &zip->members;
    for (size_t i = 0; i < a->count; i++) {
        if (str_eq_nocase(file_name(a->members[i].name), STR("customizations.xml"))) {
            err_t err = ERR_INIT;
            zip->customizations = xml_read(without_mark(a->members[i].bytes), &err);
            zip->unread = zip->customizations
                              ? STR_NONE
                              : arena_printf(arena,
                                             "%.*s: %s: name, colour and scriptOperations "
                                             "are not known",
                                             STR_ARG(a->members[i].name), err.text);
            return;
        }
    }
}

static bool open_within(unpacking_t *u, const opened_t *outer, const archive_member_t *m,
                        err_t *err);

static bool take_member(unpacking_t *u, const opened_t *zip, const archive_member_t *m, err_t *err)
{
    if (str_ends_nocase(m->name, STR(".zip"))) {
        return open_within(u, zip, m, err);
    }
    bool solution = str_ends_nocase(m->name, DEFINITION);
    if (!solution && !packages_is_definition(m->name)) {
        return true;
    }
    package_t package =
        solution ? solution_package(u->arena, zip, m) : folder_package(&zip->members, m, u->name);
    u->packages++;
    return u->listener->on_package(u->listener->context, &package, err);
}

static bool take_all(unpacking_t *u, opened_t *zip, err_t *err)
{
    bool ok = true;
    read_customizations(u->arena, zip);
    for (size_t i = 0; ok && i < zip->members.count; i++) {
        ok = take_member(u, zip, &zip->members.members[i], err);
    }
    json_decref(zip->customizations);
    return ok;
}

static bool read_within(unpacking_t *u, opened_t *zip, str_t bytes, err_t *err)
{
    if (zip->depth > ZIPS_WITHIN_MAX) {
        return err_set(err, ERR_archive_unreadable, "it lies within more than %d zips",
                       ZIPS_WITHIN_MAX);
    }
    return archive_read_in(u->arena, bytes, is_wanted, &u->budget, &zip->members, err);
}

/* One that cannot be read is told and left. */
static bool open_within(unpacking_t *u, const opened_t *outer, const archive_member_t *m,
                        err_t *err)
{
    err_t why = ERR_INIT;
    str_t place = arena_printf(u->arena, "%.*s/%.*s", STR_ARG(outer->place), STR_ARG(m->name));
    opened_t zip = {.place = place, .depth = outer->depth + 1};
    if (read_within(u, &zip, m->bytes, &why)) {
        return take_all(u, &zip, err);
    }
    u->listener->on_unread(u->listener->context, place, &why);
    return ++u->unread < UNREAD_MAX ||
           err_set(err, ERR_archive_unreadable, "%d zips within it cannot be read", UNREAD_MAX);
}

bool packages_of_archive(str_t name, str_t bytes, const packages_listener_t *listener, err_t *err)
{
    unpacking_t u = {
        .arena = arena_new(0), .name = name, .listener = listener, .budget = ARCHIVE_BYTES_MAX};
    opened_t zip = {.place = STR("")};
    bool ok = read_within(&u, &zip, bytes, err) && take_all(&u, &zip, err);
    arena_free(u.arena);
    return ok && (u.packages + u.unread > 0 ||
                  err_set(err, ERR_archive_unreadable, "the archive holds no connector"));
}
