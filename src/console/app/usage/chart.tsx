// SPDX-License-Identifier: MIT
// One picture over time, by uPlot: bars that stand for counts, or lines. Whoever does not see it reads the table beside it.
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { clock } from './model';

export interface Series {
    title: string;
    tone: 'accent' | 'warn' | 'bad' | 'soft';
    values: (number | null)[];
    /** In words, as the line below the picture tells of the bucket under the pointer. */
    text: (value: number, index: number) => string;
}

export interface ChartProps {
    kind: 'bars' | 'lines';
    /** When each bucket began. */
    at_ms: number[];
    /** Bars stand before one another, the first at the back: so each includes those that follow. */
    series: Series[];
    axis: (value: number) => string;
}

const HEIGHT = 168;
const COLOURS = { accent: '--accent', warn: '--warn-bar', bad: '--bad', soft: '--soft' };

export function Chart(props: ChartProps) {
    const place = useRef<HTMLDivElement>(null);
    const plot = useRef<uPlot | null>(null);
    const [at, setAt] = useState<number>();
    const theme = useThemeChange();
    const { kind, at_ms, series } = props;
    useEffect(() => {
        const node = place.current!; /* the observer may be told once more when the node has left */
        const drawn = draw(node, props, (index) => setAt(index));
        plot.current = drawn;
        const size = new ResizeObserver(() => node.isConnected && drawn.setSize({ width: node.clientWidth, height: HEIGHT }));
        size.observe(node);
        return () => {
            size.disconnect();
            drawn.destroy();
        };
    }, [theme, kind]);
    useEffect(() => {
        plot.current?.setData(dataOf(props));
    }, [at_ms, series]);
    return (
        <figure class="chart" aria-hidden="true">
            <div ref={place} />
            <Legend series={series} at={at} at_ms={at_ms} />
        </figure>
    );
}

function Legend({ series, at, at_ms }: { series: Series[]; at?: number; at_ms: number[] }) {
    return (
        <figcaption class="legend">
            {at !== undefined && <span class="legend-time">{clock(at_ms[at] ?? 0)}</span>}
            {series.map(({ title, tone, values, text }) => {
                const value = at === undefined ? undefined : values[at];
                return (
                    <span key={title} class={`key ${tone}`}>
                        {title}
                        {at !== undefined && <b>{value === null || value === undefined ? '–' : text(value, at)}</b>}
                    </span>
                );
            })}
        </figcaption>
    );
}

function dataOf({ at_ms, series }: ChartProps): uPlot.AlignedData {
    return [at_ms.map((ms) => ms / 1000), ...series.map(({ values }) => values)];
}

function draw(place: HTMLElement, props: ChartProps, onPoint: (index?: number) => void): uPlot {
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const axis = { stroke: colour('--soft'), font: '11px system-ui, sans-serif', ticks: { show: false }, border: { show: false } };
    const half = ((props.at_ms[1] ?? 0) - (props.at_ms[0] ?? 0)) / 2000; /* of a bucket: its bar stands around its begin */
    const grid = { stroke: colour('--line'), width: 1 };
    return new uPlot(
        {
            width: place.clientWidth,
            height: HEIGHT,
            padding: [8, 4, 0, 0],
            legend: { show: false },
            cursor: { y: false, points: { show: props.kind === 'lines' }, drag: { x: false, y: false } },
            scales: { x: { time: true, range: (_, from, to) => [from - half, to + half] }, y: { range: (_, __, most) => [0, most > 0 ? most * 1.08 : 1] } },
            axes: [
                { ...axis, grid: { show: false }, space: 60, size: 26, values: (_, ticks) => ticks.map((s) => clock(s * 1000)) },
                { ...axis, grid, space: 36, size: 54, values: (_, ticks) => ticks.map((value) => (value ? props.axis(value) : '0')) },
            ],
            series: [{}, ...props.series.map(({ tone }) => seriesOf(props.kind, colour(COLOURS[tone])))],
            hooks: { setCursor: [({ cursor: { idx } }) => onPoint(idx ?? undefined)] },
        },
        dataOf(props),
        place,
    );
}

function seriesOf(kind: ChartProps['kind'], colour: string): uPlot.Series {
    if (kind === 'bars') return { fill: colour, width: 0, paths: uPlot.paths.bars!({ size: [0.72, 24], radius: 0.15 }), points: { show: false } };
    return { stroke: colour, width: 2, spanGaps: false, points: { show: true, size: 5, fill: colour, width: 0, filter: lonely } };
}

/* A line wants two points; one that stands alone is shown as a dot. */
function lonely(plot: uPlot, series: number): number[] {
    const values: (number | null | undefined)[] = Array.from(plot.data[series] ?? []);
    const isGap = (i: number) => values[i] === null || values[i] === undefined;
    return values.flatMap((_, i) => (!isGap(i) && isGap(i - 1) && isGap(i + 1) ? [i] : []));
}

/** Another value whenever colours change: a canvas does not follow by itself. */
function useThemeChange(): number {
    const [round, setRound] = useState(0);
    useEffect(() => {
        const again = () => setRound((n) => n + 1);
        const system = matchMedia('(prefers-color-scheme: dark)');
        const chosen = new MutationObserver(again);
        system.addEventListener('change', again);
        chosen.observe(document.documentElement, { attributeFilter: ['data-theme'] });
        return () => {
            system.removeEventListener('change', again);
            chosen.disconnect();
        };
    }, []);
    return round;
}
