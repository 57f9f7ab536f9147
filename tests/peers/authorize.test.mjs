// SPDX-License-Identifier: MIT
// People who sign in (RFC 6749 4.1, RFC 7636, RFC 9207) at a real authorization server, by a connect session's link: the
// way of all that works, and everything that can come back instead.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, afterEach, before, test } from 'node:test'
import * as oauth from 'openid-client'

import { CLIENTS, faults, startAuthorizationServer } from './lib/authorization-server.mjs'
import { Browser } from './lib/browser.mjs'
import { definition } from './lib/connector.mjs'
import { ADMIN_KEY, assertProblem, missing, startTenon, TENON } from './lib/tenon.mjs'
import { sleep, until } from './lib/util.mjs'

const PUBLIC = 'https://tenon.example'
const CALLBACK = `${PUBLIC}/oauth/callback`

const way = (server, more) => `
      type: authorization_code
      parameters:
        client_id: {title: Client ID, type: string, required: true}
        client_secret: {title: Client secret, type: string, secret: true, required: true}
        note: {title: Note, type: string}
      authorize_url: ${server.url}/authorize
      token_url: ${server.url}/token
      client_auth: basic
      scopes: [openid, offline_access]
${more}`

const connector = (server) => definition('peer', server.url, `connection:
  auth:
    person:${way(server, `      issuer: ${server.url}\n`)}
    elsewhere:${way(server, `      issuer: ${server.url}/other\n`)}
    spoilt:${way(server, '      params: {code_verifier: aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee}\n')}
    echoing:${way(server, '      params: {again: "${oauth.state}", once: "${oauth.code}"}\n')}
    unproved:${way(server, '      pkce: none\n')}
    system:
      type: client_credentials
      recommended: true
      parameters:
        client_id: {type: string, required: true}
        client_secret: {type: string, secret: true, required: true}
      token_url: ${server.url}/token
actions:
  GetAccessToken: {summary: Get a token, token: connection}
`)

// The OAuth application is the host's, given once by an admin.
const hosted = (server, title = 'Peer') => definition('hosted', server.url, `connection:
  auth:
    person:
      title: ${title}
      type: authorization_code
      parameters:
        client_id: {type: string, required: true, ask: admin}
        client_secret: {type: string, secret: true, required: true, ask: admin}
      authorize_url: ${server.url}/authorize
      token_url: ${server.url}/token
      client_auth: basic
      scopes: [openid]
actions:
  GetAccessToken: {summary: Get a token, token: connection}
`)
const open = (server) => definition('open', server.url, `actions:
  Get: {summary: Get, method: GET, path: /get}
`)

const SECRETS = [CLIENTS.code.client_secret]
let server, tenon, names = 0

async function session(wanted = {}) {
  const name = `p${++names}`
  const made = await tenon.admin('POST', '/v1/connect-sessions',
    { ...(!wanted.connection && { connector: 'peer', name, auths: ['person'], parameters: CLIENTS.code }), ...wanted })
  assert.equal(made.expires_in, 1800)
  assert.ok(made.url.startsWith(`${PUBLIC}/connect/`))
  return { ...made, name: made.connection }
}

const newBrowser = () => new Browser({ hosts: { [PUBLIC]: tenon.url } })

// From the link to the service's page.
async function begin(wanted, browser = newBrowser()) {
  const made = await session(wanted)
  const page = await browser.open(made.url)
  assert.equal(page.status, 200, page.text)
  return { ...made, browser, page, provider: await browser.submit(page) }
}

// Up to the callback, which is not asked for: its address.
async function untilCallback(wanted, user = 'alice', browser = newBrowser()) {
  const begun = await begin(wanted, browser)
  const { stopped } = await begun.browser.signIn(begun.provider, user, { stop: (url) => url.startsWith(CALLBACK) })
  const callback = new URL(stopped)
  for (const name of ['code', 'state']) tenon.secrets.add(callback.searchParams.get(name))
  return { ...begun, callback }
}

