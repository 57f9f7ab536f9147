/* SPDX-License-Identifier: MIT */
#include "import/openapi/bundle.h"

#include "codec/json.h"
#include "codec/url.h"
#include "definition/build/node.h"
#include "import/lenient.h"

enum { FILES_MAX = 500, BYTES_MAX = 64 << 20, HOPS_MAX = 40, ANCHOR_DEPTH_MAX = 100 };

/* --- one file --- */

static void on_fault(void *context, err_code_t code, unsigned line, unsigned column,
                     const char *text)
{
    err_set_at(context, code, line, column, "line %u, column %u: %s", line, column, text);
}

static json_t *read_yaml(str_t text, err_t *err)
{
    arena_t *arena = arena_new(0);
    const yaml_node_t *root = yaml_read_shared_in(arena, text, LENIENT_BYTES_MAX, on_fault, err);
    json_t *tree = root && !err_is_set(err) ? node_json(root) : NULL;
    arena_free(arena);
    return tree;
}

static bool looks_like_json(str_t text)
{
    text = str_trim(str_starts(text, STR("\xef\xbb\xbf")) ? str_slice(text, 3, text.n) : text);
    return text.n > 0 && text.p[0] == '{';
}

/* A new reference; NULL with what is wrong. */
static json_t *parse(str_t text, const char *name, report_t *report, err_t *err)
{
    if (!looks_like_json(text)) {
        return read_yaml(text, err);
    }
    err_t flow = ERR_INIT;
    json_t *tree = lenient_read(text, name, report, err);
    if (!tree) { /* YAML has braces, too */
        tree = read_yaml(text, &flow);
    }
    return tree;
}

static json_t *read_one(bundle_t *b, str_t path, err_t *err)
{
    buf_t text;
    json_t *tree = NULL;
    buf_init(&text, LENIENT_BYTES_MAX);
    bool ok = b->source->read(b->source->context, path, &text, err);
    b->bytes += text.n;
    if (ok && b->bytes > BYTES_MAX) {
        err_set(err, ERR_json_invalid, "the files are larger than %d bytes", BYTES_MAX);
    } else if (ok) {
        tree = parse(buf_view(&text), path.p, b->report, err);
    }
    buf_fini(&text);
    return tree;
}

/* --- anchors --- */

/* Of all that have the same the first. */
static void add_anchors(json_t *to, json_t *v, unsigned depth)
{
    const char *key;
    size_t at;
    json_t *child;
    str_t anchor = json_member(v, "$anchor");
    if (depth > ANCHOR_DEPTH_MAX) {
        return;
    }
    if (anchor.n && !json_object_getn(to, anchor.p, anchor.n)) {
        json_object_setn(to, anchor.p, anchor.n, v);
    }
    json_object_foreach(v, key, child)
    {
        add_anchors(to, child, depth + 1);
    }
    json_array_foreach(v, at, child)
    {
        add_anchors(to, child, depth + 1);
    }
}

static const json_t *anchored(const bundle_t *b, str_t file, str_t anchor)
{
    const json_t *anchors = json_object_getn(b->anchors, file.p ? file.p : "", file.n);
    return json_object_getn(anchors, anchor.p, anchor.n);
}

/* --- all files --- */

static void on_file(void *context, str_t path)
{
    bundle_t *b = context;
    if (json_object_getn(b->files, path.p, path.n)) {
        return;
    }
    if (json_object_size(b->files) == FILES_MAX) {
        report_note(b->report, "limit", "more than %d files: the rest is not read", FILES_MAX);
        return;
    }
    json_object_setn_new(b->files, path.p, path.n, json_true()); /* to be read */
}

static void read_file(bundle_t *b, str_t key)
{
    err_t err = ERR_INIT;
    str_t path = key.n ? key : b->source->path;
    json_t *tree = read_one(b, path, &err);
    if (!tree) {
        report_note(b->report, "unreadable", "%.*s: %s", STR_ARG(path), err.text);
    } else {
        link_t l = {b->arena, b->report, path, b->source->path, on_file, b};
        link_references(&l, tree);
        json_t *anchors = json_object();
        add_anchors(anchors, tree, 0);
        json_object_setn_new(b->anchors, key.p, key.n, anchors);
    }
    json_object_setn_new(b->files, key.p, key.n, tree ? tree : json_null());
}

