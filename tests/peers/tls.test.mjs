// SPDX-License-Identifier: MIT
// The TLS listener as openssl and curl see it, and the renewal of its certificate under load.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, renameSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'

import { missing, startTenon } from './lib/tenon.mjs'
import { makeCertificate } from './lib/tls.mjs'
import { sleep, until } from './lib/util.mjs'

const run = promisify(execFile)

let folder, certificates, tenon

// The first certificate is in service; each has a CA of its own.
before(async () => {
  if (missing) return
  folder = mkdtempSync(join(tmpdir(), 'tenon-tls-'))
  certificates = ['one', 'two', 'three'].map((name) => {
    mkdirSync(join(folder, name))
    return { name, ...makeCertificate(join(folder, name), ['localhost']) }
  })
  install(certificates[0])
  const ca = certificates.map((c) => readFileSync(c.caFile))
  tenon = await startTenon({ tls: { ca, servername: 'localhost' }, args: ['--tls-cert', join(folder, 'cert.pem'), '--tls-key', join(folder, 'key.pem')] })
})
after(async () => {
  await tenon?.stop()
  if (folder) rmSync(folder, { recursive: true })
})

function install({ cert, key }) {
  writeFileSync(join(folder, 'cert.pem'), cert)
  writeFileSync(join(folder, 'key.pem'), key, { mode: 0o600 })
}

// `openssl s_client` with its input at its end.
function shake(...args) {
  const asked = run('openssl', ['s_client', '-connect', `127.0.0.1:${tenon.port}`, '-servername', 'localhost', ...args])
  asked.child.stdin.end()
  return asked.then(({ stdout, stderr }) => ({ code: 0, text: stdout + stderr }), (error) => ({ code: error.code, text: error.stdout + error.stderr }))
}

async function fingerprint() {
  const { text } = await shake()
  const certificate = /-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/.exec(text)[0]
  return certificate.replace(/\s/g, '')
}
const shown = (certificate) => certificate.cert.toString().replace(/\s/g, '')

test('HTTP/1.1 and no HTTP/2, whatever the client offers', { skip: missing }, async () => {
  assert.match((await shake('-alpn', 'h2,http/1.1')).text, /ALPN protocol: http\/1\.1/)
  assert.match((await shake('-alpn', 'h2')).text, /No ALPN negotiated/)
  const curl = (...args) => run('curl', ['-sS', '--cacert', certificates[0].caFile, '--resolve', `localhost:${tenon.port}:127.0.0.1`, '-o', '/dev/null',
    '-w', '%{http_code} %{http_version} %{ssl_verify_result}', ...args, `https://localhost:${tenon.port}/healthz`])
  assert.equal((await curl('--http2')).stdout, '200 1.1 0')
  assert.equal((await curl('--http1.1')).stdout, '200 1.1 0')
})

test('TLS 1.2 and 1.3 with forward secrecy, and nothing older', { skip: missing }, async () => {
  for (const [version, protocol] of [['-tls1_2', 'TLSv1.2'], ['-tls1_3', 'TLSv1.3']]) {
    const { code, text } = await shake(version)
    assert.equal(code, 0, text)
    assert.match(text, new RegExp(`New, ${protocol}, Cipher is (ECDHE|TLS_)`))
  }
  for (const args of [['-tls1'], ['-tls1_1'], ['-tls1_2', '-cipher', 'AES128-SHA:AES256-GCM-SHA384'], ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-SHA'],
    ['-tls1_2', '-cipher', 'aNULL:@SECLEVEL=0']]) {
    const { code, text } = await shake(...args)
    assert.notEqual(code, 0, `${args}: ${text}`)
  }
  const compressed = await shake('-tls1_2', '-comp')
  assert.match(compressed.text, /Compression: NONE/)
})

