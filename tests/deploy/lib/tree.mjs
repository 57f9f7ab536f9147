// SPDX-License-Identifier: MIT
// Debian trees to work in, each in mount and process namespaces of its own: what is mounted there is gone with the last
// process, and nothing of this machine's /dev is in it. Root only.
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../../..')
export const work = join(root, 'build-deploy')
export const isRoot = process.getuid() === 0

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
function run(program, args) {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 28 })
  } catch (error) {
    throw new Error(`${program} ${args.at(-1)}: ${String(error.stderr ?? error).slice(-2000)}`)
  }
}

// Where this machine gets Debian's packages from, security updates included.
function sources() {
  const lines = run('apt-get', ['indextargets', '--format', '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)', 'Created-By: Packages'])
  const debian = lines.split('\n').filter((line) => line.endsWith(' Debian') && line.includes(' main '))
  return [...new Set(debian.map((line) => `deb ${line.replace(/ Debian$/, '')}`))]
}

// No tree is removed that something is mounted in.
export function removeTree(tree) {
  const mounted = readFileSync('/proc/mounts', 'utf8').split('\n').map((line) => line.split(' ')[1] ?? '')
  const inside = mounted.filter((place) => place === tree || place.startsWith(`${tree}/`))
  if (inside.length) throw new Error(`${inside[0]} is mounted`)
  rmSync(tree, { recursive: true, force: true })
}

// What debian:12-slim is, near enough: made once, kept in build-deploy/base.
function baseTree() {
  const base = join(work, 'base')
  if (existsSync(base)) return base
  mkdirSync(work, { recursive: true })
  const draft = join(work, 'base.draft')
  removeTree(draft)
  const from = sources()
  const [, mirror] = from.find((line) => / bookworm /.test(line)).split(' ')
  run('unshare', ['--mount', '--propagation', 'private', 'debootstrap', '--variant=minbase', 'bookworm', draft, mirror])
  writeFileSync(join(draft, 'etc/apt/sources.list'), `${from.join('\n')}\n`)
  // Packages come as this machine gets them; whatever it trusts for that, the tree must, too.
  cpSync('/etc/resolv.conf', join(draft, 'etc/resolv.conf'), { dereference: true })
  if (existsSync('/etc/ssl/certs/ca-certificates.crt')) {
    mkdirSync(join(draft, 'etc/ssl/certs'), { recursive: true })
    cpSync('/etc/ssl/certs/ca-certificates.crt', join(draft, 'etc/ssl/certs/ca-certificates.crt'))
  }
  renameSync(draft, base)
  return base
}

// A fresh tree of that name.
export function freshTree(name) {
  const tree = join(work, name)
  removeTree(tree)
  run('cp', ['-a', '--reflink=auto', baseTree(), tree])
  if (existsSync(TRUSTED)) cpSync(TRUSTED, join(tree, TRUSTED_THERE))
  return tree
}

// npm's packages come as this machine gets them, too; the tree's own CAs are replaced by whoever installs ca-certificates there.
const TRUSTED = '/etc/ssl/certs/ca-certificates.crt', TRUSTED_THERE = '/etc/ssl/this-machine.pem'
let registry
const asHere = () => ({ NODE_EXTRA_CA_CERTS: TRUSTED_THERE, npm_config_registry: registry ??= run('npm', ['config', 'get', 'registry']).trim() })

const environment = (env) => ['/usr/bin/env', '-i', `PATH=${PATH}`, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)]

// Runs a shell line in a tree, as root.
export function runInTree(tree, command, { env = {}, folder = '/' } = {}) {
  const all = { DEBIAN_FRONTEND: 'noninteractive', HOME: '/root', ...asHere(), ...env }
  return run('unshare', ['--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private', 'sh', '-ec',
    'mount -t proc proc "$1/proc"; tree=$1; shift; exec chroot "$tree" "$@"', 'sh', tree,
    ...environment(all), 'sh', '-ec', `cd ${folder}; ${command}`])
}

