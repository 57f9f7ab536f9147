/* SPDX-License-Identifier: MIT */
/* Tokens of connections and of calls: one request for all who ask, and what failures, restarts and
 * changes do. */
#include "connection/rig.h"

/* --- one flight --- */

enum { ASKERS = 25 };

typedef struct crowd {
    loop_message_t message;
    control_t *control;
    connection_t *connection;
    got_t got[ASKERS];
    atomic_uint answered;
} crowd_t;

static void on_crowd_token(void *context, token_t *token, bool fresh, const err_t *err)
{
    crowd_t *crowd = context;
    unsigned i = atomic_load(&crowd->answered);
    crowd->got[i] = (got_t){.done = true, .token = token, .fresh = fresh, .err = *err};
    atomic_fetch_add(&crowd->answered, 1);
}

static void ask_in_crowd(loop_message_t *message)
{
    crowd_t *crowd = STRUCT_OF(message, crowd_t, message);
    for (unsigned i = 0; i < ASKERS; i++) {
        manager_get_token(crowd->control->manager, &(token_ask_t){.connection = crowd->connection},
                          on_crowd_token, crowd);
    }
}

static void wait_for_crowd(control_t *c, const crowd_t *crowd)
{
    int64_t give_up = clock_boot_ms() + PATIENCE_MS;
    while (atomic_load(&crowd->answered) < ASKERS && clock_boot_ms() < give_up) {
        loop_turn(c->loop, 10);
    }
    assert_int_equal(atomic_load(&crowd->answered), ASKERS);
}

static void all_who_ask_cause_one_request(void **state)
{
    control_t *c = *state;
    connect_user(c, "a", "CANARY-right");
    connection_t *connection = find(c, "a");
    crowd_t here = {.control = c, .connection = connection}, there = here;
    there.message.run = ask_in_crowd;
    service_hold(true);
    loop_post(c->other.loop, &there.message);
    ask_in_crowd(&here.message);
    wait_for_requests(c, 1);
    service_hold(false);
    wait_for_crowd(c, &here);
    wait_for_crowd(c, &there);
    for (unsigned i = 0; i < ASKERS; i++) {
        assert_ptr_equal(here.got[i].token, there.got[0].token);
        assert_true(here.got[i].fresh);
        token_unref(here.got[i].token);
        token_unref(there.got[i].token);
    }
    assert_int_equal(requests(c), 1);
    assert_int_equal(ask(c, "a"), service.issued);
    assert_int_equal(requests(c), 1);
    connection_unref(connection);
}

/* DESIGN 4: four token requests a host, the others in their order. */
static void requests_to_one_host_take_turns(void **state)
{
    control_t *c = *state;
    enum { MANY = 9, AT_ONCE = 4 };
    connection_t *connections[MANY];
    got_t got[MANY];
    char name[2] = "a";
    service_hold(true);
    for (int i = 0; i < MANY; i++, name[0]++) {
        connect_user(c, name, "CANARY-right");
        connections[i] = find(c, name);
        ask_begin(c, &(token_ask_t){.connection = connections[i]}, &got[i]);
    }
    wait_for_requests(c, AT_ONCE);
    remove_one(c, "i"); /* its place in the queue goes to nobody */
    usleep(50 * 1000);
    assert_int_equal(requests(c), AT_ONCE);
    service_hold(false);
    for (int i = 0; i < MANY; i++) {
        control_wait(c, &got[i].done);
        assert_int_equal(got[i].token != NULL, i < MANY - 1);
        got_fini(&got[i]);
        connection_unref(connections[i]);
    }
}

static void an_asker_may_leave(void **state)
{
    control_t *c = *state;
    got_t left = {.done = false}, stays;
    connect_user(c, "a", "CANARY-right");
    connection_t *connection = find(c, "a");
    service_hold(true);
    exchange_t *e =
        manager_get_token(c->manager, &(token_ask_t){.connection = connection}, on_got, &left);
    ask_begin(c, &(token_ask_t){.connection = connection}, &stays);
    wait_for_requests(c, 1);
    exchange_cancel(e);
    service_hold(false);
    control_wait(c, &stays.done);
    assert_non_null(stays.token);
    assert_false(left.done);
    assert_int_equal(requests(c), 1);
    got_fini(&stays);
    connection_unref(connection);
}

/* DESIGN 5: due at the margin (60 s of an hour), served meanwhile, and fetched once. */
static void a_token_that_is_due_serves_while_it_is_renewed(void **state)
{
    control_t *c = *state;
    connect_user(c, "a", "CANARY-right");
    int first = ask(c, "a");
    age(c, "a", 3550 * 1000);
    service_hold(true);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(ask(c, "a"), first);
    }
    wait_for_requests(c, 2);
    service_hold(false);
    int64_t give_up = clock_boot_ms() + PATIENCE_MS;
    while (ask(c, "a") == first && clock_boot_ms() < give_up) {
    }
    assert_int_equal(ask(c, "a"), first + 1);
    assert_int_equal(requests(c), 2);
}

static void a_token_near_its_end_is_waited_for(void **state)
{
    control_t *c = *state;
    connect_user(c, "a", "CANARY-right");
    int first = ask(c, "a");
    age(c, "a", 3590 * 1000);
    assert_int_equal(ask(c, "a"), first + 1);
    assert_int_equal(requests(c), 2);
}

/* --- failures --- */

