// SPDX-License-Identifier: MIT
// The limits of a connection as they stand this very moment: how full each window is, and how it drains from now on. The host
// tells how many calls leave in each sixtieth of the window; between two answers the picture goes on by itself.
import { useEffect, useRef, useState } from 'preact/hooks';
import { api } from '../api';
import { limitText } from '../connectors/model';
import { useLoad } from '../load';
import { Show } from '../parts/empty';
import { Panel } from '../parts/panel';
import { duration } from '../parts/when';
import type { LimitNow } from './model';

const ASK_MS = 2_000;
const FRAME_MS = 250;
const SLICES = 60;

interface Told {
    limits: LimitNow[];
    paused_for?: number;
    /** When it was so, by the clock of this page. */
    told_ms: number;
}

export function Windows({ connection }: { connection: string }) {
    const now = useLoad<Told>(
        async (signal, background) => ({
            ...(await api.get('/v1/connections/{connection}/limits', { path: { connection }, signal, background })),
            told_ms: Date.now(),
        }),
        [connection],
    );
    const now_ms = useNow(now.reload);
    return (
        <Panel title="Limits">
            <Show of={now}>
                {({ limits, told_ms }) =>
                    limits.length ? (
                        <ul class="stack">
                            {limits.map((limit) => (
                                <li key={`${limit.action}/${limit.name}/${limit.key}`}>
                                    <Window limit={limit} since_ms={Math.max(0, now_ms - told_ms)} />
                                </li>
                            ))}
                        </ul>
                    ) : (
                        <p class="soft">The connector sets no limit for calls.</p>
                    )
                }
            </Show>
        </Panel>
    );
}

/** The time, a few times a second, while somebody can see it; every so often the host is asked again. */
function useNow(reload: () => void): number {
    const [now_ms, show] = useState(Date.now());
    useEffect(() => {
        let asked_ms = Date.now();
        const timer = setInterval(() => {
            if (document.hidden) return;
            if (Date.now() - asked_ms >= ASK_MS) {
                asked_ms = Date.now();
                reload();
            }
            show(Date.now());
        }, FRAME_MS);
        return () => clearInterval(timer);
    }, [reload]);
    return now_ms;
}

/** How many calls are still in the window so long after it was told. */
export function usedAfter({ used, leaving = [], per_ms }: LimitNow, after_ms: number): number {
    const slice_ms = per_ms / SLICES;
    return leaving.reduce((left, count, i) => left - (after_ms >= (i + 1) * slice_ms ? count : 0), used);
}

function Window({ limit, since_ms }: { limit: LimitNow; since_ms: number }) {
    const used = usedAfter(limit, since_ms);
    const seen = useSeen(used, limit.per_ms);
    const left = limit.calls - used;
    const tone = left <= 0 ? 'bad' : left < limit.calls / 5 ? 'warn' : 'good';
    return (
        <div class={`window ${tone}`}>
            <p class="row">
                <strong>{limit.name}</strong>
                <span class="soft">
                    {limitText(limit)}
                    {limit.action && ` of ${limit.action}`}
                    {limit.scope !== 'connection' && `, counted by ${limit.scope}`}
                </span>
            </p>
            <p class="window-figure">
                <b>{used.toLocaleString('en')}</b> of {limit.calls.toLocaleString('en')} used
            </p>
            <Picture limit={limit} since_ms={since_ms} used={used} seen={seen} />
            <p class="ends" aria-hidden="true">
                <span>{duration(limit.per_ms)} ago</span>
                <span>now</span>
                <span>in {duration(limit.per_ms)}</span>
            </p>
            <p class="small soft">{next(limit, since_ms, used)}</p>
        </div>
    );
}

interface Sample {
    at_ms: number;
    used: number;
}

/** How full it was at the moments when that changed, for as long as the picture goes back. */
function useSeen(used: number, per_ms: number): Sample[] {
    const seen = useRef<Sample[]>([]);
    const last = seen.current.at(-1);
    if (!last || last.used !== used) {
        const now_ms = Date.now();
        /* The one before the picture's left end still tells what was there. */
        const from = Math.max(0, seen.current.findIndex(({ at_ms }) => at_ms > now_ms - per_ms) - 1);
        seen.current = [...seen.current.slice(from), { at_ms: now_ms, used }];
    }
    return seen.current;
}

/** From so long after it was told on: when calls leave, and how many are left then. */
function leavings({ leaving = [], per_ms }: LimitNow, since_ms: number, used: number): { after_ms: number; left: number }[] {
    const slice_ms = per_ms / SLICES;
    let left = used;
    return leaving.flatMap((count, i) => {
        const after_ms = (i + 1) * slice_ms - since_ms;
        if (!count || after_ms <= 0) return [];
        left -= count;
        return [{ after_ms, left }];
    });
}

function next(limit: LimitNow, since_ms: number, used: number): string {
    const steps = leavings(limit, since_ms, used);
    if (used <= 0 || !steps.length) return 'The window is empty: all of its calls are let through.';
    const seconds = (ms: number) => duration(Math.ceil(ms / 1000) * 1000).replace(' ', '\u00a0');
    const first = seconds(steps[0]!.after_ms);
    const last = seconds(steps.at(-1)!.after_ms);
    if (used >= limit.calls) return `It is full. The next call is let through in ${first}; it is empty in ${last}.`;
    return `The oldest call leaves in ${first}; without more calls it is empty in ${last}.`;
}

const WIDTH = 1200;
const HEIGHT = 56;

/* What was, as far as it was seen from here, to the left of now; to the right how it drains without more calls. */
function Picture({ limit, since_ms, used, seen }: { limit: LimitNow; since_ms: number; used: number; seen: Sample[] }) {
    const most = Math.max(limit.calls, used);
    const x = (after_ms: number) => ((after_ms / limit.per_ms + 1) * WIDTH) / 2;
    const y = (value: number) => HEIGHT - (value / most) * (HEIGHT - 3);
    const now_ms = Date.now();
    const past = seen.map(({ at_ms, used: then }) => [x(Math.max(at_ms - now_ms, -limit.per_ms)), y(then)] as const);
    const future = leavings(limit, since_ms, used).map(({ after_ms, left }) => [x(after_ms), y(left)] as const);
    const now = [x(0), y(used)] as const;
    return (
        <svg class="drain" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true" focusable="false">
            <rect width={WIDTH} height={HEIGHT} class="ground" />
            <path class="past" d={area([...past, now])} />
            <path class="future" d={area([now, ...future])} />
            <path class="now" d={`M${x(0)} 0V${HEIGHT}`} />
        </svg>
    );
}

/** A staircase from point to point, and down to the ground. */
function area(points: (readonly [number, number])[]): string {
    const [first] = points;
    if (!first) return '';
    const stairs = points.slice(1).map(([x, y]) => `H${x.toFixed(1)}V${y.toFixed(2)}`);
    return `M${first[0].toFixed(1)} ${HEIGHT}V${first[1].toFixed(2)}${stairs.join('')}V${HEIGHT}Z`;
}
