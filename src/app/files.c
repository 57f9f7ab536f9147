/* SPDX-License-Identifier: MIT */
#include "app/files.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PIECE = 4096 };

static bool fail_errno(err_t *err, const char *path)
{
    return err_set(err, ERR_configuration, "%s: %s", path, strerrordesc_np(errno));
}

/* True at the end; false with errno, or with errno 0 where the buffer is full. */
static bool read_to_end(int fd, buf_t *to)
{
    for (;;) {
        if (!buf_reserve(to, 1)) {
            errno = 0;
            return false;
        }
        size_t room = to->capacity - to->n - 1;
        ssize_t n = read(fd, to->p + to->n, room < PIECE ? room : PIECE);
        if (n == 0) {
            return true;
        }
        if (n < 0 && errno != EINTR) {
            return false;
        }
        to->n += n > 0 ? (size_t)n : 0;
    }
}

bool file_read(const char *path, buf_t *to, err_t *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        return fail_errno(err, path);
    }
    bool ok = read_to_end(fd, to);
    int why = errno;
    close(fd);
    errno = why;
    if (!ok && errno == 0) {
        return err_set(err, ERR_configuration, "%s is larger than %zu bytes", path, to->ceiling);
    }
    return ok || fail_errno(err, path);
}

bool stdin_read(buf_t *to, err_t *err)
{
    return read_to_end(STDIN_FILENO, to) ||
           err_set(err, ERR_usage, "standard input cannot be read, or is too long");
}

const char *socket_path_in(arena_t *arena, str_t folder, const char *name)
{
    const char *path = arena_printf(arena, "%.*s/%s", STR_ARG(folder), name).p;
    if (strlen(path) < sizeof((struct sockaddr_un *)0)->sun_path) {
        return path;
    }
    int fd = open(arena_str(arena, folder).p, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? path : arena_printf(arena, "/proc/self/fd/%d/%s", fd, name).p;
}

/* --- programs --- */

static bool start(const char *path, int out, pid_t *pid)
{
    extern char **environ;
    char *const argv[] = {(char *)(uintptr_t)path, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attributes, &none);
    errno = posix_spawnp(pid, path, &actions, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return errno == 0;
}

bool program_read(const char *path, buf_t *to, err_t *err)
{
    int ends[2];
    pid_t pid;
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return fail_errno(err, path);
    }
    bool started = start(path, ends[1], &pid);
    int why = errno;
    close(ends[1]);
    bool read_all = started && read_to_end(ends[0], to);
    close(ends[0]);
    int status = 0;
    while (started && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    errno = why;
    if (!started) {
        return fail_errno(err, path);
    }
    return (read_all && WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
           err_set(err, ERR_configuration, "%s ended without success", path);
}
