// SPDX-License-Identifier: MIT
// The shipped connectors, unchanged, against TLS peers under their real host names: each gets its credential, makes its
// verify call, runs an action, says why it was refused, and keeps the limit that it declares. Tokens are those of the
// authorization server; HR Service Delivery, whose token request names a client in the body that is not the one that
// proves itself, has a peer of its own. The requests to the byte are the matter of tests/cases/connectors.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { parse } from 'yaml'

import { clientOf, clientsOf, makeKeys, SECRET_CLIENT } from './lib/assertions.mjs'
import { CLIENTS, USERS, faults } from './lib/authorization-server.mjs'
import { startRealHosts } from './lib/real-hosts.mjs'
import { ADMIN_KEY, assertProblem, missing, ROOT } from './lib/tenon.mjs'

const ENVIRONMENT = 'abfba8f6-49eb-49f5-a5d9-80ad5c98f9f6'
const USER = '33333333-2222-4333-8444-555555555555'
const TENANT = 'USG1008ACME'
const HCM = `/signin/oauth2/t/${TENANT}/access_token`, PINGONE = `/${ENVIRONMENT}/as/token`
// Its client IDs are UUIDs.
const WORKER = '44444444-2222-4333-8444-555555555555', SECRET_WORKER = { ...SECRET_CLIENT, client_id: '55555555-2222-4333-8444-555555555555' }
const { RS256: worker, PS256: stranger } = await makeKeys(['RS256', 'PS256'])
const workers = clientsOf({ RS256: worker }).map((client) => ({ ...client, grant_types: ['client_credentials'],
  client_id: client.client_id === clientOf('RS256') ? WORKER : SECRET_WORKER.client_id }))
const DELIVERY = { application_id: 'app', application_secret: 'CANARY-delivery se:cret', client_id: 'company' }
const ACCOUNT = { username: 'svc', password: 'CANARY-account p:w', customer_api_key: 'CANARYCUST1', user_api_key: 'CANARYUSER1' }

// api: host and path of the verify request, if it goes to an API. call: an action, and the path that arrives. bad: what
// the service refuses.
const CONNECTORS = [
  { id: 'ukg-pro', auth: 'service_account', parameters: { hostname: 'service4.ultipro.com', ...ACCOUNT },
    api: ['service4.ultipro.com', '/personnel/v1/person-details'], steps: ['verify'],
    call: ['GET', '/personnel/v1/companies/ABC12/employees/E1/person-details'], bad: { password: 'CANARY-wrong p:w' } },
  { id: 'ukg-pro-platform', auth: 'client_credentials', steps: ['token'],
    parameters: { api_base_url: 'https://api.ukg.net', organization: 'org_a1', audience: 'api.ukg.net', ...CLIENTS.ukg },
    call: ['GET', '/people%2Fv1%2Fpersons', '/people/v1/persons'], bad: { client_secret: 'wrong' } },
  { id: 'ukg-pro-hcm', auth: 'client_credentials', steps: ['token', 'verify'],
    parameters: { recruiting_url: `https://recruiting.ultipro.com/${TENANT}/Dashboard?x=1`, ...CLIENTS.ukg },
    api: ['recruiting.ultipro.com', `/talent/recruiting/v2/${TENANT}/api/opportunities`],
    call: ['GET', '/candidates/c1', `/talent/recruiting/v2/${TENANT}/api/candidates/c1`], bad: { client_secret: 'wrong' } },
  { id: 'ukg-hr-service-delivery', auth: 'application', steps: ['token', 'verify'],
    parameters: { region: 'ukg-us', ...DELIVERY }, api: ['apis.hrsd.ultipro.com', '/api/v2/client/organizations'],
    call: ['GET', '/employees/e1', '/api/v2/client/employees/e1'], bad: { application_secret: 'wrong-secret' } },
  { id: 'pingone', auth: 'client_secret_post', steps: ['token', 'verify'],
    parameters: { region: 'com.au', environment_id: ENVIRONMENT, ...CLIENTS.worker },
    api: ['api.pingone.com.au', `/v1/environments/${ENVIRONMENT}`],
    call: ['GET', `/users/${USER}`, `/v1/environments/${ENVIRONMENT}/users/${USER}`], bad: { client_secret: 'wrong-secret' } },
  { id: 'pingone', auth: 'client_secret_basic', steps: ['token', 'verify'],
    parameters: { region: 'com.au', environment_id: ENVIRONMENT, ...CLIENTS.workerBasic },
    api: ['api.pingone.com.au', `/v1/environments/${ENVIRONMENT}`],
    call: ['PUT', `/users/${USER}/enabled`, `/v1/environments/${ENVIRONMENT}/users/${USER}/enabled`, { enabled: false }],
    bad: { client_secret: 'wrong-secret' } },
  ...[['private_key_jwt', { client_id: WORKER, private_key: worker.pem, key_id: worker.kid }, { private_key: stranger.pem }],
    ['client_secret_jwt', SECRET_WORKER, { client_secret: 'another-secret-of-forty-characters-and-more' }]].map(([auth, client, bad]) => ({
    id: 'pingone', auth, steps: ['token', 'verify'], parameters: { region: 'com.au', environment_id: ENVIRONMENT, ...client },
    api: ['api.pingone.com.au', `/v1/environments/${ENVIRONMENT}`],
    call: ['GET', `/users/${USER}`, `/v1/environments/${ENVIRONMENT}/users/${USER}`], bad,
  })),
  { id: 'ukg-pro-wfm', auth: 'client_credentials', steps: ['token'],
    parameters: { hostname: 'acme.prd.mykronos.com', organization: 'org', ...CLIENTS.ukg },
    call: ['POST', '/api/v1/commons/hyperfind/execute', '/api/v1/commons/hyperfind/execute',
      { hyperfind_id: 1, start_date: '2026-01-01', end_date: '2026-01-31' }], bad: { client_secret: 'wrong' } },
  { id: 'ukg-pro-wfm', auth: 'password_realm', steps: ['token'],
    parameters: { hostname: 'acme.prd.mykronos.com', realm: 'R', username: 'u', password: USERS.u, ...CLIENTS.ukg },
    call: ['GET', '/api/v1/commons/persons/17'], bad: { client_secret: 'wrong' } },
  { id: 'ukg-pro-wfm-authentication', parameters: { vanity_url: 'https://acme.mykronos.com' }, steps: [],
    call: ['POST', '/api/authentication/access_token', null,
      { username: 'u', password: USERS.u, ...CLIENTS.ukg }] },
]
const nameOf = (row) => `${row.id}${row.auth ? `, ${row.auth}` : ''}`
const explanations = (id) => parse(readFileSync(join(ROOT, `connectors/${id}.yaml`), 'utf8')).explain

