/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/config.h"
#include "app/files.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static const char ADMIN_KEY[] = "0123456789012345678901234567890123456789";

typedef struct fixture {
    arena_t *arena;
    config_t config;
    diagnostics_t d;
} fixture_t;

static void begin(fixture_t *f)
{
    f->arena = arena_new(0);
    config_init(&f->config, f->arena);
    diagnostics_init(&f->d, f->arena);
}

static void end(fixture_t *f)
{
    config_fini(&f->config);
    arena_free(f->arena);
}

static void assert_text(str_t text, const char *expected)
{
    if (!str_eq(text, str_of(expected))) {
        fail_msg("got \"%.*s\", expected \"%s\"", STR_ARG(text), expected);
    }
}

/* --- the table --- */

static void every_default_is_one_that_could_be_given(void **state)
{
    (void)state;
    fixture_t f;
    begin(&f);
    for (size_t i = 0; i < OPTION_COUNT_ALL; i++) {
        const option_t *option = &OPTIONS[i];
        err_t err = ERR_INIT;
        if (option->fallback && !config_set(&f.config, option, str_of(option->fallback), &err)) {
            fail_msg("%s: %s", option->environment, err.text);
        }
    }
    end(&f);
}

/* One name in three spellings, so that who knows one knows all. */
static void names_follow_one_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < OPTION_COUNT_ALL; i++) {
        const option_t *option = &OPTIONS[i];
        char environment[64] = "TENON_";
        char flag[64] = "";
        for (size_t k = 0; option->key && option->key[k]; k++) {
            char c = option->key[k];
            environment[6 + k] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
            flag[k] = c == '_' ? '-' : c;
        }
        assert_int_equal(strncmp(option->environment, "TENON_", 6), 0);
        if (option->key) {
            assert_string_equal(option->environment, environment);
        }
        if (option->key && option->flag) {
            assert_string_equal(option->flag, flag);
        }
        assert_true(option->kind != OPTION_SECRET || !option->flag);
        assert_non_null(option->description);
    }
}

static void defaults_are_what_the_design_says(void **state)
{
    (void)state;
    fixture_t f;
    begin(&f);
    const config_t *c = &f.config;
    assert_text(c->listen, "127.0.0.1:8480");
    assert_text(c->connectors, "connectors");
    assert_text(c->data, "data");
    assert_int_equal(c->body_bytes, 16 * 1024 * 1024);
    assert_int_equal(c->url_bytes, 16 * 1024);
    assert_int_equal(c->header_bytes, 8 * 1024);
    assert_int_equal(c->definition_bytes, 1024 * 1024);
    assert_int_equal(c->answer_bytes, 8 * 1024 * 1024);
    assert_int_equal(c->json_depth, 32);
    assert_int_equal(c->array_items, 1000);
    assert_int_equal(c->string_bytes, 65536);
    assert_int_equal(c->token_answer_bytes, 65536);
    assert_int_equal(c->token_bytes, 32768);
    assert_int_equal(c->action_timeout_ms, 30000);
    assert_int_equal(c->log_calls, 1);
    assert_int_equal(c->connect_timeout_ms, 5000);
    assert_int_equal(c->token_timeout_ms, 15000);
    assert_int_equal(c->token_requests_per_host, 4);
    assert_int_equal(c->calls_per_connection, 200);
    assert_int_equal(c->connections, 4000);
    assert_int_equal(c->drain_timeout_ms, 30000);
    assert_int_equal(c->call_tokens, 10000);
    assert_null(c->public_url.p);
    assert_false(c->admin_key.given);
    end(&f);
}

static void a_public_url_ends_behind_its_host(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"https://x", "https://x"},
                                          {"https://x:8443/", "https://x:8443"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        fixture_t f;
        err_t err = ERR_INIT;
        begin(&f);
        f.config.public_url = str_of(rows[i][0]);
        assert_true(config_finish(&f.config, &err));
        assert_text(f.config.public_url, rows[i][1]);
        end(&f);
    }
}

static void the_document_is_the_table(void **state)
{
    (void)state;
    buf_t made;
    buf_t kept;
    err_t err = ERR_INIT;
    buf_init(&made, 1024 * 1024);
    buf_init(&kept, 1024 * 1024);
    config_markdown(&made);
    assert_true(file_read(TENON_SOURCE_DIR "/docs/CONFIGURATION.md", &kept, &err));
    if (!str_eq(buf_view(&made), buf_view(&kept))) {
        fail_msg("docs/CONFIGURATION.md is not what `tenon configuration --markdown` prints");
    }
    buf_fini(&made);
    buf_fini(&kept);
}

/* --- numbers with units --- */

