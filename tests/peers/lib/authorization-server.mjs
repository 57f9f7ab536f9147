// SPDX-License-Identifier: MIT
// A real authorization server: oidc-provider (OpenID certified) on a loopback port. Beside what it does by itself -
// client_credentials, client authentication in the body and by Basic, refresh tokens that rotate, and all of a sign-in's
// tokens revoked when a spent one comes again - it knows the password grant and Auth0's password-realm, reads JSON bodies as
// UKG's and Auth0's servers do, and answers under several paths. People sign in by oidc-provider's own pages (browser.mjs does
// it for them). Every request to a token path is recorded as it came, and a fault can be put before the server.
import http from 'node:http'
import https from 'node:https'

import { close, listen, readAll, request, sleep } from './util.mjs'

// It warns that somebody has parsed the body already, which is what happens here on purpose.
const { warn } = console
console.warn = (text, ...more) => { if (!String(text).startsWith('oidc-provider')) warn(text, ...more) }
const { default: Provider, errors } = await import('oidc-provider')

export const TOKEN_PATHS = ['/token', '/oauth/token', '/api/authentication/access_token']
export const AUTHORIZE_PATHS = ['/authorize', '/oauth/authorize']
export const PASSWORD_REALM = 'http://auth0.com/oauth/grant-type/password-realm'

// Secrets that a slip in form encoding would break.
export const CLIENTS = {
  body: { client_id: 'client-body', client_secret: 'CANARY-body-secret &=+%' },
  basic: { client_id: 'client-basic', client_secret: 'CANARY-basic-secret s:e c+r%e&t' },
  ukg: { client_id: 'c', client_secret: 's' },
  worker: { client_id: '11111111-2222-4333-8444-555555555555', client_secret: 'CANARY-worker s~e.c+r/e=t' },
  code: { client_id: 'client-code', client_secret: 'CANARY-code-secret' },
  workerBasic: { client_id: '22222222-2222-4333-8444-555555555555', client_secret: 'CANARY-worker-basic s~e.c+r/e=t' },
}
export const USERS = { alice: 'CANARY-alice-password', bob: 'CANARY-bob-password', u: 'p&=+ é' }

const GRANTS = ['client_credentials', 'password', PASSWORD_REALM, 'refresh_token']
const client = (entry, method) => ({
  ...entry, token_endpoint_auth_method: method, grant_types: GRANTS, redirect_uris: [], response_types: [],
})

// Those for whom people sign in, where there is somewhere to send them back to; PKCE is required of all.
const interactive = (entry, method, redirectUris) => (redirectUris.length === 0 ? client(entry, method) : {
  ...client(entry, method), grant_types: [...GRANTS, 'authorization_code'], redirect_uris: redirectUris, response_types: ['code'],
})

// A public client, for which people sign in by a code on another device (RFC 8628).
export const DEVICE_CLIENT = { client_id: 'client-device' }
export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

function configuration(state, redirectUris, clients) {
  return {
    clients: [...clients, client(CLIENTS.body, 'client_secret_post'), client(CLIENTS.basic, 'client_secret_basic'),
      interactive(CLIENTS.ukg, 'client_secret_post', redirectUris), interactive(CLIENTS.code, 'client_secret_basic', redirectUris),
      client(CLIENTS.worker, 'client_secret_post'),
      { ...client(DEVICE_CLIENT, 'none'), grant_types: [DEVICE_GRANT, 'refresh_token'] },
      client(CLIENTS.workerBasic, 'client_secret_basic')],
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: true }, deviceFlow: { enabled: true },
      revocation: { enabled: true }, introspection: { enabled: true } },
    pkce: { required: () => true },
    issueRefreshToken: (context, of) => of.grantTypeAllowed('refresh_token'),
    findAccount: (context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    rotateRefreshToken: () => true,
    ttl: { AccessToken: () => state.lifetime, ClientCredentials: () => state.lifetime, RefreshToken: 86400, Grant: 86400 },
    cookies: { keys: ['only for tests'] },
    scopes: ['openid', 'offline_access'],
  }
}

// RFC 6749 4.3, and the same with a realm.
function passwordGrant(provider, state) {
  return async (context) => {
    const { params, client: of } = context.oidc
    const { username, password, scope } = params
    if (USERS[username] === undefined || USERS[username] !== password) {
      throw new errors.CustomOIDCProviderError('invalid_grant', 'Wrong user name or password.')
    }
    const grant = new provider.Grant({ accountId: username, clientId: of.clientId })
    grant.addOIDCScope('openid offline_access')
    const common = { accountId: username, client: of, grantId: await grant.save(), gty: 'password', scope }
    const access = new provider.AccessToken(common)
    const refresh = new provider.RefreshToken({ ...common, authTime: Math.floor(Date.now() / 1000) })
    state.signIns++
    context.oidc.entity('AccessToken', access)
    context.body = {
      access_token: await access.save(), token_type: access.tokenType, expires_in: access.expiration,
      refresh_token: await refresh.save(), ...(scope && { scope }),
    }
  }
}

