// SPDX-License-Identifier: MIT
// /proxy against a recording API: any path below base_url, with the connection's credentials, and nothing beyond.
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'

import { bytesOf, startApiServer } from './lib/api-server.mjs'
import { CLIENTS, startAuthorizationServer } from './lib/authorization-server.mjs'
import { definition, signIns } from './lib/connector.mjs'
import { ADMIN_KEY, assertProblem, missing, startTenon } from './lib/tenon.mjs'
import { readAll, sleep, until } from './lib/util.mjs'

const rest = (server, more) => `${more}${signIns(server)}    key:
      type: api_key
      parameters: {api_key: {type: string, secret: true, required: true}}
      inject: {headers: {X-Service-Key: "\${connection.api_key}"}, query: {via: tenon}, json: {injected: true}}
    basic:
      type: basic
      parameters: {username: {type: string, required: true}, password: {type: string, secret: true, required: true}}
request: {headers: {X-From: tenon}}
timeout: 2s
actions:
  Get: {summary: Gets, method: GET, path: /echo}
`

let server, api, tenon, names = 0

before(async () => {
  server = await startAuthorizationServer()
  api = await startApiServer()
  if (missing) return
  const base = `${api.url}/base`
  tenon = await startTenon({ env: { TENON_LOG_FORMAT: 'json', TENON_LOG_CALLS: 'none' }, connectors: {
    open: definition('open', base, rest(server, 'proxy: true\n')),
    shut: definition('shut', base, rest(server, '')),
    few: definition('few', base, rest(server, 'proxy: true\nthrottle: [{calls: 2, per: 60s}]\n')),
  } })
})
afterEach(() => {
  server.requests.length = api.requests.length = 0
  server.fault = null
  delete api.revoked
  delete api.retryAfter
})
after(async () => {
  await server.stop()
  await api.stop()
  await tenon?.stop()
})

async function connection(auth = 'cc', parameters = CLIENTS.body, connector = 'open') {
  const name = `p${++names}`
  await tenon.connect(name, connector, parameters, auth)
  const key = await tenon.key([name], ['proxy'])
  // The path goes out as it is: no client rewrites it.
  const call = (method, at, options) => tenon.request('/', { method, key, echo: true, path: `/proxy/${name}${at}`, ...options })
  return { name, key, call, get: (at, options) => call('GET', at, options) }
}

test('any path, method, query and body, with the credential', { skip: missing }, async () => {
  const { call } = await connection()
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    const body = ['POST', 'PUT', 'PATCH'].includes(method) ? `{ "as" : "it is" ,"n":1.0}` : undefined
    const answer = await call(method, '/a%2Fb/x;v=1?b=2&a=%41+%20&&b=1', { body, headers: body ? { 'content-type': 'application/vnd.mine+json' } : {} })
    assert.equal(answer.status, 200, answer.text)
    const sent = api.requests.at(-1)
    assert.equal(sent.method, method)
    assert.equal(sent.url, '/base/a%2Fb/x;v=1?b=2&a=%41+%20&&b=1')
    assert.match(sent.headers.authorization, /^Bearer /)
    assert.equal(sent.headers['x-from'], 'tenon')
    assert.equal(sent.text, body ?? '')
    assert.equal(sent.headers['content-type'], body && 'application/vnd.mine+json')
    assert.match(answer.headers['content-security-policy'], /^sandbox; default-src 'none'$/)
    assert.equal(answer.headers['x-content-type-options'], 'nosniff')
  }
  assert.equal(server.requests.length, 1, 'one token for all')
  const head = await call('HEAD', '/x')
  assert.equal(head.status, 200)
  assert.equal(head.body.length, 0)
  assert.equal(api.requests.at(-1).method, 'HEAD')
  assertProblem(await call('TRACE', '/x'), 405, 'method_not_allowed')
  const refused = await call('PROPFIND', '/x')
  assert.equal(assertProblem(refused, 405, 'method_not_allowed').code, 'method_not_allowed')
  assert.equal(refused.headers.allow, 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS')
})

test('the base itself', { skip: missing }, async () => {
  const { get } = await connection()
  await get('')
  await get('/')
  await get('?a=1')
  assert.deepEqual(api.requests.map((r) => r.url), ['/base', '/base/', '/base?a=1'])
})

