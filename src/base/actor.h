/* SPDX-License-Identifier: MIT */
/* Who asks for a change, from where, in which request: carried from where it is known to what changes, for the
 * audit trail and for events. Plain memory without secrets: copy it freely. */
#ifndef TENON_BASE_ACTOR_H
#define TENON_BASE_ACTOR_H

typedef enum {
    ACTOR_HOST,            /* Tenon itself */
    ACTOR_COMMAND_LINE,    /* by the Unix socket */
    ACTOR_KEY,             /* a caller, by its key */
    ACTOR_CONNECT_SESSION, /* who opened the link of a connect session */
    ACTOR_SETUP_LINK,      /* who opened the link by which the first admin comes in */
    ACTOR_STRANGER,        /* whose key is none, or not valid */
    ACTOR_KIND_COUNT
} actor_kind_t;

enum { ACTOR_ID_ROOM = 24, ACTOR_ADDRESS_ROOM = 64 };

/* Texts are "" where there is nothing to tell. */
typedef struct actor {
    actor_kind_t kind;
    char key[ACTOR_ID_ROOM];     /* id of the key that was shown, or with which the link was made */
    char session[ACTOR_ID_ROOM]; /* id of the connect session */
    char address[ACTOR_ADDRESS_ROOM]; /* of the client */
    char request_id[ACTOR_ID_ROOM];
} actor_t;

/* "key" */
const char *actor_kind_name(actor_kind_t kind);

#endif
