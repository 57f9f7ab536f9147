/* SPDX-License-Identifier: MIT */
#include "definition/value/schema_of.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "definition/value/formats.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

/* "code pointer" of each detail, joined by ", ". */
static void faults_of(const err_t *err, char *to, size_t size)
{
    to[0] = '\0';
    for (unsigned i = 0; i < err->detail_count; i++) {
        (void)snprintf(to + strlen(to), size - strlen(to), "%s%s", i ? ", " : "",
                       err->details[i].pointer);
    }
}

typedef struct schema_row {
    const char *schema;
    const char *value;
    const char *code; /* of the first fault; NULL: none */
    const char *pointers;
} schema_row_t;

static const schema_row_t schema_rows[] = {
    /* types are exact */
    {"{'type':'integer'}", "12", NULL, ""},
    {"{'type':'integer'}", "-0", NULL, ""},
    {"{'type':'integer'}", "12.0", "param_type", ""},
    {"{'type':'integer'}", "1e2", "param_type", ""},
    {"{'type':'integer'}", "'12'", "param_type", ""},
    {"{'type':'integer'}", "true", "param_type", ""},
    {"{'type':'integer'}", "null", "param_type", ""},
    {"{'type':'integer'}", "9223372036854775807", NULL, ""},
    {"{'type':'integer'}", "9223372036854775808", "param_range", ""},
    {"{'type':'integer'}", "-9223372036854775809", "param_range", ""},
    {"{'type':'number'}", "12", NULL, ""},
    {"{'type':'number'}", "12.5", NULL, ""},
    {"{'type':'number'}", "'12.5'", "param_type", ""},
    {"{'type':'boolean'}", "true", NULL, ""},
    {"{'type':'boolean'}", "'true'", "param_type", ""},
    {"{'type':'boolean'}", "1", "param_type", ""},
    {"{'type':'string'}", "'a'", NULL, ""},
    {"{'type':'string'}", "1", "param_type", ""},
    {"{'type':'array'}", "[]", NULL, ""},
    {"{'type':'array'}", "{}", "param_type", ""},
    {"{'type':'object'}", "{}", NULL, ""},
    {"{'type':'object'}", "[]", "param_type", ""},
    {"{}", "null", NULL, ""},
    {"{}", "{'a':[1,'b']}", NULL, ""},
    /* null */
    {"{'type':'string','nullable':true}", "null", NULL, ""},
    {"{'type':'string','nullable':true,'enum':['a']}", "null", NULL, ""},
    {"{'$ref':'s','nullable':true,'defs':{'s':{'type':'string'}}}", "null", NULL, ""},
    {"{'$ref':'s','defs':{'s':{'type':'string','nullable':true}}}", "null", NULL, ""},
    {"{'$ref':'s','defs':{'s':{'type':'string'}}}", "null", "param_type", ""},
    /* lengths in code points */
    {"{'type':'string','minLength':2,'maxLength':3}", "'\xc3\xa9\xc3\xa9\xf0\x9f\x98\x80'", NULL,
     ""},
    {"{'type':'string','maxLength':3}", "'abcd'", "param_too_long", ""},
    {"{'type':'string','minLength':2}", "'\xf0\x9f\x98\x80'", "param_range", ""},
    {"{'type':'string','minLength':1}", "''", "param_range", ""},
    {"{'type':'string','minLength':3,'format':'binary'}", "'\xc3\xa9\xc3\xa9'", NULL, ""},
    /* patterns */
    {"{'type':'string','pattern':'^a+$'}", "'aaa'", NULL, ""},
    {"{'type':'string','pattern':'^a+$'}", "'aab'", "param_pattern", ""},
    {"{'type':'string','pattern':'a'}", "'bab'", NULL, ""},
    /* enum and const by strict equality */
    {"{'enum':['a',1,null,{'x':[1]}]}", "{'x':[1]}", NULL, ""},
    {"{'enum':['a',1]}", "1.0", "param_value", ""},
    {"{'enum':['a',1]}", "'1'", "param_value", ""},
    {"{'type':'string','enum':['a','b']}", "'A'", "param_value", ""},
    {"{'type':'string','const':'a'}", "'a'", NULL, ""},
    {"{'type':'string','const':'a'}", "'b'", "param_value", ""},
    {"{'const':9007199254740993}", "9007199254740993", NULL, ""},
    {"{'const':9007199254740993}", "9007199254740992", "param_value", ""},
    /* bounds, exact for 64 bits */
    {"{'type':'integer','minimum':5,'maximum':7}", "5", NULL, ""},
    {"{'type':'integer','minimum':5}", "4", "param_range", ""},
    {"{'type':'integer','maximum':7}", "8", "param_range", ""},
    {"{'type':'integer','minimum':5,'exclusiveMinimum':true}", "5", "param_range", ""},
    {"{'type':'integer','maximum':7,'exclusiveMaximum':true}", "7", "param_range", ""},
    {"{'type':'integer','maximum':7,'exclusiveMaximum':true}", "6", NULL, ""},
    {"{'type':'integer','maximum':9007199254740992}", "9007199254740993", "param_range", ""},
    {"{'type':'integer','minimum':9007199254740994}", "9007199254740993", "param_range", ""},
    {"{'type':'integer','maximum':9223372036854775807}", "9223372036854775807", NULL, ""},
    {"{'type':'integer','minimum':-1e300,'maximum':1e300}", "-9223372036854775808", NULL, ""},
    {"{'type':'integer','minimum':1e300}", "1", "param_range", ""},
    {"{'type':'integer','maximum':-1e300}", "1", "param_range", ""},
    {"{'type':'integer','minimum':-2.5}", "-2", NULL, ""},
    {"{'type':'integer','minimum':-2.5}", "-3", "param_range", ""},
    {"{'type':'integer','minimum':2.5}", "2", "param_range", ""},
    {"{'type':'integer','maximum':2.5}", "3", "param_range", ""},
    {"{'type':'number','minimum':0.5}", "0.25", "param_range", ""},
    {"{'type':'integer','format':'int32'}", "2147483647", NULL, ""},
    {"{'type':'integer','format':'int32'}", "2147483648", "param_range", ""},
    {"{'type':'integer','format':'int32'}", "-2147483649", "param_range", ""},
    {"{'type':'integer','format':'int64'}", "-9223372036854775808", NULL, ""},
    {"{'type':'string','format':'int64'}", "'strict'", NULL, ""},
    {"{'type':'integer','multipleOf':3}", "9007199254740993", NULL, ""},
    {"{'type':'integer','multipleOf':2}", "9007199254740993", "param_range", ""},
    {"{'type':'number','multipleOf':0.1}", "0.3", NULL, ""},
    {"{'type':'number','multipleOf':0.01}", "19.99", NULL, ""},
    {"{'type':'number','multipleOf':0.1}", "0.35", "param_range", ""},
    {"{'type':'number','multipleOf':0.5}", "3", NULL, ""},
    {"{'type':'number','multipleOf':2}", "3.0", "param_range", ""},
    /* lists */
    {"{'type':'array','items':{'type':'integer'}}", "[1,'2',3,true]", "param_type", "/1, /3"},
    {"{'type':'array','minItems':1,'maxItems':2}", "[]", "param_range", ""},
    {"{'type':'array','minItems':1,'maxItems':2}", "[1,2,3]", "param_limit", ""},
    {"{'type':'array','uniqueItems':true}", "[1,1.0,'1',true,null,[1],{'a':1}]", NULL, ""},
    {"{'type':'array','uniqueItems':true}", "[1,2,1]", "param_value", "/2"},
    {"{'type':'array','uniqueItems':true}", "[{'a':1,'b':[2]},{'b':[2],'a':1}]", "param_value",
     "/1"},
    {"{'type':'array','uniqueItems':true}", "[['a','b'],['ab'],['a,b'],'a']", NULL, ""},
    /* objects */
    {"{'type':'object','properties':{'a':{'type':'string'},'b':{}},'required':['a','b']}",
     "{'a':1}", "param_type", "/a, /b"},
    {"{'type':'object','properties':{'a':{}},'additionalProperties':false}", "{'a':1,'c':2,'d':3}",
     "param_unknown", "/c, /d"},
    {"{'type':'object','properties':{'a':{}}}", "{'a':1,'c':2}", NULL, ""},
    {"{'type':'object','properties':{'a':{}},'additionalProperties':{'type':'string'}}",
     "{'a':1,'c':2,'d':'x'}", "param_type", "/c"},
    {"{'type':'object','minProperties':1}", "{}", "param_range", ""},
    {"{'type':'object','maxProperties':1}", "{'a':1,'b':2}", "param_limit", ""},
    {"{'type':'object','properties':{'id':{'readOnly':true}},'required':['id']}", "{}", NULL, ""},
    {"{'properties':{'a':{'type':'string'}}}", "[1]", NULL, ""},
    {"{'type':'object','properties':{'a/b':{'properties':{'c~d':{'type':'string'}}}}}",
     "{'a/b':{'c~d':1}}", "param_type", "/a~1b/c~0d"},
    {"{'type':'array','items':{'type':'object','properties':{'x':{'type':'array','items':{'type':"
     "'integer'}}}}}",
     "[{},{'x':[1,'a']}]", "param_type", "/1/x/1"},
    /* references: the keys of both apply */
    {"{'$ref':'s','maxLength':3,'defs':{'s':{'type':'string','minLength':2}}}", "'abc'", NULL, ""},
    {"{'$ref':'s','maxLength':3,'defs':{'s':{'type':'string','minLength':2}}}", "'a'",
     "param_range", ""},
    {"{'$ref':'s','maxLength':3,'defs':{'s':{'type':'string','minLength':2}}}", "'abcd'",
     "param_too_long", ""},
    {"{'$ref':'node','defs':{'node':{'type':'object','properties':{'next':{'$ref':'node'},'v':{"
     "'type':'integer'}}}}}",
     "{'v':1,'next':{'v':2,'next':{'v':'x'}}}", "param_type", "/next/next/v"},
    /* combinations */
    {"{'allOf':[{'required':['a'],'properties':{'a':{'type':'string'}}},{'properties':{'b':{'type':"
     "'string'}}}]}",
     "{'b':1}", "param_missing", "/a, /b"},
    {"{'allOf':[{'type':'string'},{'type':'string'}]}", "1", "param_type", ""},
    {"{'anyOf':[{'type':'string'},{'type':'integer'}]}", "1", NULL, ""},
    {"{'anyOf':[{'type':'string'},{'type':'integer'}]}", "true", "param_value", ""},
    {"{'anyOf':[{'type':'string'}]}", "1", "param_type", ""},
    {"{'oneOf':[{'type':'number'},{'type':'integer'}]}", "1.5", NULL, ""},
    {"{'oneOf':[{'type':'number'},{'type':'integer'}]}", "1", "param_value", ""},
    {"{'oneOf':[{'type':'string'},{'type':'integer'}]}", "true", "param_value", ""},
    {"{'type':'string','anyOf':[{'minLength':3},{'enum':['a']}]}", "'a'", NULL, ""},
    {"{'type':'string','anyOf':[{'minLength':3},{'enum':['a']}]}", "'b'", "param_value", ""},
    /* a discriminator picks the alternative, so that its faults are told */
    {"{'discriminator':'kind','oneOf':[{'$ref':'cat'},{'$ref':'dog'}],'defs':{'cat':{'properties':{"
     "'kind':{},'lives':{'type':'integer'}}},'dog':{'properties':{'kind':{}}}}}",
     "{'kind':'cat','lives':'9'}", "param_type", "/lives"},
    {"{'discriminator':'kind','oneOf':[{'$ref':'cat'},{'$ref':'dog'}],'defs':{'cat':{'type':'"
     "object'},"
     "'dog':{'type':'object'}}}",
     "{'kind':'dog'}", NULL, ""},
    {"{'discriminator':'kind','oneOf':[{'$ref':'cat'},{'$ref':'dog'}],'defs':{'cat':{'type':'"
     "object'},"
     "'dog':{'type':'object'}}}",
     "{'kind':'cow'}", "param_value", ""},
};

