// SPDX-License-Identifier: MIT
// Imported connectors at work: each operation is called through a running Tenon, and what arrives at the services is compared with
// what the original package prescribes.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import YAML from 'yaml'

import { call, compare, differencesOf } from './calls.mjs'
import { addressesOf, connectionOf, nameOf } from './connections.mjs'
import { compareSignIn, signInOf } from './identity.mjs'
import { Package } from './package.mjs'
import { policiesOf, pollOf, requestsOf } from './power-platform.mjs'
import { Services } from './services.mjs'
import { ADMIN_VALUE, ADMINS, CODE, hasToken, refreshTokenOf, renew, signIn } from './sign-in.mjs'
import { Values } from './values.mjs'
import { startTenon } from '../../peers/lib/tenon.mjs'
import { request } from '../../peers/lib/util.mjs'

const PUBLIC = 'https://tenon.example'

/* --- what is called --- */

class Connector {
  // report: of `tenon import`; out: where the definitions are; n: makes its hosts and secrets its own; most: operations to call.
  constructor(report, { out, n, most }) {
    this.id = report.connector
    Object.assign(this, { report, n, most })
    this.pkg = new Package(report.source)
    this.text = fs.readFileSync(path.join(out, `${this.id}.yaml`), 'utf8')
    this.definition = YAML.parse(this.text)
    this.auths = this.definition.connection?.auth ?? {}
  }

  get operations() {
    return this.pkg.operations.filter((one) => this.report.operations[one.name] && this.report.operations[one.name].verdict !== 'refused')
  }

  // Those that policies concern by name tell most.
  get chosen() {
    const named = (one) => this.pkg.policies.filter(({ parameters }) => parameters?.['x-ms-apimTemplate-operationName']?.includes(one.name)).length
    return this.operations.map((one, i) => [named(one), i, one]).sort((a, b) => b[0] - a[0] || a[1] - b[1]).map(([, , one]) => one).slice(0, this.most)
  }

  // Tenon's way to sign in for one of the package's; undefined where that was left out, null where there is none.
  authOf(way) {
    if (way.name === undefined) return Object.keys(this.auths)[0] ?? null
    const name = nameOf(way.name)
    return this.auths[name] ? name : undefined
  }

  fieldsOf(auth) { return { ...this.definition.connection?.parameters, ...this.auths[auth]?.parameters } }

  // The values of a call that the connection names in Tenon.
  get fromCalls() {
    const names = Object.values(this.report.operations).flatMap(({ reasons }) => [...differencesOf(reasons).gone])
    return [...new Set(names)]
  }

  // What a call gives for a host, or for a label of one.
  calledHost(name) {
    const isLabel = addressesOf(this.pkg, { parameters: {} }).some((address) => address.includes(`//@headers('${name}').`) || address.includes(`//@queryParameters('${name}').`))
    return isLabel ? `called${this.n}` : `called-${this.n}.example.org`
  }
}

// A connection whose values the definition has a place for, and those it has none for.
function filled(connector, way, auth) {
  const connection = connectionOf(connector.pkg, way, connector.n), fields = connector.fieldsOf(auth)
  const hosts = Object.fromEntries(connector.fromCalls.map((name) => [nameOf(name), connector.calledHost(name)]))
  const mine = Object.fromEntries(Object.entries({ ...hosts, ...connection.fields }).filter(([name]) => fields[name] && fields[name].ask !== 'admin'))
  const lost = Object.keys(connection.fields).filter((name) => !fields[name])
  return { ...connection, auth, mine, lost, admins: Object.entries(fields).filter(([, field]) => field.ask === 'admin').map(([name]) => name) }
}

/* --- hosts --- */

const hostOf = (url) => { try { return [new URL(url).hostname] } catch { return [] } }

function hostsOf(connector) {
  const { pkg, definition, n } = connector
  const told = [...connector.text.matchAll(/https?:\/\/([A-Za-z0-9.-]+)/g)].map(([, host]) => host)
  const ways = pkg.ways.flatMap((way) => {
    const connection = connectionOf(pkg, way, n)
    return connector.operations.flatMap((operation) => {
      try { return requestsOf(pkg, operation, connection, settled(connector, operation, new Values(pkg, true).input(operation))).requests.flatMap(({ url }) => hostOf(url)) } catch { return [] }
    })
  })
  const signIns = pkg.ways.flatMap((way) => {
    const { authorize, token, refresh } = signInOf(connectionOf(pkg, way, n), {}) ?? {}
    return [authorize, token, refresh].flatMap((one) => (one?.url ? hostOf(one.url) : []))
  })
  return [...told, ...ways, ...signIns, ...(Array.isArray(definition.hosts) ? definition.hosts : []), `service-${n}.example.org`, `called-${n}.example.org`]
}

const usableHosts = (connectors) => [...new Set(connectors.flatMap(hostsOf).map((host) => host.toLowerCase()))].filter((host) => /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(host))

/* --- one operation --- */

// With what a caller gives for a host standing in the connection.
function settled(connector, operation, input) {
  for (const name of connector.fromCalls) {
    for (const place of ['query', 'header']) if (name in input[place]) input[place][name] = connector.calledHost(name)
  }
  return input
}

const VARIANTS = [['all', true], ['required', false]]

class Matching {
  constructor(connectors, tenon, services) {
    Object.assign(this, { connectors, tenon, services, results: [], signIns: [], leftOut: [] })
  }

