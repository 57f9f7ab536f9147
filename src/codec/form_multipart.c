/* SPDX-License-Identifier: MIT */
/* The multipart half of codec/form.h. */
#include "codec/form.h"

enum { BOUNDARY_MAX = 70, PART_HEADERS_MAX = 16, PART_HEADER_BYTES_MAX = 8192 };

/* ---- reading ---- */

typedef struct multipart {
    arena_t *arena;
    str_t body;
    str_t line; /* CRLF, `--` and the boundary */
    size_t at;
} multipart_t;

static bool refuse(err_t *err, const char *reason)
{
    return err_set(err, ERR_request_malformed, "not a multipart form: %s", reason);
}

static bool is_boundary(str_t s)
{
    if (s.n == 0 || s.n > BOUNDARY_MAX || s.p[s.n - 1] == ' ') {
        return false;
    }
    for (size_t i = 0; i < s.n; i++) {
        if (!ascii_is_alnum(s.p[i]) && (s.p[i] == '\0' || !strchr("'()+_,-./:=? ", s.p[i]))) {
            return false;
        }
    }
    return true;
}

static void skip_padding(multipart_t *m)
{
    while (m->at < m->body.n && (m->body.p[m->at] == ' ' || m->body.p[m->at] == '\t')) {
        m->at++;
    }
}

static bool skip_crlf(multipart_t *m)
{
    bool there = str_starts(str_slice(m->body, m->at, m->body.n), STR("\r\n"));
    m->at += there ? 2 : 0;
    return there;
}

/* Behind a boundary: true with *last where `--` closes the form. Nothing may follow but blanks, as
 * readers disagree about an epilogue. */
static bool read_delimiter_end(multipart_t *m, bool *last, err_t *err)
{
    *last = str_starts(str_slice(m->body, m->at, m->body.n), STR("--"));
    if (*last) {
        return str_trim(str_slice(m->body, m->at + 2, m->body.n)).n == 0 ||
               refuse(err, "there is something behind its end");
    }
    skip_padding(m);
    return skip_crlf(m) || refuse(err, "a boundary is not alone on its line");
}

/* Browsers write `"`, CR and LF of a name as these three escapes and nothing else. */
static str_t unescape_name_in(arena_t *arena, str_t name)
{
    char *to = arena_alloc(arena, name.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < name.n; i++) {
        str_t escape = str_slice(name, i, i + 3);
        char c = name.p[i];
        if (str_eq_nocase(escape, STR("%22"))) {
            c = '"';
        } else if (str_eq_nocase(escape, STR("%0d"))) {
            c = '\r';
        } else if (str_eq_nocase(escape, STR("%0a"))) {
            c = '\n';
        }
        i += c == name.p[i] ? 0 : 2;
        to[n++] = c;
    }
    return str_at(to, n);
}

static bool read_disposition(multipart_t *m, str_t value, form_part_t *part, err_t *err)
{
    str_t name = media_type_parameter_in(m->arena, value, "name");
    str_t file_name = media_type_parameter_in(m->arena, value, "filename");
    if (part->name.p || !media_type_is(value, "form-data") || !name.p) {
        return refuse(err, "a part needs one Content-Disposition: form-data with a name");
    }
    if (!str_is_utf8(name) || !str_is_utf8(file_name)) {
        return refuse(err, "a name is not UTF-8");
    }
    part->name = unescape_name_in(m->arena, name);
    part->file_name = file_name.p ? unescape_name_in(m->arena, file_name) : STR_NONE;
    return true;
}

static bool is_identity_encoding(str_t value)
{
    return str_eq_nocase(value, STR("binary")) || str_eq_nocase(value, STR("8bit")) ||
           str_eq_nocase(value, STR("7bit"));
}

static bool read_header(multipart_t *m, str_t line, form_part_t *part, err_t *err)
{
    str_t value = line;
    str_t name = str_cut(&value, ':');
    value = str_trim(value);
    if (!value.p || name.n == 0 || name.n != str_trim(name).n ||
        str_index(line, '\n') != SIZE_MAX || str_index(line, '\r') != SIZE_MAX) {
        return refuse(err, "a part's header cannot be read");
    }
    if (str_eq_nocase(name, STR("content-disposition"))) {
        return read_disposition(m, value, part, err);
    }
    if (str_eq_nocase(name, STR("content-type"))) {
        part->type = arena_str(m->arena, value);
    }
    if (str_eq_nocase(name, STR("content-transfer-encoding")) && !is_identity_encoding(value)) {
        return refuse(err, "a part is encoded (RFC 7578 4.7 forbids it)");
    }
    return true;
}

