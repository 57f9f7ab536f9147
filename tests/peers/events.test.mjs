// SPDX-License-Identifier: MIT
// Being told: the list of events and the live stream, read by npm eventsource, over restarts, by keys that see a part, by clients
// that do not read; and what a connection says of its state.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import net from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'

import { startApiServer } from './lib/api-server.mjs'
import { CLIENTS, faults, startAuthorizationServer } from './lib/authorization-server.mjs'
import { definition, signIns } from './lib/connector.mjs'
import { MEMBERS, openEvents } from './lib/event-client.mjs'
import { run } from './lib/run.mjs'
import { ADMIN_KEY, assertProblem, missing, sanitized, startTenon, TENON } from './lib/tenon.mjs'
import { until } from './lib/util.mjs'

let server, api, tenon
const actions = 'actions:\n  Who: {summary: Who am I, method: GET, path: /who}\n  Gone: {summary: Fails, method: GET, path: /gone}\n'
const hr = (more = '') => definition('hr', api.url, signIns(server) + actions + more, '["127.0.0.1", "*.example.com"]')
const options = () => ({ connectors: { hr: hr() }, env: { TENON_EVENT_LISTENERS: '3', TENON_LOG_FORMAT: 'json' } })

before(async () => {
  if (missing) return
  server = await startAuthorizationServer()
  api = await startApiServer()
  api.answers.set('/who', (req, res) => { res.writeHead(200, { 'content-type': 'application/json' }); res.end('{"me": true}') })
  api.answers.set('/gone', (req, res) => { res.writeHead(502); res.end() })
  tenon = await startTenon(options())
})
after(async () => {
  await tenon?.stop()
  await server?.stop()
  await api?.stop()
})

const list = async (query = '', key = ADMIN_KEY) => (await tenon.request(`/v1/events${query}`, { key })).json
const types = (page) => page.events.map((event) => event.type)
const call = (path, connection = 'acme', key = ADMIN_KEY) => tenon.request(`/run/hr/${connection}/${path}`, { key })

// What every event owes whoever reads it, wherever it is told.
function check(event, where) {
  assert.ok(MEMBERS.has(event.type), event.type)
  for (const member of Object.keys(event.data)) assert.ok(MEMBERS.get(event.type).includes(member), `${event.type}: ${member} is not in docs/EVENTS.md`)
  assert.match(event.id, /^\d{16}$/)
  assert.ok(Math.abs(Date.now() - Date.parse(event.timestamp)) < 600000)
  tenon.assertNoSecret(JSON.stringify(event), where)
}

test('the life of a connection, as it is told', { skip: missing }, async () => {
  const stream = await openEvents(tenon, ADMIN_KEY)
  await tenon.connect('acme', 'hr', CLIENTS.body, 'cc')
  assert.equal((await call('who')).status, 200)
  await tenon.admin('PATCH', '/v1/connections/acme', { title: 'Acme' })
  await tenon.admin('PATCH', '/v1/connections/acme', { parameters: { client_id: CLIENTS.body.client_id, client_secret: 'CANARY-wrong-secret' }, verify: false })
  tenon.secrets.add('CANARY-wrong-secret')
  assertProblem(await call('who'), 424, 'credentials_rejected')
  const rejected = await stream.until('connection.state_changed', ({ state }) => state === 'rejected')
  assert.deepEqual([rejected.data.connection, rejected.data.before, rejected.data.code, rejected.data.error], ['acme', 'ready', 'credentials_rejected', 'invalid_client'])
  const shown = await tenon.admin('GET', '/v1/connections/acme')
  assert.deepEqual([shown.state, shown.reason.code, shown.reason.error], ['rejected', 'credentials_rejected', 'invalid_client'])
  assert.match(shown.reason.advice, /credentials that the service accepts/)
  assert.ok(Math.abs(Date.parse(shown.reason.since) - Date.parse(rejected.timestamp)) < 2000)
  await tenon.admin('PATCH', '/v1/connections/acme', { parameters: CLIENTS.body })
  await stream.until('connection.state_changed', ({ state }) => state === 'ready')
  await tenon.admin('POST', '/v1/connections/acme/reset')
  assert.equal((await call('gone')).status, 502)
  const failed = await stream.until('call.failed', ({ action }) => action === 'Gone')
  assert.deepEqual([failed.data.status, failed.data.connection], [502, 'acme'])
  await stream.until('connection.reset')
  const told = stream.told.map((event) => event.type)
  for (const type of ['connection.created', 'connection.changed', 'token.refreshed', 'token.failed']) assert.ok(told.includes(type), type)
  assert.equal(told.indexOf('connection.created'), 0)
  stream.told.forEach((event) => check(event, 'the stream'))
  assert.deepEqual(stream.told.map((event) => event.lastEventId), stream.told.map((event) => event.id))
  assert.deepEqual(types(await list('?connection=acme')), told)
  stream.close()
})

