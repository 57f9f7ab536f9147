/* SPDX-License-Identifier: MIT */
/* `proxy` of Nango: the base of every call, what it carries, how it is repeated, and how a
 * connection is tried. */
#include "codec/json.h"
#include "import/nango/provider.h"

static const char RETRY[] = "proxy.retry", VERIFICATION[] = "proxy.verification";

static const json_t *proxy_get(const provider_t *p, const char *name)
{
    return provider_part(p, provider_get(p, "proxy"), "proxy", name);
}

/* --- base --- */

/* What only the way to sign in knows stands there (FORMAT 8). */
static bool is_own(const provider_t *p, str_t source)
{
    for (size_t at = str_find(source, STR("${"), 0); at != SIZE_MAX;
         at = str_find(source, STR("${"), at + 2)) {
        str_t name = str_slice(source, at + 2, behind_variable(source, at) - 1);
        str_t expression = json_view(json_object_getn(p->known, name.p, name.n));
        const json_t *field = json_object_getn(p->fields, name.p, name.n);
        bool shared = str_starts(expression, STR("connection.")) &&
                      str_starts(name, STR("connectionConfig."));
        if (!shared || json_is_true(json_object_get(field, "secret"))) {
            return true;
        }
    }
    return false;
}

static void ask_base_url(provider_t *p)
{
    json_t *field = json_pack("{s:s,s:s,s:s,s:b}", "title", "Base URL", "type", "string", "format",
                              "uri", "required", 1);
    add_parameter(p->parameters, "base_url", field);
    provider_know(p, "connectionConfig.base_url", STR("connection.base_url"));
    report_note(p->report, "base_url",
                "the catalogue names no address: each connection gives its own");
}

void read_base_url(provider_t *p)
{
    bool is_theirs = json_object_get(provider_get(p, "integration_config"), "baseUrl");
    str_t source = is_theirs ? STR_NONE : json_view(proxy_get(p, "base_url"));
    if (!source.p) {
        ask_base_url(p);
        source = STR("${connectionConfig.base_url}");
    }
    str_t url = url_text_of(p, source);
    size_t query = url.p ? str_index(url, '?') : SIZE_MAX;
    if (query != SIZE_MAX) {
        provider_fail(p, "base_url", "a base URL with a query");
    }
    if (is_own(p, source)) {
        set_text(p->auth, "base_url", url);
    } else {
        p->base_url = url;
    }
}

/* --- headers and query --- */

static void read_headers(provider_t *p)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)proxy_get(p, "headers"), name, value)
    {
        str_t source = scalar_text(p, value);
        bool is_fixed = !has_template(source) && !str_eq_nocase(str_of(name), STR("authorization"));
        if (p->is_signed && (str_eq_nocase(str_of(name), STR("authorization")) ||
                             str_eq_nocase(str_of(name), STR("x-amz-date")))) {
            continue;
        }
        if (is_fixed && str_eq_nocase(str_of(name), STR("content-type"))) {
            report_note(p->report, "content_type", "each call says its own Content-Type");
        } else if (provider_header(p, name)) {
            set_text(is_fixed ? p->headers : json_child(p->inject, "headers"), name,
                     translated_choice(p, source));
        }
    }
}

static void read_query(provider_t *p)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)proxy_get(p, "query"), name, value)
    {
        set_text(json_child(p->inject, "query"), name, translated_choice(p, scalar_text(p, value)));
    }
}

void read_injected(provider_t *p)
{
    read_headers(p);
    read_query(p);
    if (json_is_object(proxy_get(p, "body"))) {
        json_object_set_new(p->inject, "json", translated_tree(p, proxy_get(p, "body")));
    }
}

/* --- repeats --- */

static void take_names(json_t *to, const char *name, const json_t *given)
{
    if (json_is_array(given)) {
        json_object_set_new(to, name, json_deep_copy(given));
    } else if (json_is_string(given)) {
        json_object_set_new(to, name, json_pack("[O]", given));
    }
}

void write_retry(provider_t *p, json_t *out)
{
    const json_t *given = proxy_get(p, "retry");
    json_t *to = json_object();
    take_names(to, "after", provider_part(p, given, RETRY, "after"));
    take_names(to, "at", provider_part(p, given, RETRY, "at"));
    json_add_text(to, "remaining", json_view(provider_part(p, given, RETRY, "remaining")));
    if (provider_part(p, given, RETRY, "in_body")) {
        report_note(p->report, "retry", "a pause that stands in a body is not read");
    }
    if (provider_part(p, given, RETRY, "error_code")) {
        report_note(
            p->report, "retry",
            "statuses to repeat are left out: nothing is repeated unless `retry` gets a `max`");
    }
    json_add_filled(out, "retry", to);
}

/* --- verification --- */

static json_t *verify_headers(provider_t *p, const json_t *given)
{
    const char *name;
    json_t *value;
    json_t *to = json_object();
    json_object_foreach((json_t *)(uintptr_t)given, name, value)
    {
        bool ours = str_eq_nocase(str_of(name), STR("content-type"));
        const char *known;
        json_t *other;
        json_object_foreach(p->headers, known, other)
        {
            ours = ours || str_eq_nocase(str_of(name), str_of(known));
        }
        if (!ours && provider_header(p, name)) {
            set_text(to, name, translated_choice(p, scalar_text(p, value)));
        }
    }
    return to;
}

void write_verify(provider_t *p, json_t *out)
{
    const json_t *given = proxy_get(p, "verification");
    const json_t *endpoints = provider_part(p, given, VERIFICATION, "endpoints");
    str_t base = json_view(provider_part(p, given, VERIFICATION, "base_url_override"));
    if (json_array_size(endpoints) == 0) {
        return;
    }
    str_t path = json_view(json_array_get(endpoints, 0));
    str_t url =
        base.p ? url_text_of(p, arena_printf(p->arena, "%.*s%.*s", STR_ARG(base), STR_ARG(path)))
               : translated_text(p, path);
    json_t *to = json_object();
    str_t method = json_view(provider_part(p, given, VERIFICATION, "method"));
    set_text(to, "method", method.p ? method : STR("GET"));
    set_text(to, "url", url);
    json_add_filled(to, "headers",
                    verify_headers(p, provider_part(p, given, VERIFICATION, "headers")));
    if (provider_part(p, given, VERIFICATION, "data")) {
        json_object_set_new(to, "json",
                            translated_tree(p, provider_part(p, given, VERIFICATION, "data")));
    }
    if (json_array_size(endpoints) > 1) {
        report_note(p->report, "verification", "the first of %zu endpoints is asked",
                    json_array_size(endpoints));
    }
    json_object_set_new(out, "verify", to);
}
