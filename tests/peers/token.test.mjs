// SPDX-License-Identifier: MIT
// Tokens and limits (DESIGN 5 and 6) against a real authorization server.
import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { after, afterEach, before, test } from 'node:test'

import { CLIENTS, USERS, faults, startAuthorizationServer } from './lib/authorization-server.mjs'
import { definition, signInByCall, signIns } from './lib/connector.mjs'
import { ADMIN_KEY, assertProblem, missing, startTenon } from './lib/tenon.mjs'
import { sleep, until } from './lib/util.mjs'

const connector = (server) => definition('peer', server.url, `${signIns(server)}
actions:
  GetAccessToken: {summary: Get a token, token: connection}
  Hundred:
    summary: Get a token, a hundred times a minute
    token: connection
    throttle: [{calls: 100, per: 60s, name: calls}]
  Three:
    summary: Get a token, three times in two seconds
    token: connection
    throttle: [{calls: 3, per: 2s}]
  Patient:
    summary: Get a token, waiting for room
    token: connection
    throttle: [{calls: 3, per: 1s, on_limit: wait, max_wait: 20s}]
  Hasty:
    summary: Get a token within half a second
    token: connection
    timeout: 500ms
  SignIn:
    summary: Get a token with credentials of the call
    path: /sign-in
${signInByCall(server)}
`)

const RUN = '/run/peer'
const alice = { username: 'alice', password: USERS.alice, ...CLIENTS.body }
let server, tenon, names = 0
const freshName = () => `c${++names}`

// A connection of its own for a test, and a key bound to it.
async function connection(auth = 'cc', parameters = CLIENTS.body) {
  const name = freshName()
  await tenon.connect(name, 'peer', parameters, auth)
  const key = await tenon.key([name])
  return { name, key, call: (action = 'GetAccessToken', options) => tenon.post(`${RUN}/${name}/${action}`, { key, ...options }) }
}

before(async () => {
  server = await startAuthorizationServer()
  if (!missing) tenon = await startTenon({ connectors: { peer: connector(server) } })
  for (const known of [...Object.values(CLIENTS).map((c) => c.client_secret), ...Object.values(USERS)]) {
    if (known.length > 6) tenon?.secrets.add(known)
  }
})
afterEach(() => {
  server.requests.length = 0
  server.fault = null
  server.lifetime = 3600
})
after(async () => {
  await server.stop()
  await tenon?.stop()
})

test('a token action answers the token', { skip: missing }, async () => {
  const { call } = await connection()
  const first = await call()
  assert.equal(first.status, 200, first.text)
  assert.equal(first.headers['content-type'], 'application/json')
  assert.equal(first.headers['cache-control'], 'no-store')
  assert.match(first.headers['cache-status'], /^tenon; fwd=miss; stored; ttl=\d+$/)
  const { access_token: token, token_type: type, expires_in: left } = first.json
  assert.equal(type.toLowerCase(), 'bearer')
  assert.ok(Number.isInteger(left) && left > 3500 && left <= 3600, `expires_in ${left}`)
  assert.ok(await server.knows(token), 'the server issued this token')
  const second = await call()
  assert.equal(second.json.access_token, token)
  assert.match(second.headers['cache-status'], /^tenon; hit; ttl=\d+$/)
  assert.equal(second.headers['cache-status'].split('ttl=')[1], String(second.json.expires_in))
  assert.equal(server.requests.length, 1)
})

test('expires_in is what is left', { skip: missing }, async () => {
  const { call } = await connection()
  const first = (await call()).json.expires_in
  const later = await until('expires_in to go down', async () => {
    const { expires_in: left } = (await call()).json
    return left < first && { left }
  })
  assert.ok(Number.isInteger(later.left))
  assert.equal(server.requests.length, 1)
})

test('200 parallel first calls cause one token request', { skip: missing }, async () => {
  const { call } = await connection()
  const agent = new Agent({ keepAlive: true, maxSockets: 200 })
  server.fault = faults.slow(200)
  const answers = await Promise.all(Array.from({ length: 200 }, () => call('GetAccessToken', { agent })))
  agent.destroy()
  assert.deepEqual([...new Set(answers.map((a) => a.status))], [200])
  assert.equal(new Set(answers.map((a) => a.json.access_token)).size, 1)
  assert.equal(server.requests.length, 1)
})

