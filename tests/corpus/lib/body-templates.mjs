// SPDX-License-Identifier: MIT
// The policy templates that reshape a body, as their parameters' documentation tells them: each is told the body and its
// parameters, and answers the body.

// `@body().a['b'][0]` -> {root, steps}; a bare name is one step.
export function pathOf(text) {
  const [, root = 'body', rest] = /^@?(?:(body|item|triggerBody)\(\))?(.*)$/s.exec(text.trim())
  return { root, steps: [...rest.matchAll(/\['([^']*)'\]|\[(\d+)\]|\.?([^.[\]]+)/g)].map(([, quoted, index, bare]) => index ?? quoted ?? bare) }
}

export const valueAt = (value, steps) => steps.reduce((at, step) => at?.[step], value)

const isNothing = (text) => text === undefined || text === '' || text === 'null'

// Every object at a path: where a list stands, each of its elements.
function each(value, steps, found = []) {
  if (Array.isArray(value) && !/^\d+$/.test(steps[0] ?? '')) value.forEach((element) => each(element, steps, found))
  else if (steps.length === 0) found.push(value)
  else if (value !== null && typeof value === 'object' && steps[0] in value) each(value[steps[0]], steps.slice(1), found)
  return found
}

const objects = (value, steps) => each(value, steps).filter((one) => one !== null && typeof one === 'object')
const both = (parent, sub) => [...pathOf(parent).steps, ...(isNothing(sub) ? [] : pathOf(sub).steps)]

// What a template of a value says: expressions in it, and JSON where it is some.
function evaluated(text, body, item) {
  const told = text.replace(/\{@(\w+)\(\)([^}]*)\}/g, (_, root, rest) => String(valueAt(root === 'item' ? item : body, pathOf(rest).steps) ?? ''))
  if (/^'.*'$/s.test(told)) return told.slice(1, -1)
  try {
    const value = JSON.parse(told)
    return typeof value === 'object' ? value : told
  } catch {
    return told
  }
}

// change: what becomes of each value at a place. to: where it goes in place of that: a path from the body, or from the element.
function changeAt(body, parent, sub, to, change) {
  const steps = both(parent, sub)
  const target = isNothing(to) ? undefined : pathOf(to)
  for (const owner of objects(body, steps.slice(0, -1))) {
    const name = steps.at(-1)
    if (!(name in owner)) continue
    const value = change(owner[name])
    if (value === undefined) continue
    const [at, key] = !target ? [owner, name] : target.root === 'item' ? [owner, target.steps.at(-1)] : [valueAt(body, target.steps.slice(0, -1)), target.steps.at(-1)]
    if (at) at[key] = value
  }
  return body
}

const objectOf = (list, key, keeps) => Object.fromEntries(list.map((element) => {
  const { [key]: name, ...rest } = element
  return [name, keeps ? element : rest]
}))

const isTrue = (value) => value === undefined || String(value).toLowerCase() === 'true'

export const BODY_TEMPLATES = {
  setproperty(body, p) {
    const steps = both(p.newPropertyParentPathTemplate, p.newPropertySubPathTemplate)
    for (const owner of objects(body, steps.slice(0, -1))) owner[steps.at(-1)] = evaluated(p.propertyValuePathTemplate, body, owner)
    return body
  },
  stringreplace: (body, p) => changeAt(body, p.propertyParentPath, p.propertySubPath, p.newPropertyPath,
    (value) => (typeof value === 'string' ? value.replaceAll(p.sourceString, p.replacementString) : undefined)),
  encodepropertyvalue: (body, p) => changeAt(body, p.propertyParentPath, p.propertySubPath, p.newPropertyPath,
    (value) => (typeof value === 'string' ? encodeURIComponent(value).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`) : undefined)),
  stringtoarray: (body, p) => changeAt(body, p.propertyParentPath, p.propertySubPath, p.newPropertyPath,
    (value) => (typeof value === 'string' ? value.split(p.delimiterList).filter((part) => part).map((part) => (p.childPropertyName ? { [p.childPropertyName]: part } : part)) : undefined)),
  convertarraytoobject: (body, p) => changeAt(body, p.propertyParentPath, p.propertySubPath, p.newPropertyPath,
    (value) => (Array.isArray(value) ? objectOf(value, p.keyWithinCollectionPath, isTrue(p.retainKey)) : undefined)),
  moveproperties(body, p) {
    const from = both(p.srcParentPath, p.srcSubPath), to = both(p.dstParentPath, p.dstSubPath)
    const owner = valueAt(body, from.slice(0, -1)), moved = owner?.[from.at(-1)]
    if (moved === undefined) return body
    delete owner[from.at(-1)]
    Object.assign(valueAt(body, to), moved)
    return body
  },
}
