// SPDX-License-Identifier: MIT
// Values that an OpenAPI document allows, and what a maker fills in for them at Tenon: read from the document alone, by rules of
// the specification (3.1, "Style Values" and "Encoding Object"), not by what the importer has made of it.

const DEPTH = 6

const TEXTS = { date: '2026-02-03', 'date-time': '2026-02-03T04:05:06Z', email: 'ann@example.com', uuid: '123e4567-e89b-42d3-a456-426614174000',
  uri: 'https://example.com/a', url: 'https://example.com/a', byte: 'AAEC/w==', hostname: 'example.com', ipv4: '192.0.2.1', ipv6: '2001:db8::1',
  time: '04:05:06Z', password: 'CANARY pass&=', duration: 'P1D', 'uri-reference': '/a', regex: 'a', 'json-pointer': '/a' }

const typeOf = (schema) => {
  const types = [schema?.type].flat().filter((type) => type && type !== 'null')
  if (types.length) return types[0]
  if (schema?.properties || typeof schema?.additionalProperties === 'object') return 'object'
  for (const part of [schema?.allOf, schema?.anyOf, schema?.oneOf].flat().filter(Boolean)) {
    const found = typeOf(part)
    if (found) return found
  }
  return undefined
}
export { typeOf }

export const isBinary = (schema) => schema?.format === 'binary' || schema?.type === 'file' || Boolean(schema?.contentMediaType && !schema.contentEncoding)

// Objects with what they are made of.
export function members(schema, depth = 0) {
  const found = { properties: {}, required: [] }
  if (!schema || depth > DEPTH) return found
  for (const part of schema.allOf ?? []) {
    const more = members(part, depth + 1)
    Object.assign(found.properties, more.properties)
    found.required.push(...more.required)
  }
  Object.assign(found.properties, schema.properties)
  found.required.push(...Array.isArray(schema.required) ? schema.required : [])
  return found
}

const number = (schema) => {
  const step = schema.multipleOf ?? 1
  const least = typeof schema.exclusiveMinimum === 'number' ? schema.exclusiveMinimum + step : schema.exclusiveMinimum === true ? schema.minimum + step : schema.minimum
  const most = typeof schema.exclusiveMaximum === 'number' ? schema.exclusiveMaximum - step : schema.exclusiveMaximum === true ? schema.maximum - step : schema.maximum
  const wanted = least ?? Math.min(most ?? 7, 7)
  return Math.ceil(wanted / step) * step
}

const text = (schema) => {
  const plain = TEXTS[schema.format] ?? 'a b&é'
  if (schema.pattern && !new RegExp(schema.pattern, 'u').test(plain)) return undefined
  return plain.slice(0, schema.maxLength ?? plain.length).padEnd(schema.minLength ?? 0, 'x')
}

// A value of the schema; undefined where none is known.
export function sample(schema, depth = 0) {
  if (schema === true || schema === undefined) return 'any'
  if (schema === false || depth > DEPTH) return undefined
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.enum.find((value) => value !== null)
  const alternatives = (schema.oneOf ?? schema.anyOf)?.filter((one) => one.type !== 'null')
  const type = typeOf(schema)
  if (schema.oneOf && alternatives.length > 1 && new Set(alternatives.map((one) => typeOf(one)?.replace('integer', 'number'))).size < alternatives.length) return undefined // more than one may fit
  if (alternatives?.length && !schema.properties && !schema.allOf) return sample({ ...schema, oneOf: undefined, anyOf: undefined, ...alternatives[0] }, depth + 1)
  switch (type) {
    case 'integer': case 'number': return number(schema)
    case 'boolean': return true
    case 'array': {
      const item = sample(schema.items ?? {}, depth + 1)
      return item === undefined ? [] : schema.uniqueItems || schema.maxItems === 1 ? [item] : Array(Math.max(2, schema.minItems ?? 0)).fill(item)
    }
    case 'object': {
      const { properties, required } = members(schema)
      const value = {}
      for (const [name, property] of Object.entries(properties)) {
        if (property.readOnly || (depth > 2 && !required.includes(name))) continue
        const inner = sample(property, depth + 1)
        if (inner === undefined && required.includes(name)) return undefined
        if (inner !== undefined) value[name] = inner
      }
      return value
    }
    case 'string': return text(schema)
    default: return depth ? 'any' : {}
  }
}

// --- what a maker fills in ---

const plain = (value) => (typeof value === 'object' ? JSON.stringify(value) : String(value))

// An object that is spread over names: filter[a], or a.
function spread(name, value, schema, deep, depth = 0) {
  const { properties } = members(schema)
  return Object.entries(value).flatMap(([key, inner]) => {
    const own = deep ? `${name}[${key}]` : key
    if (!(key in properties)) return []
    if (typeOf(properties[key]) === 'object' && deep && depth < 3) return spread(own, inner, properties[key], deep, depth + 1)
    return [[own, typeof inner === 'object' && !Array.isArray(inner) ? JSON.stringify(inner) : inner]]
  })
}

// A parameter's value as inputs of the action: [[name, value], …].
export function inputsOf(parameter, value, version2) {
  const { name, in: place } = parameter
  const schema = version2 ? parameter : parameter.schema ?? {}
  const style = parameter.style ?? (place === 'query' || place === 'cookie' ? 'form' : 'simple')
  const explode = parameter.explode ?? style === 'form'
  const kind = typeOf(schema), mark = style === 'label' ? '.' : ','
  if (parameter.content) return [[name, JSON.stringify(value)]]
  if (kind === 'array' && place === 'query') return [[name, typeof (value[0] ?? '') === 'object' ? JSON.stringify(value) : value]]
  if (kind === 'array') return [[name, value.map(plain).join(mark)]]
  if (kind !== 'object') return [[name, value]]
  if (place === 'query' && style === 'deepObject') return spread(name, value, schema, true)
  if (place === 'query' && style === 'form' && explode) return spread(name, value, schema, false)
  return [[name, Object.entries(value).flatMap(([key, inner]) => (explode ? [`${key}=${plain(inner)}`] : [key, plain(inner)])).join(mark)]]
}

const MARKS = { form: ',', spaceDelimited: ' ', pipeDelimited: '|' }

// A form's value as inputs; inParts: of multipart/form-data, where a list that is joined is a text.
export function fieldsOf(media, value, inParts) {
  const { properties } = members(media.schema)
  return Object.entries(value).flatMap(([name, inner]) => {
    const schema = properties[name], encoding = media.encoding?.[name]
    if (typeOf(schema) === 'object' && encoding?.style === 'deepObject') return spread(name, inner, schema, true)
    if (typeOf(schema) === 'object' && encoding?.style === 'form' && encoding.explode !== false) return spread(name, inner, schema, false)
    if (typeOf(schema) === 'object' && encoding?.style) return [[name, Object.entries(inner).flat().join(',')]]
    if (typeOf(schema) === 'object') return [[name, JSON.stringify(inner)]]
    if (inner[0] instanceof File) return [[name, inner[0]]]
    if (typeOf(schema) === 'array' && typeof (inner[0] ?? '') === 'object') return [[name, JSON.stringify(inner)]]
    if (typeOf(schema) === 'array' && inParts && encoding?.style && encoding.explode === false) return [[name, inner.join(MARKS[encoding.style])]]
    return [[name, inner]]
  })
}
