// SPDX-License-Identifier: MIT
// What the log is told of calls, and that nothing that came with one can be read there.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { startApiServer } from './lib/api-server.mjs'
import { faults, startAuthorizationServer } from './lib/authorization-server.mjs'
import { definition } from './lib/connector.mjs'
import { ADMIN_KEY, assertProblem, missing, startTenon } from './lib/tenon.mjs'
import { sleep, until } from './lib/util.mjs'

const connector = (server, api) => definition('api', api.url, `proxy: true
explain: {401: Something about a 401}
connection:
  auth:
    user:
      type: password
      caution: Acts as a named user.
      parameters:
        username: {type: string, required: true}
        password: {type: string, secret: true, required: true}
        client_id: {type: string, required: true}
        client_secret: {type: string, secret: true, required: true}
      token_url: ${server.url}/token
      scopes: [openid, offline_access]
actions:
  GetAccessToken: {summary: Token, token: connection}
  SignIn:
    summary: Token of the call
    path: /sign-in
    input:
      username: {type: string, required: true}
      password: {type: string, required: true, secret: true}
      client_id: {type: string, required: true}
      client_secret: {type: string, required: true, secret: true}
    token: {type: password, token_url: "${server.url}/token", scopes: [openid, offline_access]}
  Thing:
    summary: Everything at once
    method: PUT
    path: /things/{id}
    input:
      id: {type: string}
      q: {in: query, type: string}
      X-Mine: {in: header, type: string}
      name: {type: string, enum: [CANARY-name, other]}
${['once401', 'always401', 'truncated', 'redirect', 'missing', 'html', 'broken-stream', 'slow'].map((name) =>
    `  Get_${name.replace('-', '_')}: {summary: G, method: GET, path: /${name}, timeout: 1s, input: {q: {in: query, type: string}}}\n`).join('')}`)

const USER = { username: 'alice', password: 'CANARY-alice-password', client_id: 'client-body', client_secret: 'CANARY-body-secret &=+%' }

let server, api

before(async () => {
  server = await startAuthorizationServer()
  api = await startApiServer()
})
after(async () => {
  await server.stop()
  await api.stop()
})

async function start(env, name = 'c') {
  const tenon = await startTenon({ env, connectors: { api: connector(server, api) } })
  await tenon.connect(name, 'api', USER)
  return { tenon, key: await tenon.key([name], ['proxy']) }
}

const PARTS = { json: { name: 'CANARY-name' }, headers: { 'x-mine': 'CANARY-header' } }

test('one event a call, with what it met', { skip: missing }, async () => {
  const { tenon, key } = await start({ TENON_LOG_FORMAT: 'json', TENON_LOG_CALLS: 'all' })
  const done = async (path, options) => tenon.event('call.done', await tenon.request(path, { key, echo: true, ...options }))
  const token = await done('/run/api/c/GetAccessToken', { method: 'POST' })
  assert.deepEqual([token.connector, token.connection, token.action, token.status, token.code, token.whole], ['api', 'c', 'GetAccessToken', 200, null, true])
  assert.equal(token.key, key.split('_')[1])
  const again = await done('/run/api/c/GetAccessToken', { method: 'POST' })
  assert.equal(again.status, 200, 'the shortest way is told of, too')
  api.answers.set('/things/1', async (req, res) => { await sleep(120); res.end('12345') })
  const thing = await done('/run/api/c/things/1', { method: 'PUT', ...PARTS })
  assert.ok(thing.upstream_ms >= 100 && thing.duration_ms >= thing.upstream_ms, JSON.stringify(thing))
  assert.equal(thing.bytes, 5)
  assert.equal(thing.path, null, 'the path of an action may hold inputs')
  const unknown = await done('/run/api/other/x')
  assert.deepEqual([unknown.status, unknown.code, unknown.connection, unknown.action], [404, 'not_found', null, null])
  const wrong = await done('/run/api/c/nowhere', { method: 'POST' })
  assert.deepEqual([wrong.status, wrong.code], [404, 'not_found'])
  const method = await done('/run/api/c/things/1')
  assert.deepEqual([method.status, method.code], [405, 'method_not_allowed'])
  const missing404 = await done('/run/api/c/missing')
  assert.deepEqual([missing404.status, missing404.code, missing404.action], [404, null, 'Get_missing'])
  const redirect = await done('/run/api/c/redirect')
  assert.deepEqual([redirect.status, redirect.code, redirect.level], [424, 'upstream_redirect', 'info'])
  assert.match(redirect.detail, /302/)
  const slow = await done('/run/api/c/slow')
  assert.deepEqual([slow.status, slow.code, slow.level], [504, 'upstream_timeout', 'warn'])
  const before = tenon.events('call.done').length
  await assert.rejects(tenon.request('/run/api/c/broken-stream', { key }))
  const broken = await until('the broken answer', () => tenon.events('call.done')[before])
  assert.deepEqual([broken.status, broken.whole], [200, false])
  await tenon.stop()
})

