/* SPDX-License-Identifier: MIT */
/* The writing half of codec/xml.h; xml_read.c is the other one. */
#include "codec/xml.h"

#include "codec/json.h"
#include "codec/xml_name.h"

enum { DEPTH_MAX = 64 };

static bool refuse(err_t *err, const char *reason)
{
    return err_set(err, ERR_request_malformed, "cannot be written as XML: %s", reason);
}

/* Blanks other than a space would be changed by a reader unless they are written as references
 * (2.11, 3.3.3). */
static const char *escape_of(char c, bool attribute)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '\r':
        return "&#13;";
    case '"':
        return attribute ? "&quot;" : NULL;
    case '\t':
        return attribute ? "&#9;" : NULL;
    case '\n':
        return attribute ? "&#10;" : NULL;
    default:
        return NULL;
    }
}

static void write_escaped(buf_t *to, str_t s, bool attribute)
{
    for (size_t i = 0; i < s.n; i++) {
        const char *escape = escape_of(s.p[i], attribute);
        if (escape) {
            buf_lit(to, escape);
        } else {
            buf_char(to, s.p[i]);
        }
    }
}

/* Text, or a number or bool in JSON's spelling; null is empty. */
static bool write_text(buf_t *to, const json_t *v, bool attribute, err_t *err)
{
    str_t text = json_view(v);
    if (json_is_object(v) || json_is_array(v)) {
        return refuse(err, "an object or a list stands where text is needed");
    }
    if (xml_bad_character(text) < text.n) {
        return refuse(err, "a character that XML does not have");
    }
    if (json_is_string(v)) {
        write_escaped(to, text, attribute);
    } else if (!json_is_null(v)) {
        json_write(to, v);
    }
    return true;
}

static bool write_attributes(buf_t *to, json_t *element, err_t *err)
{
    const char *key;
    json_t *value;
    json_object_foreach(element, key, value)
    {
        str_t name = str_of(key);
        if (key[0] != '@') {
            continue;
        }
        name = str_slice(name, 1, name.n);
        if (!xml_is_name(name)) {
            return refuse(err, "not an attribute name");
        }
        buf_char(to, ' ');
        buf_str(to, name);
        buf_lit(to, "=\"");
        if (!write_text(to, value, true, err)) {
            return false;
        }
        buf_char(to, '"');
    }
    return true;
}

static bool write_element(buf_t *to, str_t name, json_t *v, unsigned depth, err_t *err);

static bool write_children(buf_t *to, json_t *element, unsigned depth, err_t *err)
{
    const char *key;
    json_t *value;
    json_object_foreach(element, key, value)
    {
        size_t index;
        json_t *item;
        if (strcmp(key, "#text") == 0) {
            if (!write_text(to, value, false, err)) {
                return false;
            }
            continue;
        }
        json_array_foreach(value, index, item)
        {
            if (!write_element(to, str_of(key), item, depth, err)) {
                return false;
            }
        }
        if (key[0] != '@' && !json_is_array(value) &&
            !write_element(to, str_of(key), value, depth, err)) {
            return false;
        }
    }
    return true;
}

static bool write_content(buf_t *to, json_t *v, unsigned depth, err_t *err)
{
    return json_is_object(v) ? write_children(to, v, depth + 1, err)
                             : write_text(to, v, false, err);
}

static bool write_element(buf_t *to, str_t name, json_t *v, unsigned depth, err_t *err)
{
    if (!xml_is_name(name)) {
        return refuse(err, "not an element name");
    }
    if (depth > DEPTH_MAX) {
        return refuse(err, "nested too deeply");
    }
    buf_char(to, '<');
    buf_str(to, name);
    if (!write_attributes(to, v, err)) {
        return false;
    }
    buf_char(to, '>');
    if (!write_content(to, v, depth, err)) {
        return false;
    }
    buf_lit(to, "</");
    buf_str(to, name);
    buf_char(to, '>');
    return true;
}

bool xml_write(buf_t *to, const json_t *tree, err_t *err)
{
    json_t *root = (json_t *)(uintptr_t)tree;
    void *only = json_object_iter(root);
    if (json_object_size(root) != 1 || json_is_array(json_object_iter_value(only))) {
        return refuse(err, "it needs one root element");
    }
    buf_lit(to, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    return write_element(to, str_of(json_object_iter_key(only)), json_object_iter_value(only), 1,
                         err);
}
