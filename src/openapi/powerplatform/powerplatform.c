/* SPDX-License-Identifier: MIT */
#include "openapi/powerplatform/powerplatform.h"

#include <stdio.h>

#include "codec/json.h"
#include "openapi/losses.h"
#include "openapi/powerplatform/package.h"

enum { ICON_MAX = 64 * 1024, FILE_MAX = 256 * 1024 * 1024, KEY_MAX = 200 };

static void begin(const connector_t *c, bool direct, powerplatform_package_t *out)
{
    *out = (powerplatform_package_t){.name = c->id,
                                     .properties = json_object(),
                                     .notes = json_array(),
                                     .color = icon_color(c->brand_color)};
    json_add_text(out->properties, "iconBrandColor", direct ? c->brand_color : out->color);
    json_object_set_new(out->properties, "capabilities", json_array());
    json_add_text(out->properties, "publisher", c->publisher_name);
    buf_init(&out->icon, ICON_MAX);
    icon_write(&out->icon, c->brand_color);
}

/* --- what OpenAPI 2.0 cannot say --- */

typedef struct counting {
    json_t *counts; /* "oneOf: how it is said" -> in how many places */
    bool direct;
} counting_t;

static void count_loss(void *context, const openapi_loss_t *loss)
{
    counting_t *counting = context;
    char key[KEY_MAX];
    if (loss->kind->rule && (loss->kind->direct || !counting->direct)) {
        snprintf(key, sizeof key, "%s: %s", loss->kind->what, loss->kind->how);
        json_int_t before = json_integer_value(json_object_get(counting->counts, key));
        json_object_set_new(counting->counts, key, json_integer(before + 1));
    }
}

static void note_losses(const connector_t *c, bool direct, json_t *notes)
{
    counting_t counting = {json_object(), direct};
    const char *loss;
    json_t *count;
    openapi_losses(c, count_loss, &counting);
    json_object_foreach(counting.counts, loss, count)
    {
        json_t *detail = json_sprintf("%s (%lld times: tenon lint --profile powerplatform)", loss,
                                      (long long)json_integer_value(count));
        json_array_append_new(notes, json_pack("{s:s,s:o}", "reason", "lowered", "detail", detail));
    }
    json_decref(counting.counts);
}

/* --- the whole --- */

bool powerplatform_make(const connector_t *c, const powerplatform_options_t *options,
                        powerplatform_package_t *out, err_t *err)
{
    begin(c, options->direct, out);
    bool ok = options->direct ? package_direct(c, out, err) : package_through(c, options, out, err);
    if (ok) {
        note_losses(c, options->direct, out->notes);
    }
    return ok;
}

void powerplatform_fini(powerplatform_package_t *p)
{
    json_decref(p->definition);
    json_decref(p->properties);
    json_decref(p->notes);
    buf_fini(&p->icon);
}

/* --- the folder of paconn --- */

/* Its store of arguments: which file is which, so that they need not be named. */
static json_t *settings(void)
{
    return json_pack("{s:s,s:s,s:s,s:s,s:s}", "apiDefinition", "apiDefinition.swagger.json",
                     "apiProperties", "apiProperties.json", "icon", "icon.png",
                     "powerAppsApiVersion", "2016-11-01", "powerAppsUrl",
                     "https://api.powerapps.com");
}

static void write_json(powerplatform_file_t *file, const char *name, json_t *value)
{
    file->name = name;
    buf_init(&file->bytes, FILE_MAX);
    json_write_pretty(&file->bytes, value);
    buf_char(&file->bytes, '\n');
    json_decref(value);
}

void powerplatform_folder(const powerplatform_package_t *p,
                          powerplatform_file_t files[POWERPLATFORM_FILES])
{
    write_json(&files[0], "apiDefinition.swagger.json", json_incref(p->definition));
    write_json(&files[1], "apiProperties.json", json_pack("{s:O}", "properties", p->properties));
    write_json(&files[2], "settings.json", settings());
    files[3].name = "icon.png";
    buf_init(&files[3].bytes, ICON_MAX);
    buf_str(&files[3].bytes, buf_view(&p->icon));
}

void powerplatform_folder_fini(powerplatform_file_t files[POWERPLATFORM_FILES])
{
    for (size_t i = 0; i < POWERPLATFORM_FILES; i++) {
        buf_fini(&files[i].bytes);
    }
}
