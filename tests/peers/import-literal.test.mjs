// SPDX-License-Identifier: MIT
// What looks like a template of ours in a source is a text there. Three sources whose texts all hold `${connection.client_secret}` are
// imported and run: the service receives the text as it stands, and the secret only where the source itself wants it.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import YAML from 'yaml'

import { startApiServer } from './lib/api-server.mjs'
import { run } from './lib/run.mjs'
import { missing, startTenon, TENON } from './lib/tenon.mjs'
import { makeCertificate } from './lib/tls.mjs'

const LITERAL = '${connection.client_secret}', SECRET = 'CANARY-the-secret-of-the-client'
const HOST = 'api.example.com'
// Breaks out of a quoted name of an expression, where nothing guards it.
const OUTBREAK = `x']}${LITERAL}\${steps['y`

/* --- a package --- */

const policy = (templateId, parameters) => ({ templateId, title: LITERAL, parameters: Object.fromEntries(Object.entries(parameters).map(([name, value]) =>
  [name.startsWith('x-ms-') ? name : `x-ms-apimTemplateParameter.${name}`, value])) })
const only = (...names) => ({ 'x-ms-apimTemplate-operationName': names })
const inResponse = { 'x-ms-apimTemplate-policySection': 'Response' }
const answers = { 200: { description: LITERAL, schema: { type: 'object', title: LITERAL, properties: { text: { type: 'string', description: LITERAL } } } } }
const described = { summary: LITERAL, description: LITERAL, 'x-told': LITERAL, responses: answers }
const query = (name, more) => ({ name, in: 'query', type: 'string', description: LITERAL, 'x-ms-summary': LITERAL, ...more })

const swagger = {
  swagger: '2.0', info: { title: `Texts ${LITERAL}`, version: '1.0.0', description: LITERAL }, host: HOST, basePath: `/base/${LITERAL}`, schemes: ['https'],
  paths: {
    '/send': { post: { ...described, operationId: 'Send', parameters: [
      query('kind', { required: true, default: LITERAL, enum: [LITERAL, 'other'] }), query('cost'), query(OUTBREAK),
      { name: 'body', in: 'body', required: true, schema: { type: 'object', required: ['text'], properties: { text: { type: 'string', default: LITERAL } } } }] } },
    [`/query?fixed=${LITERAL}`]: { get: { ...described, operationId: 'Query' } },
    '/routed/{id}': { get: { ...described, operationId: 'Routed', parameters: [{ name: 'id', in: 'path', required: true, type: 'string' }] } },
    '/elsewhere': { get: { ...described, operationId: 'Elsewhere' } },
    '/looked-up': { get: { ...described, operationId: 'LookedUp' } },
    '/broken-out': { get: { ...described, operationId: 'BrokenOut' } },
  },
  securityDefinitions: { client_secret: { type: 'apiKey', in: 'header', name: 'X-Key' } },
}
const properties = { properties: { connectionParameters: { client_secret: { type: 'securestring', uiDefinition: { displayName: LITERAL, description: LITERAL, constraints: { required: 'true' } } } },
  policyTemplateInstances: [
    policy('setheader', { name: 'X-Fixed', value: LITERAL, existsAction: 'override' }),
    policy('setheader', { name: 'X-Cost', value: 'cost$@queryParameters(\'cost\')', existsAction: 'override', ...only('Send') }),
    policy('setqueryparameter', { name: 'cost', value: LITERAL, existsAction: 'skip', ...only('Send') }),
    policy('setqueryparameter', { name: 'also', value: `${LITERAL}@queryParameters('unheard', '${LITERAL}')`, existsAction: 'override', ...only('Send') }),
    policy('setproperty', { newPropertyParentPathTemplate: '@body()', newPropertySubPathTemplate: 'text_too', propertyValuePathTemplate: LITERAL, ...only('Send') }),
    policy('setproperty', { newPropertyParentPathTemplate: '@body()', newPropertySubPathTemplate: 'tree', propertyValuePathTemplate: JSON.stringify({ [LITERAL]: [LITERAL] }), ...only('Send') }),
    policy('setheader', { name: 'X-Answer', value: LITERAL, existsAction: 'override', ...only('Send'), ...inResponse }),
    policy('routerequesttoendpoint', { newPath: `/new/${LITERAL}/\${id}`, httpMethod: 'GET', ...only('Routed') }),
    policy('dynamichosturl', { urlTemplate: `https://${HOST}/other/${LITERAL}`, ...only('Elsewhere') }),
    policy('setvaluefromurl', { parameterTemplate: '@queryParameters(\'found\')', parameterValueUrl: `/value?of=${LITERAL}`, parameterValuePathTemplate: '@body().text', httpMethod: 'GET', ...only('LookedUp') }),
    policy('setvaluefromurl', { parameterTemplate: '@queryParameters(\'found\')', parameterValueUrl: '/value', parameterValuePathTemplate: `@body().a}${LITERAL}\${steps.value_1.body.b`, httpMethod: 'GET', ...only('BrokenOut') }),
  ] } }

