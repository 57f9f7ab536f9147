/* SPDX-License-Identifier: MIT */
/* The top of a definition, where Swagger 2.0 and OpenAPI 3.x tell it alike. Pure. */
#ifndef TENON_IMPORT_HEAD_H
#define TENON_IMPORT_HEAD_H

#include "base/arena.h"
#include "import/report.h"

typedef struct head {
    arena_t *arena;
    report_t *report;
    json_t *definition;
    const json_t *info; /* the document's; NULL: it has none */
} head_t;

/* Format, id, title, description, and that defaults are sent of what is required only. title: where
 * the document has none. */
void head_add_title(const head_t *h, str_t id, str_t title);
/* Tells where it is written otherwise. */
void head_add_version(const head_t *h, str_t version);
void head_add_contact(const head_t *h);
/* What is no web address is told, and left out. */
void head_add_link(const head_t *h, json_t *to, const char *name, str_t url);

#endif
