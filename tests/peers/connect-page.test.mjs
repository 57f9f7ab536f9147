// SPDX-License-Identifier: MIT
// The connect page as people meet it, in a real browser: every shipped connector's, every golden case's. It can be read
// (axe-core, WCAG 2.1 AA, both themes, a phone and a desk), reached by keyboard, used without JavaScript, and whatever a
// definition says stays text.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { parse } from 'yaml'

import { servePages, startBrowser } from './lib/chromium.mjs'
import { ROOT, TENON, missing } from './lib/tenon.mjs'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const ALL = { runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] } }
// A theme is other colours, and nothing else.
const THEMES = { light: ALL, dark: { runOnly: ['color-contrast'] } }
const WIDTHS = [360, 1440]
const CASES = join(ROOT, 'tests/cases/connect')

const render = (...args) => execFileSync(TENON, ['connect-page', ...args], { encoding: 'utf8', maxBuffer: 1 << 26 })
const pages = new Map()
let browser, server, folder

function addShipped(file) {
  const id = file.replace('.yaml', ''), path = join(ROOT, 'connectors', file)
  const { connection } = parse(readFileSync(path, 'utf8'))
  for (const auth of Object.keys(connection.auth ?? { none: 0 })) {
    pages.set(`/${id}/${auth}`, connection.auth ? render(path, '--auth', auth) : render(path))
  }
  pages.set(`/${id}/refused`, render(path, '--stage', 'refused'))
}

before(async () => {
  if (missing) return
  folder = mkdtempSync(join(tmpdir(), 'tenon-connect-page-'))
  readdirSync(join(ROOT, 'connectors')).filter((file) => file.endsWith('.yaml')).forEach(addShipped)
  for (const name of readdirSync(CASES)) pages.set(`/case/${name}`, readFileSync(join(CASES, name, 'page.html'), 'utf8'))
  server = await servePages(pages, render('--style'))
  browser = await startBrowser()
})
after(async () => {
  await browser?.close()
  await server?.stop()
  if (folder) rmSync(folder, { recursive: true })
})

// A tab that must not ask for anything but its page and the style, nor show a dialog, nor complain.
async function openTab(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })
  const page = await context.newPage()
  page.faults = []
  page.on('dialog', (dialog) => { page.faults.push(`dialog ${dialog.message()}`); dialog.dismiss() })
  page.on('pageerror', (error) => page.faults.push(error.message))
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && page.faults.push(message.text()))
  page.on('request', (request) => {
    const { origin, pathname } = new URL(request.url())
    if (origin !== server.url || !(pages.has(pathname) || pathname.endsWith('/style.css'))) page.faults.push(`request ${request.url()}`)
  })
  return page
}

async function open(path, options) {
  const page = await openTab(options)
  await page.goto(server.url + path)
  return page
}

async function close(page, path) {
  await page.context().close()
  assert.deepEqual(page.faults, [], path)
}

// A page that comes again by itself is shown only to whoever asked for that, and can be stopped (WCAG 2.2.1).
const judged = (path, rules) => (path === '/case/watching' ? { ...rules, rules: { ...rules.rules, 'meta-refresh': { enabled: false } } } : rules)

test('every page can be read by everybody, in both themes, on a phone and at a desk', { skip: missing, timeout: 600_000 }, async () => {
  assert.ok(pages.size >= 30, `${pages.size} pages`)
  const found = []
  const page = await openTab()
  for (const path of pages.keys()) {
    await page.goto(server.url + path)
    await page.evaluate(AXE)
    for (const width of WIDTHS) for (const [theme, rules] of Object.entries(THEMES)) {
      await page.setViewportSize({ width, height: 900 })
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
      const { violations, passes } = await page.evaluate((options) => globalThis.axe.run(globalThis.document, options), judged(path, rules))
      if (!passes.length) found.push(`${path}: nothing was judged`)
      for (const { id, nodes } of violations) found.push(`${path} ${width} ${theme}: ${id}: ${nodes.map((node) => `${node.html.slice(0, 120)} ${node.failureSummary}`).join('; ')}`)
      const wide = await page.evaluate(() => globalThis.document.documentElement.scrollWidth)
      if (wide > width) found.push(`${path}: ${wide} pixels do not fit into ${width}`)
    }
  }
  await close(page)
  assert.deepEqual(found, [])
})

