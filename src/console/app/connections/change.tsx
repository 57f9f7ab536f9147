// SPDX-License-Identifier: MIT
// Other values for a connection. What is left empty stays; new credentials are tried before the old ones go.
import { useState } from 'preact/hooks';
import { api, type Schema } from '../api';
import { useDoing, useLoad } from '../load';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { Show } from '../parts/empty';
import { Fault } from '../parts/fault';
import { AreaField, SelectField, TextField } from '../parts/field';
import { toast } from '../parts/toast';
import type { Connection } from './model';

type Parameter = Schema<'Parameter'>;
type Values = Record<string, string>;

export function Change({ connection, reload, onClose }: { connection: Connection; reload: () => void; onClose: () => void }) {
    const connector = useLoad((signal) => api.get('/v1/connectors/{connector}', { path: { connector: connection.connector! }, signal }), []);
    return (
        <Dialog title={`Change ${connection.name}`} onClose={onClose}>
            <Show of={connector}>{(shown) => <Form connection={connection} fields={fieldsOf(shown, connection)} reload={reload} onClose={onClose} />}</Show>
        </Dialog>
    );
}

/** Those of the connector and of the way to sign in; not what an admin gives once for all. */
function fieldsOf(connector: Schema<'Connector'>, { auth }: Connection): Parameter[] {
    const own = connector.auths?.find(({ name }) => name === auth)?.parameters ?? [];
    return [...(connector.parameters ?? []), ...own].filter(({ ask }) => ask !== 'admin');
}

function shownValue({ parameters = {} }: Connection, field: Parameter): string {
    const value = parameters[field.name];
    return typeof value === 'object' || value === undefined ? '' : String(value);
}

/** What differs from what it has, in the types of the fields. */
function changesOf(connection: Connection, fields: Parameter[], values: Values) {
    const changes: Record<string, string | number | boolean | null> = {};
    for (const field of fields) {
        const value = values[field.name];
        if (value === undefined || (field.secret ? value === '' : value === shownValue(connection, field))) continue;
        if (value === '') changes[field.name] = null;
        else if (field.type === 'integer' || field.type === 'number') changes[field.name] = Number(value);
        else changes[field.name] = field.type === 'boolean' ? value === 'true' : value;
    }
    return changes;
}

function Form({ connection, fields, reload, onClose }: { connection: Connection; fields: Parameter[]; reload: () => void; onClose: () => void }) {
    const [values, setValues] = useState<Values>({});
    const [title, setTitle] = useState(connection.title ?? '');
    const doing = useDoing();
    const save = async () => {
        const parameters = changesOf(connection, fields, values);
        const change = { ...(title !== (connection.title ?? '') && { title }), ...(Object.keys(parameters).length && { parameters }) };
        await api.patch('/v1/connections/{connection}', change, { path: { connection: connection.name } });
        toast('Saved');
        reload();
        onClose();
    };
    return (
        <form
            onSubmit={(event) => {
                event.preventDefault();
                void doing.run(save);
            }}
        >
            <TextField label="Title" value={title} onValue={setTitle} />
            {fields.map((field) => (
                <ParameterField
                    key={field.name}
                    field={field}
                    value={values[field.name] ?? shownValue(connection, field)}
                    onValue={(value) => setValues({ ...values, [field.name]: value })}
                />
            ))}
            <p class="small soft">A secret that is left empty stays as it is. Where a value stands in an address, the secrets have to come with it.</p>
            {doing.problem && <Fault problem={doing.problem} />}
            <footer class="buttons">
                <Button onClick={onClose}>Cancel</Button>
                <Button kind="main" type="submit" busy={doing.busy}>Try it and save</Button>
            </footer>
        </form>
    );
}

function ParameterField({ field, value, onValue }: { field: Parameter; value: string; onValue: (value: string) => void }) {
    const common = { label: field.title ?? field.name, hint: field.description, value, onValue };
    const choices = field.choices ?? field.enum?.map((one) => ({ value: String(one), title: String(one) }));
    if (choices) return <SelectField {...common} options={field.required ? choices : [{ value: '', title: '–' }, ...choices]} />;
    if (field.type === 'boolean') return <SelectField {...common} options={['', 'true', 'false'].map((one) => ({ value: one, title: one || '–' }))} />;
    if (field.secret && /pem|key|certificate/i.test(`${field.format} ${field.name}`)) return <AreaField {...common} />;
    if (field.secret) return <TextField {...common} type="password" autocomplete="new-password" placeholder="Stays as it is" />;
    return <TextField {...common} />;
}
