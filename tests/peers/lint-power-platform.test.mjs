// SPDX-License-Identifier: MIT
// `tenon lint --profile powerplatform`: what Microsoft's validator would say, at the line that says it, and nothing that the
// exported document mends.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, describe, test } from 'node:test'

import { run } from './lib/run.mjs'
import { missing, ROOT, TENON } from './lib/tenon.mjs'

const work = fs.mkdtempSync(path.join(os.tmpdir(), 'tenon-profile-'))
after(() => fs.rmSync(work, { recursive: true, force: true }))
const lint = (file, ...more) => run(TENON, ['lint', '--profile', 'powerplatform', '--server', 'https://tenon.example.com', file, ...more], { cwd: work })

const GOOD = `tenon: 1
id: things
title: Things
version: 1.0.0
description: Finds things, and keeps them for later.
contact: {name: A, url: https://a.example/, email: a@a.example}
links: {website: https://a.example/, privacy_policy: https://a.example/p}
categories: [Productivity]
hosts: [a.example]
base_url: https://a.example
actions:
  Put:
    summary: Put a thing
    path: /things/{id}
    input:
      id: {type: string}
      name: {type: string}
      kind: {in: query, type: string, x-ms-dynamic-values: {operationId: List, value-path: id}}
    output: {type: object, properties: {when: {type: string, format: date-time}}}
  List:
    summary: List things
    method: GET
    path: /things
    responses:
      200: {description: Things, schema: {$ref: '#/schemas/Things'}}
      404: {description: None}
  On:
    summary: When it happens
    path: /hooks
    input:
      url: {type: string, x-ms-notification-url: true, x-ms-visibility: internal}
    trigger: {type: webhook, content: {type: object}}
schemas:
  Things: {type: array, items: {type: object, properties: {id: {type: string}}}}
`

// What stands instead, the rule that it breaks, and the text at whose place that is told.
const ROWS = [
  ['title: Things', 'title: Things of all who ever lived anywhere', 'FieldLengthExceeded', 'title:'],
  ['title: Things', 'title: Things API', 'ValueContainsRestrictedWords', 'title:'],
  ['description: Finds things, and keeps them for later.', 'description: Finds.', 'FieldLengthNotInRange', 'description:'],
  [', privacy_policy: https://a.example/p', '', 'ConnectorMetadataPropertiesMissing', 'links:'],
  ['categories: [Productivity]', 'categories: [Fun]', 'InvalidConnectorCategory', 'categories:'],
  ['categories: [Productivity]', 'categories: [Productivity, Data, AI]', 'TooManyConnectorCategories', 'categories:'],
  ['hosts: [a.example]', "brand_color: '#FFFFFF'\nhosts: [a.example]", 'connector-validate-brandcolor', 'brand_color:'],
  ['kind: {in: query, type: string', 'list: {in: query, type: array, items: {type: string}, collectionFormat: pipes}\n      kind: {in: query, type: string', 'CollectionFormatValueNotSupported', 'collectionFormat: pipes'],
  ['operationId: List, value-path: id', 'operationId: List, value-path: name', 'InvokedOperationShouldProduceProperty', 'x-ms-dynamic-values'],
  ['operationId: List, value-path: id', 'operationId: Put, value-path: id, parameters: {id: 1}', 'InvokedOperationShouldProduceArray', 'x-ms-dynamic-values'],
  ['x-ms-dynamic-values: {operationId: List, value-path: id}', 'x-ms-dynamic-tree: {browse: {operationId: Lost}}', 'OperationIdNotFound', 'browse: {'],
  ['  Put:', '  Put_it:', 'OperationIdSanitized', 'Put_it:'],
  ['summary: Put a thing', 'summary: Put a thing.', 'ValueMustEndWithAlphanumeric', 'summary: Put'],
  ['id: {type: string}\n      name', 'connectionId: {in: query, type: string}\n      id: {type: string}\n      name', 'ConnectionIdParameterNotAllowed', 'connectionId:', true],
  ['operationId: List', 'operationId: Lost', 'OperationIdNotFound', 'x-ms-dynamic-values'],
  ['name: {type: string}', 'name: {type: object, properties: {deep: {type: string, format: guid}}}', 'UnrecognizedTypeFormat', 'format: guid'],
  ['format: date-time', 'format: instant', 'UnrecognizedTypeFormat', 'format: instant'],
  ['items: {type: object, properties: {id: {type: string}}}', 'items: {type: object, properties: {id: {type: string, format: binary}}}', 'InvalidStringBinaryProperty', 'id: {type: string, format: binary'],
  ['404: {description: None}', '404: {description: None, schema: {type: object}}', 'SchemaDefinitionSetIncorrectly', 'schema: {type: object}}'],
  ['404: {description: None}', 'default: {description: None, schema: {type: object}}', 'DefaultResponseHasSchema', 'schema: {type: object}}'],
  ['output: {type: object, properties: {when: {type: string, format: date-time}}}', 'output: {type: object}\n    responses: {202: {description: Later}}', 'SchemaDefinitionSetIncorrectly', 'output: {type: object}'],
  ['name: {type: string}', 'name: {type: string, format: binary}', 'InvalidStringBinaryProperty', 'name: {type: string, format'],
  ['name: {type: string}', 'name: {type: string, nullable: true}', 'AdditionalPropertyNotAllowed', 'nullable: true'],
  ['method: GET', 'method: GET\n    next_link: body.page.next', 'InvalidNextLinkNameValue', 'next_link:'],
  ['x-ms-notification-url: true, ', '', 'WebhookOperationsMissingNotificationUrlProperty', 'On:', true],
  ['type: array, items: {type: object, properties: {id: {type: string}}}', "type: object, properties: {up: {$ref: '#/schemas/Things', required: true}}", 'RequiredLoopInSchemaNotAllowed', 'Things:', true],
]

