/* SPDX-License-Identifier: MIT */
/* `tenon import openapi`: documents, and what they refer to in their own folders, are read here;
 * what they mean is src/import's. */
#include "app/import_openapi.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "app/files.h"
#include "app/import_run.h"
#include "codec/json.h"
#include "definition/catalogue/load.h"
#include "import/openapi/openapi.h"
#include "openapi/losses.h"

enum { TEXT_MAX = 64 << 20 };

/* --- files of one folder --- */

typedef struct folder {
    int fd;
    str_t document; /* in it, as the user named it: a link of theirs may lead anywhere */
} folder_t;

/* Below the folder and nowhere else, whatever links stand there (openat2(2), RESOLVE_BENEATH). */
static int open_beneath(int folder, const char *path)
{
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    return (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
}

static bool read_of_folder(void *context, str_t path, buf_t *to, err_t *err)
{
    const folder_t *folder = context;
    int fd = str_eq(path, folder->document)
                 ? openat(folder->fd, path.p, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
                 : open_beneath(folder->fd, path.p);
    bool outside = fd < 0 && errno == EXDEV;
    const char *why = outside ? "a link leads out of the document's folder" : file_take(fd, to);
    return !why || err_set(err, ERR_configuration, "%s", why);
}

/* --- what Power Platform will not see --- */

static void report_loss(void *context, const openapi_loss_t *loss)
{
    report_t *report = context;
    if (loss->action.n) {
        report_tell(report, report_operation_of(report, loss->action), "lowered",
                    "%.*s: %s in OpenAPI 2.0: %s", STR_ARG(loss->place), loss->kind->what,
                    loss->kind->how);
    } else {
        report_note(report, "lowered", "%.*s: %s in OpenAPI 2.0: %s", STR_ARG(loss->place),
                    loss->kind->what, loss->kind->how);
    }
}

static void report_losses(str_t text, report_t *report)
{
    static const load_options_t options = {.file_bytes_max = TEXT_MAX};
    arena_t *arena = arena_new(0);
    diagnostics_t d;
    diagnostics_init(&d, arena);
    str_t file = arena_printf(arena, "%.*s.yaml", STR_ARG(json_member(report->json, "connector")));
    connector_t *c = definition_load(file, text, &options, &d);
    if (c) {
        openapi_losses(c, report_loss, report);
        connector_unref(c);
    }
    arena_free(arena);
}

/* --- one document --- */

static void report_size(const import_t *i, size_t bytes, report_t *report)
{
    if (bytes > (size_t)i->run->config->definition_bytes) {
        report_note(report, "size",
                    "the definition has %zu bytes: a host loads it with definition_bytes raised",
                    bytes);
    }
}

static bool import_document(import_t *i, const char *path, const openapi_source_t *source,
                            err_t *err)
{
    buf_t text;
    report_t report;
    bool ok = true;
    buf_init(&text, TEXT_MAX);
    report_init(&report, str_of(path));
    if (import_openapi(source, i->ids, &text, &report)) {
        ok = import_write(i, json_member(report.json, "connector"), buf_view(&text), err);
        report_size(i, text.n, &report);
        report_losses(buf_view(&text), &report);
    }
    json_array_append(i->reports, report.json);
    report_fini(&report);
    buf_fini(&text);
    return ok;
}

static bool import_file(import_t *i, const char *path, err_t *err)
{
    str_t name = file_last_part(str_of(path));
    str_t folder = str_slice(str_of(path), 0, (size_t)(name.p - path));
    folder_t of = {.document = arena_str(i->run->arena, name)};
    of.fd = open(folder.n ? arena_str(i->run->arena, folder).p : ".",
                 O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (of.fd < 0) {
        err_t why = ERR_INIT;
        err_set(&why, ERR_configuration, "%s", strerrordesc_np(errno));
        return import_tell_unreadable(i, path, &why);
    }
    openapi_source_t source = {.path = of.document, .read = read_of_folder, .context = &of};
    bool ok = import_document(i, path, &source, err);
    close(of.fd);
    return ok;
}

int import_openapi_files(run_t *r)
{
    return import_run(r, &(import_kind_t){.import_path = import_file});
}
