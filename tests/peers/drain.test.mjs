// SPDX-License-Identifier: MIT
// SIGTERM with calls of every kind in flight: streams that are read slowly or not at all, calls that wait for a token or
// for room, uploads, clients that leave, changes by the admin. Whatever comes back is whole or visibly broken, and the
// host ends by itself, with exit code 0. TENON_ROUNDS: how often.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { after, before, test } from 'node:test'

import { startApiServer } from './lib/api-server.mjs'
import { CLIENTS, faults, startAuthorizationServer } from './lib/authorization-server.mjs'
import { definition, signIns } from './lib/connector.mjs'
import { missing, startTenon } from './lib/tenon.mjs'
import { makeCertificate } from './lib/tls.mjs'
import { sleep } from './lib/util.mjs'

const ROUNDS = Number(process.env.TENON_ROUNDS ?? 6)

const connector = (server, api, more = '') => definition('api', api.url, `${more}proxy: true
${signIns(server)}
actions:
  Token: {summary: Token, token: connection}
  Echo: {summary: Echo, method: GET, path: /echo}
  Put: {summary: Put, method: PUT, path: /put, input_type: application/octet-stream, input: {body: {in: body, type: string, format: binary}}}
  Later: {summary: Later, method: GET, path: /later, timeout: 5s}
  Stuck: {summary: Stuck, method: GET, path: /slow, timeout: 1s}
  Stream: {summary: Stream, method: GET, path: /stream, input: {bytes: {in: query, type: integer}}}
  Broken: {summary: Broken, method: GET, path: /broken-stream}
  Refused: {summary: Refused, method: GET, path: /once401}
  Patient: {summary: Waits, method: GET, path: /patient, throttle: [{calls: 2, per: 1s, on_limit: wait, max_wait: 3s}]}
`)

let server, api, folder, certificate

before(async () => {
  server = await startAuthorizationServer()
  api = await startApiServer()
  api.answers.set('/later', async (req, res) => { await sleep(300 + Math.random() * 700); res.end('"later"') })
  folder = mkdtempSync(join(tmpdir(), 'tenon-drain-'))
  mkdirSync(join(folder, 'tls'))
  certificate = makeCertificate(join(folder, 'tls'), ['localhost'])
})
after(async () => {
  await server.stop()
  await api.stop()
  rmSync(folder, { recursive: true })
})

const pick = (list) => list[Math.floor(Math.random() * list.length)]

// A client on a bare socket that asks and then reads slowly, not at all, only a part, or leaves.
function bare(tenon, secure, text, manner) {
  return new Promise((resolve) => {
    const socket = secure ? tls.connect({ port: tenon.port, host: '127.0.0.1', rejectUnauthorized: false }) : net.connect(tenon.port, '127.0.0.1')
    let timer
    const end = () => { clearTimeout(timer); resolve() }
    socket.on('error', end).on('close', end)
    socket.on(secure ? 'secureConnect' : 'connect', () => {
      socket.write(text)
      if (manner === 'leaves') timer = setTimeout(() => socket.destroy(), Math.random() * 600)
      if (manner === 'resets') timer = setTimeout(() => (secure ? socket.destroy() : socket.resetAndDestroy()), Math.random() * 600)
      if (manner === 'dawdles') { socket.pause(); timer = setTimeout(() => socket.resume(), 200 + Math.random() * 500) }
      if (manner === 'reads') socket.resume()
    })
  })
}

