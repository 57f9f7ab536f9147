/* SPDX-License-Identifier: MIT */
/* The patterns of the format's own schema: trusted, compiled with the schema, run a few times a
 * line of every definition. (What definitions themselves write is pattern.h's.) Immutable and
 * thread-safe; what a match needs meanwhile is the caller's. */
#ifndef TENON_DEFINITION_STRUCTURE_PATTERN_H
#define TENON_DEFINITION_STRUCTURE_PATTERN_H

#include "base/arena.h"

typedef struct structure_pattern structure_pattern_t;
/* Room for one match at a time, made at first use. Zeroed at first. */
typedef struct match_room {
    void *data;
} match_room_t;

/* Aborts where text is no pattern. text must live as long as the arena. */
const structure_pattern_t *structure_pattern_in(arena_t *arena, str_t text);
str_t structure_pattern_text(const structure_pattern_t *p);
/* Unanchored. False also where the match limit is reached. */
bool structure_pattern_matches(const structure_pattern_t *p, str_t value, match_room_t *room);
void match_room_fini(match_room_t *room);

#endif
