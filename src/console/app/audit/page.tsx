// SPDX-License-Identifier: MIT
// Who changed what, when and from where. What is filtered stands in the address.
import { useState } from 'preact/hooks';
import { api } from '../api';
import { useDoing, useLoad } from '../load';
import { Badge } from '../parts/badge';
import { Button } from '../parts/button';
import { Empty, Show } from '../parts/empty';
import { Fault } from '../parts/fault';
import { PageHead } from '../parts/panel';
import { Table } from '../parts/table';
import { When } from '../parts/when';
import { href, type Route } from '../router';
import { Filter } from './filter';
import { actorOf, filtersOf, timesOf, WHATS, type Line } from './model';
import { Verification } from './verify';

const PAGE = 100;

export default function Audit({ route }: { route: Route }) {
    const filters = filtersOf(route.query);
    const query = { ...timesOf(filters), order: 'newest' as const, limit: PAGE };
    const by = JSON.stringify(filters);
    const page = useLoad((signal) => api.get('/v1/audit', { query, signal }), [by]);
    return (
        <>
            <PageHead title="Audit trail" lead="Who changed what, when and from where. Each line ends with a code over itself and the one before, so none can be changed unnoticed." />
            <Verification />
            <Filter filters={filters} />
            <Show of={page}>
                {({ lines, next }) => <Lines key={by} first={lines} next={next} more={(after) => api.get('/v1/audit', { query: { ...query, after } })} />}
            </Show>
        </>
    );
}

interface LinesProps {
    first: Line[];
    next?: string;
    more: (after: string) => Promise<{ lines: Line[]; next?: string }>;
}

function Lines({ first, next: begin, more }: LinesProps) {
    const [rest, setRest] = useState<{ lines: Line[]; next?: string }>({ lines: [], next: begin });
    const doing = useDoing();
    const lines = [...first, ...rest.lines];
    const onMore = async () => {
        const { lines: found, next } = await more(rest.next!);
        setRest({ lines: [...rest.lines, ...found], next });
    };
    return (
        <>
            {lines.length ? (
                <div class="panel flat">
                    <List lines={lines} />
                </div>
            ) : (
                <Empty title="No line fits">
                    <p>{rest.next ? 'None in the newest part of the trail. Look further back.' : 'Filter for something else, or for nothing.'}</p>
                </Empty>
            )}
            {doing.problem && <Fault problem={doing.problem} />}
            {rest.next && <p><Button busy={doing.busy} onClick={() => void doing.run(onMore)}>Show older lines</Button></p>}
        </>
    );
}

function List({ lines }: { lines: Line[] }) {
    return (
        <Table
            label="Lines of the audit trail"
            rows={lines}
            keyOf={({ seq }) => String(seq)}
            columns={[
                { title: 'What', isHead: true, cell: (line) => <What of={line} /> },
                { title: 'When', cell: ({ time }) => <When at={time} /> },
                { title: 'About', cell: (line) => <About of={line} /> },
                { title: 'Who', cell: (line) => <Who of={line} /> },
                { title: 'Details', cell: (line) => <Details of={line} /> },
            ]}
        />
    );
}

function What({ of: { what, outcome, code } }: { of: Line }) {
    return (
        <span class="row">
            {WHATS[what] ?? what}
            {outcome === 'refused' && <Badge tone="bad">{code ?? 'refused'}</Badge>}
        </span>
    );
}

function About({ of: { what, object } }: { of: Line }) {
    if (!object) return null;
    const isConnection = what.startsWith('connection.') && what !== 'connection.removed';
    return isConnection ? <a href={href('connections', object)}>{object}</a> : <code>{object}</code>;
}

function Who({ of: line }: { of: Line }) {
    return (
        <span class="stacked">
            <span>{actorOf(line)}</span>
            {line.address && <span class="small soft">{line.address}</span>}
        </span>
    );
}

/** Names of what was given, never its values. */
function Details({ of: { seq, fields, details, request_id } }: { of: Line }) {
    return (
        <details>
            <summary class="small">Line {seq}</summary>
            <dl class="facts small">
                {fields && <div><dt>Fields</dt><dd>{fields.join(', ')}</dd></div>}
                {Object.entries(details ?? {}).map(([name, value]) => (
                    <div key={name}><dt>{name}</dt><dd>{typeof value === 'object' ? JSON.stringify(value) : String(value)}</dd></div>
                ))}
                {request_id && <div><dt>Request</dt><dd><code>{request_id}</code></dd></div>}
            </dl>
        </details>
    );
}
