// SPDX-License-Identifier: MIT
// Tenon behind the front that deploy/ ships: the real HAProxy, speaking TLS, HTTP/2 and HTTP/1.1. What two servers could
// read in two ways must do no harm behind it, nor without it.
import assert from 'node:assert/strict'
import http2 from 'node:http2'
import https from 'node:https'
import net from 'node:net'
import { after, before, describe, it } from 'node:test'

import { head, talk } from '../hostile/lib/raw.mjs'
import { startApiServer } from './lib/api-server.mjs'
import { definition } from './lib/connector.mjs'
import { noFront, startFront } from './lib/front.mjs'
import { connect, data, fateOf, headers, reset } from './lib/h2raw.mjs'
import { ADMIN_KEY, assertProblem, missing, startTenon } from './lib/tenon.mjs'
import { close, listen, readAll, request, until } from './lib/util.mjs'

const skip = missing || noFront
const connector = (url) => definition('front', url, `actions:
  Say: {summary: Say, method: GET, path: /say, input: {q: {type: string}}}
  Post: {summary: Post, method: POST, path: /post, input: {text: {type: string, maxLength: 500000}}}
  Smuggled: {summary: What nobody may reach, method: GET, path: /smuggled}
`)

// One request by HTTP/2, as a library sends it.
async function requestH2(session, path, { method = 'GET', headers: more = {}, body } = {}) {
  const stream = session.request({ ':method': method, ':path': path, ...more }, { endStream: body === undefined })
  const answered = new Promise((resolve, reject) => { stream.once('response', resolve); stream.once('error', reject) })
  if (body !== undefined) stream.end(body)
  const [got, bytes] = await Promise.all([answered, readAll(stream)])
  return { status: got[':status'], headers: got, body: bytes, text: bytes.toString(), get json() { return JSON.parse(this.text) } }
}

