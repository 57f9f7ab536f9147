// SPDX-License-Identifier: MIT
// Calls and events as they come. To listen to calls costs them their shortest way in the host, so that only this page does, and
// only as long as it is not paused.
import { useEffect, useState } from 'preact/hooks';
import { api, type Problem } from '../api';
import { EVENT_TYPES } from '../event_types';
import { asProblem } from '../load';
import { openStream } from '../stream';
import { ofCall, ofDone, ofEvent, type Entry, type LiveEvent } from './model';

const KEPT_MAX = 1000;
const BEFORE = 200; /* of calls and of events, to begin with */
const SHOW_MS = 200; /* a busy host tells of hundreds a second */

/* Each failed call is told as done, too. */
const TOLD = EVENT_TYPES.filter((type) => type !== 'call.failed');
const KINDS = [...new Set(TOLD.map((type) => type.replace(/\..*/, '.*'))), 'call.done'];

export interface Activity {
    /** The newest first; undefined: not known yet. */
    entries?: Entry[];
    problem?: Problem;
    /** The stream stands. */
    isLive: boolean;
}

/** The newest first, each once, and not too many. */
export function merge(known: Entry[], more: Entry[]): Entry[] {
    const all = new Map(known.map((entry) => [entry.id, entry]));
    for (const entry of more) all.set(entry.id, entry.call && all.get(entry.id)?.call ? all.get(entry.id)! : entry);
    return [...all.values()].sort((a, b) => b.at_ms - a.at_ms || (a.id < b.id ? 1 : -1)).slice(0, KEPT_MAX);
}

async function before(connection: string | undefined, signal: AbortSignal): Promise<Entry[]> {
    const query = { limit: BEFORE, connection };
    const [{ calls }, { events }] = await Promise.all([api.get('/v1/calls', { query, signal }), api.get('/v1/events', { query, signal })]);
    return [...calls.map(ofCall), ...events.filter(({ type }) => !type.startsWith('call.')).map(ofEvent)];
}

function listen(connection: string | undefined, onEntry: (entry: Entry) => void, onLive: (isLive: boolean) => void): () => void {
    const query = new URLSearchParams({ type: KINDS.join(','), ...(connection && { connection }) });
    return openStream(`v1/events?${query}`, (source) => {
        const on = (type: string, read: (event: LiveEvent) => Entry) =>
            source.addEventListener(type, (message) => onEntry(read(JSON.parse((message as MessageEvent<string>).data))));
        on('call.done', ofDone);
        TOLD.forEach((type) => on(type, ofEvent));
        source.onopen = () => onLive(true);
        source.onerror = () => onLive(false);
    });
}

export function useActivity(connection: string | undefined, isPaused: boolean): Activity {
    const [state, show] = useState<Activity>({ isLive: false });
    useEffect(() => show({ isLive: false }), [connection]);
    useEffect(() => {
        if (isPaused) return;
        const stop = new AbortController();
        const add = (more: Entry[]) => show((old) => ({ isLive: old.isLive, entries: merge(old.entries ?? [], more) }));
        let waiting: Entry[] = [];
        const timer = setInterval(() => {
            if (waiting.length) add(waiting);
            waiting = [];
        }, SHOW_MS);
        const lookBack = () =>
            before(connection, stop.signal).then(add, (fault) => stop.signal.aborted || show((old) => ({ ...old, problem: asProblem(fault) })));
        const onLive = (isLive: boolean) => {
            show((old) => ({ ...old, isLive }));
            if (isLive) void lookBack(); /* what came before it stood, this time or the last */
        };
        const close = listen(connection, (entry) => waiting.push(entry), onLive);
        void lookBack();
        return () => {
            stop.abort();
            clearInterval(timer);
            close();
            show((old) => ({ ...old, isLive: false }));
        };
    }, [connection, isPaused]);
    return state;
}
