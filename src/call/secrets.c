/* SPDX-License-Identifier: MIT */
/* Where the answer to a call that is tried out tells secrets that are known here: of the
 * connection, of its token, of the call. The console's page gets the places with the answer, and
 * covers them until somebody asks: it could not know them itself. */
#include <stdlib.h>

#include "base/mem.h"
#include "base/secret.h"
#include "call/call_internal.h"
#include "codec/json.h"
#include "codec/url.h"

/* What is shorter stands in any text by chance. PLACES_MAX: so many fit a header field. */
enum {
    SECRET_BYTES_MIN = 4,
    SECRETS_MAX = 256,
    WRITTEN_MAX = 64 * 1024,
    FOUND_MAX = 10000,
    PLACES_MAX = 200
};

/* --- what is secret, as it may be written --- */

typedef struct secrets {
    arena_t *arena; /* of the copies, which are wiped */
    str_t list[SECRETS_MAX];
    bool copied[SECRETS_MAX];
    size_t count;
} secrets_t;

static void add_one(secrets_t *s, str_t text, bool copied)
{
    if (text.n >= SECRET_BYTES_MIN && s->count < SECRETS_MAX) {
        s->list[s->count] = copied ? arena_str(s->arena, text) : text;
        s->copied[s->count++] = copied;
    }
}

static void wipe_copies(secrets_t *s)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->copied[i]) {
            secret_wipe((char *)(uintptr_t)s->list[i].p, s->list[i].n);
        }
    }
}

static void write_json(buf_t *to, str_t text)
{
    json_write_string(to, text); /* in quotes: they stand around it there, too */
}

static void write_xml(buf_t *to, str_t text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        buf_str(to, c == '&'   ? STR("&amp;")
                    : c == '<' ? STR("&lt;")
                    : c == '>' ? STR("&gt;")
                    : c == '"' ? STR("&quot;")
                               : str_at(&text.p[i], 1));
    }
}

static void add_text(secrets_t *s, str_t text)
{
    static void (*const WRITERS[])(buf_t * to, str_t text) = {url_encode_form, url_encode_segment,
                                                              write_json, write_xml};
    add_one(s, text, false);
    for (size_t i = 0; i < sizeof WRITERS / sizeof *WRITERS && text.n >= SECRET_BYTES_MIN; i++) {
        buf_t written;
        buf_init_wiping(&written, WRITTEN_MAX);
        WRITERS[i](&written, text);
        str_t as = buf_view(&written);
        as = WRITERS[i] == write_json && buf_ok(&written) ? str_slice(as, 1, as.n - 1) : as;
        if (buf_ok(&written) && !str_eq(as, text)) {
            add_one(s, as, true);
        }
        buf_fini(&written);
    }
}

static void add_value(secrets_t *s, const json_t *value)
{
    size_t i;
    const char *name;
    json_t *one;
    if (json_is_string(value)) {
        add_text(s, json_view(value));
    }
    json_array_foreach((json_t *)(uintptr_t)value, i, one)
    {
        add_value(s, one);
    }
    json_object_foreach((json_t *)(uintptr_t)value, name, one)
    {
        add_value(s, one);
    }
}

static void add_token(secrets_t *s, const token_t *token)
{
    static const char *const MEMBERS[] = {"access_token", "refresh_token", "id_token",
                                          GRANT_SIGNING};
    for (size_t i = 0; token && i < sizeof MEMBERS / sizeof *MEMBERS; i++) {
        add_value(s, json_object_get(token->members, MEMBERS[i]));
    }
}

/* An answer may echo guesses: a caller does not learn here which of them is the connection's. The
 * token comes first, so that there is room for it. */
static void collect(const call_t *c, secrets_t *s)
{
    const char *name;
    json_t *value;
    add_token(s, c->token);
    json_object_foreach(c->caller->is_admin ? c->connection->values : NULL, name, value)
    {
        const field_t *field =
            connection_field(c->connection->connector, c->connection->auth, str_of(name));
        if (field && field->secret) {
            add_value(s, value);
        }
    }
    json_object_foreach(c->input.values, name, value)
    {
        const field_t *field = fields_find(&c->action->input, str_of(name));
        if (field && field->secret) {
            add_value(s, value);
        }
    }
}

/* --- where --- */

static bool tells(const secrets_t *s, str_t text)
{
    bool any = false;
    for (size_t i = 0; !any && i < s->count; i++) {
        any = str_find(text, s->list[i], 0) != SIZE_MAX;
    }
    return any;
}

/* Where one stands, it may stand again before its end. A text that is made of nothing else is
 * covered as a whole. */
static void cover(str_t secret, str_t text, unsigned char *covered)
{
    size_t found = 0, end = 0;
    for (size_t at = 0; (at = str_find(text, secret, at)) != SIZE_MAX; at++) {
        size_t from = at > end ? at : end;
        end = ++found < FOUND_MAX ? at + secret.n : text.n;
        memset(covered + from, 1, end - from);
        if (end == text.n) {
            return;
        }
    }
}

static void write_place(buf_t *to, size_t from, size_t end)
{
    buf_printf(to, "%s%zu-%zu", to->n ? ", " : "", from, end);
}

/* From-to of what is covered; all between the first and the last where there is too much. */
static void write_places(buf_t *to, const unsigned char *covered, size_t n)
{
    size_t places = 0, first = n, last = 0;
    for (size_t i = 0; i < n; i++) {
        bool begins = covered[i] && (i == 0 || !covered[i - 1]);
        places += begins;
        first = begins && first == n ? i : first;
        last = covered[i] ? i + 1 : last;
    }
    if (places > PLACES_MAX) {
        write_place(to, first, last);
        return;
    }
    for (size_t i = 0, from = 0; i < n; i++) {
        from = covered[i] && (i == 0 || !covered[i - 1]) ? i : from;
        if (covered[i] && (i + 1 == n || !covered[i + 1])) {
            write_place(to, from, i + 1);
        }
    }
}

static void write_names(buf_t *to, const secrets_t *s, const call_t *c)
{
    const char *before = "; ";
    for (size_t i = 0; i < c->header_count; i++) {
        if (tells(s, c->headers[i].value)) {
            buf_printf(to, "%s%.*s", before, STR_ARG(c->headers[i].name));
            before = ", ";
        }
    }
}

void call_mark_secrets(call_t *c)
{
    enum { FIELD_MAX = 8 * 1024 };
    secrets_t *s = arena_new_of(c->arena, secrets_t);
    unsigned char *covered = mem_array(c->held.n + 1, 1);
    buf_t places;
    buf_init(&places, FIELD_MAX);
    s->arena = c->arena;
    collect(c, s);
    for (size_t i = 0; i < s->count; i++) {
        cover(s->list[i], buf_view(&c->held), covered);
    }
    write_places(&places, covered, c->held.n);
    write_names(&places, s, c);
    if (!buf_ok(&places)) { /* too much to name: all of it */
        buf_clear(&places);
        buf_printf(&places, "0-%zu; *", c->held.n);
    }
    if (places.n) {
        c->headers[c->header_count++] =
            (http_header_t){STR("tenon-secrets"), arena_str(c->arena, buf_view(&places))};
    }
    buf_fini(&places);
    free(covered);
    wipe_copies(s);
}
