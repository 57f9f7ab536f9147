// SPDX-License-Identifier: MIT
// The steps of a call in words.
import type { Schema } from '../api';
import { took } from '../usage/model';
import type { Call } from './model';

export type Step = Schema<'CallStep'>;

const TITLES: Record<Step['step'], string> = {
    recognise: 'Recognised',
    identify: 'Key and connection',
    bind: 'Action and input',
    token: 'Token',
    admit: 'Limits',
    authorise: 'New token',
    prepare: 'Preparing request',
    send: 'Request to the service',
    pause: 'Pause',
    answer: 'Answer',
};

export function titleOf({ step }: Step): string {
    return TITLES[step];
}

const DONE: Record<Step['step'], string> = {
    recognise: 'The same bytes came before, so that key, connection and input were known.',
    identify: 'The key is valid and bound to the connection.',
    bind: 'The action was found, and its input fits.',
    token: '',
    admit: 'There was room in every limit.',
    authorise: '',
    prepare: '',
    send: '',
    pause: 'It waited before it was sent again.',
    answer: 'The answer went back to the caller.',
};
const FAILED: Partial<Record<Step['step'], string>> = {
    identify: 'The call ended here: no such connection for this key.',
    bind: 'The call ended here: no such action, or an input that does not fit.',
    token: 'The call ended here: the credentials are known to be refused.',
    admit: 'The call ended here: a limit is used up, or the service asked for a pause.',
    authorise: 'The call ended here: there was no token to be had.',
};
const RESULTS: Partial<Record<Step['result'], string>> = {
    cached: 'One was at hand.',
    missing: 'None was at hand.',
    fetched: 'It was fetched from the authorization server.',
    shared: 'Another call was fetching it, and this one waited along.',
};
/* Longer than that, and it was not the look at the limits. */
const WAITED_MS = 20;

function sayOfHost({ host, result, status, first_byte_ms: first }: Step): string {
    if (result === 'failed' && !status) return `${host ?? 'The service'} gave no answer.`;
    if (result === 'failed') return `${host} broke its answer off.`;
    return first ? `${host} began to answer after ${took(first)}.` : `${host} answered.`;
}

export function sayOf(step: Step, { code }: Call): string {
    if (step.host) return sayOfHost(step);
    if (step.result === 'failed') return `${FAILED[step.step] ?? 'The call ended here.'}${code ? ` (${code})` : ''}`;
    if (step.step === 'admit' && step.duration_ms > WAITED_MS) return 'It waited for its slot.';
    return RESULTS[step.result] ?? DONE[step.step];
}
