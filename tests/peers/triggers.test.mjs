// SPDX-License-Identifier: MIT
// Triggers as a platform uses them: polled at the Location that each answer tells, hooks made and taken back.
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'

import { startApiServer } from './lib/api-server.mjs'
import { definition } from './lib/connector.mjs'
import { examples } from './lib/guide.mjs'
import { assertProblem, missing, startTenon } from './lib/tenon.mjs'

let api, tenon, key, other

const SIGN_IN = `connection:
  auth:
    key: {type: api_key, parameters: {api_key: {type: string, secret: true, required: true}}, inject: {headers: {X-Key: "\${connection.api_key}"}}}
`
const guide = () => definition('guide', `${api.url}/v1`, SIGN_IN + examples('Starting flows: triggers').map((text, i) => i ? text.replace('actions:\n', '') : text).join(''))
const more = () => definition('more', `${api.url}/v1`, `${SIGN_IN}policies:
  - move_properties: {from: body.data, to: body}
    section: response
    actions: [OnRow, OnPosted]
actions:
  OnRow:
    summary: When there is a row
    method: GET
    path: /trigger/rows/{table}
    input: {table: {type: string}, X-Mode: {in: header, type: string}, since: {type: string, x-ms-visibility: internal}, secret_word: {type: string, secret: true}}
    trigger: {type: polling, items: body.rows, query: {since: "\${response.body.rows[0].at}", page: "\${response.headers.X-Page}"}, batch: false, interval: 1500ms}
  OnPosted:
    summary: When something is found
    path: /search
    input: {filter: {type: object}}
    trigger: {type: polling, items: body.rows, query: {since: "\${response.body.rows[0].at}"}}
  Search: {summary: Search, path: /find, input: {q: {type: string}}, next_link: body.next}
  ListFound: {summary: List, method: GET, path: /find, next_link: body.next}
  OnHook: {summary: Hook, path: /hooks, input: {url: {type: string, x-ms-notification-url: true}}, trigger: {type: webhook, content: {type: object}}}
  OnHookByPut: {summary: Hook, method: PUT, path: /put-hook, trigger: {type: webhook, content: {type: object}}}
  RemoveHook: {summary: Remove a hook, method: DELETE, path: "/hooks/{id}", input: {id: {type: integer}}}
`, '["127.0.0.1", "hooks.example.com"]')

before(async () => {
  api = await startApiServer()
  if (missing) return
  tenon = await startTenon({ connectors: { guide: guide(), more: more() } })
  await tenon.connect('guide', 'guide', { api_key: 'CANARY-key-of-the-service' })
  await tenon.connect('more', 'more', { api_key: 'CANARY-key-of-the-service' })
  await tenon.connect('other', 'more', { api_key: 'CANARY-key-of-the-service' })
  key = await tenon.key(['guide', 'more'])
  other = await tenon.key(['other'])
})
afterEach(() => { api.requests.length = 0 })
after(async () => {
  await api.stop()
  await tenon?.stop()
})

// As a platform does: an address it was told, the key of its connection, nothing else.
const follow = (url, method = 'GET', as = key) => {
  assert.ok(url.startsWith(`${tenon.url}/`), url)
  return tenon.request(url.slice(tenon.url.length), { method, key: as })
}

function assertNothingNew(told, seconds) {
  assert.deepEqual([told.status, told.text, told.headers['retry-after'], told.headers['content-type']], [202, '', String(seconds), undefined], told.text)
  return told.headers.location
}

test('the guide\'s polling trigger, from poll to poll', { skip: missing }, async () => {
  const people = [{ id: 1, changed: '2026-01-01T10:00:00Z' }]
  // The service as the guide wants it: newest first, and only what came after.
  api.answers.set('/v1/people', (req, res, seen) => {
    const from = seen.query.get('changed_after') ?? ''
    res.writeHead(200, { 'content-type': 'application/json' })
    res.end(JSON.stringify({ items: people.filter((one) => one.changed > from).reverse() }))
  })
  let next = assertNothingNew(await tenon.request('/run/guide/-/trigger/people?team=a%20b', { key: await tenon.key(['guide']) }), 300)
  assert.match(next, /\/run\/guide\/-\/trigger\/people\?tenon_state=[\w-]+$/)
  next = assertNothingNew(await follow(next.replace('/-/', '/guide/')), 300)
  people.push({ id: 2, changed: '2026-01-02T10:00:00Z' }, { id: 3, changed: '2026-01-03T10:00:00Z' })
  const told = await follow(next)
  assert.equal(told.status, 200)
  assert.deepEqual(told.json.items.map((one) => one.id), [3, 2])
  assert.equal(told.headers['retry-after'], '300')
  next = assertNothingNew(await follow(told.headers.location), 300)
  await tenon.restart()
  people.push({ id: 4, changed: '2026-01-04T10:00:00Z' })
  assert.deepEqual((await follow(next.replace(/^http:\/\/[^/]+/, tenon.url))).json.items.map((one) => one.id), [4])
  assert.deepEqual(api.requests.map((seen) => seen.url.replaceAll('%3A', ':')), ['/v1/people?team=a%20b',
    ...['01', '01', '03', '03'].map((day) => `/v1/people?team=a%20b&changed_after=2026-01-${day}T10:00:00Z&sort=newest`)])
  for (const seen of api.requests) assert.equal(seen.headers['x-key'], 'CANARY-key-of-the-service')
})

