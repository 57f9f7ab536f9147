// SPDX-License-Identifier: MIT
// Node-RED: its own runtime runs a flow that fetches a connector's document, and calls the actions that stand in it. What starts the
// flow and what it ends with come and go over HTTP, as in any flow.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'

import { startImported } from './lib/imported.mjs'
import { missing } from './lib/tenon.mjs'
import { close, listen, request, until } from './lib/util.mjs'

const require = createRequire(import.meta.url)

// Takes the operation out of the document and fills a request in: all that it knows of Tenon stands there.
const PREPARE = `
const document = msg.payload
const [path, method, operation] = Object.entries(document.paths).flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => [path, method, operation]))
  .find(([, , operation]) => operation.operationId === msg.operation)
const query = [], filled = {}
for (const { name, in: place, required, schema } of operation.parameters ?? []) {
  const value = msg.input[name]
  if (value === undefined && !required) continue
  filled[name] = value
  if (place === 'query') query.push(encodeURIComponent(name) + '=' + [value].flat().map(encodeURIComponent).join(','))
}
const scheme = Object.values(document.components.securitySchemes).find(({ type, in: place }) => type === 'apiKey' && place === 'header')
msg.url = document.servers[0].url + path.replace(/{([^}]+)}/g, (whole, name) => encodeURIComponent(filled[name])) + (query.length ? '?' + query.join('&') : '')
msg.method = method.toUpperCase()
msg.headers = { [scheme.name]: msg.key }
const [type] = Object.keys(operation.requestBody?.content ?? {})
if (type) msg.headers['content-type'] = type
msg.payload = type ? msg.input.body : undefined
return msg
`

const flow = (documentUrl, key) => [
  { id: 'tab', type: 'tab', label: 'Shop' },
  { id: 'in', z: 'tab', type: 'http in', url: '/call', method: 'post', wires: [['ask']] },
  { id: 'ask', z: 'tab', type: 'function', func: `msg.operation = msg.payload.operation\nmsg.input = msg.payload.input\nmsg.key = ${JSON.stringify(key)}\nmsg.url = ${JSON.stringify(documentUrl)}\nmsg.method = 'GET'\ndelete msg.headers\ndelete msg.payload\nreturn msg`, wires: [['document']] },
  { id: 'document', z: 'tab', type: 'http request', method: 'use', ret: 'obj', wires: [['prepare']] },
  { id: 'prepare', z: 'tab', type: 'function', func: PREPARE, wires: [['call']] },
  { id: 'call', z: 'tab', type: 'http request', method: 'use', ret: 'obj', wires: [['out']] },
  { id: 'out', z: 'tab', type: 'http response', wires: [] },
]

let shop, folder, server, runtime, url

before(async () => {
  if (missing) return
  shop = await startImported()
  folder = mkdtempSync(join(tmpdir(), 'tenon-node-red-'))
  writeFileSync(join(folder, 'flows.json'), JSON.stringify(flow(shop.documentUrl('3.0'), shop.key)))
  runtime = require('@node-red/runtime')
  const express = createRequire(require.resolve('@node-red/runtime'))('express')
  const app = express()
  server = createServer(app)
  url = `http://127.0.0.1:${await listen(server)}`
  const settings = { userDir: folder, httpAdminRoot: false, httpNodeRoot: '/', coreNodesDir: dirname(require.resolve('@node-red/nodes')), flowFile: 'flows.json', credentialSecret: false,
    disableEditor: true, logging: { console: { level: 'error' } }, externalModules: { autoInstall: false }, telemetry: { enabled: false } }
  require('@node-red/util').init(settings)
  runtime.init(settings, server, undefined)
  app.use(runtime.httpNode)
  await runtime.start()
  await until('the flow', async () => (await call('findThings', { kind: 'lamp' })).status === 200)
})
after(async () => {
  await runtime?.stop()
  if (server) await close(server)
  await shop?.stop()
  if (folder) rmSync(folder, { recursive: true, force: true })
})

const call = (operation, input) => {
  const body = JSON.stringify({ operation, input })
  return request(`${url}/call`, { method: 'POST', headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }, body })
}
const last = () => shop.api.requests.at(-1)

test('a flow finds, adds and renames', { skip: missing }, async () => {
  const found = await call('findThings', { kind: 'chair', sizes: [3, 4] })
  assert.equal(found.status, 200, found.text)
  assert.equal(found.json.url, '/v2/things?kind=chair&sizes=3,4')
  assert.equal(last().headers['x-shop-key'], shop.apiKey)
  const added = await call('addThing', { body: { name: 'lamp', size: null } })
  assert.equal(added.status, 200, added.text)
  assert.deepEqual(JSON.parse(last().text), { name: 'lamp', size: null })
  const renamed = await call('renameThing', { id: 7, body: { name: 'a b' } })
  assert.equal(renamed.status, 200, renamed.text)
  assert.deepEqual([last().method, last().path, last().text], ['PUT', '/v2/things/7', 'name=a+b'])
})

test('what the flow gets wrong is told to it', { skip: missing }, async () => {
  const refused = await call('findThings', { kind: 'table' })
  assert.equal(refused.status, 400, refused.text)
  assert.equal(refused.json.code, 'param_value')
})
