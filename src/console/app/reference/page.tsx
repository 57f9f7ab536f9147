// SPDX-License-Identifier: MIT
// The API of Tenon, and that of each connector, as their OpenAPI documents tell it.
import { useEffect, useState } from 'preact/hooks';
import { addressOf, api, Problem } from '../api';
import { useLoad } from '../load';
import type { PageComponent } from '../pages';
import { NotLoaded, Show, Waiting } from '../parts/empty';
import { SelectField } from '../parts/field';
import { Fault } from '../parts/fault';
import { PageHead } from '../parts/panel';
import { ButtonLink } from '../parts/button';
import { replaceQuery } from '../router';

const VERSIONS = ['3.1', '3.0', '2.0'];
const CONNECTORS_MAX = 1000;

const Page: PageComponent = ({ route }) => {
    const connector = route.query.get('connector') ?? '';
    const version = VERSIONS.find((one) => one === route.query.get('version')) ?? VERSIONS[0]!;
    const connectors = useLoad((signal) => api.get('/v1/connectors', { query: { limit: CONNECTORS_MAX }, signal }), []);
    const address = connector
        ? addressOf('/v1/connectors/{connector}/openapi.json', { path: { connector }, query: { version } })
        : addressOf('/v1/openapi.json');
    return (
        <>
            <PageHead
                title="API reference"
                lead="Every address of this host and of its connectors. Calls of actions can be tried on the page Try it."
                actions={<ButtonLink icon="download" href={address} download={`${connector || 'tenon'}.openapi.json`}>Download</ButtonLink>}
            />
            <Show of={connectors}>
                {({ connectors: list }) => (
                    <div class="fields reference-choice">
                        <SelectField
                            label="Document"
                            value={connector}
                            onValue={(value) => replaceQuery({ connector: value })}
                            options={[{ value: '', title: 'Tenon itself' }, ...list.map(({ id, title }) => ({ value: id, title }))]}
                        />
                        {connector && (
                            <SelectField label="Version of OpenAPI" value={version} onValue={(value) => replaceQuery({ version: value })} options={VERSIONS.map((one) => ({ value: one, title: one }))} />
                        )}
                    </div>
                )}
            </Show>
            <Document key={address} address={address} />
        </>
    );
};
export default Page;

function Document({ address }: { address: string }) {
    const spec = useLoad((signal) => read(address, signal), [address]);
    const [viewer, show] = useState<{ Component?: typeof import('./viewer').Viewer }>();
    useEffect(() => {
        let isGone = false;
        import('./viewer').then(
            ({ Viewer: Component }) => isGone || show({ Component }),
            () => isGone || show({}),
        );
        return () => {
            isGone = true;
        };
    }, []);
    if (spec.problem) return <Fault problem={spec.problem} onRetry={spec.reload} />;
    if (!spec.data || !viewer) return <Waiting />;
    return viewer.Component ? <viewer.Component spec={spec.data} /> : <NotLoaded />;
}

async function read(address: string, signal: AbortSignal): Promise<object> {
    const answer = await fetch(address, { signal });
    if (!answer.ok) throw new Problem(answer.status, await answer.json().catch(() => ({})));
    return answer.json();
}
