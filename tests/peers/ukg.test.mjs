// SPDX-License-Identifier: MIT
// The first two shipped connectors, unchanged, against TLS peers that answer under the real host names. The token requests
// are those of the contract (format/golden.txt), byte by byte; the order of JSON members counts.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'

import { CLIENTS, PASSWORD_REALM, USERS, faults, startAuthorizationServer } from './lib/authorization-server.mjs'
import { Browser } from './lib/browser.mjs'
import { startRealHosts } from './lib/real-hosts.mjs'
import { ADMIN_KEY, assertProblem, missing, startTenon } from './lib/tenon.mjs'
import { makeCertificate } from './lib/tls.mjs'
import { sleep } from './lib/util.mjs'

const AUTHENTICATION = 'ukg-pro-wfm-authentication'
const TENANT = 'acme.mykronos.com', API = 'acme.prd.mykronos.com', IDENTITY = 'welcome-us.ukg.net'
const PUBLIC = 'https://tenon.example'
const INPUTS = { username: 'u', password: USERS.u, ...CLIENTS.ukg }
const CONSTANTS = { grant_type: 'password', auth_chain: 'OAuthLdapService' }
const FORM = 'application/x-www-form-urlencoded'
let hosts, server, api, tenon, key, names = 0

before(async () => {
  hosts = await startRealHosts({ shipped: [AUTHENTICATION, 'ukg-pro-wfm'], identity: [TENANT, IDENTITY], apis: [API], publicUrl: PUBLIC })
  ;({ server, api, tenon } = hosts)
  if (missing) return
  tenon.secrets.add(USERS.u)
  await tenon.connect('acme', AUTHENTICATION, { vanity_url: 'https://acme.mykronos.com/' })
  key = await tenon.key(['acme'])
})
afterEach(() => {
  server.requests.length = api.requests.length = 0
  server.fault = null
  server.lifetime = 3600
})
after(() => hosts.stop())

// As sent, with JSON's blanks taken out.
const compact = (text) => JSON.stringify(JSON.parse(text))

// A connection of the second connector and a caller for it.
async function connect(auth, more) {
  const name = `wfm-${++names}`
  await tenon.connect(name, 'ukg-pro-wfm', { hostname: API, ...CLIENTS.ukg, ...more }, auth)
  const mine = await tenon.key([name])
  return (method, path, options) => tenon.request(`/run/ukg-pro-wfm/${name}${path}`, { method, key: mine, echo: true, ...options })
}

test('GetAccessToken: the token request of the contract, and the answer', { skip: missing }, async () => {
  const answer = await tenon.post(`/run/${AUTHENTICATION}/acme/api/authentication/access_token`, { key, json: INPUTS })
  assert.equal(answer.status, 200, answer.text)
  assert.ok(await server.knows(answer.json.access_token))
  assert.ok(Number.isInteger(answer.json.expires_in))
  assert.ok(answer.json.refresh_token, 'the refresh token belongs to the caller')
  assert.match(answer.headers['ratelimit-policy'], /^"API calls per connection";q=100;w=60$/)
  const [sent] = server.requests
  assert.equal(`${sent.method} ${sent.path}`, 'POST /api/authentication/access_token')
  assert.equal(sent.headers.host, TENANT)
  assert.equal(sent.headers.accept, 'application/json')
  assert.equal(sent.headers['content-type'], FORM)
  assert.equal(sent.text, 'grant_type=password&username=u&password=p%26%3D%2B+%C3%A9&client_id=c&client_secret=s&auth_chain=OAuthLdapService')
  assert.ok(!sent.headers.authorization)
})

