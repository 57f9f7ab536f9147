// SPDX-License-Identifier: MIT
// Values made up to fit a schema of Swagger 2.0: everything it tells of, or only what it requires. Texts hold what encodings
// trip over, as far as their place can carry it.
import { sample } from '../../peers/lib/nango.mjs'

const DEPTH_MAX = 6
const FORMATS = {
  'date-time': '2026-01-02T03:04:05Z', date: '2026-01-02', 'date-no-tz': '2026-01-02T03:04:05', uuid: '11111111-2222-4333-8444-555555555555',
  guid: '11111111-2222-4333-8444-555555555555', email: 'ann+b@example.org', uri: 'https://api.example.org/v2?a=b', url: 'https://api.example.org/v2?a=b',
  byte: 'aGVsbG8gd29ybGQ=', binary: 'raw \u0001 bytes', ipv4: '192.0.2.1', hostname: 'api.example.org',
}
const TEXTS = { path: 'p ä/+%&', query: 'q&=+/%é #', header: 'h; =%,"x"', formData: 'f&=+/%é\r\n', body: 'b "\\/é\n€' }
const CALLBACK = 'https://prod-01.logic.azure.com/workflows/cb?sig=x%2F'

export class Values {
  // all: optional members, too.
  constructor(pkg, all) {
    this.pkg = pkg
    this.all = all
  }

  // {name: value} by place: {path, query, header, formData, body}; undefined places are empty.
  input(operation) {
    const input = { path: {}, query: {}, header: {}, formData: {}, body: undefined }
    for (const parameter of operation.parameters) {
      if (!this.#isSent(parameter, parameter.in === 'path')) continue
      if (parameter.in === 'body') input.body = { value: this.of(parameter.schema ?? {}, 'body') }
      else if (input[parameter.in]) input[parameter.in][parameter.name] = this.of(parameter, parameter.in)
    }
    return input
  }

  // Required, or all; what is internal and not required is never sent.
  #isSent(one, always) {
    const required = always || one.required === true || one.required === 'true'
    return required || (this.all && one['x-ms-visibility'] !== 'internal')
  }

  of(schema, place, depth = 0) {
    const known = this.#merged(schema)
    const type = known.type ?? (known.properties || known.additionalProperties ? 'object' : undefined)
    if (known['x-ms-notification-url'] === true) return CALLBACK
    if (known.default !== undefined && known['x-ms-visibility'] === 'internal') return this.#default(known, type)
    if (known.enum?.length) return this.#default({ default: known.enum.at(-1), format: known.format }, type)
    switch (Array.isArray(type) ? type.find((one) => one !== 'null') : type) {
      case 'integer': return Math.ceil(this.#number(known, 7))
      case 'number': return this.#number(known, 1.5)
      case 'boolean': return true
      case 'array': return this.#list(known, place, depth)
      case 'object': return this.#object(known, place, depth)
      case 'file': return FORMATS.binary
      case 'string': return this.#text(known, place)
      default: return place === 'body' ? { any: ['thing', 1] } : this.#text(known, place)
    }
  }

  // Flows evaluate what their client finds in a default before they send it.
  #default({ default: value, format }, type) {
    return String(value).startsWith('@{') ? FORMATS[format] ?? 'evaluated' : this.#fitting(value, type)
  }

  // Numbers and booleans are often written as texts, and the other way around.
  #fitting(value, type) {
    if (type === 'string' && typeof value !== 'string') return JSON.stringify(value)
    if ((type === 'integer' || type === 'number') && typeof value === 'string') return Number(value)
    return type === 'boolean' && typeof value === 'string' ? value.toLowerCase() === 'true' : value
  }

  // allOf as one; what a reference says, with what stands beside it.
  #merged(schema, hops = 0) {
    const known = this.pkg.behind(schema) ?? {}
    if (!known.allOf || hops > 5) return known
    const parts = known.allOf.map((part) => this.#merged(part, hops + 1))
    return parts.reduce((sum, part) => ({ ...part, ...sum, properties: { ...part.properties, ...sum.properties }, required: [...(sum.required ?? []), ...(part.required ?? [])] }),
      { ...known, allOf: undefined })
  }

  #number({ minimum, maximum, exclusiveMinimum }, usual) {
    const least = minimum === undefined ? usual : Number(minimum) + (exclusiveMinimum ? 1 : 0)
    return maximum !== undefined && Math.max(least, usual) > maximum ? least : Math.max(least, usual)
  }

  #text({ format, pattern, minLength, maxLength }, place) {
    let text = FORMATS[format] ?? (pattern ? this.#patterned(pattern) : undefined) ?? TEXTS[place]
    if (place === 'header') text = text.replace(/[^\x20-\x7e]/g, '')
    if (minLength > text.length) text = text.padEnd(minLength, 'x')
    return maxLength < text.length ? text.slice(0, maxLength).trim() || 'x'.repeat(maxLength) : text
  }

  #patterned(pattern) {
    try {
      const text = sample(pattern)
      return new RegExp(pattern).test(text) ? text : undefined
    } catch {
      return undefined
    }
  }

  // A comma within an element cannot be told from one between them.
  #list({ items, minItems, maxItems, uniqueItems }, place, depth) {
    if (depth >= DEPTH_MAX) return []
    const count = Math.max(minItems ?? 0, Math.min(uniqueItems ? 1 : 2, maxItems ?? 2))
    const one = () => this.of(items ?? {}, place, depth + 1)
    const list = Array.from({ length: count }, one)
    return place === 'body' ? list : list.map((value) => (typeof value === 'string' ? value.replaceAll(',', '') : value))
  }

  #object({ properties, required, additionalProperties }, place, depth) {
    if (!properties) return additionalProperties === false || depth >= DEPTH_MAX ? {} : { any: this.of(additionalProperties === true ? {} : additionalProperties ?? {}, place, depth + 1) }
    const wanted = ([name, member]) => {
      const known = this.#merged(member)
      if (known.readOnly === true && !required?.includes?.(name)) return false
      return this.#isSent({ ...known, required: required?.includes?.(name) === true }, false) && (depth < DEPTH_MAX || required?.includes?.(name))
    }
    return Object.fromEntries(Object.entries(properties).filter(wanted).map(([name, member]) => [name, this.of(member, place, depth + 1)]))
  }
}
