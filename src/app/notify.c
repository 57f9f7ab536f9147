/* SPDX-License-Identifier: MIT */
#include "app/notify.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"

enum { MESSAGE_MAX = 512, SEND_TIMEOUT_S = 5, US_A_MS = 1000 };

/* False where the manager left none, or one that is no Unix socket (there are VMs' of other
 * kinds). */
static bool read_address(notify_t *n, const char *name)
{
    size_t bytes = name ? strlen(name) : 0;
    if (bytes < 2 || bytes >= sizeof n->manager.sun_path || (name[0] != '/' && name[0] != '@')) {
        return false;
    }
    n->manager = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(n->manager.sun_path, name, bytes);
    if (name[0] == '@') {
        n->manager.sun_path[0] = '\0'; /* unix(7): abstract, and its length counts */
    }
    n->manager_bytes = (unsigned)(offsetof(struct sockaddr_un, sun_path) + bytes);
    return true;
}

static int64_t read_watchdog(const char *usec, const char *pid)
{
    int64_t period_us;
    int64_t wanted;
    if (!usec || !str_to_i64(str_of(usec), &period_us) || period_us < US_A_MS) {
        return 0;
    }
    bool ours = !pid || (str_to_i64(str_of(pid), &wanted) && wanted == getpid());
    return ours ? period_us / US_A_MS : 0;
}

void notify_open(notify_t *n)
{
    *n = (notify_t){.fd = -1};
    if (read_address(n, getenv("NOTIFY_SOCKET"))) {
        const struct timeval patience = {.tv_sec = SEND_TIMEOUT_S};
        n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        setsockopt(n->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        n->watchdog_ms = read_watchdog(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"));
    }
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

void notify_send(const notify_t *n, const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    int bytes = vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (n->fd >= 0 && bytes > 0) {
        size_t sent = (size_t)bytes < sizeof message ? (size_t)bytes : sizeof message - 1;
        (void)sendto(n->fd, message, sent, MSG_NOSIGNAL, (const void *)&n->manager,
                     n->manager_bytes);
    }
}

void notify_close(notify_t *n)
{
    if (n->fd >= 0) {
        close(n->fd);
        n->fd = -1;
    }
}

int64_t notify_monotonic_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}
