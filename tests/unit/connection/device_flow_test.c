/* SPDX-License-Identifier: MIT */
/* A person's sign-in by a code, in the control loop: how often it asks, when it ends, what it
 * leaves.
 */
#include "connection/rig.h"

#include "connection/device_flow.h"

/* %u: the service's port. */
static const char TV[] = "tenon: 1\nid: tv\ntitle: TV\nversion: 1.0.0\ndescription: A service.\n"
                         "hosts: [\"127.0.0.1\"]\nbase_url: http://127.0.0.1:%u\n"
                         "connection:\n"
                         "  auth:\n"
                         "    device:\n"
                         "      type: device_code\n"
                         "      parameters:\n"
                         "        client_id: {type: string, required: true}\n"
                         "        note: {type: string}\n"
                         "      device_url: /device\n"
                         "      token_url: /token\n"
                         "    client:\n"
                         "      type: client_credentials\n"
                         "      parameters:\n"
                         "        client_id: {type: string, required: true}\n"
                         "        client_secret: {type: string, secret: true, required: true}\n"
                         "      token_url: /token\n"
                         "actions:\n"
                         "  GetAccessToken: {summary: Get a token, token: connection}\n";

/* --- the service: what it says to a poll --- */

static struct {
    pthread_mutex_t lock;
    const char *says;   /* an error; NULL: the tokens; "": nothing */
    const char *device; /* instead of codes; NULL: codes */
    int codes;          /* given out */
    bool passes;        /* polls are answered while all else is held */
} tv = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void tv_says(const char *error)
{
    pthread_mutex_lock(&tv.lock);
    tv.says = error;
    pthread_mutex_unlock(&tv.lock);
}

static bool device_answer(peer_t *peer, str_t body)
{
    char text[1024], answer[2048];
    (void)body;
    pthread_mutex_lock(&tv.lock);
    const char *instead = tv.device;
    snprintf(text, sizeof text,
             "{\"device_code\":\"CANARY-right-%d\",\"user_code\":\"U-%d\",\"interval\":60,"
             "\"verification_uri\":\"https://tv.example/go\",\"expires_in\":900}",
             tv.codes + 1, tv.codes + 1);
    tv.codes++;
    pthread_mutex_unlock(&tv.lock);
    service_write(answer, sizeof answer, instead ? "400 Bad Request" : "200 OK", "",
                  instead ? instead : text);
    return peer_say(peer, answer);
}

static bool answer_at_once(peer_t *peer, str_t body)
{
    char answer[4096];
    pthread_mutex_lock(&service.lock);
    service_decide(answer, sizeof answer, body);
    pthread_mutex_unlock(&service.lock);
    return peer_say(peer, answer);
}

static bool token_answer(peer_t *peer, str_t body)
{
    char text[256], answer[1024];
    bool is_poll = str_find(body, STR("device_code="), 0) != SIZE_MAX;
    pthread_mutex_lock(&tv.lock);
    const char *says = tv.says;
    bool passes = tv.passes;
    pthread_mutex_unlock(&tv.lock);
    if (!says || !is_poll) {
        return is_poll && passes ? answer_at_once(peer, body) : service_answer(peer, body);
    }
    if (!*says) {
        return false;
    }
    snprintf(text, sizeof text, "{\"error\":\"%s\"}", says);
    service_write(answer, sizeof answer, "400 Bad Request", "", text);
    return peer_say(peer, answer);
}

static int start(void **state)
{
    static const route_t ROUTES[] = {
        {"/device", device_answer}, {"/token", token_answer}, {NULL, NULL}};
    int failed = control_start_with(state, ROUTES);
    control_t *c = *state;
    tv_says("authorization_pending");
    tv.device = NULL;
    tv.passes = false;
    tv.codes = 0;
    unsigned before = c->changes;
    save_definition(c, "tv", TV, c->server.port);
    int64_t give_up = clock_boot_ms() + PATIENCE_MS;
    while (c->changes == before && clock_boot_ms() < give_up) {
        loop_turn(c->loop, 10);
    }
    return failed;
}

static void connect_tv(control_t *c, const char *name)
{
    json_decref(admin_ok(c, ADMIN_CONNECTION_CREATE,
                         json_pack("{s:s, s:s, s:s, s:{s:s}}", "name", name, "connector", "tv",
                                   "auth", "device", "parameters", "client_id", "i")));
}

static json_t *begin(control_t *c, const char *name)
{
    return admin_ok(c, ADMIN_DEVICE_BEGIN, named(name));
}