function parse(type, text) {
  if (type.startsWith('application/json')) return JSON.parse(text)
  return Object.fromEntries(new URLSearchParams(text))
}

// What may stand before the server: each answers true where it took the request.
export const faults = {
  // The connection breaks without an answer.
  down: (req, res) => { res.socket.destroy(); return true },
  slow: (ms) => async () => { await sleep(ms); return false },
  // value: a Retry-After of either form, or none.
  throttled: (value) => (req, res) => {
    res.writeHead(429, { 'content-type': 'application/json', ...(value !== undefined && { 'retry-after': value }) })
    res.end('{"error": "too_many_requests", "error_description": "Slow down."}')
    return true
  },
  answers: (status, body, headers = {}) => (req, res) => {
    res.writeHead(status, { 'content-type': 'application/json', ...headers })
    res.end(body)
    return true
  },
}

// tls: {key, cert} as makeCertificate gives them. port: to start again where another one was. paths: more token paths.
// redirectUris: where people may be sent back to. clients: more clients, as oidc-provider takes them; grants: what else it
// can be asked for, {name: {parameters, answer(context, provider)}}. audiences: what assertions may call it beside its own names.
export async function startAuthorizationServer({ tls, port = 0, paths = [], redirectUris = [], clients = [], grants = {}, audiences = [] } = {}) {
  const state = {
    lifetime: 3600,  // of the tokens issued from now on, in seconds
    requests: [],    // {method, path, headers, rawHeaders, text, params, status}
    authorizations: [], // the parameters of authorization requests
    fault: null,     // one of faults
    signIns: 0,      // by a password
    refreshes: 0,    // that went well
    issued: new Set(), // every access and refresh token
    interval: 1,     // of polls by device codes, in seconds; undefined: none is told
    revoked: 0,      // sign-ins whose tokens are all dead, since a spent refresh token came again
  }
  let handle
  const server = tls ? https.createServer({ ...tls, ALPNProtocols: ['http/1.1'] }) : http.createServer()
  server.on('request', async (req, res) => {
    if ([...TOKEN_PATHS, ...paths].includes(req.url.split('?')[0])) {
      const text = await readAll(req).then(String, () => null)
      if (text === null) return // it broke off
      const type = req.headers['content-type'] ?? ''
      const seen = { method: req.method, path: req.url, headers: { ...req.headers }, rawHeaders: req.rawHeaders, text }
      state.requests.push(seen)
      res.on('finish', () => { seen.status = res.statusCode })
      if (state.fault && await state.fault(req, res, text)) return
      seen.params = parse(type, text)
      req.body = seen.params
      req.headers['content-type'] = 'application/x-www-form-urlencoded'
      req.url = '/token'
    }
    const [path, query] = req.url.split('?')
    if (AUTHORIZE_PATHS.includes(path)) {
      state.authorizations.push(Object.fromEntries(new URLSearchParams(query)))
      req.url = `/auth?${query}`
    }
    handle(req, res)
  })
  const bound = await listen(server, port)
  const issuer = `${tls ? 'https' : 'http'}://127.0.0.1:${bound}`
  const provider = new Provider(issuer, configuration(state, redirectUris, clients))
  provider.registerGrantType('password', passwordGrant(provider, state), ['username', 'password', 'scope'])
  provider.registerGrantType(PASSWORD_REALM, passwordGrant(provider, state), ['username', 'password', 'scope', 'realm'])
  const { prototype } = provider.OIDCContext
  const own = prototype.clientJwtAuthExpectedAudience
  prototype.clientJwtAuthExpectedAudience = function names() { return new Set([...own.call(this), ...audiences]) }
  for (const [name, { parameters, answer }] of Object.entries(grants)) {
    provider.registerGrantType(name, (context) => answer(context, provider), parameters)
  }
  provider.on('grant.success', ({ oidc, body }) => {
    state.refreshes += oidc.params.grant_type === 'refresh_token'
    for (const token of [body.access_token, body.refresh_token]) if (token) state.issued.add(token)
  })
  provider.on('grant.revoked', () => { state.revoked++ })
  provider.use(async (context, next) => { // which never tells one itself
    await next()
    if (context.body?.user_code && state.interval !== undefined) context.body.interval = state.interval
  })
  handle = provider.callback()
  // Whether an access token is one of this server's, and alive.
  state.knows = async (token) => Boolean(await provider.AccessToken.find(token) ?? await provider.ClientCredentials.find(token))
  // Whether a token still counts, as RFC 7662 tells whoever may ask.
  state.isActive = async (token) => {
    const body = new URLSearchParams({ token, ...CLIENTS.body }).toString()
    const { json } = await request(`${issuer}/token/introspection`, { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
    return json.active
  }
  // A refresh token as somebody would get it who signed in elsewhere.
  state.signIn = async (user, { client_id, client_secret }) => {
    const body = new URLSearchParams({ grant_type: 'password', username: user, password: USERS[user], client_id, client_secret,
      scope: 'openid offline_access' }).toString()
    const { json } = await request(`${issuer}/token`, { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
    return json.refresh_token
  }
  return Object.assign(state, { url: issuer, port: bound, stop: () => close(server) })
}
