/* SPDX-License-Identifier: MIT */
/* A service whose clock differs takes an assertion for one that is over, or not yet valid, and says
 * no more than that it refuses it. */
#include <stdio.h>

#include "grant/answer.h"
#include "upstream/http_date.h"

static bool signs(const grant_definition_t *d)
{
    return d->client_assertion || d->assertion || d->client_auth == CLIENT_AUTH_CLIENT_SECRET_JWT;
}

/* By how much the service's clock (RFC 9110 6.6.1) is ahead of ours, in s; 0 where it does not
 * tell. */
static int64_t skew_s(const upstream_answer_t *answer, int64_t wall_ms)
{
    int64_t theirs;
    str_t date = message_header_get(answer->headers, answer->header_count, "Date");
    return http_date_parse(date, wall_ms, &theirs) ? (theirs - wall_ms) / 1000 : 0;
}

void answer_explain_clocks(const answer_refusal_t *r, char *to, size_t size)
{
    enum { USUAL_S = 30 };
    int64_t skew = signs(r->definition) ? skew_s(r->answer, r->scope->scope.wall_ms) : 0;
    to[0] = '\0';
    if (skew > USUAL_S || skew < -USUAL_S) {
        snprintf(to, size,
                 "; its clock is %lld s %s this host's, and signed assertions are short-lived",
                 (long long)(skew < 0 ? -skew : skew), skew < 0 ? "behind" : "ahead of");
    }
}
