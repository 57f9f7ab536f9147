/* SPDX-License-Identifier: MIT */
/* `tenon keyring`: status, rotate, rewrap. */
#include <stdio.h>

#include "app/master.h"
#include "app/output.h"
#include "app/talk.h"
#include "codec/json.h"
#include "seal/keyring.h"

enum { KEY_TEXT_MAX = 256 };

/* --- status --- */

static long long number(const json_t *of, const char *name)
{
    return (long long)json_integer_value(json_object_get(of, name));
}

static void print_keys(const run_t *r, const json_t *keys)
{
    static const char *const headings[] = {"DATA KEY", "STATE", "MADE", "SEALS"};
    table_t t;
    table_init(&t, r->arena, headings, 4);
    for (size_t i = 0; i < json_array_size(keys); i++) {
        const json_t *key = json_array_get(keys, i);
        bool active = json_is_true(json_object_get(key, "active"));
        table_add(&t, arena_printf(r->arena, "%lld", number(key, "id")), TONE_PLAIN);
        table_add(&t, active ? STR("active") : STR("being left"), active ? TONE_GOOD : TONE_WARN);
        table_add(&t, time_in(r->arena, json_member(key, "created_at")), TONE_PLAIN);
        table_add(&t, arena_printf(r->arena, "%lld", number(key, "uses")), TONE_PLAIN);
    }
    table_print(&t, r->colour);
}

static void print_resealing(const json_t *resealing)
{
    if (json_is_true(json_object_get(resealing, "running"))) {
        printf("records are being sealed anew: %lld seen, %lld resealed\n",
               number(resealing, "seen"), number(resealing, "resealed"));
    } else if (number(resealing, "left")) {
        printf("%lld records do not open, so the key before stays: the log names them\n",
               number(resealing, "left"));
    }
}

static void print_master_key(const json_t *master_key)
{
    const json_t *also = json_object_get(master_key, "also");
    printf("master key %.*s\n", STR_ARG(json_member(master_key, "id")));
    for (size_t i = 0; i < json_array_size(also); i++) {
        printf("opens with %.*s, too, and with nothing else once the host starts with that\n",
               STR_ARG(json_view(json_array_get(also, i))));
    }
}

static void print_status(const run_t *r, const json_t *status)
{
    if (r->json) {
        print_json(status);
        return;
    }
    print_keys(r, json_object_get(status, "data_keys"));
    print_resealing(json_object_get(status, "resealing"));
    print_master_key(json_object_get(status, "master_key"));
}

static int ask_and_print(run_t *r, client_t *c, const char *method, str_t path, err_t *err)
{
    json_t *status = NULL;
    if (client_ask(c, method, path, NULL, &status, err)) {
        print_status(r, status);
    }
    json_decref(status);
    return EXIT_OK;
}

static int status(run_t *r, client_t *c, err_t *err)
{
    return ask_and_print(r, c, "GET", STR("/v1/keyring"), err);
}

static int rotate(run_t *r, client_t *c, err_t *err)
{
    return ask_and_print(r, c, "POST", STR("/v1/keyring/rotate"), err);
}

/* --- rewrap --- */

/* NULL with err; its answer is the status. */
static json_t *tell(client_t *c, const secret_t *key, bool in_place, err_t *err)
{
    buf_t text;
    json_t *status = NULL;
    buf_init_wiping(&text, KEY_TEXT_MAX);
    master_key_write(key, &text);
    json_t *input = json_pack("{s:o, s:b}", "new_master_key", json_str(buf_view(&text)), "in_place",
                              (int)in_place);
    bool ok = client_ask(c, "POST", STR("/v1/keyring/rewrap"), input, &status, err);
    buf_fini(&text);
    return ok ? status : NULL;
}

/* The master key that lies in the data folder is the host's: else the host finds its own elsewhere,
 * and would not start again under one that is put there. */
static bool is_hosts(secret_t *key, const json_t *status)
{
    char id[17] = "";
    if (key) {
        master_key_id(key, id);
        secret_unref(key);
    }
    return str_is(json_member(json_object_get(status, "master_key"), "id"), id);
}

