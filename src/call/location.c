/* SPDX-License-Identifier: MIT */
/* Locations that come back through Tenon: whoever called with a key of Tenon's cannot follow the
 * service's own. */
#include "call/call_internal.h"
#include "codec/url.h"

static bool is_same_origin(const url_t *a, const url_t *b)
{
    return str_eq(a->scheme, b->scheme) && str_eq(a->host, b->host) && a->port == b->port;
}

/* An absolute URL, or a path of the service's; anything else is relative to where the call came,
 * and right as it is. */
static bool read_location(const call_t *c, str_t location, const url_t *base, url_t *out)
{
    err_t unread = ERR_INIT;
    bool path = str_starts(location, STR("/")) && !str_starts(location, STR("//"));
    if (path) {
        location = arena_printf(c->arena, "%.*s://%s%.*s%s:%u%.*s", STR_ARG(base->scheme),
                                base->ipv6 ? "[" : "", STR_ARG(base->host), base->ipv6 ? "]" : "",
                                (unsigned)base->port, STR_ARG(location));
    }
    return url_parse_in(c->arena, location, out, &unread) && is_same_origin(out, base);
}

/* What of the path stands below the base's: nothing, or from a `/` on. */
static bool cut_base(str_t path, const url_t *base, str_t *below)
{
    str_t front = str_is(base->path, "/") ? STR("") : base->path;
    *below = str_slice(path, front.n, path.n);
    return str_starts(path, front) && (below->n == 0 || below->p[0] == '/');
}

static bool leads_to_action(call_t *c, const char *method, str_t path)
{
    size_t count;
    bool known;
    path_value_t *values = arena_array_of(c->arena, path_value_t, PATH_VARIABLES_MAX);
    return connector_match(c->connection->connector, str_of(method), path, c->arena, values, &count,
                           &known);
}

static bool is_served(call_t *c, const char *method, str_t path)
{
    err_t refused = ERR_INIT;
    return c->proxied ? proxied_path_check(c->arena, path, &refused)
                      : leads_to_action(c, method, path);
}

/* Absent where it does not lead to what is served here. */
static str_t through_path(call_t *c, const char *method, str_t location)
{
    url_t base, url;
    str_t below;
    err_t unread = ERR_INIT;
    str_t front = c->worker->options.public_url;
    if (!front.n || !c->base_url.n || !url_parse_in(c->arena, c->base_url, &base, &unread) ||
        !read_location(c, location, &base, &url) || !cut_base(url.path, &base, &below) ||
        !is_served(c, method, below)) {
        return STR_NONE;
    }
    return arena_printf(c->arena, "%.*s%.*s%.*s%s%.*s%.*s%s%.*s%s%.*s", STR_ARG(front),
                        STR_ARG(c->prefix), STR_ARG(c->connector_id), c->proxied ? "" : "/",
                        STR_ARG(c->connection_name), STR_ARG(below), url.query.p ? "?" : "",
                        STR_ARG(url.query), url.fragment.p ? "#" : "", STR_ARG(url.fragment));
}

/* --- hooks --- */

static bool makes_hook(const call_t *c)
{
    return c->action->trigger.kind == TRIGGER_WEBHOOK && !c->link && c->status / 100 == 2;
}

/* How much of a URL stands before the last segment of its path. */
static size_t folder_of(str_t url, size_t path)
{
    size_t end = url.n;
    while (end > path && url.p[end - 1] != '/') {
        end--;
    }
    return end;
}

/* RFC 3986 5.2, as far as services use it in a Location. */
static str_t resolve(call_t *c, str_t location)
{
    str_t sent = str_slice(c->sent_url, 0, str_index(c->sent_url, '?'));
    if (str_index(location, ':') < str_index(location, '/')) {
        return location; /* it has a scheme (4.2) */
    }
    size_t host = str_find(sent, STR("://"), 0) + strlen("://");
    str_t rest = str_slice(sent, host, sent.n);
    size_t path = host + str_cut(&rest, '/').n;
    size_t kept = str_starts(location, STR("//"))  ? host - strlen("//")
                  : str_starts(location, STR("/")) ? path
                                                   : folder_of(sent, path);
    return arena_printf(c->arena, "%.*s%.*s", STR_ARG(str_slice(sent, 0, kept)), STR_ARG(location));
}

/* Wherever the hook is, as long as it may be called from here. */
static str_t through_link(call_t *c, str_t location)
{
    build_t b;
    err_t refused = ERR_INIT;
    str_t url = resolve(c, location);
    call_begin_build(c, &b);
    return build_check_host(&b, url, &refused) ? link_make(c, &LINK_HOOK, url) : STR_NONE;
}

/* An action takes the inputs that it declares, no query of the service's. */
static str_t through_tenon(call_t *c, str_t location)
{
    bool plain = str_index(location, '?') == SIZE_MAX;
    str_t path = plain ? through_path(c, "DELETE", location) : STR_NONE;
    return path.p ? path : through_link(c, location);
}

str_t call_location(call_t *c, str_t location)
{
    bool leads = c->status == 201 || c->status == 202; /* RFC 9110 15.3.2, 15.3.3 */
    str_t own = makes_hook(c) ? through_tenon(c, location)
                : leads       ? through_path(c, "GET", location)
                              : STR_NONE;
    return own.p ? own : location;
}
