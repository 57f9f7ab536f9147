// SPDX-License-Identifier: MIT
// Published OpenAPI documents, imported and run: each definition lints, is exported in every version, and what arrives at the service
// when an action is called is what an independent client (swagger-client) makes of the same values and the original document.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, before, describe, test } from 'node:test'

import SwaggerParser from '@apidevtools/swagger-parser'
import { Validator } from '@seriousme/openapi-schema-validator'
import SwaggerClient from 'swagger-client'
import { parse } from 'yaml'

import { startApiServer } from './lib/api-server.mjs'
import { differences, encoded } from './lib/openapi-requests.mjs'
import { fieldsOf, inputsOf, isBinary, sample } from './lib/openapi-values.mjs'
import { run } from './lib/run.mjs'
import { missing, ROOT, startTenon, TENON } from './lib/tenon.mjs'
import { makeCertificate } from './lib/tls.mjs'

const PACKAGE = join(ROOT, 'tests/node_modules/@readme/oas-examples')
// Of whose values no service could take any, and why.
const NOT_COMPARED = {
  'schema-types.yaml quirks_incompatibleNestedAllOf': 'a number that is a text',
  'schema-types.yaml quirks_entirelyIncompatibleAllOf': 'a number that is a text',
  'schema-types.yaml quirks_partiallyUsableIncompatibleAllOf': 'a number that is a text',
  'parameters-style.yaml cookies_standard': 'no rule for objects that are spread in a cookie',
  'parameters-style.yaml cookies_form_exploded': 'no rule for objects that are spread in a cookie',
  'parameters-style.yaml form_data_form_exploded': 'the client joins a list in parts where no encoding tells otherwise: so does the maker',
  'parameters-style.yaml form_data_deepObject_exploded': 'the same',
  'schema-encoding-style.yaml encoding_form': 'the same',
  'parameters-style.yaml formData_spaceDelimited_nonExploded': 'a blank in a part, which the client writes as %20',
  'schema-additional-properties.yaml POST /post': 'members that each of two schemas refuses',
}
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch']
// Tenon's own document repeats its answers often: its definition is larger than a host takes by default.
const LARGE_FILE = '4MiB'
// The largest say little that the others do not.
const LARGE = ['star-trek.yaml', 'readme.yaml', 'http-status-codes.yaml']
const sources = ['2.0', '3.0', '3.1'].flatMap((version) => readdirSync(join(PACKAGE, version, 'yaml')).filter((name) => name.endsWith('.yaml') && !LARGE.includes(name))
  .map((name) => join(PACKAGE, version, 'yaml', name))).concat(join(ROOT, 'openapi/tenon.openapi.yaml'))

let folder, report, tenon, secure, plain
const connectors = new Map() // id -> {source, operations, text, definition}
const originals = new Map() // source -> document, without references

before(async () => {
  if (missing) return
  folder = mkdtempSync(join(tmpdir(), 'tenon-import-openapi-'))
  const told = await run(TENON, ['import', 'openapi', ...sources, '--out', join(folder, 'out'), '--report', join(folder, 'report.json'), '--json'])
  assert.equal(told.stderr, '')
  report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'))
  for (const { connector, source, operations, failed } of report) {
    if (!failed) connectors.set(connector, { source, operations, text: readFileSync(join(folder, 'out', `${connector}.yaml`), 'utf8') })
  }
  for (const one of connectors.values()) one.definition = parse(one.text)
  for (const source of sources) originals.set(source, await SwaggerParser.dereference(source))
  await start()
})
after(async () => {
  for (const peer of [tenon, secure, plain]) await peer?.stop()
  if (folder) rmSync(folder, { recursive: true, force: true })
})

