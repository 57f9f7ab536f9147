/* SPDX-License-Identifier: MIT */
/* `tenon backup`: the host makes the copy and lays it into the data folder; it is taken from there
 * to its place. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/files.h"
#include "app/output.h"
#include "app/talk.h"
#include "codec/json.h"

static bool fail_errno(err_t *err, const char *path)
{
    return err_set(err, ERR_configuration, "%s: %s", path, strerrordesc_np(errno));
}

/* --- into a file, under another name first --- */

static bool copy_into(int from, const char *draft, err_t *err)
{
    (void)unlink(draft);
    int to = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (to < 0) {
        return fail_errno(err, draft);
    }
    bool ok =
        (fchmod(to, 0600) == 0 && file_copy(from, to) && fsync(to) == 0) || fail_errno(err, draft);
    close(to);
    return ok;
}

static bool put_in_place(arena_t *arena, const char *draft, const char *path, err_t *err)
{
    if (rename(draft, path) < 0) {
        return fail_errno(err, path);
    }
    const char *end = strrchr(path, '/');
    const char *folder = end ? arena_printf(arena, "%.*s", (int)(end - path + 1), path).p : ".";
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = (fd >= 0 && fsync(fd) == 0) || fail_errno(err, folder);
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

static bool write_file(arena_t *arena, int from, const char *path, err_t *err)
{
    const char *draft = arena_printf(arena, "%s.part", path).p;
    bool ok = copy_into(from, draft, err) && put_in_place(arena, draft, path, err);
    if (!ok) {
        (void)unlink(draft);
    }
    return ok;
}

/* --- from the host --- */

static bool take(run_t *r, const json_t *made, const char *to, err_t *err)
{
    const char *path = arena_printf(r->arena, "%.*s/%.*s", STR_ARG(r->config->data),
                                    STR_ARG(json_member(made, "file")))
                           .p;
    int from = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (from < 0) {
        return fail_errno(err, path);
    }
    bool ok = strcmp(to, "-") == 0 ? file_copy(from, STDOUT_FILENO) || fail_errno(err, "-")
                                   : write_file(r->arena, from, to, err);
    close(from);
    (void)unlink(path);
    return ok;
}

static void print_made(const run_t *r, json_t *made, str_t to)
{
    if (str_is(to, "-")) {
        return;
    }
    json_object_set_new(made, "file", json_str(to));
    if (r->json) {
        print_json(made);
    } else {
        printf(
            "%.*s: %lld bytes. It holds the data keys, wrapped, but not the master key: keep that "
            "elsewhere, both are needed to restore\n",
            STR_ARG(to), (long long)json_integer_value(json_object_get(made, "bytes")));
    }
}

static int backup(run_t *r, client_t *c, err_t *err)
{
    str_t to = r->args->words[0];
    json_t *made = NULL;
    if (r->config->url.p) {
        (void)err_set(err, ERR_usage, "a backup is made on the host's own machine, without --url");
        return EXIT_USAGE;
    }
    if (client_ask(c, "POST", STR("/v1/backups"), NULL, &made, err) &&
        take(r, made, arena_str(r->arena, to).p, err)) {
        print_made(r, made, to);
    }
    json_decref(made);
    return EXIT_OK;
}

static const usage_t USAGES[] = {{.words = "FILE [--json]", .least = 1, .most = 1, .talk = backup}};
static const flag_t FLAGS[] = {FLAG_JSON};
static const example_t EXAMPLES[] = {
    {"backup /var/backups/tenon-2026-11-29", "of the store on ./data, with a host or without"},
    {"backup - | ssh elsewhere 'cat > tenon.backup'", "to standard output"},
};

const command_t COMMAND_BACKUP = {
    .name = "backup",
    .group = GROUP_HOST,
    .summary = "Copies the store into one file, beside a running host",
    .detail =
        "Connections, keys, tokens and the audit trail as they are at one moment; what is sealed "
        "stays sealed. Of the definitions and the configuration nothing is in it. The file is "
        "vouched for by the master key, which is not in it.",
    USAGES_OF(USAGES),
    FLAGS_OF(FLAGS),
    EXAMPLES_OF(EXAMPLES),
    .shows = SHOWS_HOST,
};
