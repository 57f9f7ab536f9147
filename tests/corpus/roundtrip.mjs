// SPDX-License-Identifier: MIT
// There and back: published connectors imported, exported as packages that call the service itself, and imported again. Compares
// the two definitions, and what the exported document says with what the original said. As a program it prints a table;
// roundtrip.mjs [--facts] prints every fact that is not kept. The sample is read where it lies, never copied.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { factsOf, missing } from './facts.mjs'
import { lenient } from './lenient.mjs'
import { difference, modelOf } from './model.mjs'

const root = path.resolve(import.meta.dirname, '../..')
const bin = process.env.TENON_BIN ?? path.join(root, 'build/tenon')
export const sample = path.join(process.env.TENON_SHARED ?? path.join(root, '../shared'), 'corpora/powerplatform')
const tenon = (...words) => spawnSync(bin, words, { encoding: 'utf8', maxBuffer: 1 << 28 })
const read = (...parts) => fs.readFileSync(path.join(...parts), 'utf8')

function imported(work, name, sources) {
  const out = path.join(work, name), report = path.join(work, `${name}.json`)
  const run = tenon('import', 'powerplatform', ...sources, '--out', out, '--report', report)
  if (run.status === null || run.status > 1) throw new Error(`tenon import ended with ${run.status ?? run.signal}: ${run.stderr}`)
  return { out, reports: JSON.parse(fs.readFileSync(report, 'utf8')) }
}

// Whether the report of the import told of it: by the operation's reasons, or by a note where it belongs to none.
function isTold(report, fact) {
  const operation = fact.operation && Object.entries(report.operations).find(([name, one]) => (one.action ?? name) === fact.operation)?.[1]
  if (operation?.verdict === 'refused') return true
  const reasons = [...(operation?.reasons ?? []), ...report.notes]
  const parts = fact.at.split(/[/ ]/).filter((part) => part.length > 1)
  const names = (text) => text.includes(`\`${fact.kind}\``) || parts.some((part) => text.includes(part))
  return reasons.some((one) => names(one.detail) || `x-ms-${one.reason}` === fact.kind || one.reason === fact.kind)
}

// sources: folders of packages. One row a connector that was imported: {id, same, differs, facts, lost, told, notes}.
export function roundTrip(sources) {
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'tenon-roundtrip-'))
  try {
    const first = imported(work, 'first', sources)
    const good = first.reports.filter((report) => !report.failed)
    const packages = path.join(work, 'packages')
    fs.mkdirSync(packages)
    const rows = good.map((report) => ({ id: report.connector, report, ...exported(first.out, packages, report) }))
    const second = imported(work, 'second', [packages])
    for (const row of rows) compare(row, first.out, second.out)
    return rows.map(({ report, ...row }) => row)
  } finally {
    fs.rmSync(work, { recursive: true, force: true })
  }
}

function exported(from, packages, report) {
  const folder = path.join(packages, report.connector)
  const run = tenon('export', 'powerplatform', path.join(from, `${report.connector}.yaml`), '--out', folder, '--direct', '--json')
  if (run.status !== 0) return { failed: run.stderr.trim() }
  const document = JSON.parse(read(folder, 'apiDefinition.swagger.json')), { properties } = JSON.parse(read(folder, 'apiProperties.json'))
  return { document, notes: JSON.parse(run.stdout).notes, dangling: dangling(document, properties) }
}

