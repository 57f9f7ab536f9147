// SPDX-License-Identifier: MIT
// Words of a definition that change what a call does: scopes of limits, what counts as unauthorized, pauses by other headers,
// explanations, parameters that an admin gives once.
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'

import { startApiServer } from './lib/api-server.mjs'
import { CLIENTS, startAuthorizationServer } from './lib/authorization-server.mjs'
import { definition } from './lib/connector.mjs'
import { ADMIN_KEY, assertProblem, missing, startTenon } from './lib/tenon.mjs'
import { until } from './lib/util.mjs'

const limits = (api) => definition('limits', api.url, `throttle:
  - {calls: 8, per: 60s, scope: connector, name: all}
actions:
  Own: {summary: A window a caller, method: GET, path: /own, throttle: [{calls: 2, per: 60s, scope: caller, name: mine}]}
  Two: {summary: Two windows, method: GET, path: /two, throttle: [{calls: 3, per: 60s, name: minute}, {calls: 1000, per: 1h, name: hour}]}
  Any: {summary: No window of its own, method: GET, path: /any}
`)

const words = (server, api) => definition('words', api.url, `connection:
  auth:
    cc:
      type: client_credentials
      parameters:
        client_id: {type: string, required: true}
        client_secret: {type: string, secret: true, required: true}
      token_url: ${server.url}/token
      unauthorized: [{status: [403], body: {error: token_expired}}, {status: [200], body: {ok: false}}]
explain:
  401: Ask the administrator of the service for the role API user.
retry: {after: [X-Wait], at: [X-Reset]}
actions:
  Get: {summary: Get, method: GET, path: "/w/{name}", input: {name: {type: string}}}
`)

const installed = (server) => definition('installed', server.url, `connection:
  parameters:
    client_id: {type: string, required: true, ask: admin}
    client_secret: {type: string, secret: true, required: true, ask: admin}
    note: {type: string}
  auth:
    cc: {type: client_credentials, token_url: ${server.url}/token}
actions:
  GetAccessToken: {summary: Get a token, token: connection}
`)

let server, api, tenon, names = 0

before(async () => {
  server = await startAuthorizationServer()
  api = await startApiServer()
  if (!missing) tenon = await startTenon({ connectors: { limits: limits(api), words: words(server, api), installed: installed(server) } })
})
afterEach(() => { server.requests.length = api.requests.length = 0 })
after(async () => {
  await server.stop()
  await api.stop()
  await tenon?.stop()
})

const get = (path, key, options) => tenon.request(`/run${path}`, { key, echo: true, ...options })

async function connectWords() {
  const name = `w${++names}`
  await tenon.connect(name, 'words', CLIENTS.body)
  return (at) => get(`/words/${name}/w/${at}`, ADMIN_KEY)
}

test('limits of a caller, of a connection, of a connector', { skip: missing }, async () => {
  await tenon.connect('first', 'limits')
  await tenon.connect('second', 'limits')
  const [one, other] = [await tenon.key(['first', 'second']), await tenon.key(['first'])]
  const statuses = async (path, key, times) => {
    const seen = []
    for (let i = 0; i < times; i++) seen.push((await get(path, key)).status)
    return seen
  }
  assert.deepEqual(await statuses('/limits/first/own', one, 3), [200, 200, 429])
  assert.deepEqual(await statuses('/limits/first/own', other, 1), [200], 'another caller has its own window')
  const two = await get('/limits/first/two', one)
  assert.equal(two.headers['ratelimit-policy'], '"all";q=8;w=60, "minute";q=3;w=60, "hour";q=1000;w=3600')
  assert.match(two.headers.ratelimit, /^"minute";r=2;t=\d+$/, 'the window that is nearest to its end')
  assert.deepEqual(await statuses('/limits/second/two', one, 3), [200, 200, 200], 'another connection has its own window')
  const last = await get('/limits/second/any', one)
  assert.equal(last.status, 200)
  assert.match(last.headers.ratelimit, /^"all";r=0;/)
  for (const name of ['first', 'second']) {
    const refused = await get(`/limits/${name}/any`, one)
    assertProblem(refused, 429, 'throttled')
    assert.match(refused.json.detail, /all/)
  }
  assert.equal(api.requests.length, 8)
})