/* Its status is the one; a new reference. */
static json_t *assert_status(control_t *c, const char *name, const char *status)
{
    json_t *shown = admin_ok(c, ADMIN_DEVICE_SHOW, named(name));
    assert_string_equal(json_string_value(json_object_get(shown, "status")), status);
    return shown;
}

/* --- inside --- */

typedef struct seen {
    const char *name;
    bool is_there;
    int64_t interval_ms, wait_ms;
    bool is_busy, is_handed_over;
    bool poll_now, end_now;
} seen_t;

static void look_inside(manager_t *m, void *context)
{
    seen_t *s = context;
    device_flow_t *f = device_flow_of(m, str_of(s->name));
    s->is_there = f != NULL;
    if (!f) {
        return;
    }
    s->interval_ms = f->interval_ms;
    s->is_busy = f->is_busy;
    s->is_handed_over = f->is_handed_over;
    s->wait_ms = loop_timer_is_set(&f->timer) ? f->timer.at_ms - clock_boot_ms() : -1;
    if (s->end_now) {
        f->expires_at_ms = clock_boot_ms();
    }
    if (s->poll_now || s->end_now) {
        loop_timer_set(&f->timer, 0);
    }
}

static seen_t look(control_t *c, const char *name)
{
    seen_t s = {.name = name};
    inside(c, look_inside, &s);
    return s;
}

/* Until it waits for its next poll, or is over. */
static seen_t rest(control_t *c, const char *name)
{
    seen_t s;
    int64_t give_up = clock_boot_ms() + PATIENCE_MS;
    do {
        loop_turn(c->loop, 5);
        s = look(c, name);
    } while (s.is_busy && clock_boot_ms() < give_up);
    assert_false(s.is_busy);
    return s;
}

/* As if its time had come. */
static seen_t poll_now(control_t *c, const char *name)
{
    unsigned before = requests(c);
    seen_t s = {.name = name, .poll_now = true};
    inside(c, look_inside, &s);
    wait_for_requests(c, before + 1);
    return rest(c, name);
}

typedef struct record_seen {
    bool done, is_there;
} record_seen_t;

static void on_record(void *context, const store_result_t *result)
{
    record_seen_t *r = context;
    r->is_there = result->count > 0;
    r->done = true;
}

static bool stored(control_t *c, const char *kind, const char *id)
{
    record_seen_t r = {.done = false};
    store_get(c->store, c->loop, str_of(kind), str_of(id), on_record, &r);
    control_wait(c, &r.done);
    return r.is_there;
}

static void assert_about(int64_t ms, int64_t wanted_ms)
{
    assert_in_range(ms, wanted_ms - 3000, wanted_ms);
}

/* --- it goes well --- */

static void a_person_signs_in(void **state)
{
    control_t *c = *state;
    connect_tv(c, "a");
    assert_int_equal(state_of(c, "a"), CONNECTION_SIGN_IN);
    json_t *begun = begin(c, "a");
    assert_string_equal(json_string_value(json_object_get(begun, "user_code")), "U-1");
    assert_string_equal(json_string_value(json_object_get(begun, "verification_uri")),
                        "https://tv.example/go");
    assert_int_equal(json_integer_value(json_object_get(begun, "interval")), 60);
    assert_null(json_object_get(begun, "device_code"));
    json_decref(begun);
    assert_true(stored(c, "device", "a"));
    poll_now(c, "a");
    json_decref(assert_status(c, "a", "pending"));
    tv_says(NULL);
    poll_now(c, "a");
    json_t *shown = assert_status(c, "a", "ready");
    assert_int_equal(json_object_size(shown), 1);
    json_decref(shown);
    assert_int_equal(state_of(c, "a"), CONNECTION_READY);
    assert_false(stored(c, "device", "a"));
    unsigned before = requests(c);
    ask(c, "a");
    assert_int_equal(requests(c), before);
}

/* Its refresh token is held like any other. */
static void what_it_brings_is_refreshed_after_a_restart(void **state)
{
    control_t *c = *state;
    connect_tv(c, "a");
    json_decref(begin(c, "a"));
    tv_says(NULL);
    poll_now(c, "a");
    json_decref(assert_status(c, "a", "ready"));
    control_restart(c);
    assert_false(look(c, "a").is_there);
    int first = ask(c, "a");
    age(c, "a", 3600 * 1000);
    assert_true(ask(c, "a") > first);
    assert_int_equal(service.reuses, 0);
}

/* --- how often --- */

