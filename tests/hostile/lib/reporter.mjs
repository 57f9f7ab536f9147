// SPDX-License-Identifier: MIT
// What `./dev hostile` prints: a line a row while it runs, and what became of all of them at the end.
import { inspect } from 'node:util'

import { AREAS, readRows } from './rows.mjs'

const WIDTH = 110
const short = (text) => (text.length > WIDTH ? `${text.slice(0, WIDTH - 1)}…` : text)
const line = (cells) => `${cells[0].padEnd(10)}${cells.slice(1).map((cell) => String(cell).padStart(16)).join('')}\n`

function* summary(done) {
  const of = (area, state) => done.filter((one) => (!area || one.row.area === area) && (!state || one.state === state))
  yield '\n'
  yield line(['area', 'rows', 'held', 'failed', 'not applicable'])
  for (const area of [...AREAS, null]) {
    if (of(area).length) yield line([area ?? 'all', ...[null, 'held', 'failed', 'not applicable'].map((state) => of(area, state).length)])
  }
  for (const state of ['not applicable', 'failed']) {
    if (of(null, state).length) yield `\n${state}:\n`
    for (const { row, told } of of(null, state)) yield `  ${row.id.padEnd(5)} ${short(row.input)}\n        ${state === 'failed' ? `expected: ${row.expected}` : told}\n`
  }
}

export default async function* report(events) {
  const rows = new Map(readRows().map((row) => [row.id, row]))
  const done = []
  let others = 0
  for await (const { type, data } of events) {
    if (type === 'test:stderr' || type === 'test:stdout') yield data.message
    if (type !== 'test:pass' && type !== 'test:fail') continue
    const row = rows.get(data.name.split(' ')[0])
    const failed = type === 'test:fail'
    if (row) {
      done.push({ row, state: failed ? 'failed' : data.skip ? 'not applicable' : 'held', told: data.skip })
      yield `${failed ? '✖' : data.skip ? '-' : '✔'} ${short(data.name)}\n`
    }
    if (failed && (row || data.details.error.failureType !== 'subtestsFailed')) {
      others += row ? 0 : 1
      yield `${row ? '' : `✖ ${data.name}\n`}${inspect(data.details.error.cause ?? data.details.error)}\n`
    }
  }
  yield* summary(done)
  const failed = done.filter((one) => one.state === 'failed').length + others
  yield `\n${failed ? `${failed} failed` : 'none failed'}\n`
}
