// SPDX-License-Identifier: MIT
// What a page shows while it asks the host, and afterwards.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { Problem } from './api';

export interface Loaded<T> {
    /** Stays while it is asked for again. */
    data?: T;
    problem?: Problem;
    reload: () => void;
}

export function asProblem(fault: unknown): Problem {
    if (fault instanceof Problem) return fault;
    return new Problem(0, { title: 'The console met an error of its own', detail: String(fault) });
}

/* All that is asked for is JSON. What did not change stays the same object, so that nothing that depends on it is asked for anew. */
function isSame(one: unknown, other: unknown): boolean {
    return one !== undefined && JSON.stringify(one) === JSON.stringify(other);
}

/** Asks at first, and again where one of `by` changes or reload is called; then in the background, as it is after something that
 * happened. What is under way ends first: on a busy host it would never come to an end. */
export function useLoad<T>(ask: (signal: AbortSignal, background: boolean) => Promise<T>, by: unknown[]): Loaded<T> {
    const [state, show] = useState<{ data?: T; problem?: Problem }>({});
    const [round, setRound] = useState(0);
    const known = useRef(by);
    const asking = useRef({ isUnderWay: false, isWanted: false });
    useEffect(() => {
        const stop = new AbortController();
        asking.current = { isUnderWay: true, isWanted: false };
        const settle = (change: (before: { data?: T; problem?: Problem }) => { data?: T; problem?: Problem }) => {
            if (stop.signal.aborted) return;
            show(change);
            const { isWanted } = asking.current;
            asking.current = { isUnderWay: false, isWanted: false };
            if (isWanted) setRound((n) => n + 1);
        };
        if (known.current !== by && known.current.some((value, i) => value !== by[i])) show({});
        known.current = by;
        ask(stop.signal, round > 0).then(
            (data) => settle((before) => ({ data: isSame(before.data, data) ? before.data! : data })),
            (fault) => settle((before) => ({ ...before, problem: asProblem(fault) })),
        );
        return () => stop.abort();
    }, [...by, round]);
    const reload = useCallback(() => {
        if (asking.current.isUnderWay) asking.current.isWanted = true;
        else setRound((n) => n + 1);
    }, []);
    return { ...state, reload };
}

/** Asks again every so often, while somebody can see it. */
export function useEvery(ms: number, reload: () => void): void {
    useEffect(() => {
        const timer = setInterval(() => document.hidden || reload(), ms);
        return () => clearInterval(timer);
    }, [ms, reload]);
}

export interface Doing {
    busy: boolean;
    problem?: Problem;
    clear: () => void;
    /** Runs it unless it runs already; true: it went well. */
    run: (what: () => Promise<unknown>) => Promise<boolean>;
}

/** For a button: one attempt at a time, and what came of the last. */
export function useDoing(): Doing {
    const [state, show] = useState<{ busy: boolean; problem?: Problem }>({ busy: false });
    const running = useRef(false);
    const run = useCallback(async (what: () => Promise<unknown>) => {
        if (running.current) return false;
        running.current = true;
        show({ busy: true });
        try {
            await what();
            show({ busy: false });
            return true;
        } catch (fault) {
            show({ busy: false, problem: asProblem(fault) });
            return false;
        } finally {
            running.current = false;
        }
    }, []);
    return { ...state, run, clear: () => show({ busy: false }) };
}
