// SPDX-License-Identifier: MIT
// Signed assertions at a real authorization server (RFC 7521, RFC 7523, RFC 8693): clients that prove themselves by a key or
// by their secret, assertions and tokens as grants, and tokens that are made here. What they say is held against jose and,
// field for field, against openid-client.
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { decodeProtectedHeader, importJWK, jwtVerify } from 'jose'
import * as oauth from 'openid-client'

import { startApiServer } from './lib/api-server.mjs'
import { ACCESS_TOKEN, ALGS, clientOf, clientsOf, grantsOf, JWT_BEARER, makeKeys, SECRET_CLIENT } from './lib/assertions.mjs'
import { faults, startAuthorizationServer, USERS } from './lib/authorization-server.mjs'
import { definition } from './lib/connector.mjs'
import { ADMIN_KEY, assertProblem, missing, startTenon } from './lib/tenon.mjs'
import { request, until } from './lib/util.mjs'

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token'

const KEY = `        client_id: {type: string, required: true}
        private_key: {type: string, secret: true, required: true}`
const PEM = KEY.replace('private_key: {', 'private_key: {format: pem, ')
const proved = (alg, more = '') => `      client_auth: private_key_jwt
      client_assertion: {alg: ${alg}, key: "\${connection.private_key}"${more}}`
const byKey = (server, alg, parameters, name) => `    ${name}:
      type: client_credentials
      parameters:
${parameters}
      token_url: ${server.url}/token
      issuer: ${server.url}
${proved(alg)}
`
const connector = (server, api) => definition('signed', api.url, `connection:
  auth:
${ALGS.map((alg) => byKey(server, alg, PEM, `pem_${alg}`) + byKey(server, alg, KEY, `jwk_${alg}`)).join('')}    old:
      type: client_credentials
      parameters:
${PEM}
      token_url: ${server.url}/token
${proved('RS256', ', kid: key-RS256, header: {typ: JWT}, lifetime: 5m')}
    secret:
      type: client_credentials
      parameters:
        client_id: {type: string, required: true}
        client_secret: {type: string, secret: true, required: true}
      token_url: ${server.url}/token
      issuer: ${server.url}
      client_auth: client_secret_jwt
    user:
      type: password
      caution: Acts as a named user.
      parameters:
        username: {type: string, required: true}
        password: {type: string, secret: true, required: true}
${PEM}
      token_url: ${server.url}/token
      issuer: ${server.url}
      scopes: [openid, offline_access]
${proved('PS256')}
    bearer:
      type: jwt_bearer
      parameters:
        user: {type: string, required: true}
${PEM}
      token_url: ${server.url}/token
      issuer: ${server.url}
${proved('ES256')}
      assertion:
        alg: ES256
        key: \${connection.private_key}
        claims: {iss: the-app, sub: "\${connection.user}", aud: "${server.url}/token"}
    stepped:
      type: jwt_bearer
      parameters:
        user: {type: string, required: true}
${PEM}
      token_url: ${server.url}/token
      client_auth: private_key_jwt
      client_assertion: {alg: RS256, key: "\${connection.private_key}"}
      assertion: {alg: RS256, key: "\${connection.private_key}", claims: {iss: the-app, sub: "\${connection.user}"}}
      steps: {own: {url: "${api.url}/own-token", headers: {Authorization: "Bearer \${response.body.access_token}"}}}
      answer: {access_token: "\${steps.own.body.token}"}
${['exchange', 'other'].map((name) => `    ${name}:
      type: token_exchange
      parameters:
        held: {type: string, secret: true, required: true}
${PEM}
      token_url: ${server.url}/token
      issuer: ${server.url}
      subject_token: \${connection.held}
${name === 'other' ? `      requested_token_type: ${ID_TOKEN}\n` : ''}${proved('RS256')}
`).join('')}    own:
      type: session
      parameters: {user: {type: string, required: true}, secret: {type: string, secret: true, required: true}}
      assertion: {alg: HS256, key: "\${connection.secret}", claims: {sub: "\${connection.user}"}}
      steps: {login: {url: /login, json: {jwt: "\${assertion}"}}}
      answer: {access_token: "\${steps.login.body.session}"}
    made:
      type: jwt
      parameters:
        api_key: {type: string, secret: true, pattern: '^[0-9a-f]+:[0-9a-f]+$', required: true}
      jwt:
        alg: HS256
        key: \${unhex(split(connection.api_key, ':', 1))}
        kid: \${split(connection.api_key, ':', 0)}
        claims: {aud: /admin/}
        lifetime: 5m
      inject: {headers: {Authorization: "Ghost \${token.access_token}"}}
actions:
  GetAccessToken: {summary: Get a token, token: connection}
  Get: {summary: Get, method: GET, path: /get}
  Speak:
    summary: Get a token for somebody
    input:
      user: {type: string, required: true}
      private_key: {type: string, secret: true, required: true}
      client_id: {type: string, required: true}
    token:
      type: jwt_bearer
      token_url: ${server.url}/token
      issuer: ${server.url}
      client_auth: private_key_jwt
      client_assertion: {alg: ES256, key: "\${input.private_key}"}
      assertion: {alg: ES256, key: "\${input.private_key}", claims: {iss: the-app, sub: "\${input.user}", aud: "${server.url}/token"}}
`)

