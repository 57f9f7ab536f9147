// SPDX-License-Identifier: MIT
// Limits that the configuration sets otherwise than their defaults.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { startApiServer } from './lib/api-server.mjs'
import { CLIENTS, faults, startAuthorizationServer } from './lib/authorization-server.mjs'
import { definition, signIns } from './lib/connector.mjs'
import { assertProblem, missing, startTenon } from './lib/tenon.mjs'

let server, api

const connector = () => definition('api', api.url, `${signIns(server)}
actions:
  Token: {summary: Token, token: connection}
  Any: {summary: Any, path: /any, auth: none, input: {body: {in: body}}}
  Text:
    summary: Texts
    path: /text
    auth: none
    input:
      short: {type: string}
      long: {type: string, maxLength: 100000}
      list: {type: array, items: {type: integer}}
  Slow: {summary: Slow, method: GET, path: /slow, auth: none}
  Patient: {summary: Slow, method: GET, path: /patient, auth: none, timeout: 20s}
`)

before(async () => {
  server = await startAuthorizationServer()
  api = await startApiServer()
  api.answers.set('/patient', (req, res) => { setTimeout(() => res.end('{}'), 900) })
})
after(async () => {
  await server.stop()
  await api.stop()
})

async function start(env) {
  const tenon = await startTenon({ env, connectors: { api: connector() } })
  await tenon.connect('c', 'api', CLIENTS.body, 'cc')
  const key = await tenon.key(['c'])
  return { tenon, call: (path, json) => tenon.request(`/run/api/c${path}`, { key, json, echo: true }) }
}

const nested = (depth) => Array.from({ length: depth }).reduce((inner) => [inner], 1)

test('smaller', { skip: missing }, async () => {
  const { tenon, call } = await start({ TENON_STRING_BYTES: '1KiB', TENON_ARRAY_ITEMS: '5', TENON_JSON_DEPTH: '4', TENON_ACTION_TIMEOUT: '400ms',
    TENON_TOKEN_BYTES: '256', TENON_TOKEN_ANSWER_BYTES: '1KiB' })
  assert.equal((await call('/text', { short: 'x'.repeat(1024), long: 'x'.repeat(90000), list: [1, 2, 3, 4, 5] })).status, 200)
  const problem = assertProblem(await call('/text', { short: 'x'.repeat(1025), list: [1, 2, 3, 4, 5, 6] }), 400, 'param_too_long')
  assert.deepEqual(problem.errors.map((e) => e.pointer), ['/short', '/list'])
  assert.equal((await call('/any', nested(4))).status, 200)
  assertProblem(await call('/any', nested(5)), 400, 'json_too_deep')
  assertProblem(await call('/slow'), 504, 'upstream_timeout')
  assert.equal((await call('/patient')).status, 200, 'an action\'s own timeout is its own')
  const answers = (token, more = '') => faults.answers(200, `{"access_token": "${'t'.repeat(token)}", "token_type": "Bearer"${more}}`)
  server.fault = answers(256)
  assert.equal((await call('/Token', {})).json.access_token.length, 256)
  for (const [fault, code] of [[answers(257), 'token_too_long'], [answers(10, `, "more": "${'x'.repeat(1000)}"`), 'token_response_too_large']]) {
    const name = code.replaceAll('_', '-')
    server.fault = fault
    await tenon.connect(name, 'api', CLIENTS.body, 'cc')
    assertProblem(await tenon.request(`/run/api/${name}/Token`, { method: 'POST', key: await tenon.key([name]) }), 502, code)
  }
  server.fault = null
  await tenon.stop()
})

test('larger', { skip: missing }, async () => {
  const { tenon, call } = await start({ TENON_STRING_BYTES: '200KiB', TENON_ARRAY_ITEMS: '5000', TENON_JSON_DEPTH: '100', TENON_TOKEN_BYTES: '100KiB', TENON_TOKEN_ANSWER_BYTES: '256KiB' })
  const list = Array.from({ length: 5000 }, (_, i) => i)
  assert.equal((await call('/text', { short: 'x'.repeat(200 * 1024), list })).status, 200)
  assert.deepEqual(JSON.parse(api.requests.at(-1).text).list, list)
  assert.equal((await call('/any', nested(100))).status, 200)
  assert.deepEqual(JSON.parse(api.requests.at(-1).text), nested(100))
  server.fault = faults.answers(200, `{"access_token": "${'t'.repeat(100 * 1024)}", "token_type": "Bearer", "more": "${'x'.repeat(150 * 1024)}"}`)
  assert.equal((await call('/Token', {})).json.access_token.length, 100 * 1024)
  server.fault = null
  await tenon.stop()
})
