/* SPDX-License-Identifier: MIT */
#include "upstream/head.h"

#include <stdlib.h>

#include "base/mem.h"

enum { STATUS_SWITCHING = 101, STATUS_FINAL = 200 };

void head_init(head_t *h)
{
    *h = (head_t){.status = 0};
    buf_init(&h->text, HEAD_BYTES_MAX);
}

void head_fini(head_t *h)
{
    buf_fini(&h->text);
    free(h->fields);
    free(h->headers);
}

static head_step_t bad(head_t *h, const char *why)
{
    h->why = why;
    return HEAD_BAD;
}

/* Bytes from 0x80 on are met in file names, and are the reader's to judge. */
static bool is_readable(str_t s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c < 0x20 && c != '\t') || c == 0x7F) {
            return false;
        }
    }
    return true;
}

/* HTTP/1.1 200 OK (RFC 9112 4); some servers leave out the blank before an empty reason. */
static head_step_t read_status_line(head_t *h, str_t line)
{
    uint64_t status = 0;
    bool one = str_starts(line, STR("HTTP/1.1 ")) || str_starts(line, STR("HTTP/1.0 "));
    if (!one || !str_to_u64(str_slice(line, 9, 12), &status) || status < 100 ||
        (line.n > 12 && line.p[12] != ' ')) {
        return bad(h, "the answer does not begin with an HTTP/1.x status line");
    }
    h->status = (int)status;
    return status == STATUS_SWITCHING ? bad(h, "the server switches to another protocol")
                                      : HEAD_MORE;
}

static uint32_t add_text(head_t *h, str_t s)
{
    uint32_t at = (uint32_t)h->text.n;
    buf_str(&h->text, s);
    return at;
}

static void add_field(head_t *h, str_t name, str_t value)
{
    if (h->field_count == h->field_capacity) {
        h->field_capacity = h->field_capacity ? h->field_capacity * 2 : 16;
        h->fields = mem_resize(h->fields, h->field_capacity * sizeof(head_field_t));
    }
    head_field_t *field = &h->fields[h->field_count++];
    field->name_at = add_text(h, name);
    field->name_bytes = (uint32_t)name.n;
    field->value_at = add_text(h, value);
    field->value_bytes = (uint32_t)value.n;
}

/* RFC 9112 5.2: a folded line goes on behind one blank. The last value stands last in text. */
static head_step_t read_fold(head_t *h, str_t line)
{
    if (h->field_count == 0 && !h->dropping) {
        return bad(h, "the answer's head begins with a folded line");
    }
    if (!h->dropping && !is_readable(line)) {
        h->dropping = true;
        h->field_count--;
    }
    if (!h->dropping) {
        head_field_t *field = &h->fields[h->field_count - 1];
        add_text(h, STR(" "));
        add_text(h, str_trim(line));
        field->value_bytes = (uint32_t)h->text.n - field->value_at;
    }
    return HEAD_MORE;
}

/* A field that cannot be read is left out: nobody can be told of it, and it is no reason to lose
 * the answer. */
static head_step_t read_field(head_t *h, str_t line)
{
    if (line.p[0] == ' ' || line.p[0] == '\t') {
        return read_fold(h, line);
    }
    str_t value = line;
    str_t name = str_cut(&value, ':');
    h->dropping = !value.p || !str_is_token(name) || !is_readable(value);
    if (!h->dropping) {
        add_field(h, name, str_trim(value));
    }
    return HEAD_MORE;
}

/* RFC 9112 6.3: lengths that differ leave the end of the body to anyone's guess. */
static bool lengths_differ(const head_t *h)
{
    str_t first = message_header_get(h->headers, h->header_count, "Content-Length");
    for (size_t i = 0; i < h->header_count; i++) {
        if (str_eq_nocase(h->headers[i].name, STR("Content-Length")) &&
            !str_eq(h->headers[i].value, first)) {
            return true;
        }
    }
    return false;
}

/* Only now is text in its place for good. */
static head_step_t finish(head_t *h)
{
    h->complete = true;
    h->headers = mem_array(h->field_count + 1, sizeof(message_header_t));
    for (size_t i = 0; i < h->field_count; i++) {
        const head_field_t *f = &h->fields[i];
        h->headers[i].name = str_at(h->text.p + f->name_at, f->name_bytes);
        h->headers[i].value = str_at(h->text.p + f->value_at, f->value_bytes);
    }
    h->header_count = h->field_count;
    return lengths_differ(h) ? bad(h, "the answer has two lengths") : HEAD_COMPLETE;
}

static head_step_t end_head(head_t *h)
{
    if (h->status >= STATUS_FINAL) {
        return finish(h);
    }
    if (++h->interim_count > HEAD_INTERIM_MAX) {
        return bad(h, "too many interim answers");
    }
    h->status = 0;
    h->field_count = 0;
    h->dropping = false;
    buf_clear(&h->text);
    return HEAD_MORE;
}

static str_t without_line_end(str_t line)
{
    if (line.n && line.p[line.n - 1] == '\n') {
        line.n--;
    }
    if (line.n && line.p[line.n - 1] == '\r') {
        line.n--;
    }
    return line;
}

head_step_t head_line(head_t *h, str_t raw)
{
    h->bytes += raw.n;
    if (h->bytes > HEAD_BYTES_MAX) {
        return HEAD_TOO_LARGE;
    }
    if (h->complete) {
        return HEAD_MORE;
    }
    str_t line = without_line_end(raw);
    if (h->status == 0) {
        return read_status_line(h, line);
    }
    if (line.n == 0) {
        return end_head(h);
    }
    /* libcurl takes any line that begins so for the empty one. */
    return line.p[0] == '\r' ? bad(h, "a bare carriage return in the answer's head")
                             : read_field(h, line);
}

void head_drop_coding(head_t *h)
{
    str_t coding = message_header_get(h->headers, h->header_count, "Content-Encoding");
    if (!coding.p) {
        return;
    }
    size_t kept = 0;
    for (size_t i = 0; i < h->header_count; i++) {
        str_t name = h->headers[i].name;
        if (!str_eq_nocase(name, STR("Content-Encoding")) &&
            !str_eq_nocase(name, STR("Content-Length"))) {
            h->headers[kept++] = h->headers[i];
        }
    }
    h->header_count = kept;
}
