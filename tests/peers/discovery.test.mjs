// SPDX-License-Identifier: MIT
// Connectors that name their issuer alone: what it says of itself (RFC 8414, OpenID Connect Discovery), pushed authorization
// requests (RFC 9126) and resource indicators (RFC 8707) at a real authorization server, and everything that a server, or
// somebody in its place, may say instead.
import assert from 'node:assert/strict'
import http from 'node:http'
import { after, afterEach, before, test } from 'node:test'

import { Browser } from './lib/browser.mjs'
import { definition } from './lib/connector.mjs'
import { CLIENTS, RESOURCES, startModernServer } from './lib/modern-server.mjs'
import { ADMIN_KEY, assertProblem, missing, startTenon } from './lib/tenon.mjs'
import { close, listen, readAll, until } from './lib/util.mjs'

const PUBLIC = 'https://tenon.example'

const client = `
      parameters:
        client_id: {type: string, required: true}
        client_secret: {type: string, secret: true, required: true}`

const connector = (id, issuer, hosts) => definition(id, issuer, `connection:
  auth:
    system:
      type: client_credentials${client}
      issuer: ${issuer}
      client_auth: basic
    one:
      type: client_credentials${client}
      issuer: ${issuer}
      client_auth: basic
      resource: ${RESOURCES[0]}
    other:
      type: client_credentials${client}
      issuer: ${issuer}
      client_auth: basic
      resource: https://api.example/other
    person:
      type: authorization_code${client}
      issuer: ${issuer}
      scopes: [openid, offline_access, read]
      resource: ${JSON.stringify(RESOURCES)}
      params: {resource: "${RESOURCES[1]}"} # this server issues a token for one at a time
actions:
  GetAccessToken: {summary: Get a token, token: connection}
`, hosts)

// An issuer that says what it is told to: paths -> (req, res) or an object; every request is kept.
async function startStub() {
  const stub = { paths: {}, requests: [] }
  const server = http.createServer(async (req, res) => {
    const path = req.url.split('?')[0]
    stub.requests.push(`${req.method} ${path}`)
    await readAll(req)
    const answer = stub.paths[path]
    if (typeof answer === 'function') {
      answer(req, res)
    } else {
      res.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' }).end(answer ? JSON.stringify(answer) : '')
    }
  })
  stub.port = await listen(server)
  stub.url = `http://127.0.0.1:${stub.port}`
  stub.stop = () => close(server)
  return stub
}

const claimsOf = (jwt) => JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url'))

let server, stub, tenon, names = 0
const name = () => `d${++names}`
const call = (connection, of = 'peer', options = {}) => tenon.post(`/run/${of}/${connection}/GetAccessToken`, { key: ADMIN_KEY, ...options })

before(async () => {
  if (missing) return
  server = await startModernServer({ redirectUris: [`${PUBLIC}/oauth/callback`] })
  stub = await startStub()
  tenon = await startTenon({
    connectors: { peer: connector('peer', server.url), stub: connector('stub', `${stub.url}/t1`), listed: connector('listed', `${stub.url}/t2`, `["127.0.0.1:${stub.port}"]`) },
    env: { TENON_PUBLIC_URL: PUBLIC },
  })
})
after(async () => {
  await tenon?.stop()
  await server?.stop()
  await stub?.stop()
})
afterEach(() => {
  if (missing) return
  server.metadata = null
  server.requests.length = 0
  stub.paths = {}
  stub.requests.length = 0
})

test('the token endpoint is where the issuer says, which is asked once', { skip: missing }, async () => {
  const [a, b] = [name(), name()]
  for (const one of [a, b]) await tenon.connect(one, 'peer', CLIENTS.system, 'system')
  const answers = await Promise.all([call(a), call(b), call(a)])
  for (const answer of answers) assert.equal(answer.status, 200, answer.text)
  assert.ok(await server.token(answers[0].json.access_token))
  assert.equal(answers[0].json.access_token, answers[2].json.access_token)
  assert.deepEqual(server.requests.filter((r) => r.method === 'GET').map((r) => r.path), ['/.well-known/oauth-authorization-server'])
  assert.equal(server.asked('/token').length, 2)
})

