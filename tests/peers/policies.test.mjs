// SPDX-License-Identifier: MIT
// Bodies reshaped on their way to a service and back, and headers set on its answers: what the service got, and what the
// caller gets, byte by byte.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, afterEach, before, test } from 'node:test'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'

import { startApiServer } from './lib/api-server.mjs'
import { definition } from './lib/connector.mjs'
import { examples } from './lib/guide.mjs'
import { assertProblem, missing, startTenon } from './lib/tenon.mjs'

let api, tenon, key

const shapes = () => definition('shapes', `${api.url}/v1`, `connection:
  parameters: {tenant: {type: string, default: acme}}
  auth:
    key: {type: api_key, parameters: {api_key: {type: string, secret: true, required: true}}, inject: {headers: {X-Key: "\${connection.api_key}"}, json: {signed: "yes"}}}
policies:
  - set_property: {at: body.tenant, value: "\${connection.tenant}"}
    actions: [Save, SaveAny]
  - set_property: {at: "body.rows[].label", value: "\${item.a} \${input.note} \${steps.info.body.name}"}
    actions: [Save]
  - set_property: {at: body.seen, value: true}
    section: response
    actions: [Read, Save, Page, Plain]
  - move_properties: {from: "body.value[].fields", to: item}
    section: response
    actions: [Read]
actions:
  Save:
    summary: Save
    path: /save
    input: {note: {in: header, type: string, const: n}, rows: {type: array, items: {}}, price: {type: number}, body_text: {type: string}}
    steps: {info: {url: /info}}
    request: {headers: {note: "\${input.note}"}}
  SaveAny: {summary: Save any, method: PUT, path: /any, input: {body: {in: body}}}
  SaveForm: {summary: Save a form, path: /form, input: {a: {in: form, type: string}}, request: {form: {b: "1"}}}
  Read: {summary: Read, method: GET, path: /read, output: {type: object}}
  Page: {summary: Page, method: GET, path: /page, next_link: "body.pages[0]['next page']"}
  Plain: {summary: Plain, method: GET, path: /plain}
  Untouched: {summary: Untouched, method: GET, path: /untouched}
  Told:
    summary: Told
    method: GET
    path: /told
    input: {mine: {type: string}}
    response:
      headers:
        X-Total: "\${response.body.total}"
        X-Etag: "\${response.headers.ETag}"
        X-Session: "\${response.cookies.sid}"
        X-Mine: "\${input.mine}"
        X-Gone: ''
        X-Absent: "\${response.body.absent}"
        Set-Cookie: "\${input.mine}"
  Streamed: {summary: Streamed, method: GET, path: /stream, input: {bytes: {type: integer}}, response: {headers: {X-Status: "\${response.status} \${connection.tenant}"}}}
`)

before(async () => {
  api = await startApiServer()
  if (missing) return
  const [fragment] = examples('Reshaping bodies: policies')
  tenon = await startTenon({ env: { TENON_LOG_FORMAT: 'json' }, connectors: { shapes: shapes(), tasks: definition('tasks', api.url, fragment) } })
  await tenon.connect('mine', 'shapes', { api_key: 'CANARY-key-of-the-service' })
  await tenon.connect('tasks', 'tasks')
  key = await tenon.key(['mine', 'tasks'])
})
afterEach(() => { api.requests.length = 0 })
after(async () => {
  await api.stop()
  await tenon?.stop()
})

const get = (path) => tenon.request(`/run/shapes/mine${path}`, { key })
const send = (method, path, body, headers = {}) =>
  tenon.request(`/run/shapes/mine${path}`, { key, echo: true, method, body, headers: { 'content-type': 'application/json', ...headers } })

test('the guide\'s example does what the guide says', { skip: missing }, async () => {
  api.answer('/tasks', '{"fields": {"title": "T", "assignees": {"ann": 1}}}', { status: 201 })
  const told = await tenon.request('/run/tasks/tasks/tasks', { key, json: { title: 'T', assignees: 'ann; bob' } })
  assert.equal(api.requests[0].text, '{"title":"T","assignees":{"ann":{"order":" !"},"bob":{"order":" !"}}}')
  assert.equal(told.status, 201)
  assert.deepEqual(told.json, { title: 'T', assignees: { ann: 1 }, people: [{ userId: 'ann', value: 1, label: 'ann of T' }] })
})

test('a request is reshaped behind everything but the credential', { skip: missing }, async () => {
  api.answer('/v1/info', '{"name": "i"}')
  const told = await send('POST', '/save', '{"rows":[{"a":1},{"a":"x"},5],"price":1.10}', { note: 'n' })
  assert.equal(told.status, 200, told.text)
  const seen = api.at('/v1/save')[0]
  assert.equal(seen.text, '{"rows":[{"a":1,"label":"1 n i"},{"a":"x","label":"x n i"},5],"price":1.10,"tenant":"acme","signed":"yes"}')
  assert.equal(seen.headers['x-key'], 'CANARY-key-of-the-service')
  assert.equal(seen.headers['content-type'], 'application/json')
})

test('numbers keep their text, whether a policy runs or not', { skip: missing }, async () => {
  const body = '{"big":12345678901234567890,"price":1.10,"list":[1E3,-0,0.30000000000000004],"text":"1.10"'
  await send('PUT', '/any', `${body}}`)
  assert.equal(api.requests[0].text, `${body},"tenant":"acme","signed":"yes"}`)
  api.answer('/v1/read', `${body}}`)
  assert.equal((await get('/read')).text, `${body},"seen":true}`)
})

