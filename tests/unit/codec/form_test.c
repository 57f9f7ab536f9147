/* SPDX-License-Identifier: MIT */
#include "codec/check.h"

#include "codec/form.h"

/* A form as one line: name=value, with [file name] and (type) where there are any. */
static void render(buf_t *to, const form_t *form)
{
    buf_clear(to);
    for (size_t i = 0; i < form->count; i++) {
        const form_part_t *part = &form->parts[i];
        buf_lit(to, i ? "|" : "");
        buf_str(to, part->name);
        buf_char(to, '=');
        buf_str(to, part->value);
        if (part->file_name.p) {
            buf_printf(to, "[%.*s]", STR_ARG(part->file_name));
        }
        if (part->type.p) {
            buf_printf(to, "(%.*s)", STR_ARG(part->type));
        }
    }
}

static void reads_urlencoded(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        const char *code;
        const char *form;
    } rows[] = {
        {"", "none", ""},
        {"a=1&b=2", "none", "a=1|b=2"},
        {"a=1&a=2&a", "none", "a=1|a=2|a="},
        {"&&a=1&&", "none", "a=1"},
        {"=x", "none", "=x"},
        {"a=b=c", "none", "a=b=c"},
        {"a+b=c%2Bd%26", "none", "a b=c+d&"},
        {"%C3%A4=%E2%82%AC", "none", "\xc3\xa4=\xe2\x82\xac"},
        {"x%26grant_type%3Dpassword=1", "none", "x&grant_type=password=1"},
        {"1&2&3", "none", "1=|2=|3="},
        {"1&2&3&4", "param_limit", ""},
        {"a=%", "request_malformed", ""},
        {"a=%4", "request_malformed", ""},
        {"%zz=1", "request_malformed", ""},
        {"a=%ff", "request_bad_encoding", ""},
        {"%C0%AF=1", "request_bad_encoding", ""},
        {"a=\xff", "request_bad_encoding", ""},
    };
    buf_t b;
    buf_init(&b, 1000);
    for (size_t i = 0; i < COUNT(rows); i++) {
        arena_t *arena = arena_new(0);
        err_t err = ERR_INIT;
        form_t form;
        bool read = form_read_urlencoded_in(arena, str_of(rows[i].body), 3, &form, &err);
        check_err(&err, rows[i].code);
        assert_int_equal(read, err.code == ERR_none);
        if (read) {
            render(&b, &form);
            check_buf(&b, rows[i].form);
        }
        arena_free(arena);
    }
    buf_fini(&b);
}

static void writes_urlencoded(void **state)
{
    (void)state;
    buf_t b;
    buf_init(&b, 1000);
    form_write_pair(&b, STR("grant_type"), STR("client_credentials"));
    form_write_pair(&b, STR("x"), STR("x&grant_type=password"));
    form_write_pair(&b, STR("s p"), STR("\xc3\xa4+~*"));
    form_write_pair(&b, STR("none"), STR_NONE);
    check_buf(&b, "grant_type=client_credentials&x=x%26grant_type%3Dpassword&"
                  "s+p=%C3%A4%2B%7E*&none=");
    buf_fini(&b);
}

#define DISPOSITION "Content-Disposition: form-data; name="

