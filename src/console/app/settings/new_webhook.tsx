// SPDX-License-Identifier: MIT
import { useState } from 'preact/hooks';
import { api, type Schema } from '../api';
import { useDoing } from '../load';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { Fault } from '../parts/fault';
import { TextField } from '../parts/field';

export type Webhook = Schema<'Webhook'>;

const GROUPS = ['connection.*', 'token.*', 'throttle.*', 'upstream.*', 'definition.*', 'key.*'];

function listOf(text: string): string[] | undefined {
    const words = text.split(/[\s,]+/).filter(Boolean);
    return words.length ? words : undefined;
}

export function NewWebhook({ onMade, onClose }: { onMade: (secret: string) => void; onClose: () => void }) {
    const [url, setUrl] = useState('');
    const [title, setTitle] = useState('');
    const [types, setTypes] = useState('');
    const [connections, setConnections] = useState('');
    const doing = useDoing();
    const add = async () => {
        const only = { types: listOf(types), connections: listOf(connections) };
        const { secret } = await api.post('/v1/webhooks', { url: url.trim(), ...(title && { title }), ...(only.types && { types: only.types }), ...(only.connections && { connections: only.connections }) });
        onMade(secret);
    };
    return (
        <Dialog title="Add a webhook" onClose={() => doing.busy || onClose()}>
            <form
                onSubmit={(event) => {
                    event.preventDefault();
                    void doing.run(add);
                }}
            >
                <TextField label="Address" type="url" hint="It is sent events by POST, over https." placeholder="https://hooks.example.com/tenon" value={url} onValue={setUrl} needed />
                <TextField label="Title" hint="For people. May be left empty." value={title} onValue={setTitle} />
                <TextField label="Events" hint={`Empty: all. Else types and groups, such as ${GROUPS.join(', ')}.`} value={types} onValue={setTypes} isCode />
                <TextField label="Connections" hint="Empty: all. Else names, with commas between them." value={connections} onValue={setConnections} isCode />
                {doing.problem && <Fault problem={doing.problem} />}
                <footer class="buttons">
                    <Button onClick={onClose}>Cancel</Button>
                    <Button kind="main" type="submit" busy={doing.busy}>Add it</Button>
                </footer>
            </form>
        </Dialog>
    );
}
