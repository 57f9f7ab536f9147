// SPDX-License-Identifier: MIT
// What Power Platform's validator refuses in an OpenAPI 2.0 document, as far as it can be told without it: the rules of
// Microsoft's page "certification-swagger-validator-rules", by Microsoft's names. faultsOf(document) answers
// [{rule, at}], at being a JSON Pointer.

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch']
const TYPES = ['string', 'number', 'integer', 'boolean', 'array']
const FORMATS = ['int32', 'int64', 'float', 'double', 'byte', 'binary', 'date', 'date-time', 'password', 'date-no-tz', 'email', 'html', 'uri', 'uuid']
const MEDIA_TYPES = ['application/json', 'text/plain', 'multipart/form-data', 'application/x-www-form-urlencoded']
const SCHEMAS_MAX = 512
const SUMMARY_MAX = 120
const OPERATION_ID_MAX = 80

const VALUE_KEYS = ['type', 'format', 'items', 'collectionFormat', 'default', 'maximum', 'exclusiveMaximum', 'minimum',
  'exclusiveMinimum', 'maxLength', 'minLength', 'pattern', 'maxItems', 'minItems', 'uniqueItems', 'enum', 'multipleOf']
const KEYS = {
  root: ['swagger', 'info', 'host', 'basePath', 'schemes', 'consumes', 'produces', 'paths', 'definitions', 'parameters', 'responses',
    'security', 'securityDefinitions', 'tags', 'externalDocs'],
  info: ['title', 'description', 'termsOfService', 'contact', 'license', 'version'],
  contact: ['name', 'url', 'email'],
  pathItem: [...METHODS, 'parameters'],
  operation: ['tags', 'summary', 'description', 'externalDocs', 'operationId', 'produces', 'consumes', 'parameters', 'responses',
    'schemes', 'deprecated', 'security'],
  parameter: ['name', 'in', 'description', 'required', 'allowEmptyValue', ...VALUE_KEYS],
  bodyParameter: ['name', 'in', 'description', 'required', 'schema'],
  response: ['description', 'schema', 'headers', 'examples'],
  header: ['description', ...VALUE_KEYS],
  items: VALUE_KEYS,
  schema: ['$ref', 'format', 'title', 'description', 'default', 'multipleOf', 'maximum', 'exclusiveMaximum', 'minimum',
    'exclusiveMinimum', 'maxLength', 'minLength', 'pattern', 'maxItems', 'minItems', 'uniqueItems', 'maxProperties', 'minProperties',
    'required', 'enum', 'additionalProperties', 'type', 'items', 'allOf', 'properties', 'discriminator', 'readOnly', 'xml',
    'externalDocs', 'example'],
  securityScheme: ['type', 'description', 'name', 'in'],
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)
const token = (name) => String(name).replaceAll('~', '~0').replaceAll('/', '~1')
const fits = (type, value) => ({
  string: typeof value === 'string', boolean: typeof value === 'boolean', number: typeof value === 'number',
  integer: Number.isInteger(value), array: Array.isArray(value), object: isObject(value),
})[type] ?? true

class Checker {
  constructor(document) {
    this.document = document
    this.faults = []
    this.operations = new Map() // by operationId: {operation, parameters}
  }

  fault(rule, at) { this.faults.push({ rule, at }) }
  must(holds, rule, at) { if (!holds) this.fault(rule, at) }

  keys(kind, value, at) {
    for (const key of Object.keys(value)) {
      if (!KEYS[kind].includes(key) && !key.startsWith('x-')) this.fault('AdditionalPropertyNotAllowed', `${at}/${token(key)}`)
    }
  }

  // Follows a reference, which stands alone and leads to one of the places that references may lead to.
  resolve(value, at) {
    if (!isObject(value) || !('$ref' in value)) return value
    this.must(Object.keys(value).length === 1, 'AdditionalPropertyNotAllowedAdjacentToRef', at)
    const [, place, name] = /^#\/(definitions|parameters|responses)\/(.+)$/.exec(value.$ref) ?? []
    const found = this.document[place]?.[name]
    this.must(found !== undefined, 'ReferenceNotFound', at)
    return found ?? {}
  }

  // --- schemas ---

