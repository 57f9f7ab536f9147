// SPDX-License-Identifier: MIT
// Published connectors of Power Platform, imported and run: what arrives at the services is what the package prescribes, read by an
// interpreter of its own (tests/corpus/lib). A few operations of each; `./dev corpus` calls all. The packages are read where they are.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'

import { match } from '../corpus/lib/matching.mjs'
import { missing, ROOT, TENON } from './lib/tenon.mjs'
import { zipOf } from './lib/zip-writer.mjs'

const SAMPLE = join(resolve(process.env.TENON_SHARED ?? join(ROOT, '../shared')), 'corpora/powerplatform')
const skip = missing || (existsSync(SAMPLE) ? false : `${SAMPLE} is not here (set TENON_SHARED)`)
const MOST = 2 // operations of each connector

// As the portal exports a solution: what a folder holds in one file each, beside what else of the connector is told in XML.
const xml = (text) => String(text).replace(/[<&>]/g, (c) => ({ '<': '&lt;', '&': '&amp;', '>': '&gt;' })[c])
function solutionOf(name, { definition, properties, hasScript }) {
  const at = (end) => `Connector/${name}_${end}`, part = (value) => `\uFEFF${JSON.stringify(value ?? null)}`
  const connector = `<Connector><connectorid>{00000000-0000-0000-0000-000000000001}</connectorid><connectortype>1</connectortype><name>new_${name}</name>
    <displayname>${xml(name)}</displayname><iconbrandcolor>${xml(properties.iconBrandColor)}</iconbrandcolor><openapidefinition>/${at('openapidefinition.json')}</openapidefinition>
    <scriptoperations>${xml(JSON.stringify(properties.scriptOperations ?? []))}</scriptoperations></Connector>`
  return {
    '[Content_Types].xml': '<?xml version="1.0" encoding="utf-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="json" ContentType="application/octet-stream" /></Types>',
    'solution.xml': `<ImportExportXml><SolutionManifest><UniqueName>s</UniqueName><RootComponents><RootComponent type="372" schemaName="new_${name}" /></RootComponents></SolutionManifest></ImportExportXml>`,
    'customizations.xml': `<ImportExportXml xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><Entities></Entities><Connectors>${connector}</Connectors></ImportExportXml>`,
    [at('openapidefinition.json')]: definition,
    [at('connectionparameters.json')]: part(properties.connectionParameters),
    ...(properties.connectionParameterSets && { [at('connectionparametersets.json')]: part(properties.connectionParameterSets) }),
    [at('policytemplateinstances.json')]: part(properties.policyTemplateInstances ?? []),
    [at('iconblob.Png')]: Buffer.from('89504e470d0a1a0a', 'hex'),
    ...(hasScript && { [at('customcodeblobcontent.csx')]: 'public class Script : ScriptBase {}' }),
  }
}

const OF_FOLDERS_ALONE = ['publisher', 'stackOwner', 'capabilities', 'script'] // a solution does not tell them

// Imports a folder of packages, and calls what became of it.
async function matchFolder(source, name, options) {
  const out = join(folder, name), file = join(folder, `${name}.json`)
  const run = spawnSync(TENON, ['import', 'powerplatform', source, '--out', out, '--report', file], { encoding: 'utf8' })
  assert.ok(run.status === 0 || run.status === 1, run.stderr) // some consist of scripts alone
  return match(JSON.parse(readFileSync(file, 'utf8')).filter((report) => !report.failed), out, options)
}

let folder, matched
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tenon-powerplatform-'))
  if (!skip) matched = await matchFolder(SAMPLE, 'out', { most: MOST })
})
after(() => rmSync(folder, { recursive: true, force: true }))

const told = (list) => list.filter(({ lines }) => lines.length).map(({ connector, operation, way, variant, lines }) => [connector, operation, way, variant, ...lines].join(' '))

test('packages of our own: each call and each sign-in is what they prescribe', { skip: missing }, async () => {
  const own = await matchFolder(join(ROOT, 'tests/cases/powerplatform'), 'own')
  assert.ok(own.results.length > 30 && own.signIns.length > 1)
  assert.deepEqual([...told(own.results), ...told(own.signIns), ...own.leftOut], [])
})

test('each call sends what the package prescribes', { skip }, () => {
  assert.ok(matched.results.length > 200, `${matched.results.length} calls`)
  assert.deepEqual(told(matched.results), [])
})

test('so does each sign-in, and each renewal', { skip }, () => {
  assert.ok(matched.signIns.length > 30, `${matched.signIns.length} sign-ins`)
  assert.deepEqual(told(matched.signIns), [])
})

test('no way to sign in is left out', { skip }, () => assert.deepEqual(matched.leftOut, []))

test('a solution becomes what its connector\'s folder becomes', { skip }, () => {
  const ids = matched.connectors.map(({ id }) => id)
  for (const { id, pkg, report } of matched.connectors) {
    const hasScript = Object.values(report.operations).some(({ reasons }) => reasons.some(({ reason }) => reason === 'script'))
    const properties = Object.fromEntries(Object.entries(pkg.properties).filter(([name]) => !OF_FOLDERS_ALONE.includes(name)))
    writeFileSync(join(folder, `${id}.zip`), zipOf(solutionOf(id, { definition: readFileSync(report.source), properties, hasScript })))
  }
  const out = join(folder, 'solutions')
  const run = spawnSync(TENON, ['import', 'powerplatform', ...ids.map((id) => join(folder, `${id}.zip`)), '--out', out, '--json'], { encoding: 'utf8', maxBuffer: 1 << 28 })
  assert.equal(run.status, 0, run.stderr)
  const plain = (name, id) => readFileSync(join(folder, name, `${id}.yaml`), 'utf8').replace(/^# .*\n/, '').replace(/^publisher:\n(?: .*\n)*/m, '')
  for (const id of ids) assert.equal(plain('solutions', id), plain('out', id))
})
