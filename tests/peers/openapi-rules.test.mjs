// SPDX-License-Identifier: MIT
// The checker of Power Platform's rules finds what it is there to find: a document that keeps all of them, and one row
// for each way to break one.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'

import { definition } from './lib/connector.mjs'
import { faultsOf } from './lib/power-platform-rules.mjs'
import { print } from './lib/run.mjs'
import { missing } from './lib/tenon.mjs'

describe('the checker of Power Platform\'s rules', { skip: missing }, () => {
  const BASE = `${definition('base', 'https://api.example.com', `connection:
  shareable: true
publisher: {name: P}
contact: {name: C, url: https://c.example/, email: c@c.example}
links: {website: https://w.example/, privacy_policy: https://p.example/}
categories: [Productivity]
actions:
  Put:
    summary: Put a thing
    path: /things/{id}
    input:
      id: {type: string}
      kind: {in: query, type: string, const: a, x-ms-visibility: internal}
      list: {in: query, type: array, items: {type: string}}
      thing: {in: json, $ref: '#/schemas/Thing', required: true}
      topic: {in: json, type: string, x-ms-dynamic-values: {operationId: List, value-path: id}}
    output: {type: object}
  List: {summary: List, method: GET, path: /things, input: {q: {type: string}}, next_link: body.nextLink, output: {type: array, items: {type: object}}}
  On:
    summary: When it happens
    path: /hooks
    input: {url: {type: string, x-ms-notification-url: true, x-ms-visibility: internal}}
    trigger: {type: webhook, content: {$ref: '#/schemas/Thing'}}
  Upload: {summary: Upload, path: /files, input: {file: {in: form, type: string, format: binary, required: true}}}
schemas:
  Thing: {type: object, discriminator: kind, properties: {kind: {type: string, required: true}, when: {type: string, format: date-time}, up: {$ref: '#/schemas/Thing'}}}
`, '[api.example.com]')}`
  let folder, base
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tenon-rules-'))
    const file = join(folder, 'base.yaml')
    writeFileSync(file, BASE)
    base = JSON.parse(await print(file, '--version', '2.0', '--server', 'https://tenon.example.com'))
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  test('a document that keeps them has no fault', () => assert.deepEqual(faultsOf(base), []))

  const put = (d) => d.paths['/things/{id}'].post
  const list = (d) => d.paths['/things'].get
  const on = (d) => d.paths['/hooks'].post
  const at = (d, name) => put(d).parameters.find((one) => one.name === name)
  const body = (d) => at(d, 'body').schema
  const ROWS = [
    ['SpecificationVersionIncorrect', (d) => { d.swagger = '3.0' }],
    ['InfoIncomplete', (d) => { delete d.info.description }],
    ['HostNameNotValid', (d) => { d.host = 'https://x' }],
    ['BasePathNotValid', (d) => { d.basePath = 'x' }],
    ['SchemesArrayEmpty', (d) => { d.schemes = [] }],
    ['SchemeNotSupported', (d) => { d.schemes = ['ws'] }],
    ['HttpsIsNotFirst', (d) => { d.schemes = ['http', 'https'] }],
    ['UrlNotValid', (d) => { d.info.contact.url = 'x' }],
    ['ContactEmailNotValid', (d) => { d.info.contact.email = 'x' }],
    ['ConnectorMetadataPropertiesMissing', (d) => { d['x-ms-connector-metadata'].pop() }],
    ['AdditionalPropertyNotAllowed', (d) => { d.servers = [] }],
    ['AdditionalPropertyNotAllowed', (d) => { body(d).nullable = true }],
    ['AdditionalPropertyNotAllowed', (d) => { body(d).oneOf = [] }],
    ['AdditionalPropertyNotAllowed', (d) => { at(d, 'id').schema = {} }],
    ['AdditionalPropertyNotAllowedAdjacentToRef', (d) => { body(d).properties.thing.title = 'x' }],
    ['ReferenceNotFound', (d) => { body(d).properties.thing.$ref = '#/definitions/Nothing' }],
    ['OneSecurityScheme', (d) => { d.securityDefinitions.other = d.securityDefinitions.api_key }],
    ['SecuritySchemePropertyNotValid', (d) => { d.securityDefinitions.api_key.name = 'Authorization' }],
    ['SecurityRequirementMustBeDefined', (d) => { d.security = [{ bearer: [] }] }],
    ['SecurityRequirementMustHaveValue', (d) => { d.security = [] }],
    ['SecurityRequirementMustHaveEmptyValue', (d) => { d.security = [{ api_key: ['x'] }] }],
    ['PathRedefined', (d) => { d.paths['/THINGS'] = d.paths['/things'] }],
    ['DuplicateOperationPath', (d) => { d.paths['/things/{other}'] = {} }],
    ['OperationPathMustStartWithSlash', (d) => { d.paths.x = {} }],
    ['OperationPathMayNotContainQueryOrFragment', (d) => { d.paths['/x?y'] = {} }],
    ['OperationPathContainsUnsupportedCharacters', (d) => { d.paths['/x*'] = {} }],
    ['OperationPathTemplateNotValid', (d) => { d.paths['/x/{y'] = {} }],
    ['OperationPathVariablesContainDefaults', (d) => { d.paths['/x/{y=1}'] = {} }],
    ['PathItemRefNotSupported', (d) => { d.paths['/x'] = { $ref: '#/paths/x' } }],
    ['OperationIdRequired', (d) => { delete put(d).operationId }],
    ['OperationIdNotUnique', (d) => { put(d).operationId = 'List' }],
    ['OperationIdTooLong', (d) => { put(d).operationId = 'a'.repeat(81) }],
    ['OperationIdSanitized', (d) => { put(d).operationId = 'a-b' }],
    ['OperationSummaryTooLong', (d) => { put(d).summary = 'a'.repeat(121) }],
    ['ValueMustEndWithAlphanumeric', (d) => { put(d).summary = 'Put!' }],
    ['OperationMustHaveResponse', (d) => { put(d).responses = {} }],
    ['OperationShouldHaveSuccessfulResponse', (d) => { delete put(d).responses['200'] }],
    ['ResponseMustBeDefaultOrHttpStatusCode', (d) => { put(d).responses['2XX'] = { description: 'x' } }],
    ['SchemaDefinitionSetIncorrectly', (d) => { put(d).responses['202'] = { description: 'x', schema: {} } }],
    ['DefaultResponseHasSchema', (d) => { put(d).responses.default.schema = {} }],
    ['OperationHasManyResponsesWithSchema', (d) => { put(d).responses['201'] = { description: 'x', schema: {} } }],
    ['ConsumesMissing', (d) => { d.consumes = [] }],
    ['MimeTypeNotSupported', (d) => { put(d).consumes = ['text/csv'] }],
    ['MimeTypeNotCompatibleWithRequestContentSchemaType', (d) => { d.paths['/files'].post.consumes = ['application/x-www-form-urlencoded'] }],
    ['ConnectionIdParameterNotAllowed', (d) => { at(d, 'kind').name = 'connectionId' }],
    ['ReservedParameterIsUsed', (d) => { at(d, 'kind').name = 'token' }],
    ['PathParameterMustBeRequired', (d) => { at(d, 'id').required = false }],
    ['PathParameterMissingEncoding', (d) => { delete at(d, 'id')['x-ms-url-encoding'] }],
    ['PathParameterNotDefinedInTemplate', (d) => { at(d, 'id').name = 'other' }],
    ['OperationMissingPathParameter', (d) => { at(d, 'id').name = 'other' }],
    ['QueryParameterEncodingNotSupported', (d) => { at(d, 'list')['x-ms-url-encoding'] = 'single' }],
    ['DuplicateParameter', (d) => { put(d).parameters.push(at(d, 'list')) }],
    ['OperationHasManyBodyParameters', (d) => { put(d).parameters.push({ ...at(d, 'body'), name: 'more' }) }],
    ['BodyAndFormDataParameters', (d) => { put(d).parameters.push({ name: 'f', in: 'formData', type: 'string' }) }],
    ['BodyOrFormDataParameterInFetchOperationNotAllowed', (d) => { list(d).parameters.push(at(d, 'body')) }],
    ['BodyParameterSchemaRequired', (d) => { delete at(d, 'body').schema }],
    ['NonBodyParameterSchemaNotValid', (d) => { at(d, 'kind').type = 'object' }],
    ['FileParameterMustBeInFormData', (d) => { at(d, 'kind').type = 'file' }],
    ['InvalidFormDataParameterName', (d) => { d.paths['/files'].post.parameters[0].name = 'é' }],
    ['CollectionFormatValueNotSupported', (d) => { at(d, 'id').collectionFormat = 'multi' }],
    ['InternalPropertyWithDefaultOptional', (d) => { delete at(d, 'kind').required }],
    ['DynamicExtensionDefinitionNotAllowedInParameter', (d) => { at(d, 'body')['x-ms-dynamic-schema'] = { operationId: 'List' } }],
    ['UnrecognizedTypeFormat', (d) => { at(d, 'kind').format = 'hostname' }],
    ['DefaultValueMustMatchType', (d) => { at(d, 'kind').default = 1 }],
    ['InvalidEnumValue', (d) => { at(d, 'kind').enum = [1] }],
    ['EnumMustContainAtLeastOneElement', (d) => { at(d, 'kind').enum = [] }],
    ['EnumValuesNotValid', (d) => { at(d, 'kind')['x-ms-enum-values'] = [{ value: 'z', displayName: 'Z' }] }],
    ['ArrayHasNoItems', (d) => { delete at(d, 'list').items }],
    ['JsonTypeIncorrect', (d) => { body(d).properties.topic.exclusiveMinimum = 1 }],
    ['RangeNotValid', (d) => { Object.assign(body(d).properties.topic, { minLength: 2, maxLength: 1 }) }],
    ['PatternNotValid', (d) => { body(d).properties.topic.pattern = '(' }],
    ['RequiredPropertyArrayEmpty', (d) => { body(d).required = [] }],
    ['RequiredPropertyDefinitionMissing', (d) => { body(d).required.push('nothing') }],
    ['RequiredPropertyNotOnObject', (d) => { body(d).properties.topic.required = ['x'] }],
    ['RequiredReadOnlyPropertyNotAllowedAsInput', (d) => { d.definitions.Thing.properties.kind.readOnly = true }],
    ['DiscriminatorMustBeARequiredStringProperty', (d) => { d.definitions.Thing.discriminator = 'when' }],
    ['InvalidStringBinaryProperty', (d) => { body(d).properties.topic.format = 'binary' }],
    ['SchemaTypeFileNotValid', (d) => { body(d).properties.topic.type = 'file' }],
    ['SchemaRefLoopNotAllowed', (d) => { d.definitions.Alias = { $ref: '#/definitions/Thing' } }],
    ['RequiredLoopInSchemaNotAllowed', (d) => { d.definitions.Thing.required.push('up') }],
    ['TotalSchemaCountExceedsMaxAllowed', (d) => { for (let i = 0; i < 512; i++) d.definitions[`S${i}`] = {} }],
    ['OperationIdNotFound', (d) => { body(d).properties.topic['x-ms-dynamic-values'].operationId = 'Nothing' }],
    ['OperationParameterNameNotFound', (d) => { body(d).properties.topic['x-ms-dynamic-values'].parameters = { nothing: 1 } }],
    ['OperationMissingRequiredProperty', (d) => { list(d).parameters[0].required = true }],
    ['InvalidNextLinkNameValue', (d) => { list(d)['x-ms-pageable'].nextLinkName = 'next' }],
    ['NotificationUrlNotValid', (d) => { delete on(d).parameters[0].required }],
    ['NotificationUrlNotValid', (d) => { delete on(d).parameters[0].schema.required }],
    ['WebhookOperationsMissingNotificationUrlProperty', (d) => { on(d).parameters = [] }],
    ['OperationMustHaveNotificationContentExtension', (d) => { delete d.paths['/hooks']['x-ms-notification-content'] }],
  ]
  for (const [rule, mutate] of ROWS) {
    test(`finds ${rule}`, () => {
      const document = structuredClone(base)
      mutate(document)
      const found = faultsOf(document).map((fault) => fault.rule)
      assert.ok(found.includes(rule), `found ${found.join(', ') || 'nothing'}`)
    })
  }
})