test('bodies of any shape pass, and what is no JSON is no body to reshape', { skip: missing }, async () => {
  for (const body of ['[1,{"a":2}]', '"text"', '12', 'null']) {
    await send('PUT', '/any', body)
    assert.equal(api.requests.at(-1).text, body)
  }
  await tenon.request('/run/shapes/mine/form', { key, echo: true, method: 'POST', body: 'a=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } })
  assert.equal(api.requests.at(-1).text, 'a=x&b=1')
})

test('a value that cannot be made of the caller\'s is the caller\'s fault', { skip: missing }, async () => {
  api.answer('/v1/info', '{"name": "i"}')
  const problem = assertProblem(await send('POST', '/save', '{"rows":[{"a":{"deep":1}}]}', { note: 'n' }), 400, 'param_type')
  assert.deepEqual(problem.errors.map((e) => e.pointer), ['/body'])
  assert.equal(api.at('/v1/save').length, 0)
})

test('an answer is reshaped, whatever its coding; what was computed of its bytes goes', { skip: missing }, async () => {
  const text = '{"value":[{"id":1,"fields":{"t":"x"}},{"id":2}]}'
  const shaped = '{"value":[{"id":1,"t":"x"},{"id":2}],"seen":true}'
  const digests = { 'content-md5': createHash('md5').update(text).digest('base64'), digest: 'md5=x', etag: '"7"' }
  for (const [coding, bytes] of [[null, text], ['gzip', gzipSync(text)], ['deflate', deflateSync(text)], ['br', brotliCompressSync(text)]]) {
    api.answer('/v1/read', bytes, { ...digests, ...(coding && { 'content-encoding': coding }) })
    const told = await get('/read')
    assert.equal(told.text, shaped, coding)
    assert.deepEqual([told.headers['content-encoding'], told.headers['content-md5'], told.headers.digest, told.headers.etag], [undefined, undefined, undefined, '"7"'])
    assert.equal(told.headers['content-type'], 'application/json')
  }
})

test('an answer without a place to reshape passes byte by byte', { skip: missing }, async () => {
  const rows = [['{"error":  1.10}', {}, 404], ['{ "broken": ', {}, 200], ['a,b\n1,2', { 'content-type': 'text/csv' }, 200], ['[ 1.0,  2 ]', {}, 200],
    ['', {}, 200], ['{"a": 1}', { 'content-type': 'text/plain' }, 200]]
  for (const [text, headers, status] of rows) {
    api.answer('/v1/plain', text, { status, ...headers })
    const told = await get('/plain')
    assert.deepEqual([told.status, told.text], [status, text])
  }
})

test('what cannot be read as a whole is an error, not another shape', { skip: missing }, async () => {
  for (const [text, status] of [[`{"x":"${'x'.repeat(7 << 20)}"}`, 200], [`{"x":"${'x'.repeat(9 << 20)}"}`, 502], [`${'['.repeat(65)}${']'.repeat(65)}`, 502]]) {
    api.answer('/v1/read', text)
    const told = await get('/read')
    if (status === 502) assertProblem(told, 502, 'upstream_too_large')
    else assert.equal(told.json.seen, true)
  }
  // Without policies nobody reads it.
  api.answer('/v1/untouched', `${'['.repeat(65)}${']'.repeat(65)}`)
  assert.equal((await get('/untouched')).status, 200)
})

test('links come back through Tenon behind the policies, and pages are reshaped, too', { skip: missing }, async () => {
  api.answers.set('/v1/page', (req, res, seen) => {
    res.writeHead(200, { 'content-type': 'application/json' })
    res.end(`{"n":1.10,"pages":[{"next page":"${api.url}/v1/page?at=${Number(seen.query.get('at') ?? 0) + 1}"}]}`)
  })
  const first = await get('/page')
  assert.match(first.text, /^\{"n":1\.10,"pages":\[\{"next page":"http[^"]*\?tenon_next=[^"]+"\}\],"seen":true\}$/)
  const second = await tenon.request(first.json.pages[0]['next page'].replace(tenon.url, ''), { key })
  assert.equal(second.json.seen, true)
  assert.deepEqual(api.requests.map((seen) => seen.url), ['/v1/page', '/v1/page?at=1'])
})

test('headers are set on successes', { skip: missing }, async () => {
  const headers = { etag: '"9"', 'x-gone': 'here', 'x-total': 'old', 'x-absent': 'stays', 'set-cookie': 'sid=s1; Path=/' }
  api.answer('/v1/told', '{"total": 7}', headers)
  const told = await tenon.request('/run/shapes/mine/told?mine=m', { key })
  const picked = ['x-total', 'x-etag', 'x-session', 'x-mine', 'x-gone', 'x-absent', 'set-cookie'].map((name) => told.headers[name])
  assert.deepEqual(picked, ['7', '"9"', 's1', 'm', undefined, 'stays', undefined])
  api.answer('/v1/told', '{"total": 7}', { status: 404, ...headers })
  assert.equal((await get('/told')).headers['x-total'], 'old')
  // Nothing that breaks a header gets into one; the service's own stays.
  api.answer('/v1/told', '{"total": "a\\r\\nb: c"}', { 'x-total': 'old' })
  const odd = await get('/told')
  assert.deepEqual([odd.status, odd.headers['x-total'], odd.headers.b], [200, 'old', undefined])
  assert.equal((await tenon.event('response.header_left_out', odd)).header, 'X-Total')
})

test('a header that needs no body does not hold one back', { skip: missing }, async () => {
  api.answers.set('/v1/stream', api.answers.get('/stream'))
  const bytes = 20 << 20
  const grown = await tenon.growth(async () => {
    const told = await tenon.request(`/run/shapes/mine/stream?bytes=${bytes}`, { key })
    assert.equal(told.headers['x-status'], '200 acme')
    assert.equal(told.body.length, bytes)
  })
  assert.ok(grown < 8, `${grown} MiB`)
})
