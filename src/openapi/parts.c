/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "openapi/document.h"

json_t *key_scheme(void)
{
    return json_pack("{s:s,s:s,s:s,s:s}", "type", "apiKey", "name", "X-API-Key", "in", "header",
                     "description", "A key of Tenon that is bound to the connection.");
}

static const field_t *content_type_field(const action_t *a)
{
    for (size_t i = 0; i < a->input.count; i++) {
        const field_t *f = &a->input.list[i];
        if (f->in == IN_HEADER && str_eq_nocase(f->name, STR("content-type"))) {
            return f;
        }
    }
    return NULL;
}

json_t *body_media_types(const action_t *a)
{
    const field_t *f = a->body_field ? content_type_field(a) : NULL;
    if (f && f->schema->enumeration) {
        return json_deep_copy(f->schema->enumeration);
    }
    str_t type = a->body_field ? a->input_type
                 : a->in_parts ? STR("multipart/form-data")
                 : a->has_form ? STR("application/x-www-form-urlencoded")
                               : STR("application/json");
    return json_texts(&type, 1);
}

json_t *json_of_number(double value)
{
    static const double EXACT = 9007199254740992.0; /* 2^53: below it every integer is a double */
    bool whole = fabs(value) < EXACT && value == (double)(int64_t)value;
    return whole ? json_integer((int64_t)value) : json_real(value);
}

str_t unique_name_in(arena_t *arena, const char *wanted,
                     bool (*is_taken)(const void *context, str_t name), const void *context)
{
    str_t name = arena_str(arena, str_of(wanted));
    for (unsigned i = 2; is_taken(context, name); i++) {
        name = arena_printf(arena, "%s%u", wanted, i);
    }
    return name;
}
