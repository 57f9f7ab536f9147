/* SPDX-License-Identifier: MIT */
#include "grant/parameters.h"

#include "codec/json.h"

enum { PARAMETER_BYTES_MAX = 1024 * 1024 };

static void release(void *value)
{
    json_decref(value);
}

/* Makes room at index and puts the parameter there; steals value. */
static void insert(grant_build_t *build, size_t index, str_t name, json_t *value)
{
    grant_parameters_t *all = &build->parameters;
    if (all->count == all->capacity) {
        size_t capacity = all->capacity ? all->capacity * 2 : 16;
        grant_parameter_t *grown = arena_array_of(build->arena, grant_parameter_t, capacity);
        if (all->count) {
            memcpy(grown, all->list, all->count * sizeof *grown);
        }
        all->list = grown;
        all->capacity = capacity;
    }
    memmove(all->list + index + 1, all->list + index, (all->count - index) * sizeof *all->list);
    all->list[index] = (grant_parameter_t){.name = arena_str(build->arena, name), .value = value};
    all->count++;
    arena_on_free(build->arena, release, value);
}

void parameters_add(grant_build_t *build, str_t name, json_t *value)
{
    insert(build, build->parameters.count, name, value);
}

void parameters_add_minted(grant_build_t *build, str_t name, json_t *value)
{
    parameters_add(build, name, value);
    build->parameters.list[build->parameters.count - 1].minted = true;
}

bool parameters_have(const grant_build_t *build, str_t name)
{
    for (size_t i = 0; i < build->parameters.count; i++) {
        if (str_eq(build->parameters.list[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* Takes every parameter of that name out; answers where the first stood, or the end. */
static size_t take_out(grant_parameters_t *all, str_t name)
{
    size_t first = SIZE_MAX, kept = 0;
    for (size_t i = 0; i < all->count; i++) {
        if (!str_eq(all->list[i].name, name)) {
            all->list[kept++] = all->list[i];
        } else if (first == SIZE_MAX) {
            first = kept;
        }
    }
    all->count = kept;
    return first == SIZE_MAX ? kept : first;
}

static void put(grant_build_t *build, str_t name, json_t *value, bool keep_lists)
{
    size_t at = take_out(&build->parameters, name);
    if (!json_is_array(value) || keep_lists) {
        insert(build, at, name, json_incref(value));
        return;
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        insert(build, at + i, name, json_incref(json_array_get(value, i)));
    }
}

bool parameters_override(grant_build_t *build, const template_tree_t *tree, bool keep_lists,
                         err_t *err)
{
    for (size_t i = 0; tree && i < tree->count; i++) {
        const template_member_t *member = &tree->members[i];
        bool removes = member->value->kind == TREE_VALUE && json_is_null(member->value->value);
        if (removes) {
            take_out(&build->parameters, member->name);
            continue;
        }
        json_t *value = NULL;
        switch (template_tree_json(member->value, build->scope, &value, err)) {
        case TEMPLATE_FAILED:
            return false;
        case TEMPLATE_ABSENT:
            continue;
        case TEMPLATE_OK:
            put(build, member->name, value, keep_lists);
            json_decref(value);
            break;
        }
    }
    return true;
}

void parameter_text(const json_t *value, buf_t *to)
{
    if (json_is_string(value)) {
        buf_str(to, json_view(value));
    } else {
        json_write(to, value);
    }
}

bool parameters_write(const grant_build_t *build, parameters_encode_t *encode, buf_t *to,
                      err_t *err)
{
    buf_t text;
    bool ok = true;
    buf_init_wiping(&text, PARAMETER_BYTES_MAX);
    for (size_t i = 0; ok && i < build->parameters.count; i++) {
        const grant_parameter_t *p = &build->parameters.list[i];
        buf_clear(&text);
        parameter_text(p->value, &text);
        if (i) {
            buf_char(to, '&');
        }
        encode(to, p->name);
        buf_char(to, '=');
        encode(to, buf_view(&text));
        ok = buf_ok(&text) && buf_ok(to);
    }
    buf_fini(&text);
    return ok || err_set(err, ERR_param_too_long, "the token request is too long");
}
