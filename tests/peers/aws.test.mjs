// SPDX-License-Identifier: MIT
// Signature Version 4 beside aws4, which signs for many clients of AWS: the same request, the same signature. A service
// that encodes its paths once more, and S3, which does not (and has no parameter that comes twice).
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import aws4 from 'aws4'

import { startApiServer } from './lib/api-server.mjs'
import { definition } from './lib/connector.mjs'
import { missing, startTenon } from './lib/tenon.mjs'

const KEYS = { access_key_id: 'AKIDEXAMPLE', secret_access_key: 'CANARY/secret+access+key', session_token: 'CANARY-session//token==' }
const way = (service) => `    ${service}:
      type: aws_sigv4
      region: eu-central-1
      service: ${service}
      parameters:
        access_key_id: {type: string, required: true}
        secret_access_key: {type: string, secret: true, required: true}
        session_token: {type: string, secret: true}
`
const connector = (api) => definition('aws', api.url, `connection:
  auth:
${way('execute-api')}${way('s3')}actions:
  Read:
    summary: Read
    method: GET
    path: /read/{name}
    input: {name: {type: string}, b: {type: string}, a: {type: array, in: query, collectionFormat: multi, items: {type: string}}}
  Write: {summary: Write, method: POST, path: /write, input: {text: {type: string}}}
  Form: {summary: A form, method: POST, path: /form, input: {text: {type: string, in: form}}}
`)

let api, tenon
before(async () => {
  api = await startApiServer()
  if (!missing) tenon = await startTenon({ connectors: { aws: connector(api) } })
  for (const secret of [KEYS.secret_access_key, KEYS.session_token]) tenon?.secrets.add(secret)
})
after(async () => {
  await api.stop()
  await tenon?.stop()
})

// What aws4 makes of the request that came, without its proof.
function theirs(seen, service, keys) {
  const kept = ['content-type', 'x-amz-date'].filter((name) => seen.headers[name]).map((name) => [name, seen.headers[name]])
  const { headers } = aws4.sign({ service, region: 'eu-central-1', method: seen.method, path: seen.url, body: seen.text,
    extraHeadersToIgnore: { 'content-length': true }, headers: { Host: seen.headers.host, ...Object.fromEntries(kept) } },
  { accessKeyId: keys.access_key_id, secretAccessKey: keys.secret_access_key, sessionToken: keys.session_token })
  return headers
}

for (const service of ['execute-api', 's3']) {
  for (const keys of [KEYS, { ...KEYS, session_token: undefined }]) {
    test(`${service}, ${keys.session_token ? 'temporary keys' : 'lasting keys'}`, { skip: missing }, async () => {
      const name = `${service}-${keys.session_token ? 'temporary' : 'lasting'}`
      await tenon.connect(name, 'aws', keys, service)
      const key = await tenon.key([name])
      const run = (path, options) => tenon.request(`/run/aws/${name}${path}`, { key, echo: true, ...options })
      const calls = [run('/read/plain'), run(`/read/${encodeURIComponent('a b+é~(1)')}?b=x%20y%2F&a=2${service === 's3' ? '' : '&a=1'}`),
        run('/write', { json: { text: 'p&=+ é' } }), run('/form', { method: 'POST', json: { text: 'p&=+ é' } })]
      for (const answer of await Promise.all(calls)) assert.equal(answer.status, 200, answer.text)
      assert.equal(api.requests.length, calls.length)
      for (const seen of api.requests.splice(0)) {
        const { Authorization, ...more } = theirs(seen, service, keys)
        assert.equal(seen.headers.authorization, Authorization, seen.url)
        assert.equal(seen.headers['x-amz-security-token'], more['X-Amz-Security-Token'])
        assert.equal(seen.headers['x-amz-content-sha256'], more['X-Amz-Content-Sha256'])
      }
    })
  }
}
