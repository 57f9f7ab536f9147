// SPDX-License-Identifier: MIT
// The walk-throughs of docs/IMPORTING.md: every command in them is run as it stands, in their order, beside a running host. Only the network
// differs: the services' names are pinned to servers of this test, and the host's own address is loopback.
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { CLIENTS, USERS } from './lib/authorization-server.mjs'
import { startRealHosts } from './lib/real-hosts.mjs'
import { run } from './lib/run.mjs'
import { missing, ROOT, TENON } from './lib/tenon.mjs'

const page = readFileSync(join(ROOT, 'docs/IMPORTING.md'), 'utf8')
const GIVEN = { ACME_KEY: 'CANARY-key-of-acme', BOOKINGS_KEY: 'CANARY-key-of-bookings', WFM_USER: 'alice', WFM_PASSWORD: USERS.alice,
  WFM_CLIENT_ID: CLIENTS.body.client_id, WFM_CLIENT_SECRET: CLIENTS.body.client_secret }

const section = (title) => {
  const text = page.split('\n## ').find((part) => part.startsWith(title))
  assert.ok(text, `docs/IMPORTING.md has no section ${title}`)
  return text
}
const blocks = (text, kind) => [...text.matchAll(new RegExp('^( *)```' + kind + '\\n([^]*?)^ *```', 'gm'))].map(([, indent, block]) => block.replaceAll(`\n${indent}`, '\n').slice(indent.length))

let hosts, tenon, api, folder

before(async () => {
  hosts = await startRealHosts({ shipped: ['ukg-pro-wfm-authentication'], identity: ['acme.mykronos.com'], apis: ['rooms.acme.example', 'acme.acme.example'] })
  ;({ tenon, api } = hosts)
  folder = mkdtempSync(join(tmpdir(), 'tenon-importing-'))
  if (missing) return
  mkdirSync(join(folder, 'bin'))
  symlinkSync(TENON, join(folder, 'bin/tenon'))
  symlinkSync(tenon.connectors, join(folder, 'connectors'))
  for (const name of ['ACME_KEY', 'BOOKINGS_KEY', 'WFM_PASSWORD', 'WFM_CLIENT_SECRET']) tenon.secrets.add(GIVEN[name])
})
after(async () => {
  await hosts.stop()
  rmSync(folder, { recursive: true, force: true })
})

// Runs the commands of a section one by one; answers what each printed, by its first words.
async function walk(title) {
  const said = {}
  for (const line of blocks(section(title), 'sh').join('').split('\n').filter(Boolean)) {
    const told = await run('bash', ['-euo', 'pipefail', '-c', line.replaceAll('curl "https://tenon.example.com', `curl -sSf "${tenon.url}`)], { cwd: folder, timeout: 30000,
      env: { ...process.env, ...GIVEN, PATH: `${join(folder, 'bin')}:${process.env.PATH}`, TENON_CONNECTORS: tenon.connectors, TENON_DATA: tenon.data } })
    assert.equal(told.status, 0, `${line}\n${told.stdout}${told.stderr}`)
    said[line.split(' ').slice(0, line.startsWith('tenon key') ? 3 : 2).join(' ')] = told
  }
  return said
}

const callable = async (said) => {
  const [key] = /tnk_\w+/.exec(said['tenon key add'].stdout) ?? []
  assert.ok(key, said['tenon key add'].stdout)
  const document = Object.entries(said).find(([line]) => line.startsWith('curl'))[1]
  return { key, document: JSON.parse(document.stdout) }
}

test('an OpenAPI 3.1 document becomes a Power Automate connector', { skip: missing }, async () => {
  const title = 'Walk-through: an OpenAPI 3.1 document'
  const [document] = blocks(section(title), 'yaml')
  writeFileSync(join(folder, /^# (\S+)\n/.exec(document)[1]), document)
  const said = await walk(title)
  assert.match(said['tenon lint'].stdout, /1 file, 0 errors, 0 warnings/)
  assert.match(said['tenon openapi'].stderr, /^warning: BookRoom: input body\.note: nullable: /m)
  assert.equal(api.requests.at(-1).url, '/v1/rooms?floor=2')
  assert.equal(api.requests.at(-1).headers['x-acme-key'], GIVEN.ACME_KEY)
  const { key, document: exported } = await callable(said)
  assert.equal(exported.swagger, '2.0')
  const booked = await tenon.request(`${exported.basePath}/rooms/7/bookings`, { key, json: { from: '2026-01-02T03:04:05Z' }, echo: true })
  assert.equal(booked.status, 200, booked.text)
  assert.equal(api.requests.at(-1).url, '/v1/rooms/7/bookings')
})

test('a Power Automate maker imports ukg-pro-wfm-authentication', { skip: missing }, async () => {
  const said = await walk('Walk-through: a Power Automate maker')
  assert.ok(await hosts.server.knows(JSON.parse(said['tenon call'].stdout).access_token))
  const { key, document } = await callable(said)
  assert.equal(document.basePath, '/run/ukg-pro-wfm-authentication/-')
  assert.deepEqual(document.securityDefinitions.api_key, { type: 'apiKey', name: 'X-API-Key', in: 'header', description: document.securityDefinitions.api_key.description })
  const [path] = Object.keys(document.paths)
  assert.equal(document.paths[path].post.summary, 'Get an OAuth access token')
  const answer = await tenon.request(`${document.basePath}${path}`, { key, json: { username: GIVEN.WFM_USER, password: GIVEN.WFM_PASSWORD, ...CLIENTS.body } })
  assert.equal(answer.status, 200, answer.text)
})

test('moving an existing custom connector', { skip: missing }, async () => {
  cpSync(join(ROOT, 'tests/cases/powerplatform/bookings'), join(folder, 'bookings'), { recursive: true })
  await run('rm', ['-f', join(folder, 'bookings/expected.yaml'), join(folder, 'bookings/report.json')])
  const said = await walk('Walk-through: moving an existing custom connector')
  assert.match(said['tenon lint'].stdout, /1 file, 0 errors/)
  assert.equal(api.requests.at(-1).headers.authorization, `Bearer ${GIVEN.BOOKINGS_KEY}`)
  const { document } = await callable(said)
  const original = JSON.parse(readFileSync(join(folder, 'bookings/apiDefinition.swagger.json'), 'utf8').replace(/^\uFEFF/, '').replace(/,(\s*[}\]])/g, '$1'))
  const names = (one) => Object.values(one.paths).flatMap((item) => Object.values(item).map((operation) => operation.operationId)).filter(Boolean)
  assert.ok(names(document).every((name) => names(original).some((other) => other.replace(/\W/g, '_') === name)), names(document).join())
})
