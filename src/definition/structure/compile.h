/* SPDX-License-Identifier: MIT */
/* Making rules from the schema's JSON: what the files that do it share. Private to them. */
#ifndef TENON_DEFINITION_STRUCTURE_COMPILE_H
#define TENON_DEFINITION_STRUCTURE_COMPILE_H

#include <jansson.h>

#include "base/map.h"
#include "definition/structure/rule.h"

typedef struct compiler {
    arena_t *arena;
    json_t *root;
    map_t *rules; /* address of the JSON -> its rule: references may go round in circles */
} compiler_t;

/* The schema is part of the program: a fault in it is one of the program. Aborts. */
_Noreturn void compile_refuse(const char *what, const char *name);

void compile_type(compiler_t *c, rule_t *rule, json_t *v);
void compile_enum(compiler_t *c, rule_t *rule, json_t *v);
void compile_const(compiler_t *c, rule_t *rule, json_t *v);

/* Room for all members that the schema names, and twice as many slots. */
void compile_reserve_members(compiler_t *c, rule_t *rule, const json_t *schema);
/* The member of that name, made where there is none. */
rule_member_t *compile_member(compiler_t *c, rule_t *rule, str_t name);

#endif
