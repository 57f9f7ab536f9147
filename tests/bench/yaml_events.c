/* SPDX-License-Identifier: MIT */
/* The yardstick of a start: libyaml alone, reading every file of a folder into events and dropping them.
 * yaml_events FOLDER THREADS: prints how many milliseconds that took. Nothing of Tenon's. */
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <yaml.h>

enum { FILES_MAX = 100000, THREADS_MAX = 16 };
static char *files[FILES_MAX];
static size_t file_count;
static atomic_size_t next_file;

static void read_events(FILE *file)
{
    yaml_parser_t parser;
    yaml_event_t event;
    yaml_event_type_t type = YAML_NO_EVENT;
    yaml_parser_initialize(&parser);
    yaml_parser_set_input_file(&parser, file);
    while (type != YAML_STREAM_END_EVENT) {
        if (!yaml_parser_parse(&parser, &event)) {
            fprintf(stderr, "line %zu: %s\n", parser.problem_mark.line + 1, parser.problem);
            exit(1);
        }
        type = event.type;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
}

static void *work(void *unused)
{
    for (size_t i; (i = atomic_fetch_add(&next_file, 1)) < file_count;) {
        FILE *file = fopen(files[i], "rb");
        if (!file) {
            perror(files[i]);
            exit(1);
        }
        read_events(file);
        fclose(file);
    }
    return unused;
}

static void list_files(const char *folder)
{
    DIR *dir = chdir(folder) == 0 ? opendir(".") : NULL;
    if (!dir) {
        perror(folder);
        exit(1);
    }
    for (struct dirent *found; (found = readdir(dir)) && file_count < FILES_MAX;) {
        if (found->d_name[0] != '.') {
            files[file_count++] = strdup(found->d_name);
        }
    }
    closedir(dir);
}

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: yaml_events FOLDER THREADS\n");
        return 2;
    }
    int threads = atoi(argv[2]) < THREADS_MAX ? atoi(argv[2]) : THREADS_MAX;
    pthread_t others[THREADS_MAX];
    double began_ms = now_ms();
    list_files(argv[1]);
    for (int i = 1; i < threads; i++) {
        pthread_create(&others[i], NULL, work, NULL);
    }
    work(NULL);
    for (int i = 1; i < threads; i++) {
        pthread_join(others[i], NULL);
    }
    printf("%.1f\n", now_ms() - began_ms);
    return 0;
}
