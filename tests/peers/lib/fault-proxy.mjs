// SPDX-License-Identifier: MIT
// A proxy between Tenon and a real server that spoils what it carries: waits, cuts, resets, drips, lies about lengths, swallows.
// It carries bytes; what goes to the server it leaves alone. proxy.fault is one of `spoil`, or null; it counts from the next
// connection on.
import net from 'node:net'

import { listen, sleep } from './util.mjs'

const HEAD_END = Buffer.from('\r\n\r\n')

// Each is given the connection: client and server sockets, and answer, the bytes that come from the server as an async iterable.
export const spoil = {
  // The answer waits.
  delay: (ms) => async ({ client, answer }) => {
    await sleep(ms)
    for await (const bytes of answer) client.write(bytes)
    client.end()
  },
  // So many bytes of the answer, then an orderly end.
  cut: (count) => async ({ client, answer }) => { await pass(client, answer, count); client.end() },
  // The same, then RST.
  reset: (count) => async ({ client, answer }) => {
    await pass(client, answer, count)
    await sleep(20) // what was written is on its way
    client.resetAndDestroy()
  },
  // A piece at a time.
  drip: (size, ms) => async ({ client, answer }) => {
    for await (const bytes of answer) {
      for (let at = 0; at < bytes.length && !client.destroyed; at += size) {
        client.write(bytes.subarray(at, at + size))
        await sleep(ms)
      }
    }
    client.end()
  },
  // Content-Length says more or less than there is.
  lie: (by) => async ({ client, answer }) => {
    let head = Buffer.alloc(0)
    for await (const bytes of answer) {
      if (head === null) {
        client.write(bytes)
        continue
      }
      head = Buffer.concat([head, bytes])
      if (!head.includes(HEAD_END)) continue
      client.write(head.toString('latin1').replace(/content-length: *(\d+)/i, (_, length) => `Content-Length: ${Number(length) + by}`), 'latin1')
      head = null
    }
    client.end()
  },
  // The server has answered, and nobody learns it: an end, or silence.
  swallow: async ({ client, answer }) => {
    for await (const bytes of answer) if (bytes.length) break
    await sleep(50) // the server is done
    client.destroy()
  },
  silence: async ({ answer }) => { for await (const bytes of answer) if (bytes.length) continue },
}

// At most count bytes.
async function pass(client, answer, count) {
  let left = count
  for await (const bytes of answer) {
    client.write(bytes.subarray(0, left))
    left -= bytes.length
    if (left <= 0) return
  }
}

export async function startFaultProxy(port) {
  const proxy = { fault: null, refuses: false, connections: 0 }
  const sockets = new Set()
  const keep = (socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    return socket
  }
  const server = net.createServer(async (client) => {
    keep(client)
    proxy.connections++
    if (proxy.refuses) { // the server never hears of it
      client.once('data', () => client.destroy())
      return
    }
    const upstream = keep(net.connect(port, '127.0.0.1'))
    client.on('data', (bytes) => upstream.write(bytes))
    client.on('close', () => upstream.destroy())
    if (!proxy.fault) {
      upstream.on('data', (bytes) => client.write(bytes)).on('close', () => client.end())
      return
    }
    await proxy.fault({ client, upstream, answer: upstream }).catch(() => client.destroy())
  })
  const bound = await listen(server)
  return Object.assign(proxy, {
    port: bound,
    url: `http://127.0.0.1:${bound}`,
    stop: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(resolve))
    },
  })
}
