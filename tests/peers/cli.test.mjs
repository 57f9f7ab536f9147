// SPDX-License-Identifier: MIT
// The command line: beside a running host, without one, and at a distance; and how a host starts and ends.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import { ADMIN_KEY, missing, ROOT, Tenon, TENON } from './lib/tenon.mjs'
import { close, filesIn, listen, readAll, request, until } from './lib/util.mjs'

const SECRET = 'CANARY-cli-secret &=+%é'
const STATUSES = { '/items/404': 404, '/denied': 403 }

// A token endpoint and an API in one, which answer after `delay` ms.
class Peer {
  constructor() {
    this.delay = 0
    this.seen = []
    this.server = http.createServer(async (req, res) => {
      const body = (await readAll(req)).toString('utf8')
      this.seen.push({ method: req.method, url: req.url, headers: req.headers, body })
      setTimeout(() => {
        const answer = req.url.startsWith('/token')
          ? { access_token: `token-${this.seen.length}`, token_type: 'Bearer', expires_in: 3600 }
          : { method: req.method, url: req.url, body, authorization: req.headers.authorization }
        res.writeHead(STATUSES[req.url] ?? 200, { 'content-type': 'application/json' })
        res.end(JSON.stringify(answer))
      }, this.delay)
    })
  }

  async start() {
    this.url = `http://127.0.0.1:${await listen(this.server)}`
    return this
  }
}

const connector = (peer) => `tenon: 1
id: peer
title: Peer
version: 1.0.0
description: Calls the peer of a test.
hosts: ["127.0.0.1"]
base_url: ${peer.url}
guide:
  prerequisites: [A client]
connection:
  auth:
    cc:
      type: client_credentials
      parameters:
        client_id: {type: string, required: true}
        client_secret: {type: string, secret: true, required: true}
        app_secret: {type: string, secret: true, ask: admin}
        app_name: {type: string, ask: admin}
      token_url: ${peer.url}/token
verify: {url: /verify}
actions:
  GetToken: {summary: Token, token: connection}
  GetItem:
    summary: Item
    method: GET
    path: /items/{id}
    input:
      id: {type: integer, required: true}
      tag: {type: array, items: {type: string}, collectionFormat: multi}
  AddItem:
    summary: Add
    path: /items
    input:
      name: {type: string, required: true}
      count: {type: integer}
      on: {type: boolean}
      pin: {type: string, secret: true}
`

// Two ways to sign in, the recommended one behind; a guide of its own for one of them; a verify that is refused.
const guided = (peer) => `tenon: 1
id: guided
title: Guided
version: 1.0.0
description: Shows what a person is told.
hosts: ["127.0.0.1"]
base_url: ${peer.url}
guide:
  prerequisites: [An administrator of the service]
  steps:
    - {title: Open the console, text: ${'It is where the others are. '.repeat(8).trim()}, link: "https://example.com/console"}
    - {title: Make a client}
  checklist: [The client is on]
explain: {403: Grant the client the role Reader.}
connection:
  parameters:
    region: {title: Region, type: string, required: true, choices: {us: United States, eu: Europe}}
  auth:
    user:
      title: User and password
      type: password
      caution: Wrong passwords lock the user.
      guide: {prerequisites: [A user made for this alone]}
      parameters:
        username: {title: User name, type: string, required: true}
        password: {title: Password, type: string, secret: true, required: true}
      token_url: ${peer.url}/token
    cc:
      title: System to system
      description: Acts as itself.
      recommended: true
      type: client_credentials
      parameters:
        client_id: {title: Client ID, description: From the console., type: string, required: true}
        client_secret: {title: Client secret, type: string, secret: true, required: true}
      token_url: ${peer.url}/token
verify: {url: /denied}
actions:
  Get: {summary: Get, method: GET, path: /x, input: {region: {type: string}}}
`

// Nothing of Tenon's in the environment of whoever runs the tests.
function environment(more) {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('TENON_'))
  return { ...Object.fromEntries(kept), TENON_EGRESS_ALLOW: '127.0.0.0/8', TENON_THREADS: '2', ...more }
}

// Neither a way to sign in nor a verify.
const bare = (peer) => `tenon: 1
id: bare
title: Bare
version: 1.0.0
description: Has nothing to test.
hosts: ["127.0.0.1"]
base_url: ${peer.url}
actions:
  Get: {summary: Get, method: GET, path: /x}
`

