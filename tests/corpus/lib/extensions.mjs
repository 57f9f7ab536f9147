// SPDX-License-Identifier: MIT
// Extensions (x-…) of a package beside those of Tenon's own 2.0 document of what was imported: what is not there any more.
import { differencesOf } from './calls.mjs'

// Where names are the author's own, and nothing is a key.
const NAMED = ['properties', 'headers', 'definitions', 'responses', 'paths', 'parameters', 'securityDefinitions']
const DATA = ['default', 'example', 'examples', 'enum']
const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options']

class Walk {
  // behind: what a reference leads to, undefined where it is not to be followed; on(key, value): for each extension and title.
  constructor(behind, on) { Object.assign(this, { behind, on }) }

  of(value, isNames = false, depth = 0) {
    if (value === null || typeof value !== 'object' || depth > 60) return
    if (Array.isArray(value)) value.forEach((one) => this.of(one, false, depth + 1))
    else Object.entries((value.$ref && !isNames && this.behind(value)) || value).forEach(([key, one]) => this.#member(key, one, isNames, depth))
  }

  #member(key, value, isNames, depth) {
    if (isNames) this.of(value, false, depth + 1)
    else if (key === 'x-ms-notification-content') this.#notification(value, depth)
    else if (key.startsWith('x-') || (key === 'title' && typeof value === 'string')) this.on(key, value)
    else if (!DATA.includes(key)) this.of(value, NAMED.includes(key) && !Array.isArray(value), depth + 1)
  }

  // Of its members only the schema means something.
  #notification(value, depth) {
    this.on('x-ms-notification-content', 'is there')
    this.of(value.schema, false, depth + 1)
  }
}

/* --- as both sides can be compared --- */

const sorted = (value) => (Array.isArray(value) ? value.map(sorted)
  : value && typeof value === 'object' ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])])) : value)

// Names of operations within are those of their actions; $refs stand for what is behind them.
function said(value, { operation, behind }, key = '') {
  if (typeof value === 'string') return key === 'operationId' ? operation(value) ?? value : value.trim()
  if (Array.isArray(value)) return value.map((one) => said(one, { operation, behind }))
  if (value === null || typeof value !== 'object') return value
  const known = value.$ref ? behind(value) ?? value : value
  return Object.fromEntries(Object.entries(known).map(([name, one]) => [name, said(one, { operation, behind }, name)]))
}

const isMetadata = (key) => key === 'x-ms-connector-metadata'
const metadataOf = (list) => list.map(({ propertyName: name, propertyValue: value }) => `${name.toLowerCase()}: ${value.split(';').map((one) => one.trim()).join(';')}`)

// A title is what a summary becomes, and no extension; what is not nullable says nothing; a path value goes to Tenon encoded once.
function textsOf(key, value, { isOriginal, ...names }) {
  if (isMetadata(key)) return metadataOf(value)
  if (value === '') return []
  if (key === 'title') return isOriginal ? [] : [`x-ms-summary: ${JSON.stringify(value.trim())}`]
  if (key === 'x-nullable') return String(value) === 'true' ? ['x-nullable: true'] : []
  if (key === 'x-ms-url-encoding' && value === 'double') return ['x-ms-url-encoding: "single"']
  return [`${key}: ${JSON.stringify(sorted(said(value, names)))}`]
}

/* --- both sides --- */

// A body parameter and its schema are one.
function asOne(parameter) {
  const { schema, ...own } = parameter
  const same = (key) => key.startsWith('x-') && JSON.stringify(own[key]) === JSON.stringify(schema?.[key])
  return schema ? { ...Object.fromEntries(Object.entries(own).filter(([key]) => !same(key))), schema } : parameter
}

// Documents for Power Platform have schemas of successes only; the definition has them all, and the default answer is Tenon's own.
function withoutErrors([status, answer]) {
  if (status.startsWith('2') || answer.$ref) return [status, answer]
  const { schema, ...rest } = answer
  return [status, rest]
}

class Side {
  constructor(swagger, { isOriginal, operation, isGone }) {
    this.found = new Map() // place -> list of texts
    this.swagger = swagger
    this.names = { isOriginal, operation, behind: (value) => this.#behind(value) }
    this.isGone = isGone
    const { paths = {}, definitions = {}, parameters, responses, ...top } = swagger
    this.#walk('the top', top)
    for (const [name, schema] of Object.entries(definitions)) this.#walk(`schema ${name.replace(/[^A-Za-z0-9._-]/g, '_')}`, schema)
    for (const [path, item] of Object.entries(paths)) for (const method of METHODS.filter((one) => item[one])) this.#operation(path, item, method)
  }

  #behind({ $ref: ref }) { return ref.startsWith('#/') ? ref.slice(2).split('/').reduce((at, name) => at?.[name], this.swagger) : undefined }

  #walk(place, value) {
    const keep = (key, one) => this.found.set(place, [...(this.found.get(place) ?? []), ...textsOf(key, one, this.names)])
    new Walk((one) => (/^#\/(parameters|responses)\//.test(one.$ref) ? this.#behind(one) : undefined), keep).of(value)
  }

  #operation(path, item, method) {
    const from = item[method], name = from.operationId ?? `${method.toUpperCase()} ${path}`, action = this.names.operation(name)
    if (!action) return
    const known = (list = []) => list.map((one) => (one.$ref && this.#behind(one)) || one)
    const own = known(from.parameters), inherited = known(item.parameters).filter((one) => !own.some((o) => o.name === one.name && o.in === one.in))
    const parameters = [...inherited, ...own]
    const answers = Object.fromEntries(Object.entries(from.responses ?? {}).filter(([status]) => status !== 'default').map(withoutErrors))
    const beside = Object.fromEntries(Object.entries(item).filter(([key]) => key.startsWith('x-')))
    this.#walk(action, { ...beside, ...from, responses: answers, parameters: parameters.filter((one) => !this.isGone(name, one.name)).map(asOne) })
  }
}

function without(list, taken) {
  const rest = [...taken]
  return list.filter((one) => {
    const at = rest.indexOf(one)
    if (at >= 0) rest.splice(at, 1)
    return at < 0
  })
}

// The reason of the report that tells of it: the detail names the extension, or the reason is of that extension alone.
function reasonOf(report, place, text) {
  const key = text.split(':')[0], operation = Object.values(report.operations).find(({ action }) => action === place)
  const names = ({ reason, detail = '' }) => detail.includes(`\`${key}\``) || (reason === 'trigger' && key === 'x-ms-trigger')
  return (operation?.reasons ?? report.notes).find(names)?.reason
}

// {missing, told: [{place, text, reason}] of what original has and exported has not, sum: how many original has}. told: the report
// says so. report: of the import.
export function missingExtensions(original, exported, report) {
  const told = (name) => report.operations[name]
  const before = new Side(original, { isOriginal: true, operation: (name) => (told(name)?.verdict === 'refused' ? undefined : told(name)?.action),
    isGone: (name, parameter) => differencesOf(told(name).reasons).gone.has(parameter) }).found
  const after = new Side(exported, { isOriginal: false, operation: (name) => name, isGone: () => false }).found
  const places = [...before].filter(([place]) => !place.startsWith('schema ') || after.has(place) || exported.definitions?.[place.slice(7)])
  const gone = places.flatMap(([place, list]) => without(list, after.get(place) ?? []).map((text) => ({ place, text, reason: reasonOf(report, place, text) })))
  return { missing: gone.filter((one) => !one.reason), told: gone.filter((one) => one.reason), sum: places.reduce((sum, [, list]) => sum + list.length, 0) }
}
