// SPDX-License-Identifier: MIT
// W3C Trace Context: the service hears of the caller's trace, or of one that begins here, and the log knows it.
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'

import { startApiServer } from './lib/api-server.mjs'
import { definition } from './lib/connector.mjs'
import { assertProblem, missing, startTenon } from './lib/tenon.mjs'

const TRACE = '12345678901234567890123456789012'
const SPAN = '1234567890123456'

let api, tenon, key

before(async () => {
  api = await startApiServer()
  if (missing) return
  tenon = await startTenon({ env: { TENON_LOG_FORMAT: 'json', TENON_LOG_CALLS: 'all' }, connectors: { api: definition('api', api.url, `proxy: true
actions:
  Echo: {summary: Echo, method: GET, path: /echo}
  Gone: {summary: Breaks, method: GET, path: /truncated}
  Prepared:
    summary: Asks first
    method: GET
    path: /prepared
    steps: {look: {url: /lookup}}
    request: {headers: {X-Method: "\${steps.look.body.method}"}}
  Own:
    summary: Has words of its own
    method: GET
    path: /own
    input: {traceparent: {in: header, type: string}}
`) } })
  await tenon.connect('c', 'api')
  key = await tenon.key(['c'], ['proxy'])
})
afterEach(() => { api.requests.length = 0 })
after(async () => {
  await api.stop()
  await tenon?.stop()
})

const get = (path, headers = {}) => tenon.request(path, { key, headers, echo: true })
const parent = (seen) => {
  const found = /^00-([0-9a-f]{32})-([0-9a-f]{16})-(0[01])$/.exec(seen.headers.traceparent)
  assert.ok(found, seen.headers.traceparent)
  return { trace: found[1], span: found[2], flags: found[3] }
}

test('a trace that came goes on, with a span of Tenon\'s own', { skip: missing }, async () => {
  for (const path of ['/run/api/c/echo', '/proxy/c/echo']) {
    const answer = await get(path, { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: 'vendor=1,other=2' })
    const { trace, span, flags } = parent(api.requests.at(-1))
    assert.equal(trace, TRACE)
    assert.notEqual(span, SPAN)
    assert.equal(flags, '01')
    assert.equal(api.requests.at(-1).headers.tracestate, 'vendor=1,other=2')
    assert.equal(answer.headers.traceresponse, `00-${TRACE}-${span}-01`)
    assert.equal((await tenon.event('call.done', answer)).trace, TRACE)
  }
})

test('none, or one that is not valid, leads to a new trace', { skip: missing }, async () => {
  const seen = new Set()
  for (const headers of [{}, { traceparent: '' }, { traceparent: `00-${TRACE}-${SPAN}` }, { traceparent: `ff-${TRACE}-${SPAN}-01` },
    { traceparent: [`00-${TRACE}-${SPAN}-01`, `00-${TRACE}-${SPAN}-01`] }, { tracestate: 'vendor=1' }]) {
    const answer = await get('/run/api/c/echo', headers)
    const { trace, flags } = parent(api.requests.at(-1))
    assert.notEqual(trace, TRACE)
    assert.equal(flags, '00')
    assert.ok(!('tracestate' in api.requests.at(-1).headers))
    assert.equal((await tenon.event('call.done', answer)).trace, trace)
    seen.add(trace)
  }
  assert.equal(seen.size, 6)
})

test('all requests of one call belong to one span', { skip: missing }, async () => {
  await get('/run/api/c/prepared', { traceparent: `00-${TRACE}-${SPAN}-00` })
  assert.equal(api.requests.length, 2)
  assert.deepEqual(parent(api.requests[0]), parent(api.requests[1]))
  assert.equal(parent(api.requests[0]).trace, TRACE)
})

test('a failure is told with its trace', { skip: missing }, async () => {
  const answer = await get('/run/api/c/truncated', { traceparent: `00-${TRACE}-${SPAN}-00` })
  assertProblem(answer, 502, 'upstream_truncated')
  assert.match(answer.headers.traceresponse, new RegExp(`^00-${TRACE}-`))
  assert.equal((await tenon.event('upstream.failed', answer)).trace, TRACE)
  const done = await tenon.event('call.done', answer)
  assert.deepEqual([done.trace, done.status, done.code, done.level], [TRACE, 502, 'upstream_truncated', 'warn'])
})

test('what the service says of traces stays behind, and a definition may have words of its own', { skip: missing }, async () => {
  api.answers.set('/echo', (req, res) => { res.writeHead(200, { 'content-type': 'application/json', traceresponse: 'theirs', traceparent: 'theirs' }); res.end('{}') })
  const answer = await get('/run/api/c/echo')
  api.answers.delete('/echo')
  assert.match(answer.headers.traceresponse, /^00-/)
  assert.ok(!answer.headers.traceparent)
  await get('/run/api/c/own', { traceparent: 'anything' })
  assert.equal(api.requests.at(-1).headers.traceparent, 'anything')
})
