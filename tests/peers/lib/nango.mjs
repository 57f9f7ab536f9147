// SPDX-License-Identifier: MIT
// What a provider of Nango prescribes: a small reading of its catalogue by the documented rules, which shares nothing with
// the importer. Values are made up to fit each field's pattern, and requests are told as the service would see them.
import { createHash, createHmac, sign } from 'node:crypto'

/* --- the catalogue --- */

// {...base, ...own}, over any number of aliases.
export function resolve(all, id) {
  const own = all[id]
  return own.alias ? { ...resolve(all, own.alias), ...own } : own
}

/* --- values that fit --- */

const PICK = [/[A-Z]/, /[a-f]/, /[0-9]/, /[^^]/]
function charOf(set) {
  const chars = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).filter((c) => new RegExp(set).test(c))
  return PICK.map((wanted) => chars.find((c) => wanted.test(c))).find((c) => c)
}

// A text that a simple pattern accepts: literals, classes, groups (their first alternative), quantifiers (the least).
export function sample(pattern) {
  let at = 0
  const quantified = (text) => {
    const found = /^(\{(\d+)(?:,\d*)?\}|[+*?])/.exec(pattern.slice(at))
    if (!found) return text
    at += found[0].length
    return text.repeat(found[2] ? Number(found[2]) : found[0] === '+' ? 3 : 0)
  }
  const sequence = () => {
    let out = '', skipping = false
    while (at < pattern.length && pattern[at] !== ')') {
      let text
      if (pattern[at] === '|') { skipping = true; at++; continue }
      if (pattern[at] === '^' || pattern[at] === '$') { at++; continue }
      if (pattern[at] === '(') {
        at += pattern.startsWith('(?:', at) ? 3 : 1
        text = sequence()
        at++
      } else if (pattern[at] === '[') {
        const end = pattern.indexOf(']', at + 2)
        text = charOf(pattern.slice(at, end + 1))
        at = end + 1
      } else if (pattern[at] === '\\') {
        text = /[dsw]/.test(pattern[at + 1]) ? { d: '1', s: ' ', w: 'a' }[pattern[at + 1]] : pattern[at + 1]
        at += 2
      } else {
        text = pattern[at] === '.' ? 'x' : pattern[at]
        at++
      }
      text = quantified(text)
      if (!skipping) out += text
    }
    return out
  }
  return sequence()
}

const FORMATS = { hostname: 'acme.example.org', uuid: '11111111-2222-4333-8444-555555555555', email: 'ann+b@example.org', uri: 'https://api.example.org/v2' }
const isHost = (text) => /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(text ?? '')

function valueOf(name, field, group) {
  if (field.enum) return field.enum[0]
  if (field.default_value !== undefined) return String(field.default_value)
  if (field.format === 'hostname' && isHost(field.example)) return field.example
  if (field.format) return FORMATS[field.format]
  if (field.pattern) return sample(field.pattern)
  return group === 'credentials' ? `${name} p&=+/% "x"||\${connectionConfig.t}` : `${name.replace(/[^A-Za-z0-9]/g, '').toLowerCase()}1`
}

// {name: value} of a group's fields that a person fills in.
export const valuesOf = (fields, group, given = {}) => Object.fromEntries(Object.entries(fields ?? {})
  .filter(([name, field]) => name in given || !field.automated)
  .map(([name, field]) => [name, given[name] ?? valueOf(name, field, group)]))

/* --- templates --- */

const two = (n) => String(n).padStart(2, '0')
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const TOKENS = {
  YYYY: (d) => d.getUTCFullYear(), MMM: (d) => MONTHS[d.getUTCMonth()], MM: (d) => two(d.getUTCMonth() + 1), DD: (d) => two(d.getUTCDate()),
  ddd: (d) => DAYS[d.getUTCDay()], HH: (d) => two(d.getUTCHours()), mm: (d) => two(d.getUTCMinutes()), ss: (d) => two(d.getUTCSeconds()),
  ZZ: () => '+0000', X: (d) => Math.floor(d / 1000),
}
const MS = { days: 86400000, hours: 3600000, minutes: 60000 }

function time(words, now) {
  const moved = /^([+-]\d+):(\w+):/.exec(words)
  const at = new Date(now + (moved ? Number(moved[1]) * MS[moved[2]] : 0))
  const format = moved ? words.slice(moved[0].length) : words.slice(1)
  if (!words) return at.toISOString().replace(/\.\d+Z/, 'Z')
  return format.replace(/\[([^\]]*)\]|YYYY|MMM|MM|DD|ddd|HH|mm|ss|ZZ|X/g, (token, literal) => literal ?? TOKENS[token](at))
}

