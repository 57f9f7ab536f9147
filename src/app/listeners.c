/* SPDX-License-Identifier: MIT */
#include "app/listeners.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/certificate.h"
#include "base/log.h"
#include "base/mem.h"

enum { LISTENERS_MAX = 16, ADDRESS_TEXT_MAX = INET6_ADDRSTRLEN + 16 };

struct listeners {
    const config_t *config;
    http_listener_t list[LISTENERS_MAX];
    size_t count;
    certificate_t *certificate; /* NULL: plain */
    char *socket_path;
};

/* --- addresses --- */

typedef union address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_storage storage;
} address_t;

static address_t address_of_fd(int fd)
{
    address_t address = {.storage = {.ss_family = AF_UNSPEC}};
    socklen_t n = sizeof address.storage;
    if (getsockname(fd, &address.any, &n) != 0) {
        address.storage.ss_family = AF_UNSPEC;
    }
    return address;
}

static bool is_loopback(const address_t *a)
{
    if (a->any.sa_family == AF_INET) {
        return ntohl(a->in.sin_addr.s_addr) >> 24 == 127;
    }
    return a->any.sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&a->in6.sin6_addr);
}

/* "127.0.0.1:8480", "[::1]:8480". */
static str_t address_text_in(arena_t *arena, int fd)
{
    address_t a = address_of_fd(fd);
    char host[INET6_ADDRSTRLEN] = "";
    bool six = a.any.sa_family == AF_INET6;
    const void *bytes = six ? (const void *)&a.in6.sin6_addr : (const void *)&a.in.sin_addr;
    inet_ntop(a.any.sa_family, bytes, host, sizeof host);
    return arena_printf(arena, six ? "[%s]:%u" : "%s:%u", host, http_listen_port(fd));
}

/* --- opening --- */

static bool may_listen(const config_t *c, int fd, err_t *err)
{
    address_t address = address_of_fd(fd);
    if (is_loopback(&address)) {
        return true;
    }
    if (!c->tls_cert.p && !c->trusted_proxies.n) {
        return err_set(
            err, ERR_listen_needs_tls,
            "a listener beyond loopback needs TLS (tls_cert, tls_key) or trusted_proxies");
    }
    return c->public_url.p ||
           err_set(err, ERR_configuration, "a listener beyond loopback needs public_url");
}

static void add(listeners_t *l, int fd, bool local)
{
    const http_tls_t *tls = l->certificate && !local ? certificate_tls(l->certificate) : NULL;
    l->list[l->count++] = (http_listener_t){.fd = fd, .local = local, .tls = tls};
}

static bool open_one(listeners_t *l, str_t address, err_t *err)
{
    if (l->count + 1 >= LISTENERS_MAX) {
        return err_set(err, ERR_configuration, "more than %d addresses to listen at",
                       LISTENERS_MAX - 1);
    }
    int fd = http_listen_tcp(address, err);
    if (fd < 0) {
        return false;
    }
    add(l, fd, false);
    return may_listen(l->config, fd, err);
}

static bool open_tcp(listeners_t *l, err_t *err)
{
    const config_t *c = l->config;
    if (c->tls_cert.p) {
        l->certificate = certificate_open(c->tls_cert.p, c->tls_key.p, err);
        if (!l->certificate) {
            return false;
        }
    }
    for (str_t rest = c->listen; rest.p;) {
        str_t address = str_trim(str_cut(&rest, ','));
        if (address.n && !open_one(l, address, err)) {
            return false;
        }
    }
    return true;
}

static bool open_unix(listeners_t *l, const char *path, err_t *err)
{
    int fd = http_listen_unix(path, err);
    if (fd >= 0) {
        l->socket_path = str_dup(str_of(path));
        add(l, fd, true);
    }
    return fd >= 0;
}

/* A folder that nothing can be written to still serves what it holds; only the command line finds
 * no way in. */
static bool is_read_only(const char *path)
{
    const char *slash = strrchr(path, '/');
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    return access(folder, W_OK) < 0 && errno == EROFS;
}

static bool open_local(listeners_t *l, const char *path, bool alone, err_t *err)
{
    if (!alone && is_read_only(path)) {
        log_event(LOG_WARN, "host.no_socket", LOG_S("reason", STR("the folder is read-only")));
        return true;
    }
    return open_unix(l, path, err);
}

listeners_t *listeners_open(const config_t *config, const char *socket_path, bool alone, err_t *err)
{
    listeners_t *l = mem_new(listeners_t);
    l->config = config;
    if ((alone || open_tcp(l, err)) && open_local(l, socket_path, alone, err)) {
        return l;
    }
    listeners_close(l);
    return NULL;
}

/* --- closing --- */

void listeners_stop(listeners_t *l)
{
    for (size_t i = 0; i < l->count; i++) {
        close(l->list[i].fd);
    }
    l->count = 0;
    if (l->socket_path) {
        unlink(l->socket_path);
        free(l->socket_path);
        l->socket_path = NULL;
    }
}

void listeners_close(listeners_t *l)
{
    if (l) {
        listeners_stop(l);
        certificate_free(l->certificate);
        free(l);
    }
}

/* --- the rest --- */

const http_listener_t *listeners_list(const listeners_t *l)
{
    return l->list;
}

size_t listeners_count(const listeners_t *l)
{
    return l->count;
}

void listeners_guard(const listeners_t *l, egress_t *egress)
{
    for (size_t i = 0; i < l->count; i++) {
        if (!l->list[i].local) {
            address_t address = address_of_fd(l->list[i].fd);
            egress_add_own(egress, &address.any);
        }
    }
}

void listeners_reload(listeners_t *l)
{
    if (l->certificate) {
        certificate_reload(l->certificate);
    }
}

void listeners_look(listeners_t *l)
{
    if (l->certificate) {
        certificate_look(l->certificate);
    }
}

void listeners_tell(const listeners_t *l)
{
    arena_t *arena = arena_new(0);
    for (size_t i = 0; i < l->count; i++) {
        if (!l->list[i].local) {
            log_event(LOG_INFO, "http.listening",
                      LOG_S("address", address_text_in(arena, l->list[i].fd)),
                      LOG_B("tls", l->certificate != NULL));
        }
    }
    arena_free(arena);
}

str_t listeners_url_in(arena_t *arena, const listeners_t *l)
{
    for (size_t i = 0; i < l->count; i++) {
        if (!l->list[i].local) {
            return arena_printf(arena, "%s://%.*s", l->certificate ? "https" : "http",
                                STR_ARG(address_text_in(arena, l->list[i].fd)));
        }
    }
    return STR("http://localhost");
}
