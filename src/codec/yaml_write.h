/* SPDX-License-Identifier: MIT */
/* JSON values as YAML text in block style. Every scalar is written so that readers of YAML 1.1 and of YAML 1.2
 * take it for the same value: what either of them resolves (`no`, `1_000`, `12:30`, a date) is quoted as text. Texts
 * of several lines are block literals where a literal can hold them. Pure. */
#ifndef TENON_CODEC_YAML_WRITE_H
#define TENON_CODEC_YAML_WRITE_H

#include <jansson.h>

#include "base/buf.h"

/* Appends v, members in their order, with a line end behind it. */
void yaml_write(buf_t *to, const json_t *v);

#endif
