/* SPDX-License-Identifier: MIT */
#include "import/openapi/server_url.h"

#include "base/buf.h"
#include "import/compose.h"
#include "import/names.h"

enum { URL_MAX_BYTES = 8192 };

/* --- variables --- */

/* The first `{name}` from at: its name; at is set to its beginning. Absent: none. */
static str_t variable_at(str_t url, size_t *at)
{
    size_t open = str_find(url, STR("{"), *at);
    size_t close = open == SIZE_MAX ? SIZE_MAX : str_find(url, STR("}"), open);
    if (close == SIZE_MAX) {
        return STR_NONE;
    }
    *at = open;
    return str_slice(url, open + 1, close);
}

static const json_t *variable_of(const json_t *server, str_t name)
{
    const json_t *all = json_object_get(server, "variables");
    return json_object_getn(all, name.p ? name.p : "", name.n);
}

static str_t text_of(const spec_t *s, const json_t *v)
{
    json_t *text = schema_fitting("string", v);
    str_t found = text ? arena_str(s->arena, json_view(text)) : STR_NONE;
    json_decref(text);
    return found;
}

static bool takes(const spec_t *s, const json_t *variable, const char *value)
{
    size_t at;
    json_t *one;
    json_array_foreach(json_object_get(variable, "enum"), at, one)
    {
        if (str_is(text_of(s, one), value)) {
            return true;
        }
    }
    return false;
}

/* Of a scheme https, wherever it is offered. */
static str_t default_of(const spec_t *s, const json_t *variable, bool is_scheme)
{
    str_t given = text_of(s, json_object_get(variable, "default"));
    str_t first = text_of(s, json_array_get(json_object_get(variable, "enum"), 0));
    return is_scheme && (takes(s, variable, "https") || !given.n) ? STR("https")
           : given.p                                              ? given
           : first.p                                              ? first
                                                                  : STR("");
}

static bool is_scheme(str_t url, size_t at)
{
    return at == 0 && str_find(url, STR("}://"), 0) == str_find(url, STR("}"), 0);
}

static str_t replaced_in(arena_t *arena, str_t url, size_t at, str_t name, str_t by)
{
    str_t rest = str_slice(url, at + name.n + 2, url.n);
    return arena_printf(arena, "%.*s%.*s%.*s", (int)at, url.p, STR_ARG(by), STR_ARG(rest));
}

str_t server_url_absolute_in(arena_t *arena, str_t url)
{
    return str_starts(url, STR("//")) ? arena_printf(arena, "https:%.*s", STR_ARG(url)) : url;
}

str_t server_url_in(const spec_t *s, const json_t *server)
{
    str_t url = arena_str(s->arena, str_trim(json_member(server, "url")));
    return server_url_absolute_in(s->arena, url);
}

/* --- with defaults --- */

str_t server_url_fixed_in(const spec_t *s, const json_t *server)
{
    str_t url = server_url_in(s, server);
    size_t at = 0;
    for (str_t name; (name = variable_at(url, &at)).p && url.n < URL_MAX_BYTES;) {
        str_t value = default_of(s, variable_of(server, name), is_scheme(url, at));
        url = replaced_in(s->arena, url, at, name, value);
        at += value.n;
    }
    return url;
}

/* --- with every value --- */

typedef struct values {
    const spec_t *s;
    const json_t *server;
    str_t *urls;
    size_t count, max;
} values_t;

static void add_values(values_t *v, str_t url, size_t from)
{
    size_t at = from;
    str_t name = variable_at(url, &at);
    const json_t *variable = variable_of(v->server, name);
    const json_t *list = json_object_get(variable, "enum");
    if (!name.p || v->count == v->max || url.n > URL_MAX_BYTES) {
        while (str_ends(url, STR("/"))) {
            url.n--;
        }
        if (v->count < v->max) {
            v->urls[v->count++] = arena_str(v->s->arena, url);
        }
        return;
    }
    bool one = json_array_size(list) == 0 || is_scheme(url, at);
    for (size_t i = 0; i < (one ? 1 : json_array_size(list)); i++) {
        str_t value = one ? default_of(v->s, variable, is_scheme(url, at))
                          : text_of(v->s, json_array_get(list, i));
        add_values(v, replaced_in(v->s->arena, url, at, name, value), at + value.n);
    }
}

