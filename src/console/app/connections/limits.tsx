// SPDX-License-Identifier: MIT
// How far a limit is used up.
import { limitText } from '../connectors/model';
import type { LimitNow } from './model';

/** In a table: figures, and a bar for the eye. */
export function LimitLeft({ limit }: { limit: LimitNow }) {
    return (
        <span class="limit-left" title={limitText(limit)}>
            <span class="number">{limit.left.toLocaleString('en')} of {limit.calls.toLocaleString('en')}</span>
            <Meter limit={limit} />
        </span>
    );
}

/* A meter's colour is the browser's; this one takes ours, and its text says the same. */
function Meter({ limit: { left, calls } }: { limit: LimitNow }) {
    const tone = left === 0 ? 'bad' : left < calls / 5 ? 'warn' : 'good';
    return (
        <svg class={`meter ${tone}`} viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">
            <rect width="100" height="6" class="ground" />
            <rect width={(left / calls) * 100} height="6" />
        </svg>
    );
}
