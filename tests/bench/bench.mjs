// SPDX-License-Identifier: MIT
// Load tests against their yardsticks (DESIGN 10), interleaved in one run: ratios of medians, not absolute rates.
// bench.mjs [--write] [--rounds N] [--seconds N]: --write puts the table into docs/PERFORMANCE.md.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const bin = process.env.TENON_BIN ?? path.join(root, 'build/tenon');
const yardsticks = process.env.TENON_YARDSTICKS ?? path.join(root, 'build-bench');
const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};
const rounds = option('rounds', 5), seconds = option('seconds', 3), connections = 32, threads = 1;
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'tenon-bench-'));
const children = [];
const ADMIN = 'bench-admin-key-of-more-than-forty-characters-0';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function listening(port) {
  for (let i = 0; i < 200; i++) {
    const ok = await new Promise((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true); });
      socket.on('error', () => resolve(false));
    });
    if (ok) return;
    await sleep(50);
  }
  throw new Error(`nothing listens on ${port}`);
}

async function start(command, args, port, env = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...env } });
  let log = '';
  child.stderr.on('data', (bytes) => { if (log.length < 1e5) log += bytes; });
  child.on('exit', (code) => { if (code) console.error(`${path.basename(command)} ended with ${code}\n${log}`); });
  children.push(child);
  await listening(port);
  return child;
}

// Runs wrk once; answers requests a second, and fails on answers that the row does not expect.
function wrk(url, { method = 'GET', headers = {}, body = '', refuse = false } = {}) {
  const script = path.join(work, 'request.lua');
  const lines = [`wrk.method = ${JSON.stringify(method)}`, `wrk.body = ${JSON.stringify(body)}`];
  for (const [name, value] of Object.entries(headers)) lines.push(`wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`);
  fs.writeFileSync(script, lines.join('\n'));
  const out = execFileSync('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, url], { encoding: 'utf8' });
  const wrong = Number(/Non-2xx or 3xx responses: (\d+)/.exec(out)?.[1] ?? 0);
  if (/Socket errors/.test(out)) throw new Error(`socket errors at ${url}\n${out}`);
  if (!refuse && wrong) throw new Error(`${wrong} wrong answers of ${url}\n${out}`);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(out)[1]);
}

// Rounds of every contender in turn, so that all meet the same weather.
function measure(contenders) {
  const rates = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let i = 0; i < rounds; i++) {
    for (const [name, run] of Object.entries(contenders)) rates[name].push(run());
  }
  return Object.fromEntries(Object.entries(rates).map(([name, list]) => [name, median(list)]));
}

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

const rss = (pid) => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

async function startTenon(tokenPort, upstreamPort) {
  const port = await freePort();
  fs.mkdirSync(path.join(work, 'connectors'), { mode: 0o700 });
  fs.writeFileSync(path.join(work, 'connectors/bench.yaml'), connector(tokenPort, upstreamPort), { mode: 0o600 });
  const child = await start(bin, ['serve', '--listen', `127.0.0.1:${port}`, '--connectors', path.join(work, 'connectors'),
    '--data', path.join(work, 'data'), '--threads', String(threads)], port,
  { TENON_ADMIN_KEY: ADMIN, TENON_EGRESS_ALLOW: '127.0.0.0/8' });
  return { child, port };
}

// On a connection of its own: wrk runs block this process, and kept connections end meanwhile.
async function send(port, method, where, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, method, path: where, agent: false, headers: { 'X-API-Key': ADMIN, 'Content-Type': 'application/json', ...headers } },
      (response) => {
        let text = '';
        response.on('data', (bytes) => { text += bytes; }).on('end', () => resolve({ status: response.statusCode, text }));
      });
    request.on('error', reject).end(body && JSON.stringify(body));
  });
}

async function api(port, method, where, body) {
  const { status, text } = await send(port, method, where, body);
  if (status >= 300) throw new Error(`${method} ${where}: ${status} ${text}`);
  return JSON.parse(text);
}

