// SPDX-License-Identifier: MIT
// A service like PingOne on loopback: one environment in one region, whose token endpoint is the authorization server beside it, and
// its API, which answers the users of that environment to whoever has a valid token. Its connector is the shipped one with other hosts.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'

import { close, listen, readAll } from '../tests/peers/lib/util.mjs'

const SHIPPED = join(import.meta.dirname, '../connectors/pingone.yaml')

// What somebody types into the form, as PingOne's own console would show it.
export const REGION = { value: 'eu', title: 'European Union (pingone.eu)' }
export const ENVIRONMENT_ID = '3c1f7a52-8b0e-4d6f-9a47-2e5b81c0d9f4'
export const WORKER = { client_id: '9e4d2b16-70c3-4f58-b1aa-64d08c7f3e25', client_secret: 'demo-worker-secret~4Kd.9' }

// For startAuthorizationServer: the Worker application, and where it gets its tokens.
export const AUTHORIZATION = {
  clients: [{ ...WORKER, token_endpoint_auth_method: 'client_secret_post', grant_types: ['client_credentials'], redirect_uris: [], response_types: [] }],
  paths: [`/${REGION.value}/${ENVIRONMENT_ID}/as/token`],
}

function replaced(text, what, by) {
  if (text.search(what) < 0) throw new Error(`connectors/pingone.yaml has no ${what} any more`)
  return text.replace(what, () => by)
}

// auth, api: addresses. The region stands in the path of both, so that the wrong one is refused.
export function pingOneConnector(auth, api) {
  const text = readFileSync(SHIPPED, 'utf8')
  return [
    [/^title: PingOne$/m, 'title: PingOne (demo)'],
    [/^hosts:\n(?: +- .*\n)+/m, `hosts: ["${new URL(auth).host}", "${new URL(api).host}"]\n`],
    [/https:\/\/auth\.pingone\./g, `${auth}/`],
    [/https:\/\/api\.pingone\./g, `${api}/`],
  ].reduce((changed, [what, by]) => replaced(changed, what, by), text)
}

const user = (given, family, enabled, population) => ({
  id: randomUUID(), username: `${given}.${family}`.toLowerCase(), email: `${given}@example.com`.toLowerCase(), enabled,
  name: { given, family, formatted: `${given} ${family}` }, population: { id: population.id }, createdAt: '2026-03-02T09:15:00Z',
})

function makeEnvironment() {
  const staff = { id: randomUUID(), name: 'Staff', default: true, userCount: 3 }
  return {
    itself: { id: ENVIRONMENT_ID, name: 'Demo', type: 'SANDBOX', region: 'EU', status: 'ACTIVE', createdAt: '2026-03-02T09:00:00Z' },
    users: [user('Ada', 'Moreau', true, staff), user('Ben', 'Okafor', true, staff), user('Cleo', 'Lind', false, staff)],
    groups: [{ id: randomUUID(), name: 'People team', description: 'Looks after everybody.', population: { id: staff.id } }],
    populations: [staff],
  }
}

class Refusal extends Error {
  constructor(status, code, message) {
    super(message)
    Object.assign(this, { status, body: { id: randomUUID(), code, message } })
  }
}

// `users`, a page of them; the next one is told as PingOne does, by an address.
function page(all, name, address) {
  const limit = Number(address.searchParams.get('limit') ?? 100)
  const from = Number(address.searchParams.get('cursor') ?? 0)
  const next = new URL(address)
  next.searchParams.set('cursor', from + limit)
  return {
    _links: { self: { href: address.href }, ...(from + limit < all.length && { next: { href: next.href } }) },
    _embedded: { [name]: all.slice(from, from + limit) },
    count: all.length,
    size: Math.min(limit, all.length - from),
  }
}

// The one comparison of SCIM that it knows (RFC 7644 3.4.2.2): username eq "ada.moreau".
function filtered(all, filter) {
  if (!filter) return all
  const [, name, value] = /^(\w+) eq "(.*)"$/.exec(filter) ?? []
  if (!name) throw new Refusal(400, 'INVALID_FILTER', 'The demo knows filters such as username eq "ada.moreau" only.')
  return all.filter((one) => one[name] === value)
}

function answer(environment, method, address, body) {
  const [, region, , collection, id, list, member, part] = address.pathname.split('/')
  const missing = new Refusal(404, 'NOT_FOUND', 'The requested resource was not found.')
  if (region !== REGION.value || collection !== 'environments' || (id && id !== ENVIRONMENT_ID)) throw missing
  if (!id) return page([environment.itself], 'environments', address)
  if (!list) return environment.itself
  const all = ['users', 'groups', 'populations'].includes(list) ? environment[list] : []
  if (!member) return page(filtered(all, address.searchParams.get('filter')), list, address)
  const found = all.find((one) => one.id === member)
  if (!found) throw missing
  if (part === 'enabled' && method === 'PUT') found.enabled = JSON.parse(body).enabled
  if (part === 'enabled') return { enabled: found.enabled }
  if (part === 'memberOfGroups') return page(environment.groups.map((one) => ({ ...one, type: 'DIRECT' })), 'groupMemberships', address)
  return found
}

// authorization: the server of its tokens. {url, port, stop}
export async function startPingOneApi(authorization) {
  const environment = makeEnvironment()
  const server = http.createServer(async (req, res) => {
    const send = (status, body) => res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    try {
      const body = await readAll(req)
      const [, token = ''] = /^Bearer (.+)$/.exec(req.headers.authorization ?? '') ?? []
      if (!(await authorization.knows(token))) throw new Refusal(401, 'ACCESS_FAILED', 'The request could not be completed. The token is missing or not valid.')
      send(200, answer(environment, req.method, new URL(req.url, `http://${req.headers.host}`), body))
    } catch (error) {
      send(error.status ?? 400, error.body ?? { code: 'INVALID_REQUEST', message: error.message })
    }
  })
  const port = await listen(server)
  return { url: `http://127.0.0.1:${port}`, port, stop: () => close(server) }
}
