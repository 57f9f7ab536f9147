// SPDX-License-Identifier: MIT
// A person connects, in a real browser without JavaScript: from the link through Tenon's page, the sign-in at a real
// authorization server, and back; what goes wrong on the way, and how one gets on from there.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import tls from 'node:tls'

import { CLIENTS, USERS } from './lib/authorization-server.mjs'
import { startBrowser } from './lib/chromium.mjs'
import { startRealHosts } from './lib/real-hosts.mjs'
import { missing } from './lib/tenon.mjs'
import { makeCertificate } from './lib/tls.mjs'
import { close, listen } from './lib/util.mjs'

const PUBLIC = 'https://tenon.example'
const BACK = 'https://app.example/done'
const IDENTITY = 'welcome-us.ukg.net'
const TENANT = 'acme.prd.mykronos.com'
const TITLE = 'UKG Pro Workforce Management'
const CLIENT = { ...CLIENTS.ukg, organization: 'org_1', realm: 'acme' }

let hosts, tenon, front, browser, folder, names = 0

// The proxy that a host has in front of it for TLS.
async function startFront() {
  folder = mkdtempSync(join(tmpdir(), 'tenon-front-'))
  front = tls.createServer(makeCertificate(folder, ['tenon.example']), (socket) => {
    const inner = net.connect(tenon.port, '127.0.0.1')
    socket.pipe(inner).pipe(socket)
    for (const end of [socket, inner]) end.on('error', () => { socket.destroy(); inner.destroy() })
  })
  front.closeAllConnections = () => {}
  return listen(front)
}

before(async () => {
  if (missing) return
  hosts = await startRealHosts({ shipped: ['ukg-pro-wfm'], identity: [IDENTITY], apis: [TENANT], publicUrl: PUBLIC, env: { TENON_CONNECT_RETURN_URLS: BACK } })
  tenon = hosts.tenon
  const port = await startFront()
  browser = await startBrowser([`--host-resolver-rules=MAP tenon.example:443 127.0.0.1:${port}, MAP ${IDENTITY}:443 127.0.0.1:${hosts.server.port}, MAP app.example ~NOTFOUND`])
})
after(async () => {
  await browser?.close()
  if (front) await close(front)
  await hosts?.stop()
  if (folder) rmSync(folder, { recursive: true })
})

async function link(wanted = {}) {
  const name = `c${++names}`
  const made = await tenon.admin('POST', '/v1/connect-sessions',
    { ...(!wanted.connection && { connector: 'ukg-pro-wfm', name }), requester: 'Acme Automations', return_url: BACK, ...wanted })
  return { name: made.connection, url: made.url }
}

// Somebody's browser, at an address. Whatever the console complains about fails the test that closes it.
async function visit(url) {
  const context = await browser.newContext({ javaScriptEnabled: false, ignoreHTTPSErrors: true })
  const page = await context.newPage()
  page.complaints = []
  page.on('console', (message) => /Content.Security|Refused/i.test(message.text()) && page.complaints.push(message.text()))
  await page.goto(url)
  return page
}

async function leave(page) {
  assert.deepEqual(page.complaints, [])
  await page.context().close()
}

async function fillIn(page, client) {
  await page.getByLabel('Tenant host').fill(TENANT)
  await page.getByLabel('Client ID').fill(client.client_id)
  await page.getByLabel('Client secret').fill(client.client_secret)
  if (await page.getByLabel('Realm').count()) await page.getByLabel('Realm').fill(client.realm)
  else await page.getByLabel('Organization').fill(client.organization)
}

// oidc-provider's own pages: who, then whether.
async function signIn(page, user = 'alice') {
  await page.locator('input[name=login]').fill(user)
  await page.locator('input[name=password]').fill(USERS[user])
  await page.locator('button[type=submit]').click()
  await page.locator('button[type=submit]').click()
}

const heading = (page) => page.getByRole('heading', { level: 1 }).innerText()
const state = async (name) => (await tenon.admin('GET', `/v1/connections/${name}`)).state

test('a person fills in, signs in, and comes back connected', { skip: missing }, async () => {
  const { name, url } = await link()
  const page = await visit(url)
  assert.equal(await heading(page), `Connect ${TITLE}`)
  assert.equal(await page.locator('.requester').innerText(), 'Requested by Acme Automations')
  assert.equal(await page.locator('.ways .chosen a').innerText(), 'System to system', 'the recommended way is chosen')
  assert.equal(await page.locator('.card').evaluate((e) => globalThis.getComputedStyle(e).borderTopLeftRadius), '14px', 'the style sheet is there')
  await page.getByRole('link', { name: 'Sign in as a user' }).click()
  assert.ok(await page.getByText(`${PUBLIC}/oauth/callback`, { exact: true }).isVisible(), 'the address to enter at the service')
  await fillIn(page, CLIENT)
  await page.getByRole('button', { name: 'Continue to sign in' }).click()
  await signIn(page)
  assert.equal(await heading(page), 'Connected')
  assert.ok(page.url().startsWith(`${PUBLIC}/connect/`), page.url())
  assert.equal(await page.getByRole('link', { name: 'Go back' }).getAttribute('href'), `${BACK}?state=ready`)
  assert.equal(await state(name), 'ready')
  await leave(page)
})