/* Rows are easier to read with ' for ". */
static char *with_quotes(arena_t *arena, const char *text)
{
    str_t copy = arena_str(arena, str_of(text));
    char *at = (char *)(uintptr_t)copy.p;
    for (size_t i = 0; i < copy.n; i++) {
        at[i] = at[i] == '\'' ? '"' : at[i];
    }
    return at;
}

static void test_schemas(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(schema_rows); i++) {
        const schema_row_t *row = &schema_rows[i];
        arena_t *arena = arena_new(0);
        const schema_t *schema = schema_of(arena, with_quotes(arena, row->schema));
        const json_t *value = json_of(arena, with_quotes(arena, row->value));
        err_t err = ERR_INIT;
        char pointers[512];
        schema_check(schema, value, "", false, &err);
        faults_of(&err, pointers, sizeof pointers);
        const char *code = err_is_set(&err) ? err_code_name(err.code) : NULL;
        bool same = code && row->code ? strcmp(code, row->code) == 0 : code == row->code;
        if (!same || strcmp(pointers, row->pointers) != 0) {
            fail_msg("%s with %s: got %s at %s: %s", row->schema, row->value, code ? code : "none",
                     pointers, err.text);
        }
        err_fini(&err);
        arena_free(arena);
    }
}

/* --- formats --- */

