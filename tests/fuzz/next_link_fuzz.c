/* SPDX-License-Identifier: MIT */
/* Next links of answers (FORMAT 7). The input is PLACE LF LINK LF JSON: where the link stands, what
 * comes in its place, the service's answer. What is found is an address that stands there;
 * behind the replacement the text is JSON that says the same but for the link. */
#include "call/next_link.h"
#include "codec/json.h"
#include "connector.h"

/* A place as the loader reads it; NULL where it is none. */
static connector_t *connector_with(str_t place, const place_t **out)
{
    buf_t members;
    buf_init(&members, 1 << 16);
    buf_lit(&members, "method: GET, path: /a, next_link: ");
    json_write_string(&members, place);
    connector_t *c = buf_ok(&members) ? fuzz_connector("", buf_view(&members)) : NULL;
    *out = c ? c->actions[0].next_link : NULL;
    buf_fini(&members);
    return c;
}

static void check(const place_t *place, str_t with, str_t text, json_t *body)
{
    buf_t replaced;
    err_t err = ERR_INIT;
    str_t link = next_link_find(place, body);
    if (!link.n) {
        return;
    }
    REQUIRE(str_starts(link, STR("https://")) || str_starts(link, STR("http://")));
    json_t *wanted = json_deep_copy(body);
    buf_init(&replaced, 8 * (text.n + with.n) + 64);
    next_link_replace(text, place, body, with, NULL, &replaced);
    REQUIRE(buf_ok(&replaced));
    json_t *read = json_read(buf_view(&replaced), NULL, &err);
    REQUIRE(read);
    REQUIRE(str_eq(next_link_find(place, read), with));
    /* The rest is as it was. */
    buf_t back;
    buf_init(&back, 8 * (text.n + replaced.n) + 64);
    next_link_replace(buf_view(&replaced), place, read, next_link_find(place, wanted), NULL, &back);
    json_t *again = json_read(buf_view(&back), NULL, &err);
    REQUIRE(again && json_equal(again, wanted));
    json_decref(again);
    json_decref(read);
    json_decref(wanted);
    buf_fini(&back);
    buf_fini(&replaced);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str_t text = str_at(data, size);
    str_t where = fuzz_line(&text);
    str_t with = fuzz_line(&text);
    const place_t *place;
    err_t err = ERR_INIT;
    text = text.p ? text : STR("");
    connector_t *c = str_is_utf8(where) ? connector_with(where, &place) : NULL;
    json_t *body = json_read(text, NULL, &err);
    if (c && place && body && str_is_utf8(with) && str_starts(with, STR("https://"))) {
        check(place, with, text, body);
    }
    json_decref(body);
    if (c) {
        connector_unref(c);
    }
    return 0;
}