/* --- a document --- */

const texts = { summary: LITERAL, description: LITERAL, responses: { 200: { description: LITERAL, content: { 'application/json': { schema: { type: 'object', description: LITERAL } } } } } }
const parameter = (name, place, more) => ({ name, in: place, description: LITERAL, required: true, schema: { type: 'string', title: LITERAL, default: LITERAL, enum: [LITERAL, 'other'], ...more } })
const document = {
  openapi: '3.1.0', info: { title: `Documents ${LITERAL}`, version: '1.0.0', description: LITERAL }, servers: [{ url: `https://${HOST}/v1/$\{part}`, description: LITERAL, variables: { part: { default: LITERAL, description: LITERAL } } }],
  security: [{ key: [], cookie$: [] }],
  paths: {
    '/send': { post: { operationId: 'Send', ...texts, security: [{ key: [] }], parameters: [parameter('kind', 'query'), parameter('X-Kind', 'header'), parameter(`c'$`, 'cookie'), parameter(`${LITERAL}'`, 'query'), parameter(OUTBREAK, 'query')],
      requestBody: { required: true, content: { 'application/x-www-form-urlencoded': { schema: { type: 'object', required: ['text'], properties: { text: { type: 'string', default: LITERAL } } } } } } } },
    [`/query?fixed=${LITERAL.replace('${', '$')}`]: { get: { operationId: 'Query', ...texts } },
    '/priced$/{id}': { get: { operationId: 'Priced', ...texts, parameters: [parameter('id', 'path')], servers: [{ url: `https://${HOST}/own/$` }] } },
    '/signed': { get: { operationId: 'Signed', ...texts, security: [{ client: [LITERAL, `$${LITERAL}`] }] } },
  },
  components: { securitySchemes: {
    key: { type: 'apiKey', in: 'header', name: 'X-Key', description: LITERAL },
    cookie$: { type: 'apiKey', in: 'cookie', name: `\${connection.key}$`, description: LITERAL },
    client: { type: 'oauth2', description: LITERAL, flows: { clientCredentials: { tokenUrl: `https://${HOST}/token?of=${LITERAL}`, scopes: { [LITERAL]: LITERAL } } } },
  } },
}

/* --- a catalogue --- */

const provider = (more) => ({ display_name: LITERAL, categories: [LITERAL], auth_mode: 'TWO_STEP', docs: `https://${HOST}/${LITERAL}`, ...more })
const catalogue = {
  literal: provider({
    token_url: `https://${HOST}/login`, token_params: { secret: '${credentials.client_secret}', priced: 'cost$${credentials.user}' }, token_response: { token: OUTBREAK, token_expiration: 'expires', token_expiration_strategy: 'expireIn' },
    token_response_metadata: [OUTBREAK], credentials: { user: { type: 'string', title: LITERAL, description: LITERAL, default_value: LITERAL }, client_secret: { type: 'string', title: LITERAL, secret: true } },
    proxy: { base_url: `https://${HOST}`, headers: { 'x-token': '${accessToken}', 'x-braces': 'a$b{c}$' } } }),
  evaluated: provider({ auth_mode: 'API_KEY', proxy: { base_url: `https://${HOST}`, headers: { 'x-key': LITERAL } } }),
}

