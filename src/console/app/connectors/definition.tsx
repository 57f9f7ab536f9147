// SPDX-License-Identifier: MIT
// The file, with what is wrong in it below each line.
import type { ComponentChildren } from 'preact';
import { api, type Schema } from '../api';
import { useLoad } from '../load';
import { Badge } from '../parts/badge';
import { Code } from '../parts/code';
import { Show } from '../parts/empty';
import type { Connector } from './model';

type Diagnostic = Schema<'Diagnostic'>;

export function Definition({ connector }: { connector: Connector }) {
    const text = useLoad((signal) => api.text('/v1/connectors/{connector}/definition', { path: { connector: connector.id }, signal }), [connector]);
    const diagnostics = connector.fault?.diagnostics ?? [];
    return (
        <>
            {diagnostics.length > 0 && <List of={diagnostics} />}
            <Show of={text}>
                {(yaml) => <Code text={yaml} language="yaml" label={`${connector.id}.yaml`} hasNumbers marks={marksOf(diagnostics)} />}
            </Show>
        </>
    );
}

function marksOf(diagnostics: Diagnostic[]): Map<number, ComponentChildren> {
    const lines = new Map<number, Diagnostic[]>();
    for (const one of diagnostics) lines.set(one.line, [...(lines.get(one.line) ?? []), one]);
    return new Map([...lines].map(([line, list]) => [line, list.map(({ message }) => message).join('\n')]));
}

function List({ of }: { of: Diagnostic[] }) {
    return (
        <ul class="diagnostics">
            {of.map((one) => (
                <li key={`${one.line}:${one.column}:${one.message}`}>
                    <button type="button" class="link" onClick={() => showLine(one.line)}>Line {one.line}</button>
                    <Badge tone={one.severity === 'error' ? 'bad' : 'warn'}>{one.severity === 'error' ? 'Fault' : 'Advice'}</Badge>
                    <span>{one.message}</span>
                </li>
            ))}
        </ul>
    );
}

function showLine(line: number): void {
    document.querySelector(`[data-line="${line}"]`)?.scrollIntoView({ block: 'center', behavior: 'smooth' });
}
