// SPDX-License-Identifier: MIT
// Requests as they are told and as they arrive, taken apart so that two spellings of one meaning are equal.
import { isDeepStrictEqual } from 'node:util'

// {bytes, type} of what a client would send as a body.
export async function encoded(body, type) {
  if (body === undefined || body === null) return { bytes: Buffer.alloc(0), type: undefined }
  if (typeof body === 'string' || Buffer.isBuffer(body)) return { bytes: Buffer.from(body), type }
  if (!(body instanceof FormData || body instanceof Blob || body instanceof URLSearchParams)) return { bytes: Buffer.from(JSON.stringify(body)), type }
  const response = new Response(body)
  return { bytes: Buffer.from(await response.arrayBuffer()), type: body instanceof FormData ? response.headers.get('content-type') : type }
}

// Parts of a form, each as "name|text": the names of files are the client's.
function partsOf(bytes, type) {
  const boundary = /boundary="?([^";]+)/.exec(type)?.[1]
  return bytes.toString('latin1').split(`--${boundary}`).slice(1, -1).map((part) => {
    const [head, ...rest] = part.slice(2, -2).split('\r\n\r\n')
    return `${/ name="([^"]*)"/.exec(head)?.[1]}|${rest.join('\r\n\r\n')}`
  }).sort()
}

const decoded = (text) => { try { return decodeURIComponent(text) } catch { return text } }

function bodyOf(bytes, type = '') {
  const bare = type.split(';')[0].trim().toLowerCase()
  if (bytes.length === 0) return null
  if (bare === 'multipart/form-data') return partsOf(bytes, type)
  if (bare === 'application/x-www-form-urlencoded') return [...new URLSearchParams(bytes.toString())].map((pair) => pair.join('=')).sort()
  if (/[/+]json$/.test(bare)) { try { return JSON.parse(bytes.toString()) } catch { /* as bytes */ } }
  return bytes.toString('latin1')
}

const cookiesOf = (text = '') => text.split(/; ?/).filter(Boolean).map(decoded)

const OWN = new Set(['accept', 'content-type', 'content-length', 'cookie', 'user-agent', 'host', 'accept-encoding', 'connection', 'traceparent', 'x-request-id'])

// seen: as api-server.mjs records it. expected: {method, url, headers, bytes, type}. A list of what differs.
export function differences(seen, expected) {
  const url = new URL(expected.url), found = []
  const compare = (what, a, b) => { if (!isDeepStrictEqual(a, b)) found.push(`${what}: ${JSON.stringify(a)?.slice(0, 300)} instead of ${JSON.stringify(b)?.slice(0, 300)}`) }
  compare('method', seen.method, expected.method)
  compare('host', seen.headers.host.replace(/:(443|80)$/, ''), url.host)
  compare('path', decoded(seen.path), decoded(url.pathname))
  const pairs = (text) => text.replace(/^\?/, '').split('&').filter(Boolean).map(decoded).sort()
  compare('query', pairs(new URL(seen.url, 'http://x').search), pairs(url.search))
  const headers = Object.fromEntries(Object.entries(expected.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]))
  for (const [name, value] of Object.entries(headers)) if (!OWN.has(name)) compare(`header ${name}`, seen.headers[name], value)
  for (const name of Object.keys(seen.headers)) if (!OWN.has(name) && !(name in headers)) found.push(`header ${name} is sent`)
  // This client sends one cookie of several.
  const cookies = cookiesOf(seen.headers.cookie)
  for (const cookie of cookiesOf(headers.cookie)) if (!cookies.includes(cookie)) found.push(`cookies: ${cookies} lack ${cookie}`)
  if (cookies.length && !headers.cookie) found.push(`cookies: ${cookies}`)
  const type = expected.type ?? seen.headers['content-type'] // this client is silent where 2.0 names none
  compare('body', bodyOf(seen.body, seen.headers['content-type']), bodyOf(expected.bytes, type))
  if (expected.type && expected.bytes.length) compare('media type', seen.headers['content-type']?.split(';')[0], expected.type?.split(';')[0])
  return found
}
