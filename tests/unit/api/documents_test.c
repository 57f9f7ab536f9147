/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "api/documents.h"
#include "definition/catalogue/load.h"

/* --- a loop that asks --- */

typedef struct asker {
    loop_t *loop;
    documents_t *documents;
} asker_t;

/* What came, copied. */
typedef struct answer {
    bool came;
    const char *at; /* where the text stood: the same while it is kept */
    char *text, *etag;
} answer_t;

static void on_text(void *context, const document_text_t *text, const err_t *err)
{
    answer_t *a = context;
    assert_false(err_is_set(err));
    assert_non_null(text);
    *a = (answer_t){true, text->text.p, str_dup(text->text), str_dup(text->etag)};
}

static void answer_fini(answer_t *a)
{
    free(a->text);
    free(a->etag);
}

static asker_t begin(size_t bytes_max)
{
    err_t err = ERR_INIT;
    asker_t a = {loop_new(), documents_start(bytes_max, &err)};
    assert_non_null(a.documents);
    loop_set_current(a.loop);
    return a;
}

static void end(asker_t *a)
{
    documents_stop(a->documents);
    loop_set_current(NULL);
    loop_free(a->loop);
}

static void ask(const asker_t *a, const connector_t *c, const char *version, const char *connection,
                answer_t *answer)
{
    const document_ask_t what = {.connector = c,
                                 .kind = &DOCUMENT_JSON,
                                 .options = {.flavour = openapi_flavour_of(str_of(version)),
                                             .connection = str_of(connection),
                                             .server = STR("https://tenon.example.com")}};
    *answer = (answer_t){.came = false};
    documents_get(a->documents, &what, on_text, answer);
}

static void wait_for(const asker_t *a, const answer_t *answer)
{
    while (!answer->came) {
        loop_turn(a->loop, -1);
    }
}

static connector_t *load(const char *title)
{
    arena_t *arena = arena_new(0);
    diagnostics_t d;
    diagnostics_init(&d, arena);
    str_t text =
        arena_printf(arena,
                     "tenon: 1\nid: sample\ntitle: %s\nversion: 1.0.0\ndescription: For a test.\n"
                     "hosts: [a.example.com]\nbase_url: https://a.example.com\n"
                     "actions:\n  Get: {summary: Get, method: GET, path: /things}\n",
                     title);
    connector_t *c = definition_load(STR("sample.yaml"), text, NULL, &d);
    assert_non_null(c);
    arena_free(arena);
    return c;
}

/* --- tests --- */

enum { ROOMY = 1 << 20 };

static void renders_once_for_a_version_of_the_connector(void **state)
{
    (void)state;
    asker_t a = begin(ROOMY);
    connector_t *c = load("One"), *same = load("One"), *other = load("Two");
    answer_t first, again, reloaded, changed, flavour, named;
    ask(&a, c, "3.0", "-", &first);
    ask(&a, c, "3.0", "-", &again);
    ask(&a, same, "3.0", "-", &reloaded);
    ask(&a, other, "3.0", "-", &changed);
    ask(&a, c, "2.0", "-", &flavour);
    ask(&a, c, "3.0", "acme", &named);
    wait_for(&a, &named); /* they come in their order */
    assert_ptr_equal(first.at, again.at);
    assert_ptr_equal(first.at, reloaded.at);
    assert_string_equal(first.etag, again.etag);
    const answer_t *others[] = {&changed, &flavour, &named};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_ptr_not_equal(first.at, others[i]->at);
        assert_string_not_equal(first.text, others[i]->text);
        assert_string_not_equal(first.etag, others[i]->etag);
    }
    answer_t *all[] = {&first, &again, &reloaded, &changed, &flavour, &named};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        answer_fini(all[i]);
    }
    connector_unref(c);
    connector_unref(same);
    connector_unref(other);
    end(&a);
}

static void keeps_no_more_than_the_ceiling(void **state)
{
    (void)state;
    connector_t *c = load("One");
    answer_t sizes;
    asker_t a = begin(ROOMY);
    ask(&a, c, "3.0", "aaaa", &sizes);
    wait_for(&a, &sizes);
    size_t bytes = strlen(sizes.text);
    answer_fini(&sizes);
    end(&a);

    /* Room for two. The one in between goes, since the first was used again. */
    static const char *const asked[] = {"aaaa", "bbbb", "aaaa", "cccc", "aaaa"};
    answer_t answers[sizeof asked / sizeof *asked];
    a = begin(2 * bytes);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        ask(&a, c, "3.0", asked[i], &answers[i]);
        wait_for(&a, &answers[i]);
    }
    assert_ptr_equal(answers[0].at, answers[2].at);
    assert_ptr_equal(answers[0].at, answers[4].at);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        answer_fini(&answers[i]);
    }
    end(&a);
    connector_unref(c);
}

static void what_is_larger_than_the_ceiling_is_answered_and_not_kept(void **state)
{
    (void)state;
    connector_t *c = load("One");
    asker_t a = begin(0);
    answer_t one, two;
    ask(&a, c, "3.1", "*", &one);
    ask(&a, c, "3.1", "*", &two);
    wait_for(&a, &two);
    assert_string_equal(one.text, two.text);
    assert_string_equal(one.etag, two.etag);
    answer_fini(&one);
    answer_fini(&two);
    end(&a);
    connector_unref(c);
}

static void on_fault(void *context, const document_text_t *text, const err_t *err)
{
    assert_null(text);
    *(err_code_t *)context = err->code;
}

static void a_server_that_is_none_is_a_fault_of_the_host(void **state)
{
    (void)state;
    asker_t a = begin(ROOMY);
    connector_t *c = load("One");
    err_code_t code = ERR_none;
    documents_get(a.documents,
                  &(document_ask_t){.connector = c,
                                    .kind = &DOCUMENT_YAML,
                                    .options = {.flavour = openapi_flavour_of(STR("3.0")),
                                                .connection = STR("-"),
                                                .server = STR("https://tenon.example.com:99999")}},
                  on_fault, &code);
    while (code == ERR_none) {
        loop_turn(a.loop, -1);
    }
    assert_int_equal(code, ERR_internal_error);
    end(&a);
    connector_unref(c);
}

static void the_connector_outlives_the_question(void **state)
{
    (void)state;
    asker_t a = begin(ROOMY);
    connector_t *c = load("Gone");
    answer_t answer;
    ask(&a, c, "2.0", "-", &answer);
    connector_unref(c);
    wait_for(&a, &answer);
    assert_non_null(strstr(answer.text, "\"Gone\""));
    assert_true(answer.etag[0] == '"' && answer.etag[strlen(answer.etag) - 1] == '"');
    answer_fini(&answer);
    end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(renders_once_for_a_version_of_the_connector),
        cmocka_unit_test(keeps_no_more_than_the_ceiling),
        cmocka_unit_test(what_is_larger_than_the_ceiling_is_answered_and_not_kept),
        cmocka_unit_test(a_server_that_is_none_is_a_fault_of_the_host),
        cmocka_unit_test(the_connector_outlives_the_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
