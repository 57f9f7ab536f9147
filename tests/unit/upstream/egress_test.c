/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

#include "base/arena.h"
#include "upstream/egress.h"

static egress_t *egress_of(const char *allow)
{
    err_t err = ERR_INIT;
    egress_t *e = egress_new(str_of(allow), &err);
    if (!e) {
        fail_msg("%s: %s", allow, err.text);
    }
    return e;
}

static struct sockaddr_storage address_at(const char *text, uint16_t port)
{
    struct sockaddr_storage out = {.ss_family = AF_UNSPEC};
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
        memcpy(&out, &in, sizeof in);
    } else if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1) {
        memcpy(&out, &in6, sizeof in6);
    } else {
        fail_msg("%s is no address", text);
    }
    return out;
}

static bool allows(const egress_t *e, const char *host, const char *text, uint16_t port, bool https)
{
    struct sockaddr_storage address = address_at(text, port);
    const char *reason = "";
    bool allowed =
        egress_allows_address(e, str_of(host), (const struct sockaddr *)&address, https, &reason);
    assert_int_equal(allowed, reason == NULL);
    assert_int_equal(allowed, egress_allows_address(
                                  e, str_of(host), (const struct sockaddr *)&address, https, NULL));
    return allowed;
}

/* --- addresses alone --- */

typedef enum { PUBLIC, LISTED, NEVER } kind_t;

typedef struct address_row {
    const char *row; /* of hostile-cases */
    const char *address;
    kind_t kind; /* LISTED: only where an exception covers it */
} address_row_t;

static const address_row_t address_rows[] = {
    {"", "1.1.1.1", PUBLIC},
    {"", "9.255.255.255", PUBLIC},
    {"", "11.0.0.0", PUBLIC},
    {"", "100.63.255.255", PUBLIC},
    {"", "100.128.0.0", PUBLIC},
    {"", "126.255.255.255", PUBLIC},
    {"", "128.0.0.1", PUBLIC},
    {"", "169.253.255.255", PUBLIC},
    {"", "169.255.0.0", PUBLIC},
    {"", "172.15.255.255", PUBLIC},
    {"", "172.32.0.0", PUBLIC},
    {"", "192.0.1.0", PUBLIC},
    {"", "192.167.255.255", PUBLIC},
    {"", "192.169.0.0", PUBLIC},
    {"", "198.17.255.255", PUBLIC},
    {"", "198.20.0.0", PUBLIC},
    {"", "223.255.255.255", PUBLIC},
    {"", "2606:4700::1111", PUBLIC},
    {"", "2001:4860:4860::8888", PUBLIC},
    {"", "2001:200::", PUBLIC},
    {"", "2a00::", PUBLIC},
    {"", "3ffe::1", PUBLIC},
    {"E01", "127.0.0.1", LISTED},
    {"E01", "127.255.255.255", LISTED},
    {"E01", "::ffff:127.0.0.1", LISTED},
    {"E01", "::1", LISTED},
    {"E01", "0.0.0.0", NEVER},
    {"E01", "0.1.2.3", NEVER},
    {"E01", "::", NEVER},
    {"E01", "::ffff:0.0.0.0", NEVER},
    {"E02", "169.254.169.254", NEVER},
    {"E02", "169.254.0.1", NEVER},
    {"E02", "169.254.170.2", NEVER},
    {"E02", "::ffff:169.254.169.254", NEVER},
    {"E02", "fd00:ec2::254", NEVER},
    {"E02", "fd20:ce::254", NEVER},
    {"E02", "100.100.100.200", NEVER},
    {"E02", "168.63.129.16", NEVER},
    {"E02", "192.0.0.192", NEVER},
    {"E02", "fe80::1", NEVER},
    {"E02", "febf::1", NEVER},
    {"E02", "64:ff9b::a9fe:a9fe", NEVER},
    {"E02", "64:ff9b:1::a9fe:a9fe", NEVER},
    {"E02", "2002:a9fe:a9fe::1", NEVER},
    {"E02", "::169.254.169.254", NEVER},
    {"E03", "64:ff9b::7f00:1", LISTED},
    {"E03", "64:ff9b::0a00:1", LISTED},
    {"E03", "64:ff9b::0808:0808", PUBLIC},
    {"E03", "64:ff9b:1::7f00:1", LISTED},
    {"E03", "64:ff9b:1::0808:0808", LISTED},
    {"E03", "2002:7f00:1::", LISTED},
    {"E03", "2002:c0a8:1::1", LISTED},
    {"E03", "2002:0808:0808::1", PUBLIC},
    {"E03", "2001:0::", NEVER},                   /* server 0.0.0.0 */
    {"E03", "2001:0:808:808::80ff:fffe", LISTED}, /* client 127.0.0.1 */
    {"E03", "2001:0:a00:1::f7f7:f7f7", LISTED},   /* server 10.0.0.1, client 8.8.8.8 */
    {"E03", "2001:0:808:808::5601:5601", NEVER},  /* client 169.254.169.254 */
    {"E03", "2001:0:808:808::f7f7:f7f7", PUBLIC},
    {"E03", "::127.0.0.1", LISTED},
    {"E03", "::8.8.8.8", LISTED},
    {"E03", "::ffff:8.8.8.8", PUBLIC},
    {"E03", "::ffff:10.0.0.1", LISTED},
    {"E05", "224.0.0.1", NEVER},
    {"E05", "239.255.255.255", NEVER},
    {"E05", "255.255.255.255", NEVER},
    {"E05", "240.0.0.1", LISTED},
    {"E05", "198.18.0.1", LISTED},
    {"E05", "198.19.255.255", LISTED},
    {"E05", "192.0.0.1", LISTED},
    {"E05", "ff02::1", NEVER},
    {"E05", "fec0::1", LISTED},
    {"E05", "10.0.0.0", LISTED},
    {"E05", "10.255.255.255", LISTED},
    {"E05", "100.64.0.1", LISTED},
    {"E05", "100.127.255.255", LISTED},
    {"E05", "172.16.0.1", LISTED},
    {"E05", "172.31.255.255", LISTED},
    {"E05", "192.168.0.1", LISTED},
    {"E05", "192.0.2.1", LISTED},
    {"E05", "192.88.99.1", LISTED},
    {"E05", "198.51.100.1", LISTED},
    {"E05", "203.0.113.1", LISTED},
    {"E05", "fc00::1", LISTED},
    {"E05", "fdff::1", LISTED},
    {"E05", "100::1", LISTED},
    {"E05", "2001:db8::1", LISTED},
    {"E05", "2001:2::1", LISTED},
    {"E05", "2001:20::1", LISTED},
    {"E05", "3fff::1", LISTED},
    {"E05", "4000::1", LISTED},
    {"E05", "1fff::1", LISTED},
};

