// SPDX-License-Identifier: MIT
// Callers: what more.tsv adds.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import net from 'node:net'

import { ADMIN_KEY, assertProblem, sanitized } from '../../../peers/lib/tenon.mjs'
import { sleep, until } from '../../../peers/lib/util.mjs'
import { definition } from '../../../peers/lib/connector.mjs'
import { assertQuick } from '../../lib/lint.mjs'
import { head, talk } from '../../lib/raw.mjs'

const JSON_TYPE = { 'content-type': 'application/json' }
const tiny = (url) => definition('tiny', url, 'actions: {Get: {summary: Get, method: GET, path: /get}}\n')

export default (t) => {
  const key = () => `X-API-Key: ${t.key}`
  const raw = (pieces, options) => talk(t.tenon.port, pieces, options)
  const get = (target, lines = []) => head('GET', target, [key(), ...lines])
  const descriptors = (tenon = t.tenon) => readdirSync(`/proc/${tenon.pid}/fd`).length
  // Milliseconds of processor time that the process has had.
  const busy = () => {
    const [, rest] = readFileSync(`/proc/${t.tenon.pid}/stat`, 'utf8').split(') ')
    const fields = rest.split(' ')
    return (Number(fields[11]) + Number(fields[12])) * 10
  }
  const open = (tenon, target, more = '') => {
    const socket = net.connect(tenon.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(more || head('GET', target, [key()]))
    return socket
  }
  // The text that a socket has brought, as it grows.
  const listen = (socket) => {
    const heard = { text: '' }
    socket.setEncoding('latin1').on('data', (text) => { heard.text += text })
    return heard
  }

  return {
    async A101() {
      const members = (count) => `{"any":{${Array.from({ length: count }, (_, i) => `"k${i}":1`).join()}}}`
      const nested = `{"any":{"a":[${Array(1000).fill(`[${Array(1000).fill(1).join()}]`).join()}]}}`
      for (const body of [members(500000), nested, `{"any":{"a":${'[{"b":'.repeat(14)}[${Array(300000).fill('""').join()}]${'}]'.repeat(14)}}}`]) {
        const before = busy()
        assertProblem(await t.call('Json', { body, headers: JSON_TYPE }), 400, 'param_limit')
        if (!sanitized) assert.ok(busy() - before <= 200, `${busy() - before} ms of the processor`)
      }
      assert.equal(t.service.requests.length, 0)
      assert.equal((await t.call('Json', { body: members(50000), headers: JSON_TYPE })).status, 200)
    },
    async A102() {
      const piece = `10000\r\n${'x'.repeat(65536)}\r\n`
      t.service.on('/get', (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n')
        const pump = () => { while (!socket.destroyed && socket.write(piece)); }
        socket.on('drain', pump)
        pump()
      })
      const sockets = []
      const kept = t.service.sockets.size
      const grown = await t.tenon.growth(async () => {
        for (let i = 0; i < 20; i++) sockets.push(open(t.tenon, '/run/open/open/get').pause())
        await until('the answers to begin', () => t.service.at('/get').length === 20)
        for (let i = 0; i < 10; i++) {
          assert.equal((await t.call('Post')).status, 200)
          await sleep(100)
        }
      })
      for (const socket of sockets) socket.destroy()
      if (!sanitized) assert.ok(grown < 40, `${grown} MiB more at most`)
      // Whoever waits for the rest is let go of, too.
      await until('the service to be left', () => t.service.sockets.size <= kept + 12) // those of the ten may be kept
    },
    async A103() {
      const tenon = await t.start({ env: { TENON_CONNECTIONS: '10', TENON_THREADS: '1' }, connectors: { tiny: tiny(t.service.url) } })
      const { call } = await t.connection('tiny', undefined, {}, tenon)
      assert.equal((await call()).status, 200)
      const before = descriptors(tenon)
      const sockets = Array.from({ length: 60 }, () => open(tenon, '', 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'))
      const heard = sockets.map(listen)
      const answered = () => heard.filter((one) => one.text.startsWith('HTTP/1.1 200')).length
      await until('the first to be answered', () => answered() >= 8)
      await sleep(300)
      assert.ok(answered() <= 10 && descriptors(tenon) <= before + 11, `${answered()} answered, ${descriptors(tenon) - before} descriptors more`)
      // One goes, one comes; and whoever waits long enough is served.
      for (let i = 0; i < 50; i++) {
        const done = heard.findIndex((one, at) => one.text && !sockets[at].destroyed)
        sockets[done].destroy()
        await until('the next to be answered', () => answered() >= Math.min(60, 9 + i))
      }
      for (const socket of sockets) socket.destroy()
      assert.equal((await call()).status, 200)
      await tenon.stop()
    },
    async A104() {
      const before = descriptors()
      for (const [target, at] of [['/run/open/open/get', '/get'], ['/healthz', null]]) {
        for (let i = 0; i < 50; i++) {
          const socket = net.connect({ port: t.tenon.port, host: '127.0.0.1', allowHalfOpen: true })
          socket.on('error', () => {})
          const heard = listen(socket)
          const ended = new Promise((resolve) => { socket.on('close', resolve).on('end', resolve) })
          socket.end(get(target, ['Connection: close']))
          await ended
          assert.match(heard.text, /^(HTTP\/1\.1 200|$)/, at)
          socket.destroy()
        }
      }
      await until('descriptors to be closed', () => descriptors() <= before + 3)
      assert.equal((await t.call('Get')).status, 200)
    },
    async A105() {
      for (const target of ['http://evil.example/run/open/open/get', 'http://user:password@evil/run/open/open/get', 'https://evil/run/open/open/get']) {
        assert.equal((await raw(get(target))).first.status, 200, target)
        assert.equal(t.service.requests.pop().headers.host, t.service.url.slice(7))
        assert.equal((await raw(head('GET', target))).first.status, 401, target)
      }
      for (const target of ['ftp://evil/run/open/open/get', 'http:///run/open/open/get', 'evil:80', 'run/open/open/get', '?x', '#x', 'javascript:x']) {
        const { first } = await raw(get(target))
        assert.ok([400, 404].includes(first.status), `${target}: ${first.line}`)
      }
      assert.equal((await raw(head('OPTIONS', '*', [key()]))).first.status, 404)
      for (const line of ['GET /healthz', 'GET /healthz HTTP/2.0', 'GET /healthz HTTP/1.10', 'GET /healthz http/1.1', 'GET  /healthz HTTP/1.1', 'GET\t/healthz HTTP/1.1', 'GET /heal thz HTTP/1.1',
        'GET /healthz HTTP/1.1 ', ' GET /healthz HTTP/1.1', 'GET /healthz\x00 HTTP/1.1', 'GET /healthz HTTP/-1.1', '/healthz', 'GET', '', 'G\u00c0T /healthz HTTP/1.1', '"GET" /healthz HTTP/1.1', 'G(T /healthz HTTP/1.1']) {
        const said = await raw(`${line}\r\nHost: x\r\n\r\n`, { toEnd: true, within: 3000 })
        assert.ok(said.closed && said.statuses.length <= 1 && said.statuses.every((status) => status === 400), `${JSON.stringify(line)}: ${said.statuses}`)
      }
      assert.equal(t.service.requests.length, 0)
    },
    async A106() {
      for (const target of ['/%72un/open/open/get', '/RUN/open/open/get', '//run/open/open/get', '/run//open/open/get', '/run%2Fopen/open/get', '/run/%6fpen/open/get', '/run/open/%6fpen/get',
        '/run/open/open//get', '/run/open/open/get/', '/run/open/open/get;x', '/run/open/open/./get', '/run/open/open/x/../get', '/run/open/open/get%00', '/run/open/open/get%20', '/run/open/open/Get',
        '/run/open/open', '/run/open/open/', '/run/Open/open/get', '/v1/%63onnections', '/v1/connections/', '/V1/connections', '/v1//connections', '/healthz/', '/healthz;x', '/%68ealthz']) {
        const { first } = await raw(get(target))
        assert.equal(first.status, 404, `${target}: ${first.line}`)
      }
      // Segments of an action's own path are decoded once, as an API's are.
      assert.equal((await raw(get('/run/open/open/%67et'))).first.status, 200)
      assert.equal(t.service.requests.pop().target, '/get')
      assert.equal((await raw(get('/run/open/open/%2567et'))).first.status, 404)
      assert.equal(t.service.requests.length, 0)
    },
    async A107() {
      const call = async (...lines) => (await raw(head('GET', '/run/open/open/get', lines))).first.status
      // X-API-Key before Authorization, and of two the first: whatever the other is.
      assert.equal(await call('X-API-Key: bad', key()), 401)
      assert.equal(await call(key(), 'X-API-Key: bad'), 200)
      assert.equal(await call('Authorization: Bearer bad', key()), 200)
      assert.equal(await call(`Authorization: Bearer ${t.key}`, 'X-API-Key: bad'), 401)
      assert.equal(await call(`Authorization: Bearer ${t.key}, Bearer bad`), 401)
      assert.equal(await call(`X-API-Key: ${t.key}, ${ADMIN_KEY}`), 401)
      assert.equal(await call(`Authorization: Basic ${Buffer.from(`${t.key}:`).toString('base64')}`), 401)
      assert.equal(await call(`Authorization: ${t.key}`), 401)
      assert.equal((await raw(head('GET', `/run/open/open/get?x-api-key=${t.key}`))).first.status, 401)
      assert.equal((await raw(head('GET', '/run/open/open/get', [`Cookie: x-api-key=${t.key}; key=${t.key}`]))).first.status, 401)
    },
    async A108() {
      const ask = async (round) => {
        for (let i = 0; i < 1000; i += 20) {
          await Promise.all(Array.from({ length: 20 }, (_, j) => {
            const name = `x${round}-${i + j}`
            return [[`/run/${name}/open/get`, 404], [`/run/open/${name}/get`, 404], [`/run/open/open/${name}`, 404], [`/v1/connectors/${name}`, 404]]
              .map(async ([path, status]) => assert.equal((await t.tenon.request(path, { key: t.key })).status, status, path))
              .concat((async () => assert.equal((await t.tenon.request('/healthz', { headers: { 'x-api-key': `tnk_${name}` } })).status, 200))(),
                (async () => assert.equal((await t.tenon.request('/run/open/open/get', { headers: { 'x-api-key': `tnk_${name}` } })).status, 401))())
          }).flat())
        }
      }
      const series = async () => (await t.tenon.request('/metrics', { key: ADMIN_KEY })).text.split('\n').filter((line) => line && !line.startsWith('#')).length
      await ask('a') // pools and arenas grow to what they need
      const before = await series()
      const grown = await t.tenon.growth(() => ask('b'))
      if (!sanitized) assert.ok(grown < 4, `${grown} MiB more at most`)
      assert.equal(await series(), before, 'no name of theirs is a label')
    },
    async A109() {
      const many = 1000
      const socket = open(t.tenon, '', `${Array.from({ length: many }, (_, i) => head('GET', `/v1/n${i}`, [key()])).join('')}${head('GET', '/healthz', ['Connection: close'])}`)
      const heard = listen(socket)
      const ended = new Promise((resolve) => { socket.on('close', resolve) })
      assert.equal((await t.tenon.request('/healthz')).status, 200, 'others are served')
      await ended
      const statuses = [...heard.text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => match[1])
      assert.equal(statuses.length, many + 1)
      assert.deepEqual([statuses.filter((status) => status === '404').length, statuses.at(-1)], [many, '200'])
      const ids = [...heard.text.matchAll(/x-request-id: (\S+)/gi)].map((match) => match[1])
      assert.equal(new Set(ids).size, many + 1)
    },
    async A110() {
      const next = head('GET', '/healthz', ['Connection: close'])
      for (const [first, status] of [[head('GET', '/run/open/open/get', [key()], '{"a":1}'), 400], [head('HEAD', '/run/open/open/head', [key(), 'Content-Length: 4']) + 'GET ', 200],
        [head('GET', '/run/open/open/get', [key(), 'Transfer-Encoding: chunked'], '2\r\nab\r\n0\r\n\r\n'), 400], [head('DELETE', '/run/open/open/delete', [key()], 'GET /x HTTP/1.1\r\n\r\n'), 400],
        [head('GET', '/healthz', [], 'GET /evil HTTP/1.1\r\nHost: x\r\n\r\n'), 200], [head('GET', '/v1/nothing', [key()], 'GET /evil HTTP/1.1\r\nHost: x\r\n\r\n'), 404]]) {
        const said = await raw(first + next, { toEnd: true, within: 4000 })
        assert.deepEqual([said.closed, said.statuses.length, said.statuses.at(-1)], [true, 2, 200], `${first.slice(0, 40)}: ${said.statuses}`)
        assert.ok([status, 400].includes(said.statuses[0]), `${first.slice(0, 40)}: ${said.statuses}`)
      }
    },
    async A111() {
      const answer = await t.call('Get', { headers: { range: 'bytes=0-1', 'if-none-match': '"1"', 'if-modified-since': new Date().toUTCString(), 'accept-encoding': 'gzip, br',
        'content-encoding': 'identity', prefer: 'return=minimal', 'x-ms-date': 'x', accept: 'text/html' } })
      assert.ok(answer.status === 200 || answer.status === 415, answer.text)
      const plain = await t.call('Get', { headers: { range: 'bytes=0-1', 'if-none-match': '"1"', 'if-modified-since': new Date().toUTCString(), 'accept-encoding': 'gzip, br', prefer: 'x', accept: 'text/html' } })
      assert.equal(plain.status, 200)
      const seen = t.service.requests.at(-1).headers
      assert.deepEqual(Object.keys(seen).sort(), ['accept', 'host', 'traceparent', 'user-agent'])
      assert.equal(seen.accept, 'application/json')
    },
    async A112() {
      const text = `${'a'.repeat(60)}?`
      for (const name of ['list', 'large']) {
        assert.equal((await t.call('Patterns', { json: { [name]: Array(3).fill('a!') } })).status, 200)
        t.service.requests.length = 0
        const before = busy()
        const began = Date.now()
        const answer = await t.call('Patterns', { json: { [name]: Array(1000).fill(text) } })
        assert.ok(answer.status === 400 && /^param_(limit|pattern)$/.test(answer.json.code), answer.text)
        assertQuick(Date.now() - began, 500)
        if (!sanitized) assert.ok(busy() - before < 2000, `${busy() - before} ms of the processor`)
      }
      assert.equal(t.service.requests.length, 0)
    },
  }
}
