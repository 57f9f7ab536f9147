// SPDX-License-Identifier: MIT
// One connection: how it is, what to do about it, and what it holds.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { api } from '../api';
import { connectionOf, useLiveReload } from '../live';
import { useEvery, useLoad } from '../load';
import { Usage } from '../usage/usage';
import { Windows } from '../usage/windows';
import { StateBadge } from '../parts/badge';
import { Button, ButtonLink } from '../parts/button';
import { Show } from '../parts/empty';
import { Icon } from '../parts/icon';
import { Facts, PageHead, Panel } from '../parts/panel';
import { duration, When } from '../parts/when';
import { href, type Route } from '../router';
import { isAdmin } from '../session';
import { Change } from './change';
import { titleOf, type Connection } from './model';
import { Removal } from './remove';
import { Repair } from './repair';
import { Test } from './test';

const REFRESH_MS = 5_000;

export function ConnectionPage({ name }: { name: string; route: Route }) {
    const connection = useLoad((signal, background) => api.get('/v1/connections/{connection}', { path: { connection: name }, signal, background }), [name]);
    useEvery(REFRESH_MS, connection.reload);
    useLiveReload((event) => connectionOf(event) === name, connection.reload);
    return <Show of={connection}>{(shown) => <Shown connection={shown} reload={connection.reload} />}</Show>;
}

type Opened = 'change' | 'remove';

function Shown({ connection, reload }: { connection: Connection; reload: () => void }) {
    const [opened, open] = useState<Opened>();
    const { name, connector, state, pause, limits } = connection;
    const close = () => open(undefined);
    return (
        <>
            <PageHead
                title={titleOf(connection)}
                back={{ href: href('connections'), title: 'Connections' }}
                beside={<StateBadge state={state} paused={!!pause} />}
                actions={
                    <>
                        {connector && <ButtonLink icon="try" kind="main" href={`${href('try')}?connector=${connector}&connection=${name}`}>Try it</ButtonLink>}
                        {connector && isAdmin() && <Button onClick={() => open('change')}>Change</Button>}
                        {isAdmin() && <Button kind="danger" icon="trash" onClick={() => open('remove')}>Remove</Button>}
                    </>
                }
            />
            {state !== 'ready' && <Repair connection={connection} reload={reload} />}
            {pause && <Paused connection={connection} />}
            <div class="columns">
                <div class="stack">
                    <Usage connection={name} />
                    {isAdmin() && connector && <Test connection={connection} reload={reload} />}
                </div>
                <div class="stack">
                    <Panel title="How it stands">
                        <Figures of={connection} />
                    </Panel>
                    {limits && <Windows connection={name} />}
                    <Panel title="What it holds">
                        <Values of={connection} />
                    </Panel>
                </div>
            </div>
            {opened === 'change' && <Change connection={connection} reload={reload} onClose={close} />}
            {opened === 'remove' && <Removal connection={connection} onClose={close} />}
        </>
    );
}

function Paused({ connection: { pause } }: { connection: Connection }) {
    return (
        <div class="note">
            <Icon name="warning" />
            <div>
                <p><strong>Nothing is sent for it at the moment.</strong> {pause!.detail}</p>
                <p>It goes on by itself in {duration(Math.max(0, Date.parse(pause!.until) - Date.now()))}.</p>
            </div>
        </div>
    );
}

function Figures({ of: one }: { of: Connection }) {
    const { connector } = one;
    return (
        <Facts
            of={[
                ['Connector', connector && <a href={href('connectors', connector)}>{connector}</a>],
                ['Sign-in', one.auth && <code>{one.auth}</code>],
                ['Last used', one.last_used_at ? <When at={one.last_used_at} /> : 'Never'],
                ['Token ends', one.token_expires_at ? <When at={one.token_expires_at} /> : 'No token at hand'],
                ['Certificate ends', one.certificate_expires_at && <When at={one.certificate_expires_at} />],
                ['Made', one.created_at && <When at={one.created_at} />],
                ['Changed', one.changed_at && one.changed_at !== one.created_at && <When at={one.changed_at} />],
            ]}
        />
    );
}

function isSet(value: unknown): value is { set: boolean } {
    return typeof value === 'object' && value !== null && 'set' in value;
}

function Values({ of: { name, parameters = {}, destinations = [] } }: { of: Connection }) {
    const rows = Object.entries(parameters);
    return (
        <Facts
            of={[
                ['Name', <code>{name}</code>],
                ...rows.map(([key, value]): [string, ComponentChildren] => [
                    key,
                    isSet(value) ? <span class="soft"><Icon name="lock" /> {value.set ? 'Set, and sealed' : 'Not set'}</span> : <code>{String(value)}</code>,
                ]),
                ['Its data goes to', destinations.length > 0 && destinations.map((one) => <code key={one} class="block">{one}</code>)],
            ]}
        />
    );
}
