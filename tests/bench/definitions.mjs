// SPDX-License-Identifier: MIT
// A folder of many connectors, as a host has that serves a whole company: every way to sign in that is common, actions as
// shipped connectors have them and as imported OpenAPI documents have them. The same bytes every time.
import fs from 'node:fs';
import path from 'node:path';

export const ACTIONS = 16; // of each connector

// Numbers that only depend on the seed (Park and Miller).
function numbers(seed) {
  let state = (seed * 48271 + 11) % 2147483647;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

const WORDS = 'account address amount approval article balance booking branch budget carrier category claim comment company contact contract country customer date delivery department device document employee entry event file group holiday invoice item job leave ledger licence location manager member message note offer order parcel payment person plan policy position price product project quote rate receipt region report request role route salary schedule service shift site state stock supplier task team ticket time tour unit user vehicle vendor visit wage week worker'.split(' ');
const upper = (word) => word[0].toUpperCase() + word.slice(1);

// --- YAML, as people write it: short maps on one line ---

const scalar = (value) => (typeof value !== 'string' ? String(value)
  : /^[A-Za-z/][A-Za-z0-9 ./_${}()-]*$/.test(value) && !/^(true|false|null|yes|no|on|off)$/i.test(value) && !/[{}]/.test(value) && !/ $/.test(value) ? value
    : JSON.stringify(value));
const flow = (value) => (Array.isArray(value) ? `[${value.map(flow).join(', ')}]`
  : value && typeof value === 'object' ? `{${Object.entries(value).map(([key, member]) => `${scalar(key)}: ${flow(member)}`).join(', ')}}`
    : scalar(value));
const FLOW_MAX = 150, FLOW_DEPTH = 2; // longer maps, and those further out, take a line for each member

function block(value, depth) {
  const indent = '  '.repeat(depth);
  return Object.entries(value).map(([key, member]) => {
    const short = flow(member);
    return member && typeof member === 'object' && !Array.isArray(member) && (depth < FLOW_DEPTH || short.length > FLOW_MAX)
      ? `${indent}${scalar(key)}:\n${block(member, depth + 1)}` : `${indent}${scalar(key)}: ${short}\n`;
  }).join('');
}

// --- ways to sign in ---

const secret = (title) => ({ title, type: 'string', secret: true, required: true });
const text = (title) => ({ title, type: 'string', required: true });
const client = { client_id: text('Client ID'), client_secret: secret('Client secret') };
const auths = [
  { client_credentials: { title: 'System to system', recommended: true, type: 'client_credentials', parameters: client,
    token_url: 'https://${connection.hostname}/oauth/token', client_auth: 'body', params: { audience: 'https://api.example.com/' } } },
  { authorization_code: { title: 'Sign in as a user', type: 'authorization_code', parameters: client,
    authorize_url: 'https://${connection.hostname}/oauth/authorize', token_url: 'https://${connection.hostname}/oauth/token', scopes: ['openid', 'offline_access'] } },
  { api_key: { type: 'api_key', parameters: { api_key: { ...secret('API key'), pattern: '^[A-Za-z0-9-]+$', message: 'Enter the key alone, without blanks.' } },
    inject: { headers: { 'X-Api-Token': '${connection.api_key}' } } } },
  { service_account: { title: 'Service account', caution: 'Wrong passwords lock the account for everybody who uses it.', type: 'basic', parameters: { username: text('User name'), password: secret('Password') } } },
  { password: { title: 'User name and password', type: 'password', parameters: { ...client, username: text('User name'), password: secret('Password') },
    token_url: 'https://${connection.hostname}/oauth/token', format: 'json', refresh: false } },
];

// --- actions ---

// Words of the actions, from the connector's own supply.
function speaker(pick) {
  const word = () => WORDS[pick(WORDS.length)];
  const sentence = (count) => `${upper(Array.from({ length: count }, word).join(' '))}.`;
  const leaf = () => [{ title: upper(word()), type: 'string', nullable: true }, { type: 'string' }, { title: upper(word()), type: 'integer', format: 'int32' },
    { type: 'boolean' }, { type: 'number', format: 'double' }, { title: `Date of ${word()}`, type: 'string', format: 'date-time' },
    { description: sentence(4), type: 'string', enum: [word(), `${word()}_new`, `${word()}_old`] }, { type: 'array', items: { type: 'string' } }][pick(8)];
  const members = (count) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`${word()}${i ? upper(word()) : 'Id'}`, leaf()]));
  return { pick, word, sentence, leaf, members };
}