test('a state carries the whole input, and what an answer does not tell stays', { skip: missing }, async () => {
  api.answer('/v1/rows/a%20b', { data: { rows: [{ at: 5 }] } }, { 'x-page': 'p1' })
  const first = await tenon.request('/run/more/more/trigger/rows/a%20b?since=0&secret_word=CANARY-secret-word', { key, headers: { 'x-mode': 'm' } })
  let next = assertNothingNew(first, 2)
  tenon.assertNoSecret(next, 'the state')
  api.answer('/v1/rows/a%20b', { data: { rows: [] } })
  next = assertNothingNew(await follow(next), 2)
  api.answer('/v1/rows/a%20b', { data: { rows: [{ at: 7 }] } }, { 'x-page': 'p2' })
  const told = await follow(next)
  assert.deepEqual(told.json, { rows: [{ at: 7 }] })
  api.answer('/v1/rows/a%20b', { data: {} }, { status: 204 })
  assertNothingNew(await follow(told.headers.location), 2)
  assert.deepEqual(api.requests.map((seen) => [...seen.query]), [[['since', '0'], ['secret_word', 'CANARY-secret-word']],
    ...[['5', 'p1'], ['5', 'p1'], ['7', 'p2']].map(([since, page]) => [['since', since], ['secret_word', 'CANARY-secret-word'], ['page', page]])])
  assert.deepEqual(api.requests.map((seen) => seen.headers['x-mode']), ['m', 'm', 'm', 'm'])
})

test('what was empty at first is all new', { skip: missing }, async () => {
  api.answer('/v1/rows/t', { data: { rows: [] } })
  const next = assertNothingNew(await tenon.request('/run/more/more/trigger/rows/t', { key }), 2)
  api.answer('/v1/rows/t', { data: { rows: [{ at: 1 }] } })
  assert.equal((await follow(next)).status, 200)
  assert.deepEqual(api.requests.map((seen) => seen.url), ['/v1/rows/t', '/v1/rows/t'])
})

test('a trigger that posts is polled by GET, or by its own method', { skip: missing }, async () => {
  api.answer('/v1/search', { data: { rows: [{ at: 1 }] } })
  const next = assertNothingNew(await tenon.request('/run/more/more/search', { key, json: { filter: { a: 1 } } }), 60)
  for (const method of ['GET', 'POST']) assert.equal((await follow(next, method)).status, 200)
  assert.equal((await follow(next, 'PUT')).status, 405)
  assert.deepEqual(api.requests.map((seen) => [seen.method, seen.url, seen.text]),
    [['POST', '/v1/search', '{"filter":{"a":1}}'], ...Array(2).fill(['POST', '/v1/search?since=1', '{"filter":{"a":1}}'])])
})

test('errors of the service are no news, and news that cannot be read is no silence', { skip: missing }, async () => {
  api.answer('/v1/rows/t', { data: { rows: [{ at: 1 }] } })
  const next = assertNothingNew(await tenon.request('/run/more/more/trigger/rows/t', { key }), 2)
  api.answer('/v1/rows/t', { error: 'x' }, { status: 500 })
  const failed = await follow(next)
  assert.deepEqual([failed.status, failed.json, failed.headers.location], [500, { error: 'x' }, undefined])
  api.answer('/v1/rows/t', 'not json')
  assertProblem(await follow(next), 502, 'upstream_content_type')
  api.answer('/v1/rows/t', { data: { rows: [{ at: 'x'.repeat(9000) }] } })
  assertProblem(await follow(next), 502, 'upstream_too_large')
})

test('a state counts for its action and connection alone', { skip: missing }, async () => {
  api.answer('/v1/rows/t', { data: { rows: [{ at: 1 }] } })
  const next = assertNothingNew(await tenon.request('/run/more/more/trigger/rows/t', { key }), 2)
  const sealed = next.split('tenon_state=')[1]
  for (const [path, as] of [['/run/more/other/trigger/rows/t', other], ['/run/more/more/search', key], ['/run/more/more/trigger/rows/t', key]]) {
    const bad = path.endsWith('rows/t') && as === key ? sealed.slice(0, -2) : sealed
    const problem = assertProblem(await tenon.request(`${path}?tenon_state=${bad}`, { key: as }), 400, 'param_value')
    assert.deepEqual(problem.errors.map((e) => e.pointer), ['/tenon_state'])
  }
  assertProblem(await tenon.request(next.slice(tenon.url.length), { key: other }), 404, 'not_found')
  assertProblem(await tenon.request(next.slice(tenon.url.length), {}), 401, 'unauthorized')
  assertProblem(await tenon.request(`/run/more/more/find?tenon_state=${sealed}`, { key }), 400, 'param_unknown')
  assert.equal(api.requests.length, 1)
})

