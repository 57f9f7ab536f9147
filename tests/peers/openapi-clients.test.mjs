// SPDX-License-Identifier: MIT
// A running Tenon and the documents of its connectors: who gets which, and real clients that call it from them.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, before, describe, test } from 'node:test'

import SwaggerParser from '@apidevtools/swagger-parser'
import { parse as parseYaml } from 'yaml'

import { startApiServer } from './lib/api-server.mjs'
import { CLIENTS, startAuthorizationServer, USERS } from './lib/authorization-server.mjs'
import { definition, signInByCall, signIns } from './lib/connector.mjs'
import { node, print } from './lib/run.mjs'
import { ADMIN_KEY, assertProblem, missing, ROOT, startTenon } from './lib/tenon.mjs'
import { until } from './lib/util.mjs'

const VERSIONS = ['2.0', '3.0', '3.1']
const shipped = readdirSync(join(ROOT, 'connectors')).filter((name) => name.endsWith('.yaml')).map((name) => basename(name, '.yaml'))

const connector = (server, api) => definition('things', api.url, `${signIns(server)}actions:
  GetToken:
    summary: Get a token with the caller's credentials
${signInByCall(server)}  GetOwnToken: {summary: Get the connection's token, token: connection}
  Find:
    summary: Find things
    method: GET
    path: /kinds/{kind}/things
    input:
      kind: {type: string}
      limit: {type: integer, minimum: 1, maximum: 50, default: 10}
      many: {type: array, items: {type: string}, collectionFormat: multi}
      joined: {type: array, items: {type: integer}}
      piped: {type: array, items: {type: string}, collectionFormat: pipes}
      exact: {type: boolean, required: true}
      X-Mine: {in: header, type: string}
    output: {type: object, properties: {method: {type: string}, url: {type: string}}}
  Make:
    summary: Make a thing
    path: /things
    input:
      name: {type: string, required: true, maxLength: 20}
      size: {type: number}
      tags: {type: array, items: {type: string}}
      owner: {$ref: '#/schemas/Owner'}
      source: {type: string, const: flow, x-ms-visibility: internal}
    output: {type: object}
  Send: {summary: Send any JSON, method: PUT, path: /any, input: {body: {in: body, required: true}}, output: {type: object}}
  Form:
    summary: Send a form
    path: /form
    input:
      first: {in: form, type: string, required: true}
      many: {in: form, type: array, items: {type: string}, collectionFormat: multi}
    output: {type: object}
  Upload:
    summary: Send a file
    path: /upload
    input: {note: {in: form, type: string}, file: {in: form, type: string, format: binary, required: true}}
    output: {type: object}
  Miss: {summary: Miss a thing, method: GET, path: /missing, responses: {200: {description: There}, 404: {description: Not there, schema: {type: object, properties: {error: {type: string}}}}}}
schemas:
  Owner: {type: object, properties: {name: {type: string, required: true}, age: {type: integer, nullable: true}}}
`)

