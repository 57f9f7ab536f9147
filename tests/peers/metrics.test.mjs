// SPDX-License-Identifier: MIT
// /metrics as Prometheus' own tool and its readers want it, and the use of connections: both exact against what the test
// did at a real authorization server and an API.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { startApiServer } from './lib/api-server.mjs'
import { CLIENTS, USERS, startAuthorizationServer } from './lib/authorization-server.mjs'
import { definition, signInByCall, signIns } from './lib/connector.mjs'
import { Exposition } from './lib/exposition.mjs'
import { ADMIN_KEY, ROOT, TENON, assertProblem, missing, startTenon } from './lib/tenon.mjs'
import { request, until } from './lib/util.mjs'

const connector = (id) => definition(id, api.url, `${signIns(server)}proxy: true
actions:
  GetAccessToken: {summary: Get a token, token: connection}
  Three:
    summary: Three times in a minute
    token: connection
    throttle: [{calls: 3, per: 60s, name: three}, {calls: 50, per: 60s, scope: caller, name: each}]
  SignIn:
    summary: Get a token with credentials of the call
    path: /sign-in
${signInByCall(server)}
  Get: {summary: Get something, method: GET, path: "/things/{id}", input: {id: {type: integer}}}
  Missing: {summary: It is not there, method: GET, path: /missing}
  Throttled: {summary: The service asks for a pause, method: GET, path: /throttled}
  Refused: {summary: The token is refused, method: GET, path: /always401}
  Stream: {summary: Much, method: GET, path: /stream, input: {bytes: {type: integer, in: query}}}
  Broken: {summary: Breaks off, method: GET, path: /broken-stream}
  Slow: {summary: Takes its time, method: GET, path: /slow}
`)

const PROMTOOL = [process.env.PROMTOOL, join(ROOT, 'build-tools/promtool'), '/usr/bin/promtool'].find((file) => file && existsSync(file))
let server, api, tenon, names = 0

before(async () => {
  server = await startAuthorizationServer()
  api = await startApiServer()
  if (missing) return
  tenon = await startTenon({ connectors: { peer: connector('peer'), other: connector('other') } })
  for (const known of [...Object.values(CLIENTS).map((c) => c.client_secret), ...Object.values(USERS)]) {
    if (known.length > 6) tenon.secrets.add(known)
  }
})
after(async () => {
  await server.stop()
  await api.stop()
  await tenon?.stop()
})

async function connection(of = 'peer', parameters = CLIENTS.body, auth = 'cc') {
  const name = `metered-${++names}`
  await tenon.connect(name, of, parameters, auth)
  const { id, key } = await tenon.admin('POST', '/v1/keys', { role: 'caller', connections: [name] })
  const call = (path, options) => tenon.request(`/run/${of}/${name}${path}`, { key, ...options })
  return { name, id, key, call, post: (path, options) => call(path, { method: 'POST', ...options }) }
}

const page = async () => (await tenon.request('/metrics', { key: ADMIN_KEY })).text
const read = async () => new Exposition(await page())
// What came between two pages, of one number.
const gained = (before, after) => (name, labels, suffix) => after.value(name, labels, suffix) - before.value(name, labels, suffix)
const usage = async (name, query = '', key = ADMIN_KEY) => {
  const answer = await tenon.request(`/v1/connections/${name}/usage${query}`, { key })
  assert.equal(answer.status, 200, answer.text)
  return answer.json
}
const NONE = { calls: 0, throttled: 0, upstream_429: 0, errors: 0, token_requests: 0 }
const times = async (n, what) => { for (let i = 0; i < n; i++) await what() }

