// SPDX-License-Identifier: MIT
// Text with the colours of its syntax, line numbers and marks at lines where something is wrong.
import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import json from 'highlight.js/lib/languages/json';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';
import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { CopyButton } from './copy';

hljs.registerLanguage('yaml', yaml);
hljs.registerLanguage('json', json);
hljs.registerLanguage('bash', bash);
hljs.registerLanguage('xml', xml);

export type Language = 'yaml' | 'json' | 'bash' | 'xml' | 'text';
const COLOUR_MAX = 200_000; /* beyond it the page would stand still */

function coloured(text: string, language: Language): string {
    const known = language !== 'text' && text.length <= COLOUR_MAX ? language : undefined;
    return known ? hljs.highlight(text, { language: known }).value : escape(text);
}

function escape(text: string): string {
    return text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]!);
}

/** highlight.js lets a span run over lines; each line gets the spans that are open at its begin. */
export function splitLines(html: string): string[] {
    let open: string[] = [];
    return html.split('\n').map((line) => {
        const begun = open.join('');
        for (const [tag] of line.matchAll(/<span[^>]*>|<\/span>/g)) {
            if (tag === '</span>') open = open.slice(0, -1);
            else open = [...open, tag];
        }
        return begun + line + '</span>'.repeat(open.length);
    });
}

export interface CodeProps {
    text: string;
    language?: Language;
    label: string;
    /** What to say below a line, by its number from 1. */
    marks?: Map<number, ComponentChildren>;
    hasNumbers?: boolean;
    noCopy?: boolean;
    /** What is copied, where that is not what is shown. */
    copied?: string;
}

export function Code({ text, language = 'text', label, marks, hasNumbers, noCopy, copied }: CodeProps) {
    const lines = useMemo(() => splitLines(coloured(text.replace(/\n$/, ''), language)), [text, language]);
    return (
        <div class={`code ${hasNumbers ? 'numbered' : ''}`}>
            {!noCopy && <CopyButton text={copied ?? text} label={`Copy ${label}`} isIconOnly />}
            <pre tabIndex={0} role="region" aria-label={label}>
                <code>
                    {lines.map((line, i) => (
                        <Line key={i} html={line} mark={marks?.get(i + 1)} number={i + 1} />
                    ))}
                </code>
            </pre>
        </div>
    );
}

/* highlight.js escapes what it is given: nothing of the text becomes markup. */
function Line({ html, mark, number }: { html: string; mark?: ComponentChildren; number: number }) {
    return (
        <>
            <span class={mark ? 'line marked' : 'line'} data-line={number} dangerouslySetInnerHTML={{ __html: `${html}\n` }} />
            {mark && <span class="mark">{mark}</span>}
        </>
    );
}
