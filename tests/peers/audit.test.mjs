// SPDX-License-Identifier: MIT
// The audit trail of a real host: every route and every command that changes something leaves its line; whoever is refused does;
// no line can be changed unnoticed; where none can be written, nothing is changed.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { straceMissing } from '../reliability/lib/strace.mjs'
import { CLIENTS, DEVICE_CLIENT, startAuthorizationServer } from './lib/authorization-server.mjs'
import { Browser, readForm } from './lib/browser.mjs'
import { definition, signIns } from './lib/connector.mjs'
import { run } from './lib/run.mjs'
import { ADMIN_KEY, assertProblem, missing, ROOT, startTenon, TENON } from './lib/tenon.mjs'
import { until } from './lib/util.mjs'

const read = (file) => readFileSync(join(ROOT, file), 'utf8')
let server, tenon, reader

const API = (to) => `${signIns(to)}    code:
      type: device_code
      parameters: {client_id: {type: string, required: true}}
      device_url: ${to.url}/device/auth
      token_url: ${to.url}/token
      client_auth: none
actions:
  GetAccessToken: {summary: Get a token, token: connection}
`
const HOSTED = (to) => `connection:
  auth:
    cc:
      type: client_credentials
      parameters:
        client_id: {type: string, required: true}
        client_secret: {type: string, secret: true, required: true, ask: admin}
      token_url: ${to.url}/token
      client_auth: body
actions:
  GetAccessToken: {summary: Get a token, token: connection}
`

before(async () => {
  if (missing) return
  server = await startAuthorizationServer()
  tenon = await startTenon({ connectors: { api: definition('api', server.url, API(server)), hosted: definition('hosted', server.url, HOSTED(server)) } })
  tenon.keepSecret(CLIENTS.body)
  await tenon.connect('acme', 'api', CLIENTS.body, 'cc')
  reader = await tenon.key(['acme'], ['token'])
})
after(async () => {
  await tenon?.stop()
  await server?.stop()
})

const lines = async (query = '', on = tenon) => (await on.admin('GET', `/v1/audit?limit=1000${query}`)).lines
const linesOf = (answer, on = tenon) => lines(`&request_id=${answer.headers['x-request-id']}`, on)

// --- every route ---

