/* SPDX-License-Identifier: MIT */
/* The log: events with fixed names and typed fields, one line each to standard error, as text for people or
 * as JSON. No field kind takes a secret. Every byte outside printable UTF-8 is escaped, so that no value can
 * forge a line. Thread-safe; one write(2) a line. */
#ifndef TENON_BASE_LOG_H
#define TENON_BASE_LOG_H

#include "base/str.h"

typedef enum { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR } log_level_t;

typedef struct log_field {
    const char *name; /* NULL ends the list */
    enum { LOG_FIELD_STR, LOG_FIELD_INT, LOG_FIELD_BOOL } kind;
    str_t text;
    int64_t number;
} log_field_t;

#define LOG_S(name, s) ((log_field_t){(name), LOG_FIELD_STR, (s), 0})
#define LOG_I(name, i) ((log_field_t){(name), LOG_FIELD_INT, STR_NONE, (i)})
#define LOG_B(name, b) ((log_field_t){(name), LOG_FIELD_BOOL, STR_NONE, (b)})
/* log_event(LOG_INFO, "definition.loaded", LOG_S("file", path), LOG_I("actions", n)); */
#ifdef __cppcheck__ /* which does not know __VA_OPT__ */
#define log_event(level, event, ...) ((void)(event))
#else
#define log_event(level, event, ...)                                                                        \
    log_write((level), (event), (const log_field_t[]){__VA_ARGS__ __VA_OPT__(, ){0}})
#endif

void log_write(log_level_t level, const char *event, const log_field_t *fields);
/* From the configuration, before threads start. */
void log_configure(log_level_t least, bool json);
bool log_wants(log_level_t level);

#endif
