/* SPDX-License-Identifier: MIT */
/* Bodies in chunks. The input is a byte that says in which pieces the rest comes. Whatever the
 * pieces, the same is read; what is read as a whole body is one to a second reader, which knows
 * nothing but lines, and to h2o's own decoder, whose place ours takes: where all three agree, no
 * reader in front sees another request. */
#include <dlfcn.h>

#include "base/buf.h"
#include "fuzz.h"
#include "http/chunked.h"
#include "http/http.h"

enum { MORE = -2, BROKEN = -1 };

typedef ssize_t decode_t(struct phr_chunked_decoder *decoder, char *buf, size_t *size);

/* What is read of text in pieces of so many bytes; where it is whole, also how much is behind. */
static ssize_t read_by(decode_t *decode, str_t text, size_t piece, buf_t *body)
{
    struct phr_chunked_decoder decoder = {.consume_trailer = 1};
    ssize_t said = MORE;
    for (size_t at = 0; at < text.n && said == MORE; at += piece) {
        str_t part = str_slice(text, at, at + piece < text.n ? at + piece : text.n);
        size_t before = body->n;
        buf_str(body, part);
        size_t size = part.n;
        said = decode(&decoder, body->p + before, &size);
        REQUIRE(said >= MORE && size <= part.n);
        body->n = before + size;
        said += said >= 0 ? (ssize_t)(text.n - at - part.n) : 0;
    }
    return said;
}

/* --- the second reader --- */

static bool take_line(str_t *rest, str_t *line)
{
    size_t end = str_find(*rest, STR("\r\n"), 0);
    if (end == SIZE_MAX) {
        return false;
    }
    *line = str_slice(*rest, 0, end);
    *rest = str_slice(*rest, end + 2, rest->n);
    for (size_t i = 0; i < line->n; i++) {
        unsigned char c = (unsigned char)line->p[i];
        if (c != '\t' && (c < ' ' || c == 0x7F)) {
            return false;
        }
    }
    return true;
}

/* chunk-size [BWS ";" ...] */
static bool take_size(str_t line, size_t *size)
{
    size_t digits = 0;
    *size = 0;
    for (; digits < line.n && ascii_hex_value(line.p[digits]) >= 0; digits++) {
        *size = *size << 4 | (size_t)ascii_hex_value(line.p[digits]);
    }
    str_t behind = str_slice(line, digits, line.n);
    while (behind.n && (behind.p[0] == ' ' || behind.p[0] == '\t')) {
        behind = str_slice(behind, 1, behind.n);
    }
    return digits > 0 && digits <= 16 && (line.n == digits || (behind.n > 0 && behind.p[0] == ';'));
}

/* True for a whole body. */
static bool read_lines(str_t rest, buf_t *body, size_t *behind)
{
    str_t line;
    size_t size;
    while (take_line(&rest, &line) && take_size(line, &size)) {
        if (size == 0) {
            while (take_line(&rest, &line)) {
                if (line.n == 0) {
                    *behind = rest.n;
                    return true;
                }
                if (line.p[0] == ' ' || line.p[0] == '\t') {
                    return false;
                }
            }
            return false;
        }
        if (size > rest.n || rest.n - size < 2 || rest.p[size] != '\r' ||
            rest.p[size + 1] != '\n') {
            return false;
        }
        buf_str(body, str_slice(rest, 0, size));
        rest = str_slice(rest, size + 2, rest.n);
    }
    return false;
}

static decode_t *of_the_library(void)
{
    decode_t *found;
    http_init(); /* so that the library is here */
    void *symbol = dlsym(RTLD_NEXT, "phr_decode_chunked");
    memcpy(&found, &symbol, sizeof found);
    REQUIRE(found && found != phr_decode_chunked);
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str_t text = size ? str_at(data + 1, size - 1) : STR("");
    size_t piece = size ? 1 + data[0] % 40 : 1;
    buf_t whole;
    buf_t pieces;
    buf_t lines;
    buf_t theirs;
    size_t behind = 0;
    buf_init(&whole, size + 1);
    buf_init(&pieces, size + 1);
    buf_init(&lines, size + 1);
    buf_init(&theirs, size + 1);
    ssize_t said = read_by(phr_decode_chunked, text, text.n + 1, &whole);
    REQUIRE(read_by(phr_decode_chunked, text, piece, &pieces) == said);
    REQUIRE(said == BROKEN || str_eq(buf_view(&whole), buf_view(&pieces)));
    /* Extensions and trailers of short inputs stay below their ceiling. */
    REQUIRE((said >= 0) == read_lines(text, &lines, &behind) ||
            size > HTTP_CHUNKED_SURPLUS_BYTES_MAX);
    if (said >= 0) {
        REQUIRE((size_t)said == behind && str_eq(buf_view(&whole), buf_view(&lines)));
        REQUIRE(read_by(of_the_library(), text, text.n + 1, &theirs) == said);
        REQUIRE(str_eq(buf_view(&whole), buf_view(&theirs)));
    }
    buf_fini(&whole);
    buf_fini(&pieces);
    buf_fini(&lines);
    buf_fini(&theirs);
    return 0;
}
