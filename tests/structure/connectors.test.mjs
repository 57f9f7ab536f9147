// SPDX-License-Identifier: MIT
// docs/CONNECTORS.md holds what it says: its examples lint clean, its reference is the schema's, and what it calls not yet
// possible is what lint calls so. `node connectors.test.mjs --write` brings the reference up to date.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

import { keysOf, Reference } from './reference.mjs'

const root = resolve(import.meta.dirname, '../..')
const read = (file) => readFileSync(join(root, file), 'utf8')
const tenon = resolve(root, process.env.TENON_BIN ?? 'build/tenon')
const PAGE = 'docs/CONNECTORS.md'
const schema = JSON.parse(read('openapi/connector.schema.json'))
const reference = new Reference(schema)
const heading = '\n## Reference\n\n'
const written = (page) => page.slice(0, page.indexOf(heading) + heading.length) + reference.text()

if (process.argv.includes('--write')) writeFileSync(join(root, PAGE), written(read(PAGE)))
const page = read(PAGE)
const guide = page.slice(0, page.indexOf(heading))

// What a fragment is put into, unless it has the key itself.
const REST = {
  tenon: '1', id: 'ID', title: 'Example', version: '1.0.0', description: 'An example.', hosts: '[api.example.com]', base_url: 'https://api.example.com',
  actions: '\n  Ping: {summary: Ping, method: GET, path: /ping}',
}
function complete(text, id) {
  const missing = Object.entries(REST).filter(([key]) => !new RegExp(`^${key}:`, 'm').test(text))
  return missing.map(([key, value]) => `${key}: ${value === 'ID' ? id : value}\n`).join('') + text
}

test('every example lints clean', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tenon-examples-'))
  try {
    const blocks = [...page.matchAll(/^```yaml( fragment)?\n([^]*?)^```$/gm)]
    assert.ok(blocks.length > 20)
    assert.equal(blocks.length, page.match(/^```yaml/gm).length)
    const files = blocks.map(([, fragment, text], i) => {
      const id = fragment ? `example-${i}` : /^id: (\S+)$/m.exec(text)[1]
      const file = join(folder, `${id}.yaml`)
      writeFileSync(file, fragment ? complete(text, id) : text, { mode: 0o600 })
      return file
    })
    const { stdout } = await promisify(execFile)(tenon, ['lint', '--json', ...files], { maxBuffer: 1 << 24 }).catch((error) => error)
    const found = JSON.parse(stdout).filter(({ code }) => code !== 'feature_not_yet')
    assert.deepEqual(found.map((d) => `${d.file.slice(folder.length)}:${d.line}:${d.column}: ${d.code} ${d.message}`), [])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('the reference is the schema\'s', () => {
  assert.equal(page, written(page), 'run: node tests/structure/connectors.test.mjs --write')
})

test('the reference tells every key of the format', () => {
  reference.text()
  const keys = keysOf(schema)
  assert.ok(keys.size > 150)
  assert.deepEqual([...keys].filter((key) => !reference.told.has(key)), [])
})

const section = (name) => guide.slice(guide.indexOf(`\n## ${name}\n`)).split('\n## ')[1]
const listed = (text, start) => [...(new RegExp(`^- ${start}: ([^]*?)(?=\\n- |\\n*$(?![^]))`, 'm').exec(text)?.[1] ?? '').matchAll(/`([\w.]+)`/g)].map(([, name]) => name)

test('what cannot run yet is what lint says cannot', () => {
  const text = section('What this version cannot run yet')
  const advised = [...read('src/definition/check/advice.c').matchAll(/not_yet\(l, [^,]+(?:\([^)]*\))?, "([\w.]+)"/g)].map(([, name]) => name)
  const told = listed(text, 'keys of a sign-in')
  assert.deepEqual([...new Set(told)].sort(), [...new Set(advised)].sort())
})

test('every function of templates is told', () => {
  const names = [...read('src/template/functions.c').matchAll(/\{\.name = "(\w+)"/g)].map(([, name]) => name)
  assert.ok(names.length > 20)
  assert.deepEqual(names.filter((name) => !section('Templates').includes(`\`${name}(`)), [])
})

test('links within the page lead somewhere', () => {
  const anchors = [...page.matchAll(/^#{2,3} (.*)$/gm)].map(([, title]) => title.toLowerCase().replace(/[^\w -]/g, '').replaceAll(' ', '-'))
  const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor)
  assert.ok(links.length > 15)
  assert.deepEqual(links.filter((link) => !anchors.includes(link)), [])
})
