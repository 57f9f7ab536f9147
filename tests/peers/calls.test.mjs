// SPDX-License-Identifier: MIT
// What became of a call: its way from the key to the service and back, by request id, for admins and for callers, with the real
// authorization server; and that nothing of what it carried is kept.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { startApiServer } from './lib/api-server.mjs'
import { CLIENTS, faults, startAuthorizationServer } from './lib/authorization-server.mjs'
import { definition, signIns } from './lib/connector.mjs'
import { openEvents } from './lib/event-client.mjs'
import { ADMIN_KEY, assertProblem, missing, startTenon } from './lib/tenon.mjs'
import { until } from './lib/util.mjs'

let server, api, tenon, connections = 0
const acme = () => definition('acme', api.url, `proxy: true
${signIns(server)}retry: {max: 1, statuses: [503]}
actions:
  GetAccessToken: {summary: Get a token, token: connection}
  Find: {summary: Find one, method: GET, path: "/find/{id}", input: {id: {type: string}, name: {type: string}}}
  Once: {summary: Its token was revoked, method: GET, path: /once401}
  Busy: {summary: Busy at first, method: GET, path: /busy}
  Away: {summary: Nobody is there, method: POST, path: /away, request: {url: "http://127.0.0.1:1/"}}
  Broken: {summary: Breaks off, method: GET, path: /broken-stream}
  Few: {summary: Once an hour, method: POST, path: /GetFew, token: connection, throttle: [{calls: 1, per: 1h}]}
  Ready: {summary: Asks before, method: GET, path: /ready, steps: {look: {url: /look}}}
`)

before(async () => {
  if (missing) return
  server = await startAuthorizationServer()
  api = await startApiServer()
  let busy = 0
  api.answers.set('/busy', (req, res) => { res.writeHead(busy++ % 2 ? 200 : 503); res.end() })
  tenon = await startTenon({ connectors: { acme: acme() } })
})
after(async () => {
  await tenon?.stop()
  await server?.stop()
  await api?.stop()
})

// A connection of its own, and a caller's key to it.
async function connection() {
  const name = `c${++connections}`
  await tenon.connect(name, 'acme', CLIENTS.body, 'cc')
  const { id, key } = await tenon.admin('POST', '/v1/keys', { role: 'caller', connections: [name] })
  const call = (path, options = {}) => tenon.request(`/run/acme/${name}${path}`, { key, ...options })
  return { name, id, key, call, token: () => call('/GetAccessToken', { method: 'POST' }) }
}
const calls = (query = '', key = ADMIN_KEY) => tenon.request(`/v1/calls${query}`, { key })
async function wayOf(answer, key = ADMIN_KEY) {
  const found = await tenon.request(`/v1/calls/${answer.headers['x-request-id']}`, { key })
  assert.equal(found.status, 200, found.text)
  const { json } = found
  let at = 0
  for (const step of json.steps) { // one begins where the one before ended
    assert.ok(Math.abs(step.after_ms - at) < 0.01, found.text)
    at = step.after_ms + step.duration_ms
    if (step.first_byte_ms) assert.ok(step.first_byte_ms <= step.duration_ms, found.text)
  }
  assert.ok(at <= json.duration_ms + 0.01, found.text)
  return json
}
const steps = (way) => way.steps.map(({ step, result }) => `${step} ${result}`)

test('the first call of a connection, and the next', { skip: missing }, async () => {
  const { name, id, call } = await connection()
  const first = await wayOf(await call('/find/1'))
  assert.deepEqual(steps(first), ['identify done', 'bind done', 'token missing', 'admit done', 'authorise fetched', 'send done', 'answer done'])
  const { connector, action, key, status, whole } = first
  assert.deepEqual([connector, first.connection, action, key, status, whole], ['acme', name, 'Find', id, 200, true])
  const send = first.steps.find(({ step }) => step === 'send')
  assert.deepEqual([send.host, send.status], [new URL(api.url).host, 200])
  assert.ok(send.first_byte_ms > 0 && first.upstream_ms <= send.duration_ms && first.bytes > 0)
  assert.match(first.trace, /^[0-9a-f]{32}$/)
  assert.ok(Math.abs(Date.parse(first.at) - Date.now()) < 60000)
  const second = await wayOf(await call('/find/2'))
  assert.deepEqual(steps(second), ['identify done', 'bind done', 'token cached', 'admit done', 'send done', 'answer done'])
})

