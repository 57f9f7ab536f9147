// SPDX-License-Identifier: MIT
// The console's session as its page uses it, without a browser.
import assert from 'node:assert/strict'

export const beginSession = (on, body, headers = {}) => on.request('/v1/session', { json: body, headers: { origin: on.url, ...headers }, echo: true })

// Its cookie, and what its page sends with changes.
export class ConsoleSession {
  // answer: of beginSession.
  constructor(on, answer) {
    const [set] = answer.headers['set-cookie']
    this.on = on
    this.attributes = set.split('; ').slice(1)
    this.cookie = set.split(';')[0]
    this.told = answer.json
  }

  static async signIn(on, key) {
    const answer = await beginSession(on, { key })
    assert.equal(answer.status, 200, answer.text)
    return new ConsoleSession(on, answer)
  }

  // As the page asks. What is given replaces its headers; null leaves one out.
  ask(method, path, { headers = {}, ...options } = {}) {
    const own = { cookie: this.cookie, origin: this.on.url, 'x-tenon-csrf': this.told.csrf, ...('json' in options && { 'content-type': 'application/json' }) }
    const sent = Object.fromEntries(Object.entries({ ...own, ...headers }).filter(([, value]) => value !== null))
    return this.on.request(path, { method, headers: sent, ...options })
  }
}
