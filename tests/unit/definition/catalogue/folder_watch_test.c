/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "definition/catalogue/folder_watch.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

/* What was told: a letter for each kind of news, a name behind it. Repeated news are written once.
 */
typedef struct told {
    char text[512];
    char last[80];
    unsigned all;
} told_t;

static void on_news(void *context, news_t news, str_t name)
{
    static const char letters[] = {[NEWS_CREATED] = '+',
                                   [NEWS_WRITING] = '.',
                                   [NEWS_WRITTEN] = '!',
                                   [NEWS_TOUCHED] = '~',
                                   [NEWS_ALL] = '*'};
    told_t *told = context;
    char one[80];
    told->all += news == NEWS_ALL;
    (void)snprintf(one, sizeof one, "%c%.*s", letters[news], STR_ARG(name));
    if (strcmp(one, told->last) != 0 && strlen(told->text) + strlen(one) + 2 < sizeof told->text) {
        strcat(strcat(told->text, told->text[0] ? " " : ""), one);
    }
    strcpy(told->last, one);
}

/* --- in a folder of their own, which holds `watched` --- */

static char start[512];
static char root[64];

static int set_up(void **state)
{
    strcpy(root, "/tmp/folder_watch_test.XXXXXX");
    if (!getcwd(start, sizeof start) || !mkdtemp(root) || chdir(root) != 0 ||
        mkdir("watched", 0700) != 0) {
        return -1;
    }
    *state = folder_watch_new("watched");
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    char command[100];
    folder_watch_free(*state);
    (void)snprintf(command, sizeof command, "rm -rf %s", root);
    return chdir(start) == 0 && system(command) == 0 ? 0 : -1;
}

static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void make_file(void)
{
    write_file("watched/a", "text");
}

static void write_again(void)
{
    write_file("watched/a", "other text");
}

static void move_away(void)
{
    assert_int_equal(rename("watched/a", "elsewhere"), 0);
}

static void move_back(void)
{
    assert_int_equal(rename("elsewhere", "watched/a"), 0);
}

static void change_mode(void)
{
    assert_int_equal(chmod("watched/a", 0644), 0);
}

static void remove_file(void)
{
    assert_int_equal(unlink("watched/a"), 0);
}

static void make_link(void)
{
    assert_int_equal(symlink("nowhere", "watched/b"), 0);
}

static void write_beside(void)
{
    write_file("beside", "text");
}

static void change_folder(void)
{
    assert_int_equal(chmod("watched", 0755), 0);
}

static void rename_folder(void)
{
    assert_int_equal(rename("watched", "old"), 0);
}

static void make_folder(void)
{
    assert_int_equal(mkdir("watched", 0700), 0);
}

static const struct {
    void (*act)(void);
    const char *told;
    bool renew; /* afterwards */
} rows[] = {
    {make_file, "+a .a !a", false}, {write_again, ".a !a", false},
    {change_mode, "~a", false},     {move_away, "!a", false},
    {move_back, "!a", false},       {make_link, "+b", false},
    {remove_file, "!a", false},     {write_beside, "", false},
    {change_folder, "*", false},    {rename_folder, "*", false},
    {make_folder, "*", true},       {make_file, "+a .a !a", false}, /* in the new one */
};

static void test_news(void **state)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        told_t told = {.all = 0};
        rows[i].act();
        folder_watch_read(*state, on_news, &told);
        if (strcmp(told.text, rows[i].told) != 0) {
            fail_msg("row %zu: expected \"%s\", got \"%s\"", i, rows[i].told, told.text);
        }
        if (rows[i].renew) {
            assert_true(folder_watch_renew(*state));
        }
    }
}

static void test_a_folder_that_is_away(void **state)
{
    told_t told = {.all = 0};
    assert_int_equal(rmdir("watched"), 0);
    folder_watch_read(*state, on_news, &told);
    assert_true(told.all > 0);
    assert_false(folder_watch_renew(*state));
    assert_int_equal(mkdir("watched", 0700), 0);
    told = (told_t){.all = 0};
    folder_watch_read(*state, on_news, &told);
    assert_true(told.all > 0);
    assert_true(folder_watch_renew(*state));
}

/* More news than the kernel keeps: everything may have changed. */
static void test_overflow(void **state)
{
    FILE *limit_file = fopen("/proc/sys/fs/inotify/max_queued_events", "re");
    unsigned limit = 0;
    if (!limit_file || fscanf(limit_file, "%u", &limit) != 1 || limit > 100000) {
        print_message("skipped: the kernel keeps %u events\n", limit);
    } else {
        told_t told = {.all = 0};
        for (unsigned i = 0; i < limit / 2 + 10; i++) {
            assert_int_equal(symlink("nowhere", "watched/c"), 0);
            assert_int_equal(unlink("watched/c"), 0);
        }
        folder_watch_read(*state, on_news, &told);
        assert_int_equal(told.all, 1);
    }
    if (limit_file) {
        fclose(limit_file);
    }
}

/* However the folder is written. */
static void test_spellings(void **state)
{
    (void)state;
    char whole[100];
    (void)snprintf(whole, sizeof whole, "%s//watched///", root);
    const struct {
        const char *folder;
        bool has_parent;
    } spellings[] = {{"watched", true},
                     {"watched/", true},
                     {"./watched", true},
                     {"watched/.", false},
                     {whole, true}};
    for (size_t i = 0; i < COUNT(spellings); i++) {
        told_t told = {.all = 0};
        folder_watch_t *w = folder_watch_new(spellings[i].folder);
        assert_non_null(w);
        assert_true(folder_watch_fd(w) >= 0);
        make_file();
        remove_file();
        folder_watch_read(w, on_news, &told);
        assert_string_equal(told.text, "+a .a !a");
        rename_folder();
        told = (told_t){.all = 0};
        make_folder();
        folder_watch_read(w, on_news, &told);
        assert_int_equal(told.all, spellings[i].has_parent ? 3 : 1);
        folder_watch_free(w);
        assert_int_equal(rmdir("old"), 0);
    }
    assert_null(folder_watch_new("none"));
    assert_null(folder_watch_new(""));
    folder_watch_t *top = folder_watch_new("/");
    assert_non_null(top);
    folder_watch_free(top);
    folder_watch_free(NULL);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_news),
        IN_FOLDER(test_a_folder_that_is_away),
        IN_FOLDER(test_overflow),
        IN_FOLDER(test_spellings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