static bool check_own(const run_t *r, client_t *c, err_t *err)
{
    err_t ignored = ERR_INIT, ignored_too = ERR_INIT;
    json_t *status = NULL;
    if (!client_ask(c, "GET", STR("/v1/keyring"), NULL, &status, err)) {
        return false;
    }
    bool ok = is_hosts(master_load(r->config, false, &ignored), status) ||
              is_hosts(master_key_load(STR_NONE, STR_NONE, r->config->data, false, &ignored_too),
                       status) ||
              err_set(err, ERR_configuration,
                      "the host's master key is not the one in %.*s: run this with the host's "
                      "configuration, or give the new one with --new-master-key-file",
                      STR_ARG(r->config->data));
    json_decref(status);
    return ok;
}

/* The data folder keeps it, so that all of it is done here: a draft of the new one, the host is
 * told, the draft takes the place, the host is told again. Whatever dies in between, the next start
 * opens. */
static json_t *replace_own(run_t *r, client_t *c, secret_t *key, err_t *err)
{
    json_t *status = NULL;
    if (check_own(r, c, err) && master_draft(r->config, key, err) &&
        (status = tell(c, key, false, err)) && master_put_draft(r->config, err)) {
        json_decref(status);
        status = tell(c, key, true, err);
    }
    if (status && !err_is_set(err) && !r->json) {
        printf("the master key is a new one. The one before is in %.*s/%s.before: it opens the "
               "backups made until now and nothing else; remove it when you keep none of them\n",
               STR_ARG(r->config->data), master_file(r->config));
    }
    return status;
}

static json_t *announce(run_t *r, client_t *c, const secret_t *key, err_t *err)
{
    bool in_place = args_has(r->args, "in-place");
    json_t *status = tell(c, key, in_place, err);
    if (status && !in_place && !r->json) {
        puts("the store opens with the new master key, too. Put it where the host finds its master "
             "key and restart; from then on nothing else opens it");
    }
    return status;
}

static secret_t *new_key(run_t *r, str_t file, err_t *err)
{
    if (file.p) {
        return master_read_file(file, err);
    }
    if (!master_file(r->config)) {
        (void)err_set(err, ERR_usage,
                      "the configuration names the master key's place: make a new one (openssl "
                      "rand -hex 32) and give it with --new-master-key-file");
        return NULL;
    }
    return master_key_draw();
}

static int rewrap(run_t *r, client_t *c, err_t *err)
{
    str_t file = args_value(r->args, "new-master-key-file");
    secret_t *key = new_key(r, file, err);
    json_t *status = NULL;
    if (key) {
        status = file.p ? announce(r, c, key, err) : replace_own(r, c, key, err);
    }
    if (status && !err_is_set(err)) {
        print_status(r, status);
    }
    json_decref(status);
    secret_unref(key);
    return EXIT_OK;
}

/* --- the command --- */

static const usage_t USAGES[] = {
    {"status", "[--json]", "The data keys, what is sealed anew, and which master keys open them.",
     0, 0, NULL, status},
    {"rotate", "[--json]",
     "Makes a new data key. Records of before are sealed anew at leisure; then the old key goes.",
     0, 0, NULL, rotate},
    {"rewrap", "[--new-master-key-file FILE [--in-place]] [--json]",
     "Another master key. No record is touched; it may stop at any point.", 0, 0, NULL, rewrap},
};
static const flag_t FLAGS[] = {
    {"new-master-key-file", "FILE",
     "The new one, where the configuration names the master key's place. Without it: a new one in "
     "the data folder, wrapped by the hook if there is one.",
     "rewrap"},
    {"in-place", NULL,
     "The new one stands already where the host will find it: from now on no other opens the "
     "store. Without it, that is so from the first start with it.",
     "rewrap"},
    FLAG_JSON,
};
static const example_t EXAMPLES[] = {
    {"keyring status", "which keys there are"},
    {"keyring rotate", "a new data key; the host makes one by itself every 90 days"},
    {"keyring rewrap", "a new master key in the data folder"},
    {"keyring rewrap --new-master-key-file /etc/tenon/master.key.new",
     "where the master key has its own place"},
};

const command_t COMMAND_KEYRING = {
    .name = "keyring",
    .group = GROUP_HOST,
    .summary = "Shows and changes the keys that seal the store",
    .detail =
        "The master key wraps data keys, data keys seal records. Works beside a running host, "
        "which serves all the while, and without one.",
    USAGES_OF(USAGES),
    FLAGS_OF(FLAGS),
    EXAMPLES_OF(EXAMPLES),
    .shows = SHOWS_HOST,
};
