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

static bool leads_to_action(call_t *c, str_t path)
{
    size_t count;
    bool known;
    path_value_t *values = arena_array_of(c->arena, path_value_t, PATH_VARIABLES_MAX);
    return connector_match(c->connection->connector, STR("GET"), path, c->arena, values, &count,
                           &known);
}

static bool is_served(call_t *c, str_t path)
{
    err_t refused = ERR_INIT;
    return c->proxied ? proxied_path_check(c->arena, path, &refused) : leads_to_action(c, path);
}

str_t call_location(call_t *c, str_t location)
{
    url_t base, url;
    str_t below;
    err_t unread = ERR_INIT;
    str_t front = c->worker->options.public_url;
    if (!front.n || !c->base_url.n || !url_parse_in(c->arena, c->base_url, &base, &unread) ||
        !read_location(c, location, &base, &url) || !cut_base(url.path, &base, &below) ||
        !is_served(c, below)) {
        return location;
    }
    return arena_printf(c->arena, "%.*s%.*s%.*s%s%.*s%.*s%s%.*s%s%.*s", STR_ARG(front),
                        STR_ARG(c->prefix), STR_ARG(c->connector_id), c->proxied ? "" : "/",
                        STR_ARG(c->connection_name), STR_ARG(below), url.query.p ? "?" : "",
                        STR_ARG(url.query), url.fragment.p ? "#" : "", STR_ARG(url.fragment));
}
