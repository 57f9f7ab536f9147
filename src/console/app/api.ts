// SPDX-License-Identifier: MIT
// The only place that calls the host. Paths, what they take and what they answer are those of openapi/tenon.openapi.yaml.
import type { components, paths } from 'tenon-api';

export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type PathOf<M extends Method> = {
    [P in keyof paths]: paths[P][M] extends { responses: unknown } ? P : never;
}[keyof paths];
type Operation<P extends keyof paths, M extends Method> = NonNullable<paths[P][M]>;
type JsonOf<Answer> = Answer extends { content: { 'application/json': infer T } } ? T : never;
type Answer<P extends keyof paths, M extends Method> =
    Operation<P, M> extends { responses: infer R } ? JsonOf<R[keyof R & (200 | 201)]> : never;
type BodyOf<P extends keyof paths, M extends Method> =
    Operation<P, M> extends { requestBody?: { content: { 'application/json': infer T } } } ? T : undefined;

/** The names in the braces of a path, and what goes into the query. */
export interface Where {
    path?: Record<string, string>;
    query?: Record<string, string | number | undefined>;
    signal?: AbortSignal;
    /** Nobody asked for it: the page keeps itself up to date. Such a request does not keep a session alive. */
    background?: boolean;
}

/** What the host refused, as its problem document tells it (RFC 9457); status 0 where it was not reached. */
export class Problem extends Error {
    constructor(
        readonly status: number,
        readonly document: Partial<Schema<'Problem'>>,
        readonly retryAfter?: number,
    ) {
        super(document.detail ?? document.title ?? 'The host gave no reason.');
    }
    get code(): string {
        return this.document.code ?? '';
    }
    /** The id that the log and the audit trail have too. */
    get requestId(): string | undefined {
        return this.document.instance?.replace('urn:tenon:request:', '');
    }
}

const session = { csrf: '', onEnd: () => {}, renew: async () => false };

/** What changing requests show; whom to tell when the session is over; and how to look whether another tab has begun a new one of the
 * same key. */
export function setSession(now: typeof session): void {
    Object.assign(session, now);
}

/** The address of a path of the API, relative to the console's page. */
export function addressOf(path: string, { path: names = {}, query = {} }: Where = {}): string {
    const filled = path.slice(1).replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(names[name] ?? ''));
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
        if (value !== undefined && value !== '') search.set(name, String(value));
    }
    return search.size ? `${filled}?${search}` : filled;
}

async function problemOf(answer: Response): Promise<Problem> {
    const after = Number(answer.headers.get('Retry-After')) || undefined;
    const text = await answer.text();
    try {
        return new Problem(answer.status, JSON.parse(text), after);
    } catch {
        return new Problem(answer.status, { title: `The host answered ${answer.status}` }, after);
    }
}

async function send(method: string, path: string, where: Where, body?: unknown, isAgain = false): Promise<Response> {
    const headers: Record<string, string> = {};
    if (method !== 'GET') headers['X-Tenon-CSRF'] = session.csrf;
    if (where.background) headers['X-Tenon-Background'] = '1';
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    const request = { method, headers, body: body === undefined ? null : JSON.stringify(body), signal: where.signal ?? null };
    let answer: Response;
    try {
        answer = await fetch(addressOf(path, where), request);
    } catch (fault) {
        if (where.signal?.aborted) throw fault;
        throw new Problem(0, { title: 'The host cannot be reached', detail: 'Is it running? Is the network there?' });
    }
    if (answer.ok) return answer;
    const problem = await problemOf(answer);
    if (problem.status === 401) session.onEnd();
    if (problem.code === 'csrf_rejected' && !isAgain && (await session.renew())) return send(method, path, where, body, true);
    throw problem;
}

async function call<P extends keyof paths, M extends Method>(
    method: M,
    path: P,
    where: Where,
    body?: unknown,
): Promise<Answer<P, M>> {
    const answer = await send(method.toUpperCase(), path as string, where, body);
    return (answer.status === 204 ? undefined : await answer.json()) as Answer<P, M>;
}

export const api = {
    get: <P extends PathOf<'get'>>(path: P, where: Where = {}) => call<P, 'get'>('get', path, where),
    post: <P extends PathOf<'post'>>(path: P, body?: BodyOf<P, 'post'>, where: Where = {}) =>
        call<P, 'post'>('post', path, where, body),
    put: <P extends PathOf<'put'>>(path: P, body: BodyOf<P, 'put'>, where: Where = {}) =>
        call<P, 'put'>('put', path, where, body),
    patch: <P extends PathOf<'patch'>>(path: P, body: BodyOf<P, 'patch'>, where: Where = {}) =>
        call<P, 'patch'>('patch', path, where, body),
    remove: <P extends PathOf<'delete'>>(path: P, where: Where = {}) => call<P, 'delete'>('delete', path, where),
    /** What is not JSON, such as a connector's YAML. */
    text: async (path: PathOf<'get'>, where: Where = {}) => (await send('GET', path, where)).text(),
};

/** A call of an action, as it is sent. */
export interface Call {
    method: string;
    /** Behind /v1/try: `/people/acme/employees/7?active=true`. */
    address: string;
    headers: Record<string, string>;
    body?: string;
}
/** And what came back, whatever its status. */
export interface Called {
    status: number;
    headers: [string, string][];
    body: Uint8Array<ArrayBuffer>;
    /** There was more, which is not kept. */
    isCut: boolean;
    /** Until the answer began, and until it ended. */
    first_ms: number;
    ms: number;
}

export const CALLED_MAX = 2 * 1024 * 1024;

async function readSome(answer: Response): Promise<Pick<Called, 'body' | 'isCut'>> {
    const pieces: BlobPart[] = [];
    const reader = answer.body?.getReader();
    let length = 0;
    for (let piece = await reader?.read(); reader && piece && !piece.done; piece = await reader.read()) {
        pieces.push(piece.value);
        length += piece.value.length;
        if (length > CALLED_MAX) {
            void reader.cancel();
            break;
        }
    }
    const body = new Uint8Array(await new Blob(pieces).arrayBuffer());
    return { body: body.slice(0, CALLED_MAX), isCut: length > CALLED_MAX };
}

/** Runs an action by the way that calls take. What the service answers is no problem here; that nobody is signed in any more, is. */
export async function tryCall(call: Call, signal: AbortSignal, isAgain = false): Promise<Called> {
    const { method, address, headers, body } = call;
    const began = performance.now();
    const request = { method, headers: { ...headers, 'X-Tenon-CSRF': session.csrf }, body: body ?? null, signal };
    const answer = await fetch(`v1/try${address}`, request).catch((fault: unknown) => {
        if (signal.aborted) throw fault;
        throw new Problem(0, { title: 'The host cannot be reached', detail: 'Is it running? Is the network there?' });
    });
    const first_ms = performance.now() - began;
    if (['unauthorized', 'csrf_rejected'].includes(answer.headers.get('Tenon-Error') ?? '')) {
        if (answer.status === 401) session.onEnd();
        if (answer.status === 403 && !isAgain && (await session.renew())) return tryCall(call, signal, true);
        throw await problemOf(answer);
    }
    const read = await readSome(answer);
    return { status: answer.status, headers: [...answer.headers], ...read, first_ms, ms: performance.now() - began };
}
