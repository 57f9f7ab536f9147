// SPDX-License-Identifier: MIT
// `tenon import`: folders and zips to files that lint, beside one another, with a report.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'

import { shortOfDisk } from './lib/run.mjs'
import { zipOf } from './lib/zip-writer.mjs'

const root = path.resolve(import.meta.dirname, '../..')
const bin = process.env.TENON_BIN ?? path.join(root, 'build/tenon')
const cases = path.join(root, 'tests/cases')
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'tenon-import-'))
after(() => fs.rmSync(work, { recursive: true, force: true }))

const tenon = (...words) => spawnSync(bin, words, { encoding: 'utf8', cwd: work })

test('a folder of packages becomes definitions that lint, and a report', () => {
  const run = tenon('import', 'powerplatform', path.join(cases, 'powerplatform'), '--out', 'folder', '--report', 'report.json')
  assert.equal(run.status, 0, run.stderr)
  for (const name of fs.readdirSync(path.join(cases, 'powerplatform'))) {
    assert.equal(fs.readFileSync(path.join(work, 'folder', `${name}.yaml`), 'utf8'),
      fs.readFileSync(path.join(cases, 'powerplatform', name, 'expected.yaml'), 'utf8'))
  }
  const lint = tenon('lint', 'folder')
  assert.equal(lint.status, 0, lint.stdout)
  const report = JSON.parse(fs.readFileSync(path.join(work, 'report.json'), 'utf8'))
  const bookings = report.find((one) => one.connector === 'bookings')
  assert.equal(bookings.operations.Scripted.verdict, 'refused')
  assert.equal(bookings.operations.Scripted.reasons[0].reason, 'script')
})

test('a solution becomes a definition, and one that is there is not replaced', () => {
  const zip = path.join(cases, 'archives/solution.zip')
  assert.equal(tenon('import', 'powerplatform', zip, '--out', 'zip').status, 0)
  assert.deepEqual(fs.readdirSync(path.join(work, 'zip')), ['acme-rooms.yaml'])
  fs.writeFileSync(path.join(work, 'zip/acme-rooms.yaml'), 'mine')
  const again = tenon('import', 'powerplatform', zip, '--out', 'zip', '--report', 'again.json')
  assert.equal(again.status, 1)
  assert.match(again.stderr, /acme-rooms\.yaml: File exists.*another --out/s)
  assert.equal(JSON.parse(fs.readFileSync(path.join(work, 'again.json'), 'utf8'))[0].connector, 'acme-rooms')
  assert.equal(fs.readFileSync(path.join(work, 'zip/acme-rooms.yaml'), 'utf8'), 'mine')
})

test('a full disk leaves no half definition, and the report that was there', () => {
  const zip = path.join(cases, 'archives/solution.zip')
  fs.writeFileSync(path.join(work, 'before.json'), '[]')
  fs.mkdirSync(path.join(work, 'full'))
  const run = spawnSync(...shortOfDisk(512, bin, ['import', 'powerplatform', zip, '--out', 'full', '--report', 'before.json']), { encoding: 'utf8', cwd: work })
  assert.deepEqual([run.status, run.stderr], [1, 'tenon: full/acme-rooms.yaml: File too large (configuration)\n'])
  assert.deepEqual(fs.readdirSync(path.join(work, 'full')), [])
  assert.equal(fs.readFileSync(path.join(work, 'before.json'), 'utf8'), '[]')
})

test('what cannot be read does not keep the others out, and nothing is written outside', () => {
  const run = tenon('import', 'powerplatform', path.join(cases, 'archives/lies.zip'), path.join(cases, 'archives/within.zip'), '--out', 'deep/out', '--json')
  assert.equal(run.status, 2, 'a folder is made, not its parents')
  fs.mkdirSync(path.join(work, 'deep'))
  const second = tenon('import', 'powerplatform', path.join(cases, 'archives/lies.zip'), path.join(cases, 'archives/within.zip'), '--out', 'deep/out', '--json')
  assert.equal(second.status, 1)
  assert.deepEqual(JSON.parse(second.stdout).map((report) => report.failed ?? report.connector), ['unreadable', 'acme-rooms', 'outside'])
  assert.deepEqual(fs.readdirSync(path.join(work, 'deep')), ['out'])
  assert.deepEqual(fs.readdirSync(path.join(work, 'deep/out')), ['acme-rooms.yaml', 'outside.yaml'])
})

