/* SPDX-License-Identifier: MIT */
#include "api/api.h"

#include "api/resource.h"
#include "api/trying.h"
#include "call/call.h"

void api_handle(const api_options_t *api, worker_t *w, http_request_t *request)
{
    str_t path = http_request_view(request)->path;
    if (str_starts(path, STR("/run/"))) {
        call_start(w, request, STR("/run/"));
    } else if (str_starts(path, STR("/apim/"))) {
        call_start(w, request, STR("/apim/"));
    } else if (str_starts(path, STR("/v1/try/"))) {
        trying_start(api, w, request);
    } else if (str_starts(path, STR("/proxy/"))) {
        call_start_proxied(w, request, STR("/proxy/"));
    } else {
        resource_handle(api, w, request);
    }
}
