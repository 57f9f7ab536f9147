/* SPDX-License-Identifier: MIT */
/* libyaml's header, whose yaml_node_t (of its document API, which is not used here) would clash
 * with ours. Private to codec. */
#ifndef TENON_CODEC_YAML_LIB_H
#define TENON_CODEC_YAML_LIB_H

#define yaml_node_t libyaml_node_t
#include <yaml.h>
#undef yaml_node_t

#endif