const ask = async (method, path, json, key = ADMIN_KEY) => {
  const answer = await tenon.request(path, { method, key, echo: true, ...(json !== undefined && { json }) })
  assert.ok(answer.status < 400, `${method} ${path}: ${answer.status} ${answer.text}`)
  return answer
}
const beside = async (...words) => {
  const said = await own(...words)
  assert.equal(said.status, 0, said.stderr)
  const [last] = await lines('&order=newest')
  return { headers: { 'x-request-id': last.request_id } }
}
let hook
// Asked in this order. Each answers the request that was made, and what its line must tell.
const SCENARIOS = {
  'PUT /v1/connectors/{connector}/parameters': async () => [
    await ask('PUT', '/v1/connectors/hosted/parameters', { parameters: { client_secret: CLIENTS.body.client_secret } }), { what: 'parameters.changed', object: 'hosted', fields: ['client_secret'] }],
  'POST /v1/connections': async () => [
    await ask('POST', '/v1/connections', { name: 'made', connector: 'api', auth: 'cc', parameters: CLIENTS.body }),
    { what: 'connection.created', object: 'made', fields: ['client_id', 'client_secret'], details: { connector: 'api', auth: 'cc' } }],
  'PATCH /v1/connections/{connection}': async () => [
    await ask('PATCH', '/v1/connections/made', { title: 'CANARY-title', parameters: CLIENTS.body }), { what: 'connection.changed', object: 'made', fields: ['title', 'client_id', 'client_secret'] }],
  'POST /v1/connections/{connection}/test': async () => [await ask('POST', '/v1/connections/made/test'), { what: 'connection.tested', object: 'made' }],
  'POST /v1/connections/{connection}/reset': async () => [await ask('POST', '/v1/connections/made/reset'), { what: 'connection.reset', object: 'made' }],
  'POST /v1/connections/{connection}/sign-in': async () => {
    await tenon.connect('by-code', 'api', DEVICE_CLIENT, 'code')
    return [await ask('POST', '/v1/connections/by-code/sign-in'), { what: 'connection.sign_in_begun', object: 'by-code' }]
  },
  'DELETE /v1/connections/{connection}': async () => [await ask('DELETE', '/v1/connections/made'), { what: 'connection.removed', object: 'made' }],
  'POST /v1/session': async () => [await ask('POST', '/v1/session', { key: ADMIN_KEY }, null), { what: 'session.begun' }],
  'DELETE /v1/session': async () => {
    const begun = await ask('POST', '/v1/session', { key: ADMIN_KEY }, null)
    const headers = { cookie: begun.headers['set-cookie'][0].split(';')[0], 'x-tenon-csrf': begun.json.csrf, origin: tenon.url }
    return [await tenon.request('/v1/session', { method: 'DELETE', headers }), { what: 'session.ended' }]
  },
  'POST /v1/keys': async () => {
    const answer = await ask('POST', '/v1/keys', { role: 'caller', connections: ['acme'], rights: ['token'], expires_in: 3600 })
    return [answer, { what: 'key.created', object: answer.json.id, details: { role: 'caller', connections: ['acme'], rights: ['token'], expires_in: 3600 } }]
  },
  'DELETE /v1/keys/{id}': async () => {
    const { id } = await tenon.admin('POST', '/v1/keys', { role: 'caller' })
    return [await ask('DELETE', `/v1/keys/${id}`), { what: 'key.revoked', object: id }]
  },
  'POST /v1/connect-sessions': async () => [
    await ask('POST', '/v1/connect-sessions', { connector: 'api', name: 'linked', requester: 'Somebody' }), { what: 'connect_session.created', object: 'linked' }],
  'POST /connect/{session}': async () => {
    const { url } = await tenon.admin('POST', '/v1/connect-sessions', { connector: 'api', name: 'filled', auths: ['cc'] })
    const browser = new Browser(), page = await browser.open(url)
    const { action, values } = readForm(page.text)
    const form = Object.fromEntries(Object.keys(values).map((name) => [name, CLIENTS.body[/client_(id|secret)$/.exec(name)?.[0]] ?? values[name]]))
    const answer = await browser.once(new URL(action, page.url).href, { method: 'POST', form })
    assert.ok([302, 303].includes(answer.status), answer.text)
    return [answer, { what: 'connection.created', object: 'filled', actor: 'connect_session', key: 'env' }]
  },
  'POST /v1/webhooks': async () => {
    const answer = await ask('POST', '/v1/webhooks', { url: `${server.url}/CANARY-hook`, types: ['key.*'] })
    hook = answer.json.id
    return [answer, { what: 'webhook.added', object: hook }]
  },
  'POST /v1/webhooks/{id}/rotate': async () => [await ask('POST', `/v1/webhooks/${hook}/rotate`), { what: 'webhook.rotated', object: hook }],
  'POST /v1/webhooks/{id}/test': async () => [await ask('POST', `/v1/webhooks/${hook}/test`), { what: 'webhook.tested', object: hook }],
  'POST /v1/webhooks/{id}/enable': async () => [await ask('POST', `/v1/webhooks/${hook}/enable`), { what: 'webhook.enabled', object: hook }],
  'DELETE /v1/webhooks/{id}': async () => [await ask('DELETE', `/v1/webhooks/${hook}`), { what: 'webhook.removed', object: hook }],
  'POST /v1/keyring/rotate': async () => [await ask('POST', '/v1/keyring/rotate'), { what: 'keyring.key_added', object: 'keyring' }],
  // No key opens these: the command line beside the host asks for them.
  'POST /v1/keyring/rewrap': async () => {
    const file = join(tenon.folder, 'next.key')
    writeFileSync(file, `${'5a'.repeat(32)}\n`, { mode: 0o600 })
    return [await beside('keyring', 'rewrap', '--new-master-key-file', file), { what: 'keyring.rewrapped', object: 'keyring', actor: 'command_line', key: 'local', details: { in_place: false } }]
  },
  'POST /v1/backups': async () => [await beside('backup', join(tenon.folder, 'backup')), { what: 'backup.made', object: 'store', actor: 'command_line', key: 'local' }],
  'GET /v1/connections/{connection}/token': async () => [await ask('GET', '/v1/connections/acme/token', undefined, reader), { what: 'token.read', object: 'acme', key: reader.slice(4, 12) }],
}