// What Tab reaches, and whether one sees where one is.
async function tabThrough(page) {
  const reached = []
  for (let i = 0; i < 100; i++) {
    await page.keyboard.press('Tab')
    const stop = await page.evaluate(() => {
      const e = globalThis.document.activeElement
      if (!e || e === globalThis.document.body) return null
      const ring = (style) => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
      const visible = ring(globalThis.getComputedStyle(e)) || ring(globalThis.getComputedStyle(e, '::after'))
      return { index: [...globalThis.document.querySelectorAll('*')].indexOf(e), tag: e.outerHTML.slice(0, 80), visible }
    })
    if (stop && stop.index === reached.at(-1)?.index) continue // the parts of a date
    if (!stop || reached.some(({ index }) => index === stop.index)) break
    reached.push(stop)
  }
  return reached
}

test('the keyboard reaches everything, in the order of the page, and one sees where', { skip: missing }, async () => {
  for (const path of ['/ukg-pro-wfm/client_credentials', '/case/every-kind-of-field', '/case/several-ways', '/case/failed']) {
    const page = await open(path, { javaScriptEnabled: false })
    const expected = await page.evaluate(() => {
      const all = [...globalThis.document.querySelectorAll('*')]
      const groups = new Set()
      return all.map((e, index) => ({ e, index })).filter(({ e }) => e.matches('a[href], summary, button, select, textarea, input:not([type=hidden])'))
        .filter(({ e }) => e.type !== 'radio' || (!groups.has(e.name) && groups.add(e.name))).map(({ index }) => index)
    })
    const reached = await tabThrough(page)
    assert.deepEqual(reached.map(({ index }) => index), expected, path)
    assert.deepEqual(reached.filter(({ visible }) => !visible), [], path)
    await close(page, path)
  }
})

test('a refused form is begun at what is wrong with it, and leads to the fields', { skip: missing }, async () => {
  const page = await open('/case/refused', { javaScriptEnabled: false })
  assert.equal(await page.evaluate(() => globalThis.document.activeElement.getAttribute('role')), 'alert')
  assert.equal(await page.title(), 'Error: Connect Sample')
  await page.getByRole('link', { name: 'Host: Is no host name.' }).press('Enter')
  await page.keyboard.type('c')
  assert.match(await page.getByLabel('Host').inputValue(), /c/)
  const described = await page.getByLabel('Host').evaluate((e) => e.getAttribute('aria-describedby').split(' ').map((id) => globalThis.document.getElementById(id).textContent))
  assert.deepEqual(described, ['Error: Is no host name.', 'Of your tenant.'])
  await close(page, '/case/refused')
})

test('the form is filled in and sent without JavaScript', { skip: missing }, async () => {
  const path = '/case/every-kind-of-field'
  const page = await open(path, { javaScriptEnabled: false })
  server.requests.length = 0
  const connect = page.getByRole('button', { name: 'Connect' })
  await page.getByLabel('Tenant address').fill('https://acme.example.org')
  await page.getByLabel('Retries').fill('3')
  await page.getByLabel('Europe').check()
  await page.getByLabel('Key', { exact: false }).first().fill('k<e>y "\'& ü')
  await page.getByLabel('Private key').fill('-----BEGIN KEY-----\nAAAA\n-----END KEY-----')
  await connect.click()
  assert.equal(await page.getByLabel('Tenant address').evaluate((e) => e.validity.patternMismatch), true)
  assert.deepEqual(server.requests, [], 'a browser keeps what it can tell to be wrong')
  await page.getByLabel('Tenant address').fill('https://acme.example.com/')
  page.faults.length = 0
  page.removeAllListeners('request')
  await connect.click()
  await page.waitForURL('**/connect/abc')
  const [{ method, url, form }] = server.requests
  assert.deepEqual([method, url], ['POST', '/connect/abc'])
  assert.deepEqual([...form], [
    ['csrf', 'token'], ['auth', 'key'], ['p.tenant', 'https://acme.example.com/'], ['p.mail', ''], ['p.since', '2020-01-31'], ['p.port', '443'],
    ['p.share', ''], ['p.retries', '3'], ['p.archived', 'false'], ['p.archived', 'true'], ['p.region', 'eu'], ['p.language', ''], ['p.level', '3'],
    ['p.kind', 'web'], ['p.anything', ''], ['p.api_key', 'k<e>y "\'& ü'], ['p.certificate', ''],
    ['p.private_key', '-----BEGIN KEY-----\r\nAAAA\r\n-----END KEY-----'],
  ])
  await close(page, path)
})

