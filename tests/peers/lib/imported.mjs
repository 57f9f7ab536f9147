// SPDX-License-Identifier: MIT
// An OpenAPI 3.1 document as somebody has it, imported and hosted: what tools that read Tenon's own documents are tried with.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { startApiServer } from './api-server.mjs'
import { run } from './run.mjs'
import { startTenon, TENON } from './tenon.mjs'

const API_KEY = 'CANARY-api-key-of-the-shop'

const document = (server) => `openapi: 3.1.0
info: {title: Shop, version: 1.0.0, description: Sells things.}
servers: [{url: "${server}/v2"}]
security: [{key: []}]
paths:
  /things:
    get:
      operationId: findThings
      summary: Find things
      parameters:
        - {name: kind, in: query, required: true, schema: {type: string, enum: [lamp, chair]}, example: lamp}
        - {name: sizes, in: query, schema: {type: array, items: {type: integer}, examples: [[1, 2]]}, explode: false}
        - {name: X-Trace, in: header, schema: {type: string}, example: t-1}
      responses: {"200": {description: Things, content: {application/json: {schema: {type: object}}}}}
    post:
      operationId: addThing
      summary: Add a thing
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}}
      responses: {"200": {description: The thing, content: {application/json: {schema: {type: object}}}}}
  /things/{id}:
    put:
      operationId: renameThing
      summary: Rename a thing
      parameters: [{name: id, in: path, required: true, schema: {type: integer}, example: 7}]
      requestBody: {content: {application/x-www-form-urlencoded: {schema: {type: object, required: [name], properties: {name: {type: string, example: a b}, tags: {type: array, items: {type: string}}}}}}}
      responses: {"200": {description: The thing, content: {application/json: {schema: {type: object}}}}}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Shop-Key}}
  schemas:
    Thing: {type: object, required: [name], properties: {name: {type: string, example: lamp}, size: {type: [number, "null"]}, maker: {anyOf: [{$ref: "#/components/schemas/Maker"}, {type: "null"}]}}}
    Maker: {type: object, properties: {name: {type: string, example: Ann}}}
`

// {api, tenon, key, apiKey, documentUrl(version), stop}
export async function startImported() {
  const folder = mkdtempSync(join(tmpdir(), 'tenon-imported-'))
  const api = await startApiServer()
  writeFileSync(join(folder, 'shop.yaml'), document(api.url))
  const told = await run(TENON, ['import', 'openapi', join(folder, 'shop.yaml'), '--out', join(folder, 'connectors')])
  assert.equal(told.status, 0, told.stderr)
  const tenon = await startTenon({ connectors: { shop: readFileSync(join(folder, 'connectors/shop.yaml'), 'utf8') } })
  await tenon.connect('mine', 'shop', { key: API_KEY })
  return { api, tenon, apiKey: API_KEY, key: await tenon.key(['mine']),
    documentUrl: (version) => `${tenon.url}/v1/connectors/shop/openapi.json?version=${version}`,
    stop: async () => {
      await tenon.stop()
      await api.stop()
      rmSync(folder, { recursive: true, force: true })
    } }
}
