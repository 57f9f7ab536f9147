/* SPDX-License-Identifier: MIT */
/* x- keys of the definition: copied as they are, but that where the caller chooses the connection,
 * the operations that they name need it, too. */
#include "openapi/document.h"

/* How a dynamic extension names another parameter. */
static const struct {
    const char *extension, *names_by;
} DYNAMIC[] = {
    {"x-ms-dynamic-values", "parameter"},
    {"x-ms-dynamic-schema", "parameter"},
    {"x-ms-dynamic-list", "parameterReference"},
    {"x-ms-dynamic-properties", "parameterReference"},
};

static void pass_connection(const document_t *d, json_t *extension, const char *names_by)
{
    json_t *parameters = json_object_get(extension, "parameters");
    if (!json_object_get(extension, "operationId")) {
        return; /* of the platform, not of this document */
    }
    if (!parameters) {
        parameters = json_object();
        json_object_set_new(extension, "parameters", parameters);
    }
    json_object_setn_new(parameters, d->variable.p, d->variable.n,
                         json_pack("{s:o}", names_by, json_str(d->variable)));
}

void extensions_add(const document_t *d, json_t *to, const json_t *extensions)
{
    json_t *copy = json_deep_copy(extensions);
    for (size_t i = 0; d->variable.n && i < sizeof DYNAMIC / sizeof *DYNAMIC; i++) {
        json_t *extension = json_object_get(copy, DYNAMIC[i].extension);
        if (json_is_object(extension)) {
            pass_connection(d, extension, DYNAMIC[i].names_by);
        }
    }
    json_object_update(to, copy);
    json_decref(copy);
}

const json_t *schema_extension(const schema_t *schema, const char *name)
{
    for (; schema; schema = schema->ref) {
        const json_t *value = json_object_get(schema->extensions, name);
        if (value) {
            return value;
        }
    }
    return NULL;
}
