// SPDX-License-Identifier: MIT
// A labelled field with hint and fault, and the controls that go into it.
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

export interface FieldProps {
    label: string;
    hint?: ComponentChildren;
    /** What is wrong with the value. */
    fault?: string;
    needed?: boolean;
    /** Gets what ties label, hint and fault to the control. */
    children: (control: ControlProps) => ComponentChildren;
}
export interface ControlProps {
    id: string;
    required?: boolean;
    'aria-describedby'?: string;
    'aria-invalid'?: true;
}

export function Field({ label, hint, fault, needed, children }: FieldProps) {
    const id = useId();
    const described = [hint && `${id}-hint`, fault && `${id}-fault`].filter(Boolean).join(' ');
    const control: ControlProps = { id };
    if (needed) control.required = true;
    if (described) control['aria-describedby'] = described;
    if (fault) control['aria-invalid'] = true;
    return (
        <div class="field">
            <label for={id}>
                {label}
                {needed && <span class="must" aria-hidden="true"> *</span>}
            </label>
            {hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
            {children(control)}
            {fault && <p class="fault" id={`${id}-fault`}>{fault}</p>}
        </div>
    );
}

type Common = Omit<FieldProps, 'children'>;
type InputProps = Common & {
    value: string;
    onValue: (value: string) => void;
    type?: 'text' | 'password' | 'number' | 'url' | 'email' | 'date' | 'datetime-local';
    placeholder?: string;
    autocomplete?: 'off' | 'current-password' | 'new-password';
    list?: string[];
    isCode?: boolean;
};

export function TextField({ value, onValue, type = 'text', placeholder, autocomplete = 'off', list, isCode, ...field }: InputProps) {
    return (
        <Field {...field}>
            {(control) => (
                <>
                    <input
                        {...control}
                        class={isCode ? 'code-input' : undefined}
                        type={type as 'text' /* the types know no list with every one of them */}
                        step={type === 'number' ? 'any' : undefined /* else a browser refuses 1.5; what must be whole, the host says */}
                        value={value}
                        placeholder={placeholder}
                        autocomplete={autocomplete}
                        spellcheck={false}
                        list={list && `${control.id}-list`}
                        onInput={(event) => onValue(event.currentTarget.value)}
                    />
                    {list && (
                        <datalist id={`${control.id}-list`}>
                            {list.map((one) => <option key={one} value={one} />)}
                        </datalist>
                    )}
                </>
            )}
        </Field>
    );
}

export function AreaField({ value, onValue, rows = 4, ...field }: Common & { value: string; onValue: (value: string) => void; rows?: number }) {
    return (
        <Field {...field}>
            {(control) => (
                <textarea {...control} rows={rows} value={value} spellcheck={false} onInput={(event) => onValue(event.currentTarget.value)} />
            )}
        </Field>
    );
}

export interface Option {
    value: string;
    title: string;
}

export function SelectField({ value, onValue, options, ...field }: Common & { value: string; onValue: (value: string) => void; options: Option[] }) {
    return (
        <Field {...field}>
            {(control) => (
                <select {...control} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
                    {options.map((option) => <option key={option.value} value={option.value}>{option.title}</option>)}
                </select>
            )}
        </Field>
    );
}

export function CheckField({ label, hint, checked, onChecked }: { label: ComponentChildren; hint?: string; checked: boolean; onChecked: (checked: boolean) => void }) {
    const id = useId();
    return (
        <div class="check">
            <input id={id} type="checkbox" checked={checked} aria-describedby={hint && `${id}-hint`} onChange={(event) => onChecked(event.currentTarget.checked)} />
            <label for={id}>{label}</label>
            {hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
        </div>
    );
}

/** Narrows a list as one types. */
export function SearchField({ value, onValue, label }: { value: string; onValue: (value: string) => void; label: string }) {
    return (
        <input
            class="search"
            type="search"
            value={value}
            placeholder={label}
            aria-label={label}
            autocomplete="off"
            spellcheck={false}
            onInput={(event) => onValue(event.currentTarget.value)}
        />
    );
}
