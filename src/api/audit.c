/* SPDX-License-Identifier: MIT */
/* /v1/audit: what the trail tells, and whether it is as it was written. */
#include "audit/audit.h"
#include "api/handlers.h"
#include "base/utc.h"

static audit_t *trail_of(const resource_t *r)
{
    return manager_audit(worker_options(r->worker)->manager);
}

static void on_report(void *context, json_t *report)
{
    resource_answer(context, 200, json_incref(report));
}

/* --- the query --- */

static bool read_time(str_t text, const char *pointer, int64_t *out, err_t *err)
{
    return !text.p || utc_read(text, out) ||
           err_add_detail(err, ERR_param_format, pointer,
                          "a time as RFC 3339 has it: 2026-11-29T08:15:30Z");
}

static bool read_seq(str_t text, uint64_t *out, err_t *err)
{
    return !text.p || str_to_u64(text, out) ||
           err_add_detail(err, ERR_param_type, "/after", "the number of a line");
}

static bool read_order(str_t text, bool *newest_first, err_t *err)
{
    *newest_first = str_is(text, "newest");
    return !text.p || *newest_first || str_is(text, "oldest") ||
           err_add_detail(err, ERR_param_value, "/order", "`oldest` or `newest` first");
}

static bool read_query(resource_t *r, audit_query_t *q, err_t *err)
{
    enum { SINCE, UNTIL, WHAT, OBJECT, ACTOR, REQUEST_ID, ORDER, COUNT };
    static const char *const NAMES[COUNT] = {"since", "until",      "what", "object",
                                             "actor", "request_id", "order"};
    str_t values[COUNT] = {STR_NONE};
    page_t page;
    bool ok = resource_page_with(r, NAMES, COUNT, values, &page, err);
    *q = (audit_query_t){.limit = page.limit,
                         .what = values[WHAT],
                         .object = values[OBJECT],
                         .actor = values[ACTOR],
                         .request_id = values[REQUEST_ID]};
    ok = read_seq(page.after, &q->after, err) && ok;
    ok = read_order(values[ORDER], &q->newest_first, err) && ok;
    ok = read_time(values[SINCE], "/since", &q->since_ms, err) && ok;
    return read_time(values[UNTIL], "/until", &q->until_ms, err) && ok;
}

void audit_show(resource_t *r)
{
    audit_query_t query;
    err_t err = ERR_INIT;
    if (read_query(r, &query, &err)) {
        audit_list(trail_of(r), &query, on_report, r);
    } else {
        resource_fail(r, &err);
        err_fini(&err);
    }
}

void audit_check(resource_t *r)
{
    audit_verify(trail_of(r), on_report, r);
}