  async #connect(connector, way) {
    const auth = connector.authOf(way)
    if (auth === undefined) return undefined
    const name = [connector.id.slice(0, 40), nameOf(way.name ?? 'one').toLowerCase().replace(/[^a-z0-9]/g, '')].join('-').slice(0, 63)
    const connection = { ...filled(connector, way, auth), name }
    const seen = await signIn(this.tenon, this.services, { connector, connection, name, publicUrl: PUBLIC })
    connection.key = await this.tenon.key([name])
    if (hasToken(connector.auths[auth])) await this.#compareSignIn(connector, connection, seen)
    return connection
  }

  async #compareSignIn(connector, connection, seen) {
    const sent = seen.authorize ? new URL(seen.authorize.replace('#', '')).searchParams : new Map()
    const expected = signInOf(connection, { clientId: sent.get('client_id'), clientSecret: ADMINS.client_secret, redirectUrl: sent.get('redirect_uri'),
      state: sent.get('state'), code: CODE, refreshToken: refreshTokenOf(connector), resource: `${ADMIN_VALUE}resource_uri` })
    if (!expected) return
    const refresh = expected.refresh && await this.#renew(connector, connection)
    this.signIns.push({ connector: connector.id, way: connection.way.name, lines: [...compareSignIn(expected, { ...seen, refresh })] })
  }

  // The renewal that a call brings about whose token the service takes no more.
  async #renew(connector, connection) {
    const isPlain = (one) => one.method === 'GET' && !policiesOf(connector.pkg, one).some(({ id }) => /polling|setvalue/.test(id)) && one.from.security?.length !== 0
    const operation = connector.operations.find(isPlain)
    return operation && renew(this.services, { connector, connection, call: () => this.#call(connector, connection, operation, this.#input(connector, operation, true)) })
  }

  #input(connector, operation, all) { return settled(connector, operation, new Values(connector.pkg, all).input(operation)) }

  #call(connector, connection, operation, input) {
    const { reasons } = connector.report.operations[operation.name]
    return call(`${this.tenon.url}/run/${connector.id}/${connection.name}`, connection.key, { pkg: connector.pkg, operation, input, reasons })
  }

  // Lines that tell what differs.
  async #compareCall(connector, connection, operation, all) {
    const { pkg } = connector, input = this.#input(connector, operation, all)
    const expected = requestsOf(pkg, operation, connection, input)
    const poll = expected.polling && pollOf(expected.polling)
    this.services.seen.length = 0
    this.services.answers = [...expected.answers, ...(poll ? [poll.body, poll.body] : [])]
    const answer = await this.#call(connector, connection, operation, input)
    const lines = this.#compareAll(pkg, operation, expected.requests, answer)
    return lines.length || !poll ? lines : this.#comparePoll(pkg, operation, { answer, expected: expected.requests.at(-1), poll, key: connection.key })
  }

  #compareAll(pkg, operation, expected, answer) {
    const came = this.services.seen.splice(0)
    if (came.length !== expected.length) return [`${came.length} requests came instead of ${expected.length}: ${answer.status} ${answer.text.slice(0, 400)}`]
    return expected.flatMap((one, i) => [...compare(pkg, operation, one, came[i])])
  }

  // The next poll asks for what is newer than what the first answer told.
  async #comparePoll(pkg, operation, { answer, expected, poll, key }) {
    const { location } = answer.headers
    if (answer.status !== 202 || !location) return [`the first poll was answered ${answer.status} without a place to go on`]
    const second = await request(location.replace(PUBLIC, this.tenon.url), { headers: { 'x-api-key': key } })
    const names = poll.query.map(([name]) => name)
    const query = [...expected.query.filter(([name]) => !names.includes(name)), ...poll.query]
    return this.#compareAll(pkg, operation, [{ ...expected, query }], second)
  }

  async #compareOperation(connector, connection, operation) {
    for (const [variant, all] of VARIANTS) {
      let lines
      try { lines = await this.#compareCall(connector, connection, operation, all) } catch (error) { lines = [error.message] }
      this.results.push({ connector: connector.id, operation: operation.name, way: connection.way.name, variant, lines })
    }
  }

  async #runWay(connector, way) {
    let connection
    try { connection = await this.#connect(connector, way) } catch (error) {
      this.results.push(...connector.operations.map(({ name }) => ({ connector: connector.id, operation: name, way: way.name, lines: [error.message] })))
      return
    }
    if (!connection) this.leftOut.push({ connector: connector.id, way: way.name })
    else if (connection.lost.length) this.results.push({ connector: connector.id, way: way.name, lines: [`no place for ${connection.lost.join(', ')}`] })
    if (connection) for (const operation of connector.chosen) await this.#compareOperation(connector, connection, operation)
  }

  async run() {
    for (const connector of this.connectors) {
      for (const way of connector.pkg.ways) await this.#runWay(connector, way)
    }
  }
}

// reports: of those that were imported; out: the folder of their definitions; most: how many operations of each. Answers {results,
// signIns, leftOut, connectors}: each result is {connector, operation, way, variant, lines}, leftOut the ways that Tenon has not.
export async function match(reports, out, { most = Infinity } = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tenon-matching-'))
  const connectors = reports.map((report, i) => new Connector(report, { out, n: i + 1, most }))
  const services = await Services.start(folder, usableHosts(connectors))
  let tenon
  try {
    tenon = await startTenon({ connectors: Object.fromEntries(connectors.map(({ id, text }) => [id, text])), env: { TENON_PUBLIC_URL: PUBLIC, ...services.env } })
    const matching = new Matching(connectors, tenon, services)
    await matching.run()
    const { results, signIns, leftOut } = matching
    return { results, signIns, leftOut, connectors }
  } finally {
    await tenon?.stop()
    await services.stop()
    fs.rmSync(folder, { recursive: true, force: true })
  }
}
