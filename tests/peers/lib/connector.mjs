// SPDX-License-Identifier: MIT
// Definitions for tests: what every file needs, and the ways to sign in at the test's authorization server.

// The top of a file; the rest is the test's own YAML.
export const definition = (id, baseUrl, rest, hosts = '["127.0.0.1"]') => `tenon: 1
id: ${id}
title: Peer ${id}
version: 1.0.0
description: Calls the peers of a test.
hosts: ${hosts}
base_url: ${baseUrl}
${rest}`

// client_credentials with the client in the body (`cc`), by Basic (`cc_basic`), as JSON (`cc_json`), a named user (`user`), and a
// refresh token given by hand (`given`), which stands for every sign-in that only a person can repeat. Indented for
// `connection:`.
export const signIns = (server) => `connection:
  auth:
${['cc', 'cc_basic', 'cc_json'].map((name) => `    ${name}:
      type: client_credentials
      parameters:
        client_id: {type: string, required: true}
        client_secret: {type: string, secret: true, required: true}
      token_url: ${server.url}/token
      client_auth: ${name === 'cc_basic' ? 'basic' : 'body'}
      format: ${name === 'cc_json' ? 'json' : 'form'}
`).join('')}    user:
      type: password
      caution: Acts as a named user.
      parameters:
        username: {type: string, required: true}
        password: {type: string, secret: true, required: true}
        client_id: {type: string, required: true}
        client_secret: {type: string, secret: true, required: true}
      token_url: ${server.url}/token
      scopes: [openid, offline_access]
    given:
      type: refresh_token
      parameters:
        client_id: {type: string, required: true}
        client_secret: {type: string, secret: true, required: true}
        refresh_token: {type: string, secret: true, required: true}
      token_url: ${server.url}/token
`

// An action's `token:` whose credentials come with the call. Indented for an action.
export const signInByCall = (server, params = '') => `    input:
      username: {type: string, required: true}
      password: {type: string, required: true, secret: true}
      client_id: {type: string, required: true}
      client_secret: {type: string, required: true, secret: true}
    token:
      type: password
      token_url: ${server.url}/token
      scopes: [openid, offline_access]
${params}`
