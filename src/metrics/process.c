/* SPDX-License-Identifier: MIT */
#include "metrics/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { STAT_BYTES = 4096, BOOT_BYTES = 1024 * 1024 };

/* The fields of /proc/self/stat behind the command's name, which may hold anything: the first is
 * the third of all. */
enum {
    FIELD_FIRST = 3,
    FIELD_UTIME = 14,
    FIELD_STIME = 15,
    FIELD_START = 22,
    FIELD_VSIZE,
    FIELD_RSS,
    FIELD_COUNT
};

static bool read_file(const char *path, buf_t *to)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = 1;
    while (fd >= 0 && n > 0 && buf_reserve(to, STAT_BYTES)) {
        n = read(fd, to->p + to->n, STAT_BYTES);
        to->n += n > 0 ? (size_t)n : 0;
    }
    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0 && n == 0;
}

static bool read_stat(uint64_t fields[FIELD_COUNT])
{
    buf_t text;
    buf_init(&text, 2 * STAT_BYTES);
    bool ok = read_file("/proc/self/stat", &text);
    str_t all = buf_view(&text);
    size_t end = all.n;
    while (end > 0 && all.p[end - 1] != ')') {
        end--;
    }
    str_t rest = str_trim(str_slice(all, end, all.n));
    for (int i = FIELD_FIRST; ok && i < FIELD_COUNT; i++) {
        str_t field = str_cut(&rest, ' ');
        bool wanted = i == FIELD_UTIME || i == FIELD_STIME || i >= FIELD_START;
        ok = !wanted || str_to_u64(field, &fields[i]);
    }
    buf_fini(&text);
    return ok;
}

/* Seconds since the epoch; 0: unknown. */
static uint64_t boot_time(void)
{
    buf_t text;
    uint64_t seconds = 0;
    buf_init(&text, BOOT_BYTES);
    if (read_file("/proc/stat", &text)) {
        str_t rest = buf_view(&text);
        for (bool found = false; rest.p && !found;) {
            str_t line = str_cut(&rest, '\n');
            found = str_starts(line, STR("btime "));
            if (found) {
                found = str_to_u64(str_slice(line, sizeof "btime " - 1, line.n), &seconds);
            }
        }
    }
    buf_fini(&text);
    return seconds;
}

static void expose_stat(exposition_t *e)
{
    uint64_t fields[FIELD_COUNT];
    double ticks = (double)sysconf(_SC_CLK_TCK);
    if (!read_stat(fields)) {
        return;
    }
    exposition_gauge(e, METRIC_PROCESS_CPU, NULL,
                     (double)(fields[FIELD_UTIME] + fields[FIELD_STIME]) / ticks);
    exposition_gauge(e, METRIC_PROCESS_VIRTUAL, NULL, (double)fields[FIELD_VSIZE]);
    exposition_gauge(e, METRIC_PROCESS_RSS, NULL,
                     (double)fields[FIELD_RSS] * (double)sysconf(_SC_PAGESIZE));
    uint64_t booted = boot_time();
    if (booted) {
        exposition_gauge(e, METRIC_PROCESS_START, NULL,
                         (double)booted + (double)fields[FIELD_START] / ticks);
    }
}

static void expose_files(exposition_t *e)
{
    struct rlimit limit;
    DIR *folder = opendir("/proc/self/fd");
    if (folder) {
        uint64_t count = 0;
        while (readdir(folder)) { /* `.`, `..` and the folder's own are not the process's */
            count++;
        }
        closedir(folder);
        exposition_count(e, METRIC_PROCESS_FDS, NULL, count > 3 ? count - 3 : 0);
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        exposition_gauge(e, METRIC_PROCESS_MAX_FDS, NULL, (double)limit.rlim_cur);
    }
}

void process_expose(exposition_t *e)
{
    expose_stat(e);
    expose_files(e);
}
