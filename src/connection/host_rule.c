/* SPDX-License-Identifier: MIT */
/* The host rule (FORMAT 9), of every URL that is about to be called, also of those that answers
 * name. */
#include "codec/url.h"
#include "connection/connection.h"

static bool opens_port(const void *context, str_t host, uint16_t port)
{
    return context && egress_opens_port(context, host, port);
}

bool connection_allows_host(const connection_t *c, const egress_t *egress, const url_t *url)
{
    return connector_allows_host(c->connector, url->host, url->port, c->destinations,
                                 c->destination_count, opens_port, egress);
}

static bool check(const connection_t *c, const egress_t *egress, const url_t *url, err_t *err)
{
    if (!connection_allows_host(c, egress, url)) {
        return err_set(err, ERR_egress_denied,
                       "the host `%.*s` is not one of the connector's `hosts`", STR_ARG(url->host));
    }
    if (!egress && !str_is(url->scheme, "https")) {
        return err_set(err, ERR_egress_denied, "only https:// is called");
    }
    return !egress || egress_check_url(egress, url, err);
}

bool connection_check_host(const connection_t *c, const egress_t *egress, str_t url, err_t *err)
{
    arena_t *arena = arena_new(0);
    err_t unread = ERR_INIT;
    url_t parsed;
    bool ok = url_parse_in(arena, url, &parsed, &unread)
                  ? check(c, egress, &parsed, err)
                  : err_set(err, ERR_egress_denied, "%s", unread.text);
    arena_free(arena);
    return ok;
}
