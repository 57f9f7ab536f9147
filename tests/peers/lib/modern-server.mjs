// SPDX-License-Identifier: MIT
// A real authorization server with what is newer than plain OAuth 2.0: oidc-provider (OpenID certified), which tells its own
// metadata (RFC 8414), takes authorization requests only where they are pushed (RFC 9126, of the client `pushed`), and issues
// tokens for the resources that are asked for (RFC 8707). Every request is recorded; what it says of itself can be changed.
import http from 'node:http'
import https from 'node:https'

import { close, listen, readAll } from './util.mjs'

const { warn } = console
console.warn = (text, ...more) => { if (!String(text).startsWith('oidc-provider')) warn(text, ...more) }
const { default: Provider, errors } = await import('oidc-provider')

export const RESOURCES = ['https://api.example/one', 'urn:example:two']
export const CLIENTS = {
  system: { client_id: 'system', client_secret: 'CANARY-system-secret &=+%' },
  pushed: { client_id: 'pushed', client_secret: 'CANARY-pushed-secret &=+%' },
}

const WELL_KNOWN = /\/\.well-known\/(openid-configuration|oauth-authorization-server)/

function configuration(redirectUris, more) {
  return {
    clients: [
      { ...CLIENTS.system, grant_types: ['client_credentials'], redirect_uris: [], response_types: [], token_endpoint_auth_method: 'client_secret_basic' },
      ...(redirectUris.length ? [{ ...CLIENTS.pushed, grant_types: ['authorization_code', 'refresh_token'], redirect_uris: redirectUris,
        response_types: ['code'], token_endpoint_auth_method: 'client_secret_post', require_pushed_authorization_requests: true }] : []),
      ...(more.clients ?? []),
    ],
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (context, resource) => {
          if (!RESOURCES.includes(resource)) throw new errors.InvalidTarget()
          return { scope: 'openid offline_access read', audience: resource, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } }
        },
        useGrantedResource: () => true,
      },
      ...more.features,
    },
    pkce: { required: () => true },
    findAccount: (context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    issueRefreshToken: (context, of) => of.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: () => true,
    cookies: { keys: ['only for tests'] },
    scopes: ['openid', 'offline_access', 'read'],
    jwks: more.jwks,
    ...more.configuration,
  }
}

// tls: options of https.createServer. redirectUris: where people may be sent back to. more: {clients, features, jwks, configuration}.
export async function startModernServer({ tls, redirectUris = [], host = '127.0.0.1', ...more } = {}) {
  const state = {
    requests: [],     // {method, path, headers, params, status}, without the pages of people
    metadata: null,   // (what it says of itself, path) => what is said instead; a falsy answer: 404
    fault: null,      // (req, res) => true where it has answered
    asked: (path) => state.requests.filter((r) => r.path.split('?')[0] === path),
  }
  let handle, provider
  const told = (req, res) => {
    const path = req.url.split('?')[0]
    const { end, writeHead } = res
    const parts = []
    res.write = (piece) => { parts.push(Buffer.from(piece)); return true }
    res.writeHead = (status) => { res.statusCode = status; return res }
    res.end = (piece) => {
      if (piece) parts.push(Buffer.from(piece))
      const own = res.statusCode === 200 ? JSON.parse(Buffer.concat(parts)) : null
      const said = state.metadata ? state.metadata(own, path) : own
      res.end = end
      res.writeHead = writeHead
      res.removeHeader('content-length')
      res.statusCode = said ? 200 : 404
      res.setHeader('content-type', 'application/json')
      res.end(said ? JSON.stringify(said) : '')
    }
    handle(req, res)
  }
  const listener = async (req, res) => {
    const seen = { method: req.method, path: req.url, headers: { ...req.headers } }
    state.requests.push(seen)
    res.on('finish', () => { seen.status = res.statusCode })
    if (state.fault && await state.fault(req, res)) return
    if (WELL_KNOWN.test(req.url)) {
      told(req, res)
      return
    }
    if (req.method === 'POST' && !req.url.startsWith('/interaction')) {
      const text = String(await readAll(req))
      seen.text = text
      if (req.headers['content-type'] === 'application/json') { // a client registers itself (RFC 7591)
        req.body = JSON.parse(text)
        handle(req, res)
        return
      }
      seen.params = new URLSearchParams(text)
      req.body = Object.fromEntries([...new Set(seen.params.keys())].map((name) => {
        const all = seen.params.getAll(name)
        return [name, all.length > 1 ? all : all[0]]
      }))
    }
    handle(req, res)
  }
  const server = tls ? https.createServer({ ALPNProtocols: ['http/1.1'], ...tls }, listener) : http.createServer(listener)
  const port = await listen(server)
  const issuer = `${tls ? 'https' : 'http'}://${host}:${port}`
  provider = new Provider(issuer, configuration(redirectUris, more))
  handle = provider.callback()
  state.token = async (value) => await provider.AccessToken.find(value) ?? provider.ClientCredentials.find(value)
  return Object.assign(state, { url: issuer, port, provider, stop: () => close(server) })
}
