// SPDX-License-Identifier: MIT
// Calls of one connector: tokens and requests against h2o and libcurl alone, refusals, a thousand callers at once.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

import { ADMIN, api, freePort, k, measure, median, ratio, rss, send, serve, sleep, start, threads, work, wrk, yardsticks } from './lib.mjs';

const connector = (port, upstreamPort) => `tenon: 1
id: bench
title: Bench
version: 1.0.0
description: What the load tests call.
hosts: ["127.0.0.1:${port}", "127.0.0.1:${upstreamPort}"]
base_url: http://127.0.0.1:${upstreamPort}
connection:
  auth:
    cc:
      type: client_credentials
      parameters:
        client_id: {type: string, required: true}
        client_secret: {type: string, secret: true, required: true}
      token_url: http://127.0.0.1:${port}/token
actions:
  GetAccessToken: {summary: Get a token, token: connection}
  Limited:
    summary: Get a token, a hundred times a minute
    token: connection
    throttle: [{calls: 100, per: 60s}]
  ByPassword:
    summary: Get a token with credentials of the call
    path: /by-password
    input:
      username: {type: string, required: true}
      password: {type: string, required: true, secret: true}
      client_id: {type: string, required: true}
      client_secret: {type: string, required: true, secret: true}
    token: {type: password, token_url: "http://127.0.0.1:${port}/token"}
  Read: {summary: Read something, method: GET, path: /read}
`;

// The token endpoint: counts, and answers what a real one would.
export function tokenEndpoint() {
  const state = { requests: 0, lifetime: 3600, delay: 0 };
  const server = http.createServer((request, response) => {
    request.resume().on('end', () => {
      state.requests++;
      setTimeout(() => {
        response.setHeader('Content-Type', 'application/json');
        response.end(JSON.stringify({ access_token: `t${state.requests}-${'x'.repeat(64)}`, token_type: 'Bearer', expires_in: state.lifetime }));
      }, state.delay);
    });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve({ state, server, port: server.address().port })));
}

// 1,000 callers of a token that is over: all are answered, and the endpoint was asked once.
async function expiry(tenonPort, endpoint) {
  endpoint.state.lifetime = 2;
  endpoint.state.delay = 300;
  await api(tenonPort, 'POST', '/v1/connections', { name: 'expiry', connector: 'bench', parameters: { client_id: 'e', client_secret: 's' } });
  const call = (agent) => new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port: tenonPort, path: '/run/bench/expiry/GetAccessToken', method: 'POST', agent, headers: { 'X-API-Key': ADMIN } },
      (response) => { response.resume().on('end', () => resolve(response.statusCode)); });
    request.on('error', reject).end();
  });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1000 });
  await call(agent);
  endpoint.state.lifetime = 3600;
  await sleep(2100);
  const before = endpoint.state.requests;
  const statuses = await Promise.all(Array.from({ length: 1000 }, () => call(agent)));
  agent.destroy();
  endpoint.state.delay = 0;
  return { ok: statuses.filter((s) => s === 200).length, requests: endpoint.state.requests - before };
}

async function startNginx(upstreamPort) {
  if (!fs.existsSync('/usr/sbin/nginx')) return null;
  const port = await freePort(), folder = path.join(work, 'nginx');
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, 'nginx.conf'), `worker_processes ${threads}; daemon off; pid ${folder}/pid; error_log stderr crit;
events { worker_connections 1024; }
http { access_log off; client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
upstream up { server 127.0.0.1:${upstreamPort}; keepalive 64; }
server { listen 127.0.0.1:${port}; location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; } } }`);
  await start('/usr/sbin/nginx', ['-p', folder, '-c', path.join(folder, 'nginx.conf')], port);
  return port;
}

