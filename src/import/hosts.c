/* SPDX-License-Identifier: MIT */
#include "import/hosts.h"

#include "codec/json.h"

static void take_authority(hosts_t *h, str_t authority);

/* The parameter of `${connection.NAME}` or `${default(connection.NAME, …)}`. */
static const json_t *field_of(const hosts_t *h, str_t expression)
{
    static const str_t root = STR_INIT("connection.");
    size_t at = str_find(expression, root, 0);
    size_t from = at == SIZE_MAX ? expression.n : at + root.n, to = from;
    while (to < expression.n && (ascii_is_alnum(expression.p[to]) || expression.p[to] == '_')) {
        to++;
    }
    str_t name = str_slice(expression, from, to);
    return json_object_getn(h->parameters, name.p ? name.p : "", name.n);
}

static str_t without_scheme(str_t text)
{
    size_t at = str_find(text, STR("://"), 0);
    return at == SIZE_MAX ? text : str_slice(text, at + 3, text.n);
}

/* A host for each value that the user may choose. */
static bool take_choices(hosts_t *h, str_t before, const json_t *field, str_t after)
{
    const json_t *choices = json_object_get(field, "choices");
    const char *value;
    json_t *label;
    json_object_foreach((json_t *)(uintptr_t)choices, value, label)
    {
        (void)label;
        str_t all = arena_printf(h->arena, "%.*s%s%.*s", STR_ARG(before), value, STR_ARG(after));
        str_t rest = without_scheme(all);
        take_authority(h, str_cut(&rest, '/'));
    }
    return json_object_size(choices) > 0;
}

/* `.example.com` behind a value: any label there. */
static bool take_suffix(hosts_t *h, str_t suffix)
{
    bool two = suffix.n > 1 && suffix.p[0] == '.' &&
               str_index(str_slice(suffix, 1, suffix.n), '.') != SIZE_MAX;
    if (two && str_find(suffix, STR("${"), 0) == SIZE_MAX) {
        json_object_set_new(h->patterns, arena_printf(h->arena, "*%.*s", STR_ARG(suffix)).p,
                            json_true());
        return true;
    }
    return false;
}

static str_t lower_in(arena_t *arena, str_t text)
{
    str_t copy = arena_str(arena, text);
    for (size_t i = 0; i < copy.n; i++) {
        ((char *)(uintptr_t)copy.p)[i] = ascii_lower(copy.p[i]);
    }
    return copy;
}

static void take_authority(hosts_t *h, str_t authority)
{
    size_t from = str_find(authority, STR("${"), 0);
    if (from == SIZE_MAX) {
        json_object_set_new(h->patterns, lower_in(h->arena, authority).p, json_true());
        return;
    }
    size_t to = str_find(authority, STR("}"), from);
    str_t expression = str_slice(authority, from, to);
    str_t after = str_slice(authority, to + 1, authority.n);
    if (!take_choices(h, str_slice(authority, 0, from), field_of(h, expression), after) &&
        !take_suffix(h, after)) {
        h->any = true;
    }
}

/* The authority of a template: to the first `/` or `?` outside of `${…}`. */
static str_t authority_of(str_t url)
{
    str_t rest = str_starts(url, STR("${")) ? url : without_scheme(url);
    size_t i = 0;
    for (unsigned depth = 0; i < rest.n; i++) {
        depth += rest.p[i] == '{';
        depth -= rest.p[i] == '}' && depth > 0;
        if (depth == 0 && (rest.p[i] == '/' || rest.p[i] == '?' || rest.p[i] == '#')) {
            break;
        }
    }
    return str_slice(rest, 0, i);
}

void hosts_take(hosts_t *h, str_t url)
{
    str_t authority = authority_of(url);
    if (authority.n) {
        take_authority(h, authority);
    }
}

void hosts_write(const hosts_t *h, json_t *definition)
{
    json_t *list = json_array();
    const char *host;
    json_t *value;
    json_object_foreach(h->patterns, host, value)
    {
        (void)value;
        json_array_append_new(list, json_string(host));
    }
    if (h->any) {
        json_object_set_new(definition, "hosts", json_string("any"));
        json_decref(list);
    } else {
        json_object_set_new(definition, "hosts", list);
    }
}