const id = { title: 'ID', type: 'string', minLength: 1, maxLength: 64, required: true };
const page = { page: { $ref: '#/schemas/Page' }, limit: { title: 'Page size', type: 'integer', minimum: 1, maximum: 1000 } };
const shapes = [
  (say, noun) => [`List${noun}`, { summary: `List ${noun}`, description: say.sentence(8), method: 'GET', path: `/v1/${noun}`,
    input: { ...page, status: { type: 'string', enum: ['open', 'closed'] }, updated_after: { type: 'string', format: 'date-time' } },
    output: { type: 'array', items: { $ref: '#/schemas/Record' } } }],
  (say, noun) => [`Get${noun}`, { summary: `Get one of ${noun}`, method: 'GET', path: `/v1/${noun}/{id}`, input: { id }, output: { $ref: '#/schemas/Record' },
    responses: { 404: { description: 'There is none with this ID.' } } }],
  (say, noun) => [`Create${noun}`, { summary: `Create ${noun}`, description: say.sentence(10), path: `/v1/${noun}`, input: { name: text('Name'), ...say.members(5) },
    output: { type: 'object', properties: say.members(3) } }],
  (say, noun) => [`Update${noun}`, { summary: `Update ${noun}`, method: 'PUT', path: `/v1/${noun}/{id}`,
    input: { id, body: { in: 'body', required: true, $ref: '#/schemas/Change' } }, output: { $ref: '#/schemas/Record' } }],
  (say, noun) => [`Delete${noun}`, { summary: `Delete ${noun}`, method: 'DELETE', path: `/v1/${noun}/{id}`, input: { id, reason: { description: say.sentence(5), type: 'string' } } }],
  (say, noun) => [`Search${noun}`, { summary: `Search ${noun}`, path: `/v1/${noun}/search`, input: { numbers: { title: 'Numbers', type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 500, required: true } },
    request: { json: { where: { [say.word()]: { key: 'number', values: '${input.numbers}' } } } }, output: { type: 'object', properties: say.members(6) }, idempotent: true }],
  (say, noun) => [`Assign${noun}`, { summary: `Assign ${noun}`, path: `/v1/${noun}/{id}/assignments/{worker}`, input: { id, worker: { type: 'integer', format: 'int64' }, X_Note: { in: 'header', type: 'string' }, ...say.members(3) } }],
];

function action(say, index) {
  const noun = `${upper(say.word())}${upper(say.word())}${index}`;
  return shapes[say.pick(shapes.length)](say, noun);
}

// --- the file ---

export const nameOf = (index) => `service-${String(index).padStart(4, '0')}`;

export function definition(index) {
  const say = speaker(numbers(index + 1)), auth = auths[index % auths.length];
  const [type] = Object.values(auth).map((way) => way.type);
  const getsTokens = !['basic', 'api_key'].includes(type);
  const head = {
    tenon: 1, id: nameOf(index), title: `Service ${index}`, version: '1.0.0', description: say.sentence(12),
    publisher: { name: 'Example', url: 'https://www.example.com/' }, links: { website: 'https://www.example.com/', privacy_policy: 'https://www.example.com/privacy' },
    categories: ['Business'], hosts: ['*.example.com'], base_url: 'https://${connection.hostname}/api',
    connection: { parameters: { hostname: { title: 'Host', type: 'string', format: 'hostname', pattern: '^[a-z0-9-]+\\.example\\.com$', message: 'Enter a host such as acme.example.com', required: true } }, auth },
    throttle: [{ calls: 100, per: '60s', scope: 'connection' }],
    guide: { prerequisites: [say.sentence(14), say.sentence(10)], checklist: [say.sentence(9), say.sentence(9)] },
    explain: { 401: say.sentence(18), 403: say.sentence(16) },
    schemas: { Page: { title: 'Page', type: 'integer', minimum: 1 }, Record: { type: 'object', properties: say.members(6 + say.pick(10)) }, Change: { type: 'object', properties: say.members(4 + say.pick(6)) } },
  };
  const tokens = getsTokens ? [['GetAccessToken', { summary: 'Get an OAuth access token', description: 'The access token of the connection.', token: 'connection' }]] : [];
  const calls = Array.from({ length: ACTIONS - tokens.length }, (_, at) => action(say, at));
  return block({ ...head, actions: Object.fromEntries([...tokens, ...calls]) }, 0);
}

// Answers what was written.
export function writeDefinitions(folder, connectors) {
  let bytes = 0;
  fs.mkdirSync(folder, { mode: 0o700 });
  for (let i = 0; i < connectors; i++) {
    const written = definition(i);
    bytes += written.length;
    fs.writeFileSync(path.join(folder, `${nameOf(i)}.yaml`), written, { mode: 0o600 });
  }
  return { connectors, actions: connectors * ACTIONS, bytes };
}
