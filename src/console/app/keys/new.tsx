// SPDX-License-Identifier: MIT
// A new key: what it opens, and until when; then the key itself, this once.
import { useState } from 'preact/hooks';
import { api, type Schema } from '../api';
import { useDoing, useLoad, type Doing } from '../load';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { Show } from '../parts/empty';
import { Fault } from '../parts/fault';
import { CheckField, SearchField, SelectField } from '../parts/field';
import { SecretOnce } from '../parts/secret';
import { LIVES, RIGHTS, type Right } from './model';

type Role = Schema<'Role'>;
interface Asked {
    role: Role;
    connection?: string;
    reload?: () => void;
    onClose: () => void;
}

export function NewKey({ role, connection, reload, onClose }: Asked) {
    const [made, setMade] = useState<string>();
    const doing = useDoing();
    const page = useLoad((signal) => api.get('/v1/connections', { query: { limit: 1000 }, signal }), []);
    const show = (key: string) => {
        setMade(key);
        reload?.();
    };
    return (
        <Dialog title={made ? 'The key' : 'New key'} onClose={() => doing.busy || onClose()}>
            {made ? (
                <Made value={made} onClose={onClose} />
            ) : (
                <Show of={page}>
                    {({ connections }) => <Form names={connections.map(({ name }) => name)} role={role} bound={connection ? [connection] : []} doing={doing} onMade={show} onClose={onClose} />}
                </Show>
            )}
        </Dialog>
    );
}

function Made({ value, onClose }: { value: string; onClose: () => void }) {
    return (
        <>
            <SecretOnce value={value} label="Key">Copy it now. Only its digest is kept, so it cannot be shown again.</SecretOnce>
            <p class="small soft">Whoever calls shows it as <code>X-API-Key</code>, or as <code>Authorization: Bearer</code>.</p>
            <footer class="buttons">
                <Button kind="main" onClick={onClose}>Done</Button>
            </footer>
        </>
    );
}

interface FormProps {
    names: string[];
    role: Role;
    bound: string[];
    /** The dialog waits for it: a key that nobody saw would be there all the same. */
    doing: Doing;
    onMade: (key: string) => void;
    onClose: () => void;
}

const ROLES = [
    { value: 'caller', title: 'Caller: calls the actions of some connections' },
    { value: 'admin', title: 'Admin: does everything' },
];

function Form({ names, role: first, bound, doing, onMade, onClose }: FormProps) {
    const [role, setRole] = useState<Role>(first);
    const [connections, setConnections] = useState(bound.filter((name) => names.includes(name)));
    const [rights, setRights] = useState<Right[]>([]);
    const [life, setLife] = useState(LIVES[1]!.value);
    const make = async () => {
        const opens = role === 'caller' ? { connections, rights } : {};
        const { key } = await api.post('/v1/keys', { role, ...opens, ...(life && { expires_in: Number(life) }) });
        onMade(key);
    };
    return (
        <form
            onSubmit={(event) => {
                event.preventDefault();
                void doing.run(make);
            }}
        >
            <SelectField label="Role" value={role} onValue={(value) => setRole(value as Role)} options={ROLES} />
            {role === 'caller' && <Connections names={names} chosen={connections} onChosen={setConnections} />}
            {role === 'caller' && <Rights chosen={rights} onChosen={setRights} />}
            <SelectField label="It expires after" value={life} onValue={setLife} options={LIVES} />
            {doing.problem && <Fault problem={doing.problem} />}
            <footer class="buttons">
                <Button onClick={onClose}>Cancel</Button>
                <Button kind="main" type="submit" busy={doing.busy}>Make the key</Button>
            </footer>
        </form>
    );
}

const SEARCH_FROM = 8;

/** With one, `-` in an address stands for it. */
function Connections({ names, chosen, onChosen }: { names: string[]; chosen: string[]; onChosen: (names: string[]) => void }) {
    const [wanted, setWanted] = useState('');
    const shown = names.filter((name) => name.includes(wanted.toLowerCase()) || chosen.includes(name));
    if (!names.length) return <p class="soft">There is no connection yet that it could be bound to.</p>;
    return (
        <fieldset class="stack">
            <legend>Connections</legend>
            <p class="hint">Bound to one alone, it also opens addresses that leave the connection out.</p>
            {names.length > SEARCH_FROM && <SearchField value={wanted} onValue={setWanted} label="Search connections" />}
            <div class="choices">
                {shown.map((name) => (
                    <CheckField
                        key={name}
                        label={name}
                        checked={chosen.includes(name)}
                        onChecked={(checked) => onChosen(checked ? [...chosen, name] : chosen.filter((one) => one !== name))}
                    />
                ))}
            </div>
        </fieldset>
    );
}

function Rights({ chosen, onChosen }: { chosen: Right[]; onChosen: (rights: Right[]) => void }) {
    return (
        <fieldset class="stack">
            <legend>Further rights</legend>
            {RIGHTS.map(({ name, title, hint }) => (
                <CheckField
                    key={name}
                    label={title}
                    hint={hint}
                    checked={chosen.includes(name)}
                    onChecked={(checked) => onChosen(checked ? [...chosen, name] : chosen.filter((one) => one !== name))}
                />
            ))}
        </fieldset>
    );
}