test('a token is for the resource that is asked for, and for no other', { skip: missing }, async () => {
  const [one, other] = [name(), name()]
  await tenon.connect(one, 'peer', CLIENTS.system, 'one')
  const answer = await call(one)
  assert.equal(answer.status, 200, answer.text)
  assert.equal(claimsOf(answer.json.access_token).aud, RESOURCES[0])
  await tenon.connect(other, 'peer', CLIENTS.system, 'other')
  const problem = assertProblem(await call(other), 424, 'credentials_rejected')
  assert.equal(problem.upstream.error, 'invalid_target')
})

const session = async (connection, auth) => tenon.admin('POST', '/v1/connect-sessions', { connector: 'peer', name: connection, auths: [auth], parameters: CLIENTS.pushed })

test('a sign-in is pushed, and the browser carries a reference alone', { skip: missing }, async () => {
  const connection = name()
  const made = await session(connection, 'person')
  const browser = new Browser({ hosts: { [PUBLIC]: tenon.url } })
  const page = await browser.open(made.url)
  tenon.secrets.add(CLIENTS.pushed.client_secret)
  const end = await browser.signIn(await browser.submit(page), 'alice')
  assert.match(end.text, /signed in|connected|ready/i, end.text)
  const [push] = server.asked('/request')
  assert.equal(push.status, 201)
  assert.deepEqual(push.params.getAll('resource'), RESOURCES)
  assert.equal(push.params.get('code_challenge_method'), 'S256')
  assert.equal(push.params.get('client_secret'), CLIENTS.pushed.client_secret)
  const away = new URL(browser.history.find((line) => line.includes('request_uri=')).slice('GET '.length))
  assert.deepEqual([...away.searchParams.keys()], ['client_id', 'request_uri'])
  const [exchange] = server.asked('/token')
  assert.deepEqual(exchange.params.getAll('resource'), [RESOURCES[1]])
  const answer = await call(connection)
  assert.equal(answer.status, 200, answer.text)
  assert.equal(claimsOf(answer.json.access_token).aud, RESOURCES[1])
})

test('what the service says to the pushed request is told on the page', { skip: missing }, async () => {
  server.fault = (req, res) => {
    if (!req.url.startsWith('/request')) return false
    req.resume()
    res.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_scope","error_description":"no <b>such</b> scope"}')
    return true
  }
  try {
    const made = await session(name(), 'person')
    const browser = new Browser({ hosts: { [PUBLIC]: tenon.url } })
    const answer = await browser.submit(await browser.open(made.url))
    assert.match(answer.text, /refused the request to sign in/)
    assert.match(answer.text, /no &lt;b&gt;such&lt;\/b&gt; scope/)
    assert.match(answer.text, /<form[^>]*method="post"/)
  } finally {
    server.fault = null
  }
})

test('an answer without iss is refused where the metadata promises it (RFC 9207)', { skip: missing }, async () => {
  const made = await session(name(), 'person')
  const browser = new Browser({ hosts: { [PUBLIC]: tenon.url } })
  const begun = await browser.submit(await browser.open(made.url))
  const { stopped } = await browser.signIn(begun, 'alice', { stop: (url) => url.startsWith(`${PUBLIC}/oauth/callback`) })
  const callback = new URL(stopped)
  for (const part of ['code', 'state']) tenon.secrets.add(callback.searchParams.get(part))
  assert.equal(callback.searchParams.get('iss'), server.url)
  callback.searchParams.delete('iss')
  const answer = await browser.once(callback.href)
  assert.equal(answer.headers['tenon-error'], 'callback_issuer')
  assert.equal(server.asked('/token').length, 0)
})

// --- what an issuer may say instead ---

const INSERTED = '/.well-known/oauth-authorization-server/t1'
const BEHIND = '/t1/.well-known/openid-configuration'
const token = { access_token: 'CANARY-stub-token', token_type: 'Bearer', expires_in: 3600 }
const says = (more = {}) => ({ issuer: `${stub.url}/t1`, token_endpoint: `${stub.url}/token`, ...more })

