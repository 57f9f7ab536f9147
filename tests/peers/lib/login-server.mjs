// SPDX-License-Identifier: MIT
// A service with sign-ins of its own making, as services have them: a form that sets a cookie, an XML gateway, a sign-in address
// that must be asked for first, and an OAuth token that must be exchanged for another. It locks an account after three wrong
// passwords, keeps what it was asked in `requests`, and takes a `hold`: a promise by path that an answer waits for.
import { randomBytes } from 'node:crypto'
import http from 'node:http'

import { close, listen, readAll } from './util.mjs'

export const LOCKED_AFTER = 3
const id = (kind) => `${kind}-${randomBytes(12).toString('hex')}`

class LoginServer {
  constructor() {
    this.users = new Map([['alice', 'CANARY-login-password'], ['bob', 'CANARY-other-password']])
    this.wrong = new Map() // user -> wrong passwords in a row
    this.sessions = new Set()
    this.refreshTokens = new Map() // token -> used?
    this.shortTokens = new Set()
    this.codes = new Set()
    this.requests = []
    this.answers = new Map() // path -> {status, headers, body}: instead of its own
    this.holds = new Map() // path -> promise
    this.sessionLife = 3600
  }

  // How often a path was asked.
  asked(path) { return this.requests.filter((r) => r.path === path).length }

  begin() {
    const session = id('CANARY-session')
    this.sessions.add(session)
    return session
  }

  // Whether a password is right; the third wrong one locks.
  check(user, password) {
    if ((this.wrong.get(user) ?? 0) >= LOCKED_AFTER) return false
    const right = this.users.get(user) === password
    this.wrong.set(user, right ? 0 : (this.wrong.get(user) ?? 0) + 1)
    return right
  }
}

const json = (body, status = 200, headers = {}) => ({ status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
const xml = (body) => ({ status: 200, headers: { 'content-type': 'text/xml; charset=utf-8' }, body: `<?xml version="1.0"?>\n${body}` })

const cookieOf = (headers, name) => new RegExp(`(?:^|; )${name}=([^;]*)`).exec(headers.cookie ?? '')?.[1]

const PATHS = {
  // A form whose wrong password is a page again, with the cookie taken back.
  '/login': (s, { form }) => (s.check(form.get('user'), form.get('password'))
    ? { status: 302, headers: { location: '/home', 'set-cookie': ['theme=dark; Path=/', `SID=${s.begin()}; Path=/; HttpOnly; Secure; Max-Age=${s.sessionLife}`] } }
    : { status: 200, headers: { 'content-type': 'text/html', 'set-cookie': 'SID=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT' }, body: '<html>Try again</html>' }),
  // An XML gateway, which answers 200 whatever comes.
  '/gateway': (s, { text }) => {
    const of = (name) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1]
    return xml(s.check(of('userid'), of('password'))
      ? `<response><status>success</status><result><api><sessionid>${s.begin()}</sessionid></api><until>${new Date(Date.now() + s.sessionLife * 1000).toISOString()}</until></result></response>`
      : `<response><status>failure</status><errormessage>wrong: ${of('password')}</errormessage></response>`)
  },
  // Where to sign in; the address is the service's to say.
  '/discover': (s) => json({ sign_in: s.signInUrl ?? `${s.url}/sign-in` }),
  '/sign-in': (s, { body }) => (s.check(body?.user, body?.password)
    ? json({ session: s.begin(), renew: s.rotate(), expires_in: s.sessionLife })
    : json({ error: 'bad_credentials', error_description: `no: ${body?.password}` }, 401)),
  // Spends what it is asked with.
  '/renew': (s, { body }) => {
    if (s.refreshTokens.get(body?.renew) !== false) return json({ error: 'spent' }, 401)
    s.refreshTokens.set(body.renew, true)
    return json({ session: s.begin(), renew: s.rotate(), expires_in: s.sessionLife })
  },
  '/profile': (s, { headers }) => (s.sessions.has(headers['x-session']) ? json({ account: 'acc-1' }) : json({ error: 'no session' }, 401)),
  // A person who has signed in before: back at once.
  '/authorize': (s, { query }) => ({ status: 303, headers: { location: `${query.get('redirect_uri')}?${new URLSearchParams({ code: s.code(), state: query.get('state') })}` } }),
  // OAuth, with rotation and reuse detection, whose token is good for the exchange alone.
  '/token': (s, { form }) => {
    const grant = form.get('grant_type')
    if (grant === 'password' && !s.check(form.get('username'), form.get('password'))) return json({ error: 'invalid_grant' }, 400)
    if (grant === 'authorization_code' && !s.codes.delete(form.get('code'))) return json({ error: 'invalid_grant' }, 400)
    if (grant === 'refresh_token') {
      if (s.refreshTokens.get(form.get('refresh_token')) !== false) {
        s.refreshTokens.clear()
        return json({ error: 'invalid_grant' }, 400)
      }
      s.refreshTokens.set(form.get('refresh_token'), true)
    }
    const token = id('CANARY-short')
    s.shortTokens.add(token)
    return json({ access_token: token, token_type: 'Bearer', expires_in: 300, refresh_token: s.rotate() })
  },
  '/exchange': (s, { headers }) => (s.shortTokens.has((headers.authorization ?? '').replace('Bearer ', ''))
    ? json({ token: s.begin(), lives: s.sessionLife })
    : json({ error: 'not this one' }, 401)),
  // The API.
  '/me': (s, { headers }) => {
    const session = headers['x-session'] ?? cookieOf(headers, 'SID') ?? (headers.authorization ?? '').replace('Bearer ', '')
    return s.sessions.has(session) ? json({ fine: true, account: headers['x-account'] }) : json({ error: 'expired' }, 401)
  },
}

LoginServer.prototype.rotate = function rotate() {
  const token = id('CANARY-renew')
  this.refreshTokens.set(token, false)
  return token
}

LoginServer.prototype.code = function code() {
  const made = id('CANARY-code')
  this.codes.add(made)
  return made
}

function parse(text, type = '') {
  if (type.includes('json')) return { body: JSON.parse(text) }
  return { form: new URLSearchParams(text) }
}

export async function startLoginServer() {
  const s = new LoginServer()
  const server = http.createServer(async (req, res) => {
    const text = (await readAll(req)).toString('utf8')
    const { pathname: path, searchParams } = new URL(req.url, 'http://h')
    const seen = { path, query: searchParams, method: req.method, headers: req.headers, text, ...parse(text, req.headers['content-type']) }
    s.requests.push(seen)
    await s.holds.get(path)
    const answer = s.answers.get(path) ?? (PATHS[path] ?? (() => json({ error: 'no such page' }, 404)))(s, seen)
    res.writeHead(answer.status, answer.headers ?? {})
    res.end(answer.body)
  })
  s.url = `http://127.0.0.1:${await listen(server)}`
  s.stop = () => close(server)
  return s
}
