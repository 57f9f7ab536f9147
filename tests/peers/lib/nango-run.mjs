// SPDX-License-Identifier: MIT
// Every provider of a catalogue of Nango, imported, signed in and called: what arrives at its services is compared with what the
// catalogue prescribes, byte for byte. For the test, and for the table of `./dev corpus`.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash, createPublicKey, createSecretKey, generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import https from 'node:https'
import { tmpdir } from 'node:os'
import { join, resolve as resolvePath } from 'node:path'
import YAML from 'yaml'

import { Browser } from './browser.mjs'
import { resolve, url, valuesOf } from './nango.mjs'
import * as told from './nango-requests.mjs'
import { answerBeside, assertOauth1, aws4Header, oauthParts, plannedBeside, roleKeys, TEMPORARY } from './nango-services.mjs'
import { missing, ROOT, startTenon, TENON } from './tenon.mjs'
import { makeCertificate, makeClientCertificate } from './tls.mjs'
import { close, listen, readAll } from './util.mjs'

export const CATALOGUE = join(resolvePath(process.env.TENON_SHARED ?? join(ROOT, '../shared')), 'corpora/nango/providers-sample.yaml')
export const skip = missing || (existsSync(CATALOGUE) ? false : `${CATALOGUE} is not here (set TENON_SHARED)`)
const PUBLIC = 'https://tenon.example'
const CALLBACK = `${PUBLIC}/oauth/callback`
const PATH = 'v1/thing?x=1'

const pem = (type, options) => generateKeyPairSync(type, { ...options, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } }).privateKey.trim()
const RSA = pem('rsa', { modulusLength: 2048 }), EC = pem('ec', { namedCurve: 'P-256' }), ED = pem('ed25519', {})
const FINGERPRINT = createHash('sha256').update(createPublicKey(RSA).export({ type: 'spki', format: 'der' })).digest('base64')
const JWK_KEY = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const JWK = JSON.stringify(JWK_KEY.export({ format: 'jwk' }))

// Values that a pattern alone does not tell.
const GIVEN = {
  'apple-app-store': { privateKey: EC }, 'snowflake-jwt': { privateKey: RSA }, 'salesforce-jwt': { privateKey: RSA },
  'workday-adaptive-planning': { privateKey: RSA }, 'okta-cc': { client_private_key: JWK, hostname: 'dev-1.okta.com' },
  'streamline-ai': { password: ED }, 'github-app': { installation_id: '38631545' }, 'sage-300-cre': { dppKey: '<key/>' },
  'github-app-oauth': { appPublicLink: 'https://github.com/apps/acme-1', installation_id: '38631545' }, 'aws-sigv4': { region: 'us-east-1', service: 'execute-api', role_arn: 'arn:aws:iam::123456789012:role/NangoAccessRole' },
  'cloudflare-mcp': { mcp_server_url: 'https://my-mcp.acme.workers.dev' },
  'sap-business-one': { domain: 'sap.example.org' }, tableau: { version: '3.26' }, telegram: { apiKey: '1234567890:ABCdefGHIjkl' },
}
// Where a value decides who gets the secrets, the importer bounds it.
export const NARROWED = { 'github-app-oauth appPublicLink': '^https://github\\.com/apps/[A-Za-z0-9-]+$' }
// What the services answer beside a token.
const TOLD = {
  bullhorn: { restUrl: 'https://rest9.bullhornstaffing.com/rest-services/ab', BhRestToken: 'tok-session' },
  clover: { access_token_expiration: Math.floor(Date.now() / 1000) + 3600 },
  docuware: { IdentityServiceUrl: 'https://login.docuware.cloud/id', token_endpoint: 'https://login.docuware.cloud/connect/token' },
  'salesforce-jwt': { instance_url: 'https://acme.my.salesforce.com' }, sellercloud: { restApiEndpoint: 'https://acme.api.sellercloud.com/rest' },
  slack: { ok: true }, zoho: { api_domain: 'https://www.zohoapis.com' },
}
const MORE_HOSTS = ['rest.bullhornstaffing.com', ...Object.values(TOLD).flatMap((answer) => Object.values(answer)).filter((value) => /^https:/.test(value))
  .map((value) => new URL(value).hostname)]
