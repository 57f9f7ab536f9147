/* SPDX-License-Identifier: MIT */
#include "policy/policy_internal.h"

static const policy_type_t *const types[POLICY_KIND_COUNT] = {
    [POLICY_SET_PROPERTY] = &policy_set_property,
    [POLICY_REPLACE_STRING] = &policy_replace_string,
    [POLICY_ENCODE_PROPERTY] = &policy_encode_property,
    [POLICY_STRING_TO_ARRAY] = &policy_string_to_array,
    [POLICY_ARRAY_TO_OBJECT] = &policy_array_to_object,
    [POLICY_OBJECT_TO_ARRAY] = &policy_object_to_array,
    [POLICY_MOVE_PROPERTIES] = &policy_move_properties,
};

const policy_type_t *policy_type_of(policy_kind_t kind)
{
    return types[kind];
}
