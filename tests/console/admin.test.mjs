// SPDX-License-Identifier: MIT
// The admin's pages of the console in a real browser: the first admin's set-up, signing in and out, keys, the audit trail, settings.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { CLIENTS, startAuthorizationServer } from '../peers/lib/authorization-server.mjs'
import { startBrowser } from '../peers/lib/chromium.mjs'
import { definition, signIns } from '../peers/lib/connector.mjs'
import { ConsoleSession } from '../peers/lib/console.mjs'
import { ADMIN_KEY, missing, startTenon } from '../peers/lib/tenon.mjs'
import { close, listen, readAll, until } from '../peers/lib/util.mjs'
import { Person } from './lib/person.mjs'

let server, tenon, browser, receiver, received

const API = (to) => `${signIns(to)}actions:\n  GetAccessToken: {summary: Get a token, token: connection}\n`
const HOSTED = (to) => `connection:
  auth:
    person:
      type: authorization_code
      parameters:
        client_id: {type: string, title: Client ID, required: true, ask: admin}
        client_secret: {type: string, title: Client secret, secret: true, required: true, ask: admin}
      authorize_url: ${to.url}/auth
      token_url: ${to.url}/token
actions:
  GetAccessToken: {summary: Get a token, token: connection}
`

before(async () => {
  if (missing) return
  server = await startAuthorizationServer()
  received = []
  receiver = createServer(async (req, res) => {
    received.push(String(await readAll(req)))
    res.writeHead(204).end()
  })
  await listen(receiver)
  tenon = await startTenon({ connectors: { api: definition('api', server.url, API(server)), hosted: definition('hosted', server.url, HOSTED(server)) } })
  for (const name of ['acme', 'other']) await tenon.connect(name, 'api', CLIENTS.body, 'cc')
  browser = await startBrowser()
})
after(async () => {
  await browser?.close()
  await tenon?.stop()
  await server?.stop()
  if (receiver) await close(receiver)
})

// A person for one scenario, who is signed in already and leaves behind it.
async function as(key, use, options) {
  const person = await Person.at(browser, tenon.url, options)
  try {
    if (key) {
      const [name, value] = (await ConsoleSession.signIn(tenon, key)).cookie.split('=')
      await person.context.addCookies([{ name, value, url: tenon.url, httpOnly: true, sameSite: 'Strict' }])
      await person.open()
      await person.page.locator('#main').waitFor()
    }
    await use(person, person.page)
  } finally {
    await person.leave()
  }
}
const line = (page, text) => page.getByRole('row').filter({ hasText: text })

test('the first admin makes a key by the set-up link and goes on', { skip: missing }, async () => {
  const fresh = await startTenon({ env: { TENON_ADMIN_KEY: undefined } })
  const person = await Person.at(browser, fresh.url)
  const { page } = person
  try {
    const file = join(fresh.data, 'setup')
    const link = (await until('the link', () => existsSync(file) && readFileSync(file, 'utf8'))).trim()
    await page.goto(link)
    await person.assertAccessible('set-up')
    await page.getByRole('button', { name: 'Make the first admin key' }).click()
    const key = await page.getByLabel('Admin key').textContent()
    assert.match(key, /^tnk_[A-Za-z0-9]{8}_/)
    await person.assertAccessible('the first key')
    await page.reload()
    await page.getByRole('heading', { name: 'Tenon is set up' }).waitFor()
    await page.getByRole('link', { name: 'Make another admin key' }).waitFor()
    await page.getByRole('link', { name: 'Go to the connectors' }).click()
    await page.getByText('Signed in as admin').waitFor()
    assert.equal(new URL(page.url()).hash.includes('setup'), false, 'the code is not left in the address')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in to Tenon' }).waitFor()
    await page.goto('about:blank')
    await page.goto(link)
    await page.getByRole('button', { name: 'Make the first admin key' }).click()
    await page.getByRole('heading', { name: 'This link works no more' }).waitFor()
    await person.assertAccessible('a link that is over')
    await page.getByRole('link', { name: 'Sign in with a key' }).click()
    await person.signIn(key)
  } finally {
    await person.leave()
    await fresh.stop()
  }
})

