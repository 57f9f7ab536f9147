// SPDX-License-Identifier: MIT
// Connections with a certificate of their own (RFC 8705): each shows its own and nobody else's, at the token endpoint and at the
// API, on connections that it shares with nobody; a real authorization server takes it for the client's proof.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import https from 'node:https'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'

import { definition } from './lib/connector.mjs'
import { startModernServer } from './lib/modern-server.mjs'
import { ADMIN_KEY, assertProblem, missing, startTenon } from './lib/tenon.mjs'
import { makeCertificate, makeClientCertificate } from './lib/tls.mjs'
import { close, listen } from './lib/util.mjs'

const folder = mkdtempSync(join(tmpdir(), 'tenon-mtls-'))

const tlsParameters = `
        certificate: {type: string, format: pem, required: true}
        private_key: {type: string, format: pem, secret: true, required: true}
        ca: {type: string, format: pem}`
const tlsKey = `
      tls: {certificate: "\${connection.certificate}", private_key: "\${connection.private_key}", ca: "\${connection.ca}"}`

const connector = (api, server) => definition('peer', api.url, `connection:
  auth:
    bare:
      type: none
      parameters:${tlsParameters}${tlsKey}
    token:
      type: client_credentials
      parameters:
        client_id: {type: string, required: true}${tlsParameters}
      issuer: ${server.url}
      client_auth: tls${tlsKey}
    plain: {type: none}
actions:
  GetAccessToken: {summary: Get a token, token: connection, auth: [token]}
  GetWho: {summary: Who calls, method: GET, path: /who}
  GetOpen: {summary: Without a credential, method: GET, path: /open, auth: none}
`, '[localhost]')

// An API that asks for certificates. Keeps {name, socket, authorization}.
async function startApi(tls) {
  const api = { requests: [] }
  let sockets = 0
  const server = https.createServer({ ...tls, requestCert: true, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] }, (req, res) => {
    const name = req.socket.getPeerCertificate().subject?.CN ?? null
    req.socket.number ??= ++sockets
    api.requests.push({ name, socket: req.socket.number, authorization: req.headers.authorization })
    req.resume()
    res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ name }))
  })
  api.url = `https://localhost:${await listen(server)}`
  api.stop = () => close(server)
  return api
}

let api, server, tenon, hosts, ann, ben, names = 0
const name = () => `m${++names}`
const call = (connection, path = 'who') => tenon.request(`/run/peer/${connection}/${path}`, { key: ADMIN_KEY })
const token = (connection) => tenon.post(`/run/peer/${connection}/GetAccessToken`, { key: ADMIN_KEY })
const pair = (of) => ({ certificate: of.cert, private_key: of.key })
const connect = (connection, of, auth = 'bare', more = {}) => tenon.connect(connection, 'peer', { ...pair(of), ...more }, auth)
const tryToConnect = (parameters, auth = 'bare') => tenon.request('/v1/connections', { key: ADMIN_KEY, json: { name: name(), connector: 'peer', auth, parameters } })

before(async () => {
  if (missing) return
  hosts = makeCertificate(folder, ['localhost'])
  hosts.ca = readFileSync(hosts.caFile, 'utf8')
  ann = makeClientCertificate(folder, 'ann')
  ben = makeClientCertificate(folder, 'ben')
  api = await startApi(hosts)
  const client = (id, of) => ({
    client_id: id, grant_types: ['client_credentials'], redirect_uris: [], response_types: [],
    token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_subject_dn: `CN=${of}`, tls_client_certificate_bound_access_tokens: true,
  })
  server = await startModernServer({
    host: 'localhost', tls: { ...hosts, requestCert: true, rejectUnauthorized: false },
    clients: [client('ann', 'ann'), client('ben', 'ben')],
    configuration: { clientAuthMethods: ['tls_client_auth', 'client_secret_basic'] },
    features: {
      mTLS: {
        enabled: true, certificateBoundAccessTokens: true, tlsClientAuth: true,
        getCertificate: (context) => context.socket.getPeerX509Certificate?.()?.toString(),
        certificateAuthorized: (context) => Boolean(context.socket.getPeerX509Certificate?.()),
        certificateSubjectMatches: (context, property, expected) => context.socket.getPeerX509Certificate().subject === expected,
      },
    },
  })
  tenon = await startTenon({ connectors: { peer: connector(api, server) }, env: { TENON_THREADS: '1', TENON_CA_FILE: hosts.caFile } })
  for (const one of [ann, ben]) tenon.secrets.add(one.key.split('\n')[1])
})
after(async () => {
  await tenon?.stop()
  for (const one of [api, server]) await one?.stop()
  rmSync(folder, { recursive: true, force: true })
})
afterEach(() => {
  if (missing) return
  api.requests.length = 0
  server.requests.length = 0
  server.metadata = null
})

test('each connection shows its own certificate, on connections of its own', { skip: missing }, async () => {
  const [a, b] = [name(), name()]
  await connect(a, ann)
  await connect(b, ben)
  for (const [connection, expected] of [[a, 'ann'], [b, 'ben'], [a, 'ann'], [b, 'ben'], [b, 'ben'], [a, 'ann']]) {
    const answer = await call(connection)
    assert.equal(answer.status, 200, answer.text)
    assert.equal(answer.json.name, expected)
  }
  const of = (who) => new Set(api.requests.filter((r) => r.name === who).map((r) => r.socket))
  assert.equal(of('ann').size, 1, 'its connection is kept')
  assert.equal(of('ben').size, 1)
  assert.notDeepEqual(of('ann'), of('ben'))
})