let folder, server, api, tenon, one, other

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tenon-clients-'))
  server = await startAuthorizationServer()
  api = await startApiServer()
  if (missing) return
  tenon = await startTenon({ connectors: { things: connector(server, api) }, shipped })
  await tenon.connect('one', 'things', CLIENTS.body, 'cc')
  await tenon.connect('two', 'things', CLIENTS.basic, 'cc_basic')
  one = await tenon.key(['one'])
  other = await tenon.key([])
})
after(async () => {
  await server.stop()
  await api.stop()
  await tenon?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const address = (version, connection = '-', format = 'json', id = 'things') =>
  `/v1/connectors/${id}/openapi.${format}?version=${version}&connection=${encodeURIComponent(connection)}`
const get = (path, key, options) => tenon.request(path, { key, ...options })

describe('who gets which document', { skip: missing }, () => {
  test('by HTTP as by the command line', async () => {
    for (const id of ['things', ...shipped]) {
      for (const version of VERSIONS) {
        for (const connection of ['-', '*', ...(id === 'things' ? ['one'] : [])]) {
          for (const format of ['json', 'yaml']) {
            const answer = await get(address(version, connection, format, id), connection === '-' ? undefined : ADMIN_KEY)
            assert.equal(answer.status, 200, answer.text)
            assert.equal(answer.headers['content-type'], `application/${format}`)
            assert.equal(answer.headers['cache-control'], connection === '-' ? 'no-cache' : 'private, no-cache')
            assert.equal(answer.headers['x-content-type-options'], 'nosniff')
            assert.match(answer.headers.etag, /^"[A-Za-z0-9_-]+"$/)
            assert.equal(answer.text, await print(join(tenon.connectors, `${id}.yaml`), '--version', version, '--format', format, '--connection', connection, '--server', tenon.url))
          }
        }
      }
    }
  })

  test('version 3.0 and the key\'s own connection, where nothing is said', async () => {
    const plain = await get('/v1/connectors/things/openapi.json')
    assert.equal(plain.json.openapi, '3.0.3')
    assert.equal(plain.json.servers[0].url, `${tenon.url}/run/things/-`)
    assert.equal((await get('/v1/connectors/things/openapi.yaml')).text, (await get(address('3.0.3', '-', 'yaml'))).text)
  })

  test('an etag that is known is answered without the document', async () => {
    const { etag } = (await get(address('2.0'))).headers
    for (const [header, status] of [[etag, 304], [`W/${etag}`, 304], [`"x", ${etag}`, 304], ['*', 304], ['"x"', 200], [etag.slice(1, -1), 200]]) {
      const answer = await get(address('2.0'), undefined, { headers: { 'if-none-match': header } })
      assert.equal(answer.status, status, header)
      assert.equal(answer.text === '', status === 304)
      assert.equal(answer.headers.etag, etag)
    }
    const head = await get(address('2.0'), undefined, { method: 'HEAD' })
    assert.deepEqual([head.status, head.text, head.headers.etag], [200, '', etag])
  })

  test('a named connection only for a key that may call it, `*` for any key', async () => {
    for (const [connection, key] of [['one', one], ['one', ADMIN_KEY], ['two', ADMIN_KEY], ['*', one], ['*', other]]) {
      assert.equal((await get(address('3.1', connection), key)).status, 200, connection)
    }
    for (const connection of ['one', '*']) {
      for (const key of [undefined, 'tnk_x']) assertProblem(await get(address('3.1', connection), key), 401, 'unauthorized')
    }
    const [foreign, absent] = [await get(address('3.1', 'two'), one), await get(address('3.1', 'zzz'), one)]
    for (const answer of [foreign, absent, await get(address('3.1', 'one'), other), await get(address('3.1', 'zzz'), ADMIN_KEY),
      await get(address('3.1', 'one', 'json', 'ukg-pro-wfm'), ADMIN_KEY)]) assertProblem(answer, 404, 'not_found')
    assert.equal(foreign.json.detail.replace('two', ''), absent.json.detail.replace('zzz', ''))
  })

  test('what there is not, and what is not asked rightly', async () => {
    assertProblem(await get('/v1/connectors/nothing/openapi.json'), 404, 'not_found')
    assertProblem(await get('/v1/connectors/things/openapi.txt'), 404, 'not_found')
    assertProblem(await get('/v1/connectors/things/openapi.json', undefined, { method: 'POST' }), 405, 'method_not_allowed')
    for (const [query, code, pointer] of [['version=4.0', 'param_value', '/version'], ['version=', 'param_value', '/version'], ['connection=A', 'param_pattern', '/connection'],
      ['connection=', 'param_pattern', '/connection'], ['connection=a%2Fb', 'param_pattern', '/connection'], ['x=1', 'param_unknown', '/x']]) {
      const problem = assertProblem(await get(`/v1/connectors/things/openapi.json?${query}`), 400, code)
      assert.equal(problem.errors[0].pointer, pointer)
    }
    assertProblem(await get('/v1/connectors/things/openapi.json?version=%zz'), 400, 'request_malformed')
    const both = assertProblem(await get('/v1/connectors/things/openapi.json?version=1&connection=A'), 400, 'param_value')
    assert.deepEqual(both.errors.map((fault) => fault.pointer), ['/version', '/connection'])
  })

  test('the connector tells their addresses', async () => {
    const { openapi } = (await get('/v1/connectors/things', one)).json
    assert.deepEqual(Object.keys(openapi), VERSIONS)
    for (const version of VERSIONS) {
      for (const format of ['json', 'yaml']) {
        assert.ok(openapi[version][format].startsWith(tenon.url))
        assert.equal((await get(openapi[version][format].slice(tenon.url.length))).text, (await get(address(version, '-', format))).text)
      }
    }
  })

  test('a definition that is saved has another document', async () => {
    const id = 'changing'
    const text = (summary) => definition(id, api.url, `actions:\n  Get: {summary: ${summary}, method: GET, path: /x}\n`)
    tenon.save(id, text('Before'))
    const first = await until('the definition', async () => { const a = await get(address('3.1', '-', 'json', id)); return a.status === 200 && a })
    tenon.save(id, text('After'))
    const second = await until('the change', async () => { const a = await get(address('3.1', '-', 'json', id)); return a.text !== first.text && a })
    assert.equal(second.json.paths['/x'].get.summary, 'After')
    assert.notEqual(second.headers.etag, first.headers.etag)
    tenon.save(id, text('Before'))
    await until('the change back', async () => (await get(address('3.1', '-', 'json', id))).headers.etag === first.headers.etag)
  })

  test('a thousand actions are a document like any other', async () => {
    const actions = Array.from({ length: 1000 }, (_, i) => `  Get${i}: {summary: Get number ${i}, method: GET, path: "/n${i}/{id}", input: {id: {type: string}, q: {type: string}}, output: {type: object}}\n`)
    tenon.save('large', definition('large', api.url, `actions:\n${actions.join('')}`))
    for (const version of VERSIONS) {
      const answer = await until('the definition', async () => { const a = await get(address(version, '-', 'yaml', 'large')); return a.status === 200 && a })
      const document = parseYaml(answer.text)
      assert.deepEqual(Object.values(document.paths).map((item) => item.get.operationId), actions.map((_, i) => `Get${i}`))
      await SwaggerParser.validate(document)
    }
    rmSync(join(tenon.connectors, 'large.yaml'))
  })

  test('none without a key, where the operator wants that', async () => {
    const closed = await startTenon({ connectors: { things: connector(server, api) }, args: ['--public-documents', 'false'] })
    try {
      await closed.connect('one', 'things', CLIENTS.body, 'cc')
      const key = await closed.key([])
      assertProblem(await closed.request(address('3.0')), 401, 'unauthorized')
      const answer = await closed.request(address('3.0'), { key })
      assert.equal(answer.status, 200)
      assert.equal(answer.headers['cache-control'], 'private, no-cache')
      assertProblem(await closed.request(address('3.0', 'one'), { key }), 404, 'not_found')
    } finally {
      await closed.stop()
    }
  })
})

// --- real clients ---

const credentials = () => ({ username: 'alice', password: USERS.alice, ...CLIENTS.body })
const last = (path) => api.at(path).at(-1)

describe('swagger-client calls from the document', { skip: missing }, () => {
  let SwaggerClient
  before(async () => { ({ default: SwaggerClient } = await import('swagger-client')) })

  for (const version of VERSIONS) {
    const v2 = version === '2.0'
    const open = (connection = '-', key = one) => SwaggerClient({
      url: `${tenon.url}${address(version, connection)}`,
      requestInterceptor: (request) => { if (connection !== '-') request.headers['X-API-Key'] = key; return request },
      authorizations: { api_key: v2 ? key : { value: key } },
    })
    // The same call in the words of either version.
    const call = (client, operationId, parameters = {}, body) => client.execute({ operationId,
      parameters: v2 && body !== undefined ? { ...parameters, body } : parameters, ...(!v2 && body !== undefined && { requestBody: body }) })

    test(`${version}: tokens`, async () => {
      const client = await open()
      const { obj } = await call(client, 'GetToken', {}, credentials())
      assert.ok(await server.knows(obj.access_token))
      assert.ok(Number.isInteger(obj.expires_in))
      assert.equal(typeof obj.refresh_token, 'string')
      const own = (await call(client, 'GetOwnToken')).obj
      assert.ok(await server.knows(own.access_token))
      assert.ok(!('refresh_token' in own))
    })

    test(`${version}: every place of an input`, async () => {
      const client = await open()
      await call(client, 'Find', { kind: 'a/b é', limit: 5, many: ['x', 'y z'], joined: [1, 2], piped: ['p', 'q'], exact: true, 'X-Mine': 'mine' })
      const seen = last('/kinds/a%2Fb%20%C3%A9/things')
      assert.deepEqual([seen.query.get('limit'), seen.query.getAll('many'), seen.query.get('joined'), seen.query.get('piped'), seen.query.get('exact')],
        ['5', ['x', 'y z'], '1,2', 'p|q', 'true'])
      assert.equal(seen.headers['x-mine'], 'mine')
      const made = { name: 'lamp', size: 1.5, tags: ['a'], owner: { name: 'Ann', ...(!v2 && { age: null }) }, source: 'flow' }
      await call(client, 'Make', {}, made)
      assert.deepEqual(JSON.parse(last('/things').text), made)
      await call(client, 'Send', {}, [1, { deep: [null, 'é'] }])
      assert.deepEqual(JSON.parse(last('/any').text), [1, { deep: [null, 'é'] }])
    })

    test(`${version}: forms and files`, async () => {
      const client = await open()
      const form = { first: 'a&b', many: ['x', 'y'] }
      await (v2 ? client.execute({ operationId: 'Form', parameters: form }) : client.execute({ operationId: 'Form', requestBody: form }))
      assert.equal(last('/form').headers['content-type'].split(';')[0], 'application/x-www-form-urlencoded')
      assert.deepEqual([...new URLSearchParams(last('/form').text)], [['first', 'a&b'], ['many', 'x'], ['many', 'y']])
      const upload = { note: 'a note', file: new File([Buffer.from([0, 1, 2, 255])], 'a.bin', { type: 'application/x-thing' }) }
      await (v2 ? client.execute({ operationId: 'Upload', parameters: upload }) : client.execute({ operationId: 'Upload', requestBody: upload }))
      const sent = last('/upload').body.toString('latin1')
      assert.match(sent, /name="note"\r\n\r\na note\r\n/)
      assert.match(sent, /name="file"; filename="a.bin"\r\nContent-Type: application\/x-thing\r\n\r\n\x00\x01\x02\xff\r\n/i)
    })

    test(`${version}: errors of Tenon and of the service`, async () => {
      const client = await open()
      const refused = await call(client, 'Make', {}, { name: 'x'.repeat(21) }).catch((error) => error.response)
      assert.deepEqual([refused.status, refused.obj.code, refused.obj.errors[0].pointer], [400, 'param_too_long', '/name'])
      const missed = await call(client, 'Miss').catch((error) => error.response)
      assert.deepEqual([missed.status, missed.obj], [404, { error: 'no such thing' }])
    })

    test(`${version}: a connection that is named, and one that is chosen`, async () => {
      await call(await open('one'), 'Make', {}, { name: 'named' })
      assert.equal(JSON.parse(last('/things').text).name, 'named')
      const client = await open('*')
      const { obj } = await call(client, 'ListConnections', { connector: 'things' })
      assert.deepEqual(obj.connections.map(({ name }) => name), ['one'])
      await call(client, 'Make', { connection: obj.connections[0].name }, { name: 'chosen' })
      assert.equal(JSON.parse(last('/things').text).name, 'chosen')
      const foreign = await call(client, 'Make', { connection: 'two' }, { name: 'x' }).catch((error) => error.response)
      assert.equal(foreign.status, 404)
    })
  }
})

describe('openapi-client-axios calls from the document', { skip: missing }, () => {
  for (const version of ['3.0', '3.1']) {
    test(version, async () => {
      const { OpenAPIClientAxios } = await import('openapi-client-axios')
      const { default: axios } = await import('axios')
      const factory = new OpenAPIClientAxios({ definition: `${tenon.url}${address(version)}`, axiosConfigDefaults: { headers: { 'X-API-Key': one } } })
      const client = await factory.init()
      const { data } = await client.GetToken(null, credentials())
      assert.ok(await server.knows(data.access_token))
      const found = await client.Find({ kind: 'a b', limit: 7, exact: false, 'X-Mine': 'axios' })
      assert.equal(found.data.url, '/kinds/a%20b/things?limit=7&exact=false')
      assert.equal(last('/kinds/a%20b/things').headers['x-mine'], 'axios')
      await client.Make(null, { name: 'axios', owner: { name: 'Ann' } })
      assert.deepEqual(JSON.parse(last('/things').text), { name: 'axios', owner: { name: 'Ann' } })
      const error = await client.Make(null, { name: 'axios', unknown: 1 }).catch((caught) => caught)
      assert.ok(axios.isAxiosError(error))
      assert.equal(error.response.data.code, 'param_unknown')
    })
  }
})

// The types are those of the document, so that what does not fit it does not compile.
const PROGRAM = `
import createClient from 'openapi-fetch'
import type { paths } from './schema.js'

const { BASE, KEY, CREDENTIALS } = process.env as Record<string, string>
const client = createClient<paths>({ baseUrl: BASE!, headers: { 'X-API-Key': KEY! }, querySerializer: { array: { style: 'form', explode: false } } })

const token = await client.POST('/GetToken', { body: JSON.parse(CREDENTIALS!) })
const access: string = token.data!.access_token
const seconds: number = token.data!.expires_in
const found = await client.GET('/kinds/{kind}/things', { params: { path: { kind: 'typed' }, query: { joined: [3, 4], exact: true }, header: { 'X-Mine': 'typed' } } })
const url: string | undefined = found.data!.url
const made = await client.POST('/things', { body: { name: 'typed', owner: { name: 'Ann', age: null } } })
const refused = await client.POST('/things', { body: { name: 'a name that is too long for it' } })
const code: string = refused.error!.code

// @ts-expect-error: name is required
const a = () => client.POST('/things', { body: {} })
// @ts-expect-error: a list of numbers
const b = () => client.GET('/kinds/{kind}/things', { params: { path: { kind: 'x' }, query: { exact: true, joined: ['x'] } } })
// @ts-expect-error: exact is required
const c = () => client.GET('/kinds/{kind}/things', { params: { path: { kind: 'x' }, query: {} } })
// @ts-expect-error: there is no such path
const d = () => client.GET('/nothing')
// @ts-expect-error: a token is a text
const e: number = token.data!.access_token

console.log(JSON.stringify({ access, seconds, url, made: made.response.status, code, never: [a, b, c, d, e].length }))
`

describe('a program that is compiled against types made of the document', { skip: missing }, () => {
  for (const version of ['3.0', '3.1']) {
    test(version, async () => {
      const { default: openapiTS, astToString } = await import('openapi-typescript')
      const at = (name) => join(folder, `typed-${version}`, name)
      mkdirSync(at('.'), { recursive: true })
      writeFileSync(at('package.json'), '{"type": "module"}')
      writeFileSync(at('schema.ts'), astToString(await openapiTS(new URL(`${tenon.url}${address(version)}`))))
      writeFileSync(at('program.ts'), PROGRAM)
      writeFileSync(at('node.d.ts'), 'declare const process: { env: unknown }\n')
      writeFileSync(at('tsconfig.json'), JSON.stringify({ files: ['program.ts', 'node.d.ts'], compilerOptions: { strict: true, target: 'ES2022', module: 'NodeNext',
        lib: ['ES2022', 'DOM', 'DOM.Iterable'], types: [], skipLibCheck: true, outDir: 'out', rootDir: '.' } }))
      symlinkSync(join(ROOT, 'tests/node_modules'), at('node_modules'))
      await node(['node_modules/typescript/bin/tsc', '-p', '.'], { cwd: at('.') })
      const { servers } = (await get(address(version))).json
      const told = JSON.parse(await node(['out/program.js'], { cwd: at('.'),
        env: { ...process.env, BASE: servers[0].url, KEY: one, CREDENTIALS: JSON.stringify(credentials()) } }))
      assert.ok(await server.knows(told.access))
      assert.ok(Number.isInteger(told.seconds))
      assert.deepEqual([told.url, told.made, told.code], ['/kinds/typed/things?limit=10&joined=3,4&exact=true', 200, 'param_too_long'])
    })
  }
})