async function signIn(wanted, user = 'alice') {
  const begun = await begin(wanted)
  return { ...begun, result: await begun.browser.signIn(begun.provider, user) }
}

const state = async (name) => (await tenon.admin('GET', `/v1/connections/${name}`)).state
async function call(name, options) {
  return tenon.post(`/run/peer/${name}/GetAccessToken`, { key: ADMIN_KEY, ...options })
}
const grants = () => server.requests.map((r) => r.params?.grant_type)

function assertPage(answer, status, code) {
  assert.equal(answer.status, status, answer.text)
  assert.equal(answer.headers['content-type'], 'text/html; charset=utf-8')
  assert.equal(answer.headers['tenon-error'], code)
  assert.equal(answer.headers['cache-control'], 'no-store')
  assert.equal(answer.headers['referrer-policy'], 'no-referrer')
  const policy = answer.headers['content-security-policy']
  for (const part of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"]) assert.ok(policy.includes(part), policy)
  assert.doesNotMatch(policy, /script/)
  assert.doesNotMatch(answer.text, /<script|<img|<link\b[^>]*href="?http|javascript:/i)
}

before(async () => {
  server = await startAuthorizationServer({ redirectUris: [CALLBACK, `${CALLBACK}/peer`] })
  if (!missing) {
    tenon = await startTenon({ connectors: { peer: connector(server), hosted: hosted(server), open: open(server) },
      env: { TENON_PUBLIC_URL: PUBLIC, TENON_CONNECT_RETURN_URLS: 'https://app.example/done,https://x.example' } })
    for (const secret of SECRETS) tenon.secrets.add(secret)
  }
})
afterEach(() => {
  server.requests.length = server.authorizations.length = 0
  server.fault = null
  server.lifetime = 3600
})
after(async () => {
  await server.stop()
  await tenon?.stop()
})

test('code and state count once: a refresh does not see them', { skip: missing }, async () => {
  server.lifetime = 1
  const { name, callback, browser } = await untilCallback({ auths: ['echoing'] })
  await browser.open(callback.href)
  await until('the end of its token', async () => (await call(name), grants().includes('refresh_token')))
  const [exchange, refresh] = server.requests
  assert.deepEqual([exchange.params.again, exchange.params.once], [callback.searchParams.get('state'), callback.searchParams.get('code')])
  assert.deepEqual([refresh.params.again, refresh.params.once], [undefined, undefined])
  server.lifetime = 3600
})

test('a person signs in by a link, and the connection serves and refreshes', { skip: missing }, async () => {
  server.lifetime = 1
  const { name, browser, result, url } = await signIn({ title: 'Of a test', requester: 'Ada', return_url: 'https://app.example/done?x=1' })
  assertPage(result, 200)
  assert.match(result.text, /https:\/\/app\.example\/done\?x=1&(amp;|#38;)state=ready"/)
  assert.match(result.url, /^https:\/\/tenon\.example\/connect\/[\w-]{22}$/, 'no code stands in the address of the last page')
  assert.equal(await state(name), 'ready')
  const [asked] = server.authorizations
  assert.deepEqual(Object.keys(asked), ['response_type', 'client_id', 'redirect_uri', 'scope', 'state', 'code_challenge', 'code_challenge_method'])
  assert.equal(asked.redirect_uri, CALLBACK)
  assert.equal(asked.code_challenge_method, 'S256')
  assert.match(asked.state, /^[\w-]{43}$/)
  const [exchange] = server.requests
  assert.deepEqual(Object.keys(exchange.params), ['grant_type', 'code', 'redirect_uri', 'code_verifier'])
  assert.match(exchange.params.code_verifier, /^[\w-]{43}$/)
  for (let i = 0; i < 3; i++) {
    await sleep(1100)
    const token = await call(name)
    assert.equal(token.status, 200, token.text)
    assert.ok(await server.knows(token.json.access_token))
    assert.equal(token.json.refresh_token, undefined)
  }
  assert.deepEqual(grants(), ['authorization_code', 'refresh_token', 'refresh_token', 'refresh_token'])
  assert.equal(server.revoked, 0)
  await tenon.restart()
  await sleep(1100)
  assert.equal((await call(name)).status, 200)
  browser.hosts = { [PUBLIC]: tenon.url }
  assertPage(await browser.open(url), 404, 'not_found') // links live in memory
})

// openid-client is given what was drawn by chance: all else is compared.
test('the sign-in is the one that openid-client asks for, field by field', { skip: missing }, async () => {
  await signIn()
  const [[asked], [exchange]] = [server.authorizations, server.requests]
  const config = new oauth.Configuration({ issuer: server.url, authorization_endpoint: `${server.url}/authorize` }, CLIENTS.code.client_id)
  oauth.allowInsecureRequests(config)
  const theirs = oauth.buildAuthorizationUrl(config, { redirect_uri: CALLBACK, scope: 'openid offline_access', state: asked.state,
    code_challenge: await oauth.calculatePKCECodeChallenge(exchange.params.code_verifier), code_challenge_method: 'S256' })
  assert.deepEqual({ ...asked }, Object.fromEntries(theirs.searchParams))
})

test('a connection without a sign-in says so, and how to go on', { skip: missing }, async () => {
  await tenon.connect('made', 'peer', CLIENTS.code, 'person')
  const shown = await tenon.admin('GET', '/v1/connections/made')
  assert.equal(shown.state, 'sign_in')
  assert.equal(shown.reason.code, 'authorization_incomplete')
  assertProblem(await call('made'), 409, 'authorization_incomplete')
  await tenon.admin('POST', '/v1/connections/made/reset')
  assert.equal(await state('made'), 'sign_in')
  const { result } = await signIn({ connection: 'made' })
  assertPage(result, 200)
  assert.equal(await state('made'), 'ready')
  assert.equal((await call('made')).status, 200)
})

test('cookies are bound as they must be', { skip: missing }, async () => {
  const { browser } = await begin()
  const own = browser.cookies.filter((c) => c.host === 'tenon.example')
  assert.deepEqual(own.map((c) => /^tenon_(connect|sign_in)/.exec(c.name)[0]).sort(), ['tenon_connect', 'tenon_sign_in'])
  for (const { attributes } of own) {
    assert.equal(attributes.httponly, true)
    assert.equal(attributes.secure, true)
    assert.equal(attributes.samesite, 'Lax')
    assert.ok(Number(attributes['max-age']) <= 1800)
  }
  assert.deepEqual(own.map((c) => c.path).sort(), ['/connect', '/oauth/callback'])
})

test('a link works once, in one browser', { skip: missing }, async () => {
  const { url } = await session()
  const first = newBrowser(), second = newBrowser()
  assertPage(await first.once(url, { method: 'HEAD' }), 200)
  const page = await first.open(url)
  assertPage(page, 200)
  assertPage(await second.open(url), 403, 'connect_link_used')
  assertPage(await second.open(page.url), 403, 'connect_link_used')
  assertPage(await first.open(url), 200)
  assertPage(await second.open(`${PUBLIC}/connect/${'x'.repeat(43)}`), 404, 'not_found')
  assertPage(await second.open(`${PUBLIC}/connect/nothing`), 404, 'not_found')
})

test('a form counts only with its own secret, from its own page', { skip: missing }, async () => {
  const { browser, page, name } = await begin()
  assertPage(await browser.submit(page, { csrf: 'x' }), 403, 'csrf_rejected')
  assertPage(await browser.submit(page, {}, { headers: { origin: 'https://evil.example' } }), 403, 'csrf_rejected')
  assertPage(await browser.submit(page, {}, { headers: { 'sec-fetch-site': 'cross-site' } }), 403, 'csrf_rejected')
  const json = await browser.once(page.url, { method: 'POST', form: { csrf: 'x' }, headers: { 'content-type': 'application/json' } })
  assertPage(json, 415, 'media_type')
  assert.equal(await state(name), 'sign_in')
})

test('what is filled in wrongly comes back to its field', { skip: missing }, async () => {
  const { url, name } = await session({ parameters: {} })
  const browser = newBrowser()
  const page = await browser.open(url)
  const refused = await browser.submit(page, { 'p.client_id': '<i>me</i>', 'p.client_secret': '' })
  assertPage(refused, 400, 'param_missing')
  assert.doesNotMatch(refused.text, /<i>/)
  assertProblem(await tenon.request(`/v1/connections/${name}`, { key: ADMIN_KEY }), 404, 'not_found')
  const provider = await browser.submit(refused, { 'p.client_id': CLIENTS.code.client_id, 'p.client_secret': CLIENTS.code.client_secret })
  assertPage(await browser.signIn(provider, 'bob'), 200)
  assert.equal(await state(name), 'ready')
})

test('a way to sign in without a person is tried at once', { skip: missing }, async () => {
  const right = await session({ auths: ['system'], parameters: CLIENTS.body })
  const browser = newBrowser()
  assertPage(await browser.submit(await browser.open(right.url)), 200)
  assert.equal(await state(right.name), 'ready')
  const wrong = await session({ auths: ['system'], parameters: { client_id: CLIENTS.body.client_id } })
  const failed = await browser.submit(await browser.open(wrong.url), { 'p.client_secret': 'CANARY-wrong' })
  assertPage(failed, 200)
  assert.match(failed.text, /invalid_client/)
  assert.equal(await state(wrong.name), 'rejected')
  const again = await browser.open(/href="([^"]*again[^"]*)"/.exec(failed.text) && new URL(/href="([^"]*again[^"]*)"/.exec(failed.text)[1], failed.url).href)
  assertPage(await browser.submit(again, { 'p.client_secret': CLIENTS.body.client_secret }), 200)
  assert.equal(await state(wrong.name), 'ready')
})

// --- PKCE ---

test('the server refuses a sign-in without PKCE, and a wrong verifier', { skip: missing }, async () => {
  const unproved = await begin({ auths: ['unproved'] })
  assertPage(unproved.provider, 200)
  assert.match(unproved.provider.text, /invalid_request/)
  assert.equal(server.requests.length, 0)
  const spoilt = await signIn({ auths: ['spoilt'] })
  assertPage(spoilt.result, 200)
  assert.match(spoilt.result.text, /invalid_grant/)
  assert.deepEqual(grants(), ['authorization_code'])
  for (const { name } of [unproved, spoilt]) {
    assert.equal(await state(name), 'sign_in')
    assertProblem(await call(name), 409, 'authorization_incomplete')
  }
})

// --- states ---

test('an unknown, missing or malformed state is refused', { skip: missing }, async () => {
  const browser = newBrowser()
  for (const query of ['', '?code=a', '?code=a&state=', '?code=a&state=%00', `?code=a&state=${'x'.repeat(8000)}`, '?code=a&state=x']) {
    assertPage(await browser.once(`${CALLBACK}${query}`), 400, 'callback_state')
  }
  assertPage(await browser.once(`${CALLBACK}?code=a&state=%ff`), 400, 'request_bad_encoding')
  assert.equal(server.requests.length, 0)
})

test('parameters that contradict each other are refused', { skip: missing }, async () => {
  const { callback, browser, name } = await untilCallback()
  const given = callback.searchParams.get('state')
  for (const query of [`state=${given}`, `state=${given}&code=`, `state=${given}&code=a&error=b`, `state=${given}&code=a&code=b`, `state=${given}&state=${given}&code=a`]) {
    assertPage(await browser.once(`${CALLBACK}?${query}`), 400, 'callback_params')
  }
  assert.equal(server.requests.length, 0)
  assertPage(await browser.open(callback.href), 200)
  assert.equal(await state(name), 'ready')
})

test('a state counts once, and only in the browser where it began', { skip: missing }, async () => {
  const { callback, browser, name } = await untilCallback()
  assertPage(await newBrowser().once(callback.href), 400, 'callback_session_mismatch')
  assert.equal((await browser.once(callback.href, { method: 'HEAD' })).status, 200)
  assert.equal((await browser.once(callback.href, { headers: { 'sec-purpose': 'prefetch;prerender' } })).text, '')
  assert.equal((await browser.once(callback.href, { method: 'POST', form: {} })).status, 405)
  assert.equal(server.requests.length, 0)
  assertPage(await browser.open(callback.href), 200)
  assertPage(await browser.once(callback.href), 400, 'callback_state_used')
  assert.deepEqual(grants(), ['authorization_code'])
  assert.equal(await state(name), 'ready')
})

test('a code of somebody else is refused by the server', { skip: missing }, async () => {
  const attacker = await untilCallback({}, 'bob')
  const victim = await untilCallback()
  const injected = new URL(victim.callback)
  injected.searchParams.set('code', attacker.callback.searchParams.get('code'))
  const result = await victim.browser.open(injected.href)
  assertPage(result, 200)
  assert.match(result.text, /invalid_grant/)
  assert.equal(await state(victim.name), 'sign_in')
})

test('two tabs of one browser do not meet', { skip: missing }, async () => {
  const browser = newBrowser()
  const one = await untilCallback({}, 'alice', browser)
  browser.cookies = browser.cookies.filter((c) => c.host === 'tenon.example') // the server would take the second person for the first
  const two = await untilCallback({}, 'bob', browser)
  assertPage(await browser.open(one.callback.href), 200)
  assertPage(await browser.open(two.callback.href), 200)
  assert.equal(await state(one.name), 'ready')
  assert.equal(await state(two.name), 'ready')
})

test('a form that is sent twice signs in the one connection', { skip: missing }, async () => {
  const { browser, page, name } = await begin()
  const again = await browser.submit(page)
  // The connection is there by now, so the form of before is not for a new one any more.
  assertPage(await browser.signIn(again, 'alice'), 200)
  assert.equal(await state(name), 'ready')
})

// --- answers of the server ---

test('the answer of another issuer is not used', { skip: missing }, async () => {
  const { callback, browser, name } = await untilCallback({ auths: ['elsewhere'] })
  assert.equal(callback.searchParams.get('iss'), server.url)
  assertPage(await browser.once(callback.href), 400, 'callback_issuer')
  assert.equal(server.requests.length, 0)
  assert.equal(await state(name), 'sign_in')
})

test('an answer on another path than was named is not used', { skip: missing }, async () => {
  const { callback, browser, name } = await untilCallback()
  assertPage(await browser.once(callback.href.replace('/oauth/callback', '/oauth/callback/peer')), 400, 'callback_state')
  assertPage(await browser.once(callback.href.replace('/oauth/callback', '/oauth/callback/other')), 400, 'callback_state')
  assert.equal(server.requests.length, 0)
  assert.equal(await state(name), 'sign_in')
})

test('a refusal is told in words, and nothing of it is markup', { skip: missing }, async () => {
  const { browser, name, provider } = await begin()
  const abort = /href="([^"]*abort)"/.exec(provider.text)[1]
  const refused = await browser.open(new URL(abort, provider.url).href)
  assertPage(refused, 200)
  assert.match(refused.text, /cancelled, or access was not granted/)
  assert.match(refused.text, /access_denied/)
  assert.equal(server.requests.length, 0)
  assert.equal(await state(name), 'sign_in')
  const evil = await untilCallback()
  const answer = new URL(CALLBACK)
  for (const [key, value] of Object.entries({ state: evil.callback.searchParams.get('state'), error: '<b>bad</b>',
    error_description: '<script>alert(1)</script>', error_uri: 'javascript:alert(1)' })) answer.searchParams.set(key, value)
  const page = await evil.browser.open(answer.href)
  assertPage(page, 200)
  assert.doesNotMatch(page.text, /<b>bad/)
})

test('a token endpoint that fails leaves things as they were, and the way back is open', { skip: missing }, async () => {
  server.fault = faults.answers(503, '{}')
  const { result, browser, name } = await signIn()
  assertPage(result, 200)
  assert.equal(await state(name), 'sign_in')
  server.fault = null
  const form = await browser.open(`${result.url}?again=1`)
  assertPage(await browser.signIn(await browser.submit(form), 'alice'), 200)
  assert.equal(await state(name), 'ready')
})

// --- connections that are there ---

test('whoever signs in again keeps what was there until it went well', { skip: missing }, async () => {
  const { name } = await signIn()
  const before = (await call(name)).json.access_token
  const failed = await begin({ connection: name })
  const abort = /href="([^"]*abort)"/.exec(failed.provider.text)[1]
  await failed.browser.open(new URL(abort, failed.provider.url).href)
  assert.equal((await call(name)).json.access_token, before)
  server.fault = faults.answers(400, '{"error": "invalid_grant"}')
  assertPage((await signIn({ connection: name })).result, 200)
  server.fault = null
  assert.equal(await state(name), 'ready')
  assert.equal((await call(name)).json.access_token, before)
  assertPage((await signIn({ connection: name }, 'bob')).result, 200)
  assert.notEqual((await call(name)).json.access_token, before)
})

