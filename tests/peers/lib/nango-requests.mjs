// SPDX-License-Identifier: MIT
// The requests that a provider of Nango prescribes, in their order: the sign-in page, the token, the API, the token's renewal.
// Each is told by a function of what cannot be known before: {now, random, state, challenge, pairs}, pairs being what the
// request that came holds in its body.
import { createHash, createHmac, createPublicKey, verify } from 'node:crypto'
import assert from 'node:assert/strict'

import { body, choose, interpolate, query, text, tree, url } from './nango.mjs'

export const CODE = 'code/+1 2'
const basic = (user, password) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
const encoded = (value) => encodeURIComponent(value).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`).replaceAll('%20', '+')

// What the catalogue leaves to code, by the provider: [pairs of the token request, its headers, of the renewal].
const pick = (pairs, names) => pairs.filter(([name]) => names.includes(name))
const drop = (pairs, names) => pairs.filter(([name]) => !names.includes(name))
const CLIENT = ['client_id', 'client_secret']
const ODD = {
  agiloft: { client: (v) => [['client_id', v.clientId], ['md5_secret', v.clientSecret.slice(0, 20)]], header: (v) => basic(v.clientId, v.clientSecret) },
  fanvue: { client: () => [], header: (v) => basic(v.clientId, v.clientSecret) },
  mercury: { client: () => [], header: (v) => basic(encoded(v.clientId), encoded(v.clientSecret)) },
  'stripe-app': { client: (v) => [['client_id', v.clientId]], header: (v) => basic(v.clientSecret, '') },
  followupboss: { more: (v, seen) => [['state', seen.state ?? v.state]], code: true },
  facebook: { renew: (v, pairs) => [['grant_type', 'fb_exchange_token'], ...pick(pairs, CLIENT), ['fb_exchange_token', v.token.access_token]] },
  'shopline-oauth': { format: 'json', client: () => [], header: () => undefined, exchange: () => [['code', CODE]], renew: () => [],
    signs: (v, seen, text) => ({ appkey: v.clientId, timestamp: seen.headers.timestamp, sign: createHmac('sha256', v.clientSecret).update(`${text}${seen.headers.timestamp}`).digest('hex') }) },
  'tiktok-accounts': { format: 'json', exchange: (pairs) => [...drop(pairs, ['code']), ['auth_code', CODE]] },
}

/* --- JWTs --- */

const part = (jwt, i) => JSON.parse(Buffer.from(jwt.split('.')[i], 'base64url'))
// The signature is good, and header and claims are these beside the times.
export function assertJwt(jwt, key, header, claims) {
  const [head, payload, signature] = jwt.split('.')
  const signed = Buffer.from(`${head}.${payload}`)
  const { exp, iat, jti, ...rest } = part(jwt, 1)
  assert.ok(exp > iat, 'it ends')
  assert.deepEqual(rest, claims)
  const { alg } = part(jwt, 0)
  for (const [name, value] of Object.entries(header)) assert.equal(part(jwt, 0)[name], value, `header ${name}`)
  if (alg === 'HS256') {
    assert.equal(signature, createHmac('sha256', key).update(signed).digest('base64url'), 'its signature')
    return jti
  }
  const options = alg === 'ES256' ? { dsaEncoding: 'ieee-p1363' } : {}
  assert.ok(verify('sha256', signed, { key: createPublicKey(key), ...options }, Buffer.from(signature, 'base64url')), 'its signature')
  return jti
}

/* --- OAuth 2 --- */

function client(def, v, id) {
  if (def.auth_mode.startsWith('MCP') && def.client_registration !== 'static') return { pairs: [['client_id', v.clientId]] }
  if (ODD[id]?.client) return { pairs: ODD[id].client(v), header: ODD[id].header(v) }
  if (def.authorization_method === 'header') return { pairs: [], header: basic(encoded(v.clientId), encoded(v.clientSecret)) }
  if (def.token_request_auth_method === 'basic') return { pairs: [], header: basic(v.clientId, v.clientSecret) }
  if (def.token_request_auth_method === 'custom') return { pairs: [['username', v.clientId], ['password', v.clientSecret]] }
  return { pairs: [['client_id', v.clientId], ['client_secret', v.clientSecret]] }
}

const extras = (params, v) => Object.entries(params ?? {}).filter(([name]) => name !== 'grant_type')
  .map(([name, value]) => [name, text(value, v)]).filter(([, value]) => value !== undefined)

function tokenRequest(def, v, address, pairs, { header } = {}, format = def.body_format) {
  const at = url(address, v)
  const joined = format === 'query' ? `${at}?${query(pairs)}` : at
  return { method: 'POST', url: joined, headers: header ? { authorization: header } : {}, body: format === 'query' ? '' : body(format ?? 'form', pairs) }
}

export function authorize(id, def, v, { state, challenge, callback }) {
  const renames = Object.entries(def.authorization_url_replacements ?? {}).map((pair) => pair.map((name) => name.replace('=', '')))
  const params = new Map(Object.entries(def.authorization_params ?? {}).map(([name, value]) => [name, text(value, v)]))
  const pairs = [['response_type', params.get('response_type') ?? 'code'], ['client_id', v.clientId], ['redirect_uri', callback],
    ...(v.scope ? [['scope', v.scope]] : []), ...RESOURCE(def, v), ['state', state],
    ...(def.disable_pkce ? [] : [['code_challenge', challenge], ['code_challenge_method', 'S256']])]
  params.delete('response_type')
  const renamed = renames.map(([from, to]) => [to, pairs.find(([name]) => name === from)[1]])
  const kept = pairs.filter(([name]) => !renames.some(([from]) => from === name))
  const page = def.authorization_url ?? `${new URL(v.connectionConfig.mcp_server_url).origin}/authorization`
  const address = url(page, v) + (def.authorization_url_fragment ? `#${def.authorization_url_fragment}` : '')
  return `${address}?${query([...kept, ...[...params].filter(([, value]) => value !== undefined), ...renamed])}`
}

