// SPDX-License-Identifier: MIT
// Against a second authorization server, Debian's glewlwyd: a sign-in by a code with a slow_down that is meant, tokens of the type
// `bearer`, refresh tokens that are good once, refusals without a word, and tokens given back.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { definition } from './lib/connector.mjs'
import { CLIENT, SCOPE, startGlewlwyd } from './lib/glewlwyd.mjs'
import { ADMIN_KEY, assertProblem, missing, startTenon } from './lib/tenon.mjs'
import { until } from './lib/util.mjs'

const tv = (server) => definition('tv', server.url, `connection:
  auth:
    device:
      type: device_code
      parameters:
        client_id: {type: string, required: true}
        client_secret: {type: string, secret: true, required: true}
      device_url: /device_authorization
      token_url: /token
      revoke_url: /revoke
      client_auth: basic
      scopes: [${SCOPE}]
actions:
  GetAccessToken: {summary: Get a token, token: connection}
`)

let server, tenon
before(async () => {
  if (missing) return
  server = await startGlewlwyd({ interval: 3, lifetime: 2 })
  server.told = 1
  tenon = await startTenon({ connectors: { tv: tv(server) } })
})
after(async () => {
  await tenon?.stop()
  await server?.stop()
})

const signIn = (name) => tenon.admin('GET', `/v1/connections/${name}/sign-in`)
const begin = async (name, client = CLIENT) => {
  await tenon.connect(name, 'tv', client, 'device')
  return tenon.request(`/v1/connections/${name}/sign-in`, { method: 'POST', key: ADMIN_KEY })
}
const call = (name) => tenon.post(`/run/tv/${name}/GetAccessToken`, { key: ADMIN_KEY })
const token = async (name) => (await call(name)).json
const refreshes = () => server.requests.filter((one) => one.params.grant_type === 'refresh_token')
const refreshTokenOf = ({ access_token: access }) => JSON.parse(server.requests.find((one) => one.text.includes(access)).text).refresh_token

async function signedIn(name) {
  await server.approve((await begin(name)).json.user_code)
  await until('the sign-in', async () => (await signIn(name)).status === 'ready')
}

describe('glewlwyd', { concurrency: true }, () => {
  test('one who asks too often is told to slow down, and does for good', { skip: missing }, async () => {
    assert.equal((await begin('slowed')).json.interval, 1)
    await until('it to slow down', async () => (await signIn('slowed')).interval === 6)
    const said = server.requests.filter((one) => one.path === '/oidc/token').map((one) => one.text)
    assert.ok(said.some((text) => text === '{"error":"slow_down"}'), said.join('\n'))
    assert.equal((await signIn('slowed')).status, 'pending')
  })

  test('tokens of the type `bearer`, and refresh tokens that are good once', { skip: missing }, async () => {
    await signedIn('well')
    const first = await token('well')
    assert.equal(first.token_type, 'bearer')
    for (let used = first.access_token, i = 0; i < 2; i++) {
      used = await until('a refresh', async () => {
        const { access_token: now } = await token('well')
        return now && now !== used && now
      })
    }
    assert.equal(new Set(refreshes().map((one) => one.params.refresh_token)).size, refreshes().length, 'each once')
    assert.equal(await server.isActive(refreshTokenOf(await token('well'))), true, 'the chain is whole')
  })

  test('a refusal of the client', { skip: missing }, async () => {
    const answer = await begin('wrong', { ...CLIENT, client_secret: 'CANARY-glewlwyd-wrong' })
    assertProblem(answer, 424, 'credentials_rejected')
    assert.deepEqual([answer.json.upstream.status, answer.json.upstream.error], [403, 'unauthorized_client'])
  })

  test('a refresh token that was taken back is refused without a word: a person is needed', { skip: missing }, async () => {
    await signedIn('taken')
    const refresh = refreshTokenOf(await token('taken'))
    assert.equal((await server.ask('POST', '/oidc/revoke', { basic: true, form: { token: refresh, token_type_hint: 'refresh_token' } })).status, 200)
    const answer = await until('the refusal', async () => {
      const said = await call('taken')
      return said.status !== 200 && said
    })
    assertProblem(answer, 409, 'reauthorise')
    const last = refreshes().find((one) => one.params.refresh_token === refresh)
    assert.deepEqual([last.status, last.text], [400, ''], 'it says nothing')
    assert.equal((await tenon.admin('GET', '/v1/connections/taken')).state, 'sign_in')
  })
})

test('a removed connection gives its tokens back', { skip: missing }, async () => {
  const { access_token: access } = await token('well')
  const refresh = refreshTokenOf({ access_token: access })
  assert.deepEqual([await server.isActive(access), await server.isActive(refresh)], [true, true])
  await tenon.admin('DELETE', '/v1/connections/well')
  await until('the revocations', () => server.requests.filter((one) => one.path === '/oidc/revoke').length === 2)
  const given = server.requests.filter((one) => one.path === '/oidc/revoke')
  assert.deepEqual(given.map((one) => [one.params.token_type_hint, one.status]), [['refresh_token', 200], ['access_token', 200]])
  assert.deepEqual([await server.isActive(access), await server.isActive(refresh)], [false, false])
})
