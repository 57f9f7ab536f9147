/* SPDX-License-Identifier: MIT */
/* The use of a connection as the API shows it: counts, buckets and how long calls took. Pure. */
#ifndef TENON_CONNECTION_USAGE_SHOW_H
#define TENON_CONNECTION_USAGE_SHOW_H

#include "connection/usage.h"

/* {calls: 3, …}: a total names all counts, a bucket what happened. New reference. */
json_t *usage_show_counts(const uint64_t counts[USAGE_COUNT], bool all);
/* [{at, calls, …}, …]; unit_ms: how long a bucket is. New reference. */
json_t *usage_show_buckets(const usage_row_t *row, int64_t unit_ms);
/* {hour: […], day: […]}: the total of the last hour by minutes and of the last day by quarters of
 * an hour, each bucket with p50_ms and p95_ms where calls were let through. minute: the present
 * one, since the epoch. New reference. */
json_t *usage_show_history(const usage_stored_t *s, uint32_t minute);

/* How long at most so many per cent of the calls took, in microseconds, as exactly as buckets tell;
 * -1: there were none. */
int64_t usage_quantile_us(const uint32_t taken[HISTOGRAM_BUCKETS], unsigned percent);

#endif
