// SPDX-License-Identifier: MIT
// Debian's glewlwyd, a second authorization server, written in C by other people: with a database of its own in a temporary folder,
// on loopback, behind a front that records what is asked for. It says `bearer`, refuses without a word, and means its slow_down.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { close, listen, readAll, request, until } from './util.mjs'

const PROGRAM = '/usr/bin/glewlwyd'
const SCHEMA = '/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3'
const MODULES = '/usr/lib/glewlwyd'
const ADMIN = { username: 'admin', password: 'password' } // of the schema
export const CLIENT = { client_id: 'tv', client_secret: 'CANARY-glewlwyd-secret' }
export const SCOPE = 'g_profile'

const config = (port, database) => `port=${port}
bind_address="127.0.0.1"
external_url="http://127.0.0.1:${port}"
login_url="login.html"
api_prefix="api"
log_mode="console"
log_level="ERROR"
cookie_domain="127.0.0.1"
cookie_secure=0
session_expiration=3600
session_key="GLEWLWYD"
user_module_path="${MODULES}/user"
client_module_path="${MODULES}/client"
user_auth_scheme_module_path="${MODULES}/scheme"
plugin_module_path="${MODULES}/plugin"
hash_algorithm="SHA256"
database={type="sqlite3"; path="${database}";};
`

// interval: between two polls, in seconds; lifetime: of access tokens.
const plugin = ({ interval, lifetime }) => ({
  module: 'oidc', name: 'oidc', display_name: 'oidc', enabled: true,
  parameters: {
    iss: 'https://glewlwyd.example', 'jwt-type': 'sha', 'jwt-key-size': '256', key: 'only for tests', 'allow-non-oidc': true,
    'code-duration': 600, 'refresh-token-duration': 86400, 'access-token-duration': lifetime, 'refresh-token-rolling': true,
    'refresh-token-one-use': 'always', 'auth-type-code-enabled': true, 'auth-type-client-enabled': true, 'auth-type-refresh-enabled': true,
    'auth-type-device-enabled': true, 'device-authorization-expiration': 600, 'device-authorization-interval': interval,
    'introspection-revocation-allowed': true, 'introspection-revocation-allow-target-client': true,
  },
})
const client = {
  ...CLIENT, name: 'TV', enabled: true, confidential: true, redirect_uri: [], scope: [SCOPE],
  authorization_type: ['device_authorization', 'refresh_token', 'client_credentials'], token_endpoint_auth_method: ['client_secret_basic'],
}

class Glewlwyd {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'tenon-glewlwyd-'))
    this.requests = [] // {path, params, status, text}
    this.told = null   // instead of the interval it keeps to
  }

  async start(options) {
    const database = join(this.folder, 'glewlwyd.db')
    const made = new DatabaseSync(database)
    made.exec('PRAGMA synchronous = OFF')
    made.exec(readFileSync(SCHEMA, 'utf8'))
    made.close()
    const free = http.createServer()
    const port = await listen(free)
    await close(free)
    writeFileSync(join(this.folder, 'config'), config(port, database))
    this.inner = `http://127.0.0.1:${port}/api`
    this.child = spawn(PROGRAM, ['--config-file', join(this.folder, 'config')], { stdio: ['ignore', 'ignore', 'ignore'] })
    this.ended = new Promise((resolve) => { this.child.on('close', resolve) })
    const answer = await until('glewlwyd', () => this.ask('POST', '/auth', { json: ADMIN }).catch(() => null))
    assert.equal(answer.status, 200)
    this.cookie = answer.headers['set-cookie'][0].split(';')[0]
    for (const [path, json] of [['/mod/plugin/', plugin(options)], ['/client/', client]]) {
      const { status, text } = await this.ask('POST', path, { json })
      assert.equal(status, 200, text)
    }
    assert.equal((await this.ask('PUT', `/auth/grant/${CLIENT.client_id}`, { json: { scope: SCOPE } })).status, 200)
    this.front = http.createServer((req, res) => this.#relay(req, res))
    this.url = `http://127.0.0.1:${await listen(this.front)}/api/oidc`
    return this
  }

  // As the administrator, who is a user, too.
  ask(method, path, { json, form, basic } = {}) {
    const body = json ? JSON.stringify(json) : form && new URLSearchParams(form).toString()
    const headers = { ...(this.cookie && !basic && { cookie: this.cookie }),
      ...(basic && { authorization: `Basic ${Buffer.from(`${CLIENT.client_id}:${CLIENT.client_secret}`).toString('base64')}` }),
      ...(body && { 'content-type': json ? 'application/json' : 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(body) }) }
    return request(`${this.inner}${path}`, { method, headers, body })
  }

  async #relay(req, res) {
    const text = String(await readAll(req))
    const path = req.url.replace(/^\/api/, '')
    const { host, connection, ...headers } = req.headers
    const answer = await request(`${this.inner}${path}`, { method: req.method, headers, body: text })
    const told = this.told && answer.text.includes('"user_code"') ? JSON.stringify({ ...answer.json, interval: this.told }) : answer.text
    this.requests.push({ path, params: Object.fromEntries(new URLSearchParams(text)), status: answer.status, text: told })
    res.writeHead(answer.status, { ...(answer.headers['content-type'] && { 'content-type': answer.headers['content-type'] }), 'content-length': Buffer.byteLength(told) })
    res.end(told)
  }

  // A person types in the code; again where the server is busy with others, which it says of itself. What is asked for they have
  // granted before.
  async approve(code) {
    const said = await until('the code to be taken', async () => {
      const { headers } = await this.ask('GET', `/oidc/device?code=${code}&g_continue`)
      return !headers.location.includes('prompt=deviceServerError') && headers.location
    })
    assert.match(said, /prompt=deviceComplete/)
  }

  // RFC 7662.
  async isActive(token) {
    return (await this.ask('POST', '/oidc/introspect', { basic: true, form: { token } })).json.active
  }

  async stop() {
    if (this.front) await close(this.front)
    this.child?.kill('SIGTERM')
    await this.ended
    rmSync(this.folder, { recursive: true })
  }
}

// `./dev test` installs it; without it these tests fail rather than pass unseen.
export async function startGlewlwyd({ interval = 5, lifetime = 3600 } = {}) {
  assert.ok(existsSync(PROGRAM), `${PROGRAM} is not there: apt-get install dbconfig-sqlite3, then glewlwyd`)
  const server = new Glewlwyd()
  return server.start({ interval, lifetime }).catch(async (error) => {
    await server.stop()
    throw error
  })
}