// Each hostile case asks as another connector: that an issuer failed is remembered.
let cases = 0
async function ask(paths, hosts) {
  const id = `hostile-${++cases}`
  const at = `/h${cases}`
  const renamed = (text) => text.replace('/t1', at)
  const moved = (value) => (value && typeof value === 'object' ? JSON.parse(renamed(JSON.stringify(value))) : value)
  stub.paths = Object.fromEntries(Object.entries(paths).map(([path, value]) => [renamed(path), moved(value)]))
  tenon.save(id, connector(id, `${stub.url}${at}`, hosts))
  await until('the connector', async () => (await tenon.request(`/v1/connectors/${id}`, { key: ADMIN_KEY })).status === 200)
  await tenon.connect(id, id, CLIENTS.system, 'system')
  return call(id, id)
}
const asked = () => stub.requests.map((line) => line.replace(/\/h\d+/, '/t1'))

test('an issuer with a path: the well-known path stands before it, OpenID\'s behind it', { skip: missing }, async () => {
  const first = await ask({ [INSERTED]: says(), '/token': token })
  assert.equal(first.json.access_token, token.access_token, first.text)
  assert.deepEqual(asked(), [`GET ${INSERTED}`, 'POST /token'])
  stub.requests.length = 0
  const second = await ask({ [BEHIND]: says(), '/token': token })
  assert.equal(second.status, 200, second.text)
  assert.deepEqual(asked(), [`GET ${INSERTED}`, `GET ${BEHIND}`, 'POST /token'])
})

const HOSTILE = [
  ['another issuer', () => ({ [INSERTED]: says({ issuer: `${stub.url}/t1/` }) }), 424, 'metadata_unusable'],
  ['no token endpoint', () => ({ [INSERTED]: { issuer: `${stub.url}/t1` } }), 424, 'metadata_unusable'],
  ['a token endpoint at a metadata service', () => ({ [INSERTED]: says({ token_endpoint: 'https://169.254.169.254/token' }) }), 424, 'egress_denied'],
  ['a token endpoint at another host', () => ({ [INSERTED]: says({ token_endpoint: 'https://evil.example/token' }) }), 424, 'egress_denied'],
  ['a token endpoint with a user name', () => ({ [INSERTED]: says({ token_endpoint: 'https://127.0.0.1:1@evil.example/token' }) }), 424, 'metadata_unusable'],
  ['no JSON', () => ({ [INSERTED]: (req, res) => res.end('<html>'), [BEHIND]: (req, res) => res.end('{') }), 502, 'metadata_unavailable'],
  ['nothing there', () => ({}), 502, 'metadata_unavailable'],
  ['a redirect', () => ({ [INSERTED]: (req, res) => res.writeHead(302, { location: `${stub.url}/elsewhere` }).end(), '/elsewhere': says() }), 502, 'metadata_unavailable'],
  ['a server error', () => ({ [INSERTED]: (req, res) => res.writeHead(503).end() }), 502, 'metadata_unavailable'],
  ['10 MiB', () => ({ [INSERTED]: (req, res) => { res.on('error', () => {}); res.end(JSON.stringify(says({ more: 'x'.repeat(10 << 20) }))) } }), 502, 'metadata_unavailable'],
  ['a connection that breaks', () => ({ [INSERTED]: (req, res) => res.socket.destroy() }), 502, 'metadata_unavailable'],
]
for (const [what, paths, status, code] of HOSTILE) {
  test(`refused: ${what}`, { skip: missing }, async () => {
    const answer = await ask({ '/token': token, ...paths() })
    assertProblem(answer, status, code)
    assert.ok(!asked().includes('POST /token'), asked().join(', '))
    assert.ok(!asked().includes('GET /elsewhere'), asked().join(', '))
  })
}

test('an issuer that names another host waits for an admin', { skip: missing }, async () => {
  const there = await startStub()
  try {
    const metadata = (host) => ({ '/.well-known/oauth-authorization-server': { issuer: stub.url, token_endpoint: `${host.url}/token` }, '/token': token })
    tenon.save('moving', connector('moving', stub.url))
    await until('the connector', async () => (await tenon.request('/v1/connectors/moving', { key: ADMIN_KEY })).status === 200)
    stub.paths = metadata(stub)
    there.paths['/token'] = token
    const one = name()
    await tenon.connect(one, 'moving', CLIENTS.system, 'system')
    assert.equal((await call(one, 'moving')).status, 200)
    await tenon.restart() // what is known of issuers lives in memory
    stub.paths = metadata(there)
    await tenon.admin('POST', `/v1/connections/${one}/reset`)
    assertProblem(await call(one, 'moving'), 409, 'definition_changed')
    const shown = () => tenon.admin('GET', `/v1/connections/${one}`)
    await until('its review', async () => (await shown()).state === 'review')
    assert.equal((await shown()).reason.code, 'definition_changed')
    assert.deepEqual(there.requests, [])
    await tenon.admin('PATCH', `/v1/connections/${one}`, { accept: true })
    assert.equal((await shown()).state, 'ready')
    assert.equal((await call(one, 'moving')).status, 200)
    assert.deepEqual(there.requests, ['POST /token'])
  } finally {
    await there.stop()
  }
})