/* --- all of them, imported --- */

let folder, api, tenon
const reports = {}

const importAs = async (kind, source) => {
  const told = await run(TENON, ['import', kind, join(folder, source), '--out', join(folder, kind), '--report', join(folder, `${kind}.json`)])
  assert.ok(told.status < 2 && told.stderr === '', told.stderr)
  reports[kind] = JSON.parse(readFileSync(join(folder, `${kind}.json`), 'utf8'))
  return readFileSync(join(folder, kind, `${reports[kind][0].connector}.yaml`), 'utf8')
}

before(async () => {
  if (missing) return
  folder = mkdtempSync(join(tmpdir(), 'tenon-literal-'))
  mkdirSync(join(folder, 'package'))
  writeFileSync(join(folder, 'package/apiDefinition.swagger.json'), JSON.stringify(swagger))
  writeFileSync(join(folder, 'package/apiProperties.json'), JSON.stringify(properties))
  writeFileSync(join(folder, 'document.json'), JSON.stringify(document))
  writeFileSync(join(folder, 'providers.yaml'), JSON.stringify(catalogue))
  const connectors = { package: await importAs('powerplatform', 'package'), 'documents-connection-client-secret': await importAs('openapi', 'document.json'), literal: await importAs('nango', 'providers.yaml') }
  const tls = makeCertificate(folder, [HOST])
  api = await startApiServer({ tls })
  tenon = await startTenon({ connectors, env: { TENON_CA_FILE: tls.caFile, TENON_RESOLVE: `${HOST}:443=127.0.0.1:${api.port}` } })
  tenon.secrets.add(SECRET)
})
after(async () => {
  await tenon?.stop()
  await api?.stop()
  if (folder) rmSync(folder, { recursive: true, force: true })
})

// Calls; answers the requests that arrived, and the answer. The secret is in none of them, but in those headers.
async function call(path, options, headers = []) {
  const from = api.requests.length
  const answer = await tenon.request(path, { echo: true, ...options })
  assert.equal(answer.status, 200, answer.text)
  const requests = api.requests.slice(from)
  for (const seen of requests.filter((one) => !one.path.startsWith('/token') && one.path !== '/login')) {
    const rest = Object.entries(seen.headers).filter(([name]) => !headers.includes(name))
    assert.ok(!decodeURIComponent(JSON.stringify([seen.url, rest, seen.text])).includes(SECRET), `${seen.url} tells the secret`)
  }
  return { requests, seen: requests.at(-1), answer }
}
const plain = (url) => decodeURIComponent(url.split('?')[0])

