// SPDX-License-Identifier: MIT
import { useEffect, useRef, useState } from 'preact/hooks';
import { toast } from './toast';
import { Icon } from './icon';

/** Where the browser allows no clipboard (plain http beyond loopback), the old way still works. */
async function copy(text: string): Promise<void> {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'out-of-sight';
    const place = document.querySelector('dialog[open]') ?? document.body;
    place.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    if (!done) throw new Error('The browser did not let it be copied. Select it and copy it by hand.');
}

export function CopyButton({ text, label = 'Copy', isIconOnly }: { text: string; label?: string; isIconOnly?: boolean }) {
    const [done, show] = useState(false);
    const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
    useEffect(() => () => clearTimeout(timer.current), []);
    const onClick = () => {
        copy(text).then(
            () => {
                show(true);
                clearTimeout(timer.current);
                timer.current = setTimeout(() => show(false), 2000);
                toast('Copied');
            },
            (fault: Error) => toast(fault.message, 'bad'),
        );
    };
    return (
        <button type="button" class={`button plain copy ${isIconOnly ? 'only-icon' : ''}`} aria-label={isIconOnly ? label : undefined} onClick={onClick}>
            <Icon name={done ? 'check' : 'copy'} />
            {!isIconOnly && (done ? 'Copied' : label)}
        </button>
    );
}

/** One line to take along: an address, a name. */
export function CopyLine({ text, label }: { text: string; label: string }) {
    return (
        <div class="copy-line">
            <code tabIndex={0} aria-label={label}>{text}</code>
            <CopyButton text={text} label={`Copy ${label}`} isIconOnly />
        </div>
    );
}