// A host with that one connector, its connection, a caller's key, and the token that it needs.
export async function startHost(name, folder, endpoint, upstreamPort) {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  fs.writeFileSync(path.join(folder, 'bench.yaml'), connector(endpoint.port, upstreamPort), { mode: 0o600 });
  const host = await serve(name, folder);
  await sleep(1000);
  const idleMb = rss(host.child.pid);
  await api(host.port, 'POST', '/v1/connections', { name: 'c', connector: 'bench', parameters: { client_id: 'c', client_secret: 's' } });
  const { key } = await api(host.port, 'POST', '/v1/keys', { role: 'caller', connections: ['c'] });
  const headers = { 'X-API-Key': key };
  const { text: answer } = await send(host.port, 'POST', '/run/bench/c/GetAccessToken', undefined, headers);
  const token = () => wrk(`http://127.0.0.1:${host.port}/run/bench/c/GetAccessToken`, { method: 'POST', headers, pid: host.child.pid });
  return { ...host, idleMb, headers, answer, token };
}

export async function startUpstream() {
  const port = await freePort();
  await start(path.join(yardsticks, 'h2o_constant'), [String(port), '1', '200'], port);
  return port;
}

async function tokenRows(host) {
  const constantPort = await freePort(), { port, headers, answer } = host, pid = host.child.pid;
  const base = `http://127.0.0.1:${port}/run/bench/c`;
  const credentials = { username: 'u', password: 'p', client_id: 'c', client_secret: 's' };
  await start(path.join(yardsticks, 'h2o_constant'), [String(constantPort), String(threads), String(answer.length)], constantPort);
  // wrk blocks this process, and with it the token endpoint: every token is fetched before.
  await send(port, 'POST', '/run/bench/c/by-password', credentials, headers);
  const runs = await measure({
    constant: () => wrk(`http://127.0.0.1:${constantPort}/`),
    token: host.token,
    limited: () => wrk(`${base}/Limited`, { method: 'POST', headers, refuse: true, pid }),
    password: () => wrk(`${base}/by-password`, { method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' }, body: JSON.stringify(credentials), pid }),
  });
  const us = (run) => `${median(run.map((one) => one.cpuUs)).toFixed(1)} us of CPU a call`;
  return [
    ['token action, token cached, 32 connections', `${k(runs.token)}/s`, `h2o constant of ${answer.length} B: ${k(runs.constant)}/s`, ratio(runs.token, runs.constant), '≥ 0.70'],
    ['token action, credentials in the call, cached', `${k(runs.password)}/s`, 'the same', ratio(runs.password, runs.constant), '≥ 0.50'],
    ['throttle at its limit, refusing', `${k(runs.limited)}/s, ${us(runs.limited)}`, `the token action unthrottled: ${k(runs.token)}/s, ${us(runs.token)}`,
      ratio(runs.token, runs.limited, 'cpuUs'), '≥ 1.00 (of CPU)'],
  ];
}

async function requestRow(host, upstreamPort) {
  const curlPort = await freePort(), proxyPort = await freePort();
  await start(path.join(yardsticks, 'h2o_curl'), [String(curlPort), String(threads), `http://127.0.0.1:${upstreamPort}/read`], curlPort);
  await start(path.join(yardsticks, 'h2o_proxy'), [String(proxyPort), String(threads), '127.0.0.1', String(upstreamPort)], proxyPort);
  const nginxPort = await startNginx(upstreamPort);
  const runs = await measure({
    curl: () => wrk(`http://127.0.0.1:${curlPort}/`),
    request: () => wrk(`http://127.0.0.1:${host.port}/run/bench/c/read`, { headers: host.headers }),
    proxy: () => wrk(`http://127.0.0.1:${proxyPort}/read`),
    ...(nginxPort && { nginx: () => wrk(`http://127.0.0.1:${nginxPort}/read`) }),
  });
  const beside = `h2o's proxy ${k(runs.proxy)}${runs.nginx ? `, nginx ${k(runs.nginx)}` : ''}`;
  return ['request action, keep-alive upstream', `${k(runs.request)}/s`, `libcurl in h2o's loop: ${k(runs.curl)}/s (${beside})`, ratio(runs.request, runs.curl), '≥ 0.80'];
}

export async function callRows(host, endpoint, upstreamPort) {
  const rows = [...await tokenRows(host), await requestRow(host, upstreamPort)];
  const callers = await expiry(host.port, endpoint);
  return [...rows,
    ['1,000 callers at expiry', `${callers.ok} answered`, 'token requests at the service', String(callers.requests), '1'],
    ['idle host', `${host.idleMb.toFixed(1)} MB RSS`, '', '', '< 25 MB']];
}
