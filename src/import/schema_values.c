/* SPDX-License-Identifier: MIT */
/* Values in schemas, as people have written them. */
#include "codec/json.h"
#include "import/schema.h"

bool schema_is_true(const json_t *v)
{
    return json_is_true(v) || str_eq_nocase(json_view(v), STR("true"));
}

json_t *schema_number_of(str_t text)
{
    err_t err = ERR_INIT;
    json_t *v = json_read(text, NULL, &err);
    if (json_is_number(v)) {
        return v;
    }
    json_decref(v);
    return NULL;
}

static bool has_type(str_t type, const json_t *value)
{
    return (str_is(type, "array") && json_is_array(value)) ||
           (str_is(type, "object") && json_is_object(value)) ||
           (str_is(type, "string") && json_is_string(value)) ||
           (str_is(type, "boolean") && json_is_boolean(value)) ||
           (str_is(type, "number") && json_is_number(value)) ||
           (str_is(type, "integer") && json_is_integer(value));
}

static json_t *fitting_boolean(const json_t *value)
{
    bool no = str_eq_nocase(json_view(value), STR("false"));
    return json_is_string(value) && (no || schema_is_true(value)) ? json_boolean(!no) : NULL;
}

static json_t *fitting_number(str_t type, const json_t *value)
{
    json_t *number = json_is_string(value) ? schema_number_of(json_view(value)) : NULL;
    if (number && str_is(type, "integer") && !json_is_integer(number)) {
        json_decref(number);
        return NULL;
    }
    return number;
}

static json_t *fitting_text(const json_t *value)
{
    if (!json_is_number(value) && !json_is_boolean(value)) {
        return NULL;
    }
    buf_t digits;
    buf_init(&digits, 100);
    json_write(&digits, value);
    json_t *v = json_str(buf_view(&digits));
    buf_fini(&digits);
    return v;
}

json_t *schema_fitting(const char *type, const json_t *value)
{
    str_t wanted = str_of(type);
    return !type || has_type(wanted, value)                        ? json_deep_copy(value)
           : str_is(wanted, "boolean")                             ? fitting_boolean(value)
           : str_is(wanted, "integer") || str_is(wanted, "number") ? fitting_number(wanted, value)
           : str_is(wanted, "string")                              ? fitting_text(value)
                                                                   : NULL;
}
