/* SPDX-License-Identifier: MIT */
/* Every way to change the files that we thought of, and what is said of it. */
#include "rig.h"

enum { LINES = 10, FILE_MAX = 256 * 1024 };

typedef struct file {
    char bytes[FILE_MAX];
    size_t n;
    char *lines[64]; /* each NUL-terminated, without its end */
    size_t count;
} file_t;

static file_t file; /* as it was, then as it is made */

static void read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    file.n = fread(file.bytes, 1, sizeof file.bytes - 1, f);
    fclose(f);
    file.bytes[file.n] = '\0';
    file.count = 0;
    for (char *at = file.bytes; *at;) {
        char *end = strchr(at, '\n');
        assert_non_null(end);
        *end = '\0';
        file.lines[file.count++] = at;
        at = end + 1;
    }
}

static void write_file(const char *path, const char *more)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    for (size_t i = 0; i < file.count; i++) {
        fprintf(f, "%s\n", file.lines[i]);
    }
    fputs(more, f);
    fclose(f);
}

static void drop(size_t from, size_t count)
{
    memmove(&file.lines[from], &file.lines[from + count],
            (file.count - from - count) * sizeof *file.lines);
    file.count -= count;
}

static void insert(size_t at, char *line)
{
    memmove(&file.lines[at + 1], &file.lines[at], (file.count - at) * sizeof *file.lines);
    file.lines[at] = line;
    file.count++;
}

/* --- the ways; lines count from 0 here --- */

static void nothing(void)
{
}
static void edit(void)
{
    memcpy(strstr(file.lines[3], "done"), "dome", 4);
}
static void edit_first(void)
{
    memcpy(strstr(file.lines[0], "host"), "hose", 4);
}
static void edit_last(void)
{
    memcpy(strstr(file.lines[LINES - 1], "done"), "dome", 4);
}
static void edit_number(void)
{
    *strstr(file.lines[3], "4,") = '3';
}
static void edit_mac(void)
{
    char *digit = strstr(file.lines[3], "\"mac\":\"") + 7;
    *digit = *digit == '0' ? '1' : '0';
}
static void shout_mac(void)
{
    for (char *c = strstr(file.lines[3], "\"mac\":\"") + 7; *c; c++) {
        *c = *c >= 'a' && *c <= 'f' ? (char)(*c - 32) : *c;
    }
}
static void add_blank(void)
{
    static char longer[4096];
    snprintf(longer, sizeof longer, "%s ", file.lines[3]);
    file.lines[3] = longer;
}
static void drop_one(void)
{
    drop(3, 1);
}
static void drop_first(void)
{
    drop(0, 1);
}
static void drop_last(void)
{
    drop(LINES - 1, 1);
}
static void drop_tail(void)
{
    drop(LINES - 3, 3);
}
static void drop_all(void)
{
    file.count = 0;
}
static void swap(void)
{
    char *line = file.lines[3];
    file.lines[3] = file.lines[4];
    file.lines[4] = line;
}
static void repeat(void)
{
    insert(4, file.lines[3]);
}
static void repeat_later(void)
{
    insert(LINES, file.lines[3]);
}
static void replace_by_another(void)
{
    static char copy[4096];
    snprintf(copy, sizeof copy, "{\"seq\":5,%s", strchr(file.lines[3], ',') + 1);
    file.lines[4] = copy;
}
static void append_forged(void)
{
    static char forged[4096];
    snprintf(forged, sizeof forged, "{\"seq\":%d,%s", LINES + 1, strchr(file.lines[3], ',') + 1);
    insert(LINES, forged);
}
static void append_nonsense(void)
{
    static char nonsense[] = "{\"what\":\"key.revoked\"}";
    insert(LINES, nonsense);
}
static void append_empty(void)
{
    static char empty[] = "";
    insert(LINES, empty);
}
static void cut_in_two(void)
{
    char *middle = strstr(file.lines[3], "\"actor\"");
    insert(4, middle + 1);
    *middle = '\0';
}

static const struct {
    const char *name;
    void (*change)(void);
    const char *more;   /* behind the last line */
    const char *reason; /* NULL: it is well */
    int seq;
} WAYS[] = {
    {"nothing", nothing, "", NULL, 0},
    {"half a line at the end", nothing, "{\"seq\":11,\"id\":\"x", NULL, 0},
    {"a byte", edit, "", "line_changed", 4},
    {"a byte of the first line", edit_first, "", "line_changed", 1},
    {"a byte of the last line", edit_last, "", "line_changed", LINES},
    {"a number", edit_number, "", "line_twice", 3},
    {"a digit of the mac", edit_mac, "", "line_changed", 4},
    {"the mac's digits in capitals", shout_mac, "", "line_unreadable", 4},
    {"a blank behind a line", add_blank, "", "line_unreadable", 4},
    {"a line taken away", drop_one, "", "lines_missing", 4},
    {"the first line taken away", drop_first, "", "lines_missing", 1},
    {"the last line taken away", drop_last, "", "lines_missing", LINES},
    {"the last three taken away", drop_tail, "", "lines_missing", LINES - 2},
    {"all taken away", drop_all, "", "lines_missing", 1},
    {"two lines swapped", swap, "", "lines_missing", 4},
    {"a line twice", repeat, "", "line_twice", 4},
    {"a line again at the end", repeat_later, "", "line_misplaced", 4},
    {"a line in another's place", replace_by_another, "", "line_changed", 5},
    {"a forged line", append_forged, "", "line_changed", LINES + 1},
    {"what is no line", append_nonsense, "", "line_unreadable", LINES + 1},
    {"an empty line", append_empty, "", "line_unreadable", LINES + 1},
    {"a line end in a line", cut_in_two, "", "line_unreadable", 4},
};

