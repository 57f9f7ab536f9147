// SPDX-License-Identifier: MIT
// A form control for whatever a JSON Schema describes. undefined: it is not sent.
import { useState } from 'preact/hooks';
import { sampleOf, type JsonSchema } from '../document';
import { numberOf, parseExact } from '../exact';
import { Button } from '../parts/button';
import { AreaField, SelectField, TextField } from '../parts/field';
import { Icon } from '../parts/icon';

export interface ValueProps {
    schema: JsonSchema;
    label: string;
    hint?: string;
    fault?: string;
    needed?: boolean;
    secret?: boolean;
    choices?: { value: string; title: string }[];
    value: unknown;
    onValue: (value: unknown) => void;
}

const LONG_TEXT = 200;

/** Its kind decides; anything that has none of its own is written as JSON. */
export function ValueField(props: ValueProps) {
    const { schema, choices, secret } = props;
    if (choices || schema.enum) return <ChoiceField {...props} />;
    if (schema.type === 'boolean') return <ChoiceField {...props} schema={{ ...schema, enum: [true, false] }} />;
    if (schema.type === 'integer' || schema.type === 'number') return <NumberField {...props} />;
    if (schema.type === 'string') return !secret && (schema.maxLength ?? 0) > LONG_TEXT * 10 ? <LongField {...props} /> : <StringField {...props} />;
    if (schema.type === 'array' && isScalar(schema.items)) return <ListField {...props} />;
    if (schema.properties && Object.keys(schema.properties).length) return <ObjectField {...props} />;
    return <JsonField {...props} />;
}

function isScalar(schema?: JsonSchema): boolean {
    return ['string', 'integer', 'number', 'boolean'].includes(schema?.type ?? '');
}

function common({ label, hint, fault, needed }: ValueProps) {
    return { label, hint, fault, needed };
}

function ChoiceField(props: ValueProps) {
    const { schema, choices, value, onValue, needed } = props;
    const values = schema.enum ?? choices!.map((one) => one.value);
    const options = values.map((one) => ({ value: String(one), title: choices?.find((c) => c.value === String(one))?.title ?? String(one) }));
    const none = { value: '', title: needed ? 'Choose' : 'Not sent' };
    return (
        <SelectField
            {...common(props)}
            value={value === undefined ? '' : String(value)}
            options={[none, ...options]}
            onValue={(text) => onValue(values.find((one) => String(one) === text))}
        />
    );
}

function NumberField(props: ValueProps) {
    const { schema, value, onValue } = props;
    const range = [schema.minimum !== undefined && `from ${schema.minimum}`, schema.maximum !== undefined && `to ${schema.maximum}`].filter(Boolean).join(' ');
    return (
        <TextField
            {...common(props)}
            hint={[props.hint, range && `A number ${range}.`].filter(Boolean).join('\n') || undefined}
            type="number"
            value={value === undefined || value === '' ? '' : JSON.stringify(value)}
            placeholder={placeholderOf(schema)}
            onValue={(text) => onValue(text === '' ? undefined : numberOf(text))}
        />
    );
}

function placeholderOf({ default: fallback, example, examples }: JsonSchema): string | undefined {
    const shown = fallback ?? example ?? examples?.[0];
    if (shown === undefined) return undefined;
    return fallback !== undefined ? `${fallback} if left empty` : `such as ${shown}`;
}

function StringField(props: ValueProps) {
    const { schema, secret, value, onValue } = props;
    return (
        <TextField
            {...common(props)}
            type={secret ? 'password' : schema.format === 'date' ? 'date' : 'text'}
            autocomplete={secret ? 'new-password' : 'off'}
            value={value === undefined ? '' : String(value)}
            placeholder={placeholderOf(schema) ?? (schema.format === 'date-time' ? 'such as 2026-01-31T12:00:00Z' : undefined)}
            onValue={(text) => onValue(text === '' ? undefined : text)}
        />
    );
}

function LongField(props: ValueProps) {
    const { value, onValue } = props;
    return <AreaField {...common(props)} value={value === undefined ? '' : String(value)} onValue={(text) => onValue(text === '' ? undefined : text)} />;
}

function ListField(props: ValueProps) {
    const { schema, label, hint, value, onValue } = props;
    const list = Array.isArray(value) ? value : [];
    const change = (at: number, one: unknown) => onValue(list.map((old, i) => (i === at ? one : old)));
    const remove = (at: number) => onValue(list.length === 1 ? undefined : list.filter((_, i) => i !== at));
    return (
        <fieldset class="group">
            <legend>{label}</legend>
            {hint && <p class="hint">{hint}</p>}
            {list.map((one, i) => (
                <div class="list-item" key={i}>
                    <ValueField schema={schema.items!} label={`${label} ${i + 1}`} value={one} onValue={(next) => change(i, next ?? '')} />
                    <button type="button" class="button quiet only-icon" aria-label={`Remove ${label} ${i + 1}`} onClick={() => remove(i)}>
                        <Icon name="cross" />
                    </button>
                </div>
            ))}
            <p><Button icon="plus" onClick={() => onValue([...list, ''])}>Add one</Button></p>
        </fieldset>
    );
}

function ObjectField(props: ValueProps) {
    const { schema, label, hint, value, onValue } = props;
    const members = (value ?? {}) as Record<string, unknown>;
    const change = (name: string, one: unknown) => {
        const { [name]: _, ...rest } = members;
        const next = one === undefined ? rest : { ...rest, [name]: one };
        onValue(Object.keys(next).length ? next : undefined);
    };
    return (
        <fieldset class="group">
            <legend>{label}</legend>
            {hint && <p class="hint">{hint}</p>}
            <div class="fields">
                {Object.entries(schema.properties!).map(([name, one]) => (
                    <ValueField
                        key={name}
                        schema={one}
                        label={one.title ?? name}
                        hint={one.description}
                        needed={schema.required?.includes(name) && value !== undefined}
                        value={members[name]}
                        onValue={(next) => change(name, next)}
                    />
                ))}
            </div>
        </fieldset>
    );
}

/** As text, which may be no JSON for a while; then the value stays as it was and the field says so. */
export function JsonField(props: ValueProps & { rows?: number }) {
    const { schema, value, onValue, rows } = props;
    const [text, setText] = useState(() => (value === undefined ? '' : JSON.stringify(value, null, 2)));
    const [fault, setFault] = useState<string>();
    const change = (next: string) => {
        setText(next);
        try {
            onValue(next.trim() === '' ? undefined : parseExact(next));
            setFault(undefined);
        } catch (error) {
            setFault((error as Error).message);
        }
    };
    return (
        <div class="json-field">
            <AreaField {...common(props)} fault={fault ?? props.fault} value={text} rows={rows ?? 5} onValue={change} />
            {text === '' && schema.type && (
                <p><Button kind="quiet" onClick={() => change(JSON.stringify(sampleOf(schema), null, 2))}>Begin with a sample</Button></p>
            )}
        </div>
    );
}
