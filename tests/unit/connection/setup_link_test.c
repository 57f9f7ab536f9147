/* SPDX-License-Identifier: MIT */
/* The link by which the first admin comes in: once, for a while, and only where there is nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "connection/setup_link.h"

enum { LIFE_MS = SETUP_LINK_LIFE_S * 1000 };

static const char *a_file(const char *folder)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/setup", folder);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    close(fd);
    return path;
}

static void works_once(void **state)
{
    const char *file = a_file(*state);
    setup_link_t l = {.file = NULL};
    assert_false(setup_link_take(&l, STR("code"), 0));
    setup_link_open(&l, STR("code"), file, 1000);
    assert_false(setup_link_take(&l, STR("cod"), 1001));
    assert_false(setup_link_take(&l, STR(""), 1001));
    assert_true(setup_link_take(&l, STR("code"), 1001));
    assert_false(setup_link_take(&l, STR("code"), 1001));
    setup_link_give_back(&l);
    assert_true(setup_link_take(&l, STR("code"), 1002));
    assert_int_equal(access(file, F_OK), 0);
    setup_link_close(&l);
    assert_int_not_equal(access(file, F_OK), 0);
    assert_false(setup_link_take(&l, STR("code"), 1003));
    setup_link_close(&l);
}

static void ends_by_itself(void **state)
{
    const char *file = a_file(*state);
    setup_link_t l;
    setup_link_open(&l, STR("code"), file, 1000);
    setup_link_sweep(&l, 1000 + LIFE_MS - 1);
    assert_int_equal(access(file, F_OK), 0);
    assert_false(setup_link_take(&l, STR("code"), 1000 + LIFE_MS));
    setup_link_sweep(&l, 1000 + LIFE_MS);
    assert_int_not_equal(access(file, F_OK), 0);
    assert_false(setup_link_take(&l, STR("code"), 1000));
}

/* --- is there an admin? --- */

static str_t key_text(const char *role, int64_t expires_at_ms)
{
    static char plain[256];
    int n = snprintf(plain, sizeof plain,
                     "{\"role\":\"%s\",\"connections\":[],\"rights\":[],\"expires_at_ms\":%lld,"
                     "\"digest\":\"%064d\"}",
                     role, (long long)expires_at_ms, 0);
    return str_at(plain, (size_t)n);
}

static store_change_t put(const char *id, str_t plain)
{
    return (store_change_t){
        .verb = STORE_PUT,
        .record = {.kind = STR("key"), .id = str_of(id), .generation = 1, .plain = plain}};
}

static void put_key(store_t *store, const char *id, const char *role, int64_t expires_at_ms)
{
    const store_change_t change = put(id, key_text(role, expires_at_ms));
    store_write_now(store, &change, 1, NULL, NULL);
}

enum { CALLERS = 1200 }; /* more than a page */
static void put_callers(store_t *store)
{
    static char ids[CALLERS][12];
    static store_change_t changes[CALLERS];
    str_t plain = key_text("caller", 0);
    for (int i = 0; i < CALLERS; i++) {
        snprintf(ids[i], sizeof ids[i], "%08d", i);
        changes[i] = put(ids[i], plain);
    }
    store_write_now(store, changes, CALLERS, NULL, NULL);
}

static void is_wanted_where_no_admin_key_works(void **state)
{
    err_t err = ERR_INIT;
    store_t *store = store_open(*state, &err);
    assert_non_null(store);
    assert_true(setup_link_is_wanted(store, 1000));
    put_callers(store);
    assert_true(setup_link_is_wanted(store, 1000));
    put_key(store, "expired0", "admin", 999);
    assert_true(setup_link_is_wanted(store, 1000));
    assert_false(setup_link_is_wanted(store, 998));
    put_key(store, "zzzzzzzz", "admin", 0);
    assert_false(setup_link_is_wanted(store, 1000));
    store_close(store);
}

static int begin(void **state)
{
    static char folder[] = "/tmp/tenon-setup-XXXXXX";
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    *state = mkdtemp(folder);
    return *state ? 0 : -1;
}

static int end(void **state)
{
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", (char *)*state);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(works_once, begin, end),
        cmocka_unit_test_setup_teardown(ends_by_itself, begin, end),
        cmocka_unit_test_setup_teardown(is_wanted_where_no_admin_key_works, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
