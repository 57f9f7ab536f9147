/* SPDX-License-Identifier: MIT */
#include "http/fixture.h"

#include <sys/stat.h>

static bool can_connect(int family, uint16_t port)
{
    struct sockaddr_in to4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    to4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct sockaddr_in6 to6 = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(family, SOCK_STREAM, 0);
    bool connected = family == AF_INET ? connect(fd, (const void *)&to4, sizeof to4) == 0
                                       : connect(fd, (const void *)&to6, sizeof to6) == 0;
    close(fd);
    return connected;
}

static void listens_where_told(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        int family;
    } rows[] = {{"127.0.0.1:0", AF_INET}, {"[::1]:0", AF_INET6}, {"localhost:0", 0}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        int fd = http_listen_tcp(str_of(rows[i].address), &err);
        if (fd < 0 && rows[i].family == AF_INET6) {
            continue; /* a machine without IPv6 */
        }
        assert_true(fd >= 0);
        uint16_t port = http_listen_port(fd);
        assert_true(port > 0);
        assert_true(can_connect(rows[i].family ? rows[i].family : AF_INET, port) ||
                    can_connect(AF_INET6, port));
        close(fd);
    }
}

static void refuses_what_is_no_address(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",         "8480",          "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "a:b",
        "::1:8480", "127.0.0.1:80x", "[::1]",     "[::1:8480",  "203.0.113.1:0"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        assert_int_equal(http_listen_tcp(str_of(rows[i]), &err), -1);
        assert_int_equal(err.code, ERR_listen_failed);
        assert_true(err.text[0]);
    }
}

static void refuses_an_address_in_use(void **state)
{
    (void)state;
    err_t err = ERR_INIT;
    int fd = http_listen_tcp(STR("127.0.0.1:0"), &err);
    char address[32];
    snprintf(address, sizeof address, "127.0.0.1:%u", http_listen_port(fd));
    assert_int_equal(http_listen_tcp(str_of(address), &err), -1);
    assert_int_equal(err.code, ERR_listen_failed);
    close(fd);
    /* Free again at once. */
    err = ERR_INIT;
    fd = http_listen_tcp(str_of(address), &err);
    assert_true(fd >= 0);
    close(fd);
}

static void a_unix_socket_is_private(void **state)
{
    (void)state;
    char folder[] = "/tmp/tenon-http-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char path[64];
    snprintf(path, sizeof path, "%s/sock", folder);
    err_t err = ERR_INIT;
    mode_t mask = umask(0);
    int fd = http_listen_unix(path, &err);
    umask(mask);
    assert_true(fd >= 0);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);

    /* One that answers is kept, a stale one replaced. */
    assert_int_equal(http_listen_unix(path, &err), -1);
    assert_int_equal(err.code, ERR_listen_failed);
    close(fd);
    err = ERR_INIT;
    fd = http_listen_unix(path, &err);
    assert_true(fd >= 0);
    close(fd);
    unlink(path);

    /* What is not a socket is kept, too. */
    FILE *file = fopen(path, "w");
    fclose(file);
    assert_int_equal(http_listen_unix(path, &err), -1);
    assert_int_equal(stat(path, &status), 0);
    unlink(path);
    rmdir(folder);
}

static void refuses_a_path_that_cannot_be(void **state)
{
    (void)state;
    char longest[109];
    memset(longest, 'x', sizeof longest - 1);
    longest[0] = '/';
    longest[108] = '\0';
    const char *const rows[] = {"", longest, "/nowhere/at/all"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        assert_int_equal(http_listen_unix(rows[i], &err), -1);
        assert_int_equal(err.code, ERR_listen_failed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listens_where_told),
        cmocka_unit_test(refuses_what_is_no_address),
        cmocka_unit_test(refuses_an_address_in_use),
        cmocka_unit_test(a_unix_socket_is_private),
        cmocka_unit_test(refuses_a_path_that_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
