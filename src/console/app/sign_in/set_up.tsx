// SPDX-License-Identifier: MIT
// The first admin key, shown this once. The link is used only when somebody says so: it may have been opened by accident.
import { useState } from 'preact/hooks';
import { useDoing } from '../load';
import { Button, ButtonLink } from '../parts/button';
import { Fault } from '../parts/fault';
import { SecretOnce } from '../parts/secret';
import { go } from '../router';
import { setUp, type FirstKey } from '../session';

export function SetUp({ code }: { code: string }) {
    const [made, setMade] = useState<FirstKey>();
    const doing = useDoing();
    if (made) return <Made made={made} />;
    return (
        <section class="panel">
            <h1>Set up Tenon</h1>
            <p>Nobody has an admin key of this host yet. This link makes the first one, once. With it you sign in from then on.</p>
            {doing.problem && (
                <Fault problem={doing.problem} advice="Start Tenon again: while nobody has an admin key, each start shows a new link. It is valid for 15 minutes.">
                    {doing.problem.status === 401 && <ButtonLink href="#/">Sign in with a key</ButtonLink>}
                </Fault>
            )}
            <Button kind="main" busy={doing.busy} onClick={() => void doing.run(async () => setMade(await setUp(code)))}>Make the first admin key</Button>
        </section>
    );
}

function Made({ made: { key, enter } }: { made: FirstKey }) {
    return (
        <section class="panel" aria-live="polite">
            <h1>Your admin key</h1>
            <SecretOnce value={key} label="Admin key">Keep it in your password manager. It opens everything on this host, and cannot be shown again.</SecretOnce>
            <Button
                kind="main"
                onClick={() => {
                    go('#/');
                    enter();
                }}
            >
                I have kept it
            </Button>
        </section>
    );
}
