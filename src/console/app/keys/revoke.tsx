// SPDX-License-Identifier: MIT
import { api } from '../api';
import { useDoing } from '../load';
import { Confirm } from '../parts/dialog';
import { toast } from '../parts/toast';
import { ownKeyId } from '../session';
import type { Key } from './model';

export function Revocation({ revoked: { id, role, connections }, reload, onClose }: { revoked: Key; reload: () => void; onClose: () => void }) {
    const doing = useDoing();
    const revoke = async () => {
        await api.remove('/v1/keys/{id}', { path: { id } });
        toast(`${id} opens nothing any more`);
        reload();
        onClose();
    };
    return (
        <Confirm title={`Revoke ${id}`} action="Revoke it" isDangerous doing={doing} onConfirm={() => void doing.run(revoke)} onClose={onClose}>
            {id === ownKeyId() && <p><strong>You are signed in with this key.</strong> You will be signed out, and need another one to come back.</p>}
            <p>
                {role === 'admin' ? 'An admin key.' : connections.length ? `It calls ${connections.join(', ')}.` : 'It is bound to no connection.'} Whoever uses it is
                refused from now on. That cannot be taken back; a new key can be made.
            </p>
        </Confirm>
    );
}
