// SPDX-License-Identifier: MIT
import { api, type Schema } from '../api';
import { useEvery, useLoad } from '../load';
import { Badge } from '../parts/badge';
import { Show } from '../parts/empty';
import { Facts, Panel } from '../parts/panel';
import { href } from '../router';

type Host = Schema<'Host'>;
const REFRESH_MS = 10_000;

export function HostState() {
    const host = useLoad((signal, background) => api.get('/v1/host', { signal, background }), []);
    useEvery(REFRESH_MS, host.reload);
    return (
        <Show of={host}>
            {(shown) => (
                <>
                    <Readiness of={shown} />
                    <Store of={shown} />
                </>
            )}
        </Show>
    );
}

function Readiness({ of: { version, public_url, store, audit, definitions, connections } }: { of: Host }) {
    const { faults, in_service } = definitions;
    return (
        <Panel title="Readiness" beside={<Well ok={store.ok && audit.ok} good="Ready" bad="Takes no changes" />}>
            <Facts
                of={[
                    ['Version', version],
                    ['Public address', <code>{public_url}</code>],
                    ['Definitions', <a href={href('connectors')}>{in_service} in service</a>],
                    ['Faulty files', faults ? <Badge tone="bad">{faults}</Badge> : 'None'],
                    ...Object.entries(connections ?? {}).filter(([, count]) => count > 0).map(([state, count]): [string, string] => [`Connections: ${state.replace('_', ' ')}`, String(count)]),
                ]}
            />
            {!audit.ok && <p class="told bad">The audit trail takes no line, so nothing can be changed. Look whether its disk is full.</p>}
        </Panel>
    );
}

function Store({ of: { store, audit } }: { of: Host }) {
    return (
        <Panel title="Store" beside={<Well ok={store.ok} good="Writes" bad="Cannot write" />}>
            <Facts
                of={[
                    ['Waiting', String(store.waiting)],
                    ['Rounds written since the start', String(store.commits)],
                    ['One takes', `${store.commit_ms.toFixed(1)} ms`],
                    ['Failures since the start', store.failures ? <Badge tone="bad">{store.failures}</Badge> : 'None'],
                    ['Audit lines since the start', String(audit.lines)],
                ]}
            />
            <p class="small soft">Prometheus reads more at <code>/metrics</code>, with a key that has the right <code>metrics</code>.</p>
        </Panel>
    );
}

function Well({ ok, good, bad }: { ok: boolean; good: string; bad: string }) {
    return <Badge tone={ok ? 'good' : 'bad'}>{ok ? good : bad}</Badge>;
}
