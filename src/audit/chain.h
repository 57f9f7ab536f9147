/* SPDX-License-Identifier: MIT */
/* The chain: each line of the trail ends with an HMAC-SHA-256 over the one before it and the line's own bytes,
 *
 *     {"seq":12,"id":…,"outcome":"done","mac":"<64 hex digits>"}
 *
 * so that whoever has not the key can neither write a line nor change, move or take one away unnoticed. Pure. */
#ifndef TENON_AUDIT_CHAIN_H
#define TENON_AUDIT_CHAIN_H

#include "base/buf.h"

enum { CHAIN_KEY_BYTES = 32, CHAIN_MAC_BYTES = 32 };

/* A line's place; of the one before the first line seq is 0 and mac all zero. */
typedef struct chain_link {
    uint64_t seq;
    unsigned char mac[CHAIN_MAC_BYTES];
} chain_link_t;

typedef struct chain_line {
    chain_link_t link; /* as the line says */
    str_t told;        /* what the mac is over, besides the link before */
} chain_line_t;

/* Appends entry (a JSON object that is not empty) as the line behind *last, with its line end, and makes it the last. */
void chain_append(const unsigned char key[CHAIN_KEY_BYTES], chain_link_t *last, str_t entry, buf_t *to);
/* Reads a line without its end; false where it has not the shape. */
bool chain_read(str_t line, chain_line_t *out);
/* Whether it was written behind `before`; seq is not compared. */
bool chain_follows(const unsigned char key[CHAIN_KEY_BYTES], const chain_link_t *before, const chain_line_t *line);

#endif
