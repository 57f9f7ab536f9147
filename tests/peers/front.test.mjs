// SPDX-License-Identifier: MIT
// Behind proxies, with the real HAProxy: who the client is, as the log tells it, and where locations lead.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { startApiServer } from './lib/api-server.mjs'
import { definition } from './lib/connector.mjs'
import { ADMIN_KEY, missing, startTenon } from './lib/tenon.mjs'
import { listen, request, until } from './lib/util.mjs'

const HAPROXY = '/usr/sbin/haproxy'
// ./dev installs it.
const skip = missing || (spawnSync(HAPROXY, ['-v']).error ? 'HAProxy is not installed' : false)
const OUTER = '127.0.0.3', INNER = '127.0.0.4', CLIENT = '127.0.0.5'

// A proxy that calls `to` from the address `from`; rules: how it tells of its client.
async function startProxy(from, to, rules) {
  const folder = mkdtempSync(join(tmpdir(), 'tenon-front-'))
  // A socket that listens already is handed over, so that no port has to be guessed.
  const socket = net.createServer()
  const port = await listen(socket)
  writeFileSync(join(folder, 'haproxy.cfg'), `defaults
  mode http
  timeout client 30s
  timeout server 30s
  timeout connect 5s
listen front
  bind fd@3
  ${rules.join('\n  ')}
  source ${from}
  server next 127.0.0.1:${to}
`)
  const child = spawn(HAPROXY, ['-db', '-f', join(folder, 'haproxy.cfg')], { stdio: ['ignore', 'ignore', 'inherit', socket._handle.fd] })
  let ended = false
  child.on('close', () => { ended = true })
  process.once('exit', () => ended || child.kill('SIGKILL'))
  await new Promise((resolve) => { socket.close(resolve) })
  await until('HAProxy', async () => (await request(`http://127.0.0.1:${port}/healthz`).catch(() => ({}))).status === 200)
  return { port, stop: async () => {
    child.kill('SIGTERM')
    await until('HAProxy to end', () => ended)
    rmSync(folder, { recursive: true })
  } }
}

const X_FORWARDED = ['option forwardfor', 'http-request set-header X-Forwarded-Proto https']
const STANDARD = ['http-request add-header Forwarded for=%[src];proto=https']

let api, tenon, key
const proxies = []

before(async () => {
  api = await startApiServer()
  if (skip) return
  tenon = await startTenon({ connectors: { api: definition('api', `${api.url}/base`, `proxy: true
actions:
  Echo: {summary: Echo, method: GET, path: /echo}
  Make: {summary: Make, path: /made}
  Get: {summary: Get, method: GET, path: "/things/{id}", input: {id: {type: string}}}
`) }, env: { TENON_LOG_FORMAT: 'json', TENON_LOG_CALLS: 'all', TENON_PUBLIC_URL: 'https://tenon.example/', TENON_TRUSTED_PROXIES: `${OUTER}, ${INNER}/32, 2001:db8::/32` } })
  await tenon.connect('c', 'api')
  key = await tenon.key(['c'], ['proxy'])
})
after(async () => {
  for (const proxy of proxies) await proxy.stop()
  await api.stop()
  await tenon?.stop()
})

async function peerSeen(port, headers = {}, localAddress = CLIENT) {
  const answer = await request(`http://127.0.0.1:${port}/run/api/c/echo`, { headers: { 'x-api-key': key, ...headers }, localAddress })
  assert.equal(answer.status, 200, answer.text)
  return (await tenon.event('call.done', answer)).peer
}

async function proxy(...args) {
  const started = await startProxy(...args)
  proxies.push(started)
  return started.port
}

test('one proxy: its client, whatever the client says', { skip }, async () => {
  for (const rules of [X_FORWARDED, STANDARD]) {
    const port = await proxy(OUTER, tenon.port, rules)
    assert.equal(await peerSeen(port), CLIENT)
    const lies = rules === X_FORWARDED ? { 'x-forwarded-for': '203.0.113.9, junk' } : { forwarded: 'for=203.0.113.9, for="[2001:db8::1' }
    assert.equal(await peerSeen(port, lies), CLIENT)
    assert.equal(await peerSeen(port, rules === X_FORWARDED ? { 'x-forwarded-for': INNER } : { forwarded: `for=${INNER}` }), CLIENT)
  }
  // What it does not write itself, a proxy passes on: then nobody is believed but the proxy.
  const [port] = proxies.map((p) => p.port)
  assert.match(await peerSeen(port, { forwarded: 'for=203.0.113.9' }), new RegExp(`^${OUTER}:\\d+$`))
})

