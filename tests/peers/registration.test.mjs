// SPDX-License-Identifier: MIT
// Connectors that know no client: Tenon finds the authorization server by what its resource says (RFC 9728), registers itself
// there (RFC 7591) or describes itself by a document, and people sign in. At a real authorization server.
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'

import { Browser } from './lib/browser.mjs'
import { definition } from './lib/connector.mjs'
import { startModernServer } from './lib/modern-server.mjs'
import { ADMIN_KEY, assertProblem, missing, startTenon } from './lib/tenon.mjs'
import { until } from './lib/util.mjs'

const PUBLIC = 'https://tenon.example'
const CALLBACK = `${PUBLIC}/oauth/callback`

const connector = (id, server, way) => definition(id, server.url, `connection:
  auth:
    person:
      type: authorization_code
      scopes: [openid, offline_access]
${way.map((line) => `      ${line}\n`).join('')}actions:
  Get: {summary: Get, method: GET, path: /api}
  GetAccessToken: {summary: Get a token, token: connection}
`)
const urls = (server) => [`authorize_url: ${server.url}/auth`, `token_url: ${server.url}/token`, `register_url: ${server.url}/reg`]
const ways = (server) => ({
  mcp: [`resource: ${server.url}/mcp`, 'register: dynamic', 'client_auth: none'],
  secret: [...urls(server), 'register: dynamic', 'client_auth: basic'],
  swapped: [...urls(server), 'register: dynamic', 'client_auth: basic'],
  short: [...urls(server), 'register: dynamic'],
  document: [`authorize_url: ${server.url}/auth`, `token_url: ${server.url}/token`, 'register: document', 'client_auth: none'],
})

let server, tenon, names = 0, once401, resource
before(async () => {
  if (missing) return
  server = await startModernServer({ redirectUris: [CALLBACK], configuration: { clientDefaults: { id_token_signed_response_alg: 'RS256' } },
    features: { registration: { enabled: true }, registrationManagement: { enabled: true },
      resourceIndicators: { enabled: true, useGrantedResource: () => true, defaultResource: () => undefined,
        getResourceServerInfo: (context, of) => ({ scope: 'openid offline_access', audience: of, accessTokenFormat: 'opaque' }) } } })
  server.fault = serve
  tenon = await startTenon({ connectors: Object.fromEntries(Object.entries(ways(server)).map(([id, way]) => [id, connector(id, server, way)])),
    env: { TENON_PUBLIC_URL: PUBLIC } })
})
after(async () => {
  await tenon?.stop()
  await server?.stop()
})
afterEach(() => {
  if (missing) return
  server.requests.length = 0
  registers = once401 = resource = undefined
})

// The API and the resource beside the authorization server, and what a test puts before that.
let registers
function serve(req, res) {
  const json = (status, body) => { req.resume(); res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)); return true }
  if (req.url === '/.well-known/oauth-protected-resource/mcp') return json(200, resource ?? { resource: `${server.url}/mcp`, authorization_servers: [server.url] })
  if (req.url === '/reg' && registers) return json(...registers)
  if (req.url !== '/api') return false
  once401 ??= req.headers.authorization
  return json(once401 === req.headers.authorization ? 401 : 200, {})
}

