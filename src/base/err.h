/* SPDX-License-Identifier: MIT */
/* What went wrong: code, message, place, and what a problem document (RFC 9457) needs. Fallible functions
 * answer bool (marked CHECKED) and take err_t *err last, never NULL; the first report wins, later ones are
 * dropped. Messages never hold a secret. An err_t is plain memory: copy it freely; err_fini only where
 * err_add_detail was used. */
#ifndef TENON_BASE_ERR_H
#define TENON_BASE_ERR_H

#include "base/err_codes.h"
#include "base/str.h"

#define CHECKED __attribute__((warn_unused_result))

typedef enum err_code {
    ERR_none,
#define ERR_ENUM(name, status, title) ERR_##name,
    ERR_CODES(ERR_ENUM)
#undef ERR_ENUM
        ERR_COUNT
} err_code_t;

enum { ERR_DETAILS_MAX = 50 };

/* One fault of an input: pointer is a JSON Pointer into the input (RFC 6901). */
typedef struct err_detail {
    char pointer[128];
    char text[256];
} err_detail_t;

typedef struct err {
    err_code_t code; /* ERR_none: nothing happened */
    char text[400];
    unsigned line;   /* in a definition, from 1; 0: none */
    unsigned column; /* in code points, from 1 */
    int64_t retry_after_ms; /* 0: none */
    int upstream_status; /* HTTP status of the service, 0: none */
    char upstream_error[64];         /* RFC 6749 5.2 error, cleaned */
    char upstream_description[257];  /* error_description, cleaned, cut at 256 */
    err_detail_t *details; /* heap, up to ERR_DETAILS_MAX */
    unsigned detail_count;
} err_t;

#define ERR_INIT ((err_t){.code = ERR_none})

/* Reports unless something is reported already. Always answers false: `return err_set(err, …);` */
bool err_set(err_t *err, err_code_t code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The same with a place in a definition. */
bool err_set_at(err_t *err, err_code_t code, unsigned line, unsigned column, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* Adds a fault of an input; the first one sets code and text, too. Past ERR_DETAILS_MAX it is dropped. */
bool err_add_detail(err_t *err, err_code_t code, const char *pointer, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static inline bool err_is_set(const err_t *err)
{
    return err->code != ERR_none;
}
void err_fini(err_t *err);

/* "param_missing"; of ERR_none "none". */
const char *err_code_name(err_code_t code);
const char *err_code_title(err_code_t code);
/* 0 where the code is never an HTTP answer. */
int err_code_status(err_code_t code);
/* ERR_none where there is no such code. */
err_code_t err_code_of(str_t name);

/* Copies a stranger's text so that it may stand in a message: control characters and invalid UTF-8 out, cut
 * to size - 1 bytes at a code point. */
void err_clean_text(char *to, size_t size, str_t from);

#endif