static void slow_down_is_for_good(void **state)
{
    control_t *c = *state;
    connect_tv(c, "a");
    json_decref(begin(c, "a"));
    assert_about(look(c, "a").wait_ms, 60 * 1000);
    tv_says("slow_down");
    seen_t s = poll_now(c, "a");
    assert_int_equal(s.interval_ms, 65 * 1000);
    assert_about(s.wait_ms, 65 * 1000);
    s = poll_now(c, "a");
    assert_int_equal(s.interval_ms, 70 * 1000);
    tv_says("authorization_pending");
    assert_about(poll_now(c, "a").wait_ms, 70 * 1000);
    control_restart(c);
    assert_int_equal(look(c, "a").interval_ms, 70 * 1000);
}

static void set_interval(manager_t *m, void *context)
{
    const seen_t *s = context;
    device_flow_of(m, str_of(s->name))->interval_ms = s->interval_ms;
}

static void what_is_not_answered_is_asked_less_often(void **state)
{
    static const int64_t waits_s[] = {10, 20, 40, 60, 60};
    control_t *c = *state;
    connect_tv(c, "a");
    json_decref(begin(c, "a"));
    inside(c, set_interval, &(seen_t){.name = "a", .interval_ms = 5000});
    tv_says("");
    for (size_t i = 0; i < COUNT(waits_s); i++) {
        assert_about(poll_now(c, "a").wait_ms, waits_s[i] * 1000);
    }
    tv_says("authorization_pending");
    assert_about(poll_now(c, "a").wait_ms, 5000);
}

/* --- it ends --- */

static void a_refusal_is_the_end(void **state)
{
    static const struct {
        const char *says, *status, *code;
    } rows[] = {{"access_denied", "denied", "authorization_incomplete"},
                {"expired_token", "expired", "authorization_incomplete"},
                {"invalid_grant", "failed", "credentials_rejected"},
                {"invalid_client", "failed", "credentials_rejected"}};
    control_t *c = *state;
    connect_tv(c, "a");
    for (size_t i = 0; i < COUNT(rows); i++) {
        json_decref(begin(c, "a"));
        tv_says(rows[i].says);
        assert_int_equal(poll_now(c, "a").wait_ms, -1);
        json_t *shown = assert_status(c, "a", rows[i].status);
        assert_string_equal(json_string_value(json_object_get(shown, "code")), rows[i].code);
        assert_string_equal(json_string_value(json_object_get(shown, "error")), rows[i].says);
        json_decref(shown);
        assert_false(stored(c, "device", "a"));
        assert_int_equal(state_of(c, "a"), CONNECTION_SIGN_IN);
    }
}

/* Its time comes, and it ends so without a question to the service. */
static void end_unasked(control_t *c, const char *name, seen_t time, const char *status)
{
    unsigned before = requests(c);
    int64_t give_up = clock_boot_ms() + PATIENCE_MS;
    time.name = name;
    inside(c, look_inside, &time);
    while (stored(c, "device", name) && clock_boot_ms() < give_up) {
        loop_turn(c->loop, 5);
    }
    rest(c, name);
    json_decref(assert_status(c, name, status));
    assert_int_equal(requests(c), before);
}

static void it_ends_with_its_code(void **state)
{
    control_t *c = *state;
    connect_tv(c, "a");
    json_decref(begin(c, "a"));
    end_unasked(c, "a", (seen_t){.end_now = true}, "expired");
}

static void what_was_there_stays(void **state)
{
    control_t *c = *state;
    connect_tv(c, "a");
    json_decref(begin(c, "a"));
    tv_says(NULL);
    poll_now(c, "a");
    json_decref(assert_status(c, "a", "ready"));
    int token = ask(c, "a");
    json_decref(begin(c, "a"));
    tv_says("access_denied");
    poll_now(c, "a");
    json_decref(assert_status(c, "a", "denied"));
    assert_int_equal(ask(c, "a"), token);
    assert_int_equal(state_of(c, "a"), CONNECTION_READY);
}

/* Pending polls do not stand in the way of who needs the token before. */
static void a_poll_holds_up_nobody(void **state)
{
    control_t *c = *state;
    connect_tv(c, "a");
    json_decref(begin(c, "a"));
    tv_says(NULL);
    poll_now(c, "a");
    int first = ask(c, "a");
    json_decref(begin(c, "a"));
    tv_says("authorization_pending");
    age(c, "a", 3600 * 1000);
    seen_t s = {.name = "a", .poll_now = true};
    inside(c, look_inside, &s);
    assert_true(ask(c, "a") > first); /* by its refresh token */
    rest(c, "a");
}

