// SPDX-License-Identifier: MIT
// A connector's OpenAPI document (3.1), as far as forms and samples need it: an action's inputs and answers as JSON Schemas.
import { api } from './api';

export interface JsonSchema {
    type?: string;
    title?: string;
    description?: string;
    format?: string;
    enum?: unknown[];
    const?: unknown;
    default?: unknown;
    example?: unknown;
    examples?: unknown[];
    minimum?: number;
    maximum?: number;
    minLength?: number;
    maxLength?: number;
    pattern?: string;
    items?: JsonSchema;
    properties?: Record<string, JsonSchema>;
    required?: string[];
    oneOf?: JsonSchema[];
    anyOf?: JsonSchema[];
    allOf?: JsonSchema[];
    additionalProperties?: JsonSchema | boolean;
    $ref?: string;
}
interface Media {
    schema?: JsonSchema;
    example?: unknown;
    examples?: Record<string, { value?: unknown }>;
}
interface Content {
    description?: string;
    content?: Record<string, Media>;
    $ref?: string;
}
interface Parameter {
    name: string;
    in: string;
    schema?: JsonSchema;
    $ref?: string;
}
interface RawOperation {
    operationId?: string;
    parameters?: Parameter[];
    requestBody?: Content;
    responses?: Record<string, Content>;
}
export interface OpenApiDocument {
    paths: Record<string, Record<string, RawOperation>>;
}

export interface Answer {
    status: string;
    description: string;
    type?: string;
    schema?: JsonSchema;
    example?: unknown;
}
export interface Operation {
    /** By its name on the wire; those of a body are its properties. */
    inputs: Map<string, JsonSchema>;
    /** The whole body, where it is one input. */
    body?: JsonSchema;
    answers: Answer[];
}

const DEPTH_MAX = 12;
const SCHEMAS_MAX = 3000; /* of an input or an answer, written out: beyond, nobody would find a way through its form */

export async function loadDocument(connector: string, signal?: AbortSignal): Promise<OpenApiDocument> {
    const where = { path: { connector }, query: { version: '3.1' }, ...(signal && { signal }) };
    const document = await api.get('/v1/connectors/{connector}/openapi.json', where);
    return document as unknown as OpenApiDocument;
}

function follow<T extends { $ref?: string }>(document: OpenApiDocument, node: T): T {
    let found: unknown = node;
    for (let i = 0; i < DEPTH_MAX && (found as T)?.$ref?.startsWith('#/'); i++) {
        const names = (found as T).$ref!.slice(2).split('/').map((name) => name.replace(/~1/g, '/').replace(/~0/g, '~'));
        found = names.reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], document);
    }
    return (found ?? {}) as T;
}

/** Where a schema stands: in which ones, by their references; and how many more may be written out. */
interface Writing {
    document: OpenApiDocument;
    within: string[];
    depth: number;
    left: { schemas: number };
}

/** What a schema says without its members. */
function head({ type, title, description }: JsonSchema): JsonSchema {
    return { ...(type && { type }), ...(title && { title }), ...(description && { description }) };
}

/** The schema with every reference in it replaced by what it leads to. Within itself it is told by its head alone: written out each time,
 * a few members of its own kind are more than a browser holds. */
function writeOut(schema: JsonSchema, at: Writing): JsonSchema {
    const { document, within, depth, left } = at;
    const found = { ...follow(document, schema) };
    const isWithin = schema.$ref !== undefined && within.includes(schema.$ref);
    if (isWithin || depth > DEPTH_MAX || left.schemas-- <= 0) return head(found);
    const next = { document, within: schema.$ref ? [...within, schema.$ref] : within, depth: depth + 1, left };
    const deeper = (one: JsonSchema) => writeOut(one, next);
    if (found.items) found.items = deeper(found.items);
    if (found.properties) {
        found.properties = Object.fromEntries(Object.entries(found.properties).map(([name, one]) => [name, deeper(one)]));
    }
    for (const list of ['oneOf', 'anyOf', 'allOf'] as const) {
        if (found[list]) found[list] = found[list].map(deeper);
    }
    return found;
}

function resolve(document: OpenApiDocument, schema: JsonSchema | undefined): JsonSchema {
    return schema ? writeOut(schema, { document, within: [], depth: 0, left: { schemas: SCHEMAS_MAX } }) : {};
}

function answerOf(document: OpenApiDocument, status: string, raw: Content): Answer {
    const { description = '', content = {} } = follow(document, raw);
    const [type, media] = Object.entries(content)[0] ?? [];
    const example = media?.example ?? Object.values(media?.examples ?? {})[0]?.value;
    const answer: Answer = { status, description };
    if (type) answer.type = type;
    if (media?.schema) answer.schema = resolve(document, media.schema);
    if (example !== undefined) answer.example = example;
    return answer;
}

export function operationOf(document: OpenApiDocument, action: string): Operation | undefined {
    const all = Object.values(document.paths).flatMap((path) => Object.values(path));
    const raw = all.find((one) => one.operationId === action);
    if (!raw) return undefined;
    const inputs = new Map<string, JsonSchema>();
    for (const parameter of raw.parameters ?? []) {
        const { name, schema } = follow(document, parameter);
        inputs.set(name, resolve(document, schema));
    }
    const media = Object.values(follow<Content>(document, raw.requestBody ?? {}).content ?? {})[0];
    const body = media?.schema && resolve(document, media.schema);
    for (const [name, schema] of Object.entries(body?.properties ?? {})) inputs.set(name, schema);
    const answers = Object.entries(raw.responses ?? {}).map(([status, one]) => answerOf(document, status, one));
    return body ? { inputs, body, answers } : { inputs, answers };
}

/** A value that fits, as far as a schema tells one: to begin with, or to show. */
export function sampleOf(schema: JsonSchema | undefined, depth = 0): unknown {
    if (!schema || depth > DEPTH_MAX) return null;
    const told = schema.example ?? schema.examples?.[0] ?? schema.const ?? schema.default ?? schema.enum?.[0];
    if (told !== undefined) return told;
    const variant = schema.oneOf?.[0] ?? schema.anyOf?.[0];
    if (variant) return sampleOf(variant, depth + 1);
    if (schema.allOf) return Object.assign({}, ...schema.allOf.map((one) => sampleOf(one, depth + 1)));
    if (schema.properties || schema.type === 'object') {
        const names = Object.entries(schema.properties ?? {});
        return Object.fromEntries(names.map(([name, one]) => [name, sampleOf(one, depth + 1)]));
    }
    if (schema.type === 'array') return [sampleOf(schema.items, depth + 1)];
    if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 0;
    if (schema.type === 'boolean') return true;
    return schema.format === 'date' ? '2026-01-31' : schema.format === 'date-time' ? '2026-01-31T12:00:00Z' : 'text';
}
