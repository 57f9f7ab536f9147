/* SPDX-License-Identifier: MIT */
#include "codec/check.h"

#include <stdio.h>

#include "codec/yaml.h"

/* What was reported: "line:column code" rows, joined by ", "; the texts by "|". */
typedef struct heard {
    buf_t codes;
    buf_t texts;
    unsigned count;
} heard_t;

static void heard_init(heard_t *h)
{
    buf_init(&h->codes, 1 << 16);
    buf_init(&h->texts, 1 << 16);
    h->count = 0;
}

static void heard_fini(heard_t *h)
{
    buf_fini(&h->codes);
    buf_fini(&h->texts);
}

static void on_fault(void *context, err_code_t code, unsigned line, unsigned column,
                     const char *text)
{
    heard_t *h = context;
    const char *name = err_code_name(code);
    assert_true(strncmp(name, "definition_", 11) == 0);
    assert_true(str_is_utf8(str_of(text)));
    buf_printf(&h->codes, "%s%u:%u %s", h->count ? ", " : "", line, column, name + 11);
    buf_printf(&h->texts, "%s%s", h->count ? "|" : "", text);
    h->count++;
}

static void render_text(buf_t *to, str_t text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\0') {
            buf_lit(to, "NUL");
        } else {
            buf_char(to, text.p[i]);
        }
    }
}

/* A tree in flow style; quoted scalars in quotes, nothing as `-`. */
static void render(buf_t *to, const yaml_node_t *node)
{
    bool map = node->kind == YAML_MAP;
    if (node->kind == YAML_SCALAR) {
        buf_lit(to, node->plain ? "" : "\"");
        render_text(to, node->plain && node->text.n == 0 ? STR("-") : node->text);
        buf_lit(to, node->plain ? "" : "\"");
        return;
    }
    buf_char(to, map ? '{' : '[');
    for (size_t i = 0; i < node->count; i++) {
        buf_lit(to, i ? ", " : "");
        if (map) {
            render(to, node->pairs[i].key);
            buf_lit(to, ": ");
        }
        render(to, map ? node->pairs[i].value : node->items[i]);
    }
    buf_char(to, map ? '}' : ']');
}

static void check_tree(const yaml_node_t *root, const char *expected)
{
    buf_t b;
    if (!expected) {
        assert_null(root);
        return;
    }
    assert_non_null(root);
    buf_init(&b, 1 << 16);
    render(&b, root);
    check_buf(&b, expected);
    buf_fini(&b);
}

/* tree NULL: no root may be answered. */
static void check_read(str_t text, const char *tree, const char *codes)
{
    arena_t *arena = arena_new(0);
    heard_t h;
    heard_init(&h);
    const yaml_node_t *root = yaml_read_in(arena, text, YAML_BYTES_MAX, on_fault, &h);
    if (strcmp(buf_c(&h.codes), codes) != 0) {
        print_error("%.*s\n%s\n", STR_ARG(str_slice(text, 0, 200)), buf_c(&h.texts));
    }
    check_buf(&h.codes, codes);
    check_tree(root, tree);
    heard_fini(&h);
    arena_free(arena);
}