test('credentials of every kind', { skip: missing }, async () => {
  const keyed = await connection('key', { api_key: 'CANARY-service-key' })
  await keyed.call('POST', '/x?via=me&q=1', { json: { a: 1, injected: false } })
  const [sent] = api.requests
  assert.equal(sent.headers['x-service-key'], 'CANARY-service-key')
  assert.equal(sent.url, '/base/x?via=tenon&q=1')
  assert.deepEqual(JSON.parse(sent.text), { a: 1, injected: true })
  assert.ok(!sent.headers.authorization)
  const named = await connection('basic', { username: 'me', password: 'CANARY-p:w' })
  await named.get('/x')
  assert.equal(api.requests.at(-1).headers.authorization, `Basic ${Buffer.from('me:CANARY-p:w').toString('base64')}`)
})

test('who may', { skip: missing }, async () => {
  const { name, key } = await connection()
  const other = await connection()
  const at = (path, options) => tenon.request('/', { path, echo: true, ...options })
  assertProblem(await at(`/proxy/${name}/x`), 401, 'unauthorized')
  assertProblem(await at(`/proxy/${name}/x`, { headers: { cookie: `tenon=${key}` } }), 401, 'unauthorized')
  assertProblem(await at(`/proxy/${name}/x`, { key: await tenon.key([name]) }), 403, 'forbidden')
  assertProblem(await at(`/proxy/${name}/x`, { key: await tenon.key([name], ['token', 'metrics']) }), 403, 'forbidden')
  assertProblem(await at(`/proxy/${other.name}/x`, { key }), 404, 'not_found')
  assertProblem(await at('/proxy/none/x', { key }), 404, 'not_found')
  assertProblem(await at('/proxy/', { key }), 404, 'not_found')
  assert.equal((await at(`/proxy/-/x`, { key })).status, 200)
  assertProblem(await at('/proxy/-/x', { key: await tenon.key([name, other.name], ['proxy']) }), 400, 'connection_ambiguous')
  assert.equal((await at(`/proxy/${name}/x`, { key: ADMIN_KEY })).status, 200)
  const shut = await connection('cc', CLIENTS.body, 'shut')
  const told = assertProblem(await shut.get('/x'), 403, 'forbidden')
  assert.match(told.detail, /proxy: true/)
  assert.equal(api.requests.length, 2)
})

test('no path leaves the base', { skip: missing }, async () => {
  const { name, key, get } = await connection()
  const refused = [
    ['/..', 'param_dot_segment'], ['/../x', 'param_dot_segment'], ['/a/../../x', 'param_dot_segment'],
    ['/%2e%2e/x', 'param_dot_segment'], ['/%252e%252e/x', 'param_dot_segment'], ['/a%2f..%2f..%2fx', 'param_dot_segment'],
    ['/..;/x', 'param_dot_segment'], ['//evil.example/x', 'param_empty'], ['/a//b', 'param_empty'],
    ['/http://evil.example/', 'param_empty'], ['/%5cevil.example', 'param_control_char'], ['/a\\..\\x', 'param_control_char'],
    ['/a%00', 'param_control_char'], ['/a#b', 'param_control_char'], ['/%c0%ae%c0%ae/x', 'request_bad_encoding'],
    ['/%zz', 'request_bad_encoding'], ['/x?a#b', 'param_control_char'], ['/x?a\\b', 'param_control_char'],
  ]
  for (const [at, code] of refused) {
    assertProblem(await get(at), 400, code)
  }
  // The name of the connection is no way out, either.
  for (const path of [`/proxy/..%2f${name}/x`, `/proxy/%2e%2e/x`, `/proxy//x`, `/proxy/${name}%2f..%2fx`]) {
    assertProblem(await tenon.request('/', { path, key, echo: true }), 404, 'not_found')
  }
  assert.equal(api.requests.length, 0)
  // The absolute form (RFC 9112 3.2.2) names the host that is asked, not the one that is called.
  const absolute = await tenon.request('/', { path: `http://evil.example/proxy/${name}/x`, key, echo: true })
  assert.equal(absolute.status, 200)
  assert.deepEqual(api.requests.map((r) => [r.url, r.headers.host]), [['/base/x', `127.0.0.1:${api.port}`]])
})

