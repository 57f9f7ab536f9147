/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "metrics/metrics.h"

/* What a group says of one family. free() it. */
static char *read_family(metrics_t *m, const char *connector, const char *action, metric_t family)
{
    exposition_t e;
    exposition_init(&e);
    metrics_read_group(m, str_of(connector), str_of(action), &e);
    char *text = str_dup(buf_view(&e.samples[family]));
    exposition_fini(&e);
    return text;
}

static void assert_says(metrics_t *m, const char *connector, const char *action, metric_t family,
                        const char *expected)
{
    char *text = read_family(m, connector, action, family);
    if (strcmp(text, expected) != 0) {
        fail_msg("%s\nis not\n%s", text, expected);
    }
    free(text);
}

static void shards_are_summed_in_order(void **state)
{
    (void)state;
    metrics_t *m = metrics_new();
    metrics_shard_t *one = metrics_shard_new(m), *two = metrics_shard_new(m);
    metrics_group_t *get = metrics_group(one, STR("acme"), STR("Get"));
    metrics_group_t *again = metrics_group(two, STR("acme"), STR("Get"));
    assert_ptr_equal(metrics_group(one, STR("acme"), STR("Get")), get);
    counter_add(metrics_counter(get, METRIC_CALLS, "429"), 2);
    counter_add(metrics_counter(get, METRIC_CALLS, "200"), 40);
    counter_add(metrics_counter(again, METRIC_CALLS, "200"), 2);
    counter_add(metrics_counter(again, METRIC_CALLS, "404"), 1);
    counter_add(metrics_counter(metrics_group(one, STR("acme"), STR("Put")), METRIC_CALLS, "200"),
                9);
    assert_says(m, "acme", "Get", METRIC_CALLS,
                "tenon_calls_total{connector=\"acme\",action=\"Get\",status=\"200\"} 42\n"
                "tenon_calls_total{connector=\"acme\",action=\"Get\",status=\"404\"} 1\n"
                "tenon_calls_total{connector=\"acme\",action=\"Get\",status=\"429\"} 2\n");
    assert_says(m, "acme", "None", METRIC_CALLS, "");
    metrics_free(m);
    metrics_free(NULL);
}

static void a_group_has_the_labels_of_its_family(void **state)
{
    (void)state;
    metrics_t *m = metrics_new();
    metrics_shard_t *s = metrics_shard_new(m);
    metrics_group_t *g = metrics_group(s, STR("acme"), STR_NONE);
    assert_ptr_equal(metrics_group(s, STR("acme"), STR("")), g);
    counter_add(metrics_counter(g, METRIC_CALLS, "404"), 1);
    counter_add(metrics_counter(g, METRIC_CALL_ERRORS, "not_found"), 1);
    histogram_observe(metrics_histogram(g, METRIC_TOKEN_DURATION, NULL), 1000);
    histogram_observe(metrics_histogram(g, METRIC_TOKEN_DURATION, NULL), 1000);
    assert_says(m, "acme", "", METRIC_CALLS,
                "tenon_calls_total{connector=\"acme\",action=\"\",status=\"404\"} 1\n");
    assert_says(m, "acme", "", METRIC_CALL_ERRORS,
                "tenon_call_errors_total{connector=\"acme\",code=\"not_found\"} 1\n");
    char *text = read_family(m, "acme", "", METRIC_TOKEN_DURATION);
    assert_non_null(strstr(text, "_count{connector=\"acme\"} 2\n"));
    assert_non_null(strstr(text, "_sum{connector=\"acme\"} 0.002\n"));
    free(text);
    metrics_free(m);
}

/* Every code is a label, whole. */
static void labels_have_room_for_codes(void **state)
{
    (void)state;
    for (err_code_t code = 0; code < ERR_COUNT; code++) {
        assert_true(strlen(err_code_name(code)) < METRIC_LABEL_BYTES);
    }
}

static bool keeps(const void *context, str_t connector, str_t action)
{
    (void)context;
    return str_is(connector, "acme") && (action.n == 0 || str_is(action, "Get"));
}

