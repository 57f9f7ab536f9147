/* SPDX-License-Identifier: MIT */
/* The reading half of codec/xml.h: a stack of open elements, no recursion, no document types, hence
 * no entities but the five and no outside resources. */
#include "codec/json.h"
#include "codec/xml.h"
#include "codec/xml_name.h"

enum { DEPTH_MAX = 64, NODES_MAX = 500000 };

typedef struct element {
    str_t name;       /* in the input */
    json_t *members;  /* attributes and children */
    size_t text_from; /* where its text begins in reader_t.text; children's text stands behind it
                         for a time */
    bool has_children;
} element_t;

typedef struct reader {
    str_t in;
    size_t at;
    unsigned depth;
    unsigned nodes; /* elements and attributes */
    element_t open[DEPTH_MAX];
    buf_t text;
    json_t *tree; /* {root: …} once the root is closed */
    err_t *err;
} reader_t;

static bool refuse(reader_t *r, const char *reason)
{
    return err_set(r->err, ERR_upstream_malformed, "the XML cannot be read: %s at byte %zu", reason,
                   r->at);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t skip_blanks(reader_t *r)
{
    size_t from = r->at;
    while (r->at < r->in.n && is_blank(r->in.p[r->at])) {
        r->at++;
    }
    return r->at - from;
}

static bool take(reader_t *r, const char *literal)
{
    size_t n = strlen(literal);
    bool there = r->in.n - r->at >= n && memcmp(r->in.p + r->at, literal, n) == 0;
    r->at += there ? n : 0;
    return there;
}

/* The input up to end, which is skipped. */
static bool take_until(reader_t *r, const char *end, str_t *out)
{
    size_t found = str_find(r->in, str_of(end), r->at);
    if (found == SIZE_MAX) {
        return refuse(r, "something does not end");
    }
    *out = str_slice(r->in, r->at, found);
    r->at = found + strlen(end);
    return true;
}

static bool take_name(reader_t *r, str_t *out)
{
    size_t n = xml_name_length(str_slice(r->in, r->at, r->in.n));
    *out = str_slice(r->in, r->at, r->at + n);
    r->at += n;
    return n > 0 || refuse(r, "a name is expected");
}

/* ---- text ---- */

static void add_code_point(buf_t *to, uint32_t c)
{
    if (c < 0x80) {
        buf_char(to, (char)c);
    } else if (c < 0x800) {
        buf_add(to, (char[]){(char)(0xc0 | c >> 6), (char)(0x80 | (c & 0x3f))}, 2);
    } else if (c < 0x10000) {
        buf_add(to,
                (char[]){(char)(0xe0 | c >> 12), (char)(0x80 | (c >> 6 & 0x3f)),
                         (char)(0x80 | (c & 0x3f))},
                3);
    } else {
        buf_add(to,
                (char[]){(char)(0xf0 | c >> 18), (char)(0x80 | (c >> 12 & 0x3f)),
                         (char)(0x80 | (c >> 6 & 0x3f)), (char)(0x80 | (c & 0x3f))},
                4);
    }
}

/* `#N` or `#xN` of a character that XML 1.0 2.2 allows. */
static bool add_numeric(buf_t *to, str_t body)
{
    unsigned base = body.n > 1 && body.p[1] == 'x' ? 16 : 10;
    uint32_t value = 0;
    size_t i = base == 16 ? 2 : 1;
    if (i == body.n || body.n > 12) {
        return false;
    }
    for (; i < body.n; i++) {
        int digit = ascii_hex_value(body.p[i]);
        if (digit < 0 || (unsigned)digit >= base || value > 0x10ffff) {
            return false;
        }
        value = value * base + (unsigned)digit;
    }
    bool control = value < 0x20 && value != '\t' && value != '\n' && value != '\r';
    bool none = value == 0xfffe || value == 0xffff;
    if (control || none || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
        return false;
    }
    add_code_point(to, value);
    return true;
}

/* body: what stands between `&` and `;`. */
static bool add_reference(buf_t *to, str_t body)
{
    static const struct {
        const char *name;
        char c;
    } entities[] = {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};
    if (body.n > 0 && body.p[0] == '#') {
        return add_numeric(to, body);
    }
    for (size_t i = 0; i < sizeof entities / sizeof entities[0]; i++) {
        if (str_is(body, entities[i].name)) {
            buf_char(to, entities[i].c);
            return true;
        }
    }
    return false;
}

/* Line ends become LF (2.11), in attributes every blank becomes a space (3.3.3). */
static void add_character(buf_t *to, str_t s, size_t i, bool attribute)
{
    char c = s.p[i];
    if (c == '\r' && i + 1 < s.n && s.p[i + 1] == '\n') {
        return;
    }
    c = c == '\r' ? '\n' : c;
    buf_char(to, attribute && is_blank(c) ? ' ' : c);
}

static bool add_text(reader_t *r, buf_t *to, str_t s, bool attribute)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '&') {
            add_character(to, s, i, attribute);
            continue;
        }
        size_t length = str_index(str_slice(s, i + 1, i + 16), ';');
        if (length == SIZE_MAX || !add_reference(to, str_slice(s, i + 1, i + 1 + length))) {
            return refuse(r, "an unknown entity");
        }
        i += length + 1;
    }
    return true;
}

