// SPDX-License-Identifier: MIT
// Requests that are signed as a whole, beside libraries that sign for many clients: the same request, the same signature.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, test } from 'node:test'
import aws4 from 'aws4'
import OAuth from 'oauth-1.0a'

import { startApiServer } from './lib/api-server.mjs'
import { definition } from './lib/connector.mjs'
import { missing, startTenon } from './lib/tenon.mjs'

const KEYS = { access_key_id: 'AKIDEXAMPLE', secret_access_key: 'CANARY/secret+access+key', session_token: 'CANARY-session//token==' }
const TOKEN = { consumer_key: 'ck&', consumer_secret: 'CANARY consumer/secret', token: 'CANARY-token+1', token_secret: 'CANARY token&secret', realm: '123_SB1' }
const way = (service) => `    ${service}:
      type: aws_sigv4
      region: eu-central-1
      service: ${service}
      parameters:
        access_key_id: {type: string, required: true}
        secret_access_key: {type: string, secret: true, required: true}
        session_token: {type: string, secret: true}
`
const byToken = (name, signature) => `    ${name}:
      type: oauth1
      signature: ${signature}
      parameters:
        consumer_key: {type: string, required: true}
        consumer_secret: {type: string, secret: true, required: true}
        token: {type: string, secret: true, required: true}
        token_secret: {type: string, secret: true, required: true}
        realm: {type: string}
`
const connector = (api) => definition('signed', api.url, `connection:
  auth:
${way('execute-api')}${way('s3')}${byToken('sha1', 'HMAC-SHA1')}${byToken('sha256', 'HMAC-SHA256')}${byToken('plain', 'PLAINTEXT')}actions:
  Read:
    summary: Read
    method: GET
    path: /read/{name}
    input: {name: {type: string}, b: {type: string}, a: {type: array, in: query, collectionFormat: multi, items: {type: string}}}
  Write: {summary: Write, method: POST, path: /write, input: {text: {type: string}}}
  Form: {summary: A form, method: POST, path: /form, input: {text: {type: string, in: form}}}
`)

let api, tenon, names = 0
before(async () => {
  api = await startApiServer()
  if (!missing) tenon = await startTenon({ connectors: { signed: connector(api) } })
  for (const secret of [...Object.values(KEYS), ...Object.values(TOKEN)]) if (secret.startsWith('CANARY')) tenon?.secrets.add(secret)
})
after(async () => {
  await api.stop()
  await tenon?.stop()
})

// Every place that is signed. repeats: one parameter comes twice.
async function call(auth, parameters, repeats = true) {
  const name = `c${++names}`
  await tenon.connect(name, 'signed', parameters, auth)
  const key = await tenon.key([name])
  const run = (path, options) => tenon.request(`/run/signed/${name}${path}`, { key, echo: true, ...options })
  const answers = await Promise.all([run('/read/plain'), run(`/read/${encodeURIComponent('a b+é~(1)')}?b=x%20y%2F&a=2${repeats ? '&a=1' : ''}`),
    run('/write', { json: { text: 'p&=+ é' } }), run('/form', { method: 'POST', json: { text: 'p&=+ é' } })])
  for (const answer of answers) assert.equal(answer.status, 200, answer.text)
  const seen = api.requests.splice(0)
  assert.equal(seen.length, answers.length)
  return seen
}

// What aws4 makes of the request that came, without its proof.
function byAws4(seen, service, keys) {
  const kept = ['content-type', 'x-amz-date'].filter((name) => seen.headers[name]).map((name) => [name, seen.headers[name]])
  return aws4.sign({ service, region: 'eu-central-1', method: seen.method, path: seen.url, body: seen.text,
    extraHeadersToIgnore: { 'content-length': true }, headers: { Host: seen.headers.host, ...Object.fromEntries(kept) } },
  { accessKeyId: keys.access_key_id, secretAccessKey: keys.secret_access_key, sessionToken: keys.session_token }).headers
}

// A service that encodes its paths once more, and S3, which does not, and which has no parameter that comes twice.
for (const service of ['execute-api', 's3']) {
  for (const [kind, keys] of [['temporary', KEYS], ['lasting', { ...KEYS, session_token: undefined }]]) {
    test(`AWS: ${service}, ${kind} keys`, { skip: missing }, async () => {
      for (const seen of await call(service, keys, service !== 's3')) {
        const { Authorization, ...more } = byAws4(seen, service, keys)
        assert.equal(seen.headers.authorization, Authorization, seen.url)
        assert.equal(seen.headers['x-amz-security-token'], more['X-Amz-Security-Token'])
        assert.equal(seen.headers['x-amz-content-sha256'], more['X-Amz-Content-Sha256'])
      }
    })
  }
}

const hmac = (name) => (text, key) => createHmac(name, key).update(text).digest('base64')
const partsOf = (header) => Object.fromEntries([...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, decodeURIComponent(value)]))

for (const [auth, method, hash] of [['sha1', 'HMAC-SHA1', hmac('sha1')], ['sha256', 'HMAC-SHA256', hmac('sha256')], ['plain', 'PLAINTEXT']]) {
  test(`OAuth 1.0: ${method}`, { skip: missing }, async () => {
    const library = new OAuth({ consumer: { key: TOKEN.consumer_key, secret: TOKEN.consumer_secret }, signature_method: method,
      realm: TOKEN.realm, ...(hash && { hash_function: hash }) })
    const nonces = new Set()
    for (const seen of await call(auth, TOKEN)) {
      const ours = partsOf(seen.headers.authorization)
      library.getNonce = () => ours.oauth_nonce
      library.getTimeStamp = () => Number(ours.oauth_timestamp)
      const form = seen.headers['content-type'] === 'application/x-www-form-urlencoded'
      const theirs = library.authorize({ url: `${api.url}${seen.url}`, method: seen.method,
        data: form ? Object.fromEntries(new URLSearchParams(seen.text)) : {} }, { key: TOKEN.token, secret: TOKEN.token_secret })
      assert.deepEqual(ours, partsOf(library.toHeader(theirs).Authorization), seen.url)
      nonces.add(ours.oauth_nonce)
    }
    assert.equal(nonces.size, 4)
  })
}