static bool read_headers(multipart_t *m, form_part_t *part, err_t *err)
{
    size_t from = m->at;
    for (unsigned count = 0; count <= PART_HEADERS_MAX; count++) {
        if (skip_crlf(m)) {
            return part->name.p || refuse(err, "a part without a name");
        }
        str_t window = str_slice(m->body, 0, from + PART_HEADER_BYTES_MAX);
        size_t end = str_find(window, STR("\r\n"), m->at);
        if (end == SIZE_MAX) {
            break;
        }
        if (!read_header(m, str_slice(m->body, m->at, end), part, err)) {
            return false;
        }
        m->at = end + 2;
    }
    return refuse(err, "a part's headers do not end");
}

static bool read_part(multipart_t *m, form_part_t *part, err_t *err)
{
    *part = (form_part_t){.name = STR_NONE};
    if (!read_headers(m, part, err)) {
        return false;
    }
    /* An empty part's delimiter may use the CRLF that ended its headers. */
    size_t from = m->at;
    size_t end = str_find(m->body, m->line, from - 2);
    if (end == SIZE_MAX) {
        return refuse(err, "a part does not end");
    }
    part->value = end < from ? STR("") : str_slice(m->body, from, end);
    m->at = end + m->line.n;
    return true;
}

static size_t count_delimiters(const multipart_t *m, size_t most)
{
    size_t count = 0;
    size_t at = str_find(m->body, m->line, 0);
    while (at != SIZE_MAX && count < most) {
        count++;
        at = str_find(m->body, m->line, at + m->line.n);
    }
    return count;
}

static bool read_parts(multipart_t *m, size_t parts_max, form_t *out, err_t *err)
{
    bool last = false;
    size_t room = count_delimiters(m, parts_max) + 1;
    out->parts = arena_array_of(m->arena, form_part_t, room);
    if (!read_delimiter_end(m, &last, err)) {
        return false;
    }
    while (!last) {
        if (out->count == parts_max) {
            return err_set(err, ERR_param_limit, "the form has more than %zu fields", parts_max);
        }
        if (!read_part(m, &out->parts[out->count], err) || !read_delimiter_end(m, &last, err)) {
            return false;
        }
        out->count++;
    }
    return true;
}

bool form_read_multipart_in(arena_t *arena, str_t body, str_t content_type, size_t parts_max,
                            form_t *out, err_t *err)
{
    str_t boundary = media_type_parameter_in(arena, content_type, "boundary");
    *out = (form_t){.count = 0};
    if (!media_type_is(content_type, "multipart/form-data") || !is_boundary(boundary)) {
        return refuse(err, "the Content-Type names no boundary");
    }
    multipart_t m = {.arena = arena, .body = body};
    m.line = arena_printf(arena, "\r\n--%.*s", STR_ARG(boundary));
    skip_crlf(&m);
    str_t first = str_slice(m.line, 2, m.line.n);
    if (!str_starts(str_slice(body, m.at, body.n), first)) {
        return refuse(err, "it does not begin with its boundary");
    }
    m.at += first.n;
    return read_parts(&m, parts_max, out, err);
}

/* ---- writing ---- */

/* Other control characters cannot stand in a header and are left out. */
static void write_name(buf_t *to, str_t name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (c == '"') {
            buf_lit(to, "%22");
        } else if (c == '\r') {
            buf_lit(to, "%0D");
        } else if (c == '\n') {
            buf_lit(to, "%0A");
        } else if ((unsigned char)c >= 0x20 && c != 0x7f) {
            buf_char(to, c);
        }
    }
}

static void write_header_value(buf_t *to, str_t value)
{
    for (size_t i = 0; i < value.n; i++) {
        if ((unsigned char)value.p[i] >= 0x20 && value.p[i] != 0x7f) {
            buf_char(to, value.p[i]);
        }
    }
}

void form_write_part(buf_t *to, str_t boundary, const form_part_t *part)
{
    buf_lit(to, "--");
    buf_str(to, boundary);
    buf_lit(to, "\r\nContent-Disposition: form-data; name=\"");
    write_name(to, part->name);
    if (part->file_name.p) {
        buf_lit(to, "\"; filename=\"");
        write_name(to, part->file_name);
    }
    buf_lit(to, "\"\r\n");
    if (part->type.p) {
        buf_lit(to, "Content-Type: ");
        write_header_value(to, part->type);
        buf_lit(to, "\r\n");
    }
    buf_lit(to, "\r\n");
    buf_str(to, part->value);
    buf_lit(to, "\r\n");
}

void form_write_end(buf_t *to, str_t boundary)
{
    buf_lit(to, "--");
    buf_str(to, boundary);
    buf_lit(to, "--\r\n");
}