// What a package mentions and does not have: parameters of a connection, operations, schemes.
export function dangling(document, properties) {
  const sets = [{ parameters: properties.connectionParameters ?? {} }, ...properties.connectionParameterSets?.values ?? []]
  const parameters = new Set(sets.flatMap((set) => Object.keys(set.parameters)))
  const operations = new Set(Object.values(document.paths).flatMap((item) => Object.values(item)).map((one) => one.operationId))
  const instances = properties.policyTemplateInstances ?? []
  const mentioned = [...JSON.stringify(instances).matchAll(/@connectionParameters\('([^']+)'/g)].map((found) => found[1])
  const used = instances.flatMap((one) => one.parameters['x-ms-apimTemplate-operationName'] ?? [])
  const schemes = (document.security ?? []).flatMap((one) => Object.keys(one))
  return [...mentioned.filter((name) => !parameters.has(name)), ...used.filter((name) => !operations.has(name)), ...schemes.filter((name) => !document.securityDefinitions?.[name])]
}

// The faults that two validators find in the exported documents. Takes a while.
async function validated(rows) {
  const { Validator } = await import('@seriousme/openapi-schema-validator')
  const { default: SwaggerParser } = await import('@apidevtools/swagger-parser')
  const validator = new Validator()
  for (const row of rows.filter((one) => one.document)) {
    const { errors } = await validator.validate(structuredClone(row.document))
    row.invalid = errors ? JSON.stringify(errors) : await SwaggerParser.validate(structuredClone(row.document)).then(() => null, (error) => error.message)
  }
}

function compare(row, first, second) {
  const file = `${row.id}.yaml`
  row.same = !row.failed && fs.existsSync(path.join(second, file))
  if (row.failed || !row.same) return
  const texts = [read(first, file), read(second, file)]
  row.bytes = texts[0] === texts[1]
  row.differs = difference(modelOf(texts[0]), modelOf(texts[1]))
  row.same = row.differs === null
  const original = lenient(fs.readFileSync(row.report.source))
  if (!original) return
  const nameOf = (name) => row.report.operations[name]?.action ?? name
  const facts = factsOf(original, nameOf)
  const lost = missing(facts, factsOf(row.document))
  row.facts = facts.length
  row.told = lost.filter((fact) => isTold(row.report, fact))
  row.lost = lost.filter((fact) => !isTold(row.report, fact))
}

// A way to sign in that the platform has no word for is gone, and the export has said so.
const isSaid = (row) => (row.notes ?? []).some(({ detail }) => row.differs?.startsWith(`/connection/auth/${detail.split(':')[0]}: `))

export function print(rows, everything) {
  const line = (name, text) => console.log(`${name.padEnd(34)}${text}`)
  const sum = (of) => rows.reduce((total, row) => total + of(row), 0)
  const known = rows.filter((row) => row.facts)
  line('exported as direct packages', `${rows.filter((row) => !row.failed).length} of ${rows.length}`)
  line('imported again: the same', `${rows.filter((row) => row.same).length} of ${rows.length}, byte for byte ${rows.filter((row) => row.bytes).length}`)
  if (rows.some((row) => 'invalid' in row)) line('valid, for two validators', `${rows.filter((row) => row.invalid === null).length} of ${rows.length}`)
  for (const row of rows.filter((one) => one.invalid)) line(`  ${row.id}`, row.invalid.slice(0, 300))
  for (const row of rows.filter((one) => one.dangling?.length)) line(`  ${row.id}`, `mentions what it has not: ${row.dangling.join(', ')}`)
  for (const row of rows.filter((one) => !one.same)) line(`  ${row.id}`, row.failed ?? row.differs ?? 'it is not there')
  for (const row of rows) for (const note of row.notes ?? []) line(`  ${row.id} ${note.action ?? ''}`, `${note.reason}: ${note.detail}`)
  const facts = sum((row) => row.facts ?? 0), told = sum((row) => row.told?.length ?? 0), lost = sum((row) => row.lost?.length ?? 0)
  line('facts of the originals', `${facts} in ${known.length}: ${facts - told - lost} kept, ${told} told by the import, ${lost} lost`)
  const kinds = new Map()
  for (const fact of rows.flatMap((row) => row.lost ?? [])) kinds.set(fact.kind, (kinds.get(fact.kind) ?? 0) + 1)
  for (const [kind, n] of [...kinds].sort((a, b) => b[1] - a[1])) line(`  lost: ${kind}`, n)
  if (everything) for (const row of rows) for (const fact of row.lost ?? []) line(`${row.id} ${fact.operation ?? ''}`, `${fact.kind} at ${fact.at}: ${fact.value.slice(0, 120)}`)
  return { facts, told, lost }
}

if (process.argv[1] === import.meta.filename) {
  if (!fs.existsSync(sample)) {
    console.log(`there is no sample at ${sample}: set TENON_SHARED`)
    process.exit(0)
  }
  const rows = roundTrip([sample])
  await validated(rows)
  print(rows, process.argv.includes('--facts'))
  process.exitCode = rows.every((row) => (row.same || isSaid(row)) && !row.invalid && !row.dangling?.length) ? 0 : 1
}
