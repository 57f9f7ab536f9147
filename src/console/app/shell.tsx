// SPDX-License-Identifier: MIT
// What stands around every page: who is signed in, where one can go, and the page itself, loaded when it is opened.
import { useEffect, useRef, useState } from 'preact/hooks';
import { PAGES, type Page, type PageComponent } from './pages';
import { Empty, NotLoaded, Waiting } from './parts/empty';
import { Icon, type IconName } from './parts/icon';
import { toast, Toasts } from './parts/toast';
import { href, useRoute, type Route } from './router';
import { ofPages, resume, signOut, useSession, type Session } from './session';
import { useTheme, type Theme } from './theme';
import { SignIn } from './sign_in/page';
import { IsSetUp } from './sign_in/set_up';

export function Shell() {
    const session = useSession();
    const route = useRoute();
    useEffect(() => void resume(), []);
    const pages = ofPages();
    if (session === undefined) return <Waiting />;
    return (
        <>
            {pages && <SignedIn key={pages.key_id} session={pages} route={route} isAway={!session} />}
            {!session && <SignIn route={route} />}
            <Toasts />
        </>
    );
}

function SignedIn({ session, route, isAway }: { session: Session; route: Route; isAway: boolean }) {
    const pages = PAGES.filter((page) => !page.adminOnly || session.role === 'admin');
    const page = pages.find(({ path }) => path === route.page) ?? (route.page ? undefined : pages[0]);
    return (
        <div class="shell" hidden={isAway}>
            <a class="skip" href="#main" onClick={focusMain}>Skip to the page</a>
            <Navigation pages={pages} current={page} session={session} />
            <main id="main" tabIndex={-1}>
                {page ? <Lazy page={page} route={route} /> : route.page === 'setup' ? <IsSetUp /> : <NoPage />}
            </main>
        </div>
    );
}

/* The address behind # belongs to the router. */
function focusMain(event: Event) {
    event.preventDefault();
    document.getElementById('main')?.focus();
}

function NoPage() {
    return (
        <Empty title="There is no such page">
            <p><a href={href('connectors')}>Go to the connectors</a></p>
        </Empty>
    );
}

function Lazy({ page, route }: { page: Page; route: Route }) {
    const [loaded, show] = useState<{ page: Page; Component?: PageComponent; failed?: boolean }>({ page });
    const place = [route.page, ...route.rest].join('/');
    useEffect(() => {
        let isGone = false;
        page.load().then(
            (module) => isGone || show({ page, Component: module.default }),
            () => isGone || show({ page, failed: true }),
        );
        return () => {
            isGone = true;
        };
    }, [page]);
    useFocusOnArrival(place);
    if (loaded.page !== page) return <Waiting />;
    if (loaded.failed) return <NotLoaded />;
    return loaded.Component ? <loaded.Component route={route} /> : <Waiting />;
}

/** Whoever goes to another page by keyboard or screen reader is taken to it; not so at the first one. */
function useFocusOnArrival(place: string) {
    const before = useRef(place);
    useEffect(() => {
        if (before.current === place) return;
        before.current = place;
        scrollTo(0, 0);
        document.getElementById('main')?.focus({ preventScroll: true });
    }, [place]);
}

function Navigation({ pages, current, session }: { pages: Page[]; current?: Page; session: Session }) {
    const [open, setOpen] = useState(false);
    useEffect(() => setOpen(false), [current]);
    return (
        <header class="bar">
            <a class="home" href={href('connectors')}>
                <Logo />
                Tenon
            </a>
            <button type="button" class="button quiet only-icon menu" aria-expanded={open} aria-controls="navigation" aria-label="Menu" onClick={() => setOpen(!open)}>
                <Icon name={open ? 'cross' : 'menu'} />
            </button>
            <div id="navigation" class={open ? 'open' : undefined}>
                <nav aria-label="Pages">
                    <ul>
                        {pages.map((page) => (
                            <li key={page.path}>
                                <a href={href(page.path)} aria-current={page === current ? 'page' : undefined}>
                                    <Icon name={page.icon} />
                                    {page.title}
                                </a>
                            </li>
                        ))}
                    </ul>
                </nav>
                <Who session={session} />
            </div>
        </header>
    );
}

function Logo() {
    return (
        <svg class="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
            <rect width="32" height="32" rx="8" />
            <path d="M7 9h18v5h-6v9h-6v-9H7z" />
        </svg>
    );
}

function Who({ session }: { session: Session }) {
    const bound = session.connections.length;
    return (
        <div class="who">
            <p>
                {session.role === 'admin' ? 'Signed in as admin' : `Caller of ${bound} connection${bound === 1 ? '' : 's'}`}
            </p>
            <ThemeSwitch />
            <button type="button" class="button quiet" onClick={() => void signOut().catch((problem: Error) => toast(problem.message, 'bad'))}>
                <Icon name="out" />
                Sign out
            </button>
        </div>
    );
}

const THEMES: [Theme, IconName, string][] = [
    ['system', 'system', 'As the system'],
    ['light', 'sun', 'Light'],
    ['dark', 'moon', 'Dark'],
];

function ThemeSwitch() {
    const [theme, choose] = useTheme();
    return (
        <div class="themes" role="group" aria-label="Theme">
            {THEMES.map(([name, icon, title]) => (
                <button key={name} type="button" aria-pressed={theme === name} aria-label={title} title={title} onClick={() => choose(name)}>
                    <Icon name={icon} />
                </button>
            ))}
        </div>
    );
}
