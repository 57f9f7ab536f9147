/* SPDX-License-Identifier: MIT */
/* URLs of Nango in ours, and the hosts that they may name. `left || right` becomes one authority
 * with a default where both go on alike behind it, else one value for the whole URL. */
#include "codec/json.h"
#include "import/nango/provider.h"

typedef struct url_parts {
    str_t authority; /* absent: the URL begins with a variable that holds all of it */
    str_t whole;     /* that variable with its ${} */
    str_t rest;      /* from the first `/`, `?` or `#` on */
} url_parts_t;

/* --- hosts --- */

static void add_host(provider_t *p, str_t host)
{
    json_object_setn_new(p->hosts, host.p, host.n, json_true());
}

static size_t labels_of(str_t host)
{
    size_t count = host.n > 0;
    for (size_t i = 0; i < host.n; i++) {
        count += host.p[i] == '.';
    }
    return count;
}

static bool add_each_choice(provider_t *p, str_t before, const json_t *field, str_t behind)
{
    const char *value;
    json_t *title;
    const json_t *choices = json_object_get(field, "choices");
    json_object_foreach((json_t *)(uintptr_t)choices, value, title)
    {
        str_t host = arena_printf(p->arena, "%.*s%s%.*s", STR_ARG(before), value, STR_ARG(behind));
        add_host(p, str_cut(&host, '/'));
    }
    return json_object_size(choices) > 0;
}

/* How many labels at a host's end belong to one owner: example.com, but example.co.uk. */
static size_t owned_labels(str_t host)
{
    size_t last = 0, before = 0;
    for (size_t i = 0; i < host.n; i++) {
        before = host.p[i] == '.' ? last : before;
        last = host.p[i] == '.' ? i + 1 : last;
    }
    return host.n - last == 2 && last - before <= 4 ? 3 : 2;
}

/* acme.example.com of an example: *.example.com. */
static void guess_host(provider_t *p, str_t host)
{
    size_t owned = owned_labels(host);
    while (labels_of(host) > owned) {
        str_cut(&host, '.');
    }
    if (labels_of(host) == owned) {
        add_host(p, arena_printf(p->arena, "*.%.*s", STR_ARG(host)));
    }
}

/* A value that alone says the host: a host name and perhaps a port, where the catalogue says
 * nothing. */
static void bound_host(const provider_t *p, str_t name)
{
    json_t *field = json_object_getn(p->fields, name.p, name.n);
    if (!field || json_object_get(field, "format") || json_object_get(field, "pattern") ||
        json_object_get(field, "choices")) {
        return;
    }
    json_t *rest = json_copy(field);
    json_object_clear(field);
    const char *key;
    json_t *value;
    json_object_foreach(rest, key, value)
    {
        json_object_set(field, key, value);
        if (str_is(str_of(key), "type")) {
            set_text(field, "pattern", STR("^[A-Za-z0-9.-]+(:[0-9]+)?$"));
        }
    }
    json_decref(rest);
}

/* The one value of an authority: choices, one label before a known end, or anything. */
static void add_variable_host(provider_t *p, str_t authority)
{
    size_t at = str_find(authority, STR("${"), 0);
    size_t behind = behind_variable(authority, at);
    str_t name = str_slice(authority, at + 2, behind - 1);
    str_t before = str_slice(authority, 0, at);
    str_t end = str_slice(authority, behind, authority.n);
    const json_t *field = json_object_getn(p->fields, name.p, name.n);
    size_t last = str_find(end, STR("${"), 0);
    if (last == SIZE_MAX && add_each_choice(p, before, field, end)) {
        return;
    }
    if (last != SIZE_MAX) {
        str_t inner = str_slice(end, last + 2, behind_variable(end, last) - 1);
        const json_t *choices =
            json_object_get(json_object_getn(p->fields, inner.p, inner.n), "choices");
        const char *value;
        json_t *title;
        json_object_foreach((json_t *)(uintptr_t)choices, value, title)
        {
            add_host(p, arena_printf(p->arena, "*.%s", value));
        }
        p->hosts_any = p->hosts_any || !choices;
    } else if (labels_of(end) >= 3 && end.p[0] == '.') {
        add_host(p, arena_printf(p->arena, "*%.*s", STR_ARG(end)));
    } else {
        bound_host(p, name);
        p->hosts_any = true;
    }
}

static void note_host(provider_t *p, const url_parts_t *url)
{
    str_t name = first_variable(url->authority.p ? url->authority : url->whole);
    const json_t *known = name.p ? json_object_getn(p->known, name.p, name.n) : NULL;
    str_t expression = json_view(known);
    str_t root = str_cut(&expression, '.');
    if (url->authority.p && !name.p) {
        add_host(p, url->authority);
    } else if (str_is(root, "connection") && url->authority.p) {
        add_variable_host(p, url->authority);
    } else if (str_is(root, "connection")) {
        p->hosts_any = true;
    } else {
        p->hosts_answered = true;
    }
}

/* --- parts --- */

static size_t end_of_authority(str_t s, size_t at)
{
    while (at < s.n && s.p[at] != '/' && s.p[at] != '?' && s.p[at] != '#') {
        at = s.p[at] == '$' && at + 1 < s.n && s.p[at + 1] == '{' ? behind_variable(s, at) : at + 1;
    }
    return at;
}

