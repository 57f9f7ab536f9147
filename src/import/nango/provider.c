/* SPDX-License-Identifier: MIT */
#include "import/nango/provider.h"

#include <stdarg.h>
#include <stdio.h>

#include "codec/json.h"
#include "codec/url.h"

void provider_fail(provider_t *p, const char *reason, const char *format, ...)
{
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (!p->failed) {
        report_fail(p->report, reason, "%s", text);
    }
    p->failed = true;
}

const json_t *provider_get(const provider_t *p, const char *name)
{
    json_object_set_new(p->read, name, json_true());
    return json_object_get(p->source, name);
}

const json_t *provider_part(const provider_t *p, const json_t *part, const char *path,
                            const char *name)
{
    json_object_set_new(p->read, arena_printf(p->arena, "%s.%s", path, name).p, json_true());
    return json_object_get(part, name);
}

str_t scalar_text(const provider_t *p, const json_t *v)
{
    if (json_is_string(v)) {
        return arena_str(p->arena, json_view(v));
    }
    if (json_is_integer(v)) {
        return arena_printf(p->arena, "%lld", (long long)json_integer_value(v));
    }
    if (json_is_real(v)) {
        return arena_printf(p->arena, "%.17g", json_real_value(v));
    }
    return json_is_boolean(v) ? str_of(json_is_true(v) ? "true" : "false") : STR_NONE;
}

str_t provider_text(const provider_t *p, const char *name)
{
    return scalar_text(p, provider_get(p, name));
}

bool provider_flag(const provider_t *p, const char *name)
{
    return json_is_true(provider_get(p, name));
}

bool provider_is(const provider_t *p, const char *name, const char *value)
{
    return str_is(json_view(provider_get(p, name)), value);
}

str_t provider_page(provider_t *p, const char *name)
{
    err_t err = ERR_INIT;
    url_t url;
    str_t text = provider_text(p, name);
    bool page = text.p && url_parse_in(p->arena, text, &url, &err);
    if (text.p && !page) {
        report_note(p->report, "unread", "%s: it is no address of a page", name);
    }
    return page ? text : STR_NONE;
}

bool provider_header(provider_t *p, const char *name)
{
    bool said = str_is_token(str_of(name));
    if (!said) {
        report_note(p->report, "unread", "%s: it is no name of a header", name);
    }
    return said;
}

void provider_know(provider_t *p, const char *variable, str_t expression)
{
    json_object_set_new(p->known, variable, json_str(expression));
}

void set_text(json_t *object, const char *name, str_t text)
{
    if (text.p) {
        json_object_set_new(object, name, json_str(text));
    }
}
