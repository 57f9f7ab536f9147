// SPDX-License-Identifier: MIT
// What a connector can do: each action with its inputs, and what comes back.
import { useState } from 'preact/hooks';
import { loadDocument, operationOf, sampleOf, type Answer, type OpenApiDocument } from '../document';
import { useLoad } from '../load';
import { Badge } from '../parts/badge';
import { ButtonLink } from '../parts/button';
import { Code } from '../parts/code';
import { Show } from '../parts/empty';
import { SearchField } from '../parts/field';
import { Table } from '../parts/table';
import { href } from '../router';
import type { Action, Served } from './model';
import { Limits } from './overview';

const SEARCH_FROM = 8; /* a shorter list is seen at a glance */

export function Actions({ connector }: { connector: Served }) {
    const [wanted, setWanted] = useState('');
    const document = useLoad((signal) => loadDocument(connector.id, signal), [connector]);
    const found = connector.actions.filter(({ name, summary }) => `${name} ${summary}`.toLowerCase().includes(wanted.toLowerCase()));
    return (
        <>
            {connector.actions.length >= SEARCH_FROM && <SearchField value={wanted} onValue={setWanted} label="Search actions" />}
            <ul class="actions">
                {found.map((action) => (
                    <li key={action.name}>
                        <details name="action">
                            <summary>
                                <Method of={action} />
                                <span class="action-name">
                                    <strong>{action.summary ?? action.name}</strong>
                                    <code class="soft">{action.path}</code>
                                </span>
                                {action.kind === 'token' && <Badge tone="info">Token</Badge>}
                                {action.deprecated && <Badge tone="warn">Deprecated</Badge>}
                            </summary>
                            <div class="stack action-body">
                                {action.description && <p class="lead">{action.description}</p>}
                                <Inputs of={action} />
                                {action.throttle && <Limits of={action.throttle} />}
                                <Show of={document}>{(loaded) => <Answers document={loaded} action={action} />}</Show>
                                <p><ButtonLink icon="try" href={`${href('try')}?connector=${connector.id}&action=${action.name}`}>Try it</ButtonLink></p>
                            </div>
                        </details>
                    </li>
                ))}
            </ul>
            {found.length === 0 && <p class="soft">No action is called that.</p>}
        </>
    );
}

export function Method({ of: { method } }: { of: Pick<Action, 'method'> }) {
    return <span class={`method ${method.toLowerCase()}`}>{method}</span>;
}

type Input = Action['input'][number];
const PLACES: Record<Input['in'], string> = {
    path: 'path',
    query: 'query',
    header: 'header',
    form: 'form body',
    json: 'JSON body',
    body: 'whole body',
};

function Inputs({ of: { input } }: { of: Action }) {
    if (input.length === 0) return <p class="soft">It needs no input.</p>;
    return (
        <Table
            label="Inputs"
            rows={input}
            keyOf={(one) => one.in + one.name}
            columns={[
                { title: 'Input', isHead: true, cell: (one) => <><code>{one.name}</code>{one.required && <span class="must" title="required"> *</span>}</> },
                { title: 'Goes into', cell: (one) => PLACES[one.in] },
                { title: 'Type', cell: (one) => typeText(one) },
                { title: 'What it is', cell: (one) => <InputText of={one} /> },
            ]}
        />
    );
}

function typeText({ type, format, secret, items }: Input): string {
    const base = type === 'array' ? `list of ${(items as { type?: string } | undefined)?.type ?? 'values'}` : (type ?? 'any');
    return [base, format && `(${format})`, secret && 'secret'].filter(Boolean).join(' ');
}

function InputText({ of: one }: { of: Input }) {
    const choices = one.choices?.map(({ value }) => value) ?? one.enum?.map(String);
    return (
        <>
            {[one.title !== one.name && one.title, one.description].filter(Boolean).join(' – ')}
            {choices && <span class="soft"> One of {choices.map((choice) => <code key={choice}>{choice} </code>)}</span>}
            {one.default !== undefined && <span class="soft"> Else <code>{JSON.stringify(one.default)}</code></span>}
        </>
    );
}

function Answers({ document, action }: { document: OpenApiDocument; action: Action }) {
    const answers = operationOf(document, action.name)?.answers.filter(({ status }) => status.startsWith('2')) ?? [];
    return <>{answers.map((answer) => <Sample key={answer.status} answer={answer} />)}</>;
}

function isEmptySchema(answer: Answer): boolean {
    return answer.example === undefined && Object.keys(answer.schema ?? {}).length === 0;
}

function Sample({ answer }: { answer: Answer }) {
    const { status, description, example, schema } = answer;
    return (
        <div>
            <h3>Answer {status}</h3>
            <p class="soft">{description}</p>
            {!isEmptySchema(answer) && (
                <Code text={JSON.stringify(example ?? sampleOf(schema), null, 2)} language="json" label={`Sample of answer ${status}`} />
            )}
        </div>
    );
}
