/* SPDX-License-Identifier: MIT */
/* Every metric of a host, once: X(ID, name, type, labels, help). What a scrape says and
 * docs/METRICS.md come from this table. Names follow Prometheus' conventions; labels take values
 * from the catalogue and from Tenon's own tables only, never a connection, a key or anything a
 * caller writes. */
#ifndef TENON_METRICS_FAMILY_H
#define TENON_METRICS_FAMILY_H

#include <stddef.h>

typedef enum { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_SUMMARY } metric_type_t;

/* clang-format off */
#define METRIC_FAMILIES(X) \
    X(CALLS,             "tenon_calls_total", COUNTER, "connector,action,status", \
      "Calls of actions, by the HTTP status of the answer; 499: the caller left before it") \
    X(CALL_DURATION,     "tenon_call_duration_seconds", HISTOGRAM, "connector,kind", \
      "From a call's arrival to its answer, by the kind of its action: token or request") \
    X(CALL_ERRORS,       "tenon_call_errors_total", COUNTER, "connector,code", \
      "Calls that ended with an error of Tenon's own, by its code") \
    X(THROTTLED,         "tenon_calls_throttled_total", COUNTER, "connector,reason", \
      "Calls answered 429, by who held them back: limit (Tenon's), pause (one the service asked for before), " \
      "service (it answered 429 itself), token_endpoint") \
    X(TOKEN_LOOKUPS,     "tenon_token_cache_lookups_total", COUNTER, "connector,result", \
      "Calls that needed a token, by whether it was at hand: hit or miss") \
    X(UPSTREAM_DURATION, "tenon_upstream_request_duration_seconds", HISTOGRAM, "connector", \
      "Requests of calls to the service, preparing ones too, from sending to the end of the answer") \
    X(TOKEN_REQUESTS,    "tenon_token_requests_total", COUNTER, "connector,outcome", \
      "Token requests that were sent, by what came of them: ok, rejected (credentials refused), refresh_refused " \
      "(there is nothing left to refresh with), locked (account locked or paused), backoff (to be tried again later), " \
      "pending (a person has not signed in by their code yet)") \
    X(TOKEN_DURATION,    "tenon_token_request_duration_seconds", HISTOGRAM, "connector", \
      "Token requests from sending to the end of the answer") \
    X(CONNECTIONS,       "tenon_connections", GAUGE, "state", \
      "Connections by state, all that are stored; counted anew within seconds of a change") \
    X(CONNECTIONS_USED,  "tenon_connections_in_memory", GAUGE, "", \
      "Connections that the control loop holds in memory since they were used lately") \
    X(HTTP_CONNECTIONS,  "tenon_http_connections", GAUGE, "", \
      "Open connections of clients") \
    X(HTTP_REQUESTS,     "tenon_http_requests_in_flight", GAUGE, "", \
      "Requests of clients that are not answered yet") \
    X(THROTTLE_WINDOWS,  "tenon_throttle_windows", GAUGE, "", \
      "Windows of limits that are held in memory") \
    X(CONNECTORS,        "tenon_connectors", GAUGE, "", \
      "Connectors in service") \
    X(CONNECTOR_FAULTS,  "tenon_connector_faults", GAUGE, "", \
      "Definition files that are not in service in their present form") \
    X(CATALOGUE_TIME,    "tenon_catalogue_changed_timestamp_seconds", GAUGE, "", \
      "When the connectors in service changed last") \
    X(STORE_UP,          "tenon_store_up", GAUGE, "", \
      "1 where the store can be written, else 0") \
    X(STORE_QUEUE,       "tenon_store_queue_length", GAUGE, "", \
      "Reads and writes that wait for the store") \
    X(STORE_COMMITS,     "tenon_store_commit_duration_seconds", SUMMARY, "", \
      "Commits of the store, each of all writes that waited") \
    X(STORE_FAILURES,    "tenon_store_failures_total", COUNTER, "", \
      "Reads and writes that the store could not do") \
    X(AUDIT_UP,          "tenon_audit_up", GAUGE, "", \
      "1 where the audit trail can be written, else 0: then nothing may be changed") \
    X(AUDIT_LINES,       "tenon_audit_lines_total", COUNTER, "", \
      "Lines that were written into the audit trail") \
    X(BUILD_INFO,        "tenon_build_info", GAUGE, "version", \
      "1, with the version that runs") \
    X(PROCESS_CPU,       "process_cpu_seconds_total", COUNTER, "", \
      "Total user and system CPU time spent in seconds") \
    X(PROCESS_RSS,       "process_resident_memory_bytes", GAUGE, "", \
      "Resident memory size in bytes") \
    X(PROCESS_VIRTUAL,   "process_virtual_memory_bytes", GAUGE, "", \
      "Virtual memory size in bytes") \
    X(PROCESS_FDS,       "process_open_fds", GAUGE, "", \
      "Number of open file descriptors") \
    X(PROCESS_MAX_FDS,   "process_max_fds", GAUGE, "", \
      "Maximum number of open file descriptors") \
    X(PROCESS_START,     "process_start_time_seconds", GAUGE, "", \
      "Start time of the process since unix epoch in seconds")
/* clang-format on */

typedef enum metric {
#define METRIC_ENUM(id, name, type, labels, help) METRIC_##id,
    METRIC_FAMILIES(METRIC_ENUM)
#undef METRIC_ENUM
        METRIC_COUNT
} metric_t;

enum { METRIC_LABELS_MAX = 3 };
typedef struct metric_family {
    const char *name, *help;
    metric_type_t type;
    const char *labels; /* their names, separated by commas */
} metric_family_t;
extern const metric_family_t METRICS[METRIC_COUNT];

#endif
