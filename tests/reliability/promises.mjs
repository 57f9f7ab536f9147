// SPDX-License-Identifier: MIT
// The promises about tokens, each tried against a real server. Every function answers what it saw; table.mjs says what it may be.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { CLIENTS, faults } from '../peers/lib/authorization-server.mjs'
import { ADMIN_KEY } from '../peers/lib/tenon.mjs'
import { Callers } from './lib/callers.mjs'
import { ALICE, runOut, startScenario } from './lib/scenario.mjs'

const distinct = (list) => new Set(list).size

const LIFE_S = 2
const ROUNDS_MAX = 20

// Callers in threads of their own, all at the same moment: without a token, when it has run out, and again and again at a server
// that rotates. A machine that is so busy that the new token runs out under the crowd has them come again.
export async function crowds({ threads = 50, rounds = 5 } = {}) {
  const scenario = await startScenario()
  const callers = new Callers(threads)
  const { server } = scenario
  let begin
  const gather = async (connection, before = async () => {}) => {
    const answers = await callers.callAll(connection.url, connection.key, async () => {
      await before()
      server.requests.length = 0
      begin = Date.now()
    })
    return { requests: server.requests.length, served: answers.filter((one) => one.status === 200).length,
      tokens: distinct(answers.map((one) => one.token)), inTime: Date.now() - begin < LIFE_S * 900 }
  }
  const gatherAtEnd = async (connection, count) => {
    const seen = []
    for (let i = 0; seen.length < count && i < ROUNDS_MAX; i++) {
      const one = await gather(connection, () => runOut(LIFE_S))
      if (one.inTime) seen.push(one)
    }
    return seen
  }
  try {
    server.fault = faults.slow(200) // so that all of them come while it is asked
    const cold = await gather(await scenario.connection('user'))
    server.lifetime = LIFE_S
    const user = await scenario.connection('user')
    await user.call()
    const expired = await gatherAtEnd(user, 1)
    const person = await scenario.connection('given')
    await person.call()
    const rotating = await gatherAtEnd(person, rounds)
    await runOut(LIFE_S)
    const alive = (await person.call()).status === 200 && server.revoked === 0
    return { threads, cold, expired, rotating, alive }
  } finally {
    await callers.end()
    await scenario.end()
  }
}

// A wrong password: how often it is sent, with restarts between the calls - orderly ones and deaths.
export async function wrongPassword({ restarts = 10 } = {}) {
  const scenario = await startScenario()
  const { server, tenon } = scenario
  try {
    tenon.secrets.add('CANARY-wrong')
    const { call } = await scenario.connection('user', { ...ALICE, password: 'CANARY-wrong' })
    const codes = new Set()
    for (let i = 0; i <= restarts; i++) {
      for (let j = 0; j < 5; j++) codes.add((await call()).headers['tenon-error'])
      if (i === restarts) break
      await tenon.halt(i % 2 ? 'SIGKILL' : 'SIGTERM')
      await tenon.start()
    }
    return { restarts, sent: server.requests.length, codes: [...codes] }
  } finally {
    await scenario.end()
  }
}

// An API that refuses every token, for ever.
export async function permanent401({ calls = 20 } = {}) {
  const scenario = await startScenario()
  const { server, api } = scenario
  try {
    const { call } = await scenario.connection('user')
    await call()
    server.requests.length = 0
    const first = await call('/always401')
    const seen = { status: first.status, api: api.at('/always401').length, token: server.requests.length }
    for (let i = 0; i < calls; i++) await call('/always401')
    return { ...seen, calls, apiMore: api.at('/always401').length - seen.api, tokenMore: server.requests.length - seen.token }
  } finally {
    await scenario.end()
  }
}

// A token endpoint that takes requests and says nothing: whoever waits has a deadline of its own.
export async function hungEndpoint({ callers = 20 } = {}) {
  const scenario = await startScenario()
  const { server } = scenario
  try {
    server.fault = () => new Promise(() => {})
    const { call } = await scenario.connection('user')
    const timed = async (action) => {
      const begin = Date.now()
      const said = await call(action)
      return { ms: Date.now() - begin, code: said.headers['tenon-error'], status: said.status }
    }
    const hasty = Array.from({ length: callers }, () => timed('/Hasty'))
    const patient = Array.from({ length: callers }, () => timed('/Patient'))
    const longest = (list) => Math.max(...list.map((one) => one.ms))
    const [some, others] = [await Promise.all(hasty), await Promise.all(patient)]
    return { requests: server.requests.length, codes: [...new Set([...some, ...others].map((one) => one.code))],
      hastyMs: longest(some), patientMs: longest(others), impatient: others.some((one) => one.ms < 900) }
  } finally {
    await scenario.end()
  }
}

function* filesUnder(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) yield join(entry.parentPath, entry.name)
  }
}

// Everything secret holds the word CANARY, and what the server issues is listed: where does it come out?
export async function canaries() {
  const scenario = await startScenario({ env: { TENON_LOG_LEVEL: 'debug' } })
  const { server, tenon } = scenario
  const found = []
  let places = 0
  const look = (where, text) => {
    places++
    for (const secret of ['CANARY', ...server.issued]) {
      for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64').replace(/=+$/, '')]) {
        if (text.includes(form)) found.push(`${where}: ${secret.slice(0, 12)}`)
      }
    }
  }
  try {
    server.lifetime = 1
    const [user, person] = [await scenario.connection('user'), await scenario.connection('given')]
    for (const { call } of [user, person]) await call()
    await runOut(1)
    for (const { call } of [user, person]) await call()
    const told = []
    for (const fault of [faults.down, faults.throttled('1'), faults.answers(500, '{}'), faults.answers(200, '{"access_token": "a b"}'),
      (req, res) => faults.answers(400, JSON.stringify({ error: 'invalid_grant', error_description: `You sent ${server.requests.at(-1).text}` }))(req, res)]) {
      server.fault = fault
      told.push(await (await scenario.connection('user', { ...ALICE, password: 'CANARY-other' })).call())
    }
    server.fault = null
    await scenario.connection('user').then(({ call }) => call('/always401')).then((said) => told.push(said))
    await tenon.halt('SIGKILL')
    await tenon.start({ TENON_LOG_LEVEL: 'debug' })
    await person.call()
    for (const said of told) look('an error', said.text)
    for (const path of ['/v1/connections', `/v1/connections/${user.name}`, `/v1/connections/${person.name}`, '/v1/keys', '/v1/events', '/metrics', '/readyz',
      '/v1/connectors/peer', '/v1/connectors/peer/openapi.json', '/v1/connectors/peer/openapi.yaml?version=2.0', '/v1/openapi.json']) {
      look(path, (await tenon.request(path, { key: ADMIN_KEY, echo: true })).text)
    }
    await tenon.halt()
    look('the log', tenon.log)
    for (const file of filesUnder(tenon.data)) look(file.slice(tenon.data.length), readFileSync(file, 'latin1'))
    return { found: [...new Set(found)], places, secrets: server.issued.size }
  } finally {
    await scenario.end()
  }
}
