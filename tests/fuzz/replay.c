/* SPDX-License-Identifier: MIT */
/* Runs files, and all files of folders, through a fuzz target, without libFuzzer: the corpus is a
 * test. The name of a file is printed before it is tried, so that the last one printed is the one
 * that failed. */
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "fuzz.h"

static unsigned tried;

static bool fail(const char *path)
{
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    return false;
}

static bool try_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(size ? size : 1); /* of exactly this size: reading beyond it is seen */
    bool read = file && data && fread(data, 1, size, file) == size;
    if (file) {
        fclose(file);
    }
    if (read) {
        printf("%s\n", path);
        fflush(stdout);
        LLVMFuzzerTestOneInput(data, size);
        tried++;
    }
    free(data);
    return read || fail(path);
}

static bool try_path(const char *path);

static bool try_folder(const char *path)
{
    struct dirent **entries;
    bool ok = true;
    int count = scandir(path, &entries, NULL, alphasort);
    if (count < 0) {
        return fail(path);
    }
    for (int i = 0; i < count; i++) {
        char inner[4096];
        snprintf(inner, sizeof inner, "%s/%s", path, entries[i]->d_name);
        ok = (entries[i]->d_name[0] == '.' || try_path(inner)) && ok;
        free(entries[i]);
    }
    free(entries);
    return ok;
}

static bool try_path(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        return fail(path);
    }
    return S_ISDIR(status.st_mode) ? try_folder(path) : try_file(path, (size_t)status.st_size);
}

int main(int argc, char **argv)
{
    bool ok = argc > 1;
    for (int i = 1; i < argc; i++) {
        ok = try_path(argv[i]) && ok;
    }
    printf("%u inputs\n", tried);
    return ok && tried > 0 ? 0 : 1;
}