  value(schema, at) {
    const { type, format } = schema
    if (format !== undefined) this.must(FORMATS.includes(format), 'UnrecognizedTypeFormat', at)
    if (schema.default !== undefined) this.must(fits(type, schema.default), 'DefaultValueMustMatchType', at)
    if (schema.enum) {
      this.must(schema.enum.length > 0, 'EnumMustContainAtLeastOneElement', at)
      this.must(schema.enum.every((one) => fits(type, one)), 'InvalidEnumValue', at)
      if (schema.default !== undefined) this.must(schema.enum.includes(schema.default), 'DefaultValueMustMatchType', at)
    }
    for (const one of schema['x-ms-enum-values'] ?? []) this.must(schema.enum?.includes(one.value) && one.displayName, 'EnumValuesNotValid', at)
    if (type === 'array') this.must(isObject(schema.items), 'ArrayHasNoItems', at)
    for (const key of ['exclusiveMinimum', 'exclusiveMaximum', 'uniqueItems']) {
      if (key in schema) this.must(typeof schema[key] === 'boolean', 'JsonTypeIncorrect', `${at}/${key}`)
    }
    for (const [least, most] of [['minimum', 'maximum'], ['minLength', 'maxLength'], ['minItems', 'maxItems']]) {
      if (least in schema && most in schema) this.must(schema[least] <= schema[most], 'RangeNotValid', at)
    }
    if ('pattern' in schema) {
      try { new RegExp(schema.pattern, 'u') } catch { this.fault('PatternNotValid', at) }
    }
  }

  object(schema, at) {
    const properties = schema.properties ?? {}
    if ('required' in schema) {
      this.must(schema.required.length > 0, 'RequiredPropertyArrayEmpty', at)
      this.must(schema.type === 'object' || schema.properties, 'RequiredPropertyNotOnObject', at)
      for (const name of schema.required) this.must(name in properties, 'RequiredPropertyDefinitionMissing', at)
    }
    if ('discriminator' in schema) {
      const member = properties[schema.discriminator]
      this.must(member?.type === 'string' && schema.required?.includes(schema.discriminator), 'DiscriminatorMustBeARequiredStringProperty', at)
    }
    for (const [name, property] of Object.entries(properties)) {
      const required = schema.required?.includes(name) ?? false
      const whole = this.resolve(property, `${at}/properties/${token(name)}`)
      if (whole['x-ms-visibility'] === 'internal' && whole.default !== undefined) this.must(required, 'InternalPropertyWithDefaultOptional', `${at}/properties/${token(name)}`)
      if (whole.readOnly) this.must(!required, 'RequiredReadOnlyPropertyNotAllowedAsInput', `${at}/properties/${token(name)}`)
    }
  }

  // top: it is a whole body.
  schema(schema, at, top = false) {
    if ('$ref' in schema) { this.resolve(schema, at); return }
    this.keys('schema', schema, at)
    this.value(schema, at)
    this.object(schema, at)
    this.must(top || schema.type !== 'string' || schema.format !== 'binary', 'InvalidStringBinaryProperty', at)
    this.must(schema.type !== 'file', 'SchemaTypeFileNotValid', at)
    for (const [name, property] of Object.entries(schema.properties ?? {})) this.schema(property, `${at}/properties/${token(name)}`)
    for (const [i, one] of (schema.allOf ?? []).entries()) this.schema(one, `${at}/allOf/${i}`)
    if (isObject(schema.items)) this.schema(schema.items, `${at}/items`)
    if (isObject(schema.additionalProperties)) this.schema(schema.additionalProperties, `${at}/additionalProperties`)
    this.dynamic(schema, at)
  }

  // A value that must hold another one of its own kind can never be written.
  requiredLoop(name, path = []) {
    if (path.includes(name)) return true
    const needed = (schema) => {
      if (schema?.$ref) return [schema.$ref.replace('#/definitions/', '')]
      const required = Object.entries(schema?.properties ?? {}).filter(([key]) => schema.required?.includes(key))
      return [...required.flatMap(([, property]) => needed(property)), ...(schema?.allOf ?? []).flatMap(needed)]
    }
    return needed(this.document.definitions[name]).some((next) => this.requiredLoop(next, [...path, name]))
  }

  definitions() {
    const definitions = this.document.definitions ?? {}
    this.must(Object.keys(definitions).length <= SCHEMAS_MAX, 'TotalSchemaCountExceedsMaxAllowed', '/definitions')
    for (const [name, schema] of Object.entries(definitions)) {
      this.must(!('$ref' in schema), 'SchemaRefLoopNotAllowed', `/definitions/${name}`)
      this.schema(schema, `/definitions/${name}`)
      this.must(!this.requiredLoop(name), 'RequiredLoopInSchemaNotAllowed', `/definitions/${name}`)
    }
  }

  // --- lists and schemas that other operations give ---

