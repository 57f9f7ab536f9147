/* SPDX-License-Identifier: MIT */
/* How this installation is set up: one table of options, from which the file (tenon.yaml), the
 * environment, the command line and docs/CONFIGURATION.md come. Later wins: default, file,
 * environment, flag. What each module needs of it goes into that module's own option struct
 * (host.c); nothing below this floor knows it. Belongs to the main thread, constant once read. */
#ifndef TENON_APP_CONFIG_H
#define TENON_APP_CONFIG_H

#include "app/args.h"
#include "base/buf.h"
#include "definition/diagnostic.h"

typedef struct config_secret {
    bool given;
    buf_t text; /* wiping */
} config_secret_t;

typedef struct config {
    arena_t *arena;
    /* lists: comma-separated; texts are absent where not given */
    str_t listen, public_url, trusted_proxies, tls_cert, tls_key;
    int64_t callback_path; /* index of its choices: 1 is `connector` */
    str_t connect_return_urls;
    int64_t session_idle_ms;
    str_t connectors, data;
    int64_t audit_keep_ms, audit_bytes;
    config_secret_t admin_key, master_key, key;
    str_t admin_key_file, master_key_file, master_key_program, master_key_hook;
    str_t egress_allow, resolve, ca_file;
    str_t url;
    int64_t connect_timeout_ms, token_timeout_ms, token_requests_per_host, call_tokens, answer_bytes;
    int64_t breaker_failures, breaker_after_ms;
    int64_t body_bytes, url_bytes, header_bytes, json_depth, array_items, json_values, string_bytes;
    int64_t token_answer_bytes, token_bytes, definition_bytes, action_timeout_ms;
    int64_t public_documents, document_bytes;
    int64_t connections, calls_per_connection, calls_kept, events_kept, event_listeners,
        request_timeout_ms;
    int64_t threads, drain_timeout_ms, log_level, log_format, log_calls;
} config_t;

typedef enum {
    OPTION_TEXT,
    OPTION_LIST, /* in the file a list, or the same text as elsewhere */
    OPTION_SECRET,
    OPTION_COUNT,
    OPTION_BYTES,    /* 65536, 64KiB, 16MiB, 1GiB */
    OPTION_DURATION, /* 500ms, 30s, 5m, 2h, 31d */
    OPTION_CHOICE
} option_kind_t;

typedef struct option {
    const char *group; /* a heading before it, or NULL */
    const char *key;   /* in the file; NULL: not there */
    const char *environment;
    const char *flag; /* without dashes; NULL: never on the command line */
    const char *value; /* what stands behind the flag in the help; NULL: by the kind */
    option_kind_t kind;
    size_t offset;              /* in config_t */
    const char *fallback;       /* as it would be written; NULL: none */
    int64_t least, most;        /* of numbers, in bytes or milliseconds */
    const char *const *choices; /* of OPTION_CHOICE, NULL behind the last; kept as their index */
    const char *description;
} option_t;
extern const option_t OPTIONS[];
extern const size_t OPTION_COUNT_ALL;
/* NULL where there is none. */
const option_t *option_of_flag(str_t flag);

/* Everything at its default. */
void config_init(config_t *c, arena_t *arena);
/* Wipes the secrets. */
void config_fini(config_t *c);
/* Wipes the master key and the admin key, which are read once; that they were given stays known. */
void config_forget_keys(config_t *c);
/* Takes one option's value. Error: configuration, saying what is expected. */
CHECKED bool config_set(config_t *c, const option_t *option, str_t value, err_t *err);

/* The text of a tenon.yaml. Every fault goes to d, with its place; what can be read is taken. */
void config_read_yaml(config_t *c, str_t text, diagnostics_t *d);
/* Secrets are overwritten in the environment once they are read. Error: configuration. */
CHECKED bool config_read_environment(config_t *c, err_t *err);
/* What only the whole can tell: files that hold secrets, options that need each other. Error:
 * configuration. */
CHECKED bool config_finish(config_t *c, err_t *err);
/* File (--config, else TENON_CONFIG, else ./tenon.yaml if there is one), environment, flags, and
 * finish. Faults of the file are printed to standard error with their lines. Errors: configuration,
 * usage. */
CHECKED bool config_load(config_t *c, const args_t *args, err_t *err);

/* docs/CONFIGURATION.md. */
void config_markdown(buf_t *to);

/* Numbers with units, as options take them; false where text is none. */
CHECKED bool duration_read(str_t text, int64_t *ms);
CHECKED bool bytes_read(str_t text, int64_t *bytes);

#endif