/* Tokens that come while a refresh is on its way wait their turn, and replace what that brought. */
static void tokens_wait_their_turn(void **state)
{
    control_t *c = *state;
    flying_t f;
    connect_tv(c, "a");
    json_decref(begin(c, "a"));
    tv_says(NULL);
    poll_now(c, "a");
    json_decref(assert_status(c, "a", "ready"));
    json_decref(begin(c, "a"));
    age(c, "a", 3600 * 1000);
    take_off(c, "a", &f);
    seen_t s = {.name = "a", .poll_now = true};
    unsigned before = requests(c);
    inside(c, look_inside, &s);
    wait_for_requests(c, before + 1);
    touch_down(c, &f);
    assert_non_null(f.got.token);
    got_fini(&f.got);
    rest(c, "a");
    json_decref(assert_status(c, "a", "ready"));
    age(c, "a", 3600 * 1000);
    ask(c, "a"); /* by the newest refresh token */
    assert_int_equal(service.reuses, 0);
    assert_int_equal(state_of(c, "a"), CONNECTION_READY);
}

static void a_changed_connection_ends_it(void **state)
{
    control_t *c = *state;
    connect_tv(c, "a");
    json_decref(begin(c, "a"));
    json_decref(admin_ok(c, ADMIN_CONNECTION_CHANGE,
                         json_pack("{s:s, s:{s:s}}", "name", "a", "parameters", "client_id", "j")));
    end_unasked(c, "a", (seen_t){.poll_now = true}, "failed");
}

static void a_removed_connection_takes_it_along(void **state)
{
    control_t *c = *state;
    connect_tv(c, "a");
    json_decref(begin(c, "a"));
    remove_one(c, "a");
    assert_false(stored(c, "device", "a"));
    admin_fails(c, ADMIN_DEVICE_SHOW, named("a"), ERR_not_found, NULL);
    connect_tv(c, "a");
    admin_fails(c, ADMIN_DEVICE_SHOW, named("a"), ERR_not_found, NULL);
}

/* --- never two --- */

/* How many requests hold the text. */
static unsigned count_with(control_t *c, const char *text)
{
    unsigned count = 0;
    pthread_mutex_lock(&c->server.lock);
    for (unsigned i = 0; i < c->server.logged_count; i++) {
        count += strstr(c->server.logged[i], text) != NULL;
    }
    pthread_mutex_unlock(&c->server.lock);
    return count;
}

static void a_new_code_takes_the_place_of_the_old(void **state)
{
    control_t *c = *state;
    connect_tv(c, "a");
    json_decref(begin(c, "a"));
    json_t *second = begin(c, "a");
    assert_string_equal(json_string_value(json_object_get(second, "user_code")), "U-2");
    json_decref(second);
    poll_now(c, "a");
    poll_now(c, "a");
    assert_int_equal(count_with(c, "device_code=CANARY-right-1"), 0);
    assert_int_equal(count_with(c, "device_code=CANARY-right-2"), 2);
}

static void a_restart_goes_on_with_the_same_code(void **state)
{
    control_t *c = *state;
    connect_tv(c, "a");
    json_decref(begin(c, "a"));
    poll_now(c, "a");
    control_restart(c);
    seen_t s = look(c, "a");
    assert_true(s.is_there);
    assert_about(s.wait_ms, 60 * 1000);
    json_t *shown = assert_status(c, "a", "pending");
    assert_string_equal(json_string_value(json_object_get(shown, "user_code")), "U-1");
    assert_in_range(json_integer_value(json_object_get(shown, "expires_in")), 890, 900);
    json_decref(shown);
    tv_says(NULL);
    poll_now(c, "a");
    json_decref(assert_status(c, "a", "ready"));
    assert_int_equal(count_with(c, "device_code=CANARY-right-1"), 2);
    assert_int_equal(count_with(c, "/device"), 1);
}

/* One out of a backup may be spent by now. */
static void a_restored_code_is_not_asked_for(void **state)
{
    control_t *c = *state;
    const store_change_t restored = {
        .verb = STORE_PUT,
        .record = {.kind = STR("meta"), .id = STR("restore"), .generation = 1, .plain = STR("{}")}};
    connect_tv(c, "a");
    json_decref(begin(c, "a"));
    store_write_now(c->store, &restored, 1, NULL, NULL);
    control_restart(c);
    assert_false(look(c, "a").is_there);
    assert_false(stored(c, "device", "a"));
    json_decref(begin(c, "a"));
    control_restart(c);
    assert_true(look(c, "a").is_there);
}

