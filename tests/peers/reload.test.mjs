// SPDX-License-Identifier: MIT
// Hot reload (DESIGN 2): a saved file is live at once, a broken one leaves the old version in service, and no call is
// dropped over it.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { Agent } from 'node:http'
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { startApiServer } from './lib/api-server.mjs'
import { definition } from './lib/connector.mjs'
import { ADMIN_KEY, assertProblem, missing, startTenon, TENON } from './lib/tenon.mjs'
import { sleep, until } from './lib/util.mjs'

const version = (id, n, more = '') => definition(id, api.url, `actions:
  Version: {summary: Tells the version, method: GET, path: /v, request: {query: {n: "${n}"}}}
${more}`)
const key = ADMIN_KEY
let api, tenon

before(async () => {
  api = await startApiServer()
  if (!missing) tenon = await startTenon()
})
after(async () => {
  await api.stop()
  await tenon?.stop()
})

const call = (id, path = '/v', options) => tenon.request(`/run/${id}/${id}${path}`, { key, ...options })
const shown = async (id) => (await tenon.request(`/v1/connectors/${id}`, { key }))
const faults = async () => (await tenon.request('/readyz', { key })).json.definitions.faults

// The version that a call meets; NaN where there is none.
const versionOf = async (id) => {
  const answer = await call(id)
  return answer.status === 200 ? Number(new URL(answer.json.url, 'http://x').searchParams.get('n')) : NaN
}

async function added(id, text) {
  tenon.save(id, text)
  await until(`connector ${id}`, async () => (await shown(id)).status === 200)
  await tenon.connect(id, id)
}

test('a saved file is live within a second', { skip: missing }, async (t) => {
  await added('live', version('live', 0))
  const took = []
  for (let n = 1; n <= 10; n++) {
    tenon.save('live', version('live', n))
    const began = performance.now()
    await until(`version ${n}`, async () => await versionOf('live') === n, 1000)
    took.push(performance.now() - began)
    await sleep(50)
  }
  t.diagnostic(`from save to live: ${took.map((ms) => ms.toFixed(0)).join(', ')} ms`)
})

test('written in place, removed, brought back, replaced as a link', { skip: missing }, async () => {
  await added('moves', version('moves', 1))
  const file = join(tenon.connectors, 'moves.yaml')
  writeFileSync(file, version('moves', 2))
  await until('version 2', async () => await versionOf('moves') === 2)
  unlinkSync(file)
  await until('the connector to leave', async () => (await shown('moves')).status === 404)
  const gone = await call('moves')
  assertProblem(gone, 409, gone.json.code)
  tenon.save('moves', version('moves', 3))
  await until('version 3', async () => await versionOf('moves') === 3)
  const other = join(tenon.folder, 'elsewhere.yaml')
  writeFileSync(other, version('moves', 4), { mode: 0o600 })
  symlinkSync(other, `${file}.tmp`)
  renameSync(`${file}.tmp`, file)
  await until('version 4', async () => await versionOf('moves') === 4)
})

test('a broken file leaves the old version in service, and says so', { skip: missing }, async () => {
  await added('broken', version('broken', 1))
  tenon.save('broken', version('broken', 2, '  Next: {sumary: A slip, method: GET, path: /next}\n'))
  const [fault] = await until('the fault', async () => {
    const found = (await faults()).filter((f) => f.id === 'broken')
    return found.length && found
  })
  assert.equal(fault.serving_previous, true)
  const wrong = fault.diagnostics.find((d) => d.code === 'definition_unknown_key')
  assert.ok(wrong && wrong.line === 10, JSON.stringify(fault.diagnostics))
  assert.match(wrong.message, /sumary/)
  assert.match(JSON.stringify(wrong), /summary/, 'the nearest key is named')
  assert.equal(await versionOf('broken'), 1)
  assert.match(tenon.log, /definition\.failed.*broken\.yaml/)
  const plain = await tenon.request('/readyz')
  assert.deepEqual(plain.json, { status: 'ok' }, 'the detail is the operator\'s')
  tenon.save('broken', version('broken', 3))
  await until('version 3', async () => await versionOf('broken') === 3)
  assert.deepEqual((await faults()).filter((f) => f.id === 'broken'), [])
})

test('a new file that is broken is no connector, but the others are', { skip: missing }, async () => {
  await added('fine', version('fine', 1))
  tenon.save('never', 'tenon: 1\nid: never\n')
  const [fault] = await until('the fault', async () => {
    const found = (await faults()).filter((f) => f.id === 'never')
    return found.length && found
  })
  assert.equal(fault.serving_previous, false)
  assert.equal((await tenon.request('/v1/connectors/never', { key: await tenon.key([]) })).status, 404)
  assert.equal(await versionOf('fine'), 1)
  unlinkSync(join(tenon.connectors, 'never.yaml'))
  await until('the fault to go', async () => (await faults()).every((f) => f.id !== 'never'))
})

