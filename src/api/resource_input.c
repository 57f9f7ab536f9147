/* SPDX-License-Identifier: MIT */
/* What a request to a resource brings: query and body, checked. */
#include <stdio.h>

#include "api/routes.h"
#include "codec/form.h"
#include "base/secret.h"
#include "codec/json.h"

enum { QUERY_PARTS_MAX = 32 };

/* --- the query --- */

static bool take_part(const form_part_t *part, const char *const *names, size_t count,
                      str_t *values, err_t *err)
{
    for (size_t i = 0; i < count; i++) {
        if (names[i] && str_is(part->name, names[i])) {
            values[i] = part->value;
            return true;
        }
    }
    char pointer[80] = "/";
    err_clean_text(pointer + 1, sizeof pointer - 1, part->name);
    return err_add_detail(err, ERR_param_unknown, pointer, "there is no parameter `%s` here",
                          pointer + 1);
}

bool resource_query(resource_t *r, const char *const *names, size_t count, str_t *values,
                    err_t *err)
{
    form_t form = {.count = 0};
    arena_t *arena = http_request_arena(r->request);
    if (r->view->query.p &&
        !form_read_urlencoded_in(arena, r->view->query, QUERY_PARTS_MAX, &form, err)) {
        return false;
    }
    bool ok = true;
    for (size_t i = 0; i < form.count; i++) {
        ok = take_part(&form.parts[i], names, count, values, err) && ok;
    }
    return ok;
}

bool resource_read_limit(str_t text, unsigned *limit, err_t *err)
{
    int64_t number;
    if (!str_to_i64(text, &number)) {
        return err_add_detail(err, ERR_param_type, "/limit", "`limit` is a whole number");
    }
    *limit = number < 1 ? 1 : number > PAGE_MAX ? PAGE_MAX : (unsigned)number;
    return true;
}

bool resource_page_with(resource_t *r, const char *const *filters, size_t count, str_t *values,
                        page_t *out, err_t *err)
{
    enum { LIMIT, AFTER, FILTERS };
    const char *names[FILTERS + FILTERS_MAX] = {"limit", "after"};
    str_t all[FILTERS + FILTERS_MAX] = {STR_NONE};
    memcpy(names + FILTERS, filters, count * sizeof *filters);
    bool ok = resource_query(r, names, FILTERS + count, all, err);
    memcpy(values, all + FILTERS, count * sizeof *values);
    *out = (page_t){.limit = PAGE_DEFAULT, .after = all[AFTER]};
    return (!all[LIMIT].p || resource_read_limit(all[LIMIT], &out->limit, err)) && ok;
}

bool resource_page(resource_t *r, const char *filter, page_t *out, err_t *err)
{
    str_t value;
    bool ok = resource_page_with(r, &filter, 1, &value, out, err);
    out->filter = value;
    return ok;
}

/* --- the body --- */

static const char *type_name(json_type type)
{
    switch (type) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a text";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a whole number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    case JSON_NULL:
        return "null";
    }
    return "another type";
}

static json_type kind_of(const json_t *value)
{
    return json_is_false(value) ? JSON_TRUE : json_typeof(value);
}

static const body_member_t *find_member(const body_t *body, const char *name)
{
    for (size_t i = 0; i < body->count; i++) {
        if (strcmp(body->members[i].name, name) == 0) {
            return &body->members[i];
        }
    }
    return NULL;
}

static void check_needed(const body_t *body, const json_t *value, err_t *err)
{
    for (size_t i = 0; i < body->count; i++) {
        const char *name = body->members[i].name;
        if (body->members[i].needed && !json_object_get(value, name)) {
            char pointer[80];
            snprintf(pointer, sizeof pointer, "/%s", name);
            err_add_detail(err, ERR_param_missing, pointer, "`%s` is required", name);
        }
    }
}

bool body_check(const body_t *body, const json_t *value, err_t *err)
{
    if (!json_is_object(value)) {
        return err_add_detail(err, ERR_param_type, "", "the body is a JSON object");
    }
    check_needed(body, value, err);
    const char *name;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)value, name, member)
    {
        char pointer[80] = "/";
        err_clean_text(pointer + 1, sizeof pointer - 1, str_of(name));
        const body_member_t *known = find_member(body, name);
        if (!known) {
            err_add_detail(err, ERR_param_unknown, pointer, "there is no member `%s` here",
                           pointer + 1);
        } else if (kind_of(member) != known->type) {
            err_add_detail(err, ERR_param_type, pointer, "`%s` is %s", known->name,
                           type_name(known->type));
        }
    }
    return !err_is_set(err);
}

static bool check_media(const http_view_t *view, err_t *err)
{
    if (view->content_encoding.n) {
        return err_set(err, ERR_media_type, "a body with a Content-Encoding is not read here");
    }
    return !view->content_type.p || media_type_is_json(view->content_type) ||
           err_set(err, ERR_media_type, "the body is application/json");
}

bool resource_read_body(resource_t *r, err_t *err)
{
    const worker_options_t *options = worker_options(r->worker);
    const json_limits_t limits = {.depth = options->json_depth,
                                  .array_items = options->array_items,
                                  .values = options->json_values};
    if (!r->route->body) {
        return true;
    }
    if (r->view->body.n && !check_media(r->view, err)) {
        return false;
    }
    if (r->view->body.n) {
        r->body = json_read(r->view->body, &limits, err);
        /* Nobody reads it again, and the server's memory outlives the request. */
        secret_wipe((void *)(uintptr_t)r->view->body.p, r->view->body.n);
    } else {
        r->body = json_object();
    }
    return r->body && body_check(r->route->body, r->body, err);
}
