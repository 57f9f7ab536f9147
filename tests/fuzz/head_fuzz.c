/* SPDX-License-Identifier: MIT */
/* The heads of services' answers, a line at a time as libcurl hands them over. A head that is taken
 * has a final status and fields that can be passed on; a name or value never holds a line end. */
#include "fuzz.h"
#include "upstream/head.h"

static void check_field(const message_header_t *field)
{
    REQUIRE(field->name.n > 0 && fuzz_is_printable(field->name));
    REQUIRE(str_index(field->name, ':') == SIZE_MAX && str_index(field->name, ' ') == SIZE_MAX);
    for (size_t i = 0; i < field->value.n; i++) {
        unsigned char c = (unsigned char)field->value.p[i];
        REQUIRE(c == '\t' || (c >= 0x20 && c != 0x7F));
    }
}

static void check_complete(head_t *h)
{
    REQUIRE(h->complete && h->status >= 200 && h->status <= 999);
    REQUIRE(h->interim_count <= HEAD_INTERIM_MAX && h->bytes <= HEAD_BYTES_MAX);
    for (size_t i = 0; i < h->header_count; i++) {
        check_field(&h->headers[i]);
    }
    size_t before = h->header_count;
    head_drop_coding(h);
    REQUIRE(h->header_count <= before);
    REQUIRE(!message_header_get(h->headers, h->header_count, "content-encoding").p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str_t rest = str_at(data, size);
    head_t h;
    head_step_t step = HEAD_MORE;
    head_init(&h);
    while (rest.n && step == HEAD_MORE) {
        size_t end = str_index(rest, '\n');
        size_t n = end == SIZE_MAX ? rest.n : end + 1;
        step = head_line(&h, str_slice(rest, 0, n));
        rest = str_slice(rest, n, rest.n);
    }
    REQUIRE(step != HEAD_BAD || h.why);
    if (step == HEAD_COMPLETE) {
        check_complete(&h);
        while (rest.n) { /* trailers only count */
            str_t line = str_cut(&rest, '\n');
            step = head_line(&h, line);
            REQUIRE(step == HEAD_MORE || step == HEAD_TOO_LARGE);
        }
    }
    head_fini(&h);
    return 0;
}
