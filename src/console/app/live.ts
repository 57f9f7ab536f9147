// SPDX-License-Identifier: MIT
// What happens at the host while a page is open: one stream (/v1/events) for all who listen, closed with the last of them.
import { useEffect, useRef } from 'preact/hooks';
import type { Schema } from './api';
import { EVENT_TYPES } from './event_types';
import { openStream } from './stream';

export type LiveEvent = Schema<'Event'>;
type Listener = (event: LiveEvent) => void;

const listeners = new Set<Listener>();
/* Told when something may have been missed: what they know may be older than the stream. */
const missing = new Set<() => void>();
let close: (() => void) | undefined;

function listen(source: EventSource): void {
    const tell = (message: MessageEvent<string>) => {
        const event: LiveEvent = JSON.parse(message.data);
        listeners.forEach((listener) => listener(event));
    };
    const tellMissing = () => missing.forEach((reload) => reload());
    source.onopen = tellMissing;
    source.addEventListener('gap', tellMissing);
    for (const type of EVENT_TYPES) source.addEventListener(type, tell);
}

/** Calls `listener` for each event while the component is there. */
export function useLive(listener: Listener): void {
    const latest = useRef(listener);
    latest.current = listener;
    useEffect(() => {
        const tell: Listener = (event) => latest.current(event);
        listeners.add(tell);
        close ??= openStream('v1/events', listen);
        return () => {
            listeners.delete(tell);
            if (listeners.size) return;
            close?.();
            close = undefined;
        };
    }, []);
}

/** Reloads what a page shows when one of these events comes. */
export function useLiveReload(concerns: (event: LiveEvent) => boolean, reload: () => void): void {
    useEffect(() => {
        missing.add(reload);
        return () => void missing.delete(reload);
    }, [reload]);
    useLive((event) => concerns(event) && reload());
}

/** The connection that an event is about. */
export function connectionOf({ data }: LiveEvent): string | undefined {
    return (data as { connection?: string }).connection;
}

export function connectorOf({ data }: LiveEvent): string | undefined {
    return (data as { connector?: string }).connector;
}
