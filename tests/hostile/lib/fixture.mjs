// SPDX-License-Identifier: MIT
// What the checks work on: one Tenon, one scripted service behind it, and a connector between them with an action for every
// place that a hostile value could stand in.
import { definition } from '../../peers/lib/connector.mjs'
import { ADMIN_KEY, Tenon, missing } from '../../peers/lib/tenon.mjs'
import { until } from '../../peers/lib/util.mjs'
import { answer, startService } from './service.mjs'

const CLIENT = `parameters:
        client_id: {type: string, required: true}
        client_secret: {type: string, secret: true, required: true}`

// No way to sign in: what is sent is the action's own.
const open = (url) => definition('open', url, `actions:
  Get: {summary: Get, method: GET, path: /get}
  Post: {summary: Post, method: POST, path: /post}
  Path: {summary: A path value, method: GET, path: "/path/{one}/end", input: {one: {type: string}}}
  Whole: {summary: A path in a path, method: GET, path: "/whole/{one}", input: {one: {type: string, url_encoding: path}}}
  Query:
    summary: Query values
    method: GET
    path: /query
    input:
      q: {type: string}
      number: {type: integer}
      yes: {type: boolean}
      list: {type: array, items: {type: string}}
  Header:
    summary: A header
    method: GET
    path: /header
    input: {X-Mine: {type: string, in: header}}
  Json:
    summary: A JSON body
    method: POST
    path: /json
    input:
      name: {type: string, maxLength: 2000000}
      number: {type: integer, format: int32}
      yes: {type: boolean}
      kind: {type: string, enum: [a, b]}
      list: {type: array, items: {type: integer}}
      any: {type: object}
  Needs:
    summary: Required members
    method: POST
    path: /needs
    input:
      one: {type: string, required: true}
      number: {type: integer, minimum: 1, maximum: 9}
      kind: {type: string, enum: [a, b]}
      yes: {type: boolean}
  Form:
    summary: A form
    method: POST
    path: /form
    input: {name: {type: string, in: form}, other: {type: string, in: form}}
  Body:
    summary: A whole body
    method: POST
    path: /body
    input: {body: {type: object, in: body}}
  Text:
    summary: Texts of the request
    method: POST
    path: /text
    input: {name: {type: string}}
    request:
      headers: {X-Name: "\${input.name}"}
      query: {name: "is \${input.name}"}
      json: {name: "\${input.name}", text: "is \${input.name}"}
  Pattern: {summary: A pattern, method: POST, path: /pattern, input: {v: {type: string, pattern: "(a+)+$"}}}
  Keyed: {summary: Declares a key, method: POST, path: /keyed, input: {Idempotency-Key: {type: string, in: header}}}
  Put: {summary: Put, method: PUT, path: /put, input: {v: {type: string}}}
  Delete: {summary: Delete, method: DELETE, path: /delete}
  Head: {summary: Head, method: HEAD, path: /head}
  Patch: {summary: Patch, method: PATCH, path: /patch, input: {v: {type: string}}}
  Quick: {summary: Within a second, method: GET, path: /quick, timeout: 1s}
  Stepped:
    summary: With a step before
    method: GET
    path: /stepped
    steps: {first: {url: /first}}
    request: {headers: {X-First: "\${steps.first.body.value}"}}
  Xml:
    summary: An XML body
    method: POST
    path: /xml
    input: {name: {type: string}}
    request: {xml: {a: {b: "\${input.name}", c: {"@d": "\${input.name}"}}}}
  Upload:
    summary: A file
    method: POST
    path: /upload
    input: {file: {type: string, format: binary, in: form}, note: {type: string, in: form}}
  Lists:
    summary: Lists in a form
    method: POST
    path: /lists
    input:
      csv: {type: array, in: form, items: {type: string}}
      pipes: {type: array, in: form, items: {type: string}, collectionFormat: pipes}
      multi: {type: array, in: form, items: {type: string}, collectionFormat: multi}
  Patterns:
    summary: A list of texts
    method: POST
    path: /patterns
    input:
      list: {type: array, items: {type: string, pattern: "^(a+)+$|!$"}}
      large: {type: array, items: {type: string, pattern: "^(a{1000}){1000}$|!$"}}
  Reset: {summary: Tells its reset, method: GET, path: /reset, retry: {at: [X-RateLimit-Reset]}}
`)

// With a token of the scripted service.
export const bearer = (url) => definition('bearer', url, `connection:
  auth:
    cc:
      type: client_credentials
      ${CLIENT}
      token_url: /token
    forbidden:
      type: client_credentials
      ${CLIENT}
      token_url: /token
      unauthorized: [{status: [401, 403]}, {status: [200], body: {error: expired}}]
    basic_form:
      type: client_credentials
      ${CLIENT}
      token_url: /token
      client_auth: basic
    basic_raw:
      type: client_credentials
      ${CLIENT}
      token_url: /token
      client_auth: basic_raw
    signed:
      type: client_credentials
      ${CLIENT}
      token_url: /token
      issuer: ${url}
      client_auth: client_secret_jwt
    named:
      type: password
      caution: Acts as a named user.
      parameters:
        username: {type: string, required: true}
        password: {type: string, secret: true, required: true}
        client_id: {type: string, required: true}
        client_secret: {type: string, secret: true, required: true}
      token_url: /token
    given:
      type: refresh_token
      parameters:
        refresh_token: {type: string, secret: true, required: true}
        client_id: {type: string, required: true}
        client_secret: {type: string, secret: true, required: true}
      token_url: /token
    device:
      type: device_code
      parameters: {client_id: {type: string, required: true}}
      device_url: /device
      token_url: /token
    bound:
      type: client_credentials
      ${CLIENT}
      token_url: /token
      dpop: true
    found:
      type: client_credentials
      parameters:
        client_id: {type: string, required: true}
        client_secret: {type: string, secret: true, required: true}
        tenant: {type: string, required: true}
      issuer: ${url}/\${connection.tenant}
    user:
      type: basic
      parameters:
        username: {type: string, required: true}
        password: {type: string, secret: true, required: true}
    key:
      type: api_key
      parameters: {api_key: {type: string, secret: true, required: true}}
      inject: {headers: {US-Customer-Api-Key: "\${connection.api_key}"}}
actions:
  Get: {summary: Get, method: GET, path: /get}
  Post: {summary: Post, method: POST, path: /post}
  Token: {summary: The token, token: connection, auth: [cc, forbidden, basic_form, basic_raw, named, given]}
`)

