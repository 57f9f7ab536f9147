/* SPDX-License-Identifier: MIT */
/* Whose request it is: the peer of its connection, or who a trusted proxy says came to it. */
#include <stdio.h>

#include "http/server_internal.h"

static bool peer_of(const http_request_t *r, forwarded_client_t *out)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    *out = (forwarded_client_t){.scheme = SCHEME_UNSAID};
    if (r->req) {
        r->req->conn->callbacks->get_peername(r->req->conn, (void *)&address);
    }
    return address_of((const void *)&address, &out->address, &out->port);
}

static size_t write_peer(const forwarded_client_t *client, char *to)
{
    char host[ADDRESS_TEXT_BYTES], port[8] = "";
    bool v4 = address_is_v4(&client->address);
    (void)address_write(&client->address, host);
    if (client->port) {
        (void)snprintf(port, sizeof port, ":%u", client->port);
    }
    return (size_t)snprintf(to, HTTP_PEER_BYTES, v4 ? "%s%s" : "[%s]%s", host, port);
}

/* --- proxies in front --- */

/* Asked of the system once a connection. */
static bool comes_by_proxy(const http_request_t *r)
{
    const http_proxies_t *proxies = r->server->options.proxies;
    if (!proxies || r->view.local) {
        return false;
    }
    http_connection_t *c = http_connection_of(r->req);
    if (c->trust == PEER_UNSEEN) {
        forwarded_client_t peer;
        bool trusted = peer_of(r, &peer) && http_proxies_trust(proxies, &peer.address);
        c->trust = trusted ? PEER_TRUSTED : PEER_OTHER;
    }
    return c->trust == PEER_TRUSTED;
}

void http_client_view(http_request_t *r)
{
    forwarded_client_t client;
    if (!comes_by_proxy(r) || !peer_of(r, &client)) {
        return;
    }
    forwarded_t said = {0};
    for (size_t i = 0; i < r->req->headers.size; i++) {
        const h2o_header_t *header = &r->req->headers.entries[i];
        forwarded_take(&said, http_str_of(*header->name), http_str_of(header->value));
    }
    forwarded_judge(&said, r->server->options.proxies, &client);
    r->peer_n = write_peer(&client, r->peer);
    if (client.scheme != SCHEME_UNSAID) {
        r->view.tls = client.scheme == SCHEME_HTTPS;
    }
}

/* --- what the owner asks --- */

str_t http_request_peer(http_request_t *r)
{
    if (r->view.local) {
        return STR("local");
    }
    if (r->peer_n == 0) {
        forwarded_client_t client;
        r->peer_n = peer_of(r, &client) ? write_peer(&client, r->peer)
                                        : (size_t)snprintf(r->peer, sizeof r->peer, "unknown");
    }
    return str_at(r->peer, r->peer_n);
}
