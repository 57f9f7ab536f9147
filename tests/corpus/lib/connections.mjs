// SPDX-License-Identifier: MIT
// Connections made up for a way to fill one in: under the source's names, and under Tenon's.

// Tenon's name of a parameter: letters, digits and `_`, without `token:`.
function nameOf(name) {
  const plain = name.replace(/^token:/i, '').replace(/[^A-Za-z0-9]/g, '_')
  return /^[A-Za-z]/.test(plain) ? plain : `x${plain}`
}

const choicesOf = (parameter) => parameter.uiDefinition?.constraints?.allowedValues ?? parameter.allowedValues ?? []

// Where a parameter stands in an address tells what it is: an address itself, a host, a part of one.
function standsAs(name, templates) {
  const bare = name.replace(/^token:/i, '')
  for (const template of templates) {
    const found = new RegExp(`@connectionParameters\\('(?:token:)?${bare.replace(/[^\w]/g, '\\$&')}'[^)]*\\)`, 'i').exec(template)
    if (!found) continue
    const before = template.slice(0, found.index), after = template.slice(found.index + found[0].length)
    if (before === '') return 'address'
    if (!/^https?:\/\/[^/]*$/.test(before)) return 'text'
    return before.endsWith('//') && !after.startsWith('.') ? 'host' : before.endsWith('//') || before.endsWith('.') ? 'label' : 'suffix'
  }
  return undefined
}

export const addressesOf = (pkg, way) => [
  ...pkg.policies.flatMap(({ parameters }) => Object.entries(parameters ?? {}).filter(([name]) => name.endsWith('.urlTemplate')).map(([, value]) => value)),
  ...Object.values(way.parameters).flatMap((one) => Object.entries(one.oAuthSettings?.customParameters ?? {})
    .filter(([name]) => /url|uri/i.test(name)).map(([, { value }]) => String(value).replace(/\{([^{}]+)\}/g, "@connectionParameters('$1')"))),
]

const INVENTED = { address: (n) => `https://service-${n}.example.org/base`, host: (n) => `service-${n}.example.org`, label: (n) => `tenant${n}`, suffix: () => '.com', text: () => 'part-of-it' }

function valueOf(name, parameter, templates, n) {
  const choices = choicesOf(parameter), type = parameter.type.toLowerCase(), role = standsAs(name, templates)
  if (choices.length) return choices[0].value
  if (type === 'int') return 7
  if (type === 'bool') return true
  if (role) return INVENTED[role](n)
  return type === 'securestring' ? `CANARY-${n}-${nameOf(name)} s&=+/%"` : `${nameOf(name)} v&=+/%`
}

// {way, values: {source's name: value}, fields: {Tenon's name: value}, token, hosts}. n: makes hosts differ.
export function connectionOf(pkg, way, n) {
  const templates = addressesOf(pkg, way), values = {}, fields = {}
  for (const [name, parameter] of Object.entries(way.parameters)) {
    const type = parameter.type?.toLowerCase()
    if (type === 'oauthsetting' || type === 'gatewaysetting') continue
    values[name] = valueOf(name, parameter, templates, n)
    fields[nameOf(name)] = values[name]
  }
  return { way, values, fields, token: `CANARY-token-${n}` }
}

export { nameOf }
