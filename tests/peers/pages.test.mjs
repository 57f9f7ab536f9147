// SPDX-License-Identifier: MIT
// Next pages of lists: the link that a service tells comes back through Tenon, with the connection's credentials, and
// leads nowhere else.
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'

import { CLIENTS, startAuthorizationServer } from './lib/authorization-server.mjs'
import { startApiServer } from './lib/api-server.mjs'
import { definition, signIns } from './lib/connector.mjs'
import { ADMIN_KEY, assertProblem, missing, startTenon } from './lib/tenon.mjs'

let server, api, tenon, key, other

const connector = (id, calls) => definition(id, `${api.url}/v1`, `${signIns(server)}request: {headers: {X-Version: "3"}}
throttle:
  - {calls: ${calls}, per: 60s}
actions:
  ListUsers:
    summary: List users
    method: GET
    path: /users
    input: {filter: {type: string}, limit: {type: integer}}
    next_link: body._links.next.href
  ListGroups:
    summary: List groups
    method: GET
    path: /groups/{id}
    input: {id: {type: string}}
    next_link: body.next
`)

// Three pages, two users each.
function answerUsers(req, res, seen) {
  const page = Number(seen.query.get('cursor') ?? 1)
  const next = page < 3 && { next: { href: `${api.url}/v1/users?filter=${encodeURIComponent(seen.query.get('filter') ?? '')}&cursor=${page + 1}` } }
  res.writeHead(200, { 'content-type': 'application/hal+json' })
  res.end(JSON.stringify({ _links: { self: { href: `${api.url}/v1/users` }, ...next }, _embedded: { users: [page * 2 - 1, page * 2] }, big: 0 })
    .replace('"big":0', '"big": 123456789012345678901234567890'))
}

before(async () => {
  server = await startAuthorizationServer()
  api = await startApiServer()
  if (missing) return
  tenon = await startTenon({ connectors: { list: connector('list', 1000), few: connector('few', 2) } })
  for (const name of ['mine', 'theirs']) await tenon.connect(name, 'list', CLIENTS.body, 'cc')
  key = await tenon.key(['mine'])
  other = await tenon.key(['theirs'])
})
afterEach(() => { api.requests.length = 0; api.answers.delete('/v1/users') })
after(async () => {
  await server.stop()
  await api.stop()
  await tenon?.stop()
})

const get = (url, as = key) => tenon.request(url.replace(tenon.url, ''), { key: as, echo: true })
const nextOf = (answer) => answer.json._links.next?.href

test('a caller follows the links from page to page', { skip: missing }, async () => {
  api.answers.set('/v1/users', answerUsers)
  const users = []
  let url = '/run/list/mine/users?filter=name%20eq%20%22a%26b%22&limit=2'
  for (let pages = 0; url && pages < 10; pages++) {
    const answer = await get(url)
    assert.equal(answer.status, 200, answer.text)
    assert.match(answer.text, /"big": 123456789012345678901234567890/, 'all else is as the service wrote it')
    users.push(...answer.json._embedded.users)
    url = nextOf(answer)
    if (url) assert.match(url, new RegExp(`^${tenon.url}/run/list/mine/users\\?tenon_next=[A-Za-z0-9_-]+$`))
  }
  assert.deepEqual(users, [1, 2, 3, 4, 5, 6])
  assert.deepEqual(api.requests.map((seen) => seen.url), ['/v1/users?filter=name%20eq%20%22a%26b%22&limit=2',
    '/v1/users?filter=name%20eq%20%22a%26b%22&cursor=2', '/v1/users?filter=name%20eq%20%22a%26b%22&cursor=3'])
  for (const seen of api.requests) {
    assert.match(seen.headers.authorization, /^Bearer /)
    assert.equal(seen.headers['x-version'], '3')
    assert.equal(seen.method, 'GET')
  }
})

test('a link keeps the address by which it was asked for', { skip: missing }, async () => {
  api.answers.set('/v1/users', answerUsers)
  for (const address of ['/run/list/-/users', '/apim/list/mine/users', '/apim/list/-/users']) {
    const next = nextOf(await get(address))
    assert.ok(next.startsWith(`${tenon.url}${address}?tenon_next=`), next)
    assert.deepEqual((await get(next)).json._embedded.users, [3, 4])
  }
})

