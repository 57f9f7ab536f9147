// SPDX-License-Identifier: MIT
// Death at every point where what seals the store, or a copy of it, is written: a data key is rotated, the master key changed, a
// backup made and restored, and host or command is killed at each write, fsync, link, rename and unlink. Whatever is in the data
// folder then must open with the master key that lies there, with every connection alive by the sign-in it had; and a backup
// that is there must be whole.
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { startAuthorizationServer } from '../peers/lib/authorization-server.mjs'
import { beside, signedIn } from '../peers/lib/beside.mjs'
import { definition, signIns } from '../peers/lib/connector.mjs'
import { Tenon } from '../peers/lib/tenon.mjs'
import { until } from '../peers/lib/util.mjs'
import { killing, readWatched, straceMissing, threadsOf, watching } from './lib/strace.mjs'

const SYSCALLS = ['pwrite64', 'write', 'fsync', 'fdatasync', 'ftruncate', 'rename', 'renameat', 'link', 'linkat', 'unlink', 'unlinkat', 'mkdirat']
// Between threads and towards clients, which change nothing on the disk; of a command they are few and tried, too.
const OF_HOST = SYSCALLS.filter((name) => name !== 'write')

const OTHERS = 20
const now = () => (performance.timeOrigin + performance.now()) / 1000
const backupOf = (tenon) => join(tenon.folder, 'tenon.backup')

// What is done, to which base, and by whom it may be cut off.
const OPERATIONS = {
  rotate: { words: () => ['keyring', 'rotate'], host: true, victims: ['host'] },
  rewrap: { words: () => ['keyring', 'rewrap'], host: true, victims: ['host', 'command'] },
  backup: { words: (tenon) => ['backup', backupOf(tenon)], host: true, victims: ['host', 'command'] },
  restore: { words: (tenon) => ['restore', backupOf(tenon), '--force'], host: false, victims: ['command'] },
}

class Rig {
  async begin() {
    this.server = await startAuthorizationServer()
    this.base = mkdtempSync(join(tmpdir(), 'tenon-sealing-'))
    const tenon = this.#tenon()
    await tenon.start()
    this.person = await signedIn(tenon, this.server, 'person')
    for (let i = 0; i < OTHERS; i++) await tenon.connect(`other-${i}`, 'peer', { client_id: 'client-body', client_secret: 'CANARY-body-secret &=+%' }, 'cc')
    this.token = (await this.person.call()).json.access_token
    const made = await beside(tenon, ['backup', join(this.base, 'tenon.backup')])
    if (made.status !== 0) throw new Error(made.stderr)
    await tenon.connect('late', 'peer', { client_id: 'client-body', client_secret: 'CANARY-body-secret &=+%' }, 'cc')
    await tenon.halt()
    cpSync(tenon.data, join(this.base, 'data'), { recursive: true })
    rmSync(tenon.folder, { recursive: true })
    return this
  }

  #tenon() {
    return new Tenon({ connectors: { peer: definition('peer', this.server.url, `${signIns(this.server)}
actions:
  GetAccessToken: {summary: Get a token, token: connection}
`) } })
  }

  // A host of its own on a copy of the base.
  fresh(operation) {
    const tenon = this.#tenon()
    cpSync(join(this.base, 'data'), tenon.data, { recursive: true })
    if (operation === 'restore') cpSync(join(this.base, 'tenon.backup'), backupOf(tenon))
    return tenon
  }

  async end() {
    await this.server.stop()
    rmSync(this.base, { recursive: true })
  }
}

const keysLeft = async (tenon) => {
  const { status, stdout } = await beside(tenon, ['keyring', 'status', '--json'])
  return status === 0 ? JSON.parse(stdout).data_keys.length : 0
}
const settled = (tenon) => until('one data key to be left', async () => tenon.ended || await keysLeft(tenon) === 1)

// Runs it with host and command each under a tracer or not; answers the command's end. onReady: the host is there.
async function perform(tenon, name, { host = [], command = [], onReady = () => {} }) {
  const operation = OPERATIONS[name]
  if (operation.host) {
    tenon.under = host
    await tenon.start({ TENON_THREADS: '1' })
  }
  onReady()
  const end = await beside(tenon, operation.words(tenon), {}, command)
  if (name === 'rotate') await settled(tenon)
  return end
}

