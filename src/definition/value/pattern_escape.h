/* SPDX-License-Identifier: MIT */
/* Private to the dialect of patterns: its reader, single characters and what stands behind a
 * backslash. Pure. */
#ifndef TENON_DEFINITION_VALUE_PATTERN_ESCAPE_H
#define TENON_DEFINITION_VALUE_PATTERN_ESCAPE_H

#include "base/buf.h"
#include "base/err.h"

typedef struct reader {
    str_t text;
    size_t at;
    buf_t *to; /* the pattern for PCRE2 */
    err_t *err;
    unsigned depth;  /* of groups */
    bool repeatable; /* what stands before is something that a quantifier may follow */
    bool quantified; /* what stands before is a quantifier */
} reader_t;

typedef enum { ATOM_CHARACTER, ATOM_SET, ATOM_ASSERTION } atom_kind_t;
typedef struct atom {
    atom_kind_t kind;
    uint32_t code_point; /* ATOM_CHARACTER */
    str_t text;          /* of the others: what both dialects write */
} atom_t;

/* The byte at a distance; NUL behind the end. */
static inline char reader_peek(const reader_t *r, size_t distance)
{
    return r->at + distance < r->text.n ? r->text.p[r->at + distance] : '\0';
}
/* Error: pattern_invalid with why and the place of byte `at`. */
bool reader_refuse(reader_t *r, size_t at, const char *why);
/* Takes one code point. */
bool reader_character(reader_t *r, atom_t *atom);
/* Takes a backslash and what belongs to it. */
bool reader_escape(reader_t *r, bool in_class, atom_t *atom);

#endif
