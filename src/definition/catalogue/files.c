/* SPDX-License-Identifier: MIT */
#include "definition/catalogue/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/mem.h"

/* --- names (FORMAT 1) --- */

typedef enum { NAME_OTHER, NAME_DEFINITION, NAME_MISNAMED } name_kind_t;

static name_kind_t kind_of(str_t name)
{
    static const char *const unread[] = {"~", ".tmp", ".swp"};
    if (name.n == 0 || name.p[0] == '.' || name.p[0] == '_') {
        return NAME_OTHER;
    }
    for (size_t i = 0; i < sizeof unread / sizeof unread[0]; i++) {
        if (str_ends(name, str_of(unread[i]))) {
            return NAME_OTHER;
        }
    }
    if (str_ends(name, STR(".yaml"))) {
        return NAME_DEFINITION;
    }
    return str_ends_nocase(name, STR(".yml")) || str_ends_nocase(name, STR(".yaml")) ? NAME_MISNAMED
                                                                                     : NAME_OTHER;
}

static void warn_once(files_t *f, str_t name)
{
    if (!map_set(f->misnamed, name, f)) {
        log_event(LOG_WARN, "definition.ignored", LOG_S("file", name),
                  LOG_S("code", str_of(err_code_name(ERR_yml_suffix))),
                  LOG_S("text", str_of(err_code_title(ERR_yml_suffix))));
    }
}

/* --- the table --- */

files_t *files_new(const char *folder, const load_options_t *options)
{
    files_t *f = mem_new(files_t);
    f->folder = str_dup(str_of(folder));
    f->options = options ? *options : (load_options_t){0};
    f->entries = map_new();
    f->misnamed = map_new();
    return f;
}

static void entry_free(void *p)
{
    entry_t *e = p;
    connector_unref(e->connector);
    json_decref(e->diagnostics);
    free(e->name);
    free(e->path);
    free(e);
}

void files_drop(files_t *f, entry_t *e)
{
    if (e->connector) {
        log_event(LOG_INFO, "definition.removed", LOG_S("file", str_of(e->path)),
                  LOG_S("connector", e->connector->id));
    }
    (void)map_remove(f->entries, str_of(e->name));
    entry_free(e);
}

void files_free(files_t *f)
{
    if (f) {
        map_free_with(f->entries, entry_free);
        map_free(f->misnamed);
        json_decref(f->folder_fault);
        free(f->folder);
        free(f);
    }
}

static char *path_in(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = mem_alloc(size);
    (void)snprintf(path, size, "%s/%s", folder, name);
    return path;
}

static entry_t *entry_of(files_t *f, str_t name)
{
    entry_t *e = map_get(f->entries, name);
    if (!e) {
        e = mem_new(entry_t);
        e->name = str_dup(name);
        e->path = path_in(f->folder, e->name);
        e->id = str_at(e->name, name.n - (sizeof ".yaml" - 1));
        (void)map_set(f->entries, name, e);
    }
    return e;
}

/* --- the folder --- */

static bool refuse_folder(const files_t *f, err_t *err)
{
    char why[128];
    return err_set(err, ERR_definition_unreadable, "%s: %s", f->folder,
                   strerror_r(errno, why, sizeof why));
}

bool files_check_folder(const files_t *f, err_t *err)
{
    struct stat status;
    if (stat(f->folder, &status) != 0) {
        return refuse_folder(f, err);
    }
    if (!S_ISDIR(status.st_mode)) {
        return err_set(err, ERR_definition_unreadable, "%s: not a folder", f->folder);
    }
    if (file_is_writable_by_others(&status)) {
        return err_set(err, ERR_definition_writable_by_others,
                       "%s: others may write to this folder; take that away, as with chmod go-w",
                       f->folder);
    }
    DIR *folder = opendir(f->folder);
    if (!folder) {
        return refuse_folder(f, err);
    }
    closedir(folder);
    return true;
}

static json_t *diagnostics_of(const files_t *f, const err_t *err)
{
    diagnostics_t d;
    arena_t *arena = arena_new(0);
    diagnostics_init(&d, arena);
    diagnostics_add(&d, LEVEL_S, err->code, 1, 1, "%s", err->text);
    json_t *list = diagnostics_to_json(&d, str_of(f->folder));
    arena_free(arena);
    return list;
}

