// SPDX-License-Identifier: MIT
// The schema that editors use and the loader accept and refuse the same files (FORMAT 11, level S). Here the schema is
// read by other people's programs: `yaml` (YAML 1.2 core) and `ajv` (draft-07). Both are given the definitions that the
// format accepts and refuses, the shipped connectors, and mutations of them.
//
// TENON_BIN: the program (build/tenon); TENON_SHARED: the folder of the contract (../shared);
// TENON_MUTATIONS: how many (2000); TENON_SEED.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import Ajv from 'ajv'
import { parseDocument, stringify } from 'yaml'

import { mutations, unraw } from './mutate.mjs'

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')
const TENON = resolve(ROOT, process.env.TENON_BIN ?? 'build/tenon')
const FORMAT = join(resolve(process.env.TENON_SHARED ?? join(ROOT, '../shared')), 'format')
const MUTATIONS = Number(process.env.TENON_MUTATIONS ?? 2000)
const SEED = Number(process.env.TENON_SEED ?? 20240607)
// Whoever names a program wants it tested.
const missing = existsSync(TENON) || process.env.TENON_BIN ? false : `${TENON} is not built`

const STRUCTURAL = new Set(['missing_key', 'unknown_key', 'type', 'value', 'range', 'limit', 'bad_id', 'bad_url']
  .map((code) => `definition_${code}`))
// What the two YAML readers may see differently, so that there is nothing to compare.
const SYNTAX = new Set(['parse_error', 'bad_encoding', 'control_char', 'alias_forbidden', 'alias_unknown', 'tag_forbidden',
  'multi_document', 'too_deep', 'complex_key', 'duplicate_key', 'empty', 'too_large', 'ambiguous_scalar']
  .map((code) => `definition_${code}`))

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strictTypes: false, strictRequired: false })
ajv.addVocabulary(['x-code', 'x-expected', 'x-message', 'x-json'])
const validate = ajv.compile(JSON.parse(readFileSync(join(ROOT, 'openapi/connector.schema.json'), 'utf8')))

let folder
before(() => { folder = mkdtempSync(join(tmpdir(), 'tenon-schema-')) })
after(() => rmSync(folder, { recursive: true }))

const yamlFiles = (path) => readdirSync(path).filter((name) => name.endsWith('.yaml')).map((name) => join(path, name))
const read = (file) => parseDocument(readFileSync(file, 'utf8'), { version: '1.2', schema: 'core', logLevel: 'silent' })

// file -> diagnostics of level S. Exit code 1 says that there are some.
async function lint(files) {
  const { stdout } = await promisify(execFile)(TENON, ['lint', '--format', 'json', ...files], { maxBuffer: 1 << 28 })
    .catch((error) => { if (error.code === 1) return error; throw error })
  const found = new Map(files.map((file) => [file, []]))
  for (const one of JSON.parse(stdout)) {
    if (one.level === 'S') found.get(one.file).push(one)
  }
  return found
}

// A text that must match a pattern keeps its spelling in the loader only: `id: 1e1` is the text 1e1 there and a number in
// an editor. The schema leaves such scalars to the loader.
const tellsSpelling = (tree) => typeof tree?.id === 'boolean' || typeof tree?.id === 'number' ||
  (Array.isArray(tree?.hosts) && tree.hosts.some((host) => typeof host !== 'string'))

// Compares the two verdicts on each file; what: file -> how it was made.
async function compare(files, what = new Map()) {
  const found = await lint(files)
  const counts = { accepted: 0, refused: 0, leftOut: 0 }
  const differences = []
  for (const file of files) {
    const codes = found.get(file).map((one) => one.code)
    for (const code of codes) assert.ok(STRUCTURAL.has(code) || SYNTAX.has(code), `${code} is no code of level S`)
    const document = read(file)
    if (codes.some((code) => SYNTAX.has(code)) || tellsSpelling(document.errors.length ? null : document.toJS())) {
      counts.leftOut++
      continue
    }
    const loader = codes.length === 0
    const schema = document.errors.length === 0 && validate(document.toJS())
    counts[loader ? 'accepted' : 'refused']++
    if (loader !== schema) {
      differences.push({ file, what: what.get(file), loader: found.get(file).map((one) => `${one.line}:${one.column} ${one.code} ${one.message}`),
        schema: document.errors.concat(schema ? [] : validate.errors ?? []).map((e) => `${e.instancePath ?? ''} ${e.message}`).slice(0, 5) })
    }
  }
  assert.deepEqual(differences.slice(0, 5), [], `${differences.length} of ${files.length} files`)
  return counts
}

// Uses every key that the format has.
const EVERYTHING = fileURLToPath(new URL('everything.yaml', import.meta.url))
const noFormat = existsSync(FORMAT) ? missing : `${FORMAT} is not here (set TENON_SHARED)`

// A subschema's own subschemas that describe values (conditions only choose between them), with their places.
function* parts(schema, place) {
  for (const [name, one] of Object.entries(schema.properties ?? {})) yield [one, `${place}.${name}`, true]
  for (const [name, one] of Object.entries(schema.definitions ?? {})) yield [one, name, false]
  for (const one of [schema.items, schema.additionalProperties, ...(schema.anyOf ?? [])]) {
    if (typeof one === 'object') yield [one, place, false]
  }
}

test('every key of the schema explains itself to editors', () => {
  const schema = validate.schema
  const target = (one) => (one.$ref ? target(one.$ref.slice(2).split('/').reduce((at, name) => at[name], schema)) : one)
  let keys = 0
  const walk = (one, place) => {
    for (const [part, where, isKey] of parts(one, place)) {
      if (isKey) {
        assert.ok(target(part).description, `${where} has no description`)
        keys++
      }
      walk(part, where)
    }
  }
  assert.equal(schema.$schema, 'http://json-schema.org/draft-07/schema#')
  walk(schema, '')
  assert.ok(keys > 500)
})

test('both accept what the format accepts', { skip: noFormat }, async () => {
  const files = yamlFiles(join(FORMAT, 'accepted'))
  assert.deepEqual(await compare(files), { accepted: files.length, refused: 0, leftOut: 0 })
})

test('both refuse what the format refuses by structure', { skip: noFormat }, async (t) => {
  const counts = await compare(yamlFiles(join(FORMAT, 'refused')))
  t.diagnostic(JSON.stringify(counts))
  assert.ok(counts.refused >= 2)
})

test('both accept the shipped connectors, and every key of the format', { skip: missing }, async () => {
  const files = [...yamlFiles(join(ROOT, 'connectors')), EVERYTHING]
  assert.deepEqual(await compare(files), { accepted: files.length, refused: 0, leftOut: 0 })
})

test('both agree on mutations', { skip: noFormat }, async (t) => {
  const originals = [...yamlFiles(join(FORMAT, 'accepted')), ...yamlFiles(join(ROOT, 'connectors')),
    ...Array(6).fill(EVERYTHING)].map((file) => read(file).toJS())
  const what = new Map()
  for (const mutation of mutations(originals, SEED, MUTATIONS)) {
    const file = join(folder, `${what.size}.yaml`)
    writeFileSync(file, unraw(stringify(mutation.tree, { lineWidth: 0, aliasDuplicateObjects: false, version: '1.2', schema: 'core' })))
    what.set(file, mutation.what)
  }
  const counts = await compare([...what.keys()], what)
  t.diagnostic(JSON.stringify(counts))
  assert.ok(counts.accepted + counts.refused >= MUTATIONS * 0.8, 'too many files left out')
  assert.ok(counts.accepted >= MUTATIONS / 10 && counts.refused >= MUTATIONS / 4, 'one-sided mutations')
})
