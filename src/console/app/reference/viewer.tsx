// SPDX-License-Identifier: MIT
// Swagger UI, from this host alone and loaded only here. It reads; it sends nothing, since cookies call no action and each change
// wants its token.
import { useEffect, useRef } from 'preact/hooks';
import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle.js';
import sheet from 'swagger-ui-dist/swagger-ui.css';

export function Viewer({ spec }: { spec: object }) {
    const place = useRef<HTMLDivElement>(null);
    useStyle();
    useDarkMode();
    useEffect(() => {
        SwaggerUI({
            domNode: place.current!,
            spec,
            deepLinking: false, /* the address behind # is the console's */
            docExpansion: 'list',
            defaultModelsExpandDepth: 0,
            supportedSubmitMethods: [],
            validatorUrl: null, /* else a badge from elsewhere */
            syntaxHighlight: { activated: true, theme: 'agate' },
        });
    }, [spec]);
    return <div class="reference" ref={place} />;
}

/** Its style sheet is there as long as it is. */
function useStyle() {
    useEffect(() => {
        const link = document.createElement('link');
        link.rel = 'stylesheet';
        link.href = new URL(sheet, import.meta.url).href;
        document.head.append(link);
        return () => link.remove();
    }, []);
}

/** Its own name for what data-theme and the system say. */
function useDarkMode() {
    useEffect(() => {
        const root = document.documentElement;
        const system = matchMedia('(prefers-color-scheme: dark)');
        const follow = () => {
            const { theme } = root.dataset;
            root.classList.toggle('dark-mode', theme === 'dark' || (theme !== 'light' && system.matches));
        };
        const chosen = new MutationObserver(follow);
        follow();
        system.addEventListener('change', follow);
        chosen.observe(root, { attributeFilter: ['data-theme'] });
        return () => {
            system.removeEventListener('change', follow);
            chosen.disconnect();
            root.classList.remove('dark-mode');
        };
    }, []);
}
