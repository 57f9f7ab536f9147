// SPDX-License-Identifier: MIT
// What is done to those who run a host, and by whom its keys do not open: forged requests, scripts in texts, frames, guesses.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'

import { Person } from '../../console/lib/person.mjs'
import { Browser } from '../../peers/lib/browser.mjs'
import { startBrowser } from '../../peers/lib/chromium.mjs'
import { definition } from '../../peers/lib/connector.mjs'
import { beginSession, ConsoleSession } from '../../peers/lib/console.mjs'
import { ADMIN_KEY, assertProblem } from '../../peers/lib/tenon.mjs'
import { close, listen, until } from '../../peers/lib/util.mjs'
import { talk } from '../lib/raw.mjs'

const IMAGE = '<img src=x onerror=alert(1)>'
// A connector, its action and its guide that say nothing but that.
const scripted = (url) => `tenon: 1
id: scripted
title: ${JSON.stringify(IMAGE)}
version: 1.0.0
description: ${JSON.stringify(IMAGE)}
publisher: {name: ${JSON.stringify(IMAGE)}}
hosts: ["127.0.0.1"]
base_url: ${url}
guide:
  prerequisites: [${JSON.stringify(IMAGE)}]
  steps: [{title: ${JSON.stringify(IMAGE)}, text: ${JSON.stringify(IMAGE)}}]
connection:
  auth:
    cc:
      type: client_credentials
      title: ${JSON.stringify(IMAGE)}
      description: ${JSON.stringify(IMAGE)}
      parameters:
        client_id: {type: string, required: true, title: ${JSON.stringify(IMAGE)}, description: ${JSON.stringify(IMAGE)}}
        client_secret: {type: string, secret: true, required: true, ask: admin, title: ${JSON.stringify(IMAGE)}}
      token_url: /token
actions:
  Get: {summary: ${JSON.stringify(IMAGE)}, description: ${JSON.stringify(IMAGE)}, method: GET, path: /get}
`
const person = (url) => definition('person', url, `connection:
  auth:
    person:
      type: authorization_code
      parameters:
        client_id: {type: string, required: true}
        client_secret: {type: string, secret: true, required: true}
      authorize_url: /authorize
      token_url: /token
actions:
  Token: {summary: The token, token: connection}
`)