static bool split(provider_t *p, str_t source, url_parts_t *to)
{
    *to = (url_parts_t){.rest = STR("")};
    if (str_starts(source, STR("${"))) {
        size_t behind = behind_variable(source, 0);
        to->whole = str_slice(source, 0, behind);
        to->rest = str_slice(source, behind, source.n);
        return true;
    }
    if (!str_starts(source, STR("https://"))) {
        provider_fail(p, "url", "%.*s is no https URL", STR_ARG(str_slice(source, 0, 200)));
        return false;
    }
    size_t end = end_of_authority(source, 8);
    to->authority = str_slice(source, 8, end);
    to->rest = str_slice(source, end, source.n);
    return true;
}

static bool is_whole(const provider_t *p, str_t variable)
{
    return variable.p && json_object_getn(p->whole, variable.p, variable.n);
}

/* https://${v} of a choice that holds a path, too: its column is the whole URL. */
static void take_hosts(provider_t *p, url_parts_t *url)
{
    str_t name = url->authority.p ? first_variable(url->authority) : STR_NONE;
    if (is_whole(p, name)) {
        add_each_choice(p, STR(""), json_object_getn(p->fields, name.p, name.n), STR(""));
        url->whole = url->authority;
        url->authority = STR_NONE;
    } else {
        note_host(p, url);
    }
}

static str_t head_expression(provider_t *p, const url_parts_t *url, bool with_scheme)
{
    if (!url->authority.p) {
        return translated_expression(p, url->whole);
    }
    return translated_expression(
        p, with_scheme ? arena_printf(p->arena, "https://%.*s", STR_ARG(url->authority))
                       : url->authority);
}

/* --- one URL --- */

/* The slash that stands between a base and the paths behind it is ours to write. */
static str_t rest_text(provider_t *p, str_t rest)
{
    return translated_text(p, str_is(rest, "/") ? STR("") : rest);
}

static str_t single(provider_t *p, const url_parts_t *url)
{
    str_t head =
        url->authority.p ? translated_text(p, url->authority) : translated_text(p, url->whole);
    str_t rest = rest_text(p, url->rest);
    return head.p && rest.p
               ? arena_printf(p->arena, "%s%.*s%.*s", url->authority.p ? "https://" : "",
                              STR_ARG(head), STR_ARG(rest))
               : STR_NONE;
}

static str_t either(provider_t *p, const url_parts_t *left, const url_parts_t *right)
{
    bool alike = str_eq(left->rest, right->rest);
    bool hosts = alike && left->authority.p && right->authority.p;
    str_t first, second;
    if (alike) {
        first = head_expression(p, left, !hosts);
        second = head_expression(p, right, !hosts);
    } else {
        first = translated_expression(
            p, arena_printf(p->arena, "%s%.*s%.*s%.*s", left->authority.p ? "https://" : "",
                            STR_ARG(left->authority), STR_ARG(left->whole), STR_ARG(left->rest)));
        second = translated_expression(
            p,
            arena_printf(p->arena, "%s%.*s%.*s%.*s", right->authority.p ? "https://" : "",
                         STR_ARG(right->authority), STR_ARG(right->whole), STR_ARG(right->rest)));
    }
    str_t rest = alike ? rest_text(p, left->rest) : STR("");
    return first.p && second.p && rest.p
               ? arena_printf(p->arena, "%s${default(%.*s, %.*s)}%.*s", hosts ? "https://" : "",
                              STR_ARG(first), STR_ARG(second), STR_ARG(rest))
               : STR_NONE;
}

str_t url_text_of(provider_t *p, str_t source)
{
    str_t left, right;
    url_parts_t first, second;
    cut_choice(source, &left, &right);
    if (!split(p, left, &first) || (right.p && !split(p, right, &second))) {
        return STR_NONE;
    }
    take_hosts(p, &first);
    if (!right.p) {
        return single(p, &first);
    }
    take_hosts(p, &second);
    return either(p, &first, &second);
}

/* --- the list --- */

/* Hosts that only an answer names: those of the same owner, as far as the file tells. */
static void guess_hosts(provider_t *p)
{
    const char *name;
    json_t *value;
    json_t *known = json_deep_copy(p->hosts);
    json_object_foreach(known, name, value)
    {
        str_t host = str_of(name);
        guess_host(p, str_starts(host, STR("*.")) ? str_slice(host, 2, host.n) : host);
    }
    json_decref(known);
    json_object_foreach(p->fields, name, value)
    {
        if (str_is(json_member(value, "format"), "hostname")) {
            guess_host(p, json_member(value, "example"));
        }
    }
    report_note(p->report, "hosts",
                "an answer of the service names a host: `hosts` is a guess; complete it");
}

static bool is_covered(const json_t *hosts, str_t host)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)hosts, name, value)
    {
        str_t wild = str_of(name);
        if (str_starts(wild, STR("*.")) && !str_eq(wild, host) &&
            str_ends(host, str_slice(wild, 1, wild.n))) {
            return true;
        }
    }
    return false;
}

void write_hosts(provider_t *p, json_t *out)
{
    const char *name;
    json_t *value;
    if (p->hosts_answered) {
        guess_hosts(p);
    } else if (p->hosts_any) {
        json_object_set_new(out, "hosts", json_string("any"));
        return;
    }
    json_t *list = json_array();
    json_object_foreach(p->hosts, name, value)
    {
        if (!is_covered(p->hosts, str_of(name))) {
            json_array_append_new(list, json_string(name));
        }
    }
    json_object_set_new(out, "hosts", list);
}