/* The first that is still to be read; absent: none. In the arena. */
static str_t next_file(bundle_t *b)
{
    const char *path;
    json_t *tree;
    json_object_foreach(b->files, path, tree)
    {
        if (json_is_true(tree)) {
            return arena_str(b->arena, str_of(path));
        }
    }
    return STR_NONE;
}

bool bundle_read(bundle_t *b, arena_t *arena, const openapi_source_t *source, report_t *report)
{
    *b = (bundle_t){.arena = arena, .report = report, .source = source};
    b->files = json_object();
    b->anchors = json_object();
    on_file(b, STR(""));
    for (str_t path = STR(""); path.p; path = next_file(b)) {
        read_file(b, path);
    }
    return json_is_object(bundle_root(b)) ||
           report_fail(report, "unreadable", "%.*s is no OpenAPI document", STR_ARG(source->path));
}

void bundle_fini(bundle_t *b)
{
    json_decref(b->anchors);
    json_decref(b->files);
    b->anchors = b->files = NULL;
}

const json_t *bundle_root(const bundle_t *b)
{
    return json_object_get(b->files, "");
}

/* --- following --- */

/* A part of a JSON Pointer in a URL (RFC 6901 4 and 6). */
static str_t part_in(arena_t *arena, str_t part)
{
    buf_t plain, to;
    buf_init(&plain, part.n + 1);
    buf_init(&to, part.n + 1);
    str_t text = url_decode(&plain, part, false) ? buf_view(&plain) : part;
    for (size_t i = 0; i < text.n; i++) {
        bool escape = text.p[i] == '~' && i + 1 < text.n;
        buf_char(&to, !escape ? text.p[i] : text.p[++i] == '1' ? '/' : '~');
    }
    str_t found = arena_str(arena, buf_view(&to));
    buf_fini(&to);
    buf_fini(&plain);
    return found;
}

/* hops: references that may still be followed, however they lead into each other. */
static const json_t *find(const bundle_t *b, str_t reference, unsigned *hops);

static const json_t *follow(const bundle_t *b, const json_t *value, unsigned *hops)
{
    for (; value && *hops > 0; (*hops)--) {
        str_t reference = json_member(value, "$ref");
        if (!reference.p) {
            return value;
        }
        value = find(b, reference, hops);
    }
    return NULL;
}

static const json_t *child_of(const bundle_t *b, const json_t *v, str_t part, unsigned *hops)
{
    uint64_t at = 0;
    if (json_is_array(v)) {
        return str_to_u64(part, &at) ? json_array_get(v, at) : NULL;
    }
    const json_t *child = json_object_getn(v, part.p ? part.p : "", part.n);
    if (child || !json_member(v, "$ref").p) {
        return child;
    }
    v = follow(b, v, hops); /* tools point through references, too */
    return json_object_getn(v, part.p ? part.p : "", part.n);
}

static const json_t *pointed(const bundle_t *b, const json_t *v, str_t pointer, unsigned *hops)
{
    (void)str_cut(&pointer, '/');
    while (v && pointer.p) {
        v = child_of(b, v, part_in(b->arena, str_cut(&pointer, '/')), hops);
    }
    return v;
}

static const json_t *find(const bundle_t *b, str_t reference, unsigned *hops)
{
    str_t fragment = reference, file = str_cut(&fragment, '#');
    const json_t *tree = json_object_getn(b->files, file.p ? file.p : "", file.n);
    return !json_is_object(tree) && !json_is_array(tree) ? NULL
           : fragment.n == 0                             ? tree
           : fragment.p[0] == '/'                        ? pointed(b, tree, fragment, hops)
                                                         : anchored(b, file, fragment);
}

const json_t *bundle_find(const bundle_t *b, str_t reference)
{
    unsigned hops = HOPS_MAX;
    return find(b, reference, &hops);
}

const json_t *bundle_follow(const bundle_t *b, const json_t *value)
{
    unsigned hops = HOPS_MAX;
    return follow(b, value, &hops);
}
