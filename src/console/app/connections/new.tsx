// SPDX-License-Identifier: MIT
// A new connection: filled in here, or by whoever gets the link.
import { useState } from 'preact/hooks';
import { api, type Schema } from '../api';
import { useDoing, useLoad } from '../load';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { Show } from '../parts/empty';
import { Fault } from '../parts/fault';
import { SelectField, TextField } from '../parts/field';
import { connectHere, makeLink, type LinkInput } from './model';
import { LinkMade, type Link } from './link';

export function NewConnection({ connector, onClose }: { connector?: string; onClose: () => void }) {
    const page = useLoad((signal) => api.get('/v1/connectors', { query: { limit: 1000 }, signal }), []);
    return (
        <Dialog title="New connection" onClose={onClose}>
            <Show of={page}>{({ connectors }) => <Form connectors={connectors} chosen={connector} onClose={onClose} />}</Show>
        </Dialog>
    );
}

function suggest(connector: string): string {
    return `${connector.slice(0, 50)}-1`;
}

function Form({ connectors, chosen, onClose }: { connectors: Schema<'ConnectorSummary'>[]; chosen?: string; onClose: () => void }) {
    const [connector, setConnector] = useState(chosen ?? connectors[0]?.id ?? '');
    const [given, setName] = useState<string>();
    const [title, setTitle] = useState('');
    const [link, setLink] = useState<Link>();
    const doing = useDoing();
    const name = given ?? suggest(connector);
    const input: LinkInput = { connector, name, ...(title && { title }) };
    if (link) return <LinkMade link={link} onClose={onClose} />;
    return (
        <form
            onSubmit={(event) => {
                event.preventDefault();
                void doing.run(() => connectHere(input, connector));
            }}
        >
            <SelectField label="Connector" value={connector} onValue={setConnector} options={connectors.map(({ id, title }) => ({ value: id, title }))} />
            <TextField label="Name" hint="It stands in addresses: small letters, digits and hyphens." value={name} onValue={setName} isCode needed />
            <TextField label="Title" hint="For people, such as the tenant and what it is for. May be left empty." value={title} onValue={setTitle} />
            {doing.problem && <Fault problem={doing.problem} />}
            <footer class="buttons">
                <Button onClick={() => void doing.run(async () => setLink(await makeLink(input)))}>Make a link for someone else</Button>
                <Button kind="main" type="submit" icon="next" busy={doing.busy}>Fill it in now</Button>
            </footer>
        </form>
    );
}
