# SPDX-License-Identifier: MIT
# Tenon, and what docker-compose.yml puts beside it. Everything comes from Debian 12, so that its security updates count.
# `./dev deploy` runs these very steps without Docker.

# The console's files. Node stays here.
FROM debian:12-slim AS console
RUN apt-get update && apt-get install -y --no-install-recommends npm ca-certificates
WORKDIR /src
COPY src/console/package.json src/console/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY src/console/build.mjs src/console/tsconfig.json ./
COPY src/console/app app
RUN node_modules/.bin/node build.mjs --out /built

FROM debian:12-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
        gcc cmake ninja-build pkg-config libh2o-evloop-dev libssl-dev libwslay-dev libcurl4-openssl-dev \
        libjansson-dev libyaml-dev libsqlite3-dev libpcre2-dev libzip-dev
WORKDIR /src
COPY CMakeLists.txt LICENSE README.md ./
COPY src src
COPY openapi openapi
COPY connectors connectors
COPY docs docs
COPY deploy deploy
COPY --from=console /built /console
RUN cmake -S . -B /build -G Ninja -DTENON_TESTS=OFF -DTENON_CONSOLE=/console \
    && ninja -C /build \
    && DESTDIR=/image cmake --install /build --prefix /usr --strip

# HAProxy as deploy/haproxy.cfg sets it up.
FROM debian:12-slim AS front
RUN apt-get update && apt-get install -y --no-install-recommends haproxy \
    && rm -rf /var/lib/apt/lists/*
COPY deploy/haproxy.cfg /etc/haproxy/haproxy.cfg
USER 10002:10002
EXPOSE 8443
# SIGUSR1: finish what is in flight.
STOPSIGNAL SIGUSR1
ENTRYPOINT ["haproxy", "-W", "-db", "-f", "/etc/haproxy/haproxy.cfg"]

FROM debian:12-slim AS prometheus
RUN apt-get update && apt-get install -y --no-install-recommends prometheus \
    && install -d -o 10003 -g 10003 -m 0700 /var/lib/prometheus/data \
    && rm -rf /var/lib/apt/lists/*
COPY deploy/prometheus.yml /etc/prometheus/prometheus.yml
USER 10003:10003
VOLUME /var/lib/prometheus/data
EXPOSE 9090
ENTRYPOINT ["prometheus", "--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/var/lib/prometheus/data"]

FROM debian:12-slim AS tenon
RUN apt-get update && apt-get install -y --no-install-recommends \
        ca-certificates libh2o-evloop0.13 libssl3 libcurl4 libjansson4 libyaml-0-2 libsqlite3-0 libpcre2-8-0 libzip4 \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o 10001 -g 10001 -m 0700 /var/lib/tenon \
    && install -d -m 0755 /etc/tenon/connectors
COPY --from=build /image/usr/bin/tenon /usr/bin/tenon
COPY --from=build /image/usr/share /usr/share
ENV TENON_CONNECTORS=/etc/tenon/connectors TENON_DATA=/var/lib/tenon
USER 10001:10001
VOLUME /var/lib/tenon
EXPOSE 8480
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["tenon", "health"]
ENTRYPOINT ["tenon"]
CMD ["serve"]
