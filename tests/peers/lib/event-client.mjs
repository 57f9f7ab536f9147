// SPDX-License-Identifier: MIT
// A client of Tenon's live stream of events: npm eventsource, as an application would use it, with everything that it is told kept.
import { readFileSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'

import { EventSource } from 'eventsource'

import { ROOT } from './tenon.mjs'
import { until } from './util.mjs'

// name -> the members its data may have, of docs/EVENTS.md.
export const MEMBERS = new Map([...readFileSync(join(ROOT, 'docs/EVENTS.md'), 'utf8').matchAll(/^\| `([a-z_.]+)` \| \w+ \| (.*?) \|/gm)]
  .map(([, name, members]) => [name, [...members.matchAll(/`(\w+)`/g)].map(([, member]) => member)]))

// fetch, but for the spare connection that Node's own opens when a stream is left.
const get = (to, { signal, headers }) => new Promise((resolve, reject) => {
  http.get(to, { headers, signal, agent: false }, (message) => {
    const { statusCode, headers: told } = message.on('error', () => {})
    resolve(Object.defineProperty(new Response(Readable.toWeb(message), { status: statusCode, headers: told }), 'url', { value: String(to) }))
  }).on('error', reject)
})

export class EventClient {
  // key: or the header fields that say who asks. after: as a client that comes back begins.
  constructor(url, key, after) {
    this.told = []
    this.failures = []
    const headers = { ...(typeof key === 'string' ? { 'x-api-key': key } : key), ...(after && { 'last-event-id': after }) }
    this.source = new EventSource(url, { fetch: (to, init) => get(to, { signal: init.signal, headers: { ...init.headers, ...headers } }) })
    for (const type of [...MEMBERS.keys(), 'gap']) {
      this.source.addEventListener(type, (event) => { this.told.push({ ...JSON.parse(event.data), lastEventId: event.lastEventId, event: type }) })
    }
    this.source.addEventListener('error', (event) => { this.failures.push(event) })
  }

  open() {
    return until('the stream to open', () => {
      if (this.source.readyState === EventSource.CLOSED) throw new Error(`refused: ${this.failures[0]?.code}`)
      return this.source.readyState === EventSource.OPEN && this
    })
  }

  of(type) { return this.told.filter((event) => event.event === type) }

  // The first of a type for which the condition holds.
  until(type, condition = () => true) {
    return until(type, () => this.of(type).find((event) => condition(event.data)))
  }

  ended() { return until('the stream to end', () => this.failures.length || this.source.readyState !== EventSource.OPEN) }

  close() { this.source.close() }
}

export async function openEvents(tenon, key, query = '', after = undefined) {
  return new EventClient(`${tenon.url}/v1/events${query}`, key, after).open()
}
