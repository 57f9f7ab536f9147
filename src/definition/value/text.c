/* SPDX-License-Identifier: MIT */
#include "codec/json.h"
#include "definition/value/check_internal.h"
#include "definition/value/formats.h"

static json_t *integer_of(str_t text)
{
    int64_t value;
    /* int64 is a format, and "exactly as JSON writes it" is its rule. */
    return format_fits(FORMAT_INT64, text) && str_to_i64(text, &value) ? json_integer(value) : NULL;
}

/* RFC 8259 6; what surrounds or abbreviates a number elsewhere is no number. */
static json_t *number_of(str_t text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (!ascii_is_digit(text.p[i]) && !strchr("+-.eE", text.p[i])) {
            return NULL;
        }
    }
    err_t err = ERR_INIT;
    json_t *value = json_read(text, NULL, &err);
    err_fini(&err);
    return value;
}

static json_t *boolean_of(str_t text)
{
    if (str_is(text, "true")) {
        return json_true();
    }
    return str_is(text, "false") ? json_false() : NULL;
}

static json_t *scalar_of(const schema_t *schema, str_t text)
{
    json_t *value = NULL;
    switch (schema ? value_type_of(schema) : SCHEMA_STRING) {
    case SCHEMA_INTEGER:
        value = integer_of(text);
        break;
    case SCHEMA_NUMBER:
        value = number_of(text);
        break;
    case SCHEMA_BOOLEAN:
        value = boolean_of(text);
        break;
    case SCHEMA_ANY:
    case SCHEMA_STRING:
    case SCHEMA_ARRAY:
    case SCHEMA_OBJECT:
        break;
    }
    return value ? value : json_str(text);
}

static const schema_t *items_of(const schema_t *schema)
{
    for (unsigned i = 0; !schema->items && schema->ref && i < SCHEMA_NESTING_MAX; i++) {
        schema = schema->ref;
    }
    return schema->items;
}

/* An empty text is an empty list; `multi` has one item in each occurrence of the name. */
static json_t *list_of(const field_t *field, str_t text)
{
    static const char separators[] = {[COLLECTION_CSV] = ',',
                                      [COLLECTION_SSV] = ' ',
                                      [COLLECTION_PIPES] = '|',
                                      [COLLECTION_TSV] = '\t'};
    const schema_t *items = items_of(field->schema);
    json_t *list = json_array();
    if (field->collection == COLLECTION_MULTI) {
        (void)json_array_append_new(list, scalar_of(items, text));
        return list;
    }
    while (text.n > 0 || (text.p && json_array_size(list) > 0)) {
        str_t item = str_cut(&text, separators[field->collection]);
        (void)json_array_append_new(list, scalar_of(items, item));
    }
    return list;
}

json_t *field_value_of_text(const field_t *field, str_t text)
{
    return value_type_of(field->schema) == SCHEMA_ARRAY ? list_of(field, text)
                                                        : scalar_of(field->schema, text);
}
