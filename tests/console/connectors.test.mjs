// SPDX-License-Identifier: MIT
// The console's catalogue: what there is, what each can do, its file as it changes, and how it is used elsewhere.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import { promisify } from 'node:util'

import { ADMIN_KEY, missing } from '../peers/lib/tenon.mjs'
import { until } from '../peers/lib/util.mjs'
import { heading, people, startConsole } from './lib/console.mjs'

let world
before(async () => { if (!missing) world = await startConsole({ shipped: ['pingone'] }) })
afterEach(() => world?.leave())
after(() => world?.stop())

test('the catalogue finds a connector by a part of its name', { skip: missing }, async () => {
  const page = await world.open('#/connectors')
  await heading(page, 'Connectors').waitFor()
  assert.deepEqual(await page.locator('.card h2').allTextContents(), ['People directory', 'PingOne', 'Token service'])
  assert.equal(await page.locator('.card', { hasText: 'People directory' }).locator('rect').getAttribute('fill'), '#0f766e')
  await page.getByLabel('Search connectors').fill('ping')
  await until('one to be left', async () => await page.locator('.card').count() === 1)
  await page.getByLabel('Search connectors').fill('zzz')
  await page.getByText('No connector is called that').waitFor()
  await page.getByLabel('Search connectors').fill('ping')
  await page.getByRole('link', { name: 'PingOne' }).click()
  await heading(page, 'PingOne').waitFor()
  assert.equal(await page.title(), 'PingOne – Tenon')
})

test('a connector tells what it needs, where it calls, and what its actions take and answer', { skip: missing }, async () => {
  const page = await world.open('#/connectors/people')
  await page.getByText('An account that may read employees.').waitFor()
  await page.getByText('Reads everybody.').waitFor()
  await page.getByText('100 calls per minute').waitFor()
  assert.equal(await page.getByRole('link', { name: 'Their instructions' }).getAttribute('href'), 'https://people.example/apps')
  await page.getByRole('tab', { name: 'Actions (3)' }).click()
  await page.getByText('List employees').click()
  const row = page.getByRole('row', { name: /limit/ })
  assert.match(await row.textContent(), /query.*integer.*How many.*20/s)
  assert.match(await page.getByRole('region', { name: 'Sample of answer 200' }).textContent(), /"id": "e-7"/)
  await page.locator('details[open]').getByRole('link', { name: 'Try it' }).click()
  await heading(page, 'Try it').waitFor()
  assert.equal(await page.getByLabel('Action').inputValue(), 'ListEmployees')
})

test('a page that is left open does not keep its person signed in, and asks for nothing that did not change', { skip: missing }, async () => {
  const { page } = await world.visit('', { key: ADMIN_KEY })
  const asked = []
  page.on('request', (request) => /\/v1\/connectors/.test(request.url()) && asked.push(request))
  await page.clock.install()
  await page.goto(`${world.tenon.url}/#/connectors/people?tab=definition`)
  await page.reload()
  await page.getByRole('region', { name: 'people.yaml' }).getByText('brand_color').waitFor()
  const before = asked.length
  for (let i = 1; i <= 3; i++) {
    const answered = page.waitForResponse(/\/v1\/connectors\/people$/)
    await page.clock.runFor(10_000)
    await answered
  }
  await page.getByRole('region', { name: 'people.yaml' }).getByText('brand_color').waitFor()
  const later = asked.slice(before)
  assert.ok(later.length <= 4, `asked ${later.length} times: thrice for the time, and once where the stream opened late`)
  assert.deepEqual(later.map((request) => [new URL(request.url()).pathname, request.headers()['x-tenon-background']]), later.map(() => ['/v1/connectors/people', '1']))
})

test('its file is shown as it changes, with what is wrong at the line', { skip: missing }, async () => {
  const page = await world.open('#/connectors/people?tab=definition')
  const text = people(world)
  const lineOf = (part) => text.split('\n').findIndex((line) => line.includes(part)) + 1
  const code = page.getByRole('region', { name: 'people.yaml' })
  await code.getByText('brand_color').waitFor()
  assert.equal(await code.locator('.line').count(), text.trimEnd().split('\n').length)
  world.tenon.save('people', text.replace('version: 2.1.0', 'versoin: 2.1.0'))
  await page.getByText('The version before stays in service').waitFor()
  const mark = code.locator('.mark', { hasText: 'did you mean `version`' })
  await mark.waitFor()
  const marked = code.locator('.line.marked', { hasText: 'versoin' })
  assert.equal(await marked.getAttribute('data-line'), String(lineOf('version: 2.1.0')))
  world.tenon.save('people', text.replace('version: 2.1.0', 'version: 2.2.0'))
  await mark.waitFor({ state: 'detached' })
  await code.getByText('2.2.0').waitFor()
})

