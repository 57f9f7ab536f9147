/* SPDX-License-Identifier: MIT */
/* name=value pairs of queries and forms, in their order. */
#include "codec/json.h"
#include "codec/url.h"
#include "request/draft.h"

void pairs_insert(draft_t *d, pairs_t *pairs, size_t at, pair_t pair)
{
    if (pairs->count == pairs->capacity) {
        pairs->capacity = pairs->capacity ? pairs->capacity * 2 : 16;
        pair_t *wider = arena_array_of(d->arena, pair_t, pairs->capacity);
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
    pairs_insert(d, pairs, pairs->count, pair);
}

size_t pairs_take_out(pairs_t *pairs, str_t name)
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
    pairs_insert(d, pairs, (*at)++, pair);
    return true;
}

bool pairs_put(draft_t *d, pairs_t *pairs, str_t name, const json_t *value)
{
    size_t at = pairs_take_out(pairs, name);
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
    for (size_t i = 0; is_input && i < d->file_count; i++) {
        const bound_file_t *file = &d->files[i];
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
        pairs_take_out(pairs, member->name);
        return true;
    }
    const bound_file_t *file = pairs == &d->content.form ? file_of_tree(d, tree) : NULL;
    if (file) {
        pairs_insert(d, pairs, pairs_take_out(pairs, member->name),
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