test('what of a zip cannot be read is told with its place, and the others are imported', () => {
  const definition = JSON.stringify({ swagger: '2.0', info: { title: 'Rooms', version: '1.0.0' }, host: 'api.example.com', paths: { '/a': { get: { operationId: 'A', responses: { 200: { description: 'A' } } } } } })
  const solution = { 'customizations.xml': '<!DOCTYPE x><ImportExportXml/>', 'Connector/rooms_openapidefinition.json': definition, 'Connector/rooms_customcodeblobcontent.csx': 'class Script {}' }
  fs.writeFileSync(path.join(work, 'parts.zip'), zipOf({ 'a/\u202ebroken.zip': 'no zip', 'folder/apiDefinition.swagger.json': definition, 'solution.zip': zipOf(solution) }))
  const run = tenon('import', 'powerplatform', 'parts.zip', '--out', 'parts', '--json')
  assert.equal(run.status, 1)
  const [broken, plain, scripted] = JSON.parse(run.stdout)
  assert.deepEqual([broken.source, broken.failed], ['parts.zip/a/broken.zip', 'unreadable'])
  assert.deepEqual([plain.connector, plain.operations.A.verdict], ['folder', 'hosted'])
  assert.deepEqual([scripted.notes[0].reason, scripted.operations.A.reasons[0].reason], ['unreadable', 'script'])
  assert.match(scripted.notes[0].detail, /^customizations\.xml: .*scriptOperations are not known$/)
  assert.deepEqual(fs.readdirSync(path.join(work, 'parts')), ['folder.yaml'])
})

test('where no connector is, that is told', () => {
  fs.mkdirSync(path.join(work, 'empty'))
  const run = tenon('import', 'powerplatform', 'empty', '--out', 'none')
  assert.equal(run.status, 1)
  assert.match(run.stderr, /no connector is there/)
  assert.equal(tenon('import', 'powerplatform', 'empty').status, 2)
})

test('two providers of one id: the first is kept, the report tells of the second, and the run goes on', () => {
  const provider = (name) => `${name}:\n  display_name: Foo\n  auth_mode: API_KEY\n  proxy:\n    base_url: https://api.example.com\n    headers:\n      authorization: Bearer \${apiKey}\n`
  fs.writeFileSync(path.join(work, 'providers.yaml'), provider('foo_bar') + provider('foo-bar') + provider('other'))
  fs.writeFileSync(path.join(work, 'more.yaml'), `\n${provider('Other')}`)
  const run = tenon('import', 'nango', 'providers.yaml', 'more.yaml', '--out', 'catalogue', '--report', 'catalogue.json')
  assert.equal(run.status, 1)
  assert.equal(run.stderr, '')
  assert.deepEqual(fs.readdirSync(path.join(work, 'catalogue')), ['foo-bar.yaml', 'other.yaml'])
  const report = JSON.parse(fs.readFileSync(path.join(work, 'catalogue.json'), 'utf8'))
  assert.deepEqual(report.map((one) => [one.source, one.connector, one.failed]), [['foo_bar', 'foo-bar', undefined], ['foo-bar', undefined, 'id'], ['other', 'other', undefined], ['Other', undefined, 'id']])
  assert.equal(report[1].notes[0].detail, 'line 8: it is called foo-bar, as foo_bar is, which is kept')
  assert.match(report[3].notes[0].detail, /^line 2: .* as other is/)
})

/* --- many operations --- */

// Each with parameters, a body and an answer of its own. name: their operationId, which may be the same for all.
function manyOperations(count, name) {
  const paths = {}, definitions = {}
  for (let i = 0; i < count; i++) {
    definitions[`Thing${i}`] = { type: 'object', properties: { id: { type: 'string' } } }
    paths[`/things${i}/{id}`] = { post: { operationId: name(i), summary: 'A thing', parameters: [
      { name: 'id', in: 'path', required: true, type: 'string' }, { name: `q${i}`, in: 'query', type: 'string' },
      { name: 'body', in: 'body', required: true, schema: { type: 'object', properties: { [`count${i}`]: { type: 'integer', pattern: '(?=no)' } } } },
    ], responses: { 200: { description: 'A thing', schema: { $ref: `#/definitions/Thing${i}` } } } } }
  }
  return { swagger: '2.0', info: { title: 'Many', version: '1.0.0', description: 'Many operations.' }, host: 'api.example.com', schemes: ['https'], paths, definitions }
}

