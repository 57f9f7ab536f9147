// SPDX-License-Identifier: MIT
// Values that want to leave the place they are given: another segment, parameter, header, member or host.
import assert from 'node:assert/strict'

import { ADMIN_KEY, assertProblem } from '../../peers/lib/tenon.mjs'
import { definition, refuses } from '../lib/lint.mjs'
import { head, talk } from '../lib/raw.mjs'

export default (t) => {
  const last = () => t.service.requests.at(-1)
  // The service saw one request, and this one.
  const sent = (answer) => {
    assert.equal(answer.status, 200, answer.text)
    assert.equal(t.service.requests.length, 1)
    return last()
  }
  const unsent = (answer, code) => {
    const problem = assertProblem(answer, 400, code)
    assert.equal(t.service.requests.length, 0, 'nothing is sent')
    return problem
  }
  const path = (value) => t.call('Path', { path: `/path/${value}/end` })
  const query = (text) => t.call('Query', { query: `?${text}` })
  const json = (action, value) => t.call(action, { json: value })
  const clear = () => { t.service.requests.length = 0 }

  return {
    async T02() {
      // By hand: clients resolve such paths themselves.
      const targets = [...['.', '..', '%2e', '%2E%2e', '.%2e'].map((dots) => `/path/${dots}/end`),
        ...['.', '..', '%2e%2e', 'a%2F..%2Fb', '..%2Fb', 'a%2F.'].map((dots) => `/whole/${dots}`)]
      for (const target of targets) {
        const { first } = await talk(t.tenon.port, head('GET', `/run/open/open${target}`, [`X-API-Key: ${t.key}`]))
        assert.deepEqual([first.status, first.json.code], [400, 'param_dot_segment'], target)
      }
      assert.equal(t.service.requests.length, 0)
    },
    async T03() {
      assert.equal(sent(await path('%252e%252e%252f')).target, '/path/%252e%252e%252f/end')
      clear()
      assert.equal(sent(await path('%2e%2e%2f')).target, '/path/..%2F/end')
      clear()
      assert.equal(sent(await t.call('Whole', { path: '/whole/a%252e%2Fb' })).target, '/whole/a%252e/b')
    },
    async T04() {
      assert.equal(sent(await path('a%3Fx%3D1%23f')).target, '/path/a%3Fx%3D1%23f/end')
      clear()
      assert.equal(sent(await path('a%2Fb%3Bc')).target, '/path/a%2Fb%3Bc/end')
    },
    async T05() {
      unsent(await path(''), 'param_empty')
      // A slash alone is two empty segments.
      unsent(await t.call('Whole', { path: '/whole/%2F' }), 'param_empty')
      unsent(await t.call('Whole', { path: '/whole/a%2F%2Fb' }), 'param_empty')
    },
    async T07() {
      for (const char of ['\r', '\n', '\v', '\x7f', '\r\nX-Injected: yes', '\0']) {
        unsent(await json('Text', { name: `a${char}b` }), 'param_control_char')
      }
    },
    async T08() {
      unsent(await json('Text', { name: 'é' }), 'param_control_char')
      unsent(await t.call('Header', { headers: { 'x-mine': Buffer.from('é').toString('latin1') } }), 'param_control_char')
    },
    async T09() {
      assert.equal(sent(await query(`q=${encodeURIComponent('a&admin=true#x')}`)).target, '/query?q=a%26admin%3Dtrue%23x')
      clear()
      assert.equal(sent(await json('Text', { name: 'a&admin=true#x' })).target, '/text?name=is%20a%26admin%3Dtrue%23x')
    },
    async T10() {
      const evil = '","role":"admin'
      const seen = JSON.parse(sent(await json('Text', { name: evil })).text)
      assert.deepEqual(seen, { name: evil, text: `is ${evil}` })
    },
    async T12() {
      const seen = sent(await t.call('Form', { json: { name: 'x&grant_type=password', other: '+ %=é' } }))
      assert.equal(seen.text, 'name=x%26grant_type%3Dpassword&other=%2B+%25%3D%C3%A9')
      assert.deepEqual([...new URLSearchParams(seen.text).keys()], ['name', 'other'])
    },
    async T13() {
      for (const text of ['{{connection.client_secret}}', '${ENV}', '{secret}', '${connection.x}', '$${input.name}', '%{x}']) {
        const seen = sent(await json('Text', { name: text }))
        assert.deepEqual(JSON.parse(seen.text), { name: text, text: `is ${text}` })
        assert.equal(seen.headers['x-name'], text)
        clear()
      }
    },
    T14() {
      const action = (more) => definition({ actions: `{Get: {summary: Get, method: GET, path: /get, ${more}}}` })
      refuses(action('request: {headers: {X: "${input.nope}"}}'), 'template_unknown_name')
      refuses(action('request: {headers: {X: "${connection.nope}"}}'), 'template_unknown_name')
      refuses(action('request: {headers: {X: "${nope.x}"}}'), 'template_unknown_name')
      refuses(action('request: {headers: {X: "${nope(input.x)}"}}'), 'template_function')
      // What may be absent may not stand where nothing can go.
      refuses(action('input: {x: {type: string, in: query}}, request: {url: "/get/${input.x}"}'), 'template_may_be_absent')
    },
    async T15() {
      // Without any exception of the operator's: with one, a port may be open for addresses that are known only later.
      const tenon = await t.strict()
      const connection = '{parameters: {host: {type: string, required: true}}}'
      const common = { hosts: '["*.ultipro.com"]', connection }
      tenon.save('tenants', definition({ ...common, id: 'tenants', base_url: 'https://${connection.host}' }))
      tenon.save('labels', definition({ ...common, id: 'labels', base_url: 'https://${connection.host}.ultipro.com' }))
      const fill = async (connector, host) => {
        const made = await tenon.request('/v1/connections', { method: 'POST', key: ADMIN_KEY,
          json: { name: 'tenant', connector, parameters: { host } } })
        if (made.status === 201) await tenon.admin('DELETE', '/v1/connections/tenant')
        return made
      }
      await t.untilKnown('tenants', tenon)
      await t.untilKnown('labels', tenon)
      assert.equal((await fill('tenants', 'x.ultipro.com')).status, 201)
      assert.equal((await fill('labels', 'x')).status, 201)
      const evil = ['evil.com#.ultipro.com', 'evil.com/.ultipro.com', 'x.ultipro.com@evil.com', 'evil.com\\@x.ultipro.com',
        'x.ultipro.com.evil.com', 'X%2eevil.com', 'evil.com?.ultipro.com', 'evil.com\n.ultipro.com', '.ultipro.com',
        'ultipro.com', 'xultipro.com', 'x.ultipro.com.']
      for (const host of evil) {
        const made = await fill('tenants', host)
        assert.ok(made.status === 400 && /^(param_|egress_)/.test(made.json.code), `${host}: ${made.status} ${made.text}`)
      }
      // An empty parameter is an absent one (FORMAT 8).
      for (const connector of ['tenants', 'labels']) assertProblem(await fill(connector, ''), 409, 'parameter_missing')
      // A port is the operator's affair, who may open it later: it is decided before each request.
      await tenon.connect('port', 'tenants', { host: 'x.ultipro.com:22' })
      assertProblem(await tenon.request('/run/tenants/port/get', { key: await tenon.key(['port']) }), 424, 'egress_denied')
      for (const host of ['evil.com/', 'evil.com#', 'a@evil', 'a.b', 'a:22', '-', 'a%2e']) {
        const made = await fill('labels', host)
        assert.ok(made.status === 400 && /^param_/.test(made.json.code), `${host}: ${made.status} ${made.text}`)
      }
    },
    async T17() {
      const long = 'x'.repeat(1 << 20)
      // One with a maxLength of its own may be longer than the common ceiling of 64 KiB.
      unsent(await json('Text', { name: long }), 'param_too_long')
      unsent(await json('Text', { name: 'x'.repeat(65 * 1024) }), 'param_too_long')
      sent(await json('Json', { name: 'x'.repeat(100000) }))
      clear()
      const inUrl = await query(`q=${'x'.repeat(100000)}`)
      assert.ok([400, 413, 414].includes(inUrl.status), inUrl.text)
      assert.equal(t.service.requests.length, 0)
    },
    async T18() {
      unsent(await query('q=%ff'), 'request_bad_encoding')
      unsent(await path('%c0%af'), 'request_bad_encoding')
      unsent(await t.call('Form', { method: 'POST', body: 'name=%ff', headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
        'request_bad_encoding')
      unsent(await t.call('Json', { body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), headers: { 'content-type': 'application/json' } }),
        'request_bad_encoding')
    },
    async T19() {
      // When it is sent: the user name may be put together from several parameters.
      const colon = await t.connection('bearer', 'user', { username: 'a:b', password: 'CANARY-p:w' })
      unsent(await colon.call(), 'credential_username_colon')
      const { call } = await t.connection('bearer', 'user', { username: 'ann', password: 'p:w:1' })
      const seen = sent(await call())
      assert.equal(Buffer.from(seen.headers.authorization.slice(6), 'base64').toString(), 'ann:p:w:1')
    },
    async T20() {
      const parameters = { client_id: 'c l', client_secret: 's:e c+r%e&t' }
      const wires = { basic_form: 'c+l:s%3Ae+c%2Br%25e%26t', basic_raw: 'c l:s:e c+r%e&t' }
      for (const [auth, wire] of Object.entries(wires)) {
        clear()
        const { call } = await t.connection('bearer', auth, parameters)
        assert.equal((await call()).status, 200)
        const [seen, ...more] = t.service.at('/token')
        assert.deepEqual(more, [], 'one attempt')
        assert.equal(Buffer.from(seen.headers.authorization.slice(6), 'base64').toString(), wire)
        assert.equal(seen.text, 'grant_type=client_credentials')
      }
      // Refused: nothing else is tried.
      clear()
      t.service.on('/token', (socket) => socket.write(t.answer(401, { error: 'invalid_client' })))
      const { call } = await t.connection('bearer', 'basic_form', parameters)
      assertProblem(await call(), 424, 'credentials_rejected')
      assertProblem(await call(), 424, 'credentials_rejected')
      assert.equal(t.service.at('/token').length, 1)
    },
    async T22() {
      unsent(await json('Json', { list: Array(10000).fill(1) }), 'param_limit')
      unsent(await json('Json', { list: Array(1001).fill(1) }), 'param_limit')
      unsent(await json('Json', { any: { deep: [{ list: Array(1001).fill(1) }] } }), 'param_limit')
      unsent(await query(`list=${Array(5000).fill('a').join(',')}`), 'param_limit')
      sent(await json('Json', { list: Array(1000).fill(1) }))
    },
    async T23() {
      const faults = async (value, code = 'param_type') => unsent(await json('Json', value), code)
      await faults({ number: '12' })
      await faults({ number: 12.5 })
      await faults({ yes: 'true' })
      await faults({ yes: 1 })
      await faults({ name: 1 })
      await faults({ number: 99999999999 }, 'param_range')
      await faults({ list: [1, '2'] })
      for (const text of ['yes=True', 'yes=1', 'number=1x', 'number=0x10', 'number=']) unsent(await query(text), 'param_type')
      // JavaScript writes 12.0 as 12; written with a point it is a number (FORMAT 2: an integer is JSON's without one).
      const exact = await json('Json', { number: 12.0, yes: true })
      assert.deepEqual(JSON.parse(sent(exact).text), { number: 12, yes: true })
      clear()
      for (const number of ['12.0', '1.2e1', '1e1']) {
        unsent(await t.call('Json', { body: `{"number": ${number}}`, headers: { 'content-type': 'application/json' } }), 'param_type')
      }
      clear()
      assert.equal(sent(await query('number=12&yes=true')).target, '/query?number=12&yes=true')
    },
  }
}
