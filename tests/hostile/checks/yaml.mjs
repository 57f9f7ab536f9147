// SPDX-License-Identifier: MIT
// Definition files that somebody hostile, careless or unlucky has written.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ADMIN_KEY, TENON, assertProblem, sanitized } from '../../peers/lib/tenon.mjs'
import { request, sleep, until } from '../../peers/lib/util.mjs'
import { accepts, assertQuick, definition, lint, refuses, shown, withAuth } from '../lib/lint.mjs'

const OAUTH = 'type: client_credentials, parameters: {client_id: {type: string, required: true}, ' +
  'client_secret: {type: string, secret: true, required: true}}'
const TOKEN_URL = 'token_url: https://api.example.com/token'

const laughs = `x-a: &a [${'x, '.repeat(8)}x]\n` +
  ['b', 'c', 'd', 'e', 'f'].map((name, i) => `x-${name}: &${name} [${Array(9).fill(`*${'abcde'[i]}`).join(', ')}]\n`).join('')

// A folder with files that are no definitions, and one that is.
function oddFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'tenon-hostile-'))
  const at = (name) => join(folder, name)
  execFileSync('mkfifo', [at('fifo.yaml')])
  symlinkSync('/dev/zero', at('zero.yaml'))
  mkdirSync(at('folder.yaml'))
  writeFileSync(at('closed.yaml'), definition({ id: 'closed' }), { mode: 0o600 })
  chmodSync(at('closed.yaml'), 0)
  writeFileSync(at('real.yaml'), definition({ id: 'real' }), { mode: 0o600 })
  mkdirSync(at('elsewhere'))
  writeFileSync(at('elsewhere/linked.yaml'), definition({ id: 'linked' }), { mode: 0o600 })
  symlinkSync(at('elsewhere/linked.yaml'), at('linked.yaml'))
  return folder
}

// Root reads every file, so that somebody else must try, with a program that they can reach.
function assertUnreadable(file, folder) {
  const program = join(folder, 'tenon')
  copyFileSync(TENON, program)
  chmodSync(program, 0o755)
  chmodSync(folder, 0o755)
  const nobody = process.getuid() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : []
  const said = lint(null, { file, before: nobody, program })
  assert.deepEqual(said.codes, ['definition_unreadable'], said.stderr)
  rmSync(program)
}

const faultsOf = async (tenon) =>
  (await request(`${tenon.url}/readyz`, { headers: { 'x-api-key': ADMIN_KEY } })).json.definitions.faults

const titleOf = async (tenon, id) => {
  const answer = await request(`${tenon.url}/v1/connectors/${id}`, { headers: { 'x-api-key': ADMIN_KEY } })
  return answer.status === 200 ? answer.json.title : undefined
}

// Until a file that was just saved is live (or its fault is).
const live = (tenon, id, title) => until(`${id} to be live`, async () => await titleOf(tenon, id) === title)

