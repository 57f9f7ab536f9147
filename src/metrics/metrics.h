/* SPDX-License-Identifier: MIT */
/* What a host counts. Each thread that counts has a shard of its own; a series is found once and
 * then counted by pointer, without lock and without memory. A scrape reads the numbers of all
 * shards through relaxed atomics: a message to each loop instead would make every loop walk all of
 * its series at every scrape, while its calls wait, and a loop that hangs would hang the one page
 * that could tell of it. A lock of the shard is taken where a series is new or goes, and by the
 * reader for one group at a time.
 *
 * Series stand in groups, one for each connector and one for each of its actions, made when first
 * counted. A connector or action that leaves the catalogue takes its group along, so there are
 * never more than the catalogue has. */
#ifndef TENON_METRICS_METRICS_H
#define TENON_METRICS_METRICS_H

#include "metrics/exposition.h"

enum { METRIC_LABEL_BYTES = 32 };

typedef struct metrics metrics_t;
typedef struct metrics_shard metrics_shard_t;
typedef struct metrics_group metrics_group_t;

metrics_t *metrics_new(void);
/* With all shards; their threads have ended, and nobody holds a group. NULL is allowed. */
void metrics_free(metrics_t *m);

/* --- counting: in the thread of the shard --- */

/* Before its thread runs and before anyone reads; it lives as long as m. */
metrics_shard_t *metrics_shard_new(metrics_t *m);
/* What belongs to a connector (action absent or empty) or to one of its actions; the empty
 * connector is what belongs to none. Borrowed until metrics_shard_keep. */
metrics_group_t *metrics_group(metrics_shard_t *s, str_t connector, str_t action);
/* Holds it longer: what is counted in one that has gone shows nowhere. */
metrics_group_t *metrics_group_ref(metrics_group_t *g);
void metrics_group_unref(metrics_group_t *g);
/* The counter or histogram of a family, which has the group's labels and at most one more; label:
 * the value of that one, below METRIC_LABEL_BYTES, or NULL. As long as the group. */
counter_t *metrics_counter(metrics_group_t *g, metric_t family, const char *label);
histogram_t *metrics_histogram(metrics_group_t *g, metric_t family, const char *label);
/* Lets go of every group whose connector or action is not kept. What belongs to none stays. */
typedef bool metrics_keeps_t(const void *context, str_t connector, str_t action);
void metrics_shard_keep(metrics_shard_t *s, metrics_keeps_t *keeps, const void *context);

/* --- reading: in any thread --- */

/* Adds the series of one group, summed over all shards, in the order of their labels. */
void metrics_read_group(metrics_t *m, str_t connector, str_t action, exposition_t *e);
/* Groups in all shards, for tests. */
size_t metrics_group_count(metrics_t *m);

#endif