test('200 callers at the end of a token cause one token request', { skip: missing }, async () => {
  const { call } = await connection()
  const agent = new Agent({ keepAlive: true, maxSockets: 200 })
  server.lifetime = 1
  await call()
  server.lifetime = 3600
  server.fault = faults.slow(200)
  await sleep(1100)
  const answers = await Promise.all(Array.from({ length: 200 }, () => call('GetAccessToken', { agent })))
  agent.destroy()
  assert.deepEqual([...new Set(answers.map((a) => a.status))], [200])
  assert.equal(server.requests.length, 2)
})

test('connections share no token, even with the same client', { skip: missing }, async () => {
  const [one, other] = [await connection(), await connection()]
  assert.notEqual((await one.call()).json.access_token, (await other.call()).json.access_token)
  assert.equal(server.requests.length, 2)
})

test('the client proves itself in the body, by Basic, and in JSON', { skip: missing }, async () => {
  for (const [auth, client] of [['cc', CLIENTS.body], ['cc_basic', CLIENTS.basic], ['cc_json', CLIENTS.body]]) {
    const { call } = await connection(auth, client)
    const answer = await call()
    assert.equal(answer.status, 200, `${auth}: ${answer.text}`)
    const sent = server.requests.at(-1)
    if (auth === 'cc') {
      assert.equal(sent.headers['content-type'], 'application/x-www-form-urlencoded')
      assert.deepEqual([...new URLSearchParams(sent.text)],
        [['grant_type', 'client_credentials'], ...Object.entries(client)])
    } else if (auth === 'cc_basic') {
      assert.equal(sent.text, 'grant_type=client_credentials')
      assert.match(sent.headers.authorization, /^Basic /)
    } else {
      assert.equal(sent.headers['content-type'], 'application/json')
      assert.equal(sent.text.replace(/": "/g, '":"').replace(/, /g, ','),
        JSON.stringify({ grant_type: 'client_credentials', ...client }))
    }
  }
  assert.equal(server.requests.length, 3)
})

test('the refresh token of a connection is kept, that of a call is handed out', { skip: missing }, async () => {
  const { call } = await connection('user', alice)
  const kept = await call()
  assert.equal(kept.status, 200, kept.text)
  assert.ok(!('refresh_token' in kept.json))
  const { call: callOf } = await connection()
  const handed = await callOf('sign-in', { json: alice })
  assert.equal(handed.status, 200, handed.text)
  assert.ok(handed.json.refresh_token)
  assert.deepEqual([...new URLSearchParams(server.requests.at(-1).text).keys()],
    ['grant_type', 'username', 'password', 'scope', 'client_id', 'client_secret'])
})

test('a refresh token given by hand is spent once, and what follows it outlives a restart', { skip: missing }, async () => {
  const given = await server.signIn('alice', CLIENTS.body)
  server.requests.length = server.revoked = 0
  server.lifetime = 1
  const { name, call } = await connection('given', { ...CLIENTS.body, refresh_token: given })
  let last = (await call()).json.access_token
  const another = async () => {
    const { json } = await call()
    return json.access_token && json.access_token !== last && (last = json.access_token)
  }
  await until('a second token', another)
  await tenon.restart()
  await until('a third token', another)
  const spent = server.requests.map(({ params }) => params.refresh_token)
  assert.equal(spent[0], given)
  assert.ok(spent.length >= 3 && new Set(spent).size === spent.length, 'each is sent once')
  assert.equal(server.revoked, 0)
  const newer = await server.signIn('bob', CLIENTS.body)
  await tenon.admin('PATCH', `/v1/connections/${name}`, { parameters: { refresh_token: newer } })
  await call()
  assert.equal(server.requests.filter(({ params }) => params.refresh_token === newer).length, 1)
})

