/* SPDX-License-Identifier: MIT */
#include "call/limited.h"

#include "base/clock.h"

static void assert_family(const char *of_connector, const char *action, metric_t family,
                          const char *expected)
{
    exposition_t e;
    exposition_init(&e);
    metrics_read_group(metrics, str_of(of_connector), str_of(action), &e);
    if (!str_is(buf_view(&e.samples[family]), expected)) {
        fail_msg("%.*s\nis not\n%s", STR_ARG(buf_view(&e.samples[family])), expected);
    }
    exposition_fini(&e);
}

/* All that was counted, of one action and key; a minute may have passed in between. */
static void assert_use(const char *action, const char *key, const uint32_t counts[USAGE_COUNT])
{
    uint32_t sum[USAGE_COUNT] = {0};
    usage_page_t *pages = usage_book_take(place.book);
    for (const usage_page_t *page = pages; page; page = page->next) {
        for (const usage_cell_t *cell = page->cells; cell; cell = cell->next) {
            assert_true(str_is(cell->connection, "test"));
            assert_true(str_is(cell->action, action));
            assert_true(str_is(cell->key, key));
            for (int i = 0; i < USAGE_COUNT; i++) {
                sum[i] += cell->counts[i];
            }
        }
    }
    assert_memory_equal(sum, counts, sizeof sum);
    usage_pages_free(pages);
}

typedef struct outcome_row {
    call_outcome_t outcome;
    const char *status, *code, *reason; /* labels; NULL: not counted */
    uint32_t use[USAGE_COUNT];
} outcome_row_t;

static const outcome_row_t OUTCOMES[] = {
    {{.status = 200}, "200", NULL, NULL, {1}},
    {{.status = 404}, "404", NULL, NULL, {1, 0, 0, 1}}, /* of the service */
    {{.status = 302}, "302", NULL, NULL, {1}},
    {{.status = 400, .code = ERR_param_missing}, "400", "param_missing", NULL, {1, 0, 0, 1}},
    {{.status = 424, .code = ERR_credentials_rejected},
     "424",
     "credentials_rejected",
     NULL,
     {1, 0, 0, 1}},
    {{.status = 429, .code = ERR_throttled}, "429", "throttled", "limit", {1, 1}},
    {{.status = 429, .code = ERR_upstream_throttled}, "429", "upstream_throttled", "pause", {1, 1}},
    {{.status = 429, .code = ERR_upstream_throttled, .by_service = true},
     "429",
     "upstream_throttled",
     "service",
     {1, 0, 1}},
    {{.status = 429, .code = ERR_token_endpoint_throttled},
     "429",
     "token_endpoint_throttled",
     "token_endpoint",
     {1, 1}},
    {{.status = 503, .code = ERR_over_capacity}, "503", "over_capacity", NULL, {1, 0, 0, 1}},
    {{.status = STATUS_CALLER_LEFT, .broken = true}, "499", NULL, NULL, {1, 0, 0, 1}},
    {{.status = 200, .code = ERR_upstream_truncated, .broken = true},
     "200",
     "upstream_truncated",
     NULL,
     {1, 0, 0, 1}},
};

static void add_sample(buf_t *to, const char *name, const char *label, const char *value)
{
    if (value) {
        buf_printf(to, "%s{connector=\"limits\",%s=\"%s\"} 1\n", name, label, value);
    }
}

static void each_outcome_is_counted_for_what_it_is(void **state)
{
    for (size_t i = 0; i < COUNT(OUTCOMES); i++) {
        const outcome_row_t *row = &OUTCOMES[i];
        tally_t t;
        buf_t calls, errors, throttled;
        up(state);
        tally_init(&t, &place, connection, action_of("One"), caller);
        tally_count(&t, &row->outcome);
        buf_init(&calls, 1024);
        buf_init(&errors, 1024);
        buf_init(&throttled, 1024);
        buf_printf(&calls,
                   "tenon_calls_total{connector=\"limits\",action=\"One\",status=\"%s\"} 1\n",
                   row->status);
        add_sample(&errors, "tenon_call_errors_total", "code", row->code);
        add_sample(&throttled, "tenon_calls_throttled_total", "reason", row->reason);
        assert_family("limits", "One", METRIC_CALLS, buf_c(&calls));
        assert_family("limits", NULL, METRIC_CALL_ERRORS, buf_c(&errors));
        assert_family("limits", NULL, METRIC_THROTTLED, buf_c(&throttled));
        assert_use("One", "local", row->use);
        buf_fini(&calls);
        buf_fini(&errors);
        buf_fini(&throttled);
        tally_fini(&t);
        down(state);
    }
}

