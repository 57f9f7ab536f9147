/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "codec/json.h"
#include "definition/catalogue/catalogue.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

enum { DEADLINE_MS = 20000 };

/* Stands before the system's own, so that a test can do without. */
static bool no_inotify;
int inotify_init1(int flags)
{
    if (no_inotify) {
        errno = EMFILE;
        return -1;
    }
    return (int)syscall(SYS_inotify_init1, flags);
}

/* --- a folder of definitions --- */

typedef struct fixture {
    char root[64];    /* holds the folder and whatever else a test needs */
    char folder[100]; /* root/connectors */
    catalogue_t *catalogue;
    loop_t *loop;
    snapshot_t *snapshot; /* the last that was told */
    unsigned told;
} fixture_t;

static void path_of(const fixture_t *f, const char *name, char to[240])
{
    (void)snprintf(to, 240, "%s/%s", f->folder, name);
}

static void definition_text(const char *id, const char *version, char to[512])
{
    (void)snprintf(to, 512,
                   "tenon: 1\nid: %s\ntitle: T\ndescription: D\nversion: %s\n"
                   "hosts: [api.example.com]\nbase_url: https://api.example.com\n"
                   "actions:\n  Get: {summary: S, method: GET, path: /x}\n",
                   id, version);
}

static void write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

/* As `cp` does it. */
static void save_raw(const fixture_t *f, const char *name, const char *text)
{
    char path[240];
    path_of(f, name, path);
    write_text(path, text);
}

static void save(const fixture_t *f, const char *id, const char *version)
{
    char text[512];
    char name[80];
    definition_text(id, version, text);
    (void)snprintf(name, sizeof name, "%s.yaml", id);
    save_raw(f, name, text);
}

/* As careful editors do it. */
static void save_by_rename(const fixture_t *f, const char *id, const char *version)
{
    char text[512];
    char from[240];
    char name[80];
    char to[240];
    definition_text(id, version, text);
    save_raw(f, "new.tmp", text);
    path_of(f, "new.tmp", from);
    (void)snprintf(name, sizeof name, "%s.yaml", id);
    path_of(f, name, to);
    assert_int_equal(rename(from, to), 0);
}

static void remove_name(const fixture_t *f, const char *name)
{
    char path[240];
    path_of(f, name, path);
    assert_int_equal(unlink(path), 0);
}

static void change_mode(const fixture_t *f, const char *name, mode_t mode)
{
    char path[240];
    path_of(f, name, path);
    assert_int_equal(chmod(path, mode), 0);
}

static void remove_tree(const char *path)
{
    DIR *folder = opendir(path);
    if (!folder) {
        (void)unlink(path);
        return;
    }
    for (struct dirent *found; (found = readdir(folder));) {
        if (strcmp(found->d_name, ".") != 0 && strcmp(found->d_name, "..") != 0) {
            char below[600];
            struct stat status;
            (void)snprintf(below, sizeof below, "%s/%s", path, found->d_name);
            if (lstat(below, &status) == 0 && S_ISDIR(status.st_mode)) {
                remove_tree(below);
            } else {
                (void)unlink(below);
            }
        }
    }
    closedir(folder);
    (void)rmdir(path);
}

