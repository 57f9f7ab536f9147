// SPDX-License-Identifier: MIT
// An OpenAPI 3.1 document as a contract: holds answers against it, and remembers what of it was seen. A status is seen when
// every media type that it names was; of `*/*` any other one.
import assert from 'node:assert/strict'

import Ajv2020 from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

// Answers may not hold what the document does not tell, though clients must bear it.
function strictly(schema, withinAllOf = false) {
  if (Array.isArray(schema)) return schema.map((one) => strictly(one, withinAllOf))
  if (schema === null || typeof schema !== 'object') return schema
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strictly(value, key === 'allOf')]))
  const closes = schema.properties && typeof schema.properties === 'object' && !('additionalProperties' in schema) && !withinAllOf &&
    (schema.type === 'object' || schema.required)
  return closes ? { ...copy, unevaluatedProperties: false } : copy
}

// Headers that a client may act on; and those of them that never come from a service.
const TELLING = ['retry-after', 'location', 'etag', 'allow', 'cache-status', 'www-authenticate']
const OWN = ['tenon-error', 'ratelimit', 'ratelimit-policy', 'traceresponse']

const mediaType = (answer) => answer.headers['content-type']?.split(';')[0].trim()

export class Contract {
  constructor(document) {
    this.document = document
    this.seen = new Set()
    this.ajv = new Ajv2020({ allErrors: true, strictTypes: false, strictRequired: false })
    addFormats(this.ajv)
    this.ajv.addVocabulary(['components'])
    this.answers = this.#compiler('answers', strictly(document.components.schemas))
    this.requests = this.#compiler('requests', document.components.schemas)
  }

  // A function schema -> validator, with the components' schemas in reach.
  #compiler(id, schemas) {
    const at = (value) => JSON.parse(JSON.stringify(value).replaceAll('"#/components/', `"${id}#/components/`))
    this.ajv.addSchema(at({ $id: id, components: { schemas } }))
    const known = new Map()
    return (schema) => {
      const text = JSON.stringify(schema)
      if (!known.has(text)) known.set(text, this.ajv.compile(at(schema)))
      return known.get(text)
    }
  }

  resolve(part) {
    return part?.$ref ? part.$ref.slice(2).split('/').reduce((node, name) => node[name], this.document) : part
  }

  // [{method, path, operation}]
  operations() {
    const methods = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options']
    return Object.entries(this.document.paths).flatMap(([path, item]) =>
      methods.filter((method) => item[method]).map((method) => ({ method: method.toUpperCase(), path, operation: item[method] })))
  }

  #operation(method, path) {
    const operation = this.document.paths[path]?.[method.toLowerCase()]
    assert.ok(operation, `${method} ${path} is not in the document`)
    return operation
  }

  #valid(validator, value, what) {
    assert.ok(validator(value), `${what}: ${this.ajv.errorsText(validator.errors)}\n${JSON.stringify(value)?.slice(0, 2000)}`)
  }

  // What was sent and taken is what the document says may be sent.
  checkRequest(method, path, json) {
    const body = this.resolve(this.#operation(method, path).requestBody)
    const content = body?.content['application/json']
    assert.ok(content, `${method} ${path}: the document knows no JSON body`)
    this.#valid(this.requests(content.schema), json, `the body of ${method} ${path}`)
  }

  takes(method, path, json) {
    return this.requests(this.resolve(this.#operation(method, path).requestBody).content['application/json'].schema)(json)
  }

  check(method, path, answer) {
    const { responses } = this.#operation(method, path)
    const key = responses[answer.status] ? String(answer.status) : 'default'
    const what = `${method} ${path}: ${answer.status}`
    const response = this.resolve(responses[key])
    assert.ok(response, `${what} is not in the document: ${answer.text.slice(0, 500)}`)
    this.#checkHeaders(response, answer, what)
    const type = this.#checkBody(response, answer, what, method === 'HEAD')
    this.seen.add(`${method} ${path} ${key}${type ? ` ${type}` : ''}`)
  }

  #checkHeaders(response, answer, what) {
    for (const [name, reference] of Object.entries(response.headers ?? {})) {
      const { required, schema } = this.resolve(reference)
      const [text] = [answer.headers[name.toLowerCase()]].flat() // of Set-Cookie a list
      if (text === undefined) assert.ok(!required, `${what} lacks ${name}`)
      else this.#valid(this.answers(schema), schema.type === 'integer' ? Number(text) : text, `${what}, ${name}`)
    }
    const own = 'tenon-error' in answer.headers || !response.content?.['*/*'] // not a service's
    const told = Object.keys(response.headers ?? {}).map((name) => name.toLowerCase())
    const untold = [...OWN, ...own ? TELLING : []].filter((name) => name in answer.headers && !told.includes(name))
    assert.deepEqual(untold, [], `${what} has headers that are not in the document`)
  }

  // Of HEAD there is a media type, but no body (RFC 9110 9.3.2).
  #checkBody(response, answer, what, ofHead) {
    if (ofHead) assert.equal(answer.body.length, 0, `${what} has a body`)
    if (!response.content) {
      assert.equal(answer.body.length, 0, `${what} has a body`)
      return null
    }
    const type = mediaType(answer)
    const key = response.content[type] ? type : '*/*'
    const content = response.content[key]
    assert.ok(content, `${what}: the media type ${type} is not in the document`)
    if (!ofHead && content.schema && /[/+]json$/.test(key)) this.#valid(this.answers(content.schema), answer.json, what)
    assert.equal('tenon-error' in answer.headers, type === 'application/problem+json' || answer.status === 503 && key === 'application/json',
      `${what}: Tenon-Error belongs to what the host says itself`)
    return key
  }

  // All that the document promises: 'METHOD PATH STATUS[ MEDIA TYPE]'.
  promises() {
    return this.operations().flatMap(({ method, path, operation }) => Object.entries(operation.responses).flatMap(([status, reference]) => {
      const types = Object.keys(this.resolve(reference).content ?? { '': null })
      return types.map((type) => `${method} ${path} ${status}${type ? ` ${type}` : ''}`)
    }))
  }

  unseen() { return this.promises().filter((promise) => !this.seen.has(promise)) }
}
