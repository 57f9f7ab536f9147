/* SPDX-License-Identifier: MIT */
/* The actions of a connector by path and by name: a tree of path segments, so that a call finds its
 * action in the time that its own path takes, however many actions there are. Built once,
 * immutable, in the connector's arena; connector_match and connector_action (model.h) read it.
 * Pure. */
#ifndef TENON_DEFINITION_ROUTES_H
#define TENON_DEFINITION_ROUTES_H

#include "definition/model.h"

/* Sets c->routes; the last thing that the loader does to a connector. Actions with more than
 * PATH_VARIABLES_MAX variables are left out, as are paths that do not begin with `/` (both are
 * faults that the loader reports). */
void routes_build(connector_t *c);

#endif
