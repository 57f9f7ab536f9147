// SPDX-License-Identifier: MIT
// Webhooks, received by npm standardwebhooks, which checks every signature: what is sent, what happens where the receiver fails,
// comes back, is gone, or where the host dies meanwhile.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'

import { Webhook } from 'standardwebhooks'

import { startApiServer } from './lib/api-server.mjs'
import { CLIENTS, startAuthorizationServer } from './lib/authorization-server.mjs'
import { definition, signIns } from './lib/connector.mjs'
import { run } from './lib/run.mjs'
import { ADMIN_KEY, assertProblem, missing, startTenon, TENON } from './lib/tenon.mjs'
import { close, listen, readAll, until } from './lib/util.mjs'

// Answers what `status` says, and keeps what it was sent, checked by the secrets it knows.
class Receiver {
  constructor() {
    this.status = 200
    this.taken = []
    this.refused = []
    this.server = createServer(async (req, res) => {
      const body = (await readAll(req)).toString()
      const { status } = this
      ;(status < 300 ? this.taken : this.refused).push({ headers: req.headers, body, event: JSON.parse(body) })
      res.writeHead(status, this.headers).end('what it says is of no interest')
    })
  }

  async start() {
    this.port = await listen(this.server)
    this.url = `http://127.0.0.1:${this.port}/hook`
    return this
  }

  verify({ body, headers }, secret = this.secret) { return new Webhook(secret).verify(body, headers) }

  types() { return this.taken.map(({ event }) => event.type) }
}

let server, api, tenon
const receivers = []
const receiver = async () => {
  const one = await new Receiver().start()
  receivers.push(one)
  return one
}
const actions = 'actions:\n  Who: {summary: Who am I, method: GET, path: /who}\n'

before(async () => {
  if (missing) return
  server = await startAuthorizationServer()
  api = await startApiServer()
  tenon = await startTenon({ connectors: { hr: definition('hr', api.url, signIns(server) + actions) } })
  await tenon.connect('acme', 'hr', CLIENTS.body, 'cc')
})
after(async () => {
  for (const one of receivers) await close(one.server)
  await tenon?.stop()
  await server?.stop()
  await api?.stop()
})