static void a_living_token_outlasts_the_endpoint(void **state)
{
    control_t *c = *state;
    connect_user(c, "a", "CANARY-right");
    int first = ask(c, "a");
    service_set(SAYS_DOWN, 3600, 0);
    age(c, "a", 3550 * 1000); /* renewed behind the back */
    assert_int_equal(ask(c, "a"), first);
    wait_for_requests(c, 2);
    wait_for_rest(c, "a");
    age(c, "a", 40 * 1000); /* waited for, and served all the same */
    assert_int_equal(ask(c, "a"), first);
    wait_for_requests(c, 3);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(ask(c, "a"), first);
    }
    assert_int_equal(requests(c), 3);
    age(c, "a", 11 * 1000);
    err_t err = ask_in_vain(c, "a");
    assert_code(&err, ERR_token_endpoint_unavailable);
}

static void all_wait_for_the_same_pause(void **state)
{
    control_t *c = *state;
    static const struct {
        service_mode_t mode;
        int retry_after;
        err_code_t code;
        int64_t least_ms, most_ms;
    } ROWS[] = {
        {SAYS_NOTHING, 0, ERR_token_endpoint_unreachable, 1, 1000},
        {SAYS_LATER, 0, ERR_token_endpoint_throttled, 1, 1000},
        {SAYS_LATER, 40, ERR_token_endpoint_throttled, 30000, 40000},
    };
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        char name[2] = {(char)('a' + i)};
        connect_user(c, name, "CANARY-right");
        service_set(ROWS[i].mode, 3600, ROWS[i].retry_after);
        unsigned before = requests(c);
        err_t err = ask_in_vain(c, name);
        assert_code(&err, ROWS[i].code);
        assert_in_range(err.retry_after_ms, ROWS[i].least_ms, ROWS[i].most_ms);
        if (ROWS[i].retry_after) {
            err = ask_in_vain(c, name);
            assert_code(&err, ROWS[i].code);
            assert_in_range(err.retry_after_ms, ROWS[i].least_ms, ROWS[i].most_ms);
            assert_int_equal(requests(c), before + 1);
        }
        service_set(SAYS_WHAT_IS_RIGHT, 3600, 0);
        age(c, name, 60000);
        ask(c, name);
        assert_int_equal(requests(c), before + 2);
    }
}

/* Each failure doubles the pause, up to a minute; half of it is chance. */
static void pauses_grow(void **state)
{
    control_t *c = *state;
    int64_t most = 1000;
    connect_user(c, "a", "CANARY-right");
    service_set(SAYS_NOTHING, 3600, 0);
    for (int i = 0; i < 9; i++) {
        err_t err = ask_in_vain(c, "a");
        assert_in_range(err.retry_after_ms, most / 2, most);
        age(c, "a", most);
        most = most * 2 < 60000 ? most * 2 : 60000;
    }
    assert_int_equal(requests(c), 9);
}

static void a_pause_outlasts_a_restart(void **state)
{
    control_t *c = *state;
    connect_user(c, "a", "CANARY-right");
    service_set(SAYS_LATER, 3600, 40);
    ask_in_vain(c, "a");
    control_restart(c);
    err_t err = ask_in_vain(c, "a");
    assert_code(&err, ERR_token_endpoint_throttled);
    assert_in_range(err.retry_after_ms, 10000, 40000);
    assert_int_equal(requests(c), 1);
}

static void a_wrong_password_is_sent_once(void **state)
{
    control_t *c = *state;
    connect_user(c, "a", "CANARY-wrong");
    for (int i = 0; i < 20; i++) {
        err_t err = ask_in_vain(c, "a");
        assert_code(&err, ERR_credentials_rejected);
        assert_int_equal(err.upstream_status, 400);
        assert_string_equal(err.upstream_error, "invalid_grant");
        assert_non_null(strstr(err.upstream_description, "refused: "));
        assert_null(strstr(err.upstream_description, "CANARY"));
    }
    assert_int_equal(state_of(c, "a"), CONNECTION_REJECTED);
    control_restart(c);
    err_t err = ask_in_vain(c, "a");
    assert_code(&err, ERR_credentials_rejected);
    assert_int_equal(requests(c), 1);

    /* The attempt that tries the new one brings the token. */
    json_decref(admin_ok(c, ADMIN_CONNECTION_CHANGE, new_password("a", "CANARY-right")));
    assert_int_equal(state_of(c, "a"), CONNECTION_READY);
    ask(c, "a");
    assert_int_equal(requests(c), 2);
}

static void a_wrong_change_leaves_all_as_it_was(void **state)
{
    control_t *c = *state;
    connect_user(c, "a", "CANARY-right");
    int first = ask(c, "a");
    admin_fails(c, ADMIN_CONNECTION_CHANGE, new_password("a", "CANARY-wrong"),
                ERR_credentials_rejected, NULL);
    assert_int_equal(state_of(c, "a"), CONNECTION_READY);
    assert_int_equal(ask(c, "a"), first);
    assert_int_equal(requests(c), 2);
}

static void a_lock_ends_by_itself(void **state)
{
    control_t *c = *state;
    connect_user(c, "a", "CANARY-right");
    connect_user(c, "b", "CANARY-right");
    service_set(SAYS_LOCKED, 3600, 1);
    err_t err = ask_in_vain(c, "a");
    assert_code(&err, ERR_account_locked);
    service_set(SAYS_LOCKED, 3600, 0);
    ask_in_vain(c, "b");
    service_set(SAYS_WHAT_IS_RIGHT, 3600, 0);
    control_restart(c);
    assert_int_equal(state_of(c, "a"), CONNECTION_REJECTED);
    unsigned before = requests(c);
    usleep(1100 * 1000);
    ask(c, "a");
    assert_int_equal(requests(c), before + 1);
    wait_for_state(c, "a", CONNECTION_READY);
    err = ask_in_vain(c, "b"); /* nobody said when */
    assert_code(&err, ERR_account_locked);
    assert_int_equal(requests(c), before + 1);
    json_decref(admin_ok(c, ADMIN_CONNECTION_RESET, named("b")));
    ask(c, "b");
}

