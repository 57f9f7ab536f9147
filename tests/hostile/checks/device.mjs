// SPDX-License-Identifier: MIT
// Signing in by a code on another device (RFC 8628): how often it is asked, and when no more.
import assert from 'node:assert/strict'

import { ADMIN_KEY } from '../../peers/lib/tenon.mjs'
import { sleep, until } from '../../peers/lib/util.mjs'
import { bearer } from '../lib/fixture.mjs'

export default (t) => {
  const { answer } = t
  const codes = { device_code: 'CANARY-device-0', user_code: 'WDJB-MJHT', verification_uri: 'https://x.example/go', interval: 1, expires_in: 600 }
  let given = 0 // a code of its own each time: what others left behind still asks for theirs
  const gives = (more) => {
    codes.device_code = `CANARY-device-${++given}`
    t.service.says('/device', answer(200, { ...codes, ...more }))
  }
  const says = (error) => t.service.on('/token', (socket) => socket.write(answer(400, { error })))
  const polls = () => t.service.at('/token').filter((seen) => new URLSearchParams(seen.text).get('device_code') === codes.device_code)
  const at = (name) => `/v1/connections/${name}/sign-in`
  const show = async (name, tenon = t.tenon) => (await tenon.request(at(name), { key: ADMIN_KEY })).json
  const untilOver = (name, tenon) => until('its end', async () => {
    const shown = await show(name, tenon)
    return shown.status !== 'pending' && shown
  })

  // A sign-in that has begun, of a connection of its own.
  async function begin(tenon = t.tenon) {
    tenon.secrets.add(codes.device_code)
    const { name } = await t.connection('bearer', 'device', { client_id: 'client' }, tenon)
    const said = await tenon.request(at(name), { method: 'POST', key: ADMIN_KEY })
    assert.equal(said.status, 200, said.text)
    return { name, ...said.json }
  }

  return {
    async D02() {
      gives({ expires_in: 2 })
      says('authorization_pending')
      const { name } = await begin()
      const { status, error } = await untilOver(name)
      assert.deepEqual([status, error], ['expired', 'expired_token'])
      assert.ok(polls().length >= 1 && polls().length <= 3, `${polls().length} polls`)
      const gaps = polls().slice(1).map((one, i) => one.at - polls()[i].at)
      assert.ok(gaps.every((gap) => gap >= 950), `${gaps}`)
    },
    async D03() {
      says('authorization_pending')
      for (const [told, kept] of [[undefined, 5], [0, 1], [-3, 1], ['5', 5], [1e9, 60], [null, 5], [2.5, 2]]) {
        gives({ interval: told, expires_in: 1 })
        assert.equal((await begin()).interval, kept, `${told}`)
      }
    },
    async D04() {
      for (const [error, status] of [['access_denied', 'denied'], ['expired_token', 'expired']]) {
        gives({})
        says(error)
        const { name } = await begin()
        assert.equal((await untilOver(name)).status, status)
        assert.equal(polls().length, 1, error)
      }
      await sleep(1200)
      assert.equal(polls().length, 1, 'and no more')
    },
    async D05() {
      gives({})
      const tenon = await t.start({ connectors: { bearer: bearer(t.service.url) }, env: { TENON_TOKEN_TIMEOUT: '200ms' } })
      t.service.on('/token', () => {}) // no answer at all
      const { name } = await begin(tenon)
      await until('a second poll', () => polls().length === 2)
      const [first, second] = polls()
      assert.ok(second.at - first.at >= 200 + 1950, 'the timeout, then twice the interval')
      assert.equal((await show(name, tenon)).status, 'pending')
    },
    async D07() {
      gives({})
      says('authorization_pending')
      const tenon = await t.start({ connectors: { bearer: bearer(t.service.url) } })
      const { name } = await begin(tenon)
      await until('a poll', () => polls().length > 0)
      tenon.child.kill('SIGKILL')
      await until('its death', () => tenon.ended)
      const before = polls().length
      await tenon.start()
      await until('two more polls', () => polls().length >= before + 2)
      const [one, other] = polls().slice(before)
      assert.ok(other.at - one.at >= 950, 'one poller')
      assert.equal(t.service.at('/device').length, 1)
      assert.equal((await show(name, tenon)).user_code, codes.user_code)
      t.service.on('/token', (socket) => socket.write(t.service.token({ refresh_token: 'CANARY-refresh-1' })))
      assert.deepEqual(await untilOver(name, tenon), { status: 'ready' })
      // The code is spent: whatever dies now, it does not come again.
      const last = polls().length
      tenon.child.kill('SIGKILL')
      await until('its death', () => tenon.ended)
      await tenon.start()
      await sleep(1200)
      assert.equal(polls().length, last)
      assert.equal((await tenon.request(at(name), { key: ADMIN_KEY })).status, 404)
      assert.equal((await tenon.admin('GET', `/v1/connections/${name}`)).state, 'ready')
    },
  }
}
