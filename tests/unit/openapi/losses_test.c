/* SPDX-License-Identifier: MIT */
/* What 2.0 cannot say of a case of tests/cases/openapi, and where the case says it, line by line,
 * is losses.txt; of a definition that says all of it in 2.0's words it is nothing. With
 * TENON_WRITE_GOLDEN set, what is found is written there: read the difference before you keep it.
 */
#include "golden_text.h"

#include "codec/json.h"
#include "openapi/losses.h"

#define CASES TENON_SOURCE_DIR "/tests/cases/openapi"

enum { TEXT_MAX = 1 << 20 };

static void write_line(void *context, const openapi_loss_t *loss)
{
    buf_printf(context, "%.*s|%s|%.*s|%s|", STR_ARG(loss->action), loss->kind->what,
               STR_ARG(loss->place), loss->kind->how);
    json_write(context, loss->at);
    buf_char(context, '\n');
}

static void write_losses(const char *file, buf_t *to)
{
    arena_t *arena = arena_new(0);
    diagnostics_t d;
    connector_t *c = load_file(arena, file, &d);
    if (!c) {
        print_diagnostics(&d);
    }
    assert_non_null(c);
    openapi_losses(c, write_line, to);
    connector_unref(c);
    arena_free(arena);
}

static void tells_each_once(void **state)
{
    static const char *const cases[] = {"alternatives", "answers", "bodies",
                                        "places",       "schemas", "triggers"};
    (void)state;
    arena_t *arena = arena_new(0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_t text;
        buf_init(&text, TEXT_MAX);
        write_losses(arena_printf(arena, CASES "/%s/%s.yaml", cases[i], cases[i]).p, &text);
        assert_true(golden_is(arena, arena_printf(arena, CASES "/%s/losses.txt", cases[i]).p,
                              buf_view(&text)));
        buf_fini(&text);
    }
    arena_free(arena);
}

static void tells_nothing_where_nothing_is_lost(void **state)
{
    (void)state;
    buf_t text;
    buf_init(&text, TEXT_MAX);
    write_losses(CASES "/shared-paths/shared-paths.yaml", &text);
    assert_int_equal(text.n, 0);
    buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_each_once),
        cmocka_unit_test(tells_nothing_where_nothing_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
