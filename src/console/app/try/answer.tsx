// SPDX-License-Identifier: MIT
// What came back: status, time, where it came from, headers and body, and the same request as a command.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { CALLED_MAX, type Call, type Called } from '../api';
import { parseExact } from '../exact';
import { PAGES } from '../pages';
import { Badge } from '../parts/badge';
import { Button, ButtonLink } from '../parts/button';
import { Code, type Language } from '../parts/code';
import { Empty } from '../parts/empty';
import { Facts, Panel } from '../parts/panel';
import { duration } from '../parts/when';
import { href } from '../router';
import type { Sent } from './attempt';
import { cover, MASK, maskedAnswer, maskedText, placesOf, type Places } from './mask';
import { curlOf, nextPageOf } from './request';

interface Outcome {
    sent: Sent;
    called: Called;
}

interface Following {
    busy: boolean;
    /** To the next page of a list. */
    onFollow: (call: Call) => void;
}

export function AnswerPanel({ outcome, ...following }: { outcome?: Outcome } & Following) {
    return (
        <Panel title="Answer">
            <div role="status" class="stack">
                {outcome ? <Answer {...outcome} {...following} /> : <Empty title="Nothing sent yet"><p>Fill in the inputs and press Send.</p></Empty>}
            </div>
        </Panel>
    );
}

function headerOf({ headers }: Called, name: string): string | undefined {
    return headers.find(([key]) => key === name)?.[1];
}

function Answer({ sent, called, busy, onFollow }: Outcome & Following) {
    const [isOpen, setOpen] = useState(false);
    const [part, setPart] = useState<'body' | 'headers' | 'curl'>('body');
    const places = useMemo(() => placesOf(headerOf(called, 'tenon-secrets')), [called]);
    const body = useBody(called, places, isOpen);
    useEffect(() => setOpen(false), [called]);
    const next = useMemo(() => nextPageOf(body.value, sent.where), [body.value, sent]);
    const hidesSomething = body.isMasked || places.fields.size > 0 || sent.call.body !== sent.shown.body || sent.call.address !== sent.shown.address;
    return (
        <>
            <p class="row">
                <Status called={called} />
                <span class="soft">{duration(called.ms)}, {sizeText(called)}</span>
            </p>
            <Told called={called} />
            <div class="row spread">
                <Parts part={part} setPart={setPart} />
                {(hidesSomething || isOpen) && (
                    <Button kind="quiet" icon="eye" onClick={() => setOpen(!isOpen)}>{isOpen ? 'Hide secrets' : 'Show secrets'}</Button>
                )}
            </div>
            {part === 'body' && <Body called={called} body={body} />}
            {part === 'body' && next && (
                <p><Button icon="next" busy={busy} onClick={() => onFollow(next)}>Next page</Button></p>
            )}
            {part === 'headers' && <Headers called={called} places={places} isOpen={isOpen} />}
            {part === 'curl' && <Code text={curlOf(isOpen ? sent.call : sent.shown, sent.host)} language="bash" label="curl command" />}
        </>
    );
}

function Parts({ part, setPart }: { part: string; setPart: (part: 'body' | 'headers' | 'curl') => void }) {
    const titles = { body: 'Body', headers: 'Headers', curl: 'As curl' } as const;
    return (
        <div class="chips" role="group" aria-label="Part of the answer">
            {(['body', 'headers', 'curl'] as const).map((one) => (
                <button key={one} type="button" aria-pressed={part === one} onClick={() => setPart(one)}>{titles[one]}</button>
            ))}
        </div>
    );
}

function Status({ called }: { called: Called }) {
    const { status } = called;
    const tone = status < 300 ? 'good' : status < 400 ? 'info' : status === 429 ? 'warn' : 'bad';
    const by = headerOf(called, 'tenon-error') ? 'Tenon refused it' : status < 400 ? 'It went well' : 'The service says so';
    return (
        <>
            <Badge tone={tone}><span class="status">{status}</span></Badge>
            <strong>{by}</strong>
        </>
    );
}

function sizeText({ body, isCut }: Called): string {
    const bytes = body.length;
    if (isCut) return `more than ${CALLED_MAX / 1024 / 1024} MiB`;
    return bytes < 2000 ? `${bytes} bytes` : `${(bytes / 1024).toFixed(1)} KiB`;
}

/** `tenon; hit; ttl=3412`, in words. */
function cacheText(called: Called): string | undefined {
    const status = headerOf(called, 'cache-status');
    if (!status) return undefined;
    const [, ttl] = /ttl=(\d+)/.exec(status) ?? [];
    return /;\s*hit/.test(status) ? `The token at hand${ttl ? `, which lives ${duration(+ttl * 1000)} more` : ''}` : 'A new token';
}

