// SPDX-License-Identifier: MIT
// OpenAPI documents of connectors: that independent validators and Power Platform's rules accept every one of them, that
// real clients call a running Tenon from its own documents, and who gets which document.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'

import SwaggerParser from '@apidevtools/swagger-parser'
import { Validator } from '@seriousme/openapi-schema-validator'
import { parse as parseYaml } from 'yaml'

import { startApiServer } from './lib/api-server.mjs'
import { CLIENTS, startAuthorizationServer, USERS } from './lib/authorization-server.mjs'
import { definition, signInByCall, signIns } from './lib/connector.mjs'
import { faultsOf } from './lib/power-platform-rules.mjs'
import { ADMIN_KEY, assertProblem, missing, ROOT, startTenon, TENON } from './lib/tenon.mjs'
import { until } from './lib/util.mjs'

const VERSIONS = ['2.0', '3.0', '3.1']
const CONNECTIONS = ['-', 'acme', '*']
const SERVER = 'https://tenon.example.com/base'
const SHARED = resolve(process.env.TENON_SHARED ?? join(ROOT, '../shared'), 'format/accepted')

// Runs a program beside this one, whose servers it may call: {status, stdout, stderr}.
const run = (program, args, options) => new Promise((resolve, reject) => {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => { said[name] += text })
  child.on('error', reject)
  child.on('close', (status) => resolve({ status, ...said }))
})
const cli = (...args) => run(TENON, ['openapi', ...args], { cwd: ROOT })
const print = async (...args) => {
  const { status, stdout, stderr } = await cli(...args)
  assert.equal(status, 0, `tenon openapi ${args.join(' ')}\n${stderr}`)
  return stdout
}
const node = async (args, options) => {
  const { status, stdout, stderr } = await run(process.execPath, args, options)
  assert.equal(status, 0, `${args[0]}\n${stdout}${stderr}`)
  return stdout
}

// --- every definition that is at hand ---

const definitionsIn = (folder) => existsSync(folder)
  ? readdirSync(folder).filter((name) => name.endsWith('.yaml')).map((name) => join(folder, name)) : []
const cases = join(ROOT, 'tests/cases/openapi')
const caseFiles = readdirSync(cases).flatMap((name) => definitionsIn(join(cases, name)).filter((file) => !/^\d/.test(basename(file))))
const shipped = definitionsIn(join(ROOT, 'connectors')), accepted = definitionsIn(SHARED)
const files = [...shipped, ...accepted, ...caseFiles]

let folder, documents

const printBoth = async (file, index, version, connection) => {
  const [json, yaml] = await Promise.all(['json', 'yaml'].map((format) =>
    print(file, '--version', version, '--format', format, '--connection', connection, '--server', SERVER)))
  return { file, version, json, yaml, name: `${index}-${basename(file, '.yaml')}-${version}-${connection === '*' ? 'any' : connection}` }
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tenon-openapi-'))
  documents = []
  for (const [i, file] of missing ? [] : files.entries()) {
    for (const version of VERSIONS) documents.push(...await Promise.all(CONNECTIONS.map((connection) => printBoth(file, i, version, connection))))
  }
})
after(() => rmSync(folder, { recursive: true, force: true }))

const each = async (check) => {
  const faults = []
  for (const one of documents) {
    try { await check(one) } catch (error) { faults.push(`${one.name}: ${error.message}`) }
  }
  assert.deepEqual(faults, [])
}

// A document that each of the validators must refuse, else it looks at nothing.
const broken = () => {
  const document = JSON.parse(documents.find(({ version }) => version === '3.0').json)
  delete Object.values(Object.values(document.paths)[0])[0].responses
  return document
}

