/* SPDX-License-Identifier: MIT */
/* How a file of a key is read and made is in master_key_test.c; here: how it is replaced. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "seal/private_file.h"

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/tenon-private-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"k", "k.next", "k.before"};
    for (size_t i = 0; i < 3; i++) {
        (void)unlink(path_of(names[i]));
    }
    return rmdir(folder);
}

/* NULL where there is none. */
static void assert_file(const char *name, const char *expected)
{
    buf_t bytes;
    err_t err = ERR_INIT;
    bool missing = false;
    buf_init_wiping(&bytes, 64);
    bool read = private_file_read(path_of(name), &bytes, &missing, &err);
    assert_int_equal(missing, expected == NULL);
    assert_int_equal(read, expected != NULL);
    if (expected) {
        struct stat status;
        assert_string_equal(buf_c(&bytes), expected);
        assert_int_equal(stat(path_of(name), &status), 0);
        assert_int_equal(status.st_mode & 07777, 0600);
    }
    buf_fini(&bytes);
}

static void draft(const char *bytes)
{
    err_t err = ERR_INIT;
    assert_true(private_file_draft(folder, "k", str_of(bytes), &err));
}

static void put_draft(void)
{
    err_t err = ERR_INIT;
    assert_true(private_file_put_draft(folder, "k", &err));
}

static void replaces_and_keeps_the_one_before(void **state)
{
    (void)state;
    draft("first");
    assert_file("k", NULL); /* not before it is put there */
    put_draft();
    assert_file("k", "first");
    assert_file("k.before", NULL);
    draft("left over");
    draft("second");
    assert_file("k", "first");
    put_draft();
    assert_file("k", "second");
    assert_file("k.before", "first");
    draft("third");
    put_draft();
    assert_file("k.before", "second");
    assert_file("k.next", NULL);
}

static void tells_what_is_wrong(void **state)
{
    (void)state;
    err_t err = ERR_INIT;
    buf_t bytes;
    assert_false(private_file_put_draft(folder, "k", &err)); /* there is no draft */
    assert_int_equal(err.code, ERR_configuration);
    err = ERR_INIT;
    assert_false(private_file_draft("/nowhere", "k", STR("x"), &err));
    assert_non_null(strstr(err.text, "/nowhere"));
    draft("more than eight");
    put_draft();
    buf_init_wiping(&bytes, 8);
    err = ERR_INIT;
    assert_false(private_file_read(path_of("k"), &bytes, NULL, &err));
    assert_int_equal(err.code, ERR_master_key_invalid);
    buf_fini(&bytes);
    assert_int_equal(chmod(path_of("k"), 0640), 0);
    buf_init_wiping(&bytes, 64);
    err = ERR_INIT;
    assert_false(private_file_read(path_of("k"), &bytes, NULL, &err));
    assert_int_equal(err.code, ERR_master_key_permissions);
    buf_fini(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(replaces_and_keeps_the_one_before, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(tells_what_is_wrong, make_folder, remove_folder),
    };
    return cmocka_run_group_tests_name("seal/private_file", tests, NULL, NULL);
}