static void *let_go_soon(void *context)
{
    (void)context;
    usleep(50 * 1000);
    service_hold(false);
    return NULL;
}

/* A poll is on its way when the host ends: its answer is waited for, and serves after the restart.
 */
static void an_answer_at_the_end_is_not_lost(void **state)
{
    control_t *c = *state;
    connect_tv(c, "a");
    json_decref(begin(c, "a"));
    tv_says(NULL);
    service_hold(true);
    seen_t s = {.name = "a", .poll_now = true};
    inside(c, look_inside, &s);
    wait_for_requests(c, 1);
    pthread_t helper;
    assert_int_equal(pthread_create(&helper, NULL, let_go_soon, NULL), 0);
    control_restart(c);
    pthread_join(helper, NULL);
    unsigned before = requests(c);
    ask(c, "a");
    assert_int_equal(requests(c), before);
    assert_int_equal(state_of(c, "a"), CONNECTION_READY);
    assert_false(look(c, "a").is_there);
}

/* The tokens are there, but a refresh is before them when the host ends: it lands first, and then
 * they are safe. */
static void an_answer_that_waits_at_the_end_is_not_lost(void **state)
{
    control_t *c = *state;
    flying_t f;
    connect_tv(c, "a");
    json_decref(begin(c, "a"));
    tv_says(NULL);
    poll_now(c, "a");
    json_decref(begin(c, "a"));
    age(c, "a", 3600 * 1000);
    tv.passes = true;
    take_off(c, "a", &f);
    inside(c, look_inside, &(seen_t){.name = "a", .poll_now = true});
    for (int64_t end = clock_boot_ms() + PATIENCE_MS;
         clock_boot_ms() < end && !look(c, "a").is_handed_over;) {
        loop_turn(c->loop, 5);
    }
    pthread_t helper;
    assert_int_equal(pthread_create(&helper, NULL, let_go_soon, NULL), 0);
    connection_unref(f.connection);
    control_restart(c);
    pthread_join(helper, NULL);
    got_fini(&f.got);
    assert_false(look(c, "a").is_there);
    assert_int_equal(state_of(c, "a"), CONNECTION_READY);
    unsigned before = requests(c);
    ask(c, "a");
    assert_int_equal(requests(c), before);              /* what the person signed in for */
    assert_int_equal(count_with(c, "device_code="), 2); /* each code was spent once */
    age(c, "a", 3600 * 1000);
    ask(c, "a"); /* by its refresh token */
    assert_int_equal(service.reuses, 0);
}

/* --- it does not begin --- */

static void it_needs_a_code(void **state)
{
    control_t *c = *state;
    connect_tv(c, "a");
    tv.device = "{\"error\":\"unauthorized_client\"}";
    admin_fails(c, ADMIN_DEVICE_BEGIN, named("a"), ERR_credentials_rejected, NULL);
    admin_fails(c, ADMIN_DEVICE_SHOW, named("a"), ERR_not_found, NULL);
    admin_fails(c, ADMIN_DEVICE_BEGIN, named("b"), ERR_not_found, NULL);
    json_decref(admin_ok(c, ADMIN_CONNECTION_CREATE,
                         json_pack("{s:s, s:s, s:s, s:{s:s, s:s}}", "name", "c", "connector", "tv",
                                   "auth", "client", "parameters", "client_id", "i",
                                   "client_secret", "CANARY-right")));
    admin_fails(c, ADMIN_DEVICE_BEGIN, named("c"), ERR_not_supported, NULL);
    assert_int_equal(state_of(c, "a"), CONNECTION_SIGN_IN);
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, start, control_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ONE(a_person_signs_in),
        ONE(what_it_brings_is_refreshed_after_a_restart),
        ONE(slow_down_is_for_good),
        ONE(what_is_not_answered_is_asked_less_often),
        ONE(a_refusal_is_the_end),
        ONE(it_ends_with_its_code),
        ONE(what_was_there_stays),
        ONE(a_poll_holds_up_nobody),
        ONE(tokens_wait_their_turn),
        ONE(a_changed_connection_ends_it),
        ONE(a_removed_connection_takes_it_along),
        ONE(a_new_code_takes_the_place_of_the_old),
        ONE(a_restart_goes_on_with_the_same_code),
        ONE(a_restored_code_is_not_asked_for),
        ONE(an_answer_at_the_end_is_not_lost),
        ONE(an_answer_that_waits_at_the_end_is_not_lost),
        ONE(it_needs_a_code),
    };
    return cmocka_run_group_tests_name("device_flow", tests, log_begin, log_end);
}