static void addresses_are_classified(void **state)
{
    (void)state;
    egress_t *none = egress_of("");
    egress_t *all = egress_of("0.0.0.0/0, ::/0");
    for (size_t i = 0; i < sizeof address_rows / sizeof *address_rows; i++) {
        const address_row_t *row = &address_rows[i];
        if (allows(none, "a.test", row->address, 443, true) != (row->kind == PUBLIC) ||
            allows(all, "a.test", row->address, 443, true) != (row->kind != NEVER)) {
            fail_msg("%s %s", row->row, row->address);
        }
    }
    egress_free(none);
    egress_free(all);
}

static void other_families_are_denied(void **state)
{
    (void)state;
    egress_t *all = egress_of("0.0.0.0/0,::/0");
    struct sockaddr_storage unix_socket = {.ss_family = AF_UNIX};
    assert_false(egress_allows_address(all, STR("a.test"), (const struct sockaddr *)&unix_socket,
                                       true, NULL));
    egress_free(all);
}

/* --- exceptions --- */

typedef struct exception_row {
    const char *row;
    const char *allow;
    const char *host, *address;
    uint16_t port;
    bool https;
    bool allowed;
} exception_row_t;

static const exception_row_t exception_rows[] = {
    {"E11", "", "a.test", "1.1.1.1", 22, true, false},
    {"E11", "", "a.test", "1.1.1.1", 25, true, false},
    {"E11", "", "a.test", "1.1.1.1", 3306, true, false},
    {"E11", "", "a.test", "1.1.1.1", 6379, true, false},
    {"E11", "", "a.test", "1.1.1.1", 9200, true, false},
    {"E11", "", "a.test", "1.1.1.1", 80, false, false},
    {"E11", "", "a.test", "1.1.1.1", 443, false, false},
    {"E10", "10.1.2.3:8443", "a.test", "10.1.2.3", 8443, true, true},
    {"E10", "10.1.2.3:8443", "a.test", "10.1.2.3", 8443, false, true},
    {"E10", "10.1.2.3:8443", "a.test", "10.1.2.3", 22, true, false},
    {"E10", "10.1.2.3:8443", "a.test", "10.1.2.3", 443, true, false},
    {"E10", "10.1.2.3:8443", "a.test", "10.9.9.9", 8443, true, false},
    {"E10", "10.1.2.0/24", "a.test", "10.1.2.255", 22, false, true},
    {"E10", "10.1.2.0/24", "a.test", "10.1.3.0", 22, false, false},
    {"E10", "10.0.0.0/8:443", "a.test", "10.200.0.1", 443, true, true},
    {"E10", "fd00::/8", "a.test", "fd12::1", 9000, false, true},
    {"E10", "[fd00::/8]:8443", "a.test", "fd12::1", 8443, true, true},
    {"E10", "[fd00::/8]:8443", "a.test", "fd12::1", 443, true, false},
    {"E10", "[::1]:8443", "a.test", "::1", 8443, true, true},
    {"E10", "10.0.0.0/8", "a.test", "::ffff:10.0.0.1", 443, true, true},
    {"E10", "10.0.0.0/8", "a.test", "64:ff9b::a00:1", 443, true, true},
    {"E10", "::/0", "a.test", "10.0.0.1", 443, true, false},
    {"E10", "::/0", "a.test", "::ffff:10.0.0.1", 443, true, false},
    {"E10", "64:ff9b:1::/48", "a.test", "64:ff9b:1::808:808", 443, true, true},
    {"", "erp.test", "erp.test", "10.0.0.1", 8080, false, true},
    {"", "erp.test", "ERP.test", "192.168.1.1", 443, true, true},
    {"", "ERP.Test", "erp.test", "192.168.1.1", 443, true, true},
    {"", "erp.test", "erp.test", "127.0.0.1", 1, false, true},
    {"", "erp.test", "erp.test", "1.1.1.1", 22, false, true},
    {"E02", "erp.test", "erp.test", "169.254.169.254", 80, false, false},
    {"", "erp.test", "other.test", "10.0.0.1", 443, true, false},
    {"", "erp.test", "x.erp.test", "10.0.0.1", 443, true, false},
    {"", "erp.test:8443", "erp.test", "10.0.0.1", 8443, true, true},
    {"", "erp.test:8443", "erp.test", "10.0.0.1", 443, true, false},
    {"", "erp.test:8443", "erp.test", "1.1.1.1", 443, true, true},
    {"E10", "erp.test=10.1.0.0/16:8443", "erp.test", "10.1.2.3", 8443, true, true},
    {"E10", "erp.test=10.1.0.0/16:8443", "erp.test", "10.9.9.9", 8443, true, false},
    {"E10", "erp.test=10.1.0.0/16:8443", "erp.test", "10.1.2.3", 22, true, false},
    {"E10", "erp.test=10.1.0.0/16:8443", "a.test", "10.1.2.3", 8443, true, false},
    {"E10", "erp.test = 10.1.0.0/16", "erp.test", "10.1.2.3", 22, false, true},
    {"E10", "erp.test=[fd00::/8]:8443", "erp.test", "fd12::1", 8443, true, true},
    {"E10", "erp.test=fd00::/8", "erp.test", "fd12::1", 8443, true, true},
    {"", "*.corp.test", "a.corp.test", "10.0.0.1", 443, true, true},
    {"", "*.corp.test", "a.b.corp.test", "10.0.0.1", 443, true, true},
    {"", "*.corp.test", "corp.test", "10.0.0.1", 443, true, false},
    {"", "*.corp.test", "xcorp.test", "10.0.0.1", 443, true, false},
    {"", "a.test, ,10.0.0.0/8 , b.test:99", "c.test", "10.0.0.1", 443, true, true},
    {"", "localhost", "localhost", "127.0.0.1", 80, false, true},
    {"", "localhost", "localhost", "::1", 80, false, true},
    {"", "3scale", "3scale", "10.0.0.1", 80, false, true},
    {"E07", "", "a.test", "93.184.216.34", 443, true, true},
    {"E07", "", "a.test", "192.168.0.9", 443, true, false},
};

