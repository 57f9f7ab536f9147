// SPDX-License-Identifier: MIT
// Request actions against a recording API: what leaves Tenon, what comes back to the caller, and what happens on the way
// when the service refuses, breaks off, redirects or asks for a pause.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, afterEach, before, test } from 'node:test'

import { startApiServer, bytesOf } from './lib/api-server.mjs'
import { CLIENTS, faults, startAuthorizationServer } from './lib/authorization-server.mjs'
import { definition, signIns } from './lib/connector.mjs'
import { assertProblem, missing, sanitized, startTenon } from './lib/tenon.mjs'
import { sleep, until } from './lib/util.mjs'

const path = (name, at, more = '') => `  ${name}: {summary: Gets ${at}, method: GET, path: ${at}${more}}\n`

const connector = (server, api) => definition('api', api.url, `${signIns(server)}    key:
      type: api_key
      parameters:
        api_key: {type: string, secret: true, required: true}
      inject: {headers: {X-Service-Key: "\${connection.api_key}"}, query: {via: tenon}, json: {injected: true}}
    basic:
      type: basic
      parameters:
        username: {type: string, required: true}
        password: {type: string, secret: true, required: true}
request:
  headers: {X-From: tenon}
actions:
  Places:
    summary: Sends a value to every place
    method: PUT
    path: /things/{thing-id}/parts/{part}
    input:
      thing-id: {type: string}
      part: {type: integer}
      deep: {in: query, type: string}
      many: {in: query, type: array, items: {type: string}, collectionFormat: multi}
      joined: {in: query, type: array, items: {type: integer}}
      piped: {in: query, type: array, items: {type: string}, collectionFormat: pipes}
      flag: {in: query, type: boolean}
      X-Mine: {in: header, type: string}
      name: {type: string}
      count: {type: integer}
      ratio: {type: number}
      nested: {type: object, additionalProperties: true}
      tags: {type: array, items: {type: string}}
      kind: {type: string, default: plain}
  Whole:
    summary: Sends any JSON
    path: /whole
    input: {body: {in: body}}
  Form:
    summary: Sends a form
    path: /form
    input:
      first: {in: form, type: string}
      list: {in: form, type: array, items: {type: string}, collectionFormat: multi}
      amount: {in: form, type: integer}
  Upload:
    summary: Sends a file
    path: /upload
    input:
      note: {in: form, type: string}
      file: {in: form, type: string, format: binary, required: true}
  Text:
    summary: Sends text
    path: /text
    input_type: text/plain
    input: {body: {in: body, type: string}}
  Bytes:
    summary: Sends bytes
    path: /bytes
    input_type: application/octet-stream
    input: {body: {in: body, type: string, format: binary}}
  Reshaped:
    summary: Sends what the service wants
    path: /reshaped
    input: {who: {type: string, required: true}, when: {type: string}}
    request:
      method: PATCH
      url: /other/\${input.who}
      query: {fixed: "1", who: "\${input.who}", when: "\${input.when}"}
      headers: {X-Who: "\${input.who}"}
      json: {person: {name: "\${input.who}", since: "\${input.when}"}}
  Prepared:
    summary: Asks first
    method: GET
    path: /prepared/{id}
    input: {id: {type: string}}
    steps:
      look: {url: "/lookup/\${input.id}"}
    request:
      url: /found/\${steps.look.body.found}
      headers: {If-Match: "\${steps.look.headers.etag}"}
  Open:
    summary: Needs no credentials
    method: GET
    path: /open
    auth: none
${path('Stream', '/stream', ', input: {bytes: {in: query, type: integer}}')}${path('Slow', '/slow', ', timeout: 500ms')}${[
  'binary', 'nothing', 'once401', 'always401', 'forbidden', 'missing', 'teapot', 'throttled', 'redirect', 'truncated',
  'broken-stream', 'html', 'cookies', 'cached', 'echo'].map((name) => path(`Get_${name.replace('-', '_')}`, `/${name}`)).join('')}
  Shared: {summary: Says itself that it may be kept, method: GET, path: /shared, request: {url: /cached}, response: {headers: {Cache-Control: "public, max-age=60", Vary: "\${response.headers['x-none']}"}}}
`)

