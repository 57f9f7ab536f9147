// SPDX-License-Identifier: MIT
import { api } from '../api';
import { useLoad } from '../load';
import { Show } from '../parts/empty';
import { PageHead } from '../parts/panel';
import { href } from '../router';

export default function Connectors() {
    const page = useLoad((signal) => api.get('/v1/connectors', { query: { limit: 1000 }, signal }), []);
    return (
        <>
            <PageHead title="Connectors" />
            <Show of={page}>
                {({ connectors }) => (
                    <ul>
                        {connectors.map((one) => <li key={one.id}><a href={href('connectors', one.id)}>{one.title}</a></li>)}
                    </ul>
                )}
            </Show>
        </>
    );
}
