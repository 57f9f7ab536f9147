/* SPDX-License-Identifier: MIT */
/* `tenon import nango`: the file is read and the definitions are written here; what they mean is
 * src/import's. */
#include "app/import_nango.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/files.h"
#include "app/output.h"
#include "codec/json.h"
#include "import/nango/nango.h"

enum { REPORT_BYTES_MAX = 64 * 1024 * 1024 };

typedef struct import {
    const run_t *run;
    const char *folder;
    json_t *reports;
    size_t written, refused;
    err_t err;
} import_t;

/* --- files --- */

static bool write_whole(int fd, str_t text)
{
    size_t done = 0;
    while (done < text.n) {
        ssize_t n = write(fd, text.p + done, text.n - done);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return true;
}

static bool save(const char *path, str_t text, bool replaces, err_t *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | (replaces ? O_TRUNC : O_EXCL) | O_CLOEXEC, 0644);
    bool ok = fd >= 0 && write_whole(fd, text);
    int number = errno;
    ok = (fd < 0 || close(fd) == 0) && ok;
    return ok || err_set(err, ERR_configuration, "%s: %s", path, strerrordesc_np(number));
}

static void on_provider(void *context, str_t id, str_t text, const report_t *report)
{
    import_t *i = context;
    json_t *entry = json_deep_copy(report->json);
    json_add_text(entry, "connector", text.p ? id : STR_NONE);
    json_array_append_new(i->reports, entry);
    if (!text.p) {
        i->refused++;
        return;
    }
    const char *path = arena_printf(i->run->arena, "%s/%.*s.yaml", i->folder, STR_ARG(id)).p;
    i->written += save(path, text, false, &i->err);
}

/* --- what is told --- */

static void print_entry(const json_t *entry, bool colour)
{
    size_t at;
    json_t *note;
    const json_t *notes = json_object_get(entry, "notes");
    bool refused = json_object_get(entry, "failed");
    if (json_array_size(notes) > 0) {
        print_text(json_member(entry, "source"), refused ? TONE_BAD : TONE_STRONG, colour);
        puts(refused ? ": refused" : "");
    }
    json_array_foreach(notes, at, note)
    {
        print_paragraph(stdout, STR("  "), json_member(note, "detail"), TONE_PLAIN, colour);
    }
}

static void print_end(const import_t *i)
{
    size_t at;
    json_t *entry;
    if (i->run->json) {
        print_json(i->reports);
        return;
    }
    json_array_foreach(i->reports, at, entry)
    {
        print_entry(entry, i->run->colour);
    }
    printf("%zu definition%s written to %s, %zu refused\n", i->written, i->written == 1 ? "" : "s",
           i->folder, i->refused);
}

static bool save_report(const import_t *i, err_t *err)
{
    str_t path = args_value(i->run->args, "report");
    buf_t text;
    if (!path.p) {
        return true;
    }
    buf_init(&text, REPORT_BYTES_MAX);
    json_write_pretty(&text, i->reports);
    buf_char(&text, '\n');
    bool ok = save(path.p, buf_view(&text), true, err);
    buf_fini(&text);
    return ok;
}

/* --- nango --- */

static bool import_file(import_t *i, const char *path)
{
    buf_t bytes;
    buf_init(&bytes, NANGO_BYTES_MAX);
    bool ok =
        file_read(path, &bytes, &i->err) && nango_import(buf_view(&bytes), on_provider, i, &i->err);
    buf_fini(&bytes);
    return ok && !err_is_set(&i->err);
}

int import_nango(run_t *r)
{
    str_t folder = args_value(r->args, "out");
    import_t i = {.run = r, .folder = folder.p, .reports = json_array(), .err = ERR_INIT};
    if (!folder.p) {
        json_decref(i.reports);
        return command_usage("--out names the folder for the definitions");
    }
    bool ok = mkdir(folder.p, 0755) == 0 || errno == EEXIST ||
              err_set(&i.err, ERR_configuration, "%s: %s", folder.p, strerrordesc_np(errno));
    for (size_t at = 1; ok && at < r->args->word_count; at++) {
        ok = import_file(&i, r->args->words[at].p);
    }
    ok = ok && save_report(&i, &i.err);
    if (ok) {
        print_end(&i);
    }
    json_decref(i.reports);
    return !ok ? command_fail(&i.err) : i.refused ? EXIT_PROBLEM : EXIT_OK;
}
