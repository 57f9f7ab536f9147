/* SPDX-License-Identifier: MIT */
/* The yardstick of row 3: a bare libcurl multi in h2o's loop (facts: a private epoll descriptor), passing every
 * request on to one upstream and the answer back. h2o_curl PORT THREADS URL */
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <curl/curl.h>

#include "yardstick.h"

enum { POOL_MAX = 512, EVENTS_MAX = 64 };

typedef struct transfer {
    CURL *easy;
    h2o_req_t *req;
    char *body;
    size_t length;
} transfer_t;

static const char *upstream_url;
static __thread CURLM *multi;
static __thread int epoll_fd, timer_fd;
static __thread transfer_t *pool[POOL_MAX];
static __thread int pooled;

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *known)
{
    struct epoll_event event = {.data.fd = fd};
    (void)easy;
    (void)context;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, &event);
        curl_multi_assign(multi, fd, NULL);
        return 0;
    }
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
    epoll_ctl(epoll_fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
    curl_multi_assign(multi, fd, &multi);
    return 0;
}

static int on_timer(CURLM *m, long ms, void *context)
{
    (void)m;
    (void)context;
    struct itimerspec at = {0};
    if (ms >= 0) {
        at.it_value.tv_sec = ms / 1000;
        at.it_value.tv_nsec = ms ? ms % 1000 * 1000000 : 1;
    }
    timerfd_settime(timer_fd, 0, &at, NULL);
    return 0;
}

static size_t on_bytes(char *p, size_t size, size_t n, void *context)
{
    transfer_t *t = context;
    t->body = realloc(t->body, t->length + size * n);
    memcpy(t->body + t->length, p, size * n);
    t->length += size * n;
    return size * n;
}

static void answer(transfer_t *t, int status)
{
    static h2o_generator_t generator = {NULL, NULL};
    h2o_req_t *req = t->req;
    req->res.status = status;
    req->res.reason = "OK";
    req->res.content_length = t->length;
    h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL, H2O_STRLIT("application/json"));
    h2o_iovec_t body = h2o_strdup(&req->pool, t->body ? t->body : "", t->length);
    h2o_start_response(req, &generator);
    h2o_send(req, &body, 1, H2O_SEND_STATE_FINAL);
    t->length = 0;
    if (pooled < POOL_MAX) {
        pool[pooled++] = t;
    }
}

static void collect(void)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(multi, &left))) {
        transfer_t *t;
        long status = 502;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&t);
        if (message->data.result == CURLE_OK) {
            curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
        }
        curl_multi_remove_handle(multi, t->easy);
        answer(t, (int)status);
    }
}

static void on_ready(h2o_socket_t *sock, const char *err)
{
    struct epoll_event events[EVENTS_MAX];
    int running, n = epoll_wait(epoll_fd, events, EVENTS_MAX, 0);
    (void)sock;
    (void)err;
    for (int i = 0; i < n; i++) {
        if (events[i].data.fd == timer_fd) {
            uint64_t ticks;
            if (read(timer_fd, &ticks, sizeof ticks) > 0) {
                curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
            }
        } else {
            int mask = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                       (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                       (events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
            curl_multi_socket_action(multi, events[i].data.fd, mask, &running);
        }
    }
    collect();
}

static transfer_t *take_transfer(void)
{
    if (pooled) {
        return pool[--pooled];
    }
    transfer_t *t = calloc(1, sizeof *t);
    t->easy = curl_easy_init();
    return t;
}

/* The same options as Tenon's client sets for a request action. */
static int on_req(h2o_handler_t *self, h2o_req_t *req)
{
    transfer_t *t = take_transfer();
    (void)self;
    t->req = req;
    curl_easy_reset(t->easy);
    curl_easy_setopt(t->easy, CURLOPT_URL, upstream_url);
    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(t->easy, CURLOPT_PROXY, "");
    curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, 30000L);
    curl_multi_add_handle(multi, t->easy);
    return 0;
}

static void on_start(h2o_loop_t *loop)
{
    multi = curl_multi_init();
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = timer_fd};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, timer_fd, &event);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 512L);
    h2o_socket_t *sock = h2o_evloop_socket_create(loop, epoll_fd, H2O_SOCKET_FLAG_DONT_READ);
    h2o_socket_read_start(sock, on_ready);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: h2o_curl PORT THREADS URL\n");
        return 2;
    }
    upstream_url = argv[3];
    curl_global_init(CURL_GLOBAL_DEFAULT);
    yardstick_serve(atoi(argv[1]), atoi(argv[2]), on_req, on_start);
    return 0;
}
