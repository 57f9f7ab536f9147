// SPDX-License-Identifier: MIT
// Any action of any connection: its form, what is sent, and what comes back.
import { api, type Schema } from '../api';
import { isServed, type Served } from '../connectors/model';
import { loadDocument, operationOf } from '../document';
import { useLoad } from '../load';
import type { PageComponent } from '../pages';
import { ButtonLink } from '../parts/button';
import { Empty, Show } from '../parts/empty';
import { SelectField } from '../parts/field';
import { PageHead } from '../parts/panel';
import { href, replaceQuery } from '../router';
import { isAdmin } from '../session';
import { Attempt } from './attempt';

type Connection = Schema<'Connection'>;

const TryIt: PageComponent = ({ route }) => {
    const page = useLoad((signal) => api.get('/v1/connections', { query: { limit: 1000 }, signal }), []);
    return (
        <>
            <PageHead title="Try it" lead="Calls an action as a flow would: the same checks, limits and credentials. It takes its place in the limits." />
            <Show of={page}>{({ connections }) => <Chosen connections={connections} query={route.query} />}</Show>
        </>
    );
};
export default TryIt;

function Chosen({ connections, query }: { connections: Connection[]; query: URLSearchParams }) {
    const wanted = query.get('connector');
    const usable = connections.filter(({ connector }) => connector && (!wanted || connector === wanted));
    const connection = usable.find(({ name }) => name === query.get('connection')) ?? usable[0];
    if (!connection) return <NoConnection connector={wanted} />;
    return <OfConnection key={connection.name} connections={connections} connection={connection} query={query} />;
}

function NoConnection({ connector }: { connector: string | null }) {
    return (
        <Empty title={connector ? `No connection of ${connector} yet` : 'No connection to call yet'}>
            <p>An action is called on a connection, which has the credentials.</p>
            {isAdmin() && <ButtonLink kind="main" icon="plus" href={`${href('connections')}?new=${connector ?? '-'}`}>New connection</ButtonLink>}
        </Empty>
    );
}

function load(id: string, signal: AbortSignal) {
    const connector = api.get('/v1/connectors/{connector}', { path: { connector: id }, signal });
    return Promise.all([connector, loadDocument(id, signal)]);
}

function OfConnection({ connections, connection, query }: { connections: Connection[]; connection: Connection; query: URLSearchParams }) {
    const loaded = useLoad((signal) => load(connection.connector!, signal), [connection.connector]);
    return (
        <Show of={loaded}>
            {([connector, document]) => {
                if (!isServed(connector)) return <Empty title="Its connector is not in service" />;
                const action = connector.actions.find(({ name }) => name === query.get('action')) ?? connector.actions[0]!;
                const operation = operationOf(document, action.name);
                return (
                    <>
                        <Choices connections={connections} connection={connection} connector={connector} action={action.name} />
                        <Attempt
                            key={`${connection.name}/${action.name}`}
                            connector={connector}
                            connection={connection}
                            action={action}
                            operation={operation}
                            mode={query.get('mode') === 'json' ? 'json' : 'form'}
                        />
                    </>
                );
            }}
        </Show>
    );
}

function Choices({ connections, connection, connector, action }: { connections: Connection[]; connection: Connection; connector: Served; action: string }) {
    const options = connections.filter((one) => one.connector).map(({ name, title, connector: of }) => ({ value: name, title: `${title ?? name} (${of})` }));
    const chooseConnection = (name: string) => {
        const of = connections.find((one) => one.name === name)?.connector;
        replaceQuery({ connection: name, connector: undefined, ...(of !== connector.id && { action: undefined }) });
    };
    return (
        <div class="fields">
            <SelectField label="Connection" value={connection.name} options={options} onValue={chooseConnection} />
            <SelectField
                label="Action"
                value={action}
                options={connector.actions.map(({ name, summary }) => ({ value: name, title: summary ?? name }))}
                onValue={(name) => replaceQuery({ action: name })}
            />
        </div>
    );
}