test('another answer than 401 can mean an expired token', { skip: missing }, async () => {
  for (const [status, body] of [[403, '{"error": "token_expired"}'], [200, '{"ok": false}']]) {
    const call = await connectWords()
    let revoked
    api.answers.set('/w/a', (req, res, seen) => {
      revoked ??= seen.headers.authorization
      const over = seen.headers.authorization === revoked
      res.writeHead(over ? status : 200, { 'content-type': 'application/json' })
      res.end(over ? body : '{"ok": true}')
    })
    server.requests.length = 0
    const answer = await call('a')
    assert.deepEqual([answer.status, answer.json], [200, { ok: true }])
    assert.equal(server.requests.length, 2)
  }
  const call = await connectWords()
  api.answers.set('/w/b', (req, res) => { res.writeHead(403, { 'content-type': 'application/json' }); res.end('{"error": "no"}') })
  server.requests.length = 0
  assert.equal((await call('b')).status, 403, 'another 403 passes')
  assert.equal(server.requests.length, 1)
})

test('what a refusal usually means is told', { skip: missing }, async () => {
  tenon.save('plain', definition('plain', api.url, `connection:
  auth:
    key:
      type: api_key
      parameters: {api_key: {type: string, secret: true, required: true}}
      inject: {headers: {X-Key: "\${connection.api_key}"}}
explain:
  401: Ask the administrator of the service for the role API user.
verify: Get
actions:
  Get: {summary: Get, method: GET, path: /always401}
`))
  await until('the connector', async () => (await tenon.request('/v1/connectors/plain', { key: ADMIN_KEY })).status === 200)
  await tenon.connect('plain', 'plain', { api_key: 'CANARY-plain-key' })
  const problem = assertProblem(await get('/plain/plain/always401', ADMIN_KEY), 424, 'upstream_unauthorized')
  assert.match(problem.detail, /role API user/)
  const report = await tenon.admin('POST', '/v1/connections/plain/test')
  assert.equal(report.ok, false)
  assert.match(JSON.stringify(report.steps), /role API user/)
})

test('a pause in the headers that the definition names', { skip: missing }, async () => {
  for (const header of [{ 'x-wait': '50' }, { 'x-reset': String(Math.floor(Date.now() / 1000) + 50) }]) {
    const call = await connectWords()
    api.answers.set('/w/c', (req, res) => { res.writeHead(429, { 'content-type': 'application/json', ...header }); res.end('{}') })
    const answer = await call('c')
    assertProblem(answer, 429, 'upstream_throttled')
    const wait = Number(answer.headers['retry-after'])
    assert.ok(wait > 30 && wait <= 51, `${JSON.stringify(header)}: Retry-After ${wait}`)
    const seen = api.requests.length
    assertProblem(await call('d'), 429, 'upstream_throttled')
    assert.equal(api.requests.length, seen)
  }
})

test('what an admin gives once serves all connections, and no user sees it', { skip: missing }, async () => {
  await assert.rejects(tenon.connect('early', 'installed'), /parameter_missing|param_missing/)
  tenon.keepSecret(CLIENTS.body)
  await tenon.admin('PUT', '/v1/connectors/installed/parameters', { parameters: CLIENTS.body })
  const shown = await tenon.admin('GET', '/v1/connectors/installed/parameters')
  assert.deepEqual(shown.parameters, { client_id: CLIENTS.body.client_id, client_secret: { set: true } })
  await tenon.connect('mine', 'installed', { note: 'n' })
  const answer = await get('/installed/mine/GetAccessToken', ADMIN_KEY, { method: 'POST' })
  assert.equal(answer.status, 200, answer.text)
  const own = await tenon.request('/v1/connections', { method: 'POST', key: ADMIN_KEY,
    json: { name: 'own', connector: 'installed', parameters: { client_id: 'mine' } } })
  assert.equal(own.status, 400, own.text)
  await tenon.admin('PUT', '/v1/connectors/installed/parameters', { parameters: { client_secret: 'CANARY-another' } })
  assertProblem(await get('/installed/mine/GetAccessToken', ADMIN_KEY, { method: 'POST' }), 424, 'credentials_rejected')
  await tenon.admin('PUT', '/v1/connectors/installed/parameters', { parameters: CLIENTS.body })
  assert.equal((await get('/installed/mine/GetAccessToken', ADMIN_KEY, { method: 'POST' })).status, 200)
})