test('what was done is what is counted', { skip: missing }, async () => {
  const { name, call, post } = await connection()
  const bad = await connection('peer', { client_id: CLIENTS.body.client_id, client_secret: 'CANARY-wrong-secret' })
  const [first, tokensBefore] = [await read(), server.requests.length]
  await times(7, async () => assert.equal((await post('/GetAccessToken')).status, 200))
  for (let i = 0; i < 5; i++) assert.equal((await post('/Three')).status, i < 3 ? 200 : 429)
  await times(4, async () => assert.equal((await call('/things/7', { echo: true })).status, 200))
  assertProblem(await call('/things/x'), 400, 'param_type')
  assert.equal((await call('/missing')).status, 404)
  assertProblem(await call('/nowhere'), 404, 'not_found')
  assertProblem(await post('/things/7'), 405, 'method_not_allowed')
  assertProblem(await call('/always401'), 424, 'upstream_unauthorized')
  const large = await call('/stream?bytes=1000000')
  assert.equal(large.body.length, 1000000)
  await assert.rejects(call('/broken-stream'))
  assertProblem(await call('/throttled'), 429, 'upstream_throttled')
  assertProblem(await call('/things/7'), 429, 'upstream_throttled')
  assertProblem(await tenon.post(`/run/peer/${name}/GetAccessToken`), 401, 'unauthorized')
  await times(3, async () => assertProblem(await bad.post('/GetAccessToken'), 424, 'credentials_rejected'))

  const last = await read(), more = gained(first, last)
  const calls = (action, status) => more('tenon_calls_total', { connector: 'peer', action, status: String(status) })
  assert.deepEqual([calls('GetAccessToken', 200), calls('GetAccessToken', 424)], [7, 3])
  assert.deepEqual([calls('Three', 200), calls('Three', 429)], [3, 2])
  assert.deepEqual([calls('Get', 200), calls('Get', 400), calls('Get', 429)], [4, 1, 1])
  assert.deepEqual([calls('Missing', 404), calls('Refused', 424), calls('Stream', 200)], [1, 1, 1])
  assert.deepEqual([calls('Broken', 200), calls('Throttled', 429)], [1, 1])
  assert.deepEqual([calls('', 404), calls('', 405)], [1, 1], 'of the connector, but of no action')
  assert.equal(more('tenon_calls_total', { connector: '', action: '', status: '401' }), 1, 'of nobody')
  const all = (page) => page.sum('tenon_calls_total')
  assert.equal(all(last) - all(first), 7 + 5 + 4 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 2 + 1 + 3)

  const errors = (code) => more('tenon_call_errors_total', { connector: 'peer', code })
  assert.deepEqual(['throttled', 'param_type', 'not_found', 'method_not_allowed', 'upstream_unauthorized', 'upstream_truncated',
    'upstream_throttled', 'credentials_rejected'].map(errors), [2, 1, 1, 1, 1, 1, 2, 3])
  const throttled = (reason) => more('tenon_calls_throttled_total', { connector: 'peer', reason })
  assert.deepEqual(['limit', 'pause', 'service', 'token_endpoint'].map(throttled), [2, 1, 1, 0])

  // One token for the calls, one more when the API refused it, one try with the wrong secret.
  const tokens = (outcome) => more('tenon_token_requests_total', { connector: 'peer', outcome })
  assert.deepEqual(['ok', 'rejected', 'locked', 'backoff'].map(tokens), [2, 1, 0, 0])
  assert.equal(server.requests.length - tokensBefore, 3)
  assert.equal(more('tenon_token_request_duration_seconds', { connector: 'peer' }, '_count'), 3)
  const lookups = (result) => more('tenon_token_cache_lookups_total', { connector: 'peer', result })
  assert.deepEqual([lookups('miss'), lookups('hit')], [2, 6 + 5 + 4 + 1 + 1 + 1 + 1 + 1 + 1])

  const durations = (kind) => more('tenon_call_duration_seconds', { connector: 'peer', kind }, '_count')
  assert.deepEqual([durations('token'), durations('request')], [7 + 5 + 3, 5 + 1 + 1 + 1 + 1 + 1 + 1])
  // The refused token's request was repeated once.
  assert.equal(more('tenon_upstream_request_duration_seconds', { connector: 'peer' }, '_count'), 4 + 1 + 2 + 1 + 1 + 1)

  const used = await usage(name)
  assert.deepEqual(used.total, { calls: 7 + 5 + 5 + 1 + 2 + 1 + 1 + 1 + 2, throttled: 2 + 1, upstream_429: 1,
    errors: 1 + 1 + 1 + 1 + 1 + 1, token_requests: 2 })
  const of = (action) => used.actions.find((row) => row.action === action)?.total
  assert.deepEqual(of('Three'), { ...NONE, calls: 5, throttled: 2 })
  assert.deepEqual(of('Get'), { ...NONE, calls: 6, throttled: 1, errors: 1 })
  assert.deepEqual(of('Throttled'), { ...NONE, calls: 1, upstream_429: 1 })
  assert.deepEqual(of('Broken'), { ...NONE, calls: 1, errors: 1 })
  assert.deepEqual(of('-'), { ...NONE, calls: 2, errors: 2 }, 'what met no action')
  assert.equal(used.actions[0].action, 'GetAccessToken', 'the busiest first')
  const bads = await usage(bad.name)
  assert.deepEqual(bads.total, { ...NONE, calls: 3, errors: 3, token_requests: 1 })
})

