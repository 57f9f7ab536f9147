// SPDX-License-Identifier: MIT
// What is shipped beside the source, as far as it can be held against the source and against the programs that read it:
// installed files, hardening, the unit, the images' recipe, compose file and front. That they run: `./dev deploy`.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, it } from 'node:test'

import { parse } from 'yaml'

import { parseDockerfile, valuesOf } from './lib/dockerfile.mjs'

const root = resolve(import.meta.dirname, '../..')
const read = (file) => readFileSync(join(root, file), 'utf8')
const run = (program, ...args) => execFileSync(program, args, { encoding: 'utf8', cwd: root, env: { ...process.env, LC_ALL: 'C' } })
const compose = parse(read('docker-compose.yml'), { merge: true })
const stages = Object.fromEntries(parseDockerfile(read('Dockerfile')).map((stage) => [stage.name, stage]))
const release = join(root, 'build')

let folder
before(() => { folder = mkdtempSync(join(tmpdir(), 'tenon-deploy-')) })
after(() => { rmSync(folder, { recursive: true, force: true }) })

describe('an installation', () => {
  let prefix
  before(() => {
    prefix = join(folder, 'usr')
    run('cmake', '--install', release, '--prefix', prefix)
  })
  const files = () => readdirSync(prefix, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(prefix.length + 1))

  it('has everything at its place, and nothing else', () => {
    const connectors = readdirSync(join(root, 'connectors')).map((name) => `share/tenon/connectors/${name}`)
    const docs = readdirSync(join(root, 'docs'), { recursive: true }).filter((name) => /\.(md|png)$/.test(name)).map((name) => `share/doc/tenon/${name}`)
    assert.deepEqual(files().sort(), ['bin/tenon', 'lib/systemd/system/tenon.service', 'lib/sysusers.d/tenon.conf',
      ...connectors, 'share/tenon/connector.schema.json', 'share/doc/tenon/README.md', 'share/doc/tenon/LICENSE', ...docs,
      ...['haproxy.cfg', 'master-key.conf', 'prometheus.yml'].map((name) => `share/doc/tenon/examples/${name}`)].sort())
    assert.ok(files().length > 12)
  })

  it('runs, and tells its version', () => {
    const version = /project\(tenon VERSION (\S+)/.exec(read('CMakeLists.txt'))[1]
    assert.equal(run(join(prefix, 'bin/tenon'), '--version'), `tenon ${version}\n`)
    run(join(prefix, 'bin/tenon'), 'lint', join(prefix, 'share/tenon/connectors'))
  })

  it('is hardened', () => {
    const binary = join(prefix, 'bin/tenon')
    assert.match(run('readelf', '-hW', binary), /Type: +DYN \(Position-Independent Executable file\)/)
    const segments = run('readelf', '-lW', binary)
    assert.match(segments, /GNU_RELRO/)
    assert.match(segments, /GNU_STACK .* RW +0x/, 'the stack is not executable')
    assert.ok(!/LOAD .* RWE /.test(segments), 'nothing is writable and executable')
    const dynamic = run('readelf', '-dW', binary)
    assert.match(dynamic, /BIND_NOW/)
    assert.match(dynamic, /Flags: NOW PIE/)
    assert.ok(!/R(UN)?PATH/.test(dynamic))
    const symbols = run('readelf', '--dyn-syms', '-W', binary)
    assert.match(symbols, /__stack_chk_fail/)
    assert.ok(new Set(symbols.match(/__\w+_chk@/g)).size >= 5, 'functions that check their bounds')
    const flags = readFileSync(join(release, 'build.ninja'), 'utf8')
    for (const flag of ['_FORTIFY_SOURCE=3', '-fstack-protector-strong', '-fstack-clash-protection']) {
      assert.ok(flags.includes(flag), flag)
    }
  })

  // Of systemd 252, which is Debian 12's. It tells what it does not know, and goes on.
  const complaints = (unit) => spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' }).stderr
    .split('\n').filter((line) => line.includes('tenon.service'))

  it('has a unit that systemd takes, with its drop-in, and that gives little away', () => {
    const units = join(prefix, 'lib/systemd/system')
    const unit = join(units, 'tenon.service')
    assert.ok(!readFileSync(unit, 'utf8').includes('@BINDIR@'))
    assert.deepEqual(complaints(unit), [])
    const security = run('systemd-analyze', 'security', '--no-pager', '--offline=true', '--threshold=15', unit)
    assert.match(security, /Overall exposure level for tenon\.service: (0|1\.[0-5])/)
    cpSync(join(root, 'deploy/master-key.conf'), join(units, 'tenon.service.d/master-key.conf'))
    assert.deepEqual(complaints(unit), [])
    writeFileSync(join(units, 'tenon.service.d/wrong.conf'), '[Service]\nLoadCredentials=x:/x\n')
    assert.equal(complaints(unit).length, 1, 'a drop-in is looked at, too')
  })
})

describe('the Dockerfile', () => {
  it('copies what there is, and what .dockerignore lets in', () => {
    const let_in = read('.dockerignore').split('\n').filter((line) => line.startsWith('!')).map((line) => line.slice(1))
    for (const stage of Object.values(stages)) {
      for (const { from, sources } of valuesOf(stage, 'COPY')) {
        for (const source of from ? [] : sources) {
          assert.ok(existsSync(join(root, source)), source)
          assert.ok(let_in.includes(source.split('/')[0]), `${source} is ignored`)
        }
        if (from) assert.ok(stages[from], from)
      }
    }
  })

  it('builds with the packages that ./dev builds with, and runs with no more than it needs', () => {
    const packagesOf = (stage) => valuesOf(stage, 'RUN').flatMap((command) =>
      [...command.matchAll(/apt-get install -y --no-install-recommends ([^&]*)/g)].flatMap(([, names]) => names.trim().split(/\s+/)))
    const dev = /BUILD_PACKAGES="([^"]*)"/.exec(read('dev'))[1].split(/\s+/)
    assert.deepEqual(packagesOf(stages.build).sort(), dev.filter((name) => !['libcmocka-dev', 'ca-certificates'].includes(name)).sort())
    const needed = [...run('readelf', '-dW', join(release, 'tenon')).matchAll(/NEEDED.*\[(.*)\]/g)].map(([, name]) => name)
      .filter((name) => !/^lib[cm]\.so/.test(name)) // every image has the C library
    const libraries = run('ldconfig', '-p')
    const owners = needed.map((name) => {
      const path = new RegExp(`${name.replaceAll('.', '\\.')} .*=> (\\S+)`).exec(libraries)[1]
      return run('dpkg', '-S', `*${path.slice(path.lastIndexOf('/'))}`).split(':')[0]
    })
    assert.deepEqual([...new Set(packagesOf(stages.tenon))].sort(), [...new Set(['ca-certificates', ...owners])].sort())
  })

  it('runs nothing as root', () => {
    for (const name of ['front', 'prometheus', 'tenon']) assert.match(valuesOf(stages[name], 'USER').at(-1), /^100\d\d:100\d\d$/, name)
  })

  it('asks tenon itself whether it is well', () => {
    assert.deepEqual(valuesOf(stages.tenon, 'HEALTHCHECK'), [['tenon', 'health']])
    assert.equal(spawnSync(join(release, 'tenon'), ['health', '--help']).status, 0)
  })
})

