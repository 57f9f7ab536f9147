// SPDX-License-Identifier: MIT
import { useRef } from 'preact/hooks';
import { api } from '../api';
import { useLiveReload } from '../live';
import { useEvery, useLoad } from '../load';
import { StateBadge } from '../parts/badge';
import { Button, ButtonLink } from '../parts/button';
import { Empty, Show } from '../parts/empty';
import { SearchField } from '../parts/field';
import { PageHead } from '../parts/panel';
import { Table } from '../parts/table';
import { When } from '../parts/when';
import { href, replaceQuery, type Route } from '../router';
import { isAdmin } from '../session';
import { LimitLeft } from './limits';
import { STATES, tightest, titleOf, type Connection } from './model';
import { NewConnection } from './new';

const REFRESH_MS = 10_000; /* windows empty by themselves, and nobody tells */
const PAGE_MAX = 1000;

/** The first ones, as many pages as somebody asked for. */
async function load(pages: number, signal: AbortSignal, background: boolean): Promise<Loaded> {
    const connections: Connection[] = [];
    let next: string | undefined;
    do {
        const page = await api.get('/v1/connections', { query: { limit: PAGE_MAX, after: next }, signal, background });
        connections.push(...page.connections);
        next = page.next;
    } while (next && --pages > 0);
    return { connections, hasMore: next !== undefined };
}

interface Loaded {
    connections: Connection[];
    hasMore: boolean;
}

export function Connections({ route }: { route: Route }) {
    const pages = useRef(1);
    const page = useLoad((signal, background) => load(pages.current, signal, background), []);
    useEvery(REFRESH_MS, page.reload);
    useLiveReload(({ type }) => type.startsWith('connection.'), page.reload);
    const fresh = route.query.get('new');
    return (
        <>
            <PageHead
                title="Connections"
                lead="A connector filled in for one tenant: its credentials, sealed, and its tokens."
                actions={isAdmin() && <ButtonLink kind="main" icon="plus" href={`${href('connections')}?new=-`}>New connection</ButtonLink>}
            />
            <Show of={page}>
                {({ connections, hasMore }) => (
                    <>
                        {connections.length ? <Results all={connections} route={route} /> : <NoConnections />}
                        {hasMore && (
                            <p class="row">
                                <span class="soft">The first {connections.length.toLocaleString('en')} by name are here, and searched.</span>
                                <Button onClick={() => (pages.current++, page.reload())}>Load more</Button>
                            </p>
                        )}
                    </>
                )}
            </Show>
            {fresh && isAdmin() && <NewConnection connector={fresh === '-' ? undefined : fresh} onClose={() => replaceQuery({ new: undefined })} />}
        </>
    );
}

function Results({ all, route }: { all: Connection[]; route: Route }) {
    const wanted = route.query.get('q') ?? '';
    const state = route.query.get('state') ?? '';
    const found = all.filter((one) => fits(one, wanted) && (!state || one.state === state));
    return (
        <>
            <div class="row">
                <SearchField value={wanted} onValue={(q) => replaceQuery({ q })} label="Search connections" />
                <StateFilter all={all} state={state} />
            </div>
            {found.length ? (
                <div class="panel flat">
                    <List connections={found} />
                </div>
            ) : (
                <Empty title="No connection fits">
                    <p>Search for another word, or look at all states.</p>
                </Empty>
            )}
        </>
    );
}

function fits({ name, title, connector }: Connection, wanted: string): boolean {
    return `${name} ${title} ${connector}`.toLowerCase().includes(wanted.toLowerCase());
}

/** Only states that there are; with their number. */
function StateFilter({ all, state }: { all: Connection[]; state: string }) {
    const counts = STATES.map(([value, title]) => ({ value: value as string, title, count: all.filter((one) => one.state === value).length }));
    const shown = [{ value: '', title: 'All', count: all.length }, ...counts.filter(({ count }) => count > 0)];
    return (
        <div class="chips" role="group" aria-label="State">
            {shown.map(({ value, title, count }) => (
                <button key={value} type="button" aria-pressed={state === value} onClick={() => replaceQuery({ state: value })}>
                    {title} <span class="count">{count}</span>
                </button>
            ))}
        </div>
    );
}

function List({ connections }: { connections: Connection[] }) {
    return (
        <Table
            label="Connections"
            rows={connections}
            keyOf={({ name }) => name}
            columns={[
                { title: 'Connection', isHead: true, cell: (one) => <Name of={one} /> },
                { title: 'Connector', cell: ({ connector }) => connector && <a href={href('connectors', connector)}>{connector}</a> },
                { title: 'State', cell: ({ state, pause }) => <StateBadge state={state} paused={!!pause} /> },
                { title: 'Last used', cell: ({ last_used_at: at }) => (at ? <When at={at} /> : <span class="soft">Never</span>) },
                { title: 'Calls left', cell: (one) => <Left of={one} /> },
                { title: 'Token ends', cell: ({ token_expires_at: at }) => (at ? <When at={at} /> : <span class="soft">–</span>) },
            ]}
        />
    );
}

function Name({ of: one }: { of: Connection }) {
    return (
        <span class="stacked">
            <a href={href('connections', one.name)}>{titleOf(one)}</a>
            {one.title && <code class="soft">{one.name}</code>}
        </span>
    );
}

function Left({ of: { limits } }: { of: Connection }) {
    const limit = tightest(limits);
    return limit ? <LimitLeft limit={limit} /> : <span class="soft">No limit</span>;
}

function NoConnections() {
    return (
        <Empty title="No connections yet">
            {isAdmin() ? (
                <>
                    <p>Choose a connector and fill in its credentials, or send the link to whoever has them.</p>
                    <ButtonLink kind="main" icon="plus" href={`${href('connections')}?new=-`}>New connection</ButtonLink>
                </>
            ) : (
                <p>Your key is not bound to a connection that is there. Ask an admin for one.</p>
            )}
        </Empty>
    );
}