// Of the row that makes the list another thing.
const SECOND = 'InvokedOperationShouldProduceArray'

// 1-based line and column of a text that stands once.
function placeOf(text, part) {
  const at = text.indexOf(part)
  assert.ok(at >= 0, part)
  const before = text.slice(0, at).split('\n')
  return [before.length, before.at(-1).length + 1]
}

describe('the profile of Power Platform', { skip: missing }, () => {
  const file = path.join(work, 'things.yaml')

  test('a connector that keeps the rules is clean, and every shipped one but for null and links that no designer follows', async () => {
    fs.writeFileSync(file, GOOD)
    const good = await lint(file)
    assert.equal(good.status, 0, good.stdout)
    assert.match(good.stdout, /0 errors, 0 warnings/)
    const shipped = await lint(path.join(ROOT, 'connectors'), '--json')
    assert.equal(shipped.status, 0, shipped.stdout)
    assert.deepEqual(JSON.parse(shipped.stdout).filter((fault) => !/^`(nullable|next_link)` in the exported document: /.test(fault.message)), [])
  })

  // Those that `tenon openapi --version 2.0` tells, each where the definition says it; a callback Power Platform has a word for.
  test('what OpenAPI 2.0 cannot say is told where the definition says it', async () => {
    const source = path.join(ROOT, 'tests/cases/openapi/alternatives/alternatives.yaml'), lines = fs.readFileSync(source, 'utf8').split('\n')
    const { stderr } = await run(TENON, ['openapi', source, '--version', '2.0', '--server', 'https://tenon.example.com'])
    const told = stderr.trim().split('\n').map((line) => /\b(anyOf|oneOf|nullable|discriminator|writeOnly|format|answers|callback): /.exec(line)[1]).filter((what) => what !== 'callback')
    const { status, stdout } = await lint(source, '--json')
    const found = JSON.parse(stdout).filter((fault) => fault.message.includes(' in the exported document: '))
    const what = (fault) => /^`(\w+)`/.exec(fault.message)[1]
    assert.equal(status, 0)
    assert.deepEqual(found.map(what).sort(), told.sort())
    for (const fault of found) {
      assert.match(fault.message, /\. Likely fix: \w+/)
      assert.ok(lines[fault.line - 1].slice(fault.column - 1).startsWith(what(fault) === 'answers' ? 'schema:' : `${what(fault)}:`), JSON.stringify(fault))
    }
  })

  test('within one schema each kind is told once, with its lines', async () => {
    fs.writeFileSync(file, GOOD.replace(/  Things: .*\n/, `  Things:
    type: array
    items: {type: object, properties: {id: {type: string}}}
    properties:
      a: {type: string, nullable: true}
      b: {type: array, items: {type: string, deprecated: true, nullable: true}}
      c: {type: string, nullable: true}
`))
    const { stdout } = await lint(file, '--json')
    assert.deepEqual(JSON.parse(stdout).map((fault) => [/^`(\w+)`/.exec(fault.message)[1], fault.line, /also in lines? ([\d, ]+)/.exec(fault.message)?.[1]]), [['nullable', 38, '39, 40'], ['deprecated', 39, undefined]])
  })

  test('each breach is told by its name, at its place, and what is refused is an error', async () => {
    const files = ROWS.map(([old, instead], i) => {
      assert.ok(GOOD.includes(old), old)
      fs.mkdirSync(path.join(work, `${i}`))
      fs.writeFileSync(path.join(work, `${i}/things.yaml`), GOOD.replace(old, instead))
      return `${i}/things.yaml`
    })
    const { status, stdout } = await lint(files[0], ...files.slice(1), '--json')
    const all = JSON.parse(stdout).filter((fault) => fault.code === 'power_platform')
    assert.equal(status, 1)
    ROWS.forEach(([old, instead, rule, part, refused], i) => {
      const faults = all.filter((fault) => fault.file === files[i])
      assert.deepEqual([...new Set(faults.map((fault) => fault.rule))].filter((one) => one !== rule && one !== SECOND), [], rule)
      const found = faults.filter((fault) => fault.rule === rule)
      assert.equal(found.length, 1, rule)
      assert.deepEqual([found[0].line, found[0].column], placeOf(GOOD.replace(old, instead), part), rule)
      assert.equal(found[0].severity, refused ? 'error' : 'warning', rule)
    })
    const plain = await run(TENON, ['lint', '--json', ...files], { cwd: work })
    assert.deepEqual(JSON.parse(plain.stdout).filter((fault) => fault.code === 'power_platform'), [])
  })

  test('--direct tells of the package that calls the service itself', async () => {
    const direct = GOOD.replace('actions:', `connection:
  auth:
    key:
      type: api_key
      parameters: {my-key: {type: string, secret: true, required: true}}
      inject: {headers: {X-Key: "\${connection['my-key']}"}}
actions:`).replace('  List:\n', '  Built: {summary: Built, path: /b, input: {x: {type: string}}, request: {json: {y: "${input.x}"}}}\n  List:\n')
    fs.writeFileSync(file, direct)
    const { status, stdout } = await lint(file, '--direct', '--json')
    const faults = JSON.parse(stdout)
    assert.equal(status, 1, stdout)
    const at = (part) => placeOf(direct, part)
    for (const [rule, part] of [['connector-validate-connectionparameters', 'my-key: {'], ['connector-validate-brandcolor', 'tenon: 1'], ['not_sayable', 'Built:']]) {
      const found = faults.filter((fault) => (fault.rule ?? fault.code) === rule)
      assert.ok(found.length > 0, `${rule}: ${stdout}`)
      for (const fault of found) assert.deepEqual([fault.line, fault.column], at(part), rule)
    }
    assert.equal((await lint(file)).status, 0)
    fs.writeFileSync(file, direct.replace(/type: api_key\n.*\n.*/, `type: client_credentials
      parameters: {client_id: {type: string, required: true}, client_secret: {type: string, secret: true, required: true}}
      token_url: https://a.example/token`))
    assert.match((await lint(file, '--direct')).stdout, /not_sayable: no way to sign in/)
    assert.equal((await run(TENON, ['lint', '--direct', file])).status, 2)
  })

  test('for people: the name where a code stands, the line and a caret', async () => {
    fs.writeFileSync(file, GOOD.replace('  List:', '  List_all:').replace('operationId: List', 'operationId: List_all'))
    const { stdout } = await lint(file)
    assert.match(stdout, /things\.yaml:20:3: warning\/W OperationIdSanitized: `List_all`.*\n {4}List_all:\n {4}\^/)
  })

  test('another profile is wrong usage', async () => {
    const { status, stderr } = await run(TENON, ['lint', '--profile', 'other', file], { cwd: work })
    assert.equal(status, 2)
    assert.match(stderr, /powerplatform/)
  })
})
