// SPDX-License-Identifier: MIT
// What becomes of published connectors: imports a sample of Power Platform packages, calls what was imported, and counts. corpus.mjs
// [--operations] prints why single operations are refused, too. The sample is read where it lies ($TENON_SHARED/corpora/powerplatform),
// never copied.
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import { missingExtensions } from './lib/extensions.mjs'
import { match } from './lib/matching.mjs'
import { faultsOf } from '../peers/lib/power-platform-rules.mjs'
import { nango } from './nango.mjs'

const root = path.resolve(import.meta.dirname, '../..')
const bin = process.env.TENON_BIN ?? path.join(root, 'build/tenon')
const sample = path.join(process.env.TENON_SHARED ?? path.join(root, '../shared'), 'corpora/powerplatform')
const VERSIONS = ['2.0', '3.0', '3.1']
const ENOUGH = 0.95

if (!fs.existsSync(sample)) {
  console.log(`there is no sample at ${sample}: set TENON_SHARED`)
  process.exit(0)
}

const work = fs.mkdtempSync(path.join(os.tmpdir(), 'tenon-corpus-'))
process.on('exit', () => fs.rmSync(work, { recursive: true, force: true }))
const row = (name, text) => console.log(`${name.padEnd(34)} ${text}`)
const count = (list) => [...list.reduce((sums, one) => sums.set(one, (sums.get(one) ?? 0) + 1), new Map())].sort((a, b) => b[1] - a[1])
const counted = (list) => count(list).map(([name, n]) => `${name} ${n}`).join(', ') || 'none'
const share = (some, all) => `${some} of ${all} (${(100 * some / all).toFixed(1)} %)`

/* --- import --- */

const out = path.join(work, 'connectors'), reportFile = path.join(work, 'report.json')
const run = spawnSync(bin, ['import', 'powerplatform', sample, '--out', out, '--report', reportFile], { encoding: 'utf8' })
if (run.status === null || run.status > 1 || !fs.existsSync(reportFile)) throw new Error(`tenon import ended with ${run.status ?? run.signal}: ${run.stderr}`)
const reports = JSON.parse(fs.readFileSync(reportFile, 'utf8')), imported = reports.filter((report) => !report.failed)
const operations = reports.flatMap((report) =>
  Object.entries(report.operations).map(([name, operation]) => ({ connector: report.connector, name, ...operation })))
const is = (verdict) => operations.filter((operation) => operation.verdict === verdict)
const because = (operation, reason) => operation.reasons.some((one) => one.reason === reason)
const unscripted = operations.filter((operation) => !because(operation, 'script') && !because(operation, 'gateway'))
const hosted = unscripted.filter((operation) => operation.verdict !== 'refused')

function printImport() {
  row('packages read', reports.length)
  row('imported', imported.length)
  for (const report of reports.filter((one) => one.failed)) {
    const why = report.notes.find((note) => note.reason === report.failed)?.detail ?? ''
    row('  not', `${path.basename(path.dirname(report.source))}: ${report.failed}, ${why}`)
  }
  row('operations', operations.length)
  for (const verdict of ['hosted', 'warning', 'refused']) row(`  ${verdict}`, is(verdict).length)
  row('without script and gateway', `${unscripted.length}, of them hosted ${share(hosted.length, unscripted.length)}`)
  for (const verdict of ['refused', 'warning']) {
    for (const [reason, n] of count(is(verdict).flatMap((operation) => [...new Set(operation.reasons.map((one) => one.reason))]))) row(`  ${verdict}: ${reason}`, n)
  }
  if (process.argv.includes('--operations')) {
    for (const operation of is('refused')) row(`${operation.connector} ${operation.name}`, operation.reasons.map((one) => `${one.reason}: ${one.detail}`).join('; '))
  }
}

/* --- what was written --- */

