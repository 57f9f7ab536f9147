/* SPDX-License-Identifier: MIT */
/* Private to the checking of values (check.h): where a check stands, how it reports, and its
 * parts. */
#ifndef TENON_DEFINITION_VALUE_CHECK_INTERNAL_H
#define TENON_DEFINITION_VALUE_CHECK_INTERNAL_H

#include "definition/value/check.h"

enum {
    /* Schemas at one value, one behind the other; the loader has refused those that never end. */
    SCHEMA_NESTING_MAX = 300,
    /* What one check may cost, in looks of a schema at a value (some 50 ns each): schemas that
     * mention one another many times, alternatives within alternatives and patterns that backtrack
     * could ask for any number, and the loop serves nobody else meanwhile. */
    WORK_MAX = 4000000,
    PROPERTIES_A_LOOK = 16, /* so many names are compared with a member's in that time */
};

/* A value's place, linked to the one that holds it. */
typedef struct value_spot {
    const struct value_spot *up; /* NULL: the value that the check began with */
    const char *pointer;         /* of that one */
    str_t name;                  /* of a member; absent: an item */
    size_t index;                /* of an item */
    bool secret;                 /* the value is not told in messages */
} value_spot_t;

typedef struct value_check {
    err_t *err;           /* NULL: on trial, the first fault ends it */
    const field_t *field; /* whose message is told; NULL: none */
    const value_limits_t *limits;
    bool failed;
    unsigned nesting;
    unsigned work;
} value_check_t;

static inline bool value_is_over(const value_check_t *c)
{
    return c->work > WORK_MAX ||
           (c->failed && (!c->err || c->err->detail_count == ERR_DETAILS_MAX));
}
static inline value_spot_t value_member(const value_spot_t *up, str_t name, bool secret)
{
    return (value_spot_t){.up = up, .name = name, .secret = up->secret || secret};
}
static inline value_spot_t value_item(const value_spot_t *up, size_t index)
{
    return (value_spot_t){.up = up, .index = index, .secret = up->secret};
}

/* --- reports (report.c) --- */

void value_fault(value_check_t *c, const value_spot_t *spot, err_code_t code, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));
/* The same where pattern, format or choices fail: the field's own message goes first. */
void value_fault_of_shape(value_check_t *c, const value_spot_t *spot, err_code_t code,
                          const char *format, ...) __attribute__((format(printf, 4, 5)));
/* False, and a fault, where the check has cost too much. */
bool value_spend(value_check_t *c, const value_spot_t *spot, size_t work);
/* A value for a message: `text`, or "the value" where it is secret or no text. */
typedef struct quoted {
    char text[48];
} quoted_t;
quoted_t value_quote(const value_spot_t *spot, const json_t *value);
/* A name that a caller wrote. */
quoted_t value_quote_name(str_t name);
/* What may stand there: "a, b, c", cut. */
typedef struct listed {
    char text[160];
} listed_t;
listed_t value_list(const json_t *array);
listed_t value_list_one(const json_t *value);
listed_t value_list_choices(const field_t *field);
/* "; did you mean `x`?", or nothing. */
typedef struct suggestion {
    char text[80];
} suggestion_t;
suggestion_t value_suggest(str_t name, const str_t *names, size_t count);

/* --- parts --- */

/* Ceilings that hold unless the schema says more (DESIGN 4): nesting, length of texts, items. */
void value_ceilings(value_check_t *c, const value_spot_t *spot, const schema_t *schema,
                    const json_t *value);
/* schema at value: all its keys. */
void value_schema(value_check_t *c, const value_spot_t *spot, const schema_t *schema,
                  const json_t *value);
void value_field(const field_t *field, const json_t *value, const value_spot_t *spot,
                 const value_limits_t *limits, err_t *err);
void value_number(value_check_t *c, const value_spot_t *spot, const schema_t *schema,
                  const json_t *value);
/* Members of an object: how many, which, and each of them. */
void value_members(value_check_t *c, const value_spot_t *spot, const schema_t *schema,
                   const json_t *value);
/* allOf, anyOf, oneOf. */
void value_combined(value_check_t *c, const value_spot_t *spot, const schema_t *schema,
                    const json_t *value);
void value_unique(value_check_t *c, const value_spot_t *spot, const json_t *array);

/* The type, `secret` and `readOnly` may stand in the schema or in the one that it refers to. */
schema_type_t value_type_of(const schema_t *schema);
bool value_is_secret(const schema_t *schema);
bool value_is_read_only(const schema_t *schema);
const schema_t *value_property(const schema_t *schema, str_t name);

#endif