static void a_token_without_a_life_is_guarded(void **state)
{
    control_t *c = *state;
    connect_user(c, "a", "CANARY-right");
    service_set(SAYS_WHAT_IS_RIGHT, 0, 0);
    int first = ask(c, "a");
    assert_int_equal(ask(c, "a"), first + 1);
    err_t err = ask_in_vain(c, "a");
    assert_code(&err, ERR_token_endpoint_throttled);
    assert_in_range(err.retry_after_ms, 30000, 60000);
    assert_int_equal(requests(c), 2);
    age(c, "a", 60000);
    assert_int_equal(ask(c, "a"), first + 2);
}

/* --- tokens that are not wanted --- */

static void a_new_token_on_demand_once_in_a_minute(void **state)
{
    control_t *c = *state;
    got_t g;
    connect_user(c, "a", "CANARY-right");
    int first = ask(c, "a");
    ask_with(c, "a", true, 0, &g);
    assert_int_equal(number_of_token(g.token), first);
    got_fini(&g);
    age(c, "a", 61000);
    unsigned before = c->changes;
    ask_with(c, "a", true, 0, &g);
    assert_int_equal(number_of_token(g.token), first + 1);
    assert_int_equal(c->changes, before + 1); /* no loop goes on with the old one */
    got_fini(&g);
    ask_with(c, "a", true, 0, &g);
    assert_int_equal(number_of_token(g.token), first + 1);
    got_fini(&g);
    assert_int_equal(requests(c), 2);
}

static void a_refused_token_is_replaced_once(void **state)
{
    control_t *c = *state;
    got_t first, second, third;
    connect_user(c, "a", "CANARY-right");
    ask_with(c, "a", false, 0, &first);
    ask_with(c, "a", false, first.token->generation, &second);
    assert_int_not_equal(second.token->generation, first.token->generation);
    ask_with(c, "a", false, first.token->generation, &third); /* it was another's token */
    assert_int_equal(third.token->generation, second.token->generation);
    got_fini(&third);
    ask_with(c, "a", false, second.token->generation, &third); /* the API refuses them all */
    assert_int_equal(third.token->generation, second.token->generation);
    assert_int_equal(requests(c), 2);
    got_fini(&third);
    age(c, "a", 61000);
    ask_with(c, "a", false, second.token->generation, &third);
    assert_int_not_equal(third.token->generation, second.token->generation);
    assert_int_equal(requests(c), 3);
    got_fini(&first);
    got_fini(&second);
    got_fini(&third);
}

/* Of many calls that met the refusal together, none gets the refused token back, and one request
 * serves all. */
static void those_refused_together_wait_together(void **state)
{
    control_t *c = *state;
    got_t first, again[10];
    connect_user(c, "a", "CANARY-right");
    ask_with(c, "a", false, 0, &first);
    connection_t *connection = find(c, "a");
    service_hold(true);
    for (size_t i = 0; i < COUNT(again); i++) {
        ask_begin(c, &(token_ask_t){.connection = connection, .not_this = first.token->generation},
                  &again[i]);
    }
    wait_for_requests(c, 2);
    service_hold(false);
    for (size_t i = 0; i < COUNT(again); i++) {
        control_wait(c, &again[i].done);
        assert_int_equal(number_of_token(again[i].token), number_of_token(first.token) + 1);
        got_fini(&again[i]);
    }
    assert_int_equal(requests(c), 2);
    got_fini(&first);
    connection_unref(connection);
}

/* Who holds a refused token gets no old one back, others are served. */
static void a_failed_renewal_hurts_those_who_cannot_use_the_old(void **state)
{
    control_t *c = *state;
    got_t first, refused;
    connect_user(c, "a", "CANARY-right");
    ask_with(c, "a", false, 0, &first);
    service_set(SAYS_NOTHING, 3600, 0);
    ask_with(c, "a", false, first.token->generation, &refused);
    assert_null(refused.token);
    assert_code(&refused.err, ERR_token_endpoint_unreachable);
    assert_int_equal(ask(c, "a"), number_of_token(first.token));
    got_fini(&first);
}

static void look_at_refresh(manager_t *m, void *context)
{
    (void)context;
    assert_int_equal(strncmp(json_member(source_of(m, "a")->holding.refresh, "refresh_token").p,
                             "CANARY-refresh-", 15),
                     0);
}

static void a_refresh_token_stays_inside(void **state)
{
    control_t *c = *state;
    got_t g;
    connect_user(c, "a", "CANARY-right");
    ask_with(c, "a", false, 0, &g);
    assert_non_null(g.token);
    assert_null(json_object_get(g.token->members, "refresh_token"));
    assert_null(json_object_get(g.token->members, "deep"));
    inside(c, look_at_refresh, NULL);
    got_fini(&g);
}

/* --- credentials of calls --- */

