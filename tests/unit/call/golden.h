/* SPDX-License-Identifier: MIT */
/* Requests as data: what a definition prescribes for given values, and what it refuses. After a
 * head and a blank line, a case is
 *
 *   title
 *     given {JSON: auth, parameters, input}
 *     METHOD URL              or   REFUSED: the message
 *       Header: value
 *       the body; JSON may have blanks
 *
 * with the indents shown (two blanks, then four); `step …` stands before a request that prepares
 * the action's own. Where <JWT> stands in a body, the next line is `JWT {its header} {its claims}`.
 */
#ifndef TENON_TESTS_UNIT_CALL_GOLDEN_H
#define TENON_TESTS_UNIT_CALL_GOLDEN_H

#include "call/check.h"

#include "codec/form.h"
#include "seal/armor.h"

/* --- reading --- */

typedef struct golden {
    str_t title; /* borrows the text */
    json_t *given;
    str_t refused;
    upstream_request_t requests[2];
    bool multipart;
    str_t jwt; /* absent: none */
    size_t count;
    /* A header that the data does not print though the definition prescribes it. */
    const char *unprinted;
} golden_t;

/* NULL where it is not there; free. */
static inline char *golden_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    buf_t text;
    buf_init(&text, 1 << 20);
    while (file && buf_reserve(&text, 4096)) {
        size_t n = fread(text.p + text.n, 1, 4096, file);
        text.n += n;
        if (n == 0) {
            break;
        }
    }
    if (file) {
        fclose(file);
    }
    return file ? buf_take(&text, length) : NULL;
}

static inline bool is_header(str_t line)
{
    size_t colon = str_find(line, STR(": "), 0);
    for (size_t i = 0; colon != SIZE_MAX && i < colon; i++) {
        if (!ascii_is_alnum(line.p[i]) && line.p[i] != '-') {
            return false;
        }
    }
    return colon != SIZE_MAX;
}

/* A line of a request: a header, or the body. */
static inline void read_detail(arena_t *arena, golden_t *g, str_t line)
{
    upstream_request_t *request = &g->requests[g->count - 1];
    if (str_starts(line, STR("multipart: "))) {
        g->multipart = true;
        request->body = str_slice(line, strlen("multipart: "), line.n);
    } else if (str_starts(line, STR("JWT "))) {
        g->jwt = str_slice(line, strlen("JWT "), line.n);
    } else if (is_header(line)) {
        str_t value = line;
        str_t name = str_cut(&value, ':');
        message_header_set(arena, request, name, str_trim(value));
    } else {
        request->body = line;
    }
}

static inline void read_line(golden_t *g, str_t line)
{
    static const str_t given = STR_INIT("given "), refused = STR_INIT("REFUSED: "),
                       step = STR_INIT("step ");
    if (str_starts(line, given)) {
        err_t err = ERR_INIT;
        g->given = json_read(str_slice(line, given.n, line.n), NULL, &err);
        assert_non_null(g->given);
    } else if (str_starts(line, refused)) {
        g->refused = str_slice(line, refused.n, line.n);
    } else if (!str_starts(line, step)) {
        assert_true(g->count < COUNT(g->requests));
        str_t url = line;
        str_t method = str_cut(&url, ' ');
        g->requests[g->count++] = (upstream_request_t){.method = method, .url = url};
    }
}

/* Answers how many; json_decref what is given. */
static inline size_t read_golden(arena_t *arena, str_t text, golden_t *list, size_t most)
{
    size_t count = 0;
    bool begun = false;
    while (text.p) {
        str_t line = str_cut(&text, '\n');
        begun = begun || line.n == 0; /* behind the head, a blank line */
        if (!begun || line.n == 0) {
            continue;
        }
        if (line.p[0] != ' ') {
            assert_true(count < most);
            list[count++] = (golden_t){.title = line};
        } else if (str_starts(line, STR("    "))) {
            read_detail(arena, &list[count - 1], str_slice(line, 4, line.n));
        } else {
            read_line(&list[count - 1], str_slice(line, 2, line.n));
        }
    }
    return count;
}

/* --- comparing --- */

static inline bool is_default_accept(const message_header_t *header)
{
    return str_eq_nocase(header->name, STR("Accept")) && str_is(header->value, "application/json");
}

/* Accept where nobody sets it is not printed there. */
static inline void write_sorted(buf_t *to, const upstream_request_t *r, bool prints_accept)
{
    arena_t *arena = arena_new(0);
    upstream_request_t shown = *r;
    shown.headers = arena_array_of(arena, message_header_t, r->header_count);
    shown.header_count = 0;
    for (size_t i = 0; i < r->header_count; i++) {
        const message_header_t *header = &r->headers[i];
        if (header->value.n && (prints_accept || !is_default_accept(header))) {
            shown.headers[shown.header_count++] = *header;
        }
    }
    write_request(to, &shown);
    arena_free(arena);
}

