// SPDX-License-Identifier: MIT
// Death at every point of a refresh: a host with a rotating refresh token is killed at each write, fsync, rename, send and
// receive between the question for a token and its answer, started again, and asked whether the connection is alive - at a
// server that revokes a sign-in whose spent refresh token comes again. The sign-in is one that nothing but a person could
// repeat. Where the death took the server's answer with it before it was durable, `refresh_uncertain` is the right word; anywhere
// else the connection must live, by the same sign-in.
import { rmSync } from 'node:fs'
import { join } from 'node:path'

import { CLIENTS, startAuthorizationServer } from '../peers/lib/authorization-server.mjs'
import { definition, signIns } from '../peers/lib/connector.mjs'
import { Tenon } from '../peers/lib/tenon.mjs'
import { sleep } from '../peers/lib/util.mjs'
import { killing, readWatched, straceMissing, threadsOf, watching } from './lib/strace.mjs'

// Questions before the one that matters, so that the thread in question is ahead of all others: a data loop asks the control loop
// as often as it is answered; two data loops share what one control loop does; and a stored token that is looked for costs
// the store several answers and the control loop one.
const WARM_UP = { tokens: 12, keys: 4, lists: 70 }
const variantOf = (thread) => (thread === 'tenon-control' ? { TENON_THREADS: '2' } : { TENON_THREADS: '1' })
const LIFE_MS = 1000
const ATTEMPTS = 6
const TOO_EARLY = 4

// Seconds, as strace tells them.
const now = () => (performance.timeOrigin + performance.now()) / 1000

// A step behind the token answer: what that brings must be safe before the step is sent.
const STEP = (server) => `      steps:
        who: {url: ${server.url}/me, headers: {Authorization: "Bearer \${response.body.access_token}"}}
`

class Rig {
  constructor(steps) { this.steps = steps }

  async begin() {
    this.server = await startAuthorizationServer()
    this.server.lifetime = LIFE_MS / 1000
    this.tenon = new Tenon({ connectors: { peer: definition('peer', this.server.url, `${signIns(this.server)}${this.steps ? STEP(this.server) : ''}actions:
  GetAccessToken: {summary: Get a token, token: connection}
`) } })
    this.names = 0
    this.aims = new Map()
    await this.tenon.start()
    this.server.lifetime = 3600
    const others = Array.from({ length: WARM_UP.tokens }, (_, i) => `other-${i}`)
    for (const name of others) await this.tenon.connect(name, 'peer', CLIENTS.body, 'cc')
    this.other = await this.tenon.key(others)
    for (const name of others) await this.tenon.post(`/run/peer/${name}/GetAccessToken`, { key: this.other })
    this.server.lifetime = LIFE_MS / 1000
    await this.connect()
    await this.tenon.halt()
    return this
  }

  // A connection of its own, signed in and with a token that has just begun to run out.
  async connect() {
    this.name = `g${++this.names}`
    await this.tenon.connect(this.name, 'peer',
      { ...CLIENTS.body, refresh_token: await this.server.signIn('alice', CLIENTS.body) }, 'given')
    this.key = await this.tenon.key([this.name])
    const first = await this.call()
    if (first.status !== 200) throw new Error(first.text)
    this.gotAt = Date.now()
  }

  async call() {
    const said = await this.tenon.post(`/run/peer/${this.name}/GetAccessToken`, { key: this.key })
    if (said.status === 200 && !said.headers['cache-status'].includes('hit')) this.gotAt = Date.now()
    return said
  }

  runOut() { return sleep(Math.max(0, this.gotAt + LIFE_MS + 100 - Date.now())) }

  // The scenario, the same each time for a thread: a start, some questions, then the one that refreshes.
  async run(under, thread) {
    Object.assign(this, { asked: false, threads: new Map(), from: Infinity, to: Infinity })
    this.tenon.under = under
    await this.tenon.start(variantOf(thread))
    for (let i = 0; thread === 'tenon-store' && i < WARM_UP.tokens; i++) await this.tenon.post(`/run/peer/other-${i}/GetAccessToken`, { key: this.other })
    for (let i = 0; i < WARM_UP.keys; i++) await this.tenon.key([this.name])
    for (let i = 0; thread !== 'tenon-store' && i < WARM_UP.lists; i++) await this.tenon.admin('GET', '/v1/keys')
    await this.runOut()
    this.threads = threadsOf(this.tenon.pid)
    this.from = now()
    this.asked = true
    const said = await this.call()
    this.to = now()
    return said
  }

  async halt(signal) {
    await this.tenon.halt(signal)
    this.tenon.under = []
  }

  async end() {
    await this.tenon.stop()
    await this.server.stop()
  }
}

