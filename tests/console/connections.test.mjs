// SPDX-License-Identifier: MIT
// Connections in the console: made here or by whoever gets a link, tested, mended, removed.
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'

import { CLIENTS } from '../peers/lib/authorization-server.mjs'
import { ADMIN_KEY, missing } from '../peers/lib/tenon.mjs'
import { until } from '../peers/lib/util.mjs'
import { heading, people, startConsole } from './lib/console.mjs'

let world
before(async () => { if (!missing) world = await startConsole() })
afterEach(() => world?.leave())
after(() => world?.stop())

const fillIn = async (page, { client_id, client_secret }) => {
  await page.getByLabel('Client ID').fill(client_id)
  await page.getByLabel('Client secret').fill(client_secret)
  await page.getByRole('button', { name: /connect|continue|save/i }).first().click()
}

test('one is made here, by way of the connect page and back', { skip: missing }, async () => {
  const page = await world.open('#/connectors/people')
  await page.getByRole('link', { name: 'Connect', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: 'New connection' })
  assert.equal(await dialog.getByLabel('Connector').inputValue(), 'people')
  await dialog.getByLabel('Name').fill('globex')
  await dialog.getByLabel('Title').fill('Globex – people')
  await dialog.getByRole('button', { name: 'Fill it in now' }).click()
  await page.waitForURL(/\/connect\//)
  await fillIn(page, CLIENTS.body)
  await page.getByRole('link', { name: /back|return|continue/i }).click()
  await heading(page, 'Globex – people').waitFor()
  await page.getByText('Ready', { exact: true }).waitFor()
  assert.match(page.url(), /\/#\/connections\/globex$/)
})

test('a link goes to whoever has the credentials, and the page hears of it', { skip: missing }, async () => {
  const page = await world.open('#/connections?new=people')
  const dialog = page.getByRole('dialog', { name: 'New connection' })
  await dialog.getByLabel('Name').fill('initech')
  await dialog.getByRole('button', { name: 'Make a link for someone else' }).click()
  const link = await dialog.getByLabel('link', { exact: true }).textContent()
  const other = await world.open('', { key: null })
  await other.goto(link)
  await fillIn(other, CLIENTS.body)
  await dialog.getByText('initech is ready.').waitFor()
  await dialog.getByRole('button', { name: 'Open it' }).click()
  await heading(page, 'initech').waitFor()
})

test('the list tells state, use, what is left of the limit, and when the token ends', { skip: missing }, async () => {
  await world.tenon.connect('umbrella', 'people', { ...CLIENTS.body, client_secret: 'CANARY-wrong-secret' })
  const key = await world.tenon.key(['acme'])
  for (let i = 0; i < 3; i++) await world.tenon.request('/run/people/acme/employees', { key, echo: true })
  await world.tenon.post('/run/people/umbrella/employees', { method: 'GET', key: await world.tenon.key(['umbrella']) })
  const page = await world.open('#/connections')
  const row = (name) => page.getByRole('row', { name: new RegExp(name) })
  assert.match(await row('acme').textContent(), /people.*Ready.*(just now|ago).*97 of 100.*in \d+ minutes/s)
  assert.match(await row('umbrella').textContent(), /Rejected.*–/s)
  // As it changes.
  await world.tenon.admin('PATCH', '/v1/connections/umbrella', { parameters: { client_secret: CLIENTS.body.client_secret } })
  await row('umbrella').getByText('Ready').waitFor()
  await page.getByLabel('Search connections').fill('umb')
  await until('one to be left', async () => await page.locator('tbody tr').count() === 1)
})

test('where there are more than one page of them, the rest is loaded when somebody asks', { skip: missing }, async () => {
  const page = await world.open()
  await page.route(/v1\/connections\?/, (route) => route.continue({ url: route.request().url().replace('limit=1000', 'limit=1') }))
  await page.goto(`${world.tenon.url}/#/connections`)
  const rows = page.locator('tbody tr')
  await page.getByText('The first 1 by name are here').waitFor()
  assert.equal(await rows.count(), 1)
  await page.getByRole('button', { name: 'Load more' }).click()
  await until('two of them', async () => await rows.count() === 2)
  await page.getByText('The first 2 by name are here').waitFor()
})

test('a test tells each step; new credentials are tried before the old ones go', { skip: missing }, async () => {
  await world.tenon.connect('hooli', 'people', CLIENTS.body)
  const page = await world.open('#/connections/hooli')
  await page.getByRole('button', { name: 'Test it' }).click()
  await page.getByText('It works.').waitFor()
  assert.deepEqual(await page.locator('.test-steps strong').allTextContents(), ['The service signs it in', 'The service answers it'])
  world.api.answer('/employees', { error: 'no' }, { status: 403 })
  await page.getByRole('button', { name: 'Test again' }).click()
  await page.getByText('It does not work yet.').waitFor()
  await page.getByText('The account may not read employees.').waitFor()
  world.api.answer('/employees', { employees: [{ id: 'e-7', name: 'Ada' }] })

  await page.getByRole('button', { name: 'Change' }).click()
  const dialog = page.getByRole('dialog', { name: 'Change hooli' })
  assert.equal(await dialog.getByLabel('Client ID').inputValue(), CLIENTS.body.client_id)
  world.tenon.secrets.add('CANARY-another-secret')
  await dialog.getByLabel('Client secret').fill('CANARY-another-secret')
  await dialog.getByRole('button', { name: 'Try it and save' }).click()
  await dialog.getByRole('alert').getByText('invalid_client').first().waitFor()
  await dialog.getByLabel('Client secret').fill(CLIENTS.body.client_secret)
  await dialog.getByLabel('Title').fill('Hooli')
  await dialog.getByRole('button', { name: 'Try it and save' }).click()
  await heading(page, 'Hooli').waitFor()
})

test('a rejected one is mended here', { skip: missing }, async () => {
  await world.tenon.connect('soylent', 'people', { ...CLIENTS.body, client_secret: 'CANARY-wrong-secret' })
  const page = await world.open('#/connections/soylent')
  await page.getByRole('button', { name: 'Test it' }).click()
  const wrong = page.getByRole('region', { name: 'What is wrong' })
  await wrong.getByText('The service rejects it').waitFor()
  await wrong.getByRole('button', { name: 'Try the same credentials again' }).click()
  await page.getByText('Ready', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Test again' }).click()
  await wrong.getByRole('button', { name: 'Fill it in again' }).click()
  await page.waitForURL(/\/connect\//)
  await fillIn(page, CLIENTS.body)
  await page.getByRole('link', { name: /back|return|continue/i }).click()
  await heading(page, 'soylent').waitFor()
  await page.getByText('Ready', { exact: true }).waitFor()
})

test('where its data would go anew, an admin looks and accepts', { skip: missing }, async () => {
  const page = await world.open('#/connections/acme')
  await page.getByText('Ready', { exact: true }).waitFor()
  world.tenon.save('people', people({ ...world, base: world.api.url.replace('127.0.0.1', 'localhost') }))
  const wrong = page.getByRole('region', { name: 'What is wrong' })
  await wrong.locator('code', { hasText: `localhost:${world.api.port}` }).waitFor()
  await wrong.locator('code', { hasText: `127.0.0.1:${world.api.port}` }).waitFor()
  await wrong.getByRole('button', { name: 'Accept the change' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Accept', exact: true }).click()
  await page.getByText('Ready', { exact: true }).waitFor()
  world.tenon.save('people', people(world))
  await wrong.waitFor()
  await world.tenon.admin('PATCH', '/v1/connections/acme', { accept: true })
  await wrong.waitFor({ state: 'detached' })
})

test('removing asks for its name, and tells what becomes of it', { skip: missing }, async () => {
  await world.tenon.connect('vandelay', 'people', CLIENTS.body)
  await world.tenon.admin('POST', '/v1/connections/vandelay/test') // a token, to be given back
  const page = await world.open('#/connections/vandelay')
  await page.getByRole('button', { name: 'Remove' }).click()
  const dialog = page.getByRole('dialog', { name: 'Remove vandelay' })
  await dialog.getByText('given back to the service').waitFor()
  const remove = dialog.getByRole('button', { name: 'Remove it' })
  assert.ok(await remove.isDisabled())
  await dialog.getByLabel('Type vandelay to confirm').fill('vandelay')
  await remove.click()
  await heading(page, 'Connections').waitFor()
  assert.equal((await world.tenon.request('/v1/connections/vandelay', { key: ADMIN_KEY })).status, 404)
  await page.goto(`${world.tenon.url}/#/activity?connection=vandelay`)
  await page.getByRole('row', { name: /Its access token was given back to the service/ }).waitFor()
})

test('a caller sees its own, and changes nothing', { skip: missing }, async () => {
  const page = await world.open('#/connections', { key: await world.tenon.key(['acme']) })
  await page.getByRole('row', { name: /acme/ }).waitFor()
  assert.equal(await page.locator('tbody tr').count(), 1)
  assert.equal(await page.getByRole('link', { name: 'New connection' }).count(), 0)
  await page.getByRole('link', { name: 'acme' }).click()
  await heading(page, 'acme').waitFor()
  for (const name of ['Change', 'Remove', 'Test it']) assert.equal(await page.getByRole('button', { name }).count(), 0)
  await page.goto(`${world.tenon.url}/#/connections/tokens`)
  await page.getByRole('alert').getByText('there is no connection `tokens`').waitFor()
})