  dynamic(value, at) {
    for (const [key, extension] of Object.entries(value)) {
      if (!/^x-ms-dynamic-(values|list|schema|properties)$/.test(key) || !extension.operationId) continue
      this.dynamics.push({ extension, at: `${at}/${key}` })
    }
  }

  checkDynamics() {
    for (const { extension, at } of this.dynamics) {
      const target = this.operations.get(extension.operationId)
      if (!target) { this.fault('OperationIdNotFound', at); continue }
      const given = Object.keys(extension.parameters ?? {})
      const flat = target.parameters.flatMap((one) => one.in === 'body' ? Object.keys(this.resolve(one.schema, at).properties ?? {}) : [one.name])
      for (const name of given) this.must(flat.includes(name.split('/').pop()), 'OperationParameterNameNotFound', at)
      for (const one of target.parameters) {
        const needs = one.required && one.default === undefined && one.in !== 'body'
        this.must(!needs || given.includes(one.name), 'OperationMissingRequiredProperty', at)
      }
    }
  }

  // --- parameters ---

  parameter(parameter, at) {
    const body = parameter.in === 'body'
    this.keys(body ? 'bodyParameter' : 'parameter', parameter, at)
    this.must(parameter.name !== 'connectionId', 'ConnectionIdParameterNotAllowed', at)
    this.must(parameter.name !== 'token', 'ReservedParameterIsUsed', at)
    if (body) {
      if (!isObject(parameter.schema)) { this.fault('BodyParameterSchemaRequired', at); return }
      this.schema(parameter.schema, `${at}/schema`, true)
      for (const key of Object.keys(parameter)) this.must(!key.startsWith('x-ms-dynamic'), 'DynamicExtensionDefinitionNotAllowedInParameter', at)
      return
    }
    this.must([...TYPES, 'file'].includes(parameter.type), 'NonBodyParameterSchemaNotValid', at)
    this.must(parameter.type !== 'file' || parameter.in === 'formData', 'FileParameterMustBeInFormData', at)
    this.value(parameter, at)
    if (parameter.items) {
      this.keys('items', parameter.items, `${at}/items`)
      this.must(TYPES.includes(parameter.items.type) && !Object.keys(parameter.items).some((key) => key.startsWith('x-')), 'NonBodyParameterSchemaNotValid', `${at}/items`)
      this.value(parameter.items, `${at}/items`)
    }
    if (parameter.collectionFormat) {
      const multi = parameter.collectionFormat !== 'multi' || ['query', 'formData'].includes(parameter.in)
      this.must(multi && ['csv', 'ssv', 'tsv', 'pipes', 'multi'].includes(parameter.collectionFormat), 'CollectionFormatValueNotSupported', at)
    }
    if (parameter.in === 'path') {
      this.must(parameter.required === true, 'PathParameterMustBeRequired', at)
      this.must(['single', 'double'].includes(parameter['x-ms-url-encoding']), 'PathParameterMissingEncoding', at)
    } else {
      this.must(!('x-ms-url-encoding' in parameter), 'QueryParameterEncodingNotSupported', at)
    }
    if (parameter.in === 'formData') this.must(/^[\x20-\x7e]+$/.test(parameter.name), 'InvalidFormDataParameterName', at)
    if (parameter['x-ms-visibility'] === 'internal' && parameter.default !== undefined) this.must(parameter.required === true, 'InternalPropertyWithDefaultOptional', at)
    this.dynamic(parameter, at)
  }

  parameters(path, method, operation, at) {
    const all = (operation.parameters ?? []).map((one, i) => this.resolve(one, `${at}/parameters/${i}`))
    const variables = [...path.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name)
    all.forEach((one, i) => this.parameter(one, `${at}/parameters/${i}`))
    const names = all.map((one) => `${one.in} ${one.name}`)
    this.must(new Set(names).size === names.length, 'DuplicateParameter', at)
    const bodies = all.filter((one) => one.in === 'body').length, forms = all.filter((one) => one.in === 'formData').length
    this.must(bodies <= 1, 'OperationHasManyBodyParameters', at)
    this.must(!bodies || !forms, 'BodyAndFormDataParameters', at)
    this.must(!['get', 'head'].includes(method) || bodies + forms === 0, 'BodyOrFormDataParameterInFetchOperationNotAllowed', at)
    for (const one of all.filter(({ in: place }) => place === 'path')) this.must(variables.includes(one.name), 'PathParameterNotDefinedInTemplate', at)
    for (const name of variables) this.must(names.includes(`path ${name}`), 'OperationMissingPathParameter', at)
    return all
  }

