// SPDX-License-Identifier: MIT
// A host with 2,000 connectors: how long it takes to start and to take up one edit, what it needs in memory, and whether
// anything that looks something up gets slower with their number.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';

import { startHost } from './calls.mjs';
import { nameOf, writeDefinitions } from './definitions.mjs';
import { ADMIN, k, measure, median, ratio, rss, serve, sleep, stop, work, yardsticks } from './lib.mjs';

const CONNECTORS = 2000, PAGE = 100, EDITS = 20, DOCUMENTS = 200;

// One after the other on one connection.
function reader(port) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  return (where) => new Promise((resolve, reject) => {
    http.get({ host: '127.0.0.1', port, path: where, agent, headers: { 'X-API-Key': ADMIN } }, (response) => {
      let text = '';
      response.on('data', (bytes) => { text += bytes; })
        .on('end', () => (response.statusCode === 200 ? resolve(text) : reject(new Error(`${where}: ${response.statusCode} ${text}`))));
    }).on('error', reject);
  });
}

async function timed(step) {
  const began = performance.now();
  await step();
  return performance.now() - began;
}

// libyaml alone and whole starts of the host, in turn.
async function starts(folder) {
  let count = 0;
  const cores = String(Math.min(os.availableParallelism(), 16));
  return measure({
    libyaml: () => ({ ms: Number(execFileSync(path.join(yardsticks, 'yaml_events'), [folder, cores], { encoding: 'utf8' })) }),
    start: async () => {
      const host = await serve(`start${count++}`, folder);
      await stop(host.child);
      return { ms: host.readyMs };
    },
  });
}

// As an editor saves: beside it, then renamed over it. Until the host answers with it.
async function edits(folder, read) {
  const file = path.join(folder, `${nameOf(7)}.yaml`), beside = path.join(folder, '.edited');
  const times = [];
  for (let i = 1; i <= EDITS; i++) {
    const version = `1.1.${i}`;
    fs.writeFileSync(beside, fs.readFileSync(file, 'utf8').replace(/^version: .*$/m, `version: ${version}`), { mode: 0o600 });
    times.push(await timed(async () => {
      fs.renameSync(beside, file);
      while (JSON.parse(await read(`/v1/connectors/${nameOf(7)}`)).version !== version) await sleep(1);
    }));
  }
  return times;
}

async function listAll(read) {
  const seen = new Set();
  for (let after = ''; after !== undefined;) {
    const page = JSON.parse(await read(`/v1/connectors?limit=${PAGE}${after && `&after=${encodeURIComponent(after)}`}`));
    for (const { id } of page.connectors) seen.add(id);
    after = page.next;
  }
  if (seen.size !== CONNECTORS + 1) throw new Error(`listed ${seen.size}`);
}

async function documents(read) {
  const times = [];
  for (let i = 0; i < DOCUMENTS; i++) times.push(await timed(() => read(`/v1/connectors/${nameOf(i * 7)}/openapi.json`)));
  return median(times);
}

const ms = (runs) => median(runs.map((run) => run.ms));

async function startRow(folder, written) {
  const { libyaml, start } = await starts(folder);
  const size = `${(written.bytes / CONNECTORS / 1024).toFixed(1)} KB a file`;
  return [`start with ${written.connectors} connectors, ${written.actions} actions, ${size}`, `ready after ${(ms(start) / 1000).toFixed(2)} s`,
    `libyaml's events of the same bytes, all cores: ${(ms(libyaml) / 1000).toFixed(2)} s`, ratio(start, libyaml, 'ms'), '< 1.5 s'];
}

function memoryRow(few, many, written) {
  const taken = (many.idleMb - few.idleMb) * 2 ** 20;
  return ['memory with them', `${many.idleMb.toFixed(0)} MB RSS`, `the files: ${(written.bytes / 2 ** 20).toFixed(1)} MB; ${(taken / written.actions / 1024).toFixed(1)} KB an action`,
    (taken / written.bytes).toFixed(1), '< 300 MB'];
}

async function readRows(many, folder) {
  const read = reader(many.port), edited = await edits(folder, read);
  await listAll(read);
  const listings = await measure({ all: async () => ({ ms: await timed(() => listAll(read)) }) });
  const first = await documents(read), again = await documents(read);
  return [
    ['edit of one file among them, until it is served', `${median(edited).toFixed(0)} ms`, `the slowest of ${EDITS}: ${Math.max(...edited).toFixed(0)} ms`, '', '< 100 ms'],
    [`list of all of them, ${PAGE} a page`, `${ms(listings.all).toFixed(0)} ms`, '', '', ''],
    [`OpenAPI documents of ${DOCUMENTS} of them`, `${first.toFixed(1)} ms each`, `asked for again: ${again.toFixed(1)} ms`, '', ''],
    ['memory after that', `${rss(many.child.pid).toFixed(0)} MB RSS`, '', '', ''],
  ];
}

async function lookUpRow(few, many) {
  const runs = await measure({ few: few.token, many: many.token });
  return ['token action among them', `${k(runs.many)}/s`, `among one connector: ${k(runs.few)}/s`, ratio(runs.few, runs.many, 'cpuUs'), '≥ 0.95 (of CPU)'];
}

// few: a host with one connector.
export async function largeRows(few, endpoint, upstreamPort) {
  const folder = path.join(work, 'many');
  const written = writeDefinitions(folder, CONNECTORS), started = await startRow(folder, written);
  const many = await startHost('many', folder, endpoint, upstreamPort);
  return [started, memoryRow(few, many, written), ...await readRows(many, folder), await lookUpRow(few, many)];
}