static void check(rig_t *r, const char *name, const char *reason, int seq)
{
    json_t *report = rig_verify(r);
    const json_t *fault = json_object_get(report, "fault");
    str_t is = json_member(fault, "reason");
    if (!str_eq(is, str_of(reason)) ||
        json_integer_value(json_object_get(fault, "seq")) != (reason ? seq : 0) ||
        json_is_true(json_object_get(report, "ok")) != !reason) {
        char *text = json_dumps(report, 0);
        print_error("%s: %s\n", name, text);
        free(text);
        fail();
    }
    json_decref(report);
}

/* What is left behind the end, save half a line, is not ours: the host goes on elsewhere, and it
 * stays to be seen. */
static void check_after_a_start(rig_t *r, const char *name, const char *reason, int seq)
{
    rig_close(r);
    rig_open(r);
    rig_write(r, "later", 2);
    check(r, name, reason, seq);
}

static void tells_every_way(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof WAYS / sizeof *WAYS; i++) {
        rig_t r;
        rig_init(&r);
        rig_open(&r);
        rig_write(&r, "thing", LINES - 1); /* the first one tells that it begins */
        const char *path = rig_file(&r, 0);
        read_file(path);
        assert_int_equal(file.count, LINES);
        WAYS[i].change();
        write_file(path, WAYS[i].more);
        check(&r, WAYS[i].name, WAYS[i].reason, WAYS[i].seq);
        check_after_a_start(&r, WAYS[i].name, WAYS[i].reason, WAYS[i].seq);
        rig_close(&r);
        rig_fini(&r);
    }
}

static void tells_of_files(void **state)
{
    rig_t r;
    char first[256], other[256];
    (void)state;
    rig_init(&r);
    r.bytes_max = 64 * 1024; /* segments of 8 KiB */
    rig_open(&r);
    for (int i = 0; i < 4; i++) {
        char prefix[16];
        snprintf(prefix, sizeof prefix, "p%d-", i);
        rig_write(&r, prefix, 40);
    }
    rig_assert_well(&r);
    assert_true(r.trail.segments.count >= 3);
    int second = (int)r.trail.segments.list[1].first_seq,
        third = (int)r.trail.segments.list[2].first_seq;
    snprintf(first, sizeof first, "%s", rig_file(&r, 1));
    snprintf(other, sizeof other, "%s/aside", r.folder);
    assert_int_equal(rename(first, other), 0); /* a name that is none of ours is not looked at */
    check(&r, "a file taken away", "lines_missing", second);
    assert_int_equal(symlink(other, first), 0);
    check(&r, "a link to it", "file_unreadable", second);
    assert_int_equal(unlink(first), 0);
    assert_int_equal(rename(other, first), 0);
    rig_assert_well(&r);
    snprintf(other, sizeof other, "%s/trail-%012d-001.jsonl", r.folder, third);
    assert_int_equal(link(first, other), 0);
    check(&r, "a copy of it later", "line_misplaced", second);
    assert_int_equal(unlink(other), 0);
    rig_assert_well(&r);
    assert_int_equal(truncate(rig_file(&r, 0), 700), 0);
    check(&r, "half a line in an older file", "line_unreadable", 4);
    rig_close(&r);
    rig_fini(&r);
}

/* The store's record is gone: what was before cannot be verified, and that is said, start after
 * start. */
static void tells_of_a_lost_state(void **state)
{
    rig_t r;
    answer_t a = {.count = 0};
    (void)state;
    rig_init(&r);
    rig_open(&r);
    rig_write(&r, "thing", 3);
    write_now(r.store, change_delete("meta", "audit"), &a);
    answer_fini(&a);
    check_after_a_start(&r, "no state", "not_verifiable", 1);
    check_after_a_start(&r, "no state", "not_verifiable", 1);
    rig_close(&r);
    rig_fini(&r);
}

/* Nobody makes lines by writing into the store. */
static void takes_no_line_from_others(void **state)
{
    rig_t r;
    answer_t a = {.count = 0};
    (void)state;
    rig_init(&r);
    rig_open(&r);
    write_now(r.store, change_put("audit", "forged", 1, "{\"what\":\"key.created\"}"), &a);
    answer_fini(&a);
    assert_true(rig_move(&r));
    json_t *page = rig_lines(&r, (audit_query_t){.limit = 0});
    const json_t *lines = json_object_get(page, "lines");
    assert_int_equal(json_array_size(lines), 2);
    assert_true(str_is(json_member(json_array_get(lines, 1), "what"), "audit.unreadable"));
    json_decref(page);
    rig_assert_well(&r);
    rig_close(&r);
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_every_way),
        cmocka_unit_test(tells_of_files),
        cmocka_unit_test(tells_of_a_lost_state),
        cmocka_unit_test(takes_no_line_from_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