test('a token action: fetched, at hand, and recognised', { skip: missing }, async () => {
  const { token } = await connection()
  assert.deepEqual(steps(await wayOf(await token())), ['identify done', 'bind done', 'token missing', 'admit done', 'authorise fetched', 'answer done'])
  const known = await wayOf(await until('the shortest way', async () => {
    const answer = await token()
    return (await wayOf(answer)).steps[0].step === 'recognise' && answer
  }))
  assert.deepEqual(steps(known), ['recognise done', 'token cached', 'admit done'])
  assert.equal(known.status, 200)
})

test('callers that wait for the same token', { skip: missing }, async () => {
  const { call } = await connection()
  const answers = await Promise.all(Array.from({ length: 6 }, () => call('/find/1')))
  const results = await Promise.all(answers.map(async (answer) => (await wayOf(answer)).steps.find(({ step }) => step === 'authorise')?.result))
  assert.ok(results.every((result) => ['fetched', 'shared', undefined].includes(result)), results.join())
  assert.ok(results.includes('fetched'))
})

test('a token that the service refuses, and a service that is busy', { skip: missing }, async () => {
  const { call } = await connection()
  const renewed = await wayOf(await call('/once401'))
  assert.deepEqual(renewed.steps.filter(({ step }) => step === 'send').map(({ status }) => status), [401, 200])
  assert.ok(steps(renewed).includes('authorise fetched'))
  const repeated = await wayOf(await call('/busy'))
  assert.deepEqual(repeated.steps.filter(({ step }) => step === 'send').map(({ status }) => status), [503, 200])
  assert.ok(steps(repeated).includes('pause done'))
})

test('preparing requests stand before the request', { skip: missing }, async () => {
  const { call } = await connection()
  const way = await wayOf(await call('/ready'))
  assert.deepEqual(steps(way).slice(-3), ['prepare done', 'send done', 'answer done'])
  assert.equal(way.steps.at(-3).status, 200)
})

test('where calls end that fail', { skip: missing }, async () => {
  const { key, call, token } = await connection()
  await token()
  const away = await wayOf(await call('/away', { method: 'POST' }))
  assert.deepEqual([away.status, away.code, steps(away).at(-2), away.steps.at(-2).host], [502, 'upstream_unreachable', 'send failed', '127.0.0.1:1'])
  const wrong = await wayOf(await call('/find/1?colour=red'))
  assert.deepEqual([wrong.status, wrong.code, steps(wrong).at(-1)], [400, 'param_unknown', 'bind failed'])
  await call('/GetFew', { method: 'POST' })
  const held = await wayOf(await call('/GetFew', { method: 'POST' }))
  assert.deepEqual([held.status, held.code, steps(held).at(-1)], [429, 'throttled', 'admit failed'])
  const broken = await call('/broken-stream').catch((error) => error)
  assert.ok(broken instanceof Error || broken.status === 200)
  const cut = await until('the broken call', async () => (await calls('?status=error&limit=5', key)).json.calls.find(({ action }) => action === 'Broken'))
  assert.deepEqual([cut.whole, cut.code], [false, 'upstream_truncated'])
  const nothing = await wayOf(await call('/no/such'))
  assert.deepEqual([nothing.status, nothing.action, steps(nothing).at(-1)], [404, undefined, 'bind failed'])
})

test('credentials that the authorization server refuses', { skip: missing }, async () => {
  const name = `c${++connections}`
  await tenon.admin('POST', '/v1/connections', { name, connector: 'acme', auth: 'cc', parameters: { client_id: CLIENTS.body.client_id, client_secret: 'CANARY-wrong' } })
  const way = await wayOf(await tenon.request(`/run/acme/${name}/find/1`, { key: ADMIN_KEY }))
  assert.deepEqual([way.status, way.code, steps(way).at(-1)], [424, 'credentials_rejected', 'authorise failed'])
})

