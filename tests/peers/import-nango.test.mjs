// SPDX-License-Identifier: MIT
// Providers of Nango, imported and run: what arrives at the services - sign-in page, token, API, renewal - is what the catalogue
// prescribes, read by an interpreter of its own (lib/nango.mjs), byte for byte (lib/nango-run.mjs). The catalogue is read where it is.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import YAML from 'yaml'

import { resolve } from './lib/nango.mjs'
import * as run from './lib/nango-run.mjs'
import { ADMIN_KEY, assertProblem, TENON } from './lib/tenon.mjs'

const { skip } = run
before(async () => { if (!skip) await run.startComparison() })
after(() => run.stopComparison())

test('every provider is imported, or refused for a reason that is told; what is written loads clean', { skip }, () => {
  const files = readdirSync(join(run.folder, 'out'))
  assert.deepEqual(run.report.map((entry) => entry.source).sort(), Object.keys(run.all).sort())
  assert.equal(files.length, run.report.filter((entry) => entry.connector).length)
  for (const entry of run.report.filter((e) => e.failed)) assert.ok(entry.notes.some((note) => note.reason === entry.failed), entry.source)
  assert.ok(files.length >= 90, `${files.length} of ${run.report.length}`)
  execFileSync(TENON, ['lint', join(run.folder, 'out')])
})

test('the same catalogue gives the same files', { skip }, () => {
  run.importTo('again')
  for (const file of readdirSync(join(run.folder, 'out'))) assert.equal(readFileSync(join(run.folder, 'again', file), 'utf8'), readFileSync(join(run.folder, 'out', file), 'utf8'))
})

test('what a provider marks secret, and what is one by its name, is secret in the definition', { skip }, () => {
  for (const { source: id, connector } of run.report.filter((entry) => entry.connector)) {
    const def = resolve(run.all, id), out = YAML.parse(readFileSync(join(run.folder, 'out', `${connector}.yaml`), 'utf8'))
    const fields = { ...out.connection.parameters, ...Object.values(out.connection.auth)[0].parameters }
    for (const [name, field] of Object.entries({ ...def.connection_config, ...def.credentials })) {
      const own = fields[name]
      if (own && (field.secret || /password$|secret$|apiKey$|privateKey$/i.test(name)) && field.default_value === undefined) assert.equal(own.secret, true, `${id} ${name}`)
      if (own?.pattern && field.pattern) assert.equal(own.pattern, run.NARROWED[`${id} ${name}`] ?? field.pattern, `${id} ${name}`)
    }
  }
})

test('requests are those that the catalogue prescribes', { skip }, async (t) => {
  for (const { connector: id } of run.report.filter((entry) => entry.connector)) {
    await t.test(id, () => run.compareProvider(id))
  }
})

// By their meaning they are in the definition; whatever else a provider says is told in its report.
const CARRIED = ['display_name', 'categories', 'auth_mode', 'alias', 'docs', 'docs_connect', 'setup_guide_url', 'proxy', 'connection_config', 'credentials', 'integration_config',
  'assertion_option', 'token_url', 'token_params', 'token_headers', 'token_request_method', 'token_request_auth_method', 'token_response', 'token_response_metadata',
  'token_response_headers', 'token_expires_in_ms', 'expires_in_unit', 'body_format', 'authorization_url', 'authorization_params', 'authorization_method',
  'authorization_url_fragment', 'authorization_url_replacements', 'authorization_url_skip_empty', 'authorization_code_param_in_callback', 'redirect_uri_metadata',
  'disable_pkce', 'scope_separator', 'default_scopes', 'refresh_url', 'refresh_params', 'refresh_token_params', 'refresh_token_headers', 'additional_steps', 'signature',
  'token', 'assertion', 'client_registration', 'registration_url', 'registration_params', 'request_url', 'request_params', 'signature_method',
  'require_client_certificate', 'alternate_access_token_response_path', 'proxy.base_url', 'proxy.headers', 'proxy.query', 'proxy.body', 'proxy.retry', 'proxy.verification']
test('nothing that a provider says is lost in silence', { skip }, () => {
  for (const { source: id, connector, notes } of run.report) {
    const def = resolve(run.all, id), told = notes.map((note) => note.detail.split(':')[0])
    const keys = [...Object.keys(def), ...Object.keys(def.proxy ?? {}).map((key) => `proxy.${key}`)]
    if (connector) assert.deepEqual(keys.filter((key) => !CARRIED.includes(key) && !told.includes(key)), [], id)
  }
})

test('a value that holds a template arrives as it is', { skip }, () => {
  assert.ok(run.verbatim.size > 15, [...run.verbatim].join(', '))
})

const connectors = () => run.report.filter((entry) => entry.connector).map((entry) => entry.connector)
test('no connection shows a secret', { skip }, async () => {
  for (const id of connectors()) {
    const { def, v, auth } = run.prepared(id)
    const out = YAML.parse(readFileSync(join(run.folder, 'out', `${id}.yaml`), 'utf8'))
    const fields = { ...out.connection.parameters, ...out.connection.auth[auth].parameters }
    const secrets = Object.entries(fields).filter(([, field]) => field.secret).map(([name]) => name)
    const values = { ...v.connectionConfig, ...v.credentials, client_secret: v.clientSecret, consumer_secret: v.clientSecret }
    const [shown, admins] = await Promise.all([`/v1/connections/${run.nameOf(id)}`, `/v1/connectors/${id}/parameters`].map((path) => run.tenon.admin('GET', path)))
    const open = Object.entries(values).filter(([name]) => !secrets.includes(name)).map(([, value]) => value)
    for (const name of secrets) {
      if (shown.parameters[name] !== undefined) assert.deepEqual(shown.parameters[name], { set: true }, `${id} ${name}`)
      for (const text of [JSON.stringify(shown), JSON.stringify(admins)]) assert.ok(!values[name] || open.includes(values[name]) || !text.includes(JSON.stringify(values[name])), `${id} ${name}`)
    }
    assert.equal(shown.connector, id, def.display_name)
  }
})

const MISFITS = ['§', ' ', '!', 'a/b', '${connection.x}', '-']
test('a value that breaks a pattern of the catalogue is refused by the server', { skip }, async () => {
  let tried = 0
  for (const id of connectors()) {
    const { def, auth, mine } = run.prepared(id)
    const fields = { ...def.connection_config, ...def.credentials }
    const [name, field] = Object.entries(fields).find(([one, { pattern }]) => pattern && mine[one] !== undefined) ?? []
    const misfit = field && MISFITS.find((value) => !new RegExp(field.pattern).test(value))
    if (!misfit) continue
    const answer = await run.tenon.request('/v1/connections', { method: 'POST', key: ADMIN_KEY, json: { name: `bad-${++tried}`, connector: id, auth, parameters: { ...mine, [name]: misfit } } })
    const problem = assertProblem(answer, 400, answer.json.code)
    assert.deepEqual(problem.errors?.map((error) => error.pointer), [`/parameters/${name}`], `${id}: ${answer.text}`)
    assert.ok(!answer.text.includes(JSON.stringify(misfit)) || misfit.length < 3, answer.text)
  }
  assert.ok(tried > 15, String(tried))
})
