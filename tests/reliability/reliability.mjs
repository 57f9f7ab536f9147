// SPDX-License-Identifier: MIT
// Tries every promise of docs/RELIABILITY.md and prints its table; --write puts it there. Ends with 1 where one is broken.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { ROOT } from '../peers/lib/tenon.mjs'
import { PARTS, write } from './table.mjs'

const PAGE = join(ROOT, 'docs/RELIABILITY.md')
const TABLE = /(?<=<!-- seen by .\/dev reliability -->\n)[\s\S]*?(?=\n<!-- end -->)/
const rows = []
for (const [name, part] of Object.entries(PARTS)) {
  process.stderr.write(`${name}…\n`)
  rows.push(...await part({}))
}
console.log(write(rows))
for (const { what, seen } of rows.filter((row) => !row.held)) console.log(`\nBROKEN: ${what}: ${seen}`)
if (process.argv.includes('--write')) writeFileSync(PAGE, readFileSync(PAGE, 'utf8').replace(TABLE, write(rows)))
process.exit(rows.every((row) => row.held) ? 0 : 1)
