// SPDX-License-Identifier: MIT
// All connectors, and the files that are not in service.
import { api } from '../api';
import { useLiveReload } from '../live';
import { useLoad } from '../load';
import { Badge } from '../parts/badge';
import { Empty, Show } from '../parts/empty';
import { SearchField } from '../parts/field';
import { Mark, PageHead } from '../parts/panel';
import { href, replaceQuery, type Route } from '../router';
import type { Fault, Summary } from './model';

/** A connector, or a file that was never good. */
interface Entry {
    id: string;
    summary?: Summary;
    fault?: Fault;
}

async function loadAll(signal: AbortSignal, background: boolean): Promise<Entry[]> {
    const entries = new Map<string, Entry>();
    for (let after: string | undefined = ''; after !== undefined; ) {
        const page: Awaited<ReturnType<typeof askPage>> = await askPage(after, signal, background);
        for (const summary of page.connectors) entries.set(summary.id, { id: summary.id, summary });
        for (const fault of page.faults ?? []) entries.set(fault.id, { ...entries.get(fault.id), id: fault.id, fault });
        after = page.next;
    }
    return [...entries.values()].sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
}

function askPage(after: string, signal: AbortSignal, background: boolean) {
    return api.get('/v1/connectors', { query: { limit: 1000, after }, signal, background });
}

function nameOf({ id, summary }: Entry): string {
    return summary?.title ?? id;
}

function fits({ id, summary }: Entry, wanted: string): boolean {
    const text = `${id} ${summary?.title} ${summary?.description}`.toLowerCase();
    return wanted.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

export function Catalogue({ route }: { route: Route }) {
    const all = useLoad(loadAll, []);
    const wanted = route.query.get('q') ?? '';
    useLiveReload(({ type }) => type.startsWith('definition.'), all.reload);
    return (
        <>
            <PageHead title="Connectors" lead="What this host can call. Each is a YAML file in its connectors folder; a saved file is here at once." />
            <Show of={all}>
                {(entries) => (entries.length ? <Results entries={entries} wanted={wanted} /> : <NoConnectors />)}
            </Show>
        </>
    );
}

function Results({ entries, wanted }: { entries: Entry[]; wanted: string }) {
    const found = entries.filter((entry) => fits(entry, wanted));
    return (
        <>
            <div class="row">
                <SearchField value={wanted} onValue={(q) => replaceQuery({ q })} label="Search connectors" />
                <p class="soft" role="status">{found.length === entries.length ? `${entries.length} connectors` : `${found.length} of ${entries.length}`}</p>
            </div>
            {found.length ? (
                <ul class="cards">{found.map((entry) => <Card key={entry.id} entry={entry} />)}</ul>
            ) : (
                <Empty title="No connector is called that">
                    <p>Try fewer words, or a part of the service's name.</p>
                </Empty>
            )}
        </>
    );
}

function Card({ entry }: { entry: Entry }) {
    const { id, summary, fault } = entry;
    return (
        <li class="card">
            <Mark title={nameOf(entry)} color={summary?.brand_color} />
            <div>
                <h2><a href={href('connectors', id)}>{nameOf(entry)}</a></h2>
                <p class="soft small">
                    <code>{id}</code>
                    {summary && ` ${summary.version}`}
                </p>
                {summary ? <p class="clamp">{summary.description}</p> : <p class="clamp soft">Not in service yet: its file has faults.</p>}
                <p class="badges">
                    {summary && <Badge>{`${summary.action_count} action${summary.action_count === 1 ? '' : 's'}`}</Badge>}
                    {summary?.status === 'preview' && <Badge tone="info">Preview</Badge>}
                    {fault && <Badge tone={fault.serving_previous ? 'warn' : 'bad'}>{faultText(fault)}</Badge>}
                </p>
            </div>
        </li>
    );
}

export function faultText(fault: Fault): string {
    const errors = fault.diagnostics.filter((one) => one.severity === 'error').length;
    return `${errors} fault${errors === 1 ? '' : 's'} in its file`;
}

function NoConnectors() {
    return (
        <Empty title="No connectors yet">
            <p>Put a YAML file into the connectors folder of this host. It appears here as soon as it is saved; docs/CONNECTORS.md shows how to write one.</p>
        </Empty>
    );
}
