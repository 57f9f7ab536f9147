/* SPDX-License-Identifier: MIT */
/* Repeating a request to the service that failed (FORMAT 3, `retry`). Only where that cannot do a
 * thing twice: what surely never left, or what is idempotent by its method or by the definition's
 * word. Every repeat waits, takes a slot of the limits, and lies within the call's deadline. */
#include "base/clock.h"
#include "call/call_internal.h"
#include "seal/hash.h"

/* Before repeat n: at random up to 0.5, 1, 2... s ("full jitter"), so that callers who failed
 * together do not come back together. */
static const int64_t BACKOFF_MS = 500;
static const int64_t BACKOFF_MOST_MS = 10 * 1000;

static int64_t random_below(int64_t most_ms)
{
    uint16_t r;
    random_bytes(&r, sizeof r);
    return most_ms * r / UINT16_MAX;
}

static int64_t backoff(unsigned retries)
{
    int64_t most = BACKOFF_MS << retries;
    return random_below(most < BACKOFF_MOST_MS ? most : BACKOFF_MOST_MS);
}

/* False where there is no repeat left, or no time for one. A pause that the service named comes
 * first. */
static bool plan(call_t *c, int64_t pause_ms)
{
    if (c->retries >= call_retry_definition(c)->max) {
        return false;
    }
    int64_t at_ms = clock_boot_ms() + pause_ms + backoff(c->retries);
    c->retry_at_ms = at_ms;
    return at_ms < c->deadline_ms;
}

static bool is_for_repeating(const retry_definition_t *retry, int status)
{
    for (size_t i = 0; i < retry->status_count; i++) {
        if (retry->statuses[i] == status) {
            return true;
        }
    }
    return false;
}

/* What is refused or redirected stays so. A pause of the gate's own comes before none. */
bool retry_answer(call_t *c, bool idempotent, int status, int64_t pause_ms, const err_t *judged)
{
    bool failed = !err_is_set(judged) || judged->code == ERR_upstream_throttled;
    int64_t gate_ms = judged->retry_after_ms;
    return failed && idempotent && is_for_repeating(call_retry_definition(c), status) &&
           plan(c, pause_ms > gate_ms ? pause_ms : gate_ms);
}

/* A handshake that failed fails again, and so does what the egress rule denies. */
bool retry_outcome(call_t *c, bool idempotent, const upstream_result_t *result)
{
    bool lost = result->outcome == UPSTREAM_BROKEN || result->outcome == UPSTREAM_TRUNCATED;
    bool unsent = result->outcome == UPSTREAM_UNREACHABLE && !result->sent;
    bool refused = result->retry_after_ms > 0; /* by the breaker, which knows better when */
    return !refused && (unsent || (lost && idempotent)) && plan(c, 0);
}

void call_retry(call_t *c)
{
    c->retries++;
    c->step = CALL_STEP_admit;
    loop_timer_set(&c->timer, c->retry_at_ms);
}
