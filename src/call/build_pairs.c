/* SPDX-License-Identifier: MIT */
/* name=value pairs of queries and forms, in their order. */
#include "call/build_internal.h"
#include "call/field_text.h"
#include "codec/json.h"
#include "codec/url.h"

static void insert(draft_t *d, pairs_t *pairs, size_t at, pair_t pair)
{
    if (pairs->count == pairs->capacity) {
        pairs->capacity = pairs->capacity ? pairs->capacity * 2 : 16;
        pair_t *wider = arena_array_of(d->b->arena, pair_t, pairs->capacity);
        for (size_t i = 0; i < pairs->count; i++) {
            wider[i] = pairs->list[i];
        }
        pairs->list = wider;
    }
    for (size_t i = pairs->count++; i > at; i--) {
        pairs->list[i] = pairs->list[i - 1];
    }
    pairs->list[at] = pair;
}

void pairs_add(draft_t *d, pairs_t *pairs, pair_t pair)
{
    insert(d, pairs, pairs->count, pair);
}

/* Answers where the first of that name stood, or the end. */
static size_t take_out(pairs_t *pairs, str_t name)
{
    size_t first = SIZE_MAX;
    size_t kept = 0;
    for (size_t i = 0; i < pairs->count; i++) {
        if (!str_eq(pairs->list[i].name, name)) {
            pairs->list[kept++] = pairs->list[i];
        } else if (first == SIZE_MAX) {
            first = kept;
        }
    }
    pairs->count = kept;
    return first == SIZE_MAX ? kept : first;
}

static bool put_at(draft_t *d, pairs_t *pairs, size_t *at, str_t name, const json_t *value)
{
    pair_t pair = {.name = name};
    if (json_is_null(value)) {
        return true;
    }
    if (!draft_value_text(d, value, &pair.value)) {
        return false;
    }
    insert(d, pairs, (*at)++, pair);
    return true;
}

bool pairs_put(draft_t *d, pairs_t *pairs, str_t name, const json_t *value)
{
    size_t at = take_out(pairs, name);
    if (!json_is_array(value)) {
        return put_at(d, pairs, &at, name, value);
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (!put_at(d, pairs, &at, name, json_array_get(value, i))) {
            return false;
        }
    }
    return true;
}

/* --- trees --- */

/* What is nothing but `${input.FILE}` in a form is that file. */
static const bound_file_t *file_of_tree(const draft_t *d, const template_tree_t *tree)
{
    const template_t *t = tree->kind == TREE_TEMPLATE ? tree->template : NULL;
    const expr_t *ref = t && t->count == 1 ? t->parts[0].expr : NULL;
    bool is_input = ref && ref->kind == EXPR_REF && ref->root == ROOT_INPUT && ref->step_count == 1;
    size_t count = is_input && d->b->input ? d->b->input->file_count : 0;
    for (size_t i = 0; i < count; i++) {
        const bound_file_t *file = &d->b->input->files[i];
        if (file->field->in == IN_FORM && str_eq(file->field->name, ref->steps[0].name)) {
            return file;
        }
    }
    return NULL;
}

static bool put_member(draft_t *d, pairs_t *pairs, const template_member_t *member)
{
    const template_tree_t *tree = member->value;
    json_t *value;
    if (tree->kind == TREE_VALUE && json_is_null(tree->value)) {
        take_out(pairs, member->name);
        return true;
    }
    const bound_file_t *file = pairs == &d->content.form ? file_of_tree(d, tree) : NULL;
    if (file) {
        insert(d, pairs, take_out(pairs, member->name),
               (pair_t){.name = member->name, .file = file});
        return true;
    }
    return draft_tree_of_texts(d, tree, &value) &&
           (!value || pairs_put(d, pairs, member->name, value));
}

bool pairs_put_tree(draft_t *d, pairs_t *pairs, const template_tree_t *tree)
{
    for (size_t i = 0; tree && i < tree->count; i++) {
        if (!put_member(d, pairs, &tree->members[i])) {
            return false;
        }
    }
    return true;
}

/* --- fields --- */

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
    size_t at = take_out(pairs, field->name);
    if (json_array_size(list) == 0) {
        return true;
    }
    if (!(in_query ? encode_list(d, field, list, &pair.encoded)
                   : join_list(d, field, list, &pair.value))) {
        return false;
    }
    insert(d, pairs, at, pair);
    return true;
}

bool pairs_put_field(draft_t *d, pairs_t *pairs, const field_t *field, bool in_query)
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

/* --- queries --- */

static str_t decoded_in(draft_t *d, str_t name)
{
    buf_t *b = draft_buf(d);
    return url_decode(b, name, true) ? buf_view(b) : name;
}

void pairs_add_encoded(draft_t *d, pairs_t *pairs, str_t encoded)
{
    str_t rest = encoded;
    str_t name = str_cut(&rest, '=');
    pairs_add(d, pairs, (pair_t){.name = decoded_in(d, name), .encoded = encoded});
}

void pairs_add_query(draft_t *d, pairs_t *pairs, str_t query)
{
    while (query.p) {
        str_t encoded = str_cut(&query, '&');
        if (encoded.n > 0) {
            pairs_add_encoded(d, pairs, encoded);
        }
    }
}

void pairs_write_query(const pairs_t *pairs, buf_t *to)
{
    for (size_t i = 0; i < pairs->count; i++) {
        const pair_t *pair = &pairs->list[i];
        if (i > 0) {
            buf_char(to, '&');
        }
        if (pair->encoded.p) {
            buf_str(to, pair->encoded);
            continue;
        }
        url_encode_query(to, pair->name);
        buf_char(to, '=');
        url_encode_query(to, pair->value);
    }
}
