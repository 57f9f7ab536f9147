/* SPDX-License-Identifier: MIT */
#include "template/check.h"

/* RFC 8410 10.3, RFC 8037 A.1 */
#define PEM                                                                                        \
    "-----BEGIN PRIVATE KEY-----\\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++"         \
    "CXqI9EdVhC\\n-----END PRIVATE KEY-----\\n"
#define OKP                                                                                        \
    "{\\\"kty\\\":\\\"OKP\\\",\\\"crv\\\":\\\"Ed25519\\\","                                        \
    "\\\"d\\\":\\\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\\\","                               \
    "\\\"x\\\":\\\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\\\"}"

static const char roots[] =
    "{\"connection\": {\"token\": \"s3cret\", \"host\": \"acme.example.com\", \"empty\": \"\","
    "  \"url\": \"https://User.Example.com:8443/a%20b/c//%ff/x\", \"pem\": \"" PEM "\","
    "  \"okp\": \"" OKP "\", \"oct\": \" {\\\"kty\\\":\\\"oct\\\",\\\"k\\\":\\\"SmVmZQ\\\"}\","
    "  \"api_key\": \"0123:00ff10\", \"format\": \"iso\"},"
    " \"input\": {\"text\": \"x${connection.token}\", \"int\": 9007199254740993, \"real\": 1.5,"
    "  \"yes\": true, \"no\": false, \"null\": null, \"list\": [1, \"two\", [3]],"
    "  \"object\": {\"b\": 1, \"a\": {\"@odata.etag\": \"W/\\\"1\\\"\"}}, \"umlaut\": "
    "\"\u00e4\u00f6\U0001f600z\","
    "  \"mixed\": \"\u00c4aZ\", \"csv\": \"a,,b\", \"two\": 2, \"minus\": -1, \"quote\": "
    "\"\\\"\\\\\\n\"},"
    " \"assertion\": \"eyJ\", \"body\": {\"v\": [{\"n\": 7}]}}";

static template_outcome_t as_text(const char *text, buf_t *to, err_t *err)
{
    json_t *values = read_json(roots);
    arena_t *arena = arena_new(0);
    template_scope_t scope = scope_of(values);
    template_outcome_t outcome = template_text(parse(arena, text), &scope, to, err);
    arena_free(arena);
    json_decref(values);
    return outcome;
}

/* expected NULL: absent. */
static void check_text(const char *text, const char *expected)
{
    err_t err = ERR_INIT;
    buf_t seen;
    buf_init(&seen, 1 << 16);
    template_outcome_t outcome = as_text(text, &seen, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(outcome, expected ? TEMPLATE_OK : TEMPLATE_ABSENT);
    if (expected) {
        assert_string_equal(buf_c(&seen), expected);
    }
    buf_fini(&seen);
}

static void check_fails(const char *text, const char *code, const char *message)
{
    err_t err = ERR_INIT;
    buf_t seen;
    buf_init(&seen, 1 << 16);
    assert_int_equal(as_text(text, &seen, &err), TEMPLATE_FAILED);
    check_err(&err, code, message);
    buf_fini(&seen);
}

typedef struct text_row {
    const char *text, *value;
} text_row_t;

static void check_texts(const text_row_t *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check_text(rows[i].text, rows[i].value);
    }
}

static void makes_text(void **state)
{
    (void)state;
    static const text_row_t rows[] = {
        {"", ""},
        {"a$${b}", "a${b}"},
        {"${assertion}", "eyJ"},
        {"Bearer ${connection.token}", "Bearer s3cret"},
        {"${input.int}/${input.real}/${input.yes}/${input.no}", "9007199254740993/1.5/true/false"},
        {"${input.list[1]}${input.list[2][0]}", "two3"},
        {"${input.object.a['@odata.etag']}", "W/\"1\""},
        {"${body.v[0].n}", "7"},
        {"[${connection.empty}]", "[]"},
        {"${'a'}${-1}", "a-1"},
    };
    check_texts(rows, COUNT(rows));
}

/* T13: a value is never read as a template, wherever it went through. */
static void never_scans_values(void **state)
{
    (void)state;
    static const text_row_t rows[] = {
        {"${input.text}", "x${connection.token}"},
        {"${concat(input.text)}!", "x${connection.token}!"},
        {"${default(input.text, 'a')}", "x${connection.token}"},
        {"${split(input.text, 'x', 1)}", "${connection.token}"},
        {"${'${connection.token}'}", "${connection.token}"},
    };
    check_texts(rows, COUNT(rows));
}

