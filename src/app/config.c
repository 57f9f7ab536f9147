/* SPDX-License-Identifier: MIT */
#include "app/config.h"

#include <stddef.h>

enum { SECRET_BYTES_MAX = 64 * 1024 };
static const int64_t KIB = 1024;
static const int64_t MINUTE_MS = 60 * 1000;
#define HOUR_MS (60 * 60 * 1000LL)
#define GIB (1024LL * 1024 * 1024)

static const char *const LEVELS[] = {"debug", "info", "warn", "error", NULL};
static const char *const FORMATS[] = {"text", "json", NULL};

#define AT(member) offsetof(config_t, member)

/* clang-format off */
const option_t OPTIONS[] = {
    {.group = "Listening", .key = "listen", .environment = "TENON_LISTEN", .flag = "listen", .kind = OPTION_LIST,
     .offset = AT(listen), .fallback = "127.0.0.1:8480",
     .description = "Addresses to serve at: `HOST:PORT`, `[IPV6]:PORT` or `:PORT`. One beyond loopback needs TLS or "
                    "trusted proxies, and a public address."},
    {.key = "tls_cert", .environment = "TENON_TLS_CERT", .flag = "tls-cert", .kind = OPTION_TEXT,
     .offset = AT(tls_cert),
     .description = "PEM file with the TLS certificate and its chain; read again on SIGHUP."},
    {.key = "tls_key", .environment = "TENON_TLS_KEY", .flag = "tls-key", .kind = OPTION_TEXT, .offset = AT(tls_key),
     .description = "PEM file with the key of that certificate."},
    {.key = "public_url", .environment = "TENON_PUBLIC_URL", .flag = "public-url", .kind = OPTION_TEXT,
     .offset = AT(public_url),
     .description = "The address that callers use. Without it: that of the first listener, if it is loopback."},
    {.key = "trusted_proxies", .environment = "TENON_TRUSTED_PROXIES", .flag = "trusted-proxies", .kind = OPTION_LIST,
     .offset = AT(trusted_proxies),
     .description = "Addresses (CIDR) of the proxies in front that speak TLS."},

    {.group = "Folders", .key = "connectors", .environment = "TENON_CONNECTORS", .flag = "connectors",
     .kind = OPTION_TEXT, .offset = AT(connectors), .fallback = "connectors",
     .description = "Folder of the connector definitions; nobody else may write to it."},
    {.key = "data", .environment = "TENON_DATA", .flag = "data", .kind = OPTION_TEXT, .offset = AT(data),
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

    {.group = "Calls to services", .key = "egress_allow", .environment = "TENON_EGRESS_ALLOW", .flag = "egress-allow",
     .kind = OPTION_LIST, .offset = AT(egress_allow),
     .description = "What may be called beside https to public addresses on port 443: `CIDR[:PORT]` or "
                    "`NAME[=CIDR][:PORT]`. Plain http is allowed there only."},
    {.key = "resolve", .environment = "TENON_RESOLVE", .flag = "resolve", .kind = OPTION_LIST, .offset = AT(resolve),
     .description = "Address pins, `HOST:PORT=ADDRESS:PORT`; still under the egress rule."},
    {.key = "ca_file", .environment = "TENON_CA_FILE", .flag = "ca-file", .kind = OPTION_TEXT, .offset = AT(ca_file),
     .description = "PEM file with CAs that count beside the system's."},
    {.key = "connect_timeout", .environment = "TENON_CONNECT_TIMEOUT", .flag = "connect-timeout",
     .kind = OPTION_DURATION, .offset = AT(connect_timeout_ms), .fallback = "5s", .least = 10, .most = 2 * 60 * 1000,
     .description = "For reaching a service, its TLS handshake included."},
    {.key = "token_timeout", .environment = "TENON_TOKEN_TIMEOUT", .flag = "token-timeout", .kind = OPTION_DURATION,
     .offset = AT(token_timeout_ms), .fallback = "15s", .least = 10, .most = 2 * 60 * 1000,
     .description = "For one token request."},
    {.key = "token_requests_per_host", .environment = "TENON_TOKEN_REQUESTS_PER_HOST",
     .flag = "token-requests-per-host", .kind = OPTION_COUNT, .offset = AT(token_requests_per_host), .fallback = "4",
     .least = 1, .most = 1000, .description = "Token requests to one host at a time."},
    {.key = "call_tokens", .environment = "TENON_CALL_TOKENS", .flag = "call-tokens", .kind = OPTION_COUNT,
     .offset = AT(call_tokens), .fallback = "10000", .least = 1, .most = 10000000,
     .description = "Tokens in memory whose credentials came with a call; the least recently used go first."},
    {.key = "answer_bytes", .environment = "TENON_ANSWER_BYTES", .flag = "answer-bytes", .kind = OPTION_BYTES,
     .offset = AT(answer_bytes), .fallback = "8MiB", .least = 1024, .most = GIB,
     .description = "A service's answer where it has to be held in memory (streamed ones have no limit)."},

    {.group = "Limits of a request", .key = "body_bytes", .environment = "TENON_BODY_BYTES", .flag = "body-bytes",
     .kind = OPTION_BYTES, .offset = AT(body_bytes), .fallback = "16MiB", .least = 1024, .most = GIB,
     .description = "The body."},
    {.key = "url_bytes", .environment = "TENON_URL_BYTES", .flag = "url-bytes", .kind = OPTION_BYTES,
     .offset = AT(url_bytes), .fallback = "16KiB", .least = 256, .most = 256 * 1024, .description = "The address."},
    {.key = "header_bytes", .environment = "TENON_HEADER_BYTES", .flag = "header-bytes", .kind = OPTION_BYTES,
     .offset = AT(header_bytes), .fallback = "8KiB", .least = 256, .most = 256 * 1024,
     .description = "One header line."},
    {.key = "json_depth", .environment = "TENON_JSON_DEPTH", .flag = "json-depth", .kind = OPTION_COUNT,
     .offset = AT(json_depth), .fallback = "32", .least = 1, .most = 512,
     .description = "Levels of lists and objects in JSON."},
    {.key = "array_items", .environment = "TENON_ARRAY_ITEMS", .flag = "array-items", .kind = OPTION_COUNT,
     .offset = AT(array_items), .fallback = "1000", .least = 1, .most = 10000000,
     .description = "Items of a list in JSON."},
    {.key = "definition_bytes", .environment = "TENON_DEFINITION_BYTES", .flag = "definition-bytes",
     .kind = OPTION_BYTES, .offset = AT(definition_bytes), .fallback = "1MiB", .least = 1024, .most = 64 * 1024 * 1024,
     .description = "A definition file."},

    {.group = "Capacity", .key = "threads", .environment = "TENON_THREADS", .flag = "threads", .kind = OPTION_COUNT,
     .offset = AT(threads), .fallback = "0", .least = 0, .most = 64,
     .description = "Threads that serve requests; 0: one a core."},
    {.key = "connections", .environment = "TENON_CONNECTIONS", .flag = "connections", .kind = OPTION_COUNT,
     .offset = AT(connections), .fallback = "4000", .least = 1, .most = 1000000,
     .description = "Open connections of clients; further ones wait."},
    {.key = "calls_per_connection", .environment = "TENON_CALLS_PER_CONNECTION", .flag = "calls-per-connection",
     .kind = OPTION_COUNT, .offset = AT(calls_per_connection), .fallback = "200", .least = 1, .most = 1000000,
     .description = "Calls of one connection in flight in one thread."},
    {.key = "request_timeout", .environment = "TENON_REQUEST_TIMEOUT", .flag = "request-timeout",
     .kind = OPTION_DURATION, .offset = AT(request_timeout_ms), .fallback = "30s", .least = 100, .most = HOUR_MS,
     .description = "For a client to send a request, and of a connection on which nothing happens."},

    {.group = "Running", .key = "drain_timeout", .environment = "TENON_DRAIN_TIMEOUT", .flag = "drain-timeout",
     .kind = OPTION_DURATION, .offset = AT(drain_timeout_ms), .fallback = "30s", .least = 1, .most = HOUR_MS,
     .description = "For calls in flight to finish after SIGTERM or SIGINT; a second signal ends at once."},
    {.key = "log_level", .environment = "TENON_LOG_LEVEL", .flag = "log-level", .kind = OPTION_CHOICE,
     .offset = AT(log_level), .fallback = "info", .choices = LEVELS, .description = "The least that is logged."},
    {.key = "log_format", .environment = "TENON_LOG_FORMAT", .flag = "log-format", .kind = OPTION_CHOICE,
     .offset = AT(log_format), .fallback = "text", .choices = FORMATS, .description = "One line an event either way."},

    {.group = "The command line", .environment = "TENON_URL", .flag = "url", .kind = OPTION_TEXT, .offset = AT(url),
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

/* --- values --- */

static void *place_of(config_t *c, const option_t *option)
{
    return (char *)c + option->offset;
}

static bool set_secret(config_t *c, const option_t *option, str_t value, err_t *err)
{
    config_secret_t *secret = place_of(c, option);
    buf_clear(&secret->text);
    buf_str(&secret->text, value);
    secret->given = true;
    return buf_ok(&secret->text) || err_set(err, ERR_configuration, "the secret is too long");
}

static bool set_choice(config_t *c, const option_t *option, str_t value, err_t *err)
{
    for (int64_t i = 0; option->choices[i]; i++) {
        if (str_is(value, option->choices[i])) {
            *(int64_t *)place_of(c, option) = i;
            return true;
        }
    }
    buf_t names;
    buf_init(&names, 256);
    for (size_t i = 0; option->choices[i]; i++) {
        buf_printf(&names, "%s%s", i ? ", " : "", option->choices[i]);
    }
    (void)err_set(err, ERR_configuration, "expected one of %s", buf_c(&names));
    buf_fini(&names);
    return false;
}

static bool count_read(str_t text, int64_t *count)
{
    return str_to_i64(text, count);
}

typedef struct number_kind {
    bool (*read)(str_t text, int64_t *out);
    const char *expected, *unit;
} number_kind_t;

static bool set_number(config_t *c, const option_t *option, str_t value, err_t *err)
{
    static const number_kind_t kinds[] = {
        [OPTION_COUNT] = {count_read, "a whole number", ""},
        [OPTION_BYTES] = {bytes_read, "a size such as 64KiB or 16MiB", " bytes"},
        [OPTION_DURATION] = {duration_read, "a duration such as 500ms, 30s or 5m", " ms"},
    };
    const number_kind_t *kind = &kinds[option->kind];
    int64_t number;
    if (!kind->read(value, &number)) {
        return err_set(err, ERR_configuration, "expected %s", kind->expected);
    }
    if (number < option->least || number > option->most) {
        return err_set(err, ERR_configuration, "must be between %lld and %lld%s", (long long)option->least,
                       (long long)option->most, kind->unit);
    }
    *(int64_t *)place_of(c, option) = number;
    return true;
}

static bool set_text(config_t *c, const option_t *option, str_t value, err_t *err)
{
    if (memchr(value.p, '\0', value.n)) {
        return err_set(err, ERR_configuration, "holds a zero byte");
    }
    *(str_t *)place_of(c, option) = arena_str(c->arena, value);
    return true;
}

bool config_set(config_t *c, const option_t *option, str_t value, err_t *err)
{
    switch (option->kind) {
    case OPTION_TEXT:
    case OPTION_LIST:
        return set_text(c, option, value, err);
    case OPTION_SECRET:
        return set_secret(c, option, value, err);
    case OPTION_COUNT:
    case OPTION_BYTES:
    case OPTION_DURATION:
        return set_number(c, option, value, err);
    case OPTION_CHOICE:
        return set_choice(c, option, value, err);
    }
    return false;
}

void config_init(config_t *c, arena_t *arena)
{
    *c = (config_t){.arena = arena};
    for (size_t i = 0; i < OPTION_COUNT_ALL; i++) {
        const option_t *option = &OPTIONS[i];
        err_t err = ERR_INIT;
        if (option->kind == OPTION_SECRET) {
            config_secret_t *secret = place_of(c, option);
            buf_init_wiping(&secret->text, SECRET_BYTES_MAX);
        } else if (option->fallback) {
            bool ok = config_set(c, option, str_of(option->fallback), &err);
            (void)ok; /* a test tries every default */
        }
    }
}

void config_fini(config_t *c)
{
    for (size_t i = 0; i < OPTION_COUNT_ALL; i++) {
        if (OPTIONS[i].kind == OPTION_SECRET) {
            config_secret_t *secret = place_of(c, &OPTIONS[i]);
            buf_fini(&secret->text);
            secret->given = false;
        }
    }
}

/* --- numbers with units --- */

typedef struct unit {
    const char *name;
    int64_t factor;
} unit_t;

static bool read_with_unit(str_t text, const unit_t *units, size_t count, int64_t *out)
{
    size_t digits = 0;
    while (digits < text.n && ascii_is_digit(text.p[digits])) {
        digits++;
    }
    int64_t number;
    str_t name = str_slice(text, digits, text.n);
    for (size_t i = 0; i < count; i++) {
        if (str_is(name, units[i].name) && str_to_i64(str_slice(text, 0, digits), &number)) {
            return !__builtin_mul_overflow(number, units[i].factor, out);
        }
    }
    return false;
}

bool duration_read(str_t text, int64_t *ms)
{
    const unit_t units[] = {{"ms", 1}, {"s", 1000}, {"m", MINUTE_MS}, {"h", HOUR_MS}, {"d", 24 * HOUR_MS}};
    return read_with_unit(text, units, sizeof units / sizeof *units, ms);
}

bool bytes_read(str_t text, int64_t *bytes)
{
    const unit_t units[] = {{"", 1}, {"KiB", KIB}, {"MiB", KIB * KIB}, {"GiB", GIB}};
    return read_with_unit(text, units, sizeof units / sizeof *units, bytes);
}
