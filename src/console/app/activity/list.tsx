// SPDX-License-Identifier: MIT
// What happens at the host, as it happens.
import { useState } from 'preact/hooks';
import { Badge } from '../parts/badge';
import { Button } from '../parts/button';
import { Empty, Waiting } from '../parts/empty';
import { Fault } from '../parts/fault';
import { SearchField } from '../parts/field';
import { Icon } from '../parts/icon';
import { PageHead } from '../parts/panel';
import { Table } from '../parts/table';
import { go, href, replaceQuery, type Route } from '../router';
import { took } from '../usage/model';
import { actionOf, isFailed, isHeldBack, sentenceOf, toneOf, type Entry } from './model';
import { useActivity } from './stream';

const SHOWN_MAX = 200;

const FILTERS: { name: string; title: string; takes: (entry: Entry) => boolean }[] = [
    { name: '', title: 'All', takes: () => true },
    { name: 'calls', title: 'Calls', takes: ({ call }) => !!call },
    { name: 'failed', title: 'Failed', takes: ({ call, event }) => (call ? isFailed(call) : sentenceOf(event!)[1] === 'bad') },
    { name: 'held', title: 'Held back', takes: ({ call, event }) => (call ? isHeldBack(call) : event!.type.startsWith('throttle.')) },
    { name: 'events', title: 'Events', takes: ({ event }) => !!event },
];

export function ActivityList({ route }: { route: Route }) {
    const connection = route.query.get('connection') ?? undefined;
    const [isPaused, pause] = useState(false);
    const { entries, problem, isLive } = useActivity(connection, isPaused);
    return (
        <>
            <PageHead
                title="Activity"
                lead="Calls as they end, and what happens besides. A call tells how it went, from the key to the service and back."
                beside={<Liveness isLive={isLive} isPaused={isPaused} />}
                actions={
                    <Button icon={isPaused ? 'try' : 'pause'} onClick={() => pause(!isPaused)}>
                        {isPaused ? 'Go on' : 'Pause'}
                    </Button>
                }
            />
            {problem && <Fault problem={problem} />}
            {entries ? <Results all={entries} route={route} /> : !problem && <Waiting />}
        </>
    );
}

function Liveness({ isLive, isPaused }: { isLive: boolean; isPaused: boolean }) {
    if (isPaused) return <Badge>Paused</Badge>;
    return isLive ? <Badge tone="good">Live</Badge> : <Badge tone="warn">Connecting…</Badge>;
}

function Results({ all, route }: { all: Entry[]; route: Route }) {
    const wanted = (route.query.get('q') ?? '').trim();
    const filter = FILTERS.find(({ name }) => name === (route.query.get('show') ?? '')) ?? FILTERS[0]!;
    const fits = all.filter(({ words }) => words.includes(wanted.toLowerCase()));
    const found = fits.filter(filter.takes);
    return (
        <>
            <Filters wanted={wanted} chosen={filter.name} all={fits} connection={route.query.get('connection')} />
            {found.length ? (
                <div class="panel flat">
                    <List entries={found.slice(0, SHOWN_MAX)} />
                </div>
            ) : (
                <Nothing wanted={wanted} isAll={!all.length} />
            )}
            {found.length > SHOWN_MAX && <p class="soft">The latest {SHOWN_MAX} of {found.length} are shown. Search for what you look for.</p>}
        </>
    );
}

function Filters({ wanted, chosen, all, connection }: { wanted: string; chosen: string; all: Entry[]; connection: string | null }) {
    const onSubmit = (event: Event) => {
        event.preventDefault();
        if (isRequestId(wanted)) go(href('activity', wanted));
    };
    return (
        <div class="row">
            <form class="search-form" role="search" onSubmit={onSubmit}>
                <SearchField value={wanted} onValue={(q) => replaceQuery({ q })} label="Search, or a request id" />
            </form>
            <div class="chips" role="group" aria-label="Show">
                {FILTERS.map(({ name, title, takes }) => (
                    <button key={name} type="button" aria-pressed={chosen === name} onClick={() => replaceQuery({ show: name })}>
                        {title} <span class="count">{all.filter(takes).length}</span>
                    </button>
                ))}
            </div>
            {connection && (
                <button type="button" class="button quiet" onClick={() => replaceQuery({ connection: undefined })}>
                    <Icon name="cross" />
                    Only {connection}
                </button>
            )}
        </div>
    );
}

/** 22 letters and digits. */
function isRequestId(text: string): boolean {
    return /^[0-9A-Za-z]{22}$/.test(text);
}

function Nothing({ wanted, isAll }: { wanted: string; isAll: boolean }) {
    if (isRequestId(wanted)) {
        return (
            <Empty title="This call is not among those here">
                <p>The host may still know it. <a href={href('activity', wanted)}>Look it up</a></p>
            </Empty>
        );
    }
    if (isAll) {
        return (
            <Empty title="Nothing has happened yet">
                <p>Calls show here as soon as they end. <a href={href('try')}>Try an action</a></p>
            </Empty>
        );
    }
    return (
        <Empty title="Nothing fits">
            <p>Search for another word, or look at all.</p>
        </Empty>
    );
}

function List({ entries }: { entries: Entry[] }) {
    return (
        <Table
            label="Activity, the newest first"
            rows={entries}
            keyOf={({ id }) => id}
            columns={[
                { title: 'Time', cell: ({ at_ms }) => <Time at_ms={at_ms} /> },
                { title: 'What', isHead: true, cell: (entry) => <What entry={entry} /> },
                { title: 'Result', cell: (entry) => <Result entry={entry} /> },
                { title: 'Connection', cell: ({ connection }) => connection && <a href={href('connections', connection)}>{connection}</a> },
                { title: 'Key', cell: ({ key }) => key && <code class="unbroken">{key}</code> },
                { title: 'Took', isNumber: true, cell: ({ call }) => call && took(call.duration_ms) },
            ]}
        />
    );
}

function Time({ at_ms }: { at_ms: number }) {
    const at = new Date(at_ms);
    return (
        <time class="number soft" dateTime={at.toISOString()} title={at.toLocaleString()}>
            {at.toLocaleTimeString('en-GB')}
        </time>
    );
}

function What({ entry: { call, event } }: { entry: Entry }) {
    if (event) return <span class="told-event">{sentenceOf(event)[0]}</span>;
    return <a href={href('activity', call!.request)}>{actionOf(call!)}</a>;
}

function Result({ entry: { call, event } }: { entry: Entry }) {
    if (event) return <code class="soft">{event.type}</code>;
    return (
        <span class="badges">
            <Badge tone={toneOf(call!)}>{call!.status}</Badge>
            {call!.code && <code class="soft">{call!.code}</code>}
        </span>
    );
}