// Runs the program on a terminal of 80 columns; answers: [what it asks, what is typed then]. Answers what the person saw.
function onTerminal(args, answers, env) {
  const command = `stty cols 80; exec ${[TENON, ...args].map((word) => `'${word}'`).join(' ')}`
  return new Promise((resolve, reject) => {
    const child = spawn('script', ['-qefc', command, '/dev/null'],
      { env: environment({ TERM: 'dumb', ...env }) })
    const left = [...answers]
    let seen = '', from = 0
    const gaveUp = setTimeout(() => { child.kill(); reject(new Error(`no question like ${left[0]?.[0]} in\n${seen}`)) }, 30000)
    child.stdout.setEncoding('utf8').on('data', (text) => {
      seen += text
      while (left.length && left[0][0].test(seen.slice(from))) {
        from = seen.length
        child.stdin.write(`${left.shift()[1]}\n`)
      }
    })
    child.on('close', (code) => { clearTimeout(gaveUp); resolve({ code, seen: seen.replaceAll('\r', '') }) })
  })
}

// Runs the program to its end.
function run(args, { env = {}, input = '', cwd } = {}) {
  const all = environment(env)
  return new Promise((resolve) => {
    const child = spawn(TENON, args, { env: all, cwd })
    const out = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => { out[name] += text })
    child.on('close', (code) => resolve({ code, ...out, get json() { return JSON.parse(out.stdout) } }))
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

const hashes = (folder) => Object.fromEntries(filesIn(folder).map((name) =>
  [name, createHash('sha256').update(readFileSync(join(folder, name))).digest('hex')]))

describe('the command line', { skip: missing }, () => {
  let peer, tenon, folder, secretFile

  // With the folders of the test's host.
  const cli = (args, options) => run([...args, '--data', tenon.data, '--connectors', tenon.connectors], options)
  async function well(args, options) {
    const ran = await cli(args, options)
    assert.equal(ran.code, 0, `${args.join(' ')}: ${ran.stdout}${ran.stderr}`)
    assert.equal(ran.stderr, '')
    assert.ok(!(ran.stdout + ran.stderr).includes('CANARY'), 'no secret is printed')
    return ran
  }
  async function fails(args, code, says, options) {
    const ran = await cli(args, options)
    assert.equal(ran.code, code, `${args.join(' ')}: ${ran.stdout}${ran.stderr}`)
    assert.match(ran.stderr, says)
    assert.match(ran.stderr, /^tenon: .* \([a-z_]+\)$/m, 'text and code')
    assert.ok(!ran.stderr.includes('CANARY'), 'no secret is printed')
    return ran
  }
  const connect = (name, secret, options) =>
    well(['connect', 'peer', '--name', name, 'client_id=me', `client_secret=${secret}`, '--json'], options)

  before(async () => {
    peer = await new Peer().start()
    tenon = new Tenon({ connectors: { peer: connector(peer), guided: guided(peer), bare: bare(peer) } })
    tenon.secrets.add(SECRET)
    folder = mkdtempSync(join(tmpdir(), 'tenon-cli-'))
    secretFile = join(folder, 'secret')
    writeFileSync(secretFile, `${SECRET}\n`, { mode: 0o600 })
    await tenon.start()
  })
  after(async () => {
    await tenon?.stop()
    if (peer) await close(peer.server)
    if (folder) rmSync(folder, { recursive: true, force: true })
  })

  it('needs no key at the socket, which is the owner\'s alone', async () => {
    assert.equal(statSync(join(tenon.data, 'tenon.sock')).mode & 0o777, 0o600)
    assert.equal(statSync(tenon.data).mode & 0o777, 0o700)
    assert.deepEqual((await well(['connection', 'list', '--json'])).json, [])
  })

  it('makes connections with secrets from a file, the environment and standard input', async () => {
    assert.equal((await connect('by-file', `@${secretFile}`)).json.state, 'ready')
    await connect('by-env', 'env:MY_SECRET', { env: { MY_SECRET: SECRET } })
    await connect('by-input', '-', { input: `${SECRET}\n` })
    for (const name of ['by-file', 'by-env', 'by-input']) {
      await well(['call', name, 'GetToken'])
      const { body } = peer.seen.at(-1)
      assert.equal(new URLSearchParams(body).get('client_secret'), SECRET, name)
    }
  })

  it('refuses a secret on the command line and says what to do', async () => {
    const ran = await fails(['connect', 'peer', '--name', 'x', 'client_id=me', 'client_secret=CANARY-literal'], 2,
      /client_secret is a secret: give client_secret=@FILE/)
    assert.match(ran.stderr, /\(usage\)/)
    await fails(['call', 'by-file', 'AddItem', 'name=x', 'pin=CANARY-pin'], 2, /pin is a secret/)
    await fails(['set', 'peer', 'app_secret=CANARY-app'], 2, /app_secret is a secret/)
  })

  it('lists and shows connections without their secrets', async () => {
    const { stdout } = await well(['connection', 'list'])
    const lines = stdout.trimEnd().split('\n')
    assert.match(lines[0], /^NAME +CONNECTOR +AUTH +STATE +SINCE +REASON +LAST USED +TITLE$/)
    assert.equal(lines.length, 4)
    const at = lines[0].indexOf('STATE')
    for (const line of lines.slice(1)) assert.equal(line.slice(at, at + 5), 'ready', 'columns are aligned')
    assert.ok(!stdout.includes('\x1b'), 'no colour but on a terminal')
    const shown = (await well(['connection', 'show', 'by-file', '--json'])).json
    assert.deepEqual(shown.parameters.client_secret, { set: true })
    assert.match((await well(['connection', 'show', 'by-file'])).stdout, /client_secret +\(set\)/)
  })

  it('says whether the host is ready', async () => {
    assert.match((await well(['health'])).stdout, /^ok\ndefinitions in service: \d+\n$/)
    assert.equal((await well(['health', '--json'])).json.status, 'ok')
    assert.equal((await run(['health', '--url', tenon.url])).stdout, 'ok\n', 'without a key it tells no more')
    tenon.save('faulty', 'tenon: 1\n')
    await until('the fault', async () => /not in service as it stands: .*faulty\.yaml$/m.test((await well(['health'])).stdout))
    rmSync(join(tenon.connectors, 'faulty.yaml'))
    await until('it to be gone', async () => !/faulty/.test((await well(['health'])).stdout))
  })

  it('tests a connection step by step', async () => {
    const { stdout } = await well(['connection', 'test', 'by-file'])
    assert.match(stdout, /^token +ok/m)
    assert.match(stdout, /^verify +ok +200/m)
    assert.equal((await well(['connection', 'test', 'by-file', '--json'])).json.ok, true)
  })

  it('guides a person to a connection, and tells what a refusal means', async () => {
    const folders = ['--data', tenon.data, '--connectors', tenon.connectors]
    const { code, seen } = await onTerminal(['connect', 'guided', '--name', 'by-hand', ...folders], [
      [/Way to sign in, 1 to 2 \[1\]: $/, '3'], // there is none: asked again
      [/Way to sign in, 1 to 2 \[1\]: $/, ''],
      [/Region, 1 to 2 \[1\]: $/, 'eu'],
      [/Client ID: $/, 'me'],
      [/Client secret \(not shown\): $/, SECRET],
    ])
    assert.equal(code, 0, seen)
    assert.ok(!seen.includes('CANARY'), 'a secret is not echoed')
    const lines = seen.split('\n')
    for (const line of lines) assert.ok(line.length <= 80, line)
    const order = ['Guided', 'What you need', '  - An administrator of the service', 'What to do', '  1. Open the console',
      '     https://example.com/console', '  2. Make a client', 'What to check in the end', '  - The client is on', 'Ways to sign in',
      '  1. System to system (recommended)', '     Acts as itself.', '  2. User and password',
      '     Caution: Wrong passwords lock the user.', '  1. United States', '  2. Europe', 'From the console.', 'by-hand: ready',
      'Try it: tenon connection test by-hand']
    const at = order.map((line) => lines.findIndex((seenLine) => seenLine === line || seenLine.endsWith(line)))
    assert.ok(at.every((n) => n >= 0), `${order[at.indexOf(-1)]} is not in\n${seen}`)
    assert.deepEqual(at, [...at].sort((a, b) => a - b), seen)
    assert.deepEqual((await tenon.admin('GET', '/v1/connections/by-hand')).parameters,
      { region: 'eu', client_id: 'me', client_secret: { set: true } })
    const tested = await cli(['connection', 'test', 'by-hand'])
    assert.equal(tested.code, 1)
    assert.match(tested.stdout, /^token +ok +expires in \d+ s$/m)
    assert.match(tested.stdout, /^verify +failed +403; /m)
    assert.match(tested.stdout, /\n\nGrant the client the role Reader\.\n$/)
  })

  it('tells what is special about the way that was chosen, and asks only for what is missing', async () => {
    const folders = ['--data', tenon.data, '--connectors', tenon.connectors]
    const chosen = await onTerminal(['connect', 'guided', '--name', 'by-user', '--auth', 'user', 'region=us', 'username=u', ...folders],
      [[/Password \(not shown\): $/, SECRET]])
    assert.equal(chosen.code, 0, chosen.seen)
    assert.match(chosen.seen, /\nUser and password\nCaution: Wrong passwords lock the user\.\n\nWhat you need\n  - A user made for this alone\n/)
    assert.doesNotMatch(chosen.seen, /Ways to sign in|User name:|Region/)
    const quiet = await onTerminal(['connect', 'guided', '--name', 'by-quiet', '--quiet', '--auth', 'cc', 'region=us', 'client_id=me', ...folders],
      [[/Client secret \(not shown\): $/, SECRET]])
    assert.equal(quiet.code, 0, quiet.seen)
    assert.equal(quiet.seen.replace(/^Client secret \(not shown\): \n/, ''), 'by-quiet: ready\n')
  })

  it('asks and guides nobody where there is no terminal', async () => {
    const given = ['connect', 'guided', '--name', 'by-script', '--auth', 'cc', 'region=us', 'client_id=me']
    assert.equal((await well([...given, `client_secret=@${secretFile}`])).stdout, 'by-script: ready\n')
    await fails(['connect', 'guided', '--name', 'x', '--auth', 'cc', 'region=us'], 1, /client_id/)
    await fails(['connect', 'guided', '--name', 'x', 'region=us'], 1, /`auth` must be one of `user`, `cc` \(param_missing\)/)
    await well(['connect', 'bare', '--name', 'bare'])
    assert.equal((await well(['connection', 'test', 'bare'])).stdout, 'There is nothing to test: the connection has no credential of its own and the connector no verify.\n')
    for (const name of ['bare', 'by-hand', 'by-user', 'by-quiet', 'by-script']) await well(['connection', 'remove', name])
  })

  it('calls actions with typed values in their places', async () => {
    const got = (await well(['call', 'by-file', 'GetItem', 'id=7', 'tag=a,b c'])).json
    assert.equal(got.url, '/items/7?tag=a&tag=b%20c')
    assert.match(got.authorization, /^Bearer token-/)
    const added = (await well(['call', 'by-file', 'additem', 'name=1', 'count=2', 'on=true'])).json
    assert.deepEqual(JSON.parse(added.body), { name: '1', count: 2, on: true })
    const whole = (await well(['call', 'by-file', 'AddItem', '--json', '{"name":"j","count":3}'])).json
    assert.deepEqual(JSON.parse(whole.body), { name: 'j', count: 3 })
    const secret = (await cli(['call', 'by-file', 'AddItem', 'name=x', `pin=@${secretFile}`])).json
    assert.equal(JSON.parse(secret.body).pin, SECRET)
  })

  it('tells errors as text and code', async () => {
    await fails(['call', 'by-file', 'GetItm', 'id=1'], 1, /did you mean `GetItem`\?.*not_found/)
    await fails(['call', 'by-file', 'GetItem', 'id=x'], 1, /param_type/)
    await fails(['call', 'by-file', 'GetItem', 'nope=x'], 1, /no field `nope`.*param_unknown/)
    await fails(['call', 'nobody', 'GetItem'], 1, /not_found/)
    await fails(['connection', 'show', 'nobody'], 1, /not_found/)
    await fails(['connect', 'peer', '--name', 'Bad Name', 'client_id=x', `client_secret=@${secretFile}`], 1, /param_pattern/)
    await fails(['connect', 'peer', '--name', 'x', 'client_id=x', 'client_secret=@/nowhere'], 1, /\/nowhere/)
    const four = await cli(['call', 'by-file', 'GetItem', 'id=404'])
    assert.equal(four.code, 1)
    assert.match(four.stdout, /items\/404/, 'the service\'s own answer is printed')
    assert.match(four.stderr, /the service answered 404/)
  })

  it('adds, lists and revokes keys', async () => {
    const { stdout: text } = await well(['key', 'add', '--connection', 'by-file', '--right', 'token', '--expires', '90d'])
    assert.match(text, /^tnk_[0-9A-Za-z]{8}_[0-9A-Za-z]{49}\n$/, 'the key alone, for scripts')
    const key = text.trim()
    const id = key.slice(4, 12)
    assert.equal((await tenon.request('/v1/connections/by-file', { key })).status, 200)
    assert.equal((await tenon.request('/v1/connections/by-env', { key })).status, 404)
    const listed = (await well(['key', 'list', '--json'])).json.find((one) => one.id === id)
    assert.deepEqual({ role: listed.role, connections: listed.connections, rights: listed.rights },
      { role: 'caller', connections: ['by-file'], rights: ['token'] })
    assert.ok(Math.abs(Date.parse(listed.expires_at) - Date.now() - 90 * 86400e3) < 600e3)
    assert.match((await well(['key', 'list'])).stdout, /^ID +ROLE +CONNECTIONS/)
    await well(['key', 'revoke', id])
    assert.equal((await tenon.request('/v1/connections/by-file', { key })).status, 401)
    await fails(['key', 'revoke', id], 1, /not_found/)
    await fails(['key', 'add', '--connection', 'nobody'], 1, /no connection `nobody`/)
    await fails(['key', 'add', '--expires', 'soon'], 2, /duration/)
  })

  it('sets what an admin gives once', async () => {
    const { stdout } = await well(['set', 'peer', `app_secret=@${secretFile}`, 'app_name=mine'])
    assert.match(stdout, /^app_secret +\(set\)$/m)
    assert.match(stdout, /^app_name +mine$/m)
    assert.deepEqual((await well(['set', 'peer', '--json'])).json.parameters, { app_secret: { set: true }, app_name: 'mine' })
    await fails(['set', 'peer', 'client_id=x'], 1, /param_unknown/)
  })

  it('resets and removes a connection', async () => {
    await well(['connection', 'reset', 'by-input'])
    await well(['connection', 'remove', 'by-input'])
    await fails(['connection', 'show', 'by-input'], 1, /not_found/)
  })

  it('talks to a host by its address, with a key', async () => {
    const there = ['--url', tenon.url]
    const listed = await run(['connection', 'list', '--json', ...there], { env: { TENON_KEY: ADMIN_KEY } })
    assert.equal(listed.json.length, 2, listed.stderr)
    const key = (await well(['key', 'add', '--connection', 'by-env'])).stdout.trim()
    const some = await run(['connection', 'list', '--json'], { env: { TENON_KEY: key, TENON_URL: `${tenon.url}/` } })
    assert.deepEqual(some.json.map((one) => one.name), ['by-env'])
    const called = await run(['call', 'by-env', 'GetItem', 'id=1', ...there], { env: { TENON_KEY: key } })
    assert.equal(called.code, 0, called.stderr)
    assert.match((await run(['connection', 'list', ...there])).stderr, /\(unauthorized\)/)
    const gone = await run(['connection', 'list', '--url', 'http://127.0.0.1:1'])
    assert.equal(gone.code, 1)
    assert.match(gone.stderr, /\(host_unreachable\)/)
  })

  it('answers wrong usage with 2', async () => {
    const rows = [[], ['serv'], ['openapi'], ['export'], ['connect'], ['connection'], ['connection', 'show'],
      ['call', 'x'], ['key'], ['set'], ['lint', '--format', 'xml'], ['key', 'list', '--jsn'], ['serve', 'now'], ['connect', 'peer', '--name']]
    for (const args of rows) {
      const ran = await run(args)
      assert.equal(ran.code, 2, args.join(' '))
      if (args.length) assert.match(ran.stderr, /^tenon: .* \(usage\)$/m, args.join(' '))
    }
    for (const [args, says] of [[['serv'], /did you mean `serve`/], [['key', 'lst'], /no `tenon key lst`; did you mean `list`\?/],
      [['key', 'list', '--jsn'], /no flag --jsn here; did you mean --json\?/], [['connection'], /needs a verb/],
      [['key', 'list', '--admin'], /--admin belongs to `tenon key add`/], [['connection', 'show', 'a', 'b'], /too many words/],
      [['connection', 'show'], /^Usage: tenon connection show NAME \[--json\]$/m], [['connect', 'x'], /--name NAME is missing/]]) {
      assert.match((await run(args)).stderr, says, args.join(' '))
    }
    for (const args of [['help'], ['--help'], ['help', 'call'], ['call', '--help'], ['--version'], ['schema']]) {
      const ran = await run(args)
      assert.equal(ran.code, 0, args.join(' '))
      assert.ok(ran.stdout.length > 5)
    }
    const overview = (await run(['help'])).stdout
    assert.ok(!/configuration --|commands --/.test(overview), 'only what people type')
    for (const name of ['import', 'export']) assert.match(overview, new RegExp(`^ +${name} `, 'm'))
  })

  it('helps by itself: every command, every verb, every option, and examples that can be typed', async () => {
    const overview = (await run(['help'])).stdout
    const names = [...overview.matchAll(/^ {2}(\w+) {2,}\S/gm)].map(([, name]) => name)
    assert.ok(names.length >= 8)
    for (const name of names) {
      const help = (await run([name, '--help'])).stdout
      assert.equal((await run(['help', name])).stdout, help)
      assert.equal((await run([name, '-h'])).stdout, help)
      for (const [, flag] of help.slice(0, help.indexOf('\n\n')).matchAll(/--([\w-]+)/g)) {
        assert.match(help, new RegExp(`^  --${flag}( \\S+)?  +\\S`, 'm'), `${name}: --${flag} is told`)
      }
      assert.ok(help.split('\n').every((line) => line.length <= 100 || /^(Usage:)? +tenon /.test(line)), `${name}: lines that fit`)
      const examples = [...help.slice(help.indexOf('\nExamples:')).matchAll(/^ {2}tenon (.*)$/gm)].map(([, line]) => line)
      assert.ok(examples.length > 0, name)
      for (const line of examples) {
        const words = line.split(' > ')[0].split(' ')
        assert.equal(words[0], name)
        assert.equal((await run([...words, '--help'])).code, 0, line)
      }
    }
  })

  it('prints the schema of the format, and lints', async () => {
    assert.equal((await run(['schema'])).stdout, readFileSync(join(ROOT, 'openapi/connector.schema.json'), 'utf8'))
    assert.equal((await run(['lint', tenon.connectors])).code, 0)
    const bad = join(folder, 'bad.yaml')
    writeFileSync(bad, connector(peer).replace('id: peer', 'id: bad').replace('summary: Item', 'sumary: Item'))
    const text = await run(['lint', bad])
    assert.equal(text.code, 1)
    assert.match(text.stdout, /bad\.yaml:\d+:\d+: error\/S definition_unknown_key: .*did you mean `summary`\?/)
    assert.match(text.stdout, /\^/)
    const json = (await run(['lint', '--format', 'json', bad])).json
    assert.deepEqual(Object.keys(json[0]).sort(), ['code', 'column', 'file', 'level', 'line', 'message', 'severity'])
    assert.equal((await run(['lint', join(folder, 'nothing.yaml')])).code, 1)
  })

  it('keeps its secrets from other processes', () => {
    const proc = (name) => readFileSync(`/proc/${tenon.pid}/${name}`, 'utf8')
    assert.ok(!proc('environ').includes(ADMIN_KEY), 'the environment is overwritten')
    assert.match(proc('limits'), /Max core file size +0 +0/)
  })

  it('refuses a second host on the same data folder', async () => {
    await fails(['serve', '--listen', '127.0.0.1:0'], 1, new RegExp(`in use by process ${tenon.pid} \\(store_locked\\)`))
  })

  it('works on the data folder itself where no host runs', async () => {
    await tenon.halt()
    assert.throws(() => statSync(join(tenon.data, 'tenon.sock')), 'the socket goes with the host')
    await fails(['health'], 1, /no host runs/)
    const names = (await well(['connection', 'list', '--json'])).json.map((one) => one.name)
    assert.deepEqual(names, ['by-env', 'by-file'])
    assert.equal((await well(['call', 'by-file', 'GetItem', 'id=9'])).json.url, '/items/9')
    assert.match((await well(['connection', 'test', 'by-file'])).stdout, /^verify +ok +200/m)
    await connect('alone', `@${secretFile}`)
    const key = (await well(['key', 'add', '--connection', 'alone'])).stdout.trim()
    await tenon.start()
    assert.equal((await tenon.request('/v1/connections/alone', { key })).status, 200)
  })

  it('changes nothing under a wrong master key', async () => {
    await tenon.halt()
    const held = hashes(tenon.data)
    const env = { TENON_MASTER_KEY: '11'.repeat(32) }
    const rows = [['serve', '--listen', '127.0.0.1:0'], ['connection', 'list']]
    for (const args of rows) await failsWithLog(args, /\(master_key_mismatch\)/, env)
    assert.deepEqual(hashes(tenon.data), held)
    await failsWithLog(['connection', 'list'], /\(master_key_invalid\)/, { TENON_MASTER_KEY: 'short' })
    chmodSync(join(tenon.data, 'master.key'), 0o644)
    await failsWithLog(['connection', 'list'], /\(master_key_permissions\)/, {})
    chmodSync(join(tenon.data, 'master.key'), 0o600)
    assert.deepEqual(hashes(tenon.data), held)
    const program = join(folder, 'hook')
    writeFileSync(program, `#!/bin/sh\ncat ${join(tenon.data, 'master.key')}\n`, { mode: 0o700 })
    await well(['connection', 'list'], { env: { TENON_MASTER_KEY_PROGRAM: program } })
    await tenon.start()
  })
  async function failsWithLog(args, says, env) {
    const ran = await cli(args, { env })
    assert.equal(ran.code, 1, ran.stderr)
    assert.match(ran.stderr, says)
  }

  it('reads definitions again on SIGHUP', async () => {
    const text = connector(peer).replace('title: Peer', 'title: Renamed')
    tenon.save('peer', text)
    process.kill(tenon.pid, 'SIGHUP')
    await until('the new title', async () => (await tenon.admin('GET', '/v1/connectors/peer')).title === 'Renamed')
    await until('the log to say so', () => /host\.reloading/.test(tenon.log))
  })

  it('finishes what is in flight on SIGTERM, and takes no more', async () => {
    await tenon.request('/run/peer/by-file/items/1', { key: ADMIN_KEY, echo: true })
    peer.delay = 1500
    const count = peer.seen.length
    const slow = tenon.request('/run/peer/by-file/items/2', { key: ADMIN_KEY, echo: true })
    await until('the call to reach the service', () => peer.seen.length > count)
    tenon.child.kill('SIGTERM')
    await until('the port to close', () => new Promise((resolve) => {
      const socket = net.connect(tenon.port, '127.0.0.1')
      socket.on('connect', () => { socket.destroy(); resolve(false) })
      socket.on('error', () => resolve(true))
    }))
    const answer = await slow
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.connection, 'close')
    await until('the host to end', () => tenon.ended)
    assert.deepEqual(tenon.ended, { code: 0, signal: null })
    assert.match(tenon.log, /host\.stopped drained=true/)
    peer.delay = 0
    await tenon.start()
  })

  it('ends at once on a second signal, and when the time is over', async () => {
    peer.delay = 20000
    for (const [signals, env] of [[['SIGTERM', 'SIGINT'], {}], [['SIGTERM'], { TENON_DRAIN_TIMEOUT: '300ms' }]]) {
      await tenon.halt()
      await tenon.start(env)
      const count = peer.seen.length
      const slow = tenon.request('/run/peer/by-file/items/3', { key: ADMIN_KEY, echo: true }).then(() => 'answered', () => 'cut')
      await until('the call to reach the service', () => peer.seen.length > count)
      const begin = Date.now()
      for (const signal of signals) {
        tenon.child.kill(signal)
        await until('the signal to be taken', () => /host\.draining/.test(tenon.log.slice(-400)))
      }
      await until('the host to end', () => tenon.ended)
      assert.ok(Date.now() - begin < 15000)
      assert.equal(await slow, 'cut')
      assert.match(tenon.log, /host\.stopped drained=false/)
    }
    peer.delay = 0
    await tenon.start()
  })
})

describe('the start of a host', { skip: missing }, () => {
  let folder
  before(() => { folder = mkdtempSync(join(tmpdir(), 'tenon-start-')) })
  after(() => { rmSync(folder, { recursive: true, force: true }) })

  it('refuses configurations that cannot be, with the place', async () => {
    const file = join(folder, 'tenon.yaml')
    writeFileSync(file, 'data: x\nlisen: y\ndrain_timeout: 5\n')
    const ran = await run(['serve'], { cwd: folder })
    assert.equal(ran.code, 1)
    assert.match(ran.stderr, /^tenon\.yaml:2:1: .*did you mean `listen`\?/m)
    assert.match(ran.stderr, /^tenon\.yaml:3:16: .*expected a duration/m)
    assert.match(ran.stderr, /tenon\.yaml has 2 faults \(configuration\)/)
    rmSync(file)
  })

  it('refuses a listener beyond loopback without TLS or proxies', async () => {
    mkdirSync(join(folder, 'connectors'), { mode: 0o700 })
    const rows = [
      [['--listen', '0.0.0.0:0'], /listen_needs_tls/],
      [['--listen', ':0'], /listen_needs_tls/],
      [['--listen', '0.0.0.0:0', '--trusted-proxies', '10.0.0.0/8'], /needs public_url/],
      [['--listen', '127.0.0.1:0', '--trusted-proxies', '10.0.0.0/8,10.0.0.1/8'], /trusted proxy "10\.0\.0\.1\/8"/],
      [['--listen', '127.0.0.1:0', '--public-url', 'http://tenon.example'], /public_url: beyond this machine it begins with https/],
      [['--listen', '127.0.0.1:0', '--public-url', 'https://x.example/tenon'], /public_url: .*not below a path/],
      [['--listen', 'nonsense'], /listen_failed/],
      [['--tls-cert', 'a'], /tls_cert and tls_key/],
      [['--listen', '127.0.0.1:0', '--tls-cert', '/nowhere', '--tls-key', '/nowhere'], /\/nowhere.*configuration/],
      [['--listen', '127.0.0.1:0', '--egress-allow', '10.0.0.0/99'], /configuration/],
      [['--listen', '127.0.0.1:0', '--connectors', '/nowhere'], /definition_unreadable/],
    ]
    for (const [args, says] of rows) {
      const ran = await run(['serve', ...args], { cwd: folder })
      assert.equal(ran.code, 1, args.join(' '))
      assert.match(ran.stderr, says)
    }
  })

  it('says how the first admin gets in, and takes a key beside the running host', async () => {
    const tenon = new Tenon({ connectors: {}, env: { TENON_ADMIN_KEY: undefined } })
    delete tenon.options.env.TENON_ADMIN_KEY
    const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('TENON_'))
    const child = spawn(TENON, ['serve', '--listen', '127.0.0.1:0', '--data', tenon.data, '--connectors', tenon.connectors],
      { env: Object.fromEntries(kept), stdio: ['ignore', 'ignore', 'pipe'] })
    let log = ''
    let ended = null
    child.stderr.setEncoding('utf8').on('data', (text) => { log += text })
    child.on('close', (code) => { ended = { code } })
    try {
      const [, port] = await until('the host', () => /http\.listening address=127\.0\.0\.1:(\d+)/.exec(log))
      await until('the hint', () => /host\.setup link_in=\S+\/setup /.test(log))
      const key = (await run(['key', 'add', '--admin', '--data', tenon.data])).stdout.trim()
      const answer = await request(`http://127.0.0.1:${port}/v1/keys`, { headers: { 'x-api-key': key } })
      assert.equal(answer.status, 200)
      for (const name of filesIn(tenon.data)) assert.equal(statSync(join(tenon.data, name)).mode & 0o077, 0, name)
    } finally {
      child.kill('SIGINT')
      await until('the host to end', () => ended)
      rmSync(tenon.folder, { recursive: true, force: true })
    }
    assert.equal(ended.code, 0)
  })
})
