// SPDX-License-Identifier: MIT
// Signing in by a code on another device (RFC 8628) at a real authorization server, by the API, in the terminal, and on the
// connect page in a real browser without JavaScript; and giving the tokens back (RFC 7009).
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { after, before, describe, test } from 'node:test'

import { Browser } from './lib/browser.mjs'
import { CLIENTS, DEVICE_CLIENT, DEVICE_GRANT, USERS, startAuthorizationServer } from './lib/authorization-server.mjs'
import { startBrowser } from './lib/chromium.mjs'
import { definition } from './lib/connector.mjs'
import { ADMIN_KEY, TENON, missing, startTenon } from './lib/tenon.mjs'
import { until } from './lib/util.mjs'

const tv = (server) => definition('tv', server.url, `connection:
  auth:
    device:
      title: Sign in with a code
      type: device_code
      parameters: {client_id: {title: Client ID, type: string, required: true}}
      device_url: /device/auth
      token_url: /token
      revoke_url: /token/revocation
      client_auth: none
      scopes: [openid, offline_access]
    cc:
      type: client_credentials
      parameters:
        client_id: {type: string, required: true}
        client_secret: {type: string, secret: true, required: true}
      token_url: /token
      revoke_url: /token/revocation
actions:
  GetAccessToken: {summary: Get a token, token: connection}
`)

let server, tenon, chromium
before(async () => {
  if (missing) return
  server = await startAuthorizationServer()
  tenon = await startTenon({ connectors: { tv: tv(server) } })
  chromium = await startBrowser()
})
after(async () => {
  await chromium?.close()
  await tenon?.stop()
  await server?.stop()
})

const polls = () => server.requests.filter((one) => one.params?.grant_type === DEVICE_GRANT)
const signIn = (name) => tenon.admin('GET', `/v1/connections/${name}/sign-in`)
const begin = (name) => tenon.admin('POST', `/v1/connections/${name}/sign-in`)
const untilOver = (name) => until('the sign-in to end', async () => {
  const state = await signIn(name)
  return state.status !== 'pending' && state
})
const state = async (name) => (await tenon.admin('GET', `/v1/connections/${name}`)).state
const token = async (name) => (await tenon.post(`/run/tv/${name}/GetAccessToken`, { key: ADMIN_KEY })).json

// A person at the service, who goes where the code sends them. Its pages send some forms by a script, which this browser has not.
async function visit(uri, more = {}) {
  const browser = new Browser()
  let page = await browser.open(uri)
  for (let i = 0; i < 2; i++) {
    page = await browser.submit(page, /op\.deviceConfirmForm/.test(page.text) ? more : {})
  }
  return more.abort ? page : browser.signIn(page, 'alice')
}

// A command beside the running host; answers what it printed and its exit status when it ends.
function run(...words) {
  const child = spawn(TENON, [...words, '--data', tenon.data], { stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text) => { said.out += text })
  child.stderr.setEncoding('utf8').on('data', (text) => { said.err += text })
  said.ended = new Promise((resolve) => { child.on('close', resolve) })
  return said
}

async function openPage(name, client) {
  const { url } = await tenon.admin('POST', '/v1/connect-sessions', { connector: 'tv', name, auths: ['device'], parameters: client, requester: 'Payroll export' })
  const context = await chromium.newContext({ javaScriptEnabled: false })
  const page = await context.newPage()
  page.complaints = []
  page.on('console', (message) => /Content.Security|Refused/i.test(message.text()) && page.complaints.push(message.text()))
  await page.goto(url)
  return page
}

const heading = (page) => page.getByRole('heading', { level: 1 }).innerText()
// The form and the page behind it have one address.
const untilCode = (page) => page.getByRole('heading', { level: 1, name: 'Sign in with a code' }).waitFor()