static int set_up(void **state)
{
    fixture_t *f = calloc(1, sizeof *f);
    assert_non_null(f);
    strcpy(f->root, "/tmp/catalogue_test.XXXXXX");
    assert_non_null(mkdtemp(f->root));
    (void)snprintf(f->folder, sizeof f->folder, "%s/connectors", f->root);
    assert_int_equal(mkdir(f->folder, 0700), 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture_t *f = *state;
    catalogue_close(f->catalogue);
    if (f->loop) {
        loop_turn(f->loop, 0); /* what was still told */
        loop_free(f->loop);
    }
    snapshot_unref(f->snapshot);
    remove_tree(f->root);
    free(f);
    return 0;
}

/* --- following changes --- */

static void on_change(void *context, snapshot_t *snapshot)
{
    fixture_t *f = context;
    assert_true(snapshot_number(snapshot) >= snapshot_number(f->snapshot));
    snapshot_unref(f->snapshot);
    f->snapshot = snapshot;
    f->told++;
}

static void open_catalogue(fixture_t *f)
{
    err_t err = ERR_INIT;
    f->catalogue = catalogue_open(f->folder, &(load_options_t){0}, &err);
    if (!f->catalogue) {
        fail_msg("%s", err.text);
    }
    f->loop = loop_new();
    f->snapshot = catalogue_snapshot(f->catalogue);
    catalogue_listen(f->catalogue, f->loop, on_change, f);
}

static str_t version_of(const fixture_t *f, const char *id)
{
    const connector_t *c = snapshot_connector(f->snapshot, str_of(id));
    return c ? c->version : STR_NONE;
}

static const catalogue_fault_t *fault_of(const snapshot_t *s, const char *id)
{
    for (size_t i = 0; i < snapshot_fault_count(s); i++) {
        if (str_is(snapshot_fault_at(s, i)->id, id)) {
            return snapshot_fault_at(s, i);
        }
    }
    return NULL;
}

static str_t fault_code(const snapshot_t *s, const char *id)
{
    const catalogue_fault_t *fault = fault_of(s, id);
    return fault ? json_member(json_array_get(fault->diagnostics, 0), "code") : STR_NONE;
}

static bool turn_until(fixture_t *f, int64_t deadline_ms)
{
    int64_t left_ms = deadline_ms - clock_boot_ms();
    if (left_ms <= 0) {
        return false;
    }
    loop_turn(f->loop, (int)left_ms);
    return true;
}

/* version NULL: gone. */
static void wait_for_version(fixture_t *f, const char *id, const char *version)
{
    int64_t deadline_ms = clock_boot_ms() + DEADLINE_MS;
    while (!str_is(version_of(f, id), version) || (!version && version_of(f, id).p)) {
        if (!turn_until(f, deadline_ms)) {
            fail_msg("%s did not become %s", id, version ? version : "gone");
        }
    }
}

/* code NULL: none. */
static void wait_for_fault(fixture_t *f, const char *id, const char *code)
{
    int64_t deadline_ms = clock_boot_ms() + DEADLINE_MS;
    while (!str_is(fault_code(f->snapshot, id), code) ||
           (!code && fault_of(f->snapshot, id) != NULL)) {
        if (!turn_until(f, deadline_ms)) {
            fail_msg("%s did not get the fault %s", id, code ? code : "none");
        }
    }
}

static void pause_ms(long ms)
{
    struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

/* --- opening --- */

static void test_what_is_read(void **state)
{
    fixture_t *f = *state;
    char path[240];
    char target[240];
    save(f, "zeta", "1.0.0");
    save(f, "alpha", "1.0.0");
    const char *const unread[] = {".alpha.yaml", "_alpha.yaml", "alpha.yaml~",   "alpha.yaml.tmp",
                                  "a.yaml.swp",  "alpha.yml",   "alpha.YAML",    "README.md",
                                  "alpha",       ".yaml",       "alpha.yaml.bak"};
    for (size_t i = 0; i < COUNT(unread); i++) {
        save_raw(f, unread[i], "not: a definition\n");
    }
    /* a link to a regular file is as good as the file */
    char text[512];
    definition_text("linked", "2.0.0", text);
    (void)snprintf(target, sizeof target, "%s/elsewhere", f->root);
    write_text(target, text);
    path_of(f, "linked.yaml", path);
    assert_int_equal(symlink(target, path), 0);
    open_catalogue(f);
    assert_int_equal(snapshot_count(f->snapshot), 3);
    assert_int_equal(snapshot_fault_count(f->snapshot), 0);
    assert_true(str_is(snapshot_at(f->snapshot, 0)->id, "alpha"));
    assert_true(str_is(snapshot_at(f->snapshot, 1)->id, "linked"));
    assert_true(str_is(snapshot_at(f->snapshot, 2)->id, "zeta"));
    assert_true(str_is(version_of(f, "linked"), "2.0.0"));
    assert_null(snapshot_connector(f->snapshot, STR("_alpha")));
    path_of(f, "zeta.yaml", path);
    assert_true(str_is(snapshot_at(f->snapshot, 2)->file, path));
}

/* Nothing of this may block or keep the others out of service. */
static void test_what_is_no_definition(void **state)
{
    fixture_t *f = *state;
    char path[240];
    save(f, "good", "1.0.0");
    path_of(f, "fifo.yaml", path);
    assert_int_equal(mkfifo(path, 0600), 0);
    path_of(f, "folder.yaml", path);
    assert_int_equal(mkdir(path, 0700), 0);
    path_of(f, "zero.yaml", path);
    assert_int_equal(symlink("/dev/zero", path), 0);
    path_of(f, "nowhere.yaml", path);
    assert_int_equal(symlink("no-such-file", path), 0);
    save(f, "unreadable", "1.0.0");
    change_mode(f, "unreadable.yaml", 0);
    save(f, "open", "1.0.0");
    change_mode(f, "open.yaml", 0666);
    save(f, "shared", "1.0.0");
    change_mode(f, "shared.yaml", 0660); /* the process's own group: fine */
    save_raw(f, "other-id.yaml", "tenon: 1\n");
    save_raw(f, "empty.yaml", "");
    open_catalogue(f);
    const struct {
        const char *id;
        const char *code;
    } rows[] = {
        {"fifo", "definition_not_regular_file"},
        {"folder", "definition_not_regular_file"},
        {"zero", "definition_not_regular_file"},
        {"nowhere", "definition_unreadable"},
        {"open", "definition_writable_by_others"},
        {"other-id", "definition_missing_key"},
        {"empty", "definition_empty"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (!str_is(fault_code(f->snapshot, rows[i].id), rows[i].code)) {
            fail_msg("%s: got %.*s", rows[i].id, STR_ARG(fault_code(f->snapshot, rows[i].id)));
        }
        const catalogue_fault_t *fault = fault_of(f->snapshot, rows[i].id);
        assert_false(fault->serving_previous);
        assert_true(str_starts(fault->file, str_of(f->folder)));
    }
    assert_true(str_is(version_of(f, "good"), "1.0.0"));
    assert_true(str_is(version_of(f, "shared"), "1.0.0"));
    if (geteuid() != 0) {
        assert_true(str_is(fault_code(f->snapshot, "unreadable"), "definition_unreadable"));
    }
    /* in the order of the files */
    for (size_t i = 1; i < snapshot_fault_count(f->snapshot); i++) {
        assert_true(str_compare(snapshot_fault_at(f->snapshot, i - 1)->file,
                                snapshot_fault_at(f->snapshot, i)->file) < 0);
    }
}

static void test_size_limit(void **state)
{
    fixture_t *f = *state;
    err_t err = ERR_INIT;
    save(f, "small", "1.0.0");
    char text[512];
    definition_text("large", "1.0.0", text);
    char padded[1200];
    (void)snprintf(padded, sizeof padded, "%s#%600s\n", text, "");
    save_raw(f, "large.yaml", padded);
    snapshot_t *s = catalogue_load_once(f->folder, &(load_options_t){.file_bytes_max = 500}, &err);
    assert_non_null(s);
    assert_int_equal(snapshot_count(s), 1);
    assert_true(str_is(fault_code(s, "large"), "definition_too_large"));
    snapshot_unref(s);
}

static void test_folders_that_are_refused(void **state)
{
    fixture_t *f = *state;
    char path[240];
    (void)snprintf(path, sizeof path, "%s/none", f->root);
    err_t err = ERR_INIT;
    assert_null(catalogue_open(path, NULL, &err));
    assert_int_equal(err.code, ERR_definition_unreadable);
    err = ERR_INIT;
    write_text(path, "");
    assert_null(catalogue_open(path, NULL, &err));
    assert_int_equal(err.code, ERR_definition_unreadable);
    err = ERR_INIT;
    assert_int_equal(chmod(f->folder, 0777), 0);
    assert_null(catalogue_open(f->folder, NULL, &err));
    assert_int_equal(err.code, ERR_definition_writable_by_others);
    err = ERR_INIT;
    assert_null(catalogue_load_once(f->folder, NULL, &err));
    assert_int_equal(err.code, ERR_definition_writable_by_others);
}

static void test_load_file(void **state)
{
    fixture_t *f = *state;
    char path[240];
    char expected[512];
    save(f, "alpha", "1.0.0");
    definition_text("alpha", "1.0.0", expected);
    path_of(f, "alpha.yaml", path);
    arena_t *arena = arena_new(0);
    diagnostics_t d;
    diagnostics_init(&d, arena);
    char *text = NULL;
    size_t length = 0;
    connector_t *c = definition_load_file(path, NULL, &d, &text, &length);
    assert_non_null(c);
    assert_string_equal(text, expected);
    assert_int_equal(length, strlen(expected));
    free(text);
    connector_unref(c);
    c = definition_load_file(path, NULL, &d, NULL, NULL);
    assert_non_null(c);
    connector_unref(c);
    path_of(f, "none.yaml", path);
    assert_null(definition_load_file(path, NULL, &d, &text, &length));
    assert_null(text);
    assert_int_equal(d.errors, 1);
    assert_int_equal(d.list[0].code, ERR_definition_unreadable);
    assert_int_equal(d.list[0].line, 1);
    arena_free(arena);
}

/* --- changing --- */

static void test_a_file_comes_changes_and_goes(void **state)
{
    fixture_t *f = *state;
    save(f, "stays", "1.0.0");
    open_catalogue(f);
    const connector_t *stays = snapshot_connector(f->snapshot, STR("stays"));
    uint64_t number = snapshot_number(f->snapshot);
    save(f, "alpha", "1.0.0");
    wait_for_version(f, "alpha", "1.0.0");
    assert_true(snapshot_number(f->snapshot) > number);
    save(f, "alpha", "1.1.0");
    wait_for_version(f, "alpha", "1.1.0");
    save_by_rename(f, "alpha", "1.2.0");
    wait_for_version(f, "alpha", "1.2.0");
    remove_name(f, "alpha.yaml");
    wait_for_version(f, "alpha", NULL);
    /* what did not change is the same object all the time */
    assert_ptr_equal(snapshot_connector(f->snapshot, STR("stays")), stays);
    assert_int_equal(snapshot_count(f->snapshot), 1);
}

static void test_a_broken_file_keeps_its_previous_version(void **state)
{
    fixture_t *f = *state;
    save(f, "alpha", "1.0.0");
    open_catalogue(f);
    const connector_t *before = snapshot_connector(f->snapshot, STR("alpha"));
    save_raw(f, "alpha.yaml", "tenon: 1\nid: alpha\n");
    wait_for_fault(f, "alpha", "definition_missing_key");
    assert_true(fault_of(f->snapshot, "alpha")->serving_previous);
    assert_ptr_equal(snapshot_connector(f->snapshot, STR("alpha")), before);
    save_raw(f, "alpha.yaml", "a: [\n");
    wait_for_fault(f, "alpha", "definition_parse_error");
    assert_ptr_equal(snapshot_connector(f->snapshot, STR("alpha")), before);
    /* the old text again: the old connector, without a fault */
    save(f, "alpha", "1.0.0");
    wait_for_fault(f, "alpha", NULL);
    assert_ptr_equal(snapshot_connector(f->snapshot, STR("alpha")), before);
    save_raw(f, "alpha.yaml", "a: [\n");
    wait_for_fault(f, "alpha", "definition_parse_error");
    remove_name(f, "alpha.yaml");
    wait_for_version(f, "alpha", NULL);
    assert_int_equal(snapshot_fault_count(f->snapshot), 0);
}

static void test_permissions_change(void **state)
{
    fixture_t *f = *state;
    save(f, "alpha", "1.0.0");
    open_catalogue(f);
    const connector_t *before = snapshot_connector(f->snapshot, STR("alpha"));
    change_mode(f, "alpha.yaml", 0602);
    wait_for_fault(f, "alpha", "definition_writable_by_others");
    assert_ptr_equal(snapshot_connector(f->snapshot, STR("alpha")), before);
    change_mode(f, "alpha.yaml", 0600);
    wait_for_fault(f, "alpha", NULL);
    assert_ptr_equal(snapshot_connector(f->snapshot, STR("alpha")), before);
    assert_int_equal(chmod(f->folder, 0777), 0);
    wait_for_fault(f, "", "definition_writable_by_others");
    assert_true(str_is(fault_of(f->snapshot, "")->file, f->folder));
    save(f, "alpha", "2.0.0"); /* not looked at */
    assert_int_equal(chmod(f->folder, 0700), 0);
    wait_for_version(f, "alpha", "2.0.0");
    assert_null(fault_of(f->snapshot, ""));
}

/* A writer that pauses: its first half would be a definition, too. */
static void test_half_a_file_is_never_loaded(void **state)
{
    fixture_t *f = *state;
    char path[240];
    char half[512];
    save(f, "alpha", "1.0.0");
    open_catalogue(f);
    path_of(f, "alpha.yaml", path);
    definition_text("alpha", "2.0.0", half);
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_true(fd >= 0);
    pause_ms(60);
    assert_int_equal(write(fd, half, strlen(half)), strlen(half));
    pause_ms(60);
    catalogue_reload(f->catalogue, NULL, NULL); /* not even on demand */
    pause_ms(60);
    const char *rest = "  Other: {summary: S, method: GET, path: /y}\n";
    assert_int_equal(write(fd, rest, strlen(rest)), strlen(rest));
    close(fd);
    wait_for_version(f, "alpha", "2.0.0");
    const connector_t *c = snapshot_connector(f->snapshot, STR("alpha"));
    assert_non_null(connector_action(c, STR("Other")));
    assert_int_equal(f->told, 1);
}

/* Renamed away, then written anew: the connector is never out of service. */
static void test_an_editor_with_a_backup(void **state)
{
    fixture_t *f = *state;
    char path[240];
    char backup[240];
    save(f, "alpha", "1.0.0");
    open_catalogue(f);
    path_of(f, "alpha.yaml", path);
    path_of(f, "alpha.yaml~", backup);
    assert_int_equal(rename(path, backup), 0);
    save(f, "alpha", "1.1.0");
    int64_t deadline_ms = clock_boot_ms() + DEADLINE_MS;
    while (!str_is(version_of(f, "alpha"), "1.1.0")) {
        assert_true(version_of(f, "alpha").p);
        assert_true(turn_until(f, deadline_ms));
    }
}

static void test_the_folder_is_replaced(void **state)
{
    fixture_t *f = *state;
    char old[240];
    char next[100];
    save(f, "same", "1.0.0");
    save(f, "alpha", "1.0.0");
    save(f, "leaves", "1.0.0");
    open_catalogue(f);
    const connector_t *same = snapshot_connector(f->snapshot, STR("same"));
    (void)snprintf(next, sizeof next, "%s", f->folder);
    (void)snprintf(f->folder, sizeof f->folder, "%s/next", f->root);
    assert_int_equal(mkdir(f->folder, 0700), 0);
    save(f, "same", "1.0.0");
    save(f, "alpha", "2.0.0");
    save(f, "comes", "1.0.0");
    (void)snprintf(old, sizeof old, "%s/old", f->root);
    assert_int_equal(rename(next, old), 0);
    assert_int_equal(rename(f->folder, next), 0);
    strcpy(f->folder, next);
    wait_for_version(f, "comes", "1.0.0");
    wait_for_version(f, "alpha", "2.0.0");
    wait_for_version(f, "leaves", NULL);
    assert_ptr_equal(snapshot_connector(f->snapshot, STR("same")), same);
    /* and the new one is watched */
    save(f, "alpha", "3.0.0");
    wait_for_version(f, "alpha", "3.0.0");
}

/* A folder that is away takes no connector out of service. */
static void test_the_folder_is_away(void **state)
{
    fixture_t *f = *state;
    char away[240];
    save(f, "alpha", "1.0.0");
    open_catalogue(f);
    (void)snprintf(away, sizeof away, "%s/away", f->root);
    assert_int_equal(rename(f->folder, away), 0);
    wait_for_fault(f, "", "definition_unreadable");
    assert_true(str_is(version_of(f, "alpha"), "1.0.0"));
    assert_int_equal(rename(away, f->folder), 0);
    wait_for_fault(f, "", NULL);
    save(f, "alpha", "2.0.0");
    wait_for_version(f, "alpha", "2.0.0");
}

/* As Kubernetes mounts a ConfigMap: links through a link that is replaced. */
static void test_links_through_a_link(void **state)
{
    fixture_t *f = *state;
    char folder[80];
    char path[240];
    char data[240];
    char next[240];
    (void)snprintf(folder, sizeof folder, "%s/connectors", f->root);
    for (int i = 1; i <= 2; i++) {
        (void)snprintf(f->folder, sizeof f->folder, "%s/..%d", folder, i);
        assert_int_equal(mkdir(f->folder, 0700), 0);
        save(f, "alpha", i == 1 ? "1.0.0" : "2.0.0");
        strcpy(f->folder, folder);
    }
    path_of(f, "..data", data);
    path_of(f, "..next", next);
    path_of(f, "alpha.yaml", path);
    assert_int_equal(symlink("..1", data), 0);
    assert_int_equal(symlink("..data/alpha.yaml", path), 0);
    open_catalogue(f);
    assert_true(str_is(version_of(f, "alpha"), "1.0.0"));
    assert_int_equal(symlink("..2", next), 0);
    assert_int_equal(rename(next, data), 0);
    wait_for_version(f, "alpha", "2.0.0");
    /* a link's own target, written where nobody watches */
    (void)snprintf(f->folder, sizeof f->folder, "%s/..2", folder);
    save(f, "alpha", "3.0.0");
    strcpy(f->folder, folder);
    wait_for_version(f, "alpha", "3.0.0");
}

static void test_reload_of_nothing_tells_nothing(void **state)
{
    fixture_t *f = *state;
    save(f, "alpha", "1.0.0");
    save(f, "beta", "1.0.0");
    open_catalogue(f);
    uint64_t number = snapshot_number(f->snapshot);
    const connector_t *alpha = snapshot_connector(f->snapshot, STR("alpha"));
    catalogue_reload(f->catalogue, NULL, NULL);
    catalogue_reload(f->catalogue, NULL, NULL);
    pause_ms(50);
    save(f, "alpha", "1.0.0"); /* the same bytes */
    pause_ms(50);
    save(f, "beta", "2.0.0");
    wait_for_version(f, "beta", "2.0.0");
    assert_int_equal(snapshot_number(f->snapshot), number + 1);
    assert_ptr_equal(snapshot_connector(f->snapshot, STR("alpha")), alpha);
}

/* What a catalogue serves in the moment when it says that a reload is through. */
typedef struct loaded {
    catalogue_t *catalogue;
    char version[16]; /* of alpha */
    atomic_int times;
} loaded_t;

static void on_loaded(void *context)
{
    loaded_t *l = context;
    snapshot_t *s = catalogue_snapshot(l->catalogue);
    const connector_t *alpha = snapshot_connector(s, STR("alpha"));
    (void)snprintf(l->version, sizeof l->version, "%.*s",
                   STR_ARG(alpha ? alpha->version : STR("none")));
    snapshot_unref(s);
    atomic_fetch_add(&l->times, 1);
}

static void test_a_reload_says_when_it_is_through(void **state)
{
    fixture_t *f = *state;
    static const char *const versions[] = {"1.1.0", "1.2.0", "1.2.0", "1.3.0"};
    save(f, "alpha", "1.0.0");
    open_catalogue(f);
    loaded_t l = {.catalogue = f->catalogue};
    for (int i = 0; i < 4; i++) {
        save(f, "alpha", versions[i]);
        catalogue_reload(f->catalogue, on_loaded, &l);
        int64_t deadline_ms = clock_boot_ms() + DEADLINE_MS;
        while (atomic_load(&l.times) == i && clock_boot_ms() < deadline_ms) {
            pause_ms(2);
        }
        assert_int_equal(atomic_load(&l.times), i + 1);
        assert_string_equal(l.version, versions[i]);
    }
    save(f, "alpha", "2.0.0"); /* a change that nobody asked about */
    wait_for_version(f, "alpha", "2.0.0");
    assert_int_equal(atomic_load(&l.times), 4);
}

static void test_without_inotify(void **state)
{
    fixture_t *f = *state;
    save(f, "alpha", "1.0.0");
    no_inotify = true;
    open_catalogue(f);
    no_inotify = false;
    save(f, "alpha", "2.0.0");
    wait_for_version(f, "alpha", "2.0.0");
    save(f, "alpha", "3.0.0");
    catalogue_reload(f->catalogue, NULL, NULL);
    wait_for_version(f, "alpha", "3.0.0");
    remove_name(f, "alpha.yaml");
    wait_for_version(f, "alpha", NULL);
}

/* --- sharing --- */

static void test_a_snapshot_outlives_its_catalogue(void **state)
{
    fixture_t *f = *state;
    save(f, "alpha", "1.0.0");
    open_catalogue(f);
    snapshot_t *old = snapshot_ref(f->snapshot);
    save(f, "alpha", "2.0.0");
    wait_for_version(f, "alpha", "2.0.0");
    assert_true(str_is(snapshot_connector(old, STR("alpha"))->version, "1.0.0"));
    connector_t *kept = connector_ref(snapshot_connector(old, STR("alpha")));
    snapshot_unref(old);
    catalogue_close(f->catalogue);
    f->catalogue = NULL;
    assert_true(str_is(kept->version, "1.0.0"));
    connector_unref(kept);
}

/* Who comes late is told what it may have missed. */
static void test_a_late_listener(void **state)
{
    fixture_t *f = *state;
    save(f, "alpha", "1.0.0");
    open_catalogue(f);
    snapshot_t *first = snapshot_ref(f->snapshot);
    save(f, "alpha", "2.0.0");
    wait_for_version(f, "alpha", "2.0.0");
    fixture_t late = {.loop = loop_new(), .snapshot = first};
    catalogue_listen(f->catalogue, late.loop, on_change, &late);
    wait_for_version(&late, "alpha", "2.0.0");
    catalogue_close(f->catalogue);
    f->catalogue = NULL;
    loop_turn(late.loop, 0);
    loop_free(late.loop);
    snapshot_unref(late.snapshot);
}

static atomic_bool stop_reading;

static void *read_often(void *context)
{
    fixture_t *f = context;
    while (!atomic_load(&stop_reading)) {
        snapshot_t *s = catalogue_snapshot(f->catalogue);
        const connector_t *c = snapshot_connector(s, STR("alpha"));
        if (!c || c->action_count != 1) {
            return NULL;
        }
        snapshot_unref(s);
    }
    return context;
}

static void test_threads_read_while_files_change(void **state)
{
    fixture_t *f = *state;
    enum { THREADS = 3, CHANGES = 20 };
    pthread_t threads[THREADS];
    save(f, "alpha", "1.0.0");
    open_catalogue(f);
    atomic_store(&stop_reading, false);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, read_often, f), 0);
    }
    for (int i = 0; i < CHANGES; i++) {
        char version[16];
        (void)snprintf(version, sizeof version, "2.%d.0", i);
        (i % 2 ? save : save_by_rename)(f, "alpha", version);
        catalogue_reload(f->catalogue, NULL, NULL);
        wait_for_version(f, "alpha", version);
    }
    atomic_store(&stop_reading, true);
    for (int i = 0; i < THREADS; i++) {
        void *answer = NULL;
        pthread_join(threads[i], &answer);
        assert_ptr_equal(answer, f);
    }
}