static void reads_durations_and_sizes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_size;
        int64_t value; /* -1: none */
    } rows[] = {
        {"500ms", false, 500},
        {"30s", false, 30000},
        {"5m", false, 300000},
        {"2h", false, 7200000},
        {"31d", false, 31LL * 24 * 3600 * 1000},
        {"30", false, -1},
        {"s", false, -1},
        {"", false, -1},
        {"-1s", false, -1},
        {"1.5s", false, -1},
        {"1 s", false, -1},
        {"9223372036854775807d", false, -1},
        {"65536", true, 65536},
        {"64KiB", true, 65536},
        {"16MiB", true, 16777216},
        {"1GiB", true, 1073741824},
        {"1KB", true, -1},
        {"KiB", true, -1},
        {"9223372036854775807GiB", true, -1},
        {"99999999999999999999", true, -1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t value = -1;
        bool ok = rows[i].is_size ? bytes_read(str_of(rows[i].text), &value)
                                  : duration_read(str_of(rows[i].text), &value);
        if (ok != (rows[i].value >= 0) || (ok && value != rows[i].value)) {
            fail_msg("%s: %s %lld", rows[i].text, ok ? "read as" : "refused", (long long)value);
        }
    }
}

/* --- the file --- */

static void faults_of_the_file_have_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned line, column;
        err_code_t code;
        const char *says;
    } rows[] = {
        {"lisen: 1:2\n", 1, 1, ERR_definition_unknown_key, "did you mean `listen`?"},
        {"data: x\nzebra: y\n", 2, 1, ERR_definition_unknown_key, "docs/CONFIGURATION.md"},
        {"drain_timeout: 5\n", 1, 16, ERR_configuration, "drain_timeout: expected a duration"},
        {"drain_timeout: 400d\n", 1, 16, ERR_configuration, "must be between"},
        {"threads: many\n", 1, 10, ERR_configuration, "a whole number"},
        {"threads: 65\n", 1, 10, ERR_configuration, "must be between 0 and 64"},
        {"body_bytes: 1\n", 1, 13, ERR_configuration, "must be between 1024"},
        {"log_level: loud\n", 1, 12, ERR_configuration, "debug, info, warn, error"},
        {"data:\n", 1, 6, ERR_configuration, "the value is missing"},
        {"data: null\n", 1, 7, ERR_configuration, "the value is missing"},
        {"data: [a]\n", 1, 7, ERR_configuration, "a single value"},
        {"listen: {a: b}\n", 1, 9, ERR_configuration, "a text or a list"},
        {"listen: [[a]]\n", 1, 10, ERR_configuration, "one entry"},
        {"listen:\n  - a,b\n", 2, 5, ERR_configuration, "one entry"},
        {"data: a\ndata: b\n", 2, 1, ERR_definition_duplicate_key, ""},
        {"- a\n", 1, 1, ERR_configuration, "a map of options"},
        {"data: *a\n", 1, 7, ERR_definition_alias_unknown, ""},
        {"", 1, 1, ERR_definition_empty, ""},
        {"url: http://x\n", 1, 1, ERR_definition_unknown_key, ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        fixture_t f;
        begin(&f);
        config_read_yaml(&f.config, str_of(rows[i].text), &f.d);
        const diagnostic_t *first = &f.d.list[0];
        if (f.d.errors != 1 || first->line != rows[i].line || first->column != rows[i].column ||
            first->code != rows[i].code || !strstr(first->text, rows[i].says)) {
            fail_msg("%s: %u faults, %u:%u %s %s", rows[i].text, f.d.errors, first->line,
                     first->column, err_code_name(first->code), first->text);
        }
        end(&f);
    }
}

static void all_faults_of_the_file_are_told(void **state)
{
    (void)state;
    fixture_t f;
    begin(&f);
    config_read_yaml(&f.config, STR("dat: x\nthreads: y\nlog_format: xml\ndata: here\n"), &f.d);
    assert_int_equal(f.d.errors, 3);
    assert_text(f.config.data, "here");
    end(&f);
}