static void calls_never_meet(void **state)
{
    control_t *c = *state;
    got_t right, again, other;
    buf_t right_key, again_key, other_key;
    connect_user(c, "a", "CANARY-right");
    assert_int_equal(call(c, "a", "u", "CANARY-wrong"), ERR_credentials_rejected);
    assert_int_equal(call(c, "a", "u", "CANARY-wrong"), ERR_credentials_rejected);
    assert_int_equal(requests(c), 1);
    ask_call(c, "a", "u", "CANARY-right", &right, &right_key);
    ask_call(c, "a", "u", "CANARY-right", &again, &again_key); /* its nonce and time are others */
    ask_call(c, "a", "v", "CANARY-right", &other, &other_key);
    assert_true(str_eq(buf_view(&right_key), buf_view(&again_key)));
    assert_false(str_eq(buf_view(&right_key), buf_view(&other_key)));
    assert_non_null(right.token);
    assert_ptr_equal(right.token, again.token);
    assert_ptr_not_equal(right.token, other.token);
    /* What comes with the call, the caller may have. */
    assert_non_null(json_object_get(right.token->members, "refresh_token"));
    assert_int_equal(requests(c), 3);
    assert_int_equal(call(c, "a", "u", "CANARY-wrong"), ERR_credentials_rejected);
    assert_int_equal(requests(c), 3);
    buf_fini(&right_key);
    buf_fini(&again_key);
    buf_fini(&other_key);
    got_fini(&right);
    got_fini(&again);
    got_fini(&other);
}

/* More than memory remembers, and over a restart. */
static void refusals_of_calls_are_never_forgotten(void **state)
{
    control_t *c = *state;
    enum { WRONG = 4 * CALL_TOKENS };
    char password[32];
    connect_user(c, "a", "CANARY-right");
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < WRONG; i++) {
            snprintf(password, sizeof password, "CANARY-wrong-%d", i);
            assert_int_equal(call(c, "a", "u", password), ERR_credentials_rejected);
        }
        assert_int_equal(requests(c), WRONG);
    }
    control_restart(c);
    assert_int_equal(call(c, "a", "u", "CANARY-wrong-0"), ERR_credentials_rejected);
    assert_int_equal(requests(c), WRONG);
    json_decref(admin_ok(c, ADMIN_CONNECTION_RESET, named("a")));
    assert_int_equal(call(c, "a", "u", "CANARY-wrong-0"), ERR_credentials_rejected);
    assert_int_equal(requests(c), WRONG + 1);
}

static void pauses_of_calls_are_shared(void **state)
{
    control_t *c = *state;
    connect_user(c, "a", "CANARY-right");
    service_set(SAYS_LATER, 3600, 40);
    assert_int_equal(call(c, "a", "u", "CANARY-right"), ERR_token_endpoint_throttled);
    assert_int_equal(call(c, "a", "u", "CANARY-right"), ERR_token_endpoint_throttled);
    control_restart(c);
    assert_int_equal(call(c, "a", "u", "CANARY-right"), ERR_token_endpoint_throttled);
    assert_int_equal(requests(c), 1);
    service_set(SAYS_LOCKED, 3600, 40);
    assert_int_equal(call(c, "a", "v", "CANARY-right"), ERR_account_locked);
    control_restart(c);
    assert_int_equal(call(c, "a", "v", "CANARY-right"), ERR_account_locked);
    assert_int_equal(requests(c), 2);
}

/* --- what changes under a flight --- */

static void a_removed_connection_gets_nothing(void **state)
{
    control_t *c = *state;
    flying_t f;
    connect_user(c, "a", "CANARY-right");
    take_off(c, "a", &f);
    remove_one(c, "a");
    connect_user(c, "a", "CANARY-wrong"); /* another one of that name */
    touch_down(c, &f);
    assert_null(f.got.token);
    assert_code(&f.got.err, ERR_credentials_rejected);
    assert_int_equal(requests(c), 2);
    remove_one(c, "a");

    connect_user(c, "a", "CANARY-right");
    take_off(c, "a", &f);
    remove_one(c, "a");
    touch_down(c, &f);
    assert_null(f.got.token);
    assert_code(&f.got.err, ERR_not_found);
    assert_null(find(c, "a"));
}

static void a_new_connection_gets_no_old_token(void **state)
{
    control_t *c = *state;
    connect_user(c, "a", "CANARY-right");
    int old = ask(c, "a");
    remove_one(c, "a");
    connect_user(c, "a", "CANARY-right");
    assert_int_not_equal(ask(c, "a"), old);
    remove_one(c, "a");
    connect_user(c, "a", "CANARY-wrong");
    control_restart(c);
    err_t err = ask_in_vain(c, "a");
    assert_code(&err, ERR_credentials_rejected);
}

static void who_waits_gets_what_the_change_brings(void **state)
{
    control_t *c = *state;
    flying_t f;
    connect_user(c, "a", "CANARY-wrong");
    take_off(c, "a", &f);
    json_t *change = new_password("a", "CANARY-right");
    json_object_set_new(change, "verify", json_false());
    json_decref(admin_ok(c, ADMIN_CONNECTION_CHANGE, change));
    touch_down(c, &f);
    assert_non_null(f.got.token);
    got_fini(&f.got);
    wait_for_state(c, "a", CONNECTION_READY);
    assert_int_equal(requests(c), 2);
}

