/* SPDX-License-Identifier: MIT */
/* What the kinds of import have in common: the folder that is written to, the report, what is
 * printed. */
#ifndef TENON_APP_IMPORT_RUN_H
#define TENON_APP_IMPORT_RUN_H

#include <jansson.h>

#include "app/command.h"
#include "base/err.h"
#include "import/report.h"

typedef struct import {
    const run_t *run;
    str_t out;
    json_t *reports;
    json_t *ids; /* given so far */
    unsigned written;
} import_t;

typedef struct import_kind {
    /* Imports what a word of the command line names. False ends the run. */
    bool (*import_path)(import_t *i, const char *path, err_t *err);
    void (*print)(const import_t *i); /* the end, for people; NULL: a table of all sources */
    const char *nothing; /* the error where no source was found at all; NULL: that is none */
} import_kind_t;

/* Imports each word of the command line; then writes and prints the report. The exit status:
 * EXIT_PROBLEM where a source gave no definition. */
int import_run(run_t *r, const import_kind_t *kind);

/* Writes a definition, and counts it; one that is there is not replaced. Error: configuration. */
bool import_write(import_t *i, str_t id, str_t text, err_t *err);
/* What cannot be read stands in the report; the others are imported all the same. Answers true. */
bool import_tell_unreadable(import_t *i, const char *path, const err_t *why);

#endif
