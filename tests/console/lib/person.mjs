// SPDX-License-Identifier: MIT
// A person at the console: a real browser, in a context of its own, that notices what no page may do - errors, dialogs, requests to
// elsewhere, what the content security policy refused.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']
// Answers that a test brings about on purpose are told by the browser as errors of loading.
const EXPECTED = /Failed to load resource/

export class Person {
  constructor(context, page, url) {
    Object.assign(this, { context, page, url })
    this.faults = []
    page.on('console', (message) => { if (message.type() === 'error' && !EXPECTED.test(message.text())) this.faults.push(message.text()) })
    page.on('pageerror', (error) => this.faults.push(String(error)))
    page.on('dialog', (dialog) => { this.faults.push(`dialog: ${dialog.message()}`); return dialog.dismiss() })
    page.on('request', (request) => { if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url())) this.faults.push(`asked for ${request.url()}`) })
  }

  static async at(browser, url, { width = 1280, height = 900, ...options } = {}) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: 'light', bypassCSP: false, ...options })
    context.setDefaultTimeout(60000) // a busy machine is no fault of the page
    return new Person(context, await context.newPage(), url)
  }

  async open(hash = '') {
    await this.page.goto(`${this.url}/${hash}`)
    return this
  }

  async signIn(key) {
    await this.open()
    await this.page.getByLabel('Key').fill(key)
    await this.page.getByRole('button', { name: 'Sign in' }).click()
    await this.page.locator('#main').waitFor()
    return this
  }

  // To a page of the console, as by its navigation, and until its heading is there.
  async go(hash, heading) {
    await this.page.evaluate((to) => { location.hash = to }, hash)
    await this.page.getByRole('heading', { level: 1, name: heading }).waitFor()
    return this
  }

  // WCAG 2.1 AA by axe-core, which runs beside the page, where its policy does not hold.
  async assertAccessible(what) {
    const client = await this.context.newCDPSession(this.page)
    const { result: known } = await client.send('Runtime.evaluate', { expression: 'typeof axe' })
    if (known.value === 'undefined') await client.send('Runtime.evaluate', { expression: AXE })
    const { result } = await client.send('Runtime.evaluate', {
      expression: `axe.run(document, {runOnly: ${JSON.stringify(WCAG)}}).then((told) => JSON.stringify(told.violations.map((v) => [v.id, v.nodes.map((n) => n.target.join(' ') + ': ' + n.failureSummary)])))`,
      awaitPromise: true,
    })
    await client.detach()
    assert.deepEqual(JSON.parse(result.value), [], what)
  }

  async assertNoSidewaysScrolling(what) {
    const wide = await this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    assert.ok(wide <= 0, `${what} is ${wide} px too wide`)
  }

  async leave() {
    await this.context.close()
    assert.deepEqual(this.faults, [])
  }
}