export function exchange(id, def, v, seen) {
  const who = client(def, v, id)
  const standard = [['grant_type', 'authorization_code'], ['code', CODE], ['redirect_uri', seen.callback],
    ...(def.disable_pkce ? [] : [['code_verifier', seen.pairs.code_verifier]])]
  if (!def.disable_pkce) assert.equal(createHash('sha256').update(seen.pairs.code_verifier).digest('base64url'), seen.challenge, 'the verifier of the challenge')
  if (id === 'revolut-business') who.pairs = assertion(seen)
  const pairs = [...standard, ...RESOURCE(def, v), ...who.pairs, ...extras(def.token_params, v), ...(ODD[id]?.more?.(v, seen) ?? [])]
  const made = tokenRequest(def, v, endpoint(def, v), ODD[id]?.exchange?.(pairs) ?? pairs, who, ODD[id]?.format ?? def.body_format)
  return { ...made, headers: { ...made.headers, ...ODD[id]?.signs?.(v, seen, made.body) } }
}

// Where the catalogue names none, the resource's server says it.
const endpoint = (def, v) => def.token_url ?? `${new URL(v.connectionConfig.mcp_server_url).origin}/token`
const RESOURCE = (def, v) => (def.auth_mode === 'MCP_OAUTH2_GENERIC' ? [['resource', v.connectionConfig.mcp_server_url]] : [])

const assertion = (seen) => [['client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'], ['client_assertion', seen.pairs.client_assertion]]