static void the_file_sets_options(void **state)
{
    (void)state;
    static const char text[] = "listen: [127.0.0.1:1, '[::1]:2']\n"
                               "egress_allow:\n  - 10.0.0.0/8\n  - host.example=10.1.0.0/16:8443\n"
                               "resolve: a.example:443=127.0.0.1:4443\n"
                               "master_key: \"abc\"\n"
                               "drain_timeout: 2m\nbody_bytes: 1MiB\nlog_format: json\n"
                               "log_level: warn\nthreads: 3\n";
    fixture_t f;
    begin(&f);
    config_read_yaml(&f.config, str_of(text), &f.d);
    assert_int_equal(f.d.errors, 0);
    assert_text(f.config.listen, "127.0.0.1:1,[::1]:2");
    assert_text(f.config.egress_allow, "10.0.0.0/8,host.example=10.1.0.0/16:8443");
    assert_text(f.config.resolve, "a.example:443=127.0.0.1:4443");
    assert_true(f.config.master_key.given);
    assert_text(buf_view(&f.config.master_key.text), "abc");
    assert_int_equal(f.config.drain_timeout_ms, 120000);
    assert_int_equal(f.config.body_bytes, 1024 * 1024);
    assert_int_equal(f.config.log_format, 1);
    assert_int_equal(f.config.log_level, 2);
    assert_int_equal(f.config.threads, 3);
    end(&f);
}

/* --- environment, flags, and which wins --- */

static void secrets_leave_the_environment(void **state)
{
    (void)state;
    fixture_t f;
    err_t err = ERR_INIT;
    begin(&f);
    setenv("TENON_ADMIN_KEY", ADMIN_KEY, 1);
    setenv("TENON_DATA", "/somewhere", 1);
    const char *value = getenv("TENON_ADMIN_KEY");
    assert_true(config_read_environment(&f.config, &err));
    assert_text(buf_view(&f.config.admin_key.text), ADMIN_KEY);
    assert_text(f.config.data, "/somewhere");
    assert_null(getenv("TENON_ADMIN_KEY"));
    for (size_t i = 0; i < sizeof ADMIN_KEY - 1; i++) {
        assert_int_equal(value[i], 0);
    }
    unsetenv("TENON_DATA");
    end(&f);
}

static void a_fault_of_the_environment_names_the_variable(void **state)
{
    (void)state;
    fixture_t f;
    err_t err = ERR_INIT;
    begin(&f);
    setenv("TENON_THREADS", "x", 1);
    assert_false(config_read_environment(&f.config, &err));
    assert_int_equal(err.code, ERR_configuration);
    assert_non_null(strstr(err.text, "TENON_THREADS: expected a whole number"));
    unsetenv("TENON_THREADS");
    end(&f);
}

static const flag_t *any_option(const void *context, str_t name)
{
    static flag_t flag;
    (void)context;
    const option_t *option = option_of_flag(name);
    flag = (flag_t){.name = str_is(name, "config") ? "config" : option ? option->flag : NULL,
                    .value = "VALUE"};
    return flag.name ? &flag : NULL;
}

static bool load(fixture_t *f, const char *const *argv, size_t argc, err_t *err)
{
    args_t args;
    return args_read(f->arena, argv, argc, any_option, NULL, &args, err) &&
           config_load(&f->config, &args, err);
}

static void later_wins(void **state)
{
    (void)state;
    char path[] = "/tmp/tenon-config-XXXXXX";
    int fd = mkstemp(path);
    static const char text[] = "data: file\nconnectors: file\nthreads: 1\n";
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
    setenv("TENON_CONNECTORS", "environment", 1);
    setenv("TENON_THREADS", "2", 1);
    fixture_t f;
    err_t err = ERR_INIT;
    begin(&f);
    const char *argv[] = {"--config", path, "--threads", "3", "--listen=127.0.0.1:1"};
    assert_true(load(&f, argv, COUNT(argv), &err));
    assert_text(f.config.data, "file");
    assert_text(f.config.connectors, "environment");
    assert_int_equal(f.config.threads, 3);
    assert_text(f.config.listen, "127.0.0.1:1");
    unsetenv("TENON_CONNECTORS");
    unsetenv("TENON_THREADS");
    unlink(path);
    end(&f);
}

