// SPDX-License-Identifier: MIT
// The keys that seal the store, over its life: data keys that are rotated while calls go on, another master key, a hook that wraps
// it, a master key that is not the store's, and what is left of secrets in memory.
import assert from 'node:assert/strict'
import { createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { existsSync, lstatSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'

import { ADMIN_KEY, missing, ROOT, sanitized, startTenon, Tenon } from './lib/tenon.mjs'
import { CLIENTS, startAuthorizationServer, USERS } from './lib/authorization-server.mjs'
import { beside, besideWell, signedIn } from './lib/beside.mjs'
import { definition, signIns } from './lib/connector.mjs'
import { countInMemory, unreadable } from './lib/memory.mjs'
import { until } from './lib/util.mjs'

let server
const options = () => ({ connectors: { peer: definition('peer', server.url, `${signIns(server)}
actions:
  GetAccessToken: {summary: Get a token, token: connection}
`) } })

before(async () => { server = await startAuthorizationServer() })
after(() => server?.stop())

const status = (tenon, env) => besideWell(tenon, ['keyring', 'status', '--json'], env)
const hex = () => randomBytes(32).toString('hex')
async function assertAlive({ name, call }) {
  const answer = await call()
  assert.equal(answer.status, 200, `${name}: ${answer.text}`)
}

// The data keys that the store's sealed records name.
function underKeys(tenon) {
  const store = new DatabaseSync(join(tenon.data, 'tenon.db'), { readOnly: true })
  const rows = store.prepare("SELECT sealed FROM record WHERE sealed IS NOT NULL AND kind NOT IN ('keyring', 'handover')").all()
  store.close()
  return [...new Set(rows.map(({ sealed }) => Buffer.from(sealed).readUInt32BE(1)))]
}

// Every file of the data folder, bit for bit, with its mode - but for what tells who runs (lock, socket) and the index that SQLite
// makes anew of a crash's log whenever it looks at it.
const picture = (tenon) => Object.fromEntries(readdirSync(tenon.data).sort().filter((name) => !/\.(lock|sock|db-shm)$/.test(name)).map((name) => {
  const file = join(tenon.data, name)
  return [name, lstatSync(file).isFile() ? `${(lstatSync(file).mode & 0o777).toString(8)} ${createHash('sha256').update(readFileSync(file)).digest('hex')}` : 'no file']
}))

// A start that is refused: what it said.
async function refused(tenon, env) {
  await assert.rejects(tenon.start(env), /Tenon ended with/)
  return tenon.log.slice(tenon.log.lastIndexOf('tenon: '))
}

test('a data key is followed by a new one while calls go on', { skip: missing }, async () => {
  const tenon = await startTenon(options())
  const connections = []
  for (let i = 0; i < 3; i++) connections.push(await signedIn(tenon, server, `p${i}`))
  for (let i = 0; i < 100; i++) await tenon.connect(`c${i}`, 'peer', CLIENTS.body, 'cc')
  for (const one of connections) await assertAlive(one)
  const { signIns: before } = server
  const calls = { statuses: new Set(), on: true }
  const caller = (async () => {
    while (calls.on) for (const one of connections) calls.statuses.add((await one.call()).status)
  })()
  assert.match(await besideWell(tenon, ['keyring', 'rotate']), /^2 +active/m)
  connections.push(await signedIn(tenon, server, 'meanwhile'))
  await until('one data key to be left', async () => (await status(tenon)).data_keys.length === 1)
  calls.on = false
  await caller
  assert.deepEqual([...calls.statuses], [200])
  assert.match(tenon.log, /keyring\.key_dropped.*id=1/)
  assert.deepEqual(underKeys(tenon), [2])
  await tenon.restart()
  for (const one of connections) await assertAlive(one)
  assert.equal(server.signIns, before + 1, 'the one made meanwhile; nobody signed in again')
  await tenon.stop()
})

test('a rotation that was cut short goes on at the next start, and keeps the key of what does not open', { skip: missing }, async () => {
  const tenon = await startTenon(options())
  const one = await signedIn(tenon, server, 'kept')
  await assertAlive(one)
  for (let i = 0; i < 20; i++) await tenon.connect(`c${i}`, 'peer', CLIENTS.body, 'cc')
  await tenon.halt()
  const store = new DatabaseSync(join(tenon.data, 'tenon.db'))
  const sealed = Buffer.from(store.prepare("SELECT sealed FROM record WHERE kind = 'connection' AND id = 'c7'").get().sealed)
  const altered = Buffer.from(sealed)
  altered[20] ^= 1
  const alter = (bytes) => store.prepare("UPDATE record SET sealed = ? WHERE kind = 'connection' AND id = 'c7'").run(bytes)
  const passEnded = () => until('the pass to end', async () => (await status(tenon)).resealing.left === 1)
  alter(altered)
  await tenon.start()
  await besideWell(tenon, ['keyring', 'rotate'])
  await passEnded()
  await tenon.halt('SIGKILL')
  await tenon.start()
  await passEnded()
  assert.deepEqual((await status(tenon)).data_keys.map((key) => key.id), [2, 1])
  assert.match(tenon.log, /store\.record_corrupt.*kind=connection.*id=c7/)
  await tenon.halt('SIGKILL')
  alter(sealed)
  store.close()
  await tenon.start()
  await until('one data key to be left', async () => (await status(tenon)).data_keys.length === 1)
  await assertAlive(one)
  assert.deepEqual(underKeys(tenon), [2])
  await tenon.stop()
})

test('the data folder keeps a new master key', { skip: missing }, async () => {
  const tenon = await startTenon(options())
  const one = await signedIn(tenon, server, 'own')
  const file = (name) => join(tenon.data, name)
  const { master_key: first } = await status(tenon)
  const said = await besideWell(tenon, ['keyring', 'rewrap'])
  assert.match(said, /master\.key\.before/)
  const { master_key: second } = await status(tenon)
  assert.notEqual(second.id, first.id)
  assert.deepEqual(second.also, [])
  assert.equal(lstatSync(file('master.key')).mode & 0o777, 0o600)
  await tenon.restart()
  await assertAlive(one)
  await tenon.halt()
  renameSync(file('master.key'), file('new'))
  renameSync(file('master.key.before'), file('master.key'))
  assert.match(await refused(tenon), /master_key_mismatch/)
  renameSync(file('new'), file('master.key'))
  await tenon.start()
  await assertAlive(one)
  await tenon.stop()
})

test('a master key of its own place is announced, opens beside the one before, then alone', { skip: missing }, async () => {
  const tenon = new Tenon(options())
  const old = { TENON_MASTER_KEY: hex() }, next = { TENON_MASTER_KEY: hex() }, third = { TENON_MASTER_KEY: hex() }
  const file = join(tenon.folder, 'next.key')
  await tenon.start(old)
  const one = await signedIn(tenon, server, 'placed')
  writeFileSync(file, next.TENON_MASTER_KEY, { mode: 0o600 })
  assert.match((await beside(tenon, ['keyring', 'rewrap'], old)).stderr, /new-master-key-file/)
  assert.match((await beside(tenon, ['keyring', 'rewrap'])).stderr, /not the one in .*configuration/, 'a command that does not know better')
  assert.ok(!existsSync(join(tenon.data, 'master.key')))
  await besideWell(tenon, ['keyring', 'rewrap', '--new-master-key-file', file])
  assert.equal((await status(tenon)).master_key.also.length, 1)
  await besideWell(tenon, ['keyring', 'rotate'])
  await tenon.halt('SIGKILL')
  await tenon.start(old)
  await assertAlive(one)
  assert.equal((await status(tenon)).master_key.also.length, 1, 'the one before still opens')
  await tenon.halt('SIGKILL')
  await tenon.start(next)
  await assertAlive(one)
  assert.deepEqual((await status(tenon)).master_key.also, [])
  await tenon.halt()
  assert.match(await refused(tenon, old), /master_key_mismatch/)
  await tenon.start(next)
  writeFileSync(file, third.TENON_MASTER_KEY, { mode: 0o600 })
  await besideWell(tenon, ['keyring', 'rewrap', '--new-master-key-file', file, '--in-place'])
  await tenon.halt('SIGKILL')
  assert.match(await refused(tenon, next), /master_key_mismatch/)
  await tenon.start(third)
  await assertAlive(one)
  await tenon.stop()
})

test('a wrong master key changes no bit of the data folder, nor does a file in its place that is none', { skip: missing }, async () => {
  const tenon = await startTenon(options())
  await signedIn(tenon, server, 'untouched')
  await tenon.halt()
  const assertUntouched = async (what, env, code) => {
    const before = picture(tenon)
    assert.match(await refused(tenon, env), code)
    assert.deepEqual(picture(tenon), before, what)
    assert.equal((await beside(tenon, ['connection', 'list'], env)).status, 1)
    assert.deepEqual(picture(tenon), before, `${what}, by a command`)
  }
  await assertUntouched('after an orderly end', { TENON_MASTER_KEY: hex() }, /master_key_mismatch/)
  await assertUntouched('with no key', { TENON_MASTER_KEY: 'short' }, /master_key_invalid/)
  await tenon.start()
  await besideWell(tenon, ['keyring', 'rotate'])
  await tenon.halt('SIGKILL')
  assert.ok(existsSync(join(tenon.data, 'tenon.db-wal')), 'a log is left')
  await assertUntouched('after a crash', { TENON_MASTER_KEY: hex() }, /master_key_mismatch/)
  await tenon.start()
  await tenon.stop()
})

// The script that docs/OPERATING.md shows.
function hookOfDocs(folder) {
  const text = readFileSync(join(ROOT, 'docs/OPERATING.md'), 'utf8')
  const script = /```sh\n(#!\/bin\/sh\n# wraps the master key[\s\S]*?)```/.exec(text)[1]
  const file = join(folder, 'hook')
  writeFileSync(file, script.replaceAll('/etc/tenon/wrapping.pass', join(folder, 'pass')), { mode: 0o700 })
  writeFileSync(join(folder, 'pass'), hex(), { mode: 0o600 })
  return file
}
const scripted = (folder, name, body) => {
  const file = join(folder, name)
  writeFileSync(file, `#!/bin/sh\n${body}\n`, { mode: 0o700 })
  return { TENON_MASTER_KEY_HOOK: file }
}

test('a hook wraps the master key, at the first start, at others, and a new one', { skip: missing }, async () => {
  const tenon = new Tenon(options())
  const hook = { TENON_MASTER_KEY_HOOK: `${hookOfDocs(tenon.folder)}, --quiet` }
  await tenon.start(hook)
  const one = await signedIn(tenon, server, 'hooked')
  assert.ok(!existsSync(join(tenon.data, 'master.key')))
  await tenon.halt()
  await tenon.start(hook)
  await assertAlive(one)
  await besideWell(tenon, ['keyring', 'rewrap'], hook)
  await tenon.halt('SIGKILL')
  await tenon.start(hook)
  await assertAlive(one)
  await tenon.halt()
  const before = picture(tenon)
  for (const [name, body, words] of [
    ['fails', 'exit 3', /fails ended with status 3 \(unwrap\)/],
    ['other', `printf ${hex()}`, /master_key_mismatch/],
    ['nothing', 'true', /master_key_invalid/],
    ['chatty', 'while :; do echo 0123456789012345678901234567890123456789; done', /prints too much/],
    ['killed', 'kill -9 $$', /ended by signal 9/],
  ]) assert.match(await refused(tenon, scripted(tenon.folder, name, body)), words)
  assert.match(await refused(tenon, { TENON_MASTER_KEY_HOOK: join(tenon.folder, 'absent') }), /absent: No such file/)
  assert.match(await refused(tenon, { TENON_MASTER_KEY_HOOK: 'hook' }), /whole path/)
  assert.deepEqual(picture(tenon), before)
  await tenon.start(hook)
  await assertAlive(one)
  await tenon.stop()
})

test('a hook gets nothing of the environment, and one that does not give back what it took is not used', { skip: missing }, async () => {
  const tenon = new Tenon(options())
  const seen = join(tenon.folder, 'seen')
  const broken = scripted(tenon.folder, 'broken', `env >>${seen}; if [ "$1" = wrap ]; then cat; else printf ${hex()}; fi`)
  assert.match(await refused(tenon, broken), /does not unwrap what it wrapped/)
  const names = readFileSync(seen, 'utf8').split('\n').filter(Boolean).map((line) => line.split('=')[0])
  assert.deepEqual(names.filter((name) => !['PATH', 'PWD', 'OLDPWD', 'SHLVL', '_'].includes(name)), [])
  assert.ok(!existsSync(join(tenon.data, 'tenon.db')), 'no store without its key')
  rmSync(tenon.folder, { recursive: true })
})

test('a store under a master.key comes under a hook without a stop', { skip: missing }, async () => {
  const tenon = await startTenon(options())
  const one = await signedIn(tenon, server, 'moved')
  const hook = { TENON_MASTER_KEY_HOOK: hookOfDocs(tenon.folder) }
  await besideWell(tenon, ['keyring', 'rewrap'], hook)
  await assertAlive(one)
  await tenon.halt()
  assert.match(await refused(tenon), /master_key_mismatch/)
  await tenon.start(hook)
  await assertAlive(one)
  await tenon.stop()
})

// --- memory ---

// A data key as src/seal/keyring.c wraps it: AES-256-GCM, with what it is as additional data.
function dataKeyOf(tenon, master, id) {
  const store = new DatabaseSync(join(tenon.data, 'tenon.db'), { readOnly: true })
  const row = store.prepare("SELECT sealed FROM record WHERE kind = 'keyring' AND id = ?").get(id.toString(16).padStart(8, '0'))
  store.close()
  const wrapped = Buffer.from(row.sealed)
  const number = (value, bytes) => Buffer.from(value.toString(16).padStart(2 * bytes, '0'), 'hex')
  const name = Buffer.from('data key')
  const opening = createDecipheriv('aes-256-gcm', Buffer.from(master, 'hex'), wrapped.subarray(0, 12))
  opening.setAAD(Buffer.concat([number(1, 1), number(name.length, 8), name, number(id, 4)]))
  opening.setAuthTag(wrapped.subarray(-16))
  return Buffer.concat([opening.update(wrapped.subarray(12, -16)), opening.final()])
}

test('what is not needed any more is gone from memory', { skip: missing || unreadable || (sanitized && 'sanitizers keep freed memory') }, async () => {
  const master = hex()
  const tenon = await startTenon({ ...options(), env: { TENON_MASTER_KEY: master } })
  await tenon.connect('user', 'peer', { username: 'alice', password: USERS.alice, ...CLIENTS.body }, 'user')
  const key = await tenon.key(['user'])
  const { json: { access_token: token } } = await tenon.post('/run/peer/user/GetAccessToken', { key })
  const refresh = [...server.issued].filter((one) => one !== token).at(-1)
  const of = (text) => Buffer.from(text)
  const needles = {
    masterAsText: of(master), master: Buffer.from(master, 'hex'), dataKey: dataKeyOf(tenon, master, 1), adminKey: of(ADMIN_KEY),
    password: of(USERS.alice), clientSecret: of(CLIENTS.body.client_secret), token: of(token), refresh: of(refresh),
  }
  const used = countInMemory(tenon.pid, needles)
  assert.deepEqual([used.masterAsText, used.adminKey], [0, 0], 'as the environment gave them')
  assert.equal(used.master, 1, 'once, where secrets are kept')
  assert.ok(used.dataKey >= 1 && used.password >= 1 && used.token >= 1 && used.refresh >= 1, 'what is looked for can be found')
  await tenon.admin('DELETE', '/v1/connections/user')
  await besideWell(tenon, ['keyring', 'rotate'])
  await until('one data key to be left', async () => (await status(tenon)).data_keys.length === 1)
  // Heads that came and answers that went stand in their connections' buffers until those are used anew.
  await until('buffers to be used anew', async () => {
    await Promise.all(Array.from({ length: 20 }, () => tenon.request('/healthz')))
    const { token: tokens } = countInMemory(tenon.pid, { token: needles.token })
    return tokens === 0
  })
  const { adminKey: _, ...left } = countInMemory(tenon.pid, needles)
  assert.deepEqual(left, { masterAsText: 0, master: 1, dataKey: 0, password: 0, clientSecret: 0, token: 0, refresh: 0 })
  await tenon.stop()
})

test('no core file is left, and secrets would not be in one', { skip: missing }, async () => {
  const tenon = await startTenon(options())
  const { pid } = tenon
  assert.match(readFileSync(`/proc/${pid}/limits`, 'utf8'), /^Max core file size +0 +0 /m)
  if (!sanitized && !unreadable) assert.match(readFileSync(`/proc/${pid}/smaps`, 'utf8'), /^VmFlags:.*\bdd\b/m)
  await tenon.halt('SIGKILL')
  await tenon.start()
  await tenon.stop()
})