describe('published documents', { skip: missing }, () => {
  test('each has a line in the report for every operation', () => {
    assert.equal(report.length, sources.length)
    for (const { source, operations, failed, notes } of report) {
      const document = originals.get(source)
      assert.equal(notes.some(({ reason }) => reason === 'size'), source.endsWith('tenon.openapi.yaml'), source)
      if (failed) assert.ok(notes.length > 0, source)
      else assert.equal(Object.keys(operations).length, operationsOf(document).length, source)
      for (const [name, { verdict, reasons }] of Object.entries(operations)) assert.ok(verdict === 'hosted' || reasons.length > 0, `${source} ${name}`)
    }
  })

  test('every definition lints without errors', async () => {
    const lint = await run(TENON, ['lint', join(folder, 'out'), '--definition-bytes', LARGE_FILE])
    assert.equal(lint.status, 0, lint.stdout)
    assert.match(lint.stdout, /, 0 errors/)
  })

  test('every definition is exported in every version', async () => {
    const validator = new Validator()
    for (const id of connectors.keys()) {
      for (const version of ['2.0', '3.0', '3.1']) {
        const { valid, errors } = await validator.validate(await documentOf(id, version))
        assert.ok(valid, `${id} in ${version}: ${JSON.stringify(errors)?.slice(0, 2000)}`)
      }
    }
  })
})

describe('the command', { skip: missing }, () => {
  const cases = join(ROOT, 'tests/cases/openapi-import')
  const bookshop = join(cases, 'bookshop/openapi.yaml')

  test('writes the definition that the golden case holds; one that is there is not replaced', async () => {
    const first = await run(TENON, ['import', 'openapi', bookshop, '--out', join(folder, 'one')])
    assert.equal(first.status, 0, first.stderr)
    assert.equal(readFileSync(join(folder, 'one/bookshop.yaml'), 'utf8'), readFileSync(join(cases, 'bookshop/expected.yaml'), 'utf8'))
    const again = await run(TENON, ['import', 'openapi', bookshop, '--out', join(folder, 'one')])
    assert.equal(again.status, 1)
    assert.match(again.stderr, /bookshop\.yaml: File exists/)
  })

  test('tells what cannot be read, and reads nothing outside of the folder', async () => {
    const inside = join(folder, 'inside')
    mkdirSync(inside)
    writeFileSync(join(folder, 'secret.yaml'), 'type: integer\n')
    symlinkSync(join(folder, 'secret.yaml'), join(inside, 'link.yaml'))
    const answer = (ref) => `{"200": {description: A, content: {application/json: {schema: {$ref: "${ref}"}}}}}`
    writeFileSync(join(inside, 'api.yaml'), `openapi: 3.1.0\ninfo: {title: Inside, version: 1.0.0}\nservers: [{url: "https://a.example"}]\npaths:\n${
      ['../secret.yaml', 'link.yaml', `${folder}/secret.yaml`, 'sub/../../secret.yaml', 'file:///etc/passwd'].map((ref, i) => `  /${i}: {get: {responses: ${answer(ref)}}}\n`).join('')}`)
    const told = await run(TENON, ['import', 'openapi', join(inside, 'api.yaml'), join(folder, 'none.yaml'), '--out', join(folder, 'two'), '--json'])
    assert.equal(told.status, 1)
    const [read, none] = JSON.parse(told.stdout)
    assert.equal(none.failed, 'unreadable')
    assert.deepEqual(read.notes.filter(({ reason }) => ['reference', 'unreadable'].includes(reason)).length, 5, told.stdout)
    assert.doesNotMatch(readFileSync(join(folder, 'two/inside.yaml'), 'utf8'), /integer/)
  })

  test('a document may be a link that leads elsewhere; what it refers to is read beside the link', async () => {
    const real = join(folder, 'real'), named = join(folder, 'named')
    for (const [place, type] of [[real, 'integer'], [named, 'boolean']]) {
      mkdirSync(place)
      writeFileSync(join(place, 'part.yaml'), `type: ${type}\n`)
    }
    writeFileSync(join(real, 'api.yaml'), `openapi: 3.1.0\ninfo: {title: Linked, version: 1.0.0}\nservers: [{url: "https://a.example"}]\npaths:\n  /a: {get: {parameters: [{name: q, in: query, schema: {$ref: part.yaml}}], responses: {"200": {description: A}}}}\n`)
    symlinkSync(join(real, 'api.yaml'), join(named, 'api.yaml'))
    const told = await run(TENON, ['import', 'openapi', join(named, 'api.yaml'), '--out', join(folder, 'three'), '--json'])
    assert.equal(told.status, 0, told.stdout + told.stderr)
    assert.match(readFileSync(join(folder, 'three/linked.yaml'), 'utf8'), /boolean/)
  })

  test('what 2.0 cannot say is told on standard error, and in the report', async () => {
    const { stdout, stderr, status } = await run(TENON, ['openapi', join(folder, 'one/bookshop.yaml'), '--version', '2.0', '--server', 'https://tenon.example'])
    assert.equal(status, 0)
    assert.equal(JSON.parse(stdout).swagger, '2.0')
    assert.match(stderr, /^warning: listBooks: input either: anyOf: one schema with the members of all alternatives$/m)
    const { reasons } = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')).find(({ source }) => source.endsWith('polymorphism.yaml')).operations['POST /anything/one-of-primitive']
    assert.ok(reasons.some(({ reason }) => reason === 'lowered'))
  })
})

