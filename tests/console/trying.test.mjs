// SPDX-License-Identifier: MIT
// Actions tried in the console: what is sent is what the form says, what comes back is shown without its secrets, and nobody else's page
// can do it.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, afterEach, before, test } from 'node:test'
import { promisify } from 'node:util'

import { CLIENTS, USERS } from '../peers/lib/authorization-server.mjs'
import { ADMIN_KEY, missing } from '../peers/lib/tenon.mjs'
import { people, startConsole } from './lib/console.mjs'

let world
// Its list comes in pages.
const staff = (world) => people({ ...world, more: '  ListStaff: {summary: List the staff, method: GET, path: /staff, next_link: body.paging.next}\n  Count: {summary: Count, path: /count, input: {id: {title: Id, type: integer}, rate: {title: Rate, type: number}, more: {in: query, title: More, type: array, items: {type: integer}, collectionFormat: multi}}}\n' }).replace('id: people', 'id: staff')
before(async () => {
  if (!missing) world = await startConsole({ connectors: (made) => ({ staff: staff(made) }), connections: { acme: 'people', tokens: 'tokens', staff: 'staff' } })
})
afterEach(() => world?.leave())
after(() => world?.stop())

const send = async (page) => {
  await page.getByRole('button', { name: 'Send' }).click()
  await page.getByRole('button', { name: 'Headers' }).waitFor()
}
const bodyOf = (page) => page.getByRole('region', { name: /^body of the answer/ }).textContent()
const last = () => world.api.requests.at(-1)