static void a_reset_begins_anew(void **state)
{
    control_t *c = *state;
    flying_t f;
    connect_user(c, "a", "CANARY-right");
    take_off(c, "a", &f);
    json_decref(admin_ok(c, ADMIN_CONNECTION_RESET, named("a")));
    touch_down(c, &f);
    int second = number_of_token(f.got.token);
    got_fini(&f.got);
    assert_int_equal(requests(c), 2);
    json_decref(admin_ok(c, ADMIN_CONNECTION_RESET, named("a")));
    assert_int_equal(ask(c, "a"), second + 1);
    control_restart(c);
    json_decref(
        admin_ok(c, ADMIN_CONNECTION_RESET, named("a"))); /* before the stored one was looked for */
    assert_int_equal(ask(c, "a"), second + 2);
}

static void many_change_one_name(void **state)
{
    control_t *c = *state;
    told_t told[12];
    connect_user(c, "a", "CANARY-right");
    for (size_t i = 0; i < COUNT(told); i++) {
        switch (i % 4) {
        case 0:
            admin_begin(c, ADMIN_CONNECTION_CHANGE, new_password("a", "CANARY-right"), &told[i]);
            break;
        case 1:
            admin_begin(c, ADMIN_CONNECTION_RESET, named("a"), &told[i]);
            break;
        case 2:
            admin_begin(c, ADMIN_CONNECTION_REMOVE, named("a"), &told[i]);
            break;
        default:
            admin_begin(
                c, ADMIN_CONNECTION_CREATE,
                read_text("{\"name\":\"a\",\"connector\":\"acme\",\"auth\":\"user\",\"parameters\":"
                          "{\"username\":\"u\",\"password\":\"CANARY-right\"}}"),
                &told[i]);
        }
    }
    for (size_t i = 0; i < COUNT(told); i++) {
        control_wait(c, &told[i].done);
        err_code_t code = told[i].err.code;
        assert_true(code == ERR_none || code == ERR_not_found || code == ERR_connection_exists);
        json_decref(told[i].output);
    }
    connection_t *left = find(c, "a");
    if (!left) {
        connect_user(c, "a", "CANARY-right");
    }
    connection_unref(left);
    ask(c, "a");
    control_restart(c);
    assert_int_equal(state_of(c, "a"), CONNECTION_READY);
}

/* --- definitions --- */

static void tokens_outlast_definitions_that_mean_the_same(void **state)
{
    control_t *c = *state;
    got_t before, after;
    connect_user(c, "a", "CANARY-right");
    ask_with(c, "a", false, 0, &before);
    save_acme(c, "title: Acme", "title: Another");
    ask_with(c, "a", false, 0, &after);
    assert_ptr_equal(before.token, after.token);
    got_fini(&after);
    save_acme(c, "client_auth: none", "client_auth: none\n      params: {audience: x}");
    ask_with(c, "a", false, 0, &after);
    assert_ptr_not_equal(before.token, after.token);
    got_fini(&before);
    got_fini(&after);
    assert_int_equal(requests(c), 2);
}

static void a_new_definition_deserves_an_attempt(void **state)
{
    control_t *c = *state;
    connect_user(c, "a", "CANARY-wrong");
    ask_in_vain(c, "a");
    control_restart(c);
    save_acme(c, "title: Acme", "title: Another");
    wait_for_state(c, "a", CONNECTION_READY);
    ask_in_vain(c, "a");
    ask_in_vain(c, "a");
    assert_int_equal(requests(c), 2);
}

/* The refusal belongs to what was tried, not to what stands there when the answer comes. */
static void a_definition_changes_under_a_flight(void **state)
{
    control_t *c = *state;
    flying_t f;
    connect_user(c, "a", "CANARY-wrong");
    take_off(c, "a", &f);
    save_acme(c, "client_auth: none", "client_auth: none\n      params: {hint: CANARY-right}");
    touch_down(c, &f);
    while (!f.got.token) { /* refused under the old one, or already under the new */
        assert_code(&f.got.err, ERR_credentials_rejected);
        wait_for_state(c, "a", CONNECTION_READY);
        ask_with(c, "a", false, 0, &f.got);
    }
    got_fini(&f.got);
    wait_for_state(c, "a", CONNECTION_READY);
    assert_int_equal(requests(c), 2);
}

/* Nothing was sent, so nothing is remembered. */
static void what_cannot_be_built_is_told_and_forgotten(void **state)
{
    control_t *c = *state;
    connect_user(c, "a", "CANARY-right");
    save_acme(c, "token_url: /token/${connection.region}", "resource: urn:a");
    for (int i = 0; i < 3; i++) {
        err_t err = ask_in_vain(c, "a");
        assert_code(&err, ERR_egress_denied); /* what is no address cannot say who issues its tokens */
        assert_int_equal(err.retry_after_ms, 0);
    }
    assert_int_equal(requests(c), 0);
    save_acme(c, "title: Acme", "title: Another");
    ask(c, "a");
}

static void a_connector_that_goes_and_comes_back(void **state)
{
    control_t *c = *state;
    char path[256];
    connect_user(c, "a", "CANARY-right");
    int first = ask(c, "a");
    snprintf(path, sizeof path, "%s/acme.yaml", c->connectors);
    assert_int_equal(unlink(path), 0);
    wait_for_state(c, "a", CONNECTION_INCOMPLETE);
    err_t err = ask_in_vain(c, "a");
    assert_code(&err, ERR_parameter_missing);
    json_decref(
        admin_ok(c, ADMIN_CONNECTION_CHANGE, read_text("{\"name\":\"a\",\"title\":\"t\"}")));
    save_definition(c, "acme", ACME, c->server.port);
    wait_for_state(c, "a", CONNECTION_READY);
    assert_int_equal(ask(c, "a"), first);
    assert_int_equal(requests(c), 1);
}

