// SPDX-License-Identifier: MIT
// The images' recipe and the compose file, without Docker: each stage of the Dockerfile is run step by step in a tree of
// Debian 12, and what comes out is started as docker-compose.yml says - users, read-only trees, mounts, environment,
// addresses - in networks of its own.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import { parse } from 'yaml'

import { until } from '../../peers/lib/util.mjs'
import { parseDockerfile, valuesOf } from '../lib/dockerfile.mjs'
import { copyInto, freshTree, inNetwork, isRoot, layNetwork, removeTree, root, runInTree, startContainer, work } from '../lib/tree.mjs'

const compose = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true })
const stages = parseDockerfile(readFileSync(join(root, 'Dockerfile'), 'utf8'))
const plain = (text) => String(text).replace(/\$\{\w+:-([^}]*)\}/g, '$1')
const run = (...argv) => execFileSync(argv[0], argv.slice(1), { encoding: 'utf8' })

// For whoever works on this file: REUSE=build,front takes these trees as the last run left them.
const reused = (name) => (process.env.REUSE?.split(',').includes(name) ? join(work, name) : null)

const images = {}
function build(stage) {
  assert.equal(stage.from, 'debian:12-slim', 'the tree that is made here')
  const tree = reused(stage.name) ?? freshTree(stage.name)
  const state = { tree, env: {}, folder: '/' }
  for (const { word, value } of stage.steps) {
    if (word === 'RUN') reused(stage.name) ?? runInTree(tree, value, state)
    else if (word === 'ENV') Object.assign(state.env, value)
    else if (word === 'WORKDIR') { state.folder = value; mkdirSync(join(tree, value), { recursive: true }) }
    else if (word === 'COPY') copyInto(tree, value.sources.map((source) => join(value.from ? images[value.from].tree : root, source)), value.target, state.folder)
    else if (word === 'USER') state.user = value
    else state[word] = value
  }
  return state
}

describe('the images', { skip: !isRoot && 'only root can make them' }, () => {
  for (const stage of stages) {
    it(`build: ${stage.name}`, () => { images[stage.name] = build(stage) })
  }

  it('hold what runs, and no compiler', () => {
    const { tree } = images.tenon
    assert.match(runInTree(tree, 'tenon --version'), /^tenon \d/)
    assert.ok(existsSync(join(tree, 'usr/share/tenon/connectors/ukg-pro-wfm.yaml')))
    for (const name of ['gcc', 'cmake', 'curl', 'perl5']) assert.ok(!existsSync(join(tree, 'usr/bin', name)), name)
    const size = Number(run('du', '-sxm', tree).split('\t')[0])
    assert.ok(size < 400, `${size} MB`)
  })
})

