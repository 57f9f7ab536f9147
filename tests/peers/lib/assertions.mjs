// SPDX-License-Identifier: MIT
// Signed assertions at a real authorization server: keys of every kind, the clients that prove themselves by them, and the
// grants that rest on an assertion or on another token, as oidc-provider's custom grants.
import { exportJWK, exportPKCS8, generateKeyPair, jwtVerify } from 'jose'
import { errors } from 'oidc-provider'

export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
export const ALGS = ['RS256', 'PS256', 'ES256', 'EdDSA']
export const SECRET_CLIENT = { client_id: 'client-secret-jwt', client_secret: 'CANARY-jwt-secret-of-forty-characters-and-more' }

const client = (id, more) => ({
  client_id: id, redirect_uris: [], response_types: [],
  grant_types: ['client_credentials', 'password', 'refresh_token', JWT_BEARER, TOKEN_EXCHANGE], ...more,
})

// Of one algorithm: both keys, the private one as PEM and as JWK.
async function makeKey(alg) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const kid = `key-${alg}`
  return {
    alg, kid, publicKey, pem: await exportPKCS8(privateKey),
    jwk: JSON.stringify({ ...await exportJWK(privateKey), kid, alg }),
    publicJwk: { ...await exportJWK(publicKey), kid, alg, use: 'sig' },
  }
}

export const makeKeys = async (algs = ALGS) => Object.fromEntries(await Promise.all(algs.map(async (alg) => [alg, await makeKey(alg)])))
export const clientOf = (alg) => `client-${alg}`

// One client a key, and the one with a secret.
export const clientsOf = (keys) => [
  ...Object.values(keys).map(({ alg, publicJwk }) => client(clientOf(alg), {
    token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: alg, jwks: { keys: [publicJwk] },
  })),
  client(SECRET_CLIENT.client_id, {
    client_secret: SECRET_CLIENT.client_secret, token_endpoint_auth_method: 'client_secret_jwt', token_endpoint_auth_signing_alg: 'HS256',
  }),
]

async function issue(context, provider, accountId, more = {}) {
  const { client: of } = context.oidc
  const grant = new provider.Grant({ accountId, clientId: of.clientId })
  const token = new provider.AccessToken({ accountId, client: of, grantId: await grant.save(), gty: 'custom' })
  context.oidc.entity('AccessToken', token)
  context.body = { access_token: await token.save(), token_type: 'Bearer', expires_in: token.expiration, ...more }
}

// RFC 7523 3: who may be spoken for is in the assertion; taken once.
const bearer = (keys, state) => async (context, provider) => {
  const { assertion } = context.oidc.params
  try {
    const { payload, protectedHeader } = await jwtVerify(assertion, (header) => keys[header.alg].publicKey, {
      issuer: 'the-app', audience: `${provider.issuer}/token`, requiredClaims: ['sub', 'jti', 'exp'], maxTokenAge: '10m' })
    if (state.seen.has(payload.jti)) throw new Error('seen')
    state.seen.add(payload.jti)
    state.assertions.push({ payload, protectedHeader })
    await issue(context, provider, payload.sub)
  } catch (error) {
    throw new errors.CustomOIDCProviderError('invalid_grant', error.message)
  }
}

// RFC 8693 2.2: an access token for an access token, and something else for whoever asks for it.
const exchange = (state) => async (context, provider) => {
  const { subject_token: subject, subject_token_type: type, requested_token_type: requested } = context.oidc.params
  const held = await provider.AccessToken.find(subject)
  if (type !== ACCESS_TOKEN || !held) throw new errors.CustomOIDCProviderError('invalid_request', 'no such subject_token')
  state.exchanges++
  await issue(context, provider, held.accountId, requested
    ? { issued_token_type: requested, token_type: 'N_A' }
    : { issued_token_type: ACCESS_TOKEN })
}

// For startAuthorizationServer. state: {seen, assertions, exchanges}.
export function grantsOf(keys, state) {
  return {
    [JWT_BEARER]: { parameters: ['assertion', 'scope'], answer: bearer(keys, state) },
    [TOKEN_EXCHANGE]: {
      parameters: ['subject_token', 'subject_token_type', 'actor_token', 'actor_token_type', 'requested_token_type', 'audience', 'scope'],
      answer: exchange(state),
    },
  }
}
