/* SPDX-License-Identifier: MIT */
/* The request to the service that an action, a step or `verify` prescribes (FORMAT 6, 7, 9): fields in their
 * places, the top-level request, the action's own, then the credential. Pure. */
#ifndef TENON_CALL_BUILD_H
#define TENON_CALL_BUILD_H

#include "call/bind.h"
#include "call/proxied.h"
#include "codec/trace_context.h"
#include "connection/connection.h"
#include "connection/token.h"
#include "upstream/egress.h"

typedef struct build {
    arena_t *arena;
    const connection_t *connection;
    const token_t *token;       /* NULL: none */
    const action_t *action;     /* NULL for a verify request */
    const bound_input_t *input; /* NULL: none */
    json_t *steps;              /* name -> answer_values; may be empty; NULL: none */
    const json_t *more_query;   /* an object: goes over the action's own query; NULL: nothing */
    const trace_context_t *trace; /* told to the service; NULL: nothing is */
    const egress_t *egress;     /* which ports are open; NULL: 443 only */
    int64_t wall_ms;
    char uuid[37];              /* for uuid(): fixed within one request */
    str_t base_url;             /* set here, where the request stands below it */
} build_t;

/* What is built lives in the arena and borrows texts of definition, connection, token, steps and the caller's body.
 *
 * The action's request: query order is path URL, fields in the order of the file, top-level request, request, inject;
 * a later name replaces an earlier one (names of headers compare without case). Empty headers are not sent.
 * Policies reshape a body that is JSON before the credential adds its members. Content-Type follows the body unless a header field or the request sets it. Fields with sent_by_template go only
 * where templates put them. The host must be one the connector lists (egress_denied otherwise). Errors: param_*,
 * egress_denied, upstream_answer_incomplete (a needed value of a step is missing), parameter_missing. */
CHECKED bool build_action(build_t *b, upstream_request_t *out, err_t *err);
/* A request to an address that the service told (the next page of a list, a hook to be taken back): without body, with
 * the credential and the top-level request. */
CHECKED bool build_follow(build_t *b, str_t method, str_t url, upstream_request_t *out, err_t *err);
/* A step of an action, or the verify request, with the credential and the top-level request. */
CHECKED bool build_request(build_t *b, const request_definition_t *definition, upstream_request_t *out, err_t *err);
/* A request to /proxy, checked: it goes as it is below the base_url, with the credential and the top-level request; what
 * those set replaces the caller's. A body that was read gets the credential's members and is written anew. Errors: those of
 * build_action. */
CHECKED bool build_proxied(build_t *b, const proxied_t *request, upstream_request_t *out, err_t *err);
/* The host rule on a built URL. */
CHECKED bool build_check_host(const build_t *b, str_t url, err_t *err);

#endif
