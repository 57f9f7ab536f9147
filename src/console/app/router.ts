// SPDX-License-Identifier: MIT
// The address behind `#`: `#/connectors/hr?tab=yaml` is the page `connectors`, its rest `['hr']` and its query.
import { useEffect, useMemo, useState } from 'preact/hooks';

export interface Route {
    page: string;
    rest: string[];
    query: URLSearchParams;
}

export function parseRoute(hash: string): Route {
    const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?');
    const [page = '', ...rest] = path.split('/').filter(Boolean).map(decode);
    return { page, rest, query: new URLSearchParams(query) };
}

function decode(segment: string): string {
    try {
        return decodeURIComponent(segment);
    } catch {
        return segment; /* a typing error in the address; no page of that name is found */
    }
}

/** `href('connectors', 'hr')` is `#/connectors/hr`. */
export function href(...path: string[]): string {
    return `#/${path.map(encodeURIComponent).join('/')}`;
}

export function go(address: string): void {
    location.hash = address;
}

/** Changes what stands behind `?` without a step in the history. */
export function replaceQuery(changes: Record<string, string | undefined>): void {
    const { page, rest, query } = parseRoute(location.hash);
    for (const [name, value] of Object.entries(changes)) {
        if (value) query.set(name, value);
        else query.delete(name);
    }
    const search = query.size ? `?${query}` : '';
    history.replaceState(null, '', href(page, ...rest) + search);
    dispatchEvent(new HashChangeEvent('hashchange'));
}

/** It may change between the first picture and the listener. */
export function useRoute(): Route {
    const [hash, show] = useState(location.hash);
    useEffect(() => {
        const follow = () => show(location.hash);
        addEventListener('hashchange', follow);
        follow();
        return () => removeEventListener('hashchange', follow);
    }, []);
    return useMemo(() => parseRoute(hash), [hash]);
}
