// SPDX-License-Identifier: MIT
// A word about what was just done, gone after a while. What a person must act on stands in the page instead.
import { useEffect, useState } from 'preact/hooks';

type Tone = 'good' | 'bad';
interface Toast {
    id: number;
    text: string;
    tone: Tone;
}

const LASTS_MS = 4000;
let shown: Toast[] = [];
let render = (_: Toast[]) => {};
let count = 0;

export function toast(text: string, tone: Tone = 'good'): void {
    const id = ++count;
    shown = [...shown.slice(-2), { id, text, tone }];
    render(shown);
    setTimeout(() => {
        shown = shown.filter((one) => one.id !== id);
        render(shown);
    }, LASTS_MS);
}

/** Their one place, in the shell. */
export function Toasts() {
    const [list, show] = useState(shown);
    useEffect(() => {
        render = show;
    }, []);
    return (
        <div class="toasts" role="status">
            {list.map(({ id, text, tone }) => <p key={id} class={`toast ${tone}`}>{text}</p>)}
        </div>
    );
}
