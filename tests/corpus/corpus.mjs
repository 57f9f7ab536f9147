// SPDX-License-Identifier: MIT
// What becomes of published connectors: imports a sample of Power Platform packages, and counts. corpus.mjs [--operations] prints why
// single operations are refused, too. The sample is read where it lies ($TENON_SHARED/corpora/powerplatform), never copied.
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import { faultsOf } from '../peers/lib/power-platform-rules.mjs'
import { nango } from './nango.mjs'

const root = path.resolve(import.meta.dirname, '../..')
const bin = process.env.TENON_BIN ?? path.join(root, 'build/tenon')
const sample = path.join(process.env.TENON_SHARED ?? path.join(root, '../shared'), 'corpora/powerplatform')
const VERSIONS = ['2.0', '3.0', '3.1']

if (!fs.existsSync(sample)) {
  console.log(`there is no sample at ${sample}: set TENON_SHARED`)
  process.exit(0)
}

const work = fs.mkdtempSync(path.join(os.tmpdir(), 'tenon-corpus-'))
process.on('exit', () => fs.rmSync(work, { recursive: true, force: true }))
const row = (name, text) => console.log(`${name.padEnd(34)}${text}`)
const count = (list) => [...list.reduce((sums, one) => sums.set(one, (sums.get(one) ?? 0) + 1), new Map())].sort((a, b) => b[1] - a[1])

// --- import ---
const out = path.join(work, 'connectors'), reportFile = path.join(work, 'report.json')
const run = spawnSync(bin, ['import', 'powerplatform', sample, '--out', out, '--report', reportFile], { encoding: 'utf8' })
if (run.status === null || run.status > 1 || !fs.existsSync(reportFile)) throw new Error(`tenon import ended with ${run.status ?? run.signal}: ${run.stderr}`)
const reports = JSON.parse(fs.readFileSync(reportFile, 'utf8'))
const operations = reports.flatMap((report) =>
  Object.entries(report.operations).map(([name, operation]) => ({ connector: report.connector, name, ...operation })))
const is = (verdict) => operations.filter((operation) => operation.verdict === verdict)
const because = (operation, reason) => operation.reasons.some((one) => one.reason === reason)
const unscripted = operations.filter((operation) => !because(operation, 'script') && !because(operation, 'gateway'))
const hosted = unscripted.filter((operation) => operation.verdict !== 'refused')

row('packages read', reports.length)
row('imported', reports.filter((report) => !report.failed).length)
for (const report of reports.filter((one) => one.failed)) {
  const why = report.notes.find((note) => note.reason === report.failed)?.detail ?? ''
  row('  not', `${path.basename(path.dirname(report.source))}: ${report.failed}, ${why}`)
}
row('operations', operations.length)
for (const verdict of ['hosted', 'warning', 'refused']) row(`  ${verdict}`, is(verdict).length)
row('without script and gateway', `${unscripted.length}, of them hosted ${hosted.length} (${(100 * hosted.length / unscripted.length).toFixed(1)} %)`)
for (const verdict of ['refused', 'warning']) {
  for (const [reason, n] of count(is(verdict).flatMap((operation) => [...new Set(operation.reasons.map((one) => one.reason))]))) row(`  ${verdict}: ${reason}`, n)
}
if (process.argv.includes('--operations')) {
  for (const operation of is('refused')) row(`${operation.connector} ${operation.name}`, operation.reasons.map((one) => `${one.reason}: ${one.detail}`).join('; '))
}

// --- what was written ---
const lint = spawnSync(bin, ['lint', '--json', out], { encoding: 'utf8', maxBuffer: 1 << 28 })
const faults = JSON.parse(lint.stdout)
const files = fs.readdirSync(out)
const wrong = new Set(faults.filter((fault) => fault.severity === 'error').map((fault) => fault.file))
row('files that lint without errors', `${files.length - wrong.size} of ${files.length}`)
row('  warnings', count(faults.filter((fault) => fault.severity === 'warning').map((fault) => fault.code)).map(([code, n]) => `${code} ${n}`).join(', ') || 'none')

let bad = wrong.size
for (const version of VERSIONS) {
  const validator = new Validator()
  let valid = 0
  const rules = []
  for (const file of files) {
    const text = execFileSync(bin, ['openapi', path.join(out, file), '--version', version, '--server', 'https://tenon.example.com'],
      { encoding: 'utf8', maxBuffer: 1 << 28 })
    const result = await validator.validate(JSON.parse(text))
    valid += result.valid
    if (!result.valid) row(`  ${version} ${file}`, JSON.stringify(result.errors).slice(0, 300))
    if (version === '2.0') rules.push(...faultsOf(JSON.parse(text)).map((fault) => fault.rule))
  }
  bad += files.length - valid
  row(`documents valid as ${version}`, `${valid} of ${files.length}`)
  if (version === '2.0') row('  breaches of Microsoft\'s rules', count(rules).map(([rule, n]) => `${rule} ${n}`).join(', ') || 'none')
}
const enough = await nango(row, count)
process.exitCode = bad > 0 || hosted.length < 0.95 * unscripted.length || !enough ? 1 : 0