const files = fs.readdirSync(out)
const documentOf = (file, version) => JSON.parse(execFileSync(bin, ['openapi', path.join(out, file), '--version', version, '--server', 'https://tenon.example.com'],
  { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] })) // what 2.0 cannot say is in the reports, too

// Answers how many files have errors.
function printLint() {
  const faults = JSON.parse(spawnSync(bin, ['lint', '--json', out], { encoding: 'utf8', maxBuffer: 1 << 28 }).stdout)
  const wrong = new Set(faults.filter((fault) => fault.severity === 'error').map((fault) => fault.file))
  row('files that lint without errors', `${files.length - wrong.size} of ${files.length}`)
  row('  warnings', counted(faults.filter((fault) => fault.severity === 'warning').map((fault) => fault.code)))
  return wrong.size
}

// Answers how many documents are not valid.
async function printVersion(version, documents) {
  const validator = new Validator()
  const results = await Promise.all(files.map((file) => validator.validate(structuredClone(documents.get(file)))))
  results.forEach((result, i) => { if (!result.valid) row(`  ${version} ${files[i]}`, JSON.stringify(result.errors).slice(0, 300)) })
  const valid = results.filter((result) => result.valid).length
  row(`documents valid as ${version}`, `${valid} of ${files.length}`)
  return files.length - valid
}

// Answers how many extensions are gone that nothing is told of.
function printExtensions(packages, documents) {
  const found = imported.map((report) => missingExtensions(packages.get(report.connector).swagger, documents.get(`${report.connector}.yaml`), report))
  const sum = found.reduce((all, one) => all + one.sum, 0), told = found.flatMap((one) => one.told), missing = found.flatMap((one) => one.missing)
  row('extensions of the originals', `${sum}, of them kept ${sum - told.length - missing.length}, told to be gone ${told.length}, missing ${missing.length}`)
  row('  told', counted(told.map(({ reason }) => reason)))
  imported.forEach((report, i) => found[i].missing.forEach(({ place, text }) => row(`  missing in ${report.connector}`, `${place}: ${text.slice(0, 160)}`)))
  return missing.length
}

/* --- what it sends --- */

// Answers which operations match, of all that are called.
function printMatching({ results, signIns, leftOut }) {
  const matching = results.filter((one) => !one.lines.length)
  const bad = new Set(results.filter((one) => one.lines.length).map((one) => `${one.connector} ${one.operation}`))
  const good = hosted.filter((one) => results.some((r) => r.connector === one.connector && r.operation === one.name) && !bad.has(`${one.connector} ${one.name}`))
  row('requests matched', share(matching.length, results.length))
  row('  operations hosted and matching', share(good.length, unscripted.length))
  row('  sign-ins matched', share(signIns.filter((one) => !one.lines.length).length, signIns.length))
  row('  ways to sign in left out', leftOut.length ? leftOut.map((one) => `${one.connector} ${one.way}`).join(', ') : 'none')
  for (const one of [...results, ...signIns].filter(({ lines }) => lines.length)) {
    row(`  ${one.connector} ${one.operation ?? 'sign-in'}`, `${[one.variant, one.way].filter((word) => word).join(', ')}: ${one.lines.join('; ').slice(0, 500)}`)
  }
  return good.length / unscripted.length
}

printImport()
let bad = printLint()
const matched = await match(imported, out)
const packages = new Map(matched.connectors.map(({ id, pkg }) => [id, pkg]))
for (const version of VERSIONS) {
  const documents = new Map(files.map((file) => [file, documentOf(file, version)]))
  bad += await printVersion(version, documents)
  if (version !== '2.0') continue
  row('  breaches of Microsoft\'s rules', counted([...documents.values()].flatMap((one) => faultsOf(one).map((fault) => fault.rule))))
  bad += printExtensions(packages, documents)
}
const fraction = printMatching(matched)
const enough = await nango(row, count)
process.exitCode = bad > 0 || fraction < ENOUGH || !enough ? 1 : 0
