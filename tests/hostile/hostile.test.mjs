// SPDX-License-Identifier: MIT
// The table of hostile inputs, executed: one test a row. A row that has nothing to meet in this version says why; one without a
// check and without a reason fails. TENON_ROWS=Y01,A12 runs just these.
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'

import { missing } from '../peers/lib/tenon.mjs'
import api from './checks/api.mjs'
import egress from './checks/egress.mjs'
import logs from './checks/logs.mjs'
import storage from './checks/storage.mjs'
import template from './checks/template.mjs'
import token from './checks/token.mjs'
import tokens from './checks/tokens.mjs'
import upstream from './checks/upstream.mjs'
import yaml from './checks/yaml.mjs'
import { Fixture } from './lib/fixture.mjs'
import { readRows, tableMissing } from './lib/rows.mjs'

const AREAS = { yaml, template, api, upstream, egress, token, tokens, storage, logs }
const skip = tableMissing || missing
const only = process.env.TENON_ROWS ? process.env.TENON_ROWS.split(',') : null
const rows = skip ? [] : readRows().filter((row) => AREAS[row.area])
const fixture = new Fixture()
const counts = Object.fromEntries(Object.keys(AREAS).map((area) => [area, { rows: 0, held: 0, broken: [], without: [] }]))

if (skip) test('the table of hostile inputs', { skip }, () => {})

before(async () => { if (!skip) await fixture.begin() })
afterEach(() => fixture.service?.sockets && fixture.reset())
after(async () => {
  if (skip) return
  await fixture.end()
  for (const [area, count] of Object.entries(counts)) {
    console.log(`${area.padEnd(9)} ${count.rows} rows, ${count.held} held, ${count.broken.length} broken, ${count.without.length} not applicable`)
    for (const { id, reason } of count.without) console.log(`          ${id}: ${reason}`)
  }
})

for (const [area, make] of Object.entries(AREAS)) {
  const checks = make(fixture)
  const known = new Set(rows.filter((row) => row.area === area).map((row) => row.id))
  if (!skip) {
    test(`${area}: every check belongs to a row`, () => {
      assert.deepEqual(Object.keys(checks).filter((id) => !known.has(id)), [])
    })
  }
  for (const row of rows.filter((one) => one.area === area && (!only || only.includes(one.id)))) {
    const check = checks[row.id]
    const count = counts[area]
    count.rows++
    if (check?.reason) {
      count.without.push({ id: row.id, reason: check.reason })
      test(`${row.id} ${row.input}`, { skip: check.reason }, () => {})
      continue
    }
    test(`${row.id} ${row.input}`, async (context) => {
      assert.equal(typeof check, 'function', 'the row has neither a check nor a reason')
      count.broken.push(row.id)
      const reason = (await check())?.reason
      count.broken.pop()
      if (reason) {
        count.without.push({ id: row.id, reason })
        context.skip(reason)
      } else {
        count.held++
      }
    })
  }
}