describe('docker compose up', { skip: !isRoot && 'only root can set it up' }, () => {
  const secrets = join(work, 'deploy/secrets')
  const containers = {}
  let net

  // A named volume begins as what the image has at its place.
  function mountsOf(service, image) {
    const own = (service.volumes ?? []).map((volume) => {
      const [source, target, kind = 'rw'] = volume.split(':')
      if (source.startsWith('./')) return [join(work, source), target, kind]
      const folder = join(work, 'volumes', source)
      if (!existsSync(folder)) {
        mkdirSync(join(work, 'volumes'), { recursive: true })
        run('cp', '-a', join(image.tree, target), folder)
      }
      return [folder, target, kind]
    })
    return [...own, ...(service.secrets ?? []).map((name) => [join(work, compose.secrets[name].file), `/run/secrets/${name}`, 'ro'])]
  }

  async function up(name) {
    const service = compose.services[name]
    const image = images[service.build.target]
    const env = { ...image.env, ...Object.fromEntries(Object.entries(service.environment ?? {}).map(([key, value]) => [key, plain(value)])) }
    const container = containers[name] = await startContainer(image.tree, {
      argv: [...image.ENTRYPOINT, ...(image.CMD ?? [])], env, user: image.user, network: net.networks[name],
      mounts: mountsOf(service, image), tmpfs: (service.tmpfs ?? []).map((one) => one.split(':')[0]) })
    await until(`${name} to run`, () => container.ended || container.log.length > 0)
    assert.equal(container.ended, null, container.log)
    return container
  }
  const curl = (...args) => inNetwork(net.middle, 'curl', '--silent', '--show-error', '--max-time', '20', '--cacert', join(secrets, 'tls.pem'),
    '--resolve', 'localhost:8443:10.84.80.2', ...args)

  before(async () => {
    removeTree(join(work, 'deploy'))
    removeTree(join(work, 'volumes'))
    rmSync(join(work, 'connectors'), { recursive: true, force: true })
    mkdirSync(join(work, 'deploy'))
    cpSync(join(root, 'deploy/prepare'), join(work, 'deploy/prepare'))
    cpSync(join(root, 'connectors'), join(work, 'connectors'), { recursive: true })
    run('chmod', '-R', 'go-w', join(work, 'connectors'))
    run('sh', join(work, 'deploy/prepare'))
    net = await layNetwork(Object.fromEntries(Object.entries(compose.services).map(([name, service]) => [name, service.networks.inside.ipv4_address])))
    // Docker's own names for services.
    for (const image of Object.values(images)) {
      const lines = Object.entries(compose.services).map(([name, service]) => `${service.networks.inside.ipv4_address} ${name}`)
      writeFileSync(join(image.tree, 'etc/hosts'), `127.0.0.1 localhost\n${lines.join('\n')}\n`)
    }
  })
  after(async () => {
    for (const container of Object.values(containers)) {
      if (!container.ended) container.signal('SIGKILL')
      await until('the container to end', () => container.ended)
    }
    net?.stop()
  })

  it('brings Tenon up, closed in, and healthy', async () => {
    const tenon = await up('tenon')
    await until('Tenon to listen', () => /http\.listening/.test(tenon.log) || tenon.ended)
    assert.equal(tenon.ended, null, tenon.log)
    const [argv] = valuesOf(stages.find((stage) => stage.name === 'tenon'), 'HEALTHCHECK')
    assert.match(tenon.exec(...argv), /^ok\ndefinitions in service: \d+\n/)
    const status = readFileSync(`/proc/${tenon.pid}/status`, 'utf8')
    assert.match(status, /^Uid:\s+10001\s+10001/m)
    assert.match(status, /^CapEff:\s+0000000000000000$/m)
    assert.match(status, /^NoNewPrivs:\s+1$/m)
    assert.match(status, /^NSpid:\s+\d+\s+1$/m, 'it is the first process, and ends on SIGTERM all the same')
    assert.throws(() => tenon.exec('sh', '-c', ': >/usr/bin/x'), /Read-only file system/)
    assert.throws(() => tenon.exec('sh', '-c', ': >/etc/tenon/connectors/x.yaml'), /Read-only|Permission/)
    assert.ok(!existsSync(join(work, 'volumes/data/master.key')), 'the master key is the secret\'s')
  })

  it('serves over the front, by HTTP/2 and TLS', async () => {
    await up('front')
    await until('the front to serve', () => { try { return curl('https://localhost:8443/readyz') === '{"status":"ok"}' } catch { return false } })
    assert.equal(curl('--http2', '-o', '/dev/null', '-w', '%{http_version} %{http_code}', 'https://localhost:8443/healthz'), '2 200')
    const key = containers.tenon.exec('tenon', 'key', 'add', '--admin').trim()
    assert.match(key, /^tnk_/)
    const shown = JSON.parse(curl('--http2', '-H', `X-API-Key: ${key}`, 'https://localhost:8443/v1/connectors'))
    assert.ok(shown.connectors.length >= 2, JSON.stringify(shown).slice(0, 300))
    const made = JSON.parse(curl('-H', `X-API-Key: ${key}`, '--json', JSON.stringify({ name: 'mine', connector: 'ukg-pro-wfm-authentication', parameters: { hostname: 'nowhere.example' } }), 'https://localhost:8443/v1/connections'))
    assert.ok(made.name === 'mine' || made.code, JSON.stringify(made))
  })

  it('is scraped by Prometheus, with a key for that alone', async () => {
    const key = containers.tenon.exec('tenon', 'key', 'add', '--right', 'metrics').trim()
    writeFileSync(join(secrets, 'metrics.key'), `${key}\n`)
    await up('prometheus')
    const target = await until('Prometheus to scrape', () => {
      try {
        const [one] = JSON.parse(inNetwork(net.networks.prometheus, 'curl', '--silent', 'http://127.0.0.1:9090/api/v1/targets')).data.activeTargets
        return one?.lastScrape.startsWith('0001') ? null : one
      } catch { return null }
    }, 60000)
    assert.equal(target.health, 'up', target.lastError)
  })

  it('ends in order, and finds everything again', async () => {
    const { tenon } = containers
    tenon.signal('SIGTERM')
    await until('Tenon to end', () => tenon.ended, 40000)
    assert.deepEqual(tenon.ended, { code: 0, signal: null }, tenon.log.slice(-2000))
    assert.match(tenon.log, /host\.stopped/)
    const again = await up('tenon')
    await until('Tenon to listen', () => /http\.listening/.test(again.log))
    assert.equal(JSON.parse(again.exec('tenon', 'key', 'list', '--json')).length, 2)
    const { front } = containers
    front.signal(images.front.STOPSIGNAL)
    await until('the front to end', () => front.ended, 40000)
    assert.equal(front.ended.code, 0, front.log)
  })
})