const state = { seen: new Set(), assertions: [], exchanges: 0 }
let keys, server, api, tenon, names = 0

before(async () => {
  keys = await makeKeys()
  server = await startAuthorizationServer({ clients: clientsOf(keys), grants: grantsOf(keys, state) })
  api = await startApiServer()
  if (!missing) tenon = await startTenon({ connectors: { signed: connector(server, api) } })
  // Not even a line of a key may be seen anywhere.
  for (const { pem, jwk } of Object.values(keys)) {
    pem.split('\n').filter((line) => line.length > 40).forEach((line) => tenon?.secrets.add(line))
    tenon?.secrets.add(JSON.parse(jwk).d)
  }
})
afterEach(() => {
  server.requests.length = api.requests.length = state.assertions.length = 0
  server.fault = null
  server.lifetime = 3600
})
after(async () => {
  await server?.stop()
  await api?.stop()
  await tenon?.stop()
})

async function connect(auth, parameters) {
  const name = `a${++names}`
  await tenon.connect(name, 'signed', parameters, auth)
  const key = await tenon.key([name])
  return {
    name,
    token: () => tenon.post(`/run/signed/${name}/GetAccessToken`, { key }),
    get: () => tenon.request(`/run/signed/${name}/get`, { key, echo: true }),
    speak: (json) => tenon.post(`/run/signed/${name}/Speak`, { key, json }),
  }
}
const withKey = (alg, more) => ({ client_id: clientOf(alg), private_key: keys[alg].pem, ...more })
const sentAssertion = (index = -1) => server.requests.at(index).params.client_assertion
const claimsOf = (jwt) => JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url'))

// What RFC 7523 3 and its update ask of a client's assertion, verified by jose.
async function assertClientAssertion(jwt, key, alg, clientId, { audience = server.url, typ = 'client-authentication+jwt', lifetime = 60 } = {}) {
  const { payload, protectedHeader } = await jwtVerify(jwt, key, { algorithms: [alg], issuer: clientId, subject: clientId, audience, typ })
  assert.equal(payload.aud, audience, 'one audience, as a string')
  assert.equal(payload.exp - payload.iat, lifetime)
  assert.match(payload.jti, /^[\w-]{22}$/)
  assert.deepEqual(Object.keys(payload).sort(), ['aud', 'exp', 'iat', 'iss', 'jti', 'sub'])
  return { payload, protectedHeader }
}