static void knows_absence(void **state)
{
    (void)state;
    static const text_row_t rows[] = {
        {"${input.missing}", NULL},
        {"a${input.missing}", NULL},
        {"${input.null}", NULL},
        {"${token.a}", NULL},
        {"${input.text.a}", NULL},
        {"${input.list.a}", NULL},
        {"${input.list[3]}", NULL},
        {"${input.object[0]}", NULL},
        {"${lower(input.missing)}", NULL},
        {"${lower(input.null)}", NULL},
        {"${json(input.missing)}", NULL},
        {"${hex(hmac_sha256('k', input.missing))}", NULL},
        {"${concat('a', input.missing)}", NULL},
        {"${now('iso', input.missing)}", NULL},
        {"${default(input.missing, 'b')}", "b"},
        {"${default(input.null, 'b')}", "b"},
        {"${default(input.missing, input.null)}", NULL},
        {"${default(input.missing, '')}", ""},
        {"${default(connection.empty, 'b')}", ""},
        {"${default(concat(connection.host, input.missing), 'c')}", "c"},
        {"${join('-', 'a', input.missing, 'b')}", "a-b"},
        {"${join('-', input.missing, 'b')}", "b"},
        {"${join('-', connection.empty, 'b')}", "-b"},
        {"${join('-', input.missing, input.null)}", NULL},
        {"${join(input.missing, 'a')}", NULL},
    };
    check_texts(rows, COUNT(rows));
    /* What comes behind the first present argument is not looked at. */
    check_text("${default(connection.host, url_host('no URL'))}", "acme.example.com");
}

static void encodes(void **state)
{
    (void)state;
    static const text_row_t rows[] = {
        {"${base64('a:')}", "YTo="},
        {"${base64(concat(connection.token, ':'))}", "czNjcmV0Og=="},
        {"${base64url('\xc3\xbf>?')}", "w78-Pw"},
        {"${base64(unhex('fbff'))}", "+/8="},
        {"${base64url(unhex('fbff'))}", "-_8"},
        {"${hex('ab')}", "6162"},
        {"${hex(unhex('00FFa0'))}", "00ffa0"},
        {"${hex(12)}", "3132"},
        {"${url_encode('a b&c=d+e/\xc3\xa4~')}", "a%20b%26c%3Dd%2Be%2F%C3%A4~"},
        {"${url_encode(url_encode('@'))}", "%2540"},
        {"${json(input.object)}", "{\"b\":1,\"a\":{\"@odata.etag\":\"W/\\\"1\\\"\"}}"},
        {"${json(input.list)}", "[1,\"two\",[3]]"},
        {"${json(input.quote)}", "\"\\\"\\\\\\n\""},
        {"${json(input.null)}", "null"},
        {"${json(5)}", "5"},
    };
    check_texts(rows, COUNT(rows));
    check_fails("${hex(unhex('abc'))}", "param_format", "unhex(): the text is not hexadecimal");
    check_fails("${hex(unhex(connection.token))}", "param_format",
                "unhex(): the text is not hexadecimal");
}

