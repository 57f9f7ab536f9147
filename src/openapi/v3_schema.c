/* SPDX-License-Identifier: MIT */
/* What schemas of 3.0 and 3.1 have in common. */
#include "openapi/flavour.h"

bool v3_is_required(const document_t *d, const schema_t *schema, bool declared)
{
    (void)d, (void)schema;
    return declared;
}

void v3_finish_schema(document_t *d, json_t *to, const schema_t *schema)
{
    schema_add_several(d, to, "anyOf", schema->any_of, schema->any_of_count);
    schema_add_several(d, to, "oneOf", schema->one_of, schema->one_of_count);
    if (schema->discriminator.n) {
        json_object_set_new(to, "discriminator",
                            json_pack("{s:o}", "propertyName", json_str(schema->discriminator)));
    }
    json_add_flag(to, "readOnly", schema->read_only);
    json_add_flag(to, "writeOnly", schema->write_only);
    json_add_flag(to, "deprecated", schema->deprecated);
}

void v3_admit_null(json_t *to)
{
    size_t i;
    json_t *value;
    json_t *values = json_object_get(to, "enum");
    json_array_foreach(values, i, value)
    {
        if (json_is_null(value)) {
            return;
        }
    }
    if (values) {
        json_array_append_new(values, json_null());
    }
}