describe('a client that proves itself by a key', { skip: missing }, () => {
  for (const alg of ALGS) {
    test(`${alg}, in PEM and as a JWK`, async () => {
      for (const [auth, private_key] of [[`pem_${alg}`, keys[alg].pem], [`jwk_${alg}`, keys[alg].jwk]]) {
        const { token } = await connect(auth, withKey(alg, { private_key }))
        const answer = await token()
        assert.equal(answer.status, 200, answer.text)
        assert.ok(await server.knows(answer.json.access_token))
        const { params } = server.requests.at(-1)
        assert.deepEqual(Object.keys(params), ['grant_type', 'client_assertion_type', 'client_assertion'])
        assert.equal(params.client_assertion_type, ASSERTION_TYPE)
        const { protectedHeader } = await assertClientAssertion(params.client_assertion, keys[alg].publicKey, alg, clientOf(alg))
        assert.equal(protectedHeader.kid, auth.startsWith('jwk') ? keys[alg].kid : undefined)
      }
    })
  }

  test('as an old server wants it', async () => {
    const { token } = await connect('old', withKey('RS256'))
    assert.equal((await token()).status, 200)
    const { protectedHeader } = await assertClientAssertion(sentAssertion(), keys.RS256.publicKey, 'RS256', clientOf('RS256'),
      { audience: `${server.url}/token`, typ: 'JWT', lifetime: 300 })
    assert.deepEqual(protectedHeader, { alg: 'RS256', typ: 'JWT', kid: 'key-RS256' })
  })

  test('by its secret', async () => {
    const { token } = await connect('secret', SECRET_CLIENT)
    const answer = await token()
    assert.equal(answer.status, 200, answer.text)
    assert.ok(await server.knows(answer.json.access_token))
    await assertClientAssertion(sentAssertion(), Buffer.from(SECRET_CLIENT.client_secret), 'HS256', SECRET_CLIENT.client_id)
    assert.ok(!('client_secret' in server.requests.at(-1).params))
  })

  test('by another assertion at every attempt: one that was seen is refused', async () => {
    const { name, token } = await connect('pem_RS256', withKey('RS256'))
    server.fault = faults.answers(503, '{}')
    assertProblem(await token(), 502, 'token_endpoint_unavailable')
    server.fault = null
    await tenon.admin('POST', `/v1/connections/${name}/reset`)
    assert.equal((await token()).status, 200)
    const [first, second] = server.requests
    const [one, other] = [first, second].map(({ text }) => claimsOf(new URLSearchParams(text).get('client_assertion')))
    assert.notEqual(one.jti, other.jti)
    const replayed = await request(`${server.url}/token`, { method: 'POST', body: second.text,
      headers: { 'content-type': 'application/x-www-form-urlencoded' } })
    assert.deepEqual([replayed.status, replayed.json.error], [401, 'invalid_client'])
  })

  test('at a refresh, too', async () => {
    const { token } = await connect('user', withKey('PS256', { username: 'alice', password: USERS.alice }))
    server.lifetime = 1
    const first = (await token()).json.access_token
    server.lifetime = 3600
    await until('another token', async () => (await token()).json.access_token !== first)
    assert.deepEqual(server.requests.map(({ params }) => params.grant_type), ['password', 'refresh_token'])
    const { payload } = await assertClientAssertion(sentAssertion(), keys.PS256.publicKey, 'PS256', clientOf('PS256'))
    assert.notEqual(payload.jti, claimsOf(sentAssertion(0)).jti)
    assert.ok(!('client_id' in server.requests.at(-1).params))
  })

  test('and a key of somebody else is a refusal, told once', async () => {
    const { ES256: stranger } = await makeKeys(['ES256'])
    const { token } = await connect('pem_ES256', withKey('ES256', { private_key: stranger.pem }))
    for (let i = 0; i < 3; i++) assertProblem(await token(), 424, 'credentials_rejected')
    assert.equal(server.requests.length, 1)
  })

  test('what a service tells back of an assertion is told by nobody', async () => {
    const { token } = await connect('pem_RS256', withKey('RS256'))
    server.fault = (req, res) => {
      const sent = new URLSearchParams(server.requests.at(-1).text).get('client_assertion')
      tenon.secrets.add(sent)
      return faults.answers(401, JSON.stringify({ error: 'invalid_client', error_description: `bad ${sent}` }))(req, res)
    }
    const { upstream } = assertProblem(await token(), 424, 'credentials_rejected')
    assert.match(upstream.error_description, /^bad \*+$/)
  })
})

describe('a key that cannot sign', { skip: missing }, () => {
  const refuse = async (auth, parameters, detail) => {
    const answer = await tenon.request('/v1/connections', { method: 'POST', key: ADMIN_KEY,
      json: { name: `a${++names}`, connector: 'signed', auth, parameters } })
    const problem = assertProblem(answer, 400, 'param_value')
    assert.equal(problem.errors[0].pointer, '/parameters/private_key')
    assert.match(problem.errors[0].detail, detail)
  }

  test('is told where it is given, and never sent', async () => {
    const broken = '-----BEGIN PRIVATE KEY-----\nQUJDRA==\n-----END PRIVATE KEY-----\n'
    await refuse('pem_RS256', withKey('RS256', { private_key: broken }), /not a private key in PEM/)
    await refuse('pem_RS256', withKey('ES256'), /RS256 needs a key of type RSA/)
    await refuse('jwk_ES256', withKey('ES256', { private_key: keys.RS256.jwk }), /own alg is not ES256/)
    await refuse('jwk_EdDSA', withKey('EdDSA', { private_key: '{"kty":"OKP"}' }), /the JWK has no d/)
    await refuse('bearer', withKey('RS256', { user: 'ann' }), /`client_assertion` cannot sign: ES256 needs a key of type EC/)
    assert.equal(server.requests.length, 0)
  })

  test('is the caller\'s fault where it comes with the call', async () => {
    const { speak } = await connect('secret', SECRET_CLIENT)
    const problem = assertProblem(await speak({ user: 'ann', client_id: clientOf('ES256'), private_key: 'no key at all' }), 400, 'param_value')
    assert.match(problem.detail, /`assertion` cannot sign: not a private key in PEM/)
    assert.equal(server.requests.length, 0)
  })
})

