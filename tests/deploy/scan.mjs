// SPDX-License-Identifier: MIT
// testssl.sh and slowhttptest against a host's own TLS listener and against the front before it, all on loopback and
// bounded in number and time. Prints what they found, and with --write puts it into docs/SECURITY.md. While slow clients
// sit there, others go on calling: what they meet is counted.
import { execFile, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import tls from 'node:tls'

import { definition } from '../peers/lib/connector.mjs'
import { startFront } from '../peers/lib/front.mjs'
import { startTenon } from '../peers/lib/tenon.mjs'
import { makeCertificate } from '../peers/lib/tls.mjs'
import { request, sleep } from '../peers/lib/util.mjs'

const root = resolve(import.meta.dirname, '../..')
const page = join(root, 'docs/SECURITY.md')
const CONNECTIONS = 3000
const SECONDS = 45
const READERS = 150

const versionOf = (name) => execFileSync('dpkg-query', ['-W', '-f', '${Version}', name], { encoding: 'utf8' })
const folder = mkdtempSync(join(tmpdir(), 'tenon-scan-'))
const run = (program, args) => new Promise((resolve) => {
  execFile(program, args, { cwd: folder, timeout: 600000, maxBuffer: 1 << 28 }, (error, stdout, stderr) => resolve({ error, stdout, stderr }))
})

// --- TLS ---

// A certificate of a test is none to judge: short-lived, and from a CA that publishes nothing. Nor is the OpenSSL of whoever scans.
const OF_THE_CERTIFICATE = /^(cert_|DNS_CAA|OCSP|certificate_|cert|engine_problem)/

async function scanTls(target) {
  const out = join(folder, `${target.name}.json`)
  await run('testssl', ['--quiet', '--color', '0', '--warnings', 'batch', '--nodns', 'min', '--ip', '127.0.0.1',
    '--add-ca', target.caFile, '--jsonfile', out, `localhost:${target.port}`])
  const found = JSON.parse(readFileSync(out, 'utf8')).filter((one) => !OF_THE_CERTIFICATE.test(one.id))
  const of = (id) => found.find((one) => one.id === id)?.finding ?? '-'
  const bad = found.filter((one) => !['OK', 'INFO'].includes(one.severity))
  const checks = found.filter((one) => one.severity === 'OK').length
  const offered = ['SSLv2', 'SSLv3', 'TLS1', 'TLS1_1', 'TLS1_2', 'TLS1_3'].filter((id) => /^offered/.test(of(id))).map((id) => id.replace('_', '.').replace('TLS', 'TLS '))
  return { checks, offered, alpn: [of('ALPN_HTTP2'), of('ALPN')].filter((one) => /^(h2|http)/.test(one)).join(' and '), bad: bad.map((one) => `${one.id} (${one.severity}): ${one.finding}`) }
}

// --- slow clients ---

const KINDS = {
  'slow headers': ['-H', '-t', 'GET'],
  'slow body': ['-B', '-t', 'POST', '-s', '65536'],
  'slow read': ['-X', '-w', '1', '-y', '8', '-n', '5', '-z', '8', '-k', '10'],
}

// Of a process: the sockets that it holds, and its memory in MB.
function lookAt(pid) {
  let sockets = 0
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try { sockets += readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:') } catch { /* closed meanwhile */ }
  }
  return { sockets, memory: Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024 }
}

// Calls every 200 ms, each on a connection of its own, until the promise is done; and looks at the processes meanwhile.
async function callMeanwhile(target, promise) {
  let going = true
  const told = { ok: 0, failed: [], slowest_ms: 0, seen: target.pids.map((pid) => ({ before: lookAt(pid), sockets: 0, memory: 0 })) }
  promise.finally(() => { going = false })
  while (going) {
    const began = performance.now()
    const answer = await request(`https://localhost:${target.port}/run/calm/my-calm/say`, { headers: { 'x-api-key': target.key }, ca: target.ca, agent: false })
      .catch((error) => ({ status: error.code }))
    told.slowest_ms = Math.max(told.slowest_ms, performance.now() - began)
    if (answer.status === 200) told.ok++
    else told.failed.push(answer.status)
    target.pids.forEach((pid, i) => {
      const now = lookAt(pid)
      const seen = told.seen[i]
      seen.memory = Math.max(seen.memory, now.memory)
      seen.sockets = Math.max(seen.sockets, now.sockets - seen.before.sockets)
      seen.left = now.sockets - seen.before.sockets
    })
    await sleep(200)
  }
  return told
}

async function scanSlow(target, kind) {
  const test = run('slowhttptest', [...KINDS[kind], '-c', String(CONNECTIONS), '-r', '500', '-i', '10', '-l', String(SECONDS), '-p', '5',
    '-x', '20', '-u', `https://localhost:${target.port}/healthz`])
  const meanwhile = await callMeanwhile(target, test)
  const { error, stdout, stderr } = await test
  if (error) throw new Error(`slowhttptest: ${stdout}${stderr}`)
  return meanwhile
}

// Callers with a key that ask for 20 MB and take a byte now and then; slowhttptest cannot show a key.
async function scanSlowReaders(target) {
  const sockets = Array.from({ length: READERS }, () => {
    const socket = tls.connect({ port: target.port, host: '127.0.0.1', servername: 'localhost', ca: target.ca, ALPNProtocols: ['http/1.1'] })
    socket.on('error', () => {})
    socket.write(`GET /run/scan/my-scan/stream?bytes=20000000 HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${target.key}\r\n\r\n`)
    return socket.pause()
  })
  const all = (async () => {
    for (let i = 0; i < SECONDS; i++) {
      sockets.forEach((one) => one.read(1))
      await sleep(1000)
    }
  })()
  const told = await callMeanwhile(target, all)
  sockets.forEach((one) => one.destroy())
  return told
}

// --- all of it ---

function tlsLines(target, result) {
  return [said(`- **${target.title}**: offered ${result.offered.join(' and ')}; ALPN ${result.alpn}; ${result.checks} checks well` +
    (result.bad.length ? `; to be seen: ${result.bad.join('; ')}` : ', nothing else') + '.')]
}

function slowRow(target, kind, r) {
  const held = r.seen.map((seen) => `${seen.sockets}, at last ${seen.left}`).join('; Tenon: ')
  const answered = `${r.ok} of ${r.ok + r.failed.length}${r.failed.length ? ` (${[...new Set(r.failed)].join(', ')})` : ''}, slowest ${Math.round(r.slowest_ms)} ms`
  return `| ${target.title} | ${kind} | ${held} | ${answered} | ${r.seen.map((seen) => `${Math.round(seen.memory)} MB`).join('; Tenon: ')} |`
}

// The service behind, in a process of its own: what it sends must not hold up who measures.
async function startService() {
  const lib = join(root, 'tests/peers/lib/api-server.mjs')
  const child = spawn(process.execPath, ['--input-type=module', '-e',
    `import { startApiServer } from ${JSON.stringify(lib)}; console.log((await startApiServer()).url)`], { stdio: ['ignore', 'pipe', 'ignore'] })
  const url = await new Promise((resolve) => { child.stdout.once('data', (text) => resolve(String(text).trim())) })
  return { url, stop: () => child.kill() }
}

const said = (line) => { console.log(line); return line }

async function scanTarget(target, only) {
  const lines = { tls: [], slow: [] }
  if (!only || only === 'tls') lines.tls.push(...tlsLines(target, await scanTls(target)))
  for (const kind of !only || only === 'slow' ? Object.keys(KINDS) : []) {
    lines.slow.push(said(slowRow(target, kind, await scanSlow(target, kind))))
  }
  if (!only || only === 'slow') lines.slow.push(said(slowRow(target, 'slow read of a long answer, with a key', await scanSlowReaders(target))))
  return lines
}

async function main() {
  const only = process.argv.slice(2).find((word) => ['tls', 'slow'].includes(word))
  const certificate = makeCertificate(folder, ['localhost'])
  const api = await startService()
  const calm = await startService() // of those who call meanwhile
  const connectors = {
    scan: definition('scan', api.url, `actions:
  Stream: {summary: Stream, method: GET, path: /stream, input: {bytes: {type: integer, in: query}}}
`),
    calm: definition('calm', calm.url, `actions:
  Say: {summary: Say, method: GET, path: /say}
`) }
  const plain = await startTenon({ connectors, env: { TENON_TRUSTED_PROXIES: '127.0.0.1' } })
  const files = ['cert', 'key'].map((name) => join(folder, `${name}.pem`))
  files.forEach((file, i) => writeFileSync(file, [certificate.cert, certificate.key][i], { mode: 0o600 }))
  const ca = readFileSync(certificate.caFile)
  const own = await startTenon({ connectors, tls: { ca, servername: 'localhost' }, args: ['--tls-cert', files[0], '--tls-key', files[1]] })
  for (const tenon of [plain, own]) for (const id of Object.keys(connectors)) await tenon.connect(`my-${id}`, id)
  const front = await startFront(plain.port)
  const lines = { tls: [], slow: [] }
  try {
    const targets = [
      { name: 'own', title: 'Tenon\'s own TLS', tenon: own, pids: [own.pid], port: own.port, ca, caFile: certificate.caFile },
      { name: 'front', title: 'the front', tenon: plain, pids: [front.pid, plain.pid], port: front.port, ca: front.ca, caFile: front.caFile },
    ]
    for (const target of targets) {
      target.key = await target.tenon.key(['my-scan', 'my-calm'])
      const found = await scanTarget(target, only)
      lines.tls.push(...found.tls)
      lines.slow.push(...found.slow)
    }
  } finally {
    await front.stop()
    await plain.stop()
    await own.stop()
    api.stop()
    calm.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  if (process.argv.includes('--write') && !only) write(lines)
}

function write({ tls: tlsFound, slow }) {
  const versions = ['testssl.sh', 'slowhttptest', 'haproxy', 'libh2o-evloop0.13', 'libssl3'].map((name) => `${name} ${versionOf(name)}`)
  const text = `Run on ${new Date().toISOString().slice(0, 10)} by \`./dev scan --write\`, with ${versions.join(', ')}.

testssl.sh (what concerns the test's own certificate is left out):

${tlsFound.join('\n')}

slowhttptest, ${CONNECTIONS} connections, 500 new ones a second; and ${READERS} callers with a key that take one byte a second of 20 MB. Meanwhile somebody else
calls an action every 200 ms, each time on a new connection:

| against | kind | connections held, at most | calls of others answered | memory, at most |
|---|---|---|---|---|
${slow.join('\n')}
`
  const marked = /(<!-- scans: made by .\/dev scan --write -->\n)[\s\S]*?(<!-- end of scans -->)/
  writeFileSync(page, readFileSync(page, 'utf8').replace(marked, (_, begin, end) => `${begin}\n${text}\n${end}`))
}

await main()
process.exit(0)
