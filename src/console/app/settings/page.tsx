// SPDX-License-Identifier: MIT
// What an admin sets and watches of the host itself.
import { PageHead } from '../parts/panel';
import { Tabs } from '../parts/tabs';
import type { Route } from '../router';
import { Applications } from './applications';
import { HostState } from './host';
import { Keyring } from './keyring';
import { Webhooks } from './webhooks';

export default function Settings({ route }: { route: Route }) {
    return (
        <>
            <PageHead title="Settings" />
            <Tabs
                label="Settings"
                chosen={route.query.get('tab')}
                tabs={[
                    { name: 'host', title: 'Host', content: () => <HostState /> },
                    { name: 'applications', title: 'OAuth applications', content: () => <Applications /> },
                    { name: 'webhooks', title: 'Webhooks', content: () => <Webhooks /> },
                    { name: 'keyring', title: 'Key ring', content: () => <Keyring /> },
                ]}
            />
        </>
    );
}
