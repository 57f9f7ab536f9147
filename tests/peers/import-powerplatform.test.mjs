// SPDX-License-Identifier: MIT
// Published connectors of Power Platform, imported and run: what arrives at the services is what the package prescribes, read by an
// interpreter of its own (tests/corpus/lib). A few operations of each; `./dev corpus` calls all. The packages are read where they are.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'

import { match } from '../corpus/lib/matching.mjs'
import { missing, ROOT, TENON } from './lib/tenon.mjs'

const SAMPLE = join(resolve(process.env.TENON_SHARED ?? join(ROOT, '../shared')), 'corpora/powerplatform')
const skip = missing || (existsSync(SAMPLE) ? false : `${SAMPLE} is not here (set TENON_SHARED)`)
const MOST = 2 // operations of each connector

let folder, matched
before(async () => {
  if (skip) return
  folder = mkdtempSync(join(tmpdir(), 'tenon-powerplatform-'))
  const out = join(folder, 'out'), file = join(folder, 'report.json')
  const run = spawnSync(TENON, ['import', 'powerplatform', SAMPLE, '--out', out, '--report', file], { encoding: 'utf8' })
  assert.equal(run.status, 1, run.stderr) // some consist of scripts alone
  matched = await match(JSON.parse(readFileSync(file, 'utf8')).filter((report) => !report.failed), out, { most: MOST })
})
after(() => { if (folder) rmSync(folder, { recursive: true, force: true }) })

const told = (list) => list.filter(({ lines }) => lines.length).map(({ connector, operation, way, variant, lines }) => [connector, operation, way, variant, ...lines].join(' '))

test('each call sends what the package prescribes', { skip }, () => {
  assert.ok(matched.results.length > 200, `${matched.results.length} calls`)
  assert.deepEqual(told(matched.results), [])
})

test('so does each sign-in, and each renewal', { skip }, () => {
  assert.ok(matched.signIns.length > 30, `${matched.signIns.length} sign-ins`)
  assert.deepEqual(told(matched.signIns), [])
})

test('no way to sign in is left out', { skip }, () => assert.deepEqual(matched.leftOut, []))