test('the list in pages, and what is refused', { skip: missing }, async () => {
  const all = (await list('?after=0&limit=1000')).events
  let page = await list('?after=0&limit=3')
  const seen = [...page.events]
  while (page.next) {
    page = await list(`?limit=3&after=${page.next}`)
    seen.push(...page.events)
  }
  assert.deepEqual(seen, all)
  assert.deepEqual((await list('?limit=2')).events, all.slice(-2))
  assert.ok((await list('?type=token.*')).events.every((event) => event.type.startsWith('token.')))
  assert.deepEqual((await list('?connection=nobody')).events, [])
  for (const [query, code] of [['type=token.lost', 'param_value'], ['after=x', 'param_type'], ['limit=all', 'param_type'], ['colour=red', 'param_unknown']]) {
    assertProblem(await tenon.request(`/v1/events?${query}`, { key: ADMIN_KEY }), 400, code)
  }
})

test('a caller key sees its own connections only, and no more once it is revoked', { skip: missing }, async () => {
  await tenon.connect('mine', 'hr', CLIENTS.body, 'cc')
  const { id, key } = await tenon.admin('POST', '/v1/keys', { role: 'caller', connections: ['mine'] })
  const stream = await openEvents(tenon, key)
  const all = await openEvents(tenon, ADMIN_KEY)
  await call('who')
  await call('who', 'mine')
  await all.until('token.refreshed', ({ connection }) => connection === 'mine')
  await stream.until('token.refreshed')
  assert.deepEqual(new Set([...(await list('', key)).events, ...stream.told].map((event) => event.data.connection)), new Set(['mine']))
  assertProblem(await tenon.request('/v1/events?connection=acme', { key }), 404, 'not_found')
  await tenon.admin('DELETE', `/v1/keys/${id}`)
  await stream.ended()
  stream.close()
  assert.equal((await all.until('key.revoked', (data) => data.key === id)).data.by, 'env')
  assert.ok(!JSON.stringify(all.told).includes(key))
  all.close()
})

test('every call, while somebody asks for it', { skip: missing }, async () => {
  const stream = await openEvents(tenon, ADMIN_KEY, '?type=call.done')
  const { key } = await tenon.admin('POST', '/v1/keys', { role: 'caller', connections: ['mine'] })
  for (let i = 0; i < 3; i++) await call('who', 'mine', key)
  await until('three calls', () => stream.of('call.done').length === 3)
  const [{ data }] = stream.told
  assert.deepEqual([data.connection, data.connector, data.action, data.status], ['mine', 'hr', 'Who', 200])
  stream.told.forEach((event) => check(event, 'the stream'))
  stream.close()
  assert.ok(!types(await list('?limit=1000')).includes('call.done'), 'they are kept nowhere')
})

test('a restart in the middle: nothing that matters is missed, and the stream ends in order', { skip: missing }, async () => {
  const stream = await openEvents(tenon, ADMIN_KEY)
  await tenon.admin('PATCH', '/v1/connections/acme', { title: 'Before' })
  const { id } = await stream.until('connection.changed')
  await tenon.admin('PATCH', '/v1/connections/acme', { title: 'Unheard' })
  await tenon.halt()
  await stream.ended()
  stream.close()
  await tenon.start()
  const again = await openEvents(tenon, ADMIN_KEY, '', id)
  await tenon.admin('PATCH', '/v1/connections/acme', { title: 'After' })
  await until('both changes', () => again.of('connection.changed').length === 2)
  assert.ok(again.told.every((event) => event.id > id))
  assert.equal(again.of('gap').length, 0)
  again.close()
  assert.ok(types(await list('?limit=1000')).includes('connection.created'), 'kept events are there after the restart')
})

