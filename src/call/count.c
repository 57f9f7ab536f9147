/* SPDX-License-Identifier: MIT */
/* Where calls and their requests to services are counted (tally.h). */
#include "base/clock.h"
#include "call/call_internal.h"

void call_count(call_t *c, int status, bool whole, const err_t *err)
{
    tally_t tally;
    err_code_t code = err ? err->code : ERR_none;
    if (c->counted) {
        return;
    }
    c->counted = true;
    const call_outcome_t outcome = {.status = status ? status : 500,
                                    .code = code,
                                    .by_service = code == ERR_upstream_throttled &&
                                                  err->upstream_status == 429,
                                    .broken = !whole,
                                    .token = c->token_use,
                                    .began_us = c->began_us};
    tally_init(&tally, &c->worker->tally, c->connection, c->action, c->caller);
    tally_count(&tally, &outcome);
    tally_fini(&tally);
}

void call_count_request(const call_t *c, const upstream_result_t *result)
{
    if (!result->sent) {
        return;
    }
    metrics_group_t *g =
        metrics_group(c->worker->tally.shard, c->connection->connector_id, STR_NONE);
    histogram_observe(metrics_histogram(g, METRIC_UPSTREAM_DURATION, NULL),
                      clock_boot_us() - c->sent_us);
}
