/* SPDX-License-Identifier: MIT */
/* Token requests of one host: a few at a time, the others wait in their order. The control loop's. */
#ifndef TENON_CONNECTION_TOKEN_HOST_H
#define TENON_CONNECTION_TOKEN_HOST_H

#include <stdbool.h>

typedef struct token_place token_place_t;
typedef struct token_host {
    unsigned taken;
    token_place_t *first, *last; /* who waits */
} token_host_t;

/* Stands in who asks for it. */
struct token_place {
    token_host_t *host;   /* NULL: never entered, or left */
    token_place_t *next;
    bool is_taken;
    void (*on_taken)(token_place_t *place);
};

/* on_taken comes from inside the call where fewer than most are taken, else when others have left. */
void token_place_enter(token_place_t *p, token_host_t *host, unsigned most);
/* Whether it waits, has its place, or neither. */
void token_place_leave(token_place_t *p);

#endif
