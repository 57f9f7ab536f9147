// SPDX-License-Identifier: MIT
// Tokens that are bound to a key of the connection (RFC 9449), at a real authorization server that demands nonces, and at an API
// that checks every proof.
import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import http from 'node:http'
import { after, afterEach, before, test } from 'node:test'

import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose'

import { Browser } from './lib/browser.mjs'
import { definition } from './lib/connector.mjs'
import { startModernServer } from './lib/modern-server.mjs'
import { ADMIN_KEY, assertProblem, missing, startTenon } from './lib/tenon.mjs'
import { close, listen, readAll, until } from './lib/util.mjs'

const PUBLIC = 'https://tenon.example'
const SYSTEM = { client_id: 'bound', client_secret: 'CANARY-bound-secret' }
const PERSON = { client_id: 'person', client_secret: 'CANARY-person-secret' }

const SIGNER = generateKeyPairSync('ec', { namedCurve: 'P-256' })

const way = (type, server, more = '') => `
      type: ${type}
      parameters:
        client_id: {type: string, required: true}
        client_secret: {type: string, secret: true, required: true}
      issuer: ${server.url}
      client_auth: basic
${more}`

const connector = (id, api, server, dpop = 'true') => definition(id, api.url, `connection:
  auth:
    system:${way('client_credentials', server, `      dpop: ${dpop}\n`)}
    person:${way('authorization_code', server, '      scopes: [openid, offline_access]\n      dpop: true\n')}
    signer:
      type: client_credentials
      parameters:
        client_id: {type: string, required: true}
        private_key: {type: string, format: pem, secret: true, required: true}
      issuer: ${server.url}
      client_auth: private_key_jwt
      client_assertion: {alg: ES256, key: "\${connection.private_key}"}
      dpop: ${dpop}
verify: GetWho
actions:
  GetAccessToken: {summary: Get a token, token: connection}
  GetWho: {summary: Who calls, method: GET, path: /who}
  PutThing: {summary: Put, method: POST, path: /things, input: {a: {type: string}, page: {type: string, in: query}}}
  GetPrepared:
    summary: With a call before
    method: GET
    path: /prepared
    steps: {before: {url: /before}}
`)

// Checks proofs as RFC 9449 4.3 and 7.2 have it. requests: {path, claims, thumbprint, body}.
async function startApi() {
  const api = { requests: [], nonce: null, refused: 0, seen: new Set() }
  const refuse = (res, error) => {
    api.refused++
    res.writeHead(401, { 'www-authenticate': `DPoP algs="ES256", error="${error}"`, ...(api.nonce && { 'dpop-nonce': api.nonce }) }).end()
  }
  const server = http.createServer(async (req, res) => {
    const body = String(await readAll(req))
    const [scheme, token] = (req.headers.authorization ?? '').split(' ')
    const proof = await jwtVerify(req.headers.dpop ?? '', EmbeddedJWK, { typ: 'dpop+jwt', algorithms: ['ES256'] }).catch(() => null)
    const path = req.url.split('?')[0]
    const claims = proof?.payload ?? {}
    const right = scheme === 'DPoP' && claims.htm === req.method && claims.htu === `${api.url}${path}` && !api.seen.has(claims.jti)
      && claims.ath === createHash('sha256').update(token).digest('base64url') && Math.abs(claims.iat - Date.now() / 1000) < 60
      && !proof.protectedHeader.jwk.d
    if (!right) {
      refuse(res, 'invalid_dpop_proof')
      return
    }
    api.seen.add(claims.jti)
    if (api.expired === token) {
      refuse(res, 'invalid_token')
      return
    }
    if (api.nonce && claims.nonce !== api.nonce) {
      refuse(res, 'use_dpop_nonce')
      return
    }
    api.requests.push({ path: req.url, claims, body, thumbprint: await calculateJwkThumbprint(proof.protectedHeader.jwk) })
    res.writeHead(200, { 'content-type': 'application/json', ...(api.next && { 'dpop-nonce': api.next }) }).end('{}')
  })
  api.url = `http://127.0.0.1:${await listen(server)}`
  api.stop = () => close(server)
  return api
}

let api, server, tenon, names = 0
const name = () => `k${++names}`
const call = (connection, path = 'who', options = {}) => tenon.request(`/run/peer/${connection}/${path}`, { key: ADMIN_KEY, ...options })
const token = (connection, of = 'peer') => tenon.post(`/run/${of}/${connection}/GetAccessToken`, { key: ADMIN_KEY })

