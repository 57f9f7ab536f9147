// SPDX-License-Identifier: MIT
// The requests beside a token endpoint's that providers of Nango prescribe - a client that registers itself, what a resource says
// of its server, OAuth 1.0a's two, AWS STS's - each as a pair: what the service answers, and what is to come.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import aws4 from 'aws4'
import OAuth from 'oauth-1.0a'

const PUBLIC = 'https://tenon.example'
const CALLBACK = `${PUBLIC}/oauth/callback`
export const ROLE = { AccessKeyId: 'ASIAROLE', SecretAccessKey: 'CANARY/role+secret', SessionToken: 'CANARY//session==' }
export const TEMPORARY = { oauth_token: 'tmp 1', oauth_token_secret: 'CANARY&tmp' }

/* --- signatures --- */

const HASHES = { 'HMAC-SHA1': 'sha1', 'HMAC-SHA256': 'sha256' }
export const oauthParts = (header) => Object.fromEntries([...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, decodeURIComponent(value)]))

// Signed as the library signs the same request.
export function assertOauth1(seen, { key, secret, method, realm, token }) {
  const came = oauthParts(seen.headers.authorization)
  const library = new OAuth({ consumer: { key, secret }, signature_method: method, realm,
    ...(HASHES[method] && { hash_function: (text, by) => createHmac(HASHES[method], by).update(text).digest('base64') }) })
  library.getNonce = () => came.oauth_nonce
  library.getTimeStamp = () => Number(came.oauth_timestamp)
  const more = Object.fromEntries(['oauth_callback', 'oauth_verifier'].filter((name) => came[name]).map((name) => [name, came[name]]))
  const want = library.authorize({ url: seen.url, method: seen.method, data: { ...Object.fromEntries(new URLSearchParams(seen.body)), ...more } }, token)
  assert.equal(came.oauth_signature, want.oauth_signature)
  assert.equal(came.realm, realm)
  return came
}

export function aws4Header(seen, service, region, keys) {
  const { host, pathname, search } = new URL(seen.url)
  const kept = ['content-type', 'x-amz-date'].filter((name) => seen.headers[name]).map((name) => [name, seen.headers[name]])
  return aws4.sign({ service, region, method: seen.method, path: pathname + search, body: seen.body, extraHeadersToIgnore: { 'content-length': true },
    headers: { Host: host, ...Object.fromEntries(kept) } }, keys).headers.Authorization
}
export const roleKeys = { accessKeyId: ROLE.AccessKeyId, secretAccessKey: ROLE.SecretAccessKey, sessionToken: ROLE.SessionToken }

/* --- what the services say --- */

const xml = (value) => Object.entries(value).map(([name, item]) => `<${name}>${typeof item === 'object' ? xml(item) : item}</${name}>`).join('')
const text = (type, body) => ({ type, body })
const json = (value) => text('application/json', JSON.stringify(value))
const form = (value) => text('text/html', new URLSearchParams(value).toString())
const origin = (v) => new URL(v.connectionConfig.mcp_server_url).origin

const ANSWERS = {
  MCP_OAUTH2: ({ def, v }, at) => at.url === def.registration_url && json({ client_id: v.clientId, ...JSON.parse(at.body) }),
  MCP_OAUTH2_GENERIC: ({ v }, at) => {
    const { pathname } = new URL(at.url)
    if (pathname.startsWith('/.well-known/oauth-protected-resource')) return json({ resource: v.connectionConfig.mcp_server_url, authorization_servers: [origin(v)] })
    if (pathname === '/.well-known/oauth-authorization-server') {
      return json({ issuer: origin(v), ...Object.fromEntries(['authorization', 'token', 'registration'].map((kind) => [`${kind}_endpoint`, `${origin(v)}/${kind}`])) })
    }
    return pathname === '/registration' && json({ client_id: v.clientId, ...JSON.parse(at.body) })
  },
  OAUTH1: ({ def }, at) => (at.url === def.request_url ? form({ ...TEMPORARY, oauth_callback_confirmed: 'true' })
    : at.url === def.token_url && form({ oauth_token: 'tok&1', oauth_token_secret: 'CANARY sec/1', user_id: '1' })),
  AWS_SIGV4: (_, at) => at.url.startsWith('https://sts.') && text('text/xml', xml({ AssumeRoleResponse: { AssumeRoleResult: {
    Credentials: { ...ROLE, Expiration: new Date(Date.now() + 3600000).toISOString() } } } })),
}
// {type, body}; undefined: it is the token endpoint's.
export const answerBeside = (current, at) => ANSWERS[current.def.auth_mode]?.(current, at) || undefined

/* --- what is to come --- */

const registration = (def, address) => (v) => ({ method: 'POST', url: address(v), headers: {}, body: JSON.stringify({ client_name: 'Tenon (tenon.example)', redirect_uris: [CALLBACK],
  grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], client_uri: PUBLIC, token_endpoint_auth_method: 'none', ...(v.scope && { scope: v.scope }) }) })
const get = (address) => (v) => ({ method: 'GET', url: address(v), headers: {}, body: '' })
const signed = (v, def, token) => ({ key: v.clientId, secret: v.clientSecret, method: def.signature_method, token })

const PLANS = {
  MCP_OAUTH2: (def) => (def.client_registration === 'dynamic' ? [registration(def, () => def.registration_url)] : []),
  MCP_OAUTH2_GENERIC: (def) => [get((v) => `${origin(v)}/.well-known/oauth-protected-resource`), get((v) => `${origin(v)}/.well-known/oauth-authorization-server`),
    registration(def, (v) => `${origin(v)}/registration`)],
  OAUTH1: (def) => [(v, s) => {
    const came = assertOauth1(s.seen, signed(v, def))
    assert.match(came.oauth_callback, /^https:\/\/tenon\.example\/oauth\/callback\?state=/)
    return { method: 'POST', url: def.request_url, headers: { authorization: s.headers.authorization }, body: new URLSearchParams(def.request_params).toString() }
  }, (v, s) => {
    const came = assertOauth1(s.seen, signed(v, def, { key: TEMPORARY.oauth_token, secret: TEMPORARY.oauth_token_secret }))
    assert.deepEqual([came.oauth_token, came.oauth_verifier], [TEMPORARY.oauth_token, 'ver/1'])
    return { method: 'POST', url: def.token_url, headers: { authorization: s.headers.authorization }, body: '' }
  }],
  AWS_SIGV4: () => [(v, s) => ({ method: 'POST', url: 'https://sts.us-east-1.amazonaws.com/',
    body: `Action=AssumeRole&Version=2011-06-15&RoleSessionName=tenon&DurationSeconds=3600&RoleArn=${encodeURIComponent(v.credentials.role_arn)}`,
    headers: { authorization: aws4Header(s.seen, 'sts', 'us-east-1', { accessKeyId: v.credentials.access_key_id, secretAccessKey: v.credentials.secret_access_key }) } })],
}
export const plannedBeside = (def) => PLANS[def.auth_mode]?.(def) ?? []
