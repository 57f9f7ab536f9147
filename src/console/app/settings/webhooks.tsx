// SPDX-License-Identifier: MIT
// Addresses that are told what happens.
import { useState } from 'preact/hooks';
import { api } from '../api';
import { useDoing, useEvery, useLoad } from '../load';
import { Badge } from '../parts/badge';
import { Button } from '../parts/button';
import { Confirm, Dialog } from '../parts/dialog';
import { Empty, Show } from '../parts/empty';
import { Fault } from '../parts/fault';
import { Panel } from '../parts/panel';
import { SecretOnce } from '../parts/secret';
import { Table } from '../parts/table';
import { toast } from '../parts/toast';
import { When } from '../parts/when';
import { NewWebhook, type Webhook } from './new_webhook';

const REFRESH_MS = 10_000;

export function Webhooks() {
    const page = useLoad((signal, background) => api.get('/v1/webhooks', { signal, background }), []);
    const [isNew, setNew] = useState(false);
    const [secret, setSecret] = useState<string>();
    useEvery(REFRESH_MS, page.reload);
    const onSecret = (value: string) => {
        setNew(false);
        setSecret(value);
        page.reload();
    };
    return (
        <>
            <Panel title="Webhooks" beside={<Button kind="main" icon="plus" onClick={() => setNew(true)}>Add a webhook</Button>}>
                <Show of={page}>{({ webhooks }) => (webhooks.length ? <List webhooks={webhooks} reload={page.reload} onSecret={onSecret} /> : <NoWebhooks />)}</Show>
            </Panel>
            {isNew && <NewWebhook onMade={onSecret} onClose={() => setNew(false)} />}
            {secret && <Secret value={secret} onClose={() => setSecret(undefined)} />}
        </>
    );
}

function NoWebhooks() {
    return (
        <Empty title="No webhooks yet">
            <p>Add an address, and each event - a connection that is rejected, a key that is made - is sent to it, signed. docs/EVENTS.md lists them.</p>
        </Empty>
    );
}

function Secret({ value, onClose }: { value: string; onClose: () => void }) {
    return (
        <Dialog title="Signing secret" onClose={onClose}>
            <SecretOnce value={value} label="Signing secret">Copy it now; it cannot be shown again. The receiver checks with it that Tenon sent an event.</SecretOnce>
            <footer class="buttons">
                <Button kind="main" onClick={onClose}>Done</Button>
            </footer>
        </Dialog>
    );
}

interface Shared {
    reload: () => void;
    onSecret: (value: string) => void;
}

function List({ webhooks, ...shared }: { webhooks: Webhook[] } & Shared) {
    return (
        <Table
            label="Webhooks"
            rows={webhooks}
            keyOf={({ id }) => id}
            columns={[
                { title: 'Address', isHead: true, cell: (one) => <Name of={one} /> },
                { title: 'Gets', cell: ({ types, connections }) => [types?.join(', ') ?? 'All events', connections && `about ${connections.join(', ')}`].filter(Boolean).join(' ') },
                { title: 'State', cell: (one) => <State of={one} /> },
                { title: 'Last taken', cell: ({ last_delivered_at: at }) => (at ? <When at={at} /> : <span class="soft">Never</span>) },
                { title: '', cell: (one) => <Deeds of={one} {...shared} /> },
            ]}
        />
    );
}

function Name({ of: { title, url } }: { of: Webhook }) {
    return (
        <span class="stacked">
            {title && <span>{title}</span>}
            <code class={title && 'soft'}>{url}</code>
        </span>
    );
}

const STATES = { active: ['good', 'Active'], retrying: ['warn', 'Trying again'], off: ['bad', 'Switched off'] } as const;

function State({ of: { state, waiting, last_status, last_error } }: { of: Webhook }) {
    const [tone, text] = STATES[state];
    const why = last_error ?? (last_status && last_status >= 300 ? `It answered ${last_status}` : undefined);
    return (
        <span class="stacked">
            <Badge tone={tone}>{text}</Badge>
            {waiting > 0 && <span class="small soft">{waiting} waiting</span>}
            {why && <span class="small soft">{why}</span>}
        </span>
    );
}

function Deeds({ of: hook, reload, onSecret }: { of: Webhook } & Shared) {
    const [asks, setAsks] = useState<'remove' | 'rotate'>();
    const doing = useDoing();
    const path = { id: hook.id };
    const test = async () => {
        const { ok, status, detail } = await api.post('/v1/webhooks/{id}/test', undefined, { path });
        toast(ok ? 'The test event was taken' : `It was not taken: ${detail ?? status}`, ok ? 'good' : 'bad');
        reload();
    };
    const enable = async () => {
        await api.post('/v1/webhooks/{id}/enable', undefined, { path });
        toast('It is sent what it missed');
        reload();
    };
    const close = () => setAsks(undefined);
    return (
        <>
            <div class="buttons">
                <Button kind="quiet" busy={doing.busy} label={`Test ${hook.url}`} onClick={() => void doing.run(test)}>Test</Button>
                {hook.state === 'off' && <Button kind="quiet" label={`Switch on ${hook.url}`} onClick={() => void doing.run(enable)}>Switch on</Button>}
                <Button kind="quiet" label={`Another secret for ${hook.url}`} onClick={() => setAsks('rotate')}>Another secret</Button>
                <Button kind="quiet" icon="trash" label={`Remove ${hook.url}`} onClick={() => setAsks('remove')}>Remove</Button>
            </div>
            {doing.problem && <Fault problem={doing.problem} />}
            {asks === 'remove' && <Removal of={hook} reload={reload} onClose={close} />}
            {asks === 'rotate' && <Rotation of={hook} onSecret={onSecret} onClose={close} />}
        </>
    );
}

function Removal({ of: { id, url }, reload, onClose }: { of: Webhook; reload: () => void; onClose: () => void }) {
    const doing = useDoing();
    const remove = async () => {
        await api.remove('/v1/webhooks/{id}', { path: { id } });
        toast('It is sent nothing any more');
        reload();
        onClose();
    };
    return (
        <Confirm title="Remove this webhook" action="Remove it" isDangerous doing={doing} onConfirm={() => void doing.run(remove)} onClose={onClose}>
            <p><code>{url}</code> is sent nothing any more, and what waits for it is dropped.</p>
        </Confirm>
    );
}

function Rotation({ of: { id }, onSecret, onClose }: { of: Webhook; onSecret: (value: string) => void; onClose: () => void }) {
    const doing = useDoing();
    const rotate = async () => {
        const { secret } = await api.post('/v1/webhooks/{id}/rotate', undefined, { path: { id } });
        onClose();
        onSecret(secret);
    };
    return (
        <Confirm title="Make another signing secret" action="Make it" doing={doing} onConfirm={() => void doing.run(rotate)} onClose={onClose}>
            <p>Events are signed with both for a day, so that the receiver has time to change.</p>
        </Confirm>
    );
}