export function refresh(id, def, v, seen) {
  const who = client(def, v, id)
  if (id === 'revolut-business') who.pairs = assertion(seen)
  const params = extras(def.refresh_params ?? def.token_params, v)
  const more = ODD[id]?.more && !ODD[id].code ? ODD[id].more(v, seen) : []
  const pairs = [['grant_type', 'refresh_token'], ['refresh_token', v.token.refresh_token], ...RESOURCE(def, v), ...who.pairs, ...params, ...more]
  const made = tokenRequest(def, v, def.refresh_url ?? endpoint(def, v), ODD[id]?.renew?.(v, pairs) ?? pairs, who, ODD[id]?.format ?? def.body_format)
  return { ...made, headers: { ...made.headers, ...ODD[id]?.signs?.(v, seen, '') } }
}

export function clientCredentials(id, def, v, seen) {
  const who = client(def, v, id)
  const isJwt = def.token_request_auth_method === 'private_key_jwt'
  if (isJwt) who.pairs = assertion(seen)
  const grant = def.token_request_auth_method === 'custom' ? [] : [['grant_type', 'client_credentials']]
  const headers = Object.entries(def.token_headers ?? {}).filter(([name]) => name.toLowerCase() !== 'content-type')
  const pairs = [...grant, ...(v.scope ? [['scope', v.scope]] : []), ...who.pairs, ...extras(def.token_params, v)]
  const told = tokenRequest(def, v, def.token_url, pairs, who)
  return { ...told, headers: { ...Object.fromEntries(headers), ...told.headers } }
}

/* --- login requests --- */

function login(def, v, step, address, params, headers) {
  const isGet = step.token_request_method === 'GET'
  const sent = Object.entries(headers ?? {}).filter(([name]) => name.toLowerCase() !== 'content-type').map(([name, value]) => [name, text(value, v)])
  const format = def.body_format ?? 'json'
  const has = !isGet && Object.keys(params ?? {}).length
  return { method: isGet ? 'GET' : 'POST', url: url(address, v), headers: Object.fromEntries(sent.filter(([, value]) => value)), body: has ? body(format, tree(params, v)) : '' }
}

// i: which step, from 0.
export function step(def, v, i) {
  const more = def.additional_steps ?? []
  return i === 0 ? login(def, v, def, def.token_url, def.token_params, def.token_headers)
    : login(def, v, more[i - 1], more[i - 1].token_url, more[i - 1].token_params, more[i - 1].token_headers)
}

export const renewStep = (def, v) => login(def, v, {}, def.refresh_url ?? def.token_url, def.refresh_token_params ?? {}, def.refresh_token_headers ?? def.token_headers)

/* --- the API --- */

const TOKENED = ['CUSTOM', 'MCP_OAUTH2_GENERIC', 'OAUTH2', 'OAUTH2_CC', 'MCP_OAUTH2', 'TWO_STEP', 'APP', 'JWT']

// A token goes as Bearer unless a header or parameter of the provider's own carries it.
export function api(def, given, path) {
  const headers = {}
  const base = url(def.proxy.base_url, given).replace(/\/$/, '')
  const { host, pathname, search } = new URL(`${base}/${path}`)
  const v = { ...given, method: 'GET', host, path: pathname, endpoint: pathname, params: search.slice(1), bodyCanonicalParams: '' }
  if (def.auth_mode === 'BASIC' || def.auth_mode === 'INSTALL_PLUGIN') headers.authorization = basic(v.credentials.username, v.credentials.password)
  const own = { ...def.proxy.headers }
  const carries = JSON.stringify(own).includes('${accessToken}') || JSON.stringify(own).includes('${credentials.token}')
  if (TOKENED.includes(def.auth_mode) && !carries) headers.authorization = `Bearer ${v.token.access_token}`
  for (const [name, value] of Object.entries(own)) {
    const told = text(value, v)
    if (told && name.toLowerCase() !== 'content-type') headers[name.toLowerCase()] = told
  }
  const pairs = Object.entries(def.proxy?.query ?? {}).map(([name, value]) => [name, text(value, v)])
  return { method: 'GET', url: `${base}/${path}${pairs.length ? `&${query(pairs)}` : ''}`, headers, body: '' }
}

export { choose, interpolate }
