/* SPDX-License-Identifier: MIT */
/* The inputs of an action in their places (FORMAT 4 and 7): query, headers, body. */
#include "call/build_internal.h"
#include "call/field_text.h"
#include "codec/form.h"
#include "codec/json.h"
#include "codec/url.h"

static const str_t OCTETS = STR_INIT("application/octet-stream");

/* --- lists --- */

/* alike: a separator within an item would look like one between two, and make two of it. */
static bool item_text(draft_t *d, const field_t *field, const json_t *item, bool alike, str_t *out)
{
    return draft_value_text(d, item, out) &&
           (!alike || str_index(*out, collection_separator(field->collection)) == SIZE_MAX ||
            draft_fault(d, field->name, ERR_param_value,
                        "an item holds the character that parts one from the next"));
}

/* name=a,b: each item encoded, so that a separator inside an item differs from one between two. A
 * blank, a tab and a bar cannot stand in a URL (RFC 3986 3.4): they are encoded between two, too.
 */
static bool encode_list(draft_t *d, const field_t *field, const json_t *list, str_t *out)
{
    char separator = collection_separator(field->collection);
    buf_t *b = draft_buf(d);
    url_encode_query(b, field->name);
    buf_char(b, '=');
    for (size_t i = 0; i < json_array_size(list); i++) {
        str_t item;
        if (!item_text(d, field, json_array_get(list, i), separator != ',', &item)) {
            return false;
        }
        if (i > 0 && separator == ',') {
            buf_char(b, ',');
        } else if (i > 0) {
            url_encode_query(b, str_at(&separator, 1));
        }
        url_encode_query(b, item);
    }
    *out = buf_view(b);
    return draft_check_buf(d, b);
}

static bool join_list(draft_t *d, const field_t *field, const json_t *list, str_t *out)
{
    buf_t *b = draft_buf(d);
    for (size_t i = 0; i < json_array_size(list); i++) {
        str_t item;
        if (!item_text(d, field, json_array_get(list, i), true, &item)) {
            return false;
        }
        if (i > 0) {
            buf_char(b, collection_separator(field->collection));
        }
        buf_str(b, item);
    }
    *out = buf_view(b);
    return draft_check_buf(d, b);
}

static bool put_list(draft_t *d, pairs_t *pairs, const field_t *field, const json_t *list,
                     bool in_query)
{
    pair_t pair = {.name = field->name};
    size_t at = pairs_take_out(pairs, field->name);
    if (json_array_size(list) == 0) {
        return true;
    }
    if (!(in_query ? encode_list(d, field, list, &pair.encoded)
                   : join_list(d, field, list, &pair.value))) {
        return false;
    }
    pairs_insert(d, pairs, at, pair);
    return true;
}

/* By its collectionFormat. in_query: its separators stay as they are there. */
static bool pairs_put_field(draft_t *d, pairs_t *pairs, const field_t *field, bool in_query)
{
    const json_t *value = draft_input(d, field);
    if (!value) {
        return true;
    }
    if (json_is_array(value) && collection_separator(field->collection)) {
        return put_list(d, pairs, field, value, in_query);
    }
    return pairs_put(d, pairs, field->name, value);
}

/* --- query and headers --- */

bool draft_query_fields(draft_t *d)
{
    const fields_t *fields = &build_of(d)->action->input;
    for (size_t i = 0; i < fields->count; i++) {
        const field_t *field = &fields->list[i];
        if (field->in == IN_QUERY && !field->sent_by_template &&
            !pairs_put_field(d, &d->query, field, true)) {
            return false;
        }
    }
    return true;
}

static bool put_field(draft_t *d, const field_t *field)
{
    const json_t *value = draft_input(d, field);
    str_t text;
    if (!value || json_is_null(value)) {
        return true;
    }
    if (!draft_value_text(d, value, &text)) {
        return false;
    }
    if (!message_header_value_ok(text)) {
        return draft_fault(d, field->name, ERR_param_control_char,
                           "a header carries printable ASCII, blanks and tabs only");
    }
    draft_header(d, field->name, text);
    return true;
}

bool draft_header_fields(draft_t *d)
{
    const fields_t *fields = &build_of(d)->action->input;
    for (size_t i = 0; i < fields->count; i++) {
        const field_t *field = &fields->list[i];
        if (field->in == IN_HEADER && !field->sent_by_template && !put_field(d, field)) {
            return false;
        }
    }
    return true;
}

/* --- body --- */

static const bound_file_t *file_of(const draft_t *d, const field_t *field)
{
    const bound_input_t *input = build_of(d)->input;
    return input ? bound_file(input, field) : NULL;
}

/* The caller's own type where the definition leaves it open. */
static str_t body_type(const action_t *action, str_t given)
{
    bool open = str_index(action->input_type, '*') != SIZE_MAX;
    return !open ? action->input_type : given.n ? given : OCTETS;
}

static bool content_of_body(draft_t *d, const field_t *field)
{
    const action_t *action = build_of(d)->action;
    const bound_file_t *file = file_of(d, field);
    const json_t *value = draft_input(d, field);
    content_t *content = &d->content;
    if (file) {
        *content =
            (content_t){CONTENT_BYTES, .bytes = file->bytes, .type = body_type(action, file->type)};
    } else if (value && media_type_is_json(action->input_type)) {
        *content = (content_t){CONTENT_JSON, .json = (json_t *)(uintptr_t)value,
                               .type = action->input_type};
    } else if (value) {
        *content = (content_t){CONTENT_BYTES, .type = body_type(action, STR("text/plain"))};
        return draft_value_text(d, value, &content->bytes);
    }
    return true;
}

static void add_json_field(draft_t *d, const field_t *field)
{
    const json_t *value = draft_input(d, field);
    content_t *content = &d->content;
    if (content->kind != CONTENT_JSON) {
        *content = (content_t){CONTENT_JSON, .json = draft_keep(d, json_object())};
    }
    if (value) {
        (void)json_object_setn_nocheck(content->json, field->name.p, field->name.n,
                                       (json_t *)(uintptr_t)value);
    }
}

static bool add_form_field(draft_t *d, const field_t *field)
{
    const bound_file_t *file = file_of(d, field);
    content_t *content = &d->content;
    content->kind = CONTENT_FORM;
    content->multipart = build_of(d)->action->in_parts;
    if (field_is_binary(field)) {
        if (file) {
            pairs_add(d, &content->form, (pair_t){.name = field->name, .file = file});
        }
        return true;
    }
    return pairs_put_field(d, &content->form, field, false);
}

bool content_of_fields(draft_t *d)
{
    const action_t *action = build_of(d)->action;
    if (action->body_field) {
        return content_of_body(d, action->body_field);
    }
    for (size_t i = 0; i < action->input.count; i++) {
        const field_t *field = &action->input.list[i];
        if (field->sent_by_template) {
            continue;
        }
        if (field->in == IN_JSON) {
            add_json_field(d, field);
        } else if (field->in == IN_FORM && !add_form_field(d, field)) {
            return false;
        }
    }
    return true;
}
