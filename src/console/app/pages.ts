// SPDX-License-Identifier: MIT
// Every page, once: its place in the address, its name, who sees it. A page is a folder; it is loaded when it is opened.
import type { ComponentType } from 'preact';
import type { IconName } from './parts/icon';
import type { Route } from './router';

export type PageComponent = ComponentType<{ route: Route }>;
export interface Page {
    path: string;
    title: string;
    icon: IconName;
    adminOnly?: boolean;
    load: () => Promise<{ default: PageComponent }>;
}

export const PAGES: Page[] = [
    { path: 'connectors', title: 'Connectors', icon: 'connectors', load: () => import('./connectors/page') },
    { path: 'connections', title: 'Connections', icon: 'connections', load: () => import('./connections/page') },
    { path: 'try', title: 'Try it', icon: 'try', load: () => import('./try/page') },
    { path: 'activity', title: 'Activity', icon: 'activity', load: () => import('./activity/page') },
    { path: 'keys', title: 'Keys', icon: 'keys', adminOnly: true, load: () => import('./keys/page') },
    { path: 'audit', title: 'Audit trail', icon: 'audit', adminOnly: true, load: () => import('./audit/page') },
    { path: 'settings', title: 'Settings', icon: 'settings', adminOnly: true, load: () => import('./settings/page') },
    { path: 'reference', title: 'API', icon: 'reference', load: () => import('./reference/page') },
];
