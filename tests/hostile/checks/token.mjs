// SPDX-License-Identifier: MIT
// Token endpoints that answer what no token endpoint should.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import net from 'node:net'
import { gzipSync } from 'node:zlib'

import { assertProblem, sanitized } from '../../peers/lib/tenon.mjs'
import { makeCertificate } from '../../peers/lib/tls.mjs'
import { listen, sleep, until } from '../../peers/lib/util.mjs'
import { bearer } from '../lib/fixture.mjs'
import { Rotating } from '../lib/rotating.mjs'
import { startService } from '../lib/service.mjs'

export default (t) => {
  const { answer } = t
  const requests = () => t.service.at('/token').length
  // A connection that never asked before; the endpoint says this.
  const fresh = async (bytes, auth = 'cc') => {
    const made = await t.client(auth)
    t.service.requests.length = 0
    if (typeof bytes === 'function') t.service.on('/token', bytes)
    else t.service.says('/token', bytes)
    return made
  }
  // A call fails so, and a second one at once sends nothing more.
  const fails = async (bytes, status, code, auth) => {
    const { call, name } = await fresh(bytes, auth)
    const problem = assertProblem(await call(), status, code)
    assertProblem(await call(), status, code)
    assert.equal(requests(), 1, `${code}: asked once`)
    assert.equal(t.service.at('/get').length, 0, 'the API is not called')
    return { problem, call, name }
  }
  const gets = async (bytes, lifetime) => {
    const { call, name } = await fresh(bytes)
    const said = await call('/Token', { method: 'POST' })
    assert.equal(said.status, 200, said.text)
    if (lifetime !== undefined) assert.ok(said.json.expires_in <= lifetime && said.json.expires_in > lifetime - 5, `expires_in ${said.json.expires_in}`)
    return { said, call, name }
  }
  const json = (value) => answer(200, value)
  const token = (more) => json({ access_token: 'good', token_type: 'Bearer', ...more })
  // A connection with a refresh token, whose access token has run out.
  const expired = async (auth, options = {}) => {
    const server = new Rotating(t.service, { expires: 1, ...options })
    const { call, name } = await t.client(auth)
    const first = await call()
    assert.equal(first.status, 200, first.text)
    await sleep(1100)
    t.service.requests.length = 0
    return { server, call, name }
  }
  // Behind the pause that a failure makes everybody take.
  const afterPause = (call) => until('the pause to end', async () => {
    const said = await call()
    return said.status >= 500 ? null : said
  })
  const state = async (name) => (await t.tenon.admin('GET', `/v1/connections/${name}`)).state

  return {
    async U01() {
      const begin = t.tenon.log.length
      const { call, name } = await fails(answer(200, '<html>SECRET-PAGE</html>', { 'Content-Type': 'text/html' }), 502, 'token_response_not_json')
      assert.ok(!t.tenon.log.slice(begin).includes('SECRET-PAGE'))
      assert.equal(await state(name), 'ready')
      t.service.says('/token', token())
      await until('the next attempt', async () => (await call()).status === 200)
    },
    async U03() {
      for (const value of [{}, { access_token: null }, { access_token: 1 }, { access_token: {} }, { access_token: '' }, { access_token: ['a'] }]) {
        await fails(json(value), 502, 'token_response_incomplete')
      }
    },
    async U04() {
      const empty = 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'
      // Of a password: signed in anew, once.
      const begin = t.tenon.log.length
      const named = await expired('named')
      named.server.say = (body, params) => (params.get('grant_type') === 'refresh_token' ? empty : null)
      assert.equal((await named.call()).status, 200)
      assert.equal(requests(), 2)
      assert.match(t.tenon.log.slice(begin), /token\.request.*refresh.*token_rejected_unknown/)
      // Else a person must.
      const given = await expired('given')
      given.server.say = () => empty
      for (let i = 0; i < 3; i++) assertProblem(await given.call(), 409, 'reauthorise')
      assert.equal(requests(), 1)
      assert.equal(await state(given.name), 'sign_in')
    },
    async U05() { await fails('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n', 424, 'credentials_rejected') },
    async U06() {
      const { name, problem } = await fails(answer(401, { error: 'invalid_client' }), 424, 'credentials_rejected')
      assert.deepEqual(problem.upstream, { status: 401, error: 'invalid_client' })
      assert.equal(await state(name), 'rejected')
      t.service.requests.length = 0
      t.service.says('/token', token())
      await t.tenon.admin('PATCH', `/v1/connections/${name}`, { parameters: { client_secret: 'CANARY-client-secret-2' } })
      assert.equal(await state(name), 'ready')
      for (const seen of t.service.at('/token')) assert.match(seen.text, /grant_type=client_credentials.*client-secret-2/)
    },
    async U08() {
      const { call } = await fails(answer(400, { error: 'invalid_grant' }), 424, 'credentials_rejected', 'named')
      const said = await Promise.all(Array.from({ length: 100 }, () => call()))
      assert.deepEqual([...new Set(said.map((one) => one.status))], [424])
      assert.equal(requests(), 1)
    },
    async U09() {
      for (const [status, headers, known] of [[403, {}, false], [429, { 'Retry-After': '3000' }, true]]) {
        const { name } = await fails(answer(status, { error: 'too_many_attempts' }, headers), 424, 'account_locked', 'named')
        await t.tenon.restart()
        const key = await t.tenon.key([name])
        const again = await t.tenon.request(`/run/bearer/${name}/get`, { key })
        assertProblem(again, 424, 'account_locked')
        if (known) assert.ok(Number(again.headers['retry-after'] ?? 3000) > 2900)
        assert.equal(requests(), 1, 'not over a restart either')
        t.service.says('/token', token())
        await t.tenon.admin('POST', `/v1/connections/${name}/reset`)
        assert.equal((await t.tenon.request(`/run/bearer/${name}/get`, { key, echo: true })).status, 200)
      }
    },
    async U10() {
      const global = { error: 'access_denied', error_description: 'Global limit has been reached' }
      const { name } = await fails(answer(500, global, { 'X-RateLimit-Reset': Math.ceil(Date.now() / 1000) + 30 }), 502, 'token_endpoint_unavailable')
      assert.equal(await state(name), 'ready')
    },
    async U11() {
      for (const status of [500, 502, 503, 504]) {
        await fails(answer(status, status === 500 ? '' : '<html>', { 'Content-Type': 'text/html' }), 502, 'token_endpoint_unavailable')
      }
      // A token that is still valid is used, whatever the endpoint says.
      const { call } = await gets(token({ expires_in: 60 }))
      t.service.says('/token', answer(503, ''))
      assert.equal((await call()).status, 200)
    },
    async U13() {
      await fails((socket) => socket.destroy(), 502, 'token_endpoint_unreachable')
      const server = net.createServer()
      const port = await listen(server)
      await new Promise((done) => server.close(done))
      t.tenon.save('gone', bearer(`http://127.0.0.1:${port}`).replace('id: bearer', 'id: gone'))
      await t.untilKnown('gone')
      const { name, call } = await t.connection('gone', 'cc', { client_id: 'client', client_secret: 'CANARY-client-secret' })
      for (let i = 0; i < 3; i++) assertProblem(await call(), 502, 'token_endpoint_unreachable')
      assert.equal(await state(name), 'ready')
    },
    async U14() {
      const { server, call, name } = await expired('given')
      server.lose = true
      assertProblem(await call(), 502, 'token_endpoint_unreachable')
      server.lose = false
      await t.tenon.restart()
      const key = await t.tenon.key([name])
      const again = () => t.tenon.request(`/run/bearer/${name}/get`, { key, echo: true })
      assertProblem(await afterPause(again), 409, 'refresh_uncertain')
      for (let i = 0; i < 3; i++) assertProblem(await again(), 409, 'refresh_uncertain')
      const sent = t.service.at('/token').map((seen) => new URLSearchParams(seen.text).get('refresh_token'))
      assert.equal(sent.length, 2)
      assert.equal(sent[0], sent[1], 'the same one, once more')
      // While the access token lives, it serves.
      const living = new Rotating(t.service, { expires: 12 })
      const other = await t.client('given', { refresh_token: 'CANARY-refresh-0' })
      assert.equal((await other.call()).status, 200)
      living.lose = true
      t.service.requests.length = 0
      await until('the refresh behind the back', async () => {
        assert.equal((await other.call()).status, 200)
        return requests() === 1
      })
      for (let i = 0; i < 5; i++) assert.equal((await other.call()).status, 200)
      assert.equal(requests(), 1)
    },
    async U15() {
      const piece = `1000\r\n${'x'.repeat(4096)}\r\n`
      const began = Date.now()
      await fails((socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n')
        const pump = () => { while (!socket.destroyed && socket.write(piece)); }
        socket.on('drain', pump)
        pump()
      }, 502, 'token_response_too_large')
      assert.ok(Date.now() - began < 1000 * (sanitized ? 20 : 5))
    },
    async U16() {
      const before = t.tenon.rss
      await fails(answer(200, gzipSync(Buffer.alloc(100 << 20, ' ')), { 'Content-Encoding': 'gzip' }), 502, 'token_response_too_large')
      if (!sanitized) assert.ok(t.tenon.rss - before < 32)
    },
    async U18() {
      const tenon = await t.start({ connectors: { bearer: bearer(t.service.url) }, env: { TENON_TOKEN_TIMEOUT: '1s' } })
      const { call } = await t.client('cc', {}, tenon)
      t.service.on('/token', (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n')
        const drip = setInterval(() => (socket.destroyed ? clearInterval(drip) : socket.write(' ')), 100)
      })
      const began = Date.now()
      assertProblem(await call(), 504, 'token_endpoint_timeout')
      assert.ok(Date.now() - began >= 990 && Date.now() - began < 5000)
    },
    async U19() {
      const { problem } = await fails((socket) => {
        socket.write('HTTP/1.1 200 OK\r\n')
        const pump = () => { while (!socket.destroyed && socket.write(`X-Endless: ${'x'.repeat(4000)}\r\n`)); }
        socket.on('drain', pump)
        pump()
      }, 502, 'token_response_too_large')
      assert.ok(problem)
    },
    async U20() {
      const other = await startService()
      try {
        for (const [status, location] of [[302, '/token'], [307, `${other.url}/token`], [308, 'http://169.254.169.254/token'], [301, '/get'], [303, `${other.url}/`]]) {
          const { problem } = await fails(answer(status, '', { Location: location }), 424, 'token_endpoint_redirect')
          assert.ok(!JSON.stringify(problem).includes('169.254'))
        }
        assert.equal(other.connections, 0)
      } finally {
        await other.stop()
      }
    },
    async U21() {
      const body = '{"access_token":"good","token_type":"Bearer"}'
      await gets(answer(200, body, { 'Content-Type': 'text/plain' }))
      await gets(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
      await fails(answer(200, body, { 'Content-Type': 'text/html' }), 502, 'token_response_not_json')
    },
    async U23() { await gets(answer(200, '\ufeff{"access_token":"good","token_type":"Bearer"}')) },
    async U24() { await fails(answer(200, '{"access_token":"good"} x'), 502, 'token_response_malformed') },
    async U25() { await fails(answer(200, '{"access_token":"a","access_token":"b"}'), 502, 'token_response_ambiguous') },
    async U26() {
      for (const bad of ['t\r\nX-Injected: yes', 't t', 't\0', 'é', 't\x7f']) await fails(json({ access_token: bad, token_type: 'Bearer' }), 502, 'token_bad_charset')
    },
    async U28() {
      await fails(json({ access_token: 'x'.repeat(40000), token_type: 'Bearer' }), 502, 'token_too_long')
      // Beyond 64 KiB the answer is cut before anybody knows what it holds.
      await fails(json({ access_token: 'x'.repeat(1 << 20), token_type: 'Bearer' }), 502, 'token_response_too_large')
    },
    async U29() { await gets(json({ access_token: 'good' })) },
    async U30() { for (const type of ['bearer', 'BEARER', 'bEaReR']) await gets(json({ access_token: 'good', token_type: type })) },
    async U31() {
      for (const type of ['mac', 'DPoP', 'N_A', 'CANARY-client-secret']) {
        const { problem } = await fails(json({ access_token: 'good', token_type: type }), 424, 'token_type_unsupported')
        assert.ok(!JSON.stringify(problem).includes('CANARY'))
      }
    },
    async U33() {
      for (const seconds of [0, -1]) {
        const { call } = await fresh((socket) => socket.write(t.service.token({ expires_in: seconds })))
        for (let i = 0; i < 6; i++) await call()
        assert.ok(requests() <= 2, `${requests()} token requests`)
        assert.ok(t.service.at('/get').length >= 1)
      }
    },
    async U34() { for (const seconds of [1800, '1800', ' 1800 ', 1800.9, 1.8e3]) await gets(token({ expires_in: seconds }), 1800) },
    async U35() {
      await gets(answer(200, '{"access_token":"good","token_type":"Bearer","expires_in":99999999999999999999}'), 86400)
      await gets(token({ expires_in: '99999999999999999999' }), 86400)
    },
    async U36() {
      await fails(answer(200, '{"access_token":"good","token_type":"Bearer","expires_in":1e400}'), 502, 'token_response_malformed')
      const { server, call } = await expired('given')
      server.say = (body) => answer(200, JSON.stringify(body).replace(/"expires_in":1/, '"expires_in":1e400'))
      assertProblem(await call(), 502, 'token_response_malformed')
      server.say = null
      assert.equal((await afterPause(call)).status, 200)
      assert.deepEqual([server.refreshes, server.reuses], [3, 0], 'with the refresh token of the answer that could not be read')
    },
    // Without a definition that says so, 3,600,000 is a number of seconds.
    async U38() { await gets(token({ expires_in: 3600000 }), 86400) },
    async U39() { for (const scope of ['a', ['a', 'b'], null, 7]) await gets(token({ scope })) },
    async U40() {
      for (const without of [undefined, '']) {
        const { server, call } = await expired('given')
        server.say = (body) => answer(200, { ...body, refresh_token: without })
        server.refresh = () => { server.refreshes++; return { access_token: 'access-again', token_type: 'Bearer', expires_in: 1 } }
        for (let i = 0; i < 2; i++) {
          assert.equal((await call()).status, 200)
          await sleep(1100)
        }
        const sent = t.service.at('/token').map((seen) => new URLSearchParams(seen.text).get('refresh_token'))
        assert.deepEqual(sent, ['CANARY-refresh-1', 'CANARY-refresh-1'])
      }
    },
    // Killed at every point between: tests/reliability.
    async U41() {
      const { server, call, name } = await expired('given')
      assert.equal((await call()).status, 200)
      await t.tenon.halt('SIGKILL')
      await t.tenon.start()
      await sleep(1100)
      const key = await t.tenon.key([name])
      assert.equal((await t.tenon.request(`/run/bearer/${name}/get`, { key, echo: true })).status, 200)
      assert.deepEqual([server.refreshes, server.reuses], [3, 0])
    },
    async U43() {
      const { call } = await fresh((socket) => socket.write(answer(200, { access_token: 'good', token_type: 'Bearer', expires_in: 0 }, { 'Set-Cookie': 'session=1; Path=/' })))
      for (let i = 0; i < 3; i++) await call()
      for (const seen of t.service.requests) assert.equal(seen.headers.cookie, undefined)
    },
    // What is wrong inside a certificate (expired, weak) is in tests/unit/upstream/tls_test.c.
    async U44() {
      const folder = mkdtempSync(join(tmpdir(), 'tenon-hostile-'))
      const other = mkdtempSync(join(tmpdir(), 'tenon-hostile-'))
      const known = makeCertificate(folder, ['secure.test'])
      const servers = { right: await startService({ secure: known }), unknown: await startService({ secure: makeCertificate(other, ['unknown.test']) }),
        plain: await startService() }
      const hang = net.createServer(() => {})
      servers.hang = { port: await listen(hang), stop: () => hang.close() }
      const urls = { right: `https://secure.test:${servers.right.port}`, wrong: `https://wrong.test:${servers.right.port}`, unknown: `https://unknown.test:${servers.unknown.port}`,
        plain: `https://plain.test:${servers.plain.port}`, hang: `https://hang.test:${servers.hang.port}` }
      const pins = Object.values(urls).map((url) => `${url.slice(8)}=127.0.0.1:${url.split(':')[2]}`)
      try {
        const tenon = await t.start({ env: { TENON_CA_FILE: known.caFile, TENON_RESOLVE: pins.join(), TENON_CONNECT_TIMEOUT: '1s' },
          connectors: Object.fromEntries(Object.entries(urls).map(([id, url]) => [id, bearer(url).replace('id: bearer', `id: ${id}`).replace('["127.0.0.1"]', `["${url.slice(8)}"]`)])) })
        for (const id of Object.keys(urls)) {
          const { call } = await t.connection(id, 'cc', { client_id: 'client', client_secret: 'CANARY-client-secret' }, tenon)
          const said = await call()
          if (id === 'right') assert.equal(said.status, 200, said.text)
          else assert.ok([502, 504].includes(said.status) && ['upstream_tls', 'token_endpoint_unreachable', 'token_endpoint_timeout'].includes(said.json.code), `${id}: ${said.text}`)
          if (['wrong', 'unknown', 'plain'].includes(id)) assertProblem(said, 502, 'upstream_tls')
        }
        assert.equal(servers.unknown.requests.length + servers.plain.requests.length, 0, 'nothing was sent')
      } finally {
        for (const server of Object.values(servers)) server.stop()
        for (const one of [folder, other]) rmSync(one, { recursive: true })
      }
    },
    // HTTP on a TLS port is in U44.
    async U45() { await fails((socket) => socket.end('{"access_token":"good"}'), 502, 'token_response_malformed') },
    async U46() {
      await fails((socket) => { socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"access_token":"good","token_type":"Bearer"}'); setTimeout(() => socket.destroy(), 30) },
        502, 'upstream_truncated')
    },
    async U48() {
      const begin = t.tenon.log.length
      const description = `<script>alert(1)</script>\x1b[31m\r\nX-Injected: yes\u0000${'x'.repeat(60000)}`
      const { problem } = await fails(answer(400, { error: 'invalid_grant', error_description: description }), 424, 'credentials_rejected')
      assert.ok(problem.upstream.error_description.length <= 256)
      assert.ok(!/[\x00-\x1f\x7f]/.test(problem.upstream.error_description))
      assert.ok(!/\x1b|^X-Injected/m.test(t.tenon.log.slice(begin)))
      assert.ok(t.tenon.log.length - begin < 20000)
    },
    async U49() {
      for (const auth of ['cc', 'named', 'basic_form']) {
        const { problem } = await fails((socket, seen) => socket.write(answer(400, { error: 'invalid_grant', error_description: `You sent ${seen.text} ${seen.headers.authorization ?? ''}` })),
          424, 'credentials_rejected', auth)
        t.tenon.assertNoSecret(JSON.stringify(problem), 'the problem')
      }
      t.tenon.assertNoSecret(t.tenon.log, 'the log')
    },
    // More of it at a real authorization server, and of an API that asks so: tests/peers/dpop.test.mjs.
    async U50() {
      const asks = (nonce) => answer(400, { error: 'use_dpop_nonce' }, { 'DPoP-Nonce': nonce })
      const nonceOf = (seen) => JSON.parse(Buffer.from(seen.headers.dpop.split('.')[1], 'base64url')).nonce
      let n = 0
      const { call } = await fresh((socket) => socket.write(n++ === 0 ? asks('first') : answer(200, { access_token: 'good', token_type: 'DPoP' })), 'bound')
      assert.equal((await call()).status, 200)
      assert.deepEqual(t.service.at('/token').map(nonceOf), [undefined, 'first'])
      const never = await fresh((socket) => socket.write(asks(`again-${++n}`)), 'bound')
      const problem = assertProblem(await never.call(), 424, 'credentials_rejected')
      assert.equal(problem.upstream.error, 'use_dpop_nonce')
      assert.equal(requests(), 2)
    },
    // The lifetime counts from the request on Tenon's own clock; `exp` inside a token is not looked at.
    async U51() {
      const date = new Date(Date.now() - 3600000).toUTCString()
      await gets(answer(200, { access_token: 'good', token_type: 'Bearer', expires_in: 600 }, { Date: date }), 600)
      const { problem } = await fails(answer(401, { error: 'invalid_client' }, { Date: date }), 424, 'credentials_rejected', 'signed')
      assert.match(problem.detail, /its clock is (3599|36\d\d) s behind this host's/)
    },
    async U53() {
      const home = mkdtempSync(join(tmpdir(), 'tenon-hostile-'))
      writeFileSync(join(home, '.netrc'), 'machine 127.0.0.1 login netrc password netrc-password\ndefault login d password d\n', { mode: 0o600 })
      try {
        const tenon = await t.start({ connectors: { bearer: bearer(t.service.url) }, env: { HOME: home, NETRC: join(home, '.netrc'), http_proxy: 'http://127.0.0.1:9', ALL_PROXY: 'http://127.0.0.1:9' } })
        const { call } = await t.client('cc', {}, tenon)
        assert.equal((await call()).status, 200)
        assert.equal(t.service.at('/token')[0].headers.authorization, undefined)
        assert.match(t.service.at('/get')[0].headers.authorization, /^Bearer /)
      } finally {
        rmSync(home, { recursive: true })
      }
    },
    // What issuers may say, each once more: tests/peers/discovery.test.mjs.
    async U54() {
      t.service.says('/.well-known/oauth-authorization-server/u54', json({ issuer: `${t.service.url}/other`, token_endpoint: `${t.service.url}/token` }))
      const { call } = await t.client('found', { tenant: 'u54' })
      assertProblem(await call(), 424, 'metadata_unusable')
      assert.equal(requests(), 0)
    },
    async U55() {
      const about = (tenant, token_endpoint = `${t.service.url}/token`) => ({ issuer: `${t.service.url}/${tenant}`, token_endpoint })
      const rows = [
        ['u55-http', json(about('u55-http', 'http://service.example/token')), 424, /metadata_unusable|egress_denied/],
        ['u55-host', json(about('u55-host', 'https://service.example/token')), 424, /egress_denied/],
        ['u55-large', json({ ...about('u55-large'), more: 'x'.repeat(10 << 20) }), 502, /metadata_unavailable/],
        ['u55-html', answer(200, '<html>', { 'Content-Type': 'text/html' }), 502, /metadata_unavailable/],
        ['u55-gone', answer(404, ''), 502, /metadata_unavailable/],
      ]
      for (const [tenant, bytes, status, code] of rows) {
        t.service.says(`/.well-known/oauth-authorization-server/${tenant}`, bytes)
        t.service.says(`/${tenant}/.well-known/openid-configuration`, answer(404, ''))
        const { call } = await t.client('found', { tenant })
        const said = await call()
        assert.equal(said.status, status, `${tenant}: ${said.text}`)
        assert.match(said.json.code, code, tenant)
        assert.equal(requests(), 0, tenant)
      }
      // A good copy goes on serving while the issuer has none.
      t.service.says('/.well-known/oauth-authorization-server/u55-good', answer(200, about('u55-good'), { 'Cache-Control': 'max-age=60' }))
      const { call, name } = await t.client('found', { tenant: 'u55-good' })
      assert.equal((await call()).status, 200)
      t.service.says('/.well-known/oauth-authorization-server/u55-good', answer(404, ''))
      await t.tenon.admin('POST', `/v1/connections/${name}/reset`)
      assert.equal((await call()).status, 200)
      assert.equal(requests(), 2)
    },
    // A real server refuses what it has seen: tests/peers/assertions.test.mjs.
    async U56() {
      const { call } = await fresh(answer(503, {}), 'signed')
      assertProblem(await call(), 502, 'token_endpoint_unavailable')
      t.service.says('/token', token())
      assert.equal((await afterPause(call)).status, 200)
      const sent = t.service.at('/token').map(({ text }) => new URLSearchParams(text).get('client_assertion'))
      const claims = sent.map((jwt) => JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url')))
      for (const { aud } of claims) assert.equal(aud, t.service.url)
      assert.ok(sent.length > 1 && new Set(claims.map(({ jti }) => jti)).size === sent.length)
    },
  }
}
