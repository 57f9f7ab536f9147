// SPDX-License-Identifier: MIT
// What comes back to the callback of a sign-in: from browsers, services and people who wish no good.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { Browser } from '../../peers/lib/browser.mjs'
import { definition } from '../../peers/lib/connector.mjs'
import { ADMIN_KEY, assertProblem, sanitized } from '../../peers/lib/tenon.mjs'
import { until } from '../../peers/lib/util.mjs'

const SECRETS = { client_id: 'client', client_secret: 'CANARY-client-secret' }
const people = (id, url) => definition(id, url, `connection:
  auth:
    person:
      type: authorization_code
      issuer: ${url}
      parameters:
        client_id: {type: string, required: true}
        client_secret: {type: string, secret: true, required: true}
      authorize_url: /authorize
      token_url: /token
actions:
  Token: {summary: The token, token: connection}
`)

export default (t) => {
  // A host of its own, as one of these rows kills it.
  const host = async () => {
    t.people ??= await t.start({ connectors: { a: people('a', t.service.url), b: people('b', t.service.url) } })
    return t.people
  }
  let names = 0
  const requests = () => t.service.at('/token').length
  const state = async (name) => (await t.people.admin('GET', `/v1/connections/${name}`)).state
  const secret = (value) => { t.people.secrets.add(value); return value }

  // A browser that was sent to the service, and what it may bring back.
  const begin = async (wanted = {}) => {
    const tenon = await host()
    const made = await tenon.admin('POST', '/v1/connect-sessions', { connector: 'a', name: `p${++names}`, parameters: SECRETS, ...wanted })
    const browser = new Browser()
    const page = await browser.open(made.url)
    const { stopped } = await browser.submit(page, {}, { stop: (url) => url.includes('/authorize?') })
    const asked = Object.fromEntries(new URL(stopped).searchParams)
    t.service.requests.length = 0
    // What is undefined is left out.
    const back = (more = {}, path = '/oauth/callback') => {
      const address = new URL(path, tenon.url)
      for (const [key, value] of Object.entries({ state: secret(asked.state), code: secret(randomBytes(12).toString('hex')), ...more })) {
        if (value !== undefined) address.searchParams.set(key, value)
      }
      return address.href
    }
    return { tenon, browser, page, asked, back, name: made.connection }
  }

  const assertPage = (answer, status, code) => {
    assert.equal(answer.status, status, answer.text)
    assert.equal(answer.headers['tenon-error'], code)
    assert.equal(answer.headers['content-type'], 'text/html; charset=utf-8')
  }
  const refused = async (begun, address, code, status = 400) => {
    assertPage(await begun.browser.once(address), status, code)
    assert.equal(requests(), 0, 'no token request')
  }
  // The token endpoint of a service that checks PKCE: code -> challenge.
  const proves = (challenges) => t.service.on('/token', (socket, seen) => {
    const form = new URLSearchParams(seen.text)
    const right = createHash('sha256').update(form.get('code_verifier') ?? '').digest('base64url') === challenges[form.get('code')]
    socket.write(right ? t.service.token() : t.answer(400, { error: 'invalid_grant' }))
  })

  return {
    async C01() {
      const begun = await begin()
      const other = (value) => begun.back({ state: value })
      for (const value of [undefined, '', 'x', 'x'.repeat(43), randomBytes(32).toString('base64url'), '\0', '../..', 'x'.repeat(10000)]) {
        await refused(begun, other(value), 'callback_state')
      }
      const long = await begun.browser.once(other('x'.repeat(1 << 20))).catch((error) => ({ error }))
      assert.ok(long.error || long.status === 400, 'refused, or the connection is closed')
      assert.equal(requests(), 0)
      assertPage(await begun.browser.open(begun.back()), 200)
    },
    async C02() {
      const begun = await begin()
      const address = begun.back()
      assertPage(await begun.browser.open(address), 200)
      assertPage(await begun.browser.once(address), 400, 'callback_state_used')
      assertPage(await begun.browser.once(begun.back()), 400, 'callback_state_used')
      assert.equal(requests(), 1)
    },
    C04: { reason: 'ten minutes are not waited for here; tests/unit/connection/sign_in_test.c lets a sign-in grow that old' },
    async C05() {
      const begun = await begin(), stranger = await begin()
      await refused({ browser: new Browser() }, begun.back(), 'callback_session_mismatch')
      await refused(stranger, begun.back(), 'callback_session_mismatch')
      const forged = new Browser()
      forged.cookies = begun.browser.cookies.map((cookie) => ({ ...cookie, value: randomBytes(32).toString('base64url') }))
      await refused({ browser: forged }, begun.back(), 'callback_session_mismatch')
      assert.equal(await state(begun.name), 'sign_in')
      assertPage(await begun.browser.open(begun.back()), 200)
      assert.equal(await state(begun.name), 'ready')
    },
    async C06() {
      const begun = await begin()
      await refused(begun, begun.back({ code: undefined }), 'callback_params')
      await refused(begun, begun.back({ code: '' }), 'callback_params')
      await refused(begun, begun.back({ error: 'access_denied' }), 'callback_params')
      await refused(begun, `${begun.back()}&code=b`, 'callback_params')
      await refused(begun, `${begun.back()}&state=b`, 'callback_params')
    },
    async C07() {
      for (const iss of ['https://evil.example', `${t.service.url}/`, '', `${t.service.url}#`]) {
        const begun = await begin()
        await refused(begun, begun.back({ iss }), 'callback_issuer')
        assert.equal(await state(begun.name), 'sign_in')
      }
      const right = await begin()
      assertPage(await right.browser.open(right.back({ iss: t.service.url })), 200)
      assert.equal(requests(), 1)
    },
    async C09() {
      const begun = await begin()
      await refused(begun, begun.back({}, '/oauth/callback/b'), 'callback_state')
      await refused(begun, begun.back({}, '/oauth/callback/a'), 'callback_state')
      const each = await t.start({ connectors: { a: people('a', t.service.url), b: people('b', t.service.url) }, env: { TENON_CALLBACK_PATH: 'connector' } })
      const before = t.people
      t.people = each
      try {
        const own = await begin()
        await refused(own, own.back({}, '/oauth/callback/b'), 'callback_state')
        await refused(own, own.back(), 'callback_state')
        assertPage(await own.browser.open(own.back({}, '/oauth/callback/a')), 200)
      } finally {
        t.people = before
      }
    },
    async C10() {
      const attacker = await begin(), victim = await begin()
      const code = randomBytes(12).toString('hex')
      proves({ [code]: attacker.asked.code_challenge })
      const from = victim.tenon.log.length
      const told = await victim.browser.open(victim.back({ code }))
      assertPage(told, 200)
      assert.match(told.text, /invalid_grant/)
      assert.equal(await state(victim.name), 'sign_in')
      assert.match(victim.tenon.log.slice(from), new RegExp(`connection\\.sign_in_failed.*connection=${victim.name}`))
      assertPage(await attacker.browser.open(attacker.back({ code })), 200)
      assert.equal(await state(attacker.name), 'ready')
    },
    async C11() {
      const begun = await begin()
      const told = await begun.browser.open(begun.back({ code: undefined, error: 'access_denied' }))
      assertPage(told, 200)
      assert.match(told.text, /cancelled, or access was not granted/i)
      assertPage(await begun.browser.once(begun.back()), 400, 'callback_state_used')
      assert.equal(requests(), 0)
      assert.equal(await state(begun.name), 'sign_in')
    },
    async C12() {
      const begun = await begin()
      const told = await begun.browser.open(begun.back({ code: undefined, error: '"><img src=x onerror=alert(1)>',
        error_description: '<script>alert(1)</script>', error_uri: 'javascript:alert(1)' }))
      assertPage(told, 200)
      assert.match(told.text, /alert\(1\)/, 'it is told')
      assert.doesNotMatch(told.text, /<script|<img|javascript:/i)
      assert.match(told.headers['content-security-policy'], /default-src 'none'/)
      assert.doesNotMatch(told.headers['content-security-policy'], /script-src|unsafe/)
    },
    async C14() {
      const begun = await begin()
      for (let i = 0; i < 3; i++) assert.equal((await begun.browser.once(begun.back(), { method: 'HEAD' })).status, 200)
      assert.equal(requests(), 0)
      assertPage(await begun.browser.open(begun.back()), 200)
    },
    async C15() {
      const begun = await begin()
      const sent = await begun.browser.once(begun.back(), { method: 'POST', form: { state: begun.asked.state, code: 'x' } })
      assertProblem(sent, 405, 'method_not_allowed')
      assert.equal(requests(), 0)
    },
    async C16() {
      const begun = await begin()
      await begun.tenon.admin('DELETE', `/v1/connections/${begun.name}`)
      await refused(begun, begun.back(), 'connection_removed', 404)
    },
    async C17() {
      const begun = await begin()
      t.service.on('/token', () => {}) // it has the code, and the answer never comes
      const broken = begun.browser.once(begun.back()).catch(() => 'broken off')
      await until('the token request', () => requests() === 1)
      await begun.tenon.halt('SIGKILL')
      assert.equal(await broken, 'broken off')
      await begun.tenon.start()
      t.reset()
      assert.equal(await state(begun.name), 'sign_in')
      assertProblem(await begun.tenon.post(`/run/a/${begun.name}/Token`, { key: ADMIN_KEY }), 409, 'authorization_incomplete')
      assert.equal(requests(), 0, 'the code is not sent again')
      const again = await begin({ connector: undefined, name: undefined, parameters: undefined, connection: begun.name })
      assertPage(await again.browser.open(again.back()), 200)
      assert.equal(await state(begun.name), 'ready')
    },
    async C19() {
      const begun = await begin()
      const pages = [begun.page, await begun.browser.once(begun.back({ state: 'x' })), await begun.browser.open(begun.back()),
        await begun.browser.once(`${begun.tenon.url}/oauth/logout`)]
      for (const page of pages) {
        assert.match(page.headers['content-security-policy'], /frame-ancestors 'none'/)
        assert.equal(page.headers['x-frame-options'], 'DENY')
        assert.equal(page.headers['referrer-policy'], 'no-referrer')
        assert.equal(page.headers['cache-control'], 'no-store')
        assert.doesNotMatch(page.text, /(?:src|srcset|data|poster)=|@import|url\(|<link[^>]+href="(?:https?:)?\/\//i, 'nothing from elsewhere')
      }
    },
    async C20() {
      const begun = await begin()
      const flood = async (count) => {
        for (let i = 0; i < count; i += 50) {
          await Promise.all(Array.from({ length: 50 }, async () => {
            const answer = await begun.browser.once(begun.back({ state: randomBytes(32).toString('base64url') }))
            assert.equal(answer.headers['tenon-error'], 'callback_state')
          }))
        }
      }
      await flood(500)
      const before = begun.tenon.rss
      await flood(1000)
      if (!sanitized) assert.ok(begun.tenon.rss < before + 4, `${before} MiB, then ${begun.tenon.rss} MiB`)
      assert.equal(requests(), 0)
      // Each of those is known by no more than a digest; what is under way is bounded for each link.
      const again = await begin({ name: `many-${names}` })
      const asked = []
      for (let i = 0; i < 6; i++) {
        const { stopped } = await again.browser.submit(await again.browser.open(again.page.url), {}, { stop: (url) => url.includes('/authorize?') })
        asked.push(secret(new URL(stopped).searchParams.get('state')))
      }
      assertPage(await again.browser.once(again.back({ state: asked[0] })), 400, 'callback_state')
      assertPage(await again.browser.open(again.back({ state: asked[5] })), 200)
    },
    async C21() {
      const begun = await begin()
      const code = secret(`CANARY-code-${randomBytes(8).toString('hex')}`)
      const result = await begun.browser.open(begun.back({ code }))
      assertPage(result, 200)
      const verifier = secret(new URLSearchParams(t.service.at('/token')[0].text).get('code_verifier'))
      for (const value of [code, verifier, begun.asked.state]) {
        assert.ok(!begun.tenon.log.includes(value), 'not in the log')
        assert.ok(!result.url.includes(value) && !result.text.includes(value), 'not where the browser ends')
        const trail = readdirSync(join(begun.tenon.data, 'audit')).map((name) => join('audit', name))
        assert.ok(trail.length > 0)
        for (const file of ['tenon.db', 'tenon.db-wal', ...trail].map((name) => join(begun.tenon.data, name)).filter(existsSync)) {
          assert.ok(!readFileSync(file).includes(value), `not in ${file}`)
        }
      }
    },
  }
}
