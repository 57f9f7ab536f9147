// SPDX-License-Identifier: MIT
// From an action's inputs to the request that a caller would send, and to the same as a command.
import type { Call } from '../api';
import type { Schema } from '../api';
import { curlCommand } from '../command';
import { MASK } from './mask';

type Action = Schema<'Action'>;
type Input = Action['input'][number];
export type Values = Record<string, unknown>;

const SEPARATORS = { csv: ',', ssv: ' ', tsv: '\t', pipes: '|', multi: ',' };

function given(action: Action, values: Values, ...places: Input['in'][]): [Input, unknown][] {
    return action.input
        .filter((one) => places.includes(one.in) && values[one.name] !== undefined)
        .map((one) => [one, values[one.name]]);
}

function plainOf(value: unknown): string {
    return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function textOf(input: Input, value: unknown): string {
    return Array.isArray(value) ? value.map(plainOf).join(SEPARATORS[input.collectionFormat ?? 'csv']) : plainOf(value);
}

function pathOf(action: Action, values: Values): string {
    return action.path.replace(/\{([^}]+)\}/g, (_, name: string) => {
        const input = action.input.find((one) => one.in === 'path' && one.name === name);
        return input && values[name] !== undefined ? encodeURIComponent(textOf(input, values[name])) : '';
    });
}

function queryOf(action: Action, values: Values): string {
    const query = new URLSearchParams();
    for (const [input, value] of given(action, values, 'query')) {
        if (Array.isArray(value) && input.collectionFormat === 'multi') value.forEach((one) => query.append(input.name, plainOf(one)));
        else query.append(input.name, textOf(input, value));
    }
    return query.size ? `?${query}` : '';
}

function bodyOf(action: Action, values: Values): Pick<Call, 'body'> & { type?: string } {
    const [whole] = given(action, values, 'body');
    if (whole) {
        const type = action.input_type ?? 'application/json';
        const isText = typeof whole[1] === 'string' && !/json/.test(type);
        return { type, body: isText ? (whole[1] as string) : JSON.stringify(whole[1]) };
    }
    const members = given(action, values, 'json', 'form');
    const takesOne = action.input.some((one) => one.in === 'json' || one.in === 'form');
    if (!takesOne) return {};
    return { type: 'application/json', body: JSON.stringify(Object.fromEntries(members.map(([{ name }, value]) => [name, value]))) };
}

export interface Where {
    connector: string;
    connection: string;
}

export function callOf(action: Action, { connector, connection }: Where, values: Values, isFresh: boolean): Call {
    const { type, body } = bodyOf(action, values);
    const headers: Record<string, string> = {};
    for (const [input, value] of given(action, values, 'header')) headers[input.name] = textOf(input, value);
    if (type) headers['Content-Type'] = type;
    if (isFresh) headers['Cache-Control'] = 'no-cache';
    const address = `/${connector}/${connection}${pathOf(action, values)}${queryOf(action, values)}`;
    return { method: action.method, address, headers, ...(body !== undefined && { body }) };
}

/** Where an answer tells its next page by an address of this host (docs/CONNECTORS.md, next_link): the call of it. */
export function nextPageOf(answer: unknown, { connector, connection }: Where): Call | undefined {
    if (typeof answer === 'object' && answer !== null) {
        for (const one of Object.values(answer)) {
            const found = nextPageOf(one, { connector, connection });
            if (found) return found;
        }
    }
    if (typeof answer !== 'string') return undefined;
    const [, address] = /^https?:\/\/[^/]+\/(?:v1\/try|run)(\/[^?]+\?tenon_next=[\w.~-]+)$/.exec(answer) ?? [];
    return address?.startsWith(`/${connector}/${connection}/`) ? { method: 'GET', address, headers: {} } : undefined;
}

/** What a caller with a key would type. */
export function curlOf(call: Call, host: string): string {
    return curlCommand(call.method, `${host}/run${call.address}`, call.headers, call.body);
}

/** The values with every secret one masked, for showing. */
export function masked(action: Action, values: Values): Values {
    const shown = { ...values };
    for (const { name, secret } of action.input) if (secret && shown[name] !== undefined) shown[name] = MASK;
    return shown;
}
