// SPDX-License-Identifier: MIT
// A token endpoint of the scripted service that rotates: each refresh token is good once, and a spent one that comes again revokes
// all. It counts what came.
import { answer } from './service.mjs'

export class Rotating {
  // overlap: the one just before the newest is still taken (Auth0's leeway). more: members of every answer.
  constructor(service, { expires = 3600, overlap = false, more = {} } = {}) {
    Object.assign(this, { service, expires, overlap, more, newest: 0, revoked: false, refreshes: 0, signIns: 0, reuses: 0, lose: false, say: null })
    service.on('/token', (socket, seen) => this.take(socket, seen))
  }

  take(socket, seen) {
    const params = new URLSearchParams(seen.text)
    const body = params.get('grant_type') === 'refresh_token' ? this.refresh(Number(params.get('refresh_token').split('-').at(-1))) : this.signIn()
    if (this.lose) {
      socket.destroy()
      return
    }
    socket.write(this.say?.(body, params) ?? (body ? answer(200, body) : answer(400, { error: 'invalid_grant' })))
  }

  signIn() {
    this.signIns++
    this.revoked = false
    return this.issue()
  }

  refresh(number) {
    const known = number === this.newest || (this.overlap && number === this.newest - 1)
    if (this.revoked || !known) {
      this.reuses++
      this.revoked = true
      return null
    }
    this.refreshes++
    return this.issue()
  }

  issue() {
    this.newest++
    return { access_token: `access-${this.newest}`, token_type: 'Bearer', expires_in: this.expires, refresh_token: `CANARY-refresh-${this.newest}`, ...this.more }
  }
}
