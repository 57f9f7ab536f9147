/* SPDX-License-Identifier: MIT */
/* Data keys and master keys are changed while connections are in use, and whatever the disk does
 * meanwhile, every connection opens afterwards. */
#include "connection/rig.h"

#include <fcntl.h>

#include "base/clock.h"
#include "seal/file_seal.h"
#include "store/faulty.h"
#include "store/restore.h"

enum { CONNECTIONS = 5, RECORDS = 150, FAULTS_MAX = 60 };

/* --- what is there --- */

static int start_faulty(void **state)
{
    rig_backend = &faulty_store;
    faulty_arm(0, false);
    int failed = control_start(state);
    service_set(SAYS_WHAT_IS_RIGHT, 3600, 0);
    return failed;
}

static void connect_some(control_t *c)
{
    for (int i = 0; i < CONNECTIONS; i++) {
        char name[16];
        snprintf(name, sizeof name, "c%d", i);
        connect_user(c, name, "CANARY-right");
        ask(c, name);
    }
}

/* By what the store holds: nobody signs in again. */
static void assert_all_open(control_t *c)
{
    int sign_ins = service.sign_ins;
    for (int i = 0; i < CONNECTIONS; i++) {
        char name[16];
        snprintf(name, sizeof name, "c%d", i);
        ask(c, name);
    }
    assert_int_equal(service.sign_ins, sign_ins);
}

typedef struct looked {
    size_t retired, handovers;
    uint32_t active;
    bool resealing;
} looked_t;

static void look(manager_t *m, void *context)
{
    *(looked_t *)context = (looked_t){m->ring.retired_count, m->ring.handover_count,
                                      m->ring.active.id, m->reseal.running};
}

static looked_t look_at(control_t *c)
{
    looked_t l;
    inside(c, look, &l);
    return l;
}

/* As the sweep does it once a minute. */
static void hurry(manager_t *m, void *context)
{
    (void)context;
    reseal_sweep(m);
}

static void wait_until_resealed(control_t *c)
{
    for (int64_t end_ms = clock_boot_ms() + 20000; look_at(c).retired > 0;) {
        assert_true(clock_boot_ms() < end_ms);
        inside(c, hurry, NULL);
        loop_turn(c->loop, 5);
    }
}

/* --- the sealed records of the store --- */

typedef struct counted {
    uint32_t key;
    size_t sealed, others;
} counted_t;

static void count_keys(void *context, const store_result_t *result)
{
    counted_t *n = context;
    for (size_t i = 0; i < result->count; i++) {
        str_t sealed = result->records[i].sealed;
        n->sealed += sealed.n > 0; /* some hold nothing that is secret */
        n->others += sealed.n > 0 && keyring_id_of(sealed) != n->key;
    }
}

static void assert_all_under(control_t *c, uint32_t key)
{
    static const char *const kinds[] = {"connection", "token", "under_way", "parameters", "meta"};
    counted_t n = {.key = key};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        store_list_now(c->store, str_of(kinds[i]), STR_NONE, STR_NONE, 1000, count_keys, &n);
    }
    assert_true(n.sealed >= 2 * CONNECTIONS);
    assert_int_equal(n.others, 0);
}

/* Records that nobody asks for: several pages. */
static void add_records(control_t *c)
{
    static char ids[RECORDS][16];
    static store_change_t changes[RECORDS];
    for (int i = 0; i < RECORDS; i++) {
        snprintf(ids[i], sizeof ids[i], "r%04d", i);
        changes[i] = change_put("note", ids[i], 1, "{}");
    }
    store_write_now(c->store, changes, RECORDS, NULL, NULL);
}

/* --- data keys --- */

static void rotate(control_t *c)
{
    json_decref(admin_ok(c, ADMIN_KEYRING_ROTATE, json_object()));
}

static void a_rotation_reseals_all_and_drops_the_old_key(void **state)
{
    control_t *c = *state;
    connect_some(c);
    add_records(c);
    rotate(c);
    assert_int_equal(look_at(c).active, 2);
    connect_user(c, "new", "CANARY-right");
    wait_until_resealed(c);
    assert_all_under(c, 2);
    assert_all_open(c);
    control_restart(c);
    assert_int_equal(look_at(c).retired, 0);
    assert_all_open(c);
}