describe('an assertion as the grant', { skip: missing }, () => {
  test('speaks for whom the connection names', async () => {
    const { token, get } = await connect('bearer', withKey('ES256', { user: 'ann' }))
    const answer = await token()
    assert.equal(answer.status, 200, answer.text)
    assert.ok(await server.knows(answer.json.access_token))
    const { params } = server.requests[0]
    assert.deepEqual(Object.keys(params), ['grant_type', 'assertion', 'client_assertion_type', 'client_assertion'])
    assert.equal(params.grant_type, JWT_BEARER)
    const [{ payload, protectedHeader }] = state.assertions
    assert.deepEqual(protectedHeader, { alg: 'ES256', typ: 'JWT' })
    assert.equal(payload.sub, 'ann')
    assert.notEqual(payload.jti, claimsOf(params.client_assertion).jti)
    assert.equal((await get()).json.headers.authorization, `Bearer ${answer.json.access_token}`)
    assert.equal(server.requests.length, 1)
  })

  test('whose token is traded for one of the service\'s own', async () => {
    api.answers.set('/own-token', async (req, res, seen) => {
      assert.ok(await server.knows(seen.headers.authorization.slice('Bearer '.length)))
      res.writeHead(200, { 'content-type': 'application/json' })
      res.end('{"token": "own-token"}')
    })
    const { get } = await connect('stepped', withKey('RS256', { user: 'ann' }))
    assert.equal((await get()).json.headers.authorization, 'Bearer own-token')
    assert.equal(state.assertions[0].payload.aud, `${server.url}/token`, 'the token endpoint, where nothing else is said')
  })

  test('with the call: the same values share a token, whatever the signature', async () => {
    const { speak } = await connect('secret', SECRET_CLIENT)
    const of = (user) => speak({ user, client_id: clientOf('ES256'), private_key: keys.ES256.pem })
    const [first, again, other] = [await of('ann'), await of('ann'), await of('bob')]
    assert.equal(first.status, 200, first.text)
    assert.equal(again.json.access_token, first.json.access_token)
    assert.notEqual(other.json.access_token, first.json.access_token)
    assert.deepEqual(state.assertions.map(({ payload }) => payload.sub), ['ann', 'bob'])
  })
})

describe('a token in exchange', { skip: missing }, () => {
  const held = async () => {
    const { token } = await connect('bearer', withKey('ES256', { user: 'ann' }))
    const { access_token: it } = (await token()).json
    server.requests.length = 0
    tenon.secrets.add(it)
    return it
  }

  test('is used like any other', async () => {
    const { token, get } = await connect('exchange', withKey('RS256', { held: await held() }))
    const answer = await token()
    assert.equal(answer.status, 200, answer.text)
    assert.equal(answer.json.issued_token_type, ACCESS_TOKEN)
    assert.ok(await server.knows(answer.json.access_token))
    assert.deepEqual(Object.keys(server.requests[0].params),
      ['grant_type', 'subject_token', 'subject_token_type', 'client_assertion_type', 'client_assertion'])
    assert.equal((await get()).json.headers.authorization, `Bearer ${answer.json.access_token}`)
  })

  test('that is no access token is shown to no API', async () => {
    const { token, get } = await connect('other', withKey('RS256', { held: await held() }))
    const answer = await token()
    assert.equal(answer.status, 200, answer.text)
    assert.deepEqual([answer.json.token_type, answer.json.issued_token_type], ['N_A', ID_TOKEN])
    assertProblem(await get(), 424, 'token_type_unsupported')
    assert.equal(api.requests.length, 0)
  })

  test('of what is held by nobody is refused', async () => {
    const { token } = await connect('exchange', withKey('RS256', { held: 'CANARY-no-such-token' }))
    assertProblem(await token(), 424, 'credentials_rejected')
  })
})