test('credentials in the call: the same ones share a token, others never', { skip: missing }, async () => {
  const { call } = await connection()
  const sign = (more) => call('sign-in', { json: { ...alice, ...more } })
  const [first, again, bob] = [await sign(), await sign(), await sign({ username: 'bob', password: USERS.bob })]
  assert.equal(again.json.access_token, first.json.access_token)
  assert.equal(again.json.refresh_token, first.json.refresh_token)
  assert.notEqual(bob.json.access_token, first.json.access_token)
  assert.equal(server.requests.length, 2)
  const wrong = await sign({ password: 'CANARY-not-hers' })
  assertProblem(wrong, 424, 'credentials_rejected')
  assert.equal((await sign()).json.access_token, first.json.access_token)
})

test('a wrong password is answered 424 and not sent twice, not even after a restart', { skip: missing }, async () => {
  const { name, key, call } = await connection()
  tenon.secrets.add('CANARY-wrong-password')
  const wrong = { json: { ...alice, password: 'CANARY-wrong-password' } }
  for (let i = 0; i < 3; i++) {
    const problem = assertProblem(await call('sign-in', wrong), 424, 'credentials_rejected')
    assert.deepEqual(problem.upstream, { status: 400, error: 'invalid_grant', error_description: 'Wrong user name or password.' })
    assert.deepEqual([problem.connector, problem.connection, problem.action], ['peer', name, 'SignIn'])
    if (i === 1) await tenon.restart()
  }
  assert.equal(server.requests.length, 1)
  const other = await tenon.post(`${RUN}/${name}/sign-in`, { key, json: alice })
  assert.equal(other.status, 200, other.text)
  assert.equal(server.requests.length, 2)
})

test('200 parallel calls with a wrong password cause one attempt', { skip: missing }, async () => {
  const { call } = await connection()
  const agent = new Agent({ keepAlive: true, maxSockets: 200 })
  server.fault = faults.slow(200)
  const answers = await Promise.all(Array.from({ length: 200 }, () =>
    call('sign-in', { agent, json: { ...alice, password: 'CANARY-also-wrong' } })))
  agent.destroy()
  assert.deepEqual([...new Set(answers.map((a) => a.status))], [424])
  assert.equal(server.requests.length, 1)
})

test('a rejected connection stays so over a restart, until its credentials change', { skip: missing }, async () => {
  const { name, call } = await connection('cc', { ...CLIENTS.body, client_secret: 'CANARY-old-secret' })
  assertProblem(await call(), 424, 'credentials_rejected')
  const problem = assertProblem(await call(), 424, 'credentials_rejected')
  assert.equal(problem.upstream.status, 401)
  assert.equal(problem.upstream.error, 'invalid_client')
  assert.equal(server.requests.length, 1)
  await tenon.restart()
  assertProblem(await call(), 424, 'credentials_rejected')
  assert.equal(server.requests.length, 1)
  assert.equal((await tenon.admin('GET', `/v1/connections/${name}`)).state, 'rejected')
  await tenon.admin('PATCH', `/v1/connections/${name}`, { parameters: { client_secret: CLIENTS.body.client_secret } })
  assert.equal((await tenon.admin('GET', `/v1/connections/${name}`)).state, 'ready')
  const answer = await call()
  assert.equal(answer.status, 200, answer.text)
})

test('new secrets are tried before the old ones are dropped', { skip: missing }, async () => {
  const { name, call } = await connection()
  const before = (await call()).json.access_token
  const refused = await tenon.request(`/v1/connections/${name}`,
    { method: 'PATCH', key: ADMIN_KEY, json: { parameters: { client_secret: 'CANARY-worse-secret' } } })
  assertProblem(refused, 424, 'credentials_rejected')
  assert.equal((await call()).json.access_token, before)
})

test('reset allows one attempt more', { skip: missing }, async () => {
  const { name, call } = await connection('cc', { ...CLIENTS.body, client_secret: 'CANARY-reset-secret' })
  await call()
  await tenon.admin('POST', `/v1/connections/${name}/reset`)
  await call()
  await call()
  assert.equal(server.requests.length, 2)
})

test('tokens outlive a restart, and a crash', { skip: missing }, async () => {
  const { call } = await connection()
  const { access_token: token } = (await call()).json
  await tenon.restart()
  assert.equal((await call()).json.access_token, token)
  await tenon.halt('SIGKILL')
  await tenon.start()
  assert.equal((await call()).json.access_token, token)
  assert.equal(server.requests.length, 1)
})