let server, api, tenon, names = 0

before(async () => {
  server = await startAuthorizationServer()
  api = await startApiServer()
  if (!missing) tenon = await startTenon({ connectors: { api: connector(server, api) } })
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

async function connection(auth = 'cc', parameters = CLIENTS.body) {
  const name = `r${++names}`
  await tenon.connect(name, 'api', parameters, auth)
  const key = await tenon.key([name])
  const call = (method, at, options) => tenon.request(`/run/api/${name}${at}`, { method, key, echo: true, ...options })
  return { name, key, call, get: (at, options) => call('GET', at, options), post: (at, options) => call('POST', at, options) }
}

test('every place of a value', { skip: missing }, async () => {
  const { call } = await connection()
  const answer = await call('PUT', '/things/a%2Fb%3Fc%25%20%C3%A9/parts/7?deep=x%26admin%3D1%23y+z&many=1&many=a%2Cb&joined=1,2&piped=p%7Cq&flag=true', {
    headers: { 'x-mine': 'my value' },
    json: { name: 'x","role":"admin', count: 42, ratio: 1.5, nested: { deep: [1, null, { a: 'ü' }] }, tags: [] },
  })
  assert.equal(answer.status, 200, answer.text)
  const [sent] = api.requests
  assert.equal(sent.method, 'PUT')
  assert.equal(sent.path, '/things/a%2Fb%3Fc%25%20%C3%A9/parts/7')
  assert.deepEqual([...sent.query], [['deep', 'x&admin=1#y z'], ['many', '1'], ['many', 'a,b'], ['joined', '1,2'], ['piped', 'p|q'], ['flag', 'true']])
  assert.equal(sent.headers['x-mine'], 'my value')
  assert.equal(sent.headers['x-from'], 'tenon')
  assert.equal(sent.headers.accept, 'application/json')
  assert.equal(sent.headers['content-type'], 'application/json')
  assert.deepEqual(JSON.parse(sent.text),
    { name: 'x","role":"admin', count: 42, ratio: 1.5, nested: { deep: [1, null, { a: 'ü' }] }, tags: [], kind: 'plain' })
})

test('numbers keep their digits', { skip: missing }, async () => {
  const { call } = await connection()
  const body = '{"count": 9007199254740993, "ratio": 0.1}'
  await call('PUT', '/things/t/parts/9007199254740993', { headers: { 'content-type': 'application/json' }, body })
  const [sent] = api.requests
  assert.equal(sent.path, '/things/t/parts/9007199254740993')
  assert.match(sent.text, /"count": ?9007199254740993/)
  assert.match(sent.text, /"ratio": ?0\.1[,}]/)
})

test('values stay values: nothing of them is a template, a path or a header', { skip: missing }, async () => {
  const { call } = await connection()
  const evil = '${connection.client_secret}'
  assert.equal((await call('PUT', `/things/${encodeURIComponent(evil)}/parts/1`, { json: { name: evil } })).status, 200)
  assert.equal(api.requests[0].path, `/things/${encodeURIComponent(evil)}/parts/1`)
  assert.equal(JSON.parse(api.requests[0].text).name, evil)
  for (const [at, code] of [['/things/%2E%2E/parts/1', 'param_dot_segment'], ['/things/./parts/1', 'param_dot_segment'],
    ['/things//parts/1', 'param_empty'], ['/things/a/parts/x', 'param_type'], ['/things/%ff/parts/1', 'request_bad_encoding']]) {
    const answer = await call('PUT', at, { json: {} })
    assert.ok([400, 404].includes(answer.status), `${at} ${answer.text}`)
    if (answer.status === 400) assertProblem(answer, 400, code)
  }
  const answer = await call('PUT', '/things/a/parts/1', { json: {}, headers: { 'x-mine': 'caf\u00e9' } })
  assertProblem(answer, 400, 'param_control_char')
  assert.equal(api.requests.length, 1)
})

test('what is not declared is refused, or stays behind', { skip: missing }, async () => {
  const { call, name, key } = await connection()
  const refused = await call('PUT', '/things/a/parts/1?unknown=1', { json: { other: 1, name: 7, flag: true } })
  const problem = assertProblem(refused, 400, refused.json.code)
  assert.deepEqual(problem.errors.map((e) => e.pointer).sort(), ['/flag', '/name', '/other', '/unknown'])
  assert.deepEqual([problem.connector, problem.connection, problem.action], ['api', name, 'Places'])
  assert.equal(api.requests.length, 0)
  await call('PUT', '/things/a/parts/1', { json: {}, headers: {
    cookie: 'a=1', 'x-forwarded-for': '1.2.3.4', forwarded: 'for=1.2.3.4', via: '1.1 me', te: 'trailers',
    'proxy-authorization': 'Basic eA==', 'idempotency-key': 'k', 'x-other': 'o', origin: 'https://evil', referer: 'https://evil' } })
  const sent = api.requests.at(-1)
  const own = ['host', 'user-agent', 'accept', 'accept-encoding', 'content-type', 'content-length', 'authorization', 'x-from', 'traceparent']
  assert.deepEqual(Object.keys(sent.headers).filter((name) => !own.includes(name)), [])
  assert.match(sent.headers.authorization, /^Bearer /)
  assert.ok(!JSON.stringify(sent.rawHeaders).includes(key))
})

test('any JSON as the body', { skip: missing }, async () => {
  const { post } = await connection()
  for (const value of [{ a: [1, { b: null }] }, [1, 2], 'text', 17, true]) {
    const answer = await post('/whole', { json: value })
    assert.equal(answer.status, 200, answer.text)
    assert.deepEqual(JSON.parse(api.requests.at(-1).text), value)
  }
})

test('a form, from JSON or a form', { skip: missing }, async () => {
  const { post } = await connection()
  const bodies = [
    { json: { first: 'x&grant_type=password', list: ['a', 'b c'], amount: 5 } },
    { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'first=x%26grant_type%3Dpassword&list=a&list=b+c&amount=5' },
  ]
  for (const body of bodies) {
    const answer = await post('/form', body)
    assert.equal(answer.status, 200, answer.text)
    const sent = api.requests.at(-1)
    assert.equal(sent.headers['content-type'], 'application/x-www-form-urlencoded')
    assert.equal(sent.text, 'first=x%26grant_type%3Dpassword&list=a&list=b+c&amount=5')
  }
})

// Parts of a multipart body: {headers, body} by name.
function parts(seen) {
  const boundary = /boundary="?([^";]+)"?/.exec(seen.headers['content-type'])[1]
  const found = {}
  for (const piece of seen.body.toString('latin1').split(`--${boundary}`).slice(1, -1)) {
    const at = piece.indexOf('\r\n\r\n')
    const head = piece.slice(2, at)
    found[/name="([^"]*)"/.exec(head)[1]] = { head, body: Buffer.from(piece.slice(at + 4, -2), 'latin1') }
  }
  return found
}

