/* SPDX-License-Identifier: MIT */
/* tests/cases/connect/<case>/: connector.yaml, page.json (what connect_page_t is given) and
 * page.html. With TENON_WRITE_GOLDEN set, what is found is written there: read the difference
 * before you keep it. */
#include "golden_text.h"

#include <dirent.h>

#include "api/connect/page.h"
#include "codec/json.h"

#define CASES TENON_SOURCE_DIR "/tests/cases/connect"

/* --- from page.json --- */

static const struct {
    const char *name;
    connect_stage_t stage;
} STAGES[] = {{"form", CONNECT_FORM}, {"waiting", CONNECT_WAITING},
              {"done", CONNECT_DONE}, {"failed", CONNECT_FAILED},
              {"gone", CONNECT_GONE}, {"signed_out", CONNECT_SIGNED_OUT}};

static connect_stage_t stage_of(const json_t *given)
{
    for (size_t i = 0; i < COUNT(STAGES); i++) {
        if (str_is(json_member(given, "stage"), STAGES[i].name)) {
            return STAGES[i].stage;
        }
    }
    fail_msg("no such stage");
    return CONNECT_GONE;
}

static void read_fault(const json_t *given, err_t *err)
{
    const char *pointer;
    json_t *text;
    const json_t *fault = json_object_get(given, "fault");
    err_code_t code = err_code_of(json_member(fault, "code"));
    *err = ERR_INIT;
    if (!fault) {
        return;
    }
    assert_int_not_equal(code, ERR_none);
    (void)err_set(err, code, "%.*s", STR_ARG(json_member(fault, "text")));
    json_object_foreach(json_object_get(fault, "details"), pointer, text)
    {
        (void)err_add_detail(err, code, pointer, "%s", json_string_value(text));
    }
    err->upstream_status = (int)json_integer_value(json_object_get(fault, "status"));
    err_clean_text(err->upstream_error, sizeof err->upstream_error, json_member(fault, "error"));
    err_clean_text(err->upstream_description, sizeof err->upstream_description,
                   json_member(fault, "error_description"));
}

static connect_page_t page_of(const json_t *given, const connector_t *c, const err_t *fault)
{
    connect_stage_t stage = stage_of(given);
    bool of_connector = stage != CONNECT_GONE && stage != CONNECT_SIGNED_OUT;
    return (connect_page_t){.stage = stage,
                            .style_url = STR("/connect/style.css"),
                            .connector = of_connector ? c : NULL,
                            .requester = json_member(given, "requester"),
                            .name = json_member(given, "name"),
                            .title = json_member(given, "title"),
                            .reconnects = json_is_true(json_object_get(given, "reconnects")),
                            .return_url = json_member(given, "return_url"),
                            .auths = json_object_get(given, "auths"),
                            .auth = connector_auth(c, json_member(given, "auth")),
                            .preset = json_object_get(given, "preset"),
                            .stored = json_object_get(given, "stored"),
                            .given = json_object_get(given, "given"),
                            .fault = err_is_set(fault) ? fault : NULL,
                            .action = json_member(given, "action"),
                            .csrf = json_member(given, "csrf"),
                            .redirect_url = json_member(given, "redirect_url"),
                            .logout_url = json_member(given, "logout_url"),
                            .device = json_object_get(given, "device"),
                            .refresh_s =
                                (unsigned)json_integer_value(json_object_get(given, "refresh_s")),
                            .watch_url = json_member(given, "watch_url"),
                            .outcome = json_object_get(given, "outcome"),
                            .again_url = json_member(given, "again_url")};
}

/* --- a case --- */

static void write_page(arena_t *arena, const char *folder, buf_t *to)
{
    diagnostics_t d;
    err_t err = ERR_INIT, fault;
    connector_t *c = load_file(arena, arena_printf(arena, "%s/connector.yaml", folder).p, &d);
    str_t text = read_file_in(arena, arena_printf(arena, "%s/page.json", folder).p);
    json_t *given = json_read(text, NULL, &err);
    if (!c) {
        print_diagnostics(&d);
    }
    assert_non_null(c);
    assert_non_null(given);
    read_fault(given, &fault);
    connect_page_t page = page_of(given, c, &fault);
    buf_init(to, CONNECT_PAGE_MAX);
    connect_page_write(to, &page);
    assert_true(buf_ok(to));
    err_fini(&fault);
    json_decref(given);
    connector_unref(c);
}

/* Whoever chose the texts: markup that is not ours, what turns lines, secrets. */
static bool is_harmless(const char *name, str_t html)
{
    static const char *const NEVER[] = {
        "<script",           "<img",        "<iframe",      "<style",
        "href=\"javascript", "href=\"data", "\xe2\x80\xae", "\xe2\x80\xa8",
        "\xe2\x81\xa6",      "\x1b",        "hunter2",      "not-shown"};
    bool harmless = true;
    for (size_t i = 0; i < COUNT(NEVER); i++) {
        if (str_find(html, str_of(NEVER[i]), 0) != SIZE_MAX) {
            print_message("%s holds %s\n", name, NEVER[i]);
            harmless = false;
        }
    }
    return harmless;
}

static bool check_case(const char *name)
{
    buf_t found;
    arena_t *arena = arena_new(0);
    const char *folder = arena_printf(arena, CASES "/%s", name).p;
    const char *path = arena_printf(arena, "%s/page.html", folder).p;
    write_page(arena, folder, &found);
    bool ok = golden_is(arena, path, buf_view(&found)) && is_harmless(name, buf_view(&found));
    buf_fini(&found);
    arena_free(arena);
    return ok;
}

static void every_case_gives_its_page(void **state)
{
    (void)state;
    size_t cases = 0, failed = 0;
    DIR *dir = opendir(CASES);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] != '.') {
            failed += !check_case(entry->d_name);
            cases++;
        }
    }
    closedir(dir);
    assert_int_equal(failed, 0);
    assert_true(cases >= 17);
}

/* --- the style sheet --- */

static void the_style_sheet_has_a_strong_etag(void **state)
{
    (void)state;
    str_t etag = connect_style_etag();
    assert_int_equal(etag.n, 34);
    assert_true(etag.p[0] == '"' && etag.p[33] == '"');
    assert_true(connect_style().n > 1000 && connect_style().n < 16 * 1024);
    assert_int_equal(str_find(connect_style(), STR("url("), 0), SIZE_MAX);
    assert_int_equal(str_find(connect_style(), STR("@import"), 0), SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_gives_its_page),
        cmocka_unit_test(the_style_sheet_has_a_strong_etag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
