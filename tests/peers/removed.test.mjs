// SPDX-License-Identifier: MIT
// Connections that are removed while tokens for them are asked for: what the service issues all the same is given back to it
// (RFC 7009), told, and never another connection's of that name. At a real authorization server, which is asked by
// introspection (RFC 7662) what still counts.
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'

import { CLIENTS, DEVICE_CLIENT, startAuthorizationServer } from './lib/authorization-server.mjs'
import { Browser } from './lib/browser.mjs'
import { definition } from './lib/connector.mjs'
import { CONSUMER, startOauth1Server } from './lib/oauth1-server.mjs'
import { ADMIN_KEY, missing, startTenon } from './lib/tenon.mjs'
import { until } from './lib/util.mjs'

const PUBLIC = 'https://tenon.example'
const CALLBACK = `${PUBLIC}/oauth/callback`
const CLIENT = `parameters:
        client_id: {title: Client ID, type: string, required: true}
        client_secret: {title: Client secret, type: string, secret: true, required: true}`

const connector = (server) => definition('peer', server.url, `connection:
  auth:
    person:
      type: authorization_code
      ${CLIENT}
      authorize_url: /authorize
      token_url: /token
      revoke_url: /token/revocation
      client_auth: basic
      scopes: [openid, offline_access]
    device:
      type: device_code
      parameters: {client_id: {title: Client ID, type: string, required: true}}
      device_url: /device/auth
      token_url: /token
      revoke_url: /token/revocation
      client_auth: none
      scopes: [openid, offline_access]
    machine:
      type: client_credentials
      ${CLIENT}
      token_url: /token
      revoke_url: /token/revocation
actions:
  GetAccessToken: {summary: Get a token, token: connection}
`)
const signed = (server) => definition('signed', server.url, `connection:
  auth:
    person:
      type: oauth1
      signature: HMAC-SHA1
      request_url: /request
      authorize_url: /authorize
      token_url: /token
      parameters:
        consumer_key: {type: string, required: true}
        consumer_secret: {type: string, secret: true, required: true}
actions:
  Me: {summary: Me, method: GET, path: /me}
`)

let server, oauth1, tenon, from
before(async () => {
  if (missing) return
  server = await startAuthorizationServer({ redirectUris: [CALLBACK] })
  oauth1 = await startOauth1Server()
  tenon = await startTenon({ connectors: { peer: connector(server), signed: signed(oauth1) }, env: { TENON_PUBLIC_URL: PUBLIC, TENON_LOG_FORMAT: 'json' } })
})
afterEach(() => {
  if (missing) return
  server.fault = oauth1.hold = null
  server.lifetime = 3600
  server.issued.clear()
  from = tenon.log.length
})
after(async () => {
  await tenon?.stop()
  await oauth1?.stop()
  await server?.stop()
})

// The service takes its time: `came` is a request to its token endpoint that fits, which goes on with let().
function hold(fits = () => true) {
  const held = {}
  held.came = new Promise((resolve) => { held.arrived = resolve })
  const goes = new Promise((resolve) => { held.let = resolve })
  held.fault = async (req, res, text) => {
    if (!fits(text)) return false
    held.arrived()
    await goes
    return false
  }
  return held
}

const token = (name) => tenon.post(`/run/peer/${name}/GetAccessToken`, { key: ADMIN_KEY })
const remove = (name) => tenon.admin('DELETE', `/v1/connections/${name}`)
const stateOf = async (name) => (await tenon.admin('GET', `/v1/connections/${name}`)).state
const told = (event, name) => tenon.log.slice(from).split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
  .filter((e) => e.event === event && e.connection === name)
const lines = async (what) => (await tenon.admin('GET', `/v1/audit?what=${what}&limit=1000`)).lines

async function assertGivenBack(name, count) {
  await until(`${count} revocations`, () => told('token.revoked', name).length >= count)
  assert.equal(server.issued.size, count)
  for (const one of server.issued) assert.equal(await server.isActive(one), false, 'it does not count any more')
  const { events } = await tenon.admin('GET', '/v1/events?type=token.revoked&limit=1000')
  assert.equal(events.filter((e) => e.data.connection === name).length, count)
}

// From a connect session's link up to the callback, which is not asked for yet.
async function untilCallback(wanted) {
  const made = await tenon.admin('POST', '/v1/connect-sessions', wanted)
  const browser = new Browser({ hosts: { [PUBLIC]: tenon.url } })
  const stop = (url) => url.startsWith(CALLBACK)
  const page = await browser.open(made.url)
  const provider = await browser.submit(page, {}, { stop })
  const { stopped } = provider.stopped ? provider : await browser.signIn(provider, 'alice', { stop })
  return { browser, callback: stopped, name: made.connection }
}
const person = (name) => untilCallback({ connector: 'peer', name, auths: ['person'], parameters: CLIENTS.code })

function assertTellsPerson(page, whatBecame) {
  assert.equal(page.status, 404, page.text)
  assert.equal(page.headers['tenon-error'], 'connection_removed')
  assert.match(page.text, /This connection was removed/)
  assert.match(page.text, /connection was removed during the sign-in/)
  assert.match(page.text, whatBecame)
  assert.doesNotMatch(page.text, /Try again|<form/)
}

