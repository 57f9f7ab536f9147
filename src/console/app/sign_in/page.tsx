// SPDX-License-Identifier: MIT
// Shown while nobody is signed in.
import { useState } from 'preact/hooks';
import { useDoing } from '../load';
import { Button } from '../parts/button';
import { Fault } from '../parts/fault';
import { TextField } from '../parts/field';
import type { Route } from '../router';
import { signIn } from '../session';

export function SignIn({}: { route: Route }) {
    const [key, setKey] = useState('');
    const doing = useDoing();
    const onSubmit = (event: Event) => {
        event.preventDefault();
        void doing.run(() => signIn({ key: key.trim() }));
    };
    return (
        <main class="gate">
            <form class="panel" onSubmit={onSubmit}>
                <h1>Sign in to Tenon</h1>
                <TextField label="Key" type="password" hint="It begins with tnk_. An admin makes keys here or by `tenon key add`." value={key} onValue={setKey} needed />
                {doing.problem && <Fault problem={doing.problem} />}
                <Button kind="main" type="submit" busy={doing.busy}>Sign in</Button>
            </form>
        </main>
    );
}
