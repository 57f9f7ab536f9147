/* SPDX-License-Identifier: MIT */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "definition/structure/pattern.h"

#include <pcre2.h>

#include "base/fatal.h"

enum { MATCH_LIMIT = 1000000 };

struct structure_pattern {
    str_t text;
    str_t prefix; /* of a pattern that is `^` and plain letters: no need to run it; else absent */
    pcre2_code *code;
    pcre2_match_context *context;
};

static bool is_plain(char c)
{
    return ascii_is_alnum(c) || c == '-' || c == '_' || c == '/' || c == '#';
}

static str_t plain_prefix(str_t text)
{
    if (text.n < 2 || text.p[0] != '^') {
        return STR_NONE;
    }
    for (size_t i = 1; i < text.n; i++) {
        if (!is_plain(text.p[i])) {
            return STR_NONE;
        }
    }
    return str_slice(text, 1, text.n);
}

static void free_code(void *p)
{
    structure_pattern_t *pattern = p;
    pcre2_code_free(pattern->code);
    pcre2_match_context_free(pattern->context);
}

const structure_pattern_t *structure_pattern_in(arena_t *arena, str_t text)
{
    structure_pattern_t *p = arena_new_of(arena, structure_pattern_t);
    int error = 0;
    PCRE2_SIZE at = 0;
    p->text = text;
    p->prefix = plain_prefix(text);
    p->code = pcre2_compile((PCRE2_SPTR)text.p, text.n, PCRE2_UTF | PCRE2_DOLLAR_ENDONLY, &error,
                            &at, NULL);
    p->context = pcre2_match_context_create(NULL);
    if (!p->code || !p->context) {
        fatal_abort("the schema of the format holds a pattern that cannot be used");
    }
    arena_on_free(arena, free_code, p);
    pcre2_set_match_limit(p->context, MATCH_LIMIT);
    /* Where the system lets no process make code, matching goes on without. */
    (void)pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE);
    return p;
}

str_t structure_pattern_text(const structure_pattern_t *p)
{
    return p->text;
}

static pcre2_match_data *data_of(match_room_t *room)
{
    if (!room->data) {
        room->data = pcre2_match_data_create(1, NULL);
        if (!room->data) {
            fatal_abort("out of memory");
        }
    }
    return room->data;
}

bool structure_pattern_matches(const structure_pattern_t *p, str_t value, match_room_t *room)
{
    if (p->prefix.p) {
        return str_starts(value, p->prefix);
    }
    pcre2_match_data *data = data_of(room);
    PCRE2_SPTR text = (PCRE2_SPTR)(value.p ? value.p : "");
    int found = pcre2_match(p->code, text, value.n, 0, 0, data, p->context);
    if (found == PCRE2_ERROR_JIT_STACKLIMIT) {
        /* A long value: the interpreter takes its room from the heap. */
        found = pcre2_match(p->code, text, value.n, 0, PCRE2_NO_JIT, data, p->context);
    }
    return found >= 0;
}

void match_room_fini(match_room_t *room)
{
    pcre2_match_data_free(room->data);
    room->data = NULL;
}
