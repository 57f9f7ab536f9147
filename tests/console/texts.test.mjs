// SPDX-License-Identifier: MIT
// Texts that others write - definitions, connections, services, addresses - are shown as text on every page: nothing of them runs,
// becomes markup or leads to a script.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, afterEach, before, test } from 'node:test'

import { CLIENTS } from '../peers/lib/authorization-server.mjs'
import { ADMIN_KEY, missing } from '../peers/lib/tenon.mjs'
import { startConsole } from './lib/console.mjs'

const EVIL = '</script></code><img src=x onerror=pwned=1><svg onload=pwned=1>{{7*7}}[m](javascript:pwned=1)\'"`${pwned=1}'
const text = JSON.stringify(EVIL)

const hostile = ({ server, api }) => `tenon: 1
id: hostile
title: ${text}
version: 1.0.0
description: ${text}
publisher: {name: ${text}}
categories: [${text}]
hosts: ["127.0.0.1"]
base_url: ${api.url}
guide: {prerequisites: [${text}], steps: [{title: ${text}, text: ${text}}], checklist: [${text}]}
connection:
  parameters:
    place: {title: ${text}, description: ${text}, type: string, default: ${text}}
    kind: {title: Kind, type: string, choices: {a: ${text}}, default: a}
  auth:
    client_credentials:
      title: ${text}
      description: ${text}
      caution: ${text}
      type: client_credentials
      parameters:
        client_id: {title: ${text}, type: string, required: true}
        client_secret: {title: ${text}, type: string, secret: true, required: true}
      token_url: ${server.url}/oauth/token
explain: {403: ${text}}
verify: Refuse
actions:
  Say:
    summary: ${text}
    description: ${text}
    method: GET
    path: /say
    tags: [${text}]
    input:
      ${text}: {in: query, title: ${text}, description: ${text}, type: string, example: ${text}, enum: [${text}, other]}
    output: {type: object, description: ${text}, properties: {${text}: {type: string, title: ${text}, description: ${text}, example: ${text}}}}
  Post: {summary: Posts, path: "/it's", input: {note: {type: string, example: ${text}}}}
  Refuse: {summary: Refuses, method: GET, path: /refuse, request: {query: {a: "\${connection.place}"}}}
`

// As of a directory of people: a schema whose members are of itself, each of them again.
const related = ({ api }) => `tenon: 1
id: related
title: Related
version: 1.0.0
description: People, and who they are to each other.
hosts: ["127.0.0.1"]
base_url: ${api.url}
schemas:
  Person:
    type: object
    properties:
      name: {type: string}
${['manager', 'assistant', 'mentor', 'partner', 'deputy', 'sponsor'].map((name) => `      ${name}: {$ref: "#/schemas/Person"}\n`).join('')}      team: {type: array, items: {$ref: "#/schemas/Person"}}
actions:
  Save: {summary: Saves a person, path: /people, input: {body: {in: body, $ref: "#/schemas/Person"}}, output: {$ref: "#/schemas/Person"}}
`

let world
before(async () => {
  if (missing) return
  world = await startConsole({ connectors: (all) => ({ hostile: hostile(all), related: related(all) }) })
  const { api, tenon } = world
  api.answer('/say', { [EVIL]: EVIL, access_token: EVIL, next: 'javascript:pwned=1' }, { 'x-evil': EVIL })
  api.answer('/refuse', { error: EVIL, error_description: EVIL }, { status: 403 })
  const made = await tenon.request('/v1/connections', { method: 'POST', key: ADMIN_KEY, json: { name: 'evil', connector: 'hostile', title: EVIL, parameters: CLIENTS.body } })
  assert.equal(made.status, 201, made.text)
  const key = await tenon.key(['evil'])
  for (const at of ['say', 'refuse', encodeURIComponent(EVIL)]) await tenon.request(`/run/hostile/evil/${at}`, { key })
  await tenon.connect('related', 'related', {}, undefined)
  tenon.save('broken', `tenon: 1\nid: broken\ntitel: ${text}\n${text}: ${text}\n`)
})
afterEach(() => world?.leave())
after(() => world?.stop())