test('a link counts for its action and connection alone, and outlives a restart', { skip: missing }, async () => {
  api.answers.set('/v1/users', answerUsers)
  const sealed = nextOf(await get('/run/list/mine/users')).split('tenon_next=')[1]
  for (const [url, as] of [[`/run/list/theirs/users?tenon_next=${sealed}`, other], [`/run/list/-/users?tenon_next=${sealed}`, other],
    [`/run/list/mine/groups/1?tenon_next=${sealed}`, key], [`/run/list/mine/users?tenon_next=${sealed.slice(0, -4)}`, key],
    ['/run/list/mine/users?tenon_next=', key], [`/run/list/mine/users?tenon_next=${Buffer.from(`${api.url}/v1/users`).toString('base64url')}`, key],
    [`/run/list/mine/users?tenon_next=${sealed}&limit=1`, key]]) {
    const problem = assertProblem(await get(url, as), 400, 'param_value')
    assert.deepEqual(problem.errors.map((e) => e.pointer), ['/tenon_next'])
  }
  assertProblem(await get(`/run/list/mine/users?limit=1&tenon_next=${sealed}`), 400, 'param_unknown')
  assertProblem(await get(`/run/list/mine/users?tenon_next=${sealed}`, other), 404, 'not_found')
  assertProblem(await tenon.request(`/run/list/mine/users?tenon_next=${sealed}`), 401, 'unauthorized')
  assert.equal(api.at('/v1/users').length, 1)
  await tenon.restart()
  assert.deepEqual((await get(`/run/list/mine/users?tenon_next=${sealed}`)).json._embedded.users, [3, 4])
})

test('a link to another host is never called', { skip: missing }, async () => {
  for (const href of ['https://evil.example/users', 'http://169.254.169.254/latest', 'https://127.0.0.1@evil.example/']) {
    api.answers.set('/v1/users', (req, res) => {
      res.writeHead(200, { 'content-type': 'application/json' })
      res.end(JSON.stringify({ _links: { next: { href } } }))
    })
    const next = nextOf(await get('/run/list/mine/users'))
    assert.ok(next.startsWith(tenon.url))
    assertProblem(await get(next), 424, 'egress_denied')
  }
})

test('what is no link, no JSON or no success passes as it is', { skip: missing }, async () => {
  const bodies = [['application/json', '{"_links": {"next": null}}', 200], ['application/json', '{"_links": {"next": {"href": "/2"}}}', 200],
    ['text/plain', '{"_links": {"next": {"href": "https://x.example/2"}}}', 200], ['application/json', '{"_links": ', 200],
    ['application/json', '{"_links": {"next": {"href": "https://x.example/2"}}}', 404]]
  for (const [type, body, status] of bodies) {
    api.answers.set('/v1/users', (req, res) => { res.writeHead(status, { 'content-type': type }); res.end(body) })
    const answer = await get('/run/list/mine/users')
    assert.deepEqual([answer.status, answer.text], [status, body])
  }
})

test('a page too large to be read as a whole is an error, not a list that ends', { skip: missing }, async () => {
  const rest = `", "_links": {"next": {"href": "${api.url}/v1/users?cursor=2"}}}`
  for (const [length, status] of [[7 * 1024 * 1024, 200], [9 * 1024 * 1024, 502]]) {
    api.answers.set('/v1/users', (req, res) => {
      res.writeHead(200, { 'content-type': 'application/json' })
      res.end(`{"x": "${'x'.repeat(length)}${rest}`)
    })
    const answer = await get('/run/list/mine/users')
    if (status !== 200) assertProblem(answer, status, 'upstream_too_large')
    else assert.ok(answer.json._links.next.href.startsWith(tenon.url))
  }
})

test('each page takes its place in the limit', { skip: missing }, async () => {
  api.answers.set('/v1/users', answerUsers)
  await tenon.connect('few', 'few', CLIENTS.body, 'cc')
  const second = await tenon.request('/run/few/few/users', { key: ADMIN_KEY, echo: true })
  const third = await tenon.request(nextOf(second).replace(tenon.url, ''), { key: ADMIN_KEY, echo: true })
  assertProblem(await tenon.request(nextOf(third).replace(tenon.url, ''), { key: ADMIN_KEY }), 429, 'throttled')
})
