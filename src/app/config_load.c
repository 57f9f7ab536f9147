/* SPDX-License-Identifier: MIT */
/* Where the configuration comes from, and what only the whole of it can tell. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/config.h"
#include "app/files.h"
#include "base/address.h"
#include "base/secret.h"
#include "codec/url.h"
#include "codec/yaml.h"

enum { ADMIN_KEY_LEAST = 40, SECRET_FILE_MAX = 64 * 1024 };

static const char DEFAULT_FILE[] = "tenon.yaml";

/* --- the environment --- */

static bool set_from(config_t *c, const option_t *option, const char *source, str_t value,
                     err_t *err)
{
    err_t own = ERR_INIT;
    return config_set(c, option, value, &own) ||
           err_set(err, ERR_configuration, "%s: %s", source, own.text);
}

/* What stands in a process's environment can be read by its user's other processes, and is
 * inherited. */
static void overwrite(const char *name, char *value)
{
    secret_wipe(value, strlen(value));
    unsetenv(name);
}

bool config_read_environment(config_t *c, err_t *err)
{
    for (size_t i = 0; i < OPTION_COUNT_ALL; i++) {
        const option_t *option = &OPTIONS[i];
        char *value = getenv(option->environment);
        if (!value) {
            continue;
        }
        bool ok = set_from(c, option, option->environment, str_of(value), err);
        if (option->kind == OPTION_SECRET) {
            overwrite(option->environment, value);
        }
        if (!ok) {
            return false;
        }
    }
    return true;
}

/* --- the file --- */

static bool read_text(config_t *c, const char *path, buf_t *text, err_t *err)
{
    if (!file_read(path, text, err)) {
        return false;
    }
    arena_t *arena = arena_new(0);
    diagnostics_t d;
    diagnostics_init(&d, arena);
    config_read_yaml(c, buf_view(text), &d);
    if (d.errors) {
        buf_t report;
        buf_init(&report, 1024 * 1024);
        diagnostics_write_text(&report, &d, str_of(path), buf_view(text), isatty(STDERR_FILENO));
        fwrite(report.p, 1, report.n, stderr);
        buf_fini(&report);
        (void)err_set_at(err, ERR_configuration, d.list[0].line, d.list[0].column, "%s has %u %s",
                         path, d.errors, d.errors == 1 ? "fault" : "faults");
    }
    bool ok = d.errors == 0;
    arena_free(arena);
    return ok;
}

static bool read_file(config_t *c, const args_t *args, err_t *err)
{
    const char *path = args_value(args, "config").p;
    path = path ? path : getenv("TENON_CONFIG");
    if (!path) {
        if (access(DEFAULT_FILE, F_OK) != 0) {
            return true;
        }
        path = DEFAULT_FILE;
    }
    buf_t text; /* may hold secrets */
    buf_init_wiping(&text, YAML_BYTES_MAX);
    bool ok = read_text(c, path, &text, err);
    buf_fini(&text);
    return ok;
}

/* --- the whole --- */

static bool read_admin_key_file(config_t *c, err_t *err)
{
    if (!c->admin_key_file.p) {
        return true;
    }
    if (c->admin_key.given) {
        return err_set(err, ERR_configuration, "admin_key and admin_key_file exclude each other");
    }
    buf_t text;
    buf_init_wiping(&text, SECRET_FILE_MAX);
    bool ok = file_read(c->admin_key_file.p, &text, err);
    if (ok) {
        buf_str(&c->admin_key.text, str_trim(buf_view(&text)));
        c->admin_key.given = true;
    }
    buf_fini(&text);
    return ok;
}

static bool check_admin_key(const config_t *c, err_t *err)
{
    return !c->admin_key.given || c->admin_key.text.n >= ADMIN_KEY_LEAST ||
           err_set(err, ERR_configuration, "the admin key has fewer than %d characters",
                   ADMIN_KEY_LEAST);
}

static bool check_one_master_key(const config_t *c, err_t *err)
{
    int ways = c->master_key.given + (c->master_key_file.p != NULL) +
               (c->master_key_program.p != NULL) + (c->master_key_hook.p != NULL);
    return ways <= 1 || err_set(err, ERR_configuration,
                                "master_key, master_key_file, master_key_program and "
                                "master_key_hook exclude each other");
}

static bool check_tls(const config_t *c, err_t *err)
{
    return !c->tls_cert.p == !c->tls_key.p ||
           err_set(err, ERR_configuration, "tls_cert and tls_key need each other");
}

static bool check_url(str_t *url, const char *name, err_t *err)
{
    while (url->n && url->p[url->n - 1] == '/') {
        url->n--;
    }
    bool web = str_starts(*url, STR("https://")) || str_starts(*url, STR("http://"));
    return !url->p ||
           (web && str_index(*url, '?') == SIZE_MAX && str_index(*url, '#') == SIZE_MAX) ||
           err_set(err, ERR_configuration,
                   "%s: expected an address such as https://tenon.example.com", name);
}

/* --- the public address --- */

static bool is_this_machine(const url_t *url)
{
    address_t address;
    return address_parse(url->host, &address)
               ? address_is_loopback(&address)
               : str_is(url->host, "localhost") || str_ends(url->host, STR(".localhost"));
}

/* Browsers and documents are sent there, and keys and codes come by it. */
static const char *fault_of_public_url(const url_t *url)
{
    if (url->query.p || url->fragment.p) {
        return "it has neither query nor fragment";
    }
    if (!str_is(url->path, "/")) {
        return "it ends behind the host: Tenon is served at the root of a host name, not below a "
               "path";
    }
    if (str_is(url->scheme, "http") && !is_this_machine(url)) {
        return "beyond this machine it begins with https://, or keys would travel in the clear";
    }
    return NULL;
}

static bool check_public_url(config_t *c, err_t *err)
{
    url_t url;
    err_t unread = ERR_INIT;
    str_t text = c->public_url;
    if (!text.p) {
        return true;
    }
    const char *fault =
        url_parse_in(c->arena, text, &url, &unread) ? fault_of_public_url(&url) : unread.text;
    if (fault) {
        return err_set(err, ERR_configuration, "public_url: %s, as in https://tenon.example.com",
                       fault);
    }
    c->public_url = str_slice(text, 0, text.n - (text.p[text.n - 1] == '/'));
    return true;
}

bool config_finish(config_t *c, err_t *err)
{
    return read_admin_key_file(c, err) && check_admin_key(c, err) && check_one_master_key(c, err) &&
           check_tls(c, err) && check_public_url(c, err) && check_url(&c->url, "TENON_URL", err);
}

static bool read_flags(config_t *c, const args_t *args, err_t *err)
{
    for (size_t i = 0; i < args->flag_count; i++) {
        const option_t *option = option_of_flag(args->flags[i].name);
        char source[64];
        snprintf(source, sizeof source, "--%.*s", STR_ARG(args->flags[i].name));
        if (option && !set_from(c, option, source, args->flags[i].value, err)) {
            return false;
        }
    }
    return true;
}

bool config_load(config_t *c, const args_t *args, err_t *err)
{
    return read_file(c, args, err) && config_read_environment(c, err) && read_flags(c, args, err) &&
           config_finish(c, err);
}