static void reads(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *tree;
    } rows[] = {
        {"a: 1\n", "{a: 1}"},
        {"\xef\xbb\xbf"
         "a: 1\n",
         "{a: 1}"},
        {"---\na: 1\n...\n# done\n", "{a: 1}"},
        {"a: 1\r\nb:\r\n  - x\r\n  - y\r\n", "{a: 1, b: [x, y]}"},
        {"# c\n\na:\nb: ''\nc: \"\"\n", "{a: -, b: \"\", c: \"\"}"},
        {"a: {b: [1, 'x y', \"\\u00e4\\n\\t\"], c: {}, d: []}",
         "{a: {b: [1, \"x y\", \"\xc3\xa4\n\t\"], c: {}, d: []}}"},
        {"a: |\n  l1\n   l2\n\nb: >-\n  f1\n  f2\n", "{a: \"l1\n l2\n\", b: \"f1 f2\"}"},
        {"a: x\n  y\n", "{a: x y}"},
        {"- a\n-\n- [b]\n", "[a, -, [b]]"},
        {"x\n", "x"},
        {"base_url: https://${connection.sub}.example.com\n",
         "{base_url: https://${connection.sub}.example.com}"},
        {"a: {b: \"${c.d}\", e: '${f}'}\n", "{a: {b: \"${c.d}\", e: \"${f}\"}}"},
        {"a: no\nb: 1.10\nc: 2026-01-01\nd: ~\n", "{a: no, b: 1.10, c: 2026-01-01, d: ~}"},
        {"? a\n: b\n", "{a: b}"},
        {"'<<': x\n", "{\"<<\": x}"},
        {"a: \"\\_\\r\"\n", "{a: \"\xc2\xa0\r\"}"},
        {"a: \xd7\x90\xe2\x80\x8f\xf0\x9f\x98\x80\n", "{a: \xd7\x90\xe2\x80\x8f\xf0\x9f\x98\x80}"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        check_read(str_of(rows[i].text), rows[i].tree, "");
    }
}

