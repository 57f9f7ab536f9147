/* SPDX-License-Identifier: MIT */
/* Every event that a host tells, once: X(ID, name, how long it lasts, members of its data, what happened). The API, the
 * command line, webhooks and docs/EVENTS.md (which a test compares) know no others. KEPT: in the store, over restarts, and
 * for webhooks; PASSING: in memory, among the latest; LIVE: only to who listens at that moment and asks for it by name. */
#ifndef TENON_EVENT_KINDS_H
#define TENON_EVENT_KINDS_H

#include <stdint.h>

#include "base/str.h"

typedef enum { EVENT_KEPT, EVENT_PASSING, EVENT_LIVE } event_lasting_t;

/* clang-format off */
#define EVENT_KINDS(X) \
    X(CONNECTION_CREATED, "connection.created",       KEPT,    "connection connector auth by", \
      "A connection was made.") \
    X(CONNECTION_CHANGED, "connection.changed",       KEPT,    "connection connector auth by", \
      "Its title, values or way to sign in were changed, or its destinations accepted.") \
    X(CONNECTION_RESET,   "connection.reset",         KEPT,    "connection connector auth by", \
      "Its token and refusal were forgotten.") \
    X(CONNECTION_REMOVED, "connection.removed",       KEPT,    "connection by", \
      "It was removed.") \
    X(STATE_CHANGED,      "connection.state_changed", KEPT,    "connection connector state before code detail error error_description until", \
      "It is in another state, or in the same for another reason. `before` is missing where it has just been made.") \
    X(TOKEN_REFRESHED,    "token.refreshed",          PASSING, "connection connector grant host duration_ms", \
      "A token request brought a token.") \
    X(TOKEN_FAILED,       "token.failed",             PASSING,  "connection connector grant host code detail status error error_description duration_ms", \
      "A token request brought none.") \
    X(TOKEN_REVOKED,      "token.revoked",            KEPT,    "connection connector kind", \
      "A token was given back to the service, as its connection was removed or got other credentials. `kind`: which.") \
    X(TOKEN_NOT_REVOKED,  "token.not_revoked",        KEPT,    "connection connector kind detail", \
      "It was not given back, and may be good until it ends. `detail`: why.") \
    X(THROTTLE_CLOSED,    "throttle.closed",          PASSING, "connection connector until", \
      "The service asked for a pause: nothing is sent to it before `until`.") \
    X(THROTTLE_OPENED,    "throttle.opened",          PASSING, "connection connector", \
      "That pause is over.") \
    X(UPSTREAM_OPENED,    "upstream.opened",          KEPT,    "host detail", \
      "A host gave no answer again and again: its circuit is open, and it is left alone for a while.") \
    X(UPSTREAM_CLOSED,    "upstream.closed",          KEPT,    "host", \
      "That host answers again.") \
    X(DEFINITION_LOADED,  "definition.loaded",        KEPT,    "connector version actions", \
      "A definition, new or changed, is in service.") \
    X(DEFINITION_REFUSED, "definition.refused",       KEPT,    "connector file faults serving_previous", \
      "A file is not in service in its present form. `serving_previous`: the one before is.") \
    X(DEFINITION_REMOVED, "definition.removed",       KEPT,    "connector", \
      "A definition is not in service any more.") \
    X(KEY_CREATED,        "key.created",              KEPT,    "key role by", \
      "A key was made.") \
    X(KEY_REVOKED,        "key.revoked",              KEPT,    "key by", \
      "A key opens nothing any more.") \
    X(WEBHOOK_DROPPED,    "webhook.dropped",          KEPT,    "webhook event detail", \
      "An event could not be delivered in all its attempts, or had to make room: that endpoint missed `event`.") \
    X(WEBHOOK_OFF,        "webhook.off",              KEPT,    "webhook detail", \
      "An endpoint said that it is gone (410): nothing is sent to it any more.") \
    X(WEBHOOK_TEST,       "webhook.test",             LIVE,    "webhook", \
      "Sent by `tenon webhook test`.") \
    X(CALL_FAILED,        "call.failed",              PASSING, "connection connector action key request status code detail duration_ms skipped", \
      "A call was answered with an error other than 401 and 429, or broke off. At most ten a second of each thread; " \
      "`skipped`: so many before it were not told.") \
    X(CALL_DONE,          "call.done",                LIVE,    "connection connector action key request status code detail duration_ms skipped", \
      "A call was answered. At most 500 a second of each thread.")
/* clang-format on */

typedef enum event_kind {
#define EVENT_ENUM(id, name, lasting, members, meaning) EVENT_##id,
    EVENT_KINDS(EVENT_ENUM)
#undef EVENT_ENUM
        EVENT_KIND_COUNT
} event_kind_t;

typedef struct event_kind_info {
    const char *name;
    event_lasting_t lasting;
    const char *members; /* their names, separated by blanks */
} event_kind_info_t;
extern const event_kind_info_t EVENT_INFO[EVENT_KIND_COUNT];

/* Sets of kinds: one bit each. */
typedef uint64_t event_kinds_t;
static inline event_kinds_t event_bit(event_kind_t kind)
{
    return (event_kinds_t)1 << kind;
}
event_kinds_t event_kinds_lasting(event_lasting_t lasting);
/* Those of a name, or of a group ("connection.*"); 0 where there are none. */
event_kinds_t event_kinds_named(str_t name);

#endif
