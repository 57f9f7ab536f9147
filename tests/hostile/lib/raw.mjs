// SPDX-License-Identifier: MIT
// A client that sends the bytes it is told to, and nothing else: what no HTTP library would send.
import net from 'node:net'
import tls from 'node:tls'

import { sleep } from '../../peers/lib/util.mjs'

// The first answer in the bytes, or null while its head is not there.
export function parse(bytes) {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return null
  const [line, ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const headers = {}
  for (const one of lines) {
    const colon = one.indexOf(':')
    headers[one.slice(0, colon).toLowerCase()] = one.slice(colon + 1).trim()
  }
  const body = bytes.subarray(end + 4)
  const length = headers['content-length']
  const chunked = /chunked/i.test(headers['transfer-encoding'] ?? '')
  return {
    line, status: Number(line.split(' ')[1]), headers, body,
    whole: length !== undefined ? body.length >= Number(length) : chunked ? body.includes('0\r\n\r\n') : false,
    get text() { return body.toString('utf8') },
    get json() { return JSON.parse(this.text) },
  }
}

// Sends pieces (bytes, text, or a number of milliseconds to wait) to a port and reads until the peer closes, until one
// whole answer is there (unless `toEnd`), or for `within` ms. Answers {answers, first, bytes, closed, ms}.
export function talk(port, pieces, { within = 8000, toEnd = false, useTls = null, host = '127.0.0.1' } = {}) {
  return new Promise((resolve) => {
    const began = Date.now()
    const socket = useTls ? tls.connect({ port, host, rejectUnauthorized: false, ...useTls }) : net.connect({ port, host })
    let bytes = Buffer.alloc(0)
    let closed = false
    const timer = setTimeout(() => finish(), within)
    const finish = () => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ bytes, closed, ms: Date.now() - began, first: parse(bytes), alpn: socket.alpnProtocol,
        statuses: [...bytes.toString('latin1').matchAll(/HTTP\/1\.1 (\d{3})/g)].map((m) => Number(m[1])) })
    }
    socket.on('data', (data) => {
      bytes = Buffer.concat([bytes, data])
      if (!toEnd && parse(bytes)?.whole) finish()
    })
    socket.on('error', () => {})
    socket.on('close', () => { closed = true; finish() })
    socket.on(useTls ? 'secureConnect' : 'connect', async () => {
      for (const piece of [pieces].flat()) {
        if (typeof piece === 'number') await sleep(piece)
        else if (!socket.destroyed) await new Promise((done) => { socket.write(piece, () => done()) || socket.once('drain', () => done()) })
      }
    })
  })
}

// A request as text. lines: further header lines. Content-Length is added where there is a body and none is given.
export function head(method, target, lines = [], body) {
  const all = ['Host: localhost', ...lines]
  if (body !== undefined && !lines.some((line) => /^(content-length|transfer-encoding)/i.test(line))) {
    all.push(`Content-Length: ${Buffer.byteLength(body)}`)
  }
  return `${method} ${target} HTTP/1.1\r\n${all.join('\r\n')}\r\n\r\n${body ?? ''}`
}