test('definitions, and a connection whose destinations changed', { skip: missing }, async () => {
  const stream = await openEvents(tenon, ADMIN_KEY)
  tenon.save('hr', hr('colour: red\n'))
  const refused = await stream.until('definition.refused')
  assert.deepEqual([refused.data.connector, refused.data.serving_previous, refused.data.faults > 0], ['hr', true, true])
  tenon.save('hr', hr('  Away: {summary: Elsewhere, method: GET, path: /away, request: {url: "https://new.example.com/"}}\n'))
  await stream.until('definition.loaded')
  const review = await stream.until('connection.state_changed', ({ connection, state }) => connection === 'acme' && state === 'review')
  assert.match(review.data.detail, /new\.example\.com:443/)
  const { reason } = await tenon.admin('GET', '/v1/connections/acme')
  assert.deepEqual([reason.code, reason.destinations], ['definition_changed', { added: ['new.example.com:443'], removed: [] }])
  await tenon.admin('PATCH', '/v1/connections/acme', { accept: true })
  await stream.until('connection.state_changed', ({ connection, state }) => connection === 'acme' && state === 'ready')
  tenon.save('hr', hr())
  await stream.until('connection.state_changed', ({ connection, detail }) => connection === 'acme' && detail?.includes('other hosts;'))
  for (const connection of ['acme', 'mine']) await tenon.admin('PATCH', `/v1/connections/${connection}`, { accept: true })
  stream.told.forEach((event) => check(event, 'the stream'))
  stream.close()
})

test('a state that changed while no host ran is told by the next', { skip: missing }, async () => {
  const { events } = await list('?limit=1')
  await tenon.halt()
  tenon.save('hr', hr().replace(/ {4}cc:\n[^]*?(?= {4}cc_basic:)/, ''))
  await tenon.start()
  const stream = await openEvents(tenon, ADMIN_KEY, '', events[0].id)
  const changed = await stream.until('connection.state_changed', ({ connection }) => connection === 'acme')
  assert.deepEqual([changed.data.state, changed.data.code], ['incomplete', 'parameter_missing'])
  tenon.save('hr', hr())
  await stream.until('connection.state_changed', ({ connection, state, before }) => connection === 'acme' && state === 'ready' && before === 'incomplete')
  stream.close()
})

test('a pause that a service asks for, and one after failures', { skip: missing }, async () => {
  const stream = await openEvents(tenon, ADMIN_KEY)
  api.answers.set('/who', (req, res) => { res.writeHead(429, { 'retry-after': '1' }); res.end() })
  await call('who', 'acme')
  api.answers.delete('/who')
  const closed = await stream.until('throttle.closed')
  assert.ok(Date.parse(closed.data.until) - Date.parse(closed.timestamp) <= 2000)
  const { pause, state } = await tenon.admin('GET', '/v1/connections/acme')
  assert.deepEqual([state, pause.code], ['ready', 'upstream_throttled'])
  await tenon.admin('POST', '/v1/connections/mine/reset')
  server.fault = faults.answers(500, '{}')
  assertProblem(await call('who', 'mine'), 502, 'token_endpoint_unavailable')
  server.fault = null
  const paused = (await tenon.admin('GET', '/v1/connections/mine')).pause
  assert.equal(paused.code, 'token_endpoint_unavailable')
  assert.ok(Date.parse(paused.until) > Date.now() - 1000)
  await stream.until('throttle.opened', ({ connection }) => connection === 'acme')
  stream.close()
})