test('two connections of one certificate are one client', { skip: missing }, async () => {
  const [a, b] = [name(), name()]
  await connect(a, ann)
  await connect(b, ann)
  for (const connection of [a, b]) await call(connection)
  assert.equal(new Set(api.requests.map((r) => r.socket)).size, 1)
})

test('a new certificate is shown from the next call on', { skip: missing }, async () => {
  const a = name()
  await connect(a, ann)
  assert.equal((await call(a)).json.name, 'ann')
  await tenon.admin('PATCH', `/v1/connections/${a}`, { parameters: pair(ben) })
  assert.equal((await call(a)).json.name, 'ben')
})

test('who has none shows none, and who calls without a credential neither', { skip: missing }, async () => {
  const [a, plain] = [name(), name()]
  await connect(a, ann)
  await tenon.connect(plain, 'peer', {}, 'plain')
  assert.equal((await call(a)).json.name, 'ann')
  assert.equal((await call(plain)).json.name, null)
  assert.equal((await call(a, 'open')).json.name, null)
})

test('with an authority of its own a connection believes that one alone', { skip: missing }, async () => {
  const [right, wrong] = [name(), name()]
  await connect(right, ann, 'bare', { ca: hosts.ca })
  await connect(wrong, ann, 'bare', { ca: ben.cert })
  assert.equal((await call(right)).json.name, 'ann')
  assertProblem(await call(wrong), 502, 'upstream_tls')
})

test('the certificate proves the client at a real server, which binds the token to it', { skip: missing }, async () => {
  const [a, b, wrong] = [name(), name(), name()]
  await connect(a, ann, 'token', { client_id: 'ann' })
  await connect(b, ben, 'token', { client_id: 'ben' })
  await connect(wrong, ben, 'token', { client_id: 'ann' })
  for (const connection of [a, b]) {
    const answer = await token(connection)
    assert.equal(answer.status, 200, answer.text)
    assert.ok((await server.token(answer.json.access_token))['x5t#S256'], 'it is bound to a certificate')
  }
  const [request] = server.asked('/token')
  assert.equal(request.params.get('client_id'), 'ann')
  assert.ok(!request.params.has('client_secret'))
  assertProblem(await token(wrong), 424, 'credentials_rejected')
  const answer = await call(a)
  assert.equal(answer.json.name, 'ann', 'at the API, too')
  assert.match(api.requests.at(-1).authorization, /^Bearer /)
})

test('where the metadata has an endpoint for certificates, that is the one', { skip: missing }, async () => {
  server.metadata = (own) => ({ ...own, mtls_endpoint_aliases: { token_endpoint: `${server.url}/token?alias` } })
  const a = name()
  // Another certificate is another client, which asks for the metadata itself.
  const cat = makeClientCertificate(folder, 'cat')
  await connect(a, cat, 'token', { client_id: 'ann' })
  assertProblem(await token(a), 424, 'credentials_rejected')
  assert.equal(server.requests.at(-1).path, '/token?alias')
})

const REFUSED = [
  ['a key of somebody else', () => ({ ...pair(ann), private_key: ben.key }), /does not belong to the certificate/],
  ['an encrypted key', () => {
    writeFileSync(join(folder, 'plain.key'), ann.key)
    const key = execFileSync('openssl', ['pkey', '-in', join(folder, 'plain.key'), '-aes128', '-passout', 'pass:x']).toString()
    return { ...pair(ann), private_key: key }
  }, /passphrase/],
  ['a key where the certificate belongs', () => ({ ...pair(ann), certificate: ann.key }), /not a certificate/],
  ['a certificate where the key belongs', () => ({ ...pair(ann), private_key: ann.cert }), /not a private key/],
  ['an authority that is none', () => ({ ...pair(ann), ca: ann.key }), /tls\.ca.*not a certificate/],
]
for (const [what, parameters, words] of REFUSED) {
  test(`refused: ${what}`, { skip: missing }, async () => {
    const answer = await tryToConnect(parameters())
    const problem = assertProblem(answer, 400, 'param_value')
    assert.match(problem.detail, words)
  })
}

test('line ends that a form has lost are put back', { skip: missing }, async () => {
  const a = name()
  const folded = (pem) => pem.trim().replaceAll('\n', '\\n')
  await tenon.connect(a, 'peer', { certificate: folded(ann.cert), private_key: folded(ann.key) }, 'bare')
  assert.equal((await call(a)).json.name, 'ann')
})

test('an expired certificate is told of, and shown all the same', { skip: missing }, async () => {
  const old = makeClientCertificate(folder, 'old', -1)
  const a = name()
  const made = await connect(a, old)
  assert.ok(new Date(made.certificate_expires_at) < new Date(), JSON.stringify(made))
  assert.match(tenon.log, /connection\.certificate_expired/)
  assert.equal((await call(a)).json.name, 'old')
})
