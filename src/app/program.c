/* SPDX-License-Identifier: MIT */
#include "app/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/secret.h"

enum { PIECE = 4096, WAIT_MS = 20 };

typedef struct running {
    const program_t *program;
    pid_t pid;
    int to, from; /* its standard input and output; -1: closed */
    size_t written;
    int64_t until_ms;
} running_t;

static bool fail(const program_t *p, err_t *err, const char *what)
{
    return err_set(err, ERR_configuration, "%s %s", p->words[0], what);
}

static bool fail_errno(const program_t *p, err_t *err)
{
    return err_set(err, ERR_configuration, "%s: %s", p->words[0], strerrordesc_np(errno));
}

static void close_end(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

/* --- start --- */

/* In a group of its own, so that its end takes along what it started. */
static void set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(attributes);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &all);
    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                             POSIX_SPAWN_SETPGROUP);
}

static bool spawn(running_t *r, int in, int out)
{
    extern char **environ;
    static char path[] = "PATH=/usr/local/bin:/usr/bin:/bin";
    char *const clean[] = {path, NULL};
    const program_t *p = r->program;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    set_attributes(&attributes);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    errno = posix_spawnp(&r->pid, p->words[0], &actions, &attributes,
                         (char *const *)(uintptr_t)p->words, p->inherits ? environ : clean);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return errno == 0;
}

static bool start(running_t *r, err_t *err)
{
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) < 0) {
        return fail_errno(r->program, err);
    }
    if (pipe2(out, O_CLOEXEC) < 0) {
        close(in[0]);
        close(in[1]);
        return fail_errno(r->program, err);
    }
    r->to = in[1];
    r->from = out[0];
    bool ok = spawn(r, in[0], out[1]) || fail_errno(r->program, err);
    close(in[0]);
    close(out[1]);
    fcntl(r->to, F_SETFL, O_NONBLOCK);
    return ok;
}

/* --- talk --- */

/* A program that does not want it may close its end. */
static void feed(running_t *r)
{
    str_t rest = str_slice(r->program->input, r->written, r->program->input.n);
    ssize_t n = rest.n ? write(r->to, rest.p, rest.n) : 0;
    r->written += n > 0 ? (size_t)n : 0;
    if (n >= 0 ? r->written == r->program->input.n : errno != EAGAIN && errno != EINTR) {
        close_end(&r->to);
    }
}

static bool take(running_t *r, buf_t *output, err_t *err)
{
    char piece[PIECE];
    ssize_t n = read(r->from, piece, sizeof piece);
    if (n == 0 || (n < 0 && errno != EINTR)) {
        close_end(&r->from);
    } else if (n > 0) {
        buf_str(output, str_at(piece, (size_t)n));
    }
    secret_wipe(piece, sizeof piece);
    return buf_ok(output) || fail(r->program, err, "prints too much");
}

static int left_ms(const running_t *r)
{
    int64_t left = r->until_ms - clock_boot_ms();
    return left > 0 ? (int)left : 0;
}

/* Until it closes its output. */
static bool talk(running_t *r, buf_t *output, err_t *err)
{
    while (r->from >= 0) {
        struct pollfd fds[] = {{.fd = r->from, .events = POLLIN}, {.fd = r->to, .events = POLLOUT}};
        if (poll(fds, 2, left_ms(r)) == 0 || left_ms(r) == 0) {
            return fail(r->program, err, "did not end in time");
        }
        if (fds[1].revents) {
            feed(r);
        }
        if (fds[0].revents && !take(r, output, err)) {
            return false;
        }
    }
    close_end(&r->to);
    return true;
}

/* --- end --- */

static bool has_ended(running_t *r, int *status)
{
    pid_t pid;
    while ((pid = waitpid(r->pid, status, WNOHANG)) < 0 && errno == EINTR) {
    }
    return pid != 0;
}

static bool wait_for(running_t *r, err_t *err)
{
    int status = 0;
    while (!has_ended(r, &status)) {
        if (left_ms(r) == 0) {
            return fail(r->program, err, "did not end in time");
        }
        (void)poll(NULL, 0, WAIT_MS);
    }
    r->pid = 0;
    if (WIFSIGNALED(status)) {
        return err_set(err, ERR_configuration, "%s was ended by signal %d", r->program->words[0],
                       WTERMSIG(status));
    }
    return WEXITSTATUS(status) == 0 || err_set(err, ERR_configuration, "%s ended with status %d",
                                               r->program->words[0], WEXITSTATUS(status));
}

static void put_down(running_t *r)
{
    if (r->pid > 0) {
        (void)kill(-r->pid, SIGKILL);
        while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    close_end(&r->to);
    close_end(&r->from);
}

bool program_run(const program_t *p, buf_t *output, err_t *err)
{
    running_t r = {.program = p, .to = -1, .from = -1, .until_ms = clock_boot_ms() + p->timeout_ms};
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    bool ok = start(&r, err) && talk(&r, output, err) && wait_for(&r, err);
    put_down(&r);
    (void)signal(SIGPIPE, before);
    return ok;
}
