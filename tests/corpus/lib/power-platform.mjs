// SPDX-License-Identifier: MIT
// What Microsoft's host sends to a service for an operation, a connection and an input: a small reading of a package by what is
// documented and known of that host, which shares nothing with the importer. The credential is there before the policies run;
// policies run in the order of their list, each on what the ones before have left.
import { BODY_TEMPLATES, pathOf, valueAt } from './body-templates.mjs'

const PREFIX = 'x-ms-apimTemplateParameter.'
const strict = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)

/* --- policies --- */

// Its parameters without their prefixes.
const parametersOf = ({ parameters }) => Object.fromEntries(Object.entries(parameters ?? {}).map(([name, value]) => [name.replace(PREFIX, '').replace('x-ms-apimTemplate-', ''), value]))

// No list of operations, or an empty one, means all of them.
export function policiesOf(pkg, operation) {
  const concerns = ({ operationName: names }) => !names?.length || names.includes(operation.name)
  return pkg.policies.map((one) => ({ id: one.templateId.toLowerCase(), p: parametersOf(one) })).filter(({ p }) => concerns(p))
}

const isOfRequest = ({ policySection }) => (policySection ?? 'Request').toLowerCase() === 'request'

/* --- connections --- */

// Parameters are found without case, and `token:` names them before and after signing in.
const bare = (name) => name.replace(/^token:/i, '').toLowerCase()
function connectionValue({ values }, name) {
  return Object.entries(values).find(([key]) => bare(key) === bare(name))?.[1]
}

const typed = (way, type) => Object.entries(way.parameters).filter(([, one]) => one.type?.toLowerCase() === type)

// The parameter that holds the key of a scheme: of its name, of its wire name, `api_key`, else the one secret, else the one there is.
function keyOf(way, name, wire) {
  const secrets = typed(way, 'securestring'), all = Object.keys(way.parameters)
  return all.find((one) => bare(one) === bare(name)) ?? all.find((one) => bare(one) === bare(wire)) ?? all.find((one) => one === 'api_key')
    ?? secrets[0]?.[0] ?? (all.length === 1 ? all[0] : undefined)
}

// What the connection itself puts into a request.
function addCredential(pkg, operation, connection, request) {
  const { way } = connection, schemes = Object.entries(pkg.swagger.securityDefinitions ?? {})
  if (Array.isArray(operation.from.security) && operation.from.security.length === 0) return
  if (typed(way, 'oauthsetting').length) {
    request.setHeader('Authorization', `Bearer ${connection.token}`)
    return
  }
  const [user, password] = ['username', 'password'].map((name) => connectionValue(connection, name))
  if (user !== undefined && password !== undefined && schemes.some(([, scheme]) => scheme.type === 'basic')) {
    request.setHeader('Authorization', `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`)
    return
  }
  for (const [name, scheme] of schemes.filter(([, one]) => one.type === 'apiKey')) {
    const key = keyOf(way, name, scheme.name)
    const value = key === undefined ? undefined : connectionValue(connection, key)
    if (value === undefined) continue
    if (scheme.in === 'query') request.query.push([scheme.name, value])
    else request.setHeader(scheme.name, value)
  }
}

/* --- a request that policies change --- */

class Outgoing {
  constructor(pkg, operation, connection, input) {
    const { schemes, host, basePath } = pkg.swagger
    Object.assign(this, { operation, connection, input, method: operation.method, path: operation.path, headers: new Map(), query: [], body: undefined })
    this.base = `${!schemes?.length || schemes.includes('https') ? 'https' : 'http'}://${host}${basePath ?? ''}`
    this.steps = []
    this.firstQuery = 0
  }

  setHeader(name, value) { this.headers.set(name.toLowerCase(), value) }