static void other_hosts_wait_for_an_admin(void **state)
{
    control_t *c = *state;
    connect_user(c, "a", "CANARY-right");
    ask(c, "a");
    save_acme(c, "base_url: http://127.0.0.1", "base_url: http://127.0.0.2");
    wait_for_state(c, "a", CONNECTION_REVIEW);
    err_t err = ask_in_vain(c, "a");
    assert_code(&err, ERR_definition_changed);
    /* A value that has nothing to do with it accepts nothing, and tries nothing. */
    json_decref(admin_ok(c, ADMIN_CONNECTION_CHANGE,
                         read_text("{\"name\":\"a\",\"parameters\":{\"note\":\"n\"}}")));
    json_decref(
        admin_ok(c, ADMIN_CONNECTION_CHANGE, read_text("{\"name\":\"a\",\"title\":\"t\"}")));
    assert_int_equal(state_of(c, "a"), CONNECTION_REVIEW);
    assert_int_equal(requests(c), 1);
    json_decref(
        admin_ok(c, ADMIN_CONNECTION_CHANGE, read_text("{\"name\":\"a\",\"accept\":true}")));
    assert_int_equal(state_of(c, "a"), CONNECTION_READY);
}

/* --- values of the host --- */

static json_t *host_parameters(const char *text)
{
    return json_pack("{s:s, s:o}", "connector", "hosted", "parameters", read_text(text));
}

static void values_of_the_host_are_everybodys_credentials(void **state)
{
    control_t *c = *state;
    json_t *connection =
        read_text("{\"name\":\"h\",\"connector\":\"hosted\",\"parameters\":{\"tenant\":\"t\"}}");
    admin_fails(c, ADMIN_CONNECTION_CREATE, json_incref(connection), ERR_parameter_missing, NULL);
    json_decref(
        admin_ok(c, ADMIN_PARAMETERS_SET,
                 host_parameters("{\"client_id\":\"i\",\"client_secret\":\"CANARY-wrong\"}")));
    json_decref(admin_ok(c, ADMIN_CONNECTION_CREATE, connection));
    ask_in_vain(c, "h");
    ask_in_vain(c, "h");
    assert_int_equal(requests(c), 1);
    control_restart(c);
    ask_in_vain(c, "h");
    assert_int_equal(requests(c), 1);
    json_decref(admin_ok(c, ADMIN_PARAMETERS_SET,
                         host_parameters("{\"client_secret\":\"CANARY-right-1\"}")));
    int first = ask(c, "h");
    json_decref(admin_ok(c, ADMIN_PARAMETERS_SET,
                         host_parameters("{\"client_secret\":\"CANARY-right-2\"}")));
    assert_int_equal(ask(c, "h"), first + 1);
    assert_int_equal(requests(c), 3);
    control_restart(c);
    assert_int_equal(ask(c, "h"), first + 1);
    assert_int_equal(requests(c), 3);
}

/* --- what outlasts the process --- */

static void tokens_outlast_a_restart(void **state)
{
    control_t *c = *state;
    got_t before, after;
    connect_user(c, "a", "CANARY-right");
    ask_with(c, "a", false, 0, &before);
    control_restart(c);
    ask_with(c, "a", false, 0, &after);
    assert_int_equal(number_of_token(after.token), number_of_token(before.token));
    assert_false(after.fresh);
    assert_in_range(after.token->expires_at_ms, before.token->expires_at_ms - 60000,
                    before.token->expires_at_ms + 100);
    got_fini(&before);
    got_fini(&after);
    assert_int_equal(requests(c), 1);
}

static void a_stored_token_that_does_not_open_is_fetched_anew(void **state)
{
    control_t *c = *state;
    answer_t a = {.count = 0};
    connect_user(c, "a", "CANARY-right");
    int first = ask(c, "a");
    connection_t *connection = find(c, "a");
    store_change_t broken = change_put("token", "c/a", connection->credential_generation, "{}");
    connection_unref(connection);
    broken.record.sealed = STR("no seal at all");
    write_now(c->store, broken, &a);
    assert_true(a.ok);
    answer_fini(&a);
    control_restart(c);
    assert_int_equal(ask(c, "a"), first + 1);
}

/* A full disk: what is in memory goes on, nothing is tried twice, nobody is told that something was
 * written. */
static void a_store_that_fails_is_told(void **state)
{
    control_t *c = *state;
    connect_user(c, "a", "CANARY-right");
    connect_user(c, "b", "CANARY-wrong");
    int first = ask(c, "a");
    control_restart(c); /* so that nothing lazy is under way */
    assert_int_equal(ask(c, "a"), first);
    disk_is_full(true);
    admin_fails(c, ADMIN_CONNECTION_RESET, named("a"), ERR_store_unavailable, NULL);
    admin_fails(c, ADMIN_CONNECTION_REMOVE, named("a"), ERR_store_unavailable, NULL);
    admin_fails(c, ADMIN_CONNECTION_CREATE,
                read_text("{\"name\":\"n\",\"connector\":\"acme\",\"auth\":\"user\",\"parameters\":"
                          "{\"username\":\"u\",\"password\":\"CANARY\"}}"),
                ERR_store_unavailable, NULL);
    assert_false(manager_is_ready(c->manager));
    assert_int_equal(ask(c, "a"), first);
    for (int i = 0; i < 3; i++) {
        err_t err = ask_in_vain(c, "b");
        assert_code(&err, ERR_credentials_rejected);
    }
    assert_int_equal(requests(c), 2);
    disk_is_full(false);
    json_decref(admin_ok(c, ADMIN_CONNECTION_CHANGE, new_password("b", "CANARY-right")));
    ask(c, "b");
    assert_int_equal(requests(c), 3);
    assert_null(find(c, "n"));
    assert_int_equal(ask(c, "a"), first);
}

