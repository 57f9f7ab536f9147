// SPDX-License-Identifier: MIT
// The keys that seal the store. None of them can be read.
import { useState } from 'preact/hooks';
import { api, type Schema } from '../api';
import { useDoing, useEvery, useLoad } from '../load';
import { Badge } from '../parts/badge';
import { Button } from '../parts/button';
import { Confirm } from '../parts/dialog';
import { Show } from '../parts/empty';
import { Facts, Panel } from '../parts/panel';
import { Table } from '../parts/table';
import { toast } from '../parts/toast';
import { When } from '../parts/when';

type Ring = Schema<'Keyring'>;
const REFRESH_MS = 5_000;

export function Keyring() {
    const ring = useLoad((signal, background) => api.get('/v1/keyring', { signal, background }), []);
    useEvery(REFRESH_MS, ring.reload);
    return (
        <Show of={ring}>
            {(shown) => (
                <>
                    <DataKeys of={shown} reload={ring.reload} />
                    <Master of={shown} />
                </>
            )}
        </Show>
    );
}

function DataKeys({ of: { data_keys, resealing }, reload }: { of: Ring; reload: () => void }) {
    const [asks, setAsks] = useState(false);
    return (
        <Panel title="Data keys" beside={<Button icon="refresh" onClick={() => setAsks(true)}>Make a new one</Button>}>
            <Table
                label="Data keys"
                rows={data_keys}
                keyOf={({ id }) => String(id)}
                columns={[
                    { title: 'Key', isHead: true, cell: ({ id }) => `No. ${id}` },
                    { title: 'Part', cell: ({ active }) => (active ? <Badge tone="good">Seals</Badge> : <Badge>Opens older records</Badge>) },
                    { title: 'Made', cell: ({ created_at: at }) => <When at={at} /> },
                    { title: 'Seals made', isNumber: true, cell: ({ uses }) => uses.toLocaleString('en') },
                ]}
            />
            <Facts
                of={[
                    ['Records are sealed anew', resealing.running ? <Badge tone="info">Going on</Badge> : 'All are'],
                    ['Looked at', String(resealing.seen)],
                    ['Sealed anew', String(resealing.resealed)],
                    ['Do not open', resealing.left ? <Badge tone="bad">{resealing.left}</Badge> : undefined],
                ]}
            />
            {asks && <Rotation reload={reload} onClose={() => setAsks(false)} />}
        </Panel>
    );
}

function Rotation({ reload, onClose }: { reload: () => void; onClose: () => void }) {
    const doing = useDoing();
    const rotate = async () => {
        await api.post('/v1/keyring/rotate');
        toast('A new key seals from now on');
        reload();
        onClose();
    };
    return (
        <Confirm title="Make a new data key" action="Make it" doing={doing} onConfirm={() => void doing.run(rotate)} onClose={onClose}>
            <p>It seals everything from now on. Records of before are sealed anew while the host goes on; then the old key is gone.</p>
        </Confirm>
    );
}

function Master({ of: { master_key } }: { of: Ring }) {
    return (
        <Panel title="Master key">
            <Facts
                of={[
                    ['Identifier', <code>{master_key.id}</code>],
                    ['Announced to come next', master_key.also.length ? <code>{master_key.also.join(', ')}</code> : 'None'],
                ]}
            />
            <p class="small soft">It is changed on the host's machine, with <code>tenon keyring rewrap</code>. The identifier tells one from another, and nothing of either.</p>
        </Panel>
    );
}