static void what_goes_together_is_checked(void **state)
{
    (void)state;
    static const struct {
        const char *flags[3];     /* --flag=value */
        const char *name, *value; /* environment */
        const char *says;         /* NULL: fine */
    } rows[] = {
        {{NULL}, "TENON_ADMIN_KEY", "too-short", "fewer than 40"},
        {{NULL}, "TENON_ADMIN_KEY", ADMIN_KEY, NULL},
        {{"--tls-cert=a"}, NULL, NULL, "need each other"},
        {{"--tls-key=a"}, NULL, NULL, "need each other"},
        {{"--tls-cert=a", "--tls-key=b"}, NULL, NULL, NULL},
        {{"--public-url=tenon.example"}, NULL, NULL, "public_url: not a usable URL"},
        {{"--public-url="}, NULL, NULL, "public_url: not a usable URL"},
        {{"--public-url=ftp://x"}, NULL, NULL, "begin with https://"},
        {{"--public-url=https://me:pass@x"}, NULL, NULL, "public_url: not a usable URL"},
        {{"--public-url=https://x:99999"}, NULL, NULL, "the port"},
        {{"--public-url=https://x y"}, NULL, NULL, "blank"},
        {{"--public-url=https://x/?a=b"}, NULL, NULL, "neither query nor fragment"},
        {{"--public-url=https://x?"}, NULL, NULL, "neither query nor fragment"},
        {{"--public-url=https://x/#a"}, NULL, NULL, "neither query nor fragment"},
        {{"--public-url=https://x/tenon"}, NULL, NULL, "not below a path"},
        {{"--public-url=https://x//"}, NULL, NULL, "not below a path"},
        {{"--public-url=http://x"}, NULL, NULL, "begins with https://"},
        {{"--public-url=http://10.0.0.1:8480"}, NULL, NULL, "begins with https://"},
        {{"--public-url=http://127.example.com"}, NULL, NULL, "begins with https://"},
        {{"--public-url=http://[2001:db8::1]"}, NULL, NULL, "begins with https://"},
        {{"--public-url=https://x/"}, NULL, NULL, NULL},
        {{"--public-url=https://x:8443"}, NULL, NULL, NULL},
        {{"--public-url=http://localhost:8480"}, NULL, NULL, NULL},
        {{"--public-url=http://tenon.localhost"}, NULL, NULL, NULL},
        {{"--public-url=http://127.0.0.1:8480/"}, NULL, NULL, NULL},
        {{"--public-url=http://[::1]:8480"}, NULL, NULL, NULL},
        {{"--url=ftp://x"}, NULL, NULL, "TENON_URL: expected an address"},
        {{"--drain-timeout=x"}, NULL, NULL, "--drain-timeout: expected a duration"},
        {{NULL}, "TENON_ADMIN_KEY_FILE", "/nowhere/key", "/nowhere/key: No such file"},
        {{"--config=/nowhere.yaml"}, NULL, NULL, "/nowhere.yaml: No such file"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        fixture_t f;
        err_t err = ERR_INIT;
        size_t argc = 0;
        begin(&f);
        while (argc < COUNT(rows[i].flags) && rows[i].flags[argc]) {
            argc++;
        }
        if (rows[i].name) {
            setenv(rows[i].name, rows[i].value, 1);
        }
        bool ok = load(&f, rows[i].flags, argc, &err);
        if (ok != !rows[i].says || (rows[i].says && !strstr(err.text, rows[i].says))) {
            fail_msg("row %zu: %s", i, err.text);
        }
        if (rows[i].name) {
            unsetenv(rows[i].name);
        }
        end(&f);
    }
}

static void one_master_key_only(void **state)
{
    (void)state;
    fixture_t f;
    err_t err = ERR_INIT;
    begin(&f);
    setenv("TENON_MASTER_KEY", "a", 1);
    setenv("TENON_MASTER_KEY_FILE", "b", 1);
    assert_false(load(&f, NULL, 0, &err));
    assert_non_null(strstr(err.text, "exclude each other"));
    unsetenv("TENON_MASTER_KEY_FILE");
    end(&f);
}

static void an_admin_key_may_stand_in_a_file(void **state)
{
    (void)state;
    char path[] = "/tmp/tenon-config-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, ADMIN_KEY, sizeof ADMIN_KEY - 1), sizeof ADMIN_KEY - 1);
    assert_int_equal(write(fd, "\n", 1), 1);
    close(fd);
    setenv("TENON_ADMIN_KEY_FILE", path, 1);
    fixture_t f;
    err_t err = ERR_INIT;
    begin(&f);
    assert_true(load(&f, NULL, 0, &err));
    assert_text(buf_view(&f.config.admin_key.text), ADMIN_KEY);
    unsetenv("TENON_ADMIN_KEY_FILE");
    unlink(path);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_default_is_one_that_could_be_given),
        cmocka_unit_test(names_follow_one_rule),
        cmocka_unit_test(defaults_are_what_the_design_says),
        cmocka_unit_test(a_public_url_ends_behind_its_host),
        cmocka_unit_test(the_document_is_the_table),
        cmocka_unit_test(reads_durations_and_sizes),
        cmocka_unit_test(faults_of_the_file_have_their_place),
        cmocka_unit_test(all_faults_of_the_file_are_told),
        cmocka_unit_test(the_file_sets_options),
        cmocka_unit_test(secrets_leave_the_environment),
        cmocka_unit_test(a_fault_of_the_environment_names_the_variable),
        cmocka_unit_test(later_wins),
        cmocka_unit_test(what_goes_together_is_checked),
        cmocka_unit_test(one_master_key_only),
        cmocka_unit_test(an_admin_key_may_stand_in_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