/* CDATA: nothing is a reference. */
static void add_raw(buf_t *to, str_t s)
{
    for (size_t i = 0; i < s.n; i++) {
        add_character(to, s, i, false);
    }
}

/* ---- elements ---- */

static element_t *top(reader_t *r)
{
    return &r->open[r->depth - 1];
}

static void set_member(json_t *object, str_t name, json_t *value)
{
    json_object_setn_new_nocheck(object, name.p, name.n, value);
}

static bool add_attribute(reader_t *r, str_t name, str_t raw)
{
    buf_t room;
    buf_init_wiping(&room, name.n + raw.n + 1);
    buf_char(&room, '@');
    buf_str(&room, name);
    size_t key_bytes = room.n;
    bool read = add_text(r, &room, raw, true);
    str_t key = str_slice(buf_view(&room), 0, key_bytes);
    if (read && json_object_getn(top(r)->members, key.p, key.n)) {
        read = refuse(r, "an attribute stands twice");
    }
    if (read) {
        set_member(top(r)->members, key, json_str(str_slice(buf_view(&room), key_bytes, room.n)));
    }
    buf_fini(&room);
    return read;
}

/* Each takes memory and time, however few its bytes are. */
static bool count_node(reader_t *r)
{
    return ++r->nodes <= NODES_MAX || refuse(r, "it has too many elements");
}

static bool read_attribute(reader_t *r)
{
    str_t name;
    str_t raw;
    if (!count_node(r) || !take_name(r, &name)) {
        return false;
    }
    skip_blanks(r);
    if (!take(r, "=")) {
        return refuse(r, "`=` is expected");
    }
    skip_blanks(r);
    const char *quote = take(r, "\"") ? "\"" : "'";
    if (quote[0] == '\'' && !take(r, "'")) {
        return refuse(r, "a quote is expected");
    }
    if (!take_until(r, quote, &raw)) {
        return false;
    }
    if (str_index(raw, '<') != SIZE_MAX) {
        return refuse(r, "`<` in an attribute");
    }
    return add_attribute(r, name, raw);
}

/* Second and later elements of one name make a list. */
static void add_child(json_t *parent, str_t name, json_t *value)
{
    json_t *there = json_object_getn(parent, name.p, name.n);
    if (json_is_array(there)) {
        json_array_append_new(there, value);
    } else if (there) {
        json_t *list = json_array();
        json_array_append(list, there);
        json_array_append_new(list, value);
        set_member(parent, name, list);
    } else {
        set_member(parent, name, value);
    }
}

/* A leaf's text is kept as it is; between children blanks are layout. */
static json_t *value_of(reader_t *r, element_t *e)
{
    str_t text = buf_view(&r->text);
    text = str_slice(text, e->text_from, text.n);
    if (e->has_children) {
        text = str_trim(text);
    }
    if (json_object_size(e->members) == 0) {
        return json_str(text);
    }
    if (text.n > 0) {
        json_object_set_new(e->members, "#text", json_str(text));
    }
    return json_incref(e->members);
}