test('errors only, or none, or as text', { skip: missing }, async () => {
  for (const [choice, expected] of [['errors', ['Get_missing']], ['none', []]]) {
    const { tenon, key } = await start({ TENON_LOG_FORMAT: 'json', TENON_LOG_CALLS: choice })
    for (const path of ['/run/api/c/missing', '/run/api/c/GetAccessToken']) await tenon.request(path, { key, method: path.endsWith('n') ? 'POST' : 'GET', echo: true })
    assertProblem(await tenon.request('/run/api/c/missing', { key: 'tnk_wrong' }), 401, 'unauthorized')
    await sleep(100)
    assert.deepEqual(tenon.events('call.done').map((e) => e.action), expected)
    await tenon.stop()
  }
  const { tenon, key } = await start({})
  const id = (await tenon.request('/run/api/c/missing', { key, echo: true })).headers['x-request-id']
  const line = await until('the line', () => tenon.log.split('\n').find((text) => text.includes(`call.done request=${id}`)))
  assert.match(line, /^\S+Z info {2}call\.done request=\S+ trace=[0-9a-f]{32} key=\S+ connector=api connection=c action=Get_missing method=GET path=- status=404 code=- detail=- whole=true duration_ms=\d+ upstream_ms=\d+ bytes=\d+ peer=127\.0\.0\.1:\d+$/)
  await tenon.stop()
})

// Everything that a call can hold is a canary; the log at its most talkative, problems and /metrics hold none of them.
test('canaries', { skip: missing }, async () => {
  for (const format of ['json', 'text']) {
    const { tenon, key } = await start({ TENON_LOG_FORMAT: format, TENON_LOG_CALLS: 'all', TENON_LOG_LEVEL: 'debug' })
    const told = []
    const ask = async (path, options) => {
      const answer = await tenon.request(path, { key, echo: true, ...options }).catch(() => null)
      if (answer?.headers['tenon-error']) told.push(answer.text)
      return answer
    }
    const { access_token: token } = (await ask('/run/api/c/GetAccessToken', { method: 'POST' })).json
    assert.equal((await ask('/run/api/c/things/CANARY-path?q=CANARY-query', { method: 'PUT', ...PARTS })).status, 200)
    await ask('/run/api/c/things/CANARY-path?q=CANARY-query', { method: 'PUT', ...PARTS, json: { name: 5, other: 'CANARY-other' } })
    await ask('/run/api/c/things/CANARY-path', { method: 'PUT', body: '{"CANARY-broken', headers: { 'content-type': 'application/json' } })
    for (const name of ['always401', 'truncated', 'redirect', 'html', 'broken-stream', 'slow', 'CANARY-nowhere']) await ask(`/run/api/c/${name}?q=CANARY-query`)
    await ask('/proxy/c/x?q=CANARY-query', { method: 'POST', body: 'CANARY-body', headers: { 'tenon-proxy-x': 'CANARY-header' } })
    await ask('/proxy/c/x', { headers: { 'tenon-proxy-cookie': 'CANARY-header' } })
    const own = { username: 'alice', password: 'CANARY-wrong-password', client_id: 'client-body', client_secret: USER.client_secret }
    await ask('/run/api/c/sign-in', { json: own })
    server.fault = faults.answers(400, '{"error": "invalid_grant", "error_description": "CANARY-wrong-password is wrong"}')
    await ask('/run/api/c/sign-in', { json: { ...own, username: 'bob' } })
    server.fault = null
    await ask('/run/api/c/sign-in', { json: own, key: 'tnk_CANARYxx_0123456789012345678901234567890123456789012abcdef' })
    const metrics = await tenon.request('/metrics', { key: ADMIN_KEY })
    await sleep(200)
    for (const canary of ['CANARY', token, key, key.split('_')[2]]) {
      assert.ok(!tenon.log.includes(canary), `${canary} stands in the log (${format}): ${tenon.log.split('\n').find((line) => line.includes(canary))}`)
      assert.ok(!metrics.text.includes(canary))
    }
    for (const secret of ['CANARY-alice-password', 'CANARY-body-secret', 'CANARY-wrong-password', token, key]) {
      assert.ok(!told.some((text) => text.includes(secret)), `${secret} stands in a problem`)
    }
    assert.ok(told.length >= 8)
    await tenon.stop()
  }
})