  queryValue(name) { return this.query.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1] }

  // @expressions in a text, bare or within {…} or @{…}. Behind @body() and its like a path follows, behind the others text.
  evaluate(text) {
    return String(text).replace(/(?:\{@|@\{|@)(\w+)\(\s*(?:'([^']*)'\s*(?:,\s*'([^']*)')?)?\s*\)\}?/g, (all, name, argument, otherwise) => {
      const value = this.#value(name.toLowerCase(), argument) ?? otherwise
      if (value === undefined) throw new Error(`${all} names nothing`)
      return value
    })
  }

  #value(name, argument) {
    switch (name) {
      case 'connectionparameters': return connectionValue(this.connection, argument) || undefined
      case 'queryparameters': return this.queryValue(argument) ?? ''
      case 'headers': case 'header': return this.headers.get(argument.toLowerCase()) ?? ''
      default: throw new Error(`@${name} is not known`)
    }
  }

  // A path of the package: each {variable} encoded once, or twice where its parameter says so.
  filled(path) {
    return path.replace(/\{([^{}]+)\}/g, (all, name) => {
      const parameter = this.operation.parameters.find((one) => one.in === 'path' && one.name === name)
      if (!parameter) return all
      const once = strict(textOf(this.input.path[name], parameter))
      return parameter['x-ms-url-encoding'] === 'double' ? strict(once) : once
    })
  }

  get url() {
    const path = this.filled(this.path)
    return `${this.base.replace(/\/+$/, '')}${path.startsWith('/') ? '' : '/'}${path}`
  }
}

const SEPARATORS = { csv: ',', ssv: ' ', tsv: '\t', pipes: '|' }
export const textOf = (value, { collectionFormat = 'csv' } = {}) => (Array.isArray(value) ? value.map(String).join(SEPARATORS[collectionFormat] ?? ',') : String(value))

export const pairsOf = (values, operation, place) => Object.entries(values).flatMap(([name, value]) => {
  const parameter = operation.parameters.find((one) => one.in === place && one.name === name)
  return parameter.collectionFormat === 'multi' ? value.map((one) => [name, String(one)]) : [[name, textOf(value, parameter)]]
})

// What no name of a header may be made of, no client can send.
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/

// How a client sends the input: {query, headers, body}. body: {json} or {text} or {form, multipart}.
export function sentByClient(pkg, operation, input) {
  const types = pkg.consumes(operation), header = Object.entries(input.header).filter(([name]) => TOKEN.test(name)).map(([name, value]) => [name, textOf(value)])
  const sent = { query: pairsOf(input.query, operation, 'query'), headers: header, body: undefined }
  const form = operation.parameters.filter((one) => one.in === 'formData')
  if (form.length) {
    const files = form.filter((one) => one.type === 'file').map((one) => one.name)
    const multipart = files.length > 0 || types.includes('multipart/form-data')
    sent.body = { form: pairsOf(input.formData, operation, 'formData'), multipart, files }
  } else if (input.body) {
    const schema = pkg.behind(operation.parameters.find((one) => one.in === 'body').schema) ?? {}
    const isText = schema.type === 'string' && (schema.format === 'binary' || !types.some((type) => type.includes('json')))
    sent.body = isText ? { text: input.body.value, type: types[0] ?? 'application/octet-stream' } : { json: input.body.value }
  }
  return sent
}

/* --- templates of requests --- */

function put(now, action, value, set, add) {
  if (now === undefined || action === 'override') set(value)
  else if (action === 'append') add(value)
}

