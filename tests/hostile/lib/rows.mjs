// SPDX-License-Identifier: MIT
// The table of hostile inputs, and what a check may answer beside passing.
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { ROOT } from '../../peers/lib/tenon.mjs'

export const TABLE = join(resolve(process.env.TENON_SHARED ?? join(ROOT, '../shared')), 'facts/hostile-cases.tsv')
export const tableMissing = existsSync(TABLE) ? false : `${TABLE} is not there`

export function readRows() {
  const [, ...lines] = readFileSync(TABLE, 'utf8').trimEnd().split('\n')
  return lines.map((line) => {
    const [id, area, input, expected] = line.split('\t')
    return { id, area, input, expected }
  })
}

// Instead of a check: the row has nothing to meet in this version.
export const notYet = (reason) => ({ reason })
