/* SPDX-License-Identifier: MIT */
/* What a caller of Tenon presents, as calls use it: immutable, shared by reference count. */
#ifndef TENON_CONNECTION_KEY_H
#define TENON_CONNECTION_KEY_H

#include <jansson.h>

#include "base/err.h"

/* What a key may do beyond calling actions of its connections. */
#define KEY_RIGHTS(X)                                                                                       \
    X(TOKEN, "token")     /* read a connection's token at /v1/connections/{c}/token */                      \
    X(PROXY, "proxy")     /* /proxy */                                                                      \
    X(METRICS, "metrics") /* /metrics and the detail of /readyz */
typedef enum {
#define KEY_RIGHT_ENUM(id, name) KEY_RIGHT_##id,
    KEY_RIGHTS(KEY_RIGHT_ENUM)
#undef KEY_RIGHT_ENUM
        KEY_RIGHT_COUNT
} key_right_t;
const char *key_right_name(key_right_t right);

typedef struct key {
    char id[16];          /* "local" for the Unix socket, "env" for TENON_ADMIN_KEY */
    bool is_admin;
    unsigned rights;      /* bits 1 << key_right_t; an admin has all */
    char **connections;   /* names it is bound to; an admin: none, all are open */
    size_t connection_count;
    int64_t expires_wall_ms; /* 0: never */
    unsigned char digest[32];
} caller_key_t;
/* The command line on the Unix socket: an admin. One reference. */
caller_key_t *caller_key_local(void);
caller_key_t *caller_key_ref(const caller_key_t *k);
void caller_key_unref(const caller_key_t *k);
bool caller_key_may_call(const caller_key_t *k, str_t connection);
/* Whose id it may be told: its own; NULL: everybody's. */
static inline const char *caller_key_told(const caller_key_t *k)
{
    return k->is_admin ? NULL : k->id;
}
bool caller_key_has(const caller_key_t *k, key_right_t right);

#endif
