/* SPDX-License-Identifier: MIT */
/* The body of a request: what is there, then what the definition adds to it, then the bytes. */
#include "codec/base64.h"
#include "codec/form.h"
#include "codec/json.h"
#include "codec/xml.h"
#include "request/draft.h"
#include "seal/hash.h"

static const str_t OCTETS = STR_INIT("application/octet-stream");

static bool method_is_one_of(const draft_t *d, const char *const *methods)
{
    for (size_t i = 0; methods[i]; i++) {
        if (str_is(d->out->method, methods[i])) {
            return true;
        }
    }
    return false;
}

/* --- merging --- */

/* Whoever owns the object that is there, keeps it as it is. */
static void merge(draft_t *d, json_t *members)
{
    content_t *content = &d->content;
    if (content->kind != CONTENT_JSON) {
        *content = (content_t){CONTENT_JSON, .json = members};
        return;
    }
    content->json = draft_keep(d, json_copy(content->json));
    (void)json_object_update(content->json, members);
}

/* members stand on top of what is there, an object on an object; anything else replaces it. */
static bool merge_json(draft_t *d, const template_tree_t *tree)
{
    json_t *members;
    content_t *content = &d->content;
    if (!draft_tree(d, tree, &members)) {
        return false;
    }
    if (members && json_is_object(members) && content->kind == CONTENT_JSON &&
        !json_is_object(content->json)) {
        return draft_fault(d, d->body_field ? d->body_field->name : STR("body"), ERR_param_type,
                           "must be an object, as the action adds members to it");
    }
    if (members && json_is_object(members)) {
        merge(d, members);
    } else if (members) {
        *content = (content_t){CONTENT_JSON, .json = members};
    }
    return true;
}

static bool set_text(draft_t *d, const template_t *t)
{
    str_t text;
    if (!draft_text(d, t, &text)) {
        return false;
    }
    if (text.p) {
        d->content =
            (content_t){CONTENT_BYTES, .bytes = text, .type = STR("text/plain; charset=utf-8")};
    }
    return true;
}

static bool set_xml(draft_t *d, const template_tree_t *tree)
{
    json_t *root;
    buf_t *xml = draft_buf(d);
    if (!draft_tree(d, tree, &root) || (root && !xml_write(xml, root, d->err))) {
        return false;
    }
    if (root) {
        d->content =
            (content_t){CONTENT_BYTES, .bytes = buf_view(xml), .type = STR("application/xml")};
    }
    return true;
}

static bool merge_form(draft_t *d, const template_tree_t *tree)
{
    if (d->content.kind != CONTENT_FORM) {
        d->content = (content_t){.kind = CONTENT_FORM};
    }
    return pairs_put_tree(d, &d->content.form, tree);
}

bool content_of_request(draft_t *d, const request_definition_t *request)
{
    switch (request->body_kind) {
    case BODY_JSON:
        return merge_json(d, request->body);
    case BODY_FORM:
        return merge_form(d, request->body);
    case BODY_XML:
        return set_xml(d, request->body);
    case BODY_TEXT:
        return set_text(d, request->text);
    case BODY_NONE:
        break;
    }
    return true;
}

bool content_inject(draft_t *d, const template_tree_t *members)
{
    static const char *const bodiless[] = {"GET", "HEAD", NULL};
    bool has_place = d->content.kind == CONTENT_JSON
                         ? json_is_object(d->content.json)
                         : d->content.kind == CONTENT_NONE && !method_is_one_of(d, bodiless);
    return !members || !has_place || merge_json(d, members);
}

/* --- writing --- */

static str_t new_boundary(draft_t *d)
{
    unsigned char random[16];
    buf_t *b = draft_buf(d);
    random_bytes(random, sizeof random);
    buf_lit(b, "tenon-");
    hex_write(b, str_at(random, sizeof random));
    return buf_view(b);
}

static form_part_t part_of(const pair_t *pair)
{
    const bound_file_t *file = pair->file;
    if (!file) {
        return (form_part_t){.name = pair->name, .value = pair->value};
    }
    /* Servers take a part without a file name for text. */
    return (form_part_t){.name = pair->name,
                         .value = file->bytes,
                         .file_name = file->file_name.n ? file->file_name : pair->name,
                         .type = file->type.n ? file->type : OCTETS};
}

static void write_multipart(draft_t *d, buf_t *to)
{
    const pairs_t *form = &d->content.form;
    str_t boundary = new_boundary(d);
    for (size_t i = 0; i < form->count; i++) {
        form_part_t part = part_of(&form->list[i]);
        form_write_part(to, boundary, &part);
    }
    form_write_end(to, boundary);
    d->content.type =
        arena_printf(d->arena, "multipart/form-data; boundary=%.*s", STR_ARG(boundary));
}

static void write_form(draft_t *d, buf_t *to)
{
    content_t *content = &d->content;
    for (size_t i = 0; i < content->form.count; i++) {
        content->multipart = content->multipart || content->form.list[i].file;
    }
    if (content->multipart) {
        write_multipart(d, to);
        return;
    }
    for (size_t i = 0; i < content->form.count; i++) {
        form_write_pair(to, content->form.list[i].name, content->form.list[i].value);
    }
    content->type = STR("application/x-www-form-urlencoded");
}

/* An object of which nothing came is a body where the method means one; elsewhere, and as a form,
 * it is none. */
static bool is_nothing(const draft_t *d)
{
    static const char *const with_body[] = {"POST", "PUT", "PATCH", NULL};
    const content_t *content = &d->content;
    if (content->kind == CONTENT_FORM) {
        return content->form.count == 0;
    }
    return content->kind == CONTENT_JSON && !d->body_field && json_is_object(content->json) &&
           json_object_size(content->json) == 0 && !method_is_one_of(d, with_body);
}

bool content_write(draft_t *d)
{
    content_t *content = &d->content;
    if (content->kind == CONTENT_NONE || is_nothing(d)) {
        return true;
    }
    buf_t *body = draft_buf(d);
    if (content->kind == CONTENT_JSON) {
        json_write_spelt(body, content->json, d->numbers);
        content->type = content->type.n ? content->type : STR("application/json");
    } else if (content->kind == CONTENT_FORM) {
        write_form(d, body);
    }
    d->out->body = content->kind == CONTENT_BYTES ? content->bytes : buf_view(body);
    if (content->multipart || !draft_has_header(d, "Content-Type")) {
        draft_header(d, STR("Content-Type"), content->type);
    }
    return buf_ok(body) ||
           err_set(d->err, ERR_body_too_large, "the request to the service would be too long");
}
