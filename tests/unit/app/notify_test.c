/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/notify.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

/* A manager: a datagram socket that the kernel names (abstract), or at a path. */
typedef struct manager {
    int fd;
    char name[64];
} manager_t;

static void manager_bind(manager_t *m, const struct sockaddr_un *address, socklen_t n)
{
    m->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_true(m->fd >= 0);
    assert_int_equal(bind(m->fd, (const void *)address, n), 0);
}

static void manager_abstract(manager_t *m)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t n = sizeof address;
    manager_bind(m, &address, sizeof address.sun_family); /* unix(7): autobind */
    assert_int_equal(getsockname(m->fd, (void *)&address, &n), 0);
    snprintf(m->name, sizeof m->name, "@%.*s",
             (int)(n - offsetof(struct sockaddr_un, sun_path) - 1), address.sun_path + 1);
}

static void manager_at_path(manager_t *m)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(m->name, "/tmp/tenon-notify-XXXXXX");
    assert_non_null(mkdtemp(m->name));
    strcat(m->name, "/s");
    strcpy(address.sun_path, m->name);
    manager_bind(m, &address, sizeof address);
}

static void manager_remove(manager_t *m)
{
    close(m->fd);
    if (m->name[0] == '/') {
        unlink(m->name);
        *strrchr(m->name, '/') = '\0';
        rmdir(m->name);
    }
}

static void manager_expects(const manager_t *m, const char *message)
{
    char got[1024] = "";
    ssize_t n = recv(m->fd, got, sizeof got - 1, 0);
    assert_int_equal(n, message ? (ssize_t)strlen(message) : -1);
    assert_string_equal(got, message ? message : "");
}

static void check_messages(manager_t *m)
{
    notify_t n;
    setenv("NOTIFY_SOCKET", m->name, 1);
    setenv("WATCHDOG_USEC", "3000000", 1);
    notify_open(&n);
    assert_null(getenv("NOTIFY_SOCKET"));
    assert_null(getenv("WATCHDOG_USEC"));
    assert_int_equal(n.watchdog_ms, 3000);
    notify_send(&n, "READY=1\nSTATUS=%s %d", "Serving", 7);
    notify_send(&n, "WATCHDOG=1");
    manager_expects(m, "READY=1\nSTATUS=Serving 7");
    manager_expects(m, "WATCHDOG=1");
    manager_expects(m, NULL);
    notify_close(&n);
    manager_remove(m);
}

static void test_messages_arrive(void **state)
{
    (void)state;
    manager_t m;
    manager_abstract(&m);
    check_messages(&m);
    manager_at_path(&m);
    check_messages(&m);
}

static void test_a_message_has_a_ceiling(void **state)
{
    (void)state;
    manager_t m;
    notify_t n;
    char long_text[2000];
    char got[2000];
    memset(long_text, 'x', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    manager_abstract(&m);
    setenv("NOTIFY_SOCKET", m.name, 1);
    notify_open(&n);
    notify_send(&n, "STATUS=%s", long_text);
    ssize_t bytes = recv(m.fd, got, sizeof got, 0);
    assert_in_range(bytes, 100, 600);
    notify_close(&n);
    manager_remove(&m);
}

static void test_nobody_asks(void **state)
{
    (void)state;
    static const char *const names[] = {
        NULL, "", "@", "relative", "vsock:2:1234", "/nowhere/at/all"};
    for (size_t i = 0; i < COUNT(names); i++) {
        notify_t n;
        if (names[i]) {
            setenv("NOTIFY_SOCKET", names[i], 1);
        }
        notify_open(&n);
        assert_int_equal(n.fd >= 0, i == COUNT(names) - 1);
        notify_send(&n, "READY=1"); /* goes nowhere, and does no harm */
        notify_close(&n);
    }
}

typedef struct watchdog_row {
    const char *usec, *pid;
    int64_t ms;
} watchdog_row_t;

static void test_watchdog_times(void **state)
{
    (void)state;
    char own[24];
    snprintf(own, sizeof own, "%d", (int)getpid());
    const watchdog_row_t rows[] = {
        {"30000000", NULL, 30000}, {"30000000", own, 30000},
        {"30000000", "1", 0},      {"1000", NULL, 1},
        {"999", NULL, 0},          {"0", NULL, 0},
        {"-5", NULL, 0},           {"soon", NULL, 0},
        {"30000000", "x", 0},      {NULL, own, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        manager_t m;
        notify_t n;
        manager_abstract(&m);
        setenv("NOTIFY_SOCKET", m.name, 1);
        if (rows[i].usec) {
            setenv("WATCHDOG_USEC", rows[i].usec, 1);
        }
        if (rows[i].pid) {
            setenv("WATCHDOG_PID", rows[i].pid, 1);
        }
        notify_open(&n);
        assert_int_equal(n.watchdog_ms, rows[i].ms);
        notify_close(&n);
        manager_remove(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_arrive),
        cmocka_unit_test(test_a_message_has_a_ceiling),
        cmocka_unit_test(test_nobody_asks),
        cmocka_unit_test(test_watchdog_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
