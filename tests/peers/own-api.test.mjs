// SPDX-License-Identifier: MIT
// Tenon's own OpenAPI document (openapi/tenon.openapi.yaml) against three other people's validators, against the table of routes,
// and against a running host: every operation and every answer that it promises is provoked, and every answer is held against it.
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'

import SwaggerParser from '@apidevtools/swagger-parser'
import { Validator } from '@seriousme/openapi-schema-validator'
import { parse } from 'yaml'

import { startApiServer } from './lib/api-server.mjs'
import { CLIENTS, faults, startAuthorizationServer, USERS } from './lib/authorization-server.mjs'
import { Contract } from './lib/contract.mjs'
import { definition, signIns } from './lib/connector.mjs'
import { ADMIN_KEY, assertProblem, missing, ROOT, startTenon, TENON } from './lib/tenon.mjs'
import { until } from './lib/util.mjs'

const read = (file) => readFileSync(join(ROOT, file), 'utf8')
const document = parse(read('openapi/tenon.openapi.yaml'))
const contract = new Contract(document)

// --- the document by itself ---

test('three validators find the document good', async () => {
  await SwaggerParser.validate(structuredClone(document))
  assert.deepEqual((await new Validator().validate(structuredClone(document))), { valid: true })
  const redocly = join(ROOT, 'tests/node_modules/@redocly/cli/bin/cli.js')
  const { stdout } = await promisify(execFile)(process.execPath, [redocly, 'lint', '--format=json', 'openapi/tenon.openapi.yaml'],
    { cwd: ROOT, env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' } }).catch((error) => error)
  const { problems } = JSON.parse(stdout)
  assert.deepEqual(problems.map((p) => `${p.ruleId}: ${p.message} ${JSON.stringify(p.location[0].pointer)}`), [])
})

// What is for people's browsers, and no part of the API.
const isPage = ({ path }) => path === '/' || /^\/(connect|console|oauth)\//.test(path)
// What only the command line beside the host may ask for (tests/peers/keyring.test.mjs, backup.test.mjs).
const isLocal = ({ access }) => access === 'LOCAL'

// The rows of src/api/routes.c, and the prefixes of calls in src/api/api.c, each with what follows it and who may call.
function routes() {
  const source = read('src/api/routes.c')
  const table = source.slice(source.indexOf('ROUTES[] = {'), source.indexOf('const size_t ROUTE_COUNT'))
  const rows = [...table.matchAll(/\{"([A-Z]+)",\s*"([^"]+)",\s*ACCESS_([A-Z]+),/g)].map(([, method, path, access]) => ({ method, path, access }))
  assert.equal(rows.length, table.match(/\{"/g).length, 'every row is read')
  const prefixes = [...read('src/api/api.c').matchAll(/str_starts\(path, STR\("([^"]+)"\)\)\) \{\s+\w+_start(_proxied)?\(/g)].map(([, prefix, proxied]) =>
    ({ prefix, rest: proxied ? '{connection}/{path}' : '{connector}/{connection}/{path}', access: proxied ? 'PROXY' : 'CALLER' }))
  assert.ok(prefixes.length >= 4)
  return { rows: rows.filter((row) => !isPage(row) && !isLocal(row)), prefixes }
}

// What OpenAPI 3.1 lets a security requirement say: the roles that a key must have.
function accessOf(operation) {
  const security = operation.security ?? document.security
  const [bearer, key, session] = security.filter((one) => Object.keys(one).length)
  if (!security.length || security.some((one) => !Object.keys(one).length)) return 'PUBLIC'
  assert.deepEqual([Object.keys(bearer), Object.keys(key), bearer.bearer], [['bearer'], ['api_key'], key.api_key], operation.operationId)
  if (session) assert.deepEqual(session, { session: bearer.bearer }, operation.operationId)
  return { '': 'CALLER', admin: 'ADMIN', token: 'TOKEN', metrics: 'METRICS', proxy: 'PROXY' }[bearer.bearer.join()]
}

test('the document lists the routes, each with who may call it', () => {
  const { rows, prefixes } = routes()
  for (const { method, path, operation } of contract.operations()) { // a cookie opens nothing but /v1
    const security = operation.security ?? document.security
    assert.equal(security.some((one) => 'session' in one), path.startsWith('/v1/') && security.length > 0, `${method} ${path}`)
  }
  const listed = contract.operations().map(({ method, path, operation }) => ({ method, path, access: accessOf(operation) }))
  const isOfCall = ({ path }) => prefixes.some(({ prefix }) => path.startsWith(prefix))
  const line = ({ method, path, access }) => `${method} ${path} ${access}`
  assert.deepEqual(listed.filter((one) => !isOfCall(one)).map(line).sort(), rows.map(line).sort())
  const expected = prefixes.flatMap(({ prefix, rest, access }) => METHODS.map((method) => line({ method, path: `${prefix}${rest}`, access })))
  assert.deepEqual(listed.filter(isOfCall).map(line).sort(), expected.sort())
})

test('codes are those of the host, each under its status and with its title', () => {
  const rows = [...read('src/base/err_codes.h').matchAll(/^\s*X\((\w+),\s*(\d+),\s*"([^"]+)"/gm)]
  const table = new Map(rows.map(([, code, status]) => [code, Number(status)]))
  const titles = new Map(rows.map(([, code, , title]) => [code, title]))
  const told = new Set()
  const walk = (node) => {
    if (node === null || typeof node !== 'object') return
    if (node.instance && typeof node.title === 'string') assert.equal(node.title, titles.get(node.code), `the example of ${node.code}`)
    const { code, status } = node.properties ?? {}
    for (const one of status?.const && code?.enum || []) {
      told.add(one)
      assert.ok(table.has(one), `${one} is no code`)
      // What has no status of its own is answered 500.
      assert.equal(table.get(one) || 500, status.const, one)
    }
    Object.values(node).forEach(walk)
  }
  walk(document)
  // The introduction tells of the first; the others are of pages.
  const later = ['internal_error', 'csrf_rejected', 'sign_in_delayed', 'connect_link_used', 'connection_removed',
    ...[...table.keys()].filter((code) => code.startsWith('callback_'))]
  const untold = [...table].filter(([code, status]) => status && !told.has(code) && !later.includes(code)).map(([code]) => code)
  assert.deepEqual(untold, [])
})

// --- the host ---

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const CALLS = ['/run/{connector}/{connection}/{path}', '/apim/{connector}/{connection}/{path}', '/proxy/{connection}/{path}', '/v1/try/{connector}/{connection}/{path}']
const isCall = (path) => CALLS.includes(path)
const TRACE = '12345678901234567890123456789012'
const STATUSES = [400, 403, 404, 405, 409, 413, 415, 424, 500, 501, 502, 503, 504, 418, 200]

// Tokens whose credentials come with the call cannot be bound to a key.
const BOUND = '{type: client_credentials, token_url: /token, client_id: c, client_secret: "", dpop: true}'
const actions = (api) => METHODS.map((method) => `
  At${method}: {summary: Answers that status, method: ${method}, path: "/at/{status}", input: {status: {type: integer}}, throttle: [{calls: 1000, per: 60s}]}
  Limited${method}: {summary: Once an hour, method: ${method}, path: /limited, throttle: [{calls: 1, per: 1h}]}
  Slow${method}: {summary: Has no time, method: ${method}, path: /slow, timeout: 300ms}
  Held${method}: {summary: Takes its time, method: ${method}, path: /held}
  Away${method}: {summary: Calls nobody, method: ${method}, path: /away, request: {url: "http://127.0.0.1:1/"}}
  Open${method}: {summary: Sends no credentials, method: ${method}, path: "/open/{status}", input: {status: {type: integer}}, auth: none}
  Other${method}: {summary: Needs another sign-in, method: ${method}, path: /other, auth: [user]}
  Moved${method}: {summary: Redirects, method: ${method}, path: /redirect}
  Bound${method}: {summary: Binds a token, method: ${method}, path: /bound, token: ${BOUND}}
  Only${method}: {summary: By this method only, method: ${method}, path: /only/${method}}`).join('')

const hr = (server, api) => definition('hr', api.url, `proxy: true
${signIns(server)}    device:
      type: device_code
      parameters: {client_id: {type: string, required: true}}
      device_url: ${api.url}/device/\${connection.client_id}
      token_url: ${server.url}/token
    open: {type: none}
    key:
      type: api_key
      parameters: {api_key: {type: string, secret: true, required: true}}
      inject: {json: {key: "\${connection.api_key}"}}
verify: {url: /verify}
explain: {403: The account may not.}
actions:
  GetAccessToken: {summary: Get a token, token: connection, auth: [cc]}
  ListPages: {summary: A list of pages, method: GET, path: /pages, next_link: body.next}${actions(api)}
`)
// One call an hour; and no time at all.
const few = (api) => definition('few', api.url, 'proxy: true\nthrottle: [{calls: 1, per: 1h, name: few}]\nactions: {Look: {summary: Look, method: GET, path: /look}}\n')
const hasty = (api) => definition('hasty', api.url, 'proxy: true\ntimeout: 300ms\nactions: {Look: {summary: Look, method: GET, path: /look}}\n')

const app = (server, api) => definition('app', api.url, `proxy: true
connection:
  parameters:
    app_host: {type: string, format: hostname, ask: admin, required: true}
    app_secret: {type: string, secret: true, ask: admin, required: true}
    colour: {type: string, pattern: "^[a-z]+$"}
actions:
  Look: {summary: Look, method: GET, path: /look, request: {url: "https://\${connection.app_host}/look"}}
`, '["127.0.0.1", "*.example.com"]')

let server, api, tenon, one, bare
const shared = {
  env: { TENON_BODY_BYTES: '64KiB', TENON_TOKEN_TIMEOUT: '5s', TENON_THREADS: '1', TENON_CALLS_PER_CONNECTION: '1', TENON_EVENT_LISTENERS: '1' },
  faulty: true,
}

before(async () => {
  if (missing) return
  server = await startAuthorizationServer()
  api = await startApiServer()
  for (const status of STATUSES) {
    for (const place of ['at', 'open']) {
      api.answers.set(`/${place}/${status}`, (req, res) => { res.writeHead(status, { 'content-type': 'text/plain' }); res.end('mine') })
    }
  }
  api.answers.set('/open/401', (req, res) => { res.writeHead(401, { 'content-type': 'text/plain' }); res.end('mine') })
  api.answers.set('/hangs-up', (req) => { req.socket.destroy() })
  api.answers.set('/at/200', (req, res) => { res.writeHead(200, { 'content-type': 'application/json' }); res.end('{"fine": true}') })
  tenon = await startTenon({ ...shared, shipped: ['ukg-pro-wfm', 'ukg-pro-wfm-authentication'],
    connectors: { hr: hr(server, api), app: app(server, api), few: few(api), hasty: hasty(api), faulty: 'tenon: 1\nid: faulty\n' } })
  for (const name of ['acme', 'other']) await tenon.connect(name, 'hr', CLIENTS.body, 'cc')
  one = await tenon.key(['acme'], ['token'])
  bare = await tenon.key(['acme'])
})
after(async () => {
  await tenon?.stop()
  await server?.stop()
  await api?.stop()
})

// One request of an operation, its answer held against the document. at: values of the path's variables, sent as they are.
async function ask(method, path, { at = {}, query = '', on = tenon, key = ADMIN_KEY, ...options } = {}) {
  const address = path.replace(/\{(\w+)\}/g, (_, name) => at[name]) + query
  const length = options.body && { 'content-length': Buffer.byteLength(options.body) }
  const answer = await on.request('/', { path: address, method, key, echo: isCall(path), ...options, headers: { ...length, ...options.headers } })
  contract.check(method, path, answer)
  if (method !== 'HEAD' && 'tenon-error' in answer.headers && answer.headers['content-type'] === 'application/problem+json') {
    assertProblem(answer, answer.status, answer.json.code)
  }
  if (options.json !== undefined && answer.status < 300) contract.checkRequest(method, path, options.json)
  return answer
}
async function refused(status, code, method, path, options) {
  const answer = await ask(method, path, options)
  assert.equal(`${answer.status} ${answer.headers['tenon-error']}`, `${status} ${code}`, `${method} ${path}: ${answer.text}`)
  return answer
}
async function well(method, path, options) {
  const answer = await ask(method, path, options)
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`)
  return answer
}

const LONG = { 'x-long': 'x'.repeat(9000) }
const keyed = (operation) => accessOf(operation) !== 'PUBLIC'

test('what every operation refuses alike', { skip: missing }, async () => {
  for (const { method, path, operation } of contract.operations()) {
    const at = { connector: 'hr', connection: 'acme', id: 'zzz', path: 'nothing' }
    await refused(400, 'request_header_too_long', method, path, { at, headers: LONG })
    if (keyed(operation)) await refused(401, 'unauthorized', method, path, { at, key: null })
    if (!['PUBLIC', 'CALLER'].includes(accessOf(operation))) await refused(403, 'forbidden', method, path, { at, key: bare })
    if (!operation.requestBody || isCall(path)) continue
    const send = (body, type) => ({ at, body, headers: { 'content-type': type } })
    await refused(413, 'body_too_large', method, path, send(`{"a": "${'x'.repeat(70000)}"}`, 'application/json'))
    await refused(415, 'media_type', method, path, send('a=b', 'application/x-www-form-urlencoded'))
    await refused(400, 'json_invalid', method, path, send('{', 'application/json'))
    await refused(400, 'json_too_deep', method, path, send(`{"a": ${'['.repeat(40)}${']'.repeat(40)}}`, 'application/json'))
    await refused(400, 'param_unknown', method, path, { at, json: { ...minimal(operation), colour: 'red' } })
  }
})
// The least that passes as far as its members go.
const minimal = ({ operationId }) => ({
  beginSession: { key: 'x' }, createConnection: { name: 'x', connector: 'hr' }, addKey: { role: 'caller' }, createConnectSession: { connector: 'hr' }, addWebhook: { url: 'https://hooks.example.com/' }, setConnectorParameters: { parameters: {} },
})[operationId]

test('a body that the document does not allow is not taken', { skip: missing }, async () => {
  const rows = {
    'POST /v1/keys': [{}, { role: 'king' }, { role: 'caller', rights: ['fly'] }, { role: 'caller', expires_in: 0 }, { role: 'caller', expires_in: 1e12 },
      { role: 'caller', connections: 'acme' }, { role: 1 }, { role: 'caller', connections: ['A b'] }],
    'POST /v1/connections': [{}, { name: 'x' }, { name: '-', connector: 'hr' }, { name: 'A b', connector: 'hr' }, { name: 'x', connector: 'hr', title: 1 },
      { name: 'x'.repeat(64), connector: 'hr' }, { name: 'x', connector: 'hr', parameters: [] }, { name: 'x', connector: 'hr', parameters: { a: {} } }],
    'POST /v1/connect-sessions': [{}, { connector: 'hr', connection: 'acme' }, { connector: 1 }, { connector: 'hr', auths: 'cc' }, { connector: 'hr', name: 'A b' },
      { connector: 'hr', title: 'x'.repeat(201) }, { connector: 'hr', requester: 'x'.repeat(201) }, { connector: 'hr', parameters: [] }, { connector: 'hr', auths: [1] }],
    'POST /v1/webhooks': [{}, { url: 1 }, { url: 'https://a.example.com/', types: 'all' }, { url: 'https://a.example.com/', types: [1] }, { url: 'https://a.example.com/', connections: [''] },
      { url: 'https://a.example.com/', title: 'x'.repeat(201) }],
    'PATCH /v1/connections/{connection}': [{ title: 1 }, { accept: 'yes' }, { verify: 1 }, { parameters: { client_id: [] } }, { name: 'y' }],
    'POST /v1/session': [{}, { key: 1 }, { key: 'x', setup: 'x' }],
    'PUT /v1/connectors/{connector}/parameters': [{}, { parameters: 1 }, { parameters: { app_secret: {} } }],
  }
  for (const [operation, bodies] of Object.entries(rows)) {
    const [method, path] = operation.split(' ')
    for (const json of bodies) {
      assert.equal(contract.takes(method, path, json), false, `${operation} ${JSON.stringify(json)}`)
      const answer = await ask(method, path, { at: { connection: 'acme', connector: 'app' }, json })
      assert.equal(answer.status, 400, `${operation} ${JSON.stringify(json)}: ${answer.text}`)
    }
  }
})

test('the session of the console', { skip: missing }, async () => {
  const path = '/v1/session', origin = { origin: tenon.url }, nobody = { key: null }
  for (let i = 0; i < 8; i++) await ask('POST', path, { ...nobody, json: { key: 'x' } })
  await refused(429, 'sign_in_delayed', 'POST', path, { ...nobody, json: { setup: 'x' } })
  const begun = await well('POST', path, { ...nobody, json: { key: one } })
  await refused(401, 'unauthorized', 'POST', path, { ...nobody, json: { key: 'x' } })
  await refused(403, 'csrf_rejected', 'POST', path, { ...nobody, json: { key: one }, headers: { origin: 'https://evil.example' } })
  const [cookie] = begun.headers['set-cookie'][0].split(';')
  assert.deepEqual((await well('GET', path, { ...nobody, headers: { cookie } })).json, begun.json)
  await refused(401, 'unauthorized', 'GET', path, nobody)
  await well('GET', '/v1/connections/{connection}', { ...nobody, at: { connection: 'acme' }, headers: { cookie } })
  await refused(403, 'csrf_rejected', 'DELETE', path, { ...nobody, headers: { cookie, ...origin } })
  await refused(404, 'not_found', 'DELETE', path)
  await well('DELETE', path, { ...nobody, headers: { cookie, ...origin, 'x-tenon-csrf': begun.json.csrf } })
})

test('the host', { skip: missing }, async () => {
  const told = await until('the connections to be counted', async () => {
    const { json } = await well('GET', '/v1/host')
    return json.connections && json
  })
  assert.deepEqual([told.public_url, told.store.ok, told.audit.ok, told.definitions], [tenon.url, true, true, { in_service: 6, faults: 1 }])
  assert.ok(Object.values(told.connections).reduce((sum, n) => sum + n) >= 2)
})

test('connectors', { skip: missing }, async () => {
  const list = '/v1/connectors', item = '/v1/connectors/{connector}'
  const seen = []
  let page = { next: '' }
  while ('next' in page) {
    page = (await well('GET', list, { query: `?limit=2${page.next && `&after=${page.next}`}` })).json
    seen.push(...page.connectors.map((c) => c.id))
    assert.deepEqual(page.faults.map((f) => f.id), ['faulty'])
  }
  assert.deepEqual(seen, ['app', 'few', 'hasty', 'hr', 'ukg-pro-wfm', 'ukg-pro-wfm-authentication'])
  assert.ok(!('faults' in (await well('GET', list, { key: one })).json))
  await refused(400, 'param_type', 'GET', list, { query: '?limit=all' })
  for (const connector of seen) await well('GET', item, { at: { connector }, key: one })
  const { fault, ...rest } = (await well('GET', item, { at: { connector: 'faulty' } })).json
  assert.deepEqual([rest, fault.serving_previous], [{ id: 'faulty' }, false])
  await refused(404, 'not_found', 'GET', item, { at: { connector: 'faulty' }, key: one })
})

test('the definition as it was written', { skip: missing }, async () => {
  const path = '/v1/connectors/{connector}/definition'
  const few = await well('GET', path, { at: { connector: 'few' } })
  assert.equal(few.text, readFileSync(join(tenon.connectors, 'few.yaml'), 'utf8'))
  assert.equal((await well('GET', path, { at: { connector: 'faulty' } })).text, 'tenon: 1\nid: faulty\n')
  assert.equal((await well('GET', path, { at: { connector: 'hr' }, key: one })).text, hr(server, api))
  await refused(404, 'not_found', 'GET', path, { at: { connector: 'zzz' } })
  for (const connector of ['few', 'faulty', 'zzz']) await refused(404, 'not_found', 'GET', path, { at: { connector }, key: one })
  // Gone from the folder, or not to be read as it is.
  writeFileSync(join(tenon.connectors, 'open.yaml'), 'tenon: 1\n', { mode: 0o600 })
  chmodSync(join(tenon.connectors, 'open.yaml'), 0o602)
  await until('the file to be judged', async () => (await ask('GET', '/v1/connectors/{connector}', { at: { connector: 'open' } })).status === 200)
  const { detail } = (await refused(404, 'not_found', 'GET', path, { at: { connector: 'open' } })).json
  assert.match(detail, /^open\.yaml: others may write this file/)
  rmSync(join(tenon.connectors, 'open.yaml'))
  await until('it to be gone', async () => (await ask('GET', '/v1/connectors/{connector}', { at: { connector: 'open' } })).status === 404)
})

const DOCUMENTS = ['json', 'yaml'].map((format) => ({ format, path: `/v1/connectors/{connector}/openapi.${format}` }))
const PACKAGE = '/v1/connectors/{connector}/powerplatform.zip'
const DOCUMENT_PATHS = [...DOCUMENTS.map(({ path }) => path), PACKAGE]

test('documents of connectors', { skip: missing }, async () => {
  const at = { connector: 'hr' }
  const { openapi } = (await well('GET', '/v1/connectors/{connector}', { at })).json
  for (const { format, path } of DOCUMENTS) {
    const readAs = format === 'json' ? JSON.parse : parse
    for (const [version, addresses] of Object.entries(openapi)) {
      const { pathname, search } = new URL(addresses[format])
      assert.equal(pathname, path.replace('{connector}', 'hr'))
      const whole = await well('GET', path, { at, key: null, query: search })
      const told = readAs(whole.text)
      assert.ok((told.swagger ?? told.openapi).startsWith(version))
      assert.equal(whole.headers['cache-control'], 'no-cache')
      assert.equal((await ask('GET', path, { at, key: null, query: search, headers: { 'if-none-match': whole.headers.etag } })).status, 304)
    }
    for (const [query, key] of [['?connection=acme', one], ['?connection=*', one], ['?connection=other', ADMIN_KEY]]) {
      assert.equal((await well('GET', path, { at, key, query })).headers['cache-control'], 'private, no-cache')
      await refused(401, 'unauthorized', 'GET', path, { at, key: null, query })
    }
    await refused(404, 'not_found', 'GET', path, { at, key: one, query: '?connection=other' })
    await refused(404, 'not_found', 'GET', path, { at, query: '?connection=zzz' })
    await refused(404, 'not_found', 'GET', path, { at: { connector: 'zzz' }, key: null })
    for (const [query, code] of [['version=4', 'param_value'], ['connection=A', 'param_pattern'], ['colour=red', 'param_unknown']]) {
      await refused(400, code, 'GET', path, { at, key: null, query: `?${query}` })
    }
  }
})

test('a connector as a solution for Power Platform', { skip: missing }, async () => {
  const path = PACKAGE, at = { connector: 'hr' }
  const whole = await well('GET', path, { at, key: null })
  assert.equal(whole.headers['content-type'], 'application/zip')
  assert.match(whole.text, /^PK/)
  assert.equal((await ask('GET', path, { at, key: null, headers: { 'if-none-match': whole.headers.etag } })).status, 304)
  assert.equal((await well('GET', path, { at, key: one, query: '?connection=acme' })).headers['cache-control'], 'private, no-cache')
  await refused(401, 'unauthorized', 'GET', path, { at, key: null, query: '?connection=acme' })
  await refused(404, 'not_found', 'GET', path, { at, key: one, query: '?connection=other' })
  await refused(404, 'not_found', 'GET', path, { at: { connector: 'zzz' }, key: null })
  for (const [query, code] of [['connection=A', 'param_pattern'], ['version=2.0', 'param_unknown']]) {
    await refused(400, code, 'GET', path, { at, key: null, query: `?${query}` })
  }
})

test('documents that the operator keeps to those with a key', { skip: missing }, async () => {
  const shut = await startTenon({ connectors: { few: few(api) }, env: { TENON_PUBLIC_DOCUMENTS: 'false' } })
  const on = { on: shut, at: { connector: 'few' } }
  try {
    for (const path of DOCUMENT_PATHS) {
      await refused(401, 'unauthorized', 'GET', path, { ...on, key: null })
      await well('GET', path, on)
    }
  } finally {
    await shut.stop()
  }
})

test('what an admin gives once', { skip: missing }, async () => {
  const path = '/v1/connectors/{connector}/parameters', at = { connector: 'app' }
  const create = { name: 'of-app', connector: 'app', parameters: { colour: 'red' } }
  await refused(409, 'parameter_missing', 'POST', '/v1/connections', { json: create })
  const { parameters, redirect_uri } = (await well('GET', path, { at })).json
  assert.deepEqual([parameters, redirect_uri], [{ app_host: { set: false }, app_secret: { set: false } }, `${tenon.url}/oauth/callback`])
  tenon.secrets.add('CANARY-app-secret')
  const set = (parameters) => ({ at, json: { parameters } })
  await well('PUT', path, set({ app_host: 'a.example.com', app_secret: 'CANARY-app-secret' }))
  assert.deepEqual((await well('GET', path, { at })).json.parameters, { app_host: 'a.example.com', app_secret: { set: true } })
  await refused(400, 'secret_required', 'PUT', path, set({ app_host: 'b.example.com' }))
  await refused(400, 'param_unknown', 'PUT', path, set({ colour: 'red' }))
  await well('POST', '/v1/connections', { json: create })
  await well('PUT', path, set({ app_secret: null }))
  await refused(409, 'parameter_missing', 'PATCH', '/v1/connections/{connection}', { at: { connection: 'of-app' }, json: { parameters: { colour: 'blue' } } })
  for (const method of ['GET', 'PUT']) await refused(404, 'not_found', method, path, { at: { connector: 'zzz' }, ...(method === 'PUT' && { json: { parameters: {} } }) })
})

test('links to connect with', { skip: missing }, async () => {
  const path = '/v1/connect-sessions'
  const made = await well('POST', path, { json: { connector: 'hr', auths: ['cc'], title: 'T', requester: 'R', parameters: { client_id: 'x' } } })
  assert.equal(made.headers.location, made.json.url)
  assert.match(made.json.connection, /^hr-[a-z2-9]{6}$/)
  await well('POST', path, { json: { connection: 'acme' } })
  await refused(409, 'connection_exists', 'POST', path, { json: { connector: 'hr', name: 'acme' } })
  await refused(404, 'not_found', 'POST', path, { json: { connection: 'zzz' } })
  await refused(400, 'param_value', 'POST', path, { json: { connector: 'hr', return_url: 'https://evil.example/' } })
})

test('connections', { skip: missing }, async () => {
  const list = '/v1/connections', item = '/v1/connections/{connection}'
  const json = { name: 'made', connector: 'hr', auth: 'cc', title: 'Made', parameters: CLIENTS.body }
  const made = await well('POST', list, { json })
  assert.equal(made.status, 201)
  assert.equal(made.headers.location, `${tenon.url}/v1/connections/made`)
  assert.deepEqual((await tenon.request(new URL(made.headers.location).pathname, { key: ADMIN_KEY })).json, made.json)
  await refused(409, 'connection_exists', 'POST', list, { json })
  await refused(400, 'param_missing', 'POST', list, { json: { ...json, name: 'x', parameters: {} } })
  await refused(400, 'param_unknown', 'GET', list, { query: '?colour=red' })
  for (const [key, names] of [[one, ['acme']], [ADMIN_KEY, ['acme', 'made', 'of-app', 'other']]]) {
    assert.deepEqual((await well('GET', list, { key })).json.connections.map((c) => c.name), names)
  }
  // As many as there are: then there is no next page, and nobody asks for an empty one.
  for (const key of [one, ADMIN_KEY]) {
    const all = (await well('GET', list, { key })).json.connections.length
    assert.ok(!('next' in (await well('GET', list, { key, query: `?limit=${all}` })).json))
  }
  assert.equal((await well('GET', list, { query: '?limit=3' })).json.next, 'of-app')
  assert.deepEqual((await well('GET', list, { query: '?connector=app' })).json.connections.map((c) => c.name), ['of-app'])
  await well('GET', item, { at: { connection: 'acme' }, key: one })
  for (const [method, path, options] of [['GET', item], ['PATCH', item, { json: { title: 'x' } }], ['DELETE', item], ['POST', `${item}/test`], ['POST', `${item}/reset`]]) {
    await refused(404, 'not_found', method, path, { at: { connection: 'zzz' }, ...options })
  }
  assert.equal((await well('PATCH', item, { at: { connection: 'made' }, json: { title: 'Other' } })).json.title, 'Other')
  const report = (await well('POST', `${item}/test`, { at: { connection: 'made' } })).json
  assert.deepEqual(report.steps.map((s) => [s.step, s.ok]), [['token', true], ['verify', true]])
  api.answers.set('/verify', (req, res) => { res.writeHead(403); res.end() })
  assert.equal((await well('POST', `${item}/test`, { at: { connection: 'made' } })).json.steps[1].explain, 'The account may not.')
  api.answers.delete('/verify')
  await well('POST', `${item}/reset`, { at: { connection: 'made' } })
  assert.equal((await well('DELETE', item, { at: { connection: 'made' } })).status, 204)
})

test('the use of a connection', { skip: missing }, async () => {
  const path = '/v1/connections/{connection}/usage', at = { connection: 'used' }
  await tenon.connect('used', 'few')
  const { id, key } = (await well('POST', '/v1/keys', { json: { role: 'caller', connections: ['used'] } })).json
  for (const status of [200, 429, 429]) {
    assert.equal((await ask('GET', CALLS[0], { key, at: { connector: 'few', connection: 'used', path: 'look' } })).status, status)
  }
  for (const resolution of ['minute', 'hour']) {
    const told = (await well('GET', path, { at, key, query: `?resolution=${resolution}` })).json
    assert.deepEqual([told.resolution, told.total.calls, told.total.throttled], [resolution, 3, 2])
    assert.deepEqual([told.actions.map((row) => row.action), told.keys.map((row) => row.key)], [['Look'], [id]])
    assert.deepEqual(told.limits.map((limit) => [limit.name, limit.left]), [['few', 0]])
  }
  for (const by of [key, ADMIN_KEY]) {
    const shown = (await well('GET', '/v1/connections/{connection}', { at, key: by })).json
    assert.deepEqual(shown.limits.map((limit) => [limit.name, limit.left]), [['few', 0]])
    const page = (await well('GET', '/v1/connections', { key: by, query: '?connector=few' })).json
    assert.deepEqual(page.connections, [shown])
  }
  const [listed] = (await well('GET', '/v1/connections', { key })).json.connections
  assert.equal(listed.last_used_at, (await well('GET', path, { at })).json.last_used_at)
  assert.ok((await well('GET', '/v1/keys/{id}', { at: { id } })).json.last_used_at >= listed.last_used_at) // it has asked since
  await refused(400, 'param_value', 'GET', path, { at, query: '?resolution=day' })
  await refused(400, 'param_unknown', 'GET', path, { at, query: '?limit=1' })
  await well('GET', path, { at: { connection: 'of-app' } })
  await refused(404, 'not_found', 'GET', path, { at, key: one })
  await refused(404, 'not_found', 'GET', path, { at: { connection: 'zzz' } })
  for (const [path, at] of [['/v1/connections/{connection}', { connection: 'used' }], ['/v1/keys/{id}', { id }]]) await well('DELETE', path, { at })
})

test('the limits of a connection, as they stand', { skip: missing }, async () => {
  const path = '/v1/connections/{connection}/limits', at = { connection: 'watched' }
  await tenon.connect('watched', 'few')
  assert.deepEqual((await well('GET', path, { at })).json, { limits: [{ name: 'few', scope: 'connection', calls: 1, per_ms: 3600000, left: 1, used: 0, reset_in: 0 }] })
  await ask('GET', CALLS[0], { at: { connector: 'few', connection: 'watched', path: 'look' } })
  const [{ leaving, ...limit }] = (await well('GET', path, { at })).json.limits
  assert.deepEqual([limit.left, limit.used, limit.reset_in > 3500, leaving.indexOf(1), leaving.length], [0, 1, true, 59, 60])
  await refused(404, 'not_found', 'GET', path, { at, key: one })
  await refused(404, 'not_found', 'GET', path, { at: { connection: 'zzz' } })
  await well('DELETE', '/v1/connections/{connection}', { at })
})

test('the latest calls', { skip: missing }, async () => {
  const list = '/v1/calls', item = '/v1/calls/{request}'
  const call = async (key, path) => {
    const answer = await ask('GET', CALLS[0], { key, at: { connector: 'hr', connection: 'acme', path } })
    return answer.headers['x-request-id']
  }
  const good = await call(one, 'open/200'), bad = await call(ADMIN_KEY, 'open/404')
  const calls = (await well('GET', list, { key: one, query: '?connection=acme&limit=2' })).json
  assert.deepEqual(calls.calls.map(({ request, status, action }) => [request, status, action]), [[bad, 404, 'OpenGET'], [good, 200, 'OpenGET']])
  assert.equal((await well('GET', list, { query: '?status=error&limit=1' })).json.calls[0].request, bad)
  const older = (await well('GET', list, { query: `?limit=1&connection=acme&after=${(await well('GET', list, { query: '?limit=1&connection=acme' })).json.next}` })).json
  assert.equal(older.calls[0].request, good)
  const shown = (await well('GET', item, { key: one, at: { request: good } })).json
  assert.deepEqual(shown.steps.map((step) => step.step), ['identify', 'bind', 'admit', 'send', 'answer'])
  assert.equal(shown.steps[3].host, new URL(api.url).host)
  await refused(404, 'not_found', 'GET', item, { at: { request: 'AAAAAAAAAAAAAAAAAAAAAA' } })
  await refused(404, 'not_found', 'GET', item, { at: { request: 'short' } })
  await refused(404, 'not_found', 'GET', list, { key: one, query: '?connection=zzz' })
  await refused(400, 'param_value', 'GET', list, { query: '?status=6xx' })
  await refused(400, 'param_value', 'GET', list, { query: '?after=zz' })
  await refused(400, 'param_unknown', 'GET', list, { query: '?colour=red' })
  await refused(400, 'param_type', 'GET', list, { query: '?limit=x' })
})

test('metrics', { skip: missing }, async () => {
  const { id, key } = (await well('POST', '/v1/keys', { json: { role: 'caller', rights: ['metrics'] } })).json
  for (const reader of [key, ADMIN_KEY]) assert.match((await well('GET', '/metrics', { key: reader })).text, /^# HELP tenon_calls_total /)
  await well('DELETE', '/v1/keys/{id}', { at: { id } })
})

test('the key ring', { skip: missing }, async () => {
  const before = (await well('GET', '/v1/keyring')).json
  const after = (await well('POST', '/v1/keyring/rotate')).json
  assert.equal(after.data_keys[0].id, before.data_keys[0].id + 1)
  assert.deepEqual(after.data_keys.map((key) => key.active), [true, false])
  assert.equal(after.master_key.id, before.master_key.id)
  const rotated = await until('the old key to go', async () => {
    const now = (await well('GET', '/v1/keyring')).json
    return now.data_keys.length === 1 && now
  })
  assert.deepEqual([rotated.resealing.running, rotated.resealing.left], [false, 0])
  for (const [path, options] of [['/v1/keyring/rewrap', { json: { new_master_key: 'x' } }], ['/v1/backups', {}]]) {
    assertProblem(await tenon.request(path, { method: 'POST', key: ADMIN_KEY, ...options }), 403, 'forbidden')
  }
})

test('events', { skip: missing }, async () => {
  const path = '/v1/events'
  const page = (await well('GET', path, { query: '?after=0&limit=2' })).json
  assert.equal(page.next, page.events[1].id)
  assert.deepEqual((await well('GET', path, { query: `?after=${page.next}&limit=1&type=connection.*,key.*` })).json.events.length, 1)
  assert.ok((await well('GET', path, { key: one })).json.events.every((event) => event.data.connection === 'acme'))
  for (const [query, code] of [['type=a', 'param_value'], ['after=x', 'param_type'], ['colour=red', 'param_unknown']]) await refused(400, code, 'GET', path, { query: `?${query}` })
  await refused(404, 'not_found', 'GET', path, { key: one, query: '?connection=other' })
  const { id, key } = (await well('POST', '/v1/keys', { json: { role: 'caller', connections: ['acme'] } })).json
  const stream = { headers: { accept: 'text/event-stream' } }
  for (let i = 0; i < 10; i++) await well('GET', path, { key }) // every loop knows the key, so that the stream is open once it is in flight
  const streamed = well('GET', path, { key, query: '?after=0', ...stream })
  await until('the stream to be open', async () => (await tenon.metric('tenon_http_requests_in_flight')) >= 2)
  await refused(503, 'over_capacity', 'GET', path, stream)
  await well('DELETE', '/v1/keys/{id}', { at: { id } })
  assert.match((await streamed).text, /^id: \d{16}\nevent: connection\.created\ndata: \{/m)
})

test('webhooks', { skip: missing }, async () => {
  const list = '/v1/webhooks', item = `${list}/{id}`
  const json = { url: `${api.url}/hook`, types: ['connection.*'], connections: ['acme'], title: 'Hook' }
  api.answers.set('/hook', (req, res) => { res.writeHead(204); res.end() })
  const made = await well('POST', list, { json })
  const { secret, ...shown } = made.json
  const at = { id: shown.id }
  assert.equal(made.headers.location, `${tenon.url}/v1/webhooks/${shown.id}`)
  assert.deepEqual((await well('GET', item, { at })).json, shown)
  assert.deepEqual((await well('GET', list)).json.webhooks, [shown])
  assert.deepEqual((await well('POST', `${item}/test`, { at })).json, { ok: true, status: 204 })
  assert.notEqual((await well('POST', `${item}/rotate`, { at })).json.secret, secret)
  assert.equal((await well('POST', `${item}/enable`, { at })).json.state, 'active')
  await refused(400, 'param_value', 'POST', list, { json: { url: 'http://192.0.2.1/' } })
  await refused(400, 'param_too_long', 'POST', list, { json: { ...json, title: 'x'.repeat(201) } })
  for (const [method, path] of [['GET', item], ['POST', `${item}/test`], ['POST', `${item}/rotate`], ['POST', `${item}/enable`], ['DELETE', item]]) {
    await refused(404, 'not_found', method, path, { at: { id: 'zzz' } })
  }
  assert.equal((await well('DELETE', item, { at })).status, 204)
})

test('keys', { skip: missing }, async () => {
  const list = '/v1/keys', item = '/v1/keys/{id}'
  const made = await well('POST', list, { json: { role: 'caller', connections: ['acme'], rights: ['metrics'], expires_in: 3600 } })
  const { key, ...shown } = made.json
  assert.equal(made.headers.location, `${tenon.url}/v1/keys/${shown.id}`)
  assert.deepEqual((await well('GET', item, { at: shown })).json, shown)
  assert.equal((await well('GET', '/readyz', { key })).json.store, 'ok')
  const { id: admin } = (await well('POST', list, { json: { role: 'admin' } })).json
  await refused(400, 'param_value', 'POST', list, { json: { role: 'caller', connections: ['zzz'] } })
  const all = (await well('GET', list, { query: '?limit=1000' })).json.keys.map((k) => k.id)
  assert.ok([shown.id, admin].every((id) => all.includes(id)) && all.length >= 4)
  const ids = []
  let page = { next: '' }
  while ('next' in page) {
    page = (await well('GET', list, { query: `?limit=2${page.next && `&after=${page.next}`}` })).json
    ids.push(...page.keys.map((k) => k.id))
  }
  assert.deepEqual(ids, [...new Set(all)].sort())
  assert.ok(!('next' in (await well('GET', list, { query: `?limit=${all.length}` })).json))
  await refused(400, 'param_type', 'GET', list, { query: '?limit=1.5' })
  for (const id of [shown.id, admin]) await well('DELETE', item, { at: { id } })
  for (const method of ['GET', 'DELETE']) await refused(404, 'not_found', method, item, { at: shown })
  await refused(401, 'unauthorized', 'GET', '/readyz', { key })
})

test('the audit trail', { skip: missing }, async () => {
  const list = '/v1/audit', seen = []
  let page = { next: '' }
  while ('next' in page) {
    page = (await well('GET', list, { query: `?limit=7${page.next && `&after=${page.next}`}` })).json
    seen.push(...page.lines.map((line) => line.seq))
  }
  assert.deepEqual(seen, seen.map((_, i) => i + 1), 'every line, once')
  const back = (await well('GET', list, { query: '?limit=1000&order=newest' })).json.lines
  assert.deepEqual(back.map((line) => line.seq).filter((seq) => seq <= seen.length), seen.toReversed())
  const made = (await well('GET', list, { query: '?what=connection.created&object=acme&actor=env' })).json.lines
  assert.deepEqual(made.map((line) => [line.outcome, line.object, line.key]), [['done', 'acme', 'env']])
  const { time, request_id } = made[0]
  assert.deepEqual((await well('GET', list, { query: `?request_id=${request_id}` })).json.lines, made)
  assert.equal((await well('GET', list, { query: `?since=${time}&limit=1` })).json.lines[0].time, time)
  assert.ok((await well('GET', list, { query: `?until=${time}` })).json.lines.every((line) => line.time < time))
  await refused(400, 'param_format', 'GET', list, { query: '?since=yesterday' })
  await refused(400, 'param_value', 'GET', list, { query: '?order=random' })
  await refused(400, 'param_type', 'GET', list, { query: '?after=x' })
  const report = (await well('GET', '/v1/audit/verify')).json
  assert.deepEqual([report.ok, report.faults, report.first], [true, 0, 1])
  assert.ok(report.lines >= seen.length)
})

// What the token endpoint does, and what Tenon makes of it.
const SIGN_INS = [
  [424, 'credentials_rejected', faults.answers(401, '{"error": "invalid_client"}')],
  [429, 'token_endpoint_throttled', faults.throttled('30')],
  [502, 'token_endpoint_unavailable', faults.answers(500, '{}')],
  [502, 'token_response_not_json', faults.answers(200, '<p>')],
  [504, 'token_endpoint_timeout', faults.slow(60000)],
]

test('the token of a connection', { skip: missing }, async () => {
  const path = '/v1/connections/{connection}/token', at = { connection: 'acme' }
  assert.ok(await server.knows((await well('GET', path, { at, key: one })).json.access_token))
  await well('GET', path, { at, key: one, headers: { 'cache-control': 'no-cache' } })
  await refused(403, 'forbidden', 'GET', path, { at, key: bare })
  await refused(404, 'not_found', 'GET', path, { at: { connection: 'other' }, key: one })
  await tenon.connect('open', 'hr', {}, 'open')
  await refused(404, 'not_found', 'GET', path, { at: { connection: 'open' } })
  await refused(409, 'parameter_missing', 'GET', path, { at: { connection: 'of-app' } })
  for (const [i, [status, code, fault]] of SIGN_INS.entries()) {
    await tenon.connect(`token-${i}`, 'hr', CLIENTS.body, 'cc')
    server.fault = fault
    await refused(status, code, 'GET', path, { at: { connection: `token-${i}` } })
    server.fault = null
  }
  assert.equal((await well('GET', '/v1/connections/{connection}', { at: { connection: 'token-0' } })).json.state, 'rejected')
})

test('a sign-in by a code', { skip: missing }, async () => {
  const path = '/v1/connections/{connection}/sign-in'
  const codes = { device_code: 'CANARY-device-code', user_code: 'U', verification_uri: 'https://x.example/go', verification_uri_complete: 'https://x.example/go?c=U', expires_in: 900 }
  const begin = async (client, answers) => {
    api.answers.set(`/device/${client}`, answers)
    await tenon.connect(client, 'hr', { client_id: client }, 'device')
    return { at: { connection: client } }
  }
  tenon.secrets.add(codes.device_code)
  const well_ = await begin('by-code', faults.answers(200, JSON.stringify(codes)))
  assert.equal((await well('POST', path, well_)).json.user_code, 'U')
  assert.equal((await well('GET', path, well_)).json.status, 'pending')
  await Promise.all(SIGN_INS.map(async ([status, code, fault], i) => {
    const expected = code === 'token_response_not_json' ? 'token_response_incomplete' : code
    await refused(status, expected, 'POST', path, await begin(`by-code-${i}`, fault))
  }))
  await refused(409, 'parameter_missing', 'POST', path, { at: { connection: 'of-app' } })
  await refused(501, 'not_supported', 'POST', path, { at: { connection: 'acme' } })
  await refused(404, 'not_found', 'POST', path, { at: { connection: 'zzz' } })
  await refused(404, 'not_found', 'GET', path, { at: { connection: 'acme' } })
})

test('new credentials are tried', { skip: missing }, async () => {
  const path = '/v1/connections/{connection}', at = { connection: 'other' }
  const change = { at, json: { parameters: { client_id: CLIENTS.body.client_id, client_secret: CLIENTS.body.client_secret } } }
  for (const [status, code, fault] of SIGN_INS) {
    server.fault = fault
    await refused(status, code, 'PATCH', path, change)
    server.fault = null
  }
  await well('PATCH', path, change)
  await well('PATCH', path, { at, json: { auth: 'user', parameters: { ...CLIENTS.body, username: 'alice', password: USERS.alice } } })
})

test('this document', { skip: missing }, async () => {
  const path = '/v1/openapi.json'
  const whole = await well('GET', path, { key: null })
  assert.deepEqual(whole.json, { ...document, servers: [{ url: tenon.url }] })
  assert.equal(whole.json.info.version, execFileSync(TENON, ['--version'], { encoding: 'utf8' }).trim().split(' ')[1])
  const { etag } = whole.headers
  for (const tags of [etag, `"0", ${etag}`, `W/${etag}`, '*']) {
    const kept = await ask('GET', path, { key: null, headers: { 'if-none-match': tags } })
    assert.deepEqual([kept.status, kept.headers.etag], [304, etag], tags)
  }
  assert.equal((await well('GET', path, { key: null, headers: { 'if-none-match': '"0"' } })).status, 200)
  const elsewhere = await startTenon({ connectors: {}, env: { TENON_PUBLIC_URL: 'https://tenon.example.com' } })
  try {
    const there = await well('GET', path, { on: elsewhere, key: null })
    assert.deepEqual(there.json.servers, [{ url: 'https://tenon.example.com' }])
    assert.notEqual(there.headers.etag, etag)
  } finally {
    await elsewhere.stop()
  }
})

test('health', { skip: missing }, async () => {
  for (const key of [null, one, ADMIN_KEY]) {
    await well('GET', '/healthz', { key })
    await well('GET', '/readyz', { key })
  }
  await refused(401, 'unauthorized', 'GET', '/readyz', { key: 'tnk_no' })
})

// --- calls ---

for (const path of CALLS.filter((path) => path.includes('{connector}'))) {
  for (const method of METHODS) {
    test(`${method} ${path}`, { skip: missing }, async () => {
      const to = (action, options) => ({ key: one, at: { connector: 'hr', connection: 'acme', path: action }, ...options })
      await passesOn(method, path, to)
      const open = await ask(method, path, to('open/401'))
      assert.deepEqual([open.status, open.headers['tenon-error']], [401, undefined])
      await refused(400, 'param_unknown', method, path, to('at/200?colour=red'))
      await refused(400, 'connection_ambiguous', method, path, { ...to('at/200'), key: ADMIN_KEY, at: { connector: 'hr', connection: '-', path: 'at/200' } })
      await refused(404, 'not_found', method, path, to('nothing'))
      await refused(405, 'method_not_allowed', method, path, to(`only/${method === 'GET' ? 'PUT' : 'GET'}`))
      await refused(409, 'reauthorise', method, path, to('other'))
      await refused(413, 'body_too_large', method, path, to('at/200', { body: 'x'.repeat(70000) }))
      await refused(415, 'media_type', method, path, to('at/200', { body: 'x', headers: { 'content-type': 'text/plain' } }))
      await refused(424, 'upstream_redirect', method, path, to('redirect'))
      await ask(method, path, to('limited'))
      await refused(429, 'throttled', method, path, to('limited'))
      await refused(501, 'not_supported', method, path, to('bound'))
      await refused(502, 'upstream_unreachable', method, path, to('away'))
      await refused(504, 'upstream_timeout', method, path, to('slow'))
      await refusedForRoom(method, path, to)
    })
  }
}

test('any path: what it needs', { skip: missing }, async () => {
  await tenon.connect('few', 'few')
  await tenon.connect('hasty', 'hasty')
  await tenon.connect('keyed', 'hr', { api_key: 'CANARY-api-key' }, 'key')
  await ask('GET', CALLS[2], { at: { connection: 'few', path: 'at/200' } })
})

for (const method of METHODS) {
  const path = CALLS[2]
  test(`${method} ${path}`, { skip: missing }, async () => {
    const to = (rest, options, connection = 'acme') => ({ at: { connection, path: rest }, ...options })
    await passesOn(method, path, to)
    const open = await ask(method, path, to('open/401', {}, 'open'))
    assert.deepEqual([open.status, open.headers['tenon-error']], [401, undefined])
    const json = { headers: { 'content-type': 'application/json' } }
    for (const [code, options] of [['param_dot_segment', to('a/%2e%2e/b')], ['param_empty', to('a//b')], ['param_control_char', to('a%00')], ['request_bad_encoding', to('%ff')],
      ['param_unknown', to('x', { headers: { 'tenon-proxy-host': 'other' } })], ['connection_ambiguous', to('x', {}, '-')], ['json_invalid', to('x', { ...json, body: '{' }, 'keyed')]]) {
      await refused(400, code, method, path, options)
    }
    const shut = await refused(403, 'forbidden', method, path, to('x', { key: bare }))
    if (method !== 'HEAD') assert.match(shut.json.detail, /right `proxy`/)
    await refused(404, 'not_found', method, path, to('x', {}, 'zzz'))
    await refused(409, 'parameter_missing', method, path, to('x', {}, 'of-app'))
    await refused(413, 'body_too_large', method, path, to('x', { body: 'x'.repeat(70000) }))
    await refused(415, 'media_type', method, path, to('x', { body: 'x', headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } }, 'keyed'))
    await refused(424, 'upstream_redirect', method, path, to('redirect'))
    await refused(429, 'throttled', method, path, to('at/200', {}, 'few'))
    await refused(502, 'upstream_unreachable', method, path, to('hangs-up'))
    await refused(504, 'upstream_timeout', method, path, to('slow', {}, 'hasty'))
    await refusedForRoom(method, path, to)
  })
}

// Whatever the service answers comes as it is, with what the host has to tell beside it.
async function passesOn(method, path, to) {
  for (const status of STATUSES) {
    const answer = await ask(method, path, to(`at/${status}`, { headers: { traceparent: `00-${TRACE}-1234567890123456-01` } }))
    assert.deepEqual([answer.status, answer.headers['tenon-error']], [status, undefined])
    assert.equal('ratelimit' in answer.headers, path !== CALLS[2], 'the limits are those of the action')
    assert.ok(answer.headers.traceresponse.startsWith(`00-${TRACE}-`))
  }
  await ask(method, path, to('open/200'))
}

async function refusedForRoom(method, path, to) {
  let go
  api.answers.set('/held', (req, res) => { go = () => res.end() })
  const held = ask(method, path, to('held'))
  await until('the call to be in flight', () => go)
  await refused(503, 'over_capacity', method, path, to('at/200'))
  go()
  await held
}

test('a token action', { skip: missing }, async () => {
  for (const path of CALLS.filter((path) => path.includes('{connector}'))) {
    const answer = await well('POST', path, { key: one, at: { connector: 'hr', connection: '-', path: 'GetAccessToken' } })
    assert.match(answer.headers['cache-status'], /^tenon; hit; ttl=\d+$/)
  }
})

test('pages', { skip: missing }, async () => {
  api.answers.set('/pages', (req, res) => {
    const { searchParams } = new URL(req.url, api.url)
    res.writeHead(200, { 'content-type': 'application/json' })
    res.end(JSON.stringify(searchParams.has('page') ? { page: 2 } : { page: 1, next: `${api.url}/pages?page=2` }))
  })
  for (const path of CALLS.filter((path) => path.includes('{connector}'))) {
    const to = (query) => ({ key: one, query, at: { connector: 'hr', connection: 'acme', path: 'pages' } })
    const { page, next } = (await well('GET', path, to(''))).json
    const { search } = new URL(next)
    assert.equal(page, 1)
    assert.match(search, /^\?tenon_next=[\w-]+$/)
    assert.deepEqual((await well('GET', path, to(search))).json, { page: 2 })
    await refused(400, 'param_value', 'GET', path, to('?tenon_next=other'))
  }
})

// --- what goes wrong in the host itself ---

test('a record that does not open', { skip: missing }, async () => {
  await tenon.connect('broken', 'hr', CLIENTS.body, 'cc')
  await tenon.halt()
  const store = new DatabaseSync(join(tenon.data, 'tenon.db'))
  store.prepare("UPDATE record SET sealed = x'00' WHERE kind = 'connection' AND id = 'broken'").run()
  store.close()
  await tenon.start()
  const item = '/v1/connections/{connection}', at = { connection: 'broken' }
  for (const [method, path, options] of [['GET', item], ['PATCH', item, { json: { title: 'x' } }], ['POST', `${item}/test`], ['POST', `${item}/reset`], ['GET', `${item}/token`], ['GET', `${item}/usage`], ['GET', `${item}/limits`]]) {
    await refused(409, 'store_record_corrupt', method, path, { at, ...options })
  }
  for (const path of CALLS) {
    for (const method of METHODS) {
      await refused(409, 'store_record_corrupt', method, path, { at: { connector: 'hr', connection: 'broken', path: 'at/200' } })
    }
  }
  for (const path of DOCUMENT_PATHS) await refused(409, 'store_record_corrupt', 'GET', path, { at: { connector: 'hr' }, query: '?connection=broken' })
  const [listed] = (await well('GET', '/v1/connections')).json.connections.filter((c) => c.name === 'broken')
  assert.deepEqual([listed.state, listed.reason.code], ['incomplete', 'store_record_corrupt'])
  await well('DELETE', item, { at })
})

// A file system of the host's own, which the test fills up.
const SMALL_DISK = (tenon) => {
  mkdirSync(tenon.data, { recursive: true, mode: 0o700 })
  return ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', `mount -t tmpfs -o size=2m,mode=0700 none '${tenon.data}' && exec "$0" "$@"`]
}
function canHaveDisk() {
  try {
    execFileSync('unshare', ['--user', '--map-root-user', '--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
const noDisk = canHaveDisk() ? false : 'no file system can be mounted here'

test('a full disk', { skip: missing || noDisk }, async () => {
  const small = await startTenon({ ...shared, connectors: { hr: hr(server, api), app: app(server, api) }, under: SMALL_DISK })
  const on = { on: small }
  try {
    small.keepSecret(CLIENTS.body)
    await small.connect('acme', 'hr', CLIENTS.body, 'cc')
    await small.connect('by-code', 'hr', { client_id: 'by-code' }, 'device')
    const { id } = (await well('POST', '/v1/keys', { ...on, json: { role: 'caller' } })).json
    const { id: hook } = (await well('POST', '/v1/webhooks', { ...on, json: { url: 'https://hooks.example.com/', types: ['definition.*'] } })).json
    const filler = `/proc/${small.pid}/root${small.data}/filler`
    assert.throws(() => { for (;;) writeFileSync(filler, Buffer.alloc(64 * 1024), { flag: 'a' }) }, /ENOSPC/)
    // What room is left in files that are there is used up first.
    await until('the store to be full', async () => {
      const { status, json } = await ask('POST', '/v1/keys', { ...on, json: { role: 'caller' } })
      if (json.code === 'audit_unavailable') truncateSync(filler, statSync(filler).size - 4096) // the trail came first
      return status === 503 && json.code === 'store_unavailable'
    })
    const rows = [
      ['POST', '/v1/keyring/rotate'], ['POST', '/v1/keys', { json: { role: 'caller' } }], ['DELETE', '/v1/keys/{id}', { at: { id } }],
      ['POST', '/v1/connections', { json: { name: 'more', connector: 'hr', auth: 'cc', parameters: CLIENTS.body } }],
      ['POST', '/v1/connect-sessions', { json: { connector: 'hr' } }], ['POST', '/v1/connections/{connection}/sign-in', { at: { connection: 'by-code' } }],
      ['POST', '/v1/webhooks', { json: { url: 'https://hooks.example.com/' } }], ['DELETE', '/v1/webhooks/{id}', { at: { id: hook } }],
      ['POST', '/v1/webhooks/{id}/rotate', { at: { id: hook } }], ['POST', '/v1/webhooks/{id}/enable', { at: { id: hook } }],
      ['PATCH', '/v1/connections/{connection}', { at: { connection: 'acme' }, json: { title: 'x' } }],
      ['POST', '/v1/connections/{connection}/reset', { at: { connection: 'acme' } }], ['DELETE', '/v1/connections/{connection}', { at: { connection: 'acme' } }],
      ['PUT', '/v1/connectors/{connector}/parameters', { at: { connector: 'app' }, json: { parameters: { app_secret: 'CANARY-small-secret' } } }],
    ]
    for (const [method, path, options] of rows) await refused(503, 'store_unavailable', method, path, { ...on, ...options })
    await refused(503, 'store_unavailable', 'GET', '/readyz', { ...on, key: null })
    const detail = await ask('GET', '/readyz', on)
    assert.deepEqual([detail.status, detail.json.store], [503, 'failed'])
    rmSync(filler)
    await well('POST', '/v1/keys', { ...on, json: { role: 'caller' } })
    assert.equal((await well('GET', '/readyz', on)).json.store, 'ok')
    assert.equal((await well('GET', '/v1/keys/{id}', { ...on, at: { id } })).json.id, id, 'what was refused has not happened')
    await well('GET', '/v1/connections/{connection}', { ...on, at: { connection: 'acme' } })
  } finally {
    await small.stop()
  }
})

// --- was all of it seen? ---

// What no test can bring about, with the reason.
const UNSEEN = [
  { promise: /^(GET \/v1|POST .*\/test).* 503 /, reason: 'reads fail only where the disk itself does' },
  { promise: /^(POST|DELETE) \/v1\/session 503 /, reason: 'where the audit trail takes no line: audit.test.mjs' },
  ...(noDisk ? [{ promise: / 503 application\/(problem\+)?json$/, but: /^\w+ \/(run|apim|proxy|v1\/try)\//, reason: noDisk }] : []),
]

test('every promise of the document was seen', { skip: missing }, () => {
  const excused = (promise) => UNSEEN.some((row) => row.promise.test(promise) && !row.but?.test(promise))
  assert.deepEqual(contract.unseen().filter((promise) => !excused(promise)), [])
})
