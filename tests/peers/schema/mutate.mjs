// SPDX-License-Identifier: MIT
// Broken and half-broken definitions, made from good ones: always the same for the same seed.

// mulberry32: 32 bits of state are enough to choose from lists.
export function randomOf(seed) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }
  return { below: (n) => next() % n, pick: (list) => list[next() % list.length] }
}

// A plain scalar that `yaml` would not write by itself: written as a marker first.
const RAW = ['~', '', 'null', 'True', '012', 'yes', 'Null', '0x1F', '.5', '1.10']
export const raw = (text) => `@raw:${RAW.indexOf(text)}@`
export const unraw = (text) => text.replace(/(["']?)@raw:(\d+)@\1/g, (_, quote, index) => RAW[index])

const TEXTS = ['', 'nonsense', 'A b', 'GET', 'string', 'array', 'password', 'connection', 'none', 'any', 'body', '60s', '0s',
  '32d', '121s', '-1', '60', 'true', '1.0.0', '1.0', '../x', 'a.example.com', '*.com', 'A.example.com', '#123456',
  '#/schemas/X', 'schemas/X', 'https://a.example.com/t', 'http://a.example.com', 'ftp://a.example.com', '/t', '//t', '/t#part',
  'https://a.example.com/?q#f', 'https://u:p@a.example.com/', 'https://${connection.u}@a.example.com', '${connection.url}',
  '${connection.url', '$${x}', 'https://${default(a, concat(b, \'.}#/@\'))}/t', 'application/json', 'X-Header', 'é', 'x'.repeat(1025)]
const NUMBERS = [0, 1, -1, 5, 6, 99, 200, 1.5, 1000000, 1000001, 1e20]
const KEYS = ['x-extra', 'x', 'title', 'type', 'url', 'required', 'name', 'token_url', 'json', 'form', '$ref', 'A b', '1', '']

// Every [container, key] of a tree.
function places(tree) {
  const found = []
  const walk = (node) => {
    for (const key of Array.isArray(node) ? node.keys() : Object.keys(node)) {
      found.push([node, key])
      if (node[key] !== null && typeof node[key] === 'object') walk(node[key])
    }
  }
  walk(tree)
  return found
}

// A map with one key under another name, or with one more, in the same order.
function rebuild(map, change) {
  const entries = Object.entries(map)
  for (const key of Object.keys(map)) delete map[key]
  for (const [key, value] of change(entries)) map[key] = value
}

function misspell(key, random) {
  const at = random.below(key.length + 1)
  return random.pick([key.slice(0, at) + key.slice(at + 1), key.slice(0, at) + 'q' + key.slice(at), key.toUpperCase(), key + '_'])
}

const remove = ([node, key]) => (Array.isArray(node) ? node.splice(key, 1) : delete node[key])
const set = (make) => ([node, key], random, all) => { node[key] = make(node[key], random, all) }

const KINDS = {
  remove,
  rename([node, key], random) {
    if (Array.isArray(node)) return remove([node, key])
    const to = misspell(key, random)
    rebuild(node, (entries) => entries.map(([k, v]) => [k === key ? to : k, v]))
  },
  extra([node, key], random) {
    if (Array.isArray(node)) return node.push(random.pick(TEXTS))
    node[random.pick(KEYS)] = random.pick([random.pick(TEXTS), true, {}, [], random.pick(NUMBERS)])
  },
  duplicate([node, key], random) {
    if (Array.isArray(node)) return node.push(node[key])
    node[key] = [node[key], node[key]]
  },
  many([node, key], random) {
    if (!Array.isArray(node)) return KINDS.extra([node, key], random)
    for (let i = 0; i < 120; i++) node.push(structuredClone(node[key]))
  },
  null: set(() => null),
  bool: set((_, random) => random.pick([true, false])),
  number: set((_, random) => random.pick(NUMBERS)),
  text: set((_, random) => random.pick(TEXTS)),
  spell: set((value) => (value === null || typeof value === 'object' ? String(Object.keys(value ?? {})[0]) : String(value))),
  list: set((value) => [value]),
  map: set((value) => ({ title: value })),
  empty: set((_, random) => random.pick([[], {}])),
  raw: set((_, random) => raw(random.pick(RAW))),
  // Something that is right elsewhere.
  graft: set((_, random, all) => { const [from, at] = random.pick(all); return structuredClone(from[at]) }),
  // The same, under the same name: nearly right.
  transplant([node, key], random, all) {
    const same = all.filter(([, at]) => at === key)
    const [from, at] = random.pick(same.length ? same : all)
    node[key] = structuredClone(from[at])
  },
  move([node, key], random, all) {
    const [from, at] = random.pick(all)
    if (!Array.isArray(node)) node[at] = structuredClone(from[at])
    else node.push(structuredClone(from[at]))
  },
}

// count trees, each a copy of one of the originals with one to two faults: {what, tree}.
export function* mutations(originals, seed, count) {
  const random = randomOf(seed)
  const all = originals.flatMap(places)
  for (let i = 0; i < count; i++) {
    const tree = structuredClone(random.pick(originals))
    const done = []
    for (let n = 0; n <= random.below(4) / 3; n++) {
      const place = random.pick(places(tree))
      const kind = random.pick(Object.keys(KINDS))
      done.push(`${kind} at ${place[1]}`)
      KINDS[kind](place, random, all)
    }
    yield { what: done.join(', '), tree }
  }
}
