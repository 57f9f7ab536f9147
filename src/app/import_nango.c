/* SPDX-License-Identifier: MIT */
/* `tenon import nango`: the file is read and the definitions are written here; what they mean is
 * src/import's. */
#include "app/import_nango.h"

#include <stdio.h>

#include "app/files.h"
#include "app/import_run.h"
#include "app/output.h"
#include "codec/json.h"
#include "import/nango/nango.h"

/* --- one file --- */

typedef struct importing {
    import_t *import;
    err_t *err;
} importing_t;

static void on_provider(void *context, str_t id, str_t text, const report_t *report)
{
    const importing_t *importing = context;
    import_t *i = importing->import;
    json_t *entry = json_deep_copy(report->json);
    json_add_text(entry, "connector", text.p ? id : STR_NONE);
    json_array_append_new(i->reports, entry);
    if (text.p) { /* the first that cannot be written is the error */
        (void)import_write(i, id, text, importing->err);
    }
}

static bool import_file(import_t *i, const char *path, err_t *err)
{
    importing_t importing = {i, err};
    buf_t bytes;
    buf_init(&bytes, NANGO_BYTES_MAX);
    bool ok = file_read_source(path, &bytes, err) &&
              nango_import(buf_view(&bytes), i->ids, on_provider, &importing, err);
    buf_fini(&bytes);
    return ok && !err_is_set(err);
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

static void print(const import_t *i)
{
    size_t at;
    json_t *entry;
    json_array_foreach(i->reports, at, entry)
    {
        print_entry(entry, i->run->colour);
    }
    printf("%u definition%s written to %.*s, %zu refused\n", i->written, i->written == 1 ? "" : "s",
           STR_ARG(i->out), json_array_size(i->reports) - i->written);
}

int import_nango(run_t *r)
{
    return import_run(r, &(import_kind_t){.import_path = import_file, .print = print});
}