static void exceptions_open_what_they_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof exception_rows / sizeof *exception_rows; i++) {
        const exception_row_t *row = &exception_rows[i];
        egress_t *e = egress_of(row->allow);
        if (allows(e, row->host, row->address, row->port, row->https) != row->allowed) {
            fail_msg("%s \"%s\": %s at %s port %u", row->row, row->allow, row->host, row->address,
                     row->port);
        }
        egress_free(e);
    }
}

static void unreadable_exceptions_are_named(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "10.0.0.0/33",
        "10.0.0.1/8",
        "10.0.0.0/",
        "10.0.0.0/8:0",
        "10.0.0.0/8:65536",
        "10.0.0.0/8:",
        "10.0.0.0/8:x",
        "10.0.0/8",
        "10.0.0",
        "2130706433",
        "0x7f.1",
        "a.0x7f000001",
        "0177.0.0.1",
        "fd00::/129",
        "fd00::1/8",
        "[fd00::/8",
        "[fd00::/8]8443",
        "[fd00::/8]:",
        "fe80::1%eth0",
        "erp.test:",
        "erp.test:99999",
        "erp.test=",
        "erp.test=other",
        "erp.test=10.0.0.0/8:0",
        "=10.0.0.0/8",
        "*",
        "*.",
        "a.*.test",
        "https://a.test",
        "a b.test",
        "-a.test",
        "a.test/8",
        "10.0.0.0/8 10.1.0.0/16",
        ":443",
        "a..test",
        "10.0.0.0/-1",
        "10.0.0.0/+8",
        "[::1]:8443:1",
        "[erp.test]:443",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char allow[100];
        err_t err = ERR_INIT;
        snprintf(allow, sizeof allow, "ok.test,%s", rows[i]);
        egress_t *e = egress_new(str_of(allow), &err);
        if (e || err.code != ERR_configuration || !strstr(err.text, rows[i])) {
            fail_msg("%s: %s", rows[i], e ? "taken" : err.text);
        }
    }
}