/* The identifiers are rows of the list of hostile cases. */
static const struct {
    const char *id;
    str_t text;
    const char *tree;
    const char *codes;
} hostile[] = {
    {"Y01", STR_INIT("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b]\n"),
     "{a: [x, x], b: [*a, *a], c: [*b]}",
     "1:4 parse_error, 2:4 parse_error, 2:8 alias_forbidden, 2:12 alias_forbidden, "
     "3:5 alias_forbidden"},
    {"Y02", STR_INIT("a: &a [*a]\n"), "{a: [*a]}", "1:4 parse_error, 1:8 alias_forbidden"},
    {"Y03", STR_INIT("a: *nope\n"), "{a: *nope}", "1:4 alias_unknown"},
    {"Y10", STR_INIT("m:\n  name: 1\n  \"na\\x6de\": 2\n"), "{m: {name: 1}}", "3:3 duplicate_key"},
    {"Y11",
     STR_INIT("a: !!python/object/apply:os.system x\nb: !include /etc/passwd\n"
              "c: !!binary aaa\nd: ! [x]\ne: !<y> {}\n"),
     "{a: x, b: /etc/passwd, c: aaa, d: [x], e: {}}",
     "1:4 tag_forbidden, 2:4 tag_forbidden, 3:4 tag_forbidden, 4:4 tag_forbidden, "
     "5:4 tag_forbidden"},
    {"Y11", STR_INIT("# c\n\n%TAG ! tag:x,2000:\n---\na: 1\n"), NULL, "3:1 tag_forbidden"},
    {"Y11", STR_INIT("a: !q!z x\n"), NULL, "1:4 tag_forbidden"},
    {"Y12", STR_INIT("a: 1\n---\nb: 2\n"), NULL, "2:1 multi_document"},
    {"Y12", STR_INIT("---\na: 1\n...\n---\n"), NULL, "4:1 multi_document"},
    {"Y12", STR_INIT("a: 1\n...\n# c\nb: 2\n"), NULL, "4:1 multi_document"},
    {"Y12", STR_INIT("a: 1\n...\n%TAG ! x\n---\n"), NULL, "3:1 multi_document"},
    {"Y13", STR_INIT("%YAML 9.9\n---\na: 1\n"), NULL, "1:1 parse_error"},
    {"Y13", STR_INIT("%YAML 1.2\n---\na: 1\n"), NULL, "1:1 parse_error"},
    {"Y16", STR_INIT("a: 1\nb: x\xff\xfey\n"), NULL, "2:5 bad_encoding"},
    {"Y16", STR_INIT("\xc3\xa4: \xc0\xaf\n"), NULL, "1:4 bad_encoding"},
    {"Y16", STR_INIT("a: \xed\xa0\x80\n"), NULL, "1:4 bad_encoding"},
    {"Y17",
     STR_INIT("\xff\xfe"
              "a\0:\0 \0"
              "1\0"),
     NULL, "1:1 bad_encoding"},
    {"Y17",
     STR_INIT("\xfe\xff\0a\0:\0 \0"
              "1"),
     NULL, "1:1 bad_encoding"},
    {"Y18", STR_INIT("a: \"x\\0y\"\n"), "{a: \"xNULy\"}", "1:4 control_char"},
    {"Y18", STR_INIT("a: x\0y\nb: \x07z\n"), "{a: x_y, b: _z}",
     "1:5 control_char, 2:4 control_char"},
    {"Y18", STR_INIT("\xc3\xa4 \xe2\x80\xae: 1\n"), "{\xc3\xa4 _: 1}", "1:3 control_char"},
    {"Y18", STR_INIT("a: \"\\e\"\nb: \"\\u202e\"\nc: \"\\x85\"\nd: \"\\N\"\n"),
     "{a: \"\x1b\", b: \"\xe2\x80\xae\", c: \"\xc2\x85\", d: \"\xc2\x85\"}",
     "1:4 control_char, "
     "2:4 control_char, 3:4 control_char, 4:4 control_char"},
    {"Y18", STR_INIT("a: 1 # \x1b[2J\n"), "{a: 1}", "1:8 control_char"},
    {"Y18", STR_INIT("a: \xc2\x85\xe2\x81\xa6\xef\xbb\xbf\xef\xbf\xbf\x7f\n"), "{a: _____}",
     "1:4 control_char, 1:5 control_char, 1:6 control_char, 1:7 control_char, 1:8 control_char"},
    {"Y18",
     STR_INIT("# \xe2\x80\xa8"
              "b: 1\na: 1\n"),
     "{a: 1}", "1:3 control_char"},
    {"Y20", STR_INIT("a:\n\tb: 1\n"), NULL, "2:1 parse_error"},
    {"Y20", STR_INIT("a: \"xyz\nb: 2\n"), NULL, "3:1 parse_error"},
    {"Y20", STR_INIT("a: b: c\n"), NULL, "1:5 parse_error"},
    {"Y21", STR_INIT(""), NULL, "1:1 empty"},
    {"Y21", STR_INIT("# only\n# comments\n"), NULL, "1:1 empty"},
    {"Y21", STR_INIT("---\n"), NULL, "1:1 empty"},
    {"Y21", STR_INIT("\xef\xbb\xbf"), NULL, "1:1 empty"},
    {"Y21", STR_INIT("- a\n"), "[a]", ""},
    {"Y21", STR_INIT("text\n"), "text", ""},
};

