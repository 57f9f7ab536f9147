// SPDX-License-Identifier: MIT
// testssl.sh and slowhttptest against a host's own TLS listener and against the front before it, all on loopback and
// bounded in number and time. Prints what they found, and with --write puts it into docs/SECURITY.md. While slow clients
// sit there, others go on calling: what they meet is counted.
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import tls from 'node:tls'

import { startApiServer } from '../peers/lib/api-server.mjs'
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

// A certificate of a test is none to judge: short-lived, and from a CA that publishes nothing.
const OF_THE_CERTIFICATE = /^(cert_|DNS_CAA|OCSP|certificate_|cert)/

async function scanTls(target) {
  const out = join(folder, `${target.name}.json`)
  await run('testssl', ['--quiet', '--color', '0', '--warnings', 'batch', '--nodns', 'min', '--ip', '127.0.0.1',
    '--add-ca', target.caFile, '--jsonfile', out, `localhost:${target.port}`])
  const found = JSON.parse(readFileSync(out, 'utf8')).filter((one) => !OF_THE_CERTIFICATE.test(one.id))
  const of = (id) => found.find((one) => one.id === id)?.finding ?? '-'
  const bad = found.filter((one) => !['OK', 'INFO'].includes(one.severity))
  const checks = found.filter((one) => one.severity === 'OK').length
  const offered = ['SSLv2', 'SSLv3', 'TLS1', 'TLS1_1', 'TLS1_2', 'TLS1_3'].filter((id) => /^offered/.test(of(id))).map((id) => id.replace('_', '.').replace('TLS', 'TLS '))
  return { checks, offered, alpn: of('ALPN'), bad: bad.map((one) => `${one.id} (${one.severity}): ${one.finding}`) }
}

// --- slow clients ---

const KINDS = {
  'slow headers': ['-H', '-t', 'GET'],
  'slow body': ['-B', '-t', 'POST', '-s', '65536'],
  'slow read': ['-X', '-w', '1', '-y', '8', '-n', '5', '-z', '8', '-k', '10'],
}

// Calls every 200 ms, each on a connection of its own, until the promise is done.
async function callMeanwhile(target, promise) {
  let going = true
  const told = { ok: 0, failed: 0, slowest_ms: 0, rss: 0 }
  promise.finally(() => { going = false })
  while (going) {
    const began = performance.now()
    const answer = await request(`https://localhost:${target.port}/run/scan/mine/say`, { headers: { 'x-api-key': target.key }, ca: target.ca, agent: false, timeout: 10000 })
      .catch((error) => ({ status: error.code }))
    told.slowest_ms = Math.max(told.slowest_ms, performance.now() - began)
    if (answer.status === 200) told.ok++
    else told.failed++
    told.rss = Math.max(told.rss, target.tenon.rss)
    await sleep(200)
  }
  return told
}

// slowhttptest counts a row a second: Seconds,Closed,Pending,Connected,Service Available.
function readCsv(file) {
  const rows = readFileSync(file, 'utf8').trim().split('\n').slice(1).map((line) => line.split(',').map(Number))
  const most = Math.max(...rows.map((row) => row[3]))
  const away = rows.filter((row) => row[4] === 0).length
  return { most, left: rows.at(-1)[3], seconds: rows.at(-1)[0], away }
}

async function scanSlow(target, kind) {
  const out = join(folder, `${target.name}-${kind.replace(' ', '-')}`)
  const test = run('slowhttptest', [...KINDS[kind], '-c', String(CONNECTIONS), '-r', '500', '-i', '10', '-l', String(SECONDS), '-p', '5',
    '-x', '20', '-g', '-o', out, '-u', `https://localhost:${target.port}/healthz`])
  const meanwhile = await callMeanwhile(target, test)
  const { error, stdout, stderr } = await test
  if (error) throw new Error(`slowhttptest: ${stdout}${stderr}`)
  return { ...meanwhile, ...readCsv(`${out}.csv`) }
}

// Callers with a key that ask for 20 MB and take a byte now and then; slowhttptest cannot show a key.
async function scanSlowReaders(target) {
  const sockets = Array.from({ length: READERS }, () => {
    const socket = tls.connect({ port: target.port, host: '127.0.0.1', servername: 'localhost', ca: target.ca, ALPNProtocols: ['http/1.1'] })
    const one = { closed: false, socket }
    socket.on('error', () => {}).on('close', () => { one.closed = true })
    socket.write(`GET /run/scan/mine/stream?bytes=20000000 HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${target.key}\r\n\r\n`)
    socket.pause()
    return one
  })
  const open = () => sockets.filter((one) => !one.closed).length
  const began = performance.now()
  const all = (async () => {
    while (open() && performance.now() - began < 90000) {
      sockets.forEach((one) => one.socket.read(1))
      await sleep(1000)
    }
  })()
  const told = await callMeanwhile(target, all)
  const seconds = Math.round((performance.now() - began) / 1000)
  const left = open()
  sockets.forEach((one) => one.socket.destroy())
  return { ...told, most: READERS, left, seconds }
}

// --- all of it ---

function tlsLines(target, result) {
  return [said(`- **${target.title}**: offered ${result.offered.join(' and ')}; ALPN ${result.alpn}; ${result.checks} checks well` +
    (result.bad.length ? `; to be seen: ${result.bad.join('; ')}` : ', nothing else') + '.')]
}

function slowRow(target, kind, r) {
  const answered = `${r.ok} of ${r.ok + r.failed}, slowest ${Math.round(r.slowest_ms)} ms`
  return `| ${target.title} | ${kind} | ${r.most} | ${r.left} after ${r.seconds} s | ${answered} | ${Math.round(r.rss)} MB |`
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
  const api = await startApiServer()
  const connectors = { scan: definition('scan', api.url, `actions:
  Say: {summary: Say, method: GET, path: /say}
  Stream: {summary: Stream, method: GET, path: /stream, input: {bytes: {type: integer, in: query}}}
`) }
  const plain = await startTenon({ connectors, env: { TENON_TRUSTED_PROXIES: '127.0.0.1' } })
  const files = ['cert', 'key'].map((name) => join(folder, `${name}.pem`))
  files.forEach((file, i) => writeFileSync(file, [certificate.cert, certificate.key][i], { mode: 0o600 }))
  const ca = readFileSync(certificate.caFile)
  const own = await startTenon({ connectors, tls: { ca, servername: 'localhost' }, args: ['--tls-cert', files[0], '--tls-key', files[1]] })
  for (const tenon of [plain, own]) await tenon.connect('mine', 'scan')
  const front = await startFront(plain.port)
  const lines = { tls: [], slow: [] }
  try {
    const targets = [
      { name: 'own', title: 'Tenon\'s own TLS', tenon: own, port: own.port, ca, caFile: certificate.caFile },
      { name: 'front', title: 'the front', tenon: plain, port: front.port, ca: front.ca, caFile: front.caFile },
    ]
    for (const target of targets) {
      target.key = await target.tenon.key(['mine'])
      const found = await scanTarget(target, only)
      lines.tls.push(...found.tls)
      lines.slow.push(...found.slow)
    }
  } finally {
    await front.stop()
    await plain.stop()
    await own.stop()
    await api.stop()
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

| against | kind | held at most | still open | calls of others answered | memory |
|---|---|---|---|---|---|
${slow.join('\n')}
`
  const marked = /(<!-- scans: made by .\/dev scan --write -->\n)[\s\S]*?(<!-- end of scans -->)/
  writeFileSync(page, readFileSync(page, 'utf8').replace(marked, (_, begin, end) => `${begin}\n${text}\n${end}`))
}

await main()
process.exit(0)