/* --- own listeners --- */

static void add_own(egress_t *e, const char *text, uint16_t port)
{
    struct sockaddr_storage address = address_at(text, port);
    egress_add_own(e, (const struct sockaddr *)&address);
}

/* E12 */
static void own_listeners_are_never_called(void **state)
{
    (void)state;
    egress_t *e = egress_of("0.0.0.0/0,::/0,localhost");
    assert_true(allows(e, "localhost", "127.0.0.1", 8480, false));
    add_own(e, "127.0.0.1", 8480);
    add_own(e, "10.0.0.5", 8443);
    static const struct {
        const char *address;
        uint16_t port;
        bool allowed;
    } rows[] = {
        {"127.0.0.1", 8480, false},        {"127.0.0.1", 8481, true},
        {"127.1.2.3", 8480, false},        {"::1", 8480, false},
        {"::ffff:127.0.0.1", 8480, false}, {"64:ff9b::7f00:1", 8480, false},
        {"2002:7f00:1::", 8480, false},    {"::127.0.0.1", 8480, false},
        {"0.0.0.0", 8480, false},          {"::", 8480, false},
        {"10.0.0.5", 8443, false},         {"::ffff:10.0.0.5", 8443, false},
        {"10.0.0.6", 8443, true},          {"10.0.0.5", 8480, true},
        {"127.0.0.1", 8443, false}, /* some of this machine's addresses; better safe */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (allows(e, "localhost", rows[i].address, rows[i].port, false) != rows[i].allowed) {
            fail_msg("%s port %u", rows[i].address, rows[i].port);
        }
    }
    egress_free(e);
}

static void a_listener_on_every_address_is_own_on_each(void **state)
{
    (void)state;
    static const char *const anywhere[] = {"0.0.0.0", "::"};
    for (size_t i = 0; i < 2; i++) {
        egress_t *e = egress_of("0.0.0.0/0,::/0");
        add_own(e, anywhere[i], 8480);
        assert_false(allows(e, "a.test", "127.0.0.1", 8480, false));
        assert_false(allows(e, "a.test", "127.9.9.9", 8480, false));
        assert_false(allows(e, "a.test", "::1", 8480, false));
        assert_true(allows(e, "a.test", "127.0.0.1", 8481, false));
        assert_true(allows(e, "a.test", "1.1.1.1", 8480, false));
        egress_free(e);
    }
}

