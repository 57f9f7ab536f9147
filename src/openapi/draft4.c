/* SPDX-License-Identifier: MIT */
/* What 2.0 and 3.0 have in common: their schemas are those of JSON Schema draft 4, more or less. */
#include "openapi/flavour.h"

void draft4_add_bounds(json_t *to, const schema_t *schema)
{
    if (schema->has_minimum) {
        json_object_set_new(to, "minimum", json_of_number(schema->minimum));
        json_add_flag(to, "exclusiveMinimum", schema->exclusive_minimum);
    }
    if (schema->has_maximum) {
        json_object_set_new(to, "maximum", json_of_number(schema->maximum));
        json_add_flag(to, "exclusiveMaximum", schema->exclusive_maximum);
    }
}

void draft4_add_const(json_t *to, const schema_t *schema)
{
    if (schema->constant) {
        json_object_set_new(to, "enum", json_pack("[o]", json_deep_copy(schema->constant)));
    }
}

json_t *draft4_refer(const schema_t *schema, json_t *reference, json_t *beside)
{
    (void)schema;
    if (json_object_size(beside) == 0) {
        json_decref(beside);
        return reference;
    }
    json_object_set_new(beside, "allOf", json_pack("[o]", reference));
    return beside;
}
