/* SPDX-License-Identifier: MIT */
#include "metrics/metrics.h"

#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "base/map.h"
#include "base/mem.h"

enum {
    SHARDS_MAX = 128,
    NAME_BYTES = 256,
    /* A service may answer any status; what a group has no room for goes under one label. */
    SERIES_MAX = 128,
};
static const char OTHERS[] = "other";

typedef struct series {
    struct series *next;
    metric_t family;
    char label[METRIC_LABEL_BYTES];
    union { /* allocated as large as the family needs */
        counter_t count;
        histogram_t times;
    };
} series_t;

struct metrics_group {
    metrics_shard_t *shard;
    unsigned references; /* of the shard's thread: the map's and those of holders */
    char *connector, *action;
    series_t *series; /* changed under the shard's lock */
    unsigned series_count;
};

struct metrics_shard {
    pthread_mutex_t lock; /* of what the thread changes and another reads */
    map_t *groups;
};

/* Complete before anyone reads. */
struct metrics {
    metrics_shard_t *shards[SHARDS_MAX];
    unsigned count;
};

/* --- the whole --- */

metrics_t *metrics_new(void)
{
    return mem_new(metrics_t);
}

metrics_shard_t *metrics_shard_new(metrics_t *m)
{
    if (m->count == SHARDS_MAX) {
        fatal_abort("too many threads that count");
    }
    metrics_shard_t *s = mem_new(metrics_shard_t);
    pthread_mutex_init(&s->lock, NULL);
    s->groups = map_new();
    m->shards[m->count++] = s;
    return s;
}

static void drop_group(void *group)
{
    metrics_group_unref(group);
}

void metrics_free(metrics_t *m)
{
    if (!m) {
        return;
    }
    for (unsigned i = 0; i < m->count; i++) {
        map_free_with(m->shards[i]->groups, drop_group);
        pthread_mutex_destroy(&m->shards[i]->lock);
        free(m->shards[i]);
    }
    free(m);
}

/* --- groups --- */

/* "connector\0action"; names of both are shorter by far. */
static str_t group_name(char to[NAME_BYTES], str_t connector, str_t action)
{
    size_t head = connector.n < NAME_BYTES / 2 ? connector.n : NAME_BYTES / 2 - 1;
    size_t tail = action.n < NAME_BYTES / 2 ? action.n : NAME_BYTES / 2 - 1;
    memcpy(to, connector.p ? connector.p : "", head);
    to[head] = '\0';
    memcpy(to + head + 1, action.p ? action.p : "", tail);
    return str_at(to, head + 1 + tail);
}

metrics_group_t *metrics_group(metrics_shard_t *s, str_t connector, str_t action)
{
    char bytes[NAME_BYTES];
    str_t name = group_name(bytes, connector, action);
    metrics_group_t *g = map_get(s->groups, name);
    if (!g) {
        g = mem_new(metrics_group_t);
        g->shard = s;
        g->references = 1;
        g->connector = str_dup(connector);
        g->action = str_dup(action);
        pthread_mutex_lock(&s->lock);
        map_set(s->groups, name, g);
        pthread_mutex_unlock(&s->lock);
    }
    return g;
}

metrics_group_t *metrics_group_ref(metrics_group_t *g)
{
    g->references++;
    return g;
}

void metrics_group_unref(metrics_group_t *g)
{
    if (!g || --g->references) {
        return;
    }
    while (g->series) {
        series_t *next = g->series->next;
        free(g->series);
        g->series = next;
    }
    free(g->connector);
    free(g->action);
    free(g);
}

void metrics_shard_keep(metrics_shard_t *s, metrics_keeps_t *keeps, const void *context)
{
    str_t name;
    void *value;
    for (size_t at = 0; map_next(s->groups, &at, &name, &value);) {
        metrics_group_t *g = value;
        if (g->connector[0] && !keeps(context, str_of(g->connector), str_of(g->action))) {
            pthread_mutex_lock(&s->lock);
            map_remove(s->groups, name);
            pthread_mutex_unlock(&s->lock);
            metrics_group_unref(g);
        }
    }
}

