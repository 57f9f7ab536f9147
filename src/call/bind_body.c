/* SPDX-License-Identifier: MIT */
/* The body of a call: whole (`in: body`), or flat: its members are inputs. */
#include "call/bind_internal.h"
#include "call/field_text.h"
#include "codec/json.h"

static const char *const FORM = "application/x-www-form-urlencoded";
static const char *const MULTIPART = "multipart/form-data";

static bool refuse_media_type(binding_t *b, const char *expected)
{
    return err_set(b->err, ERR_media_type, "this action takes %s", expected);
}

static void release_numbers(void *numbers)
{
    json_numbers_free(numbers);
}

/* Depth and number are bounded here; texts and lists by the checks of their fields, which know what
 * each may hold. */
static json_t *read_json(binding_t *b)
{
    const json_limits_t limits = {.depth = b->limits->values.depth,
                                  .values = b->limits->json_values};
    json_t *value = json_read_spelt(b->request->body, &limits, &b->out->numbers, b->err);
    if (b->out->numbers) {
        arena_on_free(b->arena, release_numbers, b->out->numbers);
    }
    return value;
}

/* --- flat bodies --- */

static bool is_member(const field_t *field)
{
    return field && (field->in == IN_JSON || field->in == IN_FORM);
}

/* A file may come as a text of JSON: then its bytes are the text's. */
static void bind_json_file(binding_t *b, const field_t *field, const json_t *value)
{
    if (json_is_string(value)) {
        bind_file(b, (bound_file_t){.field = field, .bytes = json_view(value)});
    } else {
        bind_fault(b, field, ERR_param_type, "must be text");
    }
}

/* Answers how many of the object's members are inputs. */
static size_t count_members(binding_t *b)
{
    size_t count = 0;
    for (size_t i = 0; i < b->action->input.count; i++) {
        const field_t *field = &b->action->input.list[i];
        const json_t *value = is_member(field)
                                  ? json_object_getn(b->out->values, field->name.p, field->name.n)
                                  : NULL;
        count += value != NULL;
        if (value && field->in == IN_FORM && field_is_binary(field)) {
            bind_json_file(b, field, value);
        }
    }
    return count;
}

/* Members that are no inputs, or inputs of another place, do not stay: a path variable is not set
 * by a body. */
static void refuse_others(binding_t *b)
{
    const char *key;
    size_t length;
    json_t *value;
    void *next;
    json_object_keylen_foreach_safe(b->out->values, next, key, length, value)
    {
        str_t name = str_at(key, length);
        if (!is_member(fields_find(&b->action->input, name))) {
            bind_unknown(b, name);
            (void)json_object_deln(b->out->values, key, length);
        }
    }
}

/* The object itself becomes the values: nothing is copied. */
static bool bind_json_members(binding_t *b)
{
    json_t *object = read_json(b);
    if (!object) {
        return false;
    }
    if (!json_is_object(object)) {
        json_decref(object);
        return err_set(b->err, ERR_json_invalid, "an object is expected at byte 0");
    }
    bind_values(b, object);
    if (count_members(b) < json_object_size(object)) {
        refuse_others(b);
    }
    return true;
}

static void bind_part(binding_t *b, const form_part_t *part)
{
    const field_t *field = fields_find(&b->action->input, part->name);
    if (!is_member(field)) {
        bind_unknown(b, part->name);
    } else if (field->in == IN_FORM && field_is_binary(field)) {
        bind_file(b, (bound_file_t){field, part->value, part->file_name, part->type});
    } else if (!str_is_utf8(part->value)) {
        bind_fault(b, field, ERR_request_bad_encoding, "the value is not UTF-8");
    } else {
        bind_text(b, field, part->value);
    }
}

static bool bind_form_members(binding_t *b, bool multipart)
{
    const call_request_t *r = b->request;
    form_t form;
    bool read = multipart ? form_read_multipart_in(b->arena, r->body, r->content_type,
                                                   b->limits->form_parts, &form, b->err)
                          : form_read_urlencoded_in(b->arena, r->body, b->limits->form_parts, &form,
                                                    b->err);
    if (!read) {
        return false;
    }
    bind_values(b, json_object());
    for (size_t i = 0; i < form.count; i++) {
        bind_part(b, &form.parts[i]);
    }
    return true;
}

