/* SPDX-License-Identifier: MIT */
/* /v1/try: who calls is learned as of any resource below /v1; the rest is a call. */
#include "api/trying.h"

#include "api/routes.h"
#include "base/mem.h"
#include "call/call.h"

/* It has no row among the others: its path goes on as the action's own. */
static const route_t TRY = {.pattern = "/v1/try/", .access = ACCESS_CALLER};

static void on_identified(resource_t *r)
{
    worker_t *w = r->worker;
    str_t prefix = str_of(r->route->pattern);
    caller_key_t *caller = caller_key_ref(r->caller);
    call_start_for(w, resource_take_request(r), prefix, caller);
}

void trying_start(const api_options_t *api, worker_t *w, http_request_t *request)
{
    resource_t *r = mem_new(resource_t);
    *r = (resource_t){.api = api,
                      .worker = w,
                      .request = request,
                      .view = http_request_view(request),
                      .route = &TRY,
                      .may_change = true};
    resource_identify(r, on_identified);
}