test('Microsoft\'s client: six fields, as a labelled form that is JSON, as JSON, as a form', { skip: missing }, async () => {
  const six = { ...INPUTS, ...CONSTANTS }
  const calls = [
    { headers: { 'content-type': FORM }, body: JSON.stringify(six) },
    { headers: { 'content-type': FORM }, body: ` \n${JSON.stringify(six)}` },
    { headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(six) },
    { headers: { 'content-type': FORM }, body: String(new URLSearchParams(six)) },
    { headers: { 'content-type': FORM, accept: 'text/plain' }, body: String(new URLSearchParams(INPUTS)) },
  ]
  for (const address of [`/run/${AUTHENTICATION}/acme`, `/apim/${AUTHENTICATION}/acme`, `/apim/${AUTHENTICATION}/-`]) {
    for (const call of calls) {
      const answer = await tenon.post(`${address}/api/authentication/access_token`, { key, ...call })
      assert.equal(answer.status, 200, `${address} ${call.body}: ${answer.text}`)
      assert.equal(answer.headers['content-type'], 'application/json')
    }
  }
  assert.ok(server.requests.length <= 1, 'all these are one sign-in')
})

test('the two constants are checked where they are sent', { skip: missing }, async () => {
  for (const wrong of [{ grant_type: 'client_credentials' }, { auth_chain: 'Other' }, { unknown: 'x' }]) {
    const answer = await tenon.post(`/run/${AUTHENTICATION}/acme/api/authentication/access_token`, { key, json: { ...INPUTS, ...wrong } })
    const problem = assertProblem(answer, 400, 'unknown' in wrong ? 'param_unknown' : 'param_value')
    assert.deepEqual(problem.errors.map((e) => e.pointer), [`/${Object.keys(wrong)[0]}`])
  }
  assert.equal(server.requests.length, 0)
})

test('every missing input is told at once', { skip: missing }, async () => {
  const answer = await tenon.post(`/run/${AUTHENTICATION}/acme/api/authentication/access_token`, { key, json: {} })
  const problem = assertProblem(answer, 400, 'param_missing')
  assert.deepEqual(problem.errors.map((e) => e.pointer).sort(), ['/client_id', '/client_secret', '/password', '/username'])
})

test('the six outputs pass, expires_in as an integer', { skip: missing }, async () => {
  server.fault = faults.answers(200, JSON.stringify({
    access_token: 'a', refresh_token: 'r', token_type: 'bearer', expires_in: '28800', scope: 'openid', id_token: 'i.d.t' }))
  const answer = await tenon.post(`/run/${AUTHENTICATION}/acme/api/authentication/access_token`, { key, json: { ...INPUTS, username: 'six' } })
  const { expires_in: left, ...others } = answer.json
  assert.deepEqual(others, { access_token: 'a', refresh_token: 'r', token_type: 'bearer', scope: 'openid', id_token: 'i.d.t' })
  assert.ok(Number.isInteger(left) && left > 28000 && left <= 28800)
})

test('a wrong password is the service\'s word, and is not said twice', { skip: missing }, async () => {
  for (let i = 0; i < 2; i++) {
    const answer = await tenon.post(`/run/${AUTHENTICATION}/acme/api/authentication/access_token`,
      { key, json: { ...INPUTS, password: 'wrong' } })
    const problem = assertProblem(answer, 424, 'credentials_rejected')
    assert.equal(problem.upstream.error, 'invalid_grant')
  }
  assert.equal(server.requests.length, 1)
})

test('another tenant\'s host is refused in the definition\'s words', { skip: missing }, async () => {
  for (const vanity of ['https://evil.com/.mykronos.com', 'http://acme.mykronos.com', 'https://mykronos.com.evil.com',
    'https://acme.mykronos.com@evil.com', 'https://acme.mykronos.com:8443', 'https://evil.com#.mykronos.com']) {
    const answer = await tenon.request('/v1/connections', { method: 'POST', key: ADMIN_KEY,
      json: { name: 'evil', connector: AUTHENTICATION, parameters: { vanity_url: vanity } } })
    assert.equal(answer.status, 400, `${vanity}: ${answer.text}`)
    assert.equal(answer.json.errors[0].pointer, '/parameters/vanity_url')
  }
  const answer = await tenon.request('/v1/connections', { method: 'POST', key: ADMIN_KEY,
    json: { name: 'evil', connector: AUTHENTICATION, parameters: { vanity_url: 'https://evil.com/.mykronos.com' } } })
  assert.match(answer.json.errors[0].detail, /Enter the address of your tenant, such as https:\/\/acme\.mykronos\.com/)
})