let hosts, server, api, tenon, count = 0

// HR Service Delivery's token endpoint.
function answerDelivery(req, res, seen) {
  const basic = `Basic ${Buffer.from(`${DELIVERY.application_id}:${DELIVERY.application_secret}`).toString('base64')}`
  const fits = seen.headers.authorization === basic && seen.text === `grant_type=client_credentials&scope=client&client_id=${DELIVERY.client_id}`
  res.writeHead(fits ? 200 : 401, { 'content-type': 'application/json' })
  res.end(JSON.stringify(fits ? { access_token: 'CANARY-delivery-token', token_type: 'bearer', expires_in: 3600 }
    : { error: 'invalid_client', error_description: 'Client authentication failed' }))
}

// UKG Pro knows one service account.
function refuseOthers(req, res, seen) {
  const basic = `Basic ${Buffer.from(`${ACCOUNT.username}:${ACCOUNT.password}`).toString('base64')}`
  const fits = seen.headers.authorization === basic && seen.headers['us-customer-api-key'] === ACCOUNT.customer_api_key &&
    seen.headers['us-user-api-key'] === ACCOUNT.user_api_key
  res.writeHead(fits ? 200 : 401, { 'content-type': 'application/json' })
  res.end(fits ? '[]' : '{"error": "unauthorized"}')
}

before(async () => {
  hosts = await startRealHosts({
    shipped: [...new Set(CONNECTORS.map((row) => row.id))],
    identity: ['welcome-us.ukg.net', 'signin.ultipro.com', 'auth.pingone.com.au', 'acme.mykronos.com'],
    apis: ['service4.ultipro.com', 'api.ukg.net', 'recruiting.ultipro.com', 'apis.hrsd.ultipro.com', 'api.pingone.com.au', 'acme.prd.mykronos.com'],
    paths: [HCM, PINGONE],
    clients: workers, audiences: [`https://auth.pingone.com.au/${ENVIRONMENT}/as`],
  })
  ;({ server, api, tenon } = hosts)
  for (const { parameters } of CONNECTORS) tenon?.keepSecret(parameters)
})
afterEach(() => {
  server.requests.length = api.requests.length = 0
  server.fault = null
})
after(() => hosts.stop())

