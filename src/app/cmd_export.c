/* SPDX-License-Identifier: MIT */
/* `tenon export`: a connector as other tools take it; no host needs to run. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/connector_file.h"
#include "app/files.h"
#include "app/new_files.h"
#include "app/output.h"
#include "codec/json.h"
#include "openapi/powerplatform/powerplatform.h"

enum { SOLUTION_MAX = 256 * 1024 * 1024 };

typedef struct export
{
    run_t *run;
    str_t out;
    powerplatform_package_t package;
    json_t *files; /* that were written */
}
export_t;

/* --- files --- */

/* What one has told paconn of an environment is kept. */
static bool is_theirs(const char *name, const char *path)
{
    struct stat status;
    return str_is(str_of(name), "settings.json") && stat(path, &status) == 0;
}

static bool put_files(export_t *e, const powerplatform_file_t *files, size_t count, err_t *err)
{
    new_file_t list[POWERPLATFORM_FILES] = {0};
    size_t written = 0;
    for (size_t i = 0; i < count; i++) {
        const char *path = arena_printf(e->run->arena, "%.*s/%s", STR_ARG(e->out), files[i].name).p;
        if (!is_theirs(files[i].name, path)) {
            list[written++] = (new_file_t){path, buf_view(&files[i].bytes)};
        }
    }
    bool ok = new_files_put(e->run->arena, list, written, err);
    for (size_t i = 0; ok && i < written; i++) {
        json_array_append_new(e->files, json_string(list[i].path));
    }
    return ok;
}

static bool write_folder(export_t *e, err_t *err)
{
    powerplatform_file_t files[POWERPLATFORM_FILES];
    powerplatform_folder(&e->package, files);
    bool ok = put_files(e, files, POWERPLATFORM_FILES, err);
    powerplatform_folder_fini(files);
    return ok;
}

static bool write_solution(export_t *e, err_t *err)
{
    powerplatform_file_t zip = {
        .name = arena_printf(e->run->arena, "%.*s.zip", STR_ARG(e->package.name)).p};
    buf_init(&zip.bytes, SOLUTION_MAX);
    bool ok = powerplatform_solution(&e->package, &zip.bytes, err) && put_files(e, &zip, 1, err);
    buf_fini(&zip.bytes);
    return ok;
}

/* --- what is told --- */

static void print_notes(const export_t *e)
{
    size_t at;
    json_t *note;
    json_array_foreach(e->package.notes, at, note)
    {
        str_t action = json_member(note, "action");
        str_t first = arena_printf(
            e->run->arena, "%.*s: ", STR_ARG(action.n ? action : json_member(note, "reason")));
        str_t text = arena_printf(e->run->arena, "%.*s%s", STR_ARG(json_member(note, "detail")),
                                  action.n ? "; it is left out" : "");
        print_paragraph(stdout, first, text, action.n ? TONE_BAD : TONE_WARN, e->run->colour);
    }
}

static void print_end(const export_t *e)
{
    if (e->run->json) {
        json_t *told = json_pack("{s:O,s:O}", "files", e->files, "notes", e->package.notes);
        print_json(told);
        json_decref(told);
        return;
    }
    print_notes(e);
    size_t at;
    json_t *file;
    json_array_foreach(e->files, at, file)
    {
        printf("%s\n", json_string_value(file));
    }
}

/* --- the whole --- */

static int export_connector(export_t *e, const connector_t *c,
                            const powerplatform_options_t *options)
{
    err_t err = ERR_INIT;
    bool made = powerplatform_make(c, options, &e->package, &err);
    bool solution = args_has(e->run->args, "solution");
    int status = EXIT_OK;
    if (!made && err.code == ERR_definition_bad_url && !options->direct) {
        status = refuse_server(options->server, &err);
    } else if (!made || !(solution ? write_solution(e, &err) : write_folder(e, &err))) {
        print_notes(e);
        status = command_fail(&err);
    } else {
        print_end(e);
    }
    powerplatform_fini(&e->package);
    return status;
}

static int run(run_t *r)
{
    str_t connection = args_value(r->args, "connection"), out = args_value(r->args, "out");
    const powerplatform_options_t options = {.direct = args_has(r->args, "direct"),
                                             .server = server_url_of(r),
                                             .connection = connection.p ? connection : STR("-")};
    if (!out.n) {
        return command_usage("--out FOLDER is needed: where the package is written");
    }
    if (!openapi_is_connection(options.connection)) {
        return command_usage("--connection takes -, * or the name of a connection");
    }
    connector_t *c = connector_file_load(r, r->args->words[1]);
    if (!c) {
        return EXIT_PROBLEM;
    }
    bool made;
    if (!folder_make(out.p, &made)) {
        connector_unref(c);
        return command_usage("%s: %s", out.p, strerrordesc_np(errno));
    }
    export_t e = {.run = r, .out = out, .files = json_array()};
    int status = export_connector(&e, c, &options);
    if (made && status != EXIT_OK) { /* nothing is in it */
        (void)rmdir(out.p);
    }
    json_decref(e.files);
    connector_unref(c);
    return status;
}

static const usage_t USAGES[] = {
    {.verb = "powerplatform",
     .words = "CONNECTOR --out FOLDER [--solution] [--direct] [--connection NAME|-|*] "
              "[--server URL] [--json]",
     .summary = "Writes the package of a Power Platform custom connector.",
     .least = 1,
     .most = 1,
     .run = run},
};
static const flag_t FLAGS[] = {
    FLAG_JSON,
    {"out", "FOLDER", "Where the package is written; a settings.json that is there is kept.", NULL},
    {"solution", NULL, "One zip that is imported as a solution, in place of a folder for paconn.",
     NULL},
    {"direct", NULL,
     "A package that calls the service itself, with what Power Platform has for its ways to sign "
     "in, its requests and its policies; Tenon has no part in it.",
     NULL},
    {"connection", "NAME|-|*",
     "Where calls go: `-` (the default) to the one connection of the caller's key, NAME to that "
     "one, `*` to one that the caller chooses in each call.",
     NULL},
    {"server", "URL",
     "The address of Tenon. Without it: public_url, else the first address to listen at.", NULL},
};
static const example_t EXAMPLES[] = {
    {"export powerplatform ukg-pro-wfm --out package",
     "for paconn create --settings package/settings.json"},
    {"export powerplatform ukg-pro-wfm --out . --solution", "ukg-pro-wfm.zip, to import"},
};

const command_t COMMAND_EXPORT = {
    .name = "export",
    .group = GROUP_DEFINITIONS,
    .summary = "Writes a connector as other tools take it",
    .detail = "CONNECTOR is an id of the connectors folder, or a file. The package calls the "
              "connector through Tenon: each of its connections holds a key of Tenon's. With "
              "--direct it calls the service itself; what cannot be said then is told, and an "
              "action whose request cannot be said is left out. A running host serves the "
              "solution at /v1/connectors/CONNECTOR/powerplatform.zip.",
    USAGES_OF(USAGES),
    FLAGS_OF(FLAGS),
    EXAMPLES_OF(EXAMPLES),
    .shows = SHOWS_CONNECTORS,
};
