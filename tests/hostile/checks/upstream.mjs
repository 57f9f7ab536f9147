// SPDX-License-Identifier: MIT
// Services that answer what no service should.
import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { gzipSync } from 'node:zlib'

import { assertProblem, sanitized } from '../../peers/lib/tenon.mjs'
import { sleep } from '../../peers/lib/util.mjs'
import { assertQuick } from '../lib/lint.mjs'
import { startService } from '../lib/service.mjs'

export default (t) => {
  const { answer } = t
  const waits = (said) => Number(said.headers['retry-after'])
  const isToken = (seen, number) => seen.headers.authorization === `Bearer token-${number}`
  const tokensBefore = () => t.service.tokens
  // 401 for the first token that comes, whatever its number.
  const refuseFirst = (path, headers = {}) => {
    let first
    t.service.on(path, (socket, seen) => {
      first ??= seen.headers.authorization
      socket.write(seen.headers.authorization === first ? answer(401, { error: 'invalid_token' }, headers) : answer(200, { fine: true }))
    })
  }
  const open = (path = '/get') => t.connection('open', undefined, {}).then(({ call, ...more }) => ({ ...more, call: (options) => call(path, options) }))
  // What a 429 with these headers makes of the connection: seconds to wait, and nothing more is sent meanwhile.
  const paused = async (headers, path = '/get') => {
    const { call } = await open(path)
    t.service.requests.length = 0
    t.service.says(path, answer(429, { error: 'slow down' }, headers))
    const first = await call()
    assertProblem(first, 429, 'upstream_throttled')
    const second = await call()
    assertProblem(second, 429, 'upstream_throttled')
    assert.equal(t.service.requests.length, 1, 'the gate is closed')
    assert.ok(waits(second) <= waits(first))
    return waits(first)
  }

  return {
    async R01() {
      const { call } = await t.client()
      const before = tokensBefore()
      refuseFirst('/get', { 'WWW-Authenticate': 'Bearer error="invalid_token"' })
      const said = await call()
      assert.equal(said.status, 200, said.text)
      assert.equal(t.service.tokens - before, 2)
      assert.equal(t.service.at('/get').length, 2)
      assert.ok(isToken(t.service.at('/get')[1], before + 2))
      assert.equal((await call()).status, 200)
      assert.equal(t.service.tokens - before, 2)
    },
    async R02() {
      const { call } = await t.client()
      const before = tokensBefore()
      refuseFirst('/get')
      assert.equal((await call()).status, 200)
      assert.equal(t.service.tokens - before, 2)
      const { call: always } = await t.client()
      t.service.requests.length = 0
      t.service.says('/get', answer(401, { error: 'no' }))
      // DESIGN 4: a 401 that survives the one refresh is 424, so that no platform takes it for Tenon's own.
      assert.equal(assertProblem(await always(), 424, 'upstream_unauthorized').upstream.status, 401)
      assert.equal(t.service.at('/get').length, 2)
      assert.equal(t.service.at('/token').length, 2)
      // Tokens are not asked for again and again.
      for (let i = 0; i < 5; i++) assertProblem(await always(), 424, 'upstream_unauthorized')
      assert.equal(t.service.at('/token').length, 2)
      // POST, too: a 401 says that nothing was done.
      const { call: posts } = await t.client()
      refuseFirst('/post')
      assert.equal((await posts('/post', { method: 'POST' })).status, 200)
      assert.equal(t.service.at('/post').length, 2)
    },
    async R04() {
      const { call } = await t.client()
      assert.equal((await call()).status, 200)
      const before = tokensBefore()
      refuseFirst('/get')
      const agent = new Agent({ keepAlive: true, maxSockets: 100 })
      const said = await Promise.all(Array.from({ length: 100 }, () => call('/get', { agent })))
      agent.destroy()
      assert.deepEqual([...new Set(said.map((one) => one.status))], [200])
      assert.equal(t.service.tokens - before, 1)
    },
    async R05() {
      const { call } = await t.client()
      const before = tokensBefore()
      t.service.says('/get', answer(403, { error: 'insufficient_scope' }, { 'WWW-Authenticate': 'Bearer error="insufficient_scope"' }))
      // DESIGN 4 passes a 403 through as it came, and knows no scope_missing.
      const said = await call()
      assert.deepEqual([said.status, said.json], [403, { error: 'insufficient_scope' }])
      assert.equal(t.service.tokens - before, 1)
      assert.equal(t.service.at('/get').length, 1)
    },
    async R06() {
      const { call } = await t.client('forbidden')
      const before = tokensBefore()
      let first
      t.service.on('/get', (socket, seen) => {
        first ??= seen.headers.authorization
        socket.write(seen.headers.authorization === first ? answer(403, {}) : answer(200, { fine: true }))
      })
      assert.equal((await call()).status, 200)
      assert.equal(t.service.tokens - before, 2)
      const { call: byBody } = await t.client('forbidden')
      t.service.requests.length = 0
      first = undefined
      t.service.on('/get', (socket, seen) => {
        first ??= seen.headers.authorization
        socket.write(answer(200, seen.headers.authorization === first ? { error: 'expired', more: 1 } : { fine: true }))
      })
      assert.deepEqual((await byBody()).json, { fine: true })
      assert.equal(t.service.tokens - before, 4)
      assert.equal(t.service.at('/get').length, 2)
      // What is held until its end passes as it came, whatever its size.
      for (const bytes of [10, 100000, 9 << 20]) {
        const large = JSON.stringify({ fine: 'x'.repeat(bytes) })
        t.service.says('/get', answer(200, large))
        assert.equal((await byBody()).text.length, large.length)
      }
      // Not declared: not done.
      const plain = await t.client('cc')
      t.service.says('/get', answer(200, { error: 'expired' }))
      assert.deepEqual((await plain.call()).json, { error: 'expired' })
    },
    async R07() {
      const one = await open()
      const sharer = await t.tenon.key([one.name])
      t.service.says('/get', answer(429, {}, { 'Retry-After': '5' }))
      const began = Date.now()
      assert.equal(waits(await one.call()), 5)
      t.service.says('/get', answer(200, {}))
      const other = await t.tenon.request(`/run/open/${one.name}/get`, { key: sharer })
      assertProblem(other, 429, 'upstream_throttled')
      assert.ok(waits(other) >= 4 && waits(other) <= 5)
      assert.equal(t.service.at('/get').length, 1)
      assert.equal((await (await open()).call()).status, 200, 'another connection is not paused')
      // A preparing call that is answered so closes the gate, too.
      const stepped = await open('/stepped')
      t.service.says('/first', answer(429, {}, { 'Retry-After': '30' }))
      for (let i = 0; i < 2; i++) {
        const refused = await stepped.call()
        assertProblem(refused, 429, 'upstream_throttled')
        assert.ok(waits(refused) >= 28 && waits(refused) <= 30)
      }
      assert.equal(t.service.at('/first').length, 1)
      let said
      do {
        said = await one.call()
        await sleep(100)
      } while (said.status === 429)
      assert.equal(said.status, 200)
      assert.ok(Date.now() - began >= 4990)
    },
    async R09() {
      for (const value of ['Sun, 06 Nov 1994 08:49:37 GMT', '-5', 'abc', '', '0']) assert.ok(await paused({ 'Retry-After': value }) >= 1, value)
    },
    async R10() {
      const begin = t.tenon.log.length
      for (const absurd of ['99999999999999999999', '86400', new Date(Date.now() + 1e10).toUTCString()]) assert.equal(await paused({ 'Retry-After': absurd }), 3600)
      assert.match(t.tenon.log.slice(begin), /upstream\.paused .*status=429 ms=3600000/, 'the log tells for how long')
    },
    async R11() {
      assert.equal(await paused({ 'Retry-After': '1.5' }), 2)
      assert.equal(await paused({ 'Retry-After': '120, 60' }), 120)
      assert.equal(await paused(['Retry-After: 5', 'Retry-After: 60']), 60)
    },
    async R12() {
      // At random from 1 s to 2, 4, 8… s, each connection for itself, and from the start again once the service has answered.
      t.service.says('/get', answer(429, {}))
      const waited = await Promise.all(Array.from({ length: 12 }, async () => {
        const one = await t.connection('open')
        const agent = new Agent({ keepAlive: true, maxSockets: 1 }) // one connection here is one thread there
        const seen = []
        const refusal = async () => {
          const said = await one.call('/get', { agent })
          assertProblem(said, 429, 'upstream_throttled')
          seen.push(waits(said))
          if (seen.length < 4) await sleep(waits(said) * 1000 + 20)
        }
        for (let i = 0; i < 3; i++) await refusal()
        t.service.says(`/path/${one.name}/end`, answer(200, {}))
        assert.equal((await one.call(`/path/${one.name}/end`, { agent })).status, 200)
        await refusal()
        agent.destroy()
        return seen
      }))
      for (const [i, most] of [2, 4, 8, 2].entries()) {
        const all = waited.map((seen) => seen[i])
        assert.ok(all.every((seconds) => seconds >= 1 && seconds <= most), `${all}`)
        if (most > 2) assert.ok(new Set(all).size > 1 && Math.max(...all) > 2, `at random, and longer: ${all}`)
      }
      assert.equal(t.service.at('/get').length, 48, 'nothing is sent within a pause')
    },
    async R14() {
      assert.equal(await paused({ RateLimit: '"default";r=0;t=30' }), 30)
      assert.equal(await paused({ RateLimit: '"default";r=0;t=30', 'Retry-After': '7' }), 7)
      for (const bad of ['"default;r=0;t=30', 'r=0;t=-30', '"a";r=0;t=x', ';;;', '"a";r=5;t=30']) assert.ok(await paused({ RateLimit: bad }) <= 2, bad)
    },
    async R15() {
      const epoch = Math.ceil(Date.now() / 1000) + 40
      const wait = await paused({ 'X-RateLimit-Reset': epoch }, '/reset')
      assert.ok(wait >= 38 && wait <= 41, `${wait}`)
      assert.equal(await paused({ 'X-RateLimit-Reset': '40' }, '/reset'), 40)
      for (const absurd of ['99999999999999', '-1', 'x', '']) assert.ok(await paused({ 'X-RateLimit-Reset': absurd }, '/reset') <= 2, absurd)
      assert.ok(await paused({ 'X-RateLimit-Reset': '40' }, '/get') <= 2, 'only where the definition names it')
    },
    async R16() {
      const other = await startService()
      try {
        const { call } = await t.client()
        for (const status of [301, 302, 303, 307, 308]) {
          t.service.says('/get', answer(status, '', { Location: `${other.url}/stolen` }))
          const said = await call()
          assertProblem(said, 424, 'upstream_redirect')
          assert.equal(said.headers.location, undefined)
          assert.ok(!said.text.includes('stolen'))
        }
        assert.deepEqual([other.connections, other.requests.length], [0, 0])
      } finally {
        await other.stop()
      }
    },
    async R17() {
      const { call } = await open()
      for (const location of [`${t.service.url}/get`, '/get', 'http://169.254.169.254/latest/meta-data/', 'file:///etc/passwd', '//evil.example/']) {
        t.service.requests.length = 0
        t.service.says('/get', answer(302, '', { Location: location }))
        assertProblem(await call(), 424, 'upstream_redirect')
        assert.equal(t.service.requests.length, 1)
      }
    },
    async R19() {
      const bomb = gzipSync(Buffer.alloc(200 << 20))
      const bombed = answer(200, bomb, { 'Content-Encoding': 'gzip' })
      const before = t.tenon.rss
      // What streams through is never inflated here; and Tenon had asked for no coding.
      t.service.says('/get', bombed)
      const passed = await t.call('Get')
      assert.equal(passed.body.length, bomb.length)
      assert.equal(t.service.requests.at(-1).headers['accept-encoding'], undefined)
      // What Tenon must read is cut.
      t.service.says('/first', bombed)
      assertProblem(await t.call('Stepped'), 502, 'upstream_too_large')
      assert.equal(t.service.at('/stepped').length, 0)
      if (!sanitized) assert.ok(t.tenon.rss - before < 64, `${t.tenon.rss - before} MiB more`)
    },
    async R20() {
      t.service.says('/get', answer(200, {}, { 'Set-Cookie': 'a=b; Path=/', 'Strict-Transport-Security': 'max-age=1', Server: 'secret/1.0', 'X-Powered-By': 'y',
        Connection: 'X-Hop, keep-alive', 'X-Hop': 'dropped', 'Keep-Alive': 'timeout=99', 'X-Mine': 'kept', ETag: '"1"', 'Proxy-Authenticate': 'Basic',
        'Tenon-Error': 'forged', 'X-Request-Id': 'forged', 'Alt-Svc': 'h2=":443"', 'Content-Security-Policy': "script-src 'unsafe-inline'" }))
      const { call } = await t.client()
      const said = await call()
      for (const name of ['set-cookie', 'strict-transport-security', 'x-powered-by', 'x-hop', 'proxy-authenticate', 'tenon-error', 'alt-svc']) {
        assert.equal(said.headers[name], undefined, name)
      }
      assert.ok(!said.rawHeaders.join('\n').includes('secret/1.0') && !said.rawHeaders.join('\n').includes('forged'))
      assert.deepEqual([said.headers['x-mine'], said.headers.etag], ['kept', '"1"'])
      assert.equal(said.headers['content-security-policy'], "sandbox; default-src 'none'")
      await call()
      assert.equal(t.service.requests.at(-1).headers.cookie, undefined, 'no cookie is kept')
    },
    async R21() {
      t.service.says('/get', answer(200, '<script>alert(1)</script>', { 'Content-Type': 'text/html; charset=utf-8' }))
      const said = await t.call('Get')
      assertProblem(said, 502, 'upstream_content_type')
      assert.ok(!said.text.includes('script'))
      // An error page passes, but no browser renders it.
      t.service.says('/get', answer(500, '<script>alert(1)</script>', { 'Content-Type': 'text/html' }))
      const page = await t.call('Get')
      assert.equal(page.status, 500)
      assert.deepEqual([page.headers['x-content-type-options'], page.headers['content-security-policy']], ['nosniff', "sandbox; default-src 'none'"])
    },
    async R22() {
      for (const body of ['{"a":', '{"a":1,"a":2}', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), '{"a":1e400}', `${'['.repeat(100000)}`, '\0', '']) {
        t.service.says('/get', answer(200, body))
        const said = await t.call('Get')
        assert.equal(said.status, 200, said.text)
        assert.deepEqual(said.body, Buffer.from(body), 'passed through as it came')
        // Where Tenon must read it, the value is missing; nothing is sent with a wrong one.
        t.service.says('/first', answer(200, body))
        const stepped = await t.call('Stepped')
        assert.ok(stepped.status === 200 || stepped.status === 502, stepped.text)
        if (stepped.status === 200) assert.equal(t.service.at('/stepped').at(-1).headers['x-first'], undefined)
      }
    },
    async R24() {
      for (const [method, repeats] of [['Get', true], ['Head', true], ['Put', true], ['Delete', true], ['Post', false], ['Patch', false]]) {
        const path = `/${method.toLowerCase()}`
        const agent = new Agent({ keepAlive: true, maxSockets: 1 }) // one connection here is one thread there
        const body = ['Put', 'Patch'].includes(method) ? { json: { v: 'x' } } : {}
        t.reset()
        assert.equal((await t.call('Get', { agent })).status, 200)
        const kept = t.service.requests[0].connection
        t.service.requests.length = 0
        // The kept connection breaks as soon as something comes by it.
        t.service.on(path, (socket, seen) => {
          if (seen.connection === kept) socket.resetAndDestroy()
          else socket.write(method === 'Head' ? 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n' : answer(200, {}))
        })
        const said = await t.call(method, { agent, ...body })
        agent.destroy()
        const delivered = t.service.at(path)
        if (repeats) {
          assert.equal(said.status, 200, `${method}: ${said.text}`)
          assert.ok(delivered.length <= 2)
        } else {
          assert.ok(delivered.length <= 1, `${method} was delivered ${delivered.length} times`)
          if (delivered[0]?.connection === kept) assertProblem(said, 502, 'upstream_unreachable')
        }
      }
    },
    async R25() {
      const cut = (bytes) => t.service.on('/get', (socket) => { socket.write(bytes); setTimeout(() => socket.destroy(), 20) })
      cut('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"half":')
      assertProblem(await t.call('Get'), 502, 'upstream_truncated')
      // What streams has begun to reach the caller: the connection breaks, so that a part is not taken for the whole.
      const large = 'x'.repeat(200000)
      for (const bytes of [`HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n${large}`,
        `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${(200000).toString(16)}\r\n${large}\r\n`]) {
        cut(bytes)
        await assert.rejects(t.call('Get'), /aborted|ECONNRESET|socket hang up/)
      }
    },
    async R26() {
      const interim = 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'.repeat(1000)
      for (const bytes of ['{"just":"json"}', 'HTTP/0.9 200 OK\r\n\r\nhello', 'garbage garbage garbage\r\n\r\n', 'HTTP/1.1 abc OK\r\n\r\n', 'HTTP/3 200 OK\r\n\r\n',
        'HTTP/1.1 99999 OK\r\n\r\n', 'HTTP/1.1 000 OK\r\n\r\n', '\0\0\0\0\0\0\0\0', `${interim}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}`]) {
        t.service.on('/get', (socket) => { socket.write(bytes); setTimeout(() => socket.destroy(), 50) })
        const began = Date.now()
        assertProblem(await t.call('Get'), 502, 'upstream_malformed')
        assertQuick(Date.now() - began, 100)
      }
    },
  }
}
