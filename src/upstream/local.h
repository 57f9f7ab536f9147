/* SPDX-License-Identifier: MIT */
/* One request to a Tenon host, waiting for its answer: for the command line, by the host's Unix
 * socket or its address. The operator chose the address, so the egress rule does not apply. Blocks;
 * never on a loop. */
#ifndef TENON_UPSTREAM_LOCAL_H
#define TENON_UPSTREAM_LOCAL_H

#include "base/err.h"
#include "upstream/message.h"

typedef struct local_terms {
    const char *socket_path; /* NULL: by the URL's host and port */
    const char *ca_file;     /* beside the system's CAs, or NULL */
    int64_t timeout_ms; /* 0: none */
    size_t body_bytes_max;
    /* Takes the body of a 200 as it comes, in the place of the answer's; false: enough. NULL: nobody does. */
    bool (*on_bytes)(void *context, str_t bytes);
    void *context;
} local_terms_t;

/* The answer lives in the arena. Error: host_unreachable, also where the answer is none or too
 * large. */
CHECKED bool local_send(arena_t *arena, const upstream_request_t *request,
                        const local_terms_t *terms, upstream_answer_t *out, err_t *err);

#endif