test('client credentials: the JSON token request of the contract', { skip: missing }, async () => {
  const call = await connect('client_credentials', { organization: 'org' })
  const answer = await call('POST', '/GetAccessToken')
  assert.equal(answer.status, 200, answer.text)
  const [sent] = server.requests
  assert.equal(`${sent.method} ${sent.headers.host} ${sent.path}`, `POST ${IDENTITY} /oauth/token`)
  assert.equal(sent.headers['content-type'], 'application/json')
  assert.equal(sent.headers.accept, 'application/json')
  assert.equal(compact(sent.text), compact(
    '{"grant_type": "client_credentials", "client_id": "c", "client_secret": "s", "audience": "https://wfm.ukg.net/api", "organization": "org"}'))
})

test('password-realm: the JSON token request of the contract', { skip: missing }, async () => {
  const call = await connect('password_realm', { username: 'u', password: USERS.u, realm: 'R' })
  const answer = await call('POST', '/GetAccessToken')
  assert.equal(answer.status, 200, answer.text)
  assert.ok(!('refresh_token' in answer.json))
  assert.equal(compact(server.requests[0].text), JSON.stringify({
    grant_type: PASSWORD_REALM, username: 'u', password: USERS.u, scope: 'openid offline_access', client_id: 'c',
    client_secret: 's', audience: 'https://wfm.ukg.net/api', realm: 'R' }))
})

test('GetPerson and GetPersons: the requests of the contract', { skip: missing }, async () => {
  const call = await connect('client_credentials', { organization: 'org' })
  const one = await call('GET', '/api/v1/commons/persons/17')
  assert.equal(one.status, 200, one.text)
  const several = await call('POST', '/api/v1/commons/persons/multi_read', { json: { person_numbers: ['1', '2'] } })
  assert.equal(several.status, 200, several.text)
  const [first, second] = api.requests
  assert.equal(`${first.method} ${first.headers.host} ${first.url}`, `GET ${API} /api/v1/commons/persons/17`)
  assert.equal(first.text, '')
  assert.equal(`${second.method} ${second.headers.host} ${second.url}`, `POST ${API} /api/v1/commons/persons/multi_read`)
  assert.equal(second.headers['content-type'], 'application/json')
  assert.equal(compact(second.text), '{"where":{"employees":{"key":"personnumber","values":["1","2"]}}}')
  for (const sent of [first, second]) {
    const [, token] = /^Bearer (.+)$/.exec(sent.headers.authorization)
    assert.ok(await server.knows(token))
  }
  assert.equal(server.requests.length, 1)
})

test('input that breaks the schema never leaves', { skip: missing }, async () => {
  const call = await connect('client_credentials', { organization: 'org' })
  for (const [path, options, code] of [
    ['/api/v1/commons/persons/seventeen', {}, 'param_type'],
    ['/api/v1/commons/persons/multi_read', { json: { person_numbers: [] } }, 'param_range'],
    ['/api/v1/commons/persons/multi_read', { json: { person_numbers: Array(501).fill('1') } }, 'param_limit'],
    ['/api/v1/commons/persons/multi_read', { json: { person_numbers: [1] } }, 'param_type'],
    ['/api/v1/commons/persons/multi_read', { json: {} }, 'param_missing'],
  ]) {
    const answer = await call(options.json ? 'POST' : 'GET', path, options)
    assert.equal(answer.status, 400, `${path} ${answer.text}`)
    assert.equal(answer.json.code, code, answer.text)
  }
  assert.equal(api.requests.length, 0)
})