test('the guide\'s webhook is made and taken back', { skip: missing }, async () => {
  api.answer('/v1/webhooks', { id: 7 }, { status: 201 })
  api.answer('/v1/webhooks/7', '', { status: 204 })
  const made = await tenon.request('/run/guide/guide/webhooks', { key, json: { callbackUrl: 'https://prod-01.logic.azure.com/cb?sig=x' } })
  assert.equal(made.status, 201, made.text)
  assert.deepEqual(JSON.parse(api.requests[0].text), { callbackUrl: 'https://prod-01.logic.azure.com/cb?sig=x', events: ['person.added'] })
  assert.match(made.headers.location, /\/run\/guide\/guide\/webhooks\?tenon_hook=[\w-]+$/)
  assert.equal((await follow(made.headers.location, 'DELETE')).status, 204)
  const { method, url, text, headers } = api.requests[1]
  assert.deepEqual([method, url, text, headers['x-key']], ['DELETE', '/v1/webhooks/7', '', 'CANARY-key-of-the-service'])
})

test('however a service tells where a hook is, DELETE finds it', { skip: missing }, async () => {
  const rows = [[`${api.url}/v1/hooks/9`, '/run/more/more/hooks/9', '/v1/hooks/9'], ['/v1/hooks/9', '/run/more/more/hooks/9', '/v1/hooks/9'],
    ['hooks/9?token=t%2F', null, '/v1/hooks/9?token=t%2F'], ['/elsewhere/9', null, '/elsewhere/9'], [`${api.url}/v2/hooks/9#x`, null, '/v2/hooks/9']]
  api.answers.delete('/v1/hooks/9')
  for (const [location, own, called] of rows) {
    for (const status of [200, 201, 202]) {
      api.answer('/v1/hooks', { fine: true }, { status, location })
      const made = await tenon.request('/run/more/more/hooks', { key, json: { url: 'https://cb.example.com/' } })
      assert.equal(made.status, status)
      if (own) assert.equal(made.headers.location, tenon.url + own)
      else assert.match(made.headers.location, /\/run\/more\/more\/hooks\?tenon_hook=/)
      api.requests.length = 0
      await tenon.request(made.headers.location.slice(tenon.url.length), { method: 'DELETE', key, echo: true })
      assert.deepEqual(api.requests.map((seen) => `${seen.method} ${seen.url}`), [`DELETE ${called}`])
    }
  }
  api.answer('/v1/put-hook', {}, { location: '/x' })
  const put = await tenon.request('/run/more/more/put-hook', { method: 'PUT', key })
  assert.match(put.headers.location, /\/put-hook\?tenon_hook=/)
})

test('where a hook may not be called from here, its address stays as it is', { skip: missing }, async () => {
  for (const location of ['https://evil.example/hooks/9', 'http://169.254.169.254/hooks/1', 'mailto:x@example.com', 'urn:hook:9']) {
    api.answer('/v1/hooks', {}, { status: 201, location })
    const made = await tenon.request('/run/more/more/hooks', { key, json: {} })
    assert.equal(made.headers.location, location)
  }
  // A failure makes no hook; and taking one back passes on what the service says of it.
  api.answer('/v1/hooks', { error: 'no' }, { status: 422, location: '/v1/hooks/9' })
  assert.equal((await tenon.request('/run/more/more/hooks', { key, json: {} })).headers.location, '/v1/hooks/9')
  api.answer('/v1/hooks', {}, { status: 201, location: '/gone/9' })
  api.answer('/gone/9', { error: 'gone' }, { status: 410 })
  const gone = await follow((await tenon.request('/run/more/more/hooks', { key, json: {} })).headers.location, 'DELETE')
  assert.deepEqual([gone.status, gone.json], [410, { error: 'gone' }])
})

test('the next page of a POST comes by GET', { skip: missing }, async () => {
  api.answers.set('/v1/find', (req, res, seen) => {
    res.writeHead(200, { 'content-type': 'application/json' })
    res.end(JSON.stringify({ by: req.method, ...(seen.query.get('p') !== '2' && { next: `${api.url}/v1/find?p=2` }) }))
  })
  for (const call of [{ json: { q: 'x' } }, {}]) {
    const first = await tenon.request('/run/more/more/find', { key, ...call })
    assert.equal(first.json.by, call.json ? 'POST' : 'GET')
    const second = await follow(first.json.next)
    assert.deepEqual(second.json, { by: 'GET' })
    assertProblem(await tenon.request(first.json.next.slice(tenon.url.length), { method: 'PUT', key }), 405, 'method_not_allowed')
  }
  const posted = (await tenon.request('/run/more/more/find', { key, json: { q: 'x' } })).json.next
  assertProblem(await tenon.request(posted.slice(tenon.url.length), { method: 'POST', key, json: {} }), 400, 'param_unknown')
  assertProblem(await tenon.request(posted.slice(tenon.url.length).replace('more/more', 'more/other'), { key: other }), 400, 'param_value')
})