static const struct {
    schema_format_t format;
    const char *text;
    bool fits;
} format_rows[] = {
    {FORMAT_HOSTNAME, "acme.example.com", true},
    {FORMAT_HOSTNAME, "localhost", true},
    {FORMAT_HOSTNAME, "10.0.0.1", true},
    {FORMAT_HOSTNAME, "", false},
    {FORMAT_HOSTNAME, "-a.com", false},
    {FORMAT_HOSTNAME, "a..com", false},
    {FORMAT_HOSTNAME, "a.com:22", false},
    {FORMAT_HOSTNAME, "evil.com#.ultipro.com", false},
    {FORMAT_HOSTNAME, "evil.com/.ultipro.com", false},
    {FORMAT_HOSTNAME, "x.ultipro.com@evil.com", false},
    {FORMAT_HOSTNAME, "evil.com\\@x.ultipro.com", false},
    {FORMAT_HOSTNAME, "X%2eevil.com", false},
    {FORMAT_HOSTNAME, "https://a.com", false},
    {FORMAT_URI, "https://a.com", true},
    {FORMAT_URI, "https://a.com:8443/b?c=d#e", true},
    {FORMAT_URI, "https://[::1]/", true},
    {FORMAT_URI, "http://a.com", false},
    {FORMAT_URI, "ftp://a.com", false},
    {FORMAT_URI, "/relative", false},
    {FORMAT_URI, "https://user@a.com", false},
    {FORMAT_URI, "https://a.com/ b", false},
    {FORMAT_URI, "https://", false},
    {FORMAT_URI, "a.com", false},
    {FORMAT_EMAIL, "a@example.com", true},
    {FORMAT_EMAIL, "first.last+tag@sub.example.com", true},
    {FORMAT_EMAIL, "o'neil@example.com", true},
    {FORMAT_EMAIL, "\xc3\xa9@example.com", true},
    {FORMAT_EMAIL, "a@localhost", true},
    {FORMAT_EMAIL, "@example.com", false},
    {FORMAT_EMAIL, "a@", false},
    {FORMAT_EMAIL, "a", false},
    {FORMAT_EMAIL, "a b@example.com", false},
    {FORMAT_EMAIL, "a@b@example.com", false},
    {FORMAT_EMAIL, ".a@example.com", false},
    {FORMAT_EMAIL, "a..b@example.com", false},
    {FORMAT_EMAIL, "a.@example.com", false},
    {FORMAT_EMAIL, "a@exa mple.com", false},
    {FORMAT_EMAIL, "a@example.com\r\nBcc: x", false},
    {FORMAT_UUID, "123e4567-e89b-12d3-a456-426614174000", true},
    {FORMAT_UUID, "123E4567-E89B-12D3-A456-426614174000", true},
    {FORMAT_UUID, "123e4567e89b12d3a456426614174000", false},
    {FORMAT_UUID, "123e4567-e89b-12d3-a456-42661417400g", false},
    {FORMAT_UUID, "{123e4567-e89b-12d3-a456-426614174000}", false},
    {FORMAT_DATE, "2025-12-31", true},
    {FORMAT_DATE, "2024-02-29", true},
    {FORMAT_DATE, "2000-02-29", true},
    {FORMAT_DATE, "2025-02-29", false},
    {FORMAT_DATE, "1900-02-29", false},
    {FORMAT_DATE, "2025-13-01", false},
    {FORMAT_DATE, "2025-00-01", false},
    {FORMAT_DATE, "2025-01-00", false},
    {FORMAT_DATE, "2025-04-31", false},
    {FORMAT_DATE, "2025-1-1", false},
    {FORMAT_DATE, "2025-12-31T00:00:00Z", false},
    {FORMAT_DATE, "31.12.2025", false},
    {FORMAT_DATE, "+025-12-31", false},
    {FORMAT_DATE_TIME, "2025-12-31T23:59:59Z", true},
    {FORMAT_DATE_TIME, "2025-12-31t23:59:59z", true},
    {FORMAT_DATE_TIME, "2025-12-31T23:59:59.123456789+14:00", true},
    {FORMAT_DATE_TIME, "2025-12-31T23:59:60-00:30", true},
    {FORMAT_DATE_TIME, "2025-12-31T23:59:61Z", false},
    {FORMAT_DATE_TIME, "2025-12-31T24:00:00Z", false},
    {FORMAT_DATE_TIME, "2025-12-31T23:60:00Z", false},
    {FORMAT_DATE_TIME, "2025-12-31T23:59:59", false},
    {FORMAT_DATE_TIME, "2025-12-31T23:59:59.Z", false},
    {FORMAT_DATE_TIME, "2025-12-31T23:59:59+0100", false},
    {FORMAT_DATE_TIME, "2025-12-31T23:59:59+24:00", false},
    {FORMAT_DATE_TIME, "2025-12-31 23:59:59Z", false},
    {FORMAT_DATE_TIME, "2025-12-31T23:59Z", false},
    {FORMAT_DATE_TIME, "2025-12-31", false},
    {FORMAT_PEM, "-----BEGIN PRIVATE KEY-----\nQUJD\nREVG\n-----END PRIVATE KEY-----\n", true},
    {FORMAT_PEM, "  -----BEGIN EC PRIVATE KEY----- QUJDREVG -----END EC PRIVATE KEY-----", true},
    {FORMAT_PEM, "-----BEGIN CERTIFICATE-----\\nQUJDRA==\\n-----END CERTIFICATE-----", true},
    {FORMAT_PEM,
     "-----BEGIN CERTIFICATE-----\r\nQUJDRA==\r\n-----END CERTIFICATE-----\r\n"
     "-----BEGIN CERTIFICATE-----\r\nQUJDRA==\r\n-----END CERTIFICATE-----",
     true},
    {FORMAT_PEM, "-----BEGIN PRIVATE KEY-----\nQUJD\n-----END PUBLIC KEY-----", false},
    {FORMAT_PEM, "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----", false},
    {FORMAT_PEM, "-----BEGIN PRIVATE KEY-----\nQU{}\n-----END PRIVATE KEY-----", false},
    {FORMAT_PEM, "-----BEGIN PRIVATE KEY-----\nQUJD", false},
    {FORMAT_PEM, "-----BEGIN PRIVATE KEY-----\nQUJD\n-----END PRIVATE KEY-----\nmore", false},
    {FORMAT_PEM, "-----BEGIN -----\nQUJD\n-----END -----", false},
    {FORMAT_PEM, "QUJDREVG", false},
    {FORMAT_PEM, "", false},
    {FORMAT_BYTE, "", true},
    {FORMAT_BYTE, "QUJD", true},
    {FORMAT_BYTE, "QUI=", true},
    {FORMAT_BYTE, "QQ==", true},
    {FORMAT_BYTE, "QQ", false},
    {FORMAT_BYTE, "Q===", false},
    {FORMAT_BYTE, "=QQ=", false},
    {FORMAT_BYTE, "QU-_", false},
    {FORMAT_BYTE, "QU JD", false},
    {FORMAT_INT32, "-2147483648", true},
    {FORMAT_INT32, "2147483648", false},
    {FORMAT_INT64, "9223372036854775807", true},
    {FORMAT_INT64, "9223372036854775808", false},
    {FORMAT_INT64, "01", false},
    {FORMAT_INT64, "-0", false},
    {FORMAT_INT64, "+1", false},
    {FORMAT_INT64, "1.0", false},
    {FORMAT_INT64, "", false},
    {FORMAT_INT64, "-", false},
    {FORMAT_NONE, "anything", true},
    {FORMAT_OTHER, "anything", true},
    {FORMAT_BINARY, "anything", true},
};