/* B stands for the boundary line's text; the content type is the same for every row. */
static const struct {
    str_t body;
    const char *code;
    const char *form;
} multiparts[] = {
    {STR_INIT("--B\r\n" DISPOSITION "\"a\"\r\n\r\n1\r\n--B--\r\n"), "none", "a=1"},
    {STR_INIT("--B\r\n" DISPOSITION "\"a\"\r\n\r\n1\r\n--B--"), "none", "a=1"},
    {STR_INIT("\r\n--B\r\n" DISPOSITION "a\r\n\r\n1\r\n--B--\r\n\r\n"), "none", "a=1"},
    {STR_INIT("--B \t\r\n" DISPOSITION "\"a\"\r\n\r\n1\r\n--B  \r\ncontent-disposition:form-data;"
              "NAME=\"b\"\r\n\r\n\r\n--B--"),
     "none", "a=1|b="},
    {STR_INIT("--B\r\n" DISPOSITION "\"f\"; filename=\"x y.txt\"\r\nContent-Type: text/plain; "
              "charset=utf-8\r\n\r\nl1\r\nl2\r\n\r\n--B--"),
     "none", "f=l1\r\nl2\r\n[x y.txt](text/plain; charset=utf-8)"},
    {STR_INIT("--B\r\n" DISPOSITION "\"a\"; filename=\"\"\r\n\r\n\r\n--B--"), "none", "a=[]"},
    {STR_INIT("--B\r\n" DISPOSITION "\"a;b=\\\"c\\\\\"\r\n\r\n1\r\n--B--"), "none", "a;b=\"c\\=1"},
    {STR_INIT("--B\r\n" DISPOSITION "\"a%22%0D%0a%20\"\r\n\r\n1\r\n--B--"), "none", "a\"\r\n%20=1"},
    {STR_INIT("--B\r\n" DISPOSITION "\"f\"; filename=\"C:\\tmp\\x\"\r\n\r\n1\r\n--B--"), "none",
     "f=1[C:\\tmp\\x]"},
    {STR_INIT("--B\r\n" DISPOSITION "\"a\"\r\nContent-Transfer-Encoding: binary\r\nX-Y: z\r\n\r\n"
              "\xff\xfe\r\n--B--"),
     "none", "a=\xff\xfe"},
    {STR_INIT("--B\r\n" DISPOSITION "\"a\"\r\n\r\n--Bx\r\n--C\r\n-\r\n--B--"), "request_malformed",
     ""},
    {STR_INIT("--B\r\n" DISPOSITION "\"a\"\r\n\r\n--C\n--B\r\n--B--"), "none", "a=--C\n--B"},
    {STR_INIT("--B\r\n" DISPOSITION "\"a\"\r\n\r\n1\r\n--B\r\n" DISPOSITION
              "\"a\"\r\n\r\n2\r\n--B\r\n" DISPOSITION "\"b\"\r\n\r\n3\r\n--B--"),
     "none", "a=1|a=2|b=3"},
    {STR_INIT("--B\r\n" DISPOSITION "1\r\n\r\n\r\n--B\r\n" DISPOSITION
              "2\r\n\r\n\r\n--B\r\n" DISPOSITION "3\r\n\r\n\r\n--B\r\n" DISPOSITION
              "4\r\n\r\n\r\n--B--"),
     "param_limit", ""},
    {STR_INIT("--B--"), "none", ""},
    {STR_INIT(""), "request_malformed", ""},
    {STR_INIT("a=1"), "request_malformed", ""},
    {STR_INIT("--C\r\n"), "request_malformed", ""},
    {STR_INIT("preamble\r\n--B--"), "request_malformed", ""},
    {STR_INIT("--B--\r\nepilogue"), "request_malformed", ""},
    {STR_INIT("--B"), "request_malformed", ""},
    {STR_INIT("--B\r\n"), "request_malformed", ""},
    {STR_INIT("--B\n" DISPOSITION "\"a\"\n\n1\n--B--"), "request_malformed", ""},
    {STR_INIT("--B x\r\n" DISPOSITION "\"a\"\r\n\r\n1\r\n--B--"), "request_malformed", ""},
    {STR_INIT("--B\r\n\r\n1\r\n--B--"), "request_malformed", ""},
    {STR_INIT("--B\r\n" DISPOSITION "\"a\"\r\n\r\n1"), "request_malformed", ""},
    {STR_INIT("--B\r\n" DISPOSITION "\"a\"\r\n\r\n1--B--"), "request_malformed", ""},
    {STR_INIT("--B\r\n" DISPOSITION "\"a\"\r\n1\r\n--B--"), "request_malformed", ""},
    {STR_INIT("--B\r\n" DISPOSITION "\"a\r\n\r\n1\r\n--B--"), "request_malformed", ""},
    {STR_INIT("--B\r\n" DISPOSITION "\"a\"b\"\r\n\r\n1\r\n--B--"), "request_malformed", ""},
    {STR_INIT("--B\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\n1\r\n--B--"),
     "request_malformed", ""},
    {STR_INIT("--B\r\nContent-Disposition: form-data\r\n\r\n1\r\n--B--"), "request_malformed", ""},
    {STR_INIT("--B\r\n" DISPOSITION "\"a\"\r\n" DISPOSITION "\"b\"\r\n\r\n1\r\n--B--"),
     "request_malformed", ""},
    {STR_INIT("--B\r\n" DISPOSITION "\"\xff\"\r\n\r\n1\r\n--B--"), "request_malformed", ""},
    {STR_INIT("--B\r\n" DISPOSITION "\"a\"\r\n folded: x\r\n\r\n1\r\n--B--"), "request_malformed",
     ""},
    {STR_INIT("--B\r\n" DISPOSITION "\"a\"\r\nContent-Transfer-Encoding: base64\r\n\r\nMQ==\r\n"
              "--B--"),
     "request_malformed", ""},
    {STR_INIT("--B\r\n" DISPOSITION "\"a\"\r\nno colon\r\n\r\n1\r\n--B--"), "request_malformed",
     ""},
};