test('a file, as multipart', { skip: missing }, async () => {
  const { post } = await connection()
  const file = bytesOf(50000)
  const form = new FormData()
  form.set('note', 'hello')
  form.set('file', new Blob([file], { type: 'image/png' }), 'a.png')
  const encoded = new Response(form)
  const answer = await post('/upload', { headers: { 'content-type': encoded.headers.get('content-type') }, body: Buffer.from(await encoded.arrayBuffer()) })
  assert.equal(answer.status, 200, answer.text)
  const [sent] = api.requests
  assert.match(sent.headers['content-type'], /^multipart\/form-data; boundary=/)
  const { note, file: got } = parts(sent)
  assert.equal(note.body.toString(), 'hello')
  assert.ok(got.body.equals(file))
  assert.match(got.head, /filename="a\.png"/)
  assert.match(got.head, /image\/png/)
})

test('text and bytes', { skip: missing }, async () => {
  const { post } = await connection()
  await post('/text', { headers: { 'content-type': 'text/plain' }, body: 'h\u00e9llo\r\n' })
  assert.equal(api.requests.at(-1).text, 'h\u00e9llo\r\n')
  assert.match(api.requests.at(-1).headers['content-type'], /^text\/plain/)
  const bytes = bytesOf(3 * 1024 * 1024)
  const answer = await post('/bytes', { headers: { 'content-type': 'application/octet-stream' }, body: bytes })
  assert.equal(answer.status, 200, answer.text)
  assert.ok(api.requests.at(-1).body.equals(bytes))
  assertProblem(await post('/text', { headers: { 'content-type': 'image/png' }, body: 'x' }), 415, 'media_type')
})

