/* SPDX-License-Identifier: MIT */
/* What proxies say of a request's client. The input is lines of `name: value`, as a client behind
 * two trusted proxies wrote them. Whatever it wrote: behind the hops that the proxies add, in
 * either form, the client is who came to them, and never one that it only names. */
#include "fuzz.h"
#include "http/forwarded.h"

static const char PEER[] = "10.0.0.1";
static const char CLIENT[] = "203.0.113.7";

static http_proxies_t *trusted;

static void set_up(void)
{
    err_t err = ERR_INIT;
    if (!trusted) {
        trusted = http_proxies_new(STR("10.0.0.0/8,2001:db8:1::/48"), &err);
        REQUIRE(trusted);
    }
}

static forwarded_client_t peer(void)
{
    forwarded_client_t client = {.scheme = SCHEME_UNSAID};
    REQUIRE(address_parse(str_of(PEER), &client.address));
    return client;
}

static bool is(const forwarded_client_t *client, const char *text)
{
    address_t address;
    REQUIRE(address_parse(str_of(text), &address));
    return address_equal(&client->address, &address);
}

static void take_lines(forwarded_t *f, str_t text)
{
    while (text.n) {
        str_t value = str_cut(&text, '\n');
        str_t name = str_cut(&value, ':');
        forwarded_take(f, name, value.p ? str_trim(value) : STR(""));
    }
}

/* No hop of a proxy's: what is told then is anybody's word, but it is one that stands there. */
static void check_alone(str_t text)
{
    forwarded_t f = {.x_for = {.count = 0}};
    forwarded_client_t client = peer();
    take_lines(&f, text);
    forwarded_judge(&f, trusted, &client);
    bool said = f.x_for.count + f.forwarded.count > 0;
    REQUIRE(said || (is(&client, PEER) && client.port == 0));
    REQUIRE(said || f.x_proto.count || client.scheme == SCHEME_UNSAID);
}

/* The outer proxy adds the client, the inner one the outer. */
static void check_added(str_t text, const char *name, str_t outer, str_t inner)
{
    forwarded_t f = {.x_for = {.count = 0}};
    forwarded_client_t client = peer();
    take_lines(&f, text);
    size_t others = str_is(str_of(name), "forwarded") ? f.x_for.count : f.forwarded.count;
    forwarded_take(&f, str_of(name), outer);
    forwarded_take(&f, str_of(name), inner);
    forwarded_judge(&f, trusted, &client);
    bool sure = others == 0 && f.x_for.count <= FORWARDED_LINES_MAX &&
                f.x_proto.count <= FORWARDED_LINES_MAX && f.forwarded.count <= FORWARDED_LINES_MAX;
    REQUIRE(is(&client, CLIENT) || (!sure && is(&client, PEER)));
}

/* As proxies write that go on with the client's own line. */
static void check_joined(str_t text)
{
    char line[4096];
    int n = snprintf(line, sizeof line, "%.*s, %s, 10.9.9.9", (int)(text.n < 4000 ? text.n : 4000),
                     text.p, CLIENT);
    for (int i = 0; i < n; i++) {
        line[i] = line[i] == '\n' ? ' ' : line[i];
    }
    forwarded_t f = {.x_for = {.count = 0}};
    forwarded_client_t client = peer();
    forwarded_take(&f, STR("x-forwarded-for"), str_at(line, (size_t)n));
    forwarded_judge(&f, trusted, &client);
    REQUIRE(is(&client, CLIENT));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    set_up();
    str_t text = str_at(data, size);
    check_alone(text);
    check_added(text, "x-forwarded-for", STR("203.0.113.7"), STR("10.0.0.2:4711"));
    check_added(text, "forwarded", STR("for=203.0.113.7;proto=https"),
                STR("for=\"[2001:db8:1::2]:4711\";by=_hidden"));
    check_joined(text);
    return 0;
}