test('which header fields pass', { skip: missing }, async () => {
  const { key, call } = await connection()
  await call('POST', '/x', { body: 'b', headers: {
    accept: 'text/csv', 'accept-language': 'de', 'content-type': 'text/csv', 'content-encoding': 'gzip', 'if-match': '"1"', prefer: 'return=minimal',
    'idempotency-key': 'k', 'tenon-proxy-notion-version': '2022-06-28', 'tenon-proxy-x-any': 'mine',
    cookie: 'a=1', 'x-forwarded-for': '1.2.3.4', forwarded: 'for=1.2.3.4', via: '1.1 me', te: 'trailers', 'proxy-authorization': 'Basic eA==',
    'x-other': 'o', origin: 'https://evil', referer: 'https://evil', 'x-original-url': '/admin', 'x-from': 'me', 'user-agent': 'me' } })
  const [sent] = api.requests
  const { host, authorization, traceparent, 'user-agent': agent, 'content-length': length, connection: hop, ...others } = sent.headers
  assert.deepEqual(others, { accept: 'text/csv', 'accept-language': 'de', 'content-type': 'text/csv', 'content-encoding': 'gzip',
    'if-match': '"1"', prefer: 'return=minimal', 'idempotency-key': 'k', 'notion-version': '2022-06-28', 'x-any': 'mine', 'x-from': 'tenon' })
  assert.match(agent, /^tenon\//)
  assert.equal(length, '1')
  assert.equal(host, `127.0.0.1:${api.port}`)
  assert.match(authorization, /^Bearer /)
  assert.match(traceparent, /^00-/)
  assert.ok(!JSON.stringify(sent.rawHeaders).includes(key))
  for (const name of ['authorization', 'cookie', 'host', 'x-forwarded-host', 'transfer-encoding', 'x-rewrite-url']) {
    const problem = assertProblem(await call('GET', '/x', { headers: { [`tenon-proxy-${name}`]: 'v' } }), 400, 'param_unknown')
    assert.match(problem.detail, new RegExp(name))
  }
  assert.equal(api.requests.length, 1)
})

test('bodies pass byte for byte, both ways', { skip: missing }, async () => {
  const { call } = await connection()
  const bytes = bytesOf(3 * 1024 * 1024)
  api.answers.set('/base/mirror', async (req, res, seen) => {
    res.writeHead(201, { 'content-type': 'application/octet-stream', etag: '"7"' })
    res.end(seen.body)
  })
  const answer = await call('PUT', '/mirror', { body: bytes, headers: { 'content-type': 'application/octet-stream' } })
  assert.equal(answer.status, 201)
  assert.equal(answer.headers.etag, '"7"')
  assert.ok(answer.body.equals(bytes))
})

test('an answer streams: its first bytes come before its last', { skip: missing }, async () => {
  const { call } = await connection()
  let finish
  api.answers.set('/base/drip', (req, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    res.write(`data: ${'x'.repeat(70000)}\n\n`)
    finish = () => res.end('data: last\n\n')
  })
  const answer = await call('GET', '/drip', { onMessage: (message, resolve, reject) => {
    message.once('data', (first) => {
      assert.match(first.toString(), /^data: x/)
      finish()
      readAll(message).then((bytes) => resolve({ text: bytes.toString(), headers: message.headers, rawHeaders: [], status: message.statusCode }), reject)
    })
  } })
  assert.match(answer.text, /data: last\n\n$/)
})

test('a 401 leads to one token request and one repeat, with the body', { skip: missing }, async () => {
  const { call } = await connection()
  api.answers.set('/base/once401', api.answers.get('/once401'))
  const answer = await call('POST', '/once401', { body: 'the body', headers: { 'content-type': 'text/plain' } })
  assert.equal(answer.status, 200, answer.text)
  assert.deepEqual(api.at('/base/once401').map((r) => r.text), ['the body', 'the body'])
  assert.equal(server.requests.length, 2)
  api.answers.set('/base/always401', api.answers.get('/always401'))
  for (let i = 0; i < 3; i++) assertProblem(await call('POST', '/always401', { body: 'b' }), 424, 'upstream_unauthorized')
  assert.ok(server.requests.length <= 3)
})

test('redirects, breaks, deadlines and what else a service does', { skip: missing }, async () => {
  const { get } = await connection()
  for (const name of ['redirect', 'truncated', 'broken-stream', 'slow', 'forbidden', 'html', 'cookies']) {
    api.answers.set(`/base/${name}`, api.answers.get(`/${name}`))
  }
  const redirect = await get('/redirect')
  assertProblem(redirect, 424, 'upstream_redirect')
  assert.ok(!redirect.headers.location)
  assert.equal(api.at('/elsewhere').length, 0)
  assertProblem(await get('/truncated'), 502, 'upstream_truncated')
  await assert.rejects(get('/broken-stream'))
  assertProblem(await get('/slow'), 504, 'upstream_timeout')
  assert.equal((await get('/forbidden')).status, 403)
  assert.equal((await get('/html')).status, 200, 'a proxied answer may be HTML, in its sandbox')
  const answer = await get('/cookies')
  assert.ok(!answer.headers['set-cookie'] && !answer.headers['x-hop'])
  assert.equal(answer.headers['x-mine'], 'kept')
})

test('the connector\'s limits and the service\'s own hold for /proxy, too', { skip: missing }, async () => {
  const few = await connection('cc', CLIENTS.body, 'few')
  assert.equal((await few.get('/x')).status, 200)
  assert.equal((await tenon.request(`/run/few/${few.name}/echo`, { key: few.key, echo: true })).status, 200)
  const refused = await few.get('/x')
  assertProblem(refused, 429, 'throttled')
  assert.match(refused.headers['ratelimit-policy'], /q=2/)
  const gated = await connection()
  api.retryAfter = '60'
  api.answers.set('/base/throttled', api.answers.get('/throttled'))
  assertProblem(await gated.get('/throttled'), 429, 'upstream_throttled')
  assertProblem(await gated.get('/x'), 429, 'upstream_throttled')
  assertProblem(await tenon.request(`/run/open/${gated.name}/echo`, { key: gated.key }), 429, 'upstream_throttled')
})

test('a client that leaves takes its request with it', { skip: missing }, async () => {
  const { call } = await connection()
  let gone = false
  api.answers.set('/base/stuck', (req, res) => { res.on('close', () => { gone = true }) })
  const controller = new AbortController()
  const asked = call('GET', '/stuck', { signal: controller.signal })
  await until('the call to reach the service', () => api.at('/base/stuck').length === 1)
  controller.abort()
  await assert.rejects(asked)
  await until('the call to be given up', () => gone)
})

test('every proxied call is told to the log, without its query', { skip: missing }, async () => {
  const { name, key, call } = await connection()
  const answer = await call('POST', '/audited/x?token=CANARY-in-a-query', { body: 'CANARY-in-a-body' })
  const event = await tenon.event('call.done', answer)
  assert.deepEqual({ ...event, time: 0, trace: 0, duration_ms: 0, upstream_ms: 0, peer: 0 }, {
    time: 0, level: 'info', event: 'call.done', request: answer.headers['x-request-id'], trace: 0, key: key.split('_')[1], connector: 'open',
    connection: name, action: '/proxy', method: 'POST', path: `/proxy/${name}/audited/x`, status: 200, code: null, detail: null, whole: true,
    duration_ms: 0, upstream_ms: 0, bytes: answer.body.length, peer: 0 })
  assert.match(event.trace, /^[0-9a-f]{32}$/)
  assert.match(event.peer, /^127\.0\.0\.1:\d+$/)
  const failed = await call('GET', '/a/../x?CANARY-in-a-query')
  assert.equal((await tenon.event('call.done', failed)).code, 'param_dot_segment')
  const run = await tenon.request(`/run/open/${name}/echo`, { key, echo: true })
  await sleep(100)
  assert.ok(!tenon.events('call.done').some((e) => e.request === run.headers['x-request-id']), 'log_calls is none')
  assert.ok(!tenon.log.includes('CANARY'))
})