const newBrowser = () => new Browser({ hosts: { [PUBLIC]: tenon.url } })
const made = (id, name) => tenon.admin('POST', '/v1/connect-sessions', { connector: id, name })
async function signIn(id, name = `r${++names}`, again = false) {
  const session = await tenon.admin('POST', '/v1/connect-sessions', again ? { connection: name } : { connector: id, name })
  const browser = newBrowser()
  const begun = await browser.submit(await browser.open(session.url))
  return { name, browser, begun, result: await browser.signIn(begun, 'alice') }
}
const asked = (path) => server.requests.filter((r) => r.path.split('?')[0] === path)
const call = (id, name, path = '/GetAccessToken') => tenon.request(`/run/${id}/${name}${path}`, { key: ADMIN_KEY, method: path === '/api' ? 'GET' : 'POST' })
test('the server is found by the resource, a client registered there, and its token renewed', { skip: missing }, async () => {
  const { name, result } = await signIn('mcp')
  assert.match(result.text, /signed in|connected|ready/i, result.text)
  const order = server.requests.map((r) => r.path.split('?')[0]).filter((path) => !path.startsWith('/interaction'))
  assert.deepEqual(order.slice(0, 4), ['/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-authorization-server', '/reg', '/request'])
  const [registration] = asked('/reg')
  assert.equal(registration.status, 201)
  assert.deepEqual(JSON.parse(registration.text), { client_name: 'Tenon (tenon.example)', redirect_uris: [CALLBACK], grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'], client_uri: PUBLIC, token_endpoint_auth_method: 'none', scope: 'openid offline_access' })
  const [exchange] = asked('/token')
  assert.equal(exchange.params.get('resource'), `${server.url}/mcp`)
  assert.equal(exchange.headers.authorization, undefined)
  assert.deepEqual((await server.provider.Client.find(exchange.params.get('client_id'))).redirectUris, [CALLBACK])
  assert.equal((await call('mcp', name, '/api')).status, 200)
  const [, refresh] = asked('/token')
  assert.equal(refresh.params.get('grant_type'), 'refresh_token')
  assert.equal(refresh.params.get('client_id'), exchange.params.get('client_id'))
})

test('a client is registered once: not for another sign-in, not after a restart', { skip: missing }, async () => {
  const { name } = await signIn('mcp')
  await signIn('mcp', name, true)
  await tenon.restart()
  const { result } = await signIn('mcp', name, true)
  assert.match(result.text, /signed in|connected|ready/i, result.text)
  assert.equal(asked('/reg').length, 1)
  assert.equal(new Set(asked('/token').map((r) => r.params.get('client_id'))).size, 1)
})

test('who begins at the same time shares one registration', { skip: missing }, async () => {
  const name = `r${++names}`, browsers = [newBrowser(), newBrowser()]
  const link = await made('secret', name)
  const page = await browsers[0].open(link.url)
  let answer
  const held = new Promise((resolve) => { answer = resolve })
  server.fault = async (req, res) => (req.url === '/reg' && await held, serve(req, res))
  try {
    const first = browsers[0].submit(page)
    await until('the registration', () => asked('/reg').length === 1)
    const later = await tenon.admin('POST', '/v1/connect-sessions', { connection: name })
    const second = browsers[1].submit(await browsers[1].open(later.url))
    await tenon.admin('GET', `/v1/connections/${name}`)
    answer()
    for (const at of await Promise.all([first, second])) assert.match(at.text, /name="prompt" value="login"/)
    assert.equal(asked('/reg').length, 1)
  } finally {
    answer()
    server.fault = serve
  }
})

test('a client\'s secret is sealed, sent as the server wants it, and shown to nobody', { skip: missing }, async () => {
  const { name, result } = await signIn('secret')
  assert.match(result.text, /signed in|connected|ready/i, result.text)
  const [registration] = asked('/reg')
  assert.equal(JSON.parse(registration.text).token_endpoint_auth_method, 'client_secret_basic')
  const [exchange] = asked('/token')
  const [id, secret] = Buffer.from(exchange.headers.authorization.split(' ')[1], 'base64').toString().split(':').map(decodeURIComponent)
  assert.ok(id && secret)
  tenon.secrets.add(secret)
  assert.equal(exchange.params.get('client_secret'), null)
  assert.doesNotMatch(JSON.stringify(await tenon.admin('GET', `/v1/connections/${name}`)), new RegExp(secret))
  assert.equal((await call('secret', name, '/api')).status, 200, 'renewed')
})

test('a server may have the client prove itself in another way than was asked', { skip: missing }, async () => {
  registers = [201, { client_id: 'CANARY-id', token_endpoint_auth_method: 'none' }]
  const { begun } = await signIn('swapped').catch((error) => ({ begun: error }))
  assert.ok(begun)
  const away = server.requests.find((r) => r.path.startsWith('/auth'))
  assert.equal(new URL(away.path, server.url).searchParams.get('client_id'), 'CANARY-id')
})

test('a secret that has run out is not sent; who signs in gets another client', { skip: missing }, async () => {
  server.fault = (req, res) => {
    const { end } = res
    if (req.url === '/reg') { // as the server says it, but for the end of the secret
      res.end = (piece) => {
        res.removeHeader('content-length')
        return end.call(res, JSON.stringify({ ...JSON.parse(piece), client_secret_expires_at: Math.floor(Date.now() / 1000) - 1 }))
      }
    }
    return serve(req, res)
  }
  try {
    const { name } = await signIn('short')
    assertProblem(await call('short', name, '/api'), 424, 'upstream_unauthorized')
    assert.equal(asked('/token').length, 1, 'no refresh')
    const { result } = await signIn('short', name, true)
    assert.match(result.text, /signed in|connected|ready/i, result.text)
    assert.equal(asked('/reg').length, 2)
    assert.equal(new Set(asked('/token').map((r) => r.params.get('client_id'))).size, 2)
  } finally {
    server.fault = serve
  }
})

test('a client that the server has forgotten is registered anew when a person signs in', { skip: missing }, async () => {
  const { name } = await signIn('secret')
  const [id] = Buffer.from(asked('/token')[0].headers.authorization.split(' ')[1], 'base64').toString().split(':')
  await server.provider.Client.adapter.destroy(id)
  assertProblem(await call('secret', name, '/api'), 424, 'credentials_rejected')
  const { result } = await signIn('secret', name, true)
  assert.match(result.text, /signed in|connected|ready/i, result.text)
  assert.equal(asked('/reg').length, 2)
  assert.equal((await call('secret', name)).status, 200)
})

test('what the server says to a registration is told on the page', { skip: missing }, async () => {
  registers = [400, { error: 'invalid_redirect_uri', error_description: 'not <b>you</b>' }]
  const session = await made('secret', `r${++names}`)
  const browser = newBrowser()
  const answer = await browser.submit(await browser.open(session.url))
  assert.match(answer.text, /refused to register Tenon as a client/)
  assert.match(answer.text, /not &lt;b&gt;you&lt;\/b&gt;/)
  assert.equal(asked('/auth').length, 0)
})

const UNUSABLE = { 'no client': {}, 'no secret': { client_id: 'x' }, 'a way by a key': { client_id: 'x', token_endpoint_auth_method: 'private_key_jwt' } }
for (const [what, body] of Object.entries(UNUSABLE)) {
  test(`an answer to a registration that is of no use: ${what}`, { skip: missing }, async () => {
    registers = [201, body]
    const session = await made('secret', `r${++names}`)
    const browser = newBrowser()
    const answer = await browser.submit(await browser.open(session.url))
    assert.match(answer.text, /<form[^>]*method="post"/)
    assert.equal(asked('/auth').length, 0)
  })
}

test('a client that describes itself is the address of its document', { skip: missing }, async () => {
  const id = `${PUBLIC}/oauth/clients/document`
  const session = await made('document', `r${++names}`)
  const browser = newBrowser()
  await browser.submit(await browser.open(session.url))
  const away = new URL(asked('/auth')[0].path, server.url)
  assert.equal(away.searchParams.get('client_id'), id)
  assert.equal(asked('/reg').length, 0)
  const document = await tenon.request('/oauth/clients/document')
  assert.deepEqual([document.status, document.json], [200, { client_id: id, client_name: 'Tenon (tenon.example)', client_uri: PUBLIC, redirect_uris: [CALLBACK],
    grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], token_endpoint_auth_method: 'none' }])
  for (const other of ['secret', 'nobody']) assertProblem(await tenon.request(`/oauth/clients/${other}`), 404, 'not_found')
})

const HOSTILE = {
  'metadata of another resource': () => ({ resource: `${server.url}/other`, authorization_servers: [server.url] }),
  'no server': () => ({ resource: `${server.url}/mcp` }),
  'a server at another host': () => ({ resource: `${server.url}/mcp`, authorization_servers: ['https://evil.example'] }),
  'a server that is a metadata service': () => ({ resource: `${server.url}/mcp`, authorization_servers: ['http://169.254.169.254/'] }),
}
let hostile = 0
for (const [what, says] of Object.entries(HOSTILE)) {
  test(`a resource is not followed anywhere: ${what}`, { skip: missing }, async () => {
    const id = `hostile-${++hostile}`
    resource = says()
    await tenon.restart() // what is known of servers lives in memory
    tenon.save(id, connector(id, server, ways(server).mcp))
    await until('the connector', async () => (await tenon.request(`/v1/connectors/${id}`, { key: ADMIN_KEY })).status === 200)
    const session = await made(id, `r${++names}`)
    const browser = newBrowser()
    const answer = await browser.submit(await browser.open(session.url))
    assert.match(answer.text, /<form[^>]*method="post"/)
    assert.deepEqual([asked('/reg').length, asked('/auth').length, asked('/.well-known/oauth-authorization-server').length], [0, 0, 0])
  })
}

test('a resource that trusts another server later waits for an admin', { skip: missing }, async () => {
  await tenon.restart()
  const { name } = await signIn('mcp')
  await tenon.restart()
  resource = { resource: `${server.url}/mcp`, authorization_servers: [`${server.url}/other`] }
  const other = { issuer: `${server.url}/other`, ...Object.fromEntries(['token', 'authorization', 'registration'].map((kind) => [`${kind}_endpoint`, `${server.url}/${kind}`])) }
  server.fault = (req, res) => serve(req, res) || (req.url.endsWith('/oauth-authorization-server/other') && res.writeHead(200).end(JSON.stringify(other)) && true)
  try {
    assertProblem(await call('mcp', name, '/api'), 409, 'definition_changed')
    assert.equal(asked('/token').length, 1)
  } finally {
    server.fault = serve
  }
})
