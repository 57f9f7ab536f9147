/* SPDX-License-Identifier: MIT */
/* A server in a thread of its own, and all that a client may send on one connection. A second
 * reader of requests, strict and simple, goes over the same bytes: each request that the server
 * hands on is the one that stands there, with the same method, target and body, and nothing comes
 * behind bytes that two readers could take otherwise. What is answered is always HTTP. */
#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "fuzz.h"
#include "http/http.h"

enum {
    URL_MAX = 200,
    HEADER_MAX = 200,
    BODY_MAX = 1000,
    ANSWERS_BYTES_MAX = 1 << 22,
    REQUEST_TIMEOUT_MS = 600000 /* a server that waits for more is one that hangs */
};

/* --- the server: tells what it was asked --- */

static struct sockaddr_un address = {.sun_family = AF_UNIX};
static http_listener_t listener = {.local = true};
static http_server_t *host;

static void on_request(void *context, http_request_t *request)
{
    (void)context;
    const http_view_t *view = http_request_view(request);
    const http_header_t mark = {STR("x-app"), STR("1")};
    buf_t told;
    buf_init(&told, 1 << 16);
    buf_printf(&told, "%.*s\n%.*s\n%s%.*s\n", STR_ARG(view->method), STR_ARG(view->path),
               view->query.p ? "?" : "", STR_ARG(view->query));
    buf_str(&told, view->body);
    http_reply(request, 200, &mark, 1, buf_view(&told));
    buf_fini(&told);
}

static void *serve(void *server)
{
    http_server_run(server);
    return NULL;
}

static void remove_folder(void)
{
    unlink(address.sun_path);
    *strrchr(address.sun_path, '/') = '\0';
    rmdir(address.sun_path);
}

static void set_up(void)
{
    if (host) {
        return;
    }
    char folder[] = "/tmp/tenon-fuzz-XXXXXX";
    err_t err = ERR_INIT;
    pthread_t thread;
    http_init();
    REQUIRE(mkdtemp(folder));
    snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", folder);
    listener.fd = http_listen_unix(address.sun_path, &err);
    REQUIRE(listener.fd >= 0);
    atexit(remove_folder);
    const http_options_t options = {.listeners = &listener,
                                    .listener_count = 1,
                                    .body_bytes_max = BODY_MAX,
                                    .url_bytes_max = URL_MAX,
                                    .header_bytes_max = HEADER_MAX,
                                    .connections_max = 100,
                                    .request_timeout_ms = REQUEST_TIMEOUT_MS,
                                    .on_request = on_request};
    host = http_server_new(&options);
    REQUIRE(pthread_create(&thread, NULL, serve, host) == 0);
    pthread_detach(thread);
}

/* All that is answered, until the server closes: at once, as nothing more can come. */
static void converse(str_t said, buf_t *answers)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(connect(fd, (const void *)&address, sizeof address) == 0);
    for (size_t at = 0; at < said.n;) {
        ssize_t n = send(fd, said.p + at, said.n - at, MSG_NOSIGNAL);
        at = n > 0 ? at + (size_t)n : said.n; /* it may have closed already */
    }
    shutdown(fd, SHUT_WR);
    char room[4096];
    ssize_t n;
    do {
        n = recv(fd, room, sizeof room, 0);
        buf_add(answers, room, n > 0 ? (size_t)n : 0);
    } while (n > 0 || (n < 0 && errno == EINTR)); /* libFuzzer has a timer */
    REQUIRE(n == 0 || errno == ECONNRESET);
    REQUIRE(buf_ok(answers));
    close(fd);
}

/* --- the second reader (RFC 9112) --- */

typedef struct asked {
    bool framed; /* where it ends is clear; else nothing may come behind it */
    bool sound;
    str_t method, target;
    buf_t body;
} asked_t;

static bool take_line(str_t *rest, str_t *line)
{
    size_t end = str_index(*rest, '\n');
    if (end == SIZE_MAX || end == 0 || rest->p[end - 1] != '\r') {
        return false;
    }
    *line = str_slice(*rest, 0, end - 1);
    *rest = str_slice(*rest, end + 1, rest->n);
    return true;
}

static bool is_token(str_t s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!ascii_is_alnum(s.p[i]) && (s.p[i] == '\0' || !strchr("!#$%&'*+-.^_`|~", s.p[i]))) {
            return false;
        }
    }
    return s.n > 0;
}

static bool is_visible(str_t s)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7F) {
            return false;
        }
    }
    return s.n > 0;
}

static bool read_first(str_t line, asked_t *asked, int *minor)
{
    asked->method = str_cut(&line, ' ');
    asked->target = str_cut(&line, ' ');
    *minor = line.n == 8 ? line.p[7] - '0' : -1;
    asked->sound = is_visible(asked->target);
    return is_token(asked->method) && str_starts(line, STR("HTTP/1.")) && *minor >= 0 &&
           *minor <= 9;
}

static bool read_chunks(str_t *rest, buf_t *body)
{
    str_t line;
    while (take_line(rest, &line)) {
        size_t size = 0;
        size_t digits = 0;
        for (; digits < line.n && digits < 16 && ascii_hex_value(line.p[digits]) >= 0; digits++) {
            size = size << 4 | (size_t)ascii_hex_value(line.p[digits]);
        }
        str_t extension = str_trim(str_slice(line, digits, line.n));
        if (digits == 0 || (line.n > digits && (!extension.n || extension.p[0] != ';'))) {
            return false;
        }
        if (size == 0) {
            do {
                if (!take_line(rest, &line)) {
                    return false;
                }
            } while (line.n);
            return true;
        }
        if (rest->n < 2 || size > rest->n - 2 || rest->p[size] != '\r' ||
            rest->p[size + 1] != '\n') {
            return false;
        }
        buf_str(body, str_slice(*rest, 0, size));
        *rest = str_slice(*rest, size + 2, rest->n);
    }
    return false;
}

