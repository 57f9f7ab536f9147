// SPDX-License-Identifier: MIT
// What moves in the console: calls and events as they come, the way of one call, how much a connection is called, and its limits
// as they fill and drain.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, afterEach, before, test } from 'node:test'

import { EVENT_TYPES } from '../../src/console/app/event_types.ts'
import { missing, ROOT } from '../peers/lib/tenon.mjs'
import { until } from '../peers/lib/util.mjs'
import { heading, startConsole } from './lib/console.mjs'

let world, key
before(async () => {
  if (missing) return
  world = await startConsole({ connections: { acme: 'people', globex: 'people', hooli: 'people' } })
  world.api.answers.set('/employees/gone', (req, res) => { res.writeHead(503); res.end() })
  key = await world.tenon.key(['acme'])
})
afterEach(() => world?.leave())
after(() => world?.stop())

const call = (path = '/employees', { of = 'acme', by = key } = {}) => world.tenon.request(`/run/people/${of}${path}`, { key: by })
const idOf = (answer) => answer.headers['x-request-id']
const rows = (page) => page.locator('tbody tr')
const row = (page, name) => page.getByRole('row', { name })

test('calls and events show as they come, until one pauses', { skip: missing }, async () => {
  const page = await world.open('#/activity')
  await page.getByText('Live', { exact: true }).waitFor()
  await call()
  await row(page, /ListEmployees.*200.*acme/).first().waitFor()
  await call('/employees/gone')
  await row(page, /GetEmployee.*503.*acme/).waitFor()
  await row(page, /Token fetched from 127\.0\.0\.1/).first().waitFor()
  await world.tenon.admin('PATCH', '/v1/connections/acme', { title: 'Acme' })
  await row(page, /Connection changed by env/).waitFor()

  await page.getByRole('button', { name: /^Failed/ }).click()
  await until('only what failed', async () => await rows(page).count() === 1 && /503/.test(await rows(page).first().textContent()))
  await page.getByRole('button', { name: /^All/ }).click()
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.getByText('Paused', { exact: true }).waitFor()
  const before = await rows(page).count()
  const unseen = await call('/employees/e-7')
  assert.equal(unseen.status, 200)
  assert.equal(await rows(page).count(), before)
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.locator(`a[href="#/activity/${idOf(unseen)}"]`).waitFor()
})

test('every event of the host that is not for one page alone is listened to', () => {
  const told = [...readFileSync(join(ROOT, 'docs/EVENTS.md'), 'utf8').matchAll(/^\| `([a-z_.]+)` \| (kept|passing) /gm)].map(([, type]) => type)
  assert.deepEqual([...EVENT_TYPES].sort(), told.sort())
})

test('what is looked for is found: by words, and by the id that an answer carries', { skip: missing }, async () => {
  const answer = await call('/employees?limit=7')
  const page = await world.open('#/activity')
  await page.locator(`a[href="#/activity/${idOf(answer)}"]`).waitFor()
  const search = page.getByRole('searchbox')
  await search.fill(idOf(answer))
  await until('one row', async () => await rows(page).count() === 1)
  await search.fill('nothing of the kind')
  await page.getByText('Nothing fits').waitFor()
  await search.fill(idOf(answer))
  await search.press('Enter')
  await heading(page, 'ListEmployees').waitFor()
  await page.goto(`${world.tenon.url}/#/activity/0000000000000000000000`)
  await page.getByText('This call is not kept any more').waitFor()
})

test('the way of a call, from the key to the service and back', { skip: missing }, async () => {
  const page = await world.open('#/activity')
  const ways = async (answer) => {
    await page.goto(`${world.tenon.url}/#/activity/${idOf(answer)}`)
    await page.locator('.way-line li').first().waitFor()
    return (await page.locator('.way-line li').allTextContents()).join('\n')
  }
  const fresh = await ways(await call('/employees', { of: 'globex', by: await world.tenon.key(['globex']) }))
  assert.match(fresh, /Key and connection.*Action and input.*Token.*None was at hand.*Limits.*New token.*fetched from the authorization server.*Request to the service200.*127\.0\.0\.1:\d+ began to answer.*Answer/s)
  const refused = await call('/employees?colour=red')
  assert.match(await ways(refused), /Action and input.*an input that does not fit\. \(param_unknown\)$/s)
  await page.getByText('Ended with param_unknown.').waitFor()
  assert.equal(await page.getByLabel('Copy the request id').count(), 1)
})

