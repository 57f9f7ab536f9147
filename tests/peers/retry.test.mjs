// SPDX-License-Identifier: MIT
// What fails at the service and is asked again, what never is, and a host that is let be because it fails.
import assert from 'node:assert/strict'
import http from 'node:http'
import net from 'node:net'
import { after, afterEach, before, test } from 'node:test'

import { startApiServer } from './lib/api-server.mjs'
import { definition } from './lib/connector.mjs'
import { ADMIN_KEY, assertProblem, missing, startTenon } from './lib/tenon.mjs'
import { close, listen, until } from './lib/util.mjs'

const actions = `actions:
  Read: {summary: Read, method: GET, path: /read}
  Write: {summary: Write, method: POST, path: /write, input: {n: {type: integer}}}
  Safe:
    summary: A write that may be repeated
    method: POST
    path: /safe
    input: {n: {type: integer}}
    idempotent: true
    request: {headers: {Idempotency-Key: "\${uuid()}"}}
  Never: {summary: Read without repeats, method: GET, path: /never, retry: {max: 0}}
  Busy: {summary: Asked again after a 429, method: GET, path: /busy, retry: {max: 1, statuses: [429]}}
  Short: {summary: No time for a pause, method: GET, path: /short, timeout: 2s, retry: {max: 5}}
  Steps:
    summary: A step that fails first
    method: GET
    path: /behind
    steps: {first: {url: /step}}
    request: {headers: {X-First: "\${steps.first.body.value}"}}
`
const retrying = (id, url) => definition(id, url, `retry: {max: 2, remaining: X-Left, at: [X-Reset]}\n${actions}`)

let api, tenon

before(async () => {
  api = await startApiServer()
  if (missing) return
  tenon = await startTenon({ connectors: { r: retrying('r', api.url) } })
  await tenon.connect('r', 'r')
})
afterEach(() => { api.requests.length = 0 })
after(async () => {
  await api.stop()
  await tenon?.stop()
})

const call = (path, options) => tenon.request(`/run/r/r${path}`, { key: ADMIN_KEY, echo: true, ...options })
const json = (res, status, body = {}, headers = {}) => {
  res.writeHead(status, { 'content-type': 'application/json', ...headers })
  res.end(JSON.stringify(body))
}
// Fails so often, by this, before it answers well.
const failing = (path, times, fail) => {
  let left = times
  api.answers.set(path, (req, res) => (left-- > 0 ? fail(req, res) : json(res, 200, { fine: true })))
}

test('a read that fails is asked again, at most as often as the definition says', { skip: missing }, async () => {
  for (const status of [502, 503, 504]) {
    api.requests.length = 0
    failing('/read', 2, (req, res) => json(res, status))
    assert.equal((await call('/read')).status, 200)
    assert.equal(api.at('/read').length, 3)
  }
  api.requests.length = 0
  failing('/read', 3, (req, res) => json(res, 502, { why: 'down' }))
  const answer = await call('/read')
  assert.deepEqual([answer.status, answer.json], [502, { why: 'down' }], 'the last answer passes')
  assert.equal(api.at('/read').length, 3)
})

test('other answers are not failures', { skip: missing }, async () => {
  for (const status of [200, 400, 404, 409, 500]) {
    api.requests.length = 0
    api.answers.set('/read', (req, res) => json(res, status))
    assert.equal((await call('/read')).status, status)
    assert.equal(api.at('/read').length, 1, `${status}`)
  }
})

test('a connection that breaks is asked again where that does nothing twice', { skip: missing }, async () => {
  const cut = (req, res) => { res.writeHead(200, { 'content-length': '100' }); res.write('{"half":'); setTimeout(() => res.destroy(), 20) }
  for (const fail of [(req) => req.socket.destroy(), cut]) {
    api.requests.length = 0
    failing('/read', 1, fail)
    assert.equal((await call('/read')).status, 200)
    assert.equal(api.at('/read').length, 2)
  }
})

test('a write is never sent twice, whatever comes back', { skip: missing }, async () => {
  const fails = [
    [(req, res) => json(res, 503), 503],
    [(req) => req.socket.destroy(), 502],
    [(req, res) => { res.writeHead(200, { 'content-length': '9' }); res.write('{'); setTimeout(() => res.destroy(), 20) }, 502],
  ]
  for (const [fail, status] of fails) {
    api.requests.length = 0
    failing('/write', 1, fail)
    assert.equal((await call('/write', { json: { n: 1 } })).status, status)
    assert.equal(api.at('/write').length, 1)
  }
})

test('a write that is declared idempotent is repeated, and is the same request then', { skip: missing }, async () => {
  failing('/safe', 2, (req, res) => json(res, 502))
  assert.equal((await call('/safe', { json: { n: 7 } })).status, 200)
  const sent = api.at('/safe')
  assert.deepEqual(sent.map((seen) => seen.text), ['{"n":7}', '{"n":7}', '{"n":7}'])
  assert.equal(new Set(sent.map((seen) => seen.headers['idempotency-key'])).size, 1)
  assert.match(sent[0].headers['idempotency-key'], /^[0-9a-f-]{36}$/)
  failing('/safe', 0)
  await call('/safe', { json: { n: 7 } })
  assert.notEqual(api.at('/safe').at(-1).headers['idempotency-key'], sent[0].headers['idempotency-key'], 'another call is another request')
})