static void test_formats(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(format_rows); i++) {
        if (format_fits(format_rows[i].format, str_of(format_rows[i].text)) !=
            format_rows[i].fits) {
            fail_msg("format %d of `%s`: expected %d", format_rows[i].format, format_rows[i].text,
                     format_rows[i].fits);
        }
        if (!format_rows[i].fits) {
            assert_non_null(format_expected(format_rows[i].format));
        }
    }
}

/* --- ceilings --- */

static json_t *text_of(size_t bytes)
{
    char *text = mem_alloc(bytes + 1);
    memset(text, 'a', bytes);
    json_t *value = json_stringn(text, bytes);
    free(text);
    return value;
}

static json_t *list_of(size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        (void)json_array_append_new(list, json_integer((json_int_t)i));
    }
    return list;
}

static json_t *nested(unsigned depth)
{
    json_t *value = json_array();
    for (unsigned i = 1; i < depth; i++) {
        json_t *outer = i % 2 ? json_array() : json_object();
        if (i % 2) {
            (void)json_array_append_new(outer, value);
        } else {
            (void)json_object_set_new(outer, "a", value);
        }
        value = outer;
    }
    return value;
}

/* {"a": [value]} */
static json_t *wrapped(json_t *value)
{
    json_t *list = json_array();
    (void)json_array_append_new(list, value);
    json_t *object = json_object();
    (void)json_object_set_new(object, "a", list);
    return object;
}