test('a browser sign-in', { skip: missing }, async () => {
  const { browser, callback } = await person('browser')
  const held = hold()
  server.fault = held.fault
  const back = browser.open(callback)
  await held.came
  await remove('browser')
  held.let()
  assertTellsPerson(await back, /given back/)
  await assertGivenBack('browser', 2)
  const [line] = (await lines('connection.signed_in')).filter((e) => e.object === 'browser')
  assert.equal(line.code, 'connection_removed')
})

for (const auth of ['person', 'machine']) {
  test(`what a browser sign-in brings is not the next connection's of that name: ${auth}`, { skip: missing }, async () => {
    const name = `again-${auth}`
    const { browser, callback } = await person(name)
    const held = hold()
    server.fault = held.fault
    const back = browser.open(callback)
    await held.came
    await remove(name)
    await tenon.connect(name, 'peer', CLIENTS.code, auth)
    held.let()
    assertTellsPerson(await back, /given back/)
    await assertGivenBack(name, 2)
    assert.equal(await stateOf(name), auth === 'person' ? 'sign_in' : 'ready')
    const { status, json } = await token(name)
    assert.equal(status, auth === 'person' ? 409 : 200)
    if (auth === 'machine') assert.equal(await server.isActive(json.access_token), true)
  })
}

test('a sign-in that waits behind a refresh', { skip: missing }, async () => {
  server.lifetime = 1
  const first = await person('waits')
  await first.browser.open(first.callback)
  assert.equal(await stateOf('waits'), 'ready')
  const { browser, callback } = await untilCallback({ connection: 'waits' })
  const held = hold((text) => text.includes('grant_type=refresh_token'))
  server.fault = held.fault
  await until('the token to be old', async () => {
    const answer = token('waits')
    return Promise.race([held.came.then(() => true), answer.then(() => false)])
  })
  const back = browser.open(callback)
  await until('the code to wait', async () => (await stateOf('waits')) && callbackIsIn(callback))
  await remove('waits')
  await tenon.connect('waits', 'peer', CLIENTS.code, 'person')
  held.let()
  assertTellsPerson(await back, /nothing was issued/)
  // The refresh token of before goes back, too: whether that or the refresh came first, nothing is left.
  await until('all tokens to go', async () => told('token.revoked', 'waits').length && !(await Promise.all([...server.issued].map(server.isActive))).some(Boolean))
  assert.equal(await stateOf('waits'), 'sign_in')
  assert.equal((await token('waits')).status, 409)
  assert.equal(server.requests.filter((r) => r.text.includes(new URL(callback).searchParams.get('code'))).length, 0, 'the code was not spent')
})
// Once its state is used, another use is told so.
const callbackIsIn = async (callback) => {
  const other = await new Browser({ hosts: { [PUBLIC]: tenon.url } }).open(callback)
  return other.headers['tenon-error'] === 'callback_state_used'
}

test('a sign-in by a code elsewhere', { skip: missing }, async () => {
  await tenon.connect('tv', 'peer', DEVICE_CLIENT, 'device')
  const code = await tenon.admin('POST', '/v1/connections/tv/sign-in')
  const browser = new Browser()
  let page = await browser.open(code.verification_uri_complete)
  for (let i = 0; i < 2; i++) page = await browser.submit(page, {})
  let isIn = false
  const held = hold(() => isIn) // a poll behind the person's yes
  server.fault = held.fault
  await browser.signIn(page, 'alice')
  isIn = true
  await held.came
  await remove('tv')
  await tenon.connect('tv', 'peer', DEVICE_CLIENT, 'device')
  held.let()
  await assertGivenBack('tv', 2)
  assert.equal(await stateOf('tv'), 'sign_in')
  const [line] = (await lines('connection.signed_in')).filter((e) => e.object === 'tv')
  assert.equal(line.code, 'connection_removed')
})

test('a token of a machine', { skip: missing }, async () => {
  await tenon.connect('machine', 'peer', CLIENTS.body, 'machine')
  const held = hold()
  server.fault = held.fault
  const called = token('machine')
  await held.came
  await remove('machine')
  held.let()
  assert.equal((await called).status, 404)
  await assertGivenBack('machine', 1)
})

test('a token that new credentials were tried with', { skip: missing }, async () => {
  await tenon.connect('tried', 'peer', CLIENTS.body, 'machine')
  const held = hold()
  server.fault = held.fault
  const changed = tenon.request('/v1/connections/tried', { method: 'PATCH', key: ADMIN_KEY, json: { parameters: CLIENTS.worker } })
  await held.came
  await remove('tried')
  held.let()
  assert.equal((await changed).status, 404)
  await assertGivenBack('tried', 1)
})

test('a token of OAuth 1.0a, which no service takes back, is told to live on', { skip: missing }, async () => {
  tenon.keepSecret(CONSUMER)
  const { browser, callback } = await untilCallback({ connector: 'signed', name: 'signed', auths: ['person'], parameters: CONSUMER })
  const held = hold()
  oauth1.hold = held.fault
  const back = browser.open(callback)
  await held.came
  await remove('signed')
  await tenon.connect('signed', 'signed', CONSUMER)
  held.let()
  assertTellsPerson(await back, /cannot be given back/)
  await until('the event', () => told('token.not_revoked', 'signed').length === 1)
  assert.equal(await stateOf('signed'), 'sign_in')
})