function routes() {
  const source = read('src/api/routes.c')
  const rows = [...source.slice(source.indexOf('ROUTES[] = {'), source.indexOf('const size_t ROUTE_COUNT')).matchAll(/\{"([A-Z]+)",\s*"([^"]+)",.*?(\w+)\},/g)]
  assert.ok(rows.length > 25)
  return rows.map(([, method, path, handler]) => ({ name: `${method} ${path}`, method, handler }))
}

test('every route that is not GET has a row in route_lines.c and here', () => {
  const told = new Set([...read('src/api/route_lines.c').matchAll(/\{(\w+), AUDIT_\w+\}/g)].map(([, handler]) => handler))
  const changing = routes().filter(({ method, handler }) => method !== 'GET' || told.has(handler))
  assert.deepEqual(changing.filter(({ handler }) => !told.has(handler)).map(({ name }) => name), [], 'src/api/route_lines.c')
  assert.deepEqual(changing.map(({ name }) => name).sort(), Object.keys(SCENARIOS).sort())
})

test('every route that changes something leaves its line', { skip: missing }, async () => {
  for (const [name, scenario] of Object.entries(SCENARIOS)) {
    const [answer, wanted] = await scenario()
    const found = (await linesOf(answer)).find((line) => line.what === wanted.what)
    assert.ok(found, `${name}: no line`)
    const expected = { actor: 'key', key: 'env', outcome: 'done', ...wanted }
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((member) => [member, found[member]])), expected, name)
    assert.match(found.address, found.actor === 'command_line' ? /^local$/ : /^127\.0\.0\.1:\d+$/, name)
  }
  const [opened] = await lines('&what=connect_session.opened&object=filled')
  const [made] = await lines('&what=connect_session.created&object=filled')
  assert.deepEqual([opened.session, opened.key], [made.details.session, 'env'])
  assert.equal((await lines('&what=connection.tested&object=filled'))[0].session, made.details.session)
  assert.ok(!JSON.stringify(await lines()).includes('CANARY'), 'names, never a value')
})

test('calls leave none', { skip: missing }, async () => {
  const before = (await lines('&order=newest'))[0].seq
  for (let i = 0; i < 5; i++) await tenon.post('/run/api/acme/GetAccessToken', { key: reader })
  assert.equal((await lines('&order=newest'))[0].seq, before)
})

test('what is refused leaves its line, and a flood of it few', { skip: missing }, async () => {
  const shown = await tenon.request('/v1/keys', { key: `tnk_${'a'.repeat(8)}_${'b'.repeat(49)}` })
  const forbidden = await tenon.request('/v1/connections/acme', { method: 'DELETE', key: reader })
  const others = await tenon.request('/v1/connections/filled', { key: reader })
  const twice = await tenon.request('/v1/connections', { key: ADMIN_KEY, json: { name: 'acme', connector: 'api', auth: 'cc', parameters: CLIENTS.body } })
  const rows = [
    [shown, 401, { what: 'access.refused', actor: 'stranger', code: 'unauthorized' }], [forbidden, 403, { what: 'connection.removed', object: 'acme', code: 'forbidden', key: reader.slice(4, 12) }],
    [others, 404, { what: 'access.refused', object: 'filled', code: 'not_found' }], [twice, 409, { what: 'connection.created', object: 'acme', code: 'connection_exists' }],
  ]
  for (const [answer, status, wanted] of rows) {
    assert.equal(answer.status, status, answer.text)
    const [found] = await linesOf(answer)
    assert.ok(found, JSON.stringify(wanted))
    assert.deepEqual(Object.fromEntries(Object.keys(wanted).map((member) => [member, found[member]])), wanted)
    assert.equal(found.outcome, 'refused')
  }
  const inputs = await tenon.request('/run/api/acme/people/CANARY-input', { key: 'tnk_no' })
  assert.equal(inputs.status, 401)
  assert.equal((await linesOf(inputs))[0].details.path, '/run/api/acme/')
  const before = (await lines('&order=newest'))[0].seq
  for (let i = 0; i < 100; i++) await tenon.request(`/v1/keys/${i}`)
  assert.ok((await lines('&order=newest'))[0].seq - before <= 30)
})