test('a restart goes on with the same code', { skip: missing }, async () => {
  await tenon.connect('restarted', 'tv', DEVICE_CLIENT, 'device')
  const code = await begin('restarted')
  await tenon.halt()
  const before = polls().length
  await tenon.start()
  const still = await signIn('restarted')
  assert.deepEqual([still.status, still.user_code], ['pending', code.user_code])
  await visit(code.verification_uri_complete)
  assert.deepEqual(await untilOver('restarted'), { status: 'ready' })
  assert.ok(polls().length > before)
  assert.ok(await server.knows((await token('restarted')).access_token))
})

// Each person waits for their own code.
describe('people, all at once', { concurrency: true }, () => {
  test('a person signs in elsewhere, and the connection serves', { skip: missing }, async () => {
    server.lifetime = 1
    await tenon.connect('well', 'tv', DEVICE_CLIENT, 'device')
    assert.equal(await state('well'), 'sign_in')
    const code = await begin('well')
    assert.deepEqual([code.status, code.interval], ['pending', 1])
    assert.match(code.user_code, /^[A-Z]{4}-[A-Z]{4}$/)
    assert.ok(!JSON.stringify(code).includes('device_code'))
    await until('a poll', () => polls().length > 0)
    const page = await visit(code.verification_uri_complete)
    assert.match(page.text, /Sign-in Success/)
    assert.deepEqual(await untilOver('well'), { status: 'ready' })
    assert.equal(await state('well'), 'ready')
    const first = await token('well')
    assert.ok(await server.knows(first.access_token))
    const before = server.refreshes
    await until('a refresh', async () => (await token('well')).access_token !== first.access_token)
    assert.equal(server.refreshes, before + 1)
    server.lifetime = 3600
  })

  test('whoever declines ends it', { skip: missing }, async () => {
    await tenon.connect('declined', 'tv', DEVICE_CLIENT, 'device')
    const code = await begin('declined')
    await visit(code.verification_uri_complete, { abort: 'yes' })
    const over = await untilOver('declined')
    assert.deepEqual([over.status, over.code, over.error], ['denied', 'authorization_incomplete', 'access_denied'])
    assert.equal(await state('declined'), 'sign_in')
  })

  test('in the terminal', { skip: missing }, async () => {
    const made = run('connect', 'tv', '--name', 'typed', '--auth', 'device', 'client_id=client-device')
    await until('the code', () => /Minutes left/.test(made.out))
    const [, user] = /and enter this code:\s+([A-Z-]{9})\n/.exec(made.out)
    assert.match(made.out, new RegExp(`open this page in a browser, here or on another device:\\s+${server.url}/device\n`))
    await visit(`${server.url}/device?user_code=${user}`)
    assert.equal(await made.ended, 0, made.err)
    assert.match(made.out, /typed.*ready/)
    const again = run('connection', 'sign-in', 'typed', '--json')
    await until('the code', () => /Minutes left/.test(again.err))
    const [, complete] = /(\S+user_code=\S+)/.exec(again.err)
    await visit(complete, { abort: 'yes' })
    assert.equal(await again.ended, 1)
    assert.match(again.err, /cancelled/)
    const left = run('connection', 'sign-in', 'typed', '--json', '--no-wait')
    assert.equal(await left.ended, 0)
    assert.equal(JSON.parse(left.out).status, 'pending')
    assert.equal(await state('typed'), 'ready', 'what was there serves on')
  })

  test('on the connect page, by keyboard alone', { skip: missing }, async () => {
    const page = await openPage('page', DEVICE_CLIENT)
    assert.match(await page.textContent('body'), /Next you get a code/)
    await page.getByRole('button', { name: 'Continue to sign in' }).focus()
    await page.keyboard.press('Enter')
    await untilCode(page)
    const code = await signIn('page')
    const shown = page.locator('.code')
    assert.equal((await shown.innerText()).trim(), code.user_code)
    assert.ok(await shown.evaluate((e) => parseFloat(globalThis.getComputedStyle(e.firstElementChild).fontSize)) >= 28, 'in large letters')
    assert.equal(await page.getByRole('link', { name: 'Open the sign-in page' }).getAttribute('href'), code.verification_uri_complete)
    if (process.env.TENON_SCREENSHOTS) await page.screenshot({ path: `${process.env.TENON_SCREENSHOTS}/device.png`, fullPage: true })
    assert.equal(await page.locator('meta[http-equiv=refresh]').count(), 0, 'nothing moves that nobody asked to')
    await page.getByRole('link', { name: 'Let this page look by itself' }).click()
    // By keyboard to the service, in a tab of its own.
    const opened = page.context().waitForEvent('page')
    await page.getByRole('link', { name: 'Open the sign-in page' }).focus()
    await page.keyboard.press('Enter')
    const service = await opened
    await service.waitForLoadState()
    // The code that came with the address, then whether it is this device: a press may find the one page or already the other.
    const login = service.locator('input[name=login]')
    await until('the form to sign in', async () => {
      if (await login.isVisible()) return true
      await service.getByRole('button', { name: 'Continue' }).click({ timeout: 500 }).catch(() => {})
      return false
    })
    await login.fill('alice')
    await service.locator('input[name=password]').fill(USERS.alice)
    for (let i = 0; i < 2; i++) await service.locator('button[type=submit]').first().click()
    await service.getByText('Sign-in Success').waitFor()
    // The first page finds out by itself.
    await until('the page to know', async () => (await heading(page)) === 'Connected')
    assert.equal(await page.locator('meta[http-equiv=refresh]').count(), 0, 'and rests')
    assert.deepEqual(page.complaints, [])
    await page.context().close()
  })

  test('the page tells that somebody declined, and begins again', { skip: missing }, async () => {
    const page = await openPage('page-2', DEVICE_CLIENT)
    await page.getByRole('button', { name: 'Continue to sign in' }).click()
    await untilCode(page)
    const { verification_uri_complete: uri, user_code: first } = await signIn('page-2')
    await visit(uri, { abort: 'yes' })
    await untilOver('page-2')
    await page.getByRole('link', { name: 'I have signed in: look now' }).click()
    assert.equal(await heading(page), 'Not connected yet')
    assert.match(await page.textContent('main'), /cancelled, or access was not granted/)
    await page.getByRole('link', { name: 'Try again' }).click()
    await page.getByRole('button', { name: 'Continue to sign in' }).click()
    await untilCode(page)
    const { user_code: second } = await signIn('page-2')
    assert.notEqual(second, first)
    assert.equal((await page.locator('.code').innerText()).trim(), second)
    await page.context().close()
  })

  test('what the service does not give a code for, stands on the form', { skip: missing }, async () => {
    const page = await openPage('page-3', { client_id: 'nobody' })
    await page.getByRole('button', { name: 'Continue to sign in' }).click()
    await page.locator('.problem').waitFor()
    assert.match(await page.textContent('.problem'), /invalid_client|400|401/)
    assert.equal(await page.locator('form[method="post"]').count(), 1)
    await page.context().close()
  })
})

// --- given back ---

const revoked = () => until('the revocation', () => /token\.revoked .*kind=access_token/.test(tenon.log.slice(revoked.from)))

test('a removed connection gives its tokens back', { skip: missing }, async () => {
  const { access_token: access } = await token('restarted')
  const issued = [...server.issued]
  const refresh = issued[issued.indexOf(access) + 1]
  assert.deepEqual([await server.isActive(access), await server.isActive(refresh)], [true, true])
  revoked.from = tenon.log.length
  await tenon.admin('DELETE', '/v1/connections/restarted')
  await revoked()
  assert.deepEqual([await server.isActive(access), await server.isActive(refresh)], [false, false])
})

test('other credentials give the tokens of the old ones back', { skip: missing }, async () => {
  await tenon.connect('moved', 'tv', CLIENTS.body, 'cc')
  const { access_token: access } = await token('moved')
  assert.equal(await server.isActive(access), true)
  revoked.from = tenon.log.length
  await tenon.admin('PATCH', '/v1/connections/moved', { parameters: { client_id: CLIENTS.worker.client_id, client_secret: CLIENTS.worker.client_secret } })
  await revoked()
  assert.equal(await server.isActive(access), false)
  assert.equal(await server.isActive((await token('moved')).access_token), true)
})
