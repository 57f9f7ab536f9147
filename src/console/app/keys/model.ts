// SPDX-License-Identifier: MIT
import type { Schema } from '../api';

export type Key = Schema<'Key'>;
export type Right = Key['rights'][number];

const DAY_S = 86_400;
/** How long a key may live, in seconds; '': for good. */
export const LIVES = [
    { value: String(30 * DAY_S), title: '30 days' },
    { value: String(90 * DAY_S), title: '90 days' },
    { value: String(365 * DAY_S), title: 'A year' },
    { value: '', title: 'It does not expire' },
];

/** What a caller may do beside calling actions. */
export const RIGHTS: { name: Right; title: string; hint: string }[] = [
    { name: 'token', title: 'Read access tokens', hint: 'Of its connections, for programs that call the service themselves.' },
    { name: 'proxy', title: 'Call any path', hint: 'Of the service (/proxy), where the connector allows it.' },
    { name: 'metrics', title: 'Read metrics', hint: 'For Prometheus; of the whole host.' },
];

export function isOver({ expires_at }: Key, now_ms: number): boolean {
    return expires_at !== undefined && Date.parse(expires_at) <= now_ms;
}
