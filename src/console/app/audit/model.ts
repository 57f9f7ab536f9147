// SPDX-License-Identifier: MIT
import type { Schema } from '../api';

export type Line = Schema<'AuditLine'>;
type What = Line['what'];

/** Every kind of line, in words; docs/AUDIT.md tells more. */
export const WHATS: Record<What, string> = {
    'connection.created': 'Connection made',
    'connection.changed': 'Connection changed',
    'connection.accepted': 'Changed hosts accepted',
    'connection.reset': 'Connection reset',
    'connection.removed': 'Connection removed',
    'connection.tested': 'Connection tested',
    'connection.sign_in_begun': 'Sign-in by code begun',
    'connection.signed_in': 'Person signed in to a connection',
    'connection.rejected': 'Connection rejected by its service',
    'token.read': 'Token read',
    'key.created': 'Key made',
    'key.revoked': 'Key revoked',
    'parameters.changed': 'Parameters of a connector changed',
    'connect_session.created': 'Connect link made',
    'connect_session.opened': 'Connect link opened',
    'webhook.added': 'Webhook added',
    'webhook.rotated': 'Webhook secret changed',
    'webhook.tested': 'Webhook tested',
    'webhook.enabled': 'Webhook switched on',
    'webhook.removed': 'Webhook removed',
    'session.begun': 'Signed in to the console',
    'session.ended': 'Signed out of the console',
    'access.refused': 'Access refused',
    'definition.loaded': 'Definition loaded',
    'definition.refused': 'Definition refused',
    'definition.removed': 'Definition removed',
    'keyring.key_added': 'Data key added',
    'keyring.rewrapped': 'Master key changed',
    'backup.made': 'Backup made',
    'host.started': 'Host started',
    'host.stopped': 'Host stopped',
    'audit.started': 'Audit trail begun',
    'audit.removed': 'Oldest lines removed',
    'audit.cut': 'Audit trail cut',
    'audit.unreadable': 'Line unreadable',
};

const ACTORS: Record<Line['actor'], string> = {
    key: 'Key',
    command_line: 'Command line',
    connect_session: 'Connect link',
    setup_link: 'Set-up link',
    host: 'Tenon',
    stranger: 'Stranger',
};

export function actorOf({ actor, key }: Line): string {
    if (actor !== 'key' || !key) return ACTORS[actor];
    return key === 'env' ? 'Key of the configuration' : `${ACTORS.key} ${key}`;
}

/** What the page asks for, out of its address. */
export const FILTERS = ['what', 'object', 'actor', 'request_id', 'since', 'until'] as const;
export type Filters = Partial<Record<(typeof FILTERS)[number], string>>;

export function filtersOf(query: URLSearchParams): Filters {
    return Object.fromEntries(FILTERS.flatMap((name) => (query.get(name) ? [[name, query.get(name)!]] : [])));
}

/** A day as the browser's field has it, from its begin or to its end where one is. */
export function timesOf({ since, until, ...rest }: Filters): Filters {
    const at = (day: string, days: number) => {
        const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
        return new Date(year, month - 1, date + days).toISOString();
    };
    return { ...rest, ...(since && { since: at(since, 0) }), ...(until && { until: at(until, 1) }) };
}
