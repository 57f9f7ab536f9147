/* SPDX-License-Identifier: MIT */
#include "template/check.h"

static void write_expr(buf_t *to, const expr_t *e)
{
    switch (e->kind) {
    case EXPR_TEXT:
        buf_char(to, '\'');
        buf_str(to, e->text);
        buf_char(to, '\'');
        return;
    case EXPR_INT:
        buf_i64(to, e->number);
        return;
    case EXPR_REF:
        buf_lit(to, template_root_name(e->root));
        for (size_t i = 0; i < e->step_count; i++) {
            if (e->steps[i].name.p) {
                buf_printf(to, "<%.*s>", STR_ARG(e->steps[i].name));
            } else {
                buf_printf(to, "[%zu]", e->steps[i].index);
            }
        }
        return;
    case EXPR_CALL:
        buf_lit(to, template_function_name(e->function));
        buf_char(to, '(');
        for (size_t i = 0; i < e->argument_count; i++) {
            buf_lit(to, i ? "," : "");
            write_expr(to, e->arguments[i]);
        }
        buf_char(to, ')');
        return;
    }
}

/* Texts in |…|, expressions in {…}. */
static void check_parts(const template_t *t, const char *expected)
{
    buf_t seen;
    buf_init(&seen, 1 << 20);
    for (size_t i = 0; i < t->count; i++) {
        if (t->parts[i].expr) {
            buf_char(&seen, '{');
            write_expr(&seen, t->parts[i].expr);
            buf_char(&seen, '}');
        } else {
            buf_printf(&seen, "|%.*s|", STR_ARG(t->parts[i].text));
        }
    }
    assert_string_equal(buf_c(&seen), expected);
    buf_fini(&seen);
}

