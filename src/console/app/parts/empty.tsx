// SPDX-License-Identifier: MIT
// What stands where there is nothing yet, and what stands while one waits.
import type { ComponentChildren } from 'preact';
import type { Loaded } from '../load';
import { Fault } from './fault';

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
    return (
        <div class="empty">
            <p class="empty-title">{title}</p>
            {children}
        </div>
    );
}

export function Waiting() {
    return <p class="waiting" role="status">Loading…</p>;
}

/** The data when it is there; until then that it is waited for, or why it did not come. */
export function Show<T>({ of, children }: { of: Loaded<T>; children: (data: T) => ComponentChildren }) {
    if (of.data !== undefined) return <>{children(of.data)}</>;
    if (of.problem) return <Fault problem={of.problem} onRetry={of.reload} />;
    return <Waiting />;
}