const PERSON = { hostname: TENANT, client_id: CLIENT.client_id, client_secret: CLIENT.client_secret, realm: CLIENT.realm }

test('a sign-in that is cancelled is told in words, and can be tried again', { skip: missing }, async () => {
  const { name, url } = await link({ auths: ['authorization_code'], parameters: PERSON })
  const page = await visit(url)
  assert.equal(await page.getByLabel('Client secret').count(), 0, 'what is fixed is not asked')
  await page.getByRole('button', { name: 'Continue to sign in' }).click()
  await page.getByRole('link', { name: /cancel/i }).click()
  assert.equal(await heading(page), 'Not connected yet')
  assert.match(await page.locator('main').innerText(), /cancelled, or access was not granted/)
  await page.getByRole('link', { name: 'Try again' }).click()
  await page.getByRole('button', { name: 'Continue to sign in' }).click()
  await signIn(page, 'bob')
  assert.equal(await heading(page), 'Connected')
  assert.equal(await state(name), 'ready')
  await leave(page)
})

test('a wrong secret is told in the service\'s words and ours, and put right', { skip: missing }, async () => {
  const { name, url } = await link({ auths: ['client_credentials'] })
  const page = await visit(url)
  await fillIn(page, { ...CLIENT, client_secret: 'CANARY-wrong' })
  await page.getByRole('button', { name: 'Connect' }).click()
  assert.equal(await heading(page), 'Not connected yet')
  assert.match(await page.locator('main').innerText(), /UKG Authentication did not accept the client[^]*401 invalid_client/)
  assert.doesNotMatch(await page.content(), /CANARY-wrong/)
  await page.getByRole('link', { name: 'Try again' }).click()
  assert.equal(await page.getByLabel('Client ID').inputValue(), CLIENT.client_id)
  assert.equal(await page.getByLabel('Client secret').inputValue(), '')
  await page.getByLabel('Client secret').fill(CLIENT.client_secret)
  await page.getByRole('button', { name: 'Connect' }).click()
  assert.equal(await heading(page), 'Connected')
  assert.equal(await state(name), 'ready')
  await leave(page)
})

test('what the host refuses stands at its field', { skip: missing }, async () => {
  const { url } = await link({ auths: ['client_credentials'] })
  const page = await visit(url)
  await page.locator('form').evaluate((form) => { form.noValidate = true })
  await fillIn(page, { ...CLIENT, client_id: '"><i>me</i>', client_secret: '' })
  await page.getByLabel('Tenant host').fill('a b')
  await page.getByRole('button', { name: 'Connect' }).click()
  assert.equal(await page.title(), `Error: Connect ${TITLE}`)
  const faults = await page.getByRole('alert').getByRole('link').allInnerTexts()
  assert.ok(faults.includes('Client secret is required.'), String(faults))
  assert.equal(await page.getByLabel('Client ID').inputValue(), '"><i>me</i>')
  assert.match(await page.locator('#problem-hostname').innerText(), /^Error: /)
  await leave(page)
})

test('a connection is connected again by the same page', { skip: missing }, async () => {
  const { realm, ...parameters } = PERSON
  const { name, url } = await link({ auths: ['client_credentials'], parameters: { ...parameters, organization: CLIENT.organization } })
  const first = await visit(url)
  await first.getByRole('button', { name: 'Connect' }).click()
  assert.equal(await heading(first), 'Connected', realm)
  await leave(first)
  const again = await link({ connection: name })
  const page = await visit(again.url)
  assert.equal(await heading(page), `Reconnect ${TITLE}`)
  assert.equal(await page.getByLabel('Client ID').inputValue(), CLIENT.client_id)
  await page.getByRole('button', { name: 'Reconnect' }).click()
  assert.equal(await heading(page), 'Connected', 'a secret that is left empty is kept')
  await leave(page)
})

test('a link is one browser\'s, and one that never was is told kindly', { skip: missing }, async () => {
  const { url } = await link()
  const told = [[url, `Connect ${TITLE}`], [url, 'This link was opened elsewhere'], [`${PUBLIC}/connect/${'x'.repeat(43)}`, 'This link has ended'],
    [`${PUBLIC}/oauth/callback?code=x&state=y`, 'The sign-in did not finish'], [`${PUBLIC}/oauth/logout`, 'Signed out']]
  for (const [address, title] of told) {
    const page = await visit(address)
    assert.equal(await heading(page), title)
    await leave(page)
  }
})