static void refuses_hostile_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(hostile); i++) {
        check_read(hostile[i].text, hostile[i].tree, hostile[i].codes);
    }
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *tree;
        const char *codes;
    } rows[] = {
        {"a: {<<: {b: 1}}\n<<: 1\n", "{a: {<<: {b: 1}}, <<: 1}",
         "1:5 alias_forbidden, 2:1 alias_forbidden"},
        {"a: &x 1\nb: &y\n", "{a: 1, b: -}", "1:4 parse_error, 2:4 parse_error"},
        {"&k a: 1\n", "{a: 1}", "1:1 parse_error"},
        {"a: &x !t v\n", "{a: v}", "1:4 parse_error, 1:4 tag_forbidden"},
        {"a: &x 1\n*x : 2\n", "{a: 1, *x: 2}", "1:4 parse_error, 2:1 alias_forbidden"},
        {"{[a]: 1}\n", NULL, "1:2 complex_key"},
        {"? {a: 1}\n: 2\n", NULL, "1:3 complex_key"},
        {"a: 1\n? - b\n: 2\n", NULL, "2:3 complex_key"},
        {"a: 1\nb: 2\na: 3\nb: 4\na: 5\n", "{a: 1, b: 2}",
         "3:1 duplicate_key, 4:1 duplicate_key, 5:1 duplicate_key"},
        {"a: 1\n'a': 2\n\"\\x61\": 3\n", "{a: 1}", "2:1 duplicate_key, 3:1 duplicate_key"},
        {"a: {b: 1, b: 2}\na: 3\n", "{a: {b: 1}}", "1:11 duplicate_key, 2:1 duplicate_key"},
        {"{a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8, i: 9, c: 10, a: 11}",
         "{a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8, i: 9}",
         "1:56 duplicate_key, 1:63 duplicate_key"},
        {"\xc3\xa4\xf0\x9f\x98\x80: {b: ${c}}\n", NULL, "1:10 parse_error"},
        {"a: 1\n]\n", NULL, "2:1 parse_error"},
        {"a: [1\nb: 2\n", NULL, "2:2 parse_error"},
        {"a: {b: 1\n", NULL, "2:1 parse_error"},
        {"\"a\" b\n", NULL, "1:5 parse_error"},
        {"a: @x\n", NULL, "1:4 parse_error"},
        {"a: 'x\n", NULL, "2:1 parse_error"},
        {"a: \"\\q\"\n", NULL, "1:5 parse_error"},
        {"a: 1\n b: 2\n", NULL, "2:3 parse_error"},
        {"a: |x\n  b\n", NULL, "1:5 parse_error"},
        {"a: %\n", NULL, "1:4 parse_error"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        check_read(str_of(rows[i].text), rows[i].tree, rows[i].codes);
    }
}