// 100 calls in two seconds rather than in sixty: the same windows, and a test that ends.
const limited = (url) => definition('limited', url, `throttle: [{calls: 100, per: 2s, name: calls}]
actions:
  Get: {summary: Get, method: GET, path: /get}
`)

// Twenty calls an hour.
const sparse = (url) => definition('sparse', url, `throttle: [{calls: 20, per: 1h}]
actions:
  Get: {summary: Get, method: GET, path: /get}
`)

export class Fixture {
  answer = answer

  async begin() {
    process.setMaxListeners(100) // every Tenon adds one, to be ended with the test
    this.service = await startService()
    this.others = []
    if (missing) return
    const { url } = this.service
    this.tenon = await this.start({ connectors: { open: open(url), bearer: bearer(url), limited: limited(url), sparse: sparse(url) }, own: true, faulty: true })
    await this.tenon.connect('open', 'open')
    this.key = await this.tenon.key(['open'])
    this.names = 0
  }

  // A Tenon beside, for what needs other options. One with args brings its own --connectors.
  async start({ own = false, ...options } = {}) {
    const tenon = new Tenon(options)
    if (!own) this.others.push(tenon)
    return tenon.start()
  }

  // The one without any egress exception, as a host is that nobody configured.
  async strict() {
    this.strictOne ??= await this.start({ env: { TENON_EGRESS_ALLOW: '' } })
    return this.strictOne
  }

  // One that waits a second for a request.
  async impatient() {
    this.impatientOne ??= await this.start({ env: { TENON_REQUEST_TIMEOUT: '1s' } })
    return this.impatientOne
  }

  // The open connector's action; its connection needs no credentials.
  call(action, { path, method, query = '', ...options } = {}) {
    const [verb, at] = ACTIONS[action]
    return this.tenon.request(`/run/open/open${path ?? at}${query}`, { method: method ?? verb, key: this.key, echo: true, ...options })
  }

  // A connection of its own, and how to call it.
  async connection(connector, auth, parameters = {}, tenon = this.tenon) {
    const name = `h${++this.names}`
    await tenon.connect(name, connector, parameters, auth)
    const key = await tenon.key([name])
    const call = (path = '/get', options = {}) => tenon.request(`/run/${connector}/${name}${path}`, { key, echo: true, ...options })
    return { name, key, call }
  }

  // A definition that was just saved is in service. (A faulty one is shown, too, but without actions.)
  untilKnown(connector, tenon = this.tenon) {
    return until(`${connector} to be loaded`, async () =>
      (await tenon.request(`/v1/connectors/${connector}`, { key: ADMIN_KEY })).json.actions)
  }

  // One of the bearer connector's ways to sign in that get tokens.
  client(auth = 'cc', more = {}, tenon = this.tenon) {
    const user = auth === 'named' ? { username: 'ann', password: 'CANARY-password' }
      : auth === 'given' ? { refresh_token: 'CANARY-refresh-0' } : {}
    return this.connection('bearer', auth, { client_id: 'client', client_secret: 'CANARY-client-secret', ...user, ...more }, tenon)
  }

  reset() {
    this.service.requests.length = 0
    this.service.scripts.clear()
    this.service.on('/token', (socket) => socket.write(this.service.token()))
  }

  async end() {
    const stopped = await Promise.allSettled([...this.others, this.tenon].map((tenon) => tenon?.stop()))
    await this.service.stop()
    for (const { reason } of stopped) if (reason) throw reason
  }
}

const ACTIONS = {
  Get: ['GET', '/get'], Post: ['POST', '/post'], Query: ['GET', '/query'], Header: ['GET', '/header'], Json: ['POST', '/json'],
  Needs: ['POST', '/needs'], Form: ['POST', '/form'], Body: ['POST', '/body'], Text: ['POST', '/text'],
  Pattern: ['POST', '/pattern'], Keyed: ['POST', '/keyed'], Put: ['PUT', '/put'], Delete: ['DELETE', '/delete'],
  Head: ['HEAD', '/head'], Patch: ['PATCH', '/patch'], Quick: ['GET', '/quick'], Stepped: ['GET', '/stepped'],
  Reset: ['GET', '/reset'], Xml: ['POST', '/xml'], Upload: ['POST', '/upload'], Lists: ['POST', '/lists'], Patterns: ['POST', '/patterns'], Path: ['GET', null], Whole: ['GET', null],
}
