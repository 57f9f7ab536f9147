// SPDX-License-Identifier: MIT
// What the peers and their tests share: waiting, listening, and an HTTP client that hides nothing.
import { readdirSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { join, relative } from 'node:path'

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

// Waits until condition() answers something, and answers that; fails with `what` after `within` ms.
export async function until(what, condition, within = 15000) {
  const end = Date.now() + within
  for (;;) {
    const found = await condition()
    if (found) return found
    if (Date.now() > end) throw new Error(`waited ${within} ms for ${what}`)
    await sleep(20)
  }
}

// Names of all files in a folder and in those within.
export const filesIn = (folder) => readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)))

// A port on loopback of the system's choice.
export function listen(server, port = 0) {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(server.address().port))
  })
}

export function close(server) {
  return new Promise((resolve) => {
    server.close(resolve)
    server.closeAllConnections()
  })
}

export async function readAll(stream) {
  const parts = []
  for await (const part of stream) parts.push(part)
  return Buffer.concat(parts)
}

class Answer {
  constructor(message, body) {
    this.status = message.statusCode
    this.headers = message.headers
    this.rawHeaders = message.rawHeaders
    this.body = body
  }

  get text() { return this.body.toString('utf8') }
  get json() { return JSON.parse(this.text) }
}

// Sends one request as given - no header is added but Host, Content-Length and Connection - and answers status, headers
// and the whole body. on_message: gets the answer as soon as its head is there, and reads the body itself.
// A connection that breaks off within the answer rejects.
export function request(url, { method = 'GET', headers = {}, body, onMessage, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const client = String(url).startsWith('https:') ? https : http
    const sent = client.request(url, { method, headers, ...options }, (message) => {
      message.on('error', reject)
      if (onMessage) {
        onMessage(message, resolve, reject)
        return
      }
      readAll(message).then((bytes) => resolve(new Answer(message, bytes)), reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