test('an assertion opens a session', { skip: missing }, async () => {
  const secret = 'CANARY-session-secret-of-forty-characters'
  api.answers.set('/login', async (req, res, seen) => {
    const { payload } = await jwtVerify(JSON.parse(seen.text).jwt, Buffer.from(secret), { algorithms: ['HS256'], subject: 'ann' })
    res.writeHead(200, { 'content-type': 'application/json' })
    res.end(JSON.stringify({ session: `session-${payload.jti}` }))
  })
  const { get } = await connect('own', { user: 'ann', secret })
  assert.match((await get()).json.headers.authorization, /^Bearer session-[\w-]{22}$/)
  assert.equal(api.at('/login').length, 1)
})

test('a token that is made here is good for as long as it is valid', { skip: missing }, async () => {
  const secret = 'a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90'
  const { get, token } = await connect('made', { api_key: `abc1:${secret}` })
  const sent = async () => /^Ghost (\S+)$/.exec((await get()).json.headers.authorization)[1]
  const jwt = await sent()
  const { payload, protectedHeader } = await jwtVerify(jwt, Buffer.from(secret, 'hex'), { algorithms: ['HS256'], audience: '/admin/' })
  assert.deepEqual(protectedHeader, { alg: 'HS256', typ: 'JWT', kid: 'abc1' })
  assert.deepEqual(Object.keys(payload), ['iat', 'exp', 'jti', 'aud'])
  assert.equal(payload.exp - payload.iat, 300)
  assert.equal(await sent(), jwt, 'the same while it lives')
  const answer = await token()
  assert.equal(answer.json.access_token, jwt)
  assert.ok(answer.json.expires_in > 290 && answer.json.expires_in <= 300)
  assert.equal(server.requests.length, 0)
})

// The same client twice: what openid-client sends, and what Tenon does.
describe('beside openid-client', { skip: missing }, () => {
  const theirs = async (clientId, method) => {
    const config = new oauth.Configuration({ issuer: server.url, token_endpoint: `${server.url}/token` }, clientId, undefined, method)
    oauth.allowInsecureRequests(config)
    await oauth.clientCredentialsGrant(config).catch(({ error }) => assert.equal(error, 'invalid_client'))
  }
  const compare = (ours, other) => {
    const { client_id: named, client_assertion: theirJwt, ...rest } = other
    const { client_assertion: ourJwt, ...own } = ours
    assert.deepEqual(own, rest)
    const [a, b] = [claimsOf(ourJwt), claimsOf(theirJwt)]
    assert.equal(named, a.sub, 'they name the client in the body, too; its assertion says the same (RFC 7521 4.2)')
    for (const claim of ['iss', 'sub', 'aud']) assert.deepEqual(a[claim], b[claim], claim)
    for (const claim of ['iat', 'exp']) assert.ok(Math.abs(a[claim] - b[claim]) <= 5, claim)
    assert.notEqual(a.jti, b.jti)
    assert.deepEqual(Object.keys(a).sort(), Object.keys(b).filter((name) => name !== 'nbf').sort())
    const [alg, theirAlg] = [ourJwt, theirJwt].map((jwt) => decodeProtectedHeader(jwt).alg)
    assert.equal(alg, theirAlg.replace('Ed25519', 'EdDSA')) // the name that RFC 9864 gives it, which this server does not take yet
  }

  for (const alg of ALGS) {
    test(`${alg}: the same request, the same claims`, async () => {
      const key = await importJWK(JSON.parse(keys[alg].jwk), alg)
      await theirs(clientOf(alg), oauth.PrivateKeyJwt(key))
      const { token } = await connect(`pem_${alg}`, withKey(alg))
      assert.equal((await token()).status, 200)
      compare(server.requests[1].params, server.requests[0].params)
    })
  }

  test('HS256: the same request, the same claims', async () => {
    await theirs(SECRET_CLIENT.client_id, oauth.ClientSecretJwt(SECRET_CLIENT.client_secret))
    const { token } = await connect('secret', SECRET_CLIENT)
    assert.equal((await token()).status, 200)
    compare(server.requests[1].params, server.requests[0].params)
  })
})
