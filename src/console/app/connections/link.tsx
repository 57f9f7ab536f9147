// SPDX-License-Identifier: MIT
// A link to hand to whoever has the credentials, and what became of it.
import { useState } from 'preact/hooks';
import type { Schema } from '../api';
import { useLive } from '../live';
import { Button } from '../parts/button';
import { CopyLine } from '../parts/copy';
import { Icon } from '../parts/icon';
import { duration } from '../parts/when';
import { goToConnection } from './model';

export type Link = Schema<'ConnectSession'>;

export function LinkMade({ link, onClose }: { link: Link; onClose: () => void }) {
    const [done, setDone] = useState(false);
    useLive(({ type, data }) => {
        const { connection, state } = data as { connection?: string; state?: string };
        if (connection === link.connection && type === 'connection.state_changed' && state === 'ready') setDone(true);
    });
    return (
        <div class="stack">
            <p>
                Send this link to whoever has the credentials. They need no key; it works once, in one browser, for {duration(link.expires_in * 1000)}.
            </p>
            <CopyLine text={link.url} label="link" />
            <p role="status" class={done ? 'told good' : 'told'}>
                {done ? <><Icon name="check" /> {link.connection} is ready.</> : `Waiting for ${link.connection} to be filled in. You may close this.`}
            </p>
            <footer class="buttons">
                <Button onClick={onClose}>Close</Button>
                {done && <Button kind="main" onClick={() => goToConnection(link.connection)}>Open it</Button>}
            </footer>
        </div>
    );
}
