/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"

enum { HEAD_BYTES = sizeof "2026-11-22T03:31:07.123Z" - 1 };

static char line[70000];

/* Puts standard error on a pipe, so that what is written can be read back. */
static int ends[2];
static int real_stderr;

static void catch_stderr(void)
{
    fflush(stderr);
    assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    assert_true(fcntl(ends[1], F_SETPIPE_SZ, 1 << 20) > 0);
    real_stderr = dup(STDERR_FILENO);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
}

/* What was written since, in `line`. */
static size_t release_stderr(void)
{
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    close(ends[1]);
    ssize_t n = read(ends[0], line, sizeof line - 1);
    close(ends[0]);
    assert_true(n >= 0);
    line[n] = '\0';
    return (size_t)n;
}

/* All of a text line but its time, whose shape is checked. */
static const char *after_time(void)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:dd.dddZ";
    for (size_t i = 0; i < HEAD_BYTES; i++) {
        if (shape[i] == 'd') {
            assert_true(line[i] >= '0' && line[i] <= '9');
        } else {
            assert_int_equal(line[i], shape[i]);
        }
    }
    return line + HEAD_BYTES;
}

static void writes_text_lines(void **state)
{
    (void)state;
    log_configure(LOG_DEBUG, false);
    static const struct {
        log_level_t level;
        const char *expected;
    } rows[] = {{LOG_DEBUG, " debug definition.loaded file=connectors/x.yaml actions=3 ok=true\n"},
                {LOG_INFO, " info  definition.loaded file=connectors/x.yaml actions=3 ok=true\n"},
                {LOG_WARN, " warn  definition.loaded file=connectors/x.yaml actions=3 ok=true\n"},
                {LOG_ERROR, " error definition.loaded file=connectors/x.yaml actions=3 ok=true\n"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        catch_stderr();
        log_event(rows[i].level, "definition.loaded", LOG_S("file", STR("connectors/x.yaml")),
                  LOG_I("actions", 3), LOG_B("ok", true));
        release_stderr();
        assert_string_equal(after_time(), rows[i].expected);
    }
}

static void writes_events_without_fields(void **state)
{
    (void)state;
    log_configure(LOG_INFO, false);
    catch_stderr();
    log_event(LOG_INFO, "server.ready");
    release_stderr();
    assert_string_equal(after_time(), " info  server.ready\n");
}

static const struct {
    str_t value;
    const char *text;
    const char *json;
} escapes[] = {
    {STR_INIT("plain"), "plain", "\"plain\""},
    {STR_INIT(""), "\"\"", "\"\""},
    {{NULL, 0}, "-", "null"},
    {STR_INIT("-"), "\"-\"", "\"-\""},
    {STR_INIT("two words"), "\"two words\"", "\"two words\""},
    {STR_INIT("a=b"), "\"a=b\"", "\"a=b\""},
    {STR_INIT("a\"b\\c"), "\"a\\\"b\\\\c\"", "\"a\\\"b\\\\c\""},
    {STR_INIT("a\n2026 info forged"), "\"a\\n2026 info forged\"", "\"a\\n2026 info forged\""},
    {STR_INIT("\r\t"), "\"\\r\\t\"", "\"\\r\\t\""},
    {STR_INIT("a\0b"), "\"a\\u0000b\"", "\"a\\u0000b\""},
    {STR_INIT("\x1b[2J"), "\"\\u001b[2J\"", "\"\\u001b[2J\""},
    {STR_INIT("\x7f"), "\"\\u007f\"", "\"\\u007f\""},
    {STR_INIT("\xc2\x9b"), "\"\\u009b\"", "\"\\u009b\""},
    {STR_INIT("\xe2\x80\xa8\xe2\x80\xa9"), "\"\\u2028\\u2029\"", "\"\\u2028\\u2029\""},
    {STR_INIT("\xe2\x80\xae"), "\"\\u202e\"", "\"\\u202e\""},
    {STR_INIT("\xff"
              "a\xc3"),
     "\"\\xffa\\xc3\"", "\"\\ufffda\\ufffd\""},
    {STR_INIT("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\""},
};

static void escapes_values_in_text(void **state)
{
    (void)state;
    log_configure(LOG_INFO, false);
    for (size_t i = 0; i < sizeof escapes / sizeof escapes[0]; i++) {
        char expected[256];
        snprintf(expected, sizeof expected, " info  e v=%s\n", escapes[i].text);
        catch_stderr();
        log_event(LOG_INFO, "e", LOG_S("v", escapes[i].value));
        release_stderr();
        assert_string_equal(after_time(), expected);
    }
}

static void escapes_values_in_json(void **state)
{
    (void)state;
    log_configure(LOG_INFO, true);
    for (size_t i = 0; i < sizeof escapes / sizeof escapes[0]; i++) {
        char expected[256];
        snprintf(expected, sizeof expected, "\",\"level\":\"info\",\"event\":\"e\",\"v\":%s}\n",
                 escapes[i].json);
        catch_stderr();
        log_event(LOG_INFO, "e", LOG_S("v", escapes[i].value));
        release_stderr();
        assert_memory_equal(line, "{\"time\":\"", 9);
        assert_string_equal(line + 9 + HEAD_BYTES, expected);
    }
}

static void writes_numbers_in_json(void **state)
{
    (void)state;
    log_configure(LOG_INFO, true);
    catch_stderr();
    log_event(LOG_ERROR, "e", LOG_I("i", INT64_MIN), LOG_B("b", false));
    release_stderr();
    assert_string_equal(
        line + 9 + HEAD_BYTES,
        "\",\"level\":\"error\",\"event\":\"e\",\"i\":-9223372036854775808,\"b\":false}\n");
}

static void keeps_silent_below_its_level(void **state)
{
    (void)state;
    log_configure(LOG_WARN, false);
    assert_false(log_wants(LOG_INFO));
    assert_true(log_wants(LOG_WARN));
    catch_stderr();
    log_event(LOG_DEBUG, "e");
    log_event(LOG_INFO, "e");
    assert_int_equal(fcntl(ends[0], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    char byte;
    assert_int_equal(read(ends[0], &byte, 1), -1);
    log_event(LOG_ERROR, "e");
    assert_true(release_stderr() > 0);
}

static char long_value[9000];

static void cuts_long_values(void **state)
{
    (void)state;
    log_configure(LOG_INFO, false);
    memset(long_value, 'a', sizeof long_value);
    memcpy(long_value + 4095, "\xc3\xa9", 2); /* stands across the cut */
    catch_stderr();
    log_event(LOG_INFO, "e", LOG_S("v", str_at(long_value, sizeof long_value)), LOG_I("i", 1));
    size_t n = release_stderr();
    assert_int_equal(n, HEAD_BYTES + strlen(" info  e v=\"") + 4095 + strlen("...\" i=1\n"));
    assert_string_equal(line + n - strlen("a...\" i=1\n"), "a...\" i=1\n");
}

static void says_so_where_a_line_would_be_too_long(void **state)
{
    (void)state;
    log_configure(LOG_INFO, false);
    memset(long_value, 1, sizeof long_value); /* six bytes each */
    str_t v = str_at(long_value, sizeof long_value);
    catch_stderr();
    log_event(LOG_INFO, "e", LOG_S("a", v), LOG_S("b", v), LOG_S("c", v));
    release_stderr();
    assert_string_equal(after_time(), " info  e fields_too_long=true\n");
}

static void leaves_errno_alone(void **state)
{
    (void)state;
    log_configure(LOG_INFO, false);
    catch_stderr();
    close(STDERR_FILENO);
    errno = ENOENT;
    log_event(LOG_INFO, "e");
    int seen = errno;
    release_stderr();
    assert_int_equal(seen, ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_text_lines),
        cmocka_unit_test(writes_events_without_fields),
        cmocka_unit_test(escapes_values_in_text),
        cmocka_unit_test(escapes_values_in_json),
        cmocka_unit_test(writes_numbers_in_json),
        cmocka_unit_test(keeps_silent_below_its_level),
        cmocka_unit_test(cuts_long_values),
        cmocka_unit_test(says_so_where_a_line_would_be_too_long),
        cmocka_unit_test(leaves_errno_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
