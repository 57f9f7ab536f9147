// SPDX-License-Identifier: MIT
// A Tenon of its own for a test file: folders in a temporary place, a port of the system's choice, an admin key by
// environment. Its log is collected; no answer and no log line may ever hold one of `secrets` (every secret parameter of
// a connection made here is one). Ended by its process id, and with exit code 0, or the test fails.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import { filesIn, request, until } from './util.mjs'

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')
export const TENON = resolve(ROOT, process.env.TENON_BIN ?? 'build/tenon')
// Whoever names a program wants it tested.
export const missing = existsSync(TENON) || process.env.TENON_BIN ? false : `${TENON} is not built`
// Sanitizers keep freed memory, so that its size tells nothing.
export const sanitized = /asan|tsan/.test(TENON)
export const ADMIN_KEY = 'CANARY-admin-key-of-forty-characters-and-more'

const SANITIZER = /ERROR: AddressSanitizer|WARNING: ThreadSanitizer|runtime error:|ERROR: LeakSanitizer/

const SANITIZERS = {
  LSAN_OPTIONS: `suppressions=${ROOT}/tests/lsan.supp:print_suppressions=0`,
  TSAN_OPTIONS: `suppressions=${ROOT}/tests/tsan.supp:second_deadlock_stack=1`,
  UBSAN_OPTIONS: 'print_stacktrace=1',
}

// Nothing of the environment of whoever runs the tests.
function environment(more) {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('TENON_'))
  return { ...Object.fromEntries(kept), ...SANITIZERS, TENON_ADMIN_KEY: ADMIN_KEY, TENON_EGRESS_ALLOW: '127.0.0.0/8', TENON_THREADS: '2', ...more }
}

const alive = new Set()
process.once('exit', () => alive.forEach((tenon) => tenon.ended ?? tenon.child.kill('SIGKILL')))

export class Tenon {
  constructor(options) {
    this.options = options
    this.folder = mkdtempSync(join(tmpdir(), 'tenon-peers-'))
    this.connectors = join(this.folder, 'connectors')
    this.data = join(this.folder, 'data')
    this.secrets = new Set([ADMIN_KEY])
    this.under = [] // a program, and its arguments, that runs Tenon: strace
    this.log = ''
    mkdirSync(this.connectors, { mode: 0o700 })
    for (const [id, text] of Object.entries(options.connectors ?? {})) this.save(id, text)
    for (const id of options.shipped ?? []) copyFileSync(join(ROOT, `connectors/${id}.yaml`), join(this.connectors, `${id}.yaml`))
  }

  // Writes a definition as an editor does: beside, then into place.
  save(id, text) {
    const file = join(this.connectors, `${id}.yaml`)
    writeFileSync(`${file}.tmp`, text, { mode: 0o600 })
    renameSync(`${file}.tmp`, file)
  }

  async start(more = {}) {
    try {
      return await this.#start(more)
    } catch (error) {
      this.child?.kill('SIGKILL')
      throw error
    }
  }

