// SPDX-License-Identifier: MIT
// Times and durations for people. The exact time is in the title, and in the element for programs.
import { useEffect, useState } from 'preact/hooks';

const STEPS: [number, Intl.RelativeTimeFormatUnit][] = [
    [60, 'second'],
    [60, 'minute'],
    [24, 'hour'],
    [30, 'day'],
    [12, 'month'],
    [Infinity, 'year'],
];
const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

export function relative(at_ms: number, now_ms: number): string {
    let value = (at_ms - now_ms) / 1000;
    if (Math.abs(value) < 5) return 'just now';
    for (const [size, unit] of STEPS) {
        if (Math.abs(value) < size) return words.format(Math.round(value), unit);
        value /= size;
    }
    return '';
}

/** 90000 ms: `90 s`; 3600000: `1 h`. */
export function duration(ms: number): string {
    if (ms < 1000) return `${Math.round(ms)} ms`;
    const s = ms / 1000;
    if (s < 120) return `${+s.toFixed(1)} s`;
    if (s < 7200) return `${+(s / 60).toFixed(1)} min`;
    if (s < 172800) return `${+(s / 3600).toFixed(1)} h`;
    return `${+(s / 86400).toFixed(1)} d`;
}

/** Goes on while it is shown: every second near now, else every half minute. */
export function When({ at }: { at: string }) {
    const at_ms = Date.parse(at);
    const [now, setNow] = useState(Date.now());
    const isNear = Math.abs(at_ms - now) < 120_000;
    useEffect(() => {
        const timer = setInterval(() => setNow(Date.now()), isNear ? 1000 : 30_000);
        return () => clearInterval(timer);
    }, [isNear]);
    return <time dateTime={at} title={new Date(at_ms).toLocaleString()}>{relative(at_ms, now)}</time>;
}
