// SPDX-License-Identifier: MIT
import type { ComponentChildren } from 'preact';
import type { Schema } from '../api';

export type Tone = 'good' | 'bad' | 'warn' | 'info' | 'plain';

export function Badge({ tone = 'plain', children }: { tone?: Tone; children: ComponentChildren }) {
    return <span class={`badge ${tone}`}>{children}</span>;
}

type State = Schema<'Connection'>['state'];
const STATES: Record<State, [Tone, string]> = {
    ready: ['good', 'Ready'],
    sign_in: ['info', 'Sign-in needed'],
    rejected: ['bad', 'Rejected'],
    review: ['warn', 'To be reviewed'],
    incomplete: ['warn', 'Incomplete'],
};

/** How a connection is; `paused`: it is ready, but nothing is sent for a while. */
export function StateBadge({ state, paused }: { state: State; paused?: boolean }) {
    const [tone, text] = paused && state === 'ready' ? (['warn', 'Paused'] as const) : STATES[state];
    return <Badge tone={tone}>{text}</Badge>;
}
