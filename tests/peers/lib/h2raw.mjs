// SPDX-License-Identifier: MIT
// An HTTP/2 client that sends what no library would: header lists as they are given, frames in any order. HPACK as
// literals without indexing and without Huffman coding (RFC 7541 6.2.2), so that every byte is the test's own.
import tls from 'node:tls'

export const TYPE = { DATA: 0, HEADERS: 1, RST_STREAM: 3, SETTINGS: 4, PING: 6, GOAWAY: 7, WINDOW_UPDATE: 8, CONTINUATION: 9 }
const END_STREAM = 1
const ACK = 1
const END_HEADERS = 4

export function frame(type, flags, stream, payload = Buffer.alloc(0)) {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

function integer(value) {
  if (value < 127) return [value]
  const bytes = [127]
  for (value -= 127; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) + 128)
  return [...bytes, value]
}

const string = (text) => {
  const bytes = Buffer.from(text, 'latin1')
  return Buffer.concat([Buffer.from(integer(bytes.length)), bytes])
}
export const headerBlock = (pairs) => Buffer.concat(pairs.map(([name, value]) => Buffer.concat([Buffer.from([0]), string(name), string(value)])))

export const headers = (stream, pairs, end = true) =>
  frame(TYPE.HEADERS, END_HEADERS | (end ? END_STREAM : 0), stream, headerBlock(pairs))
export const data = (stream, text, end = true) => frame(TYPE.DATA, end ? END_STREAM : 0, stream, Buffer.from(text))
export const reset = (stream) => frame(TYPE.RST_STREAM, 0, stream, Buffer.from([0, 0, 0, 8]))

// {frames: [{type, flags, stream, payload}], send, closed, close}; settings and pings are acknowledged.
export function connect(front) {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ port: front.port, host: '127.0.0.1', servername: 'localhost', ca: front.ca, ALPNProtocols: ['h2'] })
    const client = { frames: [], closed: false, alpn: null, send: (...bytes) => socket.write(Buffer.concat(bytes)), close: () => socket.destroy() }
    let rest = Buffer.alloc(0)
    socket.on('error', (error) => { client.closed = true; reject(error) })
    socket.on('close', () => { client.closed = true })
    socket.on('data', (bytes) => {
      rest = Buffer.concat([rest, bytes])
      while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
        const end = 9 + rest.readUIntBE(0, 3)
        const got = { type: rest[3], flags: rest[4], stream: rest.readUInt32BE(5), payload: rest.subarray(9, end) }
        rest = rest.subarray(end)
        client.frames.push(got)
        if (got.type === TYPE.SETTINGS && !(got.flags & ACK)) socket.write(frame(TYPE.SETTINGS, ACK, 0))
        if (got.type === TYPE.PING && !(got.flags & ACK)) socket.write(frame(TYPE.PING, ACK, 0, got.payload))
      }
    })
    socket.on('secureConnect', () => {
      client.alpn = socket.alpnProtocol
      socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(TYPE.SETTINGS, 0, 0)]))
      resolve(client)
    })
  })
}

// The fate of a stream: 'answered' and its body, 'reset', 'goaway', 'closed', or null while it is open.
export function fateOf(client, stream) {
  const own = client.frames.filter((one) => one.stream === stream)
  if (own.some((one) => one.type === TYPE.RST_STREAM)) return 'reset'
  if (own.some((one) => (one.type === TYPE.DATA || one.type === TYPE.HEADERS) && one.flags & END_STREAM)) {
    return 'answered ' + Buffer.concat(own.filter((one) => one.type === TYPE.DATA).map((one) => one.payload)).toString()
  }
  if (client.frames.some((one) => one.type === TYPE.GOAWAY)) return 'goaway'
  return client.closed ? 'closed' : null
}
