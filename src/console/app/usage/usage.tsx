// SPDX-License-Identifier: MIT
// How much a connection is called, and how long its calls take: pictures, and the same figures in words.
import { useState } from 'preact/hooks';
import { api } from '../api';
import { useEvery, useLoad } from '../load';
import { Show } from '../parts/empty';
import { Panel } from '../parts/panel';
import { Table } from '../parts/table';
import { Chart, type Series } from './chart';
import { clock, pointsOf, SPANS, sum, took, type Point, type Span } from './model';

const REFRESH_MS = 15_000;

export function Usage({ connection }: { connection: string }) {
    const usage = useLoad(
        (signal, background) => api.get('/v1/connections/{connection}/usage', { path: { connection }, signal, background }),
        [connection],
    );
    const [span, choose] = useState(SPANS[0]!);
    useEvery(REFRESH_MS, usage.reload);
    return (
        <Panel title="Use" beside={<SpanChoice span={span} onChoose={choose} />}>
            <Show of={usage}>{({ history }) => <Pictures points={pointsOf(history[span.name], span, Date.now())} span={span} />}</Show>
        </Panel>
    );
}

function SpanChoice({ span, onChoose }: { span: Span; onChoose: (span: Span) => void }) {
    return (
        <div class="chips" role="group" aria-label="Time">
            {SPANS.map((one) => (
                <button key={one.name} type="button" aria-pressed={one === span} onClick={() => onChoose(one)}>
                    {one.title}
                </button>
            ))}
        </div>
    );
}

function Pictures({ points, span }: { points: Point[]; span: Span }) {
    const calls = sum(points, 'calls');
    return (
        <>
            <Totals points={points} span={span} />
            {calls > 0 && (
                <>
                    <h3>Calls by {span.name === 'hour' ? 'minute' : 'quarter of an hour'}</h3>
                    <Chart kind="bars" at_ms={points.map((point) => point.at_ms)} series={counts(points)} axis={whole} />
                    <h3>How long they took</h3>
                    <Chart kind="lines" at_ms={points.map((point) => point.at_ms)} series={latencies(points)} axis={took} />
                    <Figures points={points} span={span} />
                </>
            )}
        </>
    );
}

function whole(value: number): string {
    return Number.isInteger(value) ? value.toLocaleString('en') : '';
}

/* Each bar stands before the one that includes it; in words each is told alone. */
function counts(points: Point[]): Series[] {
    const series = (title: string, tone: Series['tone'], height: (point: Point) => number, own: (point: Point) => number): Series => ({
        title,
        tone,
        values: points.map(height),
        text: (_, i) => own(points[i]!).toLocaleString('en'),
    });
    return [
        series('Went well', 'accent', ({ calls }) => calls, ({ calls, held, errors }) => calls - held - errors),
        series('Held back', 'warn', ({ held, errors }) => held + errors, ({ held }) => held),
        series('Failed', 'bad', ({ errors }) => errors, ({ errors }) => errors),
    ];
}

function latencies(points: Point[]): Series[] {
    return [
        { title: '95 of 100 took at most', tone: 'soft', values: points.map(({ p95_ms }) => p95_ms), text: took },
        { title: 'Half took at most', tone: 'accent', values: points.map(({ p50_ms }) => p50_ms), text: took },
    ];
}

function Totals({ points, span }: { points: Point[]; span: Span }) {
    const calls = sum(points, 'calls');
    const rows: [string, number, string][] = [
        ['Calls', calls, ''],
        ['Held back', sum(points, 'held'), 'warn'],
        ['Failed', sum(points, 'errors'), 'bad'],
    ];
    if (!calls) return <p class="soft">No call in the {span.title.toLowerCase()}.</p>;
    return (
        <dl class="totals">
            {rows.map(([title, value, tone]) => (
                <div key={title}>
                    <dt>{title}</dt>
                    <dd class={value ? tone : 'none'}>{value.toLocaleString('en')}</dd>
                </div>
            ))}
        </dl>
    );
}

/** The same as the pictures, for who does not see them; busy buckets only. */
function Figures({ points, span }: { points: Point[]; span: Span }) {
    const rows = points.filter(({ calls }) => calls > 0).reverse();
    const ms = (value: number | null) => (value === null ? '–' : took(value));
    return (
        <details class="figures">
            <summary>The same as a table</summary>
            <Table
                label={`Calls of the ${span.title.toLowerCase()}`}
                rows={rows}
                keyOf={({ at_ms }) => String(at_ms)}
                columns={[
                    { title: 'From', isHead: true, cell: ({ at_ms }) => clock(at_ms) },
                    { title: 'Calls', isNumber: true, cell: ({ calls }) => calls.toLocaleString('en') },
                    { title: 'Held back', isNumber: true, cell: ({ held }) => held.toLocaleString('en') },
                    { title: 'Failed', isNumber: true, cell: ({ errors }) => errors.toLocaleString('en') },
                    { title: 'Half took at most', isNumber: true, cell: ({ p50_ms }) => ms(p50_ms) },
                    { title: '95 of 100', isNumber: true, cell: ({ p95_ms }) => ms(p95_ms) },
                ]}
            />
        </details>
    );
}
