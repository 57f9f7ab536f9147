// SPDX-License-Identifier: MIT
import type { ComponentChildren, TargetedMouseEvent } from 'preact';
import { Icon, type IconName } from './icon';

export type ButtonKind = 'main' | 'plain' | 'quiet' | 'danger';

export interface ButtonProps {
    children: ComponentChildren;
    kind?: ButtonKind;
    icon?: IconName;
    type?: 'button' | 'submit';
    /** It works: the button says so and takes no second press. */
    busy?: boolean;
    disabled?: boolean;
    label?: string;
    onClick?: (event: TargetedMouseEvent<HTMLButtonElement>) => void;
}

/** While it is busy it stays where it is in the tab order, so that nobody loses their place. */
export function Button({ children, kind = 'plain', icon, type = 'button', busy, disabled, label, onClick }: ButtonProps) {
    return (
        <button
            type={type}
            class={`button ${kind}`}
            disabled={disabled}
            aria-disabled={busy || undefined}
            aria-busy={busy || undefined}
            aria-label={label}
            onClick={(event) => (busy ? event.preventDefault() : onClick?.(event))}
        >
            {icon && <Icon name={icon} />}
            {children}
        </button>
    );
}

export interface LinkProps {
    children: ComponentChildren;
    href: string;
    kind?: ButtonKind;
    icon?: IconName;
    /** In a tab of its own. */
    isExternal?: boolean;
    download?: string;
}

/** A link that looks like a button. */
export function ButtonLink({ children, href, kind = 'plain', icon, isExternal, download }: LinkProps) {
    const away = isExternal ? { target: '_blank', rel: 'noopener noreferrer' } : {};
    return (
        <a class={`button ${kind}`} href={href} download={download} {...away}>
            {icon && <Icon name={icon} />}
            {children}
        </a>
    );
}
