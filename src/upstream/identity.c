/* SPDX-License-Identifier: MIT */
/* Clients that show a certificate (DESIGN 9): what is shown belongs to a TLS connection, and a
 * connection or session that is kept would serve the next request under the same name. So each
 * identity has a client of its own, and nothing in common with any other but the egress rule, the
 * pins and what is known of hosts that fail. */
#include "base/clock.h"
#include "base/secret.h"
#include "upstream/transfer.h"

enum { CLIENTS_MAX = 64 };
static const int64_t LOOK_MS = 60LL * 1000;
static const int64_t IDLE_MS = 5LL * 60 * 1000;

static str_t digest_of(const upstream_identity_t *identity)
{
    return str_at(identity->digest, sizeof identity->digest);
}

/* --- those that are not used --- */

static void close_client(upstream_t *u, upstream_t *client)
{
    map_remove(u->clients, digest_of(&client->identity));
    upstream_free(client);
}

static void close_idle(upstream_t *u, int64_t unused_since_ms)
{
    void *value;
    for (size_t at = 0; map_next(u->clients, &at, NULL, &value);) {
        upstream_t *client = value;
        if (!client->in_flight && client->used_at_ms < unused_since_ms) {
            close_client(u, client);
        }
    }
}

static upstream_t *least_used(const upstream_t *u)
{
    upstream_t *least = NULL;
    void *value;
    for (size_t at = 0; map_next(u->clients, &at, NULL, &value);) {
        upstream_t *client = value;
        least = !client->in_flight && (!least || client->used_at_ms < least->used_at_ms) ? client
                                                                                         : least;
    }
    return least;
}

/* In a turn of its own: none of them is in the middle of something. */
static void on_look(void *context)
{
    upstream_t *u = context;
    int64_t now = clock_boot_ms();
    close_idle(u, now - IDLE_MS);
    for (upstream_t *least; map_count(u->clients) > CLIENTS_MAX && (least = least_used(u));) {
        close_client(u, least);
    }
    if (map_count(u->clients)) {
        loop_timer_set(&u->clients_timer, now + LOOK_MS);
    }
}

/* --- one of them --- */

static void wipe(void *context)
{
    upstream_identity_t *identity = context;
    secret_wipe((char *)(uintptr_t)identity->private_key.p, identity->private_key.n);
}

static upstream_t *new_client(upstream_t *u, const upstream_identity_t *identity)
{
    upstream_t *client = upstream_open(u->loop);
    client->parent = u;
    client->egress = u->egress;
    client->ca_file = u->ca_file;
    client->ca_path = u->ca_path;
    client->pins = u->pins;
    client->connect_timeout_ms = u->connect_timeout_ms;
    client->breaker = u->breaker;
    client->identity = *identity;
    client->identity.certificate = arena_str(client->arena, identity->certificate);
    client->identity.private_key = arena_str(client->arena, identity->private_key);
    client->identity.ca = arena_str(client->arena, identity->ca);
    arena_on_free(client->arena, wipe, &client->identity);
    return client;
}

upstream_t *identity_client(upstream_t *u, const upstream_identity_t *identity)
{
    if (!u->clients) {
        u->clients = map_new();
        loop_timer_init(&u->clients_timer, u->loop, on_look, u);
    }
    upstream_t *client = map_get(u->clients, digest_of(identity));
    int64_t now = clock_boot_ms();
    if (!client) {
        client = new_client(u, identity);
        map_set(u->clients, digest_of(identity), client);
        loop_timer_set(&u->clients_timer,
                       map_count(u->clients) > CLIENTS_MAX ? now : now + LOOK_MS);
    }
    client->used_at_ms = now;
    return client;
}

static void free_client(void *client)
{
    upstream_free(client);
}

void identity_clients_free(upstream_t *u)
{
    if (u->clients) {
        loop_timer_clear(&u->clients_timer);
        map_free_with(u->clients, free_client);
        u->clients = NULL;
    }
}

/* --- its requests --- */

static void set_blob(CURL *easy, CURLoption option, str_t text)
{
    if (text.n) { /* stays where it is as long as the client does */
        struct curl_blob blob = {
            .data = (void *)(uintptr_t)text.p, .len = text.n, .flags = CURL_BLOB_NOCOPY};
        must_set(curl_easy_setopt(easy, option, &blob));
    }
}

void identity_configure(const upstream_t *u, CURL *easy)
{
    set_blob(easy, CURLOPT_SSLCERT_BLOB, u->identity.certificate);
    set_blob(easy, CURLOPT_SSLKEY_BLOB, u->identity.private_key);
    if (u->identity.ca.n) {
        set_blob(easy, CURLOPT_CAINFO_BLOB, u->identity.ca);
        must_set(curl_easy_setopt(easy, CURLOPT_CAPATH, NULL));
    }
}