static void check_ceiling(const char *schema, json_t *value, const char *code, const char *pointer)
{
    arena_t *arena = arena_new(0);
    err_t err = ERR_INIT;
    char pointers[512];
    schema_check(schema_of(arena, with_quotes(arena, schema)), value, "", false, &err);
    faults_of(&err, pointers, sizeof pointers);
    if (strcmp(err_code_name(err.code), code) != 0 || strcmp(pointers, pointer) != 0) {
        fail_msg("%s: got %s at %s", schema, err_code_name(err.code), pointers);
    }
    json_decref(value);
    err_fini(&err);
    arena_free(arena);
}

static void test_ceilings(void **state)
{
    (void)state;
    const char *any = "{}";
    check_ceiling(any, text_of(65536), "none", "");
    check_ceiling(any, text_of(65537), "param_too_long", "");
    check_ceiling("{'type':'string'}", text_of(1 << 20), "param_too_long", "");
    check_ceiling("{'type':'string','maxLength':100000}", text_of(100000), "none", "");
    check_ceiling("{'type':'string','maxLength':100000}", text_of(100001), "param_too_long", "");
    check_ceiling("{'type':'string','maxLength':10}", text_of(100000), "param_too_long", "");
    check_ceiling("{'type':'string','format':'binary'}", text_of(1 << 20), "none", "");
    check_ceiling("{'type':'string','format':'binary','maxLength':70000}", text_of(70001),
                  "param_too_long", "");
    check_ceiling(any, list_of(1000), "none", "");
    check_ceiling(any, list_of(1001), "param_limit", "");
    check_ceiling("{'type':'array'}", list_of(10000), "param_limit", "");
    check_ceiling("{'type':'array','maxItems':5000}", list_of(5000), "none", "");
    check_ceiling("{'type':'array','maxItems':5000}", list_of(5001), "param_limit", "");
    check_ceiling(any, nested(32), "none", "");
    /* what no schema knows is held to them, too */
    check_ceiling(any, wrapped(text_of(65537)), "param_too_long", "/a/0");
    check_ceiling(any, wrapped(list_of(1001)), "param_limit", "/a/0");
    /* and a limit counts wherever it stands */
    check_ceiling("{'properties':{'a':{'items':{'maxLength':70000}}}}", wrapped(text_of(70000)),
                  "none", "");
    check_ceiling("{'additionalProperties':{'items':{'maxItems':2000}}}", wrapped(list_of(2000)),
                  "none", "");
    check_ceiling("{'$ref':'s','defs':{'s':{'maxLength':70000}}}", text_of(70000), "none", "");
    check_ceiling("{'allOf':[{'properties':{'a':{}}},{'$ref':'s'}],'defs':{'s':{'properties':{'a':{"
                  "'items':{'maxLength':70000}}}}}}",
                  wrapped(text_of(70000)), "none", "");
    check_ceiling("{'anyOf':[{'type':'integer'},{'type':'string','maxLength':70000}]}",
                  text_of(70000), "none", "");
}

static void test_depth(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    const schema_t *any = schema_of(arena, "{}");
    const struct {
        unsigned depth;
        bool fits;
    } rows[] = {{1, true}, {32, true}, {33, false}, {2000, false}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        json_t *value = nested(rows[i].depth);
        schema_check(any, value, "", false, &err);
        assert_int_equal(err.code, rows[i].fits ? ERR_none : ERR_param_limit);
        json_decref(value);
        err_fini(&err);
    }
    arena_free(arena);
}

/* A field's own maxLength and maxItems say more, not less strictly. */
static void test_ceilings_can_be_others(void **state)
{
    (void)state;
    static const value_limits_t limits = {.string_bytes = 4, .array_items = 2, .depth = 3};
    static const struct {
        const char *schema, *value;
        err_code_t code;
    } rows[] = {
        {"{'type':'string'}", "'abcd'", ERR_none},
        {"{'type':'string'}", "'abcde'", ERR_param_too_long},
        {"{'type':'string','maxLength':10}", "'abcde'", ERR_none},
        {"{'type':'array'}", "[1,2]", ERR_none},
        {"{'type':'array'}", "[1,2,3]", ERR_param_limit},
        {"{'type':'array','maxItems':3}", "[1,2,3]", ERR_none},
        {"{}", "[[[]]]", ERR_none},
        {"{}", "[[[[]]]]", ERR_param_limit},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        arena_t *arena = arena_new(0);
        err_t err = ERR_INIT;
        const field_t field = {.name = STR_INIT("a"),
                               .schema = schema_of(arena, with_quotes(arena, rows[i].schema))};
        field_check(&field, json_of(arena, with_quotes(arena, rows[i].value)), "/a", &limits, &err);
        if (err.code != rows[i].code) {
            fail_msg("%s %s: %s", rows[i].schema, rows[i].value, err_code_name(err.code));
        }
        err_fini(&err);
        arena_free(arena);
    }
}

static json_t *repeated_in_list(const char *text, unsigned count)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < count; i++) {
        (void)json_array_append_new(list, json_string(text));
    }
    return list;
}

