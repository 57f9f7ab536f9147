// SPDX-License-Identifier: MIT
// A real authorization server (oidc-provider), a service like PingOne that takes its tokens, and Tenon beside them, all on loopback:
// makes a connection, calls its action, prints the token answer, and what to type into the console. Stays up until Ctrl-C; with
// --check it ends after a right answer.
import { execFileSync, spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { CLIENTS, startAuthorizationServer, USERS } from '../tests/peers/lib/authorization-server.mjs'
import { request, sleep } from '../tests/peers/lib/util.mjs'
import { AUTHORIZATION, ENVIRONMENT_ID, pingOneConnector, REGION, startPingOneApi, WORKER } from './pingone.mjs'

const root = resolve(import.meta.dirname, '..')
const tenon = join(root, 'build/tenon')
const folder = join(root, 'build/demo')
const check = process.argv.includes('--check')
const bold = (text) => (process.stdout.isTTY ? `\x1b[1m${text}\x1b[0m` : text)
const { client_id, client_secret } = CLIENTS.ukg
USERS.dana = 'open sesame'

// The demo's own connectors with its servers' addresses in place, and the shipped ones beside them to look at.
function writeConnectors(server, pingOne) {
  const connectors = join(folder, 'connectors')
  mkdirSync(connectors, { recursive: true, mode: 0o700 })
  for (const file of readdirSync(join(root, 'connectors'))) copyFileSync(join(root, 'connectors', file), join(connectors, file))
  for (const file of readdirSync(join(root, 'demo/connectors'))) {
    const text = readFileSync(join(root, 'demo/connectors', file), 'utf8').replaceAll('@PORT@', server.port)
    writeFileSync(join(connectors, file), text, { mode: 0o600 })
  }
  writeFileSync(join(connectors, 'pingone.yaml'), pingOneConnector(server.url, pingOne.url), { mode: 0o600 })
  return connectors
}

// At its usual address; where that is taken, at one that is free.
async function startTenon(connectors, ports, listen = '127.0.0.1:8480') {
  const log = join(folder, 'tenon.log')
  const child = spawn(tenon, ['serve', '--listen', listen, '--connectors', connectors, '--data', join(folder, 'data'),
    '--egress-allow', ports.map((port) => `127.0.0.1/32:${port}`).join(',')], { stdio: ['ignore', 'ignore', openSync(log, 'w')] })
  let ended = false
  child.on('exit', () => { ended = true })
  for (let i = 0; i < 200; i++) {
    const text = readFileSync(log, 'utf8')
    const address = /http\.listening address=(\S+)/.exec(text)?.[1]
    if (address) return { child, url: `http://${address}` }
    if (ended && listen !== '127.0.0.1:0' && text.includes('listen_failed')) return startTenon(connectors, ports, '127.0.0.1:0')
    if (ended) throw new Error(`Tenon did not start:\n${text}`)
    await sleep(50)
  }
  throw new Error(`Tenon does not listen; its log is ${log}`)
}

const command = (args, input) => execFileSync(tenon, [...args, '--data', join(folder, 'data')], { input, encoding: 'utf8' }).trim()

rmSync(folder, { recursive: true, force: true })
const server = await startAuthorizationServer(AUTHORIZATION)
const pingOne = await startPingOneApi(server)
const { child, url } = await startTenon(writeConnectors(server, pingOne), [server.port, pingOne.port])
const stop = async (code) => {
  child.kill('SIGTERM')
  await new Promise((resolve) => { child.once('exit', resolve) })
  await pingOne.stop()
  await server.stop()
  process.exit(code)
}

try {
  command(['connect', 'demo', '--name', 'acme', `client_id=${client_id}`, 'client_secret=-'], `${client_secret}\n`)
  const key = /tnk_\w+/.exec(command(['key', 'add', '--connection', 'acme']))[0]
  const address = `${url}/run/demo/acme/GetAccessToken`
  const answer = await request(address, { method: 'POST', headers: { 'x-api-key': key } })
  const token = JSON.parse(answer.text)
  const right = answer.status === 200 && token.access_token && Number.isInteger(token.expires_in)
  console.log(`
${bold('Tenon')} runs at ${url}, a real authorization server at ${server.url}.
The connection ${bold('acme')} of the connector ${bold('demo')} was made, and a key for it. This call

  curl -X POST -H 'X-API-Key: ${key}' ${address}

was answered with ${answer.status}:

${JSON.stringify(token, null, 2)}

Open the console: this link makes the first admin key, once, within 15 minutes.

  ${readFileSync(join(folder, 'data/setup'), 'utf8').trim()}

There, choose ${bold('PingOne (demo)')} and connect it. Its form asks for what PingOne's own console would show; here it is

  Region           ${REGION.title}
  Environment ID   ${ENVIRONMENT_ID}
  Client ID        ${WORKER.client_id}
  Client secret    ${WORKER.client_secret}

Try next:
  ${url}/v1/connectors          what is loaded (with the header X-API-Key)
  ${url}/v1/connections/acme    the connection
  ${url}/readyz                 readiness
  build/tenon connection test acme --data build/demo/data

Credentials that come with the call - try a wrong password twice: it is sent once, and answered 424 both times:

  curl -X POST -H 'X-API-Key: ${key}' -H 'Content-Type: application/json' \\
    -d '{"username": "dana", "password": "${USERS.dana}", "client_id": "${client_id}", "client_secret": "${client_secret}"}' \\
    ${url}/run/demo/acme/GetAccessTokenForUser

Definitions: build/demo/connectors (edit one: it is live when you save it). Log: build/demo/tenon.log`)
  if (!right) throw new Error('that was not the expected answer')
  if (check) await stop(0)
  console.log('\nCtrl-C ends both.')
  process.on('SIGINT', () => stop(0))
  process.on('SIGTERM', () => stop(0))
} catch (error) {
  console.error(error.message)
  await stop(1)
}