/** `"API calls";r=97;t=60`: what is left of the limit that is met first. */
function limitsText(called: Called): string | undefined {
    const [, left, s] = /;r=(\d+);t=(\d+)/.exec(headerOf(called, 'ratelimit') ?? '') ?? [];
    return left && `${left} calls left${s !== '0' ? `, more in ${duration(+s! * 1000)}` : ''}`;
}

function Told({ called }: { called: Called }) {
    const id = headerOf(called, 'x-request-id');
    const error = headerOf(called, 'tenon-error');
    const hasActivity = PAGES.some(({ path }) => path === 'activity');
    return (
        <Facts
            of={[
                ['Error', error && <code>{error}</code>],
                ['Token', cacheText(called)],
                ['Limit', limitsText(called)],
                ['First byte', `after ${duration(called.first_ms)}`],
                ['Request', id && (hasActivity ? <a href={href('activity', id)}>Follow its way</a> : <code>{id}</code>)],
            ]}
        />
    );
}

/* --- the body --- */

interface ShownBody {
    text?: string;
    /** With its secrets. */
    whole?: string;
    /** Where it is JSON. */
    value?: unknown;
    language: Language;
    isMasked: boolean;
}

function languageOf(type: string): Language {
    if (/json/.test(type)) return 'json';
    return /xml|html/.test(type) ? 'xml' : 'text';
}

/** What is no text has none to show. */
function decode(bytes: Uint8Array<ArrayBuffer>): string | undefined {
    try {
        const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
        return /[\0-\x08]/.test(text) ? undefined : text;
    } catch {
        return undefined;
    }
}

const SHOWN_MAX = 200_000;

function parse(text: string): unknown {
    try {
        return parseExact(text);
    } catch {
        return undefined;
    }
}

const print = (value: unknown) => JSON.stringify(value, null, 2);

/** JSON is what reads as an object or a list, whatever the service calls it. */
function useBody(called: Called, places: Places, isOpen: boolean): ShownBody {
    return useMemo(() => {
        const raw = decode(called.body);
        const language = languageOf(headerOf(called, 'content-type') ?? '');
        if (raw === undefined || raw.length > SHOWN_MAX) return { text: raw, language, isMasked: false };
        const text = decode(cover(called.body, places)) ?? '';
        const isJson = language === 'json' || /^\s*[[{]/.test(raw);
        const value = isJson ? parse(raw) : undefined;
        const hidden = isJson ? parse(text) : undefined; // what was covered may have been a number
        const whole = value === undefined ? raw : print(value);
        const shown = hidden === undefined ? maskedText(text) : print(maskedAnswer(hidden));
        const as = value === undefined && language === 'json' ? 'text' : value === undefined ? language : 'json';
        return { text: isOpen ? whole : shown, whole, value, language: as, isMasked: whole !== shown };
    }, [called, places, isOpen]);
}

function Body({ called, body: { text, whole, language, isMasked } }: { called: Called; body: ShownBody }) {
    if (called.body.length === 0) return <p class="soft">It has no body.</p>;
    if (text === undefined || text.length > SHOWN_MAX) return <Download called={called} />;
    return <Code text={text} copied={whole} language={language} label={isMasked ? 'body of the answer with its secrets' : 'body of the answer'} />;
}

function Download({ called }: { called: Called }) {
    const type = headerOf(called, 'content-type') ?? 'application/octet-stream';
    const [address, setAddress] = useState<string>();
    useEffect(() => {
        const made = URL.createObjectURL(new Blob([called.body], { type: 'application/octet-stream' }));
        setAddress(made);
        return () => URL.revokeObjectURL(made);
    }, [called]);
    return (
        <div class="stack">
            <p class="soft">{type}: too much to show, or no text.{called.isCut && ' Only its begin was kept.'}</p>
            {address && <p><ButtonLink icon="download" href={address} download="answer">Save it</ButtonLink></p>}
        </div>
    );
}

const SECRET_HEADER = /^(set-cookie|authorization|location)$/;

function Headers({ called, places, isOpen }: { called: Called; places: Places; isOpen: boolean }) {
    const isSecret = (name: string) => SECRET_HEADER.test(name) || places.fields.has(name) || places.fields.has('*');
    const text = called.headers.map(([name, value]) => `${name}: ${isSecret(name) && !isOpen ? MASK : value}`).join('\n');
    return <Code text={text} label="headers of the answer" />;
}
