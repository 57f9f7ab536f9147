// SPDX-License-Identifier: MIT
// Shipped connectors as they are: TLS peers that answer under the services' real host names. The operator's pins
// (TENON_RESOLVE), an own CA (TENON_CA_FILE) and the egress exception lead there.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { startApiServer } from './api-server.mjs'
import { startAuthorizationServer } from './authorization-server.mjs'
import { missing, startTenon } from './tenon.mjs'
import { makeCertificate } from './tls.mjs'

// identity, apis: the host names that the authorization server and the API server answer under; paths: more token paths;
// clients, audiences: more of the authorization server's; publicUrl: of the host, where people are sent back to; env: more of its environment.
// Answers {server, api, tenon, caFile, stop}; tenon is absent where the program is not built.
export async function startRealHosts({ shipped, identity, apis, paths, publicUrl, clients, audiences, env: more }) {
  const folder = mkdtempSync(join(tmpdir(), 'tenon-hosts-'))
  const tls = makeCertificate(folder, [...identity, ...apis])
  const server = await startAuthorizationServer({ tls, paths, clients, audiences, redirectUris: publicUrl ? [`${publicUrl}/oauth/callback`] : [] })
  const api = await startApiServer({ tls })
  const pins = (hosts, peer) => hosts.map((host) => `${host}:443=127.0.0.1:${peer.port}`)
  const env = { ...more, ...(publicUrl && { TENON_PUBLIC_URL: publicUrl }), TENON_CA_FILE: tls.caFile, TENON_RESOLVE: [...pins(identity, server), ...pins(apis, api)].join(',') }
  const tenon = missing ? undefined : await startTenon({ shipped, env })
  const stop = async () => {
    await server.stop()
    await api.stop()
    await tenon?.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  return { server, api, tenon, caFile: tls.caFile, stop }
}
