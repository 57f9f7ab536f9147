// SPDX-License-Identifier: MIT
// The console as people meet it: a host with connections, the real authorization server, an API behind it, and a browser.
import assert from 'node:assert/strict'

import { startApiServer } from '../../peers/lib/api-server.mjs'
import { CLIENTS, startAuthorizationServer } from '../../peers/lib/authorization-server.mjs'
import { startBrowser } from '../../peers/lib/chromium.mjs'
import { ADMIN_KEY, startTenon } from '../../peers/lib/tenon.mjs'
import { Person } from './person.mjs'

export const SIZES = [['phone', { width: 360, height: 740 }], ['desk', { width: 1440, height: 900 }]]
export const THEMES = ['light', 'dark']

// An HR service with inputs of every kind. base: where its data goes.
export const people = ({ server, api, base = api.url, more = '' }) => `tenon: 1
id: people
title: People directory
version: 2.1.0
description: Lists and changes employees of a small HR service.
brand_color: "#0f766e"
hosts: ["127.0.0.1", "localhost"]
base_url: ${base}
guide:
  prerequisites: [An account that may read employees.]
  steps:
    - {title: Add an application, text: In the service's own console., link: "https://people.example/apps"}
  checklist: [The test answers ok.]
connection:
  auth:
    client_credentials:
      title: System to system
      recommended: true
      caution: Reads everybody.
      type: client_credentials
      parameters:
        client_id: {title: Client ID, type: string, required: true}
        client_secret: {title: Client secret, type: string, secret: true, required: true}
      token_url: ${server.url}/oauth/token
      revoke_url: ${server.url}/token/revocation
throttle:
  - {calls: 100, per: 60s, scope: connection, name: Calls per connection}
verify: ListEmployees
explain: {403: The account may not read employees.}
actions:
  ListEmployees:
    summary: List employees
    method: GET
    path: /employees
    input:
      department: {title: Department, type: string, enum: [engineering, sales]}
      active: {title: Active only, type: boolean}
      limit: {title: How many, type: integer, default: 20, minimum: 1, maximum: 100}
    output:
      type: object
      properties:
        employees: {type: array, items: {type: object, properties: {id: {type: string, example: e-7}, name: {type: string}}}}
  GetEmployee:
    summary: Get an employee
    method: GET
    path: /employees/{id}
    input:
      id: {title: Employee, type: string, required: true}
  HireEmployee:
    summary: Hire an employee
    method: POST
    path: /employees
    input:
      name: {title: Name, type: string, required: true}
      start: {title: First day, type: string, format: date}
      tags: {title: Tags, type: array, items: {type: string}}
      address: {title: Address, type: object, properties: {city: {title: City, type: string}, zip: {type: string}}}
      pin: {title: PIN, type: string, secret: true}
${more}`

// The smallest that gets tokens.
const tokens = (server) => `tenon: 1
id: tokens
title: Token service
version: 1.0.0
description: Gets access tokens.
hosts: ["127.0.0.1"]
base_url: ${server.url}
connection:
  auth:
    client_credentials:
      type: client_credentials
      parameters:
        client_id: {title: Client ID, type: string, required: true}
        client_secret: {title: Client secret, type: string, secret: true, required: true}
      token_url: ${server.url}/oauth/token
actions:
  GetAccessToken: {summary: Get an access token, token: connection}
  GetAccessTokenForUser:
    summary: Get an access token for a user
    input:
      username: {title: User name, type: string, required: true}
      password: {title: Password, type: string, required: true, secret: true}
      client_id: {type: string, required: true}
      client_secret: {type: string, required: true, secret: true}
    token: {type: password, token_url: "${server.url}/oauth/token", scopes: [openid]}
`

// {tenon, server, api, browser, visit, open, leave, stop}; leave: all who came. connections: name -> connector, filled in and ready.
export async function startConsole({ shipped = [], connectors = () => ({}), connections = { acme: 'people', tokens: 'tokens' }, env } = {}) {
  const world = { server: await startAuthorizationServer(), api: await startApiServer() }
  try {
    return await open(world, { shipped, connectors, connections, env })
  } catch (error) { // else what runs already kept the test waiting
    await Promise.all([world.browser?.close(), world.tenon?.stop(), world.server.stop(), world.api.stop()])
    throw error
  }
}

async function open(world, { shipped, connectors, connections, env }) {
  const { server, api } = world
  api.answer('/employees', { employees: [{ id: 'e-7', name: 'Ada' }] })
  const definitions = { people: people(world), tokens: tokens(server), ...connectors(world) }
  world.tenon = await startTenon({ connectors: definitions, shipped, faulty: true, env })
  for (const [name, connector] of Object.entries(connections)) await world.tenon.connect(name, connector, CLIENTS.body)
  world.browser = await startBrowser()
  let visitors = []
  // A person at a place of the console, signed in by a key, in a browser of their own.
  world.visit = async (hash = '', { key = ADMIN_KEY, size = SIZES[1][1], theme = 'light', ...options } = {}) => {
    const person = await Person.at(world.browser, world.tenon.url, { ...size, colorScheme: theme, ...options })
    visitors.push(person)
    if (key) {
      const answer = await person.context.request.post(`${world.tenon.url}/v1/session`, { data: { key }, headers: { origin: world.tenon.url } })
      assert.equal(answer.status(), 200, await answer.text())
    }
    return person.open(hash)
  }
  // The same, where its page is enough.
  world.open = async (...words) => (await world.visit(...words)).page
  world.leave = async () => {
    const all = visitors
    visitors = []
    for (const person of all) await person.leave()
  }
  world.stop = async () => {
    try {
      await world.leave()
    } finally {
      await world.browser.close()
      await world.tenon.stop()
      await server.stop()
      await api.stop()
    }
  }
  return world
}

export const heading = (page, name) => page.getByRole('heading', { level: 1, name })
