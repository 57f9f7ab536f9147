// SPDX-License-Identifier: MIT
// A person signs in with a real browser, Chromium without JavaScript, at a real authorization server: what headers, cookies,
// redirects and the content security policy come to where they are obeyed.
import assert from 'node:assert/strict'
import net from 'node:net'
import { after, before, test } from 'node:test'

import { CLIENTS, USERS, startAuthorizationServer } from './lib/authorization-server.mjs'
import { startBrowser } from './lib/chromium.mjs'
import { definition } from './lib/connector.mjs'
import { ADMIN_KEY, missing, startTenon } from './lib/tenon.mjs'
import { listen } from './lib/util.mjs'

const connector = (server) => definition('peer', server.url, `connection:
  auth:
    person:
      title: Sign in as yourself
      type: authorization_code
      issuer: ${server.url}
      parameters:
        client_id: {title: Client ID, type: string, required: true}
        client_secret: {title: Client secret, type: string, secret: true, required: true}
      authorize_url: ${server.url}/authorize
      token_url: ${server.url}/token
      client_auth: basic
      scopes: [openid, offline_access]
actions:
  GetAccessToken: {summary: Get a token, token: connection}
`)

let front, server, tenon, browser, context, page
const complaints = []

before(async () => {
  if (missing) return
  // The public address must be known before the host has its port.
  front = net.createServer((socket) => {
    const behind = net.connect(tenon.port, '127.0.0.1')
    socket.pipe(behind).pipe(socket)
    for (const one of [socket, behind]) one.on('error', () => { socket.destroy(); behind.destroy() })
  })
  const url = `http://127.0.0.1:${await listen(front)}`
  server = await startAuthorizationServer({ redirectUris: [`${url}/oauth/callback`] })
  tenon = await startTenon({ connectors: { peer: connector(server) }, env: { TENON_PUBLIC_URL: url, TENON_CONNECT_RETURN_URLS: 'https://app.example/' } })
  browser = await startBrowser()
  context = await browser.newContext({ javaScriptEnabled: false })
  page = await context.newPage()
  page.on('console', (message) => complaints.push(message.text()))
})
after(async () => {
  await browser?.close()
  await tenon?.stop()
  await server?.stop()
  if (front) await new Promise((resolve) => { front.close(resolve) })
})

const session = (wanted) => tenon.admin('POST', '/v1/connect-sessions', { connector: 'peer', title: 'Acme', requester: 'Payroll export', ...wanted })
const state = async (name) => (await tenon.admin('GET', `/v1/connections/${name}`)).state
const ours = () => complaints.filter((text) => /Content Security Policy/.test(text) && text.includes(new URL(tenon.options.env.TENON_PUBLIC_URL).host))

test('from the link to a connection that serves', { skip: missing }, async () => {
  tenon.secrets.add(CLIENTS.code.client_secret)
  const { url, connection } = await session({ return_url: 'https://app.example/done' })
  await page.goto(url)
  assert.match(await page.textContent('body'), /Payroll export/)
  await page.fill('[name="p.client_id"]', CLIENTS.code.client_id)
  await page.fill('[name="p.client_secret"]', CLIENTS.code.client_secret)
  await page.click('form[method="post"] button[type="submit"], form[method="post"] button:not([type])')
  await page.fill('[name="login"]', 'alice')
  await page.fill('[name="password"]', USERS.alice)
  await page.click('button[type="submit"]')
  await page.click('button[type="submit"]') // consent
  await page.waitForURL(/\/connect\/[\w-]{22}$/)
  assert.equal(await page.getAttribute('a[href^="https://app.example/"]', 'href'), 'https://app.example/done?state=ready')
  assert.equal(await state(connection), 'ready')
  const token = await tenon.post(`/run/peer/${connection}/GetAccessToken`, { key: ADMIN_KEY })
  assert.ok(await server.knows(token.json.access_token), token.text)
  assert.deepEqual(ours(), [])
  const left = (await context.cookies()).filter((cookie) => cookie.name.startsWith('tenon_sign_in'))
  assert.deepEqual(left, [], 'the cookie of the sign-in is gone')
})

test('a refusal at the service comes back in words, and the form is there again', { skip: missing }, async () => {
  await context.clearCookies()
  const { url, connection } = await session({ parameters: CLIENTS.code })
  await page.goto(url)
  await page.click('form[method="post"] button[type="submit"], form[method="post"] button:not([type])')
  await page.click('a[href$="/abort"]')
  await page.waitForURL(/\/connect\/[\w-]{22}$/)
  assert.match(await page.textContent('body'), /access was not granted/i)
  assert.equal(await state(connection), 'sign_in')
  await page.click('a[href*="again"]')
  assert.equal(await page.locator('form[method="post"]').count(), 1)
})

test('a link that somebody else has opened says so', { skip: missing }, async () => {
  const { url } = await session()
  await page.goto(url)
  const other = await browser.newContext({ javaScriptEnabled: false })
  const answer = await (await other.newPage()).goto(url)
  assert.equal(answer.status(), 403)
  await other.close()
})