test('another identity host is refused', { skip: missing }, async () => {
  for (const host of ['evil.com', 'evil.com#.ukg.net', 'ukg.net.evil.com', 'welcome-us.ukg.net:8443']) {
    const answer = await tenon.request('/v1/connections', { method: 'POST', key: ADMIN_KEY, json: {
      name: 'evil', connector: 'ukg-pro-wfm', auth: 'client_credentials',
      parameters: { hostname: API, identity_host: host, ...CLIENTS.ukg, organization: 'org' } } })
    assert.ok([400, 424].includes(answer.status), `${host}: ${answer.status} ${answer.text}`)
  }
  assert.equal(server.requests.length, 0)
})

test('a certificate that the CA did not make is refused', { skip: missing }, async () => {
  const other = mkdtempSync(join(tmpdir(), 'tenon-ukg-'))
  const impostor = await startAuthorizationServer({ tls: makeCertificate(other, [TENANT]) })
  const alone = await startTenon({ shipped: [AUTHENTICATION],
    env: { TENON_CA_FILE: hosts.caFile, TENON_RESOLVE: `${TENANT}:443=127.0.0.1:${impostor.port}` } })
  try {
    await alone.connect('acme', AUTHENTICATION, { vanity_url: 'https://acme.mykronos.com' })
    const answer = await alone.post(`/run/${AUTHENTICATION}/acme/api/authentication/access_token`, { key: ADMIN_KEY, json: INPUTS })
    assertProblem(answer, 502, 'upstream_tls')
    assert.equal(impostor.requests.length, 0)
  } finally {
    await impostor.stop()
    await alone.stop()
    rmSync(other, { recursive: true })
  }
})

// UKG's document: audience, realm, organization; offline_access brings a refresh token, which rotates.
test('ukg-pro-wfm: a user signs in with the browser, and the connection refreshes', { skip: missing }, async () => {
  server.lifetime = 1
  server.authorizations.length = 0
  const parameters = { hostname: API, ...CLIENTS.ukg, realm: 'acme', organization: 'org_1' }
  const made = await tenon.admin('POST', '/v1/connect-sessions', { connector: 'ukg-pro-wfm', name: 'person', auths: ['authorization_code'], parameters })
  const browser = new Browser({ hosts: { [PUBLIC]: tenon.url, [`https://${IDENTITY}`]: server.url }, ca: readFileSync(hosts.caFile) })
  const page = await browser.open(made.url)
  const result = await browser.signIn(await browser.submit(page), 'alice')
  assert.equal(result.status, 200, result.text)
  assert.equal((await tenon.admin('GET', '/v1/connections/person')).state, 'ready')
  const [{ state, code_challenge: challenge, ...asked }] = server.authorizations
  assert.deepEqual(asked, { response_type: 'code', client_id: 'c', redirect_uri: `${PUBLIC}/oauth/callback`, scope: 'openid offline_access',
    code_challenge_method: 'S256', audience: 'https://wfm.ukg.net/api', realm: 'acme', organization: 'org_1' })
  assert.equal(state.length + challenge.length, 86)
  const mine = await tenon.key(['person'])
  await sleep(1100)
  const token = await tenon.post('/run/ukg-pro-wfm/person/GetAccessToken', { key: mine })
  assert.equal(token.status, 200, token.text)
  assert.ok(await server.knows(token.json.access_token))
  const [code, refresh] = server.requests.map((r) => JSON.parse(r.text))
  assert.deepEqual(Object.keys(code), ['grant_type', 'code', 'redirect_uri', 'code_verifier', 'client_id', 'client_secret'])
  assert.deepEqual(Object.keys(refresh), ['grant_type', 'refresh_token', 'client_id', 'client_secret'])
  assert.ok(server.requests.every((r) => r.path === '/oauth/token' && r.headers.host === IDENTITY && r.headers['content-type'] === 'application/json'))
})
