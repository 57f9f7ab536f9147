/* SPDX-License-Identifier: MIT */
#include "api/documents.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "codec/base64.h"
#include "seal/hash.h"

enum {
    TEXT_MAX = 256 * 1024 * 1024,
    KEPT_FOR_MS = 10 * 60 * 1000, /* after its last use */
    SWEEP_MS = 60 * 1000,
    ETAG_HASH_BYTES = 16,
};

/* Immutable, shared by reference count: the thread that keeps it and the loops that send it. */
typedef struct rendered {
    document_text_t text;
    atomic_uint references;
    buf_t bytes, etag;
} rendered_t;

typedef struct kept {
    rendered_t *rendered;
    int64_t used_at_ms;
} kept_t;

struct documents {
    loop_t *loop;
    pthread_t thread;
    /* Of the thread: */
    size_t bytes_max, bytes;
    map_t *kept; /* kept_t, the least recently used first */
    loop_timer_t sweep;
};

/* --- rendered documents --- */

static void unref(rendered_t *r)
{
    if (r && atomic_fetch_sub_explicit(&r->references, 1, memory_order_acq_rel) == 1) {
        buf_fini(&r->bytes);
        buf_fini(&r->etag);
        free(r);
    }
}

static void add_etag(rendered_t *r)
{
    unsigned char digest[HASH_BYTES_MAX];
    hash_bytes(HASH_SHA256, buf_view(&r->bytes), digest);
    buf_init(&r->etag, 64);
    buf_char(&r->etag, '"');
    base64url_write(&r->etag, str_at(digest, ETAG_HASH_BYTES));
    buf_char(&r->etag, '"');
    r->text = (document_text_t){buf_view(&r->bytes), buf_view(&r->etag)};
}

/* With one reference; NULL with err set. */
static rendered_t *render(const document_ask_t *ask, err_t *err)
{
    err_t why = ERR_INIT;
    rendered_t *r = mem_new(rendered_t);
    atomic_init(&r->references, 1);
    buf_init(&r->bytes, TEXT_MAX);
    bool made = ask->kind->write(ask, &r->bytes, &why);
    add_etag(r);
    if (!made || !buf_ok(&r->bytes)) {
        err_set(err, ERR_internal_error, "the document cannot be made: %s",
                made ? "it is too large" : why.text);
        unref(r);
        return NULL;
    }
    return r;
}

/* --- what is kept --- */

static void drop(documents_t *d, str_t key)
{
    kept_t *k = map_remove(d->kept, key);
    d->bytes -= k->rendered->text.text.n;
    unref(k->rendered);
    free(k);
}

static void drop_beyond(documents_t *d)
{
    str_t key;
    for (size_t at = 0; d->bytes > d->bytes_max && map_next(d->kept, &at, &key, NULL);) {
        drop(d, key);
    }
}

static void drop_unused(documents_t *d, int64_t before_ms)
{
    str_t key;
    void *value;
    for (size_t at = 0; map_next(d->kept, &at, &key, &value);) {
        if (((const kept_t *)value)->used_at_ms < before_ms) {
            drop(d, key);
        }
    }
}

static void on_sweep(void *context)
{
    documents_t *d = context;
    int64_t now_ms = clock_boot_ms();
    drop_unused(d, now_ms - KEPT_FOR_MS);
    if (map_count(d->kept)) {
        loop_timer_set(&d->sweep, now_ms + SWEEP_MS);
    }
}

static void keep(documents_t *d, str_t key, rendered_t *r)
{
    kept_t *k = mem_new(kept_t);
    *k = (kept_t){.rendered = r, .used_at_ms = clock_boot_ms()};
    atomic_fetch_add_explicit(&r->references, 1, memory_order_relaxed);
    d->bytes += r->text.text.n;
    map_set(d->kept, key, k);
    drop_beyond(d);
    if (!loop_timer_is_set(&d->sweep)) {
        loop_timer_set(&d->sweep, k->used_at_ms + SWEEP_MS);
    }
}

