/* SPDX-License-Identifier: MIT */
/* What commands print: aligned tables for people, JSON for scripts. Text of a host or a service
 * never steers the terminal. */
#ifndef TENON_APP_OUTPUT_H
#define TENON_APP_OUTPUT_H

#include <jansson.h>
#include <stdio.h>

#include "app/command.h"

enum { TABLE_COLUMNS_MAX = 8 };

typedef enum { TONE_PLAIN, TONE_GOOD, TONE_WARN, TONE_BAD, TONE_STRONG } tone_t;

typedef struct table_cell {
    str_t text;
    tone_t tone;
} table_cell_t;

typedef struct table {
    arena_t *arena;
    size_t columns;
    table_cell_t *cells; /* row by row; the first row is the headings */
    size_t count, capacity;
} table_t;

/* headings: as many as columns. */
void table_init(table_t *t, arena_t *arena, const char *const *headings, size_t columns);
/* The next cell; rows fill up from left to right. */
void table_add(table_t *t, str_t text, tone_t tone);
void table_print(const table_t *t, bool colour);

/* As they are. */
void print_bytes(str_t bytes);
/* With indentation, and a line end. */
void print_json(const json_t *value);
/* Cleaned, in the tone where colour is on. */
void print_text(str_t text, tone_t tone, bool colour);

/* Cleaned, broken at blanks to the width of the terminal, its further lines under what stands
 * behind `first`; and a line end. */
void print_paragraph(FILE *to, str_t first, str_t text, tone_t tone, bool colour);

/* The texts of a list, with commas between them. In the arena. */
str_t joined_in(arena_t *arena, const json_t *list);
/* A time of the API ("2026-11-22T03:20:07Z") as "2026-11-22 04:20", in local time; "-" where there is none. In the arena. */
str_t time_in(arena_t *arena, str_t time);
/* The same with seconds: "2026-11-22 04:20:07". */
str_t second_in(arena_t *arena, str_t time);
/* ready: good, rejected: bad, others: warn. */
tone_t tone_of_state(str_t state);

/* A line on standard error while something takes its time, only on a terminal; ends with the same
 * call and NULL. */
void show_progress(const char *what);

#endif