test('a package: every text of it is sent as it stands', { skip: missing }, async () => {
  await tenon.connect('package', 'package', { client_secret: SECRET })
  const key = await tenon.key(['package']), base = '/run/package/package'
  const send = await call(`${base}/send?cost=5&${encodeURIComponent(OUTBREAK)}=odd`, { key, json: {} }, ['x-key'])
  assert.equal(send.seen.headers['x-key'], SECRET)
  assert.equal(send.seen.headers['x-fixed'], LITERAL)
  assert.equal(send.seen.headers['x-cost'], 'cost$5')
  assert.equal(plain(send.seen.url), `/base/${LITERAL}/send`)
  assert.deepEqual(Object.fromEntries(send.seen.query), { kind: LITERAL, cost: '5', [OUTBREAK]: 'odd', also: LITERAL + LITERAL })
  assert.deepEqual(JSON.parse(send.seen.text), { text: LITERAL, text_too: LITERAL, tree: { [LITERAL]: [LITERAL] } })
  assert.equal(send.answer.headers['x-answer'], LITERAL)
  assert.equal((await call(`${base}/send`, { key, json: {} }, ['x-key'])).seen.query.get('cost'), LITERAL)
  assert.equal((await call(`${base}/query`, { key }, ['x-key'])).seen.query.get('fixed'), LITERAL)
  assert.equal(plain((await call(`${base}/routed/7`, { key }, ['x-key'])).seen.url), `/base/${LITERAL}/new/${LITERAL}/$7`)
  assert.equal(plain((await call(`${base}/elsewhere`, { key }, ['x-key'])).seen.url), `/other/${LITERAL}/elsewhere`)
  api.answer(`/base/${encodeURI(LITERAL)}/value`, { text: LITERAL })
  const found = await call(`${base}/looked-up`, { key }, ['x-key'])
  assert.equal(found.requests[0].query.get('of'), LITERAL)
  assert.equal(found.seen.query.get('found'), LITERAL)
  const { operations } = reports.powerplatform[0]
  assert.deepEqual(Object.keys(operations).filter((name) => operations[name].verdict === 'refused'), ['BrokenOut'])
})

test('a package: what only describes is written as it is', { skip: missing }, async () => {
  const told = await tenon.admin('GET', '/v1/connectors/package/openapi.json')
  assert.equal(told.info.title, `Texts ${LITERAL}`)
  assert.equal(told.info.description.split('\n')[0], LITERAL)
  const { post } = Object.values(told.paths).find((item) => item.post)
  assert.deepEqual([post.summary, post.description.split('\n')[0], post['x-told']], [LITERAL, LITERAL, LITERAL])
})

test('a document: every text of it is sent as it stands', { skip: missing }, async () => {
  const id = reports.openapi[0].connector, base = `/run/${id}/document`
  await tenon.connect('document', id, { key: SECRET, part: LITERAL }, 'key')
  await tenon.connect('biscuit', id, { key: SECRET, cookie_: 'crumb', part: LITERAL }, 'key_cookie_')
  const key = await tenon.key(['document', 'biscuit'])
  const send = await call(`${base}/send`, { method: 'POST', key, body: `text=${encodeURIComponent(LITERAL)}`, headers: { 'content-type': 'application/x-www-form-urlencoded' } }, ['x-key'])
  assert.equal(plain(send.seen.url), `/v1/$${LITERAL}/send`)
  assert.deepEqual([...send.seen.query.values()], [LITERAL, LITERAL, LITERAL])
  assert.ok(send.seen.query.has(`${LITERAL}'`) && send.seen.query.has(OUTBREAK))
  assert.equal(send.seen.headers['x-kind'], LITERAL)
  assert.equal(new URLSearchParams(send.seen.text).get('text'), LITERAL)
  assert.equal(send.seen.headers.cookie, `c'$=${encodeURIComponent(LITERAL)}`)
  const biscuit = `/run/${id}/biscuit`
  const fixed = await call(`${biscuit}/query`, { key }, ['x-key'])
  assert.equal(fixed.seen.query.get('fixed'), LITERAL.replace('${', '$'))
  assert.equal(fixed.seen.headers.cookie, '${connection.key}$=crumb')
  assert.equal(plain((await call(`${biscuit}/priced$/other`, { key }, ['x-key'])).seen.url), '/own/$/priced$/other')
})

