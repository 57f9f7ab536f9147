/* SPDX-License-Identifier: MIT */
/* Where the service is: servers and their variables as base_url, hosts and parameters. Several are
 * a choice of the connection. */
#include "import/compose.h"
#include "import/names.h"
#include "import/openapi/server_url.h"

enum { CHOICES_MAX = 100 };

/* --- which ones --- */

static bool is_relative(str_t url)
{
    return str_find(url, STR("://"), 0) == SIZE_MAX && !str_starts(url, STR("{"));
}

static bool is_called(str_t url)
{
    return is_relative(url) || str_starts(url, STR("https://")) ||
           str_starts(url, STR("http://")) || str_starts(url, STR("{"));
}

static bool is_plain(str_t url)
{
    return str_starts(url, STR("http://"));
}

/* Servers that can be called: where some have TLS, these alone. A new list; NULL, where there is
 * none but such as FORMAT does not have. */
static json_t *usable(spec_t *s, const json_t *servers)
{
    json_t *secure = json_array(), *plain = json_array(), *relative = json_array();
    size_t at;
    json_t *server;
    bool sound = true;
    json_array_foreach(servers, at, server)
    {
        str_t url = server_url_in(s, server);
        if (is_called(url) && !server_url_is_sound(s, url)) {
            sound = false;
        } else if (is_called(url)) {
            json_array_append(is_relative(url) ? relative : is_plain(url) ? plain : secure, server);
        } else {
            report_note(s->report, "server", "%s cannot be called",
                        server_url_shown_in(s->arena, url).p);
        }
    }
    json_t *list = json_array_size(secure) ? secure : json_array_size(plain) ? plain : relative;
    size_t all = json_array_size(secure) + json_array_size(plain) + json_array_size(relative);
    if (json_array_size(list) < all) {
        report_note(s->report, "server",
                    "%zu of %zu servers are taken: those with TLS, if there are",
                    json_array_size(list), all);
    }
    list = sound || json_array_size(list) > 0 ? json_incref(list) : NULL;
    json_decref(secure);
    json_decref(plain);
    json_decref(relative);
    return list;
}

/* --- several: a choice --- */

static void add_choices(spec_t *s, const json_t *servers, json_t *choices)
{
    size_t at;
    json_t *server;
    json_array_foreach(servers, at, server)
    {
        str_t urls[CHOICES_MAX + 1];
        size_t count = server_url_values(s, server, urls, CHOICES_MAX + 1);
        str_t label = str_trim(json_member(server, "description"));
        for (size_t i = 0; i < count; i++) {
            if (json_object_get(choices, urls[i].p) || !server_url_is_sound(s, urls[i])) {
                continue;
            }
            if (json_object_size(choices) == CHOICES_MAX) {
                report_note(s->report, "limit", "more than %d servers: the rest is left out",
                            CHOICES_MAX);
                return;
            }
            str_t shown = !label.n ? urls[i]
                          : count > 1
                              ? arena_printf(s->arena, "%.*s: %s", STR_ARG(label), urls[i].p)
                              : label;
            json_object_set_new(choices, urls[i].p, json_str(shown));
        }
    }
}

static str_t choose_in(spec_t *s, json_t *choices)
{
    const char *url;
    json_t *label;
    bool bare = true;
    json_object_foreach(choices, url, label)
    {
        (void)label;
        bare = bare && !server_url_has_path(str_of(url));
        hosts_take(&s->hosts, compose_url_in(s->arena, str_of(url)));
    }
    const char *first = json_object_iter_key(json_object_iter(choices));
    json_object_set_new(s->parameters, "server",
                        json_pack("{s:s,s:s,s:O,s:s,s:b}", "title", "Server", "type", "string",
                                  "choices", choices, "default", first, "required", 1));
    s->origin = bare ? STR("${connection.server}") : STR_NONE;
    return STR("${connection.server}");
}

/* --- one that the document does not name --- */

static str_t ask_in(spec_t *s, str_t path)
{
    report_note(s->report, "server",
                "the document does not say where the service is: the connection does");
    json_object_set_new(s->parameters, "server",
                        json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:b}", "title", "Server", "description",
                                  "The address of the service, such as https://api.example.com",
                                  "type", "string", "format", "uri", "pattern",
                                  "^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?/?$", "message",
                                  "Enter scheme and host, such as https://api.example.com",
                                  "required", 1));
    s->hosts.any = true;
    s->origin = STR("${connection.server}");
    return arena_printf(s->arena, "%s%.*s", s->origin.p, STR_ARG(compose_url_in(s->arena, path)));
}

/* --- the whole --- */

static str_t without_end(str_t url)
{
    while (str_ends(url, STR("/"))) {
        url.n--;
    }
    return url;
}

static str_t base_of(spec_t *s, const json_t *servers)
{
    json_t *choices = json_object();
    const json_t *first = json_array_get(servers, 0);
    str_t url = server_url_in(s, first);
    bool relative = is_relative(url);
    if (json_array_size(servers) > 1 && !relative) {
        add_choices(s, servers, choices);
    }
    str_t base = json_object_size(choices) > 1 ? choose_in(s, choices)
                 : relative                    ? ask_in(s, server_url_fixed_in(s, first))
                                               : server_url_template_in(s, first);
    json_decref(choices);
    return base;
}

bool servers_import(spec_t *s)
{
    json_t *servers = usable(s, json_object_get(s->root, "servers"));
    if (!servers) {
        return false;
    }
    s->base = arena_str(s->arena, without_end(base_of(s, servers)));
    s->origin = s->origin.p ? s->origin : server_url_origin(s->base);
    if (is_plain(s->base)) {
        report_note(s->report, "http", "it is reached without TLS: the operator has to allow it");
    }
    hosts_take(&s->hosts, s->base);
    json_object_set_new(s->definition, "base_url", json_str(s->base));
    json_decref(servers);
    return true;
}

str_t server_resolve_in(const spec_t *s, str_t url)
{
    url = server_url_absolute_in(s->arena, url);
    str_t literal = compose_url_in(s->arena, url.p ? url : STR(""));
    bool relative = is_relative(url), rooted = str_starts(url, STR("/"));
    return !relative               ? literal
           : s->origin.p && rooted ? arena_printf(s->arena, "%.*s%s", STR_ARG(s->origin), literal.p)
                                   : arena_printf(s->arena, "%s%s", rooted ? "" : "/", literal.p);
}

str_t servers_of_operation_in(spec_t *s, const json_t *servers, str_t operation)
{
    if (json_array_size(servers) == 0) {
        return STR_NONE;
    }
    json_t *list = usable(s, servers);
    if (json_array_size(list) == 0) {
        report_refuse(s->report, operation, "server", "none of its servers can be called");
        json_decref(list);
        return STR_NONE;
    }
    str_t url = without_end(server_url_fixed_in(s, json_array_get(list, 0)));
    str_t base = server_resolve_in(s, url);
    bool same = str_eq(base, s->base) || url.n == 0;
    json_decref(list);
    if (!same && str_starts(base, STR("/"))) {
        report_warn(s->report, operation, "server",
                    "%.*s is left out: the connection chooses the server", STR_ARG(url));
        return STR_NONE;
    }
    if (!same && !s->hosts.any) {
        hosts_take(&s->hosts, base);
    }
    return same ? STR_NONE : arena_str(s->arena, base);
}