static void rotations_may_follow_upon_each_other(void **state)
{
    control_t *c = *state;
    connect_some(c);
    add_records(c);
    for (int i = 0; i < 3; i++) {
        rotate(c);
    }
    assert_int_equal(look_at(c).active, 4);
    wait_until_resealed(c);
    assert_all_under(c, 4);
    control_restart(c);
    assert_all_open(c);
}

static void write_ring(manager_t *m, void *context)
{
    (void)context;
    ring_drop_before(m, 1, NULL, NULL);
}

static void a_rotation_waits_for_what_the_host_writes(void **state)
{
    control_t *c = *state;
    connect_some(c);
    inside_t host = {.message = {.run = run_inside}, .manager = c->manager, .run = write_ring};
    loop_post(c->manager->loop, &host.message);
    rotate(c);
    assert_int_equal(look_at(c).active, 2);
    wait_until_resealed(c);
    assert_all_open(c);
}

/* As if it were under way, so that none begins. */
static void hold_up(manager_t *m, void *context)
{
    (void)context;
    m->reseal.running = true;
}

static void a_pass_goes_on_after_a_restart(void **state)
{
    control_t *c = *state;
    connect_some(c);
    add_records(c);
    inside(c, hold_up, NULL);
    rotate(c);
    assert_int_equal(look_at(c).retired, 1);
    control_restart(c);
    wait_until_resealed(c);
    assert_all_under(c, 2);
    assert_all_open(c);
}

enum { KEYS_MAX = 1000 };

/* As if records that do not open had kept every key so far. */
static void fill_ring(manager_t *m, void *context)
{
    ring_t *ring = &m->ring;
    (void)context;
    m->reseal.running = true;
    free(ring->retired);
    ring->retired = calloc(KEYS_MAX, sizeof *ring->retired);
    ring->retired_count = KEYS_MAX - 1;
}

static void no_more_keys_are_made_than_a_start_opens(void **state)
{
    control_t *c = *state;
    connect_some(c);
    inside(c, fill_ring, NULL);
    admin_fails(c, ADMIN_KEYRING_ROTATE, json_object(), ERR_param_limit, NULL);
    assert_int_equal(look_at(c).active, 1);
    control_restart(c);
    assert_all_open(c);
}

/* The n-th thing that is asked of the disk fails, or all from there on; then it is well again. */
static bool rotate_with_fault(control_t *c, unsigned n, bool lasting)
{
    faulty_arm(n, lasting);
    told_t told = admin(c, ADMIN_KEYRING_ROTATE, json_object());
    for (int i = 0; i < 15 && look_at(c).retired > 0; i++) {
        inside(c, hurry, NULL);
        loop_turn(c->loop, 5);
    }
    json_decref(told.output);
    bool struck = atomic_load(&faulty.faults) > 0;
    faulty_arm(0, false);
    return struck;
}

static void a_rotation_outlasts_every_fault(void **state)
{
    control_t *c = *state;
    connect_some(c);
    for (int lasting = 0; lasting < 2; lasting++) {
        bool struck = true;
        for (unsigned n = 1; struck; n++) {
            assert_true(n < FAULTS_MAX);
            struck = rotate_with_fault(c, n, lasting);
            if (n % 2) {
                control_restart(c);
            }
            assert_all_open(c);
        }
    }
    wait_until_resealed(c);
    assert_all_under(c, look_at(c).active);
    control_restart(c);
    assert_all_open(c);
}

/* What does not open keeps its key, and does not keep the pass from ending. */
static void spoil(control_t *c, const char *kind, const char *id)
{
    store_change_t change = change_put(kind, id, 1, "{}");
    char bytes[64] = {1, 0, 0, 0, 1};
    change.record.sealed = str_at(bytes, sizeof bytes);
    store_write_now(c->store, &change, 1, NULL, NULL);
}