// The token endpoint: counts, and answers what a real one would.
function tokenEndpoint() {
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

async function main() {
  const endpoint = await tokenEndpoint();
  const constantPort = await freePort(), upstreamPort = await freePort(), curlPort = await freePort(), proxyPort = await freePort();
  await start(path.join(yardsticks, 'h2o_constant'), [String(upstreamPort), '1', '200'], upstreamPort);
  await start(path.join(yardsticks, 'h2o_curl'), [String(curlPort), String(threads), `http://127.0.0.1:${upstreamPort}/read`], curlPort);
  await start(path.join(yardsticks, 'h2o_proxy'), [String(proxyPort), String(threads), '127.0.0.1', String(upstreamPort)], proxyPort);
  const nginxPort = await startNginx(upstreamPort);
  const tenon = await startTenon(endpoint.port, upstreamPort);
  await sleep(1000);
  const idle = rss(tenon.child.pid);

  await api(tenon.port, 'POST', '/v1/connections', { name: 'c', connector: 'bench', parameters: { client_id: 'c', client_secret: 's' } });
  const { key } = await api(tenon.port, 'POST', '/v1/keys', { role: 'caller', connections: ['c'] });
  const base = `http://127.0.0.1:${tenon.port}/run/bench/c`;
  const headers = { 'X-API-Key': key };
  const { text: answer } = await send(tenon.port, 'POST', '/run/bench/c/GetAccessToken', undefined, headers);
  await start(path.join(yardsticks, 'h2o_constant'), [String(constantPort), String(threads), String(answer.length)], constantPort);
  const constant = () => wrk(`http://127.0.0.1:${constantPort}/`);
  const credentials = JSON.stringify({ username: 'u', password: 'p', client_id: 'c', client_secret: 's' });

  // wrk blocks this process, and with it the token endpoint: every token is fetched before.
  await send(tenon.port, 'POST', '/run/bench/c/by-password', JSON.parse(credentials), headers);
  const tokens = measure({
    constant,
    token: () => wrk(`${base}/GetAccessToken`, { method: 'POST', headers }),
    password: () => wrk(`${base}/by-password`, { method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' }, body: credentials }),
    limited: () => wrk(`${base}/Limited`, { method: 'POST', headers, refuse: true }),
  });
  const requests = measure({
    curl: () => wrk(`http://127.0.0.1:${curlPort}/`),
    request: () => wrk(`${base}/read`, { headers }),
    proxy: () => wrk(`http://127.0.0.1:${proxyPort}/read`),
    ...(nginxPort && { nginx: () => wrk(`http://127.0.0.1:${nginxPort}/read`) }),
  });
  const callers = await expiry(tenon.port, endpoint);
  endpoint.server.close();

  const k = (rate) => `${(rate / 1000).toFixed(1)}k`;
  const beside = `h2o's proxy ${k(requests.proxy)}${requests.nginx ? `, nginx ${k(requests.nginx)}` : ''}`;
  const rows = [
    ['what', 'measured', 'yardstick in the same run', 'ratio', 'target'],
    ['token action, token cached, 32 connections', `${k(tokens.token)}/s`, `h2o constant of ${answer.length} B: ${k(tokens.constant)}/s`, (tokens.token / tokens.constant).toFixed(2), '≥ 0.70'],
    ['token action, credentials in the call, cached', `${k(tokens.password)}/s`, `the same`, (tokens.password / tokens.constant).toFixed(2), '≥ 0.50'],
    ['request action, keep-alive upstream', `${k(requests.request)}/s`, `libcurl in h2o's loop: ${k(requests.curl)}/s (${beside})`, (requests.request / requests.curl).toFixed(2), '≥ 0.80'],
    ['throttle at its limit, refusing', `${k(tokens.limited)}/s`, `the token action unthrottled: ${k(tokens.token)}/s`, (tokens.limited / tokens.token).toFixed(2), '≥ 1.00'],
    ['1,000 callers at expiry', `${callers.ok} answered`, 'token requests at the service', String(callers.requests), '1'],
    ['idle host', `${idle.toFixed(1)} MB RSS`, '', '', '< 25 MB'],
  ];
  const table = rows.map((row, i) => `| ${row.join(' | ')} |${i ? '' : '\n|---|---|---|---|---|'}`).join('\n');
  console.log(table);
  if (process.argv.includes('--write')) {
    const file = path.join(root, 'docs/PERFORMANCE.md');
    fs.writeFileSync(file, `# Performance

One run of \`./dev bench\` (medians of ${rounds} rounds of ${seconds} s each, wrk with ${connections} connections, Tenon and every yardstick with
${threads} serving thread, all on the same ${os.cpus().length} cores). The machine is shared and noisy: read the ratios, which come from one run
with the contenders taking turns, not the rates.

${table}
`);
  }
}

try {
  await main();
} finally {
  for (const child of children) child.kill('SIGTERM');
  await sleep(500);
  fs.rmSync(work, { recursive: true, force: true });
}