/* --- calls --- */

const VALUES = { format: { uri: 'https://service.example', pem: '' } }
const secretOf = (name) => `CANARY-${name}`

// What a connection is filled in with; undefined: nobody can sign in here.
function parametersOf({ definition }, auth) {
  const way = definition.connection?.auth?.[auth]
  if (way && !['api_key', 'basic', 'none'].includes(way.type)) return undefined
  const fields = { ...definition.connection?.parameters, ...way?.parameters }
  if (Object.values(fields).some((field) => field.format === 'pem')) return undefined
  return Object.fromEntries(Object.entries(fields).filter(([, field]) => field.default === undefined)
    .map(([name, field]) => [name, field.choices ? Object.keys(field.choices)[0] : field.format === 'uri' ? VALUES.format.uri : secretOf(name)]))
}

const hostsOf = ({ definition }) => (definition.hosts === 'any' ? ['service.example'] : definition.hosts).map((host) => host.replace('*', 'any'))

const plainName = (name) => name.replace(/[^A-Za-z0-9]/g, '_').replace(/^(?![A-Za-z])/, 'x')

// The requirement of the operation that Tenon meets, and the way to sign in that does: keys and passwords, before others.
function wayOf({ definition }, original, { operation, name }, action) {
  const security = operation.security ?? original.security ?? []
  const ways = definition.connection?.auth ?? {}
  const offered = definition.actions[action].auth ?? Object.keys(ways)
  if (offered === 'none' || security.length === 0) return { auth: ways.none ? 'none' : Object.keys(ways)[0], requirement: {} }
  const fits = (auth, requirement) => {
    const told = Object.keys(requirement).map(plainName).join('_') || 'none'
    return auth === told || auth.startsWith(`${told}_`)
  }
  const found = offered.flatMap((auth) => security.filter((requirement) => fits(auth, requirement)).map((requirement) => ({ auth, requirement })))
  assert.ok(found.length > 0, `${name}: no requirement is met by ${offered}`)
  return found.find(({ auth }) => ['api_key', 'basic', 'none'].includes(ways[auth].type)) ?? found[0]
}

async function start() {
  const names = [...new Set([...connectors.values()].flatMap(hostsOf))].filter((host) => !/^127\./.test(host))
  const tls = makeCertificate(folder, names.map((host) => host.replace(/:.*/, '')))
  secure = await startApiServer({ tls })
  plain = await startApiServer()
  const pins = names.flatMap((host) => (host.includes(':') ? [`${host}=127.0.0.1:${secure.port}`]
    : [`${host}:443=127.0.0.1:${secure.port}`, `${host}:80=127.0.0.1:${plain.port}`]))
  tenon = await startTenon({ connectors: Object.fromEntries([...connectors].map(([id, one]) => [id, one.text])),
    env: { TENON_DEFINITION_BYTES: LARGE_FILE, TENON_CA_FILE: tls.caFile, TENON_RESOLVE: pins.join(','), TENON_EGRESS_ALLOW: ['127.0.0.0/8', ...names.map((host) => `${host.replace(/:.*/, '')}=127.0.0.0/8`)].join(',') } })
}

const documentOf = async (id, version) => (await tenon.request(`/v1/connectors/${id}/openapi.json?version=${version}`)).json

const operationsOf = (document) => Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
  METHODS.filter((method) => item[method]).map((method) => ({ path, method, item, operation: item[method],
    name: item[method].operationId ?? `${method.toUpperCase()} ${path}` })))

// Parameters of the path and of the operation, which wins.
const parametersOfOperation = ({ item, operation }) => {
  const own = operation.parameters ?? []
  return [...(item.parameters ?? []).filter((one) => !own.some((other) => other.name === one.name && other.in === one.in)), ...own]
}