// Fields that the importer adds for what Nango keeps elsewhere.
const ADDED = { 'aws-sigv4': { access_key_id: 'AKIDEXAMPLE', secret_access_key: 'CANARY/own+secret' }, 'github-app-oauth': { app_id: '1234', private_key: RSA },
  'github-app': { app_id: '1234', private_key: RSA }, bill: { username: 'ann', password: 'p&=+', organization_id: 'o1', dev_key: 'k/1' },
  'revolut-business': { redirect_host: 'tenon.example' }, unauthenticated: { base_url: 'https://api.example.org/v2' }, 'private-api-generic': { base_url: 'https://api.example.org/v3' },
  'netsuite-tba': { consumer_key: 'ck&', consumer_secret: 'cs/+', token_id: 't=1', token_secret: 'ts%' }, 'crisp-plugin-install': { username: 'id', password: 'p&=+' } }

export let folder, all, report, tenon
let server, demanding
const seen = []
// Providers to whose services a value came that holds a template.
export const verbatim = new Set()
const TEMPLATE = '\${connectionConfig.t}'
const decoded = (text) => { try { return decodeURIComponent(text) } catch { return text } }
let current // {id, def, v, n: tokens given, refused}

/* --- one provider and its values --- */

export function prepared(id) {
  const given = { ...GIVEN[id], ...ADDED[id] }, known = resolve(all, id)
  const def = given.base_url ? { ...known, proxy: { base_url: given.base_url, headers: known.integration_config && { authorization: '${apiKey}' } } } : known
  const of = (fields) => Object.fromEntries(Object.entries(given).filter(([name]) => fields?.[name]))
  const v = { connectionConfig: valuesOf(def.connection_config, 'connectionConfig', of(def.connection_config)),
    credentials: valuesOf(def.credentials, 'credentials', of(def.credentials)) }
  const out = YAML.parse(readFileSync(join(folder, 'out', `${id}.yaml`), 'utf8'))
  const [auth] = Object.keys(out.connection.auth)
  const fields = { ...out.connection.parameters, ...out.connection.auth[auth].parameters }
  v.clientId = v.credentials.client_id ?? 'client 1'
  if (def.client_registration === 'cimd') v.clientId = `${PUBLIC}/oauth/clients/${id}`
  v.clientSecret = id === 'revolut-business' ? RSA : v.credentials.client_secret ?? 'CANARY s&=+/%'
  const scopes = fields.scopes ?? fields.oauth_scopes
  v.scope = id === 'microsoft-admin' ? 'https://graph.microsoft.com/.default' : scopes && (scopes.default ?? v.connectionConfig.oauth_scopes ?? 'read:a write/b')
  const values = { ...v.connectionConfig, ...v.credentials, ...given, client_id: v.clientId, client_secret: v.clientSecret, consumer_key: v.clientId, consumer_secret: v.clientSecret,
    ...given,
    ...(!scopes?.default && { scopes: v.scope, oauth_scopes: v.scope }) }
  if (ADDED[id]) Object.assign(v.credentials, ADDED[id])
  const pick = (wanted) => Object.fromEntries(Object.entries(fields).filter(([name, field]) => wanted(field) && values[name] !== undefined && field.default === undefined)
    .map(([name]) => [name, values[name]]))
  return { id, def, v, auth, mine: pick((field) => field.ask !== 'admin'), admins: pick((field) => field.ask === 'admin'), n: 0, refused: false }
}

/* --- the services --- */

const put = (to, path, value) => path.split('.').reduce((at, name, i, names) => (at[name] = i === names.length - 1 ? value : at[name] ?? {}), to)

