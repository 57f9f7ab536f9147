// SPDX-License-Identifier: MIT
// `tenon export powerplatform`: packages that validators take, through Tenon and directly to the service, and what comes back of
// them when they are imported again.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { inflateSync } from 'node:zlib'

import SwaggerParser from '@apidevtools/swagger-parser'
import { Validator } from '@seriousme/openapi-schema-validator'
import YAML from 'yaml'

import { difference, modelOf } from '../corpus/model.mjs'
import { dangling, roundTrip, sample } from '../corpus/roundtrip.mjs'
import { startApiServer } from './lib/api-server.mjs'
import { definition } from './lib/connector.mjs'
import { faultsOf } from './lib/power-platform-rules.mjs'
import { run, shortOfDisk } from './lib/run.mjs'
import { missing, ROOT, startTenon, TENON } from './lib/tenon.mjs'
import { elementsOf } from './lib/xml.mjs'
import { crc32, unzip } from './lib/zip.mjs'

const work = fs.mkdtempSync(path.join(os.tmpdir(), 'tenon-export-'))
after(() => fs.rmSync(work, { recursive: true, force: true }))
const SERVER = 'https://tenon.example.com'
const shipped = fs.readdirSync(path.join(ROOT, 'connectors')).filter((name) => name.endsWith('.yaml')).map((name) => path.basename(name, '.yaml'))
const tenon = (...words) => run(TENON, words, { cwd: work })
const read = (...parts) => fs.readFileSync(path.join(work, ...parts))
const json = (...parts) => JSON.parse(read(...parts).toString('utf8'))
const save = (id, text) => {
  fs.writeFileSync(path.join(work, `${id}.yaml`), text)
  return `./${id}.yaml`
}

// What is written to `out`, and what was told.
async function exported(file, out, ...more) {
  const said = await tenon('export', 'powerplatform', file, '--out', out, '--server', SERVER, '--json', ...more)
  assert.equal(said.status, 0, said.stderr)
  return JSON.parse(said.stdout)
}

const validator = new Validator()
async function isValid(document) {
  assert.deepEqual(await validator.validate(structuredClone(document)), { valid: true })
  await SwaggerParser.validate(structuredClone(document), { validate: { schema: false } }) // the schema is the other one's
}

// What paconn needs to find, or does not take.
function checkForPaconn(folder) {
  const names = ['apiDefinition.swagger.json', 'apiProperties.json', 'settings.json', 'icon.png']
  assert.deepEqual(fs.readdirSync(path.join(work, folder)).sort(), [...names].sort())
  for (const name of names.slice(0, 3)) assert.equal(read(folder, name)[0], '{'.charCodeAt(0), 'no byte order mark')
  const document = json(folder, names[0]), { properties } = json(folder, names[1])
  assert.ok(document.info.title && document.info.description)
  assert.ok(!('stackOwner' in properties))
  for (const [name, parameter] of Object.entries(properties.connectionParameters ?? {})) {
    assert.match(name, /^(token:)?\w+$/)
    if (parameter.type === 'oauthSetting') assert.equal(name, 'token')
    else assert.ok(['true', 'false'].includes(parameter.uiDefinition.constraints.required))
  }
  for (const set of properties.connectionParameterSets?.values ?? []) assert.ok(set.name && set.uiDefinition.displayName && set.parameters)
  assert.deepEqual(names.slice(0, 2).concat('icon.png'), ['apiDefinition', 'apiProperties', 'icon'].map((key) => json(folder, 'settings.json')[key]))
  return { document, properties }
}