/* NULL where there is none; else with a reference, and the most recently used. */
static rendered_t *find(documents_t *d, str_t key)
{
    kept_t *k = map_remove(d->kept, key);
    if (!k) {
        return NULL;
    }
    k->used_at_ms = clock_boot_ms();
    map_set(d->kept, key, k);
    atomic_fetch_add_explicit(&k->rendered->references, 1, memory_order_relaxed);
    return k->rendered;
}

/* All that the text depends on but the server, which is always the same. */
static void write_key(const document_ask_t *ask, buf_t *to)
{
    buf_init(to, 256);
    buf_add(to, ask->connector->digest, sizeof ask->connector->digest);
    buf_printf(to, "%p %s %.*s", (const void *)ask->options.flavour, ask->kind->name,
               STR_ARG(ask->options.connection));
}

static rendered_t *find_or_render(documents_t *d, const document_ask_t *ask, err_t *err)
{
    buf_t key;
    write_key(ask, &key);
    rendered_t *r = find(d, buf_view(&key));
    if (!r) {
        r = render(ask, err);
        if (r && r->text.text.n <= d->bytes_max) {
            keep(d, buf_view(&key), r);
        }
    }
    buf_fini(&key);
    return r;
}

/* --- asking --- */

typedef struct asking {
    exchange_t exchange;
    documents_t *documents;
    document_ask_t ask;
    char connection[CONNECTION_NAME_MAX];
    documents_on_text_t *on_text;
    void *context;
    rendered_t *rendered;
    err_t err;
} asking_t;

static void on_asked(exchange_t *e)
{
    asking_t *a = STRUCT_OF(e, asking_t, exchange);
    a->rendered = find_or_render(a->documents, &a->ask, &a->err);
    exchange_answer(e);
}

static void on_answered(exchange_t *e)
{
    asking_t *a = STRUCT_OF(e, asking_t, exchange);
    a->on_text(a->context, a->rendered ? &a->rendered->text : NULL, &a->err);
}

static void release(exchange_t *e)
{
    asking_t *a = STRUCT_OF(e, asking_t, exchange);
    unref(a->rendered);
    connector_unref(a->ask.connector);
    free(a);
}

void documents_get(documents_t *d, const document_ask_t *ask, documents_on_text_t *on_text,
                   void *context)
{
    asking_t *a = mem_new(asking_t);
    *a = (asking_t){.exchange = {.work = on_asked, .answer = on_answered, .release = release},
                    .documents = d,
                    .ask = *ask,
                    .on_text = on_text,
                    .context = context,
                    .err = ERR_INIT};
    str_t connection = str_slice(ask->options.connection, 0, sizeof a->connection);
    memcpy(a->connection, connection.p, connection.n);
    a->ask.options.connection = str_at(a->connection, connection.n);
    connector_ref(ask->connector);
    exchange_ask(&a->exchange, d->loop);
}

/* --- life --- */

static void *run(void *context)
{
    documents_t *d = context;
    loop_run(d->loop);
    return NULL;
}

static void free_documents(documents_t *d)
{
    loop_timer_clear(&d->sweep);
    drop_unused(d, INT64_MAX);
    map_free(d->kept);
    loop_free(d->loop);
    free(d);
}

documents_t *documents_start(size_t bytes_max, err_t *err)
{
    documents_t *d = mem_new(documents_t);
    d->bytes_max = bytes_max;
    d->loop = loop_new();
    d->kept = map_new();
    loop_timer_init(&d->sweep, d->loop, on_sweep, d);
    if (pthread_create(&d->thread, NULL, run, d) != 0) {
        err_set(err, ERR_configuration, "there is no thread for documents");
        free_documents(d);
        return NULL;
    }
    pthread_setname_np(d->thread, "tenon-documents");
    return d;
}

void documents_stop(documents_t *d)
{
    if (d) {
        loop_stop(d->loop);
        pthread_join(d->thread, NULL);
        free_documents(d);
    }
}
