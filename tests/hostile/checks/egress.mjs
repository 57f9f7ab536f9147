// SPDX-License-Identifier: MIT
// Destinations that a connection must not reach, whatever they are called.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'

import { ADMIN_KEY, assertProblem } from '../../peers/lib/tenon.mjs'
import { definition } from '../lib/lint.mjs'
import { inNetworkOfItsOwn } from '../lib/rows.mjs'

// Anywhere that a connection says.
const anywhere = definition({
  id: 'anywhere', hosts: 'any', base_url: '${connection.url}', connection: '{parameters: {url: {type: string, required: true}}}',
})

// A port on loopback, in both families where there are two, that counts who comes.
async function trap() {
  const found = { connections: 0, servers: [] }
  const count = (socket) => { found.connections++; socket.destroy() }
  const at = (host, port) => new Promise((resolve) => {
    const server = net.createServer(count).on('error', () => resolve(0)).listen(port, host, () => {
      found.servers.push(server)
      resolve(server.address().port)
    })
  })
  found.port = await at('127.0.0.1', 0)
  await at('::1', found.port)
  found.stop = () => found.servers.forEach((server) => server.close())
  return found
}

export default (t) => {
  let names = 0
  // A Tenon that has the connector above, with these exceptions.
  const made = new Map()
  async function host(allow, resolve) {
    const id = `${allow} ${resolve}`
    if (!made.has(id)) {
      made.set(id, await t.start({ connectors: { anywhere },
        env: { TENON_EGRESS_ALLOW: allow, TENON_CONNECT_TIMEOUT: '2s', ...(resolve && { TENON_RESOLVE: resolve }) } }))
    }
    return made.get(id)
  }
  // What becomes of a connection to this URL: a refusal when it is made, or the answer of a call.
  async function reach(tenon, url) {
    const name = `to${++names}`
    const filled = await tenon.request('/v1/connections', { method: 'POST', key: ADMIN_KEY, json: { name, connector: 'anywhere', parameters: { url } } })
    if (filled.status !== 201) return filled
    return tenon.request(`/run/anywhere/${name}/get`, { key: await tenon.key([name]), echo: true })
  }
  const denied = async (tenon, url) => {
    const said = await reach(tenon, url)
    assertProblem(said, 424, 'egress_denied')
    return said
  }
  // Not even a connection can be made.
  const refused = async (tenon, url) => {
    const said = await reach(tenon, url)
    assert.ok(said.status === 400 && /^param_/.test(said.json.code), `${url}: ${said.status} ${said.text}`)
    return said
  }
  return {
    async E01() {
      const caught = await trap()
      // The port is open for some other address, so that only the connected address can decide.
      const tenon = await host(`192.0.2.0/24:${caught.port}`)
      try {
        for (const spelled of ['2130706433', '0x7f.1', '0177.0.0.1', '127.1', '[::ffff:127.0.0.1]', '[::1]', 'localhost', '0.0.0.0', '[::]', '0', '127.0.0.1',
          '0x7f000001', '017700000001', 'LOCALHOST', '127.0.0.1.']) {
          for (const url of [`https://${spelled}:${caught.port}`, `https://${spelled}`, `http://${spelled}:${caught.port}`]) {
            await (spelled.endsWith('.') ? refused : denied)(tenon, url)
          }
        }
        assert.equal(caught.connections, 0)
      } finally {
        caught.stop()
      }
    },
    async E02() {
      const tenon = await host('0.0.0.0/0,::/0', 'metadata.google.internal:443=169.254.169.254:443,metadata.google.internal:80=169.254.169.254:80')
      for (const name of ['169.254.169.254', 'metadata.google.internal', '[fd00:ec2::254]', '2852039166', '0xa9fea9fe', '[::ffff:169.254.169.254]',
        '[64:ff9b::a9fe:a9fe]', '[fe80::1]', '169.254.1.1']) {
        for (const port of ['', ':80']) await denied(tenon, `https://${name}${port}`)
      }
    },
    async E03() {
      const tenon = await host('', 'nat.example:443=[64:ff9b::7f00:1]:443,six.example:443=[2002:7f00:1::]:443')
      for (const address of ['[64:ff9b::7f00:1]', '[2002:7f00:1::]', '[2001:0:7f00:1::]', '[2001::1]', '[::127.0.0.1]', '[::7f00:1]', '[2002:a00:1::1]',
        '[64:ff9b::a00:1]', 'nat.example', 'six.example']) {
        await denied(tenon, `https://${address}`)
      }
    },
    async E05() {
      const tenon = await host('')
      for (const address of ['224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', '198.18.0.1', '198.19.255.255', '192.0.0.1', '[ff02::1]', '[fec0::1]',
        '10.0.0.1', '172.16.0.1', '192.168.0.1', '100.64.0.1', '0.1.2.3', '192.0.2.1', '198.51.100.1', '203.0.113.1', '[fc00::1]', '[2001:db8::1]', '[100::1]']) {
        await denied(tenon, `https://${address}`)
      }
    },
    E06: () => inNetworkOfItsOwn('E06'),
    E07: () => inNetworkOfItsOwn('E07'),
    E08: () => inNetworkOfItsOwn('E08'),
    async E10() {
      const { port } = t.service
      const pins = (address) => `onprem.test:${port}=${address}:${port},onprem.test:22=127.0.0.1:${port}`
      const connector = definition({ id: 'onprem', hosts: `["onprem.test:${port}", "onprem.test:22"]`, base_url: 'http://${connection.host}',
        connection: '{parameters: {host: {type: string, required: true}}}' })
      const call = async (address, to) => {
        const tenon = await host(`onprem.test=127.0.0.1/32:${port}`, pins(address))
        tenon.save('onprem', connector)
        await t.untilKnown('onprem', tenon)
        const name = `on${++names}`
        await tenon.connect(name, 'onprem', { host: `onprem.test:${to}` })
        return tenon.request(`/run/onprem/${name}/get`, { key: await tenon.key([name]), echo: true })
      }
      assert.equal((await call('127.0.0.1', port)).status, 200)
      assert.equal(t.service.requests.length, 1)
      assertProblem(await call('127.0.0.1', 22), 424, 'egress_denied')
      for (const other of ['10.9.9.9', '127.0.0.2']) assertProblem(await call(other, port), 424, 'egress_denied')
      assert.equal(t.service.requests.length, 1)
    },
    async E11() {
      const tenon = await host('')
      for (const port of [22, 25, 80, 3306, 6379, 8443, 9200]) await denied(tenon, `https://example.com:${port}`)
      await denied(tenon, 'https://93.184.216.34:22')
    },
    async E12() {
      const own = `http://127.0.0.1:${t.tenon.port}`
      t.tenon.save('itself', definition({ id: 'itself', hosts: `["127.0.0.1:${t.tenon.port}", "127.9.9.9:${t.tenon.port}"]`, base_url: own,
        actions: `{Get: {summary: Get, method: GET, path: /healthz}, Other: {summary: Other, method: GET, path: /other, ` +
          `request: {url: "${own.replace('127.0.0.1', '127.9.9.9')}/healthz"}}}` }))
      await t.untilKnown('itself')
      await t.tenon.connect('itself', 'itself')
      const key = await t.tenon.key(['itself'])
      for (const path of ['/healthz', '/other']) assertProblem(await t.tenon.request(`/run/itself/itself${path}`, { key }), 424, 'egress_denied')
    },
    async E13() {
      const caught = await trap()
      const tenon = await host(`192.0.2.0/24:${caught.port}`)
      try {
        for (const url of [`http://a@127.0.0.1:${caught.port}\\@example.com/`, `https://example.com#@127.0.0.1:${caught.port}/`, `https://a@127.0.0.1:${caught.port}`,
          `https://127.0.0.1:${caught.port}\\.example.com`, `https://example.com\\@127.0.0.1`, `https://exa%6dple.com`, `https://example.com:443:${caught.port}`,
          `https://127.0.0.1:${caught.port}?.example.com`, 'https://exam ple.com', 'https://example.com\t', 'https://[::1', 'https://[::1]x', 'https://ex\u0430mple.com',
          `https:127.0.0.1:${caught.port}`, `https:/127.0.0.1:${caught.port}`, `https:///127.0.0.1:${caught.port}`, 'https://example.com:0', 'https://example.com:65536']) {
          await refused(tenon, url)
        }
        assert.equal(caught.connections, 0)
      } finally {
        caught.stop()
      }
    },
    async E15() {
      const tenon = await host('')
      for (const url of ['example.com', '//example.com', 'example.com:443', '/get', 'ftp://example.com', 'file:///etc/passwd', 'gopher://example.com', 'javascript:x', 'data:,x']) {
        await refused(tenon, url)
      }
    },
    async E16() {
      const { port } = t.service
      const closed = await trap()
      closed.stop()
      const silence = [] // accepts, and says nothing
      const hang = net.createServer((socket) => { silence.push(socket.on('error', () => {})) }).listen(0, '127.0.0.1')
      await once(hang, 'listening')
      const pins = `silent.test:${hang.address().port}=127.0.0.1:${hang.address().port},denied.test:${port}=10.20.30.40:${port},closed.test:${closed.port}=127.0.0.1:${closed.port},other.test:${port}=127.7.7.7:${port}`
      const tenon = await host('127.0.0.1/32', pins)
      const begin = tenon.log.length
      // DESIGN 4 gives a refused address a code of its own; but one text for every reason, and never the address.
      const texts = []
      for (const name of [`denied.test:${port}`, `other.test:${port}`]) texts.push((await denied(tenon, `https://${name}`)).json)
      assert.equal(texts[0].detail.replace('denied', 'x'), texts[1].detail.replace('other', 'x'))
      const unreachable = await reach(tenon, `https://closed.test:${closed.port}`)
      assertProblem(unreachable, 502, 'upstream_unreachable')
      const silent = await reach(tenon, `https://silent.test:${hang.address().port}`)
      assertProblem(silent, 502, 'upstream_tls') // the handshake is what never came
      hang.close()
      for (const socket of silence) socket.destroy()
      for (const said of [...texts.map((one) => JSON.stringify(one)), unreachable.text, silent.text]) assert.ok(!/10\.20|127\.\d/.test(said), said)
      assert.match(tenon.log.slice(begin), /10\.20\.30\.40|private|reserved/, 'the log tells the operator')
    },
  }
}
