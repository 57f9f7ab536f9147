/* SPDX-License-Identifier: MIT */
#include "app/certificate.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/mem.h"

/* What changes with a file, links on the way to it included. All zero: it is not there. */
typedef struct file_state {
    dev_t device;
    ino_t inode;
    off_t bytes;
    struct timespec changed;
} file_state_t;
typedef struct state {
    file_state_t certificate, key;
} state_t;

struct certificate {
    const char *certificate_file, *key_file;
    http_tls_t *tls;
    state_t tried; /* when they were last read, with or without success */
    state_t seen;  /* by the last look */
};

/* --- the files --- */

static file_state_t look_at(const char *path)
{
    struct stat status;
    file_state_t state = {.bytes = 0};
    if (stat(path, &status) == 0) {
        state = (file_state_t){status.st_dev, status.st_ino, status.st_size, status.st_ctim};
    }
    return state;
}

static bool is_same_file(const file_state_t *a, const file_state_t *b)
{
    return a->device == b->device && a->inode == b->inode && a->bytes == b->bytes &&
           a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

static bool is_same(const state_t *a, const state_t *b)
{
    return is_same_file(&a->certificate, &b->certificate) && is_same_file(&a->key, &b->key);
}

static state_t look_at_both(const certificate_t *c)
{
    return (state_t){look_at(c->certificate_file), look_at(c->key_file)};
}

/* --- the certificate --- */

certificate_t *certificate_open(const char *certificate_file, const char *key_file, err_t *err)
{
    certificate_t *c = mem_new(certificate_t);
    c->certificate_file = certificate_file;
    c->key_file = key_file;
    c->seen = c->tried = look_at_both(c); /* before they are read, so that no change is missed */
    c->tls = http_tls_new(certificate_file, key_file, err);
    if (!c->tls) {
        certificate_free(c);
        return NULL;
    }
    return c;
}

void certificate_free(certificate_t *c)
{
    if (c) {
        http_tls_free(c->tls);
        free(c);
    }
}

const http_tls_t *certificate_tls(const certificate_t *c)
{
    return c->tls;
}

void certificate_reload(certificate_t *c)
{
    err_t err = ERR_INIT;
    c->seen = c->tried = look_at_both(c);
    if (http_tls_reload(c->tls, c->certificate_file, c->key_file, &err)) {
        log_event(LOG_INFO, "tls.reloaded", LOG_S("certificate", str_of(c->certificate_file)));
    } else {
        log_event(LOG_ERROR, "tls.reload_failed", LOG_S("reason", str_of(err.text)),
                  LOG_S("in_service", STR("the certificate before")));
    }
}

void certificate_look(certificate_t *c)
{
    state_t now = look_at_both(c);
    bool settled = is_same(&now, &c->seen);
    c->seen = now;
    if (settled && !is_same(&now, &c->tried)) {
        certificate_reload(c);
    }
}
