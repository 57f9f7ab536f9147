/* SPDX-License-Identifier: MIT */
/* What is wrong with a definition file, for the person who wrote it: every fault with its place, the line with
 * a caret, what was expected and the nearest valid name. One run reports all, up to 50 a file. Pure. */
#ifndef TENON_DEFINITION_DIAGNOSTIC_H
#define TENON_DEFINITION_DIAGNOSTIC_H

#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum { DIAGNOSTICS_MAX = 50 };

/* FORMAT 11: structure (schema and loader agree), references (loader), advice. */
typedef enum { LEVEL_S, LEVEL_R, LEVEL_W } diagnostic_level_t;

typedef struct diagnostic {
    diagnostic_level_t level; /* LEVEL_W is a warning, the others are errors */
    err_code_t code;
    unsigned line, column; /* from 1 */
    const char *text;      /* with the suggestion, if there is one */
    const char *rule;      /* of another's checker, by its name there; NULL: none */
} diagnostic_t;

typedef struct diagnostics {
    arena_t *arena;     /* of the list and the texts */
    diagnostic_t *list; /* with room for most */
    unsigned count, most;
    unsigned dropped; /* found beyond most */
    unsigned errors;  /* of levels S and R, dropped ones counted */
} diagnostics_t;

void diagnostics_init(diagnostics_t *d, arena_t *arena);
/* The same for who is no person: with room for that many. */
void diagnostics_init_with(diagnostics_t *d, arena_t *arena, unsigned most);
/* The same fault at the same place is kept once. */
void diagnostics_add(diagnostics_t *d, diagnostic_level_t level, err_code_t code, unsigned line,
                     unsigned column, const char *format, ...) __attribute__((format(printf, 6, 7)));
/* A rule of another's: told by that name. rule and text are copied. */
void diagnostics_add_rule(diagnostics_t *d, diagnostic_level_t level, err_code_t code, unsigned line,
                          unsigned column, str_t rule, str_t text);
/* By line, column, level. */
void diagnostics_sort(diagnostics_t *d);

/* The nearest of names[count] within a third of its length, or absent. */
str_t nearest_name(str_t name, const str_t *names, size_t count);

/* file:line:column: error/S code: text, the line, and a caret under the column. colour: for a terminal. */
void diagnostics_write_text(buf_t *to, const diagnostics_t *d, str_t file, str_t source, bool colour);
/* [{file, line, column, level, severity, code, rule, message}…], a new reference; rule where there is one. */
json_t *diagnostics_to_json(const diagnostics_t *d, str_t file);

#endif