/* A host that ends under its askers answers them, and writes what it has. */
static void the_end_answers_who_waits(void **state)
{
    control_t *c = *state;
    flying_t f;
    told_t change;
    connect_user(c, "a", "CANARY-right");
    connect_user(c, "b", "CANARY-right");
    take_off(c, "a", &f);
    admin_begin(c, ADMIN_CONNECTION_CHANGE, new_password("b", "CANARY-right"), &change);
    wait_for_requests(c, 2);
    control_end(c);
    assert_true(f.got.done);
    assert_code(&f.got.err, ERR_draining);
    assert_true(change.done);
    assert_code(&change.err, ERR_draining);
    connection_unref(f.connection);
    service_hold(false);
    control_begin(c);
    ask(c, "a");
    ask(c, "b");
}

/* This program again, as the host that dies. */
static int die_after_refusal(const char *root, uint16_t port)
{
    control_t *c = mem_new(control_t);
    snprintf(c->scratch.root, sizeof c->scratch.root, "%s", root);
    snprintf(c->scratch.folder, sizeof c->scratch.folder, "%s/data", root);
    control_init_at(c, port);
    control_begin(c);
    connect_user(c, "dies", "CANARY-wrong");
    ask_in_vain(c, "dies");
    call(c, "dies", "u", "CANARY-wrong");
    kill(getpid(), SIGKILL);
    return 1;
}

static void a_refusal_outlasts_a_crash(void **state)
{
    control_t *c = *state;
    int status;
    control_end(c);
    pid_t pid = scratch_spawn(c->scratch.root, "dies", c->server.port);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(requests(c), 2);
    control_begin(c);
    err_t err = ask_in_vain(c, "dies");
    assert_code(&err, ERR_credentials_rejected);
    assert_int_equal(call(c, "dies", "u", "CANARY-wrong"), ERR_credentials_rejected);
    assert_int_equal(requests(c), 2);
}

static void gates_outlast_a_restart(void **state)
{
    control_t *c = *state;
    connect_user(c, "a", "CANARY-right");
    connection_t *connection = find(c, "a");
    int64_t until = clock_boot_ms() + 100000;
    for (int i = 0; i < 10; i++) {
        manager_close_gate(c->manager, connection, until + i);
    }
    connection_unref(connection);
    control_restart(c);
    int64_t again = throttle_gate_until(c->throttle, STR("acme"), STR("a"));
    assert_in_range(again, until - 5000, until + 5000);
    remove_one(c, "a");
    control_restart(c);
    assert_int_equal(throttle_gate_until(c->throttle, STR("acme"), STR("a")), 0);
}

/* --- keys of the store --- */

static void a_wrong_master_key_changes_nothing(void **state)
{
    control_t *c = *state;
    err_t err = ERR_INIT;
    size_t before_n, after_n;
    connect_user(c, "a", "CANARY-right");
    control_end(c);
    char *before = scratch_read(&c->scratch, "tenon.db", &before_n);

    unsigned char other[MASTER_KEY_BYTES] = {1};
    secret_t *right = c->master_key;
    const load_options_t options = {0};
    c->master_key = secret_new(str_at(other, sizeof other));
    c->store = open_store(&c->scratch);
    c->throttle = throttle_new();
    c->metrics = metrics_new();
    c->catalogue = catalogue_open(c->connectors, &options, &err);
    assert_null(try_to_start(c, &err));
    assert_code(&err, ERR_master_key_mismatch);
    catalogue_close(c->catalogue);
    store_close(c->store);
    throttle_free(c->throttle);
    metrics_free(c->metrics);
    secret_unref(c->master_key);
    c->master_key = right;

    char *after = scratch_read(&c->scratch, "tenon.db", &after_n);
    assert_int_equal(after_n, before_n);
    assert_memory_equal(after, before, before_n);
    free(before);
    free(after);
    control_begin(c);
    ask(c, "a");
}

typedef struct ring_state {
    keyring_entry_t key;
    uint64_t uses;
} ring_state_t;

static void look_at_ring(manager_t *m, void *context)
{
    ring_state_t *r = context;
    r->key = m->ring.active;
    r->uses = keyring_uses(m->keyring, NULL);
}

static void grow_old(manager_t *m, void *context)
{
    (void)context;
    m->ring.active.created_at_ms -= 91LL * 24 * 3600 * 1000;
    ring_sweep(m);
}

static void use_up(manager_t *m, void *context)
{
    (void)context;
    m->ring.active.uses = keyring_uses(m->keyring, NULL); /* as if a million had been made */
    ring_sweep(m);
}

static ring_state_t ring_of(control_t *c)
{
    ring_state_t r;
    inside(c, look_at_ring, &r);
    return r;
}

