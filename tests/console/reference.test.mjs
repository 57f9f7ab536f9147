// SPDX-License-Identifier: MIT
// The API reference: Swagger UI, served by the host alone, under the console's policy.
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'

import { missing } from '../peers/lib/tenon.mjs'
import { until } from '../peers/lib/util.mjs'
import { SIZES, startConsole } from './lib/console.mjs'

const PATIENCE_MS = 120_000 // a viewer of 1.7 MB on a busy machine

let world
before(async () => { if (!missing) world = await startConsole({ shipped: ['ukg-pro-wfm'] }) })
afterEach(() => world?.leave())
after(() => world?.stop())

// Everything that the browser asks for, by whatever means; what would leave the host is stopped and told.
async function open(hash, options) {
  const page = await world.open('', options)
  page.setDefaultTimeout(PATIENCE_MS)
  const outside = []
  await page.context().route((url) => url.origin !== world.tenon.url && !/^(data|blob):/.test(url.href), (route) => {
    outside.push(route.request().url())
    return route.abort()
  })
  await page.goto(`${world.tenon.url}/${hash}`)
  await page.locator('.opblock').first().waitFor({ timeout: PATIENCE_MS })
  return { page, outside }
}

test('Tenon’s own API, and nothing from anywhere else', { skip: missing }, async () => {
  const { page, outside } = await open('#/reference')
  const told = await page.locator('.opblock-summary-path').allTextContents()
  const { paths } = (await world.tenon.request('/v1/openapi.json')).json
  const known = Object.keys(paths).map((path) => path.replaceAll('​', ''))
  assert.deepEqual([...new Set(told.map((path) => path.replaceAll('​', '')))].sort(), known.sort())
  await page.locator('#operations-Calls-showCall').getByRole('button').first().click()
  await page.getByText('From the key to the service and back, with times.').waitFor()
  assert.deepEqual(outside, [])
})

test('the document of a connector, in each version', { skip: missing }, async () => {
  const { page, outside } = await open('#/reference?connector=people')
  for (const version of ['3.1', '3.0', '2.0']) {
    await page.getByLabel('Version of OpenAPI').selectOption(version)
    await page.locator('.version-stamp, .version').getByText(version === '2.0' ? '2.0' : `OAS ${version}`, { exact: false }).first().waitFor()
    await until('its actions', async () => (await page.locator('.opblock-summary-description').allTextContents()).includes('Hire an employee'))
  }
  await page.getByLabel('Document').selectOption('ukg-pro-wfm')
  await page.getByText('Get an OAuth access token').waitFor()
  assert.match(await page.getByRole('link', { name: 'Download' }).getAttribute('href'), /^v1\/connectors\/ukg-pro-wfm\/openapi\.json\?version=2\.0$/)
  assert.equal(await page.getByRole('button', { name: 'Authorize' }).count(), 0, 'it sends nothing')
  assert.equal(await page.getByRole('button', { name: 'Try it out' }).count(), 0)
  assert.deepEqual(outside, [])
})

test('it is loaded where it is opened, takes its style along, and fits a phone', { skip: missing }, async () => {
  const page = await world.open('#/connections', { size: SIZES[0][1], theme: 'dark' })
  const loaded = []
  page.on('request', (request) => loaded.push(request.url()))
  const viewer = () => loaded.filter((url) => /viewer-|swagger/.test(url)).length
  await page.locator('tbody tr').first().waitFor()
  assert.equal(viewer(), 0)
  await page.goto(`${world.tenon.url}/#/reference?connector=people`)
  await page.locator('.opblock').first().waitFor({ timeout: PATIENCE_MS })
  assert.equal(viewer(), 2)
  assert.ok(await page.evaluate(() => document.documentElement.classList.contains('dark-mode')))
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  assert.ok(wide <= 0, `${wide} px too wide`)
  await page.goto(`${world.tenon.url}/#/connections`)
  await page.locator('tbody tr').first().waitFor()
  assert.ok(!(await page.evaluate(() => document.documentElement.classList.contains('dark-mode'))))
  assert.equal(await page.locator('link[href*=swagger]').count(), 0)
})

test('where the viewer does not come, it is said', { skip: missing }, async () => {
  const page = await world.open()
  await page.route(/viewer-/, (route) => route.abort())
  await page.goto(`${world.tenon.url}/#/reference?connector=people`)
  await page.getByText('This page could not be loaded').waitFor()
})
