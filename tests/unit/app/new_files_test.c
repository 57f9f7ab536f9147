/* SPDX-License-Identifier: MIT */
#include "app/new_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/files.h"

enum { FILE_MAX = 1 << 16 };

static char folder[] = "/tmp/tenon-new-files-XXXXXX";
static arena_t *arena;

static const char *at(const char *name)
{
    return arena_printf(arena, "%s/%s", folder, name).p;
}

static bool holds(const char *name, const char *text)
{
    buf_t bytes;
    err_t err = ERR_INIT;
    buf_init(&bytes, FILE_MAX);
    bool same = file_read(at(name), &bytes, &err) && str_is(buf_view(&bytes), text);
    buf_fini(&bytes);
    err_fini(&err);
    return same;
}

static size_t count_files(void)
{
    size_t count = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        count += !str_is(str_of(entry->d_name), ".") && !str_is(str_of(entry->d_name), "..");
    }
    closedir(dir);
    return count;
}

static bool put(const char *first, const char *second, const char *text)
{
    const new_file_t files[] = {{at(first), str_of(text)}, {at(second), str_of(text)}};
    err_t err = ERR_INIT;
    bool ok = new_files_put(arena, files, 2, &err);
    assert_true(ok || err.code == ERR_configuration);
    err_fini(&err);
    return ok;
}

static void test_all_or_none(void **state)
{
    (void)state;
    assert_true(put("a", "b", "one"));
    assert_true(holds("a", "one") && holds("b", "one"));
    assert_false(put("a", "none/b", "two"));
    assert_true(holds("a", "one"));
    assert_int_equal(mkdir(at("dir"), 0700), 0);
    assert_false(put("b", "dir", "two"));
    assert_true(holds("b", "one"));
    assert_int_equal(count_files(), 3);
}

static void test_links_are_followed(void **state)
{
    struct stat status;
    (void)state;
    assert_int_equal(chmod(at("a"), 0640), 0);
    assert_int_equal(symlink("a", at("link")), 0);
    assert_true(put("link", "b", "two"));
    assert_true(holds("a", "two"));
    assert_int_equal(lstat(at("link"), &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_int_equal(stat(at("a"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
}

/* A pipe stays one. */
static void test_what_is_no_regular_file_is_written_as_it_is(void **state)
{
    struct stat status;
    char text[8];
    err_t err = ERR_INIT;
    (void)state;
    assert_int_equal(mkfifo(at("pipe"), 0600), 0);
    int fd = open(at("pipe"), O_RDWR | O_CLOEXEC);
    const new_file_t file = {at("pipe"), STR("told")};
    assert_true(new_files_put(arena, &file, 1, &err));
    assert_int_equal(read(fd, text, sizeof text), 4);
    close(fd);
    assert_int_equal(lstat(at("pipe"), &status), 0);
    assert_true(S_ISFIFO(status.st_mode));
}

static void test_one_that_is_there_is_not_replaced(void **state)
{
    err_t err = ERR_INIT;
    size_t before = count_files();
    (void)state;
    assert_true(new_file_make(arena, at("made"), STR("one"), &err));
    assert_false(new_file_make(arena, at("made"), STR("two"), &err));
    assert_int_equal(err.code, ERR_configuration);
    assert_true(holds("made", "one"));
    assert_int_equal(count_files(), before + 1);
    err_fini(&err);
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(0);
    return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    static const char *const names[] = {"a", "b", "link", "pipe", "made"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)unlink(at(names[i]));
    }
    (void)rmdir(at("dir"));
    int status = rmdir(folder); /* nothing is left beside */
    arena_free(arena);
    return status;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_or_none),
        cmocka_unit_test(test_links_are_followed),
        cmocka_unit_test(test_what_is_no_regular_file_is_written_as_it_is),
        cmocka_unit_test(test_one_that_is_there_is_not_replaced),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