// A connection of a row, and how to test and call it.
async function connect(row, more = {}) {
  const name = `c-${++count}`
  api.answers.set('/api/v2/client/tokens', answerDelivery)
  api.answers.set('/personnel/v1/person-details', refuseOthers)
  await tenon.connect(name, row.id, { ...row.parameters, ...more }, row.auth)
  const key = await tenon.key([name])
  const call = (method, path, json) => tenon.request(`/run/${row.id}/${name}${path}`, { method, key, echo: true, ...(json && { json }) })
  return { name, call, test: () => tenon.admin('POST', `/v1/connections/${name}/test`), run: () => call(row.call[0], row.call[1], row.call[3]) }
}

// The API answers this at its verify path, once it has seen a good credential.
function answerVerify(row, status) {
  api.answers.set(row.api[1], (req, res) => { res.writeHead(status, { 'content-type': 'application/json' }); res.end('{}') })
}

for (const row of CONNECTORS) {
  describe(nameOf(row), { skip: missing }, () => {
    afterEach(() => row.api && api.answers.delete(row.api[1]))

    test('its test passes, step by step', async () => {
      const { test: check } = await connect(row)
      const report = await check()
      assert.deepEqual(report.steps.map(({ step, ok }) => [step, ok]), row.steps.map((step) => [step, true]))
      assert.equal(report.ok, true)
      if (!row.api) return
      const sent = api.at(row.api[1])
      assert.equal(sent.length, 1)
      assert.equal(sent[0].headers.host, row.api[0])
      assert.match(sent[0].headers.authorization, /^(Bearer|Basic) /)
    })

    test('an action runs with the credential', async () => {
      const connection = await connect(row)
      const answer = await connection.run()
      assert.equal(answer.status, 200, answer.text)
      if (row.call[2] === null) return assert.ok(await server.knows(answer.json.access_token))
      const [sent] = api.at(row.call[2] ?? row.call[1])
      assert.equal(sent.method, row.call[0])
      const [, kind, token] = /^(Bearer|Basic) (.+)$/.exec(sent.headers.authorization)
      if (kind === 'Bearer' && row.id !== 'ukg-hr-service-delivery') assert.ok(await server.knows(token))
      if (row.id === 'ukg-pro') assert.equal(sent.headers['us-user-api-key'], ACCOUNT.user_api_key)
      if (row.id === 'ukg-pro-platform') assert.equal(sent.headers['global-tenant-id'], 'org_a1')
    })

    if (row.steps.includes('token')) {
      test('the token action answers the connection\'s token', async () => {
        const { call } = await connect(row)
        const answer = await call('POST', '/GetAccessToken')
        assert.equal(answer.status, 200, answer.text)
        assert.ok(answer.json.access_token && answer.json.expires_in > 0)
        assert.ok(!('refresh_token' in answer.json))
      })
    }

    if (row.bad) {
      test('refused credentials are told in the definition\'s words', async () => {
        const { test: check } = await connect(row, row.bad)
        const report = await check()
        const last = report.steps.at(-1)
        assert.equal(report.ok, false)
        assert.equal(last.ok, false)
        assert.equal(last.step, row.steps[0])
        assert.equal(last.status, 401, JSON.stringify(last))
        assert.equal(last.explain, explanations(row.id)[401])
      })
    }

    for (const status of row.api ? [401, 403] : []) {
      test(`a ${status} of the verify request is told in the definition's words`, async () => {
        const { test: check } = await connect(row)
        answerVerify(row, status)
        const report = await check()
        const last = report.steps.at(-1)
        assert.deepEqual([report.ok, last.step, last.ok, last.status], [false, 'verify', false, status])
        assert.equal(last.explain, explanations(row.id)[status])
      })
    }
  })
}

for (const status of [401, 403]) {
  test(`a ${status} of a token endpoint is told in the definition's words where the token is the test`, { skip: missing }, async () => {
    for (const row of CONNECTORS.filter(({ steps }) => steps.join() === 'token')) {
      const { test: check } = await connect(row)
      server.fault = faults.answers(status, '{"error": "access_denied"}')
      const [step] = (await check()).steps
      assert.equal(step.explain, explanations(row.id)[status], nameOf(row))
    }
  })

  test(`a ${status} where the credentials come with the call is told in its problem`, { skip: missing }, async () => {
    const row = CONNECTORS.at(-1)
    const { call } = await connect(row)
    server.fault = faults.answers(status, '{"error": "access_denied"}')
    const answer = await call(row.call[0], row.call[1], { ...row.call[3], username: `somebody-${status}` })
    const problem = assertProblem(answer, 424, 'credentials_rejected')
    assert.ok(problem.detail.endsWith(explanations(row.id)[status]), problem.detail)
  })
}

