// SPDX-License-Identifier: MIT
// The frame of a page and its parts.
import type { ComponentChildren } from 'preact';
import { useEffect, useId } from 'preact/hooks';
import { Icon } from './icon';

export interface PageHeadProps {
    title: string;
    /** Where `back` leads, and what is there. */
    back?: { href: string; title: string };
    mark?: ComponentChildren;
    beside?: ComponentChildren;
    lead?: ComponentChildren;
    actions?: ComponentChildren;
}

/** The page's one h1; also the name of the tab. */
export function PageHead({ title, back, mark, beside, lead, actions }: PageHeadProps) {
    useEffect(() => {
        document.title = `${title} – Tenon`;
    }, [title]);
    return (
        <header class="page-head">
            {back && (
                <a class="back" href={back.href}>
                    <Icon name="back" />
                    {back.title}
                </a>
            )}
            <div class="page-title">
                {mark}
                <h1 tabIndex={-1}>{title}</h1>
                {beside}
                {actions && <div class="buttons">{actions}</div>}
            </div>
            {lead && <p class="lead">{lead}</p>}
        </header>
    );
}

export function Panel({ title, children, beside, id }: { title: string; children: ComponentChildren; beside?: ComponentChildren; id?: string }) {
    const heading = useId();
    return (
        <section class="panel" aria-labelledby={heading} id={id}>
            <header>
                <h2 id={heading}>{title}</h2>
                {beside}
            </header>
            {children}
        </section>
    );
}

/** Names and their values, beside each other. */
export function Facts({ of }: { of: [string, ComponentChildren][] }) {
    return (
        <dl class="facts">
            {of.filter(([, value]) => value !== undefined && value !== false && value !== '').map(([name, value], i) => (
                <div key={i}>
                    <dt>{name}</dt>
                    <dd>{value}</dd>
                </div>
            ))}
        </dl>
    );
}

/** The first letter on the colour of a service. */
export function Mark({ title, color }: { title: string; color?: string }) {
    return (
        <svg class="brand" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
            <rect width="32" height="32" rx="8" fill={color ?? '#545d68'} />
            <text x="16" y="16" text-anchor="middle" dominant-baseline="central" fill={inkOn(color ?? '#545d68')}>{title.slice(0, 1).toUpperCase()}</text>
        </svg>
    );
}

/* Black or white, whichever stands out more (WCAG 2.1, relative luminance). */
function inkOn(color: string): string {
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
        const c = parseInt(color.slice(at, at + 2), 16) / 255;
        return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? '#000' : '#fff';
}