  mediaTypes(operation, parameters, at) {
    const consumes = operation.consumes ?? this.document.consumes ?? []
    const forms = parameters.filter((one) => one.in === 'formData')
    const files = forms.some((one) => one.type === 'file')
    const wanted = files ? ['multipart/form-data'] : ['multipart/form-data', 'application/x-www-form-urlencoded']
    if (parameters.some((one) => one.in === 'body') || forms.length) {
      this.must(consumes.length > 0, 'ConsumesMissing', at)
      this.must(consumes.every((one) => MEDIA_TYPES.includes(one)), 'MimeTypeNotSupported', at)
      this.must(!forms.length || consumes.every((one) => wanted.includes(one)), 'MimeTypeNotCompatibleWithRequestContentSchemaType', at)
    }
    if (consumes.includes('application/x-www-form-urlencoded')) {
      this.must(!forms.some((one) => one.format === 'binary'), 'StringBinaryNotSupportedForFormUrlEncoded', at)
    }
  }

  // --- operations ---

  responses(operation, at) {
    const responses = operation.responses ?? {}
    const withSchema = []
    this.must(Object.keys(responses).length > 0, 'OperationMustHaveResponse', at)
    this.must(Object.keys(responses).some((status) => /^2/.test(status)), 'OperationShouldHaveSuccessfulResponse', at)
    for (const [status, reference] of Object.entries(responses)) {
      const response = this.resolve(reference, `${at}/responses/${status}`)
      this.must(/^([1-5][0-9][0-9]|default)$/.test(status), 'ResponseMustBeDefaultOrHttpStatusCode', at)
      this.keys('response', response, `${at}/responses/${status}`)
      this.must(typeof response.description === 'string', 'JsonTypeIncorrect', `${at}/responses/${status}`)
      for (const [name, header] of Object.entries(response.headers ?? {})) {
        this.keys('header', header, `${at}/responses/${status}/headers/${name}`)
        this.must(TYPES.includes(header.type), 'NonBodyParameterSchemaNotValid', `${at}/responses/${status}/headers/${name}`)
      }
      if (!response.schema) continue
      withSchema.push(status)
      this.must(status !== 'default', 'DefaultResponseHasSchema', at)
      this.must(['200', '201', 'default'].includes(status), 'SchemaDefinitionSetIncorrectly', at)
      this.schema(response.schema, `${at}/responses/${status}/schema`, true)
    }
    this.must(withSchema.length <= 1, 'OperationHasManyResponsesWithSchema', at)
  }

  // The member marked as the address, and whether all on the way to it is required.
  notificationUrl(schema, required, seen = new Set()) {
    const whole = this.resolve(schema, '')
    if (seen.has(whole)) return null
    seen.add(whole)
    if (whole['x-ms-notification-url']) return { required, type: whole.type, visibility: whole['x-ms-visibility'] }
    for (const [name, property] of Object.entries(whole.properties ?? {})) {
      const found = this.notificationUrl(property, required && (whole.required ?? []).includes(name), seen)
      if (found) return found
    }
    return null
  }

  trigger(item, operation, parameters, at) {
    const body = parameters.find((one) => one.in === 'body')
    const url = body?.schema && this.notificationUrl(body.schema, body.required === true)
    if (url) this.must(url.required && url.type === 'string' && url.visibility === 'internal', 'NotificationUrlNotValid', at)
    if (!operation['x-ms-trigger'] || operation['x-ms-trigger-metadata']) return
    this.must(url, 'WebhookOperationsMissingNotificationUrlProperty', at)
    this.must(isObject(item['x-ms-notification-content']?.schema), 'OperationMustHaveNotificationContentExtension', at)
  }

  operation(path, item, method, at) {
    const operation = item[method]
    const id = operation.operationId ?? ''
    this.keys('operation', operation, at)
    this.must(id, 'OperationIdRequired', at)
    this.must(!this.operations.has(id), 'OperationIdNotUnique', at)
    this.must(id.length <= OPERATION_ID_MAX, 'OperationIdTooLong', at)
    this.must(/^[A-Za-z0-9]*$/.test(id), 'OperationIdSanitized', at)
    this.must((operation.summary ?? '').length <= SUMMARY_MAX, 'OperationSummaryTooLong', at)
    this.must(/[A-Za-z0-9]$/.test(operation.summary ?? 'a'), 'ValueMustEndWithAlphanumeric', at)
    const parameters = this.parameters(path, method, operation, at)
    this.mediaTypes(operation, parameters, at)
    this.responses(operation, at)
    this.trigger(item, operation, parameters, at)
    const link = operation['x-ms-pageable']?.nextLinkName
    if (link) this.must(['nextLink', '@odata.nextLink'].includes(link), 'InvalidNextLinkNameValue', at)
    this.operations.set(id, { parameters })
  }