/* The golden file prints JSON with blanks. */
static inline str_t compact(arena_t *arena, str_t body)
{
    err_t err = ERR_INIT;
    json_t *value = str_starts(body, STR("{")) ? json_read(body, NULL, &err) : NULL;
    buf_t text;
    buf_init(&text, 1 << 20);
    if (value) {
        json_write(&text, value);
    } else {
        buf_str(&text, body);
    }
    str_t copy = body.p ? arena_str(arena, buf_view(&text)) : STR_NONE;
    buf_fini(&text);
    json_decref(value);
    return copy;
}

/* One part of that name, which is a file. */
static inline void check_multipart(arena_t *arena, const golden_t *g, upstream_request_t *seen)
{
    form_t form;
    err_t err = ERR_INIT;
    str_t type = message_header_get(seen->headers, seen->header_count, "Content-Type");
    assert_true(form_read_multipart_in(arena, seen->body, type, 10, &form, &err));
    assert_int_equal(form.count, 1);
    assert_true(str_eq(form.parts[0].name, g->requests[0].body));
    assert_true(str_is(form.parts[0].value, "(binary)"));
    assert_non_null(form.parts[0].file_name.p);
    message_header_set(arena, seen, STR("Content-Type"), STR("")); /* not printed there */
    seen->body = g->requests[0].body;
}

/* A part of the JWT, compact as the host writes it; what is made anew each time is told by its
 * name. */
static inline void write_jwt_part(buf_t *to, str_t part)
{
    err_t err = ERR_INIT;
    buf_t bytes;
    buf_init(&bytes, 1 << 16);
    assert_true(armor_read(&bytes, part));
    json_t *members = json_read(buf_view(&bytes), NULL, &err);
    assert_non_null(members);
    if (json_object_get(members, "jti")) {
        json_object_set_new(members, "jti", json_string("<jti>"));
    }
    json_write(to, members);
    json_decref(members);
    buf_fini(&bytes);
}

/* The one JWT in the body is compared by what it says, and gives way to <JWT>. Its signature is the
 * matter of other tests. */
static inline void check_jwt(arena_t *arena, const golden_t *g, upstream_request_t *seen)
{
    size_t begin = str_find(seen->body, STR("eyJ"), 0);
    assert_true(begin != SIZE_MAX);
    str_t rest = str_slice(seen->body, begin, seen->body.n);
    size_t length = str_index(rest, '&') == SIZE_MAX ? rest.n : str_index(rest, '&');
    str_t jwt = str_slice(rest, 0, length);
    buf_t said, body;
    buf_init(&said, 1 << 16);
    buf_init(&body, 1 << 16);
    write_jwt_part(&said, str_cut(&jwt, '.'));
    buf_char(&said, ' ');
    write_jwt_part(&said, str_cut(&jwt, '.'));
    char *expected = str_dup(g->jwt);
    assert_string_equal(buf_c(&said), expected);
    free(expected);
    buf_str(&body, str_slice(seen->body, 0, begin));
    buf_lit(&body, "<JWT>");
    buf_str(&body, str_slice(rest, length, rest.n));
    seen->body = arena_str(arena, buf_view(&body));
    buf_fini(&said);
    buf_fini(&body);
}

static inline void check_request(arena_t *arena, const golden_t *g, size_t index,
                                 upstream_request_t *seen)
{
    upstream_request_t expected = g->requests[index];
    bool prints_accept =
        message_header_get(expected.headers, expected.header_count, "Accept").p != NULL;
    buf_t a, b;
    buf_init(&a, 1 << 20);
    buf_init(&b, 1 << 20);
    assert_true(index < g->count);
    if (g->unprinted && message_header_get(seen->headers, seen->header_count, g->unprinted).p) {
        print_message("  also sent: %s\n", g->unprinted);
        message_header_set(arena, seen, str_of(g->unprinted), STR("")); /* not printed there */
    }
    if (g->multipart) {
        check_multipart(arena, g, seen);
    }
    if (g->jwt.p) {
        check_jwt(arena, g, seen);
    }
    expected.body = compact(arena, expected.body);
    write_sorted(&a, seen, prints_accept);
    write_sorted(&b, &expected, prints_accept);
    assert_string_equal(buf_c(&a), buf_c(&b));
    buf_fini(&a);
    buf_fini(&b);
}

static inline void check_refused(const golden_t *g, const err_t *err)
{
    if (!g->refused.p) {
        fail_msg("%.*s: refused: %s", STR_ARG(g->title), err->text);
    }
    char *expected = str_dup(g->refused);
    assert_string_equal(err->text, expected);
    free(expected);
}

#endif
