/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret_peek.h"
#include "seal/keyring.h"

/* 32 bytes in each of the forms people have them in. */
#define RAW                                                                                        \
    "\0\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"                               \
    "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa\xfb\xfc\xfd\xfe\xff"
#define HEX "000102030405060708090a0b0c0d0e0ff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
#define BASE64 "AAECAwQFBgcICQoLDA0OD/Dx8vP09fb3+Pn6+/z9/v8="
#define BASE64URL "AAECAwQFBgcICQoLDA0OD_Dx8vP09fb3-Pn6-_z9_v8"

static char folder[64];
static char path[128];

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/tenon-master-key-XXXXXX");
    if (!mkdtemp(folder)) {
        return -1;
    }
    (void)snprintf(path, sizeof path, "%s/master.key", folder);
    return 0;
}

static int drop_folder(void **state)
{
    (void)state;
    if (unlink(path) != 0) {
        (void)rmdir(path);
    }
    return rmdir(folder); /* fails where a draft was left behind */
}

static void put_file(str_t bytes, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.p, bytes.n), bytes.n);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void assert_raw(secret_t *key)
{
    assert_non_null(key);
    assert_true(str_eq(secret_peek(key), STR(RAW)));
    secret_unref(key);
}

static void assert_refused(str_t value, str_t file, str_t data_folder, err_code_t code)
{
    err_t err = ERR_INIT;
    assert_null(master_key_load(value, file, data_folder, false, &err));
    assert_int_equal(err.code, code);
    assert_true(err.text[0] != '\0');
}

static void reads_a_value(void **state)
{
    (void)state;
    static const str_t rows[] = {
        STR_INIT(HEX),
        STR_INIT("000102030405060708090A0B0C0D0E0FF0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF"),
        STR_INIT(HEX "\n"),
        STR_INIT("  " HEX " \r\n"),
        STR_INIT(BASE64),
        STR_INIT(BASE64 "\n"),
        STR_INIT(BASE64URL),
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        err_t err = ERR_INIT;
        assert_raw(master_key_load(rows[i], STR_NONE, STR("/nowhere"), false, &err));
    }
}

static void refuses_other_values(void **state)
{
    (void)state;
    static const str_t rows[] = {
        STR_INIT(""),
        STR_INIT("\n"),
        STR_INIT("correct horse battery staple"),
        STR_INIT("00010203"),
        STR_INIT(HEX "00"),
        STR_INIT("0001020304050607:08090a0b0c0d0e0ff0f1f2f3f4f5f6f7f8f9fafbfcfdfe"),
        STR_INIT("g00102030405060708090a0b0c0d0e0ff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"),
        STR_INIT("AAECAwQFBgcICQoLDA0OD/Dx8vP09fb3+Pn6+/z9/v=="),
        STR_INIT(BASE64 "AAAA"),
        STR_INIT(RAW), /* raw bytes cannot travel in an environment variable */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        err_t err = ERR_INIT;
        assert_null(master_key_load(rows[i], STR_NONE, STR("/nowhere"), true, &err));
        assert_int_equal(err.code, ERR_master_key_invalid);
        if (rows[i].n > 1) {
            assert_int_equal(str_find(str_of(err.text), str_slice(rows[i], 0, 8), 0), SIZE_MAX);
        }
    }
}

static void reads_a_file(void **state)
{
    (void)state;
    static const str_t rows[] = {
        STR_INIT(RAW),
        STR_INIT(RAW "\n"),
        STR_INIT(HEX),
        STR_INIT(HEX "\n"),
        STR_INIT(BASE64),
        STR_INIT(BASE64 "\r\n"),
        STR_INIT(BASE64URL "\n"),
    };
    static const mode_t modes[] = {0600, 0400, 0700};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        err_t err = ERR_INIT;
        put_file(rows[i], modes[i % 3]);
        assert_raw(master_key_load(STR_NONE, str_of(path), STR("/nowhere"), false, &err));
        assert_raw(master_key_load(STR_NONE, STR_NONE, str_of(folder), true, &err));
        assert_int_equal(unlink(path), 0);
    }
}

