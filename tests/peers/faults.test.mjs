// SPDX-License-Identifier: MIT
// Refreshes over a bad line (fault-proxy) to a real server that rotates: nothing that can be known is forgotten, nothing is sent
// twice that need not be, and where an answer is gone that nobody can know, it is said.
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'

import { CLIENTS, USERS, startAuthorizationServer } from './lib/authorization-server.mjs'
import { definition, signIns } from './lib/connector.mjs'
import { spoil, startFaultProxy } from './lib/fault-proxy.mjs'
import { assertProblem, missing, startTenon } from './lib/tenon.mjs'
import { until } from './lib/util.mjs'

let server, proxy, tenon, names = 0

before(async () => {
  server = await startAuthorizationServer()
  proxy = await startFaultProxy(server.port)
  if (missing) return
  tenon = await startTenon({ env: { TENON_TOKEN_TIMEOUT: '1s' }, connectors: { peer: definition('peer', proxy.url, `${signIns(proxy)}
actions:
  GetAccessToken: {summary: Get a token, token: connection}
`) } })
})
beforeEach(() => {
  Object.assign(server, { signIns: 0, refreshes: 0, revoked: 0, lifetime: 1 })
  Object.assign(proxy, { fault: null, refuses: false })
  server.requests.length = 0
})
after(async () => {
  await tenon?.stop()
  await proxy.stop()
  await server.stop()
})

// A connection whose token has run out.
async function expired(auth = 'given') {
  const name = `f${++names}`
  const user = auth === 'user' ? { username: 'alice', password: USERS.alice } : { refresh_token: await server.signIn('alice', CLIENTS.body) }
  await tenon.connect(name, 'peer', { ...CLIENTS.body, ...user }, auth)
  const key = await tenon.key([name])
  const call = () => tenon.post(`/run/peer/${name}/GetAccessToken`, { key })
  const first = await call()
  assert.equal(first.status, 200, first.text)
  await until('the token to run out', async () => first.json.expires_in === 0 && Date.now() - begun(first) > 1050)
  server.requests.length = 0
  server.refreshes = 0
  return { name, call }
}
const begins = new WeakMap()
const begun = (answer) => begins.get(answer) ?? (begins.set(answer, Date.now()), begins.get(answer))

// Behind the pause that a failure makes everybody take.
const afterPause = (call) => until('the pause to end', async () => {
  const said = await call()
  return said.headers['tenon-error']?.startsWith('token_endpoint') || said.headers['tenon-error'] === 'upstream_truncated' ? null : said
}, 15000)

for (const [name, fault] of [['a delay', spoil.delay(300)], ['a drip', spoil.drip(200, 5)]]) {
  test(`${name} is only a delay`, { skip: missing }, async () => {
    const { call } = await expired()
    proxy.fault = fault
    assert.equal((await call()).status, 200)
    assert.deepEqual([server.requests.length, server.refreshes, server.revoked], [1, 1, 0])
  })
}

for (const [name, fault, status, code] of [
  ['cut within the head', spoil.cut(40), 502, 'upstream_truncated'],
  ['cut within the body', spoil.cut(700), 502, 'upstream_truncated'],
  ['reset at once', spoil.reset(0), 502, 'token_endpoint_unreachable'],
  ['reset within the body', spoil.reset(700), 502, 'upstream_truncated'],
  ['said to be longer than it is', spoil.lie(100), 504, 'token_endpoint_timeout'],
  ['swallowed', spoil.swallow, 502, 'token_endpoint_unreachable'],
  ['never passed on', spoil.silence, 504, 'token_endpoint_timeout'],
]) {
  test(`an answer ${name} is asked for once more, and then it is said`, { skip: missing }, async () => {
    const { name: connection, call } = await expired()
    proxy.fault = fault
    assertProblem(await call(), status, code)
    assert.equal(server.refreshes, 1, 'the server has rotated')
    proxy.fault = null
    assertProblem(await afterPause(call), 409, 'refresh_uncertain')
    assert.equal((await tenon.admin('GET', `/v1/connections/${connection}`)).state, 'sign_in')
    for (let i = 0; i < 3; i++) assertProblem(await call(), 409, 'refresh_uncertain')
    assert.equal(server.requests.length, 2)
  })

  test(`with a password, an answer ${name} costs one sign-in`, { skip: missing }, async () => {
    const { call } = await expired('user')
    server.signIns = 0
    proxy.fault = fault
    assertProblem(await call(), status, code)
    proxy.fault = null
    assert.equal((await afterPause(call)).status, 200)
    assert.deepEqual([server.requests.length, server.signIns], [3, 1])
  })
}

test('a request that the server never saw is sent again, and nothing is lost', { skip: missing }, async () => {
  const { call } = await expired()
  proxy.refuses = true
  assertProblem(await call(), 502, 'token_endpoint_unreachable')
  proxy.refuses = false
  assert.equal((await afterPause(call)).status, 200)
  assert.deepEqual([server.requests.length, server.refreshes, server.revoked], [1, 1, 0])
})

test('an answer said to be shorter than it is still brings its refresh token', { skip: missing }, async () => {
  const { call } = await expired()
  proxy.fault = spoil.lie(-3)
  assertProblem(await call(), 502, 'token_response_malformed')
  proxy.fault = null
  const again = await until('the pause to end', async () => {
    const said = await call()
    return said.status === 200 ? said : null
  })
  assert.equal(again.status, 200)
  assert.deepEqual([server.refreshes, server.revoked], [2, 0])
})
