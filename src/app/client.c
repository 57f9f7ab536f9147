/* SPDX-License-Identifier: MIT */
#include "app/client.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/files.h"
#include "app/host.h"
#include "base/log.h"
#include "base/mem.h"
#include "codec/form.h"
#include "codec/json.h"
#include "codec/url.h"
#include "upstream/local.h"

enum {
    ANSWER_MAX = 256 * 1024 * 1024,
    BODY_MAX = 64 * 1024 * 1024,
    PAGES_MAX = 100000,
    HEADERS_MAX = 16
};
static const int64_t TIMEOUT_MS = 150 * 1000; /* beyond the longest action */

struct client {
    config_t *config;
    arena_t *arena;
    const char *socket_path; /* NULL: by url */
    str_t url;
    host_t *host; /* its own; NULL: another process's */
    char *folder; /* of its own host's socket */
};

/* --- which host --- */

static bool is_answered(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t n = strlen(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    memcpy(address.sun_path, path, n < sizeof address.sun_path ? n : 0);
    bool answered = fd >= 0 && connect(fd, (const void *)&address, sizeof address) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return answered;
}

static char *make_folder(void)
{
    const char *parent = getenv("XDG_RUNTIME_DIR");
    char path[96];
    int n = snprintf(path, sizeof path, "%s/tenon-XXXXXX", parent && *parent ? parent : "/tmp");
    if ((n < 0 || (size_t)n >= sizeof path || !mkdtemp(path)) &&
        !mkdtemp(strcpy(path, "/tmp/tenon-XXXXXX"))) {
        return NULL;
    }
    return str_dup(str_of(path));
}

/* What a command that is broken off leaves behind. */
static const char *volatile left_socket;
static const char *volatile left_folder;

static void on_break(int signal_number)
{
    unlink(left_socket);
    rmdir(left_folder);
    raise(signal_number); /* with the default action again */
}

static void tidy_up_on_break(const client_t *c)
{
    const struct sigaction action = {.sa_handler = on_break, .sa_flags = (int)SA_RESETHAND};
    left_socket = c->socket_path;
    left_folder = c->folder;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

static bool start_own_host(client_t *c, err_t *err)
{
    c->folder = make_folder();
    if (!c->folder) {
        return err_set(err, ERR_configuration, "there is no room for a socket in /tmp");
    }
    log_configure(LOG_ERROR, false); /* a command tells its own errors */
    c->socket_path = socket_path_in(c->arena, str_of(c->folder), HOST_SOCKET);
    tidy_up_on_break(c);
    c->host = host_start(c->config, c->folder, true, err);
    return c->host != NULL;
}

static bool find_running(client_t *c)
{
    c->url = c->config->url.p ? c->config->url : STR("http://localhost");
    if (c->config->url.p) {
        return true;
    }
    c->socket_path = socket_path_in(c->arena, c->config->data, HOST_SOCKET);
    return is_answered(c->socket_path);
}

bool client_is_alone(const client_t *c)
{
    return c->host != NULL;
}

static client_t *make(config_t *config)
{
    client_t *c = mem_new(client_t);
    c->config = config;
    c->arena = arena_new(0);
    return c;
}

client_t *client_open(config_t *config, err_t *err)
{
    client_t *c = make(config);
    if (find_running(c) || start_own_host(c, err)) {
        return c;
    }
    client_close(c);
    return NULL;
}

client_t *client_open_running(config_t *config, err_t *err)
{
    client_t *c = make(config);
    if (find_running(c)) {
        return c;
    }
    (void)err_set(err, ERR_host_unreachable, "no host runs on the data folder %.*s",
                  STR_ARG(config->data));
    client_close(c);
    return NULL;
}

void client_close(client_t *c)
{
    if (!c) {
        return;
    }
    if (c->host) {
        host_stop(c->host, true);
    }
    if (c->folder) {
        signal(SIGINT, SIG_DFL);
        signal(SIGTERM, SIG_DFL);
        signal(SIGHUP, SIG_DFL);
        rmdir(c->folder);
        free(c->folder);
    }
    arena_free(c->arena);
    free(c);
}

/* --- requests --- */

static bool send_on(client_t *c, const upstream_request_t *request, local_terms_t *terms,
                    upstream_answer_t *out, err_t *err)
{
    message_header_t headers[HEADERS_MAX];
    upstream_request_t full = *request;
    full.url = arena_printf(c->arena, "%.*s%.*s", STR_ARG(c->url), STR_ARG(request->url));
    full.headers = headers;
    full.header_count = 0;
    for (size_t i = 0; i < request->header_count && full.header_count < HEADERS_MAX - 1; i++) {
        headers[full.header_count++] = request->headers[i];
    }
    if (!c->socket_path && c->config->key.given) {
        str_t key = str_trim(buf_view(&c->config->key.text));
        str_t value = arena_printf(c->arena, "Bearer %.*s", STR_ARG(key));
        headers[full.header_count++] = (message_header_t){STR("Authorization"), value};
    }
    terms->socket_path = c->socket_path;
    terms->ca_file = c->config->ca_file.p;
    terms->body_bytes_max = ANSWER_MAX;
    return local_send(c->arena, &full, terms, out, err);
}

bool client_send(client_t *c, const upstream_request_t *request, upstream_answer_t *out, err_t *err)
{
    local_terms_t terms = {.timeout_ms = TIMEOUT_MS};
    return send_on(c, request, &terms, out, err);
}

bool client_stream(client_t *c, const upstream_request_t *request, client_on_bytes_t *on_bytes,
                   void *context, err_t *err)
{
    local_terms_t terms = {.on_bytes = on_bytes, .context = context};
    upstream_answer_t answer;
    if (!send_on(c, request, &terms, &answer, err)) {
        return false;
    }
    if (answer.status != 200) {
        client_read_problem(&answer, err);
    }
    return answer.status == 200;
}

static void copy_faults(const json_t *faults, err_code_t code, err_t *err)
{
    for (size_t i = 0; i < json_array_size(faults); i++) {
        const json_t *fault = json_array_get(faults, i);
        char pointer[sizeof err->details->pointer];
        char text[sizeof err->details->text];
        err_clean_text(pointer, sizeof pointer, json_member(fault, "pointer"));
        err_clean_text(text, sizeof text, json_member(fault, "detail"));
        err_add_detail(err, code, pointer, "%s", text);
    }
}

void client_read_problem(const upstream_answer_t *answer, err_t *err)
{
    err_t unreadable = ERR_INIT;
    json_t *problem = json_read(answer->body, NULL, &unreadable);
    str_t detail = json_member(problem, "detail");
    err_code_t code = err_code_of(json_member(problem, "code"));
    char text[sizeof err->text];
    err_clean_text(text, sizeof text, detail.p ? detail : json_member(problem, "title"));
    if (code == ERR_none) {
        (void)err_set(err, ERR_host_unreachable, "the answer is %d, and none of a Tenon host",
                      answer->status);
    } else {
        (void)err_set(err, code, "%s", text);
        copy_faults(json_object_get(problem, "errors"), code, err);
    }
    err_fini(&unreadable);
    json_decref(problem);
}

static bool read_answer(const upstream_answer_t *answer, json_t **output, err_t *err)
{
    if (answer->status >= 400) {
        client_read_problem(answer, err);
        return false;
    }
    *output = NULL;
    if (answer->body.n) {
        const json_limits_t limits = {.depth = 128};
        *output = json_read(answer->body, &limits, err);
    }
    return !err_is_set(err);
}

bool client_ask(client_t *c, const char *method, str_t path, json_t *input, json_t **output,
                err_t *err)
{
    message_header_t type = {STR("Content-Type"), STR("application/json")};
    upstream_request_t request = {.method = str_of(method), .url = path};
    buf_t body;
    buf_init_wiping(&body, BODY_MAX);
    if (input) {
        json_write(&body, input);
        json_decref(input);
        request.body = buf_view(&body);
        request.headers = &type;
        request.header_count = 1;
    }
    upstream_answer_t answer;
    bool ok = client_send(c, &request, &answer, err) && read_answer(&answer, output, err);
    buf_fini(&body);
    return ok;
}

json_t *client_list(client_t *c, str_t path, const char *name, err_t *err)
{
    json_t *all = json_array();
    str_t next = STR_NONE;
    for (int i = 0; i < PAGES_MAX; i++) {
        buf_t url;
        buf_init(&url, 4096);
        buf_printf(&url, "%.*s?limit=1000", STR_ARG(path));
        if (next.p) {
            form_write_pair(&url, STR("after"), next);
        }
        json_t *page = NULL;
        bool ok = client_ask(c, "GET", buf_view(&url), NULL, &page, err);
        buf_fini(&url);
        if (!ok) {
            json_decref(all);
            return NULL;
        }
        json_array_extend(all, json_object_get(page, name));
        next = arena_str(c->arena, json_member(page, "next"));
        json_decref(page);
        if (!next.p) {
            break;
        }
    }
    return all;
}

str_t client_path_in(arena_t *arena, const char *before, str_t name, const char *behind)
{
    buf_t path;
    buf_init(&path, 16 * 1024);
    buf_lit(&path, before);
    url_encode_segment(&path, name);
    buf_lit(&path, behind);
    str_t kept = arena_str(arena, buf_view(&path));
    buf_fini(&path);
    return kept;
}
