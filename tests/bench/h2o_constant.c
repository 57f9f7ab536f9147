/* SPDX-License-Identifier: MIT */
/* The yardstick of rows 1, 2 and 4: h2o alone, answering every request with a constant of the given size, and the
 * peer that request actions call. h2o_constant PORT THREADS BYTES. Stops on SIGTERM. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "yardstick.h"

static char *constant;
static size_t constant_length;

static int on_req(h2o_handler_t *self, h2o_req_t *req)
{
    static h2o_generator_t generator = {NULL, NULL};
    (void)self;
    h2o_iovec_t body = h2o_iovec_init(constant, constant_length);
    req->res.status = 200;
    req->res.reason = "OK";
    req->res.content_length = constant_length;
    h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL, H2O_STRLIT("application/json"));
    h2o_start_response(req, &generator);
    h2o_send(req, &body, 1, H2O_SEND_STATE_FINAL);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: h2o_constant PORT THREADS BYTES\n");
        return 2;
    }
    constant_length = (size_t)atol(argv[3]);
    constant = malloc(constant_length + 1);
    memset(constant, 'x', constant_length);
    yardstick_serve(atoi(argv[1]), atoi(argv[2]), on_req, NULL);
    return 0;
}
