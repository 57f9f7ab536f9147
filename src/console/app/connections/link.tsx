// SPDX-License-Identifier: MIT
// A link to hand to whoever has the credentials, and what became of it.
import { useCallback, useState } from 'preact/hooks';
import { api, type Schema } from '../api';
import { connectionOf, useLiveReload } from '../live';
import { Button } from '../parts/button';
import { CopyLine } from '../parts/copy';
import { Icon } from '../parts/icon';
import { duration } from '../parts/when';
import { goToConnection } from './model';

export type Link = Schema<'ConnectSession'>;

export function LinkMade({ link, onClose }: { link: Link; onClose: () => void }) {
    const [done, setDone] = useState(false);
    const look = useCallback(async () => {
        const where = { path: { connection: link.connection }, background: true };
        const made = await api.get('/v1/connections/{connection}', where).catch(() => undefined); /* it is not there yet */
        setDone(made?.state === 'ready');
    }, [link.connection]);
    useLiveReload((event) => connectionOf(event) === link.connection, look);
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
