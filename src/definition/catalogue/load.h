/* SPDX-License-Identifier: MIT */
/* The loader: the text of a definition file into the model, with every diagnostic of levels S, R and W. Runs
 * off the data loops. Pure. */
#ifndef TENON_DEFINITION_CATALOGUE_LOAD_H
#define TENON_DEFINITION_CATALOGUE_LOAD_H

#include "definition/diagnostic.h"
#include "definition/model.h"

typedef struct load_options {
    size_t file_bytes_max;     /* 0: 1 MiB */
    int64_t action_timeout_ms; /* of a connector whose file says none; 0: 30 s */
} load_options_t;

/* file: the path; its name without .yaml must be the id. Answers a connector with one reference, or NULL where
 * diagnostics has errors. */
connector_t *definition_load(str_t file, str_t text, const load_options_t *options, diagnostics_t *d);
/* Reads the file first: definition_{unreadable,not_regular_file,too_large,writable_by_others} at line 1. text_out
 * (may be NULL): the text, free() it. */
connector_t *definition_load_file(const char *path, const load_options_t *options, diagnostics_t *d,
                                  char **text_out, size_t *text_length);

#endif