const isIgnored = (parameter, version2) => parameter.in === 'header' && (/^(host|connection|content-length|authorization)$/i.test(parameter.name) ||
  (!version2 && /^(accept|content-type|authorization)$/i.test(parameter.name)))

describe('what arrives at the service', { skip: missing }, () => {
  const counts = { compared: 0, 'not compared': 0, 'nobody signs in': 0, 'no value': 0, refused: 0, 'the client fails': 0 }
  const different = []
  test('is what swagger-client makes of the original document', async () => {
    for (const [id, one] of connectors) await compareAll(id, one)
    assert.deepEqual(different, [])
    assert.ok(counts.compared > 320, JSON.stringify(counts))
  })

  const connected = new Map()
  async function connectionOf(id, one, auth) {
    const name = `${id}-${auth.toLowerCase().replace(/[^a-z0-9]/g, '-')}`.slice(-63).replace(/^-+/, '')
    if (!connected.has(name)) {
      const parameters = parametersOf(one, auth)
      connected.set(name, parameters && await tenon.connect(name, id, parameters, auth || undefined).then(() => ({ name, parameters })))
    }
    return connected.get(name)
  }

  async function compareAll(id, one) {
    const original = originals.get(one.source)
    const exported = await SwaggerParser.dereference(await documentOf(id, '3.0'))
    const actions = new Map(operationsOf(exported).map((action) => [action.name, action]))
    for (const asked of operationsOf(original)) {
      const { verdict, action, reasons } = one.operations[asked.name]
      const why = NOT_COMPARED[`${basename(one.source)} ${asked.name}`] ?? (reasons.some(({ reason }) => reason === 'server') && 'another server')
      if (verdict === 'refused') counts.refused++
      else if (why || one.definition.hosts[0].startsWith('127.')) counts['not compared']++
      else await compareOne({ id, one, original, exported, asked, action: actions.get(action) })
    }
  }

  async function compareOne({ id, one, original, exported, asked, action }) {
    const { auth, requirement } = wayOf(one, original, asked, action.name)
    const connection = await connectionOf(id, one, auth ?? '')
    if (!connection) return void counts['nobody signs in']++
    const values = valuesOf(original, asked)
    if (!values) return void counts['no value']++
    const expected = await expectedRequest({ one, original, asked, values, requirement, parameters: connection.parameters })
    if (!expected) return void counts['the client fails']++
    connection.key ??= await tenon.key([connection.name])
    secure.requests.length = plain.requests.length = 0
    const answer = await callTenon({ exported, action, asked, values, version2: Boolean(original.swagger), key: connection.key })
    const seen = [...secure.requests, ...plain.requests][0]
    const found = seen ? differences(seen, expected) : [`nothing arrived: ${answer.status} ${answer.text.slice(0, 300)}`]
    counts.compared++
    if (found.length) different.push({ source: basename(one.source), operation: asked.name, found })
  }
})

/* --- values --- */

const RANK = [/^application\/json$/, /[/+]json$/, /urlencoded/, /form-data/, /^\*\/\*$/]
const rankOf = (type) => { const at = RANK.findIndex((pattern) => pattern.test(type)); return at < 0 ? (/^text|xml/.test(type) ? 7 : 6) : at }
const chosen = (content) => Object.keys(content ?? {}).sort((a, b) => rankOf(a) - rankOf(b))[0]
const FILE = () => new File([Buffer.from([0, 1, 2, 255])], 'a.bin', { type: 'application/octet-stream' })
const withoutBody = (method) => method === 'get' || method === 'head'

const printable = (value) => (value instanceof File || value === undefined ? value : JSON.parse(JSON.stringify(value).replace(/[^ -~]/g, '_')))

