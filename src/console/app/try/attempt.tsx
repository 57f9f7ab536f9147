// SPDX-License-Identifier: MIT
// One action: its inputs, and the call.
import { useEffect, useRef, useState } from 'preact/hooks';
import { tryCall, type Call, type Called, type Schema } from '../api';
import { Method } from '../connectors/actions';
import { publicAddress, type Served } from '../connectors/model';
import type { JsonSchema, Operation } from '../document';
import { useDoing } from '../load';
import { StateBadge } from '../parts/badge';
import { Button } from '../parts/button';
import { Fault } from '../parts/fault';
import { CheckField } from '../parts/field';
import { Panel } from '../parts/panel';
import { href, replaceQuery } from '../router';
import { AnswerPanel } from './answer';
import { callOf, masked, type Values, type Where } from './request';
import { JsonField, ValueField } from './value';

type Action = Schema<'Action'>;
type Input = Action['input'][number];
type Mode = 'form' | 'json';

export interface AttemptProps {
    connector: Served;
    connection: Schema<'Connection'>;
    action: Action;
    operation?: Operation;
    mode: Mode;
}

/** What was sent, to show beside what came: as it was, and with its secrets masked. */
export interface Sent {
    call: Call;
    shown: Call;
    where: Where;
    host: string;
}

export function Attempt({ connector, connection, action, operation, mode }: AttemptProps) {
    const [values, setValues] = useState<Values>({});
    const [isFresh, setFresh] = useState(false);
    const [outcome, setOutcome] = useState<{ sent: Sent; called: Called }>();
    const doing = useDoing();
    const stop = useRef<AbortController | undefined>(undefined);
    useEffect(() => () => stop.current?.abort(), []);
    const where = { connector: connector.id, connection: connection.name };
    const run = (call: Call, shown: Call) =>
        void doing.run(async () => {
            stop.current = new AbortController();
            const called = await tryCall(call, stop.current.signal);
            setOutcome({ sent: { call, shown, where, host: publicAddress(connector) }, called });
        });
    const send = () => run(callOf(action, where, values, isFresh), callOf(action, where, masked(action, values), isFresh));
    return (
        <div class="columns even">
            <Panel title="Request" beside={<Modes mode={mode} />}>
                <p class="row">
                    <Method of={action} />
                    <code>{action.path}</code>
                </p>
                {action.description && <p class="soft">{action.description}</p>}
                {connection.state !== 'ready' && <NotReady connection={connection} />}
                <form
                    onSubmit={(event) => {
                        event.preventDefault();
                        send();
                    }}
                >
                    <Inputs action={action} operation={operation} mode={mode} values={values} setValues={setValues} faults={faultsOf(outcome?.called)} />
                    {action.kind === 'token' && (
                        <CheckField label="Ask for a new token" hint="Else the one at hand is answered while it lives. At most once in 60 s." checked={isFresh} onChecked={setFresh} />
                    )}
                    {doing.problem && <Fault problem={doing.problem} />}
                    <p><Button kind="main" type="submit" icon="try" busy={doing.busy}>Send</Button></p>
                </form>
            </Panel>
            <AnswerPanel outcome={outcome} busy={doing.busy} onFollow={(call) => run(call, call)} />
        </div>
    );
}

function Modes({ mode }: { mode: Mode }) {
    return (
        <div class="chips" role="group" aria-label="How to fill it in">
            {(['form', 'json'] as const).map((one) => (
                <button key={one} type="button" aria-pressed={one === mode} onClick={() => replaceQuery({ mode: one === 'form' ? undefined : one })}>
                    {one === 'form' ? 'Form' : 'JSON'}
                </button>
            ))}
        </div>
    );
}

function NotReady({ connection }: { connection: Schema<'Connection'> }) {
    return (
        <p class="row">
            <StateBadge state={connection.state} />
            <a href={href('connections', connection.name)}>See what it needs</a>
        </p>
    );
}

/** By the name of the input: what the host said of it. */
function faultsOf(called?: Called): Record<string, string> {
    if (!called || called.status !== 400) return {};
    try {
        const { errors = [] } = JSON.parse(new TextDecoder().decode(called.body)) as Schema<'Problem'>;
        return Object.fromEntries(errors.map(({ pointer, detail }) => [pointer.split('/')[1] ?? '', detail]));
    } catch {
        return {};
    }
}

interface InputsProps {
    action: Action;
    operation?: Operation;
    mode: Mode;
    values: Values;
    setValues: (values: Values) => void;
    faults: Record<string, string>;
}

function Inputs({ action, operation, mode, values, setValues, faults }: InputsProps) {
    if (action.input.length === 0) return <p class="soft">It needs no input.</p>;
    if (mode === 'json') {
        return (
            <JsonField
                label="Inputs as JSON"
                hint="An object with a member for each input, whichever place it goes to."
                rows={12}
                schema={{ type: 'object', properties: Object.fromEntries(action.input.map((one) => [one.name, schemaOf(one, operation)])) }}
                value={Object.keys(values).length ? values : undefined}
                onValue={(next) => setValues((next ?? {}) as Values)}
            />
        );
    }
    const change = (name: string, value: unknown) => {
        const { [name]: _, ...rest } = values;
        setValues(value === undefined ? rest : { ...rest, [name]: value });
    };
    return (
        <>
            {action.input.map((one) => (
                <ValueField
                    key={one.in + one.name}
                    schema={schemaOf(one, operation)}
                    label={one.title ?? one.name}
                    hint={one.description}
                    fault={faults[one.name]}
                    needed={one.required}
                    secret={one.secret}
                    choices={one.choices}
                    value={values[one.name]}
                    onValue={(value) => change(one.name, value)}
                />
            ))}
        </>
    );
}

/** The document knows more of it than the list of inputs, such as the members of an object. */
function schemaOf(input: Input, operation?: Operation): JsonSchema {
    const told = input.in === 'body' ? operation?.body : operation?.inputs.get(input.name);
    const { required: _, ...own } = input;
    return { ...(own as JsonSchema), ...told };
}
