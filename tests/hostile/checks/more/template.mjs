// SPDX-License-Identifier: MIT
// Values that want to leave their place: what more.tsv adds.
import assert from 'node:assert/strict'

import { ADMIN_KEY, assertProblem } from '../../../peers/lib/tenon.mjs'
import { definition } from '../../lib/lint.mjs'

const JSON_TYPE = { 'content-type': 'application/json' }
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' }

export default (t) => {
  // The service saw one request, and this one; the next begins with none.
  const sent = (answer) => {
    assert.equal(answer.status, 200, answer.text)
    assert.equal(t.service.requests.length, 1)
    return t.service.requests.pop()
  }
  const unsent = (answer, code) => {
    assertProblem(answer, 400, code)
    assert.equal(t.service.requests.length, 0, 'nothing is sent')
  }
  const posts = (action, body, headers = JSON_TYPE) => t.call(action, { body, headers })
  const query = (text) => t.call('Query', { query: `?${text}` })

  return {
    async T101() {
      assert.deepEqual(JSON.parse(sent(await posts('Json', '{"name":"a\\u0000b"}')).text), { name: 'a\0b' })
      unsent(await posts('Text', '{"name":"a\\u0000b"}'), 'param_control_char') // it goes to a header, too
      assert.equal(sent(await query('q=a%00b')).target, '/query?q=a%00b')
      assert.equal(sent(await t.call('Path', { path: '/path/a%00b/end' })).target, '/path/a%00b/end')
      assert.equal(sent(await posts('Form', 'name=a%00b&other=c', FORM_TYPE)).text, 'name=a%00b&other=c')
      for (const bad of ['{"name":"\\ud800"}', '{"name":"\\udc00\\ud800"}', '{"any":{"a\\u0000b":1}}']) unsent(await posts('Json', bad), 'json_invalid')
    },
    async T102() {
      assert.equal(sent(await t.call('Lists', { json: { csv: ['a', 'b'], pipes: ['c,d', 'e'], multi: ['f,g|h', 'i'] } })).text,
        'csv=a%2Cb&pipes=c%2Cd%7Ce&multi=f%2Cg%7Ch&multi=i')
      for (const lists of [{ csv: ['a,b', 'c'] }, { pipes: ['a|b'] }]) unsent(await t.call('Lists', { json: lists }), 'param_value')
    },
    async T103() {
      for (const twice of ['q=1&q=2', 'q=1&q=1', 'number=1&number=2', 'q=1&%71=2']) unsent(await query(twice), 'param_value')
      for (const other of ['q[]=1', 'Q=1', 'q%00=1', 'q%20=1', '%20q=1', '=1', 'q.x=1', 'q%5B0%5D=1']) unsent(await query(other), 'param_unknown')
      unsent(await posts('Form', 'name=a&name=b', FORM_TYPE), 'param_value')
      const part = (value) => `--B\r\nContent-Disposition: form-data; name="name"\r\n\r\n${value}\r\n`
      unsent(await posts('Form', `${part('a')}${part('b')}--B--\r\n`, { 'content-type': 'multipart/form-data; boundary=B' }), 'param_value')
      // In the query and in the body: they are other fields.
      unsent(await t.call('Form', { query: '?name=a', body: 'name=b', headers: FORM_TYPE }), 'param_unknown')
    },
    async T104() {
      assert.equal(sent(await query('number=9007199254740993')).target, '/query?number=9007199254740993')
      const numbers = '{"any":{"a":9007199254740993,"b":1e21,"c":0.1,"d":123456789012345678,"e":-9223372036854775808,"f":1.7976931348623157e308}}'
      const seen = sent(await posts('Json', numbers)).text
      for (const digits of ['9007199254740993', '123456789012345678', '-9223372036854775808']) assert.ok(seen.includes(digits), seen)
      assert.deepEqual(JSON.parse(seen), JSON.parse(numbers))
      // Beyond 64 bits a JSON number is a double, to most readers and here; where an integer is declared it is refused.
      assert.deepEqual(JSON.parse(sent(await posts('Json', '{"any":{"a":92233720368547758080}}')).text), { any: { a: 92233720368547758080 } })
      unsent(await posts('Json', '{"number":92233720368547758080}'), 'param_range')
      unsent(await query('number=92233720368547758080'), 'param_type')
      unsent(await posts('Json', '{"any":{"a":1e400}}'), 'json_invalid')
      for (const odd of ['1e3', '+1', '01', '1.', '0x1', '1_000', '%D9%A1', '1%00', '-']) unsent(await query(`number=${odd}`), 'param_type')
    },
    async T105() {
      const tenon = await t.strict()
      const connection = '{parameters: {host: {type: string, required: true}}}'
      tenon.save('whole', definition({ id: 'whole', hosts: '["*.ultipro.com"]', connection, base_url: 'https://${connection.host}' }))
      tenon.save('label', definition({ id: 'label', hosts: '["*.ultipro.com"]', connection, base_url: 'https://${connection.host}.ultipro.com' }))
      for (const id of ['whole', 'label']) await t.untilKnown(id, tenon)
      const fill = (connector, host) => tenon.request('/v1/connections', { method: 'POST', key: ADMIN_KEY, json: { name: 'odd', connector, parameters: { host } } })
      for (const host of ['x\uff0eultipro.com', 'evil.com\u3002ultipro.com', 'x\u00ad.ultipro.com', 'x\0.ultipro.com', 'x\u200b.ultipro.com', 'x%00.ultipro.com', 'x%2eultipro.com',
        '\uff58.ultipro.com', `${'a'.repeat(64)}.ultipro.com`, `${'a.'.repeat(122)}ultipro.com`, '-x.ultipro.com', 'x-.ultipro.com', 'x..ultipro.com', '*.ultipro.com',
        '[x.ultipro.com]', 'x.ultipro.com:', 'x.ultipro.com:443:443', 'x.ultipro.com:+443', 'x.ultipro.com:0', 'x.ultipro.com:65536', ' x.ultipro.com', 'x.ultipro.com ', 'x.ultipro.com\t']) {
        const made = await fill('whole', host)
        assert.ok(made.status === 400 && /^(param_|egress_)/.test(made.json.code), `${JSON.stringify(host)}: ${made.status} ${made.text}`)
      }
      for (const label of ['x\uff0ey', 'x\u3002evil', 'x\0', 'a'.repeat(64), 'x.', '.x', 'x y', '\u043f\u0440\u0438', 'x:1', 'x@', '%41']) {
        const made = await fill('label', label)
        assert.ok(made.status === 400 && /^param_/.test(made.json.code), `${JSON.stringify(label)}: ${made.status} ${made.text}`)
      }
    },
    async T106() {
      const whole = async (value) => sent(await t.call('Whole', { path: `/whole/${value}` })).target
      assert.equal(await whole('a%5C..%5Cb'), '/whole/a%5C..%5Cb')
      assert.equal(await whole('a%3B..%3Bb'), '/whole/a%3B..%3Bb')
      assert.equal(await whole('a%2Fevil.com%3A80%40b%2Fc'), '/whole/a/evil.com%3A80%40b/c')
      assert.equal(await whole('a%0D%0AX%3A%20y'), '/whole/a%0D%0AX%3A%20y')
      assert.equal(await whole('%C3%A9%E2%80%A8'), '/whole/%C3%A9%E2%80%A8')
      for (const value of ['%2F%2Fevil.com', '%2Fa', 'a%2F']) unsent(await t.call('Whole', { path: `/whole/${value}` }), 'param_empty')
    },
    async T107() {
      for (const evil of ['</b></a><b>x</b>', ']]>', '&lt;&amp;', '"\' <!-- -->', '<![CDATA[x]]>', 'a\tb\nc', '\u00e9\u2028', '<?xml?>', '&#0;']) {
        const seen = sent(await t.call('Xml', { json: { name: evil } })).text
        const body = /^<\?xml [^>]*\?>\s*<a><b>([^<]*)<\/b><c d="([^"<]*)"\s*(\/>|><\/c>)<\/a>\s*$/.exec(seen)
        assert.ok(body, seen)
        for (const text of body.slice(1, 3)) {
          const plain = text.replace(/&(lt|gt|quot|apos|#x?[0-9a-fA-F]+|amp);/g, (all, name) => (name.startsWith('#x') ? String.fromCodePoint(parseInt(name.slice(2), 16))
            : name.startsWith('#') ? String.fromCodePoint(Number(name.slice(1))) : { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }[name]))
          assert.equal(plain, evil)
        }
      }
      for (const none of ['a\u0001b', 'a\0b', '\ufffe']) {
        const answer = await t.call('Xml', { json: { name: none } })
        assert.ok(answer.status === 400, `${JSON.stringify(none)}: ${answer.status} ${answer.text}`)
      }
      assert.equal(t.service.requests.length, 0)
    },
    async T108() {
      const part = (head, body) => `--B\r\n${head}\r\n\r\n${body}\r\n`
      const upload = (disposition, more = '') => t.call('Upload', { headers: { 'content-type': 'multipart/form-data; boundary=B' },
        body: `${part(`Content-Disposition: form-data; name="file"; filename="${disposition}"${more}`, '--B2\r\nbytes')}${part('Content-Disposition: form-data; name="note"', 'x"\r\n--C\r\n')}--B--\r\n` })
      for (const name of ['a.txt', 'a\\"; name=\\"note', 'a%22%0D%0AX: y', '\u00e9.txt', '../../etc/passwd', 'a;b', "a' OR 1"]) {
        const answer = await upload(name)
        if (answer.status !== 200) {
          unsent(answer, 'request_malformed')
          continue
        }
        const seen = sent(answer)
        const boundary = /boundary="?([^"; ]+)/.exec(seen.headers['content-type'])[1]
        const parts = seen.text.split(`--${boundary}`).slice(1, -1)
        assert.equal(parts.length, 2, seen.text)
        for (const one of parts) {
          const head = one.slice(2, one.indexOf('\r\n\r\n'))
          assert.ok(head.split('\r\n').every((line) => /^Content-(Disposition|Type): /i.test(line)), head)
          assert.equal([...head.matchAll(/[; ]name="/g)].length, 1, head)
        }
      }
      // A line end in a head is the end of that line: what comes then is no part of the name.
      for (const bad of ['a"\r\nX-Injected: y\r\n\r\nZ', 'a\r\nb']) {
        const answer = await upload(bad)
        assert.ok(answer.status === 400 || !t.service.requests.at(-1).text.includes('X-Injected'), answer.text)
        t.service.requests.length = 0
      }
    },
    async T109() {
      unsent(await posts('Json', '{"name":"a","name":"b"}', FORM_TYPE), 'json_duplicate_key')
      assert.deepEqual(JSON.parse(sent(await posts('Json', '\ufeff{"name":"x"}')).text), { name: 'x' })
      unsent(await posts('Json', Buffer.from('{"name":"x"}', 'utf16le')), 'json_invalid')
      unsent(await posts('Json', Buffer.from('\ufeff{"name":"x"}', 'utf16le')), 'request_bad_encoding')
      const prototype = '{"any":{"__proto__":{"x":1},"constructor":{"prototype":{}}}}'
      assert.equal(sent(await posts('Json', prototype)).text, prototype)
      // A form that only begins like JSON is none.
      unsent(await posts('Form', '{name=x', FORM_TYPE), 'json_invalid')
    },
  }
}