test('a request of its own shape', { skip: missing }, async () => {
  const { post } = await connection()
  const answer = await post('/reshaped', { json: { who: 'a b/c' } })
  assert.equal(answer.status, 200, answer.text)
  const [sent] = api.requests
  assert.equal(`${sent.method} ${sent.path}`, 'PATCH /other/a%20b%2Fc')
  assert.deepEqual([...sent.query], [['fixed', '1'], ['who', 'a b/c']])
  assert.equal(sent.headers['x-who'], 'a b/c')
  assert.deepEqual(JSON.parse(sent.text), { person: { name: 'a b/c' } })
})

test('preparing calls come first, with the credential', { skip: missing }, async () => {
  const { get } = await connection()
  api.answers.set('/lookup/7', (req, res) => { res.writeHead(200, { 'content-type': 'application/json', etag: 'W/"3"' }); res.end('{"found": "x/y"}') })
  const answer = await get('/prepared/7')
  assert.equal(answer.status, 200, answer.text)
  assert.deepEqual(api.requests.map((r) => r.path), ['/lookup/7', '/found/x%2Fy'])
  assert.equal(api.requests[1].headers['if-match'], 'W/"3"')
  assert.match(api.requests[0].headers.authorization, /^Bearer /)
  api.answers.set('/lookup/8', (req, res) => { res.writeHead(404); res.end() })
  assertProblem(await get('/prepared/8'), 502, 'upstream_step_failed')
  api.answers.set('/lookup/9', (req, res) => { res.writeHead(200, { 'content-type': 'application/json' }); res.end('{}') })
  assertProblem(await get('/prepared/9'), 502, 'upstream_answer_incomplete')
})

// One address answers each key with what is that key's, so no cache that several share may keep it; nor may a front be told by a
// service what to do.
test('an answer is its caller\'s alone, and commands nobody on the way', { skip: missing }, async () => {
  const { name, key, get } = await connection()
  const { headers } = await get('/cached')
  assert.match(headers['cache-control'], /^public, max-age=3600, private$/)
  assert.match(headers.vary, /^Accept, .*authorization.*x-api-key.*cookie/)
  for (const field of Object.keys(headers)) {
    assert.doesNotMatch(field, /^x-(accel|sendfile|reproxy|litespeed|lighttpd)|cdn-cache|surrogate/)
  }
  const shared = (await get('/shared')).headers
  assert.match(shared['cache-control'], /^private, public, max-age=60$/)
  assert.match(shared.vary, /authorization, x-api-key, cookie$/)
  const tried = await tenon.request(`/v1/try/api/${name}/cached`, { key })
  assert.equal(tried.status, 200)
  assert.equal(tried.headers['cache-control'], 'no-store')
})

test('credentials of every kind', { skip: missing }, async () => {
  const keyed = await connection('key', { api_key: 'CANARY-service-key' })
  await keyed.post('/whole', { json: { a: 1 } })
  const [sent] = api.requests
  assert.equal(sent.headers['x-service-key'], 'CANARY-service-key')
  assert.equal(sent.query.get('via'), 'tenon')
  assert.deepEqual(JSON.parse(sent.text), { a: 1, injected: true })
  assert.ok(!sent.headers.authorization)
  const named = await connection('basic', { username: 'me', password: 'CANARY-p:w' })
  await named.get('/echo')
  assert.equal(api.requests.at(-1).headers.authorization, `Basic ${Buffer.from('me:CANARY-p:w').toString('base64')}`)
  await named.get('/open')
  assert.ok(!api.requests.at(-1).headers.authorization)
  assert.equal(server.requests.length, 0)
})

