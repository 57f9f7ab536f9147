// SPDX-License-Identifier: MIT
// From a connector to a platform: the right address, and what to do with it there.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { api } from '../api';
import { NewKey } from '../keys/new';
import { useLoad } from '../load';
import { Button, ButtonLink } from '../parts/button';
import { Code } from '../parts/code';
import { CopyLine } from '../parts/copy';
import { Empty, Show } from '../parts/empty';
import { SelectField } from '../parts/field';
import { Icon } from '../parts/icon';
import { Panel } from '../parts/panel';
import { href, replaceQuery, type Route } from '../router';
import { isAdmin } from '../session';
import { publicAddress, type Served } from './model';
import { PLATFORMS, type Place, type Platform, type Step } from './platforms';

const LOCAL = /^https?:\/\/(localhost|127\.|\[::1\])/;

export function UseIt({ connector, route }: { connector: Served; route: Route }) {
    const connections = useLoad((signal) => api.get('/v1/connections', { query: { connector: connector.id, limit: 1000 }, signal }), [connector.id]);
    return (
        <Show of={connections}>
            {({ connections: list }) => <Chosen connector={connector} route={route} connections={list.map(({ name }) => name)} />}
        </Show>
    );
}

function Chosen({ connector, route, connections }: { connector: Served; route: Route; connections: string[] }) {
    const platform = PLATFORMS.find(({ name }) => name === route.query.get('in')) ?? PLATFORMS[0]!;
    const action = connector.actions.find(({ name }) => name === route.query.get('action')) ?? connector.actions[0]!;
    const place: Place = { connector: connector.id, host: publicAddress(connector), connection: route.query.get('connection') ?? '-', action };
    const named = [place.connection, route.query.get('for')].find((one) => connections.includes(one ?? ''));
    const keyed = named ?? (connections.length === 1 ? connections[0] : undefined);
    return (
        <>
            {connections.length === 0 && <NoConnection connector={connector.id} />}
            <div class="use">
                <ul class="platforms" aria-label="Platforms">
                    {PLATFORMS.map((one) => (
                        <li key={one.name}>
                            <button type="button" aria-pressed={one === platform} onClick={() => replaceQuery({ in: one.name })}>{one.title}</button>
                        </li>
                    ))}
                </ul>
                <Panel title={`Use it in ${platform.title}`}>
                    <Choices place={place} platform={platform} connector={connector} connections={connections} />
                    {platform.isCloud && LOCAL.test(place.host) && <NotReachable platform={platform} />}
                    <ol class="steps wide">
                        {platform.steps(place).map((step) => (
                            <StepItem key={step.text} step={step}>
                                {step.takesKey && isAdmin() && <KeyButton connection={keyed} />}
                            </StepItem>
                        ))}
                    </ol>
                </Panel>
            </div>
        </>
    );
}

function Choices({ place, platform, connector, connections }: { place: Place; platform: Platform; connector: Served; connections: string[] }) {
    const forKey = { value: '-', title: 'The one that the key is bound to' };
    const chosenThere = { value: '*', title: 'Chosen in each call' };
    const options = [forKey, ...connections.map((name) => ({ value: name, title: name })), ...(platform.version ? [chosenThere] : [])];
    return (
        <div class="fields">
            <SelectField label="Connection" value={place.connection} options={options} onValue={(connection) => replaceQuery({ connection })} />
            {platform.isByAction && (
                <SelectField
                    label="Action"
                    value={place.action.name}
                    options={connector.actions.map(({ name, summary }) => ({ value: name, title: summary ?? name }))}
                    onValue={(action) => replaceQuery({ action })}
                />
            )}
            {platform.version && <p class="small soft fact">It takes OpenAPI {platform.version}; the document is in that.</p>}
        </div>
    );
}

function StepItem({ step: { text, copy, file }, children }: { step: Step; children: ComponentChildren }) {
    return (
        <li>
            <p>{text}</p>
            {children}
            {copy && (copy.language ? <Code text={copy.text} language={copy.language} label={copy.label} /> : <CopyLine text={copy.text} label={copy.label} />)}
            {file && <p><ButtonLink icon="download" href={file.address} download={file.name}>{file.title}</ButtonLink></p>}
        </li>
    );
}

/** Made here, so that the steps stay where they are. */
function KeyButton({ connection }: { connection?: string }) {
    const [asks, setAsks] = useState(false);
    return (
        <div>
            <Button icon="keys" onClick={() => setAsks(true)}>Make a key for it</Button>
            {asks && <NewKey role="caller" connection={connection} onClose={() => setAsks(false)} />}
        </div>
    );
}

function NotReachable({ platform }: { platform: Platform }) {
    return (
        <div class="note">
            <Icon name="warning" />
            <div>
                <p>
                    {platform.title} calls from its provider's network, and this host's address is on this machine only. Start it with the
                    address that it has from outside: <code>tenon serve --public-url https://…</code> (docs/OPERATING.md).
                </p>
            </div>
        </div>
    );
}

function NoConnection({ connector }: { connector: string }) {
    return (
        <Empty title="There is no connection to call yet">
            <p>The document can be imported already; calls need a connection and a key that is bound to it.</p>
            {isAdmin() && <ButtonLink kind="main" icon="plus" href={`${href('connections')}?new=${connector}`}>Connect</ButtonLink>}
        </Empty>
    );
}
