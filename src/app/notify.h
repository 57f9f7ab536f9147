/* SPDX-License-Identifier: MIT */
/* Tells a service manager how the host is: sd_notify(3), one datagram a message, without its
 * library. Belongs to the main thread. Where no manager asked, nothing is sent. */
#ifndef TENON_APP_NOTIFY_H
#define TENON_APP_NOTIFY_H

#include <stdint.h>
#include <sys/un.h>

typedef struct notify {
    int fd; /* -1: nobody asked */
    struct sockaddr_un manager;
    unsigned manager_bytes;
    int64_t watchdog_ms; /* between two WATCHDOG=1 at most; 0: none are wanted */
} notify_t;

/* Takes NOTIFY_SOCKET (a path, or @NAME of an abstract socket), WATCHDOG_USEC and WATCHDOG_PID out
 * of the environment, so that no program that is started inherits them. */
void notify_open(notify_t *n);
/* "READY=1\nSTATUS=…". Waits for a manager that does not read, but not for ever. */
void notify_send(const notify_t *n, const char *format, ...) __attribute__((format(printf, 2, 3)));
void notify_close(notify_t *n);

/* CLOCK_MONOTONIC, as MONOTONIC_USEC= wants it beside RELOADING=1. */
int64_t notify_monotonic_us(void);

#endif