test('requests to /proxy are counted as calls of one action', { skip: missing }, async () => {
  const { name } = await connection()
  const key = await tenon.key([name], ['proxy'])
  const first = await read()
  await times(2, async () => assert.equal((await tenon.request(`/proxy/${name}/things/1`, { key, echo: true })).status, 200))
  assert.equal((await tenon.request(`/proxy/${name}/missing`, { key })).status, 404)
  const calls = (status) => gained(first, last)('tenon_calls_total', { connector: 'peer', action: '/proxy', status })
  let last = await read()
  assert.deepEqual([calls('200'), calls('404')], [2, 1])
  assert.deepEqual((await usage(name)).actions.map((row) => [row.action, row.total]), [['/proxy', { ...NONE, calls: 3, errors: 1 }]])
  tenon.save('peer', `${connector('peer')}# another text, the same connector\n`)
  const changed = first.value('tenon_catalogue_changed_timestamp_seconds')
  await until('the catalogue to change', async () => (await read()).value('tenon_catalogue_changed_timestamp_seconds') > changed)
  last = await read()
  assert.deepEqual([calls('200'), calls('404')], [2, 1], 'its series stay over a reload')
})

test('a caller that leaves is counted as such', { skip: missing }, async () => {
  const { name, key } = await connection()
  const first = await read()
  const aborted = new AbortController()
  const left = request(`${tenon.url}/run/peer/${name}/slow`, { headers: { 'x-api-key': key }, signal: aborted.signal })
  await until('the call to reach the API', () => api.at('/slow').length)
  aborted.abort()
  await assert.rejects(left)
  await until('the call to be counted', async () =>
    gained(first, await read())('tenon_calls_total', { connector: 'peer', action: 'Slow', status: '499' }) === 1)
  assert.deepEqual((await usage(name)).total, { ...NONE, calls: 1, errors: 1, token_requests: 1 })
})

