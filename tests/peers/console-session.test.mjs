// SPDX-License-Identifier: MIT
// Signing in to the console, as its page does it: sessions, what they open and what not, how they end, wrong keys, and the link by
// which the first admin comes in.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { CLIENTS, startAuthorizationServer } from './lib/authorization-server.mjs'
import { besideWell } from './lib/beside.mjs'
import { definition, signIns } from './lib/connector.mjs'
import { beginSession, ConsoleSession } from './lib/console.mjs'
import { openEvents } from './lib/event-client.mjs'
import { ADMIN_KEY, assertProblem, missing, startTenon } from './lib/tenon.mjs'
import { until } from './lib/util.mjs'

const API = (to) => `proxy: true\n${signIns(to)}actions:\n  GetAccessToken: {summary: Get a token, token: connection}\n`
let server, tenon

before(async () => {
  if (missing) return
  server = await startAuthorizationServer()
  tenon = await startTenon({ connectors: { api: definition('api', server.url, API(server)) }, env: { TENON_LOG_FORMAT: 'json' } })
  for (const name of ['acme', 'other']) await tenon.connect(name, 'api', CLIENTS.body, 'cc')
})
after(async () => {
  await tenon?.stop()
  await server?.stop()
})

const begin = (body, { on = tenon, ...headers } = {}) => beginSession(on, body, headers)
const signIn = (key, on = tenon) => ConsoleSession.signIn(on, key)
const lines = async (query) => (await tenon.admin('GET', `/v1/audit?limit=1000&${query}`)).lines

test('an admin signs in, works and signs out', { skip: missing }, async () => {
  const session = await signIn(ADMIN_KEY)
  assert.deepEqual(session.attributes.sort(), ['HttpOnly', 'Path=/', 'SameSite=Strict'])
  assert.match(session.cookie, /^tenon_[0-9a-f]{16}=[A-Za-z0-9_-]{43}$/)
  const { csrf, ...told } = session.told
  assert.match(csrf, /^[A-Za-z0-9_-]{43}$/)
  assert.deepEqual(told, { key_id: 'env', role: 'admin', connections: [], rights: ['token', 'proxy', 'metrics'], idle_seconds: 1800 })
  assert.deepEqual((await session.ask('GET', '/v1/session')).json, session.told)
  const made = await session.ask('POST', '/v1/keys', { json: { role: 'caller', connections: ['acme'] } })
  assert.equal(made.status, 201, made.text)
  const [line] = await lines(`request_id=${made.headers['x-request-id']}`)
  assert.deepEqual([line.what, line.actor, line.key, line.outcome], ['key.created', 'key', 'env', 'done'])
  const out = await session.ask('DELETE', '/v1/session')
  assert.equal(out.status, 204)
  assert.match(out.headers['set-cookie'][0], /^tenon_[0-9a-f]{16}=; .*Max-Age=0/)
  assertProblem(await session.ask('GET', '/v1/keys'), 401, 'unauthorized')
  assertProblem(await session.ask('GET', '/v1/session'), 401, 'unauthorized')
  assert.deepEqual((await lines('order=newest')).filter(({ what }) => /^session/.test(what)).map(({ what }) => what), ['session.ended', 'session.begun'])
})

test('a caller sees by its session what it sees by its key', { skip: missing }, async () => {
  const session = await signIn(await tenon.key(['acme']))
  assert.deepEqual([session.told.role, session.told.connections, session.told.rights], ['caller', ['acme'], []])
  assert.deepEqual((await session.ask('GET', '/v1/connections')).json.connections.map(({ name }) => name), ['acme'])
  assertProblem(await session.ask('GET', '/v1/connections/other'), 404, 'not_found')
  assertProblem(await session.ask('DELETE', '/v1/connections/acme'), 403, 'forbidden')
  assertProblem(await session.ask('GET', '/v1/connections/acme/token'), 403, 'forbidden')
})

