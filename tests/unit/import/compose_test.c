/* SPDX-License-Identifier: MIT */
/* What is composed is read by the parser of templates: literal texts come out as they went in. */
#include "import/compose.h"

#include "definition/catalogue/loading.h"
#include "template/template.h"

static const char *const TEXTS[] = {"",
                                    "plain",
                                    "$",
                                    "$$",
                                    "{",
                                    "${",
                                    "$${",
                                    "$$${x}",
                                    "a$",
                                    "{a}",
                                    "${a}${b}",
                                    "$}{$",
                                    "'\\\n\t\r'",
                                    "${connection.client_secret}",
                                    "$${connection.client_secret}",
                                    "x${'y'}"};

/* The text that a template is; absent where it is none, or has an expression that is no text. */
static str_t read_in(arena_t *arena, str_t template)
{
    err_t err = ERR_INIT;
    const template_t *t = template_parse_in(arena, template, 1, 1, &err);
    return t && template_is_constant(t) ? template_constant(t) : STR_NONE;
}

static void literal_texts_stay_as_they_are(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    for (size_t i = 0; i < COUNT(TEXTS); i++) {
        str_t text = str_of(TEXTS[i]), composed = compose_literal_in(arena, text);
        assert_true(str_eq(read_in(arena, composed), text));
        assert_true(str_eq(compose_text_in(arena, composed), text));
        size_t at = 0;
        assert_null(compose_next(composed, &at).p);
        assert_null(compose_only(composed).p);
    }
    assert_null(compose_literal_in(arena, STR_NONE).p);
    arena_free(arena);
}

/* An expression between any two texts, each in one piece or byte by byte. */
static void pieces_do_not_run_into_each_other(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    for (size_t i = 0; i < COUNT(TEXTS) * COUNT(TEXTS); i++) {
        str_t before = str_of(TEXTS[i / COUNT(TEXTS)]), behind = str_of(TEXTS[i % COUNT(TEXTS)]);
        buf_t to, whole;
        buf_init(&to, 1000);
        buf_init(&whole, 1000);
        compose_literal(&to, before);
        compose_expression(&to, STR("'}$'"));
        for (size_t k = 0; k < behind.n; k++) {
            compose_literal(&to, str_slice(behind, k, k + 1));
        }
        compose_literal(&whole, STR("$"));
        compose_template(&whole, buf_view(&to));
        err_t err = ERR_INIT;
        const template_t *t = template_parse_in(arena, buf_view(&whole), 1, 1, &err);
        buf_t found;
        buf_init(&found, 1000);
        assert_non_null(t);
        assert_int_equal(template_text(t, &(template_scope_t){.wall_ms = 0}, &found, &err), 0);
        str_t expected = arena_printf(arena, "$%.*s}$%.*s", STR_ARG(before), STR_ARG(behind));
        assert_true(str_eq(buf_view(&found), expected));
        buf_fini(&found);
        buf_fini(&whole);
        buf_fini(&to);
    }
    arena_free(arena);
}

static void expressions_are_found(void **state)
{
    (void)state;
    static const char template[] = "$${no} ${a} $$${no}${b('}\\'}')}${c";
    static const char *const found[] = {"a", "b('}\\'}')", "c"};
    size_t at = 0;
    for (size_t i = 0; i < COUNT(found); i++) {
        assert_true(str_is(compose_next(str_of(template), &at), found[i]));
    }
    assert_null(compose_next(str_of(template), &at).p);
    assert_true(str_is(compose_only(STR("${default(a, '}')}")), "default(a, '}')"));
    assert_null(compose_only(STR("${a}b")).p);
    assert_null(compose_only(STR("x${a}")).p);
}

static void paths_and_quotes_hold_any_name(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    assert_string_equal(compose_quoted_in(arena, STR("it's \\ \n${x}")).p, "'it\\'s \\\\ \\n${x}'");
    assert_string_equal(compose_path_in(arena, STR("body"), STR("a.b-c")).p, "body.a.b-c");
    assert_string_equal(compose_path_in(arena, STR("body"), STR("a.b c.']}${x")).p,
                        "body.a['b c']['\\']}${x']");
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literal_texts_stay_as_they_are),
        cmocka_unit_test(pieces_do_not_run_into_each_other),
        cmocka_unit_test(expressions_are_found),
        cmocka_unit_test(paths_and_quotes_hold_any_name),
    };
    return cmocka_run_group_tests_name("compose", tests, NULL, NULL);
}
