/* SPDX-License-Identifier: MIT */
/* Which hosts a definition may call: those that its URLs name, with what values may stand in them.
 */
#include "import/nango/hosts.h"

#include "codec/json.h"
#include "import/hosts.h"

/* --- one host --- */

void hosts_add(provider_t *p, str_t host)
{
    json_object_setn_new(p->hosts, host.p, host.n, json_true());
}

bool hosts_add_choices(provider_t *p, str_t before, const json_t *field, str_t behind)
{
    const char *value;
    json_t *title;
    const json_t *choices = json_object_get(field, "choices");
    json_object_foreach((json_t *)(uintptr_t)choices, value, title)
    {
        str_t host = arena_printf(p->arena, "%.*s%s%.*s", STR_ARG(before), value, STR_ARG(behind));
        hosts_add(p, str_cut(&host, '/'));
    }
    return json_object_size(choices) > 0;
}

static str_t behind_label(str_t host)
{
    str_cut(&host, '.');
    return host;
}

/* acme.example.com of an example: *.example.com. */
static void guess_host(provider_t *p, str_t host)
{
    while (hosts_is_owned(behind_label(host))) {
        host = behind_label(host);
    }
    if (hosts_is_owned(host)) {
        hosts_add(p, arena_printf(p->arena, "*.%.*s", STR_ARG(host)));
    }
}

/* `.example.com` behind a value. */
static bool is_end(str_t text)
{
    return str_starts(text, STR(".")) && hosts_is_owned(str_slice(text, 1, text.n));
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
            set_text(field, "pattern", STR(HOSTS_PATTERN));
        }
    }
    json_decref(rest);
}

/* The one value of an authority: choices, one label before a known end, or anything. */
void hosts_add_variable(provider_t *p, str_t authority)
{
    size_t at = str_find(authority, STR("${"), 0);
    size_t behind = behind_variable(authority, at);
    str_t name = str_slice(authority, at + 2, behind - 1);
    str_t before = str_slice(authority, 0, at);
    str_t end = str_slice(authority, behind, authority.n);
    const json_t *field = json_object_getn(p->fields, name.p, name.n);
    size_t last = str_find(end, STR("${"), 0);
    if (last == SIZE_MAX && hosts_add_choices(p, before, field, end)) {
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
            hosts_add(p, arena_printf(p->arena, "*.%s", value));
        }
        size_t last_end = behind_variable(end, last);
        str_t known = str_slice(end, last_end, end.n);
        bool has_end = !choices && is_end(known);
        if (has_end) {
            hosts_add(p, arena_printf(p->arena, "*%.*s", STR_ARG(known)));
        }
        p->hosts_any = p->hosts_any || (!choices && !has_end);
    } else if (is_end(end)) {
        hosts_add(p, arena_printf(p->arena, "*%.*s", STR_ARG(end)));
    } else {
        bound_host(p, name);
        p->hosts_any = true;
    }
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