function answerOf({ id, def, v, n }) {
  v.n = n
  const token = `tok-${id}-${id === 'coros' ? 1 : n}`, answer = { token_type: 'bearer', refresh_token: `ref-${id}-${n}`, expires_in: 3600, ...TOLD[id] }
  const { token: path, refresh_token: refreshPath, token_expiration: end, token_expiration_strategy: strategy } = def.token_response ?? {}
  if (id !== 'coros' || n === 1) put(answer, path || 'access_token', token) // its renewal answers none
  if (refreshPath && refreshPath !== path) put(answer, refreshPath, `ref-${id}-${n}`)
  if (end) put(answer, end, strategy === 'expireAt' ? new Date(Date.now() + 3600000).toISOString() : 3600)
  if (id.startsWith('github-app')) answer.token = token
  if (id === 'shopline-oauth') Object.assign(answer, { code: 200, data: { accessToken: token, expireTime: new Date(Date.now() + 3600000).toISOString() } })
  if (id === 'bill') answer.sessionId = token
  if (id === 'tiktok-accounts') answer.data = { ...answer, code: undefined }, answer.code = 0
  v.token = { ...answer, access_token: id === 'bullhorn' ? TOLD.bullhorn.BhRestToken : token, refresh_token: refreshPath && refreshPath === path ? token : answer.refresh_token }
  v.accessToken = v.token.access_token
  v.refresh_token = v.token.refresh_token
  v.credentials.token = token
  v.step1 = v.step2 = answer
  for (const name of def.token_response_metadata ?? []) v.connectionConfig[name] = answer[name]
  if (id === 'sap-business-one') v.credentials._cookies = 'B1SESSION=s1; ROUTEID=.node1'
  return answer
}

const xmlOf = (value) => Object.entries(value).map(([name, item]) => `<${name}>${typeof item === 'object' ? xmlOf(item) : item}</${name}>`).join('')

const basicOf = ({ authorization }) => (/^Basic /.test(authorization) ? Buffer.from(authorization.slice(6), 'base64').toString() : '')

// Its first call of the API is told that the token is over.
function serve(req, res, text) {
  const at = { method: req.method, url: `https://${req.headers.host}${req.url}`, headers: req.headers, body: text }
  if ([at.url, text, ...Object.values(at.headers), basicOf(at.headers)].some((one) => decoded(String(one)).includes(TEMPLATE))) verbatim.add(current.id)
  const isApi = req.url.includes('/v1/thing')
  seen.push({ ...at, isApi, v: structuredClone(current.v), received: Date.now() })
  if (isApi) {
    const over = !current.refused
    current.refused = true
    res.writeHead(over ? 401 : 200, { 'content-type': 'application/json' })
    return res.end('{}')
  }
  const beside = answerBeside(current, at)
  if (beside) return res.writeHead(200, { 'content-type': beside.type }).end(beside.body)
  if (!/rest-services\/login|\/installations\//.test(at.url) || current.def.auth_mode === 'APP') current.n++
  const answer = answerOf(current)
  const { id, def } = current
  const [type, body] = def.body_format === 'xml' ? ['application/xml', xmlOf({ response: answer.response })]
    : def.token_response?.token === '' ? ['text/plain', `tok-${id}-${current.n}`] : ['application/json', JSON.stringify(answer)]
  res.writeHead(200, { 'content-type': type, ...(id === 'sap-business-one' && { 'set-cookie': ['B1SESSION=s1; HttpOnly', 'ROUTEID=.node1; path=/'] }) })
  return res.end(body)
}

const hostOf = (source, v) => { try { return [new URL(url(source, v)).hostname] } catch { return [] } }
function hostsOf({ def, v }) {
  const sources = [...Object.values(def.token_url ?? {}).filter((one) => one.length > 1), def.token_url, def.registration_url, def.request_url, def.refresh_url, def.proxy?.base_url, ...(def.additional_steps ?? []).map((s) => s.token_url)]
  return sources.filter((source) => typeof source === 'string').flatMap((source) => hostOf(source, v))
}

/* --- comparing --- */

const pairsOf = (text) => { try { return JSON.parse(text) } catch { return Object.fromEntries(new URLSearchParams(text)) } }

// The one of the seconds around that fits, or the last difference.
function compare(expected, got, more) {
  let wrong
  for (const now of [got.received, got.received - 1000, got.received - 2000]) {
    try {
      got.v.now = now
      got.v.random = got.headers['x-av-req-id'] ?? /Nonce="([^"]*)"/.exec(got.headers['x-wsse'] ?? '')?.[1]
      const want = expected(got.v, { pairs: pairsOf(got.body), headers: got.headers, url: got.url, callback: CALLBACK, seen: got, ...more })
      assert.deepEqual({ method: got.method, url: got.url, body: got.body }, { method: want.method, url: want.url, body: want.body })
      for (const [name, value] of Object.entries(want.headers)) assert.equal(got.headers[name.toLowerCase()], value, name)
      if (!Object.keys(want.headers).some((name) => name.toLowerCase() === 'authorization')) assert.equal(got.headers.authorization, undefined)
      return
    } catch (error) {
      wrong = error
    }
  }
  throw wrong
}

