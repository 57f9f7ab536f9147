/* SPDX-License-Identifier: MIT */
/* Bytes on a kept connection that nobody asked for: a late 408, or the second of two answers.
 * libcurl would take them for the answer to its next request, which may be another tenant's. It
 * tells neither the descriptor of a connection it is about to use nor looks at more than whether it
 * is closed; so the sockets are remembered here from their opening, and told apart by both ends. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "upstream/transfer.h"

static size_t find_fd(const upstream_t *u, int fd)
{
    size_t i = 0;
    while (i < u->kept_count && u->kept[i].fd != fd) {
        i++;
    }
    return i;
}

void kept_add(upstream_t *u, int fd, const struct sockaddr *remote)
{
    size_t i = find_fd(u, fd);
    if (i == u->kept_capacity) {
        u->kept_capacity = u->kept_capacity ? u->kept_capacity * 2 : 16;
        u->kept = mem_resize(u->kept, u->kept_capacity * sizeof(upstream_kept_t));
    }
    if (i == u->kept_count) {
        u->kept_count++;
    }
    u->kept[i] = (upstream_kept_t){.fd = fd};
    address_of(remote, &u->kept[i].remote, &u->kept[i].remote_port);
}

int kept_on_close(void *context, curl_socket_t fd)
{
    upstream_t *u = context;
    size_t i = find_fd(u, fd);
    if (i < u->kept_count) {
        u->kept[i] = u->kept[--u->kept_count];
    }
    return close(fd);
}

/* Known only once it is connected. */
static uint16_t local_port(upstream_kept_t *kept)
{
    struct sockaddr_storage local;
    socklen_t size = sizeof local;
    address_t address;
    if (kept->local_port == 0 && getsockname(kept->fd, (struct sockaddr *)&local, &size) == 0) {
        address_of((const struct sockaddr *)&local, &address, &kept->local_port);
    }
    return kept->local_port;
}

static bool has_input(int fd)
{
    char byte;
    ssize_t n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

bool kept_has_input(upstream_t *u, const struct sockaddr *remote, uint16_t local)
{
    address_t address;
    uint16_t port;
    if (!address_of(remote, &address, &port)) {
        return true;
    }
    for (size_t i = 0; i < u->kept_count; i++) {
        upstream_kept_t *kept = &u->kept[i];
        if (kept->remote_port == port && address_equal(&kept->remote, &address) &&
            local_port(kept) == local) {
            return has_input(kept->fd);
        }
    }
    return false;
}

void kept_fini(upstream_t *u)
{
    free(u->kept);
}