test('a wrong key is told so, and a session that ended is, too', { skip: missing }, async () => {
  const { id, key } = await tenon.admin('POST', '/v1/keys', { role: 'admin' })
  await as(null, async (person, page) => {
    await person.open()
    await person.assertAccessible('sign-in')
    await page.getByLabel('Key').fill('tnk_wrong')
    await page.getByLabel('Key').press('Enter')
    await page.getByText('this is no key of this host').waitFor()
    await person.signIn(key)
    await tenon.admin('DELETE', `/v1/keys/${id}`)
    await page.evaluate(() => { location.hash = '#/keys' }) // if it has not been noticed yet
    await page.getByText('You were signed out').waitFor()
  })
})

test('a caller sees no page of the admin', { skip: missing }, async () => {
  await as(await tenon.key(['acme']), async (person, page) => {
    for (const name of ['Keys', 'Audit trail', 'Settings']) assert.equal(await page.getByRole('link', { name }).count(), 0, name)
    await person.page.evaluate(() => { location.hash = '#/settings' })
    await page.getByText('There is no such page').waitFor()
  })
})

test('keys are made bound to connections, shown once, and revoked', { skip: missing }, async () => {
  await as(ADMIN_KEY, async (person, page) => {
    await person.go('#/keys', 'Keys')
    await page.getByRole('link', { name: 'New key' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('acme').check()
    await dialog.getByLabel('Read access tokens').check()
    await dialog.getByLabel('It expires after').selectOption({ label: '30 days' })
    await person.assertAccessible('the form of a key')
    await dialog.getByRole('button', { name: 'Make the key' }).click()
    const key = await dialog.getByLabel('Key', { exact: true }).textContent()
    const id = key.slice(4, 12)
    await dialog.getByRole('button', { name: 'Done' }).click()
    const made = (await tenon.admin('GET', `/v1/keys/${id}`))
    assert.deepEqual([made.role, made.connections, made.rights], ['caller', ['acme'], ['token']])
    assert.equal((Date.parse(made.expires_at) - Date.parse(made.created_at)) / 86400000, 30)
    assert.equal((await tenon.post('/run/api/acme/GetAccessToken', { key, echo: true })).status, 200)
    await line(page, id).getByText('acme').waitFor()
    assert.equal((await page.content()).includes(key), false, 'the key is not left in the page')
    await person.assertAccessible('keys')
    await line(page, id).getByRole('button', { name: `Revoke ${id}` }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke it' }).click()
    await line(page, id).waitFor({ state: 'detached' })
    assert.equal((await tenon.post('/run/api/acme/GetAccessToken', { key })).status, 401)
  })
})

test('another page opens the form with its connection', { skip: missing }, async () => {
  await as(ADMIN_KEY, async (person, page) => {
    await person.go('#/keys?new=caller&connection=other', 'Keys')
    assert.equal(await page.getByRole('dialog').getByLabel('other').isChecked(), true)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })
})

test('the audit trail is read, filtered and verified', { skip: missing }, async () => {
  const { id } = await tenon.admin('POST', '/v1/keys', { role: 'caller', connections: ['acme'] })
  await tenon.request('/v1/keys', { key: 'tnk_nobody' })
  await as(ADMIN_KEY, async (person, page) => {
    await person.go('#/audit', 'Audit trail')
    await line(page, id).getByText('Key made').waitFor()
    await page.getByLabel('What').selectOption({ label: 'Access refused' })
    await page.getByRole('button', { name: 'Show', exact: true }).click()
    await line(page, 'Access refused').first().getByText('Stranger').waitFor()
    await line(page, id).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Show everything' }).click()
    await line(page, id).getByText(/^Line \d+$/).click()
    await line(page, id).getByText('["acme"]').waitFor()
    await page.getByRole('button', { name: 'Verify the trail' }).click()
    await page.getByText(/All \d+ lines are as they were written/).waitFor()
    await person.assertAccessible('the audit trail')
  })
})

test('the host tells how it is', { skip: missing }, async () => {
  await as(ADMIN_KEY, async (person, page) => {
    await person.go('#/settings', 'Settings')
    await page.getByText('Ready', { exact: true }).waitFor()
    await page.getByText(tenon.url, { exact: true }).waitFor()
    await person.assertAccessible('settings')
  })
})

test('an admin gives the OAuth application of a connector', { skip: missing }, async () => {
  tenon.secrets.add('CANARY-of-the-application')
  await as(ADMIN_KEY, async (person, page) => {
    await person.go('#/settings?tab=applications', 'Settings')
    await page.getByLabel('redirect URI', { exact: true }).getByText(`${tenon.url}/oauth/callback`).waitFor()
    await page.getByText('Something is missing').waitFor()
    await page.getByLabel('Client ID').fill('my-application')
    await page.getByLabel('Client secret').fill('CANARY-of-the-application')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Complete').waitFor()
    assert.equal(await page.getByLabel('Client secret').inputValue(), '', 'it is not shown again')
    await person.assertAccessible('applications')
  })
  assert.deepEqual((await tenon.admin('GET', '/v1/connectors/hosted/parameters')).parameters, { client_id: 'my-application', client_secret: { set: true } })
})

test('webhooks are added, tried and removed', { skip: missing }, async () => {
  const url = `http://127.0.0.1:${receiver.address().port}/hook`
  await as(ADMIN_KEY, async (person, page) => {
    await person.go('#/settings?tab=webhooks', 'Settings')
    await page.getByText('No webhooks yet').waitFor()
    await page.getByRole('button', { name: 'Add a webhook' }).click()
    await page.getByRole('dialog').getByLabel('Address').fill(url)
    await page.getByRole('dialog').getByLabel('Events').fill('connection.*, key.created')
    await page.getByRole('button', { name: 'Add it' }).click()
    assert.match(await page.getByLabel('Signing secret').last().textContent(), /^whsec_/)
    await page.getByRole('button', { name: 'Done' }).click()
    await line(page, url).getByRole('button', { name: /^Test/ }).click()
    await page.getByText('The test event was taken').waitFor()
    assert.equal(received.length, 1)
    await person.assertAccessible('webhooks')
    await line(page, url).getByRole('button', { name: /^Remove/ }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove it' }).click()
    await page.getByText('No webhooks yet').waitFor()
  })
})

test('the key ring gets a new data key', { skip: missing }, async () => {
  await as(ADMIN_KEY, async (person, page) => {
    await person.go('#/settings?tab=keyring', 'Settings')
    await line(page, 'No. 1').getByText('Seals').waitFor()
    await page.getByRole('button', { name: 'Make a new one' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Make it' }).click()
    await line(page, 'No. 2').getByText('Seals').waitFor()
    await person.assertAccessible('key ring')
  })
})

// By day and at a desk they are looked at above.
test('everything fits a phone, by night', { skip: missing }, async () => {
  await as(ADMIN_KEY, async (person, page) => {
    const places = [['#/keys', 'Keys'], ['#/audit', 'Audit trail'], ['#/settings', 'Settings'], ['#/settings?tab=applications', 'Settings'], ['#/settings?tab=webhooks', 'Settings'], ['#/settings?tab=keyring', 'Settings']]
    for (const [hash, heading] of places) {
      await person.go(hash, heading)
      await page.locator('.waiting').waitFor({ state: 'detached' })
      await person.assertNoSidewaysScrolling(hash)
      await person.assertAccessible(hash)
    }
  }, { width: 360, height: 780, colorScheme: 'dark' })
})