// What stands behind the front in place of Tenon: keeps the bytes that come, and answers every head.
async function startRecorder() {
  const recorder = { bytes: '', connections: 0 }
  const server = net.createServer((socket) => {
    recorder.connections++
    socket.on('error', () => {})
    let own = ''
    socket.setEncoding('latin1').on('data', (text) => {
      own += text
      if (!own.startsWith('GET /readyz')) recorder.bytes += text
      if (own.includes('\r\n\r\n')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    })
  })
  const port = await listen(server)
  return Object.assign(recorder, { port, stop: () => new Promise((resolve) => { server.close(resolve) }) })
}

describe('behind the front', { skip }, () => {
  let api, tenon, front, key
  before(async () => {
    api = await startApiServer()
    tenon = await startTenon({ connectors: { front: connector(api.url) },
      env: { TENON_TRUSTED_PROXIES: '127.0.0.1', TENON_PUBLIC_URL: 'https://tenon.example', TENON_LOG_FORMAT: 'json', TENON_LOG_CALLS: 'all' } })
    await tenon.connect('mine', 'front')
    key = await tenon.key(['mine'])
    front = await startFront(tenon.port)
  })
  after(async () => {
    await front?.stop()
    await tenon?.stop()
    await api?.stop()
  })

  it('serves HTTP/2 and HTTP/1.1 over TLS', async () => {
    const session = http2.connect(front.url, { ca: front.ca })
    const text = 'x'.repeat(300000)
    const said = await requestH2(session, '/run/front/mine/say?q=two%20words', { headers: { 'x-api-key': key } })
    assert.equal(said.status, 200, said.text)
    assert.equal(said.json.url, '/say?q=two%20words')
    assert.equal(said.headers['strict-transport-security'], 'max-age=31536000')
    const posted = await requestH2(session, '/run/front/mine/post', { method: 'POST', body: JSON.stringify({ text }),
      headers: { 'x-api-key': key, 'content-type': 'application/json' } })
    assert.equal(posted.status, 200, posted.text)
    assert.deepEqual(JSON.parse(posted.json.body), { text })
    await new Promise((resolve) => { session.close(resolve) })

    const one = await request(`${front.url}/run/front/mine/say?q=x`, { ca: front.ca, headers: { authorization: `Bearer ${key}` } })
    assert.equal(one.status, 200, one.text)
    assertProblem(await request(`${front.url}/run/front/mine/say`, { ca: front.ca }), 401, 'unauthorized')
  })

  it('logs no query, and answers in Tenon\'s own form', async () => {
    const refused = await request(`${front.url}/run/front/mine/say?q=CANARY-in-the-query`, { ca: front.ca, method: 'TRACE' })
    assert.equal(refused.status, 400)
    assert.equal(refused.headers['content-type'], 'application/problem+json')
    assert.equal(refused.json.status, 400)
    await request(`${front.url}/run/front/mine/say?q=CANARY-in-the-query`, { ca: front.ca })
    await until('the log', () => /GET "\/run\/front\/mine\/say" 401/.test(front.log))
    assert.ok(!front.log.includes('CANARY'))
  })

  // name, bytes (S: the request that must not be reached), status by the front, status without it.
  const S = () => `GET /run/front/mine/smuggled HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${key}\r\n\r\n`
  const post = (lines, body) => `POST /run/front/mine/post HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${key}\r\n` +
    `Content-Type: application/json\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n${body}`
  const get = (lines, target = '/run/front/mine/say') => head('GET', target, [`X-API-Key: ${key}`, ...lines])
  const ROWS = [
    ['Content-Length and Transfer-Encoding', () => post([`Content-Length: ${5 + S().length}`, 'Transfer-Encoding: chunked'], `0\r\n\r\n${S()}`), 200, 400],
    ['Transfer-Encoding and Content-Length', () => post(['Transfer-Encoding: chunked', 'Content-Length: 4'], `5c\r\n${S()}\r\n0\r\n\r\n`), 400, 400],
    ['two lengths that differ', () => post(['Content-Length: 2', `Content-Length: ${2 + S().length}`], `{}${S()}`), 400, 400],
    ['two lengths in one line', () => post([`Content-Length: 2, ${2 + S().length}`], `{}${S()}`), 400, 400],
    ['a length with a sign', () => post(['Content-Length: +2'], `{}${S()}`), 400, 400],
    ['a length below nothing', () => post(['Content-Length: -2'], `{}${S()}`), 400, 400],
    ['a length in hexadecimal', () => post(['Content-Length: 0x2'], `{}${S()}`), 400, 400],
    ['an encoding in a folded line', () => post(['Content-Length: 2', 'Transfer-Encoding:', ' chunked'], `{}${S()}`), 400, 400],
    ['a folded line', () => get(['X-Mine: a', ' Transfer-Encoding: chunked']), [200, 400], 400],
    ['line feeds alone', () => get([]).replaceAll('\r\n', '\n'), 200, 400],
    ['a line feed inside', () => get(['X-Mine: a\nTransfer-Encoding: chunked']), 400, 400],
    ['a carriage return inside', () => get(['X-Mine: a\rTransfer-Encoding: chunked']), 400, 400],
    ['a blank before the colon', () => post(['Content-Length: 2', 'Transfer-Encoding : chunked'], `{}${S()}`), 400, 400],
    ['a blank before the name', () => `POST /run/front/mine/post HTTP/1.1\r\n Transfer-Encoding: chunked\r\nHost: localhost\r\n\r\n`, 400, 400],
    ['an encoding that nobody knows', () => post(['Transfer-Encoding: xchunked'], `0\r\n\r\n${S()}`), [400, 422, 501], 400],
    ['chunked, but not at last', () => post(['Transfer-Encoding: chunked, identity'], `0\r\n\r\n${S()}`), [400, 422, 501], 400],
    ['chunked twice', () => post(['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], `0\r\n\r\n${S()}`), 400, 400],
    ['a vertical tab in the encoding', () => post(['Content-Length: 2', 'Transfer-Encoding: \vchunked'], `{}${S()}`), 400, 400],
    ['chunks in HTTP/1.0', () => post(['Transfer-Encoding: chunked'], `0\r\n\r\n${S()}`).replace('HTTP/1.1', 'HTTP/1.0'), 400, 400],
    ['a chunk size that overflows', () => post(['Transfer-Encoding: chunked'], `10000000000000002\r\n{}\r\n0\r\n\r\n${S()}`), 400, 400],
    ['a chunk size with a prefix', () => post(['Transfer-Encoding: chunked'], `0x2\r\n{}\r\n0\r\n\r\n${S()}`), 400, 400],
    ['a chunk longer than it says', () => post(['Transfer-Encoding: chunked'], `2\r\n{}xx\r\n0\r\n\r\n${S()}`), 400, 400],
    ['underscores for dashes', () => post(['Content-Length: 2', 'Transfer_Encoding: chunked'], '{}'), 403, 200],
    ['two Hosts', () => get(['Host: other.example']), 400, 400],
    ['no Host', () => `GET /run/front/mine/say HTTP/1.1\r\nX-API-Key: ${key}\r\n\r\n`, 400, 400],
    ['a zero byte in a value', () => get(['X-Mine: a\0b']), 400, 400],
    ['a very long line', () => get([`X-Mine: ${'a'.repeat(9000)}`]), 400, 400],
    ['a head that is too large', () => get(Array.from({ length: 40 }, (_, i) => `X-${i}: ${'a'.repeat(2000)}`)), 400, 200],
    ['too many lines', () => get(Array.from({ length: 200 }, (_, i) => `X-${i}: a`)), 400, 400],
    ['a very long address', () => get([], `/run/front/mine/say?q=${'a'.repeat(20000)}`), 400, 400],
    ['another host in the target', () => `GET http://other.example/run/front/mine/say HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${key}\r\n\r\n`, [200, 400], [200, 400]],
    ['a path that leaves', () => get([], '/run/front/mine/say/../smuggled'), 404, 404],
    ['a path that leaves, encoded', () => get([], '/run/front/mine/say%2f..%2fsmuggled'), [400, 404], [400, 404]],
    ['HTTP/2 unasked', () => `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`, [400, null], [400, null]],
    ['an upgrade to HTTP/2', () => get(['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA']), 200, 200],
    ['the key named as a hop\'s', () => get(['Connection: close, X-API-Key']), 200, 200],
    ['a body in a GET', () => get([`Content-Length: ${S().length}`]) + S(), [200, 400], [200, 400]],
  ]
  const allowed = (expected, status) => [expected].flat().includes(status)

  for (const [name, bytes, byFront, alone] of ROWS) {
    it(`does no harm: ${name}`, async () => {
      const served = api.requests.length
      const smuggled = api.at('/smuggled').length
      const options = { within: 6000, toEnd: true }
      const [through, direct] = await Promise.all([
        talk(front.port, [bytes(), 300, get(['Connection: close'], '/healthz')], { ...options, useTls: { ALPNProtocols: ['http/1.1'] } }),
        talk(tenon.port, [bytes(), 300, get(['Connection: close'], '/healthz')], options)])
      const told = { through: through.bytes.toString('latin1').slice(0, 300), direct: direct.bytes.toString('latin1').slice(0, 300) }
      assert.equal(api.at('/smuggled').length, smuggled, JSON.stringify(told))
      assert.ok(allowed(byFront, through.first?.status ?? null), `the front: ${told.through}`)
      assert.ok(allowed(alone, direct.first?.status ?? null), `without it: ${told.direct}`)
      assert.ok(api.requests.length - served <= 2, 'one request, one call')
    })
  }

  it('refuses header lists that HTTP/1.1 could not carry', async () => {
    const good = () => [[':method', 'GET'], [':scheme', 'https'], [':authority', 'localhost'], [':path', '/run/front/mine/say'], ['x-api-key', key]]
    const rows = [
      ['a line end in a value', [...good(), ['x-mine', 'a\r\nX-Injected: 1']]],
      ['a line feed in a value', [...good(), ['x-mine', 'a\nX-Injected: 1']]],
      ['a line end in a name', [...good(), ['x-mine: a\r\nx-injected', '1']]],
      ['a colon in a name', [...good(), ['x-injected: 1', 'a']]],
      ['a blank in a name', [...good(), ['x injected', 'a']]],
      ['capitals in a name', [...good(), ['X-Injected', 'a']]],
      ['a zero byte in a value', [...good(), ['x-injected', 'a\0b']]],
      ['a transfer encoding', [...good(), ['transfer-encoding', 'chunked'], ['x-injected', '1']]],
      ['a connection header', [...good(), ['connection', 'x-injected'], ['x-injected', '1']]],
      ['two paths', [...good(), [':path', '/smuggled'], ['x-injected', '1']]],
      ['a pseudo header at the end', [...good(), ['x-injected', '1'], [':method', 'POST']]],
      ['a line end in the path', good().map(([name, value]) => [name, name === ':path' ? '/say HTTP/1.1\r\nX-Injected: 1\r\n\r\n' : value])],
      ['a blank in the path', good().map(([name, value]) => [name, name === ':path' ? '/say HTTP/1.1 x-injected' : value])],
      ['a line end in the method', good().map(([name, value]) => [name, name === ':method' ? 'GET / HTTP/1.1\r\nX-Injected: 1\r\n\r\nGET' : value])],
      ['a line end in the authority', good().map(([name, value]) => [name, name === ':authority' ? 'localhost\r\nX-Injected: 1' : value])],
      ['a length that lies', [...good().map(([name, value]) => [name, name === ':method' ? 'POST' : value]), ['content-length', '1000'], ['x-injected', '1']], `x-injected ${S()}`],
    ]
    const recorder = await startRecorder()
    const bare = await startFront(recorder.port)
    const fine = await connect(bare)
    fine.send(headers(1, good()))
    await until('a good one to be answered', () => fateOf(fine, 1))
    assert.match(recorder.bytes, /^GET \/run\/front\/mine\/say HTTP\/1\.1\r\n/)
    fine.send(headers(3, [...good(), ['host', 'other.example']]))
    await until('one with a second host, too', () => fateOf(fine, 3))
    fine.close()
    assert.deepEqual(recorder.bytes.match(/^host: .*$/gmi).map((line) => line.trim()), ['host: localhost', 'host: localhost'])
    const reached = []
    for (const [name, list, body] of rows) {
      recorder.bytes = ''
      const client = await connect(bare)
      client.send(headers(1, list, body === undefined), ...(body ? [data(1, body)] : []))
      const fate = await until(name, () => fateOf(client, 1))
      client.close()
      assert.match(fate, /^(reset|goaway|closed|answered \{"type":"about:blank","title":"Bad Request".*)$/, name)
      if (/x-injected/i.test(recorder.bytes)) reached.push(`${name}: ${recorder.bytes}`)
    }
    await bare.stop()
    await recorder.stop()
    assert.deepEqual(reached, [])
  })

  it('says itself who the client is', async () => {
    const recorder = await startRecorder()
    const bare = await startFront(recorder.port)
    await request(`${bare.url}/x`, { ca: bare.ca, headers: { 'x-forwarded-for': '203.0.113.9', 'X-Forwarded-Proto': 'http', 'x-forwarded-host': 'evil.example',
      'x-forwarded-port': '1', forwarded: 'for=203.0.113.9', 'x-real-ip': '203.0.113.9' } })
    await bare.stop()
    await recorder.stop()
    const lines = recorder.bytes.split('\r\n').filter((line) => /forward|real-ip/i.test(line)).map((line) => line.toLowerCase()).sort()
    assert.deepEqual(lines, ['x-forwarded-for: 127.0.0.1', `x-forwarded-host: localhost:${bare.port}`, 'x-forwarded-proto: https'])
    assert.ok(!/203\.0\.113\.9|evil/.test(recorder.bytes))
    // And Tenon believes it: a client of another address of loopback stands in its log.
    const localAddress = '127.0.0.5'
    const answer = await request(`${front.url}/run/front/mine/say`, { ca: front.ca, localAddress, family: 4, headers: { 'x-api-key': key, 'x-forwarded-for': '203.0.113.9' } })
    assert.equal(answer.status, 200)
    assert.equal((await tenon.event('call.done', answer)).peer, localAddress)
  })

  // CVE-2023-44487. What is taken back may have been sent on before: as many calls as a client may make anyway.
  it('bears a rapid reset of HTTP/2, which Tenon itself does not speak', async (t) => {
    const streams = 5000
    const served = api.requests.length
    const client = await connect(front)
    const list = [[':method', 'GET'], [':scheme', 'https'], [':authority', 'localhost'], [':path', '/run/front/mine/say'], ['x-api-key', key]]
    for (let first = 1; first < 2 * streams && !client.closed; first += 100) {
      const burst = Array.from({ length: 50 }, (_, i) => first + 2 * i)
      client.send(...burst.flatMap((stream) => [headers(stream, list), reset(stream)]))
      await new Promise(setImmediate)
    }
    const answer = await request(`${front.url}/run/front/mine/say`, { ca: front.ca, headers: { 'x-api-key': key } })
    assert.equal(answer.status, 200, 'others are served meanwhile')
    client.close()
    t.diagnostic(`${streams} streams reset at once: ${api.requests.length - served - 1} calls`)
    assert.ok(api.requests.length - served - 1 < streams)
    const alone = await talk(tenon.port, ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', headers(1, list)], { within: 3000, toEnd: true })
    assert.ok(alone.closed && (alone.bytes.length === 0 || alone.first.status === 400), 'the preface is no request')
  })

  it('loses no call while Tenon starts anew', async (t) => {
    const port = tenon.port
    const outcomes = new Map()
    let going = true
    const agents = Array.from({ length: 8 }, () => new https.Agent({ keepAlive: true, maxSockets: 1 }))
    const session = http2.connect(front.url, { ca: front.ca })
    const note = (outcome) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    const path = '/run/front/mine/say?q=x'
    const options = { headers: { 'x-api-key': key } }
    const loops = [
      ...agents.map((agent) => () => request(`${front.url}${path}`, { ...options, ca: front.ca, agent })),
      ...Array.from({ length: 8 }, () => () => requestH2(session, path, options)),
    ].map(async (call) => {
      while (going) note(await call().then((answer) => answer.status, (error) => error.code ?? error.message))
    })
    for (let round = 0; round < 3; round++) {
      const before = outcomes.get(200) ?? 0
      await until('calls', () => (outcomes.get(200) ?? 0) > before + 200)
      await tenon.halt()
      tenon.options.args = ['--listen', `127.0.0.1:${port}`]
      await tenon.start()
    }
    going = false
    await Promise.all(loops)
    agents.forEach((agent) => agent.destroy())
    await new Promise((resolve) => { session.close(resolve) })
    t.diagnostic(`three restarts under load: ${JSON.stringify(Object.fromEntries(outcomes))}`)
    assert.deepEqual([...outcomes.keys()], [200])
  })

  it('takes Tenon\'s admin key from outside, too, and nothing without a key', async () => {
    assert.equal((await request(`${front.url}/v1/connections`, { ca: front.ca, headers: { 'x-api-key': ADMIN_KEY } })).status, 200)
    assertProblem(await request(`${front.url}/v1/connections`, { ca: front.ca }), 401, 'unauthorized')
  })
})
