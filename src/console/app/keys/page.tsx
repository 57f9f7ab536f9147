// SPDX-License-Identifier: MIT
// Who may call. `?new=caller&connection=NAME` opens the form, filled in so far.
import { useState } from 'preact/hooks';
import { api } from '../api';
import { useLive } from '../live';
import { useLoad } from '../load';
import { Badge } from '../parts/badge';
import { Button, ButtonLink } from '../parts/button';
import { Empty, Show } from '../parts/empty';
import { SearchField } from '../parts/field';
import { PageHead } from '../parts/panel';
import { Table } from '../parts/table';
import { When } from '../parts/when';
import { href, replaceQuery, type Route } from '../router';
import { ownKeyId } from '../session';
import { isOver, type Key } from './model';
import { NewKey } from './new';
import { Revocation } from './revoke';

const SHOWN_MAX = 1000;

export default function Keys({ route }: { route: Route }) {
    const page = useLoad((signal, background) => api.get('/v1/keys', { query: { limit: SHOWN_MAX }, signal, background }), []);
    const [revoked, revoke] = useState<Key>();
    useLive(({ type }) => type.startsWith('key.') && page.reload());
    return (
        <>
            <PageHead
                title="Keys"
                lead="A caller's key calls the actions of the connections that it is bound to. An admin's does everything."
                actions={<ButtonLink kind="main" icon="plus" href={`${href('keys')}?new=caller`}>New key</ButtonLink>}
            />
            <Show of={page}>
                {({ keys, next }) => (
                    <>
                        {keys.length ? <Results all={keys} route={route} onRevoke={revoke} /> : <NoKeys />}
                        {next && <p class="soft">The first {SHOWN_MAX} are shown. <code>tenon key list</code> knows all.</p>}
                    </>
                )}
            </Show>
            {route.query.has('new') && (
                <NewKey
                    role={route.query.get('new') === 'admin' ? 'admin' : 'caller'}
                    connection={route.query.get('connection') ?? undefined}
                    reload={page.reload}
                    onClose={() => replaceQuery({ new: undefined, connection: undefined })}
                />
            )}
            {revoked && <Revocation revoked={revoked} reload={page.reload} onClose={() => revoke(undefined)} />}
        </>
    );
}

function Results({ all, route, onRevoke }: { all: Key[]; route: Route; onRevoke: (key: Key) => void }) {
    const wanted = (route.query.get('q') ?? '').toLowerCase();
    const found = all.filter(({ id, role, connections }) => `${id} ${role} ${connections.join(' ')}`.toLowerCase().includes(wanted));
    return (
        <>
            <SearchField value={route.query.get('q') ?? ''} onValue={(q) => replaceQuery({ q })} label="Search by id, role or connection" />
            {found.length ? (
                <div class="panel flat">
                    <List keys={found} onRevoke={onRevoke} />
                </div>
            ) : (
                <Empty title="No key fits">
                    <p>Search for another id, role or connection.</p>
                </Empty>
            )}
        </>
    );
}

function List({ keys, onRevoke }: { keys: Key[]; onRevoke: (key: Key) => void }) {
    return (
        <Table
            label="Keys"
            rows={keys}
            keyOf={({ id }) => id}
            columns={[
                { title: 'Key', isHead: true, cell: (key) => <Name of={key} /> },
                { title: 'Opens', cell: (key) => <Opens of={key} /> },
                { title: 'Made', cell: ({ created_at: at }) => <When at={at} /> },
                { title: 'Last used', cell: ({ last_used_at: at }) => (at ? <When at={at} /> : <span class="soft">Never</span>) },
                { title: 'Expires', cell: (key) => <Expiry of={key} /> },
                { title: '', cell: (key) => <Button kind="quiet" icon="trash" label={`Revoke ${key.id}`} onClick={() => onRevoke(key)}>Revoke</Button> },
            ]}
        />
    );
}

function Name({ of: { id, role } }: { of: Key }) {
    return (
        <span class="row">
            <code>{id}</code>
            <Badge tone={role === 'admin' ? 'info' : 'plain'}>{role === 'admin' ? 'Admin' : 'Caller'}</Badge>
            {id === ownKeyId() && <Badge tone="good">Yours</Badge>}
        </span>
    );
}

function Opens({ of: { role, connections, rights } }: { of: Key }) {
    if (role === 'admin') return <>Everything</>;
    return (
        <span class="stacked">
            {connections.length ? <span>{connections.map((name, i) => <>{i > 0 && ', '}<a key={name} href={href('connections', name)}>{name}</a></>)}</span> : <span class="soft">No connection</span>}
            {rights.length > 0 && <span class="small soft">Rights: {rights.join(', ')}</span>}
        </span>
    );
}

function Expiry({ of: key }: { of: Key }) {
    if (!key.expires_at) return <span class="soft">Never</span>;
    return isOver(key, Date.now()) ? <Badge tone="bad">Expired</Badge> : <When at={key.expires_at} />;
}

function NoKeys() {
    return (
        <Empty title="No keys yet">
            <p>You are signed in with the key of the configuration. Flows need keys of their own, each bound to the connections that it calls.</p>
            <ButtonLink kind="main" icon="plus" href={`${href('keys')}?new=caller`}>New key</ButtonLink>
        </Empty>
    );
}