// Makes a session, and resumes it.
async function resumes(version) {
  const file = join(folder, 'session')
  // TLS 1.3 sends its tickets behind the handshake, with the first answer.
  const asked = run('openssl', ['s_client', '-connect', `127.0.0.1:${tenon.port}`, '-servername', 'localhost', version, '-sess_out', file, '-ign_eof'])
  asked.child.stdin.end('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  await asked
  const { text } = await shake(version, '-sess_in', file)
  rmSync(file)
  return /Reused, TLSv1/.test(text)
}

test('a session resumes', { skip: missing }, async () => {
  for (const version of ['-tls1_2', '-tls1_3']) assert.ok(await resumes(version), version)
})

// Asks on connections that stay open and on new ones, until stopped; answers how often each went well.
function load() {
  const state = { kept: 0, fresh: 0, failed: [], stopped: false }
  const ask = async (agent, kind) => {
    while (!state.stopped) {
      await tenon.request('/healthz', { agent }).then((answer) => { assert.equal(answer.status, 200); state[kind]++ }, (error) => state.failed.push(error))
    }
    agent.destroy()
  }
  const workers = [...Array.from({ length: 4 }, () => ask(new Agent({ keepAlive: true, maxSockets: 1 }), 'kept')),
    ...Array.from({ length: 2 }, () => ask(new Agent({ keepAlive: false, maxCachedSessions: 10 }), 'fresh'))]
  state.stop = async () => { state.stopped = true; await Promise.all(workers) }
  return state
}

test('SIGHUP under load: new connections get the new certificate, and none is dropped', { skip: missing }, async () => {
  const old = new Agent({ keepAlive: true, maxSockets: 1 })
  await tenon.request('/healthz', { agent: old })
  const busy = load()
  for (const certificate of [certificates[1], certificates[0], certificates[1]]) {
    const before = tenon.log.length
    const { kept, fresh } = busy
    install(certificate)
    process.kill(tenon.pid, 'SIGHUP')
    await until('the reload', () => tenon.log.slice(before).includes('tls.reloaded'))
    await until('requests on both kinds of connections', () => busy.kept > kept + 20 && busy.fresh > fresh + 5)
    assert.equal(await fingerprint(), shown(certificate))
  }
  await busy.stop()
  assert.deepEqual(busy.failed, [])
  assert.equal((await tenon.request('/healthz', { agent: old })).status, 200, 'a connection from before goes on')
  for (const version of ['-tls1_2', '-tls1_3']) assert.ok(await resumes(version), `${version}, after a renewal`)
  old.destroy()
})

test('a certificate that cannot be used keeps the old one in service, and the log says why', { skip: missing }, async () => {
  const inService = await fingerprint()
  const { key } = certificates[1]
  const rows = [
    ['a certificate that is none', () => writeFileSync(join(folder, 'cert.pem'), 'nonsense'), /TLS certificate \S+cert\.pem/],
    ['a key of another certificate', () => install({ cert: certificates[2].cert, key }), /TLS key \S+key\.pem: key values mismatch/],
    ['no key at all', () => { install(certificates[2]); rmSync(join(folder, 'key.pem')) }, /TLS key \S+key\.pem/],
    ['a key under a passphrase', async () => {
      install(certificates[2])
      await run('openssl', ['ec', '-in', join(folder, 'three/leaf.key'), '-aes256', '-passout', 'pass:secret', '-out', join(folder, 'key.pem')])
    }, /TLS key \S+key\.pem/],
  ]
  for (const [what, breakIt, says] of rows) {
    const before = tenon.log.length
    await breakIt()
    process.kill(tenon.pid, 'SIGHUP')
    const line = await until(what, () => /tls\.reload_failed.*/.exec(tenon.log.slice(before)))
    assert.match(line[0], says)
    assert.equal(await fingerprint(), inService)
  }
})

test('files that change by themselves are found, whole', { skip: missing }, async () => {
  const before = tenon.log.length
  install(certificates[2])
  await until('the reload', () => tenon.log.slice(before).includes('tls.reloaded'), 30000)
  assert.equal(await fingerprint(), shown(certificates[2]))
  // As certbot and Kubernetes do: a link changes its end.
  const link = join(folder, 'cert.pem'), keyLink = join(folder, 'key.pem')
  mkdirSync(join(folder, 'live'))
  copyFileSync(join(folder, 'one/leaf.pem'), join(folder, 'live/cert.pem'))
  symlinkSync(join(folder, 'live/cert.pem'), `${link}.new`)
  symlinkSync(join(folder, 'one/leaf.key'), `${keyLink}.new`)
  renameSync(`${link}.new`, link)
  renameSync(`${keyLink}.new`, keyLink)
  await until('the next certificate', async () => await fingerprint() === shown(certificates[0]), 30000)
  await sleep(100)
  assert.ok(!tenon.log.slice(before).includes('tls.reload_failed'), 'a half of a pair is not read')
})

test('plain HTTP at a TLS port is answered with nothing', { skip: missing }, async () => {
  const answer = await run('curl', ['-sS', '-m', '5', `http://127.0.0.1:${tenon.port}/healthz`]).catch((error) => error)
  assert.ok(answer.code, 'curl fails')
})
