/* SPDX-License-Identifier: MIT */
/* One action call, from request to answer: identify, bind input, admit, authorise, prepare, send,
 * answer - a list of steps driven by one loop (call.c). Lives in one data loop. */
#ifndef TENON_CALL_CALL_H
#define TENON_CALL_CALL_H

#include "call/build.h"
#include "call/worker.h"

/* Takes over a request to /run/{connector}/{connection}{path} or /apim/…; prefix is "/run/" or
 * "/apim/". The request is always answered. */
void call_start(worker_t *w, http_request_t *request, str_t prefix);

/* The same for a caller who is known already; the reference is taken. prefix: "/v1/try/". */
void call_start_for(worker_t *w, http_request_t *request, str_t prefix, caller_key_t *caller);

/* The same of a request to /proxy/{connection}{path}; prefix is "/proxy/". */
void call_start_proxied(worker_t *w, http_request_t *request, str_t prefix);

/* `test` of a connection: gets the token, runs verify, and tells each step. on_report: a borrowed
 * object {ok, steps: [{step, ok, status?, code?, detail?, explain?}]}. Takes no throttle slot. */
typedef void call_on_report_t(void *context, json_t *report);
void call_test(worker_t *w, connection_t *connection, call_on_report_t *on_report, void *context);
/* Why it failed; ERR_none: it went well. */
err_code_t call_test_code(const json_t *report);

#endif
