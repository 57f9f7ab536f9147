/* SPDX-License-Identifier: MIT */
/* AWS Signature Version 4: a request that carries a signature of itself in Authorization (AWS Identity and Access
 * Management, "Create a signed AWS API request"). Pure: the time is a parameter. */
#ifndef TENON_SIGNING_AWS_H
#define TENON_SIGNING_AWS_H

#include "base/arena.h"
#include "base/err.h"
#include "upstream/message.h"

typedef struct aws_credential {
    str_t access_key_id, secret_access_key;
    str_t session_token; /* of temporary keys; absent: none */
    str_t region, service;
} aws_credential_t;

/* Signs a request that is complete: its method, URL, body, Host, Content-Type and every X-Amz-… header. Adds X-Amz-Date,
 * X-Amz-Security-Token, for S3 X-Amz-Content-Sha256, and Authorization. Errors: param_control_char (a part of the
 * credential cannot stand in a header); param_too_long; as url_parse_in. */
CHECKED bool aws_sign(arena_t *arena, upstream_request_t *request, const aws_credential_t *credential, int64_t wall_ms,
                      err_t *err);

#endif