const REQUEST_TEMPLATES = {
  setheader(r, p) {
    if (!isOfRequest(p)) return
    const name = p.name.toLowerCase(), value = r.evaluate(p.value)
    put(r.headers.get(name) || undefined, (p.existsAction ?? 'override').toLowerCase(), value, (v) => r.headers.set(name, v), (v) => r.headers.set(name, `${r.headers.get(name)}, ${v}`))
  },
  setqueryparameter(r, p) {
    const name = decodeURIComponent(p.name), value = r.evaluate(p.value)
    const set = (v) => { r.query = [...r.query.filter(([key]) => key.toLowerCase() !== name.toLowerCase()), [name, v]] }
    put(r.queryValue(name), (p.existsAction ?? 'override').toLowerCase(), value, set, (v) => r.query.push([name, v]))
  },
  dynamichosturl(r, p) { r.base = r.evaluate(p.urlTemplate) },
  dynamicsubdomain(r, p) { r.base = r.evaluate(p.urlTemplate) },
  routerequesttoendpoint(r, p) {
    if (p.newPath) r.path = r.evaluate(p.newPath)
    if (p.httpMethod && !p.httpMethod.startsWith('@')) r.method = p.httpMethod.toUpperCase()
  },
  // One more request, with host and headers as they are by now; nobody has written down that it is more than the credential.
  setvaluefromurl(r, p, answers) {
    const { steps } = pathOf(p.parameterValuePathTemplate)
    const value = `value ${r.steps.length + 1} of W/"another"`
    const there = new Outgoing(r.pkg, r.operation, r.connection, r.input)
    Object.assign(there, { isOther: true, method: p.httpMethod ?? 'GET', base: r.base, path: r.evaluate(p.parameterValueUrl), headers: new Map([...r.headers].filter(([name]) => name !== 'content-type')) })
    r.steps.push(there)
    answers.push(steps.reduceRight((inner, step) => ({ [step]: inner }), value))
    const [, place, name] = /@(\w+)\('([^']*)'\)/.exec(p.parameterTemplate)
    if (place.toLowerCase().startsWith('header')) r.headers.set(name.toLowerCase(), value)
    else r.query = [...r.query.filter(([key]) => key !== name), [name, value]]
  },
  // The `/trigger` before the path is the platform's own. What the last answer tells comes to the query of the next request.
  pollingtrigger(r, p) {
    r.path = r.path.replace(/^\/trigger\//, '/')
    r.polling = p
  },
  updatenextlink() {},
  setconnectionstatustounauthenticated() {},
  convertobjecttoarray() {},
}

function apply(r, { id, p }, answers) {
  const template = REQUEST_TEMPLATES[id], reshape = BODY_TEMPLATES[id]
  if (template) template(r, p, answers)
  else if (!reshape) throw new Error(`the template ${id} is not known`)
  else if (isOfRequest(p) && r.body?.json !== undefined) r.body = { json: reshape(structuredClone(r.body.json), p) }
}

// {requests, answers, polling}: each {method, url, headers (lower case), query, body}; what the service answers to all but the last.
// connection: {way, values: {name: value}, token}.
export function requestsOf(pkg, operation, connection, input) {
  const r = new Outgoing(pkg, operation, connection, input), answers = []
  r.pkg = pkg
  const sent = sentByClient(pkg, operation, input)
  r.query = sent.query
  r.body = sent.body
  for (const [name, value] of sent.headers) r.setHeader(name, value)
  addCredential(pkg, operation, connection, r)
  for (const policy of policiesOf(pkg, operation)) apply(r, policy, answers)
  const told = ({ method, url, headers, query, body, isOther = false }) => ({ method, url, headers, query, body, isOther })
  return { requests: [...r.steps.map(told), told(r)], answers, polling: r.polling }
}

/* --- polling --- */

// An answer with one new item, and what the next request has in its query beside what the first had.
export function pollOf({ triggerConfig, triggerDataPath }) {
  const body = {}
  const fill = (steps, value) => steps.reduce((at, step, i) => {
    const isLast = i === steps.length - 1
    return (at[step] ??= isLast ? value : /^\d+$/.test(steps[i + 1]) ? [] : {})
  }, body)
  const query = []
  fill(pathOf(triggerDataPath).steps, [])
  for (const [name, template] of Object.entries(triggerConfig ?? {})) {
    if (!name || name === 'x-ms-triggerConfig-nextLink') continue
    const value = template.replace(/@\{(triggerBody\(\)[^}]*)\}/g, (_, path) => {
      const { steps } = pathOf(path)
      fill(steps, '2026-01-02T03:04:05Z')
      return valueAt(body, steps)
    })
    query.push([name, value])
  }
  return { body, query }
}