/* More kinds of outcomes than it remembers, again and again. */
static void a_tally_that_stays_counts_all(void **state)
{
    (void)state;
    tally_t t;
    buf_t expected;
    tally_init(&t, &place, connection, action_of("Two"), caller);
    for (int round = 0; round < 3; round++) {
        for (int status = 200; status < 210; status++) {
            tally_count(&t, &(call_outcome_t){.status = status, .began_us = clock_boot_us()});
        }
    }
    buf_init(&expected, 4096);
    for (int status = 200; status < 210; status++) {
        buf_printf(&expected,
                   "tenon_calls_total{connector=\"limits\",action=\"Two\",status=\"%d\"} 3\n",
                   status);
    }
    assert_family("limits", "Two", METRIC_CALLS, buf_c(&expected));
    assert_use("Two", "local", (uint32_t[USAGE_COUNT]){30});
    /* On the next page it finds another cell. */
    tally_count(&t, &(call_outcome_t){.status = 200});
    assert_use("Two", "local", (uint32_t[USAGE_COUNT]){1});
    buf_fini(&expected);
    tally_fini(&t);
}

static void lookups_and_times_are_counted(void **state)
{
    (void)state;
    static const token_use_t uses[] = {TOKEN_NOT_NEEDED, TOKEN_MISS, TOKEN_HIT, TOKEN_HIT};
    tally_t t;
    exposition_t e;
    tally_init(&t, &place, connection, action_of("One"), caller);
    for (size_t i = 0; i < COUNT(uses); i++) {
        tally_count(&t, &(call_outcome_t){
                            .status = 200, .token = uses[i], .began_us = clock_boot_us() - 200000});
    }
    assert_family("limits", NULL, METRIC_TOKEN_LOOKUPS,
                  "tenon_token_cache_lookups_total{connector=\"limits\",result=\"hit\"} 2\n"
                  "tenon_token_cache_lookups_total{connector=\"limits\",result=\"miss\"} 1\n");
    exposition_init(&e);
    metrics_read_group(metrics, STR("limits"), STR_NONE, &e);
    const char *times = buf_c(&e.samples[METRIC_CALL_DURATION]);
    assert_non_null(strstr(times, "{connector=\"limits\",kind=\"request\",le=\"0.1\"} 0\n"));
    assert_non_null(strstr(times, "_count{connector=\"limits\",kind=\"request\"} 4\n"));
    exposition_fini(&e);
    tally_fini(&t);
}

/* What is not known is not told apart; what is not the catalogue's is no label. */
static void unknowns_are_counted(void **state)
{
    (void)state;
    static const char *const EMPTY =
        "tenon_calls_total{connector=\"\",action=\"\",status=\"%s\"} 1\n";
    char expected[128];
    tally_t t;
    tally_init(&t, &place, NULL, NULL, NULL);
    tally_count(&t, &(call_outcome_t){.status = 401, .code = ERR_unauthorized});
    tally_fini(&t);
    assert_null(usage_book_take(place.book)); /* of no connection */
    (void)snprintf(expected, sizeof expected, EMPTY, "401");
    assert_family(NULL, NULL, METRIC_CALLS, expected);

    tally_init(&t, &place, connection, NULL, caller);
    tally_count(&t, &(call_outcome_t){.status = 404, .code = ERR_not_found});
    tally_fini(&t);
    assert_family("limits", NULL, METRIC_CALLS,
                  "tenon_calls_total{connector=\"limits\",action=\"\",status=\"404\"} 1\n");
    assert_use(USAGE_NO_ACTION, "local", (uint32_t[USAGE_COUNT]){1, 0, 0, 1});

    connection_record_t *r = connection_record_new(STR("test"));
    json_decref(r->plain);
    r->plain = json_pack("{s:s}", "connector", "gone");
    connection_t *orphan = connection_resolve(r, NULL, NULL);
    tally_init(&t, &place, orphan, NULL, caller);
    tally_count(&t, &(call_outcome_t){.status = 409, .code = ERR_parameter_missing});
    tally_fini(&t);
    assert_family("gone", NULL, METRIC_CALLS, "");
    assert_use(USAGE_NO_ACTION, "local", (uint32_t[USAGE_COUNT]){1, 0, 0, 1});
    connection_unref(orphan);
    connection_record_free(r);
}

/* What a tally counts of a connector that has left the catalogue goes nowhere, and hurts nobody. */
static bool keeps_nothing(const void *context, str_t of_connector, str_t action)
{
    (void)context;
    (void)of_connector;
    (void)action;
    return false;
}

static void a_tally_outlives_its_series(void **state)
{
    (void)state;
    tally_t t;
    tally_init(&t, &place, connection, action_of("One"), caller);
    tally_count(&t, &(call_outcome_t){.status = 200});
    metrics_shard_keep(place.shard, keeps_nothing, NULL);
    tally_count(&t, &(call_outcome_t){.status = 200});
    tally_count(&t, &(call_outcome_t){.status = 500, .code = ERR_internal_error});
    assert_int_equal(metrics_group_count(metrics), 0);
    assert_use("One", "local", (uint32_t[USAGE_COUNT]){3, 0, 0, 1});
    tally_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_outcome_is_counted_for_what_it_is),
        cmocka_unit_test_setup_teardown(a_tally_that_stays_counts_all, up, down),
        cmocka_unit_test_setup_teardown(lookups_and_times_are_counted, up, down),
        cmocka_unit_test_setup_teardown(unknowns_are_counted, up, down),
        cmocka_unit_test_setup_teardown(a_tally_outlives_its_series, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
