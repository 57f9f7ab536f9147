// SPDX-License-Identifier: MIT
// Shown while nobody is signed in. `#/setup/CODE` is the link by which the first admin comes in.
import { useState } from 'preact/hooks';
import { useDoing } from '../load';
import { Button } from '../parts/button';
import { Fault } from '../parts/fault';
import { TextField } from '../parts/field';
import type { Route } from '../router';
import { signIn, wasEnded } from '../session';
import { SetUp } from './set_up';

export function SignIn({ route }: { route: Route }) {
    return <main class="gate">{route.page === 'setup' ? <SetUp code={route.rest[0] ?? ''} /> : <ByKey />}</main>;
}

function ByKey() {
    const [key, setKey] = useState('');
    const doing = useDoing();
    return (
        <form
            class="panel"
            onSubmit={(event) => {
                event.preventDefault();
                void doing.run(() => signIn(key.trim()));
            }}
        >
            <h1>Sign in to Tenon</h1>
            {wasEnded() && <p class="soft" role="status">You were signed out: the console was not used for a while, or the key ended. With the same key you go on where you were.</p>}
            <TextField
                label="Key"
                type="password"
                autocomplete="current-password"
                hint="It begins with tnk_. An admin makes one here, or on the host's machine with `tenon key add`."
                value={key}
                onValue={setKey}
                needed
            />
            {doing.problem && <Fault problem={doing.problem} advice={doing.problem.status === 401 ? 'Look whether the whole key was copied, and whether it was revoked.' : undefined} />}
            <Button kind="main" type="submit" busy={doing.busy}>Sign in</Button>
        </form>
    );
}
