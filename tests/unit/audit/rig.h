/* SPDX-License-Identifier: MIT */
/* A trail over a store of its own, told of steps. */
#ifndef TENON_TESTS_UNIT_AUDIT_RIG_H
#define TENON_TESTS_UNIT_AUDIT_RIG_H

#include "store/scratch.h"

#include "audit/list.h"
#include "audit/trail.h"
#include "audit/verify.h"
#include "base/log.h"
#include "codec/json.h"
#include "seal/hash.h"
#include "store/store_backend.h"

#ifndef RIG_HAS_FAULTS /* nobody pulls the plug here */
int fsync(int fd)
{
    (void)fd;
    return 0;
}

int fdatasync(int fd)
{
    (void)fd;
    return 0;
}
#endif

typedef struct rig {
    scratch_t scratch;
    char folder[128]; /* of the trail */
    secret_t *master;
    keyring_t *keyring; /* stays, as the store's would */
    const store_backend_t *backend; /* NULL: SQLite itself */
    store_t *store;
    trail_t trail;
    int64_t bytes_max, keep_ms;
} rig_t;

static const actor_t TESTER = {.kind = ACTOR_KEY, .key = "tester"};

static inline void rig_init(rig_t *r)
{
    keyring_entry_t entry;
    err_t err = ERR_INIT;
    memset(r, 0, sizeof *r);
    log_configure(LOG_ERROR + 1, false);
    scratch_init(&r->scratch);
    snprintf(r->folder, sizeof r->folder, "%s/audit", r->scratch.root);
    r->master = secret_new(STR("0123456789abcdef0123456789abcdef"));
    r->keyring = keyring_open(r->master, NULL, 0, &err);
    assert_non_null(r->keyring);
    keyring_add(r->keyring, 1, &entry);
    r->bytes_max = 1 << 20;
}

static inline bool rig_try_open(rig_t *r)
{
    err_t err = ERR_INIT;
    r->store =
        store_open_with(r->backend ? r->backend : &store_sqlite, r->scratch.folder, &err);
    if (!r->store) {
        return false;
    }
    const trail_options_t options = {.store = r->store,
                                     .keyring = r->keyring,
                                     .folder = r->folder,
                                     .keep_ms = r->keep_ms,
                                     .bytes_max = r->bytes_max};
    if (!trail_open(&r->trail, &options, &err)) {
        store_close(r->store);
        return false;
    }
    return true;
}

static inline void rig_open(rig_t *r)
{
    assert_true(rig_try_open(r));
}

static inline void rig_close(rig_t *r)
{
    trail_close(&r->trail);
    store_close(r->store);
}

static inline void rig_fini(rig_t *r)
{
    keyring_free(r->keyring);
    secret_unref(r->master);
    scratch_fini(&r->scratch);
}

static inline str_t rig_entry(arena_t *arena, audit_what_t what, const char *id, const char *object)
{
    buf_t text;
    buf_init(&text, ENTRY_MAX);
    entry_write(&(audit_entry_t){.what = what, .actor = &TESTER, .object = str_of(object)},
                str_of(id), 1790000000000, &text);
    str_t kept = arena_str(arena, buf_view(&text));
    buf_fini(&text);
    return kept;
}

/* A change and its line, in one transaction; whether it was committed. */
static inline bool rig_change(rig_t *r, const char *name)
{
    arena_t *arena = arena_new(0);
    answer_t a = {.count = 0};
    store_change_t changes[2] = {change_put("thing", name, 1, "{}")};
    trail_wait(r->keyring, arena, str_of(name), rig_entry(arena, AUDIT_KEY_CREATED, name, name),
               &changes[1]);
    store_write_now(r->store, changes, 2, answer_keep, &a);
    bool ok = a.ok;
    answer_fini(&a);
    arena_free(arena);
    return ok;
}

static inline bool rig_append(rig_t *r, const char *name)
{
    arena_t *arena = arena_new(0);
    err_t err = ERR_INIT;
    str_t entry = rig_entry(arena, AUDIT_TOKEN_READ, name, name);
    bool ok = trail_append(&r->trail, &entry, 1, &err);
    arena_free(arena);
    return ok;
}

static inline bool rig_move(rig_t *r)
{
    err_t err = ERR_INIT;
    return trail_move(&r->trail, &err);
}

/* `count` changes, moved. */
static inline void rig_write(rig_t *r, const char *prefix, int count)
{
    for (int i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s%03d", prefix, i);
        assert_true(rig_change(r, name));
    }
    assert_true(rig_move(r));
}

static inline json_t *rig_lines(rig_t *r, audit_query_t query)
{
    err_t err = ERR_INIT;
    query.limit = query.limit ? query.limit : 1000;
    assert_true(segments_look(&r->trail.segments, &err));
    return trail_list(&r->trail, &query);
}

static inline json_t *rig_verify(rig_t *r)
{
    err_t err = ERR_INIT;
    assert_true(segments_look(&r->trail.segments, &err));
    return trail_verify(&r->trail);
}

static inline void rig_assert_well(rig_t *r)
{
    json_t *report = rig_verify(r);
    if (!json_is_true(json_object_get(report, "ok"))) {
        char *text = json_dumps(report, 0);
        print_error("%s\n", text);
        free(text);
        fail();
    }
    json_decref(report);
}

/* The path of the i-th file. */
static inline const char *rig_file(rig_t *r, size_t i)
{
    static char path[256];
    err_t err = ERR_INIT;
    assert_true(segments_look(&r->trail.segments, &err));
    assert_true(i < r->trail.segments.count);
    snprintf(path, sizeof path, "%s/%s", r->folder, r->trail.segments.list[i].name);
    return path;
}

#endif
