/* SPDX-License-Identifier: MIT */
/* Private to the catalogue: news of one folder by inotify(7), also when another folder takes its
 * name. Tells what may have happened; what is there is for the reader to look at. Belongs to one
 * thread. */
#ifndef TENON_DEFINITION_CATALOGUE_FOLDER_WATCH_H
#define TENON_DEFINITION_CATALOGUE_FOLDER_WATCH_H

#include "base/str.h"

typedef struct folder_watch folder_watch_t;

typedef enum {
    NEWS_CREATED, /* a name is new: a link, or a file that someone is about to write */
    NEWS_WRITING, /* a file is being written */
    NEWS_WRITTEN, /* a file was closed behind a writer, moved here, moved away or deleted */
    NEWS_TOUCHED, /* permissions, times */
    NEWS_ALL /* anything may have changed, even the folder: folder_watch_renew, then look at all */
} news_t;
typedef void folder_on_news_t(void *context, news_t news, str_t name);

/* NULL where the system has no inotify to give. */
folder_watch_t *folder_watch_new(const char *folder);
void folder_watch_free(folder_watch_t *w);
/* Readable when there is news. */
int folder_watch_fd(const folder_watch_t *w);
/* Tells all the news there is, without waiting. */
void folder_watch_read(folder_watch_t *w, folder_on_news_t *on_news, void *context);
/* Watches what bears the folder's name now. False where there is no such folder. */
bool folder_watch_renew(folder_watch_t *w);

#endif
