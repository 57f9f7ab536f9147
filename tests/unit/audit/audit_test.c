/* SPDX-License-Identifier: MIT */
/* The thread: told from several threads at once, asked meanwhile, and closed with everything
 * written. */
#include "rig.h"

#include <pthread.h>

#include "audit/audit.h"
#include "base/clock.h"

enum { THREADS = 4, NOTES = 200, PATIENCE_MS = 20000 };

static audit_t *open_audit(rig_t *r)
{
    err_t err = ERR_INIT;
    r->store = open_store(&r->scratch);
    const trail_options_t options = {
        .store = r->store, .keyring = r->keyring, .folder = r->folder, .bytes_max = 1 << 20};
    audit_t *a = audit_open(&options, &err);
    assert_non_null(a);
    return a;
}

static void *tell(void *context)
{
    for (int i = 0; i < NOTES; i++) {
        audit_note(context, &(audit_entry_t){.what = AUDIT_KEY_CREATED, .actor = &TESTER});
        audit_note(context, &(audit_entry_t){.what = AUDIT_ACCESS_REFUSED,
                                             .actor = &TESTER,
                                             .refused = ERR_forbidden});
    }
    return NULL;
}

typedef struct waiting {
    unsigned told, failed;
    json_t *report;
} waiting_t;

static void on_told(void *context, const err_t *err)
{
    waiting_t *w = context;
    w->told++;
    w->failed += err_is_set(err);
}

static void on_report(void *context, json_t *report)
{
    ((waiting_t *)context)->report = json_deep_copy(report);
}

static void wait_for(loop_t *loop, const waiting_t *w, unsigned told, bool report)
{
    int64_t give_up = clock_boot_ms() + PATIENCE_MS;
    while ((w->told < told || (report && !w->report)) && clock_boot_ms() < give_up) {
        loop_turn(loop, 100);
    }
    assert_true(w->told == told && (!report || w->report));
}

static void nothing_is_lost(void **state)
{
    rig_t r;
    pthread_t threads[THREADS];
    waiting_t w = {.told = 0};
    (void)state;
    rig_init(&r);
    audit_t *a = open_audit(&r);
    loop_t *loop = loop_new();
    loop_set_current(loop);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, tell, a), 0);
    }
    for (int i = 0; i < NOTES; i++) {
        audit_tell(a, &(audit_entry_t){.what = AUDIT_TOKEN_READ, .actor = &TESTER}, on_told, &w);
    }
    wait_for(loop, &w, NOTES, false);
    assert_int_equal(w.failed, 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    arena_t *arena = arena_new(0);
    answer_t answer = {.count = 0};
    store_change_t change;
    audit_line(a, arena, &(audit_entry_t){.what = AUDIT_KEY_REVOKED, .actor = &TESTER}, &change);
    write_now(r.store, change, &answer);
    arena_free(arena);
    answer_fini(&answer);
    audit_verify(a, on_report, &w); /* moves what waits before it looks */
    wait_for(loop, &w, NOTES, true);
    assert_true(json_is_true(json_object_get(w.report, "ok")));
    assert_int_equal(json_integer_value(json_object_get(w.report, "lines")),
                     1 + THREADS * NOTES + AUDIT_REFUSALS_A_MINUTE + NOTES + 1);
    assert_true(audit_is_well(a));
    json_decref(w.report);
    audit_note(a, &(audit_entry_t){.what = AUDIT_HOST_STOPPED, .actor = &TESTER});
    audit_close(a);
    store_close(r.store);
    rig_open(&r);
    json_t *page = rig_lines(&r, (audit_query_t){.what = STR("host.stopped")});
    assert_int_equal(json_array_size(json_object_get(page, "lines")), 1);
    json_decref(page);
    rig_assert_well(&r);
    rig_close(&r);
    loop_set_current(NULL);
    loop_free(loop);
    rig_fini(&r);
}

/* The folder is gone: nothing can be written, and that is said. */
static void says_when_it_cannot_write(void **state)
{
    rig_t r;
    waiting_t w = {.told = 0};
    err_t err = ERR_INIT;
    char aside[256];
    (void)state;
    rig_init(&r);
    audit_t *a = open_audit(&r);
    loop_t *loop = loop_new();
    loop_set_current(loop);
    audit_tell(a, &(audit_entry_t){.what = AUDIT_TOKEN_READ, .actor = &TESTER}, on_told, &w);
    wait_for(loop, &w, 1, false);
    snprintf(aside, sizeof aside, "%s/trail-000000000001.jsonl", r.folder);
    assert_int_equal(unlink(aside), 0);
    assert_int_equal(rmdir(r.folder), 0);
    audit_tell(a, &(audit_entry_t){.what = AUDIT_TOKEN_READ, .actor = &TESTER}, on_told, &w);
    wait_for(loop, &w, 2, false);
    assert_int_equal(w.failed, 1);
    assert_false(audit_is_well(a));
    assert_false(audit_refuse(a, &err));
    assert_int_equal(err.code, ERR_audit_unavailable);
    audit_close(a);
    store_close(r.store);
    loop_set_current(NULL);
    loop_free(loop);
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost),
        cmocka_unit_test(says_when_it_cannot_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