test('an action may say otherwise than its connector', { skip: missing }, async () => {
  failing('/never', 1, (req, res) => json(res, 503))
  assert.equal((await call('/never')).status, 503)
  assert.equal(api.at('/never').length, 1)
})

test('a pause that the service names is waited for, within the deadline', { skip: missing }, async () => {
  await tenon.connect('pausing', 'r')
  const paused = (path) => tenon.request(`/run/r/pausing${path}`, { key: ADMIN_KEY, echo: true })
  const times = []
  failing('/busy', 1, (req, res) => json(res, 429, {}, { 'retry-after': '1' }))
  const busy = api.answers.get('/busy')
  api.answers.set('/busy', (req, res) => { times.push(performance.now()); busy(req, res) })
  assert.equal((await paused('/busy')).status, 200)
  assert.ok(times[1] - times[0] >= 900, `asked again after ${times[1] - times[0]} ms`)
  failing('/short', 1, (req, res) => json(res, 503, { later: true }, { 'retry-after': '30' }))
  const answer = await paused('/short')
  assert.deepEqual([answer.status, answer.json], [503, { later: true }])
  assert.equal(api.at('/short').length, 1)
  assertProblem(await paused('/read'), 429, 'upstream_throttled')
})

test('a step that reads is asked again', { skip: missing }, async () => {
  let left = 1
  api.answers.set('/step', (req, res) => (left-- > 0 ? json(res, 502) : json(res, 200, { value: 'v' })))
  const answer = await call('/behind')
  assert.equal(answer.status, 200, answer.text)
  assert.deepEqual([api.at('/step').length, api.at('/behind').length], [2, 1])
  assert.equal(api.at('/behind')[0].headers['x-first'], 'v')
})

test('the last call that the service grants closes the gate', { skip: missing }, async () => {
  tenon.save('left', retrying('left', api.url))
  await until('the connector', async () => (await tenon.request('/v1/connectors/left', { key: ADMIN_KEY })).status === 200)
  await tenon.connect('left', 'left')
  const read = () => tenon.request('/run/left/left/read', { key: ADMIN_KEY, echo: true })
  api.answers.set('/read', (req, res) => json(res, 200, {}, { 'x-left': '1', 'x-reset': '40' }))
  assert.equal((await read()).status, 200)
  api.answers.set('/read', (req, res) => json(res, 200, {}, { 'x-left': '0', 'x-reset': '40' }))
  assert.equal((await read()).status, 200, 'the answer itself passes')
  assertProblem(await read(), 429, 'upstream_throttled')
})

// An address that nobody listens at.
async function deadUrl() {
  const server = net.createServer()
  const port = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}`
}

test('what surely never left is sent again, a write too', { skip: missing }, async () => {
  tenon.save('dead', retrying('dead', await deadUrl()))
  await until('the connector', async () => (await tenon.request('/v1/connectors/dead', { key: ADMIN_KEY })).status === 200)
  await tenon.connect('dead', 'dead')
  assertProblem(await tenon.request('/run/dead/dead/write', { key: ADMIN_KEY, json: { n: 1 } }), 502, 'upstream_unreachable')
  const tried = tenon.log.split('\n').filter((line) => /upstream\.failed/.test(line) && /dead/.test(line))
  assert.equal(tried.length, 3)
})

test('a host that fails again and again is let be, and comes back by one call', { skip: missing }, async () => {
  const url = await deadUrl()
  const other = await startTenon({
    connectors: { once: definition('once', url, actions), well: definition('well', api.url, actions) },
    env: { TENON_BREAKER_FAILURES: '3', TENON_BREAKER_AFTER: '0ms', TENON_THREADS: '1' },
  })
  try {
    await other.connect('once', 'once')
    await other.connect('well', 'well')
    const read = () => other.request('/run/once/once/read', { key: ADMIN_KEY, echo: true })
    for (let i = 0; i < 3; i++) {
      const answer = await read()
      assertProblem(answer, 502, 'upstream_unreachable')
      assert.equal(answer.headers['retry-after'], undefined)
    }
    const open = await read()
    const problem = assertProblem(open, 502, 'upstream_unreachable')
    assert.match(problem.detail, /let be/)
    assert.equal(open.headers['retry-after'], '1')
    assert.equal((await other.request('/run/well/well/read', { key: ADMIN_KEY, echo: true })).status, 200, 'another host is called')
    const back = http.createServer((req, res) => json(res, 200))
    await listen(back, Number(new URL(url).port))
    try {
      await until('the host to be called again', async () => (await read()).status === 200)
      assert.equal((await read()).status, 200)
    } finally {
      await close(back)
    }
  } finally {
    await other.stop()
  }
})