/* --- URLs --- */

typedef struct url_row {
    const char *row;
    const char *allow;
    const char *url;
    bool allowed;
} url_row_t;

static const url_row_t url_rows[] = {
    {"", "", "https://a.test/", true},
    {"", "", "https://a.test:443/", true},
    {"E11", "", "https://a.test:8443/", false},
    {"E11", "", "https://a.test:22/", false},
    {"", "", "http://a.test/", false},
    {"", "", "http://a.test:443/", false},
    {"", "erp.test", "http://erp.test/", true},
    {"", "erp.test", "http://erp.test:8080/", true},
    {"", "erp.test", "https://erp.test:8443/", true},
    {"", "erp.test", "http://a.test/", false},
    {"", "erp.test:8080", "http://erp.test/", false},
    {"", "erp.test:8080", "http://erp.test:8080/", true},
    {"", "erp.test=10.0.0.0/8", "http://erp.test/", true},
    {"", "10.0.0.0/8", "http://any.test:99/", true}, /* the address decides */
    {"", "10.0.0.0/8", "http://10.1.2.3/", true},
    {"", "10.0.0.0/8", "http://11.1.2.3/", false},
    {"", "10.0.0.0/8", "http://[::ffff:10.1.2.3]/", true},
    {"", "10.0.0.0/8", "http://[::ffff:11.1.2.3]/", false},
    {"", "10.0.0.0/8:80", "http://10.1.2.3/", true},
    {"", "10.0.0.0/8:80", "http://10.1.2.3:81/", false},
    {"", "[fd00::/8]:8443", "https://[fd00::1]:8443/", true},
    {"", "[fd00::/8]:8443", "https://[fe00::1]:8443/", false},
    {"E01", "10.0.0.0/8", "http://127.0.0.1/", false},
    {"E01", "10.0.0.0/8", "http://[::1]/", false},
};

static void urls_are_checked_by_scheme_and_port(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof url_rows / sizeof *url_rows; i++) {
        const url_row_t *row = &url_rows[i];
        arena_t *arena = arena_new(0);
        egress_t *e = egress_of(row->allow);
        err_t err = ERR_INIT;
        url_t url;
        assert_true(url_parse_in(arena, str_of(row->url), &url, &err));
        if (egress_check_url(e, &url, &err) != row->allowed) {
            fail_msg("\"%s\": %s", row->allow, row->url);
        }
        if (!row->allowed) {
            assert_int_equal(err.code, ERR_egress_denied);
            assert_string_equal(err.text, err_code_title(ERR_egress_denied)); /* E16 */
        }
        egress_free(e);
        arena_free(arena);
    }
}

static void ports_are_opened_by_the_list(void **state)
{
    (void)state;
    egress_t *e = egress_of("erp.test:8443,*.any.test,10.0.0.0/8:9000");
    assert_true(egress_opens_port(e, STR("erp.test"), 8443));
    assert_false(egress_opens_port(e, STR("erp.test"), 8444));
    assert_true(egress_opens_port(e, STR("x.any.test"), 1));
    assert_true(egress_opens_port(e, STR("other.test"), 9000));
    assert_false(egress_opens_port(e, STR("other.test"), 443));
    assert_true(egress_opens_port(e, STR("10.1.1.1"), 9000));
    assert_false(egress_opens_port(e, STR("11.1.1.1"), 9000));
    egress_free(e);
    e = egress_of(NULL);
    assert_false(egress_opens_port(e, STR("erp.test"), 8443));
    egress_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_classified),
        cmocka_unit_test(other_families_are_denied),
        cmocka_unit_test(exceptions_open_what_they_name),
        cmocka_unit_test(unreadable_exceptions_are_named),
        cmocka_unit_test(own_listeners_are_never_called),
        cmocka_unit_test(a_listener_on_every_address_is_own_on_each),
        cmocka_unit_test(urls_are_checked_by_scheme_and_port),
        cmocka_unit_test(ports_are_opened_by_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
