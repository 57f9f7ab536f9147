// SPDX-License-Identifier: MIT
// The tables of hostile inputs, executed: one test a row. A row that has nothing to meet in this version says why; one without a
// check and without a reason fails. TENON_ROWS=Y01,egress runs just these rows and areas. lib/reporter.mjs counts.
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'

import { missing } from '../peers/lib/tenon.mjs'
import admin from './checks/admin.mjs'
import api from './checks/api.mjs'
import callback from './checks/callback.mjs'
import device from './checks/device.mjs'
import egress from './checks/egress.mjs'
import logs from './checks/logs.mjs'
import storage from './checks/storage.mjs'
import template from './checks/template.mjs'
import token from './checks/token.mjs'
import tokens from './checks/tokens.mjs'
import upstream from './checks/upstream.mjs'
import yaml from './checks/yaml.mjs'
import moreApi from './checks/more/api.mjs'
import moreEgress from './checks/more/egress.mjs'
import moreTemplate from './checks/more/template.mjs'
import moreUpstream from './checks/more/upstream.mjs'
import moreYaml from './checks/more/yaml.mjs'
import { Fixture } from './lib/fixture.mjs'
import { AREAS, readRows, tablesMissing } from './lib/rows.mjs'

const MAKERS = { yaml: [yaml, moreYaml], template: [template, moreTemplate], api: [api, moreApi], upstream: [upstream, moreUpstream],
  egress: [egress, moreEgress], token: [token], tokens: [tokens], storage: [storage], logs: [logs], callback: [callback], device: [device], admin: [admin] }
const only = process.env.TENON_ROWS ? process.env.TENON_ROWS.split(',') : null
const rows = readRows()
const fixture = new Fixture()

before(async () => { if (!missing) await fixture.begin() })
afterEach(() => fixture.service?.sockets && fixture.reset())
after(async () => { if (!missing) await fixture.end() })

const wanted = (row) => !only || only.includes(row.id) || only.includes(row.area)

for (const area of AREAS) {
  const checks = Object.assign({}, ...MAKERS[area].map((make) => make(fixture)))
  const ours = rows.filter((row) => row.area === area)
  test(`${area}: every check belongs to a row`, { skip: tablesMissing.length > 0 && `${tablesMissing} is not there` }, () => {
    assert.deepEqual(Object.keys(checks).filter((id) => !ours.some((row) => row.id === id)), [])
    assert.equal(new Set(ours.map((row) => row.id)).size, ours.length, 'ids are unique')
  })
  for (const row of ours.filter(wanted)) {
    const check = checks[row.id]
    test(`${row.id} ${row.input}`, { skip: missing || check?.reason }, async (context) => {
      assert.equal(typeof check, 'function', 'the row has neither a check nor a reason')
      const reason = (await check())?.reason
      if (reason) context.skip(reason)
    })
  }
}
