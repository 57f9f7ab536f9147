/* SPDX-License-Identifier: MIT */
/* tests/cases/openapi/<case>/: a definition, and the documents that it gives, each named by its
 * version and, where it is not `-`, the connection (`any` stands for
 * `*`): 3.0.yaml, 2.0.any.yaml, 2.0.acme.yaml. With TENON_WRITE_GOLDEN set, what is found is
 * written there: read the difference before you keep it. */
#include "golden_text.h"

#include <dirent.h>

#include "codec/json.h"
#include "openapi/openapi.h"

#define CASES TENON_SOURCE_DIR "/tests/cases/openapi"
#define SERVER STR("https://tenon.example.com/base")

enum { TEXT_MAX = 8 << 20 };

/* --- golden documents --- */

static bool is_document(const char *name)
{
    return ascii_is_digit(name[0]);
}

static connector_t *load_definition_in(arena_t *arena, const char *folder)
{
    connector_t *found = NULL;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!is_document(entry->d_name) && str_ends(str_of(entry->d_name), STR(".yaml"))) {
            diagnostics_t d;
            assert_null(found);
            found = load_file(arena, arena_printf(arena, "%s/%s", folder, entry->d_name).p, &d);
            if (!found) {
                print_diagnostics(&d);
            }
        }
    }
    closedir(dir);
    assert_non_null(found);
    return found;
}

/* "2.0.any.yaml" */
static openapi_options_t options_of(str_t name)
{
    str_t version = str_slice(name, 0, 3);
    str_t connection = str_slice(name, 4, name.n - strlen(".yaml"));
    if (name.n == strlen("2.0.yaml")) {
        connection = STR("-");
    } else if (str_is(connection, "any")) {
        connection = STR("*");
    }
    return (openapi_options_t){openapi_flavour_of(version), connection, SERVER};
}

static void write_document(const connector_t *c, const openapi_options_t *options,
                           openapi_format_t format, buf_t *to)
{
    err_t err = ERR_INIT;
    assert_non_null(options->flavour);
    json_t *document = openapi_document(c, options, &err);
    assert_non_null(document);
    buf_init(to, TEXT_MAX);
    openapi_write(to, document, format);
    assert_true(buf_ok(to));
    json_decref(document);
}

static bool check_document(arena_t *arena, const connector_t *c, const char *folder,
                           const char *name)
{
    buf_t found;
    const char *path = arena_printf(arena, "%s/%s", folder, name).p;
    openapi_options_t options = options_of(str_of(name));
    write_document(c, &options, OPENAPI_YAML, &found);
    bool same = golden_is(arena, path, buf_view(&found));
    buf_fini(&found);
    return same;
}

static size_t run_case(const char *name, size_t *documents)
{
    arena_t *arena = arena_new(0);
    const char *folder = arena_printf(arena, CASES "/%s", name).p;
    connector_t *c = load_definition_in(arena, folder);
    size_t failed = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (is_document(entry->d_name)) {
            failed += !check_document(arena, c, folder, entry->d_name);
            (*documents)++;
        }
    }
    closedir(dir);
    connector_unref(c);
    arena_free(arena);
    return failed;
}

static void every_case_gives_its_documents(void **state)
{
    (void)state;
    size_t documents = 0;
    size_t failed = 0;
    DIR *dir = opendir(CASES);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        failed += entry->d_name[0] == '.' ? 0 : run_case(entry->d_name, &documents);
    }
    closedir(dir);
    assert_int_equal(failed, 0);
    assert_true(documents >= 26);
}

/* --- options --- */

static void knows_versions_and_connections(void **state)
{
    (void)state;
    static const struct {
        const char *version;
        bool known;
    } versions[] = {{"2.0", true},    {"3.0", true}, {"3.0.3", true}, {"3.1", true},
                    {"3.1.0", true},  {"", false},   {"2", false},    {"3", false},
                    {"3.0.1", false}, {"4.0", false}};
    static const struct {
        const char *name;
        bool fits;
    } connections[] = {{"-", true},  {"*", true},   {"acme", true}, {"a-1", true},  {"", false},
                       {"A", false}, {"-a", false}, {"a/b", false}, {"a b", false}, {"**", false}};
    for (size_t i = 0; i < COUNT(versions); i++) {
        assert_int_equal(openapi_flavour_of(str_of(versions[i].version)) != NULL,
                         versions[i].known);
    }
    for (size_t i = 0; i < COUNT(connections); i++) {
        assert_int_equal(openapi_is_connection(str_of(connections[i].name)), connections[i].fits);
    }
    assert_string_equal(openapi_version_at(0), "2.0");
    assert_string_equal(openapi_version_at(2), "3.1");
    assert_null(openapi_version_at(3));
}

