// SPDX-License-Identifier: MIT
// A name server that lies, in a network of its own: run by `unshare --net --mount node dns-rig.mjs SCENE`. Inside, loopback also
// has a public address and a private one, each with a TLS server that counts who comes, and /etc/resolv.conf names the server
// here. Prints `held SCENE` where Tenon never connected to the private one.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import dgram from 'node:dgram'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'

import { assertProblem, startTenon } from '../../peers/lib/tenon.mjs'
import { makeCertificate } from '../../peers/lib/tls.mjs'
import { definition } from './lint.mjs'
import { answer } from './service.mjs'

const PUBLIC = '93.184.216.34'
const OTHER_PUBLIC = '93.184.216.35' // nobody listens there
const INTERNAL = '10.1.2.3'
const NAME = 'rebind.example'

function network() {
  const folder = mkdtempSync(join(tmpdir(), 'tenon-rig-'))
  const run = (...args) => execFileSync(args[0], args.slice(1), { stdio: 'inherit' })
  run('ip', 'link', 'set', 'lo', 'up')
  for (const address of [PUBLIC, OTHER_PUBLIC, INTERNAL]) run('ip', 'address', 'add', `${address}/32`, 'dev', 'lo')
  writeFileSync(join(folder, 'resolv.conf'), 'nameserver 127.0.0.1\noptions timeout:1 attempts:2\n')
  run('mount', '--bind', join(folder, 'resolv.conf'), '/etc/resolv.conf')
  return folder
}

// --- a name server of a few lines (RFC 1035) ---

const label = (name) => Buffer.concat([...name.split('.').map((part) => Buffer.concat([Buffer.from([part.length]), Buffer.from(part)])), Buffer.from([0])])

function record(name, type, data) {
  const head = Buffer.alloc(10)
  head.writeUInt16BE(type, 0)
  head.writeUInt16BE(1, 2)
  head.writeUInt32BE(0, 4) // for no time at all
  head.writeUInt16BE(data.length, 8)
  return Buffer.concat([label(name), head, data])
}

// zone: name -> () => [{cname} | {a}]
function nameServer(zone) {
  const state = { queries: 0 }
  const server = dgram.createSocket('udp4')
  server.on('message', (query, from) => {
    let at = 12
    const parts = []
    while (query[at]) { parts.push(query.subarray(at + 1, at + 1 + query[at]).toString()); at += query[at] + 1 }
    const name = parts.join('.').toLowerCase()
    const type = query.readUInt16BE(at + 1)
    const said = type === 1 && zone[name] ? zone[name]() : []
    if (said === null || (type !== 1 && zone[name]?.() === null)) return // says nothing
    const records = type === 1 ? said.map((one) => one.cname
      ? record(one.of ?? name, 5, label(one.cname))
      : record(one.of ?? name, 1, Buffer.from(one.a.split('.').map(Number)))) : []
    if (type === 1) state.queries++
    const head = Buffer.from(query.subarray(0, 12))
    head.writeUInt16BE(0x8180, 2)
    head.writeUInt16BE(records.length, 6)
    head.writeUInt16BE(0, 8)
    head.writeUInt16BE(0, 10)
    server.send(Buffer.concat([head, query.subarray(12, at + 5), ...records]), from.port, from.address)
  })
  return new Promise((resolve) => server.bind(53, '127.0.0.1', () => resolve(Object.assign(state, { server }))))
}

function secureServer(address, certificate) {
  const state = { connections: 0 }
  const server = tls.createServer(certificate, (socket) => {
    socket.on('error', () => {})
    socket.on('data', () => socket.end(answer(200, { from: address }, { Connection: 'close' })))
  })
  server.on('connection', () => { state.connections++ })
  return new Promise((resolve) => server.listen(443, address, () => resolve(Object.assign(state, { server }))))
}

// --- scenes ---