test('a connection whose refresh token is worth nothing any more is brought back', { skip: missing }, async () => {
  server.lifetime = 1
  const { name } = await signIn()
  await sleep(1100)
  server.fault = faults.answers(400, '{"error": "invalid_grant"}')
  assertProblem(await call(name), 409, 'reauthorise')
  server.fault = null
  assert.equal(await state(name), 'sign_in')
  assertPage((await signIn({ connection: name })).result, 200)
  assert.equal(await state(name), 'ready')
  assert.equal((await call(name)).status, 200)
})

test('another secret of the client is no reason to sign in again; another client is', { skip: missing }, async () => {
  const { name } = await signIn()
  await tenon.admin('PATCH', `/v1/connections/${name}`, { parameters: { note: 'n', client_secret: CLIENTS.code.client_secret } })
  assert.equal(await state(name), 'ready')
  assert.equal((await call(name)).status, 200)
  await tenon.admin('PATCH', `/v1/connections/${name}`, { parameters: { client_id: 'another', client_secret: 'CANARY-another' } })
  assert.equal(await state(name), 'sign_in')
  assertProblem(await call(name), 409, 'authorization_incomplete')
})

test('the OAuth application may be the host\'s', { skip: missing }, async () => {
  const early = await tenon.request('/v1/connections', { key: ADMIN_KEY, json: { name: 'early', connector: 'hosted' } })
  assertProblem(early, 409, 'parameter_missing')
  await tenon.admin('PUT', '/v1/connectors/hosted/parameters', { parameters: CLIENTS.code })
  const { name, page, browser, provider } = await begin({ connector: 'hosted', parameters: undefined })
  assert.doesNotMatch(page.text, /name="p\./)
  assert.equal(await state(name), 'sign_in')
  // That nobody has signed in yet holds under other values of the host and under another definition, too.
  await tenon.admin('PUT', '/v1/connectors/hosted/parameters', { parameters: CLIENTS.code })
  tenon.save('hosted', hosted(server, 'Other'))
  await until('the other definition', async () => (await tenon.admin('GET', '/v1/connectors/hosted')).auths[0].title === 'Other')
  assert.equal(await state(name), 'sign_in')
  assert.match((await browser.signIn(provider, 'alice')).text, /was changed during the sign-in/)
  assertPage((await signIn({ connection: name })).result, 200)
  assert.equal(await state(name), 'ready')
  assert.equal((await tenon.post(`/run/hosted/${name}/GetAccessToken`, { key: ADMIN_KEY })).status, 200)
})

test('a connector without a way to sign in is connected by a button', { skip: missing }, async () => {
  const { url, name } = await session({ connector: 'open', auths: undefined, parameters: undefined })
  const browser = newBrowser()
  assertPage(await browser.submit(await browser.open(url)), 200)
  assert.equal(await state(name), 'ready')
})

test('a connection that is removed or changed meanwhile gets no code', { skip: missing }, async () => {
  const removed = await untilCallback()
  await tenon.admin('DELETE', `/v1/connections/${removed.name}`)
  const gone = await removed.browser.open(removed.callback.href)
  assertPage(gone, 404, 'connection_removed')
  assert.match(gone.text, /removed during the sign-in; nothing was issued for it/)
  const changed = await untilCallback()
  await tenon.admin('PATCH', `/v1/connections/${changed.name}`, { parameters: { note: 'other' } })
  const told = await changed.browser.open(changed.callback.href)
  assertPage(told, 200)
  assert.match(told.text, /was changed during the sign-in/)
  assert.equal(server.requests.length, 0)
})

test('a host that restarts meanwhile says so, and a new link helps', { skip: missing }, async () => {
  const { callback, browser, name } = await untilCallback()
  await tenon.restart()
  browser.hosts = { [PUBLIC]: tenon.url }
  assertPage(await browser.once(callback.href), 400, 'callback_state')
  assert.equal(server.requests.length, 0)
  assert.equal(await state(name), 'sign_in')
  assertPage((await signIn({ connection: name })).result, 200)
  assert.equal(await state(name), 'ready')
})

// --- sessions ---

test('a session is checked before its link is given away', { skip: missing }, async () => {
  const base = { connector: 'peer' }
  const refused = async (wanted, status, code, pointer) => {
    const problem = assertProblem(await tenon.request('/v1/connect-sessions', { key: ADMIN_KEY, json: wanted }), status, code)
    if (pointer) assert.deepEqual(problem.errors.map((e) => e.pointer), [pointer])
  }
  await refused({}, 400, 'param_missing', '/connector')
  await refused({ connector: 'peer', connection: 'x' }, 400, 'param_value', '/connector')
  await refused({ connector: 'nothing' }, 400, 'param_value', '/connector')
  await refused({ connection: 'nothing' }, 404, 'not_found')
  await refused({ ...base, auths: ['person', 'nobody'] }, 400, 'param_value', '/auths/1')
  await refused({ ...base, auths: [1] }, 400, 'param_value', '/auths/0')
  await refused({ ...base, name: 'A' }, 400, 'param_pattern', '/name')
  await refused({ ...base, parameters: { zzz: 1 } }, 400, 'param_unknown', '/parameters/zzz')
  for (const url of ['https://evil.example/', 'https://app.example/', 'https://app.example/donee', 'http://app.example/done', 'https://app.example:8443/done',
    'https://app.example/done/../x', 'https://app.example/done/%2e%2e/x', 'https://app.example/done#x', 'https://u@app.example/done', 'javascript:alert(1)', '//app.example/done', '',
    `${PUBLIC}`, `${PUBLIC}/run/`, `${PUBLIC}/#x`, `${PUBLIC}.example/`]) {
    await refused({ ...base, return_url: url }, 400, 'param_value', '/return_url')
  }
  for (const url of ['https://app.example/done', `${PUBLIC}/`, `${PUBLIC}/?connection=x`, 'https://app.example/done/x?y=1', 'https://x.example/anything']) await session({ return_url: url })
  const { name } = await session()
  await tenon.connect(`${name}-there`, 'peer', CLIENTS.body, 'system')
  await refused({ ...base, name: `${name}-there` }, 409, 'connection_exists')
  const caller = await tenon.key([`${name}-there`])
  assertProblem(await tenon.request('/v1/connect-sessions', { key: caller, json: base }), 403, 'forbidden')
  const chosen = await tenon.admin('POST', '/v1/connect-sessions', base)
  assert.match(chosen.connection, /^peer-[a-z2-9]{6}$/)
})

test('presets are not the visitor\'s to change', { skip: missing }, async () => {
  const { url, name } = await session({ auths: ['system'], parameters: { ...CLIENTS.body } })
  const browser = newBrowser()
  const page = await browser.open(url)
  assert.doesNotMatch(page.text, /name="p\.client_(id|secret)"/)
  assertPage(await browser.submit(page, { 'p.client_id': 'mine', auth: 'person' }), 200)
  const shown = await tenon.admin('GET', `/v1/connections/${name}`)
  assert.equal(shown.parameters.client_id, CLIENTS.body.client_id)
  assert.equal(shown.auth, 'system')
})

// --- the command line ---

function run(args, more = {}) {
  const child = spawn(TENON, [...args, '--data', tenon.data], { env: { PATH: process.env.PATH, ...more }, stdio: ['ignore', 'pipe', 'pipe'] })
  const told = { out: '', error: '' }
  child.stdout.setEncoding('utf8').on('data', (text) => { told.out += text })
  child.stderr.setEncoding('utf8').on('data', (text) => { told.error += text })
  return Object.assign(told, { ended: once(child, 'close').then(([code]) => code) })
}
const linkIn = (text) => /https:\/\/tenon\.example\/connect\/[\w-]{43}/.exec(text)?.[0]

test('the command line prints a link and waits', { skip: missing }, async () => {
  const words = ['peer', '--auth', 'person', `client_id=${CLIENTS.code.client_id}`, 'client_secret=env:SECRET']
  const command = run(['connect', ...words, '--name', 'by-command'], { SECRET: CLIENTS.code.client_secret })
  const link = await until('a link', () => linkIn(command.out))
  const browser = newBrowser()
  const page = await browser.open(link)
  assertPage(await browser.signIn(await browser.submit(page), 'alice'), 200)
  assert.equal(await command.ended, 0, command.error)
  assert.match(command.out, /by-command: ready/)
  const json = run(['connect', ...words, '--name', 'by-script', '--no-wait', '--json'], { SECRET: CLIENTS.code.client_secret })
  assert.equal(await json.ended, 0, json.error)
  const made = JSON.parse(json.out)
  assert.deepEqual([Object.keys(made).sort(), made.connection, made.expires_in], [['connection', 'expires_in', 'url'], 'by-script', 1800])
  await tenon.connect('waiting', 'peer', CLIENTS.code, 'person')
  const show = run(['connection', 'show', 'waiting'])
  assert.equal(await show.ended, 0)
  assert.match(show.out, /waiting: sign_in - nobody has signed in yet\nTo sign in: tenon connection sign-in waiting\n/)
  const again = run(['connection', 'sign-in', 'waiting'])
  const second = newBrowser()
  assertPage(await second.signIn(await second.submit(await second.open(await until('a link', () => linkIn(again.out)))), 'bob'), 200)
  assert.equal(await again.ended, 0, again.error)
  assert.match(again.out, /waiting: ready/)
  const ready = run(['connection', 'sign-in', 'waiting'])
  assert.equal(await ready.ended, 0)
  assert.ok(linkIn(ready.out))
  await tenon.halt()
  const alone = run(['connection', 'sign-in', 'waiting', '--connectors', tenon.connectors])
  assert.equal(await alone.ended, 1)
  assert.match(alone.error, /a browser must find the host/)
  await tenon.start()
})

test('the signed-out page stands for itself', { skip: missing }, async () => {
  assertPage(await newBrowser().once(`${PUBLIC}/oauth/logout`), 200)
})

test('a host may have a callback address for each connector', { skip: missing }, async () => {
  await tenon.halt()
  await tenon.start({ TENON_CALLBACK_PATH: 'connector' })
  const { callback, browser, name } = await untilCallback()
  assert.equal(callback.pathname, '/oauth/callback/peer')
  assertPage(await browser.once(callback.href.replace('callback/peer', 'callback/other')), 400, 'callback_state')
  assertPage(await browser.once(callback.href.replace('callback/peer', 'callback')), 400, 'callback_state')
  assertPage(await browser.open(callback.href), 200)
  assert.equal(await state(name), 'ready')
})

test('no code, state or secret stood in the log', { skip: missing }, () => tenon.assertNoSecret(tenon.log, 'the log'))