test('a token endpoint that is down goes unnoticed while a token is valid', { skip: missing }, async () => {
  const { call } = await connection()
  await call()
  server.fault = faults.down
  for (let i = 0; i < 20; i++) assert.equal((await call()).status, 200)
  assert.equal(server.requests.length, 1)
})

test('near its end, too, a valid token is served while the endpoint is down', { skip: missing }, async () => {
  const { call } = await connection()
  server.lifetime = 10
  const { access_token: token } = (await call()).json
  server.fault = faults.answers(503, '{}')
  // The margin (a second of ten) is reached when the endpoint is asked again.
  await until('an early renewal', async () => {
    const answer = await call()
    assert.equal(answer.status, 200, answer.text)
    assert.equal(answer.json.access_token, token)
    return server.requests.length > 1
  })
})

test('without a valid token the endpoint\'s failure is told, and all back off together', { skip: missing }, async () => {
  const { call } = await connection()
  for (const [fault, status, code] of [
    [faults.down, 502, 'token_endpoint_unreachable'],
    [faults.answers(500, '{"error": "server_error"}'), 502, 'token_endpoint_unavailable'],
    [faults.answers(200, '<p>hello</p>', { 'content-type': 'text/html' }), 502, 'token_response_not_json'],
    [faults.answers(200, '{"token_type": "Bearer"}'), 502, 'token_response_incomplete'],
    [faults.answers(200, '{"access_token": "a", "access_token": "b"}'), 502, 'token_response_ambiguous'],
    [faults.answers(200, '{"access_token": "a\\nb", "token_type": "Bearer"}'), 502, 'token_bad_charset'],
    [faults.answers(200, `{"access_token": "${'x'.repeat(40000)}"}`), 502, 'token_too_long'],
    [faults.answers(200, `{"access_token": "${'x'.repeat(70000)}"}`), 502, 'token_response_too_large'],
    [faults.answers(302, '', { location: 'https://elsewhere.example/' }), 424, 'token_endpoint_redirect'],
    [faults.answers(200, '{"access_token": "a", "token_type": "mac"}'), 424, 'token_type_unsupported'],
  ]) {
    const other = await connection()
    server.requests.length = 0
    server.fault = fault
    assertProblem(await other.call(), status, code)
    assertProblem(await other.call(), status, code)
    assert.equal(server.requests.length, 1, `${code}: the second call sent nothing`)
  }
  server.fault = null
  const answer = await call()
  assert.equal(answer.status, 200, answer.text)
})

test('after a failure the endpoint is asked again', { skip: missing }, async () => {
  const { call } = await connection()
  server.fault = faults.down
  assertProblem(await call(), 502, 'token_endpoint_unreachable')
  server.fault = null
  await until('the next attempt', async () => (await call()).status === 200, 10000)
})

test('a pause that the token endpoint asks for is kept, in both forms', { skip: missing }, async () => {
  for (const form of [(s) => String(s), (s) => new Date(Date.now() + s * 1000 + 999).toUTCString()]) {
    const { call } = await connection()
    server.requests.length = 0
    server.fault = faults.throttled(form(40))
    const first = await call()
    assertProblem(first, 429, 'token_endpoint_throttled')
    const wait = Number(first.headers['retry-after'])
    assert.ok(wait > 25 && wait <= 41, `Retry-After ${wait}`)
    server.fault = null
    const second = await call()
    assertProblem(second, 429, 'token_endpoint_throttled')
    assert.ok(Number(second.headers['retry-after']) <= wait)
    assert.equal(server.requests.length, 1)
  }
})

test('after the pause calls go on', { skip: missing }, async () => {
  const { call } = await connection()
  server.fault = faults.throttled('1')
  const answer = await call()
  assertProblem(answer, 429, 'token_endpoint_throttled')
  server.fault = null
  await sleep(Number(answer.headers['retry-after']) * 1000 + 50)
  assert.equal((await call()).status, 200)
})

test('a slow token endpoint: each call has its own deadline, and one request serves all', { skip: missing }, async () => {
  const { call } = await connection()
  server.fault = faults.slow(2000)
  const patient = call()
  assertProblem(await call('Hasty'), 504, 'token_endpoint_timeout')
  const answer = await patient
  assert.equal(answer.status, 200, answer.text)
  assert.equal((await call('Hasty')).status, 200)
  assert.equal(server.requests.length, 1)
})