test('explanations fit into a problem as a whole', { skip: missing }, async () => {
  for (const row of CONNECTORS.filter(({ api: verify }) => verify)) {
    const connection = await connect(row)
    const path = row.call[2] ?? row.call[1]
    api.answers.set(path, (req, res) => { res.writeHead(401); res.end() })
    const answer = await connection.run()
    api.answers.delete(path)
    const problem = assertProblem(answer, 424, 'upstream_unauthorized')
    assert.ok(problem.detail.endsWith(explanations(row.id)[401]), problem.detail)
  }
})

test('a 403 of an API is the caller\'s to see, and no second token is asked for', { skip: missing }, async () => {
  for (const row of CONNECTORS.filter(({ call }) => call[2] !== null)) {
    const connection = await connect(row)
    const path = row.call[2] ?? row.call[1]
    api.answers.set(path, (req, res) => { res.writeHead(403, { 'content-type': 'application/json' }); res.end('{"why": "scope"}') })
    const answer = await connection.run()
    api.answers.delete(path)
    assert.equal(answer.status, 403, nameOf(row))
    assert.deepEqual(answer.json, { why: 'scope' })
    assert.ok(server.requests.length <= 1)
    server.requests.length = 0
  }
})

test('each lets 100 calls through in 60 s, and tells the next when to come again', { skip: missing }, async () => {
  for (const row of CONNECTORS) {
    const connection = await connect(row)
    await connection.run()
    const answers = await Promise.all(Array.from({ length: 100 }, () => connection.run()))
    const refused = answers.filter(({ status }) => status === 429)
    assert.equal(refused.length, 1, `${nameOf(row)}: ${answers.map(({ status }) => status)}`)
    assertProblem(refused[0], 429, 'throttled')
    assert.match(refused[0].headers['ratelimit-policy'], /;q=100;w=60$/)
    const wait = Number(refused[0].headers['retry-after'])
    assert.ok(wait >= 1 && wait <= 60)
  }
})

test('what a user of the two first connectors sees has not changed', { skip: missing }, async () => {
  const shown = async (id) => (await tenon.admin('GET', `/v1/connectors/${id}`)).actions
  const [authentication] = await shown('ukg-pro-wfm-authentication')
  assert.deepEqual([authentication.name, authentication.method, authentication.path],
    ['GetAccessToken', 'POST', '/api/authentication/access_token'])
  assert.deepEqual(authentication.input.map(({ name, required }) => [name, required === true]), [['username', true], ['password', true],
    ['client_id', true], ['client_secret', true], ['grant_type', false], ['auth_chain', false]])
  const wfm = await shown('ukg-pro-wfm')
  assert.deepEqual(wfm.slice(0, 3).map(({ name, method, path }) => [name, method, path]), [['GetAccessToken', 'POST', '/GetAccessToken'],
    ['GetPerson', 'GET', '/api/v1/commons/persons/{personId}'], ['GetPersons', 'POST', '/api/v1/commons/persons/multi_read']])
})

test('the catalogue shows guide, ways to sign in, cautions and the recommended one', { skip: missing }, async () => {
  for (const id of new Set(CONNECTORS.map((row) => row.id))) {
    const one = await tenon.admin('GET', `/v1/connectors/${id}`)
    for (const part of ['prerequisites', 'steps', 'checklist']) assert.ok(one.guide[part].length > 0, `${id}: ${part}`)
    assert.ok(one.contact && one.links.website && one.links.privacy_policy && one.links.documentation && one.brand_color && one.categories)
    assert.ok(one.auths.length === 0 || one.auths.filter(({ recommended }) => recommended).length === 1, id)
    for (const action of one.actions) assert.ok(action.summary, `${id}: ${action.name}`)
  }
})

test('a region that there is not is refused with what there is to choose', { skip: missing }, async () => {
  const answer = await tenon.request('/v1/connections', { method: 'POST', key: ADMIN_KEY,
    json: { name: 'nowhere', connector: 'pingone', auth: 'client_secret_post', parameters: { ...CONNECTORS[4].parameters, region: 'evil' } } })
  const problem = assertProblem(answer, 400, 'param_value')
  assert.deepEqual(problem.errors, [{ pointer: '/parameters/region', detail: 'Choose one of the six regions.' }])
})