test('that an issuer failed is remembered for all who ask, and a living token serves meanwhile', { skip: missing }, async () => {
  const paths = { '/.well-known/oauth-authorization-server/t2': { ...says(), issuer: `${stub.url}/t2` }, '/token': token }
  stub.paths = paths
  const [first, second] = [name(), name()]
  for (const one of [first, second]) await tenon.connect(one, 'listed', CLIENTS.system, 'system')
  assert.equal((await call(first, 'listed')).status, 200)
  stub.paths = {} // it is gone, and everything with it
  assert.equal((await call(first, 'listed')).status, 200)
  assert.equal(stub.requests.filter((line) => line.includes('.well-known')).length, 1)
  const id = 'stub'
  const [a, b] = [name(), name()]
  for (const one of [a, b]) await tenon.connect(one, id, CLIENTS.system, 'system')
  stub.requests.length = 0
  for (const one of [a, b, a]) assertProblem(await call(one, id), 502, 'metadata_unavailable')
  assert.deepEqual(asked(), [`GET ${INSERTED}`, `GET ${BEHIND}`])
})

// --- tokens are given back where the issuer says (RFC 8414 2: revocation_endpoint) ---

// What the log tells of a connection that got a token and is removed.
async function removed(paths) {
  assert.equal((await ask(paths)).status, 200)
  const from = tenon.log.length, told = () => tenon.log.slice(from).split('\n').find((line) => /token\.(not_)?revoked /.test(line))
  await tenon.admin('DELETE', `/v1/connections/hostile-${cases}`)
  return until('what became of its token', told)
}

test('a removed connection gives its token back where the issuer says', { skip: missing }, async () => {
  const line = await removed({ [INSERTED]: says({ revocation_endpoint: `${stub.url}/revoke` }), '/token': token, '/revoke': (req, res) => res.end() })
  assert.match(line, / token\.revoked .*kind=access_token/)
  const [told] = (await tenon.admin('GET', `/v1/events?type=token.revoked&connection=hostile-${cases}`)).events
  assert.deepEqual([told.data.connection, told.data.kind], [`hostile-${cases}`, 'access_token'])
  assert.deepEqual(asked().filter((one) => one.startsWith('POST')), ['POST /token', 'POST /revoke'])
})

test('an issuer that takes none back is no trouble', { skip: missing }, async () => {
  const line = await removed({ [INSERTED]: says(), '/token': token })
  assert.match(line, / info +token\.not_revoked /)
  const [told] = (await tenon.admin('GET', `/v1/events?type=token.not_revoked&connection=hostile-${cases}`)).events
  assert.ok(told.data.detail)
  assert.deepEqual(asked().filter((one) => one.startsWith('POST')), ['POST /token'])
})

// Nobody can accept its host any more.
test('a token is not given back to a host that the issuer names anew', { skip: missing }, async () => {
  const there = await startStub()
  try {
    const at = (host) => says({ revocation_endpoint: `${host.url}/revoke` })
    assert.equal((await ask({ [INSERTED]: at(stub), '/token': token })).status, 200)
    await tenon.restart() // what is known of issuers lives in memory
    stub.paths[`/.well-known/oauth-authorization-server/h${cases}`] = { ...at(there), issuer: `${stub.url}/h${cases}` }
    const from = tenon.log.length
    await tenon.admin('DELETE', `/v1/connections/hostile-${cases}`)
    await until('what became of its token', () => / token\.not_revoked .*other hosts/.test(tenon.log.slice(from)))
    assert.deepEqual(there.requests, [])
  } finally {
    await there.stop()
  }
})
