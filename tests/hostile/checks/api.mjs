// SPDX-License-Identifier: MIT
// Callers that send what no client should, raw.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import net from 'node:net'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ADMIN_KEY, TENON, assertProblem, sanitized } from '../../peers/lib/tenon.mjs'
import { makeCertificate } from '../../peers/lib/tls.mjs'
import { sleep, until } from '../../peers/lib/util.mjs'
import { assertQuick } from '../lib/lint.mjs'
import { head, talk } from '../lib/raw.mjs'

const MIB = 1 << 20
const JSON_TYPE = 'Content-Type: application/json'

// A Tenon that speaks TLS, for a moment.
async function withTls(use) {
  const folder = mkdtempSync(join(tmpdir(), 'tenon-hostile-'))
  makeCertificate(folder, ['localhost'])
  const child = spawn(TENON, ['serve', '--listen', '127.0.0.1:0', '--connectors', folder, '--data', join(folder, 'data'),
    '--tls-cert', join(folder, 'leaf.pem'), '--tls-key', join(folder, 'leaf.key')],
  { env: { ...process.env, TENON_ADMIN_KEY: ADMIN_KEY }, stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.on('data', (text) => { log += text })
  const ended = new Promise((resolve) => child.on('close', resolve))
  try {
    const [, port] = await until('Tenon to listen', () => /http\.listening.*127\.0\.0\.1:(\d+)/.exec(log))
    await use(Number(port))
  } finally {
    child.kill()
    await ended
    rmSync(folder, { recursive: true })
  }
}

export default (t) => {
  const key = () => `X-API-Key: ${t.key}`
  const run = (path) => `/run/open/open${path}`
  const raw = (pieces, options) => talk(t.tenon.port, pieces, options)
  // A call as text; the open connection's key is with it.
  const call = (method, path, lines = [], body) => head(method, run(path), [key(), ...lines], body)
  const post = (body, type = 'application/json') =>
    t.call('Json', { body, headers: type === undefined ? {} : { 'content-type': type } })
  // Answered at most once, with one of these, and closed; nothing reaches the service.
  const refused = async (pieces, statuses, told) => {
    const said = await raw(pieces, { toEnd: true })
    assert.ok(said.closed, `${told}: the connection stays open, ${said.statuses}`)
    assert.ok(said.statuses.length <= 1 && said.statuses.every((status) => statuses.includes(status)), `${told}: ${said.statuses}`)
    assert.equal(t.service.requests.length, 0, `${told}: the service was called`)
    return said
  }
  const stillServes = async () => assert.equal((await t.call('Get')).status, 200)
  const descriptors = () => readdirSync(`/proc/${t.tenon.pid}/fd`).length

  return {
    async A01() {
      for (const [method, path] of [['GET', '/v1/connections'], ['GET', '/v1/connectors'], ['POST', '/v1/keys'],
        ['GET', run('/get')], ['GET', '/apim/open/open/get'], ['GET', '/run/nobody/nothing/x']]) {
        const answer = await t.tenon.request(path, { method })
        assertProblem(answer, 401, 'unauthorized')
        assert.match(answer.headers['www-authenticate'], /^Bearer/)
      }
    },
    // That the way to a refusal tells nothing either is tests/unit/call/worker_test.c's: every key whose checksum is right goes to
    // the store and back once. That a checksum is wrong, its sender can compute.
    async A02() {
      const revoked = await t.tenon.admin('POST', '/v1/keys', { role: 'caller', connections: ['open'] })
      await t.tenon.admin('DELETE', `/v1/keys/${revoked.id}`)
      const expired = await t.tenon.admin('POST', '/v1/keys', { role: 'caller', connections: ['open'], expires_in: 1 })
      await sleep(2100)
      const other = t.key.at(-1) === 'a' ? 'b' : 'a'
      const bad = [revoked.key, expired.key, t.key.slice(0, -1) + other, `${t.key.slice(0, 20)}${other}${t.key.slice(21)}`,
        t.key.replace(/^tnk_./, `tnk_${other}`), 'tnk_', 'x', t.key.toUpperCase(), `${t.key} `, `${ADMIN_KEY}x`]
      const seen = new Set()
      const lengths = new Set()
      for (const one of bad) {
        const answer = await t.tenon.request(run('/get'), { headers: { 'x-api-key': one.trim() === one ? one : `${one}x` } })
        assertProblem(answer, 401, 'unauthorized')
        seen.add(answer.text.replace(answer.headers['x-request-id'], 'ID') + headersOf(answer))
        lengths.add(answer.body.length)
        assert.equal(headersOf(answer), headersOf(await t.tenon.request(run('/get'))), 'as without any key')
      }
      assert.equal(seen.size, 1, 'one body for all of them')
      assert.equal(lengths.size, 1)
      assert.equal(t.service.requests.length, 0)
    },
    async A04() {
      await t.tenon.connect('others', 'open')
      const told = async (path, name) => {
        const answer = await t.tenon.request(path, { key: t.key })
        assertProblem(answer, 404, 'not_found')
        return (answer.text.replace(answer.headers['x-request-id'], 'ID') + headersOf(answer)).replaceAll(name, 'NAME')
      }
      for (const at of [(name) => `/run/open/${name}/get`, (name) => `/apim/open/${name}/get`, (name) => `/run/open/${name}/nothing`]) {
        assert.equal(await told(at('others'), 'others'), await told(at('nothin'), 'nothin'))
      }
      const shown = async (name) => (await t.tenon.request(`/v1/connections/${name}`, { key: t.key })).text
        .replace(/urn:tenon:request:[A-Za-z0-9_-]+/, 'ID').replaceAll(name, 'NAME')
      assert.equal(await shown('others'), await shown('nothin'))
      assert.equal(t.service.requests.length, 0)
    },
    async A05() {
      // The offset is that of the reader when it saw the fault.
      for (const body of ['hello', '[1]', '12', '{"name": 1} x', '{"name": /* */ 1}', '{"number": NaN}', '{name: 1}', "{'name': 1}", '{"name": "a',
        '{"number": 1e999}', '{"number": 01}', '{"name": "a\tb"}']) {
        const problem = assertProblem(await post(body), 400, 'json_invalid')
        const at = Number(/byte (\d+)/.exec(problem.detail)?.[1])
        assert.ok(at >= 0 && at <= body.length, `${body}: ${problem.detail}`)
      }
      assert.equal(t.service.requests.length, 0)
    },
    async A06() {
      const multipart = '--B\r\nContent-Disposition: form-data; name="name"\r\n\r\nx\r\n--B--\r\n'
      assertProblem(await post('name=x', 'text/plain'), 415, 'media_type')
      assertProblem(await post('<a/>', 'application/xml'), 415, 'media_type')
      assertProblem(await t.call('Body', { body: multipart, headers: { 'content-type': 'multipart/form-data; boundary=B' } }), 415, 'media_type')
      assertProblem(await t.call('Body', { body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } }), 415, 'media_type')
      assert.equal(t.service.requests.length, 0)
      // A flat body is taken in either form.
      for (const [body, type] of [['name=x', 'application/x-www-form-urlencoded'], ['{"name":"x"}', 'application/json'],
        ['{"name":"x"}', 'application/x-www-form-urlencoded'], [multipart, 'multipart/form-data; boundary=B']]) {
        assert.equal((await post(body, type)).status, 200, type)
        assert.deepEqual(JSON.parse(t.service.requests.at(-1).text), { name: 'x' })
      }
    },
    async A07() {
      assertProblem(await post('{"number":1,"number":2}'), 400, 'json_duplicate_key')
      assertProblem(await post('{"any":{"a":1,"\\u0061":2}}'), 400, 'json_duplicate_key')
      assert.equal(t.service.requests.length, 0)
    },
    async A09() {
      const deep = (levels) => `{"any":${'{"a":'.repeat(levels - 1)}1${'}'.repeat(levels)}`
      assert.equal((await post(deep(32))).status, 200)
      for (const levels of [33, 100000]) {
        const began = Date.now()
        assertProblem(await post(deep(levels)), 400, 'json_too_deep')
        assertQuick(Date.now() - began, 5)
      }
      assertProblem(await post(`${'['.repeat(100000)}`), 400, 'json_too_deep')
    },
    async A10() {
      const send = (lines, pieces, options) => raw([call('POST', '/json', [JSON_TYPE, ...lines]), ...pieces], options)
      const exact = await send([`Content-Length: ${16 * MIB}`], [' '.repeat(16 * MIB - 2), '{}'])
      assert.equal(exact.first.status, 200)
      const chunked = (bytes) => [`${bytes.toString(16)}\r\n`, ' '.repeat(bytes - 2), '{}', '\r\n0\r\n\r\n']
      assert.equal((await send(['Transfer-Encoding: chunked'], chunked(16 * MIB))).first.status, 200)
      t.service.requests.length = 0
      const refused = (said) => assert.deepEqual([said.first.status, said.first.json.code, said.first.headers.connection], [413, 'body_too_large', 'close'])
      const grown = await t.tenon.growth(async () => {
        // The byte that is too many is the last that is waited for; where more are announced, none is.
        refused(await send([`Content-Length: ${16 * MIB + 1}`], [' '.repeat(16 * MIB + 1)]))
        for (const more of [2, 1000, 1000 * MIB]) refused(await send([`Content-Length: ${16 * MIB + more}`], []))
        refused(await send(['Transfer-Encoding: chunked'], chunked(16 * MIB + 1).slice(0, 3)))
        // In small chunks nobody says beforehand how much will come: whatever is sent, no more than the limit is kept.
        const chunk = `${MIB.toString(16)}\r\n${' '.repeat(MIB)}\r\n`
        const endless = await send(['Transfer-Encoding: chunked'], Array(200).fill(chunk), { toEnd: true, within: 20000 })
        assert.ok(endless.closed)
        refused(endless)
      })
      // A buffer is doubled until the limit lies within, and copied then.
      if (!sanitized) assert.ok(grown < 5 * 16, `${grown} MiB more at most`)
      assert.equal(t.service.requests.length, 0)
      await stillServes()
    },
    async A11() {
      const answer = await raw(call('POST', '/json', [JSON_TYPE, 'Content-Length: 99999999999']))
      assert.deepEqual([answer.first.status, answer.first.json.code, answer.first.headers.connection], [413, 'body_too_large', 'close'])
      await refused(call('POST', '/json', [JSON_TYPE, `Content-Length: ${'9'.repeat(40)}`]), [400, 413], 'beyond 64 bits')
    },
    async A12() {
      const lengths = ['+5', '-1', '5, 6', '5,5', '0x5', '5 6', '', 'five', '5\r\nContent-Length: 6', '6\r\nContent-Length: 5',
        '5\r\nContent-Length: 5']
      await Promise.all(lengths.map((length) =>
        refused(`${call('POST', '/post', [`Content-Length: ${length}`])}hello${call('GET', '/get')}`, [400], JSON.stringify(length))))
      await stillServes()
    },
    async A14() {
      const codings = ['xchunked', 'chunked, identity', 'chunked\x0b', '\x0bchunked', 'chunked\r\nTransfer-Encoding: x', 'identity',
        'chunked, chunked', 'gzip, chunked', 'chunked\r\nContent-Length: 3', '"chunked"', 'chunked;a=b', ',chunked']
      await Promise.all(codings.map((coding) =>
        refused(`${call('POST', '/post', [JSON_TYPE, `Transfer-Encoding: ${coding}`])}0\r\n\r\n${call('GET', '/get')}`, [400, 501], JSON.stringify(coding))))
      await stillServes()
    },
    async A15() {
      const begin = call('POST', '/json', [JSON_TYPE, 'Transfer-Encoding: chunked'])
      const next = call('GET', '/get') // never to be taken for a request of its own
      const grown = await t.tenon.growth(async () => {
        // Neither sizes nor line ends that two readers could take otherwise (RFC 9112 7.1).
        await Promise.all(['FFFFFFFFFFFFFFFFF', '-1', '+2', 'x', '', ' 2', '0x2', '2x', '2 2', '2 ', '2\n', '2\r', '2;a\n', '2;a\0b', '\u0662', '00000000000000002',
          '2\r\n{}\n0', '2\r\n{}0', '2\r\n{}\r\r\n0', '3\r\n{}\r\n0', '1\r\n{}\r\n0']
          .map((size) => refused(`${begin}${size}\r\n{}\r\n0\r\n\r\n${next}`, [400], `size ${JSON.stringify(size)}`)))
        await Promise.all(['\n', '\r\r\n', 'X: a\nY: b\r\n\r\n', ' folded\r\n\r\n', 'X: a\r\n b\r\n\r\n', 'X: a\rY: b\r\n\r\n'].map((trailer) =>
          refused(`${begin}2\r\n{}\r\n0\r\n${trailer}${next}`, [400], `trailer ${JSON.stringify(trailer)}`)))
        // A size of 64 bits is one, but its chunk ends at the limit of the body.
        const endless = await raw([`${begin}8000000000000000\r\n`, ...Array(40).fill(' '.repeat(MIB))], { toEnd: true, within: 20000 })
        assert.ok(endless.closed && endless.statuses.every((status) => status === 413), `${endless.statuses}`)
        // Extensions and trailers have a ceiling, whether they come at once or a little with each chunk.
        await refused([`${begin}2;`, 'x'.repeat(MIB), '\r\n{}\r\n0\r\n\r\n'], [400], 'an extension of 1 MiB')
        await refused([begin, '1;xxxxxxxxxxxxxxxxxxx\r\n \r\n'.repeat(10000)], [400], 'many extensions')
        await refused([`${begin}2\r\n{}\r\n0\r\n`, ...Array(1000).fill(`X-Trailer: ${'x'.repeat(10000)}\r\n`)], [400], 'endless trailers')
      })
      if (!sanitized) assert.ok(grown < 5 * 16, `${grown} MiB more at most`)
      // What the grammar allows is read.
      for (const body of ['2;a=b;c="d e" \r\n{}\r\n0;z\r\n\r\n', '02\r\n{}\r\n00\r\nX-Trailer: a\r\n\r\n', '1\r\n{\r\n1 ;x\r\n}\r\n0\r\n\r\n']) {
        assert.equal((await raw(begin + body)).first.status, 200, body)
      }
      await stillServes()
    },
    async A16() {
      const tenon = await t.impatient()
      const drip = ['GET /healthz HT', ...Array(40).fill(null).flatMap((_, i) => [200, 'TP/1.1\r\nHost: x\r\nX-A: '[i] ?? 'y'])]
      const slow = Array.from({ length: 200 }, () => talk(tenon.port, drip, { toEnd: true, within: 20000 }))
      for (let i = 0; i < 5; i++) {
        assert.equal((await tenon.request('/healthz')).status, 200)
        await sleep(200)
      }
      for (const said of await Promise.all(slow)) {
        assert.ok(said.closed && said.bytes.length === 0, `${said.closed} ${said.bytes}`)
        assert.ok(said.ms >= 900, `closed after ${said.ms} ms`)
      }
    },
    async A17() {
      const tenon = await t.impatient()
      const head_ = head('POST', '/v1/keys', [`X-API-Key: ${ADMIN_KEY}`, JSON_TYPE, `Content-Length: ${MIB}`])
      const said = await talk(tenon.port, [head_, ...Array(60).fill(null).flatMap(() => [100, ' '])], { toEnd: true, within: 20000 })
      assert.ok(said.closed && said.bytes.length === 0, `${said.closed} ${said.bytes}`)
    },
    async A19() {
      const sockets = []
      try {
        for (let i = 0; i < 2000; i++) {
          const socket = net.connect(t.tenon.port, '127.0.0.1')
          socket.on('error', () => {})
          sockets.push(socket)
          if (i % 100 === 99) await new Promise((resolve) => { socket.once('connect', resolve); socket.once('error', resolve) })
        }
        for (let i = 0; i < 5; i++) assert.equal((await t.tenon.request('/healthz')).status, 200)
        await stillServes()
      } finally {
        for (const socket of sockets) socket.destroy()
      }
      await stillServes()
    },
    async A20() {
      const many = (count) => Array.from({ length: count }, (_, i) => `X-${i}: y`)
      assert.equal((await raw(call('GET', '/get', many(98)))).first.status, 200) // Host and the key make a hundred
      t.service.requests.length = 0
      await refused(call('GET', '/get', many(101)), [400, 431], '101 headers')
      for (const [lines, target] of [[[`X-Long: ${'x'.repeat(65536)}`], '/get'], [[], `/get?${'x'.repeat(65536)}`], [[], `/get${'/x'.repeat(32768)}`],
        [[`X-Huge: ${'x'.repeat(500000)}`], '/get']]) {
        const said = await raw(call('GET', target, lines), { within: 5000 })
        assert.ok([400, 413, 414, 431].includes(said.first?.status), `${said.statuses}`)
      }
      assert.equal(t.service.requests.length, 0)
      await stillServes()
    },
    async A21() {
      const line = `GET ${run('/get')} HTTP/1.1\r\n`
      const always = { 'a space before the colon': `${line}Host: x\r\n${key()}\r\nX-A : b\r\n\r\n`, 'no token': `${line}Host: x\r\n${key()}\r\nX(A: b\r\n\r\n`,
        NUL: `${line}Host: x\r\n${key()}\r\nX-A: a\0b\r\n\r\n`, 'no host': `${line}${key()}\r\n\r\n`, 'two hosts': `${line}Host: a\r\nHost: b\r\n${key()}\r\n\r\n`,
        'bare LF': `${line.replace('\r', '')}Host: x\n${key()}\n\n`, 'one bare LF': `${line}Host: x\n${key()}\r\n\r\n`,
        'a folded line': `${line}Host: x\r\n${key()}\r\nX-A: b\r\n Content-Length: 5\r\n\r\n`, 'a folded first line': `${line} Host: x\r\n${key()}\r\n\r\n`,
        'a line without a colon': `${line}Host: x\r\n${key()}\r\nnothing\r\n\r\n`, 'a bare CR': `${line}Host: x\r\n${key()}\r\nX-A: a\rb\r\n\r\n` }
      for (const [told, bytes] of Object.entries(always)) await refused(bytes + call('GET', '/get'), [400], told)
      await stillServes()
    },
    async A22() {
      const sent = { authorization: 'Basic eDp5', cookie: 'a=b', 'us-customer-api-key': 'k', 'global-tenant-id': 't', 'x-forwarded-for': '1.2.3.4',
        'proxy-authorization': 'Basic eDp5', 'x-forwarded-host': 'evil', forwarded: 'for=1', 'x-real-ip': '1.2.3.4', referer: 'https://x/', origin: 'https://evil',
        te: 'trailers', 'x-http-method-override': 'DELETE', 'x-original-url': '/admin', via: '1.1 x', 'accept-encoding': 'gzip', 'x-api-key': t.key }
      const answer = await t.tenon.request(run('/get'), { headers: sent, echo: true })
      assert.equal(answer.status, 200, answer.text)
      const [seen] = t.service.requests
      const names = Object.keys(seen.headers).filter((name) => !['host', 'accept', 'user-agent', 'accept-encoding', 'connection', 'traceparent'].includes(name))
      assert.deepEqual(names, [])
      assert.ok(!seen.head.includes(t.key) && !seen.head.includes('gzip'))
    },
    async A24() {
      for (const target of ['/ui/../../etc/passwd', '/../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/ui/%2e%2e%2f%2e%2e%2fetc/passwd', '/ui/..%5c..%5cetc/passwd',
        '/ui/%00', '//etc/passwd', '/ui/....//etc/passwd', '/v1/../etc/passwd', '/run/open/open/../../../etc/passwd', '/run/../v1/keys',
        '/v1/connectors/..%2f..%2fetc%2fpasswd', '/v1/connectors/%00', '/v1/connectors/../keys', 'file:///etc/passwd', '/v1/connectors/open.yaml']) {
        const said = await raw(head('GET', target, [`X-API-Key: ${t.key}`]))
        assert.ok([400, 404].includes(said.first?.status), `${target}: ${said.statuses} ${said.first?.text}`)
        assert.ok(!said.bytes.includes('root:'))
      }
      assert.equal(t.service.requests.length, 0)
    },
    async A25() {
      for (const method of ['TRACE', 'CONNECT', 'PROPFIND', 'get', 'Get', 'DELETE', 'M-SEARCH', 'X'.repeat(100)]) {
        const said = await raw(call(method, '/get'), { within: 3000 })
        assert.equal(said.first?.status, 405, `${method}: ${said.statuses}`)
      }
      assert.equal(t.service.requests.length, 0)
      assertProblem(await t.call('Get', { method: 'POST', headers: { 'x-http-method-override': 'GET' } }), 405, 'method_not_allowed')
      assert.equal((await t.call('Get', { headers: { 'x-http-method-override': 'DELETE', 'x-method-override': 'POST' } })).status, 200)
      assert.equal(t.service.requests.at(-1).method, 'GET')
    },
    async A26() {
      const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
      const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])
      const reset = Buffer.concat(Array.from({ length: 500 }, (_, i) =>
        Buffer.from([0, 0, 1, 1, 5, 0, 0, 0, 2 * i + 1, 0x82, 0, 0, 4, 3, 0, 0, 0, 0, 2 * i + 1, 0, 0, 0, 8])))
      const said = await raw([preface, settings, reset], { toEnd: true, within: 5000 })
      // The answer may be lost: what was sent behind the preface is not read, so that closing resets the connection.
      assert.ok(said.closed && /^(HTTP\/1\.1 400|$)/.test(said.bytes.toString('latin1')), said.bytes.toString('latin1').slice(0, 100))
      const alone = await raw(preface, { toEnd: true, within: 5000 })
      assert.match(alone.bytes.toString('latin1'), /^HTTP\/1\.1 400/)
      const upgrade = await raw(head('GET', '/healthz', ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA']))
      assert.match(upgrade.first.line, /^HTTP\/1\.1 200/)
      await withTls(async (port) => {
        const both = await talk(port, head('GET', '/healthz'), { useTls: { ALPNProtocols: ['h2', 'http/1.1'] } })
        assert.deepEqual([both.alpn, both.first?.status], ['http/1.1', 200])
        const only = await talk(port, [preface, settings], { useTls: { ALPNProtocols: ['h2'] }, within: 3000 })
        assert.notEqual(only.alpn, 'h2')
        assert.ok(!only.bytes.toString('latin1').startsWith('HTTP/1.1 2'), 'nothing is served')
      })
      await stillServes()
    },
    async A27() {
      const frame = (type, flags, stream, payload) => Buffer.concat([Buffer.from([0, payload.length >> 8, payload.length & 255, type, flags, 0, 0, 0, stream]), payload])
      for (const flood of [frame(9, 0, 1, Buffer.alloc(4000, 0x41)), frame(0, 0, 1, Buffer.alloc(4000)), frame(4, 0, 0, Buffer.alloc(0)), frame(6, 0, 0, Buffer.alloc(8)),
        frame(1, 0, 1, Buffer.alloc(4000, 0xbe))]) {
        const said = await raw(['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', ...Array(50).fill(flood)], { toEnd: true, within: 5000 })
        assert.ok(said.closed && said.statuses.length <= 1 && said.statuses.every((status) => status === 400), `${said.statuses}`)
      }
      await stillServes()
    },
    async A29() {
      for (const coding of ['gzip', 'deflate', 'br', 'gzip, identity']) {
        assertProblem(await t.call('Json', { body: Buffer.from([0x1f, 0x8b, 8, 0]), headers: { 'content-type': 'application/json', 'content-encoding': coding } }),
          415, 'media_type')
      }
      assert.equal(t.service.requests.length, 0)
    },
    async A30() {
      const said = await raw(call('POST', '/json', [JSON_TYPE, 'Expect: 100-continue', `Content-Length: ${17 * MIB}`]))
      assert.deepEqual(said.statuses, [413])
      const fine = await raw([call('POST', '/json', [JSON_TYPE, 'Expect: 100-continue', 'Content-Length: 2', 'Connection: close']), 300, '{}'], { toEnd: true })
      assert.deepEqual(fine.statuses, [100, 200])
    },
    async A31() {
      const open = await t.connection('open')
      const sparse = await t.connection('sparse')
      let reached = 0
      for (const path of ['/post', '/get']) t.service.on(path, () => { reached++ })
      const before = descriptors()
      // So many clients call; they leave when this has come true, some of them at once.
      const leave = async (count, connection, method, path, when) => {
        const sockets = Array.from({ length: count }, () => net.connect(t.tenon.port, '127.0.0.1').on('error', () => {}))
        for (const socket of sockets) socket.write(head(method, path, [`X-API-Key: ${connection.key}`]))
        for (const socket of sockets.filter((_, i) => when.someAtOnce && i % 3 === 0)) socket.destroy()
        await until(when.what, when.holds, 60000)
        for (const socket of sockets) socket.destroy()
      }
      const nobodyIsServed = async () => await t.tenon.metric('tenon_http_requests_in_flight') === 1 // which asks
      const rounds = 50
      for (let round = 1; round <= rounds; round++) {
        const target = reached + 133
        await leave(200, open, 'POST', `/run/open/${open.name}/post`, { what: 'the service to have the calls', holds: () => reached >= target, someAtOnce: true })
        // No seat is kept for those who left: the next 200 find room.
        await until('nobody to be served', nobodyIsServed, 60000)
      }
      await until('descriptors to be closed', () => descriptors() <= before + 20, 60000)
      assert.ok(t.service.sockets.size < 20, 'no call to the service goes on for nobody')
      // Those who wait for a token, too, that is still asked for when nobody waits any more.
      const waiting = await t.client()
      let answerToken
      t.service.on('/token', (socket) => { answerToken = () => socket.write(t.service.token()) })
      await leave(100, waiting, 'GET', `/run/bearer/${waiting.name}/get`, { what: 'the token request', holds: () => answerToken })
      await until('descriptors to be closed', () => descriptors() <= before + 25, 60000)
      await until('nobody to be served', nobodyIsServed, 60000)
      answerToken()
      await until('the token', async () => (await waiting.call('/Token', { method: 'POST' })).status === 200)
      assert.equal(t.service.at('/token').length, 1)
      // A used slot stays used.
      reached = 0
      await leave(25, sparse, 'GET', `/run/sparse/${sparse.name}/get`, { what: 'as many as may to be let through', holds: () => reached >= 20 })
      await until('nobody to be served', nobodyIsServed, 60000)
      assert.equal(reached, 20)
      assertProblem(await sparse.call(), 429, 'throttled')
      for (const socket of t.service.sockets) socket.destroy()
      t.reset()
      await stillServes()
    },
    async A32() {
      assert.equal((await t.call('Post', { headers: { 'idempotency-key': 'abc' } })).status, 200)
      assert.equal(t.service.requests.at(-1).headers['idempotency-key'], undefined)
      assert.equal((await t.call('Keyed', { headers: { 'idempotency-key': 'abc' } })).status, 200)
      assert.equal(t.service.requests.at(-1).headers['idempotency-key'], 'abc')
    },
    async A34() {
      assertProblem(await t.tenon.request(run('/nothing'), { key: t.key }), 404, 'not_found')
      assertProblem(await t.tenon.request('/run/open/nobody/get', { key: t.key }), 404, 'not_found')
      assertProblem(await t.tenon.request('/run/nobody/open/get', { key: t.key }), 404, 'not_found')
      const method = await t.call('Get', { method: 'DELETE' })
      assertProblem(method, 405, 'method_not_allowed')
      assert.match(method.headers.allow, /GET/)
      assertProblem(await t.tenon.request('/v1/nothing', { key: ADMIN_KEY }), 404, 'not_found')
      const other = await t.tenon.request('/v1/keys', { method: 'PUT', key: ADMIN_KEY })
      assertProblem(other, 405, 'method_not_allowed')
      assert.match(other.headers.allow, /POST/)
    },
    async A35() {
      const answer = await t.call('Needs', { json: { number: 99, kind: 'c', yes: 'maybe', extra: 1, more: 2 } })
      const problem = assertProblem(answer, 400, answer.json.code)
      assert.match(problem.code, /^param_/)
      assert.deepEqual(problem.errors.map((one) => one.pointer).sort(), ['/extra', '/kind', '/more', '/number', '/one', '/yes'])
      for (const value of ['99999999999', 99999999999999999999n.toString(), '-2147483649']) {
        assertProblem(await post(`{"number":${value}}`), 400, 'param_range')
      }
      assertProblem(await t.call('Query', { query: '?nothing=1' }), 400, 'param_unknown')
      assert.equal(t.service.requests.length, 0)
    },
    async A36() {
      const { call: limited } = await t.connection('limited', undefined, {})
      const agent = new Agent({ keepAlive: true, maxSockets: 200 })
      const answers = await Promise.all(Array.from({ length: 200 }, () => limited('/get', { agent })))
      agent.destroy()
      const through = answers.filter((answer) => answer.status === 200)
      assert.equal(t.service.at('/get').length, through.length)
      // Slow machines may reach the next window, and fill it again.
      assert.ok(through.length >= 100 && mostWithin(t.service.at('/get').map((seen) => seen.at), 1900) <= 100, `${through.length} let through`)
      for (const answer of answers.filter((one) => one.status !== 200)) {
        assertProblem(answer, 429, 'throttled')
        assert.match(answer.headers.ratelimit, /^"calls";r=0;t=\d+$/)
        assert.equal(answer.headers['ratelimit-policy'], '"calls";q=100;w=2')
      }
    },
    async A37() {
      const { call: limited } = await t.connection('limited', undefined, {})
      const agent = new Agent({ keepAlive: true, maxSockets: 100 })
      const burst = (count) => Promise.all(Array.from({ length: count }, () => limited('/get', { agent })))
      // 100 at once, then one every 20 ms: a bucket that refills would let 199 through in the first window.
      await burst(100)
      for (let i = 0; i < 60; i++) {
        await limited('/get', { agent })
        await sleep(20)
      }
      // Late in one fixed window, and early in the next.
      await sleep(1700)
      await burst(100)
      await sleep(500)
      await burst(100)
      agent.destroy()
      const times = t.service.at('/get').map((seen) => seen.at)
      assert.ok(times.length >= 200, `${times.length} let through`)
      assert.ok(mostWithin(times, 1900) <= 100, `${mostWithin(times, 1900)} within 1.9 s`)
    },
    async A39() {
      for (const [method, path] of [['GET', run('/get')], ['GET', '/v1/connections'], ['GET', '/healthz']]) {
        const answer = await t.tenon.request(path, { method, key: t.key, headers: { origin: 'https://evil.example', cookie: 'a=b' }, echo: true })
        assert.ok(!Object.keys(answer.headers).some((name) => name.startsWith('access-control-')))
        const preflight = await t.tenon.request(path, { method: 'OPTIONS',
          headers: { origin: 'https://evil.example', 'access-control-request-method': 'DELETE', 'access-control-request-headers': 'x-api-key' } })
        assert.ok(preflight.status >= 400, `${path}: ${preflight.status}`)
        assert.ok(!Object.keys(preflight.headers).some((name) => name.startsWith('access-control-')))
      }
      t.service.says('/get', t.answer(200, {}, { 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Credentials': 'true' }))
      const passed = await t.call('Get', { headers: { origin: 'https://evil.example' } })
      assert.ok(!Object.keys(passed.headers).some((name) => name.startsWith('access-control-')))
    },
    async A40() {
      for (const path of ['/v1/nothing', run('/nothing'), '/nothing']) {
        const answer = await t.tenon.request(path, { key: t.key, headers: { accept: 'text/html' } })
        assertProblem(answer, 404, 'not_found')
      }
      assertProblem(await t.tenon.request(run('/get'), { headers: { accept: 'text/html' } }), 401, 'unauthorized')
    },
  }
}

// But for what is of each answer its own.
const headersOf = (answer) => JSON.stringify({ ...answer.headers, 'x-request-id': '', date: '' })

// The most of these moments that any span of so many milliseconds holds.
function mostWithin(times, ms) {
  const sorted = [...times].sort((a, b) => a - b)
  let most = 0
  for (let from = 0, to = 0; to < sorted.length; to++) {
    while (sorted[to] - sorted[from] >= ms) from++
    most = Math.max(most, to - from + 1)
  }
  return most
}