static void words_faults_for_authors(void **state)
{
    (void)state;
    static const struct {
        str_t text;
        const char *words;
    } rows[] = {
        {STR_INIT("a: {b: ${c.d}}\n"),
         "expected ',' or '}', but got '{' (inside {...} or [...] put a template in quotes)"},
        {STR_INIT("a: [https://${c}/x]\n"),
         "expected ',' or ']', but got '{' (inside {...} or [...] put a template in quotes)"},
        {STR_INIT("a: {b: x {c}}\n"),
         "expected ',' or '}', but got '{', while parsing a flow mapping"},
        {STR_INIT("a: [1\nb: 2\n"),
         "expected ',' or ']', but got ':', while parsing a flow sequence that begins in line 1"},
        {STR_INIT("a:\n\tb: 1\n"), "a tab cannot indent: use blanks"},
        {STR_INIT("a: `x`\n"), "a plain value cannot begin with '`': put it in quotes"},
        {STR_INIT("a: 'x\n"), "found unexpected end of stream at the end of the file, while "
                              "scanning a quoted scalar that begins in line 1"},
        {STR_INIT("a: b: c\n"), "mapping values are not allowed in this context at ':'"},
        {STR_INIT("a: &x 1\n"), "anchors are refused"},
        {STR_INIT("a: *x\n"), "no such anchor"},
        {STR_INIT("a: 1\na: 2\n"), "duplicate key `a`"},
        {STR_INIT("a: x\xff\n"), "the file is not UTF-8 at byte 4"},
        {STR_INIT("\xef\xbb\xbf\xff\n"), "the file is not UTF-8 at byte 3"},
        {STR_INIT("a: \xe2\x80\xae\n"), "a control character (U+202E)"},
        {STR_INIT("\"\\e\": 1\n\"\\e\": 2\n"),
         "an escape of a control character|an escape of a control character|duplicate key ``"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        arena_t *arena = arena_new(0);
        heard_t h;
        heard_init(&h);
        yaml_read_in(arena, rows[i].text, YAML_BYTES_MAX, on_fault, &h);
        check_buf(&h.texts, rows[i].words);
        heard_fini(&h);
        arena_free(arena);
    }
}

/* text, many times over, between two others. */
static void check_repeated(const char *before, const char *text, size_t times, const char *after,
                           const char *codes)
{
    arena_t *arena = arena_new(0);
    heard_t h;
    buf_t b;
    buf_init(&b, 4 << 20);
    heard_init(&h);
    buf_lit(&b, before);
    for (size_t i = 0; i < times; i++) {
        buf_lit(&b, text);
    }
    buf_lit(&b, after);
    const yaml_node_t *root = yaml_read_in(arena, buf_view(&b), YAML_BYTES_MAX, on_fault, &h);
    check_buf(&h.codes, codes);
    assert_int_equal(root != NULL, codes[0] == '\0');
    heard_fini(&h);
    buf_fini(&b);
    arena_free(arena);
}

/* libyaml takes half a minute for some of these where one goes on asking it. */
static void stops_at_the_depth(void **state)
{
    (void)state;
    check_repeated("", "[", 50000, "", "1:65 too_deep");
    check_repeated("", "[", 1 << 20, "", "1:65 too_deep");
    check_repeated("", "{a: ", 1 << 18, "", "1:257 too_deep");
    check_repeated("", "- ", 20000, "x", "1:129 too_deep");
    check_repeated("", "? ", 20000, "x", "1:3 complex_key");
    check_repeated("", "[a: ", 1 << 18, "", "1:129 too_deep");
    check_repeated("a:\n- ", "- ", 62, "x\n", "");
    check_repeated("a:\n- ", "- ", 63, "x\n", "2:127 too_deep");
}

static void accepts_sixty_four_levels(void **state)
{
    (void)state;
    static const size_t levels[] = {64, 65};
    for (size_t i = 0; i < COUNT(levels); i++) {
        char text[130];
        memset(text, '[', levels[i]);
        memset(text + levels[i], ']', levels[i]);
        arena_t *arena = arena_new(0);
        heard_t h;
        heard_init(&h);
        const yaml_node_t *root =
            yaml_read_in(arena, str_at(text, 2 * levels[i]), YAML_BYTES_MAX, on_fault, &h);
        check_buf(&h.codes, i ? "1:65 too_deep" : "");
        assert_int_equal(root != NULL, i == 0);
        heard_fini(&h);
        arena_free(arena);
    }
}

static void bounds_long_files(void **state)
{
    (void)state;
    check_repeated("", "a", 2000, ": x\n", "1:2001 parse_error");
    check_repeated("", "a", 1000, ": x\n", "");
    check_repeated("", "%TAG !a! tag:x\n", 60000, "", "1:1 tag_forbidden");
    check_repeated("a: 1\n...\n", "%TAG !a! tag:x\n", 60000, "", "3:1 multi_document");
    check_repeated("", "#", YAML_BYTES_MAX, "", "1:1 empty");
    check_repeated("", "#", YAML_BYTES_MAX, "#", "1:1 too_large");
    check_repeated("\xef\xbb\xbf", "#", YAML_BYTES_MAX - 3, "", "1:1 empty");
    check_repeated("a: \"", "\\x41", 200000, "\"\n", "");
    check_repeated("a:\n", "- b\n", 200000, "", "");
}

static void ends_after_a_hundred_faults(void **state)
{
    (void)state;
    static const char *const rows[] = {"\x07", "- *a\n", "- &a b\n", "a: 1\n", "- !t\n"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        arena_t *arena = arena_new(0);
        heard_t h;
        buf_t b;
        buf_init(&b, 1 << 20);
        heard_init(&h);
        for (size_t n = 0; n < 20000; n++) {
            buf_lit(&b, rows[i]);
        }
        const yaml_node_t *root = yaml_read_in(arena, buf_view(&b), 1 << 20, on_fault, &h);
        assert_int_equal(h.count, 100);
        assert_null(root);
        heard_fini(&h);
        buf_fini(&b);
        arena_free(arena);
    }
}

static void finds_one_twin_among_many(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    heard_t h;
    buf_t b;
    buf_init(&b, 1 << 20);
    heard_init(&h);
    for (int i = 0; i < 50000; i++) {
        buf_printf(&b, "k%d: v\n", i);
    }
    buf_lit(&b, "k7: w\n");
    const yaml_node_t *root = yaml_read_in(arena, buf_view(&b), 1 << 20, on_fault, &h);
    check_buf(&h.codes, "50001:1 duplicate_key");
    assert_int_equal(root->count, 50000);
    check_str(yaml_get(root, "k7")->text, "v");
    check_str(root->pairs[49999].key->text, "k49999");
    heard_fini(&h);
    buf_fini(&b);
    arena_free(arena);
}

static void knows_places(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        unsigned key_line;
        unsigned key_column;
        unsigned line;
        unsigned column;
    } rows[] = {
        {"plain", 2, 1, 2, 8},
        {"quoted", 3, 1, 3, 11},
        {"block", 4, 1, 4, 8},
        {"list", 6, 1, 7, 3},
        {"flow", 8, 1, 8, 7},
        {"map", 9, 1, 10, 3},
        {"\xc3\xa4\xf0\x9f\x98\x80", 11, 1, 11, 5},
        {"nothing", 12, 1, 12, 9},
    };
    arena_t *arena = arena_new(0);
    heard_t h;
    heard_init(&h);
    const yaml_node_t *root = yaml_read_in(arena,
                                           STR("# first\n"
                                               "plain: x\n"
                                               "\"quoted\": 'y'\n"
                                               "block: |\n"
                                               "  text\n"
                                               "list:\n"
                                               "  - a\n"
                                               "flow: [a, {b: c}]\n"
                                               "map:\n"
                                               "  k: v\n"
                                               "\xc3\xa4\xf0\x9f\x98\x80: z\n"
                                               "nothing:\n"),
                                           YAML_BYTES_MAX, on_fault, &h);
    assert_int_equal(h.count, 0);
    assert_int_equal(root->line, 2);
    assert_int_equal(root->column, 1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const yaml_pair_t *pair = yaml_pair(root, rows[i].key);
        assert_non_null(pair);
        assert_ptr_equal(yaml_get(root, rows[i].key), pair->value);
        assert_int_equal(pair->key->line, rows[i].key_line);
        assert_int_equal(pair->key->column, rows[i].key_column);
        assert_int_equal(pair->value->line, rows[i].line);
        assert_int_equal(pair->value->column, rows[i].column);
    }
    const yaml_node_t *inner = yaml_get(root, "flow")->items[1];
    assert_int_equal(inner->column, 11);
    assert_int_equal(yaml_get(inner, "b")->column, 15);
    assert_null(yaml_get(root, "absent"));
    assert_null(yaml_pair(yaml_get(root, "plain"), "x"));
    assert_null(yaml_get(NULL, "x"));
    heard_fini(&h);
    arena_free(arena);
}