static void reads_the_grammar(void **state)
{
    (void)state;
    static const struct {
        const char *text, *parts;
    } rows[] = {
        {"", ""},
        {"plain", "|plain|"},
        {"$", "|$|"},
        {"a$b $$ {x} }", "|a$b $$ {x} }|"},
        {"$${input.a}", "|${input.a}|"},
        {"$$${input.a}", "|$${input.a}|"},
        {"$${${input.a}", "|${|{input<a>}"},
        {"${input.a}$", "{input<a>}|$|"},
        {"{{connection.client_secret}}", "|{{connection.client_secret}}|"},
        {"${assertion}", "{assertion}"},
        {"${body}", "{body}"},
        {"${ input.a }", "{input<a>}"},
        {"${\n input.a\t}", "{input<a>}"},
        {"${input.a_b-c.9}", "{input<a_b-c><9>}"},
        {"${input.a[0][12].b}", "{input<a>[0][12]<b>}"},
        {"${input['a.b']['@odata.type']['}']['']}", "{input<a.b><@odata.type><}><>}"},
        {"${input['it\\'s \\\\ \\n']}", "{input<it's \\ \n>}"},
        {"Bearer ${token.access_token}!", "|Bearer |{token<access_token>}|!|"},
        {"${input.a}${input.b}", "{input<a>}{input<b>}"},
        {"${'a'}", "{'a'}"},
        {"${''}", "{''}"},
        {"${'}'}", "{'}'}"},
        {"${'${input.a}'}", "{'${input.a}'}"},
        {"${'\\n\\r\\t\\\\\\''}", "{'\n\r\t\\''}"},
        {"${'\xc3\xa4'}", "{'\xc3\xa4'}"},
        {"${0}", "{0}"},
        {"${-17}", "{-17}"},
        {"${9223372036854775807}", "{9223372036854775807}"},
        {"${-9223372036854775808}", "{-9223372036854775808}"},
        {"${uuid()}", "{uuid()}"},
        {"${uuid( )}", "{uuid()}"},
        {"${concat( 'a' ,1, input.b )}", "{concat('a',1,input<b>)}"},
        {"${default(connection.a, concat(connection.b, '.okta.com'))}",
         "{default(connection<a>,concat(connection<b>,'.okta.com'))}"},
        {"${unhex(split(connection.api_key, ':', 1))}",
         "{unhex(split(connection<api_key>,':',1))}"},
        {"${hex(hmac_sha256(hmac_sha256('k', input.a), sha1(input.b)))}",
         "{hex(hmac_sha256(hmac_sha256('k',input<a>),sha1(input<b>)))}"},
        {"${base64url(sign('RS256', unhex(input.k), md5('x')))}",
         "{base64url(sign('RS256',unhex(input<k>),md5('x')))}"},
        {"${now('%Y%m%d', '+7d')}", "{now('%Y%m%d','+7d')}"},
        {"${now(input.format)}", "{now(input<format>)}"},
        {"${default(1,2,3,4,5,6,7)}", "{default(1,2,3,4,5,6,7)}"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        arena_t *arena = arena_new(0);
        const template_t *t = parse(arena, rows[i].text);
        check_parts(t, rows[i].parts);
        assert_int_equal(t->line, LINE);
        assert_int_equal(t->column, COLUMN);
        assert_true(str_is(t->source, rows[i].text));
        arena_free(arena);
    }
}

#define ESCAPES "(\\n \\r \\t \\\\ \\' are known)"
static void tells_what_is_wrong_and_where(void **state)
{
    (void)state;
    static const struct {
        const char *text, *code, *message;
    } rows[] = {
        {"${", "template_syntax",
         "a name, a function, a number or a text in single quotes is expected at character 3 of "
         "the template"},
        {"\xc3\xa4${}", "template_syntax",
         "a name, a function, a number or a text in single quotes is expected at character 4 of "
         "the template"},
        {"${input.a", "template_syntax", "`}` is expected at character 10 of the template"},
        {"${input.a b}", "template_syntax", "`}` is expected at character 11 of the template"},
        {"${input.@odata}", "template_syntax",
         "a name is expected behind `.`; others than letters, digits, `_` and `-` are written "
         "['name'] at character 9 of the template"},
        {"${input[a]}", "template_syntax",
         "behind `[` stands an index or a name in single quotes at character 9 of the template"},
        {"${input[-1]}", "template_syntax",
         "behind `[` stands an index or a name in single quotes at character 9 of the template"},
        {"${input['a'}", "template_syntax", "`]` is expected at character 12 of the template"},
        {"${input['a]}", "template_syntax",
         "a closing `'` is missing for the text at character 10 of the template"},
        {"${input[01]}", "template_syntax",
         "an integer of at most 64 bits is expected at character 11 of the template"},
        {"${'a}", "template_syntax",
         "a closing `'` is missing for the text at character 4 of the template"},
        {"${'a\\'}", "template_syntax",
         "a closing `'` is missing for the text at character 4 of the template"},
        {"${'\\x'}", "template_syntax",
         "an unknown escape " ESCAPES " at character 5 of the template"},
        {"${-}", "template_syntax",
         "an integer of at most 64 bits is expected at character 4 of the template"},
        {"${9223372036854775808}", "template_syntax",
         "an integer of at most 64 bits is expected at character 22 of the template"},
        {"${1.5}", "template_syntax", "`}` is expected at character 4 of the template"},
        {"${lower('a'}", "template_syntax",
         "`,` or `)` is expected at character 12 of the template"},
        {"${lower('a',)}", "template_syntax",
         "a name, a function, a number or a text in single quotes is expected at character 13 of "
         "the template"},
        {"${lower ('a')}", "template_unknown_name", "no `lower`"},
        {"${lowr('a')}", "template_function", "no function `lowr`; did you mean `lower`?"},
        {"${sha-256('a')}", "template_function", "no function `sha-256`; did you mean `sha256`?"},
        {"${frobnicate('a')}", "template_function", "no function `frobnicate`"},
        {"${conection.a}", "template_unknown_name", "no `conection`; did you mean `connection`?"},
        {"${Input.a}", "template_unknown_name", "no `Input`; did you mean `input`?"},
        {"${ENV}", "template_unknown_name", "no `ENV`"},
        {"${lower()}", "template_function", "lower() takes 1 argument"},
        {"${lower('a','b')}", "template_function", "lower() takes 1 argument"},
        {"${uuid('a')}", "template_function", "uuid() takes 0 arguments"},
        {"${now()}", "template_function", "now() takes 1 to 2 arguments"},
        {"${default('a')}", "template_function", "default() takes 2 or more arguments"},
        {"${left('a','2')}", "template_function",
         "argument 2 of left() is a whole number from 0 on"},
        {"${left('a',-2)}", "template_function",
         "argument 2 of left() is a whole number from 0 on"},
        {"${url_segment('https://a/',0)}", "template_function",
         "argument 2 of url_segment() is a whole number from 1 on"},
        {"${split('a',':','1')}", "template_function",
         "argument 3 of split() is a whole number from 0 on"},
        {"${now('ISO')}", "template_function",
         "now() knows the formats unix, unix_ms, iso, http and those of strftime but %s, such as "
         "'%Y-%m-%d'"},
        {"${now('iso','7d')}", "template_function",
         "now() is moved by times such as '+7d' or '-30m'"},
        {"${sha256('a')}", "template_bytes",
         "sha256() gives bytes: wrap it in hex(), base64() or base64url()"},
        {"x ${unhex('00')}", "template_bytes",
         "unhex() gives bytes: wrap it in hex(), base64() or base64url()"},
        {"${lower(md5('a'))}", "template_bytes",
         "md5() gives bytes: wrap it in hex(), base64() or base64url()"},
        {"${json(unhex('00'))}", "template_bytes",
         "unhex() gives bytes: wrap it in hex(), base64() or base64url()"},
        {"${default(input.a, sha1('a'))}", "template_bytes",
         "sha1() gives bytes: wrap it in hex(), base64() or base64url()"},
        {"${hex(sign(sha1('a'), 'k', 'x'))}", "template_bytes",
         "sha1() gives bytes: wrap it in hex(), base64() or base64url()"},
        {"${unhex(unhex('00'))}", "template_bytes",
         "unhex() gives bytes: wrap it in hex(), base64() or base64url()"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        arena_t *arena = arena_new(0);
        err_t err = ERR_INIT;
        assert_null(template_parse_in(arena, str_of(rows[i].text), LINE, COLUMN, &err));
        check_err(&err, rows[i].code, rows[i].message);
        arena_free(arena);
    }
}

/* prefix, then middle count times, then suffix. */
static bool reads(const char *prefix, const char *middle, size_t count, const char *suffix)
{
    err_t err = ERR_INIT;
    buf_t text;
    arena_t *arena = arena_new(0);
    buf_init(&text, 1 << 20);
    buf_lit(&text, prefix);
    for (size_t i = 0; i < count; i++) {
        buf_lit(&text, middle);
    }
    buf_lit(&text, suffix);
    bool read = template_parse_in(arena, buf_view(&text), LINE, COLUMN, &err);
    assert_int_equal(err.code, read ? ERR_none : ERR_template_syntax);
    assert_true(arena_bytes(arena) < 1 << 20);
    buf_fini(&text);
    arena_free(arena);
    return read;
}

static void keeps_its_limits(void **state)
{
    (void)state;
    assert_true(reads("", "${input.a}", 32, ""));
    assert_true(reads("x", "${input.a}x", 32, ""));
    assert_false(reads("x", "${input.a}x", 33, ""));
    assert_true(reads("${", "lower(", 8, "'a'))))))))}"));
    assert_false(reads("${", "lower(", 9, "'a')))))))))}"));
    assert_false(reads("${", "lower(", 1000, ""));
    assert_true(reads("${input.a}", "x", TEMPLATE_BYTES_MAX - 10, ""));
    assert_false(reads("${input.a}", "x", TEMPLATE_BYTES_MAX - 9, ""));
    assert_true(reads("", "x", 60000, "")); /* a text without `${` is no template */
    assert_true(reads("${concat(1", ",1", 4000, ")}"));
    assert_true(reads("${concat(input.a", ",input.a", 900, ")}"));
    assert_true(reads("${concat(''", ",''", 2700, ")}"));
    assert_true(reads("${input", "[0]", 2700, "}"));
}

static void tells_constants(void **state)
{
    (void)state;
    static const struct {
        const char *text, *constant;
    } rows[] = {{"", ""}, {"a", "a"}, {"$${a}", "${a}"}, {"${'a'}", NULL}, {"a${input.b}", NULL}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        arena_t *arena = arena_new(0);
        const template_t *t = parse(arena, rows[i].text);
        assert_int_equal(template_is_constant(t), rows[i].constant != NULL);
        if (rows[i].constant) {
            assert_true(str_is(template_constant(t), rows[i].constant));
            assert_non_null(template_constant(t).p);
        }
        arena_free(arena);
    }
}

/* A key may be bytes; whoever has no key there asks is_bytes. */
static void marks_bytes(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    assert_true(parse(arena, "${unhex('00')}")->parts[0].expr->is_bytes);
    assert_false(parse(arena, "${hex(unhex('00'))}")->parts[0].expr->is_bytes);
    assert_false(parse(arena, "${input.a}")->parts[0].expr->is_bytes);
    arena_free(arena);
}

static void list_ref(void *context, const expr_t *ref, bool sure)
{
    buf_lit(context, sure ? "!" : "");
    write_expr(context, ref);
    buf_char(context, ' ');
}

static void visits_references(void **state)
{
    (void)state;
    static const struct {
        const char *text, *refs;
    } rows[] = {
        {"a", ""},
        {"x${input.a}y${steps.b.body}", "!input<a> !steps<b><body> "},
        {"${lower(concat(input.a, input.b))}", "!input<a> !input<b> "},
        {"${default(input.a, lower(input.b))}", "input<a> input<b> "},
        {"${join(input.s, input.a, input.b)}", "!input<s> input<a> input<b> "},
        {"${lower(default(concat(input.a), 'x'))}${input.b}", "input<a> !input<b> "},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        arena_t *arena = arena_new(0);
        buf_t seen;
        buf_init(&seen, 4096);
        template_visit(parse(arena, rows[i].text), list_ref, &seen);
        assert_string_equal(buf_c(&seen), rows[i].refs);
        buf_fini(&seen);
        arena_free(arena);
    }
}

/* References to input are sure, others not. */
static bool input_is_sure(void *context, const expr_t *ref)
{
    (void)context;
    return ref->root == ROOT_INPUT;
}

static void tells_what_is_sure(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool sure;
    } rows[] = {
        {"${'a'}", true},
        {"${1}", true},
        {"${input.a}", true},
        {"${connection.a}", false},
        {"${uuid()}", true},
        {"${lower(input.a)}", true},
        {"${lower(connection.a)}", false},
        {"${concat(input.a, connection.a)}", false},
        {"${default(connection.a, 'x')}", true},
        {"${default(connection.a, input.a)}", true},
        {"${default(input.a, connection.a)}", true},
        {"${default(connection.a, connection.b)}", false},
        {"${join(',', connection.a, input.a)}", true},
        {"${join(',', connection.a, connection.b)}", false},
        {"${join(connection.s, 'a', 'b')}", false},
        {"${lower(default(connection.a, concat(connection.b)))}", false},
        {"${split(input.a, ':', 1)}", true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        arena_t *arena = arena_new(0);
        const expr_t *e = parse(arena, rows[i].text)->parts[0].expr;
        assert_int_equal(expr_is_sure(e, input_is_sure, NULL), rows[i].sure);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_grammar),  cmocka_unit_test(tells_what_is_wrong_and_where),
        cmocka_unit_test(keeps_its_limits),   cmocka_unit_test(tells_constants),
        cmocka_unit_test(marks_bytes),        cmocka_unit_test(visits_references),
        cmocka_unit_test(tells_what_is_sure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
