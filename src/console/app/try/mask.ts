// SPDX-License-Identifier: MIT
// What of an answer is covered until somebody asks to see it: what the host knows to be secret, by the places that it tells
// (Tenon-Secrets), and what is secret by its name or its look - in JSON, forms, XML and plain text.
import { isSpelt } from '../exact';

export const MASK = '••••••';

const SECRET_NAME = /token|secret|password|passwd|assertion|credential|api[-_]?key|authorization|private|signature|session[-_]?id|cookie/i;
const HARMLESS_NAME = /token_(type|endpoint|url)|expires|_uri$|tokentype/i;
const JWT = /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;
const SCHEME = /\b(Bearer|Basic|DPoP)(\s+|%20|\+)[\w.~+/%-]{4,}=*/gi;
/** A whole body that is one long word. */
const BARE = /^\s*[\w.~+/-]{20,}=*\s*$/;

const isSecretName = (name: string) => SECRET_NAME.test(name) && !HARMLESS_NAME.test(name);
const covered = (text: string) => text.replace(SCHEME, `$1$2${MASK}`).replace(JWT, MASK);

/* --- by the host's word --- */

export interface Places {
    /** Bytes of the body, from-to. */
    ranges: [number, number][];
    /** Header fields; `*` are all. */
    fields: Set<string>;
}

export function placesOf(field: string | undefined): Places {
    const [ranges = [], fields = []] = (field ?? '').split(';').map((part) => part.split(',').map((word) => word.trim()).filter(Boolean));
    return { ranges: ranges.map((range) => range.split('-').map(Number) as [number, number]), fields: new Set(fields) };
}

export function cover(body: Uint8Array<ArrayBuffer>, { ranges }: Places): Uint8Array<ArrayBuffer> {
    const mask = new TextEncoder().encode(MASK);
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    let at = 0;
    for (const [from, to] of ranges) {
        pieces.push(body.slice(at, from), mask);
        at = to;
    }
    pieces.push(body.slice(at));
    const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
    let end = 0;
    for (const piece of pieces) {
        whole.set(piece, end);
        end += piece.length;
    }
    return whole;
}

/* --- by names and looks --- */

/** Of JSON, by the names of its members. */
export function maskedAnswer(value: unknown, name = ''): unknown {
    if (Array.isArray(value)) return value.map((one) => maskedAnswer(one, name));
    if (value && typeof value === 'object' && !isSpelt(value)) {
        return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, maskedAnswer(one, key)]));
    }
    if (typeof value !== 'string' || value === '') return value;
    return isSecretName(name) ? MASK : covered(value);
}

const ELEMENT = /(<(?:[\w.-]+:)?([\w.-]+)(?:\s[^<>]*)?>)((?:<!\[CDATA\[[\s\S]*?\]\]>|[^<])+)(?=<\/)/g;
const ATTRIBUTE = /([\w.:-]+)(\s*=\s*)("[^"]*"|'[^']*')/g;
/** name=value of a form or query, `name: value` of a line. */
const PAIR = /([\w.#%[\]-]+)(["']?\s*[=:]\s*)([^\s&"',;<>]+)/g;

/** Of anything else: elements and attributes of XML, pairs of forms and lines. */
export function maskedText(text: string): string {
    if (BARE.test(text)) return MASK;
    return covered(text)
        .replace(ELEMENT, (all, tag: string, name: string, inner: string) => (isSecretName(name) && inner.trim() ? `${tag}${MASK}` : all))
        .replace(ATTRIBUTE, (all, name: string, sign: string, quoted: string) => (isSecretName(name) ? `${name}${sign}${quoted[0]}${MASK}${quoted[0]}` : all))
        .replace(PAIR, (all, name: string, sign: string, value: string) => (isSecretName(name) && value !== MASK ? `${name}${sign}${MASK}` : all));
}
