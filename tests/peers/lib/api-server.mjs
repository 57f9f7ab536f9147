// SPDX-License-Identifier: MIT
// The API behind Tenon: records every request as it came and answers by its path. What has no answer of its own is
// echoed as JSON. A test may put an answer of its own at a path: api.answers.set('/mine', (req, res) => …).
import http from 'node:http'
import https from 'node:https'

import { close, listen, readAll } from './util.mjs'

const json = (res, status, body, headers = {}) => {
  res.writeHead(status, { 'content-type': 'application/json', ...headers })
  res.end(JSON.stringify(body))
}

// Bytes that change and that nobody can guess the end of.
export function bytesOf(length) {
  const bytes = Buffer.alloc(length)
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8)) & 255
  return bytes
}

const eitherOf = (emitter, ...names) => new Promise((resolve) => {
  const end = () => { names.forEach((name) => emitter.off(name, end)); resolve() }
  names.forEach((name) => emitter.on(name, end))
})

// A piece at a time, as fast as the reader takes them.
async function stream(res, length) {
  const piece = bytesOf(64 * 1024)
  for (let sent = 0; sent < length && !res.destroyed; sent += piece.length) {
    const part = piece.subarray(0, Math.min(piece.length, length - sent))
    if (!res.write(part)) await eitherOf(res, 'drain', 'close')
  }
  res.end()
}

const ANSWERS = {
  // /stream?bytes=N: chunked, so that nobody knows how much comes.
  '/stream': (req, res, seen) => {
    res.writeHead(200, { 'content-type': 'application/octet-stream' })
    return stream(res, Number(seen.query.get('bytes')))
  },
  '/binary': (req, res) => { res.writeHead(200, { 'content-type': 'image/png' }); res.end(bytesOf(70000)) },
  '/nothing': (req, res) => { res.writeHead(204); res.end() },
  // The first token that it sees has been revoked.
  '/once401': (req, res, seen, state) => {
    state.revoked ??= seen.headers.authorization
    if (seen.headers.authorization !== state.revoked) return json(res, 200, { fine: true })
    return json(res, 401, { error: 'invalid_token' }, { 'www-authenticate': 'Bearer error="invalid_token"' })
  },
  '/always401': (req, res) => json(res, 401, { error: 'invalid_token' }, { 'www-authenticate': 'Bearer' }),
  '/forbidden': (req, res) => json(res, 403, { error: 'insufficient_scope' }),
  '/missing': (req, res) => json(res, 404, { error: 'no such thing' }),
  '/teapot': (req, res) => json(res, 418, { error: 'teapot' }),
  '/throttled': (req, res, seen, state) => json(res, 429, { error: 'slow down' }, { 'retry-after': state.retryAfter ?? '30' }),
  '/redirect': (req, res, seen, state) => { res.writeHead(302, { location: `${state.url}/elsewhere` }); res.end() },
  '/truncated': (req, res) => {
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
    res.write('{"half": ')
    setTimeout(() => res.socket.destroy(), 50)
  },
  '/broken-stream': (req, res) => {
    res.writeHead(200, { 'content-type': 'application/octet-stream' })
    res.write(bytesOf(200000))
    setTimeout(() => res.socket.destroy(), 100)
  },
  '/slow': (req, res) => { setTimeout(() => json(res, 200, { slow: true }), 60000).unref() },
  '/cached': (req, res) => json(res, 200, { fine: true }, {
    'cache-control': 'public, max-age=3600', 'cdn-cache-control': 'max-age=9', 'surrogate-control': 'max-age=9', vary: 'Accept',
    'x-accel-redirect': '/within/', 'x-accel-expires': '9', 'x-sendfile': '/etc/passwd', 'x-reproxy-url': 'http://within/',
    'x-litespeed-location': '/within/', 'x-lighttpd-send-file': '/etc/passwd',
  }),
  '/html': (req, res) => { res.writeHead(200, { 'content-type': 'text/html' }); res.end('<p>Sign in</p>') },
  '/cookies': (req, res) => json(res, 200, { fine: true }, {
    'set-cookie': ['session=1; Path=/', 'other=2'], 'keep-alive': 'timeout=99', 'x-mine': 'kept', etag: '"1"',
    connection: 'x-hop', 'x-hop': 'dropped', 'strict-transport-security': 'max-age=1', 'access-control-allow-origin': '*',
  }),
}

// tls: {key, cert} as makeCertificate gives them.
export async function startApiServer({ tls } = {}) {
  const state = { requests: [], answers: new Map(Object.entries(ANSWERS)) }
  const server = tls ? https.createServer({ ...tls, ALPNProtocols: ['http/1.1'] }) : http.createServer()
  server.on('request', async (req, res) => {
    const body = await readAll(req).catch(() => Buffer.alloc(0))
    const url = new URL(req.url, 'http://api')
    const seen = { method: req.method, url: req.url, path: url.pathname, query: url.searchParams, headers: req.headers,
      rawHeaders: req.rawHeaders, body, text: body.toString() }
    state.requests.push(seen)
    const answer = state.answers.get(url.pathname)
    if (answer) {
      await answer(req, res, seen, state)
      return
    }
    json(res, 200, { method: req.method, url: req.url, headers: req.headers, body: seen.text })
  })
  const port = await listen(server)
  // What a path answers from now on: text or bytes as they are, any other value as JSON.
  state.answer = (path, body, { status = 200, ...headers } = {}) => state.answers.set(path, (req, res) => {
    res.writeHead(status, { 'content-type': 'application/json', ...headers })
    res.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body))
  })
  // The requests to a path.
  state.at = (path) => state.requests.filter((seen) => seen.path === path)
  return Object.assign(state, { port, url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`, stop: () => close(server) })
}
