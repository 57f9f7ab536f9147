// SPDX-License-Identifier: MIT
// What an admin gives once for all connections of a connector (`ask: admin`): mostly the OAuth application that the host is at the service.
import { useState } from 'preact/hooks';
import { api, type Schema } from '../api';
import { useDoing, useLoad } from '../load';
import { Badge } from '../parts/badge';
import { Button } from '../parts/button';
import { CopyLine } from '../parts/copy';
import { Empty, Show } from '../parts/empty';
import { Fault } from '../parts/fault';
import { TextField } from '../parts/field';
import { Mark, Panel } from '../parts/panel';
import { toast } from '../parts/toast';

type Summary = Schema<'ConnectorSummary'>;
type Parameter = Schema<'Parameter'>;
type Values = Schema<'ConnectorParameters'>['parameters'];

export function Applications() {
    const page = useLoad((signal) => api.get('/v1/connectors', { query: { limit: 1000 }, signal }), []);
    return (
        <Show of={page}>
            {({ connectors }) => {
                const asking = connectors.filter(({ asks_admin }) => asks_admin);
                return asking.length ? <>{asking.map((one) => <Application key={one.id} connector={one} />)}</> : <NoneAsks />;
            }}
        </Show>
    );
}

function NoneAsks() {
    return (
        <Empty title="No connector waits for an admin">
            <p>A definition whose parameters say <code>ask: admin</code>, such as the id and secret of an OAuth application, is shown here to be filled in once for all its connections.</p>
        </Empty>
    );
}

function Application({ connector: { id, title, brand_color } }: { connector: Summary }) {
    const loaded = useLoad(
        async (signal) => {
            const path = { connector: id };
            const [connector, given] = await Promise.all([
                api.get('/v1/connectors/{connector}', { path, signal }),
                api.get('/v1/connectors/{connector}/parameters', { path, signal }),
            ]);
            return { connector, given };
        },
        [id],
    );
    return (
        <Panel title={title} beside={<Mark title={title} color={brand_color} />}>
            <Show of={loaded}>
                {({ connector, given }) => (
                    <>
                        {needsRedirect(connector) && (
                            <div class="field">
                                <p class="label">Redirect URI</p>
                                <p class="hint">Register it with the application at the service.</p>
                                <CopyLine text={given.redirect_uri} label="redirect URI" />
                            </div>
                        )}
                        <Form key={JSON.stringify(given)} connector={id} fields={fieldsOf(connector)} values={given.parameters} reload={loaded.reload} />
                    </>
                )}
            </Show>
        </Panel>
    );
}

const BY_BROWSER = ['authorization_code', 'oauth1'];

function needsRedirect({ auths = [] }: Schema<'Connector'>): boolean {
    return auths.some(({ type }) => BY_BROWSER.includes(type));
}

/* Two ways to sign in may ask for the same one. */
function fieldsOf({ parameters = [], auths = [] }: Schema<'Connector'>): Parameter[] {
    const asked = [...parameters, ...auths.flatMap((auth) => auth.parameters)].filter(({ ask }) => ask === 'admin');
    return [...new Map(asked.map((field) => [field.name, field])).values()];
}

function isSet(value: Values[string] | undefined): boolean {
    return typeof value === 'object' && value !== null && 'set' in value ? Boolean(value.set) : value !== undefined;
}

function shown(value: Values[string] | undefined): string {
    return value === undefined || typeof value === 'object' ? '' : String(value);
}

interface FormProps {
    connector: string;
    fields: Parameter[];
    values: Values;
    reload: () => void;
}

function Form({ connector, fields, values, reload }: FormProps) {
    const [given, setGiven] = useState<Record<string, string>>({});
    const doing = useDoing();
    const save = async () => {
        const changed = Object.entries(given).filter(([name, value]) => value !== shown(values[name]));
        await api.put('/v1/connectors/{connector}/parameters', { parameters: Object.fromEntries(changed) }, { path: { connector } });
        toast('Saved');
        reload();
    };
    return (
        <form
            onSubmit={(event) => {
                event.preventDefault();
                void doing.run(save);
            }}
        >
            {fields.map((field) => (
                <TextField
                    key={field.name}
                    label={field.title ?? field.name}
                    hint={field.description}
                    type={field.secret ? 'password' : 'text'}
                    autocomplete={field.secret ? 'new-password' : 'off'}
                    placeholder={field.secret && isSet(values[field.name]) ? 'Is set; stays as it is' : undefined}
                    value={given[field.name] ?? shown(values[field.name])}
                    onValue={(value) => setGiven({ ...given, [field.name]: value })}
                />
            ))}
            {doing.problem && <Fault problem={doing.problem} />}
            <div class="buttons">
                <Button kind="main" type="submit" busy={doing.busy} disabled={!Object.keys(given).length}>Save</Button>
                {fields.every(({ name }) => isSet(values[name])) ? <Badge tone="good">Complete</Badge> : <Badge tone="warn">Something is missing</Badge>}
            </div>
            <p class="small soft">Where a value stands in an address, its secrets have to come with it. Tokens that came by the old values are forgotten.</p>
        </form>
    );
}
