/* SPDX-License-Identifier: MIT */
/* The compiled schema: one rule a (sub)schema, immutable, references resolved. compile.c
 * makes it, the passes of check.h read it. Private to structure. */
#ifndef TENON_DEFINITION_STRUCTURE_RULE_H
#define TENON_DEFINITION_STRUCTURE_RULE_H

#include "base/arena.h"
#include "base/err.h"
#include "definition/structure/pattern.h"

/* What a value can be read as; a set of bits. A plain `12` is text, integer and number. */
enum {
    KIND_TEXT = 1,
    KIND_NULL = 2,
    KIND_BOOL = 4,
    KIND_INTEGER = 8,
    KIND_NUMBER = 16,
    KIND_LIST = 32,
    KIND_MAP = 64,
    KIND_ANY = 127
};

typedef struct rule rule_t;

typedef struct rule_member {
    str_t name;
    const rule_t *rule; /* NULL: only `required` names it */
    bool required;
} rule_member_t;

typedef struct rule_pattern_member {
    const structure_pattern_t *pattern;
    const rule_t *rule;
} rule_pattern_member_t;

/* One of `enum`, or `const`. */
typedef struct rule_value {
    unsigned kind; /* one bit */
    str_t text;    /* as JSON writes it, strings without quotes */
    double number;
} rule_value_t;

typedef struct rules {
    const rule_t **list;
    size_t count;
} rules_t;

typedef struct range {
    size_t min;
    size_t max; /* SIZE_MAX: none */
} range_t;

/* Members that one rule may name: structure.c keeps a set of that many bits. */
enum { RULE_MEMBERS_MAX = 128 };

struct rule {
    unsigned kinds; /* of `type`; 0: not said */
    bool json;      /* x-json: anything, looked through for ambiguous scalars */
    bool never;     /* false, or not: {} */
    bool closed;    /* additionalProperties: false */
    bool unique;
    bool is_const;        /* values has the one of `const` */
    err_code_t code;      /* x-code; ERR_none: each keyword's own */
    const char *expected; /* x-expected; NULL: made from the keyword */
    const char *message;  /* x-message; NULL: made from the keyword */

    bool reads_members; /* some keyword looks at the members one by one */
    rule_member_t *members;
    size_t member_count;
    uint8_t *slots; /* open addressing: index + 1 into members; 0: free */
    size_t slot_mask;
    str_t *names; /* of the members that have a rule: for "did you mean" */
    size_t name_count;
    rule_pattern_member_t *pattern_members;
    size_t pattern_member_count;
    const rule_t *other_members; /* additionalProperties; NULL: any */
    const rule_t *member_names;  /* propertyNames */

    const rule_t *items;
    range_t item_range, member_range, length_range;
    double minimum, maximum; /* infinite: none */
    bool minimum_excluded;
    const rule_value_t *values;
    size_t value_count;
    const structure_pattern_t *pattern;

    rules_t all_of, any_of, one_of;
    const rule_t *negated;
    const rule_t *condition, *then_rule, *else_rule;
};

/* Aborts where the schema is no schema, or uses a keyword that the passes do not know. */
const rule_t *rule_compile_in(arena_t *arena, str_t schema_json);
/* The member of that name, or NULL. */
const rule_member_t *rule_member(const rule_t *rule, str_t name);

#endif
