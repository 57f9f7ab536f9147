// SPDX-License-Identifier: MIT
import { useState } from 'preact/hooks';
import { api } from '../api';
import { useDoing } from '../load';
import { Confirm } from '../parts/dialog';
import { TextField } from '../parts/field';
import { toast } from '../parts/toast';
import { go, href } from '../router';
import type { Connection } from './model';

export function Removal({ connection: { name }, onClose }: { connection: Connection; onClose: () => void }) {
    const [typed, setTyped] = useState('');
    const doing = useDoing();
    const remove = async () => {
        await api.remove('/v1/connections/{connection}', { path: { connection: name } });
        toast(`${name} was removed`);
        go(href('connections'));
    };
    return (
        <Confirm
            title={`Remove ${name}`}
            action="Remove it"
            isDangerous
            canConfirm={typed === name}
            doing={doing}
            onConfirm={() => void doing.run(remove)}
            onClose={onClose}
        >
            <ul class="dots">
                <li>Its credentials and tokens are erased here. A backup may still hold them.</li>
                <li>Its tokens are given back to the service, where the connector says how (<code>revoke_url</code>); the service is asked again for an hour. <a href={`${href('activity')}?connection=${name}`}>Activity</a> tells what became of them.</li>
                <li>Flows that call it are answered 404 from then on. Keys that are bound to it stay, and open nothing of it.</li>
            </ul>
            <TextField label={`Type ${name} to confirm`} value={typed} onValue={setTyped} isCode />
        </Confirm>
    );
}
