/* SPDX-License-Identifier: MIT */
/* Schemas and extensions of the package, as all importers read them. */
#include "import/schema.h"

#include "import/powerplatform/source.h"
#include "import/settle.h"

static const json_t *find(const void *context, str_t reference)
{
    return refer_to(context, reference);
}

static schema_source_t schemas_of(const source_t *s)
{
    return (schema_source_t){
        .arena = s->arena,
        .report = s->report,
        .schemas = s->schemas,
        .names = s->schema_names,
        .operations = s->operations,
        .find = find,
        .context = s,
    };
}

json_t *schema_import(const source_t *s, const json_t *schema, str_t operation)
{
    schema_source_t source = schemas_of(s);
    return schema_take(&source, schema, operation);
}

void extensions_import(const source_t *s, const json_t *from, json_t *to)
{
    schema_source_t source = schemas_of(s);
    extensions_take(&source, from, to);
}

void schemas_import_rest(const source_t *s)
{
    const char *name;
    json_t *schema, *all = json_object_get(s->swagger, "definitions");
    if (json_object_size(all) > DEFINITION_SCHEMAS_MAX) {
        report_note(s->report, "limit",
                    "of %zu schemas only those are taken that an operation refers to",
                    json_object_size(all));
        return;
    }
    json_object_foreach(all, name, schema)
    {
        if (json_is_object(schema)) {
            str_t reference = arena_printf(s->arena, "#/definitions/%s", name);
            json_t *refers = json_pack("{s:o}", "$ref", json_str(reference));
            json_decref(schema_import(s, refers, STR_NONE));
            json_decref(refers);
        }
    }
}
