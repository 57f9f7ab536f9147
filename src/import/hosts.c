/* SPDX-License-Identifier: MIT */
#include "import/hosts.h"

#include "codec/json.h"
#include "import/compose.h"
#include "import/names.h"

/* STEPS_MAX: how many hosts the choices of several parameters may make together. */
enum { STEPS_MAX = 1000, AUTHORITY_MAX = 2000, HOSTS_MAX = 64 /* FORMAT 3 */ };

typedef struct walk {
    hosts_t *h;
    unsigned steps;
} walk_t;

static void take_authority(walk_t *w, str_t authority, size_t from);

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

/* One value in its place; what stands in it is no template. */
static void take_choice(walk_t *w, str_t before, str_t value, str_t after)
{
    str_t all =
        arena_printf(w->h->arena, "%.*s%.*s%.*s", STR_ARG(before), STR_ARG(value), STR_ARG(after));
    str_t rest = without_scheme(all);
    size_t told = before.n + value.n, scheme = all.n - rest.n;
    take_authority(w, str_cut(&rest, '/'), told > scheme ? told - scheme : 0);
}

/* A host for each value that the user may choose. */
static bool take_choices(walk_t *w, str_t before, const json_t *field, str_t after)
{
    const json_t *choices = json_object_get(field, "choices");
    const char *value;
    json_t *label;
    json_object_foreach((json_t *)(uintptr_t)choices, value, label)
    {
        (void)label;
        if (w->steps > STEPS_MAX) {
            break;
        }
        take_choice(w, before, str_of(value), after);
    }
    return json_object_size(choices) > 0;
}

/* The first expression from from on; its beginning and what stands behind it. */
static str_t expression_of(str_t text, size_t from, size_t *begin, str_t *after)
{
    size_t at = 0;
    str_t rest = str_slice(text, from, text.n);
    str_t expression = compose_next(rest, &at);
    *begin = expression.p ? from + at - expression.n - strlen("${}") : text.n;
    *after = str_slice(rest, at, rest.n);
    return expression;
}

/* `.example.com` behind a value: any label there. */
static bool take_suffix(walk_t *w, str_t suffix)
{
    bool labels = str_starts(suffix, STR("."));
    if (labels) {
        take_authority(w, arena_printf(w->h->arena, "*%.*s", STR_ARG(suffix)), 1);
    }
    return labels;
}

/* A host, or `*.` and what belongs to one owner. */
static void add_pattern(hosts_t *h, str_t host)
{
    if (str_starts(host, STR("*.")) && !hosts_is_owned(str_slice(host, 2, host.n))) {
        h->any = true;
    } else {
        json_object_set_new(h->patterns, name_lower_in(h->arena, host).p, json_true());
    }
}

/* from: where templates may begin. */
static void take_authority(walk_t *w, str_t authority, size_t from)
{
    hosts_t *h = w->h;
    size_t open;
    str_t after, expression = expression_of(authority, from, &open, &after);
    if (++w->steps > STEPS_MAX || authority.n > AUTHORITY_MAX) {
        h->any = true;
        return;
    }
    if (!expression.p) {
        add_pattern(h, authority);
        return;
    }
    if (!take_choices(w, str_slice(authority, 0, open), field_of(h, expression), after) &&
        !take_suffix(w, after)) {
        h->any = true;
    }
}

/* Of a country's two letters: example.co.uk, but example.io. */
static bool is_shared(str_t label)
{
    static const char *const labels[] = {"co",  "com", "org", "net", "gov", "gob",
                                         "edu", "ac",  "or",  "ne",  "go"};
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        if (str_eq_nocase(label, str_of(labels[i]))) {
            return true;
        }
    }
    return false;
}

bool hosts_is_owned(str_t domain)
{
    str_t name = str_cut(&domain, ':'), before = STR_NONE, last = STR_NONE;
    size_t labels = 0;
    for (; name.p; labels++) {
        before = last;
        last = str_cut(&name, '.');
    }
    return last.n > 0 && labels >= (last.n == 2 && is_shared(before) ? 3 : 2);
}

str_t hosts_authority(str_t url)
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
    str_t authority = hosts_authority(url);
    walk_t w = {h, 0};
    if (authority.n) {
        take_authority(&w, authority, 0);
    }
}

void hosts_write(hosts_t *h, json_t *definition)
{
    h->any = h->any || json_object_size(h->patterns) > HOSTS_MAX;
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
