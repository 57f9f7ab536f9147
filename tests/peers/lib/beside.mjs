// SPDX-License-Identifier: MIT
// The command line on a host's data folder: beside it while it runs, alone when not.
import assert from 'node:assert/strict'

import { CLIENTS } from './authorization-server.mjs'
import { run } from './run.mjs'
import { TENON } from './tenon.mjs'

// {status, stdout, stderr}. env: further environment, such as where the master key is.
export const beside = (tenon, words, env = {}, under = []) => {
  const [program, ...rest] = [...under, TENON, ...words, '--data', tenon.data, '--connectors', tenon.connectors]
  return run(program, rest, { env: { PATH: process.env.PATH, TENON_EGRESS_ALLOW: '127.0.0.0/8', ...env } })
}

// What it printed; read, with --json.
export async function besideWell(tenon, words, env) {
  const { status, stdout, stderr } = await beside(tenon, words, env)
  assert.equal(status, 0, `${words.join(' ')}\n${stderr}`)
  return words.includes('--json') ? JSON.parse(stdout) : stdout
}

// A connection with a rotating refresh token, which only a person could get again.
export async function signedIn(tenon, server, name) {
  const parameters = { ...CLIENTS.body, refresh_token: await server.signIn('alice', CLIENTS.body) }
  await tenon.connect(name, 'peer', parameters, 'given')
  const key = await tenon.key([name])
  return { name, key, call: () => tenon.post(`/run/peer/${name}/GetAccessToken`, { key }) }
}
