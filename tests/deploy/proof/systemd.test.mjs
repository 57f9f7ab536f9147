// SPDX-License-Identifier: MIT
// The unit under a real systemd (252, Debian 12's) in a machine of its own: its sandbox, its watchdog, its reload, its
// credentials. What is looked at stands in ../lib/probe.sh.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { parseDockerfile, valuesOf } from '../lib/dockerfile.mjs'
import { freshTree, isRoot, root, runInTree } from '../lib/tree.mjs'

const PROBE = `[Unit]
Description=Looks at Tenon
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/sh /probe.sh
ExecStopPost=/bin/systemctl poweroff --force --force
`
// What the image of Tenon is given.
const PACKAGES = valuesOf(parseDockerfile(readFileSync(join(root, 'Dockerfile'), 'utf8')).find((stage) => stage.name === 'tenon'), 'RUN')
  .join(' ').match(/--no-install-recommends ([^&]*)/)[1]

test('the unit under systemd', { skip: !isRoot && 'only root can start one', timeout: 300000 }, async (t) => {
  const tree = freshTree('machine')
  runInTree(tree, `apt-get update -qq && apt-get install -y -qq --no-install-recommends systemd systemd-sysv dbus procps curl sqlite3 ${PACKAGES}`)
  spawnSync('cmake', ['--install', join(root, 'build'), '--prefix', '/usr'], { env: { ...process.env, DESTDIR: tree } })
  cpSync(join(root, 'tests/deploy/lib/probe.sh'), join(tree, 'probe.sh'))
  const units = join(tree, 'etc/systemd/system')
  writeFileSync(join(units, 'probe.service'), PROBE)
  mkdirSync(join(units, 'default.target.wants'), { recursive: true })
  symlinkSync('/etc/systemd/system/probe.service', join(units, 'default.target.wants/probe.service'))
  writeFileSync(join(tree, 'etc/machine-id'), '0123456789abcdef0123456789abcdef\n') // else all units would be enabled
  const ran = spawnSync('unshare', ['--mount', '--propagation', 'private', 'systemd-nspawn', '--directory', tree, '--register=no', '--keep-unit',
    '--private-network', '--boot', '--quiet'], { encoding: 'utf8', timeout: 240000 })
  const result = readFileSync(join(tree, 'result'), 'utf8')
  const lines = result.split('\n').filter((line) => /^(not )?ok /.test(line))
  assert.ok(lines.length > 25, `${ran.stdout}\n${result}`)
  for (const line of lines) await t.test(line.replace(/^(not )?ok /, '').split(':')[0], () => assert.match(line, /^ok /, result))
})
