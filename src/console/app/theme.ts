// SPDX-License-Identifier: MIT
// Light or dark: as the system says, until somebody chooses.
import { useState } from 'preact/hooks';

export type Theme = 'system' | 'light' | 'dark';
const KEY = 'tenon-theme';

function stored(): Theme {
    try {
        const theme = localStorage.getItem(KEY);
        return theme === 'light' || theme === 'dark' ? theme : 'system';
    } catch {
        return 'system'; /* no storage allowed */
    }
}

export function applyTheme(theme: Theme = stored()): void {
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
}

export function useTheme(): [Theme, (theme: Theme) => void] {
    const [theme, show] = useState(stored);
    return [
        theme,
        (chosen) => {
            try {
                localStorage.setItem(KEY, chosen);
            } catch {
                /* then it lasts as long as the page */
            }
            applyTheme(chosen);
            show(chosen);
        },
    ];
}
