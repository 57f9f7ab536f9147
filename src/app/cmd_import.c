/* SPDX-License-Identifier: MIT */
/* `tenon import`: connectors that others' tools describe, as definition files, with a report of
 * what became of each operation. The files are read and written here; what they mean is
 * src/import's. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/files.h"
#include "app/import_nango.h"
#include "app/import_openapi.h"
#include "app/import_run.h"
#include "app/output.h"
#include "codec/json.h"
#include "import/names.h"
#include "import/powerplatform/packages.h"

enum { ZIP_MAX = 64 << 20, SOURCE_MAX = 16 << 20, TEXT_MAX = 64 << 20, DEPTH_MAX = 8 };

/* --- one package --- */

typedef struct files {
    const char *definition, *properties; /* paths; NULL */
    bool has_script, has_icon;
} files_t;

static void look_at(import_t *i, const char *folder, const char *name, files_t *found)
{
    str_t n = str_of(name);
    const char *path = arena_printf(i->run->arena, "%s/%s", folder, name).p;
    if (packages_is_definition(n)) {
        found->definition = path;
    } else if (packages_is_properties(n)) {
        found->properties = path;
    } else if (packages_is_script(n)) {
        found->has_script = true;
    } else if (packages_is_icon(n)) {
        found->has_icon = true;
    }
}

static bool import_bytes(import_t *i, const package_t *package, const char *source, err_t *err)
{
    buf_t text;
    report_t report;
    str_t id = name_id_in(i->run->arena, package->name);
    id = name_id_free_in(i->run->arena, id, i->ids); /* two folders may have one name */
    buf_init(&text, TEXT_MAX);
    report_init(&report, str_of(source));
    bool ok = true;
    if (import_powerplatform(package, id, &text, &report)) {
        ok = import_write(i, id, buf_view(&text), err);
    }
    json_array_append(i->reports, report.json);
    report_fini(&report);
    buf_fini(&text);
    return ok;
}

static bool import_files(import_t *i, const char *folder, const files_t *files, err_t *err)
{
    buf_t definition, properties;
    buf_init(&definition, SOURCE_MAX);
    buf_init(&properties, SOURCE_MAX);
    err_t why = ERR_INIT;
    bool read = file_read_source(files->definition, &definition, &why) &&
                (!files->properties || file_read_source(files->properties, &properties, &why));
    package_t package = {
        .name = file_last_part(str_of(folder)),
        .definition = buf_view(&definition),
        .properties = files->properties ? buf_view(&properties) : STR_NONE,
        .has_script = files->has_script,
        .has_icon = files->has_icon,
    };
    bool ok = read ? import_bytes(i, &package, files->definition, err)
                   : import_tell_unreadable(i, files->definition, &why);
    buf_fini(&definition);
    buf_fini(&properties);
    return ok;
}

/* --- folders --- */

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* What keeps a folder of a folder from being looked through; NULL: nothing. Links may lead round in
 * circles. */
static const char *why_not(const struct stat *status, unsigned depth)
{
    return S_ISLNK(status->st_mode) ? "it is a link to a folder: give the folder itself"
           : depth > DEPTH_MAX      ? "it is too many folders deep"
                                    : NULL;
}

static bool import_folder(import_t *i, const char *folder, unsigned depth, err_t *err);

static bool import_below(import_t *i, const char *path, unsigned depth, err_t *err)
{
    struct stat own, behind;
    if (lstat(path, &own) != 0 || stat(path, &behind) != 0 || !S_ISDIR(behind.st_mode)) {
        return true;
    }
    err_t why = ERR_INIT;
    const char *text = why_not(&own, depth);
    return text ? !err_set(&why, ERR_configuration, "%s: %s", path, text) &&
                      import_tell_unreadable(i, path, &why)
                : import_folder(i, path, depth, err);
}

