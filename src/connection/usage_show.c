/* SPDX-License-Identifier: MIT */
#include "connection/usage_show.h"

enum { MINUTE_MS = 60 * 1000, HISTORY_MINUTES = 60 };

static const char *const NAMES[] = {
#define USAGE_NAME(id, name) [USAGE_##id] = (name),
    USAGE_COUNTS(USAGE_NAME)
#undef USAGE_NAME
};

json_t *usage_show_counts(const uint64_t counts[USAGE_COUNT], bool all)
{
    json_t *shown = json_object();
    for (int i = 0; i < USAGE_COUNT; i++) {
        if (all || counts[i]) {
            json_object_set_new(shown, NAMES[i], json_integer((json_int_t)counts[i]));
        }
    }
    return shown;
}

static json_t *show_bucket(const usage_bucket_t *b, int64_t unit_ms)
{
    uint64_t counts[USAGE_COUNT];
    for (int i = 0; i < USAGE_COUNT; i++) {
        counts[i] = b->counts[i];
    }
    json_t *shown = json_object(), *numbers = usage_show_counts(counts, false);
    json_object_set_new(shown, "at", shown_time((int64_t)b->at * unit_ms));
    json_object_update(shown, numbers);
    json_decref(numbers);
    return shown;
}

json_t *usage_show_buckets(const usage_row_t *row, int64_t unit_ms)
{
    json_t *list = json_array();
    for (size_t i = 0; i < row->count; i++) {
        json_array_append_new(list, show_bucket(&row->buckets[i], unit_ms));
    }
    return list;
}

/* --- how long calls took --- */

/* Within a bucket times are taken to lie evenly. */
static int64_t within(int bucket, uint64_t rank, uint32_t count)
{
    int64_t from = bucket ? histogram_bound_us(bucket - 1) : 0, to = histogram_bound_us(bucket);
    return from + (to - from) * (int64_t)rank / (int64_t)count;
}

int64_t usage_quantile_us(const uint32_t taken[HISTOGRAM_BUCKETS], unsigned percent)
{
    uint64_t all = 0, below = 0;
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
        all += taken[i];
    }
    uint64_t rank = (all * percent + 99) / 100;
    for (int i = 0; i < HISTOGRAM_BUCKETS && all; i++) {
        if (below + taken[i] >= rank) {
            return within(i, rank - below, taken[i]);
        }
        below += taken[i];
    }
    return -1;
}

static void add_quantile(json_t *shown, const char *name, const usage_bucket_t *b, unsigned percent)
{
    enum { US_A_MS = 1000 };
    int64_t us = usage_quantile_us(b->counts + USAGE_COUNT, percent);
    if (us >= 0) {
        json_object_set_new(shown, name, json_real((double)us / US_A_MS));
    }
}

/* --- history --- */

static json_t *show_since(const usage_table_t *t, uint32_t from, int64_t unit_ms)
{
    json_t *list = json_array();
    for (size_t i = 0; i < t->total.count; i++) {
        const usage_bucket_t *b = &t->total.buckets[i];
        if (b->at >= from) {
            json_t *shown = show_bucket(b, unit_ms);
            add_quantile(shown, "p50_ms", b, 50);
            add_quantile(shown, "p95_ms", b, 95);
            json_array_append_new(list, shown);
        }
    }
    return list;
}

json_t *usage_show_history(const usage_stored_t *s, uint32_t minute)
{
    enum { QUARTER_MS = USAGE_QUARTER_MINUTES * MINUTE_MS };
    uint32_t quarter = minute / USAGE_QUARTER_MINUTES;
    return json_pack("{s:o, s:o}", "hour",
                     show_since(&s->minutes, minute + 1 - HISTORY_MINUTES, MINUTE_MS), "day",
                     show_since(&s->quarters, quarter + 1 - USAGE_QUARTERS, QUARTER_MS));
}
