// SPDX-License-Identifier: MIT
// The rules of the house, held against the source: floors, one folder a library, who may look into secrets, tests that are all
// built, codes that are all documented. `node structure.test.mjs --write` brings docs/ERRORS.md up to date.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { test } from 'node:test'

const root = resolve(import.meta.dirname, '../..')
const read = (file) => readFileSync(join(root, file), 'utf8')
// What .gitignore names is no source, and is not walked: a build may hold a whole system. There may be no git.
const ignored = /(^|\/)(\.git|node_modules)$|^(build[^/]*|data)$/
const filesIn = (folder) => readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
  const file = join(folder, entry.name)
  if (ignored.test(file)) return []
  return entry.isDirectory() ? filesIn(file) : entry.isFile() ? [file] : []
})
const files = filesIn('')
const sources = files.filter((file) => /^src\/.*\.[ch]$/.test(file))

const FLOORS = {
  app: 8, api: 7, call: 6, connection: 5, grant: 4, request: 4, policy: 4, openapi: 4, import: 4, definition: 3, event: 3, signing: 3,
  template: 2, throttle: 2, upstream: 2, audit: 2, console: 2, store: 1, cluster: 1, seal: 1, codec: 1, metrics: 1, http: 1, base: 0,
}
// Rooms within a room: floors of its sub-folders, '' being its own files.
const ROOMS = {
  definition: { '': 0, structure: 1, value: 1, build: 2, check: 3, catalogue: 4 },
  api: { connect: 0, '': 1 },
  import: { '': 0, nango: 1, openapi: 1, powerplatform: 1 },
  openapi: { '': 0, 'powerplatform/rules': 1, powerplatform: 2 },
}
// Which folders may include a library's headers.
const LIBRARIES = {
  'h2o.h': ['http'], 'h2o/': ['http'], 'curl/': ['upstream'], 'yaml.h': ['codec'], 'zip.h': ['codec'], 'sqlite3.h': ['store'], 'libpq-fe.h': ['store'],
  'pcre2.h': ['definition/value', 'definition/structure'], 'openssl/': ['seal', 'http'],
}
// The folders that put secrets on a wire or under a seal.
const MAY_PEEK = ['seal', 'app', 'connection']
const includes = (file) => [...read(file).matchAll(/^\s*#\s*include\s+([<"])([^>"]+)[>"]/gm)].map(([, kind, name]) => ({ kind, name }))
const folderOf = (file) => file.split('/')[1]
// 'check' of definition/check/url.c, '' of definition/model.c.
const roomOf = (name) => name.split('/').slice(1, -1).join('/')

test('a file includes its own folder and lower floors only', () => {
  const wrong = []
  for (const file of sources) {
    const folder = folderOf(file)
    assert.ok(folder in FLOORS, `${file}: no floor is known for src/${folder}`)
    for (const { kind, name } of includes(file)) {
      if (kind !== '"') continue
      const other = name.split('/')[0]
      if (other !== folder && !(FLOORS[other] < FLOORS[folder])) wrong.push(`${file} includes ${name}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('a room within a folder includes its own files and lower rooms only', () => {
  const wrong = []
  for (const file of sources) {
    const folder = folderOf(file), room = roomOf(file.slice('src/'.length)), floors = ROOMS[folder] ?? { '': 0 }
    assert.ok(room in floors, `${file}: no floor is known for src/${folder}/${room}`)
    for (const { kind, name } of includes(file)) {
      if (kind !== '"' || name.split('/')[0] !== folder) continue
      const other = roomOf(name)
      if (other !== room && !(floors[other] < floors[room])) wrong.push(`${file} includes ${name}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('a library is known to one folder', () => {
  const wrong = []
  for (const file of sources) {
    for (const { kind, name } of includes(file)) {
      if (kind !== '<') continue
      for (const [header, folders] of Object.entries(LIBRARIES)) {
        if ((name === header || (header.endsWith('/') && name.startsWith(header))) && !folders.some((folder) => file.startsWith(`src/${folder}/`))) wrong.push(`${file} includes ${name}`)
      }
    }
  }
  assert.deepEqual(wrong, [])
})

test('jansson\'s parser and printer are codec\'s', () => {
  const wrong = sources.filter((file) => folderOf(file) !== 'codec' && /\bjson_(loadb?|loads|load_file|dumps|dumpb|dump_file|dumpf)\s*\(/.test(read(file)))
  assert.deepEqual(wrong, [])
})

test('only those that send or seal secrets can look into them', () => {
  const peeking = sources.filter((file) => includes(file).some(({ name }) => name === 'base/secret_peek.h'))
  assert.deepEqual(peeking.filter((file) => folderOf(file) !== 'base' && !MAY_PEEK.includes(folderOf(file))), [])
})

test('the pure rooms know neither clock nor network', () => {
  const pure = ['template', 'throttle', 'grant', 'request', 'signing']
  const wrong = sources.filter((file) => pure.includes(folderOf(file)) &&
    includes(file).some(({ name }) => ['base/clock.h', 'base/loop.h', 'upstream/upstream.h', 'store/store.h', 'http/http.h'].includes(name)))
  assert.deepEqual(wrong, [])
})

test('every source names its licence first', () => {
  const kinds = { c: '/* SPDX-License-Identifier: MIT */', h: '/* SPDX-License-Identifier: MIT */', mjs: '// SPDX-License-Identifier: MIT' }
  const wrong = files.filter((file) => {
    const first = kinds[file.split('.').pop()]
    return first && !file.includes('node_modules') && !read(file).startsWith(first)
  })
  assert.deepEqual(wrong, [])
})

test('every unit test file is built and run', () => {
  const built = join(root, 'build-asan/unit')
  const tests = files.filter((file) => /^tests\/unit\/.*_test\.c$/.test(file))
  assert.ok(tests.length > 40)
  for (const file of files.filter((name) => /^tests\/unit\/.*\.c$/.test(name))) {
    assert.match(file, /_test\.c$/, `${file} is not named as a test, so it is not built`)
  }
  if (!existsSync(built)) return
  const missing = tests.filter((file) => !existsSync(join(built, `unit-${relative('tests/unit', file).replaceAll('/', '-').replace('_test.c', '')}`)))
  assert.deepEqual(missing, [])
})

test('every fuzz target has seeds and a row that says what it is for', () => {
  const rows = new Map([...read('tests/fuzz/README.md').matchAll(/^\| `(\w+)` \|.*\| ([^|]*) \|$/gm)].map((row) => [row[1], row[2]]))
  const targets = files.map((file) => /^tests\/fuzz\/(\w+)_fuzz\.c$/.exec(file)?.[1]).filter(Boolean)
  assert.deepEqual([...rows.keys()].sort(), targets.sort())
  for (const [target, reached] of rows) {
    assert.ok(files.some((file) => file.startsWith(`tests/fuzz/corpus/${target}/`)), `${target} has no seeds`)
    for (const source of reached.split(', ').map((name) => `src/${name.replaceAll('`', '')}`)) {
      const pattern = new RegExp(`^${source.replaceAll('.', '\\.').replaceAll('*', '[a-z_0-9]*')}$`)
      assert.ok(sources.some((file) => pattern.test(file)), `${target}: there is no ${source}`)
    }
  }
})

test('the shipped connectors lint clean', () => {
  const tenon = resolve(root, process.env.TENON_BIN ?? 'build/tenon')
  const out = execFileSync(tenon, ['lint', '--format', 'json', join(root, 'connectors')], { encoding: 'utf8' })
  assert.deepEqual(JSON.parse(out), [])
})

function errorTable() {
  const rows = [...read('src/base/err_codes.h').matchAll(/^\s*X\((\w+),\s*(\d+),\s*"([^"]*)"\)/gm)]
  assert.ok(rows.length > 100)
  const http = rows.filter(([, , status]) => status !== '0').map(([, name, status, title]) => `| ${status} | \`${name}\` | ${title} |`)
  const other = rows.filter(([, , status]) => status === '0').map(([, name, , title]) => `| \`${name}\` | ${title} |`)
  return `# Codes

From the table in \`src/base/err_codes.h\`; a test holds this page against it.

## Answers of the host

In the member \`code\` of a problem document and in the header \`Tenon-Error\`.

| status | code | meaning |
|---|---|---|
${http.join('\n')}

## Definitions, start-up and the command line

| code | meaning |
|---|---|
${other.join('\n')}
`
}

if (process.argv.includes('--write')) writeFileSync(join(root, 'docs/ERRORS.md'), errorTable())

test('docs/ERRORS.md lists every code', () => {
  assert.equal(read('docs/ERRORS.md'), errorTable(), 'run: node tests/structure/structure.test.mjs --write')
})

test('docs/EVENTS.md is what the table of events says', () => {
  const table = read('src/event/kinds.h')
  const rows = [...table.matchAll(/^ {4}X\(\w+,\s*"([^"]+)",\s*(\w+),\s*"([^"]*)", \\\n((?:\s*".*"(?: \\|\))\n?(?:\s*)?)+)/gm)]
  assert.equal(rows.length, table.match(/^ {4}X\(/gm).length, 'every row is read')
  const text = rows.map(([, name, lasting, members, meaning]) =>
    `| \`${name}\` | ${lasting.toLowerCase()} | ${members.split(' ').map((m) => `\`${m}\``).join(' ')} | ${[...meaning.matchAll(/"(.*)"/g)].map(([, part]) => part).join('')} |\n`).join('')
  const document = read('docs/EVENTS.md'), begin = document.indexOf('| `connection.created`'), end = document.indexOf('\n\n', begin) + 1
  const whole = document.slice(0, begin) + text + document.slice(end)
  if (process.argv.includes('--write')) writeFileSync(join(root, 'docs/EVENTS.md'), whole)
  else assert.equal(document, whole)
})

test('docs/AUDIT.md lists every kind of line of the audit trail', () => {
  const table = [...read('src/audit/what.h').matchAll(/X\(\w+,\s*"([^"]+)",\s*"([^"]+)"\)/g)].map(([, name, text]) => `| \`${name}\` | ${text} |`)
  assert.ok(table.length > 20)
  assert.ok(read('docs/AUDIT.md').includes(`| what | when |\n|---|---|\n${table.join('\n')}\n\n`), 'src/audit/what.h, row by row')
  assert.deepEqual([...read('openapi/tenon.openapi.yaml').split('AuditLine:')[1].split('enum:')[1].split('object:')[0].matchAll(/- (\S+)/g)].map(([, name]) => `| \`${name}\``),
    table.map((row) => row.split(' | ')[0]), 'the document of the host')
})

test('docs/CONFIGURATION.md is what the table of options says', () => {
  const tenon = resolve(root, process.env.TENON_BIN ?? 'build/tenon')
  assert.equal(execFileSync(tenon, ['configuration', '--markdown'], { encoding: 'utf8' }), read('docs/CONFIGURATION.md'))
})

test('docs/COMMANDS.md is what the commands say of themselves', () => {
  const tenon = resolve(root, process.env.TENON_BIN ?? 'build/tenon')
  assert.equal(execFileSync(tenon, ['commands', '--markdown'], { encoding: 'utf8' }), read('docs/COMMANDS.md'),
    'run: build/tenon commands --markdown > docs/COMMANDS.md')
})

test('no path of a developer\'s machine and no registry host stands in a file', () => {
  const wrong = files.filter((file) => !file.startsWith('tests/structure/') && /\.(c|h|mjs|md|sh|yaml|json|txt|cmake)$|^dev$|^\.ci/.test(file) &&
    /\/work\/(main|shared)|registry\.npmjs|deb\.debian\.org|\/tmp\/(ci|lead|briefs)/.test(read(file)))
  assert.deepEqual(wrong, [])
})

// The page's last column names tests; each of them is there.
test('docs/RELIABILITY.md names tests that there are', () => {
  const titles = files.filter((file) => /^tests\/(unit|peers|reliability|hostile)\/.*\.(c|mjs)$/.test(file)).map(read).join('\n')
  const rows = read('docs/RELIABILITY.md').split('## Rules')[1].split('\n').filter((line) => /^\| [^*|-]/.test(line)).slice(1)
  assert.ok(rows.length > 25)
  const missing = []
  for (const row of rows) {
    const names = [...row.split('|').at(-2).matchAll(/`([^`]+)`/g)].map(([, name]) => name)
    assert.ok(names.length > 0, row)
    const isThere = (name) => (/^[A-Z]\d\d$/.test(name) ? new RegExp(`^ +(async )?${name}[(:]`, 'm').test(titles) : titles.includes(name))
    missing.push(...names.filter((name) => !isThere(name)))
  }
  assert.deepEqual(missing, [])
})