// Which calls lie between question and answer: the k-th of a thread and kind.
async function findPoints(rig) {
  const file = join(rig.tenon.folder, 'watched')
  const points = []
  for (const thread of ['tenon-store', 'tenon-control', 'tenon-data-0']) {
    const said = await rig.run(watching(file), thread)
    if (said.status !== 200) throw new Error(said.text)
    await rig.halt()
    const counts = readWatched(file, rig.threads, rig.from, rig.to)
    for (const { syscall, before, within } of counts.filter((one) => one.thread === thread)) {
      const ahead = Math.max(0, ...counts.filter((other) => other.thread !== thread && other.syscall === syscall).map((other) => other.before))
      for (let k = 1; k <= within; k++) points.push({ thread, syscall, k, before, ahead })
    }
  }
  return points
}

// Died there, and what the next host made of it. The threads' ways up to the question differ a little from run to run; what
// was watched tells where it died, and where to aim the next time.
async function tryPoint(rig, point) {
  const { server, tenon } = rig
  const file = join(tenon.folder, 'watched')
  const before = { signIns: server.signIns, revoked: server.revoked, refreshes: server.refreshes }
  const aim = rig.aims.get(`${point.thread} ${point.syscall}`) ?? point.before
  const n = Math.max(aim, point.ahead) + point.k
  const died = await rig.run(killing(file, point.syscall, n), point.thread).then(() => false, () => rig.asked)
  await rig.halt('SIGKILL')
  const counts = readWatched(file, rig.threads, rig.from)
  const fatal = counts.find((one) => one.before + one.within === n)
  const own = counts.find((one) => one.thread === point.thread && one.syscall === point.syscall)
  rig.aims.set(`${point.thread} ${point.syscall}`, rig.asked ? own?.before ?? aim : aim + TOO_EARLY)
  const begin = tenon.log.length
  await tenon.start()
  const outcome = { rotated: server.refreshes - before.refreshes, ...await ask(rig, before) }
  outcome.found = /token\.under_way.*found="?(an answer|a refresh without an answer)/.exec(tenon.log.slice(begin))?.[1] ?? 'nothing'
  if (!outcome.alive) await rig.connect()
  await tenon.halt()
  return died && fatal ? { ...outcome, thread: fatal.thread, syscall: fatal.syscall, k: fatal.within } : null
}

// Two answers: with what the start found, and by a refresh.
async function ask(rig, before) {
  const first = await rig.call()
  await rig.runOut()
  const second = first.status === 200 ? await rig.call() : first
  const alive = second.status === 200 && rig.server.signIns === before.signIns
  return { alive, code: second.status === 200 ? null : second.json.code, revoked: rig.server.revoked - before.revoked }
}

const nameOf = ({ thread, syscall, k }) => `${thread} ${syscall} ${k}`

// One at a time takes minutes, nearly all of it waiting for tokens to run out.
async function tryAll(points, workers, steps) {
  const outcomes = new Map()
  const queue = points.map((point) => ({ ...point, attempts: 0 }))
  const work = async () => {
    const rig = await new Rig(steps).begin()
    for (let point = queue.shift(); point; point = queue.shift()) {
      if (outcomes.has(nameOf(point))) continue
      const outcome = await tryPoint(rig, point)
      if (outcome && !outcomes.get(nameOf(outcome))?.isBroken) outcomes.set(nameOf(outcome), outcome)
      if (!outcomes.has(nameOf(point)) && ++point.attempts < ATTEMPTS) queue.push(point)
    }
    await rig.end()
  }
  await Promise.all(Array.from({ length: workers }, work))
  return [...outcomes.values()]
}

const spread = (points, count) => points.filter((_, i) => Math.floor((i * count) / points.length) !== Math.floor(((i - 1) * count) / points.length))

// An answer that was lost with the process: the server had rotated, and nothing durable tells what to.
const wasLost = (outcome) => !outcome.alive && outcome.code === 'refresh_uncertain' && outcome.found === 'a refresh without an answer' && outcome.rotated > 0
const isBroken = (outcome) => (!outcome.alive && !wasLost(outcome)) || (outcome.alive && outcome.revoked > 0)

// steps: of a sign-in that takes another request behind the token request.
export async function sweep({ points: most = Infinity, workers = 4, steps = false } = {}) {
  if (straceMissing) return { skipped: straceMissing }
  const rig = await new Rig(steps).begin()
  const all = await findPoints(rig)
  await rig.end()
  const outcomes = await tryAll(most < all.length ? spread(all, most) : all, workers, steps)
  const tried = new Set(outcomes.map(nameOf))
  return {
    found: all.length,
    tried: outcomes.length,
    missed: all.filter((point) => !tried.has(nameOf(point))).map(nameOf),
    bySyscall: Object.fromEntries([...new Set(all.map((point) => point.syscall))].map((syscall) => [syscall,
      outcomes.filter((outcome) => outcome.syscall === syscall).length])),
    takenOver: outcomes.filter((outcome) => outcome.found === 'an answer').length,
    lostAnswers: outcomes.filter(wasLost).length,
    broken: outcomes.filter(isBroken),
  }
}
