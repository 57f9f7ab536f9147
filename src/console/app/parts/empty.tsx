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

/** A part of the console itself that did not come: a host of another version has other files. */
export function NotLoaded() {
    return (
        <Empty title="This page could not be loaded">
            <p>The host may have been updated meanwhile. <a href="./">Reload the console</a></p>
        </Empty>
    );
}

export function Waiting() {
    return <p class="waiting" role="status">Loading…</p>;
}

/** The data when it is there; until then that it is waited for, or why it did not come. Data that cannot be refreshed stays, and it is
 * said; what is gone, goes. */
export function Show<T>({ of: { data, problem, reload }, children }: { of: Loaded<T>; children: (data: T) => ComponentChildren }) {
    const isThere = data !== undefined && problem?.status !== 404;
    if (!isThere && !problem) return <Waiting />;
    return (
        <>
            {problem && <Fault problem={problem} onRetry={reload} />}
            {isThere && children(data)}
        </>
    );
}