test('a file that was never good has its place, and goes', { skip: missing }, async () => {
  const page = await world.open('#/connectors')
  await page.getByText('Token service').waitFor()
  world.tenon.save('unfinished', 'tenon: 1\nid: unfinished\ntitel: X\n')
  const card = page.locator('.card', { hasText: 'unfinished' })
  await card.getByText(/faults in its file/).waitFor()
  await card.getByRole('link').click()
  await page.getByText('did you mean `title`?').first().waitFor()
  rmSync(join(world.tenon.connectors, 'unfinished.yaml'))
  await page.getByText('There is no such thing here').waitFor({ timeout: 20000 })
})

const platform = async (page, name) => {
  await page.getByRole('button', { name, exact: true }).click()
  await page.getByRole('heading', { name: `Use it in ${name}` }).waitFor()
}

test('each platform gets the address that it takes', { skip: missing }, async () => {
  const page = await world.open('#/connectors/people?tab=use', { permissions: ['clipboard-read', 'clipboard-write'] })
  for (const [name, version] of [['Power Automate', /"swagger":\s*"2\.0"/], ['Logic Apps', /"swagger":\s*"2\.0"/], ['Copilot Studio', /"swagger":\s*"2\.0"/], ['Postman', /"openapi":\s*"3\.0\.3"/]]) {
    await platform(page, name)
    await page.getByLabel('Connection', { exact: true }).selectOption('-')
    await page.getByRole('button', { name: 'Copy document address' }).click()
    const address = await page.evaluate(() => navigator.clipboard.readText())
    const answer = await world.tenon.request(address.slice(world.tenon.url.length), { key: null }) // which no import sends
    assert.match(answer.text, version)
    await page.getByLabel('Connection', { exact: true }).selectOption('acme')
    const link = page.getByRole('listitem').filter({ hasText: 'names the connection' }).getByRole('link', { name: 'Save the document' })
    const [file] = await Promise.all([page.waitForEvent('download'), link.click()])
    const document = readFileSync(await file.path(), 'utf8')
    assert.match(document, version)
    assert.match(document, /people\/acme/)
  }
  await page.getByText(/calls from its provider's network/).waitFor({ state: 'detached' })
  await platform(page, 'Power Automate')
  await page.getByText("this host's address is on this machine only").waitFor()
  const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Save the solution' }).click()])
  assert.equal(saved.suggestedFilename(), 'people.zip')
  assert.deepEqual([...readFileSync(await saved.path()).subarray(0, 4)], [0x50, 0x4b, 3, 4])
})

test('commands and flows for one action work as they are', { skip: missing }, async () => {
  const page = await world.open('#/connectors/people?tab=use&connection=acme')
  const key = await world.tenon.key(['acme'])
  for (const name of ['curl', 'n8n']) {
    await platform(page, name)
    await page.getByLabel('Action').selectOption('ListEmployees')
    const command = await page.getByRole('region', { name: 'curl command' }).textContent()
    const { stdout } = await promisify(execFile)('sh', ['-c', command], { env: { ...process.env, TENON_KEY: key } })
    assert.deepEqual(JSON.parse(stdout).employees[0].name, 'Ada')
  }
  await platform(page, 'Node-RED')
  await page.getByLabel('Action').selectOption('GetEmployee')
  const flow = JSON.parse(await page.getByRole('region', { name: 'flow' }).textContent())
  const ids = flow.map((node) => node.id)
  assert.equal(new Set(ids).size, ids.length)
  for (const wire of flow.flatMap((node) => node.wires ?? []).flat()) assert.ok(ids.includes(wire))
  assert.equal(flow.find((node) => node.type === 'http request').url, `${world.tenon.url}/run/people/acme/employees/{{{payload.id}}}`)
})

test('a caller reads what its connections are of, and makes nothing', { skip: missing }, async () => {
  const page = await world.open('#/connectors/people?tab=definition', { key: await world.tenon.key(['acme']) })
  await page.getByRole('region', { name: 'people.yaml' }).waitFor()
  assert.equal(await page.getByRole('link', { name: 'Connect', exact: true }).count(), 0)
  await page.goto(`${world.tenon.url}/#/connectors/tokens?tab=definition`)
  await page.getByText("none of this key's connections is of a connector").waitFor()
})