test('another way to sign in is a click away, without JavaScript', { skip: missing }, async () => {
  const page = await open('/ukg-pro-wfm/client_credentials', { javaScriptEnabled: false })
  server.requests.length = 0
  page.removeAllListeners('request')
  await page.locator('.ways li', { hasText: 'Sign in as a user' }).click({ position: { x: 300, y: 60 } }) // all of the card leads there
  await page.waitForURL('**auth=authorization_code#form')
  assert.deepEqual(server.requests.map(({ method, url }) => [method, url]), [['GET', '/connect/preview?auth=authorization_code']])
  await close(page, 'ways')
})

test('what a hostile definition says stays text', { skip: missing }, async () => {
  for (const name of ['hostile-form', 'hostile-failed']) {
    const page = await open(`/case/${name}`)
    const seen = await page.evaluate(() => ({
      strangers: [...globalThis.document.querySelectorAll('script, img, iframe, style, u, b, object, embed, base, [onerror], [onload], [onfocus], [onmouseover], [style]')].map((e) => e.outerHTML),
      protocols: [...new Set([...globalThis.document.querySelectorAll('[href], [action], [src]')].map((e) => new URL(e.href ?? e.action ?? e.src).protocol))],
      forms: globalThis.document.forms.length,
    }))
    assert.deepEqual(seen.strangers, [])
    assert.ok(seen.protocols.every((protocol) => ['http:', 'https:'].includes(protocol)), String(seen.protocols))
    assert.equal(seen.forms, name === 'hostile-form' ? 1 : 0)
    for (const link of await page.locator('.card a').all()) await link.hover()
    await close(page, name)
  }
})

// Values that some of the patterns match and others do not.
const PATTERNS = ['^[a-z0-9]+$', 'abc', '^abc', 'abc$', '^a|b$', '^[-a]+$', '^[^a-]+$', '^[a-c-e]+$', '^[\\w-.]+$', '^[()[{}/|]+$', '^[&&!!]+$', '^[\\]\\\\^]+$',
  '^a{2}b{1,}c{0,3}$', '^{a}$', '^a{,2}\\]$', '^[\\u0041-\\x5a]+$', '^(?<name>a)(?:b)$', '^[à-ÿ]+$', '^\\S+@\\S+$', '^$', '\\$$', '^[^\\s]{3,}$', 'a.c', '^[A-F0-9]{4}(-[A-F0-9]{4})*$']
const VALUES = ['abc', 'xabcx', 'a', 'b', 'ab', 'xb', 'aab', 'aabccc', 'a-a', '-', 'd', 'e', 'a_b.c-d', '([{}/|])', '&&', '&!', ']\\^', '{a}', 'a{,2}]', 'AZ', 'é', 'a@b', '$', 'x$', 'a\u{1F600}c', '0A1F-22BB']

// FORMAT 4: code points, and lenient about braces and hyphens, which JavaScript has in no one mode.
function asTheHost(pattern) {
  try { return new RegExp(pattern, 'u') } catch { return new RegExp(pattern) }
}

test('the browser refuses the same values as the host', { skip: missing }, async () => {
  const file = join(folder, 'patterns.yaml')
  writeFileSync(file, `tenon: 1
id: patterns
title: Patterns
version: 1.0.0
description: Has patterns.
publisher: {name: Sample}
hosts: [api.example.com]
base_url: https://api.example.com
connection:
  parameters:
${PATTERNS.map((pattern, i) => `    p${i}: {type: string, pattern: ${JSON.stringify(pattern)}}`).join('\n')}
actions:
  Get: {summary: Get, method: GET, path: /}
`, { mode: 0o600 })
  pages.set('/patterns/form', render(file))
  const page = await open('/patterns/form')
  for (const [i, pattern] of PATTERNS.entries()) {
    const control = page.locator(`#field-p${i}`)
    const refused = await control.evaluate((e, values) => values.map((value) => { e.value = value; return e.validity.patternMismatch }), VALUES)
    assert.deepEqual(refused, VALUES.map((value) => !asTheHost(pattern).test(value)), pattern)
  }
  await close(page, 'patterns')
})
