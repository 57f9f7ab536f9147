/* SPDX-License-Identifier: MIT */
/* Parts of reading a token endpoint's answer. For the grant folder only. */
#ifndef TENON_GRANT_ANSWER_H
#define TENON_GRANT_ANSWER_H

#include "grant/grant.h"

/* A stranger's words into `to`: secrets blackened in every spelling in which they went out, control
 * characters out, cut. */
void answer_clean_words(const grant_definition_t *definition, value_scope_t *scope, str_t words,
                        char *to, size_t size);
/* error and error_description (RFC 6749 5.2) into err, cleaned so. */
void answer_keep_words(const grant_definition_t *definition, value_scope_t *scope,
                       const json_t *body, err_t *err);
/* An answer that the definition does not take for a success. Always false. */
typedef struct answer_refusal {
    const grant_definition_t *definition;
    const step_t *step; /* whose it is; NULL: of the token request */
    value_scope_t *scope;
    const upstream_answer_t *answer;
    const json_t *body; /* NULL: it cannot be read */
} answer_refusal_t;
bool answer_refuse(const answer_refusal_t *refusal, failure_class_t *failure, err_t *err);
/* Writes the end of a sentence where an assertion was refused by a service whose clock differs from ours by more than
 * half a minute; else nothing. */
void answer_explain_clocks(const answer_refusal_t *refusal, char *to, size_t size);
/* A success whose body is no object; why: what kept it from being read. Always false. */
bool answer_refuse_body(const upstream_answer_t *answer, const err_t *why, failure_class_t *failure,
                        err_t *err);
/* The refresh token of an answer that is no JSON as a whole (a number beyond range, a member twice),
 * where it names exactly one: a text, a new reference; else NULL. The token before it may be spent.
 */
json_t *answer_salvage_refresh_token(str_t body);
/* expires_in (RFC 6749 5.1), expires_in_ms, expires_at, in this order; what is absent or unreadable
 * falls back to the definition; -1 where that tells nothing either. At most 24 h. */
int64_t answer_lifetime_ms(const grant_definition_t *definition, const json_t *members,
                           int64_t wall_ms);

#endif
