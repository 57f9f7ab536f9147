// SPDX-License-Identifier: MIT
// What an OpenAPI 2.0 document says, as single facts that two documents can be compared by: [{kind, operation, at, value}]. What
// can be said in several ways is one fact: x-ms-summary and title, a parameter where it stands and by reference, a file and a
// binary text, `required` in any order, what a variable of a path is called, an example of an answer and of its schema, a reference
// with keys beside it and as allOf, a flag as a text.
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch']
// Names of schemas as a definition may write them.
const schemaName = (name) => Buffer.from(name, 'utf8').toString('latin1').replace(/[^A-Za-z0-9._-]/g, '_')
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)

function refer(document, value) {
  for (let hops = 0; value?.$ref && hops < 20; hops++) {
    const [, group, name] = /^#\/([^/]+)\/(.+)$/.exec(value.$ref) ?? []
    value = document[group]?.[name]
  }
  return value
}

// Values as their type wants them: 5 and "5" of an integer are one.
function plain(type, value) {
  if (typeof value === 'string' && ['integer', 'number', 'boolean'].includes(type)) {
    try { return JSON.parse(value.toLowerCase()) } catch { return value }
  }
  return type === 'string' && ['number', 'boolean'].includes(typeof value) ? String(value) : value
}

const sorted = (value) => Array.isArray(value) ? value.map(sorted)
  : isObject(value) ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])])) : value

// allOf of a reference and what narrows it says what these keys say beside it.
function besideReference(schema) {
  const [reference, beside, ...more] = Array.isArray(schema.allOf) ? schema.allOf : []
  const plainly = isObject(beside) && !beside.$ref && !beside.allOf && more.length === 0 && Object.keys(schema).length === 1
  return plainly && reference?.$ref && Object.keys(reference).length === 1 ? { ...reference, ...beside } : schema
}

// What says nothing: flags that are false, texts and lists that are empty.
const isNothing = (key, value) => value === null || (value === false && key !== 'default') || value === '' || (key === 'additionalProperties' && value === true) ||
  (['required', 'enum', 'parameters'].includes(key) && Array.isArray(value) && value.length === 0)
// Facts that the definition has elsewhere: of the encoding only `double` means something.
const DERIVED = ['x-ms-url-encoding', 'x-ms-summary', 'title', 'collectionFormat', 'type', 'format', 'name', 'in', 'schema', 'items', 'properties', 'allOf',
  'additionalProperties', '$ref', 'required']

class Facts {
  constructor(document, nameOf) {
    this.document = document
    this.nameOf = nameOf // of operations, as the other document calls them
    this.list = []
  }

  add(kind, at, value) {
    this.list.push({ kind, operation: this.operation, at, value: JSON.stringify(sorted(value)) })
  }

  extension(value) {
    if (Array.isArray(value)) return value.map((one) => this.extension(one))
    if (!isObject(value)) return value
    const whole = value.$ref ? refer(this.document, value) ?? {} : value
    return Object.fromEntries(Object.entries(whole).map(([key, one]) => [key, key === 'operationId' ? this.nameOf(one) : this.extension(one)]))
  }

  schema(schema, at) {
    if (!isObject(schema)) return
    const one = schema.type === 'file' ? { ...schema, type: 'string', format: 'binary' } : besideReference(schema)
    const type = Array.isArray(one.type) ? one.type.find((name) => name !== 'null') : one.type
    const label = one.title || one['x-ms-summary']
    if (one.$ref) this.add('reference', at, schemaName(one.$ref.replace('#/definitions/', '')))
    if (type) this.add('type', at, String(type).toLowerCase())
    if (one.format) this.add('format', at, one.format)
    if (label) this.add('label', at, label)
    if (one.title && one['x-ms-summary'] && one.title !== one['x-ms-summary']) this.add('x-ms-summary', at, one['x-ms-summary'])
    if (Array.isArray(one.required)) for (const name of new Set(one.required)) this.add('required', `${at}/${name}`, true)
    for (const [key, value] of Object.entries(one)) {
      if (DERIVED.includes(key) || isNothing(key, value)) continue
      if (key === 'x-nullable') this.add(key, at, plain('boolean', value))
      else if (key.startsWith('x-')) this.add(key, at, this.extension(value))
      else this.add(key, at, key === 'enum' ? value.map((each) => plain(type, each)) : ['default', 'minimum', 'maximum'].includes(key) ? plain(type, value) : value)
    }
    const items = Array.isArray(one.items) ? one.items[0] : one.items
    if (isObject(items)) this.schema(items, `${at}/items`)
    if (isObject(one.additionalProperties)) this.schema(one.additionalProperties, `${at}/additionalProperties`)
    if (one.additionalProperties === false) this.add('additionalProperties', at, false)
    for (const [name, property] of Object.entries(one.properties ?? {})) {
      this.add('property', `${at}/properties/${name}`, true)
      this.schema(property, `${at}/properties/${name}`)
    }
    ;(one.allOf ?? []).forEach((each, i) => this.schema(each, `${at}/allOf/${i}`))
  }