describe('docker-compose.yml', () => {
  const { services } = compose
  const options = [...read('docs/CONFIGURATION.md').matchAll(/`(TENON_\w+)`/g)].map(([, name]) => name)
  const frontNames = [...read('deploy/haproxy.cfg').matchAll(/presetenv (\w+)/g)].map(([, name]) => name)
  // ${NAME:-default} as it is without a .env.
  const plain = (text) => String(text).replace(/\$\{\w+:-([^}]*)\}/g, '$1')
  const exposed = (service) => valuesOf(stages[service.build.target], 'EXPOSE').flat()

  it('builds what the Dockerfile makes', () => {
    for (const [name, service] of Object.entries(services)) {
      assert.ok(stages[service.build.target], name)
      assert.ok(existsSync(join(root, service.build.context, 'Dockerfile')))
    }
  })

  it('names settings that there are', () => {
    assert.ok(options.length > 20)
    for (const name of Object.keys(services.tenon.environment)) assert.ok(options.includes(name), name)
    for (const name of Object.keys(services.front.environment)) assert.ok(frontNames.includes(name), name)
    for (const name of valuesOf(stages.tenon, 'ENV').flatMap(Object.keys)) assert.ok(options.includes(name), name)
  })

  it('keeps every service closed', () => {
    for (const [name, service] of Object.entries(services)) {
      assert.deepEqual({ read_only: service.read_only, cap_drop: service.cap_drop, security_opt: service.security_opt },
        { read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] }, name)
    }
  })

  it('publishes ports of loopback only, and those that are served', () => {
    assert.equal(services.tenon.ports, undefined, 'Tenon itself is behind the front')
    for (const name of ['front', 'prometheus']) {
      for (const port of services[name].ports) {
        const [, inner] = /^127\.0\.0\.1:\d+:(\d+)$/.exec(plain(port))
        assert.ok(exposed(services[name]).includes(inner), port)
      }
    }
  })

  it('lets its services find each other, by their fixed addresses', () => {
    const address = (name) => services[name].networks.inside.ipv4_address
    const port = exposed(services.tenon)[0]
    assert.equal(services.tenon.environment.TENON_TRUSTED_PROXIES, address('front'))
    assert.equal(services.tenon.environment.TENON_LISTEN, `:${port}`)
    assert.equal(services.front.environment.FRONT_TENON, `${address('tenon')}:${port}`)
    assert.deepEqual(parse(read('deploy/prometheus.yml')).scrape_configs[0].static_configs[0].targets, [`tenon:${port}`])
    const [{ subnet }] = compose.networks.inside.ipam.config
    const addresses = Object.keys(services).map(address)
    assert.equal(new Set(addresses).size, addresses.length)
    for (const one of addresses) assert.ok(one.startsWith(subnet.replace(/0\/24$/, '')), one)
    for (const service of Object.values(services)) {
      for (const name of Object.keys(service.networks)) assert.ok(name in compose.networks, name)
    }
    assert.equal(compose.networks.inside.internal, true)
    assert.equal(plain(services.tenon.environment.TENON_PUBLIC_URL), 'https://localhost:8443')
  })

  it('mounts what is there, at places that are there', () => {
    const used = []
    for (const [name, service] of Object.entries(services)) {
      const made = valuesOf(stages[service.build.target], 'RUN').join(' ')
      for (const volume of service.volumes ?? []) {
        const [source, target] = volume.split(':')
        if (source.startsWith('./')) assert.ok(statSync(join(root, source)).isDirectory(), source)
        else used.push(source)
        assert.ok(made.includes(target), `${name}: ${target} is made in the image`)
      }
    }
    assert.deepEqual(used.sort(), Object.keys(compose.volumes).sort())
  })

  it('reads secrets that deploy/prepare makes, each for its reader alone', () => {
    cpSync(join(root, 'deploy/prepare'), join(folder, 'prepare'))
    const unprivileged = process.getuid() !== 0
    const made = spawnSync('sh', [join(folder, 'prepare'), 'tenon.example'], { encoding: 'utf8' })
    if (!unprivileged) assert.equal(made.status, 0, made.stderr)
    const users = { 'master.key': 10001, 'tls.pem': 10002, 'metrics.key': 10003 }
    for (const [name, { file }] of Object.entries(compose.secrets)) {
      const about = statSync(join(folder, file.replace('./deploy/', '')))
      assert.equal(about.mode & 0o777, 0o600, name)
      if (!unprivileged) assert.equal(about.uid, users[name], name)
    }
    assert.deepEqual(Object.keys(compose.secrets), Object.keys(users))
    for (const [name, uid] of [['tenon', 10001], ['front', 10002], ['prometheus', 10003]]) {
      assert.equal(valuesOf(stages[name], 'USER').at(-1), `${uid}:${uid}`)
    }
    assert.match(readFileSync(join(folder, 'secrets/master.key'), 'utf8'), /^[0-9a-f]{64}\n$/)
    const before = readFileSync(join(folder, 'secrets/master.key'), 'utf8')
    spawnSync('sh', [join(folder, 'prepare')])
    assert.equal(readFileSync(join(folder, 'secrets/master.key'), 'utf8'), before, 'what is there stays')
    // And the front takes the certificate, with the file as it is shipped.
    const checked = spawnSync('/usr/sbin/haproxy', ['-c', '-f', join(root, 'deploy/haproxy.cfg')],
      { encoding: 'utf8', env: { FRONT_CERTIFICATE: join(folder, 'secrets/tls.pem'), FRONT_TENON: '127.0.0.1:8480' } })
    assert.equal(checked.status, 0, checked.stderr)
    assert.ok(!/warning|alert/i.test(checked.stderr + checked.stdout), checked.stderr)
  })

  it('gives Tenon longer to stop than Tenon takes', () => {
    const drain = Number(/`drain_timeout`.*?`(\d+)s`/.exec(read('docs/CONFIGURATION.md'))[1])
    assert.ok(parseInt(services.tenon.stop_grace_period, 10) > drain)
    assert.ok(Number(/TimeoutStopSec=(\d+)/.exec(read('deploy/tenon.service.in'))[1]) > drain)
  })
})