static void reads_multipart(void **state)
{
    (void)state;
    buf_t b;
    buf_init(&b, 1000);
    for (size_t i = 0; i < COUNT(multiparts); i++) {
        arena_t *arena = arena_new(0);
        err_t err = ERR_INIT;
        form_t form;
        bool read = form_read_multipart_in(arena, multiparts[i].body,
                                           STR("Multipart/Form-Data; charset=x; Boundary=\"B\""), 3,
                                           &form, &err);
        if (strcmp(err_code_name(err.code), multiparts[i].code) != 0) {
            print_error("row %zu: %s\n", i, err.text);
        }
        check_err(&err, multiparts[i].code);
        assert_int_equal(read, err.code == ERR_none);
        if (read) {
            render(&b, &form);
            check_buf(&b, multiparts[i].form);
        }
        arena_free(arena);
    }
    buf_fini(&b);
}

/* One character more than RFC 2046 5.1.1 allows. */
#define LONG_BOUNDARY                                                                              \
    ("multipart/form-data; boundary="                                                              \
     "aaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbaaaaaaaaaab")

static void refuses_boundaries(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=\"a",
        "multipart/form-data; boundary=\"a \"",
        "multipart/form-data; boundary=\"a\\b\"",
        "multipart/form-data; boundary=a\xc3\xa4",
        LONG_BOUNDARY,
        "multipart/mixed; boundary=B",
        "application/json",
        "",
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        arena_t *arena = arena_new(0);
        err_t err = ERR_INIT;
        form_t form;
        assert_false(form_read_multipart_in(arena, STR("--B--"), str_of(rows[i]), 3, &form, &err));
        check_err(&err, "request_malformed");
        arena_free(arena);
    }
}

static void bounds_part_headers(void **state)
{
    (void)state;
    buf_t b;
    buf_init(&b, 1 << 20);
    for (int many = 0; many < 2; many++) {
        arena_t *arena = arena_new(0);
        err_t err = ERR_INIT;
        form_t form;
        buf_clear(&b);
        buf_lit(&b, "--B\r\n" DISPOSITION "\"a\"\r\n");
        for (int i = 0; i < (many ? 100 : 9000); i++) {
            buf_lit(&b, many ? "X: y\r\n" : "x");
        }
        buf_lit(&b, many ? "\r\n1\r\n--B--" : ":y\r\n\r\n1\r\n--B--");
        assert_false(form_read_multipart_in(
            arena, buf_view(&b), STR("multipart/form-data; boundary=B"), 3, &form, &err));
        check_err(&err, "request_malformed");
        arena_free(arena);
    }
    buf_fini(&b);
}

