// SPDX-License-Identifier: MIT
// What is wrong with a connection, and what ends it.
import { useState } from 'preact/hooks';
import { api } from '../api';
import { useDoing } from '../load';
import { Button } from '../parts/button';
import { Confirm, Dialog } from '../parts/dialog';
import { Fault } from '../parts/fault';
import { Icon } from '../parts/icon';
import { toast } from '../parts/toast';
import { When } from '../parts/when';
import { isAdmin } from '../session';
import { LinkMade, type Link } from './link';
import { connectHere, makeLink, type Connection } from './model';

export function Repair({ connection, reload }: { connection: Connection; reload: () => void }) {
    const { reason } = connection;
    return (
        <section class="note" aria-label="What is wrong">
            <Icon name="warning" />
            <div class="stack">
                <div>
                    <p><strong>{HEADINGS[connection.state]}</strong>{reason?.since && <>. First told: <When at={reason.since} />.</>}</p>
                    <p>{reason?.detail}</p>
                    {reason?.error_description && <p>The service said: {reason.error_description}</p>}
                    {reason?.until && <p>It may be tried again <When at={reason.until} />.</p>}
                </div>
                {connection.state === 'review' && <Destinations of={connection} />}
                {isAdmin() && connection.connector ? <Ways connection={connection} reload={reload} /> : <p>Ask an admin of this host to look after it.</p>}
            </div>
        </section>
    );
}

const HEADINGS: Record<Connection['state'], string> = {
    ready: '',
    sign_in: 'Somebody has to sign in',
    rejected: 'The service rejects it',
    review: 'Its connector changed where the data goes',
    incomplete: 'Something is missing',
};

/** The ways out of each state, the likeliest first. */
function Ways({ connection, reload }: { connection: Connection; reload: () => void }) {
    const { state } = connection;
    return (
        <div class="buttons">
            {state === 'review' && <Accept connection={connection} reload={reload} />}
            {state !== 'review' && <Reconnect connection={connection} />}
            {state === 'rejected' && <Reset connection={connection} reload={reload} />}
        </div>
    );
}

export function Reconnect({ connection: { name, connector, state } }: { connection: Connection }) {
    const [link, setLink] = useState<Link>();
    const doing = useDoing();
    return (
        <>
            <Button kind="main" busy={doing.busy} onClick={() => void doing.run(() => connectHere({ connection: name }, connector!))}>
                {state === 'sign_in' ? 'Sign in' : 'Fill it in again'}
            </Button>
            <Button onClick={() => void doing.run(async () => setLink(await makeLink({ connection: name })))}>Make a link for someone else</Button>
            {doing.problem && <Fault problem={doing.problem} />}
            {link && (
                <Dialog title="Link" onClose={() => setLink(undefined)}>
                    <LinkMade link={link} onClose={() => setLink(undefined)} />
                </Dialog>
            )}
        </>
    );
}

function Reset({ connection: { name }, reload }: { connection: Connection; reload: () => void }) {
    const doing = useDoing();
    const run = async () => {
        await api.post('/v1/connections/{connection}/reset', undefined, { path: { connection: name } });
        toast('The refusal is forgotten; the next call tries the same credentials again');
        reload();
    };
    return (
        <>
            <Button busy={doing.busy} onClick={() => void doing.run(run)}>Try the same credentials again</Button>
            {doing.problem && <Fault problem={doing.problem} />}
        </>
    );
}

function Accept({ connection: { name }, reload }: { connection: Connection; reload: () => void }) {
    const [asks, setAsks] = useState(false);
    const doing = useDoing();
    const accept = async () => {
        await api.patch('/v1/connections/{connection}', { accept: true }, { path: { connection: name } });
        setAsks(false);
        toast('Accepted');
        reload();
    };
    return (
        <>
            <Button kind="main" onClick={() => setAsks(true)}>Accept the change</Button>
            {asks && (
                <Confirm title="Accept where its data goes" action="Accept" doing={doing} onConfirm={() => void doing.run(accept)} onClose={() => setAsks(false)}>
                    <p>Credentials and data of this connection will be sent there. Accept only if you know who changed the connector, and why.</p>
                </Confirm>
            )}
        </>
    );
}

function Destinations({ of: { reason } }: { of: Connection }) {
    const { added = [], removed = [] } = reason?.destinations ?? {};
    return (
        <ul class="changes">
            {added.map((one) => <li key={one}><strong>New:</strong> <code>{one}</code></li>)}
            {removed.map((one) => <li key={one}><strong>No more:</strong> <code>{one}</code></li>)}
        </ul>
    );
}
