/* SPDX-License-Identifier: MIT */
/* XML as the trees of FORMAT 6: one root; `@name` is an attribute, a list a repeated element, text
 * of an element that has attributes stands under `#text`. Pure. */
#ifndef TENON_CODEC_XML_H
#define TENON_CODEC_XML_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"

/* Appends `<?xml version="1.0" encoding="UTF-8"?>` and the tree, escaped. Error: request_malformed.
 */
CHECKED bool xml_write(buf_t *to, const json_t *tree, err_t *err);
/* Elements, attributes (prefixes are kept in names), text, CDATA, comments, the five entities and
 * numeric references; a document type is refused. Depth <= 64, at most 500,000 elements and
 * attributes. Error: upstream_malformed. New reference or NULL. */
json_t *xml_read(str_t text, err_t *err);

#endif
