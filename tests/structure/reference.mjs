// SPDX-License-Identifier: MIT
// The reference part of docs/CONNECTORS.md, made from openapi/connector.schema.json: every key with its type, its default and
// what it means.

const TEMPLATES = ' Templates `${…}` are evaluated.'
// What a definition of the schema is called in the column of types.
const NAMES = {
  json: 'json', text: 'text', duration: 'duration', timeout: 'duration', url: 'URL', url_authorize: 'URL', url_base: 'absolute URL',
  url_web: 'web address', header_name: 'header name', place: 'place', headers: 'map of text', query: 'map of text', form: 'map of text',
  params: 'map of text', answer: 'map of text', explain: 'map of text', query_value: 'text', param_value: 'text', xml: 'map', schema: 'schema',
  parameters: 'map of fields', input: 'map of fields', parameter: 'field', input_field: 'field', choices: 'map', steps: 'map of requests',
  request: 'request', action_request: 'map', action: 'action', auth: 'way to sign in', connection: 'map', throttle: 'list of limits', retry: 'map',
  guide: 'map', match: 'match', expect: 'match, or list of them', jwt: 'JWT', inject: 'map', tls: 'map', scopes: 'list of text', refresh: '`false` or map',
  policy: 'policy', trigger: 'map', grant: 'grant',
}

const plural = (name) => ({ 'way to sign in': 'ways to sign in', policy: 'policies', match: 'matches', text: 'text', json: 'json' }[name] ??
  name.replace(/^(int|[a-z ]+[a-z])( .*)?$/, (_, word, rest = '') => (word === 'int' ? word + rest : `${word}s${rest}`)))

export class Reference {
  constructor(schema) {
    this.schema = schema
    this.told = new Set() // every key that a table tells
  }

  resolve(pointer) { return pointer.slice(2).split('/').reduce((node, name) => node[name], this.schema) }

  // The node behind references, with the descriptions and defaults met on the way: the nearest counts.
  follow(node) {
    const reference = node.$ref ?? (node.allOf?.length === 1 ? node.allOf[0].$ref : undefined)
    if (!reference) return { ...node, name: node.name }
    const { $ref, allOf, ...own } = node
    const name = /^#\/definitions\/(\w+)$/.exec(reference)?.[1]
    return { ...this.follow({ ...this.resolve(reference), name }), ...own, ...(name && { name }) }
  }

  type(node) {
    const found = this.follow(node)
    if (found.name in NAMES) return NAMES[found.name]
    if (found.enum) return found.enum.map((one) => `\`${one}\``).join(', ')
    if ('const' in found) return `\`${found.const}\``
    if (found.anyOf) return found.anyOf.map((one) => this.type(one)).join(', or ')
    const types = [found.type].flat()
    if (types.includes('string')) return types.includes('array') ? 'text, or list of text' : 'text'
    if (types.includes('integer')) return found.maximum < 1e9 ? `int ${found.minimum}-${found.maximum}` : 'int'
    if (types.includes('number')) return types.includes('boolean') ? 'number, or bool' : 'number'
    if (types.includes('boolean')) return 'bool'
    if (types.includes('array')) return `list of ${plural(this.type(found.items))}`
    if (!found.additionalProperties || found.additionalProperties === true || found.properties) return 'map'
    return `map of ${plural(this.type(found.additionalProperties))}`
  }