/* What many values cost together has a bound, whatever makes each of them dear. */
static void test_cost_of_many_values(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
#define FIVE(name)                                                                                 \
    "{'allOf':[{'$ref':'" name "'},{'$ref':'" name "'},{'$ref':'" name "'},{'$ref':'" name         \
    "'},{'$ref':'" name "'}]}"
    static const struct {
        const char *schema;
        const char *item;
        unsigned count;
        err_code_t code;
    } rows[] = {
        {"{'items':{'$ref':'a'},'defs':{'a':" FIVE("b") ",'b':" FIVE("c") ",'c':" FIVE(
             "d") ",'d':" FIVE("e") ",'e':" FIVE("f") ",'f':{}}}",
         "x", 300, ERR_none},
        {"{'items':{'$ref':'a'},'defs':{'a':" FIVE("b") ",'b':" FIVE("c") ",'c':" FIVE(
             "d") ",'d':" FIVE("e") ",'e':" FIVE("f") ",'f':{}}}",
         "x", 1000, ERR_param_limit},
        {"{'items':{'anyOf':[{'maxLength':1},{'maxLength':1},{'maxLength':1},{}]}}", "xxxx", 1000,
         ERR_none},
        /* backtracks, and without backtracking has many states */
        {"{'items':{'pattern':'^(a+)+$|!$'}}", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", 50,
         ERR_none},
        {"{'items':{'pattern':'^(a+)+$|!$'}}", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", 1000,
         ERR_param_limit},
        {"{'items':{'pattern':'^[a-z]{1,80}!$'}}", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", 1000,
         ERR_none},
        {"{'items':{'pattern':'^(cat|dog|bird|fish|a)*!$'}}", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!",
         1000, ERR_none},
    };
#undef FIVE
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        json_t *value = repeated_in_list(rows[i].item, rows[i].count);
        schema_check(schema_of(arena, with_quotes(arena, rows[i].schema)), value, "", false, &err);
        json_decref(value);
        if (err.code != rows[i].code) {
            fail_msg("%s, %u items: %s", rows[i].schema, rows[i].count, err.text);
        }
        err_fini(&err);
    }
    arena_free(arena);
}

/* Schemas that could be tried in more ways than anyone can wait for. */
static void test_alternatives_are_bounded(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    const schema_t *schema = schema_of(
        arena, with_quotes(arena, "{'$ref':'n','defs':{'n':{'anyOf':["
                                  "{'properties':{'a':{'$ref':'n'},'x':{}},'required':['x']},"
                                  "{'properties':{'a':{'$ref':'n'},'y':{}},'required':['y']}]}}}"));
    json_t *value = json_object();
    for (int i = 0; i < 31; i++) {
        json_t *outer = json_object();
        (void)json_object_set_new(outer, "a", value);
        value = outer;
    }
    err_t err = ERR_INIT;
    schema_check(schema, value, "", false, &err);
    assert_int_equal(err.code, ERR_param_limit);
    err_fini(&err);
    json_decref(value);
    /* A schema that is only itself is refused by the loader, and harmless here. */
    const schema_t *loop =
        schema_of(arena, with_quotes(arena, "{'$ref':'n','defs':{'n':{'$ref':'n'}}}"));
    json_t *one = json_integer(1);
    schema_check(loop, one, "", false, &err);
    assert_int_equal(err.code, ERR_param_limit);
    err_fini(&err);
    json_decref(one);
    arena_free(arena);
}

/* --- fields --- */

static const struct {
    const char *fields;
    const char *values;
    const char *codes; /* of the details' texts: parts of them, joined by `|` */
    const char *pointers;
} fields_rows[] = {
    {"{'a':{'type':'string','required':true},'b':{'type':'integer'}}", "{'a':'x','b':1}", "", ""},
    {"{'a':{'type':'string','required':true},'b':{'type':'integer'}}", "{'a':'x'}", "", ""},
    {"{'a':{'type':'string','required':true},'b':{'type':'integer'},'c':{'type':'string','enum':['"
     "x'"
     "]},'d':{'type':'integer'}}",
     "{'b':'1','c':'y','d':9223372036854775808,'e':1}",
     "`a` is required|must be an integer, not text|`y` is not one of: x|integer of 64 bits|`e` is "
     "not declared",
     "/a, /b, /c, /d, /e"},
    {"{'username':{'type':'string'}}", "{'usernme':'x'}",
     "`usernme` is not declared; did you mean `username`?", "/usernme"},
    {"{'a/b':{'type':'string','required':true}}", "{}", "`a/b` is required", "/a~1b"},
    /* choices and messages */
    {"{'a':{'type':'string','choices':['one','two']}}", "{'a':'two'}", "", ""},
    {"{'a':{'type':'string','choices':['one','two']}}", "{'a':'three'}",
     "`three` is not one of: one, two", "/a"},
    {"{'a':{'type':'string','choices':['one'],'message':'Pick one.'}}", "{'a':'two'}", "Pick one.",
     "/a"},
    {"{'a':{'type':'string','pattern':'^x','message':'Begin with x.'}}", "{'a':'y'}",
     "Begin with x.", "/a"},
    {"{'a':{'type':'string','format':'uri','message':'A URL, please.'}}", "{'a':'y'}",
     "A URL, please.", "/a"},
    {"{'a':{'type':'string','maxLength':1,'message':'Begin with x.'}}", "{'a':'yy'}",
     "at most 1 characters", "/a"},
    {"{'a':{'type':'string','message':'Begin with x.'}}", "{'a':1}", "must be text, not an integer",
     "/a"},
    {"{'a':{'type':'array','items':{'type':'string','pattern':'^x'},'message':'Begin with x.'}}",
     "{'a':['x','y']}", "Begin with x.", "/a/1"},
    /* values in messages */
    {"{'a':{'type':'string','format':'uuid'}}", "{'a':'not\\u0007 a uuid'}",
     "`not a uuid` is not a UUID", "/a"},
    {"{'a':{'type':'string','pattern':'^x'}}",
     "{'a':'0123456789012345678901234567890123456789AND MORE'}",
     "`0123456789012345678901234567890123456789\xe2\x80\xa6` does not match the pattern ^x", "/a"},
    {"{'a':{'type':'string','secret':true,'pattern':'^x'}}", "{'a':'hunter2'}",
     "the value does not match", "/a"},
    {"{'a':{'$ref':'s','defs':{'s':{'type':'string','secret':true,'format':'uuid'}}}}",
     "{'a':'hunter2'}", "the value is not a UUID", "/a"},
    {"{'a':{'type':'object','properties':{'p':{'type':'string','secret':true,'enum':['x']}}}}",
     "{'a':{'p':'hunter2'}}", "the value is not one of: x", "/a/p"},
    {"{'a':{'type':'object','secret':true,'properties':{'p':{'properties':{'q':{'pattern':'^x'}}}}}"
     "}",
     "{'a':{'p':{'q':'hunter2'}}}", "the value does not match", "/a/p/q"},
    {"{'a':{'type':'string','secret':true}}", "{'a':['hunter2']}", "must be text, not a list",
     "/a"},
};

