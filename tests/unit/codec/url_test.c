/* SPDX-License-Identifier: MIT */
#include "codec/check.h"

#include "codec/url.h"

static const struct {
    const char *text;
    const char *segment;
    const char *path;
    const char *query;
    const char *form;
} encodings[] = {
    {"", "", "", "", ""},
    {"aZ09-._~", "aZ09-._~", "aZ09-._~", "aZ09-._~", "aZ09-._%7E"},
    {"a b", "a%20b", "a%20b", "a%20b", "a+b"},
    {" ", "%20", "%20", "%20", "+"},
    {"  x ", "%20%20x%20", "%20%20x%20", "%20%20x%20", "++x+"},
    {"a/b;c", "a%2Fb%3Bc", "a/b%3Bc", "a%2Fb%3Bc", "a%2Fb%3Bc"},
    {"a?x=1#f", "a%3Fx%3D1%23f", "a%3Fx%3D1%23f", "a%3Fx%3D1%23f", "a%3Fx%3D1%23f"},
    {"%2e%2e%2f", "%252e%252e%252f", "%252e%252e%252f", "%252e%252e%252f", "%252e%252e%252f"},
    {"a&admin=true#x", "a%26admin%3Dtrue%23x", "a%26admin%3Dtrue%23x", "a%26admin%3Dtrue%23x",
     "a%26admin%3Dtrue%23x"},
    {"s:e c+r%e&t", "s%3Ae%20c%2Br%25e%26t", "s%3Ae%20c%2Br%25e%26t", "s%3Ae%20c%2Br%25e%26t",
     "s%3Ae+c%2Br%25e%26t"},
    {"*", "%2A", "%2A", "%2A", "*"},
    {"\xc3\xa4\x7f\x01", "%C3%A4%7F%01", "%C3%A4%7F%01", "%C3%A4%7F%01", "%C3%A4%7F%01"},
};

static void check_encoding(void encode(buf_t *, str_t), const char *text, const char *expected)
{
    buf_t b;
    buf_init(&b, 1000);
    encode(&b, str_of(text));
    check_buf(&b, expected);
    buf_fini(&b);
}

static void encodes_by_position(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(encodings); i++) {
        check_encoding(url_encode_segment, encodings[i].text, encodings[i].segment);
        check_encoding(url_encode_path, encodings[i].text, encodings[i].path);
        check_encoding(url_encode_query, encodings[i].text, encodings[i].query);
        check_encoding(url_encode_form, encodings[i].text, encodings[i].form);
    }
    buf_t b;
    buf_init(&b, 1000);
    url_encode_segment(&b, STR("a\0b"));
    url_encode_form(&b, STR_NONE);
    check_buf(&b, "a%00b");
    buf_fini(&b);
}

static void decodes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool plus;
        str_t bytes;
    } rows[] = {
        {"", false, STR_INIT("")},          {"abc", false, STR_INIT("abc")},
        {"a%20b", false, STR_INIT("a b")},  {"a+b", false, STR_INIT("a+b")},
        {"a+b%2B", true, STR_INIT("a b+")}, {"%c3%A4", false, STR_INIT("\xc3\xa4")},
        {"%00", false, STR_INIT("\0")},     {"%2525", false, STR_INIT("%25")},
        {"%2f", false, STR_INIT("/")},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        buf_t b;
        buf_init(&b, 100);
        assert_true(url_decode(&b, str_of(rows[i].text), rows[i].plus));
        assert_true(str_eq(buf_view(&b), rows[i].bytes));
        buf_fini(&b);
    }
}

static void refuses_broken_escapes(void **state)
{
    (void)state;
    static const char *const rows[] = {"%", "%2", "a%", "%g0", "%0g", "%%20", "% 20", "%u00e4"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        buf_t b;
        buf_init(&b, 100);
        assert_false(url_decode(&b, str_of(rows[i]), true));
        buf_fini(&b);
    }
}