test('a caller sees the calls of its connections, and nobody sees those of no key', { skip: missing }, async () => {
  const one = await connection(), two = await connection()
  const mine = await one.call('/find/1'), others = await two.call('/find/1'), admins = await one.call('/find/1', { key: ADMIN_KEY })
  const lost = await two.call('/find/1', { key: one.key })
  assert.equal(lost.status, 404)
  const ids = async (query, key) => (await calls(query, key)).json.calls.map(({ request }) => request)
  assert.deepEqual(await ids('', one.key), [admins, mine].map(({ headers }) => headers['x-request-id']))
  assertProblem(await tenon.request(`/v1/calls/${others.headers['x-request-id']}`, { key: one.key }), 404, 'not_found')
  assertProblem(await calls(`?connection=${two.name}`, one.key), 404, 'not_found')
  const [first] = (await calls('?limit=1')).json.calls
  assert.deepEqual([first.request, first.connection, first.key], [lost.headers['x-request-id'], undefined, one.id], 'the admin sees who tried')
  const stranger = await one.call('/find/1', { key: `tnk_${'0'.repeat(57)}` })
  assert.equal(stranger.status, 401)
  assertProblem(await tenon.request(`/v1/calls/${stranger.headers['x-request-id']}`, { key: ADMIN_KEY }), 404, 'not_found')
})

test('page after page, all of them once', { skip: missing }, async () => {
  const { name, call } = await connection()
  const made = []
  for (let i = 0; i < 7; i++) made.push((await call(`/find/${i}`)).headers['x-request-id'])
  const seen = []
  for (let page = { next: '' }; 'next' in page;) {
    page = (await calls(`?connection=${name}&limit=2${page.next && `&after=${page.next}`}`)).json
    seen.push(...page.calls.map(({ request }) => request))
  }
  assert.deepEqual(seen, made.reverse())
})

test('nothing that a call carried is kept', { skip: missing }, async () => {
  const { call, key } = await connection()
  const answer = await call('/find/CANARY-path?name=CANARY-query', { headers: { cookie: 'CANARY-cookie' } })
  assert.equal(answer.status, 200)
  await call('/find/1?CANARY-name=1')
  for (const { text } of [await calls('?limit=1000'), await calls('?limit=1000', key), await tenon.request(`/v1/calls/${answer.headers['x-request-id']}`, { key })]) {
    assert.doesNotMatch(text, /CANARY/)
    assert.ok(!text.includes(key))
    tenon.assertNoSecret(text, '/v1/calls')
  }
})

test('who listens is told of each call, with the id to look it up by', { skip: missing }, async () => {
  const { name, key, call } = await connection()
  const stream = await openEvents(tenon, key, '?type=call.done')
  const answer = await call('/find/1')
  const { data } = await stream.until('call.done')
  stream.close()
  assert.deepEqual([data.connection, data.request], [name, answer.headers['x-request-id']])
  assert.equal((await wayOf({ headers: { 'x-request-id': data.request } }, key)).action, 'Find')
})

test('what failed stays where many calls went well; none is kept where nobody wants it', { skip: missing }, async () => {
  const small = await startTenon({ connectors: { acme: acme() }, env: { TENON_CALLS_KEPT: '3', TENON_THREADS: '1' } })
  const none = await startTenon({ connectors: { acme: acme() }, env: { TENON_CALLS_KEPT: '0' } })
  try {
    for (const tenon of [small, none]) {
      await tenon.connect('c', 'acme', CLIENTS.body, 'cc')
      for (const path of ['nothing', 'find/1', 'find/1', 'find/1', 'find/1', 'find/1']) await tenon.request(`/run/acme/c/${path}`, { key: ADMIN_KEY })
    }
    const statuses = async (tenon) => (await tenon.request('/v1/calls', { key: ADMIN_KEY })).json.calls.map(({ status }) => status)
    assert.deepEqual(await statuses(small), [200, 200, 200, 404])
    assert.deepEqual(await statuses(none), [])
  } finally {
    await small.stop()
    await none.stop()
  }
})