test('promtool finds nothing to say', { skip: missing }, async () => {
  const { name, call, post } = await connection()
  await post('/GetAccessToken')
  await call('/things/1', { echo: true })
  await post('/sign-in', { json: { username: 'alice', password: USERS.alice, ...CLIENTS.body } })
  await tenon.request(`/run/peer/${name}/nothing`)
  const answer = await tenon.request('/metrics', { key: ADMIN_KEY })
  assert.equal(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  assert.ok(PROMTOOL, 'there is no promtool: `./dev test` brings it')
  const checked = spawnSync(PROMTOOL, ['check', 'metrics'], { input: answer.text, encoding: 'utf8' })
  assert.equal(checked.status, 0, checked.stdout + checked.stderr)
  assert.equal(checked.stdout + checked.stderr, '')
})

test('promtool takes the examples of docs/METRICS.md', () => {
  const [scrape, rules] = [...readFileSync(join(ROOT, 'docs/METRICS.md'), 'utf8').matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text)
  const folder = mkdtempSync(join(tmpdir(), 'tenon-promtool-'))
  writeFileSync(join(folder, 'rules.yml'), rules)
  writeFileSync(join(folder, 'prometheus.yml'), `${scrape}rule_files: [rules.yml]\n`)
  const checked = spawnSync(PROMTOOL, ['check', 'config', '--syntax-only', join(folder, 'prometheus.yml')], { encoding: 'utf8' })
  const checkedRules = spawnSync(PROMTOOL, ['check', 'rules', join(folder, 'rules.yml')], { encoding: 'utf8' })
  rmSync(folder, { recursive: true })
  assert.equal(checked.status, 0, checked.stdout + checked.stderr)
  assert.equal(checkedRules.status, 0, checkedRules.stdout + checkedRules.stderr)
  assert.match(checkedRules.stdout, /6 rules found/)
})

test('the page tells of the host, and of no connection, key or secret', { skip: missing }, async () => {
  const { name, id, key, post } = await connection()
  await post('/GetAccessToken')
  const text = await page()
  for (const word of [name, id, key, 'metered', 'CANARY', ...tenon.secrets]) assert.ok(!text.includes(word), word)
  const told = new Exposition(text)
  assert.equal(told.value('tenon_connectors'), 2)
  assert.equal(told.value('tenon_connector_faults'), 0)
  assert.equal(told.value('tenon_store_up'), 1)
  assert.ok(told.value('tenon_store_commit_duration_seconds', {}, '_count') > 0)
  assert.ok(told.value('tenon_store_commit_duration_seconds', {}, '_sum') > 0)
  assert.equal(told.value('tenon_store_failures_total'), 0)
  assert.ok(told.value('tenon_http_connections') >= 1)
  assert.equal(told.value('tenon_http_requests_in_flight'), 1, 'the one for the page')
  assert.ok(told.value('tenon_connections_in_memory') >= 1)
  assert.match(JSON.stringify(told.all('tenon_build_info')), /^\[\[{"version":"\d+\.\d+\.\d+"},1\]\]$/)
  const now = Date.now() / 1000
  for (const at of ['tenon_catalogue_changed_timestamp_seconds', 'process_start_time_seconds']) {
    assert.ok(Math.abs(told.value(at) - now) < 900, `${at} ${told.value(at)}`)
  }
  assert.ok(told.value('process_cpu_seconds_total') > 0)
  assert.ok(Math.abs(told.value('process_resident_memory_bytes') / 2 ** 20 - tenon.rss) < 64)
  assert.ok(told.value('process_open_fds') > 10 && told.value('process_open_fds') < told.value('process_max_fds'))
})

test('docs/METRICS.md has the metrics that there are', { skip: missing }, async () => {
  const rows = [...readFileSync(join(ROOT, 'docs/METRICS.md'), 'utf8').matchAll(/^\| `([a-z_]+)` \| (\w+) \| (.*?) \| (.*) \|$/gm)]
  const documented = rows.map(([, name, type, , help]) => `${name} ${type} ${help}`)
  const live = [...(await read()).families.values()].map(({ name, type, help }) => `${name} ${type} ${help}`)
  assert.deepEqual(documented, live)
  // And the labels, as far as there are samples.
  const labels = new Map(rows.map(([, name, , text]) => [name, [...text.matchAll(/`(\w+)`/g)].map(([, label]) => label).sort()]))
  for (const [name, family] of (await read()).families) {
    for (const [at] of family.samples) {
      const found = JSON.parse(at.replace(/^_[a-z]+/, '')).map(([label]) => label).filter((label) => label !== 'le')
      assert.deepEqual(found, labels.get(name), name)
    }
  }
})

test('connections by state', { skip: missing }, async () => {
  const STATES = ['ready', 'sign_in', 'rejected', 'review', 'incomplete']
  const counted = async () => Object.fromEntries((await read()).all('tenon_connections').map(([{ state }, n]) => [state, n]))
  const listed = async () => {
    const { connections } = await tenon.admin('GET', '/v1/connections?limit=1000')
    return Object.fromEntries(STATES.map((state) => [state, connections.filter((one) => one.state === state).length]))
  }
  const settled = (what) => until(what, async () => {
    const [now, then] = [await counted(), await listed()]
    return STATES.every((state) => now[state] === then[state]) && now
  })
  const first = await settled('the count')
  await connection()
  const bad = await connection('peer', { client_id: CLIENTS.body.client_id, client_secret: 'CANARY-wrong-secret' })
  await bad.post('/GetAccessToken')
  const second = await settled('the new ones to be counted')
  assert.deepEqual(second, { ...first, ready: first.ready + 1, rejected: first.rejected + 1 })
  await tenon.admin('DELETE', `/v1/connections/${bad.name}`)
  assert.equal((await settled('the removed one to be gone')).rejected, first.rejected)
  tenon.save('passing', connector('passing'))
  await until('the new connector', async () => (await read()).value('tenon_connectors') === 3)
  await connection('passing')
  unlinkSync(join(tenon.connectors, 'passing.yaml'))
  await until('it to leave', async () => (await read()).value('tenon_connectors') === 2)
  assert.equal((await settled('what is left of it to be counted')).incomplete, first.incomplete + 1)
})

test('who may read what', { skip: missing }, async () => {
  const one = await connection(), two = await connection()
  const reader = (await tenon.admin('POST', '/v1/keys', { role: 'caller', rights: ['metrics'] })).key
  assertProblem(await tenon.request('/metrics'), 401, 'unauthorized')
  assertProblem(await tenon.request('/metrics', { key: one.key }), 403, 'forbidden')
  assert.equal((await tenon.request('/metrics', { key: reader })).status, 200)
  assert.equal((await tenon.request('/metrics', { method: 'HEAD', key: reader })).body.length, 0)
  assertProblem(await tenon.post('/metrics', { key: reader }), 405, 'method_not_allowed')

  await one.post('/GetAccessToken')
  await tenon.post(`/run/peer/${one.name}/GetAccessToken`, { key: ADMIN_KEY })
  assertProblem(await tenon.request(`/v1/connections/${one.name}/usage`, { key: two.key }), 404, 'not_found')
  assertProblem(await tenon.request(`/v1/connections/${one.name}/usage`), 401, 'unauthorized')
  assertProblem(await tenon.request('/v1/connections/no-such/usage', { key: ADMIN_KEY }), 404, 'not_found')
  assert.deepEqual((await usage(one.name)).keys.map((row) => row.key).sort(), ['env', one.id].sort())
  const own = await usage(one.name, '', one.key)
  assert.deepEqual(own.keys.map((row) => [row.key, row.total.calls]), [[one.id, 1]], 'a caller sees no other key')
  assert.equal(own.total.calls, 2)
  for (const query of ['?resolution=day', '?resolution=', '?limit=1', '?resolution=hour&x=1']) {
    const answer = await tenon.request(`/v1/connections/${one.name}/usage${query}`, { key: ADMIN_KEY })
    assert.equal(answer.status, 400, query)
  }
  const hours = await usage(one.name, '?resolution=hour')
  assert.equal(hours.resolution, 'hour')
  assert.deepEqual(hours.total, own.total)
  assert.match(hours.buckets[0].at, /^\d{4}-\d\d-\d\dT\d\d:00:00Z$/)
  assert.match(own.buckets[0].at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:00Z$/)
  assert.equal((Date.parse(hours.until) - Date.parse(hours.from)) / 3600e3, 31 * 24)
  assert.equal((Date.parse(own.until) - Date.parse(own.from)) / 60e3, 120)
})

test('buckets add up to the totals', { skip: missing }, async () => {
  const { name, post, call } = await connection()
  await times(3, () => post('/GetAccessToken'))
  await times(2, () => call('/nowhere'))
  for (const query of ['?resolution=minute', '?resolution=hour']) {
    const used = await usage(name, query)
    const add = (list) => list.reduce((sum, { at, ...counts }) => {
      assert.ok(at >= used.from && at < used.until)
      for (const [count, n] of Object.entries(counts)) sum[count] += n
      return sum
    }, { ...NONE })
    for (const row of [used, ...used.actions, ...used.keys]) assert.deepEqual(add(row.buckets), row.total)
    const { token_requests: tokens, ...calls } = used.total
    for (const rows of [used.actions, used.keys]) {
      assert.deepEqual(add(rows.map((row) => ({ at: used.from, ...row.total }))), { ...calls, token_requests: 0 })
    }
    assert.equal(tokens, 1)
  }
})

test('limits, as they stand', { skip: missing }, async () => {
  const { name, id, key, post, call } = await connection()
  const limit = (used, called) => used.limits.find((one) => one.name === called)
  const before = await usage(name, '', key)
  assert.deepEqual(before.limits, [
    { name: 'three', action: 'Three', scope: 'connection', calls: 3, per_ms: 60000, left: 3, used: 0, reset_in: 0 },
    { name: 'each', action: 'Three', scope: 'caller', key: id, calls: 50, per_ms: 60000, left: 50, used: 0, reset_in: 0 },
  ])
  assert.deepEqual((await usage(name)).limits.map((one) => one.name), ['three'], 'nobody called yet')
  const answers = []
  for (let i = 0; i < 4; i++) answers.push(await post('/Three'))
  const used = await usage(name)
  const [, remaining, reset] = /r=(\d+);t=(\d+)/.exec(answers[3].headers.ratelimit)
  assert.equal(limit(used, 'three').left, Number(remaining))
  assert.ok(Number(reset) - limit(used, 'three').reset_in <= 1 && limit(used, 'three').reset_in > 50)
  const { leaving, ...each } = limit(used, 'each')
  assert.deepEqual({ ...each, reset_in: 0 }, { name: 'each', action: 'Three', scope: 'caller', key: id, calls: 50, per_ms: 60000, left: 47, used: 3, reset_in: 0 })
  assert.equal(leaving.reduce((sum, n) => sum + n), 3)
  assert.ok(!('paused_for' in used))
  await call('/throttled')
  const paused = (await usage(name)).paused_for
  assert.ok(paused > 25 && paused <= 30, `paused for ${paused}`)
})

test('when connections and keys were used last', { skip: missing }, async () => {
  const { name, id, post } = await connection()
  const unused = await connection()
  const began = Math.floor(Date.now() / 1000) * 1000
  await post('/GetAccessToken')
  const isNow = (time) => Date.parse(time) >= began && Date.parse(time) <= Date.now()
  const { connections } = await tenon.admin('GET', '/v1/connections?limit=1000')
  const listed = (of) => connections.find((one) => one.name === of)
  assert.ok(isNow(listed(name).last_used_at), listed(name).last_used_at)
  assert.ok(!('last_used_at' in listed(unused.name)))
  assert.ok(isNow((await tenon.admin('GET', `/v1/connections/${name}`)).last_used_at))
  assert.ok(isNow((await usage(name)).last_used_at))
  const { keys } = await tenon.admin('GET', '/v1/keys?limit=1000')
  assert.ok(isNow(keys.find((one) => one.id === id).last_used_at))
  assert.ok(!('last_used_at' in keys.find((one) => one.id === unused.id)))
})

test('a restart keeps the use, and forgets what only metrics count', { skip: missing }, async () => {
  const { name, id, post, call } = await connection()
  await times(5, () => post('/GetAccessToken'))
  await call('/missing')
  const before = [await usage(name), await usage(name, '?resolution=hour')]
  await tenon.restart()
  assert.equal((await read()).sum('tenon_calls_total'), 0)
  const keep = ({ total, actions, keys, last_used_at: used }) => ({ total, actions, keys, used })
  assert.deepEqual(keep(await usage(name)), keep(before[0]))
  assert.deepEqual(keep(await usage(name, '?resolution=hour')), keep(before[1]))
  assert.equal((await tenon.admin('GET', '/v1/connections?limit=1000')).connections.find((one) => one.name === name).last_used_at, before[0].last_used_at)
  assert.ok((await tenon.admin('GET', '/v1/keys?limit=1000')).keys.find((one) => one.id === id).last_used_at)
  await post('/GetAccessToken')
  assert.equal((await usage(name)).total.calls, 7)
  await tenon.restart()
  assert.equal((await usage(name)).total.calls, 7, 'added to what was there')
})

test('one that is removed takes its use along', { skip: missing }, async () => {
  const { name, post } = await connection()
  await times(3, () => post('/GetAccessToken'))
  await tenon.restart()
  await post('/GetAccessToken')
  await tenon.admin('DELETE', `/v1/connections/${name}`)
  await tenon.connect(name, 'peer', CLIENTS.body, 'cc')
  const used = await usage(name)
  assert.deepEqual([used.total, used.actions, used.keys], [NONE, [], []])
  assert.ok(!('last_used_at' in used))
  await tenon.restart()
  assert.deepEqual((await usage(name)).total, NONE)
})

test('what leaves the catalogue takes its series along', { skip: missing }, async () => {
  tenon.save('leaving', connector('leaving'))
  await until('the new connector', async () => (await read()).value('tenon_connectors') === 3)
  const leaving = await connection('leaving'), staying = await connection('other')
  await leaving.post('/GetAccessToken')
  await times(2, () => leaving.call('/things/1', { echo: true }))
  await staying.post('/GetAccessToken')
  const of = (told, id) => [...told.families.keys()].reduce((sum, name) => sum + told.all(name, { connector: id }).length, 0)
  const before = await read()
  assert.equal(before.value('tenon_calls_total', { connector: 'leaving', action: 'Get', status: '200' }), 2)

  // An action of another name: the old one's series go, the connector's stay.
  tenon.save('leaving', connector('leaving').replace('  Get: {', '  Fetch: {'))
  await until('the series of the old action to go', async () =>
    (await read()).all('tenon_calls_total', { connector: 'leaving', action: 'Get' }).length === 0)
  const renamed = await read()
  assert.equal(renamed.value('tenon_calls_total', { connector: 'leaving', action: 'GetAccessToken', status: '200' }), 1)
  assert.equal(renamed.value('tenon_token_requests_total', { connector: 'leaving', outcome: 'ok' }), 1)

  unlinkSync(join(tenon.connectors, 'leaving.yaml'))
  await until('the connector to leave', async () => (await read()).value('tenon_connectors') === 2)
  assert.equal(of(await read(), 'leaving'), 0)
  assertProblem(await leaving.call('/things/1'), 409, 'parameter_missing')
  assert.equal(of(await read(), 'leaving'), 0, 'and is not counted by name any more')
  assert.equal((await usage(leaving.name)).total.calls, 4, 'but the use of its connections is')
  assert.equal((await read()).value('tenon_calls_total', { connector: 'other', action: 'GetAccessToken', status: '200' }),
    before.value('tenon_calls_total', { connector: 'other', action: 'GetAccessToken', status: '200' }))

  tenon.save('leaving', connector('leaving'))
  await until('the connector to come back', async () => (await read()).value('tenon_connectors') === 3)
  await until('its connection to be callable', async () => (await leaving.post('/GetAccessToken')).status === 200)
  assert.equal((await read()).value('tenon_calls_total', { connector: 'leaving', action: 'GetAccessToken', status: '200' }), 1)
})

test('pages and calls at the same time lose nothing', { skip: missing }, async () => {
  const { name, post } = await connection()
  await post('/GetAccessToken')
  const first = await read()
  const rounds = Array.from({ length: 20 }, async () => {
    await times(10, async () => assert.equal((await post('/GetAccessToken')).status, 200))
  })
  const readers = Array.from({ length: 4 }, () => times(5, read))
  const users = Array.from({ length: 2 }, () => times(5, () => usage(name)))
  await Promise.all([...rounds, ...readers, ...users])
  assert.equal(gained(first, await read())('tenon_calls_total', { connector: 'peer', action: 'GetAccessToken', status: '200' }), 200)
  assert.equal((await usage(name)).total.calls, 201)
})

test('tenon connection usage', { skip: missing }, async () => {
  const { name, id, post, call } = await connection()
  await times(2, () => post('/Three'))
  await call('/missing')
  const run = (...words) => spawnSync(TENON, [...words, '--data', tenon.data], { encoding: 'utf8' })
  const told = run('connection', 'usage', name)
  assert.equal(told.status, 0, told.stderr)
  const lines = told.stdout.split('\n').map((line) => line.trim().split(/ {2,}/))
  const row = (first) => lines.find((line) => line[0] === first)
  assert.deepEqual(row('ACTION'), ['ACTION', 'CALLS', 'THROTTLED', 'UPSTREAM 429', 'ERRORS'])
  assert.deepEqual(row('Three'), ['Three', '2', '0', '0', '0'])
  assert.deepEqual(row('Missing'), ['Missing', '1', '0', '0', '1'])
  assert.deepEqual(row(id), [id, '3', '0', '0', '1'])
  assert.deepEqual(row('three').slice(0, 5), ['three', 'Three', 'connection', '3 in 60 s', '1'])
  assert.deepEqual(JSON.parse(run('connection', 'usage', name, '--json').stdout).total, (await usage(name)).total)
  assert.equal(JSON.parse(run('connection', 'usage', name, '--json', '--resolution', 'hour').stdout).resolution, 'hour')
  assert.equal(run('connection', 'usage', name, '--resolution', 'day').status, 2)
  assert.equal(run('connection', 'usage', 'no-such').status, 1)
  assert.match(run('connection', 'list').stdout, /LAST USED/)
  assert.match(run('key', 'list').stdout, /LAST USED/)
})