// Answers the report of each operation.
function importMany(kind, folder, document) {
  fs.mkdirSync(path.join(work, folder))
  fs.writeFileSync(path.join(work, folder, 'apiDefinition.swagger.json'), JSON.stringify(document))
  const run = tenon('import', kind, kind === 'openapi' ? path.join(folder, 'apiDefinition.swagger.json') : folder, '--out', `${folder}-out`, '--report', `${folder}.json`)
  assert.equal(run.status, 0, run.stderr)
  const [report] = JSON.parse(fs.readFileSync(path.join(work, `${folder}.json`), 'utf8'))
  return report.operations
}

for (const kind of ['powerplatform', 'openapi']) {
  test(`${kind}: of more operations than a definition takes the first are hosted, and each of the others is told`, () => {
    const operations = Object.values(importMany(kind, `many-${kind}`, manyOperations(4000, (i) => `Thing${i}`)))
    assert.equal(operations.length, 4000)
    const refused = operations.filter((one) => one.verdict === 'refused')
    assert.equal(refused.length, 3000)
    for (const one of refused) assert.match(one.reasons.find((reason) => reason.reason === 'limit').detail, /takes 1000 actions.*in several parts/)
    assert.equal(tenon('lint', `many-${kind}-out`).status, 0)
  })

  test(`${kind}: operations of one name have a line each, which tells what they are called`, () => {
    const operations = importMany(kind, `equal-${kind}`, manyOperations(500, () => 'DoIt'))
    assert.equal(Object.keys(operations).length, 500)
    assert.equal(operations.DoIt.action, 'DoIt')
    for (let i = 1; i < 500; i++) {
      const one = operations[`DoIt (POST /things${i}/{id})`]
      assert.equal(one.action, `DoIt_${i + 1}`)
      assert.ok(one.reasons.some(({ reason, detail }) => reason === 'renamed' && detail.endsWith(` DoIt_${i + 1}`)))
    }
  })
}

/* --- sources that are no files --- */

// A host that waits for a pipe never ends: the time is a ceiling, not a measure.
const tenonSoon = (...words) => {
  const run = spawnSync(bin, words, { encoding: 'utf8', cwd: work, timeout: 20000 })
  assert.equal(run.signal, null, `tenon ${words.join(' ')} waits`)
  return run
}

// A place for each kind of thing that is no file, by the name that it shall have.
async function makeOdd(folder, name) {
  const at = (kind) => {
    fs.mkdirSync(path.join(work, folder, kind), { recursive: true })
    return path.join(work, folder, kind, name)
  }
  execFileSync('mkfifo', [at('pipe')])
  fs.symlinkSync('/dev/zero', at('device'))
  fs.symlinkSync(name, at('circle'))
  const server = net.createServer().listen(at('socket'))
  await new Promise((resolve) => server.once('listening', resolve))
  after(() => server.close())
  return ['pipe', 'device', 'circle', 'socket'].map((kind) => path.join(work, folder, kind, name))
}
const NO_FILE = /it is no regular file|leads out of the document's folder|Too many levels of symbolic links/

// Writes a package below the work folder, imports it and answers its report.
function importPackage(folder, definition, properties) {
  fs.mkdirSync(path.join(work, folder))
  fs.writeFileSync(path.join(work, folder, 'apiDefinition.swagger.json'), JSON.stringify({ swagger: '2.0', info: { title: folder, version: '1.0.0' }, host: 'api.example.com', ...definition }))
  fs.writeFileSync(path.join(work, folder, 'apiProperties.json'), JSON.stringify({ properties }))
  const run = tenon('import', 'powerplatform', folder, '--out', `${folder}-out`, '--json')
  assert.equal(run.status, 0, run.stderr)
  return JSON.parse(run.stdout)[0]
}