static void parses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *scheme;
        const char *host;
        uint16_t port;
        bool port_given;
        bool ipv6;
        const char *path;
        const char *query;
        const char *fragment;
    } rows[] = {
        {"https://a.example.com", "https", "a.example.com", 443, false, false, "/", NULL, NULL},
        {"http://a", "http", "a", 80, false, false, "/", NULL, NULL},
        {"HTTPS://A.Example.COM/P?Q#F", "https", "a.example.com", 443, false, false, "/P", "Q",
         "F"},
        {"https://a:8443/x/../y", "https", "a", 8443, true, false, "/x/../y", NULL, NULL},
        {"https://a:443", "https", "a", 443, true, false, "/", NULL, NULL},
        {"https://a:65535/", "https", "a", 65535, true, false, "/", NULL, NULL},
        {"https://a?x=/#/y?z", "https", "a", 443, false, false, "/", "x=/", "/y?z"},
        {"https://a?", "https", "a", 443, false, false, "/", "", NULL},
        {"https://a#", "https", "a", 443, false, false, "/", NULL, ""},
        {"https://a//b?c?d", "https", "a", 443, false, false, "//b", "c?d", NULL},
        {"https://127.0.0.1/", "https", "127.0.0.1", 443, false, false, "/", NULL, NULL},
        {"http://2130706433", "http", "2130706433", 80, false, false, "/", NULL, NULL},
        {"http://0x7f.1", "http", "0x7f.1", 80, false, false, "/", NULL, NULL},
        {"http://[::1]:81/x", "http", "::1", 81, true, true, "/x", NULL, NULL},
        {"https://[2001:DB8::A]", "https", "2001:db8::a", 443, false, true, "/", NULL, NULL},
        {"https://[::ffff:127.0.0.1]/", "https", "::ffff:127.0.0.1", 443, false, true, "/", NULL,
         NULL},
        {"https://my_host-1.a/%zz%2F", "https", "my_host-1.a", 443, false, false, "/%zz%2F", NULL,
         NULL},
        {"https://example.com#@127.0.0.1/", "https", "example.com", 443, false, false, "/", NULL,
         "@127.0.0.1/"},
        {"https://example.com/@x:y", "https", "example.com", 443, false, false, "/@x:y", NULL,
         NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        arena_t *arena = arena_new(0);
        err_t err = ERR_INIT;
        url_t url;
        assert_true(url_parse_in(arena, str_of(rows[i].text), &url, &err));
        check_str(url.scheme, rows[i].scheme);
        check_str(url.host, rows[i].host);
        assert_int_equal(url.port, rows[i].port);
        assert_int_equal(url.port_given, rows[i].port_given);
        assert_int_equal(url.ipv6, rows[i].ipv6);
        check_str(url.path, rows[i].path);
        check_str(url.query, rows[i].query);
        check_str(url.fragment, rows[i].fragment);
        arena_free(arena);
    }
}

