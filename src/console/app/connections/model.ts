// SPDX-License-Identifier: MIT
// What the pages of connections share.
import { api, type Schema } from '../api';
import { isServed, publicAddress } from '../connectors/model';
import { go, href } from '../router';

export type Connection = Schema<'Connection'>;
export type LimitNow = Schema<'LimitNow'>;

export const STATES: [Connection['state'], string][] = [
    ['ready', 'Ready'],
    ['sign_in', 'Sign-in needed'],
    ['rejected', 'Rejected'],
    ['review', 'To be reviewed'],
    ['incomplete', 'Incomplete'],
];

export function titleOf({ name, title }: Connection): string {
    return title ?? name;
}

/** Where its connector tells how platforms use it. */
export function addressOfUse({ connector, name }: Connection): string {
    return `${href('connectors', connector!)}?tab=use&for=${name}`;
}

/** The limit that a call of any action meets first. */
export function tightest(limits: LimitNow[] = []): LimitNow | undefined {
    const general = limits.filter(({ action }) => action === undefined);
    return general.sort((a, b) => a.left / a.calls - b.left / b.calls)[0];
}

export type LinkInput = Schema<'ConnectSessionInput'>;

/** A link to the page where somebody fills in or signs in; it works once. */
export function makeLink(input: LinkInput) {
    return api.post('/v1/connect-sessions', input);
}

/** The same for whoever sits here: goes to that page, which leads back to the connection's - by the host's public address, which may be
 * another than the one that is open. */
export async function connectHere(input: LinkInput, id: string): Promise<void> {
    const connector = await api.get('/v1/connectors/{connector}', { path: { connector: id } });
    const name = input.connection ?? input.name;
    const back = isServed(connector) && { return_url: `${publicAddress(connector)}/?connection=${name}` };
    const link = await makeLink({ ...input, ...back });
    location.assign(link.url);
}

export function goToConnection(name: string): void {
    go(href('connections', name));
}
