// SPDX-License-Identifier: MIT
// The use of a connection as series for pictures: one value a bucket, also where nothing happened.
import type { Schema } from '../api';

export type Bucket = Schema<'UsageHistory'>[number];
export type LimitNow = Schema<'LimitNow'>;

/** A stretch of time, cut into buckets. */
export interface Span {
    name: 'hour' | 'day';
    title: string;
    unit_ms: number;
    count: number;
}
export const SPANS: Span[] = [
    { name: 'hour', title: 'Last hour', unit_ms: 60_000, count: 60 },
    { name: 'day', title: 'Last day', unit_ms: 900_000, count: 96 },
];

export interface Point {
    at_ms: number;
    /** All of them. */
    calls: number;
    /** Answered 429, by Tenon or by the service. */
    held: number;
    errors: number;
    p50_ms: number | null;
    p95_ms: number | null;
}

function pointOf(at_ms: number, bucket: Partial<Bucket>): Point {
    return {
        at_ms,
        calls: bucket.calls ?? 0,
        held: (bucket.throttled ?? 0) + (bucket.upstream_429 ?? 0),
        errors: bucket.errors ?? 0,
        p50_ms: bucket.p50_ms ?? null,
        p95_ms: bucket.p95_ms ?? null,
    };
}

/** Every bucket of the span that ends now, the oldest first. */
export function pointsOf(buckets: Bucket[], { unit_ms, count }: Span, now_ms: number): Point[] {
    const told = new Map(buckets.map((bucket) => [Date.parse(bucket.at), bucket]));
    const last = Math.floor(now_ms / unit_ms) * unit_ms;
    return Array.from({ length: count }, (_, i) => {
        const at_ms = last - (count - 1 - i) * unit_ms;
        return pointOf(at_ms, told.get(at_ms) ?? {});
    });
}

export function sum(points: Point[], of: 'calls' | 'held' | 'errors'): number {
    return points.reduce((total, point) => total + point[of], 0);
}

/** 0.0421 ms: `0.04 ms`; 41.2: `41 ms`; 1830: `1.8 s`. */
export function took(ms: number): string {
    if (ms < 0.005) return '< 0.01 ms';
    if (ms < 1) return `${ms.toFixed(2)} ms`;
    if (ms < 10) return `${ms.toFixed(1)} ms`;
    if (ms < 1000) return `${Math.round(ms)} ms`;
    return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}

/** 14:05 */
export function clock(at_ms: number): string {
    return new Date(at_ms).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
}