/* Microsoft's client labels JSON as a form; no form begins like an object. */
static bool looks_like_object(str_t body)
{
    return str_starts(str_trim(body), STR("{"));
}

static bool bind_flat(binding_t *b)
{
    str_t type = b->request->content_type;
    bool multipart = media_type_is(type, MULTIPART);
    bool form = multipart || media_type_is(type, FORM);
    if (form && !looks_like_object(b->request->body)) {
        return bind_form_members(b, multipart);
    }
    if (form || type.n == 0 || media_type_is_json(type)) {
        return bind_json_members(b);
    }
    return refuse_media_type(b, "application/json or a form");
}

/* --- whole bodies --- */

/* A header field of that name checks by itself what may stand in it. */
static bool declares_content_type(const action_t *action)
{
    for (size_t i = 0; i < action->input.count; i++) {
        const field_t *field = &action->input.list[i];
        if (field->in == IN_HEADER && str_eq_nocase(field->name, STR("content-type"))) {
            return true;
        }
    }
    return false;
}

/* declared: type/subtype, either of them perhaps `*`. */
static bool is_in_range(str_t type, str_t declared)
{
    type = str_trim(str_cut(&type, ';'));
    declared = str_trim(str_cut(&declared, ';'));
    str_t subtype = declared;
    str_t kind = str_cut(&subtype, '/');
    if (str_is(subtype, "*")) {
        return str_is(kind, "*") || str_eq_nocase(str_cut(&type, '/'), kind);
    }
    return str_eq_nocase(type, declared);
}

static bool is_text_charset(str_t charset)
{
    return !charset.p || str_eq_nocase(charset, STR("utf-8")) ||
           str_eq_nocase(charset, STR("us-ascii"));
}

static bool check_media_type(binding_t *b)
{
    str_t type = b->request->content_type;
    str_t declared = b->action->input_type;
    if (type.n == 0 || declares_content_type(b->action)) {
        return true;
    }
    bool fits =
        media_type_is_json(declared) ? media_type_is_json(type) : is_in_range(type, declared);
    if (!fits) {
        char expected[128];
        err_clean_text(expected, sizeof expected, declared);
        return refuse_media_type(b, expected);
    }
    return is_text_charset(media_type_parameter_in(b->arena, type, "charset")) ||
           refuse_media_type(b, "texts in UTF-8");
}

static bool bind_json_body(binding_t *b, const field_t *field)
{
    json_t *value = read_json(b);
    if (value) {
        bind_value(b, field, value);
    }
    return value != NULL;
}

static bool bind_text_body(binding_t *b, const field_t *field)
{
    if (!str_is_utf8(b->request->body)) {
        return err_set(b->err, ERR_request_bad_encoding, "the body is not UTF-8");
    }
    bind_value(b, field, json_str(b->request->body));
    return true;
}

static bool bind_whole(binding_t *b, const field_t *field)
{
    const call_request_t *r = b->request;
    bool json = media_type_is_json(b->action->input_type);
    bind_values(b, json_object());
    /* An empty text or file is one where somebody says so. */
    if (r->body.n == 0 && (json || r->content_type.n == 0)) {
        return true;
    }
    if (!check_media_type(b)) {
        return false;
    }
    if (field_is_binary(field) ||
        media_type_is(b->action->input_type, "application/octet-stream")) {
        bind_file(b, (bound_file_t){.field = field,
                                    .bytes = r->body.p ? r->body : STR(""),
                                    .type = r->content_type});
        return true;
    }
    return json ? bind_json_body(b, field) : bind_text_body(b, field);
}

bool bind_body(binding_t *b)
{
    str_t encoding = b->request->content_encoding;
    if (encoding.n && !str_eq_nocase(encoding, STR("identity"))) {
        return err_set(b->err, ERR_media_type, "a body is taken without content encoding only");
    }
    if (b->action->body_field) {
        return bind_whole(b, b->action->body_field);
    }
    if (b->request->body.n == 0) {
        bind_values(b, json_object());
        return true;
    }
    return bind_flat(b);
}
