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
import { Empty, Show } from '../parts/empty';
import { Icon } from '../parts/icon';
import { Facts, PageHead, Panel } from '../parts/panel';
import { duration, When } from '../parts/when';
import { href, type Route } from '../router';
import { isAdmin } from '../session';
import { Change } from './change';
import { titleOf, addressOfUse, type Connection } from './model';
import { Removal } from './remove';
import { Reconnect, Repair } from './repair';
import { Test } from './test';

const REFRESH_MS = 5_000;

export function ConnectionPage({ name, route }: { name: string; route: Route }) {
    const connection = useLoad((signal, background) => api.get('/v1/connections/{connection}', { path: { connection: name }, signal, background }), [name]);
    useEvery(REFRESH_MS, connection.reload);
    useLiveReload((event) => connectionOf(event) === name, connection.reload);
    const hasFailed = route.query.get('state') === 'failed';
    if (hasFailed && connection.problem?.status === 404) return <NotMade name={name} />;
    return <Show of={connection}>{(shown) => <Shown connection={shown} hasFailed={hasFailed} reload={connection.reload} />}</Show>;
}

/** Back from the connect page, where nothing was sent. */
function NotMade({ name }: { name: string }) {
    return (
        <Empty title={`${name} was not connected`}>
            <p>The form was left before it was sent, so nothing is stored.</p>
            <p class="buttons">
                <ButtonLink kind="main" icon="plus" href={`${href('connections')}?new=-`}>New connection</ButtonLink>
                <ButtonLink href={href('connections')}>All connections</ButtonLink>
            </p>
        </Empty>
    );
}

type Opened = 'change' | 'remove';

function Shown({ connection, hasFailed, reload }: { connection: Connection; hasFailed: boolean; reload: () => void }) {
    const [opened, open] = useState<Opened>();
    const titles = useTitles(connection);
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
                        {connector && <ButtonLink icon="connectors" href={addressOfUse(connection)}>Use it in…</ButtonLink>}
                        {connector && isAdmin() && <Button onClick={() => open('change')}>Change</Button>}
                        {isAdmin() && <Button kind="danger" icon="trash" onClick={() => open('remove')}>Remove</Button>}
                    </>
                }
            />
            {hasFailed && state === 'ready' && !connection.token_expires_at && <NotYet connection={connection} />}
            {state !== 'ready' && <Repair connection={connection} reload={reload} />}
            {pause && <Paused connection={connection} />}
            <div class="columns">
                <div class="stack">
                    <Usage connection={name} />
                    {isAdmin() && connector && <Test connection={connection} reload={reload} />}
                </div>
                <div class="stack">
                    <Panel title="How it stands">
                        <Figures of={connection} titles={titles} />
                    </Panel>
                    {limits && <Windows connection={name} />}
                    <Panel title="What it holds">
                        <Values of={connection} titles={titles} />
                    </Panel>
                </div>
            </div>
            {opened === 'change' && <Change connection={connection} reload={reload} onClose={close} />}
            {opened === 'remove' && <Removal connection={connection} onClose={close} />}
        </>
    );
}

/** What people call what it names; empty: not known yet. */
interface Titles {
    connector?: string;
    auth?: string;
    fields: Map<string, string | undefined>;
}

function useTitles({ connector: id, auth: name }: Connection): Titles {
    const { data } = useLoad(async (signal) => (id === undefined ? undefined : api.get('/v1/connectors/{connector}', { path: { connector: id }, signal })), [id]);
    const auth = data?.auths?.find((one) => one.name === name);
    const fields = [...(data?.parameters ?? []), ...(auth?.parameters ?? [])];
    return {
        ...(data?.title && { connector: data.title }),
        ...(auth?.title && { auth: auth.title }),
        fields: new Map(fields.map((field) => [field.name, field.title])),
    };
}

/** Back from the connect page: it is stored, and did not work. */
function NotYet({ connection }: { connection: Connection }) {
    return (
        <section class="note" aria-label="It was not connected yet">
            <Icon name="warning" />
            <div class="stack">
                <p><strong>It was not connected.</strong> The form was left, or what was entered did not work. Test it below to see how it stands, or fill it in again.</p>
                {isAdmin() && <div class="buttons"><Reconnect connection={connection} /></div>}
            </div>
        </section>
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

function Figures({ of: one, titles }: { of: Connection; titles: Titles }) {
    const { connector } = one;
    return (
        <Facts
            of={[
                ['Connector', connector && <a href={href('connectors', connector)}>{titles.connector ?? connector}</a>],
                ['Sign-in', titles.auth ?? one.auth],
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

function Values({ of: { name, parameters = {}, destinations = [] }, titles }: { of: Connection; titles: Titles }) {
    const rows = Object.entries(parameters);
    return (
        <Facts
            of={[
                ['Name', <code>{name}</code>],
                ...rows.map(([key, value]): [string, ComponentChildren] => [
                    titles.fields.get(key) ?? key,
                    isSet(value) ? <span class="soft"><Icon name="lock" /> {value.set ? 'Set, and sealed' : 'Not set'}</span> : <code>{String(value)}</code>,
                ]),
                ['Its data goes to', destinations.length > 0 && destinations.map((one) => <code key={one} class="block">{one}</code>)],
            ]}
        />
    );
}