// Everything that can be in flight; each promise settles when its client is done, however that ends.
function traffic(tenon, secure, key, state) {
  const head = (line, more = '') => `${line} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${key}\r\n${more}\r\n`
  const ask = (path, options) => tenon.request(path, { key, echo: true, ...options }).then((answer) => { state.answered.push(answer.status) }, () => { state.broken++ })
  const kinds = [
    () => ask('/run/api/a/Token', { method: 'POST' }),
    () => ask('/run/api/b/Token', { method: 'POST', headers: { 'cache-control': 'no-cache' } }),
    () => ask('/run/api/a/echo'),
    () => ask('/run/api/a/later'),
    () => ask('/run/api/b/slow'),
    () => ask('/run/api/a/once401'),
    () => ask('/run/api/b/echo'),
    () => ask('/run/api/-/stream?bytes=3000000'),
    () => ask('/proxy/a/later?x=1'),
    () => ask('/proxy/b/put', { method: 'PUT', body: Buffer.alloc(300000) }),
    () => ask('/run/api/a/broken-stream'),
    () => ask('/run/api/a/put', { method: 'PUT', body: Buffer.alloc(2000000), headers: { 'content-type': 'application/octet-stream' } }),
    () => ask('/v1/connections'),
    () => ask('/run/api/a/echo', { key: 'tnk_aaaaaaaa_0123456789012345678901234567890123456789012abcdef' }),
    () => tenon.admin('POST', '/v1/keys', { role: 'caller', connections: ['a'], rights: [] }).catch(() => {}),
    () => tenon.admin('POST', '/v1/connections/a/test').catch(() => {}),
    () => tenon.admin('PATCH', '/v1/connections/b', { title: `t${Math.random()}` }).catch(() => {}),
    () => bare(tenon, secure, head('GET /run/api/a/stream?bytes=9000000'), pick(['leaves', 'resets', 'dawdles', 'reads'])),
    () => bare(tenon, secure, head('GET /proxy/a/stream?bytes=9000000'), pick(['leaves', 'resets', 'dawdles'])),
    () => bare(tenon, secure, head('GET /run/api/a/later'), pick(['leaves', 'resets', 'reads'])),
    () => bare(tenon, secure, head('GET /run/api/b/slow'), pick(['leaves', 'resets'])),
    () => bare(tenon, secure, head('POST /run/api/b/Token'), pick(['leaves', 'resets', 'reads'])),
    () => bare(tenon, secure, head('PUT /proxy/a/put', 'Content-Length: 100000\r\n') + 'x'.repeat(5000), pick(['leaves', 'resets'])),
    () => bare(tenon, secure, 'GET /run/api/a/echo HTTP/1.1\r\nHo', pick(['leaves', 'resets', 'reads'])),
    () => bare(tenon, secure, head('GET /run/api/a/echo').repeat(5), pick(['leaves', 'resets', 'reads'])),
    () => bare(tenon, false, secure ? '\x16\x03\x01\x02' : '', pick(['leaves', 'resets', 'reads'])),
    ...Array.from({ length: 5 }, () => () => ask('/run/api/a/patient')),
  ]
  return kinds.flatMap((kind) => [kind(), kind()])
}

async function round(number) {
  const secure = number % 2 === 1
  const impatient = number % 5 === 4 // a second signal: the host ends at once
  const args = secure ? ['--tls-cert', join(folder, 'tls/leaf.pem'), '--tls-key', join(folder, 'tls/leaf.key')] : []
  const tenon = await startTenon({ args, connectors: { api: connector(server, api) },
    env: { TENON_DRAIN_TIMEOUT: '20s', TENON_LOG_CALLS: pick(['all', 'errors']), TENON_THREADS: pick(['1', '2', '3']) },
    ...(secure && { tls: { ca: readFileSync(certificate.caFile), servername: 'localhost' } }) })
  const state = { answered: [], broken: 0 }
  try {
    for (const name of ['a', 'b']) await tenon.connect(name, 'api', CLIENTS.body, 'cc')
    const key = await tenon.key(['a', 'b'], ['proxy'])
    server.fault = pick([null, faults.slow(400), faults.down])
    delete api.revoked
    const going = traffic(tenon, secure, key, state)
    await sleep(Math.random() * 500)
    if (number % 3 === 1) tenon.save('api', connector(server, api, 'timeout: 20s\n'))
    if (number % 3 === 2) process.kill(tenon.pid, 'SIGHUP')
    await sleep(Math.random() * 200)
    const ending = tenon.halt()
    if (impatient) {
      await sleep(Math.random() * 300)
      if (!tenon.ended) process.kill(tenon.pid, 'SIGTERM')
    }
    await ending
    assert.match(tenon.log.slice(-3000), impatient ? /host\.stopped/ : /host\.stopped drained=true/)
    await Promise.all(going)
    assert.ok(state.answered.every((status) => [200, 400, 401, 404, 424, 429, 502, 503, 504].includes(status)), `${state.answered}`)
  } finally {
    server.fault = null
    await tenon.stop()
  }
}

for (let i = 0; i < ROUNDS; i++) {
  test(`round ${i + 1}`, { skip: missing }, () => round(i))
}
