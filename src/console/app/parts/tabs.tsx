// SPDX-License-Identifier: MIT
// Parts of a page, one at a time; the chosen one stands in the address (`?tab=`), so that it can be linked.
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { replaceQuery } from '../router';

export interface Tab {
    name: string;
    title: ComponentChildren;
    content: () => ComponentChildren;
}

export function Tabs({ tabs, chosen, label, name = 'tab' }: { tabs: Tab[]; chosen: string | null; label: string; name?: string }) {
    const id = useId();
    const current = tabs.find((tab) => tab.name === chosen) ?? tabs[0];
    if (!current) return null;
    const choose = (tab: Tab) => replaceQuery({ [name]: tab === tabs[0] ? undefined : tab.name });
    const onKeyDown = (event: KeyboardEvent) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        const next = tabs[(tabs.indexOf(current) + step + tabs.length) % tabs.length]!;
        choose(next);
        document.getElementById(`${id}-${next.name}`)?.focus();
    };
    return (
        <div class="tabs">
            <div role="tablist" aria-label={label} onKeyDown={onKeyDown}>
                {tabs.map((tab) => (
                    <button
                        key={tab.name}
                        id={`${id}-${tab.name}`}
                        type="button"
                        role="tab"
                        aria-selected={tab === current}
                        aria-controls={`${id}-panel`}
                        tabIndex={tab === current ? 0 : -1}
                        onClick={() => choose(tab)}
                    >
                        {tab.title}
                    </button>
                ))}
            </div>
            <div id={`${id}-panel`} role="tabpanel" aria-labelledby={`${id}-${current.name}`} key={current.name}>
                {current.content()}
            </div>
        </div>
    );
}
