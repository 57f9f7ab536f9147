// SPDX-License-Identifier: MIT
// A Power Platform package as its publisher wrote it: read as leniently as people write, and nothing of it changed.
import fs from 'node:fs'
import path from 'node:path'
import YAML from 'yaml'

const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options']

function textOf(bytes) {
  const decode = (label) => new TextDecoder(label, { fatal: true }).decode(bytes)
  try { return decode('utf-8') } catch { return decode('windows-1252') }
}

// JSON, or what is nearly JSON: YAML's flow style takes commas before a bracket, a name twice, and tabs in texts.
function parse(text) {
  try { return JSON.parse(text) } catch { return YAML.parse(text, { uniqueKeys: false, logLevel: 'silent' }) }
}

const read = (file) => parse(textOf(fs.readFileSync(file)).replace(/^\uFEFF/, '').replaceAll('\t', ' '))

export class Package {
  // file: its apiDefinition.swagger.json, wherever that lies and whatever it is called.
  constructor(file) {
    const properties = path.join(path.dirname(file), 'apiProperties.json')
    this.swagger = read(file)
    const all = fs.existsSync(properties) ? read(properties) : {}
    this.properties = all.properties ?? all
    this.policies = this.properties.policyTemplateInstances ?? []
  }

  // What stands behind a reference; undefined where it leads nowhere.
  behind(value) {
    for (let hops = 0; value?.$ref && hops < 20; hops++) {
      value = value.$ref.startsWith('#/') ? value.$ref.slice(2).split('/').reduce((at, name) => at?.[name], this.swagger) : undefined
    }
    return value
  }

  // {name, method, path, item, from, parameters}
  get operations() {
    return Object.entries(this.swagger.paths ?? {}).flatMap(([at, item]) => METHODS.filter((method) => item[method] && typeof item[method] === 'object')
      .map((method) => this.#operation(at, item, method)))
  }

  #operation(at, item, method) {
    const from = item[method]
    const own = (from.parameters ?? []).map((one) => this.behind(one)).filter((one) => one)
    const inherited = (item.parameters ?? []).map((one) => this.behind(one)).filter((one) => one && !own.some((o) => o.name === one.name && o.in === one.in))
    return { name: from.operationId ?? `${method.toUpperCase()} ${at}`, method: method.toUpperCase(), path: at, item, from, parameters: [...inherited, ...own] }
  }

  // The ways to fill in a connection: [{name, parameters}], name undefined where there is one only.
  get ways() {
    const sets = this.properties.connectionParameterSets?.values ?? []
    return sets.length ? sets.map(({ name, parameters }) => ({ name, parameters: parameters ?? {} })) : [{ parameters: this.properties.connectionParameters ?? {} }]
  }

  consumes(operation) {
    const types = operation.from.consumes?.length ? operation.from.consumes : this.swagger.consumes
    return (types ?? []).map((type) => type.toLowerCase())
  }
}
