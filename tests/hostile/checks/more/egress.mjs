// SPDX-License-Identifier: MIT
// Destinations: what more.tsv adds.
import assert from 'node:assert/strict'
import net from 'node:net'

import { ADMIN_KEY, assertProblem } from '../../../peers/lib/tenon.mjs'
import { until } from '../../../peers/lib/util.mjs'
import { definition } from '../../lib/lint.mjs'
import { inNetworkOfItsOwn } from '../../lib/rows.mjs'
import { startService } from '../../lib/service.mjs'

export default (t) => ({
  async E101() {
    const names = ['self.test', '127.0.0.2', '127.255.255.254']
    // The port is not known before it listens: everything on loopback is pinned and allowed but that.
    const tenon = await t.start({ env: { TENON_EGRESS_ALLOW: '127.0.0.0/8,::1/128,self.test' } })
    const { port } = tenon
    for (const [i, host] of [...names, 'localhost'].entries()) {
      const id = `self${i}`
      tenon.save(id, definition({ id, hosts: `["${host}:${port}"]`, base_url: `http://${host}:${port}`, actions: '{Get: {summary: Get, method: GET, path: /healthz}}' }))
      await t.untilKnown(id, tenon)
      const { call } = await t.connection(id, undefined, {}, tenon)
      const said = await call('/healthz')
      if (host === 'self.test') assert.equal(said.status, 502, said.text) // no such name
      else assertProblem(said, 424, 'egress_denied')
    }
  },
  async E102() {
    const other = await startService()
    try {
      t.tenon.save('follows', definition({ id: 'follows', hosts: '["127.0.0.1"]', base_url: t.service.url,
        actions: '{Get: {summary: Get, method: GET, path: /get, steps: {one: {url: /one}}, request: {url: "${steps.one.body.url}"}}}' }))
      await t.untilKnown('follows')
      const { call } = await t.connection('follows')
      for (const url of ['http://localhost/', 'https://example.com/', 'http://169.254.169.254/latest/meta-data/', 'https://127.0.0.1.evil.example/', 'https://127.0.0.1@evil.example/',
        'https://evil.example#127.0.0.1', 'file:///etc/passwd', '//evil.example/', 'javascript:x', 'http://[::ffff:127.0.0.1]/', 'http://0x7f.1/', '', `http://${'a'.repeat(20000)}`, '/get\r\nX: y']) {
        t.service.requests.length = 0
        t.service.says('/one', t.answer(200, { url }))
        const said = await call()
        assert.ok([424, 502].includes(said.status), `${url.slice(0, 50)}: ${said.status} ${said.text}`)
        assert.deepEqual(t.service.requests.map((seen) => seen.path), ['/one'], url)
      }
      // The same host, another port that nobody but the operator opens: here all of loopback is open.
      t.service.says('/one', t.answer(200, { url: `${t.service.url}/there` }))
      assert.equal((await call()).status, 200)
      assert.equal(t.service.requests.at(-1).path, '/there')
      assert.equal(other.connections, 0)
    } finally {
      await other.stop()
    }
  },
  async E103() {
    let caught = 0
    const proxy = net.createServer((socket) => { caught++; socket.destroy() }).listen(0, '127.0.0.1')
    await until('the trap', () => proxy.address())
    const at = `http://127.0.0.1:${proxy.address().port}`
    const tenon = await t.start({ env: { http_proxy: at, HTTP_PROXY: at, https_proxy: at, HTTPS_PROXY: at, ALL_PROXY: at, all_proxy: at, NO_PROXY: '', CURL_HOME: '/tmp', SSLKEYLOGFILE: '/tmp/tenon-keys' } })
    tenon.save('direct', definition({ id: 'direct', hosts: '["127.0.0.1"]', base_url: t.service.url }))
    await t.untilKnown('direct', tenon)
    const { call } = await t.connection('direct', undefined, {}, tenon)
    assert.equal((await call()).status, 200)
    assert.equal(caught, 0)
    proxy.close()
  },
  async E104() {
    const tenon = await t.strict()
    tenon.save('zoned', definition({ id: 'zoned', hosts: 'any', base_url: '${connection.url}', connection: '{parameters: {url: {type: string, required: true}}}' }))
    await t.untilKnown('zoned', tenon)
    for (const host of ['[fe80::1%25eth0]', '[fe80::1%eth0]', '[::1%251]', '[::1]%25', '[0:0:0:0:0:0:0:0:1]', '[::1::]', '[127.0.0.1]', '[::127.0.0.256]', '[v1.x]', '[]', '::1']) {
      const made = await tenon.request('/v1/connections', { method: 'POST', key: ADMIN_KEY, json: { name: 'zone', connector: 'zoned', parameters: { url: `https://${host}/` } } })
      assert.ok(made.status === 400 && /^param_/.test(made.json.code), `${host}: ${made.status} ${made.text}`)
    }
  },
  E105: () => inNetworkOfItsOwn('E105'),
  E106: () => inNetworkOfItsOwn('E106'),
})
