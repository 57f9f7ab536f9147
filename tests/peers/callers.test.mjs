// SPDX-License-Identifier: MIT
// What callers see of each other: the key that a call came by is told to that key and to admins; and a key of a connection
// that was made again under its name sees nothing of the one before.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { startApiServer } from './lib/api-server.mjs'
import { definition } from './lib/connector.mjs'
import { openEvents } from './lib/event-client.mjs'
import { ADMIN_KEY, ROOT, assertProblem, missing, startTenon } from './lib/tenon.mjs'

let api, tenon
before(async () => {
  if (missing) return
  api = await startApiServer()
  api.answers.set('/echo', (req, res, { query }) => { res.writeHead(200, { 'content-type': 'text/plain', 'x-echo': 'was 4711' }); res.end(query.get('guess')) })
  tenon = await startTenon({ connectors: { hr: definition('hr', api.url, `connection: {parameters: {pin: {type: string, secret: true}}}
throttle: [{calls: 50, per: 1m}, {calls: 20, per: 1m, scope: caller}]
actions:
  Find: {summary: Find one, method: GET, path: "/find/{id}", input: {id: {type: string}}}
  Echo: {summary: Says what it is sent, method: GET, path: /echo, input: {guess: {type: string}}}
  Away: {summary: Nobody is there, method: GET, path: /away, request: {url: "http://127.0.0.1:1/"}}
`) } })
})
after(async () => {
  await tenon?.stop()
  await api?.stop()
})

const keyOf = (...connections) => tenon.admin('POST', '/v1/keys', { role: 'caller', connections })
const call = (name, key, action = 'find/1') => tenon.request(`/run/hr/${name}/${action}`, { key, echo: true })
const get = async (path, key) => (await tenon.request(path, { key })).json
const idOf = (answer) => answer.headers['x-request-id']

