/* SPDX-License-Identifier: MIT */
/* Everything that the audit trail tells of, once: X(ID, name, what happened). docs/AUDIT.md is compared with this table. */
#ifndef TENON_AUDIT_WHAT_H
#define TENON_AUDIT_WHAT_H

#include "base/str.h"

/* clang-format off */
#define AUDIT_WHATS(X) \
    X(CONNECTION_CREATED,     "connection.created",        "A connection was made") \
    X(CONNECTION_CHANGED,     "connection.changed",        "Its parameters, way to sign in or title were changed") \
    X(CONNECTION_ACCEPTED,    "connection.accepted",       "The hosts that its connector calls now were accepted") \
    X(CONNECTION_RESET,       "connection.reset",          "Its token and its rejection were forgotten") \
    X(CONNECTION_REMOVED,     "connection.removed",        "It was removed with its secrets and tokens") \
    X(CONNECTION_TESTED,      "connection.tested",         "It was tried out") \
    X(CONNECTION_SIGN_IN_BEGUN, "connection.sign_in_begun", "A code was asked for, with which a person signs in to it elsewhere") \
    X(CONNECTION_SIGNED_IN,   "connection.signed_in",      "A person signed in to it; refused: the sign-in failed") \
    X(CONNECTION_REJECTED,    "connection.rejected",       "The service rejected its credentials, or locked its account") \
    X(TOKEN_READ,             "token.read",                "Its token was read by a key with the right `token`") \
    X(KEY_CREATED,            "key.created",               "A key was made") \
    X(KEY_REVOKED,            "key.revoked",               "A key was revoked") \
    X(PARAMETERS_CHANGED,     "parameters.changed",        "Parameters of a connector that an admin gives were set") \
    X(CONNECT_SESSION_CREATED,"connect_session.created",   "A link was made, with which a person fills in or signs in a connection") \
    X(CONNECT_SESSION_OPENED, "connect_session.opened",    "The link was opened for the first time") \
    X(WEBHOOK_ADDED,          "webhook.added",             "An address was added, to which events are sent") \
    X(WEBHOOK_ROTATED,        "webhook.rotated",           "A webhook got another secret") \
    X(WEBHOOK_TESTED,         "webhook.tested",            "It was tried out") \
    X(WEBHOOK_ENABLED,        "webhook.enabled",           "A webhook was switched on again") \
    X(WEBHOOK_REMOVED,        "webhook.removed",           "It was removed") \
    X(SESSION_BEGUN,          "session.begun",             "Somebody signed in to the console") \
    X(SESSION_ENDED,          "session.ended",             "Somebody signed out of it") \
    X(ACCESS_REFUSED,         "access.refused",            "A request brought no valid key, or one without the right") \
    X(DEFINITION_LOADED,      "definition.loaded",         "A definition came into service, or another text of it") \
    X(DEFINITION_REFUSED,     "definition.refused",        "A definition file that was saved has faults") \
    X(DEFINITION_REMOVED,     "definition.removed",        "A definition went out of service") \
    X(KEYRING_KEY_ADDED,      "keyring.key_added",         "A new key seals the store from now on") \
    X(KEYRING_REWRAPPED,      "keyring.rewrapped",         "Another master key was announced, or took the place of the one before") \
    X(BACKUP_MADE,            "backup.made",               "A backup of the store was made") \
    X(HOST_STARTED,           "host.started",              "The host began to serve") \
    X(HOST_STOPPED,           "host.stopped",              "The host ended in order") \
    X(TRAIL_STARTED,          "audit.started",             "The trail begins") \
    X(TRAIL_REMOVED,          "audit.removed",             "The oldest part of the trail was removed: too old, or too much") \
    X(TRAIL_CUT,              "audit.cut",                 "The trail's end was not as it was left") \
    X(TRAIL_UNREADABLE,       "audit.unreadable",          "A line that waited in the store did not open, and was dropped")
/* clang-format on */

typedef enum audit_what {
    AUDIT_NONE,
#define AUDIT_ENUM(id, name, text) AUDIT_##id,
    AUDIT_WHATS(AUDIT_ENUM)
#undef AUDIT_ENUM
        AUDIT_WHAT_COUNT
} audit_what_t;

/* "connection.created" */
const char *audit_what_name(audit_what_t what);

#endif