test('two proxies: the client of the outer one', { skip }, async () => {
  const inner = await proxy(INNER, tenon.port, X_FORWARDED)
  const outer = await proxy(OUTER, inner, X_FORWARDED)
  assert.equal(await peerSeen(outer), CLIENT)
  assert.equal(await peerSeen(outer, { 'x-forwarded-for': `203.0.113.9, ${OUTER}` }), CLIENT)
  // One that is not trusted is a client itself.
  const stranger = await proxy('127.0.0.9', inner, X_FORWARDED)
  assert.equal(await peerSeen(stranger), '127.0.0.9')
})

test('nobody else is believed', { skip }, async () => {
  const lies = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https', forwarded: 'for=203.0.113.9' }
  assert.match(await peerSeen(tenon.port, lies), new RegExp(`^${CLIENT}:\\d+$`))
  const stranger = await proxy('127.0.0.9', tenon.port, X_FORWARDED)
  assert.match(await peerSeen(stranger, lies), /^127\.0\.0\.9:\d+$/)
})

test('locations lead to the public address, through Tenon', { skip }, async () => {
  const { port } = api
  const rows = [ // the service's Location, by an action, by /proxy
    [`http://127.0.0.1:${port}/base/things/a%2Fb?x=1`, 'https://tenon.example/run/api/c/things/a%2Fb?x=1', 'https://tenon.example/proxy/c/things/a%2Fb?x=1'],
    ['/base/things/7', 'https://tenon.example/run/api/c/things/7', 'https://tenon.example/proxy/c/things/7'],
    ['/base/other', '/base/other', 'https://tenon.example/proxy/c/other'],
    ['/base', '/base', 'https://tenon.example/proxy/c'],
    ['things/7', 'things/7', 'things/7'],
    ['/elsewhere', '/elsewhere', '/elsewhere'],
    ['/basement/things/7', '/basement/things/7', '/basement/things/7'],
    ['/base/../things/7', '/base/../things/7', '/base/../things/7'],
    ['//evil.example/base/things/7', '//evil.example/base/things/7', '//evil.example/base/things/7'],
    ['https://evil.example/base/things/7', 'https://evil.example/base/things/7', 'https://evil.example/base/things/7'],
    [`http://127.0.0.1:${port + 1}/base/things/7`, `http://127.0.0.1:${port + 1}/base/things/7`, `http://127.0.0.1:${port + 1}/base/things/7`],
  ]
  for (const status of [201, 202]) {
    for (const [location, byAction, byProxy] of rows) {
      api.answers.set('/base/made', (req, res) => { res.writeHead(status, { location, 'content-type': 'application/json' }); res.end('{}') })
      assert.equal((await tenon.post('/run/api/c/made', { key, echo: true })).headers.location, byAction)
      assert.equal((await tenon.post('/run/api/-/made', { key, echo: true })).headers.location, byAction)
      assert.equal((await tenon.post('/apim/api/c/made', { key, echo: true })).headers.location, byAction.replace('/run/', '/apim/'))
      assert.equal((await tenon.post('/proxy/c/made', { key, echo: true })).headers.location, byProxy)
    }
  }
  api.answers.set('/base/made', (req, res) => { res.writeHead(200, { location: '/base/things/7' }); res.end('{}') })
  assert.equal((await tenon.post('/run/api/c/made', { key, echo: true })).headers.location, '/base/things/7', 'of a 200 it means something else')
})

test('what Tenon makes lies at the public address, too', { skip }, async () => {
  const answer = await tenon.request('/v1/connections', { key: ADMIN_KEY, json: { name: 'd', connector: 'api', parameters: {} } })
  assert.equal(answer.status, 201, answer.text)
  assert.equal(answer.headers.location, 'https://tenon.example/v1/connections/d')
})