static void classifies_scalars(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        yaml_scalar_is_t is;
    } rows[] = {
        {"", YAML_IS_NOTHING},
        {"null", YAML_IS_NULL},
        {"true", YAML_IS_BOOL},
        {"false", YAML_IS_BOOL},
        {"0", YAML_IS_INT},
        {"-0", YAML_IS_INT},
        {"10", YAML_IS_INT},
        {"-7", YAML_IS_INT},
        {"99999999999999999999", YAML_IS_INT},
        {"1.10", YAML_IS_NUMBER},
        {"1e3", YAML_IS_NUMBER},
        {"-0.5E-2", YAML_IS_NUMBER},
        {"1E+3", YAML_IS_NUMBER},
        {"0.0", YAML_IS_NUMBER},
        {"~", YAML_IS_ODD},
        {"Null", YAML_IS_ODD},
        {"NULL", YAML_IS_ODD},
        {"True", YAML_IS_ODD},
        {"TRUE", YAML_IS_ODD},
        {"False", YAML_IS_ODD},
        {"FALSE", YAML_IS_ODD},
        {"012", YAML_IS_ODD},
        {"-012", YAML_IS_ODD},
        {"+1", YAML_IS_ODD},
        {"+1.5", YAML_IS_ODD},
        {"0x1F", YAML_IS_ODD},
        {"0o7", YAML_IS_ODD},
        {".5", YAML_IS_ODD},
        {"-.5", YAML_IS_ODD},
        {"5.", YAML_IS_ODD},
        {"1.e3", YAML_IS_ODD},
        {".5e3", YAML_IS_ODD},
        {"01e3", YAML_IS_ODD},
        {".inf", YAML_IS_ODD},
        {"-.Inf", YAML_IS_ODD},
        {"+.INF", YAML_IS_ODD},
        {".nan", YAML_IS_ODD},
        {".NaN", YAML_IS_ODD},
        {".NAN", YAML_IS_ODD},
        {"00", YAML_IS_ODD},
        {"no", YAML_IS_TEXT},
        {"on", YAML_IS_TEXT},
        {"2026-01-01", YAML_IS_TEXT},
        {"1e", YAML_IS_TEXT},
        {"1e+", YAML_IS_TEXT},
        {"e3", YAML_IS_TEXT},
        {".", YAML_IS_TEXT},
        {"-", YAML_IS_TEXT},
        {"+", YAML_IS_TEXT},
        {"1.2.3", YAML_IS_TEXT},
        {"1_000", YAML_IS_TEXT},
        {"0x", YAML_IS_TEXT},
        {"0xg", YAML_IS_TEXT},
        {"0o8", YAML_IS_TEXT},
        {"-0x1", YAML_IS_TEXT},
        {"0b1", YAML_IS_TEXT},
        {"tRUE", YAML_IS_TEXT},
        {"-.nan", YAML_IS_TEXT},
        {".iNF", YAML_IS_TEXT},
        {"1:30", YAML_IS_TEXT},
        {"nULL", YAML_IS_TEXT},
        {"--1", YAML_IS_TEXT},
        {"1 2", YAML_IS_TEXT},
        {"NaN", YAML_IS_TEXT},
        {".e3", YAML_IS_TEXT},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        yaml_node_t node = {.kind = YAML_SCALAR, .plain = true, .text = str_of(rows[i].text)};
        if (yaml_scalar_is(&node) != rows[i].is) {
            print_error("%s\n", rows[i].text);
        }
        assert_int_equal(yaml_scalar_is(&node), rows[i].is);
        node.plain = false;
        assert_int_equal(yaml_scalar_is(&node), YAML_IS_TEXT);
    }
}

