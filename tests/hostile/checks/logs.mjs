// SPDX-License-Identifier: MIT
// What must not come out: secrets in logs, cores, command lines, metrics; and log lines that somebody else writes.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { ADMIN_KEY, Tenon } from '../../peers/lib/tenon.mjs'
import { until } from '../../peers/lib/util.mjs'
import { canaries } from '../../reliability/promises.mjs'
import { bearer } from '../lib/fixture.mjs'

const LINE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (debug|info|warn|error) +[a-z0-9_.]+( |$)/

export default (t) => {
  const host = async (options = {}) => {
    const tenon = new Tenon({ connectors: { bearer: bearer(t.service.url) }, ...options })
    t.others.push(tenon)
    await tenon.start()
    return tenon
  }
  const told = (tenon, begin) => tenon.log.slice(begin)

  return {
    async L01() {
      const { found, places, secrets } = await canaries()
      assert.deepEqual(found, [])
      assert.ok(places > 15 && secrets > 5)
    },
    async L02() {
      for (const signal of ['SIGSEGV', 'SIGABRT']) {
        const tenon = new Tenon({ connectors: { bearer: bearer(t.service.url) } })
        t.others.push(tenon)
        const place = join(tenon.folder, 'here')
        mkdirSync(place)
        tenon.under = ['sh', '-c', 'ulimit -c unlimited; cd "$0" && exec "$@"', place]
        await tenon.start()
        tenon.under = []
        const { call } = await t.client('cc', {}, tenon)
        assert.equal((await call()).status, 200)
        tenon.child.kill(signal)
        await until('the end', () => tenon.ended)
        assert.equal(tenon.ended.signal, signal)
        assert.deepEqual(readdirSync(place), [], 'no core file')
        tenon.assertNoSecret(tenon.log, 'the log')
      }
    },
    async L03() {
      const key = '33'.repeat(32)
      const tenon = await host({ env: { TENON_MASTER_KEY: key } })
      const { call } = await t.client('cc', {}, tenon)
      assert.equal((await call()).status, 200)
      const line = readFileSync(`/proc/${tenon.pid}/cmdline`, 'latin1')
      assert.ok(!line.includes('CANARY') && !line.includes(key))
      // Not to be looked at by others of the same user; and where root may, there is nothing to see.
      let environ = ''
      try {
        environ = readFileSync(`/proc/${tenon.pid}/environ`, 'latin1')
      } catch (thrown) {
        assert.match(thrown.code, /EACCES|EPERM/)
      }
      assert.ok(!environ.includes(ADMIN_KEY) && !environ.includes(key))
    },
    async L05() {
      const tenon = await host({ env: { TENON_LOG_LEVEL: 'debug' } })
      const { key, name } = await t.client('cc', {}, tenon)
      const begin = tenon.log.length
      for (const query of ['access_token=CANARY-in-url', 'code=CANARY-in-url', 'key=tnk_CANARY-in-url', 'x=eyJhbGciOiJub25lIn0.CANARY-in-url.x']) {
        for (const path of [`/run/bearer/${name}/get`, '/oauth/callback', '/v1/connections', '/nowhere']) {
          await tenon.request(`${path}?${query}`, { key, echo: true })
        }
      }
      t.service.on('/token', (socket) => socket.destroy())
      await (await t.client('cc', {}, tenon)).call()
      assert.ok(!told(tenon, begin).includes('CANARY-in-url'))
    },
    async L06() {
      const tenon = await host({ env: { TENON_LOG_LEVEL: 'debug' } })
      const begin = tenon.log.length
      const evil = 'a\nb"c\u001b[31md\u2028e\r\nf'
      t.service.says('/token', t.answer(400, { error: evil, error_description: evil }))
      await (await t.client('cc', {}, tenon)).call()
      for (const path of [`/run/bearer/${encodeURIComponent(evil)}/get`, `/v1/connections/${encodeURIComponent(evil)}`]) {
        await tenon.request(path, { key: ADMIN_KEY, echo: true })
      }
      await tenon.request('/v1/keys', { key: ADMIN_KEY, json: { role: evil }, echo: true })
      await tenon.halt()
      const lines = told(tenon, begin).split('\n').filter(Boolean)
      assert.ok(lines.length > 1)
      for (const line of lines) {
        assert.match(line, LINE)
        assert.doesNotMatch(line, /[\u0000-\u001f\u007f\u2028]/)
      }
    },
    async L07() {
      const metrics = async () => (await t.tenon.request('/metrics', { key: ADMIN_KEY })).text
      await t.tenon.request('/run/none/none/get', { key: t.key })
      const before = (await metrics()).split('\n').length
      for (let i = 0; i < 500; i++) await t.tenon.request(`/run/none-${i}/none-${i}/get`, { key: t.key })
      for (let i = 0; i < 500; i++) await t.tenon.request(`/nowhere-${i}`)
      const after = await metrics()
      assert.ok(after.split('\n').length <= before + 5, 'no series of their own')
      assert.ok(!after.includes('none-499'))
    },
    async L08() {
      const tenon = await host()
      const key = await tenon.admin('POST', '/v1/keys', { role: 'admin' })
      await tenon.request('/v1/connections', { key: key.key, json: { name: 'one', connector: 'bearer', auth: 'cc', parameters: { client_id: 'c', client_secret: 'CANARY-of-one' } } })
      await tenon.admin('DELETE', '/v1/connections/one')
      const { lines } = await tenon.admin('GET', '/v1/audit?limit=1000')
      const told = lines.filter((line) => /^(key|connection)\./.test(line.what))
      assert.deepEqual(told.map((line) => line.what), ['key.created', 'connection.created', 'connection.removed'])
      assert.deepEqual(told.map((line) => line.key), ['env', key.id, 'env'])
      const text = JSON.stringify(lines)
      assert.ok(!text.includes('CANARY') && !text.includes(key.key) && !text.includes(key.key.slice(12, 40)))
    },
  }
}
