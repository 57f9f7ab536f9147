/* SPDX-License-Identifier: MIT */
/* An answer as templates see it: `response` and `steps.NAME` (FORMAT 8) are objects of body, text, status,
 * headers and cookies. Pure. */
#ifndef TENON_DEFINITION_RESPONSE_H
#define TENON_DEFINITION_RESPONSE_H

#include "codec/json_numbers.h"
#include "definition/model.h"
#include "upstream/message.h"

/* How the body of an answer reads: JSON, XML or form by its media type, else JSON where it is some. */
typedef enum { READ_JSON, READ_XML, READ_FORM, READ_HTML, READ_UNKNOWN } body_reading_t;
body_reading_t answer_reading(const upstream_answer_t *answer);
/* The body as a tree; NULL where it is none (err tells why: json_* or upstream_malformed). New reference. */
json_t *answer_body(const upstream_answer_t *answer, err_t *err);
/* The same, and how the numbers of JSON were spelt; these borrow the answer. *numbers: NULL where there is nothing to tell. */
json_t *answer_body_spelt(const upstream_answer_t *answer, json_numbers_t **numbers, err_t *err);
/* {body, text, status, headers: {lower-case name: value}, cookies: {name: value}}; body (stolen) may be NULL. A cookie that is
 * out of date at wall_ms is taken back by its service (RFC 6265 5.3) and absent. */
json_t *answer_values(const upstream_answer_t *answer, json_t *body, int64_t wall_ms);
/* Whether an answer is one of those; none listed: any 2xx. body may be NULL. */
bool matches_answer(const matches_t *matches, int status, const json_t *body);

#endif