export default (t) => {
  const admin = () => ConsoleSession.signIn(t.tenon, ADMIN_KEY)
  const lines = async (query) => (await t.tenon.admin('GET', `/v1/audit?limit=1000&order=newest&${query}`)).lines

  // The shared host may have told its share of this minute's refusals by now: it counts the others.
  async function toldOnAFreshHost() {
    const tenon = await t.start({ connectors: { person: person(t.service.url) } })
    for (const name of ['mine', 'theirs']) await tenon.connect(name, 'person', { client_id: 'client', client_secret: 'CANARY-client-secret' })
    const key = await tenon.key(['mine'])
    assertProblem(await tenon.request('/v1/connections/theirs', { key }), 404, 'not_found')
    const line = await until('its line', async () => (await tenon.admin('GET', `/v1/audit?limit=1000&order=newest&actor=${key.slice(4, 12)}`)).lines.find(({ outcome }) => outcome === 'refused'))
    assert.equal(line.code, 'not_found')
  }

  async function withPerson(tenon, use) {
    const browser = await startBrowser()
    try {
      const visitor = await Person.at(browser, tenon.url)
      await use(visitor, browser)
      await visitor.leave()
    } finally {
      await browser.close()
    }
  }

  return {
    async N01() {
      const session = await admin()
      const { name } = await t.connection('open')
      const count = async () => (await t.tenon.admin('GET', '/v1/keys?limit=1000')).keys.length
      const before = await count()
      for (const headers of [{ 'x-tenon-csrf': null }, { 'x-tenon-csrf': 'x' }, { origin: null }, { origin: 'https://evil.example' }, { origin: 'null' }]) {
        assertProblem(await session.ask('POST', '/v1/keys', { json: { role: 'admin' }, headers }), 403, 'csrf_rejected')
        assertProblem(await session.ask('DELETE', `/v1/connections/${name}`, { headers }), 403, 'csrf_rejected')
      }
      assert.equal(await count(), before)
      assert.equal((await session.ask('GET', `/v1/connections/${name}`)).status, 200)
    },
    async N03() {
      for (const path of ['/v1/connections', '/v1/connect-sessions']) {
        assertProblem(await t.tenon.post(path, { key: ADMIN_KEY, json: { name: IMAGE, connector: 'open' } }), 400, 'param_pattern')
      }
      const tenon = await t.start({ connectors: { scripted: scripted(t.service.url) } })
      tenon.keepSecret({ client_secret: 'CANARY-client-secret' })
      await tenon.admin('PUT', '/v1/connectors/scripted/parameters', { parameters: { client_secret: 'CANARY-client-secret' } })
      await tenon.admin('POST', '/v1/connections', { name: 'acme', connector: 'scripted', title: IMAGE, parameters: { client_id: IMAGE } })
      await tenon.admin('POST', '/v1/webhooks', { url: 'https://hooks.example.com/', title: IMAGE })
      t.service.on('/token', (socket) => socket.write(t.answer(400, { error: 'invalid_client', error_description: IMAGE })))
      const key = await tenon.key(['acme'])
      await tenon.request('/run/scripted/acme/get', { key, echo: true }) // is rejected, with those words
      const { url: link } = await tenon.admin('POST', '/v1/connect-sessions', { connector: 'scripted', name: 'more', title: IMAGE, requester: IMAGE })
      await withPerson(tenon, async (visitor) => {
        const { page } = visitor
        const places = ['#/connectors', '#/connectors/scripted', '#/connections', '#/connections/acme', '#/keys', '#/audit',
          '#/settings?tab=applications', '#/settings?tab=webhooks']
        let shown = 0
        const look = async (where) => {
          await page.waitForLoadState('networkidle')
          assert.equal(await page.locator('img').count(), 0, `${where}: the text became an element`)
          shown += (await page.locator('body').innerText()).includes(IMAGE) ? 1 : 0
        }
        await visitor.signIn(ADMIN_KEY)
        for (const where of places) {
          await page.evaluate((hash) => { location.hash = hash }, where)
          await page.locator('main h1').first().waitFor()
          await look(where)
          for (const tab of await page.getByRole('tab').all()) {
            await tab.click()
            await look(`${where} ${await tab.innerText()}`)
          }
        }
        await page.goto(link)
        await look('the connect page')
        assert.ok(shown >= 5, `it was shown ${shown} times`)
      })
    },
    async N04() {
      const { url: link } = await t.tenon.admin('POST', '/v1/connect-sessions', { connector: 'open', name: 'framed' })
      const framed = [`${t.tenon.url}/`, link, `${t.tenon.url}/oauth/logout`]
      const evil = createServer((req, res) => {
        res.writeHead(200, { 'content-type': 'text/html' }).end(`<!doctype html>${framed.map((url) => `<iframe src="${url}"></iframe>`).join('')}`)
      })
      const port = await listen(evil)
      const browser = await startBrowser()
      try {
        for (const url of framed) {
          const { headers } = await t.tenon.request(new URL(url).pathname, { method: 'HEAD' })
          assert.match(headers['content-security-policy'], /frame-ancestors 'none'/, url)
          assert.equal(headers['x-frame-options'], 'DENY', url)
        }
        const page = await browser.newPage()
        await page.goto(`http://127.0.0.1:${port}/`, { waitUntil: 'load' })
        assert.deepEqual(page.frames().slice(1).map((frame) => frame.url()), framed.map(() => 'chrome-error://chromewebdata/'))
      } finally {
        await browser.close()
        await close(evil)
      }
    },
    async N05() {
      const tenon = await t.start()
      const pauses = []
      for (let i = 0; i < 100; i++) {
        const answer = await beginSession(tenon, { key: `${ADMIN_KEY}${i}` })
        if (answer.status === 429) pauses.push(Number(answer.headers['retry-after']))
        else assertProblem(answer, 401, 'unauthorized')
      }
      assert.ok(pauses.length >= 90)
      assert.deepEqual(pauses, pauses.toSorted((a, b) => a - b), 'it grows')
      assert.ok(pauses[0] <= 2 && pauses.at(-1) <= 600, 'and ends somewhere')
      await ConsoleSession.signIn(tenon, ADMIN_KEY)
      assert.equal((await tenon.request('/v1/keys', { key: ADMIN_KEY })).status, 200)
    },
    // That none of these is looked up anywhere is tests/unit/call/worker_test.c's.
    async N08() {
      const { key } = await t.tenon.admin('POST', '/v1/keys', { role: 'admin' })
      for (let at = 0; at < key.length; at++) {
        const wrong = `${key.slice(0, at)}${key[at] === 'x' ? 'y' : 'x'}${key.slice(at + 1)}`
        assertProblem(await t.tenon.request('/v1/keys', { key: wrong }), 401, 'unauthorized')
      }
      assert.equal((await t.tenon.request('/v1/keys', { key })).status, 200)
    },
    async N09() {
      const planted = `tenon=${'A'.repeat(43)}`
      const first = new ConsoleSession(t.tenon, await beginSession(t.tenon, { key: ADMIN_KEY }, { cookie: planted }))
      const second = new ConsoleSession(t.tenon, await beginSession(t.tenon, { key: ADMIN_KEY }, { cookie: first.cookie }))
      assert.equal(new Set([planted, first.cookie, second.cookie]).size, 3)
      for (const cookie of [planted, first.cookie]) assertProblem(await t.tenon.request('/v1/keys', { headers: { cookie } }), 401, 'unauthorized')
      assert.equal((await second.ask('DELETE', '/v1/session')).status, 204)
      assertProblem(await second.ask('GET', '/v1/keys'), 401, 'unauthorized')
      const { id, key } = await t.tenon.admin('POST', '/v1/keys', { role: 'admin' })
      const third = await ConsoleSession.signIn(t.tenon, key)
      await t.tenon.admin('DELETE', `/v1/keys/${id}`)
      assertProblem(await third.ask('GET', '/v1/keys'), 401, 'unauthorized')
    },
    // That it ends by itself is tests/unit/connection/setup_link_test.c's.
    async N10() {
      const tenon = await t.start({ env: { TENON_ADMIN_KEY: undefined } })
      const file = join(tenon.data, 'setup')
      for (const key of ['', 'admin', 'tenon', 'password', 'setup', 'tnk_', ADMIN_KEY]) {
        const answer = await beginSession(tenon, { key })
        assert.ok([401, 429].includes(answer.status), key)
      }
      const code = (await until('the link', () => existsSync(file) && readFileSync(file, 'utf8'))).trim().split('/').at(-1)
      assert.ok(!tenon.log.includes(code), 'the log does not have it')
      tenon.secrets.add(code)
      const made = await beginSession(tenon, { setup: code })
      assert.equal(made.status, 200, made.text)
      tenon.secrets.add(made.json.key)
      assert.ok(!existsSync(file))
      assert.notEqual((await beginSession(tenon, { setup: code })).status, 200)
    },
    async N11() {
      const { name, key, call } = await t.client()
      const token = (await call('/get')).status && (await t.tenon.admin('GET', `/v1/connections/${name}/token`))?.access_token
      const secrets = ['CANARY-client-secret', ...(token ? [token] : [])]
      const session = await admin()
      const places = [`/v1/connections/${name}`, '/v1/connections?limit=1000', `/v1/connections/${name}/usage`, '/v1/connectors/bearer', '/v1/connectors/bearer/parameters',
        `/v1/connectors/bearer/openapi.json?connection=${name}`, '/v1/keys', '/v1/audit?limit=1000', '/v1/events?after=0&limit=1000', '/v1/webhooks', '/v1/keyring', '/v1/host', '/v1/session']
      for (const path of places) {
        const answer = await session.ask('GET', path)
        assert.equal(answer.status, 200, `${path}: ${answer.text}`)
        for (const secret of [...secrets, key, ADMIN_KEY]) assert.ok(!answer.text.includes(secret), path)
      }
      const shown = (await session.ask('GET', `/v1/connections/${name}`)).json
      assert.deepEqual(shown.parameters.client_secret, { set: true })
      await withPerson(t.tenon, async (visitor) => {
        const { page } = visitor
        await visitor.signIn(ADMIN_KEY)
        for (const hash of [`#/connections/${name}`, '#/connections', '#/keys', '#/settings', '#/audit']) {
          await page.evaluate((to) => { location.hash = to }, hash)
          await page.waitForLoadState('networkidle')
          for (const secret of [...secrets, key, ADMIN_KEY]) assert.ok(!(await page.content()).includes(secret), hash)
        }
        assert.deepEqual(await page.evaluate(() => [Object.values(localStorage).join(), Object.values(sessionStorage).join(), document.cookie]), ['', '', ''])
      })
    },
    async N13() {
      const { name } = await t.connection('open')
      const own = await t.connection('open')
      const session = await ConsoleSession.signIn(t.tenon, own.key)
      const id = own.key.slice(4, 12)
      const forbidden = [['POST', '/v1/connections', { name: 'x', connector: 'open' }], ['PATCH', `/v1/connections/${own.name}`, { title: 'x' }], ['DELETE', `/v1/connections/${own.name}`],
        ['POST', `/v1/connections/${own.name}/reset`], ['POST', `/v1/connections/${own.name}/test`], ['GET', `/v1/connections/${own.name}/token`], ['POST', '/v1/keys', { role: 'admin' }], ['GET', '/v1/keys'],
        ['DELETE', `/v1/keys/${id}`], ['POST', '/v1/keyring/rotate'], ['GET', '/v1/audit'], ['GET', '/v1/host'], ['POST', '/v1/webhooks', { url: 'https://hooks.example.com/' }],
        ['GET', '/v1/connectors/open/parameters'], ['POST', '/v1/connect-sessions', { connector: 'open' }]]
      for (const [method, path, json] of forbidden) {
        const options = json && { json }
        assertProblem(await t.tenon.request(path, { method, key: own.key, ...options }), 403, 'forbidden')
        assertProblem(await session.ask(method, path, options), 403, 'forbidden')
      }
      for (const ask of [(path) => t.tenon.request(path, { key: own.key }), (path) => session.ask('GET', path)]) {
        for (const path of [`/v1/connections/${name}`, `/v1/connections/${name}/usage`, `/v1/events?connection=${name}`]) assertProblem(await ask(path), 404, 'not_found')
      }
      assertProblem(await t.tenon.request(`/run/open/${name}/get`, { key: own.key }), 404, 'not_found')
      const told = await lines(`actor=${id}`)
      assert.ok(told.some(({ what, code }) => what === 'key.created' && code === 'forbidden'), JSON.stringify(told))
      await toldOnAFreshHost()
    },
    async N14() {
      const lists = ['/v1/connections', '/v1/connectors', '/v1/keys', '/v1/audit', '/v1/events']
      const queries = ['limit=1000000000', 'limit=99999999999999999999999', 'limit=-1', 'limit=0', 'limit=', 'limit=1e3', 'limit=%00', 'after=nobody-has-this', 'after=-1', 'after=', `after=${'x'.repeat(5000)}`, 'after=%00%ff', "after=';--", 'limit=1&limit=2', 'colour=red']
      for (const path of lists) {
        for (const query of queries) {
          const answer = await t.tenon.request(`${path}?${query}`, { key: ADMIN_KEY })
          assert.ok([200, 400].includes(answer.status), `${path}?${query}: ${answer.status}`)
          if (answer.status === 200) assert.ok(Object.values(answer.json).find(Array.isArray).length <= 1000)
        }
      }
    },
    async N16() {
      const tenon = await t.start({ connectors: { person: person(t.service.url) } })
      const host = { host: 'evil.example', 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' }
      const json = { connector: 'person', name: 'acme', parameters: { client_id: 'client', client_secret: 'CANARY-client-secret' } }
      const made = await tenon.request('/v1/connect-sessions', { key: ADMIN_KEY, json, headers: host })
      assert.ok(made.json.url.startsWith(`${tenon.url}/connect/`), made.text)
      const evil = new Browser()
      const ask = evil.once
      evil.once = (url, options = {}) => ask.call(evil, url, { ...options, headers: { ...options.headers, ...host } })
      const page = await evil.open(made.json.url)
      const { stopped } = await evil.submit(page, {}, { stop: (url) => url.includes('/authorize?') })
      assert.equal(new URL(stopped).searchParams.get('redirect_uri'), `${tenon.url}/oauth/callback`)
      assert.equal((await tenon.request('/v1/connectors/person/parameters', { key: ADMIN_KEY, headers: host })).json.redirect_uri, `${tenon.url}/oauth/callback`)
      for (const path of ['/v1/connectors/person', '/v1/openapi.json', '/v1/host', '/']) {
        assert.ok(!(await tenon.request(path, { key: ADMIN_KEY, headers: host })).text.includes('evil.example'), path)
      }
    },
    async N18() {
      const begin = t.tenon.log.length
      const control = '\x1b[2J\x1b]0;title\x07'
      const head = (...more) => [`GET /v1/keys?x=1 HTTP/1.1`, 'Host: a', 'X-API-Key: tnk_nobody', ...more, '', ''].join('\r\n')
      for (const lines of [[`User-Agent: ${control}`], ['User-Agent: a\rforged: line'], ['User-Agent: a\n2026-01-01T00:00:00.000Z error forged'], [`X-Forwarded-For: ${control}`], [`Referer: ${control}`]]) {
        const { first } = await talk(t.tenon.port, [head(...lines)])
        assert.ok([400, 401].includes(first?.status), first?.line)
      }
      await talk(t.tenon.port, [`GET /v1/keys/${encodeURIComponent(`${control}\r\nforged`)} HTTP/1.1\r\nHost: a\r\nX-API-Key: tnk_nobody\r\n\r\n`])
      const told = t.tenon.log.slice(begin)
      assert.doesNotMatch(told, /[\x00-\x09\x0b-\x1f\x7f]/)
      assert.doesNotMatch(told, /^forged/m)
      const trail = (await t.tenon.request('/v1/audit?limit=1000&order=newest&what=access.refused', { key: ADMIN_KEY })).text
      assert.doesNotMatch(trail, /[\x00-\x1f\x7f]/)
    },
  }
}
