/* SPDX-License-Identifier: MIT */
/* What the policies share: places in a body, found and written. */
#ifndef TENON_POLICY_POLICY_INTERNAL_H
#define TENON_POLICY_POLICY_INTERNAL_H

#include "policy/policy.h"

/* Where a value stands, or may be put. */
typedef struct slot {
    json_t *holder; /* an object or a list; NULL: it is the body itself */
    str_t name;     /* in an object */
    size_t index;   /* in a list */
} slot_t;

/* One of the values that a place names. */
typedef struct found {
    slot_t at;
    json_t *value; /* borrowed; NULL: an object could hold it, and does not */
    bool in_item;  /* `item` stands for something */
    slot_t item;   /* the element of the innermost `[]` */
} found_t;

typedef struct policy_run {
    policy_body_t *body;
    value_scope_t *scope;
    size_t room; /* bytes that may still be added */
    err_t *err;
} policy_run_t;

/* One kind of policy: a file of this folder exports one. */
typedef struct policy_type {
    /* Once for each value that `at` (of move_properties: `from`) names. False only with an error.
     */
    bool (*apply)(policy_run_t *run, const policy_t *policy, const found_t *found);
    bool may_be_missing; /* also where there is a place for the value, but no value */
} policy_type_t;

extern const policy_type_t policy_set_property, policy_replace_string, policy_encode_property,
    policy_string_to_array, policy_array_to_object, policy_object_to_array, policy_move_properties;
/* registry.c */
const policy_type_t *policy_type_of(policy_kind_t kind);

/* --- place.c --- */

typedef bool place_on_found_t(void *context, const found_t *found);
/* Tells every value that is at a place, in the order of the body, until on_found answers false.
 * from: what `item` of the place stands for; NULL: nothing. The body may change meanwhile. */
bool place_each(const policy_run_t *run, const place_t *place, const found_t *from,
                place_on_found_t *on_found, void *context);
/* The value that stands there now; borrowed, or NULL. */
json_t *slot_value(const policy_run_t *run, const slot_t *slot);
/* Steals the value. */
void slot_put(policy_run_t *run, const slot_t *slot, json_t *value);
void slot_remove(policy_run_t *run, const slot_t *slot);

/* --- result.c: what policies make is bounded --- */

/* What a value takes beside its text, roughly. */
enum { RESULT_VALUE_BYTES = 64 };
/* Copies containers, shares the rest. NULL where that is too large or too deep (error). */
json_t *result_copy(policy_run_t *run, const json_t *value);
/* NULL where it is too large (error). */
json_t *result_text(policy_run_t *run, const buf_t *text);
/* Whether the value may go to the policy's `to`: a body does not become deeper without end. */
CHECKED bool result_is_shallow(policy_run_t *run, const policy_t *policy, const json_t *value);
/* Puts the result (stolen; NULL: the error is set, false) to the policy's `to`. */
CHECKED bool result_put(policy_run_t *run, const policy_t *policy, const found_t *found,
                        json_t *result);

#endif
