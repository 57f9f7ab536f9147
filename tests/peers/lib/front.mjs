// SPDX-License-Identifier: MIT
// The front of deploy/: the real HAProxy with the file that is shipped, before a port of loopback. It is told where to
// listen and what to call as an operator would, by environment.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ROOT } from './tenon.mjs'
import { makeCertificate } from './tls.mjs'
import { listen, request, until } from './util.mjs'

export const HAPROXY = '/usr/sbin/haproxy'
const { error } = spawnSync(HAPROXY, ['-v'])
// ./dev installs it.
export const noFront = error ? 'HAProxy is not installed' : false

export async function startFront(backendPort) {
  const folder = mkdtempSync(join(tmpdir(), 'tenon-front-'))
  const { caFile, key, cert } = makeCertificate(folder, ['localhost'])
  writeFileSync(join(folder, 'tls.pem'), Buffer.concat([cert, key]), { mode: 0o600 })
  // A socket that listens already is handed over, so that no port has to be guessed.
  const socket = net.createServer()
  const port = await listen(socket)
  const child = spawn(HAPROXY, ['-db', '-f', join(ROOT, 'deploy/haproxy.cfg')], {
    stdio: ['ignore', 'pipe', 'pipe', socket._handle.fd],
    env: { FRONT_LISTEN: 'fd@3', FRONT_CERTIFICATE: join(folder, 'tls.pem'), FRONT_TENON: `127.0.0.1:${backendPort}` },
  })
  const front = { pid: child.pid, port, url: `https://localhost:${port}`, ca: readFileSync(caFile), caFile, log: '', ended: null }
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => { front.log += text })
  child.on('close', (code) => { front.ended = { code } })
  process.once('exit', () => front.ended ?? child.kill('SIGKILL'))
  front.stop = async () => {
    child.kill('SIGTERM')
    await until('HAProxy to end', () => front.ended)
    rmSync(folder, { recursive: true, force: true })
  }
  await new Promise((resolve) => { socket.close(resolve) })
  await until('the front to reach Tenon', async () => {
    if (front.ended) throw new Error(`HAProxy ended\n${front.log}`)
    return (await request(`${front.url}/readyz`, { ca: front.ca, agent: false }).catch(() => ({}))).status === 200
  })
  return front
}