static void what_left_the_catalogue_goes(void **state)
{
    (void)state;
    metrics_t *m = metrics_new();
    metrics_shard_t *s = metrics_shard_new(m);
    static const char *const groups[][2] = {{"", ""},        {"acme", ""}, {"acme", "Get"},
                                            {"acme", "Put"}, {"gone", ""}, {"gone", "Get"}};
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        metrics_group_t *g = metrics_group(s, str_of(groups[i][0]), str_of(groups[i][1]));
        counter_add(metrics_counter(g, METRIC_CALLS, "200"), i + 1);
    }
    metrics_group_t *held = metrics_group_ref(metrics_group(s, STR("gone"), STR("Get")));
    counter_t *counter = metrics_counter(held, METRIC_CALLS, "200");
    metrics_shard_keep(s, keeps, NULL);
    assert_int_equal(metrics_group_count(m), 3);
    counter_add(counter, 1); /* by a call that was under way: nowhere to be seen */
    counter_add(metrics_counter(held, METRIC_CALLS, "500"), 1);
    assert_says(m, "gone", "Get", METRIC_CALLS, "");
    metrics_group_t *anew = metrics_group(s, STR("gone"), STR("Get"));
    assert_ptr_not_equal(anew, held);
    counter_add(metrics_counter(anew, METRIC_CALLS, "200"), 1);
    assert_says(m, "gone", "Get", METRIC_CALLS,
                "tenon_calls_total{connector=\"gone\",action=\"Get\",status=\"200\"} 1\n");
    assert_says(m, "", "", METRIC_CALLS,
                "tenon_calls_total{connector=\"\",action=\"\",status=\"200\"} 1\n");
    metrics_group_unref(held);
    metrics_free(m);
}

/* A catalogue that changes all the time does not make it grow. */
static void memory_follows_the_catalogue(void **state)
{
    (void)state;
    metrics_t *m = metrics_new();
    metrics_shard_t *s = metrics_shard_new(m);
    for (int i = 0; i < 1000; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "c%d", i);
        counter_add(metrics_counter(metrics_group(s, str_of(name), STR_NONE), METRIC_CALLS, "200"),
                    1);
        metrics_shard_keep(s, keeps, NULL);
    }
    assert_int_equal(metrics_group_count(m), 0);
    metrics_free(m);
}

/* A service that answers every status there is. */
static void series_of_a_group_have_a_ceiling(void **state)
{
    (void)state;
    metrics_t *m = metrics_new();
    metrics_group_t *g = metrics_group(metrics_shard_new(m), STR("acme"), STR("Get"));
    for (int status = 100; status < 1000; status++) {
        char label[16];
        (void)snprintf(label, sizeof label, "%d", status);
        counter_add(metrics_counter(g, METRIC_CALLS, label), 1);
    }
    char *text = read_family(m, "acme", "Get", METRIC_CALLS);
    size_t lines = 0;
    for (const char *c = text; *c; c++) {
        lines += *c == '\n';
    }
    assert_int_equal(lines, 129);
    assert_non_null(strstr(text, "status=\"other\"} 772\n"));
    free(text);
    metrics_free(m);
}

/* --- threads --- */

enum { WRITERS = 3, ROUNDS = 20000 };

typedef struct writer {
    pthread_t thread;
    metrics_shard_t *shard;
} writer_t;

/* Counts, finds new series and loses groups, all at once. */
static void *write_much(void *context)
{
    const writer_t *w = context;
    metrics_group_t *kept = metrics_group(w->shard, STR("acme"), STR("Get"));
    for (int i = 0; i < ROUNDS; i++) {
        char label[16];
        (void)snprintf(label, sizeof label, "%d", 200 + i % 7);
        counter_add(metrics_counter(kept, METRIC_CALLS, label), 1);
        if (i % 100 == 0) {
            metrics_group_t *passing = metrics_group(w->shard, STR("gone"), STR("Get"));
            counter_add(metrics_counter(passing, METRIC_CALLS, label), 1);
            metrics_shard_keep(w->shard, keeps, NULL);
        }
    }
    return NULL;
}

static void a_reader_meets_writers(void **state)
{
    (void)state;
    metrics_t *m = metrics_new();
    writer_t writers[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        writers[i].shard = metrics_shard_new(m);
    }
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(pthread_create(&writers[i].thread, NULL, write_much, &writers[i]), 0);
    }
    for (int i = 0; i < 200; i++) {
        free(read_family(m, "acme", "Get", METRIC_CALLS));
        free(read_family(m, "gone", "Get", METRIC_CALLS));
    }
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(writers[i].thread, NULL);
    }
    uint64_t sum = 0;
    char *text = read_family(m, "acme", "Get", METRIC_CALLS);
    for (const char *c = text; (c = strchr(c, ' ')); c++) {
        sum += strtoull(c, NULL, 10);
    }
    assert_int_equal(sum, WRITERS * ROUNDS);
    free(text);
    metrics_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shards_are_summed_in_order),
        cmocka_unit_test(a_group_has_the_labels_of_its_family),
        cmocka_unit_test(labels_have_room_for_codes),
        cmocka_unit_test(what_left_the_catalogue_goes),
        cmocka_unit_test(memory_follows_the_catalogue),
        cmocka_unit_test(series_of_a_group_have_a_ceiling),
        cmocka_unit_test(a_reader_meets_writers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