describe('documents of every connector', { skip: missing }, () => {
  test('there are some', () => {
    assert.ok(shipped.length >= 2 && caseFiles.length >= 7)
    assert.equal(documents.length, files.length * VERSIONS.length * CONNECTIONS.length)
  })

  test('YAML says what JSON says, to readers of YAML 1.1 and 1.2', () => each(({ json, yaml }) => {
    for (const version of ['1.1', '1.2']) assert.deepEqual(parseYaml(yaml, { version }), JSON.parse(json))
  }))

  test('swagger-parser accepts them', async () => {
    await each(({ json }) => SwaggerParser.validate(JSON.parse(json)))
    await assert.rejects(SwaggerParser.validate(broken()))
  })

  test('openapi-schema-validator accepts them', async () => {
    const validator = new Validator()
    await each(async ({ json, version }) => {
      const { valid, errors } = await validator.validate(JSON.parse(json))
      assert.ok(valid, JSON.stringify(errors))
      assert.equal(validator.version, version)
    })
    assert.equal((await validator.validate(broken())).valid, false)
  })

  test('Redocly accepts them', async () => {
    const redocly = async (...names) => {
      const { status, stdout, stderr } = await run(process.execPath, [join(ROOT, 'tests/node_modules/@redocly/cli/bin/cli.js'), 'lint',
        '--config', 'redocly.yaml', '--format', 'stylish', ...names], { cwd: folder,
        env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', NO_COLOR: '1' } })
      // A line that names the file, then lines of its faults.
      let file = ''
      return { status, told: `${stdout}\n${stderr}`.split('\n').flatMap((line) => {
        if (/^\S+:$/.test(line)) file = line
        return / error /.test(line) ? [`${file}${line}`] : []
      }).join('\n') }
    }
    writeFileSync(join(folder, 'redocly.yaml'), 'extends: [minimal]\n')
    writeFileSync(join(folder, 'broken.json'), JSON.stringify(broken()))
    for (const { name, json, yaml } of documents) {
      writeFileSync(join(folder, `${name}.json`), json)
      writeFileSync(join(folder, `${name}.yaml`), yaml)
    }
    const all = documents.flatMap(({ name }) => [`${name}.json`, `${name}.yaml`])
    const { status, told } = await redocly(...all)
    assert.equal(status, 0, told)
    const refused = await redocly('broken.json')
    assert.deepEqual([refused.status, /responses/.test(refused.told)], [1, true])
  })

  // What only the definition can mend: its own names, texts, media types and links.
  const OF_THE_DEFINITION = ['OperationIdSanitized', 'ValueMustEndWithAlphanumeric', 'MimeTypeNotSupported', 'ConnectorMetadataPropertiesMissing',
    'OperationMissingRequiredProperty', 'WebhookOperationsMissingNotificationUrlProperty']
  test('2.0 keeps the rules of Power Platform', async () => {
    await each(({ json, version, file }) => {
      if (version !== '2.0') return
      const faults = faultsOf(JSON.parse(json))
      assert.deepEqual(faults.filter(({ rule }) => !OF_THE_DEFINITION.includes(rule)), [])
      if (shipped.includes(file)) assert.deepEqual(faults, [])
    })
  })
})

// --- the rules themselves ---

describe('the checker of Power Platform\'s rules', { skip: missing }, () => {
  const BASE = `${definition('base', 'https://api.example.com', `connection:
  shareable: true
publisher: {name: P}
contact: {name: C, url: https://c.example/, email: c@c.example}
links: {website: https://w.example/, privacy_policy: https://p.example/}
categories: [Productivity]
actions:
  Put:
    summary: Put a thing
    path: /things/{id}
    input:
      id: {type: string}
      kind: {in: query, type: string, const: a, x-ms-visibility: internal}
      list: {in: query, type: array, items: {type: string}}
      thing: {in: json, $ref: '#/schemas/Thing', required: true}
      topic: {in: json, type: string, x-ms-dynamic-values: {operationId: List, value-path: id}}
    output: {type: object}
  List: {summary: List, method: GET, path: /things, input: {q: {type: string}}, next_link: body.nextLink, output: {type: array, items: {type: object}}}
  On:
    summary: When it happens
    path: /hooks
    input: {url: {type: string, x-ms-notification-url: true, x-ms-visibility: internal}}
    trigger: {type: webhook, content: {$ref: '#/schemas/Thing'}}
  Upload: {summary: Upload, path: /files, input: {file: {in: form, type: string, format: binary, required: true}}}
schemas:
  Thing: {type: object, discriminator: kind, properties: {kind: {type: string, required: true}, when: {type: string, format: date-time}, up: {$ref: '#/schemas/Thing'}}}
`, '[api.example.com]')}`
  let base
  before(async () => {
    const file = join(folder, 'base.yaml')
    writeFileSync(file, BASE)
    base = JSON.parse(await print(file, '--version', '2.0', '--server', SERVER))
  })

  test('a document that keeps them has no fault', () => assert.deepEqual(faultsOf(base), []))

  const put = (d) => d.paths['/things/{id}'].post
  const list = (d) => d.paths['/things'].get
  const on = (d) => d.paths['/hooks'].post
  const at = (d, name) => put(d).parameters.find((one) => one.name === name)
  const body = (d) => at(d, 'body').schema
  const ROWS = [
    ['SpecificationVersionIncorrect', (d) => { d.swagger = '3.0' }],
    ['InfoIncomplete', (d) => { delete d.info.description }],
    ['HostNameNotValid', (d) => { d.host = 'https://x' }],
    ['BasePathNotValid', (d) => { d.basePath = 'x' }],
    ['SchemesArrayEmpty', (d) => { d.schemes = [] }],
    ['SchemeNotSupported', (d) => { d.schemes = ['ws'] }],
    ['HttpsIsNotFirst', (d) => { d.schemes = ['http', 'https'] }],
    ['UrlNotValid', (d) => { d.info.contact.url = 'x' }],
    ['ContactEmailNotValid', (d) => { d.info.contact.email = 'x' }],
    ['ConnectorMetadataPropertiesMissing', (d) => { d['x-ms-connector-metadata'].pop() }],
    ['AdditionalPropertyNotAllowed', (d) => { d.servers = [] }],
    ['AdditionalPropertyNotAllowed', (d) => { body(d).nullable = true }],
    ['AdditionalPropertyNotAllowed', (d) => { body(d).oneOf = [] }],
    ['AdditionalPropertyNotAllowed', (d) => { at(d, 'id').schema = {} }],
    ['AdditionalPropertyNotAllowedAdjacentToRef', (d) => { body(d).properties.thing.title = 'x' }],
    ['ReferenceNotFound', (d) => { body(d).properties.thing.$ref = '#/definitions/Nothing' }],
    ['OneSecurityScheme', (d) => { d.securityDefinitions.other = d.securityDefinitions.api_key }],
    ['SecuritySchemePropertyNotValid', (d) => { d.securityDefinitions.api_key.name = 'Authorization' }],
    ['SecurityRequirementMustBeDefined', (d) => { d.security = [{ bearer: [] }] }],
    ['SecurityRequirementMustHaveValue', (d) => { d.security = [] }],
    ['SecurityRequirementMustHaveEmptyValue', (d) => { d.security = [{ api_key: ['x'] }] }],
    ['PathRedefined', (d) => { d.paths['/THINGS'] = d.paths['/things'] }],
    ['DuplicateOperationPath', (d) => { d.paths['/things/{other}'] = {} }],
    ['OperationPathMustStartWithSlash', (d) => { d.paths.x = {} }],
    ['OperationPathMayNotContainQueryOrFragment', (d) => { d.paths['/x?y'] = {} }],
    ['OperationPathContainsUnsupportedCharacters', (d) => { d.paths['/x*'] = {} }],
    ['OperationPathTemplateNotValid', (d) => { d.paths['/x/{y'] = {} }],
    ['OperationPathVariablesContainDefaults', (d) => { d.paths['/x/{y=1}'] = {} }],
    ['PathItemRefNotSupported', (d) => { d.paths['/x'] = { $ref: '#/paths/x' } }],
    ['OperationIdRequired', (d) => { delete put(d).operationId }],
    ['OperationIdNotUnique', (d) => { put(d).operationId = 'List' }],
    ['OperationIdTooLong', (d) => { put(d).operationId = 'a'.repeat(81) }],
    ['OperationIdSanitized', (d) => { put(d).operationId = 'a-b' }],
    ['OperationSummaryTooLong', (d) => { put(d).summary = 'a'.repeat(121) }],
    ['ValueMustEndWithAlphanumeric', (d) => { put(d).summary = 'Put!' }],
    ['OperationMustHaveResponse', (d) => { put(d).responses = {} }],
    ['OperationShouldHaveSuccessfulResponse', (d) => { delete put(d).responses['200'] }],
    ['ResponseMustBeDefaultOrHttpStatusCode', (d) => { put(d).responses['2XX'] = { description: 'x' } }],
    ['SchemaDefinitionSetIncorrectly', (d) => { put(d).responses['202'] = { description: 'x', schema: {} } }],
    ['DefaultResponseHasSchema', (d) => { put(d).responses.default.schema = {} }],
    ['OperationHasManyResponsesWithSchema', (d) => { put(d).responses['201'] = { description: 'x', schema: {} } }],
    ['ConsumesMissing', (d) => { d.consumes = [] }],
    ['MimeTypeNotSupported', (d) => { put(d).consumes = ['text/csv'] }],
    ['MimeTypeNotCompatibleWithRequestContentSchemaType', (d) => { d.paths['/files'].post.consumes = ['application/x-www-form-urlencoded'] }],
    ['ConnectionIdParameterNotAllowed', (d) => { at(d, 'kind').name = 'connectionId' }],
    ['ReservedParameterIsUsed', (d) => { at(d, 'kind').name = 'token' }],
    ['PathParameterMustBeRequired', (d) => { at(d, 'id').required = false }],
    ['PathParameterMissingEncoding', (d) => { delete at(d, 'id')['x-ms-url-encoding'] }],
    ['PathParameterNotDefinedInTemplate', (d) => { at(d, 'id').name = 'other' }],
    ['OperationMissingPathParameter', (d) => { at(d, 'id').name = 'other' }],
    ['QueryParameterEncodingNotSupported', (d) => { at(d, 'list')['x-ms-url-encoding'] = 'single' }],
    ['DuplicateParameter', (d) => { put(d).parameters.push(at(d, 'list')) }],
    ['OperationHasManyBodyParameters', (d) => { put(d).parameters.push({ ...at(d, 'body'), name: 'more' }) }],
    ['BodyAndFormDataParameters', (d) => { put(d).parameters.push({ name: 'f', in: 'formData', type: 'string' }) }],
    ['BodyOrFormDataParameterInFetchOperationNotAllowed', (d) => { list(d).parameters.push(at(d, 'body')) }],
    ['BodyParameterSchemaRequired', (d) => { delete at(d, 'body').schema }],
    ['NonBodyParameterSchemaNotValid', (d) => { at(d, 'kind').type = 'object' }],
    ['FileParameterMustBeInFormData', (d) => { at(d, 'kind').type = 'file' }],
    ['InvalidFormDataParameterName', (d) => { d.paths['/files'].post.parameters[0].name = 'é' }],
    ['CollectionFormatValueNotSupported', (d) => { at(d, 'id').collectionFormat = 'multi' }],
    ['InternalPropertyWithDefaultOptional', (d) => { delete at(d, 'kind').required }],
    ['DynamicExtensionDefinitionNotAllowedInParameter', (d) => { at(d, 'body')['x-ms-dynamic-schema'] = { operationId: 'List' } }],
    ['UnrecognizedTypeFormat', (d) => { at(d, 'kind').format = 'hostname' }],
    ['DefaultValueMustMatchType', (d) => { at(d, 'kind').default = 1 }],
    ['InvalidEnumValue', (d) => { at(d, 'kind').enum = [1] }],
    ['EnumMustContainAtLeastOneElement', (d) => { at(d, 'kind').enum = [] }],
    ['EnumValuesNotValid', (d) => { at(d, 'kind')['x-ms-enum-values'] = [{ value: 'z', displayName: 'Z' }] }],
    ['ArrayHasNoItems', (d) => { delete at(d, 'list').items }],
    ['JsonTypeIncorrect', (d) => { body(d).properties.topic.exclusiveMinimum = 1 }],
    ['RangeNotValid', (d) => { Object.assign(body(d).properties.topic, { minLength: 2, maxLength: 1 }) }],
    ['PatternNotValid', (d) => { body(d).properties.topic.pattern = '(' }],
    ['RequiredPropertyArrayEmpty', (d) => { body(d).required = [] }],
    ['RequiredPropertyDefinitionMissing', (d) => { body(d).required.push('nothing') }],
    ['RequiredPropertyNotOnObject', (d) => { body(d).properties.topic.required = ['x'] }],
    ['RequiredReadOnlyPropertyNotAllowedAsInput', (d) => { d.definitions.Thing.properties.kind.readOnly = true }],
    ['DiscriminatorMustBeARequiredStringProperty', (d) => { d.definitions.Thing.discriminator = 'when' }],
    ['InvalidStringBinaryProperty', (d) => { body(d).properties.topic.format = 'binary' }],
    ['SchemaTypeFileNotValid', (d) => { body(d).properties.topic.type = 'file' }],
    ['SchemaRefLoopNotAllowed', (d) => { d.definitions.Alias = { $ref: '#/definitions/Thing' } }],
    ['RequiredLoopInSchemaNotAllowed', (d) => { d.definitions.Thing.required.push('up') }],
    ['TotalSchemaCountExceedsMaxAllowed', (d) => { for (let i = 0; i < 512; i++) d.definitions[`S${i}`] = {} }],
    ['OperationIdNotFound', (d) => { body(d).properties.topic['x-ms-dynamic-values'].operationId = 'Nothing' }],
    ['OperationParameterNameNotFound', (d) => { body(d).properties.topic['x-ms-dynamic-values'].parameters = { nothing: 1 } }],
    ['OperationMissingRequiredProperty', (d) => { list(d).parameters[0].required = true }],
    ['InvalidNextLinkNameValue', (d) => { list(d)['x-ms-pageable'].nextLinkName = 'next' }],
    ['NotificationUrlNotValid', (d) => { delete on(d).parameters[0].required }],
    ['NotificationUrlNotValid', (d) => { delete on(d).parameters[0].schema.required }],
    ['WebhookOperationsMissingNotificationUrlProperty', (d) => { on(d).parameters = [] }],
    ['OperationMustHaveNotificationContentExtension', (d) => { delete d.paths['/hooks']['x-ms-notification-content'] }],
  ]
  for (const [rule, mutate] of ROWS) {
    test(`finds ${rule}`, () => {
      const document = structuredClone(base)
      mutate(document)
      const found = faultsOf(document).map((fault) => fault.rule)
      assert.ok(found.includes(rule), `found ${found.join(', ') || 'nothing'}`)
    })
  }
})

// --- against a running Tenon ---

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

let server, api, tenon, one, other

before(async () => {
  server = await startAuthorizationServer()
  api = await startApiServer()
  if (missing) return
  tenon = await startTenon({ connectors: { things: connector(server, api) }, shipped: shipped.map((file) => basename(file, '.yaml')) })
  await tenon.connect('one', 'things', CLIENTS.body, 'cc')
  await tenon.connect('two', 'things', CLIENTS.basic, 'cc_basic')
  one = await tenon.key(['one'])
  other = await tenon.key([])
})
after(async () => {
  await server.stop()
  await api.stop()
  await tenon?.stop()
})

const address = (version, connection = '-', format = 'json', id = 'things') =>
  `/v1/connectors/${id}/openapi.${format}?version=${version}&connection=${encodeURIComponent(connection)}`
const get = (path, key, options) => tenon.request(path, { key, ...options })

describe('who gets which document', { skip: missing }, () => {
  test('by HTTP as by the command line', async () => {
    for (const id of ['things', ...shipped.map((file) => basename(file, '.yaml'))]) {
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

// --- the command line ---

describe('tenon openapi', { skip: missing }, () => {
  test('prints version 3.0 as JSON for the key\'s connection at the default listener, by id or file', async () => {
    const byId = await print('ukg-pro-wfm')
    assert.equal(byId, await print('connectors/ukg-pro-wfm.yaml'))
    assert.equal(byId, await print('ukg-pro-wfm', '--version', '3.0', '--format', 'json', '--connection', '-', '--server', 'http://127.0.0.1:8480'))
    assert.equal(JSON.parse(byId).servers[0].url, 'http://127.0.0.1:8480/run/ukg-pro-wfm/-')
  })

  test('takes the public address, else the listener\'s', async () => {
    const url = async (...args) => JSON.parse(await print('ukg-pro-wfm', ...args)).servers[0].url
    assert.equal(await url('--public-url', 'https://t.example/x/'), 'https://t.example/x/run/ukg-pro-wfm/-')
    assert.equal(await url('--public-url', 'https://t.example', '--server', 'https://s.example'), 'https://s.example/run/ukg-pro-wfm/-')
    assert.equal(await url('--listen', ':9000,127.0.0.1:1'), 'http://127.0.0.1:9000/run/ukg-pro-wfm/-')
  })

  test('wrong usage is 2, a definition with faults 1', async () => {
    const broken = join(folder, 'broken.yaml')
    writeFileSync(broken, 'tenon: 1\nid: broken\n')
    for (const [args, status, told] of [[[], 2, /one connector/], [['a', 'b'], 2, /one connector/], [['ukg-pro-wfm', '--version', '1.2'], 2, /--version/],
      [['ukg-pro-wfm', '--format', 'xml'], 2, /--format/], [['ukg-pro-wfm', '--connection', 'A'], 2, /--connection/], [['ukg-pro-wfm', '--server', 'x'], 2, /usage/],
      [['nothing'], 1, /definition_unreadable/], [[broken], 1, /definition_missing_key/]]) {
      const answer = await cli(...args)
      assert.equal(answer.status, status, `${args.join(' ')}: ${answer.stderr}`)
      assert.equal(answer.stdout, '')
      assert.match(answer.stderr, told)
    }
  })

  test('YAML holds every text as it is', async () => {
    const texts = ['', ' ', '~', 'no', 'Yes', 'on', 'null', 'NULL', '1_000', '012', '0o17', '0x1F', '12:30:45', '1e3', '.5', '-.inf', '2001-12-14', '<<', '=', '- a', '? a', ': a', 'a: b',
      'a #b', '#a', '[a', '{a', '!a', '&a', '*a', '|', '>', '%a', '@a', '`a', '"a"', '\'a\'', 'a\\b', 'line one\nline two\n', '  indented\nlines', 'trailing \nblank', 'ends\n\n', 'tab\there',
      'ünïcödé – 😀', 'https://x.example/?a=b&c=d#e', '{id}', 'a, b', 'a:b', '3.0', '2.0.1', 'y', 'N']
    const file = join(folder, 'texts.yaml')
    writeFileSync(file, definition('texts', 'https://api.example.com', `x-texts: ${JSON.stringify(texts)}\nx-map: ${JSON.stringify(Object.fromEntries(texts.map((text, i) => [text, i])))}\n`
      + 'x-values: [1, -2, 1.5, 1e300, 0.000001, true, null, {}, [], [[]], [{a: [{}]}]]\nactions:\n  Get: {summary: Get, method: GET, path: /x}\n', '[api.example.com]'))
    const json = JSON.parse(await print(file)), yaml = await print(file, '--format', 'yaml')
    assert.deepEqual(json['x-texts'], texts)
    assert.deepEqual(json['x-values'].slice(0, 7), [1, -2, 1.5, 1e300, 0.000001, true, null])
    for (const version of ['1.1', '1.2']) assert.deepEqual(parseYaml(yaml, { version, merge: false }), json)
  })
})
