/* SPDX-License-Identifier: MIT */
/* The table of options. */
#include <stddef.h>

#include "app/config.h"

#define MINUTE_MS (60 * 1000LL)
#define HOUR_MS (60 * MINUTE_MS)
#define KIB 1024LL
#define GIB (KIB * KIB * KIB)

static const char *const LEVELS[] = {"debug", "info", "warn", "error", NULL};
static const char *const FORMATS[] = {"text", "json", NULL};
static const char *const NO_YES[] = {"false", "true", NULL};
static const char *const CALLS[] = {"none", "errors", "all", NULL}; /* as log_calls_t */

static const char *const CALLBACK_PATHS[] = {"shared", "connector", NULL};

#define AT(member) offsetof(config_t, member)

/* clang-format off */
const option_t OPTIONS[] = {
    {.group = "Listening", .key = "listen", .environment = "TENON_LISTEN", .flag = "listen", .value = "ADDRESS", .kind = OPTION_LIST,
     .offset = AT(listen), .fallback = "127.0.0.1:8480",
     .description = "Addresses to serve at: `HOST:PORT`, `[IPV6]:PORT` or `:PORT`. One beyond loopback needs TLS or "
                    "trusted proxies, and a public address."},
    {.key = "tls_cert", .environment = "TENON_TLS_CERT", .flag = "tls-cert", .value = "FILE", .kind = OPTION_TEXT,
     .offset = AT(tls_cert),
     .description = "PEM file with the TLS certificate and its chain; read again on SIGHUP, and when it or the key has changed."},
    {.key = "tls_key", .environment = "TENON_TLS_KEY", .flag = "tls-key", .value = "FILE", .kind = OPTION_TEXT, .offset = AT(tls_key),
     .description = "PEM file with the key of that certificate."},
    {.key = "public_url", .environment = "TENON_PUBLIC_URL", .flag = "public-url", .value = "URL", .kind = OPTION_TEXT,
     .offset = AT(public_url),
     .description = "The address that callers use, `https://HOST[:PORT]` (`http://` for this machine alone), in documents, "
                    "redirects and links. Without it: that of the first listener, if it is loopback."},
    {.key = "trusted_proxies", .environment = "TENON_TRUSTED_PROXIES", .flag = "trusted-proxies", .value = "CIDR", .kind = OPTION_LIST,
     .offset = AT(trusted_proxies),
     .description = "Addresses and ranges (CIDR) of the proxies in front. What they say of the client in `X-Forwarded-For`, "
                    "`X-Forwarded-Proto` or `Forwarded` is believed; from anybody else these are ignored."},

    {.group = "Signing in", .key = "callback_path", .environment = "TENON_CALLBACK_PATH", .flag = "callback-path",
     .kind = OPTION_CHOICE, .offset = AT(callback_path), .fallback = "shared", .choices = CALLBACK_PATHS,
     .description = "The redirect URI of a sign-in by browser, under the public address: `shared` is /oauth/callback, "
                    "`connector` is /oauth/callback/CONNECTOR, which tells services apart that do not name themselves."},
    {.key = "connect_return_urls", .environment = "TENON_CONNECT_RETURN_URLS", .flag = "connect-return-urls",
     .kind = OPTION_LIST, .offset = AT(connect_return_urls),
     .description = "Where a connect page may lead in the end: URLs, each with all that stands below it. The host's own console is allowed always."},
    {.key = "session_idle", .environment = "TENON_SESSION_IDLE", .flag = "session-idle", .kind = OPTION_DURATION,
     .offset = AT(session_idle_ms), .fallback = "30m", .least = 1000, .most = 24 * HOUR_MS,
     .description = "How long somebody stays signed in to the console without using it."},

    {.group = "Folders", .key = "connectors", .environment = "TENON_CONNECTORS", .flag = "connectors", .value = "FOLDER",
     .kind = OPTION_TEXT, .offset = AT(connectors), .fallback = "connectors",
     .description = "Folder of the connector definitions; nobody else may write to it."},
    {.key = "data", .environment = "TENON_DATA", .flag = "data", .value = "FOLDER", .kind = OPTION_TEXT, .offset = AT(data),
     .fallback = "data",
     .description = "Folder of the store, the master key and the socket of the command line; made where it is missing."},

    {.group = "Keys", .key = "admin_key", .environment = "TENON_ADMIN_KEY", .kind = OPTION_SECRET,
     .offset = AT(admin_key),
     .description = "An admin key of at least 40 characters, in force while it is set."},
    {.key = "admin_key_file", .environment = "TENON_ADMIN_KEY_FILE", .kind = OPTION_TEXT, .offset = AT(admin_key_file),
     .description = "A file that holds it."},
    {.key = "master_key", .environment = "TENON_MASTER_KEY", .kind = OPTION_SECRET, .offset = AT(master_key),
     .description = "The key that seals the store: 64 hexadecimal digits, or 32 bytes as base64. Without it: "
                    "`master.key` in the data folder, made at the first start."},
    {.key = "master_key_file", .environment = "TENON_MASTER_KEY_FILE", .kind = OPTION_TEXT,
     .offset = AT(master_key_file),
     .description = "A file that holds it, closed to others (mode 0600)."},
    {.key = "master_key_program", .environment = "TENON_MASTER_KEY_PROGRAM", .kind = OPTION_TEXT,
     .offset = AT(master_key_program),
     .description = "A program that prints it."},
    {.key = "master_key_hook", .environment = "TENON_MASTER_KEY_HOOK", .kind = OPTION_LIST,
     .offset = AT(master_key_hook),
     .description = "A program, by its whole path, and its arguments, that wraps the master key: it is kept as "
                    "`master.key.wrapped` in the data folder. Called at the start and when the master key changes, with `wrap` "
                    "or `unwrap` behind its arguments, the bytes on standard input, the answer on standard output."},

    {.group = "Calls to services", .key = "egress_allow", .environment = "TENON_EGRESS_ALLOW", .flag = "egress-allow",
     .kind = OPTION_LIST, .offset = AT(egress_allow),
     .description = "What may be called beside https to public addresses on port 443: `CIDR[:PORT]` or "
                    "`NAME[=CIDR][:PORT]`. Plain http is allowed there only."},
    {.key = "resolve", .environment = "TENON_RESOLVE", .flag = "resolve", .kind = OPTION_LIST, .offset = AT(resolve),
     .description = "Address pins, `HOST:PORT=ADDRESS:PORT`; still under the egress rule."},
    {.key = "ca_file", .environment = "TENON_CA_FILE", .flag = "ca-file", .value = "FILE", .kind = OPTION_TEXT, .offset = AT(ca_file),
     .description = "PEM file with CAs that count beside the system's."},
    {.key = "connect_timeout", .environment = "TENON_CONNECT_TIMEOUT", .flag = "connect-timeout",
     .kind = OPTION_DURATION, .offset = AT(connect_timeout_ms), .fallback = "5s", .least = 10, .most = 2 * MINUTE_MS,
     .description = "For reaching a service, its TLS handshake included."},
    {.key = "token_timeout", .environment = "TENON_TOKEN_TIMEOUT", .flag = "token-timeout", .kind = OPTION_DURATION,
     .offset = AT(token_timeout_ms), .fallback = "15s", .least = 10, .most = 2 * MINUTE_MS,
     .description = "For one token request."},
    {.key = "token_requests_per_host", .environment = "TENON_TOKEN_REQUESTS_PER_HOST",
     .flag = "token-requests-per-host", .kind = OPTION_COUNT, .offset = AT(token_requests_per_host), .fallback = "4",
     .least = 1, .most = 1000, .description = "Token requests to one host at a time."},
    {.key = "token_answer_bytes", .environment = "TENON_TOKEN_ANSWER_BYTES", .flag = "token-answer-bytes",
     .kind = OPTION_BYTES, .offset = AT(token_answer_bytes), .fallback = "64KiB", .least = 1024, .most = 256 * KIB,
     .description = "The answer of a token endpoint."},
    {.key = "token_bytes", .environment = "TENON_TOKEN_BYTES", .flag = "token-bytes", .kind = OPTION_BYTES,
     .offset = AT(token_bytes), .fallback = "32KiB", .least = 256, .most = 128 * KIB,
     .description = "An access token; it stands in the head of every request."},
    {.key = "action_timeout", .environment = "TENON_ACTION_TIMEOUT", .flag = "action-timeout", .kind = OPTION_DURATION,
     .offset = AT(action_timeout_ms), .fallback = "30s", .least = 10, .most = 2 * MINUTE_MS,
     .description = "For a call, where neither the action nor its connector says otherwise (`timeout`)."},
    {.key = "call_tokens", .environment = "TENON_CALL_TOKENS", .flag = "call-tokens", .kind = OPTION_COUNT,
     .offset = AT(call_tokens), .fallback = "10000", .least = 1, .most = 10000000,
     .description = "Tokens in memory whose credentials came with a call; the least recently used go first."},
    {.key = "answer_bytes", .environment = "TENON_ANSWER_BYTES", .flag = "answer-bytes", .kind = OPTION_BYTES,
     .offset = AT(answer_bytes), .fallback = "8MiB", .least = 1024, .most = GIB,
     .description = "A service's answer where it has to be held in memory (streamed ones have no limit)."},

    {.key = "breaker_failures", .environment = "TENON_BREAKER_FAILURES", .flag = "breaker-failures",
     .kind = OPTION_COUNT, .offset = AT(breaker_failures), .fallback = "10", .least = 0, .most = 1000000,
     .description = "Requests without an answer, one after the other, that keep further calls from a host for a while; "
                    "then one call tries it. 0: none do."},
    {.key = "breaker_after", .environment = "TENON_BREAKER_AFTER", .flag = "breaker-after", .kind = OPTION_DURATION,
     .offset = AT(breaker_after_ms), .fallback = "5s", .least = 0, .most = HOUR_MS,
     .description = "How long they must go on for that."},

    {.group = "Limits of a request", .key = "body_bytes", .environment = "TENON_BODY_BYTES", .flag = "body-bytes",
     .kind = OPTION_BYTES, .offset = AT(body_bytes), .fallback = "16MiB", .least = 1024, .most = GIB,
     .description = "The body."},
    {.key = "url_bytes", .environment = "TENON_URL_BYTES", .flag = "url-bytes", .kind = OPTION_BYTES,
     .offset = AT(url_bytes), .fallback = "16KiB", .least = 256, .most = 256 * KIB, .description = "The address."},
    {.key = "header_bytes", .environment = "TENON_HEADER_BYTES", .flag = "header-bytes", .kind = OPTION_BYTES,
     .offset = AT(header_bytes), .fallback = "8KiB", .least = 256, .most = 256 * KIB,
     .description = "One header line."},
    {.key = "json_depth", .environment = "TENON_JSON_DEPTH", .flag = "json-depth", .kind = OPTION_COUNT,
     .offset = AT(json_depth), .fallback = "32", .least = 1, .most = 512,
     .description = "Levels of lists and objects in JSON."},
    {.key = "array_items", .environment = "TENON_ARRAY_ITEMS", .flag = "array-items", .kind = OPTION_COUNT,
     .offset = AT(array_items), .fallback = "1000", .least = 1, .most = 10000000,
     .description = "Items of a list in JSON, unless its `maxItems` says more."},
    {.key = "json_values", .environment = "TENON_JSON_VALUES", .flag = "json-values", .kind = OPTION_COUNT,
     .offset = AT(json_values), .fallback = "200000", .least = 1, .most = 10000000,
     .description = "Members and items in a body of JSON, all together: they take a data loop's time."},
    {.key = "string_bytes", .environment = "TENON_STRING_BYTES", .flag = "string-bytes", .kind = OPTION_BYTES,
     .offset = AT(string_bytes), .fallback = "64KiB", .least = 256, .most = GIB,
     .description = "A text of an input, unless its `maxLength` says more."},
    {.key = "definition_bytes", .environment = "TENON_DEFINITION_BYTES", .flag = "definition-bytes",
     .kind = OPTION_BYTES, .offset = AT(definition_bytes), .fallback = "1MiB", .least = 1024, .most = 64 * KIB * KIB,
     .description = "A definition file."},

    {.group = "OpenAPI documents", .key = "public_documents", .environment = "TENON_PUBLIC_DOCUMENTS",
     .flag = "public-documents", .kind = OPTION_CHOICE, .offset = AT(public_documents), .fallback = "true",
     .choices = NO_YES,
     .description = "Documents that name no connection need no key: platforms that import from an address send none."},
    {.key = "document_bytes", .environment = "TENON_DOCUMENT_BYTES", .flag = "document-bytes", .kind = OPTION_BYTES,
     .offset = AT(document_bytes), .fallback = "16MiB", .least = 0, .most = 16 * GIB,
     .description = "Rendered documents that are kept while they are asked for."},

    {.group = "Capacity", .key = "threads", .environment = "TENON_THREADS", .flag = "threads", .kind = OPTION_COUNT,
     .offset = AT(threads), .fallback = "0", .least = 0, .most = 64,
     .description = "Threads that serve requests; 0: one a core."},
    {.key = "connections", .environment = "TENON_CONNECTIONS", .flag = "connections", .kind = OPTION_COUNT,
     .offset = AT(connections), .fallback = "4000", .least = 1, .most = 1000000,
     .description = "Open connections of clients; further ones wait."},
    {.key = "calls_per_connection", .environment = "TENON_CALLS_PER_CONNECTION", .flag = "calls-per-connection",
     .kind = OPTION_COUNT, .offset = AT(calls_per_connection), .fallback = "200", .least = 1, .most = 1000000,
     .description = "Calls of one connection in flight in one thread."},
    {.key = "calls_kept", .environment = "TENON_CALLS_KEPT", .flag = "calls-kept", .kind = OPTION_COUNT,
     .offset = AT(calls_kept), .fallback = "1000", .least = 0, .most = 100000,
     .description = "Latest calls that each thread keeps for `/v1/calls`, and as many that failed; 0: none."},
    {.key = "events_kept", .environment = "TENON_EVENTS_KEPT", .flag = "events-kept", .kind = OPTION_COUNT,
     .offset = AT(events_kept), .fallback = "4096", .least = 16, .most = 1000000,
     .description = "Events that the store keeps (docs/EVENTS.md); the oldest leaves for the newest."},
    {.key = "event_listeners", .environment = "TENON_EVENT_LISTENERS", .flag = "event-listeners",
     .kind = OPTION_COUNT, .offset = AT(event_listeners), .fallback = "100", .least = 0, .most = 100000,
     .description = "Live streams of events at a time; further ones are refused."},
    {.key = "request_timeout", .environment = "TENON_REQUEST_TIMEOUT", .flag = "request-timeout",
     .kind = OPTION_DURATION, .offset = AT(request_timeout_ms), .fallback = "30s", .least = 100, .most = HOUR_MS,
     .description = "For a client to send a request, and of a connection on which nothing happens. While it takes an "
                    "answer, it has to take 1 KiB for each second of this time."},

    {.group = "Running", .key = "drain_timeout", .environment = "TENON_DRAIN_TIMEOUT", .flag = "drain-timeout",
     .kind = OPTION_DURATION, .offset = AT(drain_timeout_ms), .fallback = "30s", .least = 1, .most = HOUR_MS,
     .description = "For calls in flight to finish after SIGTERM or SIGINT; a second signal ends at once."},
    {.key = "log_level", .environment = "TENON_LOG_LEVEL", .flag = "log-level", .kind = OPTION_CHOICE,
     .offset = AT(log_level), .fallback = "info", .choices = LEVELS, .description = "The least that is logged."},
    {.key = "log_format", .environment = "TENON_LOG_FORMAT", .flag = "log-format", .kind = OPTION_CHOICE,
     .offset = AT(log_format), .fallback = "text", .choices = FORMATS, .description = "One line an event either way."},
    {.key = "log_calls", .environment = "TENON_LOG_CALLS", .flag = "log-calls", .kind = OPTION_CHOICE,
     .offset = AT(log_calls), .fallback = "errors", .choices = CALLS,
     .description = "Calls that are told of (`call.done`). Errors are answers of 400 and above but 401 and 429, and those "
                    "that broke off. `all` costs speed; calls of `/proxy` are always told."},

    {.group = "The audit trail", .key = "audit_keep", .environment = "TENON_AUDIT_KEEP", .flag = "audit-keep", .kind = OPTION_DURATION,
     .offset = AT(audit_keep_ms), .fallback = "400d", .least = 0, .most = 100 * 366 * 24 * HOUR_MS,
     .description = "How old its lines may become; whole days go at once. 0: any age."},
    {.key = "audit_bytes", .environment = "TENON_AUDIT_BYTES", .flag = "audit-bytes", .kind = OPTION_BYTES, .offset = AT(audit_bytes),
     .fallback = "1GiB", .least = 64 * KIB, .most = 1024 * GIB,
     .description = "How much of it is kept; the oldest goes first, and the trail tells of it."},

    {.group = "The command line", .environment = "TENON_URL", .flag = "url", .value = "URL", .kind = OPTION_TEXT, .offset = AT(url),
     .description = "The host to talk to. Without it: the one that runs on the data folder, else the folder itself."},
    {.environment = "TENON_KEY", .kind = OPTION_SECRET, .offset = AT(key), .description = "The key to show it."},
};
/* clang-format on */
const size_t OPTION_COUNT_ALL = sizeof OPTIONS / sizeof *OPTIONS;

const option_t *option_of_flag(str_t flag)
{
    for (size_t i = 0; i < OPTION_COUNT_ALL; i++) {
        if (OPTIONS[i].flag && str_is(flag, OPTIONS[i].flag)) {
            return &OPTIONS[i];
        }
    }
    return NULL;
}