/* Many files at once, and how long one takes (printed: no test fails on the clock). */
static void test_many_files(void **state)
{
    fixture_t *f = *state;
    enum { FILES = 300 };
    for (int i = 0; i < FILES; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "c%d", i);
        save(f, id, "1.0.0");
    }
    open_catalogue(f);
    assert_int_equal(snapshot_count(f->snapshot), FILES);
    int64_t from_ms = clock_boot_ms();
    save(f, "c7", "1.1.0");
    wait_for_version(f, "c7", "1.1.0");
    print_message("a saved file was live after %lld ms\n", (long long)(clock_boot_ms() - from_ms));
    for (int i = 0; i < FILES; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "c%d", i);
        save(f, id, "2.0.0");
    }
    for (int i = 0; i < FILES; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "c%d", i);
        wait_for_version(f, id, "2.0.0");
    }
    for (size_t i = 1; i < FILES; i++) {
        assert_true(
            str_compare(snapshot_at(f->snapshot, i - 1)->id, snapshot_at(f->snapshot, i)->id) < 0);
    }
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    log_configure(LOG_ERROR + 1, false); /* the files that fail here are many */
    umask(077);
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(test_what_is_read),
        WITH_FOLDER(test_what_is_no_definition),
        WITH_FOLDER(test_size_limit),
        WITH_FOLDER(test_folders_that_are_refused),
        WITH_FOLDER(test_load_file),
        WITH_FOLDER(test_a_file_comes_changes_and_goes),
        WITH_FOLDER(test_a_broken_file_keeps_its_previous_version),
        WITH_FOLDER(test_permissions_change),
        WITH_FOLDER(test_half_a_file_is_never_loaded),
        WITH_FOLDER(test_an_editor_with_a_backup),
        WITH_FOLDER(test_the_folder_is_replaced),
        WITH_FOLDER(test_the_folder_is_away),
        WITH_FOLDER(test_links_through_a_link),
        WITH_FOLDER(test_reload_of_nothing_tells_nothing),
        WITH_FOLDER(test_a_reload_says_when_it_is_through),
        WITH_FOLDER(test_without_inotify),
        WITH_FOLDER(test_a_snapshot_outlives_its_catalogue),
        WITH_FOLDER(test_a_late_listener),
        WITH_FOLDER(test_threads_read_while_files_change),
        WITH_FOLDER(test_many_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
