// SPDX-License-Identifier: MIT
// Definitions for `tenon lint`, as small as they may be, and what it says of them.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { TENON, sanitized } from '../../peers/lib/tenon.mjs'

const TOP = {
  tenon: '1',
  id: 'row',
  title: 'Row',
  version: '1.0.0',
  description: 'One hostile case.',
  hosts: '[api.example.com]',
  base_url: 'https://api.example.com',
  actions: '{Get: {summary: Get, method: GET, path: /get}}',
}

// A sound definition with other top-level values (YAML as written; null leaves one out).
export function definition(other = {}) {
  return Object.entries({ ...TOP, ...other }).filter(([, value]) => value !== null)
    .map(([key, value]) => `${key}: ${value}\n`).join('')
}

// With one way to sign in, given as flow members.
export const withAuth = (members, other = {}) =>
  definition({ connection: `{auth: {one: {${members}}}}`, ...other })

// What lint says of a file with this text: {code, found, codes, ms, stdout, stderr}.
export function lint(text, { name = 'row.yaml', file, before = [], program = TENON, format = 'json' } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'tenon-hostile-'))
  try {
    const path = file ?? join(folder, name)
    if (!file) writeFileSync(path, text, { mode: 0o600 })
    const [first, ...args] = [...before, program, 'lint', '--format', format, path]
    const began = Date.now()
    const ran = spawnSync(first, args, { encoding: 'latin1', timeout: 60000, maxBuffer: 1 << 26 })
    const ms = Date.now() - began
    assert.equal(ran.signal, null, `lint ended by ${ran.signal}\n${ran.stderr}`)
    assert.ok(ran.status === 0 || ran.status === 1, `exit ${ran.status}\n${ran.stderr}`)
    const found = format === 'json' ? JSON.parse(ran.stdout) : []
    return { code: ran.status, found, codes: found.map((one) => one.code), ms, stdout: ran.stdout, stderr: ran.stderr }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const told = (said) => JSON.stringify(said.found.map(({ line, column, code, message }) => `${line}:${column} ${code} ${message}`)).slice(0, 800)

// Lint refuses the text with this code, at this place where one is given. Answers the diagnostic.
export function refuses(text, code, { line, column, within, ...options } = {}) {
  const said = lint(text, options)
  const found = said.found.find((one) => one.code === code && one.severity === 'error' &&
    (line === undefined || one.line === line) && (column === undefined || one.column === column))
  assert.ok(found, `expected ${code}${line ? ` at ${line}:${column ?? '?'}` : ''}, got ${told(said)}`)
  assert.equal(said.code, 1)
  if (within) assertQuick(said.ms, within)
  return { ...found, said }
}

// What a person is shown of it.
export const shown = (text) => lint(text, { format: 'text' }).stdout

export function accepts(text, options) {
  const said = lint(text, options)
  assert.equal(said.code, 0, told(said))
  return said
}

// Times are aims; a test allows twenty times as much, and the start of a process.
export function assertQuick(ms, aim) {
  const allowed = (aim * 20 + 200) * (sanitized ? 5 : 1)
  assert.ok(ms < allowed, `took ${ms} ms, the aim is ${aim} ms`)
}