// Where, and what is there when the page is.
const heading = (page) => page.locator('main :is(h1, h2, p)').first().waitFor()
const PLACES = [
  ['#/connectors', (page) => page.getByText('{{7*7}}').first().waitFor()],
  ['#/connectors/hostile', (page) => page.getByText('{{7*7}}').first().waitFor()],
  ['#/connectors/hostile?tab=actions', async (page) => { await page.locator('summary', { hasText: '{{7*7}}' }).first().click(); await page.getByRole('region', { name: /Sample/ }).first().waitFor() }],
  ...['node-red'].map((name) => [`#/connectors/hostile?tab=use&in=${name}`, heading]),
  ['#/connectors/hostile?tab=definition', (page) => page.getByText('{{7*7}}').first().waitFor()],
  ['#/connectors/broken', (page) => page.locator('.mark').first().waitFor()],
  ['#/connections', (page) => page.getByText('{{7*7}}').first().waitFor()],
  ['#/connections/evil', async (page) => { await page.getByRole('button', { name: 'Test it' }).click(); await page.getByText('It does not work yet.').waitFor() }],
  ['#/try?connection=evil&action=Say', async (page) => { await page.getByRole('button', { name: 'Send' }).click(); await page.getByText('It went well').waitFor(); await page.getByRole('button', { name: 'Show secrets' }).click(); await page.getByRole('button', { name: 'Headers' }).click() }],
  ['#/activity', (page) => page.getByRole('row', { name: /Refuse/ }).first().waitFor()],
  ['#/activity?show=failed', async (page) => { await page.getByRole('link', { name: 'Refuse' }).first().click(); await heading(page) }],
  ['#/keys', heading], ['#/audit', heading], ['#/settings', heading],
  ...['#/', '#/connectors/', '#/try?connection='].map((place) => [place + encodeURIComponent(EVIL), heading]),
]

const strangersOf = (page) => page.evaluate(() => ({
  ran: typeof globalThis.pwned,
  elements: [...globalThis.document.querySelectorAll('script:not([src]), iframe, object, embed, base, [onerror], [onload], a[href^="javascript:" i], form[action]')].map((e) => e.outerHTML),
}))

async function look({ page, faults }, place, isThere) {
  await page.goto(`${world.tenon.url}/${place}`)
  await page.reload()
  await isThere(page)
  assert.deepEqual(await strangersOf(page), { ran: 'undefined', elements: [] }, place)
  return faults
}

test('what a definition, a connection, a service or an address says stays text', { skip: missing }, async () => {
  const person = await world.visit()
  for (const [place, isThere] of PLACES) assert.deepEqual(await look(person, place, isThere), [], place)
})

// It takes Markdown apart in a document of its own before it takes out what could run; the policy tells of that.
test('nothing runs in the viewer of OpenAPI either', { skip: missing }, async () => {
  const person = await world.visit()
  const faults = await look(person, '#/reference?connector=hostile', async (page) => {
    await page.locator('.reference .opblock-summary').first().click()
    await page.locator('.reference .responses-wrapper').waitFor()
  })
  person.faults = faults.filter((fault) => !/^Executing inline event handler violates/.test(fault))
})

// Whoever pastes it runs what the definition's author wrote, if that ends its quotes.
test('a command to copy holds the texts of a definition as one word each', { skip: missing }, async () => {
  const page = await world.open('#/connectors/hostile?tab=use&in=curl')
  await page.getByLabel('Action').selectOption('Post')
  const command = await page.getByRole('region', { name: 'curl command' }).textContent()
  const words = execFileSync('/bin/sh', ['-c', `curl() { printf '%s\\0' "$@"; }\n${command}`], { encoding: 'utf8', env: { TENON_KEY: 'tnk' } }).split('\0')
  assert.equal(words[2], `${world.tenon.url}/run/hostile/-/it's`)
  assert.deepEqual(JSON.parse(words.find((word) => word.startsWith('{'))), { note: EVIL })
})

test('a schema that holds itself many times does not hold up the page', { skip: missing }, async () => {
  const page = await world.open('#/connectors/related?tab=actions')
  await page.locator('summary', { hasText: 'Saves a person' }).click()
  const sample = JSON.parse(await page.getByRole('region', { name: /Sample of answer/ }).first().textContent())
  assert.equal(typeof sample.manager, 'object')
  await page.goto(`${world.tenon.url}/#/try?connection=related&action=Save`)
  await page.getByLabel('name', { exact: true }).first().fill('Ada')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.getByText('It went well').waitFor()
  assert.deepEqual(JSON.parse(world.api.requests.at(-1).text), { name: 'Ada' })
})