test('hostile texts stay texts in one line', { skip: missing }, async () => {
  const bell = '\u001b]0;owned\u0007\u202e\r\n{"seq":1}'
  const answer = await tenon.request(`/v1/keys/${encodeURIComponent(bell)}`, { method: 'DELETE', key: ADMIN_KEY })
  assert.equal(answer.status, 404)
  const [found] = await linesOf(answer)
  assert.equal(found.object, bell)
  const long = await tenon.request('/v1/connections', { key: ADMIN_KEY, json: { name: 'x'.repeat(60000), connector: 'api', parameters: Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`${i}é`.repeat(99), 1])) } })
  assert.equal(long.status, 400)
  const [cut] = await linesOf(long)
  assert.ok(cut.object.length < 300 && JSON.stringify(cut).length < 9000, JSON.stringify(cut).length)
  const { stdout } = await cli('list', '--last', '1000')
  // eslint-disable-next-line no-control-regex
  assert.doesNotMatch(stdout.replaceAll('\n', ''), /[\u0000-\u001f\u007f\u202e]/)
  assert.equal((await verify()).ok, true)
})

test('definitions and the host itself', { skip: missing }, async () => {
  tenon.options.faulty = true
  tenon.save('later', definition('later', server.url, API(server)))
  const [loaded] = await until('it to be told', async () => { const all = await lines('&what=definition.loaded&object=later'); return all.length && all })
  assert.match(loaded.details.sha256, /^[0-9a-f]{64}$/)
  tenon.save('later', 'tenon: 1\n')
  await until('that it has faults', async () => (await lines('&what=definition.refused&object=later')).length)
  rmSync(join(tenon.connectors, 'later.yaml'))
  await until('that it is gone', async () => (await lines('&what=definition.removed&object=later')).length)
  await tenon.restart()
  const told = (await lines()).filter((line) => line.what.startsWith('host.'))
  assert.deepEqual(told.map((line) => line.what), ['host.started', 'host.stopped', 'host.started'])
})

// --- the command line ---

const cli = (...args) => run(TENON, ['audit', ...args, '--connectors', tenon.connectors, '--data', tenon.data], { env: { PATH: process.env.PATH } })
const verify = async () => {
  const { status, stdout } = await cli('verify', '--json')
  return { status, ...JSON.parse(stdout) }
}

// Every command that has a host, by its line or as one that only reads; those of other processes are not here.
const READS = /^tenon (lint|schema|openapi|import \w+|export \w+|serve|health|help|call|restore|audit (list|verify)|key list|events|keyring status|webhook list|connection (list|show|test|usage|sign-in))\b/
const theHook = async () => JSON.parse((await own('webhook', 'list', '--json')).stdout)[0].id
const COMMANDS = {
  'tenon key add': [['key', 'add'], 'key.created'],
  'tenon key revoke': [async () => ['key', 'revoke', JSON.parse((await own('key', 'add', '--json')).stdout).id], 'key.revoked'],
  'tenon set': [['set', 'hosted', 'client_secret=env:SECRET'], 'parameters.changed'],
  'tenon connect': [['connect', 'api', '--name', 'own', '--auth', 'cc', `client_id=${CLIENTS.body.client_id}`, 'client_secret=env:SECRET'], 'connection.created'],
  'tenon connection accept': [['connection', 'accept', 'own'], 'connection.accepted'],
  'tenon connection reset': [['connection', 'reset', 'own'], 'connection.reset'],
  'tenon connection remove': [['connection', 'remove', 'own'], 'connection.removed'],
  'tenon webhook add': [['webhook', 'add', () => `${server.url}/hook`, '--type', 'key.*'], 'webhook.added'],
  'tenon webhook rotate': [['webhook', 'rotate', theHook], 'webhook.rotated'],
  'tenon webhook test': [['webhook', 'test', theHook], 'webhook.tested'],
  'tenon webhook enable': [['webhook', 'enable', theHook], 'webhook.enabled'],
  'tenon webhook remove': [['webhook', 'remove', theHook], 'webhook.removed'],
  'tenon keyring rotate': [['keyring', 'rotate'], 'keyring.key_added'],
  'tenon keyring rewrap': [['keyring', 'rewrap', '--new-master-key-file', () => join(tenon.folder, 'next.key')], 'keyring.rewrapped'],
  'tenon backup': [['backup', () => join(tenon.folder, 'backup-2')], 'backup.made'],
}
const own = (...args) => run(TENON, [...args, '--connectors', tenon.connectors, '--data', tenon.data],
  { env: { PATH: process.env.PATH, TENON_EGRESS_ALLOW: '127.0.0.0/8', SECRET: CLIENTS.body.client_secret } })