size_t server_url_values(const spec_t *s, const json_t *server, str_t *urls, size_t max)
{
    values_t v = {s, server, urls, 0, max};
    add_values(&v, server_url_in(s, server), 0);
    return v.count;
}

/* --- with parameters --- */

/* A label or a whole host; a part of the path. Not a scheme, not a port. */
static bool may_vary(str_t url, size_t at, str_t value)
{
    size_t authority = str_find(url, STR("://"), 0);
    size_t path = authority == SIZE_MAX ? SIZE_MAX : str_find(url, STR("/"), authority + 3);
    bool in_path = path != SIZE_MAX && at > path;
    bool port = !in_path && at > 0 && url.p[at - 1] == ':';
    bool several = in_path && str_find(value, STR("/"), 0) != SIZE_MAX;
    return authority != SIZE_MAX && at > authority && !port && !several;
}

static json_t *choices_of(const spec_t *s, const json_t *variable)
{
    json_t *choices = json_object();
    size_t at;
    json_t *one;
    json_array_foreach(json_object_get(variable, "enum"), at, one)
    {
        str_t value = text_of(s, one);
        if (value.n) {
            json_object_setn_new(choices, value.p, value.n, json_str(value));
        }
    }
    return choices;
}

static str_t add_parameter_in(spec_t *s, const json_t *variable, str_t name, str_t value,
                              bool is_host)
{
    str_t ours = name_plain_in(s->arena, name, 60);
    json_t *field = json_object();
    json_t *choices = choices_of(s, variable);
    bool offered = json_object_size(choices) == 0 || json_object_getn(choices, value.p, value.n);
    json_add_text(field, "description", json_member(variable, "description"));
    json_object_set_new(field, "type", json_string("string"));
    json_add_text(field, "pattern",
                  is_host && json_object_size(choices) == 0 ? STR(HOSTS_PATTERN) : STR_NONE);
    json_add_filled(field, "choices", choices);
    json_add_text(field, "default", offered ? value : STR_NONE);
    json_object_set_new(field, "required", json_true());
    json_object_set_new(s->parameters, ours.p, field);
    return compose_parameter_in(s->arena, ours);
}

typedef struct spot {
    size_t at; /* in the URL */
    str_t name;
} spot_t;

/* It alone says the host. */
static bool is_host(str_t url, spot_t spot)
{
    size_t behind = spot.at + spot.name.n + strlen("{}");
    return str_ends(str_slice(url, 0, spot.at), STR("://")) &&
           (behind == url.n || url.p[behind] == '/' || url.p[behind] == ':');
}

/* A variable as what it is in the template; answers what stands for it where the URL is looked at.
 */
static str_t add_variable(spec_t *s, const json_t *server, str_t url, spot_t spot, buf_t *to)
{
    const json_t *variable = variable_of(server, spot.name);
    str_t value = default_of(s, variable, is_scheme(url, spot.at));
    bool varies = may_vary(url, spot.at, value);
    if (varies) {
        compose_template(to, add_parameter_in(s, variable, spot.name, value, is_host(url, spot)));
        return STR("_");
    }
    if (!is_scheme(url, spot.at)) {
        report_note(s->report, "server", "the variable %.*s has its default: %.*s",
                    STR_ARG(spot.name), STR_ARG(value));
    }
    compose_url(to, value);
    return value;
}

str_t server_url_template_in(spec_t *s, const json_t *server)
{
    str_t url = server_url_in(s, server), template;
    size_t at = 0, from = 0;
    buf_t to;
    buf_init(&to, 4 * (size_t)URL_MAX_BYTES);
    for (str_t name; (name = variable_at(url, &at)).p && url.n < URL_MAX_BYTES; from = at) {
        compose_url(&to, str_slice(url, from, at));
        str_t value = add_variable(s, server, url, (spot_t){at, name}, &to);
        url = replaced_in(s->arena, url, at, name, value);
        at += value.n;
    }
    compose_url(&to, str_slice(url, from, url.n));
    template = arena_str(s->arena, buf_view(&to));
    buf_fini(&to);
    return template;
}