test('the command line: columns, one connection, and what happens over a restart', { skip: missing }, async () => {
  const there = ['--data', tenon.data, '--connectors', tenon.connectors]
  const cli = async (...words) => {
    const { status, stdout, stderr } = await run(TENON, [...words, ...there], { env: { TZ: 'UTC' } })
    assert.equal(status, 0, stderr)
    tenon.assertNoSecret(stdout, words.join(' '))
    return stdout
  }
  const [headings, ...rows] = (await cli('events', '--connection', 'acme', '--limit', '5')).trimEnd().split('\n')
  assert.match(headings, /^TIME +EVENT +CONNECTION +WHAT$/)
  assert.equal(rows.length, 5)
  for (const row of rows) assert.match(row, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}[a-z]+\.[a-z_]+ +acme +\S/)
  assert.deepEqual(JSON.parse(await cli('events', '--json')), (await list()).events)
  await tenon.connect('wrong', 'hr', { client_id: CLIENTS.body.client_id, client_secret: 'CANARY-not-that' }, 'cc')
  assert.equal((await call('who', 'wrong')).status, 424)
  assert.match(await cli('connection', 'list'), /^wrong +hr +cc +rejected +\d{4}-\d\d-\d\d \d\d:\d\d +credentials_rejected /m)
  const shown = await cli('connection', 'show', 'wrong')
  for (const line of [/^STATE +rejected$/m, /^reason +credentials_rejected$/m, /^since +\d{4}/m, /^service says +invalid_client$/m, /^what to do +give the connection/m]) assert.match(shown, line)
  const follower = spawn(TENON, ['events', '--follow', '--json', ...there], { stdio: ['ignore', 'pipe', 'pipe'] })
  let told = ''
  follower.stdout.setEncoding('utf8').on('data', (text) => { told += text })
  await until('it to listen', async () => (await tenon.metric('tenon_http_requests_in_flight')) === 2)
  await tenon.restart()
  await tenon.admin('DELETE', '/v1/connections/wrong')
  await until('it to be told', () => told.includes('connection.removed'))
  for (const line of told.trim().split('\n')) check(JSON.parse(line), 'the command line')
  follower.kill()
  await until('it to have left', async () => (await tenon.metric('tenon_http_requests_in_flight')) === 1)
})

test('so many streams at a time', { skip: missing }, async () => {
  const open = []
  for (let i = 0; i < 3; i++) open.push(await openEvents(tenon, ADMIN_KEY))
  const full = await tenon.request('/v1/events', { key: ADMIN_KEY, headers: { accept: 'text/event-stream' } })
  assertProblem(full, 503, 'over_capacity')
  open.forEach((stream) => stream.close())
  await until('room again', async () => {
    const stream = await openEvents(tenon, ADMIN_KEY).catch(() => null)
    stream?.close()
    return stream
  })
})

// More than all buffers on the way hold, so that what a client does not take has to wait in the host.
const MANY = 3000
function fillStore() {
  const store = new DatabaseSync(join(tenon.data, 'tenon.db'))
  const add = store.prepare('INSERT INTO record (kind, id, generation, changed_at, plain) VALUES (?, ?, 1, 0, ?)')
  store.exec('BEGIN')
  for (let i = 1; i <= MANY; i++) {
    const id = String(i).padStart(16, '0')
    add.run('event', id, JSON.stringify({ id, type: 'connection.changed', timestamp: '2026-01-01T00:00:00.000Z', data: { connection: 'acme', by: 'x'.repeat(6000) } }))
  }
  store.exec('COMMIT')
  store.close()
}

test('a client that does not read is cut off, and is a burden to nobody', { skip: missing }, async () => {
  await tenon.halt()
  fillStore()
  await tenon.start({ TENON_EVENTS_KEPT: '8000', TENON_REQUEST_TIMEOUT: '500ms' })
  const growth = await tenon.growth(async () => {
    const socket = net.connect(tenon.port, '127.0.0.1').pause()
    socket.on('error', () => {})
    socket.write(`GET /v1/events?after=0 HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nX-API-Key: ${ADMIN_KEY}\r\n\r\n`)
    const reader = await openEvents(tenon, ADMIN_KEY)
    await tenon.admin('PATCH', '/v1/connections/acme', { title: 'Other' })
    await reader.until('connection.changed')
    assert.equal(await tenon.metric('tenon_http_requests_in_flight'), 3, 'both streams, and the question')
    reader.close()
    await until('the client to be cut off', async () => (await tenon.metric('tenon_http_requests_in_flight')) === 1)
    socket.destroy()
  })
  if (!sanitized) assert.ok(growth < 4, `${growth} MiB for a client that does not read`)
  const all = await openEvents(tenon, ADMIN_KEY, '?after=1&type=connection.changed') // what only passed before the restart is gone
  await until('all events', () => all.told.length >= MANY - 1)
  assert.equal(all.of('gap').length, 0)
  all.close()
})

test('what has left the store before a client comes back is a gap', { skip: missing }, async () => {
  await tenon.halt()
  await tenon.start({ TENON_EVENTS_KEPT: '16' })
  const stream = await openEvents(tenon, ADMIN_KEY, '?after=5')
  await until('the gap', () => stream.told[0]?.event === 'gap')
  await until('the rest', () => stream.told.length === 17)
  stream.close()
  assert.deepEqual([(await list('?after=5')).missed, (await list('?after=0')).missed], [true, undefined])
})