test('status, body and headers pass, but for what is Tenon\'s own', { skip: missing }, async () => {
  const { get } = await connection()
  const answer = await get('/cookies')
  assert.equal(answer.status, 200)
  for (const name of ['set-cookie', 'keep-alive', 'x-hop', 'strict-transport-security', 'access-control-allow-origin']) {
    assert.ok(!(name in answer.headers) || (name === 'keep-alive' && !/99/.test(answer.headers[name])), `${name} is not passed on`)
  }
  assert.equal(answer.headers['x-mine'], 'kept')
  assert.equal(answer.headers.etag, '"1"')
  assert.match(answer.headers['content-security-policy'], /sandbox/)
  assert.equal(answer.headers['x-content-type-options'], 'nosniff')
  assert.ok(!answer.headers['tenon-error'])
  for (const [at, status] of [['/forbidden', 403], ['/missing', 404], ['/teapot', 418], ['/nothing', 204]]) {
    const passed = await get(at)
    assert.equal(passed.status, status)
    assert.ok(!passed.headers['tenon-error'], 'the service\'s own refusals are passed on')
  }
  assert.equal((await get('/forbidden')).json.error, 'insufficient_scope')
  assert.equal(server.requests.length, 1, 'a 403 is no reason for another token')
  const head = await tenon.request(`/run/api/r${names}/binary`, { method: 'GET', key: await tenon.key([`r${names}`]), echo: true })
  assert.ok(head.body.equals(bytesOf(70000)))
  assert.equal(head.headers['content-type'], 'image/png')
})

test('10 MB are streamed: whole, and without being held', { skip: missing }, async () => {
  const { get } = await connection()
  const length = 10 * 1024 * 1024
  await get('/stream?bytes=1000')
  const before = tenon.rss
  const paused = []
  const answers = Array.from({ length: 8 }, () => get(`/stream?bytes=${length}`, {
    onMessage: (message, resolve) => { paused.push({ message, resolve }) } }).catch((error) => error))
  await until('eight answers to begin', () => paused.length === 8)
  await sleep(1000)
  const held = tenon.rss - before
  if (!sanitized) assert.ok(held < 32, `${held.toFixed(1)} MiB for eight readers that do not read`)
  for (const { message, resolve } of paused) {
    const hash = createHash('sha256')
    let n = 0
    message.on('data', (bytes) => { hash.update(bytes); n += bytes.length })
    message.on('end', () => resolve({ n, hash: hash.digest('hex'), headers: { 'x-request-id': 'x'.repeat(22) }, rawHeaders: [], text: '' }))
  }
  const expected = createHash('sha256')
  for (let sent = 0; sent < length; sent += 65536) expected.update(bytesOf(65536))
  const digest = expected.digest('hex')
  for (const answer of await Promise.all(answers)) assert.deepEqual([answer.n, answer.hash], [length, digest])
})

test('a 401 leads to one token request and one repeat', { skip: missing }, async () => {
  const { get } = await connection()
  const answer = await get('/once401')
  assert.equal(answer.status, 200, answer.text)
  assert.equal(api.at('/once401').length, 2)
  assert.notEqual(...api.at('/once401').map((r) => r.headers.authorization))
  assert.equal(server.requests.length, 2)
  assert.equal((await get('/once401')).status, 200)
  assert.equal(server.requests.length, 2)
})

test('100 parallel 401s with one token lead to one token request', { skip: missing }, async () => {
  const { get } = await connection()
  await get('/echo')
  assert.equal(server.requests.length, 1)
  server.fault = faults.slow(100)
  const answers = await Promise.all(Array.from({ length: 100 }, () => get('/once401')))
  assert.deepEqual([...new Set(answers.map((a) => a.status))], [200])
  assert.equal(server.requests.length, 2)
})