  row(name, node, required) {
    const found = this.follow(node)
    const meaning = found.description ?? ''
    const type = `${this.type(node)}${meaning.includes(TEMPLATES.trim()) ? ' **T**' : ''}`
    const fallback = found.default === undefined ? '' : `\`${JSON.stringify(found.default).replace(/^"(.+)"$/, '$1')}\``
    const cells = [`\`${name}\`${required ? ' **!**' : ''}`, type, fallback, meaning.replace(TEMPLATES, '').replace(TEMPLATES.trim(), '')]
    this.told.add(name.split(/[.\]]/).at(-1))
    return `| ${cells.map((cell) => cell.trim().replaceAll('|', '\\|')).join(' | ')} |`
  }

  // expand: keys whose own keys follow them, as `publisher.name`.
  rows(node, { prefix = '', expand = [], only } = {}) {
    return Object.entries(node.properties).filter(([key]) => !only || only.includes(key)).flatMap(([key, child]) => {
      const row = this.row(prefix + key, child, node.required?.includes(key))
      if (!expand.includes(key)) return [row]
      const found = this.follow(child)
      const below = found.items ? this.follow(found.items) : found.properties ? found : found.additionalProperties
      const inner = found.items ? `${prefix}${key}[].` : found.properties ? `${prefix}${key}.` : `${prefix}${key}.NAME.`
      return [row, ...this.rows(below, { prefix: inner, expand })]
    })
  }

  table(node, options) {
    return ['| key | type | default | meaning |', '|---|---|---|---|', ...this.rows(node, options)].join('\n')
  }

  definition(name, options) { return this.table(this.follow(this.schema.definitions[name]), options) }

  // type -> what it is, what it needs, its own keys.
  waysToSignIn() {
    const shared = new Set(['type', ...Object.keys(this.schema.definitions.auth_keys.properties), ...Object.keys(this.schema.definitions.oauth_keys.properties)])
    const rows = this.schema.definitions.auth.properties.type.enum.map((type) => {
      const node = this.schema.definitions[`auth_${type}`]
      const isOauth = 'token_url' in node.properties && 'client_auth' in node.properties
      const own = Object.keys(node.properties).filter((key) => !shared.has(key) || (!isOauth && !(key in this.schema.definitions.auth_keys.properties) && key !== 'type'))
      const marked = own.map((key) => `\`${key}\`${node.required?.includes(key) ? ' **!**' : ''}`).join(', ')
      const inToken = `grant_${type}` in this.schema.definitions ? 'yes' : ''
      return `| \`${type}\` | ${node.description} | ${[marked, isOauth ? 'those of OAuth' : ''].filter(Boolean).join('; ')} | ${inToken} |`
    })
    return ['| type | what it is | keys of its own | in `token:` |', '|---|---|---|---|', ...rows].join('\n')
  }

  policies() {
    const { section, actions, ...verbs } = this.schema.definitions.policy.properties
    return Object.entries(verbs).map(([verb, node]) => {
      this.told.add(verb)
      return `**\`${verb}\`**: ${node.description}\n\n${this.table(node)}`
    }).join('\n\n')
  }

  text() {
    const { definitions } = this.schema
    return `Made from openapi/connector.schema.json by \`node tests/structure/connectors.test.mjs --write\`; a test keeps both equal. **!**: required. **T**: templates
are evaluated. *text* is any scalar as written, *json* any value, *duration* a whole number with \`ms\`, \`s\`, \`m\`, \`h\` or \`d\`.

### Top level

${this.table(this.schema, { expand: ['publisher', 'contact', 'links', 'request', 'connection'] })}

### Schemas and fields

Parameters, inputs, and whatever \`output\`, \`responses\` and \`schemas\` describe. Beside \`$ref\` only \`in\`, \`required\`, \`title\`, \`description\`, \`default\`, \`example\`, \`secret\`, \`nullable\`,
\`deprecated\`, \`collectionFormat\`, \`url_encoding\` and \`x-…\` may stand.

${this.definition('schema')}
| \`discriminator.propertyName\` **!** | text |  | ${this.note('propertyName', definitions.schema.properties.discriminator.anyOf[1])} |
| \`discriminator.mapping\` | map of text |  | ${this.note('mapping', definitions.schema.properties.discriminator.anyOf[1])} |

A field - a parameter or an input - is a schema with \`type\`, \`choices\` or \`$ref\`, and may have:

${this.definition('field')}
${this.rows(definitions.parameter, { only: ['ask'] }).join('\n')}
${this.rows(definitions.input_field, { only: ['in', 'collectionFormat', 'url_encoding'] }).join('\n')}

\`ask\` is of parameters; \`in\`, \`collectionFormat\` and \`url_encoding\` are of inputs.

### Limits and repeats

Each limit of \`throttle\`:

${this.table(definitions.throttle.items)}

\`retry\`:

${this.definition('retry')}

### Guides

\`guide\`, of the connector or of a way to sign in:

${this.definition('guide', { expand: ['steps'] })}

### Requests

Of \`steps\`, \`verify\`, and an action's \`request\`. \`url\` is required but in an action's \`request\`, which has no \`expect\`. One body only.

${this.table(definitions.request_keys)}

A match, in \`expect\` and \`unauthorized\`:

${this.definition('match')}

### Ways to sign in

\`connection.auth.NAME\`. An action's \`token:\` takes some of them, without the keys of every way.

${this.waysToSignIn()}

Every way:

${this.table(definitions.auth_keys, { expand: ['inject', 'tls'] })}

OAuth:

${this.table(definitions.oauth_keys)}

\`refresh\` of OAuth takes ${this.codes(definitions.refresh.anyOf[1].properties)}, each as above.

Credentials, and keys of single ways:

${this.table({ properties: { type: definitions.auth.properties.type, ...definitions.credential_keys.properties, jwt: definitions.auth_jwt.properties.jwt }, required: ['type'] })}

\`session\`:

${this.table({ ...definitions.session_keys, required: ['steps', 'answer'] }, { expand: [] })}

\`refresh\` of a session takes ${this.codes(definitions.session_keys.properties.refresh.properties)}.

A JWT, in \`client_assertion\`, \`assertion\` and \`jwt\`:

${this.definition('jwt')}

### Actions

${this.definition('action', { expand: ['responses', 'response'] })}

\`trigger\` of type \`webhook\`:

${this.table({ ...definitions.trigger_webhook, required: ['type', 'content'] })}

\`trigger\` of type \`polling\`:

${this.table({ ...definitions.trigger_polling, required: ['type', 'items', 'query'] })}

### Policies

Each has exactly one of these verbs, and beside it:

${this.table(definitions.policy, { only: ['section', 'actions'] })}

${this.policies()}
`
  }

  note(key, node) {
    this.told.add(key)
    return node.properties[key].description
  }

  codes(properties) { return Object.keys(properties).map((key) => `\`${key}\``).join(', ') }
}

// Every key that the schema knows, wherever it stands.
export function keysOf(schema) {
  const keys = new Set()
  const walk = (node) => {
    if (node === null || typeof node !== 'object') return
    // What stands under if, then and not are conditions on keys that stand elsewhere.
    if (!Array.isArray(node) && node.properties) Object.keys(node.properties).forEach((key) => keys.add(key))
    Object.entries(node).forEach(([name, child]) => { if (!['if', 'then', 'else', 'not'].includes(name)) walk(child) })
  }
  walk(schema)
  return keys
}