before(async () => {
  if (missing) return
  api = await startApi()
  const client = (of, grants, uris) => ({ ...of, grant_types: grants, redirect_uris: uris, response_types: uris.length ? ['code'] : [],
    token_endpoint_auth_method: 'client_secret_basic', dpop_bound_access_tokens: true })
  server = await startModernServer({
    clients: [client(SYSTEM, ['client_credentials'], []),
      { client_id: 'signer', grant_types: ['client_credentials'], redirect_uris: [], response_types: [], dpop_bound_access_tokens: true,
        token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'ES256',
        jwks: { keys: [{ ...SIGNER.publicKey.export({ format: 'jwk' }), use: 'sig' }] } },
      client(PERSON, ['authorization_code', 'refresh_token'], [`${PUBLIC}/oauth/callback`])],
    features: { dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true } },
  })
  tenon = await startTenon({ connectors: { peer: connector('peer', api, server), late: connector('late', api, server, 'false') },
    env: { TENON_PUBLIC_URL: PUBLIC, TENON_THREADS: '1' } })
})
after(async () => {
  await tenon?.stop()
  for (const one of [api, server]) await one?.stop()
})
afterEach(() => {
  if (missing) return
  Object.assign(api, { nonce: null, next: null, refused: 0 })
  api.requests.length = 0
  server.requests.length = 0
})

test('the token is bound to the connection\'s key, and every call proves that anew', { skip: missing }, async () => {
  const [a, b] = [name(), name()]
  for (const one of [a, b]) await tenon.connect(one, 'peer', SYSTEM, 'system')
  for (const one of [a, b, a]) assert.equal((await call(one)).status, 200, tenon.log.slice(-800))
  const [first, second, third] = api.requests
  assert.equal(first.thumbprint, third.thumbprint)
  assert.notEqual(first.thumbprint, second.thumbprint, 'each connection has a key of its own')
  assert.notEqual(first.claims.jti, third.claims.jti)
  const answer = await token(a)
  assert.equal(answer.json.token_type, 'DPoP')
  assert.equal((await server.token(answer.json.access_token)).jkt, first.thumbprint)
  const shown = JSON.stringify(await tenon.admin('GET', `/v1/connections/${a}`))
  assert.doesNotMatch(shown, /proof|PRIVATE/)
})

test('the token endpoint\'s nonce is kept: one request more at first, and none later', { skip: missing }, async () => {
  const fresh = await startTenon({ connectors: { peer: connector('peer', api, server) }, env: { TENON_THREADS: '1' } })
  try {
    const [a, b] = [name(), name()]
    for (const one of [a, b]) await fresh.connect(one, 'peer', SYSTEM, 'system')
    for (const one of [a, b]) assert.equal((await fresh.post(`/run/peer/${one}/GetAccessToken`, { key: ADMIN_KEY })).status, 200)
    assert.deepEqual(server.asked('/token').map((r) => r.status), [400, 200, 200])
  } finally {
    await fresh.stop()
  }
})

test('a client that proves itself by a JWT makes another one for the nonce, as each is taken once', { skip: missing }, async () => {
  const fresh = await startTenon({ connectors: { peer: connector('peer', api, server) }, env: { TENON_THREADS: '1' } })
  try {
    await fresh.connect('signer', 'peer', { client_id: 'signer', private_key: SIGNER.privateKey.export({ type: 'pkcs8', format: 'pem' }) }, 'signer')
    const answer = await fresh.post('/run/peer/signer/GetAccessToken', { key: ADMIN_KEY })
    assert.equal(answer.status, 200, answer.text)
    const asked = server.asked('/token')
    assert.deepEqual(asked.map((r) => r.status), [400, 200])
    assert.notEqual(asked[0].params.get('client_assertion'), asked[1].params.get('client_assertion'))
  } finally {
    await fresh.stop()
  }
})

