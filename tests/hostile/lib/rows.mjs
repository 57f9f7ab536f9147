// SPDX-License-Identifier: MIT
// The rows of hostile inputs - the table that connector hosts share, and more.tsv beside, which is ours - and what a check may
// answer beside passing.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import { ROOT } from '../../peers/lib/tenon.mjs'

export const AREAS = ['yaml', 'template', 'api', 'upstream', 'egress', 'token', 'tokens', 'storage', 'logs', 'callback', 'device', 'admin']

const TABLES = [
  join(resolve(process.env.TENON_SHARED ?? join(ROOT, '../shared')), 'facts/hostile-cases.tsv'),
  join(dirname(fileURLToPath(import.meta.url)), '../more.tsv'),
]
export const tablesMissing = TABLES.filter((table) => !existsSync(table))

// Those of the areas that are checked.
export function readRows() {
  return TABLES.filter((table) => existsSync(table)).flatMap((table) => {
    const [, ...lines] = readFileSync(table, 'utf8').trimEnd().split('\n')
    return lines.map((line) => {
      const [id, area, input, expected] = line.split('\t')
      return { id, area, input, expected }
    })
  }).filter((row) => AREAS.includes(row.area))
}

const RIG = join(dirname(fileURLToPath(import.meta.url)), 'dns-rig.mjs')

// Runs a scene of the rig with a name server that lies; a reason where this machine cannot.
export function inNetworkOfItsOwn(scene) {
  const trial = 'ip link set lo up && mount --bind /etc/resolv.conf /etc/resolv.conf'
  if (spawnSync('unshare', ['--net', '--mount', 'sh', '-c', trial]).status !== 0) {
    return notYet('needs a network namespace of its own, which this machine does not allow')
  }
  const said = spawnSync('unshare', ['--net', '--mount', process.execPath, RIG, scene], { encoding: 'utf8', timeout: 120000 })
  assert.equal(said.status, 0, said.stderr)
  assert.match(said.stdout, new RegExp(`^held ${scene}$`, 'm'), said.stdout)
  return undefined
}

// Instead of a check: the row has nothing to meet in this version.
export const notYet = (reason) => ({ reason })
