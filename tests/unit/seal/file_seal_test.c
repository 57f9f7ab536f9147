/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "seal/file_seal.h"
#include "seal/keyring.h"

static secret_t *master;

static int make_master(void **state)
{
    (void)state;
    master = secret_new(STR("0123456789abcdef0123456789abcdef"));
    return 0;
}

static int drop_master(void **state)
{
    (void)state;
    secret_unref(master);
    return 0;
}

/* A file without a name, with so many bytes. */
static FILE *file_of(size_t n)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    for (size_t i = 0; i < n; i++) {
        assert_int_not_equal(fputc((int)(i * 7 % 251), file), EOF);
    }
    assert_int_equal(fflush(file), 0);
    return file;
}

static err_code_t check(FILE *file, const secret_t *key, file_seal_t *seal)
{
    err_t err = ERR_INIT;
    bool ok = file_seal_check(fileno(file), key, seal, &err);
    assert_int_equal(ok, !err_is_set(&err));
    return err.code;
}

static void knows_what_it_sealed(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 71, 72, 65535, 65536, 200000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        FILE *file = file_of(sizes[i]);
        err_t err = ERR_INIT;
        file_seal_t seal;
        char id[17];
        assert_true(file_seal_add(fileno(file), master, 1700000000123, &err));
        assert_int_equal(lseek(fileno(file), 0, SEEK_END), (off_t)sizes[i] + FILE_SEAL_BYTES);
        assert_int_equal(check(file, master, &seal), ERR_none);
        assert_int_equal(seal.bytes, sizes[i]);
        assert_int_equal(seal.made_at_ms, 1700000000123);
        master_key_id(master, id);
        assert_string_equal(seal.master_key, id);
        fclose(file);
    }
}

static void refuses_every_altered_byte(void **state)
{
    (void)state;
    enum { SIZE = 300 };
    FILE *file = file_of(SIZE);
    err_t err = ERR_INIT;
    file_seal_t seal;
    assert_true(file_seal_add(fileno(file), master, 1, &err));
    for (off_t at = 0; at < SIZE + FILE_SEAL_BYTES; at++) {
        char byte, other;
        assert_int_equal(pread(fileno(file), &byte, 1, at), 1);
        other = (char)(byte ^ 1);
        assert_int_equal(pwrite(fileno(file), &other, 1, at), 1);
        err_code_t code = check(file, master, &seal);
        assert_true(code == ERR_backup_damaged || code == ERR_master_key_mismatch);
        assert_int_equal(pwrite(fileno(file), &byte, 1, at), 1);
    }
    assert_int_equal(check(file, master, &seal), ERR_none);
    for (off_t size = 0; size < SIZE + FILE_SEAL_BYTES; size += 7) {
        assert_int_equal(ftruncate(fileno(file), SIZE + FILE_SEAL_BYTES - 1 - size), 0);
        assert_int_equal(check(file, master, &seal), ERR_backup_damaged);
    }
    fclose(file);
}

static void names_another_master_key(void **state)
{
    (void)state;
    FILE *file = file_of(10);
    err_t err = ERR_INIT;
    file_seal_t seal;
    secret_t *other = master_key_draw();
    assert_true(file_seal_add(fileno(file), master, 1, &err));
    assert_int_equal(check(file, other, &seal), ERR_master_key_mismatch);
    secret_unref(other);
    fclose(file);
}

static void refuses_what_is_no_file(void **state)
{
    (void)state;
    int ends[2];
    err_t err = ERR_INIT;
    file_seal_t seal;
    assert_int_equal(pipe(ends), 0);
    assert_false(file_seal_check(ends[0], master, &seal, &err));
    assert_int_equal(err.code, ERR_backup_damaged);
    close(ends[0]);
    close(ends[1]);
    err = ERR_INIT;
    assert_false(file_seal_check(-1, master, &seal, &err));
    assert_int_equal(err.code, ERR_store_failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_what_it_sealed),
        cmocka_unit_test(refuses_every_altered_byte),
        cmocka_unit_test(names_another_master_key),
        cmocka_unit_test(refuses_what_is_no_file),
    };
    return cmocka_run_group_tests_name("seal/file_seal", tests, make_master, drop_master);
}
