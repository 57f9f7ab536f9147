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
let server, pingOne, tenon, browser, adminKey

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

// As the demo says, but for what is given.
async function fill(page, given = {}) {
  const { region, environment_id, client_id, client_secret } = { region: REGION.value, environment_id: ENVIRONMENT_ID, ...WORKER, ...given }
  await page.getByLabel('Region').selectOption(region)
  await page.getByLabel('Environment ID').fill(environment_id)
  await page.getByLabel('Client ID').fill(client_id)
  await page.getByLabel('Client secret').fill(client_secret)
}

test('from the set-up link to the address that Power Automate imports', { skip: missing }, async () => {
  const person = await Person.at(browser, tenon.url, { width: 1120, height: 700 })
  const { page } = person
  const shoot = async (name, fullPage = false) => { if (shots) await page.screenshot({ path: join(ROOT, shots, `${name}.png`), animations: 'disabled', fullPage }) }
  try {
    await page.goto((await until('the link', () => { try { return readFileSync(join(tenon.data, 'setup'), 'utf8') } catch { return null } })).trim())
    await page.getByRole('button', { name: 'Make the first admin key' }).waitFor()
    await shoot('set-up')
    await page.getByRole('button', { name: 'Make the first admin key' }).click()
    adminKey = await page.getByLabel('Admin key').textContent()
    tenon.secrets.add(adminKey)
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
    await fill(page)
    await shoot('connect-page', true)
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

test('what somebody new types wrong is told where it happened', { skip: missing }, async () => {
  const person = await Person.at(browser, tenon.url, { width: 1120, height: 700 })
  const { page } = person
  const send = (values) => fill(page, values).then(() => page.getByRole('button', { name: 'Connect' }).click())
  try {
    await person.signIn(` ${adminKey} `)
    await page.goto(`${tenon.url}/#/connections?new=pingone`)
    const dialog = page.getByRole('dialog', { name: 'New connection' })
    assert.equal(await dialog.getByLabel('Name').inputValue(), 'pingone')
    for (const [name, fault] of [['acme', /connection of this name already/], ['Acme Two', /a-z, 0-9 and -/]]) {
      await dialog.getByLabel('Name').fill(name)
      await dialog.getByRole('button', { name: 'Fill it in now' }).click()
      await dialog.getByText(fault).waitFor()
      assert.equal(await dialog.getByLabel('Name').getAttribute('aria-invalid'), 'true')
    }
    await dialog.getByLabel('Title').fill('Acmé Zwei')
    await dialog.getByLabel('Name').fill('acme-two')
    await dialog.getByRole('button', { name: 'Fill it in now' }).click()

    // The form is left, and come back to.
    await page.getByRole('link', { name: 'Cancel and go back' }).click()
    await page.getByText('acme-two was not connected').waitFor()
    await page.goBack()
    // Of another region, then of nobody, then with blanks around what was copied.
    await send({ region: 'com' })
    await page.getByText('PingOne has no such environment in this region').waitFor()
    await page.getByRole('link', { name: 'Try again' }).click()
    assert.equal(await page.getByLabel('Environment ID').inputValue(), ENVIRONMENT_ID)
    await send({ client_secret: 'wrong' })
    await page.getByText('PingOne did not accept the application').waitFor()
    await send(Object.fromEntries(Object.entries(WORKER).map(([name, value]) => [name, `  ${value} `])))
    await page.getByRole('heading', { name: 'Connected', exact: true }).waitFor()
    await page.getByRole('link', { name: 'Go back' }).click()
    await heading(page, 'Acmé Zwei').waitFor()
    await page.getByText('Worker application, Client Secret Post').waitFor()
  } finally {
    await person.leave()
  }
})
