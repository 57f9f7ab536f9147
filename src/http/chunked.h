/* SPDX-License-Identifier: MIT */
/* Bodies in chunks (RFC 9112 7.1), read strictly. h2o's own decoder takes whatever stands behind a
 * size for an extension ("0x2" is 0 to it), line feeds alone for line ends, any number of returns
 * behind a chunk, and extensions and trailers without end: another reader in front may see other
 * requests in the same bytes. h2o calls its decoder by name through the dynamic linker, so that one
 * of the same name in the program takes its place; http_chunked_check sees to it that it does.
 * h2o's client, which would read answers by it, is not used. Pure. */
#ifndef TENON_HTTP_CHUNKED_H
#define TENON_HTTP_CHUNKED_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What extensions and trailers of one body may take together; nobody here reads them. */
enum { HTTP_CHUNKED_SURPLUS_BYTES_MAX = 16 * 1024 };

/* Of h2o's size, and all zero at first but for consume_trailer, which h2o sets. */
struct phr_chunked_decoder {
    size_t left; /* of the chunk */
    char consume_trailer;
    unsigned char digits; /* of the size so far */
    unsigned char state;
    uint32_t surplus; /* bytes of extensions and trailers so far */
};

/* Moves the body's bytes within buf to its front and makes *size their number. Answers -2 where
 * more must come, -1 where this is no body in chunks, else how many bytes that are not the body's
 * follow the *size ones. */
ssize_t phr_decode_chunked(struct phr_chunked_decoder *decoder, char *buf, size_t *size);

/* Ends the process where h2o would not call the decoder above. */
void http_chunked_check(void);

#endif
