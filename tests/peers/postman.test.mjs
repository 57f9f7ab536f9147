// SPDX-License-Identifier: MIT
// Postman: the collection that openapi-to-postmanv2 makes of a connector's document, each of its requests sent to a running Tenon.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'

import { startImported } from './lib/imported.mjs'
import { missing } from './lib/tenon.mjs'
import { request } from './lib/util.mjs'

let shop, Converter, sdk

before(async () => {
  if (missing) return
  shop = await startImported()
  Converter = (await import('openapi-to-postmanv2')).default
  sdk = (await import('postman-collection')).default
})
after(() => shop?.stop())

async function collectionOf(version) {
  const data = (await request(shop.documentUrl(version))).text
  const told = await promisify(Converter.convertV2)({ type: 'string', data }, { parametersResolution: 'Example' })
  assert.ok(told.result, told.reason)
  return new sdk.Collection(told.output[0].data)
}

// As Postman does it: variables of the collection, the key that its user has filled in, the body in its mode.
async function send(item, variables) {
  const filled = new sdk.Request(JSON.parse(sdk.Property.replaceSubstitutions(JSON.stringify(item.request.toJSON()), variables)))
  const url = filled.url.toString().replace(/:(\w+)(?=\/|\?|$)/g, (whole, name) => (filled.url.variables.has(name) ? filled.url.variables.get(name) : whole))
  const body = filled.body?.isEmpty() === false ? filled.body : undefined
  const headers = { ...Object.fromEntries(filled.headers.filter(({ disabled }) => !disabled).map(({ key, value }) => [key, value])), 'x-api-key': shop.key }
  const text = body?.mode === 'urlencoded' ? new URLSearchParams(body.urlencoded.map(({ key, value }) => [key, value])).toString() : body?.raw
  return request(url, { method: filled.method, headers: { ...headers, ...(text && { 'content-length': Buffer.byteLength(text) }) }, body: text })
}

for (const version of ['2.0', '3.0', '3.1']) {
  test(`a collection of the document in ${version}`, { skip: missing }, async () => {
    const collection = await collectionOf(version)
    const items = []
    collection.forEachItem((item) => items.push(item))
    assert.deepEqual(items.map(({ name }) => name).sort(), ['Add a thing', 'Find things', 'Rename a thing'])
    assert.equal(collection.auth.type, 'apikey')
    shop.api.requests.length = 0
    for (const item of items) {
      const answer = await send(item, collection.variables.toObject())
      assert.equal(answer.status, 200, `${item.name}: ${answer.text}`)
    }
    const seen = Object.fromEntries(shop.api.requests.map((one) => [one.method, one]))
    assert.deepEqual(Object.keys(seen).sort(), ['GET', 'POST', 'PUT'])
    for (const one of Object.values(seen)) assert.equal(one.headers['x-shop-key'], shop.apiKey)
    assert.equal(seen.GET.path, '/v2/things')
    assert.ok(['lamp', 'chair'].includes(seen.GET.query.get('kind')))
    assert.equal(typeof JSON.parse(seen.POST.text).name, 'string')
    assert.match(seen.PUT.path, /^\/v2\/things\/\d+$/)
    assert.ok(new URLSearchParams(seen.PUT.text).has('name'))
  })
}