typedef struct head {
    unsigned hosts, lengths, codings;
    str_t length, coding;
} head_t;

static bool read_header(str_t line, head_t *head)
{
    str_t value = line;
    str_t name = str_cut(&value, ':');
    if (!is_token(name) || !value.p) {
        return false;
    }
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        if (c != '\t' && (c < ' ' || c == 0x7F)) {
            return false;
        }
    }
    value = str_trim(value);
    if (str_eq_nocase(name, STR("host"))) {
        head->hosts++;
    } else if (str_eq_nocase(name, STR("content-length"))) {
        head->lengths++;
        head->length = value;
    } else if (str_eq_nocase(name, STR("transfer-encoding"))) {
        head->codings++;
        head->coding = value;
    }
    return true;
}

static bool read_body(str_t *rest, const head_t *head, buf_t *body)
{
    uint64_t n = 0;
    if (head->codings) {
        return str_eq_nocase(head->coding, STR("chunked")) && read_chunks(rest, body);
    }
    if (head->lengths && (!str_to_u64(head->length, &n) || n > rest->n)) {
        return false;
    }
    buf_str(body, str_slice(*rest, 0, (size_t)n));
    *rest = str_slice(*rest, (size_t)n, rest->n);
    return true;
}

static bool read_asked(str_t *rest, asked_t *asked)
{
    str_t line;
    int minor;
    head_t head = {.hosts = 0};
    do {
        if (!take_line(rest, &line)) {
            return false;
        }
    } while (line.n == 0);
    if (!read_first(line, asked, &minor)) {
        return false;
    }
    for (;;) {
        if (!take_line(rest, &line)) {
            return false;
        }
        if (line.n == 0) {
            break;
        }
        if (!read_header(line, &head)) {
            return false;
        }
    }
    bool one_way = head.lengths + head.codings <= 1 && !(minor == 0 && head.codings);
    return one_way && head.hosts <= 1 && (minor == 0 || head.hosts == 1) &&
           read_body(rest, &head, &asked->body);
}

/* --- answers --- */

typedef struct answer {
    unsigned status;
    bool by_app, closes;
    str_t body;
} answer_t;

static bool take_answer(str_t *rest, bool has_body, answer_t *answer)
{
    str_t line;
    uint64_t status = 0;
    uint64_t length = 0;
    if (rest->n == 0) {
        return false;
    }
    *answer = (answer_t){.status = 0};
    REQUIRE(take_line(rest, &line) && str_starts(line, STR("HTTP/1.1 ")));
    REQUIRE(line.n > 13 && str_to_u64(str_slice(line, 9, 12), &status));
    answer->status = (unsigned)status;
    for (;;) {
        REQUIRE(take_line(rest, &line));
        if (line.n == 0) {
            break;
        }
        str_t value = line;
        str_t name = str_cut(&value, ':');
        value = str_trim(value);
        answer->by_app = answer->by_app || str_eq_nocase(name, STR("x-app"));
        answer->closes = answer->closes || (str_eq_nocase(name, STR("connection")) &&
                                            str_eq_nocase(value, STR("close")));
        REQUIRE(!str_eq_nocase(name, STR("content-length")) || str_to_u64(value, &length));
    }
    if (has_body && status != 100) {
        REQUIRE(length <= rest->n);
        answer->body = str_slice(*rest, 0, (size_t)length);
        *rest = str_slice(*rest, (size_t)length, rest->n);
    }
    return true;
}

static void check_told(const asked_t *asked, str_t told)
{
    str_t rest = told;
    REQUIRE(str_eq(str_cut(&rest, '\n'), asked->method));
    str_t path = str_cut(&rest, '\n');
    str_t query = str_cut(&rest, '\n');
    REQUIRE(str_eq(rest, buf_view(&asked->body)));
    if (asked->target.p[0] == '/') {
        REQUIRE(path.n + query.n == asked->target.n && str_starts(asked->target, path));
        REQUIRE(str_eq(str_slice(asked->target, path.n, asked->target.n), query));
    }
}

/* False where nothing more may come. */
static bool check_answer(const asked_t *asked, str_t *answers)
{
    answer_t answer;
    bool has_body = asked->framed && !str_is(asked->method, "HEAD");
    while (take_answer(answers, has_body, &answer) && answer.status == 100) {
    }
    if (answer.status == 100) { /* and the body did not come */
        REQUIRE(!asked->framed);
        return false;
    }
    if (answer.by_app) {
        REQUIRE(asked->framed && asked->sound && answer.status == 200);
        if (has_body) {
            check_told(asked, answer.body);
        }
        REQUIRE(!answer.closes || answers->n == 0);
    } else {
        REQUIRE(answer.status >= 400 && answer.status < 500);
        /* Whether h2o's own answer has a body is up to what it took for a method. */
        REQUIRE((asked->framed && !answer.closes) ||
                str_find(*answers, STR("\r\nx-app: "), 0) == SIZE_MAX);
    }
    return asked->framed && !answer.closes;
}

static void check_answers(str_t said, str_t answers)
{
    bool more = true;
    while (more && answers.n) {
        asked_t asked = {.framed = false};
        buf_init(&asked.body, said.n + 1);
        asked.framed = read_asked(&said, &asked);
        more = check_answer(&asked, &answers);
        buf_fini(&asked.body);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    buf_t answers;
    set_up();
    buf_init(&answers, ANSWERS_BYTES_MAX);
    converse(str_at(data, size), &answers);
    check_answers(str_at(data, size), buf_view(&answers));
    buf_fini(&answers);
    return 0;
}
