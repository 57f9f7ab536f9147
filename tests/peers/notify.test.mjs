// SPDX-License-Identifier: MIT
// What a service manager hears of a host (sd_notify(3)), and that it hears nothing good of one that hangs.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { definition } from './lib/connector.mjs'
import { canFreeze, freezeThread, startServiceManager } from './lib/service-manager.mjs'
import { missing, startTenon } from './lib/tenon.mjs'
import { sleep, until } from './lib/util.mjs'

const WATCHDOG_MS = 400
const connector = (title) => definition('peer', 'https://service.example', `actions:
  Say: {summary: ${title}, method: GET, path: /v}
`, '[service.example]')

async function withHost(name, run) {
  const manager = await startServiceManager(name)
  const tenon = await startTenon({ connectors: { peer: connector('Says') },
    env: { NOTIFY_SOCKET: name, WATCHDOG_USEC: String(WATCHDOG_MS * 1000) } })
  try {
    await run(tenon, manager)
  } finally {
    await tenon.stop()
    await manager.stop()
  }
}

const threadOf = (tenon, name) => readdirSync(`/proc/${tenon.pid}/task`)
  .find((tid) => readFileSync(`/proc/${tenon.pid}/task/${tid}/comm`, 'utf8').trim() === name)

test('it is ready, reloads, beats and stops, and says so', { skip: missing }, () =>
  withHost(`@tenon-test-${process.pid}`, async (tenon, manager) => {
    await until('the first word', () => manager.heard.length > 0)
    assert.equal(manager.heard[0].READY, '1')
    assert.equal(manager.heard[0].STATUS, `Serving 1 connector at ${tenon.url}`)
    await until('three beats', () => manager.has('WATCHDOG').length > 3)

    tenon.save('other', definition('other', 'https://service.example', 'acts: {}\n', '[service.example]'))
    process.kill(tenon.pid, 'SIGHUP')
    const [reloading, ready] = await until('the end of the reload', () => {
      const [again] = manager.has('READY').slice(1)
      return again && [manager.has('RELOADING')[0], again]
    })
    assert.match(reloading.MONOTONIC_USEC, /^[1-9][0-9]{6,}$/)
    assert.match(ready.STATUS, /^Serving 1 connector at .*; 1 definition has faults$/, 'what the reload brought is told')

    const environment = readFileSync(`/proc/${tenon.pid}/environ`, 'utf8')
    assert.ok(environment.length > 0)
    await tenon.halt()
    await until('the word of the end', () => manager.has('STOPPING').length === 1)
    assert.equal(manager.has('READY').length, 2)
  }))

test('many reloads end in one that is ready', { skip: missing }, () =>
  withHost(join(tmpdir(), `tenon-notify-${process.pid}.sock`), async (tenon, manager) => {
    for (let i = 0; i < 20; i++) process.kill(tenon.pid, 'SIGHUP')
    await until('the last word to be READY', () => {
      const told = manager.heard.filter((message) => 'READY' in message || 'RELOADING' in message)
      return told.length > 2 && 'READY' in told.at(-1)
    })
  }))

for (const name of ['tenon-control', 'tenon-data-0', 'tenon-data-1']) {
  const skip = missing || (!canFreeze && 'only root may stop a thread')
  test(`no beat while ${name} hangs`, { skip }, () => withHost(`@tenon-test-${process.pid}-hang`, async (tenon, manager) => {
    await until('beats', () => manager.has('WATCHDOG').length > 1)
    const tid = threadOf(tenon, name)
    assert.ok(tid, `there is a thread ${name}`)
    const frozen = await freezeThread(tid)
    await sleep(WATCHDOG_MS) // what was under way
    const before = manager.has('WATCHDOG').length
    await sleep(3 * WATCHDOG_MS)
    assert.equal(manager.has('WATCHDOG').length, before)
    await frozen.stop()
    await until('beats again', () => manager.has('WATCHDOG').length > before)
  }))
}
