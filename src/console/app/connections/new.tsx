// SPDX-License-Identifier: MIT
// A new connection: filled in here, or by whoever gets the link.
import { useState } from 'preact/hooks';
import { api, type Problem, type Schema } from '../api';
import { useDoing, useLoad } from '../load';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { Show } from '../parts/empty';
import { Fault, faultAt } from '../parts/fault';
import { SelectField, TextField } from '../parts/field';
import { connectHere, makeLink, type LinkInput } from './model';
import { LinkMade, type Link } from './link';

export function NewConnection({ connector, onClose }: { connector?: string; onClose: () => void }) {
    const page = useLoad((signal) => load(signal), []);
    return (
        <Dialog title="New connection" onClose={onClose}>
            <Show of={page}>{([connectors, names]) => <Form connectors={connectors} names={names} chosen={connector} onClose={onClose} />}</Show>
        </Dialog>
    );
}

async function load(signal: AbortSignal): Promise<[Schema<'ConnectorSummary'>[], Set<string>]> {
    const where = { query: { limit: 1000 }, signal };
    const [{ connectors }, { connections }] = await Promise.all([api.get('/v1/connectors', where), api.get('/v1/connections', where)]);
    return [connectors, new Set(connections.map(({ name }) => name))];
}

/** The first that is free of `acme`, `acme-2`, `acme-3`; by the title, else by the connector. */
function suggest(title: string, connector: string, names: Set<string>): string {
    const plain = title.toLowerCase().normalize('NFD').replace(/[^a-z0-9\s_-]/g, '').replace(/[\s_-]+/g, '-').replace(/^-|-$/g, '');
    const stem = (plain || connector).slice(0, 50);
    for (let i = 2, name = stem; ; name = `${stem}-${i++}`) if (!names.has(name)) return name;
}

interface FormProps {
    connectors: Schema<'ConnectorSummary'>[];
    names: Set<string>;
    chosen?: string;
    onClose: () => void;
}

function Form({ connectors, names, chosen, onClose }: FormProps) {
    const [connector, setConnector] = useState(chosen ?? connectors[0]?.id ?? '');
    const [given, setName] = useState<string>();
    const [title, setTitle] = useState('');
    const [link, setLink] = useState<Link>();
    const doing = useDoing();
    const name = given ?? suggest(title, connector, names);
    const input: LinkInput = { connector, name: name.trim(), ...(title.trim() && { title: title.trim() }) };
    const fault = doing.problem && nameFault(doing.problem);
    const rename = (next: string) => {
        setName(next);
        doing.clear();
    };
    if (link) return <LinkMade link={link} onClose={onClose} />;
    return (
        <form
            onSubmit={(event) => {
                event.preventDefault();
                void doing.run(() => connectHere(input, connector));
            }}
        >
            <SelectField label="Connector" value={connector} onValue={setConnector} options={connectors.map(({ id, title }) => ({ value: id, title }))} />
            <TextField label="Title" hint="For people, such as the tenant and what it is for. May be left empty." value={title} onValue={setTitle} />
            <TextField label="Name" hint="It stands in addresses: small letters, digits and hyphens." fault={fault} value={name} onValue={rename} isCode needed />
            {doing.problem && !fault && <Fault problem={doing.problem} />}
            <footer class="buttons">
                <Button busy={doing.busy} onClick={() => void doing.run(async () => setLink(await makeLink(input)))}>Make a link for someone else</Button>
                <Button kind="main" type="submit" icon="next" busy={doing.busy}>Fill it in now</Button>
            </footer>
        </form>
    );
}

/** What is wrong with the name; undefined: it is something else. */
function nameFault(problem: Problem): string | undefined {
    if (problem.code === 'connection_exists') return 'There is a connection of this name already. Choose another name.';
    return faultAt(problem, '/name');
}
