/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "metrics/exposition.h"

/* The samples of a family as they come out, without HELP and TYPE. */
static void assert_samples(const exposition_t *e, metric_t m, const char *expected)
{
    if (!str_is(buf_view(&e->samples[m]), expected)) {
        fail_msg("%.*s\nis not\n%s", STR_ARG(buf_view(&e->samples[m])), expected);
    }
}

static void samples_are_written(void **state)
{
    (void)state;
    exposition_t e;
    exposition_init(&e);
    const str_t call[] = {STR("acme"), STR("Get"), STR("200")};
    const str_t reason[] = {STR("acme"), STR("limit")};
    exposition_count(&e, METRIC_CALLS, call, UINT64_C(12345678901));
    exposition_count(&e, METRIC_THROTTLED, reason, 0);
    exposition_gauge(&e, METRIC_CONNECTORS, NULL, 7);
    exposition_gauge(&e, METRIC_CATALOGUE_TIME, NULL, 1795318267.089);
    exposition_summary(&e, METRIC_STORE_COMMITS, 3, 0.25);
    assert_samples(
        &e, METRIC_CALLS,
        "tenon_calls_total{connector=\"acme\",action=\"Get\",status=\"200\"} 12345678901\n");
    assert_samples(&e, METRIC_THROTTLED,
                   "tenon_calls_throttled_total{connector=\"acme\",reason=\"limit\"} 0\n");
    assert_samples(&e, METRIC_CONNECTORS, "tenon_connectors 7\n");
    assert_samples(&e, METRIC_CATALOGUE_TIME,
                   "tenon_catalogue_changed_timestamp_seconds 1795318267.089\n");
    assert_samples(&e, METRIC_STORE_COMMITS,
                   "tenon_store_commit_duration_seconds_sum 0.25\n"
                   "tenon_store_commit_duration_seconds_count 3\n");
    exposition_fini(&e);
}

static void label_values_are_escaped(void **state)
{
    (void)state;
    static const struct {
        const char *value, *written;
    } rows[] = {
        {"plain", "plain"},
        {"", ""},
        {"a\"b", "a\\\"b"},
        {"a\\b", "a\\\\b"},
        {"a\nb", "a\\nb"},
        {"\\\"\n", "\\\\\\\"\\n"},
        {"größe, {x=\"1\"}", "größe, {x=\\\"1\\\"}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        exposition_t e;
        buf_t expected;
        const str_t state_label = str_of(rows[i].value);
        exposition_init(&e);
        buf_init(&expected, 256);
        buf_printf(&expected, "tenon_connections{state=\"%s\"} 1\n", rows[i].written);
        exposition_gauge(&e, METRIC_CONNECTIONS, &state_label, 1);
        assert_samples(&e, METRIC_CONNECTIONS, buf_c(&expected));
        buf_fini(&expected);
        exposition_fini(&e);
    }
}

/* Buckets are cumulative, the last one is the count. */
static void histograms_are_cumulative(void **state)
{
    (void)state;
    exposition_t e;
    histogram_t h = {0};
    const str_t labels[] = {STR("acme")};
    exposition_init(&e);
    histogram_observe(&h, 90);
    histogram_observe(&h, 100);
    histogram_observe(&h, 700000);
    histogram_observe(&h, 60 * 1000000);
    exposition_histogram(&e, METRIC_UPSTREAM_DURATION, labels, &h);
    static const char *const bounds[] = {"0.0001", "0.0005", "0.001", "0.005", "0.01", "0.025",
                                         "0.05",   "0.1",    "0.25",  "0.5",   "1",    "2.5",
                                         "5",      "10",     "30",    "+Inf"};
    static const int counts[] = {2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 4};
    buf_t expected;
    buf_init(&expected, 8192);
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        buf_printf(
            &expected,
            "tenon_upstream_request_duration_seconds_bucket{connector=\"acme\",le=\"%s\"} %d\n",
            bounds[i], counts[i]);
    }
    buf_lit(&expected, "tenon_upstream_request_duration_seconds_sum{connector=\"acme\"} 60.70019\n"
                       "tenon_upstream_request_duration_seconds_count{connector=\"acme\"} 4\n");
    assert_samples(&e, METRIC_UPSTREAM_DURATION, buf_c(&expected));
    buf_fini(&expected);
    exposition_fini(&e);
}

/* Every family once, with HELP and TYPE, whether there is a sample of it or none. */
static void the_page_has_every_family(void **state)
{
    (void)state;
    exposition_t e;
    buf_t page;
    exposition_init(&e);
    buf_init(&page, 1 << 20);
    exposition_gauge(&e, METRIC_STORE_UP, NULL, 1);
    exposition_gauge(&e, METRIC_CONNECTORS, NULL, 2);
    assert_true(exposition_write(&e, &page));
    size_t at = 0;
    for (metric_t m = 0; m < METRIC_COUNT; m++) {
        char head[128];
        (void)snprintf(head, sizeof head, "# HELP %s ", METRICS[m].name);
        size_t found = str_find(buf_view(&page), str_of(head), at);
        assert_true(found != SIZE_MAX); /* in their order */
        at = found;
        (void)snprintf(head, sizeof head, "# TYPE %s ", METRICS[m].name);
        assert_true(str_find(buf_view(&page), str_of(head), at) != SIZE_MAX);
        assert_null(strchr(METRICS[m].help, '\n'));
        assert_null(strchr(METRICS[m].help, '\\'));
    }
    assert_true(str_find(buf_view(&page),
                         STR("# TYPE tenon_store_up gauge\ntenon_store_up 1\n# HELP "),
                         0) != SIZE_MAX);
    buf_fini(&page);

    buf_init(&page, 100);
    assert_false(exposition_write(&e, &page));
    buf_fini(&page);
    exposition_fini(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_written),
        cmocka_unit_test(label_values_are_escaped),
        cmocka_unit_test(histograms_are_cumulative),
        cmocka_unit_test(the_page_has_every_family),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