// {parameters: [{parameter, value}], type, body}; undefined where a required one has no value that is known.
function valuesOf(original, asked) {
  const version2 = Boolean(original.swagger)
  const all = { parameters: [] }
  for (const parameter of parametersOfOperation(asked)) {
    if (isIgnored(parameter, version2)) { // the client wants it all the same
      if (parameter.required) return undefined
      continue
    }
    const schema = version2 ? parameter.schema ?? parameter : parameter.schema ?? Object.values(parameter.content ?? {})[0]?.schema
    const known = isBinary(schema) ? FILE() : sample(schema)
    const value = ['header', 'cookie'].includes(parameter.in) ? printable(known) : known
    const empty = value === undefined || (typeof value === 'object' && !(value instanceof File) && Object.keys(value).length === 0)
    if (empty && (parameter.required || parameter.in === 'path')) return undefined
    if (!empty) all.parameters.push({ parameter, value })
  }
  if (!asked.operation.requestBody || withoutBody(asked.method)) return all
  const { content, required } = asked.operation.requestBody
  all.type = chosen(content)
  const { schema } = content[all.type] ?? {}
  all.body = /form/.test(all.type) ? formOf(schema) : isBinary(schema) || !(/json$|^\*/.test(all.type)) ? 'plain text' : asText(sample(schema))
  return all.body === undefined && required ? undefined : all
}

// This client sends a text as it is, JSON or not.
const asText = (value) => (typeof value === 'string' ? JSON.stringify(value) : value)

// Files of a form one by one.
function formOf(schema) {
  const value = sample(schema)
  for (const [name, property] of Object.entries(schema?.properties ?? {})) {
    if (isBinary(property)) value[name] = FILE()
    if (property.type === 'array' && isBinary(property.items)) value[name] = [FILE()]
  }
  return value
}

/* --- what the client sends to the service --- */

function securitiesOf(original, requirement, parameters) {
  const schemes = original.securityDefinitions ?? original.components?.securitySchemes ?? {}
  return { authorized: Object.fromEntries(Object.keys(requirement).map((name) => {
    const { type, scheme } = schemes[name], value = parameters[plainName(name)]
    if (type === 'basic' || /^basic$/i.test(scheme)) return [name, original.swagger ? parameters : { value: parameters, ...parameters }]
    return [name, type === 'oauth2' ? { token: { access_token: value } } : { value }]
  })) }
}

async function expectedRequest({ original, asked, values, requirement, parameters }) {
  const given = Object.fromEntries(values.parameters.map(({ parameter, value }) => [parameter.in === 'body' || parameter.in === 'formData' ? parameter.name : `${parameter.in}.${parameter.name}`, value]))
  const request = SwaggerClient.buildRequest({ spec: original, operationId: SwaggerClient.helpers.opId(asked.operation, asked.path, asked.method), parameters: given,
    ...(values.body !== undefined && { requestBody: values.body, requestContentType: values.type }), contextUrl: `${VALUES.format.uri}/openapi.yaml`,
    securities: securitiesOf(original, requirement, parameters) })
  const { bytes, type } = await encoded(request.body, request.headers['Content-Type'])
  return { ...request, bytes, type }
}

/* --- what a maker sends to Tenon --- */

// The action's parameter of that name, or the one that it has become.
function inputOf(action, place, name) {
  const all = parametersOfOperation(action), plain = plainName(name)
  return all.find((one) => one.name === name && one.in === place) ?? all.find((one) => one.name === `${plain}_${place}`) ??
    (place === 'cookie' ? all.find((one) => one.name === plain && one.in === 'query') : all.find((one) => one.name === plain && one.in === place))
}

async function callTenon({ exported, action, asked, values, version2, key }) {
  const given = {}
  let body
  for (const { parameter, value } of values.parameters) {
    if (parameter.in === 'body') body = value
    else if (parameter.in === 'formData') body = { ...body, [parameter.name]: value }
    else {
      for (const [name, inner] of inputsOf(parameter, value, version2)) {
        const input = inputOf(action, parameter.in, name)
        if (input) given[`${input.in}.${input.name}`] = inner
      }
    }
  }
  const content = action.operation.requestBody?.content
  const type = chosen(content)
  if (values.body !== undefined) body = /form/.test(values.type) ? Object.fromEntries(fieldsOf(asked.operation.requestBody.content[values.type], values.body, /multipart/.test(values.type))) : values.body
  const request = SwaggerClient.buildRequest({ spec: exported, operationId: action.name, parameters: given,
    ...(content && body !== undefined && { requestBody: body, requestContentType: type }), securities: { authorized: { api_key: { value: key } } } })
  const sent = await encoded(request.body, request.headers['Content-Type'])
  return tenon.request(request.url.slice(tenon.url.length), { method: request.method, body: sent.bytes, echo: true,
    headers: { 'x-api-key': key, ...Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])), 'content-length': sent.bytes.length, ...(sent.type && { 'content-type': sent.type }) } })
}
