// SPDX-License-Identifier: MIT
// Tokens under bad luck: crowds, crashes, slow endpoints, changes in between.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { join } from 'node:path'

import { TENON, Tenon, assertProblem, sanitized } from '../../peers/lib/tenon.mjs'
import { sleep, until } from '../../peers/lib/util.mjs'
import { bearer } from '../lib/fixture.mjs'
import { Rotating } from '../lib/rotating.mjs'
import { notYet } from '../lib/rows.mjs'

export default (t) => {
  const { answer } = t
  const requests = () => t.service.at('/token')
  const slowly = (ms, more) => (socket) => setTimeout(() => socket.write(t.service.token(more)), ms)
  const crowd = async (call, count, path) => {
    const agent = new Agent({ keepAlive: true, maxSockets: count })
    const said = await Promise.all(Array.from({ length: count }, () => call(path, { agent })))
    agent.destroy()
    return said
  }

  // A host whose wall clock is off by so many seconds; its other clocks are the kernel's.
  const withWallClock = async () => {
    if (sanitized) return notYet('a sanitizer wants to be loaded first')
    const tenon = new Tenon({ connectors: { bearer: bearer(t.service.url) } })
    const [library, file] = [join(tenon.folder, 'wall_clock.so'), join(tenon.folder, 'wall_clock')]
    execFileSync('gcc', ['-shared', '-fPIC', '-o', library, join(import.meta.dirname, '../lib/wall_clock.c')])
    const set = (seconds) => writeFileSync(file, String(seconds))
    set(0)
    tenon.options.env = { LD_PRELOAD: library, WALL_CLOCK: file }
    t.others.push(tenon)
    await tenon.start()
    return { tenon, set, ...await t.client('cc', {}, tenon) }
  }

  return {
    async M02() {
      const second = spawnSync(TENON, ['serve', '--listen', '127.0.0.1:0', '--connectors', t.tenon.connectors, '--data', t.tenon.data],
        { encoding: 'utf8', timeout: 20000, env: { ...process.env, TENON_ADMIN_KEY: 'x'.repeat(40) } })
      assert.ok(second.status > 0, `${second.status} ${second.signal}`)
      assert.match(second.stderr, /store_locked|another process/i)
      assert.equal((await t.call('Get')).status, 200)
    },
    // Against oidc-provider: tests/reliability.
    async M03() {
      const server = new Rotating(t.service, { expires: 1 })
      const { call } = await t.client('given')
      const at_once = t.service.scripts.get('/token')
      t.service.on('/token', (socket, seen) => setTimeout(() => at_once(socket, seen), 200))
      for (let round = 1; round <= 3; round++) {
        const said = await crowd(call, 50, '/get')
        assert.deepEqual([...new Set(said.map((one) => one.status))], [200])
        assert.equal(requests().length, round)
        await sleep(1100)
      }
      assert.deepEqual([server.refreshes, server.reuses], [3, 0])
    },
    async M04() {
      const tenon = await t.start({ connectors: { bearer: bearer(t.service.url) }, env: { TENON_TOKEN_TIMEOUT: '1s' } })
      const { call } = await t.client('cc', {}, tenon)
      t.service.on('/token', () => {})
      const began = Date.now()
      const said = await crowd(call, 20, '/get')
      for (const one of said) assertProblem(one, 504, 'token_endpoint_timeout')
      assert.ok(Date.now() - began < 5000)
      assert.equal(requests().length, 1)
    },
    async M05() {
      const { call } = await t.client()
      t.service.on('/token', slowly(4000))
      const waiting = []
      for (let i = 0; i < 30; i++) {
        waiting.push(call())
        await sleep(100)
      }
      assert.deepEqual([...new Set((await Promise.all(waiting)).map((one) => one.status))], [200])
      assert.equal(requests().length, 1)
    },
    M07: notYet('one process owns a store (M02), so none finds another\'s token there; the rule itself: a_newer_refresh_token_in_the_store_is_used in tests/unit/connection/source_rotation_test.c'),
    async M08() {
      const { call } = await t.client()
      assert.equal((await call()).status, 200)
      t.service.on('/token', (socket) => socket.destroy())
      for (let i = 0; i < 10; i++) assert.equal((await call()).status, 200)
      assert.equal(requests().length, 1)
    },
    async M09() {
      const { call } = await t.client()
      t.service.on('/token', (socket) => socket.write(t.service.token({ expires_in: 10 })))
      for (let i = 0; i < 40; i++) {
        assert.equal((await call()).status, 200)
        await sleep(50)
      }
      assert.equal(requests().length, 1, 'a margin of a second of ten')
    },
    async M10() {
      const clock = await withWallClock()
      if (clock.reason) return clock
      const { tenon, call } = clock
      t.service.on('/token', (socket) => socket.write(t.service.token({ expires_in: 2 })))
      assert.equal((await call()).status, 200)
      clock.set(-3600)
      assert.equal((await call()).status, 200)
      assert.equal(requests().length, 1, 'no storm')
      await sleep(2100)
      assert.equal((await call()).status, 200)
      assert.equal(requests().length, 2, 'and not an hour late')
      assert.equal(tenon.ended, null)
    },
    // A test cannot suspend its machine; that the boot clock counts through it is the kernel's promise.
    async M12() {
      const clock = await withWallClock()
      if (clock.reason) return clock
      const { tenon, name } = clock
      t.service.on('/token', (socket) => socket.write(t.service.token({ expires_in: 3600 })))
      assert.equal((await clock.call()).status, 200)
      await tenon.restart()
      const again = async () => tenon.request(`/run/bearer/${name}/get`, { key: await tenon.key([name]), echo: true })
      assert.equal((await again()).status, 200)
      assert.equal(requests().length, 1, 'the stored one serves')
      await tenon.halt()
      clock.set(7200)
      await tenon.start()
      assert.equal((await again()).status, 200)
      assert.equal(requests().length, 2, 'it has run out, whatever the boot clock says')
    },
    async M13() {
      const made = []
      for (let i = 0; i < 40; i++) made.push(await t.client())
      let flying = 0
      let most = 0
      t.service.on('/token', (socket) => {
        most = Math.max(most, ++flying)
        setTimeout(() => { flying--; socket.write(t.service.token()) }, 30)
      })
      const said = await Promise.all(made.map(({ call }) => call()))
      assert.deepEqual([...new Set(said.map((one) => one.status))], [200])
      assert.equal(requests().length, 40)
      assert.ok(most <= 4, `${most} at a time`)
    },
    async M14() {
      // The same client: another connection, another generation of credentials, another way to sign in.
      const one = await t.client()
      const two = await t.client()
      const three = await t.client('basic_form')
      const used = async ({ call }) => {
        assert.equal((await call()).status, 200)
        return t.service.at('/get').at(-1).headers.authorization
      }
      const seen = [await used(one), await used(two), await used(three)]
      assert.equal(new Set(seen).size, 3)
      await t.tenon.admin('PATCH', `/v1/connections/${one.name}`, { parameters: { client_secret: 'CANARY-client-secret-3' } })
      assert.notEqual(await used(one), seen[0])
      assert.equal(await used(two), seen[1])
    },
    async M15() {
      const { name, call } = await t.client()
      t.service.on('/token', (socket, seen) => setTimeout(() => socket.write(answer(200, { access_token: seen.text.includes('secret-4') ? 'new' : 'old', token_type: 'Bearer', expires_in: 3600 })),
        seen.text.includes('secret-4') ? 0 : 800))
      const early = call()
      await until('the first request', () => requests().length === 1)
      await t.tenon.admin('PATCH', `/v1/connections/${name}`, { parameters: { client_secret: 'CANARY-client-secret-4' } })
      await early
      await sleep(1000)
      assert.equal((await call()).status, 200)
      assert.equal(t.service.at('/get').at(-1).headers.authorization, 'Bearer new')
      // Deleted while its request is under way.
      const other = await t.client()
      const late = other.call()
      await until('the second request', () => requests().some((seen, i) => i > 0 && !seen.text.includes('secret-4')))
      await t.tenon.admin('DELETE', `/v1/connections/${other.name}`)
      const said = await late
      assert.ok(said.status >= 400, said.text)
      await sleep(1000)
      assertProblem(await other.call(), 404, 'not_found')
      assert.equal((await t.call('Get')).status, 200)
    },
    async M17() {
      const { name, call } = await t.client('named')
      t.service.says('/token', answer(400, { error: 'invalid_grant' }))
      assertProblem(await call(), 424, 'credentials_rejected')
      const key = await t.tenon.key([name])
      for (let i = 0; i < 5; i++) {
        await t.tenon.halt('SIGKILL')
        await t.tenon.start()
        assertProblem(await t.tenon.request(`/run/bearer/${name}/get`, { key }), 424, 'credentials_rejected')
      }
      assert.equal(requests().length, 1)
    },
    async M18() {
      const server = new Rotating(t.service, { expires: 1, overlap: true })
      const { name, call } = await t.client('given')
      assert.equal((await call()).status, 200)
      await sleep(1100)
      const at_once = t.service.scripts.get('/token')
      t.service.on('/token', (socket, seen) => { server.lose = true; at_once(socket, seen); server.lose = false; t.service.on('/token', at_once) })
      await call()
      await t.tenon.halt('SIGKILL')
      await t.tenon.start()
      const key = await t.tenon.key([name])
      await until('the connection to be back', async () => (await t.tenon.request(`/run/bearer/${name}/get`, { key, echo: true })).status === 200)
      assert.deepEqual([server.refreshes, server.reuses], [3, 0])
    },
    M19: notYet('no `client_secret_next` in the format'),
    async M20() {
      for (const auth of ['cc', 'basic_form', 'basic_raw']) {
        t.service.requests.length = 0
        t.service.says('/token', answer(401, { error: 'invalid_client' }, { 'WWW-Authenticate': 'Basic' }))
        const { call } = await t.client(auth)
        assertProblem(await call(), 424, 'credentials_rejected')
        assert.equal(requests().length, 1)
        assert.equal(requests()[0].headers.authorization !== undefined, auth !== 'cc')
      }
    },
  }
}
