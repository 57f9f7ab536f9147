// SPDX-License-Identifier: MIT
// A service of OAuth 1.0a (RFC 5849): temporary credentials, a page where a person says yes or no, a token, and an API. Every
// signature is compared with the one that the library oauth-1.0a makes of the same request; nonces come once. The token answer
// is a form that says it is HTML, as well-known services do.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import http from 'node:http'
import OAuth from 'oauth-1.0a'

import { close, listen, readAll } from './util.mjs'

export const CONSUMER = { consumer_key: 'ck&1', consumer_secret: 'CANARY consumer/secret' }
const HASHES = { 'HMAC-SHA1': 'sha1', 'HMAC-SHA256': 'sha256' }
const partsOf = (header) => Object.fromEntries([...(header ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, decodeURIComponent(value)]))

export async function startOauth1Server() {
  const state = { requests: [], temporary: new Map(), tokens: new Map(), nonces: new Set(), confirms: true, n: 0, hold: null }

  // What the library makes of it, with the nonce and time that came.
  function assertSigned(req, text, parts, secret) {
    const method = parts.oauth_signature_method
    const library = new OAuth({ consumer: { key: CONSUMER.consumer_key, secret: CONSUMER.consumer_secret }, signature_method: method, realm: parts.realm,
      ...(HASHES[method] && { hash_function: (base, key) => createHmac(HASHES[method], key).update(base).digest('base64') }) })
    library.getNonce = () => parts.oauth_nonce
    library.getTimeStamp = () => Number(parts.oauth_timestamp)
    const more = Object.fromEntries(['oauth_callback', 'oauth_verifier'].filter((name) => parts[name]).map((name) => [name, parts[name]]))
    const form = req.headers['content-type'] === 'application/x-www-form-urlencoded' ? Object.fromEntries(new URLSearchParams(text)) : {}
    const theirs = library.authorize({ url: `${state.url}${req.url}`, method: req.method, data: { ...form, ...more } },
      parts.oauth_token && { key: parts.oauth_token, secret })
    assert.equal(parts.oauth_signature, theirs.oauth_signature, req.url)
    assert.ok(!state.nonces.has(parts.oauth_nonce), 'a nonce comes once')
    assert.ok(Math.abs(parts.oauth_timestamp - Date.now() / 1000) < 60)
    state.nonces.add(parts.oauth_nonce)
  }

  const form = (res, pairs, status = 200) => res.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(new URLSearchParams(pairs).toString())
  const ROUTES = {
    '/request': (parts, seen, res) => {
      const token = `tmp ${++state.n}`, secret = `CANARY-tmp&${state.n}`
      state.temporary.set(token, { secret, callback: parts.oauth_callback })
      form(res, { oauth_token: token, oauth_token_secret: secret, ...(state.confirms && { oauth_callback_confirmed: 'true' }) })
    },
    '/token': (parts, seen, res) => {
      const temporary = state.temporary.get(parts.oauth_token)
      if (!temporary?.verifier || temporary.verifier !== parts.oauth_verifier) return form(res, { oauth_problem: 'token_rejected' }, 401)
      state.temporary.delete(parts.oauth_token)
      const token = `CANARY-token+${++state.n}`, secret = `CANARY-secret/&${state.n}`
      state.tokens.set(token, secret)
      return form(res, { oauth_token: token, oauth_token_secret: secret, user_id: '38895958', screen_name: 'ann b' })
    },
  }

  const server = http.createServer(async (req, res) => {
    const text = String(await readAll(req)), path = req.url.split('?')[0], query = new URL(req.url, 'http://s').searchParams
    if (path === '/authorize') return leadBack(query, res)
    const parts = partsOf(req.headers.authorization)
    const seen = { method: req.method, path, text, parts, wrong: null }
    state.requests.push(seen)
    try {
      assertSigned(req, text, parts, state.temporary.get(parts.oauth_token)?.secret ?? state.tokens.get(parts.oauth_token) ?? '')
    } catch (error) {
      seen.wrong = error
      return res.writeHead(401).end('oauth_problem=signature_invalid')
    }
    if (path === '/token') await state.hold?.(req, res, text)
    if (ROUTES[path]) return ROUTES[path](parts, seen, res)
    const known = state.tokens.has(parts.oauth_token)
    return res.writeHead(known ? 200 : 401, { 'content-type': 'application/json' }).end(JSON.stringify({ known }))
  })

  // Who signs in says yes, unless state.denies says how a no is told.
  function leadBack(query, res) {
    const token = query.get('oauth_token'), temporary = state.temporary.get(token)
    assert.ok(temporary, 'a known token')
    const back = new URL(temporary.callback)
    temporary.verifier = `v/${++state.n}`
    const more = state.denies ? state.denies(token) : { oauth_token: state.swaps ?? token, oauth_verifier: temporary.verifier }
    for (const [name, value] of Object.entries(more)) back.searchParams.set(name, value)
    state.page = Object.fromEntries(query)
    res.writeHead(302, { location: back.href }).end()
  }

  const port = await listen(server)
  return Object.assign(state, { port, url: `http://127.0.0.1:${port}`, stop: () => close(server) })
}