test('a 401 that stays is 424, after at most two calls and one more token', { skip: missing }, async () => {
  const { get } = await connection()
  await get('/echo')
  const answer = await get('/always401')
  const problem = assertProblem(answer, 424, 'upstream_unauthorized')
  assert.equal(problem.upstream.status, 401)
  assert.ok(api.at('/always401').length <= 2)
  assert.ok(server.requests.length <= 2)
  for (let i = 0; i < 5; i++) assertProblem(await get('/always401'), 424, 'upstream_unauthorized')
  assert.ok(server.requests.length <= 2, `${server.requests.length} token requests: no storm`)
})

test('a redirect is neither followed nor passed on', { skip: missing }, async () => {
  const { get } = await connection()
  const answer = await get('/redirect')
  assertProblem(answer, 424, 'upstream_redirect')
  assert.ok(!answer.headers.location)
  assert.equal(api.at('/elsewhere').length, 0)
})

test('answers that break off are never taken for whole ones', { skip: missing }, async () => {
  const { get } = await connection()
  assertProblem(await get('/truncated'), 502, 'upstream_truncated')
  await assert.rejects(get('/broken-stream'), 'the connection breaks, as the service\'s did')
  assert.equal((await get('/echo')).status, 200)
})

test('HTML where JSON is declared', { skip: missing }, async () => {
  const { get } = await connection()
  assertProblem(await get('/html'), 502, 'upstream_content_type')
})

test('a service that does not answer in time', { skip: missing }, async () => {
  const { get } = await connection()
  assertProblem(await get('/slow'), 504, 'upstream_timeout')
})

test('a service that is not there', { skip: missing }, async () => {
  // A port that is given to nobody: one that was just left may be another test's by now.
  tenon.save('gone', definition('gone', 'http://127.0.0.1:1', 'actions:\n' + path('Get', '/x')))
  await until('the connector', async () => (await tenon.request('/v1/connectors/gone', { key: await tenon.key([]) })).status === 200)
  await tenon.connect('gone', 'gone')
  assertProblem(await tenon.request('/run/gone/gone/x', { key: await tenon.key(['gone']) }), 502, 'upstream_unreachable')
})

test('a 429 closes the gate for every caller and action, over a restart, too', { skip: missing }, async () => {
  for (const form of [(s) => String(s), (s) => new Date(Date.now() + s * 1000 + 999).toUTCString()]) {
    const one = await connection(), other = await connection()
    api.retryAfter = form(60)
    const first = await one.get('/throttled')
    assertProblem(first, 429, 'upstream_throttled')
    const wait = Number(first.headers['retry-after'])
    assert.ok(wait > 40 && wait <= 61, `Retry-After ${wait}`)
    const seen = api.requests.length
    assertProblem(await one.get('/echo'), 429, 'upstream_throttled')
    assertProblem(await one.get('/throttled'), 429, 'upstream_throttled')
    assert.equal(api.requests.length, seen)
    assert.equal((await other.get('/echo')).status, 200, 'other connections go on')
    await tenon.restart()
    const later = await one.get('/echo')
    assertProblem(later, 429, 'upstream_throttled')
    assert.ok(Number(later.headers['retry-after']) <= wait)
    assert.equal((await other.get('/echo')).status, 200)
  }
})

test('a client that leaves takes its call with it', { skip: missing }, async () => {
  const { name, key } = await connection()
  tenon.save('slow', definition('slow', api.url, 'actions:\n' + path('Get', '/slow', ', timeout: 60s')))
  await until('the connector', async () => (await tenon.request('/v1/connectors/slow', { key })).status === 200)
  await tenon.connect(`${name}-slow`, 'slow')
  const mine = await tenon.key([`${name}-slow`])
  let gone = false
  api.answers.set('/slow', (req, res) => { res.on('close', () => { gone = true }) })
  const controller = new AbortController()
  const call = tenon.request(`/run/slow/${name}-slow/slow`, { key: mine, signal: controller.signal })
  await until('the call to reach the service', () => api.at('/slow').length === 1)
  controller.abort()
  await assert.rejects(call)
  await until('the call to be given up', () => gone)
})
