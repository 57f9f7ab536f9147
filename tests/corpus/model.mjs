// SPDX-License-Identifier: MIT
// Two definitions that mean the same, made equal: what stands in any order, and what says what is true without it.
import { parse } from 'yaml'

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)
// A place of a template written in its longer form.
const shorter = (text) => text.replace(/\['([A-Za-z_]\w*)'\]/g, '.$1')

function usual(key, value, within) {
  return (key === 'shareable' && value === false) || (key === 'additionalProperties' && value === true) ||
    (isObject(value) && Object.keys(value).length === 0 && ['properties', 'items'].includes(key)) ||
    (key === 'title' && value === within.replaceAll('_', ' ')) ||
    (['client_id', 'client_secret'].includes(key) && value === `\${connection.${key}}`)
}

function plain(value, name = '') {
  if (typeof value === 'string') return shorter(value)
  if (Array.isArray(value)) return name === 'required' ? [...value].sort() : value.map((one) => plain(one))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one, key)])
    .filter(([key, one]) => !usual(key, one, name)).sort(([a], [b]) => (a < b ? -1 : 1)))
}

// Schemas that something leads to.
function reached(definition) {
  const found = new Set()
  const walk = (value) => {
    if (Array.isArray(value)) value.forEach(walk)
    if (!isObject(value)) return
    const [, name] = /^#\/schemas\/(.+)$/.exec(typeof value.$ref === 'string' ? value.$ref : '') ?? []
    if (name && !found.has(name)) { found.add(name); walk(definition.schemas?.[name]) }
    Object.values(value).forEach(walk)
  }
  walk(definition.actions)
  return found
}

export function modelOf(text) {
  const definition = parse(text, { uniqueKeys: true })
  const keep = reached(definition)
  const order = Object.entries(definition.actions).map(([name, action]) => [name, Object.keys(action.input ?? {})])
  if (definition.schemas) definition.schemas = Object.fromEntries(Object.entries(definition.schemas).filter(([name]) => keep.has(name)))
  if (definition.schemas && !Object.keys(definition.schemas).length) delete definition.schemas
  definition.contact = { name: definition.publisher?.name, ...definition.contact }
  const { auth = {}, parameters } = definition.connection ?? {}
  if (parameters && Object.keys(auth).length > 1) { // each set of parameters has them all
    for (const one of Object.values(auth)) one.parameters = { ...parameters, ...one.parameters }
    delete definition.connection.parameters
  }
  for (const action of Object.values(definition.actions)) action.responses ??= { 200: { description: 'The answer.' } }
  return { ...plain(JSON.parse(JSON.stringify(definition))), 'order of inputs': order }
}

// Where two values differ first, as a text; null: nowhere.
export function difference(a, b, at = '') {
  if (isObject(a) && isObject(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const found = difference(a[key], b[key], `${at}/${key}`)
      if (found) return found
    }
    return null
  }
  return JSON.stringify(a) === JSON.stringify(b) ? null : `${at}: ${JSON.stringify(a)?.slice(0, 100)} / ${JSON.stringify(b)?.slice(0, 100)}`
}
