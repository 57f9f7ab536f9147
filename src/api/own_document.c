/* SPDX-License-Identifier: MIT */
#include "api/own_document.h"

#include <pthread.h>
#include <stdio.h>

#include "api/handlers.h"
#include "base/fatal.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "codec/yaml.h"
#include "definition/build/node.h"
#include "seal/hash.h"

extern const char tenon_openapi[];
extern const size_t tenon_openapi_length;

enum { TAG_DIGEST_BYTES = 8 };

/* The document's JSON behind `servers`, and its digest. Never freed. */
static buf_t rest;
static unsigned char digest_of_rest[SHA256_BYTES];

static void on_fault(void *context, err_code_t code, unsigned line, unsigned column,
                     const char *text)
{
    (void)context, (void)code, (void)line, (void)column;
    fatal_abort(text); /* it is part of the program, and a test reads it */
}

static void read_document(void)
{
    arena_t *arena = arena_new(0);
    str_t text = str_at(tenon_openapi, tenon_openapi_length);
    json_t *tree = node_json(yaml_read_in(arena, text, YAML_BYTES_MAX, on_fault, NULL));
    arena_free(arena);
    json_object_del(tree, "openapi");
    json_object_del(tree, "servers");
    buf_init(&rest, OWN_DOCUMENT_BYTES_MAX);
    json_write(&rest, tree);
    json_decref(tree);
    hash_bytes(HASH_SHA256, buf_view(&rest), digest_of_rest);
}

void own_document_prepare(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, read_document);
}

static void write_tag(str_t server, char tag[OWN_DOCUMENT_TAG_BYTES])
{
    unsigned char digest[HASH_BYTES_MAX];
    buf_t hex;
    buf_init(&hex, 2 * TAG_DIGEST_BYTES);
    hash_hmac(HASH_SHA256, str_at(digest_of_rest, sizeof digest_of_rest), server, digest);
    hex_write(&hex, str_at(digest, TAG_DIGEST_BYTES));
    snprintf(tag, OWN_DOCUMENT_TAG_BYTES, "\"%.*s\"", STR_ARG(buf_view(&hex)));
    buf_fini(&hex);
}

void own_document_write(str_t server, buf_t *to, char tag[OWN_DOCUMENT_TAG_BYTES])
{
    own_document_prepare();
    buf_lit(to, "{\"openapi\":\"3.1.0\",\"servers\":[{\"url\":");
    json_write_string(to, server);
    buf_lit(to, "}],");
    buf_str(to, str_slice(buf_view(&rest), 1, rest.n));
    write_tag(server, tag);
}

/* --- /v1/openapi.json --- */

void own_document_show(resource_t *r)
{
    char tag[OWN_DOCUMENT_TAG_BYTES];
    buf_t text;
    buf_init(&text, OWN_DOCUMENT_BYTES_MAX);
    own_document_write(worker_options(r->worker)->public_url, &text, tag);
    resource_answer_document(r, &(resource_document_t){.type = STR("application/json"),
                                                       .text = buf_view(&text),
                                                       .tag = str_of(tag)});
    buf_fini(&text);
}
