// SPDX-License-Identifier: MIT
import { useState } from 'preact/hooks';
import { Button } from '../parts/button';
import { SelectField, TextField } from '../parts/field';
import { replaceQuery } from '../router';
import { FILTERS, WHATS, type Filters } from './model';

const KINDS = [{ value: '', title: 'Everything' }, ...Object.entries(WHATS).map(([value, title]) => ({ value, title }))];

/** Asked for when the form is sent, not with every letter: the host reads files for it. */
export function Filter({ filters }: { filters: Filters }) {
    const [given, setGiven] = useState(filters);
    const field = (name: keyof Filters) => ({ value: given[name] ?? '', onValue: (value: string) => setGiven({ ...given, [name]: value }) });
    const clear = () => {
        setGiven({});
        replaceQuery(Object.fromEntries(FILTERS.map((name) => [name, undefined])));
    };
    return (
        <form
            class="panel"
            aria-label="Filter"
            onSubmit={(event) => {
                event.preventDefault();
                replaceQuery(Object.fromEntries(FILTERS.map((name) => [name, given[name]?.trim() || undefined])));
            }}
        >
            <div class="fields">
                <SelectField label="What" options={KINDS} {...field('what')} />
                <TextField label="About" placeholder="Connection, key, connector" {...field('object')} />
                <TextField label="Who" placeholder="Id of a key, host, stranger" {...field('actor')} />
                <TextField label="From" type="date" {...field('since')} />
                <TextField label="To" type="date" {...field('until')} />
                <TextField label="Request id" isCode {...field('request_id')} />
            </div>
            <div class="buttons">
                <Button type="submit" kind="main" icon="search">Show</Button>
                {Object.keys(filters).length > 0 && <Button kind="quiet" onClick={clear}>Show everything</Button>}
            </div>
        </form>
    );
}