static void refuses_urls(void **state)
{
    (void)state;
    static const struct {
        str_t text;
        const char *reason;
    } rows[] = {
        {STR_INIT(""), "begin with https"},
        {STR_INIT("a.example.com"), "begin with https"},
        {STR_INIT("//a.example.com"), "begin with https"},
        {STR_INIT("/x"), "begin with https"},
        {STR_INIT("https:/a"), "begin with https"},
        {STR_INIT("https:a"), "begin with https"},
        {STR_INIT("file:///etc/passwd"), "begin with https"},
        {STR_INIT("gopher://a/"), "begin with https"},
        {STR_INIT("ftp://a/"), "begin with https"},
        {STR_INIT("xhttps://a/"), "begin with https"},
        {STR_INIT(" https://a/"), "blank"},
        {STR_INIT("https://"), "missing"},
        {STR_INIT("https:///x"), "missing"},
        {STR_INIT("https://?x"), "missing"},
        {STR_INIT("https://:443/"), "missing"},
        {STR_INIT("https://u@a/"), "user information"},
        {STR_INIT("https://u:p@a/"), "user information"},
        {STR_INIT("https://@a/"), "user information"},
        {STR_INIT("https://a@[::1]/"), "user information"},
        {STR_INIT("http://a@127.0.0.1:80\\@example.com/"), "backslash"},
        {STR_INIT("https://evil.com\\@x.ultipro.com"), "backslash"},
        {STR_INIT("https://a\\b"), "backslash"},
        {STR_INIT("https://a/b\\c"), "backslash"},
        {STR_INIT("https://a b/"), "blank"},
        {STR_INIT("https://a/\tb"), "control"},
        {STR_INIT("https://a/b\r\nX: y"), "control"},
        {STR_INIT("https://a\0b/"), "control"},
        {STR_INIT("https://a/\x7f"), "control"},
        {STR_INIT("https://\xc3\xa4.example/"), "percent-encoded"},
        {STR_INIT("https://a/\xc3\xa4"), "percent-encoded"},
        {STR_INIT("https://a:0/"), "port"},
        {STR_INIT("https://a:65536/"), "port"},
        {STR_INIT("https://a:99999999/"), "port"},
        {STR_INIT("https://a:/"), "port"},
        {STR_INIT("https://a:80:90/"), "port"},
        {STR_INIT("https://a:+80/"), "port"},
        {STR_INIT("https://a:8a/"), "port"},
        {STR_INIT("https://X%2eevil.com/"), "host name"},
        {STR_INIT("https://.a/"), "host name"},
        {STR_INIT("https://a..b/"), "host name"},
        {STR_INIT("https://a./"), "host name"},
        {STR_INIT("https://-a/"), "host name"},
        {STR_INIT("https://a-.b/"), "host name"},
        {STR_INIT("https://a*b/"), "host name"},
        {STR_INIT("https://*.a/"), "host name"},
        {STR_INIT("https://a;b/"), "host name"},
        {STR_INIT("https://${x}/"), "host name"},
        {STR_INIT("https://a,b/"), "host name"},
        {STR_INIT("https://[::1/"), "`]`"},
        {STR_INIT("https://[]/"), "IPv6"},
        {STR_INIT("https://[127.0.0.1]/"), "IPv6"},
        {STR_INIT("https://[fe80::1%25eth0]/"), "IPv6"},
        {STR_INIT("https://[:::]/"), "IPv6"},
        {STR_INIT("https://[::1]x/"), "port"},
        {STR_INIT("https://::1/"), "missing"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        arena_t *arena = arena_new(0);
        err_t err = ERR_INIT;
        url_t url;
        bool parsed = url_parse_in(arena, rows[i].text, &url, &err);
        if (parsed || !strstr(err.text, rows[i].reason)) {
            print_error("%.*s: %s\n", STR_ARG(rows[i].text), err.text);
        }
        assert_false(parsed);
        check_err(&err, "definition_bad_url");
        assert_non_null(strstr(err.text, rows[i].reason));
        arena_free(arena);
    }
}

static void knows_host_names(void **state)
{
    (void)state;
    char label[65];
    char host[300];
    memset(label, 'a', 64);
    label[64] = '\0';
    assert_false(url_is_hostname(str_at(label, 64)));
    assert_true(url_is_hostname(str_at(label, 63)));
    for (size_t i = 0; i < sizeof host; i++) {
        host[i] = i % 2 ? '.' : 'a';
    }
    assert_true(url_is_hostname(str_at(host, 253)));
    assert_false(url_is_hostname(str_at(host, 255)));
    assert_true(url_is_hostname(STR("_dmarc.x-y.Z9")));
    assert_false(url_is_hostname(STR("")));
    assert_false(url_is_hostname(STR_NONE));
    assert_false(url_is_hostname(STR("a\0b")));
}

static void matches_hosts(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        const char *pattern;
        bool matches;
    } rows[] = {
        {"a.example.com", "a.example.com", true},
        {"A.Example.com", "a.example.com", true},
        {"b.example.com", "a.example.com", false},
        {"x.ultipro.com", "*.ultipro.com", true},
        {"a.b.ultipro.com", "*.ultipro.com", true},
        {"ultipro.com", "*.ultipro.com", false},
        {".ultipro.com", "*.ultipro.com", false},
        {"xultipro.com", "*.ultipro.com", false},
        {"x.ultipro.com.evil.com", "*.ultipro.com", false},
        {"x.ultipro.com.", "*.ultipro.com", false},
        {"", "", false},
        {"", "*.", false},
        {"a.", "*.", false},
        {"x", "*", false},
        {"*.ultipro.com", "*.ultipro.com", true},
        {"a.example.com.evil", "a.example.com", false},
        {"::1", "::1", true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(url_host_matches(str_of(rows[i].host), str_of(rows[i].pattern)),
                         rows[i].matches);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_by_position),    cmocka_unit_test(decodes),
        cmocka_unit_test(refuses_broken_escapes), cmocka_unit_test(parses),
        cmocka_unit_test(refuses_urls),           cmocka_unit_test(knows_host_names),
        cmocka_unit_test(matches_hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