  async #start(more) {
    const begin = this.log.length
    this.ended = null
    const [program, ...words] = [...this.under, ...(this.options.under?.(this) ?? []), TENON, 'serve', '--listen', '127.0.0.1:0',
      '--connectors', this.connectors, '--data', this.data, ...(this.options.args ?? [])]
    this.child = spawn(program, words, { env: environment({ ...this.options.env, ...more }), stdio: ['ignore', 'ignore', 'pipe'] })
    this.child.unref() // a test that fails on the way does not wait for it
    this.child.stderr.unref()
    this.child.stderr.setEncoding('utf8').on('data', (text) => { this.log += text })
    this.child.on('close', (code, signal) => { this.ended = { code, signal } })
    alive.add(this)
    const said = await until('Tenon to listen', () => {
      if (this.ended) throw new Error(`Tenon ended with ${JSON.stringify(this.ended)}\n${this.log}`)
      return /http\.listening.*127\.0\.0\.1:(\d+)/.exec(this.log.slice(begin))
    }, 30000)
    this.port = Number(said[1])
    this.url = `${this.options.tls ? 'https' : 'http'}://127.0.0.1:${this.port}`
    await until('/readyz', async () => (await request(`${this.url}/readyz`, this.options.tls)).status === 200, 30000)
    if (!this.options.faulty) assert.doesNotMatch(this.log.slice(begin), /definition\.failed/)
    return this
  }

  // Of Tenon itself, not of what runs it, unless that is all that is left.
  get pid() {
    const { pid } = this.child
    const children = `/proc/${pid}/task/${pid}/children`
    const own = this.under.length && existsSync(children) ? Number.parseInt(readFileSync(children, 'utf8'), 10) : pid
    return own || pid
  }

  // Resident memory in MiB.
  get rss() { return this.#memory('VmRSS') }

  #memory(what) { return Number(new RegExp(`${what}:\\s+(\\d+)`).exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))[1]) / 1024 }

  // How many MiB of resident memory more than before there were at most while this went on.
  async growth(use) {
    writeFileSync(`/proc/${this.pid}/clear_refs`, '5') // the peak begins anew (proc(5))
    const before = this.rss
    await use()
    return this.#memory('VmHWM') - before
  }

  #signal(signal) {
    if (this.pid === this.child.pid) {
      this.child.kill(signal)
      return
    }
    try {
      process.kill(this.pid, signal)
    } catch (error) {
      if (error.code !== 'ESRCH') throw error // it has ended by itself meanwhile
    }
  }

  // Ends the process and leaves the folders, for start() to go on with.
  async halt(signal = 'SIGTERM') {
    if (!this.child || this.ended) return
    this.#signal(signal)
    const gaveUp = setTimeout(() => this.child.kill('SIGKILL'), 60000)
    await until('Tenon to end', () => this.ended, 70000)
    clearTimeout(gaveUp)
    if (signal !== 'SIGKILL') assert.deepEqual(this.ended, { code: 0, signal: null }, this.log.slice(-5000))
  }

  async restart() {
    await this.halt()
    return this.start()
  }

  async stop() {
    try {
      await this.halt()
      assert.doesNotMatch(this.log, SANITIZER)
      this.assertNoSecret(this.log, 'the log')
      this.assertNoSecretInTrail()
    } finally {
      rmSync(this.folder, { recursive: true, force: true })
    }
  }

  // The log's events of a name so far; TENON_LOG_FORMAT must be json.
  events(name) {
    return this.log.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line)).filter((e) => e.event === name)
  }

  // The one event of that name about an answer's request.
  event(name, answer) {
    const id = answer.headers['x-request-id']
    return until(`${name} of ${id}`, () => this.events(name).find((e) => e.request === id))
  }

  assertNoSecret(text, where) {
    for (const secret of this.secrets) {
      const found = [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')].find((s) => text.includes(s))
      assert.ok(!found, `a secret stands in ${where}`)
    }
  }

  assertNoSecretInTrail() {
    const folder = join(this.data, 'audit')
    for (const name of existsSync(folder) ? filesIn(folder) : []) this.assertNoSecret(readFileSync(join(folder, name), 'utf8'), `the audit trail, ${name}`)
  }

  // echo: the answer is the service's, which may tell back what it was sent.
  async request(path, { key, echo = false, json, headers = {}, ...options } = {}) {
    const all = { ...(key && { 'x-api-key': key }), ...(json !== undefined && { 'content-type': 'application/json' }), ...headers }
    const answer = await request(`${this.url}${path}`,
      { ...this.options.tls, method: json === undefined ? 'GET' : 'POST', headers: all, ...(json !== undefined && { body: JSON.stringify(json) }), ...options })
    assert.match(answer.headers['x-request-id'] ?? '', /^[A-Za-z0-9_-]{22}$/, `${path}: every answer has an id`)
    if (!echo) this.assertNoSecret(answer.text + answer.rawHeaders.join('\n'), `the answer of ${path}`)
    return answer
  }

  post(path, options) { return this.request(path, { method: 'POST', ...options }) }

  // /v1 as the admin; fails on anything but success.
  async admin(method, path, json) {
    const answer = await this.request(path, { method, key: ADMIN_KEY, ...(json !== undefined && { json }) })
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`)
    return answer.body.length ? answer.json : null
  }

  keepSecret(parameters) {
    for (const [name, value] of Object.entries(parameters)) {
      if (/secret|password|api_key|refresh_token/.test(name) && value.length > 6) this.secrets.add(value)
    }
  }

  connect(name, connector, parameters = {}, auth) {
    this.keepSecret(parameters)
    return this.admin('POST', '/v1/connections', { name, connector, parameters, ...(auth && { auth }) })
  }

  // The number of a metric without labels.
  async metric(name) {
    const text = (await this.request('/metrics', { key: ADMIN_KEY })).text
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)[1])
  }

  // A caller key for these connections.
  async key(connections, rights = []) {
    return (await this.admin('POST', '/v1/keys', { role: 'caller', connections, rights })).key
  }
}

// tls: what a client needs to believe it ({ca, servername}); its certificate goes into args.
// connectors: id -> YAML text; shipped: ids of the connectors folder; env: further environment; args: further flags; faulty: some
// definitions may fail; under: (tenon) => words of a command that runs the command behind it in its own process.
export const startTenon = (options = {}) => new Tenon(options).start()

// RFC 9457 as DESIGN 4 wants it, at every error of Tenon's own. Answers the document.
export function assertProblem(answer, status, code) {
  const told = `${answer.status} ${answer.text}`
  assert.equal(answer.status, status, told)
  assert.equal(answer.headers['content-type'], 'application/problem+json', told)
  assert.equal(answer.headers['tenon-error'], code, told)
  assert.equal(answer.headers['cache-control'], 'no-store')
  assert.equal(answer.headers['x-content-type-options'], 'nosniff')
  const problem = answer.json
  assert.equal(problem.code, code)
  assert.equal(problem.status, status)
  assert.equal(problem.type, status === 429 ? 'https://iana.org/assignments/http-problem-types#quota-exceeded' : `urn:tenon:${code}`)
  assert.ok(problem.title.length > 0)
  assert.ok(problem.instance.endsWith(answer.headers['x-request-id']), 'instance is the request id')
  if (status === 429 || status === 503) assert.match(answer.headers['retry-after'], /^[1-9][0-9]*$/)
  return problem
}
