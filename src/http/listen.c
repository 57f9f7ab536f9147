/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "http/http.h"

/* A client that takes nothing for so long is cut off; h2o itself never gives up writing. */
enum { USER_TIMEOUT_MS = 30000 };
enum { HOST_BYTES_MAX = 256 };

static int refuse(err_t *err, str_t address, const char *why)
{
    (void)err_set(err, ERR_listen_failed, "%.*s: %s", STR_ARG(address), why);
    return -1;
}

static int refuse_errno(err_t *err, str_t address)
{
    char why[128];
    return refuse(err, address, strerror_r(errno, why, sizeof why));
}

/* --- TCP --- */

/* Accepted sockets inherit these (tcp(7)). */
static void set_options(int fd)
{
    int on = 1;
    unsigned timeout_ms = USER_TIMEOUT_MS;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof timeout_ms);
}

static int listen_at(const struct sockaddr *address, socklen_t n)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -1;
    }
    set_options(fd);
    int off = 0;
    if (address->sa_family == AF_INET6) { /* [::] takes IPv4, too */
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    }
    if (bind(fd, address, n) == 0 && listen(fd, SOMAXCONN) == 0) {
        return fd;
    }
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static int listen_everywhere(uint16_t port)
{
    struct sockaddr_in6 all6 = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = in6addr_any};
    int fd = listen_at((const void *)&all6, sizeof all6);
    if (fd < 0 && errno == EAFNOSUPPORT) {
        struct sockaddr_in all = {.sin_family = AF_INET, .sin_port = htons(port)};
        fd = listen_at((const void *)&all, sizeof all);
    }
    return fd;
}

/* "host:port" with an IPv6 host in brackets; the host may be empty. */
static bool split(str_t address, char *host, uint16_t *port)
{
    size_t colon = address.n;
    while (colon > 0 && address.p[colon - 1] != ':') {
        colon--;
    }
    uint64_t number;
    if (colon == 0 || !str_to_u64(str_slice(address, colon, address.n), &number) ||
        number > 65535) {
        return false;
    }
    str_t name = str_slice(address, 0, colon - 1);
    if (name.n >= 2 && name.p[0] == '[' && name.p[name.n - 1] == ']') {
        name = str_slice(name, 1, name.n - 1);
    } else if (str_index(name, ':') != SIZE_MAX) {
        return false;
    }
    if (name.n >= HOST_BYTES_MAX || memchr(name.p, '\0', name.n)) {
        return false;
    }
    memcpy(host, name.p, name.n);
    host[name.n] = '\0';
    *port = (uint16_t)number;
    return true;
}

static int listen_by_name(const char *host, uint16_t port, str_t address, err_t *err)
{
    char service[8];
    (void)snprintf(service, sizeof service, "%u", port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int failed = getaddrinfo(host, service, &hints, &found);
    if (failed) {
        return refuse(err, address, gai_strerror(failed));
    }
    int fd = listen_at(found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return fd < 0 ? refuse_errno(err, address) : fd;
}

int http_listen_tcp(str_t address, err_t *err)
{
    char host[HOST_BYTES_MAX];
    uint16_t port;
    if (!split(address, host, &port)) {
        return refuse(err, address, "an address is HOST:PORT, [IPV6]:PORT or :PORT");
    }
    if (host[0]) {
        return listen_by_name(host, port, address, err);
    }
    int fd = listen_everywhere(port);
    return fd < 0 ? refuse_errno(err, address) : fd;
}

uint16_t http_listen_port(int fd)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t n = sizeof address;
    if (getsockname(fd, (void *)&address, &n) == 0 && address.ss_family == AF_INET) {
        return ntohs(((const struct sockaddr_in *)(const void *)&address)->sin_port);
    }
    if (address.ss_family == AF_INET6) {
        return ntohs(((const struct sockaddr_in6 *)(const void *)&address)->sin6_port);
    }
    return 0;
}

/* --- Unix --- */

static bool is_answered(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool answered = fd >= 0 && (connect(fd, (const void *)address, sizeof *address) == 0 ||
                                errno == EAGAIN || errno == EACCES || errno == EPERM);
    if (fd >= 0) {
        close(fd);
    }
    return answered;
}

static bool is_stale(const struct sockaddr_un *address)
{
    struct stat status;
    return lstat(address->sun_path, &status) == 0 && S_ISSOCK(status.st_mode) &&
           !is_answered(address);
}

static bool bind_unix(int fd, const struct sockaddr_un *address)
{
    if (bind(fd, (const void *)address, sizeof *address) == 0) {
        return true;
    }
    if (errno != EADDRINUSE) {
        return false;
    }
    if (!is_stale(address)) {
        errno = EADDRINUSE;
        return false;
    }
    unlink(address->sun_path);
    return bind(fd, (const void *)address, sizeof *address) == 0;
}

int http_listen_unix(const char *path, err_t *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof address.sun_path) {
        return refuse(err, str_of(path), "the path of a socket has 1 to 107 bytes");
    }
    memcpy(address.sun_path, path, n);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return refuse_errno(err, str_of(path));
    }
    /* Before bind: the file then never has another mode, and the process's umask need not change.
     */
    if (fchmod(fd, 0600) == 0 && bind_unix(fd, &address) && chmod(path, 0600) == 0 &&
        listen(fd, SOMAXCONN) == 0) {
        return fd;
    }
    (void)refuse_errno(err, str_of(path));
    close(fd);
    return -1;
}