static void reads_back_what_it_writes(void **state)
{
    (void)state;
    static const form_part_t parts[] = {
        {.name = STR_INIT("a"), .value = STR_INIT("1\r\n2")},
        {.name = STR_INIT("q\"\r\nX: y"), .value = STR_INIT("")},
        {.name = STR_INIT("f"),
         .value = STR_INIT("\0\xff"),
         .file_name = STR_INIT("\xc3\xa4.bin"),
         .type = STR_INIT("application/octet-stream")},
    };
    arena_t *arena = arena_new(0);
    err_t err = ERR_INIT;
    form_t form;
    buf_t b;
    buf_init(&b, 1000);
    for (size_t i = 0; i < COUNT(parts); i++) {
        form_write_part(&b, STR("b-1"), &parts[i]);
    }
    form_write_end(&b, STR("b-1"));
    assert_true(form_read_multipart_in(arena, buf_view(&b),
                                       STR("multipart/form-data; boundary=b-1"), 3, &form, &err));
    assert_int_equal(form.count, COUNT(parts));
    for (size_t i = 0; i < COUNT(parts); i++) {
        assert_true(str_eq(form.parts[i].name, parts[i].name));
        assert_true(str_eq(form.parts[i].value, parts[i].value));
        assert_true(str_eq(form.parts[i].file_name, parts[i].file_name));
        assert_true(str_eq(form.parts[i].type, parts[i].type));
    }
    buf_fini(&b);
    arena_free(arena);
}

static void writes_no_header_of_a_stranger(void **state)
{
    (void)state;
    form_part_t part = {.name = STR("a\x01"), .value = STR("v"), .type = STR("x/y\r\nEvil: 1")};
    buf_t b;
    buf_init(&b, 1000);
    form_write_part(&b, STR("B"), &part);
    check_buf(&b, "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n"
                  "Content-Type: x/yEvil: 1\r\n\r\nv\r\n");
    buf_fini(&b);
}

static void knows_media_types(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        bool json;
        bool text;
    } rows[] = {
        {"application/json", true, false},
        {"Application/JSON; charset=utf-8", true, false},
        {" text/json ;x=y", true, false},
        {"application/problem+json", true, false},
        {"application/vnd.api+JSON;v=1", true, false},
        {"text/plain", false, true},
        {"TEXT/plain;charset=\"utf-8\"", false, true},
        {"text/plainx", false, false},
        {"application/jsonx", false, false},
        {"application/+json", false, false},
        {"/x+json", false, false},
        {"+json", false, false},
        {"text/html; x=application/json", false, false},
        {"", false, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(media_type_is_json(str_of(rows[i].type)), rows[i].json);
        assert_int_equal(media_type_is(str_of(rows[i].type), "text/plain"), rows[i].text);
    }
    assert_false(media_type_is_json(STR_NONE));
    assert_false(media_type_is(STR_NONE, "text/plain"));
}

static void finds_media_type_parameters(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        const char *value;
    } rows[] = {
        {"a/b; charset=utf-8", "utf-8"},
        {"a/b;x=y;CHARSET=\"utf-8\" ; z", "utf-8"},
        {"a/b; x=\"; charset=no\"; charset=yes", "yes"},
        {"a/b; x=\"\\\"; charset=no\"; charset=yes", "yes"},
        {"a/b; charset=\"a\\\"b;c\"", "a\"b;c"},
        {"a/b; charset=", ""},
        {"a/b; charset", NULL},
        {"a/b; charset=\"open", NULL},
        {"charset=utf-8", NULL},
        {"a/b; xcharset=1", NULL},
        {"a/b", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        arena_t *arena = arena_new(0);
        check_str(media_type_parameter_in(arena, str_of(rows[i].type), "charset"), rows[i].value);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_urlencoded),
        cmocka_unit_test(writes_urlencoded),
        cmocka_unit_test(reads_multipart),
        cmocka_unit_test(refuses_boundaries),
        cmocka_unit_test(bounds_part_headers),
        cmocka_unit_test(reads_back_what_it_writes),
        cmocka_unit_test(writes_no_header_of_a_stranger),
        cmocka_unit_test(knows_media_types),
        cmocka_unit_test(finds_media_type_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