test('a document: so are the texts of a token request', { skip: missing }, async () => {
  const id = reports.openapi[0].connector
  api.answer('/token', { access_token: 'a-token', token_type: 'Bearer', expires_in: 60 })
  await tenon.connect('signed', id, { client_id: 'c', client_secret: SECRET, part: LITERAL }, 'client')
  const { requests, seen } = await call(`/run/${id}/signed/signed`, { key: await tenon.key(['signed']) })
  const token = requests.find((one) => one.path === '/token') ?? api.at('/token').at(-1)
  assert.equal(token.query.get('of'), LITERAL)
  assert.equal(new URLSearchParams(token.text).get('scope'), `${LITERAL} $${LITERAL}`)
  assert.equal(seen.headers.authorization, 'Bearer a-token')
})

test('a catalogue: what is literal there is literal, and what is evaluated there names nothing of ours', { skip: missing }, async () => {
  const [first, second] = OUTBREAK.split('.')
  api.answer('/login', { [first]: { [second]: 'a-token' }, expires: 60 })
  await tenon.connect('catalogue', 'literal', { client_secret: SECRET })
  const { requests, seen } = await call('/run/literal/catalogue/items', { key: await tenon.key(['catalogue']) })
  const login = requests.find((one) => one.path === '/login') ?? api.at('/login').at(-1)
  assert.deepEqual(JSON.parse(login.text), { secret: SECRET, priced: `cost$${LITERAL}` })
  assert.equal(seen.headers['x-token'], 'a-token')
  assert.equal(seen.headers['x-braces'], 'a$b{c}$')
  assert.deepEqual(reports.nango.map((one) => [one.source, one.failed]), [['literal', undefined], ['evaluated', 'template']])
})

/* --- ways to sign in of packages --- */

const oauth = (identityProvider, customParameters) => ({ properties: { connectionParameters: { token: { type: 'oauthSetting', oAuthSettings: {
  identityProvider, scopes: [LITERAL], customParameters: Object.fromEntries(Object.entries(customParameters).map(([name, value]) => [name, { value }])) } } } } })
const ADDRESS = 'https://login.example.com'
const SIGN_INS = {
  oauth2: oauth('oauth2', { authorizationUrl: `${ADDRESS}/${LITERAL}?told=${LITERAL}`, tokenUrl: `${ADDRESS}/token/${LITERAL}` }),
  oauth2generic: oauth('oauth2generic', { authorizationUrlTemplate: `${ADDRESS}/{part}?told={part}`, tokenUrlTemplate: `${ADDRESS}/token/{part}`, tokenBodyTemplate: 'told=${ClientId}', part: LITERAL }),
  aad: oauth('aad', { loginUri: ADDRESS, tenantId: LITERAL, resourceUri: `api://${LITERAL}` }),
}
for (const [name, settings] of Object.entries(SIGN_INS)) {
  test(`a package: so are the texts of ${name}`, { skip: missing }, async () => {
    mkdirSync(join(folder, name))
    writeFileSync(join(folder, name, 'apiDefinition.swagger.json'), JSON.stringify({ ...swagger, basePath: '/', securityDefinitions: {}, paths: { '/a': { get: { ...described, operationId: 'A' } } } }))
    writeFileSync(join(folder, name, 'apiProperties.json'), JSON.stringify(settings))
    const told = await run(TENON, ['import', 'powerplatform', join(folder, name), '--out', join(folder, 'signs-in')])
    assert.equal(told.status, 0, told.stdout)
    const auth = YAML.parse(readFileSync(join(folder, 'signs-in', `${name}.yaml`), 'utf8')).connection.auth.sign_in
    const inUrl = LITERAL.replace('{', '%7B').replace('}', '%7D')
    assert.ok(auth.token_url.includes(inUrl) && auth.authorize_url.includes(inUrl), `${auth.token_url} ${auth.authorize_url}`)
    const texts = [auth.scopes?.[0], auth.authorize_params?.told, auth.authorize_params?.resource, auth.params?.resource].filter(Boolean)
    assert.ok(texts.length > 1)
    for (const text of texts) assert.ok(text.endsWith(`$${LITERAL}`), text)
    if (name === 'oauth2generic') assert.equal(auth.params.told, "${'$'}${oauth.client_id}")
  })
}
