/* SPDX-License-Identifier: MIT */
#include "http/chunked.h"

#include <dlfcn.h>
#include <string.h>

#include "base/fatal.h"
#include "base/str.h"

enum { SIZE_DIGITS_MAX = 2 * sizeof(size_t) };

typedef enum {
    IN_SIZE,
    BEHIND_SIZE, /* blanks, up to the semicolon of an extension */
    IN_EXTENSION,
    AT_SIZE_FEED,
    IN_DATA,
    AT_DATA_RETURN,
    AT_DATA_FEED,
    AT_TRAILER,
    IN_TRAILER,
    AT_TRAILER_FEED,
    AT_END_FEED,
    WHOLE,
    BROKEN
} state_t;

/* In h2o's reader what h2o knows of comes before, and what is ours lies in padding. */
_Static_assert(sizeof(struct phr_chunked_decoder) == 2 * sizeof(size_t),
               "h2o's decoder is as large");

static state_t in_size(struct phr_chunked_decoder *d, char c)
{
    int digit = ascii_hex_value(c);
    if (digit >= 0) {
        d->left = d->left * 16 + (size_t)digit;
        return ++d->digits > SIZE_DIGITS_MAX ? BROKEN : IN_SIZE;
    }
    if (d->digits == 0) {
        return BROKEN;
    }
    d->digits = 0;
    switch (c) {
    case '\r':
        return AT_SIZE_FEED;
    case ';':
        return IN_EXTENSION;
    case ' ':
    case '\t':
        return BEHIND_SIZE;
    default:
        return BROKEN;
    }
}

/* A byte that nobody here reads. */
static state_t in_surplus(struct phr_chunked_decoder *d, char c, state_t state)
{
    unsigned char byte = (unsigned char)c;
    bool may_stand = byte == '\t' || (byte >= ' ' && byte != 0x7F);
    return may_stand && ++d->surplus <= HTTP_CHUNKED_SURPLUS_BYTES_MAX ? state : BROKEN;
}

static state_t next_state(struct phr_chunked_decoder *d, char c)
{
    switch ((state_t)d->state) {
    case IN_SIZE:
        return in_size(d, c);
    case BEHIND_SIZE:
        return in_surplus(d, c,
                          c == ';'                ? IN_EXTENSION
                          : c == ' ' || c == '\t' ? BEHIND_SIZE
                                                  : BROKEN);
    case IN_EXTENSION:
        return c == '\r' ? AT_SIZE_FEED : in_surplus(d, c, IN_EXTENSION);
    case AT_SIZE_FEED:
        return c != '\n' ? BROKEN : d->left ? IN_DATA : AT_TRAILER;
    case AT_DATA_RETURN:
        return c == '\r' ? AT_DATA_FEED : BROKEN;
    case AT_DATA_FEED:
        return c == '\n' ? IN_SIZE : BROKEN;
    case AT_TRAILER:
        return c == '\r'               ? AT_END_FEED
               : c == ' ' || c == '\t' ? BROKEN
                                       : in_surplus(d, c, IN_TRAILER);
    case IN_TRAILER:
        return c == '\r' ? AT_TRAILER_FEED : in_surplus(d, c, IN_TRAILER);
    case AT_TRAILER_FEED:
        return c == '\n' ? AT_TRAILER : BROKEN;
    case AT_END_FEED:
        return c == '\n' ? WHOLE : BROKEN;
    case IN_DATA:
    case WHOLE:
    case BROKEN:
        break;
    }
    return BROKEN;
}

ssize_t phr_decode_chunked(struct phr_chunked_decoder *decoder, char *buf, size_t *size)
{
    size_t from = 0;
    size_t to = 0;
    while (from < *size && decoder->state < WHOLE) {
        if (decoder->state != IN_DATA) {
            decoder->state = (unsigned char)next_state(decoder, buf[from++]);
            continue;
        }
        size_t here = *size - from;
        size_t n = here < decoder->left ? here : decoder->left;
        memmove(buf + to, buf + from, n);
        from += n;
        to += n;
        decoder->left -= n;
        decoder->state = decoder->left ? IN_DATA : AT_DATA_RETURN;
    }
    size_t behind = *size - from;
    memmove(buf + to, buf + from, behind);
    *size = to;
    return decoder->state == WHOLE ? (ssize_t)behind : decoder->state == BROKEN ? -1 : -2;
}

void http_chunked_check(void)
{
    if (dlsym(RTLD_DEFAULT, "phr_decode_chunked") != (void *)(uintptr_t)phr_decode_chunked) {
        fatal_abort("h2o does not call this program's decoder of chunks");
    }
}
