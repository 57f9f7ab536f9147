// SPDX-License-Identifier: MIT
import { render } from 'preact';
import { href } from './router';
import { Shell } from './shell';
import { applyTheme } from './theme';

/* A connect page that this console opened leads back to `?connection=acme&state=ready`, since a fragment would not survive there. */
function takeReturn(): void {
    const search = new URLSearchParams(location.search);
    const connection = search.get('connection');
    const failed = search.get('state') === 'failed' ? '?state=failed' : '';
    if (connection) history.replaceState(null, '', `${location.pathname}${href('connections', connection)}${failed}`);
}

takeReturn();
applyTheme();
render(<Shell />, document.getElementById('app')!);
