// SPDX-License-Identifier: MIT
// The first admin key, shown this once. The link is used only when somebody says so: it may have been opened by accident.
import { useState } from 'preact/hooks';
import { useDoing } from '../load';
import { Button, ButtonLink } from '../parts/button';
import { Fault } from '../parts/fault';
import { PageHead } from '../parts/panel';
import { SecretOnce } from '../parts/secret';
import { go, href } from '../router';
import { setUp, type FirstKey } from '../session';

export function SetUp({ code }: { code: string }) {
    const [made, setMade] = useState<FirstKey>();
    const doing = useDoing();
    if (made) return <Made made={made} />;
    if (doing.problem?.status === 401) return <LinkOver />;
    return (
        <section class="panel">
            <h1>Set up Tenon</h1>
            <p>Nobody has an admin key of this host yet. This link makes the first one, once. With it you sign in from then on.</p>
            {doing.problem && <Fault problem={doing.problem} />}
            <Button kind="main" busy={doing.busy} onClick={() => void doing.run(async () => setMade(await setUp(code)))}>Make the first admin key</Button>
        </section>
    );
}

/** It was used, is too old, or was not copied whole; the host does not say which. */
function LinkOver() {
    return (
        <section class="panel" role="alert">
            <h1>This link works no more</h1>
            <p>It works once, for 15 minutes, and only as a whole. Perhaps somebody has used it, or a part of it was not copied.</p>
            <ul class="dots">
                <li>Have you or a colleague a key already? Sign in with it.</li>
                <li>Has nobody one? Start Tenon again: it shows a new link.</li>
                <li>Was the key lost? On the host's machine <code>tenon key add --admin</code> makes another one.</li>
            </ul>
            <p><ButtonLink kind="main" href="#/">Sign in with a key</ButtonLink></p>
        </section>
    );
}

/** Who comes by the link again is signed in already, as after a reload of the page that showed the key. */
export function IsSetUp() {
    return (
        <>
            <PageHead title="Tenon is set up" lead="The first admin key was made, and you are signed in. The key itself cannot be shown again." />
            <p>Did you keep it? Then go on. If not, make another admin key now, while you are signed in, and revoke the first one.</p>
            <p class="buttons">
                <ButtonLink kind="main" href={href('connectors')}>Go to the connectors</ButtonLink>
                <ButtonLink icon="keys" href={`${href('keys')}?new=admin`}>Make another admin key</ButtonLink>
            </p>
        </>
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
