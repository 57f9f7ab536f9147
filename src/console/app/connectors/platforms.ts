// SPDX-License-Identifier: MIT
// Where a connector can be used, once each: what is imported there, and the steps in the words of that product.
import { curlCommand } from '../command';
import type { Action } from './model';

/** What a platform's steps are made of. */
export interface Place {
    connector: string;
    /** Where callers reach the host. */
    host: string;
    /** `-`: the one of the key; `*`: chosen with each call; or a name. */
    connection: string;
    action: Action;
}

export interface Step {
    text: string;
    /** To copy, and what it is called. */
    copy?: { label: string; text: string; language?: 'bash' | 'json' };
    /** A file of the host to save. */
    file?: { title: string; address: string; name: string };
    /** It is where a key is pasted. */
    takesKey?: boolean;
}
export interface Platform {
    name: string;
    title: string;
    /** Of OpenAPI, of the document that it takes; absent: it takes none. */
    version?: '2.0' | '3.0' | '3.1';
    /** Calls come from its maker's network. */
    isCloud?: boolean;
    /** Its requests are made one by one, for one action. */
    isByAction?: boolean;
    steps: (place: Place) => Step[];
}

export function documentAddress({ host, connector, connection }: Place, version: string): string {
    const query = connection === '-' ? '' : `&connection=${connection}`;
    return `${host}/v1/connectors/${connector}/openapi.json?version=${version}${query}`;
}

/** Only this one is for everybody to read: others name a connection, and want a key, which no import sends. */
function isPublic({ connection }: Place): boolean {
    return connection === '-';
}

/** Of the console, whose session may read it. */
function documentFile(place: Place, version: string): NonNullable<Step['file']> {
    return { title: 'Save the document', address: documentAddress({ ...place, host: '.' }, version), name: `${place.connector}.json` };
}

function packageAddress({ connector, connection }: Place): string {
    return `v1/connectors/${connector}/powerplatform.zip${connection === '-' ? '' : `?connection=${connection}`}`;
}

/** Variables of a path stay in braces, for whoever copies it to fill in. */
export function callAddress({ host, connector, connection, action }: Place): string {
    return `${host}/run/${connector}/${connection === '*' ? 'CONNECTION' : connection}${action.path}`;
}

function hasBody({ action }: Place): boolean {
    return action.input.some((one) => one.in === 'json' || one.in === 'form' || one.in === 'body');
}

export function curlOf(place: Place): string {
    const { action } = place;
    if (!hasBody(place)) return curlCommand(action.method, callAddress(place), {});
    const names = action.input.filter((one) => one.in === 'json' || one.in === 'form').map((one) => [one.name, one.example ?? one.default ?? '…']);
    return curlCommand(action.method, callAddress(place), { 'Content-Type': 'application/json' }, JSON.stringify(Object.fromEntries(names)));
}

/** A flow that Node-RED imports as it is: a button, the key from its environment, the call, what came back. */
export function nodeRedFlow(place: Place): string {
    const { connector, action } = place;
    const id = (n: number) => `tenon${connector}${action.name}${n}`.replace(/[^A-Za-z0-9]/g, '').toLowerCase();
    return JSON.stringify(
        [
            { id: id(0), type: 'tab', label: `${action.summary ?? action.name}`, env: [{ name: 'TENON_KEY', value: '', type: 'cred' }] },
            { id: id(1), type: 'inject', z: id(0), name: '', props: [], x: 120, y: 80, wires: [[id(2)]] },
            {
                id: id(2), type: 'change', z: id(0), name: 'key and input', x: 300, y: 80, wires: [[id(3)]],
                rules: [
                    { t: 'set', p: 'headers', pt: 'msg', to: '{}', tot: 'json' },
                    { t: 'set', p: 'headers["X-API-Key"]', pt: 'msg', to: 'TENON_KEY', tot: 'env' },
                    { t: 'set', p: 'payload', pt: 'msg', to: '{}', tot: 'json' },
                ],
            },
            {
                id: id(3), type: 'http request', z: id(0), name: action.summary ?? action.name, method: action.method, ret: 'obj',
                paytoqs: action.method === 'GET' ? 'query' : 'ignore', url: callAddress(place).replace(/\{/g, '{{{payload.').replace(/\}/g, '}}}'),
                x: 510, y: 80, wires: [[id(4)]],
            },
            { id: id(4), type: 'debug', z: id(0), name: '', complete: 'true', targetType: 'full', x: 720, y: 80, wires: [] },
        ],
        null,
        2,
    );
}

const KEY_STEP = 'When you make a connection there, paste a Tenon key that is bound to the connection. Each tenant gets a key of its own.';