// All that callers may read, of the table of routes.
const paths = (names) => [...readFileSync(join(ROOT, 'src/api/routes.c'), 'utf8').matchAll(/\{"GET",\s+"([^"]+)",\s+ACCESS_(CALLER|TOKEN|METRICS),/g)]
  .map(([, path]) => path.replace(/\{(\w+)\}/g, (all, name) => names[name]))

test('a caller is told its own key, and no other', { skip: missing }, async () => {
  await tenon.connect('acme', 'hr')
  const mine = await keyOf('acme'), other = await keyOf('acme'), by = 'env'
  const streams = [await openEvents(tenon, mine.key, '?after=0'), await openEvents(tenon, ADMIN_KEY, '?after=0')]
  await tenon.admin('PATCH', '/v1/connections/acme', { title: 'Acme' })
  const made = []
  for (const key of [mine.key, other.key, ADMIN_KEY]) made.push(await call('acme', key), await call('acme', key, 'away'))
  assert.deepEqual(made.map((one) => one.status).slice(0, 2), [200, 502])

  const seen = await get('/v1/calls', mine.key), all = await get('/v1/calls', ADMIN_KEY)
  assert.deepEqual(seen.calls.map((one) => one.request), made.map(idOf).reverse())
  assert.deepEqual(seen.calls.map((one) => one.key), [undefined, undefined, undefined, undefined, mine.id, mine.id])
  assert.deepEqual(all.calls.map((one) => one.key), [by, by, other.id, other.id, mine.id, mine.id])
  assert.equal((await get(`/v1/calls/${idOf(made[2])}`, mine.key)).key, undefined)
  assert.equal((await get(`/v1/calls/${idOf(made[2])}`, other.key)).key, other.id)

  const whole = await streams[1].until('call.failed', ({ key }) => key === by)
  await streams[0].until('call.failed', ({ request }) => request === whole.data.request)
  const [mineTold, allTold] = streams.map((stream) => stream.told.filter((e) => e.data.connection === 'acme'))
  assert.deepEqual(mineTold.map((e) => e.id), allTold.map((e) => e.id))
  assert.deepEqual(allTold.filter((e) => e.data.key ?? e.data.by).map((e) => e.data.key ?? e.data.by), [by, by, mine.id, other.id, by])
  assert.deepEqual(mineTold.filter((e) => e.data.key ?? e.data.by).map((e) => e.data.key), [mine.id])
  streams.forEach((stream) => stream.close())

  const names = { connector: 'hr', connection: 'acme', request: idOf(made[3]) }
  const asked = paths(names)
  assert.ok(asked.length >= 12, String(asked))
  for (const path of asked) {
    const { status, text } = await tenon.request(path, { key: mine.key })
    assert.ok(!text.includes(other.id), `${path} tells another key`)
    assert.ok(!text.includes(`"${by}"`), `${path} tells an admin's key`)
    if (!/token$|metrics$/.test(path)) assert.equal(status, 200, path)
  }
})

test('the next connection of a name is another one', { skip: missing }, async () => {
  await tenon.connect('again', 'hr')
  const old = await keyOf('again')
  const made = [await call('again', old.key), await call('again', old.key, 'away')]
  assert.equal((await get('/v1/calls', old.key)).calls.length, 2)
  assert.ok((await get('/v1/events', old.key)).events.some((e) => e.type === 'call.failed'))
  await tenon.admin('DELETE', '/v1/connections/again')
  assert.equal((await get('/v1/calls', old.key)).calls.length, 0, 'there is none')
  assert.equal((await get('/v1/calls?connection=again', ADMIN_KEY)).calls.length, 2, 'an admin sees what became of it')

  await tenon.connect('again', 'hr')
  const next = await keyOf('again')
  const first = await call('again', next.key)
  for (const key of [next.key, old.key]) {
    assert.deepEqual((await get('/v1/calls', key)).calls.map((one) => one.request), [idOf(first)])
    assert.deepEqual((await get('/v1/calls?connection=again', key)).calls.map((one) => one.request), [idOf(first)])
    for (const one of made) assertProblem(await tenon.request(`/v1/calls/${idOf(one)}`, { key }), 404, 'not_found')
    const { events } = await get('/v1/events?after=0&limit=1000', key)
    assert.deepEqual([events[0].type, events.filter((e) => e.type === 'call.failed').length], ['connection.created', 0])
  }
  const stream = await openEvents(tenon, next.key, '?after=0')
  await stream.until('connection.created')
  assert.equal(stream.told[0].type, 'connection.created')
  stream.close()
  assert.deepEqual((await get('/v1/calls?connection=again', ADMIN_KEY)).calls.map((one) => one.request), [idOf(first)], 'of the present one')
  assert.equal((await get('/v1/calls?limit=3', ADMIN_KEY)).calls.filter((one) => one.connection === 'again').length, 3, 'all')
  assert.equal((await get(`/v1/calls/${idOf(made[0])}`, ADMIN_KEY)).connection, 'again')
  // What was used is its own; what the service is spared goes on.
  const usage = await get('/v1/connections/again/usage', next.key)
  assert.deepEqual([usage.total.calls, usage.keys.map((one) => one.key)], [1, [next.id]])
  const { limits } = await get('/v1/connections/again/limits', next.key)
  assert.equal(limits.find(({ scope }) => scope === 'connection').used, 3)

  await tenon.restart()
  const { events } = await get('/v1/events?after=0&limit=1000', next.key)
  assert.equal(events[0].type, 'connection.created')
  assert.equal(events.filter((e) => e.type === 'connection.created').length, 1)
})

test('a caller is not told which of its guesses is a secret of the connection', { skip: missing }, async () => {
  await tenon.connect('guessed', 'hr', { pin: '4711' })
  const { key } = await keyOf('guessed')
  const tried = (key) => tenon.request(`/v1/try/hr/guessed/echo?guess=${[4710, 4711, 4712].join('-')}`, { key, echo: true })
  assert.equal((await tried(ADMIN_KEY)).headers['tenon-secrets'], '5-9; x-echo')
  const told = await tried(key)
  assert.equal(told.status, 200, told.text)
  assert.equal(told.headers['tenon-secrets'], undefined)
})
