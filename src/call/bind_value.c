/* SPDX-License-Identifier: MIT */
/* Values and files as they come in, and what is said about them. */
#include <stdarg.h>
#include <stdio.h>

#include "call/bind_internal.h"
#include "call/field_text.h"
#include "codec/json.h"
#include "definition/diagnostic.h"

/* --- what is said about fields --- */

void bind_fault(binding_t *b, const field_t *field, err_code_t code, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    err_add_detail(b->err, code, field_pointer(field->name).text, "%s", text);
    b->faulty[field - b->action->input.list] = true;
}

static const char *place_name(field_in_t in)
{
    static const char *const names[] = {
        [IN_PATH] = "path", [IN_QUERY] = "query", [IN_HEADER] = "headers",
        [IN_FORM] = "body", [IN_JSON] = "body",   [IN_BODY] = "body"};
    return names[in];
}

static const field_t *nearest_field(const binding_t *b, str_t name)
{
    const fields_t *fields = &b->action->input;
    str_t *names = arena_array_of(b->arena, str_t, fields->count);
    for (size_t i = 0; i < fields->count; i++) {
        names[i] = fields->list[i].name;
    }
    return fields_find(fields, nearest_name(name, names, fields->count));
}

void bind_unknown(binding_t *b, str_t name)
{
    char shown[48];
    if (b->err->detail_count == ERR_DETAILS_MAX) {
        return;
    }
    const field_t *nearest = nearest_field(b, name);
    err_clean_text(shown, sizeof shown, name);
    if (nearest) {
        err_add_detail(b->err, ERR_param_unknown, field_pointer(name).text,
                       "the action has no input `%s` here; did you mean `%.*s` in the %s?", shown,
                       STR_ARG(nearest->name), place_name(nearest->in));
    } else {
        err_add_detail(b->err, ERR_param_unknown, field_pointer(name).text,
                       "the action has no input `%s` here", shown);
    }
}

/* --- values --- */

static void release(void *values)
{
    json_decref(values);
}

void bind_values(binding_t *b, json_t *values)
{
    b->out->values = values;
    arena_on_free(b->arena, release, values);
}

json_t *bound_value(const binding_t *b, const field_t *field)
{
    return json_object_getn(b->out->values, field->name.p, field->name.n);
}

void bind_value(binding_t *b, const field_t *field, json_t *value)
{
    (void)json_object_setn_new_nocheck(b->out->values, field->name.p, field->name.n, value);
}

/* Before the text becomes a value an item: a body of 16 MiB holds 8 million of them. */
static bool has_too_many_items(const binding_t *b, const field_t *field, str_t text)
{
    char separator = collection_separator(field->collection);
    int64_t own_limit = field->schema->max_items;
    size_t common = b->limits->values.array_items;
    size_t most = own_limit > (int64_t)common ? (size_t)own_limit : common;
    size_t items = 1;
    for (size_t i = 0; separator && i < text.n; i++) {
        items += text.p[i] == separator;
    }
    return items > most;
}

/* value is an item or a list that comes behind those that are there. */
static void bind_again(binding_t *b, const field_t *field, json_t *present, json_t *value)
{
    if (!json_is_array(present) || field->collection != COLLECTION_MULTI) {
        bind_fault(b, field, ERR_param_value, "the name stands twice");
    } else if (json_is_array(value)) {
        (void)json_array_extend(present, value);
    } else {
        (void)json_array_append(present, value);
    }
    json_decref(value);
}

void bind_text(binding_t *b, const field_t *field, str_t text)
{
    if (field_is_list(field) && has_too_many_items(b, field, text)) {
        bind_fault(b, field, ERR_param_limit, "the list has too many items");
        return;
    }
    json_t *present = bound_value(b, field);
    json_t *value = field_value_of_text(field, text);
    if (present) {
        bind_again(b, field, present, value);
    } else {
        bind_value(b, field, value);
    }
}

/* --- files --- */

const bound_file_t *bound_file(const bound_input_t *input, const field_t *field)
{
    for (size_t i = 0; i < input->file_count; i++) {
        if (input->files[i].field == field) {
            return &input->files[i];
        }
    }
    return NULL;
}

void bind_file(binding_t *b, bound_file_t file)
{
    bound_input_t *out = b->out;
    if (bound_file(out, file.field)) {
        bind_fault(b, file.field, ERR_param_value, "the name stands twice");
        return;
    }
    if (!out->files) {
        out->files = arena_array_of(b->arena, bound_file_t, b->action->input.count);
    }
    out->files[out->file_count++] = file;
}
