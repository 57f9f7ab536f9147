// SPDX-License-Identifier: MIT
// Keys of a role (AWS STS, AssumeRole): asked for once, kept sealed, renewed as tokens are, and what they sign beside a library
// that signs for many clients.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import aws4 from 'aws4'

import { ADMIN_KEY, assertProblem, missing, startTenon } from './lib/tenon.mjs'
import { makeCertificate } from './lib/tls.mjs'
import { close, listen, readAll } from './lib/util.mjs'

const STS = 'sts.eu-central-1.amazonaws.com', CHINA = 'sts.cn-north-1.amazonaws.com.cn', API = 'things.eu-central-1.amazonaws.com'
const OWN = { access_key_id: 'AKIDEXAMPLE', secret_access_key: 'CANARY/secret+access+key' }
const ROLE = 'arn:aws:iam::123456789012:role/Reader'
const DEFINITION = `tenon: 1
id: role
title: Role
version: 1.0.0
description: Calls with keys of a role.
hosts: ["*.amazonaws.com", "*.amazonaws.com.cn"]
base_url: https://${API}
connection:
  auth:
    keys:
      type: aws_sigv4
      region: \${connection.region}
      service: execute-api
      role_arn: \${connection.role}
      parameters:
        access_key_id: {type: string, required: true}
        secret_access_key: {type: string, secret: true, required: true}
        region: {type: string, required: true}
        role: {type: string}
        external_id: {type: string}
actions:
  Get: {summary: Get, method: GET, path: /get}
`

let folder, server, tenon, names = 0
const seen = [], sts = { n: 0, life: 3600, refuses: null }

function answerOfSts() {
  if (sts.refuses) return [403, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${sts.refuses}</Code><Message>not for you</Message></Error></ErrorResponse>`]
  const n = ++sts.n
  tenon.secrets.add(`CANARY-role/secret+${n}`).add(`CANARY-session//${n}==`)
  const expires = new Date(Date.now() + sts.life * 1000).toISOString().replace(/\.\d+/, '')
  return [200, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>ASIA${n}</AccessKeyId>
    <SecretAccessKey>CANARY-role/secret+${n}</SecretAccessKey><SessionToken>CANARY-session//${n}==</SessionToken><Expiration>${expires}</Expiration></Credentials>
    </AssumeRoleResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></AssumeRoleResponse>`]
}

before(async () => {
  if (missing) return
  folder = mkdtempSync(join(tmpdir(), 'tenon-role-'))
  const tls = makeCertificate(folder, [STS, CHINA, API])
  server = https.createServer(tls, async (req, res) => {
    const text = String(await readAll(req))
    seen.push({ host: req.headers.host, method: req.method, url: req.url, headers: req.headers, text })
    const [status, body] = req.headers.host.startsWith('sts.') ? answerOfSts() : [200, '{"fine":true}']
    res.writeHead(status, { 'content-type': body[0] === '<' ? 'text/xml' : 'application/json' }).end(body)
  })
  const port = await listen(server)
  tenon = await startTenon({ connectors: { role: DEFINITION },
    env: { TENON_CA_FILE: tls.caFile, TENON_RESOLVE: [STS, CHINA, API].map((host) => `${host}:443=127.0.0.1:${port}`).join(',') } })
})
after(async () => {
  await tenon?.stop()
  if (server) await close(server)
  if (folder) rmSync(folder, { recursive: true, force: true })
})
afterEach(() => {
  seen.length = 0
  Object.assign(sts, { life: 3600, refuses: null })
})

async function connect(more = {}) {
  const name = `r${++names}`
  await tenon.connect(name, 'role', { ...OWN, region: 'eu-central-1', role: ROLE, ...more }, 'keys')
  return name
}
const call = (name) => tenon.request(`/run/role/${name}/get`, { key: ADMIN_KEY })
const toSts = () => seen.filter(({ host }) => host.startsWith('sts.'))

function assertSigned(one, service, region, keys) {
  const kept = ['content-type', 'x-amz-date'].filter((name) => one.headers[name]).map((name) => [name, one.headers[name]])
  const { Authorization } = aws4.sign({ service, region, method: one.method, path: one.url, body: one.text, extraHeadersToIgnore: { 'content-length': true },
    headers: { Host: one.host, ...Object.fromEntries(kept) } }, keys).headers
  assert.equal(one.headers.authorization, Authorization)
  assert.equal(one.headers['x-amz-security-token'], keys.sessionToken)
}
const own = { accessKeyId: OWN.access_key_id, secretAccessKey: OWN.secret_access_key }
const ofRole = (n) => ({ accessKeyId: `ASIA${n}`, secretAccessKey: `CANARY-role/secret+${n}`, sessionToken: `CANARY-session//${n}==` })

test('the role is taken once, by a request that the own keys sign; its keys sign the calls', { skip: missing }, async () => {
  const name = await connect({ external_id: 'ex&1' })
  const answers = await Promise.all([call(name), call(name), call(name)])
  for (const answer of answers) assert.equal(answer.status, 200, answer.text)
  assert.equal(toSts().length, 1)
  const [first] = toSts()
  assert.equal(first.host, STS)
  assert.equal(first.text, `Action=AssumeRole&Version=2011-06-15&RoleSessionName=tenon&DurationSeconds=3600&RoleArn=${encodeURIComponent(ROLE)}&ExternalId=ex%261`)
  assertSigned(first, 'sts', 'eu-central-1', own)
  for (const one of seen.filter(({ host }) => host === API)) assertSigned(one, 'execute-api', 'eu-central-1', ofRole(sts.n))
  await tenon.restart()
  assert.equal((await call(name)).status, 200)
  assert.equal(toSts().length, 1, 'kept over a restart')
})

test('keys that have run out are asked for again', { skip: missing }, async () => {
  sts.life = -1
  const name = await connect()
  assert.equal((await call(name)).status, 200)
  assert.equal((await call(name)).status, 200)
  assert.equal(toSts().length, 2)
})

test('a role of another partition is asked for there', { skip: missing }, async () => {
  const name = await connect({ region: 'cn-north-1', role: ROLE.replace('arn:aws:', 'arn:aws-cn:') })
  assert.equal((await call(name)).status, 200)
  assert.equal(toSts()[0].host, CHINA)
  assertSigned(toSts()[0], 'sts', 'cn-north-1', own)
})

test('a connection without a role signs with its own keys', { skip: missing }, async () => {
  const name = await connect({ role: undefined })
  assert.equal((await call(name)).status, 200)
  assert.equal(toSts().length, 0)
  assertSigned(seen[0], 'execute-api', 'eu-central-1', own)
})

test('a role that is refused is not asked for again until something changes; AWS says why', { skip: missing }, async () => {
  sts.refuses = 'AccessDenied'
  const name = await connect()
  const problem = assertProblem(await call(name), 424, 'credentials_rejected')
  assert.equal(problem.upstream.error, 'AccessDenied')
  assertProblem(await call(name), 424, 'credentials_rejected')
  assert.equal(toSts().length, 1)
  assert.equal((await tenon.admin('GET', `/v1/connections/${name}`)).state, 'rejected')
})

test('a region that is none leads nowhere', { skip: missing }, async () => {
  const name = await connect({ region: 'evil.example/x?' })
  assertProblem(await call(name), 400, 'param_value')
  assert.equal(seen.length, 0)
})
