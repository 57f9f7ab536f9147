// SPDX-License-Identifier: MIT
// One connector: what it is, what it can do, how to use it elsewhere, and its file.
import { api } from '../api';
import { connectorOf, useLiveReload } from '../live';
import { useEvery, useLoad } from '../load';
import { Badge } from '../parts/badge';
import { ButtonLink } from '../parts/button';
import { Show } from '../parts/empty';
import { Icon } from '../parts/icon';
import { Mark, PageHead } from '../parts/panel';
import { Tabs, type Tab } from '../parts/tabs';
import { href, type Route } from '../router';
import { isAdmin } from '../session';
import { Actions } from './actions';
import { faultText } from './catalogue';
import { Definition } from './definition';
import { isServed, type Connector } from './model';
import { Overview } from './overview';
import { UseIt } from './use_it';

const REFRESH_MS = 10_000; /* nobody tells that a file is gone that never was in service */

export function ConnectorPage({ id, route }: { id: string; route: Route }) {
    const connector = useLoad((signal, background) => api.get('/v1/connectors/{connector}', { path: { connector: id }, signal, background }), [id]);
    useLiveReload((event) => event.type.startsWith('definition.') && connectorOf(event) === id, connector.reload);
    useEvery(REFRESH_MS, connector.reload);
    return <Show of={connector}>{(shown) => <Shown connector={shown} route={route} />}</Show>;
}

function Shown({ connector, route }: { connector: Connector; route: Route }) {
    const { id, title = id, version, status, fault } = connector;
    const served = isServed(connector);
    return (
        <>
            <PageHead
                title={title}
                back={{ href: href('connectors'), title: 'Connectors' }}
                mark={<Mark title={title} color={connector.brand_color} />}
                beside={
                    <span class="badges">
                        {version && <Badge>{version}</Badge>}
                        {status === 'preview' && <Badge tone="info">Preview</Badge>}
                        {fault && <Badge tone={fault.serving_previous ? 'warn' : 'bad'}>{faultText(fault)}</Badge>}
                    </span>
                }
                lead={connector.description}
                actions={served && isAdmin() && <ButtonLink kind="main" icon="plus" href={`${href('connections')}?new=${id}`}>Connect</ButtonLink>}
            />
            {fault && <Broken connector={connector} />}
            <Tabs label="Parts of the connector" chosen={route.query.get('tab')} tabs={tabsOf(connector, route)} />
        </>
    );
}

function tabsOf(connector: Connector, route: Route): Tab[] {
    const definition = { name: 'definition', title: 'Definition', content: () => <Definition connector={connector} /> };
    if (!isServed(connector)) return [definition];
    return [
        { name: 'overview', title: 'Overview', content: () => <Overview connector={connector} /> },
        { name: 'actions', title: `Actions (${connector.actions.length})`, content: () => <Actions connector={connector} /> },
        { name: 'use', title: 'Use it in…', content: () => <UseIt connector={connector} route={route} /> },
        definition,
    ];
}

function Broken({ connector: { id, fault } }: { connector: Connector }) {
    return (
        <div class="note">
            <Icon name="warning" />
            <div>
                <p>
                    {fault!.serving_previous
                        ? 'The file was changed and has faults now. The version before stays in service until they are mended.'
                        : 'The file has faults, so the connector is not in service.'}{' '}
                    <a href={`${href('connectors', id)}?tab=definition`}>See where</a>
                </p>
            </div>
        </div>
    );
}
