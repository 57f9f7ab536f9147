/* SPDX-License-Identifier: MIT */
/* Forms. The input is CONTENT-TYPE LF BODY. What is read and written again must be read as the same
 * fields: a value that became a field of its own would be one the caller was not allowed to send.
 */
#include "codec/form.h"
#include "fuzz.h"

enum { PARTS_MAX = 64 };

static bool is_form_fault(err_code_t code)
{
    return code == ERR_request_malformed || code == ERR_request_bad_encoding ||
           code == ERR_param_limit;
}

static bool lies_within(str_t part, str_t whole)
{
    return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

/* --- urlencoded --- */

static void check_pairs(arena_t *arena, const form_t *form, size_t size)
{
    form_t again;
    buf_t text;
    err_t err = ERR_INIT;
    buf_init(&text, 3 * size + 2 * PARTS_MAX);
    for (size_t i = 0; i < form->count; i++) {
        REQUIRE(str_is_utf8(form->parts[i].name) && str_is_utf8(form->parts[i].value));
        form_write_pair(&text, form->parts[i].name, form->parts[i].value);
    }
    REQUIRE(buf_ok(&text) && fuzz_is_printable(buf_view(&text)));
    REQUIRE(form_read_urlencoded_in(arena, buf_view(&text), PARTS_MAX, &again, &err));
    REQUIRE(again.count == form->count);
    for (size_t i = 0; i < form->count; i++) {
        REQUIRE(str_eq(again.parts[i].name, form->parts[i].name));
        REQUIRE(str_eq(again.parts[i].value, form->parts[i].value));
    }
    buf_fini(&text);
}

static void check_urlencoded(arena_t *arena, str_t body)
{
    form_t form;
    err_t err = ERR_INIT;
    bool read = form_read_urlencoded_in(arena, body, PARTS_MAX, &form, &err);
    REQUIRE(read == (err.code == ERR_none) && (read || is_form_fault(err.code)));
    if (read) {
        REQUIRE(form.count <= PARTS_MAX);
        check_pairs(arena, &form, body.n);
    }
}

/* --- multipart --- */

/* A name whose bytes all survive writing: HTML's escapes leave `%22` and a `\` before `"` to the
 * reader's taste. */
static bool is_plain(str_t name)
{
    return fuzz_is_printable(name) && str_index(name, '%') == SIZE_MAX &&
           str_index(name, '\\') == SIZE_MAX;
}

static bool can_be_written(const form_t *form, str_t boundary)
{
    for (size_t i = 0; i < form->count; i++) {
        const form_part_t *part = &form->parts[i];
        if (!is_plain(part->name) || !is_plain(part->file_name) || !fuzz_is_printable(part->type) ||
            str_find(part->value, boundary, 0) != SIZE_MAX) {
            return false;
        }
    }
    return form->count > 0;
}

static void check_same(const form_part_t *a, const form_part_t *b)
{
    REQUIRE(str_eq(a->name, b->name) && str_eq(a->value, b->value));
    REQUIRE(str_eq(a->file_name, b->file_name) && str_eq(str_trim(a->type), b->type));
}

static void check_parts(arena_t *arena, const form_t *form, size_t size)
{
    str_t boundary = STR("4e9d-boundary-of-the-fuzzer");
    form_t again;
    buf_t text;
    err_t err = ERR_INIT;
    if (!can_be_written(form, boundary)) {
        return;
    }
    buf_init(&text, 3 * size + 256 * (PARTS_MAX + 1));
    for (size_t i = 0; i < form->count; i++) {
        form_write_part(&text, boundary, &form->parts[i]);
    }
    form_write_end(&text, boundary);
    REQUIRE(buf_ok(&text));
    REQUIRE(form_read_multipart_in(arena, buf_view(&text),
                                   STR("multipart/form-data; boundary=4e9d-boundary-of-the-fuzzer"),
                                   PARTS_MAX, &again, &err));
    REQUIRE(again.count == form->count);
    for (size_t i = 0; i < form->count; i++) {
        check_same(&form->parts[i], &again.parts[i]);
    }
    buf_fini(&text);
}

static void check_multipart(arena_t *arena, str_t content_type, str_t body)
{
    form_t form;
    err_t err = ERR_INIT;
    bool read = form_read_multipart_in(arena, body, content_type, PARTS_MAX, &form, &err);
    REQUIRE(read == (err.code == ERR_none) && (read || is_form_fault(err.code)));
    if (!read) {
        return;
    }
    REQUIRE(form.count <= PARTS_MAX && media_type_is(content_type, "multipart/form-data"));
    for (size_t i = 0; i < form.count; i++) {
        REQUIRE(form.parts[i].name.p && str_is_utf8(form.parts[i].name));
        REQUIRE(str_is_utf8(form.parts[i].file_name));
        REQUIRE(lies_within(form.parts[i].value, body));
    }
    check_parts(arena, &form, body.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str_t body = str_at(data, size);
    str_t content_type = fuzz_line(&body);
    arena_t *arena = arena_new(0);
    (void)media_type_is_json(content_type);
    check_urlencoded(arena, body);
    check_multipart(arena, content_type, body);
    arena_free(arena);
    return 0;
}