test('every command that changes something leaves its line, without a host', { skip: missing }, async () => {
  const listed = [...read('docs/COMMANDS.md').matchAll(/^(tenon \w+(?: (?:[a-z]+-)?[a-z]+(?= |$))?)/gm)].map(([, line]) => line)
  assert.ok(listed.length > 15)
  const known = (line) => READS.test(line) || Object.keys(COMMANDS).some((name) => line.startsWith(name))
  assert.deepEqual([...new Set(listed.filter((line) => !known(line)))], [], 'a row in COMMANDS, or in READS')
  await tenon.halt()
  for (const [name, [words, what]] of Object.entries(COMMANDS)) {
    const before = JSON.parse((await cli('list', '--json', '--last', '1')).stdout)[0].seq
    const said = await own(...await Promise.all((typeof words === 'function' ? await words() : words).map((word) => (typeof word === 'function' ? word() : word))))
    assert.ok(said.status === 0 || what === 'webhook.tested', `${name}: ${said.stderr}`) // that nobody takes it is said by 1
    const told = JSON.parse((await cli('list', '--json', '--last', '5')).stdout).filter((line) => line.seq > before)
    const found = told.find((line) => line.what === what)
    assert.ok(found, `${name}: ${JSON.stringify(told)}`)
    assert.deepEqual([found.actor, found.outcome], ['command_line', 'done'])
  }
  assert.deepEqual([(await verify()).status, (await verify()).ok], [0, true])
  assert.match((await cli('verify')).stdout, /^as it was written: \d+ lines/)
  await tenon.start()
  assert.equal((await verify()).ok, true, 'beside a running host')
})

test('who takes a line away is found out, beside a running host', { skip: missing }, async () => {
  const folder = join(tenon.data, 'audit'), newest = join(folder, readdirSync(folder).sort().at(-1))
  const whole = readFileSync(newest, 'utf8'), all = whole.trimEnd().split('\n')
  writeFileSync(newest, `${all.toSpliced(4, 1).join('\n')}\n`)
  const said = await cli('verify')
  assert.equal(said.status, 1)
  assert.match(said.stdout, /^not as it was written: .*\nline 5 is missing \(trail-\d+\.jsonl:5\)/)
  writeFileSync(newest, whole)
  assert.equal((await verify()).ok, true)
})

// --- a disk that takes no more lines ---

test('where no line can be written nothing is changed, and calls go on', { skip: missing || straceMissing }, async () => {
  const full = await startTenon({ connectors: { api: definition('api', server.url, API(server)) } })
  try {
    full.keepSecret(CLIENTS.body)
    await full.connect('acme', 'api', CLIENTS.body, 'cc')
    const key = await full.key(['acme'], ['token'])
    await full.halt()
    const [name] = readdirSync(join(full.data, 'audit'))
    full.under = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', 'signal=none', '-P', join(full.data, 'audit', name), '-e', 'trace=write', '-e', 'inject=write:error=ENOSPC']
    await full.start()
    await until('it to notice', () => /audit\.unavailable/.test(full.log))
    const change = () => full.request('/v1/keys', { key: ADMIN_KEY, json: { role: 'caller' } })
    assertProblem(await change(), 503, 'audit_unavailable')
    assertProblem(await full.request('/v1/connections/acme', { method: 'DELETE', key: ADMIN_KEY }), 503, 'audit_unavailable')
    assertProblem(await full.request('/v1/connections/acme/token', { key }), 503, 'audit_unavailable')
    assertProblem(await full.request('/v1/session', { json: { key: ADMIN_KEY } }), 503, 'audit_unavailable')
    assert.equal((await full.post('/run/api/acme/GetAccessToken', { key })).status, 200, 'calls go on')
    assert.equal((await full.request('/readyz')).status, 200)
    assert.equal(await full.metric('tenon_audit_up'), 0)
    assert.equal((await full.admin('GET', '/v1/keys')).keys.length, 1, 'nothing was made')
    await full.halt('SIGKILL')
    full.under = []
    await full.start()
    assert.equal((await change()).status, 201)
    assert.deepEqual((await lines('&what=host.started', full)).length, 2, 'that of the start that could not be told is lost with its process')
    assert.equal((await full.admin('GET', '/v1/audit/verify')).ok, true)
  } finally {
    await full.stop()
  }
})