static void check_texts(const err_t *err, const char *expected)
{
    str_t rest = str_of(expected);
    for (unsigned i = 0; i < err->detail_count; i++) {
        str_t part = str_cut(&rest, '|');
        str_t text = str_of(err->details[i].text);
        if (str_find(text, part, 0) == SIZE_MAX) {
            fail_msg("expected \"%.*s\", got \"%s\"", STR_ARG(part), err->details[i].text);
        }
        assert_int_equal(str_find(text, STR("hunter2"), 0), SIZE_MAX);
    }
}

static void test_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(fields_rows); i++) {
        arena_t *arena = arena_new(0);
        fields_t fields = fields_of(arena, with_quotes(arena, fields_rows[i].fields));
        err_t err = ERR_INIT;
        char pointers[512];
        fields_check(&fields, json_of(arena, with_quotes(arena, fields_rows[i].values)), &err);
        faults_of(&err, pointers, sizeof pointers);
        if (strcmp(pointers, fields_rows[i].pointers) != 0) {
            fail_msg("%s: got %s (%s)", fields_rows[i].values, pointers, err.text);
        }
        check_texts(&err, fields_rows[i].codes);
        err_fini(&err);
        arena_free(arena);
    }
}

static void test_field_check_has_its_pointer(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    field_t field = field_of(arena, "a", "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}");
    err_t err = ERR_INIT;
    field_check(&field, json_of(arena, "[1]"), "/parameters/a", &VALUE_LIMITS, &err);
    assert_int_equal(err.detail_count, 1);
    assert_string_equal(err.details[0].pointer, "/parameters/a/0");
    assert_int_equal(err.code, ERR_param_type);
    err_fini(&err);
    arena_free(arena);
}

/* 50 faults are kept, and what lies behind them is not looked at. */
static void test_faults_without_end(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    fields_t fields = fields_of(arena, "{}");
    json_t *values = json_object();
    for (int i = 0; i < 1000; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "name%d", i);
        (void)json_object_set_new(values, name, json_integer(i));
    }
    err_t err = ERR_INIT;
    fields_check(&fields, values, &err);
    assert_int_equal(err.detail_count, ERR_DETAILS_MAX);
    assert_int_equal(err.code, ERR_param_unknown);
    err_fini(&err);
    json_decref(values);
    arena_free(arena);
}

/* --- text --- */

static const struct {
    const char *field;
    const char *text;
    const char *json;
} text_rows[] = {
    {"{'type':'string'}", "12", "'12'"},
    {"{'type':'string'}", "", "''"},
    {"{}", "true", "'true'"},
    {"{'type':'integer'}", "12", "12"},
    {"{'type':'integer'}", "-12", "-12"},
    {"{'type':'integer'}", "0", "0"},
    {"{'type':'integer'}", "9007199254740993", "9007199254740993"},
    {"{'type':'integer'}", "9223372036854775808", "'9223372036854775808'"},
    {"{'type':'integer'}", "012", "'012'"},
    {"{'type':'integer'}", "+1", "'+1'"},
    {"{'type':'integer'}", "1.0", "'1.0'"},
    {"{'type':'integer'}", "1e3", "'1e3'"},
    {"{'type':'integer'}", " 1", "' 1'"},
    {"{'type':'integer'}", "0x1F", "'0x1F'"},
    {"{'type':'integer'}", "", "''"},
    {"{'type':'number'}", "12", "12"},
    {"{'type':'number'}", "-1.5e3", "-1500.0"},
    {"{'type':'number'}", "1.", "'1.'"},
    {"{'type':'number'}", ".5", "'.5'"},
    {"{'type':'number'}", "1 ", "'1 '"},
    {"{'type':'number'}", "1e999", "'1e999'"},
    {"{'type':'number'}", "nan", "'nan'"},
    {"{'type':'number'}", "[1]", "'[1]'"},
    {"{'type':'boolean'}", "true", "true"},
    {"{'type':'boolean'}", "false", "false"},
    {"{'type':'boolean'}", "True", "'True'"},
    {"{'type':'boolean'}", "1", "'1'"},
    {"{'$ref':'i','defs':{'i':{'type':'integer'}}}", "12", "12"},
    {"{'type':'array','items':{'type':'integer'}}", "1,2,x", "[1,2,'x']"},
    {"{'type':'array','items':{'type':'string'}}", "a,,b", "['a','','b']"},
    {"{'type':'array','items':{'type':'string'}}", "a,", "['a','']"},
    {"{'type':'array','items':{'type':'string'}}", "", "[]"},
    {"{'type':'array'}", "a", "['a']"},
    {"{'type':'array','collection':'ssv','items':{'type':'boolean'}}", "true false",
     "[true,false]"},
    {"{'type':'array','collection':'tsv'}", "a\tb c", "['a','b c']"},
    {"{'type':'array','collection':'pipes'}", "a|b", "['a','b']"},
    {"{'type':'array','collection':'multi','items':{'type':'integer'}}", "1", "[1]"},
    {"{'type':'array','collection':'multi'}", "a,b", "['a,b']"},
    {"{'type':'array','collection':'multi'}", "", "['']"},
    {"{'$ref':'l','defs':{'l':{'type':'array','items':{'type':'integer'}}}}", "1,2", "[1,2]"},
    {"{'type':'object'}", "{}", "'{}'"},
};

