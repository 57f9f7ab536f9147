/* SPDX-License-Identifier: MIT */
/* URLs of Nango in ours, and the hosts that they may name. `left || right` becomes one authority
 * with a default where both go on alike behind it, else one value for the whole URL. */
#include "codec/json.h"
#include "import/nango/hosts.h"

typedef struct url_parts {
    str_t authority; /* absent: the URL begins with a variable that holds all of it */
    str_t whole;     /* that variable with its ${} */
    str_t rest;      /* from the first `/`, `?` or `#` on */
} url_parts_t;

/* --- the host that it names --- */

static void note_host(provider_t *p, const url_parts_t *url)
{
    str_t name = first_variable(url->authority.p ? url->authority : url->whole);
    const json_t *known = name.p ? json_object_getn(p->known, name.p, name.n) : NULL;
    str_t expression = json_view(known);
    str_t root = str_cut(&expression, '.');
    if (url->authority.p && !name.p) {
        hosts_add(p, url->authority);
    } else if (str_is(root, "connection") && url->authority.p) {
        hosts_add_variable(p, url->authority);
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
        hosts_add_choices(p, STR(""), json_object_getn(p->fields, name.p, name.n), STR(""));
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
               ? arena_printf(p->arena, "%s${%s}%.*s", hosts ? "https://" : "",
                              default_expression(p, first, second).p, STR_ARG(rest))
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
