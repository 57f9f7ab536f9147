// SPDX-License-Identifier: MIT
// One call of an imported operation as its client makes it, and what of the request that arrives is not what was to come.
import { randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'

import { sentByClient, textOf } from './power-platform.mjs'
import { request } from '../../peers/lib/util.mjs'

const strict = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)

/* --- the call --- */

function multipartOf(form, files) {
  const boundary = `corpus-${randomBytes(8).toString('hex')}`
  const part = ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${files.includes(name) ? '; filename="file.bin"\r\nContent-Type: application/octet-stream' : ''}\r\n\r\n${value}\r\n`
  return { type: `multipart/form-data; boundary=${boundary}`, bytes: Buffer.from(`${form.map(part).join('')}--${boundary}--\r\n`) }
}

function bodyOf(body) {
  if (!body) return undefined
  if (body.json !== undefined) return { type: 'application/json', bytes: Buffer.from(JSON.stringify(body.json)) }
  if (body.text !== undefined) return { type: body.type, bytes: Buffer.from(body.text) }
  if (body.multipart) return { isForm: true, ...multipartOf(body.form, body.files) }
  return { isForm: true, type: 'application/x-www-form-urlencoded', bytes: Buffer.from(new URLSearchParams(body.form).toString()) }
}

// What the report says that a caller gives otherwise than before: {names: {place/wire: ours}, gone: names}.
export function differencesOf(reasons) {
  const names = {}, gone = new Set()
  for (const { reason, detail = '' } of reasons) {
    const renamed = /^(.*) \((path|query|header|formData|body)\) is the input (.*)$/.exec(detail)
    if (reason === 'renamed' && renamed) names[`${renamed[2]}/${renamed[1]}`] = renamed[3]
    const overwritten = /^the input (.*) is left out: a policy writes over it$/.exec(detail)
    if (reason === 'overwritten' && overwritten) gone.add(overwritten[1])
    const host = /^(.*) decides the host: it is a parameter of the connection/.exec(detail)
    if (reason === 'host_from_call' && host) gone.add(host[1])
    const unsendable = /^(.*) is no name of a header: nobody can send it$/.exec(detail)
    if (reason === 'parameter' && unsendable) gone.add(unsendable[1])
  }
  return { names, gone }
}

// Answers Tenon's answer. at: the address of the connection's actions.
export function call(at, key, { pkg, operation, input, reasons }) {
  const { names, gone } = differencesOf(reasons), sent = sentByClient(pkg, operation, input), body = bodyOf(sent.body)
  const path = operation.path.replace(/[?#].*$/, '').replace(/\{([^{}]+)\}/g, (all, name) => (name in input.path ? strict(textOf(input.path[name])) : all))
  const kept = (pairs, place) => pairs.filter(([name]) => !gone.has(name)).map(([name, value]) => [names[`${place}/${name}`] ?? name, value])
  const query = kept(sent.query, 'query').map((pair) => pair.map(strict).join('=')).join('&')
  const headers = Object.fromEntries(kept(sent.headers, 'header').map(([name, value]) => [name.toLowerCase(), value]))
  return request(`${at}${path}${query ? `?${query}` : ''}`, { method: operation.method, body: body?.bytes,
    headers: { ...headers, ...(body && { 'content-length': body.bytes.length }), ...(body && (body.isForm || !headers['content-type']) && { 'content-type': body.type }), 'x-api-key': key } })
}

/* --- comparing --- */

// Encoding is compared by what it says: each part of a path decoded once, so that twice encoded is not once encoded.
function addressOf(url) {
  const [, origin, path, query = ''] = /^(https?:\/\/[^/?]*)([^?]*)\??(.*)$/s.exec(url)
  const decoded = (text) => { try { return decodeURIComponent(text) } catch { return text } }
  return { path: `${origin.toLowerCase()}${path.split('/').map(decoded).join('/')}`, query: query.split('&').filter((pair) => pair).map((pair) => {
    const [name, ...value] = pair.split('=')
    return [decoded(name), decoded(value.join('='))]
  }) }
}

const sorted = (pairs) => pairs.map((pair) => JSON.stringify(pair)).sort()

// Of every client; and what says nothing.
const USUAL = ['host', 'accept', 'accept-encoding', 'user-agent', 'content-length', 'content-type', 'traceparent', 'tracestate', 'x-request-id', 'connection', 'transfer-encoding', 'expect', 'idempotency-key']

function* compareHeaders({ headers: expected, isOther }, got) {
  for (const [name, value] of expected) {
    if (value === '' || name === 'content-type' || (isOther && name !== 'authorization' && got[name] === undefined)) continue
    const came = got[name] === undefined ? undefined : Buffer.from(got[name], 'latin1').toString()
    if (came !== value.trim()) yield `header ${name}: ${JSON.stringify(value)} became ${JSON.stringify(came)}`
  }
  for (const name of Object.keys(got)) if (!expected.has(name) && !USUAL.includes(name)) yield `header ${name}: ${JSON.stringify(got[name])} came, too`
}

/* --- bodies --- */

function readMultipart(bytes, type) {
  const boundary = /boundary="?([^";]+)/.exec(type)?.[1]
  const parts = bytes.toString('latin1').split(`--${boundary}`).slice(1, -1)
  return parts.map((part) => {
    const end = part.indexOf('\r\n\r\n'), name = /name="([^"]*)"/.exec(part.slice(0, end))?.[1]
    return [name, part.slice(end + 4, -2)].map((text) => Buffer.from(text, 'latin1').toString())
  })
}

const mediaOf = (type) => (type ?? '').split(';')[0].trim().toLowerCase()
const isJson = (type) => /[/+]json$/.test(mediaOf(type))

function* compareType(pkg, operation, expected, got) {
  const given = expected.headers.get('content-type')?.trim(), came = got.headers['content-type'], types = pkg.consumes(operation).map(mediaOf)
  const body = expected.body
  if (given !== undefined && !body?.form) {
    if (came !== given && got.body.length) yield `content-type: ${given} became ${came}`
  } else if (body?.json !== undefined) {
    if (!isJson(came) || (mediaOf(came) !== 'application/json' && !types.includes(mediaOf(came)))) yield `content-type: JSON became ${came}`
  } else if (body?.text !== undefined && !types.includes(mediaOf(came)) && mediaOf(came) !== 'application/octet-stream') yield `content-type: ${body.type} became ${came}`
}

function* compareBody(pkg, operation, expected, got) {
  const { body } = expected, type = got.headers['content-type']
  if (!body) {
    if (got.body.length && got.body.toString() !== '{}') yield `body: ${got.body} came, where there is none`
    return
  }
  yield* compareType(pkg, operation, expected, got)
  if (body.json !== undefined) {
    let came
    try { came = JSON.parse(got.body.toString()) } catch { came = got.body.toString() }
    if (!isDeepStrictEqual(came, body.json)) yield `body: ${JSON.stringify(body.json)} became ${JSON.stringify(came)}`
  } else if (body.text !== undefined) {
    if (got.body.toString() !== body.text) yield `body: ${JSON.stringify(body.text)} became ${JSON.stringify(got.body.toString())}`
  } else {
    const isMultipart = mediaOf(type) === 'multipart/form-data'
    if (isMultipart !== body.multipart && body.form.length) yield `content-type: a form ${body.multipart ? 'in parts' : 'in pairs'} became ${type}`
    const came = isMultipart ? readMultipart(got.body, type) : [...new URLSearchParams(got.body.toString())]
    if (!isDeepStrictEqual(sorted(came), sorted(body.form))) yield `form: ${JSON.stringify(body.form)} became ${JSON.stringify(came)}`
  }
}

// Each difference as a line; none where they match.
export function* compare(pkg, operation, expected, got) {
  const want = addressOf(expected.url), came = addressOf(got.url)
  want.query.push(...expected.query)
  if (got.method !== expected.method) yield `method: ${expected.method} became ${got.method}`
  if (want.path !== came.path) yield `address: ${want.path} became ${came.path}`
  if (!isDeepStrictEqual(sorted(want.query), sorted(came.query))) yield `query: ${JSON.stringify(want.query)} became ${JSON.stringify(came.query)}`
  yield* compareHeaders(expected, got.headers)
  yield* compareBody(pkg, operation, expected, got)
}