test('a caller sees its own', { skip: missing }, async () => {
  await call('/employees', { of: 'hooli', by: await world.tenon.key(['hooli']) })
  const page = await world.open('#/activity', { key })
  await row(page, /ListEmployees/).first().waitFor()
  assert.equal(await row(page, /hooli/).count(), 0)
})

test('use over the last hour and day, as pictures and as figures', { skip: missing }, async () => {
  const { tenon } = world
  const minute = Math.floor(Date.now() / 60_000), quarter = Math.floor(minute / 15)
  // [at, calls, throttled, upstream_429, errors, token requests, how long they took…]
  const none = { total: [], actions: {}, keys: {} }
  const of = (total) => ({ ...none, total })
  const plain = JSON.stringify({ minutes: of([[minute - 30, 90, 10, 0, 4, 1, 0, 0, 0, 40, 40]]), quarters: of([[quarter - 40, 1200, 0, 0, 0, 1, 0, 0, 0, 1200], [quarter - 2, 90, 10, 0, 4, 1, 0, 0, 0, 40, 40]]), hours: none })
  await tenon.halt()
  const store = new DatabaseSync(join(tenon.data, 'tenon.db'))
  store.prepare('INSERT OR REPLACE INTO record(kind, id, generation, changed_at, plain) VALUES (?, ?, 1, ?, ?)').run('usage', 'globex', Date.now(), plain)
  store.close()
  await tenon.start()
  const page = await world.open('#/connections/globex')
  const use = page.getByRole('region', { name: 'Use' })
  const total = async (name) => use.locator('.totals div', { hasText: name }).locator('dd').textContent()
  await use.locator('.totals').waitFor()
  assert.deepEqual([await total('Calls'), await total('Held back'), await total('Failed')], ['90', '10', '4'])
  assert.equal(await use.locator('canvas').count(), 2, 'two pictures')
  await use.getByText('The same as a table').click()
  assert.match(await use.getByRole('row').nth(1).textContent(), /^\d\d:\d\d90104.* ms/)
  await use.getByRole('button', { name: 'Last day' }).click()
  await until('the day', async () => await total('Calls') === '1,290')
  // New calls come to it by themselves, and pointing at a bar tells of it.
  const box = await use.locator('.chart').first().boundingBox()
  await page.mouse.move(box.x + box.width / 2, box.y + 60)
  await use.locator('.legend-time').first().waitFor()
})

test('the window of a limit fills and drains before one’s eyes', { skip: missing }, async () => {
  const page = await world.open('#/connections/hooli')
  const limits = page.getByRole('region', { name: 'Limits' })
  const by = await world.tenon.key(['hooli'])
  const used = async () => Number(await limits.locator('.window-figure b').textContent())
  await limits.locator('.window-figure').waitFor()
  const before = await used()
  for (let i = 0; i < 5; i++) await call('/employees', { of: 'hooli', by })
  await until('five more', async () => await used() === before + 5)
  await limits.getByText(/The oldest call leaves in \d+.s/).waitFor()
  await Promise.all(Array.from({ length: 100 }, () => call('/employees', { of: 'hooli', by })))
  await limits.getByText(/It is full\. The next call is let through in/).waitFor()
  assert.equal(await used(), 100)
})

test('by keyboard: from the list to a call, and back', { skip: missing }, async () => {
  await call()
  const page = await world.open('#/activity')
  const link = page.getByRole('link', { name: 'ListEmployees' }).first()
  await link.waitFor()
  await page.getByRole('button', { name: 'Pause' }).focus()
  await page.keyboard.press('Enter')
  await page.getByText('Paused', { exact: true }).waitFor()
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate(() => document.activeElement.type), 'search')
  await link.focus()
  await page.keyboard.press('Enter')
  await heading(page, 'ListEmployees').waitFor()
  await until('the page to have the focus', () => page.evaluate(() => document.activeElement.id === 'main'))
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await heading(page, 'Activity').waitFor()
})
