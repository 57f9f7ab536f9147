/* SPDX-License-Identifier: MIT */
/* Printed beside row 3: h2o's own reverse proxy to one upstream. h2o_proxy PORT THREADS HOST PORT */
#include <stdio.h>
#include <stdlib.h>

#include "yardstick.h"

static const char *upstream_host;
static uint16_t upstream_port;

static void register_proxy(h2o_pathconf_t *path)
{
    static h2o_proxy_config_vars_t config = {
        .io_timeout = 30000, .keepalive_timeout = 2000, .preserve_host = 1};
    h2o_url_t url;
    char text[256];
    snprintf(text, sizeof text, "http://%s:%u/", upstream_host, upstream_port);
    h2o_url_parse(text, SIZE_MAX, &url);
    h2o_proxy_register_reverse_proxy(path, &url, &config);
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: h2o_proxy PORT THREADS HOST PORT\n");
        return 2;
    }
    upstream_host = argv[3];
    upstream_port = (uint16_t)atoi(argv[4]);
    yardstick_serve_with(atoi(argv[1]), atoi(argv[2]), register_proxy);
    return 0;
}