test('a token comes masked, and tells where it came from', { skip: missing }, async () => {
  const page = await world.open('#/try?connection=tokens', { permissions: ['clipboard-read', 'clipboard-write'] })
  await send(page)
  await page.getByText('It went well').waitFor()
  await page.getByText(/^(A new token|The token at hand)/).waitFor()
  assert.equal(JSON.parse(await bodyOf(page)).access_token, '••••••')
  assert.equal(JSON.parse(await bodyOf(page)).token_type, 'Bearer')
  await page.getByRole('button', { name: 'Copy body of the answer with its secrets' }).click()
  const { access_token: copied } = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()))
  assert.ok(await world.server.knows(copied))
  await page.getByRole('button', { name: 'Show secrets' }).click()
  assert.equal(JSON.parse(await bodyOf(page)).access_token, copied)
  await page.getByText('Ask for a new token').click()
  const [asked] = await Promise.all([page.waitForRequest(/\/v1\/try\//), send(page)])
  assert.equal((await asked.allHeaders())['cache-control'], 'no-cache')
  await page.getByRole('button', { name: 'Show secrets' }).waitFor() // masked again
})

test('a form sends each input where it belongs, in its type', { skip: missing }, async () => {
  const page = await world.open('#/try?connection=acme&action=ListEmployees')
  await page.getByLabel('Department').selectOption('sales')
  await page.getByLabel('Active only').selectOption('false')
  await page.getByLabel('How many').fill('7')
  await send(page)
  assert.deepEqual(Object.fromEntries(last().query), { department: 'sales', active: 'false', limit: '7' })
  await page.getByText(/\d+ calls left/).waitFor()
  await page.getByLabel('Action').selectOption('GetEmployee')
  world.api.answer('/employees/a%20b%2Fc', { id: 'a b/c' })
  await page.getByLabel('Employee').fill('a b/c')
  await send(page)
  assert.deepEqual(JSON.parse(await bodyOf(page)), { id: 'a b/c' })
  await page.getByLabel('Action').selectOption('HireEmployee')
  await page.getByLabel('Name').fill("Ada O'Neil")
  await page.getByLabel('First day').fill('2026-12-01')
  await page.getByRole('button', { name: 'Add one' }).click()
  await page.getByLabel('Tags 1', { exact: true }).fill('new')
  await page.getByLabel('City').fill('Oslo')
  await page.getByLabel('PIN').fill('CANARY-1234')
  await send(page)
  assert.deepEqual(JSON.parse(last().text), { name: "Ada O'Neil", start: '2026-12-01', tags: ['new'], address: { city: 'Oslo' }, pin: 'CANARY-1234' })
})

test('the same as a command, without its secrets until somebody asks', { skip: missing }, async () => {
  const page = await world.open('#/try?connection=acme&action=HireEmployee')
  await page.getByLabel('Name').fill("Ada O'Neil")
  await page.getByLabel('PIN').fill('CANARY-1234')
  await send(page)
  await page.getByRole('button', { name: 'As curl' }).click()
  const command = page.getByRole('region', { name: 'curl command' })
  assert.doesNotMatch(await command.textContent(), /CANARY/)
  await page.getByRole('button', { name: 'Show secrets' }).click()
  const env = { ...process.env, TENON_KEY: await world.tenon.key(['acme']) }
  const before = world.api.requests.length
  await promisify(execFile)('sh', ['-c', await command.textContent()], { env })
  const [first, second] = [world.api.requests[before - 1], world.api.requests[before]]
  assert.deepEqual([second.url, second.text], [first.url, first.text])
})

test('numbers of an answer stand as the service spelt them', { skip: missing }, async () => {
  world.api.answer('/employees/big', '{"id": 12345678901234567890, "rate": 1.10, "few": 7, "token_uses": 9007199254740993}')
  const page = await world.open('#/try?connection=acme&action=GetEmployee')
  await page.getByLabel('Employee').fill('big')
  await send(page)
  assert.match(await bodyOf(page), /"id": 12345678901234567890,\s+"rate": 1\.10,\s+"few": 7,\s+"token_uses": 9007199254740993\s/)
})

test('a number is sent as it was typed', { skip: missing }, async () => {
  const page = await world.open('#/try?connection=staff&action=Count')
  await page.getByLabel('Id').fill('9007199254740993')
  await page.getByLabel('Rate').fill('1.50')
  await page.getByRole('button', { name: 'Add one' }).click()
  await page.getByRole('spinbutton', { name: 'More 1' }).fill('9007199254740995')
  await send(page)
  assert.equal(last().text, '{"id":9007199254740993,"rate":1.50}')
  assert.equal(last().query.get('more'), '9007199254740995')
})

test('inputs as JSON', { skip: missing }, async () => {
  const page = await world.open('#/try?connection=acme&action=HireEmployee')
  await page.getByLabel('Name').fill('Ada')
  await page.getByRole('button', { name: 'JSON', exact: true }).click()
  const text = page.getByLabel('Inputs as JSON')
  assert.deepEqual(JSON.parse(await text.inputValue()), { name: 'Ada' })
  await text.fill('{"name": ')
  await page.getByText(/JSON/).nth(1).waitFor()
  await text.fill('{"name": "Grace", "tags": ["a", "b"]}')
  await send(page)
  assert.deepEqual(JSON.parse(last().text), { name: 'Grace', tags: ['a', 'b'] })
  await page.getByRole('button', { name: 'Form', exact: true }).click()
  assert.equal(await page.getByLabel('Tags 2', { exact: true }).inputValue(), 'b')
})

test('what is wrong stands at its field, and what failed is told', { skip: missing }, async () => {
  const page = await world.open('#/try?connection=acme&action=ListEmployees')
  await page.getByLabel('How many').fill('1000')
  await send(page)
  await page.getByText('Tenon refused it').waitFor()
  const field = page.getByLabel('How many')
  assert.equal(await field.getAttribute('aria-invalid'), 'true')
  const described = (await field.getAttribute('aria-describedby')).split(' ').at(-1)
  assert.match(await page.locator(`[id="${described}"]`).textContent(), /100/)
  world.api.answer('/employees', { error: 'teapot' }, { status: 418 })
  await field.fill('5')
  await send(page)
  await page.getByText('The service says so').waitFor()
  assert.match(await page.locator('.badge .status').textContent(), /418/)
  world.api.answer('/employees', { employees: [] })
})

test('credentials that come with the call are masked like any other', { skip: missing }, async () => {
  const page = await world.open('#/try?connection=tokens&action=GetAccessTokenForUser')
  world.tenon.keepSecret({ password: USERS.alice })
  assert.equal(await page.getByLabel('Password').getAttribute('type'), 'password')
  await page.getByLabel('User name').fill('alice')
  await page.getByLabel('Password').fill(USERS.alice)
  await page.getByLabel(/client.?id/i).fill(CLIENTS.body.client_id)
  await page.getByLabel(/client.?secret/i).fill(CLIENTS.body.client_secret)
  await send(page)
  const shown = JSON.parse(await bodyOf(page))
  assert.deepEqual([shown.access_token, shown.refresh_token], ['••••••', '••••••'])
  await page.getByRole('button', { name: 'As curl' }).click()
  assert.doesNotMatch(await page.getByRole('region', { name: 'curl command' }).textContent(), /CANARY/)
})

// What the host knows, wherever it stands and however it is written; and what is secret by its name.
test('no answer shows a secret before somebody asks', { skip: missing }, async () => {
  const page = await world.open('#/try?connection=acme&action=GetEmployee')
  const secret = CLIENTS.body.client_secret, xml = secret.replaceAll('&', '&amp;'), form = new URLSearchParams({ echo: secret })
  const rows = [
    ['text/plain', (token) => `you sent ${token}\nclient: ${secret}\nname: Ada\n`, 'you sent ••••••\nclient: ••••••\nname: Ada\n'],
    ['text/plain', (token) => token, '••••••'],
    ['text/plain', () => 'Authorization: Basic YTpjYW5hcnk=\nX-Api-Key: k1\nrefreshToken = r1', 'Authorization: •••••• ••••••\nX-Api-Key: ••••••\nrefreshToken = ••••••'],
    ['text/plain', () => `oauth_token=t1&oauth_token_secret=s1&user=ada&${form}`, 'oauth_token=••••••&oauth_token_secret=••••••&user=ada&echo=••••••'],
    ['application/x-www-form-urlencoded', (token) => `access_token=x&token_type=Bearer&echo=${token}`, 'access_token=••••••&token_type=Bearer&echo=••••••'],
    ['text/xml', (token) => `<r><a:AccessToken xmlns:a="u">x1</a:AccessToken><b><![CDATA[${secret}]]></b><name>Ada</name><c d="${token}" password='p1'>${xml}</c></r>`,
      '<r><a:AccessToken xmlns:a="u">••••••</a:AccessToken><b><![CDATA[••••••]]></b><name>Ada</name><c d="••••••" password=\'••••••\'>••••••</c></r>'],
    ['application/json', (token) => JSON.stringify({ echo: [`Bearer ${token}`, secret], name: 'Ada' }), JSON.stringify({ echo: ['Bearer ••••••', '••••••'], name: 'Ada' }, null, 2)],
    ['text/plain', () => JSON.stringify({ password: 'p1', name: 'Ada' }), JSON.stringify({ password: '••••••', name: 'Ada' }, null, 2)],
  ]
  const shown = page.getByRole('region', { name: /^body of the answer/ })
  for (const [type, write, expected] of rows) {
    let body, token
    world.api.answers.set('/employees/7', (req, res) => {
      token = req.headers.authorization.split(' ')[1]
      body = write(token)
      res.writeHead(200, { 'content-type': type, 'x-echo': `was ${token}` })
      res.end(body)
    })
    await page.getByLabel('Employee').fill('7')
    await send(page)
    await page.getByRole('button', { name: 'Show secrets' }).waitFor()
    assert.equal((await shown.textContent()).trimEnd(), expected.trimEnd(), body)
    const content = await page.content()
    for (const one of [secret, xml, String(form).slice(5), token]) assert.ok(!content.includes(one), `${type} shows ${one}`)
    await page.getByRole('button', { name: 'Headers' }).click()
    assert.match(await page.getByRole('region', { name: 'headers of the answer' }).textContent(), /x-echo: ••••••/)
    await page.getByRole('button', { name: 'Show secrets' }).click()
    assert.match(await page.getByRole('region', { name: 'headers of the answer' }).textContent(), new RegExp(`x-echo: was ${token}`))
    await page.getByRole('button', { name: 'Body', exact: true }).click()
    assert.equal((await shown.textContent()).replace(/\s/g, ''), body.replace(/\s/g, ''), 'it came whole')
  }
  // It is told to the console, never to callers, and no service can say it.
  world.api.answers.set('/employees/8', (req, res) => { res.writeHead(200, { 'tenon-secrets': '0-1' }); res.end(req.headers.authorization) })
  const called = await world.tenon.request('/run/people/acme/employees/8', { key: ADMIN_KEY, echo: true })
  assert.deepEqual([called.status, called.headers['tenon-secrets']], [200, undefined])
})

test('a list is followed page by page', { skip: missing }, async () => {
  const page = await world.open('#/try?connection=staff&action=ListStaff')
  world.api.answers.set('/staff', (req, res, { query }) => {
    const at = Number(query.get('page') ?? 1)
    res.writeHead(200, { 'content-type': 'application/json' })
    res.end(JSON.stringify({ at, paging: at < 3 ? { next: `${world.api.url}/staff?page=${at + 1}` } : {} }))
  })
  await send(page)
  for (const at of [2, 3]) {
    await page.getByRole('button', { name: 'Next page' }).click()
    await page.getByRole('region', { name: 'body of the answer' }).getByText(`"at": ${at}`).waitFor()
  }
  assert.equal(await page.getByRole('button', { name: 'Next page' }).count(), 0)
  assert.equal(last().url, '/staff?page=3')
})

test('an answer that is long, or no text, is kept off the page', { skip: missing }, async () => {
  const page = await world.open('#/try?connection=acme&action=GetEmployee')
  world.api.answer('/employees/photo', Buffer.from([137, 80, 78, 71, 0, 1, 2]), { 'content-type': 'image/png' })
  await page.getByLabel('Employee').fill('photo')
  await send(page)
  await page.getByText('image/png: too much to show, or no text.').waitFor()
  world.api.answer('/employees/all', Buffer.alloc(5 * 1024 * 1024, 'x'), { 'content-type': 'text/plain' })
  await page.getByLabel('Employee').fill('all')
  await send(page)
  await page.getByText('more than 2 MiB').waitFor()
})

const refused = async () => (await world.tenon.admin('GET', '/v1/audit?limit=1000')).lines.filter(({ code }) => code === 'csrf_rejected')

test('nobody else makes a session try anything', { skip: missing }, async () => {
  const { request } = (await world.open('', { key: ADMIN_KEY })).context()
  const { csrf } = await (await request.get(`${world.tenon.url}/v1/session`)).json()
  const origin = world.tenon.url
  const before = world.api.requests.length
  const refusedBefore = (await refused()).length
  const own = { 'x-tenon-csrf': csrf }
  const rows = [[{}, 403], [{ origin }, 403], [own, 403], [{ ...own, origin: 'https://evil.example' }, 403], [{ 'x-tenon-csrf': `${csrf}x`, origin }, 403],
    [{ ...own, 'sec-fetch-site': 'cross-site' }, 403], [{ 'sec-fetch-site': 'same-origin' }, 403], [{ ...own, origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' }, 403],
    [{ ...own, origin }, 200], [{ ...own, 'sec-fetch-site': 'same-origin' }, 200]]
  for (const [headers, status] of rows) {
    const answer = await request.get(`${world.tenon.url}/v1/try/people/acme/employees`, { headers })
    assert.equal(answer.status(), status, JSON.stringify(headers))
    if (status === 403) assert.equal((await answer.json()).code, 'csrf_rejected')
    else assert.equal(answer.headers()['content-security-policy'], "sandbox; default-src 'none'")
  }
  assert.equal(world.api.requests.length, before + 2)
  const post = await request.post(`${world.tenon.url}/v1/try/people/acme/employees`, { headers: { ...own, 'sec-fetch-site': 'same-origin' }, data: { name: 'x' } })
  assert.equal(post.status(), 403, 'what changes something shows its Origin')
  const run = await request.get(`${world.tenon.url}/run/people/acme/employees`, { headers: { 'x-tenon-csrf': csrf, origin } })
  assert.equal(run.status(), 401, 'no cookie opens /run')
  const lines = await refused()
  assert.equal(lines.length, refusedBefore + 9)
  for (const { details } of lines) assert.equal(details.path, '/v1/try/people/acme/', 'without what a path may hold')
})