static void keeps_a_raw_key_that_ends_in_a_newline(void **state)
{
    (void)state;
    static const char raw[] = "0123456789abcdef0123456789abcde\n";
    err_t err = ERR_INIT;
    put_file(str_of(raw), 0600);
    secret_t *key = master_key_load(STR_NONE, str_of(path), STR_NONE, false, &err);
    assert_non_null(key);
    assert_true(str_is(secret_peek(key), raw));
    secret_unref(key);
}

static void refuses_files_without_a_key(void **state)
{
    (void)state;
    char large[5000];
    memset(large, 'a', sizeof large);
    const str_t rows[] = {
        STR(""),      STR("\n"),       STR("short"),
        STR(HEX HEX), STR(RAW "\n\n"), str_at(large, sizeof large),
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put_file(rows[i], 0600);
        assert_refused(STR_NONE, str_of(path), STR_NONE, ERR_master_key_invalid);
        assert_refused(STR_NONE, STR_NONE, str_of(folder), ERR_master_key_invalid);
    }
}

static void refuses_files_that_others_can_read(void **state)
{
    (void)state;
    static const mode_t modes[] = {0640, 0620, 0610, 0604, 0602, 0601, 0644, 0666, 0440, 0777};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        char fix[256];
        err_t err = ERR_INIT;
        put_file(STR(HEX "\n"), modes[i]);
        assert_null(master_key_load(STR_NONE, str_of(path), STR_NONE, false, &err));
        assert_int_equal(err.code, ERR_master_key_permissions);
        (void)snprintf(fix, sizeof fix, "chmod 600 %s", path);
        assert_non_null(strstr(err.text, fix));
        assert_refused(STR_NONE, STR_NONE, str_of(folder), ERR_master_key_permissions);
        assert_int_equal(unlink(path), 0);
    }
}

static void refuses_the_file_of_another_user(void **state)
{
    (void)state;
    put_file(STR(HEX "\n"), 0600);
    if (geteuid() != 0 || chown(path, 65534, 65534) != 0) {
        skip(); /* only root can give a file away */
    }
    assert_refused(STR_NONE, str_of(path), STR_NONE, ERR_master_key_permissions);
}

/* As systemd hands over a credential: root's, readable for the service by an access list. Here root's
 * group stands in for the list. */
static void takes_a_file_of_root_that_only_root_shares(void **state)
{
    (void)state;
    static const struct {
        mode_t mode;
        bool taken;
    } rows[] = {{0400, false}, {0440, true}, {0640, true}, {0444, false}, {0460, false}};
    if (geteuid() != 0 || getegid() != 0) {
        skip();
    }
    assert_int_equal(chmod(folder, 0755), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        err_t err = ERR_INIT;
        put_file(STR(HEX "\n"), rows[i].mode);
        assert_int_equal(seteuid(65534), 0);
        secret_t *key = master_key_load(STR_NONE, str_of(path), STR_NONE, false, &err);
        assert_int_equal(seteuid(0), 0);
        assert_int_equal(key != NULL, rows[i].taken);
        secret_unref(key);
        assert_int_equal(unlink(path), 0);
    }
}

static void refuses_what_is_no_regular_file(void **state)
{
    (void)state;
    char target[160];
    (void)snprintf(target, sizeof target, "%s/target", folder);
    put_file(STR(HEX "\n"), 0600);
    assert_int_equal(rename(path, target), 0);
    assert_int_equal(symlink(target, path), 0);
    assert_refused(STR_NONE, str_of(path), STR_NONE, ERR_master_key_permissions);
    assert_refused(STR_NONE, STR_NONE, str_of(folder), ERR_master_key_permissions);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unlink(target), 0);
    assert_int_equal(mkfifo(path, 0600), 0); /* and does not wait for a writer */
    assert_refused(STR_NONE, str_of(path), STR_NONE, ERR_master_key_permissions);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_refused(STR_NONE, str_of(path), STR_NONE, ERR_master_key_permissions);
}

