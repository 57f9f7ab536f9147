// SPDX-License-Identifier: MIT
// How Microsoft's host signs a user in, by what a package says of its identity provider: where the browser is sent, and the token
// request. A small reading of its own.
const custom = (settings, name) => {
  const found = Object.entries(settings.customParameters ?? {}).find(([key]) => key.toLowerCase() === name.toLowerCase())
  return found?.[1]?.value?.trim?.() || undefined
}

// {Tokens} of any case: the platform's, parameters of the connection, custom parameters of the package.
function filled(text, settings, tokens) {
  const known = Object.fromEntries(Object.entries(tokens).map(([name, value]) => [name.toLowerCase(), value]))
  return text?.replace(/\{([^{}]+)\}/g, (_, name) => known[name.replace(/^token:/i, '').toLowerCase()] ?? custom(settings, name) ?? '')
}

const decode = (text) => decodeURIComponent(text.replaceAll('+', ' '))
// Values come into a template as they are: its pairs are cut before.
const pairsOf = (template, settings, tokens) => (template ?? '').replace(/^[?&]/, '').split('&').filter((pair) => pair)
  .map((pair) => { const [name, ...value] = pair.split('='); return [decode(name), filled(decode(value.join('=')), settings, tokens)] })

const scopesOf = (settings, separator = ' ') => (settings.scopes ?? []).flatMap((one) => one.trim().split(/\s+/)).filter((one) => one).join(separator)

function standard(urls, { scope, ...t }, more = []) {
  const scoped = scope ? [['scope', scope]] : [], client = [['client_id', t.clientId], ['client_secret', t.clientSecret]]
  return {
    authorize: { url: urls.authorize, pairs: [['response_type', 'code'], ['client_id', t.clientId], ['redirect_uri', t.redirectUrl], ...scoped, ['state', t.state], ...more] },
    token: { url: urls.token, pairs: [['grant_type', 'authorization_code'], ['code', t.code], ['redirect_uri', t.redirectUrl], ...client, ...more] },
    refresh: { url: urls.refresh ?? urls.token, pairs: [['grant_type', 'refresh_token'], ['refresh_token', t.refreshToken], ...client, ...more] },
  }
}

function generic(settings, tokens, t) {
  const scope = scopesOf(settings, custom(settings, 'scopeListDelimiter') ?? ' ')
  const all = { ...tokens, ClientId: t.clientId, ClientSecret: t.clientSecret, RedirectUrl: t.redirectUrl, RedirectUri: t.redirectUrl, State: t.state, Scope: scope, Scopes: scope, Code: t.code, RefreshToken: t.refreshToken }
  const url = (name) => filled(custom(settings, name), settings, all)
  const usual = standard({}, { ...t, scope })
  const told = (name, otherwise) => (custom(settings, name) ? pairsOf(custom(settings, name), settings, all) : otherwise)
  return {
    authorize: { url: url('authorizationUrlTemplate'), pairs: told('authorizationUrlQueryStringTemplate', usual.authorize.pairs) },
    token: { url: url('tokenUrlTemplate'), query: told('tokenUrlQueryStringTemplate', []), pairs: told('tokenBodyTemplate', usual.token.pairs) },
    refresh: { url: url('refreshUrlTemplate') ?? url('tokenUrlTemplate'), query: told('refreshUrlQueryStringTemplate', []), pairs: told('refreshBodyTemplate', usual.refresh.pairs) },
  }
}

const isPlaceholder = (text) => !text || /^[[{<]/.test(text)

function aad(settings, tokens, t) {
  const home = (custom(settings, 'loginUri') ?? custom(settings, 'loginUriAAD') ?? 'https://login.windows.net').replace(/\/+$/, '')
  const tenant = Object.entries(tokens).find(([name]) => name.toLowerCase() === 'tenantid')?.[1] ?? custom(settings, 'tenantId') ?? 'common'
  const resource = custom(settings, 'resourceUri')
  const more = [['resource', isPlaceholder(resource) ? t.resource : resource]]
  const told = standard({ authorize: `${home}/${encodeURIComponent(tenant)}/oauth2/authorize`, token: `${home}/${encodeURIComponent(tenant)}/oauth2/token` }, t, more)
  if (custom(settings, 'grantType') !== 'client_credentials') return told
  const client = [['client_id', tokens.clientId], ['client_secret', tokens.clientSecret]]
  return { token: { url: told.token.url, pairs: [['grant_type', 'client_credentials'], ...client, ...more] } }
}

const PROVIDERS = {
  oauth2: (settings, tokens, t) => standard({ authorize: custom(settings, 'authorizationUrl'), token: custom(settings, 'tokenUrl'), refresh: custom(settings, 'refreshUrl') }, { ...t, scope: scopesOf(settings) }),
  oauth2generic: generic,
  aad, aadcertificate: aad,
  facebook: (settings, tokens, t) => standard({ authorize: 'https://www.facebook.com/dialog/oauth', token: 'https://graph.facebook.com/oauth/access_token' }, { ...t, scope: scopesOf(settings) }),
}

// {authorize: {url, pairs}, token: {url, query, pairs}, refresh: {url, query, pairs}}; undefined where nobody signs in, or the provider tells no addresses.
// t: {clientId, clientSecret, redirectUrl, state, code, refreshToken, resource}.
export function signInOf({ way, values }, t) {
  const token = Object.values(way.parameters).find((one) => one.type?.toLowerCase() === 'oauthsetting')
  const settings = token?.oAuthSettings ?? token?.oauthSettings
  const provider = PROVIDERS[settings?.identityProvider?.toLowerCase()]
  const tokens = Object.fromEntries(Object.entries(values).map(([name, value]) => [name.replace(/^token:/i, ''), value]))
  return provider?.(settings, tokens, t)
}

/* --- comparing --- */

const plain = (url, pairs) => {
  const [address, rest = ''] = url.replace('/#/', '/').split('?')
  return { address: address.toLowerCase().replace(/\/$/, ''), pairs: [...pairsOf(rest, {}, {}), ...pairs].map(([name, value]) => `${name}=${value}`).sort() }
}
// PKCE is Tenon's addition, which a server that knows it not passes over (RFC 7636 5).
const ADDED = /^(code_challenge|code_challenge_method|code_verifier)=/

function* differences(what, expected, url, pairs) {
  const want = plain(expected.url, [...(expected.query ?? []), ...expected.pairs]), came = plain(url, pairs)
  if (want.address !== came.address) yield `${what}: ${want.address} became ${came.address}`
  const own = came.pairs.filter((pair) => !ADDED.test(pair))
  for (const pair of want.pairs.filter((one) => !own.includes(one))) yield `${what}: ${pair} is missing`
  for (const pair of own.filter((one) => !want.pairs.includes(one))) yield `${what}: ${pair} came, too`
}

// seen: what of {authorize, token, refresh} was asked; authorize is an address.
export function* compareSignIn(expected, seen) {
  if (seen.authorize) yield* differences('authorize', expected.authorize, seen.authorize, [])
  for (const what of ['token', 'refresh'].filter((one) => seen[one])) {
    yield* differences(what, expected[what], seen[what].url, pairsOf(seen[what].body.toString(), {}, {}))
  }
}
