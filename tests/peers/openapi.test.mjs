// SPDX-License-Identifier: MIT
// OpenAPI documents of every connector that is at hand: independent validators and Power Platform's rules accept them.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'

import SwaggerParser from '@apidevtools/swagger-parser'
import { Validator } from '@seriousme/openapi-schema-validator'
import { parse as parseYaml } from 'yaml'

import { definition } from './lib/connector.mjs'
import { faultsOf } from './lib/power-platform-rules.mjs'
import { cli, print, run } from './lib/run.mjs'
import { missing, ROOT } from './lib/tenon.mjs'

const VERSIONS = ['2.0', '3.0', '3.1']
const CONNECTIONS = ['-', 'acme', '*']
const SERVER = 'https://tenon.example.com/base'
const SHARED = resolve(process.env.TENON_SHARED ?? join(ROOT, '../shared'), 'format/accepted')

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

  // It compiles the schema of OpenAPI for every document anew. The next test holds all of them against the same schema, so
  // here that is done for those that we ship; references and the specification's own rules are looked at in all.
  test('swagger-parser accepts them', async () => {
    await each(({ json, file }) => SwaggerParser.validate(JSON.parse(json), { validate: { schema: shipped.includes(file) } }))
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
  // A hidden default of what is not required is not sent: that is what `defaults: required` says.
  const OF_THE_DEFINITION = ['InternalPropertyWithDefaultOptional', 'OperationIdSanitized', 'ValueMustEndWithAlphanumeric', 'MimeTypeNotSupported', 'ConnectorMetadataPropertiesMissing',
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
    assert.equal(await url('--public-url', 'https://t.example/'), 'https://t.example/run/ukg-pro-wfm/-')
    assert.equal(await url('--public-url', 'https://t.example', '--server', 'https://s.example'), 'https://s.example/run/ukg-pro-wfm/-')
    assert.equal(await url('--listen', ':9000,127.0.0.1:1'), 'http://127.0.0.1:9000/run/ukg-pro-wfm/-')
  })

  test('wrong usage is 2, a definition with faults 1', async () => {
    const broken = join(folder, 'broken.yaml')
    writeFileSync(broken, 'tenon: 1\nid: broken\n')
    for (const [args, status, told] of [[[], 2, /too few words/], [['a', 'b'], 2, /too many words/], [['ukg-pro-wfm', '--version', '1.2'], 2, /--version/],
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