async function add(to, more = {}) {
  const made = await tenon.admin('POST', '/v1/webhooks', { url: to.url, ...more })
  assert.match(made.secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
  tenon.secrets.add(made.secret) // no further answer and no line of the log may hold it
  to.secret = made.secret
  to.id = made.id
  return made
}
const show = (one) => tenon.admin('GET', `/v1/webhooks/${one.id}`)
const change = (title) => tenon.admin('PATCH', '/v1/connections/acme', { title })
const remove = (one) => tenon.admin('DELETE', `/v1/webhooks/${one.id}`)
// The secret is told where it is made, and there the helper's watch for secrets would strike.
const secretOf = async (one, how) => {
  const known = [...tenon.secrets].filter((secret) => secret.startsWith('whsec_'))
  known.forEach((secret) => tenon.secrets.delete(secret))
  const made = await tenon.admin('POST', `/v1/webhooks/${one.id}/${how}`)
  ;[...known, made.secret].forEach((secret) => tenon.secrets.add(secret))
  return made.secret
}

test('what happens is delivered, signed, in order', { skip: missing }, async () => {
  const all = await receiver(), some = await receiver()
  await add(all)
  await add(some, { types: ['connection.removed', 'key.*'], title: 'Removals' })
  await tenon.connect('other', 'hr', CLIENTS.body, 'cc')
  await tenon.admin('DELETE', '/v1/connections/other')
  const { key } = await tenon.admin('POST', '/v1/keys', { role: 'caller', connections: ['acme'] })
  await until('all of it', () => all.taken.length === 3 && some.taken.length === 2)
  assert.deepEqual(all.types(), ['connection.created', 'connection.removed', 'key.created'])
  assert.deepEqual(some.types(), ['connection.removed', 'key.created'])
  const { events } = (await tenon.request('/v1/events?limit=3', { key: ADMIN_KEY })).json
  for (const [i, got] of all.taken.entries()) {
    assert.deepEqual(all.verify(got), events[i], 'what is signed is the event as it is listed')
    assert.equal(got.headers['webhook-id'], events[i].id)
    assert.equal(got.headers['content-type'], 'application/json')
    assert.throws(() => some.verify(got), /signature/i)
    assert.throws(() => all.verify({ ...got, body: got.body.replace('"type"', '"typo"') }), /signature/i)
    tenon.assertNoSecret(got.body, 'a webhook')
    assert.ok(!got.body.includes(key))
  }
  const shown = await show(some)
  assert.deepEqual([shown.state, shown.waiting, shown.last_status, shown.title, shown.types], ['active', 0, 200, 'Removals', ['connection.removed', 'key.*']])
  await remove(all)
  await remove(some)
})

test('only what is about a connection', { skip: missing }, async () => {
  const one = await receiver()
  await add(one, { connections: ['acme'] })
  await tenon.connect('third', 'hr', CLIENTS.body, 'cc')
  await change('Acme')
  await until('the change', () => one.taken.length)
  assert.deepEqual(one.taken.map(({ event }) => event.data.connection), ['acme'])
  await remove(one)
})

test('two secrets while one takes the place of the other', { skip: missing }, async () => {
  const one = await receiver()
  const { secret: before } = await add(one)
  const next = await secretOf(one, 'rotate')
  assert.notEqual(next, before)
  await change('Rotated')
  await until('the change', () => one.taken.length)
  const [got] = one.taken
  assert.match(got.headers['webhook-signature'], /^v1,\S{44} v1,\S{44}$/)
  one.verify(got, before)
  one.verify(got, next)
  await remove(one)
})

test('a receiver that fails is asked again, with the same id, over a restart, until it takes it', { skip: missing }, async () => {
  const one = await receiver()
  await add(one)
  one.status = 500
  await change('While it fails')
  await until('an attempt', () => one.refused.length)
  await change('A second one, which waits')
  const failing = await show(one)
  assert.deepEqual([failing.state, failing.waiting, failing.last_status, failing.last_error], ['retrying', 2, 500, 'the endpoint answered 500'])
  assert.ok(Date.parse(failing.next_attempt_at) > Date.now())
  await tenon.halt('SIGKILL')
  await tenon.start()
  const again = await show(one)
  assert.deepEqual([again.state, again.waiting, again.attempts], ['retrying', 2, failing.attempts], 'how far it had got is known')
  one.status = 200
  await until('both', () => one.taken.length === 2, 20000)
  assert.equal(one.taken[0].headers['webhook-id'], one.refused[0].headers['webhook-id'])
  assert.ok(one.taken[0].event.id < one.taken[1].event.id)
  for (const got of [...one.refused, ...one.taken]) one.verify(got)
  assert.equal(new Set([...one.refused, one.taken[0]].map(({ headers }) => headers['webhook-id'])).size, 1)
  const fine = await until('it to be active', async () => { const now = await show(one); return now.waiting === 0 && now })
  assert.deepEqual([fine.state, fine.last_error], ['active', undefined])
  await remove(one)
})

test('one that says that it is gone is switched off, and told what it missed when it is back', { skip: missing }, async () => {
  const one = await receiver(), watch = await receiver()
  await add(one)
  await add(watch, { types: ['webhook.off'] })
  one.status = 410
  await change('To nobody')
  await until('it to be off', async () => (await show(one)).state === 'off')
  await until('that to be told', () => watch.taken.length)
  assert.deepEqual(watch.taken[0].event.data, { webhook: one.id, detail: 'the endpoint answered 410' })
  one.status = 200
  await change('Unheard')
  await tenon.restart()
  assert.deepEqual([(await show(one)).state, one.taken.length], ['off', 0])
  await tenon.admin('POST', `/v1/webhooks/${one.id}/enable`)
  await until('what it missed', () => one.taken.length === 2)
  assert.deepEqual(one.types(), ['connection.changed', 'connection.changed'])
  await remove(one)
  await remove(watch)
})

test('a receiver that asks for a pause, redirects or is not there', { skip: missing }, async () => {
  const one = await receiver()
  await add(one)
  one.status = 503
  one.headers = { 'retry-after': '3000' }
  await change('Later')
  await until('the attempt', async () => (await show(one)).attempts === 1)
  assert.ok(Date.parse((await show(one)).next_attempt_at) > Date.now() + 2900 * 1000)
  await remove(one)
  const other = await receiver()
  await add(other)
  other.status = 302
  other.headers = { location: one.url }
  await change('Elsewhere')
  await until('the attempt', async () => (await show(other)).attempts >= 1)
  assert.deepEqual([(await show(other)).last_error, one.taken.length], ['the endpoint answered 302', 0], 'a redirect is not followed')
  await remove(other)
  const gone = await receiver()
  await close(gone.server)
  await add(gone)
  const report = await tenon.admin('POST', `/v1/webhooks/${gone.id}/test`)
  assert.equal(report.ok, false)
  assert.match(report.detail, /\S/)
  await remove(gone)
})

test('what is given up is told: after the last attempt, and where more happens than is kept', { skip: missing }, async () => {
  const one = await receiver()
  const dropped = async () => (await tenon.request('/v1/events?type=webhook.dropped', { key: ADMIN_KEY })).json.events.map((event) => event.data)
  await add(one, { types: ['connection.*'] })
  one.status = 500
  await change('Never taken')
  await until('an attempt', () => one.refused.length)
  await tenon.halt()
  const store = new DatabaseSync(join(tenon.data, 'tenon.db'))
  store.prepare("UPDATE record SET plain = json_set(plain, '$.attempts', 10, '$.next_ms', 0) WHERE kind = 'webhook_progress' AND id = ?").run(one.id)
  store.close()
  await tenon.start({ TENON_EVENTS_KEPT: '16' })
  const [given] = await until('it to be given up', async () => { const all = await dropped(); return all.length && all })
  assert.deepEqual(given, { webhook: one.id, event: one.refused[0].event.id, detail: 'all attempts have failed' })
  await remove(one)
  const other = await receiver()
  await add(other, { types: ['connection.*'] })
  other.status = 500
  await change('Does not fit')
  await until('an attempt', () => other.refused.length)
  for (let i = 0; i < 20; i++) await change(`More ${i}`)
  await until('the rest to be told', async () => (await dropped()).some((data) => data.webhook === other.id && data.detail.startsWith('there were more')))
  other.status = 200
  await until('the latest', () => other.taken.at(-1)?.event.type === 'connection.changed', 20000)
  await remove(other)
})

test('what is refused, and what the command line does', { skip: missing }, async () => {
  const path = '/v1/webhooks'
  for (const [json, pointer] of [[{ url: 'http://192.0.2.1/' }, '/url'], [{ url: 'https://10.0.0.1:9/' }, '/url'], [{ url: 'ftp://a.example.com' }, '/url'], [{ url: 'https://a.example.com/', types: ['call.done'] }, '/types'],
    [{ url: 'https://a.example.com/', types: [1] }, '/types'], [{ url: 'https://a.example.com/', connections: [''] }, '/connections']]) {
    const answer = await tenon.request(path, { key: ADMIN_KEY, json })
    assert.equal(answer.status, 400, `${JSON.stringify(json)} ${answer.text}`)
    assert.deepEqual(answer.json.errors.map((error) => error.pointer), [pointer])
  }
  assertProblem(await tenon.request(`${path}/nobody`, { key: ADMIN_KEY }), 404, 'not_found')
  const one = await receiver()
  const cli = async (...words) => (await run(TENON, ['webhook', ...words, '--data', tenon.data, '--connectors', tenon.connectors], { env: {} }))
  const made = await cli('add', one.url, '--type', 'connection.*', '--connection', 'acme', '--json')
  const { id, secret, types } = JSON.parse(made.stdout)
  assert.deepEqual(types, ['connection.*'])
  assert.equal((await cli('test', id)).stdout, 'taken\n')
  one.secret = secret
  assert.equal(one.verify(one.taken[0]).type, 'webhook.test')
  const [headings, row] = (await cli('list')).stdout.split('\n')
  assert.match(headings, /^ID +STATE +WAITING +NEXT ATTEMPT +LAST DELIVERED +URL +LAST ERROR$/)
  assert.match(row, new RegExp(`^${id} +active +0 +- +- +${one.url} +-$`))
  const rotated = (await cli('rotate', id)).stdout.trim()
  assert.ok(rotated.startsWith('whsec_') && rotated !== secret)
  one.status = 500
  const failed = await cli('test', id)
  assert.deepEqual([failed.status, failed.stdout], [1, 'not taken: the endpoint answered 500\n'])
  assert.equal((await cli('enable', id)).status, 0)
  assert.equal((await cli('remove', id)).status, 0)
  assert.equal((await tenon.admin('GET', path)).webhooks.length, 0)
  for (const text of [secret, rotated]) assert.ok(!tenon.log.includes(text))
})
