/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

#include "upstream/transfer.h"

static void deny(upstream_call_t *call, const char *address, unsigned port, const char *reason)
{
    call->address_denied = true;
    snprintf(call->detail, sizeof call->detail, "egress: %s port %u refused: %s", address, port,
             reason);
}

static void name_address(const struct sockaddr *sockaddr, char *to, size_t size, unsigned *port)
{
    struct sockaddr_in6 in6;
    struct sockaddr_in in;
    to[0] = 0;
    *port = 0;
    if (sockaddr->sa_family == AF_INET) {
        memcpy(&in, sockaddr, sizeof in);
        inet_ntop(AF_INET, &in.sin_addr, to, (socklen_t)size);
        *port = ntohs(in.sin_port);
    } else if (sockaddr->sa_family == AF_INET6) {
        memcpy(&in6, sockaddr, sizeof in6);
        inet_ntop(AF_INET6, &in6.sin6_addr, to, (socklen_t)size);
        *port = ntohs(in6.sin6_port);
    }
}

/* Every new connection, with the address that the name led to. */
curl_socket_t guard_on_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    upstream_call_t *call = context;
    const char *reason;
    if (purpose != CURLSOCKTYPE_IPCXN || call->cancelled) {
        return CURL_SOCKET_BAD;
    }
    if (!egress_allows_address(call->upstream->egress, call->host, &address->addr, call->https,
                               &reason)) {
        char text[INET6_ADDRSTRLEN];
        unsigned port;
        name_address(&address->addr, text, sizeof text, &port);
        deny(call, text, port, reason);
        return CURL_SOCKET_BAD;
    }
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0) {
        return CURL_SOCKET_BAD;
    }
    call->sockets_opened++;
    kept_add(call->upstream, fd, &address->addr);
    return fd;
}

static bool read_address(const char *ip, int port, struct sockaddr_storage *out)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    *out = (struct sockaddr_storage){.ss_family = AF_UNSPEC};
    if (inet_pton(AF_INET, ip, &in.sin_addr) == 1) {
        memcpy(out, &in, sizeof in);
    } else if (inet_pton(AF_INET6, ip, &in6.sin6_addr) == 1) {
        memcpy(out, &in6, sizeof in6);
    }
    return out->ss_family != AF_UNSPEC;
}

static bool may_reach(upstream_call_t *call, const char *ip, int port,
                      struct sockaddr_storage *address)
{
    const char *reason = "not an IP address";
    if (read_address(ip, port, address) &&
        egress_allows_address(call->upstream->egress, call->host, (const struct sockaddr *)address,
                              call->https, &reason)) {
        return true;
    }
    deny(call, ip, (unsigned)port, reason);
    call->judged = true;
    call->verdict = UPSTREAM_DENIED;
    return false;
}

static bool is_kept(const upstream_call_t *call)
{
    long opened = 0;
    curl_easy_getinfo(call->easy, CURLINFO_NUM_CONNECTS, &opened);
    return opened == 0;
}

/* Every request, before its first byte goes onto a connection, new or kept: libcurl asks for a kept
 * one's address nowhere else, and comes here again before it repeats a request. Whoever is refused
 * here takes the connection down. */
int guard_on_request(void *context, char *remote_ip, char *local_ip, int remote_port,
                     int local_port)
{
    upstream_call_t *call = context;
    struct sockaddr_storage remote;
    (void)local_ip;
    if (call->cancelled) {
        return CURL_PREREQFUNC_ABORT;
    }
    if (call->attempts && !call->terms.repeatable) {
        outcome_judge(call, UPSTREAM_BROKEN, "the kept connection was lost; not sent again");
        return CURL_PREREQFUNC_ABORT;
    }
    if (!may_reach(call, remote_ip, remote_port, &remote)) {
        return CURL_PREREQFUNC_ABORT;
    }
    if (is_kept(call) &&
        kept_has_input(call->upstream, (const struct sockaddr *)&remote, (uint16_t)local_port)) {
        call->stale = true;
        return CURL_PREREQFUNC_ABORT;
    }
    call->attempts++;
    call->body_at = 0;
    /* A repeat must not meet a second dead connection. */
    curl_easy_setopt(call->easy, CURLOPT_FRESH_CONNECT, 1L);
    return CURL_PREREQFUNC_OK;
}
