// SPDX-License-Identifier: MIT
// The way of somebody new, as docs/CONSOLE.md tells it: from the set-up link to the address that Power Automate imports, with nothing but
// what the pages say. TENON_SHOTS=docs/console writes the page's pictures anew.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { AUTHORIZATION, ENVIRONMENT_ID, pingOneConnector, REGION, startPingOneApi, WORKER } from '../../demo/pingone.mjs'
import { startAuthorizationServer } from '../peers/lib/authorization-server.mjs'
import { startBrowser } from '../peers/lib/chromium.mjs'
import { missing, ROOT, startTenon } from '../peers/lib/tenon.mjs'
import { until } from '../peers/lib/util.mjs'
import { heading } from './lib/console.mjs'
import { Person } from './lib/person.mjs'

const shots = process.env.TENON_SHOTS
let server, pingOne, tenon, browser

before(async () => {
  if (missing) return
  server = await startAuthorizationServer(AUTHORIZATION)
  pingOne = await startPingOneApi(server)
  // The demo's connectors, as ./dev demo has them, beside shipped ones.
  const demo = readFileSync(join(ROOT, 'demo/connectors/demo.yaml'), 'utf8').replaceAll('@PORT@', server.port)
  const connectors = { demo, pingone: pingOneConnector(server.url, pingOne.url) }
  tenon = await startTenon({ connectors, shipped: ['ukg-pro-wfm', 'ukg-pro'], env: { TENON_ADMIN_KEY: undefined } })
  browser = await startBrowser()
})
after(async () => {
  await browser?.close()
  await tenon?.stop()
  await pingOne?.stop()
  await server?.stop()
})

test('from the set-up link to the address that Power Automate imports', { skip: missing }, async () => {
  const person = await Person.at(browser, tenon.url, { width: 1120, height: 700 })
  const { page } = person
  const shoot = async (name) => { if (shots) await page.screenshot({ path: join(ROOT, shots, `${name}.png`), animations: 'disabled' }) }
  try {
    await page.goto((await until('the link', () => { try { return readFileSync(join(tenon.data, 'setup'), 'utf8') } catch { return null } })).trim())
    await page.getByRole('button', { name: 'Make the first admin key' }).waitFor()
    await shoot('set-up')
    await page.getByRole('button', { name: 'Make the first admin key' }).click()
    tenon.secrets.add(await page.getByLabel('Admin key').textContent())
    await page.getByRole('button', { name: 'I have kept it' }).click()

    await heading(page, 'Connectors').waitFor()
    await page.getByRole('link', { name: 'UKG Pro Workforce Management' }).waitFor()
    await shoot('connectors')
    await page.getByRole('link', { name: 'PingOne' }).click()
    await page.getByRole('link', { name: 'Connect', exact: true }).click()
    const dialog = page.getByRole('dialog', { name: 'New connection' })
    await dialog.getByLabel('Title').fill('Acme')
    assert.equal(await dialog.getByLabel('Name').inputValue(), 'acme')
    await shoot('new-connection')
    await dialog.getByRole('button', { name: 'Fill it in now' }).click()
    await page.getByLabel('Region').selectOption({ label: REGION.title })
    await page.getByLabel('Environment ID').fill(ENVIRONMENT_ID)
    await page.getByLabel('Client ID').first().fill(WORKER.client_id)
    await page.getByLabel('Client secret').first().fill(WORKER.client_secret)
    await shoot('connect-page')
    await page.getByRole('button', { name: 'Connect' }).click()
    await page.getByRole('link', { name: /back|return|continue/i }).click()

    await heading(page, 'Acme').waitFor()
    await page.getByRole('button', { name: 'Test it' }).click()
    await page.getByText('It works.').waitFor()
    await shoot('connection')
    await page.getByRole('link', { name: 'Try it' }).last().click()
    await heading(page, 'Try it').waitFor()
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByText('It went well').waitFor()
    await shoot('try-it')

    await page.getByRole('link', { name: 'Connections' }).click()
    await page.getByRole('link', { name: 'Acme' }).click()
    await page.getByRole('link', { name: 'Use it in…' }).click()
    await page.getByLabel('document address', { exact: true }).waitFor()
    const address = await page.getByLabel('document address', { exact: true }).textContent()
    await shoot('use-it')
    const answer = await tenon.request(address.slice(tenon.url.length))
    assert.equal(answer.json.swagger, '2.0')

    await page.getByRole('button', { name: 'Make a key for it' }).click()
    const making = page.getByRole('dialog')
    assert.ok(await making.getByLabel('acme').isChecked(), 'the only connection there is')
    await making.getByRole('button', { name: 'Make the key' }).click()
    const key = await making.getByLabel('Key', { exact: true }).textContent()
    tenon.secrets.add(key)
    await making.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('link', { name: 'Keys' }).click()
    await page.getByRole('row', { name: /acme/ }).waitFor()
    await shoot('keys')

    // A flow calls, once as it should not.
    for (let i = 0; i < 12; i++) await tenon.post(`/run/pingone/acme/${i === 8 ? 'GetAccessToken?colour=red' : 'GetAccessToken'}`, { key, echo: true })
    await page.goto(`${tenon.url}/#/connections/acme`)
    await page.locator('.chart canvas').first().waitFor()
    await page.locator('.window-figure').waitFor()
    await page.setViewportSize({ width: 1280, height: 760 }) // the window stands beside
    await shoot('use')
    await page.setViewportSize({ width: 1120, height: 700 })
    await page.goto(`${tenon.url}/#/activity`)
    await page.getByRole('row', { name: /GetAccessToken.*param_unknown/ }).waitFor()
    await shoot('activity')
    await page.getByRole('link', { name: 'GetAccessToken', exact: true }).last().click()
    await page.locator('.way-line li').first().waitFor()
    await shoot('trace')
    await page.goto(`${tenon.url}/#/reference?connector=pingone`)
    await page.locator('.opblock').first().waitFor()
    await shoot('api')
  } finally {
    await person.leave()
  }
})