static void what_does_not_open_keeps_its_key(void **state)
{
    control_t *c = *state;
    connect_some(c);
    spoil(c, "note", "spoiled");
    rotate(c);
    for (;;) {
        json_t *shown = admin_ok(c, ADMIN_KEYRING_SHOW, json_object());
        const json_t *resealing = json_object_get(shown, "resealing");
        bool ended = json_integer_value(json_object_get(resealing, "left")) == 1 &&
                     json_is_false(json_object_get(resealing, "running"));
        json_decref(shown);
        if (ended) {
            break;
        }
    }
    assert_int_equal(look_at(c).retired, 1);
    store_change_t change = change_delete("note", "spoiled");
    store_write_now(c->store, &change, 1, NULL, NULL);
    control_restart(c);
    wait_until_resealed(c);
    assert_all_open(c);
}

/* --- the master key --- */

static const char NEXT[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

static told_t rewrap(control_t *c, bool in_place)
{
    return admin(c, ADMIN_KEYRING_REWRAP,
                 json_pack("{s:s, s:b}", "new_master_key", NEXT, "in_place", (int)in_place));
}

static void use_master(control_t *c, secret_t *master)
{
    control_end(c);
    secret_unref(c->master_key);
    c->master_key = master;
    control_begin(c);
}

static void both_open_until_the_next_one_was_used(void **state)
{
    control_t *c = *state;
    secret_t *before = secret_ref(c->master_key);
    connect_some(c);
    rotate(c);
    json_decref(rewrap(c, false).output);
    assert_int_equal(look_at(c).handovers, 1);
    control_restart(c);
    assert_int_equal(look_at(c).handovers, 1);
    wait_until_resealed(c);
    assert_all_open(c);
    use_master(c, master_key_read(str_of(NEXT)));
    assert_int_equal(look_at(c).handovers, 0);
    assert_all_open(c);
    control_end(c);
    err_t err = ERR_INIT;
    secret_t *next = c->master_key;
    const load_options_t options = {0};
    c->master_key = before;
    c->store = open_rig_store(&c->scratch);
    c->throttle = throttle_new();
    c->metrics = metrics_new();
    c->catalogue = catalogue_open(c->connectors, &options, &err);
    assert_null(try_to_start(c, &err));
    assert_code(&err, ERR_master_key_mismatch);
    catalogue_close(c->catalogue);
    store_close(c->store);
    throttle_free(c->throttle);
    metrics_free(c->metrics);
    secret_unref(before);
    c->master_key = next;
    control_begin(c);
}

static void bad_master_keys_are_refused(void **state)
{
    control_t *c = *state;
    admin_fails(c, ADMIN_KEYRING_REWRAP, json_pack("{s:s}", "new_master_key", "short"),
                ERR_param_value, "/new_master_key ");
    char text[17];
    for (int i = 0; i <= HANDOVERS_MAX; i++) {
        secret_t *other = master_key_draw();
        buf_t hex;
        buf_init_wiping(&hex, 256);
        master_key_write(other, &hex);
        master_key_id(other, text);
        told_t told = admin(c, ADMIN_KEYRING_REWRAP,
                            json_pack("{s:o}", "new_master_key", json_str(buf_view(&hex))));
        assert_int_equal(told.err.code, i < HANDOVERS_MAX ? ERR_none : ERR_param_value);
        json_decref(told.output);
        buf_fini(&hex);
        secret_unref(other);
    }
    control_restart(c);
    assert_int_equal(look_at(c).handovers, HANDOVERS_MAX);
}

/* --- a backup, while the master key changes --- */

static bool check_copy(void *context, int fd, uint64_t *bytes, err_t *err)
{
    file_seal_t seal = {.bytes = 0};
    bool ok = file_seal_check(fd, context, &seal, err);
    *bytes = seal.bytes;
    return ok;
}

static void open_keys(void *context, const store_result_t *result)
{
    keyring_entry_t entry = {.id = 1, .active = true};
    err_t err = ERR_INIT;
    assert_int_equal(result->count, 1);
    memcpy(entry.wrapped, result->records[0].sealed.p, sizeof entry.wrapped);
    keyring_t *ring = keyring_open(context, &entry, 1, &err);
    assert_non_null(ring);
    keyring_free(ring);
}

static void assert_opens(control_t *c, const char *name, secret_t *master)
{
    char folder[160], aside[128];
    err_t err = ERR_INIT;
    snprintf(folder, sizeof folder, "%s/restored", c->scratch.root);
    int from = open(scratch_path(&c->scratch, name), O_RDONLY | O_CLOEXEC);
    const store_restoring_t terms = {
        .folder = folder,
        .from = from,
        .check = check_copy,
        .context = master,
        .mark = {.kind = STR("meta"), .id = STR("restore"), .plain = STR("{}")}};
    assert_true(store_restore(&terms, aside, &err));
    close(from);
    store_t *s = store_open(folder, &err);
    assert_non_null(s);
    store_list_now(s, STR("keyring"), STR_NONE, STR_NONE, 10, open_keys, master);
    store_close(s);
}

static void a_backup_opens_with_the_key_that_vouches_for_it(void **state)
{
    control_t *c = *state;
    secret_t *before = secret_ref(c->master_key);
    told_t made, changed;
    connect_some(c);
    admin_begin(c, ADMIN_BACKUP_MAKE, json_object(), &made);
    admin_begin(c, ADMIN_KEYRING_REWRAP,
                json_pack("{s:s, s:b}", "new_master_key", NEXT, "in_place", 1), &changed);
    control_wait(c, &made.done);
    control_wait(c, &changed.done);
    assert_int_equal(made.err.code, ERR_none);
    assert_int_equal(changed.err.code, ERR_none);
    assert_opens(c, json_string_value(json_object_get(made.output, "file")), before);
    json_decref(made.output);
    json_decref(changed.output);
    secret_unref(before);
    use_master(c, master_key_read(str_of(NEXT)));
    assert_all_open(c);
}

/* Announced or not, in place or not: one of the two opens it, and that one all of it. */
static bool rewrap_with_fault(control_t *c, unsigned n, bool lasting)
{
    faulty_arm(n, lasting);
    told_t announced = rewrap(c, false);
    bool placed = !err_is_set(&announced.err);
    told_t ended = placed ? rewrap(c, true) : announced;
    bool struck = atomic_load(&faulty.faults) > 0;
    faulty_arm(0, false);
    if (placed) {
        json_decref(announced.output);
        json_decref(ended.output);
        use_master(c, master_key_read(str_of(NEXT)));
    } else {
        control_restart(c);
    }
    return struck;
}

static void a_change_of_the_master_key_outlasts_every_fault(void **state)
{
    control_t *c = *state;
    connect_some(c);
    for (int lasting = 0; lasting < 2; lasting++) {
        bool struck = true;
        for (unsigned n = 1; struck; n++) {
            assert_true(n < FAULTS_MAX);
            struck = rewrap_with_fault(c, n, lasting);
            assert_all_open(c);
            /* and back again, so that the next round begins as this one did */
            secret_t *other = master_key_draw();
            buf_t hex;
            buf_init_wiping(&hex, 256);
            master_key_write(other, &hex);
            json_decref(admin_ok(c, ADMIN_KEYRING_REWRAP,
                                 json_pack("{s:o, s:b}", "new_master_key", json_str(buf_view(&hex)),
                                           "in_place", 1)));
            buf_fini(&hex);
            use_master(c, other);
            assert_all_open(c);
        }
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, start_faulty, control_stop)
    const struct CMUnitTest tests[] = {
        CASE(a_rotation_reseals_all_and_drops_the_old_key),
        CASE(rotations_may_follow_upon_each_other),
        CASE(a_rotation_waits_for_what_the_host_writes),
        CASE(a_pass_goes_on_after_a_restart),
        CASE(no_more_keys_are_made_than_a_start_opens),
        CASE(a_rotation_outlasts_every_fault),
        CASE(what_does_not_open_keeps_its_key),
        CASE(both_open_until_the_next_one_was_used),
        CASE(bad_master_keys_are_refused),
        CASE(a_backup_opens_with_the_key_that_vouches_for_it),
        CASE(a_change_of_the_master_key_outlasts_every_fault),
    };
    return cmocka_run_group_tests_name("ring", tests, log_begin, log_end);
}