test('what is no definition is left alone', { skip: missing }, async () => {
  for (const name of ['.hidden.yaml', '_draft.yaml', 'backup.yaml~', 'x.yaml.swp', 'readme.md']) {
    writeFileSync(join(tenon.connectors, name), 'not: [a definition', { mode: 0o600 })
  }
  mkdirSync(join(tenon.connectors, 'folder'), { mode: 0o700 })
  await added('beside', version('beside', 1))
  assert.deepEqual((await faults()).map((f) => f.file).filter((f) => !/never|broken/.test(f)), [])
  rmSync(join(tenon.connectors, 'folder'), { recursive: true })
})

test('a file that others may write to is refused', { skip: missing }, async () => {
  writeFileSync(join(tenon.connectors, 'open.yaml'), version('open', 1), { mode: 0o600 })
  await until('the connector', async () => (await shown('open')).status === 200)
  chmodSync(join(tenon.connectors, 'open.yaml'), 0o666)
  writeFileSync(join(tenon.connectors, 'open.yaml'), version('open', 2))
  const [fault] = await until('the fault', async () => {
    const found = (await faults()).filter((f) => f.id === 'open')
    return found.length && found
  })
  assert.equal(fault.diagnostics[0].code, 'definition_writable_by_others')
  unlinkSync(join(tenon.connectors, 'open.yaml'))
})

test('SIGHUP reads again', { skip: missing }, async () => {
  await added('hup', version('hup', 1))
  tenon.child.kill('SIGHUP')
  await until('a reload', () => /host\.reloading/.test(tenon.log))
  assert.equal(await versionOf('hup'), 1)
})

test('a definition that now calls other hosts waits for an admin', { skip: missing }, async () => {
  const elsewhere = await startApiServer()
  try {
    tenon.save('review', definition('review', api.url, `connection:
  auth:
    key:
      type: api_key
      parameters: {api_key: {type: string, secret: true, required: true}}
      inject: {headers: {X-Key: "\${connection.api_key}"}}
actions:
  Version: {summary: Calls, method: GET, path: /v}
`))
    await until('the connector', async () => (await shown('review')).status === 200)
    await tenon.connect('review', 'review', { api_key: 'CANARY-review-key' })
    assert.equal((await call('review', '/v', { echo: true })).status, 200)
    tenon.save('review', definition('review', elsewhere.url, `connection:
  auth:
    key:
      type: api_key
      parameters: {api_key: {type: string, secret: true, required: true}}
      inject: {headers: {X-Key: "\${connection.api_key}"}}
actions:
  Version: {summary: Calls, method: GET, path: /v}
`))
    const answer = await until('the review', async () => {
      const one = await call('review', '/v', { echo: true })
      return one.status !== 200 && one
    })
    assertProblem(answer, 409, 'definition_changed')
    assert.equal((await tenon.admin('GET', '/v1/connections/review')).state, 'review')
    assert.equal(elsewhere.requests.length, 0)
    execFileSync(TENON, ['connection', 'accept', 'review', '--data', tenon.data])
    assert.equal((await call('review', '/v', { echo: true })).status, 200)
    assert.equal(elsewhere.requests.length, 1)
  } finally {
    await elsewhere.stop()
  }
})

test('a new required parameter makes connections incomplete, and a value complete again', { skip: missing }, async () => {
  await added('grows', version('grows', 1))
  const text = (n) => definition('grows', api.url, `connection:
  parameters: {region: {type: string, required: true}}
actions:
  Version: {summary: Tells, method: GET, path: /v, request: {query: {n: "${n}", region: "\${connection.region}"}}}
`)
  tenon.save('grows', text(2))
  const answer = await until('the incompleteness', async () => {
    const one = await call('grows')
    return one.status !== 200 && one
  })
  assertProblem(answer, 409, 'parameter_missing')
  await tenon.admin('PATCH', '/v1/connections/grows', { parameters: { region: 'eu' } })
  assert.equal(await versionOf('grows'), 2)
})

test('50 reloads under load drop no call', { skip: missing }, async (t) => {
  await added('busy', version('busy', 0))
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  let running = true, calls = 0
  const wrong = []
  const client = async () => {
    while (running) {
      const answer = await call('busy', '/v', { agent }).catch((error) => ({ status: String(error) }))
      calls++
      if (answer.status !== 200) wrong.push(answer.text ?? answer.status)
    }
  }
  const clients = Array.from({ length: 16 }, client)
  for (let n = 1; n <= 50; n++) {
    tenon.save('busy', n % 5 === 4 ? 'broken: [' : version('busy', n))
    const before = calls
    await until('a call of each client', () => calls >= before + clients.length)
  }
  tenon.save('busy', version('busy', 51))
  await until('the last version', async () => await versionOf('busy') === 51)
  running = false
  await Promise.all(clients)
  agent.destroy()
  t.diagnostic(`${calls} calls`)
  assert.deepEqual(wrong.slice(0, 3), [])
})