// A JWT that is new each time is checked for what it says, then stands for itself.
const JWTS = {
  'okta-cc': { key: JWK_KEY, header: { alg: 'RS256' }, claims: (v) => ({ iss: v.clientId, sub: v.clientId, aud: 'https://dev-1.okta.com/oauth2/v1/token' }) },
  'revolut-business': { key: RSA, header: { alg: 'RS256' }, claims: (v) => ({ iss: 'tenon.example', sub: v.clientId, aud: 'https://revolut.com' }) },
  'salesforce-jwt': { key: RSA, header: { alg: 'RS256', typ: 'JWT' }, claims: (v) => ({ iss: v.credentials.clientId, sub: v.credentials.username, aud: `https://${v.connectionConfig.authorizationUrl}` }) },
  'workday-adaptive-planning': { key: RSA, header: { alg: 'RS256', typ: 'JWT' }, claims: (v) => ({ iss: v.credentials.clientId, sub: v.credentials.isu, aud: 'wd' }) },
}

// Those minted here go to the API: alg, key, header and claims by the catalogue.
const HEX = (key) => createSecretKey(Buffer.from(key, 'hex'))
const MINTED = {
  'apple-app-store': { key: () => EC, header: (c) => ({ alg: 'ES256', kid: c.privateKeyId, typ: 'JWT' }), claims: (c, v) => ({ iss: c.issuerId, aud: 'appstoreconnect-v1', scope: [v.connectionConfig.scope] }) },
  'ghost-admin': { key: (c) => HEX(c.privateKey.split(':')[1]), header: (c) => ({ alg: 'HS256', kid: c.privateKey.split(':')[0] }), claims: () => ({ aud: '/admin/' }) },
  heymarket: { key: (c) => createSecretKey(Buffer.from(`${c.apiSecretId}||${c.apiSecretKey}`)), header: () => ({ alg: 'HS256', typ: 'JWT' }), claims: (c) => ({ iss: c.apiSecretId }) },
  'snowflake-jwt': { key: () => RSA, header: () => ({ alg: 'RS256', typ: 'JWT' }), claims: (c) => ({ iss: `${c.accountIdentifier}.${c.userName}.SHA256:${FINGERPRINT}`, sub: `${c.accountIdentifier}.${c.userName}` }) },
}

function takeMinted(id, got) {
  const { key, header, claims } = MINTED[id], c = got.v.credentials
  const jwt = got.headers.authorization.split(' ')[1]
  told.assertJwt(jwt, key(c), header(c), claims(c, got.v))
  Object.assign(got.v, { accessToken: jwt, token: { access_token: jwt } })
}

function takeJwt(id, got) {
  if (MINTED[id]) return takeMinted(id, got)
  const jwt = pairsOf(got.body).assertion ?? pairsOf(got.body).client_assertion
  if (!jwt) return
  const { key, header, claims } = JWTS[id]
  told.assertJwt(jwt, key, header, claims(got.v))
  got.v.credentials.assertion = jwt
  got.v.token = Object.assign(got.v.token ?? {}, { toString: () => jwt })
}