static void says_what_is_missing(void **state)
{
    (void)state;
    char long_path[PATH_MAX + 10];
    memset(long_path, 'a', sizeof long_path);
    assert_refused(STR_NONE, STR("/nowhere/key"), str_of(folder), ERR_configuration);
    assert_refused(STR_NONE, STR(""), str_of(folder), ERR_configuration);
    assert_refused(STR_NONE, STR_NONE, str_of(folder), ERR_configuration); /* may not make one */
    assert_refused(STR_NONE, STR_NONE, str_at(long_path, sizeof long_path), ERR_configuration);
    err_t err = ERR_INIT;
    assert_null(master_key_load(STR_NONE, STR_NONE, STR("/nowhere"), true, &err));
    assert_int_equal(err.code, ERR_configuration);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void makes_a_key_once(void **state)
{
    (void)state;
    struct stat about;
    err_t err = ERR_INIT;
    mode_t before = umask(0);
    secret_t *made = master_key_load(STR_NONE, STR_NONE, str_of(folder), true, &err);
    (void)umask(before);
    assert_non_null(made);
    assert_int_equal(secret_peek(made).n, MASTER_KEY_BYTES);
    assert_int_equal(lstat(path, &about), 0);
    assert_int_equal(about.st_mode, S_IFREG | 0600);
    assert_int_equal(about.st_size, 65);
    assert_int_equal(about.st_nlink, 1);
    for (int may_make = 0; may_make < 2; may_make++) {
        secret_t *again = master_key_load(STR_NONE, STR_NONE, str_of(folder), may_make, &err);
        assert_true(secret_equal(made, again));
        secret_unref(again);
    }
    assert_int_equal(unlink(path), 0);
    secret_t *other = master_key_load(STR_NONE, STR_NONE, str_of(folder), true, &err);
    assert_non_null(other);
    assert_false(secret_equal(made, other));
    secret_unref(made);
    secret_unref(other);
}

static void makes_a_closed_file_under_a_strict_umask(void **state)
{
    (void)state;
    struct stat about;
    err_t err = ERR_INIT;
    mode_t before = umask(0777);
    secret_t *made = master_key_load(STR_NONE, STR_NONE, str_of(folder), true, &err);
    (void)umask(before);
    assert_non_null(made);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0600);
    secret_unref(made);
}

static void takes_the_first_source_that_is_given(void **state)
{
    (void)state;
    err_t err = ERR_INIT;
    put_file(STR("1111111111111111111111111111111111111111111111111111111111111111"), 0600);
    assert_raw(master_key_load(STR(HEX), str_of(path), str_of(folder), true, &err));
    assert_refused(STR("wrong"), str_of(path), str_of(folder), ERR_master_key_invalid);
    assert_refused(STR_NONE, STR("/nowhere/key"), str_of(folder), ERR_configuration);
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, drop_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_value),
        cmocka_unit_test(refuses_other_values),
        IN_A_FOLDER(reads_a_file),
        IN_A_FOLDER(keeps_a_raw_key_that_ends_in_a_newline),
        IN_A_FOLDER(refuses_files_without_a_key),
        IN_A_FOLDER(refuses_files_that_others_can_read),
        IN_A_FOLDER(refuses_the_file_of_another_user),
        IN_A_FOLDER(takes_a_file_of_root_that_only_root_shares),
        IN_A_FOLDER(refuses_what_is_no_regular_file),
        IN_A_FOLDER(says_what_is_missing),
        IN_A_FOLDER(makes_a_key_once),
        IN_A_FOLDER(makes_a_closed_file_under_a_strict_umask),
        IN_A_FOLDER(takes_the_first_source_that_is_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
