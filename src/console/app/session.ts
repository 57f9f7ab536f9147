// SPDX-License-Identifier: MIT
// Who is signed in. The cookie is the host's affair; here is what the key may do, and the token that every change shows.
import { useEffect, useState } from 'preact/hooks';
import { Problem, setSession } from './api';

export interface Session {
    /** Of the key; `env` is the one of the configuration. */
    key_id: string;
    role: 'admin' | 'caller';
    /** Of a caller's key: the connections that it is bound to. */
    connections: string[];
    rights: string[];
    csrf: string;
    idle_seconds?: number;
}

/** undefined: not known yet; null: nobody. */
let current: Session | null | undefined;
/** The one before that the host ended. */
let before: Session | undefined;
let ended = false;
const listeners = new Set<() => void>();

function change(next: Session | null): void {
    current = next;
    setSession({ csrf: next?.csrf ?? '', onEnd: end, renew });
    listeners.forEach((tell) => tell());
}

/** Told by the host. What was under way while somebody signed out tells nothing new. */
function end(): void {
    if (!current) return;
    ended = true;
    before = current;
    change(null);
}

/** Another tab may have signed out and in again; true: by the same key. */
async function renew(): Promise<boolean> {
    const key = current?.key_id;
    try {
        change(await ask('GET'));
    } catch {
        return false;
    }
    return current?.key_id === key;
}

async function ask(method: string, body?: unknown): Promise<Session & { key?: string }> {
    const answer = await fetch('v1/session', {
        method,
        headers: { ...(body ? { 'Content-Type': 'application/json' } : {}), 'X-Tenon-CSRF': current?.csrf ?? '' },
        body: body ? JSON.stringify(body) : null,
    });
    const told = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Problem(answer.status, told, Number(answer.headers.get('Retry-After')) || undefined);
    return told;
}

/** Takes up the session of the cookie, if there is one. */
export async function resume(): Promise<void> {
    try {
        change(await ask('GET'));
    } catch {
        change(null);
    }
}

export async function signIn(key: string): Promise<void> {
    ended = false;
    change(await ask('POST', { key }));
}

export interface FirstKey {
    key: string;
    /** Goes on to the console, where the key is not shown any more. */
    enter: () => void;
}

/** By the code of the set-up link, which makes the first admin's key. */
export async function setUp(code: string): Promise<FirstKey> {
    const { key, ...session } = await ask('POST', { setup: code });
    return { key: key!, enter: () => change(session) };
}

/** A session that the host does not know any more is over as well. */
export async function signOut(): Promise<void> {
    await ask('DELETE').catch((problem: Problem) => {
        if (problem.status !== 401) throw problem;
    });
    ended = false;
    change(null);
}

/** The host ended it, and nobody here. */
export function wasEnded(): boolean {
    return ended;
}

/** Whose pages there are. Where the host ended the session they stay as they are, out of sight, for whoever signs in with the same key
 * again: what was typed is not lost. */
export function ofPages(): Session | undefined {
    return current ?? (ended ? before : undefined);
}

/** Of the key that one is signed in with. */
export function ownKeyId(): string | undefined {
    return ofPages()?.key_id;
}

export function useSession(): Session | null | undefined {
    const [session, show] = useState(current);
    useEffect(() => {
        const tell = () => show(current);
        listeners.add(tell);
        tell();
        return () => void listeners.delete(tell);
    }, []);
    return session;
}

export function isAdmin(): boolean {
    return ofPages()?.role === 'admin';
}
