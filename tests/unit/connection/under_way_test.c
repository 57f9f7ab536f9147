/* SPDX-License-Identifier: MIT */
/* A request under way as it stands in the store: all of it comes back, from its own place only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/clock.h"
#include "codec/json.h"
#include "connection/under_way.h"

typedef struct fixture {
    secret_t *master;
    keyring_t *keyring;
    arena_t *arena;
} fixture_t;

static int set_up(void **state)
{
    static fixture_t f;
    unsigned char key[MASTER_KEY_BYTES] = {7};
    keyring_entry_t entry;
    err_t err = ERR_INIT;
    f.master = secret_new(str_at(key, sizeof key));
    f.keyring = keyring_open(f.master, NULL, 0, &err);
    keyring_add(f.keyring, 0, &entry);
    f.arena = arena_new(0);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture_t *f = *state;
    arena_free(f->arena);
    keyring_free(f->keyring);
    secret_unref(f->master);
    return 0;
}

static under_way_t example(const char *body)
{
    static const message_header_t HEADERS[] = {
        {STR_INIT("Content-Type"), STR_INIT("application/json")},
        {STR_INIT("X-Odd"), STR_INIT("\xFF")}};
    const upstream_answer_t answer = {
        .status = 200, .headers = HEADERS, .header_count = 2, .body = str_of(body)};
    return (under_way_t){
        .kind = ERRAND_REFRESH,
        .follows = 41,
        .tries = 2,
        .oauth = json_pack("{s:s}", "refresh_token", "CANARY"),
        .made_for = {.purpose = {1, 2}, .family = {3}},
        .answers = {.list = {answer, answer},
                    .count = body ? 2 : 0,
                    .sent_at_ms = clock_boot_ms() - 5000}};
}

static void comes_back_whole(void **state)
{
    fixture_t *f = *state;
    static const char *const BODIES[] = {NULL, "", "{\"access_token\":\"CANARY\"}",
                                         "\xFF\x01 no text"};
    for (size_t i = 0; i < sizeof BODIES / sizeof *BODIES; i++) {
        under_way_t in = example(BODIES[i]), out;
        store_change_t change;
        assert_int_equal(under_way_write(&in, STR("c/a"), 7, f->keyring, f->arena, &change), 1);
        assert_null(strstr(change.record.plain.p, "CANARY"));
        assert_true(under_way_read(&out, &change.record, f->keyring, f->arena));
        assert_int_equal(out.kind, ERRAND_REFRESH);
        assert_int_equal(out.follows, 41);
        assert_int_equal(out.tries, 2);
        assert_true(json_equal(out.oauth, in.oauth));
        assert_null(out.callback);
        assert_memory_equal(&out.made_for, &in.made_for, sizeof in.made_for);
        assert_in_range(out.answers.sent_at_ms, in.answers.sent_at_ms - 100,
                        in.answers.sent_at_ms + 100);
        assert_int_equal(out.answers.count, in.answers.count);
        for (size_t k = 0; k < out.answers.count; k++) {
            const upstream_answer_t *a = &out.answers.list[k];
            assert_int_equal(a->status, 200);
            assert_true(str_is(a->body, BODIES[i]));
            assert_true(str_is(message_header_get(a->headers, a->header_count, "content-type"),
                               "application/json"));
        }
        json_decref(in.oauth);
        under_way_fini(&out);
    }
}

static void opens_in_its_own_place_only(void **state)
{
    fixture_t *f = *state;
    under_way_t in = example("{}"), out;
    store_change_t change;
    assert_int_equal(under_way_write(&in, STR("c/a"), 7, f->keyring, f->arena, &change), 1);
    json_decref(in.oauth);
    store_record_t moved = change.record;
    moved.id = STR("c/b");
    assert_false(under_way_read(&out, &moved, f->keyring, f->arena));
    moved = change.record;
    moved.generation = 8;
    assert_false(under_way_read(&out, &moved, f->keyring, f->arena));
    moved = change.record;
    moved.kind = STR("token");
    assert_false(under_way_read(&out, &moved, f->keyring, f->arena));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_whole),
        cmocka_unit_test(opens_in_its_own_place_only),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
