// SPDX-License-Identifier: MIT
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import type { Doing } from '../load';
import { useSession } from '../session';
import { Button } from './button';
import { Fault } from './fault';
import { Icon } from './icon';

export interface DialogProps {
    title: string;
    children: ComponentChildren;
    /** Called for Escape and the cross. A press beside it closes nothing: what was typed, or is shown this once, would be lost. */
    onClose: () => void;
    isWide?: boolean;
}

/** In front of the page for as long as it is rendered and somebody is signed in; the browser keeps the focus in it and gives it back. */
export function Dialog({ title, children, onClose, isWide }: DialogProps) {
    const dialog = useRef<HTMLDialogElement>(null);
    const heading = useId();
    const isSignedIn = !!useSession();
    useEffect(() => {
        if (!isSignedIn) return; /* else even out of sight it would keep the sign-in from being used */
        const shown = dialog.current!;
        shown.showModal();
        return () => shown.close();
    }, [isSignedIn]);
    return (
        <dialog
            ref={dialog}
            class={isWide ? 'wide' : undefined}
            aria-labelledby={heading}
            onCancel={(event) => {
                event.preventDefault();
                onClose();
            }}
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
        <Dialog title={title} onClose={() => doing.busy || onClose()}>
            {children}
            {doing.problem && <Fault problem={doing.problem} />}
            <footer class="buttons">
                <Button onClick={onClose}>Cancel</Button>
                <Button kind={isDangerous ? 'danger' : 'main'} busy={doing.busy} disabled={!canConfirm} onClick={onConfirm}>{action}</Button>
            </footer>
        </Dialog>
    );
}