/* ---- the example files of the format ---- */

static bool read_file(buf_t *to, const char *name)
{
    const char *shared = getenv("TENON_SHARED");
    char path[4096];
    snprintf(path, sizeof path, "%s/format/%s", shared ? shared : TENON_SOURCE_DIR "/../shared",
             name);
    FILE *file = fopen(path, "rb");
    if (!file) {
        print_message("%s is missing: skipped\n", path);
        return false;
    }
    buf_clear(to);
    buf_reserve(to, YAML_BYTES_MAX);
    to->n = fread(to->p, 1, YAML_BYTES_MAX, file);
    fclose(file);
    return true;
}

static void reads_the_format_examples(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *codes;
        const char *first_text;
    } rows[] = {
        {"refused/alias.yaml", "3:4 parse_error, 4:4 alias_forbidden", "anchors are refused"},
        {"refused/dup.yaml", "2:1 duplicate_key", "duplicate key `tenon`"},
        {"refused/flow-template.yaml", "8:32 parse_error",
         "expected ',' or '}', but got '{' (inside {...} or [...] put a template in quotes)"},
        {"refused/norway.yaml", "", ""},
        {"refused/typo.yaml", "", ""},
        {"accepted/ukg-pro-wfm.yaml", "", ""},
        {"accepted/sage-intacct.yaml", "", ""},
        {"accepted/planner.yaml", "", ""},
    };
    buf_t b;
    buf_init(&b, YAML_BYTES_MAX);
    for (size_t i = 0; i < COUNT(rows) && read_file(&b, rows[i].name); i++) {
        arena_t *arena = arena_new(0);
        heard_t h;
        heard_init(&h);
        yaml_read_in(arena, buf_view(&b), YAML_BYTES_MAX, on_fault, &h);
        check_buf(&h.codes, rows[i].codes);
        assert_true(str_starts(buf_view(&h.texts), str_of(rows[i].first_text)));
        heard_fini(&h);
        arena_free(arena);
    }
    buf_fini(&b);
}

