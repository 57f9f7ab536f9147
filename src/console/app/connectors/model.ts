// SPDX-License-Identifier: MIT
// What the pages of connectors share.
import type { Schema } from '../api';

export type Connector = Schema<'Connector'>;
export type Summary = Schema<'ConnectorSummary'>;
export type Fault = Schema<'Fault'>;
export type Action = Schema<'Action'>;
export type Auth = Schema<'Auth'>;

/** The API shows a file that was never good as an id with its fault; everything else has all of this. */
export type Served = Connector & Required<Pick<Connector, 'title' | 'version' | 'actions' | 'auths' | 'parameters' | 'openapi' | 'throttle' | 'hosts'>>;

export function isServed(connector: Connector): connector is Served {
    return connector.actions !== undefined;
}

/** Where callers reach the host: what stands before /v1 in the addresses that it tells. */
export function publicAddress(connector: Served): string {
    return connector.openapi['3.0'].json.split('/v1/connectors/')[0]!;
}

export function limitText({ calls, per_ms }: { calls: number; per_ms: number }): string {
    const s = per_ms / 1000;
    const window = s === 1 ? 'second' : s === 60 ? 'minute' : s === 3600 ? 'hour' : s % 3600 === 0 ? `${s / 3600} hours` : s % 60 === 0 && s > 60 ? `${s / 60} minutes` : `${s} s`;
    return `${calls.toLocaleString('en')} call${calls === 1 ? '' : 's'} per ${window}`;
}

const GRANTS: Record<Auth['type'], string> = {
    none: 'No credentials',
    basic: 'User name and password (Basic)',
    api_key: 'API key',
    client_credentials: 'OAuth 2.0 client credentials',
    password: 'OAuth 2.0 password',
    authorization_code: 'OAuth 2.0 sign-in by a person',
    device_code: 'OAuth 2.0 sign-in by a code on another device',
    jwt_bearer: 'OAuth 2.0 JWT bearer',
    refresh_token: 'OAuth 2.0 refresh token',
    token_exchange: 'OAuth 2.0 token exchange',
    session: 'Session of the service',
    jwt: 'Signed JWT',
    oauth1: 'OAuth 1.0a signature',
    aws_sigv4: 'AWS Signature Version 4',
};
export function grantText(type: Auth['type']): string {
    return GRANTS[type];
}
