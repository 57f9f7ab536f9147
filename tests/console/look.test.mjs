// SPDX-License-Identifier: MIT
// Every page on a phone and at a desk, by day and by night: readable (axe-core, WCAG 2.1 AA), within its width, reached by keyboard, light
// to load, and nothing from elsewhere.
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'

import { CLIENTS } from '../peers/lib/authorization-server.mjs'
import { missing } from '../peers/lib/tenon.mjs'
import { heading, SIZES, startConsole, THEMES } from './lib/console.mjs'

const PAGE_MAX = 150 * 1024

let world
before(async () => {
  if (missing) return
  world = await startConsole({ shipped: ['pingone', 'ukg-pro-wfm'] })
  world.tenon.save('broken', 'tenon: 1\nid: broken\ntitel: Broken\nversion: 1.0.0\n')
  await world.tenon.connect('rejected', 'people', { ...CLIENTS.body, client_secret: 'CANARY-wrong-secret' })
  for (const name of ['rejected', 'acme']) await world.tenon.request(`/run/people/${name}/employees`, { key: await world.tenon.key([name]) })
})
afterEach(() => world?.leave())
after(() => world?.stop())

// Where, and what is there when the page is.
const PLACES = [
  ['#/connectors', (page) => page.getByText('Token service').waitFor()],
  ['#/connectors/pingone', (page) => page.getByText('Before you connect').waitFor()],
  ['#/connectors/people?tab=actions', async (page) => { await page.getByText('List employees').click(); await page.getByRole('region', { name: 'Sample of answer 200' }).waitFor() }],
  ['#/connectors/people?tab=use', (page) => page.getByText('Use it in Power Automate').waitFor()],
  ['#/connectors/people?tab=use&in=node-red', (page) => page.getByRole('region', { name: 'flow' }).waitFor()],
  ['#/connectors/broken', (page) => page.locator('.mark').first().waitFor()],
  ['#/connections', (page) => page.getByRole('row', { name: /acme/ }).waitFor()],
  ['#/connections?new=people', (page) => page.getByRole('button', { name: 'Fill it in now' }).waitFor()],
  ['#/connections/rejected', (page) => page.getByText('The service rejects it').waitFor()],
  ['#/connections/acme', async (page) => { await page.getByRole('button', { name: 'Test it' }).click(); await page.getByText('It works.').waitFor() }],
  ['#/try?connection=acme&action=HireEmployee', async (page) => { await page.getByLabel('Name').fill('Ada'); await page.getByRole('button', { name: 'Send' }).click(); await page.getByText('It went well').waitFor() }],
  ['#/connections/acme', (page) => Promise.all(['.chart canvas', '.window-figure'].map((place) => page.locator(place).first().waitFor()))],
  ['#/activity', (page) => page.getByRole('row', { name: /ListEmployees/ }).first().waitFor()],
  ['#/activity?show=failed', async (page) => { await page.getByRole('link', { name: 'ListEmployees' }).first().click(); await page.getByText('there was no token to be had').waitFor() }],
  ['#/nowhere', (page) => page.getByText('There is no such page').waitFor()],
]

// Each place is opened once and seen by day and by night; a phone begins by night.
for (const [name, size] of SIZES) {
  const themes = name === 'phone' ? THEMES.toReversed() : THEMES
  test(`on a ${name}, ${themes.join(' and ')}`, { skip: missing }, async () => {
    const person = await world.visit('', { size, theme: themes[0] })
    for (const [place, isThere] of PLACES) {
      await person.page.emulateMedia({ colorScheme: themes[0] })
      await person.open(place)
      await isThere(person.page)
      await person.assertNoSidewaysScrolling(`${place} on a ${name}`)
      for (const theme of themes) {
        await person.page.emulateMedia({ colorScheme: theme })
        await person.assertAccessible(`${place} on a ${name}, ${theme}`)
      }
    }
  })
}

test('the theme is the system\'s until somebody chooses, and stays chosen', { skip: missing }, async () => {
  const page = await world.open('#/connectors', { theme: 'light' })
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  await heading(page, 'Connectors').waitFor()
  const light = await ground()
  await page.getByRole('button', { name: 'Dark' }).click()
  const dark = await ground()
  assert.notEqual(dark, light)
  await page.reload()
  await heading(page, 'Connectors').waitFor()
  assert.equal(await ground(), dark)
  await page.getByRole('button', { name: 'As the system' }).click()
  assert.equal(await ground(), light)
})

test('an address that changes while the console appears is followed', { skip: missing }, async () => {
  const { page } = await world.visit()
  await page.addInitScript(() => {
    const seen = new MutationObserver(() => { // told between the first picture and the listeners
      if (!document.getElementById('app')?.firstElementChild) return
      seen.disconnect()
      history.replaceState(null, '', '#/nowhere')
      dispatchEvent(new HashChangeEvent('hashchange'))
    })
    seen.observe(document, { childList: true, subtree: true })
  })
  await page.reload()
  await page.getByText('There is no such page').waitFor()
})

test('by keyboard alone', { skip: missing }, async () => {
  const page = await world.open('#/connectors')
  await heading(page, 'Connectors').waitFor()
  const focused = () => page.evaluate(() => { const at = document.activeElement; return at.getAttribute('aria-label') ?? at.textContent.trim() })
  await page.keyboard.press('Tab')
  assert.equal(await focused(), 'Skip to the page')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  assert.equal(await focused(), 'Search connectors')
  await page.keyboard.type('people')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await heading(page, 'People directory').waitFor()
  await page.getByRole('tab', { name: 'Overview' }).focus()
  await page.keyboard.press('ArrowRight')
  assert.equal(await focused(), 'Actions (3)')
  await page.keyboard.press('ArrowLeft')
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle)
  assert.equal(outline, 'solid', 'what has the focus is seen')
  await page.getByRole('link', { name: 'Connect', exact: true }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
})

test('what all pages load together is small', { skip: missing }, async () => {
  const page = await world.open('#/connectors')
  const paths = new Set()
  page.on('request', (request) => { const { pathname } = new URL(request.url()); if (/^\/(console\/.*)?$/.test(pathname)) paths.add(pathname) })
  for (const place of ['#/connectors/people?tab=definition', '#/connections', '#/connections/acme', '#/try', '#/activity']) {
    await page.goto(`${world.tenon.url}/${place}`)
    await page.reload()
    await heading(page, /./).waitFor()
  }
  const answers = await Promise.all([...paths].map((path) => world.tenon.request(path, { headers: { 'accept-encoding': 'gzip' } })))
  const bytes = answers.reduce((sum, answer) => sum + answer.body.length, 0)
  assert.ok(paths.size >= 6, [...paths].join(' '))
  assert.ok(answers.filter((answer) => answer.headers['content-encoding'] === 'gzip').length >= 5)
  assert.ok(bytes > 10000 && bytes < PAGE_MAX, `${bytes} bytes`)
})
