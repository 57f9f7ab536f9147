// SPDX-License-Identifier: MIT
// What happened, as rows of one list: calls as they ended, and events.
import type { Schema } from '../api';
import type { EventType } from '../event_types';
import type { Tone } from '../parts/badge';

export type Call = Schema<'Call'>;
export type LiveEvent = Schema<'Event'>;

export interface Entry {
    /** Of a call its request id, of an event its own. */
    id: string;
    at_ms: number;
    call?: Call;
    event?: LiveEvent;
    connection?: string;
    key?: string;
    /** All that a search looks into, in lower case. */
    words: string;
}

/** What was asked for, or `-` where no action was met. */
export function actionOf({ action }: Call): string {
    return action ?? 'No action';
}

export function isHeldBack({ status }: Call): boolean {
    return status === 429;
}

export function isFailed({ status, whole }: Call): boolean {
    return !whole || (status >= 400 && status !== 429);
}

export function toneOf(call: Call): Tone {
    if (isFailed(call)) return 'bad';
    return isHeldBack(call) ? 'warn' : 'good';
}

const words = (...parts: (string | number | undefined)[]) => parts.filter((part) => part !== undefined).join(' ').toLowerCase();

export function ofCall(call: Call): Entry {
    return {
        id: call.request,
        at_ms: Date.parse(call.at),
        call,
        connection: call.connection,
        key: call.key,
        words: words(call.request, call.connector, call.connection, call.action, call.key, call.status, call.code, call.trace),
    };
}

type Data = Record<string, string | number | undefined>;

/** The live stream tells of a call when it has ended; its trace knows the rest. */
export function ofDone(event: LiveEvent): Entry {
    const data = event.data as Data;
    const took = Number(data.duration_ms ?? 0);
    return ofCall({
        request: String(data.request),
        at: new Date(Date.parse(event.timestamp) - took).toISOString(),
        connector: data.connector as string | undefined,
        connection: data.connection as string | undefined,
        action: data.action as string | undefined,
        key: data.key as string | undefined,
        status: Number(data.status),
        code: data.code as string | undefined,
        whole: true,
        duration_ms: took,
        upstream_ms: 0,
        bytes: 0,
    } as Call);
}

export function ofEvent(event: LiveEvent): Entry {
    const data = event.data as Data;
    return {
        id: event.id,
        at_ms: Date.parse(event.timestamp),
        event,
        connection: data.connection as string | undefined,
        key: data.key as string | undefined,
        words: words(event.type, ...Object.values(data)),
    };
}

/** An event in a sentence, and how good that is. */
export function sentenceOf({ type, data }: LiveEvent): [string, Tone] {
    const told = data as Data;
    const because = told.detail ? `: ${told.detail}` : '';
    const by = told.by ? ` by ${told.by}` : '';
    const kind = String(told.kind ?? 'token').replace('_', ' ');
    const sentences: Record<Exclude<EventType, 'call.failed'>, [string, Tone]> = {
        'connection.created': [`Connection made${by}`, 'info'],
        'connection.changed': [`Connection changed${by}`, 'info'],
        'connection.reset': [`Connection reset${by}`, 'info'],
        'connection.removed': [`Connection removed${by}`, 'info'],
        'connection.state_changed': [`It is ${String(told.state).replace('_', ' ')} now${because}`, told.state === 'ready' ? 'good' : 'bad'],
        'token.refreshed': [`Token fetched from ${told.host}`, 'good'],
        'token.failed': [`No token from ${told.host}${because}`, 'bad'],
        'token.revoked': [`Its ${kind} was given back to the service`, 'good'],
        'token.not_revoked': [`Its ${kind} was not given back${because}`, 'bad'],
        'throttle.closed': ['The service asked for a pause', 'warn'],
        'throttle.opened': ['The pause is over', 'good'],
        'upstream.opened': [`${told.host} gives no answer and is let be for a while${because}`, 'bad'],
        'upstream.closed': [`${told.host} answers again`, 'good'],
        'definition.loaded': [`Definition of ${told.connector} is in service`, 'good'],
        'definition.refused': [`Definition of ${told.connector ?? told.file} has faults`, 'bad'],
        'definition.removed': [`Definition of ${told.connector} is gone`, 'info'],
        'key.created': [`Key made${by}`, 'info'],
        'key.revoked': [`Key revoked${by}`, 'info'],
        'webhook.dropped': [`A webhook missed an event${because}`, 'bad'],
        'webhook.off': [`A webhook was turned off${because}`, 'warn'],
    };
    return sentences[type as keyof typeof sentences] ?? [type, 'plain'];
}
