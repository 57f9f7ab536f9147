/* SPDX-License-Identifier: MIT */
/* The request of a call in the making, as the files of build share it: a draft, and what a call alone brings to it. */
#ifndef TENON_CALL_BUILD_INTERNAL_H
#define TENON_CALL_BUILD_INTERNAL_H

#include "base/loop.h"
#include "call/build.h"
#include "request/draft.h"

typedef struct call_draft {
    draft_t draft;
    build_t *b;
    const inject_t *inject; /* of the credential; NULL: none is sent */
} call_draft_t;
/* Every draft of this folder is one of a call. */
static inline const call_draft_t *draft_of(const draft_t *d)
{
    return STRUCT_OF((draft_t *)(uintptr_t)d, call_draft_t, draft);
}
static inline build_t *build_of(const draft_t *d)
{
    return draft_of(d)->b;
}

/* --- the whole (build.c) --- */

void draft_begin(call_draft_t *c, build_t *b, upstream_request_t *out, err_t *err);
/* The top-level request. */
CHECKED bool draft_common(draft_t *d);
/* Body, credential and URL, when all else is there. */
CHECKED bool draft_end(draft_t *d, str_t accept);

/* --- parts --- */

/* build_fields.c: an action's inputs */
CHECKED bool draft_query_fields(draft_t *d);
CHECKED bool draft_header_fields(draft_t *d);
/* Those that are the body. */
CHECKED bool content_of_fields(draft_t *d);

/* build_url.c */
CHECKED bool draft_action_url(draft_t *d);
/* The base_url, with nothing behind it. */
CHECKED bool draft_base_url(draft_t *d, str_t *out);
/* One that stands in a request of the definition. */
CHECKED bool draft_called_url(draft_t *d, const url_template_t *url);

/* build_policies.c: of a body that is JSON; any other stays as it is. */
CHECKED bool content_policies(draft_t *d, const policies_t *policies);

/* build_credential.c: what goes last, in three strokes (FORMAT 5, inject), and of the finished request a signature
 * (build_sign.c). */
void credential_begin(call_draft_t *c);
CHECKED bool credential_json(draft_t *d);
CHECKED bool credential_query(draft_t *d);
CHECKED bool credential_headers(draft_t *d);
CHECKED bool credential_sign(draft_t *d);
/* A credential of the connection; absent where it has no value. */
CHECKED bool credential_slot(draft_t *d, credential_slot_t slot, str_t *out);

#endif
