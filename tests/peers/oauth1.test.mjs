// SPDX-License-Identifier: MIT
// People who sign in by OAuth 1.0a (RFC 5849 2) through the connect page, and calls that are signed with what that brings.
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'

import { Browser } from './lib/browser.mjs'
import { definition } from './lib/connector.mjs'
import { CONSUMER, startOauth1Server } from './lib/oauth1-server.mjs'
import { ADMIN_KEY, assertProblem, missing, startTenon } from './lib/tenon.mjs'

const PUBLIC = 'https://tenon.example'
const CALLBACK = `${PUBLIC}/oauth/callback`

const way = (server, name, signature) => `    ${name}:
      type: oauth1
      signature: ${signature}
      request_url: ${server.url}/request
      authorize_url: ${server.url}/authorize
      token_url: ${server.url}/token
      params: {x_auth_access_type: write & read}
      authorize_params: {force_login: "true"}
      parameters:
        consumer_key: {type: string, required: true}
        consumer_secret: {type: string, secret: true, required: true}
        realm: {type: string}
`
const connector = (server) => definition('peer', server.url, `connection:
  auth:
${way(server, 'sha1', 'HMAC-SHA1')}${way(server, 'sha256', 'HMAC-SHA256')}${way(server, 'plain', 'PLAINTEXT')}actions:
  Me: {summary: Me, method: GET, path: /me, input: {a: {type: string}}}
  GetAccessToken: {summary: Get a token, token: connection}
`)

let server, tenon, names = 0
before(async () => {
  if (missing) return
  server = await startOauth1Server()
  tenon = await startTenon({ connectors: { peer: connector(server) }, env: { TENON_PUBLIC_URL: PUBLIC } })
})
after(async () => {
  await tenon?.stop()
  await server?.stop()
})
afterEach(() => {
  if (missing) return
  for (const token of [...server.tokens.keys(), ...server.tokens.values()]) tenon.secrets.add(token.startsWith('CANARY-secret') ? token : 'CANARY-none')
  for (const seen of server.requests.splice(0)) assert.equal(seen.wrong, null, seen.path)
  Object.assign(server, { confirms: true, denies: undefined, swaps: undefined })
})

async function begin(auth, more = {}) {
  const name = `o${++names}`
  const made = await tenon.admin('POST', '/v1/connect-sessions', { connector: 'peer', name, auths: [auth], parameters: { ...CONSUMER, ...more } })
  tenon.secrets.add(CONSUMER.consumer_secret)
  const browser = new Browser({ hosts: { [PUBLIC]: tenon.url } })
  const page = await browser.open(made.url)
  return { name, browser, page }
}
const signIn = async (auth, more) => {
  const { name, browser, page } = await begin(auth, more)
  return { name, browser, result: await browser.submit(page) }
}
const call = (name, path = '/me?a=b%20c', options = {}) => tenon.request(`/run/peer/${name}${path}`, { key: ADMIN_KEY, ...options })
const stateOf = async (name) => (await tenon.admin('GET', `/v1/connections/${name}`)).state

for (const [auth, more] of [['sha1', {}], ['sha256', { realm: 'acme 1' }], ['plain', {}]]) {
  test(`a person signs in, and calls are signed with what that brings: ${auth}`, { skip: missing }, async () => {
    const { name, result } = await signIn(auth, more)
    assert.match(result.text, /signed in|connected|ready/i, result.text)
    const [temporary, token] = server.requests
    assert.equal(temporary.method, 'POST')
    assert.equal(temporary.text, 'x_auth_access_type=write+%26+read')
    assert.match(temporary.parts.oauth_callback, /^https:\/\/tenon\.example\/oauth\/callback\?state=[\w-]{43}$/)
    assert.equal(temporary.parts.oauth_token, undefined)
    assert.deepEqual(Object.keys(server.page), ['oauth_token', 'force_login'])
    assert.equal(token.parts.oauth_callback, undefined)
    assert.ok(token.parts.oauth_verifier)
    if (more.realm) assert.equal(token.parts.realm, more.realm)
    assert.equal(await stateOf(name), 'ready')
    for (const answer of [await call(name), await call(name)]) assert.deepEqual([answer.status, answer.json], [200, { known: true }])
    await tenon.restart()
    assert.equal((await call(name)).status, 200, 'after a restart')
    assert.equal(server.requests.filter((seen) => seen.path !== '/me').length, 2, 'signed in once')
  })
}

test('callers get the token, and nothing that signs', { skip: missing }, async () => {
  const { name } = await signIn('sha1')
  const answer = await call(name, '/GetAccessToken', { method: 'POST' })
  const { access_token: token, expires_in: left, ...rest } = answer.json
  assert.ok(server.tokens.has(token))
  assert.deepEqual(rest, { user_id: '38895958', screen_name: 'ann b', token_type: 'OAuth' })
  assert.ok(left > 86400 * 365, 'it has no end of its own')
})

const DENIED = { 'as Twitter does': (token) => ({ denied: token }), 'by the extension': () => ({ oauth_problem: 'permission_denied' }) }
for (const [how, denies] of Object.entries(DENIED)) {
  test(`who says no is told so: ${how}`, { skip: missing }, async () => {
    server.denies = denies
    const { name, result } = await signIn('sha1')
    assert.match(result.text, /cancelled|refused/)
    assert.deepEqual(server.requests.map((seen) => seen.path), ['/request'])
    assert.equal(await stateOf(name), 'sign_in')
    assertProblem(await call(name), 409, 'authorization_incomplete')
  })
}

test('a service that does not confirm the callback is not trusted with a person', { skip: missing }, async () => {
  server.confirms = false
  const { result } = await signIn('sha1')
  assert.match(result.text, /does not confirm the callback/)
  assert.deepEqual(server.requests.map((seen) => seen.path), ['/request'])
})

test('the answer to another sign-in is not taken', { skip: missing }, async () => {
  server.swaps = 'tmp of somebody else'
  const { name, result } = await signIn('sha1')
  assert.match(result.text, /not one to this sign-in/)
  assert.deepEqual(server.requests.map((seen) => seen.path), ['/request'])
  assert.equal(await stateOf(name), 'sign_in')
})

test('a callback counts once, and only in the browser where it began', { skip: missing }, async () => {
  const { browser, page } = await begin('sha1')
  const { stopped } = await browser.submit(page, {}, { stop: (address) => address.startsWith(CALLBACK) })
  const stranger = new Browser({ hosts: { [PUBLIC]: tenon.url } })
  assert.equal((await stranger.once(stopped)).headers['tenon-error'], 'callback_session_mismatch')
  assert.equal((await browser.once(stopped)).status, 303)
  assert.equal((await browser.once(stopped)).headers['tenon-error'], 'callback_state_used')
  assert.equal(server.requests.filter((seen) => seen.path === '/token').length, 1)
})

test('a token that the service has taken back is told, and not asked for again and again', { skip: missing }, async () => {
  const { name } = await signIn('sha1')
  server.tokens.clear()
  assertProblem(await call(name), 424, 'upstream_unauthorized')
  assertProblem(await call(name), 424, 'upstream_unauthorized')
  assert.equal(server.requests.filter((seen) => seen.path === '/token').length, 1)
  server.requests.length = 0 // signed with a secret that it no longer knows
})