#define MESSAGE "'what do ya want for nothing?'"
/* RFC 1321 A.5, FIPS 180, RFC 2202, RFC 4231, RFC 8037 A.4 */
static void digests_and_signs(void **state)
{
    (void)state;
    static const text_row_t rows[] = {
        {"${hex(md5('abc'))}", "900150983cd24fb0d6963f7d28e17f72"},
        {"${hex(sha1('abc'))}", "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {"${hex(sha256('abc'))}",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"${hex(sha512('abc'))}",
         "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
         "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
        {"${base64(sha256('abc'))}", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="},
        {"${hex(sha256(unhex('616263')))}",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"${hex(hmac_sha1('Jefe', " MESSAGE "))}", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
        {"${hex(hmac_sha256('Jefe', " MESSAGE "))}",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {"${hex(hmac_sha256(unhex('4a656665'), " MESSAGE "))}",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {"${hex(hmac_sha512('Jefe', " MESSAGE "))}",
         "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
         "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
        {"${hex(hmac_sha256(hmac_sha256('k', 'a'), 'b'))}",
         "693643825562386579861644d1d9f4eb3aeb431f8b5897bbc22a2f2724590a3e"},
        {"${base64url(sign('HS256', 'Jefe', " MESSAGE "))}",
         "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM"},
        {"${base64url(sign('HS256', connection.oct, " MESSAGE "))}",
         "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM"},
        /* A raw key that begins with `{` but is no JSON, and bytes that happen to be JSON. */
        {"${base64url(sign('HS256', '{not json', 'x'))}",
         "R5oTvY4SRRG-I3WymhoHrGEcdX9mtdIJbq2dYqXD9mQ"},
        {"${base64url(sign('HS256', unhex('7b7d'), 'x'))}",
         "Ix_KvONALJ4MxdBACJPMahqqgUybOAa6xe0IaWjUqJs"},
        {"${base64url(sign('EdDSA', connection.okp, 'eyJhbGciOiJFZERTQSJ9."
         "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc'))}",
         "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"},
        {"${key_fingerprint(connection.pem)}", "oekVYFTgT6yJmunydRMs3Ael28TqLCrTof_G4NJTaB8"},
        {"${key_fingerprint(connection.pem, 'base64')}", "oekVYFTgT6yJmunydRMs3Ael28TqLCrTof/G4NJTaB8="},
    };
    check_texts(rows, COUNT(rows));
}

/* The one key, in PEM; the message never holds any of it. */
static void refuses_keys(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "${hex(sign('RS256', connection.pem, 'x'))}",
        "${hex(sign('RS256', connection.token, 'x'))}",
        "${hex(sign('RS999', connection.pem, 'x'))}",
        "${hex(sign('RS256', connection.oct, 'x'))}",
        "${key_fingerprint(connection.token)}",
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        buf_t seen;
        buf_init(&seen, 1 << 16);
        assert_int_equal(as_text(rows[i], &seen, &err), TEMPLATE_FAILED);
        assert_int_equal(err.code, ERR_key_unusable);
        assert_int_equal(err.line, LINE);
        assert_null(strstr(err.text, "s3cret"));
        assert_null(strstr(err.text, "SmVmZQ"));
        buf_fini(&seen);
    }
}

static void handles_texts(void **state)
{
    (void)state;
    static const text_row_t rows[] = {
        {"${concat(input.umlaut, 1, input.yes)}", "\u00e4\u00f6\U0001f600z1true"},
        {"${concat('a')}", "a"},
        {"${lower(input.mixed)}", "\u00c4az"},
        {"${upper(input.mixed)}", "\u00c4AZ"},
        {"${left(input.umlaut, 0)}", ""},
        {"${left(input.umlaut, 3)}", "\u00e4\u00f6\U0001f600"},
        {"${left(input.umlaut, 99)}", "\u00e4\u00f6\U0001f600z"},
        {"${left(input.umlaut, input.two)}", "\u00e4\u00f6"},
        {"${left(input.umlaut, input.minus)}", NULL},
        {"${left(input.int, 4)}", "9007"},
        {"${split(connection.api_key, ':', 0)}", "0123"},
        {"${split(connection.api_key, ':', 1)}", "00ff10"},
        {"${split(connection.api_key, ':', 2)}", NULL},
        {"${split(connection.api_key, ':', input.minus)}", NULL},
        {"${split(connection.api_key, ':', 9223372036854775807)}", NULL},
        {"${split(input.csv, ',', 0)}", "a"},
        {"${split(input.csv, ',', 1)}", ""},
        {"${split(input.csv, ',', 2)}", "b"},
        {"${split(input.csv, ',,', 1)}", "b"},
        {"${split(input.csv, '', 0)}", "a,,b"},
        {"${split(input.csv, '', 1)}", NULL},
        {"${split(connection.empty, ',', 0)}", ""},
        {"${split(input.umlaut, '\u00f6', 1)}", "\U0001f600z"},
        {"${join(', ', 'a', 2, input.yes)}", "a, 2, true"},
        {"${join('', 'a', 'b')}", "ab"},
    };
    check_texts(rows, COUNT(rows));
    check_fails("${left('a', input.real)}", "param_type",
                "left(): argument 2 is not a whole number");
    check_fails("${split('a', ',', input.text)}", "param_type",
                "split(): argument 3 is not a whole number");
}

static void takes_urls_apart(void **state)
{
    (void)state;
    static const text_row_t rows[] = {
        {"${url_host(connection.url)}", "user.example.com"},
        {"${url_host('https://[::1]:8443/')}", "::1"},
        {"${url_segment(connection.url, 1)}", "a b"},
        {"${url_segment(connection.url, 2)}", "c"},
        {"${url_segment(connection.url, 3)}", NULL},
        {"${url_segment(connection.url, 5)}", "x"},
        {"${url_segment(connection.url, 6)}", NULL},
        {"${url_segment(connection.url, input.minus)}", NULL},
        {"${url_segment('https://a/', 1)}", NULL},
        {"${url_segment('https://a', 1)}", NULL},
        {"${url_segment('https://a/b?c/d#e', 1)}", "b"},
    };
    check_texts(rows, COUNT(rows));
    check_fails("${url_host(connection.token)}", "param_format",
                "url_host(): the value is not an https:// URL");
    check_fails("${url_segment('https://a/%2', 1)}", "param_format",
                "url_segment(): the path holds a broken escape");
    /* T18 */
    check_fails("${url_segment(connection.url, 4)}", "request_bad_encoding",
                "url_segment(): the path is not UTF-8");
}

static void tells_the_time(void **state)
{
    (void)state;
    static const text_row_t rows[] = {
        {"${now('unix')}", "1795318267"},
        {"${now('unix_ms')}", "1795318267089"},
        {"${now('iso')}", "2026-11-22T03:31:07Z"},
        {"${now(connection.format)}", "2026-11-22T03:31:07Z"},
        {"${now('http')}", "Sun, 22 Nov 2026 03:31:07 GMT"},
        {"${now('iso', '+7d')}", "2026-11-29T03:31:07Z"},
        {"${now('iso', '-1h')}", "2026-11-22T02:31:07Z"},
        {"${now('unix', '+90s')}", "1795318357"},
        {"${now('unix', '-2m')}", "1795318147"},
        {"${now('unix_ms', '+911ms')}", "1795318268000"},
        {"${now('http', '-36500d')}", "Fri, 17 Dec 1926 03:31:07 GMT"},
        {"${now('unix', '-36500d')}", "-1358281733"},
        {"${now('%Y%m%dT%H%M%SZ')}", "20261122T033107Z"},
        {"${now('%a %A %b %B %j %% %Z %z')}", "Sun Sunday Nov November 326 % GMT +0000"},
        {"${now('%-d|%e|%3d')}", "22|22|022"},
    };
    check_texts(rows, COUNT(rows));
    static const char *const odd[] = {"${now(input.text)}", "${now(concat('%', 's'))}",
                                      "${now(concat('%100', 'd'))}", "${now(concat('%'))}",
                                      "${now(concat(''))}"};
    for (size_t i = 0; i < COUNT(odd); i++) {
        check_fails(odd[i], "param_format", "now(): the time cannot be written in this format");
    }
    check_fails("${now('iso', connection.token)}", "param_format",
                "now(): the second argument is not a time such as '+7d'");
}

/* Years of four digits. */
static void writes_years_that_can_be_read(void **state)
{
    (void)state;
    static const struct {
        int64_t wall_ms;
        template_outcome_t outcome;
    } rows[] = {{INT64_C(253402300799999), TEMPLATE_OK}, /* 9999-12-31T23:59:59.999Z */
                {INT64_C(253402300800000), TEMPLATE_FAILED},
                {-1, TEMPLATE_OK}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        buf_t seen;
        arena_t *arena = arena_new(0);
        template_scope_t scope = {.lookup = look_up, .wall_ms = rows[i].wall_ms};
        buf_init(&seen, 100);
        assert_int_equal(template_text(parse(arena, "${now('iso')}"), &scope, &seen, &err),
                         rows[i].outcome);
        assert_int_equal(seen.n, rows[i].outcome == TEMPLATE_OK ? 20 : 0);
        buf_fini(&seen);
        arena_free(arena);
    }
}

static const char long_format[] =
    "${now('%Y                                                                "
    "                                                                ')}";

/* Formats and offsets that are refused at load. */
static void refuses_odd_times(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "${now('')}",
        "${now('Unix')}",
        "${now('%')}",
        "${now('%s')}",
        "${now('%Y %Es')}",
        "${now('%100d')}",
        "${now('%N')}",
        "${now('%EOd')}",
        "${now(5)}",
        "${now('iso', 5)}",
        "${now('iso', '')}",
        "${now('iso', '+')}",
        "${now('iso', '+d')}",
        "${now('iso', '+7')}",
        "${now('iso', '+7w')}",
        "${now('iso', '7d')}",
        "${now('iso', '+7d ')}",
        "${now('iso', '+36501d')}",
        "${now('iso', '+99999999999999999999s')}",
        long_format,
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        arena_t *arena = arena_new(0);
        assert_null(template_parse_in(arena, str_of(rows[i]), LINE, COLUMN, &err));
        assert_int_equal(err.code, ERR_template_function);
        arena_free(arena);
    }
}

/* One uuid a request, kept in its scope. */
static void draws_one_uuid(void **state)
{
    (void)state;
    json_t *values = json_object();
    arena_t *arena = arena_new(0);
    err_t err = ERR_INIT;
    buf_t seen;
    buf_init(&seen, 1000);
    template_scope_t scope = scope_of(values);
    assert_int_equal(template_text(parse(arena, "${uuid()}${uuid()}"), &scope, &seen, &err),
                     TEMPLATE_OK);
    assert_int_equal(seen.n, 72);
    assert_memory_equal(seen.p, scope.uuid, 36);
    assert_memory_equal(seen.p + 36, scope.uuid, 36);
    memcpy(scope.uuid, "00000000-0000-4000-8000-000000000000", 37);
    buf_clear(&seen);
    assert_int_equal(template_text(parse(arena, "${uuid()}"), &scope, &seen, &err), TEMPLATE_OK);
    assert_string_equal(buf_c(&seen), "00000000-0000-4000-8000-000000000000");
    buf_fini(&seen);
    arena_free(arena);
    json_decref(values);
}

static void refuses_structure_in_text(void **state)
{
    (void)state;
    check_fails("a${input.list}", "template_type",
                "a list cannot stand in text: use json() or one of its members");
    check_fails("${input.object}", "template_type",
                "an object cannot stand in text: use json() or one of its members");
    check_fails("${lower(input.object)}", "template_type",
                "an object cannot stand in text: use json() or one of its members");
    check_fails("${join(',', input.list)}", "template_type",
                "a list cannot stand in text: use json() or one of its members");
}

static template_outcome_t as_json(const char *text, json_t **out, err_t *err)
{
    json_t *values = read_json(roots);
    arena_t *arena = arena_new(0);
    template_scope_t scope = scope_of(values);
    template_outcome_t outcome = template_json(parse(arena, text), &scope, out, err);
    arena_free(arena);
    json_decref(values);
    return outcome;
}

/* T10: JSON is made of values, never of text. */
static void keeps_types(void **state)
{
    (void)state;
    static const text_row_t rows[] = {
        {"", "\"\""},
        {"a", "\"a\""},
        {"${input.int}", "9007199254740993"},
        {"${input.real}", "1.5"},
        {"${input.yes}", "true"},
        {"${input.null}", "null"},
        {"${input.list}", "[1,\"two\",[3]]"},
        {"${input.object.a}", "{\"@odata.etag\":\"W/\\\"1\\\"\"}"},
        {"${input.quote}", "\"\\\"\\\\\\n\""},
        {"${input.text}", "\"x${connection.token}\""},
        {"${5}", "5"},
        {"${default(input.missing, input.list)}", "[1,\"two\",[3]]"},
        {"${default(input.missing, 0)}", "0"},
        {"${left(input.int, 2)}", "\"90\""},
        {"${now('unix')}", "\"1795318267\""},
        {"${input.int} ", "\"9007199254740993 \""},
        {"${input.int}${input.yes}", "\"9007199254740993true\""},
        {"${input.missing}", NULL},
        {"x${input.missing}", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        json_t *value;
        buf_t seen;
        buf_init(&seen, 1 << 16);
        template_outcome_t outcome = as_json(rows[i].text, &value, &err);
        assert_int_equal(outcome, rows[i].value ? TEMPLATE_OK : TEMPLATE_ABSENT);
        assert_int_equal(value != NULL, rows[i].value != NULL);
        if (value) {
            json_write(&seen, value);
            assert_string_equal(buf_c(&seen), rows[i].value);
        }
        json_decref(value);
        buf_fini(&seen);
    }
}

/* Bytes come out of template_text only: a key may be bytes. */
static void gives_bytes_to_keys_only(void **state)
{
    (void)state;
    static const char text[] = "${unhex(split(connection.api_key, ':', 1))}";
    err_t err = ERR_INIT;
    json_t *value;
    buf_t seen;
    buf_init(&seen, 100);
    assert_int_equal(as_text(text, &seen, &err), TEMPLATE_OK);
    assert_int_equal(seen.n, 3);
    assert_memory_equal(seen.p, "\x00\xff\x10", 3);
    assert_int_equal(as_json(text, &value, &err), TEMPLATE_FAILED);
    assert_null(value);
    check_err(&err, "template_bytes", "unhex() gives bytes where text is needed");
    buf_fini(&seen);
}

/* T06 to T08. */
static void checks_headers(void **state)
{
    (void)state;
    static const struct {
        const char *value, *header;
    } rows[] = {
        {"a b\tc~!", "=a b\tc~!"},
        {"", "="},
        {"a\r\nX: y", NULL},
        {"a\r", NULL},
        {"a\n", NULL},
        {"\v", NULL},
        {"\x7f", NULL},
        {"\xc3\xa4", NULL},
        {"a\x01", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        buf_t seen;
        arena_t *arena = arena_new(0);
        json_t *values = json_pack("{s:{s:s}}", "input", "a", rows[i].value);
        template_scope_t scope = scope_of(values);
        buf_init(&seen, 100);
        buf_lit(&seen, "\n"); /* what was there before is not looked at */
        template_outcome_t outcome =
            template_header(parse(arena, "=${input.a}"), &scope, &seen, &err);
        assert_int_equal(outcome, rows[i].header ? TEMPLATE_OK : TEMPLATE_FAILED);
        if (rows[i].header) {
            assert_string_equal(buf_c(&seen) + 1, rows[i].header);
        } else {
            check_err(&err, "param_control_char",
                      "a header carries printable ASCII, blanks and tabs only; encode other "
                      "characters");
        }
        buf_fini(&seen);
        json_decref(values);
        arena_free(arena);
    }
    check_text("${input.missing}", NULL);
}

static void keeps_the_ceiling(void **state)
{
    (void)state;
    json_t *values = json_pack("{s:{}}", "input");
    buf_t text;
    buf_init(&text, SIZE_MAX);
    assert_true(buf_reserve(&text, 20 << 20));
    memset(text.p, 'x', 20 << 20);
    text.n = 20 << 20;
    json_object_set_new(json_object_get(values, "input"), "a", json_str(buf_view(&text)));
    static const char *const rows[] = {"${concat(input.a, input.a, input.a, input.a)}",
                                       "${url_encode(concat(input.a, '@'))}${hex(hex(input.a))}",
                                       "${join('', input.a, input.a, input.a, input.a)}",
                                       "${input.a}${input.a}${input.a}${input.a}"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        json_t *value;
        arena_t *arena = arena_new(0);
        template_scope_t scope = scope_of(values);
        assert_int_equal(template_json(parse(arena, rows[i]), &scope, &value, &err),
                         TEMPLATE_FAILED);
        assert_int_equal(err.code, ERR_param_too_long);
        arena_free(arena);
    }
    json_decref(values);
    buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_text),
        cmocka_unit_test(never_scans_values),
        cmocka_unit_test(knows_absence),
        cmocka_unit_test(encodes),
        cmocka_unit_test(digests_and_signs),
        cmocka_unit_test(refuses_keys),
        cmocka_unit_test(handles_texts),
        cmocka_unit_test(takes_urls_apart),
        cmocka_unit_test(tells_the_time),
        cmocka_unit_test(writes_years_that_can_be_read),
        cmocka_unit_test(refuses_odd_times),
        cmocka_unit_test(draws_one_uuid),
        cmocka_unit_test(refuses_structure_in_text),
        cmocka_unit_test(keeps_types),
        cmocka_unit_test(gives_bytes_to_keys_only),
        cmocka_unit_test(checks_headers),
        cmocka_unit_test(keeps_the_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
