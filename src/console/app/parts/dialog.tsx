// SPDX-License-Identifier: MIT
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import type { Doing } from '../load';
import { Button } from './button';
import { Fault } from './fault';
import { Icon } from './icon';

export interface DialogProps {
    title: string;
    children: ComponentChildren;
    /** Called for Escape, the cross and the ground beside it. */
    onClose: () => void;
    isWide?: boolean;
}

/** In front of the page for as long as it is rendered; the browser keeps the focus in it and gives it back. */
export function Dialog({ title, children, onClose, isWide }: DialogProps) {
    const dialog = useRef<HTMLDialogElement>(null);
    const heading = useId();
    useEffect(() => {
        const shown = dialog.current!;
        shown.showModal();
        return () => shown.close();
    }, []);
    return (
        <dialog
            ref={dialog}
            class={isWide ? 'wide' : undefined}
            aria-labelledby={heading}
            onCancel={(event) => {
                event.preventDefault();
                onClose();
            }}
            onMouseDown={(event) => event.target === dialog.current && onClose()}
        >
            <div class="dialog">
                <header>
                    <h2 id={heading}>{title}</h2>
                    <button type="button" class="button quiet only-icon" aria-label="Close" onClick={onClose}>
                        <Icon name="cross" />
                    </button>
                </header>
                {children}
            </div>
        </dialog>
    );
}

export interface ConfirmProps {
    title: string;
    children: ComponentChildren;
    /** What the button says that does it: a verb and its object. */
    action: string;
    isDangerous?: boolean;
    /** false: the person has something to do first. */
    canConfirm?: boolean;
    doing: Doing;
    onConfirm: () => void;
    onClose: () => void;
}

/** Asks before something that cannot be taken back. */
export function Confirm({ title, children, action, isDangerous, canConfirm = true, doing, onConfirm, onClose }: ConfirmProps) {
    return (
        <Dialog title={title} onClose={onClose}>
            {children}
            {doing.problem && <Fault problem={doing.problem} />}
            <footer class="buttons">
                <Button onClick={onClose}>Cancel</Button>
                <Button kind={isDangerous ? 'danger' : 'main'} busy={doing.busy} disabled={!canConfirm} onClick={onConfirm}>{action}</Button>
            </footer>
        </Dialog>
    );
}