const SCENES = {
  // The second answer is another one than the first.
  async E06(rig) {
    rig.zone[NAME] = () => [{ a: PUBLIC }]
    assert.equal((await rig.call()).status, 200)
    for (const address of ['127.0.0.1', INTERNAL]) {
      rig.zone[NAME] = () => [{ a: address }]
      for (let i = 0; i < 3; i++) await rig.call() // by a kept or remembered address, or refused
      await rig.tenon.restart()
      const before = rig.names.queries
      assertProblem(await rig.call(), 424, 'egress_denied')
      assert.ok(rig.names.queries > before, 'the name was asked for again')
    }
  },
  // One public and one private address.
  async E07(rig) {
    for (const records of [[{ a: INTERNAL }, { a: PUBLIC }], [{ a: PUBLIC }, { a: INTERNAL }], [{ a: '127.0.0.1' }, { a: PUBLIC }]]) {
      rig.zone[NAME] = () => records
      for (let i = 0; i < 5; i++) {
        const said = await rig.call()
        assert.ok(said.status === 200 || said.json.code === 'egress_denied', said.text)
        if (said.status === 200) assert.equal(said.json.from, PUBLIC)
      }
      await rig.tenon.restart()
    }
    // Where the public one cannot be reached, the private one is no way out.
    rig.zone[NAME] = () => [{ a: OTHER_PUBLIC }, { a: INTERNAL }]
    const said = await rig.call()
    assert.ok(['egress_denied', 'upstream_unreachable'].includes(said.json.code), said.text)
  },
  // The name leads to an internal one.
  async E08(rig) {
    rig.zone[NAME] = () => [{ cname: 'step.example' }, { of: 'step.example', cname: 'internal.example' }, { of: 'internal.example', a: INTERNAL }]
    assertProblem(await rig.call(), 424, 'egress_denied')
    rig.zone[NAME] = () => [{ cname: 'localhost.example' }, { of: 'localhost.example', a: '127.0.0.1' }]
    await rig.tenon.restart()
    assertProblem(await rig.call(), 424, 'egress_denied')
  },
}

Object.assign(SCENES, {
  // The name server says nothing: the call ends by itself, and its loop goes on.
  async E105(rig) {
    rig.zone[NAME] = () => [{ a: PUBLIC }]
    rig.zone['silent.example'] = () => null
    assert.equal((await rig.call()).status, 200)
    const began = Date.now()
    const waiting = Array.from({ length: 4 }, () => rig.call('silent'))
    for (let i = 0; i < 10; i++) {
      const at = Date.now()
      assert.equal((await rig.call()).status, 200)
      assert.ok(Date.now() - at < 1000, `served after ${Date.now() - at} ms`)
    }
    for (const said of await Promise.all(waiting)) {
      assert.ok(said.status === 504 || (said.status === 502 && said.json.code === 'upstream_unreachable'), said.text)
    }
    assert.ok(Date.now() - began < 15000, `ended after ${Date.now() - began} ms`)
  },
  // Many addresses, none of which may be called; a name that is an alias of itself; one that is not there.
  async E106(rig) {
    rig.zone[NAME] = () => [{ a: PUBLIC }]
    assert.equal((await rig.call()).status, 200)
    rig.zone['silent.example'] = () => Array.from({ length: 12 }, (_, i) => ({ a: i % 2 ? INTERNAL : `10.9.9.${i}` }))
    assertProblem(await rig.call('silent'), 424, 'egress_denied')
    for (const records of [[{ cname: 'silent.example' }], [{ cname: 'other.example' }, { of: 'other.example', cname: 'silent.example' }], []]) {
      rig.zone['silent.example'] = () => records
      await rig.tenon.restart()
      assertProblem(await rig.call('silent'), 502, 'upstream_unreachable')
    }
    rig.zone['silent.example'] = undefined
    await rig.tenon.restart()
    assertProblem(await rig.call('silent'), 502, 'upstream_unreachable')
  },
})

const scene = process.argv[2]
const folder = network()
const certificate = makeCertificate(folder, [NAME])
const rig = { zone: {} }
rig.names = await nameServer(rig.zone)
const outside = await secureServer(PUBLIC, certificate)
const inside = [await secureServer(INTERNAL, certificate), await secureServer('127.0.0.1', certificate)]
rig.tenon = await startTenon({ env: { TENON_EGRESS_ALLOW: '', TENON_THREADS: '1', TENON_CA_FILE: certificate.caFile },
  connectors: { rebind: definition({ id: 'rebind', hosts: `[${NAME}]`, base_url: `https://${NAME}` }),
    silent: definition({ id: 'silent', hosts: '[silent.example]', base_url: 'https://silent.example', timeout: '5s' }) } })
for (const name of ['rebind', 'silent']) await rig.tenon.connect(name, name)
const key = await rig.tenon.key(['rebind', 'silent'])
rig.call = (name = 'rebind') => rig.tenon.request(`/run/${name}/${name}/get`, { key, echo: true })
await SCENES[scene](rig)
assert.deepEqual(inside.map((one) => one.connections), [0, 0], 'a private address was connected to')
if (scene !== 'E08') assert.ok(outside.connections > 0, 'the public one was')
await rig.tenon.stop()
for (const one of [rig.names, outside, ...inside]) one.server.close()
rmSync(folder, { recursive: true, force: true })
console.log(`held ${scene}`)
process.exit(0)
