/* SPDX-License-Identifier: MIT */
#include "call/field_text.h"

/* `$ref` chains are finite in a loaded definition; the bound is for models made otherwise. */
enum { REFERENCES_MAX = 32 };

bool field_is_binary(const field_t *field)
{
    const schema_t *schema = field->schema;
    for (unsigned i = 0; schema && i < REFERENCES_MAX; i++, schema = schema->ref) {
        if (schema->format == FORMAT_BINARY) {
            return true;
        }
    }
    return false;
}

bool field_is_list(const field_t *field)
{
    const schema_t *schema = field->schema;
    for (unsigned i = 0; schema && i < REFERENCES_MAX; i++, schema = schema->ref) {
        if (schema->type != SCHEMA_ANY) {
            return schema->type == SCHEMA_ARRAY;
        }
    }
    return false;
}

char collection_separator(collection_format_t format)
{
    static const char separators[] = {[COLLECTION_CSV] = ',',
                                      [COLLECTION_MULTI] = '\0',
                                      [COLLECTION_SSV] = ' ',
                                      [COLLECTION_PIPES] = '|',
                                      [COLLECTION_TSV] = '\t'};
    return separators[format];
}

/* --- paths --- */

bool is_dot_segment(str_t segment)
{
    return str_is(segment, ".") || str_is(segment, "..");
}

static err_code_t segment_fault(str_t segment)
{
    if (segment.n == 0) {
        return ERR_param_empty;
    }
    return is_dot_segment(segment) ? ERR_param_dot_segment : ERR_none;
}

err_code_t path_value_fault(url_encoding_t encoding, str_t value)
{
    if (encoding != URL_ENCODING_PATH || value.n == 0) {
        return segment_fault(value);
    }
    err_code_t fault = ERR_none;
    while (fault == ERR_none && value.p) {
        fault = segment_fault(str_cut(&value, '/'));
    }
    return fault;
}

const char *path_fault_text(err_code_t code)
{
    return code == ERR_param_empty
               ? "a value in a path, or a part of it between slashes, may not be empty"
               : "`.` and `..` may not stand in a path";
}