// The chunks of a PNG, each with its checksum compared.
function checkIcon(bytes, [red, green, blue]) {
  assert.equal(bytes.toString('latin1', 0, 8), '\x89PNG\r\n\x1a\n')
  const chunks = {}
  for (let at = 8; at < bytes.length;) {
    const length = bytes.readUInt32BE(at), type = bytes.toString('latin1', at + 4, at + 8)
    chunks[type] = bytes.subarray(at + 8, at + 8 + length)
    assert.equal(crc32(bytes.subarray(at + 4, at + 8 + length)), bytes.readUInt32BE(at + 8 + length), type)
    at += 12 + length
  }
  const side = chunks.IHDR.readUInt32BE(0)
  assert.equal(side, chunks.IHDR.readUInt32BE(4))
  assert.ok(side >= 100 && side <= 230)
  assert.deepEqual([...chunks.PLTE.subarray(0, 3)], [red, green, blue])
  assert.equal(inflateSync(chunks.IDAT).length, side * (1 + side / 8))
}

describe('through Tenon', { skip: missing }, () => {
  test('every shipped connector is a package that validators and paconn take, and that keeps Microsoft\'s rules', async () => {
    for (const id of shipped) {
      const told = await exported(path.join(ROOT, `connectors/${id}.yaml`), id)
      assert.deepEqual(told.notes.filter((note) => !/^(nullable|next_link): /.test(note.detail)), [])
      const { document, properties } = checkForPaconn(id)
      await isValid(document)
      assert.deepEqual(faultsOf(document), [])
      assert.deepEqual([document.host, document.basePath, document.schemes], ['tenon.example.com', `/run/${id}/-`, ['https']])
      assert.equal(properties.connectionParameters.api_key.type, 'securestring')
      assert.match(properties.iconBrandColor, /^#[0-9a-f]{6}$/i)
    }
    checkIcon(read('ukg-pro-wfm-authentication', 'icon.png'), [0x00, 0x51, 0x51])
  })

  test('what OpenAPI 2.0 cannot say is told, each kind once', async () => {
    const kinds = ({ notes }) => notes.map(({ reason, detail }) => `${reason} ${detail.replace(/: .* \((\d+) times: .*/, ' $1')}`).sort()
    const file = path.join(ROOT, 'tests/cases/openapi/alternatives/alternatives.yaml')
    assert.deepEqual(kinds(await exported(file, 'lowered')), ['answers 2', 'anyOf 2', 'discriminator 1', 'format 2', 'nullable 2', 'oneOf 3', 'writeOnly 1'].map((kind) => `lowered ${kind}`))
    assert.deepEqual(kinds(await exported(file, 'lowered', '--direct')), ['anyOf 2', 'oneOf 3', 'writeOnly 1'].map((kind) => `lowered ${kind}`))
  })

  test('whether a connection may be shared is told', async () => {
    for (const shareable of [true, false]) {
      const file = save('shared', definition('shared', 'https://api.example.com', `connection: {shareable: ${shareable}}
actions: {Get: {summary: Get, method: GET, path: /a}}`, '[api.example.com]'))
      await exported(file, 'shared')
      assert.equal(checkForPaconn('shared').properties.connectionParameterSets.values[0].metadata.allowSharing, shareable)
    }
  })

  test('a settings.json that is there is kept, the rest is written anew', async () => {
    fs.mkdirSync(path.join(work, 'kept'))
    for (const name of ['settings.json', 'apiProperties.json']) fs.writeFileSync(path.join(work, 'kept', name), '{"mine": 1}')
    const { files } = await exported(path.join(ROOT, 'connectors/ukg-pro-wfm.yaml'), 'kept')
    assert.deepEqual(files.map((file) => path.basename(file)), ['apiDefinition.swagger.json', 'apiProperties.json', 'icon.png'])
    assert.deepEqual([json('kept', 'settings.json'), 'mine' in json('kept', 'apiProperties.json')], [{ mine: 1 }, false])
  })

  test('wrong usage is told', async () => {
    const file = path.join(ROOT, 'connectors/ukg-pro-wfm.yaml')
    for (const words of [[file], [file, '--out', 'a/b/c'], [file, '--out', 'x', '--connection', 'A'], [file, '--out', 'x', '--server', 'nowhere']]) {
      const said = await tenon('export', 'powerplatform', ...words)
      assert.equal(said.status, 2, words.join(' '))
    }
  })
})

// What stands in a folder, by name.
const held = (folder) => Object.fromEntries(fs.readdirSync(path.join(work, folder)).map((name) => [name, read(folder, name).toString('base64')]))

describe('what is written', { skip: missing }, () => {
  const file = save('tiny', definition('tiny', 'https://api.example.com', 'actions: {Get: {summary: Get, method: GET, path: /a}}', '[api.example.com]'))
  const shortened = (bytes, ...words) => run(...shortOfDisk(bytes, TENON, ['export', 'powerplatform', file, '--server', SERVER, ...words]), { cwd: work })

  test('is a whole package or none: a full disk leaves what was there', async () => {
    for (const [folder, bytes, name, ...more] of [['whole', 512, 'apiDefinition.swagger.json'], ['whole', 3072, 'icon.png'], ['zipped', 512, 'tiny.zip', '--solution']]) {
      await exported(file, folder, ...more)
      for (const one of Object.keys(held(folder))) fs.appendFileSync(path.join(work, folder, one), ' ')
      const before = held(folder)
      const said = await shortened(bytes, '--out', folder, ...more)
      assert.deepEqual([said.status, said.stderr], [1, `tenon: ${folder}/${name}: File too large (configuration)\n`])
      assert.deepEqual(held(folder), before)
    }
    assert.equal((await shortened(3072, '--out', 'none-yet')).status, 1)
    assert.ok(!fs.existsSync(path.join(work, 'none-yet')))
  })

  test('stands where it was told to, or the reason is told', async () => {
    fs.writeFileSync(path.join(work, 'a-file'), 'mine')
    fs.mkdirSync(path.join(work, 'real'))
    fs.symlinkSync('real', path.join(work, 'link'))
    fs.symlinkSync('nowhere', path.join(work, 'dangling'))
    for (const [out, why] of [['a-file', /a-file: Not a directory/], ['dangling', /dangling: No such file/], ['a-file/x', /Not a directory/], ['y'.repeat(300), /File name too long/]]) {
      const said = await tenon('export', 'powerplatform', file, '--out', out)
      assert.equal(said.status, 2, out)
      assert.match(said.stderr, why)
    }
    assert.equal(read('a-file').toString(), 'mine')
    await exported(file, 'link')
    assert.deepEqual(Object.keys(held('real')).length, 4)
    fs.rmSync(path.join(work, 'real/icon.png'))
    fs.mkdirSync(path.join(work, 'real/icon.png'))
    fs.writeFileSync(path.join(work, 'real/apiProperties.json'), 'before')
    const said = await tenon('export', 'powerplatform', file, '--out', 'real')
    assert.deepEqual([said.status, said.stderr], [1, 'tenon: real/icon.png: Is a directory (configuration)\n'])
    assert.equal(read('real/apiProperties.json').toString(), 'before')
  })

  test('keeps the modes of files that are there, and follows their links', async () => {
    await exported(file, 'modes')
    fs.chmodSync(path.join(work, 'modes/apiDefinition.swagger.json'), 0o640)
    fs.renameSync(path.join(work, 'modes/apiProperties.json'), path.join(work, 'properties.json'))
    fs.symlinkSync('../properties.json', path.join(work, 'modes/apiProperties.json'))
    fs.writeFileSync(path.join(work, 'properties.json'), '')
    await exported(file, 'modes')
    assert.equal(fs.statSync(path.join(work, 'modes/apiDefinition.swagger.json')).mode & 0o777, 0o640)
    assert.ok(fs.lstatSync(path.join(work, 'modes/apiProperties.json')).isSymbolicLink())
    assert.ok(JSON.parse(read('properties.json')).properties)
  })

  test('a document that standard output does not take is an error', { skip: !fs.existsSync('/dev/full') }, async () => {
    for (const words of [['openapi', file], ['export', 'powerplatform', file, '--out', 'told', '--json'], ['schema'], ['--version']]) {
      const said = await run('sh', ['-c', 'exec "$0" "$@" > /dev/full', TENON, ...words], { cwd: work })
      assert.deepEqual([said.status, said.stderr], [1, 'tenon: standard output could not be written\n'], words[0])
    }
  })
})

describe('hostile definitions', { skip: missing }, () => {
  const yaml = (id, { title = 'Title', description = 'Description', actions = 'Get: {summary: Get, path: /a}' }) => save(id, `tenon: 1
id: ${id}
title: ${JSON.stringify(title)}
version: 1.0.0
description: ${JSON.stringify(description)}
hosts: [a.example]
base_url: https://a.example
actions:
  ${actions}
`)
  const PARTS = ['openapidefinition.json', 'connectionparameters.json', 'policytemplateinstances.json', 'iconblob.Png']
  const namesOf = (id) => [...PARTS.map((part) => `Connector/tenon_${id.replaceAll('-', '_')}_${part}`), 'solution.xml', 'customizations.xml', '[Content_Types].xml']
  const elements = (members) => members.filter(({ name }) => name.endsWith('.xml')).flatMap(({ bytes }) => elementsOf(bytes.toString()))
  const element = (members, end) => elements(members).find((one) => one.path.endsWith(end))

  test('texts come out as they went in, and names are the id\'s alone', async () => {
    const texts = ['<b>&amp; & "quoted" \'once\' ]]> <!-- -->', '</displayname></Connector>', 'line\nline\ttab', 'ünïcödé 日本 \u{1F600} \u200f', '../../etc/passwd', '%s%n${x}', 'T'.repeat(10240)]
    for (const [i, text] of texts.entries()) {
      const id = `text-${i}`, file = yaml(id, { title: text, description: text })
      await exported(file, '.', '--solution')
      await exported(file, id)
      const members = unzip(read(`${id}.zip`))
      assert.deepEqual(members.map((one) => one.name), namesOf(id))
      const { document } = checkForPaconn(id)
      const found = [element(members, 'Connector/displayname').text, element(members, 'Connector/description').text,
        element(members, 'SolutionManifest/LocalizedNames/LocalizedName').attributes.description, document.info.title, document.info.description]
      assert.deepEqual(found, found.map(() => text))
      await isValid(document)
    }
  })

  test('what no package can be of is refused before, and nothing is written', async () => {
    for (const [what, more] of [['bad-\u202e', { title: 'a\u202eb' }], ['bad-nul', { title: 'a\u0000b' }], ['bad-none', { actions: '{}' }]]) {
      const id = what.replace(/[^a-z-]/g, 'x'), said = await tenon('export', 'powerplatform', yaml(id, more), '--out', id)
      assert.equal(said.status, 1, id)
      assert.match(said.stderr, /error\/S/)
      assert.ok(!fs.existsSync(path.join(work, id)))
    }
    for (const id of ['../out', 'a/b', 'A', 'a'.repeat(65), '.', 'a_b']) {
      fs.writeFileSync(path.join(work, 'odd.yaml'), read('tiny.yaml').toString().replace('id: tiny', `id: ${JSON.stringify(id)}`))
      const said = await tenon('export', 'powerplatform', './odd.yaml', '--out', '.', '--solution')
      assert.match(said.stderr, /definition_bad_id/, id)
    }
  })

  test('the longest id, ids that begin alike, and 1,000 actions', async () => {
    const long = ['a', 'b'].map((end) => `${'x-'.repeat(31)}x${end}`), ids = new Set()
    for (const id of long) {
      await exported(yaml(id, {}), '.', '--solution')
      const members = unzip(read(`${id}.zip`))
      assert.deepEqual(members.map((one) => one.name), namesOf(id))
      ids.add(element(members, 'Connector/connectorid').text)
    }
    assert.equal(ids.size, 2)
    const many = yaml('many', { actions: Array.from({ length: 1000 }, (_, i) => `Get${i}: {summary: Get ${i}, method: GET, path: /a/${i}}`).join('\n  ') })
    await exported(many, 'many')
    assert.equal(Object.keys(checkForPaconn('many').document.paths).length, 1000)
    const { stdout } = await tenon('lint', '--profile', 'powerplatform', '--server', SERVER, many)
    assert.match(stdout, /TotalOperationsCountExceedsMaxAllowed/)
  })
})

describe('a solution', { skip: missing }, () => {
  let members
  const bytesOf = (end) => members.find(({ name }) => name.endsWith(end)).bytes
  before(async () => {
    await exported(path.join(ROOT, 'connectors/ukg-pro-wfm.yaml'), '.', '--solution')
    members = unzip(read('ukg-pro-wfm.zip'))
  })

  test('holds its manifests and the parts of the connector', () => {
    const name = 'tenon_ukg_pro_wfm'
    assert.deepEqual(members.map((one) => one.name).sort(), ['[Content_Types].xml', 'customizations.xml', 'solution.xml',
      ...['connectionparameters.json', 'iconblob.Png', 'openapidefinition.json', 'policytemplateinstances.json'].map((end) => `Connector/${name}_${end}`)].sort())
    const solution = bytesOf('solution.xml').toString(), customizations = bytesOf('customizations.xml').toString()
    assert.match(solution, /<RootComponent type="372" schemaName="tenon_5Fukg_5Fpro_5Fwfm" behavior="0"\s*\/?>/)
    assert.match(solution, /<Managed>0<\/Managed>/)
    assert.match(solution, /<Version>\d+\.\d+\.\d+\.0<\/Version>/)
    for (const [element, end] of [['openapidefinition', 'openapidefinition.json'], ['iconblob', 'iconblob.Png'], ['connectionparameters', 'connectionparameters.json']]) {
      assert.ok(customizations.includes(`<${element}>/Connector/${name}_${end}</${element}>`), element)
    }
    assert.match(customizations, /<connectorid>\{[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\}<\/connectorid>/)
  })

  test('is the same package as the folder, and the same bytes each time', async () => {
    await exported(path.join(ROOT, 'connectors/ukg-pro-wfm.yaml'), 'folder')
    assert.deepEqual(JSON.parse(bytesOf('_openapidefinition.json')), json('folder', 'apiDefinition.swagger.json'))
    assert.deepEqual(JSON.parse(bytesOf('_connectionparameters.json')), json('folder', 'apiProperties.json').properties.connectionParameters)
    const first = read('ukg-pro-wfm.zip')
    await exported(path.join(ROOT, 'connectors/ukg-pro-wfm.yaml'), '.', '--solution')
    assert.deepEqual(read('ukg-pro-wfm.zip'), first)
  })

  test('is read by the importer', async () => {
    const said = await tenon('import', 'powerplatform', 'ukg-pro-wfm.zip', '--out', 'from-zip')
    assert.equal(said.status, 0, said.stderr)
    assert.equal(fs.readdirSync(path.join(work, 'from-zip')).length, 1)
  })
})

describe('a host', { skip: missing }, () => {
  let api, host
  before(async () => {
    api = await startApiServer()
    host = await startTenon({ connectors: { echo: definition('echo', api.url, `actions:
  Find: {summary: Find, method: GET, path: '/things/{id}', input: {id: {type: string}, q: {type: string}}, output: {type: object}}`) } })
    await host.connect('mine', 'echo', {})
  })
  after(async () => {
    await api.stop()
    await host?.stop()
  })

  test('serves the solution that the command writes', async () => {
    const served = await fetch(`${host.url}/v1/connectors/echo/powerplatform.zip`)
    assert.equal(served.status, 200)
    const said = await tenon('export', 'powerplatform', path.join(host.connectors, 'echo.yaml'), '--out', '.', '--solution', '--server', host.url)
    assert.equal(said.status, 0, said.stderr)
    assert.deepEqual(Buffer.from(await served.arrayBuffer()), read('echo.zip'))
  })

  // As the platform does it: the address is scheme, host and base path of the definition; the connection's parameter goes where
  // the security scheme of its name says.
  test('is called as the package says', async () => {
    await tenon('export', 'powerplatform', path.join(host.connectors, 'echo.yaml'), '--out', 'echo', '--server', host.url)
    const { document, properties } = checkForPaconn('echo')
    const [scheme] = Object.keys(document.security[0])
    const { name, in: place } = document.securityDefinitions[scheme]
    assert.ok(scheme in properties.connectionParameters)
    assert.equal(place, 'header')
    const address = `${document.schemes[0]}://${document.host}${document.basePath}/things/a%20b?q=1`
    const key = await host.key(['mine'])
    assert.deepEqual((await (await fetch(address, { headers: { [name]: key } })).json()).url, '/things/a%20b?q=1')
    assert.equal((await fetch(address)).status, 401)
  })
})

describe('directly', { skip: missing }, () => {
  const HEAD = ['[api.example.com]']
  const policies = (folder) => json(folder, 'apiProperties.json').properties.policyTemplateInstances
  const at = (instance, name) => instance.parameters[`x-ms-apimTemplateParameter.${name}`]

  test('a request is policy templates, in an order that gives it', async () => {
    const file = save('requests', definition('requests', 'https://${connection.site}.example.com/v1', `connection:
  parameters: {site: {type: string, required: true}, zone: {type: string}}
request: {headers: {X-Zone: "\${default(connection.zone, 'eu')}"}}
actions:
  Move: {summary: Move, method: POST, path: '/a/{id}', input: {id: {type: string}, b: {in: body, type: object}}, request: {method: PUT, url: '/b/\${input.id}?v=2'}}
  Find: {summary: Find, method: GET, path: /find, input: {q: {type: string}}, request: {query: {q: "\${default(input.q, 'all')}", tag: [new, old]}}}
  Fetched:
    summary: Fetched
    method: GET
    path: /fetched
    steps: {first: {url: /etag}}
    request: {headers: {If-Match: "\${steps.first.body.tag}"}}
  Elsewhere: {summary: Elsewhere, method: GET, path: /e, request: {url: 'https://other.example.com/e'}}
`, '["*.example.com"]'))
    const { notes } = await exported(file, 'requests', '--direct')
    assert.deepEqual(notes, [])
    const { document } = checkForPaconn('requests')
    await isValid(document)
    const list = policies('requests').map((one) => [one.templateId, one.parameters['x-ms-apimTemplate-operationName'] ?? 'all',
      at(one, 'urlTemplate') ?? at(one, 'newPath') ?? at(one, 'parameterTemplate') ?? `${at(one, 'name')}=${at(one, 'value')} ${at(one, 'existsAction')}`])
    assert.deepEqual(list, [
      ['dynamichosturl', ['Fetched'], "https://@connectionParameters('site').example.com/v1"],
      ['setvaluefromurl', ['Fetched'], "@headers('If-Match')"],
      ['dynamichosturl', ['Move', 'Find', 'Fetched'], "https://@connectionParameters('site').example.com/v1"],
      ['dynamichosturl', ['Elsewhere'], 'https://other.example.com'],
      ['setheader', 'all', "X-Zone=@connectionParameters('zone','eu') override"],
      ['setqueryparameter', ['Find'], 'q=all skip'],
      ['setqueryparameter', ['Find'], 'tag=new override'],
      ['setqueryparameter', ['Find'], 'tag=old append'],
      ['routerequesttoendpoint', ['Move'], '/b/{id}?v=2'],
    ])
  })

  const WAYS = {
    key: 'type: api_key\n      parameters: {api_key: {type: string, secret: true, required: true}}\n      inject: {headers: {X-Key: "${connection.api_key}"}}',
    code: 'type: authorization_code\n      parameters: {client_id: {type: string, required: true, ask: admin}, client_secret: {type: string, secret: true, required: true, ask: admin}}\n      authorize_url: https://api.example.com/authorize\n      token_url: https://api.example.com/token\n      scopes: [read]',
    system: 'type: client_credentials\n      parameters: {client_id: {type: string, required: true}, client_secret: {type: string, secret: true, required: true}}\n      token_url: https://api.example.com/token',
    posted: 'type: authorization_code\n      parameters: {client_id: {type: string, required: true, ask: admin}, client_secret: {type: string, secret: true, required: true, ask: admin}}\n      authorize_url: https://api.example.com/authorize\n      token_url: https://api.example.com/token\n      format: json',
  }
  const ways = (id, names, more = '') => save(id, definition(id, 'https://api.example.com', `connection:
  auth:
${names.map((name) => `    ${name}:\n      ${WAYS[name]}`).join('\n')}
actions:
  Get: {summary: Get, method: GET, path: /a}
${more}`, HEAD[0]))

  test('ways to sign in are parameters and schemes; what there is none of is told', async () => {
    await exported(ways('one', ['key']), 'one', '--direct')
    const one = checkForPaconn('one')
    assert.deepEqual(one.document.securityDefinitions, { api_key: { type: 'apiKey', in: 'header', name: 'X-Key' } })
    assert.equal(one.properties.connectionParameters.api_key.type, 'securestring')
    const { notes } = await exported(ways('several', ['key', 'code', 'system', 'posted']), 'several', '--direct')
    const several = checkForPaconn('several')
    assert.deepEqual(several.properties.connectionParameterSets.values.map((set) => set.name), ['key', 'code'])
    assert.deepEqual(several.document.security, [{ api_key: [] }, { oauth2_code: ['read'] }])
    const { token } = several.properties.connectionParameterSets.values[1].parameters
    assert.deepEqual([token.oAuthSettings.identityProvider, token.oAuthSettings.customParameters.tokenUrl.value], ['oauth2', 'https://api.example.com/token'])
    assert.deepEqual(notes.map((note) => [note.reason, note.detail.split(':')[0]]), [['grant', 'system'], ['grant', 'posted']])
    assert.match(notes[0].detail, /client_credentials/)
    assert.match(notes[1].detail, /no form/)
    const none = await tenon('export', 'powerplatform', ways('none', ['system']), '--out', 'none', '--direct')
    assert.equal(none.status, 1)
    assert.match(none.stderr, /not_sayable/)
  })

  test('a default is of its parameter\'s type, and a number is a text', async () => {
    const file = ways('defaults', ['key']).replace('./', '')
    fs.writeFileSync(path.join(work, file), read(file).toString().replace('connection:', 'connection:\n  parameters: {rate: {type: number, default: 1.5}, whole: {type: number, default: 2}, count: {type: integer, default: 3}, on: {type: boolean, default: true}}'))
    await exported(`./${file}`, 'defaults', '--direct')
    const { connectionParameters } = checkForPaconn('defaults').properties
    assert.deepEqual(['rate', 'whole', 'count', 'on'].map((name) => [connectionParameters[name].type, connectionParameters[name].defaultValue]),
      [['string', '1.5'], ['string', '2'], ['int', 3], ['bool', true]])
  })

  test('what is asked before one signs in has one name wherever it is mentioned', async () => {
    const file = save('sites', definition('sites', 'https://${connection.site}.example.com', `connection:
  parameters: {site: {type: string, required: true}, zone: {type: string, required: true}}
  auth:
    code:
      ${WAYS.code.replace('https://api.example.com/authorize', 'https://${connection.site}.example.com/authorize')}
actions:
  Get: {summary: Get, method: GET, path: /a, request: {headers: {X-Zone: "\${connection.zone}", X-Site: "\${connection.site}"}}}
`, '["*.example.com"]'))
    await exported(file, 'sites', '--direct')
    const { document, properties } = checkForPaconn('sites')
    assert.deepEqual(Object.keys(properties.connectionParameters).sort(), ['token', 'token:site', 'zone'])
    assert.deepEqual(policies('sites').map((one) => at(one, 'urlTemplate') ?? at(one, 'value')).sort(),
      ["@connectionParameters('token:site')", "@connectionParameters('zone')", "https://@connectionParameters('token:site').example.com"])
    assert.deepEqual(dangling(document, properties), [])
  })

  test('an action that cannot be said is left out, and named', async () => {
    const file = ways('left', ['key'], `  Built: {summary: Built, path: /b, input: {x: {type: string}}, request: {json: {y: "\${input.x}"}}}
  Signed: {summary: Signed, method: GET, path: /c, request: {headers: {X-Sum: "\${sha256('a')}"}}}
`.replace("${sha256('a')}", "${hex(sha256('a'))}"))
    const { notes } = await exported(file, 'left', '--direct')
    assert.deepEqual(notes.map(({ action, reason }) => [action, reason]), [['Built', 'request'], ['Signed', 'request']])
    assert.deepEqual(Object.keys(checkForPaconn('left').document.paths), ['/a'])
  })
})

describe('there and back', { skip: missing }, () => {
  test('the packages of the cases come back as they were', async () => {
    const less = new Set() // those of which a way to sign in cannot be said
    const leftOut = new Map() // actions that cannot be
    for (const [out, source] of [['first', path.join(ROOT, 'tests/cases/powerplatform')], ['second', 'packages']]) {
      if (out === 'second') {
        fs.mkdirSync(path.join(work, 'packages'))
        for (const name of fs.readdirSync(path.join(work, 'first'))) {
          const { notes } = await exported(`first/${name}`, `packages/${path.basename(name, '.yaml')}`, '--direct')
          if (notes.some((note) => note.reason === 'grant')) less.add(name)
          leftOut.set(name, notes.map((note) => note.action).filter(Boolean))
        }
      }
      const said = await tenon('import', 'powerplatform', source, '--out', out)
      assert.equal(said.status, 0, said.stderr)
    }
    assert.deepEqual([...leftOut.values()].flat(), ['Appended'])
    for (const name of fs.readdirSync(path.join(work, 'first')).filter((one) => !less.has(one))) {
      const first = YAML.parse(read('first', name).toString())
      for (const action of leftOut.get(name)) delete first.actions[action]
      assert.equal(difference(modelOf(YAML.stringify(first)), modelOf(read('second', name).toString())), null, name)
    }
  })

  const skip = fs.existsSync(sample) ? false : `there is no sample at ${sample}: set TENON_SHARED`
  test('so does a part of the published ones, with every fact that the import did not tell of', { skip }, () => {
    const folders = fs.readdirSync(sample, { withFileTypes: true }).filter((entry) => entry.isDirectory())
      .flatMap((tree) => fs.readdirSync(path.join(sample, tree.name)).map((name) => path.join(sample, tree.name, name)))
      .filter((folder) => fs.statSync(folder).isDirectory())
    const rows = roundTrip(folders.filter((_, i) => i % 6 === 0))
    assert.ok(rows.length > 5)
    for (const row of rows.filter((one) => !one.notes?.some((note) => note.reason === 'grant'))) { // those have a way less
      assert.ok(row.same, `${row.id}: ${row.failed ?? row.differs}`)
      assert.deepEqual(row.notes.filter((note) => note.action), [])
      assert.deepEqual(row.lost, [], row.id)
      assert.deepEqual(row.dangling, [], row.id)
    }
  })
})