// Signatures over the whole request, beside a library that signs for many clients.
const SIGNED = {
  'aws-iam': (def, v, s) => ({ method: 'GET', url: `https://iam.amazonaws.com/${PATH}`, body: '',
    headers: { authorization: aws4Header(s.seen, 'iam', 'us-east-1', { accessKeyId: v.credentials.username, secretAccessKey: v.credentials.password }) } }),
  'aws-sigv4': (def, v, s) => ({ ...told.api(def, v, PATH), headers: { authorization: aws4Header(s.seen, 'execute-api', 'us-east-1', roleKeys), 'x-amz-security-token': roleKeys.sessionToken } }),
  ...Object.fromEntries(['twitter', 'smugmug'].map((id) => [id, (def, v, s) => {
    assertOauth1(s.seen, { key: v.clientId, secret: v.clientSecret, method: def.signature_method, token: { key: 'tok&1', secret: 'CANARY sec/1' } })
    return { ...told.api(def, v, PATH), headers: { authorization: s.headers.authorization } }
  }])),
  'netsuite-tba': (def, v, s) => {
    const c = v.credentials
    assertOauth1(s.seen, { key: c.consumer_key, secret: c.consumer_secret, method: 'HMAC-SHA256', realm: v.connectionConfig.accountId, token: { key: c.token_id, secret: c.token_secret } })
    return { ...told.api({ ...def, auth_mode: 'TBA' }, v, PATH), headers: { authorization: s.headers.authorization } }
  },
}

/* --- signing in --- */

async function signIn({ id, def, v, mine }, name) {
  const made = await tenon.admin('POST', '/v1/connect-sessions', { connector: id, name, parameters: mine })
  const browser = new Browser({ hosts: { [PUBLIC]: tenon.url } })
  const page = await browser.open(made.url)
  const { stopped } = await browser.submit(page, {}, { stop: (address) => !address.startsWith(PUBLIC) })
  const params = new URL(stopped.replace('#', '')).searchParams
  if (def.auth_mode === 'OAUTH1') {
    assert.equal(stopped, `${def.authorization_url}?oauth_token=tmp%201`)
    const { searchParams } = new URL(oauthParts(seen[0].headers.authorization).oauth_callback)
    return leadBack(browser, { state: searchParams.get('state'), oauth_token: TEMPORARY.oauth_token, oauth_verifier: 'ver/1' })
  }
  const renamed = def.authorization_url_replacements?.['state=']?.replace('=', '') ?? 'state'
  const state = params.get(renamed), challenge = params.get('code_challenge')
  assert.equal(stopped, told.authorize(id, def, v, { state, challenge, callback: CALLBACK }))
  await leadBack(browser, { code: told.CODE, [renamed]: state, ...(def.auth_mode === 'CUSTOM' && { installation_id: v.connectionConfig.installation_id, setup_action: 'install' }) })
  return { state, challenge }
}

async function leadBack(browser, params) {
  const back = await browser.open(`${CALLBACK}?${new URLSearchParams(params)}`)
  assert.ok(back.status < 400, back.text)
  return {}
}

/* --- what is to come, in order --- */

const BULLHORN_LOGIN = (v) => ({ method: 'POST', headers: {}, body: '', url: `https://rest.bullhornstaffing.com/rest-services/login?version=*&access_token=tok-bullhorn-${v.n}` })

function installation(v, s) {
  told.assertJwt(s.headers.authorization.slice(7), RSA, { alg: 'RS256' }, { iss: '1234' })
  return { method: 'POST', url: `https://api.github.com/app/installations/${v.connectionConfig.installation_id}/access_tokens`, headers: { authorization: s.headers.authorization }, body: '' }
}

function tokenPlan({ id, def }, renewing) {
  const steps = Array.from({ length: 1 + (def.additional_steps?.length ?? 0) }, (_, i) => (v) => told.step(def, v, i))
  switch (id === 'microsoft-admin' ? 'OAUTH2_CC' : def.auth_mode) {
    case 'CUSTOM': {
      const ofUser = { ...def, token_url: def.token_url.OAUTH2 }
      return [renewing ? (v, s) => told.refresh(id, ofUser, v, s) : (v, s) => told.exchange(id, ofUser, v, s), installation]
    }
    case 'OAUTH2': case 'MCP_OAUTH2': case 'MCP_OAUTH2_GENERIC': return [renewing ? (v, s) => told.refresh(id, def, v, s) : (v, s) => told.exchange(id, def, v, s), ...(id === 'bullhorn' ? [BULLHORN_LOGIN] : [])]
    case 'OAUTH2_CC': return [(v, s) => told.clientCredentials(id, def, v, s)]
    case 'TWO_STEP': return renewing && def.token_response?.refresh_token ? [(v) => told.renewStep(def, v)] : steps
    case 'BILL': return [(v) => ({ method: 'POST', url: def.token_url, headers: {}, body: JSON.stringify({ username: v.credentials.username, password: v.credentials.password, organizationId: v.credentials.organization_id, devKey: v.credentials.dev_key }) })]
    case 'APP': return [installation]
    default: return []
  }
}

