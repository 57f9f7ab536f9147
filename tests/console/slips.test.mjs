// SPDX-License-Identifier: MIT
// What comes between on the way: a session that ends within a form, another tab, a stream that is refused, impatient presses.
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'

import { ADMIN_KEY, missing } from '../peers/lib/tenon.mjs'
import { heading, startConsole } from './lib/console.mjs'

let world
before(async () => { if (!missing) world = await startConsole() })
after(() => world?.stop())
afterEach(() => world?.leave())

const signIn = async (page, key) => {
  await page.locator('.gate').getByLabel('Key').fill(key)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

// From now on the page asks nothing by itself: it notices by what somebody does.
const unnoticed = (page) => page.route(/v1\/(connections|keys|events)/, (route) => (route.request().method() === 'GET' ? route.abort() : route.continue()))

test('what was typed is there again when a session ended meanwhile', { skip: missing }, async () => {
  const { page, context } = await world.visit('#/connections?new=people')
  const dialog = page.getByRole('dialog', { name: 'New connection' })
  await dialog.getByLabel('Title').fill('Typed with care')
  await unnoticed(page)
  await context.clearCookies()
  await dialog.getByRole('button', { name: 'Fill it in now' }).click()
  await page.getByText('You were signed out').waitFor()
  assert.equal(await page.getByRole('heading', { name: 'New connection' }).isVisible(), false, 'nothing of the page is seen meanwhile')
  await signIn(page, `  ${ADMIN_KEY} `)
  assert.equal(await dialog.getByLabel('Title').inputValue(), 'Typed with care')
  await dialog.getByRole('button', { name: 'Fill it in now' }).click()
  await page.getByRole('heading', { name: 'Connect People directory' }).waitFor()
})

test('with another key nothing of the page before is left', { skip: missing }, async () => {
  const { page, context } = await world.visit('#/try?connection=acme&action=GetEmployee')
  await page.getByLabel('Employee').fill('e-7')
  await context.clearCookies()
  await page.getByRole('button', { name: 'Send' }).click()
  await page.getByText('You were signed out').waitFor()
  await signIn(page, await world.tenon.key(['acme']))
  await page.getByText('Caller of 1 connection').waitFor()
  assert.equal(await page.getByLabel('Employee').inputValue(), '')
})

test('a tab goes on where another one signed out and in again', { skip: missing }, async () => {
  const { page, context } = await world.visit('#/keys?new=caller')
  await page.getByRole('dialog').getByLabel('acme').check()
  await unnoticed(page)
  const other = await context.newPage()
  await other.goto(`${world.tenon.url}/#/connectors`)
  await other.getByRole('button', { name: 'Sign out' }).click()
  await signIn(other, ADMIN_KEY)
  await heading(other, 'Connectors').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Make the key' }).click()
  world.tenon.secrets.add(await page.getByLabel('Key', { exact: true }).textContent())
})

test('a stream that the host refused for a while is there again', { skip: missing }, async () => {
  const { page } = await world.visit('')
  let refused = 0
  await page.route(/v1\/events\?type=/, (route) => (refused++ === 0 ? route.fulfill({ status: 502, body: 'starting' }) : route.continue()))
  const isRefused = page.waitForResponse((answer) => answer.status() === 502)
  await page.goto(`${world.tenon.url}/#/activity`)
  await isRefused
  await page.getByText('Live', { exact: true }).waitFor()
})

test('a key is made once and seen, however impatient somebody is', { skip: missing }, async () => {
  const { page } = await world.visit('#/keys?new=caller')
  const made = []
  let go
  const held = new Promise((resolve) => { go = resolve })
  await page.route(/v1\/keys$/, async (route) => {
    if (route.request().method() === 'POST') { made.push(route); await held }
    await route.continue()
  })
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('acme').check()
  await dialog.getByRole('button', { name: 'Make the key' }).dblclick()
  await page.keyboard.press('Escape')
  await page.mouse.click(5, 5) // beside it
  go()
  world.tenon.secrets.add(await dialog.getByLabel('Key', { exact: true }).textContent())
  await page.mouse.click(5, 5)
  await dialog.getByRole('button', { name: 'Done' }).click()
  assert.equal(made.length, 1)
})