static void data_keys_are_counted_and_replaced(void **state)
{
    control_t *c = *state;
    connect_user(c, "a", "CANARY-right");
    ring_state_t first = ring_of(c);
    assert_int_equal(first.key.id, 1);
    assert_true(first.uses >= 2); /* the call secret and the connection */
    assert_int_equal(first.key.uses, 1 << 20);
    control_restart(c);
    ring_state_t again = ring_of(c);
    assert_in_range(again.uses, first.uses,
                    first.uses + 10); /* an orderly end leaves the exact count */
    assert_in_range(again.key.uses, (1 << 20) + first.uses, (1 << 20) + first.uses + 10);

    inside(c, use_up, NULL);
    connect_user(c, "b", "CANARY-right"); /* behind it in the store's queue */
    assert_true(ring_of(c).key.uses >= 1 << 20);

    inside(c, grow_old, NULL);
    connect_user(c, "c", "CANARY-right");
    assert_int_equal(ring_of(c).key.id, 2);
    connect_user(c, "d", "CANARY-right");
    assert_true(ring_of(c).uses >= 1);
    control_restart(c);
    assert_int_equal(ring_of(c).key.id, 2);
    ask(c, "a");
    ask(c, "d");
}

/* --- memory --- */

static void forget_all(manager_t *m, void *context)
{
    (void)context;
    entries_sweep(m, INT64_MAX / 2);
    sources_sweep(m, INT64_MAX / 2);
    assert_int_equal(map_count(m->entries), 0);
    assert_int_equal(map_count(m->sources), 0);
    assert_int_equal(m->call_sources, 0);
}

static void what_is_idle_is_dropped_and_read_again(void **state)
{
    control_t *c = *state;
    connect_user(c, "a", "CANARY-right");
    int first = ask(c, "a");
    call(c, "a", "u", "CANARY-wrong");
    inside(c, forget_all, NULL);
    assert_int_equal(ask(c, "a"), first);
    assert_int_equal(call(c, "a", "u", "CANARY-wrong"), ERR_credentials_rejected);
    assert_int_equal(requests(c), 2);
}

static void what_has_run_out_leaves_the_store(void **state)
{
    control_t *c = *state;
    answer_t left = {.count = 0};
    store_change_t old[] = {change_put("refusal", "k/old", 1, "{}"),
                            change_put("gate", "gone", 1, "{}")};
    store_write_now(c->store, old, COUNT(old), answer_keep, &left);
    connect_user(c, "a", "CANARY-right");
    assert_int_equal(call(c, "a", "u", "CANARY-wrong"), ERR_credentials_rejected);
    inside(c, (void (*)(manager_t *, void *))(uintptr_t)tidy, NULL);
    int64_t give_up = clock_boot_ms() + PATIENCE_MS;
    do {
        store_list_now(c->store, STR("refusal"), STR_NONE, STR_NONE, 10, answer_keep, &left);
    } while (left.records != 1 && clock_boot_ms() < give_up);
    assert_int_equal(left.records, 1);
    assert_int_equal(strncmp(left.ids, "k/old", 5) == 0, 0);
    answer_fini(&left);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[2], "dies") == 0) {
        return die_after_refusal(argv[1], (uint16_t)atoi(argv[3]));
    }
#define CASE(name) cmocka_unit_test_setup_teardown(name, control_start, control_stop)
    const struct CMUnitTest tests[] = {
        CASE(all_who_ask_cause_one_request),
        CASE(requests_to_one_host_take_turns),
        CASE(an_asker_may_leave),
        CASE(a_token_that_is_due_serves_while_it_is_renewed),
        CASE(a_token_near_its_end_is_waited_for),
        CASE(a_living_token_outlasts_the_endpoint),
        CASE(all_wait_for_the_same_pause),
        CASE(pauses_grow),
        CASE(a_pause_outlasts_a_restart),
        CASE(a_wrong_password_is_sent_once),
        CASE(a_wrong_change_leaves_all_as_it_was),
        CASE(a_lock_ends_by_itself),
        CASE(a_token_without_a_life_is_guarded),
        CASE(a_new_token_on_demand_once_in_a_minute),
        CASE(a_refused_token_is_replaced_once),
        CASE(those_refused_together_wait_together),
        CASE(a_failed_renewal_hurts_those_who_cannot_use_the_old),
        CASE(a_refresh_token_stays_inside),
        CASE(calls_never_meet),
        CASE(refusals_of_calls_are_never_forgotten),
        CASE(pauses_of_calls_are_shared),
        CASE(a_removed_connection_gets_nothing),
        CASE(a_new_connection_gets_no_old_token),
        CASE(who_waits_gets_what_the_change_brings),
        CASE(a_reset_begins_anew),
        CASE(many_change_one_name),
        CASE(tokens_outlast_definitions_that_mean_the_same),
        CASE(a_new_definition_deserves_an_attempt),
        CASE(a_definition_changes_under_a_flight),
        CASE(what_cannot_be_built_is_told_and_forgotten),
        CASE(a_connector_that_goes_and_comes_back),
        CASE(other_hosts_wait_for_an_admin),
        CASE(values_of_the_host_are_everybodys_credentials),
        CASE(tokens_outlast_a_restart),
        CASE(a_stored_token_that_does_not_open_is_fetched_anew),
        CASE(a_store_that_fails_is_told),
        CASE(the_end_answers_who_waits),
        CASE(a_refusal_outlasts_a_crash),
        CASE(gates_outlast_a_restart),
        CASE(a_wrong_master_key_changes_nothing),
        CASE(data_keys_are_counted_and_replaced),
        CASE(what_is_idle_is_dropped_and_read_again),
        CASE(what_has_run_out_leaves_the_store),
    };
    return cmocka_run_group_tests(tests, log_begin, log_end);
}
