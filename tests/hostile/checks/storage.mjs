// SPDX-License-Identifier: MIT
// A store that somebody damages, that the disk fails, that dies in between: nothing false is served, and nothing more is lost
// than what was damaged.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { ADMIN_KEY, TENON, Tenon, assertProblem } from '../../peers/lib/tenon.mjs'
import { filesIn, sleep, until } from '../../peers/lib/util.mjs'
import { sealingSweep } from '../../reliability/sealing.mjs'
import { sweep } from '../../reliability/sweep.mjs'
import { straceMissing } from '../../reliability/lib/strace.mjs'
import { bearer } from '../lib/fixture.mjs'
import { Rotating } from '../lib/rotating.mjs'
import { notYet } from '../lib/rows.mjs'

const STRACE = (syscall, inject) => ['strace', '-f', '-qq', '-o', '/dev/null', '-e', 'signal=none', '-e', `trace=${syscall}`, '-e', `inject=${syscall}:${inject}`]

export default (t) => {
  // A host of its own with two connections that have tokens, at rest.
  const host = async (more = {}) => {
    const tenon = new Tenon({ connectors: { bearer: bearer(t.service.url) }, ...more })
    t.others.push(tenon)
    await tenon.start()
    const made = { tenon, db: join(tenon.data, 'tenon.db') }
    for (const name of ['one', 'two']) {
      await tenon.connect(name, 'bearer', { client_id: 'client', client_secret: 'CANARY-client-secret' }, 'cc')
    }
    made.key = await tenon.key(['one', 'two'])
    made.call = (name) => tenon.request(`/run/bearer/${name}/get`, { key: made.key, echo: true })
    for (const name of ['one', 'two']) assert.equal((await made.call(name)).status, 200)
    await tenon.halt()
    return made
  }
  const open = (file, work) => {
    const db = new DatabaseSync(file)
    try {
      return work(db)
    } finally {
      db.close()
    }
  }
  // The lines of the trail as they stand in its files.
  const filesOf = (tenon) => readdirSync(join(tenon.data, 'audit')).sort().map((name) => join(tenon.data, 'audit', name))
  const trailOf = (tenon) => filesOf(tenon).flatMap((file) => readFileSync(file, 'utf8').split('\n').filter(Boolean)).map((line) => JSON.parse(line))
  const verify = (tenon) => {
    const said = spawnSync(TENON, ['audit', 'verify', '--json', '--connectors', tenon.connectors, '--data', tenon.data], { encoding: 'utf8', env: { PATH: process.env.PATH } })
    return { status: said.status, ...JSON.parse(said.stdout || '{}') }
  }
  const sealed = (db) => db.prepare("SELECT kind, id, sealed FROM record WHERE sealed IS NOT NULL AND length(sealed) > 0").all()
  const put = (db, { kind, id }, bytes) => db.prepare('UPDATE record SET sealed = ? WHERE kind = ? AND id = ?').run(bytes, kind, id)
  // Starts, or answers what it said.
  const fails = (tenon, more = {}) => spawnSync(TENON, ['serve', '--listen', '127.0.0.1:0', '--connectors', tenon.connectors, '--data', tenon.data],
    { encoding: 'utf8', timeout: 20000, env: { PATH: process.env.PATH, TENON_ADMIN_KEY: ADMIN_KEY, ...more } })
  const refuses = (tenon, code, more) => {
    const said = fails(tenon, more)
    assert.ok(said.status > 0, `${said.status} ${said.signal} ${said.stderr}`)
    assert.match(said.stderr, new RegExp(code))
    return said
  }
  const bytesOf = (folder) => Object.fromEntries(filesIn(folder).filter((name) => name !== 'tenon.lock').map((name) => [name, readFileSync(join(folder, name)).toString('base64')]))

  // Refreshes with every write (or sync) failing in turn: the refresh token is found again, whatever failed.
  const failInTurn = async (syscall, error, numbers) => {
    if (straceMissing) return notYet(straceMissing)
    let answered = 0
    let met = 0
    for (const n of numbers) {
      const server = new Rotating(t.service, { expires: 1 })
      const tenon = new Tenon({ connectors: { bearer: bearer(t.service.url) } })
      t.others.push(tenon)
      await tenon.start()
      await tenon.connect('one', 'bearer', { client_id: 'client', client_secret: 'CANARY-client-secret', refresh_token: 'CANARY-refresh-0' }, 'given')
      const key = await tenon.key(['one'])
      const call = () => tenon.request('/run/bearer/one/get', { key, echo: true })
      assert.equal((await call()).status, 200)
      await tenon.halt()
      await sleep(1100)
      tenon.under = STRACE(syscall, `error=${error}:when=${n}`)
      // One that cannot even start said so.
      if (await tenon.start().then(() => true, () => false)) {
        for (let i = 0; i < 4; i++) await tenon.request('/v1/keys', { key: ADMIN_KEY, json: { role: 'caller', connections: ['one'] } }) // ahead of the threads that only start and end
        for (let i = 0; i < 3; i++) {
          const said = await call()
          assert.ok(said.status === 200 || ['store_unavailable', 'token_endpoint_unreachable'].includes(said.json.code), `${n}: ${said.text}`)
          answered += said.status === 200
          await sleep(300)
        }
        await tenon.halt().catch((thrown) => assert.match(String(thrown), /code/))
      }
      await tenon.halt('SIGKILL')
      met += /store\.failed/.test(tenon.log)
      tenon.under = []
      await tenon.start()
      await until('the connection to be back', async () => (await call()).status === 200)
      await sleep(1100)
      assert.equal((await call()).status, 200)
      assert.equal(server.reuses, 0, `${n}: no spent refresh token was sent`)
      assert.equal(server.signIns, 0)
      await tenon.stop()
      t.others.splice(t.others.indexOf(tenon), 1)
    }
    assert.ok(answered > 0)
    assert.ok(met >= 2, `the store met ${met} of ${numbers.length} failures`)
    return undefined
  }

  return {
    async S02() {
      const { tenon, db, call } = await host()
      const records = open(db, sealed)
      assert.ok(records.length >= 5, 'keys, secrets, tokens')
      for (const record of records) {
        const bytes = Buffer.from(record.sealed)
        const bad = Buffer.from(bytes)
        bad[Math.floor(bytes.length / 2)] ^= 4
        open(db, (d) => put(d, record, bad))
        if (record.kind === 'keyring') { // what all others are sealed with: nothing can be read, and nothing is changed
          refuses(tenon, 'master_key_mismatch')
        } else {
          const begin = tenon.log.length
          await tenon.start()
          const [one, two] = [await call('one'), await call('two')]
          const broken = record.kind === 'connection' ? record.id : null
          for (const [name, said] of [['one', one], ['two', two]]) {
            if (name === broken) assertProblem(said, 409, 'store_record_corrupt')
            else assert.equal(said.status, 200, `${record.kind} ${record.id}, ${name}: ${said.text}`)
          }
          await until(`word of ${record.kind} ${record.id}`, () => /store\.record_corrupt/.test(tenon.log.slice(begin)))
          await tenon.halt()
        }
        open(db, (d) => put(d, record, bytes))
      }
      await tenon.start()
      for (const name of ['one', 'two']) assert.equal((await call(name)).status, 200)
    },
    async S03() {
      const { tenon, db, call } = await host()
      open(db, (d) => {
        const [one, two] = ['one', 'two'].map((id) => sealed(d).find((r) => r.kind === 'connection' && r.id === id))
        put(d, one, two.sealed)
        put(d, two, one.sealed)
      })
      await tenon.start()
      for (const name of ['one', 'two']) assertProblem(await call(name), 409, 'store_record_corrupt')
      await until('word of both', () => (tenon.log.match(/store\.record_corrupt/g) ?? []).length >= 2)
    },
    // The seal of an older generation under the present one. (A whole older row is what a restored backup holds, too.)
    async S04() {
      const { tenon, db, call } = await host()
      const older = open(db, (d) => sealed(d).find((r) => r.kind === 'connection' && r.id === 'one'))
      await tenon.start()
      await tenon.admin('PATCH', '/v1/connections/one', { parameters: { client_secret: 'CANARY-client-secret-2' } })
      await tenon.halt()
      open(db, (d) => put(d, older, older.sealed))
      await tenon.start()
      assertProblem(await call('one'), 409, 'store_record_corrupt')
      assert.equal((await call('two')).status, 200)
    },
    async S05() {
      const { tenon, call } = await host()
      const before = bytesOf(tenon.data)
      refuses(tenon, 'master_key_mismatch', { TENON_MASTER_KEY: '22'.repeat(32) })
      assert.deepEqual(bytesOf(tenon.data), before)
      await tenon.start()
      assert.equal((await call('one')).status, 200)
    },
    async S07() {
      const { tenon } = await host()
      const file = join(tenon.data, 'master.key')
      chmodSync(file, 0o644)
      refuses(tenon, 'master_key_permissions')
      chmodSync(file, 0o600)
      if (process.getuid() === 0) {
        chownSync(file, 65534, 65534)
        refuses(tenon, 'master_key_permissions')
        chownSync(file, 0, 0)
      }
      await tenon.start()
    },
    S08: () => failInTurn('pwrite64', 'ENOSPC', [22, 26, 30]),
    S09: () => failInTurn('fdatasync', 'EIO', [8, 9, 10]),
    // Every point: ./dev reliability.
    async S10() {
      const seen = await sweep({ points: 4, workers: 2 })
      if (seen.skipped) return notYet(seen.skipped)
      assert.ok(seen.tried >= 3)
      assert.deepEqual(seen.broken, [])
      return undefined
    },
    async S12() {
      refuses(t.tenon, 'store_locked|another process')
      assert.equal((await t.call('Get')).status, 200)
    },
    async S13() {
      const mount = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1"'
      if (spawnSync('unshare', ['--mount', 'sh', '-c', mount, 'sh', tmpdir()]).status !== 0) return notYet('needs a mount of its own, which this machine does not allow')
      const { tenon, call } = await host()
      tenon.under = ['unshare', '--mount', 'sh', '-c', `${mount} && shift && exec "$@"`, 'sh', tenon.data]
      const begin = tenon.log.length
      const never = tenon.start().catch(() => {}) // it is never ready
      await until('it to listen', () => tenon.url && /store\.read_only[\s\S]*http\.listening/.test(tenon.log.slice(begin)))
      assert.equal((await tenon.request('/readyz')).status, 503, 'it says that it is not whole')
      assert.equal((await call('one')).status, 200, 'what is there serves')
      assertProblem(await tenon.request('/v1/keys', { key: ADMIN_KEY, json: { role: 'caller', connections: ['one'] } }), 503, 'store_unavailable')
      await tenon.halt('SIGKILL')
      await never
      tenon.under = []
      return undefined
    },
    async S14() {
      const seen = await sealingSweep({ points: 10, workers: 2, operations: ['rewrap'] })
      if (seen.skipped) return notYet(seen.skipped)
      assert.ok(seen.met >= 2)
      assert.deepEqual(seen.broken, [])
      return undefined
    },
    async S15() {
      const { tenon, db, call } = await host()
      open(db, (d) => d.exec('PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE)'))
      const before = bytesOf(tenon.data)
      refuses(tenon, 'store_too_new')
      assert.deepEqual(bytesOf(tenon.data), before)
      open(db, (d) => d.exec('PRAGMA user_version = 1'))
      await tenon.start()
      assert.equal((await call('one')).status, 200)
    },
    async S17() {
      const folder = mkdtempSync(join(tmpdir(), 'tenon-hostile-'))
      try {
        for (const name of ['tenon.db', 'tenon.db-wal', 'tenon.lock']) {
          const { tenon, db } = await host()
          const elsewhere = join(folder, name)
          writeFileSync(elsewhere, 'another\'s')
          if (existsSync(join(tenon.data, name))) rmSync(join(tenon.data, name))
          symlinkSync(elsewhere, join(tenon.data, name))
          refuses(tenon, 'store_failed|symbolic link')
          assert.equal(readFileSync(elsewhere, 'utf8'), 'another\'s', `${name} is left alone`)
          assert.ok(db)
        }
        // Whatever the umask is.
        const tenon = new Tenon({ connectors: { bearer: bearer(t.service.url) } })
        t.others.push(tenon)
        tenon.under = ['sh', '-c', 'umask 000; exec "$@"', 'sh']
        await tenon.start()
        await tenon.connect('one', 'bearer', { client_id: 'client', client_secret: 'CANARY-client-secret' }, 'cc')
        for (const name of filesIn(tenon.data)) assert.equal(statSync(join(tenon.data, name)).mode & 0o077, 0, `${name} is private`)
        assert.equal(statSync(tenon.data).mode & 0o077, 0)
      } finally {
        rmSync(folder, { recursive: true })
      }
    },
    // tests/peers/audit.test.mjs has more ways.
    async S18() {
      const { tenon } = await host()
      const [file] = filesOf(tenon), whole = readFileSync(file, 'utf8'), lines = whole.trimEnd().split('\n')
      assert.ok(lines.length > 5)
      const ways = {
        edited: [3, lines.toSpliced(2, 1, lines[2].replace('"done"', '"dona"'))], deleted: [3, lines.toSpliced(2, 1)],
        reordered: [3, lines.toSpliced(2, 2, lines[3], lines[2])], 'tail cut': [lines.length, lines.slice(0, -1)],
      }
      for (const [way, [seq, left]] of Object.entries(ways)) {
        writeFileSync(file, `${left.join('\n')}\n`)
        const said = verify(tenon)
        assert.deepEqual([said.status, said.ok, said.fault.seq], [1, false, seq], `${way}: ${JSON.stringify(said)}`)
        writeFileSync(file, whole)
        for (const more of filesOf(tenon).slice(1)) rmSync(more)
      }
      return undefined
    },
    // The disk is full from some write on, first for the store: each admin call is written together with its audit line, or not at all.
    async S19() {
      if (straceMissing) return notYet(straceMissing)
      const { tenon, call, db } = await host()
      tenon.under = STRACE('pwrite64', 'error=ENOSPC:when=60+')
      await tenon.start()
      let failed = null
      for (let i = 0; i < 40 && !failed; i++) {
        const said = await tenon.request('/v1/keys', { key: ADMIN_KEY, json: { role: 'caller', connections: ['one'] } })
        if (said.status !== 201) failed = said
      }
      assertProblem(failed, 503, 'store_unavailable')
      assertProblem(await tenon.request('/v1/connections/one', { method: 'DELETE', key: ADMIN_KEY }), 503, 'store_unavailable')
      assert.equal((await tenon.request('/v1/connections', { key: ADMIN_KEY })).json.connections.length, 2, 'reads go on')
      assert.equal((await call('one')).status, 200)
      await tenon.halt('SIGKILL')
      tenon.under = []
      await tenon.start()
      await tenon.halt()
      const keys = open(db, (d) => d.prepare("SELECT id FROM record WHERE kind = 'key'").all()).map(({ id }) => id)
      const told = trailOf(tenon).filter((line) => line.what === 'key.created' && line.outcome === 'done').map((line) => line.object)
      assert.deepEqual(told.sort(), keys.sort(), 'no key without its line, and no line without its key')
      return undefined
    },
    S20: notYet('a million seals take a unit test: tests/unit/seal/keyring_test.c; counters over restarts and new keys: data_keys_are_counted_and_replaced in tests/unit/connection/manager_test.c'),
  }
}
