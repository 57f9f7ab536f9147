// SPDX-License-Identifier: MIT
// Makes a connection: filled in, or signed in as a person does where the way is an authorization code.
import { Browser } from '../../peers/lib/browser.mjs'

export const CODE = 'code 1'
export const ADMIN_VALUE = 'https://admin.example.org/'
export const ADMINS = { client_id: 'client 1', client_secret: 'CANARY-client s&=+/%' }

// Whether a token is asked for: then there is something to compare.
export const hasToken = (auth) => auth?.type === 'authorization_code' || auth?.type === 'client_credentials'

export const refreshTokenOf = (connector) => `CANARY-refresh-${connector.n}`
const tokenOf = (connector, connection) => ({ access_token: connection.token, token_type: 'Bearer', expires_in: 3600,
  ...(connector.auths[connection.auth].type === 'authorization_code' && { refresh_token: refreshTokenOf(connector) }) })

async function setAdmins(tenon, connector, names) {
  const parameters = Object.fromEntries(names.map((one) => [one, ADMINS[one] ?? ADMIN_VALUE + one]))
  if (names.length) await tenon.admin('PUT', `/v1/connectors/${connector.id}/parameters`, { parameters })
}

// As a person does; answers where the browser was sent.
async function signInAsPerson(tenon, publicUrl, session) {
  const made = await tenon.admin('POST', '/v1/connect-sessions', session)
  const browser = new Browser({ hosts: { [publicUrl]: tenon.url } })
  const page = await browser.open(made.url)
  const { stopped, text } = await browser.submit(page, {}, { stop: (address) => !address.startsWith(publicUrl) })
  if (!stopped) throw new Error(`the connect page went nowhere: ${textOfPage(text)}`)
  const sent = new URL(stopped.replace('#', '')).searchParams
  const back = await browser.open(`${sent.get('redirect_uri')}?${new URLSearchParams({ code: CODE, state: sent.get('state') })}`)
  if (back.status >= 400) throw new Error(`after signing in: ${back.status} ${textOfPage(back.text)}`)
  return stopped
}

const textOfPage = (html) => html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ').slice(0, 500)

// Makes the connection, and answers what was asked on the way: {authorize, token}.
export async function signIn(tenon, services, { connector, connection, name, publicUrl }) {
  const { auth, mine, admins } = connection, { type } = connector.auths[auth] ?? {}
  await setAdmins(tenon, connector, admins)
  const isOwn = (one) => connector.fieldsOf(auth)[one] && !admins.includes(one) && !(one in mine)
  const parameters = { ...Object.fromEntries(Object.entries(ADMINS).filter(([one]) => isOwn(one))), ...mine }
  services.seen.length = 0
  services.answers = hasToken(connector.auths[auth]) ? [tokenOf(connector, connection)] : []
  let authorize
  if (type === 'authorization_code') authorize = await signInAsPerson(tenon, publicUrl, { connector: connector.id, name, parameters, auths: [auth] })
  else await tenon.admin('POST', '/v1/connections', { name, connector: connector.id, parameters, ...(auth && { auth }) })
  if (type === 'client_credentials' && !services.seen.length) await tenon.admin('POST', `/v1/connections/${name}/test`)
  if (hasToken(connector.auths[auth]) && !services.seen.length) throw new Error('nobody was asked for a token')
  return { authorize, token: services.seen.at(-1) }
}

// Has a call told that the token is over: answers how another one is asked for.
export async function renew(services, { connector, connection, call }) {
  services.seen.length = 0
  services.answers = [401, tokenOf(connector, connection)]
  await call()
  return services.seen.find(({ body }) => /grant_type=/.test(body))
}