/* A folder with a definition is a connector; else its folders are looked through. */
static bool import_folder(import_t *i, const char *folder, unsigned depth, err_t *err)
{
    struct dirent **entries;
    files_t found = {0};
    int count = scandir(folder, &entries, is_visible, alphasort);
    if (count < 0) {
        err_t why = ERR_INIT;
        err_set(depth ? &why : err, ERR_configuration, "%s: %s", folder, strerrordesc_np(errno));
        return depth && import_tell_unreadable(i, folder, &why);
    }
    for (int n = 0; n < count; n++) {
        look_at(i, folder, entries[n]->d_name, &found);
    }
    bool ok = !found.definition || import_files(i, folder, &found, err);
    for (int n = 0; n < count; n++) {
        const char *path = arena_printf(i->run->arena, "%s/%s", folder, entries[n]->d_name).p;
        ok = ok && (found.definition || import_below(i, path, depth + 1, err));
        free(entries[n]);
    }
    free((void *)entries);
    return ok;
}

/* --- zips --- */

typedef struct zip {
    import_t *import;
    const char *path;
    bool failed;
} zip_t;

static bool on_package(void *context, const package_t *package, err_t *err)
{
    zip_t *zip = context;
    zip->failed = !import_bytes(zip->import, package, zip->path, err);
    return !zip->failed;
}

static bool import_zip(import_t *i, const char *path, err_t *err)
{
    buf_t bytes;
    buf_init(&bytes, ZIP_MAX);
    str_t name = file_last_part(str_of(path));
    zip_t zip = {i, path, false};
    err_t why = ERR_INIT;
    bool ok = file_read_source(path, &bytes, &why) &&
              packages_of_archive(str_slice(name, 0, name.n - strlen(".zip")), buf_view(&bytes),
                                  on_package, &zip, &why);
    buf_fini(&bytes);
    if (!ok && zip.failed) { /* a definition could not be written */
        *err = why;
        return false;
    }
    return ok || import_tell_unreadable(i, path, &why);
}

static bool import_path(import_t *i, const char *path, err_t *err)
{
    return str_ends_nocase(str_of(path), STR(".zip")) ? import_zip(i, path, err)
                                                      : import_folder(i, path, 0, err);
}

/* --- the whole --- */

static int run(run_t *r)
{
    static const import_kind_t KIND = {
        .import_path = import_path,
        .nothing = "no connector is there: a folder with apiDefinition.swagger.json, or a zip, "
                   "makes one"};
    return import_run(r, &KIND);
}

static const usage_t USAGES[] = {
    {.verb = "powerplatform",
     .words = "PATH... --out FOLDER [--report FILE] [--json]",
     .summary = "Imports Power Platform custom connectors.",
     .least = 1,
     .most = WORDS_ANY,
     .run = run},
    {.verb = "openapi",
     .words = "FILE... --out FOLDER [--report FILE] [--json]",
     .summary = "Imports OpenAPI documents.",
     .least = 1,
     .most = WORDS_ANY,
     .run = import_openapi_files},
    {.verb = "nango",
     .words = "FILE... --out FOLDER [--report FILE] [--json]",
     .summary = "Imports the providers of Nango's catalogue.",
     .least = 1,
     .most = WORDS_ANY,
     .run = import_nango},
};
static const flag_t FLAGS[] = {
    FLAG_JSON,
    {"out", "FOLDER", "Where the definitions are written; a file that is there is not replaced.",
     NULL},
    {"report", "FILE", "What became of each operation, and why, as JSON.", NULL},
};
static const example_t EXAMPLES[] = {
    {"import powerplatform my-connector --out connectors",
     "a folder with apiDefinition.swagger.json"},
    {"import powerplatform packages --out connectors --report report.json",
     "every connector below a folder"},
    {"import openapi petstore.yaml --out connectors",
     "a document, with the files that it refers to"},
    {"import nango providers.yaml --out connectors --report report.json",
     "every provider of a catalogue"},
};

const command_t COMMAND_IMPORT = {
    .name = "import",
    .group = GROUP_DEFINITIONS,
    .summary = "Makes definitions of connectors that others describe",
    .detail =
        "PATH is the folder of a connector, one that holds such folders, or the zip of a "
        "solution; FILE is an OpenAPI document of version 2.0, 3.0 or 3.1, or a providers.yaml. "
        "Each connector "
        "becomes one definition that loads without errors. What cannot be said is left out "
        "and told in the "
        "report, operation by operation; the exit status is 1 where a connector could not be "
        "imported at all.",
    USAGES_OF(USAGES),
    FLAGS_OF(FLAGS),
    EXAMPLES_OF(EXAMPLES),
    .shows = SHOWS_NONE,
};
