/* SPDX-License-Identifier: MIT */
/* A document and the files that it refers to, as one set of trees: every `$ref` in them is absolute
 * (`FILE#/pointer`, without FILE in the document itself), so that it can be followed wherever the
 * value that holds it has got to. Pure. */
#ifndef TENON_IMPORT_OPENAPI_BUNDLE_H
#define TENON_IMPORT_OPENAPI_BUNDLE_H

#include "base/arena.h"
#include "import/openapi/openapi.h"

typedef struct bundle {
    arena_t *arena;
    report_t *report;
    const openapi_source_t *source;
    json_t *files;   /* path -> tree, null where it cannot be read; the document is the path "" */
    json_t *anchors; /* path -> $anchor -> what has it */
    size_t bytes;    /* of all files */
} bundle_t;

/* False, reported, where the document itself cannot be read; files that it refers to are only told.
 * bundle_fini in either case. */
bool bundle_read(bundle_t *b, arena_t *arena, const openapi_source_t *source, report_t *report);
void bundle_fini(bundle_t *b);

/* The document. */
const json_t *bundle_root(const bundle_t *b);
/* What an absolute reference leads to; NULL: nowhere. */
const json_t *bundle_find(const bundle_t *b, str_t reference);
/* The value itself, or what its references lead to in the end; NULL: nowhere. */
const json_t *bundle_follow(const bundle_t *b, const json_t *value);

/* --- link.c --- */

/* Makes the references of a file absolute. on_file is told of every file that one leads to. */
typedef void link_on_file_t(void *context, str_t path);
typedef struct link {
    arena_t *arena;
    report_t *report;
    str_t file, document; /* where they stand, and the path that is written "" */
    link_on_file_t *on_file;
    void *context;
} link_t;
void link_references(const link_t *l, json_t *tree);

#endif
