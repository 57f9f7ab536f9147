// SPDX-License-Identifier: MIT
// The README's connector, run as a newcomer would: the blocks are taken from the README and executed as they stand. Only the
// network differs: the service's name is pinned to a TLS server of this test.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

import { startApiServer } from './lib/api-server.mjs'
import { missing, ROOT, TENON } from './lib/tenon.mjs'
import { makeCertificate } from './lib/tls.mjs'
import { request, until } from './lib/util.mjs'

const blocks = (text, kind) => [...text.matchAll(new RegExp('```' + kind + '\\n([^]*?)```', 'g'))].map((found) => found[1])

test('the README\'s connector, from nothing to an answer', { skip: missing }, async () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const [definition] = blocks(readme, 'yaml')
  const script = blocks(readme, 'sh').slice(1, 3).join('')
  assert.ok(definition && script.includes('build/tenon serve') && script.includes('build/tenon openapi'))
  const folder = mkdtempSync(join(tmpdir(), 'tenon-readme-'))
  const certificate = makeCertificate(folder, ['postman-echo.com'])
  const api = await startApiServer({ tls: certificate })
  try {
    mkdirSync(join(folder, 'my-connectors'), { mode: 0o700 })
    mkdirSync(join(folder, 'build'))
    symlinkSync(TENON, join(folder, 'build/tenon'))
    const [, name] = /^# (\S+)\n/.exec(definition)
    writeFileSync(join(folder, name), definition, { mode: 0o600 })
    // Its port may be taken here, and the host must end with the test: both are put in from outside.
    const env = { ...process.env, TENON_LISTEN: '127.0.0.1:0', TENON_PUBLIC_URL: 'http://127.0.0.1:8480', TENON_CA_FILE: certificate.caFile,
      TENON_RESOLVE: `postman-echo.com:443=127.0.0.1:${api.port}`, TENON_EGRESS_ALLOW: 'postman-echo.com=127.0.0.0/8' }
    const log = join(folder, 'log')
    const calls = script.replace(/&\nuntil/, `> ${log} 2>&1 & echo $! > pid\nuntil`)
      .replaceAll('http://127.0.0.1:8480', '$(sed -n "s/.*http.listening address=\\(\\S*\\).*/http:\\/\\/\\1/p" log)')
    const { stdout: out } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', calls], { cwd: folder, env, timeout: 60000 })
    assert.match(out, /1 file, 0 errors, 0 warnings/)
    assert.match(out, /text=hello/)
    assert.match(out, /"swagger": "2.0"/)
    assert.match(readFileSync(join(folder, 'echo.yaml'), 'utf8'), /^openapi: "3\.1\.0"\n/)
    const seen = api.requests.at(-1)
    assert.equal(seen.headers['x-api-key'], 'my secret key')
    assert.doesNotMatch(readFileSync(log, 'utf8'), /my secret key/)
  } finally {
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'))
    process.kill(pid, 'SIGTERM')
    await until('Tenon to end', () => { try { process.kill(pid, 0) } catch { return true } return false })
    await api.stop()
    rmSync(folder, { recursive: true, force: true })
  }
})