static void test_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(text_rows); i++) {
        arena_t *arena = arena_new(0);
        field_t field = field_of(arena, "a", with_quotes(arena, text_rows[i].field));
        json_t *value = field_value_of_text(&field, str_of(text_rows[i].text));
        if (!json_equal(value, json_of(arena, with_quotes(arena, text_rows[i].json)))) {
            fail_msg("%s of `%s` is not %s", text_rows[i].field, text_rows[i].text,
                     text_rows[i].json);
        }
        json_decref(value);
        arena_free(arena);
    }
}

/* --- defaults --- */

static const struct {
    const char *fields;
    const char *values;
    const char *filled;
} default_rows[] = {
    {"{'a':{'type':'string','default':'x'},'b':{'type':'string'}}", "{}", "{'a':'x'}"},
    {"{'a':{'type':'string','default':'x'}}", "{'a':'y'}", "{'a':'y'}"},
    {"{'a':{'type':'string','default':'x','nullable':true}}", "{'a':null}", "{'a':null}"},
    {"{'a':{'type':'string','const':'x'}}", "{}", "{}"},
    {"{'a':{'$ref':'s','defs':{'s':{'default':[1]}}}}", "{}", "{'a':[1]}"},
    {"{'a':{'$ref':'s','default':2,'defs':{'s':{'default':1}}}}", "{}", "{'a':2}"},
    /* members of what is there, not of what is not */
    {"{'a':{'properties':{'b':{'default':1},'c':{'properties':{'d':{'default':2}}}}}}", "{}", "{}"},
    {"{'a':{'properties':{'b':{'default':1},'c':{'properties':{'d':{'default':2}}}}}}", "{'a':{}}",
     "{'a':{'b':1}}"},
    {"{'a':{'properties':{'b':{'default':1},'c':{'properties':{'d':{'default':2}}}}}}",
     "{'a':{'c':{}}}", "{'a':{'c':{'d':2},'b':1}}"},
    {"{'a':{'items':{'properties':{'b':{'default':1}}}}}", "{'a':[{},3,{'b':2}]}",
     "{'a':[{'b':1},3,{'b':2}]}"},
    {"{'a':{'additionalProperties':{'properties':{'b':{'default':1}}}}}", "{'a':{'x':{}}}",
     "{'a':{'x':{'b':1}}}"},
    {"{'a':{'$ref':'s','defs':{'s':{'allOf':[{'properties':{'b':{'default':1}}},{'properties':{'c':"
     "{"
     "'default':2}}}]}}}}",
     "{'a':{}}", "{'a':{'b':1,'c':2}}"},
    {"{'a':{'properties':{'b':{'default':1,'readOnly':true}}}}", "{'a':{}}", "{'a':{}}"},
    /* a default stands as it is written, even one that would go on for ever */
    {"{'a':{'$ref':'n','defs':{'n':{'properties':{'n':{'$ref':'n','default':{}}}}}}}", "{'a':{}}",
     "{'a':{'n':{}}}"},
};

static void test_defaults(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(default_rows); i++) {
        arena_t *arena = arena_new(0);
        fields_t fields = fields_of(arena, with_quotes(arena, default_rows[i].fields));
        json_t *values = json_of(arena, with_quotes(arena, default_rows[i].values));
        fields_fill_defaults(&fields, values);
        if (!json_equal(values, json_of(arena, with_quotes(arena, default_rows[i].filled)))) {
            buf_t text;
            buf_init(&text, 4096);
            json_write(&text, values);
            fail_msg("%s: got %s", default_rows[i].fields, buf_c(&text));
        }
        arena_free(arena);
    }
}

/* `defaults: required`: what may be left out is left out, on every level. */
static void test_defaults_of_what_is_required(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    fields_t fields = fields_of(
        arena, with_quotes(
                   arena, "{'a':{'default':1},'b':{'default':2,'required':true},'c':{"
                          "'properties':{'d':{'default':3},'e':{'default':4}},'required':['e']}}"));
    json_t *values = json_of(arena, with_quotes(arena, "{'c':{}}"));
    fields.required_defaults_only = true;
    fields_fill_defaults(&fields, values);
    assert_true(json_equal(values, json_of(arena, with_quotes(arena, "{'b':2,'c':{'e':4}}"))));
    arena_free(arena);
}

/* What a caller's values get is theirs: the definition's own default stays as it was. */
static void test_defaults_are_copies(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    fields_t fields = fields_of(arena, "{\"a\":{\"default\":{\"b\":[1]}}}");
    json_t *values = json_object();
    fields_fill_defaults(&fields, values);
    json_t *list = json_object_get(json_object_get(values, "a"), "b");
    (void)json_array_append_new(list, json_integer(2));
    assert_int_equal(json_array_size(json_object_get(fields.list[0].schema->fallback, "b")), 1);
    json_decref(values);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schemas),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_ceilings),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_ceilings_can_be_others),
        cmocka_unit_test(test_cost_of_many_values),
        cmocka_unit_test(test_alternatives_are_bounded),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_field_check_has_its_pointer),
        cmocka_unit_test(test_faults_without_end),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_defaults_of_what_is_required),
        cmocka_unit_test(test_defaults_are_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