/* The connector of the case, for what is no golden document. */
static connector_t *load_case(arena_t *arena, const char *name)
{
    return load_definition_in(arena, arena_printf(arena, CASES "/%s", name).p);
}

static void the_server_is_where_calls_go(void **state)
{
    (void)state;
    static const struct {
        const char *server, *connection, *scheme, *host, *path, *url; /* scheme NULL: refused */
    } rows[] = {
        {"https://tenon.example.com", "-", "https", "tenon.example.com", "/run/bodies/-",
         "https://tenon.example.com/run/bodies/-"},
        {"http://127.0.0.1:8480", "acme", "http", "127.0.0.1:8480", "/run/bodies/acme",
         "http://127.0.0.1:8480/run/bodies/acme"},
        {"https://Tenon.example.com:8443/a/b//", "*", "https", "tenon.example.com:8443", "/a/b",
         "https://tenon.example.com:8443/a/b"},
        {"https://tenon.example.com/", "*", "https", "tenon.example.com", "/",
         "https://tenon.example.com"},
        {"http://[::1]:80", "-", "http", "[::1]:80", "/run/bodies/-",
         "http://[::1]:80/run/bodies/-"},
        {"tenon.example.com", "-", NULL, NULL, NULL, NULL},
        {"ftp://tenon.example.com", "-", NULL, NULL, NULL, NULL},
        {"https://tenon.example.com?a=b", "-", NULL, NULL, NULL, NULL},
        {"https://tenon.example.com/#a", "-", NULL, NULL, NULL, NULL},
        {"https://user@tenon.example.com", "-", NULL, NULL, NULL, NULL},
    };
    arena_t *arena = arena_new(0);
    connector_t *c = load_case(arena, "bodies");
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t k = 0; k < 2; k++) {
            err_t err = ERR_INIT;
            openapi_options_t options = {openapi_flavour_of(str_of(k ? "3.1" : "2.0")),
                                         str_of(rows[i].connection), str_of(rows[i].server)};
            json_t *document = openapi_document(c, &options, &err);
            assert_int_equal(document != NULL, rows[i].scheme != NULL);
            if (!document) {
                assert_int_equal(err.code, ERR_definition_bad_url);
                continue;
            }
            const json_t *server = json_array_get(json_object_get(document, "servers"), 0);
            const json_t *scheme = json_array_get(json_object_get(document, "schemes"), 0);
            if (k) {
                assert_string_equal(json_member(server, "url").p, rows[i].url);
            } else {
                assert_string_equal(json_view(scheme).p, rows[i].scheme);
                assert_string_equal(json_member(document, "host").p, rows[i].host);
                assert_string_equal(json_member(document, "basePath").p, rows[i].path);
            }
            json_decref(document);
        }
    }
    connector_unref(c);
    arena_free(arena);
}

static void the_same_connector_gives_the_same_bytes(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    for (size_t i = 0; openapi_version_at(i); i++) {
        openapi_options_t options = {openapi_flavour_of(str_of(openapi_version_at(i))), STR("*"),
                                     SERVER};
        for (openapi_format_t format = OPENAPI_JSON; format <= OPENAPI_YAML; format++) {
            connector_t *one = load_case(arena, "schemas");
            connector_t *other = load_case(arena, "schemas");
            buf_t a, b;
            write_document(one, &options, format, &a);
            write_document(other, &options, format, &b);
            assert_true(str_eq(buf_view(&a), buf_view(&b)));
            buf_fini(&a);
            buf_fini(&b);
            connector_unref(one);
            connector_unref(other);
        }
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_gives_its_documents),
        cmocka_unit_test(knows_versions_and_connections),
        cmocka_unit_test(the_server_is_where_calls_go),
        cmocka_unit_test(the_same_connector_gives_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
