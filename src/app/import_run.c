/* SPDX-License-Identifier: MIT */
#include "app/import_run.h"

#include <errno.h>
#include <stdio.h>

#include "app/files.h"
#include "app/new_files.h"
#include "app/output.h"
#include "codec/json.h"

enum { REPORT_MAX = 256 << 20 };

bool import_write(import_t *i, str_t id, str_t text, err_t *err)
{
    const char *path =
        arena_printf(i->run->arena, "%.*s/%.*s.yaml", STR_ARG(i->out), STR_ARG(id)).p;
    bool ok = new_file_make(i->run->arena, path, text, err);
    i->written += ok;
    return ok;
}

bool import_tell_unreadable(import_t *i, const char *path, const err_t *why)
{
    report_t report;
    report_init(&report, str_of(path));
    report_fail(&report, "unreadable", "%s", why->text);
    json_array_append(i->reports, report.json);
    report_fini(&report);
    return true;
}

/* --- the end --- */

static bool write_report(const import_t *i, const char *path, err_t *err)
{
    buf_t text;
    buf_init(&text, (size_t)REPORT_MAX);
    json_write_pretty(&text, i->reports);
    buf_char(&text, '\n');
    const new_file_t file = {path, buf_view(&text)};
    bool ok = new_files_put(i->run->arena, &file, 1, err);
    buf_fini(&text);
    return ok;
}

static void add_row(table_t *t, const run_t *r, const json_t *report)
{
    report_t counted = {.json = (json_t *)(uintptr_t)report};
    report_counts_t counts = report_count(&counted);
    bool failed = json_object_get(report, "failed") != NULL;
    str_t id = json_member(report, "connector");
    table_add(t, id.n ? id : json_member(report, "source"), TONE_STRONG);
    table_add(t, arena_printf(r->arena, "%zu", counts.hosted),
              counts.hosted ? TONE_GOOD : TONE_PLAIN);
    table_add(t, arena_printf(r->arena, "%zu", counts.warned),
              counts.warned ? TONE_WARN : TONE_PLAIN);
    table_add(t, arena_printf(r->arena, "%zu", counts.refused),
              counts.refused ? TONE_BAD : TONE_PLAIN);
    table_add(t, failed ? json_member(report, "failed") : STR(""), TONE_BAD);
}

static void print_table(const import_t *i)
{
    static const char *const headings[] = {"CONNECTOR", "HOSTED", "WARNING", "REFUSED", ""};
    table_t t;
    size_t at;
    json_t *report;
    table_init(&t, i->run->arena, headings, 5);
    json_array_foreach(i->reports, at, report)
    {
        add_row(&t, i->run, report);
    }
    table_print(&t, i->run->colour);
    printf("%zu read, %u written to %.*s\n", json_array_size(i->reports), i->written,
           STR_ARG(i->out));
}

static void print_end(const import_t *i, const import_kind_t *kind)
{
    if (i->run->json) {
        print_json(i->reports);
    } else if (kind->print) {
        kind->print(i);
    } else {
        print_table(i);
    }
}

static bool finish(const import_t *i, err_t *err)
{
    str_t report = args_value(i->run->args, "report");
    return !report.p || write_report(i, report.p, err);
}

static bool import_all(import_t *i, const import_kind_t *kind, err_t *err)
{
    const args_t *args = i->run->args;
    bool ok = true;
    for (size_t n = 1; ok && n < args->word_count; n++) { /* behind the verb */
        ok = kind->import_path(i, args->words[n].p, err);
    }
    bool lacks = kind->nothing && json_array_size(i->reports) == 0;
    return ok && (!lacks || err_set(err, ERR_configuration, "%s", kind->nothing));
}

int import_run(run_t *r, const import_kind_t *kind)
{
    str_t out = args_value(r->args, "out");
    if (!out.n) {
        return command_usage("--out FOLDER is needed: where the definitions are written");
    }
    bool made;
    if (!folder_make(out.p, &made)) {
        return command_usage("%s: %s", out.p, strerrordesc_np(errno));
    }
    import_t i = {.run = r, .out = out, .reports = json_array(), .ids = json_object()};
    err_t err = ERR_INIT, unwritten = ERR_INIT;
    bool done = import_all(&i, kind, &err);
    bool told = finish(&i, &unwritten); /* of what was written before, too */
    int status = done && told ? EXIT_OK : command_fail(done ? &unwritten : &err);
    if (status == EXIT_OK) {
        print_end(&i, kind);
        status = i.written == json_array_size(i.reports) ? EXIT_OK : EXIT_PROBLEM;
    }
    json_decref(i.reports);
    json_decref(i.ids);
    return status;
}
