/* SPDX-License-Identifier: MIT */
/* `tenon lint`: every fault of definition files, for the person who wrote them and for scripts. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "app/connector_file.h"
#include "app/output.h"
#include "definition/catalogue/load.h"
#include "openapi/powerplatform/lint.h"

enum { REPORT_MAX = 64 * 1024 * 1024 };

typedef struct lint {
    const run_t *run;
    bool json;
    bool power_platform; /* its rules, too: of the package that these options make */
    powerplatform_options_t package;
    json_t *all; /* of --format json */
    buf_t text;  /* of --format text */
    unsigned files, errors, warnings;
} lint_t;

/* --- one file --- */

static void report(lint_t *l, str_t file, const diagnostics_t *d, str_t source)
{
    l->errors += d->errors;
    l->warnings += d->count + d->dropped - d->errors;
    if (l->json) {
        json_t *list = diagnostics_to_json(d, file);
        json_array_extend(l->all, list);
        json_decref(list);
    } else {
        diagnostics_write_text(&l->text, d, file, source, l->run->colour);
        print_bytes(buf_view(&l->text));
        buf_clear(&l->text);
    }
}

static void lint_file(lint_t *l, const char *path)
{
    const load_options_t options = {.file_bytes_max = (size_t)l->run->config->definition_bytes};
    arena_t *arena = arena_new(0);
    diagnostics_t d;
    diagnostics_init(&d, arena);
    char *text = NULL;
    size_t length = 0;
    connector_t *connector = definition_load_file(path, &options, &d, &text, &length);
    if (connector && l->power_platform) {
        powerplatform_lint(connector, str_at(text, length), &l->package, &d);
    }
    report(l, str_of(path), &d, text ? str_at(text, length) : STR(""));
    l->files++;
    if (connector) {
        connector_unref(connector);
    }
    free(text);
    arena_free(arena);
}

/* --- folders --- */

/* FORMAT 1: what the host reads too, and .yml, which it only warns about. */
static int is_definition(const struct dirent *entry)
{
    str_t name = str_of(entry->d_name);
    return name.p[0] != '.' && name.p[0] != '_' &&
           (str_ends(name, STR(".yaml")) || str_ends(name, STR(".yml")));
}

static void warn_of_suffix(lint_t *l, const char *path)
{
    arena_t *arena = arena_new(0);
    diagnostics_t d;
    diagnostics_init(&d, arena);
    diagnostics_add(&d, LEVEL_W, ERR_yml_suffix, 1, 1,
                    "the host reads only files that end in .yaml");
    report(l, str_of(path), &d, STR(""));
    arena_free(arena);
}

static bool lint_folder(lint_t *l, const char *path, err_t *err)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_definition, alphasort);
    if (count < 0) {
        return err_set(err, ERR_definition_unreadable, "%s: %s", path, strerrordesc_np(errno));
    }
    for (int i = 0; i < count; i++) {
        const char *file =
            arena_printf(l->run->arena, "%s%s%s", path, str_ends(str_of(path), STR("/")) ? "" : "/",
                         entries[i]->d_name)
                .p;
        if (str_ends(str_of(file), STR(".yml"))) {
            warn_of_suffix(l, file);
        } else {
            lint_file(l, file);
        }
        free(entries[i]);
    }
    free((void *)entries);
    return true;
}

static bool lint_path(lint_t *l, const char *path, err_t *err)
{
    struct stat status;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        return lint_folder(l, path, err);
    }
    if (str_ends(str_of(path), STR(".yml"))) {
        warn_of_suffix(l, path);
    }
    lint_file(l, path);
    return true;
}

/* --- the whole --- */

static const char *plural(unsigned count)
{
    return count == 1 ? "" : "s";
}

static void print_end(const lint_t *l)
{
    if (!l->json) {
        printf("%u file%s, %u error%s, %u warning%s\n", l->files, plural(l->files), l->errors,
               plural(l->errors), l->warnings, plural(l->warnings));
        return;
    }
    print_json(l->all);
}

static bool lint_all(lint_t *l, err_t *err)
{
    const args_t *args = l->run->args;
    bool ok = args->word_count || lint_path(l, l->run->config->connectors.p, err);
    for (size_t i = 0; ok && i < args->word_count; i++) {
        ok = lint_path(l, args->words[i].p, err);
    }
    return ok;
}

static int run(run_t *r)
{
    str_t format = args_value(r->args, "format");
    if (format.p && !str_is(format, "text") && !str_is(format, "json")) {
        return command_usage("--format takes text or json");
    }
    str_t profile = args_value(r->args, "profile");
    if (profile.p && !str_is(profile, "powerplatform")) {
        return command_usage("--profile takes powerplatform");
    }
    if (args_has(r->args, "direct") && !profile.p) {
        return command_usage("--direct takes --profile powerplatform");
    }
    lint_t l = {.run = r,
                .package = {.direct = args_has(r->args, "direct"),
                            .connection = STR("-"),
                            .server = server_url_of(r)},
                .json = r->json || str_is(format, "json"),
                .power_platform = profile.p != NULL,
                .all = json_array()};
    buf_init(&l.text, REPORT_MAX);
    err_t err = ERR_INIT;
    int status = EXIT_PROBLEM;
    if (lint_all(&l, &err)) {
        print_end(&l);
        status = l.errors ? EXIT_PROBLEM : EXIT_OK;
    } else {
        status = command_fail(&err);
    }
    buf_fini(&l.text);
    json_decref(l.all);
    return status;
}

static const usage_t USAGES[] = {
    {.words = "[FILE|FOLDER]... [--profile powerplatform [--direct]] [--json]",
     .most = WORDS_ANY,
     .run = run}};
static const flag_t FLAGS[] = {
    FLAG_JSON,
    {"format", "FORMAT", "text or json, which is the same as --json.", NULL},
    {"profile", "powerplatform",
     "Tell also what Power Platform's validator and certification would say of the exported "
     "document, by Microsoft's names.",
     NULL},
    {"direct", NULL,
     "With the profile: of the package that calls the service itself (tenon export --direct).",
     NULL},
    {"server", "URL",
     "The address of Tenon in that document. Without it: public_url, else the first address to "
     "listen at.",
     NULL},
};
static const example_t EXAMPLES[] = {
    {"lint", "every file of the connectors folder"},
    {"lint my-connectors/echo.yaml", "one file"},
    {"lint --profile powerplatform --server https://tenon.example.com",
     "before makers import them into Power Platform"},
    {"lint --json my-connectors",
     "for a script: file, line, column, level, severity, code and message of each fault"},
};

const command_t COMMAND_LINT = {
    .name = "lint",
    .group = GROUP_DEFINITIONS,
    .summary = "Checks connector definitions",
    .detail = "Every fault is told with its line and column, what was expected, and the nearest "
              "valid key. Without a file or folder: the connectors folder.\n"
              "Errors keep a definition out of service; the exit status is 1 then. Warnings do "
              "not: what this version cannot run yet, and advice.",
    USAGES_OF(USAGES),
    FLAGS_OF(FLAGS),
    EXAMPLES_OF(EXAMPLES),
    .shows = SHOWS_CONNECTORS,
};