static void follows_aliases_where_asked(void **state)
{
    (void)state;
    static const struct {
        const char *text, *tree, *codes;
    } rows[] = {
        {"a: &x {b: 1}\nc: *x\n", "{a: {b: 1}, c: {b: 1}}", ""},
        {"a: &x 1\nc: [*x, *x]\n", "{a: 1, c: [1, 1]}", ""},
        {"a: &x {b: 1, c: 2}\nd:\n  c: 3\n  <<: *x\n", "{a: {b: 1, c: 2}, d: {c: 3, b: 1}}", ""},
        {"a: &x 1\nb: &x 2\nc: *x\n", "{a: 1, b: 2, c: 2}", ""},
        {"<<: 1\n", "{<<: 1}", "1:1 alias_forbidden"},
        {"a: *x\n", "{a: *x}", "1:4 alias_unknown"},
        {"a: &x [*x]\n", NULL, "1:8 alias_forbidden"},
        {"a: &x 1\n*x : 2\n", NULL, "2:1 alias_forbidden"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        arena_t *arena = arena_new(0);
        heard_t h;
        heard_init(&h);
        check_tree(yaml_read_shared_in(arena, str_of(rows[i].text), YAML_BYTES_MAX, on_fault, &h),
                   rows[i].tree);
        check_buf(&h.codes, rows[i].codes);
        heard_fini(&h);
        arena_free(arena);
    }
}

/* Each list holds the one before ten times. */
static void bounds_what_aliases_stand_for(void **state)
{
    (void)state;
    buf_t b;
    heard_t h;
    arena_t *arena = arena_new(0);
    buf_init(&b, 1 << 16);
    buf_lit(&b, "l0: &l0 [1]\n");
    for (int i = 1; i < 40; i++) {
        buf_printf(&b, "l%d: &l%d [", i, i);
        for (int n = 0; n < 10; n++) {
            buf_printf(&b, "%s*l%d", n ? ", " : "", i - 1);
        }
        buf_lit(&b, "]\n");
    }
    heard_init(&h);
    assert_null(yaml_read_shared_in(arena, buf_view(&b), YAML_BYTES_MAX, on_fault, &h));
    assert_true(str_ends(buf_view(&h.codes), STR(" alias_forbidden")));
    heard_fini(&h);
    buf_fini(&b);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads),
        cmocka_unit_test(refuses_hostile_files),
        cmocka_unit_test(refuses),
        cmocka_unit_test(words_faults_for_authors),
        cmocka_unit_test(stops_at_the_depth),
        cmocka_unit_test(accepts_sixty_four_levels),
        cmocka_unit_test(bounds_long_files),
        cmocka_unit_test(ends_after_a_hundred_faults),
        cmocka_unit_test(finds_one_twin_among_many),
        cmocka_unit_test(knows_places),
        cmocka_unit_test(classifies_scalars),
        cmocka_unit_test(reads_the_format_examples),
        cmocka_unit_test(follows_aliases_where_asked),
        cmocka_unit_test(bounds_what_aliases_stand_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
