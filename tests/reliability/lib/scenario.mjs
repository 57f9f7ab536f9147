// SPDX-License-Identifier: MIT
// A host, a real server that rotates, and an API between which the promises are tried.
import { CLIENTS, USERS, startAuthorizationServer } from '../../peers/lib/authorization-server.mjs'
import { startApiServer } from '../../peers/lib/api-server.mjs'
import { definition, signIns } from '../../peers/lib/connector.mjs'
import { startTenon } from '../../peers/lib/tenon.mjs'
import { sleep } from '../../peers/lib/util.mjs'

const ACTIONS = `actions:
  GetAccessToken: {summary: Get a token, token: connection}
  Hasty: {summary: Within a third of a second, token: connection, timeout: 300ms}
  Patient: {summary: Within a second, token: connection, timeout: 1s}
  Get: {summary: Get, method: GET, path: /get}
  Refused: {summary: Refuses every token, method: GET, path: /always401}
`

export const ALICE = { username: 'alice', password: USERS.alice, ...CLIENTS.body }

// env: of the host.
export async function startScenario({ env } = {}) {
  const server = await startAuthorizationServer()
  const api = await startApiServer()
  const connector = definition('peer', api.url, `${signIns(server)}\n${ACTIONS}`)
  const tenon = await startTenon({ connectors: { peer: connector }, env })
  let names = 0
  return {
    server,
    api,
    tenon,
    // auth: `user` signs in by itself, `given` is a person's.
    async connection(auth, parameters = ALICE) {
      const name = `c${++names}`
      const given = auth === 'given' ? { ...CLIENTS.body, refresh_token: await server.signIn('alice', CLIENTS.body) } : parameters
      await tenon.connect(name, 'peer', given, auth)
      const key = await tenon.key([name])
      const call = (path = '/GetAccessToken', options = {}) => tenon.request(`/run/peer/${name}${path}`,
        { method: path === '/get' || path === '/always401' ? 'GET' : 'POST', key, echo: path === '/get', ...options })
      return { name, key, call, url: `${tenon.url}/run/peer/${name}/GetAccessToken` }
    },
    // Requests to the token endpoint by what they ask.
    tokenRequests: () => server.requests.filter((seen) => !seen.elsewhere).length,
    async end() {
      await tenon.stop()
      await api.stop()
      await server.stop()
    },
  }
}

export const runOut = (seconds) => sleep(seconds * 1000 + 100)
