// SPDX-License-Identifier: MIT
// JSON whose numbers stay as they were spelt: 12345678901234567890 is another number in JavaScript, 1.10 another text. Where a browser
// cannot tell how a number was spelt (ECMAScript, JSON.parse source text access), it is as JavaScript has it.
interface Raw {
    rawJSON: string;
}
type Reviver = (key: string, value: unknown, context?: { source?: string }) => unknown;
interface ExactJSON {
    parse: (text: string, revive: Reviver) => unknown;
    rawJSON?: (text: string) => Raw;
    isRawJSON?: (value: unknown) => value is Raw;
}
const exact = JSON as unknown as ExactJSON;

/** What JSON.stringify writes as it was read. */
export function parseExact(text: string): unknown {
    return exact.parse(text, (_, value, context) => {
        const source = typeof value === 'number' ? context?.source : undefined;
        return source && exact.rawJSON && source !== String(value) ? exact.rawJSON(source) : value;
    });
}

/** The number that somebody typed. */
export function numberOf(text: string): unknown {
    try {
        return parseExact(text);
    } catch {
        return Number(text); /* such as 007, which is no JSON */
    }
}

/** A number that JavaScript would have spelt otherwise. */
export function isSpelt(value: unknown): boolean {
    return exact.isRawJSON?.(value) ?? false;
}