  // A body's texts and extensions may stand at the parameter or in its schema.
  body(parameter, at) {
    const { name, in: place, required, schema = {}, ...beside } = parameter
    this.add('parameter', at, true)
    if (required === true) this.add('required', at, true)
    const texts = Object.fromEntries(Object.entries(beside).filter(([key]) => !(key in schema) && !(['title', 'x-ms-summary'].includes(key) && (schema.title || schema['x-ms-summary']))))
    this.schema({ ...texts, ...schema }, at)
  }

  parameter(parameter) {
    const at = `${parameter.in} ${parameter.in === 'body' ? '' : parameter.name}`
    if (parameter.in === 'body') { this.body(parameter, at); return }
    const { required, ...rest } = parameter
    this.add('parameter', at, true)
    if (required === true || required === 'true' || parameter.in === 'path') this.add('required', at, true)
    if (parameter.in === 'path' && parameter['x-ms-url-encoding'] === 'double') this.add('x-ms-url-encoding', at, 'double')
    if (parameter.collectionFormat && parameter.collectionFormat !== 'csv') this.add('collectionFormat', at, parameter.collectionFormat)
    this.schema({ type: 'string', ...rest }, at)
  }

  responses(operation) {
    for (const [status, reference] of Object.entries(operation.responses ?? {})) {
      const response = refer(this.document, reference)
      if (!response) continue
      const at = `response ${status}`
      this.add('response', at, true)
      if (response.description?.trim()) this.add('description', at, response.description.trim())
      if (isObject(response.schema) && Object.keys(response.schema).length) this.schema(response.schema, at)
      for (const [name, header] of Object.entries(response.headers ?? {})) {
        this.add('header', `${at} ${name}`, true)
        this.schema(header, `${at} ${name}`)
      }
      for (const [key, value] of Object.entries(response)) if (key.startsWith('x-')) this.add(key, at, this.extension(value))
      for (const [type, example] of Object.entries(response.examples ?? {})) this.add('example', type === 'application/json' ? at : `${at} ${type}`, example)
    }
  }

  one(path, item, method) {
    const operation = item[method]
    this.operation = this.nameOf(operation.operationId ?? `${method.toUpperCase()} ${path}`)
    this.add('operation', '', `${method} ${path.replace(/[?#].*/, '').replace(/\{[^}]*\}/g, '{}')}`)
    for (const key of ['summary', 'description']) if (operation[key]?.trim()) this.add(key, '', operation[key].trim())
    if (operation.deprecated === true) this.add('deprecated', '', true)
    if (operation.tags?.length) this.add('tags', '', operation.tags)
    for (const [key, value] of Object.entries(operation)) if (key.startsWith('x-')) this.add(key, '', this.extension(value))
    const own = (operation.parameters ?? []).map((each) => refer(this.document, each)).filter(Boolean)
    const shared = (item.parameters ?? []).map((each) => refer(this.document, each)).filter(Boolean)
    const isOwn = (each) => own.some((other) => other.in === each.in && other.name === each.name)
    for (const each of [...shared.filter((other) => !isOwn(other)), ...own]) this.parameter(each)
    this.responses(operation)
    if (operation['x-ms-trigger'] && item['x-ms-notification-content']) {
      this.add('x-ms-notification-content', '', true)
      this.schema(item['x-ms-notification-content'].schema, 'notification')
    }
  }

  all() {
    const { document } = this
    for (const key of ['title', 'description']) if (document.info?.[key]?.trim()) this.add(key, 'info', document.info[key].trim())
    for (const [key, value] of Object.entries(document)) if (key.startsWith('x-') && key !== 'x-ms-connector-metadata') this.add(key, '', this.extension(value))
    for (const one of document['x-ms-connector-metadata'] ?? []) if (one.propertyValue) this.add('metadata', one.propertyName.toLowerCase(), one.propertyValue.split(';').map((each) => each.trim()))
    for (const [path, item] of Object.entries(document.paths ?? {})) {
      for (const method of Object.keys(item).filter((key) => METHODS.includes(key.toLowerCase()))) this.one(path, item, method)
    }
    this.operation = undefined
    for (const [name, schema] of Object.entries(document.definitions ?? {})) {
      this.add('schema', schemaName(name), true)
      this.schema(schema, `${schemaName(name)} `)
    }
    return this.list
  }
}

export const factsOf = (document, nameOf = (name) => name) => new Facts(document, nameOf).all()
const keyOf = (fact) => `${fact.kind}\u0000${fact.operation ?? ''}\u0000${fact.at}\u0000${fact.value}`
// Facts of `from` that `to` does not have.
export function missing(from, to) {
  const known = new Set(to.map(keyOf))
  return from.filter((fact) => !known.has(keyOf(fact)))
}
