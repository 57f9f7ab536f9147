// SPDX-License-Identifier: MIT
// Definition files: what more.tsv adds.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ADMIN_KEY, assertProblem } from '../../../peers/lib/tenon.mjs'
import { until } from '../../../peers/lib/util.mjs'
import { accepts, assertQuick, definition, lint, refuses, shown, withAuth } from '../../lib/lint.mjs'

const MIB = 1 << 20
const entries = (count, entry) => Array.from({ length: count }, (_, i) => entry(i)).join(', ')
const action = (input, more = '') => `{Get: {summary: Get, method: POST, path: /get, input: {v: ${input}}${more}}}`
const templated = (text) => definition({ actions: `{Get: {summary: Get, method: POST, path: /get, request: {json: "${text}"}}}` })

// Schemas that name the next one twice: 2^levels looks for one value.
const doubling = (levels, kind) => `{${entries(levels + 1, (i) =>
  (i === levels ? `s${i}: {type: integer}` : `s${i}: {${kind}: [{$ref: "#/schemas/s${i + 1}"}, {$ref: "#/schemas/s${i + 1}"}]}`))}}`

export default (t) => {
  const faults = async (tenon) => (await tenon.request('/readyz', { key: ADMIN_KEY })).json.definitions.faults
  const told = (tenon, name) => until(`the fault of ${name}`, async () => (await faults(tenon)).some((one) => JSON.stringify(one).includes(name)))
  const title = async (tenon, id) => (await tenon.request(`/v1/connectors/${id}`, { key: ADMIN_KEY })).json.title

  return {
    async Y101() {
      for (const kind of ['allOf', 'anyOf', 'oneOf']) {
        refuses(definition({ schemas: doubling(30, kind), actions: action('{$ref: "#/schemas/s0"}') }), 'schema_loop', { line: 9, within: 50 })
      }
      for (const loop of ['{a: {$ref: "#/schemas/a"}}', '{a: {allOf: [{$ref: "#/schemas/b"}]}, b: {allOf: [{$ref: "#/schemas/a"}]}}']) {
        refuses(definition({ schemas: loop, actions: action('{$ref: "#/schemas/a"}') }), 'schema_loop', { line: 9 })
      }
      accepts(definition({ schemas: '{a: {type: object, properties: {next: {$ref: "#/schemas/a"}}}}', actions: action('{$ref: "#/schemas/a"}') }))
      // 2^11 looks at each of 190,000 numbers.
      t.tenon.save('doubling', definition({ id: 'doubling', hosts: '["127.0.0.1"]', base_url: t.service.url, schemas: doubling(11, 'allOf'),
        actions: action('{type: array, items: {type: array, items: {$ref: "#/schemas/s0"}}}') }))
      await t.untilKnown('doubling')
      const { call } = await t.connection('doubling')
      assert.equal((await call('/get', { json: { v: [[1, 2, 3]] } })).status, 200)
      t.service.requests.length = 0
      const began = Date.now()
      assertProblem(await call('/get', { json: { v: Array(190).fill(Array(1000).fill(1)) } }), 400, 'param_limit')
      assertQuick(Date.now() - began, 200)
      assert.equal(t.service.requests.length, 0)
    },
    Y102() {
      for (const text of [definition() + Array.from({ length: 10000 }, (_, i) => `k${i}${'y'.repeat(60)}: 1\n`).join(''),
        definition({ schemas: `{${entries(4999, (i) => `s${i}: {$ref: "#/schemas/name_that_is_not_there_${i}"}`)}}` })]) {
        const said = lint(text)
        assert.equal(said.found.length, 50)
        assertQuick(said.ms, 1000)
        assert.match(shown(text), /^\S+: \d{4} more not shown$/m)
      }
    },
    Y103() {
      const filled = (bytes) => definition() + '#'.repeat(bytes - definition().length)
      accepts(filled(MIB))
      refuses(filled(MIB + 1), 'definition_too_large', { line: 1, column: 1 })
    },
    Y104() {
      refuses(`${definition()}x-a: {<<: {a: b}}\n`, 'definition_alias_forbidden', { line: 9, column: 7 })
      refuses(`${definition()}<<: {a: b}\n`, 'definition_alias_forbidden', { line: 9, column: 1 })
      refuses(`${definition()}x-a: &anchor [1]\n`, 'definition_parse_error', { line: 9, column: 6 })
      accepts(`${definition()}x-a: {"<<": 1}\n`)
    },
    async Y105() {
      for (const key of ['"\\e[31mred"', '"a\\u202eb"', '"a\\u2028b"', '"a\\x85b"']) {
        const text = `${definition()}${key}: 1\n`
        refuses(text, 'definition_control_char', { line: 9 })
        assert.doesNotMatch(shown(text), /[\x00-\x09\x0b-\x1f\x7f]/)
      }
      // Line ends may be written (FORMAT 1), and are no lines of the message.
      assert.match(shown(`${definition()}"\\r\\nX: 1:1: error": 1\n`), /^\S+:9:1: \S+ definition_unknown_key: [^\r]*X: 1:1: error`$/m)
      // A name of a file is nobody's text either.
      const name = 'a\x1b[31m\nfake.line=1 .yaml'
      const said = lint(definition(), { name })
      assert.equal(said.code, 1)
      assert.doesNotMatch(said.stdout.replaceAll('\n', ''), /[\x00-\x1f\x7f]/)
      assert.doesNotMatch(lint(definition(), { name, format: 'text' }).stdout, /\x1b|^fake/m)
      const own = await t.start({ faulty: true })
      writeFileSync(join(own.connectors, name), definition(), { mode: 0o600 })
      await told(own, 'fake')
      assert.doesNotMatch(own.log, /\x1b|^fake/m)
      await own.stop()
    },
    Y106() {
      for (const bad of ['((a{100}){100}){100}', `${'(?:'.repeat(250)}a${')'.repeat(250)}`, '['.repeat(500), '(?=a)', '(?<!a)b', '(a)\\\\1', 'a{2,1}', '\\\\p{Nope}', '[z-a]', 'a**', '(',
        '(*LIMIT_MATCH=1)a', '(?i)a', '(?#x)a', 'a{99999}', '\\\\Qa', '(?R)', '(?C1)a', '[[:alpha:]]', '\\\\u{110000}', '(?>a)', '(?|a)', '\\\\K', '\\\\C']) {
        refuses(definition({ actions: action(`{type: string, pattern: "${bad}"}`) }), 'pattern_invalid', { line: 8, within: 50 })
      }
      refuses(definition({ actions: action(`{type: string, pattern: ${'a'.repeat(1025)}}`) }), 'definition_limit', { line: 8 })
      accepts(definition({ actions: action(`{type: string, pattern: ${'a'.repeat(1024)}}`) }))
    },
    Y107() {
      const text = '{type: string}'
      const rows = [
        [100, (n) => definition({ connection: `{parameters: {${entries(n, (i) => `p${i}: ${text}`)}}}` })],
        [32, (n) => definition({ connection: `{auth: {${entries(n, (i) => `a${i}: {type: none}`)}}}` })],
        [500, (n) => definition({ actions: `{Get: {summary: Get, method: POST, path: /get, input: {${entries(n, (i) => `p${i}: ${text}`)}}}}` })],
        [1000, (n) => definition({ actions: `{${entries(n, (i) => `A${i}: {summary: A, method: GET, path: /a${i}}`)}}` })],
        [1000, (n) => definition({ actions: action(`{type: string, choices: {${entries(n, (i) => `c${i}: C`)}}}`) })],
        [5000, (n) => definition({ schemas: `{${entries(n, (i) => `s${i}: {type: string}`)}}` })],
        [64 * 1024, (n) => definition({ description: 'x'.repeat(n) })],
      ]
      for (const [most, made] of rows) {
        accepts(made(most))
        assert.match(refuses(made(most + 1), 'definition_limit', { within: 200 }).message, new RegExp(`\\b${most}\\b`))
      }
    },
    async Y108() {
      const segments = (i) => Array.from({ length: 9 }, (_, bit) => ((i >> bit) & 1 ? 'a' : `{v${bit}}`)).join('/')
      const fields = (i) => Array.from({ length: 9 }, (_, bit) => ((i >> bit) & 1 ? [] : [`v${bit}: {type: string}`])).flat().join(', ')
      t.tenon.save('branching', definition({ id: 'branching', hosts: '["127.0.0.1"]', base_url: t.service.url,
        actions: `{${entries(512, (i) => `A${i}: {summary: A, method: GET, path: "/${segments(i)}/e${i}", input: {${fields(i)}}}`)}}` }))
      await t.untilKnown('branching')
      const { call } = await t.connection('branching')
      assert.equal((await call('/a/a/a/a/a/a/a/a/a/e511')).status, 200)
      assert.equal((await call('/a/b/a/a/a/a/a/a/a/e509')).status, 200)
      for (const path of ['/a/a/a/a/a/a/a/a/a/nothing', '/a/a/a/a/a/a/a/a/a', `/${'a/'.repeat(500)}a`]) {
        const began = Date.now()
        assertProblem(await call(path), 404, 'not_found')
        assertQuick(Date.now() - began, 50)
      }
    },
    Y109() {
      const nested = (levels) => `\${${'lower('.repeat(levels)}'a'${')'.repeat(levels)}}`
      accepts(templated(nested(8)))
      accepts(templated("${'a'}".repeat(32)))
      for (const bad of [nested(9), "${'a'}".repeat(33), `\${'a'}${'x'.repeat(8190)}`, `\${${'('.repeat(8000)}}`, "${lower('a'", "${'a}", '${}', '${input.}', "${'\\\\q'}"]) {
        refuses(templated(bad), 'template_syntax', { line: 8, within: 50 })
      }
    },
    Y110() {
      for (const host of ['"*"', '"*.com"', '"example.com."', 'EXAMPLE.com', '"exa mple.com"', '\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444', '"a.example:0"', '"a.example:99999"',
        '"a.example:443x"', '"a.example:0443"', '"*.*.example.com"', '"a*.example.com"', '"https://a.example"', '"a.example/x"', '"u@a.example"', '"[::1]"', '"-a.example"', '"a-.example"',
        '"a..example"', `${'a'.repeat(64)}.example`, '"_dmarc.example.com"', '""', '"a.example?"', '"a\\0.example"']) {
        const { codes } = lint(definition({ hosts: `[${host}]`, base_url: 'https://a.example' }))
        assert.ok(codes.includes('definition_value') || codes.includes('definition_control_char'), `${host}: ${codes}`)
      }
      for (const host of ['a.example', '"*.a.example"', '"a.example:65535"', `${'a'.repeat(63)}.example`]) {
        const { codes } = lint(definition({ hosts: `[a.example, ${host === 'a.example' ? 'b.example' : host}]`, base_url: 'https://a.example' }))
        assert.deepEqual(codes, [], host)
      }
    },
    async Y111() {
      const own = await t.start({ faulty: true, connectors: { steady: definition({ id: 'steady' }), odd: definition({ id: 'odd', title: 'Before' }) } })
      const file = join(own.connectors, 'odd.yaml')
      const beside = mkdtempSync(join(tmpdir(), 'tenon-hostile-'))
      const becomes = {
        fifo: (path) => execFileSync('mkfifo', [path]),
        loop: (path) => symlinkSync(file, path),
        folder: (path) => mkdirSync(path),
        device: (path) => symlinkSync('/dev/zero', path),
      }
      for (const [name, make] of Object.entries(becomes)) {
        make(join(beside, name))
        rmSync(file, { recursive: true })
        renameSync(join(beside, name), file)
        await told(own, 'odd')
        assert.equal(await title(own, 'odd'), 'Before', `${name}: the last version serves`)
        rmSync(file, { recursive: true })
        own.save('odd', definition({ id: 'odd', title: 'Before' }))
        await until('the fault to go', async () => (await faults(own)).length === 0)
      }
      rmSync(beside, { recursive: true })
      renameSync(own.connectors, `${own.connectors}.away`)
      await until('the missing folder to be told', () => /connectors/.test(own.log))
      assert.equal(await title(own, 'steady'), 'Row')
      renameSync(`${own.connectors}.away`, own.connectors)
      own.save('odd', definition({ id: 'odd', title: 'After' }))
      await until('the folder to be read again', async () => await title(own, 'odd') === 'After')
      await own.stop()
    },
    Y112() {
      const secret = 'hunter2-canary'
      const user = 'parameters: {username: {type: string, required: true}}'
      for (const members of [`type: basic, ${user}, password: ${secret}, pasword: x`, `type: basic, pasword: x, ${user}, password: ${secret}`,
        `type: basic, ${user}, password: ${secret}, inject: {headers: {X: "\${nope.x}"}}`]) {
        const said = shown(withAuth(members))
        assert.match(said, /inline_secret/)
        assert.ok(!said.includes(secret), said)
      }
    },
  }
}