function end(source, at) {
  let depth = 0
  for (let i = at; i < source.length; i++) {
    if (source.startsWith('${', i)) depth++
    if (source[i] === '}' && --depth === 0) return i + 1
  }
  throw new Error(`unclosed: ${source}`)
}

const lastComma = (text) => {
  let found = -1
  for (let i = 0; i < text.length; i++) {
    if (text.startsWith('${', i)) i = end(text, i) - 1
    else if (text[i] === ',') found = i
  }
  return found
}

const FUNCTIONS = {
  base64: (text) => Buffer.from(text).toString('base64'),
  sha256Hex: (text) => createHash('sha256').update(text).digest('hex'),
  sha256Base64: (text) => createHash('sha256').update(text).digest('base64'),
  hmacSha1Hex: (text, key) => createHmac('sha1', key).update(text).digest('hex'),
  ed25519Sign: (text, key) => sign(null, Buffer.from(text), key).toString('base64'),
}

function variable(name, vars) {
  const call = /^(\w+)\(([\s\S]*)\)$/.exec(name)
  if (call) {
    const comma = FUNCTIONS[call[1]].length > 1 ? lastComma(call[2]) : -1
    const parts = comma < 0 ? [call[2]] : [call[2].slice(0, comma), call[2].slice(comma + 1).trim()]
    const values = parts.map((part) => interpolate(part, vars))
    return values.includes(undefined) ? undefined : FUNCTIONS[call[1]](...values)
  }
  if (name.startsWith('now')) return time(name.slice(3), vars.now)
  if (name === 'apiKey') return vars.credentials.apiKey
  const [root, ...rest] = name.split('.')
  if (root === 'connectionConfig' || root === 'credentials') return vars[root][rest.join('.')] || undefined
  return rest.reduce((value, step) => value?.[step], vars[root])
}

// undefined where something that it names is not there. encode: each value.
export function interpolate(source, vars, encode = (value) => value) {
  let out = ''
  for (let at = 0; at < source.length;) {
    const next = source.indexOf('${', at)
    if (next < 0) return out + source.slice(at)
    const behind = end(source, next)
    const value = variable(source.slice(next + 2, behind - 1), vars)
    if (value === undefined) return undefined
    out += source.slice(at, next) + encode(String(value))
    at = behind
  }
  return out
}

// left || right: the left one where its first key of connectionConfig is set.
export function choose(source, vars) {
  const [left, right] = source.split(/\s*\|\|\s*/)
  if (right === undefined) return source
  const key = /\$\{connectionConfig\.([^}]+)\}/.exec(left)?.[1]
  return key === undefined || vars.connectionConfig[key] ? left : right
}
export const text = (source, vars) => interpolate(choose(String(source), vars), vars)

const encodeAll = (value) => encodeURIComponent(value).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
// Host names as they are, all behind them encoded value by value.
export function url(source, vars) {
  const chosen = choose(source, vars)
  const [, head, rest] = /^((?:https:\/\/)?(?:\$\{[^}]*\}|[^/?#$])*)(.*)$/s.exec(chosen)
  const host = interpolate(head, vars)
  return (head.startsWith('https://') ? host.toLowerCase() : host) + interpolate(rest, vars, encodeAll)
}

export function tree(value, vars) {
  if (typeof value === 'string') return interpolate(value, vars)
  if (Array.isArray(value)) return value.map((item) => tree(item, vars)).filter((item) => item !== undefined)
  if (value === null || typeof value !== 'object') return value
  const members = Object.entries(value).map(([name, item]) => [name, tree(item, vars)]).filter(([, item]) => item !== undefined)
  return Object.fromEntries(members)
}

/* --- bodies --- */

const form = (pairs) => pairs.map(([name, value]) => `${encodeAll(name)}=${encodeAll(String(value)).replaceAll('%20', '+')}`).join('&')
export const query = (pairs) => pairs.map(([name, value]) => `${encodeAll(name)}=${encodeAll(String(value))}`).join('&')

const escapeXml = (value) => String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
function xml(value) {
  return Object.entries(value).map(([name, item]) => {
    if (typeof item !== 'object') return `<${name}>${escapeXml(item)}</${name}>`
    const attributes = Object.entries(item).filter(([key]) => key[0] === '$').map(([key, v]) => ` ${key.slice(1)}="${escapeXml(v)}"`)
    return `<${name}${attributes.join('')}>${xml(Object.fromEntries(Object.entries(item).filter(([key]) => key[0] !== '$')))}</${name}>`
  }).join('')
}

export function body(format, pairs) {
  if (pairs === undefined) return ''
  const object = Array.isArray(pairs) ? Object.fromEntries(pairs) : pairs
  if (format === 'json') return JSON.stringify(object)
  return format === 'xml' ? `<?xml version="1.0" encoding="UTF-8"?>${xml(object)}` : form(Object.entries(object))
}