test('Cache-Control: no-cache brings a new token at most once in 60 s', { skip: missing }, async () => {
  const { call } = await connection()
  for (let i = 0; i < 5; i++) {
    const answer = await call('GetAccessToken', { headers: { 'cache-control': 'no-cache' } })
    assert.equal(answer.status, 200, answer.text)
  }
  assert.ok(server.requests.length <= 2, `${server.requests.length} token requests`)
})

test('call 101 within 60 s is refused, with a right Retry-After', { skip: missing }, async () => {
  const { call } = await connection()
  await call() // so that no call below waits for the server
  const firstSent = Date.now()
  const first = await call('Hundred')
  const firstDone = Date.now()
  assert.equal(first.headers['ratelimit-policy'], '"calls";q=100;w=60')
  assert.match(first.headers.ratelimit, /^"calls";r=99;t=\d+$/)
  for (let i = 1; i < 100; i++) assert.equal((await call('Hundred')).status, 200, `call ${i + 1}`)
  const sent = Date.now()
  const refused = await call('Hundred')
  const done = Date.now()
  assertProblem(refused, 429, 'throttled')
  assert.match(refused.headers.ratelimit, /^"calls";r=0;t=\d+$/)
  assert.equal(refused.headers['ratelimit-policy'], '"calls";q=100;w=60')
  const wait = Number(refused.headers['retry-after'])
  const [least, most] = [firstSent + 60000 - done, firstDone + 60000 - sent].map((ms) => Math.ceil(ms / 1000))
  assert.ok(wait >= least && wait <= most, `Retry-After ${wait}, between ${least} and ${most}`)
  assertProblem(await call('Hundred'), 429, 'throttled')
  assert.equal((await call()).status, 200, 'other actions have their own limits')
})

test('waiting as long as Retry-After says is right', { skip: missing }, async () => {
  const { call } = await connection()
  for (let round = 0; round < 3; round++) {
    let refused
    await until('a refusal', async () => {
      const answer = await call('Three')
      refused = answer.status === 429 && answer
      return refused
    })
    const wait = Number(refused.headers['retry-after'])
    assert.ok(wait >= 1 && wait <= 2)
    await sleep(wait * 1000 + 20)
    assert.equal((await call('Three')).status, 200)
  }
})

test('in any window at most the limit is let through, in parallel, too', { skip: missing }, async () => {
  const { call } = await connection()
  await call()
  const agent = new Agent({ keepAlive: true, maxSockets: 50 })
  const answers = await Promise.all(Array.from({ length: 150 }, () => call('Hundred', { agent })))
  agent.destroy()
  assert.equal(answers.filter((a) => a.status === 200).length, 100)
  assert.equal(answers.filter((a) => a.status === 429).length, 50)
})

test('on_limit: wait lets calls wait for room', { skip: missing }, async () => {
  const { call } = await connection()
  const began = Date.now()
  const answers = await Promise.all(Array.from({ length: 8 }, () => call('Patient')))
  assert.deepEqual([...new Set(answers.map((a) => a.status))], [200])
  assert.ok(Date.now() - began >= 1990, 'eight calls of three a second take two seconds')
})

test('a token that lives no longer than its call is fetched at most twice in 60 s', { skip: missing }, async () => {
  const { call } = await connection()
  server.fault = faults.answers(200, '{"access_token": "short", "token_type": "Bearer", "expires_in": 0}')
  const statuses = []
  for (let i = 0; i < 6; i++) statuses.push((await call()).status)
  assert.ok(server.requests.length <= 2, `${server.requests.length} token requests`)
  assert.equal(statuses[0], 200)
})

test('the right `token` opens the token of a connection', { skip: missing }, async () => {
  const { name, key, call } = await connection()
  const { access_token: token } = (await call()).json
  assertProblem(await tenon.request(`/v1/connections/${name}/token`, { key }), 403, 'forbidden')
  const allowed = await tenon.key([name], ['token'])
  const answer = await tenon.request(`/v1/connections/${name}/token`, { key: allowed })
  assert.equal(answer.json.access_token, token)
})
