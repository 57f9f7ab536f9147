// SPDX-License-Identifier: MIT
// A short form of ./dev reliability: ten kill points, fewer rounds, and not what differs from another part in its definition only.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { missing } from '../peers/lib/tenon.mjs'
import { PARTS } from './table.mjs'

const SHORT = { sweep: { points: 10 }, sealing: { points: 10 }, crowds: { threads: 20, rounds: 2 }, password: { restarts: 4 }, refused: { calls: 5 }, hung: { callers: 5 }, canaries: {} }

for (const [name, part] of Object.entries(PARTS).filter(([part]) => part in SHORT)) {
  test(name, { skip: missing }, async (context) => {
    const rows = await part(SHORT[name])
    assert.ok(rows.length > 0)
    for (const { what, promised, seen, skipped } of rows) context.diagnostic(`${what}: ${seen}${promised === '' || skipped ? '' : ` (promised: ${promised})`}`)
    assert.deepEqual(rows.filter((row) => !row.held), [])
    const reason = rows.find((row) => row.skipped)?.skipped
    if (reason) context.skip(reason)
  })
}
