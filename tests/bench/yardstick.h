/* SPDX-License-Identifier: MIT */
/* What the yardsticks share: h2o's evloop on a port, one handler, as many threads as asked for. Nothing of
 * Tenon's. */
#ifndef TENON_BENCH_YARDSTICK_H
#define TENON_BENCH_YARDSTICK_H

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <h2o.h>
#include <h2o/http1.h>
#pragma GCC diagnostic pop

typedef int yardstick_handler_t(h2o_handler_t *self, h2o_req_t *req);
/* Never returns. on_start (may be NULL) runs in every thread before its loop. */
void yardstick_serve(int port, int threads, yardstick_handler_t *on_req, void (*on_start)(h2o_loop_t *loop));
/* The same with h2o's own handlers. */
void yardstick_serve_with(int port, int threads, void (*register_handlers)(h2o_pathconf_t *path));

#endif