test('a cookie opens nothing but /v1', { skip: missing }, async () => {
  const session = await signIn(ADMIN_KEY)
  for (const path of ['/run/api/acme/GetAccessToken', '/apim/api/acme/GetAccessToken', '/proxy/acme/me', '/metrics']) {
    const method = path.includes('GetAccessToken') ? 'POST' : 'GET'
    assertProblem(await session.ask(method, path), 401, 'unauthorized')
  }
  assert.deepEqual((await session.ask('GET', '/readyz')).json, { status: 'ok' }, 'without its detail')
  const document = await session.ask('GET', '/v1/connectors/api/openapi.json?connection=acme')
  assert.equal(document.status, 200, 'documents that need a key are read by session, too')
})

test('a key that is shown counts, not the cookie beside it', { skip: missing }, async () => {
  const session = await signIn(ADMIN_KEY)
  assertProblem(await session.ask('GET', '/v1/keys', { headers: { 'x-api-key': await tenon.key(['acme']) } }), 403, 'forbidden')
  assertProblem(await session.ask('GET', '/v1/keys', { headers: { 'x-api-key': 'tnk_wrong' } }), 401, 'unauthorized')
  assertProblem(await tenon.request('/v1/session', { method: 'DELETE', key: ADMIN_KEY }), 404, 'not_found')
})