async function findPoints(rig, name, victim) {
  const tenon = rig.fresh(name)
  const file = join(tenon.folder, 'watched')
  const seen = { threads: new Map(), from: 0 }
  const under = { [victim]: watching(file, victim === 'host' ? OF_HOST : SYSCALLS) }
  const end = await perform(tenon, name, { ...under,
    onReady: () => { if (victim === 'host') Object.assign(seen, { threads: threadsOf(tenon.pid), from: now() }) } })
  const to = now()
  if (end.status !== 0) throw new Error(`${name}: ${end.stderr}`)
  await tenon.halt()
  const counts = readWatched(file, seen.threads, seen.from, to)
  rmSync(tenon.folder, { recursive: true })
  return counts.flatMap(({ thread, syscall, before, within }) => Array.from({ length: within }, (_, i) => ({ name, victim, thread, syscall, n: before + i + 1 })))
}

// What is wrong afterwards, or null.
async function faultOf(rig, tenon, name, requests) {
  tenon.under = []
  await tenon.start()
  const call = await tenon.post('/run/peer/person/GetAccessToken', { key: rig.person.key })
  if (call.json?.access_token !== rig.token) return `the connection: ${call.status} ${call.json?.code}`
  const names = (await tenon.admin('GET', '/v1/connections')).connections.map((one) => one.name)
  if (names.length !== OTHERS + 1 + names.includes('late')) return `${names.length} connections`
  if (name !== 'restore' && !names.includes('late')) return 'an older store'
  await settled(tenon)
  await tenon.halt()
  if (rig.server.requests.length !== requests) return 'somebody asked for a token'
  return name === 'backup' ? backupFault(tenon) : null
}

async function backupFault(tenon) {
  if (!existsSync(backupOf(tenon))) return null
  const folder = join(tenon.folder, 'elsewhere')
  mkdirSync(folder, { mode: 0o700 })
  cpSync(join(tenon.data, 'master.key'), join(folder, 'master.key'))
  const { status, stderr } = await beside({ data: folder, connectors: tenon.connectors }, ['restore', backupOf(tenon)])
  return status === 0 ? null : stderr
}

async function tryPoint(rig, point) {
  const tenon = rig.fresh(point.name)
  const file = join(tenon.folder, 'watched')
  const requests = rig.server.requests.length
  const under = { [point.victim]: killing(file, point.syscall, point.n) }
  const end = await perform(tenon, point.name, under).catch((error) => ({ status: null, stderr: String(error) }))
  const died = point.victim === 'host' ? Boolean(tenon.ended) : end.status === null
  await tenon.halt('SIGKILL')
  const fault = await faultOf(rig, tenon, point.name, requests).catch((error) => String(error).slice(0, 500))
  await tenon.halt('SIGKILL')
  rmSync(tenon.folder, { recursive: true })
  return { ...point, died, fault }
}

const spread = (points, count) => points.filter((_, i) => Math.floor((i * count) / points.length) !== Math.floor(((i - 1) * count) / points.length))

export async function sealingSweep({ points: most = Infinity, workers = 4, operations = Object.keys(OPERATIONS) } = {}) {
  if (straceMissing) return { skipped: straceMissing }
  const rig = await new Rig().begin()
  const all = []
  for (const name of operations) for (const victim of OPERATIONS[name].victims) all.push(...await findPoints(rig, name, victim))
  const queue = most < all.length ? spread(all, most) : [...all]
  const outcomes = []
  const work = async () => { for (let point = queue.shift(); point; point = queue.shift()) outcomes.push(await tryPoint(rig, point)) }
  await Promise.all(Array.from({ length: workers }, work))
  await rig.end()
  const died = outcomes.filter((outcome) => outcome.died)
  return {
    found: all.length,
    met: died.length,
    tried: Object.fromEntries(Object.keys(OPERATIONS).map((name) => [name, died.filter((outcome) => outcome.name === name).length])),
    broken: outcomes.filter((outcome) => outcome.fault),
  }
}