bool files_judge_folder(files_t *f)
{
    err_t err = ERR_INIT;
    bool was_bad = f->folder_fault != NULL;
    bool good = files_check_folder(f, &err);
    if (good) {
        json_decref(f->folder_fault);
        f->folder_fault = NULL;
    } else if (!was_bad) {
        f->folder_fault = diagnostics_of(f, &err);
        log_event(LOG_ERROR, "definition.failed", LOG_S("file", str_of(f->folder)),
                  LOG_S("code", str_of(err_code_name(err.code))), LOG_S("text", str_of(err.text)),
                  LOG_B("serving_previous", true));
    }
    return was_bad == good;
}

/* --- news --- */

static void expect_change(entry_t *e, bool forced)
{
    e->changed = true;
    e->forced = e->forced || forced;
    e->has_seen = false;
    e->news++;
}

static bool is_being_made(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 0;
}

static void note(entry_t *e, news_t news)
{
    bool writing = news == NEWS_WRITING || (news == NEWS_CREATED && is_being_made(e->path));
    if (writing) {
        e->writing_until_ms = INT64_MAX; /* dated at the next look */
    } else if (news == NEWS_WRITTEN) {
        e->writing_until_ms = 0;
    }
    expect_change(e, news == NEWS_WRITTEN || writing);
}

bool files_note(files_t *f, news_t news, str_t name)
{
    switch (kind_of(name)) {
    case NAME_DEFINITION:
        note(entry_of(f, name), news);
        return false;
    case NAME_MISNAMED:
        warn_once(f, name);
        return false;
    case NAME_OTHER:
        break;
    }
    return news == NEWS_CREATED || news == NEWS_WRITTEN;
}

static void note_all(files_t *f, bool forced)
{
    void *entry;
    for (size_t at = 0; map_next(f->entries, &at, NULL, &entry);) {
        entry_t *e = entry;
        e->changed = true;
        e->forced = e->forced || forced;
    }
}

void files_scan(files_t *f, bool forced)
{
    DIR *folder = opendir(f->folder);
    if (!folder) {
        return;
    }
    note_all(f, forced);
    for (struct dirent *found; (found = readdir(folder));) {
        str_t name = str_of(found->d_name);
        name_kind_t kind = kind_of(name);
        if (kind == NAME_DEFINITION) {
            entry_of(f, name)->changed = true;
        } else if (kind == NAME_MISNAMED) {
            warn_once(f, name);
        }
    }
    closedir(folder);
}

bool files_have_links(const files_t *f)
{
    void *entry;
    for (size_t at = 0; map_next(f->entries, &at, NULL, &entry);) {
        if (((const entry_t *)entry)->is_link) {
            return true;
        }
    }
    return false;
}

/* --- a snapshot --- */

snapshot_t *files_snapshot(const files_t *f, uint64_t number)
{
    size_t count = map_count(f->entries);
    snapshot_t *s = snapshot_new(number, count, count + 1);
    void *entry;
    if (f->folder_fault) {
        snapshot_add_fault(s,
                           &(catalogue_fault_t){str_of(f->folder), STR(""), true, f->folder_fault});
    }
    for (size_t at = 0; map_next(f->entries, &at, NULL, &entry);) {
        const entry_t *e = entry;
        if (e->connector) {
            snapshot_add(s, e->connector);
        }
        if (e->diagnostics) {
            snapshot_add_fault(s, &(catalogue_fault_t){str_of(e->path), e->id, e->connector != NULL,
                                                       e->diagnostics});
        }
    }
    snapshot_seal(s);
    return s;
}

/* --- a file's text --- */

static const entry_t *entry_with_id(const files_t *f, str_t id)
{
    void *entry;
    for (size_t at = 0; map_next(f->entries, &at, NULL, &entry);) {
        if (str_eq(((const entry_t *)entry)->id, id)) {
            return entry;
        }
    }
    return NULL;
}

char *files_read_text(const files_t *f, str_t id, size_t *length, err_t *err)
{
    const entry_t *e = entry_with_id(f, id);
    if (!e) {
        (void)err_set(err, ERR_not_found, "there is no connector `%.*s`", STR_ARG(id));
        return NULL;
    }
    diagnostics_t d;
    file_text_t text;
    arena_t *arena = arena_new(0);
    diagnostics_init(&d, arena);
    if (!definition_read_file(e->path, &f->options, &d, &text)) {
        (void)err_set(err, ERR_not_found, "%s: %s", e->name, d.list[0].text);
    }
    arena_free(arena);
    *length = text.n;
    return text.p;
}