test('a change needs the secret of the session and the origin of the page', { skip: missing }, async () => {
  const session = await signIn(ADMIN_KEY)
  const other = await signIn(ADMIN_KEY)
  const done = async () => (await lines('what=key.created')).filter(({ outcome }) => outcome === 'done').length
  const before = await done()
  const rows = [{ 'x-tenon-csrf': null }, { 'x-tenon-csrf': '' }, { 'x-tenon-csrf': 'x' }, { 'x-tenon-csrf': other.told.csrf }, { origin: null },
    { origin: 'null' }, { origin: 'https://evil.example' }, { origin: `${tenon.url}.evil.example` }, { origin: `http://localhost:${tenon.port}1` }]
  for (const headers of rows) {
    assertProblem(await session.ask('POST', '/v1/keys', { json: { role: 'admin' }, headers }), 403, 'csrf_rejected')
    assertProblem(await session.ask('DELETE', '/v1/connections/other', { headers }), 403, 'csrf_rejected')
    assertProblem(await session.ask('DELETE', '/v1/session', { headers }), 403, 'csrf_rejected')
  }
  assert.equal(await done(), before)
  assert.equal((await session.ask('GET', '/v1/connections/other')).status, 200)
  const told = await lines('what=key.created')
  assert.ok(told.some((line) => line.outcome === 'refused' && line.code === 'csrf_rejected' && line.key === 'env'), JSON.stringify(told.at(-1)))
  const local = await session.ask('POST', '/v1/keys', { json: { role: 'admin' }, headers: { origin: `http://localhost:${tenon.port}` } })
  assert.equal(local.status, 201, 'localhost is the same machine')
  assertProblem(await begin({ key: ADMIN_KEY }, { origin: 'https://evil.example' }), 403, 'csrf_rejected')
  assertProblem(await tenon.request('/v1/session', { method: 'POST', body: `key=${ADMIN_KEY}`, headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': 4 + ADMIN_KEY.length } }), 415, 'media_type')
})

test('whoever signs in gets a new cookie, and the one before opens nothing', { skip: missing }, async () => {
  const planted = `${(await signIn(ADMIN_KEY)).cookie.split('=')[0]}=${'A'.repeat(43)}`
  const first = new ConsoleSession(tenon, await begin({ key: ADMIN_KEY }, { cookie: planted }))
  assert.notEqual(first.cookie, planted)
  const second = new ConsoleSession(tenon, await begin({ key: ADMIN_KEY }, { cookie: first.cookie }))
  assert.notEqual(second.cookie, first.cookie)
  assert.notEqual(second.told.csrf, first.told.csrf)
  for (const cookie of [planted, first.cookie]) assertProblem(await second.ask('GET', '/v1/keys', { headers: { cookie } }), 401, 'unauthorized')
  assert.equal((await second.ask('GET', '/v1/keys')).status, 200)
})

test('a session ends with its key: revoked, or expired', { skip: missing }, async () => {
  const revoked = await tenon.admin('POST', '/v1/keys', { role: 'admin' })
  const expiring = await tenon.admin('POST', '/v1/keys', { role: 'admin', expires_in: 2 })
  const [one, two] = [await signIn(revoked.key), await signIn(expiring.key)]
  assert.equal((await two.ask('GET', '/v1/keys')).status, 200)
  await tenon.admin('DELETE', `/v1/keys/${revoked.id}`)
  assertProblem(await one.ask('GET', '/v1/keys'), 401, 'unauthorized')
  const gone = await until('the key to expire', async () => {
    const answer = await two.ask('GET', '/v1/keys')
    return answer.status !== 200 && answer
  })
  assertProblem(gone, 401, 'unauthorized')
  assertProblem(await begin({ key: revoked.key }), 401, 'unauthorized')
})

test('events come by session', { skip: missing }, async () => {
  const session = await signIn(ADMIN_KEY)
  const client = await openEvents(tenon, { cookie: session.cookie })
  try {
    await tenon.admin('POST', '/v1/keys', { role: 'caller' })
    await client.until('key.created')
  } finally {
    client.close()
  }
})

test('who has signed out is told no event more', { skip: missing }, async () => {
  const session = await signIn(ADMIN_KEY)
  const client = await openEvents(tenon, { cookie: session.cookie }), other = await openEvents(tenon, ADMIN_KEY)
  try {
    assert.equal((await session.ask('DELETE', '/v1/session')).status, 204)
    await tenon.admin('POST', '/v1/keys', { role: 'caller' })
    await other.until('key.created')
    await client.ended()
    assert.deepEqual(client.of('key.created'), [])
  } finally {
    client.close()
    other.close()
  }
})

test('wrong keys are told to wait ever longer; the right one is never kept out', { skip: missing }, async () => {
  const pauses = []
  for (let i = 0; i < 100; i++) {
    const answer = await begin({ key: `tnk_${i}` })
    if (i < 5) assertProblem(answer, 401, 'unauthorized')
    else pauses.push(Number(assertProblem(answer, 429, 'sign_in_delayed') && answer.headers['retry-after']))
  }
  assert.deepEqual(pauses.slice(0, 10), [1, 2, 4, 8, 16, 32, 64, 128, 256, 300])
  assert.equal(Math.max(...pauses), 300, 'nobody is locked out for good')
  assert.ok(await signIn(ADMIN_KEY))
  assertProblem(await begin({ key: 'tnk_x' }), 401, 'unauthorized')
})

test('a sign-in is short, or is not read', { skip: missing }, async () => {
  assertProblem(await begin({ key: 'x'.repeat(4096) }), 413, 'body_too_large')
  assertProblem(await begin({ key: Array.from({ length: 4096 }, () => []) }), 413, 'body_too_large')
})

test('an idle session ends', { skip: missing }, async () => {
  const quick = await startTenon({ env: { TENON_SESSION_IDLE: '1s' } })
  try {
    const session = await signIn(ADMIN_KEY, quick)
    assert.equal(session.told.idle_seconds, 1)
    // What the page asks for by itself is no use of it.
    const background = { 'x-tenon-background': 'true' }
    assert.equal((await session.ask('GET', '/v1/keys', { headers: background })).status, 200)
    await until('the session to end', async () => (await session.ask('GET', '/v1/keys', { headers: background })).status === 401)
  } finally {
    await quick.stop()
  }
})

// Cookies know no ports (RFC 6265 8.5).
test('hosts on other ports of one address leave each other signed in', { skip: missing }, async () => {
  const other = await startTenon()
  try {
    const here = await signIn(ADMIN_KEY), there = await signIn(ADMIN_KEY, other)
    assert.notEqual(here.cookie.split('=')[0], there.cookie.split('=')[0])
    const headers = { cookie: `${there.cookie}; ${here.cookie}` } // what a browser sends to either
    assert.equal((await here.ask('GET', '/v1/keys', { headers })).status, 200)
    assert.equal((await there.ask('GET', '/v1/keys', { headers })).status, 200)
    assert.equal((await there.ask('DELETE', '/v1/session', { headers })).status, 204)
    assert.equal((await here.ask('GET', '/v1/keys', { headers })).status, 200)
  } finally {
    await other.stop()
  }
})

test('behind TLS the cookie is bound to the host', { skip: missing }, async () => {
  const front = await startTenon({ env: { TENON_PUBLIC_URL: 'https://tenon.example.com' } })
  try {
    const answer = await front.request('/v1/session', { json: { key: ADMIN_KEY }, headers: { origin: 'https://tenon.example.com' } })
    assert.match(answer.headers['set-cookie'][0], /^__Host-tenon_[0-9a-f]{16}=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/)
    assertProblem(await begin({ key: ADMIN_KEY }, { on: front }), 403, 'csrf_rejected')
    const cookie = answer.headers['set-cookie'][0].split(';')[0]
    assertProblem(await front.request('/v1/keys', { headers: { cookie: cookie.replace('__Host-', '') } }), 401, 'unauthorized')
    assert.equal((await front.request('/v1/keys', { headers: { cookie } })).status, 200)
  } finally {
    await front.stop()
  }
})

// --- the first admin ---

const NOBODY = { env: { TENON_ADMIN_KEY: undefined, TENON_LOG_FORMAT: 'json' } }
const linkOf = (host) => readFileSync(join(host.data, 'setup'), 'utf8').trim()

test('the first admin comes in by a link, once', { skip: missing }, async () => {
  const host = await startTenon(NOBODY)
  try {
    const file = join(host.data, 'setup')
    const link = await until('the link', () => existsSync(file) && linkOf(host))
    assert.equal(statSync(file).mode & 0o777, 0o600)
    const [, code] = new RegExp(`^${host.url}/#/setup/([A-Za-z0-9_-]{43})$`).exec(link)
    host.secrets.add(code)
    const [told] = await until('the log to name it', () => host.events('host.setup').length && host.events('host.setup'))
    assert.equal(told.link_in, file)
    assertProblem(await begin({ setup: `${code}x` }, { on: host }), 401, 'unauthorized')
    const both = await Promise.all([begin({ setup: code }, { on: host }), begin({ setup: code }, { on: host })])
    const made = both.find(({ status }) => status === 200)
    assertProblem(both.find((answer) => answer !== made), 401, 'unauthorized')
    host.secrets.add(made.json.key)
    assert.match(made.json.key, /^tnk_/)
    assert.equal(made.json.role, 'admin')
    const session = new ConsoleSession(host, made)
    assert.deepEqual((await session.ask('GET', '/v1/keys')).json.keys.map(({ id, role }) => [id, role]), [[made.json.key_id, 'admin']])
    assert.ok(!existsSync(file), 'the file goes with the link')
    assertProblem(await begin({ setup: code }, { on: host }), 401, 'unauthorized')
    const { lines: trail } = (await session.ask('GET', '/v1/audit?what=key.created')).json
    assert.deepEqual(trail.filter(({ outcome }) => outcome === 'done').map(({ actor, object }) => [actor, object]), [['setup_link', made.json.key_id]])
    await host.restart()
    assert.ok(!existsSync(file), 'there is an admin now')
    assert.equal((await signIn(made.json.key, host)).told.key_id, made.json.key_id)
  } finally {
    await host.stop()
  }
})

test('the link goes when an admin key is made another way, and with the host', { skip: missing }, async () => {
  const host = await startTenon(NOBODY)
  try {
    const file = join(host.data, 'setup')
    await until('the link', () => existsSync(file))
    const code = linkOf(host).split('/').at(-1)
    await besideWell(host, ['key', 'add'])
    assert.ok(existsSync(file), 'a caller is no admin')
    await host.halt()
    assert.ok(!existsSync(file), 'the link is worth nothing without the host')
    await host.start()
    const next = (await until('the next link', () => existsSync(file) && linkOf(host))).split('/').at(-1)
    assert.notEqual(next, code)
    assertProblem(await begin({ setup: code }, { on: host }), 401, 'unauthorized')
    await besideWell(host, ['key', 'add', '--admin'])
    assert.ok(!existsSync(file))
    assertProblem(await begin({ setup: next }, { on: host }), 401, 'unauthorized')
  } finally {
    await host.stop()
  }
})