const renewed = (of) => (of.def.auth_mode === 'AWS_SIGV4' ? plannedBeside(of.def) : tokenPlan(of, true))

export const nameOf = (id) => `c-${id}`.slice(0, 60)
export async function compareProvider(id) {
  current = prepared(id)
  const { def, auth, mine, admins } = current, name = nameOf(id)
  seen.length = 0
  if (Object.keys(admins).length) await tenon.admin('PUT', `/v1/connectors/${id}/parameters`, { parameters: admins })
  const isCode = auth === 'authorization_code' || def.auth_mode === 'OAUTH1'
  const signed = isCode ? await signIn(current, name) : await tenon.admin('POST', '/v1/connections', { name, connector: id, parameters: mine }) && {}
  const key = await tenon.key([name], ['proxy'])
  const answer = await tenon.request(`/proxy/${name}/${PATH}`, { key, echo: true })
  assert.ok([200, 401, 424].includes(answer.status), answer.text)
  const api = (v, s) => SIGNED[id] ? SIGNED[id](def, v, s) : told.api(def, v, PATH)
  const tokens = tokenPlan(current, false)
  const plan = [...plannedBeside(def), ...tokens, api, ...(answer.status === 200 ? [...renewed(current), api] : [])]
  const came = seen.splice(0)
  assert.deepEqual(came.map((one) => one.isApi), plan.map((one) => one === api), came.map((one) => `${one.method} ${one.url}`).join('\n'))
  plan.forEach((expected, i) => {
    takeJwt(id, came[i])
    compare(expected, came[i], signed)
  })
}

/* --- all of it --- */

// Some are refused, which is told by the exit status.
export function importTo(name) {
  const run = spawnSync(TENON, ['import', 'nango', CATALOGUE, '--out', join(folder, name), '--report', join(folder, 'report.json')])
  assert.equal(run.status, 1, String(run.stderr))
}

// Imports the catalogue and starts a Tenon with what comes of it, and the services.
export async function startComparison() {
  folder = mkdtempSync(join(tmpdir(), 'tenon-nango-'))
  all = YAML.parse(readFileSync(CATALOGUE, 'utf8'))
  importTo('out')
  report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'))
  const ids = readdirSync(join(folder, 'out')).map((file) => file.replace('.yaml', ''))
  const hosts = [...new Set(['sts.us-east-1.amazonaws.com', 'execute-api.us-east-1.amazonaws.com', ...ids.flatMap((id) => hostsOf(prepared(id))), ...MORE_HOSTS])]
  const tls = makeCertificate(folder, hosts)
  const client = makeClientCertificate(folder, 'adp-client')
  GIVEN.adp = { client_certificate: client.cert.trim(), client_private_key: client.key.trim() }
  const on = async (req, res) => serve(req, res, String(await readAll(req)))
  server = https.createServer(tls, on)
  demanding = https.createServer({ ...tls, requestCert: true, rejectUnauthorized: true, ca: client.cert }, on) // without a certificate there is no connection
  const port = await listen(server), theirs = await listen(demanding), adp = hostsOf(prepared('adp'))
  const env = { TENON_PUBLIC_URL: PUBLIC, TENON_CA_FILE: tls.caFile,
    TENON_RESOLVE: hosts.map((host) => `${host}:443=127.0.0.1:${adp.includes(host) ? theirs : port}`).join(',') }
  tenon = await startTenon({ connectors: Object.fromEntries(ids.map((id) => [id, readFileSync(join(folder, 'out', `${id}.yaml`), 'utf8')])), env })
}

export async function stopComparison() {
  await tenon?.stop()
  for (const one of [server, demanding]) if (one) await close(one)
  if (folder) rmSync(folder, { recursive: true, force: true })
}