  paths() {
    const paths = Object.keys(this.document.paths)
    const distinct = (by) => new Set(paths.map(by)).size === paths.length
    this.must(distinct((path) => path.toLowerCase()), 'PathRedefined', '/paths')
    this.must(distinct((path) => path.toLowerCase().replaceAll(/\{[^}]*\}/g, '{}')), 'DuplicateOperationPath', '/paths')
    for (const [path, item] of Object.entries(this.document.paths)) {
      const at = `/paths/${token(path)}`
      this.must(path.startsWith('/'), 'OperationPathMustStartWithSlash', at)
      this.must(!/[?#]/.test(path), 'OperationPathMayNotContainQueryOrFragment', at)
      this.must(!path.includes('*'), 'OperationPathContainsUnsupportedCharacters', at)
      this.must(/^([^{}]|\{[^{}/]+\})*$/.test(path), 'OperationPathTemplateNotValid', at)
      this.must(!/\{[^}]*=/.test(path), 'OperationPathVariablesContainDefaults', at)
      this.must(!('$ref' in item), 'PathItemRefNotSupported', at)
      this.keys('pathItem', item, at)
      for (const method of METHODS.filter((name) => name in item)) this.operation(path, item, method, `${at}/${method}`)
      const content = item['x-ms-notification-content']
      if (content) this.schema(content.schema, `${at}/x-ms-notification-content/schema`)
    }
  }

  // --- the whole ---

  security() {
    const schemes = this.document.securityDefinitions ?? {}
    for (const [name, scheme] of Object.entries(schemes)) {
      this.keys('securityScheme', scheme, `/securityDefinitions/${name}`)
      this.must(scheme.type === 'apiKey' && scheme.in === 'header' && scheme.name === 'X-API-Key', 'SecuritySchemePropertyNotValid', `/securityDefinitions/${name}`)
    }
    this.must(Object.keys(schemes).length === 1, 'OneSecurityScheme', '/securityDefinitions')
    this.must(this.document.security?.length > 0, 'SecurityRequirementMustHaveValue', '/security')
    for (const requirement of this.document.security ?? []) {
      for (const [name, value] of Object.entries(requirement)) {
        this.must(name in schemes, 'SecurityRequirementMustBeDefined', '/security')
        this.must(value.length === 0, 'SecurityRequirementMustHaveEmptyValue', '/security')
      }
    }
  }

  head() {
    const { document } = this
    const { info = {}, schemes = [] } = document
    this.keys('root', document, '')
    this.keys('info', info, '/info')
    this.must(document.swagger === '2.0', 'SpecificationVersionIncorrect', '/swagger')
    this.must(info.title && info.description && info.version, 'InfoIncomplete', '/info')
    this.must(/^[^{}/ :\\]+(:\d+)?$/.test(document.host ?? ''), 'HostNameNotValid', '/host')
    this.must(document.basePath?.startsWith('/'), 'BasePathNotValid', '/basePath')
    this.must(schemes.length > 0, 'SchemesArrayEmpty', '/schemes')
    this.must(schemes.every((one) => ['http', 'https'].includes(one)), 'SchemeNotSupported', '/schemes')
    this.must(!schemes.includes('https') || schemes[0] === 'https', 'HttpsIsNotFirst', '/schemes')
    if (info.contact) {
      this.keys('contact', info.contact, '/info/contact')
      if ('url' in info.contact) this.must(/^https?:\/\//.test(info.contact.url), 'UrlNotValid', '/info/contact/url')
      if ('email' in info.contact) this.must(/^[^@ ]+@[^@ ]+$/.test(info.contact.email), 'ContactEmailNotValid', '/info/contact/email')
    }
    const metadata = (document['x-ms-connector-metadata'] ?? []).map((one) => one.propertyName)
    this.must(['Website', 'Privacy policy', 'Categories'].every((name) => metadata.includes(name)), 'ConnectorMetadataPropertiesMissing', '/x-ms-connector-metadata')
  }

  check() {
    this.dynamics = []
    this.head()
    this.security()
    this.paths()
    this.definitions()
    for (const [name, parameter] of Object.entries(this.document.parameters ?? {})) this.parameter(parameter, `/parameters/${name}`)
    this.checkDynamics()
    return this.faults
  }
}

export const faultsOf = (document) => new Checker(document).check()
