/* SPDX-License-Identifier: MIT */
/* A document given as a text, what becomes of it, and what is reported. */
#ifndef TENON_TESTS_UNIT_IMPORT_OPENAPI_IMPORTED_H
#define TENON_TESTS_UNIT_IMPORT_OPENAPI_IMPORTED_H

#include "golden_text.h"

#include "codec/json.h"
#include "import/openapi/openapi.h"

enum { IMPORTED_MAX = 16 << 20 };

/* What stands before the paths of a document: its servers are the caller's. */
#define HEAD "openapi: 3.1.0\ninfo: {title: T, version: '1'}\n"
#define SERVER HEAD "servers: [{url: https://api.example.com/v1}]\n"
#define FINE "responses: {200: {description: Fine}}"

typedef struct imported {
    bool ok;
    buf_t text, report;
} imported_t;

static inline bool imported_read(void *context, str_t path, buf_t *to, err_t *err)
{
    (void)path, (void)err;
    buf_str(to, str_of(context));
    return true;
}

static inline void imported_init(imported_t *i, const char *document)
{
    report_t report;
    json_t *ids = json_object();
    openapi_source_t source = {STR("a.yaml"), imported_read, (void *)(uintptr_t)document};
    buf_init(&i->text, IMPORTED_MAX);
    buf_init(&i->report, IMPORTED_MAX);
    report_init(&report, STR("a.yaml"));
    i->ok = import_openapi(&source, ids, &i->text, &report);
    json_write_pretty(&i->report, report.json);
    report_fini(&report);
    json_decref(ids);
}

static inline void imported_fini(imported_t *i)
{
    buf_fini(&i->text);
    buf_fini(&i->report);
}

/* A part that begins with `!` must not be there. */
static inline void imported_holds(buf_t *where, const char *part)
{
    bool absent = part && part[0] == '!';
    if (part && (str_find(buf_view(where), str_of(part + absent), 0) == SIZE_MAX) != absent) {
        fail_msg("%s\n%s", part, buf_c(where));
    }
}

/* definition, report: what stands in them; NULL: of no matter. */
static inline void imported_check(const char *document, const char *definition, const char *report)
{
    imported_t i;
    imported_init(&i, document);
    imported_holds(&i.text, definition);
    imported_holds(&i.report, report);
    imported_fini(&i);
}

#endif
