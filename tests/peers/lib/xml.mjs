// SPDX-License-Identifier: MIT
// The elements and texts of an XML document that has no more than these. What is not well-formed throws, and line ends in attributes,
// which readers take for blanks (XML 1.0 3.3.3).
import assert from 'node:assert/strict'

const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const TOKEN = /<\?xml[^?]*\?>|<(\/?)([\w:.-]+)((?:\s+[\w:.-]+="[^"<\n\t]*")*)\s*(\/?)>|[^<]+/gy

function plain(text) {
  assert.ok(!text.includes(']]>') && !/&(?!(amp|lt|gt|quot|apos|#\d+|#x[\da-f]+);)/i.test(text), text)
  return text.replace(/&(#x?)?(\w+);/g, (_, number, name) => number ? String.fromCodePoint(parseInt(name, number === '#x' ? 16 : 10)) : ENTITIES[name])
}

// [{path, text, attributes}] of all elements, path as "A/B".
export function elementsOf(xml) {
  const open = [], found = []
  let at = 0
  for (const [token, closes, name, attributes, empty] of xml.matchAll(TOKEN)) {
    at += token.length
    if (!name && token.startsWith('<?')) continue
    if (!name) {
      if (token.trim()) open.at(-1).text += plain(token)
    } else if (closes) {
      assert.equal(open.pop()?.name, name)
    } else {
      const pairs = [...attributes.matchAll(/([\w:.-]+)="([^"]*)"/g)].map(([, key, value]) => [key, plain(value)])
      const one = { name, path: [...open.map((each) => each.name), name].join('/'), text: '', attributes: Object.fromEntries(pairs) }
      found.push(one)
      if (!empty) open.push(one)
    }
  }
  assert.deepEqual([at, open.length], [xml.length, 0], 'well-formed to its end')
  return found
}