test('powerplatform: of more parameters or ways to sign in than a definition takes the first are kept, and the others told', () => {
  const paths = { '/a': { get: { operationId: 'A', responses: { 200: { description: 'A' } } } }, '/b': { get: { operationId: 'B', responses: { 200: { description: 'B' } } } } }
  const many = (n, one) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`p${i}`, one]))
  const policyTemplateInstances = [{ templateId: 'setheader', parameters: { 'x-ms-apimTemplateParameter.name': 'X-A', 'x-ms-apimTemplateParameter.value': "@connectionParameters('p19999')", 'x-ms-apimTemplate-operationName': ['A'] } }]
  const parameters = importPackage('parameters', { paths }, { policyTemplateInstances, connectionParameters: many(20000, { type: 'string' }) })
  assert.deepEqual(parameters.notes.map(({ reason }) => reason), ['limit'])
  assert.match(parameters.notes[0].detail, /the last 19900 parameters .* takes 100$/)
  assert.deepEqual([parameters.operations.A.verdict, parameters.operations.B.verdict], ['refused', 'hosted'])
  const sets = importPackage('sets', { paths }, { connectionParameterSets: { values: Object.keys(many(40)).map((name) => ({ name, parameters: many(1, { type: 'string' }) })) } })
  assert.deepEqual(sets.notes, [{ reason: 'limit', detail: 'the last 8 parameter sets are left out: a definition takes 32 ways to sign in' }])
})

test('a source that is no file is refused at once', async () => {
  for (const odd of await makeOdd('odd', 'source.zip')) {
    assert.match(JSON.parse(tenonSoon('import', 'powerplatform', odd, '--out', 'odd-out', '--json').stdout)[0].notes[0].detail, NO_FILE)
    assert.match(JSON.parse(tenonSoon('import', 'openapi', odd, '--out', 'odd-out', '--json').stdout)[0].notes[0].detail, NO_FILE)
    assert.match(tenonSoon('import', 'nango', odd, '--out', 'odd-out').stderr, NO_FILE)
  }
  for (const odd of await makeOdd('odd-definitions', 'source.yaml')) {
    for (const command of [['lint'], ['export', 'powerplatform', '--out', 'odd-out'], ['openapi']]) {
      const run = tenonSoon(command[0], ...command.slice(1, 2), odd, ...command.slice(2))
      assert.equal(run.status, 1, run.stderr)
      assert.match(run.stdout + run.stderr, /regular file|Too many levels of symbolic links/)
    }
  }
})

test('what a document refers to, and what a folder holds, is not waited for either', async () => {
  await makeOdd('within', 'apiDefinition.swagger.json')
  const run = tenonSoon('import', 'powerplatform', 'within', '--out', 'within-out', '--json')
  assert.deepEqual(JSON.parse(run.stdout).map((one) => NO_FILE.test(one.notes[0].detail)), [true, true, true, true])
  fs.writeFileSync(path.join(work, 'within/pipe/document.yaml'), `openapi: 3.0.0
info: {title: Pipes, version: 1.0.0}
servers: [{url: https://api.example.com}]
paths:
  /a: {get: {responses: {'200': {description: A, content: {application/json: {schema: {$ref: 'apiDefinition.swagger.json#/x'}}}}}}}
`)
  const document = tenonSoon('import', 'openapi', 'within/pipe/document.yaml', '--out', 'within-out', '--json')
  assert.equal(document.status, 0, document.stderr)
  assert.ok(JSON.parse(document.stdout)[0].notes.some((note) => NO_FILE.test(note.detail)), document.stdout)
})

test('folders that lead round in circles, or that nobody may read, are told, and the others are imported', () => {
  const folder = path.join(work, 'circles')
  fs.cpSync(path.join(cases, 'powerplatform/bookings'), path.join(folder, 'bookings'), { recursive: true })
  fs.symlinkSync('..', path.join(folder, 'again'))
  fs.mkdirSync(path.join(folder, 'closed'), { mode: 0 })
  fs.mkdirSync(path.join(folder, '1/2/3/4/5/6/7/8/9'), { recursive: true })
  const root = process.getuid() === 0, nobody = root ? { uid: 65534, gid: 65534 } : {}
  fs.mkdirSync(path.join(work, 'circles-out'))
  fs.chmodSync(path.join(work, 'circles-out'), 0o777)
  fs.chmodSync(work, 0o755)
  const run = spawnSync(bin, ['import', 'powerplatform', 'circles', '--out', 'circles-out', '--json'], { encoding: 'utf8', cwd: work, timeout: 20000, ...nobody })
  assert.equal(run.status, 1, run.stderr)
  const told = Object.fromEntries(JSON.parse(run.stdout).map((one) => [one.source, one.failed ? one.notes[0].detail : one.connector]))
  assert.match(told['circles/again'], /link to a folder/)
  assert.match(told['circles/closed'], /Permission denied/)
  assert.match(told['circles/1/2/3/4/5/6/7/8/9'], /too many folders deep/)
  assert.equal(told['circles/bookings/apiDefinition.swagger.json'], 'bookings')
})