test('the query is not part of what is proved; a body goes out once more with the nonce', { skip: missing }, async () => {
  const a = name()
  await tenon.connect(a, 'peer', SYSTEM, 'system')
  api.nonce = 'first-nonce'
  const answer = await call(a, 'things?page=2', { method: 'POST', json: { a: 'x' } })
  assert.equal(answer.status, 200, answer.text)
  assert.equal(api.refused, 1)
  assert.deepEqual(api.requests.map((r) => [r.path, r.body, r.claims.nonce]), [['/things?page=2', '{"a":"x"}', 'first-nonce']])
  api.next = 'second-nonce'
  await call(a)
  api.nonce = 'second-nonce' // which the answer brought
  assert.equal((await call(a)).status, 200)
  assert.equal(api.refused, 1)
  assert.equal(server.asked('/token').length, 1, 'the token is as good as before')
})

test('calls before the call, and the test of a connection, prove themselves, too', { skip: missing }, async () => {
  const a = name()
  await tenon.connect(a, 'peer', SYSTEM, 'system')
  api.nonce = 'n1'
  const report = await tenon.admin('POST', `/v1/connections/${a}/test`)
  assert.equal(report.ok, true, JSON.stringify(report))
  api.nonce = 'n2'
  assert.equal((await call(a, 'prepared')).status, 200)
  assert.deepEqual(api.requests.map((r) => r.path), ['/who', '/before', '/prepared'])
})

test('an API that is never content is asked no more than it must', { skip: missing }, async () => {
  const a = name()
  await tenon.connect(a, 'peer', SYSTEM, 'system')
  await call(a)
  let n = 0
  Object.defineProperty(api, 'nonce', { get: () => `never-${++n}`, set: () => {}, configurable: true })
  try {
    assertProblem(await call(a), 424, 'upstream_unauthorized')
    assert.ok(api.refused <= 3, `${api.refused} refusals`)
  } finally {
    Object.defineProperty(api, 'nonce', { value: null, writable: true, configurable: true, enumerable: true })
  }
})

test('a person\'s sign-in and its refresh are bound to the same key, over a restart', { skip: missing }, async () => {
  const connection = name()
  const made = await tenon.admin('POST', '/v1/connect-sessions', { connector: 'peer', name: connection, auths: ['person'], parameters: PERSON })
  tenon.secrets.add(PERSON.client_secret)
  const browser = new Browser({ hosts: { [PUBLIC]: tenon.url } })
  await browser.signIn(await browser.submit(await browser.open(made.url)), 'alice')
  assert.equal((await call(connection)).status, 200, tenon.log.slice(-800))
  await tenon.restart()
  const renewed = await token(connection)
  assert.equal(renewed.status, 200, renewed.text)
  api.expired = renewed.json.access_token
  assert.equal((await call(connection)).status, 200)
  assert.ok(server.asked('/token').some((r) => r.params.get('grant_type') === 'refresh_token' && r.status === 200))
  assert.equal(new Set(api.requests.map((r) => r.thumbprint)).size, 1)
})

test('a token that is not bound is refused', { skip: missing }, async () => {
  const plain = http.createServer((req, res) => {
    req.resume()
    const own = `http://127.0.0.1:${plain.address().port}`
    res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(req.url.startsWith('/.well-known')
      ? { issuer: own, token_endpoint: `${own}/token` } : { access_token: 'CANARY-unbound', token_type: 'Bearer', expires_in: 60 }))
  })
  const url = `http://127.0.0.1:${await listen(plain)}`
  try {
    tenon.save('unbound', connector('unbound', api, { url }))
    await until('the connector', async () => (await tenon.request('/v1/connectors/unbound', { key: ADMIN_KEY })).status === 200)
    const a = name()
    await tenon.connect(a, 'unbound', SYSTEM, 'system')
    assertProblem(await token(a, 'unbound'), 424, 'token_type_unsupported')
  } finally {
    await close(plain)
  }
})

test('a connection of before `dpop` waits for an admin, who gives it a key', { skip: missing }, async () => {
  const a = name()
  await tenon.connect(a, 'late', SYSTEM, 'system')
  const state = async () => (await tenon.admin('GET', `/v1/connections/${a}`)).state
  assert.equal(await state(), 'ready')
  tenon.save('late', connector('late', api, server))
  await until('the new definition', async () => (await state()) === 'review')
  assertProblem(await token(a, 'late'), 409, 'definition_changed')
  await tenon.admin('PATCH', `/v1/connections/${a}`, { accept: true })
  assert.equal(await state(), 'ready')
  assert.equal((await token(a, 'late')).json.token_type, 'DPoP')
})
