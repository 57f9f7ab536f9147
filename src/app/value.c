/* SPDX-License-Identifier: MIT */
#include "app/value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "app/files.h"
#include "codec/json.h"

bool word_split(str_t word, word_value_t *out, err_t *err)
{
    out->text = word;
    out->name = str_cut(&out->text, '=');
    return (out->text.p && out->name.n) ||
           err_set(err, ERR_usage, "`%.*s`: expected name=value", STR_ARG(word));
}

/* --- the terminal --- */

enum { CONTROL_C = 3, PROMPT_MAX = 256, ANSWER_MAX = 4096 };

/* False at the end of the input, and where the person gave up. */
static bool read_line(buf_t *to)
{
    char c;
    ssize_t n;
    while ((n = read(STDIN_FILENO, &c, 1)) == 1 && c != '\n' && c != CONTROL_C) {
        buf_char(to, c);
    }
    return n == 1 && c == '\n';
}

bool can_ask(void)
{
    return isatty(STDIN_FILENO);
}

/* False at the end of the input. */
static bool ask_line(const char *prompt, bool secret, buf_t *to)
{
    struct termios before;
    if (!can_ask() || tcgetattr(STDIN_FILENO, &before) != 0) {
        return false;
    }
    struct termios quiet = before;
    /* A signal here would leave the terminal without echo. */
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
    if (secret) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    fprintf(stderr, "%s: ", prompt); /* not before: who types at once would see it */
    fflush(stderr);
    bool read_one = read_line(to);
    if (secret) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fputc('\n', stderr);
    }
    return read_one;
}

bool ask_person(str_t name, bool secret, buf_t *to)
{
    char prompt[PROMPT_MAX], shown[PROMPT_MAX / 2];
    err_clean_text(shown, sizeof shown, name);
    snprintf(prompt, sizeof prompt, "%s%s", shown, secret ? " (not shown)" : "");
    return ask_line(prompt, secret, to) && to->n > 0;
}

/* The number of the list that the text means; its size where it means none. */
static size_t chosen(const json_t *list, const char *member, str_t text)
{
    uint64_t number = 0;
    size_t count = json_array_size(list);
    if (text.n == 0) {
        return 0;
    }
    if (str_to_u64(text, &number) && number >= 1 && number <= count) {
        return (size_t)number - 1;
    }
    size_t i = 0;
    while (i < count && !str_eq(json_member(json_array_get(list, i), member), text)) {
        i++;
    }
    return i;
}

bool ask_choice(str_t name, const json_t *list, const char *member, size_t *out)
{
    char prompt[PROMPT_MAX], shown[PROMPT_MAX / 2];
    size_t count = json_array_size(list);
    err_clean_text(shown, sizeof shown, name);
    snprintf(prompt, sizeof prompt, "%s, 1 to %zu [1]", shown, count);
    for (bool read_one = true; read_one;) {
        buf_t text;
        buf_init(&text, ANSWER_MAX);
        read_one = ask_line(prompt, false, &text);
        *out = chosen(list, member, str_trim(buf_view(&text)));
        buf_fini(&text);
        if (read_one && *out < count) {
            return true;
        }
    }
    return false;
}

/* --- where a value comes from --- */

static void drop_line_end(buf_t *b)
{
    if (b->n && b->p[b->n - 1] == '\n') {
        b->n--;
    }
    if (b->n && b->p[b->n - 1] == '\r') {
        b->n--;
    }
}

static bool from_file(str_t path, buf_t *to, err_t *err)
{
    char *name = str_dup(path);
    bool ok = file_read(name, to, err);
    free(name);
    drop_line_end(to);
    return ok;
}

static bool from_input(str_t name, bool secret, buf_t *to, err_t *err)
{
    static bool taken;
    if (can_ask()) {
        return ask_person(name, secret, to) ||
               err_set(err, ERR_usage, "nothing was entered for %.*s", STR_ARG(name));
    }
    if (taken) {
        return err_set(err, ERR_usage, "standard input can give one value only");
    }
    taken = true;
    bool ok = stdin_read(to, err);
    drop_line_end(to);
    return ok;
}

static bool from_environment(str_t variable, buf_t *to, err_t *err)
{
    char *name = str_dup(variable);
    const char *value = getenv(name);
    free(name);
    buf_lit(to, value ? value : "");
    return value || err_set(err, ERR_usage, "the environment has no %.*s", STR_ARG(variable));
}

bool value_read(const word_value_t *word, bool secret, buf_t *to, err_t *err)
{
    str_t text = word->text;
    if (str_is(text, "-")) {
        return from_input(word->name, secret, to, err);
    }
    if (str_starts(text, STR("@"))) {
        return from_file(str_slice(text, 1, text.n), to, err);
    }
    if (str_starts(text, STR("env:"))) {
        return from_environment(str_slice(text, 4, text.n), to, err);
    }
    if (secret && text.n) {
        return err_set(err, ERR_usage,
                       "%.*s is a secret: give %.*s=@FILE, %.*s=env:NAME or %.*s=- (asks), so that "
                       "no history keeps it",
                       STR_ARG(word->name), STR_ARG(word->name), STR_ARG(word->name),
                       STR_ARG(word->name));
    }
    buf_str(to, text);
    return buf_ok(to);
}

/* --- types --- */

static json_t *parsed(str_t text)
{
    err_t ignored = ERR_INIT;
    const json_limits_t limits = {.depth = 512};
    json_t *value = json_read(text, &limits, &ignored);
    err_fini(&ignored);
    return value;
}

static json_t *list_of(const json_t *field, str_t text)
{
    json_t *list = json_array();
    for (str_t rest = text; rest.p;) {
        json_array_append_new(list,
                              value_typed(json_object_get(field, "items"), str_cut(&rest, ',')));
    }
    return list;
}

static json_t *number_of(str_t text, bool whole)
{
    json_t *value = parsed(text);
    if (whole ? json_is_integer(value) : json_is_number(value)) {
        return value;
    }
    json_decref(value);
    return json_str(text);
}

json_t *value_typed(const json_t *field, str_t text)
{
    str_t type = json_member(field, "type");
    if (str_is(type, "integer") || str_is(type, "number")) {
        return number_of(text, str_is(type, "integer"));
    }
    if (str_is(type, "boolean") && (str_is(text, "true") || str_is(text, "false"))) {
        return json_boolean(str_is(text, "true"));
    }
    if (str_is(type, "array") && !str_starts(text, STR("["))) {
        return list_of(field, text);
    }
    bool tree = str_is(type, "array") || str_is(type, "object") || (field && !type.p);
    json_t *value = tree ? parsed(text) : NULL;
    return value ? value : json_str(text);
}

json_t *value_of_word(const word_value_t *word, const json_t *field, err_t *err)
{
    enum { VALUE_MAX = 64 * 1024 * 1024 };
    buf_t text;
    buf_init_wiping(&text, VALUE_MAX);
    json_t *value = NULL;
    if (value_read(word, json_is_true(json_object_get(field, "secret")), &text, err)) {
        value = value_typed(field, buf_view(&text));
    }
    buf_fini(&text);
    return value;
}

const json_t *field_named(const json_t *fields, str_t name)
{
    for (size_t i = 0; i < json_array_size(fields); i++) {
        const json_t *field = json_array_get(fields, i);
        if (str_eq(json_member(field, "name"), name)) {
            return field;
        }
    }
    return NULL;
}