// Docker's COPY, with what .dockerignore leaves out.
export function copyInto(tree, sources, target, folder) {
  const to = join(tree, target.startsWith('/') ? target : join(folder, target))
  for (const source of sources) {
    const into = target.endsWith('/') || sources.length > 1 ? join(to, source.split('/').at(-1)) : to
    mkdirSync(join(into, '..'), { recursive: true })
    cpSync(source, into, { recursive: true, force: true, filter: (name) => !name.endsWith('/node_modules') })
  }
}

// --- what runs for a while ---

// {pid}: a process that holds a network of its own, until stop().
export async function holdNetwork() {
  const child = spawn('unshare', ['--net', 'sh', '-c', 'ip link set lo up; echo ready; exec sleep infinity'], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve) => { child.stdout.once('data', resolve) })
  return { pid: child.pid, stop: () => child.kill('SIGKILL') }
}
export const inNetwork = (network, program, ...args) => run('nsenter', ['--net=/proc/' + network.pid + '/ns/net', program, ...args])

// A bridge in one network, and others hung on it: {name: address}. The bridge itself gets `.1`.
export async function layNetwork(addresses) {
  const middle = await holdNetwork()
  const networks = {}
  const ip = (network, ...args) => inNetwork(network, 'ip', ...args)
  ip(middle, 'link', 'add', 'br0', 'type', 'bridge')
  ip(middle, 'addr', 'add', `${Object.values(addresses)[0].replace(/\d+$/, '1')}/24`, 'dev', 'br0')
  ip(middle, 'link', 'set', 'br0', 'up')
  let count = 0
  for (const [name, address] of Object.entries(addresses)) {
    const network = networks[name] = await holdNetwork()
    const port = `port${count++}`
    ip(middle, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(network.pid))
    ip(middle, 'link', 'set', port, 'master', 'br0', 'up')
    ip(network, 'addr', 'add', `${address}/24`, 'dev', 'eth0')
    ip(network, 'link', 'set', 'eth0', 'up')
  }
  return { middle, networks, stop: () => [middle, ...Object.values(networks)].forEach((one) => one.stop()) }
}

// A container, as docker-compose.yml wants it: the tree read-only, mounts: [[from, to, 'ro'|'rw']], tmpfs: [place].
// {pid: the first process's, as this machine sees it; log; ended; exec(argv)}.
export async function startContainer(tree, { argv, env, user, network, mounts = [], tmpfs = [] }) {
  const script = ['mount --bind "$TREE" "$TREE"', 'mount -t proc proc "$TREE/proc"',
    ...tmpfs.map((place) => `mount -t tmpfs -o mode=1777 none "$TREE${place}"`),
    ...mounts.flatMap(([from, to, kind]) => [`mount --bind "${from}" "$TREE${to}"`, ...(kind === 'ro' ? [`mount -o remount,bind,ro "$TREE${to}"`] : [])]),
    'mount -o remount,bind,ro "$TREE"', 'exec chroot "$TREE" "$@"'].join('\n')
  for (const [, to] of mounts) runInTree(tree, `[ -e ${to} ] || { mkdir -p $(dirname ${to}); : >${to}; }`)
  const [uid, gid] = user.split(':')
  const closed = ['setpriv', '--reuid', uid, '--regid', gid, '--clear-groups', '--no-new-privs', '--bounding-set=-all', '--inh-caps=-all']
  const child = spawn('nsenter', ['--net=/proc/' + network.pid + '/ns/net', 'unshare', '--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private',
    'sh', '-ec', script, 'sh', ...environment(env), ...closed, ...argv], { env: { ...process.env, TREE: tree }, stdio: ['ignore', 'pipe', 'pipe'] })
  const container = { log: '', ended: null }
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => { container.log += text })
  child.on('close', (code, signal) => { container.ended = { code, signal } })
  process.once('exit', () => container.ended ?? child.kill('SIGKILL'))
  // nsenter became unshare, whose one child is the container's first process.
  const first = () => readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ')[0]
  Object.defineProperty(container, 'pid', { get: () => Number(first()) })
  container.exec = (...words) => run('nsenter', ['--target', first(), '--mount', '--pid', '--net', '--root', '--wd', ...environment(env), ...closed, ...words])
  container.signal = (name) => process.kill(container.pid, name)
  return container
}
