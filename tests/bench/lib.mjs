// SPDX-License-Identifier: MIT
// What the load tests share: processes and their ports, wrk, rounds of contenders, requests to Tenon.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '../..');
export const bin = process.env.TENON_BIN ?? path.join(root, 'build/tenon');
export const yardsticks = process.env.TENON_YARDSTICKS ?? path.join(root, 'build-bench');
const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};
export const rounds = option('rounds', 5), seconds = option('seconds', 3), connections = 32, threads = 1;
export const work = fs.mkdtempSync(path.join(os.tmpdir(), 'tenon-bench-'));
export const children = [];
export const ADMIN = 'bench-admin-key-of-more-than-forty-characters-0';

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

export function freePort() {
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

export async function start(command, args, port, env = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...env } });
  let log = '';
  child.stderr.on('data', (bytes) => { if (log.length < 1e5) log += bytes; });
  child.on('exit', (code) => { if (code) console.error(`${path.basename(command)} ended with ${code}\n${log}`); });
  children.push(child);
  await listening(port);
  return child;
}

// The CPU time that a process has taken, of all its threads.
function cpuMs(pid) {
  const [user, system] = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ').slice(11, 13);
  return (Number(user) + Number(system)) * 10; // ticks of USER_HZ, which is 100
}

// Runs wrk once; answers requests a second, and of the process with that pid what one of them took. Fails on answers that the
// row does not expect.
export function wrk(url, { method = 'GET', headers = {}, body = '', refuse = false, pid } = {}) {
  const script = path.join(work, 'request.lua');
  const lines = [`wrk.method = ${JSON.stringify(method)}`, `wrk.body = ${JSON.stringify(body)}`];
  for (const [name, value] of Object.entries(headers)) lines.push(`wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`);
  fs.writeFileSync(script, lines.join('\n'));
  const before = pid && cpuMs(pid);
  const out = execFileSync('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, url], { encoding: 'utf8' });
  const wrong = Number(/Non-2xx or 3xx responses: (\d+)/.exec(out)?.[1] ?? 0);
  if (/Socket errors/.test(out)) throw new Error(`socket errors at ${url}\n${out}`);
  if (!refuse && wrong) throw new Error(`${wrong} wrong answers of ${url}\n${out}`);
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(out)[1]), count = Number(/(\d+) requests in/.exec(out)[1]);
  return { rate, cpuUs: pid && (cpuMs(pid) - before) * 1000 / count };
}

export async function stop(child) {
  const ended = new Promise((resolve) => child.on('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

// A host on a folder of definitions; with the milliseconds until it was ready.
export async function serve(name, folder) {
  const port = await freePort(), began = performance.now();
  const child = spawn(bin, ['serve', '--listen', `127.0.0.1:${port}`, '--connectors', folder, '--data', path.join(work, name), '--threads', String(threads)],
    { stdio: ['ignore', 'ignore', fs.openSync(path.join(work, `${name}.log`), 'w')], env: { ...process.env, TENON_ADMIN_KEY: ADMIN, TENON_EGRESS_ALLOW: '127.0.0.0/8' } });
  children.push(child);
  while (!await send(port, 'GET', '/readyz').then(({ status }) => status === 200, () => false)) {
    if (child.exitCode !== null) throw new Error(`tenon ended with ${child.exitCode}: ${fs.readFileSync(path.join(work, `${name}.log`), 'utf8').slice(0, 2000)}`);
    await sleep(5);
  }
  return { child, port, readyMs: performance.now() - began };
}

// Rounds of every contender in turn, so that all meet the same weather: what each run of each answered.
export async function measure(contenders) {
  const runs = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let i = 0; i < rounds; i++) {
    for (const [name, run] of Object.entries(contenders)) runs[name].push(await run());
  }
  return runs;
}
// The median of the ratios of each round, whose runs stood side by side.
export const ratio = (a, b, what = 'rate') => median(a.map((run, i) => run[what] / b[i][what])).toFixed(2);
export const k = (runs) => `${(median(runs.map(({ rate }) => rate)) / 1000).toFixed(1)}k`;

export const rss = (pid) => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

// On a connection of its own: wrk runs block this process, and kept connections end meanwhile.
export async function send(port, method, where, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, method, path: where, agent: false, headers: { 'X-API-Key': ADMIN, 'Content-Type': 'application/json', ...headers } },
      (response) => {
        let text = '';
        response.on('data', (bytes) => { text += bytes; }).on('end', () => resolve({ status: response.statusCode, text }));
      });
    request.on('error', reject).end(body && JSON.stringify(body));
  });
}

export async function api(port, method, where, body) {
  const { status, text } = await send(port, method, where, body);
  if (status >= 300) throw new Error(`${method} ${where}: ${status} ${text}`);
  return JSON.parse(text);
}