/* --- series --- */

static series_t *find(series_t *first, metric_t family, const char *label)
{
    series_t *s = first;
    while (s && (s->family != family || strcmp(s->label, label) != 0)) {
        s = s->next;
    }
    return s;
}

static series_t *series_new(metric_t family, const char *label)
{
    bool timed = METRICS[family].type == METRIC_HISTOGRAM;
    series_t *s =
        mem_alloc(offsetof(series_t, count) + (timed ? sizeof s->times : sizeof s->count));
    s->family = family;
    (void)snprintf(s->label, sizeof s->label, "%s", label);
    return s;
}

/* A group has a handful of them. */
static series_t *find_or_add(metrics_group_t *g, metric_t family, const char *label)
{
    const char *value = label ? label : "";
    series_t *s = find(g->series, family, value);
    if (!s && g->series_count >= SERIES_MAX && label) {
        value = OTHERS;
        s = find(g->series, family, value);
    }
    if (!s) {
        s = series_new(family, value);
        s->next = g->series;
        pthread_mutex_lock(&g->shard->lock);
        g->series = s;
        pthread_mutex_unlock(&g->shard->lock);
        g->series_count++;
    }
    return s;
}

counter_t *metrics_counter(metrics_group_t *g, metric_t family, const char *label)
{
    return &find_or_add(g, family, label)->count;
}

histogram_t *metrics_histogram(metrics_group_t *g, metric_t family, const char *label)
{
    return &find_or_add(g, family, label)->times;
}

/* --- reading --- */

/* Sums stand in a list of series of the reader's own, sorted. */
static void add_series(series_t **sums, const series_t *s)
{
    series_t **at = sums;
    while (*at && ((*at)->family < s->family ||
                   ((*at)->family == s->family && strcmp((*at)->label, s->label) < 0))) {
        at = &(*at)->next;
    }
    if (!*at || (*at)->family != s->family || strcmp((*at)->label, s->label) != 0) {
        series_t *sum = series_new(s->family, s->label);
        sum->next = *at;
        *at = sum;
    }
    if (METRICS[s->family].type == METRIC_HISTOGRAM) {
        histogram_merge(&(*at)->times, &s->times);
    } else {
        counter_add(&(*at)->count, counter_read(&s->count));
    }
}

static void sum_shard(metrics_shard_t *shard, str_t name, series_t **sums)
{
    pthread_mutex_lock(&shard->lock);
    const metrics_group_t *g = map_get(shard->groups, name);
    for (const series_t *s = g ? g->series : NULL; s; s = s->next) {
        add_series(sums, s);
    }
    pthread_mutex_unlock(&shard->lock);
}

/* The group's labels come first, then the one of the series. */
static void write_series(const series_t *s, str_t connector, str_t action, exposition_t *e)
{
    str_t labels[METRIC_LABELS_MAX] = {connector};
    size_t count = 1;
    if (str_find(str_of(METRICS[s->family].labels), STR("action"), 0) != SIZE_MAX) {
        labels[count++] = action;
    }
    labels[count] = str_of(s->label);
    if (METRICS[s->family].type == METRIC_HISTOGRAM) {
        exposition_histogram(e, s->family, labels, &s->times);
    } else {
        exposition_count(e, s->family, labels, counter_read(&s->count));
    }
}

void metrics_read_group(metrics_t *m, str_t connector, str_t action, exposition_t *e)
{
    char bytes[NAME_BYTES];
    str_t name = group_name(bytes, connector, action);
    series_t *sums = NULL;
    for (unsigned i = 0; i < m->count; i++) {
        sum_shard(m->shards[i], name, &sums);
    }
    while (sums) {
        series_t *next = sums->next;
        write_series(sums, connector, action, e);
        free(sums);
        sums = next;
    }
}

size_t metrics_group_count(metrics_t *m)
{
    size_t count = 0;
    for (unsigned i = 0; i < m->count; i++) {
        pthread_mutex_lock(&m->shards[i]->lock);
        count += map_count(m->shards[i]->groups);
        pthread_mutex_unlock(&m->shards[i]->lock);
    }
    return count;
}