/** The first step of an import: how it begins, and in the words of that product what to choose for an address and for a file. */
function importStep(place: Place, version: '2.0' | '3.0', begin: string, ways: { address: string; file: string }): Step {
    if (!isPublic(place)) return { text: `${begin} ${ways.file}, and take this one, which names the connection.`, file: documentFile(place, version) };
    return { text: `${begin} ${ways.address}, and paste this address.`, copy: { label: 'document address', text: documentAddress(place, version) } };
}

export const PLATFORMS: Platform[] = [
    {
        name: 'power-automate',
        title: 'Power Automate',
        version: '2.0',
        isCloud: true,
        steps: (place) => [
            importStep(place, '2.0', 'In Power Automate (or Power Apps) open Custom connectors, choose New custom connector, then', {
                address: 'Import an OpenAPI from URL',
                file: 'Import an OpenAPI file',
            }),
            { text: 'Leave Security as it is: API key, in the header X-API-Key. Choose Create connector.' },
            { text: `Under Test choose New connection. ${KEY_STEP}`, takesKey: true },
            { text: 'In a flow, turn on Secure inputs and Secure outputs of the action, so that the run history shows neither.' },
            {
                text: 'Where solutions are moved between environments, import this one instead: Solutions, Import solution.',
                file: { title: 'Save the solution', address: packageAddress(place), name: `${place.connector}.zip` },
            },
        ],
    },
    {
        name: 'logic-apps',
        title: 'Logic Apps',
        version: '2.0',
        isCloud: true,
        steps: (place) => [
            importStep(place, '2.0', 'In the Azure portal create a Logic Apps Custom Connector, choose Edit, then REST and', {
                address: 'OpenAPI URL',
                file: 'OpenAPI file',
            }),
            { text: 'Under Security keep API key, in the header X-API-Key, and choose Update connector.' },
            { text: `Add the connector's action to a workflow. ${KEY_STEP}`, takesKey: true },
            { text: 'In the settings of the action turn on Secure inputs and Secure outputs.' },
        ],
    },
    {
        name: 'copilot-studio',
        title: 'Copilot Studio',
        version: '2.0',
        isCloud: true,
        steps: (place) => [
            importStep(place, '2.0', 'Open your agent, then Tools, Add a tool, New tool, Custom connector. There choose', {
                address: 'Import an OpenAPI from URL',
                file: 'Import an OpenAPI file',
            }),
            { text: 'Or choose REST API instead, which takes the document as a file.', file: documentFile(place, '2.0') },
            { text: 'Keep API key as authentication, in the header X-API-Key.' },
            { text: `Add the tool to the agent and choose its actions. ${KEY_STEP}`, takesKey: true },
        ],
    },
    {
        name: 'n8n',
        title: 'n8n',
        isByAction: true,
        steps: (place) => [
            { text: 'Make a credential of the type Header Auth: name X-API-Key, value a Tenon key that is bound to the connection.', takesKey: true },
            {
                text: 'Add an HTTP Request node, choose Import cURL, and paste this.',
                copy: { label: 'curl command', text: curlOf(place), language: 'bash' },
            },
            { text: 'In the node choose Generic Credential Type, Header Auth and the credential, and remove the header X-API-Key that came with the import.' },
        ],
    },
    {
        name: 'node-red',
        title: 'Node-RED',
        isByAction: true,
        steps: (place) => [
            { text: 'Choose Import in the menu and paste this flow.', copy: { label: 'flow', text: nodeRedFlow(place), language: 'json' } },
            { text: 'Double-click the tab of the flow and set TENON_KEY to a Tenon key that is bound to the connection.', takesKey: true },
            { text: 'In the node "key and input" set msg.payload to the inputs of the action. Deploy, and press the button.' },
        ],
    },
    {
        name: 'postman',
        title: 'Postman',
        version: '3.0',
        steps: (place) => [
            importStep(place, '3.0', 'Choose', { address: 'Import', file: 'Import, then Files' }),
            {
                text: 'Open the new collection, then Authorization, choose API Key with the key X-API-Key in the header, and as value a Tenon key that is bound to the connection.',
                takesKey: true,
            },
            { text: 'Send a request of it.' },
        ],
    },
    {
        name: 'curl',
        title: 'curl',
        isByAction: true,
        steps: (place) => [
            { text: 'Put a Tenon key that is bound to the connection into a variable, so that it does not stand in the history.', takesKey: true, copy: { label: 'command', text: 'read -rs TENON_KEY', language: 'bash' } },
            { text: 'Call the action.', copy: { label: 'curl command', text: curlOf(place), language: 'bash' } },
        ],
    },
];
