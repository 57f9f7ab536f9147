// SPDX-License-Identifier: MIT
// Services: what more.tsv adds.
import assert from 'node:assert/strict'
import { Agent } from 'node:http'

import { assertProblem, sanitized } from '../../../peers/lib/tenon.mjs'
import { sleep } from '../../../peers/lib/util.mjs'

const EVIL = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\nEVIL'
const ok = (lines, body = '{}') => `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n${body}`

export default (t) => {
  const { answer } = t
  // The answer of a call to a service that says these bytes, and then, by the same loop, one that is sound: it must be that
  // call's own. behind: bytes that come a moment later.
  const disturbed = async (bytes, { action = 'Get', behind, close = false, options = {} } = {}) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 }) // one connection here is one loop there
    const path = `/${action.toLowerCase()}`
    t.service.on(path, (socket) => {
      socket.write(bytes)
      if (behind) setTimeout(() => socket.write(behind), 30)
      if (close) setTimeout(() => socket.destroy(), 60)
    })
    const mark = `mark-${Math.random()}`
    t.service.on('/quick', (socket) => socket.write(answer(200, { mark })))
    try {
      let said
      try {
        said = await t.call(action, { agent, ...options })
      } catch (error) { // broken off within the answer
        said = { status: 0, text: error.message }
      }
      if (behind) await sleep(60)
      assert.deepEqual((await t.call('Quick', { agent })).json, { mark }, `behind ${JSON.stringify(bytes.toString('latin1').slice(0, 60))}`)
      assert.ok(!said.text.includes('EVIL'))
      return said
    } finally {
      agent.destroy()
    }
  }
  const malformed = async (bytes, options) => assertProblem(await disturbed(bytes, options), 502, 'upstream_malformed')

  return {
    async R101() {
      for (const [first, behind] of [[ok(['Content-Length: 2']) + EVIL], [ok(['Content-Length: 2']), EVIL], [ok(['Transfer-Encoding: chunked'], '2\r\n{}\r\n0\r\n\r\n') + EVIL],
        [ok(['Transfer-Encoding: chunked'], '2\r\n{}\r\n0\r\n\r\n'), EVIL], [`HTTP/1.1 204 No Content\r\n\r\n${EVIL}`], ['HTTP/1.1 204 No Content\r\n\r\n', EVIL],
        [`HTTP/1.1 304 Not Modified\r\n\r\n${EVIL}`], [`${ok(['Content-Length: 0'], '')}${EVIL}`]]) {
        const said = await disturbed(first, { behind })
        assert.ok([200, 204, 304].includes(said.status), said.text)
      }
      for (const behind of [undefined, EVIL]) {
        const head = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n'
        assert.equal((await disturbed(behind ? head : head + EVIL, { action: 'Head', behind })).status, 200)
      }
    },
    async R102() {
      await malformed(ok(['Content-Length: 2', 'Content-Length: 4'], '{}{}'))
      await malformed(ok(['Content-Length: -2']))
      await malformed(ok(['Content-Length: x']))
      await malformed(ok(['Transfer-Encoding: x']))
      await malformed(ok(['Transfer-Encoding: gzip, chunked'], '2\r\n{}\r\n0\r\n\r\n'))
      // Chunks count beside a length (RFC 9112 6.3); and one length that stands twice is one.
      for (const fine of [ok(['Content-Length: 9', 'Transfer-Encoding: chunked'], '2\r\n{}\r\n0\r\n\r\n'), ok(['Content-Length: 2', 'Content-Length: 2'])]) {
        assert.deepEqual((await disturbed(fine)).json, {})
      }
      // No end but that of the connection.
      const endless = await disturbed(ok([`Content-Length: ${'9'.repeat(30)}`]), { close: true })
      assert.ok(endless.status !== 200 || endless.text === '{}', endless.text)
    },
    async R103() {
      for (const size of ['0x2', '-2', '+2', 'FFFFFFFFFFFFFFFF2', 'x', '']) await malformed(ok(['Transfer-Encoding: chunked'], `${size}\r\n{}\r\n0\r\n\r\n`))
    },
    async R104() {
      const many = await disturbed(ok([...Array.from({ length: 1000 }, (_, i) => `X-${i}: y`), 'Content-Length: 2']))
      assert.equal(many.status, 200)
      assertProblem(await disturbed(ok([`X-A: ${'x'.repeat(300000)}`, 'Content-Length: 2'])), 502, 'upstream_too_large')
      await malformed(ok(['X-A: a\0b', 'Content-Length: 2']))
      await malformed(ok(['nonsense', 'Content-Length: 2']))
      // What is passed on is a header of its own, whatever it tried to be.
      for (const odd of ['X-A: a\rX-B: b', 'X-A: a\r\n X-B: b', 'X-A : a', 'X-A: \xff\x01', 'X-A: a\x0bX-B: b', ': a', 'X(A: b', 'X-A:']) {
        const said = await disturbed(Buffer.from(ok([odd, 'X-Kept: 1', 'Content-Length: 2']), 'latin1'))
        if (said.status === 502) continue
        assert.equal(said.status, 200, said.text)
        assert.equal(said.headers['x-kept'], '1')
        assert.equal(said.headers['x-b'], undefined, odd)
        for (const text of said.rawHeaders) assert.doesNotMatch(text, /[\x00-\x08\x0a-\x1f\x7f]/)
      }
    },
    async R105() {
      await malformed(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n${EVIL}`)
      for (const status of ['204 No Content', '304 Not Modified']) {
        const said = await disturbed(`HTTP/1.1 ${status}\r\nContent-Length: 4\r\n\r\nEVIL`)
        assert.deepEqual([String(said.status), said.text], [status.slice(0, 3), ''])
      }
      for (const status of ['600 Odd', '999 Odd']) assert.equal((await disturbed(`HTTP/1.1 ${status}\r\nContent-Length: 2\r\n\r\n{}`)).status, Number(status.slice(0, 3)))
      for (const reason of ['', ' ', ' <script>\x07', ` ${'x'.repeat(5000)}`]) assert.equal((await disturbed(`HTTP/1.1 200${reason}\r\nContent-Length: 2\r\n\r\n{}`)).status, 200)
    },
    async R106() {
      const large = { name: 'x'.repeat(1900000) }
      for (const close of [false, true]) {
        // The service does not read what comes: it answers as soon as the head is there.
        const other = (socket) => {
          socket.removeAllListeners('data')
          socket.write('HTTP/1.1 413 Too Large\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}')
          if (close) socket.destroySoon()
          else socket.pause()
        }
        t.service.onConnection = other
        for (const socket of t.service.sockets) socket.destroy() // kept ones have their script already
        try {
          const said = await t.call('Json', { json: large })
          assert.ok(said.status === 413 || (said.status === 502 && /^upstream_(unreachable|truncated)$/.test(said.json.code)), said.text)
        } finally {
          t.service.onConnection = null
        }
      }
      assert.equal((await t.call('Get')).status, 200)
    },
    async R107() {
      const xml = (body) => t.service.says('/first', answer(200, body, { 'Content-Type': 'application/xml' }))
      const laughs = `<!DOCTYPE a [<!ENTITY b "${'x'.repeat(1000)}"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><value>&c;</value>`
      for (const body of [`<value>${'<a/>'.repeat(1000000)}</value>`, '<a>'.repeat(2000000), '<a '.repeat(2000000), `<a ${'b="c" '.repeat(1000000)}/>`, laughs,
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><value/>', '<value>&#0;</value>', '<value>&nope;</value>', '<value', '</value>', `<value>${'&amp;'.repeat(1000000)}`]) {
        xml(body)
        let said
        const grown = await t.tenon.growth(async () => { said = await t.call('Stepped') })
        if (!sanitized) assert.ok(grown < 128, `${grown} MiB more at most`)
        assert.ok(said.status === 200 || (said.status === 502 && /^upstream_/.test(said.json.code)), said.text)
        if (said.status === 200) assert.equal(t.service.at('/stepped').pop().headers['x-first'], undefined)
      }
      xml('<value>read</value>')
      assert.equal((await t.call('Stepped')).status, 200)
      assert.equal(t.service.at('/stepped').pop().headers['x-first'], 'read')
    },
    async R108() {
      // A second for all of it, however it is spread.
      for (const begin of ['HTTP/1.1 200 OK\r\nX-A: ', 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n']) {
        t.service.on('/quick', (socket) => {
          socket.write(begin)
          const drip = setInterval(() => (socket.destroyed ? clearInterval(drip) : socket.write('x')), 100)
        })
        const began = Date.now()
        try {
          assertProblem(await t.call('Quick'), 504, 'upstream_timeout')
        } catch (error) {
          if (error.code === 'ERR_ASSERTION') throw error // else it is broken off within the answer
        }
        assert.ok(Date.now() - began >= 990 && Date.now() - began < 5000, `${Date.now() - began} ms`)
      }
    },
    async R109() {
      for (const location of ['javascript:alert(1)', '//evil.example/', 'https://evil.example/', 'a\rX-Injected: y', '/x\x01', 'data:text/html,<script>', '\\\\evil', `/${'x'.repeat(9000)}`]) {
        t.service.says('/post', Buffer.from(`HTTP/1.1 201 Created\r\nLocation: ${location}\r\nRefresh: 0; url=javascript:1\r\nLink: <javascript:1>; rel=next\r\nContent-Length: 2\r\n\r\n{}`, 'latin1'))
        const said = await t.call('Post')
        assert.ok(said.status === 201 || said.status === 502, said.text)
        assert.equal(said.headers['x-injected'], undefined)
        assert.doesNotMatch(said.headers.location ?? '', /[\x00-\x1f\x7f]/)
        // A browser follows no Location of a 201, and runs nothing that this answer names.
        assert.deepEqual([said.headers.refresh, said.headers['content-security-policy']], [undefined, "sandbox; default-src 'none'"])
      }
    },
  }
}
