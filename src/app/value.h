/* SPDX-License-Identifier: MIT */
/* name=value words of a command line. A value is what stands there, or comes from @FILE, `-` (a
 * prompt, or standard input) or env:NAME; a secret only in those ways, since arguments stay in
 * histories and process lists. */
#ifndef TENON_APP_VALUE_H
#define TENON_APP_VALUE_H

#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

typedef struct word_value {
    str_t name, text;
} word_value_t;
/* Error: usage. */
CHECKED bool word_split(str_t word, word_value_t *out, err_t *err);

/* Appends the bytes to a wiping buffer; of a file and standard input without the last line end.
 * Errors: usage, configuration (a file). */
CHECKED bool value_read(const word_value_t *word, bool secret, buf_t *to, err_t *err);
/* As JSON of a field's type, as /v1 shows fields: text that is none stays text, for the host to
 * refuse. New reference. */
json_t *value_typed(const json_t *field, str_t text);
/* Both; field NULL: unknown, taken as text, for the host to refuse. */
json_t *value_of_word(const word_value_t *word, const json_t *field, err_t *err);

/* In a list of fields as /v1 shows them; NULL where it is not there. */
const json_t *field_named(const json_t *fields, str_t name);
/* Whether there is somebody to ask: standard input is a terminal. */
bool can_ask(void);
/* Asks on the terminal, without echo where secret. False where there is no terminal, or nothing was
 * entered. */
CHECKED bool ask_person(str_t name, bool secret, buf_t *to);
/* Asks for one of a numbered list, by its number or by its member of that name, until it is one of
 * them; nothing entered means the first. False at the end of the input. */
CHECKED bool ask_choice(str_t name, const json_t *list, const char *member, size_t *out);

#endif