export default (t) => ({
  async Y01() {
    const { said } = refuses(definition() + laughs, 'definition_alias_forbidden', { line: 10, column: 10, within: 10 })
    assert.ok(said.found.length <= 50) // each alias is told, and none followed
    const grown = await t.tenon.growth(async () => {
      t.tenon.save('laughs', definition({ id: 'laughs' }) + laughs)
      await until('the fault to be told', async () => (await faultsOf(t.tenon)).some((fault) => /laughs/.test(JSON.stringify(fault))))
    })
    if (!sanitized) assert.ok(grown < 1, `${grown} MiB more at most`)
    assert.equal((await t.call('Get')).status, 200)
  },
  Y02() { refuses(`${definition()}x-a: &a [*a]\n`, 'definition_alias_forbidden', { line: 9, column: 10, within: 10 }) },
  Y03() { refuses(`${definition()}x-a: *nope\n`, 'definition_alias_unknown', { line: 9, column: 6 }) },
  Y05() {
    refuses('['.repeat(65) + ']'.repeat(65), 'definition_too_deep', { line: 1, column: 65 })
    assert.ok(!lint('['.repeat(64) + ']'.repeat(64)).codes.includes('definition_too_deep'))
    accepts(`${definition()}x-a: ${'['.repeat(63)}${']'.repeat(63)}\n`)
  },
  Y06() { refuses('['.repeat(50000) + ']'.repeat(50000), 'definition_too_deep', { within: 50 }) },
  Y07() { refuses('- '.repeat(20000), 'definition_too_deep', { within: 50 }) },
  Y08() {
    const said = lint('? '.repeat(20000))
    assert.ok(said.codes.some((code) => code === 'definition_too_deep' || code === 'definition_complex_key'), said.stdout)
    assertQuick(said.ms, 50)
  },
  Y10() { refuses(`${definition()}x-a: {name: 1, "na\\x6de": 2}\n`, 'definition_duplicate_key', { line: 9, column: 16 }) },
  Y11() {
    const folder = mkdtempSync(join(tmpdir(), 'tenon-hostile-'))
    const trap = join(folder, 'fifo') // whoever opens it to read waits for ever
    try {
      execFileSync('mkfifo', [trap])
      for (const tagged of [`!!python/object/apply:os.system ["touch ${folder}/ran"]`, '!include /etc/passwd', `!include ${trap}`, '!!binary aGVsbG8=', '!<tag:x> y', '! y']) {
        const { said } = refuses(`${definition()}x-a: ${tagged}\n`, 'definition_tag_forbidden', { line: 9, column: 6 })
        assert.ok(!said.stdout.includes('root:'))
      }
      refuses(`%TAG ! tag:example.com,2000:app/\n---\n${definition()}`, 'definition_tag_forbidden', { line: 1 })
      assert.ok(!existsSync(join(folder, 'ran')), 'nothing is executed')
      const before = ['strace', '-f', '-e', 'trace=open,openat,execve']
      if (sanitized || spawnSync(before[0], [...before.slice(1), 'true']).status !== 0) return // nobody may trace here
      const { said } = refuses(`${definition()}x-a: !include /etc/passwd\n`, 'definition_tag_forbidden', { before })
      assert.ok(!said.stderr.includes('/etc/passwd') && said.stderr.match(/execve\(/g).length === 1, 'no file is opened, no program run')
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
  Y12() { refuses(`${definition()}---\n${definition()}`, 'definition_multi_document', { line: 9 }) },
  Y13() { refuses(`%YAML 9.9\n---\n${definition()}`, 'definition_parse_error', { line: 1, column: 1 }) },
  async Y15() {
    const folder = oddFolder()
    try {
      const said = lint(null, { file: folder })
      const of = (name) => said.found.filter((one) => one.file.endsWith(`/${name}.yaml`)).map((one) => one.code)
      for (const name of ['fifo', 'zero', 'folder']) assert.deepEqual(of(name), ['definition_not_regular_file'], said.stdout)
      assert.deepEqual([of('real'), of('linked')], [[], []])
      assertUnreadable(join(folder, 'closed.yaml'), folder)
      rmSync(join(folder, 'closed.yaml'))
      const own = await t.start({ args: ['--connectors', folder], faulty: true })
      assert.equal(await titleOf(own, 'real'), 'Row')
      assert.equal(await titleOf(own, 'linked'), 'Row')
      assert.equal((await faultsOf(own)).length, 3)
      await own.stop()
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
  Y16() {
    const [before, behind] = definition({ title: '"a@b"' }).split('@')
    for (const bad of [Buffer.from([0xff, 0xfe]), Buffer.from([0xc0, 0xaf]), Buffer.from([0xed, 0xa0, 0x80])]) {
      const text = Buffer.concat([Buffer.from(before), bad, Buffer.from(behind)])
      const found = refuses(text, 'definition_bad_encoding', { line: 3, column: 10 })
      assert.match(found.message, new RegExp(`at byte ${before.length}$`))
      for (const told of [found.said.stdout, shown(text)]) assert.ok(!/[\x80-\xff]/.test(told), 'the bytes are not echoed')
    }
  },
  Y17() {
    refuses(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(definition(), 'utf16le')]), 'definition_bad_encoding')
    accepts(`\ufeff${definition()}`)
  },
  Y18() {
    for (const bad of ['"a\\0b"', '"a\\ab"', 'a\u0007b', '"a\\x07b"', '"a\u202eb"', '"a\\u202eb"']) {
      refuses(definition({ title: bad }), 'definition_control_char', { line: 3 })
    }
    refuses(definition({ title: 'a\0b' }), 'definition_control_char', { line: 3, column: 9 })
  },
  Y20() {
    refuses(`${definition({ actions: null })}actions:\n\tGet: {summary: x}\n`, 'definition_parse_error', { line: 9, column: 1 })
    refuses(`${definition()}x-a: "never ends\n`, 'definition_parse_error', { line: 10 })
    refuses(`${definition()}x-a: a: b: c\n`, 'definition_parse_error', { line: 9, column: 7 })
    assert.match(shown(`${definition()}x-a: a: b: c\n`), /^ {2}x-a: a: b: c\n {8}\^$/m)
  },
  Y21() {
    for (const empty of ['', '\n\n', '# nothing\n# here\n', '---\n']) refuses(empty, 'definition_empty')
    for (const other of ['- a\n- b\n', 'text\n', '12\n']) refuses(other, 'definition_type', { line: 1, column: 1 })
  },
  async Y22() {
    const odd = ['no', 'on', '1.10', '012', '1e3', '.inf', '2026-01-01']
    for (const [i, text] of odd.entries()) {
      t.tenon.save(`plain${i}`, definition({ id: `plain${i}`, title: text }))
      await live(t.tenon, `plain${i}`, text)
    }
    // Null stands for nothing, and nothing is no text (FORMAT 1 and 2), however it is spelt: refused with the same advice.
    for (const nothing of ['~', 'null', 'Null', 'NULL']) {
      assert.match(refuses(definition({ title: nothing }), 'definition_type', { line: 3, column: 8 }).message, /in quotes it is a text/)
      accepts(definition({ title: `"${nothing}"` }))
    }
    for (const text of ['012', '~', '.inf', 'True', '+1', '0x1F', '0o7', '.5', '-.INF', '.nan', '1.', 'FALSE']) {
      const found = refuses(`${definition()}x-a: [${text}]\n`, 'definition_ambiguous_scalar', { line: 9, column: 7 })
      assert.match(found.message, /quotes/)
    }
    // What is taken goes on the wire as it stands.
    t.tenon.save('plain', definition({ id: 'plain', hosts: `["127.0.0.1"]`, base_url: t.service.url, actions: '{Send: {summary: Send, method: POST, path: /plain, ' +
      'request: {headers: {X-A: 1.10, X-B: no, X-C: 012}, json: [no, on, 1.10, 1e3, 2026-01-01, "012", "~", null, true, 12:30]}}}' }))
    const { call } = await t.untilKnown('plain').then(() => t.connection('plain'))
    assert.equal((await call('/plain', { method: 'POST' })).status, 200)
    const [seen] = t.service.at('/plain')
    assert.deepEqual(JSON.parse(seen.text), ['no', 'on', 1.1, 1000, '2026-01-01', '012', '~', null, true, '12:30'])
    assert.deepEqual(['x-a', 'x-b', 'x-c'].map((name) => seen.headers[name]), ['1.10', 'no', '012'])
  },
  async Y23() {
    const text = withAuth(`${OAUTH}, token_ulr: https://api.example.com/t`, { id: 'typo' })
    assert.match(refuses(text, 'definition_unknown_key', { name: 'typo.yaml' }).message, /did you mean `token_url`/)
    t.tenon.save('typo', text)
    await until('the fault to be told', async () => (await faultsOf(t.tenon)).some((fault) => /typo/.test(JSON.stringify(fault))))
    const made = await t.tenon.request('/v1/connections', { method: 'POST', key: ADMIN_KEY, json: { name: 'typo', connector: 'typo', parameters: {} } })
    assert.equal(assertProblem(made, 400, 'param_value').errors[0].pointer, '/connector')
  },
  Y25() {
    refuses(definition({ title: '[a]' }), 'definition_type', { line: 3, column: 8 })
    refuses(definition({ title: '{a: b}' }), 'definition_type', { line: 3, column: 8 })
    for (const nothing of ['null', '~', '']) refuses(withAuth(`${OAUTH}, token_url: ${nothing}`), 'definition_type', { line: 9 })
  },
  Y26() {
    for (const calls of ['99999999999999999999', '-1', '0', '1.5', '1000001']) {
      const found = refuses(definition({ throttle: `[{calls: ${calls}, per: 60s}]` }), calls === '1.5' ? 'definition_type' : 'definition_range', { line: 9, column: 20 })
      if (calls !== '1.5') assert.match(found.message, /from 1 to 1000000/)
    }
    for (const per of ['0', '0s', '-1s', '99999999999999999999s', '32d', '60', '1.5s']) {
      assert.match(refuses(definition({ throttle: `[{calls: 1, per: ${per}}]` }), 'definition_range', { line: 9, column: 28 }).message, /from 1ms to 31d/)
    }
    for (const per of ['1 s', '1w', 'soon']) refuses(definition({ throttle: `[{calls: 1, per: ${per}}]` }), 'definition_value', { line: 9, column: 28 })
    for (const timeout of ['0s', '121s', '-1s', '99999999999999999999h', '60']) {
      assert.match(refuses(definition({ timeout }), 'definition_range', { line: 9, column: 10 }).message, /from 1ms to 120s/)
    }
  },
  async Y27() {
    for (const url of ['file:///etc/passwd', 'gopher://api.example.com/', 'ftp://api.example.com/', 'api.example.com/token',
      '//api.example.com/token', 'https://user@api.example.com/token', 'https://u:p@api.example.com/', 'https://api.example.com/#x',
      'javascript:alert(1)', 'https:api.example.com', 'https://']) {
      const found = refuses(withAuth(`${OAUTH}, token_url: "${url}"`), 'definition_bad_url')
      assert.ok(found.message.length > 10)
    }
    // http:// is a warning; whether it may be called is the operator's egress list's to say, before each call.
    assert.ok(accepts(withAuth(`${OAUTH}, token_url: "http://api.example.com/token"`)).codes.includes('http_url'))
    const strict = await t.strict()
    for (const [tenon, allowed] of [[t.tenon, true], [strict, false]]) {
      tenon.save('plainly', definition({ id: 'plainly', hosts: '["127.0.0.1"]', base_url: t.service.url }))
      await t.untilKnown('plainly', tenon)
      const { call } = await t.connection('plainly', undefined, {}, tenon)
      const said = await call()
      if (allowed) assert.equal(said.status, 200, said.text)
      else assertProblem(said, 424, 'egress_denied')
    }
    assert.equal(t.service.requests.length, 1)
  },
  Y28() {
    refuses(withAuth(`${OAUTH}, token_url: https://evil.example.org/token`), 'host_not_in_hosts')
    refuses(definition({ base_url: 'https://${connection.host}', connection: '{parameters: {host: {type: string, required: true}}}',
      hosts: '["*"]' }), 'definition_value')
    refuses(definition({ base_url: 'https://${connection.host}.evil.example', hosts: '["*.good.example"]',
      connection: '{parameters: {host: {type: string, required: true}}}' }), 'host_not_in_hosts')
    refuses(definition({ hosts: 'any', base_url: 'https://${connection.host}', connection: '{parameters: {host: {type: string, ' +
      'required: true}}, auth: {one: {type: client_credentials, parameters: {client_id: {type: string, required: true}, ' +
      'client_secret: {type: string, secret: true, required: true, ask: admin}}, token_url: /t}}}' }), 'admin_secret_any_host')
    refuses(definition({ actions: '{Get: {summary: Get, method: GET, path: "/x/{h}", input: {h: {type: string}}, ' +
      'request: {url: "https://${input.h}.api.example.com/"}}}', hosts: '["*.api.example.com"]', base_url: null }),
    'template_input_in_host')
    refuses(definition({ hosts: 'any', base_url: 'https://${connection.host}', connection: '{parameters: {host: {type: string, format: hostname, required: true}}}',
      actions: '{Get: {summary: Get, method: GET, path: /get, steps: {one: {url: /one}}, request: {url: "${steps.one.body.url}"}}}' }), 'definition_unbounded_host')
  },
  Y30() {
    for (const id of ['../x', '.', '..', 'a'.repeat(300), 'Upper', '""', '-a', 'a-', 'a_b', 'a.b', '"a\\nb"', 'é']) {
      refuses(definition({ id }), 'definition_bad_id', { line: 2, column: 5 })
    }
  },
  async Y32() {
    t.tenon.save('reloaded', definition({ id: 'reloaded', title: 'Before' }))
    await live(t.tenon, 'reloaded', 'Before')
    const faulty = await t.tenon.metric('tenon_connector_faults')
    t.tenon.save('reloaded', definition({ id: 'reloaded', title: '[broken' }))
    await until('the fault', async () => (await faultsOf(t.tenon)).some((fault) => /reloaded/.test(JSON.stringify(fault))))
    assert.equal(await titleOf(t.tenon, 'reloaded'), 'Before')
    assert.match(t.tenon.log, /definition\.failed.*reloaded/)
    assert.equal(await t.tenon.metric('tenon_connector_faults'), faulty + 1)
    assert.equal((await t.call('Get')).status, 200)
    t.tenon.save('reloaded', definition({ id: 'reloaded', title: 'After' }))
    await live(t.tenon, 'reloaded', 'After')
    assert.ok(!(await faultsOf(t.tenon)).some((fault) => /reloaded/.test(JSON.stringify(fault))))
    assert.equal(await t.tenon.metric('tenon_connector_faults'), faulty)
  },
  async Y33() {
    const file = join(t.tenon.connectors, 'torn.yaml')
    const whole = (title, size) => `${definition({ id: 'torn', title })}x-filler: "${'x'.repeat(size)}"\n`
    t.tenon.save('torn', whole('Zero', 10))
    await live(t.tenon, 'torn', 'Zero')
    for (let round = 0; round < 30; round++) {
      // As a careless editor does: in place, and a part of it at first.
      const text = whole(`Round ${round}`, 100000)
      writeFileSync(file, text.slice(0, 40 + Math.floor(Math.random() * 60000)))
      await sleep(round % 3)
      assert.match(await titleOf(t.tenon, 'torn'), /^(Zero|Round \d+)$/)
      writeFileSync(file, text)
    }
    await live(t.tenon, 'torn', 'Round 29')
    assert.ok(!(await faultsOf(t.tenon)).some((fault) => /torn/.test(JSON.stringify(fault))))
  },
  async Y35() {
    const began = Date.now()
    const answer = await t.call('Pattern', { json: { v: `${'a'.repeat(10000)}!` } })
    assert.equal(answer.status, 400, answer.text)
    assertQuick(Date.now() - began, 10)
  },
  Y36() {
    const secret = 'hunter2-canary'
    for (const members of [
      `${OAUTH.replace(/, client_secret: .*/, '}')}, ${TOKEN_URL}, client_secret: ${secret}`,
      `type: basic, parameters: {username: {type: string, required: true}}, password: ${secret}`,
      `type: client_credentials, parameters: {client_id: {type: string, required: true}}, ${TOKEN_URL}, client_auth: private_key_jwt, ` +
        `client_assertion: {key: ${secret}}`,
    ]) {
      const text = withAuth(members)
      refuses(text, 'definition_inline_secret', { line: 9 })
      // Neither beside another fault of its line.
      for (const told of [lint(text).stdout, shown(text), shown(text.replace('type:', 'tpye: x, type:'))]) {
        assert.ok(/inline_secret/.test(told) && !told.includes(secret), `the value is echoed: ${told}`)
      }
    }
  },
  Y37() {
    const connection = '{parameters: {key: {type: string, secret: true, required: true}}}'
    for (const action of ['path: /get, request: {headers: {X-Key: "${connection.key}"}}',
      'path: /get, request: {query: {key: "${connection.key}"}}', 'path: /get, request: {url: "/get/${connection.key}"}']) {
      const found = refuses(definition({ connection, actions: `{Get: {summary: Get, method: GET, ${action}}}` }),
        'definition_secret_in_action')
      assert.match(found.message, /inject/)
    }
    refuses(definition({ connection, title: '"${connection.key}"' }), 'definition_secret_in_action')
    // A title is no template: where it names no secret, the words stand as they are.
    accepts(definition({ title: '"${connection.key}"' }))
  },
  Y38() { refuses(`${'k'.repeat(2000)}: 1\n${definition()}`, 'definition_parse_error', { line: 1 }) },
})
