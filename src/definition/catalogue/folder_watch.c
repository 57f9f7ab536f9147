/* SPDX-License-Identifier: MIT */
#include "definition/catalogue/folder_watch.h"

#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/mem.h"

enum {
    IN_THE_FOLDER = IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO |
                    IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR,
    IN_ITS_PARENT = IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_ONLYDIR,
};

struct folder_watch {
    int fd;
    int folder_watch; /* -1: there is no such folder */
    int parent_watch; /* -1: not to be watched */
    char *folder;
    char *parent;
    str_t base; /* the folder's name in its parent */
};

/* Cuts the path into parent and base. "/", "." and ".." keep their inode whatever is renamed. */
static void set_parent(folder_watch_t *w)
{
    str_t path = str_of(w->folder);
    while (path.n > 1 && path.p[path.n - 1] == '/') {
        path.n--;
    }
    size_t base = path.n;
    while (base > 0 && path.p[base - 1] != '/') {
        base--;
    }
    w->base = str_slice(path, base, path.n);
    if (w->base.n == 0 || str_is(w->base, ".") || str_is(w->base, "..")) {
        return;
    }
    w->parent = str_dup(base == 0 ? STR(".") : str_slice(path, 0, base > 1 ? base - 1 : 1));
}

folder_watch_t *folder_watch_new(const char *folder)
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0) {
        return NULL;
    }
    folder_watch_t *w = mem_new(folder_watch_t);
    *w = (folder_watch_t){.fd = fd, .folder_watch = -1, .parent_watch = -1};
    w->folder = str_dup(str_of(folder));
    set_parent(w);
    if (!folder_watch_renew(w)) {
        folder_watch_free(w);
        return NULL;
    }
    return w;
}

void folder_watch_free(folder_watch_t *w)
{
    if (w) {
        close(w->fd);
        free(w->folder);
        free(w->parent);
        free(w);
    }
}

int folder_watch_fd(const folder_watch_t *w)
{
    return w->fd;
}

/* The same inode answers the same number again. */
static void renew(folder_watch_t *w, int *watch, const char *path, uint32_t mask)
{
    int renewed = inotify_add_watch(w->fd, path, mask);
    if (*watch >= 0 && *watch != renewed) {
        (void)inotify_rm_watch(w->fd, *watch);
    }
    *watch = renewed;
}

bool folder_watch_renew(folder_watch_t *w)
{
    /* The parent first: what takes the name afterwards is told. */
    if (w->parent) {
        renew(w, &w->parent_watch, w->parent, IN_ITS_PARENT);
    }
    renew(w, &w->folder_watch, w->folder, IN_THE_FOLDER);
    return w->folder_watch >= 0;
}

/* --- news --- */

static news_t news_of(uint32_t mask)
{
    if (mask & (IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE)) {
        return NEWS_WRITTEN;
    }
    if (mask & IN_MODIFY) {
        return NEWS_WRITING;
    }
    return mask & IN_CREATE ? NEWS_CREATED : NEWS_TOUCHED;
}

static void tell(folder_watch_t *w, const struct inotify_event *event, folder_on_news_t *on_news,
                 void *context)
{
    str_t name = event->len > 0 ? str_of(event->name) : STR_NONE;
    if (event->mask & IN_Q_OVERFLOW) {
        on_news(context, NEWS_ALL, STR_NONE);
    } else if (event->wd == w->parent_watch) {
        if (str_eq(name, w->base)) {
            on_news(context, NEWS_ALL, STR_NONE);
        }
    } else if (event->wd == w->folder_watch) {
        /* Without a name it is the folder itself. */
        on_news(context, name.p ? news_of(event->mask) : NEWS_ALL, name);
    }
}

void folder_watch_read(folder_watch_t *w, folder_on_news_t *on_news, void *context)
{
    alignas(struct inotify_event) char events[16 * 1024];
    for (;;) {
        ssize_t got = read(w->fd, events, sizeof events);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return;
        }
        for (ssize_t at = 0; at < got;) {
            const struct inotify_event *event = (const void *)(events + at);
            tell(w, event, on_news, context);
            at += (ssize_t)(sizeof *event + event->len);
        }
    }
}
