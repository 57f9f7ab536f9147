/* SPDX-License-Identifier: MIT */
/* The text that Prometheus reads (exposition format 0.0.4): samples are added in any order and come
 * out family by family, in the order of the table, each family with its HELP and TYPE. Pure. */
#ifndef TENON_METRICS_EXPOSITION_H
#define TENON_METRICS_EXPOSITION_H

#include "base/buf.h"
#include "metrics/counter.h"
#include "metrics/family.h"

typedef struct exposition {
    buf_t samples[METRIC_COUNT];
} exposition_t;

void exposition_init(exposition_t *e);
void exposition_fini(exposition_t *e);

/* labels: the values in the family's order, as many as it has; NULL where it has none. */
void exposition_count(exposition_t *e, metric_t m, const str_t *labels, uint64_t value);
void exposition_gauge(exposition_t *e, metric_t m, const str_t *labels, double value);
void exposition_histogram(exposition_t *e, metric_t m, const str_t *labels, const histogram_t *h);
/* Without quantiles. */
void exposition_summary(exposition_t *e, metric_t m, uint64_t count, double sum);

/* Appends everything. False where it grew beyond what a page may have. */
bool exposition_write(const exposition_t *e, buf_t *to);

#endif
