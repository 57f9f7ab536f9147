// SPDX-License-Identifier: MIT
// Reads Prometheus' text exposition (format 0.0.4), strictly: what does not look like it fails.
import assert from 'node:assert/strict'

const unescape = (text) => text.replace(/\\(.)/g, (_, c) => (c === 'n' ? '\n' : c))
const key = (labels) => JSON.stringify(Object.entries(labels).sort())

function readLabels(text = '') {
  const labels = {}
  const rest = text.replace(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/g, (_, name, value) => {
    assert.ok(!(name in labels), `label ${name} twice`)
    labels[name] = unescape(value)
    return ''
  })
  assert.equal(rest, '', `labels {${text}}`)
  return labels
}

export class Exposition {
  constructor(text) {
    this.families = new Map() // name -> {help, type, samples: Map}
    let family
    assert.ok(text.endsWith('\n'))
    for (const line of text.slice(0, -1).split('\n')) {
      const [, kind, name, rest] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? []
      if (kind === 'HELP') {
        assert.ok(!this.families.has(name), `${name} stands in two places`)
        family = { name, help: rest, samples: new Map() }
        this.families.set(name, family)
      } else if (kind === 'TYPE') {
        assert.equal(name, family.name)
        family.type = rest
      } else {
        this.#sample(family, line)
      }
    }
  }

  #sample(family, line) {
    const [, name, labels, value] = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? assert.fail(line)
    const suffix = name.slice(family.name.length)
    assert.ok(name.startsWith(family.name) && ['', '_bucket', '_sum', '_count'].includes(suffix), `${name} stands at ${family.name}`)
    const at = suffix + key(readLabels(labels))
    assert.ok(!family.samples.has(at), `twice: ${line}`)
    assert.ok(Number.isFinite(Number(value)), line)
    family.samples.set(at, Number(value))
  }

  // One number; 0 where there is none. suffix: of a histogram.
  value(name, labels = {}, suffix = '') {
    return this.families.get(name).samples.get(suffix + key(labels)) ?? 0
  }

  // Those whose labels hold the given ones, as [labels, value].
  all(name, labels = {}, suffix = '') {
    return [...this.families.get(name).samples].filter(([at]) => at.startsWith(`${suffix}[`))
      .map(([at, value]) => [Object.fromEntries(JSON.parse(at.slice(suffix.length))), value])
      .filter(([found]) => Object.entries(labels).every(([label, value]) => found[label] === value))
  }

  sum(name, labels, suffix) {
    return this.all(name, labels, suffix).reduce((sum, [, value]) => sum + value, 0)
  }
}
