/* SPDX-License-Identifier: MIT */
/* OpenAPI 3.0.3 */
#include "openapi/flavour.h"

static void finish_schema(document_t *d, json_t *to, const schema_t *schema)
{
    draft4_add_const(to, schema);
    draft4_add_bounds(to, schema);
    v3_finish_schema(d, to, schema);
    if (schema->nullable) {
        json_object_set_new(to, "nullable", json_true());
        v3_admit_null(to);
    }
    json_add_copy(to, "example", schema->example);
}

const openapi_flavour_t OPENAPI_3_0 = {
    .name = "3.0",
    .version = "3.0.3",
    .schemas = "#/components/schemas/",
    .parameters = "#/components/parameters/",
    .finish_schema = finish_schema,
    .refer = draft4_refer,
    .is_required = v3_is_required,
    .parameter = v3_parameter,
    .add_body = v3_add_body,
    .add_answers = v3_add_answers,
    .add_notification = v3_add_notification,
    .frame = v3_frame,
};
