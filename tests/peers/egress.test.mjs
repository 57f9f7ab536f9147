// SPDX-License-Identifier: MIT
// The egress rule (DESIGN 7) over HTTP: what the operator has not opened is not called, whatever a definition says.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { startApiServer } from './lib/api-server.mjs'
import { definition } from './lib/connector.mjs'
import { ADMIN_KEY, Tenon, assertProblem, missing, startTenon } from './lib/tenon.mjs'
import { until } from './lib/util.mjs'

const actions = 'actions:\n  Get: {summary: Gets something, method: GET, path: /secret}\n'
let api

before(async () => { api = await startApiServer() })
after(() => api.stop())

// What a call of the connector is answered, under this egress list.
async function call({ url, hosts, allow, env = {} }) {
  const tenon = await startTenon({ connectors: { out: definition('out', url, actions, hosts) },
    env: { TENON_EGRESS_ALLOW: allow ?? '', ...env } })
  try {
    await tenon.connect('out', 'out')
    return await tenon.request('/run/out/out/secret', { key: ADMIN_KEY, echo: true })
  } finally {
    await tenon.stop()
  }
}

const denied = (answer) => {
  const problem = assertProblem(answer, 424, 'egress_denied')
  assert.doesNotMatch(JSON.stringify(problem), /127\.0\.0\.1|169\.254|::1/, 'no address is told')
  return problem.detail
}

test('loopback is refused without an exception', { skip: missing }, async () => {
  const seen = api.requests.length
  for (const url of [`http://127.0.0.1:${api.port}`, `https://127.0.0.1:${api.port}`, 'https://127.0.0.1', 'http://127.0.0.1']) {
    denied(await call({ url, hosts: `["127.0.0.1", "127.0.0.1:${api.port}", "127.0.0.1:80"]` }))
  }
  assert.equal(api.requests.length, seen, 'nothing was called')
})

test('a name that leads inside is refused in the same words wherever it leads', { skip: missing }, async () => {
  const texts = new Set()
  for (const address of [`127.0.0.1:${api.port}`, '10.1.2.3:443', '192.168.0.1:443', '[::1]:443', '[::ffff:127.0.0.1]:443',
    '[fd00::1]:443', '169.254.169.254:443', '0.0.0.0:443', '224.0.0.1:443']) {
    const answer = await call({ url: 'https://inside.example', hosts: '["inside.example"]', env: { TENON_RESOLVE: `inside.example:443=${address}` } })
    texts.add(denied(answer))
  }
  assert.equal(texts.size, 1, [...texts].join(' | '))
})

test('an exception by network, by network and port, by name', { skip: missing }, async () => {
  const { port, url } = api
  for (const allow of ['127.0.0.0/8', `127.0.0.1/32:${port}`, `127.0.0.1:${port}`]) {
    const answer = await call({ url, hosts: `["127.0.0.1", "127.0.0.1:${port}"]`, allow })
    assert.equal(answer.status, 200, `${allow}: ${answer.text}`)
  }
  for (const allow of ['127.0.0.1/32:1', '127.0.0.2/32', '10.0.0.0/8', 'other.example']) {
    denied(await call({ url, hosts: `["127.0.0.1", "127.0.0.1:${port}"]`, allow }))
  }
  const named = { url: `http://inside.example:${port}`, hosts: '["inside.example"]', env: { TENON_RESOLVE: `inside.example:${port}=127.0.0.1:${port}` } }
  for (const allow of [`inside.example:${port}`, 'inside.example', 'inside.example=127.0.0.0/8', '*.example']) {
    const answer = await call({ ...named, allow })
    assert.equal(answer.status, 200, `${allow}: ${answer.text}`)
  }
  denied(await call({ ...named, allow: 'inside.example=10.0.0.0/8' }))
})

test('plain http is for exceptions only', { skip: missing }, async () => {
  const env = { TENON_RESOLVE: 'plain.example:80=93.184.215.14:80' }
  denied(await call({ url: 'http://plain.example', hosts: '["plain.example:80"]', env }))
})

test('metadata services are refused, however broad the exception', { skip: missing }, async () => {
  for (const address of ['169.254.169.254', '169.254.170.2', '[fd00:ec2::254]', '[::ffff:169.254.169.254]', '[fe80::1]', '100.100.100.200']) {
    const answer = await call({ url: 'http://meta.example', hosts: '["meta.example:80", "meta.example"]', allow: '0.0.0.0/0,::/0,meta.example',
      env: { TENON_RESOLVE: `meta.example:80=${address}:80` } })
    denied(answer)
  }
})

test('Tenon does not call itself', { skip: missing }, async () => {
  const tenon = await startTenon({})
  try {
    for (const [id, url] of [['direct', tenon.url], ['renamed', `http://localhost:${tenon.port}`]]) {
      tenon.save(id, definition(id, url, actions, '["127.0.0.1", "localhost"]'))
      await until('the connector', async () => (await tenon.request(`/v1/connectors/${id}`, { key: ADMIN_KEY })).status === 200)
      await tenon.connect(id, id)
      denied(await tenon.request(`/run/${id}/${id}/secret`, { key: ADMIN_KEY }))
    }
  } finally {
    await tenon.stop()
  }
})

test('a proxy of the environment is not used', { skip: missing }, async () => {
  const seen = api.requests.length
  const answer = await call({ url: 'http://127.0.0.1:9', hosts: '["127.0.0.1"]', allow: '127.0.0.0/8',
    env: { http_proxy: api.url, HTTP_PROXY: api.url, all_proxy: api.url } })
  assertProblem(answer, 502, 'upstream_unreachable')
  assert.equal(api.requests.length, seen)
})

test('an exception that cannot be read stops the start', { skip: missing }, async () => {
  for (const allow of ['127.0.0.0/33', 'a b', '127.0.0.1:99999']) {
    const tenon = new Tenon({ env: { TENON_EGRESS_ALLOW: allow } })
    await assert.rejects(tenon.start(), /Tenon ended/, allow)
    assert.match(tenon.log, /configuration|egress/i)
    await tenon.stop().catch(() => {})
  }
})
