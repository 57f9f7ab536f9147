// SPDX-License-Identifier: MIT
// A service that answers the bytes it is told to, and records what came as it came. A path may have a script of its own:
// service.on('/path', (socket, seen) => …); what has none is answered 200 with {"ok": true}. A token endpoint, `/token`, counts
// its requests and issues tokens that tell their number.
import net from 'node:net'
import tls from 'node:tls'

import { listen } from '../../peers/lib/util.mjs'

// An answer with its length. headers: lines or name -> value.
export function answer(status, body = '', headers = {}) {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const given = Array.isArray(headers) ? headers : Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  const lines = given.some((line) => /^content-type:/i.test(line)) ? given : ['Content-Type: application/json', ...given]
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} Status\r\nContent-Length: ${bytes.length}\r\n${lines.map((l) => `${l}\r\n`).join('')}\r\n`), bytes])
}

function readRequest(bytes) {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return null
  const text = bytes.subarray(0, end).toString('latin1')
  const [line, ...lines] = text.split('\r\n')
  const [method, target] = line.split(' ')
  const pairs = lines.map((one) => [one.slice(0, one.indexOf(':')), one.slice(one.indexOf(':') + 1).trim()])
  const headers = Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value]))
  const seen = { method, target, path: target.split('?')[0], query: target.split('?')[1], head: text, pairs, headers }
  let at = end + 4
  if (/chunked/i.test(headers['transfer-encoding'] ?? '')) {
    const parts = []
    for (;;) {
      const mark = bytes.indexOf('\r\n', at)
      if (mark < 0) return null
      const size = parseInt(bytes.subarray(at, mark).toString(), 16)
      if (bytes.length < mark + 4 + size) return null
      parts.push(bytes.subarray(mark + 2, mark + 2 + size))
      at = mark + 4 + size
      if (size === 0) break
    }
    seen.body = Buffer.concat(parts)
  } else {
    const length = Number(headers['content-length'] ?? 0)
    if (bytes.length < at + length) return null
    seen.body = bytes.subarray(at, at + length)
    at += length
  }
  seen.text = seen.body.toString()
  return { seen, rest: bytes.subarray(at) }
}

class Service {
  constructor() {
    this.requests = []
    this.scripts = new Map()
    this.connections = 0
    this.sockets = new Set()
    this.tokens = 0
    this.on('/token', (socket) => socket.write(this.token()))
  }

  // The answer of a token endpoint that goes well.
  token(more = {}) {
    return answer(200, { access_token: `token-${++this.tokens}`, token_type: 'Bearer', expires_in: 3600, ...more })
  }

  on(path, script) { this.scripts.set(path, script) }

  // script per path: bytes to answer with.
  says(path, bytes) { this.on(path, (socket) => socket.write(bytes)) }

  at(path) { return this.requests.filter((seen) => seen.path === path) }

  accept(socket) {
    let pending = Buffer.alloc(0)
    const number = ++this.connections
    this.sockets.add(socket)
    socket.on('close', () => this.sockets.delete(socket))
    socket.on('error', () => {})
    if (this.onConnection) return socket.once('data', () => this.onConnection(socket))
    socket.on('data', (data) => {
      pending = Buffer.concat([pending, data])
      for (let read = readRequest(pending); read; read = readRequest(pending)) {
        pending = read.rest
        read.seen.connection = number
        read.seen.at = Date.now()
        this.requests.push(read.seen)
        const script = this.scripts.get(read.seen.path) ?? ((to) => to.write(answer(200, { ok: true })))
        script(socket, read.seen)
      }
    })
  }

  stop() {
    return new Promise((resolve) => {
      this.server.close(resolve)
      for (const socket of this.sockets) socket.destroy()
    })
  }
}

export async function startService({ secure } = {}) {
  const service = new Service()
  service.server = secure ? tls.createServer(secure, (s) => service.accept(s)) : net.createServer((s) => service.accept(s))
  service.server.on('tlsClientError', () => {})
  service.port = await listen(service.server)
  service.url = `${secure ? 'https' : 'http'}://127.0.0.1:${service.port}`
  return service
}