static void close_element(reader_t *r)
{
    element_t *e = top(r);
    json_t *value = value_of(r, e);
    r->text.n = e->text_from;
    json_decref(e->members);
    r->depth--;
    if (r->depth == 0) {
        r->tree = json_object();
        set_member(r->tree, e->name, value);
    } else {
        top(r)->has_children = true;
        add_child(top(r)->members, e->name, value);
    }
}

static bool read_start_tag(reader_t *r)
{
    str_t name;
    if (r->tree) {
        return refuse(r, "a second root");
    }
    if (r->depth == DEPTH_MAX) {
        return refuse(r, "it is nested too deeply");
    }
    if (!count_node(r) || !take_name(r, &name)) {
        return false;
    }
    r->open[r->depth++] =
        (element_t){.name = name, .members = json_object(), .text_from = r->text.n};
    while (skip_blanks(r) > 0 && r->at < r->in.n && r->in.p[r->at] != '>' &&
           r->in.p[r->at] != '/') {
        if (!read_attribute(r)) {
            return false;
        }
    }
    if (take(r, "/>")) {
        close_element(r);
        return true;
    }
    return take(r, ">") || refuse(r, "`>` is expected");
}

static bool read_end_tag(reader_t *r)
{
    str_t name;
    if (!take_name(r, &name)) {
        return false;
    }
    skip_blanks(r);
    if (!take(r, ">") || r->depth == 0 || !str_eq(name, top(r)->name)) {
        return refuse(r, "an end tag does not match");
    }
    close_element(r);
    return true;
}

static bool read_text(reader_t *r)
{
    size_t end = str_find(r->in, STR("<"), r->at);
    str_t text = str_slice(r->in, r->at, end == SIZE_MAX ? r->in.n : end);
    if (r->depth == 0 && str_trim(text).n > 0) {
        return refuse(r, "text outside the root");
    }
    if (r->depth > 0 && !add_text(r, &r->text, text, false)) {
        return false;
    }
    r->at += text.n;
    return true;
}

static bool read_cdata(reader_t *r)
{
    str_t text;
    if (r->depth == 0) {
        return refuse(r, "text outside the root");
    }
    if (!take_until(r, "]]>", &text)) {
        return false;
    }
    add_raw(&r->text, text);
    return true;
}

static bool read_next(reader_t *r)
{
    str_t skipped;
    if (take(r, "<!--")) {
        return take_until(r, "-->", &skipped);
    }
    if (take(r, "<![CDATA[")) {
        return read_cdata(r);
    }
    if (take(r, "<?")) {
        return take_until(r, "?>", &skipped);
    }
    if (take(r, "<!")) {
        return refuse(r, "a document type");
    }
    if (take(r, "</")) {
        return read_end_tag(r);
    }
    return take(r, "<") ? read_start_tag(r) : read_text(r);
}

static bool check_characters(reader_t *r)
{
    if (!str_is_utf8(r->in)) {
        return refuse(r, "it is not UTF-8");
    }
    size_t bad = xml_bad_character(r->in);
    if (bad < r->in.n) {
        r->at = bad;
        return refuse(r, "a character that XML does not have");
    }
    return true;
}

static bool read_document(reader_t *r)
{
    if (!check_characters(r)) {
        return false;
    }
    take(r, "\xef\xbb\xbf");
    while (r->at < r->in.n) {
        if (!read_next(r)) {
            return false;
        }
    }
    return r->tree || refuse(r, "it ends too early");
}

json_t *xml_read(str_t text, err_t *err)
{
    reader_t r = {.in = text.p ? text : STR(""), .err = err};
    buf_init_wiping(&r.text, text.n);
    bool read = read_document(&r);
    while (r.depth > 0) {
        json_decref(r.open[--r.depth].members);
    }
    buf_fini(&r.text);
    if (!read) {
        json_decref(r.tree);
        return NULL;
    }
    return r.tree;
}
